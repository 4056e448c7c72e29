"""Sockets with readable or writable false: what they do with data, ends and writes."""

from conformance import case


def meet(t, options, use):
    """A client with the options and the server's half-open socket in one process: `use(peer, client)` once both are
    connected, and both destroyed by what `use` arranges."""
    server = t.net.create_server(allow_half_open=True)
    peers = []

    def both():
        if len(peers) == 1 and not client.pending:
            t.immediate(lambda: use(peers[0], client))

    def on_connection(peer):
        server.close()
        t.watch("peer", peer)
        peer.on("error", lambda error: None)
        peer.resume()
        peers.append(peer)
        both()

    server.on("connection", on_connection)
    client = t.watch("client", t.net.Socket(options))
    client.on("error", t.callback("error"))
    server.listen(0, "127.0.0.1", lambda: client.connect(server.address().port, "127.0.0.1", both))


@case(about="with readable false a socket never sees the peer's data and end, even after resume()")
def UnreadableGetsData(t):
    def use(peer, client):
        t.snapshot(client)
        client.on("data", t.callback("data"))
        client.resume()
        peer.end("hello", lambda: t.immediate(lambda: t.immediate(done)))

        def done():
            t.snapshot(client)
            client.destroy()
            peer.destroy()

    meet(t, {"readable": False}, use)


@case(about="with readable false a socket closes once its own end() has finished")
def UnreadableEnds(t):
    def use(peer, client):
        client.on("finish", lambda: t.snapshot(client))
        peer.on("end", lambda: peer.end())
        client.end("bye", t.callback("ended"))

    meet(t, {"readable": False}, use)


@case(about="with readable false read() returns nothing, and unshift() fails the socket")
def UnreadableIsRead(t):
    def use(peer, client):
        t.note("read", client.read())
        t.note("paused", [client.is_paused(), client.pause() is client, client.is_paused()])
        client.on("close", lambda had_error: peer.destroy())
        t.attempt("unshift", lambda: client.unshift("x"))

    meet(t, {"readable": False}, use)


@case(
    about="iterating over a socket with readable false stops at once and leaves the socket open",
    skip_unless="node^24.19",
)
def UnreadableIterated(t):
    def use(peer, client):
        async def walk():
            async for chunk in client:
                t.note("chunk", chunk)
            t.note("over", [client.destroyed, client.ready_state])
            client.destroy()
            peer.destroy()

        t.spawn(walk())

    meet(t, {"readable": False, "allow_half_open": True}, use)


@case(about="with writable false the peer's end closes the socket, which sends our FIN")
def UnwritableIsEnded(t):
    def use(peer, client):
        t.snapshot(client)
        client.on("data", t.callback("data"))
        client.on("end", lambda: t.snapshot(client))
        client.on("close", lambda had_error: peer.destroy())
        peer.end("hello")

    meet(t, {"writable": False}, use)


@case(about="with writable false a write fails like one after end()")
def UnwritableIsWritten(t):
    def use(peer, client):
        t.note("write", client.write("abc", t.callback("written")))
        client.on("close", lambda had_error: peer.destroy())

    meet(t, {"writable": False}, use)


@case(about="with writable false end() only passes an error to its callback")
def UnwritableIsEndedByUs(t):
    def use(peer, client):
        client.end(t.callback("ended"))
        t.snapshot(client)
        t.immediate(lambda: [client.destroy(), peer.destroy()])

    meet(t, {"writable": False}, use)


@case(about="with writable false destroy_soon() destroys the socket at once")
def UnwritableIsDestroyedSoon(t):
    def use(peer, client):
        client.destroy_soon()
        t.note("destroyed", client.destroyed)
        client.on("close", lambda had_error: peer.destroy())

    meet(t, {"writable": False}, use)


@case(about="piping into a socket with writable false fails it")
def UnwritableIsPipedInto(t):
    def use(peer, client):
        source = t.stream.PassThrough()
        source.pipe(client)
        source.end("into")
        client.on("close", lambda had_error: peer.destroy())

    meet(t, {"writable": False}, use)


@case(about="with neither side a socket connects, but its state is 'closed' until destroy()")
def Neither(t):
    def use(peer, client):
        t.snapshot(client)
        t.stream.finished(client, t.callback("finished"))
        peer.write("hello", lambda: t.immediate(done))

        def done():
            t.snapshot(client)
            client.destroy()
            peer.destroy()

    meet(t, {"readable": False, "writable": False}, use)
