"""What a run leaves behind: little where all is well, and all that is needed where it is not."""

from pathlib import Path

import pytest

from conformance.play.subjects.node import NodeSubject
from tests.conformance.command_line import CommandLine


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], local_node: NodeSubject
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_a_conformant_case_leaves_no_traces_and_no_page(command: CommandLine) -> None:
    command.cases("mine.py", good=2)
    assert command.judge("mine.py").code == 0
    left = {name for name in files(command.output / "last") if not name.startswith("cache/")}
    assert left == {"report.json", "junit.xml", "index.html", "results.jsonl"}
    assert 'href="cases' not in (command.output / "last/index.html").read_text()
    command.judge("mine.py", "--traces", "all")
    assert {"traces/mine/good_0/python/main.jsonl", "cases/mine/good_1.html"} <= files(command.output / "last")


def test_what_differs_leaves_its_traces_and_the_references(command: CommandLine) -> None:
    command.cases("mine.py", good=1, odd=1)
    assert command.judge("mine.py").code == 1
    left = files(command.output / "last")
    assert {"traces/mine/odd_0/python/main.jsonl", "traces/mine/odd_0/node/main.jsonl"} <= left
    assert "traces/mine/odd_0/program.js" in left and "cases/mine/odd_0.html" in left
    assert not [name for name in left if "good_0" in name]
    assert 'class="changed"' in (command.output / "last/cases/mine/odd_0.html").read_text()


def test_all_runs_of_the_reference_are_kept_when_a_difference_asked_for_them(command: CommandLine) -> None:
    command.cases("mine.py", odd=1)
    command("run", "mine.py", "--repeat", "2", "--confirm", "1", "--rerun", "0")
    runs = [name for name in files(command.output / "last/traces/mine/odd_0/node") if name.startswith("main")]
    assert sorted(runs) == ["main.jsonl", "main.run-2.jsonl", "main.run-3.jsonl"]


def test_traces_of_an_item_that_is_mended_are_gone(command: CommandLine) -> None:
    command.cases("mine.py", odd=1)
    assert command.judge("mine.py").code == 1
    text = (command.place / "mine.py").read_text()
    (command.place / "mine.py").write_text(text.replace(", fixtures={'main': 'surface.js'}", ""))
    assert command.judge("mine.py").code == 0
    ran = command("diff", "mine.py::odd_0")
    assert ran.code == 5
    assert "mine/odd_0 was conformant in the last run" in ran.err and "run it with --traces all" in ran.err


def test_diff_of_a_conformant_item_says_how_to_get_traces(command: CommandLine) -> None:
    command.cases("mine.py", good=1, odd=1)
    command.judge("mine.py")
    for words in (["good_0"], ["mine.py::mine/good_0"], ["mine.py::good_0", "--pairing", "python"]):
        ran = command("diff", *words)
        assert ran.code == 5 and "--traces all" in ran.err and len(ran.err.splitlines()) == 1
    assert command("diff", "odd_0").code == 1
    assert "run the case first" in command("diff", "net/half_open/ends_itself").err
    assert command("run", "mine.py", "--traces", "some").code == 4
    (command.place / "conformance.toml").write_text('traces = "some"')
    assert "failed or all, not 'some'" in command("run", "mine.py").err
