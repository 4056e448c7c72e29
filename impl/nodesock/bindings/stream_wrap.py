"""Mirrors src/stream_wrap.cc and src/stream_base.cc: reading, writing and shutting down TCP and pipes.

The hot path is `_uv_read`: libuv -> `on_read` -> (the user's listener) -> `write` -> uv_try_write -> ticks. It is
`runtime.loop.enter` written out, one Python frame between pyuv and `on_read`.

Writes try first: what the kernel takes at once needs no request, no callback and no copy; only the rest is queued. That
decides whether a write's callback is synchronous, and so the order of events.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

import nodesock._pyuv as _pyuv
from nodesock.bindings.handle_wrap import HandleWrap
from nodesock.bindings.uv import (
    UV_EAGAIN,
    UV_EALREADY,
    UV_EBADF,
    UV_EFAULT,
    UV_EINVAL,
    UV_ENOTCONN,
    from_exception,
)
from nodesock.code_units import units
from nodesock.runtime import loop, uncaught
from nodesock.runtime.handles import requests
from nodesock.runtime.ticks import drain, microtasks, ticks
from nodesock.runtime.uncaught import report_exception
from nodesock.runtime.uv_loop import check_thread

_UVError: Final = _pyuv.error.UVError
#: up to this many bytes a vectored write joins its buffers (one copy is cheaper than the bookkeeping); with more, libuv
#: gets the buffers themselves
_JOIN_MAX: Final = 128 * 1024
_IOV_MAX: Final = min(os.sysconf("SC_IOV_MAX"), 1024) if os.sysconf("SC_IOV_MAX") > 0 else 16
#: pyuv never releases the list of buffers that it is given: it always gets this one, which is empty in between
_buffers: Final[list[Any]] = []


def _no_reader(_nread: int, _data: bytes | None) -> None:
    """What a handle without an owner does with data."""


class Request:
    """A request under way, and an active resource: called by pyuv when it ends, answers `on_complete(status)`."""

    __slots__ = ("_on_complete", "done")

    def __init__(self, on_complete: Callable[[int], Any]) -> None:
        self._on_complete = on_complete
        self.done = False

    def __call__(self, _handle: Any, error: int | None) -> None:
        self.done = True
        try:
            loop.enter(self._on_complete, error or 0)
        finally:
            requests.pop(self, None)


class _PartedWrite(Request):
    """A write that libuv gets in several parts: it ends with the last of them, or the first that fails."""

    __slots__ = ("_parts",)

    def __init__(self, on_complete: Callable[[int], Any], parts: int) -> None:
        super().__init__(on_complete)
        self._parts = parts

    def __call__(self, handle: Any, error: int | None) -> None:
        self._parts -= 1
        if not self.done and (error is not None or not self._parts):
            super().__call__(handle, error)


class StreamHandle(HandleWrap):
    """A TCP or pipe handle that reads and writes."""

    __slots__ = ("_read_callback", "_shutting", "bytes_read", "bytes_written", "on_read", "reading")

    def __init__(self, handle: Any, type_name: str) -> None:
        super().__init__(handle, type_name)
        #: called with (nread, data): nread bytes, or nread < 0 (UV_EOF, an error) and None
        self.on_read: Callable[[int, bytes | None], Any] = _no_reader
        self.bytes_read = 0
        self.bytes_written = 0
        self.reading = False
        self._shutting: Request | None = None
        self._read_callback: Callable[[Any, bytes | None, int | None], None] | None = None

    @property
    def readable(self) -> bool:
        """uv_is_readable: whether it has a connection to read from."""
        return bool(self._handle.readable)

    @property
    def writable(self) -> bool:
        """uv_is_writable."""
        return bool(self._handle.writable)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read_start(self) -> int:
        """uv_read_start: deliver what arrives to `on_read`. 0, or a negative libuv number."""
        if self.reading:
            return 0
        if self._closing:
            return UV_EINVAL
        callback = self._read_callback
        if callback is None:
            callback = self._read_callback = self._uv_read
        try:
            self._handle.start_read(callback)
        except _UVError as error:
            err = from_exception(error)
            if err != UV_EALREADY:
                return err
        self.reading = True
        return 0

    def read_stop(self) -> int:
        """uv_read_stop: leave what arrives in the kernel."""
        if self.reading:
            self.reading = False
            if not self._closing:
                self._handle.stop_read()
        return 0

    def set_read_size(self, size: int) -> None:
        """What libuv's alloc_cb offers: read at most so many bytes at once; with 0 a read is UV_ENOBUFS."""
        self._handle.read_size = size

    def _uv_read(self, _handle: Any, data: bytes | None, error: int | None) -> None:
        if uncaught.fatal is not None:
            loop.defer(self._late_read, data, error)
            return
        if error is None:
            nread = len(data)  # type: ignore[arg-type]
            if not nread:  # EAGAIN
                return
            self.bytes_read += nread
        else:
            nread = error
            self.reading = False  # libuv has stopped
        on_read = self.on_read
        try:
            on_read(nread, data)
        except BaseException as raised:
            report_exception(raised)
            return
        if ticks or microtasks:
            drain()

    def _late_read(self, data: bytes | None, error: int | None) -> None:
        """A read that a fatal exception delayed to this run."""
        if not self._closing:
            self._uv_read(self._handle, data, error)

    # --- writing -----------------------------------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview, on_complete: Callable[[int], Any]) -> int:
        """Write: 0 = the kernel has it all, 1 = (the rest is) queued and `on_complete(status)` follows, < 0 = error.

        `data` must not change until then.
        """
        size = len(data) if data.__class__ is bytes else memoryview(data).nbytes
        self.bytes_written += size
        try:
            taken = self._handle.try_write(data)
        except _UVError as error:
            taken = 0
            if error.args[0] != UV_EAGAIN:
                if error.args[0] == UV_EFAULT:
                    self.bytes_written -= size
                    check_thread()
                return UV_EBADF if self._closing else from_exception(error)
        if taken == size:
            return 0
        return self._queue(memoryview(data).cast("B")[taken:] if taken else data, on_complete)

    def writev(
        self, chunks: Sequence[bytes | bytearray | memoryview], on_complete: Callable[[int], Any]
    ) -> int:
        """`write` for several buffers, of which the kernel is offered the first IOV_MAX (1024) at once."""
        size = _size(chunks)
        if size <= _JOIN_MAX and len(chunks) <= _IOV_MAX:
            return self.write(b"".join(chunks), on_complete)
        self.bytes_written += size
        if self._closing:
            return UV_EBADF
        taken = 0
        if self._handle.write_queue_size == 0:
            try:
                taken = os.writev(self._handle.fileno(), chunks[:_IOV_MAX])
            except BlockingIOError:
                pass
            except Exception as error:
                err = from_exception(error)
                if err != UV_ENOTCONN or not self._connecting():
                    return err
        if taken == size:
            return 0
        return self._queue_all(_after(chunks, taken), on_complete)

    def _connecting(self) -> bool:
        """Whether a connect is under way, so that writes wait for it."""
        return False

    def _queue(self, data: Any, on_complete: Callable[[int], Any]) -> int:
        request = Request(on_complete)
        try:
            self._handle.write(data, request)
        except _UVError as error:
            return from_exception(error)
        requests[request] = "SimpleWriteWrap"
        return 1

    def _queue_all(self, buffers: Sequence[Any], on_complete: Callable[[int], Any]) -> int:
        """Queue the buffers, IOV_MAX at a time: libuv writes no more at once, and pyuv lists them on the C stack."""
        parts = [buffers[start : start + _IOV_MAX] for start in range(0, len(buffers), _IOV_MAX)]
        request = _PartedWrite(on_complete, len(parts))
        try:
            for part in parts:
                _buffers[:] = (b"".join(part),) if _size(part) <= _JOIN_MAX else part
                self._handle.write(_buffers, request)
        except _UVError as error:
            request.done = True
            return from_exception(error)
        finally:
            _buffers.clear()
        requests[request] = "SimpleWriteWrap"
        return 1

    def shutdown(self, on_complete: Callable[[int], Any]) -> int:
        """uv_shutdown: send FIN once all is written; `on_complete(status)` follows unless < 0 is returned."""
        if self._closing:
            return UV_ENOTCONN
        request = Request(on_complete)
        try:
            self._handle.shutdown(request)
        except _UVError as error:
            return from_exception(error)
        self._shutting = request
        requests[request] = "SimpleShutdownWrap"
        return 0

    @property
    def write_queue_size(self) -> int:
        """Bytes that libuv has queued."""
        return int(self._handle.write_queue_size)

    def set_blocking(self, enable: bool) -> int:
        """uv_stream_set_blocking."""
        if self._closing:
            return UV_EBADF
        try:
            self._handle.set_blocking(bool(enable))
        except _UVError as error:
            return from_exception(error)
        return 0

    # --- the end -----------------------------------------------------------------------------------------------------

    def _before_close(self) -> None:
        if self._read_callback is not None:
            self._handle.stop_read()  # lets go of our callback, and so of this object
            self._read_callback = None
        self.reading = False

    def _release(self) -> None:
        self.on_read = _no_reader
        self._read_callback = None
        self.reading = False
        self._shutting = None  # its callback knows this object


def _size(chunks: Sequence[Any]) -> int:
    return sum(len(chunk) if chunk.__class__ is bytes else memoryview(chunk).nbytes for chunk in chunks)


def _after(chunks: Sequence[Any], taken: int) -> Sequence[Any]:
    """What is left of the chunks after the first `taken` bytes; nothing is copied."""
    for at, chunk in enumerate(chunks):
        view = memoryview(chunk).cast("B")
        if taken < view.nbytes:
            return [view[taken:], *chunks[at + 1 :]]
        taken -= view.nbytes
    return ()


#: bytes that the longest character of an encoding takes, where Node writes strings without making a buffer first
_WIDTHS: Final = {"utf8": 3, "utf-8": 3, "latin1": 1, "binary": 1, "ascii": 1} | dict.fromkeys(
    ("utf16le", "utf-16le", "ucs2", "ucs-2"), 2
)


def is_tried_first(text: str, encoding: str) -> bool:
    """Whether StreamBase::WriteString tries to send such a short string before it makes a request of it: what the
    kernel then refuses with an error was never counted as written."""
    return units(text) * _WIDTHS.get(encoding, 16385) <= 16384
