"""github: annotations at the failing cases, escaped as GitHub reads them, and the report in the summary of the job."""

import dataclasses
import io
import re
from pathlib import Path

import pytest

from conformance.judge.verdict import KnownDivergence, Outcome, Result, Verdict
from conformance.play.subjects.node import NodeSubject
from conformance.tell.github import SHOWN, add_summary, annotations, no_commands
from tests.conformance.command_line import CommandLine
from tests.conformance.scripted import make_case


def failing(id: str, reason: str = "it broke", pairing: str = "python") -> Result:
    return Result(id, pairing, Verdict.ERRORED, reason)


@pytest.fixture(autouse=True)
def workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


def test_a_failing_case_is_annotated_once_at_its_line(tmp_path: Path) -> None:
    case = dataclasses.replace(make_case(), id="mine/odd", file=tmp_path / "a, b:c/mine.py", line=7)
    results = [
        Result("mine/odd", "node", Verdict.CONFORMANT),
        failing("mine/odd", "100 % wrong:\r\n::error::x\x1b[1m, y", "python-node"),
        failing("mine/odd", "again", "node-python"),
    ]
    assert annotations(Outcome(tuple(results)), [case]) == [
        "::error file=a%2C b%3Ac/mine.py,line=7,title=mine/odd[python-node]::"
        "100 %25 wrong:\\r\\n::error::x\\x1b[1m, y (and 1 more pairings)"
    ]
    assert annotations(Outcome(tuple(results)), [case], only=[]) == []
    assert len(annotations(Outcome(tuple(results)), [case], only=["mine/odd[node-python]"])) == 1


def test_a_case_outside_the_repository_has_no_file() -> None:
    case = dataclasses.replace(make_case(), id="mine/odd")
    assert annotations(Outcome((failing("mine/odd"),)), [case]) == ["::error title=mine/odd[python]::it broke"]


def test_what_fails_a_run_without_a_case() -> None:
    entry = KnownDivergence("net/*", "*", "was once")
    lines = annotations(Outcome((), (entry,), missing=("2/3",)), [])
    assert lines[0] == "::error::shard 2/3 is missing"
    assert lines[1].startswith("::error::net/*[*] in known_divergences.toml no longer diverges")


def test_no_more_than_github_shows() -> None:
    cases = [dataclasses.replace(make_case(), id=f"mine/c{number}") for number in range(SHOWN + 5)]
    lines = annotations(Outcome(tuple(failing(case.id) for case in cases)), cases)
    assert len(lines) == SHOWN and lines[-1] == "::error::and 6 more, which are in the report"


def test_commands_are_off_while_others_write() -> None:
    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt), no_commands(stream, True):
        print("::error::injected", file=stream)
        raise KeyboardInterrupt
    assert re.fullmatch(r"::stop-commands::(\w{32})\n::error::injected\n::\1::\n", stream.getvalue())


def test_the_summary_is_appended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    add_summary("nowhere to go")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    (tmp_path / "summary").write_text("before\n")
    add_summary("# A report")
    assert (tmp_path / "summary").read_text() == "before\n# A report\n"


def test_a_run_in_github_actions(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    local_node: NodeSubject,
) -> None:
    command = CommandLine(tmp_path, monkeypatch, capsys)
    command.cases("mine.py", good=1, odd=1)
    assert "::error" not in command.judge("mine.py").out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    ran = command.judge("mine.py", "--output", "one")
    (line,) = [line for line in ran.out.splitlines() if line.startswith("::error")]
    assert line.startswith("::error file=mine.py,line=10,title=mine/odd_0[python]::")
    assert ran.code == 1 and "# Conformance with Node" in (tmp_path / "summary").read_text()
    (tmp_path / "summary").unlink()
    assert "::" not in command.judge("mine.py", "--no-github").out.replace("mine.py::", "")
    assert not (tmp_path / "summary").exists()
    assert "::error" not in command.judge("mine.py", "--against", "one").out  # nothing new fails
    assert "0 new failures" in (tmp_path / "summary").read_text()
    for number in (1, 2):
        command.judge("mine.py", "--shard", f"{number}/2", "--output", f"shard{number}", "--no-github")
    ran = command("merge", "shard1", "shard2")
    assert ran.code == 1 and "::error file=mine.py,line=10,title=mine/odd_0[python]::" in ran.out
