"""Any program as a subject: a runtime that can run the JavaScript stage, or one that speaks the role protocol itself.

Both are local processes that nothing contains: they have this machine's files, and the environment and working
directory of the harness. Only the capabilities are taken from them, as from every role (``confine``). The pinned Node
runs their supervisor.
"""

import os
import shlex
import shutil
from pathlib import Path
from typing import Any

from conformance.play.subjects import binaries
from conformance.play.subjects.base import Description, SubjectUnavailable
from conformance.play.subjects.local import LocalProvider
from conformance.play.subjects.runtimes import NODE
from conformance.play.subjects.supervised import POOL, Launch, SupervisedSubject


class CommandSubject(SupervisedSubject):
    """A command line, split as a shell splits it. ``with_stage`` puts the path of the JavaScript stage behind it.

    Raises ``ValueError`` for a text that is no command line.
    """

    def __init__(self, name: str, command: str, *, with_stage: bool, pool: int = POOL) -> None:
        super().__init__(name, pool)
        self._words = shlex.split(command)
        if not self._words:
            raise ValueError("no command")
        self._with_stage = with_stage

    def describe(self) -> Description:
        return {
            "name": self.name,
            "version": None,
            "libuv": None,
            "provider": "local",
            "image": None,
            "note": f"{shlex.join(self._words)} runs as a local process that nothing contains",
        }

    def _open_provider(self, run_dir: Path, directory: Path) -> dict[str, Any]:
        program = shutil.which(self._words[0])
        if program is None:
            raise SubjectUnavailable(f"{self.name}: there is no program {self._words[0]}")
        stage = [str(directory / "stage.js")] if self._with_stage else []
        command = [os.path.abspath(program), *self._words[1:], *stage]
        Launch(command, environment=dict(os.environ), directory=os.getcwd()).write(directory, self._pool)
        self._provider = LocalProvider(binaries.obtain(NODE.default))
        return self._provider.open(run_dir, directory)
