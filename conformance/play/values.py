"""Values as they stand in a trace, from the Python side. ``node_fixtures/stage.js`` encodes the same way.

None is null; bytes, and strings over 512 UTF-8 bytes, are their length, a digest and a head; an error is
its class, its text and those of Node's own keys that it has, with ``errno`` negative as in Node; a watched
object is a reference by name, any other object a reference by class; dicts, dataclasses and named tuples
are objects with camelCase keys.
"""

import dataclasses
import functools
import hashlib
import math
import types
from collections.abc import Mapping
from typing import Any

from conformance.language.names import camel_case, snake_case

#: How many bytes or characters of a long value are shown.
HEAD = 48

#: The longest string, in UTF-8 bytes, that stands in the trace in full.
LONGEST = 512

#: Keys of an error beside its name and message, as Node spells them.
ERROR_KEYS = (
    "code",
    "errno",
    "syscall",
    "address",
    "port",
    "localAddress",
    "localPort",
    "hostname",
    "host",
    "info",
    "errors",
    "cause",
)

_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    functools.partial,
    type,
)
_EXACT = 2**53
_DEEPEST = 8


def digest(data: bytes) -> str:
    """The 16 hex digits that stand for ``data`` in a trace."""
    return hashlib.sha256(data).hexdigest()[:16]


def encode(value: Any, names: Mapping[int, str] | None = None, depth: int = 0) -> Any:
    """``value`` as JSON. ``names`` maps the ``id`` of watched objects to their names."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str):
        return _string(value)
    if names and id(value) in names:
        return {"$ref": names[id(value)]}
    if depth > _DEEPEST:
        return {"$ref": "<deep>"}
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        return {"$bytes": len(data), "digest": digest(data), "head": data[:HEAD].decode("latin-1")}
    if isinstance(value, BaseException):
        return _error(value, names, depth)
    if isinstance(value, _FUNCTIONS):
        return {"$function": True}
    if type(value).__name__ == "Symbol":
        return {"$symbol": value.description}
    fields = _fields(value)
    if fields is not None:
        return {camel_case(str(key)): encode(item, names, depth + 1) for key, item in fields.items()}
    if isinstance(value, list | tuple | range):
        return [encode(item, names, depth + 1) for item in value]
    to_json = getattr(value, "to_json", None)
    if callable(to_json) and not hasattr(value, "emit"):
        return encode(to_json(), names, depth + 1)
    return {"$function": True} if callable(value) else {"$ref": f"<{type(value).__name__}>"}


def _fields(value: Any) -> Mapping[Any, Any] | None:
    """The members of what is a plain object in Node, or None."""
    if isinstance(value, Mapping):
        return value
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    return None


def _number(value: float) -> Any:
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else {"$num": str(value)}
    if math.isnan(value):
        return {"$num": "NaN"}
    if math.isinf(value):
        return {"$num": "Infinity" if value > 0 else "-Infinity"}
    return int(value) if value.is_integer() and abs(value) <= _EXACT else value


def _string(text: str) -> Any:
    # A lone surrogate becomes U+FFFD, as in Node's UTF-8.
    data = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    if len(data) <= LONGEST:
        return text
    return {"$string": len(data), "digest": digest(data), "head": text[:HEAD]}


def _says_what_was_missing(error: BaseException) -> bool:
    """Whether the ``name`` of an error is Python's, of the name that was not found, and not Node's, of the class."""
    owner = next((cls for cls in type(error).__mro__ if "name" in vars(cls)), None)
    return owner in (AttributeError, ImportError, NameError)


def _error(error: BaseException, names: Mapping[int, str] | None, depth: int) -> dict[str, Any]:
    name = getattr(error, "name", None)
    if not isinstance(name, str) or _says_what_was_missing(error):
        name = "Error" if type(error) is Exception else type(error).__name__
    message = getattr(error, "message", None)
    encoded = {"$error": name, "message": _string(message if isinstance(message, str) else str(error))}
    for key in ERROR_KEYS:
        value = getattr(error, snake_case(key), None)
        if value is None and key not in vars(error):
            continue
        if value is None and key in ("code", "errno"):
            continue
        if key == "errno" and isinstance(value, int):
            value = -abs(value)
        encoded[key] = encode(value, names, depth + 1)
    return encoded
