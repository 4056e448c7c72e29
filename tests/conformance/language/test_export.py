"""The exported program: plain node runs all roles of a case, or one."""

import json
import os
import subprocess
from pathlib import Path

from conformance.language.collect import collect_file
from conformance.language.export import export
from conformance.language.selection import collect
from tests.conformance.both_sides import node_binary, write_cases


def _run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CONFORMANCE_")}
    command = [node_binary(), str(program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment, check=False)


def _export(case_id: str, directory: Path) -> Path:
    (case,) = collect([case_id])
    program = directory / "x.js"
    program.write_text(export(case), encoding="utf-8")
    return program


def test_all_roles(tmp_path: Path) -> None:
    done = _run(_export("half_open/server_writes_after_fin", tmp_path))
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    for role in ("server", "client"):
        kinds = [(record["kind"], record["label"]) for record in records if record["role"] == role]
        assert ("event", "end") in kinds
        assert kinds[-1] == ("exit", None)
    assert list(tmp_path.iterdir()) == [tmp_path / "x.js"]


def test_a_constant_of_the_file_stands_on_what_follows_the_program(tmp_path: Path) -> None:
    source = """
    CHUNKS = [b"a", b"b" * 3]

    @case(about="x")
    def main(t):
        for chunk in CHUNKS:
            t.note("chunk", chunk)
    """
    (case,) = collect_file(write_cases(tmp_path, source))
    program = tmp_path / "x.js"
    program.write_text(export(case), encoding="utf-8")
    done = _run(program)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == ["chunk", "chunk", None]


def test_one_role_and_its_values(tmp_path: Path) -> None:
    program = _export("errors/refused", tmp_path)
    done = _run(program, "main")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["kind"] == "exit"

    program = _export("connect/events_in_order", tmp_path)
    done = _run(program, "client", "port=1")
    assert done.returncode == 1, "nobody listens and the case has no error listener"
    assert "ECONNREFUSED" in done.stdout


def test_wrong_arguments_are_one_line_and_the_usage(tmp_path: Path) -> None:
    program = _export("connect/events_in_order", tmp_path)
    for arguments in (["nobody"], ["client"], ["client", "port"]):
        done = _run(program, *arguments)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 2
        assert "usage: node x.js [server | client port=…]" in done.stderr


def test_a_case_with_a_raw_role_says_that_it_cannot_run_alone(tmp_path: Path) -> None:
    done = _run(_export("errors/reset_by_peer", tmp_path))
    assert done.returncode == 2
    assert "the harness plays" in done.stderr


def test_helpers_and_constants_come_along(tmp_path: Path) -> None:
    source = """
    LABEL = "said"

    def say(t, text):
        t.note(LABEL, text)

    @case(about="x")
    def talks(t):
        say(t, "hello")
    """
    (case,) = collect_file(write_cases(tmp_path, source))
    program = tmp_path / "x.js"
    program.write_text(export(case), encoding="utf-8")
    first, *_ = _run(program).stdout.splitlines()
    assert json.loads(first) == {
        "kind": "note",
        "object": None,
        "label": "said",
        "args": ["hello"],
        "state": None,
    }
