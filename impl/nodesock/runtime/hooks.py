"""What the runtime asks of the layer above it: one object, which nodesock.process fills when nodesock is imported."""

from collections.abc import Callable
from typing import Any, Final, Literal, Protocol

Phase = Literal["start", "beforeExit", "exit", "over"]


class ProcessObject(Protocol):
    """What the runtime and events.py use of the process object."""

    def emit(self, event: str, /, *args: Any) -> bool:
        """Emit the event. True if it had a listener."""

    def make_warning(self, message: str, name: str) -> Any:
        """A warning to emit."""

    def emit_warning(self, warning: str | Exception, name: str | None = None, /) -> None:
        """Emit 'warning' on the next tick."""


class Hooks:
    """The slots. Every slot is filled before the first callback runs."""

    __slots__ = ("exit_code", "handle_uncaught", "last_words", "process", "run_phase")

    #: The process object. Promises emit 'unhandledRejection' and 'rejectionHandled' on it; timers and event emitters
    #: emit their warnings.
    process: ProcessObject

    #: (error, origin) -> bool. Called by `uncaught.report_exception` for an Exception, unless one is fatal already.
    #: True if a listener took it. What it raises is fatal in the error's place.
    handle_uncaught: Callable[[BaseException, str], bool]

    #: (error, listener_raised) -> BaseException. Called by `uncaught` as soon as `error` is fatal, while everything is
    #: still active; `listener_raised` if it came from an 'uncaughtException' listener. Returns what ends the run.
    last_words: Callable[[BaseException, bool], BaseException]

    #: (phase) -> None. Called by `loop.run`: 'start' before the main function; 'beforeExit' each time the loop has run
    #: out of work, as a callback from libuv; 'exit' at the end of a run that nothing made fatal; 'over' at the very end
    #: of every run.
    run_phase: Callable[[Phase], None]

    #: () -> int. Called by `loop.run` last: what the run returns.
    exit_code: Callable[[], int]


hooks: Final = Hooks()
