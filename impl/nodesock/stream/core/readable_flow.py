"""Mirrors the inner half of lib/internal/streams/readable.js: what push() and read() do to the buffer, and the
ticks.

Functions of a stream and its record; readable.py is their only caller and holds the charter. They call back
into the stream by its public methods alone (`read`, `emit`, `resume`, `destroy`, `end`), which a subclass may
override.
"""

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any

from nodesock.code_units import slice_units, units
from nodesock.encodings import StringDecoder, decode, encode
from nodesock.errors import NodeError, NodeRangeError, NodeTypeError, node_error
from nodesock.inspect import UNDEFINED, to_text
from nodesock.runtime.ticks import next_tick
from nodesock.stream.core.chunks import CHUNK_TYPES, as_bytes
from nodesock.stream.core.destroy import error_or_destroy
from nodesock.stream.core.readable_state import ReadableState
from nodesock.validators import is_truthy

_MAX_HIGH_WATER_MARK = 0x40000000

_INTEGER = re.compile(r"\s*[+-]?[0-9]+")


# --- push -------------------------------------------------------------------------------------------------


def push_chunk(stream: Any, rs: ReadableState, chunk: Any, encoding: str | None) -> bool:
    if chunk is None:
        rs.reading = False
        _push_end(stream, rs)
        return False
    if rs.object_mode:
        if rs.ended:
            error_or_destroy(stream, node_error("ERR_STREAM_PUSH_AFTER_EOF"))
            return False
        if rs.destroyed or rs.errored is not None:
            return False
        rs.reading = False
        if rs.decoder is not None and not encoding and chunk.__class__ is not str:
            chunk = decode_chunk(rs.decoder, chunk)
        _add(stream, rs, chunk, 1, False)
        return rs.can_push_more()

    if chunk.__class__ is str:
        encoding = encoding if is_truthy(encoding) else rs.default_encoding
        if not isinstance(encoding, str) or rs.encoding != encoding:
            chunk = encode(chunk, encoding)
            encoding = ""
    else:
        encoding = ""
        if chunk.__class__ is not bytes:
            chunk = _as_bytes(stream, chunk)
            if chunk is None:
                return False
    if not chunk:
        rs.reading = rs.standing
        schedule_read_more(stream, rs)
        return rs.can_push_more()
    if rs.ended:
        error_or_destroy(stream, node_error("ERR_STREAM_PUSH_AFTER_EOF"))
        return False
    if rs.destroyed or rs.errored is not None:
        return False
    rs.reading = rs.standing
    if rs.decoder is not None and not encoding:
        chunk = rs.decoder.write(chunk)
        if not chunk:
            schedule_read_more(stream, rs)
            return rs.can_push_more()
    _add(stream, rs, chunk, units(chunk) if chunk.__class__ is str else len(chunk), False)
    return rs.can_push_more()


def _as_bytes(stream: Any, chunk: Any) -> bytes | None:
    """The bytes of a chunk, none of undefined; None if it is no chunk, which the stream is told."""
    try:
        return b"" if chunk is UNDEFINED else as_bytes(chunk)
    except NodeError as error:
        error_or_destroy(stream, error)
        return None


def decode_chunk(decoder: StringDecoder, chunk: Any) -> str:
    """A string as it is, bytes decoded; raises ERR_INVALID_ARG_TYPE for an object of object mode."""
    if chunk.__class__ is str:
        return chunk
    try:
        return decoder.write(memoryview(chunk).tobytes())
    except TypeError:
        raise node_error("ERR_INVALID_ARG_TYPE", "buf", CHUNK_TYPES[1:], chunk) from None


def unshift_chunk(stream: Any, rs: ReadableState, chunk: Any, encoding: str | None) -> bool:
    if chunk is None:
        rs.reading = False
        _push_end(stream, rs)
        return False
    size = 1
    if not rs.object_mode:
        if chunk.__class__ is str:
            encoding = encoding if is_truthy(encoding) else rs.default_encoding
            if not isinstance(encoding, str) or rs.encoding != encoding:
                chunk = encode(chunk, encoding)
                if rs.encoding:
                    chunk = decode(chunk, rs.encoding)
        elif chunk.__class__ is not bytes:
            chunk = _as_bytes(stream, chunk)
            if chunk is None:
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


def _add(stream: Any, rs: ReadableState, chunk: Any, size: int, front: bool) -> None:
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
            emit_readable(stream, rs)
    schedule_read_more(stream, rs)


def _push_end(stream: Any, rs: ReadableState) -> None:
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
        emit_readable(stream, rs)
    else:
        # The source speaks on its own: tell at once that there is nothing more to wait for.
        rs.need_readable = False
        rs.emitted_readable = True
        _readable_tick(stream, rs)


# --- ticks ------------------------------------------------------------------------------------------------


def schedule_read_more(stream: Any, rs: ReadableState) -> None:
    if not rs.reading_more and not rs.reading and rs.constructed:
        rs.reading_more = True
        next_tick(read_more_tick, stream, rs)


def read_more_tick(stream: Any, rs: ReadableState) -> None:
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


def emit_readable(stream: Any, rs: ReadableState) -> None:
    rs.need_readable = False
    if not rs.emitted_readable:
        rs.emitted_readable = True
        next_tick(_readable_tick, stream, rs)


def _readable_tick(stream: Any, rs: ReadableState) -> None:
    if not rs.destroyed and rs.errored is None and (rs.length or rs.ended):
        stream.emit("readable")
        rs.emitted_readable = False
    if not rs.flowing and not rs.ended and rs.length <= rs.high_water_mark:
        rs.need_readable = True
    _flow(stream, rs)


def _flow(stream: Any, rs: ReadableState) -> None:
    while rs.flowing and stream.read() is not None:
        pass


def resume_tick(stream: Any, rs: ReadableState) -> None:
    if not rs.reading:
        stream.read(0)
    rs.resume_scheduled = False
    stream.emit("resume")
    _flow(stream, rs)
    if rs.flowing and not rs.reading:
        stream.read(0)


def first_read_tick(stream: Any) -> None:
    stream.read(0)


def readable_listeners_changed(stream: Any) -> None:
    rs = stream._readable_state
    rs.readable_listening = bool(stream.listener_count("readable"))
    if rs.resume_scheduled and rs.paused is False:
        rs.flowing = True
    elif rs.data_listening:
        stream.resume()
    elif not rs.readable_listening:
        rs.flowing = None


def end_readable(stream: Any, rs: ReadableState) -> None:
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


# --- the buffer -------------------------------------------------------------------------------------------


def to_size(size: Any) -> int | None:
    """What JavaScript's parseInt makes of an argument of read(); None for NaN."""
    if isinstance(size, float):
        return int(size) if isfinite(size) else None
    digits = _INTEGER.match(to_text(size))
    return int(digits[0]) if digits else None


def raise_high_water_mark(size: int) -> int:
    """The next power of two: whoever asks for that much at once wants that much buffered."""
    if size > _MAX_HIGH_WATER_MARK:
        raise node_error("ERR_OUT_OF_RANGE", "size", "<= 1GiB", size)
    return 1 << (size - 1).bit_length()


def how_much(rs: ReadableState, size: int | None) -> int:
    if rs.length == 0 and rs.ended:
        return 0
    if size is not None and size <= 0:
        return 0
    if rs.object_mode:
        return 1
    if size is None:
        if rs.flowing and rs.length:
            if not rs.chunks:
                # A read() within _read has taken what the outer read() counts on.
                raise NodeTypeError("Cannot read properties of undefined (reading 'length')")
            first = rs.chunks[0]
            return units(first) if first.__class__ is str else len(first)
        return rs.length
    if size <= rs.length:
        return size
    return rs.length if rs.ended else 0


def take_chunk(rs: ReadableState, size: int) -> Any:
    """Remove `size` from the buffer, joined; None if it is empty. The caller adjusts `length`."""
    chunks = rs.chunks
    if rs.length == 0:
        return None
    if rs.object_mode:
        # set_encoding() counts the characters of what it joins to one object: beyond that there are undefined ones.
        return chunks.popleft() if chunks else UNDEFINED
    text = rs.decoder is not None
    if size >= rs.length:
        if len(chunks) == 1 and not text:
            return chunks.popleft()
        whole = _join(chunks, text)
        if not text and len(chunks) > 1 and len(whole) > rs.length:
            # Again a read() within _read: Node makes room for `length` bytes.
            raise NodeRangeError("offset is out of bounds")
        chunks.clear()
        return whole
    parts = []
    while size and chunks:
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
