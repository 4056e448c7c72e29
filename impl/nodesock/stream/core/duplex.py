"""Mirrors lib/internal/streams/duplex.js: stream.Duplex, both directions in one object."""

from collections.abc import Callable
from typing import Any, Self

from nodesock.callables import drops_surplus
from nodesock.inspect import UNDEFINED
from nodesock.spelling import refuses_foreign_names
from nodesock.stream.core.destroy import construct
from nodesock.stream.core.legacy import Stream
from nodesock.stream.core.options import apply_shared_options
from nodesock.stream.core.readable import Readable, init_readable
from nodesock.stream.core.readable_state import ReadableState
from nodesock.stream.core.writable import Writable, init_writable
from nodesock.stream.core.writable_state import WritableState
from nodesock.validators import is_truthy, merge_options


@refuses_foreign_names
@drops_surplus
class Duplex(Readable, Writable):
    """A Readable and a Writable that share their construction, their error and their end of life.

    Options: those of both, `allow_half_open` (True: when the readable side ends the writable side stays
    open), `readable` and `writable` (False: that side is closed from the start), and per side
    `readable_high_water_mark`, `readable_object_mode`, `writable_high_water_mark`, `writable_object_mode`.
    Mirrors `new stream.Duplex(options)`.
    """

    _readable_state: ReadableState
    _writable_state: WritableState
    _places = Writable._places | Readable._places
    allow_half_open: Any = True

    # Put on by `nodesock.stream`, see duplexify.
    from_: Callable[..., Any]

    def __init__(self, options: Any = None, /, *_: Any, **given: Any) -> None:
        if options is not None or given:
            given = merge_options(options, given)
        Stream.__init__(self)
        init_readable(self, given, True)
        init_writable(self, given, True)
        if given:
            self.allow_half_open = given.get("allow_half_open") is not False
            if given.get("readable") is False:
                rs = self._readable_state
                rs.readable = False
                rs.ended = rs.end_emitted = True
                rs.direct = False
            if given.get("writable") is False:
                ws = self._writable_state
                ws.writable = False
                ws.ending = ws.ended = ws.finished = True
                ws.ready = False
            apply_shared_options(self, given)
        if self._construct is not None:
            construct(self, self._duplex_constructed)

    def _duplex_constructed(self) -> None:
        self._readable_constructed()
        self._writable_constructed()

    def destroy(self, error: Any = None, callback: Callable[..., Any] | None = None, *_: Any) -> Self:
        """Destroy both directions, see Readable.destroy and Writable.destroy."""
        return _destroy(self, error, callback)

    def pipe(self, destination: Any = UNDEFINED, options: Any = None, **given: Any) -> Any:
        """See Readable.pipe."""
        return Readable.pipe(self, destination, options, **given)

    @property
    def writable_aborted(self) -> Any:
        """None: Node has `writableAborted` on a Writable only."""
        return None

    @property
    def destroyed(self) -> bool:
        """True from destroy() on."""
        return self._readable_state.destroyed and self._writable_state.destroyed

    @destroyed.setter
    def destroyed(self, value: Any) -> None:
        self._readable_state.destroyed = self._writable_state.destroyed = is_truthy(value)
        self._readable_state.refresh_direct()
        self._writable_state.refresh_ready()


# Duplex takes over Writable's methods here, as in Node: who replaces one on Writable later does not change Duplex.
_destroy = Writable.destroy
for _name, _member in vars(Writable).items():
    if not hasattr(Readable, _name) and _name not in vars(Duplex):
        setattr(Duplex, _name, _member)
