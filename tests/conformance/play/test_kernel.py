"""The kernel's view: this process's own sockets, another process's, and reasons where there is no view."""

import os
import socket
import struct
import subprocess
import sys

import pytest

from conformance.play import kernel
from conformance.play.kernel import NotVisible

_HOLDER = """
import os, socket, sys
s = socket.create_server(("127.0.0.1", 0))
print(os.fstat(s.fileno()).st_ino, flush=True)
sys.stdin.read()
"""


def test_options_of_a_tcp_socket_are_what_was_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 17)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            state = kernel.options(client)
        assert kernel.options(listener)["tcp_state"] == "LISTEN"
        assert kernel.options(listener)["acceptconn"] is True
    assert state["domain"] == "ipv4"
    assert state["type"] == "stream"
    assert state["tcp_state"] == "ESTABLISHED"
    assert (state["nodelay"], state["keepalive"], state["keepidle"], state["linger"]) == (True, True, 17, 0)


def test_a_listener_tells_its_backlog() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=7) as listener:
        assert kernel.options(listener)["backlog"] == 7


def test_options_of_a_udp_socket_are_what_was_set() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 3)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        state = kernel.options(sock)
    assert (state["domain"], state["type"]) == ("ipv6", "datagram")
    assert (state["v6only"], state["multicast_hops"], state["broadcast"]) == (True, 3, True)
    assert "nodelay" not in state and "tcp_state" not in state


def test_a_unix_socket_has_no_internet_options() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        state = kernel.options(sock)
    assert state["domain"] == "unix"
    assert "ttl" not in state and "keepalive" not in state


def test_another_processs_socket_is_found_by_inode() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        inode = int(holder.stdout.readline())
        answer = kernel.answer(inode)
        holder.stdin.close()
    if answer["state"] is None:
        pytest.skip(answer["reason"])
    assert answer["state"]["tcp_state"] == "LISTEN"


def test_what_cannot_be_seen_has_a_reason() -> None:
    with pytest.raises(NotVisible, match="no process visible here holds socket 1"):
        kernel.view(1)
    assert kernel.answer(1) == {"state": None, "reason": "no process visible here holds socket 1"}
    assert kernel.answer(None) == {"state": None, "reason": "the object has no descriptor"}


def test_looking_leaves_no_descriptor() -> None:
    with socket.socket() as sock:
        inode = os.fstat(sock.fileno()).st_ino
        kernel.answer(inode)
        before = len(os.listdir("/proc/self/fd"))
        kernel.answer(inode)
        kernel.answer(1)
        assert len(os.listdir("/proc/self/fd")) == before
