"""Servers and sockets on a path: unix sockets, their files, and what replaces addresses."""

from conformance import case
from conformance.scenery import SERVER, SOCKET, closely


@case(about="listen() takes a path or options with one, with backlog and callback; address() is the path")
def ListenForms(t):
    first = t.watch("first", t.net.create_server())
    second = t.watch("second", t.net.create_server())
    third = t.watch("third", t.net.create_server())

    def show(server):
        t.note("address", server.address())
        t.note("listening", server.listening)
        server.close(t.callback("closed"))
        t.note("address of a closed one", server.address())

    first.listen(t.path("first.sock"), t.callback("first", lambda: show(first)))
    second.listen(t.path("second.sock"), 5, t.callback("second", lambda: show(second)))
    third.listen(t.callback("third", lambda: show(third)), path=t.path("third.sock"), backlog=5)
    t.note("address at once", first.address())


@case(about="the socket file exists once listen() returns, writable by its owner, and is gone once close() returns")
def SocketFile(t):
    path = t.path("file.sock")
    server = t.watch("server", t.net.create_server())
    t.note("before", t.file_mode(path))

    def on_listening():
        t.note("listening", t.file_mode(path))
        server.close(lambda: t.note("closed", t.file_mode(path)))
        t.note("close() returned", t.file_mode(path))

    server.listen(path, on_listening)
    t.note("listen() returned", t.file_mode(path))


@case(about="readable_all and writable_all open the socket file to everybody if they are True")
def FileModes(t):
    readable = t.net.create_server()
    readable.listen(path=t.path("r.sock"), readable_all=True)
    t.note("readable", t.file_mode(t.path("r.sock")))
    readable.close()
    writable = t.net.create_server()
    writable.listen(path=t.path("w.sock"), writable_all=True)
    t.note("writable", t.file_mode(t.path("w.sock")))
    writable.close()
    both = t.net.create_server()
    both.listen(path=t.path("rw.sock"), readable_all=True, writable_all=True)
    t.note("both", t.file_mode(t.path("rw.sock")))
    both.close()
    truthy = t.net.create_server()
    truthy.listen(path=t.path("t.sock"), readable_all=1, writable_all="yes")
    t.note("truthy", t.file_mode(t.path("t.sock")))
    truthy.close()


@case(about="close() does not fail if the socket file has already been removed")
def FileRemoved(t):
    path = t.path("removed.sock")
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.remove(path)
        t.note("address", server.address())
        server.close(t.callback("closed"))

    server.listen(path, on_listening)


@case(about="close() removes whatever lies at the path, even another server's socket")
def FileOfAnother(t):
    path = t.path("stolen.sock")
    first = t.watch("first", t.net.create_server())
    second = t.watch("second", t.net.create_server())

    def on_both():
        first.close()
        t.note("file", t.file_mode(path))
        second.close(t.callback("closed"))

    def on_first():
        t.remove(path)
        second.listen(path, on_both)

    first.listen(path, on_first)


@case(about="listening on any existing file fails with EADDRINUSE, with the path as address and port -1")
def PathTaken(t):
    file = t.watch("on a file", t.net.create_server())
    file.on("error", t.callback("error", lambda: t.note("address", file.address())))
    file.listen(t.path("."))
    t.note("listening", file.listening)
    first = t.net.create_server()
    path = t.path("taken.sock")

    def on_listening():
        second = t.watch("second", t.net.create_server())
        second.on("error", t.callback("error", lambda: first.close()))
        second.listen(path)

    first.listen(path, on_listening)


@case(about="a socket file left behind is EADDRINUSE for a server and ECONNREFUSED for a client")
class StaleFile:
    def raw(r):
        listener = r.listen(family="unix", path=r.path("stale.sock"))
        listener.close()
        r.publish(path=r.path("stale.sock"))

    def main(t, path):
        server = t.watch("server", t.net.create_server())
        server.on("error", t.callback("server error"))
        server.listen(path)
        client = t.watch("client", t.net.connect(path))
        client.on("error", t.callback("client error", lambda: t.snapshot(client)))


@case(about="listening in a missing directory fails with EACCES, not ENOENT")
def MissingDirectory(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    server.listen(t.path("missing/server.sock"))
    t.note("listening", server.listening)


@case(about="a path of 108 bytes can be listened on and connected to", skip_unless="node>=20.4")
def LongestPath(t):
    path = t.path("x" * (109 - len(t.path("x"))))
    t.note("length", len(path))
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        peer.resume()
        peer.end()
        server.close()

    server.on("connection", on_connection)

    def on_listening():
        t.note("file", t.file_mode(path))
        client = t.watch("client", t.net.connect(path))
        client.resume()

    server.listen(path, on_listening)


@case(
    about="a path of 109 bytes fails with EINVAL for server and client, with the path in full",
    skip_unless="node>=23",
)
def PathTooLong(t):
    path = t.path("x" * (110 - len(t.path("x"))))
    t.note("length", len(path))
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("server error"))
    server.listen(path)
    client = t.watch("client", t.net.Socket())
    client.on("error", t.callback("client error"))
    t.attempt("connect", lambda: client.connect(path, t.callback("never")) is client)


@case(about="the length of a path counts in bytes of UTF-8", skip_unless="node>=23")
def LongInBytes(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    server.listen("ä" * 55)
    short = t.watch("short", t.net.create_server())
    short.listen("ä.sock", t.callback("listening", lambda: short.close()))
    t.note("address", short.address())
    t.note("file", t.file_mode("ä.sock"))


@case(about="a path that begins with NUL is an abstract socket, without a file")
class Abstract:
    def server(t):
        path = "\0" + t.path("abstract")
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: peer.end(chunk))
            server.close()

        def on_listening():
            t.note("same", server.address() == path)
            t.publish(path=path)

        server.on("connection", on_connection)
        server.listen(path, on_listening)

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        client.on("connect", lambda: t.snapshot(client))
        client.resume()
        client.write("abstract")


@case(about="an abstract name in use is EADDRINUSE for a server; an unused one is ECONNREFUSED for a client")
def AbstractErrors(t):
    path = "\0" + t.path("taken")
    first = t.net.create_server()
    second = t.watch("second", t.net.create_server())

    def on_error(error):
        t.note("code", error.code)
        t.note("port", error.port)
        first.close(on_closed)

    def on_closed():
        client = t.watch("client", t.net.Socket())
        client.on("error", lambda error: t.note("client code", error.code))
        client.connect(path)

    second.on("error", on_error)
    first.listen(path, lambda: second.listen(path))


@case(about="a unix connection has no addresses, families or ports at either end")
class Properties:
    def server(t):
        server = t.net.create_server()
        path = t.path("properties.sock")

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            t.note("address", peer.address())
            t.kernel(peer)
            peer.on("close", lambda had_error: t.snapshot(peer))
            peer.resume()
            server.close()

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        t.snapshot(client)

        def on_connect():
            t.snapshot(client)
            t.note("address", client.address())
            client.end("x")

        client.on("connect", on_connect)
        client.on("close", lambda had_error: t.snapshot(client))
        client.resume()


@case(about="setting TCP options on a unix socket does nothing")
class TcpOptions:
    def server(t):
        server = t.net.create_server(no_delay=True, keep_alive=True, keep_alive_initial_delay=5000)
        path = t.path("options.sock")

        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            peer.end()
            server.close()

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path=path, no_delay=True, keep_alive=True))

        def on_connect():
            t.attempt("no delay", lambda: client.set_no_delay(True) is client)
            t.attempt("keep alive", lambda: client.set_keep_alive(True, 1000) is client)
            t.attempt("timeout", lambda: client.set_timeout(0) is client)
            t.attempt("set type of service", lambda: client.set_type_of_service(16) is client)
            t.attempt("get type of service", lambda: client.get_type_of_service())
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="connect() uses a path rather than port and host, and looks nothing up")
class PathWins:
    def server(t):
        server = t.net.create_server(lambda peer: peer.end("path"))
        path = t.path("wins.sock")
        server.listen(path, lambda: t.publish(path=path))
        server.on("connection", lambda peer: server.close())

    def client(t, path):
        client = t.watch(
            "client", t.net.connect(path=path, port=1, host="no..host", lookup=t.callback("lookup"), family=5)
        )
        t.note("connecting", client.connecting)
        client.resume()


@case(about="connect() to a path ignores local address, block list and the options of attempts")
class AddressOptionsIgnored:
    def server(t):
        server = t.net.create_server(lambda peer: peer.end())
        path = t.path("ignored.sock")
        server.listen(path, lambda: t.publish(path=path))
        server.on("connection", lambda peer: server.close())

    def client(t, path):
        blocked = t.net.BlockList()
        blocked.add_subnet("0.0.0.0", 0)
        client = t.watch(
            "client",
            t.net.connect(
                path=path,
                block_list=blocked,
                local_address="no address",
                local_port=-1,
                hints=99999,
                auto_select_family=True,
            ),
        )
        client.resume()


@case(about="a path that is not a string throws ERR_INVALID_ARG_TYPE")
def PathTypes(t):
    t.attempt("number", lambda: t.net.connect(path=5))
    t.attempt("true", lambda: t.net.connect(path=True))
    t.attempt("object", lambda: t.net.connect(path={"a": 1}))
    t.attempt("list", lambda: t.net.connect(path=["a"]))
    t.attempt("bytes", lambda: t.net.connect(path=b"a"))
    t.attempt("function", lambda: t.net.connect(path=t.callback("never")))
    t.attempt("NUL within", lambda: t.net.connect(path="a\0b").on("error", t.callback("NUL error")).destroyed)


@case(about="a path that is empty, zero or false counts as absent")
def NoPath(t):
    for path in ["", 0, False]:
        client = t.net.Socket()
        client.on("connectionAttempt", t.callback("attempt"))
        client.on("error", t.callback("error"))
        t.attempt("connect", lambda: client.connect(path=path, host="127.0.0.1") is client)
    t.attempt("null", lambda: t.net.connect(path=None, host="127.0.0.1"))


@case(about="connect('') connects to port 0")
def EmptyPathArgument(t):
    client = t.watch("client", t.net.Socket())
    client.on("error", t.callback("error"))
    t.attempt("connect", lambda: client.connect("", "127.0.0.1") is client)


@case(about="one server can listen on a port, then on a path, then on the path again")
def ListenAgain(t):
    path = t.path("again.sock")
    server = t.watch("server", t.net.create_server())

    def third():
        t.note("path again", server.address())
        server.close()

    def second():
        t.note("path", server.address())
        server.close(lambda: server.listen(path, third))

    server.listen(0, "127.0.0.1", lambda: server.close(lambda: server.listen(path, second)))


@case(about="a server that listened on a path can listen on a port; closing it removes no file")
def PathThenPort(t):
    server = t.watch("server", t.net.create_server())

    def on_port():
        t.note("family", server.address().family)
        t.note("file", t.file_mode(t.path("was.sock")))
        server.close()

    def on_path():
        server.close(lambda: server.listen(0, "127.0.0.1", on_port))

    server.listen(t.path("was.sock"), on_path)


@case(about="a relative path is relative to the working directory, and address() keeps it so")
def RelativePath(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.note("address", server.address())
        t.note("file", t.file_mode("relative.sock"))
        client = t.watch("client", t.net.connect("relative.sock"))
        client.resume()

    def on_connection(peer):
        peer.end()
        server.close()

    server.on("connection", on_connection)
    server.listen("relative.sock", on_listening)


@case(about="a number in a string is a port, unless it is the option path")
def NumericPath(t):
    t.attempt("port", lambda: t.net.connect("70000"))
    client = t.watch("client", t.net.connect(path="70000"))
    client.on("error", t.callback("error"))


@case(about="a unix peer that closes with unread data causes ECONNRESET")
class PeerLeavesDataUnread:
    def raw(r):
        listener = r.listen(family="unix", path=r.path("unread.sock"))
        r.publish(path=r.path("unread.sock"))
        peer = listener.accept()
        r.wait("sent")
        peer.close()

    def main(t, path):
        client = t.watch("client", t.net.connect(path))
        client.on("error", t.callback("error"))
        client.write("unread", lambda: t.publish(sent=True))
        client.resume()


@case(about="writing to a closed unix peer fails with EPIPE")
class PeerGone:
    def raw(r):
        listener = r.listen(family="unix", path=r.path("gone.sock"))
        r.publish(path=r.path("gone.sock"))
        listener.accept().close()

    def main(t, path):
        client = t.watch("client", t.net.Socket(allow_half_open=True))
        client.connect(path)
        client.on("error", t.callback("error"))
        client.on("end", lambda: client.write("late", t.callback("written")))
        client.resume()


@case(about="connecting to a unix server with a full backlog fails with EAGAIN")
class FullBacklog:
    def raw(r):
        r.listen(family="unix", path=r.path("full.sock"), backlog=0)
        r.connect(family="unix", path=r.path("full.sock"))
        r.publish(path=r.path("full.sock"))
        r.hold()

    def main(t, path):
        client = t.watch("client", t.net.connect(path))
        client.on("error", t.callback("error"))
        t.note("connecting", client.connecting)


@case(about="a unix server can accept paused sockets, which read and write text in any encoding")
class PausedAndEncoded:
    def server(t):
        server = t.net.create_server(pause_on_connect=True)
        path = t.path("paused.sock")

        def on_connection(peer):
            t.watch("peer", peer)
            t.note("paused", peer.is_paused())
            t.note("bytes", peer.bytes_read)
            peer.set_encoding("utf8")
            peer.on("data", lambda text: peer.write(text, "latin1"))
            peer.on("end", lambda: peer.end())
            server.close()
            t.immediate(lambda: peer.resume())

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        client.set_encoding("latin1")
        client.resume()
        client.end("grüße")


@case(about="closing a unix server ends or resets a client that waits in its backlog")
def CloseInListening(t):
    path = t.path("early.sock")
    server = t.watch("server", t.net.create_server(t.callback("never")))
    server.listen(path)
    server.close(t.callback("closed"))
    t.note("listening", server.listening)
    t.note("file", t.file_mode(path))
    client = t.watch("client", t.net.connect(path))
    client.on("error", t.callback("error"))


@case(about="a unix server counts its connections, and unref() lets the process exit")
class CountAndUnref:
    def server(t):
        path = t.path("count.sock")
        server = t.net.create_server()

        def counted(error, count):
            t.note("count", count)
            t.note("active", t.active())
            server.unref()

        def on_connection(peer):
            peer.resume()
            server.get_connections(counted)

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        client.on("connect", lambda: client.end())
        client.resume()


@case(about="a unix socket is connected and ends step by step as in Node")
def Steps(t):
    server = closely(t, "server", t.net.create_server(), SERVER)
    server.on("connection", lambda peer: [server.close(), closely(t, "peer", peer, SOCKET).end("x")])

    def start():
        client = closely(t, "client", t.net.Socket(), SOCKET)
        client.connect(path=t.path("here.sock"))
        client.resume()

    server.listen(t.path("here.sock"), start)
