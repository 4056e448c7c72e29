"""How a server limits its clients: max_connections, 'drop', block lists and get_connections()."""

from conformance import case
from conformance.scenery import SERVER, closely, listen


@case(about="above max_connections a client is ended without 'connection', and 'drop' has both addresses")
class Dropped:
    def server(t):
        server = t.watch("server", t.net.create_server())
        server.max_connections = 0

        def on_drop(data):
            t.note("from an address", data.remote_address)
            t.note("remote port is the client's", data.remote_port > 0)
            server.get_connections(t.callback("count", lambda error, count: server.close()))

        server.on("connection", t.callback("not reached"))
        server.on("drop", on_drop)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(
    about="'drop' of an IPv4 client of a server on :: has mapped addresses of family IPv6", skip_unless="ipv6"
)
class DroppedOnDualStack:
    def server(t):
        server = t.watch("server", t.net.create_server())
        server.max_connections = 0
        server.on("drop", lambda data: server.close())
        server.listen(0, lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="what a dropped client has sent is lost: it reads an end or a reset, and the server goes on")
class DroppedWithData:
    def raw(r):
        port = r.wait("port")
        first = r.connect(port)
        first.send(b"lost")
        first.close()
        second = r.connect(port)
        second.recv_all()
        r.publish(over=True)

    def server(t):
        server = t.watch("server", t.net.create_server())
        server.max_connections = 0
        drops = []

        def on_drop(data):
            drops.append(data.remote_port)
            if len(drops) == 2:
                server.close(t.callback("closed"))

        server.on("drop", on_drop)
        listen(t, server)


@case(about="a client is dropped until destroy() of an accepted socket, which frees its place before 'close'")
class SlotIsFreed:
    def server(t):
        server = t.watch("server", t.net.create_server())
        server.max_connections = 1
        peers = []

        def on_connection(peer):
            peers.append(peer)
            t.watch(f"peer {len(peers)}", peer)
            peer.resume()
            if len(peers) == 2:
                server.close()
                peer.end()

        def on_drop(data):
            server.get_connections(t.callback("count", counted))

        def counted(error, count):
            peers[0].destroy()
            server.get_connections(t.callback("count after destroy()"))

        server.on("connection", on_connection)
        server.on("drop", on_drop)
        listen(t, server)

    def client(t, port):
        def open_second():
            second = t.watch("second", t.net.connect(port, "127.0.0.1"))
            second.resume()

        def open_third(had_error):
            third = t.watch("third", t.net.connect(port, "127.0.0.1"))
            third.resume()

        first = t.watch("first", t.net.connect(port, "127.0.0.1"))
        first.resume()
        first.on("connect", open_second)
        first.on("close", open_third)


@case(about="max_connections of null is no limit, and other values are compared as numbers")
def LimitOfOtherTypes(t):
    limits = [None, -1, "1", "many", True, False, float("nan"), 0.5, 1.5, [], {}]
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        t.note("accepted", limits[0])
        peer.resume()
        peer.end()

    def on_drop(data):
        t.note("dropped", limits[0])

    def connect():
        server.max_connections = limits[0]
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.resume()
        client.on("close", lambda had_error: server.get_connections(gone))

    def gone(error, count):
        if count > 0:
            t.immediate(lambda: server.get_connections(gone))
        elif len(limits) == 1:
            server.close()
        else:
            limits.pop(0)
            connect()

    server.on("connection", on_connection)
    server.on("drop", on_drop)
    server.listen(0, "127.0.0.1", connect)


@case(about="a limit lowered below the number of open connections drops new ones and leaves the old alone")
class LoweredLimit:
    def server(t):
        server = t.watch("server", t.net.create_server())
        peers = []

        def on_connection(peer):
            peers.append(peer)
            peer.resume()
            if len(peers) == 2:
                server.max_connections = 1

        def on_drop(data):
            t.note("open", [peer.ready_state for peer in peers])
            server.close(t.callback("closed"))
            for peer in peers:
                peer.end()

        server.on("connection", on_connection)
        server.on("drop", on_drop)
        listen(t, server)

    def client(t, port):
        def connect(rest):
            client = t.net.connect(port, "127.0.0.1")
            client.resume()
            client.on("close", lambda had_error: t.note("closed", had_error))
            if rest > 0:
                client.on("connect", lambda: connect(rest - 1))

        connect(2)


@case(about="without max_connections drop_max_connection does nothing")
def DropMaxConnectionAlone(t):
    server = t.watch("server", t.net.create_server())
    server.drop_max_connection = True
    t.snapshot(server)

    def on_connection(peer):
        peer.end()
        peer.resume()
        server.close()

    server.on("connection", on_connection)

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a limit raised within 'drop' holds for the next client")
def RaisedInDrop(t):
    server = t.watch("server", t.net.create_server())
    server.max_connections = 0

    def on_drop(data):
        server.max_connections = 1

    def on_connection(peer):
        t.watch("peer", peer)
        peer.resume()
        peer.end()
        server.close(t.callback("closed"))

    server.on("drop", on_drop)
    server.on("connection", on_connection)

    def on_listening():
        first = t.watch("first", t.net.connect(server.address().port, "127.0.0.1"))
        first.resume()

        def again(had_error):
            second = t.watch("second", t.net.connect(server.address().port, "127.0.0.1"))
            second.resume()

        first.on("close", again)

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a blocked client is closed without 'connection' and without 'drop', and is not counted")
class Blocked:
    def server(t):
        blocked = t.net.BlockList()
        blocked.add_address("127.0.0.1")
        server = t.watch("server", t.net.create_server(block_list=blocked))

        def on_connection(peer):
            t.note("from", peer.remote_address)
            server.get_connections(t.callback("count"))
            server.close()
            peer.resume()
            peer.end()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        first = t.watch("first", t.net.connect(port, "127.0.0.1"))
        first.resume()

        def again(had_error):
            second = t.watch("second", t.net.connect(port=port, host="127.0.0.1", local_address="127.0.0.2"))
            second.resume()

        first.on("close", again)


@case(about="the limit is looked at before the block list: a blocked client above it is a 'drop'")
def BlockedAndAboveLimit(t):
    blocked = t.net.BlockList()
    blocked.add_address("127.0.0.1")
    server = t.watch("server", t.net.create_server(block_list=blocked))
    server.max_connections = 0
    server.on("drop", lambda data: server.close(t.callback("closed")))

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a block list for IPv4 blocks the mapped clients of a server on ::", skip_unless="ipv6")
def BlockedMapped(t):
    blocked = t.net.BlockList()
    blocked.add_range("127.0.0.1", "127.0.0.1")
    server = t.watch("server", t.net.create_server(block_list=blocked))

    def on_connection(peer):
        t.note("from", peer.remote_address)
        peer.resume()
        peer.end()
        server.close()

    server.on("connection", on_connection)

    def on_listening():
        port = server.address().port
        first = t.watch("first", t.net.connect(port, "127.0.0.1"))
        first.resume()

        def again(had_error):
            second = t.watch("second", t.net.connect(port, "::1"))
            second.resume()

        first.on("close", again)

    server.listen(0, on_listening)


@case(about="on a unix socket 'drop' has no data, and a block list blocks nobody")
def LimitedUnixServer(t):
    blocked = t.net.BlockList()
    blocked.add_subnet("0.0.0.0", 0)
    server = t.watch("server", t.net.create_server(block_list=blocked))
    server.max_connections = 1
    path = t.path("limited.sock")

    def on_connection(peer):
        t.watch("peer", peer)
        peer.resume()
        second = t.watch("second", t.net.connect(path))
        second.resume()
        second.on("close", lambda had_error: peer.end())
        server.on("drop", t.callback("dropped", lambda data: server.close()))

    server.on("connection", on_connection)

    def on_listening():
        first = t.watch("first", t.net.connect(path))
        first.resume()

    server.listen(path, on_listening)


@case(about="get_connections() without listening answers 0, and throws for a callback that is not a function")
def CountWithoutListening(t):
    server = t.watch("server", t.net.create_server())
    server.get_connections(t.callback("never listened"))
    for callback in [None, 5, "text", {}, True]:
        t.attempt("bad", lambda: server.get_connections(callback))
    t.attempt("none", lambda: server.get_connections())
    t.next_tick(lambda: t.note("tick", None))
    t.microtask(lambda: t.note("microtask", None))
    server.listen(0, lambda: server.close())
    server.on("close", lambda: server.get_connections(t.callback("closed")))


@case(about="get_connections() gives the number of open sockets at its call, a tick later")
class CountAtTheCall:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            server.get_connections(
                t.callback("open", lambda error, count: t.note("destroyed", peer.destroyed))
            )
            peer.destroy()
            server.get_connections(t.callback("destroyed"))
            t.next_tick(lambda: t.note("tick", None))
            server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="a callback of get_connections() that throws is uncaught")
def CountCallbackThrows(t):
    t.on_uncaught(lambda error: t.note("survived", error))
    server = t.watch("server", t.net.create_server())

    def throws(error, count):
        t.note("count", count)
        raise t.error("the callback's own")

    server.get_connections(throws)
    server.get_connections(t.callback("next"))


@case(
    about="a limit, pause_on_connect and half-open together: the dropped client is ended, the first one lives on"
)
class LimitPauseHalfOpen:
    def server(t):
        server = t.watch("server", t.net.create_server(pause_on_connect=True, allow_half_open=True))
        server.max_connections = 1

        def on_connection(peer):
            t.watch("peer", peer)

            def on_drop(data):
                t.note("read so far", peer.bytes_read)
                peer.resume()
                server.close(t.callback("closed"))

            server.on("drop", on_drop)
            peer.on("end", lambda: peer.end("last"))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        first = t.watch("first", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        first.resume()

        def on_written():
            second = t.watch("second", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
            second.resume()
            second.on("end", lambda: second.end())
            second.on("close", lambda had_error: first.end())

        first.on("connect", lambda: first.write("first", on_written))


@case(
    about="a server that is full drops a connection step by step as in Node; the drop comes before the client sees it"
)
def DropSteps(t):
    def start(port):
        t.net.connect(port, "127.0.0.1").on("close", lambda had_error: server.close()).resume()

    server = closely(t, "server", t.net.create_server(), SERVER)
    server.max_connections = 0
    server.on("drop", lambda data: t.note("active", t.active()))
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


@case(about="get_connections() says what is wrong with its callback at once, and calls back on a tick")
def CountCallbackWrong(t):
    server = t.net.create_server()
    t.attempt("no function", lambda: server.get_connections("x"))
    t.next_tick(lambda: t.note("queued before", None))
    t.attempt("idle", lambda: server.get_connections(t.callback("connections")) is server)
    t.next_tick(lambda: t.note("queued after", None))
