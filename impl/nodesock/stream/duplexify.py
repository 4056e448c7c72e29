"""Mirrors lib/internal/streams/duplexify.js: `Duplex.from`, a Duplex of nearly anything."""

from collections.abc import Awaitable, Callable, Mapping
from types import FunctionType
from typing import Any

from nodesock.abort import AbortController
from nodesock.callables import call
from nodesock.errors import AbortError, node_error
from nodesock.inspect import UNDEFINED
from nodesock.runtime.promises import Promise, spawn
from nodesock.runtime.ticks import next_tick
from nodesock.stream.async_generator import AsyncGenerator, GeneratorIterator, Give, as_promise
from nodesock.stream.bridge import Bridge
from nodesock.stream.core.duplex import Duplex
from nodesock.stream.core.end_of_stream import finished
from nodesock.stream.core.predicates import (
    has_readable_side,
    has_writable_side,
    is_duplex,
    is_iterable,
    is_node_stream,
    is_readable,
    is_writable,
)
from nodesock.stream.destroyer import destroy
from nodesock.stream.from_ import from_
from nodesock.stream.signal_context import SignalContext
from nodesock.stream.wrap import wrapped
from nodesock.validators import is_truthy

_Callback = Callable[..., Any]


class Duplexify(Duplex):
    """A Duplex made of something else. What it does not read or write itself is not there."""


class _Pair(Bridge):
    """A Duplex of a readable and a writable stream, of which one may be missing. The failure of one destroys both."""

    def __init__(self, readable: Any, writable: Any) -> None:
        if readable is not None and not callable(getattr(readable, "read", None)):
            readable = wrapped(readable)
        from_ = readable if is_readable(readable) else None
        to = writable if is_writable(writable) else None
        super().__init__(to, from_, given=(writable, readable), destroys=(writable, readable))
        self._wants_data = False
        if to is not None:
            finished(to, lambda error: self._side_over(error, readable))
            to.on("drain", self._drained)
            to.on("finish", self._finished)
        if from_ is not None:
            finished(from_, lambda error: self._side_over(error, writable))
            from_.on("readable", self._filled)
            from_.on("end", lambda: self.push(None))

    def _read(self, size: int) -> None:
        while True:
            chunk = self._from.read()
            if chunk is None:
                self._wants_data = True
                return
            if not self.push(chunk):
                return

    def _filled(self) -> None:
        if self._wants_data:
            self._wants_data = False
            self._read(0)

    def _destroy(self, error: Any, callback: _Callback) -> None:
        self._wants_data = False
        super()._destroy(error, callback)

    def _side_over(self, error: Any, other: Any) -> None:
        if error is not None:
            destroy(other, error)
        self.over(error)


_Pair.__name__ = _Pair.__qualname__ = "Duplexify"


class _Writes:
    """What is written, as the async iterable that a function reads."""

    def __init__(self) -> None:
        self.controller = AbortController()
        self.next: Promise | None = Promise()
        self.taken: Promise = self.next
        self.generator = AsyncGenerator(self._body)

    async def _body(self, give: Give) -> None:
        while True:
            chunk, done, callback = await self.taken
            next_tick(callback)
            if done:
                return
            signal = self.controller.signal
            if signal.aborted:
                raise AbortError(cause=signal.reason)
            self.next = self.taken = Promise()
            await give(chunk)

    def _send(self, chunk: Any, done: bool, callback: _Callback) -> None:
        promise, self.next = self.next, None
        assert promise is not None
        promise.resolve((chunk, done, callback))

    def write(self, chunk: Any, encoding: str, callback: _Callback) -> None:
        self._send(chunk, False, callback)

    def final(self, callback: _Callback) -> None:
        self._send(None, True, callback)

    def destroy(self, error: Any, callback: _Callback) -> None:
        self.controller.abort(error)
        if self.next is not None:  # a function that waits for a chunk finds the end
            self._send(None, True, lambda: None)
        callback(error)


def duplex_from(body: Any = UNDEFINED, options: Any = None, /, **given: Any) -> Any:
    """`Duplex.from(body)`: `body` itself if it is one; else a Duplex of a stream, an (async) iterable, text or bytes,
    an awaitable, a mapping of `readable` and `writable`, or a function of an async iterable that returns an (async)
    iterable, a Duplex or an awaitable. Takes no options.

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_VALUE; ERR_INTERNAL_ASSERTION for a pair with something else in it.
    """
    return _made_of(body, "body")


def _made_of(body: Any, name: str | None) -> Any:
    """What errors call `body` is `name`; for one side of a pair Node gives none, which its own errors do not stand."""
    if is_node_stream(body):
        if is_duplex(body):
            return body
        if has_readable_side(body):
            return _Pair(body, None)
        return _Pair(None, body if has_writable_side(body) else None)
    if callable(body):
        return _from_function(body, name or "undefined")
    if isinstance(body, Mapping):
        readable, writable = body.get("readable", UNDEFINED), body.get("writable", UNDEFINED)
        if _is_object(readable) or _is_object(writable):
            return _Pair(
                _side(readable, has_readable_side),
                _side(writable, has_writable_side),
            )
    elif is_iterable(body):
        return from_(body, {"writable": False}, Duplexify)
    elif hasattr(body, "__await__"):
        return _from_awaitable(body)
    if name is None:
        raise node_error("ERR_INTERNAL_ASSERTION", "'name' must be a string")
    raise node_error("ERR_INVALID_ARG_TYPE", name, _BODIES, body)


def _side(value: Any, will_do: Callable[[Any], bool]) -> Any:
    """The side of a pair: a stream that will do as it is, a Duplex of anything else, None of nothing."""
    if not is_truthy(value):
        return None
    return value if will_do(value) else _made_of(value, None)


def _is_object(value: Any) -> bool:
    """Whether JavaScript's typeof would say 'object', as it does of null."""
    return value is not UNDEFINED and not isinstance(value, (bool, int, float, str, FunctionType))


_BODIES = (
    "Blob", "ReadableStream", "WritableStream", "Stream", "Iterable", "AsyncIterable", "function",
    "{ readable, writable } pair", "Promise",
)  # fmt: skip


def _from_function(function: Callable[..., Any], name: str) -> Any:
    writes = _Writes()
    value = call(function, GeneratorIterator(writes.generator), SignalContext(writes.controller.signal))
    if is_duplex(value):
        return value
    hooks = {"write": writes.write, "final": writes.final, "destroy": writes.destroy}
    if is_iterable(value):
        return from_(value, hooks, Duplexify)
    if not hasattr(value, "__await__"):
        raise node_error(
            "ERR_INVALID_RETURN_VALUE", "Iterable, AsyncIterable or AsyncFunction", name, value
        )
    duplex: Duplex | None = None

    def returned(result: Any) -> None:
        if result is not None:
            raise node_error("ERR_INVALID_RETURN_VALUE", "nully", name, result)

    promise = as_promise(value).then(returned, lambda error: destroy(duplex, error))

    async def wait(callback: _Callback) -> None:
        try:
            await promise
        except Exception as error:
            next_tick(callback, error)
        else:
            next_tick(callback, None)

    def final(callback: _Callback) -> None:
        writes.final(lambda: spawn(wait(callback)))

    duplex = Duplexify(object_mode=True, readable=False, **{**hooks, "final": final})
    return duplex


def _from_awaitable(body: Awaitable[Any]) -> Duplex:
    duplex = Duplexify(object_mode=True, writable=False, read=lambda: None)

    def resolved(value: Any) -> None:
        if value is not None:
            duplex.push(value)
        duplex.push(None)

    as_promise(body).then(resolved, lambda error: destroy(duplex, error))
    return duplex
