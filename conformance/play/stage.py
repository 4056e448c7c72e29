"""The Python side of a role: the stage ``t`` over nodesock's public API, and the trace.

``node_fixtures/stage.js`` is its twin; change both or neither. Records are written synchronously to a
descriptor, so that tracing owns no handle and adds no turn to the event loop.
"""

import functools
import hashlib
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, NoReturn

import nodesock
from conformance.language.case import Case
from conformance.language.names import snake_case
from conformance.play.trace import Record
from conformance.play.values import encode
from nodesock.process import process

STATE: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parents[2] / "node_fixtures" / "state.json").read_text(encoding="utf-8")
)

#: What a role that outlives its deadline ends with.
HUNG_EXIT_CODE = 99


class StageError(Exception):
    """``t.error(message)``: Node's ``new Error(message)``."""

    name = "Error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Trace:
    """Writes records to one descriptor and reads the harness's replies from another, both blocking."""

    def __init__(self, out: int, replies: int | None) -> None:
        self._out = out
        self._replies = replies
        self._buffer = b""
        self.silent = False

    @property
    def supervised(self) -> bool:
        """Whether somebody answers."""
        return self._replies is not None

    def write(
        self,
        kind: str,
        object: str | None = None,
        label: str | None = None,
        args: list[Any] | None = None,
        state: dict[str, Any] | None = None,
        stream: dict[str, Any] | None = None,
    ) -> None:
        """One record."""
        if self.silent:
            return
        rest = Record(kind, object, label, args or [], state, stream).to_line().encode()
        while rest:
            rest = rest[os.write(self._out, rest) :]

    def read_reply(self) -> str | None:
        """The next line from the harness, None at its end."""
        assert self._replies is not None
        while b"\n" not in self._buffer:
            chunk = os.read(self._replies, 65536)
            if not chunk:
                return None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()


class Stage:
    """The ``t`` of a role."""

    def __init__(self, trace: Trace, path_dir: Path) -> None:
        self.net = nodesock.net
        self.dgram = nodesock.dgram
        self.stream = nodesock.stream
        self.events = nodesock.events
        self.dns = nodesock.dns
        self._trace = trace
        self._path_dir = path_dir
        self._names: dict[int, str] = {}
        self._watched: list[Any] = []  # keeps the ids in _names from being used again

    # Objects

    def watch(self, name: str, obj: Any) -> Any:
        """Name an object and record every event it emits from now on, internal ones too. Returns the
        object."""
        if id(obj) in self._names:
            raise StageError(f"already watched as {self._names[id(obj)]}")
        if name in self._names.values():
            raise StageError(f"another object is watched as {name}")
        self._names[id(obj)] = name
        self._watched.append(obj)
        if not callable(getattr(obj, "emit", None)):
            return obj
        emit = obj.emit
        total = hashlib.sha256()
        size = 0

        @functools.wraps(emit)
        def recorded(event: Any, *args: Any) -> Any:
            nonlocal size
            if isinstance(event, str):
                stream = None
                if event == "data" and args and isinstance(args[0], str | bytes | bytearray | memoryview):
                    chunk = args[0].encode() if isinstance(args[0], str) else bytes(args[0])
                    total.update(chunk)
                    size += len(chunk)
                    stream = {"bytes": size, "digest": total.hexdigest()[:16]}
                self._trace.write(
                    "event", name, event, self._encode_all(args), self._state(obj, "event"), stream
                )
            return emit(event, *args)

        obj.emit = recorded
        return obj

    def override(self, target: Any, name: str, fn: Callable[..., Any]) -> Any:
        """Replace a method on an object, or on a class for all its objects; ``name`` is Python's.

        ``fn(self, original, *args)`` is called in its place; ``original(*args)`` is the method it replaces, bound to
        ``self``. Returns the target. A hook that is not there (``_flush``) may be replaced all the same.
        """
        original = getattr(target, name, None) or _no_hook
        if isinstance(target, type):

            def method(self: Any, *args: Any, **named: Any) -> Any:
                return nodesock.call(fn, self, functools.partial(original, self, **named), *args)

            setattr(target, name, method)
        else:

            def attribute(*args: Any, **named: Any) -> Any:
                return nodesock.call(fn, target, functools.partial(original, **named), *args)

            setattr(target, name, attribute)
        return target

    def subclass(self, base: type, methods: Mapping[str, Callable[..., Any]]) -> type:
        """A subclass whose methods are called like those of ``override``. Returns the class."""
        kind = type(base.__name__, (base,), {})
        for name, fn in methods.items():
            self.override(kind, name, fn)
        return kind

    def snapshot(self, obj: Any) -> Any:
        """Record all public state of an object, addresses included. Returns the object."""
        self._trace.write("snapshot", self._name(obj), state=self._state(obj, "snapshot"))
        return obj

    def kernel(self, obj: Any) -> Any:
        """Record the kernel's view of the socket behind an object; null without a harness. Returns the
        object."""
        fd = _descriptor(obj)
        state = None
        if self._trace.supervised and fd is not None:
            asked = {"fd": fd, "inode": os.fstat(fd)[stat.ST_INO], "pid": os.getpid()}
            self._trace.write("kernel?", self._name(obj), args=[asked])
            reply = self._trace.read_reply()
            state = None if reply is None else json.loads(reply)
        self._trace.write("kernel", self._name(obj), state=state)
        return obj

    # Records

    def note(self, label: str, value: Any) -> None:
        """Record a value."""
        self._trace.write("note", label=label, args=[self._encode(value)])

    def callback(self, label: str, fn: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """A function that records its arguments under ``label`` and then calls ``fn`` with them."""

        def called(*args: Any) -> Any:
            self._trace.write("callback", label=label, args=self._encode_all(args))
            return None if fn is None else nodesock.call(fn, *args)

        called.__name__ = "<lambda>"  # Node's is an arrow function without a name, which shows in error texts
        return called

    def attempt(self, label: str, fn: Callable[[], Any]) -> Any:
        """Call ``fn`` now; record what it returns or raises. Returns the value, None where it raised."""
        try:
            value = fn()
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the trace
            self._trace.write("throw", label=label, args=[self._encode(error)])
            return None
        self._trace.write("attempt", label=label, args=[self._encode(value)])
        return value

    def publish(self, **values: Any) -> None:
        """Hand values to the roles that take them as parameters."""
        self._trace.write("publish", args=[values])

    # The event loop

    def next_tick(self, fn: Callable[[], Any]) -> None:
        """``process.nextTick``."""
        nodesock.next_tick(fn)

    def microtask(self, fn: Callable[[], Any]) -> None:
        """``queueMicrotask``."""
        nodesock.queue_microtask(fn)

    def immediate(self, fn: Callable[[], Any]) -> Any:
        """``setImmediate``."""
        return nodesock.set_immediate(fn)

    def timeout(self, ms: float, fn: Callable[[], Any]) -> Any:
        """``setTimeout``, the delay first. Returns the timer."""
        return nodesock.set_timeout(fn, ms)

    def interval(self, ms: float, fn: Callable[[], Any]) -> Any:
        """``setInterval``, the delay first. Returns the timer."""
        return nodesock.set_interval(fn, ms)

    def clear(self, timer: Any) -> None:
        """``clearTimeout``, ``clearInterval`` or ``clearImmediate``."""
        if type(timer).__name__ == "Immediate":
            nodesock.clear_immediate(timer)
        else:
            nodesock.clear_timeout(timer)

    def block(self, ms: float) -> None:
        """Let time pass without giving the loop a turn, so that timers are late."""
        time.sleep(ms / 1000)

    def on_uncaught(self, fn: Callable[[BaseException], Any]) -> None:
        """``process.on('uncaughtException', fn)``: the process goes on."""
        process.on("uncaughtException", lambda error: fn(error))

    def on_warning(self, fn: Callable[[Exception], Any]) -> None:
        """``process.on('warning', fn)``."""
        process.on("warning", lambda warning: fn(warning))

    # The rest

    def on_before_exit(self, fn: Callable[[int], Any]) -> None:
        """``process.on('beforeExit', fn)``: nothing keeps the loop alive; ``fn`` may bring it back to life."""
        process.on("beforeExit", lambda code: fn(code))

    def async_dispose(self, obj: Any) -> Any:
        """``obj[Symbol.asyncDispose]()``: the promise of it."""
        return obj.async_dispose()

    def path(self, name: str) -> str:
        """The path for a unix socket of that name, the same for all roles of the run."""
        return str(self._path_dir / name)

    def file_mode(self, path: str) -> str | None:
        """What lies at a path: ``socket 755`` or ``other 644``; None if nothing does."""
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            return None
        return f"{'socket' if stat.S_ISSOCK(mode) else 'other'} {stat.S_IMODE(mode) & 0o777:o}"

    def chmod(self, path: str, mode: int) -> None:
        """Set the permissions of a file. Roles have no capabilities, so they bind the owner, root included."""
        os.chmod(path, mode)

    def mkdir(self, path: str) -> None:
        """Make a directory."""
        os.mkdir(path)

    def remove(self, path: str) -> None:
        """Remove a file."""
        os.unlink(path)

    def error(self, message: str) -> Exception:
        """``new Error(message)``."""
        return StageError(message)

    #: ``AbortSignal``
    abort_signal = nodesock.AbortSignal

    def abort_controller(self) -> Any:
        """``new AbortController()``."""
        return nodesock.AbortController()

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Run an async function of the case: at once up to its first await, as Node does."""
        nodesock.spawn(coroutine)

    def active(self) -> list[str]:
        """``process.getActiveResourcesInfo()``, sorted."""
        return sorted(process.get_active_resources_info())

    def exit(self, code: int = 0) -> NoReturn:
        """``process.exit(code)``."""
        process.exit(code)
        raise SystemExit(code)

    # Encoding

    def _encode(self, value: Any) -> Any:
        return encode(value, self._names)

    def _encode_all(self, values: tuple[Any, ...]) -> list[Any]:
        return [self._encode(value) for value in values]

    def _name(self, obj: Any) -> str | None:
        return self._names.get(id(obj)) or (None if obj is None else f"<{type(obj).__name__}>")

    def _state(self, obj: Any, which: str) -> dict[str, Any] | None:
        kind = _kind(obj)
        if kind is None:
            return None
        state: dict[str, Any] = {}
        for item in STATE[kind][which]:
            name = item.removesuffix("()")
            try:
                value = getattr(obj, snake_case(name), None)
                state[name] = self._encode(value() if name != item and value is not None else value)
            except Exception as error:  # noqa: BLE001 - Node's getters throw as well
                state[name] = {"$throw": self._encode(error)}
        return state


def run_role(
    case: Case,
    role_name: str,
    values: Mapping[str, Any],
    *,
    deadline_ms: int,
    path_dir: Path | str,
    command_in: int | None,
    trace_out: int,
) -> int:
    """Run one role of ``case`` in this process until nothing keeps its loop alive. Returns the exit code.

    ``command_in`` is the descriptor with the replies to kernel queries, None where nobody answers. An
    exception that the role does not catch is printed on stderr, as Node prints it, and gives 1. A role that
    outlives ``deadline_ms`` does not return: it records what is active and ends the process with 99.
    """
    trace = Trace(trace_out, command_in)
    stage = Stage(trace, Path(path_dir))
    process.on(
        "uncaughtExceptionMonitor",
        lambda error, origin: trace.write("uncaught", label=origin, args=[stage._encode(error)]),
    )
    process.on("exit", lambda code: trace.write("exit", args=[code], state={"active": stage.active()}))

    def hung() -> None:
        trace.write("hung", args=[deadline_ms], state={"active": stage.active()})
        os._exit(HUNG_EXIT_CODE)

    def main() -> Any:
        nodesock.set_timeout(hung, deadline_ms).unref()
        return case.role(role_name).function(stage, **values)

    try:
        return nodesock.run(main) or 0
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 0
    except BaseException as error:  # noqa: BLE001 - the role's own, told as Python tells it
        sys.excepthook(type(error), error, error.__traceback__)
        return process.exit_code or 1


def _no_hook(*_: Any) -> NoReturn:
    """What ``override`` replaces where there is nothing."""
    raise StageError("there is no method that this one replaces")


def _kind(obj: Any) -> str | None:
    """The kind of ``obj`` in state.json."""
    if isinstance(obj, nodesock.net.Socket):
        return "net.Socket"
    if isinstance(obj, nodesock.net.Server):
        return "net.Server"
    if isinstance(obj, nodesock.dgram.Socket):
        return "dgram.Socket"
    if isinstance(obj, nodesock.stream.Readable | nodesock.stream.Writable):
        return "stream"
    return None


def _descriptor(obj: Any) -> int | None:
    """The descriptor of a net or dgram object, or None where it has no open handle."""
    handle = getattr(obj, "_handle", None)
    fd = getattr(handle, "fd", None)
    if callable(fd):
        fd = fd()
    return fd if isinstance(fd, int) and fd >= 0 else None
