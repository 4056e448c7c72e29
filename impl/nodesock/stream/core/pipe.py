"""Mirrors `Readable.prototype.pipe` and `unpipe`.

Each pipe is one `_Pipe`: the listeners it puts on both ends and takes off again. The source pauses when a
destination wants 'drain' and resumes when none is waited for any more (`await_drain`).
"""

from dataclasses import dataclass
from typing import Any

from nodesock.inspect import UNDEFINED
from nodesock.runtime.ticks import next_tick
from nodesock.stream.core.destroy import error_or_destroy
from nodesock.stream.core.legacy import prepend_listener
from nodesock.stream.core.members import method, or_missing


@dataclass(slots=True, eq=False)
class UnpipeInfo:
    """The second argument of 'unpipe', a plain object in Node: whether the pipe has cleaned up after itself
    already.
    """

    has_unpiped: bool = False


class _Pipe:
    __slots__ = ("cleaned_up", "destination", "listens_for_drain", "source")

    def __init__(self, source: Any, destination: Any) -> None:
        self.source = source
        self.destination = destination
        self.listens_for_drain = False
        self.cleaned_up = False

    def ondata(self, chunk: Any) -> None:
        try:
            # No chunk is null; an undefined one comes of set_encoding() in object mode.
            if self.destination.write(UNDEFINED if chunk is None else chunk) is False:
                self.hold()
        except Exception as error:
            # The source is not to blame for a chunk that the destination cannot take.
            destination = self.destination
            method(destination, "destroy", "dest")(or_missing(error, destination, "write", "dest"))

    def hold(self) -> None:
        """Pause the source until the destination has drained."""
        source, destination = self.source, self.destination
        if not self.cleaned_up:
            # A second pause while paused by cleaning up would never be undone.
            rs = source._readable_state
            if rs.pipes == [destination]:
                rs.await_drain = {destination}
                rs.several_pipes = False
            elif destination in rs.pipes:
                rs.await_drain.add(destination)
            source.pause()
        if not self.listens_for_drain:
            self.listens_for_drain = True
            destination.on("drain", self.on_drain)

    def on_drain(self) -> None:
        source = self.source
        rs = source._readable_state
        if rs.await_drain:
            rs.await_drain.discard(self.destination)
        if not rs.await_drain and rs.data_listening:
            source.resume()

    def onend(self) -> None:
        method(self.destination, "end", "dest")()

    def unpipe(self) -> None:
        self.source.unpipe(self.destination)

    def onunpipe(self, readable: Any, info: Any) -> None:
        if readable is self.source and isinstance(info, UnpipeInfo) and not info.has_unpiped:
            info.has_unpiped = True
            self.clean_up()

    def onerror(self, error: Any) -> None:
        destination = self.destination
        self.unpipe()
        destination.remove_listener("error", self.onerror)
        if destination.listener_count("error") == 0:
            state = getattr(destination, "_writable_state", None) or getattr(
                destination, "_readable_state", None
            )
            if state is not None and not state.error_emitted:
                # Somebody emitted 'error' by hand.
                error_or_destroy(destination, error)
            else:
                destination.emit("error", error)

    def onclose(self) -> None:
        self.destination.remove_listener("finish", self.onfinish)
        self.unpipe()

    def onfinish(self) -> None:
        self.destination.remove_listener("close", self.onclose)
        self.unpipe()

    def clean_up(self) -> None:
        source, destination = self.source, self.destination
        destination.remove_listener("close", self.onclose)
        destination.remove_listener("finish", self.onfinish)
        if self.listens_for_drain:
            destination.remove_listener("drain", self.on_drain)
        destination.remove_listener("error", self.onerror)
        destination.remove_listener("unpipe", self.onunpipe)
        source.remove_listener("end", self.onend)
        source.remove_listener("end", self.unpipe)
        source.remove_listener("data", self.ondata)
        self.cleaned_up = True
        # If we were the one it waited for, nobody else will wake it.
        ws = getattr(destination, "_writable_state", None)
        rs = source._readable_state
        if self.listens_for_drain and (rs.await_drain or rs.several_pipes) and (ws is None or ws.need_drain):
            self.on_drain()


def pipe(source: Any, destination: Any, end: bool) -> Any:
    """The body of `source.pipe(destination, end=end)`. Raises Node's plain TypeError for what is no emitter; the end of
    the source, too, finds that out."""
    rs = source._readable_state
    if len(rs.pipes) == 1:
        rs.several_pipes = True
    rs.pipes.append(destination)
    link = _Pipe(source, destination)
    at_end = link.onend if end else link.unpipe
    if rs.end_emitted:
        next_tick(at_end)
    else:
        source.once("end", at_end)
    method(destination, "on", "dest")("unpipe", link.onunpipe)
    source.on("data", link.ondata)
    prepend_listener(destination, "error", link.onerror)
    method(destination, "once", "dest")("close", link.onclose)
    destination.once("finish", link.onfinish)
    method(destination, "emit", "dest")("pipe", source)
    if getattr(destination, "writable_need_drain", False) is True:
        link.hold()
    elif not rs.flowing:
        source.resume()
    return destination


def unpipe(source: Any, destination: Any = None) -> None:
    """The body of `source.unpipe(destination)`."""
    rs = source._readable_state
    if not rs.pipes:
        return
    if destination is None or destination is UNDEFINED:
        destinations, rs.pipes = rs.pipes, []
        source.pause()
        for one in destinations:
            method(one, "emit", "dests[i]")("unpipe", source, UnpipeInfo())
        return
    if destination not in rs.pipes:
        return
    rs.pipes.remove(destination)
    if not rs.pipes:
        source.pause()
    method(destination, "emit", "dest")("unpipe", source, UnpipeInfo())
