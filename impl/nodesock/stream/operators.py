"""Mirrors lib/internal/streams/operators.js: the iterator helpers of Readable (`map`, `filter`, `take`, …).

All of them read the stream by `async for`, so a stream whose consumer stops early is destroyed. The ones that
return a stream are `Readable.from_` over an async generator; the ones that return a Promise run a coroutine.
`_Mapping` is under most of them: it keeps up to `concurrency` calls of the user's function under way and hands
their results on in the order of the chunks.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from math import floor, isfinite, isnan
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from nodesock.abort import AbortController, AbortSignal
from nodesock.callables import call
from nodesock.errors import AbortError, NodeTypeError, node_error
from nodesock.events import add_abort_listener
from nodesock.runtime.promises import Promise, spawn
from nodesock.validators import (
    UNDEFINED,
    to_number,
    validate_abort_signal,
    validate_function,
    validate_integer,
    validate_object,
)

if TYPE_CHECKING:
    from nodesock.stream.duplex import Duplex
    from nodesock.stream.readable import Readable

#: a result that is no chunk: filter() leaves it out
_EMPTY: Final = object()
#: what stands behind the last result
_END: Final = object()

Options = Mapping[str, Any] | None


class OperatorContext(NamedTuple):
    """The second argument of an operator's function: `signal` aborts when the operator is over."""

    signal: AbortSignal


def _options(options: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """One dict of what came as a mapping and as keywords, its `signal` checked."""
    if options is not None and options is not UNDEFINED:
        validate_object(options, "options")
        given = {**options, **given}
    if given.get("signal") is not None:
        validate_abort_signal(given["signal"], "options.signal")
    return dict(given)


def _integer(options: Mapping[str, Any], key: str, name: str, default: int, minimum: int) -> int:
    value = options.get(key)
    if value is None:
        return default
    number = to_number(value)
    value = number if isnan(number) else floor(number) if isfinite(number) else number
    validate_integer(value, name, minimum)
    return int(value)


def _check_aborted(signal: Any) -> None:
    if signal is not None and signal.aborted:
        raise AbortError()  # without the cause, in Node too; only to_array() and reduce() tell it


def _limit(number: Any) -> float:
    """How many chunks take() and drop() count: no number is 0, and a part of one is one."""
    limit = to_number(number)
    if isnan(limit):
        return 0
    if limit < 0:
        raise node_error("ERR_OUT_OF_RANGE", "number", ">= 0", number)
    return limit


async def _settled(value: Any) -> Any:
    """JavaScript's `await value`, whatever `value` is."""
    return await Promise.resolved(value)


class _Mapping:
    """The results of `fn` over the chunks of a stream, in their order, some calls ahead of the consumer."""

    def __init__(
        self, stream: Any, fn: Callable[..., Any], signal: Any, concurrency: int, high_water_mark: int
    ) -> None:
        self.stream = stream
        self.fn = fn
        self.signal = signal
        self.concurrency = concurrency
        #: with the calls that are under way: how many results may wait for the consumer
        self.room = high_water_mark + concurrency
        self.controller = AbortController()
        self.results: list[Promise] = []
        self.under_way = 0
        self.over = False
        self.wake_reader: Promise | None = None
        self.wake_consumer: Promise | None = None

    async def read(self) -> None:
        """Call `fn` on chunk after chunk, for as long as there is room."""
        context = OperatorContext(self.controller.signal)
        try:
            async with aclosing(self.stream.__aiter__()) as chunks:
                async for chunk in chunks:
                    if self.over:
                        return
                    _check_aborted(self.signal)
                    self.add(self.start(chunk, context))
                    if len(self.results) >= self.room or self.under_way >= self.concurrency:
                        self.wake_reader = Promise()
                        await self.wake_reader
            self.add(None)
        except Exception as error:
            self.add(Promise.rejected(error))

    def start(self, chunk: Any, context: OperatorContext) -> Promise:
        """One call of `fn`; a result that is awaitable is awaited."""
        result = Promise()
        try:
            result.resolve(call(self.fn, chunk, context))
        except Exception as error:
            result.reject(error)
        self.under_way += 1
        result.then(self.one_done, self.one_failed)
        return result

    def add(self, result: Promise | None) -> None:
        """None is the end."""
        if result is None:
            result = Promise.resolved(_END)
        else:
            result.catch(_ignore)  # the consumer hears of it when its turn comes
        self.results.append(result)
        if self.wake_consumer is not None:
            self.wake_consumer.resolve()

    def one_done(self, _: Any) -> None:
        self.under_way -= 1
        self.resume()

    def one_failed(self, _: Any) -> None:
        self.over = True
        self.one_done(_)

    def resume(self) -> None:
        """Let the reader go on if there is room."""
        waiting = self.wake_reader
        has_room = self.under_way < self.concurrency and len(self.results) < self.room
        if waiting is not None and (self.over or has_room):
            self.wake_reader = None
            waiting.resolve()

    async def values(self) -> AsyncGenerator[Any, None]:
        unlisten = None
        if self.signal is not None:
            unlisten = add_abort_listener(self.signal, lambda: self.controller.abort(self.signal.reason))
        spawn(self.read())
        try:
            while True:
                while self.results:
                    value = await self.results[0]
                    if value is _END:
                        return
                    _check_aborted(self.signal)
                    if value is not _EMPTY:
                        yield value
                    del self.results[0]
                    self.resume()
                self.wake_consumer = Promise()
                await self.wake_consumer
                self.wake_consumer = None
        finally:
            if unlisten is not None:
                unlisten()
            self.over = True
            self.controller.abort()
            self.resume()


def _ignore(_: Any) -> None:
    pass


def _mapped(stream: Any, fn: Any, options: Any, given: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
    validate_function(fn, "fn")
    checked = _options(options, given)
    concurrency = _integer(checked, "concurrency", "options.concurrency", 1, 1)
    ahead = _integer(checked, "high_water_mark", "options.highWaterMark", concurrency - 1, 0)
    return _Mapping(stream, fn, checked.get("signal"), concurrency, ahead).values()


def _filtered(stream: Any, fn: Any, options: Any, given: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
    validate_function(fn, "fn")

    async def keep(chunk: Any, context: OperatorContext) -> Any:
        return chunk if await _settled(call(fn, chunk, context)) else _EMPTY

    return _mapped(stream, keep, options, given)


async def _first(chunks: AsyncGenerator[Any, None]) -> tuple[Any, ...]:
    """The first of them in a tuple, an empty one if there is none; the rest is left."""
    async with aclosing(chunks):
        async for chunk in chunks:
            return (chunk,)
    return ()


async def _items(value: Any) -> AsyncGenerator[Any, None]:
    """What flat_map() makes of one result."""
    if hasattr(value, "__aiter__"):
        async for item in value:
            yield item
    elif hasattr(value, "__iter__"):
        for item in value:
            yield await _settled(item)
    else:
        raise NodeTypeError("undefined is not a function")


class Operators:
    """The part of Readable that treats it as a sequence. Experimental in Node, and here as there."""

    def map(self, fn: Any = UNDEFINED, options: Options = None, /, **given: Any) -> "Readable":
        """A stream of `fn(chunk, context)`, awaited; `context.signal` aborts when the stream is over.

        Options: `concurrency` (1) calls at a time, `high_water_mark` results ahead, `signal`. Raises
        ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Mirrors `readable.map()`.
        """
        return _stream(_mapped(self, fn, options, given))

    def filter(self, fn: Any = UNDEFINED, options: Options = None, /, **given: Any) -> "Readable":
        """A stream of the chunks of which `fn(chunk, context)` is true. Options as for `map`. Mirrors
        `readable.filter()`."""
        return _stream(_filtered(self, fn, options, given))

    def flat_map(self, fn: Any = UNDEFINED, options: Options = None, /, **given: Any) -> "Readable":
        """A stream of the items of what `fn(chunk, context)` returns: a stream or an iterable. Mirrors
        `readable.flatMap()`."""
        mapped = _mapped(self, fn, options, given)

        async def flat() -> AsyncGenerator[Any, None]:
            async with aclosing(mapped):
                async for value in mapped:
                    async for item in _items(value):
                        yield item

        return _stream(flat())

    def take(self, limit: Any = UNDEFINED, options: Options = None, /, **given: Any) -> "Readable":
        """A stream of the first `limit` chunks; this one is destroyed after them. Mirrors `readable.take()`."""
        signal = _options(options, given).get("signal")
        count = _limit(limit)

        async def taken() -> AsyncGenerator[Any, None]:
            left = count
            _check_aborted(signal)
            async with aclosing(self.__aiter__()) as chunks:  # type: ignore[attr-defined]
                async for chunk in chunks:
                    _check_aborted(signal)
                    if left > 0:
                        yield chunk
                    left -= 1
                    if left <= 0:
                        return

        return _stream(taken())

    def drop(self, limit: Any = UNDEFINED, options: Options = None, /, **given: Any) -> "Readable":
        """A stream of all but the first `limit` chunks. Mirrors `readable.drop()`."""
        signal = _options(options, given).get("signal")
        count = _limit(limit)

        async def rest() -> AsyncGenerator[Any, None]:
            left = count
            _check_aborted(signal)
            async with aclosing(self.__aiter__()) as chunks:  # type: ignore[attr-defined]
                async for chunk in chunks:
                    _check_aborted(signal)
                    if left <= 0:
                        yield chunk
                    left -= 1

        return _stream(rest())

    def for_each(self, fn: Any = UNDEFINED, options: Options = None, /, **given: Any) -> Promise:
        """Call `fn(chunk, context)` on every chunk; a promise of the end. Mirrors `readable.forEach()`."""

        async def run() -> None:
            validate_function(fn, "fn")

            async def each(chunk: Any, context: OperatorContext) -> Any:
                await _settled(call(fn, chunk, context))
                return _EMPTY

            async for _ in _mapped(self, each, options, given):
                pass

        return spawn(run())

    def to_array(self, options: Options = None, /, **given: Any) -> Promise:
        """A promise of the list of all chunks. Mirrors `readable.toArray()`."""

        async def run() -> list[Any]:
            signal = _options(options, given).get("signal")
            array = []
            async with aclosing(self.__aiter__()) as chunks:  # type: ignore[attr-defined]
                async for chunk in chunks:
                    if signal is not None and signal.aborted:
                        raise AbortError(cause=signal.reason)
                    array.append(chunk)
            return array

        return spawn(run())

    def some(self, fn: Any = UNDEFINED, options: Options = None, /, **given: Any) -> Promise:
        """A promise of whether `fn(chunk, context)` is true of any chunk. Mirrors `readable.some()`."""

        async def run() -> bool:
            return bool(await _first(_filtered(self, fn, options, given)))

        return spawn(run())

    def every(self, fn: Any = UNDEFINED, options: Options = None, /, **given: Any) -> Promise:
        """A promise of whether `fn(chunk, context)` is true of every chunk. Mirrors `readable.every()`."""

        async def run() -> bool:
            validate_function(fn, "fn")

            async def fails(chunk: Any, context: OperatorContext) -> bool:
                return not await _settled(call(fn, chunk, context))

            return not await _first(_filtered(self, fails, options, given))

        return spawn(run())

    def find(self, fn: Any = UNDEFINED, options: Options = None, /, **given: Any) -> Promise:
        """A promise of the first chunk of which `fn(chunk, context)` is true, or None. Mirrors
        `readable.find()`."""

        async def run() -> Any:
            found = await _first(_filtered(self, fn, options, given))
            return found[0] if found else None

        return spawn(run())

    def reduce(
        self, reducer: Any = UNDEFINED, initial: Any = UNDEFINED, options: Options = None, /, **given: Any
    ) -> Promise:
        """A promise of `reducer(previous, chunk, context)` over all chunks, from `initial` or else the first
        chunk. Rejects with ERR_MISSING_ARGS where there is neither. Mirrors `readable.reduce()`."""

        async def run() -> Any:
            validate_function(reducer, "reducer")
            signal = _options(options, given).get("signal")
            if signal is not None and signal.aborted:
                error = AbortError(cause=signal.reason)
                self.once("error", _ignore)  # type: ignore[attr-defined]
                self.destroy(error)  # type: ignore[attr-defined]
                raise error
            controller = AbortController()
            context = OperatorContext(controller.signal)
            value = initial
            try:
                async with aclosing(self.__aiter__()) as chunks:  # type: ignore[attr-defined]
                    async for chunk in chunks:
                        _check_aborted(signal)
                        if value is UNDEFINED:
                            value = chunk
                        else:
                            value = await _settled(call(reducer, value, chunk, context))
            finally:
                controller.abort()
            if value is UNDEFINED:
                raise NodeTypeError(
                    "Reduce of an empty stream requires an initial value", code="ERR_MISSING_ARGS"
                )
            return value

        return spawn(run())


    def compose(self, stream: Any = UNDEFINED, options: Options = None, /, **given: Any) -> "Duplex":
        """A Duplex of this stream and `stream` behind it: what is written goes in here, what is read comes out
        there. `stream` may be a function of an async iterable, too.

        Options: `signal`. Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. Mirrors `readable.compose()`.
        """
        from nodesock.stream.compose import compose

        return compose(self, stream, _options(options, given).get("signal"))


def _stream(chunks: AsyncGenerator[Any, None]) -> "Readable":
    from nodesock.stream.readable import Readable

    return Readable.from_(chunks)
