"""Mirrors Node's `net.SocketAddress`: a validated, normalised, immutable socket address.

Numbers are kept beside the text, so that `net.BlockList` compares addresses without parsing them again.
"""

import re
import socket
import unicodedata
from typing import Any
from urllib.parse import unquote

from nodesock.callables import drops_surplus
from nodesock.errors import node_error
from nodesock.inspect import Insides, inspect
from nodesock.spelling import refuses_foreign_names
from nodesock.validators import (
    UNDEFINED,
    merge_options,
    validate_object,
    validate_port,
    validate_string,
    validate_uint32,
)

_FLOW_LABEL_MASK = 0xFFFFF
_DEFAULT_HTTP_PORT = 80


def parse_address(address: str, family: str) -> tuple[str, int] | None:
    """The normalised text and the number of an address of family 'ipv4' or 'ipv6'; None when it cannot be
    parsed."""
    domain = socket.AF_INET if family == "ipv4" else socket.AF_INET6
    if domain == socket.AF_INET6:
        address = address.partition("%")[0]
    try:
        packed = socket.inet_pton(domain, address)
    except (OSError, ValueError):
        return None
    return socket.inet_ntop(domain, packed), int.from_bytes(packed, "big")


@refuses_foreign_names
@drops_surplus
class SocketAddress:
    """A socket address: `address`, `port`, `family` ('ipv4' or 'ipv6') and `flowlabel`. Mirrors
    `net.SocketAddress`.

    The options are keyword arguments or one mapping. `address` defaults to 127.0.0.1, or :: when `family`
    is ipv6.

    Raises ERR_INVALID_ADDRESS for text that is no address of the family, ERR_SOCKET_BAD_PORT,
    ERR_INVALID_ARG_VALUE for another family and ERR_OUT_OF_RANGE for a flow label that does not fit 32
    bits.
    """

    __slots__ = ("_address", "_family", "_flowlabel", "_number", "_port")

    def __init__(
        self,
        options: Any = UNDEFINED,
        /,
        **keywords: Any,
    ) -> None:
        if options is not UNDEFINED:
            validate_object(options, "options")
        keywords = merge_options(options, keywords)
        family = keywords.get("family", UNDEFINED)
        if family is UNDEFINED:
            family = "ipv4"
        lowered = _family_of(family)
        address = keywords.get("address", UNDEFINED)
        if address is UNDEFINED:
            # Node takes a family in any letter case, but knows it here in two spellings only.
            address = "127.0.0.1" if family in ("ipv4", "IPv4") else "::"
        validate_string(address, "options.address")
        port = keywords.get("port", UNDEFINED)
        number = 0 if port is UNDEFINED else validate_port(port, "options.port")
        flowlabel = keywords.get("flowlabel", UNDEFINED)
        if flowlabel is UNDEFINED:
            flowlabel = 0
        validate_uint32(flowlabel, "options.flowlabel")
        parsed = parse_address(address, lowered)
        if parsed is None:
            raise node_error("ERR_INVALID_ADDRESS")
        self._address, self._number = parsed
        self._port = number
        self._family = lowered
        self._flowlabel = int(flowlabel) & _FLOW_LABEL_MASK if lowered == "ipv6" else 0

    @property
    def address(self) -> str:
        """The address as normalised text."""
        return self._address

    @property
    def port(self) -> int:
        """The port, 0 to 65535."""
        return self._port

    @property
    def family(self) -> str:
        """'ipv4' or 'ipv6'."""
        return self._family

    @property
    def flowlabel(self) -> int:
        """The IPv6 flow label; 0 for IPv4."""
        return self._flowlabel

    def to_json(self) -> dict[str, Any]:
        """The four fields as a plain dictionary. Mirrors `socketAddress.toJSON()`."""
        return {
            "address": self._address,
            "port": self._port,
            "family": self._family,
            "flowlabel": self._flowlabel,
        }

    @staticmethod
    def is_socket_address(value: Any = None) -> bool:
        """Whether the value is a SocketAddress. Mirrors `SocketAddress.isSocketAddress()`."""
        return isinstance(value, SocketAddress)

    @staticmethod
    def parse(input: Any = UNDEFINED) -> "SocketAddress | None":
        """Reads `ip[:port]`, as the host part of an http URL is read; None if it is no address.

        Raises ERR_INVALID_ARG_TYPE if the input is not a string. Mirrors `SocketAddress.parse()`; as there,
        port 80 comes back as 0, because it is the default port of the URL scheme used.
        """
        validate_string(input, "input")
        return _parse(input)

    def __repr__(self) -> str:
        return inspect(self)

    def __node_inspect__(self) -> Insides:
        return Insides("SocketAddress", self.to_json(), too_deep="[SocketAddress]")


def _family_of(family: Any) -> str:
    lowered = family.lower() if isinstance(family, str) else None
    if lowered not in ("ipv4", "ipv6"):
        raise node_error("ERR_INVALID_ARG_VALUE", "options.family", family)
    return lowered


def _parse(text: str) -> SocketAddress | None:
    text = re.sub(r"[\t\n\r]", "", text).rstrip("".join(map(chr, range(33))))
    authority = re.split(r"[/\\?#]", text, maxsplit=1)[0].rpartition("@")[2]
    match = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]+)(?::([0-9]*))?", authority)
    if match is None:
        return None
    host, port_text = match.groups()
    port = int(port_text or 0)
    if port > 65535:
        return None
    if port == _DEFAULT_HTTP_PORT:
        port = 0
    if host.startswith("["):
        if "%" in host or parse_address(host[1:-1], "ipv6") is None:
            return None
        return SocketAddress(address=host[1:-1], port=port, family="ipv6")
    number = _parse_url_ipv4(unicodedata.normalize("NFKC", unquote(host)))
    if number is None:
        return None
    return SocketAddress(address=socket.inet_ntop(socket.AF_INET, number.to_bytes(4, "big")), port=port)


def _parse_url_ipv4(host: str) -> int | None:
    """The IPv4 number parser of the URL standard: one to four parts, each decimal, octal (0…) or
    hexadecimal (0x…)."""
    parts = host.split(".")
    if len(parts) > 1 and parts[-1] == "":
        parts.pop()
    if len(parts) > 4:
        return None
    numbers = []
    for part in parts:
        value = _parse_url_number(part)
        if value is None:
            return None
        numbers.append(value)
    last = numbers.pop()
    if any(value > 255 for value in numbers) or last >= 256 ** (4 - len(numbers)):
        return None
    for index, value in enumerate(numbers):
        last += value << (8 * (3 - index))
    return last


def _parse_url_number(part: str) -> int | None:
    try:
        if not part.isascii() or not part.isalnum():
            return None
        if part[:2] in ("0x", "0X"):
            return int(part[2:], 16) if len(part) > 2 else 0
        if len(part) > 1 and part[0] == "0":
            return int(part, 8)
        return int(part, 10)
    except ValueError:
        return None
