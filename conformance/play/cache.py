"""Reference traces kept from run to run, by everything that could change them (``stored.made_of``).

Only reference runs that were in order are kept: one file per case and key, with every run that was made. Machines with
the same kernel and the same source of Node may share the directory.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.language.case import Case
from conformance.play import stored
from conformance.play.runner import PairingTrace

#: How many versions of a case's runs are kept: one per Node version and provider in use, and the last edits.
KEPT = 8


class TraceCache:
    """A directory of reference runs. A file that cannot be read counts as absent, one that cannot be
    written is not kept.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def load(self, case: Case, reference: Mapping[str, Any]) -> list[PairingTrace]:
        """All kept runs of the case, none if there are none."""
        made = stored.made_of(case, reference)
        try:
            found = stored.read(self._path(case, made))
        except (OSError, stored.UnreadableError):
            return []
        return found.runs if found.made_of == made else []

    def store(self, case: Case, reference: Mapping[str, Any], runs: Sequence[PairingTrace]) -> None:
        """Keep these runs in place of what was kept."""
        made = stored.made_of(case, reference)
        path = self._path(case, made)
        with contextlib.suppress(OSError):
            stored.write(path, made, runs)
            kept = sorted(path.parent.glob(stored.file_name(case, "*")), key=lambda file: file.stat().st_mtime)
            for old in kept[:-KEPT]:
                old.unlink(missing_ok=True)

    def _path(self, case: Case, made: Mapping[str, Any]) -> Path:
        key = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:20]
        return self.directory / stored.file_name(case, key)
