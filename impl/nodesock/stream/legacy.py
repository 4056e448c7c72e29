"""Mirrors lib/internal/streams/legacy.js as far as it is a type: the common base of all streams."""

from typing import TYPE_CHECKING, Any

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
