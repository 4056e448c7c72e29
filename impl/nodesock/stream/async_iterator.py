"""Mirrors `Readable.prototype[Symbol.asyncIterator]`: `async for chunk in readable`.

The loop's iterator is a thin shell over the `_Reader`, which is what listens to the stream. So when a loop is
left early, by `break` or an exception, the shell is collected at once, and that is where JavaScript calls the
iterator's `return()`: the stream is destroyed unless it was asked not to be.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any

from nodesock.errors import aggregate_two_errors
from nodesock.runtime.promises import Promise
from nodesock.runtime.uncaught import report_exception
from nodesock.stream.async_generator import AsyncGenerator, GeneratorIterator, Give, Leave
from nodesock.stream.core.end_of_stream import finished
from nodesock.stream.core.predicates import is_writable
from nodesock.stream.destroyer import destroy
from nodesock.stream.wrap import wrapped
from nodesock.validators import UNDEFINED, merge_options, validate_object


class _Reader:
    """One iteration: reads when it is asked, waits for 'readable' or the end when there is nothing."""

    def __init__(self, stream: Any, destroy_on_return: bool) -> None:
        self.stream = stream
        self.destroy_on_return = destroy_on_return
        self.over = False
        #: UNDEFINED while the stream lives, then None or what ended it
        self.error: Any = UNDEFINED
        self.waiting: Promise | None = None
        self.forget_end: Callable[[], None] = lambda: None

    async def read(self, give: Give) -> None:
        """The generator's body."""
        if not callable(getattr(self.stream, "read", None)):
            self.stream = wrapped(self.stream)  # an old-style source, and nobody has asked it before
        self.stream.on("readable", self.wake)
        self.forget_end = finished(self.stream, self.on_finished, writable=False)
        try:
            while True:
                chunk = None if self.stream.destroyed else self.stream.read()
                if chunk is not None:
                    await give(chunk)
                elif self.error is UNDEFINED:
                    self.waiting = Promise()
                    await self.waiting
                elif self.error is None:
                    break
                else:
                    raise self.error
        except Leave:
            self.leave()
            raise
        except Exception as error:
            self.error = aggregate_two_errors(error, self.error)
            self.leave()
            raise self.error from None
        self.leave()

    def wake(self) -> None:
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.resolve(None)

    wake.__name__ = "next"

    def on_finished(self, error: Any = None) -> None:
        self.error = error if error is None else aggregate_two_errors(error, self.error)
        self.wake()

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


class ReadableIterator(GeneratorIterator):
    """What `async for` drives; `aclose()` is JavaScript's `return()`."""

    def __init__(self, stream: Any, destroy_on_return: bool) -> None:
        self._reader = _Reader(stream, destroy_on_return)
        super().__init__(AsyncGenerator(self._reader.read))

    def __del__(self) -> None:
        # Not while it waits for the stream: then the whole iteration is garbage, and nobody has left it.
        if self.generator.waits_for_request:
            # JavaScript leaves a microtask later, but goes on behind the loop later still: what stands there
            # finds the stream destroyed.
            try:
                self._reader.leave()
            except BaseException as raised:
                report_exception(raised)


def iterator(self: Any, options: Any = UNDEFINED, /, **given: Any) -> AsyncIterator[Any]:
    """`readable.iterator(options)`: as `async for`, but with `destroy_on_return` False leaving early keeps the
    stream. Raises ERR_INVALID_ARG_TYPE.
    """
    if options is not UNDEFINED:
        validate_object(options, "options")
    return ReadableIterator(self, merge_options(options, given).get("destroy_on_return") is not False)
