"""Mirrors `Readable.prototype.wrap` and `Readable.wrap`: an old-style source behind a Readable."""

from collections.abc import Callable
from typing import Any

from nodesock.errors import NodeTypeError, property_error
from nodesock.stream.core.destroy import error_or_destroy
from nodesock.stream.core.readable import Readable
from nodesock.stream.destroyer import destroy
from nodesock.validators import UNDEFINED


def wrap(self: Any, stream: Any = UNDEFINED) -> Any:
    """`readable.wrap(stream)`: read from an old-style source, which has 'data', `pause` and `resume` only.

    Functions among the source's own attributes become attributes of the readable, unless it has one of that name.
    Raises TypeError for a source without `on`.
    """
    if stream is None or stream is UNDEFINED:
        raise property_error("on", stream)
    if not callable(getattr(stream, "on", None)):
        raise NodeTypeError("stream.on is not a function")
    paused = False

    def on_data(chunk: Any) -> None:
        nonlocal paused
        pause: Callable[[], Any] | None = getattr(stream, "pause", None)
        if not self.push(chunk) and pause is not None:
            paused = True
            pause()

    def read() -> None:
        nonlocal paused
        resume: Callable[[], Any] | None = getattr(stream, "resume", None)
        if paused and resume is not None:
            paused = False
            resume()

    stream.on("data", on_data)
    stream.on("end", lambda: self.push(None))
    stream.on("error", lambda error: error_or_destroy(self, error))
    stream.on("close", lambda: self.destroy())
    stream.on("destroy", lambda: self.destroy())
    self._read = lambda size: read()
    for name, value in list(vars(stream).items()):
        if callable(value) and not hasattr(self, name):
            setattr(self, name, value)
    return self


def wrapped(stream: Any) -> Readable:
    """A Readable of an old-style source, which is destroyed with it."""

    def destroy_source(error: Any, callback: Callable[..., Any]) -> None:
        destroy(stream, error)
        callback(error)

    mode = getattr(stream, "readable_object_mode", getattr(stream, "object_mode", True))
    return wrap(Readable(object_mode=mode, destroy=destroy_source), stream)  # type: ignore[no-any-return]
