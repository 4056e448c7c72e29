"""``--map`` and ``--changed``: what has changed selects the cases that execute it, and everything where that is not
known."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.command.changed import Changes, changes_since
from conformance.command.options import Failed
from conformance.language.collect import collect_file
from conformance.play.subjects.node import NodeSubject
from conformance.tell import execution

ROOT = Path(__file__).parents[2]

THING = '''"""A module."""
import os

LIMIT = 3


def free(x):
    """Says so."""
    def inner():
        return x
    return inner


class Thing:
    size = 1

    @property
    def shown(self):
        return 1

    @shown.setter
    def shown(self, value):
        pass

    async def method(self):
        return 2
'''

CASES = '''from conformance import case

NUMBER = 1


@case(about="one")
def one(t):
    t.note("n", 1)


@case(about="two")
def two(t):
    t.note("n", 2)
'''


def git(place: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=place, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a package in ``impl/`` and a file of cases."""
    place = tmp_path / "project"
    (place / "impl/pack/part").mkdir(parents=True)
    (place / "impl/pack/part/thing.py").write_text(THING)
    (place / "impl/pack/other.py").write_text("def other():\n    return 1\n")
    (place / "impl/setup.py").write_text("")
    (place / "mine.py").write_text(CASES)
    git(place, "init", "-q")
    git(place, "add", ".")
    git(place, "commit", "-qm", "first")
    monkeypatch.chdir(place)
    return place


Changed = Callable[..., Changes]


@pytest.fixture
def changed(project: Path) -> Changed:
    """Put ``new`` in the place of ``old`` in a file; what has changed then."""

    def edit(old: str = "", new: str = "", file: str = "impl/pack/part/thing.py", since: str = "HEAD") -> Changes:
        if old:
            text = (project / file).read_text()
            assert old in text
            (project / file).write_text(text.replace(old, new, 1))
        return changes_since(since, project / "impl/pack", collect_file(project / "mine.py"))

    return edit


FILE = "pack/part/thing.py"


@pytest.mark.parametrize(
    ("old", "new", "functions", "names"),
    [
        ("return x", "return x + 1", {"free"}, set()),
        ("return 2", "return 3", {"Thing.method"}, set()),
        ("def free(x)", "def free(x, y=1)", {"free"}, set()),
        ("        pass\n", "        self.x = value\n", {"Thing.shown"}, set()),
        ("async def method", "async def renamed", {"Thing.method"}, {"renamed"}),
        ("\n\nclass Thing", "\n\ndef added():\n    pass\n\n\nclass Thing", set(), {"added"}),
        ('"""Says so."""', '"""Says something else."""', set(), set()),
        ('"""A module."""', "# a comment", set(), set()),
    ],
)
def test_a_function_is_changed_by_what_it_does(
    changed: Changed, old: str, new: str, functions: set[str], names: set[str]
) -> None:
    found = changed(old, new)
    assert (found.everything, found.cases) == ("", set())
    assert found.functions == {(FILE, name) for name in functions} and found.names == names


@pytest.mark.parametrize(
    ("old", "new", "file", "words"),
    [
        ("LIMIT = 3", "LIMIT = 4", "impl/pack/part/thing.py", "outside of its functions"),
        ("size = 1", "size = 2", "impl/pack/part/thing.py", "outside of its functions"),
        ("class Thing:", "class Thing(dict):", "impl/pack/part/thing.py", "outside of its functions"),
        ("size = 1", "size = 1\n\n    def __eq__(self, x):\n        return x", "impl/pack/part/thing.py", "__eq__"),
        ("def free(x)", "def free(x", "impl/pack/part/thing.py", "cannot be read"),
    ],
)
def test_what_may_have_an_effect_anywhere_selects_everything(
    changed: Changed, old: str, new: str, file: str, words: str
) -> None:
    assert words in changed(old, new, file).everything


def test_files_that_come_and_go(changed: Changed, project: Path) -> None:
    (project / "impl/pack/new.py").write_text("def new():\n    pass\n")
    (project / "README.md").write_text("prose\n")
    (project / "elsewhere.py").write_text("x = 1\n")
    assert changed() == Changes()
    (project / "impl/build.cfg").write_text("x")
    assert "impl/build.cfg has changed, which is part of the subject" in changed().everything
    (project / "impl/build.cfg").unlink()
    (project / "impl/pack/other.py").unlink()
    assert changed().everything == "pack/other.py is gone"


def test_a_changed_case_selects_itself(changed: Changed, project: Path) -> None:
    assert changed('t.note("n", 2)', 't.note("n", 3)', "mine.py").cases == {"mine/two"}
    git(project, "commit", "-qam", "second")
    assert changed().cases == set() and changed(since="HEAD~1").cases == {"mine/two"}
    assert changed("NUMBER = 1", "NUMBER = 2", "mine.py").cases == {"mine/one", "mine/two"}


def test_the_harness_selects_everything(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import conformance.command.changed as module

    for name in ("harness/play", "fixtures", "harness/cases/net"):
        (project / name).mkdir(parents=True)
    monkeypatch.setattr(module, "_HARNESS", project / "harness")
    monkeypatch.setattr(module, "_FIXTURES", project / "fixtures")

    def found() -> str:
        return changes_since("HEAD", project / "impl/pack", []).everything

    (project / "harness/cases/net/x.py").write_text("")
    assert found() == ""
    for name in ("harness/play/stage.py", "fixtures/stage.js", "harness/known.toml"):
        (project / name).write_text("")
        assert found() == f"{name} has changed, which is part of the harness"
        (project / name).unlink()


def test_who_is_reached() -> None:
    (case, other) = (collect_file(Path(__file__).with_name("lied_about.py")))[:2]
    executed = [(FILE, "Thing.method"), (FILE, "free")]
    assert not Changes().reach(case, executed)
    assert Changes(everything="so").reach(case, [])
    assert Changes(functions={(FILE, "free")}).reach(case, executed)
    assert not Changes(functions={("pack/other.py", "free"), (FILE, "other")}).reach(case, executed)
    assert Changes(names={"method"}).reach(case, executed)  # it may stand in for the one that was executed
    assert Changes(cases={case.id}).reach(case, []) and not Changes(cases={case.id}).reach(other, [])


def test_git_that_cannot_tell(changed: Changed, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failed, match="no revision 'net/half_open'"):
        changed(since="net/half_open")
    with pytest.raises(Failed, match="is not in this repository"):
        changes_since("HEAD", tmp_path, [])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Failed, match="not a git repository"):
        changed()


def test_a_case_of_which_a_role_is_not_known_is_not_in_the_map(tmp_path: Path) -> None:
    cases = {case.name: case for case in collect_file(Path(__file__).with_name("lied_about.py"))}
    case = cases["exchange"]
    path, left = tmp_path / execution.NAME, tmp_path / "left"
    left.mkdir()
    stem = case.id.replace("/", ".")
    (left / f"{stem}+server+1.json").write_text('[["a.py", "f"]]')
    assert execution.record(path, left, cases.values()) == 0 and execution.read(path) == {}
    (left / f"{stem}+client+2.json").write_text("")
    assert execution.record(path, left, cases.values()) == 0
    (left / f"{stem}+client+2.json").write_text('[["a.py", "g"]]')
    assert execution.record(path, left, cases.values()) == 1
    assert execution.read(path) == {case.id: {("a.py", "f"), ("a.py", "g")}}
    path.write_text("{")
    assert execution.read(path) == {}


# For real.


def run(place: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": f"{place}/impl:{ROOT}", "CONFORMANCE_NODE": "local"}
    command = [sys.executable, "-m", "conformance", "run", "mine.py", *arguments]
    return subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


REAL = '''from conformance import case


@case(about="a note")
def note(t):
    t.note("n", 1)


@case(about="a list of addresses")
def addresses(t):
    found = t.net.BlockList()
    found.add_address("127.0.0.1")
    t.note("there", found.check("127.0.0.1"))
'''


def test_a_map_of_nodesock_selects_by_function(tmp_path: Path, local_node: NodeSubject) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "impl/nodesock", tmp_path / "impl/nodesock", ignore=ignored)
    (tmp_path / "mine.py").write_text(REAL)
    (tmp_path / ".gitignore").write_text("__pycache__\n_pyuv\nbuild\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    done = run(tmp_path, "--changed")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "there is no map under build/conformance: all 2 cases are run; --map records one" in done.stdout
    done = run(tmp_path, "--map")
    assert done.returncode == 0 and "map: 2 of 2 cases in build/conformance/map.json" in done.stdout
    assert not list((tmp_path / "build/conformance").glob(".executed*"))
    known = execution.read(tmp_path / "build/conformance/map.json")
    ((file, name),) = [one for one in known["mine/addresses"] if one[1] == "BlockList.check"]
    assert (file, name) not in known["mine/note"]
    assert known["mine/note"] & known["mine/addresses"]

    path = tmp_path / "impl" / file
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.lstrip().startswith("def check("))
    end = next(number for number in range(at, len(lines)) if lines[number].rstrip().endswith(":"))
    docstring = lines[end + 1].lstrip().startswith('"""')
    if docstring:
        end = next(n for n in range(end + 1, len(lines)) if lines[n].rstrip().endswith('"""'))
    lines.insert(end + 1, "        changed = 1  # noqa\n")
    path.write_text("".join(lines))
    done = run(tmp_path, "--changed")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 function and 0 cases changed since HEAD: 1 of 2 cases, 0 of them not in the map" in done.stdout
    assert "mine/addresses:" in done.stdout and "mine/note:" not in done.stdout
    path.write_text(text)
    done = run(tmp_path, "--changed", "HEAD")
    assert done.returncode == 5 and "no selected case executes any" in done.stderr
    path.write_text(text + "\nSOMETHING = 1\n")
    assert "outside of its functions: all 2 cases are run" in run(tmp_path, "--changed").stdout
    for option in ("--map", "--changed"):
        done = run(tmp_path, option, "--subject", "node:24")
        assert done.returncode == 4 and f"{option} needs the subject python" in done.stderr
