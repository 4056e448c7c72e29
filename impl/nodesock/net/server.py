"""Mirrors net.Server of lib/net.js: listening, accepting, and closing when the last connection is gone.

Life: idle --listen()--> (host lookup) --bind and listen--> listening --close()--> idle. Binding is
synchronous; 'listening' and 'error' are ticks. close() gives up the handle at once; 'close' waits until no
accepted socket is left, and then is a tick too. `_listening_id` tells a host lookup whose answer comes
after a close() that nobody waits for it any more.

How a server comes to listen, with all overloads, is in listen.py.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from nodesock import dns
from nodesock.addresses.address_info import AddressInfo
from nodesock.addresses.blocklist import BlockList, as_block_list
from nodesock.bindings.pipe_wrap import Pipe
from nodesock.bindings.tcp_wrap import TCP
from nodesock.callables import call, drops_surplus
from nodesock.errors import NodeTypeError, errno_exception, node_error, uv_exception_with_host_port
from nodesock.events import EventEmitter
from nodesock.inspect import Symbol, to_text
from nodesock.net import listening
from nodesock.net.bound_socket import BoundSocket
from nodesock.net.handle import ends
from nodesock.net.lookup_answer import address_to_listen_on
from nodesock.net.options import LookupOptions, is_options, normalize
from nodesock.net.socket import Socket
from nodesock.runtime.promises import Promise
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.uv_loop import check_thread
from nodesock.spelling import refuses_foreign_names
from nodesock.stream.core.high_water_mark import get_default_high_water_mark
from nodesock.validators import (
    UNDEFINED,
    is_truthy,
    merge_options,
    to_int32,
    to_number,
    validate_abort_signal,
    validate_function,
    validate_number,
)

_FAMILIES = {"IPv4": "ipv4", "IPv6": "ipv6"}
_DEFAULT_BACKLOG = 511


class DropInfo(NamedTuple):
    """The argument of a server's 'drop' event: both ends of the connection that was turned away."""

    local_address: str | None
    local_port: int | None
    local_family: str | None
    remote_address: str | None
    remote_port: int | None
    remote_family: str | None


@refuses_foreign_names
@drops_surplus
class Server(EventEmitter):
    """A TCP or unix-domain server. Mirrors `net.Server`.

    Server([options][, listener]): `listener` is added to 'connection'. Options (keywords or one mapping):
    `allow_half_open`, `pause_on_connect`, `no_delay`, `keep_alive`, `keep_alive_initial_delay` (ms),
    `high_water_mark` (bytes), `block_list`. Raises ERR_INVALID_ARG_TYPE for values of the wrong type.

    Events: 'listening', 'connection' (socket), 'drop' (DropInfo or None), 'error', 'close'.
    """

    #: connections above this number are dropped; None: no limit
    max_connections: Any = None
    #: Node's flag for clusters; kept for the sake of the name
    drop_max_connection: Any = None
    # the options, as the connections to come get them
    allow_half_open: Any
    pause_on_connect: bool
    no_delay: bool
    keep_alive: bool
    #: seconds
    keep_alive_initial_delay: int
    #: bytes
    high_water_mark: Any
    block_list: BlockList | None = None

    #: `family:address:port` it was asked to listen on, as Node's programs know it; None before
    _connection_key: str | None = None

    def __init__(self, options: Any = None, listener: Any = None, /, **keywords: Any) -> None:
        if callable(options) and not isinstance(options, Mapping):
            listener = options
        elif not is_options(options) and options is not None and options is not UNDEFINED:
            raise node_error("ERR_INVALID_ARG_TYPE", "options", "Object", options)
        keywords = merge_options(options, keywords)
        super().__init__()  # Node 24 heeds events.captureRejections here, but not an option of the server
        if callable(listener):
            self.on("connection", listener)
        delay = keywords.get("keep_alive_initial_delay", UNDEFINED)
        if delay is not UNDEFINED:
            validate_number(delay, "options.keepAliveInitialDelay")
        mark = keywords.get("high_water_mark", UNDEFINED)
        if mark is not UNDEFINED:
            validate_number(mark, "options.highWaterMark")
        if is_truthy(keywords.get("block_list")):
            self.block_list = as_block_list(keywords["block_list"], "options.blockList")
        half_open = keywords.get("allow_half_open")
        self.allow_half_open = half_open if is_truthy(half_open) else False  # as it was given
        self.pause_on_connect = is_truthy(keywords.get("pause_on_connect"))
        self.no_delay = is_truthy(keywords.get("no_delay"))
        self.keep_alive = is_truthy(keywords.get("keep_alive"))
        self.keep_alive_initial_delay = 0 if delay is UNDEFINED or delay < 0 else to_int32(to_number(delay) / 1000)
        self.high_water_mark = get_default_high_water_mark() if mark is UNDEFINED or mark < 0 else mark
        self._handle: Any = None
        self._connections = 0
        self._unref = False
        self._pipe_name: str | None = None
        self._listening_id = 1

    # --- listening ------------------------------------------------------------------------------------------

    def listen(self, *args: Any, **options: Any) -> Self:
        """listen([port[, host[, backlog]]][, listener]), listen(path[, backlog][, listener]),
        listen(handle[, backlog][, listener]), listen(options[, listener]).

        Options: `port`, `host`, `path`, `fd`, `handle`, `backlog` (511), `exclusive`, `ipv6_only`,
        `reuse_port`, `readable_all`, `writable_all`, `signal`. `listener` is a once-listener for
        'listening'. Failures to resolve, bind or listen come as 'error'. Raises ERR_SERVER_ALREADY_LISTEN,
        ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_VALUE, ERR_INVALID_ARG_TYPE. Mirrors `server.listen()`.
        """
        check_thread()
        keywords = options
        options, callback = normalize(args, keywords)
        if self._handle is not None:
            raise node_error("ERR_SERVER_ALREADY_LISTEN")
        if callback is not None:
            self.once("listening", callback)
        backlog = listening.backlog_of(args)
        self._listening_id += 1  # a lookup that is still under way is given up, whatever becomes of this call

        given = listening.handle_of(args[0] if args else None, options)
        if isinstance(given, BoundSocket):
            handle = given._consume()
            self._pipe_name = given._path
            self._listen_on(listening.Bound(handle, None, -1, -1), backlog)
            return self
        if isinstance(given, TCP):
            self._listen_on(listening.Bound(given, None, -1, -1), backlog)
            return self
        if isinstance(given, Pipe):
            options = {"fd": given.fd}  # all that Node sees in it, so that it listens with a second handle
        elif given is not None:
            if isinstance(given, (str, int, float)):
                raise NodeTypeError(f"Cannot use 'in' operator to search for 'port' in {to_text(given)}")
            options = dict(given) if isinstance(given, Mapping) else {}
        signal = options.get("signal", UNDEFINED)
        if signal is not UNDEFINED:
            self._close_on_abort(signal)

        place = listening.place_of(args, keywords, options, given, backlog)
        if isinstance(place, listening.Descriptor):
            self._listen_on(listening.on_descriptor(place.fd), place.backlog)
        elif isinstance(place, listening.Path):
            self._listen_on_path(place)
        elif is_truthy(place.host):
            self._look_up_and_listen(place)
        else:
            self._listen_on(listening.on_port(None, place.port, 4, place.flags), place.backlog)
        return self

    def _look_up_and_listen(self, place: listening.Port) -> None:
        waiting = self._listening_id

        def answer(error: Any = None, answers: Any = UNDEFINED, *_: Any) -> None:
            if self._listening_id != waiting:
                return  # closed meanwhile
            if is_truthy(error):
                self.emit("error", error)
                return
            address, family = address_to_listen_on(answers)
            if address is UNDEFINED:
                address, family = None, 4
            else:
                address, family = to_text(address), family or 4
            bound = listening.on_port(address, place.port, family, place.flags)
            self._listen_on(bound, place.backlog)

        dns.lookup(place.host, LookupOptions(all=True), answer)

    def _listen_on_path(self, place: listening.Path) -> None:
        self._pipe_name = place.path
        self._listen_on(listening.on_path(place.path), place.backlog)
        if place.mode and self._handle is not None:
            err = self._handle.fchmod(place.mode)
            if err:
                self._handle.close()
                self._handle = None
                raise errno_exception(err, "uv_pipe_chmod")

    def _listen_on(self, bound: listening.Bound | listening.Refused, backlog: Any) -> None:
        """Listen on a handle that is bound; what the kernel refuses is an 'error' on the next tick."""
        if isinstance(bound, listening.Refused):
            self._listen_failed(bound.err, bound.address, bound.port)
            return
        handle, address, port, family = bound
        self._handle = handle
        handle.owner = self
        err = handle.listen(to_int32(backlog or 0) or _DEFAULT_BACKLOG, self._on_connection)
        if err:
            handle.close()
            self._handle = None
            self._listen_failed(err, address, port)
            return
        self._connection_key = ":".join("null" if part is None else str(part) for part in (family, address, port))
        if self._unref:
            handle.unref()
        next_tick(self._emit_listening)

    def _listen_failed(self, err: int, address: str | None, port: int | None) -> None:
        error = uv_exception_with_host_port(err, "listen", address, port)
        next_tick(lambda: self.emit("error", error))

    def _emit_listening(self) -> None:
        # There is none if it was closed in the same turn.
        if self._handle is not None:
            self.emit("listening")

    def _close_on_abort(self, signal: Any) -> None:
        signal = validate_abort_signal(signal, "options.signal")
        if signal is None:
            raise node_error("ERR_INVALID_ARG_TYPE", "options.signal", "AbortSignal", None)

        def aborted() -> None:
            self.close()

        if signal.aborted:
            next_tick(aborted)
            return
        signal.add_event_listener("abort", aborted, once=True)

        def forget() -> None:
            signal.remove_event_listener("abort", aborted)

        forget.__name__ = "[Symbol.dispose]"
        self.once("close", forget)

    @property
    def listening(self) -> bool:
        """Whether the server is listening."""
        return self._handle is not None

    def address(self) -> AddressInfo | str | None:
        """Where it listens: an AddressInfo, the path of a unix socket, or None. A path is
        told even after close(), as in Node. Mirrors `server.address()`."""
        name = None if self._handle is None else self._handle.getsockname()
        if isinstance(name, tuple):
            return AddressInfo(*name)
        if self._pipe_name is None and isinstance(name, int):
            raise errno_exception(name, "address")
        return self._pipe_name or None

    def ref(self) -> Self:
        """Let the server keep the loop alive (the default)."""
        self._unref = False
        if self._handle is not None:
            self._handle.ref()
        return self

    def unref(self) -> Self:
        """Do not let the server keep the loop alive, now or when it listens later."""
        self._unref = True
        if self._handle is not None:
            self._handle.unref()
        return self

    # --- accepting ------------------------------------------------------------------------------------------

    def _on_connection(self, status: int, client: Any) -> None:
        if status:
            self.emit("error", errno_exception(status, "accept"))
            return
        limit = self.max_connections
        if limit is not None and self._connections >= to_number(limit):
            dropped = _ends(client)
            # In Node's order: a listener that throws leaves the client open, and nobody's.
            self.emit("drop", *(() if dropped is None else (dropped,)))
            client.close()
            return
        if self.block_list is not None:
            peer = client.getpeername()
            if isinstance(peer, tuple) and self.block_list.check(peer[0], _FAMILIES[peer[1]]):
                client.close()
                return
        mark = self.high_water_mark
        socket = Socket(
            handle=client,
            allow_half_open=self.allow_half_open,
            pause_on_create=self.pause_on_connect,
            **({} if mark == get_default_high_water_mark() else {"high_water_mark": mark}),
        )
        if self.no_delay or self.keep_alive:
            socket._take_options(self.no_delay, self.keep_alive, self.keep_alive_initial_delay)
        self._connections += 1
        socket._accepted_by(self)
        self.emit("connection", socket)

    def get_connections(self, callback: Any = UNDEFINED) -> Self:
        """Call `callback(None, n)` on the next tick, n being the number of open connections. Mirrors
        `server.getConnections()`.

        Raises ERR_INVALID_ARG_TYPE.
        """
        validate_function(callback, "callback")
        check_thread()
        next_tick(call, callback, None, self._connections)
        return self

    def _capture_rejection(self, error: Any, event: Any, *args: Any) -> None:
        """`capture_rejections`: what an async 'connection' listener raises destroys the connection."""
        if event == "connection":
            args[0].destroy(error)
        else:
            self.emit("error", error)

    # --- closing --------------------------------------------------------------------------------------------

    def close(self, callback: Any = None) -> Self:
        """Stop listening; 'close' comes when all connections are gone. `callback()` is a once-listener for
        it, and gets ERR_SERVER_NOT_RUNNING if the server was not open. Mirrors `server.close()`."""
        check_thread()
        if callable(callback):
            if self._handle is None:
                self.once("close", lambda: call(callback, node_error("ERR_SERVER_NOT_RUNNING")))
            else:
                self.once("close", callback)
        self._listening_id += 1
        if self._handle is not None:
            self._handle.close()
            self._handle = None
        self._emit_close_if_drained()
        return self

    def _connection_closed(self) -> None:
        self._connections -= 1
        self._emit_close_if_drained()

    def _emit_close_if_drained(self) -> None:
        if self._handle is None and not self._connections:
            next_tick(lambda: self.emit("close"))

    def _abandoned(self) -> None:
        """The loop is gone and the handle with it, as in a forked child: the server has closed, and nobody hears of
        it."""
        self._handle = None
        self._connections = 0

    def async_dispose(self) -> Promise:
        """`server[Symbol.asyncDispose]()`: close, if it is listening; the promise resolves with 'close'.

        As in Node a server that still looks its host up does not listen yet: it is left to do so.
        """
        if self._handle is None:
            return Promise.resolved(None)
        closed = Promise()
        self.close(lambda error=None: closed.resolve(None) if error is None else closed.reject(error))
        return closed.then()  # Node's is an async function that waits for it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.async_dispose()

    def _node_properties(self) -> dict[str | Symbol, Any]:
        known = {
            "blockList": self.block_list,
            "_pipeName": self._pipe_name,
            "_connectionKey": self._connection_key,
        }
        return {
            **super()._node_properties(),
            "_connections": self._connections,
            "_handle": self._handle,
            "_usingWorkers": False,
            "_workers": [],
            "_unref": self._unref,
            "_listeningId": self._listening_id,
            "allowHalfOpen": self.allow_half_open,
            "pauseOnConnect": self.pause_on_connect,
            "noDelay": self.no_delay,
            "keepAlive": self.keep_alive,
            "keepAliveInitialDelay": self.keep_alive_initial_delay,
            "highWaterMark": self.high_water_mark,
            **{name: value for name, value in known.items() if value is not None},
            **({} if self._connection_key else {Symbol("async_id_symbol"): -1}),  # any number once it has listened
        }

    def __repr__(self) -> str:
        state = "closed" if self._handle is None else f"listening{ends(self._handle)}"
        return f"<{type(self).__name__} {state}, {self._connections} connections>"


def _ends(client: Any) -> DropInfo | None:
    """Both ends of a TCP connection; None for a unix one."""
    local, remote = client.getsockname(), client.getpeername()
    if isinstance(local, str) or isinstance(remote, str):
        return None
    here = local if isinstance(local, tuple) else (None, None, None)
    there = remote if isinstance(remote, tuple) else (None, None, None)
    return DropInfo(here[0], here[2], here[1], there[0], there[2], there[1])
