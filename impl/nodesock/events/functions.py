"""Mirrors the functions of lib/events.js: `events.once`, and what asks and sets something of an emitter or target."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from nodesock import callables
from nodesock.callables import drops_surplus
from nodesock.errors import AbortError, NodeError, node_error, property_error
from nodesock.events.emitter import EventEmitter, Listener
from nodesock.inspect import UNDEFINED
from nodesock.runtime import ticks
from nodesock.runtime.promises import Promise
from nodesock.validators import (
    SignalLike,
    merge_options,
    validate_abort_signal,
    validate_function,
    validate_number,
    validate_object,
)


@drops_surplus
def get_event_listeners(emitter: Any = UNDEFINED, event: Hashable = UNDEFINED) -> list[Listener]:
    """events.getEventListeners: the listeners of an EventEmitter or an EventTarget. Raises ERR_INVALID_ARG_TYPE."""
    if isinstance(emitter, EventEmitter):
        return emitter.listeners(event)
    if hasattr(emitter, "add_event_listener"):
        return list(emitter.event_listeners(event))
    raise no_emitter(emitter, "listeners", "EventEmitter", "EventTarget")


@drops_surplus
def listener_count(emitter: Any = UNDEFINED, event: Hashable = UNDEFINED) -> int:
    """events.listenerCount: how many listeners an EventEmitter or an EventTarget has. Raises ERR_INVALID_ARG_TYPE."""
    if callable(count := getattr(emitter, "listener_count", None)):
        return count(event)  # type: ignore[no-any-return]
    if hasattr(emitter, "add_event_listener"):
        return emitter.event_listener_count(event)  # type: ignore[no-any-return]
    raise no_emitter(emitter, "listenerCount", "EventEmitter", "EventTarget")


def no_emitter(value: object, property_name: str, *classes: str) -> Exception:
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
    signal = validate_abort_signal(signal, "signal")
    validate_function(listener, "listener")
    if signal.aborted:
        ticks.queue_microtask(callables.call, listener)
        return lambda: None
    # No listener of the user's that stops the event keeps it from this one.
    listen = getattr(signal, "_listen", None)
    if listen is not None:
        listen("abort", listener, True, True)
    else:
        signal.add_event_listener("abort", listener, once=True)
    return lambda: signal.remove_event_listener("abort", listener)


def remove_listener(emitter: Any, event: Hashable, listener: Listener) -> None:
    """Take a listener off an EventEmitter or an EventTarget."""
    if hasattr(emitter, "remove_listener"):
        emitter.remove_listener(event, listener)
    else:
        emitter.remove_event_listener(event, listener)


def signal_option(options: Any, given: Mapping[str, Any]) -> Any:
    """The option `signal` of `once` and `on`, checked; raises AbortError if it has aborted."""
    if options is not UNDEFINED:
        validate_object(options, "options")
    signal = validate_abort_signal(merge_options(options, given).get("signal", UNDEFINED), "options.signal")
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
        signal = signal_option(options, given)
    except NodeError as error:
        return Promise.rejected(error)
    # Node's is an async function that returns the promise of the event: its own settles some microtasks later.
    outer, promise = Promise(), Promise()
    outer.resolve(promise)
    is_emitter = hasattr(emitter, "on")
    if not is_emitter and not hasattr(emitter, "add_event_listener"):
        promise.reject(no_emitter(emitter, "on", "EventEmitter"))
        return outer

    def resolver(*args: Any) -> None:
        if is_emitter:
            emitter.remove_listener("error", failed)
        detach()
        promise.resolve(list(args))

    def failed(error: Any) -> None:
        emitter.remove_listener(event, resolver)
        detach()
        promise.reject(error)

    failed.__name__ = "errorListener"

    def aborted() -> None:
        remove_listener(emitter, event, resolver)
        if is_emitter:
            emitter.remove_listener("error", failed)
        promise.reject(AbortError(cause=signal.reason))

    def detach() -> None:
        if signal is not UNDEFINED:
            signal.remove_event_listener("abort", aborted)

    if is_emitter:
        emitter.once(event, resolver)
        if event != "error":
            emitter.once("error", failed)
    else:
        emitter.add_event_listener(event, resolver, once=True)
    if isinstance(signal, SignalLike):
        promise.reject(no_emitter(signal.value, "on", "EventEmitter"))
    elif signal is not UNDEFINED:
        signal.add_event_listener("abort", aborted, once=True)
    return outer
