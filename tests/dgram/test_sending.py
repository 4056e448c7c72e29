"""send over a scripted handle: what reaches the handle, in which tick, and what becomes of queued sends."""

from array import array
from collections.abc import Callable
from typing import Any

import pytest

from nodesock.bindings.uv import UV_ECANCELED, UV_EMSGSIZE
from nodesock.errors import NodeError
from nodesock.runtime.ticks import drain, next_tick

Make = Callable[..., Any]


def bound(scripted: Make, *args: Any, **options: Any) -> Any:
    it = scripted(*args, **options)
    it.socket.bind_sync()
    drain()
    it.handle.calls.clear()
    return it


def connected(scripted: Make) -> Any:
    it = bound(scripted)
    it.socket.connect_sync(9)
    drain()
    it.handle.calls.clear()
    return it


@pytest.mark.parametrize(
    ("args", "sent"),
    [
        ((b"hello", 9, "127.0.0.2"), (b"hello", 9, "127.0.0.2")),
        ((b"hello", 9), (b"hello", 9, "127.0.0.1")),
        ((b"hello", 9, None), (b"hello", 9, "127.0.0.1")),
        ((b"hello", "9", ""), (b"hello", 9, "127.0.0.1")),
        ((b"hello", 1, 3, 9), (b"ell", 9, "127.0.0.1")),
        ((b"hello", 1, 3, 9, "127.0.0.2"), (b"ell", 9, "127.0.0.2")),
        ((bytearray(b"hello"), 9), (b"hello", 9, "127.0.0.1")),
        ((memoryview(b"hello")[1:], 9), (b"ello", 9, "127.0.0.1")),
        ((array("H", [0x4142, 0x4344]), 1, 2, 9), (b"AD", 9, "127.0.0.1")),
        (("žlutý", 9), ("žlutý".encode(), 9, "127.0.0.1")),
        (("\ud800", 9), ("\ufffd".encode(), 9, "127.0.0.1")),
        (([b"a", "b", bytearray(b"c")], 9), (b"abc", 9, "127.0.0.1")),
        (((b"a", b"b"), 9), (b"ab", 9, "127.0.0.1")),
        (([], 9), (b"", 9, "127.0.0.1")),
    ],
)
def test_forms(scripted: Make, args: tuple[Any, ...], sent: tuple[Any, ...]) -> None:
    it = bound(scripted)
    it.socket.send(*args)
    assert it.handle.calls == []  # the lookup of an address takes a tick
    drain()
    assert it.handle.calls == [("send", *sent)]


@pytest.mark.parametrize(
    ("args", "sent"),
    [
        ((b"hello",), b"hello"),
        ((b"hello", 1, 3), b"ell"),
        ((b"hello", 1), b"hello"),
        ((b"hello", 1, "x"), b"hello"),
        (([b"a", b"b"],), b"ab"),
    ],
)
def test_connected_forms(scripted: Make, args: tuple[Any, ...], sent: bytes) -> None:
    it = connected(scripted)
    it.socket.send(*args)
    assert it.handle.calls == [("send", sent, None, None)]  # at once


def test_callbacks_come_on_ticks_in_order(scripted: Make) -> None:
    it = bound(scripted)
    seen: list[Any] = []
    it.handle.sends = ["taken", UV_EMSGSIZE, "taken"]
    it.socket.send(b"one", 9, "127.0.0.1", lambda *args: seen.append(args))
    it.socket.send(b"two", 9, "127.0.0.1", lambda *args: seen.append(args))
    it.socket.send(b"three", 9, "127.0.0.1", lambda: seen.append("three"))
    next_tick(lambda: seen.append("tick queued after"))
    drain()
    assert seen[0] == "tick queued after"
    assert seen[1] == (None, 3)
    (error,) = seen[2]
    assert str(error) == "send EMSGSIZE 127.0.0.1:9"
    assert (error.code, error.syscall, error.address, error.port) == ("EMSGSIZE", "send", "127.0.0.1", 9)
    assert seen[3] == "three"


def test_a_queued_send_calls_back_when_it_ends(scripted: Make) -> None:
    it = bound(scripted)
    seen: list[Any] = []
    it.handle.sends = ["queued", "queued", "queued"]
    it.socket.send(b"one", 9, "127.0.0.1", lambda *args: seen.append(args))
    it.socket.send(b"two", 9, "127.0.0.1", lambda *args: seen.append(args))
    it.socket.send(b"three", 9, "127.0.0.1")
    drain()
    assert seen == []
    it.handle.queued[0](0, 3)
    assert seen == [(None, 3)]
    it.handle.queued[1](UV_ECANCELED, 3)
    assert str(seen[1][0]) == "send ECANCELED 127.0.0.1:9"
    assert seen[1][1] == 3
    it.handle.queued[2](0, 5)


def test_an_error_of_a_connected_socket_names_no_address(scripted: Make) -> None:
    it = connected(scripted)
    seen: list[Any] = []
    it.handle.sends = [UV_EMSGSIZE]
    it.socket.send(b"x", seen.append)
    drain()
    assert str(seen[0]) == "send EMSGSIZE"
    assert not hasattr(seen[0], "address")
    assert not hasattr(seen[0], "port")


def test_the_usual_send_and_the_long_way_agree(scripted: Make) -> None:
    """The short cut of an echo (bytes, int, a literal seen before) is not to be told from the rest."""
    it = bound(scripted)
    order: list[Any] = []
    for message in (b"first: not seen before", "text", b"bytes"):
        it.socket.send(message, 9, "127.0.0.77", lambda *args: order.append(args))
        next_tick(order.append, "tick")
    drain()
    assert order == ["tick", "tick", "tick", (None, 22), (None, 4), (None, 5)]
    assert [call[3] for call in it.handle.calls] == ["127.0.0.77"] * 3


def test_a_datagram_waiting_for_its_tick_is_dropped_by_close(scripted: Make) -> None:
    it = bound(scripted)
    it.socket.send(b"x", 9, "127.0.0.1", lambda: pytest.fail("called back"))
    it.socket.send(b"x", 9, "127.0.0.1", lambda: pytest.fail("called back"))
    it.socket.close()
    drain()
    assert "send" not in it.handle.names()


def test_a_listener_that_closes_stops_the_send_of_its_own_tick(scripted: Make) -> None:
    it = bound(scripted)

    def on_message(message: bytes, sender: Any) -> None:
        it.socket.send(message, sender.port, sender.address)
        it.socket.close()

    it.socket.on("message", on_message)
    it.handle.deliver(b"x")
    assert "send" not in it.handle.names()
    assert it.events[-1] == "close"


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((b"x",), "Port should be > 0 and < 65536. Received undefined."),
        ((b"x", 0), "Port should be > 0 and < 65536. Received type number (0)."),
        ((b"x", 70000, "127.0.0.1"), "Port should be > 0 and < 65536. Received type number (70000)."),
        ((b"x", 9, 5), 'The "address" argument must be of type string. Received type number (5)'),
        ((b"hello", 6, 0, 9), '"offset" is outside of buffer bounds'),
        ((b"hello", 1, 5, 9), '"length" is outside of buffer bounds'),
        (
            (5, 9),
            'The "buffer" argument must be of type string or an instance of Buffer, TypedArray, or DataView. '
            "Received type number (5)",
        ),
        (
            ([b"x", 5], 9),
            'The "buffer list arguments" argument must be of type string or an instance of Buffer, TypedArray, or '
            "DataView. Received an instance of Array",
        ),
    ],
)
def test_argument_errors(scripted: Make, args: tuple[Any, ...], text: str) -> None:
    it = bound(scripted)
    with pytest.raises(NodeError) as caught:
        it.socket.send(*args)
    assert str(caught.value) == text
    assert isinstance(caught.value, (TypeError, ValueError))
    assert it.handle.calls == []
