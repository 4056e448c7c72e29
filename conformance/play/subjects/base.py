"""A subject: something that can run one role of a case in a fresh process and stream its trace.

The runner knows nothing else of Node, Python or a third implementation. A subject is opened once for a run,
in a ``RunDirectory`` that every subject of the run shares, and then asked for one ``RoleHandle`` per role.
``StreamRole`` is the handle that all the built-in subjects use: JSON lines over one stream socket, closed to
kill the role.
"""

import contextlib
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypedDict, runtime_checkable

from conformance.language.case import Case, Role
from conformance.play.trace import PROTOCOL

#: The entry-point group under which other packages offer subjects: name → class with a constructor of no
#: arguments.
ENTRY_POINT_GROUP = "conformance.subjects"

_CHUNK = 1 << 16


class Description(TypedDict, total=False):
    """What a subject says of itself, as it stands in the report."""

    name: str  # "node" or "nodesock" or what a third implementation calls itself
    version: str | None  # of the implementation, without a leading v; None where nobody knows it
    libuv: str | None
    provider: str  # "docker" or "local" for node, "fork" for Python
    image: str | None  # tag and id of the container image
    recordings: str  # the directory of the recordings, where the reference is recorded
    python: str | None
    pyuv: str | None
    note: str | None  # one line that the run says first, for example why the provider is not docker


class SubjectUnavailable(Exception):
    """The subject cannot be run here. ``str()`` is one line; the run ends with exit code 3."""


class ReferenceUnavailable(SubjectUnavailable):
    """The same, of the reference: no Node.js of the wanted kind or version."""


class RoleStartError(Exception):
    """One role could not be started: the machine's fault, so the pairing is ``errored``."""


class RoleHandle(Protocol):
    """One running role. All methods are called from the one thread that runs the pairing, and none blocks."""

    @property
    def ended(self) -> bool:
        """True after the last line (``terminated``, or the end of the connection) has been read."""
        ...

    def fileno(self) -> int:
        """A descriptor that polls readable when ``read`` has something new to give."""
        ...

    def read(self) -> list[bytes]:
        """The whole lines that have arrived since the last call, unparsed, without their line ends."""
        ...

    def send(self, message: Any) -> None:
        """One reply line to the role's descriptor 0 (the answer to a ``kernel?`` record)."""
        ...

    def kill(self) -> None:
        """End the role at once and let go of everything. May be called at any time and more than once."""
        ...


@runtime_checkable
class Subject(Protocol):
    """An implementation under comparison. ``open`` before ``start``; ``close`` ends every role still running.

    ``start`` is called from several threads at once.
    """

    name: str

    def open(self, run_dir: Path) -> None:
        """Get ready to run roles: start the container or the warm parent. Raises ``SubjectUnavailable``.

        ``run_dir`` is a directory with a short path that all subjects of the run share; a subject may put
        files there under its own name.
        """
        ...

    def close(self) -> None:
        """End everything that ``open`` and ``start`` began. Never raises."""
        ...

    def describe(self) -> Description:
        """Who this is. Called after ``open``."""
        ...

    def start(
        self, case: Case, role: Role, values: Mapping[str, Any], deadline_ms: int, path_dir: Path
    ) -> RoleHandle:
        """Run one role in a fresh process.

        ``values`` holds what the role's parameters get; ``deadline_ms`` is after how long the process must
        write ``hung`` and end; ``path_dir`` is where ``t.path(name)`` lies, and the
        process's working directory. Raises ``RoleStartError``.
        """
        ...


def role_command(
    case: Case, role: Role, values: Mapping[str, Any], deadline_ms: int, path_dir: Path
) -> dict[str, Any]:
    """The first line that a role's process gets: what to play (``conformance/protocol/command.json``)."""
    return {
        "protocol": PROTOCOL,
        "case": case.id,
        "role": role.name,
        "values": dict(values),
        "deadline_ms": deadline_ms,
        "path_dir": str(path_dir),
    }


class Openable:
    """Mix-in: a subject as a context manager over a run directory, ``with subject.opened(run_dir):``."""

    def open(self, run_dir: Path) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    @contextlib.contextmanager
    def opened(self, run_dir: Path) -> Any:
        try:
            self.open(run_dir)
            yield self
        finally:
            self.close()


class StreamRole:
    """A role at the other end of a connected stream socket.

    The first line that goes out is the command; replies to ``kernel?`` follow. What comes in are record lines
    and at the end ``terminated``. Closing the socket kills the role: that is the duty of the process at the
    other end.
    """

    def __init__(self, connection: socket.socket, command: Mapping[str, Any] | None = None) -> None:
        self._connection: socket.socket | None = connection
        self._fd = connection.fileno()
        self._partial = b""
        self._ended = False
        if command is not None:
            connection.settimeout(5.0)
            connection.sendall(_line(command))
        connection.setblocking(False)

    @property
    def ended(self) -> bool:
        return self._ended

    def fileno(self) -> int:
        return self._fd

    def read(self) -> list[bytes]:
        chunks = [self._partial]
        while self._connection is not None:
            try:
                chunk = self._connection.recv(_CHUNK)
            except BlockingIOError:
                break
            except OSError:
                chunk = b""
            if not chunk:
                self._ended = True
                break
            chunks.append(chunk)
        *lines, self._partial = b"".join(chunks).split(b"\n")
        if self._ended and self._partial:
            lines.append(self._partial)
            self._partial = b""
        return [line for line in lines if line]

    def send(self, message: Any) -> None:
        # A reply is a few hundred bytes to a reader that waits for it: it fits the buffer, or the role is
        # gone.
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.sendall(_line(message))

    def kill(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._ended = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def __repr__(self) -> str:
        return f"<StreamRole fd={self._fd} {'ended' if self._ended else 'running'}>"


def _line(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"
