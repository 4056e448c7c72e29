"""A runtime whose binary npm has as a subject: in a container or as a local process, one fresh process per role.

This file chooses the provider; ``container`` and ``local`` start the supervisor, ``supervised`` speaks with it,
``binaries`` knows the versions.
"""

from pathlib import Path
from typing import Any

from conformance.play.subjects import binaries
from conformance.play.subjects.base import Description, ReferenceUnavailable
from conformance.play.subjects.container import PROGRAMS, DockerProvider, docker_trouble
from conformance.play.subjects.local import LocalProvider
from conformance.play.subjects.runtimes import NODE, Runtime
from conformance.play.subjects.supervised import POOL, Launch, SupervisedSubject


class PackagedSubject(SupervisedSubject):
    """One version of a runtime.

    ``provider`` is "docker", "local" or None for docker where it answers; no ``version`` is the runtime's default.
    Raises ``ReferenceUnavailable`` if npm has no such version.
    """

    def __init__(
        self, runtime: Runtime, provider: str | None = None, version: str | None = None, pool: int = POOL
    ) -> None:
        super().__init__(runtime.name, pool)
        self._runtime = runtime
        self._wanted = provider
        self._version = binaries.resolve(version or runtime.default, runtime)
        self._note: str | None = None

    def describe(self) -> Description:
        if self._provider is None:
            return {"name": self._runtime.name, "version": self._version}
        return {
            "name": self._runtime.name,
            "version": self._version,
            "libuv": None,
            "provider": self._provider.provider,
            "image": self._provider.image,
            "note": self._note,
        }

    def _open_provider(self, run_dir: Path, directory: Path) -> dict[str, Any]:
        for name, content in self._runtime.files.items():
            (directory / name).write_text(content)
        if self._wanted != "local":
            trouble = docker_trouble()
            try:
                if trouble is None:
                    self._write_launch(f"{PROGRAMS}/{self._runtime.name}", directory)
                    self._provider = DockerProvider(self._version, self._runtime)
                    return self._provider.open(run_dir, directory)
            except ReferenceUnavailable as unavailable:
                self._close()
                trouble = str(unavailable)
            if self._wanted == "docker":
                raise ReferenceUnavailable(f"Docker was asked for and cannot be used: {trouble}")
            self._note = f"{self._runtime.title} runs as a local process, not in a container: {trouble}"
        program = binaries.obtain(self._version, self._runtime)
        self._write_launch(str(program), directory)
        self._provider = LocalProvider(program if self._runtime is NODE else binaries.obtain(NODE.default))
        return self._provider.open(run_dir, directory)

    def _write_launch(self, program: str, directory: Path) -> None:
        Launch(
            [program, *self._runtime.arguments, str(directory / "stage.js")],
            self._runtime.trace_fd,
            self._runtime.environment,
            trusted=self._runtime is NODE,
        ).write(directory, self._pool)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self._version} {self._provider or self._wanted or 'not open'}>"
