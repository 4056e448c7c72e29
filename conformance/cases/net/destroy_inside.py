"""destroy() inside a listener or a callback: what still comes, and what does not."""

from conformance import case
from conformance.scenery import accept_one, serve


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
