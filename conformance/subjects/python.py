"""nodesock, or any implementation that a Python stage can play, as a subject: one forked process per role.

``forkserver`` is the warm parent; this is the harness's end of it.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.case import Case, Role
from conformance.subjects.base import Description, Openable, StreamRole, SubjectUnavailable
from conformance.subjects.node import connect
from conformance.subjects.rundir import Lease, LeaseLost

_READY_WITHIN = 30.0  # seconds; an import of nodesock takes a fraction of one
_GONE_WITHIN = 5.0


class PythonSubject(Openable):
    """``stage`` is ``module:function`` and plays roles (see ``forkserver.Stage``); ``name`` stands for it
    in pairings.

    Another implementation of the same API can be compared by a stage of its own, and a deliberately wrong one
    by a stage that changes something and then calls nodesock's. ``sys.path`` of the forked processes is this
    process's.
    """

    def __init__(self, name: str = "python", stage: str = "conformance.stage:run_role") -> None:
        self.name = name
        self._stage = stage
        self._process: subprocess.Popen[bytes] | None = None
        self._lease: Lease | None = None
        self._hello: dict[str, Any] = {"versions": {}}
        self._socket = ""

    def open(self, run_dir: Path) -> None:
        directory = Path(tempfile.mkdtemp(prefix="y-", dir=run_dir))
        self._socket = str(directory / "roles.sock")
        self._lease = Lease(directory / "lease.sock")
        ended, inherited = os.pipe()  # closes when the process ends: something to wait on beside the lease
        log = directory / "forkserver.log"
        try:
            with log.open("wb") as output:
                try:
                    self._process = subprocess.Popen(
                        [sys.executable, "-m", "conformance.subjects.forkserver", directory, self._stage],
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        env=_environment(),
                        pass_fds=(inherited,),
                        start_new_session=True,  # Ctrl-C is the harness's affair
                    )
                finally:
                    os.close(inherited)
            self._hello = self._lease.accept(_READY_WITHIN, ended)
        except LeaseLost as lost:
            said = log.read_text(errors="replace").strip().splitlines()
            why = f": {said[-1]}" if said else ""
            raise SubjectUnavailable(f"{self.name} cannot be run: its process {lost}{why}") from None
        finally:
            os.close(ended)

    def close(self) -> None:
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
