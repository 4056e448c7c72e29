"""A write before there is a connection."""

from collections.abc import Callable, Sequence
from typing import Any

from nodesock.encodings import byte_length
from nodesock.errors import node_error
from nodesock.events import EventEmitter


class EarlyWrite:
    """Waits for a socket's 'connect' and is made then; with 'close' it fails.

    It waits by once-listeners, as Node's does, since their place among the user's own is visible.
    """

    __slots__ = ("_callback", "_chunks", "_socket", "_write")

    def __init__(
        self,
        socket: EventEmitter,
        chunks: Sequence[tuple[Any, str]],
        write: Callable[[], None],
        callback: Callable[..., Any],
    ) -> None:
        """`chunks` are bytes or strings with their encodings, `write()` makes the write, `callback(error)` fails it."""
        self._socket = socket
        self._chunks = chunks
        self._write = write
        self._callback = callback
        socket.once("connect", self._connected)
        socket.once("close", self._closed)

    @property
    def size(self) -> int:
        """The bytes that wait."""
        return sum(byte_length(chunk, encoding) for chunk, encoding in self._chunks)

    def _connected(self) -> None:
        self._socket.remove_listener("close", self._closed)
        self._chunks = ()
        self._write()

    def _closed(self) -> None:
        self._callback(node_error("ERR_SOCKET_CLOSED_BEFORE_CONNECTION"))
