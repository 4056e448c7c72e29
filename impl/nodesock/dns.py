"""Mirrors dns.lookup of lib/dns.js, the resolver that net and dgram use: getaddrinfo on libuv's thread pool.

The answers keep the resolver's order (Node's "verbatim") unless `order` says otherwise. Addresses are never looked up.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from nodesock.bindings.cares_wrap import (
    AI_ADDRCONFIG,
    AI_ALL,
    AI_V4MAPPED,
    GetAddrInfoRequest,
    getaddrinfo,
    is_ip,
)
from nodesock.callables import call, drops_surplus
from nodesock.errors import dns_exception, node_error
from nodesock.inspect import UNDEFINED, inspect
from nodesock.process import process
from nodesock.runtime.ticks import next_tick
from nodesock.spelling import check_options
from nodesock.validators import (
    is_number,
    is_truthy,
    to_int32,
    validate_boolean,
    validate_function,
    validate_number,
    validate_one_of,
    validate_string,
)

__all__ = [
    "ADDRCONFIG",
    "ALL",
    "V4MAPPED",
    "LookupAddress",
    "get_default_result_order",
    "lookup",
    "set_default_result_order",
]

#: dns.ADDRCONFIG, dns.V4MAPPED, dns.ALL: the hints of `lookup`
ADDRCONFIG: Final = AI_ADDRCONFIG
V4MAPPED: Final = AI_V4MAPPED
ALL: Final = AI_ALL

_ORDERS: Final = ("verbatim", "ipv4first", "ipv6first")
_FAMILIES: Final = (0, 4, 6)
_FAMILY_NAMES: Final = {"IPv4": 4, "IPv6": 6}
_default_order = "verbatim"


class LookupAddress(NamedTuple):
    """One answer of a lookup with `all`."""

    address: str
    family: int


def set_default_result_order(order: Any = UNDEFINED) -> None:
    """dns.setDefaultResultOrder: 'verbatim', 'ipv4first' or 'ipv6first'. Raises ERR_INVALID_ARG_VALUE."""
    global _default_order
    validate_one_of(order, "dnsOrder", _ORDERS)
    _default_order = order


def get_default_result_order() -> str:
    """dns.getDefaultResultOrder."""
    return _default_order


def _given(value: object) -> bool:
    return value is not None and value is not UNDEFINED


@drops_surplus
def lookup(
    hostname: Any, options: Any = UNDEFINED, callback: Any = UNDEFINED, **named: Any
) -> GetAddrInfoRequest | None:
    """dns.lookup: `callback(err, address, family)`, or `callback(err, [LookupAddress, …])` with `all=True`.

    `options` is a family (0, 4, 6), a mapping, or left out for the callback; `family`, `hints`, `all`, `order` and
    `verbatim` may be given by name. An address answers itself, on the next tick. A failure is
    `getaddrinfo ENOTFOUND <hostname>`, in the callback. Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE.
    """
    family: Any = 0
    hints: Any = 0
    every: Any = False
    order = _default_order
    if is_truthy(hostname):
        validate_string(hostname, "hostname")
        if "\0" in hostname:
            raise node_error(
                "ERR_INVALID_ARG_VALUE", "hostname", hostname, "must be a string without null bytes"
            )
    if callable(options) and not isinstance(options, Mapping):
        callback = options
        family = 0
        options = named
    elif is_number(options):
        validate_function(callback, "callback")
        validate_one_of(options, "family", _FAMILIES)
        family = options
        options = named
    elif _given(options) and not isinstance(options, Mapping):
        validate_function(callback, "callback")
        raise node_error("ERR_INVALID_ARG_TYPE", "options", ["integer", "object"], options)
    else:
        validate_function(callback, "callback")
        options = named if not _given(options) else {**options, **named}
    check_options(options)
    if _given(options.get("hints", UNDEFINED)):
        hints = options["hints"]
        validate_number(hints, "options.hints")
        hints = to_int32(hints) & 0xFFFFFFFF
        if hints & ~(AI_ADDRCONFIG | AI_ALL | AI_V4MAPPED):
            raise node_error("ERR_INVALID_ARG_VALUE", "hints", hints)
    if _given(options.get("family", UNDEFINED)):
        family = (
            _FAMILY_NAMES.get(options["family"], options["family"])
            if _hashable(options["family"])
            else options["family"]
        )
        validate_one_of(family, "options.family", _FAMILIES)
    if _given(options.get("all", UNDEFINED)):
        every = options["all"]
        validate_boolean(every, "options.all")
    if _given(options.get("verbatim", UNDEFINED)):
        validate_boolean(options["verbatim"], "options.verbatim")
        order = "verbatim" if options["verbatim"] else "ipv4first"
    if _given(options.get("order", UNDEFINED)):
        validate_one_of(options["order"], "options.order", _ORDERS)
        order = options["order"]
    return _lookup(hostname, int(family), int(hints), every, order, callback)


def _hashable(value: object) -> bool:
    return isinstance(value, (str, int, float))


def _lookup(
    hostname: Any, family: int, hints: int, every: bool, order: str, callback: Callable[..., Any]
) -> GetAddrInfoRequest | None:
    answer = partial(call, callback)
    if not is_truthy(hostname):
        shown = hostname if isinstance(hostname, str) else inspect(hostname)
        process.emit_warning(
            f'The provided hostname "{shown}" is not a valid hostname, and is supported in the dns module solely for '
            "compatibility.",
            "DeprecationWarning",
            "DEP0118",
        )
        nothing: list[Any] = [[]] if every else [None, 6 if family == 6 else 4]
        next_tick(answer, None, *nothing)
        return None
    kind = is_ip(hostname)
    if kind:
        next_tick(answer, None, *([[LookupAddress(hostname, kind)]] if every else [hostname, kind]))
        return None

    def complete(err: int | None, addresses: list[str]) -> None:
        if err is not None:
            answer(dns_exception(err, "getaddrinfo", hostname))
            return
        found = _ordered([LookupAddress(address, family or is_ip(address)) for address in addresses], order)
        if every:
            answer(None, found)
        else:
            answer(None, found[0].address, found[0].family)

    request = getaddrinfo(hostname, family, hints, complete)
    if isinstance(request, int):
        next_tick(answer, dns_exception(request, "getaddrinfo", hostname))
        return None
    return request


def _ordered(found: list[LookupAddress], order: str) -> list[LookupAddress]:
    if order == "verbatim":
        return found
    first = 4 if order == "ipv4first" else 6
    return sorted(found, key=lambda answer: answer.family != first)
