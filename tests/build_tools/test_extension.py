"""The compiled extension: that each thing pyuv_compat.h gives back does hold, on the Python that runs this."""

import gc
from pathlib import Path
from typing import Any

import pytest

from nodesock import _pyuv as pyuv


@pytest.fixture
def loop() -> Any:
    return pyuv.Loop()


def test_tcp_echo_with_close_callbacks(loop: Any) -> None:
    seen: list[Any] = []
    server = pyuv.TCP(loop)
    server.bind(("127.0.0.1", 0))

    def on_connection(handle: Any, error: int | None) -> None:
        peer = pyuv.TCP(loop)
        handle.accept(peer)
        peer.start_read(lambda peer, data, error: peer.write(data) if data else peer.close(closed("peer")))
        handle.close(closed("server"))

    def closed(name: str) -> Any:
        return lambda handle: seen.append(f"{name} closed")

    def on_connect(handle: Any, error: int | None) -> None:
        handle.write(b"x" * 1000)
        handle.start_read(on_data)

    def on_data(handle: Any, data: bytes | None, error: int | None) -> None:
        seen.append(data)
        handle.close(closed("client"))

    server.listen(on_connection)
    pyuv.TCP(loop).connect(server.getsockname(), on_connect)
    loop.run()
    assert b"x" * 1000 in seen
    assert {"peer closed", "server closed", "client closed"} <= {item for item in seen if isinstance(item, str)}


def test_udp_and_timer(loop: Any) -> None:
    seen: list[Any] = []
    socket = pyuv.UDP(loop)
    socket.bind(("127.0.0.1", 0))

    def on_message(handle: Any, address: tuple[str, int], flags: int, data: bytes, error: int | None) -> None:
        seen.append((data, address[0]))
        handle.close()

    socket.start_recv(on_message)
    socket.send(socket.getsockname(), b"hello", lambda handle, error: seen.append(error))
    pyuv.Timer(loop).start(lambda handle: handle.close(), 0.001, 0)
    loop.run()
    assert seen == [None, (b"hello", "127.0.0.1")]


@pytest.mark.parametrize("name", ["s", "a-longer-name.sock", "ü"])
def test_a_pipe_is_bound_where_it_was_told(loop: Any, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    pipe = pyuv.Pipe(loop)
    pipe.bind(str(path))
    assert path.is_socket()
    pipe.close()
    loop.run()


def test_handles_dropped_while_open_are_closed_and_freed(loop: Any) -> None:
    for _ in range(200):
        for kind in (pyuv.TCP, pyuv.UDP, pyuv.Timer, pyuv.Pipe):
            kind(loop)
        loop.run(pyuv.UV_RUN_NOWAIT)
    loop.run()
    gc.collect()
    assert not loop.handles
