"""The `on_read` option of net.Socket: received bytes go into the caller's buffer, past the stream.

libuv is told to read no more at once than the buffer takes, so each read is one call of the callback, and what
it stops stays in the kernel. The bytes come in pyuv's own buffer and are copied from there.
"""

from collections.abc import Callable, Mapping
from typing import Any

from nodesock.callables import call
from nodesock.net.handle import Handle


class OnRead:
    """Where a socket's bytes go: one fixed buffer, or a new one from a function for each read."""

    def __init__(self, buffer: Any, factory: Callable[..., Any] | None, callback: Callable[..., Any]) -> None:
        self._buffer = buffer
        self._factory = factory
        self._callback = callback
        #: whether bytes are copied into the buffer; see `prepare`
        self._copies = True
        #: what the handle's `reading` is for other sockets: false after pause() or when the callback said so
        self.reading = False

    @staticmethod
    def from_option(option: Any) -> "OnRead | None":
        """The option's value, `{"buffer": …, "callback": …}`; None for any other value, which Node ignores too."""
        if isinstance(option, Mapping):
            buffer, callback = option.get("buffer"), option.get("callback")
        else:
            buffer, callback = getattr(option, "buffer", None), getattr(option, "callback", None)
        if not callable(callback):
            return None
        if _is_buffer(buffer):
            return OnRead(buffer, None, callback)
        if callable(buffer):
            return OnRead(None, buffer, callback)
        return None

    def parts(self) -> tuple[Any, Callable[..., Any], Callable[..., Any] | None]:
        """The present buffer, the callback and the function that makes buffers, if there is one."""
        return self._buffer, self._callback, self._factory

    def prepare(self, handle: Handle) -> None:
        """Get the first buffer for a new handle.

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

    def take(self, nread: int, data: bytes) -> bool:
        """Hand one read to the callback. Returns whether to go on reading."""
        if self._copies:
            memoryview(self._buffer).cast("B")[:nread] = data
        return call(self._callback, nread, self._buffer) is not False

    def next_buffer(self, handle: Handle | None) -> None:
        """Get the buffer for the next read; `handle` is None if the callback destroyed the socket."""
        if self._factory is None:
            return
        following = call(self._factory)
        if _is_buffer(following):
            self._buffer = following
            if self._copies and handle is not None:
                handle.set_read_size(memoryview(following).nbytes)

    def read_start(self, handle: Handle) -> int:
        """Start reading, perhaps again. 0 or a negative libuv number."""
        self.reading = True
        return handle.read_start()

    def read_stop(self, handle: Handle) -> int:
        """Stop reading. 0 or a negative libuv number."""
        self.reading = False
        return handle.read_stop()


def _is_buffer(value: Any) -> bool:
    if not isinstance(value, (bytearray, memoryview)):
        return False
    return not memoryview(value).readonly
