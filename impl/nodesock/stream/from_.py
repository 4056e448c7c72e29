"""Mirrors lib/internal/streams/from.js: `Readable.from`, a stream of what an iterable yields."""

from collections.abc import Callable, Mapping
from typing import Any

from nodesock.errors import node_error
from nodesock.runtime.promises import Promise, spawn
from nodesock.runtime.ticks import next_tick
from nodesock.stream.readable import Readable


def from_(iterable: Any, options: Mapping[str, Any]) -> Readable:
    """A Readable in object mode that yields what `iterable` (or async iterable) does; a string or bytes as one
    chunk.

    Raises ERR_INVALID_ARG_TYPE for anything else.
    """
    if isinstance(iterable, (str, bytes)):

        def read_whole() -> None:
            whole.push(iterable)
            whole.push(None)

        whole = Readable({"object_mode": True, **options, "read": read_whole})
        return whole
    if hasattr(iterable, "__aiter__"):
        return _Source({"object_mode": True, "high_water_mark": 1, **options}, iterable.__aiter__(), True)
    if hasattr(iterable, "__iter__"):
        return _Source({"object_mode": True, "high_water_mark": 1, **options}, iter(iterable), False)
    raise node_error("ERR_INVALID_ARG_TYPE", "iterable", ("Iterable",), iterable)


class _Source(Readable):
    """Takes one item after another for as long as push() wants more; an awaitable item of a plain iterable is
    awaited.
    """

    def __init__(self, options: Mapping[str, Any], iterator: Any, is_async: bool) -> None:
        super().__init__(options)
        self._iterator = iterator
        self._is_async = is_async
        self._is_taking = False

    def _read(self, size: int) -> None:
        if not self._is_taking:
            self._is_taking = True
            if self._is_async:
                spawn(self._take_async())
            else:
                self._take()

    def _give(self, value: Any) -> bool:
        """Push one item; whether to go on."""
        if value is None:
            self._is_taking = False
            raise node_error("ERR_STREAM_NULL_VALUES")
        if self.push(value):
            return True
        self._is_taking = False
        return False

    def _take(self) -> None:
        try:
            for value in self._iterator:
                if isinstance(value, Promise) or hasattr(value, "__await__"):
                    spawn(self._take_awaited(value))
                    return
                if not self._give(value):
                    return
            self.push(None)
        except Exception as error:
            self.destroy(error)

    async def _take_awaited(self, value: Any) -> None:
        try:
            more = self._give(await value)
        except Exception as error:
            self.destroy(error)
            return
        if more:
            self._take()

    async def _take_async(self) -> None:
        try:
            while True:
                try:
                    value = await _next(self._iterator)
                except StopAsyncIteration:
                    self.push(None)
                    return
                if not self._give(value):
                    return
        except Exception as error:
            self.destroy(error)

    def _destroy(self, error: Any, callback: Callable[..., Any]) -> None:
        def closed(failure: Any = None) -> None:
            next_tick(callback, failure if failure is not None else error)

        spawn(self._close_iterator()).then(lambda _: closed(), closed)

    async def _close_iterator(self) -> None:
        if self._is_async:
            close = getattr(self._iterator, "aclose", None)
            if close is not None:
                await close()
        else:
            close = getattr(self._iterator, "close", None)
            if close is not None:
                close()


async def _next(iterator: Any) -> Any:
    # As `await iterator.next()`: an async generator answers on a microtask at the earliest.
    value = await iterator.__anext__()
    await Promise.resolved(None)
    return value


_Source.__name__ = _Source.__qualname__ = "Readable"  # in Node it is one, and error texts name the class
