"""The two distributions, built through their sdists and installed as a user does: what is in each, and what is not."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from configparser import ConfigParser
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.node import NodeSubject

ROOT = Path(__file__).parent.parent
BUILT = ("__pycache__", "*.pyc", "*.so", "*.egg-info", "_pyuv", "build", "dist")
NEEDS_NODESOCK = (
    "conformance: the subject \"python\" needs nodesock: pip install 'nodesock-conformance[python]'\n"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with two wheels and two sdists. Built from a copy: the checkout stays as it is."""
    tree, into = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("built")
    for name in ("conformance", "impl", "node_fixtures"):
        shutil.copytree(ROOT / name, tree / name, symlinks=True, ignore=shutil.ignore_patterns(*BUILT))
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tree)
    for project in (tree / "impl", tree):
        command = [sys.executable, "-m", "build", "--outdir", str(into), str(project)]
        done = subprocess.run(command, env=plain(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return into


def plain() -> dict[str, str]:
    """The environment without what makes a checkout importable."""
    return {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST", "COV"))
    }


class Wheel:
    """What a wheel contains and says of itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as archive:
            self.files = set(archive.namelist())
            self.texts = {
                name.rpartition("/")[2]: archive.read(name).decode()
                for name in self.files
                if ".dist-info/" in name
            }

    @property
    def metadata(self) -> Message:
        return Parser().parsestr(self.texts["METADATA"])

    @property
    def packages(self) -> set[str]:
        """The top-level names that it installs."""
        return {top for name in self.files if not (top := name.split("/")[0]).endswith(".dist-info")}


def wheel(built: Path, name: str) -> Wheel:
    [path] = built.glob(f"{name}-*.whl")
    return Wheel(path)


def installed(directory: Path, *arguments: str) -> Path:
    """A fresh virtual environment with these pip arguments installed; its directory of commands."""
    venv.create(directory, with_pip=True)
    commands = directory / "bin"
    pip = [str(commands / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *arguments], env=plain(), check=True)
    return commands


def run(*command: Path | str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**plain(), "CONFORMANCE_NODE": "local"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def sources(package: str, base: Path) -> set[str]:
    """Every file of a package in the checkout that a build is to take along."""
    wanted = set()
    for path in (base / package).rglob("*"):
        name = path.relative_to(base)
        if path.is_file() and not {"__pycache__", "_pyuv"} & set(name.parts):
            wanted.add(str(name))
    return wanted


def test_nodesock_is_the_library_alone(built: Path) -> None:
    found = wheel(built, "nodesock")
    assert found.packages == {"nodesock"}
    assert sources("nodesock", ROOT / "impl") <= found.files
    assert "nodesock/py.typed" in found.files
    extension = {name for name in found.files if name.startswith("nodesock/_pyuv/")}
    assert any(name.endswith(".so") for name in extension)
    for licence in ("LICENSE.pyuv", "LICENSE.libuv", "LICENSE.libuv-extra"):
        assert f"nodesock/_pyuv/{licence}" in extension
    assert found.texts["LICENSE"] == (ROOT / "LICENSE").read_text("utf-8")
    assert "entry_points.txt" not in found.texts
    assert found.metadata["Name"] == "nodesock"
    assert found.metadata.get_all("Requires-Dist") is None


def test_the_harness_is_pure_python_without_nodesock(built: Path) -> None:
    found = wheel(built, "nodesock_conformance")
    assert found.path.name.endswith("-py3-none-any.whl")
    assert found.packages == {"conformance", "node_fixtures"}
    assert sources("conformance", ROOT) | sources("node_fixtures", ROOT) <= found.files
    assert found.texts["LICENSE"] == (ROOT / "LICENSE").read_text("utf-8")
    points = ConfigParser()
    points.read_string(found.texts["entry_points.txt"])
    assert dict(points["console_scripts"]) == {"conformance": "conformance.__main__:main"}
    assert dict(points["pytest11"]) == {"conformance": "conformance.pytest_plugin"}
    assert found.metadata["Name"] == "nodesock-conformance"
    nodesock = [line for line in found.metadata.get_all("Requires-Dist", []) if line.startswith("nodesock")]
    assert nodesock == ["nodesock; extra == 'python'"]


def test_both_have_the_same_version(built: Path) -> None:
    versions = {wheel(built, name).metadata["Version"] for name in ("nodesock", "nodesock_conformance")}
    assert len(versions) == 1


def test_the_sdist_of_nodesock_stands_alone(built: Path) -> None:
    [path] = built.glob("nodesock-*.tar.gz")
    with tarfile.open(path) as archive:
        files = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert {"LICENSE", "README.md", "pyproject.toml", "setup.py"} <= files
    assert sources("build_tools", ROOT / "impl") | sources("nodesock", ROOT / "impl") <= files
    assert not any(name.endswith(".so") for name in files)


def test_nodesock_installed_alone(built: Path, tmp_path: Path) -> None:
    commands = installed(tmp_path / "venv", "--no-index", str(wheel(built, "nodesock").path))
    assert not (commands / "conformance").exists()
    program = (
        "from importlib.util import find_spec\n"
        "import nodesock\n"
        "assert not any(map(find_spec, ('build_tools', 'conformance', 'node_fixtures')))\n"
        "nodesock.next_tick(print, 'ticked')\n"
        "nodesock.run()\n"
    )
    done = run(commands / "python", "-c", program, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ticked\n", "")


@pytest.fixture(scope="module")
def harness(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment with the harness and without nodesock."""
    wheels = str(wheel(built, "nodesock_conformance").path)
    return installed(tmp_path_factory.mktemp("venv") / "harness", wheels)


@pytest.mark.parametrize("arguments", [["run", "half_open/*"], ["surface"]])
def test_the_subject_python_needs_nodesock(harness: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = run(harness / "conformance", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", NEEDS_NODESOCK)


@pytest.mark.parametrize(
    "arguments", [["list"], ["show", "half_open/ends_itself"], ["export", "half_open/ends_itself"]]
)
def test_cases_are_read_and_translated_without_nodesock(
    harness: Path, tmp_path: Path, arguments: list[str]
) -> None:
    done = run(harness / "conformance", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_another_subject_runs_without_nodesock(harness: Path, tmp_path: Path) -> None:
    node = NodeSubject("local")
    try:
        node.open(tmp_path)
    except ReferenceUnavailable as unavailable:
        pytest.skip(str(unavailable))
    node.close()
    command = (harness / "conformance", "run", "half_open/ends_itself", "--subject", "node:24")
    done = run(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 divergent, 0 errored" in done.stdout


def test_pytest_says_that_nodesock_is_needed(harness: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from conformance import case\n\n\n@case(about='one note')\ndef noted(t):\n    t.note('n', 1)\n"
    )
    done = run(harness / "python", "-m", "pytest", "mine.py", cwd=tmp_path)
    assert done.returncode == 1
    assert NEEDS_NODESOCK.removeprefix("conformance: ").strip() in done.stdout
    assert "2 errors" in done.stdout and "Traceback" not in done.stdout
