"""local_address and local_port: the client's choice of its own end of the connection, and how it fails."""

from conformance import case
from conformance.scenery import listen, serve


def serve_one(t, host):
    """Publish a port of `host` that takes one connection, notes where it comes from and reads it out."""
    server = t.net.create_server()

    def on_connection(peer):
        t.note("remote address", peer.remote_address)
        t.note("remote port", peer.remote_port)
        peer.resume()
        server.close()

    server.on("connection", on_connection)
    listen(t, server, host)


@case(about="local_port is the port from which the server sees the connection come")
class LocalPort:
    def raw(r):
        r.publish(local=r.closed_port())

    def server(t, local):
        t.note("expected port", local)
        serve_one(t, "127.0.0.1")

    def client(t, port, local):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", local_port=local))

        def on_connect():
            t.note("address", client.address())
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="local_address and local_port are both set, as the kernel confirms")
class Both:
    def raw(r):
        r.publish(local=r.closed_port())

    def server(t, local):
        serve_one(t, "127.0.0.1")

    def client(t, port, local):
        client = t.watch("client", t.net.Socket())
        client.connect(port=port, host="127.0.0.1", local_address="127.0.0.7", local_port=local)
        t.note("before", client.address())

        def on_connect():
            t.note("address", client.address())
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="local_address may be an IPv6 address", skip_unless="ipv6")
class Ipv6:
    def server(t):
        serve_one(t, "::1")

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="::1", local_address="::1"))

        def on_connect():
            t.note("address", client.address())
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="local_address applies to the addresses of a lookup, which is asked for its family only")
class WithLookup:
    def server(t):
        serve_one(t, "127.0.0.1")

    def client(t, port):
        def lookup(hostname, options, callback):
            t.note("all", options.all)
            callback(None, "127.0.0.1", 4)

        client = t.watch("client", t.net.Socket())
        client.connect(port=port, host="a.test", local_address="127.0.0.8", lookup=lookup)

        def on_connect():
            t.note("address", client.address())
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="a local_address that the machine does not have fails with bind EADDRNOTAVAIL, without an attempt")
def ForeignAddress(t):
    client = t.watch("client", t.net.connect(port=80, host="127.0.0.1", local_address="192.0.2.1"))
    client.on("error", t.callback("error"))
    client.on("close", lambda had_error: t.snapshot(client))


@case(about="the error of a failed bind has the port that was asked for")
def ForeignAddressWithPort(t):
    client = t.net.connect(port=80, host="127.0.0.1", local_address="192.0.2.1", local_port=5000)
    t.watch("client", client)
    client.on("error", t.callback("error"))


@case(about="a local_address of the other family fails with bind EINVAL")
def OtherFamily(t):
    four = t.watch("four", t.net.connect(port=80, host="127.0.0.1", local_address="::1"))
    four.on("error", t.callback("error of four"))
    six = t.watch("six", t.net.connect(port=80, host="::1", local_address="127.0.0.1"))
    six.on("error", t.callback("error of six"))


@case(about="a local_port that a server listens on fails with bind EADDRINUSE, whatever the address")
def PortInUse(t):
    server = t.net.create_server()
    open_ones = []

    def attempt(name, options):
        client = t.watch(name, t.net.Socket())
        open_ones.append(client)
        client.on("error", t.callback(f"error of {name}"))
        client.on("close", lambda had_error: closed())
        client.connect({"port": 80, "local_port": server.address().port, **options})

    def closed():
        open_ones.pop()
        if len(open_ones) == 0:
            server.close()

    def on_listening():
        attempt("any", {"host": "127.0.0.1"})
        attempt("same", {"host": "127.0.0.1", "local_address": "127.0.0.1"})

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a port that is listened on at one address can be the local_port at another")
class PortInUseElsewhere:
    def server(t):
        serve_one(t, "127.0.0.1")

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        client.connect(port=port, host="127.0.0.1", local_address="127.0.0.9", local_port=port)

        def on_connect():
            t.note("address", client.address())
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="the error of a refused connection has local address and port if both were chosen")
class RefusedWithBoth:
    def raw(r):
        r.publish(port=r.closed_port(), local=r.closed_port())

    def client(t, port, local):
        client = t.watch("client", t.net.Socket())
        client.connect(port=port, host="127.0.0.1", local_address="127.0.0.6", local_port=local)

        def on_error(error):
            t.note("local address", getattr(error, "local_address", None))
            t.note("local port", getattr(error, "local_port", None))

        client.on("error", on_error)


@case(about="the error of a refused connection has 0.0.0.0 as local address if only the port was chosen")
class RefusedWithPort:
    def raw(r):
        r.publish(port=r.closed_port(), local=r.closed_port())

    def client(t, port, local):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", local_port=local))
        client.on("error", t.callback("error"))


@case(about="the error of a refused connection has no local end if only the address was chosen")
class RefusedWithAddress:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", local_address="127.0.0.6"))
        client.on("error", t.callback("error"))


@case(about="a local_address that is not an IP address throws ERR_INVALID_IP_ADDRESS")
def NoAddress(t):
    def attempt(label, value):
        socket = t.watch(label, t.net.Socket())
        t.attempt(label, lambda: socket.connect(port=80, host="127.0.0.1", local_address=value) == socket)
        t.snapshot(socket)
        socket.destroy()

    attempt("name", "localhost")
    attempt("brackets", "[::1]")
    attempt("number", 5)
    attempt("true", True)


@case(about="a local_address that is null, empty, zero or false counts as absent")
def AbsentAddress(t):
    def attempt(label, value):
        socket = t.watch(label, t.net.Socket())
        t.attempt(label, lambda: socket.connect(port=80, host="127.0.0.1", local_address=value) == socket)
        t.next_tick(lambda: socket.destroy())

    attempt("null", None)
    attempt("empty", "")
    attempt("zero", 0)
    attempt("false", False)


@case(about="a local_port that is not a number throws ERR_INVALID_ARG_TYPE; null, 0 and false count as absent")
def PortOfWrongType(t):
    def attempt(label, value):
        socket = t.watch(label, t.net.Socket())
        t.attempt(label, lambda: socket.connect(port=80, host="127.0.0.1", local_port=value) == socket)
        t.next_tick(lambda: socket.destroy())

    attempt("text", "5000")
    attempt("true", True)
    attempt("list", [])
    attempt("dict", {})
    attempt("null", None)
    attempt("empty", "")
    attempt("zero", 0)
    attempt("false", False)
    attempt("not a number", float("nan"))


@case(about="a local_port out of range is cut to 16 bits, but the error has it as it was given")
def PortOutOfRange(t):
    server = t.net.create_server()

    def on_listening():
        port = server.address().port
        over = t.net.Socket()
        over.connect(port=80, host="127.0.0.1", local_address="127.0.0.1", local_port=port + 65536)

        def on_error(error):
            t.note("code", error.code)
            t.note("as given", error.port - 65536 == port)
            t.note("message", error.message == f"bind EADDRINUSE 127.0.0.1:{port + 65536}")

        over.on("error", on_error)
        over.on("close", lambda had_error: server.close())

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a second connection from the same local address and port to the same server fails")
def SameLocalEndTwice(t):
    server = t.net.create_server()

    def on_connection(peer):
        t.note("accepted", None)
        peer.resume()

    def on_listening():
        port = server.address().port
        first = t.net.connect(port, "127.0.0.1")

        def again():
            local = first.local_port
            second = t.watch("second", t.net.Socket())
            second.connect(port=port, host="127.0.0.1", local_address="127.0.0.1", local_port=local)
            second.on("error", t.callback("error"))

            def on_close(had_error):
                first.end()
                server.close()

            second.on("close", on_close)

        first.on("connect", again)
        first.resume()

    server.on("connection", on_connection)
    server.listen(0, "127.0.0.1", on_listening)


@case(about="a failed bind for several addresses emits neither 'connectionAttempt' nor its failure")
def BindFailsForAll(t):
    def lookup(hostname, options, callback):
        callback(None, [{"address": "127.0.0.1", "family": 4}, {"address": "127.0.0.2", "family": 4}])

    server = t.net.create_server()

    def on_listening():
        client = t.watch("client", t.net.Socket())
        client.on("error", t.callback("error"))
        client.on("close", lambda had_error: server.close())
        client.connect(port=80, host="a.test", lookup=lookup, local_port=server.address().port)
        t.note("attempted", client.auto_select_family_attempted_addresses)

    server.listen(0, "0.0.0.0", on_listening)


@case(about="a failed bind fails queued writes with the same error")
def BindFailsWithWrites(t):
    client = t.watch("client", t.net.connect(port=80, host="127.0.0.1", local_address="192.0.2.1"))
    client.on("error", t.callback("error"))
    client.write("one", t.callback("written"))
    client.end("two", t.callback("ended"))


@case(about="local_address is the address from which the server sees the connection come")
class LocalAddress:
    def server(t):
        def on_connection(peer):
            t.note("remote address", peer.remote_address)
            peer.resume()

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", local_address="127.0.0.5"))

        def on_connect():
            t.note("address", client.address())
            client.end()

        client.on("connect", on_connect)
        client.resume()
