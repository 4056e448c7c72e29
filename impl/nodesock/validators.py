"""Mirrors lib/internal/validators.js: argument checks with Node's errors and texts.

Every function raises the NodeError that Node throws and returns None unless it says otherwise. `name` is the name Node
shows (`"options.port"`, camelCase). None is null, `UNDEFINED` is undefined.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from nodesock.errors import NodeTypeError, node_error
from nodesock.inspect import UNDEFINED, double, inspect, quote, to_text
from nodesock.spelling import check_options

__all__ = [
    "UNDEFINED",
    "is_number",
    "is_truthy",
    "is_uint32",
    "merge_options",
    "to_int32",
    "to_number",
    "validate_abort_signal",
    "validate_array",
    "validate_boolean",
    "validate_buffer",
    "validate_encoding",
    "validate_finite_number",
    "validate_function",
    "validate_int32",
    "validate_integer",
    "validate_number",
    "validate_object",
    "validate_one_of",
    "validate_port",
    "validate_string",
    "validate_uint32",
]

_MAX_SAFE = 2**53 - 1


def is_number(value: object) -> bool:
    """Whether JavaScript's typeof would say 'number': int or float, but not bool."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_truthy(value: Any) -> bool:
    """JavaScript's truth: only null, undefined, false, 0, NaN and '' are not true; an empty list is."""
    if value is None or value is False or value is UNDEFINED:
        return False
    if value is True:
        return True
    return bool(value) and value == value if isinstance(value, (int, float, str)) else True


def is_uint32(value: object) -> bool:
    """Whether the value is a whole number of 0 … 2**32-1."""
    return is_number(value) and double(value).is_integer() and 0 <= value <= 0xFFFFFFFF  # type: ignore[arg-type, operator]


def to_number(value: object) -> float:
    """JavaScript's `Number(value)`: text is parsed ('0x1f90', ' 80 '), None and [] are 0, a list of one is that one;
    other objects are NaN unless their text is a number."""
    if isinstance(value, (bool, int, float)):
        return int(value) if isinstance(value, int) and abs(value) <= _MAX_SAFE else double(value)
    if value is None:
        return 0
    text = to_text(value).strip()
    if not text:
        return 0
    if "_" in text or not text.isascii():  # Python's numbers, not JavaScript's
        return math.nan
    try:
        if text[:2].lower() in ("0x", "0o", "0b"):
            return int(text, 0)
        if text.lstrip("+-").lower() in ("inf", "infinity", "nan"):
            return float(text) if text.lstrip("+-") == "Infinity" else math.nan
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        return math.nan


def to_int32(value: Any) -> int:
    """JavaScript's `value | 0`."""
    number = to_number(value)
    if number != number or number in (float("inf"), float("-inf")):
        return 0
    whole = int(number) & 0xFFFFFFFF
    return whole - (1 << 32) if whole & 0x80000000 else whole


def to_uint32(value: Any) -> int:
    """JavaScript's `value >>> 0`."""
    return to_int32(value) & 0xFFFFFFFF


def merge_options(options: object, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a call: those in Node's place for them, if it is a mapping that stands there, and the keywords.

    Unknown ones are not looked at, as in Node, but for those in Node's spelling: they raise TypeError.
    """
    merged = dict(given) if options is None or not isinstance(options, Mapping) else {**options, **given}
    if merged:
        check_options(merged)
    return merged


def validate_number(
    value: object, name: str, minimum: float | None = None, maximum: float | None = None
) -> None:
    """A number within [minimum, maximum]; with a bound NaN is out of range as well."""
    if not is_number(value):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "number", value)
    number: Any = value
    if (
        (minimum is not None and number < minimum)
        or (maximum is not None and number > maximum)
        or ((minimum is not None or maximum is not None) and number != number)
    ):
        bounds = [f">= {inspect(minimum)}"] if minimum is not None else []
        bounds += [f"<= {inspect(maximum)}"] if maximum is not None else []
        raise node_error("ERR_OUT_OF_RANGE", name, " && ".join(bounds), value)


def validate_integer(value: object, name: str, minimum: int = -_MAX_SAFE, maximum: int = _MAX_SAFE) -> None:
    """A whole number within [minimum, maximum] (by default the safe integers)."""
    if not is_number(value):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "number", value)
    number: Any = value
    if not double(number).is_integer():
        raise node_error("ERR_OUT_OF_RANGE", name, "an integer", value)
    if number < minimum or number > maximum:
        raise node_error("ERR_OUT_OF_RANGE", name, f">= {minimum} && <= {maximum}", value)


def validate_int32(value: object, name: str, minimum: int = -(2**31), maximum: int = 2**31 - 1) -> None:
    """A whole number that fits a signed 32-bit integer."""
    validate_integer(value, name, minimum, maximum)


def validate_uint32(value: object, name: str, positive: bool = False) -> None:
    """A whole number that fits an unsigned 32-bit integer; with `positive` not 0."""
    validate_integer(value, name, 1 if positive else 0, 0xFFFFFFFF)


def validate_finite_number(value: object, name: str) -> None:
    """A non-negative finite number (a duration in ms)."""
    validate_number(value, name)
    number: Any = value
    if not (number >= 0 and math.isfinite(double(number))):
        raise node_error("ERR_OUT_OF_RANGE", name, "a non-negative finite number", value)


def validate_port(port: object, name: str = "Port", allow_zero: bool = True) -> int:
    """A port number or its text ('80', '0x50'); returns it as an int. Raises ERR_SOCKET_BAD_PORT."""
    if is_number(port) or (isinstance(port, str) and port.strip()):
        number = to_number(port)
        if number == number and not math.isinf(number) and float(number).is_integer():
            whole = int(number)
            if 0 <= whole <= 0xFFFF and (whole != 0 or allow_zero):
                return whole
    raise node_error("ERR_SOCKET_BAD_PORT", name, port, allow_zero)


def validate_string(value: object, name: str) -> None:
    """A str."""
    if not isinstance(value, str):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "string", value)


def validate_boolean(value: object, name: str) -> None:
    """A bool."""
    if not isinstance(value, bool):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "boolean", value)


def validate_function(value: object, name: str) -> None:
    """Anything callable."""
    if not callable(value):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "function", value)


def validate_object(value: object, name: str) -> None:
    """What takes the place of a JavaScript object that is no array and no function."""
    if (
        value is None
        or value is UNDEFINED
        or isinstance(value, (bool, int, float, str, list, tuple))
        or _is_plain_callable(value)
    ):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "object", value)


def _is_plain_callable(value: object) -> bool:
    return callable(value) and not isinstance(value, Mapping) and hasattr(value, "__name__")


def validate_array(value: object, name: str) -> None:
    """A list or tuple."""
    if not isinstance(value, (list, tuple)):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "Array", value)


def validate_buffer(value: object, name: str = "buffer") -> None:
    """Any bytes-like object."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise node_error("ERR_INVALID_ARG_TYPE", name, ["Buffer", "TypedArray", "DataView"], value)


def validate_one_of(value: object, name: str, allowed: Iterable[object]) -> None:
    """One of the listed values. Raises ERR_INVALID_ARG_VALUE."""
    allowed = list(allowed)
    if any(value is item or (type(value) is type(item) and value == item) for item in allowed):
        return
    shown = ", ".join(quote(item) if isinstance(item, str) else inspect(item) for item in allowed)
    raise node_error("ERR_INVALID_ARG_VALUE", name, value, f"must be one of: {shown}")


def validate_encoding(value: str, known: Iterable[str]) -> None:
    """A known encoding name. Raises ERR_UNKNOWN_ENCODING."""
    if value not in known:
        raise node_error("ERR_UNKNOWN_ENCODING", value)


class SignalLike:
    """An object that Node takes for an AbortSignal because it has `aborted`, and nothing else of one."""

    def __init__(self, value: Any) -> None:
        given = value if isinstance(value, Mapping) else vars(value)
        self.aborted = is_truthy(given.get("aborted"))
        self.reason = given.get("reason", UNDEFINED)
        self.value = value

    @property
    def add_event_listener(self) -> Any:
        """There is none, which is found out when one is to be added."""
        raise NodeTypeError("signal.addEventListener is not a function")


def validate_abort_signal(value: Any, name: str = "signal") -> Any:
    """An AbortSignal, or nothing at all (`UNDEFINED`). Returns it, as a SignalLike where it is only like one.

    Like Node, it asks for no more than `aborted`.
    """
    if value is UNDEFINED or (hasattr(value, "aborted") and hasattr(type(value), "add_event_listener")):
        return value
    if hasattr(value, "aborted") or (isinstance(value, Mapping) and "aborted" in value):
        return SignalLike(value)
    raise node_error("ERR_INVALID_ARG_TYPE", name, "AbortSignal", value)
