"""abort.py: AbortController and AbortSignal as Node has them."""

import pytest

from nodesock.abort import AbortController, AbortSignal, Event, EventTarget
from nodesock.errors import NodeError
from nodesock.process import process
from nodesock.runtime.loop import run
from nodesock.runtime.timers import set_timeout

pytestmark = pytest.mark.usefixtures("fresh_loop")


def test_abort() -> None:
    log: list = []
    controller = AbortController()
    signal = controller.signal
    assert not signal.aborted
    signal.throw_if_aborted()
    signal.onabort = lambda event: log.append(("onabort", event.type, event.target is signal))
    signal.add_event_listener("abort", lambda: log.append("listener"))
    controller.abort()
    controller.abort("again")
    assert signal.aborted and log == [("onabort", "abort", True), "listener"]
    assert (signal.reason.name, signal.reason.code, str(signal.reason)) == (
        "AbortError",
        20,
        "This operation was aborted",
    )
    with pytest.raises(NodeError, match="This operation was aborted"):
        signal.throw_if_aborted()


def test_reason_is_kept() -> None:
    controller = AbortController()
    controller.abort("why")
    assert controller.signal.reason == "why"
    assert AbortSignal.abort(None).reason is None
    assert AbortSignal.abort().reason.name == "AbortError"


def test_no_public_constructor() -> None:
    with pytest.raises(NodeError, match="Illegal constructor"):
        AbortSignal()


def test_listeners_once_and_duplicates() -> None:
    log: list = []
    target = EventTarget()

    def listener(event: Event) -> None:
        log.append(event.type)

    target.add_event_listener("x", listener, once=True)
    target.add_event_listener("x", listener)
    target.dispatch_event(Event("x"))
    target.dispatch_event(Event("x"))
    assert log == ["x"]


def test_stop_immediate_propagation() -> None:
    log: list = []
    target = EventTarget()
    target.add_event_listener("x", lambda event: (log.append(1), event.stop_immediate_propagation()))
    target.add_event_listener("x", lambda: log.append(2))
    target.dispatch_event(Event("x"))
    assert log == [1]


def test_a_raising_listener_is_uncaught_on_a_tick() -> None:
    log: list = []
    process.on("uncaughtException", lambda error: log.append(str(error)))

    def fail() -> None:
        raise RuntimeError("listener")

    def main() -> None:
        controller = AbortController()
        controller.signal.add_event_listener("abort", fail)
        controller.signal.add_event_listener("abort", lambda: log.append("second"))
        controller.abort()
        log.append("aborted")

    run(main)
    assert log == ["second", "aborted", "listener"]


def test_timeout() -> None:
    log: list = []

    def main() -> None:
        signal = AbortSignal.timeout(5)
        signal.add_event_listener(
            "abort", lambda: log.append((signal.reason.name, signal.reason.code, str(signal.reason)))
        )
        set_timeout(lambda: None, 20)

    run(main)
    assert log == [("TimeoutError", 23, "The operation was aborted due to timeout")]
    with pytest.raises(NodeError, match="It must be >= 0 && <= 4294967295. Received -1"):
        AbortSignal.timeout(-1)


def test_any() -> None:
    log: list = []
    first, second = AbortController(), AbortController()
    either = AbortSignal.any([first.signal, second.signal])
    either.add_event_listener("abort", lambda: log.append(either.reason))
    second.abort("second")
    first.abort("first")
    assert log == ["second"]
    assert AbortSignal.any([first.signal]).reason == "first"
    assert not AbortSignal.any([]).aborted
    with pytest.raises(NodeError, match="signals cannot be converted to sequence."):
        AbortSignal.any(5)  # type: ignore[arg-type]
    with pytest.raises(NodeError, match=r"signals\[0\] is not of type AbortSignal."):
        AbortSignal.any([5])  # type: ignore[list-item]


def test_a_signal_that_follows_a_living_one_is_freed() -> None:
    controller = AbortController()
    for _ in range(3):
        AbortSignal.any([controller.signal])
        either = AbortSignal.any([controller.signal])
        listener = either.add_event_listener
        listener("abort", print)
        either.remove_event_listener("abort", print)
    del either, listener
    assert not controller.signal._dependants
    silent = AbortSignal.any([controller.signal])
    controller.abort()
    assert silent.aborted
