"""Mirrors net.Socket of lib/net.js: a Duplex stream over a TCP or pipe handle.

Who owns what. `_handle` is None before connect() and after destroy(); in between the socket owns it and is
its only reader. Everything libuv delivers comes in at `_on_handle_read` (with the `on_read`
option, at net/on_read.py) and at the completions of connect, write and shutdown.

Life of a connection:

    no handle --connect()--> connecting --attempt succeeds--> connected --destroy()--> closing --libuv-->
    'close'
                                 '------- all attempts fail, or destroy() --------'

`connecting` is true in the second state only. Calls that need a connection wait there for 'connect' with a
once-listener, as Node's do, because the place of that listener among the user's own is visible: `_read`,
the first `_write`, `_final`, `ref`, `unref`.

Why 'close' is late: destroy() closes the handle, and 'close' is emitted from libuv's closing phase, after
the immediates of the turn. Without a handle it is a tick. That is also why emit_close is off: this class
emits 'close' itself.

After the peer's FIN, and unless half-open is allowed, `write` is replaced on the object: it then fails with
EPIPE, whatever state the stream is in.

The hot path is `_on_handle_read` -> push -> 'data' listener -> write -> `_write` -> handle.write ->
callback. It allocates nothing of its own; `_write` hands the handle one bound method, and keeps the
stream's callback only when the write is queued.
"""

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from nodesock.addresses.address_info import ends
from nodesock.addresses.blocklist import as_block_list
from nodesock.bindings import pipe_wrap, tcp_wrap
from nodesock.bindings.uv import UV_ENOTCONN, UV_EOF
from nodesock.callables import ANY, call, drops_surplus
from nodesock.encodings import byte_length, encode
from nodesock.errors import NodeError, errno_exception, node_error
from nodesock.events import add_abort_listener
from nodesock.net.bound_socket import BoundSocket
from nodesock.net.connect import connect_pipe, connect_tcp
from nodesock.net.fd import NoHandle, open_socket_handle
from nodesock.net.idling import Idling
from nodesock.net.on_read import OnRead
from nodesock.net.options import as_mapping, normalize
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.timers import clear_timeout
from nodesock.stream import Duplex
from nodesock.validators import (
    UNDEFINED,
    is_number,
    is_truthy,
    to_int32,
    to_number,
    validate_int32,
    validate_number,
    validate_string,
)

if TYPE_CHECKING:
    from nodesock.net.server import Server

_OBJECT_MODES = {
    "object_mode": "options.objectMode",
    "readable_object_mode": "options.readableObjectMode",
    "writable_object_mode": "options.writableObjectMode",
}
#: what is handed on to the stream
_STREAM_OPTIONS = frozenset((
    "readable", "writable", "high_water_mark", "readable_high_water_mark", "writable_high_water_mark", "encoding",
    "default_encoding", "signal", "read", "write", "writev", "final", "destroy", "construct", "capture_rejections",
))  # fmt: skip


class _OnEnd:
    """The one internal 'end' listener: without half-open, `write` is another from here on. Weak, so that it
    is no cycle."""

    __slots__ = ("socket",)
    node_arity = (0, ANY)

    def __init__(self, socket: "Socket") -> None:
        self.socket = weakref.ref(socket)

    def __call__(self, *_: Any) -> None:
        socket = self.socket()
        if socket is not None and not socket.allow_half_open:
            socket.write = _WriteAfterFin(socket)  # type: ignore[method-assign]


class _WriteAfterFin:
    """`socket.write` once the peer has ended and half-open is not allowed: fails with EPIPE when we have
    ended as well."""

    __slots__ = ("socket",)
    node_arity = (0, ANY)

    def __init__(self, socket: "Socket") -> None:
        self.socket = weakref.ref(socket)

    def __call__(self, chunk: Any = UNDEFINED, encoding: Any = None, callback: Any = None, *_: Any) -> bool:
        socket = self.socket()
        if socket is None:
            return False
        if not socket.writable_ended:
            return Duplex.write(socket, chunk, encoding, callback)
        if callable(encoding):
            callback = encoding
        error = NodeError("This socket has been ended by the other party", code="EPIPE")
        if callable(callback):
            next_tick(call, callback, error)
        socket.destroy(error)
        return False


@drops_surplus
class Socket(Idling):
    """A TCP or unix-domain connection. Mirrors `net.Socket`.

    Options (keywords or one mapping): `fd`, `handle` (or a BoundSocket), `allow_half_open`, `readable`,
    `writable`, `signal`, `on_read`, `no_delay`, `keep_alive`, `keep_alive_initial_delay` (ms),
    `type_of_service`, `high_water_mark` (bytes; also per side), `block_list`. Raises Node's errors for
    values of the wrong type or range.

    Events: 'lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout', 'connect',
    'ready', 'timeout', 'close' (had_error), and those of a stream.
    """

    #: the server that accepted this socket; None on clients
    server: "Server | None" = None
    #: 'address:port' of the attempts made so far; None unless several addresses were tried
    auto_select_family_attempted_addresses: list[str] | None = None
    #: the addresses that connect() refuses
    block_list: Any = None

    _host: str | None = None
    _server: "Server | None" = None
    _on_read: OnRead | None = None
    _bytes_read = 0
    _bytes_written = 0
    #: what was written before there was a connection and waits for 'connect'
    _pending_data: list[Any] | None = None
    #: the stream's callback of the write that libuv has queued
    _write_callback: Callable[..., Any] | None = None
    #: what the handle answered to a write that write() has made itself; None otherwise
    _write_status: int | None = None
    #: whether write() may hand bytes to the handle itself: `_write` is not a subclass's or the caller's
    _plain_writes = True
    _resetting = False
    #: the signal has aborted, perhaps in a former life: no search among several addresses begins any more
    _aborted = False
    _took_bound = False  # made of a BoundSocket

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls._plain_writes = cls._write is Socket._write

    def __init__(self, options: Any = None, /, *_: Any, **keywords: Any) -> None:
        if is_number(options):
            keywords = {"fd": options, **keywords}
        elif options is not None:
            keywords = {**as_mapping(options), **keywords}
        for mode, name in _OBJECT_MODES.items():
            if mode in keywords and is_truthy(keywords[mode]):
                raise node_error("ERR_INVALID_ARG_VALUE", name, keywords[mode], "is not supported")
        delay = keywords.get("keep_alive_initial_delay", UNDEFINED)
        if delay is not UNDEFINED:
            validate_number(delay, "options.keepAliveInitialDelay")
        tos = keywords.get("type_of_service", UNDEFINED)
        if tos is not UNDEFINED:
            validate_int32(tos, "options.typeOfService", 0, 255)
            self._type_of_service = int(tos)
        if is_truthy(keywords.get("block_list")):
            self.block_list = as_block_list(keywords["block_list"], "options.blockList")

        given = {name: value for name, value in keywords.items() if name in _STREAM_OPTIONS}
        if "signal" in given and not is_truthy(given["signal"]):
            del given["signal"]
        super().__init__(
            given,
            allow_half_open=is_truthy(keywords.get("allow_half_open")),
            emit_close=False,  # see the module's docstring
            auto_destroy=True,
            decode_strings=False,
        )
        if "signal" in given:
            signal = given["signal"]
            if signal.aborted:
                next_tick(self._on_abort)
            else:
                next_tick(add_abort_listener, signal, self._on_abort)
        if "write" in given:
            self._plain_writes = False
        handle = keywords.get("handle")
        bound = isinstance(handle, BoundSocket)
        if isinstance(handle, BoundSocket):
            self._handle = handle._consume()
            self._took_bound = True
        elif is_truthy(handle):
            self._handle = handle if hasattr(handle, "read_start") else NoHandle(handle)
        elif keywords.get("fd", UNDEFINED) is not UNDEFINED:
            self._handle = open_socket_handle(keywords["fd"])
        self._on_read = OnRead.from_option(self, keywords.get("on_read"))
        self.on("end", _OnEnd(self))
        self._adopt_handle()
        if is_truthy(keywords.get("no_delay")):
            self._no_delay = True
        keep_alive = is_truthy(keywords.get("keep_alive"))
        if keep_alive or delay is not UNDEFINED:
            seconds = 0 if delay is UNDEFINED or delay < 0 else to_int32(to_number(delay) / 1000)
            self._keep_alive = (keep_alive, seconds, UNDEFINED, UNDEFINED)
        if self._handle is not None and not bound and keywords.get("readable") is not False:
            if keywords.get("pause_on_create"):
                self._handle.read_stop()
                self.readable_flowing = False
            elif not keywords.get("manual_start"):
                self.read(0)

    def _on_abort(self) -> None:
        self._aborted = True

    # --- the handle -----------------------------------------------------------------------------------------

    def _adopt_handle(self) -> None:
        """Start a life with the present handle, or with none: the stream's state is as new."""
        self._undestroy()
        self._sockname = None
        handle = self._handle
        if handle is not None:
            handle.owner = self
            if self._on_read is not None:
                self._on_read.start(handle)
            else:
                handle.on_read = self._on_handle_read

    def _replace_handle(self, handle: Any) -> None:
        """For the next of several connection attempts."""
        if self._handle is not None:
            self._handle.close()
        self._handle = handle
        self._adopt_handle()

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
        return self._connect(*normalize(args, options))

    def _connect(self, options: dict[str, Any], listener: Callable[..., Any] | None) -> Self:
        if listener is not None:
            self.once("connect", listener)
        path: Any = options.get("path")
        if path is UNDEFINED:
            path = None
        if path is None and options.get("port", UNDEFINED) is UNDEFINED:
            raise node_error("ERR_MISSING_ARGS", ["options", "port", "path"])
        self.__dict__.pop("write", None)
        if self.destroyed:
            self._handle = self._peername = self._sockname = None
        if self._handle is None:
            self._handle = pipe_wrap.Pipe(pipe_wrap.SOCKET) if is_truthy(path) else tcp_wrap.TCP(tcp_wrap.SOCKET)
            self._bytes_read = self._bytes_written = 0
            self._adopt_handle()
        self._unref_timer()
        self.connecting = True
        if is_truthy(path):
            validate_string(path, "options.path")
            connect_pipe(self, path)
        else:
            connect_tcp(self, options)
        return self

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
        self._apply_options()
        self.emit("connect")
        self.emit("ready")
        # Data flows, or fills the buffer, whether or not somebody listens; only pause() holds it.
        if readable and not self.is_paused():
            self.read(0)

    # --- reading --------------------------------------------------------------------------------------------

    def _read(self, size: int) -> None:
        handle = self._handle
        if self.connecting or handle is None:
            self.once("connect", lambda: self._read(size))
        elif not (handle if self._on_read is None else self._on_read).reading:
            self._start_reading()

    def _start_reading(self) -> None:
        if self._on_read is not None:
            err = self._on_read.read_start(self._handle)
        else:
            err = self._handle.read_start()
            # The handle delivers from now on without being asked again.
            self._readable_state.standing = not err
        if err:
            self.destroy(errno_exception(err, "read"))

    def _stop_reading(self) -> None:
        if self._on_read is not None:
            # The stream has asked for data and never gets any: it goes on to wait.
            err = self._on_read.read_stop(self._handle)
        else:
            rs = self._readable_state
            rs.standing = rs.reading = False
            err = self._handle.read_stop()
        if err:
            self.destroy(errno_exception(err, "read"))

    def _on_handle_read(self, nread: int, data: bytes | None) -> None:
        if self._timer is not None:
            self._timer.refresh()
        if data is not None:
            if not self.push(data) and self._handle is not None:
                self._stop_reading()
        else:
            self._read_ended(nread)

    def _read_ended(self, nread: int) -> None:
        """EOF or an error from the handle."""
        if nread != UV_EOF:
            self.destroy(errno_exception(nread, "read"))
            return
        if not self._readable_state.end_emitted:
            rs = self._readable_state
            rs.standing = False
            self.push(None)
            self.read(0)

    def pause(self) -> Self:
        """Stop the flow of data; with `on_read` reading stops at once. Mirrors `socket.pause()`."""
        if self._on_read is not None and self._on_read.reading and not self.pending:
            self._stop_reading()
        return super().pause()

    def resume(self) -> Self:
        """Let data flow again. Mirrors `socket.resume()`."""
        if self._on_read is not None:
            self._restart_on_read()
        return super().resume()

    def read(self, size: Any = None, *_: Any) -> Any:
        """Take `size` bytes from the buffer, all of it if None. Mirrors `readable.read()`."""
        if self._on_read is not None:
            self._restart_on_read()
        return super().read(size)

    def _restart_on_read(self) -> None:
        assert self._on_read is not None
        if not self._on_read.reading and not self.pending:
            self._start_reading()

    # --- writing --------------------------------------------------------------------------------------------

    def write(
        self,
        chunk: Any = UNDEFINED,
        encoding: Any = None,
        callback: Callable[..., Any] | None = None,
        *_: Any,
    ) -> bool:
        """See Writable.write. Mirrors `socket.write()`."""
        ws = self._writable_state
        if (
            chunk.__class__ is bytes
            and encoding is None
            and callback is None
            and ws.ready
            and not ws.writing
            and not ws.need_drain
            and not self.connecting
            and self._plain_writes
            and self._handle is not None
            and ws.high_water_mark
        ):
            # The common case: nothing waits, nobody asks to be told. When the kernel takes it whole, all
            # the stream's bookkeeping would come out where it was; otherwise it takes its usual way, and
            # `_write` finds here what the handle said.
            if self._timer is not None:
                self._timer.refresh()
            status = self._handle.write(chunk, self._written)
            if status == 0:
                return True
            self._write_status = status
        return Duplex.write(self, chunk, encoding, callback)

    def _write(self, chunk: Any, encoding: str, callback: Callable[..., Any]) -> None:
        handle = self._handle
        if handle is None or self.connecting:
            self._write_early([(chunk, encoding)], lambda: self._write(chunk, encoding, callback), callback)
            return
        status = self._write_status
        if status is not None:
            self._write_status = None
            self._write_queued(status, callback, handle)
            return
        if self._timer is not None:
            self._timer.refresh()
        text = chunk if chunk.__class__ is str else None
        if text is not None:
            chunk = encode(text, encoding)
        status = handle.write(chunk, self._written)
        if status == 0:
            callback()
            return
        if status < 0 and text is not None and _is_tried_first(text, encoding):
            handle.bytes_written -= len(chunk)
        self._write_queued(status, callback, handle)

    def _writev(self, chunks: Any, callback: Callable[..., Any]) -> None:
        handle = self._handle
        if handle is None or self.connecting:
            pending = [(entry.chunk, entry.encoding) for entry in chunks]
            self._write_early(pending, lambda: self._writev(chunks, callback), callback)
            return
        if self._timer is not None:
            self._timer.refresh()
        buffers = [e.chunk if e.chunk.__class__ is bytes else encode(e.chunk, e.encoding) for e in chunks]
        status = handle.writev(buffers, self._written)
        if status == 0:
            callback()
        else:
            self._write_queued(status, callback, handle)

    def _write_early(
        self, pending: list[Any], write: Callable[[], None], callback: Callable[..., Any]
    ) -> None:
        """A write before there is a connection: it waits for 'connect', or fails with 'close'."""
        if not self.connecting:
            callback(node_error("ERR_SOCKET_CLOSED"))
            return
        self._pending_data = pending

        def connected() -> None:
            self.remove_listener("close", closed)
            self._pending_data = None
            write()

        def closed() -> None:
            callback(node_error("ERR_SOCKET_CLOSED_BEFORE_CONNECTION"))

        self.once("connect", connected)
        self.once("close", closed)

    def _write_queued(self, status: int, callback: Callable[..., Any], handle: Any) -> None:
        if status < 0:
            callback(errno_exception(status, "write"))
            return
        self._write_callback = callback
        self._last_write_queue_size = handle.write_queue_size

    def _written(self, status: int) -> None:
        """libuv is through with the write it had queued."""
        callback, self._write_callback = self._write_callback, None
        if callback is None:
            return
        if status < 0:
            callback(errno_exception(status, "write"))
            return
        self._unref_timer()
        self._last_write_queue_size = 0
        callback()

    def _final(self, callback: Callable[..., Any]) -> None:
        if self.connecting:
            self.once("connect", lambda: self._final(callback))
            return
        handle = self._handle
        if handle is None:
            callback()
            return
        err = handle.shutdown(lambda _status: callback())
        if err == UV_ENOTCONN:
            callback()
        elif err < 0:
            callback(errno_exception(err, "shutdown"))

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
        if self._handle is None:
            self.destroy(node_error("ERR_SOCKET_CLOSED"))
        elif not isinstance(self._handle, tcp_wrap.TCP):
            raise node_error("ERR_INVALID_HANDLE_TYPE")
        elif self.connecting:
            self.once("connect", lambda: self._reset())
        else:
            self._reset()
        return self

    def _reset(self) -> None:
        self._resetting = True
        self.destroy()

    def _destroy(self, error: Any, callback: Callable[..., Any]) -> None:
        self.connecting = False
        if self._timer is not None:
            clear_timeout(self._timer)
            self._timer = None
        handle = self._handle
        if handle is None:
            callback(error)
            next_tick(lambda: self.emit("close"))
        else:
            self._close_handle(handle, error is not None)
            callback(error)
        if self._server is not None:
            # As in Node once more when it was connected anew: the server then counts one too few.
            self._server._connection_closed()

    def _close_handle(self, handle: Any, had_error: bool) -> None:
        self._bytes_read = self.bytes_read
        self._bytes_written = handle.bytes_written

        def closed() -> None:
            self.emit("close", had_error)

        if self._resetting:
            self._resetting = False
            err = handle.reset(closed)
            if err:
                # Node leaves the handle open for good, and its process then never ends.
                handle.close()
                self.emit("error", errno_exception(err, "reset"))
        else:
            handle.close(closed)
        handle.on_read = _ignore_read
        self._handle = None
        self._sockname = None

    # --- state ----------------------------------------------------------------------------------------------

    @property
    def pending(self) -> bool:
        """Whether there is no connection: before connect(), while connecting, and after destroy()."""
        return self._handle is None or self.connecting

    @property
    def ready_state(self) -> str:
        """'opening', 'open', 'readOnly', 'writeOnly' or 'closed'."""
        if self.connecting:
            return "opening"
        if self.readable:
            return "open" if self.writable else "readOnly"
        return "writeOnly" if self.writable else "closed"

    @property
    def buffer_size(self) -> int | None:
        """How many bytes (or characters) wait to be written; None without a handle."""
        return None if self._handle is None else self.writable_length

    @property
    def bytes_read(self) -> int:
        """The number of bytes received."""
        return self._bytes_read if self._handle is None else int(self._handle.bytes_read)

    @property
    def _bytes_dispatched(self) -> int:
        return self._bytes_written if self._handle is None else int(self._handle.bytes_written)

    @property
    def bytes_written(self) -> int:
        """The number of bytes sent or accepted for sending; what waits for a connection is counted too."""
        total = self._bytes_dispatched
        for entry in self._writable_state.queue:
            total += _size(entry.chunk, entry.encoding)
        for chunk, encoding in self._pending_data or ():
            total += _size(chunk, encoding)
        return total

    def __repr__(self) -> str:
        role = "accepted" if self.server is not None else "client"
        return f"<{type(self).__name__} {role} {self.ready_state}{ends(self._handle)}>"


def _ignore_read(_nread: int, _data: bytes | None) -> None:
    """The reader of a handle that its socket has given up."""


#: bytes that the longest character of an encoding takes, where Node writes strings without making a buffer first
_WIDTHS = {"utf8": 3, "utf-8": 3, "latin1": 1, "binary": 1, "ascii": 1}
_WIDTHS |= dict.fromkeys(("utf16le", "utf-16le", "ucs2", "ucs-2"), 2)


def _is_tried_first(text: str, encoding: str) -> bool:
    """Whether Node tries to send such a short string before it makes a request of it: what the kernel then
    refuses with an error was never counted as written."""
    return byte_length(text, "utf16le") // 2 * _WIDTHS.get(encoding, 16385) <= 16384


def _size(chunk: Any, encoding: str) -> int:
    return byte_length(chunk, encoding) if chunk.__class__ is str else len(chunk)
