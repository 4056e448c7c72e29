"""Which versions of a runtime there are, and how their binary gets onto this machine.

Every version comes from a package on npm through ``npm pack`` (the packages for arm64 are pinned too but have not been
tried). The pinned versions are checked against the hashes in ``runtimes``, whatever the registry says; any other
version is checked against the hash that the registry gives. Only the binary is kept, in the user's cache directory, and
from then on npm is not asked for that version.
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
from conformance.play.subjects.runtimes import NODE, Runtime

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


def resolve(version: str, runtime: Runtime = NODE) -> str:
    """``"22"`` or ``"v22.20"`` → the newest pinned version that begins so, else the newest that npm has.

    A full version stays as it is. Where npm cannot be asked the newest binary in the cache will do. Raises
    ``ReferenceUnavailable`` if there is none, or npm has no version that begins so.
    """
    wanted = version.removeprefix("v")
    if wanted.count(".") >= 2:
        return wanted
    found = _newest(wanted, runtime.pinned)
    if found is not None:
        return found
    try:
        known = published(runtime)
    except ReferenceUnavailable:
        found = _newest(wanted, cached(runtime))
        if found is None:
            raise
        return found
    found = _newest(wanted, known)
    if found is None:
        raise ReferenceUnavailable(f"npm has no {runtime.title} {wanted}; the newest it has is {known[-1]}")
    return found


def obtain(version: str, runtime: Runtime = NODE) -> Path:
    """The path of that version's program, downloaded if it is not in the cache.

    Raises ``ReferenceUnavailable``.
    """
    found = _binary(runtime, version)
    if found is not None:
        return found
    package = _package(runtime)
    with cache_lock(f"{runtime.name}-{version}"):
        found = _binary(runtime, version)
        if found is None:
            expected = _pinned(runtime, version) or _registry_hash(runtime, package, version)
            found = _place(runtime, version, expected)
            _download(f"{package}@{version}", expected, runtime.binary, found)
    return found


def published(runtime: Runtime = NODE) -> list[str]:
    """Every version that npm has, oldest first. Raises ``ReferenceUnavailable`` if npm cannot be asked."""
    package = _package(runtime)
    known = _ask(f"{package} versions", f"which versions of {runtime.title} there are")
    if not isinstance(known, list):
        raise ReferenceUnavailable(f"npm did not list the versions of {package}")
    return _sorted(known)


def cached(runtime: Runtime = NODE) -> list[str]:
    """The versions whose binary is in the cache, oldest first."""
    found = _directory(runtime).glob(f"*.*.*-*/{runtime.name}")
    return _sorted({binary.parent.name.rpartition("-")[0] for binary in found})


def lines(known: Iterable[str]) -> list[Line]:
    """Each major version of Node that is pinned or cached, with its newest among ``known``, oldest first."""
    kept, known = cached(), list(known)
    majors = sorted({int(version.split(".")[0]) for version in (*NODE.pinned, *kept)})
    return [
        Line(
            major,
            _newest(str(major), NODE.pinned),
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


def _architecture(runtime: Runtime) -> str:
    """This machine's architecture. Raises ``ReferenceUnavailable`` if npm does not have the runtime for it."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES:
        raise ReferenceUnavailable(f"there is no packaged {runtime.title} for {sys.platform} on {machine}")
    return _ARCHITECTURES[machine]


def _package(runtime: Runtime) -> str:
    return runtime.packages[_architecture(runtime)]


def _pinned(runtime: Runtime, version: str) -> str | None:
    return runtime.pinned.get(version, {}).get(_architecture(runtime))


# -- the cache -----------------------------------------------------------------------------------------------


def _directory(runtime: Runtime) -> Path:
    return cache_dir() / runtime.name


def _place(runtime: Runtime, version: str, expected: str) -> Path:
    mark = hashlib.sha256(expected.encode()).hexdigest()[:12]
    return _directory(runtime) / f"{version}-{mark}" / runtime.name


def _binary(runtime: Runtime, version: str) -> Path | None:
    """The cached binary: of a pinned version the one with the pinned hash, else the one that was fetched."""
    expected = _pinned(runtime, version)
    if expected is None:
        return next(_directory(runtime).glob(f"{version}-{'[0-9a-f]' * 12}/{runtime.name}"), None)
    binary = _place(runtime, version, expected)
    return binary if binary.exists() else None


# -- npm -----------------------------------------------------------------------------------------------------


class _NotFound(ReferenceUnavailable):
    """npm has no such package or version."""


def _registry_hash(runtime: Runtime, package: str, version: str) -> str:
    """The sha512 that the registry gives for that version of the package."""
    given = _ask(f"{package}@{version} dist.integrity", f"for {runtime.title} {version}")
    if given is None:
        raise ReferenceUnavailable(
            f"npm has no {runtime.title} {version}; `npm view {package} versions` lists what it has"
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


def _download(spec: str, expected: str, member: str, binary: Path) -> None:
    """Fetch the package ``spec`` and keep its file ``member`` as ``binary``."""
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
        unpacked = directory / binary.name
        _extract(archive, member, unpacked)
        unpacked.chmod(0o755)
        unpacked.rename(binary)


def _matches(archive: Path, expected: str) -> bool:
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha512").digest()
    return base64.b64encode(digest).decode() == expected.removeprefix("sha512-")


def _extract(archive: Path, member: str, to: Path) -> None:
    try:
        with tarfile.open(archive) as package, to.open("wb") as target:
            source = package.extractfile(member)
            if source is None:
                raise KeyError(member)
            shutil.copyfileobj(source, target, 1 << 20)
    except (KeyError, tarfile.TarError) as error:
        raise ReferenceUnavailable(f"{archive.name} holds no {member}: {error}") from None
