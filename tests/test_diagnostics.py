"""diagnostics.py and runtime/handles.py. What is active in which phase is told by cases (loop/active_resources)."""

import math
import time

import pytest

from nodesock import diagnostics
from nodesock.bindings.cares_wrap import getaddrinfo
from nodesock.bindings.pipe_wrap import SERVER as PIPE_SERVER
from nodesock.bindings.pipe_wrap import Pipe
from nodesock.bindings.tcp_wrap import SERVER, TCP
from nodesock.bindings.udp_wrap import UDP
from nodesock.diagnostics import active_resources_info
from nodesock.errors import NodeError
from nodesock.runtime.loop import run
from nodesock.runtime.timers import set_immediate, set_timeout

pytestmark = pytest.mark.usefixtures("fresh_loop")


def test_order_is_requests_handles_timers_immediates() -> None:
    def main() -> None:
        handles = [UDP(), TCP(SERVER), TCP(), Pipe(), Pipe(PIPE_SERVER)]
        set_immediate(lambda: None)
        set_timeout(lambda: None, 5)
        set_timeout(lambda: None, 5).unref()
        set_immediate(lambda: None).unref()
        getaddrinfo("127.0.0.1", 0, 0, lambda *_: None)
        assert active_resources_info() == [
            "GetAddrInfoReqWrap",
            "UDPWrap",
            "TCPServerWrap",
            "TCPSocketWrap",
            "PipeWrap",
            "PipeWrap",
            "Timeout",
            "Immediate",
        ]
        handles[0].unref()
        assert "UDPWrap" not in active_resources_info()
        handles[0].ref()
        for handle in handles:
            handle.close()
        assert "UDPWrap" in active_resources_info()  # until it is closed

    run(main)
    assert active_resources_info() == []


def test_active_handles_are_the_owners() -> None:
    def main() -> None:
        handle, bare = TCP(), TCP()
        handle.owner = "socket"
        assert diagnostics.active_handles() == ["socket", bare]
        handle.close()
        bare.close()

    run(main)


def test_event_loop_delay() -> None:
    delay = diagnostics.monitor_event_loop_delay(resolution=5)
    assert delay.count == 0 and math.isnan(delay.mean) and delay.min == 9223372036854776000 and delay.max == 0

    def main() -> None:
        assert delay.enable() is True and delay.enable() is False
        set_timeout(time.sleep, 30, 0.05)
        set_timeout(lambda: None, 120)

    run(main)  # the monitor itself does not keep it alive
    assert delay.disable() is True and delay.disable() is False
    run()
    assert delay.count > 3
    assert 4_000_000 < delay.min <= delay.percentile(50) <= delay.percentile(100) <= delay.max
    assert delay.max >= 45_000_000
    assert delay.min <= delay.mean <= delay.max and delay.stddev > 0
    assert list(delay.percentiles)[:2] == [0, 50] and delay.percentiles[100] == delay.max
    delay.reset()
    assert delay.count == 0


@pytest.mark.parametrize("value", [0, 101, -1])
def test_percentile_range(value: int) -> None:
    with pytest.raises(NodeError, match="It must be > 0 && <= 100"):
        diagnostics.monitor_event_loop_delay().percentile(value)


def test_resolution_is_checked() -> None:
    with pytest.raises(NodeError, match='The value of "options.resolution" is out of range. It must be >= 1'):
        diagnostics.monitor_event_loop_delay(resolution=0)
