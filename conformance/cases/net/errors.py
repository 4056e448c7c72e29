"""Errors: who gets them, with which code and text, and what state they leave behind."""

from conformance import case
from conformance.scenery import accept_one


@case(about="a refused connection emits one 'error' with the address and port, then 'close' with true")
def Refused(t):
    server = t.net.create_server()

    def on_listening():
        port = server.address().port
        server.close(lambda: connect(port))

    def connect(port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_error(error):
            t.snapshot(client)
            t.next_tick(lambda: t.note("tick", None))
            t.immediate(lambda: t.note("immediate", None))

        client.on("error", on_error)

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a refused IPv6 connection names its address without brackets", skip_unless="ipv6")
def RefusedIpv6(t):
    server = t.net.create_server()

    def on_listening():
        port = server.address().port
        server.close(lambda: connect(port))

    def connect(port):
        client = t.watch("client", t.net.connect(port, "::1"))
        client.on("error", t.callback("error"))

    server.listen(0, "::1", on_listening)


@case(about="connecting to a unix socket that does not exist fails with ENOENT and the path")
def UnixSocketMissing(t):
    client = t.watch("client", t.net.connect(t.path("missing.sock")))
    client.on("error", t.callback("error"))


@case(about="an 'error' without a listener ends the process with code 1")
def NoErrorListener(t):
    client = t.watch("client", t.net.connect(t.path("missing.sock")))
    client.on("close", t.callback("closed"))


@case(about="listen() on a port in use emits 'error' on a later tick, and no 'close'")
def AddressInUse(t):
    first = t.net.create_server()

    def on_listening():
        second = t.watch("second", t.net.create_server())
        second.on("error", t.callback("error", lambda error: after(second)))
        second.listen(first.address().port, "127.0.0.1", t.callback("listening"))
        t.note("at once", second.listening)

    def after(second):
        t.snapshot(second)
        second.close(t.callback("closed"))
        first.close()

    first.listen(0, "127.0.0.1", on_listening)


@case(about="listen() on a path in use reports the path as the address and -1 as the port")
def PathInUse(t):
    first = t.net.create_server()
    path = t.path("taken.sock")

    def on_listening():
        second = t.watch("second", t.net.create_server())
        second.on("error", t.callback("error", lambda error: first.close()))
        second.listen(path)

    first.listen(path, on_listening)


@case(about="listen() works again inside the 'error' of a port in use")
def ListenAgainAfterError(t):
    first = t.net.create_server()

    def on_listening():
        second = t.watch("second", t.net.create_server())
        second.on("error", lambda error: second.listen(0, "127.0.0.1"))

        def both_close():
            second.close()
            first.close()

        second.on("listening", both_close)
        second.listen(first.address().port, "127.0.0.1")

    first.listen(0, "127.0.0.1", on_listening)


@case(about="listen() on an address that the machine does not have fails with EADDRNOTAVAIL")
def AddressNotAvailable(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    server.listen(0, "192.0.2.1")
    t.snapshot(server)


@case(about="connect() to a host name that cannot be resolved emits 'lookup' and 'error', both with ENOTFOUND")
def HostNotFound(t):
    client = t.watch("client", t.net.connect(port=80, host="no..host"))
    client.on("error", t.callback("error"))
    t.note("state", client.ready_state)


@case(about="listen() on a host name that cannot be resolved emits 'error' with ENOTFOUND and no 'listening'")
def ServerHostNotFound(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    server.listen(0, "no..host", t.callback("listening"))


@case(about="listen() on a listening server throws ERR_SERVER_ALREADY_LISTEN and changes nothing")
def ListenTwice(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.attempt("again", lambda: server.listen(0, "127.0.0.1"))
        t.note("listening", server.listening)
        server.close()

    server.listen(0, "127.0.0.1", on_listening)
    t.attempt("while binding", lambda: server.listen(0, "127.0.0.1"))


@case(about="write() after end() gives ERR_STREAM_WRITE_AFTER_END to its callback and 'error'")
class WriteAfterEnd:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_connect():
            client.end("last")
            t.note("write returns", client.write("too late", t.callback("written")))
            t.note("state", client.ready_state)

        client.on("connect", on_connect)
        client.resume()


@case(about="write() after destroy() gives ERR_STREAM_DESTROYED to its callback alone")
class WriteAfterDestroy:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_connect():
            client.destroy()
            t.note("write returns", client.write("too late", t.callback("written")))

        client.on("connect", on_connect)


@case(about="write() on a socket that was never connected gives ERR_SOCKET_CLOSED and closes it")
def WriteUnconnected(t):
    socket = t.watch("socket", t.net.Socket())
    socket.on("error", t.callback("error"))
    t.note("write returns", socket.write("nowhere", t.callback("written")))
    t.note("state", socket.ready_state)


@case(about="a reset by the peer gives 'error' ECONNRESET and 'close' with true, but no 'end'")
class ResetByPeer:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv(5)
        peer.reset()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.on("data", lambda chunk: None)
        client.on("connect", lambda: client.write("hello"))


@case(about="an exception in a 'connection' listener leaves the server and the connection working")
def ConnectionListenerThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        t.watch("peer", peer)
        peer.resume()
        peer.end("still here")
        server.close()
        raise t.error("the listener's own")

    server.on("connection", on_connection)

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.resume()

    server.listen(0, "127.0.0.1", on_listening)
