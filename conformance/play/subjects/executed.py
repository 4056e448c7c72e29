"""Which functions of a package a role executes: recorded in its process, for ``--changed``.

A function is its file, relative to the directory that the package is in, and the qualified name of the outermost
function (``Socket.connect``, whatever it defines inside). What the package's modules execute while they are imported
counts for every role forked after that.
"""

import contextlib
import json
import os
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

#: The environment variables that switch it on: where roles write what they executed, and the package's directory.
INTO, PACKAGE = "CONFORMANCE_EXECUTED_INTO", "CONFORMANCE_EXECUTED_PACKAGE"


class Recorder:
    """Records in this process and those forked from it. ``into`` is the directory of the roles' files."""

    def __init__(self, package: Path, into: Path) -> None:
        self._into = into
        self._base = str(package.parent) + os.sep
        self._prefix = str(package) + os.sep
        self._seen: set[CodeType] = set()

    @classmethod
    def from_environment(cls) -> "Recorder | None":
        """The one that the environment asks for, if it does; the roles do not see that."""
        into, package = os.environ.pop(INTO, None), os.environ.pop(PACKAGE, None)
        return cls(Path(package), Path(into)) if into and package else None

    def start(self) -> None:
        """Record from now on: by ``sys.monitoring``, or before Python 3.12 by ``sys.settrace``."""
        monitoring: Any = getattr(sys, "monitoring", None)
        if monitoring is None:
            threading.settrace(self._called)
            sys.settrace(self._called)
            return
        tool = next(number for number in range(6) if monitoring.get_tool(number) is None)
        monitoring.use_tool_id(tool, "conformance")
        monitoring.register_callback(tool, monitoring.events.PY_START, lambda code, _: self._started(code))
        monitoring.set_events(tool, monitoring.events.PY_START)

    def begin(self, case: str, role: str) -> Path:
        """Say that a role begins, in its process. What it returns is for ``end``; until then the file is empty."""
        path = self._into / f"{case.replace('/', '.')}+{role}+{os.getpid()}.json"
        path.touch()
        return path

    def end(self, path: Path) -> None:
        """Write what was executed. Raises nothing: a file that stays empty says enough."""
        with contextlib.suppress(OSError):
            path.write_text(json.dumps(sorted(self.functions())), encoding="utf-8")

    def functions(self) -> set[tuple[str, str]]:
        """File and qualified name of each function that was executed."""
        names = (
            (code.co_filename.removeprefix(self._base), code.co_qualname.partition(".<locals>")[0])
            for code in self._seen
        )
        return {(file, name) for file, name in names if not name.rpartition(".")[2].startswith("<")}

    def _started(self, code: CodeType) -> Any:
        if code.co_filename.startswith(self._prefix):
            self._seen.add(code)
        return sys.monitoring.DISABLE  # type: ignore[attr-defined]  # once is enough

    def _called(self, frame: FrameType, event: str, _: Any) -> None:
        if frame.f_code.co_filename.startswith(self._prefix):
            self._seen.add(frame.f_code)
