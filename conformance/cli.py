"""``python -m conformance``: list, run, show, diff, export, surface and node.

Exit codes are pytest's: 0 all conformant, 1 a divergence, 2 interrupted, 3 the reference or the harness
could not run, 4 usage (an unknown option, a broken case file, an unreadable setting), 5 nothing selected.
"""

import contextlib
import functools
import io
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

import click

from conformance import config as settings
from conformance.config import Config, ConfigError
from conformance.errors import CollectionError, NothingSelected, OutputError, writing
from conformance.judge.session import Pairing, Session, pairings
from conformance.judge.verdict import Exit, Outcome, Result, Verdict
from conformance.language.case import Case
from conformance.language.export import export as export_program
from conformance.language.selection import case_files, collect, ids_matching
from conformance.opening import opened
from conformance.play.subjects import node_binary
from conformance.play.subjects.base import ReferenceUnavailable, SubjectUnavailable
from conformance.tell import flakes, traces
from conformance.tell.console import (
    Reporter,
    Unread,
    address,
    headline,
    replay_command,
    resume_command,
    summary,
)
from conformance.tell.document import document, write_json, write_junit
from conformance.tell.html import write_html
from conformance.tell.journal import Interrupted, Journal, Selection, interrupted
from conformance.tell.place import clear, finish, last, show_unfinished, unfinished
from conformance.tell.printable import one_line, printable, to_json

Items = list[tuple[Case, list[Pairing]]]
Command = Callable[..., Any]


class Failed(Exception):
    """Ends the program with one line on stderr and an exit code."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


def _selection(command: Command) -> Command:
    """The arguments of every verb that selects cases."""
    command = click.option(
        "-k",
        "keywords",
        metavar="WORDS",
        default="",
        help="Only items whose name has every one of these words; -WORD leaves out.",
    )(command)
    return click.argument("globs", nargs=-1, metavar="[CASE]...")(command)


def _settings(*names: str) -> Callable[[Command], Command]:
    """The options that override the settings file, by name; the command gets a checked ``config``."""
    options = {
        "node": click.option(
            "--node",
            multiple=True,
            metavar="WHICH",
            help="docker, local, a version that npm has, like 22 or 24.5.0, or docker,22.",
        ),
        "subject": click.option(
            "--subject", metavar="NAME", help="What is compared: python (nodesock), node:VERSION …"
        ),
        "repeat": click.option(
            "--repeat", type=int, metavar="N", help="Reference runs per case (default 3)."
        ),
        "confirm": click.option(
            "--confirm",
            type=int,
            metavar="N",
            help="Further reference runs before a divergence is believed (default 15).",
        ),
        "rerun": click.option(
            "--rerun", type=int, metavar="N", help="Further runs of an item that diverges (default 10)."
        ),
        "jobs": click.option(
            "--jobs", "-j", type=int, metavar="N", help="Cases at a time (default: as many as cores)."
        ),
        "deadline": click.option(
            "--deadline", type=float, metavar="SECONDS", help="What a role may take (default 10)."
        ),
        "output": click.option(
            "--output",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Reports and traces (default build/conformance).",
        ),
        "known_divergences": click.option(
            "--known-divergences",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="The accepted deviations.",
        ),
        "cache": click.option(
            "--no-cache", "cache", flag_value=False, default=None, help="Do not use kept reference runs."
        ),
    }

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def configured(**arguments: Any) -> Any:
            given = {name: arguments.pop(name) for name in names}
            node = given.pop("node", ())
            config = replace(
                settings.load(), **{name: value for name, value in given.items() if value is not None}
            )
            for choice in node:
                config = config.with_node(choice)
            return command(config=settings.check(config), **arguments)

        wrapped: Command = configured
        for name in reversed(names):
            wrapped = options[name](wrapped)
        return wrapped

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """Hold an implementation of Node's net and dgram against real Node.js.

    A CASE is an id (net/half_open/server_writes_after_fin) or the end of one, a glob (net/half_open/*), a topic
    (half_open), an area (net), or a case file of your own (my_cases.py, my_cases.py::glob). Without any, all cases
    are meant.

    Exit codes: 0 all conformant, 1 divergence, 2 interrupted, 3 the reference or the harness could not run,
    4 usage, 5 nothing selected.
    """


@cli.command("list")
@_selection
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@_settings("subject")
def list_(globs: Sequence[str], keywords: str, as_json: bool, config: Config) -> None:
    """List cases, each with its requirement."""
    items = _select(globs, keywords, None, config)
    if as_json:
        rows = [
            {
                "id": case.id,
                "about": case.about,
                "roles": [role.name for role in (*case.roles, *case.raw_roles)],
                "pairings": [pairing.name for pairing in wanted],
                "file": str(case.file),
                "line": case.line,
            }
            for case, wanted in items
        ]
        click.echo(to_json(rows))
        return
    width = max(len(case.id) for case, _ in items)
    for case, _ in items:
        click.echo(one_line(f"{case.id:<{width}}  {case.about}"))


@cli.command()
@_selection
@click.option("--pairing", metavar="NAME", help="Only this pairing, like python-node (a glob).")
@click.option("--resume", is_flag=True, help="Go on with the interrupted run; without a CASE, with its selection.")
@click.option("--json", "as_json", is_flag=True, help="report.json on stdout, everything else on stderr.")
@_settings("node", "subject", "repeat", "confirm", "rerun", "jobs", "deadline", "output", "known_divergences", "cache")
def run(
    globs: Sequence[str], keywords: str, pairing: str | None, resume: bool, as_json: bool, config: Config
) -> NoReturn:
    """Run cases in all their pairings and write the reports."""
    selection = Selection(tuple(globs), keywords, pairing)
    before = _interrupted(config.output, selection) if resume else None
    if before is not None:
        selection = before.selection
    items = _select(selection.cases, selection.keywords, selection.pairing, config)
    work = unfinished(config.output) if selection.is_whole else last(config.output)
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"output: {config.output} cannot be written: {error.strerror}") from None
    stream = sys.stderr if as_json else sys.stdout
    roles = sum(len(case.roles) for case, _ in items)
    with _terminated_like_interrupted(), opened(config, work, roles=roles) as session:
        outcome, data = _run(session, items, selection, before, work, stream)
    if as_json:
        click.echo(to_json(data))
    sys.exit(outcome.exit)


def _run(
    session: Session, items: Items, selection: Selection, before: Interrupted | None, work: Path, stream: TextIO
) -> tuple[Outcome, dict[str, Any]]:
    """Judge all items, say so on ``stream`` and write the reports; the outcome and the content of ``report.json``."""
    config, reference, subject = session.config, session.reference.describe(), session.subject.describe()
    cases = [case for case, _ in items]
    data = document(Outcome(()), reference, subject)
    sides = {side: data[side] for side in ("reference", "subject")}
    finished = {} if before is None else _taken_over(before, cases, sides)
    print(headline(reference, subject), file=stream)
    if reference.get("note"):
        print(one_line(f"note: {reference['note']}"), file=stream)
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
        for line in summary(outcome, time.monotonic() - started):
            print(line, file=stream)
        stream.flush()
        data = document(outcome, reference, subject)
        go_on = resume_command(selection, config, reference)
        try:
            journal.release()
            for result in outcome.results:
                if result.verdict is not Verdict.NOT_RUN:
                    journal.add(result)
            place = _report(config.output, work, outcome, data, {case.id: case.about for case in cases}, replay)
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
    return place


def _interrupted(output: Path, selection: Selection) -> Interrupted:
    found = interrupted(output, selection)
    if found is None:
        what = "" if selection.is_whole else " of this selection"
        raise Failed(f"--resume: there is no interrupted run{what} under {output}", Exit.USAGE)
    return found


def _taken_over(before: Interrupted, cases: Sequence[Case], sides: Mapping[str, Any]) -> dict[str, Result]:
    """The results of the interrupted run that still hold. Raises ``Failed`` if it compared something else."""
    for side in ("reference", "subject"):
        if before.sides[side] != sides[side]:
            was, now = (", ".join(str(v) for v in one[side].values() if v) for one in (before.sides, sides))
            raise Failed(f"--resume: the {side} of the interrupted run was {was}; now it is {now}", Exit.USAGE)
    return before.taken_over(cases)


@cli.command(short_help="Show a case: about, roles, source, JavaScript.")
@click.argument("case_id", metavar="CASE")
def show(case_id: str) -> None:
    """Show a case: its requirement, its roles, its source and the JavaScript made from it."""
    case = _one(case_id)
    click.echo(printable(f"{case.id}\n  {case.about}\n  {case.file}:{case.line}\n"))
    for role in (*case.roles, *case.raw_roles):
        needs = f", waits for {', '.join(role.needs)}" if role.needs else ""
        click.echo(f"  role {role.name}{' (played by the harness)' if role.raw else ''}{needs}")
    for name, value in (
        ("needs", case.skip_unless),
        ("deadline", case.deadline_ms and f"{case.deadline_ms} ms"),
    ):
        if value:
            click.echo(f"  {name} {value}")
    click.echo(f"  pairings {', '.join(pairing.name for pairing in pairings(case))}")
    click.echo(printable(f"\n# Python\n\n{_source(case)}"))
    for role in case.roles:
        click.echo(printable(f"\n// JavaScript, role {role.name}\n\n{case.programs[role.name]}"))


@cli.command()
@click.argument("case_id", metavar="CASE")
@click.option("--pairing", metavar="NAME", help="Which pairing (default: the first that is not conformant).")
@click.option("--all", "everything", is_flag=True, help="Every step, not only what is near a difference.")
@_settings("subject", "output")
def diff(case_id: str, pairing: str | None, everything: bool, config: Config) -> NoReturn:
    """Show the traces of the last run beside the reference's. Exits 1 if they differ.

    CASE may also be the bare name of a case of that run.
    """
    from conformance.tell.terminal import side_by_side

    case = _one(case_id, config.output)
    names = [one.name for one in pairings(case, subject=config.subject_name)]
    if pairing is not None and pairing not in names:
        raise Failed(f"{case.id} has no pairing {pairing!r}; it has {', '.join(names)}", Exit.USAGE)
    place = traces.newest([last(config.output), config.output], case.id)
    recorded = [traces.read(place, case.id, name) for name in names]
    reference, *others = recorded
    wanted = [one for one in others if one is not None and pairing in (None, one.meta["pairing"])]
    if reference is None or not wanted:
        at = traces.directory_of(place, case.id, pairing or "")
        raise Failed(f"no traces under {at}: run the case first", Exit.NOTHING_SELECTED)
    found = next((one for one in wanted if one.meta["verdict"] != "conformant"), wanted[0])
    meta = found.meta
    click.echo(f"{meta['case']}[{meta['pairing']}]: {meta['verdict']}")
    for difference in meta["differences"]:
        click.echo(one_line(f"  {difference['category']}: {difference['message']}"))
    reasons = [] if meta["differences"] else [meta["reason"], meta.get("raced")]
    for text in filter(None, (*meta["unstable"], *reasons)):
        click.echo(one_line(f"  {text}"))
    side_by_side(reference, found, sys.stdout, everything)
    sys.exit(Exit.DIVERGENT if meta["differences"] else Exit.CONFORMANT)


@cli.command()
@click.argument("case_id", metavar="CASE")
@click.option(
    "-o", "--to", type=click.Path(path_type=Path), metavar="FILE", help="Write there, not to stdout."
)
def export(case_id: str, to: Path | None) -> None:
    """Print the case as one program for plain node."""
    program = export_program(_one(case_id))
    if to is None:
        click.echo(program, nl=False)
        return
    try:
        to.write_text(program, encoding="utf-8")
    except OSError as error:
        raise Failed(f"{to}: cannot be written: {error.strerror}", Exit.USAGE) from None


@cli.command(short_help="Hold Node's public names against the subject's.")
@click.option("--json", "as_json", is_flag=True, help="The comparison as JSON on stdout.")
@_settings("node", "subject", "deadline")
def surface(as_json: bool, config: Config) -> NoReturn:
    """Hold Node's own public names, found by reflection, against the subject's. Exits 1 on a gap."""
    from conformance.surface import check

    with _terminated_like_interrupted(), opened(config) as session:
        found = check(session)
        if as_json:
            click.echo(to_json(found.to_json()))
        else:
            click.echo(headline(session.reference.describe(), session.subject.describe()))
            for line in found.lines():
                click.echo(one_line(line))
    sys.exit(Exit.DIVERGENT if found.gaps or found.stale else Exit.CONFORMANT)


@cli.command("node")
def node_() -> None:
    """List the Node versions that are pinned or cached, and whether npm has newer ones."""
    trouble = None
    known: list[str] = []
    try:
        known = node_binary.published()
    except ReferenceUnavailable as unavailable:
        trouble = str(unavailable)
    rows = [("line", "pinned", "cached", "newest on npm")]
    for line in node_binary.lines(known):
        newest = line.newest or ("not known" if trouble else "none")
        if line.pinned and line.newest and line.newest != line.pinned:
            newest += ", newer than the pinned one"
        rows.append((str(line.major), line.pinned or "-", ", ".join(line.cached) or "-", newest))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for *cells, newest in rows:
        click.echo(
            "  ".join([*(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)), newest])
        )
    click.echo(
        f"\nthe reference is {node_binary.DEFAULT_VERSION}; the cache is {node_binary.cache_dir() / 'node'}"
    )
    if trouble:
        click.echo(f"newer releases are not known: {trouble}")


# Selecting.


def _select(globs: Sequence[str], keywords: str, pairing: str | None, config: Config) -> Items:
    """The cases and their pairings that are meant. Raises ``NothingSelected``."""
    import fnmatch

    words = keywords.split()
    items: Items = []
    for case in collect(tuple(globs) or config.cases):
        wanted = [
            one
            for one in pairings(case, subject=config.subject_name)
            if (pairing is None or fnmatch.fnmatchcase(one.name, pairing))
            and _named(f"{case.id}[{one.name}]", words)
        ]
        if wanted:
            items.append((case, wanted))
    if not items:
        what = " and ".join(
            part
            for part in (f"-k {keywords!r}" if words else "", f"--pairing {pairing!r}" if pairing else "")
            if part
        )
        raise NothingSelected(f"nothing matches {what}" if what else "there is no case")
    return items


def _named(name: str, words: Sequence[str]) -> bool:
    return all((word[1:] not in name) if word.startswith("-") else (word in name) for word in words)


def _matching(config: Config, items: Items) -> Callable[[str], set[str]]:
    """What a glob in ``known_divergences.toml`` means: cases of the configured files and of those of the run."""
    files = {case.file for case, _ in items}
    return lambda glob: ids_matching(glob, files | case_files(config.cases))


def _one(case_id: str, output: Path | None = None) -> Case:
    """The one case of that id; with ``output``, first among those whose traces lie there, by id or name."""
    played = [] if output is None else traces.programs_called([last(output), output], case_id)
    found = collect(played or [case_id])
    if len(found) > 1:
        some = ", ".join(address(case) for case in found[:3])
        raise Failed(f"{case_id!r} means {len(found)} cases ({some} …), one is wanted", Exit.USAGE)
    return found[0]


def _source(case: Case) -> str:
    import ast

    source = case.file.read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.lineno <= case.line <= (
            node.end_lineno or 0
        ):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "\n".join(lines[first - 1 : node.end_lineno])
        if any(
            decorator.lineno <= case.line < node.lineno for decorator in getattr(node, "decorator_list", ())
        ):
            return "\n".join(lines[case.line - 1 : node.end_lineno])
    return source


# Starting and ending.


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does: containers and processes are gone afterwards."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit. Whatever goes wrong is a line on stderr, each fault of a case file one."""
    for name in ("stdin", "stdout", "stderr"):  # in this order, so that what is closed gets its own descriptor
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - it stays open
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a character that its encoding lacks ends no run
    out: Any = Unread(sys.stdout)
    err: Any = Unread(sys.stderr)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _main(arguments)
        out.flush()
    sys.exit(code)


def _main(arguments: Sequence[str] | None) -> int:
    try:
        cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="conformance",
            standalone_mode=False,
        )
        code = Exit.CONFORMANT
    except SystemExit as ended:
        return int(ended.code or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        code = Exit.USAGE
    except click.ClickException as error:
        code = _fail(error.format_message(), Exit.USAGE)
    except (ConfigError, CollectionError) as error:
        code = _fail(str(error), Exit.USAGE)
    except NothingSelected as error:
        code = _fail(str(error), Exit.NOTHING_SELECTED)
    except (SubjectUnavailable, OutputError) as error:
        code = _fail(str(error), Exit.UNAVAILABLE)
    except Failed as error:
        code = _fail(str(error), error.code)
    except (KeyboardInterrupt, click.Abort):
        code = _fail("interrupted", Exit.INTERRUPTED)
    except OSError as error:  # an output directory that is a file, say
        code = _fail(str(error), Exit.UNAVAILABLE)
    except Exception:  # noqa: BLE001 -- a bug of the harness: told in full, and never with the code of a divergence
        traceback.print_exc()
        code = _fail("internal error of the harness, see above", Exit.UNAVAILABLE)
    return code


def _fail(message: str, code: Exit) -> Exit:
    for line in message.splitlines():
        click.echo(one_line(f"conformance: {' '.join(line.split())}"), err=True)
    return code
