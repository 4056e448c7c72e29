"""Mirrors net.Socket of lib/net.js: a stream over a TCP or pipe handle that connects, or was accepted.

Life of a connection:

    no handle --connect()--> connecting --attempt succeeds--> connected --destroy()--> closing --libuv--> 'close'
                                 '------- all attempts fail, or destroy() --------'

Who does what. handle_stream.py reads, writes and closes; this file makes the connection and knows what is particular to
TCP and unix sockets. Its helpers have a state of their own and are given the handle, or a `Line`, but never the whole
socket: dialing.py tries one address after another, socket_options.py remembers TCP options, write_after_end.py stands
in for `write` once the peer has ended.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, Self

from nodesock.addresses.address_info import AddressInfo, BoundPath
from nodesock.addresses.blocklist import as_block_list
from nodesock.bindings import pipe_wrap, tcp_wrap
from nodesock.callables import drops_surplus
from nodesock.errors import errno_exception, node_error
from nodesock.events import add_abort_listener
from nodesock.inspect import Symbol
from nodesock.net.bound_socket import BoundSocket
from nodesock.net.connect_options import host_options
from nodesock.net.dialing import Line, dial_host, dial_path
from nodesock.net.handle import NoHandle, ends, method_of, open_handle
from nodesock.net.handle_stream import HandleStream
from nodesock.net.on_read import OnRead
from nodesock.net.options import normalize, stream_options
from nodesock.net.socket_options import SocketOptions, whole_seconds
from nodesock.net.write_after_end import OnEnd
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.uv_loop import check_thread
from nodesock.spelling import refuses_foreign_names
from nodesock.validators import (
    UNDEFINED,
    is_number,
    is_truthy,
    merge_options,
    validate_abort_signal,
    validate_string,
)


class Accepting(Protocol):
    """The server of an accepted socket, as the socket knows it."""

    def _connection_closed(self) -> None:
        """The socket is destroyed."""


@refuses_foreign_names
@drops_surplus
class Socket(HandleStream):
    """A TCP or unix-domain connection. Mirrors `net.Socket`.

    Options (keywords or one mapping): `fd`, `handle` (or a BoundSocket), `allow_half_open`, `readable`,
    `writable`, `signal`, `on_read`, `no_delay`, `keep_alive`, `keep_alive_initial_delay` (ms),
    `type_of_service`, `high_water_mark` (bytes; also per side), `block_list`. Raises Node's errors for
    values of the wrong type or range.

    Events: 'lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout', 'connect',
    'ready', 'timeout', 'close' (had_error), and those of a stream.
    """

    #: the net.Server that accepted this socket; None on clients
    server: Any = None
    #: 'address:port' of the attempts made so far; None unless several addresses were tried
    auto_select_family_attempted_addresses: list[str] | None = None
    #: the addresses that connect() refuses
    block_list: Any = None

    _host: str | None = None
    #: the same, whatever a program has assigned to `server`
    _server: Accepting | None = None
    _options: SocketOptions | None = None
    #: None: not read yet; (): read when there was none, which is kept as well
    _peername: AddressInfo | tuple[()] | None = None
    _sockname: AddressInfo | tuple[()] | None = None
    _resetting = False
    #: the signal has aborted, perhaps in a former life: no search among several addresses begins any more
    _aborted = False
    _took_bound = False  # made of a BoundSocket
    _bound_path: BoundPath | None = None  # of that, where it has one

    def __init__(self, options: Any = None, /, *_: Any, **keywords: Any) -> None:
        if is_number(options):
            keywords = {"fd": options, **keywords}
        keywords = merge_options(options, keywords)
        given = stream_options(keywords)
        self._options = SocketOptions.given(keywords)
        if is_truthy(keywords.get("block_list")):
            self.block_list = as_block_list(keywords["block_list"], "options.blockList")

        super().__init__(given, is_truthy(keywords.get("allow_half_open")))
        if on_read := keywords.get("on_read"):
            self._on_read = OnRead.from_option(on_read)
        if "signal" in given:
            signal = validate_abort_signal(given["signal"], "signal")
            if signal.aborted:
                next_tick(self._on_abort)
            else:
                next_tick(add_abort_listener, signal, self._on_abort)
        handle = keywords.get("handle")
        bound = isinstance(handle, BoundSocket)
        if isinstance(handle, BoundSocket):
            self._handle = handle._consume()
            self._took_bound = True
            if handle._path is not None:
                self._bound_path = BoundPath(handle._path)
        elif is_truthy(handle):
            self._handle = handle if hasattr(handle, "read_start") else NoHandle(handle)
        elif keywords.get("fd", UNDEFINED) is not UNDEFINED:
            self._handle = open_handle(keywords["fd"])
        self.on("end", OnEnd(self))
        self._adopt_handle()
        if self._handle is not None and not bound and keywords.get("readable") is not False:
            if keywords.get("pause_on_create"):
                self._handle.read_stop()
                self.readable_flowing = False
            elif not keywords.get("manual_start"):
                self.read(0)

    def _on_abort(self) -> None:
        self._aborted = True

    # --- connecting -----------------------------------------------------------------------------------------

    def connect(self, *args: Any, **options: Any) -> Self:
        """connect(options[, listener]), connect(path[, listener]), connect(port[, host][, listener]);
        options may be keywords.

        Options for TCP: `port`, `host` ('localhost'), `local_address`, `local_port`, `family`, `hints`,
        `lookup`, `auto_select_family`, `auto_select_family_attempt_timeout` (ms); for a unix socket `path`.
        `listener` is a once-listener for 'connect'. A socket that was closed may connect again. Failures
        come as 'error'; wrong arguments raise ERR_MISSING_ARGS, ERR_INVALID_ARG_TYPE,
        ERR_INVALID_ARG_VALUE, ERR_SOCKET_BAD_PORT, ERR_INVALID_IP_ADDRESS. Mirrors `socket.connect()`.
        """
        check_thread()
        options, listener = normalize(args, options)
        if listener is not None:
            self.once("connect", listener)
        path: Any = options.get("path")
        if path is UNDEFINED:
            path = None
        if path is None and options.get("port", UNDEFINED) is UNDEFINED:
            raise node_error("ERR_MISSING_ARGS", ["options", "port", "path"])
        with suppress(AttributeError):
            del self.write  # what write_after_end.py put there
        if type(self).write is not Socket.write:  # a subclass's own is passed over from here on, as in Node
            self.write = Socket.write.__get__(self)  # type: ignore[method-assign]
        if self.destroyed:
            self._handle = self._peername = self._sockname = None
        # What a socket took over decides which way it goes.
        bound = self._took_bound and self._handle is not None
        is_pipe = isinstance(self._handle, pipe_wrap.Pipe) if bound else is_truthy(path)
        if self._handle is None:
            self._handle = pipe_wrap.Pipe(pipe_wrap.SOCKET) if is_pipe else tcp_wrap.TCP(tcp_wrap.SOCKET)
            self._bytes_read = self._bytes_written = 0
            self._sockname = None
            self._adopt_handle()
        self._unref_timer()
        self.connecting = True
        if is_pipe:
            validate_string(options.get("path", UNDEFINED), "options.path")
            dial_path(self._line(), path)
        else:
            to = host_options(options, self._took_bound)
            if not to.version:
                self._host = to.host
            dial_host(self._line(), to)
        return self

    def _line(self) -> Line:
        return Line(
            socket=self,
            handle=lambda: self._handle,
            replace_handle=self._replace_handle,
            refresh_timer=self._unref_timer,
            is_aborted=lambda: self._aborted,
            opened=self._opened,
            not_opened=self._not_opened,
        )

    def _replace_handle(self, handle: Any) -> None:
        if self._handle is not None:
            self._handle.close()
        self._handle = handle
        self._sockname = None
        self._adopt_handle()

    def _not_opened(self) -> None:
        """The last attempt has failed; dialing.py destroys the socket."""
        self.connecting = False
        self._sockname = None

    @property
    def _connecting(self) -> bool:
        """`connecting`, by the name it had once."""
        return self.connecting

    def _opened(self) -> None:
        """An attempt has succeeded."""
        self.connecting = False
        self._sockname = None
        # A pipe that connects after a first path was refused is open to the kernel but to libuv a stream without sides.
        readable, writable = self._handle.readable, self._handle.writable
        if self.readable and not readable:
            self.push(None)
            self.read()
        if self.writable and not writable:
            self.end()
        self._unref_timer()
        if self._options is not None:
            self._options.apply(self._handle)
        self.emit("connect")
        self.emit("ready")
        # Data flows, or fills the buffer, whether or not somebody listens; only pause() holds it.
        if readable and not self.is_paused():
            self.read(0)

    # --- options --------------------------------------------------------------------------------------------

    def _tcp_options(self) -> SocketOptions:
        if self._options is None:
            self._options = SocketOptions()
        return self._options

    def _accepted_by(self, server: Accepting) -> None:
        """For the server: from now on it is told when this connection is closed."""
        self.server = self._server = server

    def _take_options(self, no_delay: bool, keep_alive: bool, delay: int) -> None:
        """For the server: set these on an accepted connection, past methods that a program may have replaced."""
        options = self._tcp_options()
        if no_delay:
            options.set_no_delay(self._handle, True)
        if keep_alive:
            options.set_keep_alive(self._handle, True, delay)

    def set_no_delay(self, enable: Any = True) -> Self:
        """Switch Nagle's algorithm off (True) or on; before connect() it is remembered. Mirrors
        `socket.setNoDelay()`."""
        self._tcp_options().set_no_delay(self._handle, is_truthy(enable))
        return self

    def set_keep_alive(
        self,
        enable: Any = False,
        initial_delay: Any = 0,
        interval: Any = UNDEFINED,
        count: Any = UNDEFINED,
        **options: Any,
    ) -> Self:
        """Keep-alive probes after `initial_delay` ms of silence, every `interval` ms, `count` times; before
        connect() it is remembered. A mapping may hold all four; nothing is validated, as in Node. Mirrors
        `socket.setKeepAlive()`."""
        options = merge_options(enable, options)
        if isinstance(enable, Mapping):
            enable = options.get("enable", False)
            initial_delay = options.get("initial_delay", 0)
            interval = options.get("interval", UNDEFINED)
            count = options.get("count", UNDEFINED)
        self._tcp_options().set_keep_alive(
            self._handle,
            is_truthy(enable),
            whole_seconds(initial_delay),
            interval if interval is UNDEFINED else whole_seconds(interval),
            count,
        )
        return self

    def set_type_of_service(self, tos: Any = UNDEFINED) -> Self:
        """Set the type-of-service byte (0–255) of IP packets; without a connection it is remembered.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, or `setTypeOfService CODE`: EBADF between connect() and the
        first attempt, and the value is remembered all the same. Mirrors `socket.setTypeOfService()`.
        """
        self._tcp_options().set_type_of_service(self._handle, tos)
        return self

    def get_type_of_service(self) -> int:
        """The type-of-service byte that the kernel has; the remembered one without a connection. Raises
        `getTypeOfService CODE`, EBADF between connect() and the first attempt. Mirrors
        `socket.getTypeOfService()`."""
        return self._tcp_options().get_type_of_service(self._handle)

    # --- ending ---------------------------------------------------------------------------------------------

    def destroy_soon(self) -> None:
        """End, and destroy as soon as everything is written. Mirrors `socket.destroySoon()`."""
        if self.writable:
            self.end()
        if self.writable_finished:
            self.destroy()
        else:
            self.once("finish", lambda: self.destroy())

    def reset_and_destroy(self) -> Self:
        """Close a TCP connection with RST; while connecting, once it is established. Mirrors
        `socket.resetAndDestroy()`.

        Without a connection the socket fails with ERR_SOCKET_CLOSED. Raises ERR_INVALID_HANDLE_TYPE on a
        unix socket.
        """
        check_thread()
        if self._handle is None:
            self.destroy(node_error("ERR_SOCKET_CLOSED"))
        elif not isinstance(self._handle, tcp_wrap.TCP):
            raise node_error("ERR_INVALID_HANDLE_TYPE")
        elif self.connecting:
            self.once("connect", lambda: self._reset())
        else:
            self._reset()
        return self

    def _close_handle(self, handle: Any, closed: Callable[[], Any]) -> None:
        if self._resetting:
            self._resetting = False
            err = handle.reset(closed)
            if err:
                # Node leaves the handle open for good, and its process then never ends.
                handle.close()
                self.emit("error", errno_exception(err, "reset"))
        else:
            handle.close(closed)
        self._sockname = None

    def _reset(self) -> None:
        self._resetting = True
        self.destroy()

    def _destroy(self, error: Any, callback: Callable[..., Any]) -> None:
        self.connecting = False
        super()._destroy(error, callback)
        if self._server is not None:
            # As in Node once more when it was connected anew: the server then counts one too few.
            self._server._connection_closed()

    # --- state ----------------------------------------------------------------------------------------------

    @property
    def ready_state(self) -> str:
        """'opening', 'open', 'readOnly', 'writeOnly' or 'closed'."""
        if self.connecting:
            return "opening"
        if self.readable:
            return "open" if self.writable else "readOnly"
        return "writeOnly" if self.writable else "closed"

    # --- addresses ------------------------------------------------------------------------------------------

    def address(self) -> AddressInfo | BoundPath | dict[str, Any]:
        """The local end, an AddressInfo; empty ({}) where there is none. Only the `address` of a socket that took
        over a BoundSocket with a path. Mirrors `socket.address()`."""
        return self._getsockname()

    def _getsockname(self) -> AddressInfo | BoundPath | dict[str, Any]:
        if self._bound_path is not None:  # for good, as in Node
            return self._bound_path
        if self._sockname is None and (ask := method_of(self._handle, "getsockname")):
            name = ask()
            self._sockname = AddressInfo(*name) if isinstance(name, tuple) else ()
        return self._sockname or {}

    def _getpeername(self) -> AddressInfo | dict[str, Any]:
        if self._peername is None and not self.connecting and (ask := method_of(self._handle, "getpeername")):
            name = ask()
            self._peername = AddressInfo(*name) if isinstance(name, tuple) else ()
        return self._peername or {}

    @property
    def remote_address(self) -> str | None:
        """The other end's address; None without a connection, unless it was read while there was one."""
        return getattr(self._getpeername(), "address", None)

    @property
    def remote_family(self) -> str | None:
        """'IPv4' or 'IPv6'; None as for `remote_address`."""
        return getattr(self._getpeername(), "family", None)

    @property
    def remote_port(self) -> int | None:
        """The other end's port; None as for `remote_address`."""
        return getattr(self._getpeername(), "port", None)

    @property
    def local_address(self) -> str | None:
        """This end's address; None without a connection."""
        return getattr(self._getsockname(), "address", None)

    @property
    def local_family(self) -> str | None:
        """'IPv4' or 'IPv6'; None without a connection."""
        return getattr(self._getsockname(), "family", None)

    @property
    def local_port(self) -> int | None:
        """This end's port; None without a connection."""
        return getattr(self._getsockname(), "port", None)

    def _node_properties(self) -> dict[str | Symbol, Any]:
        pending = self._pending_data
        return {
            "connecting": self.connecting,
            "_hadError": False,
            "_parent": None,
            "_host": self._host,
            "_closeAfterHandlingError": False,
            **super()._node_properties(),
            "_sockname": {} if self._sockname == () else self._sockname,
            "_pendingData": pending and pending[0][0],
            "_pendingEncoding": pending[0][1] if pending else "",
            "server": self.server,
            "_server": self._server,
            **(self._options or SocketOptions()).node_properties(),
            Symbol("kBytesRead"): self._bytes_read,
            Symbol("kBytesWritten"): self._bytes_written,
        }

    def __repr__(self) -> str:
        role = "accepted" if self.server is not None else "client"
        return f"<{type(self).__name__} {role} {self.ready_state}{ends(self._handle)}>"
