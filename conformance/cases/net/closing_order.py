"""The end of a connection: the order of end(), 'end', 'finish' and 'close', and the state in each."""

from conformance import case
from conformance.scenery import (
    client_to,
    listen,
    meet,
    recorded_handle,
    serve,
    serve_here,
)


@case(about="write() and end() in 'connect' lead to 'prefinish', the end callback, 'finish', 'end' and 'close'")
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


@case(about="a socket whose peer ends is not yet destroyed in 'end' and 'finish', but is in 'close'")
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


@case(about="in 'end' a socket that has ended itself is in state 'closed' but not destroyed")
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


@case(about="within one process, the side whose peer ended closes before the peer's 'end'")
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


@case(about="end() finishes a socket that was never connected, but does not destroy it")
def NeverConnected(t):
    fresh = t.watch("fresh", t.net.Socket())
    t.note("returns itself", fresh.end(t.callback("ended")) == fresh)
    t.snapshot(fresh)
    fresh.on("finish", lambda: t.immediate(lambda: t.snapshot(fresh)))


@case(about="end() with data on a socket that was never connected fails with ERR_SOCKET_CLOSED")
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


@case(about="end() while connecting keeps ready_state 'opening'; data and FIN are sent after 'connect'")
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


@case(about="a FIN with no data before it leads to 'end', 'finish' and 'close' without any listener")
class NobodyListens:
    def server(t):
        serve(t, lambda peer: t.watch("peer", peer))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.end()


@case(about="pause() in 'connect' does not hold back a bare FIN from a socket with a 'data' listener")
class PausedInConnect:
    def server(t):
        serve(t, lambda peer: peer.end())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))
        client.on("connect", lambda: client.pause())
        client.on("end", lambda: t.note("paused", client.is_paused()))


@case(about="pause() in 'connect' holds back 'data' and 'end' until resume() if data precedes the FIN")
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


@case(about="a new socket has one listener of its own, for 'end'; connecting adds none that stays")
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


@case(about="'close' passes whether there was an error, and nothing if there never was a handle")
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


@case(about="a listener that is added in or after 'close' is never called")
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


@case(about="a socket that ends itself after the peer's FIN first sends what is corked")
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


@case(about="end() in 'end' leads to one 'finish' and one 'close'")
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


@case(about="end() in 'data' does not stop further data, nor 'end' after it")
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


@case(about="'end' comes once read() has taken the last of the data that arrived before the FIN", exact_chunks=True)
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


@case(about="a unix socket emits the events of an end in the same order as a TCP socket")
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


@case(about="a half-open socket whose peer ends first can answer, finish and close")
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


@case(about="end() of a socket inside its peer's 'data' listener ends both sides, each once")
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


@case(about="a conversation that the client ends takes the same steps as in Node on both ends")
def Conversation(t):
    def start(port):
        client = client_to(t, port, {})
        client.write("ping", t.callback("written"))
        client.on("data", lambda chunk: client.end())

    meet(t, None, lambda peer: peer.on("data", lambda chunk: peer.write("pong")), start)


@case(about="a connected socket calls its handle in Node's order, and knows it until it is closed")
def HandleCalls(t):
    def start(port):
        client = client_to(t, port, {})

        def connected():
            recorded_handle(t, "client", client)
            client.set_no_delay(True)
            client.set_keep_alive(True, 3000)
            client.pause()
            client.unref()
            client.ref()
            client.resume()
            client.end("x")

        client.on("connect", connected)

    meet(t, None, lambda peer: [recorded_handle(t, "peer", peer), peer.resume()], start)
