"""Mirrors the socket options of lib/dgram.js: broadcast, TTL, multicast, memberships, buffer sizes, queue counters."""

from typing import Any

from nodesock.callables import drops_surplus
from nodesock.dgram.core import to_int32
from nodesock.dgram.sending import Sending
from nodesock.errors import buffer_size_error, errno_exception, node_error
from nodesock.inspect import to_text
from nodesock.validators import UNDEFINED, is_truthy, is_uint32, validate_number, validate_string


def _check(err: int, method: str) -> None:
    """Raise the system's error of an option, with Node's method name as its syscall."""
    if err:
        raise errno_exception(err, method)


@drops_surplus
class Options(Sending):
    """The options of a socket. Setting one needs a bound socket (EBADF, syscall = method) and an open one."""

    def set_broadcast(self, flag: Any = UNDEFINED) -> None:
        """Allow sends to broadcast addresses. Mirrors `socket.setBroadcast()`. Raises the system's error."""
        _check(self._handle_for("setBroadcast").set_broadcast(is_truthy(flag)), "setBroadcast")

    def set_ttl(self, ttl: Any = UNDEFINED) -> Any:
        """Hops a datagram may take, 1 … 255; returns `ttl`.

        Mirrors `socket.setTTL()`. Raises ERR_INVALID_ARG_TYPE, EINVAL.
        """
        validate_number(ttl, "ttl")
        _check(self._handle_for("setTTL").set_ttl(to_int32(ttl)), "setTTL")
        return ttl

    def set_multicast_ttl(self, ttl: Any = UNDEFINED) -> Any:
        """Hops a multicast datagram may take, 0 … 255; returns `ttl`.

        Mirrors `socket.setMulticastTTL()`. Raises as `set_ttl`.
        """
        validate_number(ttl, "ttl")
        _check(self._handle_for("setMulticastTTL").set_multicast_ttl(to_int32(ttl)), "setMulticastTTL")
        return ttl

    def set_multicast_loopback(self, flag: Any = UNDEFINED) -> Any:
        """Deliver this host's multicast datagrams to itself; returns `flag`.

        Mirrors `socket.setMulticastLoopback()`.
        """
        _check(
            self._handle_for("setMulticastLoopback").set_multicast_loopback(is_truthy(flag)),
            "setMulticastLoopback",
        )
        return None if flag is UNDEFINED else flag

    def set_multicast_interface(self, interface_address: Any = UNDEFINED) -> None:
        """Send multicast through this interface: its IPv4 address, or `::%name` for IPv6.

        Mirrors `socket.setMulticastInterface()`. Raises ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_INVALID_ARG_TYPE,
        EINVAL for what is no address, EADDRNOTAVAIL.
        """
        handle = self._health_check()
        validate_string(interface_address, "interfaceAddress")
        _check(handle.set_multicast_interface(interface_address), "setMulticastInterface")

    # --- memberships -------------------------------------------------------------------------------------------------

    def add_membership(self, multicast_address: Any = UNDEFINED, interface_address: Any = UNDEFINED) -> None:
        """Join a group, on one interface or on the one the system picks; binds an unbound handle, without 'listening'.

        Mirrors `socket.addMembership()`. Raises ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_MISSING_ARGS, EINVAL,
        EADDRINUSE, ENODEV.
        """
        self._membership("addMembership", multicast_address, interface_address)

    def drop_membership(self, multicast_address: Any = UNDEFINED, interface_address: Any = UNDEFINED) -> None:
        """Leave a group.

        Mirrors `socket.dropMembership()`. Raises as `add_membership`, and EADDRNOTAVAIL for no member.
        """
        self._membership("dropMembership", multicast_address, interface_address)

    def _membership(self, method: str, group: Any, interface: Any) -> None:
        handle = self._health_check()
        if not is_truthy(group):
            raise node_error("ERR_MISSING_ARGS", "multicastAddress")
        change = handle.add_membership if method == "addMembership" else handle.drop_membership
        _check(change(to_text(group), _optional(interface)), method)

    def add_source_specific_membership(
        self,
        source_address: Any = UNDEFINED,
        group_address: Any = UNDEFINED,
        interface_address: Any = UNDEFINED,
    ) -> None:
        """Join a group for what one source sends. Mirrors `socket.addSourceSpecificMembership()`.

        Raises ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_INVALID_ARG_TYPE, EINVAL, EADDRNOTAVAIL for a member.
        """
        self._source_membership(
            "addSourceSpecificMembership", source_address, group_address, interface_address
        )

    def drop_source_specific_membership(
        self,
        source_address: Any = UNDEFINED,
        group_address: Any = UNDEFINED,
        interface_address: Any = UNDEFINED,
    ) -> None:
        """Leave a source-specific group.

        Mirrors `socket.dropSourceSpecificMembership()`. Raises likewise, EINVAL for no member.
        """
        self._source_membership(
            "dropSourceSpecificMembership", source_address, group_address, interface_address
        )

    def _source_membership(self, method: str, source: Any, group: Any, interface: Any) -> None:
        handle = self._health_check()
        validate_string(source, "sourceAddress")
        validate_string(group, "groupAddress")
        joins = method == "addSourceSpecificMembership"
        change = handle.add_source_specific_membership if joins else handle.drop_source_specific_membership
        _check(change(source, group, _optional(interface)), method)

    # --- buffers and queue -------------------------------------------------------------------------------------------

    def set_recv_buffer_size(self, size: Any = UNDEFINED) -> None:
        """SO_RCVBUF in bytes (the system doubles it). Mirrors `socket.setRecvBufferSize()`.

        Raises ERR_SOCKET_BAD_BUFFER_SIZE, ERR_SOCKET_BUFFER_SIZE (unbound, or too large for the system).
        """
        self._buffer_size(size, True)

    def set_send_buffer_size(self, size: Any = UNDEFINED) -> None:
        """SO_SNDBUF in bytes. Mirrors `socket.setSendBufferSize()`. Raises as `set_recv_buffer_size`."""
        self._buffer_size(size, False)

    def get_recv_buffer_size(self) -> int:
        """SO_RCVBUF in bytes.

        Mirrors `socket.getRecvBufferSize()`. Raises ERR_SOCKET_BUFFER_SIZE when unbound.
        """
        return self._buffer_size(0, True)

    def get_send_buffer_size(self) -> int:
        """SO_SNDBUF in bytes.

        Mirrors `socket.getSendBufferSize()`. Raises ERR_SOCKET_BUFFER_SIZE when unbound.
        """
        return self._buffer_size(0, False)

    def _buffer_size(self, size: Any, is_recv: bool) -> int:
        if not is_uint32(size):
            raise node_error("ERR_SOCKET_BAD_BUFFER_SIZE")
        found = self._handle_for("bufferSize").buffer_size(int(size), is_recv)
        if found < 0:
            raise buffer_size_error(found, "uv_recv_buffer_size" if is_recv else "uv_send_buffer_size")
        return found

    def get_send_queue_size(self) -> int:
        """Bytes that wait in libuv to be sent. Mirrors `socket.getSendQueueSize()`."""
        return self._handle_for("getSendQueueSize").send_queue_size

    def get_send_queue_count(self) -> int:
        """Datagrams that wait in libuv to be sent. Mirrors `socket.getSendQueueCount()`."""
        return self._handle_for("getSendQueueCount").send_queue_count


def _optional(interface: Any) -> str | None:
    return None if interface is None or interface is UNDEFINED else to_text(interface)
