"""The toolkit of raw roles against plain sockets: what it does to its peer, and that no call blocks for ever."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conformance.play.raw import Raw, RawCancelled, RawTimeout

IPV6 = pytest.param("ipv6", marks=pytest.mark.ipv6)


class Bench:
    """A ``Raw`` and the strings by which the runner holds it."""

    def __init__(self, path_dir: Path, seconds: float = 3.0) -> None:
        self.values: dict[str, Any] = {}
        self.is_cancelled = False
        self.told, self._tell = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.r = Raw(
            deadline=time.monotonic() + seconds,
            path_dir=path_dir,
            publish=self.values.update,
            lookup=self.values.get,
            news=self.told,
            cancelled=lambda: self.is_cancelled,
        )

    def tell(self) -> None:
        os.write(self._tell, b".")

    def cancel(self) -> None:
        self.is_cancelled = True
        self.tell()

    def close(self) -> None:
        self.r.close_all()
        os.close(self.told)
        os.close(self._tell)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with closing(Bench(tmp_path)) as bench:
        yield bench


@pytest.fixture
def r(bench: Bench) -> Raw:
    return bench.r


def in_thread(function: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def test_reset_sends_rst_not_fin(r: Raw) -> None:
    listener = r.listen()
    with socket.create_connection(("127.0.0.1", listener.port)) as client:
        listener.accept().reset()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_shutdown_is_a_half_close(r: Raw) -> None:
    listener = r.listen()
    with socket.create_connection(("127.0.0.1", listener.port)) as client:
        peer = listener.accept()
        peer.send(b"bye")
        peer.shutdown()
        assert client.recv(16) == b"bye"
        assert client.recv(16) == b""
        client.sendall(b"still")
        assert peer.recv(5) == b"still"


def test_recv_counts_and_stops_at_the_end(r: Raw) -> None:
    listener = r.listen()
    with socket.create_connection(("127.0.0.1", listener.port)) as client:
        peer = listener.accept()
        client.sendall(b"abcdef")
        assert peer.recv(2) == b"ab"
        client.shutdown(socket.SHUT_WR)
        assert peer.recv(100) == b"cdef"
        assert peer.recv_all() == b""


def test_recv_reset_tells_rst_from_fin(r: Raw) -> None:
    listener = r.listen()
    r.connect(listener.port).reset()
    assert listener.accept().recv_reset() == b""
    r.connect(listener.port).close()
    with pytest.raises(RawTimeout, match="FIN, not RST"):
        listener.accept().recv_reset()


def test_fill_stops_when_nothing_more_goes(r: Raw) -> None:
    listener = r.listen()
    client = r.connect(listener.port, receive_buffer=4096)
    peer = listener.accept()
    sent = peer.fill()
    assert sent > 4096
    peer.close()
    assert len(client.recv_all()) == sent


@pytest.mark.parametrize("family", ["ipv4", IPV6, "unix"])
def test_every_family_listens_and_connects(r: Raw, family: str) -> None:
    path = r.path("sock") if family == "unix" else None
    listener = r.listen(family=family, path=path)
    client = r.connect(listener.port, family=family, path=path)
    client.send(b"hi")
    client.close()
    assert listener.accept().recv_all() == b"hi"
    assert listener.path == (path or "")


@pytest.mark.parametrize("family", ["ipv4", IPV6])
def test_udp_gives_the_senders_address(r: Raw, family: str) -> None:
    one, two = r.udp(family=family), r.udp(family=family)
    one.send(b"datagram", two.port)
    data, host, port = two.recv()
    assert (data, port) == (b"datagram", one.port)
    assert host == ("127.0.0.1" if family == "ipv4" else "::1")


def test_an_unknown_family_is_told(r: Raw) -> None:
    with pytest.raises(ValueError, match="ipv4, ipv6, unix"):
        r.listen(family="ipx")


def test_a_full_backlog_leaves_connects_in_progress(r: Raw) -> None:
    listener = r.full_backlog()
    with socket.socket() as client:
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.connect(("127.0.0.1", listener.port))


def test_a_closed_port_refuses(r: Raw) -> None:
    with pytest.raises(ConnectionRefusedError):
        r.connect(r.closed_port())


def test_wait_returns_when_the_value_is_published(bench: Bench) -> None:
    got: list[Any] = []
    thread = in_thread(lambda: got.append(bench.r.wait("port")))
    bench.values["other"] = 0
    bench.tell()
    bench.values["port"] = 5
    bench.tell()
    thread.join(3)
    assert got == [5]


@pytest.mark.parametrize(
    "blocks",
    [
        lambda r: r.listen().accept(),
        lambda r: r.wait("nothing"),
        lambda r: r.udp().recv(),
        lambda r: r.connect(r.listen().port).recv(1),
    ],
    ids=["accept", "wait", "udp recv", "recv"],
)
def test_every_blocking_call_has_the_deadline_and_can_be_cancelled(
    tmp_path: Path, blocks: Callable[[Raw], object]
) -> None:
    with closing(Bench(tmp_path, seconds=0.05)) as bench, pytest.raises(RawTimeout):
        blocks(bench.r)
    with closing(Bench(tmp_path)) as bench:
        caught: list[BaseException] = []

        def call() -> None:
            try:
                blocks(bench.r)
            except RawCancelled as cancelled:
                caught.append(cancelled)

        thread = in_thread(call)
        bench.cancel()
        thread.join(2)
        assert len(caught) == 1


def test_hold_ends_at_the_deadline(tmp_path: Path) -> None:
    with closing(Bench(tmp_path, seconds=0.05)) as bench:
        bench.r.hold()
