"""`UDP._uv_recv`, which is `runtime.loop.enter` written out, does what `enter` does.

Hypothesis makes up what libuv delivers and what the listener does with it. Both ways are given the same, and their logs
must agree.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodesock.bindings.tcp_wrap import endpoint
from nodesock.bindings.udp_wrap import UDP
from nodesock.bindings.uv import UV_ECONNREFUSED
from nodesock.process import process
from nodesock.runtime import loop, uncaught
from nodesock.runtime.ticks import next_tick, queue_microtask

pytestmark = pytest.mark.usefixtures("fresh_loop")

Delivery = tuple[Any, bytes | None, int | None]


class PlainUDP(UDP):
    """A handle that delivers in the general way."""

    __slots__ = ()

    def _uv_recv(self, _handle: Any, sender: Any, _flags: int, data: bytes | None, error: int | None) -> None:
        if uncaught.fatal is None:
            loop.enter(self._deliver, sender, data, error)
        else:  # by way of the binding's own way back in, which asks whether the handle is closed by then
            loop.defer(self._late_recv, sender, data, error)

    def _deliver(self, sender: Any, data: bytes | None, error: int | None) -> None:
        assert self._on_message is not None
        if error is not None:
            self._on_message(error, None, None)
        else:
            assert data is not None
            self._on_message(len(data), data, endpoint(sender))  # type: ignore[arg-type]


def play(kind: type[UDP], deliveries: list[tuple[Delivery, list[str]]], handled: bool) -> list[Any]:
    """Deliver to a handle of this kind as libuv does in one turn of the loop; returns a log of all that follows."""
    log: list[Any] = []
    reactions: list[list[str]] = []
    handle = kind()

    def on_message(*args: Any) -> None:
        log.append(("message", *args))
        for reaction in reactions.pop(0) if reactions else ():
            react(reaction)

    def react(reaction: str) -> None:
        log.append(reaction)
        match reaction:
            case "tick":
                next_tick(log.append, "in a tick")
            case "microtask":
                queue_microtask(log.append, "in a microtask")
            case "raise":
                raise ZeroDivisionError
            case "raise in a tick":
                next_tick(react, "raise")
            case "raise in a microtask":
                queue_microtask(react, "raise")
            case "close":
                handle.close(lambda: log.append("closed"))

    def on_uncaught(error: BaseException, origin: str) -> None:
        log.append((type(error), origin))

    if handled:
        process.on("uncaughtException", on_uncaught)
    handle._on_message = on_message  # as recv_start sets it; nothing comes from the kernel
    for (sender, data, error), then in deliveries:
        if handle.closing:
            break  # libuv delivers nothing more
        reactions.append(then)
        handle._uv_recv(None, sender, 0, data, error)
        log.append(("fatal", repr(uncaught.fatal)))
    # What a fatal exception put off comes in the runs that follow, at most one for each thing that raises.
    for _ in range(1 + sum(1 + len(then) for _, then in deliveries)):
        run(log)
    handle.close()
    run(log)
    process.remove_all_listeners()
    return log


def run(log: list[Any]) -> None:
    try:
        loop.run()
        log.append("run")
    except ZeroDivisionError:
        log.append("run raised")


DELIVERIES = st.sampled_from(
    [
        (("127.0.0.1", 9), b"data", None),
        (("127.0.0.1", 9), b"", None),
        (("::1", 9, 0, 0), b"six", None),
        (("fe80::1", 9, 0, 1), b"zone", None),
        (None, None, UV_ECONNREFUSED),
    ]
)
REACTIONS = st.lists(
    st.sampled_from(["tick", "microtask", "raise", "raise in a tick", "raise in a microtask", "close"]),
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(DELIVERIES, REACTIONS), max_size=5), st.booleans())
def test_a_datagram_comes_in_as_through_enter(
    deliveries: list[tuple[Delivery, list[str]]], handled: bool
) -> None:
    assert play(UDP, deliveries, handled) == play(PlainUDP, deliveries, handled)
