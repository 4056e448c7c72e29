"""Mirrors `stream.destroy(stream, error)`: end a stream for good, whatever it is."""

from typing import Any

from nodesock.callables import drops_surplus
from nodesock.errors import AbortError, primitive_error
from nodesock.runtime.ticks import next_tick
from nodesock.stream.core.members import method
from nodesock.stream.core.predicates import is_destroyed, is_finished, is_node_stream
from nodesock.validators import UNDEFINED, is_truthy


@drops_surplus
def destroy(stream: Any = UNDEFINED, error: Any = None) -> None:
    """Destroy `stream` with `error`, or with AbortError if it is not over and none is given.

    What has no `destroy()` is closed, and what cannot be closed emits 'error' and, a tick later, 'close'. Raises
    TypeError for a value that is no object.
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
        next_tick(_emit_close if error is None else _emit_error, stream, error)
        if isinstance(stream, (bool, int, float, str)):
            raise primitive_error("Symbol(nodejs.stream.destroyed)", stream)
    if is_node_stream(stream) and not is_truthy(getattr(stream, "destroyed", None)):
        stream._was_destroyed = True


def _emit_error(stream: Any, error: Any) -> None:
    method(stream, "emit", "stream")("error", error)
    next_tick(_emit_close, stream, None)


def _emit_close(stream: Any, _: Any) -> None:
    method(stream, "emit", "stream")("close")
