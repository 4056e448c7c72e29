"""causes: what differs for one reason is one group, whatever a case calls its objects."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judge.causes import Signature, groups, signature
from conformance.judge.compare import Difference, Expectation
from conformance.judge.normalize import normalize
from conformance.judge.verdict import Result, Verdict
from conformance.play.trace import Record
from tests.conformance.traces import callback, data_events, ending, error, event, note

#: What the state of a socket has at least.
SOCKET = {"connecting": True, "destroyed": False}


def differences(expected: list[Record], got: list[Record]) -> tuple[Difference, ...]:
    reference, subject = normalize({"main": expected}), normalize({"main": got})
    return Expectation([reference, reference]).compare(subject).differences


def cause(expected: list[Record], got: list[Record]) -> str:
    return str(signature(differences(expected, got)))


def sockets_events(name: str, *labels: str) -> list[Record]:
    return [event(name, label, **SOCKET) for label in labels]


#: What a client does that connects.
CONNECTS = ("resume", "connectionAttempt", "connect", "ready", "end", "close")


def result(case: str, found: tuple[Difference, ...], subject: str = "bun", **more: Any) -> Result:
    return Result(case, f"node-{subject}", Verdict.DIVERGENT, "why", differences=found, subject=subject, **more)


def test_an_event_that_never_comes_is_one_cause_whatever_comes_next() -> None:
    cases = {
        "net/a": (CONNECTS, ("resume", "connect", "ready", "end", "close")),
        "net/b": (("lookup", "connectionAttempt", "connectionAttempt", "connect"), ("lookup", "connect")),
        "net/c": (("connectionAttempt", "connectionAttemptFailed", "error"), ("connectionAttemptFailed", "error")),
    }
    results = [
        result(case, differences(sockets_events(case[-1], *left), sockets_events(case[-1], *right)))
        for case, (left, right) in cases.items()
    ]
    (group,) = groups(results)
    assert str(group.signature) == "net.Socket 'connectionAttempt' is missing"
    assert group.cases == ("net/a", "net/b", "net/c") and group.items == 3 and group.subjects == ("bun",)


def test_an_event_too_many_and_one_out_of_place_are_told_apart() -> None:
    wanted = sockets_events("c", "connect", "end", "close")
    assert cause(wanted, sockets_events("c", "connect", "end", "end", "close")) == "net.Socket 'end' is one too many"
    assert cause(wanted, sockets_events("c", "end", "connect", "close")) == (
        "net.Socket 'connect' comes later in its object's sequence"
    )
    other = [*sockets_events("c", "connect"), event("c", "error", error("EPIPE", "write EPIPE"), **SOCKET)]
    assert cause(wanted, other) == "net.Socket 'error' (EPIPE) instead of net.Socket 'end'"
    assert cause([note("a"), *wanted], [note("a")]) == "net.Socket never appears"


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        (
            [event("c", "error", error("E1", "one", errno=-1), **SOCKET)],
            [event("c", "error", error("E1", "two", errno=-1), **SOCKET)],
            "E1 message: another text",
        ),
        (
            [callback("written", error("EPIPE", "x"))],
            [callback("written", error("ECONNRESET", "x"))],
            "EPIPE code: 'EPIPE' expected, got 'ECONNRESET'",
        ),
        (
            [event("c", "close", False, **SOCKET)],
            [event("c", "close", True, **SOCKET)],
            "net.Socket 'close', argument 0: false expected, got true",
        ),
        (
            [event("c", "close", **SOCKET)],
            [event("c", "close", **{**SOCKET, "destroyed": True})],
            "net.Socket destroyed: false expected, got true",
        ),
        ([note("count 1", 3)], [note("count 1", 4)], "note 'count N', argument 0: another number"),
        (
            [Record("kernel", "c", None, [], {"state": "LISTEN"})],
            [Record("kernel", "c", None, [], {"state": "CLOSE"})],
            "the kernel's view, state: 'LISTEN' expected, got 'CLOSE'",
        ),
        (
            [Record("kernel", "c", None, [], {"state": "LISTEN"})],
            [Record("kernel", "c", None, [], None)],
            "the kernel's view is null on one side only",
        ),
        ([event("c", "x", None)], [event("c", "x")], "dgram.Socket 'x', argument 0 is null on one side only"),
        (
            [Record("throw", None, "write", [error("ERR_A", "x")])],
            [Record("attempt", None, "write", [True])],
            "a call that returns instead of a thrown ERR_A",
        ),
        (
            [Record("attempt", None, "fly", [True])],
            [Record("throw", None, "fly", [{"$error": "TypeError", "message": "t.net.fly is not a function"}])],
            "a thrown TypeError: fly is not a function instead of a call that returns",
        ),
        (
            [*ending(active=("TCPSocketWrap", "TCPSocketWrap"))],
            [*ending()],
            "process active: [TCPSocketWrap] expected, got []",
        ),
        (
            ending(0),
            [Record("terminated", None, "bye\nTypeError: peer.fly(1, 'x') is not a function", [7, None])],
            "a role died with exit code 7: TypeError: fly() is not a function",
        ),
        (
            [note("a", 1), *ending()],
            [Record("uncaught", None, "e", [{"$error": "TypeError", "message": "a.b.fly is not a function"}])],
            "an uncaught TypeError: fly is not a function",
        ),
        (
            [event("c", "x", **SOCKET), event("d", "y", **SOCKET)],
            [event("d", "y", **SOCKET), event("c", "x", **SOCKET)],
            "net.Socket 'x' comes before net.Socket 'y' in the reference, here after it",
        ),
    ],
)
def test_a_cause_is_a_plain_line(expected: list[Record], got: list[Record], said: str) -> None:
    assert cause(expected, got) == said


def test_a_role_that_hangs_is_grouped_by_what_it_waits_for() -> None:
    hung = [Record("hung", None, None, [3000], {"active": ["TCPSocketWrap"]}), *ending(99)[1:]]
    wanted = [*sockets_events("c", "connect", "end", "close"), *ending()]
    assert cause(wanted, [*sockets_events("c", "connect"), *hung]) == "a role hangs: net.Socket 'end' is missing"
    assert cause([*sockets_events("c", "end"), *ending()], [*sockets_events("c", "end"), *hung]) == (
        "a role hangs: TCPSocketWrap still active"
    )


def test_groups_are_sorted_by_the_cases_they_explain_and_versions_and_accepted_ones_stand_apart() -> None:
    missing = differences(sockets_events("c", *CONNECTS), sockets_events("c", "resume"))
    value = differences([note("x", 1)], [note("x", 2)])
    found = groups(
        [
            result("net/a", value),
            result("net/a", value, "deno"),
            result("net/b", missing),
            result("net/c", missing),
            result("net/c", missing, accepted="so be it"),
            *(result(f"net/{number}", value, "node22", is_version=True) for number in range(9)),
            Result("net/d", "bun", Verdict.CONFORMANT, subject="bun"),
        ]
    )
    assert [(one.word, len(one.cases), one.items, one.subjects) for one in found] == [
        ("divergent", 2, 2, ("bun",)),
        ("divergent", 1, 2, ("bun", "deno")),
        ("differing", 9, 9, ("node22",)),
        ("accepted", 1, 1, ("bun",)),
    ]
    told = found[2].to_json()
    assert (told["cases"], told["first"], told["example"]) == (9, [f"net/{n}" for n in range(5)], value[0].message)


# Properties: what a case chooses is not a part of a signature.

NAMES = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)


def two_sides(name: str, number: int, text: str, port: int) -> list[tuple[list[Record], list[Record]]]:
    """Pairs of traces that differ, each in its own way, with everything that a case is free to choose."""
    refused = error("ECONNREFUSED", f"connect ECONNREFUSED {text}:{port}", port=port)
    other = {**refused, "message": f"{text} refused"}
    uncaught = {"$error": "TypeError", "message": f"{name}.fly is not a function at {number}"}
    return [
        (sockets_events(name, *CONNECTS), sockets_events(name, "resume", "connect")),
        ([event(name, "error", refused, **SOCKET)], [event(name, "error", other, **SOCKET)]),
        ([note("size", number)], [note("size", number + 1)]),
        ([note("text", f"a {text}")], [note("text", f"b {text}")]),
        ([note("port", port)], [note("port", None)]),
        (data_events(name, text.encode()), data_events(name, b"x" + text.encode())),
        ([event(name, "x", {"$ref": name}, **SOCKET)], [event(name, "x", {"$ref": name + "2"}, **SOCKET)]),
        ([event(name, "x", bytesRead=number, **SOCKET)], [event(name, "x", bytesRead=number + 1, **SOCKET)]),
        ([note("a")], [note("a"), Record("uncaught", None, None, [uncaught])]),
        ([note("a")], [note("a"), Record("uncaught", None, None, [{"$error": "Error", "message": text}])]),
        ([event(name, "error", {"$error": "Error", "message": text}, **SOCKET)], sockets_events(name, "close")),
    ]


@given(NAMES, st.integers(1, 9999), NAMES, st.integers(1024, 65535))
def test_what_a_case_chooses_does_not_change_a_signature(name: str, number: int, text: str, port: int) -> None:
    plain = [signature(differences(*sides)) for sides in two_sides("client", 1, "text", 40001)]
    renamed = [signature(differences(*sides)) for sides in two_sides(name, number, text, port)]
    assert renamed == plain
    assert len(set(plain)) == len(plain)  # and yet each of them is a cause of its own


@given(st.data())
def test_every_difference_has_a_signature_that_can_be_read(data: st.DataObject) -> None:
    records = st.one_of(
        st.builds(lambda label, value: event("c", label, value, **SOCKET), st.sampled_from("xyz"), VALUES),
        st.builds(lambda label, value: note(label, value), st.sampled_from("ab"), VALUES),
        st.builds(lambda label, value: Record("attempt", None, label, [value]), st.sampled_from("ab"), VALUES),
        st.builds(lambda value: Record("snapshot", "c", None, [], {**SOCKET, "value": value}), VALUES),
        st.builds(lambda value: Record("uncaught", None, None, [value]), VALUES),
    )
    sides = [[*data.draw(st.lists(records, max_size=4)), *ending(data.draw(st.integers(0, 1)))] for _ in range(2)]
    found = differences(*sides)
    if found:
        said = str(signature(found))
        assert isinstance(signature(found), Signature) and said and said == said.strip()
        assert not re.search(r"\{\w*\}", said)


VALUES = st.sampled_from(
    [None, True, 1, 1.5, "text", "CODE", [], [1], ["a"], {}, {"k": 1}, {"$bytes": 3, "digest": "d", "head": "abc"}]
    + [{"$ref": "x"}, {"$num": "NaN"}, {"$symbol": "s"}, {"$function": True}, error("E", "m"), {"$error": "TypeError"}]
)
