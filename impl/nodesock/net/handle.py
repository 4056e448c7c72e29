"""The seam between `net` and what carries the bytes: the handle of a socket, and how one is made of a descriptor.

A TCP or pipe handle of `bindings/`, a scripted fake of the tests and an object of the caller's own (`Socket(handle=…)`)
all fulfil `Handle`. What not every handle has (`OPTIONAL`) is asked for by `method_of`; only a `TCP` can be reset.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from nodesock.bindings import pipe_wrap, tcp_wrap
from nodesock.bindings.uv import guess_handle_type
from nodesock.errors import NodeTypeError, errno_exception, node_error, primitive_error
from nodesock.inspect import camel
from nodesock.validators import validate_int32

Buffer = bytes | bytearray | memoryview

#: methods that Node does without where a handle has none
OPTIONAL = frozenset((
    "set_no_delay", "set_keep_alive", "set_type_of_service", "get_type_of_service", "ref", "unref", "getsockname",
    "getpeername",
))  # fmt: skip


class Handle(Protocol):
    """A connection, or what becomes one. Methods answer 0, or a negative libuv number, unless they say otherwise.

    It belongs to one socket, which is its `owner` and its only reader.
    """

    owner: Any
    #: called with (nread, data): nread bytes, or nread < 0 (UV_EOF, an error) and None
    on_read: Callable[[int, bytes | None], Any]
    #: whether it delivers to `on_read`
    reading: bool
    bytes_read: int
    bytes_written: int

    @property
    def readable(self) -> bool:
        """Whether there is a connection to read from."""

    @property
    def writable(self) -> bool:
        """Whether there is a connection to write to."""

    @property
    def write_queue_size(self) -> int:
        """Bytes that it has accepted and not yet passed on."""

    def read_start(self) -> int:
        """Deliver what arrives to `on_read`."""

    def read_stop(self) -> int:
        """Deliver nothing more."""

    def set_read_size(self, size: int) -> None:
        """Deliver at most `size` bytes at once."""

    def write(self, data: Buffer, on_complete: Callable[[int], Any]) -> int:
        """0: all of it is passed on; 1: it waits, and `on_complete(status)` follows; < 0: it failed."""

    def writev(self, chunks: Sequence[Buffer], on_complete: Callable[[int], Any]) -> int:
        """`write` for several buffers."""

    def shutdown(self, on_complete: Callable[[int], Any]) -> int:
        """End the writable side once all is written; `on_complete(status)` follows unless it fails at once."""

    def close(self, on_closed: Callable[[], Any] | None = None) -> None:
        """Let go of everything; requests under way fail, then `on_closed()` is called."""


def method_of(handle: Any, name: str) -> Callable[..., Any] | None:
    """An optional method of a handle; None where it has none, or where there is no handle."""
    method = getattr(handle, name, None)
    return method if callable(method) else None


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


def open_handle(fd: Any) -> Any:
    """The handle for `Socket(fd=…)`. Raises as `create_handle`, or `open CODE`.

    A handle that fails to open stays as it is, listed among the active ones, as in Node.
    """
    handle = create_handle(fd, False)
    err = handle.open(fd)
    if err:
        raise errno_exception(err, "open")
    return handle


class NoHandle:
    """Stands in for a `handle` option that is not a handle: like Node, it fails when it is used and when it is closed.

    Raises TypeError for a value that is not an object.
    """

    reading = False
    bytes_read = bytes_written = 0

    def __init__(self, value: Any) -> None:
        if isinstance(value, (bool, int, float, str)):
            raise primitive_error("Symbol(owner_symbol)", value)

    def __getattr__(self, name: str) -> Any:
        if name in OPTIONAL:
            raise AttributeError(name)

        def missing(*_: Any) -> None:
            raise NodeTypeError(f"self._handle.{camel(name)} is not a function")

        return missing


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
