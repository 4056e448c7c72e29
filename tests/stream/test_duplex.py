"""stream.Duplex, Transform, PassThrough and duplex_pair; every order below is Node 24's."""

from functools import partial
from typing import Any

import pytest

from nodesock.errors import NodeError
from nodesock.stream import Duplex, PassThrough, Readable, Transform, Writable, duplex_pair

from .helpers import drain, watch


def loop_less(**options):
    return Duplex(read=lambda: None, write=lambda chunk, encoding, done: done(), **options)


def record(log, name, what):
    log.append((name, what))


def test_it_is_both():
    stream = loop_less()
    assert isinstance(stream, Readable)
    assert isinstance(stream, Writable)


def test_half_open_is_ended_by_hand():
    stream = loop_less()
    log = watch(stream, "end", "finish", "close")
    stream.resume()
    stream.push(None)
    drain()
    assert (log, stream.writable, stream.destroyed) == (["end"], True, False)
    stream.end()
    drain()
    assert log == ["end", "finish", "close"]


def test_no_half_open_ends_itself_a_tick_after_end():
    stream = loop_less(allow_half_open=False)
    log = watch(stream, "end", "prefinish", "finish", "close")
    stream.on("end", lambda: log.append(("writable in end", stream.writable)))
    stream.resume()
    stream.push(None)
    drain()
    assert log == ["end", ("writable in end", True), "prefinish", "finish", "close"]


def test_a_write_in_end_is_still_taken():
    got = []
    stream = Duplex(
        read=lambda: None,
        write=lambda chunk, encoding, done: (got.append(chunk), done()),
        allow_half_open=False,
    )
    stream.on("end", lambda: stream.write(b"last"))
    stream.resume()
    stream.push(None)
    drain()
    assert got == [b"last"]


def test_finish_first_waits_for_end():
    stream = loop_less()
    log = watch(stream, "end", "finish", "close")
    stream.end()
    drain()
    assert (log, stream.destroyed) == (["finish"], False)
    stream.resume()
    stream.push(None)
    drain()
    assert log == ["finish", "end", "close"]


@pytest.mark.parametrize(("side", "other"), [("readable", "writable"), ("writable", "readable")])
def test_one_side_only(side, other):
    stream = loop_less(**{side: False})
    assert getattr(stream, side) is False
    assert getattr(stream, other) is True


def test_one_error_for_both_sides():
    stream = loop_less()
    log = watch(stream, "error", "close")
    stream.destroy(ValueError("boom"))
    drain()
    assert log == [("error", "boom"), "close"]
    assert stream._readable_state.errored is stream._writable_state.errored is stream.errored


def test_marks_of_each_side():
    stream = loop_less(readable_high_water_mark=1, writable_high_water_mark=2, writable_object_mode=True)
    assert (stream.readable_high_water_mark, stream.writable_high_water_mark) == (1, 2)
    assert (stream.readable_object_mode, stream.writable_object_mode) == (False, True)
    with pytest.raises(NodeError) as caught:
        Duplex(readable_high_water_mark=1.5)
    assert str(caught.value) == "The property 'options.readableHighWaterMark' is invalid. Received 1.5"


def test_event_names_have_nodes_order():
    stream = loop_less()
    for event in ("other", "data", "close"):
        stream.on(event, lambda: None)
    assert stream.event_names() == ["close", "data", "other"]
    drain()


def test_one_construct_for_both_sides():
    calls = []
    stream = loop_less(construct=lambda callback: (calls.append("construct"), callback()))
    log = watch(stream, "finish", "end")
    stream.resume()
    stream.end(b"x")
    stream.push(None)
    drain()
    assert (calls, log) == (["construct"], ["finish", "end"])


def test_transform_and_flush():
    stream = Transform(
        transform=lambda chunk, encoding, done: done(None, chunk.upper()), flush=lambda done: done(None, b"!")
    )
    log = watch(stream, "data", "end", "prefinish", "finish", "close")
    stream.write(b"ab")
    stream.end(b"c")
    drain()
    assert log == [
        ("data", b"AB"),
        ("data", b"C"),
        ("data", b"!"),
        "prefinish",
        "end",
        "finish",
        "close",
    ]


def test_transform_waits_for_its_reader():
    stream = PassThrough(high_water_mark=2)
    done = []
    stream.write(b"ab", lambda: done.append(1))
    stream.write(b"c", lambda: done.append(2))
    drain()
    assert (done, stream.writable_length, stream.writable_need_drain) == ([], 3, True)
    assert stream.read() == b"abc"
    drain()
    assert (done, stream.writable_length) == ([1, 2], 0)


def test_transform_error():
    stream = Transform(transform=lambda chunk, encoding, done: done(ValueError("no")))
    log = watch(stream, "error", "close")
    stream.write(b"x")
    drain()
    assert log == [("error", "no"), "close"]


def test_transform_without_a_hook():
    with pytest.raises(NodeError) as caught:
        Transform().write(b"x")
    assert caught.value.code == "ERR_METHOD_NOT_IMPLEMENTED"


def test_duplex_pair():
    left, right = duplex_pair()
    log: list[Any] = []
    for side, name in ((left, "left"), (right, "right")):
        side.on("data", partial(record, log, name))
        side.on("end", partial(record, log, name, "end"))
    left.end(b"to the right")
    right.end(b"to the left")
    drain()
    assert log == [("left", b"to the left"), ("right", b"to the right"), ("left", "end"), ("right", "end")]
