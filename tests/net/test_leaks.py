"""Ten thousand connections leave nothing behind: descriptors, active handles and memory are as before."""

import subprocess
import sys

import pytest

PROGRAM = """
import gc, os, resource, sys
import nodesock
from nodesock import net
from nodesock.runtime import handles

def memory():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()

def descriptors():
    return len(os.listdir("/proc/self/fd"))

def cycles(count):
    def start():
        server = net.create_server(lambda peer: peer.pipe(peer))
        server.listen(0, "127.0.0.1", lambda: connect(server, count))

    def connect(server, left):
        if not left:
            server.close()
            return
        client = net.connect(server.address().port, "127.0.0.1", lambda: client.write("ping"))
        client.on("data", lambda data: client.end())
        client.on("close", lambda had_error: connect(server, left - 1))

    nodesock.run(start)

cycles(1000)
before = descriptors(), len(handles.handles), len(handles.requests)
first = memory()
cycles(10000)
after = descriptors(), len(handles.handles), len(handles.requests)
assert before == after, (before, after)
grown = memory() - first
print(grown)
assert grown < 2_000_000, f"{grown} bytes more than before"
"""


@pytest.mark.leak
def test_ten_thousand_connections() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
