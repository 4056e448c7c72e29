"""The phases of the loop: what runs when in a turn, and how much one turn takes from each socket."""

from conformance import case
from conformance.scenery import log, micro, noter, tick, with_logged_readers


@case(about="an async function goes on in a microtask of its own, after the ticks that are queued")
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


@case(about="ticks and microtasks of an immediate run before the next one, immediates that it queues a turn later")
def Immediates(t):
    def first():
        t.note("first", None)
        t.next_tick(noter(t, "tick of first"))
        t.microtask(noter(t, "micro of first"))
        t.immediate(noter(t, "next turn"))
        t.clear(third)

    t.immediate(first)
    t.immediate(noter(t, "second"))
    third = t.immediate(noter(t, "never"))
    t.immediate(noter(t, "fourth"))


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


@case(about="ticks and microtasks queued in 'connect' run after 'ready'")
def ConnectAndReady(t):
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


@case(about="between two callbacks of the closing phase ticks and microtasks run; immediates come a turn later")
def Closing(t):
    servers = [t.net.create_server(), t.net.create_server()]
    listening = []

    def on_listening():
        listening.append(1)
        if len(listening) == 2:
            t.immediate(close)

    def close():
        t.immediate(lambda: t.note("immediate of the turn after", None))
        for server in servers:
            server.close()

    def on_close(name):
        t.note(f"{name} closed", None)
        t.immediate(lambda: t.note(f"{name}: immediate", None))
        t.microtask(lambda: t.note(f"{name}: microtask", None))
        t.next_tick(lambda: t.note(f"{name}: tick", None))

    servers[0].on("close", lambda: on_close("first"))
    servers[1].on("close", lambda: on_close("second"))
    for server in servers:
        server.listen(0, "127.0.0.1", on_listening)


@case(about="what a connection's 'close' queues runs before the 'close' of the next one in the closing phase")
def ClosingConnections(t):
    server = t.net.create_server()
    sockets = []

    def on_connection(peer):
        sockets.append(peer)
        if len(sockets) == 4:
            t.immediate(close)

    def close():
        for number in range(4):
            watch(sockets[number], number)
            sockets[number].destroy()
        server.close(lambda: t.note("server closed", None))
        t.immediate(lambda: t.note("immediate", None))
        t.next_tick(lambda: t.note("tick", None))

    def watch(socket, number):
        def on_close(had_error):
            t.note("closed", number)
            t.next_tick(lambda: t.note("tick after", number))
            t.immediate(lambda: t.note("immediate after", number))

        socket.on("close", on_close)

    def connect():
        first = t.net.connect(t.path("sock"))
        second = t.net.connect(t.path("sock"))
        first.on("connect", lambda: on_connection(first))
        second.on("connect", lambda: on_connection(second))

    server.on("connection", on_connection)
    server.listen(t.path("sock"), connect)


def queue_all(t, name):
    """One of each queue, told when it runs."""
    t.timeout(1, lambda: t.note(f"{name}: timer", None))
    t.immediate(lambda: t.note(f"{name}: immediate", None))
    t.microtask(lambda: t.note(f"{name}: microtask", None))
    t.next_tick(lambda: t.note(f"{name}: tick", None))
    t.microtask(lambda: t.next_tick(lambda: t.note(f"{name}: tick of microtask", None)))
    t.next_tick(lambda: t.microtask(lambda: t.note(f"{name}: microtask of tick", None)))


@case(about="ticks, then microtasks that a timer queues run before the next timer; its immediates and timers follow")
def Timer(t):
    t.timeout(1, lambda: queue_all(t, "timer"))
    t.timeout(1, lambda: t.note("other timer", None))


@case(about="ticks and microtasks of a 'message' listener run before the next datagram, immediates before timers")
def Poll(t):
    socket = t.watch("receiver", t.dgram.create_socket("udp4"))
    seen = []

    def on_message(message):
        seen.append(message)
        t.note("message", message)
        if len(seen) == 1:
            queue_all(t, "message")
        else:
            socket.close()

    def on_listening():
        socket.send("1", socket.address().port, "127.0.0.1")
        socket.send("2", socket.address().port, "127.0.0.1")

    socket.on("message", on_message)
    socket.bind(0, "127.0.0.1", on_listening)


@case(about="ticks that queue ticks run all before microtasks, and microtasks that queue microtasks before ticks")
def Nested(t):
    def tick(depth):
        t.note("tick", depth)
        if depth < 3:
            t.next_tick(lambda: tick(depth + 1))
            t.microtask(lambda: micro(depth + 10))

    def micro(depth):
        t.note("microtask", depth)
        if depth % 10 < 3:
            t.microtask(lambda: micro(depth + 1))
            t.next_tick(lambda: t.note("tick of microtask", depth))

    t.timeout(1, lambda: tick(0))


@case(about="the main program, its ticks, its microtasks, a timer that is due and an immediate run in this order")
def Main(t):
    t.timeout(1, noter(t, "timeout"))
    t.immediate(noter(t, "immediate"))
    t.microtask(lambda: micro(t))
    t.next_tick(lambda: tick(t))
    t.next_tick(noter(t, "tick 2"))
    t.microtask(noter(t, "micro 2"))
    t.note("main", None)
    t.block(20)


@case(about="timers set by a slow timer count from its end, after the immediates of its turn")
def TimersSetByASlowOne(t):
    def slow():
        t.note("slow", None)
        t.block(20)
        t.timeout(15, noter(t, "15"))
        t.immediate(noter(t, "immediate"))
        t.timeout(60, noter(t, "60"))

    t.timeout(1, slow)


@case(about="an await and a then() take one microtask each, adopting a promise takes two more")
def MicrotasksOfPromises(t):
    emitter = t.events.EventEmitter()
    failed = t.events.once(emitter, "never")
    emitter.emit("error", t.error("failed"))
    done = t.events.once(emitter, "go")
    emitter.emit("go", 1)

    async def walk():
        for turn in [0, 1, 2]:
            await done
            t.note("walk", turn)

    def start():
        t.next_tick(noter(t, "tick"))
        t.spawn(walk())
        chain = done
        for step in [1, 2, 3, 4, 5, 6]:
            chain = chain.then(lambda value, step=step: t.note("step", step))
        done.then(lambda value: done).then(lambda value: t.note("adopted", value))
        failed.then(None, lambda error: t.note("failed", error))
        t.microtask(noter(t, "micro"))

    failed.then(None, lambda error: None)
    t.immediate(start)


@case(about="ready descriptors have their turn in the order in which they became ready")
def OrderOfReadiness(t):
    sockets = [t.dgram.create_socket("udp4"), t.dgram.create_socket("udp4"), t.dgram.create_socket("udp4")]
    bound = []

    def on_listening():
        bound.append(1)
        if len(bound) == 3:
            t.immediate(send)

    def send():
        for number in [2, 0, 1]:
            sockets[number].send(str(number), sockets[number].address().port, "127.0.0.1")

    def on_message(message):
        t.note("message", message)
        sockets[int(message.decode())].close()

    for socket in sockets:
        socket.on("message", on_message)
        socket.bind(0, "127.0.0.1", on_listening)


@case(about="two sockets with much to read take turns: 64 KiB at once, more only if the last read was full")
def ReadsOfTwoSockets(t):
    def each(index, add):
        t.immediate(lambda: add("immediate"))
        t.next_tick(lambda: add("tick"))

    with_logged_readers(t, 100000, {}, each)


@case(about="two UDP sockets with many datagrams take turns: 32 datagrams at once")
def DatagramsOfTwoSockets(t):
    add, tell = log(t)
    sockets = [t.dgram.create_socket("udp4"), t.dgram.create_socket("udp4")]
    seen = []

    def got(name):
        add(name)
        t.next_tick(lambda: add("tick"))
        t.immediate(lambda: add("immediate"))
        seen.append(name)
        if len(seen) == 80:
            for socket in sockets:
                socket.close()
            tell()

    def send():
        for _number in range(40):
            for socket in sockets:
                socket.send("x", socket.address().port, "127.0.0.1")

    sockets[0].on("message", lambda: got("first"))
    sockets[1].on("message", lambda: got("second"))
    sockets[0].bind(0, "127.0.0.1", lambda: sockets[1].bind(0, "127.0.0.1", send))
