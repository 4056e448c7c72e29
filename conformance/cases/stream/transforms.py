"""Transform, Duplex and PassThrough between sockets: what is written to one end comes out changed at the other."""

from conformance import case
from conformance.scenery import BOTH, closely, collect, serve, serve_here, soon


def capitals(chunk, encoding, callback):
    """What a Transform that makes capitals does."""
    callback(None, chunk.decode("latin1").upper())


@case(about="in an echo through a Transform, each socket ends when its peer has", skip_unless="node<26.1")
class Echo:
    def server(t):
        def on_connection(peer):
            upper = t.watch("upper", t.stream.Transform(transform=capitals))
            t.watch("peer", peer)
            peer.pipe(upper).pipe(peer)

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", t.callback("data", lambda chunk: client.end()))
        client.write("quiet")


@case(
    about="flush() adds output between the peer's end and the end of the destination",
    skip_unless="node<26.1",
)
class Flush:
    def server(t):
        def on_connection(peer):
            def flush(callback):
                count.push("pushed ")
                t.immediate(lambda: callback(None, "given"))

            count = t.watch("count", t.stream.Transform(transform=capitals, flush=flush))
            peer.pipe(count).pipe(peer)

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        received = []
        client.on("data", lambda chunk: received.append(chunk))
        client.on("end", lambda: t.note("received", b"".join(received)))
        client.end("written ")


@case(
    about="a failing flush() destroys the Transform without 'finish'; the socket behind it stays open",
    skip_unless="node<26.1",
)
def FlushFails(t):
    def on_connection(peer):
        t.watch("peer", peer)
        failing = t.watch(
            "failing",
            t.stream.Transform(transform=capitals, flush=lambda callback: callback(t.error("no more"))),
        )

        def on_close():
            t.note("open", peer.writable)
            peer.end()

        failing.on("error", t.callback("error"))
        failing.on("close", on_close)
        peer.pipe(failing).pipe(peer)

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("data", t.callback("data"))
        client.end("abc")

    serve_here(t, on_connection, start, {"allow_half_open": True})


@case(
    about="a Transform that fails is unpiped from its source, and neither socket is destroyed",
    skip_unless="node<26.1",
)
def TransformFails(t):
    def on_connection(peer):
        t.watch("peer", peer)
        failing = t.watch(
            "failing",
            t.stream.Transform(transform=lambda chunk, encoding, callback: callback(t.error("indigestible"))),
        )

        def on_close():
            t.note("flowing", peer.readable_flowing)
            t.note("listeners", [peer.listener_count("data"), peer.listener_count("end"), peer.listener_count("error")])
            t.note("states", [peer.destroyed, peer.readable, peer.writable])
            peer.resume()
            peer.end()

        failing.on("error", t.callback("error"))
        failing.on("close", on_close)
        peer.pipe(failing).pipe(peer)

    def start(port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end("abc")

    serve_here(t, on_connection, start)


@case(about="an exception in transform() destroys the Transform and nothing else")
def TransformThrows(t):
    def throws(chunk, encoding, callback):
        raise t.error("thrown")

    def on_connection(peer):
        t.watch("peer", peer)
        failing = t.watch("failing", t.stream.Transform(transform=throws))
        failing.on("error", t.callback("error"))
        failing.on("close", lambda: peer.destroy())
        peer.pipe(failing)

    def start(port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.write("abc")

    serve_here(t, on_connection, start)


@case(about="a Transform that calls back twice is destroyed with ERR_MULTIPLE_CALLBACK")
def CallsBackTwice(t):
    def twice(chunk, encoding, callback):
        callback(None, chunk)
        t.attempt("again", lambda: callback(None, chunk))

    def on_connection(peer):
        failing = t.watch("failing", t.stream.Transform(transform=twice))
        failing.on("error", t.callback("error"))
        failing.on("close", lambda: peer.destroy())
        peer.pipe(failing)
        failing.resume()

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.write("abc")

    serve_here(t, on_connection, start)


@case(
    about="a Transform with a slow reader holds its source back: write callbacks wait for a read",
    skip_unless="node<26.12",
)
def Backpressure(t):
    taken = []

    def slow(chunk, encoding, callback):
        taken.append(chunk.decode())
        callback(None, chunk)

    def on_connection(peer):
        narrow = t.watch("narrow", t.stream.Transform(transform=slow, high_water_mark=2))
        peer.pipe(narrow)

        def held():
            t.note("taken", taken)
            t.note("lengths", [narrow.writable_length, narrow.readable_length])
            t.note("needs drain", narrow.writable_need_drain)
            t.note("peer paused", peer.is_paused())
            narrow.on("data", t.callback("data"))

        peer.once("pause", lambda: t.immediate(held))
        peer.on("close", lambda had_error: t.note("all", "".join(taken)))

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.end("0123456789")

    serve_here(t, on_connection, start)


@case(
    about="a Transform with a high-water mark of 0 takes one chunk at a time, and passes all on",
    skip_unless="node<26.1",
)
def NoRoom(t):
    def on_connection(peer):
        narrow = t.watch("narrow", t.stream.PassThrough(high_water_mark=0))
        t.note("marks", [narrow.readable_high_water_mark, narrow.writable_high_water_mark])
        peer.pipe(narrow).pipe(peer)

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("data", t.callback("data"))
        client.write("one", lambda error: client.end("two"))

    serve_here(t, on_connection, start, {"allow_half_open": True})


@case(about="with readable_object_mode a Transform takes bytes and yields objects, each with its own high-water mark")
def ObjectsOut(t):
    def words(chunk, encoding, callback):
        for word in chunk.decode().split(" "):
            split.push({"word": word})
        callback()

    split = t.watch("split", t.stream.Transform(transform=words, readable_object_mode=True))
    t.note("modes", [split.readable_object_mode, split.writable_object_mode])
    t.note("marks", [split.readable_high_water_mark, split.writable_high_water_mark])
    split.on("data", t.callback("word"))

    def start(port):
        t.net.connect(port, "127.0.0.1").end("one two three")

    serve_here(t, lambda peer: peer.pipe(split), start)


@case(about="with writable_object_mode a Transform takes objects and yields bytes", skip_unless="node<26.1")
class ObjectsIn:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        lines = t.watch(
            "lines",
            t.stream.Transform(
                transform=lambda number, encoding, callback: callback(None, f"{number};"), writable_object_mode=True
            ),
        )
        t.note("marks", [lines.readable_high_water_mark, lines.writable_high_water_mark])
        lines.pipe(client)
        lines.write(1)
        lines.write(2)
        lines.end(3)


@case(about="an object piped into a socket destroys the socket, but not its source")
def ObjectIntoSocket(t):
    def on_connection(peer):
        t.watch("peer", peer)
        peer.on("error", t.callback("peer's error"))
        source = t.watch("source", t.stream.PassThrough(object_mode=True))
        source.pipe(peer)
        source.write({"no": "bytes"})
        peer.on("close", lambda had_error: t.note("source destroyed", source.destroyed))

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", lambda error: None)
        client.resume()

    serve_here(t, on_connection, start)


@case(about="with decode_strings False transform() gets strings with their encoding")
class StringsAsWritten:
    def server(t):
        collect(t)

    def client(t, port):
        def tell(chunk, encoding, callback):
            t.note("chunk", chunk)
            t.note("encoding", encoding)
            callback(None, chunk, encoding)

        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        plain = t.stream.Transform(transform=tell, decode_strings=False)
        plain.pipe(client)
        plain.write("späte", "latin1")
        plain.write("61", "hex")
        plain.write(b"bytes")
        plain.end("end")


@case(about="set_encoding() on a Transform gives its reader whole characters")
def Encoded(t):
    whole = t.watch("whole", t.stream.PassThrough())
    t.note("returns itself", whole.set_encoding("utf8") is whole)
    whole.on("data", t.callback("text"))

    def on_connection(peer):
        peer.pipe(whole)

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.write(b"caf\xc3", lambda error: soon(t, lambda: client.end(b"\xa9 \xe2\x82")))

    serve_here(t, on_connection, start)


@case(about="what a socket pipes into a Transform waits for its construct(), and is not lost")
def Construct(t):
    def later(callback):
        t.note("constructing", True)
        t.immediate(lambda: t.immediate(callback))

    def on_connection(peer):
        t.watch("peer", peer)
        upper = t.watch("upper", t.stream.Transform(transform=capitals, construct=later))
        upper.on("data", t.callback("data"))
        peer.pipe(upper)

    def start(port):
        t.net.connect(port, "127.0.0.1").end("early")

    serve_here(t, on_connection, start)


@case(about="a failing construct() destroys the Transform and unpipes the socket")
def ConstructFails(t):
    def on_connection(peer):
        t.watch("peer", peer)
        upper = t.watch(
            "upper",
            t.stream.Transform(
                transform=capitals,
                construct=lambda callback: t.immediate(lambda: callback(t.error("not made"))),
            ),
        )
        upper.on("error", t.callback("error"))
        upper.on("close", lambda: peer.destroy())
        peer.pipe(upper)

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()

    serve_here(t, on_connection, start)


@case(about="push(None) during a Transform's input ends its output, but the rest of the input is taken")
def EndsItself(t):
    seen = []

    def first_only(chunk, encoding, callback):
        seen.append(chunk)
        if len(seen) == 1:
            first.push(chunk)
            first.push(None)
        callback()

    first = t.watch("first", t.stream.Transform(transform=first_only))
    first.on("data", t.callback("data"))
    first.on("error", t.callback("error"))

    def on_connection(peer):
        peer.pipe(first)
        first.on("close", lambda: t.note("seen", b"".join(seen)))

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.write("one", lambda error: soon(t, lambda: client.end("two")))

    serve_here(t, on_connection, start)


@case(about="a corked Transform gets all that a socket writes in one writev() after uncork()")
def Corked(t):
    def writev(chunks, callback):
        t.note("count", len(chunks))
        t.note("chunks", [one.chunk for one in chunks])
        callback()

    sink = t.watch("sink", t.stream.Writable(writev=writev))
    sink.cork()
    sink.write("before ")

    def on_connection(peer):
        peer.pipe(sink, end=False)
        peer.on("end", lambda: t.immediate(lambda: sink.end("after")))

    def start(port):
        t.net.connect(port, "127.0.0.1").end("from the socket ")

    serve_here(t, on_connection, start)


@case(about="a _transform that is not a function makes write() throw a TypeError; such a _flush is ignored")
def TransformNoFunction(t):
    for value in [5, None, "x", {}]:
        one = t.stream.Transform()
        one._transform = value
        t.attempt("write", lambda: one.write("a"))
        other = t.watch("other", t.stream.PassThrough())
        other._flush = value
        other.resume()
        other.end("a")


@case(about="a Transform takes, gives and flushes step by step as in Node")
def Transforming(t):
    def transform(chunk, encoding, callback):
        through.push(chunk)
        t.next_tick(lambda: callback(None, chunk))

    through = closely(
        t,
        "through",
        t.stream.Transform(
            transform=transform, flush=lambda callback: callback(None, "flushed"), high_water_mark=2
        ),
        BOTH,
    )
    through.write("aaa", t.callback("first"))
    through.write("bbb", t.callback("second"))
    through.end(t.callback("ended"))
    t.immediate(lambda: through.resume())


@case(
    about="a Transform that is given more than it can hold waits for read() step by step as in Node",
    skip_unless="node<26",
)
def TransformWaits(t):
    through = closely(t, "through", t.stream.PassThrough(high_water_mark=1), BOTH)
    through.write("aa", t.callback("first"))
    through.write("bb", t.callback("second"))
    through.end()

    def step():
        t.note("read", through.read())
        if not through.readable_ended:
            t.immediate(step)

    t.immediate(step)


@case(about="a Transform that fails takes the same steps as in Node")
def TransformFailsSteps(t):
    through = closely(
        t,
        "through",
        t.stream.Transform(transform=lambda chunk, encoding, callback: callback(t.error("no"))),
        BOTH,
    )
    through.on("error", t.callback("error"))
    through.write("a", t.callback("first"))
    through.write("b", t.callback("second"))
