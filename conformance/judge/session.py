"""A session: cases × pairings judged against the reference, some at a time, until done or interrupted.

The reference of a case is run as often as its verdicts need (``reference.py``), every other pairing once. Where a
difference stands against all reference runs the item itself is run again: if none of these runs diverges it is
conformant and marked as ``raced``. Whatever the harness or the machine gets wrong on the way makes the item
``errored``.
"""

import functools
import os
import re
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.config import Config
from conformance.errors import OutputError
from conformance.judge.compare import Comparison, Difference
from conformance.judge.normalize import NormalRun, normal
from conformance.judge.pairing import Pairing, pairings
from conformance.judge.reference import Reference, ReferenceFailed, References
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
from conformance.play.recordings import Recordings
from conformance.play.runner import Fault, PairingTrace, run_pairing
from conformance.play.subjects.base import Subject
from conformance.profile import Profile

#: Runs one pairing: case, role → subject, run directory, deadline in seconds.
Player = Callable[[Case, Mapping[str, Subject], Path, float], PairingTrace]

_INTERRUPTED = "the run was interrupted before this item"

#: What in a case's JavaScript makes it depend on the clock.
_TIMER = re.compile(r"\b(?:timeout|setTimeout|setInterval)(?=\()")


@dataclass(frozen=True)
class Sides:
    """Who took part in a run, by what each says of itself: ``subjects`` and ``versions`` by their names in pairings."""

    reference: Mapping[str, Any]
    subjects: Mapping[str, Mapping[str, Any]]
    versions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data, for ``from_json``."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Sides":
        """The inverse of ``to_json``."""
        return cls(data["reference"], data["subjects"], data["versions"])


class Stopped(Exception):
    """The session was interrupted: what is being judged does not count."""


class Session:
    """Judges items, from several threads at once. Every subject is already open.

    ``subjects`` are held against the ``reference``, ``versions`` are further versions of Node that are shown beside it.
    ``keep`` is called with the runs behind every result, ``known`` are the accepted deviations. The reference is run
    ``first`` times at once.
    """

    def __init__(
        self,
        config: Config,
        reference: Subject,
        subjects: Sequence[Subject],
        run_dir: Path,
        *,
        versions: Sequence[Subject] = (),
        known: Sequence[KnownDivergence] = (),
        keep: Callable[[Case, Pairing, Sequence[PairingTrace], Result], None] | None = None,
        play: Player | None = None,
        first: int = 1,
    ) -> None:
        self.config = config
        self.reference = reference
        self.subjects = {subject.name: subject for subject in subjects}
        self.versions = {version.name: version for version in versions}
        self.known = tuple(known)
        self._run_dir = run_dir
        self._keep = keep
        self.stopping = threading.Event()
        self._play = play or functools.partial(run_pairing, stopping=self.stopping.is_set)
        self._references = References(
            lambda case: self.run_once(case, self.reference),
            reference.describe(),
            _kept_runs(config, reference),
            self._keep_reference,
            repeat=config.repeat,
            confirm=config.confirm,
            seed=config.seed,
            first=first,
        )

    def sides(self) -> Sides:
        """What the reference, the subjects and the further versions say of themselves."""
        return Sides(
            self.reference.describe(),
            {name: self._described(subject) for name, subject in self.subjects.items()},
            {name: version.describe() for name, version in self.versions.items()},
        )

    def _described(self, subject: Subject) -> Mapping[str, Any]:
        return {**subject.describe(), "profile": self.config.profile_of(subject.name).to_json()}

    def _profile(self, pairing: Pairing) -> Profile:
        """What is demanded of the subject: of the reference and of further versions, everything."""
        if pairing.is_reference or pairing.is_version:
            return Profile(pairing.subject)
        return self.config.profile_of(pairing.subject)

    # -- one item ------------------------------------------------------------------------------------------

    def pairings(self, case: Case) -> list[Pairing]:
        return pairings(case, self.reference.name, tuple(self.subjects), tuple(self.versions))

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
        result = Result(case.id, pairing.name, Verdict.ERRORED, subject=pairing.subject, is_version=pairing.is_version)
        try:
            reason = case.skip_reason(_version_of(self.reference)) or self._profile(pairing).skip_reason(case.id)
            if reason is not None:
                result = replace(result, verdict=Verdict.SKIPPED, reason=reason)
            else:
                reference = self._references.of(case)
                started = time.monotonic()
                if pairing.is_reference:
                    result = self._reference_result(case, reference)
                else:
                    result, runs = self._judge(case, pairing, reference, result)
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
        self, case: Case, pairing: Pairing, reference: Reference, blank: Result
    ) -> tuple[Result, Sequence[PairingTrace]]:
        player = (self.versions if pairing.is_version else self.subjects)[pairing.subject]
        players = {
            role.name: player if role.name in pairing.subject_roles else self.reference for role in case.roles
        }
        run = self._run(case, players)
        if run.fatal_faults:
            return replace(blank, reason="; ".join(map(str, run.fatal_faults))), [run]
        played = self._normal(case, pairing, run)
        comparison = self._compare(case, pairing, reference, run, played)
        if comparison.first is not None:
            self._references.repeat(case, reference)
            comparison = self._compare(case, pairing, reference, run, played)
        if comparison.first is not None and comparison.first.category not in HIDING:
            self._references.confirm(case, reference)
            comparison = self._compare(case, pairing, reference, run, played)
        runs, load = [run], round(os.getloadavg()[0], 2)
        first = comparison.first
        if first is not None and not any(entry.covers(blank) for entry in self.known):
            comparison = self._rerun(case, pairing, players, reference, runs, comparison)
        verdict, reason = judged(comparison)
        result = replace(
            blank,
            verdict=verdict,
            reason=reason + _timing(case, verdict),
            duration_s=round(run.duration_s, 3),
            differences=comparison.differences,
            unstable=comparison.unstable,
            reference_runs=len(reference.runs),
        )
        if first is not None and verdict is Verdict.CONFORMANT:
            result = replace(result, raced=Raced(len(runs), 1, first, load))
        return (self._against_requirement(case, player, result) if pairing.is_version else result), runs

    def _against_requirement(self, case: Case, player: Subject, result: Result) -> Result:
        """What a further version did, held against the case's ``skip_unless``: where the two contradict each other the
        case is wrong."""
        version = _version_of(player)
        left_out = case.skip_reason(version)
        words = f"the case is wrong: skip_unless={case.skip_unless!r}"
        of = f"Node {'.'.join(map(str, version or ()))}"
        if left_out is None:
            if result.verdict is Verdict.DIVERGENT and case.names_versions:
                reason = f"{words} lets {of} play, which differs: {result.reason}"
                return replace(result, verdict=Verdict.ERRORED, reason=reason)
            return result
        if result.verdict is Verdict.CONFORMANT:
            reason = f"{words} leaves out {of}, which does the same"
            return replace(result, verdict=Verdict.ERRORED, reason=reason, raced=None)
        if result.verdict is Verdict.DIVERGENT:
            reason = f"{left_out}; {of} differs: {result.reason}"
            return replace(result, verdict=Verdict.SKIPPED, reason=reason, differences=())
        return result

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
            last = self._compare(case, pairing, reference, run, self._normal(case, pairing, run))
            if run.fatal_faults or last.first is not None:
                return comparison
        return last

    def _normal(self, case: Case, pairing: Pairing, run: PairingTrace) -> NormalRun:
        """The run as it is compared: normalised, without what the subject's profile leaves out."""
        return normal(case, run, self._profile(pairing).ignore)

    def _compare(
        self, case: Case, pairing: Pairing, reference: Reference, run: PairingTrace, played: NormalRun
    ) -> Comparison:
        expectation = reference.demands(case, self._profile(pairing).ignore)
        comparison = expectation.compare(played, pairing.subject_roles)
        faults = [fault for fault in run.faults if fault.whose == "role" and fault.kind != "garbage"]
        return replace(comparison, differences=(*comparison.differences, *map(_fault_difference, faults)))

    def run_once(self, case: Case, player: Subject) -> PairingTrace:
        """One run with every role played by ``player``, judged by nobody."""
        return self._run(case, {role.name: player for role in case.roles})

    def _run(self, case: Case, players: Mapping[str, Subject]) -> PairingTrace:
        if self.stopping.is_set():
            raise Stopped
        run = self._play(case, players, self._run_dir, self.config.deadline)
        if self.stopping.is_set():
            raise Stopped
        return run

    # -- the reference -------------------------------------------------------------------------------------

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

    # -- all items -----------------------------------------------------------------------------------------

    def run(
        self,
        items: Sequence[tuple[Case, Sequence[Pairing]]],
        report: Callable[[Result], None],
        matching: Callable[[str], Collection[str]] = lambda glob: (),
        finished: Mapping[str, Result] | None = None,
        maxfail: int = 0,
    ) -> Outcome:
        """Judge all ``items``, ``jobs`` cases at a time, and call ``report`` with each result as it comes.

        ``matching`` gives the ids of all cases that a glob means, for the accepted deviations that have gone
        stale.
        ``finished`` holds the results, by their names, of the items that are not to be run again. After
        ``maxfail`` failing items (0: however many) the run ends, and the outcome says that it had ``enough``.
        Ctrl-C ends the run cleanly, and so does an ``OutputError``, as soon as nothing can be kept: the outcome is
        ``interrupted`` and holds what was judged before; the rest is ``not_run``.
        """
        finished = finished or {}
        results = dict(finished)
        trouble: str | None = None
        failing = 0
        executor = ThreadPoolExecutor(self.config.workers, thread_name_prefix="case")
        pending: set[Future[None]] = set()
        landed = threading.Lock()

        def has_enough() -> bool:
            return 0 < maxfail <= failing

        def take(case: Case, wanted: Sequence[Pairing]) -> None:
            nonlocal failing
            # The reference's own item comes last: what the others needed more runs for may show that it varies.
            for pairing in sorted(wanted, key=lambda one: one.is_reference):
                if _name(case, pairing) in finished:
                    continue
                result, runs = self._judged(case, pairing)
                with landed:
                    if has_enough():
                        raise Stopped
                    results[result.name] = result
                    failing += result.fails
                    report(result)
                    if has_enough():
                        self.stopping.set()
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
            executor.shutdown(wait=has_enough() or not self.stopping.is_set(), cancel_futures=True)
        with landed:
            why = f"the run stopped after {counted(maxfail, 'failing item')}" if has_enough() else _INTERRUPTED
            ordered = [
                results.get(_name(case, pairing)) or not_run(case, pairing, why)
                for case, wanted in items
                for pairing in wanted
            ]
            left = any(result.verdict is Verdict.NOT_RUN for result in ordered)
            enough = maxfail if has_enough() and left else 0
            stopped = left if has_enough() else self.stopping.is_set()
            of_these = [not_run(case, pairing) for case, _ in items for pairing in self.pairings(case)]
            gone = () if stopped else tuple(stale(self.known, ordered, of_these, matching))
            return Outcome(tuple(ordered), gone, stopped and not enough, trouble, len(finished), enough)


def _kept_runs(config: Config, reference: Subject) -> TraceCache | Recordings | None:
    """Where there are runs of the reference that need not be made."""
    if config.reference == "recorded":
        # As many as a divergence would be believed by: no further ones can be made.
        return Recordings(config.recordings, str(reference.describe().get("version")), config.repeat + config.confirm)
    return TraceCache(config.cache_directory) if config.cache_directory is not None else None


def _name(case: Case, pairing: Pairing) -> str:
    return f"{case.id}[{pairing.name}]"


def not_run(case: Case, pairing: Pairing, reason: str = _INTERRUPTED) -> Result:
    """The result of an item that nobody has judged."""
    return Result(
        case.id, pairing.name, Verdict.NOT_RUN, reason, subject=pairing.subject, is_version=pairing.is_version
    )


def counted(number: int, what: str) -> str:
    """``1 item``, ``2 items``."""
    return f"{number} {what}" + ("" if number == 1 else "s")


def _version_of(subject: Subject) -> tuple[int, ...] | None:
    """The version of a subject that is Node, as numbers."""
    described = subject.describe()
    if described.get("name") != "node":
        return None
    numbers = re.findall(r"\d+", str(described.get("version", "")))
    return tuple(map(int, numbers[:3])) or None


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
