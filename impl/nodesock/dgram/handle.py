"""How a socket sets up its handle: by the address family, or by the descriptor of a socket made elsewhere."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from nodesock.bindings.udp_wrap import UDP
from nodesock.bindings.uv import guess_handle_type
from nodesock.dgram.errors import bind_error, check
from nodesock.errors import UVError, exception_with_host_port, node_error
from nodesock.validators import to_uint32


class Family(NamedTuple):
    """The address family of a socket; `number` is 4 or 6."""

    number: int
    any_address: str
    loopback: str

    def bind(self, handle: UDP, ip: Any, port: Any, flags: int) -> UVError | None:
        """Bind to an IP address (EINVAL if it is not a str) and a port (coerced to 16 bits); returns the error."""
        bind = handle.bind if self.number == 4 else handle.bind6
        err = bind(ip if isinstance(ip, str) else "", to_uint32(port or 0) & 0xFFFF, flags)
        return bind_error(err, ip, port) if err else None

    def connect(self, handle: UDP, ip: Any, port: int, address: str) -> UVError | None:
        """Connect to an IP address; returns the error, which names `address`."""
        connect = handle.connect if self.number == 4 else handle.connect6
        err = connect(ip if isinstance(ip, str) else "", port)
        return exception_with_host_port(err, "connect", address, port) if err else None

    def send_of(self, handle: UDP) -> Callable[..., int]:
        """The method of the handle that sends a datagram."""
        return handle.send if self.number == 4 else handle.send6


FAMILIES: Final = {"udp4": Family(4, "0.0.0.0", "127.0.0.1"), "udp6": Family(6, "::", "::1")}


def take_over(handle: UDP | None, fd: int) -> None:
    """Open the descriptor of a UDP socket. Raises ERR_INVALID_FD_TYPE and the system's errors.

    A handle that is closed meanwhile (None) takes over nothing.
    """
    kind = guess_handle_type(fd)
    if kind != "UDP":
        raise node_error("ERR_INVALID_FD_TYPE", kind)
    if handle is not None:
        check(handle.open(fd), "open")


def ends(handle: UDP, is_connected: bool) -> str:
    """The handle's ends for a `__repr__`, ` 127.0.0.1:80 -> 127.0.0.1:4711`, as far as it has them."""
    name, peer = handle.getsockname(), handle.getpeername() if is_connected else None
    here = f" {name[0]}:{name[2]}" if isinstance(name, tuple) else ""
    return here + (f" -> {peer[0]}:{peer[2]}" if isinstance(peer, tuple) else "")
