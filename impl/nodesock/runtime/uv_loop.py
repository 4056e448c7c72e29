"""The libuv loop (uv_loop_t): there is one per process, made on first use and made anew in a forked child.

While `run()` is on, the loop and all that belongs to it is for the thread that runs it, and for no other.
"""

import ctypes
import os
import select
import threading
from collections.abc import Callable
from threading import get_ident
from typing import Any, Final

import nodesock._pyuv as _pyuv
from nodesock.errors import WrongThreadError, uv_exception_with_host_port

#: the loop (a `_pyuv.Loop`), None before its first use
loop: Any = None
#: the thread that runs the loop (`threading.get_ident()`), 0 while none does
thread = 0
#: called when the loop is thrown away
_forgetters: list[Callable[[], object]] = []


_errno_location: Final = ctypes.CDLL(None).__errno_location
_errno_location.restype = ctypes.POINTER(ctypes.c_int)


def get_loop() -> Any:
    """The process's libuv loop (a `_pyuv.Loop`), made on first use.

    Raises WrongThreadError in a thread that does not run it, and the system's error if there can be none
    (`uv_loop_init EMFILE: too many open files`).
    """
    global loop
    check_thread()
    if loop is None:
        try:
            loop = _pyuv.Loop()
        except RuntimeError as error:  # pyuv keeps libuv's number to itself; libuv has it from errno
            raise uv_exception_with_host_port(-_errno_location()[0], "uv_loop_init", None) from error
    return loop


def set_thread(ident: int) -> None:
    """The thread `ident` runs the loop from now on; 0: none does."""
    global thread
    thread = ident
    _pyuv.set_thread(ident)


def check_thread() -> None:
    """Raise WrongThreadError if another thread runs the loop."""
    if thread and get_ident() != thread:
        raise wrong_thread()


def wrong_thread() -> WrongThreadError:
    """The error of whoever uses the loop in another thread than the one that runs it."""
    runs = next((each.name for each in threading.enumerate() if each.ident == thread), "another")
    return WrongThreadError(
        f"thread {threading.current_thread().name!r} may not use sockets, timers or ticks while nodesock.run() is on "
        f"in thread {runs!r}; nodesock.call_soon_threadsafe(fn, *args) calls a function there"
    )


def now() -> int:
    """The loop's clock in ms, read anew (uv_update_time, uv_now)."""
    current = loop if loop is not None else get_loop()
    current.update_time()
    return current.now()  # type: ignore[no-any-return]


def stop() -> None:
    """uv_stop: have the loop return after the current callback."""
    if loop is not None:
        loop.stop()


def on_forget(fn: Callable[[], object]) -> None:
    """Have `fn` called whenever the loop is thrown away: modules clear what belonged to it."""
    _forgetters.append(fn)


def forget() -> None:
    """Throw the loop away, and all that belonged to it. The next `get_loop` makes a new one."""
    global loop
    loop = None
    for fn in _forgetters:
        fn()


def keep_for_ever(thing: object) -> None:
    """Never let an object be freed. A forked child must not free the parent's handles: closing a unix server would
    remove its path."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def forget_parents() -> None:
    """In a forked child: leave the parent's loop and handles as they are and start without one.

    If the fork was in a callback the child returns to the parent's loop, which ends there without serving what else it
    was told of. Its epoll set would be the parent's own; it gets another one in the place of its descriptor, so nothing
    that it does can reach the parent.
    """
    if loop is not None:
        with select.epoll() as own:
            os.dup2(own.fileno(), loop.fileno(), inheritable=False)
        _pyuv.abandon()
        loop.stop()
        keep_for_ever(loop)
        for handle in loop.handles:
            keep_for_ever(handle)
    forget()
