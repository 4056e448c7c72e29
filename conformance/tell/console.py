"""What a person sees of a run: progress on a terminal, plain lines elsewhere, and differences made
readable."""

import contextlib
import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from conformance import config as settings
from conformance.config import Config
from conformance.judge.compare import Difference
from conformance.judge.verdict import Outcome, Result, Verdict
from conformance.language.case import Case
from conformance.language.collect import CASES
from conformance.tell.document import reason
from conformance.tell.journal import Selection
from conformance.tell.printable import one_line
from conformance.tell.side_by_side import align, brief
from conformance.tell.traces import Recorded

COLOURS = {
    "conformant": "green",
    "divergent": "red",
    "accepted": "cyan",
    "unstable": "yellow",
    "skipped": "bright_black",
    "errored": "magenta",
    "not_run": "magenta",
    "raced": "yellow",
}

#: The options that decide what a run does, by setting.
_OPTIONS = {
    "subject": "--subject",
    "repeat": "--repeat",
    "confirm": "--confirm",
    "rerun": "--rerun",
    "deadline": "--deadline",
    "output": "--output",
    "known_divergences": "--known-divergences",
}


def headline(reference: Mapping[str, Any], subject: Mapping[str, Any]) -> str:
    """The first line of a run: who is held against whom, and where the reference comes from."""
    theirs = [f"libuv {subject.get('libuv') or 'unknown'}"]
    if subject.get("python"):
        theirs.append(f"Python {subject['python']}")
    ours = [f"libuv {reference.get('libuv') or 'unknown'}", f"provider: {reference.get('provider')}"]
    if reference.get("image"):
        ours.append(f"image {reference['image']}")
    return one_line(
        f"{subject.get('name')} {subject.get('version') or ''} ({', '.join(theirs)}) "
        f"against Node {reference.get('version')} ({', '.join(ours)})"
    )


def address(case: Case) -> str:
    """What to call a case by on the command line: its id, with its file in front unless it is a built-in
    one."""
    if case.file.parent == CASES:
        return case.id
    return f"{_relative(case.file)}::{case.id}"


def replay_command(case: Case, pairing: str, config: Config, reference: Mapping[str, Any]) -> str:
    """The command that runs one item again as it was run, for a shell in the same directory."""
    return _run_command([address(case), "--pairing", pairing], config, reference)


def resume_command(selection: Selection, config: Config, reference: Mapping[str, Any]) -> str:
    """The command that goes on with an interrupted run."""
    words = [*selection.cases]
    words += ["-k", selection.keywords] if selection.keywords else []
    words += ["--pairing", selection.pairing] if selection.pairing else []
    return _run_command([*words, "--resume"], config, reference)


def _run_command(words: Sequence[str], config: Config, reference: Mapping[str, Any]) -> str:
    """``conformance run`` with this interpreter and all options that the settings file does not imply."""
    node = ",".join(part for part in (str(reference.get("provider") or ""), config.version or "") if part)
    implied = settings.load()
    options = ["--node", node]
    for name, option in _OPTIONS.items():
        value = getattr(config, name)
        if value != getattr(implied, name):
            options += [option, str(value)]
    if implied.cache and not config.cache:
        options.append("--no-cache")
    return shlex.join([sys.executable, "-m", "conformance", "run", *words, *options])


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


class Reporter:
    """Follows a run. ``stream`` is where it speaks; results that are not conformant are said as they come."""

    def __init__(
        self, stream: TextIO, totals: int, cases: Mapping[str, int], replay: Mapping[str, str]
    ) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._left = dict(cases)  # case → items still to come
        self._words: dict[str, list[str]] = {}
        self._replay = replay
        self._task: TaskID | None = None
        self._progress: Progress | None = None
        self._counts: dict[str, int] = {}
        if self._console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )
            self._task = self._progress.add_task("running", total=totals)

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def result(self, result: Result) -> None:
        """Take one result; called with one at a time."""
        word = "raced" if result.raced is not None else result.word
        self._counts[word] = self._counts.get(word, 0) + 1
        if self._progress is not None and self._task is not None:
            counts = ", ".join(f"{count} {word}" for word, count in self._counts.items())
            self._progress.update(self._task, advance=1, description=counts)
        elif self._progress is None:
            self._plain(result, word)
        if result.verdict is not Verdict.CONFORMANT or result.raced is not None:
            for line in describe(result, self._replay.get(result.name)):
                self._console.print(line)

    def _plain(self, result: Result, word: str) -> None:
        words = self._words.setdefault(result.id, [])
        words.append(f"{result.pairing} {'ok' if word == 'conformant' else word}")
        self._left[result.id] -= 1
        if not self._left[result.id]:
            self._console.print(_line(f"{result.id}: {', '.join(words)}"))


def describe(result: Result, replay: str | None) -> list[Text]:
    """A result that is not conformant or has raced, in a few lines: the verdict, the reason, how to see it again."""
    word = "raced" if result.raced is not None else result.word
    lines = [Text.assemble((word.upper(), f"bold {COLOURS[word]}"), " ", (one_line(result.name), "bold"))]
    lines.append(_line(f"  {result.raced or reason(result)}"))
    difference = result.first_difference
    if difference is not None and not difference.path:
        lines += map(_line, difference_lines(difference))
    if len(result.differences) > 1:
        lines.append(Text(f"  and {len(result.differences) - 1} more differences"))
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


def summary(outcome: Outcome, seconds: float) -> list[str]:
    """The last lines of a run."""
    lines = [
        one_line(f"{entry} in known_divergences.toml no longer diverges: remove it")
        for entry in outcome.stale
    ]
    cases = len({result.id for result in outcome.results})
    lines.append(f"{cases} cases, {len(outcome.results)} items in {seconds:.1f} s: {outcome.totals}")
    if outcome.taken_over:
        lines.append(f"resumed: {outcome.taken_over} results were taken over from the interrupted run")
    return lines


def side_by_side(reference: Recorded, found: Recorded, console: Console, everything: bool) -> None:
    """Print the traces of one item beside the reference's; without ``everything``, equal stretches are
    shortened."""
    width = max(40, (min(console.width, 200) - 5) // 2)
    for role, trace in found.traces.items():
        played = found.meta["runs"][0]["subjects"].get(role, "")
        console.print(_line(f"{role} (reference | {played})", "bold"))
        rows = align(reference.traces[role], trace)
        shown = _near_differences([row.status != "same" for row in rows]) if not everything else None
        hidden = 0
        for index, row in enumerate(rows):
            if shown is not None and index not in shown:
                hidden += 1
                continue
            if hidden:
                console.print(Text(f"    … {hidden} equal", style="bright_black"))
                hidden = 0
            left, right = (one_line(brief(step, width)) if step else "" for step in (row.left, row.right))
            mark = {"same": " ", "changed": "≠", "missing": "<", "extra": ">"}[row.status]
            style = {"same": "", "changed": "yellow", "missing": "red", "extra": "red"}[row.status]
            console.print(Text(f"  {left:<{width}} {mark} {right}", style=style))
            for path, one, other in row.changes:
                console.print(_line(f"      {path}: {one} ≠ {other}", "yellow"))
        if hidden:
            console.print(Text(f"    … {hidden} equal", style="bright_black"))


def _near_differences(different: Sequence[bool], context: int = 3) -> set[int] | None:
    places = [index for index, found in enumerate(different) if found]
    if not places:
        return None
    return {index for place in places for index in range(place - context, place + context + 1)}


def _line(text: str, style: str = "") -> Text:
    return Text(one_line(text), style)


def terminal_width() -> int:
    """Columns of the terminal, 160 where there is none (a pipe, a file)."""
    return shutil.get_terminal_size((160, 24)).columns


def _relative(path: Path) -> Path:
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path
