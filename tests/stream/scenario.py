"""Runs one scenario (a JSON program) on nodesock's streams and returns its trace; record.js does the same in
Node.

A program has `streams`, each with options and scripts for its hooks, and `ops`, a list of `[name, stream,
arguments…]` that may contain lists of further ops (for a listener, a tick, a microtask, an immediate).
Whatever can be seen is put in the trace: each event with the stream's public state, each hook, callback,
value returned and error thrown.
"""

import gc
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from nodesock import stream
from nodesock.abort import AbortController
from nodesock.net import Socket
from nodesock.runtime import ticks
from nodesock.runtime.hooks import hooks
from nodesock.runtime.promises import spawn
from nodesock.validators import UNDEFINED

from .pipeline_parts import Boom, part
from .shown import shown

_OPTIONS = {
    "autoDestroy": "auto_destroy",
    "allowHalfOpen": "allow_half_open",
    "decodeStrings": "decode_strings",
    "defaultEncoding": "default_encoding",
    "emitClose": "emit_close",
    "encoding": "encoding",
    "highWaterMark": "high_water_mark",
    "objectMode": "object_mode",
    "readable": "readable",
    "readableHighWaterMark": "readable_high_water_mark",
    "readableObjectMode": "readable_object_mode",
    "writable": "writable",
    "writableHighWaterMark": "writable_high_water_mark",
    "writableObjectMode": "writable_object_mode",
}


def state(s: Any) -> str:
    """The stream's public state in a few characters."""
    groups = []
    if s._readable_state is not None:
        flowing = {None: "", True: "true", False: "false"}[s.readable_flowing]
        flags = (s.readable_ended, s.readable, s.is_paused(), s.readable_did_read, s.readable_aborted)
        groups.append([flowing, s.readable_length, *map(int, flags)])
    if s._writable_state is not None:
        ends = (s.writable_ended, s.writable_finished, s.writable, s.writable_aborted or False)
        groups.append([s.writable_length, int(s.writable_need_drain), s.writable_corked, *map(int, ends)])
    groups.append([int(s.destroyed), int(s.closed), int(s.errored is not None)])
    return " ".join(",".join(map(str, group)) for group in groups)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _chunk(spec: Any) -> Any:
    if spec is None:
        return None
    if "b" in spec:
        return bytes.fromhex(spec["b"])
    return spec.get("s", spec.get("o", 42))


class Scenario:
    """One run of one program."""

    def __init__(self, program: dict[str, Any]) -> None:
        self.trace: list[Any] = []
        self.immediates: deque[Callable[[], Any]] = deque()
        self.known: dict[str, Any] = {}
        self.controllers: dict[int, AbortController] = {}
        self.budget = 400
        self.turns = 0
        self.errors = 0
        self.streams: list[Any] = []
        self._other_side: Any = None
        self.program = program
        for number, spec in enumerate(program["streams"]):
            self.streams.append(self._make(spec, number))
            self._watch(self.streams[-1], number)

    def run(self) -> list[Any]:
        """Run the program and what follows from it; the trace."""
        before, asyncgen_hooks = hooks.handle_uncaught, sys.get_asyncgen_hooks()
        # A generator or coroutine that nobody asks any more is forgotten where it stands, as in JavaScript: the
        # collector must not tell it.
        sys.set_asyncgen_hooks(finalizer=lambda generator: None)
        gc.disable()
        hooks.handle_uncaught = lambda error, origin: self.log("uncaught", shown(error)) or True
        try:
            self.do(self.program["ops"])
            self.immediates.append(self._turn)
            ticks.drain()
            while self.immediates:
                # Ticks that an uncaught exception has left over run at the start of Node's check phase.
                ticks.drain()
                for immediate in [self.immediates.popleft() for _ in range(len(self.immediates))]:
                    immediate()
                    ticks.drain()
        finally:
            hooks.handle_uncaught = before
            sys.set_asyncgen_hooks(*asyncgen_hooks)
            gc.freeze()
            gc.enable()
            ticks.clear()
        return self.trace

    def _turn(self) -> None:
        """An immediate of our own in each round, as record.js has one."""
        self.turns += 1
        if self.turns < 25:
            self.immediates.append(self._turn)
        else:
            self.immediates.clear()

    def log(self, *record: Any) -> None:
        self.trace.append(list(record))

    # --- streams and their scripted hooks
    # ---------------------------------------------------------------------

    def _watch(self, s: Any, number: int) -> None:
        s.number_in_scenario = number
        emit = s.emit

        def logging_emit(event: str, *args: Any) -> Any:
            if isinstance(event, str):
                self.log(number, "ev", event, [shown(arg) for arg in args], state(s))
            return emit(event, *args)

        s.emit = logging_emit

    def _make(self, spec: dict[str, Any], number: int) -> Any:
        options = {_OPTIONS[name]: value for name, value in spec["options"].items()}
        scripts = {name: deque(spec[name] or ()) for name in spec if name not in ("kind", "options")}

        def step(name: str) -> Any:
            return scripts[name].popleft() if scripts[name] else None

        def answer(mode: list[Any], callback: Callable[..., Any]) -> None:
            when, what = mode[0], mode[1]

            def boom() -> Boom:
                self.errors += 1
                return Boom(f"boom{self.errors}")

            def fire() -> None:
                self.log(number, "fire")
                if what == "ok":
                    callback()
                elif what == "null":
                    callback(None)
                elif what == "err":
                    callback(boom())
                elif what == "double":
                    callback()
                    callback()
                elif what == "val":
                    callback(None, b"zz")

            def guarded() -> None:
                try:
                    fire()
                except Exception as error:  # noqa: BLE001
                    self.log("top-throw", shown(error))

            if when == "sync":
                fire()
            elif when == "throw":
                raise boom()
            elif when != "never":
                self._later(when, guarded)

        def hook(name: str, *args: Any) -> None:
            """`args` as in the trace, the callback last."""
            mode = step(name) or ["sync", "val" if name == "transform" else "ok"]
            if len(mode) > 2 and mode[2]:
                self.do(mode[2])
            answer(mode, args[-1])

        def read(size: int) -> None:
            self.log(number, "_read", size)
            self.do(step("read") or [])

        def write(chunk: Any, encoding: Any, callback: Any) -> None:
            self.log(number, "_write", shown(chunk), encoding, state(self.streams[number]))
            hook("write", callback)

        def writev(chunks: Any, callback: Any) -> None:
            self.log(
                number, "_writev", [[shown(one.chunk), one.encoding] for one in chunks], bool(chunks.all_buffers)
            )
            hook("writev", callback)

        def transform(chunk: Any, encoding: Any, callback: Any) -> None:
            self.log(number, "_transform", shown(chunk), encoding)
            hook("transform", callback)

        def destroy(error: Any, callback: Any) -> None:
            self.log(number, "_destroy", shown(error))
            hook("destroy", lambda failure=None: callback(failure if failure is not None else error))

        def plain(name: str) -> Callable[..., None]:
            def run(callback: Any) -> None:
                self.log(number, f"_{name}")
                hook(name, callback)

            return run

        hooks = {"read": read, "write": write, "writev": writev, "transform": transform, "destroy": destroy}
        for name in scripts:
            options[name] = hooks.get(name) or plain(name)
        if spec["kind"] == "OtherSide":
            return self._other_side
        if spec["kind"] == "DuplexPair":
            one, self._other_side = stream.duplex_pair(options)
            return one
        return (Socket if spec["kind"] == "Socket" else getattr(stream, spec["kind"]))(options)

    def _later(self, when: str, fn: Callable[[], Any]) -> None:
        if when == "tick":
            ticks.next_tick(fn)
        elif when == "micro":
            ticks.queue_microtask(fn)
        else:
            self.immediates.append(fn)

    # --- ops
    # --------------------------------------------------------------------------------------------------

    def do(self, ops: list[Any]) -> None:
        for name, number, *args in ops:
            self.budget -= 1
            if self.budget < 0:
                return
            try:
                result = getattr(self, f"op_{name}")(number, self.streams[number], *args)
                if result is not UNDEFINED:
                    self.log("ret", name, number, shown(result))
            except Exception as error:  # noqa: BLE001
                self.log("throw", name, shown(error))

    def _callback(self, number: int, label: Any) -> Any:
        if label is None:
            return None
        s = self.streams[number]
        return self.known.setdefault(
            f"C{label}", lambda *args: self.log(number, "cb", label, [shown(arg) for arg in args], state(s))
        )

    def op_push(self, number: int, s: Any, chunk: Any, encoding: Any = None) -> Any:
        return s.push(_chunk(chunk), encoding)

    def op_unshift(self, number: int, s: Any, chunk: Any, encoding: Any = None) -> Any:
        return s.unshift(_chunk(chunk), encoding)

    def op_read(self, number: int, s: Any, size: Any) -> Any:
        return s.read(size)

    def op_pause(self, number: int, s: Any) -> Any:
        s.pause()
        return UNDEFINED

    def op_resume(self, number: int, s: Any) -> Any:
        s.resume()
        return UNDEFINED

    def op_write(self, number: int, s: Any, chunk: Any, encoding: Any = None, label: Any = None) -> Any:
        args = [argument for argument in (encoding, self._callback(number, label)) if argument is not None]
        return s.write(_chunk(chunk), *args)

    def op_end(self, number: int, s: Any, chunk: Any, encoding: Any, label: Any) -> Any:
        args = [] if chunk is None else [_chunk(chunk)]
        args += [argument for argument in (encoding, self._callback(number, label)) if argument is not None]
        s.end(*args)
        return UNDEFINED

    def op_cork(self, number: int, s: Any) -> Any:
        s.cork()
        return UNDEFINED

    def op_uncork(self, number: int, s: Any) -> Any:
        s.uncork()
        return UNDEFINED

    def op_destroy(self, number: int, s: Any, message: Any = None, label: Any = None) -> Any:
        s.destroy(Boom(message) if message else None, self._callback(number, label))
        return UNDEFINED

    def op_setEncoding(self, number: int, s: Any, encoding: Any) -> Any:
        s.set_encoding(encoding)
        return UNDEFINED

    def op_setDefaultEncoding(self, number: int, s: Any, encoding: Any) -> Any:
        s.set_default_encoding(encoding)
        return UNDEFINED

    def op_on(self, number: int, s: Any, event: str, ops: Any, label: Any, method: str = "on") -> Any:
        left = 2

        def listener() -> None:
            nonlocal left
            self.log(number, "lis", label)
            if left:
                left -= 1
                self.do(ops)

        self.known[f"L{label}"] = listener
        getattr(s, method)(event, listener)
        return UNDEFINED

    def op_once(self, number: int, s: Any, event: str, ops: Any, label: Any) -> Any:
        return self.op_on(number, s, event, ops, label, "once")

    def op_off(self, number: int, s: Any, event: str, label: Any) -> Any:
        if f"L{label}" in self.known:
            s.remove_listener(event, self.known[f"L{label}"])
        return UNDEFINED

    def op_offAll(self, number: int, s: Any, event: Any) -> Any:
        s.remove_all_listeners(*([event] if event else []))
        return UNDEFINED

    def _op_later(self, when: str, ops: Any, label: Any) -> Any:
        def run() -> None:
            self.log(when, label)
            self.do(ops)

        self._later(when, run)
        return UNDEFINED

    def op_tick(self, number: int, s: Any, ops: Any, label: Any) -> Any:
        return self._op_later("tick", ops, label)

    def op_micro(self, number: int, s: Any, ops: Any, label: Any) -> Any:
        return self._op_later("micro", ops, label)

    def op_imm(self, number: int, s: Any, ops: Any, label: Any) -> Any:
        return self._op_later("imm", ops, label)

    def op_pipe(self, number: int, s: Any, target: int, end: Any = None) -> Any:
        s.pipe(self.streams[target], end=end is not False)
        return UNDEFINED

    def op_unpipe(self, number: int, s: Any, target: Any = None) -> Any:
        s.unpipe(None if target is None else self.streams[target])
        return UNDEFINED

    def op_snap(self, number: int, s: Any) -> Any:
        buffered = [shown(chunk) for chunk in s.readable_buffer] if s._readable_state is not None else 0
        queued = 0
        if s._writable_state is not None:
            queued = [[shown(one.chunk), one.encoding] for one in s.writable_buffer]  # type: ignore[assignment]
        events = sorted(name for name in s.event_names() if isinstance(name, str))
        listeners = [[name, s.listener_count(name)] for name in events]
        names = ("readable_high_water_mark", "readable_encoding", "readable_object_mode", "writable_high_water_mark",
                 "writable_object_mode", "allow_half_open", "errored")  # fmt: skip
        more = [shown(getattr(s, name, None)) for name in names]
        self.log(number, "snap", state(s), buffered, queued, listeners, more)
        return UNDEFINED

    def op_emitErr(self, number: int, s: Any) -> Any:
        s.emit("error", Boom("manual"))
        return UNDEFINED

    def op_set(self, number: int, s: Any, name: str, value: Any) -> Any:
        setattr(s, _snake(name), value)
        return UNDEFINED

    def op_call(self, number: int, s: Any, name: str) -> Any:
        result = getattr(s, _snake(name))()
        return UNDEFINED if result is None else result

    def op_undestroy(self, number: int, s: Any) -> Any:
        s._undestroy()
        return UNDEFINED

    def op_finished(self, number: int, s: Any, options: Any, label: Any) -> Any:
        self.known[f"F{label}"] = stream.finished(
            s, options, lambda *args: self.log(number, "finished", label, [shown(arg) for arg in args])
        )
        return UNDEFINED

    def op_unfinished(self, number: int, s: Any, label: Any) -> Any:
        clean_up = self.known.get(f"F{label}")
        if clean_up is not None:
            clean_up()
        return UNDEFINED

    def op_pfinished(self, number: int, s: Any, options: Any, label: Any) -> Any:
        promise = stream.promises.finished(s, options)
        self._settled(promise, (number, "pf", label), (number, "pffail", label))
        return UNDEFINED

    def op_pipeline(self, number: int, s: Any, *rest: Any) -> Any:
        *others, label = rest
        parts = [s, *(self.streams[other] for other in others)]
        stream.pipeline(*parts, lambda *args: self.log("pipeline", label, [shown(arg) for arg in args]))
        return UNDEFINED

    def op_ppipeline(self, number: int, s: Any, *rest: Any) -> Any:
        *others, label = rest
        parts = [s, *(self.streams[other] for other in others)]
        self._settled(stream.promises.pipeline(*parts), ("pp", label), ("ppfail", label))
        return UNDEFINED

    def op_line(self, number: int, s: Any, parts: Any, options: Any, label: Any) -> Any:
        """A pipeline of streams, iterables and functions; as promises where there are options."""
        made = [part(self, index, kind, what, label) for index, (kind, what) in enumerate(parts)]
        if options is None:
            last = stream.pipeline(*made, lambda *args: self.log("line", label, [shown(arg) for arg in args]))
            return last if last in self.streams else type(last).__name__
        given = {"end": options["end"]} if "end" in options else {}
        if "signal" in options:
            given["signal"] = self.controllers.setdefault(number, AbortController()).signal
        self._settled(stream.promises.pipeline(*made, given), ("line-ok", label), ("line-fail", label))
        return UNDEFINED

    def _settled(self, promise: Any, fulfilled: tuple[Any, ...], rejected: tuple[Any, ...]) -> None:
        promise.then(
            lambda value: self.log(*fulfilled, shown(value)), lambda error: self.log(*rejected, shown(error))
        )

    def op_signal(self, number: int, s: Any) -> Any:
        self.controllers[number] = AbortController()
        stream.add_abort_signal(self.controllers[number].signal, s)
        return UNDEFINED

    def op_abort(self, number: int, s: Any) -> Any:
        if number in self.controllers:
            self.controllers[number].abort()
        return UNDEFINED

    def op_iter(self, number: int, s: Any, most: Any, keep: bool, label: Any) -> Any:
        async def iterate() -> None:
            taken = 0
            try:
                iterator = (s.iterator(destroy_on_return=False) if keep else s).__aiter__()
                while True:
                    try:
                        chunk = await iterator.__anext__()
                    except StopAsyncIteration:
                        break
                    self.log(number, "iter", label, shown(chunk), state(s))
                    taken += 1
                    if taken == most:
                        await iterator.aclose()
                        break
                self.log(number, "iter-end", label, state(s))
            except Exception as error:  # noqa: BLE001
                self.log(number, "iter-throw", label, shown(error))

        spawn(iterate())
        return UNDEFINED

    def op_dispose(self, number: int, s: Any, label: Any) -> Any:
        s.async_dispose().then(
            lambda _: self.log(number, "disposed", label),
            lambda error: self.log(number, "dispose-fail", label, shown(error)),
        )
        return UNDEFINED

    def op_preds(self, number: int, s: Any) -> Any:
        asks = (
            stream.is_readable,
            stream.is_writable,
            stream.is_errored,
            stream.is_disturbed,
            stream.is_destroyed,
        )
        return [ask(s) for ask in asks]
