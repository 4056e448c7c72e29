"""Node in a container, for real: what the container may do, and that none is left."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from conformance.language.case import Case
from conformance.play.runner import run_pairing
from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.container import LABEL, DockerProvider
from conformance.play.subjects.image import CONTENT_LABEL, ensure_image
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.runtimes import NODE
from tests.conformance.play.roles import is_gone
from tests.conformance.play.test_subjects import Harness
from tests.conformance.scripted import make_case

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def engine(docker_daemon: None) -> Any:
    import docker

    client = docker.from_env()
    yield client
    client.close()


def containers_of(engine: Any, run_dir: Path) -> list[Any]:
    found: list[Any] = engine.containers.list(all=True, filters={"label": f"{LABEL}={run_dir}"})
    return found


def note(node: NodeSubject, run_dir: Path, expression: str) -> Any:
    """What a JavaScript expression gives in a role."""
    program = (
        f"(t) => t.attempt('x', () => {{ const fs = process.getBuiltinModule('fs'); return {expression}; }})"
    )
    trace = run_pairing(make_case(programs={"main": program}), {"main": node}, run_dir)
    assert trace.faults == []
    record = trace.roles["main"][0]
    return record["args"][0] if record["kind"] == "attempt" else record["args"][0]["code"]


def test_it_says_what_it_is(docker_node: NodeSubject) -> None:
    described = docker_node.describe()
    assert described["provider"] == "docker"
    assert described["version"] == NODE.default
    assert described["libuv"] == "1.52.1"
    assert described["note"] is None
    image = described["image"]
    assert image is not None and NODE.default in image and "sha256:" in image


def test_the_container_is_hardened(docker_node: NodeSubject, engine: Any, run_dir: Path) -> None:
    (container,) = containers_of(engine, run_dir)
    host = container.attrs["HostConfig"]
    assert host["NetworkMode"] == "host"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["AutoRemove"] is True
    assert host["Memory"] > 0 and host["PidsLimit"] > 0
    assert host["Privileged"] is False
    mounts = {mount["Source"]: mount["RW"] for mount in container.attrs["Mounts"]}
    own = docker_node._directory
    assert mounts == {str(own): False, str(own / "io"): True, str(run_dir / "p"): True}
    assert container.attrs["Config"]["User"] == f"{os.getuid()}:{os.getgid()}"


def test_a_role_can_write_where_roles_work_only(docker_node: NodeSubject, run_dir: Path) -> None:
    for directory in (Path("/"), run_dir, docker_node._directory):
        assert note(docker_node, run_dir, f"fs.writeFileSync({str(directory / 'new')!r}, '')") == "EROFS"
    assert note(docker_node, run_dir, f"fs.writeFileSync({str(run_dir / 'p' / 'new')!r}, '')") is None
    assert (run_dir / "p" / "new").stat().st_uid == os.getuid()
    (run_dir / "p" / "new").unlink()


def test_a_role_has_no_privileges(docker_node: NodeSubject, run_dir: Path) -> None:
    status = "fs.readFileSync('/proc/self/status', 'latin1')"
    assert note(docker_node, run_dir, f"/CapEff:\\s*0+\\n/.test({status})") is True
    assert note(docker_node, run_dir, f"/NoNewPrivs:\\s*1\\n/.test({status})") is True


def test_what_a_role_has_started_ends_with_it(docker_node: NodeSubject, run_dir: Path) -> None:
    program = (
        "(t) => { const { spawn } = process.getBuiltinModule('child_process');"
        " for (const detached of [true, false])"
        "   spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached });"
        " t.note('started', 2); process.exit(0); }"
    )
    trace = run_pairing(make_case(programs={"main": program}), {"main": docker_node}, run_dir)
    assert (trace.faults, trace.roles["main"][-1]["args"]) == ([], [0, None])
    assert trace.duration_s < 5
    commands = "fs.readdirSync('/proc').filter(Number).map((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1'))"
    assert note(docker_node, run_dir, f"{commands}.filter((one) => one.includes('setInterval')).length") == 0


def test_names_are_resolved_as_on_the_host(docker_node: NodeSubject, run_dir: Path) -> None:
    program = (
        "(t) => { const dns = process.getBuiltinModule('dns');"
        " dns.lookup('localhost', { all: true }, t.callback('localhost'));"
        " dns.lookup('no-such-name.invalid', t.callback('missing')); }"
    )
    trace = run_pairing(make_case(programs={"main": program}), {"main": docker_node}, run_dir)
    called = {
        record["label"]: record["args"] for record in trace.roles["main"] if record["kind"] == "callback"
    }
    error, addresses = called["localhost"]
    assert error is None
    assert {address["address"] for address in addresses} <= {"127.0.0.1", "::1"}
    assert called["missing"][0]["code"] in ("ENOTFOUND", "EAI_AGAIN")


def _two_roles(run_dir: Path) -> Case:
    programs = {
        "server": "(t) => { const s = t.net.createServer((c) => { t.kernel(c); c.end('pong', () => s.close()); });"
        " s.listen(t.path('s'), () => t.publish({ path: s.address() })); }",
        "client": "(t, { path }) => { t.watch('client', t.net.connect(path)).resume(); }",
    }
    return make_case(programs=programs, needs={"client": ("path",)})


def test_unix_sockets_reach_from_the_container_to_the_host(
    docker_node: NodeSubject, local_node: NodeSubject, run_dir: Path
) -> None:
    for server, client in ((docker_node, local_node), (local_node, docker_node), (docker_node, docker_node)):
        trace = run_pairing(_two_roles(run_dir), {"server": server, "client": client}, run_dir)
        assert trace.faults == []
        assert trace.roles["client"][-1]["args"] == [0, None]
        assert any(record["label"] == "data" for record in trace.roles["client"])


def test_the_kernel_is_asked_about_a_socket_in_the_container(docker_node: NodeSubject, run_dir: Path) -> None:
    trace = run_pairing(_two_roles(run_dir), {"server": docker_node, "client": docker_node}, run_dir)
    (answer,) = [record["state"] for record in trace.roles["server"] if record["kind"] == "kernel"]
    if answer is None:
        pytest.skip(trace.kernel_reasons[0])
    assert answer["domain"] == "unix"


def test_an_image_is_built_once(engine: Any, docker_node: NodeSubject) -> None:
    started = time.monotonic()
    image = ensure_image(engine, NODE.default)
    assert time.monotonic() - started < 5
    assert docker_node.describe()["image"] == image.described
    if not image.official:
        labels = engine.images.get(image.reference).labels
        assert labels[CONTENT_LABEL][:12] in image.described


def test_the_container_is_gone_when_closed_and_when_the_run_fails(
    engine: Any, docker_daemon: None, run_dir: Path, tmp_path: Path
) -> None:
    own = run_dir / "own"
    own.mkdir()
    with NodeSubject("docker").opened(own):
        assert len(containers_of(engine, own)) == 1
    assert containers_of(engine, own) == []
    with pytest.raises(ZeroDivisionError), NodeSubject("docker").opened(own):
        raise ZeroDivisionError
    assert containers_of(engine, own) == []


def test_a_container_that_does_not_come_up_says_why_and_is_removed(
    engine: Any, docker_daemon: None, run_dir: Path
) -> None:
    own = run_dir / "broken"
    (own / "io").mkdir(parents=True)
    (own / "supervisor.js").write_text("throw new Error('broken supervisor');")
    node = DockerProvider(NODE.default)
    try:
        with pytest.raises(
            ReferenceUnavailable, match="ended before it was ready: Error: broken supervisor"
        ) as caught:
            node.open(own, own)
    finally:
        node.close()
    assert "\n" not in str(caught.value)
    assert containers_of(engine, own) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_container_outlives_the_harness(engine: Any, docker_daemon: None, how: signal.Signals) -> None:
    with Harness("docker") as harness:
        (container,) = containers_of(engine, Path(harness.said[0]))
        pid = container.attrs["State"]["Pid"]
        os.kill(harness.process.pid, how)
        harness.process.wait(15)
        assert is_gone(pid)
        assert [pid for pid in harness.pids if not is_gone(pid)] == []
        _await_removal(container)
        assert containers_of(engine, Path(harness.said[0])) == []


def _await_removal(container: Any) -> None:
    from docker.errors import NotFound

    try:
        container.wait(condition="removed", timeout=10)
    except NotFound:
        pass
