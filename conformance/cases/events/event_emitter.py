"""EventEmitter: listeners, their order and what they may do while an event is under way."""

from conformance import case


@case(about="listeners run in order, prepended first, once listeners once; emit says whether there were any")
def Order(t):
    emitter = t.events.EventEmitter()
    emitter.on("x", t.callback("on"))
    emitter.once("x", t.callback("once"))
    emitter.prepend_listener("x", t.callback("prepended"))
    emitter.prepend_once_listener("x", t.callback("prepended once"))
    t.note("count", emitter.listener_count("x"))
    t.note("emit", emitter.emit("x", 1, 2))
    t.note("emit again", emitter.emit("x"))
    t.note("nobody", emitter.emit("y"))
    t.note("count", emitter.listener_count("x"))
    t.note("names", emitter.event_names())


@case(about="an event under way keeps the listeners it started with")
def Snapshot(t):
    emitter = t.events.EventEmitter()

    def second():
        t.note("second", None)

    def first():
        t.note("first", None)
        emitter.on("x", t.callback("added"))
        emitter.off("x", second)

    emitter.on("x", first)
    emitter.on("x", second)
    emitter.emit("x")
    emitter.emit("x")


@case(about="a once listener is gone before it runs")
def OnceReentrant(t):
    emitter = t.events.EventEmitter()

    def listener():
        t.note("once", emitter.listener_count("x"))
        emitter.emit("x")

    emitter.once("x", listener)
    emitter.emit("x")


@case(about="'newListener' comes before the listener is there, 'removeListener' when it is gone")
def MetaEvents(t):
    emitter = t.events.EventEmitter()

    def listener():
        pass

    emitter.on("newListener", lambda name: t.note("new", [name, emitter.listener_count(name)]))
    emitter.on("removeListener", lambda name: t.note("removed", [name, emitter.listener_count(name)]))
    emitter.on("x", listener)
    emitter.once("x", listener)
    emitter.on("y", listener)
    emitter.emit("x")
    emitter.off("x", listener)
    emitter.off("x", listener)
    emitter.off("none", listener)
    emitter.remove_all_listeners("y")
    emitter.on("z", listener)
    emitter.remove_all_listeners()
    t.note("names", emitter.event_names())


@case(about="a listener that throws stops the others, and the error leaves emit")
def ListenerThrows(t):
    emitter = t.events.EventEmitter()

    def fail():
        raise t.error("thrown")

    emitter.on("x", fail)
    emitter.on("x", t.callback("never"))
    t.attempt("emit", lambda: emitter.emit("x"))


@case(about="an unhandled error that is an array of more than six shows them in columns")
def unhandled_array(t):
    def emit(value):
        t.attempt("array", lambda: t.events.EventEmitter().emit("error", value))

    emit([1, 2, 3, 4, 5, 6])
    emit([1, 2, 3, 4, 5, 6, 7])
    emit([1, -2, 30, 4, 5, 6, 700, 8, 9.5, 10])
    emit(["a", "bbb", "", "dd", "e", "f", "gggg", "h"])
    emit([1, "b", None, 4, 5, 6, 7, True])
    emit(["a", "b", "c", "d", "e", "f", "g" * 40])
    emit(["a", "b", "c", "d", "e", "f", "g" * 30])
    emit([[1], 2, 3, 4, 5, 6, 7, 8])
    emit([{"a": 1}, 2, 3, 4, 5, 6, 7, 8])
    emit({"a": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "b": [[1, 2, 3, 4, 5, 6, 7]]})
    emit(["日", "本", "é", "🎉", "語", "한", "x"])
    emit([1, 2, 3, 4, 5, 6, 7] * 14)
    emit([1, 2, 3, 4, 5, 6, 7] * 15)
    emit(["a", "bb", "ccc", "dddd", "eeeee"] * 30)


@case(about="an unhandled error that is an object or a short array is shown on one line while it has room")
def unhandled_object(t):
    for length in [55, 56, 57, 60, 61, 62, 63, 65, 66]:
        t.attempt("object", lambda: t.events.EventEmitter().emit("error", {"a": "x" * length}))
        t.attempt("array", lambda: t.events.EventEmitter().emit("error", ["x" * length]))
        t.attempt("nested", lambda: t.events.EventEmitter().emit("error", {"a": {"b": "x" * (length - 10)}}))
        t.attempt("two", lambda: t.events.EventEmitter().emit("error", {"a": "x" * (length - 6), "b": 1}))


@case(about="'error' without a listener throws the error, or ERR_UNHANDLED_ERROR for anything else")
def ErrorWithoutListener(t):
    emitter = t.events.EventEmitter()
    t.attempt("error", lambda: emitter.emit("error", t.error("its own")))
    t.attempt("number", lambda: emitter.emit("error", 5))
    t.attempt("string", lambda: emitter.emit("error", "text"))
    t.attempt("object", lambda: emitter.emit("error", {"a": 1}))
    t.attempt("null", lambda: emitter.emit("error", None))
    emitter.on("error", t.callback("handled"))
    t.attempt("handled", lambda: emitter.emit("error", t.error("handled")))


@case(about="an error monitor sees errors and handles none")
def ErrorMonitor(t):
    emitter = t.events.EventEmitter()
    emitter.on(t.events.error_monitor, t.callback("monitor"))
    t.attempt("unhandled", lambda: emitter.emit("error", t.error("unhandled")))
    emitter.on("error", t.callback("error"))
    t.attempt("handled", lambda: emitter.emit("error", t.error("handled")))


@case(about="a listener has to be a function")
def BadListener(t):
    emitter = t.events.EventEmitter()
    t.attempt("on", lambda: emitter.on("x", 5))
    t.attempt("once", lambda: emitter.once("x", None))
    t.attempt("prepend", lambda: emitter.prepend_listener("x", "text"))
    t.attempt("off", lambda: emitter.off("x", True))
    t.attempt("object", lambda: emitter.on("x", {}))


@case(about="the limit of listeners must be a number that is not negative")
def MaxListeners(t):
    emitter = t.events.EventEmitter()
    t.note("default", emitter.get_max_listeners())
    t.attempt("negative", lambda: emitter.set_max_listeners(-1))
    t.attempt("text", lambda: emitter.set_max_listeners("1"))
    emitter.set_max_listeners(3)
    t.note("set", emitter.get_max_listeners())


@case(about="with capture_rejections an async listener that throws becomes an 'error', after the ticks")
def CaptureRejections(t):
    emitter = t.events.EventEmitter(capture_rejections=True)

    async def fail(value):
        raise t.error("rejected")

    emitter.on("x", fail)
    emitter.on("error", t.callback("error"))
    emitter.emit("x", 1)
    t.next_tick(lambda: t.note("tick", None))
    t.microtask(lambda: t.note("micro", None))
    t.note("emitted", None)


@case(about="once() resolves with the arguments and rejects on 'error', unless that is what is waited for")
def OncePromise(t):
    emitter = t.events.EventEmitter()

    async def wait():
        t.next_tick(lambda: emitter.emit("go", 1, 2))
        t.note("go", await t.events.once(emitter, "go"))
        t.next_tick(lambda: emitter.emit("error", t.error("waited for")))
        t.note("error", await t.events.once(emitter, "error"))
        t.note("left", emitter.event_names())

    t.spawn(wait())


@case(about="once() that meets an 'error' rejects with it")
def OncePromiseRejects(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    emitter = t.events.EventEmitter()

    async def wait():
        t.next_tick(lambda: emitter.emit("error", t.error("instead")))
        t.note("never", await t.events.once(emitter, "go"))

    t.spawn(wait())
    t.immediate(lambda: t.note("left", emitter.event_names()))


@case(about="on() iterates over the events until one that closes it")
def OnIterator(t):
    emitter = t.events.EventEmitter()

    async def walk():
        async for arguments in t.events.on(emitter, "x", close=["end"]):
            t.note("x", arguments)
        t.note("left", emitter.event_names())

    def emit_all():
        emitter.emit("x", 1)
        emitter.emit("x", 2, 3)
        t.immediate(lambda: emitter.emit("end"))

    t.spawn(walk())
    t.immediate(emit_all)


@case(about="an aborted signal ends once() with an AbortError")
def OnceAborted(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    emitter = t.events.EventEmitter()
    controller = t.abort_controller()

    async def wait():
        await t.events.once(emitter, "x", signal=controller.signal)

    def abort():
        controller.abort()
        t.immediate(lambda: t.note("left", emitter.event_names()))

    t.spawn(wait())
    t.immediate(abort)


@case(about="emit() is called for the last removal of a 'removeListener' listener, though nobody is left to hear it")
def LastRemoval(t):
    emitter = t.watch("emitter", t.events.EventEmitter())
    emitter.on("removeListener", lambda name, fn: None)
    emitter.on("x", lambda: None)
    emitter.remove_all_listeners()
    alone = t.watch("alone", t.events.EventEmitter())

    def listener(name, fn):
        pass

    alone.on("removeListener", listener)
    alone.off("removeListener", listener)
    among = t.watch("among", t.events.EventEmitter())
    among.on("removeListener", listener)
    among.on("x", lambda: None)
    among.off("removeListener", listener)
    stream = t.watch("stream", t.stream.PassThrough())
    stream.on("removeListener", listener)
    stream.off("removeListener", listener)
    stream.on("removeListener", listener)
    stream.remove_all_listeners()


@case(about="the wrapper of a once listener is a function: 'removeListener' and raw_listeners() hand it over")
def OnceWrapper(t):
    emitter = t.events.EventEmitter()
    emitter.on("removeListener", lambda name, fn: t.note("removed", [name, fn]))
    emitter.on("x", lambda: None)
    emitter.once("x", lambda: None)
    t.note("raw", emitter.raw_listeners("x"))
    t.note("listeners", emitter.listeners("x"))
    emitter.emit("x")


@case(
    about="a once listener counts as called before it is removed: its wrapper does nothing when called from there",
    skip_unless="node^24.20||>=26.6",
)
def OnceCalledInRemoval(t):
    emitter = t.events.EventEmitter()

    def removed(name, fn):
        t.note("removed", emitter.listener_count("x"))
        fn("from the removal")
        emitter.emit("x", "emitted again")

    emitter.on("removeListener", removed)
    emitter.on("x", t.callback("always"))
    emitter.once("x", t.callback("once"))
    emitter.emit("x", "first")
    emitter.emit("x", "second")


@case(about="a once listener whose removal throws counts as called, and stays on the list")
def OnceRemovalThrows(t):
    emitter = t.events.EventEmitter()

    def removed(name, fn):
        raise t.error("from the removal")

    emitter.once("x", t.callback("once"))
    emitter.on("removeListener", removed)
    t.attempt("first", lambda: emitter.emit("x"))
    t.attempt("second", lambda: emitter.emit("x"))
    t.note("count", emitter.listener_count("x"))
