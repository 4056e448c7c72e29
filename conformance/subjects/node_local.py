"""Node as a plain process beside the harness: the provider where there is no container engine."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from conformance.subjects import confine
from conformance.subjects.base import ReferenceUnavailable
from conformance.subjects.rundir import Lease, LeaseLost

_READY_WITHIN = 20.0  # seconds; a warm start takes 0.1
_GONE_WITHIN = 5.0


class LocalNode:
    """The supervisor as a child process, in a session of its own so that Ctrl-C reaches the harness alone."""

    provider = "local"
    image: str | None = None

    def __init__(self, binary: Path) -> None:
        self.binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        self._lease: Lease | None = None

    def open(self, run_dir: Path, directory: Path, pool: int) -> dict[str, Any]:
        """Start the supervisor found in ``directory`` and return its hello.

        Raises ``ReferenceUnavailable``.
        """
        self._lease = Lease(directory / "lease.sock")
        log = directory / "supervisor.log"
        # The pipe closes when the process ends, whatever it dies of: something to wait on beside the lease.
        ended, inherited = os.pipe()
        confined = [sys.executable, "-I", "-S", confine.__file__]
        command = [*confined, str(self.binary), str(directory / "supervisor.js"), str(directory), str(pool)]
        try:
            with log.open("wb") as output:
                try:
                    self._process = subprocess.Popen(
                        command,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        env={"PATH": os.defpath},
                        cwd="/",
                        pass_fds=(inherited,),
                        start_new_session=True,
                    )
                except OSError as error:
                    raise ReferenceUnavailable(f"{self.binary} cannot be run: {error.strerror}") from None
                finally:
                    os.close(inherited)
            try:
                return self._lease.accept(_READY_WITHIN, ended)
            except LeaseLost as lost:
                said = log.read_text(errors="replace").strip().splitlines()
                raise ReferenceUnavailable(
                    f"the local Node ({self.binary}) {lost}{': ' + said[-1] if said else ''}"
                ) from None
        finally:
            os.close(ended)

    def close(self) -> None:
        """End the supervisor and with it every role."""
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
        return f"<LocalNode {self.binary}>"
