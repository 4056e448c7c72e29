"""Mirrors lib/internal/streams/legacy.js as far as it is a type: the common base of all streams."""

from collections.abc import Mapping
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

    #: the events that have their places in `event_names` before all others, whenever they get their listeners
    _own_events: ClassVar[tuple[str, ...]] = ()

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        if self._own_events:
            self._reserve_places(self._own_events)

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
