"""Mirrors `stream.destroy(stream, error)`: end a stream for good, whatever it is."""

from typing import Any

from nodesock.callables import drops_surplus
from nodesock.errors import AbortError, NodeTypeError, primitive_error
from nodesock.runtime.ticks import next_tick
from nodesock.stream.core.predicates import is_destroyed, is_finished
from nodesock.validators import UNDEFINED, is_truthy


@drops_surplus
def destroy(stream: Any = UNDEFINED, error: Any = None) -> None:
    """Destroy `stream` with `error`, or with AbortError if it is not over and none is given.

    What has no `destroy()` is closed, and what cannot be closed emits 'error' and 'close'. Raises TypeError for a value
    that is no object.
    """
    if not is_truthy(stream) or is_destroyed(stream):
        return
    if not is_truthy(error):
        error = None if is_finished(stream) else AbortError()
    if callable(getattr(stream, "destroy", None)):
        stream.destroy(error)
    elif callable(getattr(stream, "close", None)):
        stream.close()
    else:
        next_tick(_emit_end, stream, error)
        if isinstance(stream, (bool, int, float, str)):
            raise primitive_error("Symbol(nodejs.stream.destroyed)", stream)


def _emit_end(stream: Any, error: Any) -> None:
    if not callable(getattr(stream, "emit", None)):
        raise NodeTypeError("stream.emit is not a function")
    if error is not None:
        stream.emit("error", error)
    stream.emit("close")
