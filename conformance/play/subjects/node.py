"""The reference: real Node.js, in a container or as a local process, one fresh process per role.

This file chooses the provider; ``container`` and ``local`` start the supervisor, ``supervised`` speaks with it,
``binaries`` knows the versions.
"""

from pathlib import Path
from typing import Any

from conformance.play.subjects import binaries
from conformance.play.subjects.base import Description, ReferenceUnavailable
from conformance.play.subjects.container import IN_CONTAINER, DockerNode, docker_trouble
from conformance.play.subjects.local import LocalNode
from conformance.play.subjects.supervised import POOL, Launch, SupervisedSubject


class NodeSubject(SupervisedSubject):
    """Node.js of one version.

    ``provider`` is "docker", "local" or None for docker where it answers; no ``version`` is the reference's. ``name``
    stands for it in pairings.
    """

    def __init__(
        self, provider: str | None = None, version: str | None = None, pool: int = POOL, name: str = "node"
    ) -> None:
        super().__init__(name, pool)
        self._wanted = provider
        self._version = binaries.resolve(version or binaries.DEFAULT_VERSION)
        self._note: str | None = None

    def open(self, run_dir: Path) -> None:
        super().open(run_dir)
        version = self._hello["versions"]["node"]
        if version != self._version:
            raise ReferenceUnavailable(
                f"asked for Node {self._version}, {self._provider!r} runs Node {version}"
            )

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

    def _open_provider(self, run_dir: Path, directory: Path) -> dict[str, Any]:
        if self._wanted != "local":
            trouble = docker_trouble()
            try:
                if trouble is None:
                    self._write_launch(IN_CONTAINER, directory)
                    self._provider = DockerNode(self._version)
                    return self._provider.open(run_dir, directory)
            except ReferenceUnavailable as unavailable:
                self._close()
                trouble = str(unavailable)
            if self._wanted == "docker":
                raise ReferenceUnavailable(f"Docker was asked for and cannot be used: {trouble}")
            self._note = f"Node runs as a local process, not in a container: {trouble}"
        binary = binaries.obtain(self._version)
        self._write_launch(str(binary), directory)
        self._provider = LocalNode(binary)
        return self._provider.open(run_dir, directory)

    def _write_launch(self, node: str, directory: Path) -> None:
        Launch([node, str(directory / "stage.js")], trusted=True).write(directory, self._pool)

    def __repr__(self) -> str:
        return f"<NodeSubject {self._version} {self._provider or self._wanted or 'not open'}>"
