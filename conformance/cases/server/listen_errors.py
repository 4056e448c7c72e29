"""What listen() throws at once and what it reports by 'error'."""

from conformance import case
from conformance.scenery import SERVER, closely


@case(about="options without port, path and usable fd throw ERR_INVALID_ARG_VALUE that shows them")
def NoPortNoPath(t):
    server = t.watch("server", t.net.create_server())
    t.attempt("empty", lambda: server.listen({}))
    t.attempt("host", lambda: server.listen(host="127.0.0.1"))
    t.attempt("backlog", lambda: server.listen({"backlog": 5}, 5))
    t.attempt("fd -1", lambda: server.listen(fd=-1))
    t.attempt("fd text", lambda: server.listen(fd="3"))
    t.attempt("fd null", lambda: server.listen(fd=None))
    t.attempt("fd true", lambda: server.listen(fd=True))
    t.attempt("list", lambda: server.listen([]))
    t.attempt("list of a port", lambda: server.listen([0]))
    t.attempt("nested", lambda: server.listen({"a": {"b": [1, "two", None, True]}, "c": b"bytes"}))
    t.note("listening", server.listening)


@case(about="a port or path that can be neither throws ERR_INVALID_ARG_VALUE that shows the options")
def UnusablePortOrPath(t):
    server = t.watch("server", t.net.create_server())
    t.attempt("port true", lambda: server.listen(port=True))
    t.attempt("port false", lambda: server.listen(port=False))
    t.attempt("port object", lambda: server.listen(port={}))
    t.attempt("port list", lambda: server.listen(port=[1]))
    t.attempt("path number", lambda: server.listen(path=5))
    t.attempt("path empty", lambda: server.listen(path=""))
    t.attempt("path null", lambda: server.listen(path=None))
    t.attempt("path number in a string", lambda: server.listen(path="80"))
    t.attempt("path and host", lambda: server.listen(host="127.0.0.1", path=0))
    t.attempt("true", lambda: server.listen(True))
    t.attempt("false", lambda: server.listen(False))
    t.attempt("true and host", lambda: server.listen(True, "127.0.0.1"))
    t.note("listening", server.listening)


@case(
    about="a port outside 0 to 65535, or a fraction, throws ERR_SOCKET_BAD_PORT, in whatever form it was given"
)
def PortOutOfRange(t):
    server = t.watch("server", t.net.create_server())
    t.attempt("65536", lambda: server.listen(65536))
    t.attempt("-1", lambda: server.listen(-1, "127.0.0.1"))
    t.attempt("option", lambda: server.listen(port=65536))
    t.attempt("option and path", lambda: server.listen(port=-1, path="x"))
    t.attempt("text", lambda: server.listen("65536"))
    t.attempt("text option", lambda: server.listen(port="70000", host="127.0.0.1"))
    t.attempt("hexadecimal", lambda: server.listen("0x10000"))
    t.attempt("fraction", lambda: server.listen(1.5))
    t.attempt("infinite", lambda: server.listen(port=float("inf")))
    t.attempt("no number", lambda: server.listen(port=float("nan")))
    t.attempt("word", lambda: server.listen(port="http"))
    t.attempt("empty", lambda: server.listen(port=" "))
    t.note("listening", server.listening)


@case(about="listen() that threw has already added its callback; the next success calls it")
def CallbackOfAThrow(t):
    server = t.watch("server", t.net.create_server())
    t.attempt("bad", lambda: server.listen(65536, "127.0.0.1", t.callback("of the bad one")))
    t.attempt("bad options", lambda: server.listen({}, t.callback("of the bad options")))
    t.note("listeners", server.listener_count("listening"))
    server.listen(0, "127.0.0.1", t.callback("of the good one", lambda: server.close()))


@case(about="listen() on a server that listens throws before it adds its callback or looks at its arguments")
def AlreadyListening(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.attempt("in 'listening'", lambda: server.listen(0, "127.0.0.1"))
        t.note("listening", server.listening)
        server.close()

    server.listen(0, t.callback("listening", on_listening))
    t.attempt("again", lambda: server.listen(0, t.callback("never")))
    t.attempt("bad port", lambda: server.listen(65536))
    t.attempt("bad options", lambda: server.listen({}))
    t.note("listeners", server.listener_count("listening"))


@case(about="a failed listen() emits 'error' later and no 'close'; close() then fails with ERR_SERVER_NOT_RUNNING")
def NoCloseAfterError(t):
    taken = t.net.create_server()

    def listen(name, port, host):
        server = t.watch(name, t.net.create_server())
        server.on("error", t.callback("error", lambda: look(server)))
        server.listen(port, host, t.callback("listening"))
        t.note("at once", server.listening)
        t.snapshot(server)

    def look(server):
        t.note("listening", server.listening)
        t.note("address", server.address())
        t.snapshot(server)
        t.immediate(lambda: server.close(t.callback("closed")))

    def on_listening():
        listen("address in use", taken.address().port, "127.0.0.1")
        listen("address of another machine", 0, "192.0.2.1")
        t.immediate(lambda: t.immediate(lambda: taken.close()))

    taken.listen(0, "127.0.0.1", on_listening)


@case(about="a port in use on :: is EADDRINUSE with :::port in its message", skip_unless="ipv6")
def AddressInUseEverywhere(t):
    first = t.net.create_server()

    def on_first():
        second = t.watch("second", t.net.create_server())
        second.on("error", t.callback("error", lambda error: first.close()))
        t.attempt("listen", lambda: second.listen(first.address().port))
        t.note("at once", second.listening)
        t.note("address", second.address())
        t.next_tick(lambda: t.note("tick after listen()", None))

    first.listen(0, on_first)


@case(about="a failed listen() without an 'error' listener ends the process with code 1")
def NobodyHearsTheError(t):
    server = t.watch("server", t.net.create_server())
    t.immediate(lambda: t.note("not reached", None))
    server.listen(0, "192.0.2.1", t.callback("listening"))


@case(about="a failed listen() whose 'error' is uncaught but survived leaves the server able to listen")
def UncaughtErrorSurvived(t):
    server = t.watch("server", t.net.create_server())

    def on_uncaught(error):
        t.note("survived", error)
        server.listen(0, "127.0.0.1", t.callback("listening", lambda: server.close(t.callback("closed"))))

    t.on_uncaught(on_uncaught)
    server.listen(0, "192.0.2.1")


@case(about="an 'error' from a failed listen() comes even if the server was closed in the same turn")
def ErrorAfterClose(t):
    taken = t.net.create_server()

    def on_taken():
        server = t.watch("server", t.net.create_server())
        server.on("error", t.callback("error", lambda error: taken.close()))
        server.listen(taken.address().port)
        server.close(t.callback("closed"))

    taken.listen(0, on_taken)


@case(about="of two servers that want the port in one turn the first gets it")
def TwoWantThePort(t):
    probe = t.net.create_server()

    def on_probe():
        port = probe.address().port
        probe.close(lambda: race(port))

    def race(port):
        first = t.watch("first", t.net.create_server())
        second = t.watch("second", t.net.create_server())
        second.on("error", t.callback("error", lambda error: first.close()))
        first.listen(port, "127.0.0.1", t.callback("first listens"))
        second.listen(port, "127.0.0.1", t.callback("second listens"))

    probe.listen(0, "127.0.0.1", on_probe)


@case(about="an IPv6 address that is not the machine's is EADDRNOTAVAIL, reported as it was given", skip_unless="ipv6")
def Ipv6AddressNotAvailable(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    server.listen(0, "2001:DB8::0001")


@case(about="an address that is malformed for its family fails with EINVAL or ENOTFOUND")
def OddHosts(t):
    hosts = ["256.0.0.1", "[::1]", "127.0.0.1 ", "1.2.3.4.5", "::g"]
    server = t.watch("server", t.net.create_server())

    def listen():
        if len(hosts) > 0:
            server.listen(0, hosts.pop(0))

    server.on("error", lambda error: listen())
    listen()


@case(about="a host with a NUL byte throws")
def HostWithNul(t):
    server = t.watch("server", t.net.create_server())
    t.attempt("listen", lambda: server.listen(0, "127.0.0.1\0"))
    t.note("listening", server.listening)


@case(about="a listen() that throws gives up the one before it that still looks its host up: nothing listens")
def ListenThatThrows(t):
    server = t.watch("server", t.net.create_server())
    server.listen(0, "127.0.0.1", t.callback("listening"))
    t.attempt("no port", lambda: server.listen({}))
    t.immediate(lambda: t.note("listening", server.listening))


@case(about="listen() on a host name that cannot be resolved emits 'error' with ENOTFOUND and no 'listening'")
def HostNotFound(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", t.callback("error"))
    server.listen(0, "no..host", t.callback("listening"))


@case(about="a server that cannot listen fails step by step as in Node, and can be used again")
def FailingSteps(t):
    first = t.net.create_server()
    second = closely(t, "second", t.net.create_server(), SERVER)

    def failed(error):
        t.note("failed", [error, second.listening, second.address()])
        second.listen(0, "127.0.0.1", lambda: [second.close(), first.close()])

    second.once("error", failed)
    first.listen(t.path("taken.sock"), lambda: second.listen(t.path("taken.sock")))
    t.attempt("not a path", lambda: t.net.create_server().listen(path=1))
