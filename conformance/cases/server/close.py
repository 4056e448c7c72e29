"""Closing a server: what close() does at once, what 'close' waits for, and how a server listens again."""

from conformance import case
from conformance.scenery import SERVER, closely, listen


@case(about="close() makes listening false and address() null at once, and gives the port back")
def StopsAtOnce(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        port = server.address().port
        t.note("returns itself", server.close(t.callback("closed")) == server)
        t.note("listening", server.listening)
        t.note("address", server.address())
        t.next_tick(lambda: t.note("tick", None))
        t.microtask(lambda: t.note("microtask", None))
        t.immediate(lambda: t.note("immediate", None))
        heir = t.watch("heir", t.net.create_server())
        heir.listen(port, "127.0.0.1", lambda: heir.close())

    server.listen(0, "127.0.0.1", on_listening)


@case(about="the server's 'close' comes after the last connection's 'end' and before that one's 'close'")
class CloseBeforeTheLastSocketsClose:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            peer.end("bye")
            server.close(t.callback("closed"))
            t.note("listening", server.listening)
            t.note("address", server.address())
            server.on("close", lambda: t.note("peer is closed", peer.closed))
            peer.on("close", lambda had_error: t.note("server listens", server.listening))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="'close' waits for every accepted socket, whichever ends last")
class WaitsForAll:
    def server(t):
        server = t.watch("server", t.net.create_server())
        peers = []

        def on_connection(peer):
            number = len(peers)
            peers.append(peer)
            peer.resume()
            peer.on("close", lambda had_error: t.note("closed", number))
            if number == 2:
                server.close(t.callback("server closed"))
                peers[1].end()
                peers[1].on("close", lambda had_error: peers[2].end())
                peers[2].on("close", lambda had_error: peers[0].end())

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        def connect(rest):
            client = t.net.connect(port, "127.0.0.1")
            client.resume()
            if rest > 0:
                client.on("connect", lambda: connect(rest - 1))

        connect(2)


@case(about="close() within 'close' gives ERR_SERVER_NOT_RUNNING to its callback")
def CloseWithinClose(t):
    server = t.watch("server", t.net.create_server())
    server.once("close", lambda: server.close(t.callback("again")))
    server.listen(0, "127.0.0.1", lambda: server.close(t.callback("closed")))


@case(about="a second close() with connections open gets its error only when the last one is gone")
class CloseAgainWithConnections:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            server.close(t.callback("first"))
            server.close(t.callback("second"))
            server.close()
            peer.end()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(
    about="a callback of close() that throws is uncaught; the others still run after it if the process survives"
)
def CallbackThrows(t):
    t.on_uncaught(lambda error: t.note("survived", error))
    server = t.watch("server", t.net.create_server())

    def throws():
        raise t.error("the callback's own")

    def on_listening():
        server.close(t.callback("first", throws))
        server.close(t.callback("second"))

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a server that listens again while old connections are open: 'close' comes once both are gone")
class ListensAgainWithOldConnections:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            server.close(t.callback("first close"))
            server.listen(0, "127.0.0.1", t.callback("listening again", lambda: peer.end()))
            peer.on("close", lambda had_error: server.close(t.callback("second close")))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="connections that wait in the backlog when the server closes are reset")
def BacklogIsReset(t):
    server = t.watch("server", t.net.create_server(t.callback("connection")))

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.on("error", lambda error: t.note("error code", error.code))
        client.resume()
        client.on("connectionAttempt", lambda: server.close(t.callback("closed")))

    server.listen(0, "127.0.0.1", on_listening)


@case(about="destroying the accepted sockets lets 'close' come at once")
class DestroyedSockets:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            server.close(t.callback("closed"))
            peer.destroy()
            t.next_tick(lambda: t.note("tick", None))
            t.immediate(lambda: t.note("immediate", None))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="destroying an accepted socket before close() leaves nothing to wait for")
class DestroyedBeforeClose:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.destroy(t.error("enough"))
            peer.on("error", t.callback("error"))
            server.get_connections(t.callback("count"))
            server.close(t.callback("closed"))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="with allow_half_open 'close' waits until both sides of the last connection have ended")
class WaitsForHalfOpen:
    def server(t):
        server = t.watch("server", t.net.create_server(allow_half_open=True))

        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            server.close(t.callback("closed"))

            def on_end():
                t.note("ended by the client", peer.ready_state)
                t.immediate(lambda: peer.end("last words"))

            peer.on("end", on_end)

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end()


@case(about="an accepted socket with data that nobody reads keeps 'close' waiting until it is read")
class WaitsForUnreadData:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            server.close(t.callback("closed"))
            peer.end()
            peer.once("readable", lambda: t.immediate(lambda: peer.resume()))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end("unread")


@case(about="a connection reset by the client lets 'close' come, after the socket's 'error'")
class ResetConnection:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("error", t.callback("error"))
            peer.resume()
            server.close(t.callback("closed"))
            peer.write("hello")

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.once("data", lambda chunk: client.reset_and_destroy())


@case(about="an unref'd server that is closed still emits 'close'")
def CloseUnreferenced(t):
    server = t.watch("server", t.net.create_server())
    server.unref()

    def on_listening():
        server.close(t.callback("closed"))
        server.ref()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="async disposal closes a listening server and is fulfilled at once for one that does not listen")
def AsyncDispose(t):
    server = t.watch("server", t.net.create_server())

    async def life():
        server.listen(0, "127.0.0.1")
        await t.events.once(server, "listening")
        t.note("disposed", await t.async_dispose(server))
        t.note("again", await t.async_dispose(server))

    t.spawn(life())


@case(about="a server closed in the turn in which it started to listen emits 'close' but never 'listening'")
def ClosedBeforeListening(t):
    server = t.watch("server", t.net.create_server())
    server.listen(0, "127.0.0.1", t.callback("listening"))
    server.close(t.callback("closed"))
    t.snapshot(server)


@case(about="listen() may be called again directly after close()")
def ListenAgainAfterClose(t):
    server = t.watch("server", t.net.create_server())
    server.listen(0, "127.0.0.1", t.callback("first"))
    server.close(t.callback("closed"))

    def on_second():
        t.snapshot(server)
        server.close()

    server.listen(0, "127.0.0.1", t.callback("second", on_second))


@case(about="close() makes the server refuse new connections, while the old ones live on")
def CloseRefusesNewClients(t):
    server = t.net.create_server()

    def on_connection(peer):
        t.watch("peer", peer)
        peer.resume()
        port = server.address().port
        server.close(t.callback("closed"))
        late = t.watch("late", t.net.connect(port, "127.0.0.1"))
        late.on("error", lambda error: peer.end("still here"))

    server.on("connection", on_connection)

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="close() of a server that does not listen gives its callback ERR_SERVER_NOT_RUNNING, and 'close' comes")
def CloseNotRunning(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    t.attempt("close", lambda: server.close(t.callback("first")))
    server.close(t.callback("second"))
    t.next_tick(lambda: t.note("tick", None))
    t.immediate(lambda: server.close(t.callback("third")))


@case(about="the second of two close() calls in a row gets ERR_SERVER_NOT_RUNNING")
def CloseTwice(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        server.close(t.callback("first"))
        server.close(t.callback("second"))

    server.listen(0, "127.0.0.1", on_listening)


@case(
    about="close() within the first of several waiting connections: the others are reset, never handed over"
)
def CloseWithinABacklog(t):
    server = t.watch("server", t.net.create_server())
    clients = []

    def on_connection(peer):
        t.note("connection", None)
        peer.resume()
        peer.end()
        server.close(t.callback("closed"))

    server.on("connection", on_connection)

    def gone(had_error):
        clients.append(had_error)
        if len(clients) == 3:
            t.note("with an error", len([failed for failed in clients if failed]))

    def on_listening():
        for _ in range(3):
            client = t.net.connect(server.address().port, "127.0.0.1")
            client.on("error", lambda error: t.note("code", error.code))
            client.on("close", gone)
            client.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="after close() and listen() within 'connection' that connection still counts for the server")
class ListensAgainWithinConnection:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            server.close(t.callback("closed"))
            server.listen(0, "127.0.0.1")
            server.get_connections(t.callback("count"))
            peer.on("end", lambda: server.close(t.callback("closed again")))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.end()
        client.resume()


@case(about="close() in one 'listening' listener does not keep the next ones from running")
def ClosedInTheFirstListener(t):
    server = t.watch("server", t.net.create_server())
    server.on("listening", lambda: server.close(t.callback("closed")))
    server.on("listening", lambda: t.note("second listener", [server.listening, server.address()]))
    server.listen(0, "127.0.0.1", t.callback("callback"))


@case(about="server and client in one process that end each other emit their events in Node's order")
def BothEndsInOneTurn(t):
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        t.watch("peer", peer)
        peer.end("from the server")
        peer.on("data", lambda chunk: server.close(t.callback("closed")))

    server.on("connection", on_connection)

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.end("from the client")
        client.on("data", lambda chunk: t.immediate(lambda: t.note("immediate of data", None)))

    server.listen(0, "127.0.0.1", on_listening)


@case(about="listen() works within 'close'")
def ListenInClose(t):
    server = t.watch("server", t.net.create_server())

    def on_close():
        server.listen(0, "127.0.0.1", t.callback("again", lambda: server.close()))

    server.once("close", on_close)
    server.listen(0, "127.0.0.1", t.callback("first", lambda: server.close()))


@case(about="listen() after close() within 'listening' starts a new life, and both 'close' events come")
def ListenAgainInListening(t):
    server = t.watch("server", t.net.create_server())

    def first():
        server.close(t.callback("first closed"))
        t.attempt("listen", lambda: server.listen(0, "127.0.0.1", t.callback("second", second)))

    def second():
        t.note("listening", server.listening)
        server.close(t.callback("second closed"))

    server.listen(0, "127.0.0.1", first)


@case(about="close() of a server calls back, emits and lets its handle go step by step as in Node")
def ClosingSteps(t):
    server = closely(t, "server", t.net.create_server(), SERVER)

    def listening():
        t.snapshot(server)
        server.close(lambda: t.note("closed", [server.listening, server.address()]))
        t.note("closing", [server.listening, server.address(), server.listener_count("close")])
        server.close(t.callback("again"))

    server.listen(0, "127.0.0.1", listening)


@case(about="a signal that closes a server has its listener until the server is closed")
def AbortedListener(t):
    controller = t.abort_controller()
    signal = controller.signal
    server = closely(t, "server", t.net.create_server(), SERVER)

    def heard():
        return len(t.events.get_event_listeners(signal, "abort"))

    server.on(
        "newListener", lambda event, listener: t.note("signal has", [event, heard()] if event == "close" else None)
    )
    server.on("close", lambda: t.note("in 'close' first", heard()))
    server.listen({"port": 0, "host": "127.0.0.1", "signal": signal})
    server.on("close", lambda: t.note("in 'close' last", heard()))
    server.on("listening", lambda: [controller.abort(), t.note("aborted", heard())])
