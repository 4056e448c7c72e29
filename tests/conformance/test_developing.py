"""The loop of a developer: stop early, run again what failed, shuffle, and see how far a run is."""

import io
import json
import re
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from conformance.command.choosing import shuffled
from conformance.command.options import Items
from conformance.judge.reference import SAMPLE
from conformance.judge.verdict import Result, Verdict
from conformance.language.collect import collect_file
from conformance.play.subjects.node import NodeSubject
from conformance.tell.console import Reporter
from conformance.tell.document import SCHEMA
from conformance.tell.terminal import TerminalReporter
from tests.conformance.command_line import CommandLine


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], local_node: NodeSubject
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


def verdicts(directory: Path) -> list[str]:
    data = json.loads((directory / "report.json").read_text())
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    return [entry["verdict"] for entry in data["cases"] if entry["subject"]]


# Stopping.


def test_x_stops_at_the_first_failure_and_the_report_says_what_was_not_run(command: CommandLine) -> None:
    command.cases("mine.py", good=1, odd=3)
    ran = command.judge("mine.py", "-x")
    assert ran.code == 1
    assert "stopped after 1 failing item: 5 of 8 items were not run" in ran.out
    assert "interrupted" not in ran.out
    assert verdicts(command.output / "last") == ["conformant", "divergent", "not_run", "not_run"]
    data = json.loads((command.output / "last/report.json").read_text())
    assert data["cases"][-1]["reason"] == "the run stopped after 1 failing item"
    assert "cut short after 1 failing: 5 of 8" in (command.output / "last/index.html").read_text()
    assert (command.output / "last/traces/mine/odd_0/python/main.jsonl").exists()


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_maxfail_stops_after_so_many(command: CommandLine, jobs: str) -> None:
    command.cases("mine.py", odd=6)
    ran = command.judge("mine.py", "--maxfail", "2", "--jobs", jobs)
    assert (ran.code, ran.out.count("DIVERGENT")) == (1, 2)
    assert verdicts(command.output / "last").count("divergent") == 2
    assert verdicts(command.output / "last").count("not_run") == 4


def test_a_run_that_reaches_maxfail_at_its_end_is_a_whole_one(command: CommandLine) -> None:
    command.cases("mine.py", odd=1)
    (command.place / "conformance.toml").write_text('cases = ["mine.py"]')
    ran = command.judge("--pairing", "python", "-x")
    assert ran.code == 1 and "stopped" not in ran.out
    assert verdicts(command.output / "last") == ["divergent"]


def test_a_stopped_run_can_go_on(command: CommandLine) -> None:
    command.cases("mine.py", odd=2)
    (command.place / "conformance.toml").write_text('cases = ["mine.py"]')
    ran = command.judge("-x")
    assert "go on with: " in ran.out and not (command.output / "report.json").exists()
    ran = command.judge("--resume")
    assert ran.code == 1 and "resumed: 1 results were taken over" in ran.out
    assert verdicts(command.output) == ["divergent", "divergent"]


@pytest.mark.parametrize(
    "options", [["--maxfail", "0"], ["--maxfail", "x"], ["--seed", "x"], ["--durations", "0"], ["--last-failed"]]
)
def test_nonsense_is_refused_in_one_line(command: CommandLine, options: list[str]) -> None:
    command.cases("mine.py", good=1)
    ran = command("run", "mine.py", *options)
    assert ran.code == 4 and options[0] in ran.err and len(ran.err.splitlines()) == 1


# What failed.


def test_last_failed_runs_again_what_failed_until_nothing_does(command: CommandLine) -> None:
    command.cases("mine.py", good=3, odd=2)
    assert command.judge("mine.py").code == 1
    ran = command.judge("mine.py", "--last-failed")
    assert "last run: 2 failed, only those are run again" in ran.out
    assert verdicts(command.output / "last") == ["divergent", "divergent"]
    mended = (command.place / "mine.py").read_text().replace(", fixtures={'main': 'surface.js'}", "", 1)
    (command.place / "mine.py").write_text(mended)
    assert command.judge("mine.py", "--last-failed").code == 1
    ran = command.judge("mine.py", "--last-failed")
    assert "last run: 1 failed, only that one is run again" in ran.out and "mine/odd_1: python divergent" in ran.out
    command.cases("mine.py", good=3)
    assert command.judge("mine.py").code == 0
    ran = command.judge("mine.py", "--last-failed")
    assert ran.code == 5 and ran.err.endswith("nothing failed in the last run under build/conformance\n")


def test_last_failed_of_another_selection(command: CommandLine) -> None:
    command.cases("mine.py", odd=1)
    command.cases("other.py", good=1)
    assert command.judge("mine.py").code == 1
    ran = command.judge("other.py", "--last-failed")
    assert ran.code == 5 and "1 item failed in the last run, none of them is selected" in ran.err


# Order and time.


def order(out: str) -> list[str]:
    return re.findall(r"^(mine/\w+):", out, re.MULTILINE)


def test_a_seed_shuffles_and_is_printed(command: CommandLine) -> None:
    command.cases("mine.py", good=8)
    plain = order(command.judge("mine.py").out)
    ran = command.judge("mine.py", "--seed", "random")
    found = re.search(r"seed (\d+): the cases are shuffled", ran.out)
    assert found
    again = command.judge("mine.py", "--seed", found[1])
    assert order(again.out) == order(ran.out)
    assert order(command.judge("mine.py", "--seed", "1").out) != plain
    assert sorted(order(again.out)) == sorted(plain)


def test_cases_keep_their_order_whichever_others_are_selected(command: CommandLine) -> None:
    command.cases("mine.py", good=40)
    items: Items = [(case, []) for case in collect_file(command.place / "mine.py")]
    whole = [case.id for case, _ in shuffled(items, 7)]
    assert [case.id for case, _ in shuffled(items[::2], 7)] == [one for one in whole if int(one[10:]) % 2 == 0]


def test_a_seed_decides_which_cases_are_in_the_sample(command: CommandLine) -> None:
    assert 0 < SAMPLE < 0.2
    command.cases("mine.py", good=60)
    runs = []
    for _ in range(2):
        options = ["--pairing", "node", "--repeat", "2", "--no-cache", "--seed", "3", "--json"]
        data = json.loads(command("run", "mine.py", *options).out)
        runs.append([entry["reference_runs"] for entry in data["cases"]])
    assert runs[0] == runs[1] and 0 < runs[0].count(2) < 20


def test_durations_names_the_slowest(command: CommandLine) -> None:
    slow = "\n\n@case(about='takes its time')\ndef slow(t):\n    t.timeout(1500, lambda: t.note('n', 1))\n"
    command.cases("mine.py", good=2)
    (command.place / "mine.py").write_text((command.place / "mine.py").read_text() + slow)
    lines = command.judge("mine.py", "--durations", "2").out.splitlines()
    at = lines.index("the slowest 2 items:")
    assert all(re.match(r"  +[1-9]\.\d\d\d s  mine/slow\[\w+\]", line) for line in lines[at + 1 : at + 3])
    assert "cases, " in lines[at + 3]


# How far it is.


def result(number: int, verdict: Verdict = Verdict.CONFORMANT) -> Result:
    return Result(f"mine/case_{number}", "python", verdict, "" if verdict is Verdict.CONFORMANT else "it broke")


def test_a_log_says_now_and_then_how_far_the_run_is() -> None:
    clock = iter(range(0, 1000, 4))  # the first is the start, then one for each result
    stream = io.StringIO()
    reporter = Reporter(stream, {f"mine/case_{number}": 1 for number in range(10)}, {}, lambda: next(clock))
    for number in range(10):
        reporter.result(result(number, Verdict.ERRORED if number == 1 else Verdict.CONFORMANT))
    said = [line for line in stream.getvalue().splitlines() if line.startswith("--")]
    assert said == [
        "-- 3 of 10 items, 1 failing, about 0:28 left --",
        "-- 6 of 10 items, 1 failing, about 0:16 left --",
        "-- 9 of 10 items, 1 failing, about 0:04 left --",
    ]


def test_a_terminal_shows_done_failing_and_the_time_left() -> None:
    stream = io.StringIO()
    with TerminalReporter(stream, 4, {}) as reporter:
        reporter._console = Console(file=stream, width=150)
        for number in range(3):
            reporter.result(result(number, Verdict.ERRORED if number == 1 else Verdict.CONFORMANT))
        shown = io.StringIO()
        Console(file=shown, width=150).print(reporter._progress.get_renderable())
    assert re.search(r"3/4 1 failing \d:\d\d:\d\d \S+ left", shown.getvalue())


# Areas.


def test_list_counts_by_area_and_topic(command: CommandLine) -> None:
    lines = command("list", "--areas").out.splitlines()
    areas = [line for line in lines[:-1] if not line.startswith(" " * 8) and "/" not in line]
    total = int(lines[-1].split()[0])
    assert {"net", "dgram"} <= {line.split()[1] for line in areas}
    assert sum(int(line.split()[0]) for line in areas) == total == len(command("list").out.splitlines())
    rows = json.loads(command("list", "--areas", "--json", "dgram").out)
    assert [row["area"] for row in rows] == ["dgram"]
    assert sum(rows[0]["topics"].values()) == rows[0]["cases"] == len(command("list", "dgram").out.splitlines())


def test_show_of_an_area_and_of_a_topic(command: CommandLine) -> None:
    area = command("show", "net")
    assert area.code == 0 and re.search(r"^ +\d+ +net/half_open$", area.out, re.MULTILINE)
    topic = command("show", "half_open")
    assert topic.out == command("show", "net/half_open").out
    ids = [line.split()[0] for line in topic.out.splitlines()]
    assert ids == [line.split()[0] for line in command("list", "half_open").out.splitlines()]
    assert command("show", "net/half_open/*").code == 4
