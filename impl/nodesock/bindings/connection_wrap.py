"""Mirrors src/connection_wrap.cc: what TCP and pipes share, as servers that accept and as clients that connect."""

from collections.abc import Callable
from typing import Any, Final

import nodesock._pyuv as _pyuv
from nodesock.bindings.stream_wrap import Request, StreamHandle
from nodesock.bindings.uv import UV_EBADF, UV_EINVAL, attempt
from nodesock.runtime.handles import handles, requests
from nodesock.runtime.loop import enter

SOCKET: Final = 0
SERVER: Final = 1

_BACKLOG_MAX: Final = 2**31 - 1


class ConnectionHandle(StreamHandle):
    """A stream handle that listens or connects; `kind` is SOCKET or SERVER and only names it."""

    __slots__ = ("_connect_request", "_on_connection", "kind")

    def __init__(self, handle: Any, type_name: str, kind: int) -> None:
        super().__init__(handle, type_name)
        self.kind = kind
        self._on_connection: Callable[[int, Any], Any] | None = None
        self._connect_request: Request | None = None

    def open(self, fd: int) -> int:
        """uv_tcp_open, uv_pipe_open: take over an open descriptor. 0 or a negative libuv number."""
        return self._bad() or attempt(self._handle.open, fd)

    def listen(self, backlog: int, on_connection: Callable[[int, Any], Any]) -> int:
        """uv_listen: `on_connection(status, client)` for each connection, at most one a loop turn.

        `client` is a handle of the same class, None if `status` is < 0. 0 or a negative libuv number.
        """
        if self._closing:
            return UV_EINVAL if self in handles else UV_EBADF
        self._on_connection = on_connection
        return attempt(
            self._handle.listen, self._uv_connection, backlog if 0 <= backlog <= _BACKLOG_MAX else _BACKLOG_MAX
        )

    def _uv_connection(self, handle: Any, error: int | None) -> None:
        client: ConnectionHandle | None = None
        if error is None:
            client = self._client()
            try:
                handle.accept(client._handle)
            except _pyuv.error.UVError:  # gone again: libuv says EAGAIN, Node says nothing
                client.close()
                return
        if self._on_connection is not None:
            enter(self._on_connection, error or 0, client)

    def _client(self) -> "ConnectionHandle":
        """A handle of the same class, for a connection to accept."""
        raise NotImplementedError

    def _connect_started(self, request: Request) -> None:
        """A connect is under way: a resource that keeps the loop alive, and what writes wait for."""
        self._connect_request = request
        requests[request] = "ConnectWrap"

    def _connecting(self) -> bool:
        return self._connect_request is not None and not self._connect_request.done

    def _release(self) -> None:
        super()._release()
        self._on_connection = None
        self._connect_request = None
