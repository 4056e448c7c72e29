"""Methods that a program has put in the place of Node's: what Node looks up when it is called can be replaced.

`recorded` notes each call of such a method, so a case shows which of them Node itself goes through, and in which order.
"""

from conformance import case
from conformance.scenery import count_to, serve_here


def recorded(t, target, names):
    """Note every call of these methods of a class or object, with the end it belongs to."""

    def replace(name):
        def called(self, original, *args):
            t.note(name, "accepted" if getattr(self, "server", None) else "own")
            return original(*args)

        t.override(target, name, called)

    for name in names:
        replace(name)


HOOKS = ["_read", "_write", "_writev", "_final", "_destroy"]


def talk(t, client):
    """Write in three ways and end; the other end echoes."""
    client.on("data", lambda chunk: t.note("data", chunk))
    client.write("one")
    client.cork()
    client.write("two")
    client.write(b"three")
    client.uncork()
    t.immediate(lambda: t.immediate(lambda: client.end("four")))


@case(about="hooks replaced on net.Socket are called for every socket, accepted ones too")
def HooksOnTheClass(t):
    recorded(t, t.net.Socket, HOOKS)
    serve_here(t, lambda peer: peer.pipe(peer), lambda port: talk(t, t.net.connect(port, "127.0.0.1")))


@case(about="hooks replaced on a socket after it was made are called from then on")
def HooksOnTheObject(t):
    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        recorded(t, client, HOOKS)
        client.on("connect", lambda: talk(t, client))

    serve_here(t, lambda peer: peer.pipe(peer), start)


@case(about="_write replaced while the socket is connected takes the place of the socket's own at once")
def WriteReplacedInTheMidst(t):
    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("data", lambda chunk: t.note("data", chunk))

        def connected():
            client.write(b"plain")

            def shouting(self, original, chunk, encoding, callback):
                t.note("_write", [chunk, encoding])
                original(chunk, encoding, callback)

            t.override(client, "_write", shouting)
            client.write(b"replaced")
            client.end()

        client.on("connect", connected)

    serve_here(t, lambda peer: peer.pipe(peer), start)


@case(about="hooks of a subclass of net.Socket take the place of the socket's own")
def HooksOfASubclass(t):
    def noting(name):
        def called(self, original, *args):
            t.note(name, len(args))
            return original(*args)

        return called

    Kind = t.subclass(
        t.net.Socket,
        {
            "_read": noting("_read"),
            "_write": noting("_write"),
            "_writev": noting("_writev"),
            "_final": noting("_final"),
            "_destroy": noting("_destroy"),
        },
    )

    def start(port):
        client = Kind()
        client.connect(port, "127.0.0.1")
        talk(t, client)

    serve_here(t, lambda peer: peer.pipe(peer), start)


@case(about="net.connect() connects through the connect() of net.Socket, with all arguments as one")
def ConnectOnTheClass(t):
    def connect(self, original, *args):
        t.note("arguments", len(args))
        return original(*args)

    t.override(t.net.Socket, "connect", connect)
    serve_here(
        t,
        lambda peer: peer.end(),
        lambda port: t.net.connect(port, "127.0.0.1", lambda: t.note("connected", True)).resume(),
    )


METHODS = [
    "connect", "write", "end", "destroy", "destroy_soon", "pause", "resume", "read", "push", "set_timeout",
    "set_no_delay", "set_keep_alive", "ref", "unref", "address", "cork", "uncork", "pipe", "unpipe", "set_encoding",
]  # fmt: skip


@case(about="a conversation goes through the public methods of net.Socket, where they have been replaced")
def MethodsOnTheClass(t):
    recorded(t, t.net.Socket, METHODS)

    def start(port):
        client = t.net.connect(port=port, host="127.0.0.1", no_delay=True, keep_alive=True, timeout=5000)
        talk(t, client)

    serve_here(t, lambda peer: peer.pipe(peer), start, {"no_delay": True, "keep_alive": True})


@case(about="destroy_soon(), reset_and_destroy() and a timeout go through the methods that were replaced")
def EndingsOnTheClass(t):
    recorded(t, t.net.Socket, METHODS)

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("connect", lambda: client.reset_and_destroy())

    def on_connection(peer):
        peer.on("error", lambda error: t.note("error", error.code))
        peer.write("x")
        peer.destroy_soon()

    serve_here(t, on_connection, start)


@case(about="a server listens through the lookup() that stands in the dns module at the time of the call")
def LookupOfListen(t):
    def lookup(host, options, callback):
        t.note("asked", [host, options])
        t.next_tick(lambda: callback(None, [{"address": "127.0.0.1", "family": 4}]))

    t.dns.lookup = lookup
    server = t.watch("server", t.net.create_server())
    server.listen(0, "example.test", lambda: [t.note("address", server.address().address), server.close()])


@case(about="connect() looks up through the lookup() that stands in the dns module at the time of the call")
def LookupOfConnect(t):
    def lookup(host, options, callback):
        t.note("asked", [host, options.all])
        t.next_tick(lambda: callback(None, [{"address": "127.0.0.1", "family": 4}]))

    t.dns.lookup = lookup
    serve_here(t, lambda peer: peer.end(), lambda port: t.net.connect(port, "example.test").resume())


READABLE = [
    "_read", "_destroy", "read", "push", "unshift", "pipe", "unpipe", "pause", "resume", "is_paused", "set_encoding",
    "destroy",
]  # fmt: skip
WRITABLE = [
    "_write", "_destroy", "write", "end", "cork", "uncork", "destroy", "set_default_encoding",
]  # fmt: skip


def sink(t):
    """A destination that notes what it gets, a turn later."""

    def write(chunk, encoding, callback):
        t.note("written", chunk)
        t.immediate(callback)

    return t.stream.Writable(write=write, high_water_mark=2)


@case(
    about="piping goes through the methods that were replaced on Readable and Writable",
    skip_unless="node<26.12",
)
def PipingOnTheClasses(t):
    recorded(t, t.stream.Readable, READABLE)
    recorded(t, t.stream.Writable, WRITABLE)
    count_to(t, 3).pipe(sink(t))


@case(about="methods of Writable that were replaced are not those of a Duplex, which took them over before")
def WritableIsNotDuplex(t):
    recorded(t, t.stream.Writable, WRITABLE)
    through = t.stream.PassThrough()
    through.on("data", lambda chunk: t.note("data", chunk))
    through.write("a")
    through.cork()
    through.write("b")
    through.uncork()
    through.end("c")


@case(about="methods of Readable that were replaced are those of a Duplex, a Transform and a socket as well")
def ReadableIsDuplex(t):
    recorded(t, t.stream.Readable, READABLE)
    through = t.stream.PassThrough()
    through.on("data", lambda chunk: t.note("data", chunk))
    through.write("a")
    through.end("b")


@case(about="a Transform goes through the methods that were replaced on Transform and Duplex")
def TransformOnTheClasses(t):
    recorded(t, t.stream.Duplex, ["write", "end", "cork", "uncork", "destroy", "_destroy", "push", "read"])
    recorded(t, t.stream.Transform, ["_write", "_read", "_final"])
    through = t.stream.Transform(transform=lambda chunk, encoding, callback: callback(None, chunk))
    through.on("data", lambda chunk: t.note("data", chunk))
    through.write("a")
    through.end("b")


@case(
    about="what is put in the place of push() and write() on one stream is called by pipe() and by the source",
    skip_unless="node<26.12",
)
def StreamMethodsOnTheObject(t):
    source = count_to(t, 3)
    destination = sink(t)
    source.pipe(destination)
    recorded(t, source, READABLE)
    recorded(t, destination, WRITABLE)


@case(about="async iteration reads and destroys through the methods of the stream that were replaced")
def IterationOnTheObject(t):
    async def run(source):
        async for chunk in source:
            t.note("chunk", chunk)
            break

    source = count_to(t, 3)
    recorded(t, source, ["read", "on", "remove_listener", "destroy", "_destroy", "_read"])
    t.spawn(run(source))


EMITTER = [
    "on", "once", "add_listener", "prepend_listener", "prepend_once_listener", "remove_listener", "off",
    "remove_all_listeners", "listener_count", "emit",
]  # fmt: skip


@case(about="once(), off() and remove_all_listeners() go through the methods of the emitter that were replaced")
def EmitterOnTheClass(t):
    Kind = t.subclass(t.events.EventEmitter, {})
    recorded(t, Kind, EMITTER)
    emitter = Kind()
    emitter.once("x", lambda: None)
    emitter.add_listener("x", lambda: None)
    emitter.prepend_once_listener("y", lambda: None)
    emitter.emit("x")
    emitter.on("removeListener", lambda name, fn: t.note("removed", name))
    emitter.off("y", emitter.listeners("y")[0])
    emitter.remove_all_listeners("x")
    emitter.on("z", lambda: None)
    emitter.remove_all_listeners()


DGRAM = [
    "bind", "send", "sendto", "connect", "disconnect", "close", "address", "remote_address", "on", "once",
    "remove_listener", "emit",
]  # fmt: skip


@case(about="a datagram's way goes through the methods of dgram.Socket that were replaced")
def DgramOnTheClass(t):
    recorded(t, t.dgram.Socket, DGRAM)
    receiver = t.dgram.create_socket("udp4")

    def received(message, sender):
        t.note("message", message)
        receiver.close()
        other.close(lambda: t.note("closed", True))

    def listening():
        sent = t.callback("sent")
        other.connect(receiver.address().port, "127.0.0.1", lambda: other.send("x", sent))

    receiver.on("message", received)
    other = t.dgram.create_socket("udp4")
    receiver.bind(0, "127.0.0.1", listening)


@case(about="send() of an unbound socket and close() in its queue go through the methods that were replaced")
def DgramQueueOnTheObject(t):
    socket = t.dgram.create_socket("udp4")
    recorded(t, socket, DGRAM)
    socket.sendto("x", 0, 1, 9, "127.0.0.1", lambda error: t.note("sent", error))
    socket.close()


@case(about="methods replaced on the handle of a connected socket are the ones that the socket calls")
def HandleOfTheObject(t):
    def start(port):
        client = t.net.connect(port, "127.0.0.1")

        def connected():
            recorded(
                t,
                client._handle,
                ["set_no_delay", "set_keep_alive", "read_start", "read_stop", "ref", "unref", "shutdown", "close"],
            )
            client.set_no_delay(True)
            client.set_keep_alive(True, 1000)
            client.unref()
            client.ref()
            client.resume()
            client.end("x")

        client.on("connect", connected)

    serve_here(t, lambda peer: peer.pipe(peer), start)


@case(about="methods replaced on the handle of a listening server are the ones that the server calls")
def HandleOfTheServer(t):
    server = t.net.create_server()

    def listening():
        recorded(t, server._handle, ["ref", "unref", "getsockname", "close"])
        server.unref()
        server.ref()
        t.note("family", server.address().family)
        server.close()

    server.listen(0, "127.0.0.1", listening)


@case(about="a _read or _final that is no function by the time the socket connects is a TypeError that nobody catches")
def HookNoFunctionOnConnect(t):
    def start(port):
        reader = t.watch("reader", t.net.connect(port, "127.0.0.1"))
        reader.resume()
        ender = t.watch("ender", t.net.connect(port, "127.0.0.1"))
        ender.end()

        def replace():
            reader._read = 5
            ender._final = 5

        errors = []

        def uncaught(error):
            errors.append(error)
            if len(errors) == 2:
                reader.destroy()
                ender.destroy()
                server.close()

        t.on_uncaught(uncaught)
        t.next_tick(replace)

    server = t.net.create_server(lambda peer: peer.on("error", lambda error: None).resume())
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


@case(about="connect() puts net.Socket's own write() in the place of a subclass's, and of one put on the object")
def WriteOfASubclass(t):
    def noting(self, original, *args):
        t.note("own", args[0])
        return original(*args)

    Kind = t.subclass(t.net.Socket, {"write": noting})

    def start(port):
        client = Kind()
        t.override(client, "write", noting)
        client.on("data", lambda chunk: t.note("data", chunk))
        client.write("early")
        client.connect(port, "127.0.0.1")
        client.write("late")
        client.on("connect", lambda: client.end("last"))

    serve_here(t, lambda peer: peer.pipe(peer), start)


@case(about="what a stream does for 'data' and 'readable' listeners that come and go depends on listener_count")
def ListenerCountOfTheObject(t):
    readable = t.stream.Readable(read=lambda size: None)
    recorded(t, readable, ["listener_count"])
    readable.on("data", lambda chunk: t.note("data", chunk))
    waits = t.callback("readable")
    readable.on("readable", waits)
    readable.off("readable", waits)
    other = t.callback("other")
    readable.on("data", other)
    readable.off("data", other)
    t.immediate(lambda: readable.push("x"))
    careless = t.stream.Readable(read=lambda size: None)
    t.override(careless, "listener_count", lambda self, original, *args: None)
    careless.on("data", t.callback("careless"))
    careless.push("y")


@case(about="`async for` does not go through a replaced iterator()")
def IteratorOfTheObject(t):
    async def read():
        async for chunk in readable:
            t.note("chunk", chunk)

    readable = t.stream.Readable.from_(["a", "b"])
    recorded(t, readable, ["iterator"])
    t.spawn(read())


@case(about="_final and _flush may be put on a stream that has none of its own, and are called then")
def HooksThatWereNotThere(t):
    through = t.stream.PassThrough()
    t.override(through, "_flush", lambda self, original, callback: callback(None, "flushed"))
    through.on("data", lambda chunk: t.note("data", chunk))
    through.end("x")
    sink = t.stream.Writable(write=lambda chunk, encoding, callback: callback())
    t.override(sink, "_final", lambda self, original, callback: [t.note("_final", True), callback()])
    sink.on("finish", lambda: t.note("finish", True))
    sink.end("y")
