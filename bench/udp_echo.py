"""CPU time of a UDP echo server per datagram: nodesock, and the reference Node beside it.

64-byte datagrams, from unconnected clients with one datagram each under way at any time, in the same way as
`bench/echo.py`: the servers take turns, one process each, and what counts is the CPU time (user and system)
of the server process alone and the ratio within a round. With `--clients 1` the server wakes for every single
datagram, with more it finds several at a time.
"""

import argparse
import select
import socket
import statistics
import subprocess
import sys
from collections.abc import Sequence

from bench.echo import cpu_seconds
from conformance.play.subjects import binaries

PYTHON_SERVER = """
import nodesock
from nodesock import dgram
server = dgram.create_socket("udp4")
server.on("message", lambda message, sender: server.send(message, sender.port, sender.address))
server.bind(0, "127.0.0.1", lambda: print(server.address().port, flush=True))
nodesock.run()
"""
NODE_SERVER = """
const server = require('dgram').createSocket('udp4');
server.on('message', (message, sender) => server.send(message, sender.port, sender.address));
server.bind(0, '127.0.0.1', () => console.log(server.address().port));
"""
SIZE = 64
#: A datagram on loopback is not lost unless a buffer overflows, and these are far from it.
PATIENCE_S = 5.0


def measure(command: Sequence[str], clients: int, datagrams: int) -> float:
    """Microseconds of server CPU per datagram."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(clients)]
            for client in sockets:
                client.connect(("127.0.0.1", port))
            drive(sockets, datagrams // 5)  # warm: caches, and V8's compilers
            before = cpu_seconds(server.pid)
            drive(sockets, datagrams)
            used = cpu_seconds(server.pid) - before
            for client in sockets:
                client.close()
        finally:
            server.kill()
    return used / datagrams * 1e6


def drive(sockets: Sequence[socket.socket], datagrams: int) -> None:
    """Keep one datagram under way on every socket until all `datagrams` are answered.

    Raises RuntimeError if one is lost.
    """
    payload = b"x" * SIZE
    by_fd = {client.fileno(): client for client in sockets}
    with select.epoll() as poll:
        for client in sockets:
            poll.register(client.fileno(), select.EPOLLIN)
            client.send(payload)
        started, answered = len(sockets), 0
        while answered < started:
            ready = poll.poll(PATIENCE_S)
            if not ready:
                raise RuntimeError(f"a datagram was lost: {answered} of {started} answered")
            for fd, _ in ready:
                client = by_fd[fd]
                client.recv(SIZE)
                answered += 1
                if started < datagrams:
                    started += 1
                    client.send(payload)


def compare(clients: int, datagrams: int, rounds: int, node: str) -> float:
    """Print one line per round and the medians; returns the median ratio."""
    print(f"{SIZE} B datagrams, {clients} clients, {datagrams} datagrams")
    ratios: list[float] = []
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        mine = measure([sys.executable, "-c", PYTHON_SERVER], clients, datagrams)
        other = measure([node, "-e", NODE_SERVER], clients, datagrams)
        ours.append(mine)
        theirs.append(other)
        ratios.append(mine / other)
        print(
            f"  round {number + 1}: nodesock {mine:6.2f} µs, node {other:6.2f} µs, ratio {mine / other:.2f}",
            flush=True,
        )
    middle = statistics.median(ratios)
    print(
        f"  median: nodesock {statistics.median(ours):6.2f} µs, node {statistics.median(theirs):6.2f} µs, "
        f"ratio {middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    )
    return middle


def main() -> int:
    """Run with few and with many clients. Exit code 1 if nodesock needs more CPU than Node in either."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, action="append", help="numbers of clients (default 1 and 50)")
    parser.add_argument("--datagrams", type=int, default=60_000)
    parser.add_argument("--node", default="24", help="version of the Node beside it (default 24)")
    options = parser.parse_args()
    node = str(binaries.obtain(binaries.resolve(options.node)))
    worst = 0.0
    for clients in options.clients or (1, 50):
        worst = max(worst, compare(clients, options.datagrams, options.rounds, node))
    return 0 if worst <= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
