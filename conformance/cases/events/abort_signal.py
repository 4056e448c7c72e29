"""AbortSignal by itself: the order of its listeners, its own functions, timeout() and any()."""

from conformance import case


@case(
    about="onabort has its turn where it was first assigned, and keeps it when it is replaced or was taken away",
    skip_unless="node^24.14||>=25.4",
)
def OnabortInTurn(t):
    def heard(name):
        return lambda event: t.note("heard", name)

    for change in ["none", "replaced", "taken away", "taken away and set", "no function"]:
        controller = t.abort_controller()
        signal = controller.signal
        t.note("before", signal.onabort)
        signal.add_event_listener("abort", heard("first"))
        signal.onabort = heard("onabort")
        t.note("is a function", signal.onabort)
        signal.add_event_listener("abort", heard("last"))
        t.note(change, t.events.listener_count(signal, "abort"))
        if change == "replaced":
            signal.onabort = heard("another")
        if change == "taken away" or change == "taken away and set":
            signal.onabort = None
        if change == "no function":
            signal.onabort = 5
        t.note(change, [t.events.listener_count(signal, "abort"), len(t.events.get_event_listeners(signal, "abort"))])
        if change == "taken away and set":
            signal.onabort = heard("set again")
        t.note(change, [t.events.listener_count(signal, "abort"), len(t.events.get_event_listeners(signal, "abort"))])
        controller.abort()
        t.note("count", t.events.listener_count(signal, "abort"))


@case(about="a first onabort of None also takes its place among the listeners", skip_unless="node^24.14||>=25.4")
def OnabortNone(t):
    controller = t.abort_controller()
    signal = controller.signal
    signal.onabort = None
    t.note("count", [t.events.listener_count(signal, "abort"), len(t.events.get_event_listeners(signal, "abort"))])
    signal.add_event_listener("abort", lambda event: t.note("heard", "listener"))
    signal.onabort = lambda event: t.note("heard", "onabort")
    t.note("count", [t.events.listener_count(signal, "abort"), len(t.events.get_event_listeners(signal, "abort"))])
    controller.abort()


@case(about="an onabort that throws is uncaught on a tick; the listeners behind it are called, and abort() returns")
def OnabortThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def throws(event):
        raise t.error("from onabort")

    controller = t.abort_controller()
    controller.signal.add_event_listener("abort", lambda event: t.note("heard", "first"))
    controller.signal.onabort = throws
    controller.signal.add_event_listener("abort", lambda event: t.note("heard", "last"))
    t.next_tick(lambda: t.note("tick", "before"))
    controller.abort()
    t.next_tick(lambda: t.note("tick", "after"))
    t.microtask(lambda: t.note("microtask", True))
    t.note("aborted", controller.signal.aborted)


@case(about="an async listener of a signal runs, and what it raises is uncaught on a tick")
def AsyncListener(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    controller = t.abort_controller()

    async def raises(event):
        t.note("event", event.type)
        await t.stream.Readable.from_([1]).to_array()
        raise t.error("from the listener")

    controller.signal.add_event_listener("abort", raises)
    controller.abort()


@case(about="stop_immediate_propagation() skips later listeners, but not those of Node itself")
def StopPropagation(t):
    controller = t.abort_controller()
    signal = controller.signal

    def stops(event):
        t.note("stops", event.type)
        event.stop_immediate_propagation()

    signal.add_event_listener("abort", stops)
    signal.add_event_listener("abort", lambda event: t.note("heard", "never"))
    t.events.add_abort_listener(signal, lambda: t.note("heard", "add_abort_listener"))
    stream = t.watch("stream", t.stream.PassThrough(signal=signal))
    stream.on("error", t.callback("error"))
    signal.add_event_listener("abort", lambda event: t.note("heard", "never"))
    controller.abort()
    alone = t.abort_controller()
    alone.signal.add_event_listener("abort", stops)
    alone.signal.onabort = lambda event: t.note("heard", "never")
    alone.abort()


@case(
    about="a signal's listeners removed while it aborts are not called, and those added then are",
    skip_unless="node^24.14||>=25.4",
)
def ListenersDuringAbort(t):
    def heard(name):
        return lambda event: t.note("heard", name)

    controller = t.abort_controller()
    signal = controller.signal
    removed = heard("removed")
    next_one = heard("next")

    def changes(event):
        t.note("heard", "changes")
        signal.remove_event_listener("abort", changes)
        signal.remove_event_listener("abort", next_one)
        signal.remove_event_listener("abort", removed)
        signal.add_event_listener("abort", heard("added"))

    signal.add_event_listener("abort", changes)
    signal.add_event_listener("abort", next_one)
    signal.add_event_listener("abort", heard("stays"))
    signal.add_event_listener("abort", removed)
    signal.add_event_listener("abort", lambda event: signal.add_event_listener("abort", heard("added last")))
    controller.abort()
    t.note("count", t.events.listener_count(signal, "abort"))


@case(about="a once listener of a signal is removed before it is called", skip_unless="node^24.14||>=25.4")
def OnceListener(t):
    controller = t.abort_controller()
    signal = controller.signal

    def count(event):
        t.note("count", t.events.listener_count(signal, "abort"))

    signal.add_event_listener("abort", count, {"once": True})
    signal.add_event_listener("abort", count, {"once": False})
    signal.add_event_listener("abort", lambda event: count(event))
    controller.abort()


@case(about="dispatch_event() rejects an event that is being dispatched, and anything that is not an event")
def Recursion(t):
    controller = t.abort_controller()
    signal = controller.signal
    events = []

    def again(event):
        events.append(event)
        t.attempt("again", lambda: signal.dispatch_event(event))

    signal.add_event_listener("abort", again, {"once": True})
    controller.abort()
    t.attempt("later", lambda: signal.dispatch_event(events[0]))
    for value in [None, 5, "abort", {}]:
        t.attempt("no event", lambda value=value: signal.dispatch_event(value))


@case(about="throw_if_aborted() throws the reason itself once aborted, and nothing before")
def ThrowIfAborted(t):
    controller = t.abort_controller()
    t.attempt("before", lambda: controller.signal.throw_if_aborted())
    controller.abort(t.error("why"))
    t.attempt("after", lambda: controller.signal.throw_if_aborted())
    t.attempt("default", lambda: t.abort_signal.abort().throw_if_aborted())
    t.attempt("abort()", lambda: t.abort_signal.abort(t.error("at once")).throw_if_aborted())


@case(
    about="AbortSignal.abort() is aborted from the start: its listeners are never called, whatever the reason",
    skip_unless="node^24.14||>=25.4",
)
def AbortedSignal(t):
    for reason in [None, 0, "text", t.error("why")]:
        signal = t.abort_signal.abort(reason)
        t.note("signal", [signal.aborted, signal.reason, signal.onabort])
        signal.onabort = t.callback("onabort")
        signal.add_event_listener("abort", t.callback("listener"))
        t.note("count", t.events.listener_count(signal, "abort"))
    t.note("default", t.abort_signal.abort().reason)


@case(about="AbortSignal.timeout() aborts with a TimeoutError, though nothing but its listener holds it")
def TimeoutSignal(t):
    alive = t.interval(5, lambda: None)

    def aborted(event):
        t.note("aborted", [event.target.aborted, event.target.reason])
        t.clear(alive)

    t.abort_signal.timeout(1).add_event_listener("abort", aborted)


@case(about="AbortSignal.timeout() aborts in time even without a listener, and has no reason before")
def TimeoutUnheard(t):
    silent = t.abort_signal.timeout(1)
    t.note("before", [silent.aborted, silent.reason])

    def look():
        if silent.aborted:
            t.note("after", silent.reason)
            t.clear(alive)

    alive = t.interval(5, look)


@case(about="AbortSignal.timeout() takes integers from 0 to 2**32-1 and nothing else")
def TimeoutDelays(t):
    for delay in [-1, 1.5, "5", None, 4294967296, True]:
        t.attempt("timeout", lambda delay=delay: t.abort_signal.timeout(delay).aborted)
    t.attempt("nothing", lambda: t.abort_signal.timeout())
    t.attempt("largest", lambda: t.abort_signal.timeout(4294967295).aborted)


@case(
    about="signals of AbortSignal.any() abort after their source, in the order they were first listened to",
    skip_unless="node^24.16||>=26.1 node<26.10",
)
def AnyOrder(t):
    controller = t.abort_controller()
    other = t.abort_controller()
    first = t.abort_signal.any([controller.signal])
    second = t.abort_signal.any([other.signal, controller.signal])
    third = t.abort_signal.any([second])
    silent = t.abort_signal.any([controller.signal])

    def heard(name):
        return lambda event: t.note(name, [first.aborted, second.aborted, third.aborted, silent.aborted])

    third.add_event_listener("abort", heard("third"))
    second.onabort = heard("second")
    first.add_event_listener("abort", heard("first"))
    controller.signal.add_event_listener("abort", heard("source"))
    t.note("before", [first.aborted, silent.aborted, silent.reason])
    controller.abort(t.error("why"))
    t.note("silent", [silent.aborted, silent.reason])
    other.abort(t.error("too late"))
    t.note("second", second.reason)


@case(
    about="AbortSignal.any() of a signal that is aborted already is aborted, with the reason of the first such one",
    skip_unless="node^24.18||>=26.1",
)
def AnyAborted(t):
    controller = t.abort_controller()
    early = t.abort_signal.any([controller.signal, t.abort_signal.abort(t.error("one")), t.abort_signal.abort()])
    t.note("early", [early.aborted, early.reason])
    late = t.abort_signal.any([controller.signal])
    controller.abort(t.error("two"))
    late.add_event_listener("abort", t.callback("never"))
    t.note("late", [late.aborted, late.reason])
    t.note("none", t.abort_signal.any([]).aborted)
    t.attempt("no list", lambda: t.abort_signal.any(5))
    t.attempt("no signals", lambda: t.abort_signal.any([controller.signal, 5]))


@case(about="AbortSignal.any() of a timeout aborts with it though nobody holds the timeout's own signal")
def AnyTimeout(t):
    signal = t.abort_signal.any([t.abort_signal.timeout(5)])
    alive = t.interval(5, lambda: None)

    def aborted(event):
        t.note("aborted", [signal.aborted, signal.reason])
        t.clear(alive)

    signal.add_event_listener("abort", aborted)


@case(about="a listener added to a signal that follows an aborted one is not called, as that abort came first")
def FollowerHeardLate(t):
    controller = t.abort_controller()
    follower = t.abort_signal.any([controller.signal])
    controller.abort(t.error("over"))
    follower.add_event_listener("abort", t.callback("first"))
    follower.add_event_listener("abort", t.callback("second"))
    t.note("aborted", [follower.aborted, follower.reason])
    other = t.abort_controller()
    heard = t.abort_signal.any([other.signal])
    other.signal.add_event_listener("abort", lambda event: heard.add_event_listener("abort", t.callback("late")))
    other.abort()
    t.note("aborted", heard.aborted)


@case(about="a signal refuses a listener that is not a function, and does not count it")
def ListenerRefused(t):
    signal = t.abort_controller().signal
    for listener in [5, "x", True]:
        t.attempt("add", lambda listener=listener: signal.add_event_listener("abort", listener))
        t.note("listeners", len(t.events.get_event_listeners(signal, "abort")))


@case(about="a signal is aborted, with its reason, before the first listener, and aborts once")
def AbortOnce(t):
    controller = t.abort_controller()
    signal = controller.signal
    t.note("fresh", signal.aborted)

    def state():
        return [signal.aborted, signal.reason, len(t.events.get_event_listeners(signal, "abort"))]

    signal.add_event_listener("abort", lambda event: t.note("first", [state(), event.type, event.target is signal]))
    signal.add_event_listener("abort", lambda event: t.note("once", state()), once=True)
    signal.add_event_listener("abort", lambda event: controller.abort("again"))
    controller.abort(t.error("why"))
    t.note("after", state())
    controller.abort("twice")
    t.note("twice", state())
