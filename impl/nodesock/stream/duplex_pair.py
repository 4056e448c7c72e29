"""Mirrors lib/internal/streams/duplexpair.js: two Duplex streams, each the other's far end."""

from collections.abc import Callable, Mapping
from typing import Any

from nodesock.callables import drops_surplus
from nodesock.runtime.ticks import next_tick
from nodesock.stream.core.duplex import Duplex


class DuplexSide(Duplex):
    _other: "DuplexSide"
    #: the write that waits for the other side to read
    _waiting: Callable[..., Any] | None = None

    def _read(self, size: int) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting()

    def _write(self, chunk: Any, encoding: str, callback: Callable[..., Any]) -> None:
        # Of the objects of object mode only what has a length can be empty.
        if not chunk and isinstance(chunk, (bytes, str, list, tuple)):
            next_tick(callback)
            return
        self._other.push(chunk)
        self._other._waiting = callback

    def _final(self, callback: Callable[..., Any]) -> None:
        self._other.on("end", callback)
        self._other.push(None)

    def _destroy(self, error: Any, callback: Callable[..., Any]) -> None:
        other = self._other
        if not other.destroyed:
            next_tick(_end_other, other, error is not None)
        callback(error)


def _end_other(other: DuplexSide, failed: bool) -> None:
    if other.destroyed:
        return
    if failed:
        other.destroy()
    else:
        other.push(None)


@drops_surplus
def duplex_pair(options: Mapping[str, Any] | None = None, /, **given: Any) -> tuple[Duplex, Duplex]:
    """`stream.duplexPair(options)`: what is written to one side can be read from the other."""
    first, second = DuplexSide(options, **given), DuplexSide(options, **given)
    first._other, second._other = second, first
    return first, second
