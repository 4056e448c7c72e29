"""Mirrors the process object as far as net and dgram programs use it: the last events of a program, and warnings.

`process` is an EventEmitter. 'uncaughtException'(error, origin) catches what nobody caught, 'uncaughtExceptionMonitor'
sees it first; 'unhandledRejection'(reason, promise), 'rejectionHandled'(promise); 'beforeExit'(code), 'exit'(code);
'warning'(warning).
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from nodesock.callables import adapt
from nodesock.errors import NodeError, node_error
from nodesock.events import EventEmitter
from nodesock.runtime import loop, ticks
from nodesock.runtime.handles import active_resources_info
from nodesock.runtime.hooks import Phase, hooks
from nodesock.runtime.timers import set_immediate
from nodesock.runtime.uv_loop import check_thread
from nodesock.spelling import refuses_foreign_names


class Warning(NodeError):
    """What 'warning' carries: `name`, `code`, `message`, `detail`."""

    detail: str | None = None
    emitter: Any
    type: Any
    count: int


@refuses_foreign_names
class Process(EventEmitter):
    """The one `process`."""

    #: the code `exit` and `run()` report; None is 0. A run that ends by an exception leaves 1 here (7 if it came
    #: from an 'uncaughtException' listener), or what an 'exit' listener has put in its place.
    exit_code: int | None = None
    #: 'exit' comes once in a run
    _exiting = False
    #: whether `exit_code` tells of a run that an exception has ended
    _failed = False

    def __init__(self) -> None:
        super().__init__()
        self._deprecations: set[str] = set()
        #: print warnings to stderr (Node's --no-warnings is False)
        self.print_warnings = True

    def next_tick(self, fn: Callable[..., Any], *args: Any) -> None:
        """process.nextTick: run `fn(*args)` after the current callback. Raises ERR_INVALID_ARG_TYPE."""
        next_tick(fn, *args)

    def exit(self, code: int | None = None) -> NoReturn:
        """process.exit: emit 'exit' and end `run()` with SystemExit(code)."""
        if code is not None:
            self.exit_code = code
        if not self._exiting:
            self._exiting = True
            try:
                self.emit("exit", self.exit_code or 0)
            finally:
                self._exiting = loop.running()
        raise SystemExit(self.exit_code or 0)

    def get_active_resources_info(self) -> list[str]:
        """process.getActiveResourcesInfo()."""
        return active_resources_info()

    def make_warning(self, message: str, name: str = "Warning", code: str | None = None) -> Warning:
        """A warning to emit."""
        warning = Warning(message, code=code)
        warning.name = name
        return warning

    def emit_warning(
        self,
        warning: str | Exception,
        name: str | Mapping[str, Any] | None = None,
        code: str | None = None,
        *,
        detail: str | None = None,
    ) -> None:
        """process.emitWarning: emit 'warning' on the next tick and print it to stderr. Raises ERR_INVALID_ARG_TYPE."""
        if isinstance(name, Mapping):
            code, detail = name.get("code"), name.get("detail")
            name = name.get("type")
        if isinstance(warning, str):
            warning = self.make_warning(warning, name or "Warning", code)
            if detail is not None:
                warning.detail = detail
        elif not isinstance(warning, Exception):
            raise node_error("ERR_INVALID_ARG_TYPE", "warning", ["string", "Error"], warning)
        if isinstance(warning, Warning) and warning.name == "DeprecationWarning":
            if warning.code in self._deprecations:
                return
            if warning.code:
                self._deprecations.add(warning.code)
        ticks.next_tick(self._deliver_warning, warning)

    def _deliver_warning(self, warning: Exception) -> None:
        if self.print_warnings:
            tag = getattr(warning, "code", None)
            code = f"[{tag}] " if tag else ""
            name = getattr(warning, "name", type(warning).__name__)
            print(f"(nodesock:{os.getpid()}) {code}{name}: {warning}", file=sys.stderr)
            detail = getattr(warning, "detail", None)
            if isinstance(detail, str):
                print(detail, file=sys.stderr)
        self.emit("warning", warning)

    def __repr__(self) -> str:
        return "<process>"


def next_tick(fn: Callable[..., Any], *args: Any) -> None:
    """process.nextTick: run `fn(*args)` after the current callback, before anything else from the loop.

    The function is called as JavaScript calls one (surplus arguments dropped). Raises ERR_INVALID_ARG_TYPE.
    """
    check_thread()
    ticks.next_tick(adapt(fn, len(args)) if callable(fn) else fn, *args)


def queue_microtask(fn: Callable[..., Any]) -> None:
    """queueMicrotask: run `fn()` once the tick queue is empty. Raises ERR_INVALID_ARG_TYPE."""
    check_thread()
    ticks.queue_microtask(adapt(fn, 0) if callable(fn) else fn)


process = Process()


def _handle_uncaught(error: BaseException, origin: str) -> bool:
    process.emit("uncaughtExceptionMonitor", error, origin)
    if origin == "unhandledRejection" and not process.listener_count("uncaughtException"):
        return False
    if not process.emit("uncaughtException", error, origin):
        return False
    set_immediate(_nothing)  # the ticks of the callback that raised are left to the next one: see that there is one
    return True


def _nothing() -> None:
    pass


def _run_phase(phase: Phase) -> None:
    """What a run has to tell: that it starts, its last two events, and that it is over."""
    if phase == "over":
        process._exiting = False
    elif phase == "start":
        if process._failed:
            process.exit_code = None
            process._failed = False
    else:
        process._exiting = phase == "exit"
        process.emit(phase, _exit_code())


def _exit_code() -> int:
    code = process.exit_code
    return code if isinstance(code, int) else 0


def _last_words(fatal: BaseException, listener_raised: bool) -> BaseException:
    """An exception ends the run: 'exit' with code 1, here and now. process.exit() in a listener ends it instead;
    anything else that a listener raises is ignored."""
    if isinstance(fatal, SystemExit) or not loop.running():
        return fatal
    process._failed = True
    if listener_raised:  # Node has nothing more to say
        process.exit_code = 7
        process._exiting = True
    if process._exiting:
        process.exit_code = process.exit_code or 1
        return fatal
    process._exiting = True
    process.exit_code = 1
    try:
        process.emit("exit", 1)
    except SystemExit as error:
        return error
    except BaseException:
        pass  # as Node: nothing can be done about it any more
    return fatal


hooks.process = process
hooks.handle_uncaught = _handle_uncaught
hooks.last_words = _last_words
hooks.run_phase = _run_phase
hooks.exit_code = _exit_code

__all__ = ["Process", "Warning", "next_tick", "process", "queue_microtask"]
