"""What brings a 'warning', which comes on a tick with Node's name, code and text."""

from conformance import case


def warned(t):
    t.on_warning(lambda warning: t.note("warning", warning))
    t.next_tick(lambda: t.note("tick before", None))


@case(about="a delay of more than 2**31-1 ms is 1 ms, and each brings a warning")
def TimerOverflow(t):
    warned(t)
    t.timeout(2147483648, lambda: t.note("fired", None))
    t.timeout(2147483648, lambda: t.note("fired", None))
    t.timeout(3000000000.5, lambda: t.note("fired", None))
    t.timeout(float("inf"), lambda: t.note("fired", None))
    t.clear(t.interval(2147483648, lambda: t.note("never", None)))
    t.clear(t.timeout(2147483647, lambda: t.note("never", None)))
    t.next_tick(lambda: t.note("tick after", None))


@case(about="a negative delay is 1 ms, and the first one brings a warning")
def TimerNegative(t):
    warned(t)
    t.timeout(-1, lambda: t.note("fired", None))
    t.timeout(-2.5, lambda: t.note("fired", None))
    t.timeout(float("-inf"), lambda: t.note("fired", None))
    t.timeout(-0.0, lambda: t.note("fired", None))
    t.next_tick(lambda: t.note("tick after", None))


@case(about="a delay that is not a number is 1 ms; the first NaN alone brings a warning")
def TimerNaN(t):
    warned(t)
    t.timeout("x", lambda: t.note("fired", None))
    t.timeout(float("nan"), lambda: t.note("fired", None))
    t.timeout({}, lambda: t.note("fired", None))
    t.next_tick(lambda: t.note("tick after", None))


@case(about="set_timeout() of a socket warns of more than 2**31-1 ms; infinite and negative times throw")
def SocketTimeout(t):
    warned(t)
    socket = t.net.Socket()
    socket.set_timeout(2147483648)
    t.note("timeout", socket.timeout)
    t.attempt("Infinity", lambda: socket.set_timeout(float("inf")))
    t.attempt("negative", lambda: socket.set_timeout(-1))
    socket.set_timeout(2147483647)
    socket.destroy()


@case(about="each event of each emitter brings one warning when its listeners exceed the limit")
def MaxListeners(t):
    warned(t)
    emitter = t.events.EventEmitter()
    for _number in range(12):
        emitter.on("event", lambda: None)
    for _number in range(11):
        emitter.once("other event", lambda: None)
    server = t.net.create_server()
    server.set_max_listeners(1)
    for _number in range(3):
        server.prepend_listener("connection", lambda: None)
    socket = t.net.Socket()
    for _number in range(11):
        socket.on("data", lambda: None)
    datagrams = t.dgram.create_socket("udp4")
    for _number in range(11):
        datagrams.on("message", lambda: None)
    datagrams.close()
    unlimited = t.events.EventEmitter()
    unlimited.set_max_listeners(0)
    for _number in range(20):
        unlimited.on("event", lambda: None)


@case(about="a listener of 'warning' that throws is an uncaught exception of that tick; the next warning still comes")
def ListenerThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def on_warning(warning):
        t.note("warning", warning)
        raise t.error("the listener's own")

    t.on_warning(on_warning)
    t.timeout(2147483648, lambda: t.note("fired", None))
    t.timeout(float("inf"), lambda: t.note("fired", None))


@case(about="a warning without a listener does not change what the program does")
def Unheard(t):
    t.timeout(2147483648, lambda: t.note("fired", None))
    t.next_tick(lambda: t.note("tick", None))


@case(about="an empty host of a server or UDP socket brings no warning")
def NoHostname(t):
    warned(t)
    server = t.net.create_server()
    server.listen(0, "", lambda: server.close())
    socket = t.dgram.create_socket("udp4")
    socket.bind(0, "", lambda: socket.close())


@case(about="too many listeners of an AbortSignal bring one warning for each events.setMaxListeners() of it")
def ListenersOfASignal(t):
    t.on_warning(lambda warning: t.note("warning", [warning, warning.type, warning.count, warning.target is signal]))
    signal = t.abort_controller().signal
    t.note("default", t.events.get_max_listeners(signal))
    for _ in range(20):
        signal.add_event_listener("abort", lambda: None)
    t.note("many", t.events.listener_count(signal, "abort"))
    for limit in [20, 22, 1.5]:
        t.events.set_max_listeners(limit, signal)
        signal.add_event_listener("abort", lambda: None)
        signal.add_event_listener("abort", lambda: None)
        signal.add_event_listener("other", lambda: None)
    t.note("limit", t.events.get_max_listeners(signal))


@case(about="onabort and addAbortListener() count among the listeners of an AbortSignal, the same one again does not")
def ListenersOfASignalOtherwise(t):
    t.on_warning(lambda warning: t.note("warning", warning))

    def listener():
        pass

    for add in [
        lambda signal: set_onabort(signal, listener),
        lambda signal: t.events.add_abort_listener(signal, lambda: None),
        lambda signal: signal.add_event_listener("abort", listener),
        lambda signal: t.abort_signal.any([signal]).add_event_listener("abort", listener),
    ]:
        signal = t.abort_controller().signal
        t.events.set_max_listeners(1, signal)
        signal.add_event_listener("abort", listener)
        add(signal)


def set_onabort(signal, listener):
    signal.onabort = listener


@case(about="too many listeners of an event are warned of again once its list has shrunk to one")
def MaxListenersAgain(t):
    t.on_warning(t.callback("warning"))

    def first():
        pass

    for limit in [1, 2]:
        emitter = t.events.EventEmitter()
        emitter.set_max_listeners(limit)
        name = f"limit {limit}"
        emitter.on(name, first)
        for number in range(limit):
            emitter.on(name, lambda number=number: number)
        emitter.off(name, first)
        emitter.on(name, first)


@case(about="a leak is warned of once per event, with its emitter, event and count")
def LeakOnce(t):
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
