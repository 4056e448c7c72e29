"""Mirrors `stream.destroy(stream, error)`: end a stream for good, whatever it is."""

from typing import Any

from nodesock.callables import drops_surplus
from nodesock.errors import AbortError
from nodesock.stream.predicates import is_destroyed, is_finished


@drops_surplus
def destroy(stream: Any, error: Any = None) -> Any:
    """Destroy `stream` with `error`, or with AbortError if it is not over and none is given. Returns the stream."""
    if stream is not None and not is_destroyed(stream):
        if error is None and not is_finished(stream):
            error = AbortError()
        stream.destroy(error)
    return stream
