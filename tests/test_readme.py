"""The README's two programs are taken from it and run as they stand there."""

import re
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = re.compile(r"```python\n# (\S+\.py)\n(.*?)```", re.DOTALL)
PROGRAMS = dict(PROGRAM.findall((ROOT / "README.md").read_text("utf-8")))


def test_both_are_short() -> None:
    assert set(PROGRAMS) == {"echo.py", "greeting.py"}
    for text in PROGRAMS.values():
        assert len([line for line in text.splitlines() if line.strip()]) <= 10


def test_the_server_echoes(tmp_path: Path) -> None:
    text = PROGRAMS["echo.py"]
    assert "8124" in text
    (tmp_path / "echo.py").write_text(text.replace("8124", "0"))  # the machine's port 8124 may be somebody's
    with subprocess.Popen([sys.executable, "echo.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert select.select([server.stdout], [], [], 20)[0], "the server did not say its port"
            port = int(server.stdout.readline().rsplit(" ", 1)[1])
            with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
                peer.sendall(b"hello")
                peer.shutdown(socket.SHUT_WR)
                answer = b""
                while more := peer.recv(100):
                    answer += more
            assert answer == b"hello"
        finally:
            server.kill()


@pytest.mark.parametrize("verb", ["run", "export"])
def test_the_case_runs_as_written(verb: str, tmp_path: Path) -> None:
    (tmp_path / "greeting.py").write_text(PROGRAMS["greeting.py"])
    done = subprocess.run(
        [sys.executable, "-m", "conformance", verb, "greeting.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


def test_the_two_commands_are_make_s() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for verb in ("conformance", "test"):
        assert f"make {verb} " in (ROOT / "README.md").read_text("utf-8")
        assert re.search(rf"^{verb}: ", makefile, re.MULTILINE)
