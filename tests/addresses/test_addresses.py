"""BlockList, SocketAddress, is_ip and the module's settings, without sockets."""

from typing import Any

import pytest

from nodesock import net


def test_is_ip() -> None:
    assert [net.is_ip(text) for text in ("1.2.3.4", "::1", "fe80::1%lo", "1.2.3.04", "[::1]", "", None, 5)] == [
        4, 6, 6, 0, 0, 0, 0, 0,
    ]  # fmt: skip
    assert net.is_ip(b"1.2.3.4") == 4
    assert net.is_ipv4("1.2.3.4") and not net.is_ipv4("::1")
    assert net.is_ipv6("::1") and not net.is_ipv6("1.2.3.4")


@pytest.mark.parametrize(
    ("rule", "address", "family", "blocked"),
    [
        (("add_address", "1.2.3.4"), "1.2.3.4", "ipv4", True),
        (("add_address", "1.2.3.4"), "::ffff:1.2.3.4", "ipv6", True),
        (("add_address", "1.2.3.4"), "::ffff:1.2.3.4", "ipv4", False),
        (("add_address", "1.2.3.4"), "1.2.3.4", "IPv4", True),
        (("add_address", "1.2.3.4"), "1.2.3.4", "ipv5", False),
        (("add_address", "::ffff:1.2.3.4", "ipv6"), "1.2.3.4", "ipv4", True),
        (("add_range", "10.0.0.1", "10.0.0.9"), "10.0.0.9", "ipv4", True),
        (("add_range", "10.0.0.1", "10.0.0.9"), "10.0.0.10", "ipv4", False),
        (("add_range", "::1", "::ffff:9.9.9.9", "ipv6"), "1.2.3.4", "ipv4", False),
        (("add_range", "::1", "::ffff:9.9.9.9", "ipv6"), "::ffff:2.2.2.2", "ipv6", True),
        (("add_subnet", "1.2.3.4", 31), "1.2.3.5", "ipv4", True),
        (("add_subnet", "1.2.3.4", 31), "1.2.3.6", "ipv4", False),
        (("add_subnet", "0.0.0.0", 0), "::1", "ipv6", False),
        (("add_subnet", "::", 0, "ipv6"), "1.2.3.4", "ipv4", True),
        (("add_subnet", "2001:db8::", 33, "ipv6"), "2001:db8:8000::", "ipv6", False),
    ],
)
def test_block_list(rule: tuple[Any, ...], address: str, family: str, blocked: bool) -> None:
    blocks = net.BlockList()
    getattr(blocks, rule[0])(*rule[1:])
    assert blocks.check(address, family) is blocked


def test_rules_are_told_addresses_first_and_survive_json() -> None:
    blocks = net.BlockList()
    blocks.add_address("2001:DB8::1", "ipv6")
    blocks.add_range("10.0.0.1", "10.0.0.9")
    blocks.add_subnet(net.SocketAddress(address="192.168.1.77"), 24)
    assert blocks.rules == [
        "Address: IPv6 2001:db8::1",
        "Subnet: IPv4 192.168.1.77/24",
        "Range: IPv4 10.0.0.1-10.0.0.9",
    ]
    copy = net.BlockList()
    copy.from_json(blocks.to_json())
    assert copy.rules == blocks.rules


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("1.2.3.4:1234", "1.2.3.4", 1234),
        ("[2001:DB8::1]:1", "2001:db8::1", 1),
        ("1.2.3.4:80", "1.2.3.4", 0),
        ("4294967295", "255.255.255.255", 0),
        ("0x7f.0x0.01:7", "127.0.0.1", 7),
        ("user:pw@1.2.3.4:8/x", "1.2.3.4", 8),
        ("1.2.3.4.:7", "1.2.3.4", 7),
        ("１.2.3.4:5", "1.2.3.4", 5),
    ],
)
def test_parse(text: str, address: str, port: int) -> None:
    parsed = net.SocketAddress.parse(text)
    assert parsed is not None
    assert (parsed.address, parsed.port) == (address, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "::1",
        "junk",
        " 1.2.3.4",
        "256.1.1.1",
        "08.1.1.1",
        "1.2.3.4:65536",
        "1.2.3.4:+5",
        "[::1",
        "[::1%lo]",
    ],
)
def test_parse_gives_up(text: str) -> None:
    assert net.SocketAddress.parse(text) is None


def test_attempt_timeout_has_a_floor() -> None:
    before = net.get_default_auto_select_family_attempt_timeout()
    assert before == 250
    try:
        net.set_default_auto_select_family_attempt_timeout(1)
        assert net.get_default_auto_select_family_attempt_timeout() == 10
    finally:
        net.set_default_auto_select_family_attempt_timeout(before)
