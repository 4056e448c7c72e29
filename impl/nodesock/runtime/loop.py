"""Mirrors src/api/embed_helpers.cc (SpinEventLoop) and src/api/callback.cc (MakeCallback): the loop and its only door.

Everything libuv calls comes in through `enter`: call the function, hand an exception to `uncaught.report_exception`,
drain ticks and microtasks. The hot paths of bindings/stream_wrap.py and udp_wrap.py have the same few lines written
out.

`run()` is a Node process's life: the main function, its ticks, then the loop until nothing keeps it alive, 'beforeExit'
(which may bring it back to life), 'exit'. An uncaught exception emits 'exit' where it happened, stops the loop and
leaves `run()`. What libuv still delivers in that same turn is kept for the next `run()`, so nothing runs after the
fatal exception and nothing is lost.

While `run()` is on in the main thread, a signal wakes the loop, so a Python signal handler runs at once and
KeyboardInterrupt ends the run; it comes in as any other exception.
"""

import os
import signal
import socket
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any

import nodesock._pyuv as _pyuv
from nodesock.callables import call
from nodesock.runtime import ticks, uncaught, uv_loop
from nodesock.runtime.hooks import hooks
from nodesock.runtime.promises import spawn
from nodesock.runtime.ticks import drain
from nodesock.runtime.uncaught import report_exception
from nodesock.runtime.uv_loop import get_loop, on_forget

__all__ = ["defer", "enter", "reset", "run", "running"]

_running = False
#: what libuv delivered after a fatal exception, for the next run
_deferred: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
on_forget(_deferred.clear)


def running() -> bool:
    """Whether `run()` is on."""
    return _running


def enter(fn: Callable[..., Any], *args: Any) -> None:
    """Node's MakeCallback: call `fn(*args)` from libuv, catch what it raises, drain ticks and microtasks."""
    if uncaught.fatal is not None:
        _deferred.append((fn, args))
        return
    try:
        fn(*args)
    except BaseException as error:
        report_exception(error)
        return
    if ticks.ticks or ticks.microtasks:
        drain()


def defer(fn: Callable[..., Any], *args: Any) -> None:
    """Keep a delivery for the next run: for callbacks that find a fatal exception pending."""
    _deferred.append((fn, args))


def _excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """pyuv's last resort: an exception that slipped between two of our frames (KeyboardInterrupt can)."""
    if error is not None:
        report_exception(error)


def run(main: Callable[..., Any] | Coroutine[Any, Any, Any] | None = None) -> int:
    """Call `main` (a function, an async function or a coroutine) and run the loop until nothing keeps it alive.

    Emits 'beforeExit' and 'exit' on `process` as Node does. Raises the first uncaught exception, KeyboardInterrupt and
    `process.exit`'s SystemExit included; RuntimeError if the loop runs already. Returns `process.exit_code` or 0.
    """
    global _running
    if _running:
        raise RuntimeError("the nodesock loop is already running")
    loop = get_loop()
    loop.excepthook = _excepthook
    _running = True
    restore = _watch_signals()
    try:
        hooks.run_phase("start")
        uncaught.say_last_words()  # of an exception from before there was a run to end
        if main is not None:
            _start(main)
        elif ticks.ticks or ticks.microtasks:
            enter(_nothing)
        _spin(loop)
        if uncaught.fatal is None:
            try:
                hooks.run_phase("exit")
            except BaseException as error:
                report_exception(error)
    finally:
        _running = False
        restore()
        hooks.run_phase("over")
    fatal = uncaught.take_fatal()
    if fatal is not None:
        raise fatal
    return hooks.exit_code()


def _start(main: Callable[..., Any] | Coroutine[Any, Any, Any]) -> None:
    """Call main; its ticks are drained even if it raised, unlike those of any other callback (so in Node)."""
    if uncaught.fatal is not None:
        return
    try:
        _main(main)
    except BaseException as error:
        if not report_exception(error):
            return
    drain()


def _main(main: Callable[..., Any] | Coroutine[Any, Any, Any]) -> None:
    result = main if isinstance(main, Coroutine) else call(main)
    if isinstance(result, Coroutine):
        spawn(result)


def _nothing() -> None:
    pass


def _spin(loop: Any) -> None:
    while uncaught.fatal is None:
        while _deferred and uncaught.fatal is None:
            fn, args = _deferred.popleft()
            enter(fn, *args)
        if uncaught.fatal is not None:
            return
        loop.run(_pyuv.UV_RUN_DEFAULT)
        if uncaught.fatal is not None:
            return
        if loop.alive:
            continue
        enter(hooks.run_phase, "beforeExit")
        if not loop.alive:
            return


def reset() -> None:
    """Throw the loop, its handles and all queues away and start afresh: for tests, between two runs.

    Every open handle is closed without its callbacks; timers, ticks and a pending fatal exception are forgotten.
    Raises RuntimeError while the loop runs.
    """
    if _running:
        raise RuntimeError("the nodesock loop is running")
    old = uv_loop.loop
    if old is not None:
        uncaught.set_fatal(InterruptedError("the loop was reset"))  # callbacks are put off, then forgotten
        for handle in old.handles:
            if not handle.closed:
                handle.close()
        old.run(_pyuv.UV_RUN_DEFAULT)
    uv_loop.forget()


# --- signals ---------------------------------------------------------------------------------------------------------

_wakeup: tuple[socket.socket, socket.socket, Any] | None = None


def _watch_signals() -> Callable[[], None]:
    """Let signals wake the loop. Returns what puts things back. Does nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return _nothing
    global _wakeup
    if _wakeup is None:
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        poll = _pyuv.Poll(get_loop(), reader.fileno())
        poll.start(_pyuv.UV_READABLE, _on_signal)
        poll.ref = False
        _wakeup = (reader, writer, poll)
    before = signal.set_wakeup_fd(_wakeup[1].fileno(), warn_on_full_buffer=False)

    def restore() -> None:
        signal.set_wakeup_fd(before)

    return restore


def _on_signal(_poll: Any, _events: int, _error: int | None) -> None:
    # Python has run the handler on the way into this function; what it queued is drained here.
    if _wakeup is not None:
        try:
            _wakeup[0].recv(512)
        except OSError:
            pass
    enter(_nothing)


def _forget_wakeup() -> None:
    global _wakeup
    if _wakeup is not None:
        _wakeup[0].close()
        _wakeup[1].close()
    _wakeup = None


on_forget(_forget_wakeup)


# --- fork ------------------------------------------------------------------------------------------------------------


def _after_fork_in_child() -> None:
    global _running
    if _wakeup is not None:
        uv_loop.keep_for_ever(_wakeup[2])
        if _running and threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(-1)
    _running = False
    uv_loop.forget_parents()


os.register_at_fork(after_in_child=_after_fork_in_child)
