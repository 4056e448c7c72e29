"""What is wrong with a run of the reference: it cannot be held against anything, and the reason comes first.

The reason is the first cause, not the first symptom: a role that died explains those that waited for it in vain. What
Node says of the case's own code (a function that it does not have) is a mistake in the case.
"""

import re
from collections.abc import Sequence
from typing import Any

from conformance.language.case import Case
from conformance.language.names import snake_case
from conformance.play.last_words import cause
from conformance.play.runner import PairingTrace

Records = Sequence[dict[str, Any]]

#: What V8 says of code that asks for what is not there.
_SLIP = re.compile(
    r"(?P<call>\S+) is not a (?:function|constructor)"
    r"|(?P<name>\S+) is not defined"
    r"|Cannot read properties of (?:undefined|null) \(reading '(?P<property>.*)'\)"
)


def trouble(case: Case, run: PairingTrace) -> str | None:
    """Why a reference run cannot be held against anything, in one line, or None."""
    if run.fatal_faults:
        return "; ".join(map(str, run.fatal_faults))
    mistake = next(filter(None, (_mistake(case, role.name, run) for role in case.roles)), None)
    if mistake is not None:
        return mistake
    hung = [text for role in case.roles if (text := _hung(role.name, run.roles.get(role.name, ())))]
    told = {fault.role for fault in run.faults}
    broken = [
        text
        for role in case.roles
        if role.name not in told and (text := _broken(role.name, run.roles.get(role.name, ())))
    ]
    if not (run.faults or hung or broken):
        return None
    died = [text for role in case.roles if (text := _uncaught(role.name, run.roles.get(role.name, ())))]
    return "; ".join([*died, *broken, *map(str, run.faults), *hung])


def _mistake(case: Case, role: str, run: PairingTrace) -> str | None:
    records = run.roles.get(role, ())
    thrown, ended = _last(records, "uncaught"), _last(records, "terminated")
    if thrown is None or ended is None or ended["args"] == [0, None]:
        return None
    error = thrown["args"][0] if thrown["args"] else None
    if not isinstance(error, dict) or "code" in error:
        return None
    said = _SLIP.fullmatch(str(error.get("message")))
    if said is None or not _thrown_by_the_case(role, ended.get("label") or ""):
        return None
    word = (said["call"] or said["name"] or said["property"]).rpartition(".")[2]
    name = word if word[:1].isupper() else snake_case(word)
    text = str(error["message"]).replace(word, name)
    return f"the case is wrong: {_place(case, role, name)}: {role}: {text}"


def _thrown_by_the_case(role: str, stderr: str) -> bool:
    """Whether the innermost frame is the case's own program, or what translated code stands on."""
    frame = re.search(r"^    at .*", stderr, re.MULTILINE)
    return frame is not None and re.search(rf"\b(?:{re.escape(role)}|subset)\.js:\d", frame[0]) is not None


def _place(case: Case, role: str, word: str) -> str:
    """File and line where the role says ``word``, or else where the role begins."""
    first = case.role(role).line
    line = first
    if case.file.is_file():
        lines = case.file.read_text(encoding="utf-8").splitlines()
        found = (
            number for number in range(first, len(lines) + 1) if re.search(rf"\b{word}\b", lines[number - 1])
        )
        line = next(found, first)
    return f"{case.file.name}:{line}"


def _hung(role: str, records: Records) -> str | None:
    hung = _last(records, "hung")
    if hung is None:
        return None
    active = (hung.get("state") or {}).get("active") or ["nothing"]
    return f"{role} hung, still active: {', '.join(map(str, active))}"


def _broken(role: str, records: Records) -> str | None:
    """How a role ended that neither came to its exit nor threw."""
    if _last(records, "hung") is not None:
        return None
    ended = _last(records, "terminated")
    if ended is None:
        return f"{role} left no word of its end"
    if _last(records, "exit") is None and _last(records, "uncaught") is None:
        return f"{role} died with {ended['args']}: {cause(ended.get('label') or '') or 'no word on stderr'}"
    return None


def _uncaught(role: str, records: Records) -> str | None:
    thrown = _last(records, "uncaught")
    if thrown is None:
        return None
    error = thrown["args"][0] if thrown["args"] else None
    if isinstance(error, dict):
        return f"{role} died of an uncaught {error.get('$error', 'Error')}: {error.get('message')}"
    return f"{role} died of an uncaught {error!r}"


def _last(records: Records, kind: str) -> dict[str, Any] | None:
    return next((record for record in reversed(records) if record["kind"] == kind), None)
