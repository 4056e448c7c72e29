"""Mirrors src/handle_wrap.cc: what all handles have in common, and their way from open through closing to closed.

    open --close()--> closing --libuv's closing phase--> closed

Closed is final. Methods of a closing or closed handle answer UV_EBADF. `on_closed` runs in libuv's closing phase, after
the callbacks of all requests that the close cancelled.
"""

from collections.abc import Callable
from typing import Any

import nodesock._pyuv as _pyuv
from nodesock.bindings.uv import UV_EBADF
from nodesock.inspect import Insides, Symbol
from nodesock.runtime import handles, loop, uncaught
from nodesock.runtime.uv_loop import check_thread


class _Gone:
    """The libuv handle of a wrapper whose loop is no more: closed, so all that is asked of it raises."""

    __slots__ = ()

    closed = True
    active = ref = readable = writable = False
    write_queue_size = send_queue_size = 0

    def __getattr__(self, name: str) -> Any:
        raise _pyuv.error.HandleClosedError("Handle is closing/closed")


class HandleWrap:
    """A libuv handle. `owner` belongs to whoever made it; if it has a method `_abandoned`, that is called when the
    loop is thrown away (after fork, in the child) and the handle with it."""

    # With a dictionary, so that a method can be replaced on one handle, as in Node.
    __slots__ = ("__dict__", "__weakref__", "_closing", "_handle", "_on_closed", "owner", "type_name")

    def __init__(self, handle: Any, type_name: str) -> None:
        self._handle = handle
        self._closing = False
        self._on_closed: Callable[[], Any] | None = None
        self.owner: Any = None
        #: Node's name of the handle's type, as in process.getActiveResourcesInfo()
        self.type_name = type_name
        handles.handles[self] = None

    def close(self, on_closed: Callable[[], Any] | None = None) -> None:
        """uv_close: close it; pending requests end with UV_ECANCELED, then `on_closed()` runs. Repeats are ignored."""
        if self._closing:
            return
        self._closing = True
        self._on_closed = on_closed
        self._before_close()
        self._handle.close(self._closed)

    def _before_close(self) -> None:
        """What a subclass lets go of before its handle closes."""

    def _closed(self, _handle: Any) -> None:
        if uncaught.fatal is not None:
            loop.defer(self._closed, _handle)
            return
        on_closed, self._on_closed = self._on_closed, None
        handles.handles.pop(self, None)
        self._release()
        if on_closed is not None:
            loop.enter(on_closed)

    def _release(self) -> None:
        """What a subclass lets go of once it is closed."""

    def abandon(self) -> None:
        """Its loop is gone: let go of the libuv handle as it is, closed for whoever asks; nothing is called back."""
        self._closing = True
        self._on_closed = None
        self._handle = _Gone()
        self._release()
        owner, self.owner = self.owner, None
        abandoned = getattr(owner, "_abandoned", None)
        if abandoned is not None:
            abandoned()

    @property
    def active(self) -> bool:
        """uv_is_active: whether it does something (reads, listens, connects, …)."""
        return bool(self._handle.active)

    @property
    def closing(self) -> bool:
        """Whether close() was called."""
        return self._closing

    def ref(self) -> None:
        """uv_ref: let it keep the loop alive (the default)."""
        check_thread()
        if not self._closing:
            self._handle.ref = True

    def unref(self) -> None:
        """uv_unref: do not let it keep the loop alive."""
        check_thread()
        if not self._closing:
            self._handle.ref = False

    def has_ref(self) -> bool:
        """uv_has_ref: whether it would keep the loop alive."""
        return bool(self._handle.ref)

    @property
    def fd(self) -> int:
        """The file descriptor, or -1 where there is none (yet, any more)."""
        if self._closing:
            return -1
        try:
            return int(self._handle.fileno())
        except Exception:
            return -1

    def _bad(self) -> int:
        """UV_EBADF if the handle is closing, else 0. Raises WrongThreadError: for what changes it."""
        check_thread()
        return UV_EBADF if self._closing else 0

    def __node_inspect__(self) -> Insides:
        """Its owner, the one thing that matters in an error's text: the owner is met again inside itself."""
        return Insides(type(self).__name__, {Symbol("owner_symbol"): self.owner})

    def __repr__(self) -> str:
        state = "closing" if self._closing else f"fd={self.fd}"
        return f"<{self.type_name} {state}>"
