"""Mirrors the EventEmitter of lib/events.js, with Node's exact semantics.

How it works. `_events` maps an event to an immutable tuple of records `(listener, arity)`; adding or removing a
listener makes a new tuple, so an `emit` under way keeps the listeners it started with, as in Node. The arity is looked
up once (see callables.py): the number of arguments of a listener that takes a fixed number, else `(least, most)`. That
keeps `emit` cheap. Until the first listener is added all emitters share one empty dict, so a subclass need not call
`__init__`. In a stream an event keeps its place in `event_names` when its last listener goes: its tuple is then empty.

JavaScript's symbols: `error_monitor` is `events.errorMonitor`. The method `Symbol.for('nodejs.rejection')` is
`_capture_rejection(error, event, *args)` here.
"""

from collections.abc import Callable, Hashable, Mapping
from types import CoroutineType
from typing import Any, ClassVar, Final, TypeVar
from weakref import ref as weakref

from nodesock import callables
from nodesock.callables import arity, drops_surplus, fit
from nodesock.errors import node_error
from nodesock.inspect import UNDEFINED, Array, Insides, Symbol, camel, inspect, to_text
from nodesock.runtime import ticks
from nodesock.runtime.hooks import hooks
from nodesock.runtime.promises import Promise, spawn
from nodesock.spelling import refuses_foreign_names
from nodesock.validators import (
    is_truthy,
    merge_options,
    validate_boolean,
    validate_function,
    validate_number,
)

Listener = Callable[..., Any]
Record = tuple[Listener, int | tuple[int, int]]
Self = TypeVar("Self", bound="EventEmitter")


#: events.errorMonitor: listeners of this event see an error before its 'error' listeners do, without handling it.
error_monitor: Final = Symbol("events.errorMonitor")
#: what Node shows of an emitter and of a list of its listeners, besides properties with a name
_SHAPE_MODE, _CAPTURE, _EMITTING = Symbol("shapeMode"), Symbol("kCapture"), Symbol("events.emitting")

_NOTHING: Final[dict[Hashable, tuple[Record, ...]]] = {}


def _once(emitter: "EventEmitter", event: Hashable, listener: Listener) -> Listener:
    """The wrapper that `once` registers: removes itself, then calls the listener. `.listener` is the original."""
    has_fired = False

    def wrapper(*args: Any) -> Any:
        nonlocal has_fired
        if has_fired:
            return None
        has_fired = True
        emitter.remove_listener(event, itself())
        return callables.call(listener, *args)

    wrapper.listener = listener  # type: ignore[attr-defined]
    itself = weakref(wrapper)  # a plain reference would be a cycle: emitters are freed at once
    return wrapper


@refuses_foreign_names
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
        if EventEmitter.capture_rejections:
            self._capture = True
        if given or options:
            self._apply_capture(merge_options(options, given))

    def _apply_capture(self, options: Mapping[str, Any]) -> None:
        """The option `capture_rejections`. Raises ERR_INVALID_ARG_TYPE."""
        wanted = options.get("capture_rejections")
        if wanted is not None and is_truthy(wanted):
            validate_boolean(wanted, "options.captureRejections")
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
            if result is not None and result is not True and (self._capture or type(result) is CoroutineType):
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
        return self.on(event, _once(self, event, listener))

    def prepend_once_listener(self: Self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED) -> Self:
        """`once`, at the front of the list."""
        validate_function(listener, "listener")
        return self.prepend_listener(event, _once(self, event, listener))

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
        return _remove_listener(self, event, listener)

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
        # The last listener of all, if it is one of 'removeListener' itself, is announced though nobody hears of it.
        if events.get("removeListener") or (event == "removeListener" and self._events is _NOTHING):
            self.emit("removeListener", event, named)  # among several Node shows a once wrapper as it is

    def _forget(self, event: Hashable) -> None:
        """Give up the event's place; with the last event that has listeners the places of all others go too.

        That last event stays in the old table, as in Node: 'removeListener' is emitted for its own last listener.
        """
        events = self._events
        if any(records for name, records in events.items() if name != event):
            del events[event]
        else:
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
        """The events that have listeners, in the order they first got one; symbols come last."""
        names = [event for event, records in self._events.items() if records]
        return sorted(names, key=lambda event: isinstance(event, Symbol))

    def __repr__(self) -> str:
        """The listeners of each event, `<EventEmitter 'data': 2>`."""
        counts = ", ".join(f"{event!r}: {self.listener_count(event)}" for event in self.event_names())
        return f"<{type(self).__name__} {counts or 'without listeners'}>"

    def __node_inspect__(self) -> Insides:
        properties = self._node_properties()
        own = {camel(name): value for name, value in vars(self).items() if not name.startswith("_")}
        return Insides(type(self).__name__, properties | {name: own[name] for name in own if name not in properties})

    def _node_properties(self) -> dict[str | Symbol, Any]:
        """The properties that Node's own classes give its counterpart, in Node's order.

        Internals of Node that are not known here are left out (an id, a bit field) or shown as they are at rest (how
        many emits are under way).
        """
        events = self._events
        listeners: dict[Any, Any] = {event: self._shown_listeners(event, records) for event, records in events.items()}
        return {
            "_events": Insides("" if self._keeps_places else "[Object: null prototype]", listeners),
            "_eventsCount": sum(1 for records in events.values() if records),
            "_maxListeners": UNDEFINED if self._max_listeners is None else self._max_listeners,
            _SHAPE_MODE: self._keeps_places,
            _CAPTURE: self._capture,
        }

    def _shown_listeners(self, event: Hashable, records: tuple[Record, ...]) -> Any:
        if len(records) > 1:
            further: dict[str | Symbol, Any] = {"warned": True} if event in self._warned else {}
            return Array([listener for listener, _ in records], further | {_EMITTING: 0})
        return records[0][0] if records else UNDEFINED

    def set_max_listeners(self: Self, n: Any = UNDEFINED) -> Self:
        """Warn (once an event) when there are more than `n` listeners; 0 = never. Raises ERR_OUT_OF_RANGE."""
        validate_number(n, "setMaxListeners", 0)
        self._max_listeners = n
        return self

    def get_max_listeners(self, *_: Any) -> int | float:
        """The limit set, or `EventEmitter.default_max_listeners`."""
        return EventEmitter.default_max_listeners if self._max_listeners is None else self._max_listeners


#: the emitter's own, whatever a program has put in its place: `off` is another name of it
_remove_listener = EventEmitter.remove_listener


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
    return getattr(listener, "listener", None) or listener


def _event_text(event: Hashable) -> str:
    return event if isinstance(event, str) else repr(event)


def _emitter_text(emitter: object) -> str:
    return f"[{type(emitter).__name__}]"
