"""What the tests of dgram share: the fresh loop, and a scripted UDP handle in place of the binding's."""

from collections.abc import Callable
from typing import Any

import pytest

from nodesock import dgram
from nodesock.bindings.uv import UV_EBADF
from nodesock.dgram import socket as socket_module
from nodesock.runtime.ticks import drain


@pytest.fixture(autouse=True)
def _fresh_loop(fresh_loop: None) -> None:
    pass


class ScriptedUDP:
    """A UDP handle without a kernel: records what it is asked to do, answers and delivers what the test tells it to.

    `sends` are the answers of the next sends: "taken" (the default), "queued", or a negative libuv number.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.sends: list[Any] = []
        self.queued: list[Callable[[int, int], Any]] = []
        self.on_message: Callable[..., Any] | None = None
        self.bind_answer = 0
        self.connect_answer = 0
        self.closed = False
        self.owner: Any = None
        self.fd = -1
        self.send_queue_size = self.send_queue_count = 0

    def bind(self, address: str, port: int, flags: int = 0) -> int:
        self.calls.append(("bind", address, port, flags))
        return self.bind_answer

    bind6 = bind

    def connect(self, address: str, port: int) -> int:
        self.calls.append(("connect", address, port))
        return self.connect_answer

    connect6 = connect

    def disconnect(self) -> int:
        self.calls.append(("disconnect",))
        return 0

    def recv_start(self, on_message: Callable[..., Any]) -> int:
        self.calls.append(("recv_start",))
        self.on_message = on_message
        return 0

    def recv_stop(self) -> int:
        self.calls.append(("recv_stop",))
        return 0

    def send(self, buffers: Any, port: int | None, address: str | None, on_complete: Any) -> int:
        if self.closed:
            return UV_EBADF
        data = b"".join(bytes(part) for part in buffers)
        self.calls.append(("send", data, port, address))
        answer = self.sends.pop(0) if self.sends else "taken"
        if answer == "taken":
            return len(data) + 1
        if answer == "queued":
            self.queued.append(on_complete)
            return 0
        return int(answer)

    send6 = send

    def getsockname(self) -> tuple[str, str, int]:
        return "127.0.0.1", "IPv4", 1234

    def getpeername(self) -> tuple[str, str, int]:
        return "127.0.0.1", "IPv4", 4321

    def close(self, on_closed: Any = None) -> None:
        self.calls.append(("close",))
        self.closed = True

    def ref(self) -> None:
        self.calls.append(("ref",))

    def unref(self) -> None:
        self.calls.append(("unref",))

    def deliver(self, data: bytes, address: str = "127.0.0.9", family: str = "IPv4", port: int = 9) -> None:
        """A datagram arrives, as from libuv."""
        assert self.on_message is not None
        self.on_message(len(data), data, (address, family, port))
        drain()

    def fail(self, err: int) -> None:
        """recvmsg fails."""
        assert self.on_message is not None
        self.on_message(err, None, None)
        drain()

    def names(self) -> list[str]:
        """What it was asked to do."""
        return [call[0] for call in self.calls]


class Scripted:
    """A socket over a scripted handle, and what it emitted."""

    def __init__(self, socket: dgram.Socket, handle: ScriptedUDP) -> None:
        self.socket = socket
        self.handle = handle
        self.events: list[Any] = []
        emit = socket.emit

        def recorded(event: Any, *args: Any) -> bool:
            if isinstance(event, str):
                self.events.append((event, *args) if args else event)
            return emit(event, *args)

        socket.emit = recorded  # type: ignore[method-assign, assignment]


def make_scripted(*args: Any, **options: Any) -> Scripted:
    """A socket over a scripted handle: `make_scripted("udp4", **options)`."""
    handle = ScriptedUDP()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket_module, "UDP", lambda: handle)
        return Scripted(dgram.create_socket(*(args or ("udp4",)), **options), handle)


@pytest.fixture
def scripted() -> Callable[..., Scripted]:
    """Makes sockets over scripted handles: `scripted("udp4", **options)`."""
    return make_scripted
