"""The Python twin of node_fixtures/supervisor.js: a warm parent that forks a fresh process for each role.

    python -m conformance.play.subjects.forkserver LEASE STAGE

LEASE is a descriptor, one end of a socket pair. It must not be outlived, and over it come the roles: each is a
connection, handed over with the case file and the case that the harness means. No path leads here, and what is said
on a connection names no file, so nothing but what the harness has collected is played. The rest of the protocol is
the supervisor's. The process was confined before it began (``confine``).

The parent has imported STAGE (``module:function``, and so nodesock) and the case files, but has never made a loop:
what a role inherits is code, not state. In the child the connection itself is descriptor 0 (replies) and 3 (trace);
the parent only watches it for a hang-up, and adds ``terminated`` when the child has ended.

The parent has one thread and no loop but its own epoll, so forking is safe. Children die with it
(PR_SET_PDEATHSIG), and with a role whatever it has started: what is left of it becomes the parent's child, since
both are reapers of orphans (PR_SET_CHILD_SUBREAPER).
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
from conformance.play.subjects.confine import reap_orphans
from conformance.play.subjects.executed import Recorder

#: ``STAGE``: plays one role in this process and returns its exit code; called as
#: ``conformance.play.stage.run_role``.
Stage = Callable[..., int]

_KILL_AFTER = 1.0  # seconds after its own deadline that a role is killed
_HEAD, _TAIL = 4096, 12288  # how much of stdout and stderr is kept, from the beginning and from the end
_PR_SET_PDEATHSIG = 1
_TRACE_FD = 3

_libc = ctypes.CDLL(None)


class _Role:
    """A connection, the case it is for, and from its command on the child that plays it."""

    def __init__(self, connection: socket.socket, file: str, case_id: str) -> None:
        self.connection = connection
        self.file = file
        self.case_id = case_id
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

    def __init__(self, lease: int, stage: Stage, recorder: Recorder | None = None) -> None:
        self._stage = stage
        self._recorder = recorder
        self._epoll = select.epoll()
        self._roles: dict[int, _Role] = {}  # by connection
        self._children: dict[int, _Role] = {}  # by pidfd
        # Closed only between two polls: a polled event must not meet another role under the same number.
        self._done: list[int] = []
        self._files: dict[str, tuple[int, dict[str, Declared]]] = {}
        self._lease = socket.socket(fileno=lease)
        self._epoll.register(self._lease, select.EPOLLIN | select.EPOLLRDHUP)

    def serve(self, hello: dict[str, Any]) -> None:
        """Say hello and fork roles until the lease ends."""
        gc.collect()
        gc.freeze()  # what is here now is in every child: leave its pages alone
        self._lease.sendall(json.dumps(hello).encode() + b"\n")
        while True:
            for fd, events in self._epoll.poll(self._until_kill()):
                if fd == self._lease.fileno():
                    if not self._accept():
                        return
                elif fd in self._children:
                    self._reap(self._children[fd])
                elif fd in self._roles:
                    self._attend(self._roles[fd], events)
            self._kill_overdue()
            for fd in self._done:
                os.close(fd)
            self._done.clear()

    def close(self) -> None:
        """Kill every child, and what they have started."""
        for role in self._children.values():
            os.kill(role.pid, signal.SIGKILL)
        self._children.clear()
        self._end_orphans()

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

    def _accept(self) -> bool:
        """Take one role from the harness; False if the lease has ended."""
        said, fds, _, _ = socket.recv_fds(self._lease, 1 << 16, 1)
        if not said:
            return False
        meant = json.loads(said)
        connection = socket.socket(fileno=fds[0])
        connection.setblocking(False)
        role = _Role(connection, meant["file"], meant["case"])
        self._roles[role.fd] = role
        self._epoll.register(role.fd, select.EPOLLIN | select.EPOLLRDHUP)
        return True

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
                case = self._case(role)
            except CollectionError as error:
                self._fault(role, str(error))
            except Exception as error:  # noqa: BLE001 - one bad command must not end the parent
                self._fault(role, f"the command cannot be carried out: {type(error).__name__}: {error}")
            else:
                self._fork(role, command, case)
        elif not chunk:
            self._forget(role)

    def _case(self, role: _Role) -> Case:
        """The case that the harness means; case files are read once per change."""
        changed = os.stat(role.file).st_mtime_ns
        known = self._files.get(role.file)
        if known is None or known[0] != changed:
            declared = {one.id: one for one in declared_cases(Path(role.file))}
            known = self._files[role.file] = (changed, declared)
        return known[1][role.case_id].build(translate=False)

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
            _play(role, parent, self._stage, command, case, self._recorder)  # does not return
        role.pidfd = os.pidfd_open(role.pid)
        role.kill_at = time.monotonic() + role.deadline_ms / 1000 + _KILL_AFTER
        self._children[role.pidfd] = role
        self._epoll.register(role.pidfd, select.EPOLLIN)
        self._epoll.modify(role.fd, select.EPOLLRDHUP)

    def _reap(self, role: _Role) -> None:
        _, status = os.waitpid(role.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        del self._children[role.pidfd]
        self._end_orphans()
        self._epoll.unregister(role.pidfd)
        self._done.append(role.pidfd)
        stdout, stderr = _said(role.stdout), _said(role.stderr)
        lines: list[dict[str, Any]] = []
        if role.overdue:
            lines.append(_record("hung", label="killed", args=[role.deadline_ms]))
        ending = [code, None] if code >= 0 else [None, signal.Signals(-code).name]
        lines.append(_record("terminated", label=stderr, args=ending, state={"stdout": stdout}))
        role.connection.setblocking(False)
        self._finish(role, lines)

    def _end_orphans(self) -> None:
        """Kill what roles that have ended have left running, and what that leaves in turn."""
        mine = {role.pid for role in self._children.values()}
        while orphans := _children_of_this_process() - mine:
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
            for pid in orphans:
                os.waitpid(pid, 0)


def _children_of_this_process() -> set[int]:
    pid = os.getpid()
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN
        return set()
    return {int(child) for child in listed.split()}


def _play(
    role: _Role, parent: int, stage: Stage, command: dict[str, Any], case: Case, recorder: Recorder | None
) -> None:
    """In the child: take on the role's descriptors, play, end. Never returns."""
    code = 70  # EX_SOFTWARE: the stage itself broke
    executed: Path | None = None
    try:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(code)  # the parent died before that took hold
        if recorder is not None:
            executed = recorder.begin(case.id, command["role"])
        os.dup2(role.fd, 0)
        os.dup2(role.stdout, 1)
        os.dup2(role.stderr, 2)
        os.dup2(role.fd, _TRACE_FD)
        os.set_inheritable(_TRACE_FD, False)
        os.closerange(_TRACE_FD + 1, 1 << 20)
        os.chdir(command["path_dir"])
        reap_orphans()
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
        if recorder is not None and executed is not None:
            recorder.end(executed)
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


def _said(fd: int) -> str:
    """What is in the file, which is closed: all, or of much the beginning (it may have the reason) and the end."""
    size = os.fstat(fd).st_size
    if size <= _HEAD + _TAIL:
        data = os.pread(fd, size, 0)
    else:
        data = os.pread(fd, _HEAD, 0) + "\n…\n".encode() + os.pread(fd, _TAIL, size - _TAIL)
    os.close(fd)
    return data.decode(errors="replace")


def main(lease: str, stage: str) -> None:
    """Serve until the lease ends."""
    # 0-3 are a role's; whatever this process opens must lie above them, or a child's dup2 would cut it off.
    while (fd := os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)) <= _TRACE_FD:
        pass
    os.close(fd)
    module, _, name = stage.partition(":")
    recorder = Recorder.from_environment()
    if recorder is not None:
        recorder.start()
    play: Stage = getattr(importlib.import_module(module), name)
    os.environ["CONFORMANCE_TRACE_FD"] = str(_TRACE_FD)
    server = ForkServer(int(lease), play, recorder)
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
