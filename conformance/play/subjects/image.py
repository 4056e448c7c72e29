"""The container image of a runtime: for Node the official one where it can be had, else one built on the spot.

The built one is ``FROM scratch``: Node's binary for the supervisor, the runtime's own if it is another one, the shared
libraries that ``ldd`` names, and what ``getaddrinfo`` loads at run time. It is tagged and labelled with the hash of its
content, so an unchanged one is found again and a changed one is built anew.
"""

import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.play.subjects import binaries, docker_address
from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.runtimes import NODE, Runtime

if TYPE_CHECKING:
    from docker import DockerClient

REPOSITORY = "nodesock-conformance"
CONTENT_LABEL = "nodesock.conformance.content"

_DOCKERFILE = Path(__file__).parents[3] / "node_fixtures" / "Dockerfile"

#: Change it when the way of building changes and the same files must give a new image.
_RECIPE = "1"

#: How long a pull may be silent, and how long it may take, in seconds.
_PULL_SILENCE = 8.0
_PULL_TOTAL = 300.0

#: After a pull failed it is not tried again for this long: every run would pay for the same answer.
_REMEMBER_FAILURE = 24 * 3600.0

# glibc loads these by name, `ldd` does not see them. Newer glibc has the first two inside itself and ships
# empty shells.
_LOADED_LATER = ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")

# `hosts` as every distribution has it for plain names; /etc/hosts and /etc/resolv.conf are the container
# engine's.
_NSSWITCH = (
    b"passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n"
)

# How this machine orders and filters what getaddrinfo returns: the same for the roles inside and outside the
# container.
_RESOLVER_FILES = ("/etc/gai.conf", "/etc/host.conf")


@dataclass(frozen=True)
class Image:
    """An image that can be run now."""

    reference: str  # what to run
    described: str  # tag and id, for the report
    official: bool


def ensure_image(client: "DockerClient", version: str, runtime: Runtime = NODE) -> Image:
    """The image for that version of the runtime: Node's official one if present or to be had, else built.

    Raises ``ReferenceUnavailable``.
    """
    if runtime is not NODE:
        with binaries.cache_lock(f"image-{runtime.name}-{version}"):
            return _built(client, version, runtime)
    official = f"node:{version}-slim"
    image = _present(client, official)
    if image is None:
        with binaries.cache_lock(f"image-{version}") as cache:
            image = _present(client, official) or _pull(client, official, cache / "pull-failures.json")
            if image is None:
                return _built(client, version, runtime)
    return Image(image.id, f"{official} {_digest(image)}", official=True)


def _present(client: "DockerClient", name: str) -> Any:
    from docker.errors import ImageNotFound

    try:
        return client.images.get(name)
    except ImageNotFound:
        return None


def _digest(image: Any) -> str:
    """The digest it was pulled by, else the id."""
    digests = image.attrs.get("RepoDigests") or []
    return str(digests[0].partition("@")[2] if digests else image.id)


# -- pulling -------------------------------------------------------------------------------------------------


def _pull(client: "DockerClient", name: str, memory: Path) -> Any:
    """The pulled image, or None. A failure is remembered; a silent registry is given up on soon."""
    if time.time() - _remembered(memory).get(name, 0.0) < _REMEMBER_FAILURE:
        return None
    if not _try_pull(name):
        failures = {**_remembered(memory), name: time.time()}
        memory.write_text(json.dumps(failures))
        return None
    return _present(client, name)


def _try_pull(name: str) -> bool:
    import requests
    from docker.errors import DockerException

    repository, _, tag = name.partition(":")
    until = time.monotonic() + _PULL_TOTAL
    # A client of its own: its time-out is the longest silence between two lines of progress.
    client = docker_address.current().client(int(_PULL_SILENCE))
    try:
        for progress in client.api.pull(repository, tag=tag, stream=True, decode=True):
            if "error" in progress or time.monotonic() > until:
                return False
    except (DockerException, requests.RequestException, OSError):
        return False
    finally:
        client.close()
    return True


def _remembered(memory: Path) -> dict[str, float]:
    try:
        failures = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return failures if isinstance(failures, dict) else {}


# -- building ------------------------------------------------------------------------------------------------


def _built(client: "DockerClient", version: str, runtime: Runtime) -> Image:
    programs = {runtime.name: binaries.obtain(version, runtime)}
    if runtime is not NODE:
        programs[NODE.name] = binaries.obtain(NODE.default)
    files: dict[str, Path] = {}
    for name, binary in programs.items():
        files |= {f"usr/local/bin/{name}": binary, **_libraries(binary)}
    texts = {"etc/nsswitch.conf": _NSSWITCH} | {
        name.lstrip("/"): Path(name).read_bytes() for name in _RESOLVER_FILES if Path(name).is_file()
    }
    content = _content_hash(files, texts)
    tag = f"{REPOSITORY}/{runtime.name}:{version}-{content[:12]}"
    image = _present(client, tag)
    if image is None:
        image = _build(client, tag, content, files, texts)
    return Image(image.id, f"{tag} {image.id}", official=False)


def _libraries(binary: Path) -> dict[str, Path]:
    """Path inside the image → file here, for every shared library that the binary needs."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LD_")}
    try:
        listed = subprocess.run(
            ["ldd", str(binary)],
            capture_output=True,
            text=True,
            check=True,
            env={**environment, "LC_ALL": "C"},
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ReferenceUnavailable(f"the libraries of {binary} cannot be listed with ldd: {error}") from None
    missing = re.findall(r"^\s*(\S+) => not found", listed, re.MULTILINE)
    if missing:
        raise ReferenceUnavailable(f"{binary} needs {', '.join(missing)}, which this machine does not have")
    paths = [Path(path) for path in re.findall(r"(?:=> |^\s*)(/\S+) \(0x", listed, re.MULTILINE)]
    libc = next((path for path in paths if path.name.startswith("libc.so")), None)
    if libc is not None:
        paths += [libc.with_name(name) for name in _LOADED_LATER if libc.with_name(name).exists()]
    return {str(path).lstrip("/"): path.resolve() for path in paths}


def _content_hash(files: dict[str, Path], texts: dict[str, bytes]) -> str:
    total = hashlib.sha256(_RECIPE.encode() + _DOCKERFILE.read_bytes())
    for name, path in sorted(files.items()):
        with path.open("rb") as file:
            total.update(f"{name}\0".encode() + hashlib.file_digest(file, "sha256").digest())
    for name, text in sorted(texts.items()):
        total.update(f"{name}\0".encode() + hashlib.sha256(text).digest())
    return total.hexdigest()


def _build(
    client: "DockerClient", tag: str, content: str, files: dict[str, Path], texts: dict[str, bytes]
) -> Any:
    from docker.errors import APIError, BuildError

    # On disk: the context is the size of its programs, and the client streams a file.
    with tempfile.TemporaryFile(dir=binaries.cache_dir()) as context:
        with tarfile.open(fileobj=context, mode="w") as archive:
            _add_bytes(archive, "Dockerfile", _DOCKERFILE.read_bytes())
            for name, path in files.items():
                _add_file(archive, f"rootfs/{name}", path)
            for name, text in texts.items():
                _add_bytes(archive, f"rootfs/{name}", text)
        context.seek(0)
        try:
            image, _ = client.images.build(
                fileobj=context,
                custom_context=True,
                tag=tag,
                labels={CONTENT_LABEL: content},
                rm=True,
                forcerm=True,
                pull=False,
            )
        except (BuildError, APIError) as error:
            raise ReferenceUnavailable(
                f"the image {tag} could not be built: {' '.join(str(error).split())}"
            ) from None
    return image


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> None:
    entry = archive.gettarinfo(str(path), name)
    entry.mode, entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime = 0o755, 0, 0, "", "", 0
    with path.open("rb") as file:
        archive.addfile(entry, file)


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o644
    archive.addfile(entry, io.BytesIO(content))
