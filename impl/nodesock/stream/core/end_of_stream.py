"""Mirrors lib/internal/streams/end-of-stream.js: `stream.finished`.

A `_Watch` puts its listeners on a stream and calls back once: when the sides it was asked about are over,
when the stream fails, or when it closes before that (ERR_STREAM_PREMATURE_CLOSE). A stream that is sure to
emit 'close' is given the time to do so, so that an error on the way down is not missed. The listeners stay
after the callback, to catch late errors, until they are cleaned up. A stream that is over from the start gets
one listener only, of 'error', and the callback comes on the next tick.
"""

from collections.abc import Callable
from typing import Any

from nodesock.callables import call, drops_surplus
from nodesock.errors import AbortError, node_error
from nodesock.events import add_abort_listener
from nodesock.runtime.ticks import next_tick
from nodesock.stream.core import predicates
from nodesock.stream.core.members import method
from nodesock.validators import (
    UNDEFINED,
    is_truthy,
    merge_options,
    validate_abort_signal,
    validate_function,
    validate_object,
)


class _Watch:
    def __init__(self, stream: Any, readable: bool, writable: bool, callback: Callable[..., Any]) -> None:
        self.stream = stream
        self.readable = readable
        self.writable = writable
        self.callback: Callable[..., Any] | None = callback
        self.unlisten_abort: Callable[[], None] | None = None
        self.waits_for_close = (
            predicates.will_emit_close(stream)
            and predicates.has_readable_side(stream) == readable
            and predicates.has_writable_side(stream) == writable
        )
        self.readable_over = predicates.is_readable_finished(stream, False)
        self.writable_over = predicates.is_writable_finished(stream, False)

    def settle(self, *error: Any) -> None:
        """Call back, the first time."""
        callback, self.callback = self.callback, None
        if callback is not None:
            if self.unlisten_abort is not None:
                self.unlisten_abort()
            call(callback, *error)

    def onfinish(self) -> None:
        stream = self.stream
        self.writable_over = True
        if is_truthy(getattr(stream, "destroyed", None)):
            # Destroyed by hand: whether 'close' will come is anybody's guess.
            self.waits_for_close = False
        if self.waits_for_close and (not getattr(stream, "readable", False) or self.readable):
            return
        if not self.readable or self.readable_over:
            self.settle()

    def on_old_style_finish(self) -> None:
        """A stream without a writable side of ours says by its end, or by closing, that it can no longer be
        written.
        """
        if not getattr(self.stream, "writable", False):
            self.onfinish()

    def onend(self) -> None:
        stream = self.stream
        self.readable_over = True
        if is_truthy(getattr(stream, "destroyed", None)):
            self.waits_for_close = False
        if self.waits_for_close and (not getattr(stream, "writable", False) or self.writable):
            return
        if not self.writable or self.writable_over:
            self.settle()

    def onerror(self, error: Any) -> None:
        self.settle(error)

    def onclose(self) -> None:
        self.settle_with(self.close_error())

    def close_error(self) -> Any:
        """What a closed stream has failed with, ERR_STREAM_PREMATURE_CLOSE if it had more to come, or None."""
        stream = self.stream
        error = predicates.errored(stream)
        if error is not None:
            return error
        if (
            self.readable
            and not self.readable_over
            and predicates.has_readable_side(stream, strict=True)
            and not predicates.is_readable_finished(stream, False)
        ) or (
            self.writable and not self.writable_over and not predicates.is_writable_finished(stream, False)
        ):
            return node_error("ERR_STREAM_PREMATURE_CLOSE")
        return None

    def settle_with(self, error: Any) -> None:
        """Call back with the error, or without arguments if it is None."""
        if error is None:
            self.settle()
        else:
            self.settle(error)

    def on_abort(self, reason: Any) -> None:
        callback = self.callback
        self.clean_up()
        if callback is not None:
            call(callback, AbortError(cause=reason))

    def listen(self, with_error: bool) -> None:
        stream = self.stream
        if self.writable and predicates.writable_state(stream) is None:
            stream.on("end", self.on_old_style_finish)
            stream.on("close", self.on_old_style_finish)
        stream.on("end", self.onend)
        stream.on("finish", self.onfinish)
        if with_error:
            stream.on("error", self.onerror)
        stream.on("close", self.onclose)

    def clean_up(self) -> None:
        """Take the listeners off; the callback will not come any more."""
        self.callback = None
        remove_listener = method(self.stream, "remove_listener", "stream")
        remove_listener("end", self.on_old_style_finish)
        remove_listener("close", self.on_old_style_finish)
        remove_listener("finish", self.onfinish)
        remove_listener("end", self.onend)
        remove_listener("error", self.onerror)
        remove_listener("close", self.onclose)

    def result(self) -> Any:
        """The error of a stream of which nothing more may come, None if it has none; UNDEFINED of any other."""
        stream = self.stream
        rs, ws = predicates.readable_state(stream), predicates.writable_state(stream)
        if predicates.is_closed(stream):
            return self.close_error()
        if (ws is not None and ws.error_emitted) or (rs is not None and rs.error_emitted):
            is_over = not self.waits_for_close
        else:
            is_over = (
                not self.readable
                and (not self.waits_for_close or predicates.is_readable(stream) is True)
                and (self.writable_over or predicates.is_writable(stream) is False)
                and (ws is None or ws.pending_callbacks == 0)
            ) or (
                not self.writable
                and (not self.waits_for_close or predicates.is_writable(stream) is True)
                and (self.readable_over or predicates.is_readable(stream) is False)
            )
        return predicates.errored(stream) if is_over else UNDEFINED

    def forget(self) -> None:
        """`clean_up` of a stream that was over: the callback will not come any more."""
        self.callback = None

    def forget_error(self) -> None:
        """`forget`, and take off the one listener."""
        self.callback = None
        method(self.stream, "remove_listener", "stream")("error", _ignore)


def _ignore(*_: Any) -> None:
    """The 'error' listener of a stream that is over."""


@drops_surplus
def finished(
    stream: Any = UNDEFINED,
    options: Any = UNDEFINED,
    callback: Any = UNDEFINED,
    /,
    **given: Any,
) -> Callable[[], None]:
    """`stream.finished(stream, options, callback)`: `callback(error)` when the stream is over, on its way or by
    an error.

    Options: `readable`, `writable` (False: do not wait for that side), `error` (False: do not listen for
    'error'), `signal` (an abort calls back with AbortError). Returns a function that takes the listeners off.
    Raises ERR_INVALID_ARG_TYPE.
    """
    if callback is UNDEFINED and options is not UNDEFINED and (callable(options) or not given):
        callback, options = options, None
    if options is not None and options is not UNDEFINED:
        validate_object(options, "options")
    given = merge_options(options, given)
    validate_function(callback, "callback")
    signal = validate_abort_signal(given.get("signal", UNDEFINED), "options.signal")
    if not predicates.is_node_stream(stream):
        raise node_error(
            "ERR_INVALID_ARG_TYPE", "stream", ("ReadableStream", "WritableStream", "Stream"), stream
        )
    readable, writable = given.get("readable"), given.get("writable")
    watch = _Watch(
        stream,
        predicates.has_readable_side(stream) if readable is None else is_truthy(readable),
        predicates.has_writable_side(stream) if writable is None else is_truthy(writable),
        callback,
    )
    listens_to_errors = given.get("error") is not False
    is_aborted = is_truthy(signal) and signal.aborted
    result = watch.result()
    if result is not UNDEFINED or is_aborted:
        clean_up = watch.forget
        if result is UNDEFINED:
            result = AbortError(cause=signal.reason)
        elif listens_to_errors:
            stream.on("error", _ignore)
            clean_up = watch.forget_error
        next_tick(watch.settle_with, result)
        return clean_up
    watch.listen(listens_to_errors)
    if is_truthy(signal):
        watch.unlisten_abort = add_abort_listener(signal, lambda: watch.on_abort(signal.reason))
    return watch.clean_up
