"""Two runs compared by their reports: what fails that did not, what is mended, and what fails in another way."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.tell.document import FORMAT
from conformance.tell.place import last
from conformance.tell.printable import one_line

Item = Mapping[str, Any]


class UnreadableReportError(Exception):
    """A report that cannot be compared. ``str()`` is one line."""


def load(path: Path) -> dict[str, Any]:
    """What a report holds: ``path`` is a ``report.json``, or an output directory, of which the newest report counts.

    Raises ``UnreadableReportError``.
    """
    there = [path]
    if path.is_dir():
        there = [file for place in (path, last(path)) if (file := place / "report.json").is_file()]
        if not there:
            raise UnreadableReportError(f"{path}: there is no report.json")
    file = max(there, key=lambda one: one.stat().st_mtime_ns) if len(there) > 1 else there[0]
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableReportError(f"{file}: cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise UnreadableReportError(f"{file}: is not JSON") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != FORMAT:
        raise UnreadableReportError(f"{file}: is no report of schema {FORMAT} but of schema {schema}")
    return dict(data)


@dataclass(frozen=True)
class Change:
    """One item in both runs; None where a run does not have it."""

    name: str
    before: Item | None
    after: Item | None

    def to_json(self) -> dict[str, Any]:
        """The item with what each run said of it."""
        return {"item": self.name, "a": _brief(self.before), "b": _brief(self.after)}


@dataclass(frozen=True)
class Compared:
    """What a run has that the one before it has not. Each list is in the order of the newer run.

    ``not_judged`` are items that the first run judged and the second did not.
    """

    new: tuple[Change, ...]
    mended: tuple[Change, ...]
    changed: tuple[Change, ...]
    not_judged: tuple[str, ...]
    both: int

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "schema": 1,
            "new_failures": [one.to_json() for one in self.new],
            "mended": [one.to_json() for one in self.mended],
            "changed": [one.to_json() for one in self.changed],
            "not_judged": list(self.not_judged),
            "in_both": self.both,
        }

    def lines(self) -> list[str]:
        """All of it for a terminal, new failures first."""
        lines = []
        for word, changes in (("NEW", self.new), ("MENDED", self.mended), ("CHANGED", self.changed)):
            for one in changes:
                lines.append(f"{word} {one.name}: {_word(one.before)} → {_word(one.after)}")
                lines += [
                    f"  {run}: {item['reason']}"
                    for run, item in (("A", one.before), ("B", one.after))
                    if item is not None and item["reason"]
                ]
        if self.not_judged:
            some = ", ".join(self.not_judged[:3]) + (" …" if len(self.not_judged) > 3 else "")
            lines.append(f"judged in A and not in B: {len(self.not_judged)} items ({some})")
        lines.append(self.summary)
        return [one_line(line) for line in lines]

    @property
    def summary(self) -> str:
        """The numbers in one line."""
        failures = f"{len(self.new)} new failure{'' if len(self.new) == 1 else 's'}"
        return f"{failures}, {len(self.mended)} mended, {len(self.changed)} changed, {self.both} items in both"


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Compared:
    """Compare two reports, the older one first."""
    old, new = _items(before), _items(after)
    failed_then, fail_now = _failing(before), _failing(after)
    changes = {name: Change(name, old.get(name), new.get(name)) for name in new}
    fresh = [one for name, one in changes.items() if name in fail_now and name not in failed_then]
    mended = [
        one for name, one in changes.items() if name in failed_then and name not in fail_now and _is_judged(new[name])
    ]
    known = {one.name for one in (*fresh, *mended)}
    changed = [
        one
        for name, one in changes.items()
        if name in old and name not in known and _is_judged(new[name]) and _is_judged(old[name])
        if _told(old[name]) != _told(new[name])
    ]
    not_judged = [name for name, item in old.items() if _is_judged(item) and not _is_judged(new.get(name))]
    return Compared(tuple(fresh), tuple(mended), tuple(changed), tuple(not_judged), len(old.keys() & new.keys()))


def _items(data: Mapping[str, Any]) -> dict[str, Item]:
    """All items by name, and what else can fail a run: entries that no longer diverge, and missing shards."""
    items = {f"{one['id']}[{one['pairing']}]": one for one in data["cases"]}
    for entry in data.get("stale_known_divergences", ()):
        name = f"known divergence {entry['case']}[{entry['pairing']}]"
        items[name] = {"verdict": "stale", "reason": "no longer diverges: remove the entry", "first_difference": None}
    for shard in data.get("missing_shards", ()):
        items[f"shard {shard}"] = {"verdict": "missing", "reason": "the shard is missing", "first_difference": None}
    return items


def _failing(data: Mapping[str, Any]) -> set[str]:
    versions = {version["called"] for version in data["versions"]}
    return {name for name, item in _items(data).items() if _fails(item, versions)}


def _fails(item: Item, versions: set[str]) -> bool:
    if item["verdict"] == "divergent":
        return item["accepted"] is None and item["subject"] not in versions
    return item["verdict"] in ("errored", "stale", "missing")


def _is_judged(item: Item | None) -> bool:
    return item is not None and item["verdict"] != "not_run"


def _told(item: Item) -> tuple[Any, ...]:
    """What has to be the same for an item to be unchanged: not where in a run's text it was said."""
    return item["verdict"], item.get("accepted") is None, item["first_difference"]


def _word(item: Item | None) -> str:
    if item is None:
        return "not there"
    return "accepted" if item.get("accepted") is not None else str(item["verdict"]).replace("_", " ")


def _brief(item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    return {"verdict": item["verdict"], "reason": item["reason"], "first_difference": item["first_difference"]}


def sides(data: Mapping[str, Any]) -> str:
    """Who was compared with what, in one line."""
    subjects: Sequence[Mapping[str, Any]] = data["subjects"]
    names = ", ".join(" ".join(filter(None, (one["name"], one["version"]))) for one in subjects)
    return one_line(f"{names} against Node {data['reference']['node']}, {len(data['cases'])} items")
