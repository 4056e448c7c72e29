"""Mirrors src/api/embed_helpers.cc (SpinEventLoop) and src/api/callback.cc (MakeCallback): the loop and its only door.

Everything libuv calls comes in through `enter`: call the function, hand an exception to `uncaught.report_exception`,
drain ticks and microtasks. The hot paths of bindings/stream_wrap.py and udp_wrap.py have the same few lines written
out.

`run()` is a Node process's life: the main function, its ticks, then the loop until nothing keeps it alive, 'beforeExit'
(which may bring it back to life), 'exit'. An uncaught exception emits 'exit' where it happened, stops the loop and
leaves `run()`. What libuv still delivers in that same turn is kept for the next `run()`, so nothing runs after the
fatal exception and nothing is lost.

While `run()` is on in the main thread a signal wakes the loop, and interrupts.py sees to it that no signal handler,
and so no KeyboardInterrupt, ever strikes inside nodesock's own code.

`call_soon_threadsafe` is the one thing of nodesock that other threads may use meanwhile.
"""

import os
from collections import deque
from collections.abc import Callable, Coroutine
from threading import get_ident
from types import TracebackType
from typing import Any

import nodesock._pyuv as _pyuv
from nodesock.callables import adapt, call
from nodesock.errors import node_error
from nodesock.runtime import interrupts, ticks, uncaught, uv_loop, wakeup
from nodesock.runtime.hooks import hooks
from nodesock.runtime.promises import spawn
from nodesock.runtime.ticks import drain
from nodesock.runtime.uncaught import report_exception
from nodesock.runtime.uv_loop import get_loop, on_forget

__all__ = ["call_soon_threadsafe", "defer", "enter", "reset", "run", "running"]

#: what libuv delivered after a fatal exception, for the next run
_deferred: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
on_forget(_deferred.clear)
#: what other threads want to have called, first come first served
_calls: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
on_forget(_calls.clear)


def running() -> bool:
    """Whether `run()` is on."""
    return uv_loop.thread != 0


def enter(fn: Callable[..., Any], *args: Any) -> None:
    """Node's MakeCallback: call `fn(*args)` from libuv, catch what it raises, drain ticks and microtasks."""
    if uncaught.fatal is not None:
        _deferred.append((enter, (fn, *args)))
        return
    try:
        fn(*args)
    except BaseException as error:
        report_exception(error)
        return
    if ticks.ticks or ticks.microtasks:
        drain()


def defer(fn: Callable[..., Any], *args: Any) -> None:
    """Have libuv's callback `fn` called with `args` once more in the next run: it has found a fatal exception pending.

    As a callback of libuv it sees to ticks and to what its callee raises by itself.
    """
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
    if uv_loop.thread:
        raise RuntimeError("the nodesock loop is already running")
    interrupts.hold()
    try:
        get_loop().excepthook = _excepthook
        unwatch = wakeup.watch(_on_wakeup)
        try:
            uv_loop.set_thread(get_ident())
            _live(main)
        finally:
            uv_loop.set_thread(0)
            unwatch()
            hooks.run_phase("over")
        fatal = uncaught.take_fatal()
        if fatal is not None:
            raise fatal
        return hooks.exit_code()
    finally:
        interrupts.let_go()


def _live(main: Callable[..., Any] | Coroutine[Any, Any, Any] | None) -> None:
    """A run from its start to its exit; `uncaught` has what ended it early."""
    hooks.run_phase("start")
    uncaught.say_last_words()  # of an exception from before there was a run to end
    if main is not None:
        _start(main)
    elif ticks.ticks or ticks.microtasks:
        enter(_nothing)
    _spin()
    if uv_loop.thread and uncaught.fatal is None:  # in a child that was forked in a callback it is not
        try:
            hooks.run_phase("exit")
        except BaseException as error:
            report_exception(error)


def _start(main: Callable[..., Any] | Coroutine[Any, Any, Any]) -> None:
    """Call main; its ticks are drained even if it raised, unlike those of any other callback (so in Node)."""
    if uncaught.fatal is not None:
        return
    try:
        _main(main)
    except BaseException as error:
        if not report_exception(error):
            return
    interrupts.guard_handlers()
    drain()


def _main(main: Callable[..., Any] | Coroutine[Any, Any, Any]) -> None:
    result = main if isinstance(main, Coroutine) else call(main)
    if isinstance(result, Coroutine):
        spawn(result)


def _nothing() -> None:
    pass


def _spin() -> None:
    # No variable has the loop: the traceback of an uncaught exception, which somebody may keep, knows this frame.
    while uv_loop.thread and uncaught.fatal is None:
        while _deferred and uncaught.fatal is None:
            fn, args = _deferred.popleft()
            fn(*args)
        _make_calls()
        if uncaught.fatal is not None:
            return
        get_loop().run(_pyuv.UV_RUN_DEFAULT)
        if uncaught.fatal is not None or not uv_loop.thread:
            return
        if get_loop().alive or _calls:
            continue
        enter(hooks.run_phase, "beforeExit")
        if not get_loop().alive and not _calls:
            return


# --- from outside ----------------------------------------------------------------------------------------------------


def call_soon_threadsafe(fn: Callable[..., Any], *args: Any) -> None:
    """Have the loop call `fn(*args)` soon, as a callback of its own. The one function for other threads.

    Calls are made in the order in which they were asked for. One that comes before `run()`, or too late for it, is
    made by the next `run()`. Waiting calls do not keep the loop alive. Raises ERR_INVALID_ARG_TYPE.
    """
    if not callable(fn):
        raise node_error("ERR_INVALID_ARG_TYPE", "callback", "function", fn)
    _calls.append((adapt(fn, len(args)), args))
    wakeup.wake()


def _make_calls() -> None:
    """Make the calls that wait by now; a fatal exception leaves the others for the next run."""
    for _ in range(len(_calls)):
        if uncaught.fatal is not None:
            return
        fn, args = _calls.popleft()
        enter(fn, *args)


def _on_wakeup(signalled: bool) -> None:
    if signalled:
        interrupts.guard_handlers()
    if ticks.ticks or ticks.microtasks:
        enter(_nothing)  # a signal handler waits, or has queued something
    _make_calls()


# --- the end of a loop -----------------------------------------------------------------------------------------------


def reset() -> None:
    """Throw the loop, its handles and all queues away and start afresh: for tests, between two runs.

    Every open handle is closed without its callbacks, its descriptor too; timers, ticks and a pending fatal exception
    are forgotten. What was open reads closed. Raises RuntimeError while the loop runs.
    """
    if uv_loop.thread:
        raise RuntimeError("the nodesock loop is running")
    interrupts.hold()
    try:
        if uv_loop.loop is not None:
            uncaught.set_fatal(InterruptedError("the loop was reset"))  # callbacks are put off, then forgotten
            for handle in uv_loop.loop.handles:
                if not handle.closed:
                    handle.close()
            uv_loop.loop.run(_pyuv.UV_RUN_DEFAULT)
        uv_loop.forget()
    finally:
        interrupts.let_go()


def _after_fork_in_child() -> None:
    uv_loop.set_thread(0)
    interrupts.forget()
    uv_loop.forget_parents()


os.register_at_fork(after_in_child=_after_fork_in_child)
