"""What goes wrong around cases, from the command line: each is named for what it is, and ends in time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.play.subjects.node import NodeSubject

CASES = """
import time

from conformance import case


@case(about="its raw role never comes back from its own code")
class Stuck:
    def raw(r):
        {body}
        r.publish(port=1)

    def main(t, port):
        t.note("port", port)


@case(about="it asks for what Node does not have")
def misspelt(t):
    t.net.create_sever()
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "conformance", "run", *arguments, "--node", "local", "--no-cache"]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.parametrize("body", ["while True: pass", "time.sleep(60)"])
def test_the_first_interruption_ends_a_run_whose_raw_role_is_stuck(
    body: str, local_node: NodeSubject, tmp_path: Path
) -> None:
    (tmp_path / "mishaps.py").write_text(CASES.format(body=body))
    with subprocess.Popen(
        command("mishaps.py::*stuck", "--deadline", "60"),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "against Node" in process.stdout.readline()
        time.sleep(0.5)  # the raw role is at its endless work
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        try:
            out, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    assert time.monotonic() - started < 10
    assert process.returncode == 2, out
    assert "Traceback" not in out


def test_a_mistake_in_the_case_is_said_to_be_one(local_node: NodeSubject, tmp_path: Path) -> None:
    (tmp_path / "mishaps.py").write_text(CASES.format(body="r.lisen()"))
    ran = subprocess.run(
        command("mishaps.py"),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 3, ran
    assert "the case is wrong: mishaps.py:19: main: t.net.create_sever is not a function" in ran.stdout
    assert (
        "the case is wrong: mishaps.py:10: AttributeError: 'Raw' object has no attribute 'lisen'"
        in ran.stdout
    )
