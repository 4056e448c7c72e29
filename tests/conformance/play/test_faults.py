"""Faults around the roles, each named for what it is: processes that die, leave others behind or never end."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.language.case import Case
from conformance.play.runner import run_pairing
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.python import PythonSubject
from tests.conformance.play.roles import first_record, is_gone, play, terminated
from tests.conformance.scripted import Peer, ScriptedSubject, make_case

#: Programs whose role starts other processes and says their pids; each keeps the role's stdout open.
_STARTING = [
    """(t) => {
      const { spawn } = process.getBuiltinModule('child_process');
      const child = spawn('sleep', ['60'], { stdio: 'inherit' });
      t.note('pids', [child.pid]);""",
    """(t) => {
      const { spawnSync } = process.getBuiltinModule('child_process');
      const options = { stdio: ['ignore', 'pipe', 'inherit'] };
      const pid = Number(spawnSync('setsid', ['sh', '-c', 'sleep 60 >&2 & echo $!'], options).stdout);
      setInterval(() => {}, 1000);
      t.note('pids', [pid]);""",
]
GRANDCHILDREN = [program + " }" for program in _STARTING]
LEAVING = [program + " process.exit(0); }" for program in _STARTING]
MAIN = make_case().roles[0]


class TestNode:
    """The supervisor and its roles."""

    def test_a_supervisor_that_is_gone_is_replaced(self, run_dir: Path) -> None:
        node = NodeSubject("local")
        with node.opened(run_dir):
            before = node._hello["pid"]
            os.kill(before, signal.SIGKILL)
            assert is_gone(before)
            assert terminated(play(node, make_case(), run_dir)) == [0, None]
            assert node._hello["pid"] != before
        assert [fault.kind for fault in play(node, make_case(), run_dir).faults] == ["start"]

    def test_what_a_role_has_started_ends_with_it(self, local_node: NodeSubject, run_dir: Path) -> None:
        for program in GRANDCHILDREN:
            role = local_node.start(make_case(programs={"main": program}), MAIN, {}, 10_000, run_dir)
            pids = first_record(role)["args"][0]
            role.kill()
            assert [pid for pid in pids if not is_gone(pid)] == []

    def test_a_role_that_ends_before_what_it_has_started_has_ended(
        self, local_node: NodeSubject, run_dir: Path
    ) -> None:
        for program in LEAVING:
            trace = play(local_node, make_case(programs={"main": program}), run_dir)
            assert terminated(trace) == [0, None]
            assert trace.duration_s < 4
            assert [pid for pid in trace.roles["main"][0]["args"][0] if not is_gone(pid)] == []

    def test_what_another_role_has_started_goes_on(self, local_node: NodeSubject, run_dir: Path) -> None:
        role = local_node.start(make_case(programs={"main": GRANDCHILDREN[-1]}), MAIN, {}, 10_000, run_dir)
        pids = first_record(role)["args"][0]
        assert terminated(play(local_node, make_case(), run_dir)) == [0, None]
        assert [pid for pid in pids if is_gone(pid, 0)] == []
        role.kill()
        assert [pid for pid in pids if not is_gone(pid)] == []

    def test_closing_ends_what_roles_have_started(self, run_dir: Path) -> None:
        pids: list[int] = []
        with NodeSubject("local", pool=1).opened(run_dir) as node:
            roles = [
                node.start(make_case(programs={"main": program}), MAIN, {}, 10_000, run_dir)
                for program in GRANDCHILDREN
            ]
            for role in roles:
                pids += first_record(role)["args"][0]
        for role in roles:
            role.kill()
        assert [pid for pid in pids if not is_gone(pid, 1)] == []


class TestPython:
    """The forkserver and its roles."""

    def test_what_a_role_has_started_ends_with_it(
        self, with_stage: Callable[[str], PythonSubject], case: Case, run_dir: Path
    ) -> None:
        subject = with_stage("start_others")
        trace = play(subject, case, run_dir)
        assert terminated(trace) == [0, None]
        assert trace.duration_s < 4
        assert [pid for pid in trace.roles["main"][0]["args"][0] if not is_gone(pid)] == []

        role = with_stage("start_others_and_wait").start(case, case.roles[0], {}, 10_000, run_dir)
        pids = first_record(role)["args"][0]
        assert terminated(play(subject, case, run_dir)) == [0, None]
        assert [pid for pid in pids if is_gone(pid, 0)] == []
        role.kill()
        assert [pid for pid in pids if not is_gone(pid)] == []

    def test_closing_ends_what_roles_have_started(self, case: Case, run_dir: Path) -> None:
        with PythonSubject(stage="tests.conformance.stages:start_others_and_wait").opened(run_dir) as subject:
            role = subject.start(case, case.roles[0], {}, 10_000, run_dir)
            pids = first_record(role)["args"][0]
        role.kill()
        assert [pid for pid in pids if not is_gone(pid, 1)] == []

    def test_a_forkserver_that_is_gone_is_replaced(
        self, with_stage: Callable[[str], PythonSubject], case: Case, run_dir: Path
    ) -> None:
        subject = with_stage("tell")
        before = subject._hello["pid"]
        os.kill(before, signal.SIGKILL)
        assert is_gone(before)
        with ThreadPoolExecutor(4) as pool:
            traces = list(pool.map(lambda _: play(subject, case, run_dir), range(8)))
        assert [terminated(trace) for trace in traces] == [[3, None]] * 8
        assert len({trace.roles["main"][0]["args"][0]["parent"] for trace in traces}) == 1

    def test_a_forkserver_that_does_not_come_back_says_why(
        self, with_stage: Callable[[str], PythonSubject], case: Case, run_dir: Path
    ) -> None:
        subject = with_stage("tell")
        subject._stage = "nowhere:play"
        os.kill(subject._hello["pid"], signal.SIGKILL)
        assert is_gone(subject._hello["pid"])
        for _ in range(2):
            (fault,) = play(subject, case, run_dir).faults
            assert fault.kind == "start" and "No module named 'nowhere'" in fault.message


def spin(r: Any) -> None:
    while True:
        pass


def sleep(r: Any) -> None:
    time.sleep(4)


def deaf(r: Any) -> None:
    until = time.monotonic() + 4
    while time.monotonic() < until:
        with contextlib.suppress(BaseException):
            r.hold()
            time.sleep(0.01)


class TestRaw:
    """Raw roles that are in their own code when they should be gone, and those that are wrong."""

    @pytest.mark.parametrize("raw", [spin, sleep, deaf])
    def test_one_that_does_not_end_by_its_deadline_says_where_it_is(self, raw: Any, run_dir: Path) -> None:
        case = make_case(raw={"raw": raw}, needs={"main": ("port",)}, deadline_ms=100)
        trace = run_pairing(case, {"main": ScriptedSubject()}, run_dir)
        assert trace.duration_s < 3
        line = raw.__code__.co_firstlineno
        first = trace.faults[0]
        assert (first.kind, first.role) == ("raw", "raw")
        assert "did not end by its deadline" in first.message
        place = re.search(r"test_faults\.py:(\d+)", first.message)
        assert place and line < int(place[1]) <= line + 6

    @pytest.mark.parametrize(("raw", "said"), [(spin, []), (sleep, ["raw"]), (deaf, ["raw"])])
    def test_one_that_goes_on_when_all_others_have_ended_is_not_waited_for(
        self, raw: Any, said: list[str], run_dir: Path
    ) -> None:
        subject = ScriptedSubject(main=Peer.end)
        trace = run_pairing(make_case(raw={"raw": raw}), {"main": subject}, run_dir)
        subject.close()
        assert trace.duration_s < 3
        assert [fault.kind for fault in trace.faults] == said

    def test_an_interrupted_run_does_not_wait_for_one(self, run_dir: Path) -> None:
        case = make_case(raw={"raw": spin}, needs={"main": ("port",)})
        trace = run_pairing(case, {"main": ScriptedSubject()}, run_dir, stopping=lambda: True)
        assert trace.duration_s < 3

    @pytest.mark.parametrize(
        ("mistake", "said"),
        [
            (lambda r: r.lisen(), "AttributeError: 'Raw' object has no attribute 'lisen'"),
            (lambda r: r.pause(), "TypeError: "),
            (lambda r: listen(r), "NameError: name 'listen' is not defined"),  # type: ignore[name-defined]  # noqa: F821
        ],
    )
    def test_one_that_is_wrong_is_the_cases_fault(self, mistake: Any, said: str, run_dir: Path) -> None:
        case = make_case(raw={"raw": mistake}, needs={"main": ("port",)})
        (fault,) = run_pairing(case, {"main": ScriptedSubject()}, run_dir).faults
        assert (fault.kind, fault.whose) == ("mistake", "case")
        assert f"test_faults.py:{mistake.__code__.co_firstlineno}: {said}" in fault.message


@pytest.mark.parametrize("how", ["start", "lost"])
def test_a_pairing_ends_with_the_first_fault_of_the_machine(how: str, run_dir: Path) -> None:
    """The other role would wait for its deadline in vain."""
    scripts = {"server": Peer.wait_until_let_go} | ({} if how == "start" else {"client": lambda peer: None})
    subject = ScriptedSubject(**scripts)
    case = make_case(programs={"server": "", "client": ""})
    trace = run_pairing(case, {"server": subject, "client": subject}, run_dir, 5.0)
    subject.close()
    assert trace.duration_s < 1
    assert [(fault.kind, fault.role) for fault in trace.faults] == [(how, "client")]
