"""validators.py: what Node accepts and what it says to the rest."""

import functools
import math
from collections.abc import Callable

import pytest

from nodesock import validators as v
from nodesock.abort import AbortController
from nodesock.errors import NodeError
from nodesock.inspect import UNDEFINED


def refused(check: Callable[[], object]) -> tuple[str | None, str]:
    with pytest.raises(NodeError) as caught:
        check()
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize(
    ("port", "number"), [(0, 0), (80, 80), ("80", 80), ("0x1f90", 8080), (" 80 ", 80), (80.0, 80)]
)
def test_ports(port: object, number: int) -> None:
    assert v.validate_port(port) == number


@pytest.mark.parametrize(
    "port", [-1, 65536, 1.5, math.nan, math.inf, "abc", "", " ", "1_0", None, True, UNDEFINED, [], "1e9"]
)
def test_bad_ports(port: object) -> None:
    code, text = refused(lambda: v.validate_port(port))
    assert code == "ERR_SOCKET_BAD_PORT"
    assert text.startswith("Port should be >= 0 and < 65536. Received ")


def test_port_zero_may_be_refused() -> None:
    assert refused(lambda: v.validate_port(0, "Port", False)) == (
        "ERR_SOCKET_BAD_PORT",
        "Port should be > 0 and < 65536. Received type number (0).",
    )


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("0x10", 16),
        ("0b11", 3),
        ("0o17", 15),
        ("", 0),
        (None, 0),
        (True, 1),
        ("1.5", 1.5),
        (" 7\n", 7),
        ("-3", -3),
        ([], 0),
        (["0x10"], 16),
        (b"", 0),
        (b"7", 7),
        ([[8]], 8),
    ],
)
def test_to_number(value: object, number: float) -> None:
    assert v.to_number(value) == number


@pytest.mark.parametrize("value", ["x", "1_0", "0x", "inf", "nan", [1, 2], [True], {}, UNDEFINED, "1 2"])
def test_to_number_nan(value: object) -> None:
    assert math.isnan(v.to_number(value))


def test_numbers() -> None:
    v.validate_number(1.5, "a")
    v.validate_number(math.nan, "a")
    assert refused(lambda: v.validate_number(True, "a"))[0] == "ERR_INVALID_ARG_TYPE"
    assert refused(lambda: v.validate_number(-1, "a", 0))[1].endswith("It must be >= 0. Received -1")
    assert refused(lambda: v.validate_number(math.nan, "a", 0, 5))[1].endswith(
        "It must be >= 0 && <= 5. Received NaN"
    )
    assert refused(lambda: v.validate_integer(1.5, "a"))[1].endswith("It must be an integer. Received 1.5")
    assert refused(lambda: v.validate_int32(2**31, "a"))[1].endswith(
        "It must be >= -2147483648 && <= 2147483647. Received 2147483648"
    )
    assert refused(lambda: v.validate_uint32(0, "a", True))[1].endswith(
        "It must be >= 1 && <= 4294967295. Received 0"
    )
    assert refused(lambda: v.validate_finite_number(math.inf, "msecs"))[1].endswith(
        "It must be a non-negative finite number. Received Infinity"
    )


def test_kinds() -> None:
    v.validate_string("", "a")
    v.validate_boolean(False, "a")
    v.validate_function(print, "a")
    v.validate_object({}, "a")
    v.validate_array([], "a")
    v.validate_buffer(memoryview(b""), "a")
    for check, value in [
        (v.validate_string, b""),
        (v.validate_boolean, 1),
        (v.validate_function, None),
        (v.validate_object, None),
        (v.validate_object, []),
        (v.validate_object, print),
        (v.validate_array, {}),
        (v.validate_buffer, ""),
    ]:
        assert refused(functools.partial(check, value, "a"))[0] == "ERR_INVALID_ARG_TYPE"


def test_one_of() -> None:
    v.validate_one_of(4, "family", [0, 4, 6])
    assert refused(lambda: v.validate_one_of("x", "options.order", ["a", 1])) == (
        "ERR_INVALID_ARG_VALUE",
        "The property 'options.order' must be one of: 'a', 1. Received 'x'",
    )
    assert refused(lambda: v.validate_one_of(True, "family", [0, 1]))[0] == "ERR_INVALID_ARG_VALUE"


def test_abort_signal() -> None:
    v.validate_abort_signal(AbortController().signal)
    v.validate_abort_signal(UNDEFINED)
    assert refused(lambda: v.validate_abort_signal(5, "options.signal")) == (
        "ERR_INVALID_ARG_TYPE",
        'The "options.signal" property must be an instance of AbortSignal. Received type number (5)',
    )
