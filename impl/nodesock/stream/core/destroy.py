"""Mirrors lib/internal/streams/destroy.js: construction, destruction, and the one way an error leaves a stream.

Both directions of a stream die together; each fact is written to both records. The ticks, in order, after
destroy(error):

    _destroy(error, callback)       at once (or when `_construct` is through)
    callback(error)                 sets `closed`, then queues one tick
    that tick                       'error' (once in a stream's life), then 'close' (once, last, unless emit_close is
                                    off)

`error_or_destroy` is what every failure inside a stream goes through: with auto_destroy it destroys, without
it only 'error' is emitted. Nothing is emitted for errors that come after destruction.
"""

from collections.abc import Callable
from typing import Any, Final

from nodesock.callables import adapt, call
from nodesock.errors import aggregate_two_errors, node_error
from nodesock.inspect import Symbol
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.uv_loop import check_thread
from nodesock.stream.core.legacy import Stream
from nodesock.stream.core.members import or_missing
from nodesock.validators import is_truthy

_CONSTRUCT: Final = Symbol("kConstruct")  # the listener that goes on once `_construct` has called back
_DESTROY: Final = Symbol("kDestroy")  # the one of a destroy() that came before that


def note_error(stream: Stream, error: Any) -> None:
    """Remember the first error as `errored`, on both sides."""
    ws = stream._writable_state
    if ws is not None and ws.errored is None:
        ws.errored = error
        ws.ready = False
    rs = stream._readable_state
    if rs is not None and rs.errored is None:
        rs.errored = error
        rs.direct = False


def destroy(stream: Stream, error: Any = None, callback: Callable[..., Any] | None = None) -> None:
    """The body of `stream.destroy(error, callback)`; without effect on a destroyed stream, but for the callback."""
    rs, ws = stream._readable_state, stream._writable_state
    if (ws is not None and ws.destroyed) or (rs is not None and rs.destroyed):
        if callable(callback):
            call(callback)
        return
    check_thread()
    if not is_truthy(error):
        error = None
    if error is not None:
        note_error(stream, error)
    constructed = True
    if rs is not None:
        rs.destroyed = True
        rs.direct = False
        constructed = rs.constructed
    if ws is not None:
        ws.destroyed = True
        ws.ready = False
        constructed = ws.constructed
    if constructed:
        _tear_down(stream, error, callback)
    else:
        stream.once(
            _DESTROY, lambda failure: _tear_down(stream, aggregate_two_errors(failure, error), callback)
        )


def _tear_down(stream: Any, error: Any, callback: Callable[..., Any] | None) -> None:
    called = False

    def done(failure: Any = None, *_: Any) -> None:
        nonlocal called
        if called:
            return
        called = True
        if not is_truthy(failure):
            failure = None
        if failure is not None:
            note_error(stream, failure)
        rs, ws = stream._readable_state, stream._writable_state
        if ws is not None:
            ws.closed = True
        if rs is not None:
            rs.closed = True
        if callable(callback):
            call(callback, failure)
        if failure is not None:
            next_tick(_emit_error_and_close, stream, failure)
        else:
            next_tick(_emit_close, stream)

    try:
        stream._destroy(error, done)
    except Exception as failure:
        done(or_missing(failure, stream, "_destroy", "self"))


def _emit_error_and_close(stream: Stream, error: Any) -> None:
    # One tick for both: an 'error' that nobody listens for is an uncaught exception, and then there is no
    # 'close'.
    _emit_error(stream, error)
    _emit_close(stream)


def _emit_close(stream: Stream) -> None:
    rs, ws = stream._readable_state, stream._writable_state
    wanted = False
    if ws is not None:
        ws.close_emitted = True
        wanted = ws.emit_close
    if rs is not None:
        rs.close_emitted = True
        wanted = wanted or rs.emit_close
    if wanted:
        stream.emit("close")


def _emit_error(stream: Stream, error: Any) -> None:
    rs, ws = stream._readable_state, stream._writable_state
    if (ws is not None and ws.error_emitted) or (rs is not None and rs.error_emitted):
        return
    if ws is not None:
        ws.error_emitted = True
    if rs is not None:
        rs.error_emitted = True
    stream.emit("error", error)


def error_or_destroy(stream: Any, error: Any, sync: bool = False) -> None:
    """Fail with `error`: destroy the stream, or without auto_destroy only emit 'error' (on a tick if `sync`)."""
    rs, ws = stream._readable_state, stream._writable_state
    if (ws is not None and ws.destroyed) or (rs is not None and rs.destroyed):
        return
    if (rs is not None and rs.auto_destroy) or (ws is not None and ws.auto_destroy):
        stream.destroy(error)
    elif is_truthy(error):
        note_error(stream, error)
        if sync:
            next_tick(_emit_error, stream, error)
        else:
            _emit_error(stream, error)


def undestroy(stream: Stream) -> None:
    """`stream._undestroy()`: a closed stream becomes as new, but for its listeners, its encoding and what it has
    buffered.
    """
    if stream._readable_state is not None:
        stream._readable_state.reset()
    if stream._writable_state is not None:
        stream._writable_state.reset()


def abandon(stream: Stream) -> None:
    """Have a stream whose resource is gone read as one that was destroyed and has closed; nothing is emitted."""
    rs, ws = stream._readable_state, stream._writable_state
    if rs is not None:
        rs.destroyed = rs.closed = rs.close_emitted = True
        rs.direct = rs.standing = False
    if ws is not None:
        ws.destroyed = ws.closed = ws.close_emitted = True
        ws.ready = False


def construct(stream: Stream, then: Callable[[], None]) -> None:
    """Run `_construct`, if there is one, on the next tick, and `then` when it has called back; until then
    nothing is read or written. `then` is a listener, as in Node: without it the stream waits for ever.
    """
    if not callable(stream._construct):
        return
    if stream._readable_state is not None:
        stream._readable_state.constructed = False
    if stream._writable_state is not None:
        stream._writable_state.constructed = False
        stream._writable_state.ready = False
    stream.once(_CONSTRUCT, then)
    next_tick(_run_construct, stream)


def _run_construct(stream: Any) -> None:
    called = False

    def constructed(error: Any) -> None:
        nonlocal called
        if not is_truthy(error):
            error = None
        if called:
            error_or_destroy(stream, error if error is not None else node_error("ERR_MULTIPLE_CALLBACK"))
            return
        called = True
        destroyed = False
        for state in (stream._readable_state, stream._writable_state):
            if state is not None:
                state.constructed = True
                destroyed = state.destroyed
        if stream._writable_state is not None:
            stream._writable_state.refresh_ready()
        if destroyed:
            stream.emit(_DESTROY, error)
        elif error is not None:
            error_or_destroy(stream, error, True)
        else:
            stream.emit(_CONSTRUCT)

    def callback(error: Any = None, *_: Any) -> None:
        next_tick(constructed, error)

    try:
        adapt(stream._construct, 1)(callback)
    except Exception as error:
        callback(error)
