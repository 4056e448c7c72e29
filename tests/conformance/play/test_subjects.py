"""The subjects for real, without a container: the local Node and the forkserver, what they promise of every role."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.language.case import Case
from conformance.language.collect import collect_file
from conformance.play.subjects import container, supervised
from conformance.play.subjects.base import (
    ReferenceUnavailable,
    RoleStartError,
    StreamRole,
    SubjectUnavailable,
)
from conformance.play.subjects.lease import Lease, LeaseLost
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.python import PythonSubject
from conformance.play.subjects.rundir import RunDirectory
from conformance.play.subjects.runtimes import NODE
from conformance.play.subjects.supervised import connect
from tests.conformance.play.roles import CASE_FILE, capabilities, first_record, is_gone, play, terminated
from tests.conformance.scripted import make_case

ROOT = Path(__file__).parents[3]

class TestStreamRole:
    """JSON lines over a socket."""

    def test_lines_come_whole_and_the_last_needs_no_end(self) -> None:
        ours, theirs = socket.socketpair()
        with StreamRole(ours, {"role": "main"}) as role, theirs:
            assert theirs.recv(100) == b'{"role":"main"}\n'
            theirs.sendall(b"one\ntw")
            assert role.read() == [b"one"]
            assert role.read() == []
            theirs.sendall(b"o\n\nthree")
            assert role.read() == [b"two"]
            assert not role.ended
            theirs.close()
            assert role.read() == [b"three"]
            assert role.ended

    def test_killing_closes_the_connection_and_may_be_done_twice(self) -> None:
        ours, theirs = socket.socketpair()
        role = StreamRole(ours, {})
        theirs.recv(100)
        role.kill()
        role.kill()
        role.send({"too": "late"})
        assert role.ended
        assert theirs.recv(1) == b""
        theirs.close()

    def test_nobody_at_the_socket_is_a_start_error(self, tmp_path: Path) -> None:
        with pytest.raises(RoleStartError, match="No such file"):
            connect(str(tmp_path / "none"), {})


class TestRunDirectory:
    """Short, private, locked, swept."""

    def test_it_is_gone_afterwards(self) -> None:
        with RunDirectory() as path:
            assert path.stat().st_mode & 0o777 == 0o700
            assert len(str(path)) < 50
            (path / "deep").mkdir()
        assert not path.exists()

    def test_what_a_killed_harness_left_is_swept(self, tmp_path: Path) -> None:
        program = (
            "import os, signal, sys; from pathlib import Path\n"
            "from conformance.play.subjects.rundir import RunDirectory\n"
            "with RunDirectory(Path(sys.argv[1])) as path:\n"
            "    print(path, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
        )
        left = Path(done.stdout.strip())
        assert left.is_dir()
        with RunDirectory(tmp_path) as mine:
            assert not left.exists()
            with RunDirectory(tmp_path):
                assert mine.exists()


class TestLease:
    """Waiting for the other end."""

    def test_it_gives_up_in_time_and_when_the_other_end_has_ended(self, tmp_path: Path) -> None:
        alive, held = os.pipe()
        lease = Lease(tmp_path / "lease.sock")
        with pytest.raises(LeaseLost, match="did not come up in time"):
            lease.accept(0.02, alive)
        os.close(held)
        with pytest.raises(LeaseLost, match="ended before it was ready"):
            lease.accept(5, alive)
        lease.close()
        os.close(alive)


class TestChoice:
    """Which Node, and from where."""

    def test_docker_asked_for_and_missing_is_one_line(
        self, run_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{run_dir}/no-docker.sock")
        with pytest.raises(ReferenceUnavailable) as caught, NodeSubject("docker").opened(run_dir):
            pass
        assert "no Docker daemon answers at unix://" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_docker_missing_and_not_asked_for_is_the_local_node_and_a_note(
        self, run_dir: Path, local_node: NodeSubject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{run_dir}/no-docker.sock")
        with NodeSubject().opened(run_dir) as node:
            described = node.describe()
        assert described["provider"] == "local"
        assert "not in a container: no Docker daemon answers" in described["note"]

    @pytest.mark.parametrize(
        ("info", "said"),
        [
            ({"OSType": "windows"}, "does not run Linux containers"),
            ({"OSType": "linux", "OperatingSystem": "Docker Desktop"}, "virtual machine"),
        ],
    )
    def test_an_engine_whose_containers_cannot_reach_python_roles_is_not_used(
        self, info: dict[str, Any], said: str
    ) -> None:
        assert said in (container._unfit(info) or "")
        assert (
            container._unfit({"OSType": "linux", "OperatingSystem": "Debian", "SecurityOptions": None})
            is None
        )

    def test_a_container_that_does_not_come_up_is_the_local_node_unless_docker_was_asked_for(
        self, run_dir: Path, local_node: NodeSubject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any) -> Any:
            raise ReferenceUnavailable("no space left")

        monkeypatch.setattr("conformance.play.subjects.packaged.docker_trouble", lambda: None)
        monkeypatch.setattr(container.DockerProvider, "open", fail)
        with NodeSubject().opened(run_dir) as node:
            assert node.describe()["provider"] == "local"
            assert "no space left" in node.describe()["note"]
        with (
            pytest.raises(ReferenceUnavailable, match="no space left"),
            NodeSubject("docker").opened(run_dir),
        ):
            pass


class TestLocalNode:
    """Real Node processes beside the harness."""

    def test_it_says_what_it_is(self, local_node: NodeSubject) -> None:
        described = local_node.describe()
        assert described["version"] == NODE.default
        assert described["provider"] == "local"
        assert described["libuv"] == "1.52.1"

    def test_every_role_is_a_fresh_process(self, local_node: NodeSubject, run_dir: Path) -> None:
        program = "(t) => { t.note('seen', globalThis.seen ?? null); globalThis.seen = 1; t.note('pid', process.pid); }"
        case = make_case(programs={"main": program})
        traces = [play(local_node, case, run_dir) for _ in range(8)]
        assert [trace.roles["main"][0]["args"] for trace in traces] == [[None]] * 8
        assert len({trace.roles["main"][1]["args"][0] for trace in traces}) == 8

    def test_exit_code_stdout_and_stderr_are_kept(self, local_node: NodeSubject, run_dir: Path) -> None:
        case = make_case(
            programs={"main": "() => { console.log('out'); console.error('err'); process.exit(4); }"}
        )
        trace = play(local_node, case, run_dir)
        assert terminated(trace) == [4, None]
        assert trace.output["main"] == {"stdout": "out\n", "stderr": "err\n"}

    def test_an_uncaught_exception_is_in_the_trace_and_on_stderr(
        self, local_node: NodeSubject, run_dir: Path
    ) -> None:
        trace = play(local_node, make_case(programs={"main": "() => { throw new Error('mine'); }"}), run_dir)
        assert terminated(trace) == [1, None]
        assert "Error: mine" in trace.output["main"]["stderr"]

    def test_a_hung_role_says_what_is_active(self, local_node: NodeSubject, run_dir: Path) -> None:
        case = make_case(programs={"main": "(t) => t.net.createServer().listen(0)"}, deadline_ms=100)
        trace = play(local_node, case, run_dir)
        assert terminated(trace) == [99, None]
        hung = trace.roles["main"][-2]
        assert (hung["kind"], hung["args"], hung["state"]) == ("hung", [100], {"active": ["TCPServerWrap"]})

    def test_a_role_in_a_loop_is_killed_a_second_after_its_deadline(
        self, local_node: NodeSubject, run_dir: Path
    ) -> None:
        trace = play(
            local_node,
            make_case(programs={"main": "(t) => { t.note('x', 1); for (;;); }"}, deadline_ms=50),
            run_dir,
        )
        assert terminated(trace) == [None, "SIGKILL"]
        assert (trace.roles["main"][-2]["kind"], trace.roles["main"][-2]["label"]) == ("hung", "killed")
        assert 1.0 < trace.duration_s < 3.0

    def test_a_role_that_is_let_go_is_killed(self, local_node: NodeSubject, run_dir: Path) -> None:
        case = make_case(
            programs={"main": "(t) => { t.note('pid', process.pid); t.net.createServer().listen(0); }"}
        )
        role = local_node.start(case, case.roles[0], {}, 10_000, run_dir)
        pid = first_record(role)["args"][0]
        role.kill()
        assert is_gone(pid)

    def test_a_node_that_ends_before_itsfirst_record_is_the_machines_fault(
        self, local_node: NodeSubject, run_dir: Path
    ) -> None:
        trace = play(local_node, make_case(programs={"main": "this is no JavaScript"}), run_dir)
        assert [fault.kind for fault in trace.faults] == ["start"]
        assert "SyntaxError" in trace.faults[0].message

    def test_roles_run_side_by_side(self, local_node: NodeSubject, run_dir: Path) -> None:
        programs = {
            "server": "(t) => { const s = t.net.createServer((c) => c.end('x', () => s.close()));"
            " s.listen(0, '127.0.0.1', () => t.publish({ port: s.address().port })); }",
            "client": "(t, { port }) => { t.net.connect(port, '127.0.0.1').resume(); }",
        }
        case = make_case(programs=programs, needs={"client": ("port",)})
        with ThreadPoolExecutor(4) as pool:
            traces = list(pool.map(lambda _: play(local_node, case, run_dir), range(12)))
        assert [terminated(trace, role) for trace in traces for role in programs] == [[0, None]] * 24

    def test_a_stage_that_cannot_be_loaded_is_the_machines_fault_for_every_role(
        self, local_node: NodeSubject, run_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(supervised, "stage", lambda: "throw new Error('broken stage');")
        with NodeSubject("local").opened(run_dir) as node, ThreadPoolExecutor(12) as pool:
            traces = list(pool.map(lambda _: play(node, make_case(), run_dir), range(24)))
        assert [[fault.kind for fault in trace.faults] for trace in traces] == [["start"]] * 24
        assert all("broken stage" in trace.faults[0].message for trace in traces)

    def test_roles_that_must_queue_for_a_process_keep_their_whole_deadline(self, run_dir: Path) -> None:
        program = "(t) => { t.net.createServer().listen(0); }"
        with NodeSubject("local", pool=1).opened(run_dir) as node, ThreadPoolExecutor(8) as pool:
            case = make_case(programs={"main": program}, deadline_ms=50)
            traces = list(pool.map(lambda _: play(node, case, run_dir), range(8)))
        assert [terminated(trace) for trace in traces] == [[99, None]] * 8

    def test_a_role_works_in_its_path_directory(self, local_node: NodeSubject, run_dir: Path) -> None:
        trace = play(local_node, make_case(programs={"main": "(t) => t.note('x', process.cwd())"}), run_dir)
        assert trace.roles["main"][0]["args"] == [trace.path_dir]

    def test_no_capabilities_as_in_a_container(self, local_node: NodeSubject) -> None:
        assert capabilities(local_node._hello["pid"]) == 0


class TestPython:
    """Roles forked from a warm parent."""

    def test_a_role_gets_its_command_and_nothing_else(
        self, with_stage: Callable[[str], PythonSubject], case: Case, run_dir: Path
    ) -> None:
        subject = with_stage("tell")
        trace = play(subject, case, run_dir)
        assert terminated(trace) == [3, None]
        assert trace.output["main"] == {"stdout": "to stdout\n", "stderr": "to stderr\n"}
        told = trace.roles["main"][0]["args"][0]
        assert (told["case"], told["role"], told["values"]) == ("forked/nothing", "main", {})
        assert (told["deadline_ms"], told["path_dir"], told["cwd"]) == (5000, trace.path_dir, trace.path_dir)
        assert told["descriptors"] == [0, 1, 2, 3]
        assert int(told["capabilities"], 16) == 0
        again = play(subject, case, run_dir).roles["main"][0]["args"][0]
        assert again["pid"] != told["pid"]
        assert again["parent"] == told["parent"] == subject._hello["pid"]

    def test_a_changed_case_file_is_read_again(
        self, with_stage: Callable[[str], PythonSubject], case: Case, run_dir: Path
    ) -> None:
        subject = with_stage("tell")
        assert terminated(play(subject, case, run_dir)) == [3, None]
        case.file.write_text(CASE_FILE.replace("def nothing", "def something"))
        trace = play(subject, case, run_dir)
        assert [fault.kind for fault in trace.faults] == ["start"]
        assert terminated(play(subject, collect_file(case.file)[0], run_dir)) == [3, None]

    def test_replies_arrive_on_descriptor_0(
        self, with_stage: Callable[[str], PythonSubject], case: Case, run_dir: Path
    ) -> None:
        trace = play(with_stage("ask"), case, run_dir)
        assert trace.roles["main"][0]["args"] == [None]
        assert trace.kernel_reasons == ["no process visible here holds socket 1"]

    def test_a_hung_role_is_killed_and_its_half_line_is_garbage(
        self, with_stage: Callable[[str], PythonSubject], case: Case, run_dir: Path
    ) -> None:
        trace = play(with_stage("hang"), case, run_dir, deadline=0.05)
        assert [record["kind"] for record in trace.roles["main"]] == ["note", "hung", "terminated"]
        assert trace.roles["main"][-1]["args"] == [None, "SIGKILL"]
        assert [fault.kind for fault in trace.faults] == ["garbage"]

    @pytest.mark.parametrize(
        ("stage", "ending", "said"),
        [("crash", [None, "SIGSEGV"], ""), ("leave", [5, None], ""), ("fail", [70, None], "a broken stage")],
    )
    def test_how_a_role_ends_is_in_its_trace(
        self,
        with_stage: Callable[[str], PythonSubject],
        case: Case,
        run_dir: Path,
        stage: str,
        ending: list[Any],
        said: str,
    ) -> None:
        trace = play(with_stage(stage), case, run_dir)
        assert terminated(trace) == ending
        assert said in trace.output["main"]["stderr"]

    def test_a_role_that_is_let_go_is_killed_and_the_parent_goes_on(
        self, with_stage: Callable[[str], PythonSubject], case: Case, run_dir: Path
    ) -> None:
        subject = with_stage("hang")
        for _ in range(2):
            role = subject.start(case, case.roles[0], {}, 10_000, run_dir)
            pid = first_record(role)["args"][0]
            role.kill()
            assert is_gone(pid)

    def test_roles_run_side_by_side(
        self, with_stage: Callable[[str], PythonSubject], case: Case, run_dir: Path
    ) -> None:
        subject = with_stage("tell")
        with ThreadPoolExecutor(8) as pool:
            traces = list(pool.map(lambda _: play(subject, case, run_dir), range(100)))
        assert [terminated(trace) for trace in traces] == [[3, None]] * 100

    def test_a_stage_that_cannot_be_imported_is_one_line(self, run_dir: Path) -> None:
        with pytest.raises(SubjectUnavailable) as caught, PythonSubject(stage="nowhere:play").opened(run_dir):
            pass
        assert "No module named 'nowhere'" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_harness(how: signal.Signals, local_node: NodeSubject) -> None:
    """A harness with a Node role and a Python role running ends; so do both supervisors and both roles."""
    with Harness("local") as harness:
        assert all(Path(f"/proc/{pid}").exists() for pid in harness.pids)
        os.kill(harness.process.pid, how)
        harness.process.wait(10)
        assert [pid for pid in harness.pids if not is_gone(pid)] == []


class Harness:
    """A process that opens both subjects and keeps one role of each running. ``pids`` are the processes it made."""

    program = Path(__file__).parents[1] / "harness.py"

    def __init__(self, provider: str) -> None:
        self._provider = provider

    def __enter__(self) -> "Harness":
        self.process = subprocess.Popen(
            [sys.executable, self.program, self._provider],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().split()
        assert self.said, self.process.communicate(timeout=10)[1]
        self.pids = [int(word) for word in self.said[1:]]
        return self

    def __exit__(self, *unused: object) -> None:
        self.process.kill()
        self.process.communicate(timeout=10)
