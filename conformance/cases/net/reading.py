"""The readable side of a socket: 'data', 'readable', read(n), unshift(), push(), and its buffer."""

from conformance import case
from conformance.scenery import serve, serve_either, serve_here, soon, start


@case(about="a socket reads into its buffer before it has a listener, and flows only then")
def BuffersWithoutListener(t):
    peers = []

    def look():
        t.snapshot(peers[0])
        peers[0].on("data", lambda chunk: t.note("buffered", chunk))

    def on_listening(port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.on("ready", lambda: soon(t, lambda: client.write("early", lambda error: soon(t, listen))))

        def listen():
            look()
            client.end()

    serve_here(t, lambda peer: peers.append(t.watch("peer", peer)), on_listening)


@case(about="a full buffer stops the reading until read() takes all of it")
def StopsAtHighWaterMark(t):

    def on_connection(peer):
        peer.write("123456789")
        client = clients[0]

        def full():
            t.note("bytes read", client.bytes_read)
            t.note("in the buffer", client.readable_length)
            peer.write("more", lambda error: soon(t, still_full))

        def still_full():
            t.note("bytes read", client.bytes_read)
            t.note("a part", client.read(3))
            soon(t, below)

        def below():
            t.note("bytes read", client.bytes_read)
            t.note("the rest", client.read())
            client.once("readable", again)

        def again():
            t.note("bytes read", client.bytes_read)
            t.note("what came later", client.read())
            peer.end()
            client.resume()
            client.end()

        client.once("readable", full)

    clients = []

    def on_listening(port):
        client = t.net.connect(port=port, host="127.0.0.1", high_water_mark=4)
        clients.append(t.watch("client", client))

    serve_here(t, on_connection, on_listening)


@case(about="'readable' comes for data, and once more with an empty buffer before 'end'")
class ReadableBeforeEnd:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_readable():
            t.note("length", client.readable_length)
            t.note("read", client.read())
            t.note("read again", client.read())

        client.on("readable", on_readable)


@case(about="read(n) returns n bytes or nothing, and whatever is left once the peer has ended")
class ReadBySize:
    def server(t):
        def on_connection(peer):
            peer.write("12345")
            peer.on("data", lambda chunk: peer.end("67"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def first():
            t.note("two", client.read(2))
            t.note("none", client.read(0))
            t.note("too many", client.read(4))
            t.note("left", client.readable_length)
            client.write("go on")
            client.on("readable", rest)

        def rest():
            t.note("four", client.read(4))

        client.once("readable", first)


@case(about="with a 'readable' listener, only read() emits 'data', and resume() does not start the flow")
class ReadableBeatsData:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))

        def on_readable():
            client.resume()
            t.note("flowing", client.readable_flowing)
            t.next_tick(lambda: t.note("read", client.read()))

        client.on("readable", on_readable)
        t.note("flowing", client.readable_flowing)


@case(about="a socket with a 'data' listener flows again when its last 'readable' listener is removed")
class ReadableListenerRemoved:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))

        def on_readable():
            client.remove_listener("readable", on_readable)
            t.note("at once", client.readable_flowing)
            t.next_tick(lambda: t.note("a tick later", client.readable_flowing))

        client.on("readable", on_readable)


@case(about="a socket without a 'data' listener stays still when its last 'readable' listener is removed")
class ReadableListenerRemovedAlone:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def look():
            t.snapshot(client)
            client.on("data", t.callback("data"))

        client.once("readable", lambda: t.immediate(look))


@case(about="unshift() on a paused socket puts data in front of what is still to come")
class Unshift:
    def server(t):
        serve(t, lambda peer: peer.end("header body"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_first(chunk):
            client.pause()
            t.note("first", chunk)
            client.unshift(chunk[7:])
            t.note("length", client.readable_length)
            client.on("data", t.callback("later"))
            client.resume()

        client.once("data", on_first)


@case(
    about="unshift() inside 'readable' emits it again, and read() returns the data with the rest",
    skip_unless="node<26",
    exact_chunks=True,
)
class UnshiftInsideReadable:
    def server(t):
        def on_connection(peer):
            peer.write("abc")
            peer.once("data", lambda chunk: peer.end("def"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def first():
            t.note("read", client.read())
            client.unshift(b"bc")
            client.unshift("a", "latin1")
            t.note("length", client.readable_length)
            client.write("go on")
            client.on("readable", later)

        def later():
            t.note("buffer", client.readable_length)
            if client.readable_length > 3 or client.readable_ended:
                t.note("read", client.read())

        client.once("readable", first)


@case(about="unshift() in 'end' of a half-open socket fails it with ERR_STREAM_UNSHIFT_AFTER_END_EVENT")
class UnshiftAfterEnd:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.end()

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        client.resume()
        client.on("error", t.callback("error"))
        client.on("end", lambda: t.attempt("unshift", lambda: client.unshift("too late")))


@case(about="push() on a socket delivers data like received data, but is not counted in bytes_read")
class PushByTheUser:
    def server(t):
        serve(t, lambda peer: peer.end("from outside"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))

        def on_connect():
            t.note("returns", client.push("from inside "))
            t.note("bytes read", client.bytes_read)

        client.on("connect", on_connect)
        client.on("end", lambda: t.note("bytes read at the end", client.bytes_read))


@case(about="push() after the peer's FIN fails the socket with ERR_STREAM_PUSH_AFTER_EOF")
class PushAfterEnd:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.end()

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        client.resume()
        client.on("error", t.callback("error"))
        client.on("end", lambda: t.attempt("push", lambda: client.push("too late")))


@case(about="a socket flows on when its last 'data' listener is removed, and loses what comes")
class DataListenerRemoved:
    def server(t):
        def on_connection(peer):
            peer.write("heard")
            peer.once("data", lambda chunk: peer.end("lost"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_data(chunk):
            client.remove_listener("data", on_data)
            t.note("flowing", client.readable_flowing)
            client.write("go on")

        client.on("data", on_data)
        client.on("end", lambda: t.note("bytes read", client.bytes_read))


@case(about="destroy() inside 'data' delivers neither the rest of the buffer nor 'end'")
class DestroyInsideData:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.write("12345678")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_readable():
            t.note("a part", client.read(4))
            client.once("data", on_data)

        def on_data(chunk):
            client.unshift(b"90")
            client.unshift(b"ab")
            client.on("data", t.callback("later"))
            client.destroy()
            t.snapshot(client)

        client.once("readable", on_readable)


@case(about="read(0) on a socket accepted paused starts the reading, but not the flow")
def ReadZeroStartsReading(t):

    def on_connection(peer):
        t.watch("peer", peer)
        peer.on("data", t.callback("data"))
        t.note("read", peer.read(0))
        peers.append(peer)

    peers = []

    def look():
        t.note("bytes read", peers[0].bytes_read)
        t.note("in the buffer", peers[0].readable_length)
        peers[0].resume()

    def on_listening(port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.on("finish", lambda: soon(t, look))
        client.end("early")

    serve_here(t, on_connection, on_listening, {"pause_on_connect": True})


@case(about="a flowing socket with a high-water mark of zero reads chunk by chunk")
class HighWaterMarkOfZero:
    def server(t):
        def on_connection(peer):
            peer.write("one")
            peer.once("data", lambda chunk: peer.end("two"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", high_water_mark=0))
        client.on("data", t.callback("data"))
        client.once(
            "data", lambda chunk: t.note("write returns", client.write("go on", t.callback("written")))
        )
        client.on("drain", t.callback("drain"))


@case(about="a socket with a high-water mark of zero reads nothing before somebody asks")
class HighWaterMarkOfZeroUnread:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", high_water_mark=0))

        def on_readable():
            t.note("length", client.readable_length)
            t.note("read", client.read())

        client.on("ready", lambda: client.on("readable", on_readable))


@case(about="read(n) above the high-water mark raises it to the next power of two")
class ReadRaisesHighWaterMark:
    def server(t):
        serve(t, lambda peer: peer.end("0123456789" * 30))

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", high_water_mark=16))

        def on_readable():
            t.note("read", client.read(300))
            t.note("high-water mark", client.readable_high_water_mark)

        t.note("read", client.read(300))
        t.note("high-water mark", client.readable_high_water_mark)
        client.on("readable", on_readable)


@case(about="set_encoding() inside 'data' applies from the next chunk on")
class EncodingInsideData:
    def server(t):
        def on_connection(peer):
            peer.write("é")
            peer.once("data", lambda chunk: peer.end("é"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))

        def on_first(chunk):
            client.set_encoding("latin1")
            client.write("go on")

        client.once("data", on_first)


@case(about="remove_all_listeners('readable') lets a socket with a 'data' listener flow again")
class RemoveAllReadable:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("readable", lambda: None)
        client.on("data", t.callback("data"))
        t.note("flowing", client.readable_flowing)
        client.remove_all_listeners("readable")
        t.next_tick(lambda: t.note("flowing", client.readable_flowing))


@case(about="unshift() in 'data' delivers the chunk again before what follows and before 'end'")
def UnshiftInData(t):
    server = serve_either(t, False, lambda peer: peer.end("tail"))
    client = t.net.Socket()
    seen = []

    def on_data(chunk):
        seen.append(chunk)
        if len(seen) == 1:
            client.unshift("again")

    client.on("data", on_data)
    client.on("end", lambda: t.note("seen", seen))
    start(t, server, client, lambda: None)


@case(about="unshift() in 'end' of a socket that is about to end itself fails it")
def UnshiftInEnd(t):
    server = serve_either(t, False, lambda peer: peer.end())
    client = t.net.Socket()
    client.resume()
    client.on("error", lambda error: None)
    client.on("end", lambda: t.attempt("unshift", lambda: client.unshift("late")))
    start(t, server, client, lambda: None)


@case(about="push(None) on a socket ends its readable side alone, and a later push() fails it")
def PushedIntoASocket(t):
    server = serve_either(t, False, lambda peer: peer.resume())
    client = t.net.Socket(allow_half_open=True)
    client.on("data", t.callback("data"))
    client.on("end", lambda: t.snapshot(client).end("x"))

    def on_connect():
        client.push("made up")
        client.push(None)
        t.attempt("push after end", lambda: client.push("late"))

    client.on("error", lambda error: None)
    client.on("connect", on_connect)
    start(t, server, client, lambda: None)
