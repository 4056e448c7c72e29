"""Mirrors `Readable.prototype[Symbol.asyncIterator]`: `async for chunk in readable`.

The loop's iterator is a thin shell over the `_Reader`, which is what listens to the stream. So when a loop is
left early, by `break` or an exception, the shell is collected at once, and that is where JavaScript calls the
iterator's `return()`: the stream is destroyed unless it was asked not to be.

JavaScript's async generators take a microtask to yield and one to resume their caller. `_hop` is one; where
they stand is part of the order of events.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any

from nodesock.errors import AggregateError
from nodesock.runtime.promises import Promise
from nodesock.runtime.uncaught import report_exception
from nodesock.stream.destroyer import destroy
from nodesock.stream.end_of_stream import finished
from nodesock.stream.predicates import is_writable
from nodesock.validators import UNDEFINED


def _hop() -> Promise:
    return Promise.resolved(None)


class _Reader:
    """One iteration: reads when it is asked, waits for 'readable' or the end when there is nothing."""

    def __init__(self, stream: Any, destroy_on_return: bool) -> None:
        self.stream = stream
        self.destroy_on_return = destroy_on_return
        self.started = False
        self.over = False
        #: UNDEFINED while the stream lives, then None or what ended it
        self.error: Any = UNDEFINED
        self.waiting: Promise | None = None
        self.forget_end: Callable[[], None] = lambda: None

    def start(self) -> None:
        self.started = True
        self.stream.on("readable", self.wake)
        self.forget_end = finished(self.stream, self.on_finished, writable=False)

    def wake(self) -> None:
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.resolve(None)

    def on_finished(self, error: Any = None) -> None:
        self.error = error if error is None else _both(error, self.error)
        self.wake()

    def take(self) -> Any:
        """The next chunk, or None."""
        return None if self.stream.destroyed else self.stream.read()

    def leave(self) -> None:
        """The iteration is over: destroy the stream, or only stop listening."""
        if self.over:
            return
        self.over = True
        destroys = self.destroy_on_return
        if self.error is None:
            # Read to its end: a half-open duplex keeps its writable side.
            destroys = destroys and not (
                getattr(self.stream, "allow_half_open", False) and is_writable(self.stream)
            )
        elif self.error is not UNDEFINED:
            destroys = True
        if destroys and (self.error is UNDEFINED or self.stream._readable_state.auto_destroy):
            destroy(self.stream)
        else:
            self.stream.remove_listener("readable", self.wake)
            self.forget_end()


class ReadableIterator(AsyncIterator[Any]):
    """What `async for` drives; `aclose()` is JavaScript's `return()`."""

    def __init__(self, stream: Any, destroy_on_return: bool) -> None:
        self._reader = _Reader(stream, destroy_on_return)

    def __aiter__(self) -> "ReadableIterator":
        return self

    async def __anext__(self) -> Any:
        reader = self._reader
        if reader.over:
            await _hop()
            raise StopAsyncIteration
        try:
            if not reader.started:
                reader.start()
            while True:
                chunk = reader.take()
                if chunk is not None:
                    break
                if reader.error is UNDEFINED:
                    reader.waiting = Promise()
                    await reader.waiting
                    continue
                error = reader.error
                reader.leave()
                await _hop()
                if error is None:
                    raise StopAsyncIteration
                raise error
        except StopAsyncIteration:
            raise
        except Exception as error:
            if not reader.over:
                reader.error = _both(error, reader.error)
                reader.leave()
                await _hop()
            raise
        await _hop()
        await _hop()
        return chunk

    async def aclose(self) -> None:
        """Leave the iteration: destroys the stream, unless it was asked not to."""
        reader = self._reader
        if reader.started and not reader.over:
            await _hop()
            reader.leave()
        reader.over = True
        await _hop()

    def __del__(self) -> None:
        # Not while it waits: then the whole iteration is garbage, and nobody has left it.
        reader = self._reader
        if reader.started and not reader.over and reader.waiting is None:
            # JavaScript leaves a microtask later, but goes on behind the loop later still: what stands there
            # finds the stream destroyed.
            try:
                reader.leave()
            except BaseException as raised:
                report_exception(raised)


def _both(inner: Any, outer: Any) -> Any:
    if outer is UNDEFINED or outer is None or inner is outer:
        return inner
    if isinstance(outer, AggregateError):
        outer.errors.append(inner)
        return outer
    return AggregateError([outer, inner], str(outer))
