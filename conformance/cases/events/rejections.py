"""Async listeners that reject: what capture_rejections makes of it, and what happens without."""

from conformance import case
from conformance.scenery import listen, serve


def greet(t):
    """A server that says hello to one connection and ends it."""

    def on_connection(peer):
        peer.on("error", lambda error: None)
        peer.resume()
        peer.end("hello")

    serve(t, on_connection)


def reject(t, client, event):
    """Let an async listener of the event reject."""

    async def fail():
        raise t.error(f"rejected {event}")

    t.on_uncaught(lambda error: t.note("uncaught", error))
    t.watch("client", client)
    client.on("error", t.callback("error"))
    client.on(event, fail)
    client.resume()


def capturing(t, port):
    return t.net.connect(port=port, host="127.0.0.1", capture_rejections=True)


@case(about="with capture_rejections a 'connect' listener that rejects destroys the socket")
class Connect:
    def server(t):
        greet(t)

    def client(t, port):
        reject(t, capturing(t, port), "connect")


@case(about="with capture_rejections a 'data' listener that rejects destroys the socket")
class Data:
    def server(t):
        greet(t)

    def client(t, port):
        reject(t, capturing(t, port), "data")


@case(about="with capture_rejections an 'end' listener that rejects destroys the socket before it has finished")
class End:
    def server(t):
        greet(t)

    def client(t, port):
        reject(t, capturing(t, port), "end")


@case(about="a rejection of a 'finish' or 'close' listener comes too late for an 'error'")
class Late:
    def server(t):
        greet(t)

    def client(t, port):
        client = capturing(t, port)

        async def fail():
            raise t.error("rejected late")

        client.on("finish", fail)
        reject(t, client, "close")


@case(about="with capture_rejections a rejection of an 'error' listener has no further effect")
class Error:
    def server(t):
        greet(t)

    def client(t, port):
        client = capturing(t, port)
        client.on("connect", lambda: client.destroy(t.error("first")))
        reject(t, client, "error")


@case(about="EventEmitter.capture_rejections holds for sockets made while it is set")
class Everywhere:
    def server(t):
        greet(t)

    def client(t, port):
        t.events.EventEmitter.capture_rejections = True
        client = t.net.connect(port, "127.0.0.1")
        t.events.EventEmitter.capture_rejections = False
        reject(t, client, "ready")


@case(about="without capture_rejections a rejection is unhandled, and the socket goes on")
class Uncaptured:
    def server(t):
        greet(t)

    def client(t, port):
        reject(t, t.net.connect(port, "127.0.0.1"), "data")


@case(about="a captured rejection destroys any kind of stream")
def Streams(t):
    async def fail():
        raise t.error("rejected")

    for one in [
        t.stream.Readable(read=lambda size: None, capture_rejections=True),
        t.stream.Writable(capture_rejections=True),
        t.stream.PassThrough(capture_rejections=True),
    ]:
        one.on("error", t.callback("error"))
        one.on("close", t.callback("close"))
        one.on("event", fail)
        one.emit("event")
        t.note("at once", one.destroyed)


@case(about="with capture_rejections a rejection of an emitter's listener becomes its 'error', after the ticks")
def Emitter(t):
    emitter = t.events.EventEmitter(capture_rejections=True)

    async def fail(value):
        raise t.error("rejected")

    emitter.on("x", fail)
    emitter.on("error", t.callback("error"))
    emitter.emit("x", 1)
    t.next_tick(lambda: t.note("tick", None))
    t.microtask(lambda: t.note("micro", None))
    t.note("emitted", None)


@case(about="with EventEmitter.capture_rejections a rejected 'connection' listener destroys its socket")
class Connection:
    def server(t):
        t.events.EventEmitter.capture_rejections = True
        server = t.watch("server", t.net.create_server())
        server.on("error", t.callback("server error"))

        async def on_connection(peer):
            t.watch("peer", peer)
            peer.on("error", t.callback("peer error"))
            server.close()
            raise t.error("rejected")

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="with EventEmitter.capture_rejections a rejected 'listening' listener is the server's 'error'")
def Listening(t):
    t.events.EventEmitter.capture_rejections = True
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error", lambda error: server.close()))

    async def on_listening():
        raise t.error("rejected")

    server.on("listening", on_listening)
    server.listen(0, "127.0.0.1")


@case(
    about="a rejected 'connection' listener is an unhandled rejection, whatever the option capture_rejections"
)
class ConnectionUncaptured:
    def server(t):
        server = t.watch("server", t.net.create_server(capture_rejections=True))

        def on_uncaught(error):
            t.note("survived", error)
            server.close()

        t.on_uncaught(on_uncaught)

        async def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            peer.end("bye")
            raise t.error("rejected")

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


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
