"""Connecting: the events of a client socket, its state along the way, and what connect() takes."""

from conformance import case
from conformance.scenery import listen, serve


@case(about="'connectionAttempt', 'connect' and 'ready' come in this order, ticks queued in 'connect' after")
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


@case(about="a socket says where it stands before, while and after it connects")
class StateAlongTheWay:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        t.snapshot(client)
        t.note("returns itself", client.connect(port, "127.0.0.1") == client)
        t.snapshot(client)

        def on_connect():
            t.snapshot(client)
            client.end()

        client.on("connect", on_connect)
        client.on("close", lambda had_error: t.snapshot(client))
        client.resume()


@case(about="a port may be given as a string, in decimal or hexadecimal")
class StringPort:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.end()

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=str(port), host="127.0.0.1"))
        client.resume()


@case(about="an IPv6 address is connected to without a lookup", skip_unless="ipv6")
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


@case(about="a unix socket needs no lookup: its 'connectionAttempt' is over when connect() returns")
class UnixSocket:
    def server(t):
        server = t.net.create_server(lambda peer: peer.resume())
        server.on("connection", lambda peer: server.close())
        path = t.path("connect.sock")
        server.listen(path=path, backlog=5)
        server.on("listening", lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path=path))
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="'connectionAttempt' of a unix socket has the path alone, and comes before any failure")
def UnixSocketAttempt(t):
    missing = t.watch("missing", t.net.Socket())
    missing.on("error", lambda error: None)
    missing.connect(t.path("missing.sock"))
    t.note("connecting", missing.connecting)
    too_long = t.watch("too long", t.net.Socket())
    too_long.on("error", lambda error: None)
    too_long.connect(t.path("x" * 120))
    t.note("connecting", too_long.connecting)


@case(about="destroying a unix socket within its 'connectionAttempt' makes connect() throw")
def DestroyedInUnixAttempt(t):
    client = t.watch("client", t.net.Socket())
    client.on("connectionAttempt", lambda *target: client.destroy())
    t.attempt("connect", lambda: client.connect(t.path("missing.sock")))
    t.note("connecting", client.connecting)


@case(about="a custom lookup is asked for the host with its options, and 'lookup' tells the answer")
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


@case(about="local_address chooses the address that the server sees")
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


@case(about="what is written before 'connect' is counted at once and sent in order")
class WritesBeforeConnect:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("connect", lambda: t.note("older listener", client.bytes_written))
        t.note("first", client.write("one ", t.callback("first written")))
        client.on("connect", lambda: t.note("newer listener", client.bytes_written))
        t.note("second", client.write(b"two ", t.callback("second written")))
        t.note("third", client.write("drei", "latin1", t.callback("third written")))
        t.note("bytes written", client.bytes_written)
        t.note("waiting", client.writable_length)
        client.on("ready", lambda: client.end(t.callback("ended")))
        client.resume()


@case(about="an echo of one mebibyte comes back whole")
class EchoOfOneMebibyte:
    def server(t):
        def on_connection(peer):
            peer.pipe(peer)
            peer.on("end", t.callback("ended"))
            peer.on("close", t.callback("closed"))

        serve(t, on_connection)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        chunks = []
        client.on("data", lambda chunk: chunks.append(chunk))

        def on_end():
            t.note("received", b"".join(chunks))
            t.note("read", client.bytes_read)
            t.note("written", client.bytes_written)

        client.on("end", on_end)
        client.on("close", t.callback("closed"))
        client.end(b"nodesock" * 131072)


@case(about="with an encoding 'data' gives strings, and half a character is held back")
class SetEncoding:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.write(b"caf\xc3")
            # The client says that it has the first half, so that the second comes in a read of its own.
            peer.once("data", lambda chunk: peer.end(b"\xa9 au lait"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.set_encoding("utf8")

        def on_data(text):
            t.note("text", text)
            if text == "caf":
                client.write("more")

        client.on("data", on_data)


@case(about="destroy() while connecting ends in 'close' without error, and 'connect' never comes")
def DestroyWhileConnecting(t):
    server = t.net.create_server()

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1", t.callback("connected")))
        client.on("close", lambda had_error: server.close())

        def destroy():
            t.note("returns itself", client.destroy() == client)
            t.snapshot(client)

        client.once("connectionAttempt", lambda address, port, family: t.next_tick(destroy))

    server.on("connection", lambda peer: peer.on("error", lambda error: None))
    server.listen(0, "127.0.0.1", on_listening)


@case(about="set_no_delay() and set_keep_alive() reach the kernel, in whole seconds")
class OptionsReachTheKernel:
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


@case(about="a fresh socket that is never connected can be destroyed; 'close' then has no argument")
def DestroyUnconnected(t):
    socket = t.watch("socket", t.net.Socket())
    socket.destroy()
    t.snapshot(socket)


@case(about="a closed socket can be connected again, with its counters back at zero")
class ConnectAgain:
    def server(t):
        server = t.net.create_server()
        seen = []

        def on_connection(peer):
            seen.append(1)
            peer.resume()
            peer.end("hello")
            if len(seen) == 2:
                server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", lambda chunk: None)

        def again(had_error):
            t.note("read", client.bytes_read)
            client.connect(port, "127.0.0.1")
            t.note("read", client.bytes_read)
            t.note("state", client.ready_state)

        client.once("close", again)
