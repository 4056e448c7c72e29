"""The options that both directions share: `destroy`, `construct`, `signal` and `capture_rejections`."""

from collections.abc import Mapping
from typing import Any

from nodesock.callables import adapt
from nodesock.stream.core.add_abort_signal import add_abort_signal
from nodesock.validators import is_truthy


def apply_shared_options(stream: Any, options: Mapping[str, Any]) -> None:
    """Set the two hooks on `stream`, have it destroyed when the signal aborts, and heed the emitter's own option. Comes
    after the state records."""
    if not options:
        return
    given = options.get("destroy")
    if callable(given):
        stream._destroy = adapt(given, 2)
    given = options.get("construct")
    if callable(given):
        stream._construct = adapt(given, 1)
    signal = options.get("signal")
    if is_truthy(signal):
        add_abort_signal(signal, stream)
    stream._apply_capture(options)
