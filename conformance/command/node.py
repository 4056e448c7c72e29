"""``node`` and ``surface``: which versions of Node there are, and which public names Node has."""

import sys
from dataclasses import replace
from typing import NoReturn

import click

from conformance.command.ending import terminated_like_interrupted
from conformance.command.options import with_settings
from conformance.config import Config
from conformance.judge.verdict import Exit
from conformance.opening import opened
from conformance.play.subjects import binaries
from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.runtimes import NODE
from conformance.tell.console import headlines
from conformance.tell.printable import one_line, to_json


@click.command(short_help="Hold Node's public names against the subject's.")
@click.option("--json", "as_json", is_flag=True, help="The comparison as JSON on stdout.")
@with_settings("node", "subject", "deadline")
def surface(as_json: bool, config: Config) -> NoReturn:
    """Hold Node's own public names, found by reflection, against the subject's. Exits 1 on a gap."""
    from conformance.surface import check

    live = replace(config, reference="live")
    with terminated_like_interrupted(), opened(live) as session:
        found = check(session)
        if as_json:
            click.echo(to_json(found.to_json()))
        else:
            for line in headlines(session.sides()):
                click.echo(line)
            for line in found.lines():
                click.echo(one_line(line))
    sys.exit(Exit.DIVERGENT if found.gaps or found.stale else Exit.CONFORMANT)


@click.command("node")
def node_() -> None:
    """List the Node versions that are pinned or cached, and whether npm has newer ones."""
    trouble = None
    known: list[str] = []
    try:
        known = binaries.published()
    except ReferenceUnavailable as unavailable:
        trouble = str(unavailable)
    rows = [("line", "pinned", "cached", "newest on npm")]
    for line in binaries.lines(known):
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
        f"\nthe reference is {NODE.default}; the cache is {binaries.cache_dir() / 'node'}"
    )
    if trouble:
        click.echo(f"newer releases are not known: {trouble}")
