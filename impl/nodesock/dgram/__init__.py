"""Mirrors Node's `dgram` module: UDP sockets.

    from nodesock import dgram

    socket = dgram.create_socket("udp4", lambda message, sender: socket.send(message, sender.port, sender.address))
    socket.bind(41234)

How it is laid out: `core.py` holds the socket's state and the queue of calls that wait for a pending bind;
`binding.py`, `connecting.py`, `sending.py` and `options.py` each add one topic; `socket.py` puts them
together and closes.
"""

from nodesock.addresses.address_info import AddressInfo
from nodesock.dgram.remote_info import RemoteInfo
from nodesock.dgram.socket import Socket, create_socket

__all__ = ["AddressInfo", "RemoteInfo", "Socket", "create_socket"]
