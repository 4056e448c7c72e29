"""`StreamHandle.writev`: several buffers, in as many parts as the kernel needs and without a copy of big ones."""

import errno
import os
import weakref

import pytest

from nodesock.bindings.tcp_wrap import TCP
from nodesock.bindings.uv import UV_ECANCELED
from nodesock.runtime.handles import active_resources_info
from nodesock.runtime.loop import run
from tests.bindings.ends import pair

pytestmark = pytest.mark.usefixtures("fresh_loop")


@pytest.mark.parametrize(
    "sizes",
    [
        [1, 2, 3],
        [200_000, 1, 300_000],
        [3_000_000, 3_000_000],
        [5_000] * 3_000,
        [0] * 1_100 + [3_000_000, 0, 3_000_000] + [0] * 1_100,
    ],
    ids=["small", "at once", "queued", "several parts", "with empty ones"],
)
def test_writev_sends_all_in_order(sizes: list[int]) -> None:
    chunks = [os.urandom(size) for size in sizes]
    got = bytearray()

    def ready(near: TCP, far: TCP) -> None:
        far.on_read = lambda nread, data: got.extend(data) if data is not None else far.close()
        far.read_start()
        result = near.writev(chunks, lambda status: near.close() if status == 0 else None)
        assert near.bytes_written == sum(sizes)
        if result == 0:
            near.close()

    run(lambda: pair(ready))
    assert bytes(got) == b"".join(chunks)


def test_writev_of_more_buffers_than_the_kernel_takes() -> None:
    chunks = [b"%06d" % number * 40 for number in range(3000)]
    got = bytearray()

    def ready(near: TCP, far: TCP) -> None:
        far.on_read = lambda nread, data: got.extend(data) if data is not None else far.close()
        far.read_start()
        if near.writev(chunks, lambda status: near.close()) == 0:
            near.close()

    run(lambda: pair(ready))
    assert bytes(got) == b"".join(chunks)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_writev_of_several_parts_fails_once(end: str) -> None:
    log: list = []

    def ready(near: TCP, far: TCP) -> None:
        def done(status: int) -> None:
            log.append(status)
            near.close()

        assert near.writev([bytes(5_000)] * 3_000, done) == 1
        assert active_resources_info().count("SimpleWriteWrap") == 1
        if end == "close":
            near.close()
            far.close()
        else:
            far.reset()

    run(lambda: pair(ready))
    assert log == [UV_ECANCELED if end == "close" else -errno.ECONNRESET]
    assert active_resources_info() == []


def test_writev_lets_go_of_its_buffers() -> None:
    gone: list = []

    class Buffer(bytearray):
        """Bytes whose end can be seen."""

    def ready(near: TCP, far: TCP) -> None:
        chunks = [Buffer(3_000_000), Buffer(3_000_000)]
        gone.extend(map(weakref.ref, chunks))
        assert near.writev(chunks, lambda status: near.close()) == 1
        far.on_read = lambda nread, data: far.close() if data is None else None
        far.read_start()

    run(lambda: pair(ready))
    assert [each() for each in gone] == [None, None]
