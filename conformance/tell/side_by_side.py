"""Two normalised traces of one role side by side: which steps answer each other, and in what they differ."""

import json
from collections.abc import Iterator, Sequence
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


#: How many steps of one side alone ``align`` looks ahead.
STRETCH = 64


def align(left: NormalTrace, right: NormalTrace) -> list[Row]:
    """The rows of a side-by-side view, in the order of both traces: as many steps as can be answer each other.

    Where more than ``STRETCH`` steps have no answer, this is the best of each stretch of that length: two long
    traces with nothing in common cost no more than two that are alike.
    """
    mine, other = [[(step.line, step.signature) for step in trace.steps] for trace in (left, right)]
    rows: list[Row] = []
    a = b = 0
    for one, two in [*_answers(mine, other), (len(mine), len(other))]:
        rows += [Row(step, None) for step in left.steps[a:one]]
        rows += [Row(None, step) for step in right.steps[b:two]]
        rows += [
            Row(step, answer, differing_paths(step, answer))
            for step, answer in zip(left.steps[one : one + 1], right.steps[two : two + 1], strict=True)
        ]
        a, b = one + 1, two + 1
    return rows


def _answers(left: Sequence[Any], right: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """The places that answer each other. Where one stretch is not enough, what both sides end with is set aside
    first: no stretch can miss it.
    """
    found, a, b = _stretch(left, right, 0, 0)
    if (a, b) == (len(left), len(right)):
        yield from found
        return
    tail = 0
    while tail < min(len(left), len(right)) and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    head, other = left[: len(left) - tail], right[: len(right) - tail]
    a = b = 0
    while a < len(head) and b < len(other):
        found, a, b = _stretch(head, other, a, b)
        yield from found
    yield from zip(range(len(head), len(left)), range(len(other), len(right)), strict=True)


def _stretch(
    left: Sequence[Any], right: Sequence[Any], a: int, b: int
) -> tuple[list[tuple[int, int]], int, int]:
    """From ``a`` and ``b`` on: the places that answer each other, and where the stretch ends on both sides.

    This is the greedy search of Myers, "An O(ND) difference algorithm": with 0, 1, 2 … steps that have no answer,
    how far can each diagonal (left minus right) be followed? It ends where both sides do, or at ``STRETCH``.
    """
    reached = [{a - b: (a, a, 0)}]  # per number: diagonal -> left place before and after its answers, diagonal before
    ends = len(left) - len(right)
    while True:
        for diagonal, (start, _, before) in reached[-1].items():
            place = start
            while place < len(left) and place - diagonal < len(right) and left[place] == right[place - diagonal]:
                place += 1
            reached[-1][diagonal] = (start, place, before)
        if ends in reached[-1] and reached[-1][ends][1] == len(left):
            diagonal = ends
            break
        if len(reached) > STRETCH:
            diagonal = max(reached[-1], key=lambda one: (2 * reached[-1][one][1] - one, -abs(one - a + b)))
            break
        further: dict[int, tuple[int, int, int]] = {}
        for before, (_, place, _) in reached[-1].items():
            for diagonal, start in ((before + 1, place + 1), (before - 1, place)):
                inside = start <= len(left) and start - diagonal <= len(right)
                if inside and start > further.get(diagonal, (-1,))[0]:
                    further[diagonal] = (start, start, before)
        reached.append(further)
    a = reached[-1][diagonal][1]
    b = a - diagonal
    found: list[tuple[int, int]] = []
    for followed in reversed(reached):
        start, place, before = followed[diagonal]
        found += [(one, one - diagonal) for one in range(place - 1, start - 1, -1)]
        diagonal = before
    return found[::-1], a, b


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
