"""Mirrors `Symbol.asyncDispose` of Readable and of Writable: what leaving an `async with` does."""

from collections.abc import Callable
from typing import Any

from nodesock.errors import AbortError
from nodesock.runtime.promises import Promise
from nodesock.stream.core.end_of_stream import finished
from nodesock.stream.core.readable import Readable
from nodesock.stream.core.writable import Writable


def dispose_readable(self: Readable) -> Promise:
    """`readable[Symbol.asyncDispose]()`: destroy, with AbortError unless it has ended; the promise resolves when it
    is closed.
    """
    error: Any = None
    if not self.destroyed:
        error = None if self.readable_ended else AbortError()
        self.destroy(error)
    return _closed(self, lambda failure: failure is error)


def dispose_writable(self: Writable) -> Promise:
    """`writable[Symbol.asyncDispose]()`: destroy, with AbortError unless it has finished; the promise resolves when
    it is closed, and forgives any AbortError.
    """
    if not self.destroyed:
        self.destroy(None if self.writable_finished else AbortError())
    return _closed(self, lambda failure: getattr(failure, "name", None) == "AbortError")


def _closed(stream: Any, is_expected: Callable[[Any], bool]) -> Promise:
    promise = Promise()

    def settled(failure: Any) -> None:
        if failure is None or is_expected(failure):
            promise.resolve(None)
        else:
            promise.reject(failure)

    finished(stream, settled)
    # Node's is an async method: one microtask more.
    return promise.then()
