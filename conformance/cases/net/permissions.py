"""What permissions of files and ports refuse. Roles have no capabilities, so root is refused as its owner would be."""

from conformance import case


def serve(t, path, ready):
    """A server for one connection there; ready() is called when it listens."""
    server = t.watch("server", t.net.create_server(lambda peer: peer.end("hello")))
    server.on("connection", lambda peer: server.close())
    server.listen(path, ready)


def tell_failure(t, name, path, after):
    """Connects there, tells the error and its place among the events, then calls after()."""
    client = t.watch(name, t.net.connect(path))
    client.on("error", t.callback("error"))
    client.on("close", t.callback("closed", lambda had_error: after()))
    t.note("connecting", client.connecting)
    t.next_tick(lambda: t.note("tick", None))


def read_all(t, path):
    client = t.watch("permitted", t.net.connect(path))
    client.on("data", t.callback("data"))


@case(about="connecting to a unix socket without the permission to write is 'error' EACCES, with the path")
def Connect(t):
    path = t.path("sock")

    def on_listening():
        t.chmod(path, 0)
        tell_failure(t, "client", path, allow)

    def allow():
        t.chmod(path, 0o200)
        read_all(t, path)

    serve(t, path, on_listening)


@case(about="to connect to a unix socket the permission to write is needed and enough; that to read does not help")
def ConnectReadOnly(t):
    path = t.path("sock")

    def on_listening():
        t.chmod(path, 0o555)
        tell_failure(t, "client", path, allow)

    def allow():
        t.chmod(path, 0o222)
        read_all(t, path)

    serve(t, path, on_listening)


@case(about="a unix socket in a directory that may not be searched is EACCES to who connects")
def ConnectInDirectory(t):
    t.mkdir(t.path("closed"))
    path = t.path("closed/sock")

    def on_listening():
        t.chmod(t.path("closed"), 0o600)
        tell_failure(t, "client", path, allow)

    def allow():
        t.chmod(t.path("closed"), 0o700)
        read_all(t, path)

    serve(t, path, on_listening)


@case(about="between two processes, too, a unix socket without permissions is EACCES")
class ConnectElsewhere:
    def server(t):
        path = t.path("sock")
        server = t.watch("server", t.net.create_server(lambda peer: t.note("never", None)))
        closer = t.dgram.create_socket("udp4")

        def on_listening():
            t.chmod(path, 0)
            closer.on("message", lambda: close())
            closer.bind(0, "127.0.0.1", lambda: t.publish(port=closer.address().port, path=path))

        def close():
            server.close()
            closer.close()

        server.listen(path, on_listening)

    def client(t, path, port):
        def over():
            closer = t.dgram.create_socket("udp4")
            closer.send("over", port, "127.0.0.1", lambda error: closer.close())

        tell_failure(t, "client", path, over)


@case(about="listening in a directory that may not be written to is 'error' EACCES on a tick; the server may try again")
def Listen(t):
    t.mkdir(t.path("closed"))
    t.chmod(t.path("closed"), 0o500)
    server = t.watch("server", t.net.create_server())

    def on_error(error):
        t.note("error", error)
        t.note("listening", server.listening)
        t.chmod(t.path("closed"), 0o700)
        server.listen(t.path("closed/sock"), lambda: server.close())

    server.on("error", on_error)
    server.on("close", lambda: t.note("active", t.active()))
    server.listen(t.path("closed/sock"))
    t.note("listen() returned", t.file_mode(t.path("closed/sock")))
    t.next_tick(lambda: t.note("tick", None))


@case(about="a port that only the privileged may have is EACCES: to a server, a datagram socket and a local port")
def LowPort(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("server error"))
    server.listen(1, "127.0.0.1", lambda: server.close())
    everywhere = t.watch("everywhere", t.net.create_server())
    everywhere.on("error", t.callback("server error"))
    everywhere.listen(1, lambda: everywhere.close())
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.on("error", t.callback("socket error", lambda error: socket.close()))
    socket.bind(1, "127.0.0.1", lambda: socket.close())
    client = t.watch("client", t.net.connect(port=9, host="127.0.0.1", local_address="127.0.0.1", local_port=1))
    client.on("error", t.callback("client error"))
