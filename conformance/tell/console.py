"""What a person reads of a run: its lines, and differences made readable."""

import contextlib
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from conformance import config as settings
from conformance.config import Config
from conformance.judge.causes import groups
from conformance.judge.compare import Difference
from conformance.judge.scoreboard import scoreboard
from conformance.judge.session import Sides, counted
from conformance.judge.verdict import Outcome, Result, Verdict
from conformance.language.case import Case
from conformance.language.collect import is_built_in
from conformance.profile import said
from conformance.tell.document import reason
from conformance.tell.journal import Selection
from conformance.tell.printable import one_line

COLOURS = {
    "conformant": "green",
    "divergent": "red",
    "accepted": "cyan",
    "differing": "cyan",
    "unstable": "yellow",
    "skipped": "bright_black",
    "errored": "magenta",
    "not_run": "magenta",
    "raced": "yellow",
}

#: How many seconds pass between two lines that say how far a run is, where there is no terminal.
PROGRESS = 10.0

#: The options that decide what a run does, by setting.
_OPTIONS = {
    "subject": "--subject",
    "reference": "--reference",
    "recordings": "--recordings",
    "repeat": "--repeat",
    "confirm": "--confirm",
    "rerun": "--rerun",
    "seed": "--seed",
    "deadline": "--deadline",
    "output": "--output",
    "traces": "--traces",
    "known_divergences": "--known-divergences",
}


#: How many causes the end of a run shows.
_CAUSES = 20


def headlines(sides: Sides) -> list[str]:
    """The first lines of a run: who is held against whom, where each comes from, and what they remark."""
    node = f"Node {sides.reference.get('version')} ({_origin(sides.reference)})"
    lines = [
        f"{' '.join(filter(None, (one.get('name'), one.get('version'))))} ({_origin(one)}) against {node}"
        for one in sides.subjects.values()
    ]
    lines += [f"beside it Node {one.get('version')} ({_origin(one)})" for one in sides.versions.values()]
    for name, subject in sides.subjects.items():
        demanded = said(subject["profile"]) if subject.get("profile") else ""
        lines += [f"profile of {name}: {demanded}"] if demanded else []
    notes = [one.get("note") for one in (sides.reference, *sides.subjects.values(), *sides.versions.values())]
    lines += [f"note: {note}" for note in dict.fromkeys(notes) if note]
    return list(map(one_line, lines))


def _origin(side: Mapping[str, Any]) -> str:
    parts = [f"libuv {side.get('libuv') or 'unknown'}"]
    parts += [f"Python {side['python']}"] if side.get("python") else [f"provider: {side.get('provider')}"]
    parts += [f"image {side['image']}"] if side.get("image") else []
    return ", ".join(parts)


def address(case: Case) -> str:
    """What to call a case by on the command line: its id, with its file in front unless it is a built-in
    one."""
    if is_built_in(case.file):
        return case.id
    return f"{_relative(case.file)}::{case.id}"


def replay_command(case: Case, pairing: str, options: Sequence[str]) -> str:
    """The command that runs one item again as it was run, for a shell in the same directory."""
    return _run_command([address(case), "--pairing", pairing], options)


def resume_command(selection: Selection, options: Sequence[str]) -> str:
    """The command that goes on with an interrupted run."""
    words = [*selection.cases]
    words += ["-k", selection.keywords] if selection.keywords else []
    words += ["--pairing", selection.pairing] if selection.pairing else []
    words += selection.narrowed
    return _run_command([*words, "--resume"], options)


def _run_command(words: Sequence[str], options: Sequence[str]) -> str:
    return shlex.join([sys.executable, "-m", "conformance", "run", *words, *options])


def run_options(config: Config, reference: Mapping[str, Any]) -> tuple[str, ...]:
    """The options of a run that the settings file does not imply, as words of a command line."""
    versions = [version for version in (config.version, *config.further_versions) if version]
    provider = None if config.reference == "recorded" else reference.get("provider")
    node = ",".join(part for part in (str(provider or ""), *versions) if part)
    implied = settings.load()
    options = ["--node", node] if node else []
    for name, option in _OPTIONS.items():
        value = getattr(config, name)
        if value != getattr(implied, name):
            options += [option, str(value)]
    if config.cache != implied.cache:
        options += ["--cache", str(config.cache)] if config.cache else ["--no-cache"]
    return tuple(options)


class Unread:
    """A stream whose reader may leave, as in ``run | head -1``. What is written after that is dropped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with self._forgiving():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._forgiving():
            self._stream.flush()

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@dataclass(frozen=True)
class Line:
    """A line about a run: pieces of text, each with the style that it has on a terminal."""

    pieces: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "".join(text for text, _ in self.pieces)


class Reporter:
    """Follows a run on a stream that is no terminal: a line for each case, more for results that are not conformant,
    and every ``PROGRESS`` seconds how far the run is. ``now`` is a clock in seconds.

    ``terminal.TerminalReporter`` does it on a terminal.
    """

    def __init__(
        self,
        stream: TextIO,
        cases: Mapping[str, int],
        replay: Mapping[str, str],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._now = now
        self._total, self._done, self._failing = sum(cases.values()), 0, 0
        self._started = self._told = now()
        self._left = dict(cases)  # case → items still to come
        self._words: dict[str, list[str]] = {}
        self._replay = replay

    def result(self, result: Result) -> None:
        """Take one result; called with one at a time."""
        word = word_for(result)
        words = self._words.setdefault(result.id, [])
        # The reference's own item is judged last and named first.
        at = len(words) if result.subject else 0
        words.insert(at, f"{result.pairing} {'ok' if word == 'conformant' else word}")
        self._left[result.id] -= 1
        if not self._left[result.id]:
            print(one_line(f"{result.id}: {', '.join(words)}"), file=self._stream)
        for line in remarks(result, self._replay):
            print(line, file=self._stream)
        self._done += 1
        self._failing += result.fails
        now = self._now()
        if now - self._told >= PROGRESS and self._done < self._total:
            self._told = now
            left = (now - self._started) / self._done * (self._total - self._done)
            how = f"{self._done} of {self._total} items, {self._failing} failing, about {_minutes(left)} left"
            print(f"-- {how} --", file=self._stream, flush=True)


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def word_for(result: Result) -> str:
    """The verdict in a word, with a race as one of its own."""
    return "raced" if result.raced is not None else result.word


def remarks(result: Result, replay: Mapping[str, str]) -> list[Line]:
    """What to say of a result as it comes: nothing of one that is conformant, unless it has raced."""
    if result.verdict is Verdict.CONFORMANT and result.raced is None:
        return []
    return describe(result, replay.get(result.name))


def describe(result: Result, replay: str | None) -> list[Line]:
    """A result that is not conformant or has raced, in a few lines: the verdict, the reason, how to see it again."""
    word = word_for(result)
    lines = [Line(((word.upper(), f"bold {COLOURS[word]}"), (" ", ""), (one_line(result.name), "bold")))]
    lines.append(_line(f"  {result.raced or reason(result)}"))
    if result.is_version:
        return lines
    difference = result.first_difference
    if difference is not None and not difference.path:
        lines += map(_line, difference_lines(difference))
    if len(result.differences) > 1:
        lines.append(_line(f"  and {len(result.differences) - 1} more differences"))
    if result.fails and replay:
        lines.append(_line(f"  replay: {replay}"))
    return lines


def difference_lines(difference: Difference) -> list[str]:
    """Both records of a first difference, one under the other."""
    lines = []
    for name, value in (("expected", difference.expected), ("got", difference.got)):
        text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
        lines.append(f"  {name + ':':<10}{text if len(text) <= 300 else text[:299] + '…'}")
    return lines


def overview(outcome: Outcome) -> list[str]:
    """The scoreboard, a line for each subject and version, and the causes of what is not accepted."""
    columns = scoreboard(outcome.results)
    width = max((len(column.subject) for column in columns), default=0)
    lines = [
        f"{column.subject:<{width}} conforms in {column.whole} cases: "
        + ", ".join(f"{area} {score}" for area, score in column.areas.items())
        for column in columns
    ]
    found = [group for group in groups(outcome.results) if group.word != "accepted"]
    for group in found[:_CAUSES]:
        times = f"{len(group.cases)} cases" if len(group.cases) > 1 else group.cases[0]
        lines.append(f"  {group.word} {times} ({', '.join(group.subjects)}): {group.signature}")
    if len(found) > _CAUSES:
        lines.append(f"  and {len(found) - _CAUSES} more causes, which are in the report")
    return list(map(one_line, lines))


def summary(outcome: Outcome, seconds: float) -> list[str]:
    """The last lines of a run."""
    lines = [
        one_line(f"{entry} in {entry.file.name} no longer diverges: remove it")
        for entry in outcome.stale
    ]
    runs = [one.reference_runs for one in outcome.results if not one.subject and one.reference_runs]
    if runs and max(runs) > 1:
        more = [number for number in runs if number > 1]
        often = f"{_range(more)} times for {len(more)}"
        lines.append(f"the reference was run once for {len(runs) - len(more)} cases, {often}")
    if outcome.missing:
        lines.append(f"missing: shard {', '.join(outcome.missing)}")
    if outcome.enough:
        stopped = f"stopped after {counted(outcome.enough, 'failing item')}"
        lines.append(f"{stopped}: {outcome.totals.not_run} of {len(outcome.results)} items were not run")
    cases = len({result.id for result in outcome.results})
    lines.append(f"{cases} cases, {len(outcome.results)} items in {seconds:.1f} s: {outcome.totals}")
    if outcome.taken_over:
        lines.append(f"resumed: {outcome.taken_over} results were taken over from the interrupted run")
    return lines


def slowest(results: Sequence[Result], number: int) -> list[str]:
    """The items that took longest, at most ``number`` of them, each with its seconds."""
    played = [result for result in results if result.duration_s]
    longest = sorted(played, key=lambda result: -result.duration_s)[:number]
    lines = [f"  {result.duration_s:8.3f} s  {one_line(result.name)}" for result in longest]
    return [f"the slowest {counted(len(lines), 'item')}:", *lines] if lines else []


def _range(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return str(least) if least == most else f"{least} to {most}"


def _line(text: str) -> Line:
    return Line(((one_line(text), ""),))


def _relative(path: Path) -> Path:
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path
