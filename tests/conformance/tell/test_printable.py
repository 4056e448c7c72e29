"""Any text goes through every writer: it is escaped where it is shown, and no text ends a run."""

import io
import json
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml

from conformance.config import Config
from conformance.judge.session import Session
from conformance.judge.verdict import Outcome, Result, Verdict
from conformance.language.case import Case
from conformance.language.collect import collect_file
from conformance.play.runner import Fault, PairingTrace
from conformance.play.trace import DEEPEST, Record, TraceError
from conformance.tell import traces
from conformance.tell.console import Reporter, describe, headlines, summary
from conformance.tell.document import SCHEMA, document, write_json, write_junit
from conformance.tell.html import write_html
from conformance.tell.printable import LONGEST, one_line, printable
from conformance.tell.terminal import TerminalReporter, side_by_side
from tests.conformance.tell.test_report import REFERENCE, SUBJECT, Scripted
from tests.conformance.traces import ending

#: What has broken writers of all kinds: terminals, XML, HTML, CI logs, UTF-8.
NASTY = [
    "\x1b[1mbold\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\x00",
    "\ud800",
    "\udc1b\ud83d",
    "\ufffe\uffff",
    "\r\n::error::injected",
    "\n##[error]injected",
    "\u202eabc\u2066",
    "]]><![CDATA[",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "[bold]markup[/]",
    "\\x1b",
    "\u2028\u2029\x85\x0b\x0c",
]

texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.lists(st.sampled_from(NASTY), max_size=4).map("".join),
)
values = st.recursive(
    st.one_of(texts, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)

CASE_FILE = """
from conformance import case


@case(about="one role")
def one(t):
    t.note("n", 1)
"""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    file = tmp_path_factory.mktemp("cases") / "made_up.py"
    file.write_text(CASE_FILE)
    return collect_file(file)[0]


def written(case: Case, output: Path, about: str, ours: list[Record], theirs: list[Record], fault: str) -> str:
    """Judges a made-up run, has every writer write it, and returns what a console without colours shows."""

    def play(case: Case, players: Any, run_dir: Path, deadline: float) -> PairingTrace:
        names = {role: player.name for role, player in players.items()}
        run = PairingTrace(case.id, names, path_dir=str(run_dir))
        run.roles = {"main": [one.to_json() for one in (theirs if "python" in names.values() else ours)]}
        if "python" in names.values() and fault:
            run.faults.append(Fault("garbage", "main", fault))
        return run

    object.__setattr__(case, "about", about)
    reference, subject = {**REFERENCE, "image": about}, {**SUBJECT, "name": about}
    session = Session(
        Config(output=output, repeat=2, confirm=0, jobs=1, cache=False),
        Scripted("node", reference),
        [Scripted("python", subject)],
        output,
        keep=lambda *arguments: traces.write(output, *arguments),
        play=play,
    )
    stream = io.StringIO()
    items = [(case, session.pairings(case))]
    replay = {f"{case.id}[python]": f"replay {about}"}
    reporter = Reporter(stream, {case.id: 2}, replay)
    with TerminalReporter(stream, 2, replay) as progress:

        def show(result: Result) -> None:
            reporter.result(result)
            progress.result(result)

        outcome = session.run(items, show)
    lines = [*headlines(session.sides()), *summary(outcome, 1.0)]
    for line in lines:
        print(line, file=stream)
    everything = [line for result in outcome.results for line in describe(result, about)]
    assert not any("\n" in str(line) for line in everything)
    data = document(outcome, session.sides())
    write_json(output / "report.json", data)
    write_junit(output / "junit.xml", outcome, replay)
    write_html(output, outcome, data, {case.id: about}, replay)
    found = [traces.read(output, case.id, name) for name in ("node", "python")]
    assert found[0] is not None and found[1] is not None
    side_by_side(found[0], found[1], stream, everything=True)
    check_files(output, outcome)
    return stream.getvalue()


def check_files(output: Path, outcome: Outcome) -> None:
    data = json.loads((output / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert [one["reason"] for one in data["cases"]] == [paired(result.reason) for result in outcome.results]
    assert JUnitXml.fromfile(str(output / "junit.xml")).tests == len(outcome.results)
    for page in (output / "index.html", output / "cases" / "made_up" / "one.html"):
        text = page.read_text(encoding="utf-8")
        assert_shown(text)
        assert "<script>alert" not in text
        HTMLParser().feed(text)
    assert_shown((output / "junit.xml").read_text(encoding="utf-8"))
    assert_shown((output / "report.json").read_text(encoding="utf-8"))


def paired(text: str) -> str:
    """The text as JSON gives it back: two surrogates side by side that make a character are that character there."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def assert_shown(text: str) -> None:
    """Nothing in it that a terminal acts on or that is no character."""
    found = {character for character in set(text) if unicodedata.category(character) in ("Cc", "Cs")} - {"\n", "\t"}
    assert not found, found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(about=texts, label=texts, error=texts, value=values, stderr=texts, fault=texts)
def test_every_writer_takes_every_text(
    case: Case, tmp_path: Path, about: str, label: str, error: str, value: Any, stderr: str, fault: str
) -> None:
    def records(differs: bool) -> list[Record]:
        told = {"$error": error, "message": error}
        end = ending()
        end[-1] = Record("terminated", None, stderr, end[-1].args, end[-1].state)
        return [
            Record("note", None, label, [value, differs]),
            Record("attempt", None, label, [[error, value, differs]]),
            Record("event", "peer", f"{label}{differs}", [told, value], {label: value, "differs": differs}),
            Record("throw", None, error, [told]),
            *end,
        ]

    shown = written(case, tmp_path, about, records(False), records(True), fault)
    assert_shown(shown)
    # A CI machine takes such a line, blanks before it or not, for a command.
    assert not [line for line in shown.splitlines() if line.strip().startswith(("::", "##["))]


@pytest.mark.parametrize("text", ["a" * 1_000_000, ":" * 1_000_000, "<\x1b" * 500_000, "x\n" * 500_000])
def test_a_long_line_is_cut_where_it_is_shown_and_costs_no_more_than_its_length(
    case: Case, tmp_path: Path, text: str
) -> None:
    def records(differs: bool) -> list[Record]:
        return [
            Record("note", None, text, [text, differs]),
            Record("event", "peer", "x", [text, {"address": text, "port": 1}, differs], {"text": text}),
            *ending(),
        ]

    shown = written(case, tmp_path, text, records(False), records(True), text)
    assert max(map(len, shown.splitlines())) < 20 * LONGEST
    assert (tmp_path / "junit.xml").stat().st_size < 200_000
    assert (tmp_path / "index.html").stat().st_size < 2_000_000


def nested(depth: int) -> str:
    return '{"kind":"note","label":"n","args":' + "[" * depth + "]" * depth + "}"


def test_a_record_may_be_nested_as_deep_as_every_reader_can_follow(case: Case, tmp_path: Path) -> None:
    deep = Record.from_line(nested(DEEPEST - 2))
    written(case, tmp_path, "deep", [deep, *ending()], [*ending()], "")
    for depth in (DEEPEST + 1, 5_000, 200_000):
        with pytest.raises(TraceError, match=f"nested deeper than {DEEPEST} levels"):
            Record.from_line(nested(depth))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_json_cannot_hold_is_garbage(number: str) -> None:
    with pytest.raises(TraceError, match="not JSON"):
        Record.from_line(f'{{"kind":"note","args":[{number}]}}')


def test_lone_surrogates_are_text_however_they_are_spelt() -> None:
    for spelt in (r"\ud800", r"\uD800", r"\uDC1B"):
        record = Record.from_line(f'{{"kind":"note","label":"{spelt}"}}')
        assert record.label == spelt.lower()


def test_what_is_shown_and_what_is_written_out() -> None:
    assert printable("a\tb\nc é 😀 \\x1b") == "a\tb\nc é 😀 \\x1b"
    assert printable("\x1b[1m\x00\x9b\ud800\u202e\r") == "\\x1b[1m\\x00\\x9b\\ud800\\u202e\\r"
    assert one_line("a\nb\tc") == "a\\nb\\tc"
    assert one_line("x" * 10, 4) == "xxxx… (6 more characters)"


def test_every_verdict_can_be_described() -> None:
    for verdict in Verdict:
        assert describe(Result("a/b", "python", verdict, "\x1b"), None)
