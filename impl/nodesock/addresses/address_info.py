"""What `server.address()`, `socket.address()` and the 'drop' event report: small immutable records."""

from typing import Any, NamedTuple


class AddressInfo(NamedTuple):
    """A bound address, as `server.address()` and `socket.address()` return it. `family` is 'IPv4' or 'IPv6'."""

    address: str
    family: str
    port: int


class DropInfo(NamedTuple):
    """The argument of a server's 'drop' event: both ends of the connection that was turned away."""

    local_address: str | None
    local_port: int | None
    local_family: str | None
    remote_address: str | None
    remote_port: int | None
    remote_family: str | None


def ends(handle: Any) -> str:
    """Both ends of a handle for a `__repr__`, ` 127.0.0.1:80 -> 127.0.0.1:4711`; the path of a unix socket."""
    known = []
    for ask in ("getsockname", "getpeername"):
        name = getattr(handle, ask, int)()
        if isinstance(name, tuple):
            host = f"[{name[0]}]" if ":" in name[0] else name[0]
            known.append(f"{host}:{name[2]}")
        elif isinstance(name, str) and name:
            known.append(name)
    return f" {' -> '.join(known)}" if known else ""
