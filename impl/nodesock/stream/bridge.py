"""A Duplex whose two sides are other streams: what `compose` and `Duplex.from` make of streams.

Writes go to one stream and reads come from another, each with its own backpressure. The bridge closes when it
is told by `over(error)` that these are through; destroyed before that, it destroys them and waits for it.
"""

from collections.abc import Callable
from typing import Any

from nodesock.errors import AbortError
from nodesock.stream.core.duplex import Duplex
from nodesock.stream.core.members import method
from nodesock.stream.destroyer import destroy
from nodesock.validators import is_truthy

_Callback = Callable[..., Any]


class Bridge(Duplex):
    """`to` takes what is written, `from_` has what is read; either may be None. `given` are the streams that were
    meant for the two: their object modes count even if they are over.

    A subclass says how the two are listened to, and defines `_read`. It calls `_drained` and `_finished`.
    """

    #: the name of `to` in Node's source, which an error's text shows
    _called = "w"

    def __init__(self, to: Any, from_: Any, *, given: tuple[Any, Any], destroys: tuple[Any, ...]) -> None:
        super().__init__(
            writable_object_mode=is_truthy(getattr(given[0], "writable_object_mode", False)),
            readable_object_mode=is_truthy(getattr(given[1], "readable_object_mode", False)),
            writable=to is not None,
            readable=from_ is not None,
        )
        self._to = to
        self._from = from_
        self._destroys = destroys
        self._on_drain: _Callback | None = None
        self._on_finish: _Callback | None = None
        self._on_close: _Callback | None = None
        self._is_over = False

    # --- the writable side --------------------------------------------------------------------------------

    def _write(self, chunk: Any, encoding: str, callback: _Callback) -> None:
        if self._to.write(chunk, encoding):
            callback()
        else:
            self._on_drain = callback

    def _final(self, callback: _Callback) -> None:
        method(self._to, "end", self._called)()
        self._on_finish = callback

    def _drained(self) -> None:
        waiting, self._on_drain = self._on_drain, None
        if waiting is not None:
            waiting()

    def _finished(self) -> None:
        waiting, self._on_finish = self._on_finish, None
        if waiting is not None:
            waiting()

    # --- the end ------------------------------------------------------------------------------------------

    def over(self, error: Any = None) -> None:
        """The streams behind are through, with `error` or well."""
        waiting, self._on_close = self._on_close, None
        self._is_over = True
        if waiting is not None:
            waiting(error)
        elif error is not None or (self._to is None and self._from is None):
            self.destroy(error)

    def _destroy(self, error: Any, callback: _Callback) -> None:
        if error is None and not self._is_over:
            error = AbortError()
        self._on_drain = self._on_finish = None
        if self._is_over:
            callback(error)
        else:
            self._on_close = callback
            for stream in self._destroys:
                destroy(stream, error)
