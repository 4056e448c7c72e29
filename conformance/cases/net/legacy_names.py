"""Names that begin with an underscore and that programs use all the same."""

from conformance import case
from conformance.scenery import listen, serve


@case(about="_connecting is connecting, by an older name")
class Connecting:
    def server(t):
        serve(t, lambda peer: [t.note("accepted", peer._connecting), peer.end(), peer.resume()])

    def client(t, port):
        client = t.net.Socket()
        t.note("fresh", client._connecting)
        client.connect(port, "127.0.0.1", lambda: t.note("connected", client._connecting))
        t.note("connecting", client._connecting)
        client.resume()
        client.end()
        client.on("close", lambda had_error: t.note("closed", client._connecting))


@case(about="_handle is there as long as there is something to connect, read or accept with, and has a descriptor")
class Handle:
    def server(t):
        server = t.net.create_server()
        t.note("idle", server._handle is None)

        def on_connection(peer):
            t.note("accepted", [peer._handle.fd > 0, peer._handle.has_ref()])
            peer.unref()
            t.note("unref", peer._handle.has_ref())
            peer.ref()
            peer.end("bye")
            peer.resume()
            t.note("server", [server._handle.fd > 0, server._handle.has_ref(), server._connections])
            server.close()
            t.note("closing", [server._handle is None, server._connections])
            peer.on("close", lambda had_error: t.note("closed", [peer._handle is None, server._connections]))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.net.Socket()
        t.note("fresh", client._handle is None)
        client.connect(port, "127.0.0.1", lambda: t.note("connected", client._handle.fd > 0))
        t.note("connecting", client._handle is None)
        client.resume()
        client.on("close", lambda had_error: t.note("closed", client._handle is None))


@case(about="_bytes_dispatched counts what the handle has taken, bytes_written also what still waits")
class BytesDispatched:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        def note(label):
            t.note(label, [client._bytes_dispatched, client.bytes_written, client._pending_data is None])

        client = t.net.connect(port, "127.0.0.1", lambda: note("connected"))
        client.write("abc", lambda: note("written"))
        note("early")
        client.end("def")
        client.resume()
        client.on("close", lambda had_error: note("closed"))


@case(about="_getpeername() and _getsockname() are the two ends, empty where there are none")
class Names:
    def server(t):
        server = t.net.create_server()

        def on_connection(peer):
            name = peer._getpeername()
            t.note("same", name.port == peer.remote_port and name.address == peer.remote_address)
            t.note("server", peer._server is server)
            peer.end()
            peer.resume()
            peer.on("close", lambda had_error: t.note("server", peer._server is None))
            server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1", lambda: t.note("connected", client._getpeername()))
        t.note("connecting", [client._getpeername(), client._getsockname(), client._server])
        client.resume()
        client.on("close", lambda had_error: t.note("closed", [client._getpeername(), client._getsockname()]))


@case(about="_connection_key of a server says what it was asked to listen on")
def ConnectionKey(t):
    def key(server, label):
        server.on("listening", lambda: [server.close(), t.note(label, server._connection_key)])

    every, one, path = t.net.Server(), t.net.Server(), t.net.Server()
    t.note("idle", getattr(one, "_connection_key", None))
    key(one.listen(0, "127.0.0.1"), "IPv4")
    key(path.listen(t.path("s")), "path")
    bound = t.net.BoundSocket(port=0, host="127.0.0.1")
    key(every.listen(bound), "bound")


@case(about="a server on all addresses has the key of IPv6", skip_unless="ipv6")
def ConnectionKeyOfAll(t):
    server = t.net.Server()
    server.listen(0, lambda: [server.close(), t.note("all", server._connection_key)])
    one = t.net.Server()
    one.listen(0, "::1", lambda: [one.close(), t.note("one", one._connection_key)])


@case(about="net.Stream is net.Socket")
def Stream(t):
    t.note("same", t.net.Stream is t.net.Socket)


@case(about="_connection_key of a server counts an answer of dns.lookup without a family as IPv4")
def ConnectionKeyWithoutFamily(t):
    t.override(t.dns, "lookup", lambda self, original, host, options, answer: answer(None, [{"address": "127.0.0.1"}]))
    server = t.net.create_server()
    server.listen(0, "name", lambda: [server.close(), t.note("key", server._connection_key)])
