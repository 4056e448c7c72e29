"""Mirrors lib/events.js: EventEmitter with Node's exact semantics, and events.once / on / getEventListeners.

How it works. `_events` maps an event to an immutable tuple of records `(listener, arity)`; adding or removing a
listener makes a new tuple, so an `emit` under way keeps the listeners it started with, as in Node. The arity is looked
up once (see callables.py): the number of arguments of a listener that takes a fixed number, else `(least, most)`. That
keeps `emit` cheap. Until the first listener is added all emitters share one empty dict, so a subclass need not call
`__init__`. In a stream an event keeps its place in `event_names` when its last listener goes: its tuple is then empty.

JavaScript's symbols: `error_monitor` is `events.errorMonitor`. The method `Symbol.for('nodejs.rejection')` is
`_capture_rejection(error, event, *args)` here.
"""

from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from types import CoroutineType
from typing import Any, ClassVar, Final, TypeVar

from nodesock import callables
from nodesock.callables import arity, drops_surplus, fit
from nodesock.errors import AbortError, NodeError, node_error, property_error
from nodesock.inspect import UNDEFINED, inspect, to_text
from nodesock.runtime import ticks
from nodesock.runtime.hooks import hooks
from nodesock.runtime.promises import Promise, spawn
from nodesock.validators import (
    is_truthy,
    merge_options,
    validate_abort_signal,
    validate_boolean,
    validate_function,
    validate_integer,
    validate_number,
    validate_object,
)

__all__ = [
    "EventEmitter",
    "add_abort_listener",
    "error_monitor",
    "get_event_listeners",
    "get_max_listeners",
    "listener_count",
    "on",
    "once",
    "set_max_listeners",
]

Listener = Callable[..., Any]
Record = tuple[Listener, int | tuple[int, int]]
Self = TypeVar("Self", bound="EventEmitter")


class _Symbol:
    """A unique event name with a telling repr."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Symbol({self._text})"


#: events.errorMonitor: listeners of this event see an error before its 'error' listeners do, without handling it.
error_monitor: Final = _Symbol("events.errorMonitor")

_NOTHING: Final[dict[Hashable, tuple[Record, ...]]] = {}


class _Once:
    """The wrapper that `once` registers: removes itself, then calls the listener. `.listener` is the original."""

    __slots__ = ("emitter", "event", "fired", "listener")
    node_arity: ClassVar[tuple[int, int]] = (0, callables.ANY)
    __name__: ClassVar[str] = "bound onceWrapper"

    def __init__(self, emitter: "EventEmitter", event: Hashable, listener: Listener) -> None:
        self.emitter = emitter
        self.event = event
        self.listener = listener
        self.fired = False

    def __call__(self, *args: Any) -> Any:
        if self.fired:
            return None
        self.emitter.remove_listener(self.event, self)
        self.fired = True
        return callables.call(self.listener, *args)

    def __repr__(self) -> str:
        return f"<once {self.listener!r}>"


@drops_surplus
class EventEmitter:
    """Node's EventEmitter. Listeners are called at once, in the order they were added, as JavaScript calls functions.

    A listener that is an `async def` runs at once up to its first await; what becomes of its exception is Node's rule
    for promises: the emitter's 'error' event with `capture_rejections=True`, else an unhandled rejection.
    """

    #: events.defaultMaxListeners; assign to EventEmitter itself to change it for all.
    default_max_listeners: ClassVar[int | float] = 10
    #: events.captureRejections: the default of the constructor's option.
    capture_rejections: ClassVar[bool] = False

    _events: dict[Hashable, tuple[Record, ...]] = _NOTHING
    _max_listeners: int | float | None = None
    _capture = False
    _warned: frozenset[Hashable] = frozenset()
    #: a stream's: the events that have the first places in `_events`, whenever they get their listeners
    _places: ClassVar[dict[Hashable, tuple[Record, ...]]] = _NOTHING
    #: whether an event that has lost its last listener keeps its place in `_events`
    _keeps_places = False

    def __init__(self, options: Any = None, /, *_: Any, **given: Any) -> None:
        if self._places and self._events is _NOTHING:
            self._events = self._places.copy()
            self._keeps_places = True
        wanted = merge_options(options, given).get("capture_rejections") if given or options else None
        if wanted is not None and is_truthy(wanted):
            validate_boolean(wanted, "options.captureRejections")
            self._capture = True
        elif EventEmitter.capture_rejections:
            self._capture = True

    # --- emit --------------------------------------------------------------------------------------------------------

    def emit(self, event: Hashable = UNDEFINED, *args: Any) -> bool:
        """Call the event's listeners with `args`. True if there were any.

        'error' without a listener raises its argument, or ERR_UNHANDLED_ERROR if that is no exception.
        """
        try:
            records = self._events.get(event)
        except TypeError:
            records = self._events.get(_name(event))
        if not records or event == "error":
            if event != "error":
                return False
            records = self._error_records(args)
        count = len(args)
        for listener, takes in records:
            if (
                takes is count
            ):  # small ints are identical when equal; others take the other branch, which is right too
                result = listener(*args)
            else:
                result = _call(listener, takes, args)
            if result is not None and (self._capture or type(result) is CoroutineType):
                self._settle(result, event, args)
        return True

    def _error_records(self, args: tuple[Any, ...]) -> tuple[Record, ...]:
        """The 'error' listeners, once the monitors have seen the error; raises it if there are none."""
        if self._events.get(error_monitor):
            self.emit(error_monitor, *args)
        records = self._events.get("error")
        if not records:
            self._raise_unhandled(args)
        return records  # type: ignore[return-value]

    def _raise_unhandled(self, args: tuple[Any, ...]) -> None:
        error = args[0] if args else UNDEFINED
        if isinstance(error, BaseException):
            if not getattr(error, "__notes__", None):
                error.add_note(f"Emitted 'error' event on {type(self).__name__} instance")
            raise error
        unhandled = node_error("ERR_UNHANDLED_ERROR", error)
        raise unhandled

    def _settle(self, result: Any, event: Hashable, args: tuple[Any, ...]) -> None:
        """An async listener returned: run it, and with capture_rejections see to its rejection."""
        if type(result) is CoroutineType:
            result = spawn(result)
        if self._capture and isinstance(result, Promise):
            result.then(None, lambda error: ticks.next_tick(self._rejected, error, event, args))

    def _rejected(self, error: Any, event: Hashable, args: tuple[Any, ...]) -> None:
        hook = getattr(self, "_capture_rejection", None)
        if callable(hook):
            hook(error, event, *args)
            return
        before = self._capture
        try:
            self._capture = False  # a rejecting async 'error' listener must not come back here for ever
            self.emit("error", error)
        finally:
            self._capture = before

    # --- adding ------------------------------------------------------------------------------------------------------

    def on(self: Self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED, *_: Any) -> Self:
        """Add a listener to the end of the event's list. Raises ERR_INVALID_ARG_TYPE."""
        return self._add(event, listener, listener, False)

    def add_listener(self: Self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED) -> Self:
        """The same as `on`."""
        return self._add(event, listener, listener, False)

    def prepend_listener(self: Self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED) -> Self:
        """Add a listener to the front of the event's list."""
        return self._add(event, listener, listener, True)

    def once(self: Self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED, *_: Any) -> Self:
        """Add a listener that is removed just before its first call."""
        validate_function(listener, "listener")
        return self.on(event, _Once(self, event, listener))

    def prepend_once_listener(self: Self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED) -> Self:
        """`once`, at the front of the list."""
        validate_function(listener, "listener")
        return self.prepend_listener(event, _Once(self, event, listener))

    def _add(self: Self, event: Hashable, listener: Listener, original: Listener, front: bool) -> Self:
        if not callable(listener):
            raise node_error("ERR_INVALID_ARG_TYPE", "listener", "function", listener)
        event = _name(event)
        events = self._events
        if events is _NOTHING:
            events = self._events = {}
        elif events.get("newListener"):
            self.emit("newListener", event, _unwrap(listener))
            events = self._events
            if events is _NOTHING:
                events = self._events = {}
        least, most = arity(listener)
        record: Record = (listener, least if least == most else (least, most))
        present = events.get(event)
        if not present:
            events[event] = (record,)
            return self
        present = (record, *present) if front else (*present, record)
        events[event] = present
        limit = self.get_max_listeners()
        if len(present) > limit > 0 and event not in self._warned:
            self._warned = self._warned | {event}
            self._warn_leak(event, len(present), limit)
        return self

    def _warn_leak(self, event: Hashable, count: int, limit: int | float) -> None:
        warning = hooks.process.make_warning(
            f"Possible EventEmitter memory leak detected. {count} {_event_text(event)} listeners added to "
            f"{_emitter_text(self)}. MaxListeners is {inspect(limit)}. Use emitter.setMaxListeners() to increase limit",
            "MaxListenersExceededWarning",
        )
        warning.emitter = self
        warning.type = event
        warning.count = count
        hooks.process.emit_warning(warning)

    # --- removing ----------------------------------------------------------------------------------------------------

    def remove_listener(self: Self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED, *_: Any) -> Self:
        """Remove the most recently added record of this listener. Raises ERR_INVALID_ARG_TYPE."""
        if not callable(listener):
            raise node_error("ERR_INVALID_ARG_TYPE", "listener", "function", listener)
        event = _name(event)
        events = self._events
        records = events.get(event)
        if not records:
            return self
        for position in range(len(records) - 1, -1, -1):
            candidate = records[position][0]
            if candidate is listener or candidate == listener or _unwrap(candidate) == listener:
                self._drop(event, records, position, listener)
                break
        return self

    def off(self: Self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED) -> Self:
        """The same as `remove_listener`."""
        return self.remove_listener(event, listener)

    def _drop(self, event: Hashable, records: tuple[Record, ...], position: int, named: Listener) -> None:
        events = self._events
        if len(records) == 1:
            named = _unwrap(records[position][0])
            if self._keeps_places:
                events[event] = ()
            else:
                self._forget(event)
        else:
            events[event] = records[:position] + records[position + 1 :]
        if len(records) <= 2 and event in self._warned:  # Node notes it on its list, and keeps none for one listener
            self._warned = self._warned - {event}
        if events.get("removeListener"):
            self.emit("removeListener", event, named)  # among several Node shows a once wrapper as it is

    def _forget(self, event: Hashable) -> None:
        """Give up the event's place; with the last event that has listeners the places of all others go too."""
        del self._events[event]
        if not any(self._events.values()):
            self._events = _NOTHING

    def remove_all_listeners(self: Self, event: Hashable = UNDEFINED) -> Self:
        """Remove every listener, or every one of one event; 'removeListener' hears of each, last added first."""
        event = _name(event)
        events = self._events
        if not events.get("removeListener"):
            self._keeps_places = False
            if event is UNDEFINED:
                self._events = _NOTHING
                self._warned = frozenset()
            elif events.get(event):
                self._forget(event)
                self._warned = self._warned - {event}
            return self
        if event is UNDEFINED:
            for name in [name for name in events if name != "removeListener"]:
                self.remove_all_listeners(name)
            self.remove_all_listeners("removeListener")
            self._events = _NOTHING
            self._keeps_places = False
            self._warned = frozenset()
            return self
        for record in reversed(events.get(event, ())):
            self.remove_listener(event, record[0])
        return self

    # --- asking ------------------------------------------------------------------------------------------------------

    def listeners(self, event: Hashable = UNDEFINED) -> list[Listener]:
        """A copy of the event's listeners, the originals of `once`."""
        return [_unwrap(record[0]) for record in self._events.get(_name(event), ())]

    def raw_listeners(self, event: Hashable = UNDEFINED) -> list[Listener]:
        """A copy of the event's listeners with the wrappers of `once` (each has `.listener`)."""
        return [record[0] for record in self._events.get(_name(event), ())]

    def listener_count(self, event: Hashable = UNDEFINED, listener: Any = None) -> int:
        """How many listeners the event has, or how often it has this one."""
        records = self._events.get(_name(event), ())
        if listener is None:
            return len(records)
        return sum(1 for record in records if record[0] == listener or _unwrap(record[0]) == listener)

    def event_names(self) -> list[Hashable]:
        """The events that have listeners, in the order they first got one."""
        return [event for event, records in self._events.items() if records]

    def __repr__(self) -> str:
        """The listeners of each event, `<EventEmitter 'data': 2>`."""
        counts = ", ".join(f"{event!r}: {self.listener_count(event)}" for event in self.event_names())
        return f"<{type(self).__name__} {counts or 'without listeners'}>"

    def set_max_listeners(self: Self, n: Any = UNDEFINED) -> Self:
        """Warn (once an event) when there are more than `n` listeners; 0 = never. Raises ERR_OUT_OF_RANGE."""
        validate_number(n, "setMaxListeners", 0)
        self._max_listeners = n
        return self

    def get_max_listeners(self, *_: Any) -> int | float:
        """The limit set, or `EventEmitter.default_max_listeners`."""
        return EventEmitter.default_max_listeners if self._max_listeners is None else self._max_listeners


def _name(event: Hashable) -> Hashable:
    """The event, or the text that stands for one that cannot be a key: JavaScript makes strings of objects."""
    try:
        hash(event)
    except TypeError:
        return to_text(event)
    return event


def _call(listener: Listener, takes: int | tuple[int, int], args: tuple[Any, ...]) -> Any:
    """Call a listener whose arity is not simply the number of arguments."""
    least, most = takes if isinstance(takes, tuple) else (takes, takes)
    return listener(*args) if least <= len(args) <= most else listener(*fit(args, least, most))


def _unwrap(listener: Listener) -> Listener:
    """The original of a wrapper: of our `once`, or of any callable with a `.listener` as in Node."""
    if type(listener) is _Once:
        return listener.listener
    return getattr(listener, "listener", None) or listener


def _event_text(event: Hashable) -> str:
    return event if isinstance(event, str) else repr(event)


def _emitter_text(emitter: object) -> str:
    return f"[{type(emitter).__name__}]"


# --- module functions ------------------------------------------------------------------------------------------------


@drops_surplus
def get_event_listeners(emitter: Any = UNDEFINED, event: Hashable = UNDEFINED) -> list[Listener]:
    """events.getEventListeners: the listeners of an EventEmitter or an EventTarget. Raises ERR_INVALID_ARG_TYPE."""
    if isinstance(emitter, EventEmitter):
        return emitter.listeners(event)
    if hasattr(emitter, "add_event_listener"):
        return list(emitter.event_listeners(event))
    raise _no_emitter(emitter, "listeners", "EventEmitter", "EventTarget")


@drops_surplus
def listener_count(emitter: Any = UNDEFINED, event: Hashable = UNDEFINED) -> int:
    """events.listenerCount: how many listeners an EventEmitter or an EventTarget has. Raises ERR_INVALID_ARG_TYPE."""
    if callable(count := getattr(emitter, "listener_count", None)):
        return count(event)  # type: ignore[no-any-return]
    if hasattr(emitter, "add_event_listener"):
        return len(emitter.event_listeners(event))
    raise _no_emitter(emitter, "listenerCount", "EventEmitter", "EventTarget")


def _no_emitter(value: object, property_name: str, *classes: str) -> Exception:
    """What Node raises for an emitter that is none, after it has asked null or undefined for a property of it."""
    if value is None or value is UNDEFINED:
        return property_error(property_name, value)
    return node_error("ERR_INVALID_ARG_TYPE", "emitter", classes, value)


@drops_surplus
def get_max_listeners(emitter: Any = UNDEFINED) -> int | float:
    """events.getMaxListeners. Raises ERR_INVALID_ARG_TYPE."""
    if isinstance(emitter, EventEmitter):
        return emitter.get_max_listeners()
    if hasattr(emitter, "add_event_listener"):
        return emitter.max_listeners  # type: ignore[no-any-return]
    raise node_error("ERR_INVALID_ARG_TYPE", "emitter", ["EventEmitter", "EventTarget"], emitter)


def set_max_listeners(n: Any = UNDEFINED, *targets: Any) -> None:
    """events.setMaxListeners: for the given emitters, or without any the default of all. Raises ERR_OUT_OF_RANGE."""
    n = EventEmitter.default_max_listeners if n is UNDEFINED else n
    validate_number(n, "setMaxListeners", 0)
    if not targets:
        EventEmitter.default_max_listeners = n
    for target in targets:
        if isinstance(target, EventEmitter):
            target.set_max_listeners(n)
        elif hasattr(target, "add_event_listener"):
            target.max_listeners = n
        else:
            if target is None or target is UNDEFINED:
                raise property_error("setMaxListeners", target)
            raise node_error("ERR_INVALID_ARG_TYPE", "eventTargets", ["EventEmitter", "EventTarget"], target)


@drops_surplus
def add_abort_listener(signal: Any = UNDEFINED, listener: Any = UNDEFINED) -> Callable[[], None]:
    """events.addAbortListener: call `listener` once when `signal` aborts (on a microtask if it has already).

    Returns a function that takes the listener off again (Node's disposable). Raises ERR_INVALID_ARG_TYPE.
    """
    if signal is UNDEFINED or signal is None:
        raise node_error("ERR_INVALID_ARG_TYPE", "signal", "AbortSignal", signal)
    validate_abort_signal(signal, "signal")
    validate_function(listener, "listener")
    if signal.aborted:
        ticks.queue_microtask(callables.call, listener)
        return lambda: None
    signal.add_event_listener("abort", listener, once=True)
    return lambda: signal.remove_event_listener("abort", listener)


def _signal_option(options: Any, given: Mapping[str, Any]) -> Any:
    """The option `signal` of `once` and `on`, checked; raises AbortError if it has aborted."""
    if options is not UNDEFINED:
        validate_object(options, "options")
    signal = merge_options(options, given).get("signal", UNDEFINED)
    validate_abort_signal(signal, "options.signal")
    if signal is not UNDEFINED and signal.aborted:
        raise AbortError(cause=signal.reason)
    return signal


@drops_surplus
def once(
    emitter: Any = UNDEFINED, event: Hashable = UNDEFINED, options: Any = UNDEFINED, /, **given: Any
) -> Promise:
    """events.once: a promise of the list of arguments of the next `event`; an 'error' meanwhile rejects it.

    Option `signal`: an abort rejects it with AbortError. ERR_INVALID_ARG_TYPE is a rejection, too.
    """
    try:
        signal = _signal_option(options, given)
    except NodeError as error:
        return Promise.rejected(error)
    # Node's is an async function that returns the promise of the event: its own settles some microtasks later.
    outer, promise = Promise(), Promise()
    outer.resolve(promise)
    if not isinstance(emitter, EventEmitter) and not hasattr(emitter, "once"):
        promise.reject(_no_emitter(emitter, "on", "EventEmitter"))
        return outer

    def resolved(*args: Any) -> None:
        emitter.remove_listener("error", failed)
        detach()
        promise.resolve(list(args))

    def failed(error: Any) -> None:
        emitter.remove_listener(event, resolved)
        detach()
        promise.reject(error)

    def aborted() -> None:
        emitter.remove_listener(event, resolved)
        emitter.remove_listener("error", failed)
        promise.reject(AbortError(cause=signal.reason))

    def detach() -> None:
        if signal is not UNDEFINED:
            signal.remove_event_listener("abort", aborted)

    emitter.once(event, resolved)
    if event != "error":
        emitter.once("error", failed)
    if signal is not UNDEFINED:
        signal.add_event_listener("abort", aborted, once=True)
    return outer


class _Arrivals:
    """What an iteration of `on` has heard and nobody has asked for yet, or those who asked for what has not come."""

    def __init__(
        self, emitter: Any, event: Hashable, signal: Any, close: tuple[Hashable, ...], high: float, low: float
    ) -> None:
        self._emitter, self._event, self._signal, self._close = emitter, event, signal, close
        self._high, self._low = high, low
        self._arrived: list[list[Any]] = []
        self.waiting: list[Promise] = []
        self._error: Any = UNDEFINED
        self._finished = False
        self._paused = False
        emitter.on(event, self._on_event)
        if event != "error" and isinstance(emitter, EventEmitter):
            emitter.on("error", self._on_error)
        for name in close:
            emitter.on(name, self._on_close)
        if signal is not UNDEFINED:
            self._detach = add_abort_listener(signal, self._on_abort)

    _detach: Callable[[], None] = staticmethod(lambda: None)

    def _on_event(self, *args: Any) -> None:
        if self.waiting:
            self.waiting.pop(0).resolve(list(args))
            return
        self._arrived.append(list(args))
        if not self._paused and len(self._arrived) > self._high:
            self._paused = True
            self._emitter.pause()

    def _on_error(self, error: Any) -> None:
        if self.waiting:
            self.waiting.pop(0).reject(error)
        else:
            self._error = error
        self.release()

    def _on_abort(self) -> None:
        self._on_error(AbortError(cause=self._signal.reason))

    def _on_close(self, *_: Any) -> None:
        self.release()

    def release(self) -> None:
        """Take the listeners off and end the iteration for whoever waits."""
        if self._finished:
            return
        self._finished = True
        self._detach()
        self._emitter.remove_listener(self._event, self._on_event)
        self._emitter.remove_listener("error", self._on_error)
        for name in self._close:
            self._emitter.remove_listener(name, self._on_close)
        for promise in self.waiting:
            promise.reject(StopAsyncIteration())
        self.waiting.clear()

    def take(self) -> Promise:
        """A promise of the next arguments."""
        if self._arrived:
            args = self._arrived.pop(0)
            if self._paused and len(self._arrived) < self._low:
                self._paused = False
                self._emitter.resume()
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
    signal = _signal_option(options, given)
    option = merge_options(options, given).get
    high, low = option("high_water_mark"), option("low_water_mark")
    for mark, name in ((high, "highWaterMark"), (low, "lowWaterMark")):
        if mark is not None:
            validate_integer(mark, f"options.{name}", 1)
    if not isinstance(emitter, EventEmitter) and not hasattr(emitter, "on"):
        raise _no_emitter(emitter, "on", "EventEmitter")
    close = option("close")
    names = tuple(close) if isinstance(close, (list, tuple)) else ()
    marks = (float("inf") if high is None else high, 1 if low is None else low)
    return _Events(_Arrivals(emitter, event, signal, names, *marks))
