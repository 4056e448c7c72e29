"""Exceptions that nobody catches end the process at once, with everything still active."""

from conformance import case
from conformance.scenery import listen


def busy(t):
    """A listening server, a timer and an immediate, none of which ends by itself; all record what they do."""
    server = t.net.create_server()
    server.on("close", t.callback("server closed"))
    server.listen(0, "127.0.0.1", t.callback("listening"))
    t.timeout(60000, t.callback("timer"))
    t.immediate(t.callback("immediate"))
    return server


def throws(t):
    """A function that throws."""

    def thrower(*rest):
        raise t.error("nobody catches it")

    return thrower


@case(about="an exception in the main program ends the process: queued ticks and microtasks never run")
def InMain(t):
    busy(t)
    t.next_tick(t.callback("tick"))
    t.microtask(t.callback("microtask"))
    raise t.error("nobody catches it")


@case(about="an exception in a tick ends the process: later ticks and microtasks never run")
def InTick(t):
    busy(t)
    t.microtask(t.callback("microtask"))
    t.next_tick(throws(t))
    t.next_tick(t.callback("tick"))


@case(about="an exception in a microtask ends the process: later ones never run")
def InMicrotask(t):
    busy(t)
    t.microtask(throws(t))
    t.microtask(t.callback("microtask"))


@case(about="an exception in a timer ends the process: its ticks and immediates and the next timers never run")
def InTimer(t):
    def throws():
        t.next_tick(t.callback("tick"))
        t.immediate(t.callback("next immediate"))
        raise t.error("nobody catches it")

    def queue_timers():  # from a callback of its own: the immediate of busy() is over by then
        t.timeout(1, throws)
        t.timeout(1, t.callback("next timer"))

    busy(t).on("listening", lambda: t.immediate(lambda: t.immediate(queue_timers)))


@case(about="an exception in an immediate ends the process: later immediates of the turn never run")
def InImmediate(t):
    busy(t)
    t.immediate(throws(t))
    t.immediate(t.callback("next immediate"))


@case(about="an exception in 'listening' ends the process while the server listens")
def InListening(t):
    server = t.watch("server", busy(t))
    server.on("listening", throws(t))
    server.on("listening", t.callback("later listener"))


@case(about="an exception in 'connect' ends the process, and the peer sees an end of the connection")
class InConnect:
    def server(t):
        server = t.net.create_server()

        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.on("close", lambda had_error: server.close())
            peer.resume()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("close", t.callback("closed"))
        client.on("connect", throws(t))


@case(about="an exception in 'data' ends the process: the later listeners never run")
class InData:
    def server(t):
        server = t.net.create_server()

        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.on("close", lambda had_error: server.close())
            peer.write("data")
            peer.resume()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("close", t.callback("closed"))
        client.on("data", throws(t))
        client.on("data", t.callback("later listener"))


@case(about="an exception in 'close' ends the process, in which the socket is no longer active")
def InClose(t):
    server = busy(t)
    server.on("connection", lambda peer: peer.destroy())

    def on_listening():
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.on("error", lambda error: None)
        client.on("close", throws(t))
        client.resume()

    server.on("listening", on_listening)


@case(about="an exception in a lookup's callback ends the process while the lookup is still active")
def InLookup(t):
    client = t.net.connect(port=80, host="no..host")
    client.on("lookup", throws(t))


@case(about="an 'error' without a listener ends the process with code 1, before the socket has closed")
def InError(t):
    socket = t.watch("socket", t.net.Socket())
    socket.on("close", t.callback("closed"))
    busy(t)
    socket.connect(t.path("missing.sock"))


@case(about="an 'uncaughtException' listener that throws ends the process with code 7, and no 'exit'")
def InUncaughtException(t):
    busy(t)
    t.on_uncaught(throws(t))
    t.next_tick(throws(t))


@case(about="an exception of an async function ends the process when the ticks and microtasks are over")
def InAsync(t):
    async def main():
        raise t.error("nobody catches it")

    busy(t)
    t.spawn(main())
    t.next_tick(t.callback("tick"))
    t.microtask(t.callback("microtask"))


def with_connection(t, ready):
    """Calls ready(client, server) once the two are connected."""
    server = t.net.create_server()
    ends = []

    def arrived():
        ends.append(1)
        if len(ends) == 2:
            t.immediate(lambda: ready(client, server))

    client = t.net.Socket()
    server.on("connection", lambda peer: arrived())
    client.on("connect", lambda: arrived())
    server.listen(t.path("sock"), lambda: client.connect(t.path("sock")))


@case(about="an exception in 'connection' ends the process with the connection open; the client reads an end")
class InConnection:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            t.next_tick(t.callback("tick"))
            raise t.error("nobody catches it")

        server.on("connection", on_connection)
        server.on("connection", t.callback("later listener"))
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="an exception in 'end' ends the process before the socket has ended by itself")
def InEnd(t):
    server = t.net.create_server(lambda peer: peer.end("bye").resume())

    def on_listening():
        client = t.watch("client", t.net.connect(t.path("sock")))
        client.resume()
        client.on("end", throws(t))

    server.listen(t.path("sock"), on_listening)


@case(about="an exception in on_read ends the process: what lies behind it is never delivered")
def InOnRead(t):
    server = t.net.create_server(lambda peer: peer.write("abcdef"))
    reads = []

    def on_read(count, buffer):
        reads.append(count)
        t.note("read", len(reads))
        if len(reads) == 2:
            raise t.error("nobody catches it")

    options = {"buffer": bytearray(2), "callback": on_read}
    server.listen(t.path("sock"), lambda: t.net.connect(path=t.path("sock"), on_read=options).resume())


@case(about="an exception in the callback of write() ends the process: later callbacks never run")
def InWriteCallback(t):
    def ready(client, server):
        client.write("one", throws(t))
        client.write("two", t.callback("second write"))
        client.on("close", t.callback("closed"))
        t.next_tick(t.callback("tick"))

    with_connection(t, ready)


@case(about="an exception in the callback of get_connections() ends the process with the connections open")
def InServerCallback(t):
    def ready(client, server):
        server.get_connections(throws(t))
        client.destroy()
        client.on("close", t.callback("closed"))

    with_connection(t, ready)


@case(about="an exception in 'message' ends the process: the next datagram is never delivered")
def InMessage(t):
    socket = t.dgram.create_socket("udp4")
    socket.on("message", throws(t))
    socket.on("message", t.callback("later listener"))
    socket.on("close", t.callback("closed"))

    def send():
        socket.send("1", socket.address().port, "127.0.0.1")
        socket.send("2", socket.address().port, "127.0.0.1")

    socket.bind(0, "127.0.0.1", send)


@case(about="an exception in the callback of send() ends the process: the datagram is never delivered")
def InSendCallback(t):
    socket = t.dgram.create_socket("udp4")
    socket.on("message", t.callback("message"))
    socket.bind(0, "127.0.0.1", lambda: socket.send("1", socket.address().port, "127.0.0.1", throws(t)))


@case(about="an exception in the closing phase ends the process: the next 'close' of the phase never comes")
def InClosingPhase(t):
    servers = [t.net.create_server(), t.net.create_server()]
    servers[0].on("close", throws(t))
    servers[1].on("close", t.callback("second closed"))
    listening = []

    def on_listening():
        listening.append(1)
        if len(listening) == 2:
            t.immediate(close)

    def close():
        for server in servers:
            server.close()

    for server in servers:
        server.listen(0, "127.0.0.1", on_listening)


@case(about="a rejection in an I/O callback ends the process after the ticks of that callback")
def InAsyncListener(t):
    async def on_message(message):
        t.note("message", message)
        t.next_tick(t.callback("tick"))
        t.immediate(t.callback("immediate"))
        raise t.error("nobody catches it")

    socket = t.dgram.create_socket("udp4")
    socket.on("message", on_message)
    socket.on("message", t.callback("later listener"))
    socket.bind(0, "127.0.0.1", lambda: socket.send("1", socket.address().port, "127.0.0.1"))


@case(about="an exception in 'beforeExit' ends the process with code 1: a timer set there never runs")
def InBeforeExit(t):
    server = t.watch("server", t.net.create_server())
    server.unref()
    server.listen(0, "127.0.0.1")

    def on_before_exit(code):
        t.note("beforeExit", code)
        t.timeout(1, t.callback("timer"))
        raise t.error("nobody catches it")

    t.on_before_exit(on_before_exit)


@case(about="an exception in a custom lookup leaves connect(), and ends the process if nobody catches it")
def InCustomLookup(t):
    busy(t)
    t.immediate(lambda: t.net.connect(port=1, host="example", lookup=throws(t)))
