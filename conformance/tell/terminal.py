"""What rich draws on a terminal: the progress of a run in colours, and two traces side by side."""

import shutil
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from conformance.judge.verdict import Result
from conformance.tell.console import remarks, word_for
from conformance.tell.printable import one_line
from conformance.tell.side_by_side import align, brief
from conformance.tell.traces import Recorded


class TerminalReporter:
    """Follows a run like ``console.Reporter``, with a bar in place of a line for each case.

    Beside the bar: how many of the ``total`` items are done, how many fail, the time spent and the time left.
    """

    def __init__(self, stream: TextIO, total: int, replay: Mapping[str, str]) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._replay = replay
        self._counts: dict[str, int] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failing]} failing", style="bold"),
            TimeElapsedColumn(),
            TimeRemainingColumn(elapsed_when_finished=False),
            TextColumn("left"),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("running", total=total, failing=0)
        self._failing = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def result(self, result: Result) -> None:
        """Take one result; called with one at a time."""
        word = word_for(result)
        self._counts[word] = self._counts.get(word, 0) + 1
        counts = ", ".join(f"{count} {word}" for word, count in self._counts.items())
        self._failing += result.fails
        self._progress.update(self._task, advance=1, description=counts, failing=self._failing)
        for line in remarks(result, self._replay):
            self._console.print(Text.assemble(*line.pieces))


def side_by_side(reference: Recorded, found: Recorded, stream: TextIO, everything: bool) -> None:
    """Print the traces of one item beside the reference's; without ``everything``, equal stretches are
    shortened."""
    console = Console(file=stream, highlight=False, soft_wrap=True, width=terminal_width())
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
