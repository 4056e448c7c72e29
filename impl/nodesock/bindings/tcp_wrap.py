"""Mirrors src/tcp_wrap.cc: a TCP socket or server over libuv.

What pyuv does not wrap is set on the descriptor: keep-alive interval and count, type of service, linger 0 for reset.
"""

import re
import socket
from collections.abc import Callable
from typing import Any, Final

import nodesock._pyuv as _pyuv
from nodesock.bindings.connection_wrap import SERVER as SERVER
from nodesock.bindings.connection_wrap import SOCKET as SOCKET
from nodesock.bindings.connection_wrap import ConnectionHandle
from nodesock.bindings.stream_wrap import Request
from nodesock.bindings.uv import UV_EBADF, UV_EINVAL, UV_ENOTCONN, attempt, from_exception
from nodesock.runtime.uv_loop import get_loop
from nodesock.validators import is_uint32

#: uv_tcp_flags
UV_TCP_IPV6ONLY: Final = 1
UV_TCP_REUSEPORT: Final = 2

Endpoint = tuple[str, str, int]


class TCP(ConnectionHandle):
    """A uv_tcp_t; `kind` is SOCKET or SERVER and only names it."""

    __slots__ = ()

    def __init__(self, kind: int = SOCKET) -> None:
        super().__init__(_pyuv.TCP(get_loop()), "TCPServerWrap" if kind == SERVER else "TCPSocketWrap", kind)

    def _client(self) -> "TCP":
        return TCP(SOCKET)

    # --- addresses ---------------------------------------------------------------------------------------------------

    def bind(self, address: str, port: int, flags: int = 0) -> int:
        """uv_tcp_bind to an IPv4 address. EADDRINUSE shows at listen or connect. 0 or a negative libuv number."""
        where = ip4_address(address, port)
        return self._bad() or (
            UV_EINVAL if where is None else attempt(self._handle.bind, where, flags & ~UV_TCP_IPV6ONLY)
        )

    def bind6(self, address: str, port: int, flags: int = 0) -> int:
        """uv_tcp_bind to an IPv6 address (`%zone` allowed); flags UV_TCP_IPV6ONLY, UV_TCP_REUSEPORT."""
        where = ip6_address(address, port)
        return self._bad() or (UV_EINVAL if where is None else attempt(self._handle.bind, where, flags))

    def getsockname(self) -> Endpoint | int:
        """(address, 'IPv4'|'IPv6', port) of this end, or a negative libuv number."""
        return self._name(self._handle.getsockname)

    def getpeername(self) -> Endpoint | int:
        """(address, 'IPv4'|'IPv6', port) of the other end, or a negative libuv number."""
        return self._name(self._handle.getpeername)

    def _name(self, ask: Callable[[], Any]) -> Endpoint | int:
        if self._closing:
            return UV_EBADF
        try:
            return endpoint(ask())
        except Exception as error:
            return from_exception(error)

    # --- connecting --------------------------------------------------------------------------------------------------

    def connect(self, address: str, port: int, on_complete: Callable[[int], Any]) -> int:
        """uv_tcp_connect to an IPv4 address; `on_complete(status)` follows unless < 0 is returned."""
        return self._connect(ip4_address(address, port), on_complete)

    def connect6(self, address: str, port: int, on_complete: Callable[[int], Any]) -> int:
        """uv_tcp_connect to an IPv6 address."""
        return self._connect(ip6_address(address, port), on_complete)

    def _connect(self, where: tuple[Any, ...] | None, on_complete: Callable[[int], Any]) -> int:
        if self._closing:
            return UV_EBADF
        if where is None:
            return UV_EINVAL
        request = Request(on_complete)
        err = attempt(self._handle.connect, where, request)
        if not err:
            self._connect_started(request)
        return err

    # --- options -----------------------------------------------------------------------------------------------------

    def set_no_delay(self, enable: bool) -> int:
        """uv_tcp_nodelay."""
        return self._bad() or attempt(self._handle.nodelay, bool(enable))

    def set_keep_alive(self, enable: bool, delay: int = 0, interval: Any = 1, count: Any = 10) -> int:
        """uv_tcp_keepalive_ex: idle delay and interval in s, number of probes. With a 0 keep-alive goes on
        with the kernel's own times, and it is UV_EINVAL. An interval or count that is no uint32 takes its default."""
        if self._closing:
            return UV_EBADF
        interval = interval if is_uint32(interval) else 1
        count = int(count) if is_uint32(count) else 10
        if not enable or self.fd < 0 or (interval == 1 and count == 10):
            return attempt(self._handle.keepalive, bool(enable), delay)
        # pyuv knows the delay only. In libuv's order, up to the first one that is refused:
        options = (
            (socket.TCP_KEEPIDLE, delay),
            (socket.TCP_KEEPINTVL, interval),
            (socket.TCP_KEEPCNT, count),
        )
        with borrowed(self.fd, socket.SOCK_STREAM) as sock:
            err = attempt(sock.setsockopt, socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if not err and min(delay, interval, count) < 1:
                err = UV_EINVAL
            for name, value in options:
                # The kernel refuses what is no int, as it does the number that libuv's cast makes of it.
                err = err or attempt(sock.setsockopt, socket.IPPROTO_TCP, name, min(value, 0x7FFFFFFF))
        return err

    def set_type_of_service(self, tos: int) -> int:
        """IP_TOS, or IPV6_TCLASS on an IPv6 socket. 0 or a negative libuv number."""
        if self.fd < 0:
            return UV_EBADF
        with borrowed(self.fd, socket.SOCK_STREAM) as sock:
            level, option = _tos_option(sock)
            return attempt(sock.setsockopt, level, option, tos)

    def get_type_of_service(self) -> int:
        """The type of service set, or a negative libuv number."""
        if self.fd < 0:
            return UV_EBADF
        with borrowed(self.fd, socket.SOCK_STREAM) as sock:
            try:
                return sock.getsockopt(*_tos_option(sock))
            except OSError as error:
                return from_exception(error)

    # --- the end -----------------------------------------------------------------------------------------------------

    def reset(self, on_closed: Callable[[], Any] | None = None) -> int:
        """uv_tcp_close_reset: close with RST. UV_EINVAL while a shutdown is under way; else it closes like `close`."""
        if self._closing:
            return 0
        if self._shutting is not None and not self._shutting.done:
            return UV_EINVAL
        if self.fd < 0:
            return UV_EBADF
        with borrowed(self.fd, socket.SOCK_STREAM) as sock:
            err = attempt(sock.setsockopt, socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        if err:
            return err
        self.close(on_closed)
        return 0



def _tos_option(sock: socket.socket) -> tuple[int, int]:
    if sock.family == socket.AF_INET6:
        return socket.IPPROTO_IPV6, socket.IPV6_TCLASS
    return socket.IPPROTO_IP, socket.IP_TOS


# --- shared with udp_wrap --------------------------------------------------------------------------------------------


class borrowed:
    """A Python socket around libuv's descriptor for the length of a `with`, for options that pyuv does not wrap."""

    __slots__ = ("_sock",)

    def __init__(self, fd: int, kind: int) -> None:
        self._sock = socket.socket(-1, kind, -1, fileno=fd)

    def __enter__(self) -> socket.socket:
        return self._sock

    def __exit__(self, *_: object) -> None:
        self._sock.detach()


_PLAIN_V4 = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\Z", re.ASCII)


def ip4_address(address: str, port: int) -> tuple[str, int] | None:
    """pyuv's form of an IPv4 endpoint (uv_ip4_addr), None if it is none; the port wraps at 16 bits as in Node."""
    if _PLAIN_V4.match(address) is None:
        return None
    return address, port & 0xFFFF


def ip6_address(address: str, port: int) -> tuple[str, int, int, int] | None:
    """pyuv's form of an IPv6 endpoint (uv_ip6_addr), its zone resolved; None if it is none."""
    plain, _, zone = address.partition("%")
    try:
        socket.inet_pton(socket.AF_INET6, plain)
    except (OSError, ValueError):
        return None
    scope = 0
    if zone:
        try:
            scope = socket.if_nametoindex(zone)
        except OSError:  # libuv takes an unknown zone for none
            scope = 0
    return plain, port & 0xFFFF, 0, scope


def endpoint(name: Any) -> Endpoint | int:
    """(address, family, port) from pyuv's tuple; a link-local IPv6 address carries its `%interface`."""
    if name is None:
        return UV_ENOTCONN
    address, port = name[0], name[1]
    if len(name) == 2:
        return address, "IPv4", port
    if name[3]:
        try:
            address = f"{address}%{socket.if_indextoname(name[3])}"
        except OSError:
            address = f"{address}%{name[3]}"
    return address, "IPv6", port
