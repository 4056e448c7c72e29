"""``run``: cases in all their pairings, and the reports."""

import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click

from conformance.command import expecting
from conformance.command.choosing import Asked, Chosen, choose, only_python, parsed_shard
from conformance.command.compare import report_at
from conformance.command.ending import terminated_like_interrupted
from conformance.command.options import Failed, matching, selects_cases, tells_github, with_settings
from conformance.command.reporting import following, leave, mapping, tell_github
from conformance.config import Config, ConfigError
from conformance.errors import OutputError, writing
from conformance.judge.session import Session, Sides
from conformance.judge.verdict import Exit, Outcome, Result
from conformance.language.case import Case
from conformance.opening import opened
from conformance.tell import github
from conformance.tell.comparison import compare
from conformance.tell.console import (
    headlines,
    overview,
    replay_command,
    resume_command,
    run_options,
    slowest,
    summary,
)
from conformance.tell.document import document
from conformance.tell.journal import Head, Journal, Run, Selection
from conformance.tell.place import clear, finish, last, unfinished
from conformance.tell.printable import one_line, to_json
from conformance.tell.shard import name_of


@click.command()
@selects_cases
@click.option("--pairing", metavar="NAME", help="Only this pairing, like python-node (a glob).")
@click.option("-x", "exit_first", is_flag=True, help="Stop at the first failing item.")
@click.option("--maxfail", type=click.IntRange(min=1), metavar="N", help="Stop after N failing items.")
@click.option("--shard", metavar="I/N", callback=parsed_shard, help="Only part I of N parts of about equal length.")
@click.option(
    "--changed",
    is_flag=False,
    flag_value="HEAD",
    metavar="[REV]",
    help="Only the cases that execute a function changed since REV (default HEAD), by the map. Subject python.",
)
@click.option("--map", "with_map", is_flag=True, help="Record which functions each case executes. Subject python.")
@click.option("--last-failed", is_flag=True, help="Only what failed in the last run under this output.")
@click.option("--resume", is_flag=True, help="Go on with the interrupted run; without a CASE, with its selection.")
@click.option("--durations", type=click.IntRange(min=1), metavar="N", help="At the end, the N slowest items.")
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Compare with an earlier run (its report.json or output directory): only new failures fail this one.",
)
@click.option("--json", "as_json", is_flag=True, help="report.json on stdout, everything else on stderr.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Write report.md too, for a pull request.")
@click.option(
    "--update-expectations",
    "updating",
    is_flag=True,
    help="Write what differs into each subject's list of known divergences, and take out what no longer does.",
)
@tells_github
@with_settings(
    "node",
    "subject",
    "reference",
    "recordings",
    "repeat",
    "confirm",
    "rerun",
    "jobs",
    "seed",
    "deadline",
    "output",
    "known_divergences",
    "cache",
    "no_cache",
    "traces",
)
def run(
    globs: Sequence[str],
    keywords: str,
    pairing: str | None,
    exit_first: bool,
    maxfail: int | None,
    shard: tuple[int, int] | None,
    changed: str | None,
    with_map: bool,
    last_failed: bool,
    resume: bool,
    durations: int | None,
    against: Path | None,
    as_json: bool,
    as_markdown: bool,
    github_too: bool,
    updating: bool,
    config: Config,
) -> NoReturn:
    """Run cases in all their pairings and write the reports."""
    stream = sys.stderr if as_json else sys.stdout
    if with_map:
        only_python("--map", config)
    before = report_at(against) if against is not None else None
    asked = Asked(Selection(tuple(globs), keywords, pairing), resume, last_failed, shard, changed)
    chosen = choose(asked, config, lambda line: print(one_line(line), file=stream))
    lists = expecting.files(config) if updating else {}
    ending = Ending(1 if exit_first else maxfail or 0, durations or 0, as_markdown, lists)
    work = unfinished(config.output) if chosen.selection.is_whole else last(config.output)
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"output: {config.output} cannot be written: {error.strerror}") from None
    roles = sum(len(case.roles) for case, _ in chosen.items)
    playing = {one.subject for _, wanted in chosen.items for one in wanted}
    found = None
    with github.no_commands(stream, github_too):
        with (
            terminated_like_interrupted(),
            mapping(config.output, [case for case, _ in chosen.items], with_map, stream) as executed,
            opened(config, work, roles=roles, only=playing, executed=executed) as session,
        ):
            outcome, data = _run(session, chosen, ending, work, stream)
        if before is not None:
            found = compare(before, data)
            print(f"against {one_line(str(against))}:", *found.lines(), sep="\n", file=stream)
    if github_too:
        tell_github(outcome, data, [case for case, _ in chosen.items], stream, found)
    code = Exit.CONFORMANT if found and not found.new and outcome.is_whole else outcome.exit
    if as_json:
        click.echo(to_json(data))
    sys.exit(code)


@dataclass(frozen=True)
class Ending:
    """After how many failing items a run stops (0: none), how many of the slowest items it names, whether it writes
    ``report.md``, and the lists of known divergences that it updates."""

    maxfail: int = 0
    slowest: int = 0
    markdown: bool = False
    lists: Mapping[Path, Sequence[str]] = field(default_factory=dict)


def _run(
    session: Session, chosen: Chosen, ending: Ending, work: Path, stream: TextIO
) -> tuple[Outcome, dict[str, Any]]:
    """Judge all items, say so on ``stream`` and write the reports; the outcome and the content of ``report.json``."""
    config, sides, items = session.config, session.sides(), chosen.items
    cases = [case for case, _ in items]
    finished = {} if chosen.before is None else _taken_over(chosen.before, cases, sides)
    for line in headlines(sides):
        print(line, file=stream)
    stream.flush()
    options = run_options(config, sides.reference)
    replay = {name_of(case, one): replay_command(case, one.name, options) for case, wanted in items for one in wanted}
    left = {case.id: sum(name_of(case, one) not in finished for one in wanted) for case, wanted in items}
    started = time.monotonic()
    with writing(work):
        clear(work)
    head = Head(chosen.selection, sides, tuple(replay), options, session.known, chosen.shard)
    with contextlib.closing(Journal(work, head, cases, finished)) as journal:

        def keep(result: Result) -> None:
            journal.add(result)
            follow(result)

        with following(stream, left, replay) as follow:
            outcome = session.run(items, keep, matching(config, cases), finished, ending.maxfail)
        if ending.lists and outcome.is_whole:
            outcome, updates = expecting.updated(outcome, config, ending.lists)
            print(*updates, sep="\n", file=stream)
        slow = slowest(outcome.results, ending.slowest)
        for line in (*overview(outcome), *slow, *summary(outcome, time.monotonic() - started)):
            print(line, file=stream)
        stream.flush()
        data = document(outcome, sides)
        go_on = resume_command(chosen.selection, options)
        fresh = [result for result in outcome.results if result.name not in finished]
        try:
            place = leave(
                config.output,
                work,
                journal,
                outcome,
                data,
                cases,
                replay,
                fresh=fresh,
                as_markdown=ending.markdown,
            )
            if outcome.trouble is not None:
                raise OutputError(outcome.trouble)
            if outcome.is_whole:
                journal.done()
            else:
                if outcome.interrupted:
                    print(f"interrupted: {journal.kept} of {len(outcome.results)} items were judged", file=stream)
                print(f"go on with: {go_on}", file=stream)
        except OutputError as error:
            kept = f"{journal.kept} of {len(outcome.results)} results are in {journal.path}"
            raise OutputError(f"{error}; {kept}; go on with: {go_on}") from None
    if chosen.selection.is_whole and outcome.is_whole:
        with writing(config.output):
            finish(config.output)
        place = config.output
    print(f"report: {place / 'index.html'}", file=stream)
    stream.flush()
    return outcome, data


def _taken_over(before: Run, cases: Sequence[Case], sides: Sides) -> dict[str, Result]:
    """The results of the interrupted run that still hold. Raises ``Failed`` if it compared something else."""
    was, now = ("; ".join(headlines(one)) for one in (before.head.sides, sides))
    if was != now:
        raise Failed(f"--resume: the interrupted run was {was}; now it is {now}", Exit.USAGE)
    return before.taken_over(cases)
