"""destroy_soon(): end the socket, and destroy it once everything is written."""

from conformance import case
from conformance.scenery import client_to, meet, serve, serve_either, start


def accepting(t):
    """A server that takes one connection and ends it when the client does."""

    def on_connection(peer):
        t.watch("peer", peer)
        peer.on("error", lambda error: None)
        peer.on("data", lambda chunk: None)

    serve(t, on_connection)


@case(about="destroy_soon() on an idle connection emits 'finish' and 'close' without waiting for the peer")
class Idle:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            t.immediate(soon)

        def soon():
            t.note("returns", client.destroy_soon())
            t.snapshot(client)

        client.on("connect", on_connect)
        client.on("finish", lambda: t.snapshot(client))


@case(about="destroy_soon() in or after 'finish' destroys at once")
class InFinish:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("connect", lambda: client.end("ping"))

        def on_finish():
            client.destroy_soon()
            t.note("destroyed", client.destroyed)

        client.on("finish", on_finish)


@case(about="destroy_soon() while connecting sends what waits after 'connect', and then closes")
class WhileConnecting:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.write("early", t.callback("written"))
        client.destroy_soon()
        t.snapshot(client)


@case(about="destroy_soon() on a socket that was never connected finishes and closes it")
def Fresh(t):
    fresh = t.watch("fresh", t.net.Socket())
    fresh.destroy_soon()
    t.snapshot(fresh)
    fresh.on("close", t.callback("close"))


@case(about="destroy_soon() twice, or after end(), does nothing more")
class Twice:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.end("ping", t.callback("ended"))
            client.destroy_soon()
            client.destroy_soon()
            t.note("listeners of 'finish'", client.listener_count("finish"))

        client.on("connect", on_connect)


@case(about="destroy_soon() flushes what is corked")
class Corked:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.cork()
            client.write("one", t.callback("first"))
            client.write("two", t.callback("second"))
            client.destroy_soon()

        client.on("connect", on_connect)


@case(about="destroy_soon() during a big write closes once it is delivered in full")
class BigWrite:
    def server(t):
        def on_connection(peer):
            chunks = []
            peer.on("data", lambda chunk: chunks.append(len(chunk)))
            peer.on("end", lambda: t.note("received", sum_of(chunks)))
            peer.on("close", t.callback("close"))

        serve(t, on_connection)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_connect():
            client.write(b"x" * 8388608, t.callback("written"))
            client.destroy_soon()
            t.note("destroyed", client.destroyed)

        client.on("connect", on_connect)
        client.on("finish", t.callback("finish"))
        client.on("close", t.callback("close"))


def sum_of(numbers):
    total = 0
    for number in numbers:
        total += number
    return total


@case(about="destroy() after destroy_soon() closes without 'finish'")
class CutShort:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.write("data", t.callback("written"))
            client.destroy_soon()
            client.destroy()

        client.on("connect", on_connect)


@case(about="destroy_soon() finishes and closes a socket with unread input")
class WithUnreadInput:
    def client(t, port, control):
        client = t.watch("client", t.net.Socket())
        client.pause()

        def on_connect():
            # The data is in the kernel once the other connection speaks.
            signal = t.net.connect(control, "127.0.0.1")
            signal.on("data", lambda chunk: client.destroy_soon())

        client.connect(port, "127.0.0.1", on_connect)

    def raw(r):
        listener = r.listen()
        other = r.listen()
        r.publish(port=listener.port, control=other.port)
        peer = listener.accept()
        peer.send(b"unread")
        signal = other.accept()
        signal.send(b"go")
        peer.recv_all()
        signal.close()


@case(about="destroy_soon() on a destroyed socket only adds a 'finish' listener, which is never called")
class AfterDestroy:
    def server(t):
        accepting(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.destroy()
            client.destroy_soon()
            t.note("listeners of 'finish'", client.listener_count("finish"))

        client.on("connect", on_connect)
        client.on("close", lambda had_error: client.destroy_soon())


@case(about="destroy_soon() in 'end' of a half-open socket sends its last words and closes")
class InEnd:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)

            def on_end():
                peer.write("last words", t.callback("written"))
                peer.destroy_soon()
                t.note("state", peer.ready_state)

            peer.on("end", on_end)

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", lambda chunk: None)
        client.end("ping")


@case(about="destroy_soon() right after connect(), with nothing written, destroys the socket at once")
def DestroySoonWhileConnecting(t):
    server = t.watch("server", t.net.create_server(lambda peer: peer.resume()))
    client = t.net.Socket()

    def at_once():
        client.destroy_soon()
        t.snapshot(client)

    client.on("close", lambda had_error: server.close())
    start(t, server, client, at_once)


@case(about="end() with data and destroy_soon() right after connect() deliver the data first")
def EndAndDestroySoonWhileConnecting(t):
    def on_connection(peer):
        peer.on("data", t.callback("data"))

    server = serve_either(t, False, on_connection)
    client = t.net.Socket()

    def at_once():
        client.end("bye", t.callback("ended"))
        client.destroy_soon()

    start(t, server, client, at_once)


@case(about="destroy_soon() sends queued writes, then closes without waiting for the peer's FIN")
class WithQueuedWrite:
    def server(t):
        def on_connection(peer):
            peer.on("data", lambda chunk: None)
            peer.on("error", lambda error: None)
            peer.on("end", lambda: peer.end())

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.write("queued", t.callback("written"))
            client.destroy_soon()
            t.note("destroyed", client.destroyed)
            t.note("state", client.ready_state)

        client.on("connect", on_connect)


@case(about="destroy_soon() waits for what is written, then destroys step by step as in Node")
def Steps(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("connect", lambda: [client.write("a", t.callback("written")), client.destroy_soon()])

    meet(t, None, lambda peer: peer.resume(), start)
