"""What may be a chunk outside object mode: a string, or anything that holds bytes."""

from typing import Any

from nodesock.errors import node_error

#: as Node's errors list them
CHUNK_TYPES = ("string", "Buffer", "TypedArray", "DataView")


def as_bytes(chunk: Any) -> bytes:
    """The bytes of any bytes-like object; raises ERR_INVALID_ARG_TYPE for anything else."""
    try:
        return memoryview(chunk).tobytes()
    except TypeError:
        raise node_error("ERR_INVALID_ARG_TYPE", "chunk", CHUNK_TYPES, chunk) from None
