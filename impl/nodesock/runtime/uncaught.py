"""Mirrors lib/internal/process/execution.js (onGlobalUncaughtException): what becomes of an exception nobody caught.

Monitors hear of it first. If the process object has an 'uncaughtException' listener the exception is emitted there and
life goes on. Otherwise, and always for KeyboardInterrupt, SystemExit and the like, it is fatal: it is kept here,
process emits its 'exit' there and then, while everything is still active, the loop is stopped, and
`runtime.loop.run()` raises it.
"""

from nodesock.runtime.hooks import hooks
from nodesock.runtime.uv_loop import on_forget, stop

#: the exception that is ending the current run, if any: callbacks from libuv are put off while there is one
fatal: BaseException | None = None


def report_exception(error: BaseException, origin: str = "uncaughtException") -> bool:
    """Hand an uncaught exception on. True if a listener took it, False if it ends the run."""
    if fatal is None:
        listener_raised = False
        if isinstance(error, Exception):
            try:
                if hooks.handle_uncaught(error, origin):
                    return True
            except BaseException as second:  # a listener that raises is fatal itself, as in Node
                second.__context__ = error
                error = second
                listener_raised = True
        set_fatal(error)
        say_last_words(listener_raised)
    elif error is not fatal and error.__context__ is None:
        error.__context__ = fatal
    stop()
    return False


def set_fatal(error: BaseException) -> None:
    """Have callbacks from libuv put off, because of this exception, until `take_fatal`."""
    global fatal
    fatal = error


def say_last_words(listener_raised: bool = False) -> None:
    """Let the process object say goodbye, which may put another exception in the fatal one's place."""
    if fatal is not None:
        set_fatal(hooks.last_words(fatal, listener_raised))


def take_fatal() -> BaseException | None:
    """The exception that ended the run; forgets it."""
    global fatal
    error, fatal = fatal, None
    return error


on_forget(take_fatal)
