"""Two normalised traces of one role side by side: which steps answer each other, and in what they differ."""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.judge.compare import differing_paths
from conformance.judge.normalize import NormalTrace, Step


@dataclass(frozen=True)
class Row:
    """A step of each side, or of one where the other has none. ``paths`` is in what the two differ."""

    left: Step | None
    right: Step | None
    paths: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """same, changed, missing (the subject lacks it) or extra (only the subject has it)."""
        if self.left is None:
            return "extra"
        if self.right is None:
            return "missing"
        return "changed" if self.paths else "same"

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """Where the two differ, with what stands there on each side."""
        return [(path, _at(self.left, path), _at(self.right, path)) for path in self.paths]


def align(left: NormalTrace, right: NormalTrace) -> list[Row]:
    """The rows of a side-by-side view, in the order of both traces."""
    mine, other = [[(step.line, step.signature) for step in trace.steps] for trace in (left, right)]
    rows: list[Row] = []
    for action, a, b, c, d in difflib.SequenceMatcher(None, mine, other, autojunk=False).get_opcodes():
        if action == "equal":
            for one, two in zip(left.steps[a:b], right.steps[c:d], strict=True):
                rows.append(Row(one, two, differing_paths(one, two)))
        else:
            rows += [Row(step, None) for step in left.steps[a:b]]
            rows += [Row(None, step) for step in right.steps[c:d]]
    return rows


def brief(step: Step, limit: int = 110) -> str:
    """A step in one line: what happened, and its arguments."""
    args = ", ".join(show(arg) for arg in step.args)
    text = f"{step.title} ({args})" if args and step.kind not in ("uncaught", "throw") else step.title
    return text if len(text) <= limit else text[: limit - 1] + "…"


def show(value: Any) -> str:
    """A value as a reader wants it: errors by their message, buffers by length and head."""
    if isinstance(value, dict):
        if "$error" in value:
            return f"{value['$error']}: {value.get('message', '')}"
        if "$ref" in value:
            return f"‹{value['$ref']}›"
        for kind, unit in (("$bytes", "bytes"), ("$string", "bytes of text")):
            if kind in value:
                return f"{value[kind]} {unit} {json.dumps(value.get('head', ''))}"
    return json.dumps(value, ensure_ascii=False)


def state_changes(before: dict[str, Any] | None, state: dict[str, Any] | None) -> Iterator[str]:
    """What of a state is new since the object's step before, as ``name=value``."""
    for name, value in (state or {}).items():
        if before is None or name not in before or before[name] != value:
            yield f"{name}={show(value)}"


def _at(step: Step | None, path: str) -> str:
    value: Any = {"args": step.args, "state": step.state} if step is not None else {}
    for part in path.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return "nothing"
    return json.dumps(value, ensure_ascii=False)
