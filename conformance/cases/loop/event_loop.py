"""The event loop: ticks, microtasks, timers, immediates, I/O and closing in order; and what an exception does to it."""

from conformance import case


def noter(t, what):
    return lambda: t.note(what, None)


def with_pair(t, ready):
    """Calls ready(near, far) once both ends of a connection in this process are there."""
    server = t.net.create_server()
    ends = []

    def arrived(end):
        ends.append(end)
        if len(ends) == 2:
            server.close()
            ready(ends[0], ends[1])

    def on_listening():
        near = t.net.connect(server.address().port, "127.0.0.1")
        near.on("connect", lambda: arrived(near))
        near.on("error", lambda error: t.note("near error", error))

    server.on("connection", lambda far: arrived(far))
    server.listen(0, "127.0.0.1", on_listening)


@case(about="ticks run before microtasks, nested ones too; ticks queued by microtasks run after all of these")
def TicksThenMicrotasks(t):
    t.microtask(lambda: micro(t))
    t.next_tick(lambda: tick(t))
    t.next_tick(noter(t, "tick 2"))
    t.microtask(noter(t, "micro 2"))
    t.note("script", None)


def tick(t):
    t.note("tick 1", None)
    t.next_tick(noter(t, "tick of tick"))
    t.microtask(noter(t, "micro of tick"))


def micro(t):
    t.note("micro 1", None)
    t.next_tick(noter(t, "tick of micro"))
    t.microtask(noter(t, "micro of micro"))


@case(about="a promise takes its microtasks among the others")
def AsyncFunctions(t):
    async def walk():
        t.note("walk 1", None)
        await t.events.once(emitter, "go")
        t.note("walk 2", None)

    emitter = t.events.EventEmitter()
    t.spawn(walk())
    t.next_tick(lambda: emitter.emit("go"))
    t.next_tick(noter(t, "tick"))
    t.microtask(noter(t, "micro"))
    t.note("script", None)


@case(about="an immediate queued in an I/O callback runs in the same turn, before timers")
def ImmediateAfterIo(t):
    def ready(near, far):
        near.on("data", lambda chunk: on_data(near))
        far.end("x")

    def on_data(near):
        t.timeout(0, noter(t, "timeout"))
        t.immediate(noter(t, "immediate"))
        t.next_tick(noter(t, "tick"))
        t.microtask(noter(t, "micro"))
        near.end()

    with_pair(t, ready)


@case(about="the ticks of each immediate run before the next immediate; new ones wait a turn")
def Immediates(t):
    def first():
        t.note("first", None)
        t.next_tick(noter(t, "tick of first"))
        t.immediate(noter(t, "next turn"))
        t.clear(third)

    t.immediate(first)
    t.immediate(noter(t, "second"))
    third = t.immediate(noter(t, "never"))
    t.immediate(noter(t, "fourth"))


@case(about="timers of one duration run in order of creation, ticks between; one may clear another")
def TimersOfOneDuration(t):
    def first():
        t.note("first", None)
        t.next_tick(noter(t, "tick of first"))
        t.clear(second)

    t.timeout(5, first)
    second = t.timeout(5, noter(t, "never"))
    t.timeout(5, noter(t, "third"))


@case(about="a shorter timer set later runs earlier")
def TimersByDueTime(t):
    t.timeout(60, noter(t, "60"))
    t.timeout(30, noter(t, "30"))
    t.timeout(1, noter(t, "1"))


@case(about="'close' comes from the closing phase, after the immediates of its turn")
def ClosePhase(t):
    def ready(near, far):
        near.on("close", t.callback("near closed"))
        far.on("end", lambda: far.end())
        far.resume()
        near.destroy()
        t.immediate(noter(t, "immediate"))
        t.next_tick(noter(t, "tick"))

    with_pair(t, ready)


@case(about="what is queued in 'connect' waits for 'ready'")
def ConnectAndReady(t):
    def ready(near, far):
        near.destroy()
        far.destroy()

    server = t.net.create_server(lambda far: far.resume())

    def on_listening():
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.on("connect", lambda: connected(client))
        client.on("ready", noter(t, "ready"))

    def connected(client):
        t.next_tick(noter(t, "tick"))
        t.microtask(noter(t, "micro"))
        t.note("connect", None)
        client.end()
        server.close()

    server.listen(0, "127.0.0.1", on_listening)


@case(
    about="the ticks of an I/O callback that threw run before the immediates that it queued",
    skip_unless="node<26.4",
)
def TicksOfThrowingIo(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    receiver = t.dgram.create_socket("udp4")

    def on_message():
        t.next_tick(noter(t, "tick"))
        t.microtask(noter(t, "micro"))
        t.immediate(noter(t, "immediate 1"))
        t.immediate(noter(t, "immediate 2"))
        receiver.close()
        raise t.error("in I/O")

    receiver.on("message", on_message)
    receiver.bind(0, "127.0.0.1", lambda: receiver.send("x", receiver.address().port, "127.0.0.1"))


@case(about="the next timer runs before the ticks of one that threw")
def TimerThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def first():
        t.note("first", None)
        t.next_tick(noter(t, "tick of first"))
        t.microtask(noter(t, "micro of first"))
        raise t.error("in timer")

    def second():
        t.note("second", None)
        t.next_tick(noter(t, "tick of second"))

    t.timeout(5, first)
    t.timeout(5, second)
    t.timeout(5, noter(t, "third"))


@case(about="the next immediate runs before the ticks of one that threw, and new ones run in the same turn")
def ImmediateThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def first():
        t.note("first", None)
        t.next_tick(noter(t, "tick of first"))
        t.immediate(noter(t, "new"))
        raise t.error("in immediate")

    t.immediate(first)
    t.immediate(noter(t, "second"))
    t.immediate(noter(t, "third"))


@case(about="what an immediate queued before another one of its turn threw waits for the next turn, as ever")
def ImmediateBeforeThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    receiver = t.dgram.create_socket("udp4")

    def send():
        t.note("send", None)
        t.immediate(noter(t, "new immediate"))
        receiver.send("x", receiver.address().port, "127.0.0.1")

    def fail():
        raise t.error("in immediate")

    def start():
        t.immediate(send)
        t.immediate(fail)
        t.immediate(noter(t, "last immediate of the turn"))

    receiver.on("message", lambda message: t.note("message", message))
    receiver.on("message", lambda message: receiver.close())
    receiver.bind(0, "127.0.0.1", start)


@case(
    about="a rejection that nobody handles is told before the immediates although a tick threw meanwhile",
    skip_unless="node<26.4",
)
def RejectionAndThrowingTick(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    async def fail():
        raise t.error("rejected")

    def tick():
        raise t.error("in tick")

    def micro():
        t.spawn(fail())
        t.next_tick(tick)

    def fired():
        t.microtask(micro)
        t.immediate(noter(t, "immediate"))
        t.immediate(noter(t, "next immediate"))

    t.timeout(1, fired)


@case(about="a rejection that nobody handles is told after the next datagram although a tick threw meanwhile")
def RejectionAndNextDatagram(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    receiver = t.dgram.create_socket("udp4")
    seen = []

    async def fail():
        raise t.error("rejected")

    def tick():
        raise t.error("in tick")

    def micro():
        t.spawn(fail())
        t.next_tick(tick)

    def on_message(message):
        seen.append(message)
        t.note("message", message)
        if len(seen) == 1:
            t.microtask(micro)
            t.immediate(noter(t, "immediate"))
        if len(seen) == 3:
            receiver.close()

    def on_listening():
        for text in ["1", "2", "3"]:
            receiver.send(text, receiver.address().port, "127.0.0.1")

    receiver.on("message", on_message)
    receiver.bind(0, "127.0.0.1", on_listening)


@case(about="the other ticks and microtasks run although one threw")
def TickThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def tick():
        t.note("tick 1", None)
        t.microtask(noter(t, "micro of tick"))
        raise t.error("in tick")

    def micro():
        t.note("micro 1", None)
        t.next_tick(noter(t, "tick of micro"))
        raise t.error("in microtask")

    t.immediate(noter(t, "immediate"))
    t.next_tick(tick)
    t.next_tick(noter(t, "tick 2"))
    t.microtask(micro)
    t.microtask(noter(t, "micro 2"))


@case(about="an async function that throws ends the process")
def UnhandledRejection(t):
    async def fail():
        raise t.error("rejected")

    t.spawn(fail())
    t.next_tick(noter(t, "tick"))
    t.microtask(noter(t, "micro"))
    t.immediate(noter(t, "never"))


@case(about="a rejection that nobody handles is an uncaught exception once the queues are empty")
def UnhandledRejectionSurvived(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    async def fail():
        raise t.error("rejected")

    t.spawn(fail())
    t.next_tick(noter(t, "tick"))
    t.microtask(noter(t, "micro"))
    t.immediate(noter(t, "immediate"))


@case(about="an uncaught exception ends the process with code 1 and nothing else runs")
def UncaughtException(t):
    def fail():
        t.next_tick(noter(t, "never"))
        t.immediate(noter(t, "never"))
        raise t.error("fatal")

    t.timeout(1, fail)
    server = t.net.create_server()
    server.listen(0, "127.0.0.1")


@case(about="exit() runs nothing that is queued")
def Exit(t):
    t.next_tick(noter(t, "never"))
    t.timeout(0, noter(t, "never"))
    t.exit(3)


@case(about="what keeps the process alive is told by name: requests, handles, timers, immediates")
def ActiveResources(t):
    server = t.net.create_server()
    socket = t.dgram.create_socket("udp4")
    timer = t.timeout(1000, noter(t, "never"))

    def on_listening():
        t.immediate(lambda: t.note("in immediate", t.active()))
        t.note("listening", t.active())
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.on("connect", lambda: connected(client))
        t.next_tick(lambda: t.note("connecting", t.active()))

    def connected(client):
        t.note("connected", t.active())
        client.unref()
        t.note("unref", t.active())
        client.ref()
        t.clear(timer)
        socket.close()
        t.note("cleared and closing", t.active())
        client.on("close", lambda: t.note("closed", t.active()))
        client.end()

    server.on("connection", lambda peer: served(peer))

    def served(peer):
        server.close()
        peer.resume()

    server.listen(0, "127.0.0.1", on_listening)
