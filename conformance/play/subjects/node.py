"""The reference: real Node.js, in a container or as a local process, one fresh process per role."""

from pathlib import Path

from conformance.play.subjects.base import Description, ReferenceUnavailable
from conformance.play.subjects.packaged import PackagedSubject
from conformance.play.subjects.runtimes import NODE
from conformance.play.subjects.supervised import POOL


class NodeSubject(PackagedSubject):
    """Node.js of one version. Its roles run on the Node that runs the supervisor.

    ``provider`` is "docker", "local" or None for docker where it answers; no ``version`` is the reference's. ``name``
    stands for it in pairings.
    """

    def __init__(
        self, provider: str | None = None, version: str | None = None, pool: int = POOL, name: str = "node"
    ) -> None:
        super().__init__(NODE, provider, version, pool)
        self.name = name

    def open(self, run_dir: Path) -> None:
        super().open(run_dir)
        version = self._hello["versions"]["node"]
        if version != self._version:
            raise ReferenceUnavailable(f"asked for Node {self._version}, {self._provider!r} runs Node {version}")

    def describe(self) -> Description:
        described = super().describe()
        if self._provider is not None:
            described["libuv"] = self._hello["versions"]["uv"]
        return described
