"""Mirrors lib/internal/streams/readable.js: stream.Readable.

How data travels. The source answers `_read` with push(). If the stream flows, nothing is buffered and `_read`
is not on the stack, push() emits 'data' on the spot; otherwise the chunk is buffered and, if the consumer has
run dry, a tick emits 'readable' and lets a flowing stream flow. After a push one more tick (read-more) calls
`_read` until the buffer is full.

Who decides that it flows. `flowing` is None until somebody asks: a 'data' listener or resume() start it, on a
tick; pause() and a 'readable' listener hold it. While there are 'readable' listeners 'data' comes only from
read().

How it ends. push(None) sets `ended`; once the buffer is read empty a tick emits 'end', ends the other half of
a duplex that does not allow half-open, or auto-destroys.

Ticks, each queued at most once at a time: readable (`emitted_readable`), read-more (`reading_more`), resume
(`resume_scheduled`); the end tick may be queued more than once and emits once.
"""

from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from typing import Any, Self

from nodesock.callables import adapt, drops_surplus
from nodesock.code_units import units
from nodesock.encodings import make_decoder
from nodesock.errors import node_error
from nodesock.runtime.promises import Promise
from nodesock.runtime.ticks import next_tick, ticks
from nodesock.runtime.uv_loop import check_thread
from nodesock.spelling import refuses_foreign_names
from nodesock.stream.core import pipe as piping
from nodesock.stream.core.destroy import construct, error_or_destroy, undestroy
from nodesock.stream.core.destroy import destroy as destroy_stream
from nodesock.stream.core.legacy import Stream
from nodesock.stream.core.members import or_missing
from nodesock.stream.core.options import apply_shared_options
from nodesock.stream.core.readable_flow import (
    decode_chunk,
    emit_readable,
    end_readable,
    first_read_tick,
    how_much,
    push_chunk,
    raise_high_water_mark,
    read_more_tick,
    readable_listeners_changed,
    resume_tick,
    schedule_read_more,
    take_chunk,
    to_size,
    unshift_chunk,
)
from nodesock.stream.core.readable_state import ReadableState
from nodesock.validators import UNDEFINED, is_truthy, merge_options

Listener = Callable[..., Any]


def init_readable(stream: "Readable", options: Mapping[str, Any], is_duplex: bool) -> None:
    """Give `stream` its readable side: record and hook from the options."""
    stream._readable_state = ReadableState(options, is_duplex)
    if options and callable(given := options.get("read")):
        stream._read = adapt(given, 1)  # type: ignore[method-assign]


@refuses_foreign_names
@drops_surplus
class Readable(Stream):
    """A source. Subclasses define `_read(size)` and, if they like, `_destroy(error, callback)`,
    `_construct(callback)`; or these are given as options without the underscore.

    Options: high_water_mark, encoding, object_mode, emit_close, auto_destroy, signal, read, destroy,
    construct. Sizes are bytes (UTF-16 code units after set_encoding), or objects in object mode. Mirrors `new
    stream.Readable(options)`.
    """

    _readable_state: ReadableState
    _places = dict.fromkeys(("close", "error", "data", "end", "readable"), ())

    # Built on streams and put on by `nodesock.stream`, where each is found.
    map: Callable[..., "Readable"]
    filter: Callable[..., "Readable"]
    flat_map: Callable[..., "Readable"]
    drop: Callable[..., "Readable"]
    take: Callable[..., "Readable"]
    for_each: Callable[..., Promise]
    some: Callable[..., Promise]
    every: Callable[..., Promise]
    find: Callable[..., Promise]
    to_array: Callable[..., Promise]
    reduce: Callable[..., Promise]
    compose: Callable[..., Any]
    from_: Callable[..., "Readable"]
    wrap: Callable[..., Self]
    iterator: Callable[..., AsyncIterator[Any]]

    def __init__(self, options: Mapping[str, Any] | None = None, /, **given: Any) -> None:
        if options is not None or given:
            given = merge_options(options, given)
        super().__init__()
        init_readable(self, given, False)
        apply_shared_options(self, given)
        construct(self, self._readable_constructed)

    def _readable_constructed(self) -> None:
        rs = self._readable_state
        if rs.need_readable:
            schedule_read_more(self, rs)

    # --- from the source ----------------------------------------------------------------------------------

    def push(self, chunk: Any = b"", encoding: Any = None, *_: Any) -> bool:
        """For the source: deliver a chunk, or None at the end. False asks it to wait for the next `_read`."""
        rs = self._readable_state
        if (
            chunk.__class__ is bytes
            and rs.direct
            and rs.flowing
            and rs.data_listening
            and not rs.sync
            and not rs.length
            and chunk
        ):
            # The common case of push_chunk, spelt out. A source that stands, a socket, pushes from within the loop.
            if not rs.standing:
                check_thread()
            rs.reading = rs.standing
            if rs.await_drain:
                rs.await_drain.clear()
            rs.data_emitted = True
            self.emit("data", chunk)
            if not rs.reading and not rs.reading_more and rs.constructed:
                rs.reading_more = True
                ticks.append((read_more_tick, (self, rs)))
            return not rs.ended and (rs.length == 0 or rs.length < rs.high_water_mark)
        check_thread()
        return push_chunk(self, rs, chunk, encoding)

    def unshift(self, chunk: Any = b"", encoding: Any = None) -> bool:
        """Put a chunk back in front of the buffer. Fails with ERR_STREAM_UNSHIFT_AFTER_END_EVENT after 'end'."""
        check_thread()
        return unshift_chunk(self, self._readable_state, chunk, encoding)

    def _read(self, size: int) -> Any:
        """Hook: bring data, at once or later, by push()."""
        raise node_error("ERR_METHOD_NOT_IMPLEMENTED", "_read()")

    # --- to the consumer ----------------------------------------------------------------------------------

    def read(self, size: Any = None, *_: Any) -> Any:
        """Take `size` from the buffer, everything if None; None if there is not that much. 0 only stirs the
        machinery.

        In object mode it is always one object. Emits 'data' with what it returns.
        """
        check_thread()
        rs = self._readable_state
        if size.__class__ is not int:
            size = to_size(size)
        asked = size
        if size is not None:
            if size > rs.high_water_mark:
                rs.high_water_mark = raise_high_water_mark(size)
            if size == 0:
                if rs.need_readable and (
                    rs.ended
                    or (rs.length >= rs.high_water_mark if rs.high_water_mark != 0 else rs.length > 0)
                ):
                    if rs.length == 0 and rs.ended:
                        end_readable(self, rs)
                    else:
                        emit_readable(self, rs)
                    return None
            else:
                rs.emitted_readable = False
        else:
            rs.emitted_readable = False
        take = how_much(rs, size)
        if take == 0 and rs.ended:
            if rs.length == 0:
                end_readable(self, rs)
            return None

        # Refill first, so that a source that answers at once can serve this very call.
        wanted = rs.need_readable or rs.length == 0 or rs.length - take < rs.high_water_mark
        if wanted and not (
            rs.reading or rs.ended or rs.destroyed or rs.errored is not None or not rs.constructed
        ):
            rs.reading = rs.sync = True
            if rs.length == 0:
                rs.need_readable = True
            try:
                self._read(rs.high_water_mark)
            except Exception as error:
                error_or_destroy(self, or_missing(error, self, "_read", "this"))
            rs.sync = False
            if not rs.reading:
                take = how_much(rs, asked)

        chunk = take_chunk(rs, take) if take > 0 else None
        if chunk is None:
            rs.need_readable = rs.need_readable or rs.length <= rs.high_water_mark
            take = 0
        else:
            rs.length -= take
            if rs.await_drain:
                rs.await_drain.clear()
        if rs.length == 0:
            if not rs.ended:
                rs.need_readable = True
            elif asked != take:
                # Read past the last of it.
                end_readable(self, rs)
        if chunk is not None and not rs.error_emitted and not rs.close_emitted:
            rs.data_emitted = True
            self.emit("data", None if chunk is UNDEFINED else chunk)
        return chunk

    def set_encoding(self, encoding: Any = None) -> Self:
        """Deliver strings from now on, what is buffered included. Raises ERR_UNKNOWN_ENCODING."""
        rs = self._readable_state
        decoder = make_decoder(encoding)
        rs.decoder = decoder
        rs.encoding = decoder.encoding
        rs.direct = False
        text = "".join([decode_chunk(decoder, chunk) for chunk in rs.chunks])
        if rs.ended:  # nothing comes that could complete a character
            text += decoder.end()
        rs.chunks.clear()
        if text:
            rs.chunks.append(text)
        rs.length = units(text) if text else 0
        return self

    def pause(self, *_: Any) -> Self:
        """Stop the flow; emits 'pause' if it was not stopped already."""
        rs = self._readable_state
        check_thread()
        if rs.flowing is not False:
            rs.flowing = False
            self.emit("pause")
        rs.paused = True
        return self

    def resume(self, *_: Any) -> Self:
        """Let it flow, from the next tick on; emits 'resume'. Without effect on the data while there are
        'readable' listeners.
        """
        rs = self._readable_state
        check_thread()
        if not rs.flowing:
            # 'readable' listeners keep the say, but resume still reads and emits.
            rs.flowing = not rs.readable_listening
            if not rs.resume_scheduled:
                rs.resume_scheduled = True
                next_tick(resume_tick, self, rs)
        rs.paused = False
        return self

    def is_paused(self) -> bool:
        """Whether pause() or a 'readable' listener holds the stream."""
        rs = self._readable_state
        return rs.paused is True or rs.flowing is False

    def pipe(self, destination: Any = UNDEFINED, options: Any = None, **given: Any) -> Any:
        """Write everything to `destination`, at its pace, and end it too unless `end` is False. Returns
        `destination`.
        """
        check_thread()
        return piping.pipe(self, destination, merge_options(options, given).get("end") is not False)

    def unpipe(self, destination: Any = None) -> Self:
        """Undo pipe() for one destination, or for all."""
        check_thread()
        piping.unpipe(self, destination)
        return self

    # --- listeners that steer the flow --------------------------------------------------------------------

    def on(self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED, *_: Any) -> Self:
        """`EventEmitter.on`; a 'data' listener starts the flow, a 'readable' listener takes it over."""
        if event == "data" or event == "readable":
            check_thread()
        super().on(event, listener)
        rs = self._readable_state
        if event == "data":
            rs.data_listening = True
            rs.readable_listening = bool(self.listener_count("readable"))
            if rs.flowing is not False:
                self.resume()
        elif event == "readable":
            if not rs.end_emitted and not rs.readable_listening:
                rs.readable_listening = rs.need_readable = True
                rs.flowing = False
                rs.emitted_readable = False
                if rs.length:
                    emit_readable(self, rs)
                elif not rs.reading:
                    next_tick(first_read_tick, self)
        return self

    def add_listener(self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED) -> Self:
        """The same as `on`."""
        return _on(self, event, listener)

    def remove_listener(self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED, *_: Any) -> Self:
        """`EventEmitter.remove_listener`; without its last 'readable' listener the stream may flow again, from
        the next tick on.
        """
        if event == "readable":
            check_thread()
        super().remove_listener(event, listener)
        if event == "readable":
            next_tick(readable_listeners_changed, self)
        elif event == "data" and not self.listener_count("data"):
            self._readable_state.data_listening = False
        return self

    def off(self, event: Hashable = UNDEFINED, listener: Any = UNDEFINED) -> Self:
        """The same as `remove_listener`."""
        return _remove_listener(self, event, listener)

    def remove_all_listeners(self, event: Hashable = UNDEFINED) -> Self:
        """`EventEmitter.remove_all_listeners`, with the effect of `remove_listener`."""
        check_thread()
        super().remove_all_listeners(event)
        if event == "readable" or event is UNDEFINED:
            next_tick(readable_listeners_changed, self)
        return self

    # --- destruction --------------------------------------------------------------------------------------

    def destroy(self, error: Any = None, callback: Callable[..., Any] | None = None, *_: Any) -> Self:
        """Release the resource. Emits 'error' (if given) and 'close' on a later tick; no 'end'."""
        destroy_stream(self, error, callback)
        return self

    def _destroy(self, error: Any, callback: Callable[..., Any]) -> Any:
        """Hook: release the resource, then `callback(error)`."""
        callback(error)

    def _undestroy(self) -> None:
        undestroy(self)

    # --- async iteration ----------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[Any]:
        """Iterate over the chunks; leaving the loop early destroys the stream."""
        return Readable.iterator(self)

    def _capture_rejection(self, error: Any, *_: Any) -> None:
        """`capture_rejections`: what an async listener raises destroys the stream."""
        self.destroy(error)

    # --- state --------------------------------------------------------------------------------------------

    @property
    def readable(self) -> bool:
        """Whether read() may still bring something: not ended, destroyed or failed."""
        rs = self._readable_state
        return rs.readable is not False and not rs.destroyed and not rs.error_emitted and not rs.end_emitted

    @readable.setter
    def readable(self, value: Any) -> None:
        self._readable_state.readable = is_truthy(value)

    @property
    def readable_did_read(self) -> bool:
        """Whether 'data' has been emitted."""
        return self._readable_state.data_emitted

    @property
    def readable_aborted(self) -> bool:
        """Destroyed or failed before 'end'."""
        rs = self._readable_state
        return rs.readable is not False and (rs.destroyed or rs.errored is not None) and not rs.end_emitted

    @property
    def readable_high_water_mark(self) -> int:
        """The buffer's length at which push() asks the source to wait, in the unit of `readable_length`."""
        return self._readable_state.high_water_mark

    @property
    def readable_buffer(self) -> list[Any]:
        """What has been pushed and not been read."""
        return list(self._readable_state.chunks)

    @property
    def readable_flowing(self) -> bool | None:
        """None: not started; True: flowing; False: paused, or read through 'readable'."""
        return self._readable_state.flowing

    @readable_flowing.setter
    def readable_flowing(self, value: Any) -> None:
        self._readable_state.flowing = None if value is None else is_truthy(value)

    @property
    def readable_length(self) -> int:
        """Bytes (or code units, or objects) in the buffer."""
        return self._readable_state.length

    @property
    def readable_object_mode(self) -> bool:
        """Whether chunks are any values, each counted as one."""
        return self._readable_state.object_mode

    @property
    def readable_encoding(self) -> str | None:
        """The encoding of the strings that are read; None for bytes."""
        return self._readable_state.encoding

    @property
    def readable_ended(self) -> bool:
        """True from just before 'end'."""
        return self._readable_state.end_emitted

    @property
    def errored(self) -> Any:
        """The error this stream has failed with, or None."""
        return self._readable_state.errored

    @property
    def closed(self) -> bool:
        """True once the resource is released; 'close' follows."""
        return self._readable_state.closed

    @property
    def destroyed(self) -> bool:
        """True from destroy() on."""
        return self._readable_state.destroyed

    @destroyed.setter
    def destroyed(self, value: Any) -> None:
        self._readable_state.destroyed = is_truthy(value)
        self._readable_state.refresh_direct()


#: Readable's own, whatever a program has put in their place: `addListener` and `off` are other names of them
_on, _remove_listener = Readable.on, Readable.remove_listener
