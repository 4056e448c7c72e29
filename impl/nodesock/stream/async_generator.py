"""Mirrors ECMAScript's async generator objects: their queue of requests, and the microtasks that they take.

A body is a coroutine function that is handed `give`; `await give(value)` is JavaScript's `yield value`. Where
a request comes from `async for` Python would do as well; but a stream asks for one value and is then
destroyed, and JavaScript answers such requests one after the other, at the next `yield` at the earliest.
Python's own generators refuse them. A body that nobody asks any more is forgotten where it stands, as
JavaScript's is: it must not do anything in `finally` or on GeneratorExit.
"""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from types import AsyncGeneratorType, CoroutineType
from typing import Any, Final

from nodesock.runtime.promises import Promise, spawn

Give = Callable[[Any], Awaitable[None]]

_NEXT: Final = 0
_THROW: Final = 1
_LEAVE: Final = 2

_NOT_STARTED: Final = 0
_RUNNING: Final = 1
_YIELDED: Final = 2
_DONE: Final = 3


class Leave(BaseException):
    """Raised out of `give` when the generator is to return where it stands. Clean up and let it pass."""


def as_promise(value: Any) -> Promise:
    """`Promise.resolve(value)`, where a coroutine is an async function that runs."""
    if type(value) is CoroutineType:
        return spawn(value)
    if not isinstance(value, Promise) and hasattr(value, "__await__"):
        return spawn(_awaited(value))
    return Promise.resolved(value)


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


class _Gate(Promise):
    """What a body waits at between two requests: opened, it goes on at once and not on a microtask."""

    __slots__ = ("_go_on",)

    def _subscribe(self, fulfilled: Callable[[Any], Any], rejected: Callable[[Any], Any]) -> None:
        self._go_on = fulfilled

    def open(self, request: tuple[int, Any]) -> None:
        self._go_on(request)


class AsyncGenerator:
    """An async generator object: `next()`, `throw(error)` and `leave()` (JavaScript's `return()`) are promises of
    (value, done).
    """

    def __init__(self, body: Callable[[Give], Coroutine[Any, Any, None]]) -> None:
        self._body = body
        self._state = _NOT_STARTED
        self._gate: _Gate | None = None
        self._requests: deque[tuple[int, Any, Promise]] = deque()

    def next(self) -> Promise:
        """Ask for the next value."""
        return self._ask(_NEXT, None)

    def throw(self, error: Any) -> Promise:
        """Raise `error` where the body stands."""
        return self._ask(_THROW, error)

    def leave(self) -> Promise:
        """Have the body return where it stands."""
        return self._ask(_LEAVE, None)

    def __aiter__(self) -> "GeneratorIterator":
        return GeneratorIterator(self)

    @property
    def waits_for_request(self) -> bool:
        """Whether it stands at a `give`."""
        return self._state == _YIELDED

    def _ask(self, kind: int, value: Any) -> Promise:
        promise = Promise()
        self._requests.append((kind, value, promise))
        if self._state != _RUNNING:
            self._serve()
        return promise

    def _serve(self) -> None:
        """Take up the first request; those of a generator that is over are answered right away."""
        while self._requests:
            kind, value, _ = self._requests[0]
            if self._state == _NOT_STARTED and kind != _NEXT:
                self._state = _DONE
            if self._state == _NOT_STARTED:
                self._state = _RUNNING
                spawn(self._run())
                return
            if self._state == _YIELDED:
                gate, self._gate = self._gate, None
                assert gate is not None
                self._state = _RUNNING
                gate.open((kind, value))
                return
            if kind == _LEAVE:
                # What is returned is awaited, here too.
                self._state = _RUNNING
                Promise.resolved(None).then(lambda _: self._over())
                return
            _, _, promise = self._requests.popleft()
            if kind == _THROW:
                promise.reject(value)
            else:
                promise.resolve((None, True))

    def _over(self, error: Any = None) -> None:
        self._state = _DONE
        _, _, promise = self._requests.popleft()
        if error is not None:
            promise.reject(error)
        else:
            promise.resolve((None, True))
        self._serve()

    async def _run(self) -> None:
        failure = None
        try:
            await self._body(self._give)
        except Leave:
            pass
        except Exception as error:
            failure = error
        self._over(failure)

    async def _give(self, value: Any) -> None:
        self.answer(await as_promise(value))
        await self.stand()

    def answer(self, value: Any) -> None:
        """Give a value that has been awaited already; `stand()` has to follow."""
        _, _, promise = self._requests.popleft()
        promise.resolve((value, False))

    async def stand(self) -> None:
        """Wait for the next request, and obey it."""
        if self._requests:
            kind, value, _ = self._requests[0]
        else:
            self._state = _YIELDED
            self._gate = _Gate()
            kind, value = await self._gate
        if kind == _THROW:
            raise value
        if kind == _LEAVE:
            await Promise.resolved(None)
            raise Leave


class GeneratorIterator(AsyncIterator[Any]):
    """What `async for` needs of a generator."""

    def __init__(self, generator: AsyncGenerator) -> None:
        self.generator = generator

    async def __anext__(self) -> Any:
        value, done = await self.generator.next()
        if done:
            raise StopAsyncIteration
        return value

    async def athrow(self, error: Any) -> bool:
        """JavaScript's `throw(error)`: whether the generator is over."""
        _, done = await self.generator.throw(error)
        return bool(done)

    async def aclose(self) -> None:
        """JavaScript's `return()`."""
        await self.generator.leave()


class _PlainIterator(AsyncIterator[Any]):
    """One of Python that is no generator, and can be asked for the next value only."""

    def __init__(self, iterator: AsyncIterator[Any]) -> None:
        self._iterator = iterator

    async def __anext__(self) -> Any:
        try:
            return await self._iterator.__anext__()
        finally:
            await Promise.resolved(None)

    async def aclose(self) -> None:
        """There is nothing to be told."""


class _SyncIterator(AsyncIterator[Any]):
    """`for await` over what is iterable without `async`: every value is awaited."""

    def __init__(self, iterator: Iterator[Any]) -> None:
        self._iterator = iterator

    async def __anext__(self) -> Any:
        try:
            value, done = next(self._iterator), False
        except StopIteration:
            value, done = None, True
        except Exception as error:
            await Promise.rejected(error)
        try:
            value = await as_promise(value)
        finally:
            await Promise.resolved(None)
        if done:
            raise StopAsyncIteration
        return value

    async def aclose(self) -> None:
        """Close a generator."""
        close = getattr(self._iterator, "close", None)
        if close is not None:
            close()
            await Promise.resolved(None)
        await Promise.resolved(None)


def iterate(source: Any) -> Any:
    """The iterator of an iterable or async iterable, with JavaScript's microtasks: `__anext__` and `aclose`, and
    `athrow` if it belongs to an async generator.
    """
    if not hasattr(source, "__aiter__"):
        return _SyncIterator(iter(source))
    iterator = source.__aiter__()
    if isinstance(iterator, AsyncGeneratorType):
        return GeneratorIterator(AsyncGenerator(lambda give: _relay(iterator, give)))
    return iterator if isinstance(iterator, GeneratorIterator) else _PlainIterator(iterator)


async def _relay(python: AsyncGeneratorType[Any, Any], give: Give) -> None:
    step = python.__anext__()
    while True:
        try:
            value = await step
        except StopAsyncIteration:
            return
        try:
            await give(value)
        except Leave:
            await python.aclose()
            raise
        except Exception as error:
            step = python.athrow(error)
        else:
            step = python.__anext__()


async def walk(source: Any, visit: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
    """`for await (const value of source)`: `visit` is awaited with each value, until it returns something. Leaving
    early leaves the source too. Returns what `visit` did, or None.
    """
    iterator = iterate(source)
    async for value in iterator:
        try:
            result = await visit(value)
        except (Exception, Leave):
            try:
                await iterator.aclose()
            except Exception:
                pass  # what it was left for comes first
            raise
        if result is not None:
            await iterator.aclose()
            return result
    return None


async def two_microtasks() -> None:
    """What JavaScript takes to await an iterator's result, and then the value in it."""
    for _ in range(2):
        await Promise.resolved(None)
