"""A session: cases × pairings judged against the reference, some at a time, until done or interrupted.

For each case the reference is run several times (or its kept runs are used), and every other pairing once.
A difference is believed only when further reference runs still do not show it: three runs may all have had
the same luck with an order that is in fact free. Then the item itself is run again: if none of these runs
diverges it is conformant and marked as ``raced``. Whatever the harness or the machine gets wrong on the way
makes the item ``errored``.
"""

import functools
import itertools
import os
import re
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance.config import Config
from conformance.errors import OutputError
from conformance.judge.compare import Comparison, Difference, Expectation
from conformance.judge.normalize import NormalTrace, normalize
from conformance.judge.trouble import trouble
from conformance.judge.verdict import (
    HIDING,
    KnownDivergence,
    Outcome,
    Raced,
    Result,
    Verdict,
    accept,
    judged,
    stale,
)
from conformance.language.case import Case
from conformance.play.cache import TraceCache
from conformance.play.runner import Fault, PairingTrace, run_pairing
from conformance.play.subjects.base import Subject
from conformance.play.trace import Record

#: Runs one pairing: case, role → subject, run directory, deadline in seconds.
Player = Callable[[Case, Mapping[str, Subject], Path, float], PairingTrace]

_NOT_RUN = "the run was interrupted before this item"

#: What in a case's JavaScript makes it depend on the clock.
_TIMER = re.compile(r"\b(?:timeout|setTimeout|setInterval)(?=\()")

_NUMBER = re.compile(r"(?<![\w.])\d{4,5}(?![\w.])")


@dataclass(frozen=True)
class Pairing:
    """Who plays which role: ``subject_roles`` the subject, all others the reference."""

    name: str
    subject_roles: frozenset[str]

    @property
    def is_reference(self) -> bool:
        return not self.subject_roles


def pairings(case: Case, reference: str = "node", subject: str = "python") -> list[Pairing]:
    """All pairings of a case, the reference first: two for one role, four for two."""
    names = [role.name for role in case.roles]
    found = []
    for plays in itertools.product((False, True), repeat=len(names)):
        roles = frozenset(name for name, play in zip(names, plays, strict=True) if play)
        found.append(Pairing("-".join(subject if play else reference for play in plays), roles))
    return found


class ReferenceFailed(Exception):
    """The reference did not get through the case; ``str()`` says how. Its items are ``errored``."""

    def __init__(self, reason: str, run: PairingTrace) -> None:
        super().__init__(reason)
        self.run = run


class Stopped(Exception):
    """The session was interrupted: what is being judged does not count."""


@dataclass
class Reference:
    """The runs of a case's reference, and what they demand."""

    runs: list[PairingTrace]
    expectation: Expectation
    confirmed: bool = False


class Session:
    """Judges items, from several threads at once. ``reference`` and ``subject`` are already open.

    ``keep`` is called with the runs behind every result, ``known`` are the accepted deviations.
    """

    def __init__(
        self,
        config: Config,
        reference: Subject,
        subject: Subject,
        run_dir: Path,
        *,
        known: Sequence[KnownDivergence] = (),
        keep: Callable[[Case, Pairing, Sequence[PairingTrace], Result], None] | None = None,
        play: Player | None = None,
    ) -> None:
        self.config = config
        self.reference = reference
        self.subject = subject
        self.known = tuple(known)
        self._run_dir = run_dir
        self._keep = keep
        self._described: Mapping[str, Any] = reference.describe()
        self._cache = TraceCache(config.output / "cache") if config.cache else None
        self._references: dict[str, Reference | ReferenceFailed] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        self._play = play or functools.partial(run_pairing, stopping=self.stopping.is_set)

    # -- one item ------------------------------------------------------------------------------------------

    def pairings(self, case: Case) -> list[Pairing]:
        return pairings(case, self.reference.name, self.subject.name)

    def judge(self, case: Case, pairing: Pairing) -> Result:
        """The verdict on one item, its runs kept. Raises ``Stopped`` after an interruption and ``OutputError`` where
        nothing can be kept, nothing else."""
        result, runs = self._judged(case, pairing)
        if self._keep is not None and runs:
            self._keep(case, pairing, runs, result)
        return result

    def _judged(self, case: Case, pairing: Pairing) -> tuple[Result, Sequence[PairingTrace]]:
        started = time.monotonic()
        runs: Sequence[PairingTrace] = ()
        result = Result(case.id, pairing.name, Verdict.ERRORED)
        try:
            reason = case.skip_reason(self._node_version())
            if reason is not None:
                result = replace(result, verdict=Verdict.SKIPPED, reason=reason)
            else:
                reference = self._reference(case)
                started = time.monotonic()
                result, runs = self._judge(case, pairing, reference)
        except ReferenceFailed as error:
            result = replace(result, reason=str(error))
        except (Stopped, OutputError):
            raise
        except Exception as error:  # noqa: BLE001 -- a bug of ours must not end the run, nor pass for a verdict
            result = replace(result, reason=f"internal error of the harness: {type(error).__name__}: {error}")
            traceback.print_exc()
        if self.stopping.is_set():
            raise Stopped
        if not result.duration_s:
            result = replace(result, duration_s=round(time.monotonic() - started, 3))
        return accept(result, self.known), runs

    def _judge(
        self, case: Case, pairing: Pairing, reference: Reference
    ) -> tuple[Result, Sequence[PairingTrace]]:
        if pairing.is_reference:
            return self._reference_result(case, reference), ()
        players = {
            role.name: self.subject if role.name in pairing.subject_roles else self.reference
            for role in case.roles
        }
        run = self._run(case, players)
        if run.fatal_faults:
            return Result(case.id, pairing.name, Verdict.ERRORED, "; ".join(map(str, run.fatal_faults))), [
                run
            ]
        comparison = self._compare(case, pairing, reference, run)
        if comparison.first is not None and comparison.first.category not in HIDING:
            self._confirm(case, reference)
            comparison = self._compare(case, pairing, reference, run)
        runs, load = [run], round(os.getloadavg()[0], 2)
        first = comparison.first
        if first is not None and not any(entry.covers(case.id, pairing.name) for entry in self.known):
            comparison = self._rerun(case, pairing, players, reference, runs, comparison)
        verdict, reason = judged(comparison)
        result = Result(
            case.id,
            pairing.name,
            verdict,
            reason + _timing(case, verdict),
            round(run.duration_s, 3),
            differences=comparison.differences,
            unstable=comparison.unstable,
            reference_runs=len(reference.runs),
        )
        if first is not None and verdict is Verdict.CONFORMANT:
            result = replace(result, raced=Raced(len(runs), 1, first, load))
        return result, runs

    def _rerun(
        self,
        case: Case,
        pairing: Pairing,
        players: Mapping[str, Subject],
        reference: Reference,
        runs: list[PairingTrace],
        comparison: Comparison,
    ) -> Comparison:
        """Run an item that diverged again, into ``runs``, until it does so a second time. The comparison that decides:
        the last one if no further run diverged, else the first."""
        last = comparison
        for _ in range(self.config.rerun):
            run = self._run(case, players)
            runs.append(run)
            last = self._compare(case, pairing, reference, run)
            if run.fatal_faults or last.first is not None:
                return comparison
        return last

    def _compare(self, case: Case, pairing: Pairing, reference: Reference, run: PairingTrace) -> Comparison:
        comparison = reference.expectation.compare(normal(case, run), pairing.subject_roles)
        faults = [fault for fault in run.faults if fault.whose == "role" and fault.kind != "garbage"]
        return replace(comparison, differences=(*comparison.differences, *map(_fault_difference, faults)))

    def run_once(self, case: Case, player: Subject) -> PairingTrace:
        """One run with every role played by ``player``, judged by nobody."""
        return self._run(case, {role.name: player for role in case.roles})

    # -- the reference -------------------------------------------------------------------------------------

    def _reference(self, case: Case) -> Reference:
        """The reference of a case, made once, by whoever asks first. Raises ``ReferenceFailed``."""
        with self._lock_of(case):
            found = self._references.get(case.id)
            if found is None:
                try:
                    found = self._run_reference(case)
                except ReferenceFailed as error:
                    found = error
                self._references[case.id] = found
                self._keep_reference(case, found)
        if isinstance(found, ReferenceFailed):
            raise found
        return found

    def _run_reference(self, case: Case) -> Reference:
        kept = self._cache.load(case, self._described) if self._cache is not None else []
        runs = [
            *kept,
            *(self._reference_run(case, number) for number in range(len(kept) + 1, self.config.repeat + 1)),
        ]
        enough = len(kept) >= self.config.repeat + self.config.confirm
        reference = Reference(runs, _expectation(case, runs), confirmed=enough)
        if len(runs) > len(kept):
            self._store(case, reference)
        return reference

    def _confirm(self, case: Case, reference: Reference) -> None:
        """Run the reference some more, once: what it then varies on is no difference."""
        with self._lock_of(case):
            if reference.confirmed or not self.config.confirm:
                return
            first = len(reference.runs) + 1
            reference.runs += [self._reference_run(case, first + more) for more in range(self.config.confirm)]
            reference.expectation = _expectation(case, reference.runs)
            reference.confirmed = True
            self._store(case, reference)
            self._keep_reference(case, reference)

    def _reference_result(self, case: Case, reference: Reference | ReferenceFailed) -> Result:
        name = self.pairings(case)[0].name
        if isinstance(reference, ReferenceFailed):
            return Result(case.id, name, Verdict.ERRORED, str(reference), reference.run.duration_s)
        unstable = reference.expectation.unstable
        verdict, reason = judged(Comparison((), unstable))
        longest = round(max(run.duration_s for run in reference.runs), 3)
        reason += _timing(case, verdict)
        return Result(case.id, name, verdict, reason, longest, (), unstable, None, len(reference.runs))

    def _keep_reference(self, case: Case, reference: Reference | ReferenceFailed) -> None:
        if self._keep is not None:
            runs = [reference.run] if isinstance(reference, ReferenceFailed) else reference.runs
            self._keep(case, self.pairings(case)[0], runs, self._reference_result(case, reference))

    def _store(self, case: Case, reference: Reference) -> None:
        if self._cache is not None and not reference.expectation.unstable:
            self._cache.store(case, self._described, reference.runs)

    def _reference_run(self, case: Case, number: int) -> PairingTrace:
        run = self._run(case, {role.name: self.reference for role in case.roles})
        reason = trouble(case, run)
        if reason is not None:
            raise ReferenceFailed(f"reference run {number}: {reason}", run)
        return run

    def _run(self, case: Case, players: Mapping[str, Subject]) -> PairingTrace:
        if self.stopping.is_set():
            raise Stopped
        run = self._play(case, players, self._run_dir, self.config.deadline)
        if self.stopping.is_set():
            raise Stopped
        return run

    def _lock_of(self, case: Case) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(case.id, threading.Lock())

    def _node_version(self) -> tuple[int, ...] | None:
        if self._described.get("name") != "node":
            return None
        numbers = re.findall(r"\d+", str(self._described.get("version", "")))
        return tuple(map(int, numbers[:3])) or None

    # -- all items -----------------------------------------------------------------------------------------

    def run(
        self,
        items: Sequence[tuple[Case, Sequence[Pairing]]],
        report: Callable[[Result], None],
        matching: Callable[[str], Collection[str]] = lambda glob: (),
        finished: Mapping[str, Result] | None = None,
    ) -> Outcome:
        """Judge all ``items``, ``jobs`` cases at a time, and call ``report`` with each result as it comes.

        ``matching`` gives the ids of all cases that a glob means, for the accepted deviations that have gone
        stale.
        ``finished`` holds the results, by their names, of the items that are not to be run again.
        Ctrl-C ends the run cleanly, and so does an ``OutputError``, as soon as nothing can be kept: the outcome is
        ``interrupted`` and holds what was judged before; the rest is ``not_run``.
        """
        finished = finished or {}
        results = dict(finished)
        trouble: str | None = None
        executor = ThreadPoolExecutor(self.config.workers, thread_name_prefix="case")
        pending: set[Future[None]] = set()
        landed = threading.Lock()

        def take(case: Case, wanted: Sequence[Pairing]) -> None:
            for pairing in wanted:
                if _name(case, pairing) in finished:
                    continue
                result, runs = self._judged(case, pairing)
                with landed:
                    results[result.name] = result
                    report(result)
                if self._keep is not None and runs:
                    self._keep(case, pairing, runs, result)

        try:
            pending = {executor.submit(take, case, wanted) for case, wanted in items}
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
        except (KeyboardInterrupt, Stopped):
            self.stopping.set()
        except OutputError as error:
            trouble = str(error)
            self.stopping.set()
        finally:
            # On an interruption nobody waits for roles that still run: closing the subjects ends them.
            executor.shutdown(wait=not self.stopping.is_set(), cancel_futures=True)
        with landed:
            ordered = [
                results.get(_name(case, pairing)) or Result(case.id, pairing.name, Verdict.NOT_RUN, _NOT_RUN)
                for case, wanted in items
                for pairing in wanted
            ]
            interrupted = self.stopping.is_set()
            of_these = [(case.id, pairing.name) for case, _ in items for pairing in self.pairings(case)]
            gone = () if interrupted else tuple(stale(self.known, ordered, of_these, matching))
            return Outcome(tuple(ordered), gone, interrupted, trouble, len(finished))


def normal(case: Case, run: PairingTrace) -> dict[str, NormalTrace]:
    """The normalised traces of one run of the case."""
    return normal_run(run, [role.name for role in case.roles], case.exact_chunks, literals(case))


def normal_run(
    run: PairingTrace, roles: Sequence[str], exact_chunks: bool, literals: Collection[int]
) -> dict[str, NormalTrace]:
    """The same for a run read back from disk, where there is no ``Case``."""
    garbage = {
        fault.role: fault.message for fault in reversed(run.faults) if fault.kind == "garbage" and fault.role
    }
    return normalize(
        {role: [Record.from_json(record) for record in run.roles.get(role, ())] for role in roles},
        exact_chunks=exact_chunks,
        directories=[run.path_dir] if run.path_dir else [],
        literals=literals,
        garbage=garbage,
    )


def literals(case: Case) -> frozenset[int]:
    """The four- and five-digit numbers that the case's programs spell out: the platform did not choose
    them.
    """
    return frozenset(int(number) for program in case.programs.values() for number in _NUMBER.findall(program))


def _expectation(case: Case, runs: Sequence[PairingTrace]) -> Expectation:
    return Expectation([normal(case, run) for run in runs])


def _name(case: Case, pairing: Pairing) -> str:
    return f"{case.id}[{pairing.name}]"


def _timing(case: Case, verdict: Verdict) -> str:
    """What to add to the reason of an ``unstable`` verdict if the case depends on time."""
    timers = sorted({found for program in case.programs.values() for found in _TIMER.findall(program)})
    if verdict is not Verdict.UNSTABLE or not timers:
        return ""
    load = f"load {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores"
    return f"; the case depends on time ({', '.join(timers)}), so this may be the machine ({load}), not Node"


def _fault_difference(fault: Fault) -> Difference:
    role = fault.role or ""
    category = "sequence" if fault.kind == "raw" else "died"
    message = f"{role}: {fault.message}"
    return Difference(category, role, fault.kind, 0, "", None, fault.message, message)
