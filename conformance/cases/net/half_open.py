"""Half-open connections: what each side can do after a FIN was sent or received."""

from conformance import case
from conformance.scenery import SOCKET, closely, listen, meet, serve, serve_here


@case(about="with allow_half_open a server can write after the client has ended")
class ServerWritesAfterFin:
    def server(t):
        server = t.watch("server", t.net.create_server(allow_half_open=True))

        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()

            def on_end():
                t.snapshot(peer)
                peer.end("pong")

            peer.on("end", on_end)
            peer.on("close", lambda had_error: server.close())

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end("ping")


@case(about="without allow_half_open a socket ends itself after the peer's FIN")
class EndsItself:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)
            peer.on("end", lambda: t.next_tick(lambda: t.note("a tick after 'end'", peer.ready_state)))
            server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end("ping")


@case(about="what a socket writes in 'end' is sent before its own FIN")
class WriteInsideEnd:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()

            def on_end():
                t.snapshot(peer)
                t.note("write returns", peer.write("last words", t.callback("written")))

            peer.on("end", on_end)

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", lambda chunk: t.note("received", chunk))
        client.end()


@case(about="a client with allow_half_open stays writable after the server has ended")
class ClientStaysWritable:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)
            peer.end("bye")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        client.on("data", lambda chunk: None)

        def on_end():
            t.snapshot(client)
            client.write("one more thing", t.callback("written", lambda error: client.end()))

        client.on("end", on_end)


@case(about="after its own end() a socket is in state 'readOnly' and goes on reading")
class ReadOnlyAfterEnd:
    def server(t):
        def on_connection(peer):
            peer.on("data", lambda chunk: None)
            peer.on("end", lambda: peer.end(b"x" * 1000))

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            t.note("returns itself", client.end("ping") == client)
            t.snapshot(client)

        client.on("connect", on_connect)
        client.on("data", lambda chunk: t.note("state", client.ready_state))


@case(about="the callback of end() runs before all listeners of 'finish'")
class EndCallbackBeforeFinish:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.on("end", lambda: peer.end())

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("finish", lambda: t.note("older listener", None))

        def on_connect():
            client.write("ping", t.callback("written"))
            client.end(t.callback("ended"))

        client.on("connect", on_connect)
        client.resume()


@case(about="a second end() queues its callback before 'finish', and fails it after")
class EndTwice:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.on("end", lambda: peer.end())

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.end(t.callback("first"))
            client.end(t.callback("second"))

        client.on("connect", on_connect)
        client.on("finish", lambda: client.end(t.callback("third")))
        client.on("close", lambda had_error: client.end(t.callback("fourth")))
        client.resume()


@case(about="'end' and 'close' wait until the buffered data has been read")
def EndWaitsForReading(t):
    peers = []

    def on_connection(peer):
        t.watch("peer", peer)
        peers.append(peer)

    def on_listening(port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        def look():
            peer = peers[0]
            t.note("state", peer.ready_state)
            t.note("waiting", peer.readable_length)
            t.note("flowing", peer.readable_flowing)
            peer.resume()

        # The FIN is out, so it has arrived at the other end, which reads it within two turns.
        client.on("finish", lambda: t.immediate(lambda: t.immediate(look)))
        client.end("unread")

    serve_here(t, on_connection, on_listening)


@case(about="end() on a paused socket finishes it, but 'end' and 'close' wait for resume()")
class OwnEndWhilePaused:
    def server(t):
        def on_connection(peer):
            peer.on("data", lambda chunk: None)
            peer.write("you will not read this yet")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.pause()
        client.on("connect", lambda: client.end())

        def on_finish():
            t.note("state", client.ready_state)
            t.note("paused", client.is_paused())
            client.resume()

        client.on("finish", lambda: t.immediate(on_finish))


@case(about="writes that still wait when the peer's FIN arrives are delivered")
class LargeWriteAfterFin:
    def server(t):
        def on_connection(peer):
            peer.on("data", lambda chunk: None)
            # More than the kernel takes while nobody reads at the other end.
            peer.write(b"y" * 16777216, t.callback("written"))
            t.note("bytes written", peer.bytes_written)
            peer.on("end", t.callback("ended"))
            peer.on("finish", t.callback("finished"))
            peer.on("close", t.callback("closed"))

        serve(t, on_connection)

    def client(t, port):
        client = t.net.connect(port=port, host="127.0.0.1")
        chunks = []
        client.on("data", lambda chunk: chunks.append(chunk))
        client.pause()
        # Only now that the FIN is out, and nothing before it: the server reads it before its write can go on.
        client.on("finish", lambda: client.resume())

        def on_end():
            t.note("received", b"".join(chunks))
            t.note("read", client.bytes_read)

        client.on("end", on_end)
        client.on("close", t.callback("closed"))
        client.end()


@case(about="a unix socket can be half open as a TCP socket can")
class UnixSocket:
    def server(t):
        server = t.watch("server", t.net.create_server(allow_half_open=True))
        path = t.path("half.sock")

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)

            def on_end():
                t.note("state", peer.ready_state)
                peer.end("pong")

            peer.on("end", on_end)
            server.close()

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        client.on("data", lambda chunk: None)
        client.end("ping")


@case(about="allow_half_open may be set on either end of a connection, and counts when the other end has ended")
class ChangeAllowHalfOpen:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.allow_half_open = True
            peer.on("data", lambda chunk: None)
            peer.on("end", lambda: t.immediate(answer))

            def answer():
                t.note("ready state", peer.ready_state)
                peer.end("late answer")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        client.allow_half_open = False
        client.on("data", lambda chunk: None)
        client.end("bye")


@case(about="allow_half_open set to False inside 'end' makes the socket end itself")
class TakenAwayInEnd:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()

            def on_end():
                peer.allow_half_open = False
                t.immediate(lambda: t.note("an immediate later", peer.ready_state))
                t.immediate(lambda: peer.end())

            peer.on("end", on_end)

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.end()


@case(about="a conversation that the server ends, the client half open, takes the same steps as in Node on both ends")
def Conversation(t):
    def start(port):
        client = closely(t, "client", t.net.Socket(allow_half_open=True), SOCKET)
        client.connect(port, "127.0.0.1")
        client.on("end", lambda: client.end("late", t.callback("ended")))
        client.resume()

    meet(t, {"allow_half_open": True}, lambda peer: [peer.resume(), peer.end("bye")], start)
