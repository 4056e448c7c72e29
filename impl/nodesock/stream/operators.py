"""Mirrors lib/internal/streams/operators.js: `map`, `filter`, `reduce` … of a Readable.

They are generators over the stream's async iteration, on top of each other: everything that calls a function
is a `_Mapping` that runs a few calls ahead of its reader. What returns a stream makes one of its generator; it
is lazy, so the source is not touched before somebody reads. What returns a promise begins at once and tells
bad arguments by rejecting.

A mapping has two ends that wait for each other. `_fetch` takes values from the source and calls the function;
`_hand_out` gives the results on in their order. `_fetch` stands still while `concurrency` calls are under way,
or while as many results wait as `high_water_mark` allows. If the reader leaves, `_fetch` notices with the next
value and only then leaves the source: Node's destroys it no earlier.
"""

import math
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from nodesock.abort import AbortController, AbortSignal
from nodesock.callables import call
from nodesock.errors import AbortError, NodeTypeError, node_error
from nodesock.inspect import UNDEFINED
from nodesock.runtime.promises import Promise, spawn
from nodesock.stream.async_generator import AsyncGenerator, Give, Leave, as_promise, two_microtasks, walk
from nodesock.stream.core.predicates import is_iterable
from nodesock.stream.promises import finished
from nodesock.stream.signal_context import SignalContext
from nodesock.validators import (
    is_truthy,
    merge_options,
    to_number,
    validate_abort_signal,
    validate_function,
    validate_integer,
    validate_object,
)

Options = Mapping[str, Any]

#: the result of a call that is not to be given on
_NOTHING: Final = object()
#: stands in the queue where the source is over
_END: Final = object()
#: what a visit returns to leave the iteration
_STOP: Final = object()


def read_options(options: Any, given: Options) -> dict[str, Any]:
    """The options as one dictionary. Raises ERR_INVALID_ARG_TYPE for what is none and for a bad signal."""
    if options is not None and options is not UNDEFINED:
        validate_object(options, "options")
    read = merge_options(options, given)
    if read.get("signal") is not None:
        read["signal"] = validate_abort_signal(read["signal"], "options.signal")
    return read


def _whole(value: Any) -> Any:
    number = to_number(value)
    return number if not math.isfinite(number) else math.floor(number)


def _is_aborted(options: Options) -> bool:
    signal = options.get("signal")
    return signal is not None and signal.aborted


class _Mapping:
    #: made when the iteration starts, as in Node
    signal: AbortSignal
    context: SignalContext

    def __init__(self, stream: Any, function: Any, options: Any, given: Options) -> None:
        validate_function(function, "fn")
        read = read_options(options, given)
        concurrency: Any = 1
        if read.get("concurrency") is not None:
            concurrency = _whole(read["concurrency"])
        mark: Any = concurrency - 1
        if read.get("high_water_mark") is not None:
            mark = _whole(read["high_water_mark"])
        validate_integer(concurrency, "options.concurrency", 1)
        validate_integer(mark, "options.highWaterMark", 0)
        self.stream = stream
        self.function = function
        self.concurrency = int(concurrency)
        self.room = int(mark) + self.concurrency
        self.outer_signal = read.get("signal")
        #: promises of results, in the source's order
        self.queue: deque[Promise] = deque()
        self.under_way = 0
        self.over = False
        self.fetcher: Promise | None = None
        self.reader: Promise | None = None

    def generator(self) -> AsyncGenerator:
        return AsyncGenerator(self._hand_out)

    # --- source -> queue ----------------------------------------------------------------------------------

    async def _fetch(self) -> None:
        try:
            if await walk(self.stream, self._take) is _STOP:
                return
            self.queue.append(Promise.resolved(_END))
        except Exception as error:
            self._add(Promise.rejected(error))
        self.over = True
        self._wake_reader()

    async def _take(self, value: Any) -> Any:
        if self.over:
            return _STOP
        if self.signal.aborted:
            raise AbortError
        try:
            result = as_promise(call(self.function, value, self.context))
        except Exception as error:
            result = Promise.rejected(error)
        self.under_way += 1
        self._add(result)
        self._wake_reader()
        if not self.over and (len(self.queue) >= self.room or self.under_way >= self.concurrency):
            self.fetcher = Promise()
            await self.fetcher
        return None

    def _add(self, result: Promise) -> None:
        result.then(lambda _: self._called(), lambda _: self._failed())
        self.queue.append(result)

    def _called(self) -> None:
        self.under_way -= 1
        self._wake_fetcher()

    def _failed(self) -> None:
        self.over = True
        self._called()

    # --- queue -> reader ----------------------------------------------------------------------------------

    async def _hand_out(self, give: Give) -> None:
        outer = self.outer_signal
        self.signal = AbortSignal.any([outer] if outer is not None else [])
        self.context = SignalContext(self.signal)
        spawn(self._fetch())
        try:
            while True:
                while self.queue:
                    result = await self.queue[0]
                    if result is _END:
                        self._leave()
                        return
                    if self.signal.aborted:
                        raise AbortError
                    if result is not _NOTHING:
                        await give(result)
                    self.queue.popleft()
                    self._wake_fetcher()
                self.reader = Promise()
                await self.reader
        except (Exception, Leave):
            self._leave()
            raise

    def _leave(self) -> None:
        self.over = True
        fetcher, self.fetcher = self.fetcher, None
        if fetcher is not None:
            fetcher.resolve()

    def _wake_fetcher(self) -> None:
        if (
            self.fetcher is not None
            and not self.over
            and self.under_way < self.concurrency
            and len(self.queue) < self.room
        ):
            fetcher, self.fetcher = self.fetcher, None
            fetcher.resolve()

    def _wake_reader(self) -> None:
        reader, self.reader = self.reader, None
        if reader is not None:
            reader.resolve()


# --- generators ---------------------------------------------------------------------------------------------


def map_(stream: Any, function: Any, options: Any, given: Options) -> AsyncGenerator:
    """`readable.map`: what the function makes of each value."""
    return _Mapping(stream, function, options, given).generator()


def filter_(stream: Any, function: Any, options: Any, given: Options) -> AsyncGenerator:
    """`readable.filter`: the values for which the function returns something true."""
    validate_function(function, "fn")

    async def passes(value: Any, context: SignalContext) -> Any:
        return value if is_truthy(await as_promise(call(function, value, context))) else _NOTHING

    return map_(stream, passes, options, given)


def flat_map(stream: Any, function: Any, options: Any, given: Options) -> AsyncGenerator:
    """`readable.flatMap`: the values of the iterables that the function makes."""
    iterables = map_(stream, function, options, given)

    async def body(give: Give) -> None:
        async def pass_on(iterable: Any) -> None:
            await _give_all(iterable, generator)

        await walk(iterables, pass_on)

    generator = AsyncGenerator(body)
    return generator


async def _give_all(iterable: Any, generator: AsyncGenerator) -> None:
    """JavaScript's `yield* iterable`, which does not await what it yields."""
    if hasattr(iterable, "__aiter__"):

        async def pass_on(value: Any) -> None:
            generator.answer(value)
            await generator.stand()

        await walk(iterable, pass_on)
        return
    if not is_iterable(iterable):
        raise NodeTypeError(
            "Cannot read properties of null (reading 'Symbol(Symbol.asyncIterator)')"
            if iterable is None
            else "undefined is not a function"
        )
    for item in iterable:
        value = await as_promise(item)
        await Promise.resolved(None)
        generator.answer(value)
        try:
            await generator.stand()
        except Leave:
            await Promise.resolved(None)
            raise
    await two_microtasks()


def _to_count(number: Any) -> float:
    count = 0 if number is UNDEFINED else to_number(number)
    if count != count:
        return 0
    if count < 0:
        raise node_error("ERR_OUT_OF_RANGE", "number", ">= 0", number if number is not UNDEFINED else 0)
    return count


def _give_on(stream: Any, visit: Any, options: Options) -> AsyncGenerator:
    """What `visit(value, give)` gives on of each value, until it returns something; an abort fails it."""

    async def body(give: Give) -> None:
        async def visit_unless_aborted(value: Any) -> Any:
            if _is_aborted(options):
                raise AbortError
            return await visit(value, give)

        if _is_aborted(options):
            raise AbortError
        await walk(stream, visit_unless_aborted)

    return AsyncGenerator(body)


def drop(stream: Any, number: Any, options: Any, given: Options) -> AsyncGenerator:
    """`readable.drop`: without the first values."""
    read = read_options(options, given)
    left = _to_count(number)

    async def visit(value: Any, give: Give) -> None:
        nonlocal left
        if left <= 0:
            await give(value)
        else:
            left -= 1

    return _give_on(stream, visit, read)


def take(stream: Any, number: Any, options: Any, given: Options) -> AsyncGenerator:
    """`readable.take`: the first values only, then the source is destroyed."""
    read = read_options(options, given)
    left = _to_count(number)

    async def visit(value: Any, give: Give) -> Any:
        nonlocal left
        if left > 0:
            left -= 1
            await give(value)
        return _STOP if left <= 0 else None

    return _give_on(stream, visit, read)


# --- promises -----------------------------------------------------------------------------------------------


async def for_each(stream: Any, function: Any, options: Any, given: Options) -> None:
    """`readable.forEach`."""
    validate_function(function, "fn")

    async def run(value: Any, context: SignalContext) -> Any:
        await as_promise(call(function, value, context))
        return _NOTHING

    async def ignore(_: Any) -> None:
        pass

    await walk(map_(stream, run, options, given), ignore)


async def _first(stream: Any, function: Any, options: Any, given: Options) -> tuple[Any] | None:
    """The first value for which the function returns something true, in a tuple."""

    async def visit(value: Any) -> tuple[Any]:
        return (value,)

    found: tuple[Any] | None = await walk(filter_(stream, function, options, given), visit)
    return found


async def some(stream: Any, function: Any, options: Any, given: Options) -> bool:
    """`readable.some`."""
    return await _first(stream, function, options, given) is not None


async def every(stream: Any, function: Any, options: Any, given: Options) -> bool:
    """`readable.every`."""
    validate_function(function, "fn")

    async def fails(value: Any, context: SignalContext) -> bool:
        return not is_truthy(await as_promise(call(function, value, context)))

    answer = await spawn(some(stream, fails, options, given))
    return not answer


async def find(stream: Any, function: Any, options: Any, given: Options) -> Any:
    """`readable.find`."""
    found = await _first(stream, function, options, given)
    return None if found is None else found[0]


async def to_array(stream: Any, options: Any, given: Options) -> list[Any]:
    """`readable.toArray`."""
    read = read_options(options, given)
    values: list[Any] = []

    async def visit(value: Any) -> None:
        if _is_aborted(read):
            raise AbortError(cause=read["signal"].reason)
        values.append(value)

    await walk(stream, visit)
    return values


async def reduce(stream: Any, reducer: Any, initial: Any, options: Any, given: Options) -> Any:
    """`readable.reduce`."""
    validate_function(reducer, "reducer")
    read = read_options(options, given)
    outer = read.get("signal")
    if outer is not None and outer.aborted:
        error = AbortError(cause=outer.reason)
        stream.once("error", lambda: None)  # told by the promise
        await finished(stream.destroy(error))
    controller = AbortController()
    if outer is not None:
        outer.add_event_listener("abort", lambda: controller.abort(), once=True)
    context = SignalContext(controller.signal)
    result = initial
    has_result = initial is not UNDEFINED

    async def visit(value: Any) -> None:
        nonlocal result, has_result
        if _is_aborted(read):
            raise AbortError
        if not has_result:
            result, has_result = value, True
        else:
            result = await as_promise(call(reducer, result, value, context))

    try:
        await walk(stream, visit)
        if not has_result:
            missing = node_error("ERR_MISSING_ARGS", "reduce")
            missing.message = "Reduce of an empty stream requires an initial value"
            missing.args = (missing.message,)
            raise missing
    except Exception:
        controller.abort()
        raise
    controller.abort()
    return result
