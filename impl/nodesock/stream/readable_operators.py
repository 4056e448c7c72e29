"""Mirrors what lib/stream.js makes of the operators: methods of Readable.

What takes a stream to another gives a Readable of the operator's generator, the rest a promise.
"""

from typing import Any

from nodesock.runtime.promises import Promise, spawn
from nodesock.stream import operators
from nodesock.stream.core.readable import Readable
from nodesock.stream.from_ import from_
from nodesock.validators import UNDEFINED


def map_(self: Readable, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Readable:
    """`readable.map(fn, options)`: a Readable of what `fn(value)` returns, in order.

    Options: `concurrency` (1: how many calls of an async `fn` are under way), `high_water_mark` (concurrency - 1:
    how many results may wait), `signal`. Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
    """
    return from_(operators.map_(self, function, options, given), {})


def filter_(self: Readable, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Readable:
    """`readable.filter(fn, options)`: a Readable of the values for which `fn` is true. Options: see `map`."""
    return from_(operators.filter_(self, function, options, given), {})


def flat_map(
    self: Readable, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any
) -> Readable:
    """`readable.flatMap(fn, options)`: a Readable of what the iterables yield that `fn` returns. Options: see
    `map`.
    """
    return from_(operators.flat_map(self, function, options, given), {})


def drop(self: Readable, limit: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Readable:
    """`readable.drop(limit, options)`: a Readable without the first `limit` values. Option: `signal`."""
    return from_(operators.drop(self, limit, options, given), {})


def take(self: Readable, limit: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Readable:
    """`readable.take(limit, options)`: a Readable of the first `limit` values. Option: `signal`."""
    return from_(operators.take(self, limit, options, given), {})


def for_each(self: Readable, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Promise:
    """`readable.forEach(fn, options)`: resolves when `fn` is through with every value. Options: see `map`."""
    return spawn(operators.for_each(self, function, options, given))


def some(self: Readable, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Promise:
    """`readable.some(fn, options)`: whether `fn` is true for a value; no more is read then. Options: see `map`."""
    return spawn(operators.some(self, function, options, given))


def every(self: Readable, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Promise:
    """`readable.every(fn, options)`: whether `fn` is true for all values. Options: see `map`."""
    return spawn(operators.every(self, function, options, given))


def find(self: Readable, function: Any = UNDEFINED, options: Any = UNDEFINED, /, **given: Any) -> Promise:
    """`readable.find(fn, options)`: the first value for which `fn` is true, or None. Options: see `map`."""
    return spawn(operators.find(self, function, options, given))


def to_array(self: Readable, options: Any = UNDEFINED, /, **given: Any) -> Promise:
    """`readable.toArray(options)`: the list of all values. Option: `signal`."""
    return spawn(operators.to_array(self, options, given))


def reduce(
    self: Readable,
    reducer: Any = UNDEFINED,
    initial: Any = UNDEFINED,
    options: Any = UNDEFINED,
    /,
    **given: Any,
) -> Promise:
    """`readable.reduce(fn, initial, options)`: what `fn(previous, value)` comes to in the end. Option: `signal`."""
    return spawn(operators.reduce(self, reducer, initial, options, given))
