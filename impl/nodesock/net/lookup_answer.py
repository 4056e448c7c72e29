"""What a lookup function answers, as the loops of lib/net.js read it: `dns.lookup`, or one of the caller's own."""

from collections.abc import Mapping
from typing import Any

from nodesock.addresses.ip import is_ipv6_link_local
from nodesock.errors import NodeTypeError, property_error
from nodesock.validators import UNDEFINED


def address_and_family(item: Any) -> tuple[Any, Any]:
    """`address` and `family` of one answer, a mapping or an object; UNDEFINED where it has none."""
    if isinstance(item, Mapping):
        return item.get("address", UNDEFINED), item.get("family", UNDEFINED)
    return getattr(item, "address", UNDEFINED), getattr(item, "family", UNDEFINED)


def address_to_listen_on(answers: Any) -> tuple[Any, Any]:
    """The first answer that is not an IPv6 link-local address, else the first one. Raises TypeError as JavaScript."""
    if not isinstance(answers, (list, tuple, str)):
        raise NodeTypeError("addresses is not iterable")
    for item in answers:
        if item is None:
            raise property_error("address", item)
        if not is_ipv6_link_local(address_and_family(item)[0]):
            return address_and_family(item)
    if not answers:
        raise property_error("address", UNDEFINED)
    return address_and_family(answers[0])
