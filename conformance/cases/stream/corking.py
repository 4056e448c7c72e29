"""cork() and uncork(): what is held together, and when it is sent."""

from conformance import case
from conformance.scenery import WRITES, closely, collect, serve, serve_either, start


@case(about="corked writes are counted, and are sent together by the last uncork()")
class CorksNest:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def note():
            t.note("corked", client.writable_corked)
            t.note("waiting", client.writable_length)
            t.note("bytes written", client.bytes_written)

        def on_ready():
            t.note("cork returns", client.cork())
            client.cork()
            client.write("one ", t.callback("first"))
            note()
            client.write(b"two ", t.callback("second"))
            client.uncork()
            note()
            t.note("uncork returns", client.uncork())
            note()
            t.next_tick(lambda: t.note("newer tick", None))
            client.uncork()
            note()
            client.end("three", t.callback("ended"))

        client.on("ready", on_ready)
        client.resume()


@case(about="uncork() on a tick sends all writes of the turn together")
class UncorkOnTick:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            client.cork()
            t.next_tick(lambda: client.uncork())
            client.write("one ", t.callback("first"))
            client.write("two ", t.callback("second"))
            t.next_tick(lambda: t.note("tick", client.writable_length))
            t.immediate(lambda: client.end())

        client.on("ready", on_ready)
        client.resume()


@case(about="writes corked before 'connect' wait for uncork() even when connected")
class CorkedBeforeConnect:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.cork()
        client.write("one ", t.callback("first"))
        client.write("zwei ", "latin1", t.callback("second"))
        t.note("bytes written", client.bytes_written)

        def on_ready():
            t.note("waiting", client.writable_length)
            t.note("bytes written", client.bytes_written)
            client.write("three", t.callback("third"))
            t.immediate(uncork)

        def uncork():
            t.note("still waiting", client.writable_length)
            client.uncork()
            t.note("after it", client.writable_length)
            client.end()

        client.on("ready", on_ready)
        client.resume()


@case(about="writes uncorked while connecting are sent at 'connect' and called back together")
class UncorkWhileConnecting:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.cork()
        client.write("one ", t.callback("first"))
        client.write(b"two ", t.callback("second"))
        client.uncork()
        t.note("waiting", client.writable_length)
        client.on("connect", lambda: t.note("in connect", client.writable_length))
        client.write("three ", t.callback("third"))
        client.on("ready", lambda: client.end(t.callback("ended")))
        client.resume()


@case(about="corked text in several encodings and bytes are sent in order")
class MixedEncodings:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            client.cork()
            client.write("é|", "utf8")
            client.write("é|", "latin1")
            client.write("é|", "utf16le")
            client.write("ff7c", "hex")
            client.write(b"bytes|")
            t.note("waiting", client.writable_length)
            t.note("bytes written", client.bytes_written)
            client.uncork()
            t.note("bytes written", client.bytes_written)
            client.end()

        client.on("ready", on_ready)
        client.resume()


@case(about="corked writes return False from the high-water mark on; 'drain' precedes their callbacks")
class HighWaterMark:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", high_water_mark=4))

        def on_ready():
            client.cork()
            t.note("returns", client.write("abc", t.callback("first")))
            t.note("returns", client.write("d", t.callback("second")))
            t.note("returns", client.write("efg", t.callback("third")))
            t.note("need drain", client.writable_need_drain)
            client.uncork()
            t.note("need drain", client.writable_need_drain)

        client.on("drain", lambda: client.end())
        client.on("ready", on_ready)
        client.resume()


@case(about="uncork() without cork(), and cork() after end(), do nothing")
class OddCalls:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            client.uncork()
            t.note("corked", client.writable_corked)
            client.write("one", t.callback("first"))
            client.end(t.callback("ended"))
            client.cork()
            t.note("corked", client.writable_corked)

        client.on("ready", on_ready)
        client.resume()


@case(about="uncork() sends a single corked write")
class SingleWrite:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            client.cork()
            client.write("only", t.callback("written"))
            client.uncork()
            t.next_tick(lambda: t.note("newer tick", None))
            client.cork()
            client.uncork()
            t.immediate(lambda: client.end())

        client.on("ready", on_ready)
        client.resume()


@case(about="more corked writes than one system call can take all arrive in order")
class ManyWrites:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_ready():
            client.cork()
            for number in range(3000):
                client.write(f"{number} ")
            client.write(b"x" * 3000000, t.callback("written"))
            t.note("waiting", client.writable_length)
            t.note("bytes written", client.bytes_written)
            client.uncork()
            t.note("bytes written", client.bytes_written)
            client.end(t.callback("ended"))

        client.on("ready", on_ready)
        client.resume()
        client.on("close", t.callback("closed"))


@case(about="cork() during a large write holds what follows it, not the write itself")
class CorkBehindLargeWrite:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_ready():
            client.write(b"x" * 16777216, t.callback("large", uncork))
            client.cork()
            client.write("held", t.callback("held"))

        def uncork(error):
            t.note("waiting", client.writable_length)
            client.uncork()
            client.end(t.callback("ended"))

        client.on("ready", on_ready)
        client.resume()
        client.on("close", t.callback("closed"))


@case(
    about="a source piped into a corked socket waits for uncork() or for its own end",
    skip_unless="node<26.1",
)
class PipedIntoCork:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        source = t.watch("source", t.stream.PassThrough())

        def on_ready():
            client.cork()
            source.pipe(client)
            source.write("through the pipe")
            t.immediate(look)

        def look():
            t.note("waiting", client.writable_length)
            source.end()

        client.on("ready", on_ready)
        client.resume()


@case(about="cork() in a write callback holds the next writes, even if the callback then raises")
class CorkInCallback:
    def server(t):
        collect(t)

    def client(t, port):
        t.on_uncaught(lambda error: t.note("uncaught", error))
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_written(error):
            client.cork()
            client.write("two ", t.callback("second"))
            t.immediate(uncork)
            raise t.error("on the way")

        def uncork():
            client.uncork()
            client.end("three")

        client.on("ready", lambda: client.write("one ", t.callback("first", on_written)))
        client.resume()


def write_corked(t, client, count):
    client.cork()
    client.write("first ", t.callback("first"))
    for _ in range(count - 2):
        client.write(b".")
    client.write("last", t.callback("last"))
    client.uncork()
    t.note("waiting", client.writable_length)
    t.next_tick(lambda: t.note("tick", client.writable_length))
    client.end()


@case(about="up to 1024 corked chunks are written at once if the kernel takes them")
class ManyCorkedChunks:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("ready", lambda: write_corked(t, client, 1024))
        client.resume()


@case(about="of more than 1024 corked chunks the rest is written later")
class TooManyCorkedChunks:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("ready", lambda: write_corked(t, client, 1025))
        client.resume()


@case(about="corked chunks that the kernel does not take at once arrive whole, each with its callback")
class BigBacklog:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            client.cork()
            client.write("a" * 6000000, t.callback("first"))
            client.write(b"b" * 100000, t.callback("second"))
            client.write("c" * 6000000, "latin1", t.callback("third"))
            client.uncork()
            t.note("waiting", client.writable_length)
            client.end()

        client.on("ready", on_ready)
        client.resume()


@case(about="waiting text counts by its length, even if it is bad hex or base64")
class BadDigitsWait:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            client.cork()
            for text in ["zz", "abc", "ab cd", "\ud83d\ude00=", "YQ==", "=", "==", "Y==="]:
                for encoding in ["hex", "base64", "base64url", "latin1", "utf16le", "utf8"]:
                    client.write(text, encoding)
                    t.note(text + " as " + encoding, client.bytes_written)
            client.uncork()
            t.note("written", client.bytes_written)
            client.end()

        client.on("ready", on_ready)
        client.resume()


@case(about="cork() before connect() holds all writes until uncork() in 'connect'")
def CorkAcrossConnect(t):
    server = serve_either(t, False, lambda peer: peer.on("data", t.callback("data")))
    client = t.net.Socket()

    def on_connect():
        client.write("c")
        t.note("held", [client.writable_length, client.writable_corked])
        client.uncork()
        t.note("after", [client.writable_length, client.bytes_written])
        client.end()

    client.cork()
    client.write("a", t.callback("a"))
    client.on("connect", on_connect)
    start(t, server, client, lambda: client.write("b", t.callback("b")))


@case(about="end() takes out all corks: everything leaves in one write, then the FIN")
class EndWhileCorked:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", t.callback("data"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            client.cork()
            client.cork()
            client.cork()
            client.write("one ", t.callback("first"))
            client.write("", t.callback("empty"))
            client.write("two ", t.callback("second"))
            client.end("three", t.callback("ended"))
            t.note("corked", client.writable_corked)
            t.note("waiting", client.writable_length)

        client.on("ready", on_ready)
        client.resume()


@case(about="end() while corked sends the held writes, and a destroy() behind it only fails end()'s callback")
def DestroyAfterEnd(t):
    server = serve_either(t, False, lambda peer: peer.resume())
    client = t.net.Socket()

    def on_connect():
        client.cork()
        client.write("a", t.callback("a"))
        client.write("b", t.callback("b"))
        client.end(t.callback("end"))
        client.cork()
        client.destroy()
        client.uncork()

    client.on("connect", on_connect)
    start(t, server, client, lambda: None)


@case(about="destroy() while corked fails every held write with ERR_STREAM_DESTROYED")
class DestroyLosesCorkedWrites:
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


@case(about="what was corked goes to writev() at once, and its callbacks come step by step as in Node")
def CorkedSteps(t):
    destination = closely(
        t,
        "sink",
        t.stream.Writable(writev=lambda chunks, callback: [t.note("chunks", len(chunks)), t.immediate(callback)]),
        WRITES,
    )
    destination.cork()
    destination.write("a", t.callback("first"))
    destination.cork()
    destination.write("b", t.callback("second"))
    destination.uncork()
    destination.write("c")
    destination.uncork()
    destination.cork()
    destination.end("d", t.callback("ended"))
