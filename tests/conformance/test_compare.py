"""``compare`` and ``--against``: new failures first, then mended, then changed, and the exit code is theirs."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.play.subjects.node import NodeSubject
from conformance.tell.comparison import compare
from conformance.tell.document import FORMAT
from tests.conformance.command_line import CommandLine


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


def item(name: str, verdict: str = "conformant", message: str = "", accepted: str | None = None) -> dict[str, Any]:
    difference = {"category": "value", "message": message} if verdict == "divergent" else None
    return {
        "id": f"mine/{name}",
        "pairing": "python",
        "subject": "python",
        "verdict": verdict,
        "reason": message,
        "accepted": accepted,
        "first_difference": difference,
    }


def report(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    reference = {"node": "24.21.0"}
    subjects = [{"called": "python", "name": "nodesock", "version": "0.1.0"}]
    sides = {"reference": reference, "subjects": subjects, "versions": []}
    return {"schema": FORMAT, **sides, "cases": list(items), **more}


BEFORE = report(
    item("good"),
    item("breaks"),
    item("mends", "divergent", "was 1, not 2"),
    item("moves", "divergent", "was 3, not 4"),
    item("stays", "divergent", "was 5, not 6"),
    item("accepted", "divergent", "was 7", accepted="on purpose"),
    item("loses", "divergent", "was 8", accepted="on purpose"),
    item("gone"),
    item("goes unrun"),
)
AFTER = report(
    item("good"),
    item("breaks", "divergent", "`|` is <b>\x1b[1m"),
    item("mends"),
    item("moves", "divergent", "was 3, not 9"),
    item("stays", "divergent", "was 5, not 6"),
    item("accepted", "divergent", "was 7", accepted="on purpose"),
    item("loses", "divergent", "was 8"),
    item("goes unrun", "not_run", "interrupted"),
    item("added"),
    item("added badly", "errored", "it died"),
)


def names(changes: Any) -> list[str]:
    return [one.name.partition("/")[2].removesuffix("[python]") for one in changes]


def test_what_is_new_mended_and_changed() -> None:
    found = compare(BEFORE, AFTER)
    assert names(found.new) == ["breaks", "loses", "added badly"]
    assert names(found.mended) == ["mends"] and names(found.changed) == ["moves"]
    assert found.not_judged == ("mine/gone[python]", "mine/goes unrun[python]")
    assert compare(AFTER, AFTER).new == compare(AFTER, AFTER).changed == ()
    assert names(compare(AFTER, BEFORE).mended) == ["breaks", "loses"]


def test_the_differences_of_a_further_version_fail_nothing() -> None:
    versions = [{"called": "python"}]
    assert not compare(BEFORE, {**AFTER, "versions": versions, "cases": AFTER["cases"][:8]}).new


def test_an_entry_that_went_stale_and_a_shard_that_is_missing_are_new_failures() -> None:
    stale = [{"case": "net/*", "pairing": "*", "reason": "r"}]
    after = copy.deepcopy(BEFORE) | {"stale_known_divergences": stale, "missing_shards": ["2/3"]}
    assert [one.name for one in compare(BEFORE, after).new] == ["known divergence net/*[*]", "shard 2/3"]
    assert not compare(after, after).new


@pytest.fixture
def reports(tmp_path: Path) -> None:
    for name, data in (("a", BEFORE), ("b", AFTER)):
        (tmp_path / name / "last").mkdir(parents=True)
        (tmp_path / name / "last/report.json").write_text(json.dumps(data))


def test_the_terminal_shows_both_first_differences(command: CommandLine, reports: None) -> None:
    ran = command("compare", "a", "b/last/report.json")
    assert ran.code == 1 and "\x1b" not in ran.out
    assert ran.out.splitlines() == [
        "A: nodesock 0.1.0 against Node 24.21.0, 9 items",
        "B: nodesock 0.1.0 against Node 24.21.0, 10 items",
        "NEW mine/breaks[python]: conformant → divergent",
        "  B: `|` is <b>\\x1b[1m",
        "NEW mine/loses[python]: accepted → divergent",
        "  A: was 8",
        "  B: was 8",
        "NEW mine/added badly[python]: not there → errored",
        "  B: it died",
        "MENDED mine/mends[python]: divergent → conformant",
        "  A: was 1, not 2",
        "CHANGED mine/moves[python]: divergent → divergent",
        "  A: was 3, not 4",
        "  B: was 3, not 9",
        "judged in A and not in B: 2 items (mine/gone[python], mine/goes unrun[python])",
        "3 new failures, 1 mended, 1 changed, 8 items in both",
    ]
    assert command("compare", "b", "b").code == 0


def test_json_and_markdown(command: CommandLine, reports: None) -> None:
    data = json.loads(command("compare", "a", "b", "--json").out)
    assert data["schema"] == 1 and [one["item"] for one in data["mended"]] == ["mine/mends[python]"]
    assert data["changed"][0]["a"]["first_difference"]["message"] == "was 3, not 4"
    ran = command("compare", "a", "b", "--markdown")
    assert ran.code == 1
    assert ran.out.index("## New failures") < ran.out.index("## Mended") < ran.out.index("## Changed")
    assert "| `mine/breaks[python]` | conformant | divergent `'\\|' is <b>\\x1b[1m` |" in ran.out


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "is not JSON"), ("[]", "schema None"), ('{"schema": 1}', f"no report of schema {FORMAT} but of schema 1")],
)
def test_what_is_no_report_is_refused(command: CommandLine, reports: None, text: str, words: str) -> None:
    (command.place / "x.json").write_text(text)
    for arguments in (("compare", "a", "x.json"), ("run", "half_open", "--against", "x.json")):
        ran = command(*arguments)
        assert ran.code == 4 and words in ran.err and len(ran.err.splitlines()) == 1
    assert command("compare", "a", "nothing.json").code == 4
    assert "there is no report.json" in command("compare", "a", ".").err
    assert command("compare", "a", "b", "--json", "--markdown").code == 4


def test_a_run_against_an_earlier_one_fails_by_new_failures_alone(
    command: CommandLine, local_node: NodeSubject
) -> None:
    command.cases("mine.py", good=1, odd=1)
    assert command.judge("mine.py", "--output", "old").code == 1
    ran = command.judge("mine.py", "--against", "old")
    assert ran.code == 0 and "0 new failures, 0 mended, 0 changed, 4 items in both" in ran.out
    command.cases("mine.py", good=1, odd=2)
    ran = command.judge("mine.py", "--against", "build/conformance")
    assert ran.code == 1 and "NEW mine/odd_1[python]: not there → divergent" in ran.out
    assert command.judge("mine.py", "--against", "old", "-x").code == 1  # what was not run may fail
