"""What fails without permission to a file or port. Roles have no capabilities, so root is treated like anyone."""

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


@case(about="connecting to a unix socket without write permission fails with EACCES and the path")
def Connect(t):
    path = t.path("sock")

    def on_listening():
        t.chmod(path, 0)
        tell_failure(t, "client", path, allow)

    def allow():
        t.chmod(path, 0o200)
        read_all(t, path)

    serve(t, path, on_listening)


@case(about="connecting to a unix socket needs write permission; read permission makes no difference")
def ConnectReadOnly(t):
    path = t.path("sock")

    def on_listening():
        t.chmod(path, 0o555)
        tell_failure(t, "client", path, allow)

    def allow():
        t.chmod(path, 0o222)
        read_all(t, path)

    serve(t, path, on_listening)


@case(about="connecting to a unix socket in a directory without search permission fails with EACCES")
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


@case(about="another process that connects to a unix socket without permission gets EACCES")
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


@case(about="listening in a read-only directory emits 'error' EACCES on a tick, and can be retried")
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


@case(about="binding a privileged port fails with EACCES, for servers, datagram sockets and local ports")
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
