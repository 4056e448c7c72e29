"""Mirrors lib/internal/streams/compose.js: `stream.compose` and `readable.compose`, several streams as one Duplex."""

from collections.abc import Callable, Mapping
from typing import Any

from nodesock.errors import NodeTypeError, node_error
from nodesock.stream.bridge import Bridge
from nodesock.stream.core.add_abort_signal import add_abort_signal
from nodesock.stream.core.end_of_stream import finished
from nodesock.stream.core.members import method
from nodesock.stream.core.predicates import is_node_stream, is_readable, is_writable
from nodesock.stream.destroyer import destroy
from nodesock.stream.duplexify import duplex_from
from nodesock.stream.operators import read_options
from nodesock.stream.pipeline import pipeline
from nodesock.validators import UNDEFINED


def compose(*streams: Any) -> Any:
    """`stream.compose(...streams)`: a Duplex that is written to the first and read from the last of them.

    A stream may also be a function of an async iterable, or, as the first, an iterable. Raises ERR_MISSING_ARGS,
    ERR_INVALID_ARG_VALUE for a stream that cannot be read or written where it stands, ERR_INVALID_ARG_TYPE.
    """
    if not streams:
        raise node_error("ERR_MISSING_ARGS", "streams")
    if len(streams) == 1:
        return duplex_from(streams[0])
    parts = list(streams)
    for index in (0, len(parts) - 1):
        if isinstance(parts[index], Mapping) and {"readable", "writable"} <= set(parts[index]):
            # It is taken for a web stream.
            missing = "writable.getWriter" if index == 0 else "readable.getReader"
            raise NodeTypeError(f"{missing} is not a function")
        if callable(parts[index]) and not is_node_stream(parts[index]):
            parts[index] = duplex_from(parts[index])
    last = len(parts) - 1
    for index, stream in enumerate(streams):
        if not is_node_stream(stream):
            continue
        if index < last and not is_readable(stream):
            raise node_error("ERR_INVALID_ARG_VALUE", f"streams[{index}]", stream, "must be readable")
        if index > 0 and not is_writable(stream):
            raise node_error("ERR_INVALID_ARG_VALUE", f"streams[{index}]", stream, "must be writable")
    composed: Any = None
    tail = pipeline(*parts, lambda error: composed.over(error))
    composed = _Composed(parts[0], tail)
    return composed


class _Composed(Bridge):
    """The first and the last stream of a pipeline as one: reading makes the last one flow."""

    _called = "head"

    def __init__(self, head: Any, tail: Any) -> None:
        to = head if is_writable(head) else None
        from_ = tail if is_readable(tail) else None
        super().__init__(to, from_, given=(head, tail), destroys=(tail,))
        self._tail = tail
        if to is not None:
            to.on("drain", self._drained)
            finished(tail, lambda: self._finished())
        if from_ is not None:
            from_.on("data", self._received)
            from_.on("end", lambda: self.push(None))

    def _destroy(self, error: Any, callback: Callable[..., Any]) -> None:
        if self._is_over:  # but its last part may stand open, without auto_destroy
            destroy(self._tail, error)
        super()._destroy(error, callback)

    def _received(self, chunk: Any) -> None:
        if not self.push(chunk):
            method(self._from, "pause", "tail")()

    def _read(self, size: int) -> None:
        method(self._from, "resume", "tail")()


_Composed.__name__ = _Composed.__qualname__ = "Duplex"


def compose_readable(self: Any, stream: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Any:
    """`readable.compose(stream, options)`: a Duplex that reads what `stream` makes of this, see `stream.compose`.
    Option: `signal`.
    """
    signal = read_options(options, given).get("signal")
    composed = compose(self, stream)
    if signal is not None:
        add_abort_signal(signal, composed)
    return composed
