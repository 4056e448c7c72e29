"""CPU time of an echo server per request: nodesock, and the reference Node beside it.

Two loads: 64 bytes over 50 connections, and 16 KiB over 10. Each connection has one request under way at any
time. The servers take turns, one process each, `--rounds` times; what counts is the CPU time (user and
system) of the server process alone, and the ratio within a round, since the machine's speed varies more
between rounds than within one. The client is this process, the same for both.
"""

import argparse
import os
import select
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.play.subjects import binaries

PYTHON_SERVER = """
import nodesock
from nodesock import net
server = net.create_server(lambda peer: peer.on("data", lambda chunk: peer.write(chunk)))
server.listen(0, "127.0.0.1", lambda: print(server.address().port, flush=True))
nodesock.run()
"""
NODE_SERVER = """
const server = require('net').createServer((peer) => peer.on('data', (chunk) => peer.write(chunk)));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""


@dataclass(frozen=True)
class Load:
    """How many connections ask for how many bytes, how often in all."""

    connections: int
    size: int
    requests: int

    def __str__(self) -> str:
        size = f"{self.size // 1024} KiB" if self.size >= 1024 else f"{self.size} B"
        return f"{size} x {self.connections} connections"


LOADS = (Load(50, 64, 100_000), Load(10, 16 * 1024, 50_000))


def cpu_seconds(pid: int) -> float:
    """Time on a CPU of all threads of the process so far, by the scheduler's own count in ns."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as count:
            total += int(count.read().split()[0])
    return total / 1e9


def measure(command: Sequence[str], load: Load) -> float:
    """Microseconds of server CPU per request."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(load.connections)]
            for peer in peers:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            drive(peers, load.requests // 5, load.size)  # warm: caches, and V8's compilers
            before = cpu_seconds(server.pid)
            drive(peers, load.requests, load.size)
            used = cpu_seconds(server.pid) - before
            for peer in peers:
                peer.close()
        finally:
            server.kill()
    return used / load.requests * 1e6


def drive(peers: Sequence[socket.socket], requests: int, size: int) -> None:
    """Keep one request under way on every connection until all `requests` are answered."""
    payload = b"x" * size
    missing = {}
    by_fd = {}
    with select.epoll() as poll:
        for peer in peers:
            by_fd[peer.fileno()] = peer
            missing[peer.fileno()] = size
            poll.register(peer.fileno(), select.EPOLLIN)
            peer.sendall(payload)
        started = len(peers)
        answered = 0
        while answered < started:
            for fd, _ in poll.poll():
                peer = by_fd[fd]
                left = missing[fd] - len(peer.recv(65536))
                if left == 0:
                    answered += 1
                    left = size
                    if started < requests:
                        started += 1
                        peer.sendall(payload)
                missing[fd] = left


def compare(load: Load, rounds: int, node: str) -> float:
    """Print one line per round and the medians; returns the median ratio."""
    print(f"{load}, {load.requests} requests")
    ratios: list[float] = []
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        mine = measure([sys.executable, "-c", PYTHON_SERVER], load)
        other = measure([node, "-e", NODE_SERVER], load)
        ours.append(mine)
        theirs.append(other)
        ratios.append(mine / other)
        told = f"nodesock {mine:6.2f} µs, node {other:6.2f} µs, ratio {mine / other:.2f}"
        print(f"  round {number + 1}: {told}", flush=True)
    middle = statistics.median(ratios)
    print(
        f"  median: nodesock {statistics.median(ours):6.2f} µs, node {statistics.median(theirs):6.2f} µs, "
        f"ratio {middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    )
    return middle


def main() -> int:
    """Run both loads. Exit code 1 if nodesock needs more CPU than Node in either."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the number of requests")
    parser.add_argument("--node", default="24", help="version of the Node beside it (default 24)")
    options = parser.parse_args()
    node = str(binaries.obtain(binaries.resolve(options.node)))
    started = time.perf_counter()
    worst = 0.0
    for load in LOADS:
        scaled = Load(load.connections, load.size, max(1000, int(load.requests * options.scale)))
        worst = max(worst, compare(scaled, options.rounds, node))
    print(f"{time.perf_counter() - started:.0f} s")
    return 0 if worst <= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
