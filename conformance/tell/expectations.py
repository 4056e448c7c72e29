"""``--update-expectations``: writes what a run found into the list of known divergences, and leaves the rest as it is.

New entries come last, each for one item, with a reason to fill in. Entries that no longer diverge go, with the comment
right above them; everything else, hand-written reasons and comments, stays letter for letter.
"""

import itertools
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.config import ConfigError
from conformance.judge.causes import signature
from conformance.judge.compare import CATEGORIES
from conformance.judge.verdict import (
    TODO,
    KnownDivergence,
    Outcome,
    Result,
    parse_known_divergences,
)
from conformance.tell.place import write
from conformance.tell.printable import one_line

_HEAD = re.compile(r"\s*\[\[\s*divergence\s*\]\]\s*(#.*)?$")

_BEGINNING = f"""\
# What is known to differ, each with its reason: put one in place of "{TODO}: …". docs/conformance.md has the format.
"""


@dataclass(frozen=True)
class Update:
    """What happened to a file: how many entries it has got, and how many it has lost."""

    file: Path
    added: int
    removed: int

    def __str__(self) -> str:
        return f"{self.file.name}: {self.added} entries added, {self.removed} removed"


def begin(file: Path) -> None:
    """Make the file if there is none. Raises ``ConfigError`` if it cannot be written, or not be updated."""
    try:
        if not file.exists():
            write(file, _BEGINNING)
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror or error}") from None
    edited(text, file, (), ())


def update(file: Path, outcome: Outcome, subjects: Collection[str], known: Sequence[KnownDivergence]) -> Update:
    """Write what the run found of ``subjects`` into ``file``. Raises ``ConfigError`` or ``OSError``."""
    gone = [entry.number for entry in outcome.stale if entry.file == file]
    new = [
        entry
        for result in outcome.results
        if result.subject in subjects and (entry := expected(result, known)) is not None
    ]
    if gone or new:
        write(file.resolve(), edited(file.read_text(encoding="utf-8"), file, gone, new))
    return Update(file, len(new), len(set(gone)))


def expected(result: Result, known: Iterable[KnownDivergence] = ()) -> KnownDivergence | None:
    """The entry that accepts what no known one does in a divergent item; None for any other item."""
    if result.word != "divergent":
        return None
    covering = [entry for entry in known if entry.covers(result)]
    left = [one for one in result.differences if not any(entry.accepts(one) for entry in covering)]
    found = {one.category for one in left}
    categories = tuple(category for category in CATEGORIES if category in found)
    reason = " ".join(one_line(f"{TODO}: {signature(left)}").split())
    return KnownDivergence(result.id, result.pairing, reason, categories)


def edited(text: str, file: Path, gone: Collection[int], new: Sequence[KnownDivergence]) -> str:
    """The text of a list without the entries of those numbers, from 1, and with the new ones at its end.

    Raises ``ConfigError`` where the list is not written as ``[[divergence]]`` tables.
    """
    entries = parse_known_divergences(text, file)
    lines = text.splitlines(keepends=True)
    heads = [place for place, line in enumerate(lines) if _HEAD.match(line)]
    starts = [_with_comment(lines, head) for head in heads]
    left = lines[: starts[0]] if starts else lines
    for number, (start, end) in enumerate(itertools.pairwise([*starts, len(lines)]), 1):
        left += [] if number in gone else lines[start:end]
    result = "".join(left).rstrip("\n") + "\n" if left else ""
    result += "".join(f"\n{_table(entry)}" for entry in new)
    kept = [entry for entry in entries if entry.number not in gone]
    try:
        is_right = len(heads) == len(entries) and [*parse_known_divergences(result, file)] == [*kept, *new]
    except ConfigError:
        is_right = False
    if not is_right:
        raise ConfigError(f"{file}: only a list whose entries are [[divergence]] tables can be updated")
    return result


def _with_comment(lines: Sequence[str], head: int) -> int:
    """Where an entry begins: with the comment right above it, unless that is the beginning of the file."""
    start = head
    while start > 0 and lines[start - 1].startswith("#"):
        start -= 1
    return start if start > 0 else head


def _table(entry: KnownDivergence) -> str:
    values: dict[str, str | Sequence[str]] = {
        "case": entry.case,
        "pairing": entry.pairing,
        "category": entry.category,
        "reason": entry.reason,
    }
    return "[[divergence]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())


def _toml(value: str | Sequence[str]) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
