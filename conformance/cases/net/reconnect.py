"""One socket that connects several times: what connect() resets and what stays."""

from conformance import case
from conformance.scenery import SOCKET, accept_one, closely, serve, serve_here, serve_several


def greeting(t, connections):
    """A server that greets and ends so many connections, then closes."""

    def on_connection(peer):
        peer.on("error", lambda error: None)
        peer.resume()
        peer.end("hello")

    serve_several(t, connections, on_connection)


@case(about="connect() in 'close' starts anew: state, flags and counters are those of a new socket")
class InClose:
    def server(t):
        greeting(t, 2)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.on("connect", lambda: t.snapshot(client))

        def on_close(had_error):
            t.snapshot(client)
            t.note("read", client.bytes_read)
            t.note("returns itself", client.connect(port, "127.0.0.1") == client)
            t.note("read", client.bytes_read)
            t.note("state", client.ready_state)
            t.snapshot(client)

        client.once("close", on_close)


@case(about="connect() works an immediate after 'close' as it does in 'close'")
class AfterClose:
    def server(t):
        greeting(t, 2)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        def again():
            client.connect(port, "127.0.0.1", t.callback("connected"))
            t.snapshot(client)

        client.once("close", lambda had_error: t.immediate(again))


@case(about="connect() right after destroy() works; the old 'close' comes while the new connection is made")
class BeforeClose:
    def server(t):
        greeting(t, 2)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def again():
            client.destroy()
            client.connect(port, "127.0.0.1", t.callback("connected"))
            t.snapshot(client)
            client.resume()

        client.once("connect", again)


@case(about="connect() right after destroy(error) works, and the error is still emitted")
class BeforeError:
    def server(t):
        greeting(t, 2)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def again():
            client.destroy(t.error("first life"))
            client.connect(port, "127.0.0.1", t.callback("connected"))
            t.snapshot(client)
            client.resume()

        client.once("connect", again)


@case(about="connect() in 'error' of a refused connection works; the old 'close' comes while the new one is made")
class InError:
    def raw(r):
        r.publish(closed=r.closed_port())

    def server(t, closed):
        serve(t, lambda peer: peer.resume().end())

    def client(t, port, closed):
        client = t.watch("client", t.net.connect(closed, "127.0.0.1"))

        def on_error(error):
            t.snapshot(client)
            client.connect(port, "127.0.0.1", t.callback("connected"))
            t.snapshot(client)

        client.once("error", on_error)
        client.on("ready", lambda: t.snapshot(client))
        client.resume()


@case(about="destroy() of a socket that connected again in 'error' emits a second 'close', without error")
class InErrorThenDestroy:
    def raw(r):
        r.publish(closed=r.closed_port())

    def server(t, closed):
        accept_one(t)

    def client(t, port, closed):
        client = t.watch("client", t.net.connect(closed, "127.0.0.1"))
        client.once("error", lambda error: client.connect(port, "127.0.0.1"))

        def on_ready():
            t.snapshot(client)
            client.end()
            t.immediate(lambda: client.destroy())

        client.on("ready", on_ready)
        client.resume()


@case(about="a refused socket may connect again in 'close' any number of times, with one 'error' and 'close' each")
class RefusedAgain:
    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", lambda error: None)
        tries = []

        def again(had_error):
            tries.append(had_error)
            if len(tries) < 4:
                client.connect(port, "127.0.0.1")

        client.on("close", again)
        client.on(
            "close", lambda had_error: t.note("listeners of 'connect'", client.listener_count("connect"))
        )

    def raw(r):
        r.publish(port=r.closed_port())


@case(about="an encoding holds for the next connection, without the rest of a split character")
class EncodingKept:
    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.set_encoding("utf8")
        client.on("data", t.callback("data"))

        def again(had_error):
            t.note("encoding", client.readable_encoding)
            client.connect(port, "127.0.0.1")

        client.once("close", again)

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        for data in [b"h\xc3", b"\xa9llo"]:
            peer = listener.accept()
            peer.send(data)
            peer.shutdown("write")
            peer.recv_all()


@case(about="listeners stay when a socket connects again; the once-listeners of its first connection are gone")
class ListenersKept:
    def server(t):
        greeting(t, 2)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1", t.callback("first connected"))
        client.on("connect", t.callback("connect"))
        client.on("data", t.callback("data"))
        client.on("end", t.callback("end"))
        client.on("finish", t.callback("finish"))
        client.on("close", t.callback("close"))

        def again(had_error):
            for name in ["connect", "data", "end", "finish", "close", "error"]:
                t.note(name, client.listener_count(name))
            client.connect(port, "127.0.0.1", t.callback("second connected"))
            for name in ["connect", "data", "end", "finish", "close", "error"]:
                t.note(name, client.listener_count(name))

        client.once("close", again)


@case(about="no-delay, keep-alive and type of service of the first connection are set on the second, too")
class OptionsAgain:
    def server(t):
        serve_several(t, 2, lambda peer: peer.resume())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.set_no_delay(True)
        client.set_keep_alive(True, 7000)
        client.once("connect", lambda: client.set_type_of_service(16))
        client.on("ready", lambda: t.kernel(client).end())
        client.resume()
        client.once("close", lambda had_error: client.connect(port, "127.0.0.1"))


@case(about="a timeout ends with its connection, but the property timeout keeps its value")
class TimeoutForgotten:
    def server(t):
        greeting(t, 1)

    def client(t, port, silent):
        client = t.net.connect(port, "127.0.0.1")
        client.on("timeout", t.callback("timeout"))

        def first():
            client.set_timeout(20)
            client.destroy()

        def again(had_error):
            client.connect(silent, "127.0.0.1")
            t.note("timeout", client.timeout)
            t.timeout(60, lambda: client.destroy())

        client.once("connect", first)
        client.once("close", again)

    def raw(r):
        listener = r.listen()
        r.publish(silent=listener.port)
        listener.accept()
        r.hold()


@case(about="a socket that was paused stays paused in its next connection until resume()")
class PausedKept:
    def server(t):
        greeting(t, 2)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))

        def first():
            client.pause()
            client.destroy()

        def again(had_error):
            t.note("paused", client.is_paused())
            client.connect(port, "127.0.0.1")
            t.note("paused", client.is_paused())
            client.on("connect", lambda: t.immediate(lambda: client.resume()))

        client.once("connect", first)
        client.once("close", again)


@case(about="data left unread by the first connection is read in the second, before its own")
class BufferKept:
    def server(t):
        greeting(t, 2)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_readable():
            t.note("buffered", client.readable_length)
            client.destroy()

        def again(had_error):
            client.connect(port, "127.0.0.1")
            t.note("buffered", client.readable_length)
            client.on("data", t.callback("data"))

        client.once("readable", on_readable)
        client.once("close", again)


@case(about="a corked socket stays corked in its next connection")
class CorkKept:
    def server(t):
        greeting(t, 2)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def first():
            client.cork()
            client.write("held", t.callback("held"))
            client.destroy()

        def again(had_error):
            client.connect(port, "127.0.0.1")
            t.note("corked", client.writable_corked)
            client.end("sent", t.callback("ended"))
            client.resume()

        client.once("connect", first)
        client.once("close", again)


@case(about="a socket that was destroyed before it ever connected can still connect")
class AfterFreshDestroy:
    def server(t):
        greeting(t, 1)

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        client.destroy()
        t.snapshot(client)
        client.connect(port, "127.0.0.1")
        t.snapshot(client)
        client.resume()


@case(about="a socket that was ended before it ever connected can still connect and write")
class AfterFreshEnd:
    def server(t):
        greeting(t, 1)

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        client.end(t.callback("ended"))
        client.on("error", t.callback("error"))

        def connect():
            client.connect(port, "127.0.0.1")
            t.snapshot(client)
            t.note("returns", client.write("again", t.callback("written")))

        client.once("finish", lambda: t.immediate(connect))
        client.resume()


@case(about="a socket may connect by TCP, then by a unix socket, and back")
class KindChanges:
    def server(t, port):
        server = t.net.create_server()
        path = t.path("kind.sock")

        def on_connection(peer):
            peer.end("by path")
            peer.resume()
            server.close()

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, port, path):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", lambda chunk: t.note("address", client.remote_address))

        def to_path(had_error):
            t.note("peer of the first", client.remote_address)
            client.once("close", to_port)
            client.connect(path)

        def to_port(had_error):
            client.connect(port, "127.0.0.1")

        client.once("close", to_path)

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        for data in [b"by port", b"by port again"]:
            peer = listener.accept()
            peer.send(data)
            peer.shutdown("write")
            peer.recv_all()


@case(about="connect() on a connected socket emits 'connect' again, over the same connection")
class WhileConnected:
    def server(t):
        serve(t, lambda peer: peer.on("data", t.callback("data")))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def again():
            client.once("ready", lambda: client.end("twice connected"))
            client.connect(port, "127.0.0.1", t.callback("connected again"))
            t.snapshot(client)

        client.once("ready", lambda: t.immediate(again))


@case(about="connect() clears the property errored")
class ErrorForgotten:
    def server(t):
        greeting(t, 2)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.once("connect", lambda: client.destroy(t.error("first life")))

        def again(had_error):
            t.note("errored", client.errored)
            client.connect(port, "127.0.0.1")
            t.note("errored", client.errored)

        client.once("close", again)
        client.resume()


@case(about="a write left pending by a refused connect() fails the next one with ERR_MULTIPLE_CALLBACK")
class EarlyWriteOfRefusedLife:
    def client(t, port, other):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", lambda error: None)
        client.write("lost", t.callback("lost"))

        def again(had_error):
            client.connect(other, "127.0.0.1")
            t.note("waiting", client.writable_length)
            t.note("counted", client.bytes_written)
            client.end("sent", t.callback("sent"))
            client.resume()

        client.once("close", again)

    def raw(r):
        listener = r.listen()
        r.publish(port=r.closed_port(), other=listener.port)
        peer = listener.accept()
        peer.send(b"got " + peer.recv_all())
        peer.close()


def abandon(t, options, connect_anew):
    """Connect to a server of our own, destroy the socket when its attempt is under way, and connect it again."""
    server = t.net.create_server(lambda peer: [peer.on("error", lambda error: None), peer.resume()])
    client = t.watch("client", t.net.Socket())
    t.on_uncaught(lambda error: t.note("uncaught", error))
    client.on("error", t.callback("error"))

    def connect():
        if "path" in options:
            client.connect(options)
        else:
            client.connect({**options, "port": server.address().port})

    def leave():
        client.destroy()
        connect_anew(connect)

    def on_listening():
        connect()
        t.next_tick(lambda: t.next_tick(leave))

    if "path" in options:
        server.listen(options["path"], on_listening)
    else:
        server.listen(0, "127.0.0.1", on_listening)
    server.on("connection", lambda peer: peer.on("close", lambda had_error: [client.destroy(), server.close()]))
    server.on("connection", lambda peer: client.end())


def two_addresses(host, options, done):
    done(None, [{"address": "127.0.0.1", "family": 4}, {"address": "127.0.0.2", "family": 4}])


@case(about="a new connection made before a cancelled attempt fails makes that attempt fail an assertion")
def CancelledTooLate(t):
    abandon(t, {"host": "127.0.0.1"}, lambda connect: connect())


@case(about="a cancelled attempt fails the new connection that is still being made")
def CancelledFailsTheNext(t):
    abandon(t, {"host": "127.0.0.1"}, lambda connect: t.immediate(connect))


@case(about="a cancelled attempt at a unix socket fails the new connection that is still being made")
def CancelledFailsTheNextUnix(t):
    abandon(t, {"path": t.path("s")}, lambda connect: t.immediate(connect))


@case(about="a cancelled attempt at one of several addresses fails the new connection with all their errors")
def CancelledAmongSeveral(t):
    abandon(t, {"host": "two", "lookup": two_addresses}, lambda connect: t.immediate(connect))


@case(about="an accepted socket that connects elsewhere is subtracted twice from its server, which never closes")
def AcceptedAgain(t):
    other = t.net.create_server(lambda peer: [peer.resume(), peer.end(), other.close()])
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        t.watch("peer", peer)
        peer.resume()

        def on_first_close(had_error):
            server.get_connections(t.callback("after the first life"))
            peer.connect(other.address().port, "127.0.0.1")
            peer.once("close", on_second_close)
            peer.end()

        def on_second_close(had_error):
            t.note("its server", peer.server is server)
            server.get_connections(t.callback("after the second life"))
            server.close()

        peer.once("close", on_first_close)
        peer.end()

    server.on("connection", on_connection)

    def on_listening():
        t.net.connect(server.address().port, "127.0.0.1").end().resume()

    other.listen(0, "127.0.0.1", lambda: server.listen(0, "127.0.0.1", on_listening))


@case(about="connect(port) during connect(path) takes the address for a path, and has no local end")
def PathThenPort(t):
    closed = []

    def on_close(had_error):
        closed.append(had_error)
        if len(closed) == 2:
            t.exit(0)  # libuv counts the first request as active for ever

    def attempt(name, options):
        client = t.watch(name, t.net.connect(t.path("nobody.sock")))
        client.on("error", lambda error: None)
        client.on("close", on_close)
        t.attempt(name, lambda: client.connect(options))

    attempt("ipv4", {"port": 1, "host": "127.0.0.1"})
    attempt("bound", {"port": 1, "host": "127.0.0.1", "local_address": "127.0.0.2"})


@case(about="connect(port) by IPv6 during connect(path) throws a TypeError, and the path is reached")
def PathThenPort6(t):
    path = t.path("there.sock")
    server = t.net.create_server(lambda peer: peer.resume())
    client = t.watch("client", t.net.Socket())

    def listening():
        client.connect(path)
        client.connect(1, "::1")

    t.on_uncaught(lambda error: t.note("uncaught", error.message))
    client.on("connect", lambda: server.close())
    client.on("connect", lambda: client.end())
    client.resume()
    server.listen(path, listening)


@case(about="connect(path) after a refused one connects, but the stream has neither side and ends at once")
def PathBehindRefusedPath(t):
    path = t.path("there.sock")
    server = t.net.create_server(lambda peer: peer.resume())
    client = t.watch("client", t.net.Socket())

    def listening():
        client.connect(t.path("nobody.sock"))
        client.connect(path)

    def done():
        t.snapshot(client)
        t.exit(0)  # libuv counts the first request as active for ever

    client.resume()
    client.on("close", lambda had_error: done())
    server.listen(path, listening)


@case(about="a refused socket that connects again in 'close' can succeed")
class AfterRefusal:
    def raw(r):
        r.publish(closed=r.closed_port())

    def server(t, closed):
        accept_one(t)

    def client(t, port, closed):
        client = t.watch("client", t.net.connect(closed, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def again(had_error):
            client.connect(port, "127.0.0.1")
            t.snapshot(client)

        client.once("close", again)
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="connect() on an accepted socket emits 'connectionAttempt', then fails with EISCONN and closes it")
def WhileAccepted(t):

    def on_connection(peer):
        t.watch("peer", peer)
        port = peer.remote_port
        t.attempt("connect", lambda: peer.connect(port, "127.0.0.1", t.callback("connected")) == peer)
        t.snapshot(peer)

    def on_listening(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", lambda error: None)
        client.resume()

    serve_here(t, on_connection, on_listening)


@case(about="connect() while connecting fails with 'error' EALREADY, which ends the first attempt too")
class WhileConnecting:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        client.on("error", t.callback("error"))
        client.connect(port, "127.0.0.1", t.callback("first"))
        t.attempt("again", lambda: client.connect(port, "127.0.0.1", t.callback("second")) == client)
        t.note("state", [client.ready_state, client.connecting, client.pending, client.destroyed])
        client.on("close", lambda had_error: t.snapshot(client))


@case(about="a socket that is used again after its end starts anew step by step as in Node")
def UsedAgain(t):
    ports = []

    def again():
        client.once("close", lambda had_error: t.note("closed again", had_error))
        client.connect(ports[0], "127.0.0.1")

    def start():
        ports.append(server.address().port)
        client.once("close", lambda had_error: again())
        client.connect(ports[0], "127.0.0.1")
        client.resume()

    taken = []

    def connection(peer):
        taken.append(peer)
        peer.end("x")
        if len(taken) == 2:
            server.close()

    client = closely(t, "client", t.net.Socket(), SOCKET)
    server = t.net.create_server(connection)
    server.listen(0, "127.0.0.1", start)
