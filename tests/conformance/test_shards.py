"""Shards and ``merge``: the report of all parts is that of a run in one, and nothing is lost or hidden on the way."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from junitparser import JUnitXml

from conformance import opening
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.python import PythonSubject
from conformance.tell import journal
from conformance.tell.document import SCHEMA
from tests.conformance.command_line import CommandLine, Ran
from tests.conformance.liars import Liar, Lie, kind, once


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], local_node: NodeSubject
) -> CommandLine:
    line = CommandLine(tmp_path, monkeypatch, capsys)
    line.cases("mine.py", good=5, odd=2)
    return line


def shard(command: CommandLine, number: int, of: int, *options: str, cases: str = "mine.py") -> Ran:
    return command.judge(cases, "--shard", f"{number}/{of}", "--output", f"shard{number}", *options)


def report(directory: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((directory / "report.json").read_text())
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    return data


def timeless(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "cases": [{**one, "duration_s": 0} for one in data["cases"]]}


def junit(directory: Path) -> list[tuple[str, str, list[str]]]:
    xml = JUnitXml.fromfile(str(directory / "junit.xml"))
    return [
        (case.classname, case.name, [f"{type(one).__name__} {one.message}" for one in case.result])
        for suite in xml
        for case in suite
    ]


def test_shards_merged_are_the_run_in_one(command: CommandLine) -> None:
    whole = command.judge("mine.py", "--output", "one")
    codes = [shard(command, number, 3).code for number in (1, 2, 3)]
    assert sorted(codes) != [0, 0, 0]
    merged = command("merge", "shard1", "shard2/last", "shard3/last/report.json", "--output", "all")
    assert merged.code == whole.code == 1
    one, all_ = command.place / "one/last", command.place / "all/last"
    assert timeless(report(all_)) == timeless(report(one))
    assert junit(all_) == junit(one)
    assert merged.out.count("DIVERGENT mine/odd_") == whole.out.count("DIVERGENT mine/odd_") == 2
    assert re.search(r"7 cases, 14 items in .*: 12 conformant, 2 divergent", merged.out)
    assert 'class="changed"' in (all_ / "cases/mine/odd_1.html").read_text()
    assert command("diff", "odd_1", "--output", "all").code == 1
    assert len(json.loads((command.place / "all/durations.json").read_text())["seconds"]) == 14
    assert "last run: 2 failed" in command.judge("mine.py", "--last-failed", "--output", "all").out


def test_a_whole_selection_is_merged_to_a_whole_run(command: CommandLine) -> None:
    (command.place / "conformance.toml").write_text('cases = ["mine.py"]\n')
    for number in (1, 2):
        command.judge("--shard", f"{number}/2", "--output", f"shard{number}")
    assert command("merge", "shard1", "shard2", "--json").code == 1
    assert len(report(command.output)["cases"]) == 14


def test_a_missing_shard_is_named_and_fails(command: CommandLine) -> None:
    command.cases("mine.py", good=6)
    for number in (1, 3):
        assert shard(command, number, 3).code == 0
    ran = command("merge", "shard1", "shard3", "--output", "all")
    assert ran.code == 3 and "missing: shard 2/3" in ran.out
    data = report(command.place / "all/last")
    assert data["missing_shards"] == ["2/3"] and data["totals"]["not_run"] == 4
    assert {one["reason"] for one in data["cases"] if one["verdict"] == "not_run"} == {"shard 2/3 is missing"}
    assert ("conformance.shards", "2/3") in [one[:2] for one in junit(command.place / "all/last")]
    assert "Shard 2/3 is missing" in (command.place / "all/last/index.html").read_text()


def test_a_shard_that_did_not_end_is_interrupted(command: CommandLine) -> None:
    for number in (1, 2):
        shard(command, number, 2)
    for number in (1, 2):
        path = command.place / f"shard{number}/last/results.jsonl"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines if number == 1 else lines[:-2]))
    ran = command("merge", "shard1", "shard2", "--output", "all")
    assert ran.code == 2 and "1 not_run" in ran.out


def test_an_entry_that_no_longer_diverges_is_found_across_shards(command: CommandLine) -> None:
    command.cases("mine.py", good=4)
    (command.place / "known.toml").write_text('[[divergence]]\ncase = "mine/*"\nreason = "everywhere"\n')
    for number in (1, 2):
        assert shard(command, number, 2, "--known-divergences", "known.toml").code == 0
    ran = command("merge", "shard1", "shard2", "--output", "all")
    assert ran.code == 1 and "mine/*[*] in known.toml no longer diverges" in ran.out


def refused(ran: Ran, words: str) -> None:
    assert ran.code == 4 and words in ran.err and len(ran.err.splitlines()) == 1, ran


@pytest.mark.parametrize("value", ["3/2", "0/2", "1/0", "1", "x", "1/2/3", "-1/2"])
def test_a_shard_that_cannot_be_is_refused(command: CommandLine, value: str) -> None:
    refused(command("run", "mine.py", f"--shard={value}"), "is not I/N")


def test_more_shards_than_cases_are_refused(command: CommandLine) -> None:
    refused(command("run", "mine.py", "--shard", "1/8"), "7 cases cannot be cut into 8 parts")


def test_what_does_not_belong_together_is_refused(command: CommandLine) -> None:
    for number in (1, 2):
        shard(command, number, 2)
    refused(command("merge", "nowhere"), "no run has left its results.jsonl there")
    refused(command("merge", "shard1", "shard2", "shard1/last", "--output", "shard1/../shard1"), "holds a shard")
    shutil.copytree("shard1", "copy")
    refused(command("merge", "shard1", "shard2", "copy"), "shard 1/2 is there twice: shard1/last and copy/last")
    command.judge("mine.py", "--output", "plain")
    refused(command("merge", "shard1", "plain"), "the run is no shard")

    def rewritten(change: Any) -> None:
        path = Path("copy/last/results.jsonl")
        shutil.copy("shard2/last/results.jsonl", path)
        head, *lines = path.read_text().splitlines()
        data = json.loads(head)
        change(data)
        path.write_text("\n".join([json.dumps(data), *lines]))

    rewritten(lambda data: data["sides"]["reference"].update(version="22.1.0"))
    refused(command("merge", "shard1", "copy"), "differ in the reference or the subjects")
    rewritten(lambda data: data["sides"]["subjects"]["python"].update(python="3.99.0"))
    refused(command("merge", "shard1", "copy"), "differ in the reference or the subjects")
    rewritten(lambda data: data["shard"].update(harness="0123"))
    refused(command("merge", "shard1", "copy"), "differ in the version of the harness")
    rewritten(lambda data: data["shard"].update(plan="0123"))
    refused(command("merge", "shard1", "copy"), "give each shard the same durations.json")
    rewritten(lambda data: data["items"].pop())
    refused(command("merge", "shard1", "copy"), "the shards do not hold the items")
    one = json.loads(Path("shard1/last/results.jsonl").read_text().splitlines()[0])["items"][0]
    rewritten(lambda data: data["items"].append(one))
    refused(command("merge", "shard1", "copy"), f"{one} is in shard1/last and in copy/last")
    rewritten(lambda data: data.update(format=1))
    refused(command("merge", "shard1", "copy"), "of another version of the harness")
    command.cases("mine.py", good=5, odd=3)
    refused(command("merge", "shard1", "shard2"), "the cases are not those that the shards were cut from")
    journal._file_digest.cache_clear()  # what a process of its own would not know
    refused(command("merge", "shard1", "shard2"), "is not the case that its shard played")


def test_shards_cut_by_other_durations_are_refused(command: CommandLine) -> None:
    command.cases("mine.py", good=6)
    shard(command, 1, 2)
    (command.place / "shard2").mkdir()
    seconds = {f"mine/good_{number}[python]": 10.0**number for number in range(6)}
    (command.place / "shard2/durations.json").write_text(json.dumps({"format": 1, "seconds": seconds}))
    ran = shard(command, 2, 2)
    assert "cut by recorded durations" in ran.out
    refused(command("merge", "shard1", "shard2"), "give each shard the same durations.json")


# Liars.


class LyingPython(Liar):
    """nodesock, whose notes are changed on their way in one case."""

    def __init__(self, make_lie: Any) -> None:
        super().__init__(PythonSubject(), make_lie)
        self.name = "python"

    def open(self, run_dir: Path) -> None:
        self._honest.open(run_dir)

    def close(self) -> None:
        self._honest.close()


def lies_about_three() -> Lie:
    return once(
        lambda record: bool(kind("note")(record) and record["args"] == [3]), lambda record: record.update(args=[33])
    )()


def test_a_liar_is_caught_in_a_shard_and_in_the_merged_run(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.cases("mine.py", good=5)
    monkeypatch.setattr(opening, "subject_named", lambda *_: LyingPython(lies_about_three))
    codes = [shard(command, number, 2).code for number in (1, 2)]
    assert sorted(codes) == [0, 1]
    ran = command("merge", "shard1", "shard2", "--output", "all")
    assert ran.code == 1 and "DIVERGENT mine/good_3[python]" in ran.out
    failing = [one for one in report(command.place / "all/last")["cases"] if one["verdict"] == "divergent"]
    assert [(one["id"], one["first_difference"]["got"]) for one in failing] == [("mine/good_3", 33)]
