"""Mirrors lib/internal/util/inspect.js as far as error texts need it: Python values shown as Node shows their likes.

`inspect(value)` is `util.inspect(value)`; `received(value)` is the ` Received …` tail of Node's argument errors.
None is null, `UNDEFINED` is undefined, str is a string, dict a plain object, list an array, bytes a Buffer.

An object that Node has too says by its method `__node_inspect__` what Node shows of it: an `Insides`. The method is
called when a text is made and not before, so it costs the object nothing.
"""

import math
import re
import types
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from nodesock.code_units import slice_units, units


class _Undefined:
    """JavaScript's undefined, where Node tells it from null. One instance, false in tests."""

    __slots__ = ()
    _only: "_Undefined | None" = None

    def __new__(cls) -> "_Undefined":
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"

    def __reduce__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = _Undefined()


class Symbol:
    """JavaScript's symbol: a unique name with a telling repr."""

    __slots__ = ("description",)

    def __init__(self, description: str) -> None:
        self.description = description

    def __repr__(self) -> str:
        return f"Symbol({self.description})"


class Insides:
    """What Node shows of an object: the name before its braces, and its properties by Node's names, str or Symbol.

    `too_deep` is for a class that has an inspect function of its own in Node: the text of an object that is nested too
    deep. Such a function shows the properties one level less deep, and apart from what surrounds the object.
    """

    __slots__ = ("name", "properties", "too_deep")

    def __init__(
        self, name: str, properties: Mapping[Any, Any] = MappingProxyType({}), too_deep: str | None = None
    ) -> None:
        self.name = name
        self.properties = properties
        self.too_deep = too_deep

    def __node_inspect__(self) -> "Insides":
        return self


class Array(list[Any]):
    """A list with properties besides its items, as a JavaScript array can have them."""

    def __init__(self, items: Iterable[Any], properties: Mapping[str | Symbol, Any]) -> None:
        super().__init__(items)
        self.properties = properties


#: filled by errors.py: what an error object shows besides its text
ERROR_KEYS_HOOK: list[Callable[[BaseException], Mapping[str, Any]]] = []

_BREAK_LENGTH = 80
_MAX_ITEMS = 100
_UNSEEN = ("Mn", "Me", "Cf", "Cc")  # Unicode categories of characters that take no room
_MAX_BYTES = 50
_LONE_SURROGATE = re.compile("[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")
_DEPTH = 2


def camel(name: str) -> str:
    """snake_case -> camelCase, for the keys of option objects that appear in Node's texts."""
    if "_" not in name.strip("_"):
        return name
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def double(value: int | float) -> float:
    """The number as JavaScript has it: an int beyond them all is an infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def number(value: int | float) -> str:
    """A number as JavaScript prints it: 5, 1.5, NaN, Infinity, -0, 1e+21."""
    if isinstance(value, int):
        return str(int(value)) if abs(value) <= 2**53 else number(double(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    text = repr(float(value))
    if "e" not in text:
        return text.removesuffix(".0")
    mantissa, _, exponent = text.partition("e")
    power = int(exponent)
    if 0 < power < 21:  # as many digits as tell it from its neighbours, and then zeros
        digits = mantissa.replace(".", "")
        return digits.ljust(power + 1 + (value < 0), "0")
    if -7 < power < 0:  # JavaScript writes 0.00001 where Python writes 1e-05
        digits = mantissa.replace(".", "").lstrip("-")
        return ("-" if value < 0 else "") + "0." + "0" * (-power - 1) + digits
    return f"{mantissa.removesuffix('.0')}e{'+' if power > 0 else '-'}{abs(power)}"


_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\"}


def quote(text: str) -> str:
    """A string in the quotes that Node picks: ' unless it holds one, then ", then `."""
    mark = "'"
    if "'" in text:
        if '"' not in text:
            mark = '"'
        elif "`" not in text and "${" not in text:
            mark = "`"
    out = []
    for char in text:
        if char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif char == mark:
            out.append("\\" + char)
        elif ord(char) < 32 or 127 <= ord(char) < 160:
            out.append(f"\\x{ord(char):02X}")
        else:
            out.append(char)
    return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):x}", f"{mark}{''.join(out)}{mark}")


def _quote_lines(text: str, indent: int) -> str:
    """`quote`; a long text of several lines is a sum with one line each."""
    if "\n" not in text or units(text) <= _BREAK_LENGTH - indent - 4:
        return quote(text)
    *whole, last = text.split("\n")
    lines = [f"{line}\n" for line in whole] + [last] * bool(last)
    return f" +\n{' ' * (indent + 2)}".join(map(quote, lines))


def _json_string(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def _key(name: object) -> str:
    if isinstance(name, Symbol):
        return repr(name)
    text = str(name)
    return text if text.isidentifier() else quote(text)


def _place(key: object) -> tuple[int, int]:
    """Where a property stands among the others."""
    text = str(key)
    if isinstance(key, Symbol) or not (text.isascii() and text.isdecimal()):
        return (2 if isinstance(key, Symbol) else 1), 0
    return (0, int(text)) if text == "0" or text[0] != "0" else (1, 0)


def function_name(value: object) -> str:
    """The JavaScript name of a function: '' for a lambda or a callable without one.

    A listener that nodesock adds itself has the name that Node's has in its place.
    """
    name = getattr(value, "__name__", "")
    return "" if name == "<lambda>" else str(name)


def named(value: Any, name: str) -> Any:
    """A lambda given as an option, with that name, as a function has it in JavaScript; any other value as it is."""
    if isinstance(value, types.FunctionType) and value.__name__ == "<lambda>":
        return types.FunctionType(value.__code__, value.__globals__, name, None, value.__closure__)
    return value


def _is_function(value: object) -> bool:
    return isinstance(
        value,
        (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.BuiltinMethodType, type),
    ) or (callable(value) and not hasattr(value, "emit") and hasattr(value, "__name__"))


def _lay_out(base: str, opening: str, parts: list[str], closing: str, indent: int) -> str:
    """`base { parts }`: on one line if it is short enough, else one part a line."""
    base = f"{base} " if base else ""
    if not parts:
        return f"{base}{opening}{closing}"
    width = sum(map(units, parts)) + 2 * len(parts) + indent + len(opening) + units(base.rstrip())
    if width + 10 <= _BREAK_LENGTH and not any("\n" in part for part in parts):
        return f"{base}{opening} {', '.join(parts)} {closing}"
    return _on_lines(f"{base}{opening}", parts, closing, indent)


def _on_lines(opening: str, parts: list[str], closing: str, indent: int) -> str:
    pad = "\n" + " " * indent
    return f"{opening}{pad}  " + f",{pad}  ".join(parts) + f"{pad}{closing}"


def _lay_out_array(base: str, opening: str, parts: list[str], values: Sequence[Any], indent: int) -> str:
    """As `_lay_out`; more than six short parts stand in columns, numbers to the right and others to the left."""
    has_more = len(values) > _MAX_ITEMS
    rows = _columns(parts[:_MAX_ITEMS], _are_numbers(values[: len(parts)]), indent) if len(parts) > 6 else None
    # Node asks whether there are as many rows as parts: then columns have not changed anything
    if rows is None or len(rows) + has_more == len(parts):
        return _lay_out(base, opening, parts, "]", indent)
    return _on_lines(f"{base} {opening}" if base else opening, rows + parts[_MAX_ITEMS:], "]", indent)


def _columns(parts: list[str], right: bool, indent: int) -> list[str] | None:
    """The parts in rows of equal columns, about 2.5 times as wide as high; None if they are too long for it."""
    widths = [_width(part) + 2 for part in parts]  # with ", "
    widest, total = max(widths), sum(widths)
    if widest * 3 + indent >= _BREAK_LENGTH or (total / widest <= 5 and widest > 8):
        return None
    # A few long parts among short ones do not make all columns as rare as they would be with long ones alone.
    typical = max(widest - 3 - math.sqrt(widest - total / len(parts)), 1)
    count = min(
        math.floor(math.sqrt(2.5 * typical * len(parts)) / typical + 0.5),
        (_BREAK_LENGTH - indent) // widest,
        12,
    )
    if count <= 1:
        return None
    columns = [max(widths[start::count]) for start in range(min(count, len(parts)))]
    rows = []
    for start in range(0, len(parts), count):
        row = []
        last = min(start + count, len(parts)) - 1
        for index in range(start, last + 1):
            gap = " " * (columns[index - start] - widths[index])
            text = parts[index] if index == last else f"{parts[index]}, "
            row.append(f"{gap}{text}" if right else text if index == last else f"{text}{gap}")
        rows.append("".join(row))
    return rows


def cut(text: str, longest: int, kept: int) -> str:
    """The text, or the first `kept` of its JavaScript units and dots if it has more than `longest`."""
    if units(text) <= longest:
        return text
    return slice_units(text, 0, kept) + "..."


def _width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    seen = (char for char in unicodedata.normalize("NFC", text) if unicodedata.category(char) not in _UNSEEN)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in seen)


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def inspect(value: object, *, depth: int = _DEPTH) -> str:
    """`util.inspect(value)`; what has no `__node_inspect__` shows as `ClassName {}` or its own repr."""
    return _Inspection(depth).show(value)


class _Inspection:
    """One call of `inspect`: where it is among what it shows, and what was met again inside itself."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._indent = 0
        #: the objects that it is inside of, the outermost first
        self._inside: list[int] = []
        #: the number of each object that was met inside itself
        self._circular: dict[int, int] = {}

    def show(self, value: object) -> str:
        if value is None:
            return "null"
        if value is UNDEFINED:
            return "undefined"
        if value is True or value is False:
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return number(value)
        if isinstance(value, str):
            return _quote_lines(value, self._indent)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return _inspect_bytes(value, self._indent)
        if isinstance(value, Symbol):
            return repr(value)
        if id(value) in self._inside:
            return f"[Circular *{self._circular.setdefault(id(value), len(self._circular) + 1)}]"
        if isinstance(value, BaseException):
            return self._error(value)
        if _is_function(value):
            return self._function(value)
        show = getattr(type(value), "__node_inspect__", None)
        if show is not None:
            return self._object(value, show(value))
        if isinstance(value, Mapping):
            names = {camel(str(key)): key for key in value}
            return self._braces(value, {name: value[key] for name, key in names.items()}, "[Object]")
        fields = getattr(value, "_fields", None)
        if isinstance(value, tuple) and fields:
            return self._braces(value, dict(zip(map(camel, fields), value, strict=True)), "[Object]")
        if isinstance(value, (list, tuple)):
            return self._list(value)
        if type(value).__repr__ is not object.__repr__:
            try:
                return repr(value)
            except Exception:
                pass
        return f"{type(value).__name__} {{}}"

    def _object(self, value: object, insides: Insides) -> str:
        if insides.too_deep is None:
            name = insides.name
            too_deep = name if name.startswith("[") else f"[{name or 'Object'}]"
            return self._braces(value, insides.properties, too_deep, name=name)
        if len(self._inside) > self._depth:
            return insides.too_deep
        apart = _Inspection(self._depth - 1).show(dict(insides.properties))
        return f"{insides.name} {apart}".replace("\n", "\n" + " " * self._indent)

    def _braces(
        self, value: object, properties: Mapping[Any, Any], too_deep: str, base: str = "", name: str = ""
    ) -> str:
        """`base name { key: value, … }`; `too_deep` where it is nested too deep, unless it is empty."""
        if properties and len(self._inside) > self._depth:
            return too_deep
        parts = self._within(value, lambda: self._pairs(properties))
        return _lay_out(self._referred(value, base), f"{name} {{" if name else "{", parts, "}", self._indent)

    def _list(self, value: Sequence[Any]) -> str:
        further = value.properties if isinstance(value, Array) else {}
        if (value or further) and len(self._inside) > self._depth:
            return "[Array]"
        items = self._within(
            value, lambda: [*map(self._nested, value[:_MAX_ITEMS]), *_more(value), *self._pairs(further)]
        )
        return _lay_out_array(self._referred(value), "[", items, value, self._indent)

    def _function(self, value: object) -> str:
        name = function_name(value)
        if isinstance(value, type):
            return f"[class {name}]"
        shown = f"[Function: {name}]" if name else "[Function (anonymous)]"
        listener = getattr(value, "listener", None)  # what `once` has wrapped
        return shown if listener is None else self._braces(value, {"listener": listener}, "[Function]", base=shown)

    def _error(self, error: BaseException) -> str:
        name = str(getattr(error, "name", type(error).__name__))
        code = getattr(error, "code", None)
        label = f"{name} [{code}]" if code and name != "SystemError" and str(code).startswith("ERR_") else name
        text = str(error)
        head = f"[{label}: {text}]" if text else f"[{label}]"
        own = ERROR_KEYS_HOOK[0](error) if ERROR_KEYS_HOOK else {}
        if not own:
            return head
        return _lay_out(head, "{", self._within(error, lambda: self._pairs(own)), "}", self._indent)

    def _within(self, value: object, show: Callable[[], list[str]]) -> list[str]:
        self._inside.append(id(value))
        parts = show()
        self._inside.pop()
        return parts

    def _nested(self, value: object) -> str:
        self._indent += 2
        shown = self.show(value)
        self._indent -= 2
        return shown

    def _pairs(self, properties: Mapping[Any, Any]) -> list[str]:
        """`key: value` of each, in JavaScript's order: numbers, then names as they came, then symbols."""
        return [f"{_key(key)}: {self._nested(properties[key])}" for key in sorted(properties, key=_place)]

    def _referred(self, value: object, base: str = "") -> str:
        """`base`, with `<ref *1>` before it if the value was met inside itself."""
        index = self._circular.get(id(value))
        return base if index is None else f"<ref *{index}> {base}".rstrip()


def to_text(value: object) -> str:
    """JavaScript's `String(value)`: a list is its items with commas, an object without a text [object Object]."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return "0" if value == 0 and value is not False else inspect(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (list, tuple, bytearray, memoryview)) and not hasattr(value, "_fields"):
        return ",".join("" if item is None or item is UNDEFINED else to_text(item) for item in value)
    if isinstance(value, BaseException):
        name, text = str(getattr(value, "name", type(value).__name__)), str(value)
        return f"{name}: {text}" if text else name
    if value is None or value is UNDEFINED or _is_function(value):
        return inspect(value)
    return str(value) if _has_own_text(value) else "[object Object]"


def format_text(value: object) -> str:
    """A value as Node's `%s` has it: objects without a text of their own are inspected, but not what is within them."""
    is_text = isinstance(value, memoryview) or _has_own_text(value)
    return to_text(value) if is_text else inspect(value, depth=0)


def _has_own_text(value: object) -> bool:
    """Whether the class has a text of its own (JavaScript's toString): no list, dictionary, number or function has."""
    return type(value).__str__ is not object.__str__ and not isinstance(value, BaseException)


def _more(value: Sequence[Any]) -> list[str]:
    more = len(value) - _MAX_ITEMS
    return [f"... {more} more item{'s' if more > 1 else ''}"] if more > 0 else []


def _inspect_bytes(value: bytes | bytearray | memoryview, indent: int) -> str:
    data = bytes(value)
    if isinstance(value, bytes):
        shown = " ".join(f"{byte:02x}" for byte in data[:_MAX_BYTES])
        more = len(data) - _MAX_BYTES
        tail = f" ... {more} more byte{'s' if more > 1 else ''}" if more > 0 else ""
        return f"<Buffer {shown}{tail}>"
    items = [str(byte) for byte in data[:_MAX_ITEMS]]
    return _lay_out_array("", f"Uint8Array({len(data)}) [", items + _more(data), data, indent)


def received(value: object) -> str:
    """The tail of Node's argument errors: ` Received type number (5)`, ` Received an instance of Array`, …"""
    if value is None or value is UNDEFINED:
        return f" Received {'null' if value is None else 'undefined'}"
    if isinstance(value, bool):
        return f" Received type boolean ({inspect(value)})"
    if isinstance(value, (int, float)):
        return f" Received type number ({number(value)})"
    if isinstance(value, str):
        shown = cut(value, 28, 25)
        return f" Received type string ({_json_string(shown) if chr(39) in shown else chr(39) + shown + chr(39)})"
    if _is_function(value):
        return f" Received function {function_name(value)}"
    return f" Received an instance of {class_name(value)}"


def class_name(value: object) -> str:
    """The JavaScript class of a Python value: Array, Object, Buffer, Uint8Array, Map … or its own class name."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return "Array"
    if isinstance(value, bytes):
        return "Buffer"
    if isinstance(value, (bytearray, memoryview)):
        return "Uint8Array"
    if isinstance(value, (set, frozenset)):
        return "Set"
    if type(value) is dict:
        return "Object"
    if isinstance(value, BaseException):
        return str(getattr(value, "name", type(value).__name__))
    return type(value).__name__
