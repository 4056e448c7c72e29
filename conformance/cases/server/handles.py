"""Servers that listen on what is there already: a descriptor, a handle, another server's handle."""

from conformance import case


@case(about="listen() on a descriptor that is not open emits 'error' EINVAL on a tick, without an address")
def ListenFdErrors(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    t.attempt("listen", lambda: server.listen(fd=9999) is server)
    t.note("listening", server.listening)
    t.next_tick(lambda: t.note("tick", None))


@case(about="a server whose listen() on a descriptor failed can listen again")
def ListenAfterFdError(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error", lambda: server.listen(0, "127.0.0.1", lambda: server.close())))
    server.listen(fd=9999)


@case(about="listen() uses the fd rather than the port or path")
def FdWins(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    server.listen(fd=9999, port=0, path=t.path("unused.sock"), host="no..host")


@case(about="a server that listens on the handle of another shares it: closing one closes both")
def ListenOnServer(t):
    first = t.watch("first", t.net.create_server())
    second = t.watch("second", t.net.create_server())

    def on_second():
        t.note("same port", second.address().port == first.address().port)
        second.close()
        t.note("first address", first.address())
        t.note("second address", second.address())
        first.close()

    first.listen(0, "127.0.0.1", lambda: second.listen(first, on_second))


@case(about="listen() takes the _handle of an object for the object, and reads the options there")
def ListenOnHandle(t):
    server = t.watch("server", t.net.create_server())
    t.attempt("nested", lambda: server.listen({"_handle": {"port": 70000}}))
    t.attempt("nothing in it", lambda: server.listen({"_handle": {}}))
    t.note("listening", server.listening)


@case(about="a handle that is null, 0, empty or false counts as absent")
def NoHandle(t):
    t.attempt("null", lambda: t.net.Socket(handle=None).pending)
    t.attempt("zero", lambda: t.net.Socket(handle=0).pending)
    t.attempt("empty", lambda: t.net.Socket(handle="").pending)
    t.attempt("false", lambda: t.net.Socket(handle=False).pending)


@case(about="listen() on a descriptor that the loop already watches emits 'error' EEXIST")
def ListenOnWatchedFd(t):
    first = t.net.create_server()
    second = t.watch("second", t.net.create_server())
    second.on("error", t.callback("error", lambda: first.close()))
    first.listen(0, "127.0.0.1", lambda: second.listen(fd=first._handle.fd))


@case(about="listen() on a bound descriptor listens at its address, and ignores port and host")
class ListenOnBoundFd:
    def server(t):
        bound = t.net.BoundSocket(host="127.0.0.1")
        server = t.watch("server", t.net.create_server(lambda peer: peer.end("hello")))
        server.on("connection", lambda peer: server.close())
        server.on("close", lambda: t.exit(0))  # the bound socket has been left without its descriptor

        def on_listening():
            t.kernel(server)
            t.note("address", server.address().address)
            t.note("same port", server.address().port == bound.address().port)
            t.publish(port=bound.address().port)

        server.listen({"fd": bound.fd(), "port": 1, "host": "127.0.0.2", "backlog": 7}, on_listening)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("data", t.callback("data"))


@case(about="a server can listen on the handle of another: both have its port")
def ListenOnAnotherServer(t):
    first = t.watch("first", t.net.create_server())
    second = t.watch("second", t.net.create_server())

    def on_first():
        second.listen(first, t.callback("second listens", on_second))
        t.note("at once", second.listening)

    def on_second():
        t.note("same port", first.address().port == second.address().port)
        first.close(t.callback("first closed"))
        t.note("first", first.listening)
        t.note("second", second.listening)
        second.close(t.callback("second closed"))

    first.listen(0, "127.0.0.1", on_first)


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


@case(about="a server on another's handle accepts nothing once that one is closed, and its address() throws")
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


@case(about="listen() on a descriptor that is not open reports EINVAL")
def BadDescriptor(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    server.listen({"fd": 999}, t.callback("listening"))
    t.note("listening", server.listening)
    t.note("address", server.address())


@case(about="listen() takes the descriptor 0")
def ListenFdZero(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", lambda error: t.note("failed", [error.code in ["EINVAL", "ENOTSOCK"], error.syscall]))
    t.attempt("fd 0", lambda: server.listen(fd=0) is server)
