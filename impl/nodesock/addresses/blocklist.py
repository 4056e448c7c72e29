"""Mirrors Node's `net.BlockList`: single addresses, and rules over ranges and subnets.

Addresses are compared as numbers. An IPv4 address and an IPv6 address are comparable only when the latter is an
IPv4-mapped one (::ffff:a.b.c.d); otherwise no order holds between them, so no range contains the other kind.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from nodesock.addresses.json_text import parse_json
from nodesock.addresses.socket_address import SocketAddress, parse_address
from nodesock.callables import drops_surplus
from nodesock.errors import node_error
from nodesock.inspect import Insides, inspect
from nodesock.spelling import refuses_foreign_names
from nodesock.validators import UNDEFINED, validate_array, validate_int32, validate_string

_MAPPED_PREFIX = 0xFFFF << 32

_NAMES = {"ipv4": "IPv4", "ipv6": "IPv6"}

_V4 = r"IPv4 (\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})"
_V6 = r"IPv6 ([0-9a-fA-F:]{1,39})"

#: What from_json() looks for, anywhere in the text and in this order. A number that is too long is cut, and the dotted
#: tail of an IPv6 address is not understood: Node reads no more than its first digits, as hexadecimal.
_RULES = tuple(
    (family, kind, re.compile(pattern, re.ASCII))
    for family, address, prefix in (("ipv4", _V4, r"(\d{1,2})"), ("ipv6", _V6, r"(\d{1,3})"))
    for kind, pattern in (
        ("subnet", f"Subnet: {address}/{prefix}"),
        ("address", f"Address: {address}"),
        ("range", f"Range: {address}-{address.partition(' ')[2]}"),
    )
)


class _Point:
    """An address as the rules see it: family and number."""

    __slots__ = ("family", "number")

    def __init__(self, family: str, number: int) -> None:
        self.family = family
        self.number = number

    def difference(self, other: "_Point") -> int | None:
        """Negative, zero or positive as this address is before, at or after the other; None if they cannot
        be compared."""
        if self.family == other.family:
            return self.number - other.number
        mine, theirs = self.as_ipv4(), other.as_ipv4()
        return None if mine is None or theirs is None else mine - theirs

    def as_ipv4(self) -> int | None:
        if self.family == "ipv4":
            return self.number
        return self.number & 0xFFFFFFFF if self.number >> 32 == 0xFFFF else None


def _point(address: SocketAddress) -> _Point:
    return _Point(address._family, address._number)


def _single(point: _Point) -> int:
    """What equal addresses have in common: the number of the IPv6 address, the mapped one of an IPv4 address."""
    return point.number if point.family == "ipv6" else _MAPPED_PREFIX | point.number


class _Rule:
    """A subnet or a range; `key` is what it was made of."""

    __slots__ = ("key", "matches", "text")

    def __init__(self, text: str, key: tuple[Any, ...], matches: Callable[[_Point], bool]) -> None:
        self.text = text
        self.key = key
        self.matches = matches


@refuses_foreign_names
@drops_surplus
class BlockList:
    """A list of addresses, ranges and subnets that `server` and `socket` refuse. Mirrors `net.BlockList`."""

    #: the networks that are nobody's on the internet, for `add_cidrs`
    PRIVATE_RANGES: Final = (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "::1/128",
        "169.254.0.0/16",
        "fe80::/10",
        "fc00::/7",
    )

    def __init__(self) -> None:
        # all three oldest first
        self._addresses: dict[int, str] = {}  # each once, with the text it was given last
        self._subnets: list[_Rule] = []
        self._ranges: list[_Rule] = []

    @staticmethod
    def is_block_list(value: Any = None) -> bool:
        """Whether the value is a BlockList. Mirrors `BlockList.isBlockList()`."""
        return isinstance(value, BlockList)

    @property
    def rules(self) -> list[str]:
        """The rules as text, such as `Subnet: IPv6 8592:757c:efae:4e45::/64`: single addresses, each once, then
        subnets, then ranges, the newest of each kind first.

        Node's order of single addresses is arbitrary.
        """
        texts = [*self._ranges, *self._subnets]
        return [*reversed(self._addresses.values()), *(rule.text for rule in reversed(texts))]

    @property
    def size(self) -> int:
        """The number of rules. Mirrors `blockList.size`."""
        return len(self._addresses) + len(self._subnets) + len(self._ranges)

    def add_address(self, address: Any = UNDEFINED, family: Any = "ipv4") -> None:
        """Blocks one address: a SocketAddress, or text of `family`. Mirrors `blockList.addAddress()`.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (family) or ERR_INVALID_ADDRESS.
        """
        self._add_address(_to_address(address, family, "address"))

    def _add_address(self, address: SocketAddress) -> None:
        self._addresses[_single(_point(address))] = f"Address: {_describe(address)}"

    def add_addresses(self, addresses: Any = UNDEFINED, family: Any = "ipv4") -> None:
        """Blocks all of a list of addresses, or none if one is wrong. Mirrors `blockList.addAddresses()`.

        Raises as `add_address`.
        """
        validate_array(addresses, "addresses")
        validate_string(family, "family")
        wanted = [_to_address(item, family, f"addresses[{index}]") for index, item in enumerate(addresses)]
        for address in wanted:
            self._add_address(address)

    def remove_address(self, address: Any = UNDEFINED, family: Any = "ipv4") -> None:
        """Takes back what `add_address` was given. Mirrors `blockList.removeAddress()`.

        Raises as `add_address`.
        """
        self._addresses.pop(_single(_point(_to_address(address, family, "address"))), None)

    def add_range(self, start: Any = UNDEFINED, end: Any = UNDEFINED, family: Any = "ipv4") -> None:
        """Blocks the addresses from `start` to `end`, both included. Mirrors `blockList.addRange()`.

        Raises ERR_INVALID_ARG_VALUE when start comes after end, else as `add_address`.
        """
        first = _to_address(start, family, "start")
        last = _to_address(end, family, "end")
        low, high = _point(first), _point(last)
        order = low.difference(high)
        if order is not None and order > 0:
            raise node_error("ERR_INVALID_ARG_VALUE", "start", first, "must come before end")

        def matches(other: _Point) -> bool:
            after, before = other.difference(low), other.difference(high)
            return after is not None and before is not None and after >= 0 >= before

        text = f"Range: {_describe(first)}-{last.address}"
        self._ranges.append(_Rule(text, (_key(first), _key(last)), matches))

    def remove_range(self, start: Any = UNDEFINED, end: Any = UNDEFINED, family: Any = "ipv4") -> None:
        """Takes back the last `add_range` with this start and end. Mirrors `blockList.removeRange()`.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (family) or ERR_INVALID_ADDRESS.
        """
        key = (_key(_to_address(start, family, "start")), _key(_to_address(end, family, "end")))
        _remove_last(self._ranges, key)

    def add_subnet(self, net: Any = UNDEFINED, prefix: Any = UNDEFINED, family: Any = "ipv4") -> None:
        """Blocks a network of `prefix` leading bits, 0–32 for IPv4 and 0–128 for IPv6. Mirrors
        `blockList.addSubnet()`.

        Raises ERR_OUT_OF_RANGE for the prefix, else as `add_address`.
        """
        network, length = _to_subnet(net, prefix, family)
        is_ipv4 = network.family == "ipv4"
        shift = (32 if is_ipv4 else 128) - length
        wanted = network._number >> shift

        def matches(other: _Point) -> bool:
            if is_ipv4:
                number = other.as_ipv4()
                return number is not None and number >> shift == wanted
            return _single(other) >> shift == wanted

        text = f"Subnet: {_describe(network)}/{length}"
        self._subnets.append(_Rule(text, (_key(network), length), matches))

    def remove_subnet(self, net: Any = UNDEFINED, prefix: Any = UNDEFINED, family: Any = "ipv4") -> None:
        """Takes back the last `add_subnet` with this address and prefix. Mirrors `blockList.removeSubnet()`.

        Raises as `add_subnet`.
        """
        network, length = _to_subnet(net, prefix, family)
        _remove_last(self._subnets, (_key(network), length))

    def add_cidr(self, cidr: Any = UNDEFINED) -> None:
        """Blocks a network given as text such as `10.0.0.0/8`. Mirrors `blockList.addCIDR()`.

        Raises ERR_INVALID_ARG_VALUE where the prefix length is missing or no number, else as `add_subnet`.
        """
        self.add_subnet(*_parse_cidr(cidr, "cidr"))

    def add_cidrs(self, cidrs: Any = UNDEFINED) -> None:
        """Blocks a list of networks, such as `PRIVATE_RANGES`; none if one has no prefix length. Mirrors
        `blockList.addCIDRs()`.

        Raises as `add_cidr`.
        """
        validate_array(cidrs, "cidrs")
        for subnet in [_parse_cidr(cidr, f"cidrs[{index}]") for index, cidr in enumerate(cidrs)]:
            self.add_subnet(*subnet)

    def remove_cidr(self, cidr: Any = UNDEFINED) -> None:
        """Takes back a network given as text. Mirrors `blockList.removeCIDR()`. Raises as `add_cidr`."""
        self.remove_subnet(*_parse_cidr(cidr, "cidr"))

    def clear(self) -> None:
        """Takes all rules back. Mirrors `blockList.clear()`."""
        self._addresses.clear()
        self._subnets.clear()
        self._ranges.clear()

    def check(self, address: Any = UNDEFINED, family: Any = "ipv4") -> bool:
        """Whether a rule blocks the address (a SocketAddress, or text of `family`). Mirrors
        `blockList.check()`.

        A family that is not 'ipv4' counts as 'ipv6'. Text that is no address of the family is not blocked.
        Raises ERR_INVALID_ARG_TYPE.
        """
        if isinstance(address, SocketAddress):
            point = _point(address)
        else:
            validate_string(address, "address")
            validate_string(family, "family")
            name = "ipv4" if family.lower() == "ipv4" else "ipv6"
            parsed = parse_address(address, name)
            if parsed is None:
                return False
            point = _Point(name, parsed[1])
        if _single(point) in self._addresses:
            return True
        return any(rule.matches(point) for rules in (self._subnets, self._ranges) for rule in rules)

    def to_json(self) -> list[str]:
        """The rules, as `rules` gives them. Mirrors `blockList.toJSON()`."""
        return self.rules

    def from_json(self, data: Any = UNDEFINED) -> None:
        """Adds the rules that `to_json` gave: a list of strings, or its JSON text. Mirrors
        `blockList.fromJSON()`.

        Text that is no rule is passed over. Raises ERR_INVALID_ARG_TYPE for anything else, and what the
        `add_` methods raise.
        """
        if isinstance(data, str):
            data = parse_json(data)
        is_list = isinstance(data, Sequence) and not isinstance(data, (str, bytes, bytearray))
        if not is_list or not all(isinstance(item, str) for item in data):
            raise node_error("ERR_INVALID_ARG_TYPE", "data", ["string", "string[]"], data)
        for text in data:
            self._add_text(text)

    def _add_text(self, text: str) -> None:
        for family, kind, pattern in _RULES:
            if match := pattern.search(text):
                first, *second = match.groups()
                if kind == "subnet":
                    self.add_subnet(first, int(second[0]), family)
                elif kind == "address":
                    self.add_address(first, family)
                else:
                    self.add_range(first, second[0], family)
                return

    def __repr__(self) -> str:
        return inspect(self)

    def __node_inspect__(self) -> Insides:
        return Insides("BlockList", {"rules": self.rules}, too_deep="[BlockList]")


def _remove_last(rules: list[_Rule], key: tuple[Any, ...]) -> None:
    """Take back the newest rule that was made of `key`, if there is one."""
    for index in reversed(range(len(rules))):
        if rules[index].key == key:
            del rules[index]
            return


def _describe(address: SocketAddress) -> str:
    return f"{_NAMES[address.family]} {address.address}"


def _to_address(value: Any, family: Any, name: str) -> SocketAddress:
    if isinstance(value, SocketAddress):
        return value
    validate_string(value, name)
    validate_string(family, "family")
    return SocketAddress(address=value, family=family)


def _to_subnet(net: Any, prefix: Any, family: Any) -> tuple[SocketAddress, int]:
    network = _to_address(net, family, "network")
    validate_int32(prefix, "prefix", 0, 32 if network.family == "ipv4" else 128)
    return network, int(prefix)


def _key(address: SocketAddress) -> tuple[Any, ...]:
    """All of an address, its port included."""
    return tuple(address.to_json().values())


def _parse_cidr(cidr: Any, name: str) -> tuple[str, int, str]:
    """Address, prefix length and family of a text such as `10.0.0.0/8`."""
    validate_string(cidr, name)
    address, slash, length = cidr.rpartition("/")
    if not slash:
        raise node_error("ERR_INVALID_ARG_VALUE", "cidr", cidr, 'must contain a prefix length (e.g. "10.0.0.0/8")')
    if not re.fullmatch(r"0|-?[1-9][0-9]{0,20}", length):
        raise node_error("ERR_INVALID_ARG_VALUE", "cidr", cidr, "prefix length must be a valid integer")
    return address, int(length), "ipv6" if ":" in address else "ipv4"


def as_block_list(value: Any, name: str) -> BlockList:
    """The `block_list` option of sockets and servers. Raises ERR_INVALID_ARG_TYPE for anything but a
    BlockList."""
    if isinstance(value, BlockList):
        return value
    raise node_error("ERR_INVALID_ARG_TYPE", name, "net.BlockList", value)
