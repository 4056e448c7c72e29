"""Descriptors that no case can make: pipes and what is no stream. What is expected here is what Node 24.19.0 does."""

import os
import pty
import select
import socket
import tempfile
from collections.abc import Callable

import pytest

import nodesock
from nodesock import net
from nodesock.errors import NodeTypeError
from tests.net.conftest import Log

pytestmark = pytest.mark.usefixtures("fresh_loop")


def _file() -> int:
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _terminal() -> int:
    master, slave = pty.openpty()
    os.close(slave)
    return master


def _epoll() -> int:
    with select.epoll() as epoll:
        return os.dup(epoll.fileno())


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (_file, "FILE"),
        (_terminal, "TTY"),
        (_epoll, "UNKNOWN"),
        (lambda: os.open("/", os.O_RDONLY), "UNKNOWN"),
        (lambda: os.open("/dev/null", os.O_RDWR), "FILE"),
        (lambda: socket.socket(type=socket.SOCK_DGRAM).detach(), "UDP"),
        (lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach(), "UNKNOWN"),
        (lambda: socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).detach(), "UNKNOWN"),
    ],
)
def test_what_is_no_stream_is_refused(make: Callable[[], int], kind: str, log: Log) -> None:
    fd = make()
    try:
        with pytest.raises(NodeTypeError, match=f"^Unsupported fd type: {kind}$") as raised:
            net.Socket(fd=fd)
        assert raised.value.code == "ERR_INVALID_FD_TYPE"
        net.create_server().on("error", lambda error: log.append(str(error))).listen(fd=fd)
        nodesock.run()
        assert log == ["listen EINVAL: invalid argument"]
    finally:
        os.close(fd)


def test_the_reading_end_of_a_pipe(log: Log) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"bytes")
    os.close(writer)
    end = net.Socket(fd=reader)
    assert (end.ready_state, end.pending, end.remote_address, end.address()) == ("open", False, None, {})
    for event in ("data", "end", "finish", "close"):
        end.on(event, log.to(event))
    nodesock.run()
    assert log == [("data", b"bytes"), "end", "finish", ("close", False)]


def test_the_writing_end_of_a_pipe(log: Log) -> None:
    reader, writer = os.pipe()
    end = net.Socket(fd=writer, readable=False)
    assert end.ready_state == "writeOnly"
    for event in ("finish", "close"):
        end.on(event, log.to(event))
    end.end("bytes")
    nodesock.run()
    assert os.read(reader, 10) + os.read(reader, 10) == b"bytes"
    os.close(reader)
    assert log == ["finish", ("close", False)]


def test_the_writing_end_of_a_pipe_cannot_be_read(log: Log) -> None:
    reader, writer = os.pipe()
    end = net.Socket(fd=writer)
    assert (end.ready_state, end.destroyed) == ("closed", True)
    end.on("error", lambda error: log.append(str(error)))
    nodesock.run()
    os.close(reader)
    assert log == ["read ENOTCONN"]


def test_a_listening_descriptor_is_served(log: Log) -> None:
    inherited = socket.create_server(("127.0.0.1", 0))
    port = inherited.getsockname()[1]
    server = net.create_server(lambda peer: peer.end("hello"))
    server.on("connection", lambda peer: server.close())

    def listening() -> None:
        assert str(port) in str(server.address())
        net.connect(port, "127.0.0.1").on("data", log.append)

    server.listen({"fd": inherited.detach()}, listening)
    nodesock.run()
    assert log == [b"hello"]
