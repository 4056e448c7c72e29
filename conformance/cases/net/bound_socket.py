"""net.BoundSocket: an address that is bound at once, for a server or a socket to take over."""

from conformance import case
from conformance.scenery import serve


@case(
    about="a BoundSocket is bound when it is made, by default to 0.0.0.0 and any free port",
    skip_unless="node^24.19||>=26.4",
)
def Basics(t):
    bound = t.net.BoundSocket()
    t.note("address", bound.address().address)
    t.note("family", bound.address().family)
    t.note("port", bound.address().port > 0)
    t.note("fd", bound.fd() >= 0)
    t.note("active", t.active())
    t.attempt("close", lambda: bound.close())
    loopback = t.net.BoundSocket(host="127.0.0.1", port=0)
    t.note("loopback", loopback.address().address)
    loopback.close()
    t.attempt("empty options", lambda: t.net.BoundSocket({}).close())


@case(about="with ipv6_only a BoundSocket binds to :: by default", skip_unless="ipv6 node^24.19||>=26.4")
def Ipv6(t):
    six = t.net.BoundSocket(ipv6_only=True)
    t.note("address", six.address().address)
    t.note("family", six.address().family)
    six.close()
    local = t.net.BoundSocket(host="::1")
    t.note("local", local.address().address)
    local.close()
    t.attempt(
        "ipv6_only of IPv4", lambda: t.net.BoundSocket(host="127.0.0.1", ipv6_only=True).address().address
    )


@case(about="a BoundSocket alone does not keep the process alive", skip_unless="node^24.19||>=26.4")
def NoLife(t):
    bound = t.net.BoundSocket(host="127.0.0.1")
    t.on_before_exit(lambda code: t.note("address", bound.address().address))


@case(
    about="BoundSocket() throws for options of the wrong type or range, and for a host name",
    skip_unless="node^24.19||>=26.4",
)
def Errors(t):
    t.attempt("null", lambda: t.net.BoundSocket(None))
    t.attempt("number", lambda: t.net.BoundSocket(80))
    t.attempt("text", lambda: t.net.BoundSocket("127.0.0.1"))
    t.attempt("port 65536", lambda: t.net.BoundSocket(port=65536))
    t.attempt("port text", lambda: t.net.BoundSocket(port="http"))
    t.attempt("port true", lambda: t.net.BoundSocket(port=True))
    t.attempt("host number", lambda: t.net.BoundSocket(host=5))
    t.attempt("host name", lambda: t.net.BoundSocket(host="localhost"))
    t.attempt("host empty", lambda: t.net.BoundSocket(host=""))
    t.attempt("ipv6_only", lambda: t.net.BoundSocket(ipv6_only=1))
    t.attempt("reuse_port", lambda: t.net.BoundSocket(reuse_port="yes"))
    t.attempt("foreign", lambda: t.net.BoundSocket(host="192.0.2.1", port=1))
    t.attempt("foreign without port", lambda: t.net.BoundSocket(host="192.0.2.1"))


@case(about="an option of BoundSocket() that is null counts as absent", skip_unless="node^24.19||>=26.4")
def Nulls(t):
    bound = t.attempt(
        "null",
        lambda: t.net.BoundSocket(host=None, port=None, ipv6_only=None, reuse_port=None).address().address,
    )
    t.note("address", bound)


@case(about="every method of a closed BoundSocket throws ERR_SOCKET_HANDLE_ADOPTED", skip_unless="node^24.19||>=26.4")
def Closed(t):
    bound = t.net.BoundSocket(host="127.0.0.1")
    bound.close()
    t.attempt("address", lambda: bound.address())
    t.attempt("fd", lambda: bound.fd())
    t.attempt("close", lambda: bound.close())
    t.attempt("socket", lambda: t.net.Socket(handle=bound))
    server = t.net.create_server()
    t.attempt("listen", lambda: server.listen(bound))
    t.note("listening", server.listening)


@case(
    about="listen() takes a BoundSocket over: the server has its address, and the BoundSocket is used up",
    skip_unless="node^24.19||>=26.4",
)
class Listen:
    def server(t):
        bound = t.net.BoundSocket(host="127.0.0.1")
        port = bound.address().port
        server = t.watch("server", t.net.create_server())

        def on_listening():
            t.snapshot(server)
            t.note("same port", server.address().port == port)
            t.attempt("bound address", lambda: bound.address())
            t.publish(port=port)

        def on_connection(peer):
            t.watch("peer", peer)
            peer.end("adopted")
            peer.resume()
            server.close()

        server.on("connection", on_connection)
        server.listen(bound, on_listening)
        t.attempt("at once", lambda: bound.fd())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="listen() also takes a BoundSocket as the option handle", skip_unless="node^24.19||>=26.4")
def ListenOption(t):
    bound = t.net.BoundSocket(host="127.0.0.1")
    port = bound.address().port
    server = t.watch("server", t.net.create_server())

    def on_listening():
        t.note("same port", server.address().port == port)
        server.close()

    t.attempt("listen", lambda: server.listen(on_listening, handle=bound) is server)


@case(about="closing the server frees the address that it took over", skip_unless="node^24.19||>=26.4")
def ListenAndClose(t):
    bound = t.net.BoundSocket(host="127.0.0.1")
    port = bound.address().port
    server = t.watch("server", t.net.create_server())
    server.listen(bound)
    server.close(lambda: again())

    def again():
        second = t.net.BoundSocket(host="127.0.0.1", port=port)
        t.note("same port", second.address().port == port)
        second.close()


@case(
    about="two BoundSockets may share a port until one listens; then the other fails with EADDRINUSE",
    skip_unless="node^24.19||>=26.4",
)
def DoubleBind(t):
    first = t.net.BoundSocket(host="127.0.0.1")
    second = t.attempt(
        "second", lambda: t.net.BoundSocket(host="127.0.0.1", port=first.address().port).fd() > 0
    )
    t.note("bound", second)
    third = t.net.BoundSocket(host="127.0.0.1", port=first.address().port)
    one = t.watch("one", t.net.create_server())
    other = t.watch("other", t.net.create_server())

    def on_error(error):
        one.close()
        t.attempt("used up", lambda: third.address())

    def on_listening():
        other.on("error", t.callback("error", on_error))
        other.listen(third)

    one.listen(first, on_listening)


@case(
    about="a socket that takes a BoundSocket over has its local address at once and connects from there",
    skip_unless="node^24.20||>=26.6",
)
class Connect:
    def server(t):
        def on_connection(peer):
            t.note("from", peer.remote_address)
            peer.end()
            peer.resume()

        serve(t, on_connection)

    def client(t, port):
        bound = t.net.BoundSocket(host="127.0.0.2")
        mine = bound.address().port
        client = t.watch("client", t.net.Socket(handle=bound))
        t.snapshot(client)
        t.attempt("used up", lambda: bound.address())
        client.connect(port, "127.0.0.1")
        t.snapshot(client)

        def on_connect():
            t.note("same port", client.local_port == mine)
            t.note("local address", client.local_address)

        client.on("connect", on_connect)
        client.resume()


@case(
    about="net.connect() with the option handle connects from the bound address",
    skip_unless="node^24.20||>=26.6",
)
class ConnectOption:
    def server(t):
        def on_connection(peer):
            t.note("from", peer.remote_address)
            peer.end()
            peer.resume()

        serve(t, on_connection)

    def client(t, port):
        bound = t.net.BoundSocket(host="127.0.0.2")
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", handle=bound))
        client.resume()


@case(
    about="destroying a socket that took a BoundSocket over frees the address, even if it never connected",
    skip_unless="node^24.19||>=26.4",
)
def DestroyedSocket(t):
    bound = t.net.BoundSocket(host="127.0.0.1")
    port = bound.address().port
    socket = t.watch("socket", t.net.Socket(handle=bound))

    def on_close(had_error):
        again = t.net.BoundSocket(host="127.0.0.1", port=port)
        t.note("same port", again.address().port == port)
        again.close()

    socket.on("close", on_close)
    socket.destroy()
    t.snapshot(socket)


@case(
    about="the error of a refused connect from a BoundSocket has its local address and port",
    skip_unless="node^24.19||>=26.4",
)
class Refused:
    def raw(r):
        r.publish(port=r.closed_port())

    def main(t, port):
        bound = t.net.BoundSocket(host="127.0.0.2")
        client = t.watch("client", t.net.Socket(handle=bound))
        client.on("error", t.callback("error"))
        client.connect(port, "127.0.0.1")


@case(
    about="connect() with local_address or local_port throws on a socket that took a BoundSocket over",
    skip_unless="node^24.19||>=26.4",
)
def BoundTwice(t):
    client = t.watch("client", t.net.Socket(handle=t.net.BoundSocket(host="127.0.0.1")))
    t.attempt("address", lambda: client.connect(port=1, host="127.0.0.1", local_address="127.0.0.3"))
    t.attempt("null", lambda: client.connect(port=1, host="127.0.0.1", local_address=None))
    t.attempt("port", lambda: client.connect(port=1, host="127.0.0.1", local_port=0))
    t.attempt("wrong port", lambda: client.connect(port=70000, local_port=5))
    t.note("connecting", client.connecting)
    client.destroy()


@case(about="with reuse_port two servers may listen on one port", skip_unless="node^24.19||>=26.4")
def ReusePort(t):
    first = t.net.BoundSocket(host="127.0.0.1", reuse_port=True)
    second = t.net.BoundSocket(host="127.0.0.1", port=first.address().port, reuse_port=True)
    one = t.watch("one", t.net.create_server())
    other = t.watch("other", t.net.create_server())

    def on_both():
        t.note("same port", one.address().port == other.address().port)
        one.close()
        other.close()

    one.listen(first, lambda: other.listen(second, on_both))


@case(
    about="a BoundSocket that connects to an address knows its source address at once",
    skip_unless="node^24.20||>=26.6",
)
def ConnectsAtOnce(t):
    server = t.net.create_server(lambda peer: peer.end())
    server.on("connection", lambda peer: server.close())

    def on_listening():
        client = t.watch("client", t.net.Socket(handle=t.net.BoundSocket(host="0.0.0.0")))
        client.connect(server.address().port, "127.0.0.1")
        t.note("address", client.address().address)
        client.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(
    about="a local address that was read before connect() stays the same until the connection is made",
    skip_unless="node^24.19||>=26.4",
)
def KeepsWhatWasAsked(t):
    server = t.net.create_server(lambda peer: peer.end())
    server.on("connection", lambda peer: server.close())

    def on_listening():
        client = t.net.Socket(handle=t.net.BoundSocket(host="0.0.0.0"))
        t.note("before", client.local_address)
        client.connect(server.address().port, "127.0.0.1", lambda: t.note("connected", client.local_address))
        t.note("connecting", client.local_address)
        client.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(
    about="a wrong family, a block list or destroy() in the attempt makes connect() of a BoundSocket fail at once",
    skip_unless="ipv6 node^24.20||>=26.6",
)
def FailsAtOnce(t):
    def connect(label, host, bound, block_list=None):
        client = t.watch(label, t.net.Socket(handle=t.net.BoundSocket(host=bound), block_list=block_list))
        client.on("error", t.callback("error"))
        t.attempt(label, lambda: client.connect(1, host) is client)
        t.note("destroyed", client.destroyed)

    blocked = t.net.BlockList()
    blocked.add_address("127.0.0.1")
    connect("ipv6 from ipv4", "::1", "127.0.0.1")
    connect("ipv4 from ipv6", "127.0.0.1", "::1")
    connect("blocked", "127.0.0.1", "127.0.0.1", blocked)
    client = t.net.Socket(handle=t.net.BoundSocket(host="127.0.0.1"))
    client.on("connectionAttempt", lambda *rest: client.destroy())
    t.attempt("destroyed inside", lambda: client.connect(1, "127.0.0.1"))


@case(
    about="a socket with a BoundSocket looks up a single address, even with auto_select_family",
    skip_unless="node^24.19||>=26.4",
)
def ConnectsByName(t):
    server = t.net.create_server(lambda peer: peer.end())
    server.on("connection", lambda peer: server.close())

    def answer(host, options, callback):
        t.note("all", options.all)
        callback(None, "127.0.0.1", 4)

    def on_listening():
        client = t.watch("client", t.net.Socket(handle=t.net.BoundSocket(host="127.0.0.1")))
        port = server.address().port
        client.connect(port=port, host="somewhere", lookup=answer)
        client.resume()
        other = t.net.Socket(handle=t.net.BoundSocket(host="127.0.0.1"))
        t.attempt("too", lambda: other.connect(port=port, host="a", lookup=answer, auto_select_family=True) and None)
        other.destroy()

    server.listen(0, "127.0.0.1", on_listening)


@case(
    about="a BoundSocket with a path is bound at once: address() is the path, and is_pipe stays true",
    skip_unless="node^24.20||>=26.7",
)
def Path(t):
    path = t.path("bound")
    bound = t.net.BoundSocket(path=path)
    t.note("path", bound.address() == path)
    t.note("is_pipe", bound.is_pipe)
    t.note("fd", bound.fd() >= 0)
    t.note("made", t.file_mode(path))
    bound.close()
    t.note("gone", t.file_mode(path))
    t.note("is_pipe", bound.is_pipe)
    t.attempt("address", lambda: bound.address())
    abstract = t.net.BoundSocket(path="\0nodesock-bound")
    t.note("abstract", [abstract.address(), abstract.is_pipe])
    abstract.close()


@case(
    about="the path of a BoundSocket must be a string, without other addresses, and must be free",
    skip_unless="node^24.20||>=26.7",
)
def PathErrors(t):
    for path in [None, 5, False, {}, b"x"]:
        t.attempt("type", lambda: t.net.BoundSocket(path=path))
    t.attempt("port", lambda: t.net.BoundSocket(path="x", port=0))
    t.attempt("null port", lambda: t.net.BoundSocket(path="x", port=None))
    t.attempt("host", lambda: t.net.BoundSocket(path=5, host="127.0.0.1"))
    t.attempt("ipv6_only", lambda: t.net.BoundSocket(path="x", ipv6_only=False))
    t.attempt("reuse_port", lambda: t.net.BoundSocket(path="x", reuse_port="no"))
    t.attempt("no directory", lambda: t.net.BoundSocket(path="/nowhere/bound"))
    t.attempt("too long", lambda: t.net.BoundSocket(path="x" * 200))
    t.attempt("a null byte", lambda: t.net.BoundSocket(path="a\0b"))
    path = t.path("taken")
    first = t.net.BoundSocket(path=path)
    t.attempt("taken", lambda: t.net.BoundSocket(path=path))
    first.close()


@case(about="a server that takes a bound path over has it as its address", skip_unless="node^24.20||>=26.7")
class ListenOnPath:
    def server(t):
        path = t.path("bound")
        bound = t.net.BoundSocket(path=path)
        server = t.watch("server", t.net.create_server())

        def on_listening():
            t.note("address", server.address() == path)
            t.attempt("used up", lambda: bound.address())
            t.publish(path=path)

        def on_connection(peer):
            peer.end("adopted")
            peer.resume()
            server.close(lambda: t.note("left", [t.file_mode(path), server.address() == path]))

        server.on("connection", on_connection)
        server.listen(on_listening, handle=bound)

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        client.resume()


@case(
    about="a socket that took a bound path over has it as its address, even when it is closed",
    skip_unless="node^24.20||>=26.7",
)
def ConnectFromPath(t):
    there, mine = t.path("there"), t.path("mine")
    server = t.net.create_server(lambda peer: [peer.end(), peer.resume(), server.close()])

    def state(client):
        t.note("state", [client.address().address == mine, client.local_address == mine, client.local_family])
        t.note("file", t.file_mode(mine))

    def on_listening():
        client = t.watch("client", t.net.Socket(handle=t.net.BoundSocket(path=mine)))
        state(client)
        client.on("connect", lambda: state(client))
        client.on("close", lambda failed: state(client))
        client.connect(there)
        client.resume()

    server.listen(there, on_listening)


@case(about="a socket that took a bound path over can only connect to a path", skip_unless="node^24.20||>=26.7")
def PathToPort(t):
    def connect(label, options):
        client = t.watch(label, t.net.Socket(handle=t.net.BoundSocket(path=t.path(label))))
        client.on("error", lambda error: t.note(label, error.code))
        t.attempt(label, lambda: client.connect(options) is client)
        t.note("connecting", client.connecting)
        client.destroy()

    connect("port", {"port": 1, "host": "127.0.0.1"})
    connect("null", {"path": None, "port": 1})
    connect("number", {"path": 5})
    connect("empty", {"path": "", "port": 1})
    connect("neither", {})
    connect("local", {"path": "nobody", "local_address": "127.0.0.1"})


@case(
    about="a socket that took a bound address over ignores the option path of connect()",
    skip_unless="node^24.20||>=26.9",
)
class AddressToPath:
    def raw(r):
        r.publish(port=r.closed_port())

    def main(t, port):
        def bound(label):
            client = t.watch(label, t.net.Socket(handle=t.net.BoundSocket(host="127.0.0.1")))
            client.on("error", lambda error: t.note(label, [error.code, error.address]))
            return client

        t.attempt("path", lambda: bound("path").connect(path=t.path("nobody")) and None)
        t.attempt("both", lambda: bound("both").connect(path=5, port=port, host="127.0.0.1") and None)
        t.attempt("local", lambda: bound("local").connect(path="x", local_port=5))


@case(about="a server on a BoundSocket with an empty path has no address", skip_unless="node>=24.21")
def EmptyPath(t):
    server = t.net.create_server()
    t.attempt("listen", lambda: server.listen(t.net.BoundSocket({"path": ""})) is server)
    t.note("address", server.address())
    server.close(t.callback("closed"))
