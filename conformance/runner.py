"""The runner: plays one pairing of a case, from the first role's start to the last role's end.

INTERFACE FIRST (the body follows): what is written here is what the judge builds on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.case import Case
from conformance.subjects.base import Subject

#: What a role may take, in seconds, unless the case or the caller says otherwise.
DEFAULT_DEADLINE = 10.0

#: kind of fault -> whose it is. "machine" = errored; "role" = whoever played that role (or its counterpart) misbehaved,
#: the trace normally shows it too; "case" = the case itself is wrong.
FAULTS = {
    "start": "machine",  # a role's process could not be started
    "lost": "machine",  # the connection ended without `terminated`, or the supervisor did not kill a hung role
    "internal": "machine",  # an exception in the harness
    "garbage": "role",  # a line that is no record
    "unpublished": "role",  # a role waited for a value and everyone who could publish it has ended
    "raw": "role",  # a raw role failed: its peer did not do what the raw role waited for
}


@dataclass(frozen=True)
class Fault:
    """Something that is not in a role's own trace."""

    kind: str
    role: str | None
    message: str

    @property
    def whose(self) -> str:
        """``machine`` (the pairing is errored) or ``role`` (the implementation that played the role)."""
        return FAULTS[self.kind]


@dataclass
class PairingTrace:
    """What one run of one pairing left behind."""

    case: str
    subjects: dict[str, str]  # role -> name of the subject that played it
    roles: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # raw records, `terminated` the last
    faults: list[Fault] = field(default_factory=list)
    output: dict[str, dict[str, str]] = field(default_factory=dict)  # role -> {"stdout": tail, "stderr": tail}
    published: dict[str, Any] = field(default_factory=dict)
    duration_s: float = 0.0

    @property
    def machine_faults(self) -> list[Fault]:
        """The faults that make the pairing ``errored``, whatever the traces say."""
        return [fault for fault in self.faults if fault.whose == "machine"]


def run_pairing(
    case: Case, subjects: Mapping[str, Subject], run_dir: Path, deadline: float = DEFAULT_DEADLINE
) -> PairingTrace:
    """Run every role of ``case``, role name -> opened subject, and return their traces.

    ``run_dir`` is the RunDirectory the subjects were opened in. ``deadline`` is seconds per role (the case's own
    ``deadline_ms`` wins). Never raises for what a role does; thread-safe.
    """
    raise NotImplementedError
