"""Listening, accepting and closing: what a server and its accepted sockets look like, and when."""

from conformance import case


@case(about="a connection handed to 'connection' is a socket that is open already and knows its server")
def AcceptedSocketIsOpen(t):
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        t.watch("peer", peer)
        t.snapshot(peer)
        t.note("its server", peer.server)
        peer.end()
        server.close()

    server.on("connection", on_connection)

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        t.note("its server", client.server)
        client.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="with pause_on_connect nothing is read from an accepted socket until it is resumed")
def PausedOnConnect(t):
    server = t.watch("server", t.net.create_server(pause_on_connect=True))
    peers = []

    def on_connection(peer):
        t.watch("peer", peer)
        t.snapshot(peer)
        peers.append(peer)
        peer.on("data", lambda chunk: t.note("read", peer.bytes_read))
        server.close()

    server.on("connection", on_connection)

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.resume()

        def look():
            peer = peers[0]
            t.note("paused", peer.is_paused())
            t.note("before", peer.bytes_read)
            peer.resume()

        # The FIN is out, so the bytes before it are at the other end: two turns are enough to read them.
        client.on("finish", lambda: t.immediate(lambda: t.immediate(look)))
        client.end("early")

    server.listen(0, "127.0.0.1", on_listening)


@case(about="older listeners of 'listening' run before the callback of listen()")
def ListenCallbackRunsLast(t):
    server = t.watch("server", t.net.create_server())
    server.on("listening", lambda: t.note("older", server.listening))
    returned = server.listen(0, "127.0.0.1", lambda: t.note("callback", server.listening))
    t.note("returns itself", returned == server)
    server.on("listening", lambda: server.close())
    t.note("at once", server.listening)
    t.next_tick(lambda: t.note("in a tick", server.listening))


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


@case(about="close() stops listening at once, and 'close' waits until the last accepted socket is gone")
def CloseWaitsForConnections(t):
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        t.watch("peer", peer)
        peer.resume()
        server.close(t.callback("closed"))
        t.note("listening", server.listening)
        t.note("address", server.address())
        peer.end("bye")

    server.on("connection", on_connection)

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.resume()

    server.listen(0, "127.0.0.1", on_listening)


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


@case(about="close() on a server that does not listen reports ERR_SERVER_NOT_RUNNING to its callback alone")
def CloseNotRunning(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    t.attempt("close", lambda: server.close(t.callback("closed")))
    t.next_tick(lambda: t.note("tick", None))


@case(about="of two close() calls in a row the second is told that the server is not running")
def CloseTwice(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        server.close(t.callback("first"))
        server.close(t.callback("second"))

    server.listen(0, "127.0.0.1", on_listening)


@case(about="above max_connections a client is closed at once and 'drop' has both addresses")
def DropAboveMaxConnections(t):
    server = t.watch("server", t.net.create_server())
    server.max_connections = 1

    def on_connection(peer):
        t.watch("peer", peer)
        peer.resume()
        second = t.watch("second", t.net.connect(server.address().port, "127.0.0.1"))
        second.resume()
        second.on("close", lambda had_error: peer.end())

    server.on("connection", on_connection)

    def on_listening():
        first = t.watch("first", t.net.connect(server.address().port, "127.0.0.1"))
        first.resume()
        first.on("close", lambda had_error: server.close())

    server.listen(0, "127.0.0.1", on_listening)


@case(about="get_connections() counts the accepted sockets, and answers asynchronously")
def GetConnections(t):
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        t.watch("peer", peer)
        peer.resume()
        returned = server.get_connections(t.callback("one", lambda error, count: peer.end()))
        t.note("returns itself", returned == server)
        none_left = t.callback("none", lambda error, count: server.close())
        peer.on("close", lambda had_error: server.get_connections(none_left))

    server.on("connection", on_connection)

    def on_listening():
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="pending connections are accepted one per turn of the loop, immediates run in between")
def OneConnectionPerTurn(t):
    server = t.watch("server", t.net.create_server())
    accepted = []

    def on_connection(peer):
        number = len(accepted) + 1
        accepted.append(number)
        t.note("accepted", number)
        t.next_tick(lambda: t.note("tick", number))
        t.immediate(lambda: t.note("immediate", number))
        peer.resume()
        peer.end()
        if number == 3:
            server.close()

    server.on("connection", on_connection)

    def on_listening():
        for _ in range(3):
            client = t.net.connect(server.address().port, "127.0.0.1")
            client.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="an IPv6 client is accepted with IPv6 addresses on both sides", skip_unless="ipv6")
class Ipv6Client:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            peer.end("hello")
            peer.resume()
            server.close()

        server.on("connection", on_connection)

        def on_listening():
            t.note("address", server.address())
            t.publish(port=server.address().port)

        server.listen(0, "::1", on_listening)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "::1"))
        client.on("connect", lambda: t.snapshot(client))
        client.on("data", lambda chunk: None)


@case(about="without a host a server listens on :: and maps IPv4 clients", skip_unless="ipv6")
class DualStack:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            peer.end()
            peer.resume()
            server.close()

        server.on("connection", on_connection)

        def on_listening():
            t.note("address", server.address())
            t.publish(port=server.address().port)

        server.listen(0, on_listening)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="on a unix socket the server's address is its path, and its sockets have none")
class UnixSocket:
    def server(t):
        server = t.watch("server", t.net.create_server())
        path = t.path("server.sock")

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            peer.on("data", lambda chunk: peer.end(b"you said " + chunk))
            server.close()

        server.on("connection", on_connection)

        def on_listening():
            t.snapshot(server)
            t.publish(path=path)

        server.listen(path, on_listening)

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        client.on("connect", lambda: t.snapshot(client))
        client.on("data", lambda chunk: None)
        client.write("hello")


@case(about="on a unix socket 'drop' has no data")
def DropOnUnixSocket(t):
    server = t.watch("server", t.net.create_server())
    server.max_connections = 1
    path = t.path("drop.sock")

    def on_connection(peer):
        peer.resume()
        second = t.watch("second", t.net.connect(path))
        second.resume()
        second.on("close", lambda had_error: peer.end())

    server.on("connection", on_connection)

    def on_listening():
        first = t.watch("first", t.net.connect(path))
        first.resume()
        first.on("close", lambda had_error: server.close())

    server.listen(path, on_listening)
