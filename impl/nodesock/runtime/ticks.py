"""Mirrors lib/internal/process/task_queues.js: the next-tick queue and the microtask queue.

Order, as Node keeps it: all ticks, those queued meanwhile included; then all microtasks, likewise; then, if microtasks
queued ticks, around again; then promise rejections nobody has handled. `drain()` runs after every callback that enters
from libuv (`runtime.loop.enter`), between timers and between immediates.

Functions are called as they are queued; for a user's callback queue `next_tick(call, fn, *args)` with `callables.call`,
or adapt it first.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from nodesock.errors import node_error
from nodesock.runtime import rejections
from nodesock.runtime.uncaught import report_exception
from nodesock.runtime.uv_loop import on_forget

Job = tuple[Callable[..., Any], tuple[Any, ...]]

ticks: deque[Job] = deque()
microtasks: deque[Job] = deque()


def next_tick(fn: Callable[..., Any], *args: Any) -> None:
    """process.nextTick: run `fn(*args)` after the current callback, before anything else from the loop.

    Raises ERR_INVALID_ARG_TYPE if `fn` is not callable.
    """
    if not callable(fn):
        raise node_error("ERR_INVALID_ARG_TYPE", "callback", "function", fn)
    ticks.append((fn, args))


def queue_microtask(fn: Callable[..., Any], *args: Any) -> None:
    """queueMicrotask: run `fn(*args)` once the tick queue is empty. Raises ERR_INVALID_ARG_TYPE."""
    if not callable(fn):
        raise node_error("ERR_INVALID_ARG_TYPE", "callback", "function", fn)
    microtasks.append((fn, args))


def pending() -> bool:
    """Whether a tick or a microtask waits."""
    return bool(ticks or microtasks)


def drain() -> bool:
    """Run both queues empty. What a tick raises is reported, and the rest waits for the next drain, as in Node; then it
    is False."""
    while True:
        try:
            while True:
                while ticks:
                    fn, args = ticks.popleft()
                    fn(*args)
                if not microtasks:
                    break
                if not run_microtasks():
                    return False
        except BaseException as error:
            report_exception(error)
            if rejections.unhandled:
                microtasks.append((_nothing, ()))  # has them reported by the next drain
            return False
        if not rejections.unhandled:
            return True
        rejections.report()
        if not ticks and not microtasks:
            return True


def _nothing() -> None:
    pass


def run_microtasks() -> bool:
    """Run the microtask queue empty, ticks untouched; an exception leaves the others alone. False if it was fatal."""
    while microtasks:
        fn, args = microtasks.popleft()
        try:
            fn(*args)
        except BaseException as error:
            if not report_exception(error):
                return False
    return True


def clear() -> None:
    """Forget everything that is queued (after fork)."""
    ticks.clear()
    microtasks.clear()
    rejections.clear()


on_forget(clear)
