"""The properties of a socket: their values, when they change, and which are left after 'close'."""

from conformance import case
from conformance.scenery import accept_one, listen, serve, serve_here


@case(about="a socket that was never connected is pending, 'open' and without addresses")
def Fresh(t):
    t.snapshot(t.net.Socket())
    t.snapshot(t.net.Socket(allow_half_open=True, high_water_mark=100))


@case(about="a socket made with readable or writable false has the ready_state of one side")
def OneSided(t):
    t.snapshot(t.net.Socket(readable=False))
    t.snapshot(t.net.Socket(writable=False))
    t.snapshot(t.net.Socket(readable=False, writable=False))


@case(about="ready_state goes from 'open' through 'writeOnly' to 'closed' when the peer ends first")
class WriteOnly:
    def server(t):
        def on_connection(peer):
            peer.on("data", lambda chunk: None)
            peer.end("bye")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        client.resume()

        def on_end():
            t.snapshot(client)
            client.end()
            t.note("after end()", client.ready_state)

        client.on("end", on_end)
        client.on("close", lambda had_error: t.snapshot(client))


@case(about="the local and remote ends that were read before 'close' can still be read after it")
class AddressesAfterClose:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()

        def on_connect():
            t.note("remote address", client.remote_address)
            t.note("local address", client.local_address)

        def on_close(had_error):
            t.note("remote address", client.remote_address)
            t.note("remote family", client.remote_family)
            t.note("remote port", client.remote_port)
            t.note("local address", client.local_address)
            t.note("local port", client.local_port)
            t.note("address", client.address())

        client.on("connect", on_connect)
        client.on("close", on_close)


@case(about="addresses that were not read before 'close' are absent after it")
class UnreadAddressesAfterClose:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()

        def on_close(had_error):
            t.note("remote address", client.remote_address)
            t.note("remote port", client.remote_port)
            t.note("local address", client.local_address)
            t.note("local port", client.local_port)
            t.note("address", client.address())

        client.on("close", on_close)


@case(about="a socket that connects again has the addresses of the new connection")
class AddressesOfTheNewConnection:
    def server(t):
        server = t.net.create_server(lambda peer: peer.end("bye"))
        seen = []

        def on_connection(peer):
            seen.append(1)
            if len(seen) == 2:
                server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.net.connect(port=port, host="127.0.0.1", local_address="127.0.0.5")
        client.resume()

        def on_connect():
            t.note("address", client.address())
            t.note("local address", client.local_address)
            t.note("remote address", client.remote_address)

        def again(had_error):
            client.connect(port=port, host="127.0.0.1", local_address="127.0.0.6")
            t.note("local address while connecting", client.local_address)
            t.note("remote address while connecting", client.remote_address)

        client.on("connect", on_connect)
        client.once("close", again)


@case(about="while connecting a socket has no remote address")
class AddressesWhileConnecting:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        t.note("remote address at once", client.remote_address)
        t.note("remote port at once", client.remote_port)
        t.note("remote family at once", client.remote_family)
        client.on("connect", lambda: t.snapshot(client))


@case(about="both ends of an IPv6 connection have the family IPv6", skip_unless="ipv6")
class Ipv6:
    def server(t):
        server = t.net.create_server()

        def on_connection(peer):
            t.snapshot(peer)
            peer.end("bye")
            server.close()

        server.on("connection", on_connection)
        listen(t, server, "::1")

    def client(t, port):
        client = t.net.connect(port, "::1")
        client.on("connect", lambda: t.snapshot(client))
        client.on("close", lambda had_error: t.snapshot(client))
        client.resume()


@case(about="buffer_size is what waits to be written, and undefined without a handle")
class BufferSize:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        client = t.net.Socket()
        t.note("without a handle", client.buffer_size)
        client.connect(port, "127.0.0.1")
        t.note("nothing waits", client.buffer_size)
        client.write("12345")
        t.note("while connecting", client.buffer_size)
        client.on("ready", lambda: t.note("sent", client.buffer_size))
        client.on("ready", lambda: client.end())
        client.on("close", lambda had_error: t.note("closed", client.buffer_size))
        client.resume()


@case(about="destroy() sets closed and destroyed at once, before 'close'")
class FlagsAfterDestroy:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            t.snapshot(client)
            client.destroy()
            t.snapshot(client)

        client.on("connect", on_connect)
        client.on("close", lambda had_error: t.snapshot(client))


@case(about="destroy(error) sets errored and readable_aborted at once")
class FlagsAfterError:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", lambda error: t.note("the same", client.errored is error))

        def on_connect():
            client.destroy(t.error("on purpose"))
            t.snapshot(client)

        client.on("connect", on_connect)
        client.on("close", lambda had_error: t.snapshot(client))


@case(about="after an orderly end a socket is ended and finished, and nothing is aborted")
class FlagsAfterEnd:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", lambda chunk: t.snapshot(client))
        client.on("end", lambda: t.snapshot(client))
        client.on("finish", lambda: t.snapshot(client))
        client.on("close", lambda had_error: t.snapshot(client))


@case(about="bytes_read and bytes_written keep their values after 'close'")
class CountersAfterClose:
    def server(t):
        def on_connection(peer):
            peer.end("12345")
            peer.resume()

        serve(t, on_connection)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.end("123")

        def note(had_error):
            t.note("read", client.bytes_read)
            t.note("written", client.bytes_written)
            client.destroy()
            t.immediate(lambda: t.note("read later", client.bytes_read))

        client.on("close", note)


@case(about="writes dropped by destroy() while connecting no longer count in bytes_written")
class CountersOfTheDestroyed:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.write("12345")
        client.write("678")
        other = t.net.connect(port, "127.0.0.1")
        other.resume()
        other.on("ready", lambda: other.end())
        t.note("queued", client.bytes_written)
        client.destroy()
        t.note("destroyed", client.bytes_written)
        client.on("close", lambda had_error: t.note("closed", client.bytes_written))


@case(about="a server's high_water_mark is that of its sockets; the default is 64 KiB")
def HighWaterMarks(t):

    def on_connection(peer):
        t.note("readable", peer.readable_high_water_mark)
        t.note("writable", peer.writable_high_water_mark)
        peer.end()
        peer.resume()

    def on_listening(port):
        client = t.net.connect(port=port, host="127.0.0.1", readable_high_water_mark=5)
        t.note("client's readable", client.readable_high_water_mark)
        t.note("client's writable", client.writable_high_water_mark)
        client.resume()

    serve_here(t, on_connection, on_listening, {"high_water_mark": 12345})


@case(about="a socket is pending before, while connecting and after 'close', and not while it is connected")
class Pending:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.watch("client", t.net.Socket())

        def note(when):
            t.note(f"pending {when}", client.pending)
            t.note(f"connecting {when}", client.connecting)
            t.note(f"state {when}", client.ready_state)
            t.snapshot(client)

        note("before")
        t.note("returns itself", client.connect(port, "127.0.0.1") is client)
        note("at once")
        client.on("connectionAttempt", lambda address, port, family: note("during the attempt"))
        client.on("connect", lambda: note("in connect"))
        client.on("ready", lambda: note("in ready"))
        client.on("data", lambda chunk: note("in data"))
        client.on("end", lambda: note("in end"))
        client.on("finish", lambda: note("in finish"))
        client.on("close", lambda had_error: note("in close"))


@case(about="after destroyed is set to True, destroy() only calls back")
def SetDestroyed(t):
    socket = t.net.Socket()
    socket.destroyed = True
    t.snapshot(socket)
    socket.destroy(t.error("ignored"), t.callback("destroyed"))
    t.immediate(lambda: t.snapshot(socket))


@case(about="the setters of a socket return it; cork(), uncork() and destroy_soon() return nothing")
def Chains(t):
    socket = t.net.Socket()
    t.note("cork", socket.cork())
    t.note("uncork", socket.uncork())
    for name, done in [
        ["ref", socket.ref()],
        ["unref", socket.unref()],
        ["set_timeout", socket.set_timeout(0)],
        ["set_no_delay", socket.set_no_delay()],
        ["set_keep_alive", socket.set_keep_alive()],
        ["set_type_of_service", socket.set_type_of_service(1)],
        ["pause", socket.pause()],
        ["resume", socket.resume()],
        ["set_encoding", socket.set_encoding("utf8")],
        ["set_default_encoding", socket.set_default_encoding("utf8")],
        ["unpipe", socket.unpipe()],
        ["end", socket.end()],
        ["end again", socket.end(None)],
        ["destroy", socket.destroy()],
        ["destroy again", socket.destroy()],
        ["reset_and_destroy", socket.reset_and_destroy()],
    ]:
        t.note(name, done is socket)
    t.note("nothing", [socket.cork(), socket.uncork(), socket.destroy_soon()])
    t.note("connecting", socket.connecting)


@case(about="ref(), unref(), listen(), close() and get_connections() return the server")
def ServerChains(t):
    server = t.net.Server()
    t.note("idle", [server.ref() is server, server.unref() is server, server.close() is server])
    t.note("asked", server.get_connections(t.callback("connections")) is server)
    t.note("listen", server.listen(0, "127.0.0.1") is server)
    server.on("listening", lambda: t.note("listening", [server.ref() is server, server.close() is server]))


@case(about="properties assigned to a server apply to later connections")
class ServerAssigned:
    def server(t):
        server = t.net.create_server()
        server.allow_half_open = True
        server.pause_on_connect = True
        server.no_delay = True
        server.keep_alive = True
        server.keep_alive_initial_delay = 7
        server.high_water_mark = 11

        def on_connection(peer):
            t.snapshot(peer)
            t.kernel(peer)
            peer.resume()
            peer.end()
            server.close()

        server.on("connection", on_connection)
        server.listen(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        t.net.connect(port, "127.0.0.1").resume()


@case(about="readable, writable, connecting, destroyed and allow_half_open of a socket can be assigned")
def Assigned(t):
    socket = t.net.Socket()
    for name, value in [["no", False], ["yes", True]]:
        socket.readable = value
        t.note(f"readable {name}", [socket.readable, socket.ready_state])
        socket.writable = value
        t.note(f"writable {name}", [socket.writable, socket.ready_state])
        socket.connecting = value
        t.note(f"connecting {name}", [socket.connecting, socket.pending, socket.ready_state])
        socket.allow_half_open = value
        t.note(f"allow half open {name}", socket.allow_half_open)
        socket.destroyed = value
        t.note(f"destroyed {name}", [socket.destroyed, socket.readable, socket.writable, socket.ready_state])


@case(about="_connecting equals connecting")
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


@case(about="_handle has a descriptor while a socket or server is in use, and is null before and after")
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


@case(about="_bytes_dispatched excludes what still waits, which bytes_written includes")
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


@case(about="_getpeername() and _getsockname() give both ends, and are empty without a connection")
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


@case(about="_connection_key is made from the family, address and port given to listen()")
def ConnectionKey(t):
    def key(server, label):
        server.on("listening", lambda: [server.close(), t.note(label, server._connection_key)])

    every, one, path = t.net.Server(), t.net.Server(), t.net.Server()
    t.note("idle", getattr(one, "_connection_key", None))
    key(one.listen(0, "127.0.0.1"), "IPv4")
    key(path.listen(t.path("s")), "path")
    bound = t.net.BoundSocket(port=0, host="127.0.0.1")
    key(every.listen(bound), "bound")


@case(about="_connection_key of a server on all addresses has family 6", skip_unless="ipv6")
def ConnectionKeyOfAll(t):
    server = t.net.Server()
    server.listen(0, lambda: [server.close(), t.note("all", server._connection_key)])
    one = t.net.Server()
    one.listen(0, "::1", lambda: [one.close(), t.note("one", one._connection_key)])


@case(about="net.Stream is net.Socket")
def Stream(t):
    t.note("same", t.net.Stream is t.net.Socket)


@case(about="_connection_key has family 4 if the answer of dns.lookup has no family")
def ConnectionKeyWithoutFamily(t):
    t.override(t.dns, "lookup", lambda self, original, host, options, answer: answer(None, [{"address": "127.0.0.1"}]))
    server = t.net.create_server()
    server.listen(0, "name", lambda: [server.close(), t.note("key", server._connection_key)])
