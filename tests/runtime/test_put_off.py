"""What libuv delivers after a fatal exception waits for the next run, and is then delivered as it would have been."""

from collections.abc import Callable
from typing import Any

import pytest

from nodesock.bindings.handle_wrap import HandleWrap
from nodesock.bindings.tcp_wrap import SOCKET, TCP
from nodesock.bindings.udp_wrap import UDP
from nodesock.process import process
from nodesock.runtime import loop, timers
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.uncaught import report_exception
from nodesock.runtime.uv_loop import now


def plain(deliver: Callable[..., Any]) -> list[HandleWrap]:
    loop.enter(deliver)
    return []


def read(deliver: Callable[..., Any]) -> list[HandleWrap]:
    handle = TCP(SOCKET)
    handle.on_read = deliver
    handle._uv_read(None, b"data", None)
    return [handle]


def datagram(deliver: Callable[..., Any]) -> list[HandleWrap]:
    handle = UDP()
    handle._on_message = deliver
    handle._uv_recv(None, ("127.0.0.1", 9), 0, b"data", None)
    return [handle]


def timer(deliver: Callable[..., Any]) -> list[HandleWrap]:
    def due() -> None:
        next_tick(deliver)  # what a timer raises itself starts its list over, which drains

    timeout = timers.set_timeout(due, 1)
    while now() <= timeout._start + 1:
        pass
    timers._on_timer(None)
    return []


@pytest.mark.parametrize("how", [plain, read, datagram, timer])
def test_ticks_wait_for_the_next_callback_after_an_exception(fresh_loop: None, how: Callable[..., Any]) -> None:
    log: list[str] = []

    def deliver(*_: Any) -> None:
        next_tick(log.append, "tick")
        raise ZeroDivisionError

    report_exception(InterruptedError("fatal"))
    opened = how(deliver)
    loop.enter(log.append, "next callback")
    with pytest.raises(InterruptedError):
        loop.run()
    process.on("uncaughtException", lambda error: log.append(type(error).__name__))
    loop.run()
    for handle in opened:
        handle.close()
    loop.run()
    assert log == ["ZeroDivisionError", "next callback", "tick"]
