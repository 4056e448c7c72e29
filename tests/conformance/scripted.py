"""A subject whose roles are Python functions in threads, for tests of the runner, and cases made without a file."""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conformance.language.case import Case, Role
from conformance.play.subjects.base import Description, RoleStartError, StreamRole


class Peer:
    """The role's end of its connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")
        self.command: dict[str, Any] = self.read()

    def read(self) -> Any:
        """The next line from the runner."""
        return json.loads(self._lines.readline())

    def write(self, kind: str, **fields: Any) -> None:
        """One record."""
        self.write_raw(json.dumps({"kind": kind, **fields}).encode() + b"\n")

    def write_raw(self, data: bytes) -> None:
        self._connection.sendall(data)

    def end(self, code: int | None = 0, signal: str | None = None) -> None:
        """The ``terminated`` record."""
        self.write("terminated", args=[code, signal], label="", state={"stdout": ""})

    def wait_until_let_go(self) -> None:
        """Return when the runner has closed the connection."""
        self._connection.recv(1)

    def close(self) -> None:
        self._lines.close()
        self._connection.close()


Script = Callable[[Peer], None]


class ScriptedSubject:
    """Plays each role with the script of that name; a role without one cannot be started."""

    name = "scripted"

    def __init__(self, **scripts: Script) -> None:
        self._scripts = scripts
        self.threads: list[threading.Thread] = []
        self.started: list[str] = []

    def open(self, run_dir: Path) -> None:
        pass

    def close(self) -> None:
        for thread in self.threads:
            thread.join()

    def describe(self) -> Description:
        return {"name": self.name, "version": "0"}

    def start(
        self, case: Case, role: Role, values: Mapping[str, Any], deadline_ms: int, path_dir: Path
    ) -> StreamRole:
        self.started.append(role.name)
        if role.name not in self._scripts:
            raise RoleStartError(f"there is no {role.name}")
        ours, theirs = socket.socketpair()
        command = {
            "role": role.name,
            "values": dict(values),
            "deadline_ms": deadline_ms,
            "path_dir": str(path_dir),
        }
        thread = threading.Thread(target=_play, args=(self._scripts[role.name], theirs))
        handle = StreamRole(ours, command)
        thread.start()
        self.threads.append(thread)
        return handle


def _play(script: Script, connection: socket.socket) -> None:
    peer = Peer(connection)
    try:
        script(peer)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the runner has let go
    finally:
        peer.close()


def make_case(
    *,
    programs: Mapping[str, str] | None = None,
    needs: Mapping[str, tuple[str, ...]] | None = None,
    raw: Mapping[str, Callable[..., Any]] | None = None,
    deadline_ms: int | None = None,
) -> Case:
    """A case of the roles that ``programs`` has JavaScript for (``main`` alone by default) and the raw roles."""
    programs = programs if programs is not None else {"main": "() => {}"}
    needs = needs or {}

    def role(name: str, function: Callable[..., Any], is_raw: bool) -> Role:
        return Role(name, needs.get(name, ()), function, 1, is_raw)

    return Case(
        id="made/up",
        about="nothing",
        roles=tuple(role(name, lambda t: None, False) for name in programs),
        raw_roles=tuple(role(name, function, True) for name, function in (raw or {}).items()),
        file=Path(__file__),
        line=1,
        deadline_ms=deadline_ms,
        programs=dict(programs),
    )
