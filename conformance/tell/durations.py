"""``durations.json``: how many seconds each item took when it last ran, kept from run to run.

Shards are balanced by it. A CI machine that carries the file along has shards of equal length.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from conformance.judge.verdict import Result
from conformance.tell.place import write

NAME = "durations.json"

_FORMAT = 1


def read(path: Path) -> dict[str, float]:
    """The seconds of each item, by its name; nothing where there is no file, or not a readable one."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != _FORMAT:
            return {}
        return {str(name): float(seconds) for name, seconds in data["seconds"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def record(path: Path, results: Iterable[Result]) -> None:
    """Add what the items of one run took. Raises ``OSError``."""
    took = {result.name: result.duration_s for result in results if result.duration_s}
    if took:
        _write(path, {**read(path), **took})


def _write(path: Path, seconds: Mapping[str, float]) -> None:
    data = {"format": _FORMAT, "seconds": dict(sorted(seconds.items()))}
    write(path, json.dumps(data, indent=0) + "\n")
