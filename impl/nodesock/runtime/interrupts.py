"""Signals while a program runs: a handler is called in the program's own code or between two callbacks.

Python calls a signal's handler between any two instructions of the main thread, and what the handler raises (that of
SIGINT raises KeyboardInterrupt) appears right there. Inside nodesock that would leave timers, streams and queues half
changed, and lose what was just taken off a queue. So `run()` puts a `_Guard` in front of each Python handler:

- The program's own code was interrupted: the handler is called at once, as always.
- nodesock's code was interrupted, or a callback that had not executed anything yet: the handler waits. It is called as
  the next tick, so before anything else, and what it raises is an uncaught exception like that of any tick. The byte
  that Python writes to the wakeup descriptor brings a sleeping loop to its ticks.
- nodesock's code was interrupted, and the program's own code had called it: the handler is called at the next line of
  the latter, should that come first.

A handler that the main function installs is guarded once that has returned; one that a callback installs, after its
first signal.
"""

import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from opcode import opmap
from types import FrameType
from typing import Any, Final

from nodesock.runtime.ticks import Job, microtasks, ticks

_Handler = Callable[[int, FrameType | None], Any]

_RESUME: Final = opmap["RESUME"]
#: whether guards hold handlers back; without it they only pass on
_holding = False
#: handlers that wait, each with its arguments; one entry for a signal, however often it came
_waiting: deque[tuple[_Handler, int, FrameType | None]] = deque()


class _Guard:
    """Stands in for a Python signal handler."""

    __slots__ = ("handler",)

    def __init__(self, handler: _Handler) -> None:
        self.handler = handler

    def __call__(self, number: int, frame: FrameType | None) -> Any:
        if not _holding or frame is None or _is_the_programs(frame):
            return self.handler(number, frame)
        if all(number != waiting for _, waiting, _ in tuple(_waiting)):  # a guard may be interrupted by another
            _waiting.append((self.handler, number, frame))
            for queue in (ticks, microtasks):  # a queue that never runs empty never comes to the other
                queue.appendleft(_NEXT)
        _call_at_next_line(frame)
        return None

    def __repr__(self) -> str:
        return f"<nodesock's guard of {self.handler!r}>"


def _call_first() -> None:
    """Call the handler that has waited longest, if it still waits."""
    if _waiting:
        handler, number, frame = _waiting.popleft()
        handler(number, frame)


_NEXT: Final[Job] = (_call_first, ())


# --- whose code ------------------------------------------------------------------------------------------------------


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


def _is_nodesocks(frame: FrameType | None) -> bool:
    if frame is None:
        return False
    name = _module(frame)
    return name == "nodesock" or name.startswith("nodesock.")


def _is_anybodys(frame: FrameType) -> bool:
    """Whether the frame runs for whoever called it: the standard library does, and what that has generated."""
    name = _module(frame)
    return name.partition(".")[0] in sys.stdlib_module_names or name.startswith("namedtuple_")


def _is_the_programs(frame: FrameType) -> bool:
    """Whether the frame runs for the program."""
    for_whom: FrameType | None = frame
    while for_whom is not None and _is_anybodys(for_whom):
        for_whom = for_whom.f_back
    if _is_nodesocks(for_whom):
        return False
    at = frame.f_code.co_code[frame.f_lasti] if frame.f_lasti >= 0 else _RESUME
    return at != _RESUME or not _is_nodesocks(frame.f_back)


def _call_at_next_line(frame: FrameType) -> None:
    """If the program called the code of `frame`, call what waits as soon as the program's code goes on."""
    caller: FrameType | None = frame.f_back if not _is_nodesocks(frame) else frame
    while caller is not None and (_is_nodesocks(caller) or _is_anybodys(caller)):
        if caller.f_code.co_name == "run" and _module(caller) == "nodesock.runtime.loop":
            return
        caller = caller.f_back
    if caller is not None and sys.gettrace() is None:
        caller.f_trace = _goes_on
        sys.settrace(_look_no_further)


def _goes_on(frame: FrameType, event: str, _arg: Any) -> Any:
    """The trace function of the program's code that called nodesock."""
    if event not in ("line", "return"):
        return _goes_on
    sys.settrace(None)
    frame.f_trace = None
    if event == "line":
        _call_waiting()
    return None


def _look_no_further(*_: Any) -> None:
    """The trace function of all other code."""


# --- the run ---------------------------------------------------------------------------------------------------------


def guard_handlers() -> None:
    """Put a guard in front of every Python handler that has none. Does nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in range(1, signal.NSIG):
        handler = signal.getsignal(number)
        if callable(handler) and type(handler) is not _Guard:
            signal.signal(number, _Guard(handler))


def hold() -> None:
    """Hold interrupts back wherever nodesock would be interrupted, until `let_go`. For the main thread."""
    global _holding
    guard_handlers()
    _holding = threading.current_thread() is threading.main_thread()


def let_go() -> None:
    """Put the handlers back and call those that wait. What one raises is raised once all have been called."""
    global _holding
    if threading.current_thread() is not threading.main_thread():
        return
    try:
        for number in range(1, signal.NSIG):
            handler = signal.getsignal(number)
            if type(handler) is _Guard:
                signal.signal(number, handler.handler)
    finally:
        _holding = False
        _call_waiting()
        for queue in (ticks, microtasks):
            while _NEXT in queue:
                queue.remove(_NEXT)


def _call_waiting() -> None:
    try:
        _call_first()
    finally:
        if _waiting:
            _call_waiting()


def forget() -> None:
    """In a forked child: nothing waits, and nothing is held back until the child runs a loop."""
    global _holding
    _holding = False
    _waiting.clear()
