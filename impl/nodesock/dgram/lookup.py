"""From a host to the IP address that a socket binds, connects or sends to."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from nodesock import dns
from nodesock.bindings.cares_wrap import is_ip
from nodesock.callables import call
from nodesock.runtime.ticks import next_tick
from nodesock.validators import UNDEFINED

Callback = Callable[..., Any]

#: IP addresses seen as text, so that an echo does not parse the same one for each datagram
literals: set[str] = set()
_LITERALS_MAX: Final = 4096


def resolve(host: Any, family: int, lookup: Callback | None, on_address: Callback) -> None:
    """Call `on_address(error, ip)` with the IP address of `host`, through `lookup` or, if None, `dns.lookup`.

    An IP address comes back on the next tick, as from Node's `dns.lookup`. A custom lookup is asked even for
    IP addresses and may answer at once.
    """
    if lookup is not None:
        call(lookup, host, family, partial(_answered, on_address))
    elif host in literals or _is_literal(host):
        next_tick(on_address, None, host)
    else:
        dns.lookup(host, family, partial(_answered, on_address))


def _is_literal(host: str) -> bool:
    if not is_ip(host):
        return False
    if len(literals) >= _LITERALS_MAX:
        literals.clear()
    literals.add(host)
    return True


def _answered(
    on_address: Callback, error: Any = None, address: Any = UNDEFINED, _family: Any = UNDEFINED
) -> None:
    """The callback of a lookup; arguments left out are what they are in JavaScript."""
    on_address(error, address)
