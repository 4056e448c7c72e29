"""What `socket.write` does once the peer has ended and half-open is not allowed.

After the peer's FIN `write` is another function, whatever state the stream is in: it fails with EPIPE when we have
ended as well. Both parts hold the socket weakly, so that they make no reference cycle of it.
"""

import weakref
from typing import Any

from nodesock.callables import ANY, call
from nodesock.errors import NodeError
from nodesock.runtime.ticks import next_tick
from nodesock.stream import Duplex
from nodesock.validators import UNDEFINED


class OnEnd:
    """The one internal 'end' listener of a socket: unless it allows half-open, it replaces `write`."""

    __slots__ = ("_socket",)
    __name__ = "onReadableStreamEnd"  # as Node shows it among the listeners
    node_arity = (0, ANY)

    def __init__(self, socket: Duplex) -> None:
        self._socket = weakref.ref(socket)

    def __call__(self, *_: Any) -> None:
        socket = self._socket()
        if socket is not None and not socket.allow_half_open:
            socket.write = _WriteAfterEnd(socket)  # type: ignore[method-assign]


class _WriteAfterEnd:
    """`socket.write` from then on."""

    __slots__ = ("_socket",)
    __name__ = "writeAfterFIN"
    node_arity = (0, ANY)

    def __init__(self, socket: Duplex) -> None:
        self._socket = weakref.ref(socket)

    def __call__(self, chunk: Any = UNDEFINED, encoding: Any = None, callback: Any = None, *_: Any) -> bool:
        socket = self._socket()
        if socket is None:
            return False
        if not socket.writable_ended:
            return Duplex.write(socket, chunk, encoding, callback)
        if callable(encoding):
            callback = encoding
        error = NodeError("This socket has been ended by the other party", code="EPIPE")
        if callable(callback):
            next_tick(call, callback, error)
        socket.destroy(error)
        return False
