"""events.py: orders and texts are literal copies of what the same program printed in Node 24.19."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from nodesock import events
from nodesock.abort import AbortController, AbortSignal
from nodesock.errors import AbortError, NodeError
from nodesock.events import EventEmitter, error_monitor
from nodesock.process import process
from nodesock.runtime.loop import run
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.timers import set_timeout

pytestmark = pytest.mark.usefixtures("fresh_loop")


class Log(list):
    """What happened, in order."""

    def of(self, name: object) -> Callable[..., None]:
        def listener() -> None:
            self.append(name)

        return listener


def name(listener: Any) -> str:
    """The listener's name as JavaScript has it."""
    return getattr(listener, "__name__", "?").replace("<lambda>", "")


def test_order_names_and_meta_events() -> None:
    log: list = []
    emitter = EventEmitter()

    def a() -> None:
        log.append("a")

    def b() -> None:
        log.append("b")

    def c(x: object) -> None:
        log.append(("c", x))

    emitter.on("newListener", lambda event, listener: log.append(("new", event, name(listener))))
    emitter.on("removeListener", lambda event, listener: log.append(("rem", event, name(listener))))
    emitter.on("x", a).once("x", b).prepend_listener("x", c).prepend_once_listener("x", b)
    assert [name(f) for f in emitter.listeners("x")] == ["b", "c", "a", "b"]
    assert [hasattr(f, "listener") for f in emitter.raw_listeners("x")] == [True, False, False, True]
    assert (emitter.listener_count("x"), emitter.listener_count("x", b), emitter.listener_count("no")) == (
        4,
        2,
        0,
    )
    assert emitter.emit("x", 1) is True
    assert emitter.emit("nope") is False
    assert [name(f) for f in emitter.listeners("x")] == ["c", "a"]
    emitter.on("x", a)
    emitter.off("x", a)
    emitter.off("x", b)
    assert emitter.event_names() == ["newListener", "removeListener", "x"]
    emitter.remove_all_listeners("x")
    emitter.on("y", a)
    emitter.on("z", b)
    emitter.on("y", c)
    emitter.remove_all_listeners()
    assert emitter.event_names() == []
    assert log == [
        ("new", "removeListener", ""),
        ("new", "x", "a"),
        ("new", "x", "b"),
        ("new", "x", "c"),
        ("new", "x", "b"),
        ("rem", "x", "wrapper"),
        "b",
        ("c", 1),
        "a",
        ("rem", "x", "wrapper"),
        "b",
        ("new", "x", "a"),
        ("rem", "x", "a"),
        ("rem", "x", "a"),
        ("rem", "x", "c"),
        ("new", "y", "a"),
        ("new", "z", "b"),
        ("new", "y", "c"),
        ("rem", "newListener", ""),
        ("rem", "y", "c"),
        ("rem", "y", "a"),
        ("rem", "z", "b"),
    ]


def test_a_running_emit_keeps_its_listeners() -> None:
    log = Log()
    emitter = EventEmitter()
    second = log.of("2")

    def first() -> None:
        log.append("1")
        emitter.on("x", log.of("added"))
        emitter.off("x", second)

    emitter.on("x", first).on("x", second)
    emitter.emit("x")
    emitter.emit("x")
    assert log == ["1", "2", "1", "added"]


def test_once_is_gone_before_its_call() -> None:
    log: list = []
    emitter = EventEmitter()

    def listener() -> None:
        log.append("once")
        emitter.emit("x")

    emitter.once("x", listener)
    emitter.emit("x")
    assert log == ["once"]


def test_new_listener_comes_before_the_listener_is_added() -> None:
    log = Log()
    emitter = EventEmitter()
    emitter.once("newListener", lambda event: emitter.on("e", log.of("B")))
    emitter.on("e", log.of("A"))
    emitter.emit("e")
    assert log == ["B", "A"]


def test_an_exception_stops_the_rest_and_leaves_emit() -> None:
    log = Log()
    emitter = EventEmitter()

    def fail() -> None:
        raise RuntimeError("thrown")

    emitter.on("x", fail).on("x", log.of("not reached"))
    with pytest.raises(RuntimeError, match="thrown"):
        emitter.emit("x")
    assert log == []


def test_bound_methods_are_equal_listeners() -> None:
    class Owner:
        def heard(self) -> None:
            pass

    owner = Owner()
    emitter = EventEmitter()
    emitter.on("x", owner.heard)
    emitter.off("x", owner.heard)
    assert emitter.listener_count("x") == 0


def test_listener_must_be_callable() -> None:
    values: list[Any] = [None, 5, {}]
    for value in values:
        with pytest.raises(NodeError, match='The "listener" argument must be of type function'):
            EventEmitter().on("x", value)


def test_call_semantics() -> None:
    got: list = []
    emitter = EventEmitter()
    emitter.on("x", lambda: got.append(()))
    emitter.on("x", lambda a: got.append((a,)))
    emitter.on("x", lambda a, b, c: got.append((a, b, c)))
    emitter.on("x", lambda *a: got.append(a))
    emitter.on("x", lambda a, b=9: got.append((a, b)))
    emitter.emit("x", 1, 2)
    assert got == [(), (1,), (1, 2, None), (1, 2), (1, 2)]


def test_many_arguments() -> None:
    got: list = []
    emitter = EventEmitter()
    emitter.on("x", lambda *a: got.append(len(a)))
    emitter.emit("x", *range(300))
    assert got == [300]


def test_error_without_listener() -> None:
    error = ValueError("E")
    with pytest.raises(ValueError, match="E") as caught:
        EventEmitter().emit("error", error)
    assert caught.value is error
    values: list[tuple[Any, str]] = [(5, "5"), ({"a": 1}, "{ a: 1 }"), ("str", "'str'"), (None, "null")]
    for value, text in values:
        with pytest.raises(NodeError) as unhandled:
            EventEmitter().emit("error", value)
        assert unhandled.value.code == "ERR_UNHANDLED_ERROR"
        assert str(unhandled.value) == f"Unhandled error. ({text})"
        assert unhandled.value.context == value  # type: ignore[attr-defined]
    with pytest.raises(NodeError, match=r"Unhandled error. \(undefined\)"):
        EventEmitter().emit("error")


def test_error_monitor_sees_but_does_not_handle() -> None:
    log: list = []
    emitter = EventEmitter()
    emitter.on(error_monitor, lambda error: log.append(("monitor", str(error))))
    with pytest.raises(RuntimeError):
        emitter.emit("error", RuntimeError("E"))
    emitter.on("error", lambda error: log.append(("handled", str(error))))
    emitter.emit("error", RuntimeError("E2"))
    assert log == [("monitor", "E"), ("monitor", "E2"), ("handled", "E2")]


def test_max_listeners_warning_once_an_event() -> None:
    warnings: list = []
    process.on(
        "warning", lambda w: warnings.append((w.name, str(w), w.type, w.count, type(w.emitter).__name__))
    )

    def main() -> None:
        emitter = EventEmitter()
        for _ in range(12):
            emitter.on("foo", lambda: None)
        emitter.set_max_listeners(1)
        emitter.on("z", lambda: None).on("z", lambda: None)
        quiet = EventEmitter().set_max_listeners(0)
        for _ in range(20):
            quiet.on("x", lambda: None)

    run(main)
    assert warnings == [
        (
            "MaxListenersExceededWarning",
            "Possible EventEmitter memory leak detected. 11 foo listeners added to [EventEmitter]. MaxListeners is 10. "
            "Use emitter.setMaxListeners() to increase limit",
            "foo",
            11,
            "EventEmitter",
        ),
        (
            "MaxListenersExceededWarning",
            "Possible EventEmitter memory leak detected. 2 z listeners added to [EventEmitter]. MaxListeners is 1. "
            "Use emitter.setMaxListeners() to increase limit",
            "z",
            2,
            "EventEmitter",
        ),
    ]


def test_a_leak_is_told_again_once_the_list_had_shrunk_to_one() -> None:
    warnings: list[Any] = []

    def main() -> None:
        process.on("warning", lambda warning: warnings.append((warning.type, warning.count)))
        for name, limit in (("shrunk", 1), ("kept", 2)):
            emitter = EventEmitter().set_max_listeners(limit)
            listeners = [lambda: None, lambda: 0, lambda: False][: limit + 1]
            for listener in listeners:
                emitter.on(name, listener)
            emitter.off(name, listeners[0]).on(name, listeners[0])

    run(main)
    assert warnings == [("shrunk", 2), ("shrunk", 2), ("kept", 3)]


def test_set_max_listeners_checks() -> None:
    with pytest.raises(NodeError) as caught:
        EventEmitter().set_max_listeners(-1)
    assert str(caught.value) == 'The value of "setMaxListeners" is out of range. It must be >= 0. Received -1'
    with pytest.raises(NodeError, match='The "setMaxListeners" argument must be of type number'):
        EventEmitter().set_max_listeners("1")
    emitter = EventEmitter()
    events.set_max_listeners(3, emitter)
    assert events.get_max_listeners(emitter) == 3


async def rejecting(value: object = None, *_: object) -> None:
    raise RuntimeError(f"rej {value}")


def test_capture_rejections() -> None:
    log: list = []

    def main() -> None:
        emitter = EventEmitter(capture_rejections=True)
        emitter.on("x", rejecting)
        emitter.on("error", lambda error: log.append(("error", str(error))))
        emitter.emit("x", 1)
        log.append("after emit")

    run(main)
    assert log == ["after emit", ("error", "rej 1")]


def test_capture_rejections_hook() -> None:
    log: list = []

    class Hooked(EventEmitter):
        def _capture_rejection(self, error: BaseException, event: str, *args: object) -> None:
            log.append((str(error), event, args))

    run(lambda: Hooked(capture_rejections=True).on("x", rejecting).emit("x", 5, 6))
    assert log == [("rej 5", "x", (5, 6))]


def test_capture_rejections_must_be_boolean() -> None:
    with pytest.raises(NodeError, match='The "options.captureRejections" property must be of type boolean'):
        EventEmitter(capture_rejections=5)


def test_an_async_listener_starts_at_once() -> None:
    log: list = []

    async def listener() -> None:
        log.append("started")

    def main() -> None:
        emitter = EventEmitter()
        emitter.on("x", listener)
        emitter.emit("x")
        log.append("emitted")

    run(main)
    assert log == ["started", "emitted"]


def test_without_capture_a_rejection_is_uncaught() -> None:
    with pytest.raises(RuntimeError, match="rej 1"):
        run(lambda: EventEmitter().on("x", rejecting).emit("x", 1))


def test_once_as_promise() -> None:
    log: list = []

    async def main() -> None:
        emitter = EventEmitter()
        next_tick(lambda: emitter.emit("go", 1, 2))
        log.append(await events.once(emitter, "go"))
        next_tick(lambda: emitter.emit("error", RuntimeError("bad")))
        try:
            await events.once(emitter, "go")
        except RuntimeError as error:
            log.append(str(error))
        next_tick(lambda: emitter.emit("error", RuntimeError("value")))
        [value] = await events.once(emitter, "error")
        log.append(str(value))
        controller = AbortController()
        set_timeout(controller.abort, 1)
        try:
            await events.once(emitter, "go", signal=controller.signal)
        except AbortError as aborted:
            cause: Any = aborted.cause
            log.append((aborted.name, aborted.code, str(aborted), cause.name, cause.code))
        try:
            await events.once(emitter, "go", signal=AbortSignal.abort("why"))
        except AbortError as aborted:
            log.append(aborted.cause)
        log.append(emitter.event_names())

    run(main)
    assert log == [
        [1, 2],
        "bad",
        "value",
        ("AbortError", "ABORT_ERR", "The operation was aborted", "AbortError", 20),
        "why",
        [],
    ]


def test_on_as_async_iterator() -> None:
    log: list = []

    async def main() -> None:
        emitter = EventEmitter()

        def go() -> None:
            emitter.emit("v", 1)
            emitter.emit("v", 2, 3)
            set_timeout(lambda: emitter.emit("end"), 1)

        set_timeout(go, 1)
        async for args in events.on(emitter, "v", close=["end"]):
            log.append(args)
        set_timeout(lambda: (emitter.emit("v", 1), emitter.emit("error", RuntimeError("E"))), 1)
        try:
            async for args in events.on(emitter, "v"):
                log.append(args)
        except RuntimeError as error:
            log.append(str(error))
        controller = AbortController()
        set_timeout(controller.abort, 1)
        try:
            async for args in events.on(emitter, "v", signal=controller.signal):
                log.append(args)
        except NodeError as error:
            log.append(error.name)
        iterator = events.on(emitter, "v")
        set_timeout(lambda: (emitter.emit("v", 9), emitter.emit("v", 10)), 1)
        async for args in iterator:
            log.append(args)
            break
        await iterator.aclose()
        log.append(emitter.event_names())

    run(main)
    assert log == [[1], [2, 3], [1], "E", "AbortError", [9], []]


def test_get_event_listeners_and_add_abort_listener() -> None:
    controller = AbortController()
    log: list = []
    take_off = events.add_abort_listener(controller.signal, lambda: log.append("abort"))
    assert len(events.get_event_listeners(controller.signal, "abort")) == 1
    take_off()
    assert events.get_event_listeners(controller.signal, "abort") == []
    events.add_abort_listener(controller.signal, lambda: log.append("abort"))
    controller.abort()
    assert log == ["abort"]
    with pytest.raises(
        NodeError, match='The "emitter" argument must be an instance of EventEmitter or EventTarget'
    ):
        events.get_event_listeners(5, "x")


def test_a_subclass_need_not_call_init() -> None:
    class Lazy(EventEmitter):
        def __init__(self) -> None:
            pass

    first, second = Lazy(), Lazy()
    first.on("x", lambda: None)
    assert second.listener_count("x") == 0
    assert EventEmitter().event_names() == []


def test_emitters_are_freed_at_once() -> None:
    gc.disable()
    try:
        emitter = EventEmitter()
        emitter.on("x", lambda: None).once("y", lambda: None)
        emitter.emit("y")
        gone = weakref.ref(emitter)
        del emitter
        assert gone() is None
    finally:
        gc.enable()
