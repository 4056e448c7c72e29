"""The listeners that dgram adds for its callers: for a bind, a connect and an abort that are to come.

As in Node, those of bind and connect are listeners of the socket itself: they show in `event_names()`, and a
'listening' listener that raises before them leaves them waiting for ever.
"""

from collections.abc import Callable
from typing import Any

from nodesock.callables import call
from nodesock.events import EventEmitter, error_monitor
from nodesock.validators import validate_abort_signal


class BindQueue:
    """Calls to make once the socket is bound. They are forgotten if the bind fails.

    `calls` is None while nothing waits. The queue and its listeners come with the first call and go together.
    """

    __slots__ = ("_emitter", "calls")

    def __init__(self, emitter: EventEmitter) -> None:
        self._emitter = emitter
        self.calls: list[Callable[[], Any]] | None = None

    def add(self, call_later: Callable[[], Any]) -> None:
        """Append a call."""
        if self.calls is None:
            self.calls = []
            self._emitter.once(error_monitor, self._drop)
            self._emitter.once("listening", self._run)
        self.calls.append(call_later)

    def _run(self) -> None:
        self._emitter.remove_listener(error_monitor, self._drop)
        calls, self.calls = self.calls, None
        for call_now in calls or ():
            call_now()

    _run.__name__ = "onListenSuccess"

    def _drop(self, _error: Any = None) -> None:
        self._emitter.remove_listener("listening", self._run)
        self.calls = None

    _drop.__name__ = "onListenError"


def report_bind(emitter: EventEmitter, callback: Any) -> None:
    """Call `callback` on the first 'listening', and never after an 'error', which it only watches."""

    def forget(_error: Any = None) -> None:
        emitter.remove_listener(error_monitor, forget)
        emitter.remove_listener("listening", listening)

    def listening() -> None:
        forget()
        call(callback)

    forget.__name__, listening.__name__ = "removeListeners", "onListening"
    emitter.on(error_monitor, forget)
    emitter.on("listening", listening)


def connect_failed(emitter: EventEmitter, callback: Any, error: Any) -> None:
    """Give `callback`, which waited for 'connect', the error instead."""
    emitter.remove_listener("connect", callback)
    call(callback, error)


def close_on_abort(signal: Any, emitter: EventEmitter, close: Callable[[], None]) -> None:
    """Call `close` when the signal aborts, at once if it already has, and forget the signal on 'close'.

    Raises ERR_INVALID_ARG_TYPE for anything that is not an AbortSignal.
    """
    signal = validate_abort_signal(signal, "options.signal")
    if signal.aborted:
        close()
        return

    def on_abort(_event: Any = None) -> None:
        close()

    signal.add_event_listener("abort", on_abort)
    emitter.once("close", lambda: signal.remove_event_listener("abort", on_abort))
