"""os.fork(): what a child inherits has closed there, and nothing that the child does to it reaches the parent."""

import contextlib
import gc
import json
import os
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nodesock import dgram, net
from nodesock.process import next_tick
from nodesock.runtime import handles
from nodesock.runtime.loop import run
from nodesock.runtime.timers import (
    clear_immediate,
    clear_timeout,
    immediate_count,
    set_immediate,
    set_interval,
    set_timeout,
    timeout_count,
)

pytestmark = pytest.mark.usefixtures("fresh_loop")


def in_child(fn: Callable[[], Any]) -> Any:
    """What `fn()` returns in a forked child, as JSON brings it here."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, json.dumps(fn()).encode())
            os._exit(0)
        finally:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    os.close(writer)
    with open(reader, "rb") as answer:
        text = answer.read()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return json.loads(text)


class Open:
    """A parent's servers and sockets of each kind, connected to themselves."""

    def __init__(self, path: str) -> None:
        self.served: list[Any] = []
        self.got: list[bytes] = []
        self.messages: list[bytes] = []
        self.servers = [net.create_server(self.accept) for _ in range(2)]
        self.servers[0].listen(0)
        self.servers[1].listen(path)
        self.clients = [
            net.connect(self.servers[0].address().port, "127.0.0.1"),  # type: ignore[union-attr]
            net.connect(path),
        ]
        for client in self.clients:
            client.on("data", self.got.append)
            client.set_timeout(60_000)
        self.udp = dgram.create_socket("udp4", self.messages.append)
        self.udp.bind_sync(port=0, address="127.0.0.1")
        self.timer = set_timeout(lambda: None, 60_000)

    def accept(self, peer: net.Socket) -> None:
        self.served.append(peer)
        peer.pipe(peer)

    @property
    def sockets(self) -> list[Any]:
        return self.clients + self.served

    def close(self) -> None:
        self.udp.close()
        for server in self.servers:
            server.close()
        for each in self.sockets:
            each.destroy()
        clear_timeout(self.timer)


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[Open]:
    """Everything open and connected; afterwards all of it still works."""
    path = str(tmp_path / "sock")
    opened = Open(path)

    def use() -> None:
        for client in opened.clients:
            client.write(b"x")
        opened.udp.send(b"x", opened.udp.address().port, "127.0.0.1")

    def done() -> None:
        if len(opened.served) == 2 and len(opened.got) == 2 and opened.messages:
            for each in (opened.got, opened.messages):
                each.clear()
            interval.close()
            opened.timer.unref()
            for each in [*opened.servers, *opened.sockets, opened.udp]:
                each.unref()

    interval = set_interval(done, 1)
    use()
    run()
    assert len(opened.served) == 2
    yield opened
    assert os.path.exists(path)
    for each in [*opened.servers, *opened.sockets, opened.udp]:
        each.ref()
    use()
    late = net.connect(path)
    late.end(b"late")
    told: list[bytes] = []
    late.on("data", told.append)
    late.on("close", lambda: opened.served.pop())

    def finish() -> None:
        if len(opened.got) == 2 and opened.messages and late.closed:
            opened.close()
            interval.close()

    interval = set_interval(finish, 1)
    timeout = set_timeout(lambda: (opened.close(), interval.close()), 5000).unref()
    run()
    clear_timeout(timeout)
    assert (opened.got, opened.messages, told) == ([b"x"] * 2, [b"x"], [b"late"])


def test_what_is_inherited_reads_closed(parent: Open) -> None:
    def state() -> Any:
        return {
            "listening": [server.listening for server in parent.servers],
            "connections": [server._connections for server in parent.servers],
            "sockets": [
                (s.destroyed, s.closed, s.ready_state, s.writable, s.readable, s.pending, s.bytes_read)
                for s in parent.sockets
            ],
            "shown": [repr(each) for each in [*parent.servers, parent.udp]],
            "alive": [handles.active_resources_info(), timeout_count(), immediate_count()],
            "timer": repr(parent.timer),
        }

    assert in_child(state) == {
        "listening": [False, False],
        "connections": [0, 0],
        "sockets": [[True, True, "closed", False, False, True, 1]] * 4,
        "shown": ["<Server closed, 0 connections>"] * 2 + ["<dgram.Socket udp4 closed>"],
        "alive": [[], 0, 0],
        "timer": "<Timeout 60000 ms cleared>",
    }


def test_closing_it_in_the_child_does_nothing_to_the_parent(parent: Open) -> None:
    def close() -> Any:
        told: list[str] = []
        for each in [*parent.servers, *parent.sockets]:
            each.on("error", lambda error: told.append(str(error.code)))
        for server in parent.servers:
            server.ref()
            server.close(lambda error: told.append(error.code))
        for each in parent.sockets:
            each.write(b"never")
            each.end()
            each.pause()
            each.resume()
            each.set_no_delay()
            each.destroy()
            each.unref()
        for forbidden in (parent.udp.close, lambda: parent.udp.send(b"never", 1)):
            with pytest.raises(Exception, match="Not running"):
                forbidden()
        clear_timeout(parent.timer)
        run()
        return told

    assert in_child(close) == ["ERR_SERVER_NOT_RUNNING"] * 2


def test_dropping_it_in_the_child_does_nothing_to_the_parent(parent: Open) -> None:
    def drop() -> Any:
        parent.__dict__.clear()
        gc.collect()
        run()
        return True

    assert in_child(drop)


def test_the_handles_themselves_are_inert(parent: Open) -> None:
    wraps = [each._handle for each in [*parent.servers, *parent.sockets, parent.udp]]

    def use() -> Any:
        for wrap in wraps:
            wrap.close(lambda: sys.exit("never"))
            wrap.ref()
            wrap.unref()
        streams = wraps[2:-1]
        answers = [wrap.write(b"never", print) for wrap in streams]
        answers += [wrap.writev([b"never" * 40_000] * 2, print) for wrap in streams]
        answers += [wrap.read_start() for wrap in streams] + [wrap.read_stop() for wrap in streams]
        answers += [wraps[-1].send([b"never"], 1, "127.0.0.1", print), wraps[-1].recv_start(print)]
        run()
        return [answers, [(wrap.fd, wrap.active, wrap.has_ref(), wrap.closing) for wrap in wraps]]

    answers, states = in_child(use)
    assert answers == [-9] * 8 + [-22] * 4 + [0] * 4 + [-9, -9]
    assert states == [[-1, False, False, True]] * 7


def test_the_childs_own_loop_works_beside_the_inherited(parent: Open, tmp_path: Path) -> None:
    def serve() -> Any:
        opened = Open(str(tmp_path / "other"))
        opened.clients[0].write(b"own")
        opened.clients[0].on("data", lambda: opened.close())
        run()
        return [chunk.decode() for chunk in opened.got]

    assert in_child(serve) == ["own"]


@pytest.mark.parametrize(
    "clear", [clear_timeout, lambda timer: timer.close(), lambda timer: timer.unref().ref()]
)
def test_inherited_timers_do_not_count_in_the_child(clear: Callable[[Any], Any]) -> None:
    timer = set_timeout(lambda: None, 60_000)
    immediate = set_immediate(lambda: None)

    def count() -> Any:
        clear(timer)
        timer.refresh()
        clear_immediate(immediate)
        immediate.unref().ref()
        fired: list[int] = []
        set_timeout(fired.append, 1, 1)
        set_immediate(fired.append, 2)
        run()
        return [sorted(fired), timeout_count(), immediate_count()]

    assert in_child(count) == [[1, 2], 0, 0]
    clear_timeout(timer)
    run()


@pytest.mark.parametrize(
    "start",
    [
        lambda fn: fn(),
        next_tick,
        lambda fn: set_immediate(fn) and None,
        lambda fn: set_timeout(fn, 1),
        lambda fn: set_interval(fn, 1),
        lambda fn: net.create_server().listen(0, fn),
    ],
)
def test_the_run_that_was_on_returns_in_the_child(start: Callable[[Any], Any]) -> None:
    ran: list[str] = []
    pids: list[int] = []

    def main() -> None:
        timers.append(set_interval(lambda: ran.append("inherited"), 1))
        set_timeout(lambda: [each.close() for each in timers], 20)
        timers.append(start(fork) or timers[0])

    def fork() -> None:
        if pids:
            return
        next_tick(ran.append, "inherited")
        set_immediate(ran.append, "inherited")
        set_timeout(ran.append, 1, "inherited")
        ran.clear()
        pids.append(os.fork())
        if not pids[0]:
            set_timeout(ran.append, 1, "own")

    timers: list[Any] = []
    parent = os.getpid()
    run(main)
    if os.getpid() != parent:
        # The child's own timer may be due by the time the run returns; it is made once, in this run or in the next.
        returned_with = list(ran)
        run()
        os._exit(0 if returned_with in ([], ["own"]) and ran == ["own"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pids[0], 0)[1]) == 0
    assert ran.count("inherited") >= 3


class Turn:
    """Two of a kind that libuv serves in one turn; the first to be served forks."""

    def __init__(self) -> None:
        self.served: list[Any] = []
        self.children: list[int] = []
        self.closers: list[Any] = []

    def serve(self, what: Any) -> None:
        self.served.append(what)
        if not self.children:
            pid = os.fork()
            if pid == 0:
                self.children.append(0)
                return
            self.children.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    def connections(self) -> None:
        for _ in range(2):
            server = net.create_server(self.serve).listen(0)
            self.closers.append(server.close)
            for _ in range(2):
                self.connect(server)

    def connect(self, server: Any) -> Any:
        peer = socket.create_connection(("127.0.0.1", server.address().port))
        self.closers.append(peer.close)
        return peer

    def reads(self) -> None:
        """64 KiB and more are several reads of one socket."""

        def accepted(each: net.Socket) -> None:
            each.on("data", lambda data: self.serve(len(data)))
            sockets.append(each)
            self.closers.append(each.destroy)
            if len(sockets) == 2:
                server.close()
                for peer in peers:
                    peer.sendall(b"x" * 100_000)

        sockets: list[net.Socket] = []
        server = net.create_server(accepted).listen(0)
        peers = [self.connect(server) for _ in range(2)]

    def datagrams(self) -> None:
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in range(2):
            receiver = dgram.create_socket("udp4", self.serve)
            receiver.bind_sync(port=0, address="127.0.0.1")
            self.closers.append(receiver.close)
            for _ in range(2):
                sender.sendto(b"x", ("127.0.0.1", receiver.address().port))
        sender.close()


@pytest.mark.parametrize("kind", ["connections", "reads", "datagrams"])
def test_what_else_came_in_the_turn_of_a_fork_is_the_parents(kind: str) -> None:
    turn = Turn()
    mine = os.getpid()
    size = 200_000 if kind == "reads" else 4

    def look() -> None:
        if (sum(turn.served) if kind == "reads" else len(turn.served)) == size:
            interval.close()
            limit.close()
            for close in turn.closers:
                close()
            for each in turn.served if kind == "connections" else ():
                each.destroy()

    interval = set_interval(look, 1)
    limit = set_timeout(sys.exit, 5000, f"served: {turn.served}")
    try:
        run(getattr(turn, kind))
    finally:
        if os.getpid() != mine:
            os._exit(len(turn.served) - 1)
    assert turn.children == [0]


def test_what_a_parent_has_yet_to_write_is_not_written_by_the_child() -> None:
    mine = os.getpid()
    children: list[int] = []

    def accepted(each: net.Socket) -> None:
        each.end(b"x" * 20_000_000)
        sockets.append(each)
        if len(sockets) == 2:
            server.close()
            set_immediate(both_may_write)

    def both_may_write() -> None:
        pair[1].send(b"x")
        for peer, got in zip(peers, received, strict=True):
            with contextlib.suppress(BlockingIOError):
                while True:
                    got.extend(peer.recv(1 << 20, socket.MSG_DONTWAIT))

    def fork(_data: bytes) -> None:
        woken.destroy()
        pid = os.fork()
        if pid == 0:
            children.append(0)
            return
        children.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        for peer, got in zip(peers, received, strict=True):
            thread = threading.Thread(target=read_all, args=(peer, got))
            thread.start()
            threads.append(thread)

    def read_all(peer: socket.socket, got: bytearray) -> None:
        with peer:
            while data := peer.recv(1 << 20):
                got.extend(data)

    pair = socket.socketpair()
    woken = net.Socket(fd=pair[0].detach())
    woken.once("data", fork)
    sockets: list[net.Socket] = []
    received = [bytearray(), bytearray()]
    threads: list[threading.Thread] = []
    server = net.create_server(accepted).listen(0)
    peers = [socket.create_connection(("127.0.0.1", server.address().port)) for _ in received]  # type: ignore[union-attr]
    try:
        run()
    finally:
        if os.getpid() != mine:
            os._exit(0)
    for thread in threads:
        thread.join()
    pair[1].close()
    assert children == [0]
    assert [len(got) for got in received] == [20_000_000] * 2
