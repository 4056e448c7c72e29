"""What streams have in Python only: `async with`, generators, bytes-like chunks, and mappings as options.

What they have from Node is told by the cases in `conformance/cases/stream/`.
"""

from collections.abc import Iterator
from typing import Any

import nodesock
from nodesock.stream import Readable, Writable


def test_async_with_destroys_and_waits_for_close() -> None:
    async def main() -> None:
        stream = Readable(read=lambda size: None)
        stream.on("error", lambda error: seen.append(error.code))
        async with stream as same:
            seen.append(same is stream)
        seen.append(stream.closed)

    seen: list[Any] = []
    nodesock.run(main())
    assert seen == [True, "ABORT_ERR", True]


def test_a_generator_that_raises_fails_the_stream() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("boom")

    seen: list[Any] = []

    def main() -> None:
        stream = Readable.from_(items())
        stream.on("data", seen.append)
        stream.on("error", lambda error: seen.append(str(error)))
        stream.on("close", lambda: seen.append("close"))

    nodesock.run(main)
    assert seen == [1, "boom", "close"]


def test_destroy_closes_the_generator_before_close() -> None:
    seen: list[Any] = []

    def items() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            seen.append("generator closed")

    def main() -> None:
        stream = Readable.from_(items())
        stream.on("data", lambda: stream.destroy())
        stream.on("close", lambda: seen.append("close"))

    nodesock.run(main)
    assert seen == ["generator closed", "close"]


def test_bytes_like_chunks_reach_write_as_bytes() -> None:
    seen: list[Any] = []

    def main() -> None:
        sink = Writable(write=lambda chunk, encoding, callback: (seen.append((chunk, encoding)), callback()))
        sink.write(bytearray(b"ab"))
        sink.write(memoryview(b"cd"))
        source = Readable(read=lambda size: None)
        source.push(bytearray(b"ef"))
        source.push(memoryview(b"gh"))
        seen.append(source.read())

    nodesock.run(main)
    assert seen == [(b"ab", "buffer"), (b"cd", "buffer"), b"efgh"]


def test_options_may_be_a_mapping() -> None:
    assert Readable({"high_water_mark": 7}).readable_high_water_mark == 7
