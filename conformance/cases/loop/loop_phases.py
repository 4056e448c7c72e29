"""The phases of the loop one by one: what a callback in each of them queues, and when that runs."""

from conformance import case


def queue_all(t, name):
    """One of each queue, told when it runs."""
    t.timeout(1, lambda: t.note(f"{name}: timer", None))
    t.immediate(lambda: t.note(f"{name}: immediate", None))
    t.microtask(lambda: t.note(f"{name}: microtask", None))
    t.next_tick(lambda: t.note(f"{name}: tick", None))
    t.microtask(lambda: t.next_tick(lambda: t.note(f"{name}: tick of microtask", None)))
    t.next_tick(lambda: t.microtask(lambda: t.note(f"{name}: microtask of tick", None)))


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


@case(about="a connection's 'close' is in the closing phase, what it queues runs before the next connection's")
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


@case(about="what the main program queues: ticks, then microtasks, then timers and immediates")
def Main(t):
    queue_all(t, "main")
    t.note("main", None)


@case(about="what a timer queues")
def Timer(t):
    t.timeout(1, lambda: queue_all(t, "timer"))
    t.timeout(1, lambda: t.note("other timer", None))


@case(about="what an immediate queues")
def Immediate(t):
    def first():
        t.next_tick(lambda: t.note("tick", None))
        t.microtask(lambda: t.note("microtask", None))
        t.immediate(lambda: t.note("immediate", None))

    t.immediate(first)
    t.immediate(lambda: t.note("other immediate", None))


@case(about="what a datagram's listener queues")
def Poll(t):
    socket = t.dgram.create_socket("udp4")
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


@case(about="unreferenced handles of all kinds do not keep the process")
def AllUnref(t):
    server = t.net.create_server().unref()
    server.listen(0, "127.0.0.1", lambda: t.note("listening", None))
    socket = t.dgram.create_socket("udp4")
    socket.unref()
    socket.bind(0, "127.0.0.1")
    t.timeout(5000, lambda: t.note("never", None)).unref()
    t.immediate(lambda: t.note("never", None)).unref()
    t.next_tick(lambda: t.note("tick", t.active()))


@case(about="unref() of the last connection in its own callback ends the process with all of it open")
def UnrefConnection(t):
    server = t.net.create_server(lambda peer: peer.unref())

    def on_listening():
        server.unref()
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.on("close", lambda had_error: t.note("never", None))
        client.on("connect", lambda: t.immediate(lambda: t.immediate(lambda: client.unref())))

    server.listen(0, "127.0.0.1", on_listening)


@case(about="ref() undoes unref() of a server, however often that was called")
def RefServer(t):
    server = t.net.create_server()
    server.unref()
    server.unref()
    server.ref()
    server.listen(0, "127.0.0.1", lambda: t.note("active", t.active()))
    t.timeout(5, lambda: server.close()).unref()


@case(about="'beforeExit' comes again after each revival of the loop; 'exit' once")
def Revival(t):
    revivals = []

    def on_before_exit(code):
        revivals.append(code)
        t.note("beforeExit", code)
        t.next_tick(lambda: t.note("tick", None))
        if len(revivals) == 1:
            t.timeout(1, lambda: t.note("timer", None))
        if len(revivals) == 2:
            t.immediate(lambda: t.note("immediate", None))
        if len(revivals) == 3:
            server = t.net.create_server()
            server.listen(0, "127.0.0.1", lambda: server.close())
        if len(revivals) == 4:
            t.timeout(1, lambda: t.note("never", None)).unref()

    t.on_before_exit(on_before_exit)
    t.note("main", None)


@case(about="a tick or microtask of 'beforeExit' may revive the loop")
def RevivalByTick(t):
    revivals = []

    def on_before_exit(code):
        revivals.append(code)
        t.note("beforeExit", len(revivals))
        if len(revivals) == 1:
            t.next_tick(lambda: t.timeout(1, lambda: t.note("timer of tick", None)))
        if len(revivals) == 2:
            t.microtask(lambda: t.immediate(lambda: t.note("immediate of microtask", None)))

    t.on_before_exit(on_before_exit)


@case(about="an exception in 'beforeExit' ends the process; if it is caught the process ends as well")
def BeforeExitThrows(t):
    caught = []

    def on_before_exit(code):
        t.note("beforeExit", code)
        if len(caught) == 0:
            raise t.error("the listener's own")

    def on_uncaught(error):
        t.note("uncaught", error)
        caught.append(error)

    t.on_uncaught(on_uncaught)
    t.on_before_exit(on_before_exit)


@case(about="exit() in the closing phase: the other 'close' events of it never come")
def ExitInClosing(t):
    sockets = [t.dgram.create_socket("udp4"), t.dgram.create_socket("udp4")]
    sockets[1].on("close", lambda: t.note("never", None))

    def on_close():
        t.next_tick(lambda: t.note("never", None))
        t.exit(4)

    sockets[0].on("close", on_close)
    for socket in sockets:
        socket.bind(0, "127.0.0.1")
    t.immediate(lambda: t.immediate(lambda: close()))

    def close():
        for socket in sockets:
            socket.close()


@case(about="exit() in 'beforeExit' gives its code, and there is no revival")
def ExitInBeforeExit(t):
    def on_before_exit(code):
        t.timeout(1, lambda: t.note("never", None))
        t.exit(5)

    t.on_before_exit(on_before_exit)


@case(about="exit() in a microtask: nothing else runs, 'beforeExit' does not come")
def ExitInMicrotask(t):
    t.on_before_exit(lambda code: t.note("never", None))
    t.microtask(lambda: t.exit(6))
    t.microtask(lambda: t.note("never", None))
    t.next_tick(lambda: t.note("tick", None))
    t.immediate(lambda: t.note("never", None))


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
