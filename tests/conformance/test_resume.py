"""No finished result is lost: a run that is interrupted, killed or out of disk leaves what it has done, and can go on.

The runs are real ones, in processes of their own, on a local Node.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from junitparser import JUnitXml

from conformance.play.subjects.node import NodeSubject
from conformance.tell.document import SCHEMA
from tests.conformance.test_cli import DIVERGENT, HANGS

ROOT = Path(__file__).parents[2]

#: The third case is the one that a run is interrupted in.
CASES = """
from conformance import case


@case(about="done before the interruption")
def first(t):
    t.note("n", 1)


@case(about="done before the interruption too")
def second(t):
    t.note("n", 2)


@case(about="takes as long as the test wants")
def slow(t):
    t.timeout(SLOW_MS, lambda: t.note("n", 3))


@case(about="never reached before the interruption")
def last(t):
    t.note("n", 4)
"""


@pytest.fixture
def project(tmp_path: Path, local_node: NodeSubject) -> Path:
    """A project whose settings name its cases: a run without a selection is a whole one."""
    (tmp_path / "conformance.toml").write_text('cases = ["mine.py"]\nknown-divergences = "known.toml"\n')
    (tmp_path / "known.toml").write_text("")
    put_cases(tmp_path, slow_ms=30_000)
    return tmp_path


def put_cases(project: Path, slow_ms: int) -> None:
    (project / "mine.py").write_text(CASES.replace("SLOW_MS", str(slow_ms)))


def command(*arguments: str) -> list[str]:
    options = ["--jobs", "1", "--deadline", "60", "--traces", "all"]
    return [sys.executable, "-m", "conformance", "run", *options, *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}/impl:{ROOT}", "CONFORMANCE_NODE": "local", "COLUMNS": "200"}


def started(project: Path, *arguments: str) -> "subprocess.Popen[str]":
    """A run that has judged its first two cases and is in the slow one."""
    process = subprocess.Popen(
        command(*arguments),
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("mine/second:"):
            return process
    raise AssertionError("the run ended early")


def run(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(*arguments), cwd=project, env=environment(), capture_output=True, text=True, timeout=120
    )


def verdicts(directory: Path) -> list[str]:
    """The verdicts in ``report.json``, which has to be as its schema says."""
    data: dict[str, Any] = json.loads((directory / "report.json").read_text())
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    found = [entry["verdict"] for entry in data["cases"]]
    for verdict in set(found):
        assert data["totals"][verdict] == found.count(verdict)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("selection", [[], ["mine.py"]])
def test_an_interrupted_run_reports_what_is_done_and_goes_on(
    project: Path, number: signal.Signals, selection: list[str]
) -> None:
    output = project / "build/conformance"
    with started(project, *selection) as process:
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert "4 conformant, 0 divergent, 0 errored, 4 not_run" in said and "Traceback" not in said
    assert not (output / "report.json").exists()
    assert verdicts(output / "last") == ["conformant"] * 4 + ["not_run"] * 4
    xml = JUnitXml.fromfile(str(output / "last/junit.xml"))
    assert (xml.tests, xml.skipped, xml.failures, xml.errors) == (8, 4, 0, 0)
    page = (output / "last/index.html").read_text()
    assert "cut short: 4 of 8 items were not run" in page
    assert (output / "last/cases/mine/first.html").exists()
    assert "main.jsonl" in (output / "last/cases/mine/first.html").read_text()

    (go_on,) = [line for line in said.splitlines() if line.startswith("go on with: ")]
    put_cases(project, slow_ms=10)
    # As pasted. The file was changed, so what it had judged does not hold: all of it is run again.
    done = subprocess.run(
        go_on.removeprefix("go on with: "),
        shell=True,
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0 and "taken over" not in done.stdout, done
    assert verdicts(output / "last" if selection else output) == ["conformant"] * 8


@pytest.mark.parametrize("selection", [[], ["mine.py"]])
def test_a_killed_run_goes_on_without_running_finished_items_again(
    project: Path, selection: list[str]
) -> None:
    put_cases(project, slow_ms=1_500)
    output = project / "build/conformance"
    with started(project, *selection) as process:
        process.kill()
        process.communicate(timeout=60)
    work = output / ("last" if selection else "unfinished")
    lines = (work / "results.jsonl").read_text().splitlines()
    assert len(lines) == 5  # the head and four results
    # What the kernel had not written yet when the machine went down.
    (work / "results.jsonl").write_text("\n".join(lines) + '\n{"case":"0123","resu')
    done = run(project, "--resume")
    assert done.returncode == 0, done
    assert "resumed: 4 results were taken over from the interrupted run" in done.stdout
    assert "8 conformant, 0 divergent, 0 errored" in done.stdout
    assert "mine/first:" not in done.stdout and "mine/slow: node ok, python ok" in done.stdout
    report = output / "last" if selection else output
    assert verdicts(report) == ["conformant"] * 8
    assert "main.jsonl" in (report / "cases/mine/first.html").read_text()  # the traces of what was taken over
    again = run(project, "--resume")
    assert again.returncode == 4 and "no interrupted run" in again.stderr


def test_only_the_same_comparison_is_resumed(project: Path) -> None:
    put_cases(project, slow_ms=1_500)
    with started(project) as process:
        process.kill()
        process.communicate(timeout=60)
    other = run(project, "--resume", "mine.py")
    assert other.returncode == 4 and "no interrupted run of this selection" in other.stderr
    other = run(project, "--resume", "--subject", "node:24")
    assert other.returncode == 4 and "the interrupted run was nodesock" in other.stderr
    assert run(project, "mine.py::*first").returncode == 0  # a replay in between takes nothing away
    done = run(project, "--resume")
    assert done.returncode == 0 and "resumed: 4 results" in done.stdout, done


def test_neither_a_whole_nor_a_partial_run_overwrites_the_other(project: Path) -> None:
    put_cases(project, slow_ms=10)
    output = project / "build/conformance"
    assert "report: build/conformance/last/index.html" in run(project, "mine.py::*first").stdout
    assert verdicts(output / "last") == ["conformant"] * 2
    whole = run(project)
    assert whole.returncode == 0 and whole.stdout.endswith("report: build/conformance/index.html\n"), whole
    assert not (output / "unfinished").exists()
    assert verdicts(output) == ["conformant"] * 8 and verdicts(output / "last") == ["conformant"] * 2
    before = (output / "report.json").read_bytes(), (output / "index.html").read_bytes()
    for narrowed in (["mine.py::*last"], ["-k", "last"], ["--pairing", "python"]):
        assert run(project, *narrowed).returncode == 0
    assert verdicts(output / "last") == ["conformant"] * 4
    assert before == ((output / "report.json").read_bytes(), (output / "index.html").read_bytes())
    for name in ("traces/mine/first/python/run.json", "traces/mine/slow/node/main.jsonl", "junit.xml"):
        assert (output / name).exists()


def test_a_printed_replay_line_works_when_pasted(project: Path) -> None:
    spaced = project / "my own"
    spaced.mkdir()
    (spaced / "odd.py").write_text(DIVERGENT)
    odd = ["my own/odd.py", "--output", "my reports", "--rerun", "1", "--confirm", "0", "--repeat", "1"]
    ran = run(project, *odd, "--subject", "node:22", "--known-divergences", "known.toml")
    assert ran.returncode in (0, 1), ran
    ran = run(project, *odd)
    assert ran.returncode == 1
    (line,) = [line.strip() for line in ran.stdout.splitlines() if line.startswith("  replay: ")]
    replay = line.removeprefix("replay: ")
    assert shlex.split(replay)[0] == sys.executable
    assert shlex.quote("my own/odd.py::odd/odd") in replay and "--output 'my reports'" in replay
    shutil.rmtree(project / "my reports")
    bare = {**environment(), "PATH": "/nonexistent"}  # no `python` but the one that ran
    again = subprocess.run(
        ["/bin/sh", "-c", replay], cwd=project, env=bare, capture_output=True, text=True, timeout=120
    )
    assert again.returncode == 1 and "DIVERGENT odd/odd[python]" in again.stdout, again
    assert (project / "my reports/last/report.json").exists()


def test_the_replay_line_names_a_subject_that_the_settings_do_not(project: Path) -> None:
    (project / "odd.py").write_text(DIVERGENT)
    with (project / "conformance.toml").open("a") as file:
        file.write('subject = "node:24"\n')
    ran = run(project, "odd.py", "--subject", "python", "--repeat", "1", "--confirm", "0")
    assert "--subject python" in ran.stdout


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own with 1 MiB, for root only."""
    with tempfile.TemporaryDirectory() as name:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", name], capture_output=True, text=True
        )
        if mounted.returncode:
            pytest.skip(f"no file system can be mounted: {mounted.stderr.strip()}")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", name], check=True)


def fill(directory: Path) -> None:
    with (directory / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def test_a_full_disk_keeps_what_is_done(project: Path, small_disk: Path) -> None:
    put_cases(project, slow_ms=1_500)
    with started(project, "--output", str(small_disk)) as process:
        fill(small_disk)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 3, said
    message = said.splitlines()[-1]
    assert "cannot be written: No space left on device" in message and "Traceback" not in said
    assert f"results are in {small_disk}/unfinished/results.jsonl" in message
    found = verdicts(small_disk / "last")
    assert found[:4] == ["conformant"] * 4 and "not_run" in found
    (small_disk / "ballast").unlink()
    done = run(project, "--resume", "--output", str(small_disk))
    assert done.returncode == 0 and "were taken over" in done.stdout, done
    assert verdicts(small_disk) == ["conformant"] * 8


def test_a_disk_that_is_full_from_the_start_is_one_line(project: Path, small_disk: Path) -> None:
    fill(small_disk)
    ran = run(project, "--output", str(small_disk))
    assert ran.returncode == 3 and len(ran.stderr.splitlines()) == 1
    assert "No space left on device" in ran.stderr


def test_a_reader_that_leaves_changes_nothing(project: Path) -> None:
    """``run | head -1``: the run goes on, and its exit code is its verdict's."""
    (project / "odd.py").write_text(DIVERGENT)
    for case, code in (("mine.py::*first", 0), ("odd.py", 1)):
        line = f"set -o pipefail; {shlex.join(command(case))} | head -1"
        ran = subprocess.run(
            ["bash", "-c", line], cwd=project, env=environment(), capture_output=True, text=True, timeout=120
        )
        assert (ran.returncode, ran.stderr) == (code, ""), ran
        assert len(ran.stdout.splitlines()) == 1
        assert len(verdicts(project / "build/conformance/last")) == 2


@pytest.mark.parametrize("verb", ["list", "list --json", "show half_open/server_writes_after_fin", "run --help"])
def test_a_reader_that_leaves_is_no_error_for_any_verb(project: Path, verb: str) -> None:
    line = f"set -o pipefail; {sys.executable} -m conformance {verb} | true"
    ran = subprocess.run(
        ["bash", "-c", line], cwd=project, env=environment(), capture_output=True, text=True, timeout=120
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_hung_reference_is_interrupted_too(project: Path) -> None:
    (project / "hangs.py").write_text(HANGS)
    process = subprocess.Popen(
        command("mine.py::*first", "hangs.py"),
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process:
        while not process.stdout.readline().startswith("mine/first"):
            pass
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 2, said
    assert verdicts(project / "build/conformance/last") == ["conformant"] * 2 + ["not_run"] * 2
