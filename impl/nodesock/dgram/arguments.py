"""The arguments of dgram's functions, which come in several forms: checked, coerced and put in their places."""

from collections.abc import Callable, Mapping
from typing import Any

from nodesock.addresses.blocklist import BlockList
from nodesock.bindings.cares_wrap import is_ip
from nodesock.bindings.udp_wrap import UV_UDP_IPV6ONLY, UV_UDP_REUSEADDR, UV_UDP_REUSEPORT
from nodesock.dgram.handle import FAMILIES
from nodesock.dgram.message import as_message, cut, join
from nodesock.errors import node_error
from nodesock.validators import (
    UNDEFINED,
    is_number,
    is_truthy,
    is_uint32,
    merge_options,
    validate_function,
    validate_object,
    validate_port,
    validate_string,
    validate_uint32,
)

# --- create_socket ---------------------------------------------------------------------------------------------------


def creation_arguments(args: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Mapping[str, Any], Any]:
    """(options, listener) from `(type, listener)`, `(options, listener)` or `(listener, **options)`."""
    if named and args and callable(args[0]):
        return merge_options(UNDEFINED, named), args[0]
    first = args[0] if args else UNDEFINED
    options: Mapping[str, Any] = first if isinstance(first, Mapping) else {"type": first}
    return merge_options(options, named), args[1] if len(args) > 1 else UNDEFINED


class Settings:
    """What `create_socket` settles for good. A buffer size is in bytes, or false for the system's own.

    Raises ERR_SOCKET_BAD_TYPE, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
    """

    bind_flags = 0
    lookup: Callable[..., Any] | None = None
    recv_buffer_size: Any = None
    send_buffer_size: Any = None
    receive_block_list: BlockList | None = None
    send_block_list: BlockList | None = None

    def __init__(self, options: Mapping[str, Any]) -> None:
        kind = options.get("type")
        if kind is None or len(options) > 1:  # most sockets have a type and nothing else
            self._take(options.get)
        family = FAMILIES.get(kind) if isinstance(kind, str) else None
        if family is None:
            raise node_error("ERR_SOCKET_BAD_TYPE")
        self.type = str(kind)
        self.family = family

    def _take(self, option: Callable[..., Any]) -> None:
        self.recv_buffer_size = _uint32(option("recv_buffer_size"), "options.recvBufferSize")
        self.send_buffer_size = _uint32(option("send_buffer_size"), "options.sendBufferSize")
        self.receive_block_list = _block_list(option("receive_block_list"), "options.receiveBlockList")
        self.send_block_list = _block_list(option("send_block_list"), "options.sendBlockList")
        lookup = option("lookup", UNDEFINED)
        if lookup is not UNDEFINED:
            validate_function(lookup, "lookup")
            self.lookup = lookup
        if is_truthy(option("reuse_addr")):
            self.bind_flags |= UV_UDP_REUSEADDR
        if is_truthy(option("ipv6_only")):
            self.bind_flags |= UV_UDP_IPV6ONLY
        if is_truthy(option("reuse_port")):
            self.bind_flags |= UV_UDP_REUSEPORT


def _uint32(value: Any, name: str) -> Any:
    if is_truthy(value):
        validate_uint32(value, name)
    return value


def _block_list(value: Any, name: str) -> BlockList | None:
    if not is_truthy(value):
        return None
    if not isinstance(value, BlockList):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "net.BlockList", value)
    return value


# --- bind and connect ------------------------------------------------------------------------------------------------


def bind_target(args: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[int | None, Any, Any]:
    """(fd, address, port) of `bind(port, address, …)`, `bind(options, …)` or `bind(…, **options)`.

    With a descriptor the others do not count; without one `fd` is None. Address UNDEFINED and port None mean any.
    """
    port = args[0] if args else UNDEFINED
    address = args[1] if len(args) > 1 else UNDEFINED
    options = _as_options(port)
    if named:
        options = merge_options({"port": port, "address": address} if options is None else options, named)
    if options is not None:
        fd = options.get("fd", UNDEFINED)
        if is_number(fd) and 0 < fd < 2**31 and fd == int(fd):
            return int(fd), UNDEFINED, None
        port, address = options.get("port", UNDEFINED), options.get("address", UNDEFINED)
    elif callable(address):
        address = UNDEFINED
    if port is UNDEFINED or callable(port):
        port = None
    return None, address if is_truthy(address) else UNDEFINED, port


def bind_sync_options(options: Any, named: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of `bind_sync`. Raises ERR_INVALID_ARG_TYPE for what cannot have any."""
    if named:
        options = merge_options(options, named)
    if options is UNDEFINED:
        options = {}
    validate_object(options, "options")
    return _as_options(options) or {}


def bind_sync_target(options: Mapping[str, Any]) -> tuple[str | None, int]:
    """(IP address or None, port) for `bind_sync`.

    Raises ERR_INVALID_ARG_TYPE, ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_VALUE for a host name.
    """
    port: Any = options.get("port")
    address = options.get("address")
    if port is not None and port is not UNDEFINED:
        port = validate_port(port, "options.port")
    if not is_truthy(address):
        return None, port or 0
    validate_ip(address, "options.address", "bindSync")
    return address, port or 0


def validate_ip(address: Any, name: str, method: str) -> None:
    """The text of an IP address. Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE."""
    validate_string(address, name)
    if not is_ip(address):
        reason = f"must be a numeric IP address; {method} does not perform DNS resolution"
        raise node_error("ERR_INVALID_ARG_VALUE", name, address, reason)


def _as_options(value: Any) -> Mapping[str, Any] | None:
    """A value as the options object it would be in JavaScript; None if it is not an object, {} for other objects."""
    if isinstance(value, Mapping):
        return merge_options(value, {})
    if value is None or value is UNDEFINED or isinstance(value, (bool, int, float, str)) or callable(value):
        return None
    return {}


def buffer_size_argument(size: Any) -> int:
    """A buffer size in bytes. Raises ERR_SOCKET_BAD_BUFFER_SIZE."""
    if not is_uint32(size):
        raise node_error("ERR_SOCKET_BAD_BUFFER_SIZE")
    return int(size)


# --- send ------------------------------------------------------------------------------------------------------------


def send_arguments(
    connected: bool, msg: Any, offset: Any, length: Any, port: Any, address: Any, callback: Any
) -> tuple[Any, Any, Any, Any]:
    """(data, port, address, callback or None) from any form of `send`, see there for the forms and the errors.

    On a connected socket the port means nothing.
    """
    if not connected:
        if is_truthy(address) or (is_truthy(port) and not callable(port)):
            msg = cut(msg, offset, length)
        else:
            port, address, callback = offset, length, port
    else:
        if length is not UNDEFINED and is_number(length):
            msg = cut(msg, offset, length)
            if callable(port):
                callback, port = port, None
        else:
            callback = offset
        if is_truthy(port) or is_truthy(address):
            raise node_error("ERR_SOCKET_DGRAM_IS_CONNECTED")
    if msg.__class__ is not bytes:
        msg = join(msg) if isinstance(msg, (list, tuple)) else as_message(msg)
    if not connected and not (port.__class__ is int and 0 < port < 65536):
        port = validate_port(port, "Port", False)
    if callable(address):
        address, callback = UNDEFINED, address
    elif address is not UNDEFINED and address is not None and address.__class__ is not str:
        validate_string(address, "address")
    return msg, port, address, callback if callable(callback) else None


def validate_sendto(offset: Any, length: Any, port: Any, address: Any) -> None:
    """The arguments that `sendto` insists on. Raises ERR_INVALID_ARG_TYPE."""
    for name, value in (("offset", offset), ("length", length), ("port", port)):
        if not is_number(value):
            raise node_error("ERR_INVALID_ARG_TYPE", name, "number", value)
    validate_string(address, "address")
