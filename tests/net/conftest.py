"""What the tests of net share: the fresh loop, a scripted handle, and the marker of the slow ones."""

from collections.abc import Callable
from typing import Any

import pytest

from nodesock.runtime.ticks import drain


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "leak: thousands of connections, to see that nothing stays behind")


class ScriptedHandle:
    """A handle without a kernel: records what it is asked to do, and delivers what the test tells it to.

    `answers` are what the next writes return: 0 taken, 1 queued, < 0 an error.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.written: list[bytes] = []
        self.answers: list[int] = []
        self.completions: list[Callable[[int], Any]] = []
        self.on_read: Callable[[int, bytes | None], Any] | None = None
        self.on_closed: Callable[[], Any] | None = None
        self.reading = False
        self.readable = self.writable = True
        self.bytes_read = self.bytes_written = self.write_queue_size = 0
        self.owner: Any = None

    def read_start(self) -> int:
        self.calls.append("read_start")
        self.reading = True
        return 0

    def read_stop(self) -> int:
        self.calls.append("read_stop")
        self.reading = False
        return 0

    def write(self, data: bytes, on_complete: Callable[[int], Any]) -> int:
        self.written.append(data)
        self.bytes_written += len(data)
        answer = self.answers.pop(0) if self.answers else 0
        if answer == 1:
            self.completions.append(on_complete)
            self.write_queue_size += len(data)
        return answer

    def writev(self, chunks: list[bytes], on_complete: Callable[[int], Any]) -> int:
        self.calls.append(f"writev {len(chunks)}")
        return self.write(b"".join(chunks), on_complete)

    def shutdown(self, on_complete: Callable[[int], Any]) -> int:
        self.calls.append("shutdown")
        self.completions.append(on_complete)
        return 0

    def close(self, on_closed: Callable[[], Any] | None = None) -> None:
        self.calls.append("close")
        self.on_closed = on_closed

    def ref(self) -> None:
        self.calls.append("ref")

    def unref(self) -> None:
        self.calls.append("unref")

    def getsockname(self) -> tuple[str, str, int]:
        return "127.0.0.1", "IPv4", 1

    def getpeername(self) -> tuple[str, str, int]:
        return "127.0.0.1", "IPv4", 2

    # --- the test's side -----------------------------------------------------------------------------------

    def deliver(self, data: bytes) -> None:
        """Bytes come in; then what libuv's callback does, the queues."""
        assert self.reading, "nobody reads"
        self.bytes_read += len(data)
        assert self.on_read is not None
        self.on_read(len(data), data)
        drain()

    def fail(self, err: int) -> None:
        """EOF or an error comes in."""
        assert self.on_read is not None
        self.on_read(err, None)
        drain()

    def complete(self, status: int = 0) -> None:
        """The oldest request that waits ends."""
        self.completions.pop(0)(status)
        drain()

    def closed(self) -> None:
        """libuv's closing phase."""
        assert self.on_closed is not None
        self.on_closed()
        drain()


@pytest.fixture
def handle(fresh_loop: None) -> ScriptedHandle:
    return ScriptedHandle()


class Log(list[Any]):
    """A list that hands out listeners which write to it."""

    def to(self, name: str) -> Callable[..., None]:
        def listener(*args: Any) -> None:
            self.append((name, *args) if args else name)

        return listener

    def watch(self, emitter: Any, *events: str) -> None:
        for event in events:
            emitter.on(event, self.to(event))


@pytest.fixture
def log() -> Log:
    return Log()
