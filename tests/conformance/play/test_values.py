"""Values in a trace: both sides encode the same value to the same JSON."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import pytest

from conformance.play.trace import Record
from conformance.play.values import digest, encode
from tests.conformance.both_sides import both_sides, write_cases

VALUES = """
@case(about="x")
def values(t):
    t.note("scalars", [None, True, False, 0, -5, 1.5, 2.0, 1e21, 1e-7, 9007199254740992, 9007199254740991.0 * 4])
    t.note("not finite", [float("nan"), float("inf"), -float("inf")])
    t.note("bytes", [b"", b"abc", bytes(range(100)), bytes(60), bytearray(3)])
    t.note("strings", ["", "é", "x" * 512, "x" * 513, "é" * 257, "😀" * 200, "\\x00\\u2028"])
    t.note("lists", [[], [1, [2, (3, 4)]], range(3)])
    t.note("objects", {"some_key": {"inner_key": [b"x"]}, "plain": None, "with space": 1})
    t.note("functions", [lambda: 1, t.note])
    t.note("classes", t.events)

@case(about="x")
def errors(t):
    error = t.error("plain")
    t.note("plain", error)
    error.code = "ECODE"
    error.local_address = "127.0.0.1"
    error.local_port = 5
    error.hostname = "h"
    error.port = None
    error.errors = [t.error("inner")]
    error.cause = t.error("cause " + "y" * 600)
    error.not_in_the_list = 1
    t.note("with keys", error)
    t.note("in a list", [error])

@case(about="x")
def deep(t):
    nested = []
    for i in range(12):
        nested = [nested]
    t.note("deep", nested)
"""


def test_both_sides_encode_alike(tmp_path: Path) -> None:
    source = VALUES.replace('    t.note("classes", t.events)\n', "")
    for name, (python, javascript) in both_sides(write_cases(tmp_path, source)).items():
        for ours, theirs in zip(python, javascript, strict=True):
            assert theirs == ours, (name, ours[0])


class _Info(NamedTuple):
    address: str
    local_port: int


@dataclasses.dataclass
class _Data:
    first_field: int


class _WithJson:
    def to_json(self) -> dict[str, int]:
        return {"flow_label": 1}


class _Named(AttributeError):
    name = "TypeError"


def _raised(code: str) -> BaseException:
    try:
        exec(code, {})  # noqa: S102 - constants of this file
    except Exception as error:  # noqa: BLE001 - the error is the result
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import socket; socket.nothing", "AttributeError"),
        ("(1).nothing", "AttributeError"),
        ("nothing", "NameError"),
        ("import nothing_here", "ModuleNotFoundError"),
        ("from socket import nothing", "ImportError"),
        ("def f():\n    del x\n    x = 1\nf()", "UnboundLocalError"),
        ("raise Exception('x')", "Error"),
        ("{}['x']", "KeyError"),
        ("b'\\xff'.decode()", "UnicodeDecodeError"),
    ],
)
def test_a_python_errors_class_is_its_class(code: str, name: str) -> None:
    assert encode(_raised(code))["$error"] == name


def test_an_error_that_has_a_name_of_its_own_goes_by_it() -> None:
    assert encode(_Named("x", name="nothing", obj=1))["$error"] == "TypeError"
    error = ValueError("x")
    error.name = "AbortError"  # type: ignore[attr-defined]
    assert encode(error)["$error"] == "AbortError"


class _Refused(ConnectionRefusedError):
    name = "Error"
    code = "ECONNREFUSED"

    def __init__(self) -> None:
        super().__init__(111, "connect ECONNREFUSED 127.0.0.1:1")
        self.message = "connect ECONNREFUSED 127.0.0.1:1"
        self.errno = 111
        self.syscall = "connect"
        self.address = "127.0.0.1"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (_Info("::1", 5), {"address": "::1", "localPort": 5}),
        (_Data(1), {"firstField": 1}),
        (_WithJson(), {"flowLabel": 1}),
        (object(), {"$ref": "<object>"}),
        (b"ab", {"$bytes": 2, "digest": digest(b"ab"), "head": "ab"}),
        (10**30, {"$num": str(10**30)}),
        (ValueError("v"), {"$error": "ValueError", "message": "v"}),
        (
            _Refused(),
            {
                "$error": "Error",
                "message": "connect ECONNREFUSED 127.0.0.1:1",
                "code": "ECONNREFUSED",
                "errno": -111,
                "syscall": "connect",
                "address": "127.0.0.1",
            },
        ),
        (OSError("no number"), {"$error": "OSError", "message": "no number"}),
    ],
)
def test_what_only_python_has(value: object, encoded: object) -> None:
    assert encode(value) == encoded


def test_watched_objects_are_references() -> None:
    watched, other = object(), {"a": 1}
    names = {id(watched): "client", id(other): "options"}
    assert encode([watched, {"socket": watched}, other], names) == [
        {"$ref": "client"},
        {"socket": {"$ref": "client"}},
        {"$ref": "options"},
    ]


def test_a_lone_surrogate_is_text_that_a_file_takes() -> None:
    record = Record.from_line(b'{"kind":"note","args":["\\ud800 and \\ud83d\\ude00",{"\\udfff":1}]}')
    assert record.args == ["\\ud800 and \N{GRINNING FACE}", {"\\udfff": 1}]
