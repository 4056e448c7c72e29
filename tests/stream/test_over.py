"""finished(), pipeline(), their promises, add_abort_signal, async iteration and Readable.from_, as in Node 24."""

from typing import Any

import pytest

from nodesock.abort import AbortController
from nodesock.errors import NodeError
from nodesock.runtime.promises import spawn
from nodesock.stream import (
    Duplex,
    PassThrough,
    Readable,
    add_abort_signal,
    destroy,
    finished,
    get_default_high_water_mark,
    is_destroyed,
    is_disturbed,
    is_errored,
    is_readable,
    is_writable,
    pipeline,
    promises,
    set_default_high_water_mark,
)

from .helpers import drain, sink, source, watch


def run(coroutine):
    """The outcome of a coroutine after one turn: ("value", …) or ("error", …)."""
    outcome = []
    spawn(coroutine).then(
        lambda value: outcome.append(("value", value)), lambda error: outcome.append(("error", error))
    )
    drain()
    return outcome[0] if outcome else None


# --- finished -----------------------------------------------------------------------------------------------------


def test_finished_after_the_end_and_close():
    log = []
    stream = source(b"a", None)
    finished(stream, lambda error: log.append((error, stream.closed)))
    stream.resume()
    drain()
    assert log == [(None, True)]


def test_finished_with_the_error():
    log = []
    stream = source()
    finished(stream, lambda error: log.append(str(error)))
    stream.destroy(ValueError("boom"))
    drain()
    assert log == ["boom"]


def test_finished_too_early():
    log = []
    stream = source(b"unread")
    finished(stream, lambda error: log.append((error.code, str(error))))
    stream.destroy()
    drain()
    assert log == [("ERR_STREAM_PREMATURE_CLOSE", "Premature close")]


def test_finished_for_one_side():
    log = []
    stream = Duplex(read=lambda: None, write=lambda chunk, encoding, done: done())
    finished(stream, {"readable": False}, lambda: log.append("written"))
    stream.end()
    drain()
    assert log == ["written"]


def test_finished_on_what_is_over_calls_back_on_a_tick():
    log = []
    stream = source(None)
    stream.resume()
    drain()
    finished(stream, lambda error: log.append(error))
    assert log == []
    drain()
    assert log == [None]


def test_finished_can_be_called_off():
    log = []
    stream = source(None)
    clean_up = finished(stream, lambda: log.append("over"))
    assert stream.listener_count("end") == 1
    clean_up()
    assert stream.listener_count("end") == 0
    stream.resume()
    drain()
    assert log == []


def test_finished_aborted():
    log = []
    controller = AbortController()
    stream = source()
    finished(stream, lambda error: log.append((error.name, error.code)), signal=controller.signal)
    controller.abort()
    assert log == [("AbortError", "ABORT_ERR")]
    assert not stream.destroyed


def test_finished_wants_a_stream():
    with pytest.raises(NodeError) as caught:
        finished(5, lambda: None)
    assert str(caught.value) == (
        'The "stream" argument must be an instance of ReadableStream, WritableStream, or Stream.'
        " Received type number (5)"
    )


def test_promise_of_finished():
    stream = source(None)
    stream.resume()

    async def wait():
        await promises.finished(stream, cleanup=True)
        return stream.listener_count("end")

    assert run(wait()) == ("value", 0)


# --- pipeline -----------------------------------------------------------------------------------------------------


def test_pipeline_calls_back_when_all_is_through():
    got: list[Any] = []
    log: list[Any] = []
    last = sink(got)
    assert pipeline(source(b"a", None), PassThrough(), last, lambda *args: log.append(args)) is last
    drain()
    assert (got, log) == ([b"a"], [(None, None)])


def test_pipeline_destroys_all_on_an_error():
    log = []
    first, middle, last = source(b"a"), PassThrough(), sink([])
    pipeline(first, middle, last, lambda error: log.append(str(error)))
    drain()
    middle.destroy(ValueError("boom"))
    drain()
    assert log == ["boom"]
    assert first.destroyed
    assert last.destroyed


def test_pipeline_into_a_destroyed_stream():
    last = sink([])
    last.destroy()
    with pytest.raises(NodeError) as caught:
        pipeline(source(), last, lambda: None)
    assert caught.value.code == "ERR_STREAM_UNABLE_TO_PIPE"
    drain()


def test_pipeline_wants_a_callback_and_two_streams():
    with pytest.raises(NodeError) as caught:
        pipeline(source(), sink([]))
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"
    with pytest.raises(NodeError) as caught:
        pipeline(source(), lambda: None)
    assert caught.value.code == "ERR_MISSING_ARGS"


def test_pipeline_of_an_iterable_and_functions():
    got: list[Any] = []

    async def upper(chunks):
        async for chunk in chunks:
            yield chunk.upper()

    async def wait():
        await promises.pipeline(source(b"a", b"b", None), upper, sink(got))
        await promises.pipeline([b"c"], sink(got))
        return got

    assert run(wait()) == ("value", [b"AB", b"c"])


def test_pipeline_gives_the_last_functions_value():
    async def count(chunks):
        total = 0
        async for chunk in chunks:
            total += len(chunk)
        return total

    async def wait():
        return await promises.pipeline(source(b"ab", b"c", None), count)

    assert run(wait()) == ("value", 3)


def test_pipeline_aborted():
    controller = AbortController()
    first, last = source(), sink([])
    outcome: list[Any] = []
    promises.pipeline(first, last, signal=controller.signal).then(None, outcome.append)
    drain()
    controller.abort()
    drain()
    assert (outcome[0].name, first.destroyed, last.destroyed) == ("AbortError", True, True)


# --- abort, destroy, questions ------------------------------------------------------------------------------------


def test_add_abort_signal():
    controller = AbortController()
    stream = source()
    assert add_abort_signal(controller.signal, stream) is stream
    log = watch(stream, "error", "close")
    controller.abort()
    drain()
    assert log == [("error", "ABORT_ERR"), "close"]


def test_signal_option():
    controller = AbortController()
    stream = sink([], signal=controller.signal)
    log = watch(stream, "error")
    controller.abort()
    drain()
    assert log == [("error", "ABORT_ERR")]


def test_destroy_of_an_unfinished_stream_is_an_abort():
    stream = source()
    log = watch(stream, "error")
    destroy(stream)
    drain()
    assert log == [("error", "ABORT_ERR")]


def test_questions():
    stream = source(b"a")
    assert (is_readable(stream), is_writable(stream), is_errored(stream)) == (True, None, False)
    assert (is_disturbed(stream), is_destroyed(stream)) == (False, False)
    stream.read()
    stream.destroy()
    assert (is_readable(stream), is_disturbed(stream), is_destroyed(stream)) == (False, True, True)
    drain()


def test_default_high_water_marks():
    assert (get_default_high_water_mark(), get_default_high_water_mark(True)) == (65536, 16)
    set_default_high_water_mark(False, 5)
    try:
        assert source().readable_high_water_mark == 5
    finally:
        set_default_high_water_mark(False, 65536)


# --- async iteration ----------------------------------------------------------------------------------------------


def test_async_for_reads_to_the_end():
    stream = source(b"a", None)

    async def read():
        return [chunk async for chunk in stream]

    assert run(read()) == ("value", [b"a"])
    assert stream.destroyed


def test_break_destroys_the_stream():
    stream = source(b"a")
    log = watch(stream, "error", "close")

    async def read():
        async for chunk in stream:
            return chunk

    assert run(read()) == ("value", b"a")
    drain()
    assert (stream.destroyed, log) == (True, [("error", "ABORT_ERR"), "close"])


def test_break_can_keep_the_stream():
    stream = source(b"a")

    async def read():
        async for chunk in stream.iterator(destroy_on_return=False):
            return chunk

    assert run(read()) == ("value", b"a")
    drain()
    assert not stream.destroyed
    assert stream.listener_count("readable") == 0


@pytest.mark.parametrize(("error", "text"), [(ValueError("boom"), "boom"), (None, "Premature close")])
def test_destroy_ends_the_loop_with_an_error(error, text):
    stream = source()
    outcome = []

    async def read():
        async for _ in stream:
            pass

    spawn(read()).then(None, lambda failure: outcome.append(str(failure)))
    drain()
    stream.destroy(error)
    drain()
    assert outcome == [text]


def test_async_with_destroys():
    stream = source()
    log = watch(stream, "error", "close")

    async def use():
        async with stream:
            pass
        return stream.closed

    assert run(use()) == ("value", True)
    assert log == [("error", "ABORT_ERR"), "close"]


# --- from_ --------------------------------------------------------------------------------------------------------


def test_from_iterables():
    async def asynchronous():
        yield 3

    async def read(items):
        return [item async for item in Readable.from_(items)]

    assert run(read(iter([1, 2]))) == ("value", [1, 2])
    assert run(read(asynchronous())) == ("value", [3])
    assert run(read("whole")) == ("value", ["whole"])


def test_from_a_failing_generator():
    def failing():
        yield 1
        raise ValueError("boom")

    stream = Readable.from_(failing())
    log = watch(stream, "data", "error", "close")
    drain()
    assert log == [("data", 1), ("error", "boom"), "close"]


def test_destroy_closes_the_generator():
    log = []

    def items():
        try:
            yield 1
            yield 2
        finally:
            log.append("closed")

    stream = Readable.from_(items())
    stream.on("data", lambda: stream.destroy())
    stream.on("close", lambda: log.append("close"))
    drain()
    assert log == ["closed", "close"]


def test_from_something_else():
    with pytest.raises(NodeError) as caught:
        Readable.from_(5)
    assert (
        str(caught.value)
        == 'The "iterable" argument must be an instance of Iterable. Received type number (5)'
    )
