"""Recordings: the reference's runs of each case, by which a subject is judged where there is no Node.

``conformance record`` writes them, ``--reference recorded`` judges by them. Unlike the cache's, they are made on
purpose and may come from another machine; one that does not fit is an error, and nothing is run in its place.
"""

import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.language.case import Case, Role
from conformance.play import stored
from conformance.play.runner import PairingTrace
from conformance.play.subjects.base import (
    Description,
    Openable,
    ReferenceUnavailable,
    RoleHandle,
    RoleStartError,
)

_PREFIX = "node-"
_VERSION = re.compile(rf"{_PREFIX}(\d+)\.(\d+)\.(\d+)")


class RecordingError(Exception):
    """A case's recording is missing, stale or unreadable. ``str()`` is one line that says which."""


class Recordings:
    """Recordings of one Node ``version`` under ``directory``. ``load`` wants at least ``wanted`` runs of a case."""

    def __init__(self, directory: Path, version: str, wanted: int = 1) -> None:
        self.directory = directory / f"{_PREFIX}{version}"
        self._wanted = wanted

    def load(self, case: Case, reference: Mapping[str, Any]) -> list[PairingTrace]:
        """The recorded runs of the case. Raises ``RecordingError``."""
        path = self.directory / stored.file_name(case)
        try:
            found = stored.read(path)
        except FileNotFoundError:
            raise RecordingError(f"there is no recording of {case.id}: {path} is missing") from None
        except OSError as error:
            raise RecordingError(f"the recording {path} cannot be read: {error.strerror or error}") from None
        except stored.UnreadableError as error:
            raise RecordingError(f"the recording {path} cannot be read: {error}") from None
        now, then = stored.made_of(case, reference), found.made_of
        for key, what in _MUST_HOLD.items():
            if then.get(key) != now[key]:
                raise RecordingError(f"the recording of {case.id} is stale: {what}")
        if then["reference"].get("version") != reference.get("version"):
            raise RecordingError(f"the recording {path} is of Node {then['reference'].get('version')}")
        if len(found.runs) < self._wanted:
            raise RecordingError(
                f"the recording of {case.id} has {len(found.runs)} runs of Node; {self._wanted} are needed"
            )
        return found.runs

    def store(self, case: Case, reference: Mapping[str, Any], runs: Sequence[PairingTrace]) -> None:
        """Record these runs in place of what was recorded. Raises ``OSError``."""
        stored.write(self.directory / stored.file_name(case), stored.made_of(case, reference), runs)


#: What of ``stored.made_of`` a recording shares with the run that uses it, and what to say where it does not.
_MUST_HOLD = {
    "format": "its format is that of another version of the harness",
    "case": "it is of another case",
    "case_hash": "the case, or another one in its file, has changed since",
    "harness_hash": "the harness has changed since",
}


class RecordedNode(Openable):
    """The reference where Node does not run: it says who recorded, and plays no role.

    ``version`` may be the beginning of one (24). The newest recorded version that begins so is the reference.
    """

    name = "node"

    def __init__(self, directory: Path, version: str | None) -> None:
        self._directory = directory
        self._wanted = version
        self._described: Description = {"name": self.name, "provider": "recorded", "image": None}

    def open(self, run_dir: Path) -> None:
        """Look which recordings there are. Raises ``ReferenceUnavailable`` if there are none of that version."""
        begins = [int(part) for part in (self._wanted or "").split(".") if part]
        found: dict[tuple[int, ...], list[Path]] = {}
        for file in sorted(self._directory.glob(f"{_PREFIX}*/*.json.gz")):
            if named := _VERSION.fullmatch(file.parent.name):
                found.setdefault(tuple(map(int, named.groups())), []).append(file)
        fitting = [version for version in found if list(version[: len(begins)]) == begins]
        if not fitting:
            which = f" of Node {self._wanted}" if self._wanted else ""
            raise ReferenceUnavailable(
                f"there are no recordings{which} in {self._directory}; `conformance record` makes them"
            )
        version = max(fitting)
        made = _first_readable(found[version])
        recorder = made.get("reference", {})
        kernel = made.get("kernel", "an unknown one")
        elsewhere = f", made on kernel {kernel}" if kernel != platform.release() else ""
        self._described |= {
            "version": ".".join(map(str, version)),
            "libuv": recorder.get("libuv"),
            "recordings": str(self._directory),
            "note": f"the reference is recorded in {self._directory}{elsewhere}: only the pairing in which the subject"
            " plays every role is judged",
        }

    def close(self) -> None:
        """There is nothing to end."""

    def describe(self) -> Description:
        return self._described

    def start(
        self, case: Case, role: Role, values: Mapping[str, Any], deadline_ms: int, path_dir: Path
    ) -> RoleHandle:
        raise RoleStartError("the reference is recorded: no Node runs")


def _first_readable(files: Sequence[Path]) -> Mapping[str, Any]:
    for file in files:
        try:
            return stored.read(file).made_of
        except (OSError, stored.UnreadableError):
            continue
    return {}
