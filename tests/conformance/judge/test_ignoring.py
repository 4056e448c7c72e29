"""ignoring: each category takes out what it names and nothing else, on both sides."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judge.compare import Difference, Expectation
from conformance.judge.ignoring import INTERNAL_EVENTS, noted_resources, without
from conformance.judge.normalize import normal
from conformance.play.runner import PairingTrace
from conformance.play.trace import Record
from conformance.profile import CATEGORIES
from tests.conformance.scripted import make_case
from tests.conformance.traces import data_events, ending, error, event, note

PROGRAM = '(t) => { t.note("handles", t.active()); t.note("other", [1, t.active()]); }'
CASE = make_case(programs={"main": PROGRAM})


def trace(records: list[Record]) -> PairingTrace:
    return PairingTrace("made/up", {}, {"main": [record.to_json() for record in records]})


def differences(expected: list[Record], got: list[Record], *ignored: str) -> tuple[Difference, ...]:
    runs = [normal(CASE, trace(expected), ignored)] * 2
    return Expectation(runs).compare(normal(CASE, trace(got), ignored)).differences


def engine(name: str, message: str) -> dict[str, Any]:
    return {"$error": name, "message": message}


#: For each category two traces that differ in nothing else.
ONLY: dict[str, list[tuple[list[Record], list[Record]]]] = {
    "engine-texts": [
        ([note("e", engine("TypeError", "x is not a function"))], [note("e", engine("TypeError", "x: what?"))]),
        (
            [Record("snapshot", "c", None, [], {"errored": engine("RangeError", "too big")})],
            [Record("snapshot", "c", None, [], {"errored": engine("RangeError", "too large")})],
        ),
        ([note("e", {"cause": [engine("SyntaxError", "a")]})], [note("e", {"cause": [engine("SyntaxError", "b")]})]),
    ],
    "error-texts": [
        ([event("c", "error", error("EPIPE", "write EPIPE"))], [event("c", "error", error("EPIPE", "broken pipe"))]),
        (
            [note("e", {**engine("TypeError", "one"), "code": "ERR_INVALID_ARG_TYPE"})],
            [note("e", {**engine("TypeError", "two"), "code": "ERR_INVALID_ARG_TYPE"})],
        ),
    ],
    "active-resources": [
        (ending(active=("TCPSocketWrap",)), ending()),
        ([note("handles", ["TCPSocketWrap"])], [note("handles", [])]),
    ],
    "internal-events": [
        ([event("c", "prefinish"), event("c", "finish")], [event("c", "finish")]),
        (
            [*data_events("c", b"one"), event("c", "prefinish"), *data_events("c", b"two", start=b"one")],
            [*data_events("c", b"one", b"two")],
        ),
    ],
    "event-states": [([event("c", "end", readable=False)], [event("c", "end", readable=True)])],
    "high-water-marks": [
        (
            [Record("snapshot", "c", None, [], {"readableHighWaterMark": 65536, "destroyed": False})],
            [Record("snapshot", "c", None, [], {"readableHighWaterMark": 16384, "destroyed": False})],
        )
    ],
    "kernel": [
        (
            [Record("kernel", "c", None, [], {"state": "LISTEN"})],
            [Record("kernel", "c", None, [], {"state": "CLOSE"})],
        )
    ],
}

#: What differs here differs whatever is ignored.
NEVER: list[tuple[list[Record], list[Record]]] = [
    ([event("c", "error", error("EPIPE", "x"))], [event("c", "error", error("ECONNRESET", "x"))]),
    ([note("e", engine("TypeError", "x"))], [note("e", engine("RangeError", "x"))]),
    ([note("e", {**engine("TypeError", "x"), "code": "E"})], [note("e", engine("TypeError", "x"))]),
    ([note("e", engine("Error", "a case's own"))], [note("e", engine("Error", "another"))]),
    ([note("message", "x is not a function")], [note("message", "x: what?")]),
    ([note("other", ["TCPSocketWrap"])], [note("other", [])]),
    ([note("handles", [])], []),
    ([event("c", "finish"), event("c", "close")], [event("c", "close")]),
    ([event("c", "resume")], []),
    (
        [Record("snapshot", "c", None, [], {"destroyed": False})],
        [Record("snapshot", "c", None, [], {"destroyed": True})],
    ),
    ([Record("kernel", "c", None, [], {"state": "LISTEN"})], []),
    (ending(0), ending(1)),
    ([event("c", "data", 1), note("n")], [note("n"), event("c", "data", 1)]),
]

EACH = [(category, *sides) for category, found in ONLY.items() for sides in found]


def test_there_is_an_example_for_every_category() -> None:
    assert set(ONLY) == set(CATEGORIES)


@pytest.mark.parametrize(("category", "expected", "got"), EACH)
def test_a_category_takes_out_what_it_names(category: str, expected: list[Record], got: list[Record]) -> None:
    assert differences(expected, got)
    assert not differences(expected, got, category)
    assert not differences(got, expected, category)
    others = [other for other in CATEGORIES if other != category]
    assert differences(expected, got, *others), "another category takes it out as well"


@pytest.mark.parametrize(("expected", "got"), NEVER)
def test_all_categories_together_leave_everything_else(expected: list[Record], got: list[Record]) -> None:
    assert differences(expected, got, *CATEGORIES)


@given(st.sets(st.sampled_from(sorted(CATEGORIES))), st.sampled_from(EACH), st.sampled_from(NEVER))
def test_what_is_ignored_hides_nothing(ignored: set[str], taken: Any, kept: Any) -> None:
    _, expected, got = taken
    left, right = kept
    assert differences([*left, *expected], [*right, *got], *ignored)


def test_nothing_is_written_into_a_record() -> None:
    record = event("c", "error", error("E", "text"), readable=True)
    before = record.to_json()
    left = without(record, tuple(CATEGORIES))
    assert record.to_json() == before
    assert left is not None and left.args == [{"$error": "Error", "code": "E"}] and left.state is None
    assert without(record, ()) is not None and without(event("c", INTERNAL_EVENTS[0]), ("kernel",)) is not None


def test_only_notes_of_the_active_resources_themselves_are_meant() -> None:
    assert noted_resources(CASE) == {"handles"}
