"""Mirrors Node's `net.BoundSocket`: an address or a path reserved by a synchronous bind, for a server or a client
socket to take over."""

from collections.abc import Callable
from typing import Any, Final, Self

from nodesock.addresses.address_info import AddressInfo
from nodesock.addresses.ip import is_ip
from nodesock.bindings import pipe_wrap
from nodesock.bindings.tcp_wrap import SOCKET, TCP, UV_TCP_IPV6ONLY, UV_TCP_REUSEPORT
from nodesock.callables import drops_surplus
from nodesock.errors import errno_exception, exception_with_host_port, node_error
from nodesock.inspect import Insides
from nodesock.net.handle import ends
from nodesock.net.options import node_view
from nodesock.spelling import refuses_foreign_names
from nodesock.validators import (
    UNDEFINED,
    merge_options,
    validate_boolean,
    validate_object,
    validate_port,
    validate_string,
)

_OF_AN_ADDRESS: Final = ("host", "port", "ipv6_only", "reuse_port")


@refuses_foreign_names
@drops_surplus
class BoundSocket:
    """A bound TCP or unix socket that neither listens nor is connected. Mirrors `net.BoundSocket`.

    `server.listen(bound)` and `Socket(handle=bound)` take the socket over; from then on, as after close(),
    every method raises ERR_SOCKET_HANDLE_ADOPTED. Leaving a `with` block closes it unless it was taken
    over.

    Options: `host` (an IP address; default 0.0.0.0, or :: with `ipv6_only`), `port` (default 0: any free
    one), `ipv6_only`, `reuse_port`; or `path` alone, of a unix socket. Raises Node's argument errors,
    `bind CODE address[:port]`, and `bind CODE` for a path.
    """

    def __init__(self, options: Any = UNDEFINED, /, **keywords: Any) -> None:
        if options is not UNDEFINED:
            validate_object(options, "options")
        given = merge_options(options, keywords)
        self._path: str | None = None
        self._handle: TCP | pipe_wrap.Pipe | None
        if given.get("path", UNDEFINED) is UNDEFINED:
            self._handle = _bind_address(given.get)
            return
        if any(given.get(name, UNDEFINED) is not UNDEFINED for name in _OF_AN_ADDRESS):
            raise node_error(
                "ERR_INVALID_ARG_VALUE",
                "options",
                node_view(given),
                "path is mutually exclusive with host, port, ipv6Only, and reusePort",
            )
        self._handle = _bind_path(given["path"])
        self._path = given["path"]

    @property
    def is_pipe(self) -> bool:
        """Whether it is bound to a path. Mirrors `boundSocket.isPipe`."""
        return self._path is not None

    def _held(self) -> TCP | pipe_wrap.Pipe:
        if self._handle is None:
            raise node_error("ERR_SOCKET_HANDLE_ADOPTED")
        return self._handle

    def _consume(self) -> TCP | pipe_wrap.Pipe:
        """Hand the handle over to its new owner. Raises ERR_SOCKET_HANDLE_ADOPTED."""
        handle = self._held()
        self._handle = None
        return handle

    def address(self) -> AddressInfo | str:
        """The bound address, or the path. Raises ERR_SOCKET_HANDLE_ADOPTED."""
        handle = self._held()
        if self._path is not None:
            return self._path
        name = handle.getsockname()
        if isinstance(name, tuple):
            return AddressInfo(*name)
        raise errno_exception(int(name), "address")

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

    def __node_inspect__(self) -> Insides:
        return Insides(type(self).__name__)

    def __repr__(self) -> str:
        return f"<BoundSocket{' given away' if self._handle is None else ends(self._handle)}>"


def _bind_address(option: Callable[..., Any]) -> TCP:
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
    return handle


def _bind_path(path: Any) -> pipe_wrap.Pipe:
    validate_string(path, "options.path")
    handle = pipe_wrap.Pipe(pipe_wrap.SOCKET)
    err = handle.bind(path)
    if err:
        handle.close()
        raise errno_exception(err, "bind")
    return handle
