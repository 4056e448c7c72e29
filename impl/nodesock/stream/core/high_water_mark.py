"""Mirrors lib/internal/streams/state.js: the default high-water marks and how a stream's own is chosen."""

from collections.abc import Mapping
from typing import Any

from nodesock.callables import drops_surplus
from nodesock.errors import node_error
from nodesock.inspect import UNDEFINED, double
from nodesock.validators import is_truthy, validate_integer

#: by object mode: bytes, or objects
defaults = {False: 64 * 1024, True: 16}


@drops_surplus
def get_default_high_water_mark(object_mode: Any = False) -> int:
    """`stream.getDefaultHighWaterMark(objectMode)`: bytes, or objects in object mode."""
    return defaults[is_truthy(object_mode)]


@drops_surplus
def set_default_high_water_mark(object_mode: Any = UNDEFINED, value: Any = UNDEFINED) -> None:
    """`stream.setDefaultHighWaterMark(objectMode, value)`. Raises ERR_INVALID_ARG_TYPE or ERR_OUT_OF_RANGE."""
    validate_integer(value, "value", 0)
    defaults[is_truthy(object_mode)] = int(value)


def choose(options: Mapping[str, Any], object_mode: bool, key: str, node_key: str, is_duplex: bool) -> int:
    """The mark for one direction: `high_water_mark`, else (for a duplex) its own option, else the default.

    Raises ERR_INVALID_ARG_VALUE unless it is a whole number from 0 up.
    """
    mark = options.get("high_water_mark")
    if mark is None and is_duplex:
        mark = options.get(key)
    if mark is None:
        return defaults[object_mode]
    if isinstance(mark, bool) or not isinstance(mark, (int, float)) or mark < 0 or not double(mark).is_integer():
        name = f"options.{node_key}" if is_duplex else "options.highWaterMark"
        raise node_error("ERR_INVALID_ARG_VALUE", name, mark)
    return int(mark)
