"""A long UDP run against nodesock: does memory or the number of handles grow, and does a flood starve the timers?

Two loads against an echo server in a process of its own. First `--datagrams` (a million) are echoed, 64 under
way at any time, and the server's memory, handles and objects are read before and after. Then a flood comes in
faster than the server can read, for `--flood` seconds; what is lost must be lost in the kernel, while a 10 ms
timer of the server goes on firing.
"""

import argparse
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SERVER = """
import gc, json, os, sys
import nodesock
from nodesock import dgram
from nodesock.runtime import handles

heard = fired = 0
server = dgram.create_socket("udp4")

def on_message(message, sender):
    global heard
    heard += 1
    if message == b"?":
        report(sender)
    else:
        server.send(message, sender.port, sender.address)

def report(sender):
    gc.collect()
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    state = {
        "heard": heard,
        "fired": fired,
        "rss": pages * os.sysconf("SC_PAGE_SIZE"),
        "handles": len(handles.handles),
        "requests": len(handles.requests),
        "objects": len(gc.get_objects()),
        "queue": server.get_send_queue_count(),
    }
    server.send(json.dumps(state), sender.port, sender.address)

def tick():
    global fired
    fired += 1

server.on("message", on_message)
server.bind(0, "127.0.0.1", lambda: print(server.address().port, flush=True))
nodesock.set_interval(tick, 10)
nodesock.run()
"""
SIZE = 64
WINDOW = 64
PATIENCE_S = 5.0


def ask(client: socket.socket) -> dict[str, Any]:
    """The server's state; asked again for as long as the question is lost in a full buffer."""
    for _ in range(100):
        client.send(b"?")
        try:
            while True:
                answer = client.recv(4096)
                if answer.startswith(b"{"):
                    state: dict[str, Any] = json.loads(answer)
                    return state
        except TimeoutError:
            continue
    raise RuntimeError("the server does not answer")


def echo(client: socket.socket, datagrams: int) -> None:
    """Have so many datagrams echoed in order. Raises RuntimeError if one is lost or changed."""
    sent = answered = 0
    while answered < datagrams:
        while sent < datagrams and sent - answered < WINDOW:
            client.send(sent.to_bytes(8, "big").ljust(SIZE))
            sent += 1
        if client.recv(4096) != answered.to_bytes(8, "big").ljust(SIZE):
            raise RuntimeError(f"datagram {answered} came back changed or out of order")
        answered += 1


def flood(port: int, seconds: float) -> int:
    """Send for so long as fast as the kernel takes it, and read nothing; the number sent."""
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect(("127.0.0.1", port))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(100):
                peer.send(b"x" * SIZE)
            sent += 100
    return sent


def dropped_by_kernel(port: int) -> int:
    """The kernel's count of datagrams dropped at the socket on that port."""
    for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].partition(":")[2], 16) == port:
            return int(fields[-1])
    return 0


def main() -> int:
    """Run both loads. Exit code 1 if something grew, was lost outside the kernel, or starved."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datagrams", type=int, default=1_000_000)
    parser.add_argument("--flood", type=float, default=3.0, help="seconds")
    options = parser.parse_args()
    failures = []
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.connect(("127.0.0.1", port))
                client.settimeout(PATIENCE_S)
                echo(client, max(1, options.datagrams // 10))
                before = ask(client)
                started = time.perf_counter()
                echo(client, options.datagrams)
                took = time.perf_counter() - started
                after = ask(client)
                grown = after["rss"] - before["rss"]
                objects = after["objects"] - before["objects"]
                print(f"{options.datagrams} datagrams echoed in {took:.1f} s")
                print(f"  memory {before['rss'] >> 10} KiB, then {after['rss'] >> 10} KiB ({grown >> 10:+d})")
                print(f"  objects {before['objects']}, then {after['objects']} ({objects:+d})")
                print(f"  handles {after['handles']}, requests {after['requests']}, queued {after['queue']}")
                if grown > 1 << 20 or objects > 100 or after["handles"] != before["handles"]:
                    failures.append("something grew")
                if after["requests"] or after["queue"]:
                    failures.append("something was left under way")

                lost_before = dropped_by_kernel(port)
                sent = flood(port, options.flood)
                flooded = ask(client)
                heard = flooded["heard"] - after["heard"]
                fired = flooded["fired"] - after["fired"]
                lost = dropped_by_kernel(port) - lost_before
                print(f"{sent} datagrams in a flood of {options.flood:g} s")
                print(f"  heard {heard}, dropped by the kernel {lost}, together {heard + lost}")
                print(f"  the 10 ms timer fired {fired} times")
                if lost == 0:
                    print("  the server kept up: this was no flood")
                if not 0 <= heard + lost - sent <= 100:
                    failures.append("datagrams were lost outside the kernel")
                if fired < options.flood * 100 / 4:
                    failures.append("the timers starved")
        finally:
            server.kill()
    for failure in failures:
        print(f"FAILED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
