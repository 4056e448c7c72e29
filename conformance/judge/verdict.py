"""Verdicts: the six outcomes of an item (a case in one pairing), their totals, exit codes and accepted
deviations.

``errored`` is the harness or the machine, never the subject; ``unstable`` is the reference, never the
subject; ``not_run`` is an item that an interrupted run did not come to. An accepted deviation stays
``divergent`` but carries the reason from ``known_divergences.toml`` and does not fail the run; an entry
there that no longer diverges does.
"""

import enum
import fnmatch
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from conformance.config import ConfigError
from conformance.judge.compare import CATEGORIES, Comparison, Difference, Instability

KNOWN_DIVERGENCES = Path(__file__).parents[1] / "known_divergences.toml"

#: Differences that explain whatever is missing after them.
HIDING = ("garbage", "died", "hung")


class Verdict(enum.StrEnum):
    """The outcome of one item."""

    CONFORMANT = "conformant"
    DIVERGENT = "divergent"
    UNSTABLE = "unstable"
    SKIPPED = "skipped"
    ERRORED = "errored"
    NOT_RUN = "not_run"


class Exit(enum.IntEnum):
    """The exit codes of a run; pytest's."""

    CONFORMANT = 0
    DIVERGENT = 1
    INTERRUPTED = 2
    UNAVAILABLE = 3
    USAGE = 4
    NOTHING_SELECTED = 5


@dataclass(frozen=True)
class Raced:
    """A mark on a conformant item: it diverged once and in none of its further runs.

    ``runs`` counts all runs of the item. ``load`` is the machine's load average over one minute when it diverged.
    """

    runs: int
    diverged: int
    difference: Difference
    load: float

    def to_json(self) -> dict[str, Any]:
        return {
            "runs": self.runs,
            "diverged": self.diverged,
            "load": self.load,
            "first_difference": self.difference.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Raced":
        difference = Difference.from_json(data["first_difference"])
        return cls(data["runs"], data["diverged"], difference, data["load"])

    def __str__(self) -> str:
        return f"diverged in {self.diverged} of {self.runs} runs: {self.difference.message}"


@dataclass(frozen=True)
class Result:
    """What became of one item.

    ``reason`` is one line (empty for a conformant item); ``accepted`` is the reason of a known divergence,
    None for all others. ``duration_s`` is the wall time in seconds, without the time of shared reference
    runs, ``reference_runs`` how many runs of the reference the verdict rests on. ``subject`` is who is held against
    the reference, empty for the reference's own item; ``is_version`` marks a further version of Node: its differences
    are shown and fail no run.
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
    raced: Raced | None = None
    subject: str = ""
    is_version: bool = False

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data, for ``from_json``."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "verdict": self.verdict.value,
            "differences": [difference.to_json() for difference in self.differences],
            "unstable": [asdict(unstable) for unstable in self.unstable],
            "raced": None if self.raced is None else self.raced.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Result":
        """The inverse of ``to_json``. Raises ``KeyError``, ``TypeError`` or ``ValueError`` on anything else."""
        unstable = [Instability(**{**one, "variants": tuple(one["variants"])}) for one in data["unstable"]]
        return cls(
            **{
                **data,
                "verdict": Verdict(data["verdict"]),
                "differences": tuple(map(Difference.from_json, data["differences"])),
                "unstable": tuple(unstable),
                "raced": None if data["raced"] is None else Raced.from_json(data["raced"]),
            }
        )

    @property
    def name(self) -> str:
        """``topic/case[pairing]``."""
        return f"{self.id}[{self.pairing}]"

    @property
    def word(self) -> str:
        """The verdict in one word: ``accepted`` for an accepted deviation, ``differing`` where a version diverges."""
        if self.verdict is Verdict.DIVERGENT and self.is_version:
            return "differing"
        return "accepted" if self.accepted is not None else self.verdict.value

    @property
    def first_difference(self) -> Difference | None:
        return self.differences[0] if self.differences else None

    @property
    def is_unexplained(self) -> bool:
        """Whether the deviation is accepted for a reason that is still to be filled in."""
        return self.accepted is not None and _UNEXPLAINED.search(self.accepted) is not None

    @property
    def fails(self) -> bool:
        """Whether this item alone makes the run end other than 0."""
        return self.word in ("errored", "divergent")


#: What begins the reason of an entry that ``--update-expectations`` wrote, until someone fills it in.
TODO = "TODO"
_UNEXPLAINED = re.compile(rf"\b{TODO}\b")

#: The fields of a ``Result`` that are plain data already.
_PLAIN = ("id", "pairing", "reason", "duration_s", "accepted", "reference_runs", "subject", "is_version")


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
    """One accepted deviation: which items it means, in what they may differ, and why it is accepted.

    ``case``, ``pairing`` and ``subject`` are globs. ``category`` are the categories of difference that are
    accepted (see ``CATEGORIES``), none for all. An ``intermittent`` one need not diverge every time. ``link``
    is the address where the deviation is discussed. ``file`` and ``number`` say where the entry stands, from 1.
    """

    case: str
    pairing: str
    reason: str
    category: tuple[str, ...] = ()
    subject: str = "*"
    intermittent: bool = False
    link: str = ""
    file: Path = field(default=KNOWN_DIVERGENCES, compare=False)
    number: int = field(default=0, compare=False)

    def covers(self, result: "Result") -> bool:
        """Whether the item is one that the entry means: never one of a further version of Node."""
        return (
            not result.is_version
            and fnmatch.fnmatchcase(result.id, self.case)
            and fnmatch.fnmatchcase(result.pairing, self.pairing)
            and fnmatch.fnmatchcase(result.subject, self.subject)
        )

    def accepts(self, difference: Difference) -> bool:
        """Whether the entry accepts this difference of an item that it covers."""
        return not self.category or difference.category in self.category

    def is_gone_from(self, result: Result) -> bool:
        """Whether an item that the entry covers was judged and shows nothing that the entry accepts.

        A role that died, hung or wrote garbage may hide it.
        """
        if result.verdict is not Verdict.DIVERGENT:
            return result.verdict is Verdict.CONFORMANT
        hidden = any(difference.category in HIDING for difference in result.differences)
        return not hidden and not any(map(self.accepts, result.differences))

    @property
    def explanation(self) -> str:
        """The reason in one line, with the link."""
        often = "intermittent: " if self.intermittent else ""
        return f"{often}{self.reason}" + (f", see {self.link}" if self.link else "")

    def to_json(self) -> dict[str, Any]:
        """The entry for ``report.json``: the keys that it has."""
        data = {"case": self.case, "pairing": self.pairing, "reason": self.reason}
        optional = {"category": list(self.category), "link": self.link}
        return data | {key: value for key, value in optional.items() if value}

    def __str__(self) -> str:
        only = f" ({', '.join(self.category)})" if self.category else ""
        return f"{self.case}[{self.pairing}]{only}"


def load_known_divergences(path: Path = KNOWN_DIVERGENCES) -> tuple[KnownDivergence, ...]:
    """The entries of a ``known_divergences.toml``. Raises ``ConfigError`` naming file and entry."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    return parse_known_divergences(text, path)


def parse_known_divergences(text: str, path: Path) -> tuple[KnownDivergence, ...]:
    """The same of the file's text."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    unknown = set(data) - {"divergence"}
    entries = data.get("divergence", [])
    if unknown or not isinstance(entries, list):
        raise ConfigError(f"{path}: only [[divergence]] entries belong here, not {min(unknown or data)!r}")
    return tuple(_entry(path, number, entry) for number, entry in enumerate(entries, 1))


def _entry(path: Path, number: int, entry: Any) -> KnownDivergence:
    def wrong(what: str) -> ConfigError:
        case = f" ({entry['case']})" if isinstance(entry, dict) and isinstance(entry.get("case"), str) else ""
        return ConfigError(f"{path}: [[divergence]] {number}{case} {what}")

    if not isinstance(entry, dict):
        raise wrong("is not a table")
    known = [field.name for field in fields(KnownDivergence) if field.compare]
    for key in entry:
        if key not in known:
            raise wrong(f"has an unknown key {key!r}; there are {', '.join(known)}")
    texts = {key: entry.get(key, default) for key, default in _TEXTS.items()}
    for key, value in texts.items():
        if not isinstance(value, str) or (not value.strip() and (key in entry or key != "link")):
            raise wrong(f"needs a {key!r} (a string that says something)")
    category = entry.get("category", [])
    categories = [category] if isinstance(category, str) else category
    if not isinstance(categories, list) or ("category" in entry and not categories):
        raise wrong("needs a 'category' that is a string or a list of some")
    for one in categories:
        if one not in CATEGORIES:
            raise wrong(f"has an unknown category {one!r}; there are {', '.join(CATEGORIES)}")
    intermittent = entry.get("intermittent", False)
    if not isinstance(intermittent, bool):
        raise wrong(f"needs true or false for 'intermittent', not {intermittent!r}")
    if texts["link"] and not re.match(r"https?://\S+\Z", texts["link"]):
        raise wrong(f"needs an http or https address for 'link', not {texts['link']!r}")
    texts["reason"] = " ".join(texts["reason"].split())
    return KnownDivergence(
        **texts, category=tuple(categories), intermittent=intermittent, file=path, number=number
    )


#: The keys that are strings, with what they are where they are missing; the empty ones must be there, but for ``link``.
_TEXTS = {"case": "", "pairing": "*", "reason": "", "subject": "*", "link": ""}


def accept(result: Result, known: Sequence[KnownDivergence]) -> Result:
    """The result, marked as accepted if it diverges and entries that cover it accept every difference.

    Otherwise a difference that none accepts comes first.
    """
    if result.verdict is not Verdict.DIVERGENT:
        return result
    covering = [entry for entry in known if entry.covers(result)]
    by = [
        next((entry for entry in covering if entry.accepts(difference)), None)
        for difference in result.differences
    ]
    accepted = [entry.explanation for entry in by if entry is not None]
    if len(accepted) == len(by):
        return replace(result, accepted="; ".join(dict.fromkeys(accepted)))
    if by[0] is None:
        return result
    first = result.differences[by.index(None)]
    others = [difference for difference in result.differences if difference is not first]
    return replace(result, reason=first.message, differences=(first, *others))


def stale(
    known: Iterable[KnownDivergence],
    results: Sequence[Result],
    items: Sequence[Result],
    matching: Callable[[str], Collection[str]],
) -> list[KnownDivergence]:
    """The entries that no longer diverge: all that they cover was played, and nothing they accept was there.

    ``items`` are all items of the cases that were run, played or not; ``matching`` gives the ids of all cases
    that a glob means. An entry of which nothing or only a part was played is not judged.
    """
    played = {result.name for result in results}
    cases = {item.id for item in items}
    found = []
    for entry in known:
        covered = [result for result in results if entry.covers(result)]
        if entry.intermittent or not covered or not all(map(entry.is_gone_from, covered)):
            continue
        if any(entry.covers(item) and item.name not in played for item in items):
            continue
        if entry.case in cases or set(matching(entry.case)) <= cases:
            found.append(entry)
    return found


@dataclass(frozen=True)
class Totals:
    """How many items ended how. ``divergent`` leaves out the accepted ones and those of further versions of Node, which
    are ``differing``; ``raced`` are some of the conformant, ``unexplained`` some of the accepted.
    """

    conformant: int = 0
    divergent: int = 0
    accepted: int = 0
    differing: int = 0
    unstable: int = 0
    skipped: int = 0
    errored: int = 0
    not_run: int = 0
    raced: int = 0
    unexplained: int = 0

    @classmethod
    def of(cls, results: Iterable[Result]) -> "Totals":
        counts = dict.fromkeys(cls.__dataclass_fields__, 0)
        for result in results:
            counts[result.word] += 1
            counts["raced"] += result.raced is not None
            counts["unexplained"] += result.is_unexplained
        return cls(**counts)

    def to_json(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __str__(self) -> str:
        shown = {
            name: count
            for name, count in self.to_json().items()
            if count or name in ("conformant", "divergent", "errored")
        }
        raced, unexplained = shown.pop("raced", 0), shown.pop("unexplained", 0)
        words = {name: f"{count} {name}" for name, count in shown.items()}
        words["conformant"] += f" ({raced} raced)" if raced else ""
        if unexplained:
            words["accepted"] += f" ({unexplained} without a reason)"
        return ", ".join(words.values())


@dataclass(frozen=True)
class Outcome:
    """A run: every item's result, the entries that went stale, and whether it was cut short.

    ``trouble`` says why nothing more could be kept, ``taken_over`` how many results an interrupted run had already.
    ``enough`` is the number of failing items after which the run was told to stop, 0 if it did not,
    ``missing`` the shards that a merged run lacks, like ``2/3``.
    """

    results: tuple[Result, ...]
    stale: tuple[KnownDivergence, ...] = ()
    interrupted: bool = False
    trouble: str | None = None
    taken_over: int = 0
    enough: int = 0
    missing: tuple[str, ...] = ()
    totals: Totals = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "totals", Totals.of(self.results))

    @property
    def is_whole(self) -> bool:
        """Whether all items were judged."""
        return not (self.interrupted or self.enough or self.trouble or self.missing)

    @property
    def exit(self) -> Exit:
        """The one exit code: an interruption hides everything, a harness that failed hides what it did
        find.
        """
        if self.trouble is not None or self.missing:
            return Exit.UNAVAILABLE
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.totals.errored:
            return Exit.UNAVAILABLE
        if self.totals.divergent or self.stale:
            return Exit.DIVERGENT
        return Exit.CONFORMANT if self.results else Exit.NOTHING_SELECTED
