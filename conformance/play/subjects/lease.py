"""Leases: how a supervisor, a forkserver and a container are kept from outliving the harness.

A lease is a connection between the harness and such a process, which must end when the connection does. The kernel
closes it with the harness, however that ends, SIGKILL included. The other way round, the harness sees at once when
the process is gone.
"""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.play.last_words import cause
from conformance.play.subjects import confine

_READY_WITHIN = 30.0  # seconds; a warm start takes a tenth of one
_ANSWER_WITHIN = 5.0
_GONE_WITHIN = 5.0


class LeaseLost(Exception):
    """The other end ended, or never came. ``str()`` says which."""


class PairLease:
    """A lease on a child process that inherits its end, ``theirs``.

    No path leads to it, so nobody but this process can say anything to the other.
    """

    def __init__(self) -> None:
        self._connection, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    @property
    def inherited(self) -> tuple[int, ...]:
        """The descriptors that the child needs."""
        return (self.theirs.fileno(),)

    @property
    def lost(self) -> bool:
        """Whether the other end is gone."""
        return _hung_up(self._connection)

    def accept(self, timeout: float, ended: int) -> dict[str, Any]:
        """The first line, the hello. Raises ``LeaseLost`` as ``Lease.accept`` does."""
        self.theirs.close()
        return _hello(self._connection, ended, time.monotonic() + timeout)

    def send(self, message: Any, connection: socket.socket) -> None:
        """Hand over ``connection`` with a word on what it is for. Raises ``OSError`` if nobody is there."""
        socket.send_fds(self._connection, [json.dumps(message).encode()], [connection.fileno()])

    def close(self) -> None:
        """Give the lease up: the other end ends."""
        self.theirs.close()
        self._connection.close()


class Lease:
    """A unix socket at ``path`` that the other end connects to: for a process that can inherit nothing."""

    inherited: tuple[int, ...] = ()

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._connection: socket.socket | None = None

    @property
    def lost(self) -> bool:
        """Whether the other end is gone, or has never come."""
        return self._connection is None or _hung_up(self._connection)

    def accept(self, timeout: float, ended: int) -> dict[str, Any]:
        """The first line, the hello.

        Raises ``LeaseLost`` after ``timeout`` seconds, or when the descriptor ``ended`` is readable.
        """
        until = time.monotonic() + timeout
        _wait(self._listener.fileno(), ended, until)
        self._connection, _ = self._listener.accept()
        self._listener.close()
        return _hello(self._connection, ended, until)

    def close(self) -> None:
        """Give the lease up: the other end ends."""
        self._listener.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._path.unlink(missing_ok=True)


def _hello(connection: socket.socket, ended: int, until: float) -> dict[str, Any]:
    received = b""
    while not received.endswith(b"\n"):
        _wait(connection.fileno(), ended, until)
        try:
            chunk = connection.recv(1 << 16)
        except ConnectionError:
            chunk = b""
        if not chunk:
            raise LeaseLost("ended before it was ready")
        received += chunk
    connection.settimeout(_ANSWER_WITHIN)
    hello: dict[str, Any] = json.loads(received)
    return hello


def _wait(fd: int, ended: int, until: float) -> None:
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    poller.register(ended, select.POLLIN)
    polled = dict(poller.poll(max(0.0, (until - time.monotonic()) * 1000)))
    if fd in polled:
        return
    raise LeaseLost("ended before it was ready" if polled else "did not come up in time")


def _hung_up(connection: socket.socket) -> bool:
    if connection.fileno() < 0:
        return True
    poller = select.poll()
    poller.register(connection, select.POLLRDHUP)
    return bool(poller.poll(0))


class LeasedProcess:
    """A confined child process (``confine``) that says hello on its lease and serves until that ends.

    It has a session of its own, so that Ctrl-C reaches the harness alone, and writes to a log in ``directory``.
    """

    def __init__(
        self,
        directory: Path,
        command: Sequence[str],
        environment: Mapping[str, str],
        lease: Lease | PairLease,
    ) -> None:
        self._log = directory / "log"
        self._command = [sys.executable, "-I", "-S", confine.__file__, *command]
        self._environment = environment
        self._lease = lease
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def lost(self) -> bool:
        """Whether the process has ended."""
        return self._lease.lost

    def open(self) -> dict[str, Any]:
        """Start it and return its hello.

        Raises ``LeaseLost`` with the reason from its log, and ``OSError`` if the command cannot be run.
        """
        # The pipe closes when the process ends, whatever it dies of: something to wait on beside the lease.
        ended, inherited = os.pipe()
        try:
            with self._log.open("wb") as output:
                try:
                    self._process = subprocess.Popen(
                        self._command,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        env=self._environment,
                        pass_fds=(inherited, *self._lease.inherited),
                        start_new_session=True,
                    )
                finally:
                    os.close(inherited)
            return self._lease.accept(_READY_WITHIN, ended)
        except LeaseLost as lost:
            self.close()
            said = cause(self._log.read_text(errors="replace"))
            raise LeaseLost(f"{lost}: {said}" if said else str(lost)) from None
        finally:
            os.close(ended)

    def close(self) -> None:
        """Give up the lease and wait for the end of the process."""
        self._lease.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GONE_WITHIN)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None

    def __repr__(self) -> str:
        return f"<LeasedProcess {self._process.pid if self._process else 'not running'}>"
