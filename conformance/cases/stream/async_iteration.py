"""Reading a socket by `async for`: what it yields, how it ends, and what it does to the socket."""

from conformance import case
from conformance.scenery import READS, closely, numbers, serve, serve_here


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


@case(about="leaving an async iteration by break destroys the socket")
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


@case(about="an exception inside an async iteration destroys the socket and reaches the caller")
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


@case(about="destroy() during an async iteration makes it raise ERR_STREAM_PREMATURE_CLOSE")
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


@case(about="destroy(error) during an async iteration emits the error and makes the iteration raise it")
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


@case(about="destroy(error) before the first chunk makes an async iteration that waits for it raise the error")
class DestroyWithErrorBeforeTheFirstChunk:
    def server(t):
        serve(t, lambda peer: peer.on("error", lambda error: None).resume())

    def client(t, port):
        t.on_uncaught(lambda error: t.note("uncaught", error))
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def iterate():
            async for chunk in client:
                t.note("never", chunk)
            t.note("never", None)

        client.on("connect", lambda: client.destroy(t.error("mine")))
        t.spawn(iterate())


@case(about="a reset by the peer makes an async iteration raise ECONNRESET")
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


@case(about="a refused connection makes an async iteration raise, and 'error' needs no listener")
def RefusedFailsIteration(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    client = t.watch("client", t.net.connect(t.path("missing.sock")))

    async def iterate():
        async for chunk in client:
            t.note("chunk", chunk)
        t.note("never", None)

    t.spawn(iterate())


@case(about="an async iteration over a destroyed socket raises at once")
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


@case(about="an async iteration that starts after 'end' stops at once")
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


@case(about="leaving iterator() with destroy_on_return False leaves the socket open")
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


@case(about="what an async iteration does not take stays in the buffer and the kernel")
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
    about="an async iteration over a half-open socket stops at the peer's FIN and destroys the socket",
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


@case(about="a 'data' listener gets each chunk that an async iteration reads")
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


@case(about="a write inside an async iteration still arrives after break")
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
            t.snapshot(client)

        t.spawn(iterate())


@case(about="async iteration, ended by break, takes its listeners and the stream away step by step as in Node")
def IterationBroken(t):
    async def run(source):
        async for chunk in source:
            t.note("chunk", chunk)
            break
        t.note("over", source.destroyed)

    t.spawn(run(numbers(t, "source", 4)))


@case(about="async iteration to the end takes the same steps as in Node")
def IterationEnds(t):
    async def run(source):
        async for chunk in source:
            t.note("chunk", chunk)
        t.note("over", source.destroyed)

    t.spawn(run(numbers(t, "source", 2)))


@case(about="async iteration that is not to destroy the stream leaves it step by step as in Node")
def IterationLeaves(t):
    async def run(source):
        async for chunk in source.iterator(destroy_on_return=False):
            t.note("chunk", chunk)
            break
        t.note("over", source.destroyed)
        source.destroy()

    t.spawn(run(numbers(t, "source", 4)))


@case(about="a stream that fails under async iteration takes the same steps as in Node")
def IterationFails(t):
    async def run(source):
        t.immediate(lambda: source.destroy(t.error("broken")))
        async for chunk in source:
            t.note("chunk", chunk)

    t.on_uncaught(t.callback("uncaught"))
    t.spawn(run(closely(t, "source", t.stream.Readable(read=lambda size: None), READS)))


@case(about="an exception in read() destroys a stream that is iterated, unless auto_destroy is off")
def IterationReadThrows(t):
    def fail(self, original, *args):
        raise t.error("no more")

    async def run(stream):
        async for chunk in stream.iterator(destroy_on_return=False):
            t.note("chunk", chunk)

    t.on_uncaught(t.callback("rejected"))
    for auto in [True, False]:
        stream = t.stream.Readable(read=lambda size: None, auto_destroy=auto)
        stream.push("a")
        t.override(stream, "read", fail)
        closely(t, f"stream, {auto}", stream, ["destroy"])
        t.spawn(run(stream))
