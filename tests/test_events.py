"""What no case can tell of an EventEmitter: bound methods, signatures, subclasses, memory. Cases tell the rest."""

import gc
import weakref

import pytest

from nodesock import events
from nodesock.abort import AbortController
from nodesock.events import EventEmitter
from nodesock.runtime.loop import run

pytestmark = pytest.mark.usefixtures("fresh_loop")


def test_bound_methods_are_equal_listeners() -> None:
    class Owner:
        def heard(self) -> None:
            pass

    owner = Owner()
    emitter = EventEmitter()
    emitter.on("x", owner.heard)
    emitter.off("x", owner.heard)
    assert emitter.listener_count("x") == 0


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


async def rejecting(value: object = None, *_: object) -> None:
    raise RuntimeError(f"rej {value}")


def test_capture_rejections_hook() -> None:
    log: list = []

    class Hooked(EventEmitter):
        def _capture_rejection(self, error: BaseException, event: str, *args: object) -> None:
            log.append((str(error), event, args))

    run(lambda: Hooked(capture_rejections=True).on("x", rejecting).emit("x", 5, 6))
    assert log == [("rej 5", "x", (5, 6))]


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


def test_an_abort_listener_is_taken_off_by_what_adding_it_returns() -> None:
    controller = AbortController()
    log: list[str] = []
    take_off = events.add_abort_listener(controller.signal, lambda: log.append("first"))
    assert len(events.get_event_listeners(controller.signal, "abort")) == 1
    take_off()
    assert events.get_event_listeners(controller.signal, "abort") == []
    events.add_abort_listener(controller.signal, lambda: log.append("second"))
    controller.abort()
    assert log == ["second"]
