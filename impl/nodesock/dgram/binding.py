"""Mirrors the binding part of lib/dgram.js: `bind`, `bind_sync`, `address`, and what starts when a socket is bound."""

from collections.abc import Mapping
from typing import Any, Self

from nodesock.addresses.address_info import AddressInfo
from nodesock.bindings.cares_wrap import is_ip
from nodesock.bindings.udp_wrap import UDP, UV_UDP_IPV6ONLY, UV_UDP_REUSEADDR, UV_UDP_REUSEPORT
from nodesock.bindings.uv import guess_handle_type
from nodesock.callables import call, drops_surplus
from nodesock.dgram.core import BINDING, BOUND, UNBOUND, SocketCore, as_options, to_uint32
from nodesock.dgram.remote_info import RemoteInfo
from nodesock.errors import UVError, errno_exception, exception_with_host_port, node_error
from nodesock.runtime.ticks import next_tick
from nodesock.validators import (
    UNDEFINED,
    is_number,
    is_truthy,
    to_number,
    validate_object,
    validate_port,
    validate_string,
)

_new = tuple.__new__  # a RemoteInfo without the frame of its own __new__


@drops_surplus
class Binding(SocketCore):
    """A socket that binds and then receives."""

    _ipv6_only: Any
    _reuse_addr: Any
    _reuse_port: Any
    _recv_buffer_size: Any
    _send_buffer_size: Any

    def bind(self, *args: Any, callback: Any = UNDEFINED, **named: Any) -> Self:
        """Bind and receive from then on: `bind(port, address, callback)`, all optional, or `bind(options, callback)`.

        The options are keyword arguments or a mapping: `port`, `address`, `fd` (a bound UDP descriptor to
        take over; then the others do not count) and `exclusive` (accepted; there is no cluster). `callback`
        is added as a once-listener of 'listening'. A failure is an 'error' event. Mirrors `socket.bind()`.

        Raises ERR_SOCKET_ALREADY_BOUND, ERR_SOCKET_DGRAM_NOT_RUNNING; ERR_INVALID_ARG_TYPE for an address
        that is no text; ERR_INVALID_FD_TYPE and system errors for a descriptor.
        """
        self._health_check()
        if self._bind_state != UNBOUND:
            raise node_error("ERR_SOCKET_ALREADY_BOUND")
        self._bind_state = BINDING
        done = callback if callback is not UNDEFINED else args[-1] if args else None
        if callable(done):
            self._report_bind_to(done)
        first = args[0] if args else UNDEFINED
        options = as_options(first)
        if named:
            if options is None:
                options = {"port": first, "address": args[1] if len(args) > 1 else UNDEFINED}
            options = {**options, **named}
        if options is not None:
            descriptor = options.get("fd", UNDEFINED)
            if (
                is_number(descriptor)
                and descriptor > 0
                and descriptor < 2**31
                and descriptor == int(descriptor)
            ):
                return self._bind_descriptor(int(descriptor))
            where, at = options.get("address", UNDEFINED), options.get("port", UNDEFINED)
        else:
            where, at = args[1] if len(args) > 1 else UNDEFINED, first
            if callable(where):
                where = UNDEFINED
        self._bind_address(
            where if is_truthy(where) else self._any_address, None if at is UNDEFINED or callable(at) else at
        )
        return self

    @property
    def _any_address(self) -> str:
        return "0.0.0.0" if self._family == 4 else "::"

    def _report_bind_to(self, callback: Any) -> None:
        """`callback` hears of 'listening' once, and no more after an 'error'.

        So with a callback no 'error' is unhandled.
        """

        def forget(_error: Any = None) -> None:
            self.remove_listener("error", forget)
            self.remove_listener("listening", listening)

        def listening() -> None:
            forget()
            call(callback)

        self.on("error", forget)
        self.on("listening", listening)

    def _bind_descriptor(self, fd: int) -> Self:
        kind = guess_handle_type(fd)
        if kind != "UDP":
            raise node_error("ERR_INVALID_FD_TYPE", kind)
        err = self._handle.open(fd) if self._handle is not None else 0
        if err:
            raise errno_exception(err, "open")
        self._start_listening()
        return self

    def _bind_address(self, address: Any, port: Any) -> None:
        if self._lookup is None:
            validate_string(address, "hostname")

        def on_address(error: Any, ip: Any) -> None:
            handle = self._handle
            if handle is None:
                return  # closed meanwhile
            if error:
                self._bind_state = UNBOUND
                self.emit("error", error)
                return
            failure = self._bind_handle(handle, ip, port)
            if failure is not None:
                self._bind_state = UNBOUND
                self.emit("error", failure)
                return
            self._start_listening()

        self._resolve(address, on_address)

    def _bind_handle(self, handle: UDP, ip: Any, port: Any) -> UVError | None:
        """Bind the handle to an IP address; the error if that fails."""
        flags = 0
        if is_truthy(self._reuse_addr):
            flags |= UV_UDP_REUSEADDR
        if is_truthy(self._ipv6_only):
            flags |= UV_UDP_IPV6ONLY
        if is_truthy(self._reuse_port):
            flags |= UV_UDP_REUSEPORT
        bind = handle.bind if self._family == 4 else handle.bind6
        err = bind(ip if isinstance(ip, str) else "", to_uint32(port or 0) & 0xFFFF, flags)
        return bind_error(err, ip, port) if err else None

    def _start_listening(self) -> None:
        """Bound: receive, apply the buffer sizes of the options, tell."""
        self._begin_receiving()
        self.emit("listening")

    def _begin_receiving(self) -> None:
        handle = self._health_check()
        handle.recv_start(self._on_message)
        self._bind_state = BOUND
        if is_truthy(self._recv_buffer_size):
            self._buffer_size(self._recv_buffer_size, True)
        if is_truthy(self._send_buffer_size):
            self._buffer_size(self._send_buffer_size, False)

    def _buffer_size(self, size: int, is_recv: bool) -> int:
        """Set a buffer size, or with 0 get it; options.py has it."""
        raise NotImplementedError

    def bind_sync(self, options: Any = UNDEFINED, **named: Any) -> AddressInfo:
        """Bind at once to `port` (default: any) on the IP address `address` (default: any); returns the bound address.

        'listening' still follows, on the next tick. Mirrors `socket.bindSync()`. Raises
        ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_INVALID_ARG_TYPE, ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_VALUE for a
        host name, ERR_SOCKET_ALREADY_BOUND, and the system's errors of bind.
        """
        self._health_check()
        if named:
            options = {**options, **named} if isinstance(options, Mapping) else named
        if options is UNDEFINED:
            options = {}
        validate_object(options, "options")
        options = as_options(options) or {}
        port, address = options.get("port"), options.get("address")
        if port is not None and port is not UNDEFINED:
            port = validate_port(port, "options.port")
        if is_truthy(address):
            validate_string(address, "options.address")
            if not is_ip(address):
                reason = "must be a numeric IP address; bindSync does not perform DNS resolution"
                raise node_error("ERR_INVALID_ARG_VALUE", "options.address", address, reason)
        if self._bind_state != UNBOUND:
            raise node_error("ERR_SOCKET_ALREADY_BOUND")
        self._bind_now(address if is_truthy(address) else self._any_address, port or 0)
        return self.address()

    def _bind_now(self, ip: str, port: int) -> None:
        """Bind to an IP address at once; 'listening' comes on the next tick unless the socket is closed by then."""
        failure = self._bind_handle(self._health_check(), ip, port)
        if failure is not None:
            raise failure
        self._begin_receiving()
        next_tick(self._tell_listening)

    def _tell_listening(self) -> None:
        if self._handle is not None:
            self.emit("listening")

    def address(self) -> AddressInfo:
        """The bound address. Mirrors `socket.address()`.

        Raises ERR_SOCKET_DGRAM_NOT_RUNNING when closed, EBADF (`getsockname`) before the bind.
        """
        name = self._health_check().getsockname()
        if isinstance(name, int):
            raise errno_exception(name, "getsockname")
        return AddressInfo(*name)

    def _on_message(self, nread: int, data: bytes | None, sender: tuple[str, str, int] | None) -> None:
        """A datagram, or an error of recvmsg: the hot path from the binding to the 'message' listeners."""
        if sender is None:
            self.emit("error", errno_exception(nread, "recvmsg"))
            return
        blocked = self._receive_block_list
        if blocked is not None and blocked.check(sender[0], sender[1].lower()):
            return
        self.emit("message", data, _new(RemoteInfo, (*sender, nread)))


def bind_error(err: int, address: Any, port: Any) -> UVError:
    """`bind EADDRINUSE 0.0.0.0:80`, with the port as it was asked for (Node does not convert it for the error)."""
    number = to_number(port)
    shown = None if address is UNDEFINED else address
    error = exception_with_host_port(err, "bind", shown, int(number) if number > 0 else None)
    if port:
        error.port = port  # type: ignore[attr-defined]
    if address is UNDEFINED:
        del error.address  # type: ignore[attr-defined]  # Node sets it to undefined
    return error
