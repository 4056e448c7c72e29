"""Timers, intervals and immediates: their order, clear(), refresh(), ref() and unref()."""

from conformance import case
from conformance.scenery import noter


@case(about="timers run by due time; those of one duration in order of their start")
def ByDurationAndStart(t):
    t.timeout(40, noter(t, "40 a"))
    t.timeout(1, noter(t, "1 a"))
    t.timeout(40, noter(t, "40 b"))
    t.timeout(20, noter(t, "20"))
    t.timeout(1, noter(t, "1 b"))


@case(about="delays are cut to whole milliseconds, and those below 1 or without a number count as 1")
def Fractions(t):
    t.timeout(1.9, noter(t, "1.9"))
    t.timeout(1, noter(t, "1"))
    t.timeout(0.5, noter(t, "0.5"))
    t.timeout(1.1, noter(t, "1.1"))
    t.timeout(0, noter(t, "0"))
    t.timeout(-5, noter(t, "-5"))
    t.timeout(None, noter(t, "null"))
    t.timeout(True, noter(t, "true"))
    t.timeout(False, noter(t, "false"))
    t.timeout("1", noter(t, "text"))
    t.timeout("x", noter(t, "no number"))
    t.timeout("", noter(t, "empty text"))
    t.timeout({}, noter(t, "object"))
    t.timeout([], noter(t, "list"))
    t.timeout([1], noter(t, "list of 1"))
    t.timeout(float("nan"), noter(t, "NaN"))
    t.timeout(2147483648, noter(t, "2**31"))
    t.timeout(float("inf"), noter(t, "Infinity"))


@case(about="a timer that another one of its turn clears never runs, whatever its duration")
def ClearedInItsTurn(t):
    def first():
        t.note("first", None)
        t.next_tick(noter(t, "tick of first"))
        t.clear(second)
        t.clear(later)
        t.clear(first_itself)

    first_itself = t.timeout(1, first)
    second = t.timeout(1, noter(t, "never"))
    t.timeout(1, noter(t, "third"))
    later = t.timeout(20, noter(t, "never"))


@case(about="a tick between two timers may clear the next")
def ClearedByTick(t):
    t.timeout(1, lambda: t.next_tick(lambda: t.clear(second)))
    second = t.timeout(1, noter(t, "never"))
    t.timeout(1, noter(t, "third"))


@case(about="a timer set by another of its duration waits for a later turn")
def SetByAnother(t):
    def first():
        t.note("first", None)
        t.timeout(20, noter(t, "new"))
        t.immediate(noter(t, "immediate"))

    t.timeout(20, first)
    t.timeout(20, noter(t, "second"))


@case(about="refresh() starts a timer over, behind the others of its duration")
def Refresh(t):
    first = t.timeout(5, noter(t, "first"))
    t.timeout(5, noter(t, "second"))
    t.note("returns itself", first.refresh() is first)


@case(about="refresh() of a timer that has fired lets it run again, also within its own callback")
def RefreshFired(t):
    runs = []

    def again():
        runs.append(1)
        t.note("run", len(runs))
        if len(runs) == 1:
            timer.refresh()
        if len(runs) == 2:
            t.immediate(lambda: timer.refresh())

    timer = t.timeout(1, again)


@case(about="refresh() of a cleared timer does nothing")
def RefreshCleared(t):
    timer = t.timeout(1, noter(t, "never"))
    t.clear(timer)
    t.note("returns itself", timer.refresh() is timer)
    closed = t.timeout(1, noter(t, "never"))
    t.note("close returns itself", closed.close() is closed)
    closed.refresh()

    def cleared_inside():
        t.note("once", None)
        t.clear(inside)
        inside.refresh()

    inside = t.timeout(1, cleared_inside)


@case(about="an interval runs until it is cleared, by others or by itself")
def Interval(t):
    runs = []

    def run():
        runs.append(1)
        t.note("run", len(runs))
        t.next_tick(noter(t, "tick"))
        if len(runs) == 3:
            t.clear(interval)

    interval = t.interval(1, run)
    t.clear(t.interval(1, noter(t, "never")))


@case(about="an interval starts its next period after its callback, behind timers of its duration set there")
def IntervalStartsBehind(t):
    runs = []

    def run():
        runs.append(1)
        t.note("interval", len(runs))
        if len(runs) == 1:
            t.timeout(3, noter(t, "timer set by the interval"))
        else:
            t.clear(interval)

    interval = t.interval(3, run)


@case(about="the time that an interval's callback takes is part of its next period")
def IntervalKeepsPace(t):
    runs = []

    def run():
        runs.append(1)
        t.note("interval", len(runs))
        if len(runs) == 2:
            t.clear(interval)
        else:
            t.timeout(30, noter(t, "timer"))
            t.block(25)

    interval = t.interval(20, run)


@case(about="an interval that is refreshed in its own callback starts its next period behind timers set there")
def IntervalRefreshedInside(t):
    runs = []

    def run():
        runs.append(1)
        t.note("interval", len(runs))
        if len(runs) == 1:
            interval.refresh()
            t.timeout(5, noter(t, "timer"))
        else:
            t.clear(interval)

    interval = t.interval(5, run)


@case(about="an interval whose callback takes longer than its period leaves the other phases their turn")
def SlowInterval(t):
    runs = []

    def run():
        runs.append(1)
        t.note("interval", len(runs))
        t.immediate(noter(t, "immediate"))
        t.next_tick(noter(t, "tick"))
        t.timeout(1, noter(t, "timer"))
        t.block(8)
        if len(runs) == 3:
            t.clear(interval)

    interval = t.interval(5, run)


@case(about="a timer that falls due while another one runs waits for the next turn")
def DueMeanwhile(t):
    def first():
        t.note("first", None)
        t.immediate(noter(t, "immediate"))
        t.block(120)

    t.timeout(1, first)
    t.timeout(100, noter(t, "second"))


@case(about="a timer that falls due while another of its duration runs waits for the next turn")
def DueMeanwhileInList(t):
    def first():
        t.note("first", None)
        t.immediate(noter(t, "immediate"))
        t.block(100)

    t.timeout(100, first)
    t.block(80)
    t.timeout(100, noter(t, "second"))
    t.timeout(75, noter(t, "shorter"))


@case(about="a tick that refreshes the next timer of the turn comes too late: the timer still runs")
def RefreshedByTick(t):
    def tick():
        t.note("tick", None)
        second.refresh()

    t.timeout(5, lambda: t.next_tick(tick))
    second = t.timeout(5, noter(t, "second"))
    t.timeout(6, noter(t, "other duration"))
    t.block(20)


@case(about="a tick that refreshes the first timer of the next duration comes in time")
def OtherRefreshedByTick(t):
    def tick():
        t.note("tick", None)
        second.refresh()

    t.timeout(50, lambda: t.next_tick(tick))
    second = t.timeout(51, noter(t, "second"))
    t.timeout(52, noter(t, "third"))
    t.timeout(53, noter(t, "fourth"))
    t.block(60)


@case(about="ticks of the last timer of its duration run before the next duration although that timer threw")
def LastOfDurationThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def first():
        t.next_tick(noter(t, "tick"))
        raise t.error("the timer's own")

    t.timeout(5, first)
    t.timeout(6, noter(t, "second"))
    t.timeout(7, noter(t, "third"))
    t.block(20)


@case(about="when a tick between two timers throws, the next timer runs before the other ticks")
def TickBetweenThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def tick():
        t.next_tick(noter(t, "tick of tick"))
        second.refresh()
        raise t.error("the tick's own")

    t.timeout(50, lambda: t.next_tick(tick))
    second = t.timeout(50, noter(t, "second, refreshed"))
    t.timeout(51, noter(t, "third"))
    t.timeout(52, noter(t, "fourth"))
    t.block(60)


@case(about="refresh() of an interval starts its period over")
def IntervalRefresh(t):
    interval = t.interval(5, lambda: first())
    t.timeout(5, noter(t, "timer"))
    interval.refresh()

    def first():
        t.note("interval", None)
        t.clear(interval)


@case(about="an unreferenced timer does not keep the process alive, but runs if something else does")
def Unref(t):
    t.timeout(10, noter(t, "keeps")).unref().ref()
    t.timeout(1, noter(t, "runs as well")).unref()
    t.timeout(5000, noter(t, "never")).unref()
    t.interval(5000, noter(t, "never")).unref()


@case(about="unref() of the last timer from another timer ends the process, ref() keeps it")
def UnrefInAnother(t):
    kept = t.timeout(10, noter(t, "kept")).unref()
    left = t.timeout(5000, noter(t, "never"))

    def change():
        left.unref()
        t.note("active without", t.active())
        kept.ref()
        t.note("active with", t.active())

    t.timeout(1, change)


@case(about="has_ref() follows ref() and unref(), whether the timer runs, has fired or is cleared")
def HasRef(t):
    timer = t.timeout(1, lambda: fired())
    t.note("new", timer.has_ref())
    t.note("unref", timer.unref().has_ref())
    t.note("ref", timer.ref().has_ref())

    def fired():
        t.note("in its callback", timer.has_ref())
        t.note("active", t.active())
        t.immediate(over)

    def over():
        t.note("over", timer.has_ref())
        t.note("unref", timer.unref().has_ref())
        cleared = t.timeout(1, noter(t, "never"))
        t.clear(cleared)
        t.note("cleared", cleared.has_ref())
        t.note("active", t.active())


@case(about="an unreferenced timer that is refreshed when it fires stays unreferenced")
def RefreshUnref(t):
    server = t.net.create_server()
    runs = []

    def fired():
        runs.append(1)
        t.note("fired", len(runs))
        if len(runs) == 1:
            timer.refresh()
            t.note("has ref", timer.has_ref())
        else:
            server.close()

    timer = t.timeout(1, fired).unref()
    server.listen(0, "127.0.0.1")


@case(about="an interval that calls unref() on itself no longer keeps the process alive")
def UnrefInside(t):
    runs = []

    def run():
        runs.append(1)
        if len(runs) == 1:  # it may run again before the loop looks
            t.note("run", interval.unref().has_ref())

    interval = t.interval(1, run)


@case(about="clearing anything that is not a timer, has fired or was cleared does nothing")
def ClearAnything(t):
    def fired():
        t.note("fired", None)
        t.clear(timer)
        t.clear(timer)

    timer = t.timeout(1, fired)
    t.attempt("null", lambda: t.clear(None))
    t.attempt("text", lambda: t.clear("x"))
    t.attempt("number", lambda: t.clear(12345))
    t.attempt("object", lambda: t.clear({}))
    t.attempt("true", lambda: t.clear(True))


@case(about="a callback that is not a function throws at once")
def NoFunction(t):
    t.attempt("timeout", lambda: t.timeout(1, None))
    t.attempt("text", lambda: t.timeout(1, "x"))
    t.attempt("interval", lambda: t.interval(1, 5))
    t.attempt("immediate", lambda: t.immediate(None))
    t.attempt("tick", lambda: t.next_tick(None))
    t.attempt("microtask", lambda: t.microtask(None))
    t.note("active", t.active())


@case(about="immediates have ref(), unref() and has_ref(); an unreferenced one does not keep the process alive")
def ImmediateRef(t):
    immediate = t.immediate(noter(t, "never"))
    t.note("new", immediate.has_ref())
    t.note("returns itself", immediate.unref() is immediate)
    t.note("unref", immediate.has_ref())
    t.note("active", t.active())


@case(about="an unreferenced immediate runs if there is another turn")
def ImmediateUnref(t):
    t.immediate(noter(t, "unreferenced")).unref()
    t.timeout(5, noter(t, "timer"))


@case(about="an immediate cleared by another of its turn never runs, and one that runs has no ref")
def ImmediateCleared(t):
    def first():
        t.note("has ref", one.has_ref())
        t.clear(two)
        t.note("cleared", two.has_ref())
        t.note("active", t.active())

    one = t.immediate(first)
    two = t.immediate(noter(t, "never"))
    t.immediate(noter(t, "third"))


@case(about="immediates queued by immediates run one turn later each, before timers that are not yet due")
def ImmediateChain(t):
    def chain(rest):
        t.note("turn", rest)
        if rest > 0:
            t.immediate(lambda: chain(rest - 1))

    t.timeout(5000, noter(t, "never")).unref()
    chain(5)


@case(about="an immediate queued by a timer runs in the same turn, before the next timers")
def ImmediateOfTimer(t):
    def fired():
        t.immediate(noter(t, "immediate"))
        t.timeout(0, noter(t, "next timer"))
        t.next_tick(noter(t, "tick"))

    t.timeout(1, fired)
    t.timeout(1, noter(t, "other timer of the turn"))
