"""``results.jsonl``: every result of a run, written as it comes, so that no way of ending loses it.

The first line says what is run: the selection, the reference and the subject. Each further line is one result and
the digest of its case. ``--resume`` reads it. A run that has written its reports ends it with ``{"done": true}``.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.errors import writing
from conformance.judge.session import Sides
from conformance.judge.verdict import KnownDivergence, Result
from conformance.language.case import Case
from conformance.tell.place import Reserve, last, unfinished
from conformance.tell.shard import Shard

NAME = "results.jsonl"

#: Goes up when the form of the file changes.
FORMAT = 3

# What one case takes in the journal and in the reports, traces apart, with room to spare; and what a run takes anyway.
_PER_CASE, _AT_LEAST = 8192, 1 << 18


@dataclass(frozen=True)
class Selection:
    """What was asked for on the command line. ``narrowed`` are the words of further options that leave items out."""

    cases: tuple[str, ...] = ()
    keywords: str = ""
    pairing: str | None = None
    narrowed: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        return not (self.cases or self.keywords.split() or self.pairing or self.narrowed)


@dataclass(frozen=True)
class Head:
    """What a run is: what was asked for, who is compared, and the names of its items in order.

    ``options`` are the words of the command line that play an item as this run does, ``known`` the accepted deviations.
    ``shard`` is there if the run is a part of another one.
    """

    selection: Selection
    sides: Sides
    items: tuple[str, ...]
    options: tuple[str, ...] = ()
    known: tuple[KnownDivergence, ...] = ()
    shard: Shard | None = None

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data, for ``from_json``."""
        return {
            "selection": asdict(self.selection),
            "sides": self.sides.to_json(),
            "items": self.items,
            "options": self.options,
            "known": [{**asdict(entry), "file": str(entry.file)} for entry in self.known],
            "shard": None if self.shard is None else self.shard.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Head":
        """The inverse of ``to_json``. Raises ``KeyError`` or ``TypeError`` for anything else."""
        selected = data["selection"]
        lists = {name: tuple(selected[name]) for name in ("cases", "narrowed")}
        return cls(
            Selection(**{**selected, **lists}),
            Sides.from_json(data["sides"]),
            tuple(data["items"]),
            tuple(data["options"]),
            tuple(map(_entry, data["known"])),
            None if data["shard"] is None else Shard(**data["shard"]),
        )


@dataclass(frozen=True)
class Run:
    """What a journal says of a run: what it is, and what was judged, with the digest of each item's case.

    ``is_done`` is whether the run judged all of its items and wrote its reports.
    """

    head: Head
    is_done: bool
    results: Mapping[str, Result]
    digests: Mapping[str, str]

    def taken_over(self, cases: Sequence[Case]) -> dict[str, Result]:
        """The results, by item name, of those cases that are still the same."""
        current = {case.id: digest(case) for case in cases}
        return {
            name: result
            for name, result in self.results.items()
            if current.get(result.id) == self.digests[name]
        }


class Journal:
    """The journal of a run that begins, with room for its results and reports reserved. Raises ``OutputError``."""

    def __init__(
        self, directory: Path, head: Head, cases: Sequence[Case], finished: Mapping[str, Result]
    ) -> None:
        self.path = directory / NAME
        self._directory = directory
        self._cases = {case.id: case for case in cases}
        self._written: set[str] = set()
        self._reserve = Reserve(directory, _AT_LEAST + _PER_CASE * len(cases))
        new = directory / f".{NAME}"
        with writing(directory):
            self._fd = os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o644)
            self._append({"format": FORMAT, **head.to_json()})
            for result in finished.values():
                self.add(result)
            self._reserve.take()
            new.rename(self.path)  # not before it holds all that the one of the interrupted run held

    @property
    def kept(self) -> int:
        """How many results it holds."""
        return len(self._written)

    def add(self, result: Result) -> None:
        """Keep one result, if it is not kept yet. Raises ``OutputError``."""
        if result.name not in self._written:
            with writing(self._directory):
                self._append({"case": digest(self._cases[result.id]), "result": result.to_json()})
            self._written.add(result.name)

    def release(self) -> None:
        """Give the reserved room back: what comes now are the reports."""
        self._reserve.release()

    def done(self) -> None:
        """The reports are written: there is nothing left to resume. Raises ``OutputError``."""
        with writing(self._directory):
            self._append({"done": True})

    def close(self) -> None:
        self.release()
        os.close(self._fd)

    def _append(self, line: Mapping[str, Any]) -> None:
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        start = os.lseek(self._fd, 0, os.SEEK_CUR)
        written = 0
        try:
            while written < len(data):
                written += os.write(self._fd, data[written:])
        except OSError:
            os.ftruncate(self._fd, start)
            os.lseek(self._fd, start, os.SEEK_SET)
            raise


def interrupted(output: Path, selection: Selection) -> Run | None:
    """The newest run under ``output`` that has not written its reports, or None.

    Only one of that selection counts, any one if ``selection`` leaves nothing out.
    """
    unfinished_ones = (run for run in runs(output) if not run.is_done)
    return next((run for run in unfinished_ones if selection.is_whole or run.head.selection == selection), None)


def runs(output: Path) -> list[Run]:
    """All runs that have left a journal under ``output``, the newest first."""
    found = []
    for directory in (output, last(output), unfinished(output)):
        path = directory / NAME
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            found.append((path.stat().st_mtime_ns, read(path)))
    return [run for _, run in sorted(found, key=lambda one: one[0], reverse=True)]


def read(path: Path) -> Run:
    """What the journal holds. Raises ``OSError``, ``ValueError``, ``KeyError`` or ``TypeError`` for anything else."""
    first, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    header = json.loads(first)
    if header["format"] != FORMAT:
        raise ValueError(f"{path} is of another version of the harness")
    is_done = False
    results: dict[str, Result] = {}
    digests: dict[str, str] = {}
    for line in lines:
        try:
            data = json.loads(line)
        except ValueError:  # the line that a killed harness or a full disk cut off
            continue
        if data.get("done"):
            is_done = True
            continue
        result = Result.from_json(data["result"])
        results[result.name], digests[result.name] = result, data["case"]
    return Run(Head.from_json(header), is_done, results, digests)


def _entry(data: Mapping[str, Any]) -> KnownDivergence:
    return KnownDivergence(**{**data, "category": tuple(data["category"]), "file": Path(data["file"])})


@cache
def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(case: Case) -> str:
    """What a case is made of; with another one its result no longer holds."""
    parts = [_file_digest(case.file), dict(case.programs), case.exact_chunks]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
