"""The role protocol (docs/protocol.md): what both stages write and read is as its schemas say, and nothing else."""

import functools
import itertools
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.language.case import Case
from conformance.language.selection import collect
from conformance.play.runner import run_pairing
from conformance.play.subjects import base
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.python import PythonSubject
from conformance.play.trace import KINDS, PROTOCOL, Record, TraceError
from tests.conformance.both_sides import write_cases
from tests.conformance.protocol import COMMAND, RECORD, REPLY, SCHEMAS, SUPERVISOR, Overheard, fault_of
from tests.conformance.scripted import Peer, ScriptedSubject, make_case

PAGE = Path(__file__).parents[3] / "docs" / "protocol.md"

#: A case of every so many is played, and these, which have the rarer records.
_EVERY = 40
_ALSO = (
    "loop/fatal_exceptions/*",
    "net/tcp_options/*",
    "dgram/socket_options/*",
    "arguments/shown_values/*",
    "net/unix_sockets/*",
)


@pytest.fixture(scope="module")
def python(run_dir: Path) -> Iterator[PythonSubject]:
    with PythonSubject().opened(run_dir) as subject:
        yield subject


@functools.cache
def some_cases() -> list[Case]:
    """A few dozen cases out of all areas."""
    every = collect(())[::_EVERY]
    return [*every, *itertools.chain.from_iterable(collect((glob,))[:4] for glob in _ALSO)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("side", ["node", "python"])
def test_what_a_stage_says_and_hears_is_as_the_schemas_say(
    side: str, local_node: NodeSubject, python: PythonSubject, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    line = base._line
    monkeypatch.setattr(base, "_line", lambda message: sent.append(message) or line(message))
    subject = Overheard(local_node if side == "node" else python)
    cases = some_cases()
    assert len({case.id.split("/")[0] for case in cases}) >= 7 and len(cases) > 30
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda case: run_pairing(case, {role.name: subject for role in case.roles}, run_dir), cases))
    wrong = [
        text
        for record in subject.said
        if (text := fault_of(SUPERVISOR if record["kind"] in ("terminated", "fault") else RECORD, record))
    ]
    assert not wrong, "\n".join(wrong[:5])
    assert {record["kind"] for record in subject.said} >= KINDS - {"hung", "protocol"}
    replies = [message for message in sent if message is None or "domain" in message]
    commands = [message for message in sent if message is not None and "role" in message]
    assert len(replies) + len(commands) == len(sent) and replies and len(commands) >= len(cases)
    assert not [text for message in replies if (text := fault_of(REPLY, message))]
    assert not [text for message in commands if (text := fault_of(COMMAND, message))]


@pytest.mark.parametrize("side", ["node", "python"])
def test_a_role_that_hangs_says_so_by_the_schema(
    side: str, local_node: NodeSubject, python: PythonSubject, run_dir: Path, tmp_path: Path
) -> None:
    file = write_cases(tmp_path, '@case(about="x")\ndef hangs(t):\n    t.interval(5, lambda: None)\n')
    (case,) = collect((str(file),))
    subject = Overheard(local_node if side == "node" else python)
    run_pairing(case, {"main": subject}, run_dir, 0.3)
    assert [record["kind"] for record in subject.said] == ["hung", "terminated"]
    assert fault_of(RECORD, subject.said[0]) is None and fault_of(SUPERVISOR, subject.said[1]) is None


#: What no role may write, each with a word of the reason.
NO_RECORDS = [
    {"kind": "opinion"},
    {"object": "x", "label": "y"},
    {"kind": "event", "object": "x", "label": "y", "args": {}},
    {"kind": "event", "object": 5, "label": "y"},
    {"kind": "note", "label": "y", "args": [1], "time": 5},
    {"kind": "event", "object": "x", "label": "data", "args": ["a"], "stream": {"digest": "0" * 16}},
    {"kind": "exit", "args": [0], "state": []},
]

#: What the harness takes, to judge it, though the schema says that no honest role writes it.
NO_HONEST_RECORDS = [
    {"kind": "event", "label": "y"},
    {"kind": "note", "label": "y", "args": []},
    {"kind": "note", "label": "y", "args": [{"$bytes": 3, "digest": "XYZ", "head": "abc"}]},
    {"kind": "note", "label": "y", "args": [{"$bites": 3}]},
    {"kind": "note", "label": "y", "args": [{"$error": "Error"}]},
    {"kind": "note", "label": "y", "args": [{"$error": "Error", "message": "m", "stack": "s"}]},
    {"kind": "note", "label": "y", "args": ["x" * 513]},
    {"kind": "event", "object": "x", "label": "end", "stream": {"bytes": 1, "digest": "0" * 16}},
    {"kind": "exit", "args": [0]},
    {"kind": "uncaught", "label": "bad luck", "args": [1]},
    {"kind": "terminated", "args": [0, None], "label": "", "state": {"stdout": ""}},
]


@pytest.mark.parametrize("line", NO_RECORDS, ids=json.dumps)
def test_what_is_no_record_is_refused_by_schema_and_harness_alike(line: Any) -> None:
    assert fault_of(RECORD, line) is not None
    with pytest.raises(TraceError):
        Record.from_json(line)


@pytest.mark.parametrize("line", NO_HONEST_RECORDS, ids=lambda line: json.dumps(line)[:60])
def test_the_schema_is_as_strict_as_the_stages(line: Any) -> None:
    Record.from_json(line)
    assert fault_of(RECORD, line) is not None


def test_a_field_that_is_missing_is_null() -> None:
    for line in ({"kind": "note", "label": "x", "args": [None]}, {"kind": "event", "object": "x", "label": "end"}):
        assert fault_of(RECORD, line) is None
        assert Record.from_json(line).state is None


def test_the_lines_that_the_page_shows_are_as_the_schemas_say() -> None:
    """In docs/protocol.md ``>`` stands before what a role reads and ``<`` before what it writes."""
    shown = re.findall(r"^([<>]) (.+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(shown) > 10
    for direction, text in shown:
        line = json.loads(text)
        heard = COMMAND if isinstance(line, dict) and "role" in line else REPLY
        schema = heard if direction == ">" else SUPERVISOR if line["kind"] == "terminated" else RECORD
        assert fault_of(schema, line) is None, text


def test_the_page_names_every_kind_of_record_and_value() -> None:
    text = PAGE.read_text("utf-8")
    values = SCHEMAS["value.json"]["$defs"].values()
    keys = {key for value in values for key in value.get("properties", ()) if key.startswith("$")}
    assert len(keys) > 5 and not [word for word in {*KINDS, *keys, "$string", "$throw"} if f"`{word}`" not in text]


def test_the_version_is_one_number() -> None:
    assert SCHEMAS["command.json"]["properties"]["protocol"]["const"] == PROTOCOL


@pytest.mark.parametrize("version", [PROTOCOL, PROTOCOL + 1])
def test_a_role_may_say_which_version_it_speaks(version: int, run_dir: Path) -> None:
    def script(peer: Peer) -> None:
        peer.write("protocol", args=[version])
        peer.write("exit", args=[0], state={"active": []})
        peer.end()

    subject = ScriptedSubject(main=script)
    trace = run_pairing(make_case(), {"main": subject}, run_dir)
    subject.close()
    if version == PROTOCOL:
        assert not trace.faults and [record["kind"] for record in trace.roles["main"]] == ["exit", "terminated"]
    else:
        assert [str(fault) for fault in trace.fatal_faults] == [
            "protocol (main): it speaks version 2 of the role protocol, not 1"
        ]
