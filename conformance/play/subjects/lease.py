"""Leases: how a supervisor, a forkserver and a container are kept from outliving the harness.

The harness listens on a unix socket, the other end connects and must end when the connection does. The kernel closes it
with the harness, however that ends, SIGKILL included.
"""

import contextlib
import json
import os
import select
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_READY_WITHIN = 30.0  # seconds; a warm start takes a tenth of one
_GONE_WITHIN = 5.0


class LeaseLost(Exception):
    """The other end ended, or never came. ``str()`` says which."""


class Lease:
    """A unix socket that the supervisor or forkserver connects to, and that it must not outlive.

    The kernel closes it with this process, however that ends. ``accept`` waits for the first line, the hello.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._connection: socket.socket | None = None

    def accept(self, timeout: float, ended: int) -> dict[str, Any]:
        """The hello.

        Raises ``LeaseLost`` after ``timeout`` seconds, or when the descriptor ``ended`` is readable.
        """
        until = time.monotonic() + timeout
        self._wait(self._listener.fileno(), ended, until)
        self._connection, _ = self._listener.accept()
        self._listener.close()
        received = b""
        while not received.endswith(b"\n"):
            self._wait(self._connection.fileno(), ended, until)
            chunk = self._connection.recv(1 << 16)
            if not chunk:
                raise LeaseLost("ended before it was ready")
            received += chunk
        hello: dict[str, Any] = json.loads(received)
        return hello

    def close(self) -> None:
        """Give the lease up: the other end ends."""
        self._listener.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._path.unlink(missing_ok=True)

    @staticmethod
    def _wait(fd: int, ended: int, until: float) -> None:
        poller = select.poll()
        poller.register(fd, select.POLLIN)
        poller.register(ended, select.POLLIN)
        polled = dict(poller.poll(max(0.0, (until - time.monotonic()) * 1000)))
        if fd in polled:
            return
        raise LeaseLost("ended before it was ready" if polled else "did not come up in time")


class LeasedProcess:
    """A child process that connects to ``directory/lease.sock`` and serves until that ends.

    It has a session of its own, so that Ctrl-C reaches the harness alone, and writes to a log in ``directory``.
    """

    def __init__(self, directory: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._command = command
        self._environment = environment
        self._lease: Lease | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> dict[str, Any]:
        """Start it and return its hello.

        Raises ``LeaseLost`` with the last line of its log, and ``OSError`` if the command cannot be run.
        """
        self._lease = Lease(self._directory / "lease.sock")
        log = self._directory / "log"
        # The pipe closes when the process ends, whatever it dies of: something to wait on beside the lease.
        ended, inherited = os.pipe()
        try:
            with log.open("wb") as output:
                try:
                    self._process = subprocess.Popen(
                        self._command,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        env=self._environment,
                        pass_fds=(inherited,),
                        start_new_session=True,
                    )
                finally:
                    os.close(inherited)
            return self._lease.accept(_READY_WITHIN, ended)
        except LeaseLost as lost:
            said = log.read_text(errors="replace").strip().splitlines()
            raise LeaseLost(f"{lost}: {said[-1]}" if said else str(lost)) from None
        finally:
            os.close(ended)

    def close(self) -> None:
        """Give up the lease and wait for the end of the process."""
        if self._lease is not None:
            self._lease.close()
            self._lease = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GONE_WITHIN)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None

    def __repr__(self) -> str:
        return f"<LeasedProcess {self._process.pid if self._process else 'not running'}>"
