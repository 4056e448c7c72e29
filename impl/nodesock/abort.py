"""Mirrors lib/internal/abort_controller.js, and of lib/internal/event_target.js what AbortSignal needs."""

from collections.abc import Callable, Iterable
from types import CoroutineType
from typing import Any
from weakref import ref as weakref

from nodesock.callables import call, drops_surplus
from nodesock.errors import DOMException, node_error
from nodesock.inspect import UNDEFINED, Insides, inspect
from nodesock.runtime import ticks, timers
from nodesock.runtime.hooks import hooks
from nodesock.runtime.promises import Promise, spawn
from nodesock.runtime.uncaught import report_exception
from nodesock.spelling import refuses_foreign_names
from nodesock.validators import is_truthy, merge_options, validate_uint32

__all__ = ["AbortController", "AbortSignal", "Event", "EventTarget"]


class Event:
    """What an EventTarget's listeners get: `type` and `target`."""

    def __init__(self, type: str) -> None:
        self.type = type
        self.target: EventTarget | None = None
        self._stopped = False
        self._is_dispatched = False

    def stop_immediate_propagation(self) -> None:
        """Call no further listeners, but those of `events.add_abort_listener`."""
        self._stopped = True


class _Listener:
    """One listener of a type."""

    __slots__ = ("callback", "is_removed", "once", "resists")

    def __init__(self, callback: Callable[..., Any], once: bool, resists: bool) -> None:
        self.callback = callback
        self.once = once
        #: it is called even after stop_immediate_propagation()
        self.resists = resists
        self.is_removed = False


class _Listeners(list[_Listener]):
    """The listeners of one type in their order. Those removed while a dispatch is under way go when it ends."""

    #: how many Node counts: an `on…` attribute from its first value on, then while it is a function
    size = 0


class _EventHandler:
    """The listener that stands for an `on…` attribute, in the place of its first assignment for good."""

    __slots__ = ("handler",)

    def __init__(self, handler: Any) -> None:
        self.handler = handler

    def __call__(self, event: Event) -> Any:
        return call(self.handler, event) if callable(self.handler) else None


@refuses_foreign_names
@drops_surplus
class EventTarget:
    """The web's event source: listeners get an Event, are kept once each, and an exception of theirs is uncaught."""

    _max_listeners: int | float = 0
    _has_warned = False

    def __init__(self) -> None:
        self._listeners: dict[str, _Listeners] = {}
        self._dispatches = 0

    def add_event_listener(
        self, type: str, listener: Callable[..., Any] | None, options: Any = None, *, once: bool = False
    ) -> None:
        """addEventListener; a listener that is there already is not added again. Option: `once`."""
        if listener is None:
            return
        if not callable(listener):
            raise node_error("ERR_INVALID_ARG_TYPE", "listener", "EventListener", listener)
        self._listen(type, listener, is_truthy(merge_options(options, {}).get("once", once)), False)

    def _listen(self, type: str, callback: Callable[..., Any], once: bool, resists: bool) -> None:
        listeners = self._listeners.get(type, _Listeners())
        if any(one.callback == callback and not one.is_removed for one in listeners):
            return
        listeners.size += 1
        # An event that this brings about is not for the new listener.
        self._listener_added(type, listeners.size)
        listeners.append(_Listener(callback, once, resists))
        self._listeners[type] = listeners

    def remove_event_listener(self, type: str, listener: Callable[..., Any] | None) -> None:
        """removeEventListener."""
        listeners = self._listeners.get(type, _Listeners())
        for one in listeners:
            if one.callback == listener and not one.is_removed:
                one.is_removed = True
                listeners.size -= 1
                if listeners.size == 0:
                    del self._listeners[type]
                elif not self._dispatches:
                    listeners.remove(one)
                self._listener_removed(type, listeners.size)
                return

    @property
    def max_listeners(self) -> int | float:
        """More listeners of a type than this bring a warning, once for each value assigned; 0: none ever. Mirrors
        `events.setMaxListeners(n, target)`."""
        return self._max_listeners

    @max_listeners.setter
    def max_listeners(self, value: int | float) -> None:
        self._max_listeners = value
        self._has_warned = False

    def _listener_added(self, type: str, count: int) -> None:
        """Called with the new number of listeners."""
        if count > self._max_listeners > 0 and not self._has_warned:
            self._has_warned = True
            warning = hooks.process.make_warning(
                f"Possible EventTarget memory leak detected. {count} {type} listeners added to "
                f"{inspect(self, depth=-1)}. MaxListeners is {inspect(self._max_listeners)}. "
                "Use events.setMaxListeners() to increase limit",
                "MaxListenersExceededWarning",
            )
            warning.target = self
            warning.type = type
            warning.count = count
            hooks.process.emit_warning(warning)

    def _listener_removed(self, type: str, count: int) -> None:
        """Called with the number of those that are left."""

    def event_listeners(self, type: str) -> list[Callable[..., Any]]:
        """The listeners of a type (events.getEventListeners)."""
        return [one.callback for one in self._listeners.get(type, ()) if not one.is_removed]

    def event_listener_count(self, type: str) -> int:
        """How many listeners a type has (events.listenerCount)."""
        return self._listeners[type].size if type in self._listeners else 0

    def __node_inspect__(self) -> Insides:
        return Insides(type(self).__name__, too_deep=type(self).__name__)

    def dispatch_event(self, event: Event) -> bool:
        """dispatchEvent: call the listeners now. Raises ERR_INVALID_ARG_TYPE, ERR_EVENT_RECURSION."""
        if not isinstance(event, Event):
            raise node_error("ERR_INVALID_ARG_TYPE", "event", "Event", event)
        if event._is_dispatched:
            raise node_error("ERR_EVENT_RECURSION", event.type)
        event.target = self
        event._is_dispatched = True
        listeners = self._listeners.get(event.type, _Listeners())
        self._dispatches += 1
        for one in listeners:  # and those that a listener appends
            if one.is_removed or (event._stopped and not one.resists):
                continue
            if one.once:
                one.is_removed = True
                listeners.size -= 1
                self._listener_removed(event.type, listeners.size)
            _call_listener(one.callback, event)
        self._dispatches -= 1
        if not self._dispatches:
            listeners[:] = [one for one in listeners if not one.is_removed]
        event._is_dispatched = False
        return True


def _call_listener(listener: Callable[..., Any], event: Event) -> None:
    try:
        result = call(listener, event)
        event._is_dispatched = False
        if isinstance(result, CoroutineType):
            result = spawn(result)
        if isinstance(result, Promise):
            result.then(None, lambda error: ticks.next_tick(_throw, error))
    except Exception as error:
        ticks.next_tick(_throw, error)


def _throw(error: BaseException) -> None:
    report_exception(error)


#: signals that may still abort and are listened to: a timeout's, and those of `any`, live on without other references
_kept: set["AbortSignal"] = set()


@refuses_foreign_names
@drops_surplus
class AbortSignal(EventTarget):
    """AbortSignal: `aborted`, `reason`, event 'abort'. Made by an AbortController or by the class's own functions."""

    def __init__(self, *, _token: object = None) -> None:
        if _token is not _TOKEN:
            raise node_error("ERR_ILLEGAL_CONSTRUCTOR")
        super().__init__()
        self._aborted = False
        self._reason: Any = None
        self._onabort: _EventHandler | None = None
        #: of `any`: the signals that it follows. While nobody listens to it, it asks them only when it is asked itself.
        self._sources: list[weakref[AbortSignal]] = []
        self._follows = False
        #: the signals that abort with this one, in the order they began to follow it
        self._dependants: dict[weakref[AbortSignal], None] = {}
        self._is_timeout = False

    @property
    def aborted(self) -> bool:
        """Whether it is aborted."""
        self._ask_sources()
        return self._aborted

    @property
    def reason(self) -> Any:
        """Why, once aborted; None before."""
        self._ask_sources()
        return self._reason

    @property
    def onabort(self) -> Any:
        """A further 'abort' listener, or None. It has its turn where it was first assigned."""
        return None if self._onabort is None else self._onabort.handler

    @onabort.setter
    def onabort(self, value: Any) -> None:
        if self._onabort is None:
            self._onabort = _EventHandler(value)
            self.add_event_listener("abort", self._onabort)
            return
        had = callable(self._onabort.handler)
        self._onabort.handler = value
        listeners = self._listeners.get("abort")
        if had and listeners is not None:
            listeners.size -= 1
            self._listener_removed("abort", listeners.size)
        if callable(value):
            if listeners is None:  # it was removed from outside
                self.add_event_listener("abort", self._onabort)
            else:
                listeners.size += 1
                self._listener_added("abort", listeners.size)

    def throw_if_aborted(self) -> None:
        """Raise the reason if it is aborted."""
        if self.aborted:
            if isinstance(self.reason, BaseException):
                raise self.reason
            raise node_error("ERR_UNHANDLED_ERROR", self.reason)

    @classmethod
    def abort(cls, reason: Any = UNDEFINED) -> "AbortSignal":
        """A signal that is aborted already."""
        signal = _new_signal()
        signal._aborted = True
        signal._reason = _default_reason() if reason is UNDEFINED else reason
        return signal

    @classmethod
    def timeout(cls, delay: Any = UNDEFINED) -> "AbortSignal":
        """A signal that aborts with a TimeoutError after `delay` ms; its timer does not keep the loop alive."""
        validate_uint32(delay, "delay")
        signal = _new_signal()
        signal._is_timeout = True
        held = weakref(signal)

        def expire() -> None:
            expired = held()
            if expired is not None:
                expired._abort(DOMException("The operation was aborted due to timeout", "TimeoutError"))

        timers.set_unref_timeout(expire, delay)
        return signal

    @classmethod
    def any(cls, signals: Iterable["AbortSignal"]) -> "AbortSignal":
        """A signal that aborts as soon as one of `signals` does, with its reason."""
        if not isinstance(signals, Iterable) or isinstance(signals, str):
            raise _conversion_error("signals cannot be converted to sequence.")
        result = _new_signal()
        given = list(signals)
        for index, signal in enumerate(given):
            if not isinstance(signal, AbortSignal):
                raise _conversion_error(f"signals[{index}] is not of type AbortSignal.")
        sources: dict[weakref[AbortSignal], None] = {}
        for signal in given:
            if signal.aborted:
                result._abort(signal.reason)
                return result
            if signal._is_timeout:
                result._is_timeout = True
                _kept.add(signal)
            sources.update(dict.fromkeys(signal._sources or [weakref(signal)]))
        result._sources = list(sources)
        return result

    def _ask_sources(self) -> None:
        if self._aborted:
            return
        for held in self._sources:
            source = held()
            if source is not None and source._aborted:
                self._abort(source._reason)
                return

    def _listener_added(self, type: str, count: int) -> None:
        super()._listener_added(type, count)
        if type == "abort" and count == 1 and (self._is_timeout or self._sources) and not self.aborted:
            _kept.add(self)
            if not self._follows:
                self._follows = True
                for source in [source for held in self._sources if (source := held()) is not None]:
                    source._followed_by(self)

    def _followed_by(self, signal: "AbortSignal") -> None:
        dependants = self._dependants

        def forget(gone: "weakref[AbortSignal]") -> None:
            dependants.pop(gone, None)

        dependants[weakref(signal, forget)] = None

    def _listener_removed(self, type: str, count: int) -> None:
        if type == "abort" and count == 0:
            _kept.discard(self)

    def _abort(self, reason: Any) -> None:
        if self._aborted:
            return
        self._aborted = True
        self._reason = reason
        fresh = [signal for held in self._dependants if (signal := held()) is not None and not signal._aborted]
        for signal in fresh:
            signal._aborted = True
            signal._reason = reason
        for signal in (self, *fresh):
            signal.dispatch_event(Event("abort"))
            _kept.discard(signal)
            for held in signal._sources:
                source = held()
                if source is not None:
                    _kept.discard(source)

    def __repr__(self) -> str:
        return f"<AbortSignal {f'aborted: {self.reason!r}' if self.aborted else 'not aborted'}>"

    def __node_inspect__(self) -> Insides:
        return Insides("AbortSignal", {"aborted": self.aborted}, too_deep="[AbortSignal]")


_TOKEN = object()


def _new_signal() -> AbortSignal:
    return AbortSignal(_token=_TOKEN)


def _default_reason() -> DOMException:
    return DOMException("This operation was aborted", "AbortError")


def _conversion_error(text: str) -> Exception:
    error = node_error("ERR_INVALID_ARG_TYPE", "signals", "Array", None)
    error.message = text
    error.args = (text,)
    return error


@drops_surplus
class AbortController:
    """AbortController: `signal`, and `abort(reason)` that aborts it."""

    def __init__(self) -> None:
        self.signal = _new_signal()

    def abort(self, reason: Any = UNDEFINED) -> None:
        """Abort the signal; listeners run now. Later calls do nothing."""
        self.signal._abort(_default_reason() if reason is UNDEFINED else reason)

    def __repr__(self) -> str:
        return f"<AbortController {self.signal!r}>"

    def __node_inspect__(self) -> Insides:
        name = type(self).__name__
        return Insides(name, {"signal": self.signal}, too_deep=f"{name} {{}}")
