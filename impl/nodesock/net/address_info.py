"""What `server.address()`, `socket.address()` and the 'drop' event report: small immutable records."""

from typing import NamedTuple


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
