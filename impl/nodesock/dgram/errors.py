"""The answers of a handle and the errors they may be, with Node's name of the call, the address and the port."""

from typing import Any

from nodesock.addresses.address_info import AddressInfo
from nodesock.bindings.tcp_wrap import Endpoint
from nodesock.errors import UVError, buffer_size_error, errno_exception, exception_with_host_port
from nodesock.inspect import to_text
from nodesock.validators import UNDEFINED, is_truthy, to_number


def check(err: int, syscall: str) -> None:
    """Raise the system's error if `err`, the answer of a handle, is one."""
    if err:
        raise errno_exception(err, syscall)


def checked_address(name: Endpoint | int, syscall: str) -> AddressInfo:
    """The address that a handle answers; raises the system's error if it answers one."""
    if isinstance(name, int):
        raise errno_exception(name, syscall)
    return AddressInfo(*name)


def checked_size(size: int, is_recv: bool) -> int:
    """The buffer size that a handle answers. Raises ERR_SOCKET_BUFFER_SIZE if it answers an error."""
    if size < 0:
        raise buffer_size_error(size, "uv_recv_buffer_size" if is_recv else "uv_send_buffer_size")
    return size


def bind_error(err: int, address: Any, port: Any) -> UVError:
    """`bind EADDRINUSE 0.0.0.0:80`, with the port as the caller gave it (Node does not convert it for the error)."""
    shown = None if address is UNDEFINED else address
    where = f"{to_text(address)}:{to_text(port)}" if to_number(port) > 0 else shown
    error = exception_with_host_port(err, "bind", where)
    if is_truthy(port):
        error.port = port  # type: ignore[attr-defined]
    if address is UNDEFINED:
        del error.address  # type: ignore[attr-defined]  # Node sets it to undefined
    else:
        error.address = address  # type: ignore[attr-defined]
    return error


def send_error(err: int, address: Any, port: int | None) -> UVError:
    """`send EMSGSIZE 127.0.0.1:9`, with the address as `send` got it; `send ECONNREFUSED` on a connected socket."""
    shown = "null" if address is None else "undefined" if address is UNDEFINED else address
    error = exception_with_host_port(err, "send", shown if port else None, port)
    if address is UNDEFINED or port is None:
        del error.address  # type: ignore[attr-defined]  # Node sets it to undefined
    else:
        error.address = address  # type: ignore[attr-defined]
    return error
