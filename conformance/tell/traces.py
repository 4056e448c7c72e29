"""The raw traces on disk: ``traces/<case>/<pairing>/`` holds one ``.jsonl`` per role and ``run.json``.

By default they are kept of what is not conformant, and of its reference (``Keeper``). The ``.jsonl`` files are what the
roles wrote, untouched. Of the reference all runs are kept: ``server.jsonl``, ``server.run-2.jsonl`` and so on.
``program.js`` beside the pairings is the case for plain ``node``.
"""

import contextlib
import dataclasses
import itertools
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import writing
from conformance.judge.normalize import NormalTrace, literals, normal_run
from conformance.judge.pairing import Pairing
from conformance.judge.verdict import Result, Verdict
from conformance.language.case import Case
from conformance.language.export import export
from conformance.play.runner import PairingTrace
from conformance.play.stored import trace_from_json


@dataclass(frozen=True)
class Recorded:
    """One item of a finished run, read back: ``meta`` is its ``run.json``, ``traces`` its first run,
    normalised.
    """

    directory: Path
    meta: Mapping[str, Any]
    traces: Mapping[str, NormalTrace]


def directory_of(output: Path, case: str, pairing: str) -> Path:
    """Where the traces of an item lie."""
    return output / "traces" / case / pairing


def newest(places: Sequence[Path], case: str) -> Path:
    """That of the directories that holds the newest traces of the case, the first one if none has any."""

    def written(place: Path) -> float:
        found = [path.stat().st_mtime for path in directory_of(place, case, "").glob("*/run.json")]
        return max(found, default=0.0)

    return max(places, key=written)


class Keeper:
    """Keeps the runs of a session's items under ``directory``, as they come.

    Without ``everything`` only the runs of what is not conformant, or has raced, and of its reference; what an earlier
    run left of a conformant item is removed. Called with the reference's runs whenever there are more.
    Raises ``OutputError``.
    """

    def __init__(self, directory: Path, *, everything: bool) -> None:
        self._directory = directory
        self._everything = everything
        self._references: dict[str, tuple[Case, Pairing, Sequence[PairingTrace], Result]] = {}
        self._shown: set[str] = set()  # the cases whose reference is wanted

    def __call__(self, case: Case, pairing: Pairing, runs: Sequence[PairingTrace], result: Result) -> None:
        is_wanted = self._everything or result.verdict is not Verdict.CONFORMANT or result.raced is not None
        with writing(self._directory):
            if pairing.is_reference:
                self._references[case.id] = (case, pairing, runs, result)
                if is_wanted or case.id in self._shown:
                    write(self._directory, case, pairing, runs, result)
                return
            if not is_wanted:
                shutil.rmtree(directory_of(self._directory, case.id, pairing.name), ignore_errors=True)
                return
            write(self._directory, case, pairing, runs, result)
            if case.id not in self._shown and case.id in self._references:
                write(self._directory, *self._references[case.id])
            self._shown.add(case.id)


def write(output: Path, case: Case, pairing: Pairing, runs: Sequence[PairingTrace], result: Result) -> None:
    """Keep the runs of one item."""
    directory = directory_of(output, case.id, pairing.name)
    directory.mkdir(parents=True, exist_ok=True)
    for left in directory.glob(
        "*.jsonl"
    ):  # of an earlier run, or of another one that writes here at this moment
        left.unlink(missing_ok=True)
    for number, run in enumerate(runs, 1):
        for role, records in run.roles.items():
            name = f"{role}.jsonl" if number == 1 else f"{role}.run-{number}.jsonl"
            lines = (json.dumps(record, separators=(",", ":")) + "\n" for record in records)
            (directory / name).write_text("".join(lines), encoding="utf-8")
    if pairing.is_reference:
        (directory.parent / "program.js").write_text(export(case), encoding="utf-8")
    meta = {
        "case": case.id,
        "pairing": pairing.name,
        "about": case.about,
        "file": str(case.file),
        "roles": [role.name for role in case.roles],
        "subject_roles": sorted(pairing.subject_roles),
        "verdict": result.verdict.value,
        "reason": result.reason,
        "accepted": result.accepted,
        "raced": None if result.raced is None else str(result.raced),
        "duration_s": result.duration_s,
        "exact_chunks": case.exact_chunks,
        "literals": sorted(literals(case)),
        "differences": [difference.to_json() for difference in result.differences],
        "unstable": [unstable.message for unstable in result.unstable],
        "runs": [{**dataclasses.asdict(run), "roles": {}} for run in runs],
    }
    (directory / "run.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")


def programs_called(places: Sequence[Path], name: str) -> list[str]:
    """What ``collect`` takes for every case that left traces under this id, or the end of it, in one of the
    directories: file and id."""
    programs: set[str] = set()
    if re.fullmatch(r"(?:\w+/){0,2}\w+", name):
        found = (place.glob(f"traces/{before}{name}/*/run.json") for place in places for before in ("", "*/", "*/*/"))
        for path in itertools.chain.from_iterable(found):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                meta = json.loads(path.read_text(encoding="utf-8"))
                programs.add(f"{meta['file']}::{meta['case']}")
    return sorted(programs)


def read(output: Path, case: str, pairing: str) -> Recorded | None:
    """One item of the last run, or None if it left no trace (or not a readable one)."""
    directory = directory_of(output, case, pairing)
    try:
        meta = json.loads((directory / "run.json").read_text(encoding="utf-8"))
        run = trace_from_json(meta["runs"][0])
        for role in meta["roles"]:
            lines = (directory / f"{role}.jsonl").read_text(encoding="utf-8").splitlines()
            run.roles[role] = [json.loads(line) for line in lines]
        traces = normal_run(run, meta["roles"], meta["exact_chunks"], frozenset(meta["literals"]))
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None
    return Recorded(directory, meta, traces)
