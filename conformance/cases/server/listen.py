"""Listening: the forms of listen(), what is resolved and bound, and when 'listening' comes."""

from conformance import case


def where(server):
    """Without the port, which the kernel may give out again."""
    return [server.address().address, server.address().family]


@case(about="the methods of a server return it, and ignore a callback that is not a function")
def MethodsReturnTheServer(t):
    server = t.watch("server", t.net.create_server())
    t.attempt("ref", lambda: server.ref())
    t.attempt("unref", lambda: server.unref())
    t.attempt("ref again", lambda: server.ref())
    t.attempt("listen", lambda: server.listen(0, "127.0.0.1", "no function"))

    def on_listening():
        t.attempt("get_connections", lambda: server.get_connections(t.callback("counted")))
        t.attempt("close", lambda: server.close("no function"))

    server.on("listening", on_listening)


@case(about="the callback of a listen() that failed waits for the next success, and both callbacks run then")
def CallbackOutlivesAFailedListen(t):
    taken = t.net.create_server()

    def on_taken():
        server = t.watch("server", t.net.create_server())

        def on_error(error):
            t.note("listeners left", server.listener_count("listening"))
            server.listen(0, "127.0.0.1", t.callback("second", lambda: server.close(lambda: taken.close())))

        server.on("error", on_error)
        server.listen(taken.address().port, "127.0.0.1", t.callback("first"))

    taken.listen(0, "127.0.0.1", on_taken)


@case(about="a host name is resolved first: until the answer the server neither listens nor has an address")
def HostIsLookedUp(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.note("address", server.address().address)
        t.note("family", server.address().family)
        server.close(t.callback("closed"))

    server.listen(0, "127.1", t.callback("listening", on_listening))
    t.note("at once", server.listening)
    t.note("address at once", server.address())
    t.next_tick(lambda: t.note("in a tick", server.listening))
    t.microtask(lambda: t.note("in a microtask", server.listening))


@case(about="an address as host is bound on a later tick, without a host on the spot")
def BoundOnTheSpotOrATickLater(t):
    def watch(name, server):
        t.watch(name, server)

        def on_listening():
            t.next_tick(lambda: t.note(f"tick of {name}", None))
            t.microtask(lambda: t.note(f"microtask of {name}", None))
            server.close()

        server.on("listening", on_listening)

    address = t.net.create_server()
    watch("address", address)
    address.listen(0, "127.0.0.1")
    t.note("with an address", address.listening)
    t.next_tick(lambda: t.note("tick", address.listening))
    t.microtask(lambda: t.note("microtask", None))
    everywhere = t.net.create_server()
    watch("everywhere", everywhere)
    everywhere.listen(0)
    t.note("without a host", everywhere.listening)
    t.note("has a port", everywhere.address().port > 0)


@case(
    about="close() before the host name is resolved: nothing is bound, 'listening' never comes, 'close' does"
)
def CloseBeforeLookup(t):
    server = t.watch("server", t.net.create_server())
    server.listen(0, "127.1", t.callback("listening"))
    server.close(t.callback("closed"))
    t.note("listening", server.listening)


@case(about="a second listen(), on an address or a name, gives up the first one if that still resolves its host")
def ListenWhileLookup(t):
    hosts = [["127.0.0.1", "127.0.0.1"], ["127.1", "127.0.0.1"], ["127.1", "127.2"]]

    def listen_twice():
        first, second = hosts.pop(0)
        server = t.watch(f"{first}, then {second}", t.net.create_server())

        def on_listening():
            t.note("address", server.address().address)
            t.immediate(lambda: t.immediate(lambda: server.close(t.callback("closed"))))

        def on_close():
            if len(hosts) > 0:
                listen_twice()

        server.on("error", lambda error: t.note("error", error))
        server.once("listening", on_listening)
        server.on("close", on_close)
        server.listen(0, first, t.callback("first"))
        t.attempt("again", lambda: server.listen(0, second, t.callback("second")))
        t.note("listening", server.listening)

    listen_twice()


@case(about="close() and listen() again before the host name is resolved: only the second listens")
def ListenAgainBeforeLookup(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.note("address", server.address().address)
        server.close(t.callback("closed again"))

    server.on("listening", on_listening)
    server.listen(0, "127.1", t.callback("first"))
    server.close(t.callback("closed"))
    server.listen(0, "127.0.0.3", t.callback("second"))


@case(about="a host that is neither empty nor a string makes listen() throw")
def HostOfTheWrongType(t):
    for host in [5, True, [], {}, 1.5]:
        server = t.net.create_server()
        t.attempt("listen", lambda: server.listen(port=0, host=host))
        t.note("listening", server.listening)


@case(about="a host that counts as none, or an empty one, listens on :: with IPv4 mapped", skip_unless="ipv6")
def NoHostIsAllHosts(t):
    for host in ["", None, 0, False]:
        server = t.net.create_server()
        server.listen(port=0, host=host)
        t.note("address", where(server))
        t.kernel(server)
        server.close()
    bare = t.net.create_server()
    bare.listen()
    t.note("bare", where(bare))
    bare.close()
    with_callback = t.net.create_server()
    with_callback.listen(lambda: with_callback.close(t.callback("closed")))
    t.note("with a callback", where(with_callback))


@case(
    about="with ipv6_only a server on :: leaves the port free on 0.0.0.0 and refuses IPv4 clients",
    skip_unless="ipv6",
)
class Ipv6Only:
    def server(t):
        server = t.watch("server", t.net.create_server(lambda peer: peer.end()))
        other = t.watch("other", t.net.create_server())

        def on_listening():
            t.note("address", server.address())
            t.kernel(server)
            t.publish(port=server.address().port)

        def on_connection(peer):
            t.note("from", peer.remote_address)
            peer.resume()
            peer.end()
            port = server.address().port
            server.close()
            other.listen(port, "0.0.0.0", lambda: other.close())

        server.on("connection", on_connection)
        server.listen(on_listening, port=0, host="::", ipv6_only=True)

    def client(t, port):
        four = t.watch("four", t.net.connect(port, "127.0.0.1"))

        def on_error(error):
            six = t.watch("six", t.net.connect(port, "::1"))
            six.resume()

        four.on("error", on_error)


@case(about="an IPv4 and an IPv6-only server share a port", skip_unless="ipv6")
def SamePortOnBothFamilies(t):
    six = t.watch("six", t.net.create_server())
    four = t.watch("four", t.net.create_server())

    def on_six():
        four.listen(on_four, port=six.address().port, host="0.0.0.0")

    def on_four():
        t.note("same port", six.address().port == four.address().port)
        six.close()
        four.close()

    six.listen(on_six, port=0, host="::", ipv6_only=True)


@case(about="a server on :: takes the port from 0.0.0.0 as well", skip_unless="ipv6")
def DualStackTakesBothFamilies(t):
    six = t.net.create_server()

    def on_six():
        four = t.watch("four", t.net.create_server())
        four.on("error", lambda error: six.close())
        four.listen(six.address().port, "0.0.0.0")

    six.listen(0, on_six)


@case(about="an IPv6 address with a zone can be listened on", skip_unless="ipv6")
def ZonedAddress(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", lambda error: t.note("error", error))

    def on_listening():
        t.note("address", server.address())
        server.close()

    server.listen(0, "::1%lo", on_listening)


@case(about="where port and path are both given the port counts")
def PortBeatsPath(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.note("address", server.address())
        server.close()

    server.listen(on_listening, port=0, host="127.0.0.1", path=t.path("unused.sock"))


@case(about="a string that spells a number is a port, and any other is a path")
def StringsAsPortsAndPaths(t):
    path = t.net.create_server()
    path.listen("8x")
    t.note("a path", path.address())
    path.close()
    t.note("after close()", path.address())
    for spelling in ["0", "0x0", " 0 ", "00", "0.0", "0b0"]:
        server = t.net.create_server()
        server.listen(spelling)
        t.note(spelling, server.address().family)
        server.close()


@case(about="a negative number in a string is a path")
def NegativeNumberIsAPath(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", lambda error: t.note("error", error))

    def on_listening():
        t.note("address", server.address())
        server.close(t.callback("closed"))

    server.listen("-1", on_listening)


@case(about="a port of null listens on any free port", skip_unless="ipv6")
def NullPort(t):
    def listen(*args):
        server = t.net.create_server()

        def on_listening():
            t.note("where", where(server))
            server.close()

        server.on("listening", on_listening)
        server.listen(*args)

    listen(None)
    listen(None, "127.0.0.1")
    listen(None, None)
    listen({"port": None})
    listen({"port": None, "host": "::1"})
    listen(None, 5)


@case(about="the backlog is taken from the second or third argument or the options; by default it is 511")
def BacklogForms(t):
    def kernel(*args):
        server = t.net.create_server()

        def on_listening():
            t.note("arguments", args)
            t.kernel(server)
            server.close()

        server.on("listening", on_listening)
        server.listen(*args)

    kernel(0)
    kernel(0, 7)
    kernel(0, "127.0.0.1", 8)
    kernel(0, "127.0.0.1", "9")
    kernel(0, "127.0.0.1", "many")
    kernel(0, "127.0.0.1", 0)
    kernel(0, "127.0.0.1", -1)
    kernel(0, "127.0.0.1", 10.7)
    kernel({"port": 0, "backlog": 11})
    kernel({"port": 0, "host": "127.0.0.1", "backlog": "12"})
    kernel({"port": 0, "backlog": 13}, 14)
    kernel({"port": 0}, 15)
    kernel({"port": 0}, 16, 17)
    kernel({"port": 0, "backlog": True})
    kernel({"port": 0, "backlog": None})
    kernel({"port": 0, "backlog": 4294967297})


@case(about="reuse_port lets two servers share a port, and the kernel knows of it")
def ReusePort(t):
    first = t.watch("first", t.net.create_server())
    second = t.watch("second", t.net.create_server())

    def on_first():
        t.kernel(first)
        second.listen(on_second, port=first.address().port, host="127.0.0.1", reuse_port=True)

    def on_second():
        t.note("same port", first.address().port == second.address().port)
        first.close()
        second.close()

    first.listen(on_first, port=0, host="127.0.0.1", reuse_port=True)


@case(about="reuse_port of the second server alone does not let it share the port")
def ReusePortOnOneSide(t):
    first = t.net.create_server()

    def on_first():
        second = t.watch("second", t.net.create_server())
        second.on("error", lambda error: first.close())
        second.listen(port=first.address().port, host="127.0.0.1", reuse_port=True)

    first.listen(0, "127.0.0.1", on_first)


@case(about="exclusive changes nothing for a server in a process of its own")
def Exclusive(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.kernel(server)
        server.close()

    server.listen(on_listening, port=0, host="127.0.0.1", exclusive=True)


@case(about="create_server() takes a listener, options, or both; options may be null")
def CreateServerForms(t):
    listener = t.callback("connection")
    for server in [
        t.net.create_server(),
        t.net.create_server(listener),
        t.net.create_server({}, listener),
        t.net.create_server(None, listener),
        t.net.create_server(listener, allow_half_open=True),
        t.net.create_server({"pause_on_connect": True}),
        t.net.create_server(None),
        t.net.create_server({}, "no listener"),
        t.net.Server(listener),
        t.net.Server(),
    ]:
        t.note("listeners", server.listener_count("connection"))
        t.note("events", server.event_names())
        t.note("half open", server.allow_half_open)
        t.note("pause", server.pause_on_connect)
        t.snapshot(server)


@case(about="older listeners of 'listening' run before the callback of listen()")
def ListenCallbackRunsLast(t):
    server = t.watch("server", t.net.create_server())
    server.on("listening", lambda: t.note("older", server.listening))
    returned = server.listen(0, "127.0.0.1", lambda: t.note("callback", server.listening))
    t.note("returns itself", returned == server)
    server.on("listening", lambda: server.close())
    t.note("at once", server.listening)
    t.next_tick(lambda: t.note("in a tick", server.listening))


@case(
    about="a server's listeners may be removed between listen() and 'listening'; the event is emitted to nobody"
)
def ListenersRemoved(t):
    server = t.watch("server", t.net.create_server())
    server.listen(0, t.callback("not reached"))
    server.remove_all_listeners("listening")
    t.immediate(lambda: t.note("listening", server.listening))
    t.immediate(lambda: server.close())


@case(about="address() after a second listen() is that of the second, be it a path or a port")
def PathThenPort(t):
    server = t.watch("server", t.net.create_server())

    def on_path():
        t.note("path", server.address())
        server.close(t.callback("closed", on_closed))
        t.note("after close()", server.address())

    def on_closed():
        server.listen(0, "127.0.0.1", on_port)

    def on_port():
        t.note("port", server.address())
        server.close()
        t.note("after close()", server.address())

    server.listen(t.path("first.sock"), on_path)
