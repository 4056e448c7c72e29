"""Where features of a server meet: closing and accepting, handles shared, listeners that throw, loops revived."""

from conformance import case
from conformance.scenery import listen


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


@case(about="close() and listen() again within 'connection' leave that connection to the server's count")
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


@case(about="of two servers on one handle the one that listened last is handed the connections")
class SharedHandleAccepts:
    def server(t):
        first = t.watch("first", t.net.create_server())
        second = t.watch("second", t.net.create_server())

        def on_connection(peer):
            t.note("of the second", peer.server)
            first.get_connections(t.callback("of the first"))
            second.get_connections(t.callback("of the second"))
            peer.resume()
            peer.end()
            second.close(t.callback("second closed"))
            first.close(t.callback("first closed"))

        first.on("connection", t.callback("not reached"))
        second.on("connection", on_connection)
        first.listen(0, "127.0.0.1", lambda: second.listen(first))
        second.on("listening", lambda: t.publish(port=second.address().port))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="a server on the handle of another is deaf once that one is closed, and says so of its address")
def SharedHandleClosed(t):
    first = t.watch("first", t.net.create_server())
    second = t.watch("second", t.net.create_server())

    def on_second():
        first.close(t.callback("first closed"))
        t.note("listening", second.listening)
        t.attempt("address", lambda: second.address())
        t.attempt("unref", lambda: second.unref() == second)
        second.get_connections(t.callback("count"))
        t.immediate(lambda: second.close(t.callback("second closed")))

    first.listen(0, "127.0.0.1", lambda: second.listen(first, on_second))


@case(
    about="a server can listen on a handle given as an option; options in its place are taken as the options"
)
def ListenOnHandleOption(t):
    first = t.watch("first", t.net.create_server())
    second = t.watch("second", t.net.create_server())
    third = t.watch("third", t.net.create_server())

    def on_second():
        t.note("same port", first.address().port == second.address().port)
        third.listen({"handle": {"port": 0, "host": "127.0.0.1"}, "port": 99999}, on_third)

    def on_third():
        t.note("another port", first.address().port != third.address().port)
        first.close()
        second.close()
        third.close()

    first.listen(0, "127.0.0.1", lambda: second.listen({"handle": first._handle}, on_second))


@case(about="close() in one 'listening' listener does not keep the next ones from running")
def ClosedInTheFirstListener(t):
    server = t.watch("server", t.net.create_server())
    server.on("listening", lambda: server.close(t.callback("closed")))
    server.on("listening", lambda: t.note("second listener", [server.listening, server.address()]))
    server.listen(0, "127.0.0.1", t.callback("callback"))


@case(about="a 'close' listener that throws keeps the later ones and the callbacks from running")
def CloseListenerThrows(t):
    t.on_uncaught(lambda error: t.note("survived", error))
    server = t.watch("server", t.net.create_server())

    def throws():
        raise t.error("the listener's own")

    def on_listening():
        server.close(t.callback("not reached"))

    server.on("close", throws)
    server.listen(0, "127.0.0.1", on_listening)


@case(about="an 'error' listener that throws is uncaught, and the server can listen afterwards")
def ErrorListenerThrows(t):
    server = t.watch("server", t.net.create_server())

    def throws(error):
        raise t.error("the listener's own")

    def on_uncaught(error):
        t.note("survived", error)
        server.listen(0, "127.0.0.1", lambda: server.close())

    t.on_uncaught(on_uncaught)
    server.on("error", throws)
    server.listen(0, "192.0.2.1")


@case(
    about="each of several 'connection' listeners' throws is uncaught by itself; all connections are served"
)
def EveryConnectionThrows(t):
    server = t.watch("server", t.net.create_server())
    survived = []

    def on_uncaught(error):
        survived.append(error)
        t.note("survived", error)
        t.next_tick(lambda: t.note("tick", len(survived)))
        if len(survived) == 3:
            server.close(t.callback("closed"))

    t.on_uncaught(on_uncaught)

    def on_connection(peer):
        peer.resume()
        peer.end("bye")
        t.next_tick(lambda: t.note("tick of the connection", None))
        raise t.error("the listener's own")

    server.on("connection", on_connection)

    def on_listening():
        for _ in range(3):
            client = t.net.connect(server.address().port, "127.0.0.1")
            client.resume()

    server.listen(0, "127.0.0.1", on_listening)


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


@case(about="write() to a paused socket in 'beforeExit' goes out, and holds the process no longer than that")
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


@case(about="an exception in 'beforeExit' ends the process with code 1")
def BeforeExitThrows(t):
    server = t.watch("server", t.net.create_server())
    server.unref()
    server.listen(0, "127.0.0.1")

    def before_exit(code):
        t.note("before exit", code)
        raise t.error("the listener's own")

    t.on_before_exit(before_exit)


@case(
    about="an unref'd server with an unref'd connection: the process ends before either is told of its close"
)
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


@case(
    about="a limit, pause_on_connect and half-open together: the dropped client is ended, the first one lives on"
)
class LimitPauseHalfOpen:
    def server(t):
        server = t.watch("server", t.net.create_server(pause_on_connect=True, allow_half_open=True))
        server.max_connections = 1

        def on_connection(peer):
            t.watch("peer", peer)

            def on_drop(data):
                t.note("read so far", peer.bytes_read)
                peer.resume()
                server.close(t.callback("closed"))

            server.on("drop", on_drop)
            peer.on("end", lambda: peer.end("last"))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        first = t.watch("first", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        first.resume()

        def on_written():
            second = t.watch("second", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
            second.resume()
            second.on("end", lambda: second.end())
            second.on("close", lambda had_error: first.end())

        first.on("connect", lambda: first.write("first", on_written))


@case(
    about="a server's listeners may be removed between listen() and 'listening'; the event is emitted to nobody"
)
def ListenersRemoved(t):
    server = t.watch("server", t.net.create_server())
    server.listen(0, t.callback("not reached"))
    server.remove_all_listeners("listening")
    t.immediate(lambda: t.note("listening", server.listening))
    t.immediate(lambda: server.close())


@case(about="server and client in one process that end each other: every event in its turn")
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


@case(about="a listen() that throws gives up the one before it that still looks its host up: nothing listens")
def ListenThatThrows(t):
    server = t.watch("server", t.net.create_server())
    server.listen(0, "127.0.0.1", t.callback("listening"))
    t.attempt("no port", lambda: server.listen({}))
    t.immediate(lambda: t.note("listening", server.listening))


@case(about="a server on the handle of a unix-domain server opens its descriptor anew, which fails with EEXIST")
def HandleOfUnixServer(t):
    first, second = t.watch("first", t.net.create_server()), t.watch("second", t.net.create_server())
    second.on("error", lambda error: [t.note("state", second.listening), first.close()])
    first.listen(t.path("s"), lambda: second.listen(first))


@case(about="listening on a handle that is being closed fails with EINVAL, on a closed one with EBADF")
def HandleOfClosedServer(t):
    first, second, third = t.net.create_server(), t.net.create_server(), t.watch("third", t.net.create_server())
    third.on("error", t.callback("error"))

    def on_listening():
        second.listen(first)
        second.close()
        third.listen(first)
        t.immediate(lambda: t.immediate(again))

    def again():
        third.listen(first)
        t.immediate(lambda: first.close())

    first.listen(0, "127.0.0.1", on_listening)
