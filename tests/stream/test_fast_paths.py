"""Property tests: the fast paths of `Writable.write` and `Readable.push` behave like the slow paths beside them.

Each example runs one random program on two streams. One of them always takes the slow path: its flag `ready` or
`direct` is cleared before each call. Both must log the same events, callbacks, return values and exceptions, with the
same state record at each of them.
"""

from collections import deque
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nodesock.runtime.ticks import ticks
from nodesock.stream import Readable, Writable

SHORTCUTS = {"ready", "direct"}
bounded = settings(max_examples=300, deadline=None, database=None)


class Rig:
    """A stream under test and its log.

    `answers` names the methods that its hooks run, one per call; `reactions` those that its listeners and callbacks
    run. Both are used up from the front.
    """

    stream: Any

    def __init__(self, answers: list[str], reactions: list[str]) -> None:
        ticks.clear()
        self.answers = deque(answers)
        self.reactions = deque(reactions)
        self.log: list[Any] = []
        self.count = 0
        self.shared = self.told("shared")

    def note(self, *what: Any) -> None:
        state = self.stream._readable_state or self.stream._writable_state
        record = {field: shown(getattr(state, field)) for field in state.__slots__ if field not in SHORTCUTS}
        self.log.append((shown(what), record))

    def told(self, label: str) -> Any:
        """A listener or callback that logs each call."""

        def called(*arguments: Any) -> None:
            self.note(label, arguments)
            if self.reactions:
                getattr(self, self.reactions.popleft())()

        called.__qualname__ = label
        return called

    def listen(self, events: str) -> None:
        for event in events.split():
            self.stream.on(event, self.told(event))

    def do(self, method: str, *arguments: Any) -> None:
        """Call a method of the rig or of the stream, and log its result."""
        self.count += 1
        target = getattr(self, method, None) or getattr(self.stream, method)
        given = [self.fill(argument) for argument in arguments]
        try:
            self.note(method, "returned", target(*given))
        except Exception as error:  # noqa: BLE001
            self.note(method, "raised", error)

    def fill(self, argument: Any) -> Any:
        if isinstance(argument, type) and issubclass(argument, Exception):
            return argument(f"error {self.count}")
        if argument == "NEW":
            return self.told(f"callback {self.count}")
        return self.shared if argument == "SHARED" else argument

    def run_ticks(self) -> None:
        while ticks:
            function, arguments = ticks.popleft()
            try:
                function(*arguments)
            except Exception as error:  # noqa: BLE001
                self.note("uncaught", error)

    def run(self, program: list[Any]) -> list[Any]:
        for step in program:
            self.do(*step)
        for _ in range(3):
            self.do("run_ticks")
        return self.log

    # --- reactions ----------------------------------------------------------------------------------------

    def nothing(self) -> None:
        pass

    def fail(self) -> None:
        raise ArithmeticError("raised by a listener")

    def destroy_it(self) -> None:
        self.do("destroy")


def shown(value: Any) -> Any:
    """A value in a form that can be compared with the other stream's."""
    if value is None or value.__class__ in (bool, int, str, bytes, bytearray):
        return value
    if isinstance(value, BaseException):
        return (type(value).__name__, getattr(value, "code", None), str(value))
    if isinstance(value, (list, tuple, deque, set)):
        return [shown(item) for item in value]
    if isinstance(value, (Readable, Writable)):
        return "a stream"
    if callable(value):
        return value.__qualname__
    return (type(value).__name__, shown(list(vars(value).values())))  # a decoder and what it holds back


def programs(usual: Any, rare: Any, last: tuple[Any, ...]) -> Any:
    """First usual steps, then some that may end the stream, and a last one that shows its state by then."""
    return st.builds(
        lambda living, ending: [*living, *ending, last],
        st.lists(usual, min_size=6, max_size=20),
        st.lists(st.one_of(usual, rare), max_size=8),
    )


def words(usual: str, rare: str) -> Any:
    """Names of methods for hooks or listeners. Most of the rare ones end the stream or stop it for good."""
    return st.lists(st.sampled_from(usual.split() * 6 + rare.split()), min_size=3, max_size=10)


# --- Writable.write ---------------------------------------------------------------------------------------


class Sink(Writable):
    rig: "SinkRig"

    def _write(self, chunk, encoding, callback):
        self.rig.take(chunk, encoding, callback)

    def _destroy(self, error, callback):
        self.rig.note("_destroy", error)
        callback(error)


class SlowSink(Sink):
    def write(self, *arguments):
        self._writable_state.ready = False
        return super().write(*arguments)


class SinkRig(Rig):
    def __init__(
        self, kind: type[Sink], hooks: tuple[str, ...], options: Any, listens: bool, *rest: Any
    ) -> None:
        super().__init__(*rest)
        self.waiting: deque[Any] = deque()
        hook = {name: getattr(self, name) for name in hooks}
        self.stream = kind({**options, **hook})
        self.stream.rig = self
        self.listen("drain prefinish finish close" + (" error" if listens else ""))

    # --- hooks --------------------------------------------------------------------------------------------

    def writev(self, chunks: Any, callback: Any) -> None:
        self.take(chunks, chunks.all_buffers, callback)

    def final(self, callback: Any) -> None:
        self.take("final", None, callback)

    def construct(self, callback: Any) -> None:
        self.take("construct", None, callback)

    def take(self, chunk: Any, encoding: Any, callback: Any) -> None:
        self.note("taken", chunk, encoding)
        self.waiting.append(callback)
        getattr(self, self.answers.popleft() if self.answers else "now")()

    def now(self) -> None:
        self.answer()

    def later(self) -> None:
        pass

    def twice(self) -> None:
        again = self.waiting[-1]
        self.answer()
        again()

    def refuse(self) -> None:
        self.answer(ValueError("refused"))

    def write_first(self) -> None:
        self.write_more()
        self.answer()

    def write_then(self) -> None:
        self.answer()
        self.write_more()

    # --- steps and reactions ------------------------------------------------------------------------------

    def answer(self, error: Any = None) -> None:
        if self.waiting:
            self.waiting.popleft()(error)

    def write_more(self) -> None:
        self.do("write", b"more", "NEW")

    def end_it(self) -> None:
        self.do("end", "NEW")

    def cork_it(self) -> None:
        self.do("cork")

    def uncork_it(self) -> None:
        self.do("uncork")


CHUNKS = st.sampled_from([b"ab", b"ab", b"abcd", b"", "text", "", "\u00e9", bytearray(b"xy"), 5, None])
WRITE_ARGUMENTS = [
    (), (), (None, "NEW"), ("NEW",), ("SHARED",), ("utf8",), ("utf8", "NEW"), ("hex",), ("latin1", "SHARED"),
    ("bogus",), ("buffer", "NEW"), ("",), (5,), (None, 5),
]  # fmt: skip
SINK_PROGRAMS = programs(
    st.one_of(
        st.sampled_from([("write", b"ab"), ("write", b"ab", "NEW"), ("write", b"abcd", None, "SHARED")]),
        st.sampled_from([("write", b"ab", None, 5), ("write", b"abcd", "SHARED"), ("answer",), ("answer",)]),
        st.tuples(CHUNKS, st.sampled_from(WRITE_ARGUMENTS)).map(lambda pair: ("write", pair[0], *pair[1])),
        st.sampled_from([("run_ticks",), ("run_ticks",), ("answer",), ("uncork",)]),
    ),
    st.sampled_from([
        ("end",), ("end", "NEW"), ("end", b"last", "NEW"), ("end", "text", "utf8"), ("destroy",), ("destroy", KeyError),
        ("set_default_encoding", "hex"), ("answer", ValueError), ("cork",), ("cork",),
    ]),
    ("write", b"ab", "NEW"),
)  # fmt: skip
SINK_OPTIONS = st.fixed_dictionaries(
    {
        "high_water_mark": st.sampled_from([None, 0, 2, 4, 100]),
        "decode_strings": st.booleans(),
        "object_mode": st.sampled_from([False] * 7 + [True]),
        "auto_destroy": st.sampled_from([True, False]),
        "emit_close": st.booleans(),
    }
)


@bounded
@given(
    hooks=st.sampled_from([(), (), ("writev",), ("final",), ("writev", "final"), ("construct", "final")]),
    options=SINK_OPTIONS,
    listens=st.booleans(),
    program=SINK_PROGRAMS,
    answers=words(
        "now now later later write_first write_then", "twice refuse fail end_it destroy_it cork_it"
    ),
    reactions=words("nothing nothing write_more uncork_it answer", "end_it destroy_it cork_it fail"),
)
def test_write(hooks, options, listens, program, answers, reactions):
    fast = SinkRig(Sink, hooks, options, listens, answers, reactions).run(program)
    slow = SinkRig(SlowSink, hooks, options, listens, answers, reactions).run(program)
    assert fast == slow


# --- Readable.push ----------------------------------------------------------------------------------------


class Source(Readable):
    rig: "SourceRig"

    def _read(self, size):
        self.rig.wanted(size)

    def _destroy(self, error, callback):
        self.rig.note("_destroy", error)
        callback(error)


class SlowSource(Source):
    def push(self, *arguments):
        self._readable_state.direct = False
        return super().push(*arguments)


class SourceRig(Rig):
    def __init__(self, kind: type[Source], options: Any, listens: bool, *rest: Any) -> None:
        super().__init__(*rest)
        self.taken: deque[Any] = deque()
        self.sinks = [Writable(high_water_mark=mark, write=self.take) for mark in (1, 100)]
        self.listener = self.told("data")
        self.on_readable = self.told("readable")
        self.stream = kind(options)
        self.stream.rig = self
        self.listen("end close pause resume" + (" error" if listens else ""))

    # --- hooks --------------------------------------------------------------------------------------------

    def wanted(self, size: int) -> None:
        self.note("_read", size)
        getattr(self, self.answers.popleft() if self.answers else "nothing")()

    def take(self, chunk: Any, encoding: str, callback: Any) -> None:
        self.note("piped", chunk)
        self.taken.append(callback)

    # --- steps and reactions ------------------------------------------------------------------------------

    def push_it(self) -> None:
        self.do("push", b"abc")

    def push_twice(self) -> None:
        self.push_it()
        self.push_it()

    def push_later(self) -> None:
        ticks.append((self.push_it, ()))

    def push_text(self) -> None:
        self.do("push", "text")

    def push_nothing(self) -> None:
        self.do("push", b"")

    def push_end(self) -> None:
        self.do("push", None)

    def read_it(self) -> None:
        self.do("read")

    def unshift_it(self) -> None:
        self.do("unshift", b"back")

    def pause_it(self) -> None:
        self.do("pause")

    def resume_it(self) -> None:
        self.do("resume")

    def decode(self) -> None:
        self.do("set_encoding", "utf8")

    def listen_to_data(self) -> None:
        self.stream.on("data", self.listener)

    def leave_data(self) -> None:
        self.stream.off("data", self.listener)

    def listen_to_readable(self) -> None:
        self.stream.on("readable", self.on_readable)

    def leave_readable(self) -> None:
        self.stream.off("readable", self.on_readable)

    def stand(self, standing: bool) -> None:
        """What a socket does while its handle reads."""
        self.stream._readable_state.standing = standing

    def pipe_to(self, index: int) -> None:
        self.stream.pipe(self.sinks[index])

    def unpipe_from(self, index: int) -> None:
        self.stream.unpipe(self.sinks[index])

    def drain_sink(self) -> None:
        if self.taken:
            self.taken.popleft()()


PUSHED = st.sampled_from([b"ab", b"\xc3", b"\xa9", b"", "text", "", bytearray(b"xy")])
SOURCE_PROGRAMS = programs(
    st.one_of(
        st.just(("push", b"ab")),
        st.sampled_from(
            [("push", b"ab"), ("run_ticks",), ("run_ticks",), ("listen_to_data",), ("push", b"")]
        ),
        st.tuples(st.just("push"), PUSHED),
        st.sampled_from(
            [("read", None), ("read", 0), ("read", 1), ("pause",), ("resume",), ("resume",), ("push", b"")]
        ),
        st.sampled_from([("stand", True), ("stand", False), ("resume",), ("drain_sink",), ("push", b"ab")]),
    ),
    st.one_of(
        st.tuples(st.just("push"), PUSHED, st.sampled_from(["utf8", "hex", "bogus", ""])),
        st.tuples(st.just("unshift"), PUSHED),
        st.tuples(st.just("set_encoding"), st.sampled_from(["utf8", "utf16le", "hex"])),
        st.sampled_from([("leave_data",), ("remove_all_listeners", "data"), ("push", 5), ("push", None)]),
        st.sampled_from([("pipe_to", 0), ("pipe_to", 1), ("unpipe_from", 0), ("unpipe_from", 1)]),
        st.sampled_from([("listen_to_readable",), ("leave_readable",), ("destroy",), ("destroy", KeyError)]),
    ),
    ("push", b"ab"),
)
OPENINGS: list[list[Any]] = [
    [],
    [("listen_to_data",), ("run_ticks",)],
    [("listen_to_data",), ("run_ticks",), ("push", b"ab")],
    [("listen_to_data",), ("run_ticks",), ("push", 5)],
    [("listen_to_data",), ("run_ticks",), ("stand", True)],
    [("listen_to_data",), ("pipe_to", 0), ("run_ticks",), ("push", b"ab"), ("resume",)],
    [("pipe_to", 0), ("run_ticks",), ("stand", True), ("push", b"ab"), ("resume",), ("push", b"ab")],
]
SOURCE_OPTIONS = st.fixed_dictionaries(
    {
        "high_water_mark": st.sampled_from([None, 0, 1, 4, 100]),
        "object_mode": st.sampled_from([False] * 7 + [True]),
        "encoding": st.sampled_from([None] * 5 + ["utf8"]),
        "auto_destroy": st.sampled_from([True, False]),
        "emit_close": st.booleans(),
    }
)


@bounded
@given(
    options=SOURCE_OPTIONS,
    listens=st.booleans(),
    opening=st.sampled_from(OPENINGS),
    program=SOURCE_PROGRAMS,
    answers=words("nothing push_it push_twice push_later", "push_text push_nothing push_end fail destroy_it"),
    reactions=words(
        "nothing nothing push_it resume_it read_it",
        "push_end push_end push_end pause_it unshift_it decode leave_data listen_to_readable destroy_it fail",
    ),
)
def test_push(options, listens, opening, program, answers, reactions):
    fast = SourceRig(Source, options, listens, answers, reactions).run([*opening, *program])
    slow = SourceRig(SlowSource, options, listens, answers, reactions).run([*opening, *program])
    assert fast == slow
