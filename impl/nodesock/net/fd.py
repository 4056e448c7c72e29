"""The handle for a descriptor: the `fd` options of sockets and servers."""

from typing import Any

from nodesock.bindings import pipe_wrap, tcp_wrap
from nodesock.bindings.uv import guess_handle_type
from nodesock.errors import errno_exception, node_error
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
