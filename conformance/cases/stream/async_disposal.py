"""Async disposal: `obj[Symbol.asyncDispose]()`, with which `async with` (Node's `await using`) ends."""

from conformance import case


def connected(t, half_open, use):
    """A watched client of a server of its own in one process; `use(peer, client)` once both are connected."""
    server = t.net.create_server(allow_half_open=half_open)
    peers = []

    def meet():
        if len(peers) == 1 and not client.pending:
            t.immediate(lambda: use(peers[0], client))

    def on_connection(peer):
        server.close()
        t.watch("peer", peer)
        peer.resume()
        peer.on("error", lambda error: None)
        peers.append(peer)
        meet()

    server.on("connection", on_connection)
    client = t.watch("client", t.net.Socket(allow_half_open=half_open))
    server.listen(0, "127.0.0.1", lambda: client.connect(server.address().port, "127.0.0.1", meet))


def dispose(t, obj, label):
    async def go():
        t.note(f"{label}", await t.async_dispose(obj))

    t.spawn(go())


@case(about="disposing of an open socket destroys it with an AbortError, and settles between 'error' and 'close'")
def Open(t):
    def use(peer, client):
        client.on("error", t.callback("error"))
        dispose(t, client, "disposed")
        t.note("destroyed", client.destroyed)

    connected(t, False, use)


@case(about="the AbortError of a disposal is uncaught without an 'error' listener")
def Unheard(t):
    def use(peer, client):
        dispose(t, client, "disposed")

    t.on_uncaught(lambda error: t.note("uncaught", error))
    connected(t, False, use)


@case(about="disposing of a socket that only its peer has ended rejects, but emits no 'error'")
def EndedByPeer(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def use(peer, client):
        client.on("end", lambda: dispose(t, client, "disposed"))
        client.resume()
        peer.end()

    connected(t, True, use)


@case(about="disposing of a socket that has only ended itself destroys it with an AbortError")
def EndedByUs(t):
    def use(peer, client):
        client.on("error", t.callback("error"))
        client.on("finish", lambda: dispose(t, client, "disposed"))
        client.end("x")

    connected(t, True, use)


@case(about="disposing of a socket fails its pending write with the AbortError, before 'error'")
def PendingWrite(t):
    def use(peer, client):
        client.on("error", t.callback("error"))
        client.cork()
        client.write("abc", t.callback("written"))
        dispose(t, client, "disposed")

    connected(t, False, use)


@case(about="a second disposal does not wait for the first, and rejects with its AbortError")
def Again(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def use(peer, client):
        client.on("error", t.callback("error"))
        dispose(t, client, "first")
        dispose(t, client, "second")
        client.on("close", lambda had_error: dispose(t, client, "in 'close'"))

    connected(t, False, use)


@case(about="disposing of a socket that is being destroyed rejects with a premature close")
def Destroyed(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def use(peer, client):
        client.destroy()
        dispose(t, client, "disposed")

    connected(t, False, use)


@case(about="disposing of a socket that was destroyed with an error rejects with that error")
def DestroyedWithError(t):
    def use(peer, client):
        client.on("error", t.callback("error"))
        client.destroy(t.error("before"))
        dispose(t, client, "never")
        client.on("close", lambda had_error: t.immediate(lambda: dispose(t, client, "never")))

    t.on_uncaught(lambda error: t.note("uncaught", error))
    connected(t, False, use)


@case(about="a socket that is connecting or never connected can be disposed of")
def Connecting(t):
    server = t.net.create_server()
    fresh = t.watch("fresh", t.net.Socket())
    fresh.on("error", t.callback("error of fresh"))
    dispose(t, fresh, "fresh")

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.on("close", lambda had_error: server.close())
        dispose(t, client, "connecting")

    server.listen(0, "127.0.0.1", on_listening)


@case(about="disposing of a server settles after 'close', or at once if it does not listen")
def Server(t):
    server = t.watch("server", t.net.create_server())
    dispose(t, server, "idle")

    def on_listening():
        dispose(t, server, "listening")
        dispose(t, server, "closing")
        t.note("listening", server.listening)

    server.on("close", lambda: dispose(t, server, "closed"))
    server.listen(0, "127.0.0.1", on_listening)


@case(about="disposing of a server waits for its connections and does not end them")
def ServerWithConnection(t):
    server = t.watch("server", t.net.create_server())
    client = t.watch("client", t.net.Socket())

    def on_connection(peer):
        peer.resume()
        dispose(t, server, "disposed")
        t.immediate(lambda: client.end())

    server.on("connection", on_connection)
    client.resume()
    server.listen(0, "127.0.0.1", lambda: client.connect(server.address().port, "127.0.0.1"))


@case(about="disposing of a server during its lookup does not keep it from listening")
def ServerLookingUp(t):
    server = t.watch("server", t.net.create_server())
    server.listen(0, "127.0.0.1", lambda: [t.note("listening", server.listening), server.close()])
    dispose(t, server, "disposed")


def count_microtasks(t, name, emitter):
    """Note how many microtasks run between 'close' and what follows the disposal."""
    hops = []
    over = []

    def hop():
        if len(over) == 0 and len(hops) < 20:
            hops.append(1)
            t.microtask(hop)

    async def dispose():
        await t.async_dispose(emitter)
        over.append(1)
        t.note(name, len(hops))

    emitter.on("close", lambda: t.microtask(hop))
    t.spawn(dispose())


@case(about="disposing of a server or a datagram socket settles two microtasks after 'close'")
def Microtasks(t):
    server = t.net.create_server()
    server.listen(0, "127.0.0.1", lambda: count_microtasks(t, "server", server))
    datagrams = t.dgram.create_socket("udp4")
    datagrams.bind(0, "127.0.0.1", lambda: count_microtasks(t, "dgram", datagrams))


@case(about="disposing of a Writable destroys it with an AbortError, unless it has finished")
def DisposesWritable(t):
    open_sink = t.watch("open", t.stream.Writable(write=lambda chunk, encoding, callback: callback()))
    finished_sink = t.watch("finished", t.stream.Writable(write=lambda chunk, encoding, callback: callback()))
    open_sink.on("error", t.callback("error"))
    t.async_dispose(open_sink).then(t.callback("disposed"), t.callback("not disposed"))
    t.async_dispose(open_sink).then(t.callback("again"), t.callback("not again"))

    def on_finish():
        t.async_dispose(finished_sink).then(t.callback("disposed, finished"), t.callback("not disposed, finished"))

    finished_sink.on("finish", on_finish)
    finished_sink.end()
