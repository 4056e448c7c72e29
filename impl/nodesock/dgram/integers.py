"""JavaScript's conversions to 32-bit integers, as dgram uses them for ports, lengths and TTLs.

Unlike `validators.to_int32`, they keep all the bits of an int beyond 2**53.
"""

from typing import Any

from nodesock.validators import UNDEFINED, to_number


def to_uint32(value: Any) -> int:
    """JavaScript's `value >>> 0`."""
    if value is UNDEFINED:
        return 0
    if type(value) is not int:
        value = to_number(value)
        if value != value or value in (float("inf"), float("-inf")):
            return 0
    return int(value) & 0xFFFFFFFF


def to_int32(value: Any) -> int:
    """JavaScript's `value | 0`."""
    number = to_uint32(value)
    return number - 0x100000000 if number >= 0x80000000 else number
