"""Connecting: the events of a client socket, its state along the way, and what connect() takes."""

from conformance import case
from conformance.scenery import accept_one, client_to, listen, meet, serve


@case(
    about="'connectionAttempt', 'connect' and 'ready' come in this order; ticks queued in 'connect' run after 'ready'"
)
class EventsInOrder:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1", t.callback("connected")))

        def on_connect():
            t.next_tick(lambda: t.note("tick", None))
            t.microtask(lambda: t.note("microtask", None))

        client.on("connect", on_connect)
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="connect() takes a port as a string of digits")
class StringPort:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.end()

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=str(port), host="127.0.0.1"))
        client.resume()


@case(about="connecting to an IPv6 address needs no lookup", skip_unless="ipv6")
class Ipv6Address:
    def server(t):
        server = t.net.create_server(lambda peer: peer.resume())
        server.on("connection", lambda peer: server.close())
        listen(t, server, "::1")

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="::1"))

        def on_connect():
            t.note("address", client.address())
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="'connectionAttempt' of a unix socket comes before the failure of a missing or overlong path")
def UnixSocketAttempt(t):
    missing = t.watch("missing", t.net.Socket())
    missing.on("error", lambda error: None)
    missing.connect(t.path("missing.sock"))
    t.note("connecting", missing.connecting)
    too_long = t.watch("too long", t.net.Socket())
    too_long.on("error", lambda error: None)
    too_long.connect(t.path("x" * 120))
    t.note("connecting", too_long.connecting)


@case(about="a custom lookup gets the host and its options, and 'lookup' is emitted with its answer")
class CustomLookup:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        def lookup(hostname, options, callback):
            t.note("hostname", hostname)
            t.note("options", options)
            t.next_tick(lambda: callback(None, "127.0.0.1", 4))

        client = t.watch("client", t.net.connect(port=port, host="example.test", family=4, lookup=lookup))
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="connecting to an address emits 'connectionAttempt' on the next tick, after ticks queued before")
class AttemptOnTheNextTick:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        t.next_tick(lambda: t.note("tick", "before"))
        client.connect(port, "127.0.0.1")
        t.next_tick(lambda: t.note("tick", "after"))
        t.microtask(lambda: t.note("microtask", None))
        t.note("returned", client.connecting)
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="a lookup that answers at once emits 'lookup' and 'connectionAttempt' before connect() returns")
class AttemptInsideConnect:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.Socket())

        def lookup(hostname, options, callback):
            callback(None, "127.0.0.1", 4)
            t.note("answered", client.connecting)

        client.connect(port=port, host="a.test", family=4, lookup=lookup)
        t.note("returned", client.connecting)
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="host 0.0.0.0 reaches a server on loopback, and 'connectionAttempt' has 0.0.0.0")
class ZeroHost:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "0.0.0.0"))

        def on_connect():
            t.note("remote address", client.remote_address)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="host :: reaches a server on loopback", skip_unless="ipv6")
class ZeroHostIpv6:
    def server(t):
        accept_one(t, "::1")

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "::"))

        def on_connect():
            t.note("remote address", client.remote_address)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="an IPv4 address mapped into IPv6 connects to an IPv4 server and stays IPv6", skip_unless="ipv6")
class MappedAddress:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "::ffff:127.0.0.1"))

        def on_connect():
            t.note("address", client.address())
            t.note("remote address", client.remote_address)
            t.note("remote family", client.remote_family)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="the shorthand address 127.1 is looked up, and connects to 127.0.0.1")
class ShorthandAddress:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.1"))
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="an address in brackets is looked up as a name, brackets included")
def BracketsAreLookedUp(t):
    def lookup(hostname, options, callback):
        t.note("hostname", hostname)
        callback(t.error("no such name"))

    client = t.watch("client", t.net.connect(port=80, host="[::1]", lookup=lookup))
    client.on("error", t.callback("error"))


@case(about="a port given as text may be hexadecimal, octal, binary, signed or padded with blanks")
def PortTexts(t):
    def try_port(text):
        client = t.net.Socket()

        def on_attempt(address, port, family):
            t.note(text, port)
            client.destroy()

        client.on("connectionAttempt", on_attempt)
        client.connect(port=text, host="127.0.0.1")

    for text in ["0x50", " 80 ", "80.0", "8e1", "+80", "0b1010000", "0o120"]:
        try_port(text)


@case(about="an address that is read before the socket is bound stays empty until the socket is connected")
class AddressReadTooEarly:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.note("address", client.address())
        client.connect(port, "127.0.0.1")
        client.once("connectionAttempt", lambda: t.immediate(lambda: t.note("address", client.address())))

        def on_error(error):
            # It tells the local end that was read, not the one that the kernel has chosen by now.
            t.note("message", error.message)
            t.note("address", client.address())

        client.on("error", on_error)


@case(about="an exception in a 'connect' listener is uncaught, and skips later listeners and 'ready'")
class ConnectListenerThrows:
    def server(t):
        accept_one(t)

    def client(t, port):
        t.on_uncaught(lambda error: client.end())
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def throws():
            raise t.error("of the listener")

        client.on("connect", throws)
        client.on("connect", t.callback("later"))
        client.resume()


@case(about="an exception in 'connectionAttempt' is uncaught and leaves the socket connecting for ever")
class AttemptListenerThrows:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_uncaught(error):
            t.note("connecting", client.connecting)
            t.immediate(lambda: again())

        def again():
            t.note("connecting", client.connecting)
            client.remove_all_listeners("connectionAttempt")
            client.destroy()
            t.net.connect(port, "127.0.0.1", lambda: t.exit(0))

        def throws(address, port, family):
            raise t.error("of the listener")

        t.on_uncaught(on_uncaught)
        client.on("connectionAttempt", throws)


@case(about="with a path there is no lookup: 'connectionAttempt' has the path alone, before connect() returns")
class AttemptOfPath:
    def server(t):
        server = t.net.create_server(lambda peer: peer.resume())
        server.on("connection", lambda peer: server.close())
        path = t.path("connect.sock")
        server.listen(path=path, backlog=5)
        server.on("listening", lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.Socket())
        client.connect(path=path)
        t.note("returned", client.connecting)
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="an exception in 'connectionAttempt' of a path is thrown by connect(); the socket stays connecting")
def AttemptListenerThrowsForPath(t):
    client = t.watch("client", t.net.Socket())

    def throws(*rest):
        raise t.error("of the listener")

    client.on("connectionAttempt", throws)
    t.attempt("connect", lambda: client.connect(t.path("missing.sock")) == client)
    t.snapshot(client)
    client.destroy()


@case(about="end() and write() before the connection is there wait for it step by step as in Node")
def WaitingForConnection(t):
    def start(port):
        client = client_to(t, port, {})
        client.write("a", t.callback("first"))
        client.end("b", t.callback("ended"))
        client.resume()

    meet(t, None, lambda peer: peer.resume(), start)


@case(about="the options of connect() reach a socket and its handle in Node's order, before and after the connection")
def OptionsInOrder(t):
    def start(port):
        client = client_to(t, port, {"no_delay": True, "keep_alive": True, "keep_alive_initial_delay": 5000})
        client.set_timeout(4000, lambda: None)
        client.on("connect", lambda: t.kernel(client).end())
        client.resume()

    meet(t, {"no_delay": True, "keep_alive": True, "pause_on_connect": True}, lambda peer: peer.resume(), start)
