"""What wakes a sleeping loop from outside: a socket pair whose reading end the loop watches while it runs.

Python's signal handling in C writes to it (signal.set_wakeup_fd), and so does `wake()` from any thread. libuv's own
uv_async_send would not do for signals.
"""

import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import nodesock._pyuv as _pyuv
from nodesock.runtime.uv_loop import get_loop, on_forget

#: reading end, writing end, the handle that watches the reading end
_pair: tuple[socket.socket, socket.socket, Any] | None = None


def watch(on_wakeup: Callable[[bool], Any]) -> Callable[[], None]:
    """Call `on_wakeup(signalled)` from the loop after a `wake()` and, in the main thread, a signal. Returns what ends
    that for signals."""
    global _pair
    if _pair is None:
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)

        def readable(_poll: Any, _events: int, _error: int | None) -> None:
            try:
                read = reader.recv(4096)
            except OSError:
                read = b""
            on_wakeup(bool(read.strip(b"\0")))  # of a signal it is the number

        poll = _pyuv.Poll(get_loop(), reader.fileno())
        poll.start(_pyuv.UV_READABLE, readable)
        poll.ref = False
        _pair = reader, writer, poll
    if threading.current_thread() is not threading.main_thread():
        return _nothing
    before = signal.set_wakeup_fd(_pair[1].fileno(), warn_on_full_buffer=False)
    return lambda: _restore(before)


def wake() -> None:
    """Have the loop call back soon. From any thread; without effect while nothing watches."""
    pair = _pair
    if pair is not None:
        try:
            pair[1].send(b"\0")
        except OSError:  # full: it wakes anyway; closed: there is no loop any more
            pass


def _nothing() -> None:
    pass


def _restore(descriptor: int) -> None:
    signal.set_wakeup_fd(descriptor)


def _forget() -> None:
    global _pair
    pair, _pair = _pair, None
    if pair is not None:
        if threading.current_thread() is threading.main_thread():
            before = signal.set_wakeup_fd(-1)
            if before not in (-1, pair[1].fileno()):
                signal.set_wakeup_fd(before)
        pair[0].close()
        pair[1].close()


on_forget(_forget)
