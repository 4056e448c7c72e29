"""Big writes cost the memory of what is written, not a second copy of it."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import nodesock
from nodesock import net

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))

how, size, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
received = 0
server = net.create_server()

def on_connection(peer):
    peer.on("data", count_bytes)
    server.close()

def count_bytes(chunk):
    global received
    received += len(chunk)

def start():
    client = net.connect(server.address().port, "127.0.0.1")
    if how == "corked":
        client.cork()
    for number in range(count):
        client.write(bytes([number % 255 + 1]) * size)
    if how == "corked":
        client.once("connect", lambda: client.end())
    else:
        client.end()

server.on("connection", on_connection)
server.listen(0, "127.0.0.1", start)
before = peak()
nodesock.run()
assert received == size * count, received
print((peak() - before) / received)
"""


@pytest.mark.parametrize("how", ["connecting", "corked", "one"])
def test_a_backlog_is_not_copied(how: str) -> None:
    """128 MiB, written in 128 chunks or in one."""
    count = 1 if how == "one" else 128
    command = [sys.executable, "-c", PROGRAM, how, str((128 << 20) // count), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1.2
