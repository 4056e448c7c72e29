"""The harness is tested with liars: each is caught, with the right verdict, and the report names the
difference.

Reference and subject are the same Node; the subject's trace is changed on its way. Every test here fails if
the comparer goes soft on what it lies about.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.config import Config
from conformance.judge import reference
from conformance.judge.session import Session, Sides
from conformance.judge.verdict import Exit, KnownDivergence, Outcome, Result, Verdict
from conformance.language.case import Case
from conformance.language.collect import collect_file
from conformance.play.subjects.base import Subject
from conformance.play.subjects.node import NodeSubject
from conformance.profile import CATEGORIES, Profile
from conformance.tell.console import headlines
from conformance.tell.document import SCHEMA, document
from conformance.tell.markdown import markdown
from tests.conformance import liars
from tests.conformance.liars import Json, edit, event, kind, move, once

CASES = {case.name: case for case in collect_file(Path(__file__).with_name("lied_about.py"))}


@pytest.fixture(scope="module")
def judge(local_node: NodeSubject, run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Judge a subject on one item; the reference runs of a case are shared by all tests."""
    references: dict[str, Any] = {}

    def judge_one(subject: Subject, case: str, pairing: str, **settings: Any) -> Result:
        output = tmp_path_factory.getbasetemp() / "out"
        config = Config(cache=False, output=output, repeat=2, confirm=1, **{"deadline": 3.0, **settings})
        session = Session(config, local_node, [subject], run_dir)
        session._references._found = references
        item = next(one for one in session.pairings(CASES[case]) if one.name == pairing)
        result = session.judge(CASES[case], item)
        check_report(result, local_node, subject)
        return result

    yield judge_one


def check_report(result: Result, reference: Subject, subject: Subject) -> None:
    """The report says the same as the result, in the form it promises."""
    sides = Sides(reference.describe(), {subject.name: subject.describe()})
    data = json.loads(json.dumps(document(Outcome((result,)), sides)))
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    told = data["cases"][0]
    assert told["verdict"] == result.verdict
    if result.verdict is Verdict.DIVERGENT:
        assert told["first_difference"]["message"] == told["reason"] == result.reason


def shift(path: str, by: int = 1) -> Callable[[Json], None]:
    """Add ``by`` to the number at a path like ``args.0.errno``."""

    def change(record: Json) -> None:
        *way, last = path.split(".")
        value: Any = record
        for part in way:
            value = value[int(part)] if isinstance(value, list) else value[part]
        value[int(last) if isinstance(value, list) else last] += by

    return change


def put(path: str, new: Any) -> Callable[[Json], None]:
    """Set what stands at a path."""

    def change(record: Json) -> None:
        *way, last = path.split(".")
        value: Any = record
        for part in way:
            value = value[int(part)] if isinstance(value, list) else value[part]
        value[int(last) if isinstance(value, list) else last] = new

    return change


def remove(key: str) -> Callable[[Json], None]:
    """Take a key out of the first argument."""
    return lambda record: record["args"][0].pop(key) and None


def twice(record: Json) -> list[Json]:
    return [record, record]


def nothing(record: Json) -> list[Json]:
    return []


def say(line: bytes) -> Callable[[Json], list[Any]]:
    """Say a line before the record."""
    return lambda record: [line, record]


PEER_DATA, PEER_END = event("peer", "data"), event("peer", "end")
ERROR = event("client", "error")

#: name → (lie, case, pairing, category, object, words of the message)
LIES: dict[str, tuple[Any, str, str, str, str, list[str]]] = {
    "dies at start": (
        liars.dies_at_start,
        "refused",
        "liar",
        "died",
        "process",
        ["exit code 1", "ImportError"],
    ),
    "a server dies at start": (
        liars.dies_at_start,
        "exchange",
        "liar-node",
        "died",
        "process",
        ["server", "exit code 1"],
    ),
    "dies half-way": (liars.dies_after(3), "exchange", "node-liar", "died", "process", ["client", "SIGSEGV"]),
    "speaks garbage": (
        once(event("server", "listening"), say(b"Segmentation fault")),
        "exchange",
        "liar-node",
        "garbage",
        "process",
        ["server", "Segmentation fault"],
    ),
    "speaks JSON that is no record": (
        once(ERROR, say(b'{"kind":"opinion"}')),
        "refused",
        "liar",
        "garbage",
        "process",
        ["opinion"],
    ),
    "drops an event": (
        once(PEER_END, nothing),
        "exchange",
        "liar-node",
        "sequence",
        "peer",
        ["peer 'end' never came"],
    ),
    "drops a callback": (
        once(kind("callback"), nothing),
        "exchange",
        "node-liar",
        "sequence",
        "callback ended",
        ["callback ended never came"],
    ),
    "invents an event": (
        once(ERROR, lambda record: [{**record, "label": "timeout"}, record]),
        "refused",
        "liar",
        "sequence",
        "client",
        ["client 'timeout'"],
    ),
    "swaps two events of one object": (
        move(event("peer", "finish"), event("peer", "close")),
        "exchange",
        "liar-liar",
        "sequence",
        "peer",
        ["another order"],
    ),
    "swaps events of two objects": (
        move(PEER_END, kind("snapshot")),
        "exchange",
        "liar-node",
        "sequence",
        "peer",
        ["snapshot peer"],
    ),
    "swaps an event and a note": (
        move(PEER_DATA, kind("note")),
        "exchange",
        "liar-node",
        "order",
        "note got",
        ["peer 'data'", "note got", "reference runs"],
    ),
    "swaps two closes": (
        move(event("sender", "close"), event("receiver", "close")),
        "datagram",
        "liar",
        "order",
        "receiver",
        ["sender 'close'"],
    ),
    "a wrong errno": (
        once(ERROR, shift("args.0.errno")),
        "refused",
        "liar",
        "error",
        "client",
        ["args.0.errno", "expected -111, got -110"],
    ),
    "a wrong code": (
        once(ERROR, put("args.0.code", "ETIMEDOUT")),
        "refused",
        "liar",
        "error",
        "client",
        ["args.0.code", "ECONNREFUSED"],
    ),
    "a wrong class": (
        once(ERROR, put("args.0.$error", "TypeError")),
        "refused",
        "liar",
        "error",
        "client",
        ["args.0.$error", "TypeError"],
    ),
    "a wrong message": (
        once(ERROR, put("args.0.message", "connect ECONNREFUSED 127.0.0.1")),
        "refused",
        "liar",
        "error",
        "client",
        ["args.0.message", "127.0.0.1:1"],
    ),
    "an error without its syscall": (
        once(ERROR, remove("syscall")),
        "refused",
        "liar",
        "error",
        "client",
        ["args.0.syscall", "got nothing"],
    ),
    "an error with a key too many": (
        once(ERROR, put("args.0.hostname", "localhost")),
        "refused",
        "liar",
        "error",
        "client",
        ["args.0.hostname"],
    ),
    "a wrong port that the case spells out": (
        once(ERROR, put("args.0.port", 2)),
        "refused",
        "liar",
        "error",
        "client",
        ["args.0.port", "expected 1, got 2"],
    ),
    "rinfo.size off by one": (
        once(event("receiver", "message"), shift("args.1.size")),
        "datagram",
        "liar",
        "value",
        "receiver",
        ["args.1.size", "expected 5, got 6"],
    ),
    "rinfo.port of somebody else": (
        once(event("receiver", "message"), put("args.1.port", 39999)),
        "datagram",
        "liar",
        "value",
        "receiver",
        ["args.1.port"],
    ),
    "bytesRead off by one": (
        once(PEER_END, shift("state.bytesRead")),
        "exchange",
        "liar-node",
        "state",
        "peer",
        ["state.bytesRead", "expected 4, got 5"],
    ),
    "a state that is gone": (
        once(PEER_END, lambda record: record["state"].pop("readyState") and None),
        "exchange",
        "liar-node",
        "state",
        "peer",
        ["state.readyState", "got nothing"],
    ),
    "a snapshot with another family": (
        once(kind("snapshot"), lambda record: record["state"].update(remoteFamily="IPv6")),
        "exchange",
        "liar-node",
        "state",
        "peer",
        ["state.remoteFamily", "IPv4", "IPv6"],
    ),
    "a kernel that sees something else": (
        once(kind("kernel"), lambda record: record.update(state={"seen": False})),
        "exchange",
        "liar-node",
        "kernel",
        "peer",
        ["kernel peer"],
    ),
    "an end before its data": (
        move(PEER_DATA, PEER_END),
        "exchange",
        "liar-node",
        "sequence",
        "peer",
        ["expected peer 'data', got peer 'readable'"],
    ),
    "a second close": (
        once(event("client", "close"), twice),
        "exchange",
        "node-liar",
        "sequence",
        "client",
        ["client 'close' came 2 times"],
    ),
    "close without hadError": (
        once(event("client", "close"), put("args", [])),
        "exchange",
        "node-liar",
        "value",
        "client",
        ["expected False, got nothing"],
    ),
    "null for false": (
        once(event("client", "close"), put("args.0", None)),
        "exchange",
        "node-liar",
        "value",
        "client",
        ["expected False, got None"],
    ),
    "other bytes of the same length": (
        once(PEER_DATA, put("stream.digest", "0" * 16)),
        "exchange",
        "liar-node",
        "value",
        "peer",
        ["args.0.stream"],
    ),
    "a byte fewer": (
        once(PEER_DATA, shift("args.0.$bytes", -1)),
        "exchange",
        "liar-node",
        "value",
        "peer",
        ["expected 4, got 3"],
    ),
    "another exit code": (
        edit(kind("terminated"), put("args.0", 3)),
        "refused",
        "liar",
        "value",
        "process",
        ["exit code 3, not exit code 0"],
    ),
    "a crash at the very end": (
        edit(kind("terminated"), put("args", [None, "SIGSEGV"])),
        "refused",
        "liar",
        "value",
        "process",
        ["SIGSEGV"],
    ),
    "a handle left at exit": (
        edit(kind("exit"), put("state.active", ["TCPSocketWrap"])),
        "refused",
        "liar",
        "state",
        "process",
        ["TCPSocketWrap"],
    ),
    "no word at its exit": (once(kind("exit"), nothing), "refused", "liar", "sequence", "process", ["exit"]),
}


@pytest.mark.parametrize("name", LIES)
def test_a_liar_is_caught(name: str, judge: Any, local_node: NodeSubject) -> None:
    lie, case, pairing, category, line, words = LIES[name]
    result = judge(liars.Liar(local_node, lie), case, pairing)
    assert (result.verdict, result.fails) == (Verdict.DIVERGENT, True), result
    difference = result.first_difference
    assert (difference.category, difference.line) == (category, line), result.reason
    for word in words:
        assert word in result.reason
    assert Outcome((result,)).exit is Exit.DIVERGENT


#: The lies that a profile may leave out, each by one category alone.
LEFT_OUT = {
    "a wrong message": "error-texts",
    "bytesRead off by one": "event-states",
    "a state that is gone": "event-states",
    "a kernel that sees something else": "kernel",
    "a handle left at exit": "active-resources",
}


@pytest.mark.parametrize("name", LIES)
def test_a_liar_with_a_profile_is_caught_in_what_is_not_ignored(
    name: str, judge: Any, local_node: NodeSubject
) -> None:
    lie, case, pairing, category, line, _ = LIES[name]
    own = LEFT_OUT.get(name)
    ignored = tuple(one for one in CATEGORIES if one != own)
    liar = liars.Liar(local_node, lie)
    result = judge(liar, case, pairing, profiles=(Profile("liar", ignored),))
    assert (result.verdict, result.fails) == (Verdict.DIVERGENT, True), result
    assert (result.first_difference.category, result.first_difference.line) == (category, line), result.reason
    if own is not None:
        ignoring = judge(liar, case, pairing, profiles=(Profile("liar", (own,)),))
        assert (ignoring.verdict, ignoring.differences) == (Verdict.CONFORMANT, ())


def test_a_profile_holds_for_its_subject_alone_and_is_in_the_report(
    local_node: NodeSubject, run_dir: Path, tmp_path: Path
) -> None:
    lie = LIES["a wrong message"][0]
    first, second = liars.Liar(local_node, lie), liars.Liar(local_node, lie)
    first.name, second.name = "forgiven", "held"
    profile = Profile("forgiven", ("error-texts",), ("lied_about/exchange",), Path("list.toml"))
    config = Config(cache=False, output=tmp_path, repeat=1, confirm=0, rerun=0, profiles=(profile,), jobs=1)
    session = Session(config, local_node, [first, second], run_dir)
    cases = [CASES["refused"], CASES["exchange"]]
    outcome = session.run([(case, session.pairings(case)) for case in cases], lambda result: None)
    words = {f"{one.id}[{one.pairing}]": one.word for one in outcome.results}
    assert words["lied_about/refused[forgiven]"] == "conformant" and words["lied_about/refused[held]"] == "divergent"
    assert words["lied_about/exchange[forgiven-node]"] == "skipped"
    assert words["lied_about/exchange[held-node]"] == words["lied_about/exchange[node-node]"] == "conformant"
    data = json.loads(json.dumps(document(outcome, session.sides())))
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert [one["profile"] for one in data["subjects"]] == [
        {"ignore": ["error-texts"], "skip": ["lied_about/exchange"], "expect": "list.toml"},
        {"ignore": [], "skip": [], "expect": None},
    ]
    line = "ignores error-texts; skips lied_about/exchange; expects list.toml"
    assert [one for one in headlines(session.sides()) if one.startswith("profile")] == [f"profile of forgiven: {line}"]
    assert line in markdown(data)


@pytest.mark.parametrize("pairing", ["node-liar", "liar-node", "liar-liar"])
def test_an_honest_subject_is_conformant(pairing: str, judge: Any, local_node: NodeSubject) -> None:
    result = judge(liars.Liar(local_node, liars.honesty), "exchange", pairing)
    assert (result.verdict, result.reason, result.differences) == (Verdict.CONFORMANT, "", ())


def test_what_the_platform_leaves_free_is_no_lie(judge: Any, local_node: NodeSubject) -> None:
    def in_two(record: Json) -> list[Json]:
        first = json.loads(json.dumps(record))
        first["stream"] = {"bytes": 2, "digest": "1" * 16}
        first["args"] = [{"$bytes": 2, "digest": "1" * 16, "head": "pi"}]
        first["state"]["bytesRead"] = 2
        record["args"] = [{"$bytes": 2, "digest": "2" * 16, "head": "ng"}]
        return [first, record]

    assert (
        judge(liars.Liar(local_node, once(PEER_DATA, in_two)), "exchange", "liar-node").verdict
        is Verdict.CONFORMANT
    )
    assert judge(liars.Liar(local_node, port_shifted), "datagram", "liar").verdict is Verdict.CONFORMANT


def port_shifted() -> liars.Lie:
    """The same trace as if the kernel had handed out other ports."""

    def shifted(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item + 7 if key == "port" else shifted(item) for key, item in value.items()}
        return [shifted(item) for item in value] if isinstance(value, list) else value

    def lie(record: Json) -> list[Json | bytes]:
        if record["label"] == "sender port":
            record["args"][0] += 7
        return [shifted(record)]

    return lie


def test_a_role_that_hangs_is_divergent_and_its_handles_are_listed(
    judge: Any, local_node: NodeSubject
) -> None:
    program = "(t) => { t.net.createServer().listen(0); }"
    result = judge(liars.OtherProgram(local_node, program), "refused", "liar", deadline=0.5)
    assert (result.verdict, result.first_difference.category) == (Verdict.DIVERGENT, "hung")
    assert "deadline" in result.reason and "TCPServerWrap" in result.reason
    assert result.duration_s < 5


def test_a_role_that_never_says_it_has_ended_is_errored(judge: Any, local_node: NodeSubject) -> None:
    result = judge(liars.Liar(local_node, liars.never_ends), "refused", "liar", deadline=0.5)
    assert result.verdict is Verdict.ERRORED and "main" in result.reason
    assert Outcome((result,)).exit is Exit.UNAVAILABLE


def test_a_role_that_cannot_be_started_is_errored(judge: Any, local_node: NodeSubject) -> None:
    result = judge(liars.NoStart(local_node), "refused", "liar")
    assert result.verdict is Verdict.ERRORED and "no process to be had" in result.reason


def test_a_case_that_throws_in_the_subject_alone(judge: Any, local_node: NodeSubject) -> None:
    result = judge(liars.OtherProgram(local_node, "(t) => { null.x; }"), "refused", "liar")
    assert result.verdict is Verdict.DIVERGENT
    assert "uncaught" in result.reason and "TypeError" in result.reason


def test_two_lies_are_both_told_the_strictest_first(judge: Any, local_node: NodeSubject) -> None:
    def both() -> liars.Lie:
        state, close = once(PEER_END, shift("state.bytesRead"))(), once(event("peer", "close"), twice)()
        return lambda record: [out for one in state(record) for out in close(one)]  # type: ignore[arg-type]

    result = judge(liars.Liar(local_node, both), "exchange", "liar-node")
    assert [difference.category for difference in result.differences][:2] == ["sequence", "state"]


# A reference that lies: never the subject's fault.


def reference_session(local_node: Any, run_dir: Path, tmp_path: Path, lie: Any, **settings: Any) -> Session:
    reference = liars.Liar(local_node, lie)
    reference.name = "node"
    config = Config(cache=False, output=tmp_path, repeat=3, confirm=2, **settings)
    return Session(config, reference, [liars.Liar(local_node, liars.honesty)], run_dir)


def judge_all(session: Session, case: Case) -> Outcome:
    return session.run([(case, session.pairings(case))], lambda result: None)


def test_a_reference_that_varies_is_unstable_and_says_in_what(
    local_node: NodeSubject, run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "SAMPLE", 1)
    runs = iter(range(100))

    def every_other() -> liars.Lie:
        number = next(runs)
        return edit(ERROR, shift("state.bytesRead", number))()

    outcome = judge_all(reference_session(local_node, run_dir, tmp_path, every_other), CASES["refused"])
    assert [result.verdict for result in outcome.results] == [Verdict.UNSTABLE, Verdict.UNSTABLE]
    assert "state.bytesRead varies in the reference: 0 | 1 | 2" in outcome.results[1].reason
    assert (outcome.totals.unstable, outcome.totals.conformant) == (2, 0)


def test_an_order_that_only_later_reference_runs_show_to_be_free_is_no_divergence(
    local_node: NodeSubject, run_dir: Path, tmp_path: Path
) -> None:
    runs = iter(range(100))
    swapped = move(event("sender", "close"), event("receiver", "close"))

    def fourth_swaps() -> liars.Lie:
        return swapped() if next(runs) == 3 else liars.honesty()

    session = reference_session(local_node, run_dir, tmp_path, fourth_swaps)
    session.subjects = {"liar": liars.Liar(local_node, swapped)}
    outcome = judge_all(session, CASES["datagram"])
    assert [result.verdict for result in outcome.results] == [Verdict.CONFORMANT, Verdict.CONFORMANT]


@pytest.mark.parametrize(
    ("lie", "word"),
    [
        (liars.dies_at_start, "ImportError"),
        (once(ERROR, say(b"garbage")), "garbage"),
        (
            once(kind("exit"), lambda record: [{**record, "kind": "hung", "state": {"active": ["Timeout"]}}]),
            "Timeout",
        ),
    ],
)
def test_a_reference_that_fails_makes_the_case_errored(
    lie: Any, word: str, local_node: NodeSubject, run_dir: Path, tmp_path: Path
) -> None:
    outcome = judge_all(reference_session(local_node, run_dir, tmp_path, lie), CASES["refused"])
    assert [result.verdict for result in outcome.results] == [Verdict.ERRORED, Verdict.ERRORED]
    assert all("reference run 1" in result.reason and word in result.reason for result in outcome.results)
    assert outcome.exit is Exit.UNAVAILABLE


def test_an_accepted_deviation_does_not_fail_and_a_stale_entry_does(
    local_node: NodeSubject, run_dir: Path, tmp_path: Path
) -> None:
    session = reference_session(local_node, run_dir, tmp_path, liars.honesty)
    session.known = (KnownDivergence("lied_about/refused", "liar", "it is what it is"),)
    case = CASES["refused"]
    outcome = session.run([(case, session.pairings(case))], lambda result: None)
    assert [str(entry) for entry in outcome.stale] == ["lied_about/refused[liar]"]
    assert outcome.exit is Exit.DIVERGENT

    session.subjects = {"liar": liars.Liar(local_node, once(ERROR, shift("args.0.errno")))}
    outcome = session.run([(case, session.pairings(case))], lambda result: None)
    assert (
        outcome.results[1].accepted == "it is what it is" and outcome.results[1].verdict is Verdict.DIVERGENT
    )
    assert (outcome.exit, outcome.stale, outcome.totals.accepted) == (Exit.CONFORMANT, (), 1)
