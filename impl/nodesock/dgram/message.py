"""What a datagram can be made of: bytes-like objects, text, parts of them, and lists of them."""

from typing import Any, Final

from nodesock.encodings import encode
from nodesock.errors import node_error
from nodesock.validators import to_uint32

_TYPES: Final = ("string", "Buffer", "TypedArray", "DataView")


def as_message(value: Any) -> Any:
    """The bytes-like object to send for `value`. Raises ERR_INVALID_ARG_TYPE."""
    data = _as_bytes(value)
    if data is None:
        raise node_error("ERR_INVALID_ARG_TYPE", "buffer", _TYPES, value)
    return data


def cut(value: Any, offset: Any, length: Any) -> Any:
    """`length` bytes of a message from `offset` on; both are coerced as JavaScript does.

    Raises ERR_INVALID_ARG_TYPE, ERR_BUFFER_OUT_OF_BOUNDS.
    """
    data = as_message(value)
    start, size = to_uint32(offset), to_uint32(length)
    if start > len(data):
        raise node_error("ERR_BUFFER_OUT_OF_BOUNDS", "offset")
    if start + size > len(data):
        raise node_error("ERR_BUFFER_OUT_OF_BOUNDS", "length")
    return data[start : start + size]


def join(messages: Any) -> bytes:
    """The single datagram that a list of messages makes. Raises ERR_INVALID_ARG_TYPE."""
    parts = []
    for item in messages:
        data = None if isinstance(item, (list, tuple)) else _as_bytes(item)
        if data is None:
            raise node_error("ERR_INVALID_ARG_TYPE", "buffer list arguments", _TYPES, list(messages))
        parts.append(data)
    return b"".join(parts)


def _as_bytes(value: Any) -> Any:
    """`value` as a bytes-like object; None if it cannot be sent."""
    if isinstance(value, (bytes, bytearray)):
        return value
    if isinstance(value, str):
        return encode(value, "utf8")
    if isinstance(value, memoryview):
        return value.cast("B") if value.contiguous else value.tobytes()
    try:
        return memoryview(value).cast("B")
    except TypeError:
        return None
