"""on_read where it meets something else: held bytes and destroy(), odd buffer functions, resume() in odd places."""

from conformance import case
from conformance.scenery import serve


@case(about="destroy() after False: what on_read never got is not counted as read")
class DestroyAfterFalse:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.write("abcdefgh")

        serve(t, on_connection)

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.immediate(lambda: client.destroy())
            return False

        options = {"buffer": bytearray(3), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="resume() inside on_read does not outdo the False that follows it")
class ResumeThenFalse:
    def server(t):
        serve(t, lambda peer: peer.end("abcdefgh"))

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.note("returns itself", client.resume() is client)

            def look():
                t.note("bytes read", client.bytes_read)
                client.resume()

            t.immediate(lambda: t.immediate(look))
            return False

        options = {"buffer": bytearray(3), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="read() continues the reading that False has stopped, as resume() does")
class ReadContinues:
    def server(t):
        serve(t, lambda peer: peer.end("abcdefgh"))

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.immediate(lambda: t.note("stream has", client.read()))
            return False

        options = {"buffer": bytearray(3), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.on("end", lambda: t.note("ended", client.bytes_read))
        client.resume()


@case(about="a buffer function may give a buffer of another length each time")
class ChangingLengths:
    def server(t):
        serve(t, lambda peer: peer.end("abcdefghij"))

    def client(t, port):
        made = []

        def make():
            made.append(len(made) + 1)
            return bytearray(len(made))

        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.note("length", len(buffer))

        options = {"buffer": make, "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="where a buffer function never gives a buffer on_read hears of each read, with True in its place")
class NoBufferAtAll:
    def server(t):
        def on_connection(peer):
            peer.write("hello")
            peer.once("data", lambda chunk: peer.end("second"))

        serve(t, on_connection)

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer)
            t.note("count", count)
            t.note("bytes read", client.bytes_read)
            if count == 5:
                client.write("go on")

        options = {"buffer": t.callback("make"), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.on("data", t.callback("data"))


@case(
    about="a buffer that the function gives only after the first read is handed to on_read, but never filled"
)
class NoBufferAtFirst:
    def server(t):
        def on_connection(peer):
            peer.write("hello")
            peer.once("data", lambda chunk: peer.end("second"))

        serve(t, on_connection)

    def client(t, port):
        made = []

        def make():
            made.append(1)
            return bytearray(3) if len(made) > 1 else None

        def on_read(count, buffer):
            t.note("read", buffer)
            t.note("count", count)
            if count == 5:
                client.write("go on")

        options = {"buffer": make, "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="a buffer function that gives no buffer later has its last one used again")
class NoBufferLater:
    def server(t):
        serve(t, lambda peer: peer.end("abcdefgh"))

    def client(t, port):
        made = []

        def make():
            made.append(1)
            return bytearray(3) if len(made) == 1 else None

        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.note("buffer", buffer)

        options = {"buffer": make, "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="a buffer function that throws at first throws from connect()")
def FunctionThrows(t):
    def make():
        raise t.error("the function's own")

    options = {"buffer": make, "callback": t.callback("read")}
    t.attempt("connect", lambda: t.net.connect(port=1, host="127.0.0.1", on_read=options))


@case(about="the buffer of on_read may be changed between reads: the next read writes over it")
class BufferIsShared:
    def server(t):
        def on_connection(peer):
            peer.write("first")
            peer.once("data", lambda chunk: peer.end("2nd"))

        serve(t, on_connection)

    def client(t, port):
        mine = bytearray(b"--------")

        def on_read(count, buffer):
            t.note("buffer", mine)
            mine[0] = 42
            mine[7] = 42
            if count == 5:
                client.write("go on")

        options = {"buffer": mine, "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()
        client.on("close", lambda had_error: t.note("in the end", mine))


@case(
    about="without a handle resume() and pause() of a socket with on_read are harmless, also after 'close'",
    skip_unless="node<26.1",
)
class WithoutHandle:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        options = {"buffer": bytearray(8), "callback": t.callback("read")}
        client = t.watch("client", t.net.Socket(on_read=options))
        client.pause()
        client.resume()
        client.connect(port, "127.0.0.1")

        def on_close(had_error):
            client.pause()
            client.resume()
            t.note("read", client.read())

        client.on("close", on_close)


@case(about="an exception in on_read does not lose the bytes behind it")
class ThrowKeepsTheRest:
    def server(t):
        serve(t, lambda peer: peer.end("abcdefgh"))

    def client(t, port):
        t.on_uncaught(lambda error: t.note("uncaught", error))

        def on_read(count, buffer):
            t.note("read", buffer[:count])
            raise t.error("the reader's own")

        options = {"buffer": bytearray(3), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="pause() in the same turn as resume() holds on_read and the peer's end back until the next resume()")
def ResumeAndPause(t):
    server = t.net.create_server()
    options = {"buffer": bytearray(8), "callback": t.callback("read")}
    client = t.watch("client", t.net.Socket(on_read=options))

    def on_connection(peer):
        server.close()
        peer.resume()

        def hold():
            client.resume()
            client.pause()
            peer.end("hello", lambda: wait(5))

        def wait(turns):
            if turns:
                t.immediate(lambda: wait(turns - 1))
            else:
                t.note("held", [client.bytes_read, client.is_paused()])
                client.resume()

        client.on("connect", lambda: t.immediate(hold))

    server.on("connection", on_connection)
    server.listen(0, "127.0.0.1", lambda: client.connect(server.address().port, "127.0.0.1"))
