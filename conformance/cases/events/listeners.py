"""Listeners of sockets and servers: their order, their counts, and what they may do while an event is under way."""

from conformance import case
from conformance.scenery import listen, serve


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


@case(about="the listeners of an accepted socket, and of its server, are those that Node adds itself")
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


@case(about="remove_all_listeners(), even of what has none, ends that: an event then moves behind the others")
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


@case(about="the same holds for each kind of stream, and not for other emitters")
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


@case(about="a late write fails as one after end() before the socket's own 'end' listener, with EPIPE behind it")
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


@case(about="without the socket's own 'end' listener a late write fails as that of any stream")
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


@case(about="'newListener' and 'removeListener' tell of a socket's own listeners too")
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


@case(about="'newListener' tells of the listeners that a server adds to itself")
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


@case(about="an 'error' listener that throws is an uncaught exception, and 'close' comes all the same")
def ErrorListenerThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    client = t.watch("client", t.net.connect(1, "127.0.0.1"))

    def fail(error):
        raise t.error("out of the listener")

    client.on("error", fail)
    client.on("close", t.callback("close"))


@case(about="an error monitor of a socket sees its error before the 'error' listeners, and prevents nothing")
def ErrorMonitor(t):
    client = t.watch("client", t.net.connect(1, "127.0.0.1"))
    client.on("error", t.callback("error"))
    client.on(t.events.error_monitor, t.callback("monitor"))


@case(about="with an error monitor alone a socket's error is uncaught")
def ErrorMonitorAlone(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    client = t.watch("client", t.net.connect(1, "127.0.0.1"))
    client.on(t.events.error_monitor, t.callback("monitor"))


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
