"""Pairings: who plays which role of a case, the reference or a subject."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.language.case import Case


@dataclass(frozen=True)
class Pairing:
    """Who plays which role: ``subject_roles`` the subject of that name, all others the reference.

    ``is_version`` marks a further version of Node, which is shown beside the reference and judged by nobody.
    """

    name: str
    subject_roles: frozenset[str] = frozenset()
    subject: str = ""
    is_version: bool = False

    @property
    def is_reference(self) -> bool:
        return not self.subject_roles


def pairings(
    case: Case,
    reference: str = "node",
    subjects: Sequence[str] = ("python",),
    versions: Sequence[str] = (),
    *,
    recorded: bool = False,
) -> list[Pairing]:
    """All pairings of a case, the reference first: for each of the ``subjects`` one more if the case has one role,
    three more if it has two. Each of the ``versions`` plays all roles. A ``recorded`` reference plays none, which
    leaves those in which one subject plays all.
    """
    names = [role.name for role in case.roles]
    found = [Pairing("-".join(reference for _ in names))]
    for subject in subjects:
        for plays in itertools.product((False, True), repeat=len(names)):
            roles = frozenset(name for name, play in zip(names, plays, strict=True) if play)
            if roles:
                name = "-".join(subject if play else reference for play in plays)
                found.append(Pairing(name, roles, subject))
    for version in versions:
        found.append(Pairing("-".join(version for _ in names), frozenset(names), version, is_version=True))
    return [pairing for pairing in found if len(pairing.subject_roles) == len(names)] if recorded else found
