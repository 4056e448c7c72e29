"""Ignoring: takes out of a record what the profile of a subject leaves out of the comparison, by category.

It is done to the traces of both sides, the reference's and the subject's, before they are normalised: chunks are joined
over an event that is gone, and names of ports are given by what is left. So what is ignored can neither differ nor hide
a difference in what is not. The categories are listed in ``profile.py``, and described in docs/profiles.md.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from conformance.language.case import Case
from conformance.play.trace import Record

#: The errors that a JavaScript engine makes by itself.
_OF_THE_ENGINE = ("TypeError", "RangeError", "SyntaxError", "ReferenceError", "EvalError", "URIError")

#: Events of streams and sockets that Node emits and its documentation does not name.
INTERNAL_EVENTS = ("prefinish",)

_HIGH_WATER_MARKS = ("readableHighWaterMark", "writableHighWaterMark")

#: A note of nothing but the active resources, in a case's JavaScript.
_NOTED = re.compile(r'\bt\.note\(("(?:[^"\\]|\\.)*"), t\.active\(\)\)')


def noted_resources(case: Case) -> frozenset[str]:
    """The labels under which the case notes the active resources."""
    return frozenset(json.loads(label) for program in case.programs.values() for label in _NOTED.findall(program))


def without(record: Record, ignored: Collection[str], noted: Collection[str] = ()) -> Record | None:
    """What is left of the record when the categories ``ignored`` are taken out, None if it is gone.

    ``noted`` are the labels under which the case notes the active resources.
    """
    if "internal-events" in ignored and record.kind == "event" and record.label in INTERNAL_EVENTS:
        return None
    if "event-states" in ignored and record.kind == "event":
        record = replace(record, state=None)
    if "kernel" in ignored and record.kind == "kernel":
        record = replace(record, state=None)
    if "high-water-marks" in ignored and record.kind == "snapshot":
        record = replace(record, state=_less(record.state, _HIGH_WATER_MARKS))
    if "active-resources" in ignored:
        if record.kind in ("exit", "hung"):
            record = replace(record, state=_less(record.state, ("active",)))
        elif record.kind == "note" and record.label in noted:
            record = replace(record, args=[])
    engine, coded = "engine-texts" in ignored, "error-texts" in ignored
    if engine or coded:

        def is_ignored(error: Mapping[str, Any]) -> bool:
            return coded if "code" in error else engine and error["$error"] in _OF_THE_ENGINE

        record = replace(record, args=_texts(record.args, is_ignored), state=_texts(record.state, is_ignored))
    return record


def _less(state: Mapping[str, Any] | None, keys: Collection[str]) -> dict[str, Any] | None:
    return None if state is None else {key: value for key, value in state.items() if key not in keys}


def _texts(value: Any, is_ignored: Callable[[Mapping[str, Any]], bool]) -> Any:
    """A copy without the messages of those errors in it, at any depth, that are ignored."""
    if isinstance(value, list):
        return [_texts(item, is_ignored) for item in value]
    if isinstance(value, dict):
        gone = "$error" in value and is_ignored(value)
        return {key: _texts(item, is_ignored) for key, item in value.items() if not (gone and key == "message")}
    return value
