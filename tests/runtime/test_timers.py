"""runtime/timers.py: arguments, warnings, references and what it costs to forget."""

from typing import Any

import pytest

from nodesock.errors import NodeError
from nodesock.inspect import UNDEFINED
from nodesock.process import process
from nodesock.runtime import timers
from nodesock.runtime.handles import active_resources_info
from nodesock.runtime.loop import run
from nodesock.runtime.timers import (
    TIMEOUT_MAX,
    clear_immediate,
    clear_timeout,
    set_immediate,
    set_interval,
    set_timeout,
    set_unref_timeout,
    timer_duration,
)

pytestmark = pytest.mark.usefixtures("fresh_loop")


def nothing() -> None:
    pass


@pytest.mark.parametrize("start", [set_timeout, set_interval, set_immediate, set_unref_timeout])
def test_callback_must_be_callable(start: Any) -> None:
    with pytest.raises(
        NodeError, match='The "callback" argument must be of type function. Received undefined'
    ):
        start(UNDEFINED, 1)


def test_arguments_are_passed_and_fitted() -> None:
    log: list = []

    def main() -> None:
        set_timeout(lambda *args: log.append(args), 1, "x", "y")
        set_timeout(lambda: log.append(()), 1, "x")
        set_immediate(lambda a, b: log.append((a, b)), 1)

    run(main)
    assert sorted(log, key=str) == sorted([("x", "y"), (), (1, None)], key=str)


@pytest.mark.parametrize(
    ("delay", "used"),
    [
        (0, 1),
        (-0.5, 1),
        (1, 1),
        (1.7, 1.7),
        ("5", 5),
        (True, 1),
        (None, 1),
        (2**31 - 1, 2**31 - 1),
        (2**31, 1),
    ],
)
def test_delays(delay: Any, used: float) -> None:
    timer = set_timeout(nothing, delay)
    assert timer.delay == used
    timer.close()
    run()


def test_warnings() -> None:
    timers._told.clear()
    log: list = []
    process.on("warning", lambda warning: log.append((warning.name, str(warning))))

    def main() -> None:
        for delay in (float("nan"), "abc", -5, -6, 2**31, 1e20, float("inf")):
            clear_timeout(set_timeout(nothing, delay))

    run(main)
    end = ".\nTimeout duration was set to 1."
    assert log == [
        ("TimeoutNaNWarning", f"NaN is not a number{end}"),
        ("TimeoutNegativeWarning", f"-5 is a negative number{end}"),
        ("TimeoutOverflowWarning", f"2147483648 does not fit into a 32-bit signed integer{end}"),
        ("TimeoutOverflowWarning", f"100000000000000000000 does not fit into a 32-bit signed integer{end}"),
        ("TimeoutOverflowWarning", f"Infinity does not fit into a 32-bit signed integer{end}"),
    ]


def test_timer_duration() -> None:
    log: list = []
    process.on("warning", lambda warning: log.append(str(warning)))
    assert timer_duration(5.5, "msecs") == 5.5
    assert timer_duration(1e11, "msecs") == TIMEOUT_MAX
    run()
    assert log == [
        "100000000000 does not fit into a 32-bit signed integer.\nTimer duration was truncated to 2147483647."
    ]
    with pytest.raises(NodeError, match="It must be a non-negative finite number. Received -1"):
        timer_duration(-1, "msecs")


def test_references() -> None:
    timer = set_timeout(nothing, 1000)
    assert timer.has_ref() and active_resources_info() == ["Timeout"]
    assert timer.unref() is timer and timer.unref() is timer
    assert not timer.has_ref() and active_resources_info() == []
    timer.ref().ref()
    assert active_resources_info() == ["Timeout"]
    timer.unref()
    run()  # nothing holds it
    timer.close()
    immediate = set_immediate(nothing)
    assert immediate.has_ref() and immediate.unref() is immediate and not immediate.has_ref()
    assert immediate.ref() is immediate
    clear_immediate(immediate)
    assert not immediate.has_ref() and active_resources_info() == []


def test_unref_inside_its_own_callback() -> None:
    def main() -> None:
        timer = set_interval(lambda: timer.unref(), 1)

    run(main)
    assert active_resources_info() == []


def test_an_unreferenced_immediate_does_not_hold_the_loop() -> None:
    log: list = []
    set_immediate(log.append, 1).unref()
    run()
    set_timeout(nothing, 1)
    run()
    assert log == [1]


def test_clearing_by_number_and_clearing_nonsense() -> None:
    log: list = []
    number = int(set_timeout(log.append, 1, "never"))
    text = str(int(set_timeout(log.append, 1, "never")))
    for what in (number, text, None, {}, "x", 99999, 5.5, object()):
        clear_timeout(what)
    clear_immediate(5)
    run()
    assert log == []


def test_a_cleared_timer_cannot_be_refreshed() -> None:
    log: list = []
    timer = set_timeout(log.append, 1, "never")
    timer.close()
    timer.refresh()
    run()
    assert log == []


def test_a_timer_may_clear_itself_and_be_cleared_twice() -> None:
    def main() -> None:
        timer = set_timeout(lambda: (clear_timeout(timer), clear_timeout(timer)), 1)

    run(main)
    assert active_resources_info() == []


def test_refresh_in_its_own_callback_and_unref() -> None:
    log: list = []

    def fire() -> None:
        log.append(1)
        if len(log) < 3:
            timer.refresh()

    timer = set_timeout(fire, 1)
    run()
    assert len(log) == 3 and active_resources_info() == []


def test_timers_that_come_and_go_leave_nothing_behind() -> None:
    for _ in range(1000):
        clear_timeout(set_timeout(nothing, 3_600_000))
    assert len(timers._timers.heap) < 200
    assert len(timers._timers.lists) == 0
    run()


def test_reprs() -> None:
    timer, interval, immediate = set_timeout(nothing, 5), set_interval(nothing, 5), set_immediate(nothing)
    assert repr(timer) == "<Timeout 5 ms running>" and repr(interval) == "<Interval 5 ms running>"
    assert repr(immediate) == "<Immediate waiting>"
    timer.close()
    interval.close()
    clear_immediate(immediate)
    assert repr(timer) == "<Timeout 5 ms cleared>" and repr(immediate) == "<Immediate done>"
    run()
