"""Recorded references: they demand what live ones do, one that does not fit lets nothing pass, and no lie passes."""

import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.config import Config
from conformance.judge.normalize import Step, normal
from conformance.judge.session import Session
from conformance.judge.verdict import Exit, Outcome, Result, Verdict
from conformance.language.case import Case
from conformance.language.collect import collect_file
from conformance.language.selection import collect
from conformance.play import stored
from conformance.play.recordings import RecordedNode
from conformance.play.runner import PairingTrace, run_pairing
from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.python import PythonSubject
from conformance.tell.document import SCHEMA
from tests.conformance import liars
from tests.conformance.both_sides import write_cases
from tests.conformance.test_liars import LIES

FILE = Path(__file__).with_name("lied_about.py")
RUNS = ["--repeat", "2", "--confirm", "2"]

#: An implementation of the API that forgets an event, as another package would offer it.
LIAR = """
from conformance.play.subjects.python import PythonSubject
from tests.conformance import liars


class Forgetful(liars.Liar):
    def __init__(self):
        super().__init__(PythonSubject(), liars.once(liars.event("peer", "end"), lambda record: []))
        self.name = "forgetful"

    def open(self, run_dir):
        self._honest.open(run_dir)

    def close(self):
        self._honest.close()
"""


def conformance(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conformance", *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(
        command, cwd=directory, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def recorded(local_node: NodeSubject, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the case file, and recordings of it where they lie by default."""
    directory = tmp_path_factory.mktemp("recorded")
    shutil.copy(FILE, directory)
    done = conformance(directory, "record", "lied_about.py", *RUNS, CONFORMANCE_NODE="local")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recorded 3 of 3 cases, 4 runs each: 3 conformant" in done.stdout
    return directory


@pytest.fixture
def there(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoiled."""
    return Path(shutil.copytree(recorded, tmp_path / "there"))


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """An environment in which there is no Node: none in the cache, no npm to fetch one, no container engine."""
    empty = tmp_path / "empty"
    empty.mkdir()
    path = os.pathsep.join(path for path in sys.path if path)
    where = {name: str(empty) for name in ("PATH", "XDG_CACHE_HOME", "DOCKER_CONFIG")}
    return {**where, "DOCKER_HOST": f"unix://{empty}/docker", "CONFORMANCE_NODE": "", "PYTHONPATH": path}


@pytest.fixture(scope="module")
def python(run_dir: Path) -> Iterator[PythonSubject]:
    with PythonSubject().opened(run_dir) as subject:
        yield subject


def cases_of(directory: Path) -> dict[str, Case]:
    return {case.name: case for case in collect_file(directory / "lied_about.py")}


@pytest.fixture
def judge(python: PythonSubject, run_dir: Path, tmp_path: Path) -> Callable[..., Result]:
    """Judge a subject on a case by the recordings of a directory."""

    def judge(directory: Path, case: str, subject: Any = python, **settings: Any) -> Result:
        given = {"repeat": 2, "confirm": 2, "rerun": 1, "deadline": 3.0, **settings}
        config = Config(output=tmp_path, reference="recorded", recordings=directory / "conformance-recordings", **given)
        reference = RecordedNode(config.recordings, config.version)
        reference.open(run_dir)
        session = Session(config, reference, [subject], run_dir)
        one = cases_of(directory)[case]
        return session.judge(one, session.pairings(one)[-1])

    return judge


def demanded(case: Case, run: PairingTrace) -> dict[str, list[Step]]:
    """What is compared of a run: all but what a role wrote to stderr."""
    return {
        role: [replace(step, detail="") for step in trace.steps] for role, trace in normal(case, run).items()
    }


class TestStoredRuns:
    """The one form in which runs lie on disk."""

    @pytest.mark.parametrize("glob", ["net/unix_sockets/*", "loop/fatal_exceptions/*", "dgram/receive/*"])
    def test_they_demand_what_they_demanded(
        self, glob: str, local_node: NodeSubject, run_dir: Path, tmp_path: Path
    ) -> None:
        for case in collect((glob,))[:8]:
            run = run_pairing(case, {role.name: local_node for role in case.roles}, run_dir)
            file = tmp_path / stored.file_name(case)
            stored.write(file, stored.made_of(case, local_node.describe()), [run])
            found = stored.read(file)
            assert demanded(case, found.runs[0]) == demanded(case, run)
            text = gzip.decompress(file.read_bytes()).decode()
            assert str(run_dir) not in text and str(Path.home()) not in text and str(Path.cwd()) not in text

    def test_neither_name_nor_content_tells_where_they_were_made(
        self, local_node: NodeSubject, run_dir: Path, tmp_path: Path
    ) -> None:
        made = []
        for name in ("here", "elsewhere"):
            (tmp_path / name).mkdir()
            shutil.copy(FILE, tmp_path / name)
            made.append(stored.made_of(cases_of(tmp_path / name)["datagram"], local_node.describe()))
        assert made[0] == made[1]

    @pytest.mark.parametrize("part", ["format", "case", "case_hash", "harness_hash", "reference", "kernel"])
    def test_they_say_what_they_were_made_of(self, part: str, recorded: Path) -> None:
        (file,) = recorded.glob("conformance-recordings/*/lied_about.refused.json.gz")
        assert stored.read(file).made_of[part]
        assert file.parent.name == f"node-{stored.read(file).made_of['reference']['version']}"
        assert file.stat().st_mode & 0o777 == 0o644


class TestJudging:
    """Verdicts without any Node."""

    def test_an_honest_subject_is_conformant_and_the_run_says_what_it_was_judged_by(
        self, recorded: Path, nowhere: dict[str, str], tmp_path: Path
    ) -> None:
        arguments = ["run", "lied_about.py", *RUNS, "--traces", "all", "--output", str(tmp_path / "out")]
        live = conformance(recorded, *arguments, **nowhere)
        assert live.returncode == 3 and "there is no npm here" in live.stderr  # and so no Node
        done = conformance(recorded, *arguments, "--reference", "recorded", **nowhere)
        assert done.returncode == 0, done.stdout + done.stderr
        first, second, *_ = done.stdout.splitlines()
        assert "provider: recorded" in first and "only the pairing in which the subject plays every role" in second
        report = json.loads((tmp_path / "out" / "last" / "report.json").read_text())
        jsonschema.validate(report, json.loads(SCHEMA.read_text()))
        assert report["reference"]["recordings"] == "conformance-recordings"
        assert {item["pairing"]: item["verdict"] for item in report["cases"]} == {
            "python": "conformant",
            "python-python": "conformant",
        }
        assert "in conformance-recordings; only pairings" in (tmp_path / "out" / "last" / "index.html").read_text()
        shown = conformance(recorded, "diff", "lied_about/exchange", "--output", str(tmp_path / "out"), **nowhere)
        assert shown.returncode == 0 and "conformant" in shown.stdout

    @pytest.mark.parametrize("name", LIES)
    def test_a_liar_is_caught(
        self, name: str, judge: Callable[..., Result], recorded: Path, python: PythonSubject
    ) -> None:
        lie, case, pairing, category, line, words = LIES[name]
        roles = [role.name for role in cases_of(recorded)[case].roles]
        lying = tuple(role for role, who in zip(roles, pairing.split("-"), strict=True) if who == "liar")
        result = judge(recorded, case, liars.Liar(python, lie, lying))
        assert (result.verdict, result.fails, result.reference_runs) == (Verdict.DIVERGENT, True, 4), result
        difference = result.first_difference
        assert difference is not None and (difference.category, difference.line) == (category, line), result.reason
        for word in words:
            assert word in result.reason

    def test_a_liar_is_caught_on_the_command_line_where_there_is_no_node(
        self, recorded: Path, nowhere: dict[str, str], tmp_path: Path
    ) -> None:
        package = tmp_path / "package"
        installed = package / "forgetful-1.dist-info"
        installed.mkdir(parents=True)
        (package / "forgetful.py").write_text(LIAR)
        (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: forgetful\nVersion: 1\n")
        (installed / "entry_points.txt").write_text("[conformance.subjects]\nforgetful = forgetful:Forgetful\n")
        nowhere["PYTHONPATH"] = os.pathsep.join([str(package), nowhere["PYTHONPATH"]])
        arguments = ["--reference", "recorded", "--subject", "forgetful", *RUNS, "--output", str(tmp_path / "out")]
        done = conformance(recorded, "run", "lied_about.py", *arguments, **nowhere)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "DIVERGENT lied_about/exchange[forgetful-forgetful]" in done.stdout
        assert "peer 'end' never came" in done.stdout
        assert "2 conformant, 1 divergent, 0 errored" in done.stdout
        (replay,) = re.findall(r"replay: (.*)", done.stdout)
        assert "--reference recorded" in replay and "--node" not in replay

    def test_what_the_reference_varies_on_is_unstable(
        self, local_node: NodeSubject, judge: Callable[..., Result], tmp_path: Path
    ) -> None:
        file = write_cases(
            tmp_path,
            '@case(about="x")\ndef varies(t):\n    t.note("active port", t.net.Socket().bytes_read)\n',
            "lied_about",
        )
        done = conformance(tmp_path, "record", str(file), *RUNS, CONFORMANCE_NODE="local")
        assert done.returncode == 0, done.stderr
        (path,) = tmp_path.glob("conformance-recordings/*/*.json.gz")
        found = stored.read(path)
        for number, run in enumerate(found.runs):
            run.roles["main"][0]["args"] = [number]
        stored.write(path, found.made_of, found.runs)
        result = judge(tmp_path, "varies")
        assert result.verdict is Verdict.UNSTABLE and "varies in the reference" in result.reason

    def test_no_further_version_stands_beside_recordings(self, recorded: Path, nowhere: dict[str, str]) -> None:
        done = conformance(recorded, "run", "lied_about.py", "--reference", "recorded", "--node", "24,22", **nowhere)
        assert done.returncode == 4 and "no further version of Node" in done.stderr

    def test_a_setting_does_the_same(self, there: Path, nowhere: dict[str, str]) -> None:
        settings = 'reference = "recorded"\nrecordings = "conformance-recordings"\nrepeat = 1\nconfirm = 3\n'
        (there / "conformance.toml").write_text(settings)
        done = conformance(there, "run", "lied_about.py", "-k", "datagram", **nowhere)
        assert done.returncode == 0 and "provider: recorded" in done.stdout, done.stderr
        surface = conformance(there, "surface", **nowhere)  # it asks a Node that runs
        assert surface.returncode == 3 and "there is no npm here" in surface.stderr


    def test_pytest_judges_by_them_too(self, there: Path, nowhere: dict[str, str]) -> None:
        (there / "conformance.toml").write_text('reference = "recorded"\nrepeat = 1\nconfirm = 3\n')
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "lied_about.py"]
        env = {**os.environ, **nowhere}
        done = subprocess.run(command, cwd=there, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0 and "3 passed" in done.stdout, done.stdout + done.stderr
        assert "provider: recorded" in done.stdout


def spoil(directory: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change what stands in the recording of ``refused``."""
    (file,) = directory.glob("conformance-recordings/*/lied_about.refused.json.gz")
    data = json.loads(gzip.decompress(file.read_bytes()))
    change(data)
    file.write_bytes(gzip.compress(json.dumps(data).encode()))


def write_over(data: bytes) -> Callable[[Path], None]:
    def spoiled(directory: Path) -> None:
        (file,) = directory.glob("conformance-recordings/*/lied_about.refused.json.gz")
        file.write_bytes(data)

    return spoiled


def cut_off(directory: Path) -> None:
    (file,) = directory.glob("conformance-recordings/*/lied_about.refused.json.gz")
    file.write_bytes(file.read_bytes()[:-20])


def take_away(directory: Path) -> None:
    (file,) = directory.glob("conformance-recordings/*/lied_about.refused.json.gz")
    file.unlink()


def change_the_case(directory: Path) -> None:
    file = directory / "lied_about.py"
    file.write_text(file.read_text().replace("nobody listens", "really nobody listens"))


def put(**values: Any) -> Callable[[Path], None]:
    return lambda directory: spoil(directory, lambda data: data.update(values))


#: What may be wrong with a recording → how, and words of the reason.
WRONG: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "missing": (take_away, "there is no recording of lied_about/refused"),
    "the case has changed": (change_the_case, "is stale: the case, or another one in its file, has changed"),
    "the harness has changed": (put(harness_hash="0" * 64), "is stale: the harness has changed"),
    "the format has changed": (put(format=1), "is stale: its format is that of another version"),
    "of another case": (put(case="lied_about/datagram"), "is stale: it is of another case"),
    "of another Node": (put(reference={"version": "1.2.3"}), "is of Node 1.2.3"),
    "no runs": (put(runs=[]), "has 0 runs of Node; 4 are needed"),
    "too few runs": (lambda at: spoil(at, lambda data: data["runs"].pop()), "has 3 runs of Node; 4 are needed"),
    "runs that are none": (put(runs=[5, 6, 7, 8]), "it holds no runs"),
    "no list of runs": (lambda at: spoil(at, lambda data: data.pop("runs")), "it holds no runs"),
    "empty": (write_over(b""), "cannot be read"),
    "garbage": (write_over(b"garbage"), "cannot be read: it is cut off or no gzip file"),
    "cut off": (cut_off, "cannot be read: it is cut off or no gzip file"),
    "not JSON": (write_over(gzip.compress(b"garbage")), "cannot be read: it holds no runs"),
    "a list": (write_over(gzip.compress(b"[]")), "cannot be read: it holds no runs"),
}


class TestRecordingsThatDoNotFit:
    """Each is an error of its item, exit code 3: never a pass, and nothing is run in its place."""

    @pytest.mark.parametrize("name", WRONG)
    def test_the_item_is_errored(self, name: str, there: Path, judge: Callable[..., Result]) -> None:
        spoiled, words = WRONG[name]
        assert judge(there, "refused").verdict is Verdict.CONFORMANT
        spoiled(there)
        result = judge(there, "refused")
        assert result.verdict is Verdict.ERRORED and words in result.reason, result.reason
        assert Outcome((result,)).exit is Exit.UNAVAILABLE

    def test_the_run_goes_on_with_the_others_and_ends_with_3(self, there: Path, nowhere: dict[str, str]) -> None:
        take_away(there)
        done = conformance(there, "run", "lied_about.py", "--reference", "recorded", *RUNS, **nowhere)
        assert done.returncode == 3, done.stdout + done.stderr
        assert "2 conformant, 0 divergent, 1 errored" in done.stdout
        assert "internal error" not in done.stdout + done.stderr

    def test_more_runs_than_recorded_cannot_be_asked_for(self, recorded: Path, judge: Callable[..., Result]) -> None:
        result = judge(recorded, "refused", confirm=15)
        assert result.verdict is Verdict.ERRORED and "has 4 runs of Node; 17 are needed" in result.reason

    @pytest.mark.parametrize("node", [None, "22", "24.0.0"])
    def test_no_recordings_at_all_end_the_run(
        self, node: str | None, recorded: Path, run_dir: Path, tmp_path: Path
    ) -> None:
        directory = tmp_path if node is None else recorded / "conformance-recordings"
        with pytest.raises(ReferenceUnavailable, match=r"there are no recordings( of Node 2\S+)? in .*`conformance"):
            RecordedNode(directory, node).open(run_dir)

    def test_the_beginning_of_a_version_will_do(self, recorded: Path, run_dir: Path) -> None:
        (file,) = (recorded / "conformance-recordings").iterdir()
        version = file.name.removeprefix("node-")
        for begins in (None, version.split(".")[0], version):
            reference = RecordedNode(recorded / "conformance-recordings", begins)
            reference.open(run_dir)
            assert reference.describe()["version"] == version


class TestRecording:
    """``conformance record``."""

    def test_what_node_does_not_get_through_is_not_recorded(self, local_node: NodeSubject, tmp_path: Path) -> None:
        write_cases(
            tmp_path,
            '@case(about="x")\ndef works(t):\n    t.note("x", 1)\n\n'
            '@case(about="x", deadline_ms=200)\ndef hangs(t):\n    t.interval(5, lambda: None)\n',
        )
        done = conformance(tmp_path, "record", "sample.py", *RUNS, "--recordings", "here", CONFORMANCE_NODE="local")
        assert done.returncode == 3 and "main hung" in done.stdout, done.stdout + done.stderr
        assert "recorded 1 of 2 cases, 4 runs each: 1 conformant, 0 divergent, 1 errored" in done.stdout
        assert [file.name for file in tmp_path.glob("here/*/*")] == ["sample.works.json.gz"]

    def test_where_nothing_can_be_written_it_says_so(self, local_node: NodeSubject, tmp_path: Path) -> None:
        shutil.copy(FILE, tmp_path)
        (tmp_path / "here").write_text("a file")
        done = conformance(tmp_path, "record", "lied_about.py", *RUNS, "--recordings", "here", CONFORMANCE_NODE="local")
        assert done.returncode == 3 and "cannot be written" in done.stderr, done.stdout + done.stderr


def test_the_page_is_true(local_node: NodeSubject, tmp_path: Path) -> None:
    """The commands of docs/recordings.md, one after the other."""
    page = (Path(__file__).parents[2] / "docs" / "recordings.md").read_text("utf-8")
    (commands,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    for command in commands.splitlines():
        _, *arguments = shlex.split(command)
        done = conformance(tmp_path, *arguments, CONFORMANCE_NODE="local")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "provider: recorded" in done.stdout and " conformant, 0 divergent, 0 errored" in done.stdout


class TestCacheDirectory:
    """``--cache DIR``: machines of one kind may share it."""

    def test_runs_of_several_outputs_share_it(self, local_node: NodeSubject, tmp_path: Path) -> None:
        shutil.copy(FILE, tmp_path)
        for output in ("a", "b"):
            arguments = ["--cache", "shared", "--output", output, *RUNS, "-k", "datagram", "--traces", "all"]
            done = conformance(tmp_path, "run", "lied_about.py", *arguments, CONFORMANCE_NODE="local")
            assert done.returncode == 0, done.stderr
            assert not (tmp_path / output / "cache").exists()
            (file,) = (tmp_path / "shared").iterdir()
        traces = [tmp_path / output / "last/traces/lied_about/datagram/node" for output in ("a", "b")]
        assert len({(trace / "main.jsonl").read_text() for trace in traces}) == 1  # with the same ports

    def test_a_setting_names_it_or_turns_it_off(self, tmp_path: Path) -> None:
        from conformance import config as settings

        assert settings.load(tmp_path).cache_directory == Path("build/conformance/cache")
        for text, where in (('cache = "shared"', tmp_path / "shared"), ("cache = false", None)):
            (tmp_path / "conformance.toml").write_text(text)
            assert settings.load(tmp_path).cache_directory == where
