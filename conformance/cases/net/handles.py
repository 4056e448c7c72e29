"""The option handle of net.Socket: what has been another socket's goes on in a new one."""

from conformance import case


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


@case(about="a socket made of a handle with on_read fills its buffer")
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


@case(about="a socket made of a handle that is not to be readable is not read, and may be written")
def NotReadable(t):
    def ready(peer, client):
        second = t.watch("second", t.net.Socket(handle=peer._handle, readable=False))
        t.snapshot(second)
        second.on("data", t.callback("data"))
        second.end("bye")
        client.on("end", lambda: t.exit(0))
        client.resume()

    with_peer(t, ready)


@case(about="a socket made of a handle may be paused from the start, and starts with resume()")
def Paused(t):
    def ready(peer, client):
        second = t.watch("second", t.net.Socket(handle=peer._handle, pause_on_create=True))
        t.snapshot(second)
        second.on("data", t.callback("data"))
        t.immediate(lambda: t.immediate(lambda: second.resume()))
        second.on("end", lambda: t.exit(0))
        t.immediate(lambda: client.end())

    with_peer(t, ready)


@case(about="a socket made of a handle with manual_start is not read until somebody asks for data")
def ManualStart(t):
    def ready(peer, client):
        second = t.watch("second", t.net.Socket(handle=peer._handle, manual_start=True))
        t.snapshot(second)
        second.on("end", lambda: t.exit(0))
        t.immediate(lambda: t.immediate(lambda: second.on("data", t.callback("data"))))
        t.immediate(lambda: client.end())

    with_peer(t, ready)


@case(about="a socket made of a handle that is closing fails with its first read: EINVAL")
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


@case(about="a write through a handle that is closing fails, too, and so does end()")
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


@case(about="a socket made of the handle of a server that listens seems open, and stays so")
def OfServer(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        socket = t.watch("socket", t.net.Socket(handle=server._handle))
        socket.on("error", t.callback("error"))
        t.snapshot(socket)
        t.immediate(lambda: t.immediate(lambda: t.exit(0)))

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a socket made of a bound socket is bound there, and connects from there")
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


@case(about="a handle that is none throws when it is asked to read")
def NoHandle(t):
    t.attempt("text", lambda: t.net.Socket(handle="x"))
    t.attempt("number", lambda: t.net.Socket(handle=5))
    t.attempt("object", lambda: t.net.Socket(handle={}))
    t.attempt("true", lambda: t.net.Socket(handle=True))
    t.attempt("socket", lambda: t.net.Socket(handle=t.net.Socket()))
