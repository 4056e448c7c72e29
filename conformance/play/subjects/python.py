"""nodesock, or any implementation that a Python stage can play, as a subject: one forked process per role.

``forkserver`` is the warm parent; this is the harness's end of it.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.language.case import Case, Role
from conformance.play.subjects.base import Description, Openable, StreamRole, SubjectUnavailable
from conformance.play.subjects.lease import LeasedProcess, LeaseLost
from conformance.play.subjects.node import connect


class PythonSubject(Openable):
    """``stage`` is ``module:function`` and plays roles (see ``forkserver.Stage``); ``name`` stands for it
    in pairings.

    Another implementation of the same API can be compared by a stage of its own, and a deliberately wrong one
    by a stage that changes something and then calls nodesock's. ``sys.path`` of the forked processes is this
    process's.
    """

    def __init__(self, name: str = "python", stage: str = "conformance.play.stage:run_role") -> None:
        self.name = name
        self._stage = stage
        self._process: LeasedProcess | None = None
        self._hello: dict[str, Any] = {"versions": {}}
        self._socket = ""

    def open(self, run_dir: Path) -> None:
        directory = Path(tempfile.mkdtemp(prefix="y-", dir=run_dir))
        self._socket = str(directory / "roles.sock")
        command = [sys.executable, "-m", "conformance.play.subjects.forkserver", str(directory), self._stage]
        self._process = LeasedProcess(directory, command, _environment())
        try:
            self._hello = self._process.open()
        except LeaseLost as lost:
            raise SubjectUnavailable(f"{self.name} cannot be run: its process {lost}") from None

    def close(self) -> None:
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
        command = {
            "role": role.name,
            "program": case.python_program,
            "values": dict(values),
            "deadline_ms": deadline_ms,
            "path_dir": str(path_dir),
        }
        return connect(self._socket, command)

    def __repr__(self) -> str:
        return f"<PythonSubject {self.name} {'open' if self._process else 'not open'}>"


def _environment() -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "PYTHONUNBUFFERED": "1",
    }
