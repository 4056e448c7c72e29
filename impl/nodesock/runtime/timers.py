"""Mirrors lib/timers.js and lib/internal/timers.js: timeouts, intervals and immediates in Node's order.

All timers of one duration form a list in order of their start, so their order in it is their order of expiry and
(re)starting one is O(1): that makes the per-read `refresh()` of socket timeouts cheap. The lists themselves sit in a
heap by (expiry, age). One libuv timer serves them all. After each timer but the last of a turn the ticks and microtasks
are drained; not, as in Node, after one that raised.

Immediates run in libuv's check phase, those queued meanwhile in the next one. An idle handle keeps the loop from
blocking while a referenced immediate waits.
"""

import heapq
import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import nodesock._pyuv as _pyuv
from nodesock.callables import adapt
from nodesock.errors import node_error
from nodesock.inspect import number
from nodesock.runtime import ticks, uncaught
from nodesock.runtime.hooks import hooks
from nodesock.runtime.loop import defer
from nodesock.runtime.uncaught import report_exception
from nodesock.runtime.uv_loop import check_thread, get_loop, now, on_forget
from nodesock.spelling import refuses_foreign_names
from nodesock.validators import validate_finite_number

TIMEOUT_MAX: Final = 2**31 - 1


class _List:
    """The running timers of one duration, first to expire first."""

    __slots__ = ("age", "expiry", "msecs", "timers")

    def __init__(self, msecs: int, expiry: int, age: int) -> None:
        self.msecs = msecs
        self.expiry = expiry
        self.age = age
        self.timers: OrderedDict[Timeout, None] = OrderedDict()


class _Timers:
    """The timer state of the process: lists, heap, the libuv timer and how many timers keep the loop alive."""

    def __init__(self) -> None:
        self.lists: dict[int, _List] = {}
        #: (expiry, age, list); an entry is stale when its list has another expiry or is gone
        self.heap: list[tuple[int, int, _List]] = []
        self.referenced = 0
        self.next_expiry: float = math.inf
        self.handle: Any = None
        self.ages = 0
        self.by_id: dict[int, Timeout] = {}
        self.ids = 0

    def schedule(self, after: float) -> None:
        if self.handle is None:
            self.handle = _pyuv.Timer(get_loop())
            self.handle.ref = self.referenced > 0
        self.handle.start(_on_timer, max(after, 1) / 1000 + 0.0001, 0)

    def count(self, change: int) -> None:
        before, self.referenced = self.referenced, self.referenced + change
        if self.handle is not None and (before > 0) is not (self.referenced > 0):
            self.handle.ref = self.referenced > 0

    def insert(self, timer: "Timeout", start: int) -> None:
        msecs = timer._msecs
        timer._start = start
        known = self.lists.get(msecs)
        if known is None:
            # In this order, so that an interrupt in between (there is no guard outside `run()`) costs this timer only.
            self.ages += 1
            expiry = start + msecs
            if expiry < self.next_expiry:
                self.schedule(msecs)
                self.next_expiry = expiry
            if len(self.heap) > 64 and len(self.heap) > 4 * len(self.lists):
                self.sweep()
            timer._list = known = _List(msecs, expiry, self.ages)
            known.timers[timer] = None
            heapq.heappush(self.heap, (expiry, known.age, known))
            self.lists[msecs] = known
        else:
            timer._list = known
            known.timers[timer] = None

    def first(self) -> _List | None:
        """The list that expires first."""
        heap = self.heap
        while heap:
            expiry, age, candidate = heap[0]
            if candidate.timers and candidate.expiry == expiry and candidate.age == age:
                return candidate
            heapq.heappop(heap)
            self.drop_empty(candidate)
        return None

    def sweep(self) -> None:
        """Throw stale entries out of the heap: those of long timers that come and go would pile up there."""
        self.heap = [(each.expiry, each.age, each) for each in self.lists.values() if each.timers]
        heapq.heapify(self.heap)

    def drop_empty(self, emptied: _List) -> None:
        if not emptied.timers and self.lists.get(emptied.msecs) is emptied:
            del self.lists[emptied.msecs]

    def reorder(self, changed: _List, expiry: int) -> None:
        """The list's first timer expires later than was thought: put it where it belongs, behind its equals."""
        self.ages += 1
        changed.expiry = expiry
        changed.age = self.ages
        heapq.heappush(self.heap, (expiry, changed.age, changed))


_timers = _Timers()


@refuses_foreign_names
class Timeout:
    """What `set_timeout` and `set_interval` return."""

    __slots__ = (
        "__weakref__",
        "_args",
        "_counted",
        "_fn",
        "_id",
        "_list",
        "_msecs",
        "_ref",
        "_repeat",
        "_start",
        "delay",
    )

    def __init__(
        self, fn: Callable[..., Any], delay: float, args: tuple[Any, ...], repeat: bool, ref: bool
    ) -> None:
        self._fn: Callable[..., Any] | None = fn
        self._args = args
        #: the delay in ms as it was asked for, corrected to at least 1
        self.delay = delay
        self._msecs = int(delay)
        self._repeat = repeat
        self._ref = ref
        #: where it is among the `referenced`, if it is; a one-shot timer is until its callback has returned
        self._counted: _Timers | None = None
        self._start = 0
        self._list: _List | None = None
        self._id = 0

    def ref(self) -> "Timeout":
        """Let it keep the loop alive (the default)."""
        check_thread()
        if not self._ref:
            self._ref = True
            if self._list is not None:
                self._count(True)
        return self

    def unref(self) -> "Timeout":
        """Do not let it keep the loop alive."""
        check_thread()
        self._ref = False
        self._count(False)
        return self

    def has_ref(self) -> bool:
        """Whether it keeps the loop alive."""
        return self._ref

    def refresh(self) -> "Timeout":
        """Start it over, now, with the same delay; one that has fired runs again. A cleared one stays cleared."""
        if self._fn is None:
            return self
        check_thread()
        running = self._list
        if running is not None:
            self._start = now()
            running.timers.move_to_end(self)
        else:
            self._count(self._ref)
            _timers.insert(self, now())
        return self

    def _count(self, alive: bool) -> None:
        counted = self._counted
        if alive and counted is None:
            self._counted = _timers
            _timers.count(1)
        elif not alive and counted is not None:
            self._counted = None
            counted.count(-1)

    def close(self) -> "Timeout":
        """The same as clear_timeout."""
        clear_timeout(self)
        return self

    def __int__(self) -> int:
        if not self._id:
            _timers.ids += 1
            self._id = _timers.ids
            _timers.by_id[self._id] = self
        return self._id

    __index__ = __int__

    def __repr__(self) -> str:
        state = "cleared" if self._fn is None else "running" if self._list is not None else "fired"
        return f"<{'Interval' if self._repeat else 'Timeout'} {self.delay} ms {state}>"


_told: set[str] = set()


def timer_duration(msecs: Any, name: str) -> float:
    """A duration in ms that an API takes (socket.setTimeout): checked, cut to 2**31-1 with a TimeoutOverflowWarning.

    Raises ERR_INVALID_ARG_TYPE, and ERR_OUT_OF_RANGE for negative or infinite ones.
    """
    validate_finite_number(msecs, name)
    if msecs > TIMEOUT_MAX:
        hooks.process.emit_warning(
            f"{number(msecs)} does not fit into a 32-bit signed integer.\n"
            f"Timer duration was truncated to {TIMEOUT_MAX}.",
            "TimeoutOverflowWarning",
        )
        return TIMEOUT_MAX
    return msecs  # type: ignore[no-any-return]


def _delay(value: Any) -> float:
    """A delay as Node reads it: 1 … 2**31-1 ms, anything else 1, with its warning."""
    if value is None:
        return 1
    try:
        delay = float(value) if not isinstance(value, (int, float)) else value
    except (TypeError, ValueError):
        delay = math.nan
    if 1 <= delay <= TIMEOUT_MAX:
        return delay
    if delay > TIMEOUT_MAX:
        text, name = "does not fit into a 32-bit signed integer", "TimeoutOverflowWarning"
    elif delay < 0:
        text, name = "is a negative number", "TimeoutNegativeWarning"
    elif delay != delay:
        text, name = "is not a number", "TimeoutNaNWarning"
    else:
        return 1
    if delay <= 0 or delay != delay:  # these two are told once a process
        if name in _told:
            return 1
        _told.add(name)
    hooks.process.emit_warning(f"{number(delay)} {text}.\nTimeout duration was set to 1.", name)
    return 1


def _start(fn: Callable[..., Any], delay: Any, args: tuple[Any, ...], repeat: bool) -> Timeout:
    if not callable(fn):
        raise node_error("ERR_INVALID_ARG_TYPE", "callback", "function", fn)
    check_thread()
    timer = Timeout(adapt(fn, len(args)), _delay(delay), args, repeat, True)
    _timers.insert(timer, now())
    timer._count(True)
    return timer


def set_timeout(fn: Callable[..., Any], ms: Any = 1, *args: Any) -> Timeout:
    """setTimeout: call `fn(*args)` once after `ms` ms. Raises ERR_INVALID_ARG_TYPE."""
    return _start(fn, ms, args, False)


def set_interval(fn: Callable[..., Any], ms: Any = 1, *args: Any) -> Timeout:
    """setInterval: call `fn(*args)` every `ms` ms until it is cleared. Raises ERR_INVALID_ARG_TYPE."""
    return _start(fn, ms, args, True)


def set_unref_timeout(fn: Callable[[], Any], ms: float) -> Timeout:
    """A timeout that never keeps the loop alive: what socket timeouts are made of (Node's setUnrefTimeout)."""
    if not callable(fn):
        raise node_error("ERR_INVALID_ARG_TYPE", "callback", "function", fn)
    check_thread()
    timer = Timeout(fn, _delay(ms), (), False, False)
    _timers.insert(timer, now())
    return timer


def clear_timeout(timer: Any = None) -> None:
    """clearTimeout: stop a timer, given itself or its number; anything else is ignored."""
    check_thread()
    if isinstance(timer, (int, str)) and not isinstance(timer, bool):
        timer = _timers.by_id.get(int(timer)) if str(timer).isdigit() else None
    if not isinstance(timer, Timeout) or timer._fn is None:
        return
    timer._fn = None
    timer._repeat = False
    _forget_id(timer)
    running = timer._list
    if running is not None:
        timer._list = None
        running.timers.pop(timer, None)
        _timers.drop_empty(running)
    timer._count(False)


clear_interval = clear_timeout


def _forget_id(timer: Timeout) -> None:
    if timer._id:
        _timers.by_id.pop(timer._id, None)


def _on_timer(_handle: Any) -> None:
    """libuv's timer fired: run what is due, then set it to the next expiry.

    What is due is judged by the time of the start: what becomes due meanwhile has to wait for the next turn. After an
    exception, in a timer or in a tick between two, Node starts over: what is due next runs without a drain, but a list
    that the exception has emptied still counts as one that has run.
    """
    if uncaught.fatal is not None:
        defer(_on_timer, None)
        return
    timers = _timers
    drain_first = False
    time = now()
    while True:
        due = timers.first()
        if due is None:
            timers.next_expiry = math.inf
            break
        if due.expiry > time:
            timers.next_expiry = due.expiry
            timers.schedule(due.expiry - now())
            break
        try:
            drain_first = (not drain_first or ticks.drain()) and _run_list(due, time)
        except BaseException as error:
            drain_first = not due.timers
            report_exception(error)
        if uncaught.fatal is not None:
            timers.next_expiry = -1
            defer(_on_timer, None)
            return
    ticks.drain()


def _run_list(due: _List, time: int) -> bool:
    """Run what is due of a list. False if a tick between two of its timers raised."""
    timers = _timers
    drain_first = False
    while due.timers:
        timer = next(iter(due.timers))
        if time - timer._start < due.msecs:
            timers.reorder(due, max(timer._start + due.msecs, time + 1))
            return True
        if drain_first and not ticks.drain():
            return False
        drain_first = True
        # The ticks may have cleared it; if they have refreshed it, it runs nevertheless.
        running = timer._list
        if running is not None:
            del running.timers[timer]
            timer._list = None
        fn = timer._fn
        if fn is None:
            continue
        start = now() if timer._repeat else 0
        try:
            fn(*timer._args)
        finally:
            again = timer._list
            if timers is not _timers:  # the callback has forked, and this is the child
                timer._fn = timer._list = timer._counted = None
            elif timer._repeat and timer._fn is not None:
                if again is not None:  # refreshed by its own callback
                    del again.timers[timer]
                timers.insert(timer, start)
            elif again is None:
                timer._count(False)
                _forget_id(timer)
            if not due.timers:
                timers.drop_empty(due)
    timers.drop_empty(due)
    return True


# --- immediates ------------------------------------------------------------------------------------------------------


@refuses_foreign_names
class Immediate:
    """What `set_immediate` returns."""

    __slots__ = ("__weakref__", "_args", "_fn", "_ref")

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._fn: Callable[..., Any] | None = fn
        self._args = args
        self._ref = True

    def ref(self) -> "Immediate":
        """Let it keep the loop alive (the default)."""
        check_thread()
        if not self._ref and self._fn is not None:
            self._ref = True
            _immediates.count(1)
        return self

    def unref(self) -> "Immediate":
        """Do not let it keep the loop alive."""
        check_thread()
        if self._ref and self._fn is not None:
            self._ref = False
            _immediates.count(-1)
        return self

    def has_ref(self) -> bool:
        """Whether it waits and keeps the loop alive."""
        return self._ref and self._fn is not None

    def __repr__(self) -> str:
        return f"<Immediate {'done' if self._fn is None else 'waiting'}>"


class _Immediates:
    def __init__(self) -> None:
        self.queue: OrderedDict[Immediate, None] = OrderedDict()
        #: a round that an exception cut short; it goes on before the next one
        self.rest: OrderedDict[Immediate, None] = OrderedDict()
        self.referenced = 0
        self.check: Any = None
        self.idle: Any = None

    def start(self) -> None:
        loop = get_loop()
        self.check = _pyuv.Check(loop)
        self.check.start(_on_check)
        self.check.ref = False
        self.idle = _pyuv.Idle(loop)

    def count(self, change: int) -> None:
        before, self.referenced = self.referenced, self.referenced + change
        if self.idle is None:
            return
        if before == 0 and self.referenced > 0:
            self.idle.start(_idle)
        elif before > 0 and self.referenced == 0:
            self.idle.stop()


_immediates = _Immediates()


def _idle(_handle: Any) -> None:
    pass


def set_immediate(fn: Callable[..., Any], *args: Any) -> Immediate:
    """setImmediate: call `fn(*args)` in the loop's next check phase. Raises ERR_INVALID_ARG_TYPE."""
    if not callable(fn):
        raise node_error("ERR_INVALID_ARG_TYPE", "callback", "function", fn)
    check_thread()
    immediate = Immediate(adapt(fn, len(args)), args)
    if _immediates.check is None:
        _immediates.start()
    _immediates.count(1)
    _immediates.queue[immediate] = None
    return immediate


def clear_immediate(immediate: Any = None) -> None:
    """clearImmediate: drop one that has not run; anything else is ignored."""
    check_thread()
    if not isinstance(immediate, Immediate) or immediate._fn is None:
        return
    immediate._fn = None
    _immediates.queue.pop(immediate, None)
    _immediates.rest.pop(immediate, None)
    if immediate._ref:
        _immediates.count(-1)


def _on_check(_handle: Any) -> None:
    """The check phase: ticks that an exception left over, then the immediates that were queued before it.

    After one that raised the next runs without a drain; if it was the last of its round, those queued meanwhile follow
    in the same phase: what Node does, because it starts its round again.
    """
    if uncaught.fatal is not None:
        return  # they stay queued for the next run
    if ticks.ticks or ticks.microtasks:
        ticks.drain()
    while _run_round() and uncaught.fatal is None:
        pass


def _run_round() -> bool:
    """Run one round of immediates. True if the last of them raised."""
    immediates = _immediates
    if not immediates.rest:
        immediates.queue, immediates.rest = immediates.rest, immediates.queue
    batch = immediates.rest
    if not batch:
        return False
    drain_first = False
    while batch:
        if drain_first:
            ticks.drain()
            if uncaught.fatal is not None:
                return False
            if not batch:
                return False
        immediate, _ = batch.popitem(last=False)
        fn = immediate._fn
        immediate._fn = None
        if immediate._ref:
            immediates.count(-1)
        drain_first = True
        try:
            if fn is not None:
                fn(*immediate._args)
        except BaseException as error:
            drain_first = False
            if not report_exception(error):
                return True
    if not drain_first:
        return True
    ticks.drain()
    return False


def timeout_count() -> int:
    """How many timers keep the loop alive."""
    return _timers.referenced


def immediate_count() -> int:
    """How many immediates keep the loop alive."""
    return _immediates.referenced


def _forget() -> None:
    """The loop is gone: what waited reads as cleared, and whoever was running it finds nothing more."""
    global _timers, _immediates
    for known in _timers.lists.values():
        for timer in known.timers:
            timer._fn = timer._list = timer._counted = None
        known.timers.clear()
    for queue in (_immediates.queue, _immediates.rest):
        for immediate in queue:
            immediate._fn = None
        queue.clear()
    _timers.heap.clear()
    _timers.handle = _immediates.check = _immediates.idle = None  # a traceback may still know the rest
    ids = _timers.ids
    _timers = _Timers()
    _timers.ids = ids
    _immediates = _Immediates()


on_forget(_forget)
