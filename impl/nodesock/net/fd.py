"""The handle for a descriptor: the `fd` options of sockets and servers; and what stands for a handle that is none."""

from typing import Any

from nodesock.bindings import pipe_wrap, tcp_wrap
from nodesock.bindings.uv import UV_EBADF, guess_handle_type
from nodesock.errors import NodeTypeError, errno_exception, node_error, primitive_error
from nodesock.inspect import camel
from nodesock.validators import validate_int32


def create_handle(fd: Any, is_server: bool) -> Any:
    """A TCP or Pipe handle of the right kind, not yet opened.

    Raises ERR_INVALID_ARG_TYPE or ERR_OUT_OF_RANGE for what is no descriptor, ERR_INVALID_FD_TYPE for one
    that is not a stream socket.
    """
    validate_int32(fd, "fd", 0)
    kind = guess_handle_type(fd)
    if kind == "PIPE":
        return pipe_wrap.Pipe(pipe_wrap.SERVER if is_server else pipe_wrap.SOCKET)
    if kind == "TCP":
        return tcp_wrap.TCP(tcp_wrap.SERVER if is_server else tcp_wrap.SOCKET)
    raise node_error("ERR_INVALID_FD_TYPE", kind)


def open_socket_handle(fd: Any) -> Any:
    """The handle for `Socket(fd=…)`. Raises as `create_handle`, or `open CODE`.

    A handle that could not open stays as it is, and is told among the active ones, as in Node.
    """
    handle = create_handle(fd, False)
    err = handle.open(fd)
    if err:
        raise errno_exception(err, "open")
    return handle


class NoHandle:
    """In place of a `handle` option that is no handle: fails as Node does when it is used, and when it is to be closed.

    Raises TypeError for a value that is no object.
    """

    reading = False
    bytes_read = bytes_written = 0

    def __init__(self, value: Any) -> None:
        if isinstance(value, (bool, int, float, str)):
            raise primitive_error("Symbol(owner_symbol)", value)

    def getsockname(self) -> int:
        """No address."""
        return UV_EBADF

    getpeername = getsockname

    def __getattr__(self, name: str) -> Any:
        def missing(*_: Any) -> None:
            raise NodeTypeError(f"self._handle.{camel(name)} is not a function")

        return missing
