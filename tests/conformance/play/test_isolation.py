"""The attack from inside: code in a role reaches for the process that plays Python outside, and nothing is executed."""

import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.language.collect import collect_file
from conformance.play.runner import run_pairing
from conformance.play.subjects.base import role_command
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.python import PythonSubject
from tests.conformance.play.roles import CASE_FILE, capabilities, terminated
from tests.conformance.scripted import make_case

#: Leaves a mark beside itself when Python imports it.
HOSTILE = "from pathlib import Path\nPath(__file__).with_suffix('.executed').touch()\n" + CASE_FILE

#: What a role finds from its own directory upwards, and says to every socket on the way.
ATTACK = """(t) => {
  const fs = process.getBuiltinModule('fs'), path = process.getBuiltinModule('path');
  const run = path.dirname(path.dirname(path.dirname(t.path('x'))));
  const file = t.path('hostile.py');
  fs.writeFileSync(file, $HOSTILE);
  const command = { program: file + '::hostile/nothing', case: 'hostile/nothing', file, role: 'main',
    values: {}, deadline_ms: 1000, path_dir: '/tmp' };
  const sockets = [];
  const walk = (directory) => {
    for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
      const found = path.join(directory, entry.name);
      if (entry.isDirectory()) { try { walk(found); } catch {} }
      if (entry.isSocket()) sockets.push(found);
    }
  };
  walk(run);
  t.note('seen', fs.readdirSync(run).sort());
  t.note('sockets', sockets);
  for (const one of sockets) {
    const client = t.net.connect(one, () => client.write(JSON.stringify(command) + '\\n'));
    client.on('error', () => {});
    client.setTimeout(500, () => client.destroy());
    client.resume();
  }
}""".replace("$HOSTILE", json.dumps(HOSTILE))


@pytest.fixture
def python(run_dir: Path) -> Iterator[PythonSubject]:
    with PythonSubject(stage="tests.conformance.stages:tell").opened(run_dir) as subject:
        yield subject


@pytest.mark.docker
def test_a_container_sees_what_its_roles_need_and_reaches_nobody_outside(
    docker_node: NodeSubject, local_node: NodeSubject, python: PythonSubject, run_dir: Path, watched: Path
) -> None:
    trace = run_pairing(make_case(programs={"main": ATTACK}), {"main": docker_node}, run_dir)
    assert terminated(trace) == [0, None]
    seen, sockets = (record["args"][0] for record in trace.roles["main"][:2])
    own = docker_node._directory.name
    assert seen == sorted([own, "p"])
    assert all(Path(one).parent.parent.name == own for one in sockets)
    assert not list(watched.rglob("*.executed"))


def test_no_socket_leads_to_the_process_that_plays_python(
    local_node: NodeSubject, python: PythonSubject, run_dir: Path, watched: Path
) -> None:
    """The same from a role outside any container, which sees the whole run directory."""
    trace = run_pairing(make_case(programs={"main": ATTACK}), {"main": local_node}, run_dir)
    assert terminated(trace) == [0, None]
    assert not list(watched.rglob("*.executed"))
    fds = f"/proc/{python._hello['pid']}/fd"
    held = {os.stat(f"{fds}/{fd}").st_ino for fd in os.listdir(fds)}
    sockets = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    own = [fields[7:] for fields in sockets if int(fields[6]) in held]
    assert own == [[]]  # its lease, and that has no name


@pytest.fixture
def watched(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run directory, in which no role's directory is removed after its run."""
    monkeypatch.setattr("conformance.play.runner.shutil.rmtree", lambda *_, **__: None)
    return run_dir


def test_a_file_that_a_role_has_put_there_is_not_played(
    python: PythonSubject, run_dir: Path, tmp_path: Path
) -> None:
    """A command names no file: what it says of one is not looked at."""
    good, bad = tmp_path / "forked.py", tmp_path / "hostile.py"
    good.write_text(CASE_FILE)
    bad.write_text(HOSTILE)
    (case,) = collect_file(good)
    role = case.roles[0]
    values: dict[str, Any] = {}
    command = role_command(case, role, values, 1000, run_dir)
    assert str(tmp_path) not in json.dumps(command)
    handle = python._play(
        case, {**command, "file": str(bad), "program": f"{bad}::hostile/nothing", "case": "hostile/nothing"}
    )
    lines: list[bytes] = []
    while not handle.ended:
        lines += handle.read()
    handle.kill()
    assert b"forked/nothing" in lines[0]
    assert not bad.with_suffix(".executed").exists()


def test_it_has_given_up_its_privileges_before_it_reads_anything(
    python: PythonSubject, run_dir: Path, tmp_path: Path
) -> None:
    assert capabilities(python._hello["pid"]) == 0
    file = tmp_path / "forked.py"
    file.write_text(
        "from pathlib import Path\n"
        "CAPABILITIES = Path('/proc/self/status').read_text().split('CapEff:')[1].split()[0]\n" + CASE_FILE
    )
    (case,) = collect_file(file)
    told = run_pairing(case, {"main": python}, run_dir).roles["main"][0]["args"][0]
    assert int(told["capabilities at import"], 16) == 0
    assert int(told["capabilities in the case file"], 16) == 0


def test_a_role_cannot_put_another_socket_in_the_supervisors_place(
    local_node: NodeSubject, run_dir: Path, tmp_path: Path
) -> None:
    """The harness speaks to the socket that it saw first, not to what the path leads to later."""
    with NodeSubject("local", pool=1).opened(run_dir) as node:
        roles = node._directory / "io" / "roles.sock"
        assert stat.S_ISSOCK(roles.stat().st_mode)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(tmp_path / "other"))
            other.listen(1)
            roles.unlink()
            roles.symlink_to(tmp_path / "other")
            assert terminated(run_pairing(make_case(), {"main": node}, run_dir)) == [0, None]
