"""The options fd and handle of sockets and servers."""

from conformance import case


@case(
    about="an fd that is no whole number from 0 up throws, one that is no open descriptor is ERR_INVALID_FD_TYPE"
)
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


@case(about="listen() on a descriptor that is not open is 'error' EINVAL on a tick, without an address")
def ListenFdErrors(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    t.attempt("listen", lambda: server.listen(fd=9999) is server)
    t.note("listening", server.listening)
    t.next_tick(lambda: t.note("tick", None))


@case(about="listen() on a descriptor that failed can be followed by another listen()")
def ListenAfterFdError(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error", lambda: server.listen(0, "127.0.0.1", lambda: server.close())))
    server.listen(fd=9999)


@case(about="the fd wins over port and path in listen()")
def FdWins(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    server.listen(fd=9999, port=0, path=t.path("unused.sock"), host="no..host")


@case(
    about="a server listens on the handle of another: both accept, and closing one closes the handle of both"
)
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


@case(about="what has a _handle serves listen() as what that handle is; options there count")
def ListenOnHandle(t):
    server = t.watch("server", t.net.create_server())
    t.attempt("nested", lambda: server.listen({"_handle": {"port": 70000}}))
    t.attempt("nothing in it", lambda: server.listen({"_handle": {}}))
    t.note("listening", server.listening)


@case(about="a handle that is null or 0 counts as none")
def NoHandle(t):
    t.attempt("null", lambda: t.net.Socket(handle=None).pending)
    t.attempt("zero", lambda: t.net.Socket(handle=0).pending)
    t.attempt("empty", lambda: t.net.Socket(handle="").pending)
    t.attempt("false", lambda: t.net.Socket(handle=False).pending)


@case(about="the handle of a connected socket given to a new one moves the connection there")
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
        server.listen(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.write("moved")


@case(about="new Socket() takes anything for options: nothing, null, text, true, a list")
def LenientSocket(t):
    t.attempt("nothing", lambda: t.net.Socket().ready_state)
    t.attempt("null", lambda: t.net.Socket(None).ready_state)
    t.attempt("text", lambda: t.net.Socket("x").ready_state)
    t.attempt("true", lambda: t.net.Socket(True).ready_state)
    t.attempt("list", lambda: t.net.Socket([]).ready_state)
    t.attempt("readable", lambda: t.net.Socket(readable=False, writable=False).ready_state)
    t.attempt("write only", lambda: t.net.Socket(readable=False).ready_state)
    t.attempt("read only", lambda: t.net.Socket(writable=False).ready_state)
