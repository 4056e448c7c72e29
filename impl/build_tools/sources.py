"""Fetch the pinned source releases with pip, check them, and unpack them into the build cache."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildProblem

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Release:
    """One pinned source release."""

    name: str
    version: str
    sha256: str

    @property
    def stem(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def archive(self) -> str:
        return f"{self.stem}.tar.gz"


def pinned(requirements: Path = REQUIREMENTS) -> dict[str, Release]:
    """The releases that requirements.txt names, by project name."""
    pins = re.compile(r"^(\w+)==(\S+) --hash=sha256:([0-9a-f]{64})$", re.MULTILINE)
    found = pins.findall(requirements.read_text("utf-8"))
    return {name: Release(name, version, digest) for name, version, digest in found}


def cache_directory() -> Path:
    """Where downloads and the compiled libuv are kept between builds; NODESOCK_BUILD_CACHE moves it."""
    chosen = os.environ.get("NODESOCK_BUILD_CACHE")
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base).absolute() / "nodesock" / "build"


def usable_cache(fallback: Path) -> Path:
    """The cache directory if it can be written to, else `fallback` (a read-only or absent home is no obstacle)."""
    wanted = cache_directory()
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError:
        fallback.mkdir(parents=True, exist_ok=True)
        return fallback.absolute()


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def fetch(cache: Path, requirements: Path = REQUIREMENTS, run: Run = _run) -> dict[str, Path]:
    """Unpacked source trees by project name, downloaded at the first call only.

    Raises BuildProblem when a download fails or when what came does not have the pinned hash.
    """
    releases = pinned(requirements)
    cache.mkdir(parents=True, exist_ok=True)
    if any(not _matches(cache / release.archive, release) for release in releases.values()):
        _download(cache, requirements, releases, run)
    return {release.name: _unpack(cache, release) for release in releases.values()}


def _download(cache: Path, requirements: Path, releases: dict[str, Release], run: Run) -> None:
    # pip asks a source release for its metadata before it saves it. Without build isolation that is one egg_info run
    # in this very environment, which has setuptools: nothing is compiled and nothing else is installed.
    with tempfile.TemporaryDirectory(dir=cache) as arriving:
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input"]
        command += ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes"]
        command += ["--dest", arriving, "--requirement", str(requirements)]
        result = run(command)
        if result.returncode != 0:
            raise BuildProblem(_explain(result.stdout or "", releases))
        for release in releases.values():
            arrived = Path(arriving, release.archive)
            if not arrived.is_file():
                raise BuildProblem(f"pip reported success but did not save {release.archive}; try again")
            if not _matches(arrived, release):
                raise BuildProblem(_tampered(release.stem))
            os.replace(arrived, cache / release.archive)


def _explain(output: str, releases: dict[str, Release]) -> str:
    names = " and ".join(release.stem for release in releases.values())
    if "DO NOT MATCH THE HASHES" in output:
        culprit = re.search(r"^\s+(\S+==\S+) from ", output, re.MULTILINE)
        return _tampered(culprit.group(1).replace("==", "-") if culprit else names)
    if "No module named pip" in output:
        return f"pip is needed to download the sources of {names}; install it (python -m ensurepip) and try again"
    errors = [line.strip() for line in output.splitlines() if line.lstrip().upper().startswith("ERROR")]
    reason = errors[0] if errors else (output.strip().splitlines() or ["pip gave no reason"])[-1]
    return (
        f"the sources of {names} could not be downloaded ({reason}); check the network and pip's index settings"
        " (`pip config list`), then try again"
    )


def _tampered(what: str) -> str:
    return (
        f"the download of {what} does not have the pinned sha256 of build_tools/requirements.txt, so it was not used;"
        " check the package index or mirror that pip is set to"
    )


def _matches(archive: Path, release: Release) -> bool:
    try:
        return hashlib.sha256(archive.read_bytes()).hexdigest() == release.sha256
    except FileNotFoundError:
        return False


def _unpack(cache: Path, release: Release) -> Path:
    target = cache / f"{release.stem}-{release.sha256[:12]}"
    if not target.is_dir():
        # Unpacked beside its place and moved in, so that two builds at once never see half a tree.
        with tempfile.TemporaryDirectory(dir=cache) as unpacking:
            with tarfile.open(cache / release.archive) as archive:
                if hasattr(tarfile, "data_filter"):
                    archive.extractall(unpacking, filter="data")
                else:  # Python 3.11.0 to 3.11.3; the content is pinned by its hash
                    archive.extractall(unpacking)
            install(Path(unpacking, release.stem), target)
    return target


def install(made: Path, target: Path) -> None:
    """Move a finished tree into place; when another build was quicker, keep that one."""
    try:
        os.rename(made, target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(made, ignore_errors=True)
