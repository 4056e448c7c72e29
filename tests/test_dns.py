"""dns.lookup: checked against what the same calls did in Node 24.19."""

import functools
from typing import Any

import pytest

from nodesock import dns
from nodesock.dns import LookupAddress
from nodesock.errors import NodeError, own_properties
from nodesock.inspect import UNDEFINED
from nodesock.process import process
from nodesock.runtime.loop import run
from nodesock.runtime.ticks import next_tick

pytestmark = pytest.mark.usefixtures("fresh_loop")


def answers(*calls: tuple) -> list:
    log: list = []

    def note(*args: object) -> None:
        log.append(args)

    def main() -> None:
        for number, call in enumerate(calls):
            arguments: list = [*call, functools.partial(note, number)]
            dns.lookup(*arguments)
        next_tick(log.append, "tick")

    run(main)
    return log


def test_addresses_answer_themselves_on_a_tick() -> None:
    assert answers(
        ("127.0.0.1",),
        ("127.0.0.1", 6),
        ("::1", {"all": True}),
        ("fe80::1%lo",),
        (None, 6),
        ("", {"all": True}),
    ) == [
        (0, None, "127.0.0.1", 4),
        (1, None, "127.0.0.1", 4),
        (2, None, [LookupAddress("::1", 6)]),
        (3, None, "fe80::1%lo", 6),
        (4, None, None, 6),
        (5, None, []),
        "tick",
    ]


def test_localhost() -> None:
    log = answers(("localhost", 4), ("localhost", {"all": True, "family": 4}))
    assert log[0] == "tick"
    assert sorted(log[1:]) == [(0, None, "127.0.0.1", 4), (1, None, [LookupAddress("127.0.0.1", 4)])]


def test_options_by_name() -> None:
    log: list = []
    run(lambda: dns.lookup("localhost", lambda *args: log.append(args), family="IPv4", all=True))
    assert log == [(None, [LookupAddress("127.0.0.1", 4)])]


def test_failure() -> None:
    log = answers(("a b",))
    error = log[1][1]
    assert log[1][2:] == (None, None)
    assert str(error) == "getaddrinfo ENOTFOUND a b"
    assert own_properties(error) == {
        "errno": -3008,
        "code": "ENOTFOUND",
        "syscall": "getaddrinfo",
        "hostname": "a b",
    }


def test_too_long_a_name_fails_on_a_tick() -> None:
    log = answers(("a" * 5000,))
    assert (log[0][1].code, log[1]) == ("EINVAL", "tick")


def test_an_empty_name_is_deprecated() -> None:
    warnings: list = []
    process._deprecations.clear()
    process.on("warning", lambda warning: warnings.append((warning.code, str(warning))))
    answers(("",), (None,))
    assert warnings == [
        (
            "DEP0118",
            'The provided hostname "" is not a valid hostname, and is supported in the dns module solely for '
            "compatibility.",
        )
    ]


def callback(*_: object) -> None:
    pass


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        (
            ("x",),
            "ERR_INVALID_ARG_TYPE",
            'The "callback" argument must be of type function. Received undefined',
        ),
        (
            (5, callback),
            "ERR_INVALID_ARG_TYPE",
            'The "hostname" argument must be of type string. Received type number (5)',
        ),
        (
            ("x", 5, callback),
            "ERR_INVALID_ARG_VALUE",
            "The argument 'family' must be one of: 0, 4, 6. Received 5",
        ),
        (
            ("x", "4", callback),
            "ERR_INVALID_ARG_TYPE",
            "The \"options\" argument must be of type object or integer. Received type string ('4')",
        ),
        (
            ("x", {"family": "x"}, callback),
            "ERR_INVALID_ARG_VALUE",
            "The property 'options.family' must be one of: 0, 4, 6. Received 'x'",
        ),
        (
            ("x", {"hints": 99999}, callback),
            "ERR_INVALID_ARG_VALUE",
            "The argument 'hints' is invalid. Received 99999",
        ),
        (
            ("x", {"hints": "a"}, callback),
            "ERR_INVALID_ARG_TYPE",
            "The \"options.hints\" property must be of type number. Received type string ('a')",
        ),
        (
            ("x", {"all": 5}, callback),
            "ERR_INVALID_ARG_TYPE",
            'The "options.all" property must be of type boolean. Received type number (5)',
        ),
        (
            ("x", {"order": "x"}, callback),
            "ERR_INVALID_ARG_VALUE",
            "The property 'options.order' must be one of: 'verbatim', 'ipv4first', 'ipv6first'. Received 'x'",
        ),
        (
            ("a\0b", callback),
            "ERR_INVALID_ARG_VALUE",
            "The argument 'hostname' must be a string without null bytes. Received 'a\\x00b'",
        ),
    ],
)
def test_arguments(args: tuple[Any, ...], code: str, text: str) -> None:
    with pytest.raises(NodeError) as caught:
        dns.lookup(*args)
    assert (caught.value.code, str(caught.value)) == (code, text)


def test_order() -> None:
    found = [LookupAddress("::1", 6), LookupAddress("127.0.0.1", 4), LookupAddress("::2", 6)]
    assert dns._ordered(found, "verbatim") == found
    assert [answer.family for answer in dns._ordered(found, "ipv4first")] == [4, 6, 6]
    assert [answer.address for answer in dns._ordered(found, "ipv6first")] == ["::1", "::2", "127.0.0.1"]
    dns.set_default_result_order("ipv4first")
    assert dns.get_default_result_order() == "ipv4first"
    dns.set_default_result_order("verbatim")
    with pytest.raises(NodeError):
        dns.set_default_result_order(UNDEFINED)  # type: ignore[arg-type]
