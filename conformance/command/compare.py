"""``compare``: what changed from one run to another."""

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from conformance.command.options import Failed
from conformance.judge.verdict import Exit
from conformance.tell.comparison import UnreadableReportError, load, sides
from conformance.tell.comparison import compare as compared
from conformance.tell.markdown import comparison
from conformance.tell.printable import to_json


def report_at(path: Path) -> dict[str, Any]:
    """The report that a command names. Raises ``Failed``."""
    try:
        return load(path)
    except UnreadableReportError as error:
        raise Failed(str(error), Exit.USAGE) from None


@click.command(short_help="What changed from run A to run B.")
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="As Markdown.")
def compare(a: Path, b: Path, as_json: bool, as_markdown: bool) -> NoReturn:
    """Compare two runs: new failures first, then what is mended, then what changed.

    A and B are a report.json or an output directory, A the older one. Exits 1 if there are new failures.
    """
    if as_json and as_markdown:
        raise Failed("--json or --markdown, not both", Exit.USAGE)
    before, after = report_at(a), report_at(b)
    found = compared(before, after)
    if as_json:
        click.echo(to_json(found.to_json()))
    elif as_markdown:
        click.echo(comparison(found, sides(before), sides(after)), nl=False)
    else:
        click.echo(f"A: {sides(before)}\nB: {sides(after)}")
        for line in found.lines():
            click.echo(line)
    sys.exit(Exit.DIVERGENT if found.new else Exit.CONFORMANT)
