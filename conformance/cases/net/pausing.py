"""pause() and resume(): what they hold back, when they take effect, and what the writer notices."""

from conformance import case
from conformance.scenery import (
    client_to,
    meet,
    serve,
    serve_either,
    serve_here,
    soon,
    start,
)


@case(about="pause() before 'connect' delays all reading until resume(), even if a 'data' listener is added")
class PausedBeforeConnect:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.note("returns itself", client.pause() is client)
        t.snapshot(client)
        client.on("data", t.callback("data"))
        client.on("ready", lambda: client.end(lambda: t.immediate(lambda: t.immediate(look))))

        def look():
            t.note("paused", client.is_paused())
            t.note("flowing", client.readable_flowing)
            t.note("returns itself", client.resume() is client)
            t.note("paused", client.is_paused())
            t.note("flowing", client.readable_flowing)


@case(about="while connecting, the last of several pause() and resume() calls counts")
def LastCallWins(t):
    server = t.net.create_server()
    seen = []

    def on_connection(peer):
        peer.resume()
        peer.end("hello")
        seen.append(1)
        if len(seen) == 2:
            server.close()

    def on_listening():
        waits = t.watch("waits", t.net.connect(server.address().port, "127.0.0.1"))
        waits.resume()
        waits.resume()
        waits.pause()
        waits.on("data", lambda chunk: None)
        flows = t.watch("flows", t.net.connect(server.address().port, "127.0.0.1"))
        flows.resume()
        flows.pause()
        flows.resume()

        def look():
            t.note("paused", waits.is_paused())
            t.note("bytes read", waits.bytes_read)
            waits.resume()

        flows.on("close", lambda had_error: soon(t, look))

    server.on("connection", on_connection)
    server.listen(0, "127.0.0.1", on_listening)


@case(about="pause() emits 'pause' at once and resume() 'resume' on a tick, only if something changes")
class PauseAndResumeEvents:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            for label in ["pause", "pause", "resume", "resume", "pause", "resume"]:
                t.note("call", label)
                if label == "pause":
                    client.pause()
                else:
                    client.resume()
            t.next_tick(lambda: t.note("tick", client.readable_flowing))
            t.immediate(lambda: client.end())

        client.on("connect", on_connect)


@case(about="pause() inside 'data' leaves what follows in the buffer until resume()")
def PauseInsideData(t):
    peers = []

    def on_connection(peer):
        peers.append(peer)
        peer.write("first")

    def on_listening(port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_first(chunk):
            client.pause()
            client.on("data", t.callback("data"))
            peers[0].write("second", lambda error: soon(t, look))

        def look():
            t.note("in the buffer", client.readable_length)
            peers[0].end("third", lambda: soon(t, look_again))

        def look_again():
            t.snapshot(client)
            client.resume()

        client.once("data", on_first)

    serve_here(t, on_connection, on_listening)


@case(about="a paused reader makes its peer's write() return False, until 'drain' after resume()")
class PauseIsBackpressure:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            t.note("write returns", peer.write(b"x" * 16777216, t.callback("written")))
            t.note("need drain", peer.writable_need_drain)
            peer.on("drain", lambda: peer.end())

        serve(t, on_connection)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        chunks = []

        def on_first(chunk):
            client.pause()
            # The buffer of the stream fills, then the kernel's.
            t.timeout(20, lambda: look(client.bytes_read))

        def look(before):
            t.note("all of it", before > 8388608)
            t.timeout(10, lambda: resume(before))

        def resume(before):
            t.note("read meanwhile", client.bytes_read - before)
            client.resume()

        client.on("data", lambda chunk: chunks.append(chunk))
        client.once("data", on_first)
        client.on("end", lambda: t.note("received", b"".join(chunks)))
        client.on("close", t.callback("closed"))


@case(about="pause() and resume() after 'close' are harmless", skip_unless="node<26.1")
class PauseAfterClose:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        def on_close(had_error):
            t.note("pause returns itself", client.pause() is client)
            t.note("paused", client.is_paused())
            t.note("resume returns itself", client.resume() is client)
            t.note("read", client.read())
            t.note("push returns", client.push("x"))
            t.snapshot(client)

        client.on("close", on_close)


@case(about="a 'data' listener on a paused accepted socket does not start it; resume() does")
def ListenerDoesNotUnpause(t):

    def on_connection(peer):
        t.watch("peer", peer)
        peer.on("data", t.callback("data"))
        t.note("flowing", peer.readable_flowing)
        peers.append(peer)

    peers = []

    def look():
        t.note("bytes read", peers[0].bytes_read)
        peers[0].resume()

    def on_listening(port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.on("finish", lambda: soon(t, look))
        client.end("early")

    serve_here(t, on_connection, on_listening, {"pause_on_connect": True})


@case(about="a second 'data' listener still gets the chunk in which the first has paused")
class PauseAmongListeners:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("first", lambda chunk: client.pause()))
        client.on("data", t.callback("second", lambda chunk: t.immediate(lambda: client.resume())))


@case(about="resume() and pause() inside 'pause' and 'resume' listeners take effect")
class ResumeInsidePause:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))
        client.once("resume", lambda: client.pause())
        client.once("pause", lambda: t.note("flowing in 'pause'", client.readable_flowing))
        client.once("pause", lambda: client.resume())


@case(about="pause() does not stop read() of a socket that has a 'readable' listener")
class PauseWithReadable:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("ready", lambda: client.pause())

        def on_readable():
            t.note("paused", client.is_paused())
            t.note("read", client.read())

        client.on("readable", on_readable)


@case(about="pause() behind a 'data' listener lets the socket read, but delivers nothing until resume()")
def PauseWhileConnecting(t):
    server = serve_either(t, False, lambda peer: peer.end("hello"))
    client = t.net.Socket()
    client.on("data", t.callback("data"))

    def later():
        t.note("held", [client.bytes_read, client.is_paused(), client.readable_length])
        client.resume()

    client.on("connect", lambda: t.immediate(lambda: t.immediate(later)))
    start(t, server, client, lambda: client.pause())


@case(
    about="pause_on_create keeps an accepted or given handle quiet step by step as in Node until the socket is resumed"
)
def PauseOnCreate(t):
    def start(port):
        client_to(t, port, {}).end("x")

    def on_connection(peer):
        t.snapshot(peer)
        t.immediate(lambda: peer.resume())

    meet(t, {"pause_on_connect": True}, on_connection, start)
