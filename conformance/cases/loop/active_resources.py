"""What the process counts as active: handles, requests and timers, in each phase of their lives."""

from conformance import case
from conformance.scenery import noter


@case(about="a TCP server and both ends of a connection are active until libuv has closed them")
def TcpConnection(t):
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        t.watch("peer", peer)
        t.note("connection", t.active())
        peer.resume()
        peer.on("end", lambda: t.note("peer's end", t.active()))
        peer.on("close", lambda had_error: t.note("peer's close", t.active()))
        server.close()
        t.note("server closed", t.active())
        t.immediate(lambda: t.immediate(lambda: t.note("a turn later", t.active())))

    server.on("connection", on_connection)

    def on_listening():
        t.note("listening", t.active())
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        t.note("connecting", t.active())
        t.next_tick(lambda: t.note("attempted", t.active()))
        client.resume()

        def on_connect():
            t.note("connect", t.active())
            t.immediate(ends)

        def ends():
            t.note("before end()", t.active())
            client.end()
            t.note("after end()", t.active())

        client.on("connect", on_connect)
        client.on("finish", lambda: t.note("client's finish", t.active()))
        client.on("close", lambda had_error: t.note("client's close", t.active()))

    server.listen(0, "127.0.0.1", on_listening)
    t.note("at once", t.active())


@case(about="a unix-domain server and its connections have one name, PipeWrap")
def UnixConnection(t):
    server = t.watch("server", t.net.create_server())
    path = t.path("active.sock")

    def on_connection(peer):
        t.note("connection", t.active())
        peer.resume()
        peer.on("close", lambda had_error: t.note("peer's close", t.active()))
        server.close()

    server.on("connection", on_connection)

    def on_listening():
        t.note("listening", t.active())
        client = t.net.connect(path)
        t.note("connecting", t.active())
        client.resume()
        client.on("connect", lambda: t.note("connect", t.active()))
        client.on("connect", lambda: client.end())
        client.on("close", lambda had_error: t.note("client's close", t.active()))

    server.listen(path, on_listening)


@case(about="a lookup is an active request until its callback has returned")
def Lookup(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", lambda error: t.note("answer", t.active()))
    server.listen(0, "no..host")
    t.note("under way", t.active())
    server.once("error", lambda error: t.immediate(lambda: t.note("over", t.active())))


@case(about="a write that the kernel does not take whole is a request until it is written or cancelled")
class BigWrite:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        listener.accept()
        r.hold()

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", lambda error: t.note("error", error))

        def on_connect():
            client.write(b"x" * (16 * 1024 * 1024), t.callback("written"))
            t.note("writing", t.active())
            client.end()
            t.note("ending", t.active())
            t.immediate(destroys)

        def destroys():
            t.note("later", t.active())
            client.destroy()
            t.note("destroyed", t.active())

        client.on("connect", on_connect)
        client.on("close", lambda had_error: t.note("closed", t.active()))


@case(about="corked writes that the kernel does not take whole are one request")
class BigCorkedWrite:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        listener.accept()
        r.hold()

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_connect():
            client.cork()
            client.write(b"x" * (8 * 1024 * 1024), t.callback("first"))
            client.write(b"x" * (8 * 1024 * 1024), t.callback("second"))
            t.note("corked", t.active())
            client.uncork()
            t.note("uncorked", t.active())
            t.immediate(lambda: client.destroy())

        client.on("connect", on_connect)
        client.on("close", lambda had_error: t.note("closed", t.active()))


@case(
    about="timers and immediates are active while they are set, unref'd ones and a socket's timeout are not"
)
def Timers(t):
    timer = t.timeout(60000, t.callback("not reached"))
    immediate = t.immediate(t.callback("immediate"))
    t.note("set", t.active())
    timer.unref()
    t.note("unreferenced", t.active())
    timer.ref()
    t.clear(immediate)
    t.note("referenced, cleared", t.active())
    t.clear(timer)

    def in_immediate():
        t.note("in an immediate", t.active())
        t.timeout(1, lambda: t.note("in a timer", t.active()))

    t.immediate(in_immediate)
    socket = t.net.Socket()
    socket.set_timeout(60000)
    t.note("with a timeout", t.active())


@case(about="a socket becomes active with connect(), and stays so until it has closed")
def NewSocket(t):
    socket = t.watch("socket", t.net.Socket())
    t.note("new", t.active())
    socket.connect(t.path("missing.sock"))
    t.note("connecting", t.active())
    socket.on("error", lambda error: t.note("error", t.active()))
    socket.on("close", lambda had_error: t.note("close", t.active()))


@case(about="destroy() while connecting leaves handle and request active until the closing phase")
def DestroyedWhileConnecting(t):
    server = t.net.create_server()

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))

        def attempted():
            t.note("attempted", t.active())
            client.destroy()
            t.note("destroyed", t.active())
            server.close()
            t.next_tick(lambda: t.note("tick", t.active()))
            t.immediate(lambda: t.note("immediate", t.active()))

        client.on("connectionAttempt", attempted)
        client.on("close", lambda had_error: t.note("close", t.active()))

    server.listen(0, "127.0.0.1", on_listening)


@case(about="unref() takes a connection off the active resources and ref() puts it back; its requests stay")
class UnreferencedConnection:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv_all()

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.unref()
        t.note("unreferenced", t.active())
        t.next_tick(lambda: t.note("attempted", t.active()))

        def on_connect():
            t.note("connect", t.active())
            client.ref()
            t.note("referenced", t.active())
            client.end()
            t.note("ending", t.active())
            client.unref()
            t.note("ending, unreferenced", t.active())

        client.on("connect", on_connect)
        client.resume()


@case(about="a process that calls exit() in 'connection' ends with its sockets, server and timers active")
def ExitInTheMidst(t):
    server = t.net.create_server()
    server.on("connection", lambda peer: t.exit(0))

    def on_listening():
        t.net.connect(server.address().port, "127.0.0.1")
        t.timeout(60000, t.callback("not reached"))

    server.listen(0, "127.0.0.1", on_listening)


@case(about="the active resources name requests, handles, timers and immediates one by one")
def Named(t):
    server = t.net.create_server()
    socket = t.dgram.create_socket("udp4")
    timer = t.timeout(1000, noter(t, "never"))

    def on_listening():
        t.immediate(lambda: t.note("in immediate", t.active()))
        t.note("listening", t.active())
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.on("connect", lambda: connected(client))
        t.next_tick(lambda: t.note("connecting", t.active()))

    def connected(client):
        t.note("connected", t.active())
        client.unref()
        t.note("unref", t.active())
        client.ref()
        t.clear(timer)
        socket.close()
        t.note("cleared and closing", t.active())
        client.on("close", lambda: t.note("closed", t.active()))
        client.end()

    server.on("connection", lambda peer: served(peer))

    def served(peer):
        server.close()
        peer.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a timer is active within its own callback, an immediate is not, an interval is until it is cleared")
def WithinTheirCallbacks(t):
    def turn():
        t.note("interval", t.active())
        t.clear(interval)
        t.note("cleared", t.active())

    def timer():
        t.note("timeout", t.active())

    t.immediate(lambda: t.note("immediate", t.active()))
    t.timeout(10, timer)
    interval = t.interval(40, turn)
