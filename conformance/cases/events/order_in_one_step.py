"""The order of what emitters and signals do within one step."""

from conformance import case
from conformance.scenery import closely


@case(about="events.once() takes its listeners off the emitter and the signal before it goes on, in Node's order")
def Once(t):
    controller = t.abort_controller()
    signal = controller.signal
    emitter = closely(t, "emitter", t.events.EventEmitter(), [])

    def heard():
        return len(t.events.get_event_listeners(signal, "abort"))

    async def run():
        t.note("got", await t.events.once(emitter, "ready", signal=signal))
        t.note("left", [emitter.event_names(), heard()])

    emitter.on("removeListener", lambda event, listener: t.note("signal has", [event, heard()]))
    t.spawn(run())
    t.note("waiting", [emitter.event_names(), heard()])
    emitter.emit("ready", 1, 2)
    t.note("emitted", [emitter.event_names(), heard()])


@case(about="events.once() that fails by 'error' or an abort takes its listeners off in Node's order")
def OnceFails(t):
    t.on_uncaught(t.callback("rejected"))
    for name in ["error", "abort"]:
        controller = t.abort_controller()
        signal = controller.signal
        emitter = closely(t, name, t.events.EventEmitter(), [])

        def heard(signal=signal):
            return len(t.events.get_event_listeners(signal, "abort"))

        async def run(emitter=emitter, signal=signal):
            await t.events.once(emitter, "ready", signal=signal)

        emitter.on("removeListener", lambda event, listener, heard=heard: t.note("signal has", [event, heard()]))
        t.spawn(run())
        if name == "error":
            emitter.emit("error", t.error("broken"))
        else:
            controller.abort()
        t.note("left", [emitter.event_names(), heard()])


@case(about="events.once() for 'error' itself has one listener, and an aborted signal adds none")
def OnceOfError(t):
    async def run(options):
        await t.events.once(emitter, "ready", options)

    async def wait():
        t.note("got", await t.events.once(emitter, "error"))

    t.on_uncaught(t.callback("rejected"))
    emitter = closely(t, "emitter", t.events.EventEmitter(), [])
    t.spawn(wait())
    emitter.emit("error", t.error("asked for"))
    controller = t.abort_controller()
    controller.abort()
    t.spawn(run({"signal": controller.signal}))
    t.note("left", emitter.event_names())


@case(about="iteration by events.on() puts its listeners on and takes them off in Node's order, the signal's as well")
def Iteration(t):
    controller = t.abort_controller()
    signal = controller.signal
    emitter = closely(t, "emitter", t.events.EventEmitter(), [])

    def heard():
        return len(t.events.get_event_listeners(signal, "abort"))

    async def run():
        async for value in t.events.on(emitter, "tick", signal=signal, close=["end", "close"]):
            t.note("value", [value, emitter.event_names(), heard()])
        t.note("over", [emitter.event_names(), heard()])

    emitter.on("removeListener", lambda event, listener: t.note("signal has", [event, heard()]))
    t.spawn(run())
    emitter.emit("tick", 1)
    emitter.emit("tick", 2)
    t.immediate(lambda: [emitter.emit("end"), t.note("ended", [emitter.event_names(), heard()])])


@case(about="iteration by events.on() that ends by 'error' or by an abort takes its listeners off in Node's order")
def IterationFails(t):
    t.on_uncaught(t.callback("rejected"))

    def iterate(name):
        controller = t.abort_controller()
        signal = controller.signal
        emitter = closely(t, name, t.events.EventEmitter(), [])

        def heard():
            return len(t.events.get_event_listeners(signal, "abort"))

        async def run():
            async for value in t.events.on(emitter, "tick", signal=signal):
                t.note("value", value)

        emitter.on("removeListener", lambda event, listener: t.note("signal has", [event, heard()]))
        t.spawn(run())
        if name == "error":
            emitter.emit("error", t.error("broken"))
        else:
            controller.abort()
        t.note("left", [emitter.event_names(), heard()])

    iterate("error")
    iterate("abort")


@case(about="iteration by events.on() pauses and resumes its emitter at the marks, at most once each, in Node's steps")
def IterationPauses(t):
    emitter = t.events.EventEmitter()
    emitter.pause = t.callback("pause", lambda: emitter.emit("tick", "in pause") if emitter.paused else None)
    emitter.resume = t.callback("resume", lambda: emitter.emit("tick", "in resume"))
    emitter.paused = True

    async def run():
        seen = []
        async for value in t.events.on(emitter, "tick", high_water_mark=2, low_water_mark=1):
            seen.append(value)
            t.note("value", value)
            if len(seen) == 6:
                break

    t.spawn(run())
    for number in range(4):
        if number == 3:
            emitter.paused = False
        emitter.emit("tick", number)


@case(about="a once() listener is gone when it is called, and what it adds or emits comes in Node's order")
def OnceListener(t):
    emitter = closely(t, "emitter", t.events.EventEmitter(), [])

    def listener():
        t.note("called", emitter.listener_count("x"))
        emitter.emit("x")

    def removed(event, gone):
        if event == "x" and emitter.listener_count("x") == 0:
            emitter.emit("x")

    emitter.on("removeListener", removed)
    emitter.once("x", listener)
    emitter.emit("x")


@case(about="a once() wrapper called while it is taken off, or later, calls nothing: it has been used")
def OnceWrapper(t):
    emitter = t.events.EventEmitter()
    emitter.once("x", t.callback("called"))
    wrapper = emitter.raw_listeners("x")[0]

    def removed(event, listener):
        wrapper("by hand")

    emitter.once("removeListener", removed)
    emitter.emit("x", "emitted")
    wrapper("later")


@case(about="'newListener' comes before the listener is there, even where it removes others or adds the same")
def NewListener(t):
    emitter = t.events.EventEmitter()

    def listener():
        pass

    def added(event, fn):
        t.note("added", [event, emitter.event_names()])
        if event == "x":
            emitter.remove_all_listeners("newListener")
            emitter.on("x", listener)

    emitter.on("newListener", added)
    emitter.on("x", lambda: None)
    t.note("names", [emitter.event_names(), emitter.listener_count("x")])
    other = t.events.EventEmitter()
    other.on("newListener", lambda event, fn: other.remove_all_listeners())
    other.on("x", listener)
    t.note("other", other.event_names())


@case(about="remove_all_listeners() tells of each listener, the last first, and of its own listeners at the end")
def RemoveAll(t):
    emitter = closely(t, "emitter", t.events.EventEmitter(), [])
    for event in ["b", "a", "removeListener"]:
        emitter.on(event, lambda *_: None)
        emitter.on(event, lambda *_: None)
    emitter.remove_all_listeners("b")
    emitter.remove_all_listeners()
    t.note("left", emitter.event_names())


@case(about="an async 'error' listener that rejects is not called again for its own rejection")
def RejectingErrorListener(t):
    async def fail(*_):
        t.note("called", None)
        raise t.error("rejected")

    t.on_uncaught(t.callback("uncaught"))
    emitter = t.events.EventEmitter(capture_rejections=True)
    emitter.on("error", fail)
    emitter.on("x", fail)
    emitter.emit("x")


@case(about="options of the wrong type are refused before they count, in Node's order")
def WrongOptions(t):
    emitter = t.events.EventEmitter()
    t.attempt("capture", lambda: t.events.EventEmitter(capture_rejections="yes"))
    t.attempt("most", lambda: emitter.set_max_listeners("many"))
    t.attempt("most", lambda: emitter.set_max_listeners(-1))
    t.note("most", emitter.get_max_listeners())
    t.attempt("add", lambda: t.events.add_abort_listener("x", "y"))
    t.attempt("add", lambda: t.events.add_abort_listener(t.abort_controller().signal, "y"))


@case(about="a leak is warned of once per event, with its emitter, event and count")
def Leak(t):
    t.on_warning(lambda warning: t.note("warning", [warning.type, warning.count, warning.emitter is emitter]))
    emitter = t.events.EventEmitter()
    emitter.set_max_listeners(1)

    def listener():
        pass

    for event in ["x", "x", "x", "y", "y"]:
        emitter.on(event, listener)
    emitter.remove_all_listeners("x")
    for event in ["x", "x"]:
        emitter.on(event, listener)


@case(about="a signal is aborted, with its reason, before the first listener, and aborts once")
def Abort(t):
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
