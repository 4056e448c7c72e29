"""Reference traces kept from run to run, by everything that could change them.

Only reference runs that were in order are kept: one file per case and key, with every run that was made.
The key covers the case file, the generated programs, Node's version and where it comes from, both sides of
the harness, and the kernel.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from conformance.language.case import Case
from conformance.play.runner import Fault, PairingTrace

#: Goes up when the meaning of a kept file changes.
FORMAT = 1

#: How many versions of a case's runs are kept: one per Node version and provider in use, and the last edits.
KEPT = 8

_PACKAGE = Path(__file__).parents[1]
_FIXTURES = _PACKAGE.parent / "node_fixtures"
_HARNESS = ("play/kernel.py", "play/raw.py", "play/runner.py", "play/trace.py", "scenery.py")


class TraceCache:
    """A directory of reference runs. A file that cannot be read counts as absent, one that cannot be
    written is not kept.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def load(self, case: Case, reference: Mapping[str, Any]) -> list[PairingTrace]:
        """All kept runs of the case, none if there are none."""
        try:
            data = json.loads(self._path(case, reference).read_text(encoding="utf-8"))
            return [trace_from_json(run) for run in data["runs"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def store(self, case: Case, reference: Mapping[str, Any], runs: Iterable[PairingTrace]) -> None:
        """Keep these runs in place of what was kept."""
        path = self._path(case, reference)
        text = json.dumps({"case": case.id, "runs": [dataclasses.asdict(run) for run in runs]})
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            fd, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".json")
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, path)
            kept = sorted(path.parent.glob(f"{_stem(case)}-*.json"), key=lambda file: file.stat().st_mtime)
            for old in kept[:-KEPT]:
                old.unlink(missing_ok=True)

    def _path(self, case: Case, reference: Mapping[str, Any]) -> Path:
        described = {key: reference.get(key) for key in ("name", "version", "libuv", "provider", "image")}
        parts = [
            FORMAT,
            case.id,
            _digest(case.file),
            dict(case.programs),
            described,
            _harness(),
            platform.release(),
        ]
        key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]
        return self.directory / f"{_stem(case)}-{key}.json"


def trace_from_json(data: Mapping[str, Any]) -> PairingTrace:
    """The inverse of ``dataclasses.asdict``. Raises ``TypeError`` on anything else."""
    return PairingTrace(**{**data, "faults": [Fault(**fault) for fault in data["faults"]]})


def _stem(case: Case) -> str:
    return case.id.replace("/", ".")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _harness() -> str:
    files = [*(_PACKAGE / name for name in _HARNESS), *sorted(_FIXTURES.glob("*.js*"))]
    return hashlib.sha256("".join(map(_digest, files)).encode()).hexdigest()
