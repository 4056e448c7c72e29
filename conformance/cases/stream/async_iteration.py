"""Reading by `async for`, and being told of the end by finished() and promises."""

from conformance import case
from conformance.scenery import accept_one, listen, serve, serve_here


@case(
    about="async iteration yields every chunk, and destroys the socket after the peer's FIN",
    exact_chunks=True,
)
class YieldsEveryChunk:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.write("one")
            peer.on("data", lambda chunk: peer.write("two") if chunk == b"1" else peer.end("three"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def iterate():
            number = 0
            async for chunk in client:
                t.note("chunk", chunk)
                number += 1
                if number < 3:
                    client.write(str(number))
            t.note("destroyed", client.destroyed)
            t.note("state", client.ready_state)

        t.spawn(iterate())


@case(about="leaving an async iteration early destroys the socket")
class BreakDestroys:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.write("one")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def iterate():
            async for chunk in client:
                t.note("chunk", chunk)
                t.next_tick(lambda: t.note("tick", client.destroyed))
                break
            t.note("after it", client.destroyed)

        t.spawn(iterate())


@case(about="an exception inside an async iteration destroys the socket and goes on to the caller")
class RaiseDestroys:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.write("one")

        serve(t, on_connection)

    def client(t, port):
        t.on_uncaught(lambda error: t.note("uncaught", error))
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        async def iterate():
            async for _chunk in client:
                raise t.error("the reader's own")

        t.spawn(iterate())


@case(about="destroy() during an async iteration makes it fail with ERR_STREAM_PREMATURE_CLOSE")
class DestroyFailsIteration:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.write("one")

        serve(t, on_connection)

    def client(t, port):
        t.on_uncaught(lambda error: t.note("uncaught", error))
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def iterate():
            async for chunk in client:
                t.note("chunk", chunk)
                t.immediate(lambda: client.destroy())
            t.note("never", None)

        t.spawn(iterate())


@case(about="destroy(error) during an async iteration makes it fail with that error, besides 'error'")
class DestroyWithErrorFailsIteration:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.write("one")

        serve(t, on_connection)

    def client(t, port):
        t.on_uncaught(lambda error: t.note("uncaught", error))
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def iterate():
            async for chunk in client:
                t.note("chunk", chunk)
                t.immediate(lambda: client.destroy(t.error("from outside")))
            t.note("never", None)

        t.spawn(iterate())


@case(about="a reset by the peer makes an async iteration fail with ECONNRESET")
class ResetFailsIteration:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.send(b"one")
        peer.recv(3)
        peer.reset()

    def client(t, port):
        t.on_uncaught(lambda error: t.note("uncaught", error))
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def iterate():
            async for chunk in client:
                t.note("chunk", chunk)
                client.write("two")
            t.note("never", None)

        t.spawn(iterate())


@case(about="a refused connection makes an async iteration fail, and 'error' then needs no listener")
def RefusedFailsIteration(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    client = t.watch("client", t.net.connect(t.path("missing.sock")))

    async def iterate():
        async for chunk in client:
            t.note("chunk", chunk)
        t.note("never", None)

    t.spawn(iterate())


@case(about="an async iteration over a destroyed socket fails at once")
def IterateDestroyed(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    socket = t.watch("socket", t.net.Socket())
    socket.destroy()

    async def iterate():
        async for chunk in socket:
            t.note("chunk", chunk)
        t.note("over", None)

    t.spawn(iterate())
    t.next_tick(lambda: t.note("tick", None))
    t.microtask(lambda: t.note("microtask", None))


@case(about="an async iteration begun after 'end' yields nothing and does not wait")
class IterateEnded:
    def server(t):
        serve(t, lambda peer: peer.end("all of it"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        async def iterate():
            async for chunk in client:
                t.note("chunk", chunk)
            t.note("over", client.ready_state)

        client.on("end", lambda: t.spawn(iterate()))


@case(about="iterator() with destroy_on_return false leaves the socket open when it is left early")
class IteratorKeepsSocket:
    def server(t):
        def on_connection(peer):
            peer.write("one")
            peer.on("data", lambda chunk: peer.end("two"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def iterate():
            async for chunk in client.iterator(destroy_on_return=False):
                t.note("chunk", chunk)
                break
            t.note("destroyed", client.destroyed)
            t.note("flowing", client.readable_flowing)
            client.write("go on")
            client.on("data", t.callback("data"))

        t.spawn(iterate())


@case(
    about="an async iteration holds the socket back: what it does not take stays in the buffer and the kernel"
)
def IterationIsBackpressure(t):

    def on_connection(peer):
        peer.resume()
        peer.write(b"x" * 8388608)
        t.note("stuck", peer.writable_need_drain)
        peer.on("drain", lambda: peer.end())
        peers.append(peer)

    peers = []

    def on_listening(port):
        client = t.net.connect(port, "127.0.0.1")

        async def iterate():
            total = 0
            async for chunk in client:
                if total == 0:
                    t.note("still stuck", peers[0].writable_need_drain)
                total += len(chunk)
            t.note("total", total)

        t.spawn(iterate())

    serve_here(t, on_connection, on_listening)


@case(about="with an encoding async iteration yields text")
class IterateText:
    def server(t):
        serve(t, lambda peer: peer.end("späte Grüße"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.set_encoding("utf8")

        async def iterate():
            async for text in client:
                t.note("text", text)

        t.spawn(iterate())


@case(
    about="async iteration with half-open: the loop ends at the peer's FIN, but it has destroyed the socket",
    skip_unless="node^24.19",
)
class IterateHalfOpen:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.end("request")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        client.on("error", t.callback("error"))

        async def iterate():
            async for chunk in client:
                t.note("chunk", chunk)
            t.note("destroyed", client.destroyed)
            t.note("state", client.ready_state)
            client.end("answer", t.callback("ended"))

        t.spawn(iterate())


@case(about="finished() is told without error when both sides have ended, before the socket is destroyed")
class Finished:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            t.stream.finished(peer, t.callback("peer finished", lambda error: t.snapshot(peer)))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        t.stream.finished(client, t.callback("finished", lambda error: t.snapshot(client)))
        client.end("bye")


@case(about="finished() of a destroyed socket has ERR_STREAM_PREMATURE_CLOSE")
class FinishedDestroyed:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.stream.finished(client, t.callback("finished"))
        client.on("connect", lambda: client.destroy())


@case(about="finished() of a socket destroyed with an error has that error, before 'close'")
class FinishedError:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.stream.finished(client, t.callback("finished"))
        client.on("connect", lambda: client.destroy(t.error("on purpose")))


@case(about="finished() of one side only waits for that side")
class FinishedOneSide:
    def server(t):
        def on_connection(peer):
            peer.on("data", lambda chunk: None)
            peer.on("end", lambda: peer.end())

        server = t.net.create_server(on_connection, allow_half_open=True)
        server.on("connection", lambda peer: server.close())
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        t.stream.finished(client, t.callback("both"))
        t.stream.finished(client, t.callback("writable side"), readable=False)
        t.stream.finished(client, t.callback("readable side"), writable=False)
        client.end("bye")


@case(about="finished() of a socket that is closed already is told on a later tick")
class FinishedLate:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        def on_close(had_error):
            t.next_tick(lambda: t.note("older tick", None))
            t.stream.finished(client, t.callback("finished"))
            t.next_tick(lambda: t.note("newer tick", None))

        client.on("close", on_close)


@case(about="the function that finished() returns takes its listeners off: the callback never comes")
class FinishedCleanup:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        before = client.listener_count("close")
        stop = t.stream.finished(client, t.callback("finished"))
        t.note("listens", client.listener_count("close") - before)
        stop()
        t.note("listens", client.listener_count("close") - before)


@case(about="the promise of once(socket, 'connect') has the event's arguments, and fails with 'error'")
class OncePromise:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        t.on_uncaught(lambda error: t.note("uncaught", error))
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def follow():
            t.note("connect", await t.events.once(client, "connect"))
            t.note("data", await t.events.once(client, "data"))
            t.note("close", await t.events.once(client, "close"))
            failing = t.watch("failing", t.net.connect(t.path("missing.sock")))
            t.note("never", await t.events.once(failing, "connect"))

        t.spawn(follow())


@case(about="pause() inside an async iteration does not stop it")
class PauseInsideIteration:
    def server(t):
        def on_connection(peer):
            peer.write("one")
            peer.once("data", lambda chunk: peer.end("two"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def iterate():
            async for chunk in client:
                t.note("chunk", chunk)
                if chunk == b"one":
                    client.pause()
                    client.write("go on")
            t.note("over", client.destroyed)

        t.spawn(iterate())


@case(about="a 'data' listener beside an async iteration hears each chunk that the iteration reads")
class DataBesideIteration:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))

        async def iterate():
            async for chunk in client:
                t.note("chunk", chunk)

        t.spawn(iterate())


@case(about="a write inside an async iteration that is left by break after it still arrives")
class WriteThenBreak:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)
            peer.write("hello")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def iterate():
            async for chunk in client:
                t.note("chunk", chunk)
                client.write("last words", t.callback("written"))
                break

        t.spawn(iterate())


@case(about="the promise of once() settles a microtask late, and two more if it was asked for in the same turn")
def OnceMicrotasks(t):
    emitter = t.events.EventEmitter()

    async def wait(name, promise):
        try_count = []
        counting = [True]

        def hop():
            try_count.append(1)
            if counting[0] and len(try_count) < 20:
                t.microtask(hop)

        t.microtask(hop)
        await promise
        counting[0] = False
        t.note(name, len(try_count))

    early = t.events.once(emitter, "x")

    def later():
        now = t.events.once(emitter, "x")
        emitter.emit("x")
        t.spawn(wait("early", early))
        t.spawn(wait("now", now))

    t.immediate(later)


@case(about="once() of what is no emitter and with what is no signal rejects")
def OnceOfNothing(t):
    async def wait(name, promise):
        promise.catch(t.callback(name))

    t.spawn(wait("emitter", t.events.once({}, "x")))
    t.spawn(wait("signal", t.events.once(t.events.EventEmitter(), "x", signal=5)))


def serve_either(t, half_open, on_connection):
    server = t.watch("server", t.net.create_server(allow_half_open=half_open))

    def connected(peer):
        t.watch("peer", peer)
        server.close()
        on_connection(peer)

    server.on("connection", connected)
    return server


def start(t, server, client, at_once):
    """Listen, connect `client`, and call `at_once` right behind connect()."""
    t.watch("client", client)

    def listening():
        client.connect(server.address().port, "127.0.0.1")
        at_once()

    server.listen(0, "127.0.0.1", listening)


@case(about="reading by iteration and leaving the loop destroys the socket, writes pending or not")
def IterationLeft(t):
    server = serve_either(t, False, lambda peer: peer.on("error", lambda error: None).write("x"))
    client = t.net.Socket()

    async def read():
        async for chunk in client:
            t.note("chunk", chunk)
            client.write("pending", t.callback("written"))
            break
        t.snapshot(client)

    start(t, server, client, lambda: t.spawn(read()))


@case(about="iteration over a socket that is destroyed with an error raises it")
def IterationOfAFailedSocket(t):
    server = serve_either(t, False, lambda peer: peer.on("error", lambda error: None).resume())
    client = t.net.Socket()

    async def read():
        async for chunk in client:
            t.note("chunk", chunk)
        t.note("not reached", True)

    t.on_uncaught(lambda error: t.note("raised", error))
    client.on("connect", lambda: client.destroy(t.error("mine")))
    start(t, server, client, lambda: t.spawn(read()))
