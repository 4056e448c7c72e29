"""How a piece of JavaScript is written: names, constants, objects, functions, lines."""

import json
import math

from conformance.language.names import camel_case

#: Words that JavaScript does not allow as a variable, or that the generated program needs itself.
# fmt: off
RESERVED = frozenset(
    {
        "abstract", "arguments", "boolean", "byte", "case", "catch", "char", "const", "debugger",
        "default", "delete", "do", "double", "enum", "eval", "export", "extends", "final", "function",
        "goto", "implements", "instanceof", "int", "interface", "let", "native", "new", "null", "package",
        "private", "protected", "public", "short", "static", "super", "switch", "synchronized", "this",
        "throw", "throws", "transient", "true", "false", "typeof", "undefined", "var", "void", "volatile",
        "with", "yield", "Array", "Buffer", "Math", "Number", "Object", "Infinity", "NaN", "require",
        "module", "process",
    }
)
# fmt: on
SAFE_INTEGER = 2**53


def escape(name: str) -> str:
    """The JavaScript spelling of a Python variable."""
    return f"{name}_" if name in RESERVED else name


def literal(value: object) -> str:
    """A Python constant as JavaScript source; raises ``ValueError`` for what has no counterpart."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > SAFE_INTEGER:
            raise ValueError(f"the integer {value} is not exact in JavaScript")
        return str(value)
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, bytes):
        return f"$.latin1({json.dumps(value.decode('latin-1'))})"
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(item) for item in value)}]"
    if isinstance(value, dict):
        return object_literal(
            [(json.dumps(camel_case(str(key))), literal(item)) for key, item in value.items()]
        )
    raise ValueError(f"a {type(value).__name__} has no counterpart in JavaScript")


def object_literal(pairs: list[tuple[str, str]]) -> str:
    """A JavaScript object; a key ``...`` spreads its value."""
    if not pairs:
        return "{}"
    parts = []
    for key, value in pairs:
        if key == "...":
            parts.append(f"...{value}")
        else:
            parts.append(key if key == value else f"{key}: {value}")
    return f"{{ {', '.join(parts)} }}"


def template(text: str) -> str:
    """Plain text inside a template literal."""
    return json.dumps(text)[1:-1].replace('\\"', '"').replace("`", "\\`").replace("${", "\\${")


def with_defaults(function: str, defaults: list[tuple[str, str]]) -> str:
    """Defaults are evaluated once, where the function is defined, as Python does."""
    if not defaults:
        return function
    names, values = zip(*defaults, strict=True)
    body = function if function.startswith("(") else f"({function})"
    return f"(({', '.join(names)}) => {body})({', '.join(values)})"


def lines_of(text: str) -> list[str]:
    return text.split("\n")


def indent(lines: list[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]
