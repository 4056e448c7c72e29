"""Mirrors lib/dgram.js: `dgram.createSocket` and the socket's life from its making to 'close'."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from nodesock.addresses.blocklist import BlockList
from nodesock.bindings.udp_wrap import UDP
from nodesock.callables import drops_surplus
from nodesock.dgram.core import BOUND, CONNECTED, CONNECTING, DISCONNECTED, UNBOUND
from nodesock.dgram.options import Options
from nodesock.errors import node_error
from nodesock.runtime.promises import Promise
from nodesock.runtime.ticks import next_tick
from nodesock.validators import (
    UNDEFINED,
    is_truthy,
    validate_abort_signal,
    validate_function,
    validate_uint32,
)

_FAMILIES = {"udp4": 4, "udp6": 6}


@drops_surplus
class Socket(Options):
    """A UDP socket. Events: 'listening', 'connect', 'message' (bytes, RemoteInfo), 'error', 'close'.

    Make it with `create_socket`. `type` is 'udp4' or 'udp6'. Mirrors `dgram.Socket`.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__()
        options, listener = _arguments(args, named)
        option = options.get
        signal = option("signal", UNDEFINED)
        self._recv_buffer_size = _uint32(option("recv_buffer_size"), "options.recvBufferSize")
        self._send_buffer_size = _uint32(option("send_buffer_size"), "options.sendBufferSize")
        self._receive_block_list = _block_list(option("receive_block_list"), "options.receiveBlockList")
        self._send_block_list = _block_list(option("send_block_list"), "options.sendBlockList")
        lookup = option("lookup", UNDEFINED)
        if lookup is not UNDEFINED:
            validate_function(lookup, "lookup")
        kind = option("type")
        family = _FAMILIES.get(kind) if isinstance(kind, str) else None
        if family is None:
            raise node_error("ERR_SOCKET_BAD_TYPE")
        self.type = str(kind)
        self._family = family
        self._lookup = None if lookup is UNDEFINED else lookup
        self._reuse_addr = option("reuse_addr")
        self._reuse_port = option("reuse_port")
        self._ipv6_only = option("ipv6_only")
        self._bind_state = UNBOUND
        self._connect_state = DISCONNECTED
        self._queue = None
        self._handle = UDP()
        self._handle.owner = self
        self._transmit = self._handle.send if family == 4 else self._handle.send6
        if callable(listener):
            self.on("message", listener)
        if signal is not UNDEFINED:
            self._watch(signal)

    def _watch(self, signal: Any) -> None:
        """Close when the signal aborts."""
        # A wrong signal leaves, as in Node, a handle nobody can close; it has no descriptor and keeps nothing alive.
        validate_abort_signal(signal, "options.signal")

        def on_abort(_event: Any = None) -> None:
            if self._handle is not None:
                self.close()

        if signal.aborted:
            on_abort()
            return
        signal.add_event_listener("abort", on_abort)
        self.once("close", lambda: signal.remove_event_listener("abort", on_abort))

    def close(self, callback: Any = UNDEFINED) -> Self:
        """Close the socket; 'close' follows on the next tick. `callback` is added as a listener of 'close'.

        While a bind with queued calls is pending the close waits in that queue. Datagrams not yet handed to
        the system are dropped with their callbacks. Mirrors `socket.close()`. Raises
        ERR_SOCKET_DGRAM_NOT_RUNNING when closed.
        """
        if callable(callback):
            self.on("close", callback)
        if self._queue is not None:
            self._queue.append(self.close)
            return self
        handle = self._health_check()
        handle.recv_stop()
        handle.close()
        self._handle = None
        del self._transmit
        next_tick(self._emit, "close")
        return self

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

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.async_dispose()

    def __repr__(self) -> str:
        handle = self._handle
        if handle is None:
            return f"<dgram.Socket {self.type} closed>"
        name = handle.getsockname()
        where = f" {name[0]}:{name[2]}" if isinstance(name, tuple) else ""
        peer = handle.getpeername() if self._connect_state == CONNECTED else None
        if isinstance(peer, tuple):
            where += f" -> {peer[0]}:{peer[2]}"
        elif self._connect_state == CONNECTING:
            where += " connecting"
        return f"<dgram.Socket {self.type} {'bound' if self._bind_state == BOUND else 'unbound'}{where}>"


def create_socket(*args: Any, **options: Any) -> Socket:
    """Make a UDP socket: `create_socket("udp4", listener)`, `create_socket(type="udp4", reuse_addr=True)`.

    The options may be a mapping in the first place as well. `listener` is added to 'message'. Options:
    `type`, `reuse_addr`, `reuse_port`, `ipv6_only`, `recv_buffer_size`, `send_buffer_size` (bytes),
    `lookup(host, family, callback)`, `signal` (an AbortSignal that closes the socket), `receive_block_list`,
    `send_block_list`. Mirrors `dgram.createSocket()`.

    Raises ERR_SOCKET_BAD_TYPE, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
    """
    return Socket(*args, **options)


def _arguments(args: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Mapping[str, Any], Any]:
    """(options, listener) out of `(type, listener)`, `(options, listener)` or `(listener, **options)`."""
    if named and args and callable(args[0]):
        return named, args[0]
    first = args[0] if args else UNDEFINED
    options: Mapping[str, Any] = first if isinstance(first, Mapping) else {"type": first}
    return {**options, **named}, args[1] if len(args) > 1 else UNDEFINED


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
