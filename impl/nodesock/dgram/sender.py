"""One datagram on its way from a socket to its handle, and the callback of its sender.

A datagram that the kernel takes at once calls back on a tick; one that waits in libuv calls back when libuv is done
with it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from nodesock.addresses.blocklist import BlockList
from nodesock.bindings.cares_wrap import is_ip
from nodesock.callables import call
from nodesock.dgram.errors import send_error
from nodesock.errors import NodeError, node_error
from nodesock.runtime.ticks import ticks


class Sender:
    """Sends through one handle. `transmit` is the handle's send method, None once the socket is closed.

    `blocked` lists the addresses that nothing is sent to.
    """

    __slots__ = ("blocked", "transmit")

    def __init__(self, transmit: Callable[..., int], blocked: BlockList | None) -> None:
        self.transmit: Callable[..., int] | None = transmit
        self.blocked = blocked

    def refusal(self, ip: Any) -> NodeError | None:
        """ERR_IP_BLOCKED if the block list has the IP address."""
        blocked = self.blocked
        if blocked is not None and blocked.check(ip, f"ipv{is_ip(ip) or 4}"):
            return node_error("ERR_IP_BLOCKED", ip)
        return None

    def send(self, ip: Any, data: Any, port: int | None, address: Any, callback: Any) -> None:
        """Hand one datagram to the handle, for `ip` or, if that is None, for the connected peer.

        `callback(error, bytes)` follows unless it is None. `address` is what the caller named; errors show it.
        Does nothing on a closed socket: the datagram and its callback are dropped.
        """
        transmit = self.transmit
        if transmit is None:
            return
        if ip is not None and self.blocked is not None:
            refused = self.refusal(ip)
            if refused is not None:
                if callback is not None:
                    ticks.append((call, (callback, refused)))
                return
        if callback is None:
            transmit((data,), port, ip, unheard)
            return
        taken = transmit((data,), port, ip, partial(_sent, callback, port, address))
        if taken > 0:
            ticks.append((call, (callback, None, taken - 1)))
        elif taken < 0:
            ticks.append((call, (callback, send_error(taken, address, port))))


def unheard(_status: int, _size: int) -> None:
    """The end of a queued send without a callback."""


def _sent(callback: Any, port: int | None, address: Any, status: int, size: int) -> None:
    """The end of a queued send, from libuv."""
    if status < 0:
        call(callback, send_error(status, address, port), size)
    else:
        call(callback, None, size)
