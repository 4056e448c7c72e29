"""Stages for the forkserver's tests: each does one thing a role can do, without nodesock."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn


def _write(fd: int, kind: str, **fields: Any) -> None:
    os.write(fd, json.dumps({"kind": kind, **fields}).encode() + b"\n")


CAPABILITIES = Path("/proc/self/status").read_text().split("CapEff:")[1].split()[0]


def tell(
    case: Any, role: str, values: Any, *, deadline_ms: int, path_dir: str, command_in: int, trace_out: int
) -> int:
    """Write what it was given, then something on stdout and stderr; exit code 3."""
    lines = Path("/proc/self/status").read_text().splitlines()
    status = dict(line.split(":\t") for line in lines if ":\t" in line)
    _write(
        trace_out,
        "note",
        args=[
            {
                "case": case.id,
                "role": role,
                "values": values,
                "deadline_ms": deadline_ms,
                "path_dir": path_dir,
                "cwd": os.getcwd(),
                "pid": os.getpid(),
                "parent": os.getppid(),
                "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd"))[
                    :-1
                ],  # the listing's own
                "capabilities": status["CapEff"],
                "capabilities at import": CAPABILITIES,
                "capabilities in the case file": case.roles[0].function.__globals__.get("CAPABILITIES"),
            }
        ],
    )
    print("to stdout")
    print("to stderr", file=sys.stderr)
    return 3


def ask(case: Any, role: str, values: Any, *, command_in: int, trace_out: int, **_: Any) -> int:
    """Ask for a kernel view and repeat the answer."""
    _write(trace_out, "kernel?", args=[{"inode": 1}])
    _write(trace_out, "note", args=[json.loads(os.read(command_in, 4096))])
    return 0


def hang(case: Any, role: str, values: Any, *, trace_out: int, **_: Any) -> int:
    """Say the pid, write half a line, and do nothing for ever, whatever the deadline."""
    _write(trace_out, "note", args=[os.getpid()])
    os.write(trace_out, b'{"kind":')
    while True:
        time.sleep(60)


def crash(case: Any, role: str, values: Any, **_: Any) -> int:
    """Die of a signal."""
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGSEGV)
    return 0


def leave(case: Any, role: str, values: Any, **_: Any) -> NoReturn:
    """Leave by sys.exit."""
    sys.exit(5)


def fail(case: Any, role: str, values: Any, **_: Any) -> int:
    """Fail as only a broken stage does."""
    raise RuntimeError("a broken stage")


def start_others(case: Any, role: str, values: Any, *, trace_out: int, **_: Any) -> int:
    """Leave a child and an orphan in a session of its own behind, both with the role's descriptors."""
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    orphan = subprocess.run(
        ["setsid", "sh", "-c", "sleep 60 >&2 & echo $!"], stdout=subprocess.PIPE, check=True, close_fds=False
    )
    _write(trace_out, "note", args=[[child.pid, int(orphan.stdout)]])
    child.returncode = 0  # nobody waits for it
    return 0


def start_others_and_wait(case: Any, role: str, values: Any, **rest: Any) -> int:
    """The same, and stay."""
    start_others(case, role, values, **rest)
    time.sleep(60)
    return 0
