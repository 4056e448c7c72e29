"""What GitHub Actions shows of a run: annotations at the cases that fail, and the report as the summary of the job.

An annotation is a line of the log that begins with ``::``, so text from a case or a role could pass for one.
``no_commands`` makes GitHub take all lines but our own for text.
"""

import contextlib
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from conformance.errors import writing
from conformance.judge.verdict import Outcome, Result
from conformance.language.case import Case
from conformance.tell.document import reason
from conformance.tell.printable import one_line

#: How many annotations GitHub shows of one step.
SHOWN = 10


def is_here() -> bool:
    """Whether this is a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


@contextlib.contextmanager
def no_commands(stream: TextIO, wanted: bool) -> Iterator[None]:
    """While this lasts, nothing that is written to ``stream`` is a command to GitHub."""
    token = secrets.token_hex(16)
    if wanted:
        print(f"::stop-commands::{token}", file=stream, flush=True)
    try:
        yield
    finally:
        if wanted:
            print(f"::{token}::", file=stream, flush=True)


def annotations(outcome: Outcome, cases: Sequence[Case], only: Collection[str] | None = None) -> list[str]:
    """A line for each failing case, at the line of the case, for at most as many as GitHub shows. ``only`` names the
    items that count, all without it."""
    by_id = {case.id: case for case in cases}
    failing: dict[str, list[Result]] = {}
    for result in outcome.results:
        if result.fails and (only is None or result.name in only):
            failing.setdefault(result.id, []).append(result)
    lines = [_error(f"shard {shard} is missing", {}) for shard in outcome.missing]
    lines += [_error(f"{entry} in {entry.file.name} no longer diverges: remove it", {}) for entry in outcome.stale]
    for id, results in failing.items():
        more = f" (and {len(results) - 1} more pairings)" if len(results) > 1 else ""
        lines.append(_error(f"{reason(results[0])}{more}", {**_place(by_id[id]), "title": results[0].name}))
    if len(lines) > SHOWN:
        left_out = len(lines) - SHOWN + 1
        lines = [*lines[: SHOWN - 1], _error(f"and {left_out} more, which are in the report", {})]
    return lines


def add_summary(text: str) -> None:
    """Append the text, which is Markdown, to the summary of the job, if there is one. Raises ``OutputError``."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with writing(Path(path)), open(path, "a", encoding="utf-8") as file:
            file.write(text + "\n")


def _place(case: Case) -> dict[str, str]:
    """The file, as GitHub names it, and the line; nothing for a case that is not in the repository."""
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    file = case.file.resolve()
    return {"file": str(file.relative_to(root)), "line": str(case.line)} if file.is_relative_to(root) else {}


def _error(message: str, properties: dict[str, str]) -> str:
    told = ",".join(f"{name}={_escaped(one_line(value), ':,')}" for name, value in properties.items())
    return f"::error{' ' if told else ''}{told}::{_escaped(one_line(message))}"


def _escaped(text: str, also: str = "") -> str:
    for character in ("%", "\r", "\n", *also):
        text = text.replace(character, f"%{ord(character):02X}")
    return text
