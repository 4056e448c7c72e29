"""``map.json``: which functions of the subject's package each case executes, recorded by ``run --map``.

Kept from run to run under the output. A case of which a role did not end by itself is not in it.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from conformance.language.case import Case
from conformance.tell.place import write

NAME = "map.json"

_FORMAT = 1

#: File, relative to the directory that the package is in, and qualified name.
Function = tuple[str, str]


def read(path: Path) -> dict[str, frozenset[Function]]:
    """The functions of each case, by its id; nothing where there is no map, or not a readable one."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != _FORMAT:
            return {}
        known: list[Function] = [(file, name) for file, name in data["functions"]]
        return {case: frozenset(known[number] for number in numbers) for case, numbers in data["cases"].items()}
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return {}


def record(path: Path, executed: Path, cases: Iterable[Case]) -> int:
    """Add what the roles of these cases have left in ``executed`` (see ``play/subjects/executed.py``); how many cases
    that makes known. Raises ``OSError``."""
    found = {case.id: functions for case in cases if (functions := _of(case, executed)) is not None}
    if found:
        _write(path, {**read(path), **found})
    return len(found)


def _of(case: Case, executed: Path) -> frozenset[Function] | None:
    """What all roles of a case executed together, None if that is not known of each."""
    functions: set[Function] = set()
    for role in case.roles:
        files = list(executed.glob(f"{case.id.replace('/', '.')}+{role.name}+*.json"))
        texts = [file.read_text(encoding="utf-8") for file in files]
        if not all(texts) or not texts:
            return None
        functions.update((file, name) for text in texts for file, name in json.loads(text))
    return frozenset(functions)


def _write(path: Path, cases: Mapping[str, frozenset[Function]]) -> None:
    known = sorted({function for functions in cases.values() for function in functions})
    numbers = {function: number for number, function in enumerate(known)}
    told = {case: sorted(numbers[one] for one in functions) for case, functions in sorted(cases.items())}
    data = {"format": _FORMAT, "functions": known, "cases": told}
    write(path, json.dumps(data, separators=(",", ":")) + "\n")
