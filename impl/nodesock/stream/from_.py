"""Mirrors lib/internal/streams/from.js: `Readable.from`, a stream of what an iterable yields."""

from collections.abc import Callable, Mapping
from typing import Any

from nodesock.errors import node_error
from nodesock.runtime.promises import Promise, spawn
from nodesock.runtime.ticks import next_tick
from nodesock.stream.async_generator import iterate, two_microtasks
from nodesock.stream.core.predicates import is_iterable
from nodesock.stream.core.readable import Readable
from nodesock.validators import UNDEFINED, merge_options


def from_(iterable: Any, options: Mapping[str, Any], kind: type[Readable] = Readable) -> Readable:
    """A Readable in object mode that yields what `iterable` (or async iterable) does; a string or bytes as one
    chunk.

    Raises ERR_INVALID_ARG_TYPE for anything else.
    """
    if isinstance(iterable, (str, bytes)):

        def read_whole() -> None:
            whole.push(iterable)
            whole.push(None)

        whole = kind({"object_mode": True, **options, "read": read_whole})
        return whole
    if hasattr(iterable, "__aiter__"):
        source = _Source(iterate(iterable), True)
    elif is_iterable(iterable):
        source = _Source(iter(iterable), False)
    else:
        raise node_error("ERR_INVALID_ARG_TYPE", "iterable", ("Iterable",), iterable)
    stream = kind({"object_mode": True, "high_water_mark": 1, **options})
    source.feed(stream)
    return stream


def readable_from(iterable: Any = UNDEFINED, options: Any = None, /, **given: Any) -> Readable:
    """`Readable.from(iterable, options)`: a stream of what an iterable, async iterable or a string or bytes
    yields.
    """
    return from_(iterable, merge_options(options, given))


class _Source:
    """Takes one item after another for as long as push() wants more; an awaitable item of a plain iterable is
    awaited.
    """

    _stream: Any
    #: the hook that the stream had before
    _destroy_stream: Callable[..., Any]

    def __init__(self, iterator: Any, is_async: bool) -> None:
        self._iterator = iterator
        self._is_async = is_async
        self._is_taking = False

    def feed(self, stream: Any) -> None:
        """Be what the stream reads from."""
        self._stream = stream
        self._destroy_stream = stream._destroy
        stream._read = self._read
        stream._destroy = self._destroy

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
        if self._stream.push(value):
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
            self._stream.push(None)
        except Exception as error:
            self._stream.destroy(error)

    async def _take_awaited(self, value: Any) -> None:
        try:
            more = self._give(await value)
        except Exception as error:
            self._stream.destroy(error)
            return
        if more:
            self._take()

    async def _take_async(self) -> None:
        try:
            while True:
                try:
                    value = await self._iterator.__anext__()
                except StopAsyncIteration:
                    self._stream.push(None)
                    return
                if not self._give(value):
                    return
        except Exception as error:
            self._stream.destroy(error)

    def _destroy(self, error: Any, callback: Callable[..., Any]) -> None:
        def close(error: Any = None) -> None:
            def closed(failure: Any = None) -> None:
                next_tick(callback, failure if failure is not None else error)

            spawn(self._close_iterator(error)).then(lambda _: closed(), closed)

        self._destroy_stream(error, close)

    async def _close_iterator(self, error: Any) -> None:
        """Tell the iterator that no more is wanted, and why if it can be told."""
        iterator = self._iterator
        if error is not None:
            if self._is_async and hasattr(iterator, "athrow"):
                over = await iterator.athrow(error)
                await Promise.resolved(None)
                if over:
                    return
            elif not self._is_async and hasattr(iterator, "throw"):
                try:
                    iterator.throw(error)
                    over = False
                except StopIteration:
                    over = True
                await two_microtasks()
                if over:
                    return
        if self._is_async:
            await iterator.aclose()
            await Promise.resolved(None)
        elif hasattr(iterator, "close"):
            iterator.close()
            await two_microtasks()
