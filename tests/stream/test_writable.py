"""stream.Writable over a scripted sink; every order below is Node 24's."""

from typing import Any

import pytest

from nodesock.errors import NodeError
from nodesock.stream import Writable

from .helpers import drain, next_tick, watch


class Sink(Writable):
    """Keeps what it gets; answers when told to, unless `at_once`."""

    def __init__(self, at_once=True, **options):
        super().__init__(options)
        self.at_once = at_once
        self.got = []
        self.waiting = []

    def _write(self, chunk, encoding, callback):
        self.got.append(chunk)
        if self.at_once:
            callback()
        else:
            self.waiting.append(callback)

    def answer(self, error=None):
        self.waiting.pop(0)(error)
        drain()


def test_a_write_taken_at_once_leaves_nothing():
    sink = Sink()
    assert sink.write(b"ab") is True
    assert (sink.got, sink.writable_length) == ([b"ab"], 0)


def test_the_whole_mark_taken_at_once_needs_no_drain():
    sink = Sink(high_water_mark=2)
    log = watch(sink, "drain")
    assert sink.write(b"ab") is True
    drain()
    assert log == []


def test_callbacks_come_on_a_tick_with_null_in_order():
    sink = Sink()
    log = []
    next_tick(lambda: log.append("tick before"))
    sink.write(b"a", lambda *args: log.append(args))
    sink.write(b"b", "utf8", lambda: log.append("b"))
    next_tick(lambda: log.append("tick after"))
    assert log == []
    drain()
    assert log == ["tick before", (None,), "b", "tick after"]


def test_writes_with_one_callback_share_its_tick():
    sink = Sink()
    log = []
    callback = lambda: log.append("cb")  # noqa: E731
    sink.write(b"a", callback)
    next_tick(lambda: log.append("tick"))
    sink.write(b"b", callback)
    drain()
    assert log == ["cb", "cb", "tick"]


def test_an_asynchronous_callback_is_passed_on_at_once():
    sink = Sink(at_once=False)
    log = []
    sink.write(b"a", lambda: log.append("a"))
    sink.write(b"b", lambda: log.append("b"))
    assert (sink.got, sink.writable_length) == ([b"a"], 2)
    sink.waiting.pop(0)()
    assert (log, sink.got) == (["a"], [b"a", b"b"])
    sink.answer()
    assert (log, sink.writable_length) == (["a", "b"], 0)


def test_drain_after_a_full_buffer():
    sink = Sink(at_once=False, high_water_mark=3)
    log = watch(sink, "drain")
    assert [sink.write(b"ab"), sink.write(b"c")] == [True, False]
    assert sink.writable_need_drain
    sink.answer()
    assert log == []
    sink.answer()
    assert (log, sink.writable_need_drain) == (["drain"], False)


def test_end_order():
    sink = Sink()
    log = watch(sink, "prefinish", "finish", "close")
    sink.on("finish", lambda: log.append(sink.writable_finished))
    assert sink.end(b"x", lambda error: log.append(("end callback", error))) is sink
    assert (sink.writable, sink.writable_ended, sink.writable_finished) == (False, True, False)
    assert log == ["prefinish"]
    drain()
    assert log == ["prefinish", ("end callback", None), "finish", True, "close"]
    assert sink.got == [b"x"]


def test_final_comes_before_prefinish_and_holds_finish():
    callbacks: list[Any] = []
    sink = Sink(final=callbacks.append)
    log = watch(sink, "prefinish", "finish")
    sink.end()
    drain()
    assert log == []
    callbacks[0]()
    assert log == ["prefinish"]
    drain()
    assert log == ["prefinish", "finish"]


def test_failed_final():
    sink = Sink(final=lambda callback: callback(ValueError("no")))
    log = watch(sink, "finish", "error", "close")
    sink.end(lambda error: log.append(("end", str(error))))
    drain()
    assert log == [("error", "no"), "close", ("end", "no")]


def test_write_after_end():
    sink = Sink()
    log = watch(sink, "error", "close")
    sink.end()
    assert sink.write(b"x", lambda error: log.append(("callback", error.code))) is False
    drain()
    assert log == [
        ("callback", "ERR_STREAM_WRITE_AFTER_END"),
        ("error", "ERR_STREAM_WRITE_AFTER_END"),
        "close",
    ]


def test_write_after_destroy_tells_only_the_callback():
    sink = Sink()
    log = watch(sink, "error", "close")
    sink.destroy()
    sink.write(b"x", lambda error: log.append(str(error)))
    drain()
    assert log == ["close", "Cannot call write after a stream was destroyed"]


def test_end_twice():
    sink = Sink()
    log = []
    sink.end(lambda error: log.append(error))
    sink.end(lambda error: log.append(error))
    drain()
    assert log == [None, None]
    sink.end(lambda error: log.append(error.code))
    drain()
    assert log[2:] == ["ERR_STREAM_ALREADY_FINISHED"]


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        ((None,), "ERR_STREAM_NULL_VALUES", "May not write null values to stream"),
        (
            (5,),
            "ERR_INVALID_ARG_TYPE",
            'The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView.'
            " Received type number (5)",
        ),
        (("a", "nope"), "ERR_UNKNOWN_ENCODING", "Unknown encoding: nope"),
    ],
)
def test_bad_writes_are_raised_and_nothing_is_emitted(args, code, text):
    sink = Sink()
    log = watch(sink, "error", "close")
    with pytest.raises(NodeError) as caught:
        sink.write(*args)
    drain()
    assert (caught.value.code, str(caught.value), log) == (code, text, [])


def test_bytes_like_chunks_and_encodings():
    sink = Sink()
    writes: list[tuple[Any, ...]] = [
        (bytearray(b"ab"),), (memoryview(b"cd"),), ("6869", "hex"), ("é", "latin1"), ("é",)
    ]  # fmt: skip
    for args in writes:
        sink.write(*args)
    assert sink.got == [b"ab", b"cd", b"hi", b"\xe9", b"\xc3\xa9"]
    sink.set_default_encoding("LATIN1")
    sink.write("é")
    assert sink.got[-1] == b"\xe9"
    with pytest.raises(NodeError):
        sink.set_default_encoding("nope")


def test_decode_strings_off():
    encodings = []
    sink = Writable(
        decode_strings=False,
        write=lambda chunk, encoding, done: (encodings.append((chunk, encoding)), done()),
    )
    sink.write("é", "latin1")
    sink.write(b"x")
    assert encodings == [("é", "latin1"), (b"x", "buffer")]


def test_cork_and_writev():
    batches = []

    def writev(chunks, callback):
        batches.append([(one.chunk, one.encoding) for one in chunks])
        callback()

    sink = Writable(writev=writev)
    log = []
    sink.cork()
    sink.cork()
    sink.write("a", lambda: log.append("a"))
    sink.write("b")
    sink.uncork()
    assert (batches, sink.writable_corked, sink.writable_length) == ([], 1, 2)
    sink.write("c", lambda: log.append("c"))
    sink.uncork()
    assert batches == [[(b"a", "buffer"), (b"b", "buffer"), (b"c", "buffer")]]
    assert log == []
    drain()
    assert (log, sink.writable_length) == (["a", "c"], 0)


def test_end_uncorks():
    sink = Sink()
    sink.cork()
    sink.cork()
    sink.write(b"a")
    sink.end(b"b")
    assert (sink.got, sink.writable_corked) == ([b"a", b"b"], 0)
    drain()


def test_failed_write_fails_what_is_queued_before_error_is_emitted():
    sink = Sink(at_once=False)
    log = watch(sink, "error", "close")
    sink.write(b"a", lambda error: log.append(("a", str(error))))
    sink.write(b"b", lambda error: log.append(("b", str(error))))
    sink.end(lambda error: log.append(("end", str(error))))
    sink.answer(ValueError("boom"))
    assert log == [("a", "boom"), ("b", "boom"), ("end", "boom"), ("error", "boom"), "close"]


def test_destroy_fails_what_is_queued():
    sink = Sink(at_once=False)
    log = watch(sink, "close")
    sink.write(b"a", lambda error: log.append(("a", error)))
    sink.write(b"b", lambda error: log.append(("b", error.code)))
    sink.destroy()
    drain()
    assert log == ["close"]
    sink.answer()
    assert log == ["close", ("a", None), ("b", "ERR_STREAM_DESTROYED")]


def test_two_callbacks_of_one_write():
    sink = Sink(at_once=False)
    log = watch(sink, "error")
    sink.write(b"a")
    callback = sink.waiting[0]
    callback()
    callback()
    drain()
    assert log == [("error", "ERR_MULTIPLE_CALLBACK")]


def test_an_exception_in_write_leaves_write():
    def write(chunk):
        raise ValueError(chunk)

    sink = Writable(write=write)
    with pytest.raises(ValueError, match="a"):
        sink.write(b"a")


def test_without_auto_destroy_there_is_finish_but_no_close():
    sink = Sink(auto_destroy=False)
    log = watch(sink, "finish", "close")
    sink.end()
    drain()
    assert (log, sink.destroyed) == (["finish"], False)


def test_writable_cannot_be_piped():
    sink = Sink()
    log = watch(sink, "error")
    sink.pipe(Sink())
    drain()
    assert log == [("error", "ERR_STREAM_CANNOT_PIPE")]


def test_writable_is_settable():
    sink = Sink()
    sink.writable = False
    assert not sink.writable


def test_repr_tells_the_state():
    sink = Sink(at_once=False)
    sink.write(b"abc")
    assert repr(sink) == "<Sink writable=open:3>"
    sink.end()
    sink.destroy()
    assert repr(sink) == "<Sink writable=ending:3 closed>"
    drain()
