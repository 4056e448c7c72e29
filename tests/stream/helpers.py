"""What the stream tests share: a log of events, the end of a turn, a plain source and sink."""

from collections.abc import Callable
from typing import Any

from nodesock.runtime.ticks import drain, next_tick
from nodesock.stream import Readable, Writable


def watch(stream: Any, *events: str) -> list[Any]:
    """Log these events of `stream`: the event's name, or (name, argument) if it has one."""
    log: list[Any] = []
    for event in events:
        stream.on(event, _logger(log, event))
    return log


def _logger(log: list[Any], event: str) -> Callable[[Any], None]:
    return lambda argument: log.append(event if argument is None else (event, _brief(argument)))


def _brief(argument: Any) -> Any:
    if isinstance(argument, BaseException):
        return getattr(argument, "code", None) or str(argument)
    return argument


def source(*chunks: Any) -> Readable:
    """A Readable with these chunks in its buffer; None ends it."""
    stream = Readable(read=lambda: None)
    for chunk in chunks:
        stream.push(chunk)
    return stream


def sink(got: list[Any], **options: Any) -> Writable:
    """A Writable that takes every chunk at once."""
    return Writable(write=lambda chunk, encoding, done: (got.append(chunk), done()), **options)


__all__ = ["drain", "next_tick", "sink", "source", "watch"]
