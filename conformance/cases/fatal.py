"""The end of a process by an exception that nobody catches: at once, with everything still active."""

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


@case(about="an exception in the main program ends it, after the ticks that were queued")
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


@case(about="an exception in a timer ends the process: later timers of the turn never run")
def InTimer(t):
    def queue_timers():  # from a callback of its own: the immediate of busy() is over by then
        t.timeout(1, throws(t))
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


@case(about="an exception in 'data' ends the process in the midst of the data")
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


@case(about="an exception in 'close' ends the process when the socket is no longer active")
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


@case(about="an error without listener ends the process with the socket's handle still closing")
def InError(t):
    socket = t.watch("socket", t.net.Socket())
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


@case(about="exit() ends the process at once: nothing queued runs, and everything active is told")
def Exit(t):
    busy(t)
    t.next_tick(t.callback("tick"))
    t.microtask(t.callback("microtask"))
    t.exit(3)
