"""``flakes.json``: the items that have ever raced, with their rates, kept from run to run.

An entry is an item, how many of all its runs since then diverged, and each time it did: when, at which commit of the
project and under which load. A CI machine that carries the file along has the history of its flakes.
"""

import contextlib
import datetime
import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conformance.judge.verdict import Result, Verdict
from conformance.tell.place import write
from conformance.tell.printable import to_json

NAME = "flakes.json"

#: How many occasions of one item are kept, the newest ones.
_KEPT = 100


def record(path: Path, results: Iterable[Result]) -> None:
    """Add the results of one run. Without anything that raced, now or earlier, no file is written.

    A file that cannot be read is set aside as ``flakes.json.unreadable``. Raises ``OSError``.
    """
    items = _read(path)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    for result in results:
        if result.raced is None and (result.name not in items or result.verdict is not Verdict.CONFORMANT):
            continue
        item = items.setdefault(result.name, {"rate": 0.0, "runs": 0, "diverged": 0, "seen": []})
        item["runs"] += 1 if result.raced is None else result.raced.runs
        if result.raced is not None:
            item["diverged"] += result.raced.diverged
            seen = {
                "at": now,
                "commit": commit(),
                "load": result.raced.load,
                "runs": result.raced.runs,
                "difference": result.raced.difference.message,
            }
            item["seen"] = [*item["seen"], seen][-_KEPT:]
        item["rate"] = round(item["diverged"] / item["runs"], 6)
    if items:
        flakes = [{"id": name, **item} for name, item in sorted(items.items())]
        write(path, to_json({"format": 1, "flakes": flakes}) + "\n")


def commit() -> str | None:
    """The commit that is checked out in the working directory, with ``-dirty`` behind it if files were changed."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        return done.stdout.strip() or None
    return None


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        flakes = json.loads(path.read_text(encoding="utf-8"))["flakes"]
        return {
            one["id"]: {
                "rate": float(one["rate"]),
                "runs": int(one["runs"]),
                "diverged": int(one["diverged"]),
                "seen": list(one["seen"]),
            }
            for one in flakes
        }
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        path.rename(path.with_name(f"{path.name}.unreadable"))
        return {}
