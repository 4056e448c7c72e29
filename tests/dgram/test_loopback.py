"""dgram over loopback: the real binding, the real kernel."""

import array
import gc
import os
import socket as plain
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import nodesock
from nodesock import dgram
from nodesock.addresses.blocklist import BlockList
from nodesock.bindings.uv import guess_handle_type
from nodesock.errors import NodeError


def run(main: Callable[[], Any]) -> None:
    """Run it, but never for more than ten seconds."""

    def guarded() -> Any:
        def too_long() -> None:
            raise TimeoutError("the loop did not come to its end")

        nodesock.set_timeout(too_long, 10_000).unref()
        return main()

    nodesock.run(guarded)


def echo_server(kind: str) -> dgram.Socket:
    """A socket that sends back what it hears."""
    server = dgram.create_socket(kind)
    server.on("message", lambda message, sender: server.send(message, sender.port, sender.address))
    return server


@pytest.mark.parametrize(
    ("kind", "address"), [("udp4", "127.0.0.1"), pytest.param("udp6", "::1", marks=pytest.mark.ipv6)]
)
def test_echo(kind: str, address: str) -> None:
    seen: list[Any] = []
    server = echo_server(kind)
    client = dgram.create_socket(kind)

    def on_answer(message: bytes, sender: dgram.RemoteInfo) -> None:
        seen.append((message, sender))
        server.close()
        client.close()

    def on_listening() -> None:
        client.on("message", on_answer)
        client.send("hello", server.address().port, address)

    run(lambda: server.bind(0, address, on_listening))
    ((message, sender),) = seen
    assert message == b"hello"
    assert sender.address == address
    assert sender.family == ("IPv4" if kind == "udp4" else "IPv6")
    assert sender.size == 5


def test_a_plain_socket_as_peer() -> None:
    peer = plain.socket(plain.AF_INET, plain.SOCK_DGRAM)
    peer.bind(("127.0.0.1", 0))
    socket = dgram.create_socket("udp4")

    def on_message(message: bytes, sender: dgram.RemoteInfo) -> None:
        assert (message, sender.port) == (b"from the peer", peer.getsockname()[1])
        socket.send(array.array("B", b"answer"), sender.port, sender.address, lambda: socket.close())

    with peer:
        socket.on("message", on_message)
        run(lambda: peer.sendto(b"from the peer", ("127.0.0.1", socket.bind_sync(address="127.0.0.1").port)))
        assert peer.recv(100) == b"answer"


def test_a_descriptor_is_taken_over() -> None:
    given = plain.socket(plain.AF_INET, plain.SOCK_DGRAM)
    given.bind(("127.0.0.1", 0))
    port = given.getsockname()[1]
    events: list[str] = []
    socket = dgram.create_socket("udp4")

    def main() -> None:
        socket.bind(lambda: events.append("listening"), fd=given.detach())
        events.append("bind returned")
        assert socket.address().port == port
        socket.close()

    run(main)
    assert events == ["listening", "bind returned"]


def test_a_connected_descriptor_stays_connected_in_the_kernel() -> None:
    given = plain.socket(plain.AF_INET, plain.SOCK_DGRAM)
    given.connect(("127.0.0.1", 9))
    errors: list[Any] = []
    socket = dgram.create_socket("udp4")

    def main() -> None:
        socket.bind(fd=given.detach())
        socket.send(b"x", 9, "127.0.0.1", lambda error: (errors.append(error), socket.close()))

    run(main)
    assert str(errors[0]) == "send EISCONN 127.0.0.1:9"


def test_kinds_of_descriptors(tmp_path: Any) -> None:
    file = os.open(tmp_path / "file", os.O_CREAT | os.O_RDWR)
    reader, writer = os.pipe()
    sockets = {
        "UDP": plain.socket(plain.AF_INET6, plain.SOCK_DGRAM),
        "TCP": plain.socket(plain.AF_INET, plain.SOCK_STREAM),
        "PIPE": plain.socket(plain.AF_UNIX, plain.SOCK_STREAM),
        "UNKNOWN": plain.socket(plain.AF_UNIX, plain.SOCK_DGRAM),
    }
    try:
        assert guess_handle_type(file) == "FILE"
        assert guess_handle_type(reader) == "PIPE"
        assert guess_handle_type(99_999) == "UNKNOWN"
        for kind, opened in sockets.items():
            assert guess_handle_type(opened.fileno()) == kind
        socket = dgram.create_socket("udp4")
        with pytest.raises(NodeError, match="Unsupported fd type: TCP"):
            socket.bind(fd=sockets["TCP"].fileno())
        run(socket.close)
    finally:
        for fd in (file, reader, writer):
            os.close(fd)
        for opened in sockets.values():
            opened.close()


def test_async_with_closes() -> None:
    events: list[str] = []

    async def main() -> None:
        async with dgram.create_socket("udp4") as socket:
            socket.on("close", lambda: events.append("close"))
            socket.bind_sync()
        events.append("left")
        await socket.async_dispose()
        events.append("again")

    run(main)
    assert events == ["close", "left", "again"]


def test_blocked_senders_are_not_heard() -> None:
    blocked = BlockList()
    blocked.add_address("127.0.0.7")
    heard: list[bytes] = []
    socket = dgram.create_socket(type="udp4", receive_block_list=blocked)
    socket.on("message", lambda message: (heard.append(message), socket.close()))

    def main() -> None:
        port = socket.bind_sync(address="127.0.0.1").port
        for source in ("127.0.0.7", "127.0.0.8"):
            with plain.socket(plain.AF_INET, plain.SOCK_DGRAM) as peer:
                peer.bind((source, 0))
                peer.sendto(source.encode(), ("127.0.0.1", port))

    run(main)
    assert heard == [b"127.0.0.8"]


def test_an_exception_of_a_listener_leaves_run_and_the_socket_is_not_lost() -> None:
    socket = dgram.create_socket("udp4")

    def on_message(_message: bytes) -> None:
        raise ZeroDivisionError

    def main() -> None:
        socket.once("message", on_message)
        socket.connect_sync(socket.bind_sync(address="127.0.0.1").port, "127.0.0.1")
        socket.send(b"one")
        socket.send(b"two")

    with pytest.raises(ZeroDivisionError):
        run(main)
    heard: list[bytes] = []
    socket.on("message", lambda message: (heard.append(message), socket.close()))
    run(lambda: None)
    assert heard == [b"two"]


def test_a_refusal_by_icmp_is_the_python_error_too() -> None:
    errors: list[Exception] = []
    socket = dgram.create_socket("udp4")

    def on_error(error: Exception) -> None:
        errors.append(error)
        socket.close()

    with plain.socket(plain.AF_INET, plain.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    socket.on("error", on_error)

    def main() -> None:
        socket.connect_sync(port, "127.0.0.1")
        socket.send(b"x")

    run(main)
    assert isinstance(errors[0], ConnectionRefusedError)
    assert str(errors[0]) == "recvmsg ECONNREFUSED"


def test_options_by_keyword_by_mapping_and_with_a_listener() -> None:
    made = [
        dgram.create_socket("udp4", print),
        dgram.create_socket({"type": "udp4"}, print),
        dgram.create_socket(print, type="udp4"),
        dgram.create_socket({"type": "udp6"}, print, type="udp4"),
        dgram.Socket("udp4", print),
    ]
    for socket in made:
        assert (socket.type, socket.listener_count("message")) == ("udp4", 1)
        socket.close()
    run(lambda: None)


def test_twenty_thousand_datagrams_leave_nothing_behind() -> None:
    total, window = 20_000, 32
    server = echo_server("udp4")
    client = dgram.create_socket("udp4")
    seen = sent = 0

    def send() -> None:
        nonlocal sent
        client.send(sent.to_bytes(4))
        sent += 1

    def on_answer(message: bytes) -> None:
        nonlocal seen
        assert message == seen.to_bytes(4)
        seen += 1
        if sent < total:
            send()
        elif seen == total:
            client.close()
            server.close()

    def main() -> None:
        client.on("message", on_answer)
        client.connect_sync(server.bind_sync(address="127.0.0.1").port, "127.0.0.1")
        for _ in range(window):
            send()

    run(main)
    assert seen == total


def test_a_flood_leaves_time_for_timers() -> None:
    """While a plain socket sends faster than the listener reads, what is lost is lost in the kernel, and timers run."""
    heard = fired = 0
    socket = dgram.create_socket("udp4")
    peer = plain.socket(plain.AF_INET, plain.SOCK_DGRAM)

    def on_message() -> None:
        nonlocal heard
        heard += 1
        for _ in range(3):  # every datagram that is read makes room for more than one
            peer.send(b"x" * 64)

    def tick() -> None:
        nonlocal fired
        fired += 1
        if fired == 20:
            socket.close()
        else:
            nodesock.set_timeout(tick, 1)

    def main() -> None:
        socket.on("message", on_message)
        peer.connect(("127.0.0.1", socket.bind_sync(address="127.0.0.1").port))
        for _ in range(1000):
            peer.send(b"x" * 64)
        nodesock.set_timeout(tick, 1)

    with peer:
        run(main)
    assert fired == 20
    assert heard > 100


def test_closed_sockets_are_forgotten() -> None:
    left: list[weakref.ref[dgram.Socket]] = []

    def use(count: int) -> None:
        socket = dgram.create_socket("udp4", lambda message: None)
        left.append(weakref.ref(socket))
        socket.bind_sync()
        socket.send(b"x", 9, "127.0.0.1", lambda: socket.close(lambda: use(count - 1) if count else None))

    run(lambda: use(50))
    gc.collect()
    assert len(left) == 51
    assert not [socket for socket in left if socket() is not None]


def test_open_sockets_are_kept_though_nobody_holds_them() -> None:
    heard: list[bytes] = []

    def main() -> None:
        port = 0

        def listen() -> None:
            nonlocal port
            socket = dgram.create_socket("udp4")
            socket.on("message", lambda message: (heard.append(message), socket.close()))
            port = socket.bind_sync(address="127.0.0.1").port

        listen()
        gc.collect()
        with plain.socket(plain.AF_INET, plain.SOCK_DGRAM) as peer:
            peer.sendto(b"x", ("127.0.0.1", port))

    run(main)
    assert heard == [b"x"]


def test_a_ttl_that_no_double_is_counts_as_the_nearest_one() -> None:
    """Not a case: JavaScript has no such number. 2**53 + 1 is 2**53 there, whose low 32 bits are 0."""

    def main() -> None:
        socket = dgram.create_socket("udp4")
        socket.bind_sync()
        with pytest.raises(NodeError, match="setTTL EINVAL"):
            socket.set_ttl(2**53 + 1)
        socket.close()

    run(main)
