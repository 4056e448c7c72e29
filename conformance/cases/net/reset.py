"""reset_and_destroy() in every state of a socket, and resets by the peer."""

from conformance import case
from conformance.scenery import SOCKET, accept_one, client_to, closely, meet, serve, serve_several


def told(t):
    """A server that records what becomes of one connection."""

    def on_connection(peer):
        t.watch("peer", peer)
        peer.on("error", t.callback("peer error"))
        peer.resume()

    serve(t, on_connection)


@case(about="reset_and_destroy() while connecting waits for 'connect' and then resets")
class WhileConnecting:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.note("returns itself", client.reset_and_destroy() == client)
        t.snapshot(client)


@case(about="reset_and_destroy() in 'connect' destroys at once; the peer gets ECONNRESET")
class InConnect:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.reset_and_destroy()
            t.snapshot(client)

        client.on("connect", on_connect)


@case(about="reset_and_destroy() of an open connection gives the peer 'error' ECONNRESET and 'close' with true")
class OpenConnection:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("error", t.callback("error"))
            peer.resume()
            peer.write("accepted")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_data(chunk):
            client.reset_and_destroy()
            t.snapshot(client)
            t.immediate(lambda: t.note("an immediate", client.destroyed))

        client.on("data", on_data)


@case(about="reset_and_destroy() on a socket that was never connected fails with ERR_SOCKET_CLOSED")
def Fresh(t):
    fresh = t.watch("fresh", t.net.Socket())
    fresh.on("error", t.callback("error"))
    t.note("returns itself", fresh.reset_and_destroy() == fresh)
    t.note("again", fresh.reset_and_destroy() == fresh)
    t.snapshot(fresh)
    fresh.on("close", t.callback("close"))


@case(about="reset_and_destroy() after destroy() or 'close' does nothing, not even emit 'error'")
class AfterDestroy:
    def server(t):
        told(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_ready():
            client.destroy()
            client.reset_and_destroy()

        client.on("ready", on_ready)
        client.on("close", lambda had_error: t.note("returns itself", client.reset_and_destroy() == client))
        client.on("close", lambda had_error: t.immediate(lambda: t.snapshot(client)))


@case(about="reset_and_destroy() of a unix socket throws ERR_INVALID_HANDLE_TYPE and leaves it open")
class UnixSocket:
    def server(t):
        server = t.net.create_server()
        path = t.path("reset.sock")

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)
            server.close()

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        t.attempt("connecting", lambda: client.reset_and_destroy())
        t.note("connecting still", client.connecting)

        def on_connect():
            t.attempt("open", lambda: client.reset_and_destroy())
            t.note("destroyed", client.destroyed)
            t.snapshot(client)
            client.end("still here")

        client.on("connect", on_connect)
        client.resume()


@case(about="a write that the kernel took before reset_and_destroy() calls back without error")
class WithWrite:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.write("a", t.callback("first"))
            client.write("b", t.callback("second"))
            client.reset_and_destroy()

        client.on("connect", on_connect)


@case(about="reset_and_destroy() during end() emits 'error' EINVAL; without a listener it is uncaught")
class AfterEnd:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.write("a", t.callback("first"))
            client.write("b", t.callback("second"))
            client.end(t.callback("ended"))
            client.reset_and_destroy()

        client.on("connect", on_connect)


@case(about="reset_and_destroy() fails an unfinished big write with ECANCELED")
class BigWrite:
    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", t.callback("error"))

        def on_connect():
            client.write(b"x" * 16777216, t.callback("first"))
            client.write("y", t.callback("second"))
            t.immediate(lambda: client.reset_and_destroy())

        client.on("connect", on_connect)
        client.on("close", t.callback("close"))

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv_reset()


@case(about="reset_and_destroy() in 'finish' resets the connection")
class InFinish:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.on("connect", lambda: client.end("x"))

        def on_finish():
            t.attempt("reset", lambda: client.reset_and_destroy() == client)
            t.snapshot(client)

        client.on("finish", on_finish)


@case(about="reset_and_destroy() in 'end' of a half-open socket closes it; the peer gets ECONNRESET")
class InEnd:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("error", t.callback("error"))
            peer.resume()
            peer.on("end", lambda: t.attempt("reset", lambda: peer.reset_and_destroy() == peer))

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", t.callback("error"))
        client.on("close", t.callback("close"))
        client.end()
        client.resume()


@case(about="reset_and_destroy() after connect() in 'close' resets the new connection once it is made")
class Reconnecting:
    def server(t):
        serve_several(t, 2, lambda peer: peer.on("error", lambda error: None).resume())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.once("connect", lambda: client.reset_and_destroy())

        def on_close(had_error):
            client.connect(port, "127.0.0.1")
            client.reset_and_destroy()
            t.note("state", client.ready_state)

        client.once("close", on_close)


@case(about="a connect that is refused while reset_and_destroy() waits for it emits 'error' and 'close'")
class Refused:
    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.reset_and_destroy()
        client.on(
            "close", lambda had_error: t.note("listeners of 'connect'", client.listener_count("connect"))
        )

    def raw(r):
        r.publish(port=r.closed_port())


@case(about="data that waits when the peer resets can still be read after 'close'")
class PausedThenReset:
    def client(t, port, control):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_readable():
            t.note("buffered", client.readable_length)
            signal = t.net.connect(control, "127.0.0.1")
            signal.end("reset it")

        client.once("readable", on_readable)
        client.on("close", lambda had_error: t.note("still there", client.read()))

    def raw(r):
        listener = r.listen()
        other = r.listen()
        r.publish(port=listener.port, control=other.port)
        peer = listener.accept()
        peer.send(b"buffered")
        signal = other.accept()
        signal.recv(8)
        peer.reset()
        signal.close()


@case(about="a peer's reset after 'end' only fails writes, with EPIPE")
class ResetAfterEnd:
    def client(t, port, control):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        client.on("error", t.callback("error"))
        client.resume()

        def on_end():
            signal = t.net.connect(control, "127.0.0.1")
            signal.on(
                "data", lambda chunk: t.note("returns", client.write("too late", t.callback("written")))
            )

        client.on("end", on_end)

    def raw(r):
        listener = r.listen()
        other = r.listen()
        r.publish(port=listener.port, control=other.port)
        peer = listener.accept()
        peer.shutdown("write")
        signal = other.accept()
        peer.reset()
        signal.send(b"go")
        signal.close()


@case(about="a peer's reset during a big write fails it and the writes behind it")
class DuringBigWrite:
    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", t.callback("error"))

        def on_connect():
            client.write(b"x" * 16777216, t.callback("first"))
            client.write("y", t.callback("second"))
            client.end(t.callback("ended"))

        client.pause()
        client.on("connect", on_connect)
        client.on("close", t.callback("close"))

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv(65536)
        peer.reset()


@case(about="a reset by the peer gives 'error' ECONNRESET and 'close' with true, but no 'end'")
class ByPeer:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv(5)
        peer.reset()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.on("data", lambda chunk: None)
        client.on("connect", lambda: client.write("hello"))


@case(about="reset_and_destroy() resets and closes step by step as in Node, connected, connecting and closed")
def ResetSteps(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("error", t.callback("error"))
        client.on("connect", lambda: client.reset_and_destroy())
        connecting = closely(t, "connecting", t.net.connect(port, "127.0.0.1"), SOCKET)
        connecting.on("error", t.callback("connecting: error"))
        connecting.reset_and_destroy()
        idle = closely(t, "idle", t.net.Socket(), SOCKET)
        idle.on("error", t.callback("idle: error"))
        idle.reset_and_destroy()

    meet(t, None, lambda peer: [peer.on("error", t.callback("peer: error")), peer.resume()], start)
