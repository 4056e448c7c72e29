"""What 'connection' hands over: the state of an accepted socket, its options and who reads from it."""

from conformance import case
from conformance.scenery import SERVER, closely, listen, serve_here


@case(about="a server accepts one connection a turn though more wait, with ticks and immediates in between")
def OneConnectionPerTurn(t):
    server = t.watch("server", t.net.create_server())
    accepted = []

    def on_connection(peer):
        number = len(accepted) + 1
        accepted.append(number)
        t.note("accepted", number)
        t.next_tick(lambda: t.note("tick", number))
        t.immediate(lambda: t.note("immediate", number))
        peer.resume()
        peer.end()
        if number == 5:
            server.close()

    server.on("connection", on_connection)

    def connect(number):
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.on("connect", lambda: t.note("connected", number))
        client.resume()

    def on_listening():
        for number in [1, 2, 3, 4, 5]:
            connect(number)

    server.listen(0, "127.0.0.1", on_listening)


@case(about="an IPv6 client is accepted with IPv6 addresses on both sides", skip_unless="ipv6")
class Ipv6Client:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            peer.end("hello")
            peer.resume()
            server.close()

        server.on("connection", on_connection)

        def on_listening():
            t.note("address", server.address())
            t.publish(port=server.address().port)

        server.listen(0, "::1", on_listening)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "::1"))
        client.on("connect", lambda: t.snapshot(client))
        client.on("data", lambda chunk: None)


@case(about="without a host a server listens on :: and maps IPv4 clients", skip_unless="ipv6")
class DualStack:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            peer.end()
            peer.resume()
            server.close()

        server.on("connection", on_connection)

        def on_listening():
            t.note("address", server.address())
            t.publish(port=server.address().port)

        server.listen(0, on_listening)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="on a unix socket the server's address is its path, and its sockets have none")
class UnixSocket:
    def server(t):
        server = t.watch("server", t.net.create_server())
        path = t.path("server.sock")

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            peer.on("data", lambda chunk: peer.end(b"you said " + chunk))
            server.close()

        server.on("connection", on_connection)

        def on_listening():
            t.snapshot(server)
            t.publish(path=path)

        server.listen(path, on_listening)

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        client.on("connect", lambda: t.snapshot(client))
        client.on("data", lambda chunk: None)
        client.write("hello")


@case(about="in 'connection' a socket is open and knows its server; neither end flows before somebody asks")
class AcceptedAndConnected:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            t.note("its server", peer.server)
            t.note("events", peer.event_names())
            t.next_tick(lambda: t.note("tick", peer.readable_flowing))
            t.immediate(lambda: t.note("immediate", peer.readable_flowing))
            peer.resume()
            peer.on("end", lambda: t.snapshot(peer))
            server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            t.snapshot(client)
            t.note("its server", client.server)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="within one process the server's 'connection' runs before the client's 'connect'")
def ConnectionBeforeConnect(t):

    def on_connection(peer):
        t.note("connection", peer.ready_state)
        t.next_tick(lambda: t.note("tick of connection", None))
        t.immediate(lambda: t.note("immediate of connection", None))
        peer.resume()

    def on_listening(port):
        client = t.net.connect(port, "127.0.0.1")

        def on_connect():
            t.note("connect", client.ready_state)
            t.next_tick(lambda: t.note("tick of connect", None))
            t.immediate(lambda: t.note("immediate of connect", None))
            client.end()

        client.on("connect", on_connect)
        client.resume()

    serve_here(t, on_connection, on_listening)


@case(about="several 'connection' listeners get the same socket, in their order")
class SeveralListeners:
    def server(t):
        server = t.watch("server", t.net.create_server(lambda peer: t.watch("peer", peer)))
        server.prepend_listener("connection", t.callback("prepended"))

        def last(peer):
            t.note("ends it", peer)
            peer.end()
            peer.resume()
            server.close()

        server.once("connection", last)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="without a 'connection' listener clients are still accepted and counted")
def NobodyListensForConnections(t):
    server = t.watch("server", t.net.create_server())

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.write("hello")
        client.on("connect", lambda: server.get_connections(t.callback("count", counted)))

        def counted(error, count):
            t.note("active", t.active())
            t.exit(3)

    server.listen(0, "127.0.0.1", on_listening)


@case(about="with pause_on_connect data and FIN wait in the kernel until the socket is resumed")
class PauseOnConnect:
    def server(t):
        server = t.watch("server", t.net.create_server(pause_on_connect=True))

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            peer.on("data", lambda chunk: t.note("read", peer.bytes_read))
            server.close()
            t.immediate(lambda: t.immediate(look))

            def look():
                t.note("paused", peer.is_paused())
                t.note("read", peer.bytes_read)
                t.note("active", t.active())
                peer.resume()
                t.snapshot(peer)

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.end("early")
        client.resume()


@case(about="with pause_on_connect a 'readable' listener starts the reading, a 'data' listener does not")
class PauseOnConnectAndReadable:
    def server(t):
        server = t.watch("server", t.net.create_server(pause_on_connect=True))

        def on_connection(peer):
            t.watch("peer", peer)
            server.close()
            peer.on("data", lambda chunk: t.note("not reached", chunk))
            t.note("with 'data'", peer.readable_flowing)
            peer.remove_all_listeners("data")

            def on_readable():
                t.note("read", peer.read())

            peer.on("readable", on_readable)
            t.note("with 'readable'", peer.readable_flowing)
            t.note("paused", peer.is_paused())

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.end("early")
        client.resume()


@case(about="a paused accepted socket that is ended writes its FIN, and closes once the client's is read")
class PauseOnConnectAndEnd:
    def server(t):
        server = t.watch("server", t.net.create_server(pause_on_connect=True))

        def on_connection(peer):
            t.watch("peer", peer)
            server.close(t.callback("closed"))
            peer.on("finish", lambda: t.immediate(lambda: peer.resume()))
            peer.end("bye")

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="no_delay, keep_alive and the delay given to create_server() are set on every accepted socket")
class OptionsForAccepted:
    def server(t):
        server = t.watch(
            "server", t.net.create_server(no_delay=True, keep_alive=True, keep_alive_initial_delay=7999)
        )

        def on_connection(peer):
            t.watch("peer", peer)
            t.kernel(peer)
            peer.set_no_delay(False)
            peer.set_keep_alive(False)
            t.kernel(peer)
            peer.end()
            peer.resume()
            server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="accepted sockets take high_water_mark and allow_half_open from their server")
class MarksOfAccepted:
    def server(t):
        server = t.watch("server", t.net.create_server(high_water_mark=1000, allow_half_open=True))

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            t.note("write below the mark", peer.write(b"x" * 999))
            peer.cork()
            t.note("corked, at the mark", peer.write(b"x" * 1000))
            peer.uncork()
            peer.on("drain", lambda: peer.end())
            peer.resume()
            server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.on("close", lambda had_error: t.note("read", client.bytes_read))


@case(about="options changed on the server apply to the connections accepted from then on")
class OptionsChangedLater:
    def server(t):
        server = t.watch("server", t.net.create_server())
        server.allow_half_open = True
        server.pause_on_connect = True
        server.no_delay = True
        server.high_water_mark = 5

        def on_connection(peer):
            t.watch("peer", peer)
            t.snapshot(peer)
            t.kernel(peer)
            peer.resume()
            peer.end()
            server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="a client that has already sent and closed is still accepted, read and ended")
class GoneClient:
    def raw(r):
        port = r.wait("port")
        peer = r.connect(port)
        peer.send(b"gone")
        peer.close()
        r.publish(gone=True)

    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)
            server.close()

        server.on("connection", on_connection)
        listen(t, server)


@case(
    about="a client that resets as soon as it is connected is handed over, and fails with ECONNRESET when it is read"
)
class ResetAtOnce:
    def raw(r):
        port = r.wait("port")
        peer = r.connect(port)
        peer.reset()

    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)

            def on_error(error):
                t.note("error", error)
                t.note("remote address", peer.remote_address)
                server.get_connections(t.callback("count"))

            peer.on("error", on_error)
            peer.resume()
            server.close(t.callback("closed"))

        server.on("connection", on_connection)
        listen(t, server)


@case(about="a socket destroyed in 'connection' delivers no data and emits 'close' alone")
class DestroyedAtOnce:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", t.callback("not reached"))
            peer.destroy()
            t.snapshot(peer)
            server.close(t.callback("closed"))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", lambda error: None)
        client.on("close", lambda had_error: t.note("closed", None))
        client.end("early")
        client.resume()


@case(about="connections emitted by hand reach the listeners as accepted ones do, without being counted")
def EmittedByHand(t):
    server = t.watch("server", t.net.create_server())
    server.max_connections = 0

    def on_connection(peer):
        t.note("socket", peer.ready_state)
        t.note("its server", peer.server)

    server.on("connection", on_connection)
    server.emit("connection", t.net.Socket())
    server.get_connections(t.callback("count"))


@case(about="pause_on_connect holds the data until resume(), even where 'data' is listened to and data was unshifted")
class PauseOnConnectAndUnshift:
    def server(t):
        server = t.watch("server", t.net.create_server(pause_on_connect=True))
        seen = []

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: seen.append(chunk))
            peer.unshift("first ")
            t.note("paused", [peer.is_paused(), peer.readable_length])
            t.immediate(lambda: peer.resume())
            peer.on("end", lambda: t.note("seen", b"".join(seen)))
            server.close()

        server.on("connection", on_connection)
        server.listen(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end("second")


@case(about="a 'connection' listener sees the same state of server and socket as in Node")
def StateWithin(t):
    def start(port):
        t.net.connect(port, "127.0.0.1").on("close", lambda had_error: None).resume()

    def connection(peer):
        t.snapshot(peer)
        t.note("server", peer.server is server)
        server.get_connections(t.callback("connections"))
        server.close()
        peer.destroy()
        server.get_connections(t.callback("connections then"))
        peer.on("close", lambda had_error: server.get_connections(t.callback("connections after")))

    server = closely(t, "server", t.net.create_server(), SERVER)
    server.on("connection", connection)
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))
