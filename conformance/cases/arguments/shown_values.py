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


@case(about="an error's text shows several listeners as an array, and a once() listener with the one it wraps")
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


@case(about="the text of ERR_UNHANDLED_ERROR shows an emitter, abort signal, block list or address uncut")
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


@case(about="an error whose text formats its value with %s shows the objects inside it by their class only")
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


@case(about="an error's text shows a net.Socket that connects by host name with that name")
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


@case(about="an error's text shows a stream's listeners, those of the events that it knows from the start first")
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


@case(about="an error's text shows a hook given as an option by the function's name, or else the option's")
def Hooks(t):
    def fetch():
        pass

    for one in [t.stream.Readable(read=lambda: None), t.stream.Readable(read=fetch), t.stream.Writable(final=fetch)]:
        t.attempt("encoding", lambda: t.stream.Readable(encoding=one))


@case(about="an error's text shows the listeners that pipe() adds by Node's names for them")
def PipedStreams(t):
    source, sink = both_ways(t)
    source.pipe(sink)
    shown(t, "source", source)
    shown(t, "sink", sink)


@case(about="an error's text shows the listeners that finished() adds by Node's names for them")
def FinishedStreams(t):
    for one in both_ways(t):
        t.stream.finished(one, lambda error=None: None)
        shown(t, "stream", one)


@case(about="an error's text shows the listeners that pipeline() and compose() add by Node's names for them")
def PipelinedStreams(t):
    source, sink = both_ways(t)
    t.stream.pipeline(source, sink, lambda error=None: None)
    shown(t, "source", source)
    shown(t, "sink", sink)
    head, tail = both_ways(t)
    shown(t, "composed", t.stream.compose(head, tail))
    shown(t, "head", head)
    shown(t, "tail", tail)


@case(about="an error's text shows the listeners that async for, once() and on() add by Node's names for them")
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


@case(about="an error's text shows the listeners that bind(), connect() and listen() add by Node's names for them")
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


@case(about="an error's text shows the events of an emitter with numbers first and symbols last")
def EventNames(t):
    emitter = t.events.EventEmitter()
    for name in [t.events.error_monitor, "b", "10", "9", "09", ""]:
        emitter.on(name, lambda: None)
    t.attempt("emitter", lambda: t.events.EventEmitter().emit("error", emitter))
    t.attempt("options", lambda: t.net.Socket(object_mode=[{"b": 1, "2": 2, "1": 3}]))


@case(about="the error of compose() shows the stream that cannot stand in its place")
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


@case(about="an error's text shows properties that a program set on a server or stream after those from Node")
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


@case(about="an error's text shows an object that holds itself with <ref *1> and [Circular *1]")
def Circular(t):
    values = [1]
    values.append(values)
    shown(t, "list", values)


def received(t, wanted, check):
    """What `check` says to every kind of value, where `wanted` is what it takes."""
    t.attempt(f"{wanted}: nothing", lambda: check())
    for value in [
        None, True, False, 5, -1.5, float("nan"), float("-inf"), "x", "", "it's", 'it\'s "quoted"', "a\nb",
        "a" * 28, "a" * 29, "b" * 1000, [1, 2], {"a": 1}, {}, b"abc", t.callback("f"), t.error("wrong"),
    ]:  # fmt: skip
        t.attempt(wanted, lambda: check(value))


@case(about="the text of ERR_INVALID_ARG_TYPE shows what was received, for every kind of value")
def Received(t):
    blocked = t.net.BlockList()
    received(t, "text", lambda *values: blocked.add_address(*values))
    received(t, "options", lambda *values: t.net.create_server(*values).listening)
    socket = t.net.Socket()
    socket.on("error", lambda error: None)
    received(t, "milliseconds", lambda *values: socket.set_timeout(*values) is socket)
    received(t, "data", lambda *values: socket.write(*values))
    for value in [
        "a" * 28, "a" * 29, "a" * 200, "it's", 'say "x"', "a\nb", "\u00e9\u4e2d", "back\\slash",
        0.1, 1e21, 123456789012345, [], [1, 2, 3], {"a": {"b": 1}}, b"bytes", -0.0,
    ]:  # fmt: skip
        t.attempt("boolean", lambda: t.net.connect({"port": 80, "auto_select_family": value}))
    t.attempt("a socket for a port", lambda: t.net.connect({"port": t.net.Socket()}))
    t.attempt("a server for a port", lambda: t.net.connect({"port": t.net.create_server()}))
    socket.destroy()


@case(about="the text of ERR_INVALID_ARG_VALUE shows the value: a host with a null byte, an object mode")
def InvalidValues(t):
    t.attempt("host", lambda: t.net.connect(port=1, host="a\0b"))
    t.attempt("object mode", lambda: t.net.Socket(object_mode=True))
    t.attempt("readable", lambda: t.net.Socket(readable_object_mode={"a": [1, "two"]}))
    t.attempt("writable", lambda: t.net.Socket(writable_object_mode="yes"))
    t.attempt("falsy", lambda: t.net.Socket(object_mode=0, readable_object_mode="").readable)


@case(about="an error's text shows a large number with the digits of a double, and from 1e21 on with an exponent")
def LargeNumbers(t):
    for value in [1e20, 123456789012345680000.0, -1e20, 1e21, 1.5e300, 1e16, 4294967297, 1e15]:
        t.attempt("timeout", lambda: t.net.Socket().set_type_of_service(value))
        t.attempt("mark", lambda: t.net.Socket({"high_water_mark": -value}).ready_state)
        t.attempt("port", lambda: t.net.connect(value))


@case(about="an error's text shows a value of 128 characters whole and cuts one of 129")
def LongTexts(t):
    for length in [124, 125, 126, 127, 128, 129]:
        value = "x" * length
        t.attempt(f"{length}", lambda: t.stream.Readable(high_water_mark=value))
        t.attempt(f"{length}", lambda: t.stream.PassThrough(readable_high_water_mark=[value]))
    for length in [24, 25, 26, 27, 28, 29]:
        value = "x" * length
        t.attempt(f"{length}", lambda: t.events.EventEmitter().on("x", value))
        t.attempt(f"{length}", lambda: t.stream.Readable(read=lambda size: None).push(lambda: value))


@case(about="an error's text counts a string in UTF-16 units, may cut between them, and escapes half a character")
def WideCharacters(t):
    wide = "\U0001f600"
    for value in ["x" * 26 + wide, "x" * 27 + wide, "x" * 24 + wide * 3, wide * 70, "a\ud800b"]:
        t.attempt("type", lambda: t.events.EventEmitter().on("x", value))
        t.attempt("value", lambda: t.stream.Readable(high_water_mark=value))
        t.attempt("list", lambda: t.stream.Readable(high_water_mark=[value]))


@case(about="an error's text shows a long string of several lines as quoted lines joined by +")
def SeveralLines(t):
    for rest in [73, 74, 75, 76]:
        value = "a\n" + "b" * (rest - 1)
        t.attempt(f"text of {rest + 1}", lambda: t.stream.Readable(high_water_mark=value))
        t.attempt(f"in a list, {rest + 1}", lambda: t.stream.Readable(high_water_mark=[value]))
    t.attempt("quotes", lambda: t.stream.Readable(high_water_mark="it's\n" * 20))
    t.attempt("one line", lambda: t.stream.Readable(high_water_mark="b" * 90 + "\n"))
