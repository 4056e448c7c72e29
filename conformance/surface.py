"""The surface check: Node's own public names, found by reflection in the reference, against the subject's.

Names follow ``conformance.language.names``; a method must be callable and a property must not. What
cannot exist in Python stands in ``surface_exclusions.toml`` with a reason.
"""

import fnmatch
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.config import ConfigError
from conformance.judge.session import Session
from conformance.language.collect import collect_file
from conformance.language.names import snake_case
from conformance.play.runner import PairingTrace
from conformance.play.subjects.base import SubjectUnavailable

EXCLUSIONS = Path(__file__).parent / "surface_exclusions.toml"
CASE = Path(__file__).parent / "surface_names.py"

#: Python's counterparts of the well-known symbols; those that have none are no part of a Python surface.
SYMBOLS = {
    "Symbol.asyncDispose": "__aexit__",
    "Symbol.dispose": "__exit__",
    "Symbol.asyncIterator": "__aiter__",
    "Symbol.iterator": "__iter__",
}


@dataclass(frozen=True)
class Exclusion:
    """A name, or a glob of names, that the subject need not have."""

    name: str
    reason: str


@dataclass(frozen=True)
class Gap:
    """A name of Node's that the subject lacks, or has as something else."""

    name: str
    python: str
    problem: str


@dataclass(frozen=True)
class Surface:
    """The outcome of the check. ``covered`` counts the names that both have."""

    covered: int
    gaps: tuple[Gap, ...]
    excluded: Mapping[str, str]
    stale: tuple[Exclusion, ...]

    def lines(self) -> Iterable[str]:
        """The outcome for a reader."""
        for gap in self.gaps:
            yield f"{gap.name}: {gap.problem}"
        for entry in self.stale:
            yield f"{entry.name} in surface_exclusions.toml excludes nothing: remove it"
        yield f"{self.covered} names covered, {len(self.gaps)} missing, {len(self.excluded)} excluded with a reason"

    def to_json(self) -> dict[str, Any]:
        """The outcome as data."""
        return {
            "covered": self.covered,
            "gaps": [{"name": gap.name, "python": gap.python, "problem": gap.problem} for gap in self.gaps],
            "excluded": dict(self.excluded),
            "stale_exclusions": [entry.name for entry in self.stale],
        }


def check(session: Session) -> Surface:
    """Ask both sides for their names and compare. Raises ``SubjectUnavailable`` if one of them cannot say."""
    case = collect_file(CASE)[0]
    node = _names(session.run_once(case, session.reference))
    subject = _names(session.run_once(case, next(iter(session.subjects.values()))))
    return compare(node, subject, load_exclusions())


def compare(node: Iterable[str], subject: Iterable[str], exclusions: Sequence[Exclusion]) -> Surface:
    """Both lists hold ``name kind`` with kind ``function`` or ``value``, the subject's in snake_case."""
    has: dict[str, set[str]] = {}
    for entry in subject:
        name, _, kind = entry.rpartition(" ")
        has.setdefault(name.rstrip("_") if not name.endswith("__") else name, set()).add(kind)
    gaps, excluded, covered, used = [], {}, 0, set()
    wanted: dict[str, set[str]] = {}
    for entry in node:
        name, _, kind = entry.rpartition(" ")
        wanted.setdefault(name, set()).add(kind)
    for name, kinds in sorted(wanted.items()):
        python = python_name(name)
        if python is None:
            continue
        problem = None
        if python not in has:
            problem = f"{python} is missing"
        elif not kinds & has[python]:
            problem = f"{python} is a {_other(kinds)}, not a {min(kinds)}"
        if problem is None:
            covered += 1
            continue
        entries = [entry for entry in exclusions if fnmatch.fnmatchcase(name, entry.name)]
        used.update(entries)
        if entries:
            excluded[name] = entries[0].reason
        else:
            gaps.append(Gap(name, python, problem))
    return Surface(covered, tuple(gaps), excluded, tuple(entry for entry in exclusions if entry not in used))


def python_name(name: str) -> str | None:
    """The Python counterpart of a name like ``net.Socket#setTimeout``, None for a symbol that has none."""
    if "[" in name:
        holder, _, symbol = name.rstrip("]").partition("[")
        return holder + SYMBOLS[symbol] if symbol in SYMBOLS else None
    cut = max(name.rfind("#"), name.rfind(".")) + 1
    return name[:cut] + snake_case(name[cut:]) if name[cut : cut + 1].islower() else name


def load_exclusions(path: Path = EXCLUSIONS) -> tuple[Exclusion, ...]:
    """The entries of ``surface_exclusions.toml``. Raises ``ConfigError``."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("exclusion", [])
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    for number, entry in enumerate(entries, 1):
        if set(entry) != {"name", "reason"} or not all(
            isinstance(text, str) and text.strip() for text in entry.values()
        ):
            raise ConfigError(f"{path}: [[exclusion]] {number} needs a name and a reason, and nothing else")
    return tuple(Exclusion(entry["name"], entry["reason"]) for entry in entries)


def _names(run: PairingTrace) -> list[str]:
    for record in run.roles["main"]:
        if record["kind"] == "note" and record["label"] == "surface":
            return [str(name) for name in record["args"][0]]
    faults = "; ".join(map(str, run.faults))
    said = run.output.get("main", {}).get("stderr", "").strip().splitlines()
    raise SubjectUnavailable(
        f"{run.subjects['main']} did not list its names: {faults or (said[-1] if said else 'no word')}"
    )


def _other(kinds: set[str]) -> str:
    return "value" if "function" in kinds else "function"
