"""Mirrors lib/internal/stream_base_commons.js: a Duplex stream over a handle, whatever carries the bytes.

It reads, writes, ends, watches for idleness and counts: everything for which the kind of handle and its addresses do
not matter. handle.py says what a handle is.

Where the handle comes from is up to the subclass: a net.Socket connects one, or is given it. `_handle` is None until
then and after destroy(). In between the stream owns it and is its only reader; while `connecting`, it has no connection
yet. Everything libuv delivers comes in at `_on_handle_read` (with `on_read`, at `_on_buffer_read`) and at the
completions of write and shutdown.

Calls that need a connection wait for 'connect' with a once-listener, as Node's do, because the place of that listener
among the user's own is visible: `_read`, the first `_write`, `_final`, `ref`, `unref`.

Why 'close' is late: destroy() closes the handle, and 'close' is emitted from libuv's closing phase, after the
immediates of the turn. Without a handle it is a tick. That is also why emit_close is off: this class emits 'close'
itself.

The hot path is `_on_handle_read` -> push -> 'data' listener -> write -> `_write_through` -> handle.write. It allocates
nothing of its own: the handle gets one bound method, and the stream's callback is kept only when the write is queued.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Self

from nodesock.bindings.stream_wrap import is_tried_first
from nodesock.bindings.uv import UV_ENOTCONN, UV_EOF
from nodesock.callables import drops_surplus
from nodesock.encodings import byte_length, encode
from nodesock.errors import errno_exception, node_error
from nodesock.inspect import Symbol
from nodesock.net.handle import method_of
from nodesock.net.on_read import OnRead
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.timers import Timeout, clear_timeout, set_unref_timeout, timer_duration
from nodesock.runtime.uv_loop import check_thread
from nodesock.spelling import refuses_foreign_names
from nodesock.stream import Duplex
from nodesock.stream.core.destroy import abandon
from nodesock.stream.core.members import method
from nodesock.validators import UNDEFINED, validate_function


@refuses_foreign_names
@drops_surplus
class HandleStream(Duplex):
    """A Duplex over a handle, with emit_close and decode_strings off; see net.Socket."""

    #: true while the handle has no connection yet; 'connect' follows, or the stream is destroyed
    connecting = False
    #: the ms given to set_timeout(); None before
    timeout: Any = None

    _handle: Any = None
    _on_read: OnRead | None = None
    _bytes_read = 0
    _bytes_written = 0
    #: what was written before there was a connection and waits for 'connect': chunks and their encodings
    _pending_data: list[Any] | None = None
    #: `_written`, made once for the present handle
    _on_written: Any = None
    #: the stream's callback of the write that libuv has queued
    _write_callback: Callable[..., Any] | None = None
    #: what the handle had to write when it was last looked at; less by the next look is activity
    _last_write_queue_size = 0
    _timer: Timeout | None = None

    def __init__(self, options: Mapping[str, Any], allow_half_open: bool) -> None:
        super().__init__(**options)
        self.allow_half_open = allow_half_open
        self._readable_state.emit_close = self._writable_state.emit_close = False
        self._writable_state.decode_strings = False
        self._writable_state.through = True
        # Read on every message, which is cheaper than from the class.
        self.connecting = False
        self._timer = None

    def _node_properties(self) -> dict[str | Symbol, Any]:
        had_handle = self._handle is not None or "_bytes_written" in vars(self)
        buffer, callback, factory = (None, None, None) if self._on_read is None else self._on_read.parts()
        return {
            **({} if had_handle else {Symbol("async_id_symbol"): -1}),  # with a handle it is any number
            Symbol("kHandle"): self._handle,
            Symbol("lastWriteQueueSize"): self._last_write_queue_size,
            Symbol("timeout"): self._timer,
            Symbol("kBuffer"): buffer,
            Symbol("kBufferCb"): callback,
            Symbol("kBufferGen"): factory,
            **super()._node_properties(),
        }

    # --- the handle -----------------------------------------------------------------------------------------

    def _adopt_handle(self) -> None:
        """Start a life with the present handle, or with none: the stream's state is as new."""
        self._undestroy()
        handle = self._handle
        if handle is not None:
            handle.owner = self
            self._on_written = self._written
            if self._on_read is not None:
                self._on_read.prepare(handle)
                handle.on_read = self._on_buffer_read
            else:
                handle.on_read = self._on_handle_read

    def ref(self) -> Self:
        """Let the socket keep the loop alive (the default); without a handle, once it is connected."""
        if self._handle is None:
            self.once("connect", lambda: self.ref())
        elif ref := method_of(self._handle, "ref"):
            ref()
        return self

    def unref(self) -> Self:
        """Do not let the socket keep the loop alive; without a handle, once it is connected."""
        if self._handle is None:
            self.once("connect", lambda: self.unref())
        elif unref := method_of(self._handle, "unref"):
            unref()
        return self

    # --- reading --------------------------------------------------------------------------------------------

    def _read(self, size: int) -> None:
        handle = self._handle
        if self.connecting or handle is None:
            self.once("connect", lambda: method(self, "_read", "this")(size))
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
            try:
                replaced = self._read.__func__ is not _hook or self.read.__func__ is not _read  # type: ignore[attr-defined]
            except AttributeError:  # by something else than a method
                replaced = True
            if replaced:
                self._readable_state.standing = False
            if not self.push(data) and self._handle is not None:
                self._stop_reading()
        else:
            self._read_ended(nread)

    def _on_buffer_read(self, nread: int, data: bytes | None) -> None:
        """`_on_handle_read` with the `on_read` option."""
        on_read = self._on_read
        assert on_read is not None
        self._unref_timer()
        if data is None:
            self._read_ended(nread)
            return
        go_on = on_read.take(nread, data)
        handle = self._handle
        on_read.next_buffer(handle)
        if not go_on and handle is not None:
            self._stop_reading()

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

    def pause(self, *_: Any) -> Self:
        """Stop the flow of data; with `on_read` reading stops at once. Mirrors `socket.pause()`."""
        if self._on_read is not None:
            check_thread()
            if self._on_read.reading and not self.pending:
                self._stop_reading()
        return super().pause()

    def resume(self, *_: Any) -> Self:
        """Let data flow again. Mirrors `socket.resume()`."""
        if self._on_read is not None:
            check_thread()
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

    def _write_through(self, chunk: bytes) -> bool | None:
        on_written = self._on_written
        try:
            if on_written is None or self.connecting or self._write.__func__ is not _write:  # type: ignore[attr-defined]
                return None
        except AttributeError:  # something else than a method is in its place
            return None
        if self._timer is not None:
            self._timer.refresh()
        handle = self._handle
        status = handle.write(chunk, on_written)
        if status == 0:
            return True
        # The kernel has not taken it whole: the stream's bookkeeping begins here.
        ws = self._writable_state
        ws.accept(len(chunk))
        ws.hand_over(len(chunk), None)
        self._write_queued(status, self._write_done, handle)
        ws.sync = False
        return ws.can_accept_more()

    def _write(self, chunk: Any, encoding: str, callback: Callable[..., Any]) -> None:
        handle = self._handle
        if handle is None or self.connecting:
            # Made later, it is the stream's own `_write` again, whatever has been put in its place.
            write = partial(HandleStream._write, self, chunk, encoding, callback)
            self._write_early([(chunk, encoding)], write, callback)
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
        if status < 0 and text is not None and is_tried_first(text, encoding):
            handle.bytes_written -= len(chunk)
        self._write_queued(status, callback, handle)

    def _writev(self, chunks: Any, callback: Callable[..., Any]) -> None:
        handle = self._handle
        if handle is None or self.connecting:
            pending = [(entry.chunk, entry.encoding) for entry in chunks]
            self._write_early(pending, partial(HandleStream._writev, self, chunks, callback), callback)
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
            self.once("connect", lambda: method(self, "_final", "this")(callback))
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

    # --- the idle timer -------------------------------------------------------------------------------------

    def set_timeout(self, msecs: Any = UNDEFINED, callback: Any = UNDEFINED) -> Self:
        """Emit 'timeout' after `msecs` ms without activity, 0 for never; `callback` is a once-listener for it.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. On a destroyed socket it does nothing. Mirrors
        `socket.setTimeout()`.
        """
        if self.destroyed:
            return self
        check_thread()
        self.timeout = msecs
        msecs = timer_duration(msecs, "msecs")
        if self._timer is not None:
            clear_timeout(self._timer)
            self._timer = None
        if msecs == 0:
            if callback is not UNDEFINED:
                validate_function(callback, "callback")
                self.remove_listener("timeout", callback)
        else:
            self._timer = set_unref_timeout(self._on_timeout, msecs)
            if callback is not UNDEFINED:
                validate_function(callback, "callback")
                self.once("timeout", callback)
        return self

    def _unref_timer(self) -> None:
        """Something has happened: the idle time starts anew."""
        if self._timer is not None:
            self._timer.refresh()

    def _on_timeout(self) -> None:
        handle = self._handle
        if handle is not None and self._last_write_queue_size > 0:
            # A big write that still makes progress is activity.
            size = handle.write_queue_size
            if size != self._last_write_queue_size:
                self._last_write_queue_size = size
                self._unref_timer()
                return
        self.emit("timeout")

    # --- ending ---------------------------------------------------------------------------------------------

    def _destroy(self, error: Any, callback: Callable[..., Any]) -> None:
        if self._timer is not None:
            clear_timeout(self._timer)
            self._timer = None
        handle = self._handle
        if handle is None:
            callback(error)
            next_tick(lambda: self.emit("close"))
            return
        self._bytes_read = self.bytes_read
        self._bytes_written = handle.bytes_written
        had_error = error is not None
        self._close_handle(handle, lambda: self.emit("close", had_error))
        handle.on_read = _ignore_read
        self._handle = self._on_written = None
        callback(error)

    def _close_handle(self, handle: Any, closed: Callable[[], Any]) -> None:
        """Close the handle; `closed()` follows from libuv's closing phase."""
        handle.close(closed)

    def _abandoned(self) -> None:
        """The loop is gone and the handle with it, as in a forked child: the socket has closed, and nobody hears of
        it."""
        handle = self._handle
        if handle is not None:
            self._bytes_read, self._bytes_written = handle.bytes_read, handle.bytes_written
        self._handle = self._on_written = self._timer = None
        self.connecting = False
        abandon(self)

    # --- state ----------------------------------------------------------------------------------------------

    @property
    def pending(self) -> bool:
        """Whether there is no connection: before connect(), while connecting, and after destroy()."""
        return self._handle is None or self.connecting

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
            total += byte_length(entry.chunk, entry.encoding)
        for chunk, encoding in self._pending_data or ():
            total += byte_length(chunk, encoding)
        return total


#: the methods that the common cases leave out; a program may have replaced them, on an object or on a class
_hook, _read, _write = HandleStream._read, HandleStream.read, HandleStream._write


def _ignore_read(_nread: int, _data: bytes | None) -> None:
    """The reader of a handle that its socket has given up."""
