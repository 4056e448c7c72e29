"""Verdicts: the five outcomes of an item (a case in one pairing), their totals, exit codes and accepted
deviations.

``errored`` is the harness or the machine, never the subject; ``unstable`` is the reference, never the
subject. An accepted deviation stays ``divergent`` but carries the reason from ``known_divergences.toml``
and does not fail the run; an entry there that no longer diverges does.
"""

import enum
import fnmatch
import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.config import ConfigError
from conformance.judge.compare import Comparison, Difference, Instability

KNOWN_DIVERGENCES = Path(__file__).parents[1] / "known_divergences.toml"


class Verdict(enum.StrEnum):
    """The outcome of one item."""

    CONFORMANT = "conformant"
    DIVERGENT = "divergent"
    UNSTABLE = "unstable"
    SKIPPED = "skipped"
    ERRORED = "errored"


class Exit(enum.IntEnum):
    """The exit codes of a run; pytest's."""

    CONFORMANT = 0
    DIVERGENT = 1
    INTERRUPTED = 2
    UNAVAILABLE = 3
    USAGE = 4
    NOTHING_SELECTED = 5


@dataclass(frozen=True)
class Result:
    """What became of one item.

    ``reason`` is one line (empty for a conformant item); ``accepted`` is the reason of a known divergence,
    None for all others. ``duration_s`` is the wall time in seconds, without the time of shared reference
    runs.
    """

    id: str
    pairing: str
    verdict: Verdict
    reason: str = ""
    duration_s: float = 0.0
    differences: tuple[Difference, ...] = ()
    unstable: tuple[Instability, ...] = ()
    accepted: str | None = None
    reference_runs: int = 0

    @property
    def name(self) -> str:
        """``topic/case[pairing]``."""
        return f"{self.id}[{self.pairing}]"

    @property
    def word(self) -> str:
        """The verdict in one word, ``accepted`` for an accepted deviation."""
        return "accepted" if self.accepted is not None else self.verdict.value

    @property
    def first_difference(self) -> Difference | None:
        return self.differences[0] if self.differences else None

    @property
    def fails(self) -> bool:
        """Whether this item alone makes the run end other than 0."""
        return self.verdict is Verdict.ERRORED or (
            self.verdict is Verdict.DIVERGENT and self.accepted is None
        )


def judged(comparison: Comparison) -> tuple[Verdict, str]:
    """The verdict of a comparison and its reason: a difference outweighs what the reference varies on."""
    if comparison.first is not None:
        return Verdict.DIVERGENT, comparison.first.message
    if comparison.unstable:
        more = len(comparison.unstable) - 1
        return Verdict.UNSTABLE, comparison.unstable[0].message + (f" (and {more} more)" if more else "")
    return Verdict.CONFORMANT, ""


@dataclass(frozen=True)
class KnownDivergence:
    """One accepted deviation: which items (globs), and why it is accepted."""

    case: str
    pairing: str
    reason: str

    def covers(self, case: str, pairing: str) -> bool:
        return fnmatch.fnmatchcase(case, self.case) and fnmatch.fnmatchcase(pairing, self.pairing)

    def __str__(self) -> str:
        return f"{self.case}[{self.pairing}]"


def load_known_divergences(path: Path = KNOWN_DIVERGENCES) -> tuple[KnownDivergence, ...]:
    """The entries of a ``known_divergences.toml``. Raises ``ConfigError`` naming file and entry."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    unknown = set(data) - {"divergence"}
    entries = data.get("divergence", [])
    if unknown or not isinstance(entries, list):
        raise ConfigError(f"{path}: only [[divergence]] entries belong here, not {min(unknown or data)!r}")
    return tuple(_entry(path, number, entry) for number, entry in enumerate(entries, 1))


def _entry(path: Path, number: int, entry: Any) -> KnownDivergence:
    if not isinstance(entry, dict):
        raise ConfigError(f"{path}: [[divergence]] {number} is not a table")
    for key in ("case", "pairing", "reason"):
        value = entry.get(key)
        if not isinstance(value, str) or not value.strip():
            raise ConfigError(
                f"{path}: [[divergence]] {number} needs a {key!r} (a string that says something)"
            )
    unknown = sorted(set(entry) - {"case", "pairing", "reason"})
    if unknown:
        raise ConfigError(f"{path}: [[divergence]] {number} has an unknown key {unknown[0]!r}")
    return KnownDivergence(entry["case"], entry["pairing"], " ".join(entry["reason"].split()))


def accept(result: Result, known: Iterable[KnownDivergence]) -> Result:
    """The result, marked as accepted if it diverges and an entry covers it."""
    if result.verdict is not Verdict.DIVERGENT:
        return result
    entry = next((entry for entry in known if entry.covers(result.id, result.pairing)), None)
    return result if entry is None else replace(result, accepted=entry.reason)


def stale(
    known: Iterable[KnownDivergence], results: Sequence[Result], items: Collection[tuple[str, str]]
) -> list[KnownDivergence]:
    """The entries that no longer diverge: all that they cover was judged and is conformant, or they cover
    nothing.

    ``items`` are all the (case, pairing) that exist. An entry of which only a part was run is not judged.
    """
    outcome = {(result.id, result.pairing): result.verdict for result in results}
    found = []
    for entry in known:
        covered = [item for item in items if entry.covers(*item)]
        if all(outcome.get(item) is Verdict.CONFORMANT for item in covered):
            found.append(entry)
    return found


@dataclass(frozen=True)
class Totals:
    """How many items ended how. ``divergent`` leaves out the accepted ones."""

    conformant: int = 0
    divergent: int = 0
    accepted: int = 0
    unstable: int = 0
    skipped: int = 0
    errored: int = 0

    @classmethod
    def of(cls, results: Iterable[Result]) -> "Totals":
        counts = dict.fromkeys(cls.__dataclass_fields__, 0)
        for result in results:
            counts[result.word] += 1
        return cls(**counts)

    def to_json(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __str__(self) -> str:
        shown = {
            name: count
            for name, count in self.to_json().items()
            if count or name in ("conformant", "divergent", "errored")
        }
        return ", ".join(f"{count} {name}" for name, count in shown.items())


@dataclass(frozen=True)
class Outcome:
    """A whole run: every result, the entries that went stale, and whether it was cut short."""

    results: tuple[Result, ...]
    stale: tuple[KnownDivergence, ...] = ()
    interrupted: bool = False
    totals: Totals = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "totals", Totals.of(self.results))

    @property
    def exit(self) -> Exit:
        """The one exit code: an interruption hides everything, a harness that failed hides what it did
        find.
        """
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.totals.errored:
            return Exit.UNAVAILABLE
        if self.totals.divergent or self.stale:
            return Exit.DIVERGENT
        return Exit.CONFORMANT if self.results else Exit.NOTHING_SELECTED
