"""Mirrors the sending part of lib/dgram.js: `send`, `sendto` and what becomes of a datagram on its way out.

The hot path is `send` -> (the tick that Node's lookup of an IP address takes) -> `_transmit_to` ->
uv_udp_try_send. Only a connected socket sends within the call itself. A send that the kernel takes at once
calls back on a tick; one that has to wait calls back when libuv has sent it.
"""

from functools import partial
from typing import Any

from nodesock.bindings.cares_wrap import is_ip
from nodesock.callables import call, drops_surplus
from nodesock.dgram.connecting import Connecting
from nodesock.dgram.core import BOUND, CONNECTED, UNBOUND, to_uint32
from nodesock.encodings import encode
from nodesock.errors import UVError, exception_with_host_port, node_error
from nodesock.runtime.ticks import next_tick, ticks
from nodesock.validators import UNDEFINED, is_number, is_truthy, validate_port, validate_string

_BUFFER_TYPES = ("string", "Buffer", "TypedArray", "DataView")

#: IP literals seen as destinations, so that an echo does not parse the same address for each datagram
_literals: set[str] = set()
_LITERALS_MAX = 4096


def _is_literal(address: str) -> bool:
    if not is_ip(address):
        return False
    if len(_literals) >= _LITERALS_MAX:
        _literals.clear()
    _literals.add(address)
    return True


def _as_buffer(value: Any) -> Any:
    """A message as the bytes-like object that is sent; None if it is no message."""
    if isinstance(value, (bytes, bytearray)):
        return value
    if isinstance(value, str):
        return encode(value, "utf8")
    if isinstance(value, memoryview):
        return value.cast("B") if value.contiguous else value.tobytes()
    try:
        return memoryview(value).cast("B")
    except TypeError:
        return None


def _message(value: Any) -> Any:
    """The same for a message by itself. Raises ERR_INVALID_ARG_TYPE."""
    data = _as_buffer(value)
    if data is None:
        raise node_error("ERR_INVALID_ARG_TYPE", "buffer", _BUFFER_TYPES, value)
    return data


def _slice(buffer: Any, offset: Any, length: Any) -> Any:
    """The part of a message that `offset` and `length` (bytes, coerced as JavaScript does) name."""
    data = _message(buffer)
    start, size = to_uint32(offset), to_uint32(length)
    if start > len(data):
        raise node_error("ERR_BUFFER_OUT_OF_BOUNDS", "offset")
    if start + size > len(data):
        raise node_error("ERR_BUFFER_OUT_OF_BOUNDS", "length")
    return data[start : start + size]


def _join(messages: Any) -> bytes:
    """The one datagram that a list of messages makes."""
    parts = []
    for item in messages:
        data = None if isinstance(item, (list, tuple)) else _as_buffer(item)
        if data is None:
            raise node_error("ERR_INVALID_ARG_TYPE", "buffer list arguments", _BUFFER_TYPES, list(messages))
        parts.append(data)
    return b"".join(parts)


@drops_surplus
class Sending(Connecting):
    """A socket that sends."""

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
        socket. `callback(error, bytes)` comes once the datagram is handed to the system; without one, only a
        failed lookup is told, as 'error'. Mirrors `socket.send()`.

        Raises ERR_INVALID_ARG_TYPE, ERR_BUFFER_OUT_OF_BOUNDS, ERR_SOCKET_BAD_PORT,
        ERR_SOCKET_DGRAM_IS_CONNECTED, ERR_SOCKET_DGRAM_NOT_RUNNING.
        """
        connected = self._connect_state == CONNECTED
        if (
            offset.__class__ is int
            and 0 < offset < 65536
            and length.__class__ is str
            and length in _literals
            and msg.__class__ is bytes
            and address is UNDEFINED
            and (port is UNDEFINED or callable(port))
            and not connected
            and self._bind_state == BOUND
            and self._lookup is None
            and self._handle is not None
        ):  # what an echo does: bytes to an IP address from a bound socket; the rest takes the long way
            if port is UNDEFINED and self._send_block_list is None:
                # closed or connected by then, the handle refuses it, which without a callback nobody hears of
                ticks.append((self._transmit, ((msg,), offset, length, _unheard)))
            else:
                done = None if port is UNDEFINED else port
                ticks.append((self._transmit_to, (length, msg, offset, length, done)))
            return
        if not connected:
            if is_truthy(address) or (is_truthy(port) and not callable(port)):
                msg = _slice(msg, offset, length)
            else:
                port, address, callback = offset, length, port
        else:
            if is_number(length):
                msg = _slice(msg, offset, length)
                if callable(port):
                    callback, port = port, None
            else:
                callback = offset
            if is_truthy(port) or is_truthy(address):
                raise node_error("ERR_SOCKET_DGRAM_IS_CONNECTED")
        if msg.__class__ is not bytes:
            msg = _join(msg) if isinstance(msg, (list, tuple)) else _message(msg)
        if not connected and not (port.__class__ is int and 0 < port < 65536):
            port = validate_port(port, "Port", False)
        if callable(address):
            address, callback = UNDEFINED, address
        elif address is not UNDEFINED and address is not None:
            if address.__class__ is not str:
                validate_string(address, "address")
        if not callable(callback):
            callback = None
        if self._handle is None:
            raise node_error("ERR_SOCKET_DGRAM_NOT_RUNNING")
        if self._bind_state != BOUND:
            if self._bind_state == UNBOUND:
                self.bind({"port": 0, "exclusive": True}, None)
            # a custom lookup may have bound it at once, 'listening' and all; one that failed at once leaves the
            # send in a queue that only another bind will run
            if self._bind_state != BOUND:
                # all of it again by then, with the state of then
                self._enqueue(partial(self.send, msg, port, address, callback))
                return
        if connected:
            self._transmit_to(None, msg, None, None, callback)
        else:
            self._send_to(msg, port, address, callback)

    def _send_to(self, data: Any, port: int, address: Any, callback: Any) -> None:
        """Find the IP address, then transmit."""
        self._handle_for("lookup")
        wanted = address or self._loopback
        if self._lookup is None:
            _is_literal(wanted)

        def on_address(error: Any, ip: Any) -> None:
            if error:
                if callback is not None:
                    next_tick(call, callback, error)
                else:
                    next_tick(self._emit, "error", error)
                return
            self._transmit_to(ip, data, port, address, callback)

        self._resolve(wanted, on_address)

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

        Mirrors `socket.sendto()`. Raises ERR_INVALID_ARG_TYPE too.
        """
        for name, value in (("offset", offset), ("length", length), ("port", port)):
            if not is_number(value):
                raise node_error("ERR_INVALID_ARG_TYPE", name, "number", value)
        validate_string(address, "address")
        self.send(msg, offset, length, port, address, callback)

    def _transmit_to(self, ip: Any, data: Any, port: int | None, address: Any, callback: Any) -> None:
        """Hand one datagram to the system, for `ip` (None: for the peer), and see to the callback."""
        handle = self._handle
        if handle is None:
            return  # closed meanwhile: the datagram and its callback are dropped
        if ip is not None:
            blocked = self._send_block_list
            if blocked is not None and blocked.check(ip, f"ipv{is_ip(ip) or 4}"):
                if callback is not None:
                    ticks.append((call, (callback, node_error("ERR_IP_BLOCKED", ip))))
                return
        if callback is None:
            self._transmit((data,), port, ip, _unheard)
            return
        taken = self._transmit((data,), port, ip, partial(_sent, callback, port, address))
        if taken > 0:
            ticks.append((call, (callback, None, taken - 1)))
        elif taken < 0:
            ticks.append((call, (callback, send_error(taken, address, port))))


def _unheard(_status: int, _size: int) -> None:
    """The end of a queued send without a callback."""


def _sent(callback: Any, port: int | None, address: Any, status: int, size: int) -> None:
    """The end of a queued send, from libuv."""
    if status < 0:
        call(callback, send_error(status, address, port), size)
    else:
        call(callback, None, size)


def send_error(err: int, address: Any, port: int | None) -> UVError:
    """`send EMSGSIZE 127.0.0.1:9`, the address as it was given to `send`; `send ECONNREFUSED` when connected."""
    shown = "null" if address is None else "undefined" if address is UNDEFINED else address
    error = exception_with_host_port(err, "send", shown if port else None, port)
    if address is UNDEFINED or port is None:
        del error.address  # type: ignore[attr-defined]  # Node sets it to undefined
    else:
        error.address = address  # type: ignore[attr-defined]
    return error
