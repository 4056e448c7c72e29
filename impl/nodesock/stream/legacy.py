"""Mirrors lib/internal/streams/legacy.js as far as it is a type: the common base of all streams."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar

from nodesock.events import EventEmitter

if TYPE_CHECKING:
    from nodesock.stream.readable_state import ReadableState
    from nodesock.stream.writable_state import WritableState


class Stream(EventEmitter):
    """What every stream is: an EventEmitter with up to two state records, one for each direction.

    The hooks below are None where a class does not have them; a subclass defines them as methods, an option
    of the same name (without the underscore) sets them on one object.
    """

    _readable_state: "ReadableState | None" = None
    _writable_state: "WritableState | None" = None
    #: continuations that wait for `_construct`; None when nothing waits
    _construct_waiters: Any = None
    #: the destroy() that came before `_construct` was through
    _destroy_waiting: Any = None
    _construct: Any = None

    #: events that `event_names` lists first, whenever they got their listeners
    _listed_first: ClassVar[tuple[str, ...]] = ()

    def event_names(self) -> list[Hashable]:
        """The events that have listeners: a stream's own events first, as Node lists them."""
        names = super().event_names()
        own: list[Hashable] = [name for name in self._listed_first if name in names]
        return own + [name for name in names if name not in own]

    def __repr__(self) -> str:
        rs, ws = self._readable_state, self._writable_state
        parts = [type(self).__name__]
        if rs is not None:
            state = (
                "ended" if rs.end_emitted else {None: "idle", True: "flowing", False: "paused"}[rs.flowing]
            )
            parts.append(f"readable={state}:{rs.length}")
        if ws is not None:
            state = (
                "finished" if ws.finished else "ending" if ws.ending else "corked" if ws.corked else "open"
            )
            parts.append(f"writable={state}:{ws.length}")
        state_of_life = ws if ws is not None else rs
        if state_of_life is not None and state_of_life.destroyed:
            parts.append("closed" if state_of_life.closed else "destroyed")
        return f"<{' '.join(parts)}>"
