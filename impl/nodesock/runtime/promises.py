"""Mirrors ECMAScript promises as Node runs them: reactions are microtasks, async functions start at once.

`Promise` can be awaited in a coroutine that `spawn` drives, or given callbacks with `then`. It takes as many microtasks
as JavaScript's: one from settling to a reaction or an await, two more when a promise is resolved with another promise.
What becomes of a rejection that nobody handles is in rejections.py.
"""

from collections.abc import Callable, Coroutine, Generator
from types import CoroutineType
from typing import Any, Final

from nodesock.callables import adapt
from nodesock.runtime import rejections, ticks
from nodesock.runtime.hooks import hooks
from nodesock.runtime.uv_loop import check_thread

_PENDING: Final = 0
_FULFILLED: Final = 1
_REJECTED: Final = 2

_Reaction = Callable[[Any], Any]


class Promise:
    """A value to come: await it in a spawned coroutine, or use `then`."""

    __slots__ = ("__weakref__", "_handled", "_locked", "_reactions", "_state", "_value")

    def __init__(self) -> None:
        self._state = _PENDING
        self._value: Any = None
        self._handled = False
        self._locked = False  # resolved with another promise that is still pending
        self._reactions: list[tuple[_Reaction, _Reaction]] = []

    @classmethod
    def resolved(cls, value: Any = None) -> "Promise":
        """Promise.resolve."""
        if isinstance(value, Promise):
            return value
        promise = cls()
        promise.resolve(value)
        return promise

    @classmethod
    def rejected(cls, reason: Any) -> "Promise":
        """Promise.reject."""
        promise = cls()
        promise.reject(reason)
        return promise

    def resolve(self, value: Any = None) -> None:
        """Fulfil it, or let it follow another promise. Only the first resolve or reject counts."""
        check_thread()
        if self._state != _PENDING or self._locked:
            return
        if type(value) is CoroutineType:
            value = spawn(value)
        if isinstance(value, Promise):
            self._locked = True
            if value is self:
                self._settle(_REJECTED, TypeError("Chaining cycle detected for promise #<Promise>"))
                return
            ticks.queue_microtask(self._follow, value)
            return
        self._settle(_FULFILLED, value)

    def reject(self, reason: Any) -> None:
        """Reject it. Only the first resolve or reject counts."""
        check_thread()
        if self._state == _PENDING and not self._locked:
            self._settle(_REJECTED, reason)

    def _follow(self, other: "Promise") -> None:
        other._subscribe(
            lambda value: self._settle(_FULFILLED, value), lambda error: self._settle(_REJECTED, error)
        )

    def _settle(self, state: int, value: Any) -> None:
        self._state = state
        self._value = value
        reactions, self._reactions = self._reactions, []
        if state == _REJECTED and not self._handled:
            rejections.unhandled[self] = value
            ticks.queue_microtask(_nothing)  # has the queues drained, and the rejection seen, soon
        for fulfilled, rejected in reactions:
            ticks.queue_microtask(fulfilled if state == _FULFILLED else rejected, value)

    def _subscribe(self, fulfilled: _Reaction, rejected: _Reaction) -> None:
        if not self._handled:
            self._handled = True
            if self._state == _REJECTED and rejections.handle(self):
                ticks.next_tick(hooks.process.emit, "rejectionHandled", self)
        if self._state == _PENDING:
            self._reactions.append((fulfilled, rejected))
        else:
            ticks.queue_microtask(fulfilled if self._state == _FULFILLED else rejected, self._value)

    def then(self, fulfilled: _Reaction | None = None, rejected: _Reaction | None = None) -> "Promise":
        """Promise.prototype.then: call one of them on a microtask; the promise returned takes the outcome."""
        check_thread()
        derived = Promise()

        def reaction(fn: _Reaction | None, passed: Callable[[Any], None]) -> _Reaction:
            if fn is None:
                return passed
            call = adapt(fn, 1)

            def run(value: Any) -> None:
                try:
                    result = call(value)
                except Exception as error:
                    derived.reject(error)
                else:
                    derived.resolve(result)

            return run

        self._subscribe(reaction(fulfilled, derived.resolve), reaction(rejected, derived.reject))
        return derived

    def catch(self, rejected: _Reaction) -> "Promise":
        """Promise.prototype.catch."""
        return self.then(None, rejected)

    def __await__(self) -> Generator["Promise", Any, Any]:
        return (yield self)

    @property
    def state(self) -> str:
        """'pending', 'fulfilled' or 'rejected'."""
        return ("pending", "fulfilled", "rejected")[self._state]

    def __repr__(self) -> str:
        return f"<Promise {self.state}{'' if self._state == _PENDING else f' {self._value!r}'}>"


def spawn(coroutine: Coroutine[Any, Any, Any]) -> Promise:
    """Run a coroutine as JavaScript runs an async function: at once up to its first await, then on microtasks.

    The promise returned takes its result or its exception.
    """
    check_thread()
    promise = Promise()
    _step(coroutine, promise, None, None)
    return promise


def _step(
    coroutine: Coroutine[Any, Any, Any], promise: Promise, value: Any, error: BaseException | None
) -> None:
    try:
        awaited = coroutine.send(value) if error is None else coroutine.throw(error)
    except StopIteration as done:
        promise.resolve(done.value)
        return
    except Exception as raised:
        promise.reject(raised)
        return
    if not isinstance(awaited, Promise):
        _step(
            coroutine,
            promise,
            None,
            TypeError(f"only nodesock's promises can be awaited here, not {type(awaited).__name__}"),
        )
        return
    awaited._subscribe(
        lambda result: _step(coroutine, promise, result, None),
        lambda reason: _step(coroutine, promise, None, rejections.as_exception(reason)),
    )


def _nothing() -> None:
    pass
