"""Mirrors lib/internal/process/promises.js (mode "throw"): promises that were rejected while nobody listened.

A rejection that nobody handles until both queues are empty is emitted as 'unhandledRejection', and without a listener
it is an uncaught exception.
"""

from typing import Any
from weakref import WeakSet

from nodesock.errors import node_error
from nodesock.runtime import uncaught
from nodesock.runtime.hooks import hooks

#: promises rejected without a handler since the last drain, and their reasons
unhandled: dict[Any, Any] = {}
#: reported as unhandled: a late handler is news
_reported: WeakSet[Any] = WeakSet()


def as_exception(reason: Any) -> BaseException:
    """What a rejection raises: itself, or as Node would report it if it is no exception."""
    return reason if isinstance(reason, BaseException) else node_error("ERR_UNHANDLED_REJECTION", reason)


def handle(promise: Any) -> bool:
    """A rejected promise has got its first handler. True if it was reported as unhandled."""
    if promise in unhandled:
        del unhandled[promise]
    elif promise in _reported:
        _reported.discard(promise)
        return True
    return False


def report() -> None:
    """The queues are empty: report what is still unhandled."""
    while unhandled and uncaught.fatal is None:
        promise = next(iter(unhandled))
        reason = unhandled.pop(promise)
        if isinstance(reason, StopAsyncIteration):
            continue
        _reported.add(promise)
        try:
            if not hooks.process.emit("unhandledRejection", reason, promise):
                uncaught.report_exception(as_exception(reason), "unhandledRejection")
        except BaseException as error:
            uncaught.report_exception(error)


def clear() -> None:
    """Forget all of them."""
    unhandled.clear()
    _reported.clear()
