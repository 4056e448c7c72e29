"""stream.Readable over a scripted source; every order below is Node 24's."""

from typing import Any

import pytest

from nodesock.errors import NodeError
from nodesock.stream import Readable

from .helpers import drain, next_tick, watch


def idle(**options):
    return Readable(read=lambda: None, **options)


def test_a_new_stream_neither_flows_nor_reads():
    stream = idle()
    assert stream.readable_flowing is None
    assert not stream.is_paused()
    assert stream.readable
    assert (stream.readable_high_water_mark, stream.readable_length) == (65536, 0)


def test_data_listener_starts_the_flow_on_a_tick():
    sizes: list[Any] = []
    stream = Readable(read=sizes.append)
    log = watch(stream, "data", "resume")
    assert (stream.readable_flowing, sizes, log) == (True, [], [])
    drain()
    assert (sizes, log) == ([65536], ["resume"])


def test_flowing_push_emits_at_once_and_reads_more_on_a_tick():
    sizes: list[Any] = []
    stream = Readable(read=sizes.append)
    log = watch(stream, "data", "readable")
    stream.remove_all_listeners("readable")
    drain()
    stream.resume()
    drain()
    del sizes[:]
    assert stream.push(b"a") is True
    assert log == [("data", b"a")]
    assert sizes == []
    drain()
    assert sizes == [65536]
    assert stream.readable_did_read


def test_a_standing_source_is_not_asked_again():
    sizes: list[Any] = []
    stream = Readable(read=sizes.append)
    log = watch(stream, "data")
    drain()
    stream._readable_state.standing = True
    del sizes[:]
    stream.push(b"a")
    drain()
    stream.push(b"b")
    drain()
    assert (log, sizes) == ([("data", b"a"), ("data", b"b")], [])


def test_push_says_when_the_buffer_is_full():
    stream = idle(high_water_mark=3)
    assert [stream.push(b"ab"), stream.push(b"c"), stream.push(b"d")] == [True, False, False]
    assert stream.readable_length == 4


def test_end_comes_on_a_tick_after_the_last_data_and_then_close():
    stream = idle()
    log = watch(stream, "data", "end", "close")
    stream.push(b"a")
    stream.push(None)
    next_tick(lambda: next_tick(lambda: log.append("tick")))
    drain()
    assert log == [("data", b"a"), "end", "tick", "close"]
    assert stream.readable_ended
    assert not stream.readable
    assert stream.destroyed
    assert not stream.readable_aborted


def test_end_waits_for_the_buffer_to_be_read():
    stream = idle()
    log = watch(stream, "end")
    stream.push(b"abc")
    stream.push(None)
    drain()
    assert log == []
    assert stream.read(2) == b"ab"
    assert stream.read() == b"c"
    drain()
    assert log == ["end"]


def test_readable_event_and_read_of_a_size():
    stream = idle()
    log = watch(stream, "readable")
    drain()
    stream.push(b"ab")
    drain()
    assert log == ["readable"]
    assert stream.read(3) is None
    stream.push(b"cd")
    drain()
    assert log == ["readable", "readable"]
    assert (stream.read(3), stream.read(3), stream.read()) == (b"abc", None, b"d")
    stream.push(None)
    assert log == ["readable"] * 3
    assert stream.readable_flowing is False


def test_read_past_the_end_gives_what_is_left():
    stream = idle()
    stream.push(b"ab")
    stream.push(None)
    assert stream.read(10) == b"ab"
    assert stream.read() is None


def test_read_of_more_than_the_mark_raises_the_mark():
    stream = idle(high_water_mark=4)
    stream.read(9)
    assert stream.readable_high_water_mark == 16
    with pytest.raises(NodeError) as caught:
        stream.read(2**30 + 1)
    assert caught.value.code == "ERR_OUT_OF_RANGE"


def test_a_readable_listener_takes_the_flow_over_and_gives_it_back():
    stream = idle()
    log = watch(stream, "data")
    drain()
    listener = lambda: log.append("readable")  # noqa: E731
    stream.on("readable", listener)
    assert stream.readable_flowing is False
    stream.push(b"a")
    drain()
    assert log == ["readable"]
    assert stream.read() == b"a"
    stream.remove_listener("readable", listener)
    drain()
    stream.push(b"b")
    assert log == ["readable", ("data", b"a"), ("data", b"b")]


def test_pause_and_resume():
    stream = idle()
    log = watch(stream, "data", "pause", "resume")
    drain()
    assert stream.pause() is stream
    stream.pause()
    assert stream.is_paused()
    stream.push(b"a")
    drain()
    assert log == ["resume", "pause"]
    stream.resume()
    assert log == ["resume", "pause"]
    drain()
    assert log == ["resume", "pause", "resume", ("data", b"a")]


def test_pause_in_data_keeps_the_rest():
    stream = idle()
    got = []

    def on_data(chunk):
        got.append(chunk)
        stream.pause()

    stream.push(b"a")
    stream.push(b"b")
    stream.on("data", on_data)
    drain()
    assert (got, stream.readable_length) == ([b"a"], 1)


def test_set_encoding_holds_back_parts_of_characters():
    stream = idle()
    stream.push(b"x\xe2")
    assert stream.set_encoding("utf8") is stream
    assert (stream.readable_length, stream.readable_encoding) == (1, "utf8")
    stream.push(b"\x82")
    stream.push(b"\xac\xf0\x9f\x98\x80")
    assert stream.readable_length == 4
    assert stream.read() == "x€😀"
    stream.push(b"\xc3")
    stream.push(None)
    assert stream.read() == "\ufffd"


def test_strings_are_measured_and_cut_in_utf16_units():
    stream = idle(encoding="utf8")
    stream.push("a😀b")
    assert stream.readable_length == 4
    assert stream.read(2) == "a\ud83d"
    assert stream.read() == "\ude00b"


def test_unknown_encoding():
    with pytest.raises(NodeError) as caught:
        idle().set_encoding("nope")
    assert (caught.value.code, str(caught.value)) == ("ERR_UNKNOWN_ENCODING", "Unknown encoding: nope")


def test_unshift_puts_back_in_front():
    stream = idle()
    stream.push(b"cd")
    stream.unshift(b"ab")
    assert stream.read(3) == b"abc"
    stream.unshift(b"c")
    assert stream.read() == b"cd"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda stream: stream.push(b"late"), "ERR_STREAM_PUSH_AFTER_EOF"),
        (lambda stream: stream.unshift(b"late"), "ERR_STREAM_UNSHIFT_AFTER_END_EVENT"),
    ],
)
def test_data_after_the_end(act, code):
    stream = idle(auto_destroy=False)
    log = watch(stream, "error", "close")
    stream.resume()
    stream.push(None)
    drain()
    act(stream)
    assert log == [("error", code)]


def test_push_of_another_type_fails_the_stream():
    stream = idle()
    log = watch(stream, "error", "close")
    assert stream.push(5) is False
    drain()
    assert log == [("error", "ERR_INVALID_ARG_TYPE"), "close"]
    assert str(stream.errored) == (
        'The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView.'
        " Received type number (5)"
    )


def test_no_read_hook():
    stream = Readable()
    log = watch(stream, "error")
    stream.read()
    drain()
    assert log == [("error", "ERR_METHOD_NOT_IMPLEMENTED")]


def test_object_mode_counts_objects():
    stream = idle(object_mode=True)
    assert stream.readable_high_water_mark == 16
    stream.push({"a": 1})
    stream.push("")
    assert stream.readable_length == 2
    assert [stream.read(), stream.read(), stream.read()] == [{"a": 1}, "", None]


def test_destroy_stops_everything_and_closes_once():
    stream = idle()
    log = watch(stream, "data", "end", "error", "close")
    drain()
    assert stream.destroy(ValueError("boom")) is stream
    assert (stream.destroyed, stream.closed, stream.readable) == (True, True, False)
    assert stream.push(b"a") is False
    stream.destroy(ValueError("second"))
    assert log == []
    drain()
    assert log == [("error", "boom"), "close"]
    assert str(stream.errored) == "boom"
    assert stream.readable_aborted


def test_destroy_hook_decides_when_it_is_closed():
    pending = []
    stream = idle(destroy=lambda error, callback: pending.append((error, callback)))
    log = watch(stream, "close", "error")
    stream.destroy()
    drain()
    assert (stream.destroyed, stream.closed, log) == (True, False, [])
    error, callback = pending[0]
    assert error is None
    callback(ValueError("late"))
    assert stream.closed
    drain()
    assert log == [("error", "late"), "close"]


def test_emit_close_off():
    stream = idle(emit_close=False)
    log = watch(stream, "close")
    stream.destroy()
    drain()
    assert (log, stream.closed) == ([], True)


def test_construct_holds_reading_back():
    log = []
    callbacks = []

    def construct(callback):
        log.append("construct")
        callbacks.append(callback)

    stream = Readable(read=lambda: log.append("read"), construct=construct)
    stream.on("data", lambda: None)
    drain()
    assert log == ["construct"]
    callbacks[0]()
    drain()
    assert log == ["construct", "read"]


def test_failed_construct_destroys():
    stream = idle(construct=lambda callback: callback(ValueError("no")))
    log = watch(stream, "error", "close")
    drain()
    assert log == [("error", "no"), "close"]


def test_undestroy_makes_it_as_new():
    stream = idle()
    stream.resume()
    stream.push(None)
    drain()
    assert stream.destroyed
    stream._undestroy()
    assert (stream.destroyed, stream.closed, stream.readable, stream.readable_ended) == (
        False,
        False,
        True,
        False,
    )
    stream.push(b"again")
    assert stream.read() == b"again"
    drain()


def test_bad_high_water_mark():
    with pytest.raises(NodeError) as caught:
        Readable(high_water_mark=-1)
    assert str(caught.value) == "The property 'options.highWaterMark' is invalid. Received -1"


def test_options_may_be_a_mapping():
    assert Readable({"high_water_mark": 7}).readable_high_water_mark == 7


def test_repr_tells_the_state():
    stream = idle()
    assert repr(stream) == "<Readable readable=idle:0>"
    stream.push(b"abc")
    stream.pause()
    stream.destroy()
    assert repr(stream) == "<Readable readable=paused:3 closed>"
    drain()
