"""Mirrors `Readable.prototype.wrap`: an old-style source behind a Readable."""

from collections.abc import Callable
from typing import Any

from nodesock.errors import NodeTypeError, property_error
from nodesock.stream.core.destroy import error_or_destroy
from nodesock.validators import UNDEFINED


def wrap(readable: Any, source: Any) -> None:
    """Feed `readable` with what `source` emits; hold it by its `pause` and `resume` if it has them.

    Functions that are the source's own attributes are had by the readable as well, unless it has such a name.
    Raises TypeError for what has no `on`.
    """
    if source is None or source is UNDEFINED:
        raise property_error("on", source)
    if not callable(getattr(source, "on", None)):
        raise NodeTypeError("stream.on is not a function")
    paused = False

    def on_data(chunk: Any) -> None:
        nonlocal paused
        pause: Callable[[], Any] | None = getattr(source, "pause", None)
        if not readable.push(chunk) and pause is not None:
            paused = True
            pause()

    def read() -> None:
        nonlocal paused
        resume: Callable[[], Any] | None = getattr(source, "resume", None)
        if paused and resume is not None:
            paused = False
            resume()

    source.on("data", on_data)
    source.on("end", lambda: readable.push(None))
    source.on("error", lambda error: error_or_destroy(readable, error))
    source.on("close", lambda: readable.destroy())
    source.on("destroy", lambda: readable.destroy())
    readable._read = lambda size: read()
    for name, value in list(vars(source).items()):
        if callable(value) and not hasattr(readable, name):
            setattr(readable, name, value)
