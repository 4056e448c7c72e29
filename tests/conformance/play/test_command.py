"""Any program as a subject: a runtime that runs the JavaScript stage, and one that speaks the role protocol itself."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.config import Config, ConfigError
from conformance.judge.session import Session
from conformance.judge.verdict import Result
from conformance.language.case import Case
from conformance.language.selection import collect
from conformance.opening import subject_named
from conformance.play.subjects import binaries, supervised
from conformance.play.subjects.base import Subject, SubjectUnavailable
from conformance.play.subjects.command import CommandSubject
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.runtimes import NODE
from tests.conformance.play.roles import capabilities, play, terminated
from tests.conformance.scripted import make_case

#: Speaks the role protocol: ready, the command, its records, the end.
_SPEAKER = """
import json, os, sys

def say(**record):
    os.write(3, json.dumps({"object": None, "label": None, "args": [], "state": None, **record}).encode() + b"\\n")

os.write(3, b"\\n")
command = json.loads(sys.stdin.readline())
os.chdir(command["path_dir"])
"""


@pytest.fixture
def opened(run_dir: Path, local_node: NodeSubject) -> Iterator[Callable[[str], CommandSubject]]:
    """Opens the subject of a name, for the test."""
    with ExitStack() as stack:

        def opened(name: str) -> CommandSubject:
            subject = subject_named(name)
            assert isinstance(subject, CommandSubject)
            stack.enter_context(subject.opened(run_dir))
            return subject

        yield opened


@pytest.fixture
def program(tmp_path: Path, opened: Callable[[str], CommandSubject]) -> Callable[[str], CommandSubject]:
    """A subject that runs this text in Python, with ``say(kind=…)`` and ``command`` at hand."""

    def program(text: str) -> CommandSubject:
        file = tmp_path / "a program.py"
        file.write_text(_SPEAKER + text)
        return opened(f"program:/usr/bin/env -S python3 -I {shlex.quote(str(file))}")

    return program


def verdicts(reference: Subject, subject: Subject, cases: list[Case], run_dir: Path, output: Path) -> list[Result]:
    config = Config(output=output, repeat=1, confirm=0, rerun=0, deadline=5)
    session = Session(config, reference, [subject], run_dir)
    return [session.judge(case, pairing) for case in cases for pairing in session.pairings(case)]


def node_path() -> str:
    return str(binaries.obtain(NODE.default))


class TestNames:
    """What ``--subject`` takes."""

    def test_unknown_words_name_all_that_there_is(self) -> None:
        with pytest.raises(ConfigError, match=r"there is no 'perl'; there are python, .*cmd:COMMAND, program:COMMAND"):
            subject_named("perl")

    @pytest.mark.parametrize("name", ["cmd:", "program: ", "cmd:'no end"])
    def test_no_command_line_is_a_mistake(self, name: str) -> None:
        with pytest.raises(ConfigError, match="is no command line"):
            subject_named(name)

    def test_a_program_that_is_not_there_is_one_line(self, run_dir: Path) -> None:
        with pytest.raises(SubjectUnavailable) as caught, subject_named("cmd:/no/such --flag").opened(run_dir):  # type: ignore[attr-defined]
            pass
        assert str(caught.value) == "cmd: there is no program /no/such"

    def test_pairings_have_the_short_name(self) -> None:
        assert Config(subject="cmd:/bin/x --flag").subject_names == ("cmd",)
        assert Config(subject="program:/bin/x").subject_names == ("program",)
        assert Config(subject="node:22").subject_names == ("node22",)


class TestRuntime:
    """``cmd:``, which runs the stage."""

    def test_node_itself_is_conformant(
        self, opened: Callable[[str], CommandSubject], local_node: NodeSubject, run_dir: Path, tmp_path: Path
    ) -> None:
        subject = opened(f"cmd:{node_path()} --no-warnings")
        cases = list(collect(["half_open/server_writes_after_fin", "half_open/unix_socket"]))
        results = verdicts(local_node, subject, cases, run_dir, tmp_path)
        assert [(result.pairing, str(result.verdict)) for result in results] == 2 * [
            (pairing, "conformant") for pairing in ("node-node", "node-cmd", "cmd-node", "cmd-cmd")
        ]

    def test_it_says_that_nothing_contains_it(self, opened: Callable[[str], CommandSubject]) -> None:
        described = opened(f"cmd:{node_path()} --no-warnings").describe()
        assert (described["name"], described["provider"]) == ("cmd", "local")
        assert described["note"] == f"{node_path()} --no-warnings runs as a local process that nothing contains"

    def test_a_shell_in_front_may_put_the_trace_elsewhere(
        self, opened: Callable[[str], CommandSubject], run_dir: Path
    ) -> None:
        subject = opened(f"""cmd:/bin/sh -c 'CONFORMANCE_TRACE_FD=1 exec {node_path()} "$@" >&3' sh""")
        trace = play(subject, make_case(programs={"main": "(t) => t.note('x', 1)"}), run_dir)
        assert terminated(trace) == [0, None]
        assert trace.roles["main"][0]["args"] == [1]

    def test_the_command_line_prints_who_it_is_and_what_became_of_it(
        self, local_node: NodeSubject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ended = {}
        for program in ("/bin/false", "/no/such"):
            with pytest.raises(SystemExit) as caught:
                main(
                    ["run", "half_open/end_waits_for_reading", "--node", "local", "--subject", f"cmd:{program} --flag"]
                    + ["--output", str(tmp_path), "--repeat", "1", "--confirm", "0", "--rerun", "0"]
                )
            ended[program] = caught.value.code, *capsys.readouterr()
        code, printed, _ = ended["/bin/false"]
        lines = printed.splitlines()
        assert code == 1
        assert lines[0].startswith("cmd (libuv unknown, provider: local) against Node ")
        assert lines[1] == "note: /bin/false --flag runs as a local process that nothing contains"
        assert "DIVERGENT net/half_open/end_waits_for_reading[cmd]" in lines
        assert ended["/no/such"] == (3, "", "conformance: cmd: there is no program /no/such\n")

    def test_it_has_the_environment_but_no_capabilities(
        self, opened: Callable[[str], CommandSubject], run_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FOR_THE_RUNTIME", "here")
        subject = opened(f"cmd:{node_path()}")
        program = "(t) => t.note('x', process.env.FOR_THE_RUNTIME)"
        trace = play(subject, make_case(programs={"main": program}), run_dir)
        assert trace.roles["main"][0]["args"] == ["here"]
        assert capabilities(subject._hello["pid"]) == 0

    def test_one_that_dies_at_load_is_divergent(
        self, opened: Callable[[str], CommandSubject], local_node: NodeSubject, run_dir: Path, tmp_path: Path
    ) -> None:
        subject = opened("cmd:/bin/sh -c 'echo ReferenceError: no require >&2; exit 3'")
        (case,) = collect(["half_open/end_waits_for_reading"])
        reference, own = verdicts(local_node, subject, [case], run_dir, tmp_path)
        assert str(reference.verdict) == "conformant"
        assert str(own.verdict) == "divergent"
        assert own.differences[0].category == "died"
        assert "died with exit code 3 before its first record" in own.differences[0].message
        assert own.differences[0].message.endswith("stderr: ReferenceError: no require")

    @pytest.mark.parametrize(
        ("lie", "category"),
        [
            ("process.kill(process.pid, 'SIGKILL')", "died"),
            ("setInterval(() => {}, 1000)", "hung"),
            ("require('fs').writeSync(3, 'garbage')", "garbage"),
            ("this.emit('lie')", "sequence"),
            ("Object.defineProperty(this, 'bytesWritten', { value: 1e6 })", "state"),
            ("process.exitCode = 7", "value"),
        ],
    )
    def test_one_that_lies_is_divergent(
        self,
        opened: Callable[[str], CommandSubject],
        local_node: NodeSubject,
        run_dir: Path,
        tmp_path: Path,
        lie: str,
        category: str,
    ) -> None:
        (tmp_path / "lie.js").write_text(
            "const { Socket } = require('net'); const { end } = Socket.prototype;"
            f"Socket.prototype.end = function (...given) {{ {lie}; return end.apply(this, given); }};"
        )
        subject = opened(f"cmd:{node_path()} -r {tmp_path}/lie.js")
        (case,) = collect(["half_open/end_waits_for_reading"])
        reference, own = verdicts(local_node, subject, [case], run_dir, tmp_path)
        assert (str(reference.verdict), str(own.verdict)) == ("conformant", "divergent")
        assert own.differences[0].category == category

    def test_one_that_never_becomes_ready_is_hung_and_not_waited_for_twice(
        self,
        opened: Callable[[str], CommandSubject],
        local_node: NodeSubject,
        run_dir: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(supervised, "READY_WITHIN_MS", 300)
        started = tmp_path / "started"
        subject = opened(f"cmd:/bin/sh -c 'echo >> {started}; exec sleep 100'")
        cases = list(collect(["half_open/end_waits_for_reading", "half_open/own_end_while_paused"]))
        results = verdicts(local_node, subject, cases, run_dir, tmp_path)
        results = [result for result in results if "cmd" in result.pairing]
        assert {str(result.verdict) for result in results} == {"divergent"}
        assert {result.differences[0].category for result in results} == {"hung"}
        assert "wrote no ready line within 0.3 s; killed" in results[0].differences[0].message
        before = started.read_text()
        play(subject, make_case(), run_dir)
        assert started.read_text() == before

    def test_one_that_cannot_be_executed_is_the_machines_fault(
        self, opened: Callable[[str], CommandSubject], run_dir: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "broken").write_text("#!/no/such/interpreter\n")
        (tmp_path / "broken").chmod(0o755)
        (fault,) = play(opened(f"cmd:{tmp_path / 'broken'}"), make_case(), run_dir).faults
        assert fault.kind == "start" and "cannot start" in fault.message


class TestProgram:
    """``program:``, which plays the roles itself."""

    def test_it_gets_the_whole_command(self, program: Callable[[str], CommandSubject], run_dir: Path) -> None:
        subject = program("say(kind='note', label='told', args=[command, os.getcwd()])")
        case = make_case(programs={"main": "(t) => {}"})
        trace = play(subject, case, run_dir)
        assert terminated(trace) == [0, None]
        told, cwd = trace.roles["main"][0]["args"]
        assert cwd == trace.path_dir
        assert told == {
            "protocol": 1,
            "case": "made/up",
            "role": "main",
            "program": "(t) => {}",
            "values": {},
            "deadline_ms": 5000,
            "path_dir": trace.path_dir,
        }

    def test_it_may_ask_for_the_kernels_view(self, program: Callable[[str], CommandSubject], run_dir: Path) -> None:
        subject = program(
            "say(kind='kernel?', args=[{'inode': 1}])\n"
            "say(kind='note', label='told', args=[json.loads(sys.stdin.readline())])"
        )
        trace = play(subject, make_case(), run_dir)
        assert trace.roles["main"][0]["args"] == [None]
        assert trace.kernel_reasons == ["no process visible here holds socket 1"]

    def test_what_it_prints_is_kept(self, program: Callable[[str], CommandSubject], run_dir: Path) -> None:
        trace = play(program("say(kind='exit', args=[0]); print('out'); sys.exit('err')"), make_case(), run_dir)
        assert terminated(trace) == [1, None]
        assert trace.output["main"] == {"stdout": "out\n", "stderr": "err\n"}

    def test_garbage_is_named(self, program: Callable[[str], CommandSubject], run_dir: Path) -> None:
        trace = play(program("os.write(3, b'hello\\n')"), make_case(), run_dir)
        assert [(fault.kind, fault.message) for fault in trace.faults] == [("garbage", "not JSON: b'hello'")]

    def test_garbage_instead_of_the_ready_line_is_named(
        self, opened: Callable[[str], CommandSubject], run_dir: Path
    ) -> None:
        trace = play(opened("program:/bin/sh -c 'echo hello >&3; read command'"), make_case(), run_dir)
        assert [(fault.kind, fault.whose) for fault in trace.faults] == [("garbage", "role")]
        assert "hello" in trace.faults[0].message

    def test_one_that_does_not_end_is_killed(self, program: Callable[[str], CommandSubject], run_dir: Path) -> None:
        trace = play(program("import time; time.sleep(60)"), make_case(), run_dir, deadline=0.1)
        assert [record["kind"] for record in trace.roles["main"]] == ["hung", "terminated"]
        assert trace.duration_s < 4

    def test_relative_paths_are_the_harnesss(
        self, opened: Callable[[str], CommandSubject], run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "own").write_text("#!/bin/sh\necho >&3; read command; cat told >&2\n")
        (tmp_path / "own").chmod(0o755)
        (tmp_path / "told").write_text("beside it")
        monkeypatch.chdir(tmp_path)
        trace = play(opened("program:./own"), make_case(), run_dir)
        assert trace.output["main"]["stderr"] == "beside it"
