"""Mirrors src/pipe_wrap.cc: a unix-domain socket or server over libuv.

A name may be up to 108 bytes, longer ones are UV_EINVAL as in Node 24. One that starts with NUL is in the abstract
namespace; libuv's connect to those is not wrapped by pyuv, so it is made on a socket of ours, and its outcome arrives
in the next turn's poll phase as libuv's would.
"""

import os
import socket
import stat
from collections.abc import Callable
from typing import Any, Final

import nodesock._pyuv as _pyuv
from nodesock.bindings.stream_wrap import StreamHandle, _Request
from nodesock.bindings.uv import UV_EBADF, UV_ECANCELED, UV_EINVAL, attempt, from_exception
from nodesock.runtime.handles import requests
from nodesock.runtime.loop import enter, get_loop

SOCKET: Final = 0
SERVER: Final = 1
UV_READABLE: Final = 1
UV_WRITABLE: Final = 2
_NAME_MAX: Final = 108

#: what answers a connect to an abstract name; pyuv itself does not keep a handle that nobody holds
_wakeups: set[Any] = set()


class Pipe(StreamHandle):
    """A uv_pipe_t; `kind` is SOCKET or SERVER and only names it."""

    __slots__ = ("_connect_request", "_name", "_on_connection", "kind")

    def __init__(self, kind: int = SOCKET) -> None:
        super().__init__(_pyuv.Pipe(get_loop()), "PipeWrap")  # a server too, unlike TCP
        self.kind = kind
        self._name: str | None = None
        self._on_connection: Callable[[int, Pipe | None], Any] | None = None
        self._connect_request: _Request | None = None

    def bind(self, path: str) -> int:
        """uv_pipe_bind2: make the socket file; '' takes a free abstract name. UV_EADDRINUSE if there is a file."""
        if self._closing:
            return UV_EBADF
        if not _fits(path):
            return UV_EINVAL
        err = attempt(self._handle.bind, path)
        if not err:
            self._name = path
        return err

    def open(self, fd: int) -> int:
        """uv_pipe_open: take over an open descriptor."""
        return self._bad() or attempt(self._handle.open, fd)

    def listen(self, backlog: int, on_connection: Callable[[int, "Pipe | None"], Any]) -> int:
        """uv_listen: `on_connection(status, client)` for each connection, at most one a loop turn."""
        if self._closing:
            return UV_EBADF
        self._on_connection = on_connection
        return attempt(
            self._handle.listen, self._uv_connection, backlog if 0 <= backlog < 2**31 else 2**31 - 1
        )

    def _uv_connection(self, handle: Any, error: int | None) -> None:
        client: Pipe | None = None
        if error is None:
            client = Pipe(SOCKET)
            try:
                handle.accept(client._handle)
            except _pyuv.error.UVError:
                client.close()
                return
        if self._on_connection is not None:
            enter(self._on_connection, error or 0, client)

    def connect(self, path: str, on_complete: Callable[[int], Any]) -> int:
        """uv_pipe_connect2: `on_complete(status)` follows unless < 0 is returned (UV_EINVAL: the name is too long)."""
        if self._closing:
            return UV_EBADF
        if not path or not _fits(path):
            return UV_EINVAL
        request = _Request(on_complete)
        if path.startswith("\0"):
            self._connect_abstract(path, request)
        else:
            err = attempt(self._handle.connect, path, request)
            if err:
                return err
        self._connect_request = request
        requests[request] = "ConnectWrap"
        return 0

    def _connect_abstract(self, path: str, request: _Request) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        status = attempt(sock.connect, os.fsencode(path)) or attempt(self._handle.open, sock.fileno())
        if status:
            sock.close()
            self._answer(
                _pyuv.Async(get_loop(), lambda wakeup: self._answered(wakeup, status, request))
            ).send()
            return
        # The answer is that the socket is writable, as libuv has it, so that it comes in its turn among the others.
        watched = os.dup(sock.detach())

        def writable(wakeup: Any, _events: int, _error: int | None) -> None:
            os.close(watched)
            self._answered(wakeup, 0, request)

        self._answer(_pyuv.Poll(get_loop(), watched)).start(_pyuv.UV_WRITABLE, writable)

    def _answer(self, wakeup: Any) -> Any:
        _wakeups.add(wakeup)
        return wakeup

    def _answered(self, wakeup: Any, status: int, request: _Request) -> None:
        if not wakeup.closed:
            wakeup.close()
        _wakeups.discard(wakeup)
        request(self._handle, UV_ECANCELED if self._closing else status or None)

    def _connecting(self) -> bool:
        return self._connect_request is not None and not self._connect_request.done

    def fchmod(self, mode: int) -> int:
        """uv_pipe_chmod: let everybody read (UV_READABLE) and / or write (UV_WRITABLE) the socket file."""
        if self._closing or self._name is None:
            return UV_EBADF
        if mode not in (UV_READABLE, UV_WRITABLE, UV_READABLE | UV_WRITABLE):
            return UV_EINVAL
        wanted = 0
        if mode & UV_READABLE:
            wanted |= stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
        if mode & UV_WRITABLE:
            wanted |= stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
        try:
            os.chmod(self._name, wanted)  # exactly these bits, as libuv does
        except OSError as error:
            return from_exception(error)
        return 0

    def getsockname(self) -> str | int:
        """The name it is bound to, '' if none, or a negative libuv number."""
        return self._bad() or self._ask(self._handle.getsockname)

    def getpeername(self) -> str | int:
        """The name the other end is bound to, '' if none, or a negative libuv number."""
        return self._bad() or self._ask(self._handle.getpeername)

    @staticmethod
    def _ask(ask: Callable[[], str]) -> str | int:
        try:
            return ask()
        except Exception as error:
            return from_exception(error)

    def _release(self) -> None:
        super()._release()
        self._on_connection = None
        self._connect_request = None


def _fits(path: str) -> bool:
    """What libuv takes for a name: not too long, and a NUL only in an abstract one."""
    """Whether a name is not too long, and has no NUL but the first of an abstract one."""
    return (
        len(os.fsencode(path)) <= _NAME_MAX
        and "\0" not in path[1:]
        and (path.startswith("\0") or "\0" not in path)
    )
