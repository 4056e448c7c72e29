"""report: every file of a run says what the run found, in the form it promises."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from junitparser import JUnitXml

from conformance.config import Config
from conformance.judge.compare import Difference
from conformance.judge.normalize import normalize
from conformance.judge.session import Session, Sides
from conformance.judge.verdict import KnownDivergence, Outcome, Result, Verdict
from conformance.language.case import Case
from conformance.language.collect import collect_file
from conformance.play.runner import Fault, PairingTrace
from conformance.play.trace import Record
from conformance.tell import traces
from conformance.tell.console import overview
from conformance.tell.document import SCHEMA, document, write_json, write_junit
from conformance.tell.html import write_html
from conformance.tell.markdown import markdown
from conformance.tell.side_by_side import align, brief, show
from tests.conformance.traces import chunk, data_events, ending, error, event, publish

REFERENCE = {
    "name": "node",
    "version": "24.19.0",
    "libuv": "1.52.1",
    "provider": "docker",
    "image": "node:24 sha256:1",
}
SUBJECT = {
    "name": "nodesock",
    "version": "0.1.0",
    "libuv": "1.52.1",
    "provider": "fork",
    "python": "3.11.7",
    "pyuv": "1.4.0",
}
SIDES = Sides(REFERENCE, {"python": SUBJECT})

CASE_FILE = """
from conformance import case


@case(about="two <roles> talk")
class Talk:
    def server(t):
        t.publish(port=1)

    def client(t, port):
        t.note("port", port)


@case(about="one role, which differs")
def differs(t):
    t.note("n", 1)


@case(about="not to be had here", skip_unless="node>=99")
def skipped(t):
    t.note("n", 1)


@case(about="the machine fails")
def fails(t):
    t.note("n", 1)
"""

TALK = {
    "server": [publish(port=40001), *data_events("peer", b"<b>bold</b>"), *ending()],
    "client": [
        event("client", "error", error("E", "x <script>alert(1)</script> 127.0.0.1:40001")),
        *ending(),
    ],
}


class Scripted:
    """A subject that the player below plays for."""

    def __init__(self, name: str, described: dict[str, Any]) -> None:
        self.name = name
        self._described = described

    def open(self, run_dir: Path) -> None: ...
    def close(self) -> None: ...
    def start(self, *_: Any) -> Any: ...
    def describe(self) -> Any:
        return self._described


def play(case: Case, players: Any, run_dir: Path, deadline: float) -> PairingTrace:
    """Records made up for each case; ``differs`` and ``fails`` do so where the subject plays."""
    subjects = {role: player.name for role, player in players.items()}
    run = PairingTrace(case.id, subjects, path_dir=str(run_dir))
    made: dict[str, list[Record]] = {"main": [event("peer", "end", readable=False), *ending()]}
    if case.name == "talk":
        made = TALK
    if case.name == "differs" and "python" in subjects.values():
        made = {"main": [event("peer", "end", readable=True), *ending()]}
    if case.name == "fails" and "python" in subjects.values():
        run.faults.append(Fault("start", "main", "no process"))
    run.roles = {role: [record.to_json() for record in records] for role, records in made.items()}
    return run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A whole run over made-up traces: its output directory, outcome and cases. No case is in the sample that has more
    reference runs than it needs."""
    monkeypatch.setattr("conformance.judge.reference.SAMPLE", 0)
    file = tmp_path / "made_up.py"
    file.write_text(CASE_FILE)
    cases = collect_file(file)
    output = tmp_path / "out"
    config = Config(output=output, repeat=2, confirm=1, jobs=1, cache=True, seed=1)
    reference, subject = Scripted("node", REFERENCE), Scripted("python", SUBJECT)

    def keep(*arguments: Any) -> None:
        traces.write(output, *arguments)

    session = Session(config, reference, [subject], tmp_path, keep=keep, play=play)
    outcome = session.run([(case, session.pairings(case)) for case in cases], lambda result: None)
    return output, outcome, {case.name: case for case in cases}


def test_report_json_is_as_promised(run: Any) -> None:
    _, outcome, _ = run
    data = document(outcome, SIDES)
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert list(data) == [
        "schema", "reference", "subjects", "versions", "totals", "scoreboard", "groups", "cases",
    ]  # fmt: skip
    assert data["reference"] == {
        "node": "24.19.0",
        "libuv": "1.52.1",
        "provider": "docker",
        "image": "node:24 sha256:1",
    }
    assert data["subjects"] == [
        {
            "called": "python",
            "name": "nodesock",
            "version": "0.1.0",
            "libuv": "1.52.1",
            "python": "3.11.7",
            "provider": "fork",
            "image": None,
            "note": None,
            "profile": None,
        }
    ]
    assert data["totals"] == {
        "conformant": 6,
        "divergent": 1,
        "accepted": 0,
        "differing": 0,
        "unstable": 0,
        "skipped": 2,
        "errored": 1,
        "not_run": 0,
        "raced": 0,
        "unexplained": 0,
    }
    verdicts = {f"{entry['id']}[{entry['pairing']}]": entry["verdict"] for entry in data["cases"]}
    assert verdicts["made_up/differs[python]"] == "divergent"
    assert verdicts["made_up/fails[python]"] == "errored"
    assert verdicts["made_up/skipped[node]"] == "skipped"
    assert [name for name in verdicts if name.startswith("made_up/talk")] == [
        f"made_up/talk[{pairing}]" for pairing in ("node-node", "node-python", "python-node", "python-python")
    ]
    difference = next(entry for entry in data["cases"] if entry["verdict"] == "divergent")["first_difference"]
    assert (difference["category"], difference["object"], difference["path"]) == (
        "state",
        "peer",
        "state.readable",
    )
    assert (difference["expected"], difference["got"]) == (False, True)


def test_a_scoreboard_and_the_causes_head_every_report(run: Any) -> None:
    output, outcome, cases = run
    data = document(outcome, SIDES)
    score = {"conformant": 1, "cases": 3}  # what is skipped does not count, what is errored does
    assert data["scoreboard"] == [{"subject": "python", "is_version": False, **score, "areas": {"made_up": score}}]
    cause = "readable: false expected, got true"
    assert [(one["cause"], one["cases"], one["first"]) for one in data["groups"]] == [
        (cause, 1, ["made_up/differs"])
    ]
    assert overview(outcome) == [
        "python conforms in 1/3 cases: made_up 1/3",
        f"  divergent made_up/differs (python): {cause}",
    ]
    write_html(output, outcome, data, {}, {})
    index = (output / "index.html").read_text()
    assert cause in index and index.index("1/3") < index.index(cause) < index.index('id="cases"')


def test_a_conformant_subject_takes_a_line() -> None:
    fine = Outcome((Result("a/b", "python", Verdict.CONFORMANT, subject="python"),))
    assert overview(fine) == ["python conforms in 1/1 cases: a 1/1"]


def test_many_causes_are_cut_on_the_console() -> None:
    blank = Result("a/b", "x", Verdict.DIVERGENT, "why", subject="x")
    many = [
        replace(blank, id=f"a/{label}", differences=(replace(DIFFERENCE, label=label),))
        for label in "abcdefghijklmnopqrstuvwxyz"
    ]
    lines = overview(Outcome(tuple(many)))
    assert len(lines) == 22 and lines[-1] == "  and 6 more causes, which are in the report"


def test_markdown_is_the_report_for_a_pull_request(run: Any) -> None:
    _, outcome, _ = run
    hostile = "x | `y` <script>alert(1)</script> @everyone\n| injected |"
    bad = Result("made_up/bad", "python", Verdict.ERRORED, hostile, subject="python")
    text = markdown(json.loads(json.dumps(document(replace(outcome, results=(*outcome.results, bad)), SIDES))))
    head, differs, first = text.split("\n## ")
    assert head.startswith("# Conformance with Node 24.19.0\n") and "| all | 1/4 |" in head
    assert "| 1 | 1 | python | `readable: false expected, got true` | `made_up/differs: " in differs
    assert "| `made_up/differs[python]` | divergent | `main: peer" in first
    assert "`x \\| 'y' <script>alert(1)</script> @everyone\\n\\| injected \\|` |\n" in first
    assert text.count("| errored |") == 2  # ``fails`` and ``bad``


def test_areas_of_any_subject_are_on_the_page(tmp_path: Path) -> None:
    results = (
        Result("net/a", "bun", Verdict.CONFORMANT, subject="bun"),
        Result("dgram/a", "deno", Verdict.CONFORMANT, subject="deno"),
    )
    data = document(Outcome(results), SIDES)
    write_html(tmp_path, Outcome(results), data, {}, {})
    for text in ((tmp_path / "index.html").read_text(), markdown(data)):
        assert "net" in text.partition('id="cases"')[0] and "dgram" in text.partition('id="cases"')[0]


def test_markdown_leaves_out_what_is_accepted_and_what_versions_do() -> None:
    fields: Any = {"reason": "why", "differences": (DIFFERENCE,)}
    results = (
        Result("a/b", "bun", Verdict.DIVERGENT, subject="bun", accepted="so be it", **fields),
        Result("a/b", "node22", Verdict.DIVERGENT, subject="node22", is_version=True, **fields),
    )
    node = {"name": "node", "version": "22.1.0"}
    sides = Sides(REFERENCE, {"bun": {"name": "bun", "version": "1.4.5"}}, {"node22": node})
    text = markdown(document(Outcome(results), sides))
    assert "First differences" not in text and "| area | bun | `node22 (version)` |" in text
    assert "## What differs in the further versions of Node" in text and "## What differs and is accepted" in text


DIFFERENCE = Difference(
    "value", "main", "note a", 0, "args.0", 1, 2, "main: note a (#0) args.0: expected 1, got 2", "note", "a"
)


def test_stale_entries_are_in_the_report(run: Any, tmp_path: Path) -> None:
    _, outcome, _ = run
    entry = KnownDivergence("made_up/talk", "*", "was once", ("order",), link="https://example.org/1")
    told = Outcome(outcome.results, (entry,))
    data = document(told, SIDES)
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert data["stale_known_divergences"] == [
        {
            "case": "made_up/talk",
            "pairing": "*",
            "reason": "was once",
            "category": ["order"],
            "link": "https://example.org/1",
        }
    ]
    write_junit(tmp_path / "j.xml", told, {})
    assert "no longer diverges" in (tmp_path / "j.xml").read_text()


def test_junit(run: Any, tmp_path: Path) -> None:
    _, outcome, _ = run
    write_junit(tmp_path / "junit.xml", outcome, {"made_up/differs[python]": "python -m conformance run …"})
    xml = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert (xml.tests, xml.failures, xml.errors, xml.skipped) == (10, 1, 1, 2)
    case = next(case for suite in xml for case in suite if case.name == "differs[python]")
    assert case.classname == "conformance.made_up"
    assert "state.readable" in case.result[0].message and case.result[0].type == "state"
    assert "python -m conformance run" in case.system_out


def test_raw_traces_are_kept_untouched_and_can_be_read_back(run: Any) -> None:
    output, _, cases = run
    directory = output / "traces" / "made_up" / "talk"
    lines = (directory / "node-node" / "server.jsonl").read_text().splitlines()
    assert [Record.from_line(line) for line in lines] == TALK["server"]
    assert not (directory / "node-node" / "server.run-2.jsonl").exists()  # one run was enough
    assert (directory.parent / "differs" / "node" / "main.run-3.jsonl").exists()
    assert "'use strict'" in (directory / "program.js").read_text()
    recorded = traces.read(output, "made_up/talk", "python-node")
    assert recorded is not None
    assert recorded.meta["subject_roles"] == ["server"] and recorded.meta["verdict"] == "conformant"
    assert recorded.traces["server"].steps == normalize(TALK)["server"].steps


def test_an_unreadable_trace_is_none(run: Any) -> None:
    output, _, _ = run
    assert traces.read(output, "made_up/talk", "nope") is None
    (output / "traces" / "made_up" / "talk" / "node-node" / "run.json").write_text("{")
    assert traces.read(output, "made_up/talk", "node-node") is None


def test_reference_runs_come_from_the_cache_the_second_time(run: Any, tmp_path: Path) -> None:
    output, _, cases = run
    played: list[str] = []

    def counted(case: Case, players: Any, run_dir: Path, deadline: float) -> PairingTrace:
        played.append("-".join(player.name for player in players.values()))
        return play(case, players, run_dir, deadline)

    config = Config(output=output, repeat=2, confirm=1, jobs=1, seed=1)
    for version, expected in (("24.19.0", ["python"]), ("22.20.0", ["node", "python"])):
        reference = Scripted("node", {**REFERENCE, "version": version})
        session = Session(config, reference, [Scripted("python", SUBJECT)], tmp_path, play=counted)
        case = cases["fails"]
        session.run([(case, session.pairings(case))], lambda result: None)
        assert played == expected
        played.clear()


class Checker(HTMLParser):
    """Knows whether every element was closed, and what the page loads from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in ("meta", "input", "link", "br"):
            self.open.append(tag)
        if tag in ("link", "img") or given.get("src"):
            self.loads.append(tag)
        if given.get("href"):
            self.links.append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_whole_self_contained_and_escaped(run: Any) -> None:
    output, outcome, cases = run
    data = document(outcome, SIDES)
    write_json(output / "report.json", data)
    write_junit(output / "junit.xml", outcome, {})
    replay = {result.name: f"replay {result.name}" for result in outcome.results}
    write_html(output, outcome, data, {case.id: case.about for case in cases.values()}, replay)
    pages = [output / "index.html", *(output / "cases" / "made_up").glob("*.html")]
    assert len(pages) == 5
    for page in pages:
        checker = Checker()
        checker.feed(page.read_text())
        assert not checker.open and not checker.loads
        for link in checker.links:
            assert (page.parent / link.partition("#")[0]).exists(), link
        assert "<script>alert" not in page.read_text() and "<b>bold" not in page.read_text()
    index, page = (output / "index.html").read_text(), (output / "cases/made_up/differs.html").read_text()
    assert "two &lt;roles&gt; talk" in index and "state.readable" in index and "docker" in index
    assert "replay made_up/differs[python]" in page and 'class="changed"' in page


def test_side_by_side_aligns_what_answers_each_other():
    left = normalize({"m": [event("a", "x", n=1), event("a", "y"), event("b", "z")]})["m"]
    right = normalize({"m": [event("a", "x", n=2), event("b", "z"), event("b", "z")]})["m"]
    rows = align(left, right)
    assert [(row.status, row.paths) for row in rows] == [
        ("changed", ("state.n",)),
        ("missing", ()),
        ("same", ()),
        ("extra", ()),
    ]


def test_values_are_shown_briefly():
    assert show(error("E", "it broke")) == "Error: it broke"
    assert show(chunk(b"hello")) == '5 bytes "hello"'
    assert show({"$ref": "peer"}) == "‹peer›"
    step = normalize({"m": [event("a", "x", "y" * 300)]})["m"].steps[0]
    assert len(brief(step)) == 110


def test_verdicts_in_the_schema_are_all_there_are():
    schema = json.loads(SCHEMA.read_text())
    assert schema["properties"]["cases"]["items"]["properties"]["verdict"]["enum"] == [
        str(verdict) for verdict in Verdict
    ]
