"""inspect.py: plain values as Node 24.19 prints them (each text was printed by it)."""

import pytest

from nodesock.inspect import UNDEFINED, Insides, Symbol, format_text, inspect, received, to_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (UNDEFINED, "undefined"),
        (True, "true"),
        (5, "5"),
        (-0.0, "-0"),
        (5.0, "5"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (0.00001, "0.00001"),
        (1.5e-10, "1.5e-10"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ("x", "'x'"),
        ("a'b", '"a\'b"'),
        ("a\"'b", "`a\"'b`"),
        ("a`\"'b", "'a`\"\\'b'"),
        ("line\nb\tc", "'line\\nb\\tc'"),
        ("\x00\x1b", "'\\x00\\x1B'"),
        ([], "[]"),
        ([1, "a", None], "[ 1, 'a', null ]"),
        ({}, "{}"),
        ({"port": True}, "{ port: true }"),
        ({"x-y": 1, "": 2}, "{ 'x-y': 1, '': 2 }"),
        ({"allow_half_open": True}, "{ allowHalfOpen: true }"),
        ({"a": {"b": {"c": {"d": 1}}}}, "{ a: { b: { c: [Object] } } }"),
        (b"", "<Buffer >"),
        (b"ab", "<Buffer 61 62>"),
        (b"a" * 51, "<Buffer" + " 61" * 50 + " ... 1 more byte>"),
        (bytearray(2), "Uint8Array(2) [ 0, 0 ]"),
        (bytearray(7), "Uint8Array(7) [\n  0, 0, 0, 0,\n  0, 0, 0\n]"),
    ],
)
def test_inspect(value: object, text: str) -> None:
    assert inspect(value) == text


class _Texted:
    def __str__(self) -> str:
        return "its own"


class _Plain:
    pass


@pytest.mark.parametrize(
    ("value", "text", "formatted"),
    [
        ("a", "a", "a"),
        (None, "null", "null"),
        (UNDEFINED, "undefined", "undefined"),
        (True, "true", "true"),
        (-0.0, "0", "-0"),
        (1.5, "1.5", "1.5"),
        (b"bytes", "bytes", "bytes"),
        (bytearray(b"\1\2"), "1,2", "1,2"),
        ([None, UNDEFINED, [1, [2, {}]]], ",,1,2,[object Object]", "[ null, undefined, [Array] ]"),
        ({"a": {}, "b": {"c": 1}}, "[object Object]", "{ a: {}, b: [Object] }"),
        (_Texted(), "its own", "its own"),
        (_Plain(), "[object Object]", "_Plain {}"),
        (ValueError("boom"), "ValueError: boom", "[ValueError: boom]"),
    ],
)
def test_texts(value: object, text: str, formatted: str) -> None:
    assert to_text(value) == text
    assert format_text(value) == formatted


def test_long_objects_break() -> None:
    assert inspect({"port": 1, "host": "a" * 24, "b": "b" * 30}) == (
        "{\n  port: 1,\n  host: 'aaaaaaaaaaaaaaaaaaaaaaaa',\n  b: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'\n}"
    )


def test_circular() -> None:
    loop: list = []
    loop.append(loop)
    assert inspect(loop) == "<ref *1> [ [Circular *1] ]"
    outer: dict = {"a": {}}
    outer["a"] |= {"p": outer, "a": outer["a"]}
    assert inspect(outer) == "<ref *1> { a: <ref *2> { p: [Circular *1], a: [Circular *2] } }"


@pytest.mark.parametrize(
    ("depth", "text"),
    [(-1, "[Object]"), (0, "{ a: [X], b: Y }"), (1, "{ a: X { s: [Object], Symbol(t): 1 }, b: Y { c: [Array] } }")],
)
def test_objects_that_say_what_node_shows(depth: int, text: str) -> None:
    shown = {"a": Insides("X", {Symbol("t"): 1, "s": {"t": 1}}), "b": Insides("Y", {"c": [1]}, too_deep="Y")}
    assert inspect(shown, depth=depth) == text


def named() -> None:
    """A function with a name."""


class Foo:
    """A class of the user's."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, " Received null"),
        (UNDEFINED, " Received undefined"),
        (False, " Received type boolean (false)"),
        (5, " Received type number (5)"),
        (float("inf"), " Received type number (Infinity)"),
        ("x", " Received type string ('x')"),
        ("y" * 28, f" Received type string ('{'y' * 28}')"),
        ("y" * 29, f" Received type string ('{'y' * 25}...')"),
        ("a'b", ' Received type string ("a\'b")'),
        ([], " Received an instance of Array"),
        ({}, " Received an instance of Object"),
        (b"", " Received an instance of Buffer"),
        (bytearray(), " Received an instance of Uint8Array"),
        (memoryview(b""), " Received an instance of Uint8Array"),
        (named, " Received function named"),
        (lambda: None, " Received function "),
        (Foo, " Received function Foo"),
        (Foo(), " Received an instance of Foo"),
    ],
)
def test_received(value: object, text: str) -> None:
    assert received(value) == text


def test_undefined_is_one_and_false() -> None:
    assert type(UNDEFINED)() is UNDEFINED
    assert not UNDEFINED
