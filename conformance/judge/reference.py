"""The reference's runs of each case, and what they demand: one run where that is enough, more where a difference asks.

What the reference did once, it may do: a subject that equals one run of it exactly, order across objects included, is
conformant. A difference is believed only when further runs still show it. They come in two steps, ``repeat`` runs and
then ``confirm`` more: three runs may all have had the same luck with an order that is in fact free. One case in twenty
always gets ``repeat`` runs, so that one on which the reference varies is found though every subject equals it.
"""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.judge.compare import Expectation
from conformance.judge.normalize import normal
from conformance.judge.trouble import trouble
from conformance.language.case import Case
from conformance.play.cache import TraceCache
from conformance.play.recordings import RecordingError, Recordings
from conformance.play.runner import PairingTrace

#: The share of the cases whose reference is always run ``repeat`` times.
SAMPLE = 0.05


class ReferenceFailed(Exception):
    """The reference did not get through the case; ``str()`` says how. Its items are ``errored``."""

    def __init__(self, reason: str, run: PairingTrace) -> None:
        super().__init__(reason)
        self.run = run


@dataclass
class Reference:
    """The runs of a case's reference, and what they demand."""

    runs: list[PairingTrace]
    expectation: Expectation
    _without: dict[tuple[str, ...], tuple[int, Expectation]] = field(default_factory=dict, repr=False)

    def demands(self, case: Case, ignored: tuple[str, ...]) -> Expectation:
        """What the runs demand of a subject whose profile leaves out the categories ``ignored``."""
        if not ignored:
            return self.expectation
        runs = list(self.runs)
        number, found = self._without.get(ignored, (0, self.expectation))
        if number != len(runs):
            found = _expectation(case, runs, ignored)
            self._without[ignored] = len(runs), found
        return found


class References:
    """The references of all cases, each made once, by whichever thread asks first.

    ``play`` runs a case once with the reference in every role; recordings, as ``kept``, have all runs that there are.
    ``keep`` is called with what there is whenever there is more. There are ``first`` runs from the start. ``seed``
    decides which cases are in the sample.
    """

    def __init__(
        self,
        play: Callable[[Case], PairingTrace],
        described: Mapping[str, Any],
        kept: TraceCache | Recordings | None,
        keep: Callable[[Case, Reference | ReferenceFailed], None],
        *,
        repeat: int,
        confirm: int,
        first: int = 1,
        seed: int | None = None,
    ) -> None:
        self._play = play
        self._described = described
        self._kept = kept
        self._keep = keep
        self._repeat = repeat
        self._confirm = confirm
        self._first = first
        self._seed = random.randrange(1 << 32) if seed is None else seed
        self._found: dict[str, Reference | ReferenceFailed] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def of(self, case: Case) -> Reference:
        """The reference with as many runs as it has, one at least. Raises ``ReferenceFailed``."""
        with self._lock_of(case):
            found = self._found.get(case.id)
            if found is None:
                try:
                    found = self._begin(case)
                except ReferenceFailed as error:
                    found = error
                self._found[case.id] = found
                self._keep(case, found)
        if isinstance(found, ReferenceFailed):
            raise found
        return found

    def repeat(self, case: Case, reference: Reference) -> None:
        """See to it that there are ``repeat`` runs. Raises ``ReferenceFailed``."""
        self._extend(case, reference, self._repeat)

    def confirm(self, case: Case, reference: Reference) -> None:
        """See to it that there are ``confirm`` runs more than that. Raises ``ReferenceFailed``."""
        self._extend(case, reference, self._repeat + self._confirm)

    def _begin(self, case: Case) -> Reference:
        try:
            kept = self._kept.load(case, self._described) if self._kept is not None else []
        except RecordingError as error:
            raise ReferenceFailed(str(error), PairingTrace(case.id, {})) from None
        in_sample = random.Random(f"{self._seed} {case.id}").random() < SAMPLE
        wanted = max(self._first, self._repeat if in_sample else 1)
        runs = [*kept, *(self._run(case, number) for number in range(len(kept) + 1, wanted + 1))]
        reference = Reference(runs, _expectation(case, runs))
        if len(runs) > len(kept):
            self._store(case, reference)
        return reference

    def _extend(self, case: Case, reference: Reference, wanted: int) -> None:
        with self._lock_of(case):
            if len(reference.runs) >= wanted:
                return
            more = [self._run(case, number) for number in range(len(reference.runs) + 1, wanted + 1)]
            reference.runs += more
            reference.expectation = reference.expectation.with_more([normal(case, run) for run in more])
            self._store(case, reference)
            self._keep(case, reference)

    def _store(self, case: Case, reference: Reference) -> None:
        if self._kept is not None and not reference.expectation.unstable:
            self._kept.store(case, self._described, reference.runs)

    def _run(self, case: Case, number: int) -> PairingTrace:
        run = self._play(case)
        reason = trouble(case, run)
        if reason is not None:
            raise ReferenceFailed(f"reference run {number}: {reason}", run)
        return run

    def _lock_of(self, case: Case) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(case.id, threading.Lock())


def _expectation(case: Case, runs: Sequence[PairingTrace], ignored: Sequence[str] = ()) -> Expectation:
    return Expectation([normal(case, run, ignored) for run in runs])
