"""Which handles keep a process alive, what ref() and unref() change, and how the process ends."""

from conformance import case
from conformance.scenery import listen, noter, serve


@case(
    about="a listening server keeps the process alive until unref(), which may come before listen() or after"
)
def UnreferencedServer(t):
    before = t.watch("before", t.net.create_server())
    before.unref()
    before.listen(0, "127.0.0.1")
    after = t.watch("after", t.net.create_server())
    after.listen(0, "127.0.0.1", lambda: t.note("unref", after.unref() == after))
    t.on_before_exit(lambda code: t.note("before exit", t.active()))


@case(
    about="unref() before the host is resolved: the lookup still holds the process, the server then does not"
)
def UnreferencedBeforeLookup(t):
    server = t.watch("server", t.net.create_server())
    server.unref()
    server.listen(0, "127.1", lambda: t.note("active", t.active()))
    t.note("active at once", t.active())
    t.on_before_exit(lambda code: t.note("before exit", server.listening))


@case(about="one ref() undoes unref() of a server however often that was called, before listen() and after")
def ReferencedAgain(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.note("referenced before listen()", t.active())
        server.unref()
        server.unref()
        t.note("unreferenced", t.active())
        server.ref()
        t.note("referenced", t.active())
        server.ref()
        server.unref()
        t.note("unreferenced again", t.active())
        server.ref()
        t.immediate(lambda: t.immediate(lambda: server.close(t.callback("closed"))))

    server.unref()
    server.unref()
    server.ref()
    server.listen(0, "127.0.0.1", on_listening)
    t.on_before_exit(lambda code: t.note("before exit", server.listening))


@case(about="an unref'd server that is closed and listens again is still unref'd")
def UnrefOutlivesClose(t):
    server = t.watch("server", t.net.create_server())
    server.unref()

    def on_first():
        server.close()
        server.listen(0, "127.0.0.1", t.callback("second", lambda: t.note("active", t.active())))

    server.listen(0, "127.0.0.1", on_first)


@case(about="ref() and unref() of a server that does not listen, or no longer listens, have no effect")
def RefWithoutHandle(t):
    server = t.watch("server", t.net.create_server())
    server.ref()
    t.note("before", t.active())

    def on_listening():
        server.close(t.callback("closed"))
        server.ref()
        server.unref()
        t.note("closing", t.active())

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a connected socket that reads keeps the process alive, even without listeners")
class ReadingSocketHolds:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            server.close()
            peer.on("close", lambda had_error: t.note("closed", had_error))
            t.immediate(lambda: t.immediate(lambda: peer.end("bye")))
            peer.resume()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("end", lambda: t.note("active", t.active()))
        t.on_before_exit(lambda code: t.note("before exit", client.ready_state))


@case(about="a connected socket that is paused and has nothing to write does not keep the process alive")
class PausedSocketDoesNotHold:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        listener.accept()
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.pause()

        def on_connect():
            t.note("active", t.active())

        client.on("connect", on_connect)
        t.on_before_exit(lambda code: t.note("before exit", [client.ready_state, t.active()]))


@case(
    about="a socket paused in 'data' goes on reading into its buffer, and holds the process until the peer's FIN"
)
class PausedAfterReading:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv(5)
        peer.send(b"first")
        peer.recv(6)
        peer.send(b"second")
        peer.shutdown()
        peer.recv_all()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_data(chunk):
            client.pause()
            t.note("active", t.active())
            client.write("paused")

        client.on("data", on_data)
        client.on("connect", lambda: client.write("hello"))
        t.on_before_exit(lambda code: t.note("before exit", [client.ready_state, client.readable_length]))


@case(about="an accepted socket with pause_on_connect does not keep the process alive, but its server does")
class PausedOnConnectDoesNotHold:
    def raw(r):
        port = r.wait("port")
        r.connect(port)
        r.hold()

    def server(t):
        server = t.watch("server", t.net.create_server(pause_on_connect=True))

        def on_connection(peer):
            t.watch("peer", peer)
            server.close(t.callback("not reached"))
            t.note("active", t.active())

        server.on("connection", on_connection)
        listen(t, server)
        t.on_before_exit(lambda code: t.note("before exit", t.active()))


@case(about="a big write that is under way keeps the process alive, whether or not the socket reads")
class WritingSocketHolds:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv(8 * 1024 * 1024)
        r.hold()

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.pause()

        def on_connect():
            t.note("active before", t.active())
            client.write(b"x" * (8 * 1024 * 1024), t.callback("written"))
            t.note("active", t.active())

        client.on("connect", on_connect)
        t.on_before_exit(lambda code: t.note("before exit", [client.ready_state, client.writable_length]))


@case(about="unref() in 'connect' lets the process end with the connection open")
class UnrefInConnect:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv_all()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.on("connect", lambda: t.note("unref", client.unref() == client))
        t.on_before_exit(lambda code: t.note("before exit", client.ready_state))


@case(about="a socket with unref() while connecting still connects, and then does not keep the process alive")
class UnrefWhileConnecting:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv_all()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.unref()
        client.resume()
        t.on_before_exit(lambda code: t.note("before exit", client.ready_state))


@case(about="unref() before connect() takes effect only once the socket is connected")
class UnrefBeforeConnect:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv_all()

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        client.unref()
        t.note("waits for", client.event_names())
        client.connect(port, "127.0.0.1")
        client.resume()
        client.on("connect", lambda: t.note("active in 'connect'", t.active()))
        t.on_before_exit(lambda code: t.note("before exit", client.ready_state))


@case(about="unref() and ref() before connect() both wait for 'connect', in their order")
class UnrefAndRefBeforeConnect:
    def server(t):
        def on_connection(peer):
            peer.resume()
            t.immediate(lambda: peer.end())

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        client.unref()
        client.ref()
        t.note("listeners", client.listener_count("connect"))
        client.connect(port, "127.0.0.1")
        client.resume()
        client.on("connect", lambda: t.note("active in 'connect'", t.active()))
        t.on_before_exit(lambda code: t.note("before exit", client.ready_state))


@case(about="ref() after unref() of an open connection keeps the process alive until the connection ends")
class RefTakesUnrefBack:
    def server(t):
        serve(t, lambda peer: peer.on("data", lambda chunk: peer.end()))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        def on_connect():
            client.unref()
            t.note("unreferenced", t.active())
            client.ref()
            t.note("referenced", t.active())
            client.write("go")

        client.on("connect", on_connect)


@case(about="an unref'd accepted socket does not keep the process alive, but reads while something else does")
class UnreferencedPeerStillReads:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.unref()
            peer.resume()
            t.note("active", t.active())
            peer.on("close", lambda had_error: server.close())

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.end("still read")


@case(about="a socket that was never connected does not keep the process alive, even with a timeout")
def NewSocketHoldsNothing(t):
    t.watch("plain", t.net.Socket())
    timed = t.watch("timed", t.net.Socket())
    timed.set_timeout(60000, t.callback("timeout"))
    t.note("active", t.active())
    t.on_before_exit(lambda code: t.note("before exit", timed.timeout))


@case(about="the timeout of a connected socket does not keep the process alive")
class TimeoutDoesNotHold:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv_all()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.set_timeout(60000, t.callback("timeout"))
        client.pause()
        client.on("connect", lambda: t.note("active", t.active()))


@case(about="connecting keeps the process alive, a paused socket too, until it is connected")
class ConnectingHolds:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv_all()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.pause()
        t.note("active", t.active())
        t.next_tick(lambda: t.note("active in a tick", t.active()))
        t.on_before_exit(lambda code: t.note("before exit", client.ready_state))


@case(about="a lookup that is under way keeps the process alive after its socket was destroyed")
def LookupHolds(t):
    client = t.watch("client", t.net.connect(80, "no..host"))
    client.on("error", t.callback("not reached"))
    t.note("active", t.active())
    client.destroy()
    t.note("active after destroy()", t.active())
    t.on_before_exit(lambda code: t.note("before exit", t.active()))


@case(about="an 'error' without a listener ends the process without 'beforeExit', its handles still open")
class UnhandledErrorEnds:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv(5)
        peer.reset()

    def client(t, port):
        t.on_before_exit(lambda code: t.note("before exit", code))
        server = t.watch("server", t.net.create_server())
        server.listen(0, "127.0.0.1")
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("connect", lambda: client.write("hello"))


@case(about="exit() in 'connect' runs no callback of a write, but the peer reads what was written")
class ExitAtOnce:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            server.close()
            peer.on("error", lambda error: None)
            peer.resume()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.on_before_exit(lambda code: t.note("before exit", code))

        def on_connect():
            client.write("last words", t.callback("written"))
            t.next_tick(lambda: t.note("tick", None))
            t.exit(7)

        client.on("connect", on_connect)


@case(about="a process that ends with a paused connection open closes it, and the other end reads an end")
class PausedEndsAtExit:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            server.close(t.callback("closed"))
            peer.resume()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.pause()


@case(about="a unix-domain server keeps the process alive until unref(), as a TCP server does")
def UnixServer(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.note("active", t.active())
        server.unref()
        t.note("unreferenced", t.active())

    server.listen(t.path("held.sock"), on_listening)
    t.on_before_exit(lambda code: t.note("before exit", server.listening))


@case(about="exit() ends the process at once: nothing queued runs, and open handles and timers are still active")
def ExitRunsNothingQueued(t):
    server = t.net.create_server()
    server.on("close", noter(t, "never"))
    server.listen(0, "127.0.0.1", noter(t, "never"))
    t.timeout(0, noter(t, "never"))
    t.timeout(60000, noter(t, "never"))
    t.immediate(noter(t, "never"))
    t.next_tick(noter(t, "never"))
    t.microtask(noter(t, "never"))
    t.exit(3)


@case(about="unreferenced handles of all kinds do not keep the process alive")
def AllUnref(t):
    server = t.net.create_server().unref()
    server.listen(0, "127.0.0.1", lambda: t.note("listening", None))
    socket = t.dgram.create_socket("udp4")
    socket.unref()
    socket.bind(0, "127.0.0.1")
    t.timeout(5000, lambda: t.note("never", None)).unref()
    t.immediate(lambda: t.note("never", None)).unref()
    t.next_tick(lambda: t.note("tick", t.active()))


@case(about="unref() of both ends of a connection and of its server ends the process with all of them open")
def UnrefConnection(t):
    server = t.net.create_server(lambda peer: peer.unref())

    def on_listening():
        server.unref()
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.on("close", lambda had_error: t.note("never", None))
        client.on("connect", lambda: t.immediate(lambda: t.immediate(lambda: client.unref())))

    server.listen(0, "127.0.0.1", on_listening)


@case(about="'beforeExit' comes again whenever it revived the loop, which ticks and unref'd timers alone do not")
def Revival(t):
    revivals = []

    def on_before_exit(code):
        revivals.append(code)
        t.note("beforeExit", code)
        t.next_tick(lambda: t.note("tick", None))
        t.microtask(lambda: t.note("microtask", None))
        if len(revivals) == 1:
            t.timeout(1, lambda: t.note("timer", None))
        if len(revivals) == 2:
            t.immediate(lambda: t.note("immediate", None))
        if len(revivals) == 3:
            server = t.watch("server", t.net.create_server())
            server.listen(0, "127.0.0.1", lambda: server.close())
        if len(revivals) == 4:
            t.timeout(1, lambda: t.note("never", None)).unref()

    t.on_before_exit(on_before_exit)
    t.note("main", None)


@case(about="a tick or microtask of 'beforeExit' may revive the loop")
def RevivalByTick(t):
    revivals = []

    def on_before_exit(code):
        revivals.append(code)
        t.note("beforeExit", len(revivals))
        if len(revivals) == 1:
            t.next_tick(lambda: t.timeout(1, lambda: t.note("timer of tick", None)))
        if len(revivals) == 2:
            t.microtask(lambda: t.immediate(lambda: t.note("immediate of microtask", None)))

    t.on_before_exit(on_before_exit)


@case(about="exit() in the closing phase skips the other 'close' events of that phase")
def ExitInClosing(t):
    sockets = [t.dgram.create_socket("udp4"), t.dgram.create_socket("udp4")]
    sockets[1].on("close", lambda: t.note("never", None))

    def on_close():
        t.next_tick(lambda: t.note("never", None))
        t.exit(4)

    sockets[0].on("close", on_close)
    for socket in sockets:
        socket.bind(0, "127.0.0.1")
    t.immediate(lambda: t.immediate(lambda: close()))

    def close():
        for socket in sockets:
            socket.close()


@case(about="exit() in 'beforeExit' sets the exit code, and a timer set there never runs")
def ExitInBeforeExit(t):
    def on_before_exit(code):
        t.timeout(1, lambda: t.note("never", None))
        t.exit(5)

    t.on_before_exit(on_before_exit)


@case(about="exit() in a microtask skips everything queued behind it, and 'beforeExit'")
def ExitInMicrotask(t):
    t.on_before_exit(lambda code: t.note("never", None))
    t.microtask(lambda: t.exit(6))
    t.microtask(lambda: t.note("never", None))
    t.next_tick(lambda: t.note("tick", None))
    t.immediate(lambda: t.note("never", None))


@case(about="ref() of an unref'd server in 'beforeExit' brings the process back to life")
def RefInBeforeExit(t):
    server = t.watch("server", t.net.create_server())
    rounds = []

    def on_connection(peer):
        peer.resume()
        peer.end()
        server.close(t.callback("closed"))

    def before_exit(code):
        rounds.append(code)
        t.note("before exit", [len(rounds), server.listening])
        if len(rounds) == 1:
            server.ref()
            client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
            client.unref()
            client.resume()

    server.on("connection", on_connection)
    server.listen(0, "127.0.0.1", lambda: server.unref())
    t.on_before_exit(before_exit)


@case(
    about="resume() of a paused socket in 'beforeExit' brings the process back to life until the socket ends"
)
class ResumeInBeforeExit:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            peer.end("waiting")
            peer.resume()
            server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.pause()

        def before_exit(code):
            t.note("before exit", client.ready_state)
            if not client.destroyed:
                client.resume()

        t.on_before_exit(before_exit)


@case(about="write() to a paused socket in 'beforeExit' is sent, and keeps the process alive until then")
class WriteInBeforeExit:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            peer.on("data", lambda chunk: t.note("data", chunk))
            peer.on("close", lambda had_error: server.close())
            peer.on("error", lambda error: None)

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.pause()
        rounds = []

        def before_exit(code):
            rounds.append(code)
            t.note("before exit", [len(rounds), client.bytes_written])
            if len(rounds) == 1:
                client.write("afterthought", t.callback("written"))

        t.on_before_exit(before_exit)


@case(about="an unref'd connection of a closed server lets the process end before either emits 'close'")
class UnreferencedAll:
    def raw(r):
        port = r.wait("port")
        r.connect(port)
        r.hold()

    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.unref()
            peer.resume()
            server.close(t.callback("not reached"))

        server.on("connection", on_connection)
        listen(t, server)
