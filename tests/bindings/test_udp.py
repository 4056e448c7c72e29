"""bindings/udp_wrap over loopback: the numbers are those of Node's own binding."""

import errno
import gc
import os
import socket
import weakref
from typing import Any

import pytest

from nodesock.bindings.udp_wrap import UDP, UV_UDP_IPV6ONLY, UV_UDP_REUSEADDR, UV_UDP_REUSEPORT
from nodesock.bindings.uv import UV_EBADF, UV_EEXIST, UV_EINVAL, UV_EISCONN, UV_ENOTCONN
from nodesock.runtime.loop import run
from nodesock.runtime.timers import set_timeout

pytestmark = pytest.mark.usefixtures("fresh_loop")


def bound(flags: int = 0) -> UDP:
    handle = UDP()
    assert handle.bind("127.0.0.1", 0, flags) == 0
    return handle


def port(handle: UDP) -> int:
    name = handle.getsockname()
    assert isinstance(name, tuple)
    return name[2]


def never(*args: object) -> None:
    raise AssertionError(f"must not be called, was with {args}")


def closing(*handles: UDP) -> None:
    for handle in handles:
        handle.close()


def test_send_and_receive() -> None:
    log: list = []

    def main() -> None:
        near, far = bound(), bound()

        def message(nread: int, data: bytes | None, sender: tuple | None) -> None:
            log.append((nread, data, sender == ("127.0.0.1", "IPv4", port(near))))
            if len(log) == 3:
                closing(near, far)

        assert far.recv_start(message) == 0 and far.recv_start(message) == 0
        assert near.send([b"ab", bytearray(b"c")], port(far), "127.0.0.1", never) == 4
        assert near.send([b""], port(far), "127.0.0.1", never) == 1
        assert near.send([memoryview(b"x")], port(far), "127.0.0.1", never) == 2
        assert (near.send_queue_size, near.send_queue_count) == (0, 0)

    run(main)
    assert log == [(3, b"abc", True), (0, b"", True), (1, b"x", True)]


def test_send_errors() -> None:
    def main() -> None:
        near = bound()
        assert near.send([bytes(70000)], 9, "127.0.0.1", never) == -errno.EMSGSIZE
        assert near.send([b"x"], 9, "::1", never) == UV_EINVAL
        assert near.send([], 9, "127.0.0.1", never) == UV_EINVAL
        assert near.send([b"x"], None, None, never) == -errno.EDESTADDRREQ
        assert near.send([b"x"], 0, "127.0.0.1", never) == UV_EINVAL
        assert near.send6([b"x"], 9, "::1", never) == -errno.EAFNOSUPPORT
        assert near.send([b"x"], 9, "255.255.255.255", never) == -errno.EACCES
        near.close()
        assert near.send([b"x"], 9, "127.0.0.1", never) == UV_EBADF

    run(main)


def test_an_unbound_socket_is_bound_by_its_first_send() -> None:
    def main() -> None:
        near = UDP()
        assert near.getsockname() == UV_EBADF
        assert near.send([b"x"], 9, "127.0.0.1", never) == 2
        name = near.getsockname()
        assert isinstance(name, tuple) and name[:2] == ("0.0.0.0", "IPv4") and name[2]
        near.close()

    run(main)


def test_connect_and_disconnect() -> None:
    log: list = []

    def main() -> None:
        near, far, stranger = bound(), bound(), bound()
        assert near.getpeername() == UV_ENOTCONN
        assert near.disconnect() == UV_ENOTCONN
        assert near.connect("::1", 9) == UV_EINVAL and near.connect("x", 9) == UV_EINVAL
        assert near.connect6("::1", 9) == -errno.EAFNOSUPPORT
        assert near.connect("127.0.0.1", port(far)) == 0
        assert near.connect("127.0.0.1", port(far)) == UV_EISCONN
        assert near.getpeername() == ("127.0.0.1", "IPv4", port(far))
        assert near.send([b"x"], port(far), "127.0.0.1", never) == UV_EISCONN
        assert near.send([b"to ", b"far"], None, None, never) == 7
        stranger.send([b"dropped"], port(near), "127.0.0.1", never)
        far.send([b"kept"], port(near), "127.0.0.1", never)
        near.recv_start(lambda _nread, data, _sender: log.append(data))
        far.recv_start(lambda _nread, data, _sender: log.append(data))

        def later() -> None:
            assert near.disconnect() == 0 and near.disconnect() == UV_ENOTCONN
            assert near.getpeername() == UV_ENOTCONN
            assert near.send([b"again"], port(far), "127.0.0.1", never) == 6
            set_timeout(closing, 10, near, far, stranger)

        set_timeout(later, 10)

    run(main)
    assert sorted(log) == [b"again", b"kept", b"to far"]


def test_a_refusal_comes_as_a_read_error() -> None:
    log: list = []

    def main() -> None:
        gone = bound()
        number = port(gone)
        gone.close()

        def start() -> None:
            near = bound()
            near.recv_start(lambda nread, data, sender: (log.append((nread, data, sender)), near.close()))
            near.connect("127.0.0.1", number)
            assert near.send([b"x"], None, None, never) == 2

        set_timeout(start, 5)

    run(main)
    assert log == [(-errno.ECONNREFUSED, None, None)]


@pytest.mark.ipv6
def test_ipv6() -> None:
    log: list = []

    def main() -> None:
        near = UDP()
        assert near.bind6("::1", 0, UV_UDP_IPV6ONLY) == 0
        near.recv_start(lambda _n, data, sender: (log.append((data, sender and sender[:2])), near.close()))
        assert near.send6([b"six"], port(near), "::1", never) == 4

    run(main)
    assert log == [(b"six", ("::1", "IPv6"))]


def test_mapped_peer_of_an_ipv6_socket() -> None:
    def main() -> None:
        near = UDP()
        assert near.bind6("::", 0) == 0
        assert near.connect("127.0.0.1", 9) == 0
        assert near.connect6("::ffff:127.0.0.1", 9) == UV_EISCONN
        assert near.getpeername() == ("::ffff:127.0.0.1", "IPv6", 9)
        near.close()

    run(main)


def test_binding_errors_and_flags() -> None:
    def main() -> None:
        first = bound(UV_UDP_REUSEADDR)
        number = port(first)
        plain, reuse = UDP(), UDP()
        assert plain.bind("127.0.0.1", number) == -errno.EADDRINUSE
        assert reuse.bind("127.0.0.1", number, UV_UDP_REUSEADDR) == 0
        twins = [bound(UV_UDP_REUSEPORT), UDP()]
        assert twins[1].bind("127.0.0.1", port(twins[0]), UV_UDP_REUSEPORT) == 0
        odd = UDP()
        assert odd.bind("1.1.1.1", 0) == -errno.EADDRNOTAVAIL
        assert odd.bind("::1", 0) == UV_EINVAL and odd.bind6("127.0.0.1", 0) == UV_EINVAL
        assert odd.bind("127.0.0.1", 70000) == 0 and port(odd) == 4464
        closing(first, plain, reuse, *twins, odd)

    run(main)


def test_options() -> None:
    def main() -> None:
        raw, near = UDP(), bound()
        for handle, code in [(raw, UV_EBADF), (near, 0)]:
            assert handle.set_ttl(5) == code
            assert handle.set_multicast_ttl(5) == code
            assert handle.set_broadcast(True) == code
            assert handle.set_multicast_loopback(False) == code
            assert handle.set_multicast_interface("127.0.0.1") == code
            assert handle.set_ttl(0) == UV_EINVAL and handle.set_ttl(256) == UV_EINVAL
            assert handle.set_multicast_ttl(300) == UV_EINVAL
            assert handle.set_multicast_interface("x") == UV_EINVAL
        assert near.set_multicast_interface("1.2.3.4") == -errno.EADDRNOTAVAIL
        assert near.set_multicast_interface("::1") == -errno.ENOPROTOOPT
        kernel = socket.socket(fileno=os.dup(near.fd))
        with kernel:
            assert kernel.getsockopt(socket.IPPROTO_IP, socket.IP_TTL) == 5
            assert kernel.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST)
        assert raw.buffer_size(0, True) == UV_EBADF
        assert near.buffer_size(5000, True) == 5000 and near.buffer_size(0, True) == 10000
        assert near.buffer_size(0, False) > 0 and near.buffer_size(2**31, False) == UV_EINVAL
        closing(raw, near)

    run(main)


def test_memberships() -> None:
    def main() -> None:
        near = UDP()
        assert near.add_membership("224.0.0.114", "127.0.0.1") == 0
        assert near.getsockname() != UV_EBADF  # it has been bound
        assert near.add_membership("224.0.0.114", "127.0.0.1") == -errno.EADDRINUSE
        assert near.drop_membership("224.0.0.114", "127.0.0.1") == 0
        assert near.drop_membership("224.0.0.114", "127.0.0.1") == -errno.EADDRNOTAVAIL
        assert near.add_membership("1.2.3.4") == UV_EINVAL
        assert near.add_membership("x") == UV_EINVAL and near.add_membership("224.0.0.114", "x") == UV_EINVAL
        source = ("127.0.0.1", "232.1.1.1", "127.0.0.1")
        assert near.add_source_specific_membership(*source) == 0
        assert near.add_source_specific_membership(*source) == -errno.EADDRNOTAVAIL
        assert near.drop_source_specific_membership(*source) == 0
        assert near.drop_source_specific_membership(*source) == UV_EINVAL
        for odd in [("x", "232.1.1.1"), ("127.0.0.1", "x"), ("127.0.0.1", "1.2.3.4"), ("::1", "232.1.1.1")]:
            assert near.add_source_specific_membership(*odd) == UV_EINVAL
        near.close()

    run(main)


def test_open() -> None:
    log: list = []

    def main() -> None:
        ours = socket.socket(type=socket.SOCK_DGRAM)
        ours.bind(("127.0.0.1", 0))
        near = UDP()
        assert near.open(ours.detach()) == 0
        near.recv_start(lambda _n, data, _s: (log.append(data), near.close()))
        assert near.send([b"me"], port(near), "127.0.0.1", never) == 3
        other = UDP()
        assert other.open(near.fd) == UV_EEXIST
        assert other.open(9999) == UV_EBADF
        null = os.open("/dev/null", os.O_RDONLY)
        assert other.open(null) == -errno.ENOTSOCK
        os.close(null)
        other.close()

    run(main)
    assert log == [b"me"]


def test_open_of_a_connected_descriptor() -> None:
    def main() -> None:
        far = bound()
        ours = socket.socket(type=socket.SOCK_DGRAM)
        ours.connect(("127.0.0.1", port(far)))
        near = UDP()
        assert near.open(ours.detach()) == 0
        assert near.getpeername() == ("127.0.0.1", "IPv4", port(far))
        assert near.send([b"x"], None, None, never) == 2
        closing(near, far)

    run(main)


def test_close_stops_delivery_and_frees() -> None:
    gone: list[weakref.ref[Any]] = []
    log: list = []

    def main() -> None:
        near = bound()
        gone.append(weakref.ref(near))
        near.recv_start(lambda _n, data, _s: (log.append(data), near.close(lambda: log.append("closed"))))
        for data in (b"1", b"2"):
            near.send([data], port(near), "127.0.0.1", never)

    gc.collect()
    gc.disable()
    try:
        run(main)
        assert log == [b"1", "closed"]
        assert gone[0]() is None
    finally:
        gc.enable()


def test_recv_stop() -> None:
    log: list = []

    def main() -> None:
        near = bound()

        def message(_nread: int, data: bytes | None, _sender: object) -> None:
            log.append(data)
            near.recv_stop()
            assert not near.receiving
            set_timeout(again, 5)

        def again() -> None:
            near.recv_start(lambda _n, data, _s: (log.append(data), near.close()))

        near.recv_start(message)
        near.send([b"1"], port(near), "127.0.0.1", never)
        near.send([b"2"], port(near), "127.0.0.1", never)

    run(main)
    assert log == [b"1", b"2"]


def test_queued_sends_complete_later() -> None:
    log: list = []

    def main() -> None:
        near, far = bound(), bound()
        near.connect("127.0.0.1", port(far))
        # pretend that the kernel would not take it at once: what _queue does is what counts
        assert near._queue(("127.0.0.1", port(far)), b"queued", lambda *args: log.append(args)) == 0
        assert near.send_queue_count == 1
        far.recv_start(lambda _n, data, _s: (log.append(data), set_timeout(closing, 5, near, far)))

    run(main)
    assert sorted(log, key=str) == [(0, 6), b"queued"]
