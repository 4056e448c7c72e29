"""Mirrors lib/internal/process/execution.js (onGlobalUncaughtException): what becomes of an exception nobody caught.

Monitors hear of it first. If the process object has an 'uncaughtException' listener the exception is emitted there and
life goes on. Otherwise, and always for KeyboardInterrupt, SystemExit and the like, it is fatal: it is kept here,
process emits its 'exit' there and then, while everything is still active, the loop is stopped, and
`runtime.loop.run()` raises it.
"""

from collections.abc import Callable
from typing import Any

#: the exception that is ending the current run, if any
fatal: BaseException | None = None

#: set by process.py: (error, origin) -> True if a listener took it
handler: Callable[[BaseException, str], bool] | None = None

#: set by process.py: the program's end has begun; True if that is the failure of an 'uncaughtException' listener
last_words: Callable[[bool], None] | None = None

#: set by runtime.timers: queues an immediate that does nothing
wake: Callable[[], Any] | None = None

#: set by runtime.loop: stops the loop after the current callback
stop: Callable[[], Any] | None = None


def report_exception(error: BaseException, origin: str = "uncaughtException") -> bool:
    """Hand an uncaught exception on. True if a listener took it, False if it ends the run."""
    global fatal
    if fatal is None:
        listener_raised = False
        if isinstance(error, Exception) and handler is not None:
            try:
                if handler(error, origin):
                    # The ticks of the callback that raised are left to the next one; see that there is one.
                    if wake is not None:
                        wake()
                    return True
            except BaseException as second:  # a listener that raises is fatal itself, as in Node
                second.__context__ = error
                error = second
                listener_raised = True
        fatal = error
        if last_words is not None:
            last_words(listener_raised)
    elif error is not fatal and error.__context__ is None:
        error.__context__ = fatal
    if stop is not None:
        stop()
    return False


def take_fatal() -> BaseException | None:
    """The exception that ended the run; forgets it."""
    global fatal
    error, fatal = fatal, None
    return error
