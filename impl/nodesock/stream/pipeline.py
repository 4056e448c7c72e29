"""Mirrors lib/internal/streams/pipeline.js: `stream.pipeline`.

Each part of a pipeline owes one report per end it has in it (`_Pipeline.owed`). The first error destroys
every part; the callback comes, on a tick, with the last report. A destroyed stream that was never read to its
end counts as closed prematurely; a later error outranks that one, and an AbortError.
"""

from collections.abc import Callable, Sequence
from types import CoroutineType
from typing import Any

from nodesock.abort import AbortController
from nodesock.callables import call
from nodesock.errors import AbortError, aggregate_two_errors, node_error
from nodesock.events import add_abort_listener
from nodesock.runtime.promises import Promise, spawn
from nodesock.runtime.ticks import next_tick
from nodesock.stream.async_generator import as_promise, iterate, walk
from nodesock.stream.async_iterator import ReadableIterator
from nodesock.stream.core import predicates
from nodesock.stream.core.end_of_stream import finished
from nodesock.stream.core.members import method
from nodesock.stream.core.passthrough import PassThrough
from nodesock.stream.destroyer import destroy
from nodesock.stream.duplexify import duplex_from
from nodesock.stream.signal_context import SignalContext
from nodesock.validators import UNDEFINED, is_truthy, validate_abort_signal, validate_function

_PREMATURE = "ERR_STREAM_PREMATURE_CLOSE"


def _only_says_stopped(error: Any) -> bool:
    """Whether it tells that a stream was stopped but not why: any later error outranks it."""
    return getattr(error, "name", None) == "AbortError" or getattr(error, "code", None) == _PREMATURE


class _Pipeline:
    def __init__(self, callback: Callable[..., Any], signal: Any, end: bool) -> None:
        self.callback = callback
        self.end = end
        self.error: Any = None
        self.value: Any = None
        self.owed = 0
        self.destroyers: list[Callable[[Any], None]] = []
        #: undone on success only, so that the last stream can be used further
        self.last_clean_ups: list[Callable[[], Any]] = []
        self.controller = AbortController()
        self.outer_signal = signal
        self.unlisten_abort: Callable[[], None] | None = None
        if signal is not None and not signal.aborted:
            self.unlisten_abort = add_abort_listener(signal, self.abort)

    def abort(self) -> None:
        self.report(AbortError(cause=self.outer_signal.reason), False)

    def done(self, error: Any = None) -> None:
        """One of the reports that are owed."""
        self.owed -= 1
        self.report(error, self.owed == 0)

    def failed(self, error: Any = None) -> None:
        """An error out of turn."""
        self.report(error, False)

    def report(self, error: Any, last: bool) -> None:
        if error is not None and (self.error is None or _only_says_stopped(self.error)):
            self.error = error
        if self.error is None and not last:
            return
        while self.destroyers:
            self.destroyers.pop(0)(self.error)
        if self.unlisten_abort is not None:
            self.unlisten_abort()
        self.controller.abort()
        if last:
            if self.error is None:
                for clean_up in self.last_clean_ups:
                    clean_up()
            next_tick(call, self.callback, self.error, self.value)

    # --- parts --------------------------------------------------------------------------------------------

    def own(self, stream: Any, reading: bool, writing: bool) -> Callable[[], None]:
        """See to it that `stream` is destroyed with the pipeline unless it is over by then."""
        over = False

        def on_close() -> None:
            nonlocal over
            over = True

        def on_finished(error: Any = None) -> None:
            nonlocal over
            over = error is None

        def destroyer(error: Any) -> None:
            nonlocal over
            if not over:
                over = True
                destroy(stream, error if error is not None else node_error("ERR_STREAM_DESTROYED", "pipe"))

        on_close.__name__ = ""
        stream.on("close", on_close)
        clean_up = finished(stream, on_finished, readable=reading, writable=writing)
        self.destroyers.append(destroyer)
        return clean_up

    def watch_errors(self, stream: Any, last: bool) -> None:
        """Late errors too must find a listener."""

        def on_error(error: Any) -> None:
            if not _only_says_stopped(error):
                self.failed(error)

        on_error.__name__ = "onError"
        stream.on("error", on_error)
        if last and predicates.is_readable(stream):
            self.last_clean_ups.append(lambda: stream.remove_listener("error", on_error))

    def join(self, source: Any, destination: Any, end: bool) -> Callable[[], None]:
        """Pipe one stream into the next."""
        ended = False

        def on_close() -> None:
            if not ended:
                self.failed(node_error(_PREMATURE))

        def end_destination() -> None:
            nonlocal ended
            ended = True
            method(destination, "end", "dst")()

        def source_over(error: Any = None) -> None:
            rs = predicates.readable_state(source)
            if (
                getattr(error, "code", None) == _PREMATURE
                and rs is not None
                and rs.ended
                and rs.errored is None
                and not rs.error_emitted
            ):
                # It closed with all its data at hand: 'end' is still to come.
                source.once("end", self.done)
                source.once("error", self.done)
            else:
                self.done(error)

        on_close.__name__, end_destination.__name__ = "", "endFn"
        destination.on("close", on_close)
        source.pipe(destination, end=False)
        if end:
            if predicates.is_readable_finished(source):
                next_tick(end_destination)
            else:
                method(source, "once", "src")("end", end_destination)
        else:
            self.done()
        finished(source, source_over, readable=True, writable=False)
        return finished(destination, self.done, readable=False, writable=True)

    async def pump(self, iterable: Any, destination: Any, end: bool) -> None:
        """Write what an iterable yields, at the destination's pace."""
        failure: Any = None
        waiting: Promise | None = None

        def wake(error: Any = None) -> None:
            nonlocal failure, waiting
            if error is not None:
                failure = error
            promise, waiting = waiting, None
            if promise is not None:
                if failure is not None:
                    promise.reject(failure)
                else:
                    promise.resolve(None)

        async def wait() -> None:
            nonlocal waiting
            waiting = Promise() if failure is None else Promise.rejected(failure)
            await waiting

        destination.on("drain", wake)
        clean_up = finished(destination, wake, readable=False)
        try:
            if is_truthy(getattr(destination, "writable_need_drain", None)):
                await wait()

            async def write(chunk: Any) -> None:
                if not method(destination, "write", "writable")(chunk):
                    await wait()

            await walk(iterable, write)
            if end:
                method(destination, "end", "writable")()
                await wait()
            self.done()
        except Exception as error:
            self.done(aggregate_two_errors(failure, error))
        finally:
            clean_up()
            method(destination, "off", "writable")("drain", wake)


def run_pipeline(
    parts: Sequence[Any], callback: Callable[..., Any], signal: Any = UNDEFINED, end: Any = True
) -> Any:
    """The body of `pipeline`: returns the last stream."""
    if len(parts) == 1 and isinstance(parts[0], (list, tuple)):
        parts = parts[0]
    if len(parts) < 2:
        raise node_error("ERR_MISSING_ARGS", "streams")
    signal = validate_abort_signal(signal, "options.signal")
    if signal is UNDEFINED:
        signal = None
    line = _Pipeline(callback, signal, end is not False)
    context = SignalContext(line.controller.signal)
    flow: Any = None
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        end_part = not last or line.end
        is_stream = predicates.is_node_stream(part)
        if is_stream:
            following = None if last else parts[index + 1]
            if getattr(following, "closed", False) or getattr(following, "destroyed", False):
                raise node_error("ERR_STREAM_UNABLE_TO_PIPE")
            if end_part:
                clean_up = line.own(part, not last, index > 0)
                if last and predicates.is_readable(part):
                    line.last_clean_ups.append(clean_up)
            line.watch_errors(part, last)
        if index == 0:
            if not is_stream and callable(part):
                flow = _called(part, context)
                if not predicates.is_iterable(flow):
                    raise node_error(
                        "ERR_INVALID_RETURN_VALUE", "Iterable, AsyncIterable or Stream", "source", flow
                    )
            elif predicates.is_iterable(part) or predicates.has_readable_side(part):
                flow = part
            else:
                flow = duplex_from(part)
        elif is_stream:
            if predicates.has_readable_side(flow):
                line.owed += 2
                clean_up = line.join(flow, part, end_part)
                if last and predicates.is_readable(part):
                    line.last_clean_ups.append(clean_up)
            elif predicates.is_iterable(flow):
                line.owed += 1
                spawn(line.pump(flow, part, end_part))
            else:
                raise node_error("ERR_INVALID_ARG_TYPE", "val", _SOURCES, flow)
            flow = part
        elif callable(part):
            flow = _call_part(line, part, flow, context, index, last, end_part)
        else:
            flow = duplex_from(part)
    if signal is not None and signal.aborted:
        next_tick(line.abort)
    return flow


_SOURCES = ("Readable", "Iterable", "AsyncIterable", "ReadableStream", "TransformStream")


def _call_part(
    line: _Pipeline, part: Any, flow: Any, context: SignalContext, index: int, last: bool, end: bool
) -> Any:
    """A function in a pipeline: takes what flows, gives an (async) iterable, or at the end a value to come."""
    result = _called(part, _readable_of(flow), context)
    if not last:
        if not hasattr(result, "__aiter__"):
            raise node_error("ERR_INVALID_RETURN_VALUE", "AsyncIterable", f"transform[{index - 1}]", result)
        return result
    out = PassThrough(object_mode=True)
    if hasattr(result, "__await__"):

        def resolved(value: Any) -> None:
            line.value = value
            if value is not None:
                out.write(value)
            if end:
                out.end()
            next_tick(line.done)

        def rejected(error: Any) -> None:
            out.destroy(error)
            next_tick(line.done, error)

        line.owed += 1
        as_promise(result).then(resolved, rejected)
    elif hasattr(result, "__aiter__"):
        line.owed += 1
        spawn(line.pump(result, out, end))
    else:
        raise node_error("ERR_INVALID_RETURN_VALUE", "AsyncIterable or Promise", "destination", result)
    line.last_clean_ups.append(line.own(out, False, True))
    return out


def _called(function: Any, *args: Any) -> Any:
    """Call a function of the program; an async one runs and makes a promise, whether or not one is of use."""
    result = call(function, *args)
    return spawn(result) if isinstance(result, CoroutineType) else result


def _readable_of(flow: Any) -> Any:
    """What a function is given to read: a stream as it is unless it is an old-style one, else an async iterable."""
    if predicates.is_iterable(flow):
        return flow if predicates.is_node_stream(flow) else iterate(flow)
    if predicates.has_readable_side(flow):
        return _OldStyle(flow)
    raise node_error("ERR_INVALID_ARG_TYPE", "val", _SOURCES[:3], flow)


class _OldStyle:
    """An old-style stream as an async iterable: only the loop has its iterator, and lets go of it when it is left."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __aiter__(self) -> ReadableIterator:
        return ReadableIterator(self._stream, True)


def pipeline(*parts: Any) -> Any:
    """`stream.pipeline(source, ...transforms, destination, callback)`: join streams, see them all ended or all
    destroyed.

    A part is a stream, an iterable or async iterable (first only), or a function: of nothing for the source,
    of an async iterable else. `callback(error, value)`. Returns the last stream. Raises ERR_INVALID_ARG_TYPE,
    ERR_MISSING_ARGS.
    """
    callback: Any = parts[-1] if parts else UNDEFINED
    validate_function(callback, "streams[stream.length - 1]")
    called = False

    def once(error: Any, value: Any) -> None:
        nonlocal called
        if not called:
            called = True
            call(callback, error, value)

    return run_pipeline(parts[:-1], once)
