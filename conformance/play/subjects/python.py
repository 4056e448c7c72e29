"""nodesock, or any implementation that a Python stage can play, as a subject: one forked process per role.

``forkserver`` is the warm parent; this is the harness's end of it. Nobody but the harness can reach it: each role is a
socket pair of which one end is handed over the lease, with the case file and the case to play.
"""

import os
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.language.case import Case, Role
from conformance.play.subjects.base import (
    Description,
    Openable,
    RoleStartError,
    StreamRole,
    SubjectUnavailable,
    role_command,
)
from conformance.play.subjects.executed import INTO, PACKAGE
from conformance.play.subjects.lease import LeasedProcess, LeaseLost, PairLease


class PythonSubject(Openable):
    """``stage`` is ``module:function`` and plays roles (see ``forkserver.Stage``); ``name`` stands for it
    in pairings.

    Another implementation of the same API can be compared by a stage of its own, and a deliberately wrong one
    by a stage that changes something and then calls nodesock's. ``sys.path`` of the forked processes is this
    process's. ``executed`` is a directory where each role leaves which functions of ``package``, another directory,
    it executed (see ``executed.py``).
    """

    def __init__(
        self,
        name: str = "python",
        stage: str = "conformance.play.stage:run_role",
        *,
        executed: Path | None = None,
        package: Path | None = None,
    ) -> None:
        self.name = name
        self._recorded = {INTO: str(executed), PACKAGE: str(package)} if executed and package else {}
        self._stage = stage
        self._process: LeasedProcess | None = None
        self._lease: PairLease
        self._hello: dict[str, Any] = {"versions": {}}
        self._run_dir: Path | None = None
        self._lock = threading.Lock()

    def open(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        directory = Path(tempfile.mkdtemp(prefix="y-", dir=run_dir))
        self._lease = PairLease()
        number = str(self._lease.theirs.fileno())
        command = [sys.executable, "-m", "conformance.play.subjects.forkserver", number, self._stage]
        self._process = LeasedProcess(directory, command, {**_environment(), **self._recorded}, self._lease)
        try:
            self._hello = self._process.open()
        except LeaseLost as lost:
            raise SubjectUnavailable(f"{self.name} cannot be run: its process {lost}") from None

    def close(self) -> None:
        with self._lock:
            self._run_dir = None
            if self._process is not None:
                self._process.close()
                self._process = None

    def describe(self) -> Description:
        versions = self._hello["versions"]
        return {
            "name": "nodesock" if "nodesock" in versions else self.name,
            "version": versions.get("nodesock", "unknown"),
            "libuv": versions.get("libuv"),
            "provider": "fork",
            "image": None,
            "python": versions.get("python"),
            "pyuv": versions.get("pyuv"),
        }

    def start(
        self, case: Case, role: Role, values: Mapping[str, Any], deadline_ms: int, path_dir: Path
    ) -> StreamRole:
        return self._play(case, role_command(case, role, values, deadline_ms, path_dir))

    def _play(self, case: Case, command: Mapping[str, Any]) -> StreamRole:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                self._living().send({"file": str(case.file), "case": case.id}, theirs)
            return StreamRole(ours, command)
        except RoleStartError:
            ours.close()
            raise
        except OSError as error:
            ours.close()
            raise RoleStartError(
                f"{self.name}'s process does not answer: {error.strerror or error}"
            ) from None

    def _living(self) -> PairLease:
        """The lease on a forkserver that is there: one that has died is replaced. Raises ``RoleStartError``."""
        with self._lock:
            if self._run_dir is None or self._process is None:
                raise RoleStartError(f"{self.name} is closed")
            if self._lease.lost:
                self._process.close()
                try:
                    self.open(self._run_dir)
                except SubjectUnavailable as unavailable:
                    raise RoleStartError(str(unavailable)) from None
            return self._lease

    def __repr__(self) -> str:
        return f"<PythonSubject {self.name} {'open' if self._process else 'not open'}>"


def _environment() -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "PYTHONUNBUFFERED": "1",
    }
