"""Mirrors lib/internal/net.js: net.isIP and its relatives."""

import socket
from typing import Any

from nodesock.bindings import cares_wrap
from nodesock.callables import drops_surplus


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("latin-1")
    if isinstance(value, (list, tuple)):  # as JavaScript makes text of an array
        return ",".join("" if item is None else _text(item) for item in value)
    return str(value)


@drops_surplus
def is_ip(input: Any = None) -> int:
    """4 or 6 for an IPv4 or IPv6 address (the latter may have a zone), 0 for anything else. Mirrors
    `net.isIP()`."""
    return cares_wrap.is_ip(_text(input))


@drops_surplus
def is_ipv4(input: Any = None) -> bool:
    """Whether the input is an IPv4 address in dotted form without leading zeros. Mirrors `net.isIPv4()`."""
    return cares_wrap.is_ip(_text(input)) == 4


@drops_surplus
def is_ipv6(input: Any = None) -> bool:
    """Whether the input is an IPv6 address, with or without a zone. Mirrors `net.isIPv6()`."""
    return cares_wrap.is_ip(_text(input)) == 6


def is_ipv6_link_local(address: Any) -> bool:
    """Whether it is an IPv6 address of fe80::/10, with or without a zone."""
    if not isinstance(address, str) or cares_wrap.is_ip(address) != 6:
        return False
    packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    return packed[0] == 0xFE and packed[1] & 0xC0 == 0x80
