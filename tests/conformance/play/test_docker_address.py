"""Which Docker daemon is meant, and the true reason where none can be used."""

import hashlib
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.play.runner import run_pairing
from conformance.play.subjects import container
from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.container import docker_trouble
from conformance.play.subjects.docker_address import DEFAULT, Address, AddressError, current
from conformance.play.subjects.lease import Lease
from conformance.play.subjects.node import NodeSubject
from tests.conformance.play.roles import terminated
from tests.conformance.scripted import make_case


def put_context(configuration: Path, name: str, endpoint: dict[str, Any], tls: bool = False) -> None:
    """A context as ``docker context create`` writes it."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = configuration / "contexts" / "meta" / digest
    meta.mkdir(parents=True)
    content = {"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}
    (meta / "meta.json").write_text(json.dumps(content))
    if tls:
        certificates = configuration / "contexts" / "tls" / digest / "docker"
        certificates.mkdir(parents=True)
        (certificates / "ca.pem").write_text("")


class TestAddress:
    """Where it is said, and what is made of it."""

    @pytest.fixture
    def environment(self, tmp_path: Path) -> dict[str, str]:
        put_context(tmp_path, "here", {"Host": "unix:///run/here.sock"})
        put_context(tmp_path, "there", {"Host": "tcp://127.0.0.1:7000"}, tls=True)
        put_context(tmp_path, "nowhere", {"Host": "ftp://x"})
        return {"DOCKER_CONFIG": str(tmp_path)}

    @pytest.mark.parametrize(
        ("host", "url"),
        [
            ("unix:///run/x.sock", "unix:///run/x.sock"),
            ("unix://", DEFAULT),
            ("", DEFAULT),
            ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"),
            ("tcp://127.0.0.1", "tcp://127.0.0.1:2375"),
            ("tcp://", "tcp://localhost:2375"),
            ("tcp://[::1]:5", "tcp://[::1]:5"),
            (" tcp://localhost:1 ", "tcp://localhost:1"),
            ("localhost:1", "tcp://localhost:1"),
            ("garbage", "tcp://garbage:2375"),
        ],
    )
    def test_docker_host_is_read_as_the_docker_command_reads_it(
        self, environment: dict[str, str], host: str, url: str
    ) -> None:
        assert current({**environment, "DOCKER_HOST": host}).url == url

    @pytest.mark.parametrize(
        "host", ["ftp://x:1", "http://x:1", "fd://3", "tcp://h:port", "a b", "/run/x.sock", "tcp://h:99999"]
    )
    def test_what_is_no_address_is_said_to_be_none(self, environment: dict[str, str], host: str) -> None:
        with pytest.raises(AddressError) as caught:
            current({**environment, "DOCKER_HOST": host})
        assert str(caught.value).startswith(f"DOCKER_HOST={host} is no address of a Docker daemon")

    def test_ssh_is_another_machine(self, environment: dict[str, str]) -> None:
        with pytest.raises(AddressError, match="reached by ssh"):
            current({**environment, "DOCKER_HOST": "ssh://me@there"})

    def test_docker_host_comes_before_contexts_and_a_named_one_before_the_current_one(
        self, environment: dict[str, str], tmp_path: Path
    ) -> None:
        assert current(environment).url == DEFAULT
        (tmp_path / "config.json").write_text(json.dumps({"currentContext": "there"}))
        assert current(environment).url == "tcp://127.0.0.1:7000"
        assert current({**environment, "DOCKER_CONTEXT": "here"}).url == "unix:///run/here.sock"
        assert current({**environment, "DOCKER_CONTEXT": "default"}).url == DEFAULT
        assert (
            current({**environment, "DOCKER_CONTEXT": "here", "DOCKER_HOST": "tcp://[::1]:5"}).url
            == "tcp://[::1]:5"
        )
        (tmp_path / "config.json").write_text("not JSON")
        assert current(environment).url == DEFAULT

    def test_certificates(self, environment: dict[str, str], tmp_path: Path) -> None:
        there = current({**environment, "DOCKER_CONTEXT": "there"})
        assert there.certificates is not None and (there.certificates / "ca.pem").is_file()
        assert current({**environment, "DOCKER_HOST": "tcp://h"}).certificates is None
        verified = {**environment, "DOCKER_HOST": "tcp://h", "DOCKER_TLS_VERIFY": "1"}
        assert current(verified) == Address("tcp://h:2376", "DOCKER_HOST=tcp://h", tmp_path)
        assert current({**verified, "DOCKER_CERT_PATH": "/certs"}).certificates == Path("/certs")

    def test_a_context_that_is_not_there_or_broken_says_which_and_who_named_it(
        self, environment: dict[str, str], tmp_path: Path
    ) -> None:
        with pytest.raises(AddressError, match=r"there is no Docker context 'nope' \(DOCKER_CONTEXT=nope\)"):
            current({**environment, "DOCKER_CONTEXT": "nope"})
        (tmp_path / "config.json").write_text(json.dumps({"currentContext": "gone"}))
        with pytest.raises(
            AddressError, match=r"no Docker context 'gone' \(the current context of .*config\.json\)"
        ):
            current(environment)
        with pytest.raises(AddressError, match="context nowhere: ftp://x is no address"):
            current({**environment, "DOCKER_CONTEXT": "nowhere"})
        digest = hashlib.sha256(b"here").hexdigest()
        (tmp_path / "contexts" / "meta" / digest / "meta.json").write_text("[]")
        with pytest.raises(AddressError, match="'here' names no daemon"):
            current({**environment, "DOCKER_CONTEXT": "here"})

    @pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker command here")
    def test_the_docker_command_agrees(self, environment: dict[str, str], tmp_path: Path) -> None:
        def asked(more: dict[str, str]) -> str:
            command = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
            given = {"PATH": os.environ["PATH"], **environment, **more}
            return subprocess.run(
                command, env=given, capture_output=True, text=True, check=False
            ).stdout.strip()

        for more in (
            {},
            {"DOCKER_CONTEXT": "here"},
            {"DOCKER_CONTEXT": "there"},
            {"DOCKER_HOST": "tcp://127.0.0.1:9"},
        ):
            assert asked(more) == current({**environment, **more}).url
        (tmp_path / "config.json").write_text(json.dumps({"currentContext": "here"}))
        assert asked({}) == current(environment).url == "unix:///run/here.sock"


class TestReason:
    """``docker_trouble``: one line, and true."""

    @pytest.fixture(autouse=True)
    def nothing_set(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY"):
            monkeypatch.delenv(name, raising=False)

    @pytest.mark.parametrize(
        ("host", "said"),
        [
            (
                "tcp://127.0.0.1:1",
                "no Docker daemon answers at tcp://127.0.0.1:1 (DOCKER_HOST=tcp://127.0.0.1:1): Connection refused",
            ),
            (
                "unix:///nowhere",
                "no Docker daemon answers at unix:///nowhere (DOCKER_HOST=unix:///nowhere): No such file or directory",
            ),
            (
                "unix:///dev/null",
                "no Docker daemon answers at unix:///dev/null (DOCKER_HOST=unix:///dev/null): Connection refused",
            ),
            (
                "ftp://x",
                "DOCKER_HOST=ftp://x is no address of a Docker daemon: unix://PATH or tcp://HOST:PORT is",
            ),
            (
                "tcp://no..host:1",
                "no Docker daemon answers at tcp://no..host:1 (DOCKER_HOST=tcp://no..host:1): ",
            ),
        ],
    )
    def test_of_docker_host(self, host: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", host)
        assert (docker_trouble() or "").startswith(said)

    def test_of_a_context(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put_context(tmp_path, "dead", {"Host": "tcp://127.0.0.1:1"})
        monkeypatch.setenv("DOCKER_CONTEXT", "dead")
        assert (
            docker_trouble()
            == "no Docker daemon answers at tcp://127.0.0.1:1 (context dead): Connection refused"
        )
        monkeypatch.setenv("DOCKER_CONTEXT", "missing")
        assert docker_trouble() == "there is no Docker context 'missing' (DOCKER_CONTEXT=missing)"

    def test_of_a_server_that_is_no_docker_daemon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with http.server.HTTPServer(("127.0.0.1", 0), _Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
            trouble = docker_trouble() or ""
            server.shutdown()
        assert f"what answers at tcp://127.0.0.1:{server.server_port}" in trouble
        assert "does not answer as a Docker daemon" in trouble and "\n" not in trouble


def test_what_is_root_in_a_rootless_engine_is_known_from_what_it_says() -> None:
    assert container._is_rootless({"SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]})
    assert not container._is_rootless({"SecurityOptions": None})


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(418)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Relay:
    """A TCP port behind which the daemon's unix socket lies: a daemon with a tcp address."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect("/var/run/docker.sock")
            threads = [
                threading.Thread(target=_copy, args=ends, daemon=True) for ends in ((near, far), (far, near))
            ]
            threading.Thread(target=_close_after, args=(threads, near, far), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def _close_after(threads: list[threading.Thread], *sockets: socket.socket) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in sockets:
        one.close()


@pytest.mark.docker
class TestDaemon:
    """With the daemon of this machine."""

    @pytest.fixture
    def relay(self, docker_daemon: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Relay]:
        if not Path("/var/run/docker.sock").exists():
            pytest.skip("the daemon is somewhere else")
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        relay = _Relay()
        yield relay
        relay.close()

    def test_a_tcp_address_of_this_machine_works(
        self, relay: _Relay, run_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DOCKER_HOST", relay.url)
        assert docker_trouble() is None
        with NodeSubject("docker").opened(run_dir) as node:
            assert terminated(run_pairing(make_case(), {"main": node}, run_dir)) == [0, None]

    def test_a_context_works(
        self, relay: _Relay, run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        put_context(tmp_path, "mine", {"Host": relay.url})
        (tmp_path / "config.json").write_text(json.dumps({"currentContext": "mine"}))
        with NodeSubject("docker").opened(run_dir) as node:
            assert terminated(run_pairing(make_case(), {"main": node}, run_dir)) == [0, None]

    @pytest.mark.parametrize(
        ("which", "said"),
        [("boot", "another kernel"), ("network", "a network of their own, not this machine's")],
    )
    def test_a_container_elsewhere_is_said_to_be_there(
        self, docker_daemon: None, which: str, said: str, run_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accept = Lease.accept

        def elsewhere(lease: Any, *arguments: Any) -> dict[str, Any]:
            return {**accept(lease, *arguments), which: "another"}

        monkeypatch.setattr(Lease, "accept", elsewhere)
        with pytest.raises(ReferenceUnavailable, match=said), NodeSubject("docker").opened(run_dir):
            pass

    def test_a_daemon_that_does_not_see_these_directories_says_so(
        self, docker_daemon: None, run_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(container, "roles_directory", lambda run_dir: run_dir / "not there")
        with (
            pytest.raises(ReferenceUnavailable, match="does not see the directories of this machine"),
            NodeSubject("docker").opened(run_dir),
        ):
            pass
