"""Which Docker daemon is meant: found as the ``docker`` command finds it.

That is ``DOCKER_HOST``, else the context that ``DOCKER_CONTEXT`` names, else the one that ``docker context use`` wrote
into ``config.json``, else the socket where a daemon of this machine listens.
"""

import hashlib
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from docker import DockerClient

DEFAULT = "unix:///var/run/docker.sock"

_FORMS = "unix://PATH or tcp://HOST:PORT"


class AddressError(Exception):
    """No address can be made of what was said. ``str()`` is one line."""


@dataclass(frozen=True)
class Address:
    """A daemon's address.

    ``url`` is ``unix://PATH`` or ``tcp://HOST:PORT``; ``source`` is where it was said, "" for the default. A daemon
    with TLS has ``certificates``, a directory with ca.pem, cert.pem and key.pem.
    """

    url: str
    source: str = ""
    certificates: Path | None = None
    verify: bool = True

    def knock(self, within: float) -> None:
        """Raise ``OSError`` if nobody listens there; docker's own client would wait and leave a socket open."""
        parts = urlsplit(self.url)
        if parts.scheme == "unix":
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.settimeout(within)
                probe.connect(parts.path)
        else:
            socket.create_connection((parts.hostname or "", parts.port or 0), within).close()

    def client(self, timeout: int) -> "DockerClient":
        """A client for it, with seconds for each answer. Raises ``DockerException`` or ``OSError``."""
        import docker
        from docker.tls import TLSConfig

        tls: Any = False
        if self.certificates is not None:
            ca, cert, key = (self.certificates / name for name in ("ca.pem", "cert.pem", "key.pem"))
            pair = (str(cert), str(key)) if cert.is_file() else None
            authority = str(ca) if ca.is_file() else None
            tls = TLSConfig(client_cert=pair, ca_cert=authority, verify=self.verify)
        return docker.DockerClient(base_url=self.url, tls=tls, timeout=timeout)

    def __str__(self) -> str:
        return f"{self.url} ({self.source})" if self.source else self.url


def current(environment: Mapping[str, str] = os.environ) -> Address:
    """The address that holds now. Raises ``AddressError``."""
    configuration = Path(environment.get("DOCKER_CONFIG") or Path.home() / ".docker")
    host = environment.get("DOCKER_HOST", "").strip()
    if host:
        verify = bool(environment.get("DOCKER_TLS_VERIFY"))
        certificates = Path(environment.get("DOCKER_CERT_PATH") or configuration) if verify else None
        return _address(host, f"DOCKER_HOST={host}", certificates)
    source = f"DOCKER_CONTEXT={environment.get('DOCKER_CONTEXT')}"
    name = environment.get("DOCKER_CONTEXT")
    if not name:
        source = f"the current context of {configuration / 'config.json'}"
        name = _current_context(configuration / "config.json")
    return (
        Address(DEFAULT) if name in (None, "", "default") else _of_context(configuration, str(name), source)
    )


def _current_context(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8")).get("currentContext")
    except (OSError, ValueError, AttributeError):  # the docker command goes on without it
        return None


def _of_context(configuration: Path, name: str, source: str) -> Address:
    contexts, digest = configuration / "contexts", hashlib.sha256(name.encode()).hexdigest()
    meta = contexts / "meta" / digest / "meta.json"
    try:
        endpoint = json.loads(meta.read_text(encoding="utf-8"))["Endpoints"]["docker"]
        host, verify = endpoint.get("Host") or DEFAULT, not endpoint.get("SkipTLSVerify")
    except FileNotFoundError:
        raise AddressError(f"there is no Docker context {name!r} ({source})") from None
    except OSError as error:
        raise AddressError(
            f"the Docker context {name!r} cannot be read ({source}): {error.strerror}"
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise AddressError(f"the Docker context {name!r} names no daemon ({source}): {meta}") from None
    certificates = contexts / "tls" / digest / "docker"
    return _address(str(host), f"context {name}", certificates if certificates.is_dir() else None, verify)


def _address(text: str, source: str, certificates: Path | None, verify: bool = True) -> Address:
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "tcp", text
    if scheme == "unix":
        return Address(f"unix://{rest}" if rest else DEFAULT, source)
    if scheme == "ssh":
        raise AddressError(
            f"the daemon at {text} ({source}) is reached by ssh: its containers share neither the directories nor the"
            " network of this machine"
        )
    try:
        if scheme != "tcp" or any(letter in rest for letter in "/?#@ "):
            raise ValueError
        parts = urlsplit(f"tcp://{rest}")
        port = parts.port or (2376 if certificates is not None else 2375)
    except ValueError:
        said = source if source.endswith(text) else f"{source}: {text}"
        raise AddressError(f"{said} is no address of a Docker daemon: {_FORMS} is") from None
    name = parts.hostname or "localhost"
    return Address(f"tcp://{f'[{name}]' if ':' in name else name}:{port}", source, certificates, verify)
