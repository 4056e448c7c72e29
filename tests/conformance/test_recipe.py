"""The workflow in docs/ci: its commands run, in its order, with what it carries from job to job."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.play.subjects.node import NodeSubject
from tests.conformance.command_line import CommandLine

ROOT = Path(__file__).parents[2]
WORKFLOW = (ROOT / "docs/ci/conformance.yml").read_text()


def commands(job: str) -> list[str]:
    """The harness's commands in a job of the workflow."""
    text = re.split(rf"^  {job}:$", WORKFLOW, flags=re.MULTILINE)[1]
    text = re.split(r"^  \w+:$", text, flags=re.MULTILINE)[0]
    return re.findall(r"run: (python -m conformance .*)$", text, re.MULTILINE)


def play(place: Path, command: str, summary: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command as a step does, in a directory that holds the checkout."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}/impl:{ROOT}",
        "CONFORMANCE_NODE": "local",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(place),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    line = command.replace("python", shlex.quote(sys.executable), 1)
    return subprocess.run(
        ["bash", "-ec", line], cwd=place, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def workflow(tmp_path: Path, history: Path, odd: int) -> tuple[list[int], Path]:
    """One run of the workflow; the exit codes of its steps, and the directory of its last job."""
    (run,), (merge,) = commands("shard"), commands("merge")
    found = re.search(r"shard: \[(.*)\]", WORKFLOW)
    assert found
    numbers = [number.strip() for number in found[1].split(",")]
    assert f"/{len(numbers)} " in run
    codes = []
    last = tmp_path / "merge"
    for job in (*numbers, "merge"):
        place = last if job == "merge" else tmp_path / f"job-{job}"
        place.mkdir()
        if history.exists():
            shutil.copytree(history, place / "build/conformance")
        CommandLine.write_cases(place / "mine.py", good=4, odd=odd)
        (place / "conformance.toml").write_text('cases = ["mine.py"]\nconfirm = 0\nrerun = 0\n')
        if job == "merge":
            shutil.copytree(tmp_path / "artefacts", place / "shards")
        done = play(place, run.replace("${{ matrix.shard }}", job) if job != "merge" else merge, tmp_path / "summary")
        codes.append(done.returncode)
        assert done.returncode in (0, 1), done.stderr
        if job != "merge":
            assert ("cut by recorded durations" in done.stdout) == history.exists()
            assert (place / "reference-cache").is_dir() and not (tmp_path / "summary").exists()
            shutil.copytree(place / "build/conformance/last", tmp_path / f"artefacts/shard-{job}")
        else:
            assert done.stdout.count("::error file=mine.py") == odd
    return codes, last / "build/conformance"


def test_the_workflow_runs(tmp_path: Path, local_node: NodeSubject) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    codes, report = workflow(tmp_path / "first", tmp_path / "none", odd=0)
    assert codes == [0, 0, 0]
    for name in ("report.json", "report.md", "junit.xml", "index.html", "durations.json"):
        assert (report / name).is_file()
    assert (tmp_path / "first/summary").read_text().startswith("# Conformance with Node")
    history = tmp_path / "history"
    history.mkdir()
    shutil.copy(report / "durations.json", history)
    codes, report = workflow(tmp_path / "second", history, odd=1)
    assert sorted(codes[:-1]) == [0, 1] and codes[-1] == 1
    assert "mine/odd_0" in (tmp_path / "second/summary").read_text()


@pytest.mark.parametrize("job", ["shard", "merge"])
def test_a_job_has_one_command_of_the_harness(job: str) -> None:
    assert len(commands(job)) == 1
