"""Mirrors lib/internal/streams/legacy.js as far as it is a type: the common base of all streams."""

from collections.abc import Callable, Hashable
from typing import Any, Self

from nodesock.callables import drops_surplus
from nodesock.events import EventEmitter
from nodesock.inspect import UNDEFINED
from nodesock.runtime.promises import Promise
from nodesock.stream.core.readable_state import ReadableState
from nodesock.stream.core.writable_state import WritableState


@drops_surplus
class Stream(EventEmitter):
    """What every stream is: an EventEmitter with up to two state records, one for each direction.

    The hooks below are None where a class does not have them; a subclass defines them as methods, an option
    of the same name (without the underscore) sets them on one object.
    """

    _readable_state: ReadableState | None = None
    _writable_state: WritableState | None = None
    #: continuations that wait for `_construct`; None when nothing waits
    _construct_waiters: Any = None
    #: the destroy() calls that came before `_construct` was through; None when nothing waits
    _destroy_waiting: Any = None
    _construct: Any = None

    def remove_all_listeners(self, event: Hashable = UNDEFINED) -> Self:
        """`EventEmitter.remove_all_listeners`; without an event it takes off Node's own listeners as well: what waits
        for `_construct` then waits for ever.
        """
        super().remove_all_listeners(event)
        if event is UNDEFINED:
            self._construct_waiters = self._destroy_waiting = None
        return self

    #: `stream[Symbol.asyncDispose]()`, which `nodesock.stream` puts on Readable and Writable
    async_dispose: Callable[[], Promise]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.async_dispose()

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
