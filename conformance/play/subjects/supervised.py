"""Subjects whose roles a supervisor hands to fresh processes: Node itself, and everything else that is a program.

``node_fixtures/supervisor.js`` is the supervisor. Node runs it, in a container or as a local process (``Provider``),
and it starts the processes of the roles by the command in ``Launch``. This file makes its directory and speaks with it.
"""

import json
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from conformance.language.case import Case, Role
from conformance.language.export import stage
from conformance.play.subjects.base import (
    Openable,
    ReferenceUnavailable,
    RoleStartError,
    StreamRole,
    role_command,
)

SUPERVISOR = Path(__file__).parents[3] / "node_fixtures" / "supervisor.js"

#: How many processes wait ready for a role, and how many at most are being started at once.
POOL = min(16, max(4, os.cpu_count() or 4))


#: How long a process may take until it is ready, in milliseconds. If the first ones of a runtime all need longer, no
#: further one is started.
READY_WITHIN_MS = 30_000


@dataclass(frozen=True)
class Launch:
    """How the supervisor starts a role's process.

    ``command`` is the program and its arguments, ``environment`` what is added to ``PATH``, ``directory`` where it
    starts. It writes its trace to descriptor ``trace_fd`` (3, or 1), and its first line, an empty one, within
    ``READY_WITHIN_MS``. If a ``trusted`` process ends before it has said anything, that is the machine's fault and not
    how the role ended.
    """

    command: Sequence[str]
    trace_fd: int = 3
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = "/"
    trusted: bool = False

    def write(self, directory: Path, pool: int) -> None:
        """Put it beside the supervisor in ``directory``; ``pool`` processes wait ready."""
        (directory / "launch.json").write_text(
            json.dumps(asdict(self) | {"pool": pool, "ready_within_ms": READY_WITHIN_MS})
        )


class Provider(Protocol):
    """What starts and ends a supervisor."""

    provider: str
    image: str | None

    @property
    def lost(self) -> bool:
        """Whether the supervisor has ended."""
        ...

    def open(self, run_dir: Path, directory: Path) -> dict[str, Any]:
        """Start the supervisor in ``directory``, its sockets in ``directory/io``, and return its hello.

        Raises ``ReferenceUnavailable``.
        """
        ...

    def close(self) -> None:
        """End it, and wait until it is gone."""
        ...


class SupervisedSubject(Openable):
    """A subject behind a supervisor. ``pool`` of its processes wait ready."""

    def __init__(self, name: str, pool: int = POOL) -> None:
        self.name = name
        self._pool = pool
        self._provider: Provider | None = None
        self._hello: dict[str, Any] = {}
        self._run_dir: Path | None = None
        self._directory = Path()
        self._roles = -1
        self._lock = threading.Lock()

    def open(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._directory = Path(tempfile.mkdtemp(prefix="n-", dir=run_dir))
        (self._directory / "io").mkdir()
        shutil.copy(SUPERVISOR, self._directory)
        (self._directory / "stage.js").write_text(stage(), encoding="utf-8")
        self._hello = self._open_provider(run_dir, self._directory)
        # Before the first role runs: one that can write there could put a link to any socket in its place.
        self._roles = os.open(self._directory / "io" / "roles.sock", os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)

    def close(self) -> None:
        with self._lock:
            self._run_dir = None
            self._close()

    def start(
        self, case: Case, role: Role, values: Mapping[str, Any], deadline_ms: int, path_dir: Path
    ) -> StreamRole:
        command = role_command(case, role, values, deadline_ms, path_dir)
        command["program"] = case.programs[role.name]  # the role in JavaScript
        with self._lock:
            self._revive()
            return connect(f"/proc/self/fd/{self._roles}", command)

    def _open_provider(self, run_dir: Path, directory: Path) -> dict[str, Any]:
        """Write the ``Launch``, start a supervisor as ``self._provider`` and return its hello.

        Raises ``ReferenceUnavailable``.
        """
        raise NotImplementedError

    def _close(self) -> None:
        if self._provider is not None:
            self._provider.close()
            self._provider = None
        if self._roles >= 0:
            os.close(self._roles)
            self._roles = -1

    def _revive(self) -> None:
        """Start a supervisor that has died anew. Raises ``RoleStartError``."""
        if self._run_dir is None:
            raise RoleStartError(f"{self.name} is closed")
        if self._provider is None or self._provider.lost:
            self._close()
            try:
                self.open(self._run_dir)
            except ReferenceUnavailable as unavailable:
                raise RoleStartError(str(unavailable)) from None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self._provider or 'not open'}>"


def connect(path: str, command: Mapping[str, Any]) -> StreamRole:
    """One role at a supervisor. Raises ``RoleStartError``."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(5.0)
        connection.connect(path)
        return StreamRole(connection, command)
    except OSError as error:
        connection.close()
        raise RoleStartError(f"the supervisor does not answer: {error.strerror or error}") from None
