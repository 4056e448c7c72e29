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
from nodesock.bindings.connection_wrap import SERVER as SERVER
from nodesock.bindings.connection_wrap import SOCKET as SOCKET
from nodesock.bindings.connection_wrap import ConnectionHandle
from nodesock.bindings.stream_wrap import Request
from nodesock.bindings.uv import UV_EBADF, UV_ECANCELED, UV_EINVAL, attempt, from_exception, well_formed
from nodesock.runtime.uv_loop import get_loop, on_forget

UV_READABLE: Final = 1
UV_WRITABLE: Final = 2
_NAME_MAX: Final = 108

#: what answers a connect to an abstract name, and the descriptor that it watches, or -1; pyuv itself does not keep a
#: handle that nobody holds
_wakeups: dict[Any, int] = {}


class Pipe(ConnectionHandle):
    """A uv_pipe_t; `kind` is SOCKET or SERVER and only names it."""

    __slots__ = ("_name",)

    def __init__(self, kind: int = SOCKET) -> None:
        super().__init__(_pyuv.Pipe(get_loop()), "PipeWrap", kind)  # a server too, unlike TCP
        self._name: str | None = None

    def _client(self) -> "Pipe":
        return Pipe(SOCKET)

    def bind(self, path: str) -> int:
        """uv_pipe_bind2: make the socket file; '' takes a free abstract name. UV_EADDRINUSE if there is a file."""
        if self._closing:
            return UV_EBADF
        path = well_formed(path)
        if not _fits(path):
            return UV_EINVAL
        err = attempt(self._handle.bind, path)
        if not err:
            self._name = path
        return err

    def connect(self, path: str, on_complete: Callable[[int], Any]) -> int:
        """uv_pipe_connect2: `on_complete(status)` follows unless < 0 is returned (UV_EINVAL: the name is too long)."""
        if self._closing:
            return UV_EBADF
        path = well_formed(path)
        if not path or not _fits(path):
            return UV_EINVAL
        if self._name is not None:  # libuv gives both sides only to a stream whose descriptor it makes here
            err = self.open(self.fd)
            if err:
                return err
        request = Request(on_complete)
        if path.startswith("\0"):
            self._connect_abstract(path, request)
        else:
            err = attempt(self._handle.connect, path, request)
            if err:
                return err
        self._connect_started(request)
        return 0

    def _connect_abstract(self, path: str, request: Request) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        status = attempt(sock.connect, os.fsencode(path)) or attempt(self._handle.open, sock.fileno())
        if status:
            sock.close()
            failed = _pyuv.Async(get_loop(), lambda wakeup: self._answered(wakeup, status, request))
            _wakeups[failed] = -1
            failed.send()
            return
        # The answer is that the socket is writable, as libuv has it, so that it comes in its turn among the others.
        watched = os.dup(sock.detach())

        poll = _pyuv.Poll(get_loop(), watched)
        _wakeups[poll] = watched
        poll.start(_pyuv.UV_WRITABLE, lambda wakeup, _events, _error: self._answered(wakeup, 0, request))

    def _answered(self, wakeup: Any, status: int, request: Request) -> None:
        if not wakeup.closed:
            wakeup.close()
        watched = _wakeups.pop(wakeup, -1)
        if watched >= 0:
            os.close(watched)
        request(self._handle, UV_ECANCELED if self._closing else status or None)

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
        return UV_EBADF if self._closing else self._ask(self._handle.getsockname)

    def getpeername(self) -> str | int:
        """The name the other end is bound to, '' if none, or a negative libuv number."""
        return UV_EBADF if self._closing else self._ask(self._handle.getpeername)

    @staticmethod
    def _ask(ask: Callable[[], str]) -> str | int:
        try:
            return ask()
        except Exception as error:
            return from_exception(error)


def _forget_wakeups() -> None:
    for watched in _wakeups.values():
        if watched >= 0:
            os.close(watched)
    _wakeups.clear()


on_forget(_forget_wakeups)


def _fits(path: str) -> bool:
    """What libuv takes for a name: not too long, and a NUL only at the start, as in an abstract one."""
    return len(os.fsencode(path)) <= _NAME_MAX and "\0" not in path[1:]
