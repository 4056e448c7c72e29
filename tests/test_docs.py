"""The programs of docs/nodesock.md run as they stand there and print what is shown below them; links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "nodesock.md").read_text("utf-8")
PROGRAM = re.compile(r"```python\n# (\S+\.py)\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
PROGRAMS = {name: (source, shown) for name, source, shown in PROGRAM.findall(PAGE)}
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def test_every_program_has_its_output() -> None:
    assert len(PROGRAMS) == PAGE.count("```python")


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_prints_what_is_shown(name: str, tmp_path: Path) -> None:
    source, shown = PROGRAMS[name]
    path = tmp_path / name
    path.write_text(source, "utf-8")
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", shown)


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
)
def test_links_lead_to_files(page: str) -> None:
    path = ROOT / page
    missing = [link for link in LINK.findall(path.read_text("utf-8")) if not (path.parent / link).exists()]
    assert not missing


def reference(into: Path) -> None:
    """`make docs`."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "reference.py"), str(into)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_reference_has_every_public_member_of_a_class(tmp_path: Path) -> None:
    """A class is put together of several files, and is described with what it has of all of them."""
    reference(tmp_path)
    dgram = (tmp_path / "nodesock.dgram.md").read_text("utf-8")
    for member in ("bind", "send", "connect", "set_ttl", "close"):
        assert f"### `Socket.{member}(" in dgram
    assert "### `Socket.close(callback=…) -> Self`" in dgram
    assert "Also all of `nodesock.events.EventEmitter`" in dgram
    net = (tmp_path / "nodesock.net.md").read_text("utf-8")
    assert "### `Socket.set_no_delay(" in net and "### `Server.listen(" in net
    assert "The same as `nodesock.net.Socket`" in net  # Stream, its old name
    assert "### `process.emit_warning(" in (tmp_path / "nodesock.md").read_text("utf-8")


def test_every_public_name_says_what_it_is(tmp_path: Path) -> None:
    """Each heading of the reference is followed by a text."""
    reference(tmp_path)
    silent = [
        heading
        for page in sorted(tmp_path.glob("*.md"))
        for heading, text in re.findall(r"^##+ `(.+?)`\n+(.*)$", page.read_text("utf-8"), re.MULTILINE)
        if not text or text.startswith(("#", "Also all of"))
    ]
    assert not silent
