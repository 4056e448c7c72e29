"""Profiles: what is demanded of a subject, and what is not, as the settings say it.

    [tool.conformance.subjects.bun]
    ignore = ["engine-texts", "active-resources"]
    skip = ["dgram/multicast/*"]
    expect = "bun.toml"

A category that is ignored is taken out of the traces of both sides before they are compared
(``judge/ignoring.py``). Nothing is ignored or skipped for ``python``: nodesock is held to everything.
"""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What may be ignored, with what is then not compared.
CATEGORIES = {
    "engine-texts": "messages of errors without a code that the JavaScript engine makes (TypeError, RangeError …)",
    "error-texts": "messages of errors that have a code",
    "active-resources": "process.getActiveResourcesInfo(), at the end of a role and where a case notes it",
    "internal-events": "events that Node's documentation does not name ('prefinish')",
    "event-states": "the state of an object at each of its events; snapshots are still compared",
    "high-water-marks": "readableHighWaterMark and writableHighWaterMark in snapshots",
    "kernel": "the kernel's view of a socket",
}

#: The subject of which everything is demanded.
HELD_TO_EVERYTHING = "python"


@dataclass(frozen=True)
class Profile:
    """What is demanded of ``subject``: ``ignore`` are categories, ``skip`` globs of case ids, ``expect`` is the list of
    its known divergences. The empty profile demands everything.
    """

    subject: str
    ignore: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    expect: Path | None = None

    def skip_reason(self, case: str) -> str | None:
        """Why the case of that id is not played, or None if it is."""
        glob = next((glob for glob in self.skip if fnmatch.fnmatchcase(case, glob)), None)
        return None if glob is None else f"the profile of {self.subject} skips {glob}"

    def to_json(self) -> dict[str, Any]:
        """The profile as reports have it."""
        expect = None if self.expect is None else self.expect.name
        return {"ignore": list(self.ignore), "skip": list(self.skip), "expect": expect}

    def __str__(self) -> str:
        return said(self.to_json())


def said(profile: Mapping[str, Any]) -> str:
    """The profile in a report in a few words, "" for one that demands everything."""
    verbs = {"ignore": "ignores", "skip": "skips"}
    parts = [f"{verb} {', '.join(profile[key])}" for key, verb in verbs.items() if profile[key]]
    parts += [f"expects {profile['expect']}"] if profile["expect"] else []
    return "; ".join(parts)


def read_profiles(table: Any, directory: Path) -> tuple[Profile, ...]:
    """The profiles in a ``subjects`` table of the settings in ``directory``. Raises ``ValueError`` naming what is wrong
    and what there is.
    """
    if not isinstance(table, dict):
        raise ValueError(f"subjects must be tables, [subjects.NAME], not {table!r}")
    return tuple(_profile(subject, keys, directory) for subject, keys in table.items())


def _profile(subject: str, keys: Any, directory: Path) -> Profile:
    where = f"subjects.{subject}"
    if not isinstance(keys, dict):
        raise ValueError(f"{where} must be a table, not {keys!r}")
    unknown = next((key for key in keys if key not in ("ignore", "skip", "expect")), None)
    if unknown is not None:
        raise ValueError(f"{where} has an unknown key {unknown!r}; there are ignore, skip, expect")
    ignore, skip = (_texts(where, key, keys.get(key, [])) for key in ("ignore", "skip"))
    for category in ignore:
        if category not in CATEGORIES:
            raise ValueError(f"{where}.ignore: there is no {category!r}; there are {', '.join(CATEGORIES)}")
    if subject == HELD_TO_EVERYTHING and (ignore or skip):
        raise ValueError(f"{where}: nothing is ignored or skipped for {HELD_TO_EVERYTHING}")
    expect = keys.get("expect")
    if not (expect is None or isinstance(expect, str) and expect):
        raise ValueError(f"{where}.expect must be the name of a file, not {expect!r}")
    return Profile(subject, ignore, skip, None if expect is None else directory / expect)


def _texts(where: str, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ValueError(f"{where}.{key} must be a list of strings, not {value!r}")
    return tuple(dict.fromkeys(value))


def profile_for(profiles: Sequence[Profile], names: Sequence[str]) -> Profile:
    """The profile of a subject that is called by any of ``names``, the first one first; else the empty one."""
    found = (profile for name in names for profile in profiles if profile.subject == name)
    return next(found, Profile(names[0]))
