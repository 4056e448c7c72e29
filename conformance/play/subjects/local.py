"""The supervisor as a plain process beside the harness: the provider where there is no container engine."""

import os
from pathlib import Path
from typing import Any

from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.lease import Lease, LeasedProcess, LeaseLost


class LocalProvider:
    """The supervisor as a child process, run by the Node ``binary`` and confined as a container would confine it."""

    provider = "local"
    image: str | None = None

    def __init__(self, binary: Path) -> None:
        self.binary = binary
        self._process: LeasedProcess | None = None

    @property
    def lost(self) -> bool:
        """Whether the supervisor has ended."""
        return self._process is None or self._process.lost

    def open(self, run_dir: Path, directory: Path) -> dict[str, Any]:
        """Start the supervisor found in ``directory`` and return its hello.

        Raises ``ReferenceUnavailable``.
        """
        sockets = directory / "io"
        command = [str(self.binary), str(directory / "supervisor.js"), str(sockets)]
        lease = Lease(sockets / "lease.sock")
        self._process = LeasedProcess(directory, command, {"PATH": os.defpath}, lease)
        try:
            return self._process.open()
        except LeaseLost as lost:
            raise ReferenceUnavailable(f"the local Node ({self.binary}) {lost}") from None

    def close(self) -> None:
        """End the supervisor and with it every role."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def __repr__(self) -> str:
        return f"<LocalProvider {self.binary}>"
