"""set_no_delay(), set_keep_alive() and the type of service: what the kernel is told, and when."""

from conformance import case
from conformance.scenery import client_to, listen, meet, serve, serve_several


def accepting(t):
    """A server that takes one connection and ends when the client does."""

    serve(t, lambda peer: peer.resume())


@case(about="set_no_delay() and set_keep_alive() before connect() take effect once connected")
class BeforeConnect:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.net.Socket()
        client.set_no_delay(True)
        client.set_keep_alive(True, 5000)
        client.resume()
        client.connect(port, "127.0.0.1", lambda: t.kernel(client).end())


@case(about="set_no_delay() and set_keep_alive() right after connect() take effect")
class RightAfterConnect:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        t.attempt("no delay", lambda: client.set_no_delay(True) == client)
        t.attempt("keep-alive", lambda: client.set_keep_alive(True, 5000) == client)
        client.resume()
        client.on("connect", lambda: t.kernel(client).end())


@case(about="the initial delay is cut to whole seconds; below one, the kernel's own times stay")
class WholeSeconds:
    def server(t):
        serve_several(t, 6, lambda peer: peer.resume())

    def client(t, port):
        def attempt(rest):
            client = t.net.connect(port, "127.0.0.1")
            client.resume()

            def on_connect():
                t.note("delay", rest[0])
                client.set_keep_alive(True, rest[0])
                t.kernel(client)
                client.end()

            client.on("connect", on_connect)
            if len(rest) > 1:
                client.on("close", lambda had_error: attempt(rest[1:]))

        attempt([999, 1000, 1999, 2500.5, -3000, 0])


@case(about="set_keep_alive() without arguments switches keep-alive off")
class SwitchedOff:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()

        def on_connect():
            client.set_keep_alive(True, 4000)
            t.kernel(client)
            client.set_keep_alive()
            t.kernel(client)
            client.set_keep_alive(True)
            t.kernel(client)
            client.set_keep_alive(False, 9000)
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)


@case(
    about="set_keep_alive() takes interval and count as arguments or in an object",
    skip_unless="node^24.19||>=26.4",
)
class IntervalAndCount:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()

        def on_connect():
            client.set_keep_alive(True, 4000, 3000, 5)
            t.kernel(client)
            client.set_keep_alive({"enable": True, "initial_delay": 6000, "interval": 2000, "count": 7})
            t.kernel(client)
            client.set_keep_alive({"enable": True, "initial_delay": 8000})
            t.kernel(client)
            client.set_keep_alive({"enable": False})
            t.kernel(client)
            client.set_keep_alive({"initial_delay": 3000})
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)


@case(about="set_keep_alive() ignores it when the kernel rejects the times", skip_unless="node^24.19||>=26.4")
class RefusedByTheKernel:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()

        def on_connect():
            t.attempt("delay", lambda: client.set_keep_alive(True, 40000000) == client)
            t.kernel(client)
            t.attempt("interval", lambda: client.set_keep_alive(True, 4000, 40000000, 5) == client)
            t.kernel(client)
            t.attempt("count", lambda: client.set_keep_alive(True, 4000, 2000, 500) == client)
            t.kernel(client)
            t.attempt("sub-second", lambda: client.set_keep_alive(True, 4000, 500, 5) == client)
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)


@case(
    about="a delay, interval or count of zero or of the wrong type leaves keep-alive its own times",
    skip_unless="node^24.19||>=26.4",
)
class OddTimes:
    def server(t):
        serve_several(t, 9, lambda peer: peer.resume())

    def client(t, port):
        def attempt(rest):
            client = t.net.connect(port, "127.0.0.1")
            client.resume()

            def on_connect():
                delay, interval, count = rest[0]
                client.set_keep_alive(True, delay, interval, count)
                t.note("asked for", rest[0])
                t.kernel(client)
                client.end()

            client.on("connect", on_connect)
            if len(rest) > 1:
                client.on("close", lambda had_error: attempt(rest[1:]))

        none_of_a_kind = [[4000, -2000, -5], [4000, None, None], [4000, "2500", "5"], [4000, True, True]]
        attempt(
            [[0, 2000, 5], [4000, 500, 5], [4000, 2000, 0], [4000, 3000, 1.5], [4000, 2000, 3.0]]
            + none_of_a_kind
        )


@case(about="set_keep_alive() and set_no_delay() accept values of any type")
class NoValidation:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()

        def on_connect():
            t.attempt("text", lambda: client.set_keep_alive("yes", "2000") == client)
            t.kernel(client)
            t.attempt("wrong text", lambda: client.set_keep_alive(1, "soon") == client)
            t.kernel(client)
            t.attempt("None", lambda: client.set_keep_alive(None, None) == client)
            t.kernel(client)
            t.attempt("NaN", lambda: client.set_keep_alive(True, float("nan")) == client)
            t.attempt("no delay text", lambda: client.set_no_delay("on") == client)
            t.kernel(client)
            t.attempt("no delay 0", lambda: client.set_no_delay(0) == client)
            t.attempt("no delay None", lambda: client.set_no_delay(None) == client)
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)


@case(about="keep_alive_initial_delay must be a number, for sockets, servers and connect()")
def InitialDelayType(t):
    for value in ["1000", None, True, {"seconds": 1}]:
        t.attempt("connect", lambda: t.net.connect(port=1, host="127.0.0.1", keep_alive_initial_delay=value))
        t.attempt("Socket", lambda: t.net.Socket(keep_alive_initial_delay=value))
        t.attempt("create_server", lambda: t.net.create_server(keep_alive_initial_delay=value))
    t.attempt("negative", lambda: t.net.Socket(keep_alive_initial_delay=-1).destroyed)
    t.attempt("server, negative", lambda: t.net.create_server(keep_alive_initial_delay=-1).listening)


@case(about="connect() sets no_delay, keep_alive and keep_alive_initial_delay once connected")
class ConnectOptions:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.net.connect(
            port=port, host="127.0.0.1", no_delay=True, keep_alive=True, keep_alive_initial_delay=3999
        )
        client.resume()
        client.on("connect", lambda: t.kernel(client).end())


@case(about="keep_alive_initial_delay needs keep_alive, which without it uses the kernel's delay")
class OneWithoutTheOther:
    def server(t):
        serve_several(t, 2, lambda peer: peer.resume())

    def client(t, port):
        first = t.watch(
            "delay only", t.net.connect(port=port, host="127.0.0.1", keep_alive_initial_delay=5000)
        )

        def then(had_error):
            second = t.watch("keep-alive only", t.net.connect(port=port, host="127.0.0.1", keep_alive=True))
            second.resume()
            second.on("connect", lambda: t.kernel(second).end())

        first.resume()
        first.on("connect", lambda: t.kernel(first).end())
        first.on("close", then)


@case(about="a server sets no_delay, keep_alive and keep_alive_initial_delay on accepted sockets")
class ServerOptions:
    def server(t):
        def on_connection(peer):
            t.kernel(peer)
            peer.set_no_delay(False)
            peer.set_keep_alive(False)
            t.kernel(peer)
            peer.resume()
            peer.end()

        serve(t, on_connection, {"no_delay": True, "keep_alive": True, "keep_alive_initial_delay": 7500})

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()


@case(about="an accepted socket has neither no-delay nor keep-alive by default, and can set both")
class AcceptedSocket:
    def server(t):
        def on_connection(peer):
            t.kernel(peer)
            peer.set_no_delay()
            peer.set_keep_alive(True, 2000)
            t.kernel(peer)
            peer.resume()
            peer.end()

        serve(t, on_connection, {"pause_on_connect": True})

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()


@case(about="a type of service set before connect() takes effect once connected")
class TypeOfServiceBefore:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.net.Socket()
        t.note("never set", client.get_type_of_service())
        t.note("returns itself", client.set_type_of_service(16) == client)
        t.note("remembered", client.get_type_of_service())
        client.resume()

        def on_connect():
            t.note("connected", client.get_type_of_service())
            t.kernel(client)
            client.set_type_of_service(0)
            t.note("set to 0", client.get_type_of_service())
            t.kernel(client)
            client.end()

        def on_close(had_error):
            t.note("closed", client.get_type_of_service())
            t.note("returns itself", client.set_type_of_service(32) == client)
            t.note("remembered", client.get_type_of_service())

        client.on("close", on_close)
        client.connect(port, "127.0.0.1", on_connect)


@case(about="setting the type of service without a descriptor throws EBADF, but takes effect once connected")
class TypeOfServiceConnecting:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        t.attempt("get", lambda: client.get_type_of_service())
        t.attempt("set", lambda: client.set_type_of_service(8) == client)
        t.attempt("set again", lambda: client.set_type_of_service(8) == client)
        t.attempt("get", lambda: client.get_type_of_service())

        def after():
            t.attempt("in the making, get", lambda: client.get_type_of_service())
            t.attempt("in the making, set", lambda: client.set_type_of_service(8) == client)
            t.attempt("in the making, get", lambda: client.get_type_of_service())

        client.on("connectionAttempt", lambda *rest: t.next_tick(after))

        def on_connect():
            t.note("connected", client.get_type_of_service())
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)


@case(about="a type of service set while the connection is made reaches the kernel at once")
class TypeOfServiceInTheMaking:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.net.connect(port=port, host="127.0.0.1", type_of_service=16)
        client.resume()
        t.attempt("get", lambda: client.get_type_of_service())

        def after():
            t.attempt("get", lambda: client.get_type_of_service())
            t.attempt("set", lambda: client.set_type_of_service(32) == client)
            t.attempt("get", lambda: client.get_type_of_service())

        client.on("connectionAttempt", lambda *rest: t.next_tick(after))

        def on_connect():
            t.note("connected", client.get_type_of_service())
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)


@case(about="set_type_of_service() throws for anything but a whole number in range")
def TypeOfServiceValidation(t):
    socket = t.net.Socket()
    for value in ["8", None, True, float("nan"), {"tos": 8}, -1, 256, 1.5, float("inf")]:
        t.attempt("set", lambda: socket.set_type_of_service(value) == socket)
        t.attempt("option", lambda: t.net.Socket(type_of_service=value).get_type_of_service())
        t.attempt("connect", lambda: t.net.connect(port=1, host="127.0.0.1", type_of_service=value))
    t.attempt("set nothing", lambda: socket.set_type_of_service())
    t.note("still", socket.get_type_of_service())
    t.attempt("255", lambda: socket.set_type_of_service(255).get_type_of_service())


@case(about="the type of service of an IPv6 connection is its traffic class", skip_unless="ipv6")
class TypeOfServiceIpv6:
    def server(t):
        server = t.net.create_server()

        def on_connection(peer):
            t.note("accepted", peer.get_type_of_service())
            peer.set_type_of_service(96)
            t.note("accepted, set", peer.get_type_of_service())
            t.kernel(peer)
            peer.end()
            peer.resume()
            server.close()

        server.on("connection", on_connection)
        listen(t, server, "::1")

    def client(t, port):
        client = t.net.connect(port=port, host="::1", type_of_service=8)
        client.resume()

        def on_connect():
            t.note("connected", client.get_type_of_service())
            client.set_type_of_service(255)
            t.note("set", client.get_type_of_service())

        client.on("connect", on_connect)


@case(about="on a unix socket the option setters do nothing, but the type of service is remembered")
class UnixSocket:
    def server(t):
        server = t.net.create_server(no_delay=True, keep_alive=True, keep_alive_initial_delay=1000)
        path = t.path("options.sock")

        def on_connection(peer):
            t.attempt("no delay", lambda: peer.set_no_delay(False) == peer)
            t.attempt("keep-alive", lambda: peer.set_keep_alive(True, 1000) == peer)
            t.attempt("get", lambda: peer.get_type_of_service())
            t.attempt("set", lambda: peer.set_type_of_service(8) == peer)
            t.attempt("get", lambda: peer.get_type_of_service())
            peer.resume()
            server.close()

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch(
            "client", t.net.connect(path=path, no_delay=True, keep_alive=True, type_of_service=4)
        )
        t.attempt("connecting", lambda: client.get_type_of_service())

        def on_connect():
            t.attempt("get", lambda: client.get_type_of_service())
            t.attempt("set", lambda: client.set_type_of_service(16) == client)
            t.attempt("get", lambda: client.get_type_of_service())
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="options can still be set after the peer's end and after the socket's own")
class AfterTheEnd:
    def server(t):
        def on_connection(peer):
            peer.resume()

            def on_end():
                t.attempt("no delay", lambda: peer.set_no_delay(True) == peer)
                t.attempt("keep-alive", lambda: peer.set_keep_alive(True, 3000) == peer)
                t.attempt("type of service", lambda: peer.set_type_of_service(8).get_type_of_service())
                t.kernel(peer)
                peer.end()

            peer.on("end", on_end)

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_finish():
            t.attempt("no delay", lambda: client.set_no_delay(True) == client)
            t.attempt("keep-alive", lambda: client.set_keep_alive(True, 3000) == client)
            t.attempt("type of service", lambda: client.set_type_of_service(8).get_type_of_service())

        client.on("finish", on_finish)
        client.resume()
        client.end()


@case(about="when a later address connects, the options are set on that connection")
class SecondAddress:
    def server(t):
        accepting(t)

    def client(t, port):
        def lookup(host, options, callback):
            answer = [{"address": "127.0.0.9", "family": 4}, {"address": "127.0.0.1", "family": 4}]
            t.next_tick(lambda: callback(None, answer))

        client = t.net.connect(
            port=port,
            host="some.host",
            lookup=lookup,
            no_delay=True,
            keep_alive=True,
            keep_alive_initial_delay=4000,
            type_of_service=24,
        )
        client.resume()
        client.on("connect", lambda: t.kernel(client).end())


@case(about="set_no_delay() and set_keep_alive() on a connected socket reach the kernel at once")
class WhileConnected:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            t.kernel(client)
            t.note("returns itself", client.set_no_delay() == client)
            t.note("returns itself", client.set_keep_alive(True, 5500) == client)
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="no_delay and keep_alive keep their new values though the handle's method throws")
def HandleThrows(t):
    def fail(self, original, *args):
        t.note("asked", args[0])
        raise t.error("no")

    def start(port):
        client = client_to(t, port, {})

        def connected():
            t.override(client._handle, "set_no_delay", fail)
            t.override(client._handle, "set_keep_alive", fail)
            for _ in range(2):
                t.attempt("no_delay", lambda: client.set_no_delay(True) is client)
                t.attempt("keep_alive", lambda: client.set_keep_alive(True, 1000) is client)
            client.end()

        client.on("connect", connected)
        client.resume()

    meet(t, None, lambda peer: peer.resume(), start)
