"""``run --update-expectations``: which file holds what is known of which subject, and the outcome by the new lists."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.config import Config, ConfigError
from conformance.errors import writing
from conformance.judge.verdict import Outcome, accept
from conformance.opening import known_divergences
from conformance.tell.expectations import Update, begin, update


def files(config: Config) -> Mapping[Path, Sequence[str]]:
    """The lists to update, each with its subjects; one that is not there is made. Raises ``ConfigError``."""
    found: dict[Path, list[str]] = {}
    for name in config.subject_names:
        file = config.profile_of(name).expect or config.known_divergences
        if file is None:
            wanted = f"expect in [tool.conformance.subjects.{name}] or --known-divergences"
            raise ConfigError(f"--update-expectations: which file? {wanted} says so")
        found.setdefault(file, []).append(name)
    for file in found:
        begin(file)
    return found


def updated(outcome: Outcome, config: Config, lists: Mapping[Path, Sequence[str]]) -> tuple[Outcome, list[Update]]:
    """Update the lists from the outcome; the outcome by the lists as they are then. Raises ``OutputError``."""
    known = known_divergences(config)
    updates = []
    for file, subjects in lists.items():
        with writing(file):
            updates.append(update(file, outcome, subjects, known))
    known = known_divergences(config)
    results = tuple(accept(result, known) for result in outcome.results)
    stale = tuple(entry for entry in outcome.stale if entry.file not in lists)
    return replace(outcome, results=results, stale=stale), updates
