"""Sockets made from what is there already: a descriptor, a handle, a BoundSocket."""

from conformance import case
from conformance.scenery import listen


@case(about="an fd that is not a whole number throws; one that is not open throws ERR_INVALID_FD_TYPE")
def SocketFdErrors(t):
    t.attempt("negative", lambda: t.net.Socket(fd=-1))
    t.attempt("fraction", lambda: t.net.Socket(fd=1.5))
    t.attempt("NaN", lambda: t.net.Socket(fd=float("nan")))
    t.attempt("too big", lambda: t.net.Socket(fd=4294967296))
    t.attempt("text", lambda: t.net.Socket(fd="3"))
    t.attempt("null", lambda: t.net.Socket(fd=None))
    t.attempt("true", lambda: t.net.Socket(fd=True))
    t.attempt("object", lambda: t.net.Socket(fd={}))
    t.attempt("not open", lambda: t.net.Socket(fd=9999))
    t.attempt("number alone", lambda: t.net.Socket(9999))


@case(about="a new socket made with the handle of a connected one takes over the connection")
class HandleMoved:
    def server(t):
        server = t.net.create_server(pause_on_connect=True)

        def on_connection(peer):
            t.watch("peer", peer)
            second = t.watch("second", t.net.Socket(handle=peer._handle))
            t.snapshot(second)
            second.on("data", lambda chunk: second.end(chunk))
            second.on("close", t.callback("closed"))
            server.close()

        server.on("connection", on_connection)
        server.on("close", lambda: t.exit(0))
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.write("moved")


@case(about="wrapping a descriptor that the loop already watches throws open EEXIST, and leaves its handle active")
def SocketOnWatchedFd(t):
    server = t.net.create_server()

    def on_listening():
        t.attempt("wrap", lambda: t.net.Socket(fd=server._handle.fd))
        t.note("active", t.active())
        server.close()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a socket on a descriptor without a connection seems open; its first read fails with ENOTCONN")
def SocketOnBoundFd(t):
    bound = t.net.BoundSocket(host="127.0.0.1")
    socket = t.watch("socket", t.net.Socket(fd=bound.fd()))
    t.snapshot(socket)
    socket.on("error", t.callback("error"))
    socket.on("close", lambda had_error: t.exit(0))


@case(about="a write to a descriptor without a connection, not to be read, fails with EPIPE")
def WriteOnBoundFd(t):
    bound = t.net.BoundSocket(host="127.0.0.1")
    socket = t.watch("socket", t.net.Socket(fd=bound.fd(), readable=False))
    t.snapshot(socket)
    socket.on("error", t.callback("error"))
    t.note("write", socket.write("x", t.callback("written")))
    socket.on("close", lambda had_error: t.exit(0))


@case(about="end() of a socket on a descriptor without a connection finishes without error")
def EndOnBoundFd(t):
    bound = t.net.BoundSocket(host="127.0.0.1")
    socket = t.watch("socket", t.net.Socket(fd=bound.fd(), readable=False))
    socket.on("error", t.callback("error"))
    socket.end(t.callback("ended"))
    socket.on("close", lambda had_error: t.exit(0))
    socket.on("finish", lambda: t.immediate(lambda: socket.destroy()))


@case(about="a socket on a bound descriptor connects from the address to which it is bound")
def ConnectBoundFd(t):
    server = t.net.create_server()

    def on_connection(peer):
        t.note("same port", peer.remote_port == bound.address().port)
        peer.end("hello")
        server.close()

    bound = t.net.BoundSocket(host="127.0.0.1")
    client = t.watch("client", t.net.Socket(fd=bound.fd(), manual_start=True))
    client.resume()
    client.on("error", t.callback("error"))
    client.on("close", lambda had_error: t.exit(0))
    server.on("connection", on_connection)
    server.listen(0, "127.0.0.1", lambda: client.connect(server.address().port, "127.0.0.1"))


@case(about="a socket on a connected descriptor is open, knows its addresses, reads and writes")
class WrappedConnection:
    def server(t):
        server = t.net.create_server(pause_on_connect=True)

        def on_connection(peer):
            second = t.watch("second", t.net.Socket(fd=peer._handle.fd))
            t.snapshot(second)
            second.on("data", lambda chunk: second.end(chunk))
            second.on("close", lambda had_error: t.exit(0))  # the first socket's descriptor is closed as well

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.write("wrapped")


@case(about="a socket on a unix descriptor reads and writes, and has no address or port")
class WrappedUnixSocket:
    def server(t):
        server = t.net.create_server(pause_on_connect=True)

        def on_connection(peer):
            second = t.watch("second", t.net.Socket(fd=peer._handle.fd, allow_half_open=True))
            t.snapshot(second)
            second.on("data", t.callback("data"))
            second.on("end", lambda: second.end("bye"))
            second.on("close", lambda had_error: server.close(lambda: t.exit(0)))

        server.on("connection", on_connection)
        server.listen(t.path("sock"), lambda: t.publish(path=t.path("sock")))

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        client.resume()
        client.end("hello")


@case(about="a socket on a descriptor with readable false can be written but is never read")
class WrappedForWriting:
    def server(t):
        server = t.net.create_server(pause_on_connect=True)

        def on_connection(peer):
            second = t.watch("second", t.net.Socket(fd=peer._handle.fd, readable=False))
            second.on("data", t.callback("data"))
            t.note("state", second.ready_state)
            second.end("bye")
            second.on("close", lambda had_error: t.exit(0))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", lambda error: None)
        client.resume()


@case(about="a socket on a descriptor with writable false is read, and a write fails")
class WrappedForReading:
    def server(t):
        server = t.net.create_server(pause_on_connect=True)

        def on_connection(peer):
            second = t.watch("second", t.net.Socket(fd=peer._handle.fd, writable=False))
            second.on("error", t.callback("error"))
            t.note("state", second.ready_state)
            second.on("data", lambda chunk: second.write("x", t.callback("written")))
            second.on("close", lambda had_error: t.exit(0))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", lambda error: None)
        client.write("hello")
        client.resume()


@case(about="a socket on a descriptor with pause_on_create starts with resume()")
class WrappedPaused:
    def server(t):
        server = t.net.create_server(pause_on_connect=True)

        def on_connection(peer):
            second = t.watch("second", t.net.Socket(fd=peer._handle.fd, pause_on_create=True))
            second.on("data", lambda chunk: second.end())
            t.note("paused", second.is_paused())
            t.immediate(lambda: t.immediate(lambda: second.resume()))
            second.on("close", lambda had_error: t.exit(0))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.end("hello")
        client.resume()


@case(about="new Socket() throws for an object that is not a handle when it starts to read from it")
def HandleThatIsNone(t):
    t.attempt("text", lambda: t.net.Socket(handle="x"))
    t.attempt("number", lambda: t.net.Socket(handle=5))
    t.attempt("object", lambda: t.net.Socket(handle={}))
    t.attempt("true", lambda: t.net.Socket(handle=True))
    t.attempt("socket", lambda: t.net.Socket(handle=t.net.Socket()))


def with_peer(t, ready):
    """Calls ready(peer, client): an accepted connection that is paused, and its other end, which has written."""
    server = t.net.create_server(pause_on_connect=True)

    def on_connection(peer):
        server.close()
        t.immediate(lambda: t.immediate(lambda: ready(peer, client)))

    client = t.net.Socket()
    client.on("error", lambda error: None)
    server.on("connection", on_connection)
    server.listen(t.path("sock"), lambda: client.connect(t.path("sock"), lambda: client.write("0123456789")))


@case(about="a socket made from a handle fills the buffer of on_read")
def OnRead(t):
    def ready(peer, client):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.note("bytes read", second.bytes_read)

        options = {"buffer": bytearray(4), "callback": on_read}
        second = t.watch("second", t.net.Socket(handle=peer._handle, on_read=options))
        t.note("bytes read", second.bytes_read)
        second.on("end", lambda: t.exit(0))
        client.on("end", lambda: t.note("never", None))
        client.end()

    with_peer(t, ready)


@case(about="a socket made from a handle with readable false can be written but is never read")
def NotReadable(t):
    def ready(peer, client):
        second = t.watch("second", t.net.Socket(handle=peer._handle, readable=False))
        t.snapshot(second)
        second.on("data", t.callback("data"))
        second.end("bye")
        client.on("end", lambda: t.exit(0))
        client.resume()

    with_peer(t, ready)


@case(about="a socket made from a handle with pause_on_create starts with resume()")
def Paused(t):
    def ready(peer, client):
        second = t.watch("second", t.net.Socket(handle=peer._handle, pause_on_create=True))
        t.snapshot(second)
        second.on("data", t.callback("data"))
        t.immediate(lambda: t.immediate(lambda: second.resume()))
        second.on("end", lambda: t.exit(0))
        t.immediate(lambda: client.end())

    with_peer(t, ready)


@case(about="a socket made from a handle with manual_start is not read before somebody asks for data")
def ManualStart(t):
    def ready(peer, client):
        second = t.watch("second", t.net.Socket(handle=peer._handle, manual_start=True))
        t.snapshot(second)
        second.on("end", lambda: t.exit(0))
        t.immediate(lambda: t.immediate(lambda: second.on("data", t.callback("data"))))
        t.immediate(lambda: client.end())

    with_peer(t, ready)


@case(about="the first read of a socket made from a closing handle fails with EINVAL")
def Closing(t):
    def ready(peer, client):
        handle = peer._handle
        peer.destroy()
        second = t.watch("second", t.net.Socket(handle=handle))
        second.on("error", t.callback("error"))
        t.snapshot(second)
        t.immediate(lambda: t.immediate(lambda: t.immediate(lambda: second.destroy())))
        client.resume()

    with_peer(t, ready)


@case(about="write() and end() of a socket made from a closing handle fail")
def WriteWhileClosing(t):
    def ready(peer, client):
        handle = peer._handle
        peer.destroy()
        second = t.watch("second", t.net.Socket(handle=handle, readable=False))
        third = t.watch("third", t.net.Socket(handle=handle, readable=False))
        fourth = t.watch("fourth", t.net.Socket(handle=handle, readable=False))
        for socket in [second, third, fourth]:
            socket.on("error", t.callback("error"))
        second.write("x", t.callback("written"))
        third.end(t.callback("ended"))
        fourth.write(b"y", t.callback("written"))
        client.resume()

    with_peer(t, ready)


@case(about="a socket made from the handle of a listening server seems open, and stays so")
def OfServer(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        socket = t.watch("socket", t.net.Socket(handle=server._handle))
        socket.on("error", t.callback("error"))
        t.snapshot(socket)
        t.immediate(lambda: t.immediate(lambda: t.exit(0)))

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a socket made from a BoundSocket is bound to its address and connects from there")
def OfBoundSocket(t):
    server = t.net.create_server(lambda peer: peer.end("hi"))
    bound = t.net.BoundSocket(host="127.0.0.1")

    def on_listening():
        socket = t.watch("socket", t.net.Socket(handle=bound))
        t.snapshot(socket)
        socket.on("error", t.callback("error"))
        socket.connect(server.address().port, "127.0.0.1")
        socket.on("data", t.callback("data"))
        server.close()

    server.listen(0, "127.0.0.1", on_listening)
