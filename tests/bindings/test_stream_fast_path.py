"""`StreamHandle._uv_read` is `loop.enter` written out: whatever is read and whatever the reader does, both do the same.

There is no socket: a script says what libuv delivers and what the reader does about it. It is played twice, once with
the fast path and once with `loop.enter`, and what is observed after every step has to be equal.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from nodesock.bindings.stream_wrap import StreamHandle
from nodesock.bindings.uv import UV_ECONNRESET, UV_EOF
from nodesock.process import process
from nodesock.runtime import loop, rejections, ticks, uncaught
from nodesock.runtime.promises import Promise
from nodesock.runtime.uncaught import report_exception


class Slow(StreamHandle):
    """The slow path: `loop.enter` around what belongs to reading."""

    __slots__ = ()

    def _uv_read(self, _handle: Any, data: bytes | None, error: int | None) -> None:
        if uncaught.fatal is not None:
            loop.defer(self._late_read, data, error)
        elif data != b"":  # with EAGAIN there is nothing to call, and so nothing to drain after
            loop.enter(self._deliver, data, error)

    def _deliver(self, data: bytes | None, error: int | None) -> None:
        if data is not None:
            self.bytes_read += len(data)
            self.on_read(len(data), data)
        elif error is not None:
            self.reading = False
            self.on_read(error, None)


class Uv:
    """pyuv's handle: delivers while it reads, and stops by itself at an error."""

    def __init__(self) -> None:
        self.callback: Callable[[Any, bytes | None, int | None], None] | None = None

    def start_read(self, callback: Callable[[Any, bytes | None, int | None], None]) -> None:
        self.callback = callback

    def stop_read(self) -> None:
        self.callback = None

    def close(self, _on_closed: Callable[[Any], None]) -> None:
        self.callback = None

    def deliver(self, data: bytes | None, error: int | None) -> None:
        callback = self.callback
        if error is not None:
            self.callback = None
        if callback is not None:
            try:
                callback(self, data, error)
            except KeyboardInterrupt as slipped:  # would end the tests
                raise AssertionError("an exception slipped through to libuv") from slipped


Steps = list[tuple[str, Any]]
Reader = tuple[list[str], str | None]

JOBS = ["tick", "bad tick", "microtask", "bad microtask", "rejection", "stop", "start", "close"]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("data"), st.sampled_from([b"", b"a", b"bcd"])),
        st.tuples(st.just("data"), st.just(b"ef")),
        st.tuples(st.just("error"), st.sampled_from([UV_EOF, UV_ECONNRESET])),
        st.tuples(st.just("fatal"), st.sampled_from(["exception", "interrupt"])),
        st.tuples(st.just("queue"), st.sampled_from(JOBS)),
        st.tuples(st.just("run"), st.none()),
    ),
    min_size=2,
    max_size=10,
)
#: what the reader does, call by call: jobs, then perhaps it raises
readers = st.lists(
    st.tuples(
        st.lists(st.sampled_from(JOBS), max_size=3),
        st.sampled_from([None, None, "exception", "interrupt"]),
    ),
    min_size=2,
    max_size=6,
)
listeners = st.sampled_from([None, "takes", "exception", "interrupt"])


def fail(how: str, text: str) -> None:
    raise KeyboardInterrupt(text) if how == "interrupt" else RuntimeError(text)


class Play:
    """One run of a script; `seen` is everything that can be observed."""

    def __init__(self, kind: type[StreamHandle], reader: list[Reader], listener: str | None) -> None:
        self.seen: list[Any] = []
        self.reader = list(reader)
        self.jobs = 0
        self.uv = Uv()
        self.handle = kind(self.uv, "TCP")
        self.handle.on_read = self.on_read
        self.handle.read_start()
        if listener is not None:
            process.on("uncaughtException", lambda error, origin: self.on_uncaught(listener, error, origin))

    def on_uncaught(self, listener: str, error: BaseException, origin: str) -> None:
        self.seen.append(("uncaughtException", repr(error), origin))
        if listener != "takes":
            fail(listener, "listener")

    def on_read(self, nread: int, data: bytes | None) -> None:
        self.seen.append(("read", nread, data, self.state()))
        jobs, end = self.reader.pop(0) if self.reader else ([], None)
        for job in jobs:
            self.do(job)
        if end is not None:
            fail(end, "reader")

    def do(self, job: str) -> None:
        self.jobs += 1
        name = f"{job} {self.jobs}"
        if job.endswith("tick"):
            ticks.next_tick(self.work, name)
        elif job.endswith("microtask"):
            ticks.queue_microtask(self.work, name)
        elif job == "rejection":
            Promise.rejected(RuntimeError(name))
        elif job == "stop":
            self.handle.read_stop()
        elif job == "start":
            self.seen.append(("started", self.handle.read_start()))
        else:
            self.handle.close()

    def work(self, name: str) -> None:
        self.seen.append(name)
        if name.startswith("bad"):
            fail("exception", name)

    def step(self, what: str, how: Any) -> None:
        if what == "data":
            self.uv.deliver(how, None)
        elif what == "error":
            self.uv.deliver(None, how)
        elif what == "fatal":
            kind = KeyboardInterrupt if how == "interrupt" else RuntimeError
            report_exception(kind("elsewhere"))
        elif what == "queue":
            self.do(how)
        else:
            try:
                self.seen.append(("ran", loop.run()))
            except (RuntimeError, KeyboardInterrupt) as error:
                self.seen.append(("ended", repr(error), repr(error.__context__)))

    def state(self) -> tuple[Any, ...]:
        return (
            (self.handle.bytes_read, self.handle.reading, self.handle.closing, self.uv.callback is not None),
            ([args for _, args in ticks.ticks], [args for _, args in ticks.microtasks]),
            [repr(reason) for reason in rejections.unhandled.values()],
            [args for _, args in loop._deferred],
            repr(uncaught.fatal),
        )


def play(kind: type[StreamHandle], script: Steps, reader: list[Reader], listener: str | None) -> list[Any]:
    loop.reset()
    process.remove_all_listeners()
    process.exit_code = None
    try:
        played = Play(kind, reader, listener)
        for what, how in script:
            played.step(what, how)
            played.seen.append(played.state())
        return played.seen
    finally:
        process.remove_all_listeners()
        process.exit_code = None
        loop.reset()


@settings(max_examples=400, deadline=None, derandomize=True)
@given(steps, readers, listeners)
def test_the_fast_path_of_reading(script: Steps, reader: list[Reader], listener: str | None) -> None:
    fast = play(StreamHandle, script, reader, listener)
    event(f"reads: {sum(each[0] == 'read' for each in fast if isinstance(each, tuple))}")
    assert fast == play(Slow, script, reader, listener)
