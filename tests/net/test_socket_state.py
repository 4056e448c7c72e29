"""net.Socket over a scripted handle: what it asks of the handle and what state it is in, without a kernel."""

from collections.abc import Callable
from typing import Any

import pytest

from nodesock import net
from nodesock.bindings.uv import UV_ECANCELED, UV_ECONNRESET, UV_EOF, UV_EPIPE
from nodesock.runtime.ticks import drain
from nodesock.validators import UNDEFINED
from tests.net.conftest import Log, ScriptedHandle


def test_a_socket_over_a_handle_reads_at_once(handle: ScriptedHandle) -> None:
    socket = net.Socket(handle=handle)
    assert handle.calls == ["read_start"]
    assert socket.ready_state == "open"
    assert not socket.pending


def test_without_a_handle_it_is_open_and_pending(fresh_loop: None) -> None:
    socket = net.Socket()
    assert socket.ready_state == "open"
    assert socket.pending
    assert socket.buffer_size is None
    assert socket.address() == {}
    assert socket.remote_address is None


def test_data_flows_and_is_counted(handle: ScriptedHandle, log: Log) -> None:
    socket = net.Socket(handle=handle)
    log.watch(socket, "data")
    drain()
    handle.deliver(b"abc")
    assert log == [("data", b"abc")]
    assert socket.bytes_read == 3


def test_it_stops_reading_when_the_buffer_is_full_and_goes_on_when_it_is_read(handle: ScriptedHandle) -> None:
    socket = net.Socket(handle=handle, high_water_mark=4)
    drain()
    handle.deliver(b"ab")
    assert handle.reading
    handle.deliver(b"cd")
    assert not handle.reading
    assert socket.read() == b"abcd"
    assert handle.reading


def test_eof_ends_it_and_ends_our_side_too(handle: ScriptedHandle, log: Log) -> None:
    socket = net.Socket(handle=handle)
    log.watch(socket, "end", "finish", "close")
    socket.resume()
    drain()
    handle.fail(UV_EOF)
    assert handle.calls[-1] == "shutdown"
    assert log == ["end"]
    handle.complete()
    assert log == ["end", "finish"]
    assert socket.destroyed
    handle.closed()
    assert log == ["end", "finish", ("close", False)]


def test_half_open_keeps_our_side(handle: ScriptedHandle) -> None:
    socket = net.Socket(handle=handle, allow_half_open=True)
    socket.resume()
    drain()
    handle.fail(UV_EOF)
    assert socket.ready_state == "writeOnly"
    assert socket.write(b"still")
    assert handle.written == [b"still"]


def test_a_read_error_destroys_it(handle: ScriptedHandle, log: Log) -> None:
    socket = net.Socket(handle=handle)
    log.watch(socket, "error", "close", "end")
    drain()
    handle.fail(UV_ECONNRESET)
    (name, error), *rest = log
    assert (name, str(error), error.code, error.syscall) == ("error", "read ECONNRESET", "ECONNRESET", "read")
    assert isinstance(error, ConnectionResetError)
    assert not rest
    handle.closed()
    assert log[1:] == [("close", True)]


def test_a_write_the_kernel_takes_leaves_nothing_behind(handle: ScriptedHandle) -> None:
    socket = net.Socket(handle=handle)
    assert socket.write(b"abc")
    assert (socket.writable_length, socket.bytes_written, handle.written) == (0, 3, [b"abc"])


def test_a_queued_write_holds_back_the_next_one(handle: ScriptedHandle, log: Log) -> None:
    socket = net.Socket(handle=handle, high_water_mark=6)
    handle.answers = [1]
    assert socket.write(b"abc")
    assert not socket.write(b"def", log.to("def"))
    assert handle.written == [b"abc"]
    assert (socket.writable_length, socket.bytes_written, socket.buffer_size) == (6, 6, 6)
    log.watch(socket, "drain")
    handle.complete()
    assert handle.written == [b"abc", b"def"]
    assert log == ["drain", ("def", None)]
    assert socket.bytes_written == 6


@pytest.mark.parametrize("callback", [True, False])
def test_a_write_error_destroys_it(handle: ScriptedHandle, log: Log, callback: bool) -> None:
    socket = net.Socket(handle=handle)
    log.watch(socket, "error")
    handle.answers = [UV_EPIPE]
    socket.write(b"abc", *([log.to("callback")] if callback else []))
    drain()
    assert [name for name, _ in log] == (["callback", "error"] if callback else ["error"])
    assert str(log[-1][1]) == "write EPIPE"
    assert socket.destroyed


def test_a_write_cancelled_by_destroy_fails_its_callback(handle: ScriptedHandle, log: Log) -> None:
    socket = net.Socket(handle=handle)
    handle.answers = [1]
    socket.write(b"abc", log.to("callback"))
    socket.destroy()
    handle.complete(UV_ECANCELED)
    ((_, error),) = log
    assert str(error) == "write ECANCELED"


def test_corked_writes_go_out_as_one(handle: ScriptedHandle) -> None:
    socket = net.Socket(handle=handle)
    socket.cork()
    socket.write(b"a")
    socket.write("é", "latin1")
    assert socket.bytes_written == 2
    socket.uncork()
    assert handle.written == [b"a\xe9"]
    assert "writev 2" in handle.calls


def test_a_subclass_sees_every_write(handle: ScriptedHandle) -> None:
    seen: list[Any] = []

    class Spy(net.Socket):
        def _write(self, chunk: Any, encoding: str, callback: Any) -> None:
            seen.append(chunk)
            super()._write(chunk, encoding, callback)

    Spy(handle=handle).write(b"abc")
    assert seen == [b"abc"]
    assert handle.written == [b"abc"]


def test_end_shuts_down_after_the_last_write(handle: ScriptedHandle, log: Log) -> None:
    socket = net.Socket(handle=handle)
    handle.answers = [1]
    socket.end(b"bye", log.to("ended"))
    drain()
    assert "shutdown" not in handle.calls
    handle.complete()
    assert handle.calls[-1] == "shutdown"
    handle.complete()
    assert log == [("ended", None)]
    assert socket.ready_state == "readOnly"


def test_the_peers_address_outlives_the_handle_if_it_was_read(handle: ScriptedHandle) -> None:
    socket = net.Socket(handle=handle)
    assert socket.remote_port == 2
    assert socket.local_port == 1
    socket.destroy()
    drain()
    assert socket.remote_port == 2
    assert socket.local_port is None


def test_destroy_lets_go_of_the_handle(handle: ScriptedHandle, log: Log) -> None:
    socket = net.Socket(handle=handle)
    log.watch(socket, "close", "data")
    assert socket.destroy() is socket
    assert handle.calls[-1] == "close"
    assert (socket.pending, socket.destroyed, socket.closed, socket.ready_state) == (
        True,
        True,
        True,
        "closed",
    )
    assert handle.on_read is not None
    handle.on_read(1, b"x")  # libuv may still have something on its way
    handle.closed()
    assert log == [("close", False)]


def test_ref_and_unref_wait_for_a_handle(handle: ScriptedHandle) -> None:
    socket = net.Socket()
    assert socket.unref() is socket
    assert socket.listener_count("connect") == 1
    held = net.Socket(handle=handle)
    held.unref().ref()
    assert handle.calls[-2:] == ["unref", "ref"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"object_mode": True}, "ERR_INVALID_ARG_VALUE"),
        ({"type_of_service": 256}, "ERR_OUT_OF_RANGE"),
        ({"keep_alive_initial_delay": "x"}, "ERR_INVALID_ARG_TYPE"),
        ({"block_list": {}}, "ERR_INVALID_ARG_TYPE"),
        ({"high_water_mark": -1}, "ERR_INVALID_ARG_VALUE"),
        ({"fd": -1}, "ERR_OUT_OF_RANGE"),
        ({"fd": "x"}, "ERR_INVALID_ARG_TYPE"),
    ],
)
def test_wrong_options(fresh_loop: None, options: dict[str, Any], code: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        net.Socket(options)
    assert caught.value.code == code  # type: ignore[attr-defined]


class OptionHandle(ScriptedHandle):
    """A handle of the caller's own that has options, like one of TCP."""

    def set_no_delay(self, enable: bool) -> int:
        self.calls.append(f"set_no_delay {enable}")
        return 0

    def set_keep_alive(self, *args: Any) -> int:
        self.calls.append(f"set_keep_alive {[arg for arg in args if arg is not UNDEFINED]}")
        return 0

    def set_type_of_service(self, tos: int) -> int:
        self.calls.append(f"set_type_of_service {tos}")
        return 0

    def get_type_of_service(self) -> int:
        return 7


def test_options_reach_any_handle_that_has_them(fresh_loop: None) -> None:
    handle = OptionHandle()
    socket = net.Socket(handle=handle)
    socket.set_no_delay(True).set_no_delay(True).set_no_delay(False)
    socket.set_keep_alive(True, 5000).set_keep_alive(True, 5000, 2000, 3)
    socket.set_type_of_service(3)
    assert handle.calls == [
        "read_start",
        "set_no_delay True",
        "set_no_delay False",
        "set_keep_alive [True, 5]",
        "set_keep_alive [True, 5, 2, 3]",
        "set_type_of_service 3",
    ]
    assert socket.get_type_of_service() == 7


def test_a_handle_needs_no_options_and_no_addresses(fresh_loop: None) -> None:
    class Bare(ScriptedHandle):
        ref = unref = getsockname = getpeername = None  # type: ignore[assignment]

    socket = net.Socket(handle=Bare())
    assert socket.set_no_delay(True).set_keep_alive(True).set_type_of_service(3).ref().unref() is socket
    assert socket.get_type_of_service() == 3
    assert socket.address() == {} and socket.remote_address is None


def test_methods_of_a_handle_can_be_replaced(handle: ScriptedHandle) -> None:
    socket = net.Socket(handle=handle)
    seen: list[bytes] = []

    def write(data: bytes, on_complete: Callable[[int], Any]) -> int:
        seen.append(data)
        return 0

    handle.write = write  # type: ignore[method-assign]
    socket.write(b"x")
    assert seen == [b"x"]
