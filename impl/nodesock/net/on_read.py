"""The `on_read` option of net.Socket: received bytes go into the caller's buffer, past the stream.

libuv is told to read no more at once than the buffer takes, so each read is one call of the callback, and what
it stops stays in the kernel. The bytes come in pyuv's own buffer and are copied from there.
"""

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nodesock.callables import call

if TYPE_CHECKING:
    from nodesock.net.socket import Socket


class OnRead:
    """Where a socket's bytes go: one fixed buffer, or a new one from a function for each read."""

    def __init__(
        self, socket: "Socket", buffer: Any, factory: Callable[..., Any] | None, callback: Callable[..., Any]
    ) -> None:
        self._socket = weakref.ref(socket)
        self._buffer = buffer
        self._factory = factory
        self._callback = callback
        #: whether bytes are copied into the buffer; see `start`
        self._copies = True
        #: what the handle's `reading` is for other sockets: false after pause() or when the callback said so
        self.reading = False

    @staticmethod
    def from_option(socket: "Socket", option: Any) -> "OnRead | None":
        """The option's value, `{"buffer": …, "callback": …}`; None for anything that is not one, which is
        ignored as in Node."""
        if isinstance(option, Mapping):
            buffer, callback = option.get("buffer"), option.get("callback")
        else:
            buffer, callback = getattr(option, "buffer", None), getattr(option, "callback", None)
        if not callable(callback):
            return None
        if _is_buffer(buffer):
            return OnRead(socket, buffer, None, callback)
        if callable(buffer):
            return OnRead(socket, None, buffer, callback)
        return None

    def start(self, handle: Any) -> None:
        """Get the first buffer and become the reader of a new handle.

        If the function gives none, nothing is ever copied for this handle: the callback hears of each read as
        libuv made it, with True, or the last buffer that the function did give, untouched, as Node has it.
        """
        self.reading = False
        if self._factory is not None:
            buffer = call(self._factory)
            self._copies = _is_buffer(buffer)
            self._buffer = buffer if self._copies else True
        if self._copies:
            handle.set_read_size(memoryview(self._buffer).nbytes)
        handle.on_read = self._received

    def _received(self, nread: int, data: bytes | None) -> None:
        """The handle's reader."""
        socket = self._socket()
        if socket is None:
            return
        socket._unref_timer()
        if data is None:
            socket._read_ended(nread)
            return
        buffer = self._buffer
        if self._copies:
            memoryview(buffer).cast("B")[:nread] = data
        go_on = call(self._callback, nread, buffer) is not False
        handle = socket._handle
        if self._factory is not None:
            following = call(self._factory)
            if _is_buffer(following):
                self._buffer = following
                if self._copies and handle is not None:
                    handle.set_read_size(memoryview(following).nbytes)
        if not go_on and handle is not None:
            socket._stop_reading()

    def read_start(self, handle: Any) -> int:
        """Start reading, perhaps again. 0 or a negative libuv number."""
        self.reading = True
        return int(handle.read_start())

    def read_stop(self, handle: Any) -> int:
        """Stop reading. 0 or a negative libuv number."""
        self.reading = False
        return int(handle.read_stop())


def _is_buffer(value: Any) -> bool:
    if not isinstance(value, (bytearray, memoryview)):
        return False
    return not memoryview(value).readonly
