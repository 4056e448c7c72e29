"""Mirrors `JSON.parse`: the same values, and V8's error for a text that is not JSON.

`json` reads what is right. A text that it refuses is read once more, by the grammar and with the texts of V8, which
counts in UTF-16: a character beyond 16 bits is two.
"""

import json
import re
from typing import Any, NoReturn

from nodesock.errors import NodeSyntaxError

_SPACE = re.compile(r"[ \t\n\r]*")
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_AROUND = 10  # characters on each side of an unexpected one, if the text has more than 20


def parse_json(text: str) -> Any:
    """The value. Raises NodeSyntaxError."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError:
        _Reader(_utf16(text)).complain()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _utf16(text: str) -> str:
    """The text with each character beyond 16 bits as its two halves."""
    units = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(units[at] | units[at + 1] << 8) for at in range(0, len(units), 2))


def _whole(units: str) -> str:
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


class _Reader:
    """One pass over a text that is not JSON, up to its first fault."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def complain(self) -> NoReturn:
        """Raise the error."""
        self.value()
        if self.peek():
            self.fail("Unexpected non-whitespace character after JSON")
        raise AssertionError(f"no fault found in {self.text!r}")

    def fail(self, what: str) -> NoReturn:
        before = re.split(r"\r\n|\r|\n", self.text[: self.at])
        where = f"(line {len(before)} column {len(before[-1]) + 1})"
        raise NodeSyntaxError(f"{what} at position {self.at} {where}")

    def unexpected(self) -> NoReturn:
        """The error of a character that no rule names."""
        text, at = self.text, self.at
        if at >= len(text):
            raise NodeSyntaxError("Unexpected end of JSON input")
        if text[at] in "-0123456789":
            self.fail("Unexpected number in JSON")
        if text[at] == '"':
            self.fail("Unexpected string in JSON")
        if text in ("NaN", "Infinity", "undefined", "[object Object]"):
            raise NodeSyntaxError(f'"{text}" is not valid JSON')
        shown = f'"{_whole(text)}"'
        if len(text) > 2 * _AROUND:
            shown = f'"{_whole(text[max(at - _AROUND, 0) : at + _AROUND])}"'
            shown = ("..." if at >= _AROUND else "") + shown + ("..." if at + _AROUND < len(text) else "")
        raise NodeSyntaxError(f"Unexpected token '{text[at]}', {shown} is not valid JSON")

    def next(self) -> str:
        """The next character, '' at the end."""
        return self.text[self.at : self.at + 1]

    def peek(self) -> str:
        """The next character that is no space, '' at the end."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
        return self.next()

    def value(self) -> None:
        char = self.peek()
        if char == '"':
            self.string()
        elif char == "[":
            self.array()
        elif char == "{":
            self.object()
        elif char == "-" or "0" <= char <= "9":
            self.number()
        elif char in _LITERALS:
            for wanted in _LITERALS[char]:
                if self.next() != wanted:
                    self.unexpected()
                self.at += 1
        else:
            self.unexpected()

    def array(self) -> None:
        self.at += 1
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            self.value()
            char = self.peek()
            if char not in (",", "]"):
                self.fail("Expected ',' or ']' after array element in JSON")
            self.at += 1
            if char == "]":
                return

    def object(self) -> None:
        self.at += 1
        char = self.peek()
        if char == "}":
            self.at += 1
            return
        wanted = "property name or '}'"
        while True:
            if self.peek() != '"':
                self.fail(f"Expected {wanted} in JSON")
            wanted = "double-quoted property name"
            self.string()
            if self.peek() != ":":
                self.fail("Expected ':' after property name in JSON")
            self.at += 1
            self.value()
            char = self.peek()
            if char not in (",", "}"):
                self.fail("Expected ',' or '}' after property value in JSON")
            self.at += 1
            if char == "}":
                return

    def string(self) -> None:
        self.at += 1
        while (char := self.next()) != '"':
            if not char:
                self.fail("Unterminated string in JSON")
            if char < " ":
                self.fail("Bad control character in string literal in JSON")
            self.at += 1
            if char == "\\":
                self.escape()
        self.at += 1

    def escape(self) -> None:
        char = self.next()
        if not char:
            self.unexpected()
        if char not in '"\\/bfnrtu':
            self.fail("Bad escaped character in JSON")
        self.at += 1
        for _ in range(4 if char == "u" else 0):
            if not re.match("[0-9a-fA-F]", self.next()):
                self.fail("Bad Unicode escape in JSON")
            self.at += 1

    def number(self) -> None:
        if self.next() == "-":
            self.at += 1
            self.digit("No number after minus sign")
        if self.next() == "0":
            self.at += 1
            if self.next().isdigit():
                self.fail("Unexpected number in JSON")
        else:
            self.digits()
        if self.next() == ".":
            self.at += 1
            self.digit("Unterminated fractional number")
            self.digits()
        if self.next() in ("e", "E"):
            self.at += 1
            if self.next() in ("+", "-"):
                self.at += 1
            self.digit("Exponent part is missing a number")
            self.digits()

    def digit(self, fault: str) -> None:
        if not "0" <= self.next() <= "9":
            self.fail(f"{fault} in JSON")

    def digits(self) -> None:
        while "0" <= self.next() <= "9":
            self.at += 1
