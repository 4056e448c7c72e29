"""runtime/loop.py: what ends a run, what survives it, signals and forks."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from nodesock import dgram, diagnostics, net
from nodesock.bindings.tcp_wrap import SERVER, TCP
from nodesock.process import process
from nodesock.runtime import handles, loop
from nodesock.runtime.loop import enter, reset, run
from nodesock.runtime.promises import Promise
from nodesock.runtime.ticks import next_tick, queue_microtask
from nodesock.runtime.timers import set_immediate, set_interval, set_timeout
from nodesock.runtime.uv_loop import get_loop

pytestmark = pytest.mark.usefixtures("fresh_loop")


def fail(text: str = "x") -> None:
    raise RuntimeError(text)


def test_run_returns_the_exit_code() -> None:
    assert run() == 0
    process.exit_code = 3
    assert run() == 3


def test_main_may_be_a_coroutine() -> None:
    got: list = []

    async def main() -> None:
        got.append(await Promise.resolved(5))

    run(main)
    run(main())
    assert got == [5, 5]


def test_run_is_not_reentrant() -> None:
    with pytest.raises(RuntimeError, match="already running"):
        run(run)


def close(*handles_: TCP | None) -> None:
    for handle in handles_:
        assert handle is not None
        handle.close()


@pytest.mark.parametrize(
    "start",
    [
        fail,
        lambda: next_tick(fail),
        lambda: queue_microtask(fail),
        lambda: set_timeout(fail, 1),
        lambda: set_immediate(fail),
        lambda: Promise.rejected(RuntimeError("x")),
    ],
)
def test_an_uncaught_exception_ends_the_run(start: object) -> None:
    codes: list = []
    process.on("exit", codes.append)
    with pytest.raises(RuntimeError, match="x"):
        run(start)  # type: ignore[arg-type]
    assert codes == [1]


def test_an_uncaught_exception_from_a_coroutine() -> None:
    async def main() -> None:
        fail("coroutine")

    with pytest.raises(RuntimeError, match="coroutine"):
        run(main)


def test_nothing_runs_after_a_fatal_exception_and_nothing_is_lost() -> None:
    log: list = []

    def main() -> None:
        next_tick(fail)
        next_tick(log.append, "tick")
        queue_microtask(log.append, "micro")
        set_immediate(log.append, "immediate")
        set_timeout(log.append, 1, "timeout")
        time.sleep(0.003)

    with pytest.raises(RuntimeError):
        run(main)
    assert log == []
    run()
    assert log == ["tick", "micro", "timeout", "immediate"]


def test_timers_of_one_turn_survive_a_fatal_one() -> None:
    log: list = []

    def main() -> None:
        set_timeout(log.append, 1, 1)
        set_timeout(fail, 1)
        set_timeout(log.append, 1, 2)
        set_interval(lambda: log.append("iv"), 1).unref()
        time.sleep(0.003)

    with pytest.raises(RuntimeError):
        run(main)
    assert log == [1]
    run()
    assert 2 in log


def test_io_of_the_turn_that_failed_is_delivered_in_the_next_run() -> None:
    log: list = []
    servers: list = []

    def main() -> None:
        for number in (1, 2):
            server = TCP(SERVER)
            server.bind("127.0.0.1", 0)
            servers.append(server)

            def accepted(_status: int, client: TCP | None, number: int = number) -> None:
                assert client is not None
                client.close()
                servers[number - 1].close()
                log.append(number)
                if len(log) == 1:
                    fail("first")

            server.listen(1, accepted)
            peer = TCP()
            peer.connect("127.0.0.1", server.getsockname()[2], lambda _s, peer=peer: peer.close())  # type: ignore[index, misc]

    with pytest.raises(RuntimeError, match="first"):
        run(main)
    assert len(log) == 1
    run()
    assert sorted(log) == [1, 2]


def test_uncaught_exception_listener() -> None:
    log: list = []
    process.on("uncaughtExceptionMonitor", lambda error, origin: log.append(("monitor", str(error), origin)))
    process.on("uncaughtException", lambda error, origin: log.append(("listener", str(error), origin)))
    run(lambda: (next_tick(fail, "tick"), Promise.rejected(RuntimeError("promise"))))
    assert log == [
        ("monitor", "tick", "uncaughtException"),
        ("listener", "tick", "uncaughtException"),
        ("monitor", "promise", "unhandledRejection"),
        ("listener", "promise", "unhandledRejection"),
    ]


def test_a_raising_uncaught_exception_listener_is_fatal() -> None:
    process.on("uncaughtException", lambda: fail("second"))
    with pytest.raises(RuntimeError, match="second") as caught:
        run(lambda: fail("first"))
    assert str(caught.value.__context__) == "first"


def test_unhandled_rejection_listener() -> None:
    log: list = []
    process.on("unhandledRejection", lambda reason, promise: log.append((reason, type(promise).__name__)))
    process.on("rejectionHandled", lambda promise: log.append("handled"))

    def main() -> None:
        promise = Promise.rejected("why")
        set_timeout(promise.catch, 1, lambda: None)

    run(main)
    assert log == [("why", "Promise"), "handled"]


def test_a_rejection_handled_in_time_is_none() -> None:
    def main() -> None:
        promise = Promise.rejected(RuntimeError("x"))
        next_tick(promise.catch, lambda: None)

    run(main)


def test_process_exit() -> None:
    log: list = []
    process.on("exit", log.append)
    process.on("beforeExit", lambda: log.append("beforeExit"))
    with pytest.raises(SystemExit) as caught:
        run(lambda: (set_timeout(log.append, 1, "never"), process.exit(7)))
    assert caught.value.code == 7
    assert log == [7]
    reset()


def test_an_exception_in_the_exit_event() -> None:
    process.on("exit", lambda: fail("at exit"))
    with pytest.raises(RuntimeError, match="at exit"):
        run()


def test_exit_comes_inside_the_fatal_exception_while_everything_is_active() -> None:
    log: list = []
    process.on("exit", lambda code: log.append((code, handles.active_resources_info())))
    process.on("exit", lambda: next_tick(log.append, "never"))

    def main() -> None:
        set_timeout(log.append, 60_000, "never")
        set_immediate(lambda: (next_tick(log.append, "never"), fail()))

    with pytest.raises(RuntimeError, match="x"):
        run(main)
    assert log == [(1, ["Timeout"])]
    assert process.exit_code == 1
    reset()


def test_an_exit_listener_may_choose_the_code_of_a_failed_run() -> None:
    process.on("exit", lambda: setattr(process, "exit_code", 9))
    with pytest.raises(RuntimeError):
        run(fail)
    assert process.exit_code == 9
    process.remove_all_listeners("exit")
    assert run() == 0  # the next run is another life


def test_what_an_exit_listener_raises_in_a_failed_run_is_ignored() -> None:
    codes: list = []
    process.on("exit", lambda: fail("at exit"))
    process.on("exit", codes.append)
    with pytest.raises(RuntimeError, match="^x$"):
        run(fail)
    assert codes == []


def test_process_exit_in_an_exit_listener_of_a_failed_run() -> None:
    codes: list = []
    process.on("exit", codes.append)
    process.on("exit", lambda: process.exit(5))
    process.on("exit", lambda: fail("never"))
    with pytest.raises(SystemExit) as caught:
        run(fail)
    assert caught.value.code == 5
    assert codes == [1]


def test_a_raising_listener_of_uncaught_exception_ends_the_run_without_exit() -> None:
    codes: list = []
    process.on("exit", codes.append)
    process.on("uncaughtException", lambda: fail("second"))
    with pytest.raises(RuntimeError, match="second") as caught:
        run(lambda: set_timeout(fail, 1))
    assert str(caught.value.__context__) == "x"
    assert codes == []
    assert process.exit_code == 7


def test_an_exception_in_the_exit_event_may_be_caught() -> None:
    codes: list = []
    caught: list = []
    process.on("uncaughtException", caught.append)
    process.on("exit", codes.append)
    process.on("exit", lambda: fail("at exit"))
    assert run() == 0
    assert codes == [0]
    assert [str(error) for error in caught] == ["at exit"]


def test_exit_comes_once_a_run() -> None:
    codes: list = []
    process.on("exit", codes.append)
    process.on("exit", lambda: process.exit(4))
    with pytest.raises(SystemExit):
        run()
    with pytest.raises(SystemExit):
        process.exit(6)
    assert codes == [0, 6]
    process.exit_code = None


def test_keyboard_interrupt_in_a_callback_ends_the_run_whatever_listens() -> None:
    process.on("uncaughtException", lambda: None)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(lambda: set_timeout(interrupt, 1))


def test_a_signal_wakes_an_idle_loop() -> None:
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(lambda: (set_timeout(lambda: None, 30_000), _later(signal.SIGINT)))
    assert time.monotonic() - begun < 5
    reset()


def test_a_signal_handler_may_use_the_loop() -> None:
    log: list = []
    keep: list = []
    before = signal.signal(signal.SIGUSR1, lambda *_: (next_tick(log.append, "tick"), keep[0].close()))
    try:

        def main() -> None:
            keep.append(set_timeout(lambda: None, 30_000))
            _later(signal.SIGUSR1)

        run(main)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert log == ["tick"]


def _later(number: int) -> None:
    """Have the process get a signal while the loop sleeps."""
    code = f"import os, time; time.sleep(0.1); os.kill({os.getpid()}, {int(number)})"
    subprocess.Popen([sys.executable, "-S", "-c", code]).returncode = 0  # not waited for


def test_the_wakeup_descriptor_is_put_back() -> None:
    run()
    assert signal.set_wakeup_fd(-1) == -1


def test_a_forked_child_starts_afresh() -> None:
    def main() -> None:
        server = TCP(SERVER)
        server.bind("127.0.0.1", 0)
        server.listen(1, lambda _status, client: close(client, server))
        set_timeout(lambda: None, 10)
        next_tick(lambda: None)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                loop_before = handles.active_resources_info()
                log: list = []
                other = TCP(SERVER)
                other.bind("127.0.0.1", 0)
                other.listen(1, lambda _status, client: (close(client, other), log.append("served")))
                peer = TCP()
                peer.connect("127.0.0.1", other.getsockname()[2], lambda _status: peer.close())  # type: ignore[index]
                set_timeout(log.append, 1, "timeout")
                run()
                code = 0 if loop_before == [] and sorted(log) == ["served", "timeout"] else 2
            finally:
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        peer = TCP()
        peer.connect("127.0.0.1", server.getsockname()[2], lambda _status: peer.close())  # type: ignore[index]

    run(main)  # the parent's server still answers


def test_a_forked_child_may_end_as_any_program() -> None:
    program = """
        import os, sys
        from nodesock.bindings.tcp_wrap import SERVER, TCP
        from nodesock.runtime.loop import run
        from nodesock.runtime.timers import set_timeout

        def main():
            server = TCP(SERVER)
            server.bind("127.0.0.1", 0)
            server.listen(1, lambda status, client: (print("served"), client.close(), server.close()))
            pid = os.fork()
            if pid == 0:
                sys.exit(0)
            print(os.waitpid(pid, 0)[1])
            peer = TCP()
            peer.connect("127.0.0.1", server.getsockname()[2], lambda status: peer.close())

        try:
            run(main)
        except SystemExit:
            sys.exit(0)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["0", "served"], "")


def test_enter_outside_a_run_keeps_what_it_catches_for_the_run() -> None:
    enter(fail, "early")
    with pytest.raises(RuntimeError, match="early"):
        run()


def test_reset_closes_everything() -> None:
    server = TCP(SERVER)
    server.bind("127.0.0.1", 0)
    server.listen(1, lambda _s, _c: None)
    set_timeout(fail, 1)
    next_tick(fail)
    before = get_loop()
    reset()
    assert handles.active_resources_info() == []
    assert get_loop() is not before
    run()


def test_interpreter_exit_with_open_handles_is_silent() -> None:
    program = """
        from nodesock.bindings.tcp_wrap import SERVER, TCP
        from nodesock.bindings.udp_wrap import UDP
        from nodesock.runtime.timers import set_timeout
        server = TCP(SERVER); server.bind("127.0.0.1", 0); server.listen(1, lambda s, c: None)
        udp = UDP(); udp.bind("127.0.0.1", 0); udp.recv_start(lambda *a: None)
        set_timeout(print, 1)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_loops_own_hook_reports() -> None:
    loop._excepthook(RuntimeError, RuntimeError("hook"), None)
    with pytest.raises(RuntimeError, match="hook"):
        run()


def test_reset_returns_every_descriptor(tmp_path: Path) -> None:
    def descriptors() -> list[str]:
        return sorted(os.listdir("/proc/self/fd"))

    def open_everything() -> list[Any]:
        servers = [net.create_server().listen(0), net.create_server().listen(str(tmp_path / "sock"))]
        clients = [
            net.connect(servers[0].address().port, "127.0.0.1"),  # type: ignore[union-attr]
            net.connect(str(tmp_path / "sock")),
            net.connect("\0an abstract name"),
            net.connect(1, "127.0.0.1"),
            net.connect(1, "localhost"),
        ]
        for client in clients:
            client.on("error", lambda: None)
        udp = dgram.create_socket("udp4", lambda: None)
        udp.on("error", lambda: None)
        udp.bind_sync()
        udp.connect_sync(9)
        udp.send(b"x")
        bound = net.BoundSocket()
        delay = diagnostics.monitor_event_loop_delay()
        delay.enable()
        timers = [set_timeout(fail, 60_000), set_immediate(fail), set_interval(fail, 60_000)]
        return [*servers, *clients, udp, bound, delay, *timers]

    get_loop()  # the first of a process makes a pipe for all that follow
    reset()
    before = descriptors()
    for runs in (False, True):
        held = open_everything()
        if runs:
            with pytest.raises(RuntimeError):
                run(lambda: set_timeout(fail, 1))
        else:
            assert len(descriptors()) > len(before) + 5
        reset()
        assert descriptors() == before, runs
        assert [each.listening for each in held[:2]] == [False, False]
        assert all(each.destroyed and each.ready_state == "closed" for each in held[2:7])
        assert "closed" in repr(held[7])
        (tmp_path / "sock").unlink(missing_ok=True)


def test_reset_does_not_close_a_descriptor_that_was_given_out_again() -> None:
    udp = dgram.create_socket("udp4")
    udp.bind_sync()
    udp.connect_sync(9)
    udp.send(b"x")
    reset()
    reader, writer = os.pipe()
    del udp
    gc.collect()
    os.write(writer, b"x")
    assert os.read(reader, 1) == b"x"
    os.close(reader)
    os.close(writer)


def test_the_error_of_making_a_loop_is_the_systems() -> None:
    program = """
        import os, resource, nodesock
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        taken = []
        try:
            while True:
                taken.append(os.open("/dev/null", 0))
        except OSError:
            pass
        for attempt in (nodesock.run, nodesock.net.connect, lambda: nodesock.set_timeout(print, 1)):
            try:
                attempt(1) if attempt is nodesock.net.connect else attempt()
            except OSError as error:
                print(error.errno, error.code, error.syscall, error)
        for each in taken:
            os.close(each)
        nodesock.set_timeout(print, 1, "fired")
        nodesock.run()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=30
    )
    line = "24 EMFILE uv_loop_init uv_loop_init EMFILE: too many open files"
    assert (done.stdout.splitlines(), done.stderr) == ([line] * 3 + ["fired"], "")
