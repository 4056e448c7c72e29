"""Mirrors lib/net.js: TCP and unix-domain servers and sockets with Node's API in snake_case."""

from typing import Any

from nodesock.addresses.address_info import AddressInfo
from nodesock.addresses.blocklist import BlockList
from nodesock.addresses.ip import is_ip, is_ipv4, is_ipv6
from nodesock.addresses.socket_address import SocketAddress
from nodesock.callables import drops_surplus
from nodesock.net.bound_socket import BoundSocket
from nodesock.net.defaults import (
    get_default_auto_select_family,
    get_default_auto_select_family_attempt_timeout,
    set_default_auto_select_family,
    set_default_auto_select_family_attempt_timeout,
)
from nodesock.net.options import normalize
from nodesock.net.server import DropInfo, Server
from nodesock.net.socket import Socket
from nodesock.validators import is_truthy

#: the legacy name of Socket
Stream = Socket

__all__ = [
    "AddressInfo",
    "BlockList",
    "BoundSocket",
    "DropInfo",
    "Server",
    "Socket",
    "SocketAddress",
    "Stream",
    "connect",
    "create_connection",
    "create_server",
    "get_default_auto_select_family",
    "get_default_auto_select_family_attempt_timeout",
    "is_ip",
    "is_ipv4",
    "is_ipv6",
    "set_default_auto_select_family",
    "set_default_auto_select_family_attempt_timeout",
]


def connect(*args: Any, **options: Any) -> Socket:
    """A new socket, connecting: connect(options[, listener]), connect(path[, listener]), connect(port[,
    host][, listener]).

    Takes the options of Socket and of its connect(), and `timeout` (ms, see `set_timeout`). Mirrors
    `net.connect()`.
    """
    normalized = normalize(args, options)
    given = normalized.options
    socket = Socket(given)
    if is_truthy(given.get("timeout")):
        socket.set_timeout(given["timeout"])
    return socket.connect(normalized)


create_connection = connect


@drops_surplus
def create_server(options: Any = None, listener: Any = None, /, **keywords: Any) -> Server:
    """A new server: create_server([options][, listener]). Mirrors `net.createServer()`."""
    return Server(options, listener, **keywords)
