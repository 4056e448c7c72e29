"""Mirrors lib/internal/streams/add-abort-signal.js: `stream.addAbortSignal`."""

from typing import Any, TypeVar

from nodesock.callables import drops_surplus
from nodesock.errors import AbortError, NodeTypeError, node_error
from nodesock.events import add_abort_listener
from nodesock.inspect import UNDEFINED
from nodesock.stream.core.end_of_stream import finished
from nodesock.stream.core.members import method
from nodesock.stream.core.predicates import is_node_stream
from nodesock.validators import validate_abort_signal

StreamT = TypeVar("StreamT")


@drops_surplus
def add_abort_signal(signal: Any = UNDEFINED, stream: StreamT = UNDEFINED) -> StreamT:  # type: ignore[assignment]
    """Destroy `stream` with AbortError when `signal` aborts. Returns the stream. Raises ERR_INVALID_ARG_TYPE."""
    if signal is None:
        raise NodeTypeError("Cannot use 'in' operator to search for 'aborted' in null")
    if signal is UNDEFINED:
        raise node_error("ERR_INVALID_ARG_TYPE", "signal", "AbortSignal", signal)
    signal = validate_abort_signal(signal, "signal")
    if not is_node_stream(stream):
        raise node_error(
            "ERR_INVALID_ARG_TYPE", "stream", ("ReadableStream", "WritableStream", "Stream"), stream
        )

    def on_abort() -> None:
        method(stream, "destroy", "stream")(AbortError(cause=signal.reason))

    if signal.aborted:
        on_abort()
    else:
        finished(stream, add_abort_listener(signal, on_abort))
    return stream
