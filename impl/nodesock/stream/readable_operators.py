"""Mirrors what lib/stream.js adds to Readable.prototype: the operators, as methods.

What they do stands in `operators` and `compose`; these are built on streams, so they are imported when called.
"""

from typing import TYPE_CHECKING, Any

from nodesock.callables import drops_surplus
from nodesock.runtime.promises import Promise, spawn
from nodesock.stream.core.legacy import Stream
from nodesock.validators import UNDEFINED

if TYPE_CHECKING:
    from nodesock.stream.core.readable import Readable


@drops_surplus
class Operators(Stream):
    """`map`, `filter` … of a Readable. Their functions may be async; the last argument has a `signal`."""

    def map(self, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> "Readable":
        """`readable.map(fn, options)`: a Readable of what `fn(value)` returns, in order.

        Options: `concurrency` (1: how many calls of an async `fn` are under way), `high_water_mark` (concurrency - 1:
        how many results may wait), `signal`. Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
        """
        return self._stream_of("map_", function, options, given)

    def filter(self, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> "Readable":
        """`readable.filter(fn, options)`: a Readable of the values for which `fn` is true. Options: see `map`."""
        return self._stream_of("filter_", function, options, given)

    def flat_map(self, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> "Readable":
        """`readable.flatMap(fn, options)`: a Readable of what the iterables yield that `fn` returns. Options: see
        `map`.
        """
        return self._stream_of("flat_map", function, options, given)

    def drop(self, limit: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> "Readable":
        """`readable.drop(limit, options)`: a Readable without the first `limit` values. Option: `signal`."""
        return self._stream_of("drop", limit, options, given)

    def take(self, limit: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> "Readable":
        """`readable.take(limit, options)`: a Readable of the first `limit` values. Option: `signal`."""
        return self._stream_of("take", limit, options, given)

    def for_each(self, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Promise:
        """`readable.forEach(fn, options)`: resolves when `fn` is through with every value. Options: see `map`."""
        return self._promise_of("for_each", function, options, given)

    def some(self, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Promise:
        """`readable.some(fn, options)`: whether `fn` is true for a value; no more is read then. Options: see `map`."""
        return self._promise_of("some", function, options, given)

    def every(self, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Promise:
        """`readable.every(fn, options)`: whether `fn` is true for all values. Options: see `map`."""
        return self._promise_of("every", function, options, given)

    def find(self, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Promise:
        """`readable.find(fn, options)`: the first value for which `fn` is true, or None. Options: see `map`."""
        return self._promise_of("find", function, options, given)

    def to_array(self, options: Any = UNDEFINED, /, **given: Any) -> Promise:
        """`readable.toArray(options)`: the list of all values. Option: `signal`."""
        return self._promise_of("to_array", options, given)

    def reduce(
        self,
        reducer: Any = UNDEFINED,
        initial: Any = UNDEFINED,
        options: Any = UNDEFINED,
        /,
        **given: Any,
    ) -> Promise:
        """`readable.reduce(fn, initial, options)`: what `fn(previous, value)` comes to in the end. Option: `signal`."""
        return self._promise_of("reduce", reducer, initial, options, given)

    def compose(self, stream: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Any:
        """`readable.compose(stream, options)`: a Duplex that reads what `stream` makes of this, see `stream.compose`.
        Option: `signal`.
        """
        from nodesock.stream.compose import compose_readable

        return compose_readable(self, stream, options, given)

    def _stream_of(self, operator: str, *arguments: Any) -> "Readable":
        from nodesock.stream import operators
        from nodesock.stream.from_ import from_

        return from_(getattr(operators, operator)(self, *arguments), {})

    def _promise_of(self, operator: str, *arguments: Any) -> Promise:
        from nodesock.stream import operators

        return spawn(getattr(operators, operator)(self, *arguments))
