"""Mirrors Node's `net.BoundSocket`: a TCP address reserved by a synchronous bind, for a server or a client
socket to take over."""

from typing import Any, Self

from nodesock.addresses.address_info import AddressInfo
from nodesock.addresses.ip import is_ip
from nodesock.bindings.tcp_wrap import SOCKET, TCP, UV_TCP_IPV6ONLY, UV_TCP_REUSEPORT
from nodesock.callables import drops_surplus
from nodesock.errors import errno_exception, exception_with_host_port, node_error
from nodesock.net.handle import ends
from nodesock.validators import (
    UNDEFINED,
    merge_options,
    validate_boolean,
    validate_object,
    validate_port,
    validate_string,
)


@drops_surplus
class BoundSocket:
    """A bound TCP socket that neither listens nor is connected. Mirrors `net.BoundSocket` of Node 24.19.

    `server.listen(bound)` and `Socket(handle=bound)` take the socket over; from then on, as after close(),
    every method raises ERR_SOCKET_HANDLE_ADOPTED. Leaving a `with` block closes it unless it was taken
    over.

    Options: `host` (an IP address; default 0.0.0.0, or :: with `ipv6_only`), `port` (default 0: any free
    one), `ipv6_only`, `reuse_port`. Raises Node's argument errors, and `bind CODE address[:port]`.
    """

    def __init__(self, options: Any = UNDEFINED, /, **keywords: Any) -> None:
        if options is not UNDEFINED:
            validate_object(options, "options")
        option = merge_options(options, keywords).get
        port = option("port")
        host = option("host")
        ipv6_only = option("ipv6_only", False)
        reuse_port = option("reuse_port", False)
        number = 0 if port is None else validate_port(port, "options.port")
        if ipv6_only is not None:
            validate_boolean(ipv6_only, "options.ipv6Only")
        if reuse_port is not None:
            validate_boolean(reuse_port, "options.reusePort")
        if host is None:
            host = "::" if ipv6_only else "0.0.0.0"
        validate_string(host, "options.host")
        version = is_ip(host)
        if not version:
            raise node_error(
                "ERR_INVALID_ARG_VALUE",
                "options.host",
                host,
                "must be a numeric IP address; net.BoundSocket does not perform DNS resolution",
            )
        flags = (UV_TCP_IPV6ONLY if ipv6_only else 0) | (UV_TCP_REUSEPORT if reuse_port else 0)
        handle = TCP(SOCKET)
        err = handle.bind6(host, number, flags) if version == 6 else handle.bind(host, number, flags)
        if err:
            handle.close()
            raise exception_with_host_port(err, "bind", host, number)
        self._handle: TCP | None = handle

    def _held(self) -> TCP:
        if self._handle is None:
            raise node_error("ERR_SOCKET_HANDLE_ADOPTED")
        return self._handle

    def _consume(self) -> TCP:
        """Hand the handle over to its new owner. Raises ERR_SOCKET_HANDLE_ADOPTED."""
        handle = self._held()
        self._handle = None
        return handle

    def address(self) -> AddressInfo:
        """The bound address. Raises ERR_SOCKET_HANDLE_ADOPTED."""
        name = self._held().getsockname()
        if isinstance(name, int):
            raise errno_exception(name, "address")
        return AddressInfo(*name)

    def fd(self) -> int:
        """The file descriptor. Raises ERR_SOCKET_HANDLE_ADOPTED."""
        return self._held().fd

    def close(self) -> None:
        """Give the address back. Raises ERR_SOCKET_HANDLE_ADOPTED if the socket was taken over or closed
        before."""
        self._consume().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            self.close()

    def __repr__(self) -> str:
        return f"<BoundSocket{' given away' if self._handle is None else ends(self._handle)}>"
