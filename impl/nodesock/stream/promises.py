"""Mirrors lib/stream/promises.js: `finished` and `pipeline` as promises."""

from typing import Any

from nodesock.callables import drops_surplus
from nodesock.errors import NodeError
from nodesock.runtime.promises import Promise
from nodesock.stream.core import end_of_stream
from nodesock.stream.core.predicates import is_iterable, is_node_stream
from nodesock.stream.pipeline import run_pipeline
from nodesock.validators import UNDEFINED, is_truthy, merge_options, validate_boolean


@drops_surplus
def finished(stream: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Promise:
    """`stream.promises.finished(stream, options)`: resolves when the stream is over. Options: see
    `stream.finished`, and `cleanup` (True: take the listeners off then). Raises ERR_INVALID_ARG_TYPE for a bad
    `cleanup`; other bad input rejects.
    """
    clean_up = merge_options(options, given).get("cleanup")
    if is_truthy(clean_up):
        validate_boolean(clean_up, "cleanup")
    promise = Promise()

    def settled(error: Any = None) -> None:
        if is_truthy(clean_up):
            take_off()
        if error is not None:
            promise.reject(error)
        else:
            promise.resolve(None)

    try:
        take_off = end_of_stream.finished(stream, options, settled, **given)
    except NodeError as error:
        promise.reject(error)
    return promise


def pipeline(*parts: Any, **given: Any) -> Promise:
    """`stream.promises.pipeline(source, ..., destination, options)`: resolves, with the last function's value,
    when all is through. Options: `signal`, `end` (False: the destination stays open).
    """
    options = UNDEFINED
    if parts and _is_options(parts[-1]):
        *parts, options = parts  # type: ignore[assignment]
    given = merge_options(options, given)
    promise = Promise()

    def settled(error: Any, value: Any) -> None:
        if error is not None:
            promise.reject(error)
        else:
            promise.resolve(value)

    try:
        run_pipeline(parts, settled, given.get("signal", UNDEFINED), given.get("end", True))
    except Exception as error:
        promise.reject(error)
    return promise


def _is_options(last: Any) -> bool:
    """Whether the last part is none: an object that can neither be written nor iterated over."""
    is_primitive = last is None or last is UNDEFINED or isinstance(last, (bool, int, float, str))
    return not (is_primitive or callable(last) or is_node_stream(last) or is_iterable(last))
