"""``results.jsonl``: every result of a run, written as it comes, so that no way of ending loses it.

The first line says what is run: the selection, the reference and the subject. Each further line is one result and
the digest of its case. ``--resume`` reads it. A run that has written its reports ends it with ``{"done": true}``.
"""

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
from conformance.judge.verdict import Result
from conformance.language.case import Case
from conformance.tell.place import Reserve, last, unfinished

NAME = "results.jsonl"

#: Goes up when the form of the file changes.
FORMAT = 2

# What one case takes in the journal and in the reports, traces apart, with room to spare; and what a run takes anyway.
_PER_CASE, _AT_LEAST = 8192, 1 << 18


@dataclass(frozen=True)
class Selection:
    """What was asked for on the command line."""

    cases: tuple[str, ...] = ()
    keywords: str = ""
    pairing: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        return not (self.cases or self.keywords.split() or self.pairing)


@dataclass(frozen=True)
class Interrupted:
    """A run that did not write its reports, or not all of them: what it was, and what it had judged."""

    selection: Selection
    sides: Sides
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
        self,
        directory: Path,
        selection: Selection,
        sides: Sides,
        items: Sequence[Case],
        finished: Mapping[str, Result],
    ) -> None:
        self.path = directory / NAME
        self._directory = directory
        self._cases = {case.id: case for case in items}
        self._written: set[str] = set()
        self._reserve = Reserve(directory, _AT_LEAST + _PER_CASE * len(items))
        new = directory / f".{NAME}"
        with writing(directory):
            self._fd = os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o644)
            self._append({"format": FORMAT, "selection": asdict(selection), "sides": sides.to_json()})
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


def interrupted(output: Path, selection: Selection) -> Interrupted | None:
    """The newest run under ``output`` that has not written its reports, or None.

    Only one of that selection counts, any one if ``selection`` leaves nothing out.
    """
    found = []
    for directory in (last(output), unfinished(output)):
        path = directory / NAME
        try:
            found.append((path.stat().st_mtime_ns, _read(path)))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    for _, run in sorted(found, key=lambda one: one[0], reverse=True):
        if run is not None and (selection.is_whole or run.selection == selection):
            return run
    return None


def _read(path: Path) -> Interrupted | None:
    first, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    header = json.loads(first)
    if header["format"] != FORMAT:
        return None
    results: dict[str, Result] = {}
    digests: dict[str, str] = {}
    for line in lines:
        try:
            data = json.loads(line)
        except ValueError:  # the line that a killed harness or a full disk cut off
            continue
        if data.get("done"):
            return None
        result = Result.from_json(data["result"])
        results[result.name], digests[result.name] = result, data["case"]
    selected = header["selection"]
    selection = Selection(tuple(selected["cases"]), selected["keywords"], selected["pairing"])
    return Interrupted(selection, Sides.from_json(header["sides"]), results, digests)


@cache
def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(case: Case) -> str:
    """What a case is made of; with another one its result no longer holds."""
    parts = [_file_digest(case.file), dict(case.programs), case.exact_chunks]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
