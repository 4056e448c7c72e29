"""The common case of `Socket.write` and the stream's long way are the same to the handle, callbacks and listeners.

Hypothesis makes up programs. Each is played twice over a scripted handle: once as it is, and once with a socket that
takes the long way for every write. A listener or a callback may write again, in the middle of another write.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nodesock import net
from nodesock.bindings.uv import UV_ECANCELED, UV_ECONNRESET, UV_EOF, UV_EPIPE
from nodesock.errors import NodeError
from nodesock.runtime import uncaught
from nodesock.runtime.ticks import clear, drain
from tests.net.conftest import ScriptedHandle

Step = tuple[Any, ...]

#: `sync` and `ready` say nothing while no write is out; the others are the stream's public and private state
STATE = (
    "length", "writing", "in_flight", "flushing", "corked", "need_drain", "pending_callbacks", "after_write", "ending",
    "ended", "final_called", "prefinished", "finished", "destroyed", "closed", "error_emitted", "close_emitted",
    "ready",
)  # fmt: skip


class LongWay(net.Socket):
    """Every write goes through Writable.write and `_write`, since `_write` is not the socket's own."""

    def _write(self, chunk: Any, encoding: str, callback: Any) -> None:
        super()._write(chunk, encoding, callback)


class Player:
    """Plays a program on one socket and logs everything that can be seen of it."""

    def __init__(self, kind: type[net.Socket], high_water_mark: int, half_open: bool) -> None:
        self.log: list[Any] = []
        self.handle = ScriptedHandle()
        self.handle.calls = self.log
        self.socket = kind(handle=self.handle, high_water_mark=high_water_mark, allow_half_open=half_open)
        for event in ("drain", "prefinish", "finish", "end", "close", "timeout"):
            self.socket.on(event, self.noting(event))
        self.socket.on("error", lambda error: self.log.append(("error", str(error))))

    def noting(self, name: str) -> Any:
        return lambda *args: self.log.append((name, *[str(arg) for arg in args]))

    def play(self, program: list[Step]) -> list[Any]:
        for name, *args in program:
            try:
                result = getattr(self, name)(*args)
            except NodeError as error:
                result = str(error)
            self.log.append((name, result if isinstance(result, (bool, str)) else None, *self.state()))
        drain()
        self.log.append((*self.state(), self.socket.event_names(), str(uncaught.take_fatal()), self.handle.written))
        return self.log

    def state(self) -> list[Any]:
        socket, ws = self.socket, self.socket._writable_state
        known = [getattr(ws, name) for name in STATE] + [ws.sync if ws.writing else None, str(ws.errored)]
        return [*known, len(ws.queue), len(ws.finish_callbacks), socket.bytes_written, socket.writable_length]

    # --- the steps ------------------------------------------------------------------------------------------

    def write(self, chunk: Any, answer: int, callback: bool, again: bytes | None) -> bool:
        self.handle.answers.append(answer)

        def called(error: Any = None) -> None:
            self.log.append(("callback", str(error)))
            if again is not None:
                self.log.append(("again", self.socket.write(again)))

        result = self.socket.write(chunk, *([called] if callback else []))
        self.handle.answers.clear()
        return result

    def write_at_drain(self, chunk: bytes) -> None:
        self.socket.once("drain", lambda: self.log.append(("at drain", self.socket.write(chunk))))

    def cork(self) -> None:
        self.socket.cork()

    def uncork(self) -> None:
        self.socket.uncork()

    def set_default_encoding(self) -> None:
        self.socket.set_default_encoding("latin1")

    def end(self, chunk: bytes | None) -> None:
        self.socket.end(chunk, None, self.noting("end callback"))

    def destroy(self, failing: bool) -> None:
        self.socket.destroy(NodeError("gone") if failing else None)

    def complete(self, status: int) -> None:
        if self.handle.completions:
            self.handle.complete(status)

    def eof(self, err: int) -> None:
        if self.handle.reading:
            self.handle.fail(err)

    def tick(self) -> None:
        drain()


chunks = st.binary(max_size=6) | st.sampled_from(["", "text", "é"]) | st.just(bytearray(b"array"))
answers = st.sampled_from([0, 0, 0, 1, 1, UV_EPIPE])
steps = st.one_of(
    st.tuples(st.just("write"), chunks, answers, st.booleans(), st.none() | st.binary(max_size=3)),
    st.tuples(st.just("write"), st.binary(min_size=1, max_size=6), answers, st.just(False), st.none()),
    st.tuples(st.just("write_at_drain"), st.binary(max_size=3)),
    st.tuples(st.just("complete"), st.sampled_from([0, 0, 0, UV_EPIPE, UV_ECANCELED])),
    st.tuples(st.just("end"), st.none() | st.binary(max_size=3)),
    st.tuples(st.just("destroy"), st.booleans()),
    st.tuples(st.just("eof"), st.sampled_from([UV_EOF, UV_EOF, UV_ECONNRESET])),
    st.sampled_from([("cork",), ("uncork",), ("tick",), ("tick",), ("set_default_encoding",)]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=14), st.sampled_from([0, 1, 4, 100]), st.booleans())
def test_write(program: list[Step], high_water_mark: int, half_open: bool) -> None:
    logs = []
    for kind in (net.Socket, LongWay):
        clear()
        logs.append(Player(kind, high_water_mark, half_open).play(program))
    clear()
    assert logs[0] == logs[1]
