"""A supervisor in a container: started once per run, hardened, and gone with the harness however that ends.

The container's only process is the supervisor. It holds a lease on the harness (``lease.Lease``): when the
harness ends the supervisor does, and the engine removes the container (``auto_remove``). What can be left is
a container that was created but never started, by a harness killed in that very moment; the next run sweeps
those.
"""

import contextlib
import os
import re
import resource
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.play.last_words import cause
from conformance.play.subjects import docker_address
from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.image import ensure_image
from conformance.play.subjects.lease import Lease, LeaseLost
from conformance.play.subjects.rundir import is_abandoned, roles_directory
from conformance.play.subjects.runtimes import NODE, Runtime

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

#: Where the programs of the runtimes are in the container.
PROGRAMS = "/usr/local/bin"

#: On every container of ours; its value is the run directory.
LABEL = "nodesock.conformance.run"

_ANSWER_WITHIN = 10  # seconds for one answer of the engine
_WORK_WITHIN = 120  # seconds for one that works, such as a build
_READY_WITHIN = 30.0
_GONE_WITHIN = 10

#: What Docker and Podman say of a mount whose source they do not find.
_MISSING = re.compile(r"does not exist|no such file or directory", re.IGNORECASE)

_MEMORY = "3g"  # four dozen processes at once
_PIDS = 2048  # threads count; a process of Node has eleven


def docker_trouble() -> str | None:
    """Why no container can be started here, in one line; None if one can."""
    try:
        import requests
        from docker.errors import DockerException
    except ImportError:
        return "the Python package docker is not installed"
    try:
        address = docker_address.current()
    except docker_address.AddressError as error:
        return str(error)
    try:
        address.knock(_ANSWER_WITHIN)
    except (OSError, UnicodeError) as error:
        return f"no Docker daemon answers at {address}: {_innermost(error)}"
    try:
        client = address.client(_ANSWER_WITHIN)
        try:
            return _unfit(client.info())
        finally:
            client.close()
    except (DockerException, requests.RequestException, OSError, ValueError) as error:
        return f"what answers at {address} does not answer as a Docker daemon: {_innermost(error)}"


def _unfit(info: Mapping[str, Any]) -> str | None:
    """Why this engine's containers cannot play roles with processes outside, by what it says of itself."""
    if info.get("OSType") != "linux":
        return "the Docker daemon does not run Linux containers"
    if "Docker Desktop" in info.get("OperatingSystem", ""):
        return "Docker Desktop runs containers in a virtual machine, without this machine's network"
    return None


def _is_rootless(info: Mapping[str, Any]) -> bool:
    return "name=rootless" in (info.get("SecurityOptions") or [])


def _stranger(hello: Mapping[str, Any]) -> str | None:
    """Why a container that has come up cannot play roles with processes outside, by what its supervisor sees."""
    if hello["boot"] != Path("/proc/sys/kernel/random/boot_id").read_text().strip():
        return "its containers run on another kernel: in a virtual machine, or on another machine"
    if hello["network"] != os.readlink("/proc/self/ns/net"):
        return "its containers have a network of their own, not this machine's"
    return None


class DockerProvider:
    """The supervisor in a container: the host's network, and of its files those that the container's own roles need."""

    provider = "docker"

    def __init__(self, version: str, runtime: Runtime = NODE) -> None:
        self._version = version
        self._runtime = runtime
        self._client: DockerClient | None = None
        self._container: Container | None = None
        self._lease: Lease | None = None
        self._follower: threading.Thread | None = None
        self.image: str | None = None

    def open(self, run_dir: Path, directory: Path) -> dict[str, Any]:
        """Start the supervisor found in ``directory`` and return its hello.

        Raises ``ReferenceUnavailable``.
        """
        import docker
        import requests
        from docker.errors import DockerException

        try:
            self._address = docker_address.current()
            self._client = self._address.client(_WORK_WITHIN)
            info = self._client.info()
            _sweep(self._client)
            image = ensure_image(self._client, self._version, self._runtime)
            self.image = image.described
            sockets, roles = directory / "io", roles_directory(run_dir)
            self._lease = Lease(sockets / "lease.sock")
            files = resource.getrlimit(resource.RLIMIT_NOFILE)  # EMFILE comes as early as for the other roles
            command = [str(directory / "supervisor.js"), str(sockets)]
            self._container = self._client.containers.create(
                image.reference,
                command,
                entrypoint=[f"{PROGRAMS}/node"],
                auto_remove=True,
                cap_drop=["ALL"],
                labels={LABEL: str(run_dir)},
                mem_limit=_MEMORY,
                network_mode="host",
                pids_limit=_PIDS,
                read_only=True,
                security_opt=["no-new-privileges"],
                ulimits=[docker.types.Ulimit(name="nofile", soft=files[0], hard=files[1])],
                # What is root in the container of a rootless engine is the engine's user outside.
                user="0:0" if _is_rootless(info) else f"{os.getuid()}:{os.getgid()}",
                mounts=[_mounted(directory, read_only=True), _mounted(sockets), _mounted(roles)],
                working_dir="/",
            )
            hello = self._start(self._container, self._lease)
        except docker_address.AddressError as error:
            raise ReferenceUnavailable(str(error)) from None
        except (DockerException, requests.RequestException, OSError) as error:
            why = _innermost(error)
            if str(run_dir) in why and _MISSING.search(why):
                why = f"it does not see the directories of this machine ({why})"
            raise ReferenceUnavailable(
                f"Docker at {self._address} cannot run {self._runtime.title} {self._version}: {why}"
            ) from None
        stranger = _stranger(hello)
        if stranger is not None:
            raise ReferenceUnavailable(f"Docker at {self._address} cannot be used: {stranger}")
        return hello

    @property
    def lost(self) -> bool:
        """Whether the container has ended."""
        return self._lease is None or self._lease.lost

    def close(self) -> None:
        """Give the lease up and wait until the container has been removed."""
        if self._lease is not None:
            self._lease.close()
            self._lease = None
        if self._container is not None:
            _await_removal(self._container)
            self._container = None
        if self._follower is not None:
            self._follower.join(_GONE_WITHIN)
            self._follower = None
        if self._client is not None:
            self._client.close()
            self._client = None

    def _start(self, container: "Container", lease: Lease) -> dict[str, Any]:
        from docker.utils.socket import frames_iter

        frames: Any = frames_iter  # has no annotations

        # The stream of its output ends with the container: something to wait on beside the lease, and the
        # reason at hand.
        output: list[bytes] = []
        ended, write_end = os.pipe()

        def follow(stream: Any) -> None:
            with contextlib.suppress(Exception):  # whatever breaks the stream, the container is not to be had
                output.extend(chunk for _, chunk in frames(stream, False))
            stream._response.close()  # what container.attach() forgets
            os.close(write_end)

        client = self._client
        assert client is not None
        wanted = {"logs": 1, "stream": 1, "stdout": 1, "stderr": 1}
        stream = client.api.attach_socket(str(container.id), params=wanted)
        self._follower = threading.Thread(target=follow, args=(stream,), name="container output", daemon=True)
        self._follower.start()
        try:
            container.start()
            return lease.accept(_READY_WITHIN, ended)
        except LeaseLost as lost:
            said = cause(b"".join(output).decode(errors="replace"))
            raise ReferenceUnavailable(
                f"the container of {self.image} {lost}{f': {said}' if said else ''}"
            ) from None
        finally:
            os.close(ended)

    def __repr__(self) -> str:
        return f"<DockerProvider {self._runtime.name} {self._version} {self.image or 'not open'}>"


def _mounted(directory: Path, *, read_only: bool = False) -> Any:
    """The directory under its own path. Unlike a volume it is never made where the engine does not find it."""
    from docker.types import Mount

    return Mount(str(directory), str(directory), type="bind", read_only=read_only)


def _await_removal(container: "Container") -> None:
    import requests
    from docker.errors import DockerException

    try:
        container.wait(condition="removed", timeout=_GONE_WITHIN)
    except (DockerException, requests.RequestException, OSError):
        # Gone already, or it does not end by itself.
        with contextlib.suppress(DockerException, requests.RequestException, OSError):
            container.remove(force=True)


def _sweep(client: "DockerClient") -> None:
    """Remove containers whose harness is gone: only those that never ran can be left."""
    from docker.errors import DockerException

    with contextlib.suppress(DockerException):
        for container in client.containers.list(all=True, filters={"label": LABEL}):
            if is_abandoned(Path(container.labels[LABEL])):
                with contextlib.suppress(DockerException):
                    container.remove(force=True)


def _innermost(error: BaseException) -> str:
    """The plainest words of a wrapped error, in one line."""
    explanation = getattr(error, "explanation", None)
    if explanation:
        return " ".join(str(explanation).split())
    inner: BaseException = error
    while True:
        following = inner.__cause__ or inner.__context__
        nested = [arg for arg in inner.args if isinstance(arg, BaseException)]
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        if nested:
            inner = nested[-1]
        elif following is not None:
            inner = following
        else:
            return " ".join(str(inner).split()) or type(inner).__name__
