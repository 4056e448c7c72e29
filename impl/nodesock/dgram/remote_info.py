"""The second argument of a dgram socket's 'message' event: who sent the datagram."""

from typing import NamedTuple


class RemoteInfo(NamedTuple):
    """The sender of a datagram. `family` is 'IPv4' or 'IPv6', `size` the datagram's length in bytes.

    A link-local IPv6 sender has its zone in the address (`fe80::1%eth0`); an IPv4 sender of a dual-stack
    socket is `::ffff:a.b.c.d`.
    """

    address: str
    family: str
    port: int
    size: int
