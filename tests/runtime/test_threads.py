"""Threads: only the one that runs the loop may use what belongs to it, and call_soon_threadsafe is the way in."""

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import nodesock
from nodesock import dgram, net
from nodesock.errors import WrongThreadError
from nodesock.runtime.loop import call_soon_threadsafe, reset, run
from nodesock.runtime.promises import Promise
from nodesock.stream import PassThrough, Readable

pytestmark = pytest.mark.usefixtures("fresh_loop")


def in_thread(fn: Callable[[], Any]) -> Any:
    """What `fn()` returns or raises in another thread."""
    outcome: list[Any] = []

    def body() -> None:
        try:
            outcome.append(fn())
        except (RuntimeError, ValueError, TypeError, OSError) as error:
            outcome.append(error)

    thread = threading.Thread(target=body, name="worker")
    thread.start()
    thread.join(10)
    return outcome[0]


async def nothing() -> None:
    pass


class Things:
    def __init__(self) -> None:
        self.server = net.create_server().listen(0)
        self.new_server = net.Server()
        self.handle = self.server._handle
        self.port = self.server.address().port  # type: ignore[union-attr]
        self.client = net.connect(self.port, "127.0.0.1")
        self.new_client = net.Socket()
        self.udp = dgram.create_socket("udp4")
        self.udp.bind_sync()
        self.new_udp = dgram.create_socket("udp4")
        self.stream = PassThrough()
        self.flowing = Readable(read=lambda: None)
        self.flowing.on("data", lambda: None)
        self.full = PassThrough()
        self.full.write(b"x")
        self.corked = PassThrough()
        self.corked.cork()
        self.corked.write(b"x")
        self.promise = Promise()
        self.timer = nodesock.set_timeout(lambda: None, 60_000)
        self.immediate = nodesock.set_immediate(lambda: None)

    def state(self) -> Any:
        return (
            [repr(each) for each in vars(self).values()],
            self.client.writable_length,
            self.client.readable_flowing,
            self.client.event_names(),
            self.new_client.timeout,
            [each.event_names() for each in (self.stream, self.flowing, self.full)],
            [each.readable_length for each in (self.stream, self.flowing, self.full)],
            self.corked.writable_corked,
            self.stream.writable_length,
            self.stream.writable_ended,
            len(nodesock.runtime.ticks.ticks),
            len(nodesock.runtime.ticks.microtasks),
            nodesock.diagnostics.active_resources_info(),
        )


@pytest.mark.parametrize(
    "use",
    [
        lambda t: nodesock.set_timeout(print, 1),
        lambda t: nodesock.set_interval(print, 1),
        lambda t: nodesock.set_immediate(print),
        lambda t: nodesock.clear_timeout(t.timer),
        lambda t: nodesock.clear_interval(t.timer),
        lambda t: nodesock.clear_immediate(t.immediate),
        lambda t: t.timer.refresh(),
        lambda t: t.timer.unref(),
        lambda t: t.timer.ref(),
        lambda t: t.timer.close(),
        lambda t: t.immediate.unref(),
        lambda t: nodesock.next_tick(print),
        lambda t: nodesock.process.next_tick(print),
        lambda t: nodesock.queue_microtask(print),
        lambda t: nodesock.spawn(t.coroutine),
        lambda t: t.promise.resolve(1),
        lambda t: t.promise.reject(1),
        lambda t: t.promise.then(print),
        lambda t: net.connect(t.port, "127.0.0.1"),
        lambda t: net.connect(t.port),
        lambda t: net.connect("/nowhere"),
        lambda t: t.new_client.connect(t.port, "127.0.0.1"),
        lambda t: t.new_server.listen(0),
        lambda t: t.new_server.listen(0, "127.0.0.1"),
        lambda t: t.new_server.listen("/nowhere"),
        lambda t: t.new_server.listen(t.handle),
        lambda t: t.server.close(),
        lambda t: t.server.unref(),
        lambda t: t.server.ref(),
        lambda t: t.client.write(b"x"),
        lambda t: t.client.write("x"),
        lambda t: t.client.end(),
        lambda t: t.client.end("x"),
        lambda t: t.client.destroy(),
        lambda t: t.client.destroy_soon(),
        lambda t: t.client.reset_and_destroy(),
        lambda t: t.client.pause(),
        lambda t: t.client.resume(),
        lambda t: t.client.set_no_delay(),
        lambda t: t.client.set_timeout(1),
        lambda t: t.client.unref(),
        lambda t: t.stream.write(b"x"),
        lambda t: t.stream.end(),
        lambda t: t.stream.destroy(),
        lambda t: t.stream.pause(),
        lambda t: t.stream.resume(),
        lambda t: t.stream.push(b"x"),
        lambda t: t.stream.push(None),
        lambda t: t.flowing.push(b"x"),
        lambda t: t.stream.unshift(b"x"),
        lambda t: t.full.read(),
        lambda t: t.stream.on("data", print),
        lambda t: t.stream.on("readable", print),
        lambda t: t.stream.once("data", print),
        lambda t: t.stream.off("readable", print),
        lambda t: t.stream.remove_all_listeners(),
        lambda t: t.stream.pipe(t.client),
        lambda t: t.full.unpipe(),
        lambda t: t.corked.uncork(),
        lambda t: t.client.reset_and_destroy(),
        lambda t: t.new_client.set_timeout(1),
        lambda t: t.server.get_connections(print),
        lambda t: dgram.create_socket("udp4"),
        lambda t: t.new_udp.bind(0),
        lambda t: t.new_udp.bind_sync(),
        lambda t: t.new_udp.connect(1),
        lambda t: t.udp.connect_sync(1),
        lambda t: t.udp.send(b"x", t.port, "127.0.0.1"),
        lambda t: t.udp.close(),
        lambda t: t.udp.unref(),
        lambda t: t.udp.set_ttl(1),
        lambda t: t.udp.set_broadcast(True),
        lambda t: nodesock.dns.lookup("localhost", print),
    ],
)
def test_another_thread_gets_an_error_at_once_and_changes_nothing(use: Callable[[Any], Any]) -> None:
    raised: list[Any] = []

    def main() -> None:
        things = Things()
        things.coroutine = nothing()  # type: ignore[attr-defined]
        nodesock.set_timeout(look, 5, things)

    def look(things: Any) -> None:
        before = things.state()
        raised.append(in_thread(lambda: use(things)))
        assert things.state() == before
        things.coroutine.close()
        raise SystemExit

    with pytest.raises(SystemExit):
        run(main)
    reset()
    assert type(raised[0]) is WrongThreadError
    assert "'worker'" in str(raised[0])
    assert "'MainThread'" in str(raised[0])
    assert "nodesock.call_soon_threadsafe(fn, *args)" in str(raised[0])


def test_what_only_asks_may_be_used_in_any_thread() -> None:
    def main() -> None:
        things = Things()
        assert in_thread(lambda: things.server.address().port) == things.port  # type: ignore[union-attr]
        assert in_thread(lambda: things.udp.address()) == things.udp.address()
        assert in_thread(lambda: things.client.ready_state) == "opening"
        raise SystemExit

    with pytest.raises(SystemExit):
        run(main)
    reset()


def test_without_a_run_any_thread_may_prepare_one() -> None:
    fired: list[int] = []
    assert in_thread(lambda: nodesock.set_timeout(fired.append, 1, 1)) is not None
    in_thread(lambda: nodesock.next_tick(fired.append, 0))
    assert in_thread(run) == 0
    assert fired == [0, 1]


def test_a_call_wakes_the_loop_and_runs_in_its_thread() -> None:
    ran: list[Any] = []

    def called(*args: Any) -> None:
        ran.append((threading.current_thread() is threading.main_thread(), args))
        timer.close()

    timer = nodesock.set_timeout(lambda: None, 30_000)
    thread = threading.Thread(target=lambda: (time.sleep(0.05), call_soon_threadsafe(called, 1, 2)))
    begun = time.monotonic()
    run(thread.start)
    thread.join()
    assert ran == [(True, (1, 2))]
    assert time.monotonic() - begun < 10


def test_a_loop_in_another_thread_is_woken_too() -> None:
    ran: list[str] = []
    timer = nodesock.set_timeout(lambda: None, 30_000)
    started = threading.Event()
    thread = threading.Thread(target=run, args=(started.set,), name="loop")
    thread.start()
    started.wait(10)
    with pytest.raises(WrongThreadError, match="'loop'"):
        timer.close()
    call_soon_threadsafe(lambda: (ran.append(threading.current_thread().name), timer.close()))
    thread.join(10)
    assert ran == ["loop"]


def test_calls_are_ordered_and_each_is_a_callback_of_its_own() -> None:
    log: list[Any] = []

    def call(number: int) -> None:
        log.append(number)
        nodesock.next_tick(log.append, f"tick {number}")

    for number in range(3):
        call_soon_threadsafe(call, number)
    assert log == []
    run(lambda: log.append("main"))
    assert log == ["main", 0, "tick 0", 1, "tick 1", 2, "tick 2"]


def test_many_threads_lose_nothing() -> None:
    got: list[tuple[int, int]] = []
    count = 2000

    def done() -> None:
        if len(got) == 4 * count:
            interval.close()

    def work(name: int) -> None:
        for number in range(count):
            call_soon_threadsafe(got.append, (name, number))

    interval = nodesock.set_interval(done, 1)
    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    run(lambda: [thread.start() for thread in threads])
    for thread in threads:
        thread.join()
    for name in range(4):
        assert [number for who, number in got if who == name] == list(range(count))


@pytest.mark.parametrize("event", ["beforeExit", "exit"])
def test_a_call_that_comes_while_the_run_ends_is_made(event: str) -> None:
    log: list[str] = []
    nodesock.process.once(event, lambda: in_thread(lambda: call_soon_threadsafe(log.append, "called")))
    run()
    if event == "exit":  # too late for this run
        assert log == []
        run()
    assert log == ["called"]


def test_a_call_that_raises_ends_the_run_and_leaves_the_others_for_the_next() -> None:
    log: list[int] = []
    call_soon_threadsafe(log.append, 1)
    call_soon_threadsafe(lambda: 1 / 0)
    call_soon_threadsafe(log.append, 2)
    with pytest.raises(ZeroDivisionError):
        run()
    assert log == [1]
    run()
    assert log == [1, 2]


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match='"callback" argument must be of type function'):
        call_soon_threadsafe(5)  # type: ignore[arg-type]


def test_a_waiting_call_does_not_keep_the_process() -> None:
    program = """
        import threading, nodesock
        nodesock.run(lambda: nodesock.call_soon_threadsafe(print, "called"))
        nodesock.call_soon_threadsafe(print, "never")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "called\n", "")
