"""The record behind the writable side of a stream: what Node keeps in `_writableState`.

Only writable.py, destroy.py and duplex.py move it. What the fields mean:

length              what has been accepted and not called back: in flight and queued (bytes, or objects)
queue               writes that wait for the one in flight, for uncork() or for `_construct`
writing             a `_write` or `_writev` is out
in_flight           its size; None when no callback is expected
sync                it is on the Python stack: its callback must not reach the user before a tick
flushing            the queue is being handed to `_write`; it counts as not empty until that is over
pending_callbacks   user callbacks and final steps still owed; 'finish' waits for 0
after_write         a tick is queued that brings 'drain' or callbacks
batch               that tick's [callback, count] while consecutive writes share one callback
ending, ended       end() was called; and has returned
final_called, prefinished, finished   the steps to 'finish', in this order
ready               see `refresh_ready`
through             bytes may go through `_write_through`: set by a class that has its own
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nodesock.encodings import default_encoding
from nodesock.inspect import Insides
from nodesock.stream.core import high_water_mark
from nodesock.validators import is_truthy


class Queued(NamedTuple):
    """One write in the queue; `_writev` gets a list of these."""

    chunk: Any
    encoding: str
    callback: Callable[..., Any] | None


class QueuedList(list[Queued]):
    """What `_writev` gets: `all_buffers` says that no chunk is a string; None where `_write` made the call, which
    leaves it out.
    """

    all_buffers: bool | None = None


class WritableState:
    """See the module's docstring."""

    __slots__ = (
        "object_mode", "high_water_mark", "length", "queue", "writing", "in_flight", "callback", "sync",
        "flushing", "corked", "need_drain", "pending_callbacks", "after_write", "batch", "ending",
        "ended", "final_called", "prefinished", "finished", "finish_callbacks", "constructed",
        "destroyed", "errored", "error_emitted", "closed", "close_emitted", "emit_close", "auto_destroy",
        "decode_strings", "default_encoding", "writable", "ready", "through",
    )  # fmt: skip

    def __init__(self, options: Mapping[str, Any], is_duplex: bool = False) -> None:
        self.object_mode = False
        self.high_water_mark = high_water_mark.defaults[False]
        self.length = 0
        self.queue: deque[Queued] = deque()
        self.writing = False
        self.in_flight: int | None = None
        self.callback: Callable[..., Any] | None = None
        self.sync = True
        self.flushing = False
        self.corked = 0
        self.need_drain = False
        self.pending_callbacks = 0
        self.after_write = False
        self.batch: list[Any] | None = None
        self.ending = False
        self.ended = False
        self.final_called = False
        self.prefinished = False
        self.finished = False
        self.finish_callbacks: list[Callable[..., Any]] = []
        self.constructed = True
        self.destroyed = False
        self.errored: Any = None
        self.error_emitted = False
        self.closed = False
        self.close_emitted = False
        self.emit_close = self.auto_destroy = self.decode_strings = True
        self.default_encoding = "utf8"
        self.writable: bool | None = None
        self.ready = True
        self.through = False
        if options:
            self._take(options, is_duplex)

    def _take(self, options: Mapping[str, Any], is_duplex: bool) -> None:
        self.object_mode = is_truthy(options.get("object_mode")) or (
            is_duplex and is_truthy(options.get("writable_object_mode"))
        )
        self.high_water_mark = high_water_mark.choose(
            options, self.object_mode, "writable_high_water_mark", "writableHighWaterMark", is_duplex
        )
        self.emit_close = options.get("emit_close") is not False
        self.auto_destroy = options.get("auto_destroy") is not False
        self.decode_strings = options.get("decode_strings") is not False
        self.default_encoding = default_encoding(options)
        self.ready = not self.object_mode

    def __node_inspect__(self) -> Insides:
        """All that Node shows but its bit field and the writes that wait."""
        return Insides("WritableState", {
            "highWaterMark": self.high_water_mark,
            "length": self.length,
            "corked": self.corked,
            "onwrite": lambda: None,
            "writelen": self.in_flight or 0,
            "bufferedIndex": 0,
            "pendingcb": self.pending_callbacks,
        })  # fmt: skip

    def accept(self, size: int) -> None:
        """A write of `size` counts from now on; it is handed over or queued."""
        self.pending_callbacks += 1
        self.length += size

    def hand_over(self, size: int, callback: Callable[..., Any] | None) -> None:
        """A write is out from now on: what calls it back while `sync` is set does so from within `_write`."""
        self.in_flight = size
        self.callback = callback
        self.writing = self.sync = True

    def can_accept_more(self) -> bool:
        """What write() returns. False asks whoever writes to wait for 'drain', which comes then."""
        if self.length and self.length >= self.high_water_mark:
            self.need_drain = True
            return False
        return self.errored is None and not self.destroyed

    def refresh_ready(self) -> None:
        """Call after a change of any of these: `ready` says that bytes may go straight to `_write` if none is
        out.
        """
        self.ready = not (
            self.ending
            or self.destroyed
            or self.corked
            or self.object_mode
            or self.errored is not None
            or not self.constructed
        )

    def reset(self) -> None:
        """`_undestroy`: as good as new for a second life (net.Socket reconnects); what is queued stays queued."""
        self.constructed = True
        self.destroyed = self.closed = self.close_emitted = False
        self.errored = None
        self.error_emitted = False
        self.final_called = self.prefinished = False
        self.ending = self.ended = self.finished = self.writable is False
        self.refresh_ready()
