"""The `on_read` option of net.Socket: received bytes go into the caller's buffer, past the stream.

libuv fills a buffer of the binding's; what arrives is copied from there, one buffer length at a time. Each
copy is a read of its own as far as anyone can tell: ticks and microtasks run after it, and `bytes_read`
counts up to it. When the callback returns False or the socket is paused, the rest is held back until
reading starts again.
"""

import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nodesock.bindings.uv import UV_ENOBUFS
from nodesock.callables import call
from nodesock.runtime.loop import enter
from nodesock.runtime.timers import set_immediate

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
        self._held: deque[tuple[int, memoryview | None]] = deque()
        self._scheduled = False
        #: whether bytes are copied into the buffer; see `start`
        self._copies = True
        #: the handle has said all it has to say; the end may still be held back behind data
        self._at_end = False
        #: what the handle's `reading` is for other sockets: false after pause() or when the callback said so
        self.reading = False
        self.held_bytes = 0

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

    def start(self) -> None:
        """For a new handle: forget the last one, and get the first buffer.

        If the function gives none, nothing is ever copied for this handle: the callback hears of each read as
        libuv made it, with True, or the last buffer that the function did give, untouched, as Node has it.
        """
        self._held.clear()
        self._at_end = self.reading = False
        self.held_bytes = 0
        if self._factory is not None:
            buffer = call(self._factory)
            self._copies = _is_buffer(buffer)
            self._buffer = buffer if self._copies else True

    def received(self, nread: int, data: bytes | None) -> None:
        """The handle's reader."""
        socket = self._socket()
        if socket is None:
            return
        socket._unref_timer()
        if data is None:
            self._at_end = True
            if self._held:
                self._held.append((nread, None))
            else:
                socket._read_ended(nread)
            return
        view = memoryview(data)
        if self._held:
            self._hold(view)
        else:
            self._deliver(socket, view)

    def read_start(self, handle: Any) -> int:
        """Start reading, perhaps again: what was held back comes with the loop's next turn, as it would from
        the kernel. 0 or a negative libuv number.
        """
        self.reading = True
        if self._held and not self._scheduled:
            self._scheduled = True
            set_immediate(self._deliver_held)
        return 0 if self._at_end else int(handle.read_start())

    def read_stop(self, handle: Any) -> int:
        """Stop reading. 0 or a negative libuv number."""
        self.reading = False
        return int(handle.read_stop())

    def _deliver_held(self) -> None:
        self._scheduled = False
        socket = self._socket()
        while self._held and self.reading and socket is not None and socket._handle is not None:
            nread, view = self._held.popleft()
            if view is None:
                socket._read_ended(nread)
                return
            self.held_bytes -= len(view)
            enter(self._deliver, socket, view)

    def _hold(self, view: memoryview, front: bool = False) -> None:
        self.held_bytes += len(view)
        if front:
            self._held.appendleft((len(view), view))
        else:
            self._held.append((len(view), view))

    def _deliver(self, socket: "Socket", view: memoryview) -> None:
        """Copy and report one buffer length after another."""
        first = True
        while view:
            if socket._handle is None:
                return
            if not self.reading:
                self._hold(view, True)
                return
            size = memoryview(self._buffer).nbytes if self._copies else len(view)
            if size == 0:
                self.held_bytes += len(view)  # nobody will ever have read them
                socket._read_ended(UV_ENOBUFS)
                return
            part, view = view[:size], view[size:]
            self.held_bytes += len(view)
            try:
                if view or not first:
                    enter(self._report, socket, part)
                else:
                    self._report(socket, part)
            finally:
                self.held_bytes -= len(view)
            first = False

    def _report(self, socket: "Socket", part: memoryview) -> None:
        buffer = self._buffer
        if self._copies:
            memoryview(buffer).cast("B")[: len(part)] = part
        go_on = call(self._callback, len(part), buffer) is not False
        if self._factory is not None:
            following = call(self._factory)
            if _is_buffer(following):
                self._buffer = following
        if not go_on and socket._handle is not None:
            socket._stop_reading()


def _is_buffer(value: Any) -> bool:
    if not isinstance(value, (bytearray, memoryview)):
        return False
    return not memoryview(value).readonly
