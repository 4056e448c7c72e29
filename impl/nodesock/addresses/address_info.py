"""What `server.address()` and `socket.address()` return: a small immutable record."""

from typing import NamedTuple


class AddressInfo(NamedTuple):
    """A bound address, as `server.address()` and `socket.address()` return it. `family` is 'IPv4' or 'IPv6'."""

    address: str
    family: str
    port: int


class BoundPath(NamedTuple):
    """What `socket.address()` returns for a socket that took over a `BoundSocket` with a path."""

    address: str
