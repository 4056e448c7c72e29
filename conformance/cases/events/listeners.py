"""Listeners of emitters, sockets and servers: their order, their counts and limits, and changes during an event."""

from conformance import case
from conformance.scenery import closely, listen, serve, serve_either, start


def echo_once(t):
    """A server for one connection that answers what it gets and ends after the client."""

    def on_connection(peer):
        peer.on("data", lambda chunk: peer.write(chunk))
        peer.on("end", lambda: peer.end())
        peer.on("error", lambda error: None)

    serve(t, on_connection, {"allow_half_open": True})


def counts(emitter):
    return [[name, emitter.listener_count(name)] for name in emitter.event_names()]


@case(about="a socket has the listeners that it needs itself, in its own order, through all of its life")
class OwnListeners:
    def server(t):
        echo_once(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1", lambda: t.note("in the listener of connect()", counts(client)))
        t.note("connecting", counts(client))
        client.write("abc")
        t.note("written", counts(client))
        client.ref()
        client.resume()
        t.note("ref and resume", counts(client))
        client.on("connect", lambda: t.note("connect", counts(client)))
        client.on("data", lambda chunk: [t.note("data", counts(client)), client.end()])
        client.on("end", lambda: t.note("end", counts(client)))
        client.on("finish", lambda: t.note("finish", counts(client)))
        client.on("close", lambda had_error: t.immediate(lambda: t.note("closed", counts(client))))


@case(about="accepted sockets and servers have the listeners that Node adds itself, in Node's order")
class OwnListenersOfServer:
    def server(t):
        server = t.net.create_server()
        t.note("fresh", counts(server))

        def on_connection(peer):
            t.note("accepted", counts(peer))
            server.close(lambda: None)
            t.note("closing", counts(server))
            peer.on("close", lambda had_error: t.note("closed", counts(peer)))
            peer.resume()

        server.on("connection", on_connection)
        server.on("close", lambda: t.note("server closed", counts(server)))
        listen(t, server)
        t.note("listen() called", counts(server))

    def client(t, port):
        t.net.connect(port, "127.0.0.1").end().resume()


@case(about="a stream lists its own events before others; an event keeps its place when its last listener goes")
def EventNames(t):
    def listener():
        pass

    socket = t.net.Socket()
    for name in ["other", "readable", "connect", "close", "drain", "data", "end"]:
        socket.on(name, listener)
    t.note("added", socket.event_names())
    for name in ["other", "readable", "close"]:
        socket.off(name, listener)
    t.note("taken off", socket.event_names())
    for name in ["readable", "close", "other"]:
        socket.once(name, listener)
    t.note("added again", socket.event_names())
    socket.emit("other")
    socket.on("last", listener)
    socket.on("other", listener)
    t.note("after once", socket.event_names())
    socket.destroy()


@case(about="after remove_all_listeners() an event moves behind the others, even one without listeners")
def EventNamesAfterRemoveAll(t):
    def listener():
        pass

    named = t.net.Socket()
    for name in ["other", "data", "close"]:
        named.on(name, listener)
    named.remove_all_listeners("data")
    named.on("data", listener)
    t.note("one event", named.event_names())

    idle = t.net.Socket()
    idle.on("other", listener)
    idle.remove_all_listeners("drain")
    idle.off("other", listener)
    idle.on("another", listener)
    idle.on("other", listener)
    t.note("an event without listeners", idle.event_names())

    last = t.net.Socket()
    last.remove_all_listeners("end")
    last.on("other", listener)
    last.on("close", listener)
    t.note("the last event", last.event_names())

    emptied = t.net.Socket()
    emptied.remove_all_listeners("drain")
    emptied.off("end", emptied.listeners("end")[0])
    emptied.on("other", listener)
    emptied.on("close", listener)
    t.note("emptied by off()", emptied.event_names())

    every = t.net.Socket()
    every.remove_all_listeners()
    t.note("all", every.event_names())
    every.on("other", listener)
    every.on("close", listener)
    t.note("added", every.event_names())

    heard = t.net.Socket()
    heard.on("removeListener", listener)
    heard.on("other", listener)
    heard.on("close", listener)
    heard.remove_all_listeners("close")
    heard.on("close", listener)
    t.note("with a 'removeListener' listener", heard.event_names())


@case(about="every kind of stream lists its own events before others, but servers and other emitters do not")
def EventNamesOfOthers(t):
    def listener():
        pass

    readable = t.stream.Readable(read=lambda size: None)
    writable = t.stream.Writable()
    through = t.stream.PassThrough()
    server = t.net.Server()
    emitter = t.events.EventEmitter()
    for one in [readable, writable, through, server, emitter]:
        for name in ["other", "finish", "readable", "end", "close"]:
            one.on(name, listener)
        t.note("added", one.event_names())
        one.off("other", listener)
        one.on("other", listener)
        t.note("off and on", one.event_names())


@case(about="prepended listeners of a socket's events run first, once listeners once")
class Prepended:
    def server(t):
        echo_once(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        for name in ["connect", "ready", "data", "end", "finish", "close"]:
            client.on(name, t.callback(f"on {name}"))
            client.prepend_listener(name, t.callback(f"prepended {name}"))
            client.prepend_once_listener(name, t.callback(f"prepended once {name}"))
            client.once(name, t.callback(f"once {name}"))
        client.on("connect", lambda: client.write("abc"))
        client.on("data", lambda chunk: client.end())
        client.on("close", lambda had_error: t.note("left", counts(client)))


@case(about="a prepended 'data' or 'readable' listener does not start the flow")
class PrependedDoesNotFlow:
    def server(t):
        echo_once(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.prepend_listener("data", t.callback("data"))
        client.prepend_once_listener("readable", t.callback("readable"))
        t.note("flowing", [client.readable_flowing, client.is_paused()])
        client.on("finish", lambda: t.immediate(lambda: client.resume()))
        client.end("abc")


@case(about="a late write fails as after end() before the socket's own 'end' listener, with EPIPE behind it")
class PrependedEnd:
    def server(t):
        echo_once(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.prepend_listener("end", lambda: t.note("before", client.write("a", t.callback("written before"))))
        client.on("end", lambda: t.note("after", client.write("b", t.callback("written after"))))
        client.on("error", t.callback("error"))
        client.resume()
        client.end()


@case(about="without the socket's own 'end' listener a late write fails as on any stream")
class WithoutOwnEnd:
    def server(t):
        echo_once(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.remove_all_listeners("end")
        client.on("end", lambda: t.note("write", client.write("late", t.callback("written"))))
        client.on("error", t.callback("error"))
        client.resume()
        client.end()


@case(about="'newListener' and 'removeListener' come for a socket's own listeners too")
class Meta:
    def server(t):
        echo_once(t)

    def client(t, port):
        client = t.net.Socket()
        client.on("newListener", lambda name, listener: t.note("new", [name, client.listener_count(name)]))
        client.on("removeListener", lambda name, listener: t.note("gone", [name, client.listener_count(name)]))
        client.connect(port, "127.0.0.1", lambda: None)
        client.write("abc")
        client.ref()
        client.on("readable", lambda: None)
        client.remove_all_listeners("readable")
        client.set_timeout(5000, lambda: None)
        t.stream.finished(client, t.callback("finished"))
        through = t.stream.PassThrough()
        client.pipe(through)
        through.resume()
        client.destroy_soon()


@case(about="'newListener' comes for the listeners that a server adds itself")
def MetaOfServer(t):
    server = t.net.create_server()
    server.on("newListener", lambda name, listener: t.note("new", [name, server.listener_count(name)]))
    server.on("removeListener", lambda name, listener: t.note("gone", [name, server.listener_count(name)]))
    server.close(t.callback("not running"))
    server.listen(
        lambda: server.close(t.callback("closed")),
        port=0,
        host="127.0.0.1",
        signal=t.abort_controller().signal,
    )


@case(about="a 'newListener' listener that adds one itself puts it in front")
def MetaAdds(t):
    socket = t.net.Socket()

    def add(name, listener):
        socket.on("data", t.callback("first"))

    socket.once("newListener", add)
    socket.on("data", t.callback("second"))
    t.note("state", [socket.readable_flowing, socket.listener_count("data")])
    socket.push("x")
    t.immediate(lambda: socket.destroy())


@case(about="listeners that are taken off during 'data' still get this chunk, and the socket flows on without any")
class TakenOffDuringData:
    def server(t):
        echo_once(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def second(chunk):
            t.note("second", chunk)

        def first(chunk):
            t.note("first", chunk)
            client.off("data", first)
            client.off("data", second)
            t.note("state", [client.readable_flowing, client.listener_count("data")])
            t.immediate(lambda: client.end("lost"))

        client.on("data", first)
        client.on("data", second)
        client.write("abc")


@case(about="a 'data' listener that replaces itself by another loses nothing")
class ReplacedDuringData:
    def server(t):
        echo_once(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def first(chunk):
            t.note("first", chunk)
            client.off("data", first)
            t.note("state", [client.readable_flowing, client.is_paused()])
            client.write("def")
            client.on("data", lambda chunk: [t.note("second", chunk), client.end()])

        client.on("data", first)
        client.write("abc")


@case(about="remove_all_listeners() while connecting takes away what waits for 'connect': the write never happens")
class RemoveAllWhileConnecting:
    def server(t):
        echo_once(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.write("abc", t.callback("written"))
        client.remove_all_listeners()

        def on_connect():
            t.note("written", [client.bytes_written, client.writable_length])
            t.immediate(lambda: client.destroy())

        client.on("connect", on_connect)


@case(about="without the 'close' listener of an early write a refused connection never calls back")
def RemoveCloseWhileConnecting(t):
    client = t.watch("client", t.net.connect(1, "127.0.0.1"))
    client.write("abc", t.callback("written"))
    client.end(t.callback("ended"))
    client.remove_all_listeners("close")
    client.on("error", t.callback("error"))


@case(about="emit() of a socket or server says whether somebody listened; 'error' that nobody hears is thrown")
def EmitReturns(t):
    socket = t.net.Socket()
    server = t.net.Server()
    t.note("end", socket.emit("end"))
    t.note("data", socket.emit("data", "x"))
    t.note("close", socket.emit("close"))
    t.attempt("error", lambda: socket.emit("error", t.error("nobody")))
    t.attempt("error without one", lambda: socket.emit("error"))
    socket.once("error", t.callback("once"))
    t.note("heard", socket.emit("error", t.error("heard")))
    t.attempt("gone", lambda: socket.emit("error", t.error("again")))
    t.note("state", [socket.destroyed, socket.ready_state])
    t.note("connection", server.emit("connection", socket))
    t.attempt("server error", lambda: server.emit("error", t.error("nobody")))
    server.on("connection", t.callback("connection"))
    t.note("connection", server.emit("connection", t.watch("socket", socket)))


@case(about="an error monitor sees an error before the 'error' listeners do, and handles none")
def ErrorMonitor(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    emitter = t.events.EventEmitter()
    emitter.on(t.events.error_monitor, t.callback("monitor"))
    t.attempt("unhandled", lambda: emitter.emit("error", t.error("unhandled")))
    emitter.on("error", t.callback("error"))
    t.attempt("handled", lambda: emitter.emit("error", t.error("handled")))
    client = t.watch("client", t.net.connect(1, "127.0.0.1"))
    client.on("error", t.callback("error"))
    client.on(t.events.error_monitor, t.callback("monitor"))
    alone = t.watch("alone", t.net.connect(1, "127.0.0.1"))
    alone.on(t.events.error_monitor, t.callback("monitor"))


@case(about="the limit of listeners is the socket's own, and events.setMaxListeners() sets it from outside")
def MaxListeners(t):
    socket = t.net.Socket()
    server = t.net.Server()
    t.note("default", [socket.get_max_listeners(), t.events.get_max_listeners(server)])
    socket.set_max_listeners(1)
    t.events.set_max_listeners(5, server)
    t.note("set", [t.events.get_max_listeners(socket), server.get_max_listeners()])
    t.note("other", t.net.Socket().get_max_listeners())


@case(about="events.listenerCount() counts the listeners of emitters and of signals")
def ListenerCount(t):
    socket = t.net.Socket()
    signal = t.abort_controller().signal
    signal.add_event_listener("abort", lambda event: None)
    t.note("socket", [t.events.listener_count(socket, "end"), t.events.listener_count(socket, "data")])
    t.note("signal", t.events.listener_count(signal, "abort"))
    t.note("no event", t.events.listener_count(socket))
    for value in [5, {}, "x", None]:
        t.attempt("no emitter", lambda: t.events.listener_count(value, "end"))
    t.attempt("nothing", lambda: t.events.listener_count())


@case(about="once listeners show their originals in listeners() and their wrappers in raw_listeners()")
def RawListeners(t):
    socket = t.net.Socket()
    listener = t.callback("connect")
    socket.once("connect", listener)
    raw = socket.raw_listeners("connect")[0]
    t.note("raw", [raw is listener, raw.listener is listener])
    t.note("listener", socket.listeners("connect")[0] is listener)
    t.note("count", [socket.listener_count("connect", listener), socket.listener_count("connect", t.error)])
    t.note("getEventListeners", len(t.events.get_event_listeners(socket, "end")))
    raw()
    t.note("left", socket.event_names())


@case(about="a 'data' listener that removes itself by remove_all_listeners() stops the flow")
def RemovedInData(t):
    server = serve_either(t, False, lambda peer: peer.end("x"))
    client = t.net.Socket()

    def on_data(chunk):
        client.remove_all_listeners("data")
        t.note("flowing", client.readable_flowing)

    client.on("data", on_data)
    start(t, server, client, lambda: None)


@case(about="a 'readable' listener added in 'data' takes the flow over; taken off, the flow comes back")
def ReadableAddedInData(t):
    def on_connection(peer):
        peer.on("data", lambda chunk: peer.write("more"))
        peer.write("first")

    server = serve_either(t, False, on_connection)
    client = t.net.Socket()

    def on_readable():
        t.note("read", client.read())
        client.remove_listener("readable", on_readable)
        t.immediate(lambda: t.snapshot(client).destroy())

    def on_data(chunk):
        client.on("readable", on_readable)
        t.note("flowing", client.readable_flowing)
        client.write("go on")

    client.once("data", on_data)
    start(t, server, client, lambda: None)


@case(about="listeners run in order, prepended first, once listeners once; emit says whether there were any")
def Order(t):
    emitter = t.events.EventEmitter()
    emitter.on("x", t.callback("on"))
    emitter.once("x", t.callback("once"))
    emitter.prepend_listener("x", t.callback("prepended"))
    emitter.prepend_once_listener("x", t.callback("prepended once"))
    t.note("count", emitter.listener_count("x"))
    t.note("emit", emitter.emit("x", 1, 2))
    t.note("emit again", emitter.emit("x"))
    t.note("nobody", emitter.emit("y"))
    t.note("count", emitter.listener_count("x"))
    t.note("names", emitter.event_names())


@case(about="an event under way keeps the listeners it started with")
def Snapshot(t):
    emitter = t.events.EventEmitter()

    def second():
        t.note("second", None)

    def first():
        t.note("first", None)
        emitter.on("x", t.callback("added"))
        emitter.off("x", second)

    emitter.on("x", first)
    emitter.on("x", second)
    emitter.emit("x")
    emitter.emit("x")


@case(about="a once listener is gone before it runs")
def OnceReentrant(t):
    emitter = t.events.EventEmitter()

    def listener():
        t.note("once", emitter.listener_count("x"))
        emitter.emit("x")

    emitter.once("x", listener)
    emitter.emit("x")


@case(about="'newListener' comes before the listener is there, 'removeListener' when it is gone")
def MetaEvents(t):
    emitter = t.events.EventEmitter()

    def listener():
        pass

    emitter.on("newListener", lambda name: t.note("new", [name, emitter.listener_count(name)]))
    emitter.on("removeListener", lambda name: t.note("removed", [name, emitter.listener_count(name)]))
    emitter.on("x", listener)
    emitter.once("x", listener)
    emitter.on("y", listener)
    emitter.emit("x")
    emitter.off("x", listener)
    emitter.off("x", listener)
    emitter.off("none", listener)
    emitter.remove_all_listeners("y")
    emitter.on("z", listener)
    emitter.remove_all_listeners()
    t.note("names", emitter.event_names())


@case(about="a listener that throws stops the others, and the error leaves emit")
def ListenerThrows(t):
    emitter = t.events.EventEmitter()

    def fail():
        raise t.error("thrown")

    emitter.on("x", fail)
    emitter.on("x", t.callback("never"))
    t.attempt("emit", lambda: emitter.emit("x"))


@case(about="an unhandled error that is an array of more than six shows them in columns")
def UnhandledArray(t):
    def emit(value):
        t.attempt("array", lambda: t.events.EventEmitter().emit("error", value))

    emit([1, 2, 3, 4, 5, 6])
    emit([1, 2, 3, 4, 5, 6, 7])
    emit([1, -2, 30, 4, 5, 6, 700, 8, 9.5, 10])
    emit(["a", "bbb", "", "dd", "e", "f", "gggg", "h"])
    emit([1, "b", None, 4, 5, 6, 7, True])
    emit(["a", "b", "c", "d", "e", "f", "g" * 40])
    emit(["a", "b", "c", "d", "e", "f", "g" * 30])
    emit([[1], 2, 3, 4, 5, 6, 7, 8])
    emit([{"a": 1}, 2, 3, 4, 5, 6, 7, 8])
    emit({"a": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "b": [[1, 2, 3, 4, 5, 6, 7]]})
    emit(["日", "本", "é", "🎉", "語", "한", "x"])
    emit([1, 2, 3, 4, 5, 6, 7] * 14)
    emit([1, 2, 3, 4, 5, 6, 7] * 15)
    emit(["a", "bb", "ccc", "dddd", "eeeee"] * 30)


@case(about="an unhandled error that is an object or a short array is shown on one line while it has room")
def UnhandledObject(t):
    for length in [55, 56, 57, 60, 61, 62, 63, 65, 66]:
        t.attempt("object", lambda: t.events.EventEmitter().emit("error", {"a": "x" * length}))
        t.attempt("array", lambda: t.events.EventEmitter().emit("error", ["x" * length]))
        t.attempt("nested", lambda: t.events.EventEmitter().emit("error", {"a": {"b": "x" * (length - 10)}}))
        t.attempt("two", lambda: t.events.EventEmitter().emit("error", {"a": "x" * (length - 6), "b": 1}))


@case(about="'error' without a listener throws the error, or ERR_UNHANDLED_ERROR for anything else")
def ErrorWithoutListener(t):
    emitter = t.events.EventEmitter()
    t.attempt("error", lambda: emitter.emit("error", t.error("its own")))
    t.attempt("number", lambda: emitter.emit("error", 5))
    t.attempt("string", lambda: emitter.emit("error", "text"))
    t.attempt("object", lambda: emitter.emit("error", {"a": 1}))
    t.attempt("null", lambda: emitter.emit("error", None))
    emitter.on("error", t.callback("handled"))
    t.attempt("handled", lambda: emitter.emit("error", t.error("handled")))


@case(about="a listener must be a function")
def BadListener(t):
    emitter = t.events.EventEmitter()
    t.attempt("on", lambda: emitter.on("x", 5))
    t.attempt("once", lambda: emitter.once("x", None))
    t.attempt("prepend", lambda: emitter.prepend_listener("x", "text"))
    t.attempt("off", lambda: emitter.off("x", True))
    t.attempt("object", lambda: emitter.on("x", {}))


@case(about="emit() is called for the removal of the last 'removeListener' listener, though nobody hears it")
def LastRemoval(t):
    emitter = t.watch("emitter", t.events.EventEmitter())
    emitter.on("removeListener", lambda name, fn: None)
    emitter.on("x", lambda: None)
    emitter.remove_all_listeners()
    alone = t.watch("alone", t.events.EventEmitter())

    def listener(name, fn):
        pass

    alone.on("removeListener", listener)
    alone.off("removeListener", listener)
    among = t.watch("among", t.events.EventEmitter())
    among.on("removeListener", listener)
    among.on("x", lambda: None)
    among.off("removeListener", listener)
    stream = t.watch("stream", t.stream.PassThrough())
    stream.on("removeListener", listener)
    stream.off("removeListener", listener)
    stream.on("removeListener", listener)
    stream.remove_all_listeners()


@case(about="the wrapper of a once listener is a function: 'removeListener' and raw_listeners() hand it over")
def OnceWrapper(t):
    emitter = t.events.EventEmitter()
    emitter.on("removeListener", lambda name, fn: t.note("removed", [name, fn]))
    emitter.on("x", lambda: None)
    emitter.once("x", lambda: None)
    t.note("raw", emitter.raw_listeners("x"))
    t.note("listeners", emitter.listeners("x"))
    emitter.emit("x")


@case(
    about="a once listener counts as called before it is removed: its wrapper does nothing when called from there",
    skip_unless="node^24.20||>=26.6",
)
def OnceCalledInRemoval(t):
    emitter = t.events.EventEmitter()

    def removed(name, fn):
        t.note("removed", emitter.listener_count("x"))
        fn("from the removal")
        emitter.emit("x", "emitted again")

    emitter.on("removeListener", removed)
    emitter.on("x", t.callback("always"))
    emitter.once("x", t.callback("once"))
    emitter.emit("x", "first")
    emitter.emit("x", "second")


@case(about="a once listener whose removal throws counts as called, and stays on the list")
def OnceRemovalThrows(t):
    emitter = t.events.EventEmitter()

    def removed(name, fn):
        raise t.error("from the removal")

    emitter.once("x", t.callback("once"))
    emitter.on("removeListener", removed)
    t.attempt("first", lambda: emitter.emit("x"))
    t.attempt("second", lambda: emitter.emit("x"))
    t.note("count", emitter.listener_count("x"))


@case(about="'newListener' and 'removeListener' tell of each listener, those that remove_all_listeners() takes off too")
def MetaEventsOfALife(t):
    emitter = t.events.EventEmitter()

    def a(*args):
        t.note("a", args)

    def b(*args):
        t.note("b", args)

    def c(*args):
        t.note("c", args)

    known = [a, b, c]

    def place(listener):
        for number in [0, 1, 2]:
            if known[number] == listener:
                return number
        return None

    emitter.on("newListener", lambda event, listener: t.note("new", [event, place(listener)]))
    emitter.on("removeListener", lambda event, listener: t.note("removed", [event, place(listener)]))
    emitter.on("x", a).once("x", b).prepend_listener("x", c).prepend_once_listener("x", b)
    for listener in emitter.listeners("x"):
        t.note("listens", place(listener))
    t.note("counts", [emitter.listener_count("x"), emitter.listener_count("x", b), emitter.listener_count("no")])
    t.note("emitted", [emitter.emit("x", 1), emitter.emit("no")])
    emitter.on("x", a)
    emitter.off("x", a)
    emitter.off("x", b)
    t.note("names", emitter.event_names())
    emitter.remove_all_listeners("x")
    emitter.on("y", a)
    emitter.on("z", b)
    emitter.on("y", c)
    emitter.remove_all_listeners()
    t.note("names", emitter.event_names())


@case(about="an async listener runs at once up to its first await")
def AsyncListener(t):
    emitter = t.events.EventEmitter()

    async def listener(value):
        t.note("started", value)
        await t.events.once(emitter, "go")
        t.note("went on", value)

    emitter.on("x", listener)
    emitter.emit("x", 1)
    t.note("emitted", None)
    emitter.emit("go")
    t.note("gone", None)


@case(about="a limit of listeners that is not a number, or negative, throws and leaves the one before in force")
def LimitRefused(t):
    emitter = t.events.EventEmitter()
    t.note("default", emitter.get_max_listeners())
    emitter.set_max_listeners(3)
    for value in [-1, "1", "5", None]:
        t.attempt("set", lambda value=value: emitter.set_max_listeners(value) is emitter)
        t.note("limit", emitter.get_max_listeners())
        t.attempt("set all", lambda value=value: t.events.set_max_listeners(value, emitter))
        t.note("limit", emitter.get_max_listeners())


@case(about="a once() listener is gone when it is called, and what it adds or emits comes in Node's order")
def OnceListener(t):
    emitter = closely(t, "emitter", t.events.EventEmitter(), [])

    def listener():
        t.note("called", emitter.listener_count("x"))
        emitter.emit("x")

    def removed(event, gone):
        if event == "x" and emitter.listener_count("x") == 0:
            emitter.emit("x")

    emitter.on("removeListener", removed)
    emitter.once("x", listener)
    emitter.emit("x")


@case(about="a once() wrapper called while it is taken off, or later, calls nothing: it has been used")
def OnceWrapperUsed(t):
    emitter = t.events.EventEmitter()
    emitter.once("x", t.callback("called"))
    wrapper = emitter.raw_listeners("x")[0]

    def removed(event, listener):
        wrapper("by hand")

    emitter.once("removeListener", removed)
    emitter.emit("x", "emitted")
    wrapper("later")


@case(about="'newListener' comes before the listener is there, even where it removes others or adds the same")
def NewListenerOrder(t):
    emitter = t.events.EventEmitter()

    def listener():
        pass

    def added(event, fn):
        t.note("added", [event, emitter.event_names()])
        if event == "x":
            emitter.remove_all_listeners("newListener")
            emitter.on("x", listener)

    emitter.on("newListener", added)
    emitter.on("x", lambda: None)
    t.note("names", [emitter.event_names(), emitter.listener_count("x")])
    other = t.events.EventEmitter()
    other.on("newListener", lambda event, fn: other.remove_all_listeners())
    other.on("x", listener)
    t.note("other", other.event_names())


@case(about="remove_all_listeners() tells of each listener, the last first, and of its own listeners at the end")
def RemoveAllOrder(t):
    emitter = closely(t, "emitter", t.events.EventEmitter(), [])
    for event in ["b", "a", "removeListener"]:
        emitter.on(event, lambda *_: None)
        emitter.on(event, lambda *_: None)
    emitter.remove_all_listeners("b")
    emitter.remove_all_listeners()
    t.note("left", emitter.event_names())
