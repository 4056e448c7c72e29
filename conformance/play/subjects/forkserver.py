"""The Python twin of node_fixtures/supervisor.js: a warm parent that forks a fresh process for each role.

    python -m conformance.play.subjects.forkserver DIR STAGE

The protocol is the supervisor's: ``DIR/lease.sock`` is the harness's and must not be outlived,
``DIR/roles.sock`` takes one connection per role. The parent has imported STAGE (``module:function``, and so
nodesock) and the case files, but has never made a loop: what a role inherits is code, not state. In the child
the connection itself is descriptor 0 (replies) and 3 (trace); the parent only watches it for a hang-up, and
adds ``terminated`` when the child has ended.

The parent has one thread and no loop but its own epoll, so forking is safe. Children die with it
(PR_SET_PDEATHSIG).
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import platform
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance.errors import CollectionError
from conformance.language.case import Case
from conformance.language.collect import Declared, declared_cases
from conformance.play.subjects.confine import confine

#: ``STAGE``: plays one role in this process and returns its exit code; called as
#: ``conformance.play.stage.run_role``.
Stage = Callable[..., int]

_KILL_AFTER = 1.0  # seconds after its own deadline that a role is killed
_TAIL = 16384
_PR_SET_PDEATHSIG = 1
_TRACE_FD = 3

_libc = ctypes.CDLL(None)


class _Role:
    """A connection, and from its command on the child that plays it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.fd = connection.fileno()
        self.received = b""
        self.deadline_ms = 0
        self.kill_at = float("inf")
        self.overdue = False
        self.abandoned = False
        self.pid = 0
        self.pidfd = -1
        self.stdout = -1
        self.stderr = -1
        self.unsent = b""


class ForkServer:
    """The parent. ``serve`` returns when the lease ends."""

    def __init__(self, directory: Path, stage: Stage) -> None:
        self._stage = stage
        self._epoll = select.epoll()
        self._roles: dict[int, _Role] = {}  # by connection
        self._children: dict[int, _Role] = {}  # by pidfd
        # Closed only between two polls: a polled event must not meet another role under the same number.
        self._done: list[int] = []
        self._files: dict[str, tuple[int, dict[str, Declared]]] = {}
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(directory / "roles.sock"))
        self._listener.listen(511)
        self._listener.setblocking(False)
        self._lease = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._lease.connect(str(directory / "lease.sock"))
        self._epoll.register(self._listener, select.EPOLLIN)
        self._epoll.register(self._lease, select.EPOLLIN | select.EPOLLRDHUP)

    def serve(self, hello: dict[str, Any]) -> None:
        """Say hello and fork roles until the lease ends."""
        gc.collect()
        gc.freeze()  # what is here now is in every child: leave its pages alone
        self._lease.sendall(json.dumps(hello).encode() + b"\n")
        while True:
            for fd, events in self._epoll.poll(self._until_kill()):
                if fd == self._lease.fileno():
                    return
                if fd == self._listener.fileno():
                    self._accept()
                elif fd in self._children:
                    self._reap(self._children[fd])
                elif fd in self._roles:
                    self._attend(self._roles[fd], events)
            self._kill_overdue()
            for fd in self._done:
                os.close(fd)
            self._done.clear()

    def close(self) -> None:
        """Kill every child."""
        for role in self._children.values():
            os.kill(role.pid, signal.SIGKILL)

    def _until_kill(self) -> float | None:
        soonest = min((role.kill_at for role in self._children.values()), default=float("inf"))
        return None if soonest == float("inf") else max(0.0, soonest - time.monotonic())

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for role in self._children.values():
            if role.kill_at <= now:
                role.kill_at, role.overdue = float("inf"), True
                os.kill(role.pid, signal.SIGKILL)

    # -- connections -----------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        connection.setblocking(False)
        role = _Role(connection)
        self._roles[role.fd] = role
        self._epoll.register(role.fd, select.EPOLLIN | select.EPOLLRDHUP)

    def _attend(self, role: _Role, events: int) -> None:
        if role.unsent:
            self._flush(role)
        elif role.pid:  # running: only a hang-up is looked for
            self._epoll.unregister(role.fd)
            role.abandoned = True
            os.kill(role.pid, signal.SIGKILL)
        else:
            self._read_command(role)

    def _read_command(self, role: _Role) -> None:
        try:
            chunk = role.connection.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        role.received += chunk
        if role.received.endswith(b"\n"):
            try:
                command = json.loads(role.received)
                role.deadline_ms = command["deadline_ms"]
                case = self._case(command)
            except CollectionError as error:
                self._fault(role, str(error))
            except Exception as error:  # noqa: BLE001 - one bad command must not end the parent
                self._fault(role, f"the command cannot be carried out: {type(error).__name__}: {error}")
            else:
                self._fork(role, command, case)
        elif not chunk:
            self._forget(role)

    def _case(self, command: dict[str, Any]) -> Case:
        """The case that ``program`` (``Case.python_program``) means; case files are read once per change."""
        file, _, case_id = command["program"].rpartition("::")
        changed = os.stat(file).st_mtime_ns
        known = self._files.get(file)
        if known is None or known[0] != changed:
            known = self._files[file] = (changed, {one.id: one for one in declared_cases(Path(file))})
        return known[1][case_id].build(translate=False)

    def _fault(self, role: _Role, text: str) -> None:
        self._finish(role, [{"kind": "fault", "label": text}])

    def _finish(self, role: _Role, lines: list[dict[str, Any]]) -> None:
        """Send the last lines and close. The line break first ends a line that a killed role did not."""
        if role.abandoned:
            self._forget(role)
            return
        role.unsent = b"\n" + b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        self._flush(role)

    def _flush(self, role: _Role) -> None:
        try:
            while role.unsent:
                role.unsent = role.unsent[role.connection.send(role.unsent) :]
        except BlockingIOError:
            self._epoll.modify(role.fd, select.EPOLLOUT)
            return
        except OSError:
            pass  # the harness no longer listens
        self._forget(role)

    def _forget(self, role: _Role) -> None:
        del self._roles[role.fd]
        if not role.abandoned:
            self._epoll.unregister(role.fd)
        self._done.append(role.connection.detach())

    # -- children --------------------------------------------------------------------------------------------

    def _fork(self, role: _Role, command: dict[str, Any], case: Case) -> None:
        role.stdout = os.memfd_create("stdout")
        role.stderr = os.memfd_create("stderr")
        role.connection.setblocking(True)
        parent = os.getpid()
        role.pid = os.fork()
        if role.pid == 0:
            _play(role, parent, self._stage, command, case)  # does not return
        role.pidfd = os.pidfd_open(role.pid)
        role.kill_at = time.monotonic() + role.deadline_ms / 1000 + _KILL_AFTER
        self._children[role.pidfd] = role
        self._epoll.register(role.pidfd, select.EPOLLIN)
        self._epoll.modify(role.fd, select.EPOLLRDHUP)

    def _reap(self, role: _Role) -> None:
        _, status = os.waitpid(role.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        del self._children[role.pidfd]
        self._epoll.unregister(role.pidfd)
        self._done.append(role.pidfd)
        stdout, stderr = _tail(role.stdout), _tail(role.stderr)
        lines: list[dict[str, Any]] = []
        if role.overdue:
            lines.append(_record("hung", label="killed", args=[role.deadline_ms]))
        ending = [code, None] if code >= 0 else [None, signal.Signals(-code).name]
        lines.append(_record("terminated", label=stderr, args=ending, state={"stdout": stdout}))
        role.connection.setblocking(False)
        self._finish(role, lines)


def _play(role: _Role, parent: int, stage: Stage, command: dict[str, Any], case: Case) -> None:
    """In the child: take on the role's descriptors, play, end. Never returns."""
    code = 70  # EX_SOFTWARE: the stage itself broke
    try:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(code)  # the parent died before that took hold
        os.dup2(role.fd, 0)
        os.dup2(role.stdout, 1)
        os.dup2(role.stderr, 2)
        os.dup2(role.fd, _TRACE_FD)
        os.set_inheritable(_TRACE_FD, False)
        os.closerange(_TRACE_FD + 1, 1 << 20)
        os.chdir(command["path_dir"])
        confine()
        gc.enable()
        code = stage(
            case,
            command["role"],
            command["values"],
            deadline_ms=role.deadline_ms,
            path_dir=command["path_dir"],
            command_in=0,
            trace_out=_TRACE_FD,
        )
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else 0 if request.code is None else 1
    except BaseException:  # noqa: BLE001 - a child must not return from here
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # noqa: BLE001 - nowhere left to say it
                code = code or 1
        # Not sys.exit: what is alive here belongs to the parent's life, and taking it down costs
        # milliseconds.
        os._exit(code)


def _record(kind: str, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "object": None, "label": None, "args": [], "state": None, **fields}


def _tail(fd: int) -> str:
    size = os.fstat(fd).st_size
    text = os.pread(fd, _TAIL, max(0, size - _TAIL)).decode(errors="replace")
    os.close(fd)
    return text


def main(directory: str, stage: str) -> None:
    """Serve until the lease ends."""
    # 0-3 are a role's; whatever this process opens must lie above them, or a child's dup2 would cut it off.
    while (fd := os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)) <= _TRACE_FD:
        pass
    os.close(fd)
    module, _, name = stage.partition(":")
    play: Stage = getattr(importlib.import_module(module), name)
    os.environ["CONFORMANCE_TRACE_FD"] = str(_TRACE_FD)
    server = ForkServer(Path(directory), play)
    versions: dict[str, Any] = {"python": platform.python_version()}
    # A stage of another implementation need not have nodesock.
    with contextlib.suppress(ImportError, AttributeError):
        versions |= dict(importlib.import_module("nodesock").versions)
    try:
        server.serve({"pid": os.getpid(), "versions": versions})
    finally:
        server.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
