"""The libuv loop (uv_loop_t): there is one per process, made on first use and made anew in a forked child."""

import ctypes
from collections.abc import Callable
from typing import Any

import nodesock._pyuv as _pyuv

#: the loop (a `_pyuv.Loop`), None before its first use
loop: Any = None
#: called when the loop is thrown away
_forgetters: list[Callable[[], object]] = []


def get_loop() -> Any:
    """The process's libuv loop (a `_pyuv.Loop`), made on first use."""
    global loop
    if loop is None:
        loop = _pyuv.Loop()
    return loop


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
    """Never let an object be freed. A forked child must not free the parent's handles: closing them would take their
    descriptors out of the epoll set that it shares with the parent."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def forget_parents() -> None:
    """In a forked child: leave the parent's loop and handles as they are and start without one."""
    if loop is not None:
        keep_for_ever(loop)
        for handle in loop.handles:
            keep_for_ever(handle)
    forget()
