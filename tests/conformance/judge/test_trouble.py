"""Why a reference run is of no use: the cause first, and a mistake in the case is said to be one."""

from pathlib import Path
from typing import Any

import pytest

from conformance.judge.trouble import trouble
from conformance.language.collect import collect_file
from conformance.play.runner import Fault, PairingTrace, run_pairing
from conformance.play.subjects.node import NodeSubject
from tests.conformance.scripted import make_case

HUNG = [
    {"kind": "hung", "args": [500], "state": {"active": ["TCPServerWrap"]}},
    {"kind": "terminated", "args": [99, None], "label": ""},
]
THROWN = [
    {"kind": "uncaught", "args": [{"$error": "RangeError", "message": "too much"}]},
    {"kind": "exit", "args": [1], "state": {"active": []}},
    {"kind": "terminated", "args": [1, None], "label": "RangeError: too much\n    at node:net:1:1\n"},
]
ABORTED = [
    {
        "kind": "terminated",
        "args": [None, "SIGABRT"],
        "label": "  #  node[1]: void node::X()\n  #  Assertion failed: (x)\n\n"
        "----- Native stack trace -----\n\n 1: 0x93 [node]\n",
    }
]
ENDED = [{"kind": "exit", "args": [0]}, {"kind": "terminated", "args": [0, None], "label": ""}]


def told(server: list[Any], client: list[Any], *faults: Fault) -> str | None:
    case = make_case(programs={"server": "", "client": ""})
    return trouble(case, PairingTrace("made/up", {}, {"server": server, "client": client}, list(faults)))


def test_a_role_that_died_is_said_before_one_that_waited_for_it() -> None:
    died, hung = "died of an uncaught RangeError: too much", "hung, still active: TCPServerWrap"
    assert told(HUNG, THROWN) == f"client {died}; server {hung}"
    assert told(THROWN, HUNG) == f"server {died}; client {hung}"
    unpublished = Fault("unpublished", "client", "it waited for port, and no role is left to publish it")
    assert told(THROWN, [], unpublished) == f"server {died}; {unpublished}"
    assert told(HUNG, ABORTED) == f"client died with [None, 'SIGABRT']: Assertion failed: (x); server {hung}"


def test_an_uncaught_error_alone_is_what_the_case_is_about() -> None:
    assert told(THROWN, ENDED) is None


def test_the_machines_fault_hides_what_it_brought_about() -> None:
    lost = Fault("lost", "client", "the connection to the role ended before the role did")
    assert told(HUNG, [], lost) == str(lost)


def test_no_word_of_its_end() -> None:
    assert told(ENDED, []) == "client left no word of its end"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("t.net.create_sever()", "t.net.create_sever is not a function"),
        ("t.net.Sockt()", "t.net.Sockt is not a constructor"),
        ("server.lisen(0)", "server.lisen is not a function"),
        ("t.net.sever.close()", "Cannot read properties of undefined (reading 'close')"),
        ("t.next_tick(lambda: t.net.is_ipv())", "t.net.is_ipv is not a function"),
    ],
)
def test_what_the_case_asks_for_and_node_does_not_have_is_the_cases_mistake(
    line: str, said: str, local_node: NodeSubject, run_dir: Path, tmp_path: Path
) -> None:
    file = tmp_path / "slips.py"
    file.write_text(
        "from conformance import case\n\n\n@case(about='nothing')\nclass Slip:\n"
        "    def client(t, port):\n        t.net.connect(port)\n\n"
        "    def server(t):\n        server = t.net.create_server()\n"
        f"        {line}\n        server.listen(0, '127.0.0.1', lambda: t.publish(port=1))\n"
    )
    (case,) = collect_file(file)
    trace = run_pairing(case, dict.fromkeys(("client", "server"), local_node), run_dir, 1.0)
    reason = trouble(case, trace)
    assert reason is not None and reason.startswith(f"the case is wrong: slips.py:11: server: {said}"), trace


def test_an_error_that_node_throws_in_its_own_code_is_none(local_node: NodeSubject, run_dir: Path) -> None:
    program = "(t) => { new t.stream.Readable({ read() {} }).pipe({ on() {}, emit() {} }).x; }"
    case = make_case(programs={"main": program})
    trace = run_pairing(case, {"main": local_node}, run_dir)
    assert trace.roles["main"][0]["kind"] == "uncaught"
    reason = trouble(case, trace)
    assert reason is None or "case is wrong" not in reason, trace.roles
