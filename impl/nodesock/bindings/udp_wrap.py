"""Mirrors src/udp_wrap.cc: a UDP socket over libuv.

Sends try first (uv_udp_try_send), like stream writes. pyuv does not wrap uv_udp_connect and its relatives: connect,
disconnect, sends of a connected socket and source-specific membership are made on the descriptor.
"""

import ctypes
import os
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any, Final

import nodesock._pyuv as _pyuv
from nodesock.bindings.handle_wrap import HandleWrap
from nodesock.bindings.stream_wrap import Request
from nodesock.bindings.tcp_wrap import Endpoint, endpoint, ip4_address, ip6_address
from nodesock.bindings.uv import (
    UV_EAGAIN,
    UV_EALREADY,
    UV_EBADF,
    UV_EBUSY,
    UV_EDESTADDRREQ,
    UV_EEXIST,
    UV_EINVAL,
    UV_EISCONN,
    UV_ENOTCONN,
    attempt,
    from_exception,
)
from nodesock.runtime import handles, loop, uncaught
from nodesock.runtime.handles import requests
from nodesock.runtime.ticks import drain, microtasks, ticks
from nodesock.runtime.uncaught import report_exception
from nodesock.runtime.uv_loop import get_loop

#: uv_udp_flags
UV_UDP_IPV6ONLY: Final = 1
UV_UDP_REUSEADDR: Final = 4
UV_UDP_REUSEPORT: Final = 64

_UVError: Final = _pyuv.error.UVError
_IP_ADD_SOURCE_MEMBERSHIP: Final = 39
_IP_DROP_SOURCE_MEMBERSHIP: Final = 40
_MCAST_JOIN_SOURCE_GROUP: Final = 46
_MCAST_LEAVE_SOURCE_GROUP: Final = 47

#: IPv4 destinations seen, so that an echo does not check the same text for each datagram
_literals4: set[str] = set()
_LITERALS_MAX: Final = 4096

OnMessage = Callable[[int, bytes | None, Endpoint | None], Any]
OnSent = Callable[[int, int], Any]


class UDP(HandleWrap):
    """A uv_udp_t."""

    __slots__ = ("_connected", "_on_message", "_queued", "_recv_callback", "_sock", "receiving")

    def __init__(self) -> None:
        super().__init__(_pyuv.UDP(get_loop()), "UDPWrap")
        self._on_message: OnMessage | None = None
        self._recv_callback: Callable[..., None] | None = None
        self._connected: Endpoint | None = None
        self._queued = 0
        self._sock: socket.socket | None = None
        self.receiving = False

    # --- addresses ---------------------------------------------------------------------------------------------------

    def bind(self, address: str, port: int, flags: int = 0) -> int:
        """uv_udp_bind to an IPv4 address; flags UV_UDP_REUSEADDR, UV_UDP_REUSEPORT. 0 or a negative libuv number."""
        where = ip4_address(address, port)
        return self._bad() or (UV_EINVAL if where is None else attempt(self._handle.bind, where, flags))

    def bind6(self, address: str, port: int, flags: int = 0) -> int:
        """uv_udp_bind to an IPv6 address (`%zone` allowed); also UV_UDP_IPV6ONLY."""
        where = ip6_address(address, port)
        return self._bad() or (UV_EINVAL if where is None else attempt(self._handle.bind, where, flags))

    def open(self, fd: int) -> int:
        """uv_udp_open: take over an open descriptor. UV_EEXIST if the loop has it already."""
        if self._closing:
            return UV_EBADF
        if any(other is not self and other.active and other.fd == fd for other in handles.handles):
            return UV_EEXIST
        try:  # pyuv drops uv_udp_open's answer
            os.fstat(fd)
            probe = socket.socket(fileno=os.dup(fd))
        except OSError as error:
            return from_exception(error)
        with probe:
            if probe.type != socket.SOCK_DGRAM:
                return UV_EINVAL
            self._handle.open(fd)
            if self.fd != fd:
                return UV_EBUSY
            try:
                self._connected = endpoint_of(probe.getpeername())
            except OSError:
                self._connected = None
        return 0

    def getsockname(self) -> Endpoint | int:
        """(address, 'IPv4'|'IPv6', port) of this socket, or a negative libuv number (UV_EBADF: not bound)."""
        if self._closing:
            return UV_EBADF
        try:
            return endpoint(self._handle.getsockname())
        except Exception as error:
            return from_exception(error)

    def getpeername(self) -> Endpoint | int:
        """(address, 'IPv4'|'IPv6', port) of the peer, or a negative libuv number (UV_ENOTCONN)."""
        if self.fd < 0:
            return UV_EBADF
        try:
            return endpoint_of(self._socket().getpeername())
        except OSError as error:
            return from_exception(error)

    # --- connecting --------------------------------------------------------------------------------------------------

    def connect(self, address: str, port: int) -> int:
        """uv_udp_connect to an IPv4 address."""
        where = ip4_address(address, port)
        if where is None:
            return UV_EINVAL
        return self._connect(socket.AF_INET, _sockaddr4(*where), (address, "IPv4", where[1]))

    def connect6(self, address: str, port: int) -> int:
        """uv_udp_connect to an IPv6 address."""
        where = ip6_address(address, port)
        if where is None:
            return UV_EINVAL
        return self._connect(socket.AF_INET6, _sockaddr6(where), (address, "IPv6", where[1]))

    def _connect(self, family: int, sockaddr: bytes, peer: Endpoint) -> int:
        if self._closing:
            return UV_EBADF
        if self._connected is not None:
            return UV_EISCONN
        err = self._deferred_bind(family) or _libc_connect(self.fd, sockaddr)
        if not err:
            self._connected = peer
        return err

    def disconnect(self) -> int:
        """uv_udp_connect(NULL): forget the peer. UV_ENOTCONN if there is none."""
        if self._closing:
            return UV_EBADF
        if self._connected is None:
            return UV_ENOTCONN
        err = _libc_connect(self.fd, struct.pack("=H14x", socket.AF_UNSPEC))
        if not err:
            self._connected = None
        return err

    def _deferred_bind(self, family: int) -> int:
        """libuv binds a socket that is not bound to any address when it is first used."""
        if self.fd >= 0:
            return 0
        if family == socket.AF_INET6:
            return attempt(self._handle.bind, ("::", 0, 0, 0), 0)
        return attempt(self._handle.bind, ("0.0.0.0", 0), 0)

    def _socket(self) -> socket.socket:
        """A Python socket on libuv's descriptor; given back before libuv closes it."""
        if self._sock is None:
            self._sock = socket.socket(-1, socket.SOCK_DGRAM, -1, fileno=self.fd)
        return self._sock

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(
        self,
        buffers: Sequence[bytes | bytearray | memoryview],
        port: int | None,
        address: str | None,
        on_complete: OnSent,
    ) -> int:
        """Send one datagram to an IPv4 address, or to the peer if `address` is None.

        > 0: the kernel took it at once, bytes + 1. 0: queued, `on_complete(status, bytes)` follows. < 0: error.
        """
        if address in _literals4 and self._connected is None and len(buffers) == 1:
            try:  # the hot path
                return self._handle.try_send((address, port), buffers[0]) + 1  # type: ignore[no-any-return]
            except _UVError as error:
                if error.args[0] == UV_EAGAIN:
                    return self._queue((address, port), buffers[0], on_complete)
                return UV_EBADF if self._closing else from_exception(error)
        where = None if address is None else ip4_address(address, port or 0)
        if where is not None:
            if len(_literals4) >= _LITERALS_MAX:
                _literals4.clear()
            _literals4.add(where[0])
        return self._send(buffers, where, address, on_complete)

    def send6(
        self,
        buffers: Sequence[bytes | bytearray | memoryview],
        port: int | None,
        address: str | None,
        on_complete: OnSent,
    ) -> int:
        """`send` to an IPv6 address."""
        return self._send(
            buffers, None if address is None else ip6_address(address, port or 0), address, on_complete
        )

    def _send(self, buffers: Sequence[Any], where: Any, address: str | None, on_complete: OnSent) -> int:
        if self._closing:
            return UV_EBADF
        if address is not None and where is None:
            return UV_EINVAL
        if not buffers:
            return UV_EINVAL
        data = buffers[0] if len(buffers) == 1 else b"".join(buffers)
        if self._connected is not None:
            if where is not None:
                return UV_EISCONN
            return self._send_connected(data, on_complete)
        if where is None:
            return UV_EDESTADDRREQ
        try:
            return int(self._handle.try_send(where, data)) + 1
        except _UVError as error:
            if error.args[0] != UV_EAGAIN:
                return from_exception(error)
        return self._queue(where, data, on_complete)

    def _send_connected(self, data: Any, on_complete: OnSent) -> int:
        if not self._queued:
            try:
                return self._socket().send(data) + 1
            except BlockingIOError:
                pass
            except OSError as error:
                return from_exception(error)
        host, family, port = self._connected  # type: ignore[misc]
        where = ip4_address(host, port) if family == "IPv4" else ip6_address(host, port)
        return self._queue(where, data, on_complete)

    def _queue(self, where: Any, data: Any, on_complete: OnSent) -> int:
        size = memoryview(data).nbytes

        def sent(status: int) -> None:
            on_complete(status, size)

        request = Request(sent)

        def finished(handle: Any, error: int | None) -> None:
            self._queued -= 1
            request(handle, error)

        err = attempt(self._handle.send, where, data, finished)
        if not err:
            self._queued += 1
            requests[request] = "SendWrap"
        return err

    @property
    def send_queue_size(self) -> int:
        """uv_udp_get_send_queue_size: bytes queued."""
        return int(self._handle.send_queue_size)

    @property
    def send_queue_count(self) -> int:
        """uv_udp_get_send_queue_count: datagrams queued."""
        return self._queued

    # --- receiving ---------------------------------------------------------------------------------------------------

    def recv_start(self, on_message: OnMessage) -> int:
        """uv_udp_recv_start: `on_message(nread, data, sender)` per datagram; nread < 0 is an error, the rest None."""
        if self._closing:
            return UV_EBADF
        self._on_message = on_message
        if self.receiving:
            return 0
        callback = self._recv_callback
        if callback is None:
            callback = self._recv_callback = self._uv_recv
        err = attempt(self._handle.start_recv, callback)
        if err == UV_EALREADY:
            err = 0
        self.receiving = not err
        return err

    def recv_stop(self) -> int:
        """uv_udp_recv_stop."""
        if self.receiving and not self._closing:
            self.receiving = False
            return attempt(self._handle.stop_recv)
        return 0

    def _uv_recv(self, _handle: Any, sender: Any, _flags: int, data: bytes | None, error: int | None) -> None:
        if uncaught.fatal is not None:
            loop.defer(self._late_recv, sender, data, error)
            return
        on_message = self._on_message
        if on_message is None:
            return
        try:
            if error is None:
                if len(sender) == 2:
                    on_message(len(data), data, (sender[0], "IPv4", sender[1]))  # type: ignore[arg-type]
                else:
                    on_message(len(data), data, endpoint(sender))  # type: ignore[arg-type]
            else:
                on_message(error, None, None)
        except BaseException as raised:
            report_exception(raised)
            return
        if ticks or microtasks:
            drain()

    def _late_recv(self, sender: Any, data: bytes | None, error: int | None) -> None:
        if not self._closing:
            self._uv_recv(None, sender, 0, data, error)

    # --- options -----------------------------------------------------------------------------------------------------

    def set_broadcast(self, enable: bool) -> int:
        """uv_udp_set_broadcast."""
        return self._option(self._handle.set_broadcast, bool(enable))

    def set_ttl(self, ttl: int) -> int:
        """uv_udp_set_ttl, 1 … 255."""
        if ttl < 1 or ttl > 255:
            return UV_EINVAL
        return self._option(self._handle.set_ttl, ttl)

    def set_multicast_ttl(self, ttl: int) -> int:
        """uv_udp_set_multicast_ttl, 0 … 255."""
        if ttl < 0 or ttl > 255:  # as for set_ttl, libuv looks at the number first
            return UV_EINVAL
        return self._option(self._handle.set_multicast_ttl, ttl)

    def set_multicast_loopback(self, enable: bool) -> int:
        """uv_udp_set_multicast_loop."""
        return self._option(self._handle.set_multicast_loop, bool(enable))

    def set_multicast_interface(self, interface: str) -> int:
        """uv_udp_set_multicast_interface; an interface is an address, `::%name` for IPv6."""
        if "\0" in interface:
            return UV_EINVAL
        return self._option(self._handle.set_multicast_interface, interface)

    def _option(self, fn: Callable[..., Any], *args: Any) -> int:
        return self._bad() or attempt(fn, *args)

    def add_membership(self, group: str, interface: str | None = None) -> int:
        """uv_udp_set_membership(UV_JOIN_GROUP)."""
        return self._membership(_pyuv.UV_JOIN_GROUP, group, interface)

    def drop_membership(self, group: str, interface: str | None = None) -> int:
        """uv_udp_set_membership(UV_LEAVE_GROUP)."""
        return self._membership(_pyuv.UV_LEAVE_GROUP, group, interface)

    def _membership(self, change: int, group: str, interface: str | None) -> int:
        if "\0" in group or "\0" in (interface or ""):
            return UV_EINVAL
        args = (group, change) if interface is None else (group, change, interface)
        return self._bad() or attempt(self._handle.set_membership, *args)

    def add_source_specific_membership(self, source: str, group: str, interface: str | None = None) -> int:
        """uv_udp_set_source_membership(UV_JOIN_GROUP)."""
        return self._source_membership(True, source, group, interface)

    def drop_source_specific_membership(self, source: str, group: str, interface: str | None = None) -> int:
        """uv_udp_set_source_membership(UV_LEAVE_GROUP)."""
        return self._source_membership(False, source, group, interface)

    def _source_membership(self, join: bool, source: str, group: str, interface: str | None) -> int:
        if self._closing:
            return UV_EBADF
        if ip4_address(group, 0) is not None:
            return self._source_membership4(join, source, group, interface)
        return self._source_membership6(join, source, group, interface)

    def _source_membership4(self, join: bool, source: str, group: str, interface: str | None) -> int:
        # In libuv's order: only a wrong interface leaves the handle bound.
        try:
            multicast = socket.inet_pton(socket.AF_INET, group)
            origin = socket.inet_pton(socket.AF_INET, source)
        except (OSError, ValueError):
            return UV_EINVAL
        err = self._deferred_bind(socket.AF_INET)
        if err:
            return err
        try:
            local = b"\0\0\0\0" if interface is None else socket.inet_pton(socket.AF_INET, interface)
        except (OSError, ValueError):
            return UV_EINVAL
        option = _IP_ADD_SOURCE_MEMBERSHIP if join else _IP_DROP_SOURCE_MEMBERSHIP
        return attempt(self._socket().setsockopt, socket.IPPROTO_IP, option, multicast + local + origin)

    def _source_membership6(self, join: bool, source: str, group: str, interface: str | None) -> int:
        multicast, origin = ip6_address(group, 0), ip6_address(source, 0)
        if multicast is None or origin is None:
            return UV_EINVAL
        err = self._deferred_bind(socket.AF_INET6)
        if err:
            return err
        index = 0
        if interface is not None:
            local = ip6_address(interface, 0)
            if local is None:
                return UV_EINVAL
            index = local[3]
        # struct group_source_req: the index and two sockaddr_storage
        request = (
            struct.pack("I4x", index)
            + _sockaddr6(multicast).ljust(128, b"\0")
            + _sockaddr6(origin).ljust(128, b"\0")
        )
        option = _MCAST_JOIN_SOURCE_GROUP if join else _MCAST_LEAVE_SOURCE_GROUP
        return attempt(self._socket().setsockopt, socket.IPPROTO_IPV6, option, request)

    def buffer_size(self, size: int, is_recv: bool) -> int:
        """uv_recv_buffer_size / uv_send_buffer_size: with 0 the size in force, else 0 once set; < 0 is an error."""
        if size < 0 or size >= 2**31:
            return UV_EINVAL
        if self._bad() or self.fd < 0:
            return UV_EBADF
        name = "receive_buffer_size" if is_recv else "send_buffer_size"
        try:
            if size == 0:
                return int(getattr(self._handle, name))
            setattr(self._handle, name, size)
        except Exception as error:
            return from_exception(error)
        return size

    # --- the end -----------------------------------------------------------------------------------------------------

    def _before_close(self) -> None:
        if self._recv_callback is not None:
            attempt(self._handle.stop_recv)  # lets go of our callback, and so of this object
            self._recv_callback = None
        self._give_back()

    def _release(self) -> None:
        self._on_message = self._recv_callback = None
        self._give_back()

    def _give_back(self) -> None:
        self.receiving = False
        if self._sock is not None:
            self._sock.detach()
            self._sock = None


def endpoint_of(name: tuple[Any, ...]) -> Endpoint:
    """(address, family, port) from the socket module's tuple."""
    if len(name) == 2:
        return name[0], "IPv4", name[1]
    found = endpoint((name[0].partition("%")[0], name[1], 0, name[3]))
    return found if isinstance(found, tuple) else (name[0], "IPv6", name[1])


def _sockaddr4(address: str, port: int) -> bytes:
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(address) + b"\0" * 8


def _sockaddr6(where: tuple[str, int, int, int]) -> bytes:
    address, port, _, scope = where
    head = struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0)
    return head + socket.inet_pton(socket.AF_INET6, address) + struct.pack("=I", scope)


_libc: Final = ctypes.CDLL(None, use_errno=True)


def _libc_connect(fd: int, sockaddr: bytes) -> int:
    """connect() with any address: the socket module takes only those of the socket's own family."""
    return 0 if _libc.connect(fd, sockaddr, len(sockaddr)) == 0 else -ctypes.get_errno()
