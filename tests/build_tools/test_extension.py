"""The compiled extension: that each thing pyuv_compat.h gives back or adds does hold, on the Python that runs this."""

import gc
import socket
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
    udp = pyuv.UDP(loop)
    udp.bind(("127.0.0.1", 0))

    def on_message(handle: Any, address: tuple[str, int], flags: int, data: bytes, error: int | None) -> None:
        seen.append((data, address[0]))
        handle.close()

    udp.start_recv(on_message)
    udp.send(udp.getsockname(), b"hello", lambda handle, error: seen.append(error))
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


@pytest.mark.parametrize(
    ("read_size", "expected"),
    [(None, [65536, 34464]), (40000, [40000, 40000, 20000]), (90000, [90000, 10000]), (0, [pyuv.errno.UV_ENOBUFS])],
)
def test_a_stream_with_a_read_size_reads_as_much_at_once(
    loop: Any, read_size: int | None, expected: list[int]
) -> None:
    near, far = socket.socketpair()
    seen: list[int] = []

    def on_read(handle: Any, data: bytes | None, error: int | None) -> None:
        if error is not None:
            handle.close()
        if error != pyuv.errno.UV_EOF:
            seen.append(error or len(data or b""))

    with near, far:
        far.sendall(bytes(100_000))
        far.shutdown(socket.SHUT_WR)
        pipe = pyuv.Pipe(loop)
        pipe.open(near.detach())
        if read_size is not None:
            pipe.read_size = read_size
        pipe.start_read(on_read)
        loop.run()
    assert seen == expected


def test_the_read_size_is_asked_for_before_each_read(loop: Any) -> None:
    near, far = socket.socketpair()
    seen: list[bytes | None] = []

    def on_read(handle: Any, data: bytes | None, error: int | None) -> None:
        seen.append(data)
        handle.read_size += 1
        if data is None:
            handle.close()

    with near, far:
        far.sendall(b"abbcccd")
        far.shutdown(socket.SHUT_WR)
        pipe = pyuv.Pipe(loop)
        pipe.open(near.detach())
        pipe.read_size = 1
        pipe.start_read(on_read)
        loop.run()
    assert seen == [b"a", b"bb", b"ccc", b"d", None]
