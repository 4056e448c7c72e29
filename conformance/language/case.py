"""What a case is: the ``@case`` decorator, and the ``Case`` and ``Role`` that collection makes of it.

The decorator only leaves a declaration behind; ``collect`` reads the file, checks it and builds the
``Case``. Nothing here imports nodesock: a case file can be listed on a machine that cannot run it.
"""

import functools
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

Declared = TypeVar("Declared", bound=Callable[..., Any])

#: The attribute that ``@case`` sets on what it decorates.
MARK = "__conformance_case__"

#: What ``skip_unless`` understands, several joined by spaces: ``"ipv6 node>=22.13"``. Versions are written as npm
#: writes them: ``^22.13`` is that or a later 22, ``^24.19||>=26.4`` is one or the other.
REQUIREMENTS = ("ipv6", "node>=X[.Y[.Z]]", "node<X[.Y[.Z]]", "node^X[.Y[.Z]]", "node^X||>=Y")

_VERSIONS = r"(>=|<|\^)(\d+)(?:\.(\d+))?(?:\.(\d+))?"
_NODE_REQUIREMENT = re.compile(rf"node{_VERSIONS}(?:\|\|{_VERSIONS})*\Z")


@dataclass(frozen=True)
class Declaration:
    """The arguments of ``@case`` as written; ``collect`` checks them."""

    about: str
    exact_chunks: bool
    skip_unless: str | None
    deadline_ms: int | None
    fixtures: Mapping[str, str]


def case(
    *,
    about: str,
    exact_chunks: bool = False,
    skip_unless: str | None = None,
    deadline_ms: int | None = None,
    fixtures: Mapping[str, str] | None = None,
) -> Callable[[Declared], Declared]:
    """Declare a function (one role, ``main``) or a class of role functions as a case.

    ``about`` is the requirement as one sentence. ``exact_chunks`` compares every ``data`` event by itself
    instead of the joined bytes. ``skip_unless`` names what the case needs (see ``REQUIREMENTS``).
    ``deadline_ms`` replaces the run's deadline for each role, in milliseconds. ``fixtures`` maps a role to
    a file in ``node_fixtures/`` that stands in for its transpiled half, for what the subset cannot say.
    """
    declaration = Declaration(about, exact_chunks, skip_unless, deadline_ms, dict(fixtures or {}))

    def mark(declared: Declared) -> Declared:
        setattr(declared, MARK, declaration)
        return declared

    return mark


@dataclass(frozen=True)
class Role:
    """One process of a case. ``needs`` are the published values it waits for, in parameter order."""

    name: str
    needs: tuple[str, ...]
    function: Callable[..., Any] = field(repr=False, compare=False)
    line: int
    raw: bool = False


@dataclass(frozen=True)
class Case:
    """A collected, checked case.

    ``roles`` are the compared ones in order of definition, ``raw_roles`` those the harness plays itself.
    ``programs`` holds, for each compared role, the source of a JavaScript function ``(t, values) => …`` for
    Node.
    """

    id: str
    about: str
    roles: tuple[Role, ...]
    raw_roles: tuple[Role, ...]
    file: Path
    line: int
    exact_chunks: bool = False
    skip_unless: str | None = None
    deadline_ms: int | None = None
    programs: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rpartition("/")[2]

    @property
    def topic(self) -> str:
        """What comes before the name in the id: ``area/topic``, or the topic alone in a file of one's own."""
        return self.id.rpartition("/")[0]

    def role(self, name: str) -> Role:
        """The role of that name, compared or raw. Raises ``KeyError``."""
        for role in (*self.roles, *self.raw_roles):
            if role.name == name:
                return role
        raise KeyError(f"{self.id} has no role {name!r}")

    @property
    def names_versions(self) -> bool:
        """Whether ``skip_unless`` says which versions of Node behave as the reference does."""
        return "node" in (self.skip_unless or "")

    def skip_reason(self, node_version: tuple[int, ...] | None = None) -> str | None:
        """Why the case cannot run here, or None. Node requirements are not looked at without a version."""
        for requirement in (self.skip_unless or "").split():
            reason = _unmet(requirement, node_version)
            if reason:
                return reason
        return None


def check_requirements(text: str) -> str | None:
    """The first word of ``text`` that is no known requirement, or None."""
    for word in text.split():
        if word != "ipv6" and not _NODE_REQUIREMENT.match(word):
            return word
    return None


def _unmet(requirement: str, node_version: tuple[int, ...] | None) -> str | None:
    if requirement == "ipv6":
        return None if has_ipv6() else "no IPv6 on the loopback interface"
    if node_version is None or any(_holds(node_version, *found) for found in re.findall(_VERSIONS, requirement)):
        return None
    return f"needs {requirement}, the reference is node {'.'.join(map(str, node_version))}"


def _holds(version: tuple[int, ...], sign: str, *numbers: str) -> bool:
    wanted = tuple(int(number or 0) for number in numbers)
    if sign == "^" and version[0] != wanted[0]:
        return False
    return (version[:3] < wanted) == (sign == "<")


@functools.cache
def has_ipv6() -> bool:
    """Whether a socket can be bound to ``::1`` here."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
