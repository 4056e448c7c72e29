"""The bind and connect states and the queue behind a bind, over a scripted handle: no kernel, no loop."""

from collections.abc import Callable
from typing import Any

import pytest

from nodesock.bindings.uv import UV_EADDRINUSE, UV_ECONNREFUSED, UV_EINVAL, UV_ENETUNREACH
from nodesock.dgram.states import BINDING, BOUND, CONNECTED, CONNECTING, DISCONNECTED, UNBOUND
from nodesock.errors import NodeError
from nodesock.runtime.ticks import drain

Make = Callable[..., Any]


def code(fn: Callable[[], Any]) -> Any:
    """The code of the error that `fn` raises."""
    with pytest.raises(NodeError) as caught:
        fn()
    return caught.value.code


def test_bind_goes_through_binding_to_bound(scripted: Make) -> None:
    it = scripted()
    assert it.socket._bind_state == UNBOUND
    assert it.socket.bind(41234, "127.0.0.1") is it.socket
    assert it.socket._bind_state == BINDING
    assert it.handle.calls == []
    drain()
    assert it.socket._bind_state == BOUND
    assert it.handle.calls == [("bind", "127.0.0.1", 41234, 0), ("recv_start",)]
    assert it.events == ["listening"]


def test_a_failed_bind_goes_back_to_unbound(scripted: Make) -> None:
    it = scripted()
    errors: list[Any] = []
    it.socket.on("error", errors.append)
    it.handle.bind_answer = UV_EADDRINUSE
    it.socket.bind(80, "127.0.0.1")
    drain()
    assert it.socket._bind_state == UNBOUND
    assert str(errors[0]) == "bind EADDRINUSE 127.0.0.1:80"
    assert isinstance(errors[0], OSError)
    assert errors[0].errno == -UV_EADDRINUSE
    it.handle.bind_answer = 0
    it.socket.bind(81, "127.0.0.1")
    drain()
    assert it.socket._bind_state == BOUND


@pytest.mark.parametrize("state", ["binding", "bound"])
def test_no_second_bind(scripted: Make, state: str) -> None:
    it = scripted()
    it.socket.bind()
    if state == "bound":
        drain()
    assert code(it.socket.bind) == "ERR_SOCKET_ALREADY_BOUND"
    assert code(it.socket.bind_sync) == "ERR_SOCKET_ALREADY_BOUND"
    drain()


def test_close_while_binding_binds_nothing(scripted: Make) -> None:
    it = scripted()
    it.socket.bind()
    it.socket.close()
    drain()
    assert it.handle.names() == ["recv_stop", "close"]
    assert it.events == ["close"]


def test_flags_of_the_options(scripted: Make) -> None:
    it = scripted({"type": "udp6", "reuse_addr": True, "ipv6_only": 1, "reuse_port": "yes"})
    it.socket.bind()
    drain()
    assert it.handle.calls[0] == ("bind", "::", 0, 1 | 4 | 64)


@pytest.mark.parametrize(
    ("port", "bound"),
    [
        (70000, 4464),
        (-1, 65535),
        (65536, 0),
        ("x", 0),
        (None, 0),
        (True, 1),
        (1.5, 1),
        ("1234", 1234),
        (float("nan"), 0),
    ],
)
def test_a_port_is_coerced_to_16_bits(scripted: Make, port: Any, bound: int) -> None:
    it = scripted()
    it.socket.bind(port)
    drain()
    assert it.handle.calls[0][2] == bound


def test_calls_behind_a_bind_run_in_order_once(scripted: Make) -> None:
    it = scripted()
    it.socket.send(b"one", 9, "127.0.0.1")
    it.socket.connect(9, "127.0.0.1")
    it.socket.close()
    assert len(it.socket._queue.calls) == 3
    assert it.socket.listener_count("listening") == 1
    drain()
    # the send and the connect had their lookups still to do when close came
    assert it.handle.names() == ["bind", "recv_start", "recv_stop", "close"]
    assert it.events == ["listening", "close"]
    assert it.socket._queue is None
    assert it.socket.event_names() == []


def test_a_failed_bind_drops_the_queue(scripted: Make) -> None:
    it = scripted()
    it.socket.on("error", lambda error: None)
    it.handle.bind_answer = UV_EINVAL
    it.socket.send(b"x", 9, "127.0.0.1")
    drain()
    assert it.socket._queue.calls is None
    assert it.socket.event_names() == ["error"]
    assert "send" not in it.handle.names()


def test_connect_goes_through_connecting_to_connected_and_back(scripted: Make) -> None:
    it = scripted()
    it.socket.bind_sync()
    it.socket.connect(9, "127.0.0.1")
    assert it.socket._connect_state == CONNECTING
    assert code(lambda: it.socket.connect(9)) == "ERR_SOCKET_DGRAM_IS_CONNECTED"
    assert code(it.socket.disconnect) == "ERR_SOCKET_DGRAM_NOT_CONNECTED"
    drain()
    assert it.socket._connect_state == CONNECTED
    assert it.socket.remote_address() == ("127.0.0.1", "IPv4", 4321)
    it.socket.disconnect()
    assert it.socket._connect_state == DISCONNECTED
    assert it.events == ["listening", "connect"]


def test_a_failed_connect_goes_back_to_disconnected(scripted: Make) -> None:
    it = scripted()
    it.socket.bind_sync()
    it.handle.connect_answer = UV_ENETUNREACH
    errors: list[Any] = []
    it.socket.connect(9, "127.0.0.1", errors.append)
    drain()
    assert it.socket._connect_state == DISCONNECTED
    assert str(errors[0]) == "connect ENETUNREACH 127.0.0.1:9"
    assert it.socket.listener_count("connect") == 0


def test_connect_sync_leaves_the_state_alone_when_it_fails(scripted: Make) -> None:
    it = scripted()
    it.handle.connect_answer = UV_EINVAL
    assert code(lambda: it.socket.connect_sync(9)) == "EINVAL"
    assert (it.socket._bind_state, it.socket._connect_state) == (BOUND, DISCONNECTED)
    it.handle.connect_answer = 0
    it.socket.connect_sync(9)
    assert it.socket._connect_state == CONNECTED
    drain()
    assert it.events == ["listening", "connect"]


def test_a_receive_error_is_an_event_and_no_end(scripted: Make) -> None:
    it = scripted()
    errors: list[Any] = []
    it.socket.on("error", errors.append)
    it.socket.bind_sync()
    drain()
    it.handle.fail(UV_ECONNREFUSED)
    assert str(errors[0]) == "recvmsg ECONNREFUSED"
    assert isinstance(errors[0], ConnectionRefusedError)
    it.handle.deliver(b"still here")
    assert it.events[-1] == ("message", b"still here", ("127.0.0.9", "IPv4", 9, 10))


def test_closed_is_final(scripted: Make) -> None:
    it = scripted()
    it.socket.close()
    drain()
    for method in (
        it.socket.bind,
        it.socket.bind_sync,
        it.socket.close,
        it.socket.address,
        it.socket.remote_address,
    ):
        assert code(method) == "ERR_SOCKET_DGRAM_NOT_RUNNING"
    assert code(lambda: it.socket.send(b"x", 9)) == "ERR_SOCKET_DGRAM_NOT_RUNNING"
    assert it.socket.ref() is it.socket.unref() is it.socket
    with pytest.raises(TypeError, match=r"Cannot read properties of null \(reading 'setTTL'\)"):
        it.socket.set_ttl(5)
    assert it.handle.names() == ["recv_stop", "close"]


def test_repr_tells_the_state(scripted: Make) -> None:
    it = scripted()
    assert repr(it.socket) == "<dgram.Socket udp4 unbound 127.0.0.1:1234>"
    it.socket.bind_sync()
    it.socket.connect(9)
    assert repr(it.socket) == "<dgram.Socket udp4 bound 127.0.0.1:1234 connecting>"
    drain()
    assert repr(it.socket) == "<dgram.Socket udp4 bound 127.0.0.1:1234 -> 127.0.0.1:4321>"
    it.socket.close()
    assert repr(it.socket) == "<dgram.Socket udp4 closed>"
    drain()
