"""Cases for the liars: small, with every kind of record that a lie can be told about."""

# mypy: ignore-errors

from conformance import case


@case(about="a client says something, the server answers and both end")
class Exchange:
    def server(t):
        server = t.watch("server", t.net.create_server(allow_half_open=True))

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda data: t.note("got", len(data)))

            def on_end():
                t.snapshot(peer)
                t.kernel(peer)
                peer.end("pong")

            peer.on("end", on_end)
            peer.on("close", lambda had_error: server.close())

        server.on("connection", on_connection)
        server.listen(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end("ping", t.callback("ended"))


@case(about="nobody listens")
def refused(t):
    client = t.watch("client", t.net.connect(1, "127.0.0.1"))
    client.on("error", lambda error: t.note("message", error.message))


@case(about="a datagram arrives with its sender")
def datagram(t):
    receiver = t.watch("receiver", t.dgram.create_socket("udp4"))
    sender = t.watch("sender", t.dgram.create_socket("udp4"))
    receiver.on("message", lambda data, remote: receiver.close())

    def send():
        t.note("sender port", sender.address().port)
        sender.send(b"hello", receiver.address().port, "127.0.0.1", lambda error, size: sender.close())

    sender.bind(0, "127.0.0.1", lambda: receiver.bind(0, "127.0.0.1", send))
