"""The end of a connection: in which order end(), 'end', 'finish' and 'close' come, and what holds in each."""

from conformance import case
from conformance.scenery import listen, serve, serve_here


@case(
    about="write() and end() in 'connect': write callback, 'prefinish', end callback, 'finish', 'end', 'close'"
)
class ActiveSide:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.on("end", lambda: peer.end())

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.write("ping", t.callback("written"))
            client.end(t.callback("ended"))
            t.next_tick(lambda: t.note("a tick", client.writable_finished))
            t.microtask(lambda: t.note("a microtask", client.writable_finished))
            t.immediate(lambda: t.note("an immediate", client.writable_ended))

        client.on("connect", on_connect)
        client.resume()


@case(about="the side that is ended is not destroyed in 'end' and 'finish', and is in 'close'")
class PassiveSide:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)
            peer.on("end", lambda: t.snapshot(peer))
            peer.on("finish", lambda: t.snapshot(peer))
            peer.on("close", lambda had_error: t.snapshot(peer))

        serve(t, on_connection)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.end("ping")


@case(about="'end' on a socket that has ended itself: ready_state 'closed', not destroyed, 'close' to come")
class EndAfterOwnFinish:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.on("end", lambda: peer.end("last"))

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end()

        def on_end():
            t.snapshot(client)
            t.next_tick(lambda: t.note("destroyed a tick later", client.destroyed))
            t.immediate(lambda: t.note("closed an immediate later", client.closed))

        client.on("end", on_end)


@case(about="within one process the side that was ended is closed before the other side's 'end'")
def PassiveSideClosesFirst(t):

    def on_connection(peer):
        peer.resume()
        peer.on("end", t.callback("peer end"))
        peer.on("close", t.callback("peer close"))

    def on_listening(port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.on("finish", t.callback("client finish"))
        client.on("end", t.callback("client end"))
        client.on("close", t.callback("client close"))
        client.end()

    serve_here(t, on_connection, on_listening)


@case(about="end() on a socket that was never connected finishes it and leaves it readable and undestroyed")
def NeverConnected(t):
    fresh = t.watch("fresh", t.net.Socket())
    t.note("returns itself", fresh.end(t.callback("ended")) == fresh)
    t.snapshot(fresh)
    fresh.on("finish", lambda: t.immediate(lambda: t.snapshot(fresh)))


@case(
    about="end() with data on a socket that was never connected is an 'error' ERR_SOCKET_CLOSED and closes it"
)
def NeverConnectedWithData(t):
    fresh = t.watch("fresh", t.net.Socket())
    fresh.on("error", t.callback("error"))
    fresh.end("nobody hears", t.callback("ended"))
    t.snapshot(fresh)
    fresh.on("close", lambda *rest: t.note("arguments of 'close'", len(rest)))


@case(about="end() takes data, an encoding and a callback in all of Node's forms")
class Overloads:
    def server(t):
        server = t.net.create_server()
        texts = []

        def on_connection(peer):
            peer.set_encoding("latin1")
            chunks = []
            peer.on("data", lambda chunk: chunks.append(chunk))

            def on_end():
                texts.append("".join(chunks))
                if len(texts) == 6:
                    t.note("received", sorted(texts))
                    server.close()

            peer.on("end", on_end)

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        def connected(end):
            client = t.net.connect(port, "127.0.0.1")
            client.resume()
            end(client)

        connected(lambda one: one.end())
        connected(lambda two: two.end(None))
        connected(lambda three: three.end(t.callback("only a callback")))
        connected(lambda four: four.end("text", t.callback("text and callback")))
        connected(lambda five: five.end("6279746573", "hex", t.callback("hex and callback")))
        connected(lambda six: six.end(b"\xff\x00", t.callback("bytes and callback")))


@case(about="what end(), cork(), uncork(), pause(), resume() and the setters return")
def ReturnValues(t):
    socket = t.net.Socket()
    t.note("set_timeout", socket.set_timeout(0) == socket)
    t.note("set_no_delay", socket.set_no_delay() == socket)
    t.note("set_keep_alive", socket.set_keep_alive() == socket)
    t.note("set_encoding", socket.set_encoding("utf8") == socket)
    t.note("pause", socket.pause() == socket)
    t.note("resume", socket.resume() == socket)
    t.note("ref", socket.ref() == socket)
    t.note("unref", socket.unref() == socket)
    t.note("cork", socket.cork())
    t.note("uncork", socket.uncork())
    t.note("end", socket.end() == socket)
    t.note("end again", socket.end(None) == socket)
    t.note("destroy_soon", socket.destroy_soon())
    t.note("destroy", socket.destroy() == socket)
    t.note("destroy again", socket.destroy() == socket)
    t.note("reset_and_destroy", socket.reset_and_destroy() == socket)
    t.note("connecting", socket.connecting)


@case(
    about="end() while connecting: ready_state stays 'opening', the data and the FIN go out after 'connect'"
)
class EndWhileConnecting:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.end("early", t.callback("ended"))
        t.snapshot(client)
        client.on("connect", lambda: t.snapshot(client))
        client.resume()


@case(
    about="a peer's FIN with nothing before it gives 'end', 'finish' and 'close' though nobody ever listened"
)
class NobodyListens:
    def server(t):
        serve(t, lambda peer: t.watch("peer", peer))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.end()


@case(
    about="pause() in 'connect' comes too late to keep a bare FIN from ending a socket with a 'data' listener"
)
class PausedInConnect:
    def server(t):
        serve(t, lambda peer: peer.end())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))
        client.on("connect", lambda: client.pause())
        client.on("end", lambda: t.note("paused", client.is_paused()))


@case(about="with data before the FIN a pause() in 'connect' holds back 'data' and 'end' until resume()")
class PausedInConnectWithData:
    def server(t):
        serve(t, lambda peer: peer.end("wait"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))

        def look():
            if client.readable_length == 0:
                t.immediate(look)
            else:
                t.note("flowing", client.readable_flowing)
                client.resume()

        def on_connect():
            client.pause()
            look()

        client.on("connect", on_connect)


@case(about="a fresh socket has one listener of its own, for 'end', and connecting adds none that stays")
class InternalListeners:
    def server(t):
        def on_connection(peer):
            for name in [
                "end",
                "data",
                "error",
                "close",
                "connect",
                "finish",
                "timeout",
                "readable",
                "drain",
            ]:
                t.note(f"accepted {name}", peer.listener_count(name))
            peer.end()

        serve(t, on_connection)

    def client(t, port):
        fresh = t.net.Socket()
        names = ["end", "data", "error", "close", "connect", "finish", "timeout", "readable", "drain"]
        for name in names:
            t.note(f"fresh {name}", fresh.listener_count(name))
        t.note("event names", fresh.event_names())
        client = t.net.connect(port, "127.0.0.1")
        for name in names:
            t.note(f"connecting {name}", client.listener_count(name))
        client.write("x")
        for name in names:
            t.note(f"writing {name}", client.listener_count(name))

        def on_connect():
            for name in names:
                t.note(f"connected {name}", client.listener_count(name))

        client.on("connect", on_connect)
        client.on("close", lambda had_error: t.note("at the end", client.event_names()))
        client.resume()


@case(about="'close' says whether there was an error, and says nothing where there never was a handle")
class CloseArgument:
    def server(t):
        def on_connection(peer):
            peer.on("close", lambda *rest: t.note("accepted", rest))
            peer.end()
            peer.resume()

        serve(t, on_connection)

    def client(t, port):
        def ends(name, socket, then):
            def on_close(*rest):
                t.note(name, rest)
                then()

            socket.on("error", lambda error: None)
            socket.on("close", on_close)

        def connected():
            fine = t.net.connect(port, "127.0.0.1")
            ends("connected", fine, unknown_host)
            fine.resume()
            fine.end()

        def unknown_host():
            ends("unknown host", t.net.connect(1, "no..host"), no_such_path)

        def no_such_path():
            ends("no such path", t.net.connect(t.path("nobody.sock")), blocked)

        def blocked():
            block_list = t.net.BlockList()
            block_list.add_address("127.0.0.1")
            ends("blocked", t.net.connect(port=port, host="127.0.0.1", block_list=block_list), fresh)

        def fresh():
            socket = t.net.Socket()
            ends("fresh", socket, with_error)
            socket.destroy()

        def with_error():
            socket = t.net.Socket()
            ends("fresh, destroyed with an error", socket, lambda: None)
            socket.destroy(t.error("why not"))

        connected()


@case(about="a listener that is added after 'close' or in it is never called")
class LateListeners:
    def server(t):
        serve(t, lambda peer: peer.end("data"))

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def late(when):
            for name in ["data", "end", "finish", "close"]:
                client.on(name, t.callback(f"{name} added {when}"))

        def on_close(had_error):
            late("in 'close'")
            t.immediate(lambda: late("after 'close'"))
            t.immediate(lambda: t.immediate(lambda: t.note("still flowing", client.readable_flowing)))

        client.on("close", on_close)
        client.resume()


@case(about="allow_half_open may be set on an accepted socket, and then holds")
class HalfOpenSetLater:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.allow_half_open = True
            peer.resume()

            def on_end():
                t.immediate(answer)

            def answer():
                t.note("ready state", peer.ready_state)
                peer.end("late answer")

            peer.on("end", on_end)

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end()


@case(about="allow_half_open taken away inside 'end' still counts: the socket ends itself")
class HalfOpenTakenAway:
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


@case(about="end() flushes what is corked, in one go, and then finishes")
class EndWhileCorked:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.cork()
            client.cork()
            client.write("one ", t.callback("first"))
            client.write("two ", t.callback("second"))
            client.end("three", t.callback("ended"))
            t.note("still corked", client.writable_corked)
            t.note("waiting", client.writable_length)

        client.on("connect", on_connect)
        client.resume()


@case(about="a socket that ends itself after the peer's FIN sends what was corked first")
class CorkedAtPeerFin:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            peer.cork()
            peer.write("held ", t.callback("first"))
            peer.write("back", t.callback("second"))
            peer.on("end", lambda: t.note("waiting in 'end'", peer.writable_length))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end()


@case(about="end() inside 'end' is the socket's own end: one 'finish', one 'close'")
class EndInEnd:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            peer.on("end", lambda: peer.end("bye", t.callback("ended")))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end("ping")


@case(about="end() inside 'data' still lets the rest come in, and 'end' after it")
class EndInData:
    def server(t):
        def on_connection(peer):
            peer.write("first")
            peer.resume()
            peer.on("end", lambda: peer.end("second"))

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_data(chunk):
            t.note("chunk", chunk)
            client.end()

        client.on("data", on_data)


@case(about="a FIN that meets waiting data is told once the last of it was read by read()", exact_chunks=True)
class EndAfterRead:
    def server(t):
        serve(t, lambda peer: peer.end("abcdef"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_readable():
            t.note("length", client.readable_length)
            t.note("first", client.read(4))
            t.note("rest", client.read())
            t.note("nothing", client.read())
            t.note("ended", client.readable_ended)

        client.once("readable", on_readable)
        client.end()


@case(about="over a unix socket the end comes in the order of TCP")
class UnixSocket:
    def server(t):
        server = t.net.create_server()
        path = t.path("end.sock")

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)
            peer.on("end", lambda: t.snapshot(peer))
            server.close()

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path))

        def on_connect():
            client.write("ping", t.callback("written"))
            client.end("pong", t.callback("ended"))

        client.on("connect", on_connect)
        client.resume()
        client.on("close", lambda had_error: t.snapshot(client))


@case(about="against a plain peer that ends first a half-open socket answers, finishes and closes")
class PlainPeerEndsFirst:
    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        client.resume()
        client.on("error", t.callback("error"))

        def on_end():
            t.note("ready state", client.ready_state)
            client.end("more", t.callback("ended"))

        client.on("end", on_end)

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.shutdown("write")
        peer.recv_all()


@case(about="the end of one side inside the other's 'data' listener: both ends finish, each once")
class EndInDataOfTheOther:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.once("data", lambda chunk: peer.end("bye", t.callback("ended")))
            server.close()

        server.on("connection", on_connection)
        server.listen(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.once("data", lambda chunk: client.end(t.callback("ended")))
        client.write("hello", t.callback("written"))
