"""Mirrors `Readable.prototype.wrap` and `Readable.wrap`: an old-style source behind a Readable."""

from collections.abc import Callable
from typing import Any

from nodesock.stream.core.destroy import error_or_destroy
from nodesock.stream.core.members import method
from nodesock.stream.core.readable import Readable
from nodesock.stream.destroyer import destroy
from nodesock.validators import UNDEFINED, is_truthy


def wrap(self: Any, stream: Any = UNDEFINED) -> Any:
    """`readable.wrap(stream)`: read from an old-style source, which has 'data', `pause` and `resume` only.

    Functions among the source's own attributes become attributes of the readable, unless it has one of that name.
    Raises TypeError for a source without `on`.
    """
    on = method(stream, "on", "stream")
    paused = False

    def on_data(chunk: Any) -> None:
        nonlocal paused
        if not self.push(chunk) and is_truthy(getattr(stream, "pause", None)):
            paused = True
            method(stream, "pause", "stream")()

    def read() -> None:
        nonlocal paused
        if paused and is_truthy(getattr(stream, "resume", None)):
            paused = False
            method(stream, "resume", "stream")()

    on("data", on_data)
    on("end", lambda: self.push(None))
    on("error", lambda error: error_or_destroy(self, error))
    on("close", lambda: self.destroy())
    on("destroy", lambda: self.destroy())
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
