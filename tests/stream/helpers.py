"""What the stream tests share: a log of events, and the end of a turn."""

from collections.abc import Callable
from typing import Any

from nodesock.runtime.ticks import drain, next_tick


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


__all__ = ["drain", "next_tick", "watch"]
