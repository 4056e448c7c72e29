"""compare: every level finds what it is for, and the reference's own freedom is never held against the subject."""

import pytest

from conformance.judge.compare import Comparison, Expectation
from conformance.judge.normalize import NormalTrace, normalize
from conformance.play.trace import Record
from tests.conformance.traces import callback, data_events, ending, error, event, note

REFUSED = error("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1", errno=-111, syscall="connect")


def compare(references: list[list[Record]], subject: list[Record], **options) -> Comparison:
    expectation = Expectation([normalize({"main": records}) for records in references])
    return expectation.compare(normalize({"main": subject}, **options))


def first(references, subject):
    found = compare(references, subject).first
    assert found is not None
    return found


BASE = [
    event("server", "listening", listening=True),
    event("server", "connection", {"$ref": "peer"}, listening=True),
    event("peer", "end", readable=False, bytesRead=4),
    event("server", "close", listening=False),
    event("peer", "close", False, destroyed=True),
    *ending(),
]


def without(index, records=BASE):
    return [*records[:index], *records[index + 1 :]]


def changed(index, record, records=BASE):
    return [*records[:index], record, *records[index + 1 :]]


def test_the_same_is_the_same():
    assert compare([BASE, BASE, BASE], BASE) == Comparison()


def test_a_missing_event_is_named():
    difference = first([BASE], without(2))
    assert (difference.category, difference.role, difference.line, difference.index) == (
        "sequence",
        "main",
        "peer",
        0,
    )
    assert "peer 'end' never came" in difference.message
    assert difference.expected["label"] == "end" and difference.got["label"] == "close"


def test_a_second_close_is_named():
    difference = first([BASE], [*BASE[:5], BASE[4], *BASE[5:]])
    assert difference.category == "sequence"
    assert "came 2 times" in difference.message


def test_two_swapped_events_of_one_object():
    swapped = [*BASE[:2], BASE[4], BASE[3], BASE[2], *BASE[5:]]
    difference = first([BASE], swapped)
    assert (difference.category, difference.line) == ("sequence", "peer")
    assert "another order" in difference.message


def test_order_across_objects_is_held_when_the_reference_always_keeps_it():
    swapped = [*BASE[:3], BASE[4], BASE[3], *BASE[5:]]
    difference = first([BASE] * 3, swapped)
    assert difference.category == "order"
    assert "server 'close' (#2) came before peer 'close' (#1) in all 3 reference runs" in difference.message


def test_order_across_objects_is_free_when_the_reference_varies():
    swapped = [*BASE[:3], BASE[4], BASE[3], *BASE[5:]]
    assert compare([BASE, swapped], BASE) == Comparison()
    assert compare([BASE, swapped], swapped) == Comparison()


def test_order_of_a_callback_against_an_event():
    reference = [event("a", "finish"), callback("end"), *ending()]
    difference = first([reference] * 2, [callback("end"), event("a", "finish"), *ending()])
    assert difference.category == "order"


def test_order_looks_at_whole_joined_data():
    reference = [*data_events("peer", b"abcd"), event("other", "end"), *ending()]
    one, two = data_events("peer", b"ab", b"cd")
    assert compare([reference], [one, two, event("other", "end"), *ending()]) == Comparison()
    assert first([reference], [one, event("other", "end"), two, *ending()]).category == "order"


@pytest.mark.parametrize("run", range(3))
def test_one_reference_run_is_enough_to_free_an_order(run):
    references = [BASE, BASE, BASE]
    references[run] = [*BASE[:3], BASE[4], BASE[3], *BASE[5:]]
    assert compare(references, BASE).first is None


def test_values_and_errors_are_told_apart():
    reference = [event("c", "error", REFUSED), note("n", 1), *ending()]
    wrong = [event("c", "error", {**REFUSED, "errno": -113}), note("n", 2), *ending()]
    found = compare([reference], wrong).differences
    assert [(difference.category, difference.path) for difference in found] == [
        ("error", "args.0.errno"),
        ("value", "args.0"),
    ]
    assert found[0].expected == -111 and found[0].got == -113
    assert "expected -111, got -113" in found[0].message


@pytest.mark.parametrize("key", ["$error", "message", "code", "errno", "syscall"])
def test_every_key_of_an_error_counts_also_when_it_lacks(key):
    reference = [event("c", "error", REFUSED), *ending()]
    lacking = {name: value for name, value in REFUSED.items() if name != key}
    difference = first([reference], [event("c", "error", lacking), *ending()])
    assert difference.path == f"args.0.{key}" and difference.got is None


def test_an_extra_key_of_an_error_counts():
    reference = [event("c", "error", REFUSED), *ending()]
    difference = first([reference], [event("c", "error", {**REFUSED, "port": 1}), *ending()])
    assert (difference.category, difference.path, difference.expected) == ("error", "args.0.port", None)


def test_arguments_too_few_and_too_many():
    reference = [event("c", "close", False), *ending()]
    assert first([reference], [event("c", "close"), *ending()]).path.startswith("args")
    assert first([reference], [event("c", "close", False, None), *ending()]).path == "args.1"


@pytest.mark.parametrize(
    ("expected", "got"), [(True, 1), (0, False), (0, None), ("1", 1), ([], {}), ("", None)]
)
def test_values_that_python_or_json_might_blur(expected, got):
    assert first([[note("n", expected), *ending()]], [note("n", got), *ending()]).category == "value"


def test_a_whole_float_is_an_integer_as_in_javascript():
    assert compare([[note("n", 2), *ending()]], [note("n", 2.0), *ending()]) == Comparison()


def test_state_at_an_event():
    wrong = changed(2, event("peer", "end", readable=False, bytesRead=5))
    difference = first([BASE], wrong)
    assert (difference.category, difference.path, difference.expected, difference.got) == (
        "state",
        "state.bytesRead",
        4,
        5,
    )


def test_the_kernel_view_is_its_own_category():
    reference = [Record("kernel", "peer", state={"nodelay": True}), *ending()]
    assert (
        first([reference], [Record("kernel", "peer", state={"nodelay": False}), *ending()]).category
        == "kernel"
    )


def test_the_strictest_level_comes_first():
    wrong = [event("peer", "end", readable=True, bytesRead=9), *BASE[3:]]
    categories = [difference.category for difference in compare([BASE], [*BASE[:1], *wrong]).differences]
    assert categories == ["sequence", "state", "state"]


def test_active_handles_at_exit_count():
    difference = first([BASE], [*BASE[:5], *ending(active=("TCPSocketWrap",))])
    assert (difference.category, difference.line) == ("state", "process")


def test_the_exit_code_counts():
    found = compare([BASE], [*BASE[:5], *ending(1)]).differences
    assert [difference.message for difference in found] == [
        "main: exit (#0) args.0: expected 0, got 1",
        "main ended with exit code 1, not exit code 0",
    ]


def test_a_line_that_the_reference_has_not():
    difference = first([BASE], [event("ghost", "error", REFUSED), *BASE])
    assert (difference.category, difference.line, difference.expected) == ("sequence", "ghost", None)


def test_garbage_a_death_and_a_hang_come_first():
    references = [normalize({"main": BASE})]
    garbage = normalize({"main": BASE[:2]}, garbage={"main": "Traceback"})
    difference = Expectation(references).compare(garbage).first
    assert difference is not None and difference.category == "garbage" and "Traceback" in difference.message

    died = first([BASE], [*BASE[:2], Record("terminated", None, "x\nValueError: boom\n", [1, None])])
    assert died.category == "died"
    assert (
        "exit code 1" in died.message
        and "ValueError: boom" in died.message
        and "server 'connection'" in died.message
    )

    hung = [
        *BASE[:2],
        Record("hung", None, None, [500], {"active": ["TCPSocketWrap", "Timeout"]}),
        Record("terminated", None, None, [99, None]),
    ]
    difference = first([BASE], hung)
    assert difference.category == "hung" and "TCPSocketWrap, Timeout" in difference.message


def test_a_role_that_never_wrote_anything():
    difference = first([BASE], [Record("terminated", None, None, [None, "SIGSEGV"])])
    assert difference.category == "died"
    assert "SIGSEGV" in difference.message and "before its first record" in difference.message


def test_a_role_without_any_trace():
    expectation = Expectation([normalize({"main": BASE, "other": BASE})])
    difference = expectation.compare({"main": NormalTrace(normalize({"main": BASE})["main"].steps)}).first
    assert difference is not None and (difference.role, difference.category) == ("other", "sequence")
    assert "never started" in difference.message


def test_an_exception_explains_what_is_missing_after_it():
    thrown = Record("uncaught", None, None, [{"$error": "AttributeError", "message": "no such thing"}])
    difference = first([BASE], [BASE[0], thrown, *ending(1)])
    assert difference.line == "process" and "AttributeError: no such thing" in difference.message


def test_the_reference_hangs_or_dies_because_of_the_subject():
    expectation = Expectation([normalize({"server": BASE, "client": BASE})])
    hung = [
        BASE[0],
        Record("hung", None, None, [500], {"active": ["Timeout"]}),
        Record("terminated", None, None, [99, None]),
    ]
    found = expectation.compare(normalize({"server": hung, "client": without(2)}), {"client"}).differences
    assert (found[0].role, found[0].category) == ("client", "sequence")
    assert ("server", "hung") in {(difference.role, difference.category) for difference in found}


def test_a_list_of_words_is_one_value():
    one, two = [*BASE[:5], *ending(active=("Timeout",))], [*BASE[:5], *ending()]
    difference = first([one], two)
    assert (difference.path, difference.expected, difference.got) == ("state.active", ["Timeout"], [])
    assert first([two], one).expected == []


def test_a_crash_after_the_exit_record():
    crashed = [*BASE[:6], Record("terminated", None, None, [None, "SIGSEGV"])]
    found = [difference.message for difference in compare([BASE], crashed).differences]
    assert found == ["main ended with signal SIGSEGV, not exit code 0"]


def test_the_subject_is_looked_at_before_its_partner():
    wrong = changed(2, event("peer", "end", readable=True, bytesRead=4))
    expectation = Expectation([normalize({"server": BASE, "client": BASE})])
    both = normalize({"server": wrong, "client": wrong})
    assert expectation.compare(both, {"client"}).differences[0].role == "client"
    assert expectation.compare(both, {"server"}).differences[0].role == "server"
    assert expectation.compare(both).differences[0].role == "server"


def test_a_sequence_that_varies_in_the_reference_is_unstable():
    varying = without(2)
    found = compare([BASE, varying], BASE)
    assert found.first is None
    assert [(unstable.line, unstable.index) for unstable in found.unstable] == [("peer", 0)]
    assert "peer 'end', peer 'close'" in found.unstable[0].message


def test_what_all_runs_agree_on_before_they_part_is_still_demanded():
    one, two = [event("a", "x"), event("a", "y"), *ending()], [event("a", "x"), event("a", "z"), *ending()]
    assert compare([one, two], [event("a", "x"), event("a", "w"), *ending()]).first is None
    assert first([one, two], [event("a", "w"), *ending()]).category == "sequence"


def test_a_value_that_varies_in_the_reference_is_unstable_and_the_others_still_count():
    one, two = [note("n", {"a": 1, "b": 1}), *ending()], [note("n", {"a": 2, "b": 1}), *ending()]
    found = compare([one, two], [note("n", {"a": 3, "b": 1}), *ending()])
    assert found.first is None and [unstable.path for unstable in found.unstable] == ["args.0.a"]
    assert first([one, two], [note("n", {"a": 1, "b": 2}), *ending()]).path == "args.0.b"


def test_a_state_that_varies_in_the_reference_is_unstable():
    found = compare([BASE, changed(2, event("peer", "end", readable=False, bytesRead=5))], BASE)
    assert [unstable.path for unstable in found.unstable] == ["state.bytesRead"]
    assert "4 | 5" in found.unstable[0].message


def test_long_traces_are_compared_in_reasonable_time():
    records = [event(f"o{n % 50}", "data", n) for n in range(4000)]
    swapped = [*records[:2000], records[2001], records[2000], *records[2002:]]
    assert first([[*records, *ending()]] * 3, [*swapped, *ending()]).category == "order"


def test_a_key_that_only_some_reference_runs_have_is_unstable():
    one, two = [note("n", {"a": 1}), *ending()], [note("n", {"a": 1, "b": 2}), *ending()]
    found = compare([one, two], one)
    assert found.first is None and [unstable.path for unstable in found.unstable] == ["args.0.b"]
    assert "nothing | 2" in found.unstable[0].message


@pytest.mark.parametrize("subject_roles", [{"server", "client"}, {"client"}, {"server"}])
@pytest.mark.parametrize("uncaught", [True, False])
def test_a_role_that_died_is_told_before_one_that_hangs(subject_roles: set[str], uncaught: bool) -> None:
    """Whichever of them the subject plays: the other waits for what it did not do."""
    expectation = Expectation([normalize({"server": BASE, "client": BASE})])
    hung = [
        *BASE[:2],
        Record("hung", None, None, [500], {"active": ["Timeout"]}),
        Record("terminated", None, "", [99, None]),
    ]
    thrown = Record("uncaught", None, "uncaughtException", [{"$error": "RangeError", "message": "too much"}])
    died = (
        [*BASE[:1], thrown, *ending(1)]
        if uncaught
        else [*BASE[:1], Record("terminated", None, "", [None, "SIGABRT"])]
    )
    found = expectation.compare(normalize({"server": hung, "client": died}), subject_roles).differences
    assert found[0].role == "client"
    assert ("RangeError: too much" if uncaught else "SIGABRT") in found[0].message
    assert any(difference.role == "server" for difference in found)


def test_what_aborted_a_role_is_told_and_not_the_last_of_its_stack() -> None:
    stderr = (
        "#  node[1]: void node::X() at x.cc:1\n#  Assertion failed: (x)\n\n"
        "----- Native stack trace -----\n\n 1: 0x93 [node]\n"
    )
    died = first([BASE], [*BASE[:1], Record("terminated", None, stderr, [None, "SIGABRT"])])
    assert "stderr: Assertion failed: (x)" in died.message
