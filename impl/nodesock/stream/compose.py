"""Mirrors lib/internal/streams/compose.js, as `readable.compose` uses it: two streams behind one Duplex."""

from collections.abc import Callable
from typing import Any

from nodesock.callables import call
from nodesock.errors import AbortError, node_error
from nodesock.runtime.ticks import next_tick
from nodesock.stream.add_abort_signal import add_abort_signal
from nodesock.stream.destroyer import destroy
from nodesock.stream.duplex import Duplex
from nodesock.stream.pipeline import PipelineContext, pipeline
from nodesock.stream.predicates import (
    has_readable_side,
    is_node_stream,
    is_readable,
    is_writable,
)
from nodesock.stream.readable import Readable


class _Composed(Duplex):
    """Writes go to the head, chunks come from the tail; an error of either, or destroy(), is the end of all."""

    def __init__(self, head: Any, tail: Any) -> None:
        writable, readable = bool(is_writable(head)), bool(is_readable(tail))
        super().__init__(
            readable=readable,
            writable=writable,
            writable_object_mode=bool(getattr(head, "writable_object_mode", False)),
            readable_object_mode=bool(getattr(tail, "readable_object_mode", False)),
        )
        self._head, self._tail = head, tail
        self._has_no_side = not (writable or readable)
        self._drained: Callable[..., Any] | None = None
        self._closed: Callable[..., Any] | None = None
        if writable:
            head.on("drain", self._on_drain)
        if readable:
            tail.on("readable", self._take)
            tail.on("end", lambda: self.push(None))

    def _on_drain(self) -> None:
        callback, self._drained = self._drained, None
        if callback is not None:
            callback()

    def _write(self, chunk: Any, encoding: str, callback: Callable[..., Any]) -> None:
        if self._head.write(chunk, encoding):
            callback()
        else:
            self._drained = callback

    def _final(self, callback: Callable[..., Any]) -> None:
        self._head.end()
        # After the end of what is read, which is a tick itself.
        over = "end" if has_readable_side(self._tail) else "finish"
        self._tail.once(over, lambda: next_tick(callback))

    def _read(self, size: int) -> None:
        self._take()

    def _take(self) -> None:
        while (chunk := self._tail.read()) is not None:
            if not self.push(chunk):
                return

    def _parts_over(self, error: Any = None) -> None:
        """The pipeline of the parts has ended."""
        callback, self._closed = self._closed, None
        if callback is not None:
            callback(error)
        elif error is not None:
            self.destroy(error)
        elif self._has_no_side:
            self.destroy()

    def _destroy(self, error: Any, callback: Callable[..., Any]) -> None:
        if error is None and not (self._head.destroyed and self._tail.destroyed):
            reason = AbortError()
        else:
            reason = error
        self._drained = None
        if self._tail.destroyed:
            callback(error)
            return
        self._closed = lambda _=None: callback(error)
        destroy(self._tail, reason)


def compose(head: Any, stream: Any, signal: Any) -> Duplex:
    """See `Readable.compose`."""
    if is_node_stream(stream):
        if not is_writable(stream):
            raise node_error("ERR_INVALID_ARG_VALUE", "streams[1]", stream, "must be writable")
        tail = stream
    elif callable(stream) or hasattr(stream, "__aiter__") or hasattr(stream, "__iter__"):
        chunks = call(stream, head.__aiter__(), PipelineContext(signal)) if callable(stream) else stream
        tail = Readable.from_(chunks)
    else:
        raise node_error(
            "ERR_INVALID_ARG_TYPE",
            "body",
            (
                "Blob", "ReadableStream", "WritableStream", "Stream", "Iterable", "AsyncIterable", "function",
                "{ readable, writable } pair", "Promise",
            ),
            stream,
        )  # fmt: skip
    composed = _Composed(head, tail)
    if tail is stream:
        pipeline(head, tail, composed._parts_over)
    else:
        tail.on("error", composed.destroy)
        tail.on("close", composed._parts_over)
    if signal is not None:
        add_abort_signal(signal, composed)
    return composed
