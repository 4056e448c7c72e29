"""destroy(): what it does at once, what it cuts off, and which events and callbacks follow, at every moment."""

from conformance import case
from conformance.scenery import (
    accept_one,
    client_to,
    listen,
    meet,
    recorded_handle,
    serve,
    serve_several,
    start,
)


@case(about="after destroy() a socket is at once destroyed, closed, pending, and neither readable nor writable")
class AtOnce:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            t.snapshot(client)
            t.note("returns itself", client.destroy() == client)
            t.snapshot(client)
            t.note("again", client.destroy() == client)
            t.next_tick(lambda: t.note("a tick", client.closed))
            t.microtask(lambda: t.note("a microtask", client.closed))
            t.immediate(lambda: t.note("an immediate", client.closed))

        client.on("connect", on_connect)
        client.on("close", lambda had_error: t.snapshot(client))


@case(about="destroy(error) sets errored, emits the error on a tick, and emits 'close' after immediates")
class WithError:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", lambda error: t.next_tick(lambda: t.note("tick of 'error'", None)))

        def on_connect():
            t.next_tick(lambda: t.note("older tick", None))
            client.destroy(t.error("first"))
            client.destroy(t.error("second"))
            t.next_tick(lambda: t.note("younger tick", None))
            t.microtask(lambda: t.note("microtask", None))
            t.immediate(lambda: t.note("immediate", None))
            t.snapshot(client)

        client.on("connect", on_connect)
        client.on("close", lambda had_error: t.snapshot(client))


@case(about="destroy(None) is destroy(): there is no 'error', and 'close' has false")
class WithoutError:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.on("connect", lambda: client.destroy(None))
        client.on("close", t.callback("close"))


@case(about="destroy() with a text emits the text as 'error'")
class WithText:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.on("connect", lambda: client.destroy("not an error"))
        client.on("close", t.callback("close"))


@case(about="destroy() after writes and end() reports the writes as done, and fails the end callback")
class FlushedWrites:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.write("a", t.callback("first"))
            client.write("b", t.callback("second"))
            client.end(t.callback("ended"))
            t.next_tick(lambda: t.note("a tick", None))
            client.destroy()
            t.snapshot(client)

        client.on("connect", on_connect)


@case(about="destroy() passes ERR_STREAM_DESTROYED to pending end() callbacks")
class PendingEnd:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_connect():
            client.end("last", t.callback("one"))
            client.end(t.callback("two"))
            client.destroy()
            client.end(t.callback("three, after destroy"))

        client.on("connect", on_connect)


@case(about="destroy(error) passes its error to pending end() callbacks")
class PendingEndWithError:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_connect():
            client.write("data", t.callback("written"))
            client.end(t.callback("one"))
            client.destroy(t.error("enough"))
            client.end(t.callback("two, after destroy"))

        client.on("connect", on_connect)


@case(about="destroy() fails an unfinished big write with ECANCELED, and all writes behind it")
class BigWrite:
    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", t.callback("error"))

        def on_connect():
            t.note("first", client.write(b"x" * 16777216, t.callback("first written")))
            t.note("second", client.write("y", t.callback("second written")))
            client.end("z", t.callback("ended"))
            t.note("length", client.writable_length)
            t.note("counted", client.bytes_written)
            t.immediate(lambda: client.destroy())

        client.on("connect", on_connect)
        client.on("close", t.callback("close"))
        client.on("finish", t.callback("finish"))

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        listener.accept()
        r.hold()


@case(about="destroy(error) fails unfinished writes with ECANCELED; only 'error' has the error")
class BigWriteWithError:
    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", t.callback("error"))

        def on_connect():
            client.write(b"x" * 16777216, t.callback("first written"))
            client.write("y", t.callback("second written"))
            t.immediate(lambda: client.destroy(t.error("enough")))

        client.on("connect", on_connect)
        client.on("close", t.callback("close"))

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        listener.accept()
        r.hold()


@case(about="destroy() while connecting starts no attempt, and fails waiting writes and end() after 'close'")
class WhileConnecting:
    def server(t):
        server = t.net.create_server()
        listen(t, server)
        server.unref()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1", t.callback("connected")))
        client.on("error", t.callback("error"))
        client.write("a", t.callback("first"))
        client.write("b", t.callback("second"))
        client.end("c", t.callback("ended"))
        t.note("counted", client.bytes_written)
        client.destroy()
        t.note("counted", client.bytes_written)
        t.snapshot(client)


@case(about="destroy(error) while connecting emits 'error' and 'close' before waiting writes fail")
class WhileConnectingWithError:
    def server(t):
        server = t.net.create_server()
        listen(t, server)
        server.unref()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.write("a", t.callback("first"))
        client.write("b", t.callback("second"))
        client.destroy(t.error("changed my mind"))
        client.destroy(t.error("again"))
        t.snapshot(client)


@case(about="destroy() during the lookup emits 'close' at once, without 'lookup' or 'error'")
class DuringLookup:
    def client(t, port):
        answers = []

        def lookup(host, options, callback):
            answers.append(callback)

        client = t.watch("client", t.net.connect(port=port, host="some.host", lookup=lookup))
        client.on("error", t.callback("error"))
        client.write("a", t.callback("written"))
        t.note("active", t.active())

        def answer():
            t.note("answering", client.destroyed)
            answers[0](None, "127.0.0.1", 4)
            t.immediate(lambda: t.note("connecting", client.connecting))

        client.on("close", lambda had_error: answer())
        client.destroy()

    def raw(r):
        r.publish(port=r.closed_port())


@case(about="after destroy() read() still gives what was buffered, but 'end' never comes")
class BufferKept:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.end("buffered")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_readable():
            client.destroy()
            t.note("length", client.readable_length)
            t.note("read", client.read())
            t.note("read again", client.read())
            t.snapshot(client)

        client.once("readable", on_readable)


@case(about="destroying a socket that has read everything sends a FIN, which the peer sees as an end")
class SendsFin:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("error", t.callback("error"))
            peer.resume()

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.write("all")
        client.on("ready", lambda: client.destroy())


@case(about="destroying a socket with unread data in the kernel resets the connection for the peer")
class SendsReset:
    def client(t, port, control):
        client = t.watch("client", t.net.Socket())
        client.pause()

        def on_connect():
            # The data is in the kernel once the other connection speaks.
            signal = t.net.connect(control, "127.0.0.1")
            signal.on("data", lambda chunk: client.destroy())

        client.connect(port, "127.0.0.1", on_connect)

    def raw(r):
        listener = r.listen()
        other = r.listen()
        r.publish(port=listener.port, control=other.port)
        peer = listener.accept()
        peer.send(b"unread")
        signal = other.accept()
        signal.send(b"go")
        peer.recv_reset()
        signal.close()


@case(about="a client whose connection is destroyed on accept sees a plain end")
class OnAccept:
    def server(t):
        server = t.net.create_server()

        def on_connection(peer):
            t.watch("peer", peer)
            peer.destroy()
            server.close(t.callback("server closed"))

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))


def fresh(t):
    """A destroyed socket that was never connected."""
    return t.net.Socket().destroy()


@case(about="every method of a destroyed socket can be called without harm, connected or not", skip_unless="node<26.1")
class CallsAfterwards:
    def server(t):
        accept_one(t)

    def client(t, port):
        t.attempt("address", lambda: fresh(t).address())
        t.attempt("pause", lambda: fresh(t).pause().is_paused())
        t.attempt("resume", lambda: fresh(t).resume().is_paused())
        t.attempt("cork", lambda: fresh(t).cork())
        t.attempt("uncork", lambda: fresh(t).uncork())
        t.attempt("ref", lambda: fresh(t).ref().pending)
        t.attempt("unref", lambda: fresh(t).unref().pending)
        t.attempt("read", lambda: fresh(t).read())
        t.attempt("push", lambda: fresh(t).push("x"))
        t.attempt("unshift", lambda: fresh(t).unshift("x"))
        t.attempt("set_timeout", lambda: fresh(t).set_timeout(5).timeout)
        t.attempt("set_no_delay", lambda: fresh(t).set_no_delay().destroyed)
        t.attempt("set_keep_alive", lambda: fresh(t).set_keep_alive(True, 1000).destroyed)
        t.attempt("set_encoding", lambda: fresh(t).set_encoding("utf8").readable_encoding)
        t.attempt("destroy_soon", lambda: fresh(t).destroy_soon())
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def calls():
            t.attempt("pause", lambda: client.pause() == client)
            t.attempt("resume", lambda: client.resume() == client)
            t.attempt("read", lambda: client.read())
            t.attempt("set_encoding", lambda: client.set_encoding("utf8") == client)
            t.attempt("set_no_delay", lambda: client.set_no_delay() == client)
            t.attempt("set_keep_alive", lambda: client.set_keep_alive(True, 5000) == client)
            t.attempt("set_timeout", lambda: client.set_timeout(5) == client)
            t.attempt("ref", lambda: client.ref() == client)
            t.attempt("unref", lambda: client.unref() == client)
            t.attempt("address", lambda: client.address())
            t.attempt("cork", lambda: client.cork())
            t.attempt("write", lambda: client.write("x", t.callback("written")))
            t.attempt("uncork", lambda: client.uncork())
            t.attempt("end", lambda: client.end("y", t.callback("ended")) == client)
            t.attempt("destroy_soon", lambda: client.destroy_soon())
            t.attempt("reset_and_destroy", lambda: client.reset_and_destroy() == client)
            t.attempt("unshift", lambda: client.unshift(b"z"))
            t.attempt("buffer_size", lambda: client.buffer_size)

        def on_connect():
            client.destroy()
            calls()
            t.snapshot(client)

        client.on("connect", on_connect)
        client.on("close", lambda had_error: calls())


@case(about="a user's emit('error') calls the listeners and leaves the socket open")
class EmittedError:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_connect():
            t.note("emit returns", client.emit("error", t.error("only said")))
            t.snapshot(client)
            t.immediate(lambda: client.end(t.callback("ended")))

        client.on("connect", on_connect)
        client.resume()


@case(about="an exception in 'close' is uncaught, and skips the later listeners")
class ThrowingCloseListener:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.on_uncaught(t.callback("uncaught"))

        def on_close(had_error):
            raise t.error("from the listener")

        client.on("close", on_close)
        client.on("close", t.callback("never"))
        client.on("connect", lambda: client.destroy())
        client.on("connect", lambda: t.immediate(lambda: t.immediate(lambda: t.note("alive", t.active()))))


@case(about="sockets destroyed in one turn close in the order of the calls")
class Several:
    def server(t):
        serve_several(t, 3, lambda peer: peer.on("error", lambda error: None).resume())

    def client(t, port):
        ready = []

        def on_connect():
            ready.append(1)
            if len(ready) == 3:
                c.destroy()
                a.destroy(t.error("a"))
                b.destroy()

        a = t.watch("a", t.net.connect(port, "127.0.0.1", on_connect))
        b = t.watch("b", t.net.connect(port, "127.0.0.1", on_connect))
        c = t.watch("c", t.net.connect(port, "127.0.0.1", on_connect))
        a.on("error", t.callback("error"))


@case(about="destroy() frees the server's count at once: a closing server closes before the socket does")
def FreesTheServer(t):
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        t.watch("peer", peer)
        server.close(t.callback("server closed"))
        server.get_connections(t.callback("before"))
        peer.destroy()
        server.get_connections(t.callback("after"))

    server.on("connection", on_connection)

    def on_listening():
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.on("error", lambda error: None)

    server.listen(0, "127.0.0.1", on_listening)


@case(about="destroying a unix socket is a plain end for the peer")
class UnixSocket:
    def server(t):
        server = t.net.create_server()
        path = t.path("destroy.sock")

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("error", t.callback("error"))
            peer.resume()
            server.close()

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path))

        def on_connect():
            client.write("last", t.callback("written"))
            client.destroy()
            t.snapshot(client)

        client.on("connect", on_connect)


@case(about="destroying a unix socket that connects emits only 'close', and fails the waiting write")
class UnixSocketConnecting:
    def server(t):
        server = t.net.create_server(lambda peer: peer.on("error", lambda error: None))
        path = t.path("destroy.sock")
        server.listen(path, lambda: t.publish(path=path))
        server.unref()

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        client.on("error", t.callback("error"))
        client.write("a", t.callback("written"))
        client.destroy()
        t.snapshot(client)


@case(about="destroy() in 'connect': 'ready' still comes, the writes before it fail, and nothing is read")
def DestroyInConnect(t):
    def on_connection(peer):
        peer.on("error", lambda error: None)
        peer.resume()
        peer.write("hello")

    server = t.watch("server", t.net.create_server(on_connection))
    client = t.net.Socket()
    client.on("data", t.callback("data"))
    client.on("connect", lambda: client.destroy())
    client.on("close", lambda had_error: server.close())
    start(t, server, client, lambda: client.write("x", t.callback("written")))


@case(about="destroy() in 'ready' is followed by 'close' alone")
class Ready:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.write("early", t.callback("written"))
        client.on("ready", lambda: client.destroy())
        client.resume()


@case(about="destroy() in 'data' prevents further 'data' and 'end'", exact_chunks=True)
class Data:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.end("ping")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_data(chunk):
            client.destroy()
            t.note("state", client.ready_state)

        client.on("data", on_data)
        client.on("data", t.callback("the other listener"))


@case(about="destroy() in 'end' prevents the automatic end(): there is no 'finish', and 'close' has false")
class End:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            peer.on("end", lambda: peer.destroy())

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end()


@case(about="destroy() in 'finish' closes without waiting for the peer's end")
class Finish:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            peer.on("error", lambda error: None)
            peer.on("end", lambda: peer.end())

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("connect", lambda: client.end("ping", t.callback("ended")))
        client.on("finish", lambda: client.destroy())
        client.resume()


@case(about="destroy(error) in 'end' still emits the error")
class EndWithError:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            peer.on("error", t.callback("error"))
            peer.on("end", lambda: peer.destroy(t.error("not so soon")))

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.end()


@case(about="destroy() in 'error' or 'close' changes nothing")
class ErrorAndClose:
    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def again(where):
            t.note(f"in {where}", client.destroy(t.error(f"from {where}")) == client)
            t.note("errored", client.errored)

        client.on("error", lambda error: again("error"))
        client.on("close", lambda had_error: again("close"))

    def raw(r):
        r.publish(port=r.closed_port())


@case(about="destroy() in a write callback reports the other writes as done, and fails the end callback")
class WriteCallback:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            client.write("a", t.callback("first", lambda error: client.destroy()))
            client.write("b", t.callback("second"))
            client.end("c", t.callback("ended"))

        client.on("connect", on_connect)


@case(about="destroy() in 'drain' of a socket that has written everything emits only 'close'")
class Drain:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        client = t.watch("client", t.net.Socket(high_water_mark=4))
        client.on("drain", lambda: client.destroy())
        client.connect(port, "127.0.0.1")
        t.note("returns", client.write("more than four", t.callback("written")))
        t.note("need drain", client.writable_need_drain)


@case(about="destroy() between 'connectionAttempt' and 'connect' emits 'close' without error, and never 'connect'")
def BetweenAttemptAndConnect(t):
    server = t.net.create_server()

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1", t.callback("connected")))
        client.on("close", lambda had_error: server.close())

        def destroy():
            t.note("returns itself", client.destroy() == client)
            t.snapshot(client)

        client.once("connectionAttempt", lambda address, port, family: t.next_tick(destroy))

    server.on("connection", lambda peer: peer.on("error", lambda error: None))
    server.listen(0, "127.0.0.1", on_listening)


@case(about="destroying a socket that was never connected emits 'close' without an argument")
def NeverConnected(t):
    socket = t.watch("socket", t.net.Socket())
    socket.destroy()
    t.snapshot(socket)


@case(about="destroy() in 'connectionAttempt' prevents the attempt")
class InsideTheAttempt:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_attempt():
            client.destroy()
            t.snapshot(client)

        client.on("connectionAttempt", on_attempt)


@case(about="destroy(error) in 'connectionAttemptFailed' replaces the system's error")
class InsideTheFailure:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("connectionAttemptFailed", lambda *rest: client.destroy(t.error("given up")))
        client.on("error", t.callback("error"))


@case(about="destroy() while the kernel connects emits 'connectionAttemptFailed' ECANCELED and no 'error'")
class WhileTheKernelConnects:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1", t.callback("connected")))
        client.write("lost", t.callback("written"))
        client.once("connectionAttempt", lambda: t.immediate(lambda: client.destroy()))


@case(about="destroy() in 'connectionAttempt' of a path makes connect() throw a TypeError")
def InsideTheAttemptOfPath(t):
    client = t.watch("client", t.net.Socket())
    client.on("connectionAttempt", lambda *rest: client.destroy())
    t.attempt("connect", lambda: client.connect(t.path("missing.sock")) == client)
    t.note("connecting", client.connecting)


@case(about="a socket destroyed while it connects drops what waits step by step as in Node")
def WhileConnectingSteps(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("error", t.callback("error"))
        client.write("a", t.callback("first"))
        client.destroy(t.error("enough"))
        t.immediate(lambda: server.close())

    server = t.net.create_server()
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


@case(about="a socket destroyed once it is connected closes step by step as in Node, with its own error or without")
def ConnectedSteps(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("error", t.callback("error"))
        client.on("connect", lambda: client.destroy(t.error("enough")))

    meet(t, None, lambda peer: peer.destroy(), start)


@case(about="destroy() closes the handle before the socket forgets it; 'close' follows the handle's")
def HandleClosed(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("connect", lambda: [recorded_handle(t, "client", client), client.destroy()])

    def on_connection(peer):
        recorded_handle(t, "peer", peer)
        peer.on("error", lambda error: None)
        peer.resume()

    meet(t, None, on_connection, start)


@case(about="a socket destroyed while it connects stops connecting when its handle is closed")
def HandleClosedWhileConnecting(t):
    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        recorded_handle(t, "client", client)
        t.note("connecting", client.connecting)
        client.destroy()
        server.close()

    server = t.net.create_server()
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))
