"""Causes: items that differ for the same reason are one group, so that a hundred divergent cases are a few rows.

An item belongs to the group of its first difference, the one that explains the others. Two differences have the same
``Signature`` where they say the same of Node's API: the same event, property or error code, and the same kind of thing
in place of the same kind of thing. What a case chooses (names of objects, numbers, ports, texts) is not a part of it.
A role that hung is grouped by what it waits for, the first step that never came.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from conformance.judge.compare import Difference
from conformance.judge.normalize import class_of
from conformance.judge.verdict import Result

#: How an item of a group ended, the groups of each apart and in this order.
WORDS = ("divergent", "differing", "accepted")

#: How many cases a group names.
NAMED = 5

#: Texts that are Node's, not the case's: error codes and the like, and the values of these properties.
_CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\Z")
_WORDS_OF_NODE = ("$error", "readyState", "syscall", "family", "localFamily", "remoteFamily", "state")

_FREE = re.compile(r"<(?:port|dir|fd|pid|inode)[^>]*>")
_NUMBER = re.compile(r"\d+")
#: The object in front of a method's name, as in "peer.socket.end is not a function".
_RECEIVER = re.compile(r"(?<![\w.:/])(?:[A-Za-z_$][\w$]*\.)+(?=[A-Za-z_$])")
#: The arguments of a call in a message.
_ARGUMENTS = re.compile(r"(?<=\w)\((?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True)
class Signature:
    """What differences of one cause have in common.

    ``about`` is the class of the object or the code of the error, ``what`` the event, property or message, ``expected``
    and ``got`` say what kind of thing stands there. Any of them is "" where it says nothing.
    """

    category: str
    change: str = ""
    about: str = ""
    what: str = ""
    expected: str = ""
    got: str = ""

    def __str__(self) -> str:
        """The cause in one plain line."""
        if self.change in _SAID:
            return _SAID[self.change].format(**asdict(self)).strip()
        where = f"{self.about} {self.what}".strip()
        if self.expected == self.got:
            other = re.sub("^an? ", "another ", self.got)
            return f"{where}: {other if other != self.got else f'other {self.got}'}"
        return f"{where}: {self.expected} expected, got {self.got}"


_SAID = {
    "null": "{about} {what} is null on one side only",
    "missing": "{what} is missing",
    "extra": "{what} is one too many",
    "replaced": "{got} instead of {expected}",
    "reordered": "{what} comes later in its object's sequence",
    "absent": "{what} never appears",
    "late": "{expected} comes before {got} in the reference, here after it",
    "uncaught": "an uncaught {what}",
    "died": "a role died with {got}{what}",
    "hung": "a role hangs: {what}",
    "garbage": "a line that is no record",
    "started": "a role is never started",
    "harness": "{what}",
}


def signature(differences: Sequence[Difference]) -> Signature:
    """The signature of what an item's first difference says; the others serve where that one says too little."""
    first = differences[0]
    if first.category == "hung":
        later = next((one for one in differences if one.category == "sequence" and one.kind not in _ENDS), None)
        waits = str(signature([later])) if later is not None else f"{_active(first.got)} still active"
        return Signature("hung", "hung", what=waits)
    return _OF_CATEGORY.get(first.category, _leaf)(first)


#: Steps that are how a role ends: that they are missing says nothing beyond the hanging itself.
_ENDS = ("exit", "terminated", "hung", "")


def _garbage(difference: Difference) -> Signature:
    return Signature("garbage", "garbage")


def _died(difference: Difference) -> Signature:
    if not isinstance(difference.got, Mapping | None):  # what the harness says of it
        return Signature("died", "harness", what=_text(str(difference.got)))
    code, signal = (*(difference.got or {}).get("args", ()), None, None)[:2]
    ended = "no trace of its end" if difference.got is None else f"signal {signal}" if signal else f"exit code {code}"
    return Signature("died", "died", what=_after_colon(difference.label), got=ended)


def _sequence(difference: Difference) -> Signature:
    expected, got = difference.expected, difference.got
    if isinstance(got, str):  # of a raw role
        return Signature("sequence", "harness", what=_text(got))
    if got is not None and got["kind"] == "uncaught":
        error = got["args"][0] if got["args"] and isinstance(got["args"][0], dict) else {}
        return Signature("sequence", "uncaught", what=_error(error))
    if difference.change == "replaced" and expected is not None and got is not None:
        return Signature("sequence", "replaced", expected=_step(expected), got=_step(got))
    if difference.change == "absent":
        known = difference.about or "an object"
        return Signature("sequence", "absent" if difference.kind else "started", what=known)
    shown = got if difference.change == "extra" else expected
    return Signature("sequence", difference.change, what=_step(shown or {"kind": "a step"}))


def _order(difference: Difference) -> Signature:
    return Signature("order", "late", expected=_step(difference.expected), got=_step(difference.got))


def _leaf(difference: Difference) -> Signature:
    """Of an error, a value, a state or the kernel's view: one place in a step."""
    _, *path = difference.path.split(".")
    key = path[-1] if path else ""
    about, what = difference.about, _names(path)
    if difference.category == "error":
        what = _names(path[1:])
    elif difference.category == "value":
        about, what = "", f"{_step_words(difference.kind, difference.label, about)}, {_argument(path)}"
    elif difference.kind in ("exit", "hung"):
        about = "process"
    if difference.category == "kernel":
        what = ", ".join(filter(None, ("the kernel's view", what)))
    if difference.kind == "terminated":
        return Signature(difference.category, "", "", "how a role ended", *_endings(difference))
    if difference.expected is None and difference.got is None:
        return Signature(difference.category, "null", about, what or "state")
    expected, got = (_shape(value, key) for value in (difference.expected, difference.got))
    return Signature(difference.category, "", about, what, expected, got)


def _names(path: Sequence[str]) -> str:
    """Where in a record something stands, without the places in lists."""
    return ".".join("N" if part.isdecimal() else "class" if part == "$error" else part for part in path)


def _endings(difference: Difference) -> Iterator[str]:
    for args in (difference.expected, difference.got):
        code, signal = (*args, None, None)[:2]
        yield f"signal {signal}" if signal else f"exit code {code}"


_OF_CATEGORY = {"garbage": _garbage, "died": _died, "sequence": _sequence, "order": _order}


def _argument(path: Sequence[str]) -> str:
    index, *rest = path or ["0"]
    return f"argument {index}" if not rest else _names(rest)


def _step(step: Mapping[str, Any]) -> str:
    """A step in a few words, without the names that the case chose."""
    args = step.get("args") or [None]
    words = _step_words(step["kind"], step.get("label"), class_of(step.get("state")))
    if isinstance(args[0], dict) and "$error" in args[0]:
        error = _error(args[0])
        thrown = {"throw": "a thrown", "uncaught": "an uncaught"}.get(step["kind"])
        return f"{thrown} {error}" if thrown else f"{words} ({error})"
    return words


def _error(error: Mapping[str, Any]) -> str:
    """An error by its code, else by its class and what the engine says. The message of an Error is the case's own."""
    known = str(error.get("code") or error.get("$error") or "Error")
    own = "code" in error or known == "Error"
    return known if own else f"{known}{_after_colon(error.get('message'))}"


def _step_words(kind: str, label: str | None, of: str) -> str:
    if kind == "event":
        return f"{of + ' ' if of else ''}{label!r}"
    if kind in ("note", "callback"):
        return f"{kind} {_NUMBER.sub('N', repr(label))}"
    if kind == "attempt":
        return "a call that returns"
    return f"{kind} of {of}" if of else kind


def _shape(value: Any, key: str) -> str:
    """What kind of thing a value is; the value itself where it is Node's word."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        if _FREE.fullmatch(value):
            return f"a {value[1:-1].split()[0]}"
        return repr(value) if key in _WORDS_OF_NODE or _CODE.match(value) else "a text"
    if isinstance(value, list):
        if key == "active":
            return f"[{', '.join(sorted(set(map(str, value))))}]"
        return "an empty list" if not value else "a list"
    if "$error" in value:
        return str(value.get("code") or value["$error"])
    return next((words for mark, words in _MARKS.items() if mark in value), "an object")


_MARKS = {
    "$bytes": "bytes",
    "$string": "a text",
    "$ref": "an object",
    "$num": "a number",
    "$symbol": "a symbol",
    "$function": "a function",
}


def _active(hung: Any) -> str:
    active = (hung.get("state") or {}).get("active") if isinstance(hung, Mapping) else None
    return ", ".join(sorted(set(map(str, active)))) if active else "nothing"


def _after_colon(message: Any) -> str:
    return f": {_text(message)}" if isinstance(message, str) and message else ""


def _text(message: str) -> str:
    """A message without what varies in it."""
    return _NUMBER.sub("N", _RECEIVER.sub("", _ARGUMENTS.sub("()", _FREE.sub("N", message))))


@dataclass(frozen=True)
class Group:
    """All items that differ for one cause: ``word`` says how they ended, ``cases`` has their ids in the run's order,
    ``example`` is the message of the first of them."""

    signature: Signature
    word: str
    subjects: tuple[str, ...]
    cases: tuple[str, ...]
    items: int
    example: str

    def to_json(self) -> dict[str, Any]:
        """The group as it stands in ``report.json``."""
        return {
            "cause": str(self.signature),
            "signature": asdict(self.signature),
            "verdict": self.word,
            "subjects": list(self.subjects),
            "cases": len(self.cases),
            "items": self.items,
            "first": list(self.cases[:NAMED]),
            "example": self.example,
        }


def groups(results: Iterable[Result]) -> list[Group]:
    """The groups of all items that differ, by how they ended and then by how many cases they explain."""
    found: dict[tuple[str, Signature], list[Result]] = {}
    for result in results:
        if result.differences:
            found.setdefault((result.word, signature(result.differences)), []).append(result)
    made = [
        Group(
            cause,
            word,
            tuple(sorted({one.subject for one in items})),
            tuple(dict.fromkeys(one.id for one in items)),
            len(items),
            items[0].differences[0].message,
        )
        for (word, cause), items in found.items()
    ]
    return sorted(made, key=lambda one: (WORDS.index(one.word), -len(one.cases), -one.items, str(one.signature)))
