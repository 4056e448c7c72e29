"""readable.pipe() and unpipe(); every order below is Node 24's."""

from typing import Any

from nodesock.stream import PassThrough, Writable

from .helpers import drain, sink, source, watch


def test_pipe_moves_everything_and_ends_the_destination():
    got: list[Any] = []
    destination = sink(got)
    log = watch(destination, "pipe", "unpipe", "finish", "close")
    stream = source(b"a", b"b", None)
    assert stream.pipe(destination) is destination
    drain()
    assert got == [b"a", b"b"]
    assert [record if isinstance(record, str) else record[0] for record in log] == [
        "pipe",
        "finish",
        "unpipe",
        "close",
    ]


def test_pipe_without_end():
    got: list[Any] = []
    destination = sink(got)
    source(b"a", None).pipe(destination, end=False)
    drain()
    assert (got, destination.writable_ended) == ([b"a"], False)
    assert destination.listener_count("finish") == 0


def test_a_full_destination_pauses_the_source_until_drain():
    waiting = []
    destination = Writable(
        high_water_mark=1, write=lambda chunk, encoding, done: waiting.append((chunk, done))
    )
    stream = source(b"a", b"b")
    stream.pipe(destination)
    drain()
    assert ([chunk for chunk, _ in waiting], stream.is_paused(), stream.readable_length) == ([b"a"], True, 1)
    waiting[0][1]()
    drain()
    assert [chunk for chunk, _ in waiting] == [b"a", b"b"]


def test_the_slowest_destination_sets_the_pace():
    waiting: list[Any] = []
    fast: list[Any] = []
    stream = source(b"a", b"b")
    stream.pipe(sink(fast))
    stream.pipe(Writable(high_water_mark=1, write=lambda chunk, encoding, done: waiting.append(done)))
    drain()
    assert fast == [b"a"]
    waiting[0]()
    drain()
    assert fast == [b"a", b"b"]


def test_unpipe_pauses_and_keeps_the_destination_open():
    got: list[Any] = []
    destination = sink(got)
    stream = source()
    stream.pipe(destination)
    drain()
    assert stream.unpipe(destination) is stream
    assert stream.readable_flowing is False
    stream.push(b"late")
    drain()
    assert (got, stream.readable_length, destination.writable) == ([], 4, True)


def test_an_error_of_the_destination_unpipes_and_stays_an_error():
    destination = Writable(write=lambda chunk, encoding, done: done(ValueError("no")))
    log = watch(destination, "unpipe", "error", "close")
    stream = source(b"a")
    stream.pipe(destination)
    drain()
    assert [record if isinstance(record, str) else record[0] for record in log] == [
        "unpipe",
        "error",
        "close",
    ]
    assert not stream.destroyed


def test_a_destination_that_raises_is_destroyed_with_it():
    def write(chunk):
        raise ValueError("raised")

    destination = Writable(write=write)
    log = watch(destination, "error")
    stream = source(b"a")
    stream.pipe(destination)
    drain()
    assert log == [("error", "raised")]


def test_a_chain():
    got: list[Any] = []
    middle = PassThrough()
    source(b"a", b"b", None).pipe(middle).pipe(sink(got))
    drain()
    assert got == [b"a", b"b"]
