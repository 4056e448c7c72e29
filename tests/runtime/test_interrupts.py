"""runtime/interrupts.py: wherever an interrupt strikes, nothing that had not begun is lost, and the loop goes on."""

import os
import random
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

from nodesock import dgram, net
from nodesock.events import EventEmitter
from nodesock.process import next_tick, process, queue_microtask
from nodesock.runtime import interrupts, ticks
from nodesock.runtime.loop import run
from nodesock.runtime.promises import Promise
from nodesock.runtime.timers import clear_interval, set_immediate, set_interval, set_timeout

pytestmark = pytest.mark.usefixtures("fresh_loop")

#: interrupts of the long test; 10,000 take about half a minute
INTERRUPTS = int(os.environ.get("NODESOCK_INTERRUPTS", "1500"))


class Interrupted(BaseException):
    pass


class Alarm:
    """Interrupts once, at a random time after `arm`."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.armed = False
        self.count = 0
        self.inside: Counter[str] = Counter()

    def arm(self) -> None:
        self.armed = True
        signal.setitimer(signal.ITIMER_REAL, self.random.uniform(10e-6, 2.5e-3))

    def strike(self, _number: int, frame: object) -> None:
        if self.armed:
            self.armed = False
            self.count += 1
            self.inside[str(frame.f_globals["__name__"])] += 1  # type: ignore[attr-defined]
            raise Interrupted


@pytest.fixture
def alarm() -> Iterator[Alarm]:
    alarm = Alarm(20)
    before = signal.signal(signal.SIGALRM, alarm.strike)
    yield alarm
    alarm.armed = False
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


class Work:
    """Some of everything that a loop does. Each callback is noted when it runs.

    The callbacks are such that an interrupt finds them not begun or done; `finish`, which is not, may run again.
    """

    def __init__(self) -> None:
        self.ran: list[object] = []
        self.expected: list[object] = []
        self.server = net.create_server(lambda peer: peer.pipe(peer))
        self.receiver = dgram.create_socket("udp4", self.got)
        self.received: dict[int, list[bytes]] = {number: [] for number in range(3)}
        self.interval = set_interval(self.finish, 1)

    def expect(self, thing: object) -> object:
        self.expected.append(thing)
        return thing

    def noting(self, thing: object) -> Callable[[], None]:
        self.expect(thing)
        return lambda: self.ran.append(thing)

    def got(self, data: bytes) -> None:
        self.ran.append(("datagram", data))

    def start(self) -> None:
        ran = self.ran.append
        for number in range(8):
            next_tick(ran, self.expect(("tick", number)))
            queue_microtask(self.noting(("microtask", number)))
            set_timeout(ran, number % 3, self.expect(("timeout", number)))
            set_immediate(ran, self.expect(("immediate", number)))
            set_timeout(next_tick, 1, ran, self.expect(("tick of a timer", number)))
        Promise.resolved("promise").then(ran)
        self.expect("promise")
        self.server.listen(0)
        for number, received in self.received.items():
            client = net.connect(self.server.address().port, "127.0.0.1")  # type: ignore[union-attr]
            client.on("data", received.append)
            client.on("close", self.noting(("closed", number)))
            client.end(b"x" * 1000)
        self.receiver.bind_sync(port=0, address="127.0.0.1")
        for number in range(4):
            self.receiver.send(b"%d" % number, self.receiver.address().port, "127.0.0.1")
            self.expect(("datagram", b"%d" % number))

    def finish(self) -> None:
        if len(self.ran) < len(self.expected):
            return
        if self.server.listening:
            self.server.close()
        if self.receiver._handle is not None:
            self.receiver.close()
        clear_interval(self.interval)


# An interrupt inside a weak reference's callback in the test's own code ends there, as ever in Python.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_is_lost_at_any_point(alarm: Alarm) -> None:
    while alarm.count < INTERRUPTS:
        work = Work()
        work.start()
        while True:
            try:
                alarm.arm()
                run()
                alarm.armed = False
                break
            except Interrupted:
                pass
        ran, expected = Counter(map(repr, work.ran)), Counter(map(repr, work.expected))
        assert ran == expected, (
            f"after {alarm.count} interrupts: lost {expected - ran}, too much {ran - expected}"
        )
        assert all(b"".join(received) == b"x" * 1000 for received in work.received.values())
        assert not ticks.pending()
    loop_code = sum(number for name, number in alarm.inside.items() if name.startswith("nodesock."))
    assert loop_code > INTERRUPTS / 4, alarm.inside


def program(text: str, *, seconds: float = 20) -> list[str]:
    """What a program of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, timeout=seconds
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_timers_go_on_after_an_interrupt_in_the_sleeping_loop() -> None:
    printed = program("""
        import os, signal, threading, nodesock
        times = [0]
        def tick():
            times[0] += 1
        interval = nodesock.set_interval(tick, 1)
        for _ in range(20):
            threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT)).start()
            before = times[0]
            try:
                nodesock.run()
            except KeyboardInterrupt:
                print(times[0] > before)
        nodesock.clear_interval(interval)
        nodesock.set_timeout(print, 5, "fired")
        print(nodesock.run())
    """)
    assert printed == ["True"] * 20 + ["fired", "0"]


@pytest.mark.parametrize(
    "endless",
    [
        "while True: pass",
        "while True: socket.write(b'x'); socket.cork(); socket.uncork()",
        "while True: time.sleep(100)",
        "nodesock.next_tick(forever)",
        "nodesock.queue_microtask(forever)",
        "nodesock.set_immediate(forever)",
        "nodesock.spawn(awaiting())",
    ],
)
def test_what_never_ends_is_interrupted(endless: str) -> None:
    printed = program(f"""
        import os, signal, threading, time, nodesock
        socket = nodesock.stream.PassThrough()
        async def awaiting():
            while True:
                await nodesock.Promise.resolved(None)
        def forever():
            {endless}
        for _ in range(5):
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            try:
                nodesock.run(forever)
            except KeyboardInterrupt:
                print("interrupted")
        print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
    """)
    assert printed == ["interrupted"] * 5 + ["True"]


def test_a_handler_that_main_installs_waits_as_well() -> None:
    printed = program("""
        import signal, sys, nodesock
        def strike(number, frame):
            print(sys._getframe(1).f_globals["__name__"])
            interval.close()
        def main():
            global interval
            signal.signal(signal.SIGALRM, strike)
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            interval = nodesock.set_interval(int, 1000)
        nodesock.run(main)
    """)
    assert printed == ["nodesock.runtime.interrupts"]


def test_an_interrupt_while_a_run_ends_is_raised_by_it() -> None:
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            process.once("exit", lambda: signal.raise_signal(signal.SIGUSR1))
            run()
        assert run() == 0
        assert signal.getsignal(signal.SIGUSR1) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_the_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in range(1, signal.NSIG)]
    run(lambda: None)
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0)
    assert [signal.getsignal(number) for number in range(1, signal.NSIG)] == before


def test_a_signal_may_come_while_another_is_put_off() -> None:
    called: list[int] = []

    def handler(number: int, _frame: object) -> None:
        called.append(number)

    def put_off() -> None:
        """As if signals came while nodesock's code runs, the third while the second is being put off."""
        frame = sys._getframe(1)
        guard = interrupts._Guard(handler)
        guard(1, frame)
        guard(Interruptible(2, lambda: guard(3, frame)), frame)

    emitter = EventEmitter()
    emitter.on("event", put_off)
    run(lambda: emitter.emit("event"))
    assert sorted(called) == [1, 2, 3]


def test_code_that_runs_for_nodesock_is_not_the_programs() -> None:
    programs: set[object] = set()

    def note(frame: FrameType, _event: str, _arg: object) -> None:
        if interrupts._is_the_programs(frame):
            programs.add(frame.f_globals["__name__"])

    def main() -> None:
        work = Work()
        work.start()
        client = net.connect(work.server.address().port, "localhost")  # type: ignore[union-attr]
        client.on("close", work.noting("closed by name"))
        client.end()
        client.resume()
        sys.setprofile(note)

    try:
        run(main)
    finally:
        sys.setprofile(None)
    assert programs == {__name__}


class Interruptible(int):
    """A signal's number whose first comparison is interrupted."""

    def __new__(cls, number: int, interrupt: Callable[[], object]) -> "Interruptible":
        made = super().__new__(cls, number)
        made.interrupts = [interrupt]
        return made

    interrupts: list[Callable[[], object]]

    def __ne__(self, other: object) -> bool:
        if self.interrupts:
            self.interrupts.pop()()
        return int(self) != other

    __hash__ = int.__hash__
