"""Mirrors lib/internal/abort_controller.js, and of lib/internal/event_target.js what AbortSignal needs."""

from collections.abc import Callable, Iterable
from typing import Any
from weakref import ref as weakref

from nodesock.callables import call, drops_surplus
from nodesock.errors import DOMException, node_error
from nodesock.inspect import UNDEFINED
from nodesock.runtime import ticks, timers
from nodesock.runtime.uncaught import report_exception
from nodesock.validators import validate_function, validate_uint32

__all__ = ["AbortController", "AbortSignal", "Event", "EventTarget"]


class Event:
    """What an EventTarget's listeners get: `type` and `target`."""

    def __init__(self, type: str) -> None:
        self.type = type
        self.target: EventTarget | None = None
        self._stopped = False

    def stop_immediate_propagation(self) -> None:
        """Call no further listeners."""
        self._stopped = True


@drops_surplus
class EventTarget:
    """The web's event source: listeners get an Event, are kept once each, and an exception of theirs is uncaught."""

    #: events.setMaxListeners(n, target)
    max_listeners: int | float = 0

    def __init__(self) -> None:
        self._listeners: dict[str, list[tuple[Callable[..., Any], bool]]] = {}

    def add_event_listener(
        self, type: str, listener: Callable[..., Any] | None, *, once: bool = False
    ) -> None:
        """addEventListener; a listener that is there already is not added again."""
        if listener is None:
            return
        validate_function(listener, "listener")
        known = self._listeners.setdefault(type, [])
        if not any(have == listener for have, _ in known):
            known.append((listener, once))

    def remove_event_listener(self, type: str, listener: Callable[..., Any] | None) -> None:
        """removeEventListener."""
        known = self._listeners.get(type)
        if known:
            known[:] = [entry for entry in known if entry[0] != listener]

    def event_listeners(self, type: str) -> list[Callable[..., Any]]:
        """The listeners of a type (events.getEventListeners)."""
        return [listener for listener, _ in self._listeners.get(type, ())]

    def dispatch_event(self, event: Event) -> bool:
        """dispatchEvent: call the listeners now."""
        event.target = self
        for entry in list(self._listeners.get(event.type, ())):
            listener, once = entry
            if entry not in self._listeners.get(event.type, ()):
                continue
            if once:
                self.remove_event_listener(event.type, listener)
            try:
                call(listener, event)
            except Exception as error:
                ticks.next_tick(_throw, error)
            if event._stopped:
                break
        return True


def _throw(error: BaseException) -> None:
    report_exception(error)


@drops_surplus
class AbortSignal(EventTarget):
    """AbortSignal: `aborted`, `reason`, event 'abort'. Made by an AbortController or by the class's own functions."""

    def __init__(self, *, _token: object = None) -> None:
        if _token is not _TOKEN:
            raise node_error("ERR_ILLEGAL_CONSTRUCTOR")
        super().__init__()
        self.aborted = False
        #: why, once aborted; UNDEFINED before
        self.reason: Any = UNDEFINED
        #: an extra 'abort' listener
        self.onabort: Callable[..., Any] | None = None
        self._dependants: list[AbortSignal] = []

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
        signal.aborted = True
        signal.reason = _default_reason() if reason is UNDEFINED else reason
        return signal

    @classmethod
    def timeout(cls, delay: Any) -> "AbortSignal":
        """A signal that aborts with a TimeoutError after `delay` ms; its timer does not keep the loop alive."""
        validate_uint32(delay, "delay")
        signal = _new_signal()
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
        sources = list(signals)
        for index, source in enumerate(sources):
            if not isinstance(source, AbortSignal):
                raise _conversion_error(f"signals[{index}] is not of type AbortSignal.")
        for source in sources:
            if source.aborted:
                result.aborted = True
                result.reason = source.reason
                return result
        for source in sources:
            source._dependants.append(result)
        return result

    def _abort(self, reason: Any) -> None:
        if self.aborted:
            return
        self.aborted = True
        self.reason = reason
        dependants, self._dependants = self._dependants, []
        fresh = [signal for signal in dependants if not signal.aborted]
        for signal in fresh:
            signal.aborted = True
            signal.reason = reason
        self._announce()
        for signal in fresh:
            signal._announce()

    def _announce(self) -> None:
        event = Event("abort")
        if self.onabort is not None:
            try:
                event.target = self
                call(self.onabort, event)
            except Exception as error:
                ticks.next_tick(_throw, error)
        self.dispatch_event(event)

    def __repr__(self) -> str:
        return f"<AbortSignal {f'aborted: {self.reason!r}' if self.aborted else 'not aborted'}>"

    def __node_inspect__(self) -> str:
        return f"AbortSignal {{ aborted: {'true' if self.aborted else 'false'} }}"


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
