"""How an error's text shows a socket, a server, a stream and the like: as `util.inspect` does, cut where Node cuts."""

from conformance import case
from conformance.scenery import serve_here


def shown(t, label, value):
    t.attempt(label, lambda: t.net.Socket(object_mode=value))
    t.attempt(f"{label} in options", lambda: t.net.create_server().listen({"host": value}))
    t.attempt(f"{label} in a list", lambda: t.stream.Readable(high_water_mark=[value, value]))
    t.attempt(f"{label} two levels deep", lambda: t.net.SocketAddress(family=[{"a": value}]))
    t.attempt(f"{label} too deep", lambda: t.net.SocketAddress(family=[[[value]]]))


@case(about="an error's text shows an EventEmitter by its listeners and its limit, at any depth")
def Emitter(t):
    emitter = t.events.EventEmitter()
    shown(t, "fresh", emitter)
    emitter.on("a", lambda: None)
    shown(t, "one listener", emitter)

    def named():
        pass

    emitter.on("a-b", named)
    shown(t, "two events", emitter)
    emitter.remove_all_listeners()
    emitter.set_max_listeners(3)
    shown(t, "limit", emitter)


@case(about="an error's text shows several listeners of an event as an array, and a once() listener with what it wraps")
def ListenersOfAnEvent(t):
    emitter = t.events.EventEmitter()
    emitter.once("b", lambda: None)
    shown(t, "once", emitter)
    emitter.remove_all_listeners()
    emitter.on("c", lambda: None)
    emitter.on("c", lambda: None)
    shown(t, "two", emitter)
    emitter.on(t.events.error_monitor, lambda: None)
    emitter.remove_all_listeners("c")
    shown(t, "symbol", emitter)


@case(about="ERR_UNHANDLED_ERROR shows an EventEmitter and the like whole")
def UnhandledError(t):
    emitter = t.events.EventEmitter()
    emitter.once("b", lambda: None)
    emitter.on("c", lambda: None)
    emitter.on("c", lambda: None)
    controller = t.abort_controller()
    blocked = t.net.BlockList()
    blocked.add_address("1.2.3.4")
    blocked.add_subnet("10.0.0.0", 8)
    blocked.add_range("192.168.0.1", "192.168.0.9")
    for value in [emitter, controller, controller.signal, blocked, t.net.SocketAddress(), t.stream.Stream()]:
        t.attempt("alone", lambda: t.events.EventEmitter().emit("error", value))
        t.attempt("within", lambda: t.events.EventEmitter().emit("error", {"a": value, "b": [value]}))
    t.attempt("server", lambda: t.events.EventEmitter().emit("error", t.net.create_server(named_listener)))


def named_listener():
    pass


@case(about="a text of the form %s shows what stands in an EventEmitter, a stream or a socket by its class only")
def Formatted(t):
    emitter = t.events.EventEmitter()
    emitter.on("a", lambda: None)
    for value in [
        emitter,
        t.net.Socket(),
        t.net.create_server(),
        t.stream.Readable(),
        t.stream.Writable(),
        t.stream.Duplex(allow_half_open=False),
        t.stream.PassThrough(),
        t.abort_controller(),
        t.abort_controller().signal,
        t.net.BlockList(),
        t.net.SocketAddress(),
    ]:
        t.attempt("encoding", lambda: t.stream.Readable(encoding=value))
        t.attempt("address", lambda: t.net.connect(port=1, host="127.0.0.1", local_address=value))


@case(about="an error's text shows a fresh net.Socket by its properties in Node's order")
def FreshSocket(t):
    shown(t, "socket", t.net.Socket())
    Mine = t.subclass(t.net.Socket, {})
    shown(t, "subclass", Mine())


@case(about="an error's text shows a net.Socket at each stage of its life, with <ref *1> while it has a handle")
def SocketOfALife(t):
    def on_connection(peer):
        shown(t, "accepted", peer)
        peer.end()

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        shown(t, "connecting", client)

        def connected():
            shown(t, "connected", client)
            client.resume()
            client.on("end", lambda: shown(t, "ended", client))
            client.on("close", lambda: shown(t, "closed", client))

        client.on("connect", connected)

    serve_here(t, on_connection, start, {})


@case(about="an error's text shows a net.Socket that connects by name with the name")
def SocketWithAHost(t):
    client = t.net.connect(port=1, host="no..host")
    shown(t, "connecting", client)
    client.on("error", lambda error: shown(t, "failed", client))


@case(about="an error's text shows a net.Server before it listens, while it does and afterwards")
def Server(t):
    server = t.net.create_server()
    shown(t, "fresh", server)

    def listening():
        shown(t, "listening", server)
        server.close()
        shown(t, "closed", server)

    server.listen(0, "127.0.0.1", listening)
    shown(t, "with a listener", server)


@case(about="an error's text shows a dgram.Socket, with <ref *1> until it is closed unless its handle is too deep")
def Datagrams(t):
    socket = t.dgram.create_socket("udp4")
    shown(t, "fresh", socket)

    def bound():
        shown(t, "bound", socket)
        socket.close()
        shown(t, "closed", socket)

    socket.bind(0, "127.0.0.1", bound)


@case(about="an error's text shows a stream by its listeners, those it has places for first")
def Streams(t):
    for Kind in [t.stream.Readable, t.stream.Writable, t.stream.Duplex, t.stream.Transform, t.stream.PassThrough]:
        stream = Kind()
        shown(t, "fresh", stream)
        stream.on("close", lambda: None)
        shown(t, "one listener", stream)
        stream.once("error", lambda error: None)
        shown(t, "two listeners", stream)
        stream.destroy()
        shown(t, "destroyed", stream)
        stream.remove_all_listeners()
        shown(t, "no listeners", stream)
        Mine = t.subclass(Kind, {})
        shown(t, "subclass", Mine())
    shown(t, "old stream", t.stream.Stream())


def both_ways(t):
    return t.stream.Readable(read=lambda size: None), t.stream.Writable(write=lambda chunk, encoding, done: done())


@case(about="a hook that is an option of a stream is shown with its own name or the option's")
def Hooks(t):
    def fetch():
        pass

    for one in [t.stream.Readable(read=lambda: None), t.stream.Readable(read=fetch), t.stream.Writable(final=fetch)]:
        t.attempt("encoding", lambda: t.stream.Readable(encoding=one))


@case(about="listeners that Node adds to a stream are shown by its own names: those of pipe()")
def PipedStreams(t):
    source, sink = both_ways(t)
    source.pipe(sink)
    shown(t, "source", source)
    shown(t, "sink", sink)


@case(about="listeners that Node adds to a stream are shown by its own names: those of finished()")
def FinishedStreams(t):
    for one in both_ways(t):
        t.stream.finished(one, lambda error=None: None)
        shown(t, "stream", one)


@case(about="listeners that Node adds to a stream are shown by its own names: those of pipeline() and compose()")
def PipelinedStreams(t):
    source, sink = both_ways(t)
    t.stream.pipeline(source, sink, lambda error=None: None)
    shown(t, "source", source)
    shown(t, "sink", sink)
    head, tail = both_ways(t)
    shown(t, "composed", t.stream.compose(head, tail))
    shown(t, "head", head)
    shown(t, "tail", tail)


@case(about="listeners that Node adds to an emitter are shown by its own names: those of async for, once() and on()")
def AwaitedStreams(t):
    async def read(stream):
        async for _chunk in stream:
            pass

    source, _ = both_ways(t)
    t.spawn(read(source))
    shown(t, "read", source)
    source.push(None)
    emitter = t.events.EventEmitter()
    t.events.once(emitter, "a")
    shown(t, "once", emitter)
    other = t.events.EventEmitter()
    events = t.events.on(other, "a")
    shown(t, "on", other)
    t.note("iterates", events is not None)


@case(about="listeners that Node adds to a dgram.Socket or server are shown by its own names")
def PendingCalls(t):
    bound = t.dgram.create_socket("udp4")
    bound.bind(0, "127.0.0.1", lambda: bound.close())
    shown(t, "bind", bound)
    connected = t.dgram.create_socket("udp4")
    connected.connect(9, "127.0.0.1", lambda: connected.close())
    shown(t, "connect", connected)
    controller = t.abort_controller()
    server = t.net.create_server()
    server.listen({"port": 0, "host": "127.0.0.1", "signal": controller.signal})
    shown(t, "listen", server)
    controller.abort()


@case(about="events named by numbers are shown first, those named by symbols last")
def EventNames(t):
    emitter = t.events.EventEmitter()
    for name in [t.events.error_monitor, "b", "10", "9", "09", ""]:
        emitter.on(name, lambda: None)
    t.attempt("emitter", lambda: t.events.EventEmitter().emit("error", emitter))
    t.attempt("options", lambda: t.net.Socket(object_mode=[{"b": 1, "2": 2, "1": 3}]))


@case(about="a stream that compose() cannot use where it stands is shown in the error's text")
def Composed(t):
    t.attempt("readable", lambda: t.stream.compose(t.stream.PassThrough(), t.stream.Readable()))
    t.attempt("writable", lambda: t.stream.compose(t.stream.Writable(), t.stream.PassThrough()))


@case(about="an error's text shows an AbortSignal and an AbortController by whether they have aborted")
def Aborts(t):
    controller = t.abort_controller()
    shown(t, "controller", controller)
    shown(t, "signal", controller.signal)
    controller.abort()
    shown(t, "aborted controller", controller)
    shown(t, "aborted signal", controller.signal)


@case(
    about="an error's text shows a BlockList's rules, a SocketAddress's fields and nothing of a BoundSocket",
    skip_unless="node>=24.19",
)
def Addresses(t):
    blocked = t.net.BlockList()
    shown(t, "empty list", blocked)
    blocked.add_address("1.2.3.4")
    shown(t, "list", blocked)
    blocked.add_subnet("8592:757c:efae:4e45::", 64, "ipv6")
    blocked.add_range("192.168.0.1", "192.168.0.9")
    shown(t, "long list", blocked)
    shown(t, "address", t.net.SocketAddress(address="1.2.3.4", port=5))
    shown(t, "IPv6 address", t.net.SocketAddress(address="::1", family="ipv6", flowlabel=9))
    bound = t.net.BoundSocket()
    shown(t, "bound socket", bound)
    bound.close()
    shown(t, "closed bound socket", bound)


@case(about="what a program has put on a server or a stream is shown after what it has from Node")
def OwnProperties(t):
    server = t.net.create_server()
    server.max_connections = 5
    t.attempt("server", lambda: t.events.EventEmitter().emit("error", server))
    socket = t.net.Socket()
    socket.set_timeout(0)
    t.attempt("socket", lambda: t.stream.Readable(encoding=socket))
    emitter = t.events.EventEmitter()
    emitter.tag = "mine"
    shown(t, "emitter", emitter)
    emitter.tag = emitter
    shown(t, "itself", emitter)


@case(about="an object that holds itself is shown with <ref *1> and [Circular *1]")
def Circular(t):
    values = [1]
    values.append(values)
    shown(t, "list", values)


@case(about="the text of an argument error shows long, quoted and odd values as Node does")
def ReceivedTexts(t):
    class_like = t.net.Socket()
    for value in [
        "a" * 28, "a" * 29, "a" * 200, "it's", 'say "x"', "a\nb", "\u00e9\u4e2d", "back\\slash",
        0.1, 1e21, 123456789012345, [], [1, 2, 3], {"a": {"b": 1}}, b"bytes", -0.0,
    ]:  # fmt: skip
        t.attempt("value", lambda: t.net.connect({"port": 80, "auto_select_family": value}))
    t.attempt("socket", lambda: t.net.connect({"port": class_like}))
    t.attempt("server", lambda: t.net.connect({"port": t.net.create_server()}))


def received(t, check):
    t.attempt("undefined", lambda: check())
    t.attempt("null", lambda: check(None))
    t.attempt("true", lambda: check(True))
    t.attempt("false", lambda: check(False))
    t.attempt("number", lambda: check(5))
    t.attempt("fraction", lambda: check(-1.5))
    t.attempt("NaN", lambda: check(float("nan")))
    t.attempt("infinity", lambda: check(float("-inf")))
    t.attempt("text", lambda: check("x"))
    t.attempt("empty text", lambda: check(""))
    t.attempt("quoted text", lambda: check("it's"))
    t.attempt("both quotes", lambda: check('it\'s "quoted"'))
    t.attempt("newline", lambda: check("a\nb"))
    t.attempt("28 characters", lambda: check("a" * 28))
    t.attempt("29 characters", lambda: check("a" * 29))
    t.attempt("long text", lambda: check("b" * 1000))
    t.attempt("list", lambda: check([1, 2]))
    t.attempt("object", lambda: check({"a": 1}))
    t.attempt("empty object", lambda: check({}))
    t.attempt("bytes", lambda: check(b"abc"))
    t.attempt("function", lambda: check(t.callback("f")))
    t.attempt("error", lambda: check(t.error("wrong")))


@case(
    about="an ERR_INVALID_ARG_TYPE says what it received, for any kind of value: a text where none is wanted"
)
def ReceivedOfText(t):
    blocked = t.net.BlockList()
    received(t, lambda *values: blocked.add_address(*values))


@case(about="an ERR_INVALID_ARG_TYPE says what it received, for any kind of value: options")
def ReceivedOfOptions(t):
    received(t, lambda *values: t.net.create_server(*values).listening)


@case(about="an ERR_INVALID_ARG_TYPE says what it received, for any kind of value: a number of milliseconds")
def ReceivedOfNumber(t):
    socket = t.net.Socket()
    received(t, lambda *values: socket.set_timeout(*values) is socket)
    socket.destroy()


@case(about="an ERR_INVALID_ARG_TYPE says what it received, for any kind of value: data to write")
def ReceivedOfChunk(t):
    socket = t.net.Socket()
    socket.on("error", lambda error: None)
    received(t, lambda *values: socket.write(*values))
    socket.destroy()


@case(about="an ERR_INVALID_ARG_VALUE shows the value: a host with a NUL, a family, a bad flag")
def InvalidValues(t):
    t.attempt("host", lambda: t.net.connect(port=1, host="a\0b"))
    t.attempt("object mode", lambda: t.net.Socket(object_mode=True))
    t.attempt("readable", lambda: t.net.Socket(readable_object_mode={"a": [1, "two"]}))
    t.attempt("writable", lambda: t.net.Socket(writable_object_mode="yes"))
    t.attempt("falsy", lambda: t.net.Socket(object_mode=0, readable_object_mode="").readable)
