"""Mirrors lib/internal/streams/writable.js: stream.Writable.

How a write travels. write() checks the chunk and either hands it to `_write` at once or queues it: only one
`_write` is out at a time. The callback that `_write` got is `_write_done`. When it is called while `_write`
is still on the stack (sync), the user must not hear of it before a tick; consecutive writes with the same
callback then share that tick, and a write without a callback needs none at all unless somebody waits for
'drain'. When it is called later, the user's callback runs at once.

How it ends. end() sets `ending`; each step after that goes through `_finish_maybe`, which does nothing until
all that was written is called back: 'prefinish' (or `_final` and then 'prefinish'), a tick, the end()
callbacks, 'finish', and then auto-destroy. `pending_callbacks` counts every callback and step still owed, so
'finish' comes after all of them.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Self

from nodesock.callables import adapt, call, drops_surplus
from nodesock.code_units import units
from nodesock.encodings import encode, is_encoding
from nodesock.errors import node_error
from nodesock.inspect import UNDEFINED
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.uv_loop import check_thread
from nodesock.spelling import refuses_foreign_names
from nodesock.stream.core.chunks import as_bytes
from nodesock.stream.core.destroy import construct, error_or_destroy, note_error, undestroy
from nodesock.stream.core.destroy import destroy as destroy_stream
from nodesock.stream.core.legacy import Stream
from nodesock.stream.core.members import method
from nodesock.stream.core.options import apply_shared_options
from nodesock.stream.core.writable_state import Queued, QueuedList, WritableState
from nodesock.validators import is_truthy, merge_options

Callback = Callable[..., Any]


def init_writable(stream: "Writable", options: Mapping[str, Any], is_duplex: bool) -> None:
    """Give `stream` its writable side: record, hooks from the options, construction."""
    stream._writable_state = WritableState(options, is_duplex)
    if not options:
        return
    for option, hook, count in (("write", "_write", 3), ("writev", "_writev", 2), ("final", "_final", 1)):
        given = options.get(option)
        if callable(given):
            setattr(stream, hook, adapt(given, count))


@refuses_foreign_names
@drops_surplus
class Writable(Stream):
    """A sink. Subclasses define `_write(chunk, encoding, callback)` and, if they like, `_writev(chunks,
    callback)`, `_final(callback)`, `_destroy(error, callback)`, `_construct(callback)`; or these are given as
    options without the underscore.

    Options: high_water_mark, decode_strings, default_encoding, object_mode, emit_close, auto_destroy, signal,
    write, writev, final, destroy, construct. Sizes are bytes, or objects in object mode. Mirrors `new
    stream.Writable(options)`.
    """

    _writable_state: WritableState
    _places = dict.fromkeys(("close", "error", "prefinish", "finish", "drain"), ())
    _writev: Callable[[Any, Any], Any] | None = None
    _final: Callable[[Any], Any] | None = None

    def __init__(self, options: Mapping[str, Any] | None = None, /, **given: Any) -> None:
        if options is not None or given:
            given = merge_options(options, given)
        super().__init__()
        init_writable(self, given, False)
        apply_shared_options(self, given)
        construct(self, self._writable_constructed)

    def _writable_constructed(self) -> None:
        ws = self._writable_state
        if not ws.writing:
            _flush(self, ws)
        if ws.ending:
            _finish_maybe(self, ws)

    # --- writing ------------------------------------------------------------------------------------------

    def write(
        self, chunk: Any = UNDEFINED, encoding: Any = None, callback: Callback | None = None, *_: Any
    ) -> bool:
        """Write bytes or a string; False asks the caller to wait for 'drain'. `callback(error)` comes when it is
        through.

        Raises ERR_STREAM_NULL_VALUES, ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_ENCODING. Writing after end() or
        destroy() is not raised: the callback gets the error, and after end() it is emitted too.
        """
        ws = self._writable_state
        if encoding is not None and encoding.__class__ is not str and callable(encoding):
            callback, encoding = encoding, None
        if not ws.ready or ws.writing or chunk.__class__ is not bytes or encoding is not None:
            check_thread()
            return _accept(self, ws, chunk, encoding, callback) is True
        if ws.through and callback is None:
            accepted = self._write_through(chunk)
            if accepted is not None:
                return accepted
        check_thread()
        # The common case of _accept, spelt out.
        ws.pending_callbacks += 1
        ws.in_flight = size = len(chunk)
        ws.callback = callback if callback is None or callable(callback) else None
        ws.length += size
        ws.writing = ws.sync = True
        try:
            self._write(chunk, "buffer", self._write_done)
        except TypeError:
            method(self, "_write", "stream")
            raise
        ws.sync = False
        if ws.length and ws.length >= ws.high_water_mark:
            ws.need_drain = True
            return False
        return ws.errored is None and not ws.destroyed

    def _write_through(self, chunk: bytes) -> bool | None:
        """The common case of `write` where `_write` is known (see `WritableState.through`): nothing waits, and nobody
        asks to be told. What write() returns, or None where it has to take the long way.

        When the chunk is through at once, all the stream's bookkeeping would come out where it was.
        """
        return None

    def _write(self, chunk: Any, encoding: str, callback: Callback) -> Any:
        """Hook: take one chunk, call `callback(error=None)` once when done, at once or later."""
        if not is_truthy(self._writev):
            raise node_error("ERR_METHOD_NOT_IMPLEMENTED", "_write()")
        method(self, "_writev", "this")(QueuedList([Queued(chunk, encoding, None)]), callback)

    def _write_done(self, error: Any = None, _: Any = None) -> None:
        """The callback that `_write` and `_writev` get. A second argument is dropped, as in JavaScript."""
        ws = self._writable_state
        size = ws.in_flight
        if size is None:
            error_or_destroy(self, node_error("ERR_MULTIPLE_CALLBACK"))
            return
        callback = ws.callback
        ws.callback = ws.in_flight = None
        ws.writing = False
        ws.length -= size
        if error is not None and is_truthy(error):
            note_error(self, error)
            if ws.sync:
                next_tick(_write_failed, self, ws, error, callback)
            else:
                _write_failed(self, ws, error, callback)
            return
        sync = ws.sync
        if ws.queue:
            _flush(self, ws)
        if not sync:
            _after_write(self, ws, callback, 1)
        elif callback is None:
            # Object mode always takes the tick, as in Node.
            if (ws.object_mode or (ws.need_drain and ws.length == 0)) and not ws.after_write:
                ws.after_write = True
                next_tick(_after_write, self, ws, None, 1)
            else:
                ws.pending_callbacks -= 1
                if ws.ending:
                    _finish_maybe(self, ws, True)
        elif ws.batch is not None and ws.batch[0] == callback:
            ws.batch[1] += 1
        else:
            ws.batch = [callback, 1]
            ws.after_write = True
            next_tick(_after_write_batch, self, ws, ws.batch)

    def cork(self) -> None:
        """Queue writes until uncork() has been called as often, or end()."""
        ws = self._writable_state
        ws.corked += 1
        ws.ready = False

    def uncork(self) -> None:
        """Undo one cork(); the last one hands over the queue, to `_writev` in one call if there is one."""
        ws = self._writable_state
        if ws.corked:
            check_thread()
            ws.corked -= 1
            ws.refresh_ready()
            if not ws.writing:
                _flush(self, ws)

    def set_default_encoding(self, encoding: Any = UNDEFINED) -> Self:
        """The encoding of strings written without one. Raises ERR_UNKNOWN_ENCODING."""
        if isinstance(encoding, str):
            encoding = encoding.lower()
        if not is_encoding(encoding):
            raise node_error("ERR_UNKNOWN_ENCODING", encoding)
        self._writable_state.default_encoding = encoding
        return self

    def pipe(self, destination: Any = None, options: Any = None, **given: Any) -> Any:
        """A Writable cannot be read: fails with ERR_STREAM_CANNOT_PIPE."""
        error_or_destroy(self, node_error("ERR_STREAM_CANNOT_PIPE"))

    # --- ending -------------------------------------------------------------------------------------------

    def end(self, chunk: Any = None, encoding: Any = None, callback: Callback | None = None, *_: Any) -> Self:
        """Write a last chunk, if given, and finish. `end(callback)`, `end(chunk, callback)` and `end(chunk,
        encoding, callback)`; the callback runs just before 'finish', or gets the error that prevents it.
        """
        check_thread()
        ws = self._writable_state
        if chunk is not None and _is_callback(chunk):
            callback, chunk, encoding = chunk, None, None
        elif encoding is not None and _is_callback(encoding):
            callback, encoding = encoding, None
        error: Any = None
        if chunk is not None and chunk is not UNDEFINED:
            result = _accept(self, ws, chunk, encoding, None)
            if result is not True and result is not False:
                error = result
        if ws.corked:
            ws.corked = 1
            self.uncork()
        if error is None:
            if ws.errored is None and not ws.ending:
                ws.ending = True
                ws.ready = False
                _finish_maybe(self, ws, True)
                ws.ended = True
            elif ws.finished:
                error = node_error("ERR_STREAM_ALREADY_FINISHED", "end")
            elif ws.destroyed:
                error = node_error("ERR_STREAM_DESTROYED", "end")
        if callback is not None and callable(callback):
            if error is not None:
                next_tick(call, callback, error)
            elif ws.finished:
                next_tick(call, callback, None)
            elif ws.errored is not None:
                next_tick(call, callback, ws.errored)
            else:
                ws.finish_callbacks.append(callback)
        return self

    # --- destruction --------------------------------------------------------------------------------------

    def destroy(self, error: Any = None, callback: Callback | None = None, *_: Any) -> Self:
        """Release the resource; queued writes call back with an error. Emits 'error' (if given) and 'close' on a
        later tick.
        """
        ws = self._writable_state
        if not ws.destroyed and (ws.queue or ws.finish_callbacks):
            check_thread()
            next_tick(_fail_queue, ws)
        destroy_stream(self, error, callback)
        return self

    def _destroy(self, error: Any, callback: Callback) -> Any:
        """Hook: release the resource, then `callback(error)`."""
        callback(error)

    def _undestroy(self) -> None:
        undestroy(self)

    def _capture_rejection(self, error: Any, *_: Any) -> None:
        """`capture_rejections`: what an async listener raises destroys the stream."""
        self.destroy(error)

    # --- state --------------------------------------------------------------------------------------------

    @property
    def writable(self) -> bool:
        """Whether write() may still be called: not ended, destroyed or failed."""
        ws = self._writable_state
        return (
            ws.writable is not False
            and not ws.destroyed
            and ws.errored is None
            and not ws.ending
            and not ws.ended
        )

    @writable.setter
    def writable(self, value: Any) -> None:
        self._writable_state.writable = is_truthy(value)

    @property
    def writable_finished(self) -> bool:
        """True from just before 'finish'."""
        return self._writable_state.finished

    @property
    def writable_ended(self) -> bool:
        """True once end() has been called."""
        return self._writable_state.ending

    @property
    def writable_object_mode(self) -> bool:
        """Whether chunks are any values, each counted as one."""
        return self._writable_state.object_mode

    @property
    def writable_buffer(self) -> list[Queued]:
        """The writes that wait for their turn."""
        return list(self._writable_state.queue)

    @property
    def writable_need_drain(self) -> bool:
        """True from a write() that returned False until 'drain'."""
        ws = self._writable_state
        return ws.need_drain and not ws.destroyed and not ws.ending

    @property
    def writable_high_water_mark(self) -> int:
        """The queue's length at which write() returns False, in the unit of `writable_length`."""
        return self._writable_state.high_water_mark

    @property
    def writable_corked(self) -> int:
        """How many uncork() calls are due."""
        return self._writable_state.corked

    @property
    def writable_length(self) -> int:
        """Bytes (or objects) accepted and not yet through."""
        return self._writable_state.length

    @property
    def writable_aborted(self) -> bool:
        """Destroyed or failed before 'finish'."""
        ws = self._writable_state
        return ws.writable is not False and (ws.destroyed or ws.errored is not None) and not ws.finished

    @property
    def errored(self) -> Any:
        """The error this stream has failed with, or None."""
        return self._writable_state.errored

    @property
    def closed(self) -> bool:
        """True once the resource is released; 'close' follows."""
        return self._writable_state.closed

    @property
    def destroyed(self) -> bool:
        """True from destroy() on."""
        return self._writable_state.destroyed

    @destroyed.setter
    def destroyed(self, value: Any) -> None:
        self._writable_state.destroyed = is_truthy(value)
        self._writable_state.refresh_ready()


def _is_callback(value: Any) -> bool:
    return value.__class__ is not str and value.__class__ is not bytes and callable(value)


def _accept(stream: Any, ws: WritableState, chunk: Any, encoding: Any, callback: Callback | None) -> Any:
    """write(): True, False, or the error that was reported instead."""
    if callback is not None and not callable(callback):
        callback = None
    if chunk is None:
        raise node_error("ERR_STREAM_NULL_VALUES")
    if not ws.object_mode:
        if not is_truthy(encoding):
            encoding = ws.default_encoding
        if encoding != "buffer" and not is_encoding(encoding):
            raise node_error("ERR_UNKNOWN_ENCODING", encoding)
        if chunk.__class__ is str:
            if encoding == "buffer":
                raise node_error("ERR_UNKNOWN_ENCODING", encoding)
            if ws.decode_strings:
                chunk = encode(chunk, encoding)
                encoding = "buffer"
        elif chunk.__class__ is bytes:
            encoding = "buffer"
        else:
            chunk = as_bytes(chunk)
            encoding = "buffer"
    error = None
    if ws.ending:
        error = node_error("ERR_STREAM_WRITE_AFTER_END")
    elif ws.destroyed:
        error = node_error("ERR_STREAM_DESTROYED", "write")
    if error is not None:
        if callback is not None:
            next_tick(call, callback, error)
        error_or_destroy(stream, error, True)
        return error
    size = 1 if ws.object_mode else units(chunk) if chunk.__class__ is str else len(chunk)
    ws.accept(size)
    if ws.writing or ws.corked or ws.errored is not None or not ws.constructed:
        ws.queue.append(Queued(chunk, encoding, callback))
    else:
        ws.hand_over(size, callback)
        try:
            stream._write(chunk, encoding, stream._write_done)
        except TypeError:
            method(stream, "_write", "stream")
            raise
        ws.sync = False
    return ws.can_accept_more()


def _hand_over(
    stream: Any, ws: WritableState, size: int, chunk: Any, encoding: Any, callback: Callback | None
) -> None:
    """Give one chunk, or a QueuedList, to the subclass."""
    ws.hand_over(size, callback)
    if ws.destroyed:
        stream._write_done(node_error("ERR_STREAM_DESTROYED", "write"))
    else:
        is_list = chunk.__class__ is QueuedList
        try:
            if is_list:
                stream._writev(chunk, stream._write_done)
            else:
                stream._write(chunk, encoding, stream._write_done)
        except TypeError:
            method(stream, "_writev" if is_list else "_write", "stream")
            raise
    ws.sync = False


def _flush(stream: Any, ws: WritableState) -> None:
    """Hand the queue over: all at once to `_writev`, or one by one for as long as `_write` answers at once."""
    if ws.corked or ws.flushing or ws.destroyed or not ws.constructed or not ws.queue:
        return
    queue = ws.queue
    # Not undone by an exception of the subclass, nor in Node: then nothing more is handed over.
    ws.flushing = True
    if len(queue) > 1 and is_truthy(stream._writev):
        chunks = QueuedList(queue)
        chunks.all_buffers = all(entry.encoding == "buffer" for entry in chunks)
        wanted = any(entry.callback is not None for entry in chunks)
        ws.pending_callbacks -= len(chunks) - 1

        def all_callbacks(error: Any) -> None:
            for entry in queue:
                if entry.callback is not None:
                    call(entry.callback, error)

        _hand_over(stream, ws, ws.length, chunks, None, all_callbacks if wanted else None)
        # What `_writev` itself wrote before it returned is lost, as in Node.
        ws.queue = deque()
    else:
        while queue and not ws.writing:
            chunk, encoding, callback = queue.popleft()
            size = 1 if ws.object_mode else units(chunk) if chunk.__class__ is str else len(chunk)
            _hand_over(stream, ws, size, chunk, encoding, callback)
    ws.flushing = False


def _after_write_batch(stream: Any, ws: WritableState, batch: list[Any]) -> None:
    ws.batch = None
    _after_write(stream, ws, batch[0], batch[1])


def _after_write(stream: Any, ws: WritableState, callback: Callback | None, count: int) -> None:
    """What follows `count` writes that are through: 'drain', their callbacks, and perhaps the end."""
    ws.after_write = False
    if ws.need_drain and ws.length == 0 and not ws.ending and not ws.destroyed:
        ws.need_drain = False
        stream.emit("drain")
    for _ in range(count):
        ws.pending_callbacks -= 1
        if callback is not None:
            call(callback, None)
    if ws.destroyed:
        _fail_queue(ws)
    if ws.ending:
        _finish_maybe(stream, ws, True)


def _write_failed(stream: Any, ws: WritableState, error: Any, callback: Callback | None) -> None:
    ws.pending_callbacks -= 1
    if callback is not None:
        call(callback, error)
    # The callbacks of what is queued come before 'error'.
    _fail_queue(ws)
    error_or_destroy(stream, error)


def _fail_queue(ws: WritableState) -> None:
    """Call back what never got written, and the end() callbacks. All of it stays queued until that is over, and
    when a callback raises: `net.Socket.bytes_written` counts it."""
    if ws.writing:
        return
    queue = ws.queue
    index = 0
    while index < len(queue):
        chunk, _, callback = queue[index]
        index += 1
        ws.length -= 1 if ws.object_mode else units(chunk) if chunk.__class__ is str else len(chunk)
        if callback is not None:
            call(
                callback,
                ws.errored if ws.errored is not None else node_error("ERR_STREAM_DESTROYED", "write"),
            )
    callbacks, ws.finish_callbacks = ws.finish_callbacks, []
    for callback in callbacks:
        call(callback, ws.errored if ws.errored is not None else node_error("ERR_STREAM_DESTROYED", "end"))
    queue.clear()


def _may_finish(ws: WritableState) -> bool:
    return (
        ws.ending
        and ws.length == 0
        and not ws.writing
        and not ws.queue
        and not ws.flushing
        and not ws.finished
        and not ws.destroyed
        and ws.constructed
        and ws.errored is None
        and not ws.error_emitted
        and not ws.close_emitted
    )


def _finish_maybe(stream: Any, ws: WritableState, sync: bool = False) -> None:
    """Go on towards 'finish' if everything written is through; the last step waits a tick if `sync`."""
    if not _may_finish(ws):
        return
    if not ws.prefinished and not ws.final_called:
        if callable(stream._final) and not ws.destroyed:
            ws.final_called = True
            _call_final(stream, ws)
        else:
            ws.prefinished = True
            stream.emit("prefinish")
    if ws.pending_callbacks == 0:
        if sync:
            ws.pending_callbacks += 1
            next_tick(_finish_on_tick, stream, ws)
        elif _may_finish(ws):
            ws.pending_callbacks += 1
            _finish(stream, ws)


def _call_final(stream: Any, ws: WritableState) -> None:
    sync = True

    def done(error: Any = None, *_: Any) -> None:
        if not is_truthy(error):
            error = None
        if ws.prefinished:
            error_or_destroy(stream, error if error is not None else node_error("ERR_MULTIPLE_CALLBACK"))
            return
        ws.pending_callbacks -= 1
        if error is not None:
            callbacks, ws.finish_callbacks = ws.finish_callbacks, []
            for callback in callbacks:
                call(callback, error)
            error_or_destroy(stream, error, sync)
        elif _may_finish(ws):
            ws.prefinished = True
            stream.emit("prefinish")
            # 'finish' never comes in the turn of _final's callback.
            ws.pending_callbacks += 1
            next_tick(_finish, stream, ws)

    ws.pending_callbacks += 1
    try:
        stream._final(done)
    except Exception as error:
        done(error)
    sync = False


def _finish_on_tick(stream: Any, ws: WritableState) -> None:
    if _may_finish(ws):
        _finish(stream, ws)
    else:
        ws.pending_callbacks -= 1


def _finish(stream: Any, ws: WritableState) -> None:
    ws.pending_callbacks -= 1
    ws.finished = True
    callbacks, ws.finish_callbacks = ws.finish_callbacks, []
    for callback in callbacks:
        call(callback, None)
    stream.emit("finish")
    if ws.auto_destroy:
        # A duplex waits for its other half.
        rs = stream._readable_state
        if rs is None or (rs.auto_destroy and (rs.end_emitted or rs.readable is False)):
            stream.destroy()
