"""Mirrors lib/stream/promises.js: `finished` and `pipeline` as promises."""

from collections.abc import Mapping
from typing import Any

from nodesock.callables import drops_surplus
from nodesock.runtime.promises import Promise
from nodesock.stream import end_of_stream
from nodesock.stream.pipeline import run_pipeline
from nodesock.validators import validate_boolean


@drops_surplus
def finished(stream: Any, options: Mapping[str, Any] | None = None, /, **given: Any) -> Promise:
    """`stream.promises.finished(stream, options)`: resolves when the stream is over. Options: see
    `stream.finished`, and `cleanup` (True: take the listeners off then).
    """
    given = {**(options or {}), **given}
    clean_up = given.pop("cleanup", False)
    if clean_up:
        validate_boolean(clean_up, "cleanup")
    promise = Promise()

    def settled(error: Any = None) -> None:
        if clean_up:
            take_off()
        if error is not None:
            promise.reject(error)
        else:
            promise.resolve(None)

    take_off = end_of_stream.finished(stream, given, settled)
    return promise


def pipeline(*parts: Any, signal: Any = None, end: Any = True) -> Promise:
    """`stream.promises.pipeline(source, ..., destination, options)`: resolves, with the last function's value,
    when all is through. Options: `signal`, `end` (False: the destination stays open).
    """
    if parts and isinstance(parts[-1], Mapping):
        signal, end = parts[-1].get("signal", signal), parts[-1].get("end", end)
        parts = parts[:-1]
    promise = Promise()

    def settled(error: Any, value: Any) -> None:
        if error is not None:
            promise.reject(error)
        else:
            promise.resolve(value)

    try:
        run_pipeline(parts, settled, signal, end)
    except Exception as error:
        promise.reject(error)
    return promise
