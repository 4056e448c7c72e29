"""The record behind the readable side of a stream: what Node keeps in `_readableState`.

Only readable.py, readable_flow.py, pipe.py, destroy.py, duplex.py and transform.py move it, but for `standing`. The
fields are plain booleans, since in Python storing one is cheaper than setting a bit. What they mean:

flowing             None: nobody has asked for data yet; True: chunks are emitted as they come; False: held back
reading             a `_read` is out that has not been answered by a push
sync                `_read` is on the Python stack: a push now must not emit at once
need_readable       the consumer has run dry: the next chunk is worth a 'readable'
emitted_readable    a 'readable' tick is queued or has run and nothing was read since
data_listening      on('data') was called; forgotten when remove_listener takes the last one off (remove_all_listeners
                    does not count, as in Node)
readable_listening  there are 'readable' listeners (they take precedence over 'data')
resume_scheduled    a resume tick is queued
paused              pause() (True) or resume() (False) was the last word; None before either
reading_more        a read-more tick is queued
direct              see `refresh_direct`
standing            set by the source, from outside: it pushes without being asked again (a socket whose handle is
                    reading), so a push does not answer the `_read` that is out, and no read-more tick is needed after
                    it; a source that stops clears `reading` as well
await_drain         the piped writables whose 'drain' we wait for
several_pipes       there has been more than one pipe since the last one that stood alone waited for 'drain'
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

from nodesock.encodings import StringDecoder, default_encoding, make_decoder
from nodesock.inspect import Insides
from nodesock.stream.core import high_water_mark
from nodesock.validators import is_truthy


class ReadableState:
    """See the module's docstring."""

    __slots__ = (
        "object_mode", "high_water_mark", "chunks", "length", "flowing", "ended", "end_emitted",
        "reading", "constructed", "sync", "need_readable", "emitted_readable", "readable_listening",
        "resume_scheduled", "paused", "error_emitted", "emit_close", "auto_destroy", "destroyed",
        "errored", "closed", "close_emitted", "default_encoding", "await_drain", "several_pipes", "pipes",
        "reading_more", "data_listening", "data_emitted", "decoder", "encoding", "readable", "direct",
        "standing",
    )  # fmt: skip

    def __init__(self, options: Mapping[str, Any], is_duplex: bool = False) -> None:
        self.object_mode = False
        self.high_water_mark = high_water_mark.defaults[False]
        self.chunks: deque[Any] = deque()
        self.length = 0
        self.pipes: list[Any] = []
        self.flowing: bool | None = None
        self.ended = False
        self.end_emitted = False
        self.reading = False
        self.constructed = True
        # A push before the first _read has returned is treated as one from inside it.
        self.sync = True
        self.need_readable = False
        self.emitted_readable = False
        self.readable_listening = False
        self.resume_scheduled = False
        self.paused: bool | None = None
        self.error_emitted = False
        self.emit_close = self.auto_destroy = True
        self.destroyed = False
        self.errored: Any = None
        self.closed = False
        self.close_emitted = False
        self.default_encoding = "utf8"
        self.await_drain: set[Any] = set()
        self.several_pipes = False
        self.reading_more = False
        self.data_listening = False
        self.data_emitted = False
        self.decoder: StringDecoder | None = None
        self.encoding: str | None = None
        self.readable: bool | None = None
        self.direct = True
        self.standing = False
        if options:
            self._take(options, is_duplex)

    def _take(self, options: Mapping[str, Any], is_duplex: bool) -> None:
        self.object_mode = is_truthy(options.get("object_mode")) or (
            is_duplex and is_truthy(options.get("readable_object_mode"))
        )
        self.high_water_mark = high_water_mark.choose(
            options, self.object_mode, "readable_high_water_mark", "readableHighWaterMark", is_duplex
        )
        self.emit_close = options.get("emit_close") is not False
        self.auto_destroy = options.get("auto_destroy") is not False
        self.default_encoding = default_encoding(options)
        encoding = options.get("encoding")
        if is_truthy(encoding):
            self.decoder = make_decoder(encoding)
            self.encoding = self.decoder.encoding
        self.refresh_direct()

    def __node_inspect__(self) -> Insides:
        """All that Node shows but its bit field, and how much of `buffer` is read already."""
        return Insides("ReadableState", {
            "highWaterMark": self.high_water_mark,
            "buffer": list(self.chunks),
            "bufferIndex": 0,
            "length": self.length,
            "pipes": self.pipes,
            "awaitDrainWriters": None,
        })  # fmt: skip

    def refresh_direct(self) -> None:
        """Call after a change of any of these: `direct` says that a chunk of bytes needs no look at them before
        it is emitted.
        """
        self.direct = not (
            self.ended
            or self.destroyed
            or self.object_mode
            or self.errored is not None
            or self.decoder is not None
        )

    def can_push_more(self) -> bool:
        """What push() returns: whether the source should go on."""
        return not self.ended and (self.length < self.high_water_mark or self.length == 0)

    def reset(self) -> None:
        """`_undestroy`: as good as new for a second life (net.Socket reconnects); listeners, encoding and buffer
        stay.
        """
        self.constructed = True
        self.closed = self.close_emitted = self.destroyed = False
        self.errored = None
        self.error_emitted = False
        self.reading = False
        self.standing = False
        self.ended = self.end_emitted = self.readable is False
        self.refresh_direct()
