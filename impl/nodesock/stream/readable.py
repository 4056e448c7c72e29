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

from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from nodesock.callables import adapt
from nodesock.errors import AbortError, node_error
from nodesock.runtime.ticks import next_tick, ticks
from nodesock.stream import pipe as piping
from nodesock.stream.destroy import construct, error_or_destroy, undestroy
from nodesock.stream.destroy import destroy as destroy_stream
from nodesock.stream.encodings import StringDecoder, decode, encode, make_decoder, slice_units, units
from nodesock.stream.legacy import Stream
from nodesock.stream.readable_state import ReadableState
from nodesock.stream.writable import CHUNK_TYPES, finish_init
from nodesock.validators import UNDEFINED

if TYPE_CHECKING:
    from nodesock.runtime.promises import Promise

_MAX_HIGH_WATER_MARK = 0x40000000

Listener = Callable[..., Any]


def init_readable(stream: "Readable", options: Mapping[str, Any], is_duplex: bool) -> None:
    """Give `stream` its readable side: record and hook from the options."""
    stream._readable_state = ReadableState(options, is_duplex)
    given = options.get("read")
    if callable(given):
        stream._read = adapt(given, 1)  # type: ignore[method-assign]


class Readable(Stream):
    """A source. Subclasses define `_read(size)` and, if they like, `_destroy(error, callback)`,
    `_construct(callback)`; or these are given as options without the underscore.

    Options: high_water_mark, encoding, object_mode, emit_close, auto_destroy, signal, read, destroy,
    construct. Sizes are bytes (UTF-16 code units after set_encoding), or objects in object mode. Mirrors `new
    stream.Readable(options)`.
    """

    _readable_state: ReadableState

    def __init__(self, options: Mapping[str, Any] | None = None, /, **given: Any) -> None:
        if options:
            given = {**options, **given}
        super().__init__(given)
        init_readable(self, given, False)
        finish_init(self, given)
        construct(self, self._readable_constructed)

    def _readable_constructed(self) -> None:
        rs = self._readable_state
        if rs.need_readable:
            _schedule_read_more(self, rs)

    # --- from the source
    # ---------------------------------------------------------------------------------------------

    def push(self, chunk: Any, encoding: str | None = None) -> bool:
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
            # The common case of _push_chunk, spelt out.
            rs.reading = rs.standing
            if rs.await_drain:
                rs.await_drain.clear()
            rs.data_emitted = True
            self.emit("data", chunk)
            if not rs.reading and not rs.reading_more and rs.constructed:
                rs.reading_more = True
                ticks.append((_read_more, (self, rs)))
            return not rs.ended and (rs.length == 0 or rs.length < rs.high_water_mark)
        return _push_chunk(self, rs, chunk, encoding)

    def unshift(self, chunk: Any, encoding: str | None = None) -> bool:
        """Put a chunk back in front of the buffer. Fails with ERR_STREAM_UNSHIFT_AFTER_END_EVENT after 'end'."""
        return _unshift_chunk(self, self._readable_state, chunk, encoding)

    def _read(self, size: int) -> Any:
        """Hook: bring data, at once or later, by push()."""
        raise node_error("ERR_METHOD_NOT_IMPLEMENTED", "_read()")

    # --- to the consumer
    # ---------------------------------------------------------------------------------------------

    def read(self, size: Any = None) -> Any:
        """Take `size` from the buffer, everything if None; None if there is not that much. 0 only stirs the
        machinery.

        In object mode it is always one object. Emits 'data' with what it returns.
        """
        rs = self._readable_state
        if size.__class__ is not int:
            size = _to_size(size)
        asked = size
        if size is not None:
            if size > rs.high_water_mark:
                rs.high_water_mark = _raise_high_water_mark(size)
            if size == 0:
                if rs.need_readable and (
                    rs.ended
                    or (rs.length >= rs.high_water_mark if rs.high_water_mark != 0 else rs.length > 0)
                ):
                    if rs.length == 0 and rs.ended:
                        _end(self, rs)
                    else:
                        _emit_readable(self, rs)
                    return None
            else:
                rs.emitted_readable = False
        else:
            rs.emitted_readable = False
        take = _how_much(rs, size)
        if take == 0 and rs.ended:
            if rs.length == 0:
                _end(self, rs)
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
                error_or_destroy(self, error)
            rs.sync = False
            if not rs.reading:
                take = _how_much(rs, asked)

        chunk = _take(rs, take) if take > 0 else None
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
                _end(self, rs)
        if chunk is not None and not rs.error_emitted and not rs.close_emitted:
            rs.data_emitted = True
            self.emit("data", chunk)
        return chunk

    def set_encoding(self, encoding: Any = None) -> Self:
        """Deliver strings from now on, what is buffered included. Raises ERR_UNKNOWN_ENCODING."""
        rs = self._readable_state
        decoder = make_decoder(encoding)
        rs.decoder = decoder
        rs.encoding = decoder.encoding
        rs.direct = False
        text = "".join([_decode_chunk(decoder, chunk) for chunk in rs.chunks])
        rs.chunks.clear()
        if text:
            rs.chunks.append(text)
        rs.length = units(text) if text else 0
        return self

    def pause(self) -> Self:
        """Stop the flow; emits 'pause' if it was not stopped already."""
        rs = self._readable_state
        if rs.flowing is not False:
            rs.flowing = False
            self.emit("pause")
        rs.paused = True
        return self

    def resume(self) -> Self:
        """Let it flow, from the next tick on; emits 'resume'. Without effect on the data while there are
        'readable' listeners.
        """
        rs = self._readable_state
        if not rs.flowing:
            # 'readable' listeners keep the say, but resume still reads and emits.
            rs.flowing = not rs.readable_listening
            if not rs.resume_scheduled:
                rs.resume_scheduled = True
                next_tick(_resume, self, rs)
        rs.paused = False
        return self

    def is_paused(self) -> bool:
        """Whether pause() or a 'readable' listener holds the stream."""
        rs = self._readable_state
        return rs.paused is True or rs.flowing is False

    def pipe(self, destination: Any, options: Mapping[str, Any] | None = None, *, end: Any = True) -> Any:
        """Write everything to `destination`, at its pace, and end it too unless `end` is False. Returns
        `destination`.
        """
        if options:
            end = options.get("end", end)
        return piping.pipe(self, destination, end is not False)

    def unpipe(self, destination: Any = None) -> Self:
        """Undo pipe() for one destination, or for all."""
        piping.unpipe(self, destination)
        return self

    # --- listeners that steer the flow
    # -------------------------------------------------------------------------------

    def on(self, event: Hashable, listener: Listener) -> Self:
        """`EventEmitter.on`; a 'data' listener starts the flow, a 'readable' listener takes it over."""
        super().on(event, listener)
        rs = self._readable_state
        if event == "data":
            rs.data_listening = True
            if "readable" in self._events:
                rs.readable_listening = True
            if rs.flowing is not False:
                self.resume()
        elif event == "readable":
            if not rs.end_emitted and not rs.readable_listening:
                rs.readable_listening = rs.need_readable = True
                rs.flowing = False
                rs.emitted_readable = False
                if rs.length:
                    _emit_readable(self, rs)
                elif not rs.reading:
                    next_tick(_first_read, self)
        return self

    def add_listener(self, event: Hashable, listener: Listener) -> Self:
        """The same as `on`."""
        return self.on(event, listener)

    def remove_listener(self, event: Hashable, listener: Listener) -> Self:
        """`EventEmitter.remove_listener`; without its last 'readable' listener the stream may flow again, from
        the next tick on.
        """
        super().remove_listener(event, listener)
        if event == "readable":
            next_tick(_readable_listeners_changed, self)
        elif event == "data" and "data" not in self._events:
            self._readable_state.data_listening = False
        return self

    def off(self, event: Hashable, listener: Listener) -> Self:
        """The same as `remove_listener`."""
        return self.remove_listener(event, listener)

    def remove_all_listeners(self, event: Hashable = UNDEFINED) -> Self:
        """`EventEmitter.remove_all_listeners`, with the effect of `remove_listener`."""
        super().remove_all_listeners(event)
        if event == "readable" or event is UNDEFINED:
            next_tick(_readable_listeners_changed, self)
        return self

    # --- destruction
    # -------------------------------------------------------------------------------------------------

    def destroy(self, error: Any = None, callback: Callable[..., Any] | None = None) -> Self:
        """Release the resource. Emits 'error' (if given) and 'close' on a later tick; no 'end'."""
        destroy_stream(self, error, callback)
        return self

    def _destroy(self, error: Any, callback: Callable[..., Any]) -> Any:
        """Hook: release the resource, then `callback(error)`."""
        callback(error)

    def _undestroy(self) -> None:
        undestroy(self)

    # --- async iteration
    # ---------------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[Any]:
        """Iterate over the chunks; leaving the loop early destroys the stream."""
        return self.iterator()

    def iterator(self, *, destroy_on_return: bool = True) -> AsyncIterator[Any]:
        """`readable.iterator(options)`: as `async for`, but without `destroy_on_return` leaving early keeps the
        stream.
        """
        from nodesock.stream.async_iterator import ReadableIterator

        return ReadableIterator(self, destroy_on_return)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.async_dispose()

    def async_dispose(self) -> "Promise":
        """`readable[Symbol.asyncDispose]()`: destroy, with AbortError unless it has ended; the promise resolves
        when it is closed.
        """
        from nodesock.runtime.promises import Promise
        from nodesock.stream.end_of_stream import finished

        error = None
        if not self.destroyed:
            error = None if self.readable_ended else AbortError()
            self.destroy(error)
        promise = Promise()

        def settled(failure: Any) -> None:
            if failure is not None and failure is not error:
                promise.reject(failure)
            else:
                promise.resolve(None)

        finished(self, settled)
        # Node's is an async method: one microtask more.
        return promise.then()

    # --- state
    # -------------------------------------------------------------------------------------------------------

    @property
    def readable(self) -> bool:
        """Whether read() may still bring something: not ended, destroyed or failed."""
        rs = self._readable_state
        return rs.readable is not False and not rs.destroyed and not rs.error_emitted and not rs.end_emitted

    @readable.setter
    def readable(self, value: Any) -> None:
        self._readable_state.readable = bool(value)

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
    def readable_flowing(self, value: bool | None) -> None:
        self._readable_state.flowing = value

    @property
    def readable_length(self) -> int:
        """Bytes (or code units, or objects) in the buffer."""
        return self._readable_state.length

    @property
    def readable_object_mode(self) -> bool:
        return self._readable_state.object_mode

    @property
    def readable_encoding(self) -> str | None:
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
        self._readable_state.destroyed = bool(value)
        self._readable_state.refresh_direct()

    @staticmethod
    def from_(iterable: Any, options: Mapping[str, Any] | None = None, /, **given: Any) -> "Readable":
        """`Readable.from(iterable, options)`: a stream of what an iterable, async iterable or a string or bytes
        yields.
        """
        from nodesock.stream.from_ import from_

        return from_(iterable, {**options, **given} if options else given)


# --- push
# ------------------------------------------------------------------------------------------------------------


def _push_chunk(stream: Readable, rs: ReadableState, chunk: Any, encoding: str | None) -> bool:
    if chunk is None:
        rs.reading = False
        _push_end(stream, rs)
        return False
    if rs.object_mode:
        rs.reading = False
        if rs.ended:
            error_or_destroy(stream, node_error("ERR_STREAM_PUSH_AFTER_EOF"))
            return False
        if rs.destroyed or rs.errored is not None:
            return False
        if rs.decoder is not None and not encoding and chunk.__class__ is not str:
            chunk = _decode_chunk(rs.decoder, chunk)
        _add(stream, rs, chunk, 1, False)
        return rs.can_push_more()

    if chunk.__class__ is str:
        encoding = encoding or rs.default_encoding
        if rs.encoding != encoding:
            chunk = encode(chunk, encoding)
            encoding = ""
    else:
        encoding = ""
        if chunk.__class__ is not bytes:
            try:
                chunk = memoryview(chunk).tobytes()
            except TypeError:
                error_or_destroy(stream, node_error("ERR_INVALID_ARG_TYPE", "chunk", CHUNK_TYPES, chunk))
                return False
    rs.reading = rs.standing
    if not chunk:
        _schedule_read_more(stream, rs)
        return rs.can_push_more()
    if rs.ended:
        error_or_destroy(stream, node_error("ERR_STREAM_PUSH_AFTER_EOF"))
        return False
    if rs.destroyed or rs.errored is not None:
        return False
    if rs.decoder is not None and not encoding:
        chunk = rs.decoder.write(chunk)
        if not chunk:
            _schedule_read_more(stream, rs)
            return rs.can_push_more()
    _add(stream, rs, chunk, units(chunk) if chunk.__class__ is str else len(chunk), False)
    return rs.can_push_more()


def _decode_chunk(decoder: StringDecoder, chunk: Any) -> str:
    """A string as it is, bytes decoded; raises ERR_INVALID_ARG_TYPE for an object of object mode."""
    if chunk.__class__ is str:
        return chunk
    try:
        return decoder.write(memoryview(chunk).tobytes())
    except TypeError:
        raise node_error("ERR_INVALID_ARG_TYPE", "buf", CHUNK_TYPES[1:], chunk) from None


def _unshift_chunk(stream: Readable, rs: ReadableState, chunk: Any, encoding: str | None) -> bool:
    if chunk is None:
        rs.reading = False
        _push_end(stream, rs)
        return False
    size = 1
    if not rs.object_mode:
        if chunk.__class__ is str:
            encoding = encoding or rs.default_encoding
            if rs.encoding != encoding:
                chunk = encode(chunk, encoding)
                if rs.encoding:
                    chunk = decode(chunk, rs.encoding)
        elif chunk.__class__ is not bytes:
            try:
                chunk = memoryview(chunk).tobytes()
            except TypeError:
                error_or_destroy(stream, node_error("ERR_INVALID_ARG_TYPE", "chunk", CHUNK_TYPES, chunk))
                return False
        if not chunk:
            return rs.can_push_more()
        size = units(chunk) if chunk.__class__ is str else len(chunk)
    if rs.end_emitted:
        error_or_destroy(stream, node_error("ERR_STREAM_UNSHIFT_AFTER_END_EVENT"))
    elif rs.destroyed or rs.errored is not None:
        return False
    else:
        _add(stream, rs, chunk, size, True)
    return rs.can_push_more()


def _add(stream: Readable, rs: ReadableState, chunk: Any, size: int, front: bool) -> None:
    """Emit the chunk if the stream flows freely, else buffer it."""
    if rs.flowing and rs.length == 0 and not rs.sync and rs.data_listening:
        if rs.await_drain:
            rs.await_drain.clear()
        rs.data_emitted = True
        stream.emit("data", chunk)
    else:
        rs.length += size
        if front:
            rs.chunks.appendleft(chunk)
        else:
            rs.chunks.append(chunk)
        if rs.need_readable:
            _emit_readable(stream, rs)
    _schedule_read_more(stream, rs)


def _push_end(stream: Readable, rs: ReadableState) -> None:
    if rs.ended:
        return
    if rs.decoder is not None:
        rest = rs.decoder.end()
        if rest:
            rs.chunks.append(rest)
            rs.length += 1 if rs.object_mode else units(rest)
    rs.ended = True
    rs.direct = False
    if rs.sync:
        _emit_readable(stream, rs)
    else:
        # The source speaks on its own: tell at once that there is nothing more to wait for.
        rs.need_readable = False
        rs.emitted_readable = True
        _readable_tick(stream, rs)


# --- ticks
# -----------------------------------------------------------------------------------------------------------


def _schedule_read_more(stream: Readable, rs: ReadableState) -> None:
    if not rs.reading_more and not rs.reading and rs.constructed:
        rs.reading_more = True
        next_tick(_read_more, stream, rs)


def _read_more(stream: Readable, rs: ReadableState) -> None:
    """Call `_read` until the buffer is full, the source is asynchronous, or nothing more comes."""
    while (
        not rs.reading
        and not rs.ended
        and (rs.length < rs.high_water_mark or (rs.flowing and rs.length == 0))
    ):
        before = rs.length
        stream.read(0)
        if rs.length == before:
            break
    rs.reading_more = False


def _emit_readable(stream: Readable, rs: ReadableState) -> None:
    rs.need_readable = False
    if not rs.emitted_readable:
        rs.emitted_readable = True
        next_tick(_readable_tick, stream, rs)


def _readable_tick(stream: Readable, rs: ReadableState) -> None:
    if not rs.destroyed and rs.errored is None and (rs.length or rs.ended):
        stream.emit("readable")
        rs.emitted_readable = False
    if not rs.flowing and not rs.ended and rs.length <= rs.high_water_mark:
        rs.need_readable = True
    _flow(stream, rs)


def _flow(stream: Readable, rs: ReadableState) -> None:
    while rs.flowing and stream.read() is not None:
        pass


def _resume(stream: Readable, rs: ReadableState) -> None:
    if not rs.reading:
        stream.read(0)
    rs.resume_scheduled = False
    stream.emit("resume")
    _flow(stream, rs)
    if rs.flowing and not rs.reading:
        stream.read(0)


def _first_read(stream: Readable) -> None:
    stream.read(0)


def _readable_listeners_changed(stream: Readable) -> None:
    rs = stream._readable_state
    rs.readable_listening = "readable" in stream._events
    if rs.resume_scheduled and rs.paused is False:
        rs.flowing = True
    elif rs.data_listening:
        stream.resume()
    elif not rs.readable_listening:
        rs.flowing = None


def _end(stream: Readable, rs: ReadableState) -> None:
    if not rs.end_emitted:
        rs.ended = True
        rs.direct = False
        next_tick(_end_tick, stream, rs)


def _end_tick(stream: Any, rs: ReadableState) -> None:
    if rs.errored is not None or rs.close_emitted or rs.end_emitted or rs.length:
        return
    rs.end_emitted = True
    stream.emit("end")
    ws = stream._writable_state
    if ws is not None and stream.writable and stream.allow_half_open is False:
        next_tick(_end_other_half, stream)
    elif rs.auto_destroy and (ws is None or (ws.auto_destroy and (ws.finished or ws.writable is False))):
        stream.destroy()


def _end_other_half(stream: Any) -> None:
    if stream.writable and not stream.writable_ended and not stream.destroyed:
        stream.end()


# --- the buffer
# ------------------------------------------------------------------------------------------------------


def _to_size(size: Any) -> int | None:
    """What JavaScript's parseInt makes of an argument of read(); None for NaN."""
    if size is None or isinstance(size, bool):
        return None
    try:
        return int(size)
    except (TypeError, ValueError, OverflowError):
        return None


def _raise_high_water_mark(size: int) -> int:
    """The next power of two: whoever asks for that much at once wants that much buffered."""
    if size > _MAX_HIGH_WATER_MARK:
        raise node_error("ERR_OUT_OF_RANGE", "size", "<= 1GiB", size)
    return 1 << (size - 1).bit_length()


def _how_much(rs: ReadableState, size: int | None) -> int:
    if rs.length == 0 and rs.ended:
        return 0
    if size is not None and size <= 0:
        return 0
    if rs.object_mode:
        return 1
    if size is None:
        if rs.flowing and rs.length:
            first = rs.chunks[0]
            return units(first) if first.__class__ is str else len(first)
        return rs.length
    if size <= rs.length:
        return size
    return rs.length if rs.ended else 0


def _take(rs: ReadableState, size: int) -> Any:
    """Remove `size` from the buffer, joined; None if it is empty. The caller adjusts `length`."""
    chunks = rs.chunks
    if rs.length == 0 or not chunks:
        return None
    if rs.object_mode:
        return chunks.popleft()
    text = rs.decoder is not None
    if size >= rs.length:
        if len(chunks) == 1 and not text:
            return chunks.popleft()
        whole = _join(chunks, text)
        chunks.clear()
        return whole
    parts = []
    while size:
        chunk = chunks.popleft()
        length = units(chunk) if chunk.__class__ is str else len(chunk)
        if length > size:
            if chunk.__class__ is str:
                chunks.appendleft(slice_units(chunk, size))
                chunk = slice_units(chunk, 0, size)
            else:
                chunks.appendleft(chunk[size:])
                chunk = chunk[:size]
            length = size
        parts.append(chunk)
        size -= length
    return parts[0] if len(parts) == 1 else _join(parts, text)


def _join(chunks: Iterable[Any], text: bool) -> Any:
    """One bytes object, or one string: bytes that were unshifted into a stream with an encoding become UTF-8
    text.
    """
    if text:
        return "".join([chunk if chunk.__class__ is str else decode(chunk) for chunk in chunks])
    return b"".join(chunks)
