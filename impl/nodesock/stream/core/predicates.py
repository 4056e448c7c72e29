"""Mirrors lib/internal/streams/utils.js: questions one may ask of anything that may be a stream.

Each answers None where the question makes no sense for the object. `strict=False` counts a side as over as
soon as nothing more can come of it, before its event.
"""

from collections.abc import Mapping
from typing import Any

from nodesock.callables import drops_surplus
from nodesock.stream.core.legacy import Stream


def is_node_stream(stream: Any) -> bool:
    """Whether it is a stream at all: ours, or anything with `on` and `write` or `pipe`."""
    if isinstance(stream, Stream):
        return True
    return callable(getattr(stream, "on", None)) and (
        callable(getattr(stream, "write", None)) or callable(getattr(stream, "pipe", None))
    )


def is_iterable(value: Any) -> bool:
    """Whether it can be iterated over as in JavaScript, where a plain object cannot."""
    if isinstance(value, Mapping):
        return False
    return hasattr(value, "__aiter__") or hasattr(value, "__iter__")


def has_readable_side(stream: Any, strict: bool = False) -> bool:
    """Whether it is a stream that can be read, now or once; if `strict`, one that can be paused, too."""
    if not callable(getattr(stream, "pipe", None)) or not callable(getattr(stream, "on", None)):
        return False
    if strict and not (
        callable(getattr(stream, "pause", None)) and callable(getattr(stream, "resume", None))
    ):
        return False
    rs, ws = readable_state(stream), writable_state(stream)
    return ws is None or (rs is not None and rs.readable is not False)


def has_writable_side(stream: Any) -> bool:
    """Whether it is a stream that can be written, now or once."""
    if not callable(getattr(stream, "write", None)) or not callable(getattr(stream, "on", None)):
        return False
    rs, ws = readable_state(stream), writable_state(stream)
    return rs is None or (ws is not None and ws.writable is not False)


def is_duplex(stream: Any) -> bool:
    """Whether it is a stream with both sides, one of which may be closed from the start."""
    return readable_state(stream) is not None and all(
        callable(getattr(stream, name, None)) for name in ("pipe", "on", "write")
    )


def readable_state(stream: Any) -> Any:
    return getattr(stream, "_readable_state", None)


def writable_state(stream: Any) -> Any:
    return getattr(stream, "_writable_state", None)


@drops_surplus
def is_destroyed(stream: Any = None) -> bool | None:
    """`stream.isDestroyed(stream)`."""
    if not is_node_stream(stream):
        return None
    state = writable_state(stream) or readable_state(stream)
    return bool(
        getattr(stream, "destroyed", False)
        or getattr(stream, "_was_destroyed", False)
        or (state is not None and state.destroyed)
    )


def is_writable_finished(stream: Any, strict: bool = True) -> bool | None:
    """Whether 'finish' has come, or is sure to."""
    ws = writable_state(stream)
    if not has_writable_side(stream) or ws is None:
        return None
    if ws.finished:
        return True
    if ws.errored is not None:
        return False
    return not strict and ws.ended and ws.length == 0


def is_readable_finished(stream: Any, strict: bool = True) -> bool | None:
    """Whether 'end' has come, or is sure to."""
    rs = readable_state(stream)
    if not has_readable_side(stream) or rs is None:
        return None
    if rs.errored is not None:
        return False
    return rs.end_emitted or (not strict and rs.ended and rs.length == 0)


@drops_surplus
def is_readable(stream: Any = None) -> bool | None:
    """`stream.isReadable(stream)`: whether data may still come."""
    readable = getattr(stream, "readable", None)
    if not isinstance(readable, bool):
        return None
    if is_destroyed(stream):
        return False
    return has_readable_side(stream) and readable and not is_readable_finished(stream)


@drops_surplus
def is_writable(stream: Any = None) -> bool | None:
    """`stream.isWritable(stream)`: whether it may still be written."""
    writable = getattr(stream, "writable", None)
    if not isinstance(writable, bool):
        return None
    if is_destroyed(stream):
        return False
    ws = writable_state(stream)
    return has_writable_side(stream) and writable and not (ws is not None and ws.ending)


def is_finished(stream: Any) -> bool | None:
    """Whether both sides, as far as there are two, are over."""
    if not is_node_stream(stream):
        return None
    if is_destroyed(stream):
        return True
    return is_readable(stream) is not True and is_writable(stream) is not True


def is_closed(stream: Any) -> bool | None:
    """Whether the resource is released."""
    state = writable_state(stream) or readable_state(stream)
    closed = getattr(stream, "closed", None)
    if isinstance(closed, bool):
        return closed
    return state.closed if state is not None else None


def will_emit_close(stream: Any) -> bool:
    """Whether 'close' is still to come, and of itself."""
    state = writable_state(stream) or readable_state(stream)
    return state is not None and state.auto_destroy and state.emit_close and not state.closed


@drops_surplus
def is_errored(stream: Any = None) -> bool:
    """`stream.isErrored(stream)`: whether 'error' has been emitted."""
    state = readable_state(stream) or writable_state(stream)
    return state is not None and state.error_emitted


@drops_surplus
def is_disturbed(stream: Any = None) -> bool:
    """`stream.isDisturbed(stream)`: whether it has been read from, or was cut off."""
    return bool(getattr(stream, "readable_did_read", False) or getattr(stream, "readable_aborted", False))


def errored(stream: Any) -> Any:
    """The error either side has failed with, or None."""
    for state in (writable_state(stream), readable_state(stream)):
        if state is not None and state.errored is not None:
            return state.errored
    return None
