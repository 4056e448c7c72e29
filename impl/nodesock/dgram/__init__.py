"""Mirrors Node's `dgram` module: UDP sockets.

    from nodesock import dgram

    socket = dgram.create_socket("udp4", lambda message, sender: socket.send(message, sender.port, sender.address))
    socket.bind(41234)

`socket.py` is the socket, with its state and all its methods; `states.py` says how its two state machines move. The
other files are what it uses, and none of them knows a `Socket`: `arguments.py` sorts out what callers pass,
`message.py` makes the bytes of a datagram, `lookup.py` finds IP addresses, `handle.py` binds and connects the handle,
`sender.py` sends through it, `membership.py` joins and leaves groups, `listeners.py` waits for binds and connects,
`errors.py` words the system's errors, `remote_info.py` describes the sender of a datagram.
"""

from typing import Any

from nodesock.addresses.address_info import AddressInfo
from nodesock.dgram.remote_info import RemoteInfo
from nodesock.dgram.socket import Socket

__all__ = ["AddressInfo", "RemoteInfo", "Socket", "create_socket"]


def create_socket(*args: Any, **options: Any) -> Socket:
    """Make a UDP socket: `create_socket("udp4", listener)`, `create_socket(type="udp4", reuse_addr=True)`.

    The options may be a mapping in the first place as well. `listener` is added to 'message'. Options:
    `type`, `reuse_addr`, `reuse_port`, `ipv6_only`, `recv_buffer_size`, `send_buffer_size` (bytes),
    `lookup(host, family, callback)`, `signal` (an AbortSignal that closes the socket), `receive_block_list`,
    `send_block_list`. Mirrors `dgram.createSocket()`.

    Raises ERR_SOCKET_BAD_TYPE, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
    """
    return Socket(*args, **options)
