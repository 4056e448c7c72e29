"""pytest_plugin: items, their names and outcomes, under xdist as well, and its absence from all other test
runs."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from conformance.play.subjects.node import NodeSubject
from tests.conformance.test_cli import CASE_FILE, DIVERGENT, HANGS

ROOT = Path(__file__).parents[2]

SKIPS = """
from conformance import case


@case(about="of a later Node", skip_unless="node>=99")
def later(t):
    t.note("n", 1)
"""


def run_pytest(directory: Path, *arguments: str, plugin: bool = True) -> subprocess.CompletedProcess[str]:
    """pytest in a directory, with nothing loaded but what is asked for."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "CONFORMANCE_NODE": "local",
    }
    plugins = ["-p", "conformance.pytest_plugin", "-p", "xdist"] if plugin else []
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugins, *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Another project, with cases of its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nconformance_files = cases/*.py\n")
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "mine.py").write_text(CASE_FILE)
    (cases / "later.py").write_text(SKIPS)
    return tmp_path


@pytest.fixture
def node(local_node: NodeSubject) -> None:
    """Skips where there is no local Node."""


def test_items_are_named_by_case_and_pairing(project: Path) -> None:
    ran = run_pytest(project, "--collect-only", "-q")
    assert ran.stdout.splitlines()[:8] == [
        "cases/later.py::later/later[node]",
        "cases/later.py::later/later[python]",
        "cases/mine.py::mine/a_note[node]",
        "cases/mine.py::mine/a_note[python]",
        "cases/mine.py::mine/said[node-node]",
        "cases/mine.py::mine/said[node-python]",
        "cases/mine.py::mine/said[python-node]",
        "cases/mine.py::mine/said[python-python]",
    ]


def test_the_built_in_cases_are_collected(tmp_path: Path) -> None:
    ran = run_pytest(ROOT, "conformance", "--collect-only", "-q", "-k", "server_writes_after_fin")
    assert "half_open/server_writes_after_fin[python-node]" in ran.stdout, ran.stdout + ran.stderr


def test_conformant_and_skipped(project: Path, node: None) -> None:
    ran = run_pytest(project, "-rs")
    assert ran.returncode == 0, ran.stdout
    assert "6 passed, 2 skipped" in ran.stdout and "needs node>=99" in ran.stdout
    assert re.search(r"^nodesock .* against Node 24\S+ \(.*provider: local\)$", ran.stdout, re.MULTILINE)


def test_under_xdist(project: Path, node: None) -> None:
    ran = run_pytest(project, "-n", "2")
    assert ran.returncode == 0, ran.stdout
    assert "6 passed, 2 skipped" in ran.stdout
    assert ran.stdout.count("against Node") == 1  # both workers say the same


def test_divergent_is_a_failure_with_a_readable_difference(project: Path, node: None) -> None:
    (project / "cases" / "odd.py").write_text(DIVERGENT)
    ran = run_pytest(project, "-k", "odd")
    assert ran.returncode == 1 and "1 failed, 1 passed" in ran.stdout
    assert "DIVERGENT odd/odd[python]" in ran.stdout and "note surface (#0)" in ran.stdout
    assert f"replay: {sys.executable} -m pytest 'cases/odd.py::odd/odd[python]'\n" in ran.stdout
    assert "Traceback" not in ran.stdout and "pytest_plugin.py" not in ran.stdout


def test_errored_is_counted_by_its_own_name(project: Path, node: None) -> None:
    (project / "cases" / "hangs.py").write_text(
        HANGS.replace('"a server nobody closes"', '"x", deadline_ms=300')
    )
    ran = run_pytest(project, "-k", "hangs")
    assert ran.returncode == 1 and "2 errored" in ran.stdout and "TCPServerWrap" in ran.stdout


def test_an_accepted_deviation_is_an_expected_failure_and_a_stale_one_a_failure(
    project: Path, node: None
) -> None:
    (project / "cases" / "odd.py").write_text(DIVERGENT)
    (project / "known.toml").write_text(
        '[[divergence]]\ncase = "odd/odd"\npairing = "python"\nreason = "so be it"\n'
        '[[divergence]]\ncase = "mine/a_note"\npairing = "python"\nreason = "long gone"\n'
    )
    (project / "conformance.toml").write_text('known-divergences = "known.toml"\n')
    ran = run_pytest(project, "-rxf", "-k", "odd or a_note")
    assert re.search(r"1 failed, 2 passed, .*1 xfailed", ran.stdout), ran.stdout
    assert (
        "so be it" in ran.stdout
        and "mine/a_note[python] in known.toml no longer diverges" in ran.stdout
    )


def test_a_broken_file_is_one_line(project: Path) -> None:
    (project / "cases" / "broken.py").write_text("def (")
    ran = run_pytest(project)
    assert ran.returncode == 2
    assert "broken.py:1: syntax error" in ran.stdout and "Traceback" not in ran.stdout


def test_a_reference_that_cannot_be_had_is_an_error_of_one_line(project: Path) -> None:
    ran = run_pytest(project, "--conformance-node", "99", "-k", "a_note")
    assert ran.returncode == 1
    assert "2 errors" in ran.stdout and "no Node 99" in ran.stdout and "Traceback" not in ran.stdout


def test_a_case_file_on_the_command_line_needs_no_setting(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CASE_FILE)
    assert "mine/a_note[node]" in run_pytest(tmp_path, "mine.py", "--collect-only", "-q").stdout


def test_other_test_runs_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CASE_FILE)  # in a project that does not name it: not a case file
    (tmp_path / "test_x.py").write_text(
        "import sys\n\ndef test_x():\n"
        "    ours = ('conformance', 'nodesock', 'docker', 'rich', 'click')\n"
        "    loaded = {name for name in sys.modules if name.startswith(ours)}\n"
        "    case = {'conformance', 'conformance.language', 'conformance.language.case'}\n"
        "    assert loaded == case | {'conformance.pytest_plugin'}\n"
    )
    ran = run_pytest(tmp_path, "-W", "error")
    assert ran.returncode == 0 and "1 passed" in ran.stdout, ran.stdout
    assert "against Node" not in ran.stdout
    assert "2 tests" not in ran.stdout


def test_the_entry_point_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"conformance": "conformance.pytest_plugin"}
