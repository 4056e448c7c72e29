"""Mirrors lib/dgram.js: `dgram.Socket`.

A socket has two state machines; states.py has their moves, and only this file makes them.

`_handle` is None from `close()` on, which is final. Closing leaves both states as they are, as in Node: a closed socket
that was connected still answers "Already connected".

The hot path is `UDP._uv_recv` -> `_on_message` -> the 'message' listener -> `send` -> (the tick that Node's lookup of
an IP address takes) -> the handle's send method. A connected socket sends within the call itself.
"""

from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import Any, Self

from nodesock.addresses.address_info import AddressInfo
from nodesock.bindings.udp_wrap import UDP
from nodesock.callables import call, drops_surplus
from nodesock.dgram.arguments import (
    Settings,
    bind_sync_options,
    bind_sync_target,
    bind_target,
    buffer_size_argument,
    creation_arguments,
    send_arguments,
    validate_ip,
    validate_sendto,
)
from nodesock.dgram.errors import check, checked_address, checked_size
from nodesock.dgram.handle import ends, take_over
from nodesock.dgram.listeners import BindQueue, close_on_abort, connect_failed, report_bind
from nodesock.dgram.lookup import literals, resolve
from nodesock.dgram.membership import change_membership, change_source_membership
from nodesock.dgram.remote_info import RemoteInfo
from nodesock.dgram.sender import Sender, unheard
from nodesock.dgram.states import BINDING, BOUND, CONNECTED, CONNECTING, DISCONNECTED, UNBOUND
from nodesock.errors import NodeError, errno_exception, node_error, property_error
from nodesock.events import EventEmitter
from nodesock.inspect import Symbol
from nodesock.runtime import uv_loop
from nodesock.runtime.promises import Promise
from nodesock.runtime.ticks import next_tick, ticks
from nodesock.runtime.uv_loop import check_thread
from nodesock.spelling import refuses_foreign_names
from nodesock.validators import (
    UNDEFINED,
    is_truthy,
    to_int32,
    validate_number,
    validate_port,
    validate_string,
)

_new = tuple.__new__  # a RemoteInfo without the frame of its own __new__


@refuses_foreign_names
@drops_surplus
class Socket(EventEmitter):
    """A UDP socket. Events: 'listening', 'connect', 'message' (bytes, RemoteInfo), 'error', 'close'.

    Make it with `create_socket`. `type` is 'udp4' or 'udp6'. Mirrors `dgram.Socket`.
    """

    _handle: UDP | None
    _queue: BindQueue | None = None

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__()
        options, listener = creation_arguments(args, named)
        self._settings = settings = Settings(options)
        self._family = settings.family
        self._lookup = settings.lookup
        self._receive_block_list = settings.receive_block_list
        self.type = settings.type
        self._bind_state = UNBOUND
        self._connect_state = DISCONNECTED
        self._handle = handle = UDP()
        handle.owner = self
        self._sender = Sender(settings.family.send_of(handle), settings.send_block_list)
        if callable(listener):
            self.on("message", listener)
        signal = options.get("signal", UNDEFINED)
        if signal is not UNDEFINED:
            # As in Node, a wrong signal leaves a handle nobody can close. It has no descriptor and keeps nothing alive.
            close_on_abort(signal, self, self._close_if_open)

    def _close_if_open(self) -> None:
        if self._handle is not None:
            self.close()

    def _health_check(self) -> UDP:
        """The handle. Raises ERR_SOCKET_DGRAM_NOT_RUNNING once the socket is closed."""
        if self._handle is None:
            raise node_error("ERR_SOCKET_DGRAM_NOT_RUNNING")
        return self._handle

    def _handle_for(self, property_name: str) -> UDP:
        """The handle, for the methods in which Node forgets that it may be gone and reads a property of null."""
        if self._handle is None:
            raise property_error(property_name)
        return self._handle

    def _emit(self, event: str, *args: Any) -> None:
        """`emit` as a tick: through the `emit` that the socket has by then, which a user may have wrapped."""
        self.emit(event, *args)

    # --- binding -----------------------------------------------------------------------------------------------------

    def bind(self, *args: Any, callback: Any = UNDEFINED, **named: Any) -> Self:
        """Bind and then receive: `bind(port, address, callback)`, all optional, or `bind(options, callback)`.

        The options are keyword arguments or a mapping: `port`, `address`, `fd` (a UDP descriptor to take over;
        the others are then ignored) and `exclusive` (accepted; there is no cluster). `callback` is called on
        the first 'listening'. A failure is an 'error' event. Mirrors `socket.bind()`.

        Raises ERR_SOCKET_ALREADY_BOUND, ERR_SOCKET_DGRAM_NOT_RUNNING; ERR_INVALID_ARG_TYPE for an address that
        is not a str; ERR_INVALID_FD_TYPE and system errors for a descriptor.
        """
        check_thread()
        self._health_check()
        if self._bind_state != UNBOUND:
            raise node_error("ERR_SOCKET_ALREADY_BOUND")
        self._bind_state = BINDING
        done = callback if callback is not UNDEFINED else args[-1] if args else None
        if callable(done):
            report_bind(self, done)
        fd, address, port = bind_target(args, named)
        if fd is not None:
            take_over(self._handle, fd)
            self._begin_receiving()
            self.emit("listening")
            return self
        if address is UNDEFINED:
            address = self._family.any_address
        if self._lookup is None:
            validate_string(address, "hostname")
        resolve(address, self._family.number, self._lookup, partial(self._bind_resolved, port))
        return self

    def _bind_resolved(self, port: Any, error: Any, ip: Any) -> None:
        """The lookup of `bind` is done."""
        handle = self._handle
        if handle is None:
            return  # closed meanwhile
        failure = error or self._family.bind(handle, ip, port, self._settings.bind_flags)
        if failure is not None:
            self._bind_state = UNBOUND
            self.emit("error", failure)
            return
        self._begin_receiving()
        self.emit("listening")

    def _begin_receiving(self) -> None:
        """Bound: receive, and apply the buffer sizes of the options."""
        self._health_check().recv_start(self._on_message)
        self._bind_state = BOUND
        if is_truthy(self._settings.recv_buffer_size):
            self._buffer_size(self._settings.recv_buffer_size, True)
        if is_truthy(self._settings.send_buffer_size):
            self._buffer_size(self._settings.send_buffer_size, False)

    def bind_sync(self, options: Any = UNDEFINED, **named: Any) -> AddressInfo:
        """Bind at once to `port` (default: any) on the IP address `address` (default: any); returns the bound address.

        'listening' still follows, on the next tick. Mirrors `socket.bindSync()`. Raises
        ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_INVALID_ARG_TYPE, ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_VALUE for a
        host name, ERR_SOCKET_ALREADY_BOUND, and the system's errors of bind.
        """
        check_thread()
        self._health_check()
        options = bind_sync_options(options, named)
        if self._bind_state != UNBOUND:
            raise node_error("ERR_SOCKET_ALREADY_BOUND")
        ip, port = bind_sync_target(options)
        self._bind_now(ip, port)
        return self.address()

    def _bind_now(self, ip: str | None, port: int) -> None:
        """Bind at once; 'listening' comes on the next tick unless the socket is closed by then."""
        ip = ip or self._family.any_address
        failure = self._family.bind(self._health_check(), ip, port, self._settings.bind_flags)
        if failure is not None:
            raise failure
        self._begin_receiving()
        next_tick(self._emit_if_open, "listening")

    def _emit_if_open(self, event: str) -> None:
        if self._handle is not None:
            self.emit(event)

    def _when_bound(self, call_later: Callable[[], Any]) -> None:
        """Queue a call that the pending bind holds up."""
        if self._queue is None:
            self._queue = BindQueue(self)
        self._queue.add(call_later)

    def address(self) -> AddressInfo:
        """The bound address. Mirrors `socket.address()`.

        Raises ERR_SOCKET_DGRAM_NOT_RUNNING when closed, EBADF (`getsockname`) before the bind.
        """
        return checked_address(self._health_check().getsockname(), "getsockname")

    def _on_message(self, nread: int, data: bytes | None, sender: tuple[str, str, int] | None) -> None:
        """A datagram, or an error of recvmsg: the hot path from the binding to the 'message' listeners."""
        if sender is None:
            self.emit("error", errno_exception(nread, "recvmsg"))
            return
        blocked = self._receive_block_list
        if blocked is not None and blocked.check(sender[0], sender[1].lower()):
            return
        self.emit("message", data, _new(RemoteInfo, (*sender, nread)))

    # --- connecting --------------------------------------------------------------------------------------------------

    def connect(self, port: Any = UNDEFINED, address: Any = UNDEFINED, callback: Any = UNDEFINED) -> None:
        """Send to and hear from one peer only: `connect(port, address, callback)`; without an address, this host.

        `callback` is a once-listener of 'connect'; if there is one it also gets the error, otherwise an error
        is an 'error' event. Binds an unbound socket. Mirrors `socket.connect()`.

        Raises ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_TYPE, ERR_SOCKET_DGRAM_IS_CONNECTED,
        ERR_SOCKET_DGRAM_NOT_RUNNING.
        """
        check_thread()
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
            self._when_bound(partial(self._start_connect, number, address, callback))
        else:
            self._start_connect(number, address, callback)

    def _start_connect(self, port: int, address: str, callback: Any) -> None:
        if is_truthy(callback):
            self.once("connect", callback)
        self._handle_for("lookup")
        wanted = address or self._family.loopback
        on_address = partial(self._connect_resolved, port, address, callback)
        resolve(wanted, self._family.number, self._lookup, on_address)

    def _connect_resolved(self, port: int, address: str, callback: Any, error: Any, ip: Any) -> None:
        """The lookup of `connect` is done."""
        if self._handle is None:
            return  # closed meanwhile
        if not error:
            error = self._connect_handle(ip, port, address)
        if not error:
            next_tick(self._emit, "connect")
            return
        self._connect_state = DISCONNECTED
        if is_truthy(callback):
            next_tick(connect_failed, self, callback, error)
        else:
            next_tick(self._emit, "error", error)

    def _connect_handle(self, ip: Any, port: int, address: str) -> NodeError | None:
        """Connect the handle and note the state; returns the error if that fails."""
        handle = self._health_check()
        failure = self._sender.refusal(ip) or self._family.connect(handle, ip, port, address)
        if failure is None:
            self._connect_state = CONNECTED
        return failure

    def connect_sync(self, port: Any = UNDEFINED, address: Any = UNDEFINED) -> None:
        """Connect at once to a port of an IP address, by default of this host. Binds an unbound socket.

        'connect' still follows, on the next tick. Mirrors `socket.connectSync()`. Raises
        ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_SOCKET_DGRAM_IS_CONNECTED, ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_TYPE,
        ERR_INVALID_ARG_VALUE for a host name, ERR_SOCKET_ALREADY_BOUND while a bind is pending,
        ERR_IP_BLOCKED, and the system's errors of bind and connect.
        """
        check_thread()
        self._health_check()
        number = validate_port(port, "Port", False)
        if self._connect_state != DISCONNECTED:
            raise node_error("ERR_SOCKET_DGRAM_IS_CONNECTED")
        if address is not UNDEFINED and address is not None and address != "":
            validate_ip(address, "address", "connectSync")
        if self._bind_state == BINDING:
            raise node_error("ERR_SOCKET_ALREADY_BOUND")
        if self._bind_state == UNBOUND:
            self._bind_now(None, 0)
        ip = address or self._family.loopback
        failure = self._connect_handle(ip, number, ip)
        if failure is not None:
            raise failure
        next_tick(self._emit_if_open, "connect")

    def disconnect(self) -> None:
        """Forget the peer, at once. Mirrors `socket.disconnect()`. Raises ERR_SOCKET_DGRAM_NOT_CONNECTED."""
        check_thread()
        if self._connect_state != CONNECTED:
            raise node_error("ERR_SOCKET_DGRAM_NOT_CONNECTED")
        check(self._handle_for("disconnect").disconnect(), "connect")
        self._connect_state = DISCONNECTED

    def remote_address(self) -> AddressInfo:
        """The address of the peer.

        Mirrors `socket.remoteAddress()`. Raises ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_SOCKET_DGRAM_NOT_CONNECTED.
        """
        handle = self._health_check()
        if self._connect_state != CONNECTED:
            raise node_error("ERR_SOCKET_DGRAM_NOT_CONNECTED")
        return checked_address(handle.getpeername(), "getpeername")

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(
        self,
        msg: Any = UNDEFINED,
        offset: Any = UNDEFINED,
        length: Any = UNDEFINED,
        port: Any = UNDEFINED,
        address: Any = UNDEFINED,
        callback: Any = UNDEFINED,
        *_: Any,
    ) -> None:
        """Send one datagram.

        `send(msg, port, address, callback)` or `send(msg, offset, length, port, address, callback)`; on a
        connected socket without port and address. `msg` is bytes-like, text (sent as UTF-8) or a list of
        these; `offset` and `length` count bytes. Without an address it goes to this host. Binds an unbound
        socket. `callback(error, bytes)` comes once the datagram is handed to the system. Without a callback
        only a failed lookup is reported, as 'error'. Mirrors `socket.send()`.

        Raises ERR_INVALID_ARG_TYPE, ERR_BUFFER_OUT_OF_BOUNDS, ERR_SOCKET_BAD_PORT,
        ERR_SOCKET_DGRAM_IS_CONNECTED, ERR_SOCKET_DGRAM_NOT_RUNNING.
        """
        if get_ident() != uv_loop.thread:
            check_thread()
        connected = self._connect_state == CONNECTED
        sender = self._sender
        if (
            offset.__class__ is int
            and 0 < offset < 65536
            and length.__class__ is str
            and length in literals
            and msg.__class__ is bytes
            and address is UNDEFINED
            and (port is UNDEFINED or callable(port))
            and not connected
            and self._bind_state == BOUND
            and self._lookup is None
            and sender.transmit is not None
        ):  # what an echo does: bytes to an IP address from a bound socket; the rest takes the long way
            if port is UNDEFINED and sender.blocked is None:
                # closed or connected by then, the handle refuses it, which without a callback nobody hears of
                ticks.append((sender.transmit, ((msg,), offset, length, unheard)))
            else:
                done = None if port is UNDEFINED else port
                ticks.append((sender.send, (length, msg, offset, length, done)))
            return
        data, port, address, callback = send_arguments(
            connected, msg, offset, length, port, address, callback
        )
        if sender.transmit is None:
            raise node_error("ERR_SOCKET_DGRAM_NOT_RUNNING")
        if self._bind_state != BOUND:
            if self._bind_state == UNBOUND:
                self.bind({"port": 0, "exclusive": True}, None)
            # a custom lookup may have bound it at once, 'listening' and all; one that failed at once leaves the
            # send in a queue that only another bind will run
            if self._bind_state != BOUND:
                # all of it again by then, with the state of then
                self._when_bound(partial(self.send, data, port, address, callback))
                return
        if connected:
            sender.send(None, data, None, None, callback)
            return
        self._handle_for("lookup")
        wanted = address or self._family.loopback
        on_address = partial(self._send_resolved, data, port, address, callback)
        resolve(wanted, self._family.number, self._lookup, on_address)

    def _send_resolved(self, data: Any, port: int, address: Any, callback: Any, error: Any, ip: Any) -> None:
        """The lookup of `send` is done."""
        if not error:
            self._sender.send(ip, data, port, address, callback)
        elif callback is not None:
            next_tick(call, callback, error)
        else:
            next_tick(self._emit, "error", error)

    def sendto(
        self,
        msg: Any = UNDEFINED,
        offset: Any = UNDEFINED,
        length: Any = UNDEFINED,
        port: Any = UNDEFINED,
        address: Any = UNDEFINED,
        callback: Any = UNDEFINED,
    ) -> None:
        """`send` in its full form, strict about its arguments.

        Mirrors `socket.sendto()`. Also raises ERR_INVALID_ARG_TYPE if `offset`, `length` or `port` is not a number.
        """
        validate_sendto(offset, length, port, address)
        self.send(msg, offset, length, port, address, callback)

    # --- closing -----------------------------------------------------------------------------------------------------

    def close(self, callback: Any = UNDEFINED) -> Self:
        """Close the socket; 'close' follows on the next tick. `callback` is added as a listener of 'close'.

        While a bind with queued calls is pending the close waits in that queue. Datagrams not yet handed to
        the system are dropped with their callbacks. Mirrors `socket.close()`. Raises
        ERR_SOCKET_DGRAM_NOT_RUNNING when closed.
        """
        check_thread()
        if callable(callback):
            self.on("close", callback)
        queue = self._queue
        if queue is not None:
            if queue.calls is not None:
                queue.add(self.close)
                return self
            self._queue = None
        handle = self._health_check()
        handle.recv_stop()
        handle.close()
        self._handle = None
        self._sender.transmit = None
        next_tick(self._emit, "close")
        return self

    def _abandoned(self) -> None:
        """The loop is gone and the handle with it, as in a forked child: the socket has closed without an event."""
        self._handle = self._queue = self._sender.transmit = None

    def ref(self) -> Self:
        """Keep the loop alive while the socket is open (the default). Mirrors `socket.ref()`."""
        if self._handle is not None:
            self._handle.ref()
        return self

    def unref(self) -> Self:
        """Let the loop end although the socket is open. Mirrors `socket.unref()`."""
        if self._handle is not None:
            self._handle.unref()
        return self

    def async_dispose(self) -> Promise:
        """Close if it is open; the promise is done once it is closed.

        Mirrors `socket[Symbol.asyncDispose]()`.
        """
        if self._handle is None:
            return Promise.resolved(None)
        closed = Promise()
        self.close(lambda: closed.resolve(None))
        return closed.then()  # Node's is an async function that waits for it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.async_dispose()

    def _node_properties(self) -> dict[str | Symbol, Any]:
        state = {"handle": self._handle, "bind_state": self._bind_state, "connect_state": self._connect_state}
        return super()._node_properties() | {"type": self.type, Symbol("state symbol"): state}

    def __repr__(self) -> str:
        if self._handle is None:
            return f"<dgram.Socket {self.type} closed>"
        bound = "bound" if self._bind_state == BOUND else "unbound"
        where = ends(self._handle, self._connect_state == CONNECTED)
        return f"<dgram.Socket {self.type} {bound}{where}{' connecting' if self._connect_state == CONNECTING else ''}>"

    # --- options: setting one needs a bound socket, otherwise it raises EBADF -----------------------------------------

    def set_broadcast(self, flag: Any = UNDEFINED) -> None:
        """Allow (or forbid) sends to broadcast addresses. Mirrors `socket.setBroadcast()`. Raises EBADF."""
        check(self._handle_for("setBroadcast").set_broadcast(is_truthy(flag)), "setBroadcast")

    def set_ttl(self, ttl: Any = UNDEFINED) -> Any:
        """Set the number of hops a datagram may take, 1 … 255; returns `ttl`.

        Mirrors `socket.setTTL()`. Raises ERR_INVALID_ARG_TYPE, EINVAL.
        """
        validate_number(ttl, "ttl")
        check(self._handle_for("setTTL").set_ttl(to_int32(ttl)), "setTTL")
        return ttl

    def set_multicast_ttl(self, ttl: Any = UNDEFINED) -> Any:
        """Set the number of hops a multicast datagram may take, 0 … 255; returns `ttl`.

        Mirrors `socket.setMulticastTTL()`. Raises what `set_ttl` does.
        """
        validate_number(ttl, "ttl")
        check(self._handle_for("setMulticastTTL").set_multicast_ttl(to_int32(ttl)), "setMulticastTTL")
        return ttl

    def set_multicast_loopback(self, flag: Any = UNDEFINED) -> Any:
        """Hear multicast datagrams of this host too; returns `flag`. Mirrors `socket.setMulticastLoopback()`."""
        handle = self._handle_for("setMulticastLoopback")
        check(handle.set_multicast_loopback(is_truthy(flag)), "setMulticastLoopback")
        return None if flag is UNDEFINED else flag

    def set_multicast_interface(self, interface_address: Any = UNDEFINED) -> None:
        """Send multicast through this interface: its IPv4 address, or `::%name` for IPv6.

        Mirrors `socket.setMulticastInterface()`. Raises ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_INVALID_ARG_TYPE,
        EINVAL for anything that is not an address, EADDRNOTAVAIL.
        """
        handle = self._health_check()
        validate_string(interface_address, "interfaceAddress")
        check(handle.set_multicast_interface(interface_address), "setMulticastInterface")

    def add_membership(self, multicast_address: Any = UNDEFINED, interface_address: Any = UNDEFINED) -> None:
        """Join a group on one interface, by default on the one the system picks.

        Binds an unbound handle, without 'listening'. Mirrors `socket.addMembership()`.
        Raises ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_MISSING_ARGS, EINVAL, EADDRINUSE, ENODEV.
        """
        change = self._health_check().add_membership
        change_membership(change, "addMembership", multicast_address, interface_address)

    def drop_membership(self, multicast_address: Any = UNDEFINED, interface_address: Any = UNDEFINED) -> None:
        """Leave a group. Mirrors `socket.dropMembership()`.

        Raises what `add_membership` does, and EADDRNOTAVAIL if the socket is not a member.
        """
        change = self._health_check().drop_membership
        change_membership(change, "dropMembership", multicast_address, interface_address)

    def add_source_specific_membership(
        self,
        source_address: Any = UNDEFINED,
        group_address: Any = UNDEFINED,
        interface_address: Any = UNDEFINED,
    ) -> None:
        """Join a group to hear one source only. Mirrors `socket.addSourceSpecificMembership()`.

        Raises ERR_SOCKET_DGRAM_NOT_RUNNING, ERR_INVALID_ARG_TYPE, EINVAL, EADDRNOTAVAIL if it is a member.
        """
        change = self._health_check().add_source_specific_membership
        name = "addSourceSpecificMembership"
        change_source_membership(change, name, source_address, group_address, interface_address)

    def drop_source_specific_membership(
        self,
        source_address: Any = UNDEFINED,
        group_address: Any = UNDEFINED,
        interface_address: Any = UNDEFINED,
    ) -> None:
        """Leave a group joined for one source. Mirrors `socket.dropSourceSpecificMembership()`.

        Raises what `add_source_specific_membership` does, but EINVAL if it is not a member.
        """
        change = self._health_check().drop_source_specific_membership
        name = "dropSourceSpecificMembership"
        change_source_membership(change, name, source_address, group_address, interface_address)

    def set_recv_buffer_size(self, size: Any = UNDEFINED) -> None:
        """Set SO_RCVBUF, in bytes (the system doubles it). Mirrors `socket.setRecvBufferSize()`.

        Raises ERR_SOCKET_BAD_BUFFER_SIZE, ERR_SOCKET_BUFFER_SIZE (unbound, or too large for the system).
        """
        self._buffer_size(size, True)

    def set_send_buffer_size(self, size: Any = UNDEFINED) -> None:
        """Set SO_SNDBUF. Mirrors `socket.setSendBufferSize()`. Units and errors as in `set_recv_buffer_size`."""
        self._buffer_size(size, False)

    def get_recv_buffer_size(self) -> int:
        """SO_RCVBUF in bytes. Mirrors `socket.getRecvBufferSize()`. Raises ERR_SOCKET_BUFFER_SIZE when unbound."""
        return self._buffer_size(0, True)

    def get_send_buffer_size(self) -> int:
        """SO_SNDBUF in bytes. Mirrors `socket.getSendBufferSize()`. Raises ERR_SOCKET_BUFFER_SIZE when unbound."""
        return self._buffer_size(0, False)

    def _buffer_size(self, size: Any, is_recv: bool) -> int:
        """Set a buffer size, or get it if `size` is 0."""
        size = buffer_size_argument(size)
        return checked_size(self._handle_for("bufferSize").buffer_size(size, is_recv), is_recv)

    def get_send_queue_size(self) -> int:
        """Bytes waiting in libuv to be sent. Mirrors `socket.getSendQueueSize()`."""
        return self._handle_for("getSendQueueSize").send_queue_size

    def get_send_queue_count(self) -> int:
        """Datagrams waiting in libuv to be sent. Mirrors `socket.getSendQueueCount()`."""
        return self._handle_for("getSendQueueCount").send_queue_count
