"""The Python stage over nodesock, one role in one process, and what it shares with the Node stage."""

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.language.names import camel_case, snake_case
from conformance.language.subset import STAGE
from conformance.play.stage import STATE, Stage
from tests.conformance.both_sides import node, write_cases

_ROLE = """
import json, os, sys
from conformance.language.selection import collect
from conformance.play.stage import run_role
program, role, values, deadline, replies = sys.argv[1:]
(case,) = collect([program])
code = run_role(
    case, role, json.loads(values), deadline_ms=int(deadline), path_dir=os.getcwd(),
    command_in=0 if replies == "replies" else None, trace_out=1,
)
sys.exit(code)
"""


def play(
    file: Path,
    name: str,
    *,
    role: str = "main",
    deadline_ms: int = 5000,
    replies: str | None = None,
    **values: Any,
) -> tuple[list[dict[str, Any]], subprocess.CompletedProcess[str]]:
    """One role in a process of its own: its records, and how it ended."""
    program = f"{file}::{file.stem}/{name}"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            _ROLE,
            program,
            role,
            json.dumps(values),
            str(deadline_ms),
            "replies" if replies else "",
        ],
        input=replies,
        capture_output=True,
        text=True,
        timeout=20,
        cwd=file.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done


def brief(records: list[dict[str, Any]]) -> list[tuple[str, str | None, list[Any]]]:
    return [(record["kind"], record["label"], record["args"]) for record in records]


def test_both_stages_offer_what_the_transpiler_lets_through() -> None:
    modules = {"net", "dgram", "stream", "events", "dns"}
    here = {name for name in dir(Stage) if not name.startswith("_")} | modules
    assert here == set(STAGE)
    for name, takes in STAGE.items():
        if takes is None:
            assert name in {*modules, "abort_signal"}
        else:
            _, *given = inspect.signature(getattr(Stage, name)).parameters.values()
            positional = [parameter for parameter in given if parameter.kind is not parameter.VAR_KEYWORD]
            required = [parameter for parameter in positional if parameter.default is parameter.empty]
            assert (len(required), len(positional)) == takes, name


def test_the_state_that_is_read_exists_in_node_and_in_nodesock() -> None:
    script = """
    const [net, dgram, stream] = [require('net'), require('dgram'), require('stream')];
    const objects = {
      'net.Socket': new net.Socket(), 'net.Server': net.createServer(), stream: new stream.Duplex(),
      'dgram.Socket': dgram.createSocket('udp4').unref(),
    };
    const missing = [];
    for (const [kind, lists] of Object.entries(JSON.parse(process.argv[1]))) {
      for (const item of [...lists.event, ...lists.snapshot]) {
        if (!(item.replace('()', '') in objects[kind])) missing.push(`${kind} ${item}`);
        if (item.endsWith('()') !== (typeof objects[kind][item.replace('()', '')] === 'function')) missing.push(item);
      }
    }
    process.stdout.write(missing.join());
    """
    # These appear on the object only once they are set.
    late = {"net.Socket timeout", "net.Server maxConnections", "net.Server dropMaxConnection"}
    late |= {"net.Socket autoSelectFamilyAttemptedAddresses"}
    assert set(filter(None, node(script, json.dumps(STATE)).split(","))) <= late


def test_a_role_from_its_first_record_to_its_exit(tmp_path: Path) -> None:
    file = write_cases(
        tmp_path,
        """
        @case(about="x")
        class Talks:
            def server(t):
                t.publish(port=5)

            def main(t, port):
                t.note("port", port)
                t.note("path", t.path("s.sock"))
                t.next_tick(lambda: t.note("tick", None))
                t.microtask(lambda: t.note("microtask", None))
                t.immediate(lambda: t.note("immediate", t.active()))
                t.clear(t.timeout(1, lambda: t.note("never", None)))
                t.clear(t.immediate(lambda: t.note("never", None)))
                t.attempt("fails", lambda: t.net.create_server().listen(port=-1))
                called = t.callback("called", lambda first: t.note("inner", first))
                called(1, 2)
                called()
                emitter = t.watch("emitter", t.events.EventEmitter())
                emitter.on("data", lambda chunk: None)
                emitter.emit("data", b"ab")
                emitter.emit("data", "c")
                t.snapshot(emitter)
                t.kernel(emitter)
        """,
    )
    records, done = play(file, "talks", port=5)
    assert done.returncode == 0, done.stderr
    port_error = {
        "$error": "RangeError",
        "message": "options.port should be >= 0 and < 65536. Received type number (-1).",
        "code": "ERR_SOCKET_BAD_PORT",
    }
    assert brief(records) == [
        ("note", "port", [5]),
        ("note", "path", [str(tmp_path / "s.sock")]),
        ("throw", "fails", [port_error]),
        ("callback", "called", [1, 2]),
        ("note", "inner", [1]),
        ("callback", "called", []),
        ("note", "inner", [None]),
        ("event", "data", [{"$bytes": 2, "digest": "fb8e20fc2e4c3f24", "head": "ab"}]),
        ("event", "data", ["c"]),
        ("snapshot", None, []),
        ("kernel", None, []),
        ("note", "tick", [None]),
        ("note", "microtask", [None]),
        ("note", "immediate", [[]]),
        ("exit", None, [0]),
    ]
    streams = [record["stream"] for record in records if "stream" in record]
    assert streams == [
        {"bytes": 2, "digest": "fb8e20fc2e4c3f24"},
        {"bytes": 3, "digest": "ba7816bf8f01cfea"},
    ]


def test_an_uncaught_error_is_recorded_and_ends_with_1(tmp_path: Path) -> None:
    file = write_cases(
        tmp_path,
        """
        @case(about="x")
        def raises(t):
            def fail():
                raise t.error("nobody")
            t.next_tick(fail)
            t.timeout(1, lambda: t.note("never", None))
        """,
    )
    records, done = play(file, "raises")
    assert done.returncode == 1
    error = {"$error": "Error", "message": "nobody"}
    assert brief(records) == [("uncaught", "uncaughtException", [error]), ("exit", None, [1])]
    assert "nobody" in done.stderr


def test_a_role_that_handles_its_errors_goes_on(tmp_path: Path) -> None:
    file = write_cases(
        tmp_path,
        """
        @case(about="x")
        async def survives(t):
            t.on_uncaught(lambda error: t.note("handled", error))
            await t.events.once(t.events, "x", signal=5)
        """,
    )
    records, done = play(file, "survives")
    assert done.returncode == 0
    assert [record["kind"] for record in records] == ["uncaught", "note", "exit"]


def test_t_exit_ends_the_process_with_its_code(tmp_path: Path) -> None:
    file = write_cases(
        tmp_path,
        """
        @case(about="x")
        def leaves(t):
            t.timeout(1000, lambda: t.note("never", None))
            t.next_tick(lambda: t.exit(7))
        """,
    )
    records, done = play(file, "leaves")
    assert done.returncode == 7
    assert brief(records) == [("exit", None, [7])]


def test_a_role_that_outlives_its_deadline_says_what_is_active(tmp_path: Path) -> None:
    file = write_cases(
        tmp_path,
        """
        @case(about="x")
        def hangs(t):
            t.net.create_server().listen(0, "127.0.0.1")
        """,
    )
    records, done = play(file, "hangs", deadline_ms=200)
    assert done.returncode == 99
    (hung,) = records
    assert (hung["kind"], hung["args"], hung["state"]) == ("hung", [200], {"active": ["TCPServerWrap"]})


def test_the_kernel_is_asked_over_the_reply_descriptor(tmp_path: Path) -> None:
    file = write_cases(
        tmp_path,
        """
        @case(about="x")
        def asks(t):
            server = t.watch("server", t.net.create_server())
            server.listen(0, "127.0.0.1", lambda: t.kernel(server).close())
        """,
    )
    records, done = play(file, "asks", replies='{"family":"ipv4"}\n')
    assert done.returncode == 0, done.stderr
    asked, answered = (record for record in records if record["kind"].startswith("kernel"))
    assert asked["object"] == answered["object"] == "server"
    assert set(asked["args"][0]) == {"fd", "inode", "pid"}
    assert answered["state"] == {"family": "ipv4"}


@pytest.mark.parametrize("wrong", ["t.watch('b', emitter)", "t.watch('a', t.events.EventEmitter())"])
def test_a_name_is_for_one_object(tmp_path: Path, wrong: str) -> None:
    source = f"""
    @case(about="x")
    def twice(t):
        emitter = t.watch("a", t.events.EventEmitter())
        t.attempt("again", lambda: {wrong})
    """
    records, done = play(write_cases(tmp_path, source), "twice")
    assert done.returncode == 0, done.stderr
    assert records[0]["kind"] == "throw"


def test_names_of_the_stage_follow_the_rule() -> None:
    assert all(snake_case(camel_case(name)) == name for name in STAGE)


def test_files_are_told_of_and_removed(tmp_path: Path) -> None:
    file = write_cases(
        tmp_path,
        """
        @case(about="x")
        def files(t):
            path = t.path("there.sock")
            t.note("before", t.file_mode(path))
            server = t.net.create_server()
            server.listen(path)
            t.note("socket", t.file_mode(path).startswith("socket "))
            t.chmod(path, 0o751)
            t.note("changed", t.file_mode(path))
            t.mkdir(t.path("directory"))
            t.note("directory", t.file_mode(t.path("directory")).startswith("other "))
            t.remove(path)
            t.note("removed", t.file_mode(path))
            t.attempt("again", lambda: t.remove(path) is None)
            server.close()
        """,
    )
    records, done = play(file, "files")
    assert done.returncode == 0, done.stderr
    notes = {label: args[0] for kind, label, args in brief(records) if kind == "note"}
    assert notes == {
        "before": None, "socket": True, "changed": "socket 751", "directory": True, "removed": None,
    }  # fmt: skip


def test_intervals_and_warnings(tmp_path: Path) -> None:
    file = write_cases(
        tmp_path,
        """
        @case(about="x")
        def warned(t):
            runs = []

            def run():
                runs.append(1)
                if len(runs) == 2:
                    t.clear(interval)
                    t.note("runs", len(runs))

            interval = t.interval(1, run)
            t.on_warning(lambda warning: t.note("warning", warning))
            t.clear(t.timeout(-1, lambda: t.note("never", None)))
        """,
    )
    records, done = play(file, "warned")
    assert done.returncode == 0, done.stderr
    notes = {label: args[0] for kind, label, args in brief(records) if kind == "note"}
    text = "-1 is a negative number.\nTimeout duration was set to 1."
    assert notes == {"warning": {"$error": "TimeoutNegativeWarning", "message": text}, "runs": 2}
