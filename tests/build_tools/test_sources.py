"""The downloads of the build, with a pip that is a fake: no network, and every way it can go wrong."""

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from build_tools import sources
from build_tools.errors import BuildProblem


def archive_of(stem: str, text: str = "int main;") -> bytes:
    """A source release as a package index would serve it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo(f"{stem}/src/main.c")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


class FakePip:
    """Answers `pip download`: writes `files` into --dest, says `output`, returns `status`."""

    def __init__(self, files: dict[str, bytes], output: str = "", status: int = 0) -> None:
        self.files, self.output, self.status = files, output, status
        self.calls: list[Sequence[str]] = []

    def __call__(self, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        self.calls.append(command)
        into = Path(command[command.index("--dest") + 1])
        for name, content in self.files.items():
            (into / name).write_bytes(content)
        return subprocess.CompletedProcess(list(command), self.status, self.output)


Pin = Callable[[bytes], Path]


@pytest.fixture
def pin(tmp_path: Path) -> Pin:
    def write(content: bytes) -> Path:
        path = tmp_path / "requirements.txt"
        path.write_text(f"thing==1.0 --hash=sha256:{hashlib.sha256(content).hexdigest()}\n")
        return path

    return write


def test_two_releases_are_pinned_by_hash() -> None:
    releases = sources.pinned()
    assert {name: release.version for name, release in releases.items()} == {"pyuv": "1.4.0", "uvloop": "0.23.0"}
    assert all(len(release.sha256) == 64 for release in releases.values())


def test_a_release_is_downloaded_once_and_unpacked(tmp_path: Path, pin: Pin) -> None:
    content = archive_of("thing-1.0")
    pip = FakePip({"thing-1.0.tar.gz": content})
    cache = tmp_path / "cache"
    for _ in range(2):
        tree = sources.fetch(cache, pin(content), pip)["thing"]
        assert (tree / "src" / "main.c").read_text() == "int main;"
    assert len(pip.calls) == 1
    assert {"--require-hashes", "--no-deps", "--no-build-isolation"} <= set(pip.calls[0])


def test_a_damaged_archive_in_the_cache_is_fetched_anew(tmp_path: Path, pin: Pin) -> None:
    content = archive_of("thing-1.0")
    pip = FakePip({"thing-1.0.tar.gz": content})
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "thing-1.0.tar.gz").write_bytes(content[:50])
    assert sources.fetch(cache, pin(content), pip)["thing"].is_dir()
    assert len(pip.calls) == 1


def test_a_hash_that_pip_refuses_is_said_in_one_line(tmp_path: Path, pin: Pin) -> None:
    refusal = (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"
        "    thing==1.0 from https://index.example/thing-1.0.tar.gz:\n"
        "        Expected sha256 aa\n             Got        bb\n"
    )
    with pytest.raises(BuildProblem) as problem:
        sources.fetch(tmp_path / "cache", pin(b"x"), FakePip({}, refusal, status=1))
    text = str(problem.value)
    assert "thing-1.0 does not have the pinned sha256" in text
    assert "\n" not in text


def test_what_came_is_hashed_here_as_well(tmp_path: Path, pin: Pin) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(BuildProblem, match="thing-1.0 does not have the pinned sha256"):
        sources.fetch(cache, pin(b"expected"), FakePip({"thing-1.0.tar.gz": b"something else"}))
    assert not (cache / "thing-1.0.tar.gz").exists()


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "WARNING: Retrying\nERROR: No matching distribution found for thing==1.0\n",
            "could not be downloaded (ERROR: No matching distribution found for thing==1.0); check the network",
        ),
        ("/usr/bin/python3: No module named pip\n", "pip is needed to download the sources of thing-1.0"),
        ("", "could not be downloaded (pip gave no reason)"),
    ],
)
def test_a_failed_download_says_what_to_do(tmp_path: Path, pin: Pin, output: str, expected: str) -> None:
    with pytest.raises(BuildProblem) as problem:
        sources.fetch(tmp_path / "cache", pin(b"x"), FakePip({}, output, status=1))
    assert expected in str(problem.value)
    assert "\n" not in str(problem.value)


def test_an_unwritable_cache_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    monkeypatch.setenv("NODESOCK_BUILD_CACHE", str(blocked / "cache"))
    fallback = tmp_path / "build" / "cache"
    assert sources.usable_cache(fallback) == fallback
    assert fallback.is_dir()


def test_the_quicker_of_two_builds_is_kept(tmp_path: Path) -> None:
    for name in ("made", "target"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "who").write_text(name)
    sources.install(tmp_path / "made", tmp_path / "target")
    assert (tmp_path / "target" / "who").read_text() == "target"
    assert not (tmp_path / "made").exists()
