"""Mirrors the connecting part of lib/dgram.js: `connect`, `connect_sync`, `disconnect`, `remote_address`."""

from functools import partial
from typing import Any

from nodesock.addresses.address_info import AddressInfo
from nodesock.bindings.cares_wrap import is_ip
from nodesock.callables import call, drops_surplus
from nodesock.dgram.binding import Binding
from nodesock.dgram.core import BINDING, BOUND, CONNECTED, CONNECTING, DISCONNECTED, UNBOUND
from nodesock.errors import NodeError, errno_exception, exception_with_host_port, node_error
from nodesock.runtime.ticks import next_tick
from nodesock.validators import UNDEFINED, is_truthy, validate_port, validate_string


@drops_surplus
class Connecting(Binding):
    """A socket that may be tied to one peer."""

    @property
    def _loopback(self) -> str:
        return "127.0.0.1" if self._family == 4 else "::1"

    def connect(self, port: Any = UNDEFINED, address: Any = UNDEFINED, callback: Any = UNDEFINED) -> None:
        """Send to and hear from one peer only: `connect(port, address, callback)`; without an address, this host.

        `callback` is a once-listener of 'connect'; if there is one it also gets the error, otherwise an error
        is an 'error' event. Binds an unbound socket. Mirrors `socket.connect()`.

        Raises ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_TYPE, ERR_SOCKET_DGRAM_IS_CONNECTED,
        ERR_SOCKET_DGRAM_NOT_RUNNING.
        """
        number = validate_port(port, "Port", False)
        if callable(address):
            address, callback = "", address
        elif address is UNDEFINED:
            address = ""
        validate_string(address, "address")
        if self._connect_state != DISCONNECTED:
            raise node_error("ERR_SOCKET_DGRAM_IS_CONNECTED")
        self._connect_state = CONNECTING
        if self._bind_state == UNBOUND:
            self.bind({"port": 0, "exclusive": True}, None)
        if self._bind_state != BOUND:
            self._enqueue(partial(self._start_connect, number, address, callback))
        else:
            self._start_connect(number, address, callback)

    def _start_connect(self, port: int, address: str, callback: Any) -> None:
        if is_truthy(callback):
            self.once("connect", callback)
        self._handle_for("lookup")

        def on_address(error: Any, ip: Any) -> None:
            if self._handle is None:
                return  # closed meanwhile
            if not error:
                error = self._connect_handle(ip, port, address)
            if not error:
                next_tick(self._emit, "connect")
                return
            self._connect_state = DISCONNECTED
            if is_truthy(callback):
                next_tick(self._connect_failed, callback, error)
            else:
                next_tick(self._emit, "error", error)

        self._resolve(address or self._loopback, on_address)

    def _connect_failed(self, callback: Any, error: Any) -> None:
        self.remove_listener("connect", callback)
        call(callback, error)

    def _connect_handle(self, ip: Any, port: int, address: str) -> NodeError | None:
        """Connect the handle and note the state; the error if that fails."""
        handle = self._health_check()
        blocked = self._send_block_list
        if blocked is not None and blocked.check(ip, f"ipv{is_ip(ip) or 4}"):
            return node_error("ERR_IP_BLOCKED", ip)
        connect = handle.connect if self._family == 4 else handle.connect6
        err = connect(ip if isinstance(ip, str) else "", port)
        if err:
            return exception_with_host_port(err, "connect", address, port)
        self._connect_state = CONNECTED
        return None

    def connect_sync(self, port: Any = UNDEFINED, address: Any = UNDEFINED) -> None:
        """Connect at once to a port of an IP address, by default of this host. Binds an unbound socket.

        'connect' still follows, on the next tick. Mirrors `socket.connectSync()`. Raises
        ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_SOCKET_DGRAM_IS_CONNECTED, ERR_SOCKET_BAD_PORT,
        ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for a host name, ERR_SOCKET_ALREADY_BOUND while a bind is
        pending, ERR_IP_BLOCKED, and the system's errors of bind and connect.
        """
        self._health_check()
        number = validate_port(port, "Port", False)
        if self._connect_state != DISCONNECTED:
            raise node_error("ERR_SOCKET_DGRAM_IS_CONNECTED")
        if address is not UNDEFINED and address is not None:
            validate_string(address, "address")
            if address and not is_ip(address):
                reason = "must be a numeric IP address; connectSync does not perform DNS resolution"
                raise node_error("ERR_INVALID_ARG_VALUE", "address", address, reason)
        if self._bind_state == BINDING:
            raise node_error("ERR_SOCKET_ALREADY_BOUND")
        if self._bind_state == UNBOUND:
            self._bind_now(self._any_address, 0)
        ip = address or self._loopback
        failure = self._connect_handle(ip, number, ip)
        if failure is not None:
            raise failure
        next_tick(self._tell_connect)

    def _tell_connect(self) -> None:
        if self._handle is not None:
            self.emit("connect")

    def disconnect(self) -> None:
        """Forget the peer, at once. Mirrors `socket.disconnect()`. Raises ERR_SOCKET_DGRAM_NOT_CONNECTED."""
        if self._connect_state != CONNECTED:
            raise node_error("ERR_SOCKET_DGRAM_NOT_CONNECTED")
        err = self._handle_for("disconnect").disconnect()
        if err:
            raise errno_exception(err, "connect")
        self._connect_state = DISCONNECTED

    def remote_address(self) -> AddressInfo:
        """The peer.

        Mirrors `socket.remoteAddress()`. Raises ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_SOCKET_DGRAM_NOT_CONNECTED.
        """
        handle = self._health_check()
        if self._connect_state != CONNECTED:
            raise node_error("ERR_SOCKET_DGRAM_NOT_CONNECTED")
        name = handle.getpeername()
        if isinstance(name, int):
            raise errno_exception(name, "getpeername")
        return AddressInfo(*name)
