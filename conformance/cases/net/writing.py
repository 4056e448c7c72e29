"""The writable side of a socket: what write() returns, when callbacks and 'drain' come, and encodings."""

from conformance import case
from conformance.scenery import collect, serve


@case(about="write() returns False from the high-water mark on, even if the kernel takes everything")
class HighWaterMark:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", high_water_mark=4))

        def on_connect():
            for chunk in ["abc", "abcd", "abcde"]:
                t.note("returns", client.write(chunk, t.callback("written")))
                t.note("waiting", client.writable_length)
                t.note("need drain", client.writable_need_drain)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="while connecting, write() returns False from the high-water mark on; 'drain' follows 'connect'")
class HighWaterMarkWhileConnecting:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", high_water_mark=4))
        for chunk in ["abc", "d", "efghi"]:
            t.note("returns", client.write(chunk, t.callback("written")))
            t.note("waiting", client.writable_length)
            t.note("need drain", client.writable_need_drain)
        client.on("drain", lambda: client.end("drained"))
        client.on("drain", t.callback("drain"))
        client.resume()


@case(about="a write callback comes on a tick, before ticks and microtasks queued after the write")
class CallbackTiming:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            t.microtask(lambda: t.note("microtask", None))
            t.next_tick(lambda: t.note("older tick", None))
            client.write("one", t.callback("first"))
            t.note("written", client.bytes_written)
            t.next_tick(lambda: t.note("newer tick", None))
            client.write("two", t.callback("second"))
            t.immediate(lambda: client.end())

        client.on("ready", on_ready)
        client.resume()


@case(about="writes from write callbacks are sent in order, with a callback on a tick of its own each")
class WriteInCallback:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            client.write(
                "one ", t.callback("first", lambda error: client.write("three ", t.callback("third")))
            )
            client.write("two ", t.callback("second", lambda error: client.end("four", t.callback("ended"))))

        client.on("ready", on_ready)
        client.resume()


@case(about="an empty write sends nothing, but its callback comes")
class WriteNothing:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.note("returns", client.write("", t.callback("empty text while connecting")))

        def on_ready():
            t.note("returns", client.write("", t.callback("empty text")))
            t.note("returns", client.write(b"", t.callback("no bytes")))
            t.note("written", client.bytes_written)
            client.end("", t.callback("ended"))

        client.on("ready", on_ready)
        client.resume()


@case(about="text is sent in the given encoding and counted in its bytes")
class Encodings:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            for encoding in [
                "utf8",
                "utf-8",
                "UTF8",
                "latin1",
                "binary",
                "ascii",
                "utf16le",
                "ucs2",
                "UCS-2",
            ]:
                client.write("é€\u0141|", encoding)
                t.note(encoding, client.bytes_written)
            client.write("😀|", "utf16le")
            client.write("😀|", "latin1")
            client.write("😀|")
            t.note("astral", client.bytes_written)
            client.end()

        client.on("ready", on_ready)
        client.resume()


@case(about="a lone surrogate is sent as U+FFFD in utf8, and unchanged in utf16le")
class LoneSurrogate:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            client.write("a\ud83dz")
            t.note("utf8", client.bytes_written)
            client.write("a\ude00z", "utf16le")
            t.note("utf16le", client.bytes_written)
            client.end()

        client.on("ready", on_ready)
        client.resume()


@case(about="hex stops at the first bad digit; base64 takes both alphabets, padded or not")
class HexAndBase64:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            for text in ["00ff", "abc", "zz", "12 34", "FFx1"]:
                client.write(text, "hex")
                t.note(f"hex {text}", client.bytes_written)
            for text in ["aGk=", "aGk", "aG k", "-_-_", "+/+/", "a", "aGk=aGk="]:
                client.write(text, "base64")
                t.note(f"base64 {text}", client.bytes_written)
                client.write(text, "base64url")
                t.note(f"base64url {text}", client.bytes_written)
            client.end()

        client.on("ready", on_ready)
        client.resume()


@case(about="text written while connecting counts in the bytes of its encoding")
class EncodingsWhileConnecting:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        for encoding in ["utf8", "latin1", "utf16le"]:
            client.write("é€|", encoding)
            t.note(encoding, client.bytes_written)
            t.note("waiting", client.writable_length)
        # Whole digits only: Node aborts on an odd number of them in a write of several chunks.
        client.write("00ff", "hex")
        t.note("hex", client.bytes_written)
        client.end("aGk=", "base64")
        t.note("base64", client.bytes_written)
        client.resume()
        client.on("close", lambda had_error: t.note("in the end", client.bytes_written))


@case(about="set_default_encoding() applies to text written without an encoding")
class DefaultEncoding:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.note("returns itself", client.set_default_encoding("latin1") is client)
        t.attempt("unknown", lambda: client.set_default_encoding("nope"))

        def on_ready():
            client.write("é|")
            client.write("é|", "utf8")
            client.set_default_encoding("HEX")
            client.end("ff")

        client.on("ready", on_ready)
        client.resume()


@case(about="write() and end() throw ERR_UNKNOWN_ENCODING for an unknown encoding and send nothing")
class UnknownEncoding:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.attempt("write", lambda: client.write("text", "nope", t.callback("written")))
        t.attempt("bytes", lambda: client.write(b"bytes", "nope"))
        t.attempt("end", lambda: client.end("text", "nope", t.callback("ended")))
        t.note("state", client.ready_state)
        t.note("written", client.bytes_written)
        client.end()
        client.resume()


@case(about="end() with a chunk of a wrong type throws and does not end the socket")
class EndWithBadChunk:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.attempt("number", lambda: client.end(5, t.callback("ended")))
        t.attempt("list", lambda: client.end([1]))
        t.note("ended", client.writable_ended)
        t.note("null is no chunk", client.end(None, t.callback("ended with null")) is client)
        client.resume()


@case(about="a large write is counted at once; 'drain' comes when it is sent, then its callback")
class LargeWrite:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_ready():
            t.note("returns", client.write(b"x" * 16777216, t.callback("written")))
            t.note("bytes written", client.bytes_written)
            t.note("waiting", client.writable_length)
            t.note("need drain", client.writable_need_drain)
            t.note("a small one after it", client.write("y", t.callback("the small one")))
            t.note("waiting", client.writable_length)
            client.on("drain", t.callback("drain", lambda: client.end()))

        client.on("ready", on_ready)
        client.resume()
        client.on("close", lambda had_error: t.note("in the end", client.bytes_written))


@case(about="a large text is sent whole, in its encoding")
class LargeText:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_ready():
            client.write("äö€" * 300000, t.callback("utf8"))
            t.note("utf8", client.bytes_written)
            client.write("äö€" * 300000, "utf16le", t.callback("utf16le"))
            t.note("utf16le", client.bytes_written)
            client.write("äö€" * 300000, "latin1", t.callback("latin1"))
            t.note("latin1", client.bytes_written)
            client.end(t.callback("ended"))

        client.on("ready", on_ready)
        client.resume()


@case(about="'drain' does not come after end(), even if write() had returned False")
class NoDrainAfterEnd:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", high_water_mark=2))
        t.note("returns", client.write("abcdef", t.callback("written")))
        client.end()
        t.note("need drain", client.writable_need_drain)
        client.on("drain", t.callback("drain"))
        client.resume()


@case(about="all corked writes fail with ECONNRESET after an unread reset")
class CorkedAfterUnreadReset:
    def raw(r):
        listener = r.listen()
        signal = r.listen()
        r.publish(port=listener.port, signal=signal.port)
        peer = listener.accept()
        told = signal.accept()
        told.recv(1)
        peer.reset()
        told.close()

    def client(t, port, signal):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.pause()
        client.on("error", t.callback("error"))
        other = t.net.connect(signal, "127.0.0.1")
        other.resume()
        client.on("ready", lambda: other.write("x"))

        def write():
            client.cork()
            client.write("too", t.callback("first"))
            client.write("late", t.callback("second"))
            client.uncork()
            client.write("behind", t.callback("third"))

        other.on("end", write)


@case(about="a bytearray is sent as it was when it was written")
class Bytearray:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            chunk = bytearray(b"abc")
            client.write(chunk, t.callback("written"))
            chunk[0] = 122
            client.end(chunk)

        client.on("ready", on_ready)
        client.resume()


@case(about="bytes_written still counts a failed queue in its callbacks; a write from there joins the queue")
def QueueThatFails(t):
    client = t.watch("client", t.net.Socket())
    client.on("error", lambda error: None)

    def sizes(label):
        t.note(label, [client.bytes_written, client.writable_length])

    def second(error):
        sizes("second")
        client.write("from there", lambda error: sizes("from there"))

    client.write("a", lambda error: sizes("first"))
    client.write("bcd", second)
    client.write("ef", lambda error: sizes("third"))
    client.end("g", lambda error: sizes("ended"))


@case(about="an exception in a callback of a failed queue leaves it, and destroy() calls all back again")
def QueueThatThrows(t):
    def fail(chunk, encoding, callback):
        t.immediate(lambda: callback(t.error("bad")))

    sink = t.watch("sink", t.stream.Writable(write=fail))

    def second(error):
        t.note("second", [error.message, sink.writable_length])
        raise t.error("thrown")

    def after_throw(error):
        t.note("uncaught", [error.message, sink.writable_length])
        if not sink.destroyed:
            sink.destroy()

    t.on_uncaught(after_throw)
    sink.on("error", lambda error: None)
    sink.write("a", t.callback("first"))
    sink.write("b", second)
    sink.write("c", t.callback("third"))


@case(
    about="the encoding 'buffer' of a text is ERR_UNKNOWN_ENCODING, with decode_strings or without",
    skip_unless="node^24.20||>=26.3",
)
def EncodingBuffer(t):
    for options in [{}, {"decode_strings": False}, {"object_mode": True}]:
        sink = t.stream.Writable(options)
        sink._write = t.callback("write")
        t.attempt("string", lambda: sink.write("a", "buffer"))
        t.attempt("bytes", lambda: sink.write(b"a", "buffer"))
        t.attempt("end", lambda: sink.end("a", "buffer") is sink)
    strange = t.stream.Writable(default_encoding="buffer")
    strange._write = t.callback("write")
    t.attempt("default", lambda: strange.write("a"))


@case(about="an empty write calls back without counting or sending anything, on every kind of connection")
class EmptyWrites:
    def server(t):
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", t.callback("data"))
            peer.write("", t.callback("empty text"))
            peer.write(b"", t.callback("empty bytes"))
            t.note("written", [peer.bytes_written, peer.writable_length])
            peer.end("", t.callback("end"))
            server.close()

        server.on("connection", on_connection)
        server.listen(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data"))
        client.write("", t.callback("while connecting"))
        client.on("end", lambda: t.note("read", client.bytes_read))


@case(about="what is written before 'connect' is counted at once and sent in order")
class BeforeConnect:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("connect", lambda: t.note("older listener", client.bytes_written))
        t.note("first", client.write("one ", t.callback("first written")))
        client.on("connect", lambda: t.note("newer listener", client.bytes_written))
        t.note("second", client.write(b"two ", t.callback("second written")))
        t.note("third", client.write("drei", "latin1", t.callback("third written")))
        t.note("bytes written", client.bytes_written)
        t.note("waiting", client.writable_length)
        client.on("ready", lambda: client.end(t.callback("ended")))
        client.resume()


@case(about="a write to a socket that was never connected fails with ERR_SOCKET_CLOSED and closes the socket")
def Unconnected(t):
    socket = t.watch("socket", t.net.Socket())
    socket.on("error", t.callback("error"))
    t.note("write returns", socket.write("nowhere", t.callback("written")))
    t.note("state", socket.ready_state)


@case(about="a write that fails at once, the peer having reset, calls back and fails the socket in Node's order")
class WriteFailsAtOnce:
    def raw(r):
        with r.listen() as listener:
            r.publish(port=listener.port)
            peer = listener.accept()
            peer.send(b"go")
            r.wait("ready")
            peer.reset()

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_data(chunk):
            client.pause()
            t.publish(ready=True)
            t.block(300)
            t.note("first", client.write("a", t.callback("a written")))
            t.note("second", client.write("b", t.callback("b written")))
            t.next_tick(lambda: t.note("queued behind", None))

        client.on("data", on_data)
        client.on("error", lambda error: t.note("error", error.code))
        client.on("close", t.callback("close"))


@case(about="a write that nobody asks about fails at once, the peer having reset, and fails the socket in Node's order")
class WriteFailsUnheard:
    def raw(r):
        with r.listen() as listener:
            r.publish(port=listener.port)
            peer = listener.accept()
            peer.send(b"go")
            r.wait("ready")
            peer.reset()

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_data(chunk):
            client.pause()
            t.publish(ready=True)
            t.block(300)
            t.note("first", client.write(b"a"))
            t.note("second", client.write(b"b"))
            t.next_tick(lambda: t.note("queued behind", None))

        client.on("data", on_data)
        client.on("error", lambda error: t.note("error", error.code))
        client.on("close", t.callback("close"))
