"""bindings/stream_wrap, tcp_wrap, pipe_wrap over loopback: numbers, order and lifetimes as in Node's internals."""

import errno
import gc
import os
import socket
import stat
import struct
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodesock.bindings.pipe_wrap import UV_READABLE, UV_WRITABLE, Pipe
from nodesock.bindings.stream_wrap import StreamHandle
from nodesock.bindings.tcp_wrap import SERVER, SOCKET, TCP, UV_TCP_IPV6ONLY, UV_TCP_REUSEPORT
from nodesock.bindings.uv import UV_EBADF, UV_ECANCELED, UV_EINVAL, UV_ENOTCONN, UV_EOF, guess_handle_type
from nodesock.runtime.handles import active_resources_info
from nodesock.runtime.loop import run
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.timers import set_immediate, set_timeout
from tests.bindings.ends import listening, never, pair, port

pytestmark = pytest.mark.usefixtures("fresh_loop")


@pytest.mark.parametrize("kind", ["tcp", "pipe"])
def test_echo_over_either(kind: str, tmp_path: Path) -> None:
    log: list = []
    path = str(tmp_path / "s")
    server: Any = TCP(SERVER) if kind == "tcp" else Pipe(SERVER)
    near: Any = TCP() if kind == "tcp" else Pipe()

    def main() -> None:
        assert (server.bind("127.0.0.1", 0) if kind == "tcp" else server.bind(path)) == 0

        def accepted(status: int, far: StreamHandle) -> None:
            def read(nread: int, data: bytes | None) -> None:
                if data is not None:
                    assert far.write(data, never) == 0
                    return
                log.append(("far", nread))
                far.shutdown(lambda status: (log.append(("shutdown", status)), far.close()))

            far.on_read = read
            assert far.read_start() == 0 and far.reading

        assert server.listen(5, accepted) == 0
        where = (port(server),) if kind == "tcp" else ()
        target = "127.0.0.1" if kind == "tcp" else path
        assert near.connect(target, *where, connected) == 0

    def connected(status: int) -> None:
        def read(nread: int, data: bytes | None) -> None:
            log.append(("near", nread, data))
            if nread < 0:
                near.close(lambda: log.append("closed"))
                server.close()
            else:
                near.shutdown(lambda status: None)

        log.append(("connected", status))
        near.on_read = read
        assert near.read_start() == 0
        assert near.write(b"hello", never) == 0

    run(main)
    assert log == [
        ("connected", 0),
        ("near", 5, b"hello"),
        ("far", UV_EOF),
        ("shutdown", 0),
        ("near", UV_EOF, None),
        "closed",
    ]
    assert (near.bytes_read, near.bytes_written) == (5, 5)
    assert not Path(path).exists()


def test_what_the_kernel_does_not_take_is_queued_and_arrives_whole() -> None:
    payload = os.urandom(6_000_000)
    got = bytearray()
    log: list = []

    def ready(near: TCP, far: TCP) -> None:
        far.on_read = lambda nread, data: (
            got.extend(data) if data is not None else (far.close(), log.append("eof"))
        )
        assert near.write(payload, lambda status: log.append(("big", status))) == 1
        assert near.write_queue_size > 0
        assert near.write(b"small", lambda status: log.append(("small", status))) == 1
        assert (
            near.writev([b"a", bytearray(b"b"), memoryview(b"c")], lambda s: log.append(("vector", s))) == 1
        )
        assert near.shutdown(lambda status: (log.append(("shutdown", status)), near.close())) == 0
        assert active_resources_info()[1:5] == ["SimpleWriteWrap"] * 3 + [
            "SimpleShutdownWrap"
        ]  # after ConnectWrap
        assert near.bytes_written == 6_000_008
        far.read_start()

    run(lambda: pair(ready))
    assert bytes(got) == payload + b"smallabc"
    assert log == [("big", 0), ("small", 0), ("vector", 0), ("shutdown", 0), "eof"]
    assert active_resources_info() == []


def test_close_cancels_in_libuvs_order_before_it_is_closed() -> None:
    log: list = []

    def ready(near: TCP, far: TCP) -> None:
        near.write(bytes(6_000_000), lambda status: log.append(("first", status)))
        near.write(b"x", lambda status: log.append(("second", status)))
        near.shutdown(lambda status: log.append(("shutdown", status)))
        near.close(lambda: log.append("closed"))
        near.close(lambda: log.append("never"))
        set_immediate(log.append, "immediate")
        next_tick(log.append, "tick")
        far.close()

    run(lambda: pair(ready))
    assert log == [
        "tick",
        "immediate",
        ("first", UV_ECANCELED),
        ("second", UV_ECANCELED),
        ("shutdown", UV_ECANCELED),
        "closed",
    ]


def test_close_cancels_a_connect() -> None:
    log: list = []

    def main() -> None:
        server = listening(lambda client: client.close())
        near = TCP()
        near.connect("127.0.0.1", port(server), lambda status: log.append(status))
        near.write(b"waits for the connection", lambda status: log.append(("write", status)))
        near.close(lambda: log.append("closed"))
        set_timeout(server.close, 20)

    run(main)
    assert log == [UV_ECANCELED, ("write", UV_ECANCELED), "closed"]


def test_writes_before_the_connection_is_there_are_queued() -> None:
    log: list = []

    def main() -> None:
        def serve(far: TCP) -> None:
            far.on_read = lambda nread, data: log.append(data) if data is not None else far.close()
            far.read_start()
            server.close()

        server = listening(serve)
        near = TCP()
        near.connect("127.0.0.1", port(server), lambda status: log.append(("connected", status)))
        assert near.write(b"one ", lambda status: log.append(("one", status))) == 1
        big = [b"t" * 100_000, b"w" * 100_000]
        assert near.writev(big, lambda status: (log.append(("two", status)), near.close())) == 1

    run(main)
    assert log[:2] == [("connected", 0), ("one", 0)] and ("two", 0) in log
    assert (
        b"".join(part for part in log if isinstance(part, bytes)) == b"one " + b"t" * 100_000 + b"w" * 100_000
    )


def test_refused() -> None:
    log: list = []

    def main() -> None:
        free = TCP()
        free.bind("127.0.0.1", 0)
        number = port(free)
        free.close()
        near = TCP()

        def done(status: int) -> None:
            log.extend([status, active_resources_info()])
            near.close()

        set_timeout(lambda: near.connect("127.0.0.1", number, done), 5)

    run(main)
    assert log == [-errno.ECONNREFUSED, ["ConnectWrap", "TCPSocketWrap"]]
    assert active_resources_info() == []


def test_reset_sends_rst() -> None:
    log: list = []

    def ready(near: TCP, far: TCP) -> None:
        far.on_read = lambda nread, data: (log.append((nread, data)), far.close())
        far.read_start()
        assert near.reset(lambda: log.append("closed")) == 0
        assert near.reset() == 0

    run(lambda: pair(ready))
    assert sorted(map(str, log)) == sorted(["closed", str((-errno.ECONNRESET, None))])


def test_no_reset_during_shutdown() -> None:
    def ready(near: TCP, far: TCP) -> None:
        near.write(bytes(6_000_000), lambda status: None)
        near.shutdown(lambda status: None)
        assert near.reset() == UV_EINVAL
        near.close()
        far.close()

    run(lambda: pair(ready))


def test_read_stop_leaves_data_in_the_kernel() -> None:
    log: list = []

    def ready(near: TCP, far: TCP) -> None:
        def read(nread: int, data: bytes | None) -> None:
            log.append(data)
            assert far.read_stop() == 0 and not far.reading
            set_timeout(resume, 5)

        def resume() -> None:
            if len(log) == 1:
                near.write(b"two", never)
                set_timeout(far.read_start, 5)
            else:
                near.close()
                far.close()

        far.on_read = read
        far.read_start()
        assert far.read_start() == 0
        near.write(b"one", never)

    run(lambda: pair(ready))
    assert log == [b"one", b"two"]


def test_a_chunk_is_at_most_64_kib() -> None:
    sizes: list = []

    def ready(near: TCP, far: TCP) -> None:
        def read(nread: int, data: bytes | None) -> None:
            sizes.append(nread)
            if sum(sizes) == 1_000_000:
                far.close()
                near.close()

        far.on_read = read
        near.write(bytes(1_000_000), lambda status: None)
        set_timeout(far.read_start, 20)

    run(lambda: pair(ready))
    assert max(sizes) == 65536


def test_addresses_and_flags() -> None:
    def main() -> None:
        handle = TCP()
        assert handle.fd == -1
        assert handle.getsockname() == UV_EBADF and handle.getpeername() == UV_EBADF
        assert handle.bind("::1", 0) == UV_EINVAL and handle.bind("localhost", 0) == UV_EINVAL
        assert handle.bind6("127.0.0.1", 0) == UV_EINVAL
        assert handle.bind("1.1.1.1", 0) == -errno.EADDRNOTAVAIL
        assert handle.bind("127.0.0.1", 65536 + 7) in (0, -errno.EACCES)  # the port wraps at 16 bits
        handle.close()
        assert handle.read_start() == UV_EINVAL and handle.write(b"x", never) == UV_EBADF
        assert handle.shutdown(never) == UV_ENOTCONN and handle.connect("127.0.0.1", 1, never) == UV_EBADF
        twins = [TCP(SERVER), TCP(SERVER)]
        assert twins[0].bind("127.0.0.1", 0, UV_TCP_REUSEPORT) == 0
        assert twins[1].bind("127.0.0.1", port(twins[0]), UV_TCP_REUSEPORT) == 0
        assert [twin.listen(1, lambda _s, _c: None) for twin in twins] == [0, 0]
        lone = TCP(SERVER)
        assert lone.bind("127.0.0.1", port(twins[0])) == 0  # told at listen, as libuv does
        assert lone.listen(1, lambda _s, _c: None) == -errno.EADDRINUSE
        for each in (*twins, lone):
            each.close()

    run(main)


@pytest.mark.ipv6
def test_an_ipv6_address() -> None:
    def main() -> None:
        six = TCP(SERVER)
        assert six.bind6("::1", 0, UV_TCP_IPV6ONLY) == 0
        name = six.getsockname()
        assert isinstance(name, tuple) and name[:2] == ("::1", "IPv6")
        six.close()

    run(main)


def test_a_backlog_may_be_negative() -> None:
    def main() -> None:
        server = TCP(SERVER)
        server.bind("127.0.0.1", 0)
        assert server.listen(-1, lambda _s, _c: None) == 0
        server.close()

    run(main)


def test_options_reach_the_kernel() -> None:
    def ready(near: TCP, far: TCP) -> None:
        kernel = socket.socket(fileno=os.dup(near.fd))
        with kernel:
            assert near.set_no_delay(True) == 0
            assert kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert near.set_keep_alive(True, 7) == 0
            tcp = [socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT]
            assert kernel.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert [kernel.getsockopt(socket.IPPROTO_TCP, option) for option in tcp] == [7, 1, 10]
            assert near.set_keep_alive(True, 9, 3, 4) == 0
            assert [kernel.getsockopt(socket.IPPROTO_TCP, option) for option in tcp] == [9, 3, 4]
            assert [near.set_keep_alive(True, *bad) for bad in [(0,), (5, 0), (5, 1, 0)]] == [UV_EINVAL] * 3
            assert near.set_keep_alive(False) == 0
            assert not kernel.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert near.set_type_of_service(16) == 0 and near.get_type_of_service() == 16
        near.close()
        far.close()

    run(lambda: pair(ready))


def test_options_without_a_socket() -> None:
    def main() -> None:
        handle = TCP()
        assert handle.set_no_delay(True) == 0 and handle.set_keep_alive(True, 5) == 0
        assert handle.set_type_of_service(16) == UV_EBADF and handle.get_type_of_service() == UV_EBADF
        assert handle.reset() == UV_EBADF and handle.shutdown(never) == -errno.ENOTCONN
        handle.close()

    run(main)


def test_open_takes_over_a_descriptor() -> None:
    log: list = []

    def main() -> None:
        ours, theirs = socket.socketpair()
        assert guess_handle_type(ours.fileno()) == "PIPE"
        handle = Pipe()
        assert handle.open(ours.detach()) == 0
        handle.on_read = lambda nread, data: (log.append(data), handle.close(), theirs.close())
        handle.read_start()
        theirs.send(b"hi")
        broken = TCP()
        assert broken.open(9999) == UV_EBADF
        broken.close()

    run(main)
    assert log == [b"hi"]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: socket.socket().detach(), "TCP"),
        (lambda: socket.socket(type=socket.SOCK_DGRAM).detach(), "UDP"),
        (lambda: os.open("/dev/null", os.O_RDONLY), "FILE"),
        (lambda: os.memfd_create("x"), "FILE"),
    ],
)
def test_guess_handle_type(make: Callable[[], int], kind: str) -> None:
    fd = make()
    try:
        assert guess_handle_type(fd) == kind
    finally:
        os.close(fd)
    assert guess_handle_type(9999) == "UNKNOWN"


def test_ref_and_unref() -> None:
    def main() -> None:
        server = listening(lambda client: None)
        assert server.has_ref()
        server.unref()
        assert not server.has_ref() and active_resources_info() == []
        keep.append(server)

    keep: list[TCP] = []
    run(main)  # ends although the server listens
    keep[0].close()
    run()


def test_a_paused_connection_does_not_keep_the_loop_alive() -> None:
    ends: list[TCP] = []
    run(lambda: pair(lambda near, far: ends.extend([near, far])))
    assert active_resources_info() == ["TCPSocketWrap"] * 2
    for end in ends:
        end.close()
    run()


def test_closed_handles_are_freed_at_once() -> None:
    gone: list = []

    def ready(near: TCP, far: TCP) -> None:
        near.owner, far.owner = Owner(near), Owner(far)
        for end in (near, far):
            end.on_read = end.owner.read
            end.read_start()
            gone.append(weakref.ref(end))
        near.write(
            bytes(6_000_000), lambda status: near.shutdown(lambda status: near.close(near.owner.closed))
        )

    class Owner:
        def __init__(self, handle: TCP) -> None:
            self.handle: TCP | None = handle

        def read(self, nread: int, data: bytes | None) -> None:
            if nread < 0:
                assert self.handle is not None
                self.handle.close(self.closed)

        def closed(self) -> None:
            assert self.handle is not None
            self.handle.owner = None
            self.handle = None

    gc.collect()
    gc.disable()
    try:
        run(lambda: pair(ready))
        assert [each() for each in gone] == [None, None]
    finally:
        gc.enable()


def test_pipe_names(tmp_path: Path) -> None:
    def main() -> None:
        path = str(tmp_path / "p")
        server = Pipe(SERVER)
        assert server.fchmod(UV_READABLE) == UV_EBADF
        assert server.bind(path) == 0 and server.getsockname() == path
        assert server.fchmod(UV_READABLE | UV_WRITABLE) == 0
        assert stat.S_IMODE(os.stat(path).st_mode) & 0o666 == 0o666
        assert server.fchmod(0) == UV_EINVAL
        other = Pipe(SERVER)
        assert other.bind(path) == -errno.EADDRINUSE
        assert other.bind("x" * 109) == UV_EINVAL
        assert other.bind(str(tmp_path / "no" / "such")) == -errno.EACCES  # libuv's word for ENOENT here
        assert other.connect("x" * 109, never) == UV_EINVAL and other.connect("", never) == UV_EINVAL
        assert other.connect("a\0b", never) == UV_EINVAL
        other.close()
        server.close()

    run(main)
    assert not (tmp_path / "p").exists()


def test_pipe_connect_failures_come_later(tmp_path: Path) -> None:
    log: list = []
    (tmp_path / "file").write_text("")

    def main() -> None:
        for name in (str(tmp_path / "none"), str(tmp_path / "file"), "\0nodesock-no-such"):
            handle = Pipe()

            def done(status: int, handle: Pipe = handle) -> None:
                log.append(status)
                handle.close()

            assert handle.connect(name, done) == 0
        log.append("asked")

    run(main)
    assert log[0] == "asked"
    assert sorted(log[1:]) == sorted([-errno.ENOENT, -errno.ECONNREFUSED, -errno.ECONNREFUSED])


def test_abstract_names() -> None:
    log: list = []
    name = f"\0nodesock-{os.getpid()}"

    def main() -> None:
        server = Pipe(SERVER)
        assert server.bind(name) == 0
        assert server.getsockname() == name

        def accepted(_status: int, far: Pipe | None) -> None:
            assert far is not None
            far.write(b"abstract", never)
            far.close()
            server.close()

        server.listen(1, accepted)
        near = Pipe()

        def read(_nread: int, data: bytes | None) -> None:
            log.append(data)
            if data is None:
                near.close()

        def connected(status: int) -> None:
            log.append(status)
            near.on_read = read
            near.read_start()

        assert near.connect(name, connected) == 0
        log.append("asked")

    run(main)
    assert log == ["asked", 0, b"abstract", None]


def test_an_abstract_connect_can_be_cancelled() -> None:
    log: list = []

    def main() -> None:
        near = Pipe()
        near.connect("\0nodesock-no-such", lambda status: log.append(status))
        near.close(lambda: log.append("closed"))

    run(main)
    assert sorted(map(str, log)) == sorted([str(UV_ECANCELED), "closed"])


def test_so_linger_is_what_reset_sets() -> None:
    """Guards the bytes that `reset` hands to the kernel: struct linger { 1, 0 }."""
    assert struct.pack("ii", 1, 0) == b"\x01\0\0\0\0\0\0\0"
    assert SOCKET == 0
