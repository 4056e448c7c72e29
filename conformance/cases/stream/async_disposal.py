"""Async disposal: `obj[Symbol.asyncDispose]()`, which `async with` (Node's `await using`) ends with."""

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


@case(about="an open socket is destroyed with an AbortError; the promise is fulfilled between 'error' and 'close'")
def Open(t):
    def use(peer, client):
        client.on("error", t.callback("error"))
        dispose(t, client, "disposed")
        t.note("destroyed", client.destroyed)

    connected(t, False, use)


@case(about="the AbortError of a disposal is uncaught where nobody hears 'error'")
def Unheard(t):
    def use(peer, client):
        dispose(t, client, "disposed")

    t.on_uncaught(lambda error: t.note("uncaught", error))
    connected(t, False, use)


@case(about="a socket that only the peer has ended is destroyed without 'error'; the promise is rejected all the same")
def EndedByPeer(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def use(peer, client):
        client.on("end", lambda: dispose(t, client, "disposed"))
        client.resume()
        peer.end()

    connected(t, True, use)


@case(about="a socket that only we have ended is destroyed with an AbortError")
def EndedByUs(t):
    def use(peer, client):
        client.on("error", t.callback("error"))
        client.on("finish", lambda: dispose(t, client, "disposed"))
        client.end("x")

    connected(t, True, use)


@case(about="a write that waits fails with the AbortError, before 'error'")
def PendingWrite(t):
    def use(peer, client):
        client.on("error", t.callback("error"))
        client.cork()
        client.write("abc", t.callback("written"))
        dispose(t, client, "disposed")

    connected(t, False, use)


@case(about="a second disposal does not wait for the first: it is rejected with the AbortError of that one")
def Again(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def use(peer, client):
        client.on("error", t.callback("error"))
        dispose(t, client, "first")
        dispose(t, client, "second")
        client.on("close", lambda had_error: dispose(t, client, "in 'close'"))

    connected(t, False, use)


@case(about="the disposal of a socket that is being destroyed is rejected: it closes before its end")
def Destroyed(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def use(peer, client):
        client.destroy()
        dispose(t, client, "disposed")

    connected(t, False, use)


@case(about="the disposal of a socket destroyed with an error is rejected with that error")
def DestroyedWithError(t):
    def use(peer, client):
        client.on("error", t.callback("error"))
        client.destroy(t.error("before"))
        dispose(t, client, "never")
        client.on("close", lambda had_error: t.immediate(lambda: dispose(t, client, "never")))

    t.on_uncaught(lambda error: t.note("uncaught", error))
    connected(t, False, use)


@case(about="a socket that is connecting, or never was, is disposed like any other")
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


@case(about="a server's disposal is fulfilled behind 'close', at once where it does not listen")
def Server(t):
    server = t.watch("server", t.net.create_server())
    dispose(t, server, "idle")

    def on_listening():
        dispose(t, server, "listening")
        dispose(t, server, "closing")
        t.note("listening", server.listening)

    server.on("close", lambda: dispose(t, server, "closed"))
    server.listen(0, "127.0.0.1", on_listening)


@case(about="a server's disposal waits for its connections and does not end them")
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


@case(about="a server that still looks its host up is not stopped by its disposal: it goes on to listen")
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


@case(about="the disposal of a server and of a datagram socket is over two microtasks after 'close'")
def Microtasks(t):
    server = t.net.create_server()
    server.listen(0, "127.0.0.1", lambda: count_microtasks(t, "server", server))
    datagrams = t.dgram.create_socket("udp4")
    datagrams.bind(0, "127.0.0.1", lambda: count_microtasks(t, "dgram", datagrams))


@case(about="a Writable that is disposed of is destroyed with AbortError, or quietly if it has finished")
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
