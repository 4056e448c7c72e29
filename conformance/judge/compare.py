"""Comparing, from strict to subtle: what the reference always did, held against what a subject did once.

``Expectation`` is built from all reference runs of a case. It knows, per role and line (an object, a label,
the process): the sequence as far as all runs agree on it, the values and states that were the same every
time, and which steps of different lines always came in the same order. What the reference itself varies on
is an ``Instability``: named and counted, never compared and never passed in silence.

Levels, in this order: garbage, a role that died, a role that hung (these three explain all that is missing
after them; a role that died, of an uncaught error too, also explains another that hangs), then sequence, order,
error and value, state, kernel. The first difference is the one of the strictest level; within it the subject's own
roles before the reference's, and then the earliest step.
"""

import bisect
import functools
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.judge.normalize import NormalRun, NormalTrace, Step
from conformance.judge.order import AgreedOrder
from conformance.play.last_words import cause

#: From strict to subtle. Every difference is of one of these categories.
CATEGORIES = ("garbage", "died", "hung", "sequence", "order", "error", "value", "state", "kernel")

#: Values and errors are one level: both are what the program was told.
_LEVEL = {category: level for level, category in enumerate(CATEGORIES)} | {"error": 5, "value": 5}

Path = tuple[str | int, ...]


class _Missing:
    """What stands where the other side has something and this one has nothing."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


@dataclass(frozen=True)
class Difference:
    """One way in which the subject is not like the reference.

    ``line`` is the object, label or process it happened on, ``index`` the place in that line's sequence,
    ``path`` where in the record (``args.0.code``), if it is a part of one. ``expected`` and ``got`` are
    plain data (None where nothing was).

    ``kind`` and ``label`` are those of the step that differs, ``about`` is the class of its object (``net.Socket``) or,
    in an error, that error's code, else its class. ``change`` says what a ``sequence`` does differently: a step is
    ``missing``, ``extra``, ``replaced`` by another or ``reordered``, or a whole object is ``absent``.
    """

    category: str
    role: str
    line: str
    index: int
    path: str
    expected: Any
    got: Any
    message: str
    kind: str = ""
    label: str | None = None
    about: str = ""
    change: str = ""

    def to_json(self) -> dict[str, Any]:
        """The difference as it stands in ``report.json``; ``object`` is the line it happened on."""
        return {
            "category": self.category,
            "role": self.role,
            "object": self.line,
            "index": self.index,
            "path": self.path,
            "expected": self.expected,
            "got": self.got,
            "message": self.message,
            "kind": self.kind,
            "label": self.label,
            "about": self.about,
            "change": self.change,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Difference":
        """The inverse of ``to_json``."""
        return cls(**{"line" if name == "object" else name: value for name, value in data.items()})


#: how many characters of how many variants the message of an instability shows
_SHOWN, _VARIANTS = 160, 4


@dataclass(frozen=True)
class Instability:
    """Something the reference did differently from run to run."""

    role: str
    line: str
    index: int
    path: str
    variants: tuple[str, ...]

    @property
    def message(self) -> str:
        where = f"{self.role}: {self.line} #{self.index}" + (f" {self.path}" if self.path else "")
        shown = [text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …" for text in self.variants[:_VARIANTS]]
        if len(self.variants) > _VARIANTS:
            shown.append(f"{len(self.variants) - _VARIANTS} more")
        return f"{where} varies in the reference: {' | '.join(shown)}"


@dataclass(frozen=True)
class Comparison:
    """The outcome for one run: all differences, the first one first, and what could not be compared."""

    differences: tuple[Difference, ...] = ()
    unstable: tuple[Instability, ...] = ()

    @property
    def first(self) -> Difference | None:
        return self.differences[0] if self.differences else None


@dataclass(frozen=True)
class _Line:
    """What all reference runs agree on for one line: ``steps`` (those of the first run), and whether that
    is all of it.
    """

    steps: tuple[Step, ...]
    complete: bool
    values: tuple[Mapping[Path, Any], ...]
    volatile: tuple[Collection[Path], ...]


@dataclass
class _Role:
    lines: Mapping[str, _Line]
    unstable: Sequence[Instability]
    order: AgreedOrder


class Expectation:
    """What a case demands: everything on which all runs of the reference agree."""

    def __init__(self, runs: Sequence[NormalRun]) -> None:
        if not runs:
            raise ValueError("an expectation needs at least one reference run")
        self.runs = len(runs)
        self.sample = runs[0]
        self._all = runs

    def with_more(self, runs: Sequence[NormalRun]) -> "Expectation":
        """What is demanded with these runs besides."""
        return Expectation([*self._all, *runs])

    @functools.cached_property
    def _roles(self) -> Mapping[str, _Role]:
        return {role: _expect(role, [run[role] for run in self._all]) for role in self.sample}

    @functools.cached_property
    def unstable(self) -> tuple[Instability, ...]:
        """What the reference varies on: nothing as long as it was run once."""
        if self.runs == 1:
            return ()
        return tuple(found for role in self._roles.values() for found in role.unstable)

    @functools.cached_property
    def _text(self) -> str:
        return _text_of(self.sample)

    def compare(self, run: NormalRun, subject_roles: Collection[str] | None = None) -> Comparison:
        """Hold one run against the reference. ``subject_roles`` are those not played by the reference
        (default: all).
        """
        if self.runs == 1 and _text_of(run) == self._text:
            return Comparison()  # what most runs are, and cheaper to see than that nothing differs
        found: list[tuple[tuple[int, bool, int, int], Difference]] = []
        hung = {role for role in self._roles if (trace := run.get(role)) and trace.last_of("hung")}
        for place, (role, expected) in enumerate(self._roles.items()):
            foreign = subject_roles is not None and role not in subject_roles
            got = run.get(role) or NormalTrace(())
            for position, difference in _differences(role, expected, self.sample[role], got, self.runs):
                level = _LEVEL[difference.category]
                if hung - {role} and _is_death(difference):  # those that hang wait for what it did not do
                    found.append(((_LEVEL["died"], False, position, place), difference))
                    continue
                if foreign:  # the reference only hangs or dies because of what the subject did first
                    level = max(level, _LEVEL["sequence"])
                found.append(((level, foreign, position, place), difference))
        found.sort(key=lambda item: item[0])
        return Comparison(tuple(difference for _, difference in found), self.unstable)


def _text_of(run: NormalRun) -> str:
    """A run as a text: two runs with the same text differ in nothing that is compared."""
    texts = {}
    for role, trace in run.items():
        begins = [step.first for step in trace.steps]
        texts[role] = [trace.garbage] + [
            # Of joined chunks also what had begun when the last of them came.
            [step.line, step.kind, step.object, step.label, step.args, step.state, bisect.bisect(begins, step.last)]
            for step in trace.steps
        ]
    return json.dumps(texts, sort_keys=True)


# What the reference agrees on.


def _expect(role: str, traces: Sequence[NormalTrace]) -> _Role:
    agreed_lines: dict[str, _Line] = {}
    unstable: list[Instability] = []
    for line in dict.fromkeys(line for trace in traces for line in trace.lines):
        sequences = [trace.lines.get(line, ()) for trace in traces]
        agreed = _common_prefix(sequences)
        complete = all(len(sequence) == agreed for sequence in sequences)
        if not complete:
            variants = dict.fromkeys(_sequence_text(sequence[agreed:]) for sequence in sequences)
            unstable.append(Instability(role, line, agreed, "", tuple(variants)))
        values, volatile = [], []
        for index in range(agreed):
            leaves = [dict(_leaves(sequence[index])) for sequence in sequences]
            differing = _varying(leaves)
            for path in sorted(differing, key=_path_text):
                variants = dict.fromkeys(_show(found.get(path, MISSING)) for found in leaves)
                unstable.append(Instability(role, line, index, _path_text(path), tuple(variants)))
            values.append(leaves[0])
            volatile.append(differing)
        agreed_lines[line] = _Line(sequences[0][:agreed], complete, tuple(values), tuple(volatile))
    agreed_steps = {
        (line, index) for line, found in agreed_lines.items() for index in range(len(found.steps))
    }
    return _Role(agreed_lines, unstable, AgreedOrder(traces, agreed_steps))


def _common_prefix(sequences: Sequence[Sequence[Step]]) -> int:
    agreed = 0
    for steps in zip(*sequences, strict=False):
        if len({step.signature for step in steps}) > 1:
            break
        agreed += 1
    return agreed


def _varying(leaves: Sequence[Mapping[Path, Any]]) -> set[Path]:
    first = leaves[0]
    varying: set[Path] = set()
    for other in leaves[1:]:
        for path in first.keys() | other.keys():
            if not _same(first.get(path, MISSING), other.get(path, MISSING)):
                varying.add(path)
    return varying


#: Where in a trace differences stand that explain others, or are explained by them.
_FIRST, _LAST = -1, 1 << 62


# What the subject did differently. Every generator gives (position for sorting, difference).


def _differences(
    role: str, expected: _Role, sample: NormalTrace, got: NormalTrace, runs: int
) -> Iterator[tuple[int, Difference]]:
    if got.garbage is not None:
        message = f"{role} wrote a line that is no record: {got.garbage}"
        yield 0, Difference("garbage", role, "process", 0, "", None, got.garbage, message)
    if not got.steps and sample.steps:
        first = sample.steps[0]
        message = f"{role} was never started: nobody published what it waits for"
        yield _LAST, Difference("sequence", role, first.line, 0, "", first.to_json(), None, message, change="absent")
        return
    yield from _ending(role, sample, got)
    for line, wanted in expected.lines.items():
        yield from _sequence(role, wanted, line, got, sample)
    for line in got.lines.keys() - expected.lines.keys():
        step = got.lines[line][0]
        message = f"{role}: {_quote(step)} happened, the reference has nothing of {line!r}"
        yield step.first, _different("sequence", role, step, 0, None, step.to_json(), message, "extra")
    yield from _order(role, expected, got, runs)


def _is_death(difference: Difference) -> bool:
    """Whether it says that a role died: by a signal or a broken start, or of an error that nobody caught."""
    got = difference.got
    return difference.category == "died" or (
        difference.category == "sequence" and isinstance(got, dict) and got.get("kind") == "uncaught"
    )


def _ending(role: str, sample: NormalTrace, got: NormalTrace) -> Iterator[tuple[int, Difference]]:
    """A role that hung or died: these explain what is missing, so they are said before it."""
    wanted, ended = sample.last_of("terminated"), got.last_of("terminated")
    expected = wanted.to_json() if wanted else None
    hung = got.last_of("hung")
    if hung is not None and sample.last_of("hung") is None:
        how = f"did not end by its deadline; still active: {_active(hung)}"
        if hung.label == "not ready":
            how = f"wrote no ready line within {hung.args[0] / 1000:g} s; killed"
        message = f"{role} {how}{_last_words(sample, got)}"
        yield 0, _different("hung", role, hung, hung.index, expected, hung.to_json(), message)
    elif wanted is not None and (ended is None or not _same(wanted.args, ended.args)):
        if got.last_of("exit", "uncaught") is not None:
            return  # it ended of itself, only with another code: that is in the sequence and its values
        how = "left no trace of its end" if ended is None else f"died with {_exit_text(ended.args)}"
        stderr = cause(ended.detail) if ended is not None else ""
        message = f"{role} {how}{_last_words(sample, got)}" + (f"; stderr: {stderr}" if stderr else "")
        got_json = ended.to_json() if ended else None
        index = ended.index if ended else 0
        yield 0, Difference("died", role, "process", index, "", expected, got_json, message, "terminated", stderr)


def _sequence(
    role: str, wanted: _Line, line: str, got: NormalTrace, sample: NormalTrace
) -> Iterator[tuple[int, Difference]]:
    steps = got.lines.get(line, ())
    for index, step in enumerate(wanted.steps):
        if index >= len(steps) or steps[index].signature != step.signature:
            found = steps[index] if index < len(steps) else None
            hint = _hint(wanted, steps)
            message = f"{role}: {line} #{index}: expected {_quote(step)}, got {_quote(found)}{hint}"
            got_json = found.to_json() if found else None
            thrown = found is not None and found.kind == "uncaught"  # explains all that is missing after it
            position = _FIRST if thrown else step.first
            change = _change(wanted, steps, index)
            about = found if change == "extra" and found is not None else step
            yield position, _different("sequence", role, about, index, step.to_json(), got_json, message, change)
            return
        yield from _content(role, line, index, step, wanted, steps[index])
    if wanted.complete and len(steps) > len(wanted.steps):
        extra = steps[len(wanted.steps)]
        message = (
            f"{role}: {line} #{extra.index}: expected nothing more, got {_quote(extra)}{_hint(wanted, steps)}"
        )
        position = sample.steps[-1].last + 1 if sample.steps else 0
        yield position, _different("sequence", role, extra, extra.index, None, extra.to_json(), message, "extra")


def _different(
    category: str, role: str, step: Step, index: int, expected: Any, got: Any, message: str, change: str = ""
) -> Difference:
    """A difference of a step as a whole."""
    what = (step.kind, step.label, step.object_class, change)
    return Difference(category, role, step.line, index, "", expected, got, message, *what)


def _change(wanted: _Line, steps: Sequence[Step], index: int) -> str:
    """What a sequence does that first differs at ``index``: how often do the two steps that stand there come from there
    on, here and in the reference?"""
    if not steps and wanted.steps[index].object is not None:
        return "absent"
    expected = [step.signature for step in wanted.steps[index:]]
    got = [step.signature for step in steps[index:]]
    missing = expected.count(expected[0]) > got.count(expected[0])
    extra = bool(got) and got.count(got[0]) > expected.count(got[0])
    if missing and extra:
        return "replaced"
    return "missing" if missing else "extra" if extra else "reordered"


def _content(
    role: str, line: str, index: int, step: Step, wanted: _Line, found: Step
) -> Iterator[tuple[int, Difference]]:
    if step.kind == found.kind == "terminated" and not wanted.volatile[index]:
        if not _same(step.args, found.args):
            left, right = _exit_text(step.args), _exit_text(found.args)
            message = f"{role} ended with {right}, not {left}"
            yield (
                step.first,
                Difference("value", role, line, index, "args", step.args, found.args, message, step.kind),
            )
        return
    expected, got = wanted.values[index], dict(_leaves(found))
    volatile = wanted.volatile[index]
    for path in sorted(expected.keys() | got.keys(), key=_path_order):
        left, right = expected.get(path, MISSING), got.get(path, MISSING)
        if path in volatile or _same(left, right):
            continue
        error = _error_at(path, step) or _error_at(path, found)
        state = "kernel" if step.kind == "kernel" else "state"
        category = "error" if error else state if path[0] == "state" else "value"
        about = str(error.get("code") or error["$error"]) if error else step.object_class
        message = f"{role}: {_quote(step)} (#{index}) {_path_text(path)}: expected {_show(left)}, got {_show(right)}"
        yield (
            step.first,
            Difference(
                category,
                role,
                line,
                index,
                _path_text(path),
                _plain(left),
                _plain(right),
                message,
                step.kind,
                step.label,
                about,
            ),
        )


def _order(role: str, expected: _Role, got: NormalTrace, runs: int) -> Iterator[tuple[int, Difference]]:
    always = "in the reference" if runs == 1 else f"in all {runs} reference runs"
    known = {
        (line, index): wanted.steps[index]
        for line, wanted in expected.lines.items()
        for index in range(_matching(wanted, got.lines.get(line, ())))
    }
    for identity, other in expected.order.late(got, known):
        step = got.lines[identity[0]][identity[1]]
        first, second = known[other], known[identity]
        message = (
            f"{role}: {_quote(first)} (#{other[1]}) came before {_quote(second)} (#{identity[1]}) {always}, "
            "here it came after"
        )
        yield (
            step.first,
            Difference(
                "order",
                role,
                step.line,
                step.index,
                "",
                first.to_json(),
                second.to_json(),
                message,
                first.kind,
                first.label,
                first.object_class,
            ),
        )


def _matching(wanted: _Line, steps: Sequence[Step]) -> int:
    count = 0
    for step, found in zip(wanted.steps, steps, strict=False):
        if step.signature != found.signature:
            break
        count += 1
    return count


def _error_at(path: Path, step: Step) -> Mapping[str, Any] | None:
    """The outermost error in the arguments that the path leads into, or None."""
    value: Any = step.args if path[0] == "args" else None
    for part in path[1:]:
        if isinstance(value, dict):
            if "$error" in value:
                return value
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
    return None


# Leaves: a record as flat paths, so that a difference is one place.


def _leaves(step: Step) -> Iterator[tuple[Path, Any]]:
    for index, value in enumerate(step.args):
        yield from _flatten(("args", index), value)
    yield from _flatten(("state",), step.state)


def _flatten(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        digested = "$bytes" in value or "$string" in value
        for key, item in value.items():
            if not (digested and key == "head"):  # shown to the reader; length and digest decide
                yield from _flatten((*path, key), item)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for index, item in enumerate(value):
            yield from _flatten((*path, index), item)
    else:
        yield path, value


def differing_paths(left: Step, right: Step) -> tuple[str, ...]:
    """Where two steps differ in their arguments and states, for a reader."""
    return tuple(
        _path_text(path)
        for path in sorted(_varying([dict(_leaves(left)), dict(_leaves(right))]), key=_path_order)
    )


def _same(left: Any, right: Any) -> bool:
    """Equal as JavaScript sees it: true is not 1, 1.0 is 1. Lists here hold plain values only."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


# Words.


def _quote(step: Step | None) -> str:
    return "nothing" if step is None else step.title


def _sequence_text(steps: Sequence[Step]) -> str:
    return "[" + ", ".join(step.title for step in steps) + "]"


def _hint(wanted: _Line, steps: Sequence[Step]) -> str:
    """Says so where the difference is one event too few, too many or out of place."""
    if not wanted.complete:
        return ""
    expected, got = [step.signature for step in wanted.steps], [step.signature for step in steps]
    index = next(
        (i for i, (a, b) in enumerate(zip(expected, got, strict=False)) if a != b),
        min(len(expected), len(got)),
    )
    if expected[:index] + expected[index + 1 :] == got:
        return (
            f" ({wanted.steps[index].title} never came)"
            if expected[index] not in got
            else f" ({_missing(wanted, index)})"
        )
    if got[:index] + got[index + 1 :] == expected:
        times = got.count(got[index])
        return (
            f" ({steps[index].title} came {times} times)"
            if times > 1
            else f" ({steps[index].title} is one too many)"
        )
    if sorted(map(repr, expected)) == sorted(map(repr, got)):
        return f" (the same {len(got)} steps in another order)"
    return ""


def _missing(wanted: _Line, index: int) -> str:
    signature = wanted.steps[index].signature
    times = sum(step.signature == signature for step in wanted.steps)
    return f"{wanted.steps[index].title} came {times - 1} times, not {times}"


def _last_words(sample: NormalTrace, got: NormalTrace) -> str:
    own = [step for step in got.steps if step.kind not in ("terminated", "hung", "exit")]
    if own:
        return f"; its last record: {own[-1].title}"
    first = next((step.title for step in sample.steps), "nothing")
    return f" before its first record (expected {first})"


def _active(hung: Step) -> str:
    active = (hung.state or {}).get("active")
    return ", ".join(map(str, active)) if active else "nothing"


def _exit_text(args: Sequence[Any]) -> str:
    code, signal = (*args, None, None)[:2]
    return f"signal {signal}" if signal else f"exit code {code}"


def _path_text(path: Path) -> str:
    return ".".join(map(str, path))


def _path_order(path: Path) -> tuple[bool, str]:
    return path[0] == "state", _path_text(path)


def _show(value: Any) -> str:
    text = repr(_plain(value)) if value is not MISSING else "nothing"
    return text if len(text) <= 200 else text[:199] + "…"


def _plain(value: Any) -> Any:
    return None if value is MISSING else value
