"""``merge``: the reports of all shards of a run made one, as if it had been run in one."""

import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click

from conformance.command.choosing import only
from conformance.command.options import Failed, Items, items_of, matching, tells_github, with_settings
from conformance.command.reporting import leave, tell_github
from conformance.config import Config
from conformance.errors import writing
from conformance.judge.pairing import Pairing, pairings
from conformance.judge.session import Sides, not_run
from conformance.judge.verdict import Exit, KnownDivergence, Outcome, Result, Verdict, stale
from conformance.language.case import Case
from conformance.language.selection import collect
from conformance.tell import github
from conformance.tell import journal as journals
from conformance.tell.console import headlines, overview, remarks, replay_command, summary
from conformance.tell.document import document
from conformance.tell.journal import Journal, Run, Selection
from conformance.tell.place import add_traces, clear, finish, last, unfinished
from conformance.tell.printable import to_json
from conformance.tell.shard import Shard, name_of, plan_of


@click.command(short_help="Make one report of the shards of a run.")
@click.argument("reports", nargs=-1, required=True, metavar="REPORT...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="report.json on stdout, everything else on stderr.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Write report.md too, for a pull request.")
@tells_github
@with_settings("output")
def merge(
    reports: Sequence[Path], as_json: bool, as_markdown: bool, github_too: bool, config: Config
) -> NoReturn:
    """Make one report of the shards of a run, with the exit code of a run in one.

    A REPORT is the output directory of a shard, or a file in it. A shard that is missing is named, and the exit code
    is 3.
    """
    stream = sys.stderr if as_json else sys.stdout
    shards = _read(reports)
    whole = _Whole.of_shards(list(shards.values()), config)
    outcome = whole.outcome(config)
    with github.no_commands(stream, github_too):
        data = _write(whole, outcome, list(shards), as_markdown, config, stream)
    if github_too:
        tell_github(outcome, data, whole.cases, stream)
    if as_json:
        click.echo(to_json(data))
    sys.exit(outcome.exit)


def _write(
    whole: "_Whole", outcome: Outcome, places: Sequence[Path], as_markdown: bool, config: Config, stream: TextIO
) -> dict[str, Any]:
    """Say what the shards found, and write the reports; the content of ``report.json``."""
    started = time.monotonic()
    work = unfinished(config.output) if whole.selection.is_whole else last(config.output)
    if any(work.resolve() == place.resolve() for place in places):
        raise Failed(f"output: {work} holds a shard, give --output another directory", Exit.USAGE)
    for line in headlines(whole.head.sides):
        print(line, file=stream)
    for result in outcome.results:
        for remark in remarks(result, whole.replay):
            print(remark, file=stream)
    for line in (*overview(outcome), *summary(outcome, time.monotonic() - started)):
        print(line, file=stream)
    data = document(outcome, whole.head.sides)
    with writing(work):
        clear(work)
        for place in places:
            add_traces(place, work)
    with contextlib.closing(Journal(work, whole.head, whole.cases, {})) as journal:
        place = leave(
            config.output,
            work,
            journal,
            outcome,
            data,
            whole.cases,
            whole.replay,
            fresh=outcome.results,
            as_markdown=as_markdown,
        )
        if outcome.is_whole:
            journal.done()
    if whole.selection.is_whole and outcome.is_whole:
        with writing(config.output):
            finish(config.output)
        place = config.output
    print(f"report: {place / 'index.html'}", file=stream, flush=True)
    return data


def _read(reports: Sequence[Path]) -> dict[Path, Run]:
    """The runs that the paths name, by the directory that each is in. Raises ``Failed``."""
    found: dict[Path, Run] = {}
    for report in reports:
        directory = report if report.is_dir() else report.parent
        places = [place / journals.NAME for place in (directory, last(directory))]
        there = [path for path in places if path.is_file()]
        if not report.exists() or not there:
            raise Failed(f"{report}: no run has left its {journals.NAME} there", Exit.USAGE)
        path = max(there, key=lambda one: one.stat().st_mtime_ns)
        try:
            found[path.parent] = journals.read(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Failed(f"{path} cannot be read: {error}", Exit.USAGE) from None
    _check(found)
    return found


def _check(found: Mapping[Path, Run]) -> None:
    """Raise ``Failed`` unless these are shards of one run, each there once."""
    first, *_ = found
    seen: dict[int, Path] = {}
    holder: dict[str, Path] = {}
    for place, run in found.items():
        shard = _shard(place, run)
        if shard.number in seen:
            raise Failed(f"{shard} is there twice: {seen[shard.number]} and {place}", Exit.USAGE)
        seen[shard.number] = place
        mine, others = (_described(one, found[one]) for one in (place, first))
        for what, said in mine.items():
            if said != others[what]:
                raise Failed(f"{first} and {place} differ in {what}: {others[what]} and {said}", Exit.USAGE)
        for name in run.head.items:
            if holder.setdefault(name, place) != place:
                raise Failed(f"{name} is in {holder[name]} and in {place}", Exit.USAGE)
    if len(found) == _shard(first, found[first]).of:
        parts = [found[seen[number]].head.items for number in sorted(seen)]
        if plan_of(parts) != _shard(first, found[first]).plan:
            raise Failed("the shards do not hold the items that the run was cut into", Exit.USAGE)


def _shard(place: Path, run: Run) -> Shard:
    if run.head.shard is None:
        raise Failed(f"{place}: the run is no shard, it was run without --shard", Exit.USAGE)
    return run.head.shard


def _described(place: Path, run: Run) -> dict[str, str]:
    """What all shards of a run have in common, in words."""
    shard, head = _shard(place, run), run.head
    return {
        "the reference or the subjects": "; ".join(headlines(head.sides)),
        "the version of the harness": shard.harness,
        "what was selected": str(_unsharded(head.selection)),
        "the number of shards": str(shard.of),
        "how the run was cut (give each shard the same durations.json)": shard.plan,
        "the known divergences": ", ".join(map(str, head.known)),
    }


def _unsharded(selection: Selection) -> Selection:
    """The selection that was cut."""
    return replace(selection, narrowed=selection.narrowed[: selection.narrowed.index("--shard")])


@dataclass(frozen=True)
class _Whole:
    """The run that the shards make up."""

    runs: Sequence[Run]
    selection: Selection
    items: Items
    head: journals.Head
    replay: Mapping[str, str]
    of: int

    @classmethod
    def of_shards(cls, runs: Sequence[Run], config: Config) -> "_Whole":
        """Raises ``Failed`` if the cases are not those that the shards played."""
        head = runs[0].head
        selection = _unsharded(head.selection)
        sides = head.sides
        cases = collect(selection.cases or config.cases)
        items = items_of(cases, selection.keywords.split(), selection.pairing, lambda case: _pairings(case, sides))
        played = {name for run in runs for name in run.head.items}
        here = {name_of(case, one) for case, wanted in items for one in wanted}
        current = {case.id: journals.digest(case) for case in cases}
        for run in runs:
            for name, result in run.results.items():
                if current.get(result.id) != run.digests[name]:
                    raise Failed(f"{result.id} is not the case that its shard played", Exit.USAGE)
        assert head.shard is not None
        is_complete = len(runs) == head.shard.of
        unknown = played - here or (here - played if is_complete and not selection.narrowed else set())
        if unknown:
            raise Failed(f"{min(unknown)}: the cases are not those that the shards were cut from", Exit.USAGE)
        if is_complete or selection.narrowed:
            items = only(items, played)
        options = {name: run.head.options for run in runs for name in run.head.items}
        names = tuple(name_of(case, one) for case, wanted in items for one in wanted)
        replay = {
            name_of(case, one): replay_command(case, one.name, options.get(name_of(case, one), head.options))
            for case, wanted in items
            for one in wanted
        }
        whole = replace(head, selection=selection, items=names, shard=None)
        return cls(runs, selection, items, whole, replay, head.shard.of)

    @property
    def cases(self) -> list[Case]:
        return [case for case, _ in self.items]

    def outcome(self, config: Config) -> Outcome:
        """What the run would have said."""
        results = {name: result for run in self.runs for name, result in run.results.items()}
        played = {name for run in self.runs for name in run.head.items}
        there = {run.head.shard.number for run in self.runs if run.head.shard}
        missing = tuple(f"{number}/{self.of}" for number in range(1, self.of + 1) if number not in there)
        why = f"shard {' or '.join(missing)} is missing"

        def result_of(case: Case, pairing: Pairing) -> Result:
            name = name_of(case, pairing)
            left_out = not_run(case, pairing) if name in played else not_run(case, pairing, why)
            return results.get(name, left_out)

        ordered = [result_of(case, one) for case, wanted in self.items for one in wanted]
        interrupted = any(one.verdict is Verdict.NOT_RUN and one.name in played for one in ordered)
        interrupted = interrupted or not all(run.is_done for run in self.runs)
        gone: Sequence[KnownDivergence] = ()
        if not interrupted and not missing:
            of_these = [not_run(case, one) for case in self.cases for one in _pairings(case, self.head.sides)]
            gone = stale(self.head.known, ordered, of_these, matching(config, self.cases))
        return Outcome(tuple(ordered), tuple(gone), interrupted, missing=missing)


def _pairings(case: Case, sides: Sides) -> list[Pairing]:
    recorded = sides.reference.get("provider") == "recorded"
    return pairings(case, subjects=list(sides.subjects), versions=list(sides.versions), recorded=recorded)
