"""CPU time of an echo server per message: nodesock, and the reference Node beside it.

The client is the same plain blocking socket for both and its time is not counted. Round trips are strictly one
after the other, so that every message is one read, one 'data' event and one write of the server.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from conformance.subjects import node_binary

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


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far."""
    with open(f"/proc/{pid}/stat", "rb") as stat:
        fields = stat.read().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(command: Sequence[str], messages: int, size: int) -> tuple[float, float]:
    """Microseconds of server CPU and of wall time per message."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            with socket.create_connection(("127.0.0.1", port)) as peer:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                round_trips(peer, messages // 10, size)  # warm: caches, and V8's compilers
                cpu, wall = cpu_seconds(server.pid), time.perf_counter()
                round_trips(peer, messages, size)
                wall = time.perf_counter() - wall
                cpu = cpu_seconds(server.pid) - cpu
        finally:
            server.kill()
    return cpu / messages * 1e6, wall / messages * 1e6


def round_trips(peer: socket.socket, messages: int, size: int) -> None:
    """Send and wait for the whole of it, `messages` times."""
    payload = b"x" * size
    for _ in range(messages):
        peer.sendall(payload)
        left = size
        while left:
            left -= len(peer.recv(left))


def main() -> None:
    """Print one line for each of the two servers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--size", type=int, default=64, help="bytes a message (default 64)")
    parser.add_argument("--node", default="24", help="version of the Node beside it (default 24)")
    options = parser.parse_args()
    node = str(node_binary.obtain(node_binary.resolve(options.node)))
    servers = {
        "nodesock": [sys.executable, "-c", PYTHON_SERVER],
        f"node {options.node}": [node, "-e", NODE_SERVER],
    }
    print(f"{options.messages} messages of {options.size} bytes, one after the other, over TCP on loopback")
    for name, command in servers.items():
        cpu, wall = measure(command, options.messages, options.size)
        print(f"{name:12} {cpu:6.1f} µs of CPU a message, {wall:6.1f} µs of wall time")


if __name__ == "__main__":
    main()
