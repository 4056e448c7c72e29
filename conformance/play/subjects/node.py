"""The reference: real Node.js, in a container or as a local process, one fresh process per role.

This file chooses the provider and speaks to the supervisor; ``node_docker`` and ``node_local`` start it,
``node_binary`` knows the versions.
"""

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from conformance.language.case import Case, Role
from conformance.play.subjects import node_binary
from conformance.play.subjects.base import (
    Description,
    Openable,
    ReferenceUnavailable,
    RoleStartError,
    StreamRole,
)
from conformance.play.subjects.node_docker import DockerNode, docker_trouble
from conformance.play.subjects.node_local import LocalNode

FIXTURES = Path(__file__).parents[3] / "node_fixtures"

#: How many Node processes wait ready, and how many at most are being started at once.
POOL = min(16, max(4, os.cpu_count() or 4))


class Provider(Protocol):
    """What starts and ends a supervisor."""

    provider: str
    image: str | None

    @property
    def lost(self) -> bool:
        """Whether the supervisor has ended."""
        ...

    def open(self, run_dir: Path, directory: Path, pool: int) -> dict[str, Any]:
        """Start the supervisor in ``directory``, its sockets in ``directory/io``, and return its hello.

        Raises ``ReferenceUnavailable``.
        """
        ...

    def close(self) -> None:
        """End it, and wait until it is gone."""
        ...


class NodeSubject(Openable):
    """Node.js of one version.

    ``provider`` is "docker", "local" or None for docker where it answers; no ``version`` is the reference's. ``name``
    stands for it in pairings.
    """

    def __init__(
        self, provider: str | None = None, version: str | None = None, pool: int = POOL, name: str = "node"
    ) -> None:
        self.name = name
        self._wanted = provider
        self._version = node_binary.resolve(version or node_binary.DEFAULT_VERSION)
        self._pool = pool
        self._provider: Provider | None = None
        self._hello: dict[str, Any] = {}
        self._run_dir: Path | None = None
        self._directory = Path()
        self._roles = -1
        self._note: str | None = None
        self._lock = threading.Lock()

    def open(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._directory = Path(tempfile.mkdtemp(prefix="n-", dir=run_dir))
        (self._directory / "io").mkdir()
        for fixture in FIXTURES.iterdir():
            if fixture.suffix in (".js", ".json"):
                shutil.copy(fixture, self._directory)
        self._hello = self._open_provider(run_dir, self._directory)
        # Before the first role runs: one that can write there could put a link to any socket in its place.
        self._roles = os.open(self._directory / "io" / "roles.sock", os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        version = self._hello["versions"]["node"]
        if version != self._version:
            raise ReferenceUnavailable(
                f"asked for Node {self._version}, {self._provider!r} runs Node {version}"
            )

    def close(self) -> None:
        with self._lock:
            self._run_dir = None
            self._close()

    def _close(self) -> None:
        if self._provider is not None:
            self._provider.close()
            self._provider = None
        if self._roles >= 0:
            os.close(self._roles)
            self._roles = -1

    def describe(self) -> Description:
        if self._provider is None:
            return {"name": "node", "version": self._version}
        return {
            "name": "node",
            "version": self._hello["versions"]["node"],
            "libuv": self._hello["versions"]["uv"],
            "provider": self._provider.provider,
            "image": self._provider.image,
            "note": self._note,
        }

    def start(
        self, case: Case, role: Role, values: Mapping[str, Any], deadline_ms: int, path_dir: Path
    ) -> StreamRole:
        command = {
            "role": role.name,
            "program": case.programs[role.name],
            "values": dict(values),
            "deadline_ms": deadline_ms,
            "path_dir": str(path_dir),
        }
        with self._lock:
            self._revive()
            return connect(f"/proc/self/fd/{self._roles}", command)

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

    def _open_provider(self, run_dir: Path, directory: Path) -> dict[str, Any]:
        if self._wanted != "local":
            trouble = docker_trouble()
            try:
                if trouble is None:
                    self._provider = DockerNode(self._version)
                    return self._provider.open(run_dir, directory, self._pool)
            except ReferenceUnavailable as unavailable:
                self._close()
                trouble = str(unavailable)
            if self._wanted == "docker":
                raise ReferenceUnavailable(f"Docker was asked for and cannot be used: {trouble}")
            self._note = f"Node runs as a local process, not in a container: {trouble}"
        self._provider = LocalNode(node_binary.obtain(self._version))
        return self._provider.open(run_dir, directory, self._pool)

    def __repr__(self) -> str:
        return f"<NodeSubject {self._version} {self._provider or self._wanted or 'not open'}>"


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
