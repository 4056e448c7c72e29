"""``index.html`` and a page per case: self-contained, readable without the harness, in light and dark."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined

from conformance.judge.normalize import NormalTrace
from conformance.judge.verdict import Outcome, Result
from conformance.profile import said
from conformance.tell.document import reason
from conformance.tell.place import write
from conformance.tell.printable import LONGEST, printable
from conformance.tell.side_by_side import Row, align, brief, state_changes
from conformance.tell.traces import Recorded, directory_of, read

_TEMPLATES = Path(__file__).parent / "templates"

#: The longest text on a page, in characters: what a role may leave on stderr, and more than a message has.
_LONGEST = 16 * LONGEST


def write_html(
    output: Path,
    outcome: Outcome,
    data: Mapping[str, Any],
    abouts: Mapping[str, str],
    replay: Mapping[str, str],
) -> None:
    """Write ``index.html`` and ``cases/<id>.html`` into ``output``. ``data`` is what ``report.json`` holds.

    A case that is conformant and has left no traces has no page: there would be nothing on it.
    """
    compiled = output / "cache" / "templates"  # compiling costs more than rendering a small report
    compiled.mkdir(parents=True, exist_ok=True)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        bytecode_cache=FileSystemBytecodeCache(str(compiled)),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["brief"] = brief
    environment.filters["said"] = said
    environment.filters["shown"] = _shown  # for what another filter makes markup of
    by_case: dict[str, list[Result]] = {}
    for result in outcome.results:
        by_case.setdefault(result.id, []).append(result)
    shared = {
        "data": data,
        "reason": reason,
        "areas": dict.fromkeys(area for column in data["scoreboard"] for area in column["areas"]),
        "replay": replay,
        "written": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    # What asks for attention comes first; within that, the order of the run.
    ordered = sorted(by_case.items(), key=lambda item: min(map(_urgency, item[1])))
    views = {case: _views(output, case, results) for case, results in by_case.items()}
    views = {case: view for case, view in views.items() if any(map(_is_shown, view))}
    index = environment.get_template("index.html")
    write(
        output / "index.html", index.render(outcome=outcome, ordered=ordered, abouts=abouts, views=views, **shared)
    )
    page = environment.get_template("case.html")
    for case, view in views.items():
        text = page.render(case=case, about=abouts.get(case, ""), pairings=view, **shared)
        write(output / "cases" / f"{case}.html", text)


def _is_shown(view: Mapping[str, Any]) -> bool:
    """Whether there is something to say of an item on the page of its case."""
    return bool(view["files"]) or view["result"].word != "conformant" or view["result"].raced is not None


def _shown(value: Any) -> Any:
    """What an expression in a template gives, before it is escaped. A macro's text has been here already."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return printable(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")
    return value


def _urgency(result: Result) -> int:
    order = ("errored", "divergent", "not_run", "unstable", "raced", "accepted", "differing", "skipped", "conformant")
    return order.index("raced" if result.raced is not None else result.word)


def _views(output: Path, case: str, results: Sequence[Result]) -> list[dict[str, Any]]:
    """What the page of a case shows of each pairing: per role, the reference and the subject side by side."""
    recorded = {result.pairing: read(output, case, result.pairing) for result in results}
    reference = next(
        (found for found in recorded.values() if found and not found.meta["subject_roles"]), None
    )
    return [
        {
            "result": result,
            "meta": found.meta if (found := recorded[result.pairing]) else None,
            "roles": _roles(reference, found) if found else [],
            "files": sorted(
                str(file.relative_to(output)) for file in directory_of(output, case, result.pairing).glob("*")
            ),
        }
        for result in results
    ]


def _roles(reference: Recorded | None, found: Recorded) -> list[dict[str, Any]]:
    alone = reference is None or reference.directory == found.directory
    roles = []
    for role, trace in found.traces.items():
        other = None if reference is None or alone else reference.traces.get(role)
        rows = [Row(None, step) for step in trace.steps] if other is None else align(other, trace)
        ended = trace.last_of("terminated")
        roles.append(
            {
                "name": role,
                "played_by": found.meta["runs"][0]["subjects"].get(role, ""),
                "alone": other is None,
                "rows": rows,
                "left": {} if other is None else _states(other),
                "right": _states(trace),
                "stderr": ended.detail if ended else "",
            }
        )
    return roles


def _states(trace: NormalTrace) -> dict[tuple[str, int], str]:
    """For each step with a state, what is new in it since the step before on the same line."""
    states: dict[tuple[str, int], str] = {}
    for line, steps in trace.lines.items():
        before: dict[str, Any] | None = None
        for step in steps:
            if step.state is not None:
                states[line, step.index] = ", ".join(state_changes(before, step.state))
                before = step.state
    return states
