"""The iterator helpers of Readable without sockets: values, limits and errors as Node 24 has them."""

from typing import Any

import pytest

import nodesock
from nodesock.abort import AbortSignal
from nodesock.runtime.promises import Promise
from nodesock.stream import PassThrough, Readable


def numbers() -> Readable:
    return Readable.from_([1, 2, 3])


def outcome(make: Any) -> Any:
    """What the promise that `make` returns comes to: its value, or (name, code, message) of the error."""
    seen: list[Any] = []

    def main() -> None:
        promise: Promise = make()
        promise.then(seen.append, lambda error: seen.append((error.name, error.code, str(error))))

    nodesock.run(main)
    assert len(seen) == 1
    return seen[0]


async def plus_one(chunks: Any) -> Any:
    async for chunk in chunks:
        yield chunk + 1


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: numbers().to_array(), [1, 2, 3]),
        (lambda: numbers().map(lambda x: x * 2, concurrency=2).to_array(), [2, 4, 6]),
        (lambda: numbers().filter(lambda x: x != 2).to_array(), [1, 3]),
        (lambda: numbers().flat_map(lambda x: [x, x]).to_array(), [1, 1, 2, 2, 3, 3]),
        (lambda: numbers().flat_map(lambda x: "ab").to_array(), ["a", "b"] * 3),
        (lambda: numbers().take("x").to_array(), []),
        (lambda: numbers().take(1.7).to_array(), [1, 2]),
        (lambda: numbers().take(float("inf")).to_array(), [1, 2, 3]),
        (lambda: numbers().drop(1).to_array(), [2, 3]),
        (lambda: numbers().some(lambda x: x > 2), True),
        (lambda: numbers().every(lambda x: x > 2), False),
        (lambda: numbers().find(lambda x: x > 5), None),
        (lambda: numbers().for_each(lambda x: x), None),
        (lambda: numbers().reduce(lambda a, b: a + b), 6),
        (lambda: Readable.from_([]).reduce(lambda a, b: a + b, 7), 7),
        (lambda: numbers().compose(plus_one).to_array(), [2, 3, 4]),
        (lambda: Readable.from_(["a", "b"]).compose(PassThrough()).to_array(), [b"ab"]),
    ],
)
def test_values(make: Any, expected: Any) -> None:
    assert outcome(make) == expected


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (
            lambda: Readable.from_([]).reduce(lambda a, b: a + b),
            ("TypeError", "ERR_MISSING_ARGS", "Reduce of an empty stream requires an initial value"),
        ),
        (
            lambda: numbers().map(lambda x: None).to_array(),
            ("TypeError", "ERR_STREAM_NULL_VALUES", "May not write null values to stream"),
        ),
        (
            lambda: numbers().to_array(signal=AbortSignal.abort()),
            ("AbortError", "ABORT_ERR", "The operation was aborted"),
        ),
        (
            lambda: numbers().reduce(lambda a, b: a, 0, signal=AbortSignal.abort()),
            ("AbortError", "ABORT_ERR", "The operation was aborted"),
        ),
    ],
)
def test_rejections(make: Any, expected: Any) -> None:
    assert outcome(make) == expected


def test_no_more_calls_than_concurrency_are_under_way() -> None:
    under_way, most = 0, 0

    async def slow(value: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        later = Promise()
        nodesock.set_immediate(later.resolve)
        await later
        under_way -= 1
        return value

    assert outcome(lambda: Readable.from_(range(9)).map(slow, concurrency=3).to_array()) == list(range(9))
    assert most == 3


def test_take_destroys_the_source() -> None:
    source = numbers()
    assert outcome(lambda: source.take(1).to_array()) == [1]
    assert source.destroyed
