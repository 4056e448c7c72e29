"""net over real sockets on loopback: TCP and unix, one body for both where they agree."""

import array
import os
import socket as stdlib_socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodesock import net
from nodesock.bindings.tcp_wrap import TCP
from nodesock.events import once
from nodesock.process import process
from nodesock.runtime.loop import run
from nodesock.runtime.timers import set_timeout
from nodesock.validators import UNDEFINED
from tests.net.conftest import Log

pytestmark = pytest.mark.usefixtures("fresh_loop")

Where = tuple[Any, ...]


@pytest.fixture(params=["tcp", pytest.param("tcp6", marks=pytest.mark.ipv6), "unix", "abstract"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """The arguments of listen() for each kind of server."""
    return {
        "tcp": (0, "127.0.0.1"),
        "tcp6": (0, "::1"),
        "unix": (str(tmp_path / "s"),),
        "abstract": (f"\0nodesock-{os.getpid()}-{tmp_path.name}",),
    }[request.param]


def endpoint(server: net.Server) -> Where:
    """The arguments of connect() that lead to the server."""
    address = server.address()
    return (address.port, address.address) if isinstance(address, net.AddressInfo) else (address,)


def serve(
    where: Where, connection: Callable[[net.Socket], Any], listening: Callable[[net.Server], Any]
) -> None:
    server = net.create_server(connection)
    server.listen(*where, lambda: listening(server))


def test_echo(where: Where, log: Log) -> None:
    def main() -> None:
        serve(where, lambda peer: peer.pipe(peer), listening)

    def listening(server: net.Server) -> None:
        client = net.connect(*endpoint(server))
        client.on("connect", lambda: client.end("hello"))
        log.watch(client, "data", "end")
        client.on("close", lambda had_error: (log.append(("close", had_error)), server.close()))

    run(main)
    assert log == [("data", b"hello"), "end", ("close", False)]


def test_large_transfer(where: Where) -> None:
    payload = os.urandom(3_000_000)
    received: list[bytes] = []

    def listening(server: net.Server) -> None:
        client = net.connect(*endpoint(server))
        client.on("data", received.append)
        client.on("close", lambda: server.close())

    run(lambda: serve(where, lambda peer: peer.end(payload), listening))
    assert b"".join(received) == payload


def test_the_server_closes_after_its_last_connection(where: Where, log: Log) -> None:
    def connection(peer: net.Socket) -> None:
        peer.resume()
        log.watch(peer, "end", "close")

    def listening(server: net.Server) -> None:
        log.watch(server, "close")
        client = net.connect(*endpoint(server))
        client.on("connect", lambda: (server.close(), client.end()))
        client.resume()

    def main() -> None:
        server = net.create_server(connection)
        server.on("close", log.to("server closed"))
        server.listen(*where, lambda: listening(server))

    run(main)
    assert log == ["end", "server closed", "close", ("close", False)]


def test_on_read_into_one_buffer(where: Where) -> None:
    buffer = bytearray(4)
    reads: list[bytes] = []
    data: list[bytes] = []

    def callback(nread: int, given: bytearray) -> None:
        assert given is buffer
        reads.append(bytes(given[:nread]))

    def listening(server: net.Server) -> None:
        address = endpoint(server)
        options = {"path": address[0]} if len(address) == 1 else {"port": address[0], "host": address[1]}
        client = net.connect(options, on_read={"buffer": buffer, "callback": callback})
        client.on("data", data.append)
        client.on("close", lambda: server.close())

    run(lambda: serve(where, lambda peer: peer.end("0123456789"), listening))
    assert reads == [b"0123", b"4567", b"89"]
    assert not data


def test_on_read_false_holds_the_rest_back(log: Log) -> None:
    def listening(server: net.Server) -> None:
        def callback(nread: int, buffer: bytearray) -> bool:
            log.append((bytes(buffer[:nread]), client.bytes_read))
            set_timeout(client.resume, 5)
            return False

        client = net.connect(
            port=endpoint(server)[0], host="127.0.0.1", on_read={"buffer": bytearray(3), "callback": callback}
        )
        client.on("end", log.to("end"))
        client.on("close", lambda: server.close())

    run(lambda: serve((0, "127.0.0.1"), lambda peer: peer.end("abcdefgh"), listening))
    assert log == [(b"abc", 3), (b"def", 6), (b"gh", 8), "end"]


def test_on_read_with_a_buffer_for_each_read(log: Log) -> None:
    buffers: list[bytearray] = []

    def factory() -> bytearray:
        buffers.append(bytearray(4))
        return buffers[-1]

    def listening(server: net.Server) -> None:
        client = net.connect(
            port=endpoint(server)[0],
            host="127.0.0.1",
            on_read={"buffer": factory, "callback": lambda nread, buffer: log.append(bytes(buffer[:nread]))},
        )
        client.on("close", lambda: server.close())

    run(lambda: serve((0, "127.0.0.1"), lambda peer: peer.end("abcdef"), listening))
    assert log == [b"abcd", b"ef"]
    assert [bytes(buffer) for buffer in buffers[:2]] == [b"abcd", b"ef\0\0"]


def test_on_read_with_an_empty_buffer(log: Log) -> None:
    def listening(server: net.Server) -> None:
        client = net.connect(
            port=endpoint(server)[0],
            host="127.0.0.1",
            on_read={"buffer": bytearray(), "callback": log.to("callback")},
        )
        client.on("error", lambda error: log.append(str(error)))
        client.on("close", lambda: server.close())

    def on_connection(peer: net.Socket) -> None:
        peer.on("error", lambda: None)  # the byte is never taken: ECONNRESET
        peer.end("x")

    run(lambda: serve((0, "127.0.0.1"), on_connection, listening))
    assert log == ["read ENOBUFS"]


def test_max_connections_drops(log: Log) -> None:
    def listening(server: net.Server) -> None:
        server.max_connections = 0
        server.on("drop", log.append)
        client = net.connect(endpoint(server)[0], "127.0.0.1")
        client.resume()
        client.on("close", lambda: server.close())

    run(lambda: serve((0, "127.0.0.1"), log.to("connection"), listening))
    (dropped,) = log
    assert isinstance(dropped, net.DropInfo)
    assert (dropped.local_address, dropped.remote_family) == ("127.0.0.1", "IPv4")


def test_an_accepted_descriptor_can_be_wrapped(log: Log) -> None:
    ours, theirs = stdlib_socket.socketpair()
    with theirs:
        theirs.sendall(b"hi")
        theirs.shutdown(stdlib_socket.SHUT_WR)

        def main() -> None:
            socket = net.Socket(fd=ours.detach())
            log.watch(socket, "data", "end", "close")

        run(main)
    assert log == [("data", b"hi"), "end", ("close", False)]


def test_listening_on_a_descriptor(log: Log) -> None:
    with stdlib_socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        fd = listener.detach()

    def main() -> None:
        server = net.create_server(lambda peer: peer.end("fd"))
        server.listen(fd=fd)
        assert server.address() == ("127.0.0.1", "IPv4", port)
        client = net.connect(port, "127.0.0.1")
        client.on("data", log.append)
        client.on("close", lambda: server.close())

    run(main)
    assert log == [b"fd"]


def test_a_bound_socket_is_taken_over_once(log: Log) -> None:
    def main() -> None:
        bound = net.BoundSocket(host="127.0.0.1")
        address = bound.address()
        assert bound.fd() > 0
        server = net.create_server(lambda peer: peer.end()).listen(bound)
        assert server.address() == address
        with pytest.raises(Exception, match="already been adopted"):
            net.Socket(handle=bound)
        server.on("listening", lambda: server.close(log.to("closed")))

    run(main)
    assert log == ["closed"]
    with net.BoundSocket() as unused:
        assert unused.address()[2]
    run()


def test_async_with_closes_the_server(log: Log) -> None:
    async def main() -> None:
        async with net.create_server().listen(0, "127.0.0.1") as server:
            server.on("close", log.to("close"))
            await once(server, "listening")
        log.append("left")

    run(main)
    assert log == ["close", "left"]


def test_async_with_destroys_the_socket(log: Log) -> None:
    async def main() -> None:
        async with net.create_server().listen(0, "127.0.0.1") as server:
            await once(server, "listening")
            async with net.connect(*endpoint(server)) as client:
                client.on("error", lambda error: log.append(error.code))
                client.on("close", log.to("close"))
                await once(client, "connect")
            log.append(client.closed)

    run(main)
    assert log == ["ABORT_ERR", True, ("close", True)]  # the promise is fulfilled before 'close', as in Node


def test_an_option_is_set_when_it_changes_only(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a case: nobody but the handle can tell."""

    def told(_handle: TCP, *given: Any) -> int:
        log.append(given)
        return 0

    for name in ("set_no_delay", "set_keep_alive", "set_type_of_service"):
        monkeypatch.setattr(TCP, name, told)

    def connected() -> None:
        for enable in (True, 1, False, False, None, True):
            client.set_no_delay(enable)
        for enable, delay in ((False, 0), (False, 5000), (True, 0), (True, 999), (True, 5000), (False, 9000)):
            client.set_keep_alive(enable, delay)
        client.set_keep_alive(True, 5000, 2000, 3).set_keep_alive(True, 5000, 2000, 3)
        for tos in (8, 8, 0, 0):
            client.set_type_of_service(tos)
        client.destroy()
        server.close()

    client = net.Socket()
    server = net.create_server()
    server.listen(0, "127.0.0.1", lambda: client.connect(*endpoint(server), connected))
    run()
    assert log == [
        *((True,), (False,), (True,)),
        *((True, 0, UNDEFINED, UNDEFINED), (True, 5, UNDEFINED, UNDEFINED), (False, 9, UNDEFINED, UNDEFINED)),
        (True, 5, 2, 3),
        *((8,), (0,)),
    ]


def test_unref_lets_the_loop_end(log: Log) -> None:
    def main() -> None:
        server = net.create_server().unref()
        server.listen(0, "127.0.0.1", log.to("listening"))
        log.append(server)

    run(main)
    server, event = log
    assert event == "listening"
    server.close()
    run()


def test_timeout_is_a_matter_of_silence(log: Log) -> None:
    def listening(server: net.Server) -> None:
        client = net.connect(endpoint(server)[0], "127.0.0.1")
        client.set_timeout(30, lambda: (log.append("timeout"), client.destroy()))
        client.on("close", lambda: server.close())

    run(lambda: serve((0, "127.0.0.1"), lambda peer: peer.resume(), listening))
    assert log == ["timeout"]


def test_errors_say_where_to(log: Log) -> None:
    def main() -> None:
        client = net.connect(1, "127.0.0.1")
        client.on("error", log.append)

    run(main)
    (error,) = log
    assert isinstance(error, ConnectionRefusedError)
    assert (str(error), error.code, error.syscall, error.address, error.port) == (  # type: ignore[attr-defined]
        "connect ECONNREFUSED 127.0.0.1:1",
        "ECONNREFUSED",
        "connect",
        "127.0.0.1",
        1,
    )


def test_a_listener_that_destroys_during_an_attempt(log: Log) -> None:
    """Node fails with a TypeError of its own, which nobody catches; so does nodesock."""

    def main() -> None:
        client = net.connect(1, "127.0.0.1")
        log.watch(client, "error", "close")
        client.on("connectionAttempt", lambda: client.destroy())

    process.on("uncaughtException", lambda error: log.append(str(error)))
    run(main)
    assert log == ["Cannot read properties of null (reading 'connect')", ("close", False)]


def test_whatever_has_a_buffer_is_sent_as_its_bytes(log: Log) -> None:
    """JavaScript has typed arrays and DataView here; a case cannot say either."""
    chunks = [array.array("H", [1, 258]), memoryview(b"abcdef")[1:4], memoryview(array.array("d", [1.5]))]

    def connection(peer: net.Socket) -> None:
        received: list[bytes] = []
        peer.on("data", received.append)
        peer.on("end", lambda: log.append(b"".join(received)))

    def listening(server: net.Server) -> None:
        client = net.connect(*endpoint(server))
        for chunk in chunks:
            client.write(chunk)
        assert client.bytes_written == 4 + 3 + 8
        client.end()
        client.on("close", lambda: server.close())

    run(lambda: serve((0, "127.0.0.1"), connection, listening))
    assert log == [b"".join(bytes(chunk) for chunk in chunks)]


@pytest.mark.parametrize(
    "name",
    [
        "bytes_read",
        "bytes_written",
        "buffer_size",
        "local_address",
        "local_port",
        "pending",
        "ready_state",
        "remote_address",
        "remote_port",
    ],
)
def test_what_only_the_socket_knows_cannot_be_set(name: str) -> None:
    """In strict JavaScript a TypeError, in sloppy JavaScript, which cases are, nothing at all."""
    socket = net.Socket()
    with pytest.raises(AttributeError):
        setattr(socket, name, 1)


def test_reset_while_the_fin_goes_out(log: Log) -> None:
    """Not a case: a Node process in which this happened never ends."""

    def main() -> None:
        serve((0, "127.0.0.1"), lambda peer: peer.resume().on("error", lambda error: None), listening)

    def listening(server: net.Server) -> None:
        client = net.connect(*endpoint(server))
        client.on("error", lambda error: log.append(str(error)))
        client.on("close", lambda had_error: log.append("close"))

        def connected() -> None:
            client.end("x")
            client.reset_and_destroy()
            log.append(client.destroyed)
            server.close()

        client.on("connect", connected)

    run(main)
    assert log == ["reset EINVAL", True]
