"""Runs of the reference on disk: one compressed file per case, which says what it was made of.

The cache (``cache.py``) and recordings (``recordings.py``) keep runs in this form. A file holds raw traces, but no path
of the machine it was made on: the directory of the unix sockets is ``<dir>``, which is what ``normalize`` makes of it,
and the run directory is ``<run>``.
"""

import dataclasses
import gzip
import hashlib
import json
import os
import platform
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from conformance.language.case import Case
from conformance.play.runner import Fault, PairingTrace

#: Goes up when the meaning of a stored file changes.
FORMAT = 2

_PACKAGE = Path(__file__).parents[1]
_FIXTURES = _PACKAGE.parent / "node_fixtures"
_HARNESS = ("language/export.py", "play/kernel.py", "play/raw.py", "play/runner.py", "play/trace.py", "scenery.py")


class UnreadableError(Exception):
    """A file that holds no runs. ``str()`` is one line without the file's name."""


@dataclasses.dataclass(frozen=True)
class Stored:
    """What a file holds: the runs, and ``made_of``, by which one sees whether they still hold."""

    made_of: Mapping[str, Any]
    runs: list[PairingTrace]


def made_of(case: Case, reference: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that could change the runs of a case: the form of the file, the case, both sides of the harness, the
    reference as it describes itself, and the kernel."""
    programs = json.dumps(dict(case.programs), sort_keys=True)
    return {
        "format": FORMAT,
        "case": case.id,
        "case_hash": hashlib.sha256(f"{_digest(case.file)}{programs}".encode()).hexdigest(),
        "harness_hash": _harness(),
        "reference": {key: reference.get(key) for key in ("name", "version", "libuv", "provider", "image")},
        "kernel": platform.release(),
    }


def file_name(case: Case, key: str = "") -> str:
    """The name of a case's file; ``key`` tells it from others of the case."""
    return f"{case.id.replace('/', '.')}{key and f'-{key}'}.json.gz"


def write(path: Path, made: Mapping[str, Any], runs: Sequence[PairingTrace]) -> None:
    """Write a file, whole or not at all. Raises ``OSError``."""
    data = {**made, "runs": [_without_paths(run) for run in runs]}
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".json.gz")
    try:
        os.fchmod(fd, 0o644)  # others may use it too
        with os.fdopen(fd, "wb") as file:
            file.write(gzip.compress(json.dumps(data, separators=(",", ":")).encode(), 3, mtime=0))
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def read(path: Path) -> Stored:
    """Read a file. Raises ``OSError``, ``UnreadableError``."""
    try:
        data = json.loads(gzip.decompress(path.read_bytes()))
        return Stored({key: data[key] for key in data if key != "runs"}, list(map(trace_from_json, data["runs"])))
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise UnreadableError("it is cut off or no gzip file") from None
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise UnreadableError(f"it holds no runs: {type(error).__name__}: {error}") from None


def trace_from_json(data: Mapping[str, Any]) -> PairingTrace:
    """The inverse of ``dataclasses.asdict``. Raises ``TypeError`` on anything else."""
    return PairingTrace(**{**data, "faults": [Fault(**fault) for fault in data["faults"]]})


def _without_paths(run: PairingTrace) -> dict[str, Any]:
    """The run as plain data. In arguments and states ``normalize`` will find nothing left to replace; in what a role
    wrote to stderr, which is never compared, there are the paths of the harness's own files as well."""
    data = dataclasses.asdict(run) | {"path_dir": ""}
    if not run.path_dir:
        return data
    run_dir = str(Path(run.path_dir).parents[1])

    def compared(text: str) -> str:
        return text.replace(run.path_dir, "<dir>")

    def told(text: str) -> str:
        return compared(text).replace(run_dir, "<run>")

    for records in data["roles"].values():
        for record in records:
            record["args"], record["state"] = _mapped(record["args"], compared), _mapped(record["state"], compared)
            if record["kind"] == "terminated":
                record["label"], record["state"] = _mapped(record["label"], told), _mapped(record["state"], told)
    data["output"], data["published"] = _mapped(data["output"], told), _mapped(data["published"], told)
    return data


def _mapped(value: Any, text: Any) -> Any:
    """A copy with ``text`` applied to every string, but for the payload that ``normalize`` leaves alone too."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_mapped(item, text) for item in value]
    if isinstance(value, dict) and not ("$bytes" in value or "$string" in value):
        return {key: _mapped(item, text) for key, item in value.items()}
    return value


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _harness() -> str:
    files = [*(_PACKAGE / name for name in _HARNESS), *sorted(_FIXTURES.glob("*.js*"))]
    return hashlib.sha256("".join(map(_digest, files)).encode()).hexdigest()
