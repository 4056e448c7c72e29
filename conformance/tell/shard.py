"""Shards: a run cut into parts of about equal length, which may run on different machines.

A case is never cut: its items share the reference runs. Every case is in exactly one shard, and two machines with the
same cases and the same ``durations.json`` cut alike. ``plan`` is a digest of the whole cut, by which ``merge`` sees
that they did.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.judge.pairing import Pairing
from conformance.language.case import Case

Items = Sequence[tuple[Case, Sequence[Pairing]]]

_PACKAGE = Path(__file__).parents[1]

#: What an item takes at least, in seconds, so that no shard stays empty.
_LEAST = 0.001


@dataclass(frozen=True)
class Shard:
    """Which part of which whole: ``number`` of ``of``, from 1; the digests of the cut and of the harness."""

    number: int
    of: int
    plan: str
    harness: str

    def __str__(self) -> str:
        return f"shard {self.number}/{self.of}"

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data, for ``Shard(**data)``."""
        return asdict(self)


def cut(items: Items, of: int, seconds: Mapping[str, float]) -> list[list[int]]:
    """Which of the items, by their places, are in each of ``of`` shards.

    The longest case goes first, each to the shard that has least so far. ``seconds`` says what an item took by its
    name; one that it does not know counts as its roles do on the average, and all by their roles if it knows none.
    """
    lengths = _lengths(items, seconds)
    shards: list[list[int]] = [[] for _ in range(of)]
    loads = [0.0] * of
    for place in sorted(range(len(items)), key=lambda place: (-lengths[place], items[place][0].id)):
        least = min(range(of), key=lambda number: (loads[number], number))
        shards[least].append(place)
        loads[least] += lengths[place]
    return [sorted(shard) for shard in shards]


def _lengths(items: Items, seconds: Mapping[str, float]) -> list[float]:
    known, roles = 0.0, 0
    for case, pairings in items:
        for one in pairings:
            if name_of(case, one) in seconds:
                known += seconds[name_of(case, one)]
                roles += len(case.roles)
    per_role = known / roles if roles else 1.0
    return [
        sum(max(_LEAST, seconds.get(name_of(case, one), per_role * len(case.roles))) for one in pairings)
        for case, pairings in items
    ]


def name_of(case: Case, pairing: Pairing) -> str:
    """The name of an item: ``topic/case[pairing]``."""
    return f"{case.id}[{pairing.name}]"


def plan_of(shards: Sequence[Sequence[str]]) -> str:
    """The digest of a cut, given by the names of the items in each shard."""
    text = json.dumps([sorted(names) for names in shards])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def harness_digest() -> str:
    """The digest of the harness, cases apart."""
    files = [path for path in _PACKAGE.rglob("*") if path.suffix in (".py", ".toml", ".json")]
    files += (_PACKAGE.parent / "node_fixtures").glob("*.js*")
    digest = hashlib.sha256()
    for path in sorted(path for path in files if not path.is_relative_to(_PACKAGE / "cases")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
