"""Mirrors `events.on` of lib/events.js: `async for` over what an emitter emits."""

from collections.abc import AsyncIterator, Callable, Hashable
from typing import Any

from nodesock.callables import drops_surplus
from nodesock.errors import AbortError
from nodesock.events.emitter import EventEmitter
from nodesock.events.functions import add_abort_listener, no_emitter, remove_listener, signal_option
from nodesock.inspect import UNDEFINED
from nodesock.runtime.promises import Promise
from nodesock.validators import merge_options, validate_integer


class _Arrivals:
    """What an iteration of `on` has heard and nobody has asked for yet, or those who asked for what has not come."""

    def __init__(
        self, emitter: Any, event: Hashable, signal: Any, close: tuple[Hashable, ...], high: float, low: float
    ) -> None:
        self._emitter, self._signal = emitter, signal
        self._high, self._low = high, low
        self._arrived: list[list[Any]] = []
        self.waiting: list[Promise] = []
        self._error: Any = UNDEFINED
        self._finished = False
        self._paused = False
        self._listening: list[tuple[Hashable, Callable[..., None]]] = []
        self._listen(event, self._on_event)
        if event != "error" and isinstance(emitter, EventEmitter):
            self._listen("error", self._on_error)
        for name in close:
            self._listen(name, self._on_close)
        if signal is not UNDEFINED:
            self._detach = add_abort_listener(signal, self._on_abort)

    _detach: Callable[[], None] = staticmethod(lambda: None)

    def _listen(self, event: Hashable, listener: Callable[..., None]) -> None:
        if hasattr(self._emitter, "on"):
            self._emitter.on(event, listener)
        else:
            self._emitter.add_event_listener(event, listener)
        self._listening.append((event, listener))

    def _on_event(self, *args: Any) -> None:
        if self.waiting:
            self.waiting.pop(0).resolve(list(args))
            return
        self._arrived.append(list(args))
        if not self._paused and len(self._arrived) > self._high:
            self._paused = True
            self._emitter.pause()

    _on_event.__name__ = ""

    def _on_error(self, error: Any) -> None:
        if self.waiting:
            self.waiting.pop(0).reject(error)
        else:
            self._error = error
        self.release()

    _on_error.__name__ = "errorHandler"

    def _on_abort(self) -> None:
        self._on_error(AbortError(cause=self._signal.reason))

    def _on_close(self, *_: Any) -> None:
        self.release()

    def release(self) -> None:
        """Take the listeners off, the last first, and end the iteration for whoever waits."""
        if self._finished:
            return
        self._finished = True
        self._detach()
        while self._listening:
            remove_listener(self._emitter, *self._listening.pop())
        for promise in self.waiting:
            promise.reject(StopAsyncIteration())
        self.waiting.clear()

    def take(self) -> Promise:
        """A promise of the next arguments."""
        if self._arrived:
            args = self._arrived.pop(0)
            if self._paused and len(self._arrived) < self._low:
                self._emitter.resume()
                self._paused = False
            return Promise.resolved(args)
        if self._error is not UNDEFINED:
            error, self._error = self._error, UNDEFINED
            return Promise.rejected(error)
        if self._finished:
            return Promise.rejected(StopAsyncIteration())
        promise = Promise()
        self.waiting.append(promise)
        return promise


class _Events(AsyncIterator[list[Any]]):
    """What `on` returns: yields the arguments of each event as a list; ends at `close` events or `aclose()`.

    A thin shell over the arrivals, which are what listens. So when a loop is left early, by `break` or an exception,
    the shell is collected at once, and that is where JavaScript calls the iterator's `return()`.
    """

    def __init__(self, arrivals: _Arrivals) -> None:
        self._arrivals = arrivals

    def __aiter__(self) -> "_Events":
        return self

    def __anext__(self) -> Promise:
        return self._arrivals.take()

    async def aclose(self) -> None:
        """Stop listening (JavaScript's `return()`)."""
        self._arrivals.release()

    def __del__(self) -> None:
        if not self._arrivals.waiting:  # else all of it is garbage, and nobody has left the loop
            self._arrivals.release()


@drops_surplus
def on(
    emitter: Any = UNDEFINED, event: Hashable = UNDEFINED, options: Any = UNDEFINED, /, **given: Any
) -> _Events:
    """events.on: an async iterator over the argument lists of `event`. 'error' and an abort raise from it.

    Options: `close`, a list of events that end it; `high_water_mark` (no limit) and `low_water_mark` (1), the numbers
    of events that pause and resume the emitter; `signal`. Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
    """
    signal = signal_option(options, given)
    option = merge_options(options, given).get
    high, low = option("high_water_mark"), option("low_water_mark")
    for mark, name in ((high, "highWaterMark"), (low, "lowWaterMark")):
        if mark is not None:
            validate_integer(mark, f"options.{name}", 1)
    if not hasattr(emitter, "on") and not hasattr(emitter, "add_event_listener"):
        raise no_emitter(emitter, "on", "EventEmitter")
    close = option("close")
    names = tuple(close) if isinstance(close, (list, tuple)) else ()
    marks = (float("inf") if high is None else high, 1 if low is None else low)
    return _Events(_Arrivals(emitter, event, signal, names, *marks))
