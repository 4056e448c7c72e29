"""Arguments and options of events and emitters of every kind: which throw or reject, and with which error."""

from conformance import case

PLAIN = [
    None, True, False, 0, -1, 1, 5, 1.5, float("nan"), float("inf"), 2147483648, 9007199254740992,
    "", "x", "abc", "5", [], ["a"], [[1]], {}, {"a": 1}, b"xyz", b"",
]  # fmt: skip


def attempt_all(t, label, call):
    """`call` with every plain value, and with a function. (An error would be shown with its stack.)"""
    for value in [*PLAIN, t.callback("called")]:
        t.attempt(label, lambda: call(value))


@case(about="EventEmitter takes any options, but capture_rejections, if it is truthy, must be a boolean")
def Emitter(t):
    attempt_all(t, "options", lambda value: t.events.EventEmitter(value).get_max_listeners())
    attempt_all(t, "capture", lambda value: len(t.events.EventEmitter({"capture_rejections": value}).event_names()))
    attempt_all(t, "stream", lambda value: t.stream.Stream(value).get_max_listeners())
    attempt_all(t, "readable", lambda value: t.stream.Readable({"capture_rejections": value}).readable)


@case(about="a listener that is missing or not a function throws ERR_INVALID_ARG_TYPE when it is added or removed")
def Listeners(t):
    for one in [t.events.EventEmitter(), t.net.Socket(), t.net.create_server(), t.stream.PassThrough()]:
        t.attempt("on nothing", lambda: one.on())
        t.attempt("on", lambda: one.on("x"))
        t.attempt("once", lambda: one.once("x"))
        t.attempt("add_listener", lambda: one.add_listener("x"))
        t.attempt("prepend_listener", lambda: one.prepend_listener("x"))
        t.attempt("prepend_once_listener", lambda: one.prepend_once_listener("x"))
        t.attempt("off", lambda: one.off("x"))
        t.attempt("remove_listener nothing", lambda: one.remove_listener())
        t.note("none", one.event_names())
    emitter = t.events.EventEmitter()
    attempt_all(t, "on", lambda value: emitter.on("x", value).listener_count("x"))
    attempt_all(t, "once", lambda value: emitter.once("x", value).listener_count("x"))
    attempt_all(t, "prepend", lambda value: emitter.prepend_listener("x", value).listener_count("x"))
    attempt_all(t, "prepend once", lambda value: emitter.prepend_once_listener("x", value).listener_count("x"))
    attempt_all(t, "off", lambda value: emitter.off("x", value).listener_count("x"))


@case(about="set_max_listeners() needs a number from 0 up, infinity and fractions included")
def MaxListeners(t):
    emitter = t.events.EventEmitter()
    attempt_all(t, "limit", lambda value: emitter.set_max_listeners(value).get_max_listeners())
    for one in [emitter, t.net.Socket(), t.net.create_server(), t.stream.PassThrough()]:
        t.attempt("nothing", lambda: one.set_max_listeners())


@case(about="an 'error' that nobody listens to throws its argument, or ERR_UNHANDLED_ERROR if that is not an error")
def UnhandledError(t):
    emitter = t.events.EventEmitter()
    t.attempt("nothing", lambda: emitter.emit("error"))
    attempt_all(t, "error", lambda value: emitter.emit("error", value))
    t.attempt("error", lambda: emitter.emit("error", t.error("boom")))


@case(about="the functions of events throw for anything that is not an emitter, a limit, a signal or a listener")
def Functions(t):
    emitter = t.events.EventEmitter()
    attempt_all(t, "listeners", lambda value: t.events.get_event_listeners(value, "x"))
    attempt_all(t, "limit of", lambda value: t.events.get_max_listeners(value))
    attempt_all(t, "count", lambda value: t.events.listener_count(value, "x"))
    attempt_all(t, "limit for", lambda value: t.events.set_max_listeners(5, value))
    attempt_all(t, "one of two", lambda value: t.events.set_max_listeners(5, emitter, value))
    for value in [None, True, -1, float("nan"), "5", [], {}]:
        t.attempt("limit", lambda: t.events.set_max_listeners(value, emitter))
        t.attempt("abort", lambda: t.events.add_abort_listener(value, t.callback("never")))
        t.attempt("listener", lambda: t.events.add_abort_listener(t.abort_controller().signal, value))
    attempt_all(t, "abort without a listener", lambda value: t.events.add_abort_listener(value))
    t.attempt("abort of nothing", lambda: t.events.add_abort_listener())
    t.attempt("limit of nothing", lambda: t.events.get_max_listeners())
    t.note("limit", emitter.get_max_listeners())
    t.attempt("count of nothing", lambda: t.events.listener_count())
    t.attempt("count", lambda: t.events.listener_count(emitter, "x"))


@case(about="events.on() throws for options, marks, signals and emitters of the wrong kind, for the options first")
def On(t):
    emitter = t.events.EventEmitter()
    emitter.set_max_listeners(0)
    kept = []  # Python gives an iterator up that nobody holds

    def on(*args):
        kept.append(t.events.on(*args))
        return emitter.listener_count("x")

    attempt_all(t, "emitter", lambda value: on(value, "x"))
    attempt_all(t, "options", lambda value: on(emitter, "x", value))
    attempt_all(t, "signal", lambda value: on(emitter, "x", {"signal": value}))
    attempt_all(t, "high", lambda value: on(emitter, "x", {"high_water_mark": value}))
    attempt_all(t, "low", lambda value: on(emitter, "x", {"low_water_mark": value}))
    t.attempt("nothing", lambda: on())
    t.attempt("wrong in two ways", lambda: on(5, "x", 5))


@case(about="events.once() rejects, and does not throw, for an emitter, options or a signal of the wrong kind")
def Once(t):
    t.on_uncaught(lambda error: t.note("rejected", error))

    async def wait(*args):
        await t.events.once(*args)

    emitter = t.events.EventEmitter()
    for value in [None, True, -1, 5, "abc", [], t.callback("never")]:
        t.spawn(wait(value, "x"))
        t.spawn(wait(emitter, "x", value))
        t.spawn(wait(emitter, "x", {"signal": value}))
    t.spawn(wait())
    t.note("went on", True)


@case(about="listeners(), listener_count() and emit() answer without an event, and with an object as the event")
def AskingWithoutAnEvent(t):
    emitter = t.events.EventEmitter()
    t.attempt("listeners", lambda: emitter.listeners())
    t.attempt("raw_listeners", lambda: emitter.raw_listeners())
    t.attempt("listener_count", lambda: emitter.listener_count())
    t.attempt("emit", lambda: emitter.emit())
    for event in [[], {}, [1], {"a": 1}]:
        t.attempt("count", lambda: emitter.listener_count(event))
        t.attempt("emit", lambda: emitter.emit(event))
        t.attempt("remove", lambda: emitter.remove_all_listeners(event) == emitter)


@case(about="an object that names an event stands for the string that it converts to")
def ObjectAsEvent(t):
    emitter = t.events.EventEmitter()
    emitter.on([7], t.callback("heard"))
    t.note("count", emitter.listener_count([7]))
    t.attempt("emit", lambda: emitter.emit([7], "x"))
    emitter.remove_all_listeners([7])
    t.note("after", emitter.listener_count([7]))


@case(about="options of the wrong type are refused before they count, in Node's order")
def WrongOptions(t):
    emitter = t.events.EventEmitter()
    t.attempt("capture", lambda: t.events.EventEmitter(capture_rejections="yes"))
    t.attempt("most", lambda: emitter.set_max_listeners("many"))
    t.attempt("most", lambda: emitter.set_max_listeners(-1))
    t.note("most", emitter.get_max_listeners())
    t.attempt("add", lambda: t.events.add_abort_listener("x", "y"))
    t.attempt("add", lambda: t.events.add_abort_listener(t.abort_controller().signal, "y"))
