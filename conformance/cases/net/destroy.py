"""destroy(): what it does at once, what it cuts off, and who is told."""

from conformance import case
from conformance.scenery import accept_one, listen, serve, serve_several


@case(about="destroy() takes effect at once: destroyed, closed, pending, neither readable nor writable")
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


@case(
    about="destroy(error) keeps the error in 'errored', emits it on a tick, and 'close' comes after immediates"
)
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


@case(about="destroy(None) and destroy() without argument are the same: no 'error', 'close' with false")
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


@case(
    about="write, write, end, destroy in one turn: what the kernel has is told so, the end callback gets an error"
)
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


@case(about="a pending end() callback is given ERR_STREAM_DESTROYED by destroy()")
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


@case(about="a pending end() callback is given destroy()'s own error where there is one")
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


@case(about="a big write that is cut off fails with ECANCELED, and with it all writes behind it")
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


@case(
    about="a big write cut off by destroy(error): the callbacks hear of the cancellation, 'error' of the error"
)
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


@case(about="destroy() while connecting fails waiting writes and end() after 'close'")
class WhileConnecting:
    def server(t):
        server = t.net.create_server()
        listen(t, server)
        server.unref()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.write("a", t.callback("first"))
        client.write("b", t.callback("second"))
        client.end("c", t.callback("ended"))
        t.note("counted", client.bytes_written)
        client.destroy()
        t.note("counted", client.bytes_written)
        t.snapshot(client)


@case(
    about="destroy(error) while connecting emits the error and 'close' with true; waiting writes hear after it"
)
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


@case(
    about="a refused connection fails waiting writes after 'close': the first as closed, the others as refused"
)
class RefusedWithWrites:
    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.write("a", t.callback("first"))
        client.write("b", t.callback("second"))
        client.end("c", t.callback("ended"))

    def raw(r):
        r.publish(port=r.closed_port())


@case(about="destroy() while the host is looked up: neither 'lookup' nor 'error', 'close' at once")
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


@case(about="corked writes are lost by destroy() and told so")
class Corked:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("error", lambda error: None)
            peer.resume()

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_connect():
            client.cork()
            client.write("one", t.callback("first"))
            client.write("two", t.callback("second"))
            client.destroy()
            client.uncork()
            t.snapshot(client)

        client.on("connect", on_connect)


@case(about="read() after destroy() still gives what was buffered, and 'end' never comes")
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


@case(about="destroy() of a socket that has read everything sends FIN: the peer ends in order")
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


@case(about="destroy() with input unread in the kernel resets the connection: ECONNRESET at the peer")
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


@case(about="a socket destroyed on accept is at the client a plain end")
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


@case(about="after destroy() every call is harmless: what each of them returns", skip_unless="node<26.1")
class CallsAfterwards:
    def server(t):
        accept_one(t)

    def client(t, port):
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


@case(about="a user's emit('error') tells the listeners and leaves the socket open")
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


@case(about="a listener of 'error' that throws is an uncaught exception; 'close' still comes")
class ThrowingErrorListener:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.on_uncaught(t.callback("uncaught"))

        def on_error(error):
            raise t.error("from the listener")

        client.on("error", on_error)
        client.on("connect", lambda: client.destroy(t.error("first")))


@case(about="a listener of 'close' that throws is an uncaught exception; the other listeners do not run")
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


@case(about="destroy() of several sockets in one turn closes them in that order")
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


@case(
    about="destroy() frees the server's count at once: a closing server emits 'close' before the socket does"
)
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


@case(about="destroy() over a unix socket is a plain end for the peer")
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


@case(
    about="destroy() while a unix socket connects: 'close' alone, the waiting write hears that it was closed"
)
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


def start(t, server, client, at_once):
    """Listen, connect `client`, and call `at_once` right behind connect()."""
    t.watch("client", client)

    def listening():
        client.connect(server.address().port, "127.0.0.1")
        at_once()

    server.listen(0, "127.0.0.1", listening)


@case(about="destroy() in 'connect' with writes queued before it fails them; what was sent had no time to be")
def DestroyInConnect(t):
    server = t.watch("server", t.net.create_server(lambda peer: peer.on("error", lambda error: None).resume()))
    client = t.net.Socket()
    client.on("connect", lambda: client.destroy())
    client.on("close", lambda had_error: server.close())
    start(t, server, client, lambda: client.write("x", t.callback("written")))


@case(about="destroy() in 'lookup' is before there is an attempt: none is made")
class LookupEvent:
    def client(t, port):
        def lookup(host, options, callback):
            t.next_tick(lambda: callback(None, "127.0.0.1", 4))

        client = t.watch("client", t.net.connect(port=port, host="some.host", family=4, lookup=lookup))
        client.on("lookup", lambda *rest: client.destroy())
        client.on("close", t.callback("close"))

    def raw(r):
        r.publish(port=r.closed_port())


@case(about="destroy() in the 'connectionAttempt' of the first of several addresses is an uncaught TypeError")
class FirstOfSeveralAttempts:
    def client(t, port):
        def lookup(host, options, callback):
            answer = [{"address": "::1", "family": 6}, {"address": "127.0.0.1", "family": 4}]
            t.next_tick(lambda: callback(None, answer))

        t.on_uncaught(t.callback("uncaught"))
        client = t.watch("client", t.net.connect(port=port, host="some.host", lookup=lookup))
        client.on("connectionAttempt", lambda *rest: client.destroy())
        client.on("close", lambda had_error: t.note("tried", client.auto_select_family_attempted_addresses))

    def raw(r):
        r.publish(port=r.closed_port())


@case(
    about="destroy() in 'connectionAttemptFailed' of the first address: no other is tried, 'close' with false"
)
class AttemptFailed:
    def client(t, port):
        def lookup(host, options, callback):
            answer = [{"address": "127.0.0.1", "family": 4}, {"address": "127.0.0.2", "family": 4}]
            t.next_tick(lambda: callback(None, answer))

        client = t.watch("client", t.net.connect(port=port, host="some.host", lookup=lookup))
        client.on("error", t.callback("error"))
        client.on("connectionAttemptFailed", lambda *rest: client.destroy())
        client.on("close", lambda had_error: t.note("tried", client.auto_select_family_attempted_addresses))

    def raw(r):
        r.publish(port=r.closed_port())


@case(about="destroy() in 'connect' lets 'ready' still be emitted, and nothing is read")
class Connect:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.write("hello")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))
        client.on("connect", lambda: client.destroy())


@case(about="destroy() in 'ready' is followed by 'close' alone")
class Ready:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.write("early", t.callback("written"))
        client.on("ready", lambda: client.destroy())
        client.resume()


@case(about="destroy() in 'data' stops at that chunk: no more 'data', no 'end'", exact_chunks=True)
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


@case(about="destroy() in 'end' leaves no automatic end: no 'finish', 'close' with false")
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


@case(about="destroy(error) in 'end' is still told, although the stream has ended")
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


@case(about="destroy() in 'error' and in 'close' changes nothing any more")
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


@case(
    about="destroy() in a write callback: what the kernel has is still told so, the end callback gets an error"
)
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


@case(about="destroy() in 'drain' of a socket that has written everything only closes it")
class Drain:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        client = t.watch("client", t.net.Socket(high_water_mark=4))
        client.on("drain", lambda: client.destroy())
        client.connect(port, "127.0.0.1")
        t.note("returns", client.write("more than four", t.callback("written")))
        t.note("need drain", client.writable_need_drain)
