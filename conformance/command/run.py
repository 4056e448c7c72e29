"""``run``: cases in all their pairings, and the reports."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click

from conformance.command import expecting
from conformance.command.ending import terminated_like_interrupted
from conformance.command.options import Failed, Items, select, selects_cases, with_settings
from conformance.config import Config, ConfigError
from conformance.errors import OutputError, writing
from conformance.judge.session import Session, Sides
from conformance.judge.verdict import Exit, Outcome, Result, Verdict
from conformance.language.case import Case
from conformance.language.selection import case_files, ids_matching
from conformance.opening import opened
from conformance.tell import flakes
from conformance.tell.console import Reporter, headlines, overview, replay_command, resume_command, summary
from conformance.tell.document import document, write_json, write_junit
from conformance.tell.html import write_html
from conformance.tell.journal import Interrupted, Journal, Selection, interrupted
from conformance.tell.markdown import markdown
from conformance.tell.place import clear, finish, last, show_unfinished, unfinished, write
from conformance.tell.printable import to_json


@click.command()
@selects_cases
@click.option("--pairing", metavar="NAME", help="Only this pairing, like python-node (a glob).")
@click.option("--resume", is_flag=True, help="Go on with the interrupted run; without a CASE, with its selection.")
@click.option("--json", "as_json", is_flag=True, help="report.json on stdout, everything else on stderr.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Write report.md too, for a pull request.")
@click.option(
    "--update-expectations",
    "updating",
    is_flag=True,
    help="Write what differs into each subject's list of known divergences, and take out what no longer does.",
)
@with_settings(
    "node", "subject", "repeat", "confirm", "rerun", "jobs", "deadline", "output", "known_divergences", "cache"
)
def run(
    globs: Sequence[str],
    keywords: str,
    pairing: str | None,
    resume: bool,
    as_json: bool,
    as_markdown: bool,
    updating: bool,
    config: Config,
) -> NoReturn:
    """Run cases in all their pairings and write the reports."""
    selection = Selection(tuple(globs), keywords, pairing)
    before = _interrupted(config.output, selection) if resume else None
    if before is not None:
        selection = before.selection
    items = select(selection.cases, selection.keywords, selection.pairing, config)
    lists = expecting.files(config) if updating else {}
    work = unfinished(config.output) if selection.is_whole else last(config.output)
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"output: {config.output} cannot be written: {error.strerror}") from None
    stream = sys.stderr if as_json else sys.stdout
    roles = sum(len(case.roles) for case, _ in items)
    playing = {one.subject for _, wanted in items for one in wanted}
    with terminated_like_interrupted(), opened(config, work, roles=roles, only=playing) as session:
        outcome, data = _run(session, items, selection, before, work, stream, as_markdown, lists)
    if as_json:
        click.echo(to_json(data))
    sys.exit(outcome.exit)


def _run(
    session: Session,
    items: Items,
    selection: Selection,
    before: Interrupted | None,
    work: Path,
    stream: TextIO,
    as_markdown: bool,
    lists: Mapping[Path, Sequence[str]],
) -> tuple[Outcome, dict[str, Any]]:
    """Judge all items, say so on ``stream`` and write the reports; the outcome and the content of ``report.json``."""
    config, sides = session.config, session.sides()
    reference = sides.reference
    cases = [case for case, _ in items]
    finished = {} if before is None else _taken_over(before, cases, sides)
    for line in headlines(sides):
        print(line, file=stream)
    stream.flush()
    replay = {
        f"{case.id}[{one.name}]": replay_command(case, one.name, config, reference)
        for case, wanted in items
        for one in wanted
    }
    left = {case.id: sum(f"{case.id}[{one.name}]" not in finished for one in wanted) for case, wanted in items}
    started = time.monotonic()
    with writing(work):
        clear(work)
    with contextlib.closing(Journal(work, selection, sides, cases, finished)) as journal:

        def keep(result: Result) -> None:
            journal.add(result)
            follow(result)

        with _following(stream, left, replay) as follow:
            outcome = session.run(items, keep, _matching(config, items), finished)
        if lists and not outcome.interrupted:
            outcome, updates = expecting.updated(outcome, config, lists)
            print(*updates, sep="\n", file=stream)
        for line in (*overview(outcome), *summary(outcome, time.monotonic() - started)):
            print(line, file=stream)
        stream.flush()
        data = document(outcome, sides)
        go_on = resume_command(selection, config, reference)
        try:
            journal.release()
            for result in outcome.results:
                if result.verdict is not Verdict.NOT_RUN:
                    journal.add(result)
            abouts = {case.id: case.about for case in cases}
            place = _report(config.output, work, outcome, data, abouts, replay, as_markdown)
            with writing(config.output):
                new = (result for result in outcome.results if result.name not in finished)
                flakes.record(config.output / flakes.NAME, new)
            if outcome.trouble is not None:
                raise OutputError(outcome.trouble)
            if outcome.interrupted:
                print(f"interrupted: {journal.kept} of {len(outcome.results)} items were judged", file=stream)
                print(f"go on with: {go_on}", file=stream)
            else:
                journal.done()
        except OutputError as error:
            kept = f"{journal.kept} of {len(outcome.results)} results are in {journal.path}"
            raise OutputError(f"{error}; {kept}; go on with: {go_on}") from None
    if selection.is_whole and not outcome.interrupted:
        with writing(config.output):
            finish(config.output)
        place = config.output
    print(f"report: {place / 'index.html'}", file=stream)
    stream.flush()
    return outcome, data


@contextlib.contextmanager
def _following(
    stream: TextIO, left: Mapping[str, int], replay: Mapping[str, str]
) -> Iterator[Callable[[Result], None]]:
    """What takes each result as it comes and shows it on ``stream``."""
    if stream.isatty() or os.environ.get("FORCE_COLOR"):
        from conformance.tell.terminal import TerminalReporter  # rich, which costs more than a small run

        with TerminalReporter(stream, sum(left.values()), replay) as reporter:
            yield reporter.result
    else:
        yield Reporter(stream, left, replay).result


def _report(
    output: Path,
    work: Path,
    outcome: Outcome,
    data: Mapping[str, Any],
    abouts: Mapping[str, str],
    replay: Mapping[str, str],
    as_markdown: bool,
) -> Path:
    """Write the reports; where they are. Raises ``OutputError``."""
    place = work
    with writing(output):
        if outcome.interrupted and work != last(output):
            place = last(output)
            clear(place)
            show_unfinished(output)
        write_json(place / "report.json", data)
        write_junit(place / "junit.xml", outcome, replay)
        write_html(place, outcome, data, abouts, replay)
        if as_markdown:
            write(place / "report.md", markdown(data))
    return place


def _interrupted(output: Path, selection: Selection) -> Interrupted:
    found = interrupted(output, selection)
    if found is None:
        what = "" if selection.is_whole else " of this selection"
        raise Failed(f"--resume: there is no interrupted run{what} under {output}", Exit.USAGE)
    return found


def _taken_over(before: Interrupted, cases: Sequence[Case], sides: Sides) -> dict[str, Result]:
    """The results of the interrupted run that still hold. Raises ``Failed`` if it compared something else."""
    was, now = ("; ".join(headlines(one)) for one in (before.sides, sides))
    if was != now:
        raise Failed(f"--resume: the interrupted run was {was}; now it is {now}", Exit.USAGE)
    return before.taken_over(cases)


def _matching(config: Config, items: Items) -> Callable[[str], set[str]]:
    """What a glob in ``known_divergences.toml`` means: cases of the configured files and of those of the run."""
    files = {case.file for case, _ in items}
    return lambda glob: ids_matching(glob, files | case_files(config.cases))
