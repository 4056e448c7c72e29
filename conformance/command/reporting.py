"""What a run shows while it goes on, and the reports that it writes."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from conformance.errors import writing
from conformance.judge.verdict import Outcome, Result, Verdict
from conformance.language.case import Case
from conformance.tell import durations, execution, flakes, github
from conformance.tell.comparison import Compared
from conformance.tell.console import Reporter
from conformance.tell.document import write_json, write_junit
from conformance.tell.html import write_html
from conformance.tell.journal import Journal
from conformance.tell.markdown import markdown
from conformance.tell.place import clear, last, show_unfinished, write


@contextlib.contextmanager
def following(
    stream: TextIO, left: Mapping[str, int], replay: Mapping[str, str]
) -> Iterator[Callable[[Result], None]]:
    """What takes each result as it comes and shows it on ``stream``."""
    if stream.isatty() or os.environ.get("FORCE_COLOR"):
        from conformance.tell.terminal import TerminalReporter  # rich, which costs more than a small run

        with TerminalReporter(stream, sum(left.values()), replay) as reporter:
            yield reporter.result
    else:
        yield Reporter(stream, left, replay).result


@contextlib.contextmanager
def mapping(output: Path, cases: Sequence[Case], wanted: bool, stream: TextIO) -> Iterator[Path | None]:
    """A directory for what the roles of a run execute, if that is wanted; at the end it is added to the map. Raises
    ``OutputError``."""
    if not wanted:
        yield None
        return
    with writing(output):
        output.mkdir(parents=True, exist_ok=True)
        directory = tempfile.TemporaryDirectory(prefix=".executed-", dir=output)
    with directory as name:
        yield Path(name).resolve()
        with writing(output):
            known = execution.record(output / execution.NAME, Path(name), cases)
        print(f"map: {known} of {len(cases)} cases in {output / execution.NAME}", file=stream, flush=True)


def leave(
    output: Path,
    work: Path,
    journal: Journal,
    outcome: Outcome,
    data: Mapping[str, Any],
    cases: Iterable[Case],
    replay: Mapping[str, str],
    *,
    fresh: Iterable[Result],
    as_markdown: bool,
) -> Path:
    """Write all that a run leaves: the rest of its journal, the reports, and what is kept from run to run, to which the
    ``fresh`` results are added. Where the reports are. Raises ``OutputError``."""
    journal.release()
    for result in outcome.results:
        if result.verdict is not Verdict.NOT_RUN:
            journal.add(result)
    abouts = {case.id: case.about for case in cases}
    new = list(fresh)
    place = _write_reports(output, work, outcome, data, abouts, replay, as_markdown)
    with writing(output):
        flakes.record(output / flakes.NAME, new)
        durations.record(output / durations.NAME, new)
    return place


def _write_reports(
    output: Path,
    work: Path,
    outcome: Outcome,
    data: Mapping[str, Any],
    abouts: Mapping[str, str],
    replay: Mapping[str, str],
    as_markdown: bool,
) -> Path:
    place = work
    with writing(output):
        if not outcome.is_whole and work != last(output):
            place = last(output)
            clear(place)
            show_unfinished(output)
        write_json(place / "report.json", data)
        write_junit(place / "junit.xml", outcome, replay)
        write_html(place, outcome, data, abouts, replay)
        if as_markdown:
            write(place / "report.md", markdown(data))
    return place


def tell_github(
    outcome: Outcome, data: Mapping[str, Any], cases: Sequence[Case], stream: TextIO, found: Compared | None = None
) -> None:
    """Annotate the cases that fail, only the new failures if the run was compared, and add the report to the summary of
    the job. Raises ``OutputError``."""
    only = None if found is None else [one.name for one in found.new]
    for line in github.annotations(outcome, cases, only):
        print(line, file=stream, flush=True)
    github.add_summary(markdown(data) + ("" if found is None else f"\n{found.summary}\n"))
