"""Fixtures for all tests that run a nodesock loop."""

import functools
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# build_tools is in no wheel. It comes last: a nodesock that is installed is the one that is tested.
sys.path.append(str(Path(__file__).parents[1] / "impl"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a job that a shell started in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "ipv6: needs IPv6 on the loopback interface; skipped where there is none"
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("ipv6") is not None and not has_ipv6():
        pytest.skip("no IPv6 on the loopback interface")


@functools.cache
def has_ipv6() -> bool:
    """Whether a socket can be bound to ``::1`` here."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture
def fresh_loop() -> Iterator[None]:
    """A loop of the test's own. What is left over afterwards is a leak, and the test fails."""
    from nodesock.process import process
    from nodesock.runtime import handles, loop, ticks

    loop.reset()
    process.remove_all_listeners()
    process.exit_code = None
    process.print_warnings = False
    yield
    process.remove_all_listeners()
    process.exit_code = None
    process.print_warnings = True
    left = [*handles.handles, *handles.requests.values()]
    queued = ticks.pending()
    loop.reset()
    assert not left, f"left open: {left}"
    assert not queued, "ticks or microtasks were left"
