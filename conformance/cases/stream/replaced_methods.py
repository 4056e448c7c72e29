"""Methods that a program has replaced: Node looks them up at each call, so the replacement is called, function or not.

`recorded` notes each call of such a method, so a case shows which of them Node itself goes through, and in which order.
"""

from conformance import case
from conformance.scenery import count_to, note_error, serve_here

HOOKS = ["_read", "_write", "_writev", "_final", "_destroy"]
METHODS = [
    "connect", "write", "end", "destroy", "destroy_soon", "pause", "resume", "read", "push", "set_timeout",
    "set_no_delay", "set_keep_alive", "ref", "unref", "address", "cork", "uncork", "pipe", "unpipe", "set_encoding",
]  # fmt: skip
READABLE = [
    "_read", "_destroy", "read", "push", "unshift", "pipe", "unpipe", "pause", "resume", "is_paused", "set_encoding",
    "destroy",
]  # fmt: skip
WRITABLE = [
    "_write", "_destroy", "write", "end", "cork", "uncork", "destroy", "set_default_encoding",
]  # fmt: skip
EMITTER = [
    "on", "once", "add_listener", "prepend_listener", "prepend_once_listener", "remove_listener", "off",
    "remove_all_listeners", "listener_count", "emit",
]  # fmt: skip
DGRAM = [
    "bind", "send", "sendto", "connect", "disconnect", "close", "address", "remote_address", "on", "once",
    "remove_listener", "emit",
]  # fmt: skip


def recorded(t, target, names):
    """Note every call of these methods of a class or object, with the end it belongs to."""

    def replace(name):
        def called(self, original, *args):
            t.note(name, "accepted" if getattr(self, "server", None) else "own")
            return original(*args)

        t.override(target, name, called)

    for name in names:
        replace(name)


def talk(t, client):
    """Write in three ways and end; the other end echoes."""
    client.on("data", lambda chunk: t.note("data", chunk))
    client.write("one")
    client.cork()
    client.write("two")
    client.write(b"three")
    client.uncork()
    t.immediate(lambda: t.immediate(lambda: client.end("four")))


@case(about="hooks replaced on net.Socket are called for every socket, even accepted ones")
def HooksOnTheClass(t):
    recorded(t, t.net.Socket, HOOKS)
    serve_here(t, lambda peer: peer.pipe(peer), lambda port: talk(t, t.net.connect(port, "127.0.0.1")))


@case(about="hooks replaced on a socket are called from then on")
def HooksOnTheObject(t):
    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        recorded(t, client, HOOKS)
        client.on("connect", lambda: talk(t, client))

    serve_here(t, lambda peer: peer.pipe(peer), start)


@case(about="a _write replaced while the socket is connected is used at once")
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


@case(about="hooks of a subclass of net.Socket override the socket's own")
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


@case(about="net.connect() calls connect() of net.Socket with all its arguments in one")
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


@case(about="a conversation calls the public methods that were replaced on net.Socket")
def MethodsOnTheClass(t):
    recorded(t, t.net.Socket, METHODS)

    def start(port):
        client = t.net.connect(port=port, host="127.0.0.1", no_delay=True, keep_alive=True, timeout=5000)
        talk(t, client)

    serve_here(t, lambda peer: peer.pipe(peer), start, {"no_delay": True, "keep_alive": True})


@case(about="destroy_soon(), reset_and_destroy() and a timeout call the methods that were replaced")
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


@case(about="listen() looks up its host by the dns.lookup of the time of the call")
def LookupOfListen(t):
    def lookup(host, options, callback):
        t.note("asked", [host, options])
        t.next_tick(lambda: callback(None, [{"address": "127.0.0.1", "family": 4}]))

    t.dns.lookup = lookup
    server = t.watch("server", t.net.create_server())
    server.listen(0, "example.test", lambda: [t.note("address", server.address().address), server.close()])


@case(about="connect() looks up its host by the dns.lookup of the time of the call")
def LookupOfConnect(t):
    def lookup(host, options, callback):
        t.note("asked", [host, options.all])
        t.next_tick(lambda: callback(None, [{"address": "127.0.0.1", "family": 4}]))

    t.dns.lookup = lookup
    serve_here(t, lambda peer: peer.end(), lambda port: t.net.connect(port, "example.test").resume())


def sink(t):
    """A destination that notes what it gets, a turn later."""

    def write(chunk, encoding, callback):
        t.note("written", chunk)
        t.immediate(callback)

    return t.stream.Writable(write=write, high_water_mark=2)


@case(
    about="pipe() calls the methods that were replaced on Readable and Writable",
    skip_unless="node<26.12",
)
def PipingOnTheClasses(t):
    recorded(t, t.stream.Readable, READABLE)
    recorded(t, t.stream.Writable, WRITABLE)
    count_to(t, 3).pipe(sink(t))


@case(about="methods replaced on Writable do not change those of a Duplex")
def WritableIsNotDuplex(t):
    recorded(t, t.stream.Writable, WRITABLE)
    through = t.stream.PassThrough()
    through.on("data", lambda chunk: t.note("data", chunk))
    through.write("a")
    through.cork()
    through.write("b")
    through.uncork()
    through.end("c")


@case(about="methods replaced on Readable also change a Duplex, a Transform and a socket")
def ReadableIsDuplex(t):
    recorded(t, t.stream.Readable, READABLE)
    through = t.stream.PassThrough()
    through.on("data", lambda chunk: t.note("data", chunk))
    through.write("a")
    through.end("b")


@case(about="a Transform calls the methods that were replaced on Transform and Duplex")
def TransformOnTheClasses(t):
    recorded(t, t.stream.Duplex, ["write", "end", "cork", "uncork", "destroy", "_destroy", "push", "read"])
    recorded(t, t.stream.Transform, ["_write", "_read", "_final"])
    through = t.stream.Transform(transform=lambda chunk, encoding, callback: callback(None, chunk))
    through.on("data", lambda chunk: t.note("data", chunk))
    through.write("a")
    through.end("b")


@case(
    about="a push() and write() replaced on one stream are called by the source and by pipe()",
    skip_unless="node<26.12",
)
def StreamMethodsOnTheObject(t):
    source = count_to(t, 3)
    destination = sink(t)
    source.pipe(destination)
    recorded(t, source, READABLE)
    recorded(t, destination, WRITABLE)


@case(about="async iteration calls the read() and destroy() that were replaced on the stream")
def IterationOnTheObject(t):
    async def run(source):
        async for chunk in source:
            t.note("chunk", chunk)
            break

    source = count_to(t, 3)
    recorded(t, source, ["read", "on", "remove_listener", "destroy", "_destroy", "_read"])
    t.spawn(run(source))


@case(about="once(), off() and remove_all_listeners() call the emitter's methods that were replaced")
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


@case(about="sending and receiving a datagram calls the methods that were replaced on dgram.Socket")
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


@case(about="send() and close() that wait for a bind call the methods that were replaced")
def DgramQueueOnTheObject(t):
    socket = t.dgram.create_socket("udp4")
    recorded(t, socket, DGRAM)
    socket.sendto("x", 0, 1, 9, "127.0.0.1", lambda error: t.note("sent", error))
    socket.close()


@case(about="a connected socket calls the methods that were replaced on its handle")
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


@case(about="a listening server calls the methods that were replaced on its handle")
def HandleOfTheServer(t):
    server = t.net.create_server()

    def listening():
        recorded(t, server._handle, ["ref", "unref", "getsockname", "close"])
        server.unref()
        server.ref()
        t.note("family", server.address().family)
        server.close()

    server.listen(0, "127.0.0.1", listening)


@case(about="a _read or _final that is no longer a function at 'connect' is an uncaught TypeError")
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


@case(about="connect() restores net.Socket's own write(), even over one of a subclass or of the object")
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


@case(about="a stream asks its listener_count() when 'data' and 'readable' listeners come and go")
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


@case(about="`async for` does not call a replaced iterator()")
def IteratorOfTheObject(t):
    async def read():
        async for chunk in readable:
            t.note("chunk", chunk)

    readable = t.stream.Readable.from_(["a", "b"])
    recorded(t, readable, ["iterator"])
    t.spawn(read())


@case(about="a _final or _flush added to a stream later is called")
def HooksThatWereNotThere(t):
    through = t.stream.PassThrough()
    t.override(through, "_flush", lambda self, original, callback: callback(None, "flushed"))
    through.on("data", lambda chunk: t.note("data", chunk))
    through.end("x")
    sink = t.stream.Writable(write=lambda chunk, encoding, callback: callback())
    t.override(sink, "_final", lambda self, original, callback: [t.note("_final", True), callback()])
    sink.on("finish", lambda: t.note("finish", True))
    sink.end("y")


@case(about="a _read or _destroy that is not a function fails the stream with a TypeError; such a _final is ignored")
def HookNoFunction(t):
    source = note_error(t, "read", t.stream.Readable())
    source._read = 5
    t.attempt("read", lambda: source.read())
    final = note_error(t, "final", t.stream.Writable(write=lambda chunk, encoding, callback: callback()))
    final._final = 5
    t.attempt("final", lambda: final.end())
    destroyed = note_error(t, "destroy", t.stream.Writable())
    destroyed._destroy = 5
    t.attempt("destroy", lambda: destroyed.destroy() is destroyed)


def odd_writables(t):
    return [
        t.stream.Writable(write=lambda chunk, encoding, done: done()),
        t.stream.PassThrough(),
        t.net.Socket(),
    ]


@case(about="a _write that is not a function makes write() throw a TypeError")
def WriteNoFunction(t):
    for value in [5, None, "x", {}]:
        for one in odd_writables(t):
            one._write = value
            t.attempt("bytes", lambda: one.write(b"a"))
            t.snapshot(one)
        for one in odd_writables(t):
            one._write = value
            t.attempt("text", lambda: one.write("a"))
            t.attempt("again", lambda: one.write("b"))
            one.destroy()
        for one in odd_writables(t):
            one.cork()
            one.write("a")
            one._write = value
            t.attempt("uncork", lambda: one.uncork())


@case(about="a _writev that is not a function makes uncork(), or write() in its place, throw a TypeError")
def WritevNoFunction(t):
    for value in [5, None, "x", {}, 0, ""]:
        for one in odd_writables(t):
            one.cork()
            one.write("a")
            one.write("b")
            one._writev = value
            t.attempt("uncork", lambda: one.uncork())
            t.snapshot(one)
        bare = t.stream.Writable()
        bare._writev = value
        t.attempt("write", lambda: bare.write("a"))


@case(about="a _write that is no longer a function when a queued write starts is an uncaught TypeError")
def WriteNoFunctionLater(t):
    def write(chunk, encoding, done):
        sink._write = 5
        t.immediate(done)

    t.on_uncaught(lambda error: t.note("uncaught", error))
    sink = t.watch("sink", t.stream.Writable(write=write))
    sink.write("a")
    sink.write("b")
