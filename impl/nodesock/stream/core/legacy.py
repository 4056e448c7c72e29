"""Mirrors lib/internal/streams/legacy.js: the common base of all streams, and the old-style pipe."""

from collections.abc import Callable
from typing import Any, Final, Self

from nodesock.callables import drops_surplus
from nodesock.events import EventEmitter
from nodesock.inspect import Symbol, named
from nodesock.runtime.promises import Promise
from nodesock.spelling import refuses_foreign_names
from nodesock.stream.core.members import method
from nodesock.stream.core.readable_state import ReadableState
from nodesock.stream.core.writable_state import WritableState
from nodesock.validators import UNDEFINED, is_truthy, merge_options

_HOOKS: Final = ("_read", "_write", "_writev", "_destroy", "_final", "_construct")


@refuses_foreign_names
@drops_surplus
class Stream(EventEmitter):
    """What every stream is: an EventEmitter with up to two state records, one for each direction.

    The hooks below are None where a class does not have them; a subclass defines them as methods, an option
    of the same name (without the underscore) sets them on one object.
    """

    _readable_state: ReadableState | None = None
    _writable_state: WritableState | None = None
    _construct: Any = None

    def _node_properties(self) -> dict[str | Symbol, Any]:
        rest = super()._node_properties()
        if self._readable_state is None and self._writable_state is None:
            return rest
        sides = {
            "_readableState": self._readable_state,
            "_writableState": self._writable_state,
            "allowHalfOpen": getattr(self, "allow_half_open", None),
        }
        own = vars(self)
        count = rest.pop("_eventsCount")
        return {
            "_events": rest.pop("_events"),
            **{name: value for name, value in sides.items() if value is not None},
            **{name: named(own[name], name[1:]) for name in _HOOKS if name in own},
            "_maxListeners": rest.pop("_maxListeners"),
            **({"_eventsCount": count} if count else {}),  # Node has it from the first listener on
            **rest,
        }

    def pipe(self, destination: Any = UNDEFINED, options: Any = None, **given: Any) -> Any:
        """Write what this old-style source emits as 'data' to `destination`, at its pace if the source has `pause` and
        `resume`; end it at 'end' and destroy it at 'close' unless `end` is False. Returns `destination`.

        Raises TypeError for a destination without `on`.
        """
        link = _OldPipe(self, destination)
        link.connect(merge_options(options, given).get("end") is not False)
        return destination

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


class _OldPipe:
    """The listeners of one `Stream.pipe` on both ends."""

    __slots__ = ("destination", "has_ended", "source")

    def __init__(self, source: Any, destination: Any) -> None:
        self.source = source
        self.destination = destination
        self.has_ended = False

    def connect(self, ends: bool) -> None:
        source, destination = self.source, self.destination
        source.on("data", self.on_data)
        method(destination, "on", "dest")("drain", self.on_drain)
        if ends:
            source.on("end", self.on_end)
            source.on("close", self.on_close)
        prepend_listener(source, "error", self.on_source_error)
        prepend_listener(destination, "error", self.on_destination_error)
        source.on("end", self.clean_up)
        source.on("close", self.clean_up)
        destination.on("close", self.clean_up)
        method(destination, "emit", "dest")("pipe", source)

    def on_data(self, chunk: Any) -> None:
        source, destination = self.source, self.destination
        if (
            is_truthy(getattr(destination, "writable", None))
            and method(destination, "write", "dest")(chunk) is False
            and is_truthy(getattr(source, "pause", None))
        ):
            method(source, "pause", "source")()

    def on_drain(self) -> None:
        source = self.source
        if is_truthy(getattr(source, "readable", None)) and is_truthy(getattr(source, "resume", None)):
            method(source, "resume", "source")()

    def on_end(self) -> None:
        if not self.has_ended:
            self.has_ended = True
            method(self.destination, "end", "dest")()

    def on_close(self) -> None:
        if not self.has_ended:
            self.has_ended = True
            destroy = getattr(self.destination, "destroy", None)
            if callable(destroy):
                destroy()

    def on_source_error(self, error: Any) -> None:
        self._fail(self.source, error)

    def on_destination_error(self, error: Any) -> None:
        self._fail(self.destination, error)

    def _fail(self, failed: Any, error: Any) -> None:
        self.clean_up()
        count = getattr(failed, "listener_count", None)
        if callable(count) and count("error") == 0:  # nobody else listens: let it be uncaught
            method(failed, "emit", "this")("error", error)

    def clean_up(self, *_: Any) -> None:
        source, destination = self.source, self.destination
        remove_from_destination = method(destination, "remove_listener", "dest")
        source.remove_listener("data", self.on_data)
        remove_from_destination("drain", self.on_drain)
        source.remove_listener("end", self.on_end)
        source.remove_listener("close", self.on_close)
        source.remove_listener("error", self.on_source_error)
        remove_from_destination("error", self.on_destination_error)
        source.remove_listener("end", self.clean_up)
        source.remove_listener("close", self.clean_up)
        remove_from_destination("close", self.clean_up)


def prepend_listener(emitter: Any, event: str, listener: Callable[..., Any]) -> None:
    """`emitter.prepend_listener`, or `on` of an emitter that has none."""
    prepend = getattr(emitter, "prepend_listener", None)
    (prepend if callable(prepend) else emitter.on)(event, listener)
