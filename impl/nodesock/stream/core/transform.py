"""Mirrors lib/internal/streams/transform.js: stream.Transform, a Duplex whose output is made from its input.

One rule joins the two sides: a write is called back at once while the readable side has room; when it has
not, the callback is kept and the next `_read` makes it. So the writer waits for the reader. When all has been
written, `_flush` adds the last output and the readable side ends, before 'prefinish'.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from nodesock.callables import adapt, drops_surplus
from nodesock.errors import node_error
from nodesock.inspect import Symbol, named
from nodesock.runtime.ticks import next_tick
from nodesock.spelling import refuses_foreign_names
from nodesock.stream.core import high_water_mark
from nodesock.stream.core.duplex import Duplex
from nodesock.stream.core.members import method
from nodesock.validators import UNDEFINED, is_truthy

_CALLBACK: Final = Symbol("kCallback")


@refuses_foreign_names
@drops_surplus
class Transform(Duplex):
    """Subclasses define `_transform(chunk, encoding, callback)`, with `callback(error, output)`, and, if they
    like, `_flush(callback)`; or these are given as options `transform` and `flush`. Other options: Duplex's.
    """

    _flush: Callable[[Any], Any] | None = None
    #: the write callback that waits for room
    _kept: Callable[..., Any] | None = None

    def __init__(self, options: Mapping[str, Any] | None = None, /, **given: Any) -> None:
        if isinstance(options, Mapping):
            given = {**options, **given}
        object_mode = is_truthy(given.get("object_mode")) or is_truthy(given.get("readable_object_mode"))
        mark = high_water_mark.choose(
            given, object_mode, "readable_high_water_mark", "readableHighWaterMark", True
        )
        if mark == 0:
            # With no room to read into, each write would wait for a read, and pipes would stall: the writable
            # side then
            # takes none either, and _read asks for every single chunk.
            given = {
                **given,
                "high_water_mark": None,
                "readable_high_water_mark": 0,
                "writable_high_water_mark": given.get("writable_high_water_mark") or 0,
            }
        super().__init__(given)
        # A push from _transform is not one from inside _read.
        self._readable_state.sync = False
        for option, count in (("transform", 3), ("flush", 1)):
            hook = given.get(option)
            if callable(hook):
                setattr(self, f"_{option}", adapt(hook, count))
        self.on("prefinish", self._on_prefinish)

    def _transform(self, chunk: Any, encoding: str, callback: Callable[..., Any]) -> Any:
        """Hook: make output by push() or `callback(None, output)`; call `callback(error=None, output=None)`
        once.
        """
        raise node_error("ERR_METHOD_NOT_IMPLEMENTED", "_transform()")

    def _node_properties(self) -> dict[str | Symbol, Any]:
        properties = super()._node_properties()
        own = vars(self)
        hooks = {name: named(own[name], name[1:]) for name in ("_transform", "_flush") if name in own}
        return properties | hooks | {_CALLBACK: self._kept}

    def _final(self, callback: Callable[..., Any] | None) -> None:
        if not callable(self._flush) or self.destroyed:
            self.push(None)
            if callback is not None:
                callback()
            return

        def flushed(error: Any = None, output: Any = None, *_: Any) -> None:
            if is_truthy(error):
                if callback is not None:
                    callback(error)
                else:
                    self.destroy(error)
                return
            if output is not None:
                self.push(output)
            self.push(None)
            if callback is not None:
                callback()

        self._flush(flushed)

    def _on_prefinish(self) -> None:
        # With a `_final` of its own the subclass leaves flushing to us.
        if getattr(self._final, "__func__", None) is not _final:
            _final(self, None)

    _on_prefinish.__name__ = "prefinish"  # as Node shows it among the listeners

    def _write(self, chunk: Any, encoding: str, callback: Callable[..., Any]) -> None:
        rs, ws = self._readable_state, self._writable_state
        before = rs.length

        def transformed(error: Any = None, output: Any = None, *_: Any) -> None:
            if error is not None and is_truthy(error):
                callback(error)
                return
            if output is not None and output is not UNDEFINED:
                self.push(output)
            if rs.ended:
                # push(None) came before the input was over: what may still be written is refused on its own
                # tick.
                next_tick(callback)
            elif ws.ended or before == rs.length or rs.length < rs.high_water_mark:
                callback()
            else:
                self._kept = callback

        try:
            self._transform(chunk, encoding, transformed)
        except TypeError:
            method(self, "_transform", "this")
            raise

    def _read(self, size: int) -> None:
        kept = self._kept
        if kept is not None:
            self._kept = None
            kept()


#: Transform's own, whatever a program has put in its place
_final = Transform._final
