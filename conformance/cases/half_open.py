"""Half-open connections: what each side may still do after a FIN went out or came in."""

from conformance import case


@case(about="with allow_half_open the server may write after the client has ended")
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
        server.listen(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end("ping")
