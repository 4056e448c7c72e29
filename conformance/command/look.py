"""``list``, ``show``, ``export`` and ``diff``: what cases there are, and how one was played."""

import ast
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from conformance.command.options import Failed, one_case, select, selects_cases, with_settings
from conformance.config import Config
from conformance.errors import NothingSelected
from conformance.judge.pairing import pairings
from conformance.judge.session import counted
from conformance.judge.verdict import Exit, Verdict
from conformance.language.case import Case
from conformance.language.export import export as export_program
from conformance.language.selection import collect
from conformance.tell import traces
from conformance.tell.journal import runs
from conformance.tell.place import last
from conformance.tell.printable import one_line, printable, to_json


@click.command("list")
@selects_cases
@click.option("--areas", is_flag=True, help="The areas and topics, and how many cases each has, instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@with_settings("subject")
def list_(globs: Sequence[str], keywords: str, areas: bool, as_json: bool, config: Config) -> None:
    """List cases, each with its requirement."""
    items = select(globs, keywords, None, config)
    if areas:
        _show_areas([case for case, _ in items], as_json)
        return
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


def _show_areas(cases: Sequence[Case], as_json: bool) -> None:
    topics = Counter(case.id.rpartition("/")[0] for case in cases)
    areas = Counter(case.id.partition("/")[0] for case in cases)
    if as_json:
        rows = [
            {
                "area": area,
                "cases": count,
                "topics": {topic: number for topic, number in topics.items() if topic.partition("/")[0] == area},
            }
            for area, count in areas.items()
        ]
        click.echo(to_json(rows))
        return
    for area, count in areas.items():
        click.echo(f"{count:6}  {area}")
        for topic, number in topics.items():
            if topic.startswith(f"{area}/"):
                click.echo(f"{number:6}    {topic}")
    click.echo(f"{len(cases):6}  cases in {counted(len(topics), 'topic')} of {counted(len(areas), 'area')}")


@click.command(short_help="Show a case: about, roles, source, JavaScript. Or an area or a topic.")
@click.argument("case_id", metavar="CASE")
def show(case_id: str) -> None:
    """Show a case: its requirement, its roles, its source and the JavaScript made from it.

    Of an area, show its topics and how many cases each has; of a topic, its cases.
    """
    found = collect([case_id])
    if len(found) > 1 and case_id in {part for case in found for part in _places(case)}:
        topics = {case.id.rpartition("/")[0] for case in found}
        if len(topics) > 1:
            _show_areas(found, as_json=False)
        else:
            for case in found:
                click.echo(one_line(f"{case.id}  {case.about}"))
        return
    case = one_case(case_id)
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


@click.command()
@click.argument("case_id", metavar="CASE")
@click.option("--pairing", metavar="NAME", help="Which pairing (default: the first that is not conformant).")
@click.option("--all", "everything", is_flag=True, help="Every step, not only what is near a difference.")
@with_settings("node", "subject", "output")
def diff(case_id: str, pairing: str | None, everything: bool, config: Config) -> NoReturn:
    """Show the traces of the last run beside the reference's. Exits 1 if they differ.

    CASE may also be the bare name of a case of that run.
    """
    from conformance.tell.terminal import side_by_side

    try:
        case = one_case(case_id, config.output)
    except NothingSelected:
        _fail_if_conformant(case_id, pairing, config)
        raise
    names = [one.name for one in pairings(case, subjects=config.subject_names, versions=config.version_names)]
    if pairing is not None and pairing not in names:
        raise Failed(f"{case.id} has no pairing {pairing!r}; it has {', '.join(names)}", Exit.USAGE)
    place = traces.newest([last(config.output), config.output], case.id)
    recorded = [traces.read(place, case.id, name) for name in names]
    reference, *others = recorded
    wanted = [one for one in others if one is not None and pairing in (None, one.meta["pairing"])]
    if reference is None or not wanted:
        _fail_if_conformant(case.id, pairing, config)
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


def _fail_if_conformant(name: str, pairing: str | None, config: Config) -> None:
    """Raise ``Failed`` if that is why there are no traces: the case, or this pairing of it, was conformant."""
    for run in runs(config.output):
        found = [
            result
            for result in run.results.values()
            if f"/{result.id}".endswith(f"/{name}") and result.subject and pairing in (None, result.pairing)
        ]
        if found and all(result.verdict is Verdict.CONFORMANT for result in found):
            what = found[0].id if pairing is None else found[0].name
            why = "was conformant in the last run, and traces are kept of what is not"
            raise Failed(f"{what} {why}: run it with --traces all", Exit.NOTHING_SELECTED)
        if found:
            return


@click.command()
@click.argument("case_id", metavar="CASE")
@click.option(
    "-o", "--to", type=click.Path(path_type=Path), metavar="FILE", help="Write there, not to stdout."
)
def export(case_id: str, to: Path | None) -> None:
    """Print the case as one program for plain node."""
    program = export_program(one_case(case_id))
    if to is None:
        click.echo(program, nl=False)
        return
    try:
        to.write_text(program, encoding="utf-8")
    except OSError as error:
        raise Failed(f"{to}: cannot be written: {error.strerror}", Exit.USAGE) from None


def _places(case: Case) -> tuple[str, str, str]:
    """The area and the topic of a case, and the topic's bare name."""
    topic = case.id.rpartition("/")[0]
    return topic.partition("/")[0], topic, topic.rpartition("/")[2]


def _source(case: Case) -> str:
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
