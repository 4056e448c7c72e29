"""Ticks, microtasks, timers, immediates and closing: each list is what the same program printed in Node 24.19."""

import time
from collections.abc import Callable

import pytest

from nodesock.bindings.tcp_wrap import SERVER, TCP
from nodesock.bindings.udp_wrap import UDP
from nodesock.process import process
from nodesock.runtime.loop import run
from nodesock.runtime.promises import Promise, spawn
from nodesock.runtime.ticks import next_tick, queue_microtask
from nodesock.runtime.timers import (
    clear_immediate,
    clear_interval,
    clear_timeout,
    set_immediate,
    set_interval,
    set_timeout,
)

pytestmark = pytest.mark.usefixtures("fresh_loop")


class Log(list):
    """What happened, in order; `log.of(x)` is a function that notes x."""

    def of(self, what: object, *then: Callable[[], object]) -> Callable[..., None]:
        def note(*_: object) -> None:
            self.append(what)
            for step in then:
                step()

        return note

    def tick(self, what: object) -> Callable[[], None]:
        return lambda: next_tick(self.of(what))

    def micro(self, what: object) -> Callable[[], None]:
        return lambda: queue_microtask(self.of(what))

    def fail(self, text: str) -> Callable[[], None]:
        def fail() -> None:
            raise RuntimeError(text)

        return fail

    def uncaught(self) -> None:
        process.on("uncaughtException", lambda error: self.append(f"uncaught {error}"))


def busy(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_ticks_then_microtasks_then_the_loop() -> None:
    log = Log()

    def main() -> None:
        set_timeout(log.of("timeout"), 1)
        set_immediate(log.of("immediate"))
        queue_microtask(log.of("micro 1", log.tick("tick of micro"), log.micro("micro of micro")))
        next_tick(log.of("tick 1", log.tick("nested tick"), log.micro("micro of tick")))
        next_tick(log.of("tick 2"))
        queue_microtask(log.of("micro 2"))
        log.append("main")
        busy(0.005)

    run(main)
    assert log == [
        "main",
        "tick 1",
        "tick 2",
        "nested tick",
        "micro 1",
        "micro 2",
        "micro of tick",
        "micro of micro",
        "tick of micro",
        "timeout",
        "immediate",
    ]


def test_exceptions_in_timers() -> None:
    log = Log()
    log.uncaught()

    def main() -> None:
        set_timeout(log.of("t1", log.tick("tick t1"), log.micro("micro t1"), log.fail("t1")), 1)
        set_timeout(log.of("t2", log.tick("tick t2")), 1)
        set_timeout(log.of("t3"), 1)
        busy(0.005)

    run(main)
    assert log == ["t1", "uncaught t1", "t2", "tick t1", "tick t2", "micro t1", "t3"]


def test_exceptions_in_immediates() -> None:
    log = Log()
    log.uncaught()

    def main() -> None:
        set_immediate(log.of("i1", log.tick("tick i1"), log.fail("i1")))
        set_immediate(log.of("i2", log.tick("tick i2"), lambda: set_immediate(log.of("nested"))))
        set_immediate(log.of("i3"))

    run(main)
    assert log == ["i1", "uncaught i1", "i2", "tick i1", "tick i2", "i3", "nested"]


def test_exceptions_in_ticks_and_microtasks() -> None:
    log = Log()
    log.uncaught()

    def main() -> None:
        next_tick(log.of("k1", log.micro("mk1"), log.fail("k1")))
        next_tick(log.of("k2"))
        set_immediate(log.of("imm"))
        queue_microtask(log.of("m1", log.tick("tick m1"), log.fail("m1")))
        queue_microtask(log.of("m2"))

    run(main)
    assert log == ["k1", "uncaught k1", "k2", "m1", "uncaught m1", "m2", "mk1", "tick m1", "imm"]


def test_ticks_behind_one_that_raised_wait_for_the_next_callback() -> None:
    log = Log()
    log.uncaught()

    def main() -> None:
        next_tick(log.of("k1", log.micro("mk1"), log.fail("k1")))
        next_tick(log.of("k2"))
        set_immediate(log.of("imm"))
        set_timeout(log.of("t", log.tick("t tick")), 1)
        busy(0.01)

    run(main)
    assert log == ["k1", "uncaught k1", "t", "k2", "t tick", "mk1", "imm"]


def test_ticks_of_a_main_that_raised_run_at_once() -> None:
    log = Log()
    log.uncaught()

    def main() -> None:
        next_tick(log.of("k1"))
        queue_microtask(log.of("m"))
        set_immediate(log.of("imm"))
        set_timeout(log.of("t", log.tick("t tick")), 1)
        busy(0.01)
        raise RuntimeError("main")

    run(main)
    assert log == ["uncaught main", "k1", "m", "t", "t tick", "imm"]


def test_after_an_immediate_that_raised_new_ones_run_in_the_same_phase() -> None:
    log = Log()
    log.uncaught()

    def first() -> None:
        log.append("i1")
        next_tick(log.of("tick i1"))
        set_timeout(log.of("to", log.tick("tick to")), 1)
        busy(0.005)
        set_immediate(log.of("i2"))
        raise RuntimeError("i1")

    run(lambda: set_timeout(lambda: set_immediate(first), 1))
    assert log == ["i1", "uncaught i1", "i2", "tick i1", "to", "tick to"]


def test_exception_in_a_close_callback() -> None:
    log = Log()
    log.uncaught()

    def main() -> None:
        handle = TCP()

        def closed() -> None:
            log.append("closed")
            next_tick(log.of("tick closed"))
            set_timeout(log.of("to", log.tick("tick to")), 1)
            busy(0.005)
            set_immediate(log.of("i"))
            raise RuntimeError("closed")

        handle.close(closed)

    run(main)
    assert log == ["closed", "uncaught closed", "to", "tick closed", "tick to", "i"]


def test_exceptions_in_and_after_io() -> None:
    log = Log()
    log.uncaught()

    def main() -> None:
        socket = UDP()
        socket.bind("127.0.0.1", 0)

        def message(_nread: int, data: bytes | None, _sender: object) -> None:
            log.append(data)
            next_tick(log.of("tick", *([log.fail("tick")] if data == b"tick" else [])))
            next_tick(log.of("tick 2"))
            queue_microtask(log.of("micro"))
            if data == b"end":
                socket.close()
            if data == b"raise":
                raise RuntimeError("io")

        socket.recv_start(message)
        for data in (b"raise", b"ok", b"tick", b"ok", b"raise", b"end"):
            socket.send([data], socket.getsockname()[2], "127.0.0.1", print)  # type: ignore[index]

    run(main)
    rest = ["tick", "tick 2", "tick", "tick 2", "micro", "micro"]
    assert log == [
        *[b"raise", "uncaught io", b"ok", *rest],
        *[b"tick", "tick", "uncaught tick", b"ok", "tick 2", "tick", "tick 2", "micro", "micro"],
        *[b"raise", "uncaught io", b"end", *rest],
    ]


def test_ticks_of_io_that_raised_run_before_immediates() -> None:
    log = Log()
    log.uncaught()

    def main() -> None:
        socket = UDP()
        socket.bind("127.0.0.1", 0)

        def message(_nread: int, _data: bytes | None, _sender: object) -> None:
            next_tick(log.of("tick"))
            queue_microtask(log.of("micro"))
            set_immediate(log.of("imm 1"))
            set_immediate(log.of("imm 2"))
            socket.close(log.of("closed"))
            raise RuntimeError("io")

        socket.recv_start(message)
        socket.send([b"x"], socket.getsockname()[2], "127.0.0.1", print)  # type: ignore[index]

    run(main)
    assert log == ["uncaught io", "tick", "micro", "imm 1", "imm 2", "closed"]


def test_exception_in_main_and_a_rejection() -> None:
    log = Log()
    log.uncaught()

    def main() -> None:
        log.tick("pt")()
        set_immediate(log.of("imm"))
        Promise.rejected(RuntimeError("rej"))
        log.micro("m")()
        raise RuntimeError("main")

    run(main)
    assert log == ["uncaught main", "pt", "m", "uncaught rej", "imm"]


def test_promises_take_as_many_microtasks_as_in_javascript() -> None:
    log = Log()

    async def loop(name: str, turns: int) -> str:
        for turn in range(turns):
            await Promise.resolved(None)
            log.append((name, turn))
        return name

    async def adopting() -> Promise:
        return Promise.resolved(8)

    async def awaiting() -> None:
        await Promise.resolved(8)
        log.append("awaited")

    async def catching() -> None:
        try:
            await Promise.rejected(RuntimeError("x"))
        except RuntimeError as error:
            log.append(("caught", str(error)))

    def main() -> None:
        next_tick(log.of("tick"))
        spawn(loop("a", 3)).then(lambda value: log.append(("then", value)))
        chain = Promise.resolved(1)
        for step in range(1, 7):
            chain = chain.then(log.of(f"p{step}"))
        adopted = Promise()
        adopted.resolve(Promise.resolved(7))
        adopted.then(lambda value: log.append(("adopted", value)))
        spawn(adopting()).then(lambda value: log.append(("async adopted", value)))
        spawn(awaiting())
        spawn(catching())
        Promise.resolved(2).then(lambda _: Promise.resolved(3)).then(
            lambda value: log.append(("inner", value))
        )
        queue_microtask(log.of("qm"))

    run(main)
    assert log == [
        "tick",
        ("a", 0),
        "p1",
        "awaited",
        ("caught", "x"),
        "qm",
        ("a", 1),
        "p2",
        ("a", 2),
        "p3",
        ("adopted", 7),
        ("async adopted", 8),
        ("then", "a"),
        "p4",
        ("inner", 3),
        "p5",
        "p6",
    ]


def test_timers_of_one_duration_run_in_order_and_may_clear_each_other() -> None:
    log = Log()

    def main() -> None:
        timers: list = []
        timers.append(set_timeout(log.of("A", lambda: clear_timeout(timers[1]), log.tick("tick A")), 5))
        timers.append(set_timeout(log.of("B never"), 5))
        set_timeout(log.of("C"), 5)

    run(main)
    assert log == ["A", "tick A", "C"]


def test_timers_by_due_time_not_by_creation() -> None:
    log = Log()

    def main() -> None:
        set_timeout(log.of("F1"), 30)
        set_timeout(log.of("F1b"), 30.9)
        set_timeout(log.of("F2"), 25)
        set_timeout(log.of("short"), 3)

    run(main)
    assert log == ["short", "F2", "F1", "F1b"]


def test_nested_timers_after_a_busy_one() -> None:
    log = Log()

    def nested() -> None:
        log.append("nested")
        busy(0.01)
        set_timeout(log.of("n1"), 15)
        set_immediate(log.of("nimm"))
        set_timeout(log.of("n2"), 25)

    run(lambda: set_timeout(nested, 1))
    assert log == ["nested", "nimm", "n1", "n2"]


def test_refresh_runs_a_fired_timer_again() -> None:
    log = Log()

    def main() -> None:
        def fire() -> None:
            log.append("fire")
            if log.count("fire") < 3:
                timer.refresh()

        timer = set_timeout(fire, 2)

    run(main)
    assert log == ["fire"] * 3


def test_refresh_puts_a_timer_behind_its_equals() -> None:
    log = Log()

    def main() -> None:
        first = set_timeout(log.of("first"), 20)
        set_timeout(log.of("second"), 20)
        set_timeout(first.refresh, 5)

    run(main)
    assert log == ["second", "first"]


def test_intervals() -> None:
    log = Log()
    log.uncaught()

    def main() -> None:
        def turn() -> None:
            log.append("iv")
            if log.count("iv") == 2:
                clear_interval(interval)

        def failing() -> None:
            if log.count("uncaught iv") == 1:
                clear_interval(failing_interval)
            raise RuntimeError("iv")

        interval = set_interval(turn, 1)
        failing_interval = set_interval(failing, 20)

    run(main)
    assert log == ["iv", "iv", "uncaught iv", "uncaught iv"]


def test_immediates_may_clear_each_other() -> None:
    log = Log()

    def main() -> None:
        ticked = log.tick("tick")
        others: list = []
        set_immediate(log.of("a", lambda: clear_immediate(others[0]), ticked))
        others.append(set_immediate(log.of("b never")))
        set_immediate(log.of("c"))

    run(main)
    assert log == ["a", "tick", "c"]


def test_an_immediate_from_io_comes_before_timers_and_before_closing() -> None:
    log = Log()

    def main() -> None:
        server = TCP(SERVER)
        server.bind("127.0.0.1", 0)

        def connected(_status: int, client: TCP | None) -> None:
            assert client is not None
            set_timeout(log.of("timeout"), 0)
            set_immediate(log.of("immediate"))
            next_tick(log.of("tick"))
            client.close(log.of("client closed", log.tick("tick of close")))
            server.close(log.of("server closed"))
            busy(0.003)

        server.listen(1, connected)
        peer = TCP()
        peer.connect("127.0.0.1", server.getsockname()[2], lambda _status: peer.close())  # type: ignore[index]

    run(main)
    # libuv closes last come, first served
    assert log == ["tick", "immediate", "server closed", "client closed", "tick of close", "timeout"]


def test_before_exit_may_revive_the_loop() -> None:
    log = Log()

    def before_exit(code: int) -> None:
        log.append(("beforeExit", code))
        if len(log) == 1:
            set_timeout(log.of("revived"), 1)

    process.on("beforeExit", before_exit)
    process.on("exit", lambda code: log.append(("exit", code)))
    run()
    assert log == [("beforeExit", 0), "revived", ("beforeExit", 0), ("exit", 0)]
