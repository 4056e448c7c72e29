"""Roles played for real: a case to play, and what is asked of its trace and its processes."""

import json
import os
import select
import time
from pathlib import Path
from typing import Any

from conformance.language.case import Case
from conformance.play.runner import PairingTrace, run_pairing
from conformance.play.subjects.base import StreamRole, Subject

CASE_FILE = """
from conformance import case


@case(about="nothing")
def nothing(t):
    t.note("x", 1)
"""


def play(subject: Subject, case: Case, run_dir: Path, deadline: float = 5.0) -> PairingTrace:
    return run_pairing(case, {role.name: subject for role in case.roles}, run_dir, deadline)


def terminated(trace: PairingTrace, role: str = "main") -> list[Any]:
    assert trace.faults == []
    record = trace.roles[role][-1]
    assert record["kind"] == "terminated"
    return list(record["args"])


def is_gone(pid: int, within: float = 5.0) -> bool:
    """Whether that process ends in time. It need not be a child of this one."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        return bool(poller.poll(within * 1000))
    finally:
        os.close(pidfd)


def first_record(role: StreamRole) -> dict[str, Any]:
    poller = select.poll()
    poller.register(role.fileno(), select.POLLIN)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        poller.poll(5000)
        for line in role.read():
            record: dict[str, Any] = json.loads(line)
            return record
    raise AssertionError("no record")


def capabilities(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff")), 16)
