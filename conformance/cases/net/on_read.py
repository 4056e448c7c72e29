"""The option on_read: received bytes go into the caller's buffer instead of the stream."""

from conformance import case
from conformance.scenery import (
    SOCKET,
    closely,
    listen,
    log,
    meet,
    serve,
    serve_here,
    with_logged_readers,
    with_readers,
)


@case(about="on_read gets the count and its own buffer; 'data' never fires and nothing is buffered")
class SameBuffer:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        mine = bytearray(16)

        def on_read(count, buffer):
            t.note("count", count)
            t.note("mine", buffer is mine)
            t.note("bytes", buffer[:count])
            t.note("bytes read", client.bytes_read)
            t.note("in the stream", client.readable_length)

        options = {"buffer": mine, "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.on("data", t.callback("data"))
        client.on("readable", t.callback("readable"))


@case(about="on_read is called without any listener, but the socket only ends after resume()")
def NobodyListens(t):

    def on_connection(peer):
        peer.resume()
        peer.end("hello", lambda: t.immediate(lambda: t.immediate(look)))

    def look():
        t.snapshot(clients[0])
        clients[0].resume()

    clients = []

    def on_listening(port):
        options = {"buffer": bytearray(16), "callback": t.callback("read")}
        client = t.net.connect(port=port, host="127.0.0.1", on_read=options)
        clients.append(t.watch("client", client))

    serve_here(t, on_connection, on_listening)


@case(
    about="a buffer smaller than what arrives is filled repeatedly, each time with its own count",
    exact_chunks=True,
)
class SmallBuffer:
    def server(t):
        serve(t, lambda peer: peer.end("abcdefghij"))

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.note("buffer", buffer)
            t.note("bytes read", client.bytes_read)
            t.next_tick(lambda: t.note("tick", count))
            t.microtask(lambda: t.note("microtask", count))

        options = {"buffer": bytearray(4), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="reading stops when on_read returns False, and continues with resume()")
class FalsePauses:
    def server(t):
        serve(t, lambda peer: peer.end("abcdefgh"))

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.note("bytes read", client.bytes_read)

            def look():
                t.note("bytes read", client.bytes_read)
                t.note("paused", client.is_paused())
                client.resume()

            t.immediate(lambda: t.immediate(look))
            return False

        options = {"buffer": bytearray(3), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="reading goes on when on_read returns None, 0 or an empty text")
class OnlyFalsePauses:
    def server(t):
        serve(t, lambda peer: peer.end("abcdef"))

    def client(t, port):
        answers = [0, "", None]

        def on_read(count, buffer):
            t.note("read", buffer[:count])
            return answers[count - 1]

        options = {"buffer": bytearray(2), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="reading stops with pause() inside on_read, and continues with resume()")
class PauseInside:
    def server(t):
        serve(t, lambda peer: peer.end("abcdefgh"))

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            client.pause()

            def look():
                t.note("bytes read", client.bytes_read)
                client.resume()

            t.immediate(lambda: t.immediate(look))

        options = {"buffer": bytearray(3), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="pause() before 'connect' delays on_read until resume()")
class PausedBeforeConnect:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        options = {"buffer": bytearray(16), "callback": t.callback("read")}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.pause()

        def look():
            t.note("bytes read", client.bytes_read)
            client.resume()

        client.on("ready", lambda: client.end(lambda: t.immediate(lambda: t.immediate(look))))


@case(about="a buffer function is called when the socket is made and after every read")
class BufferFunction:
    def server(t):
        serve(t, lambda peer: peer.end("abcdef"))

    def client(t, port):
        buffers = []

        def make():
            buffers.append(bytearray(4))
            t.note("buffers", len(buffers))
            return buffers[-1]

        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.note("the newest", buffer is buffers[-1])

        options = {"buffer": make, "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        t.note("at once", len(buffers))
        client.resume()
        client.on("close", lambda had_error: t.note("in the end", len(buffers)))


@case(about="an empty buffer fails the socket with ENOBUFS")
class EmptyBuffer:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.end("hello")

        serve(t, on_connection)

    def client(t, port):
        options = {"buffer": bytearray(0), "callback": t.callback("read")}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.on("error", t.callback("error"))
        client.resume()


@case(about="an on_read without both a buffer and a callback is ignored, and 'data' fires as usual")
def NotOne(t):
    server = t.net.create_server(lambda peer: peer.end("hello"))

    def on_listening():
        number = [0]
        port = server.address().port
        options = [5, None, "x", {}, {"buffer": 5, "callback": t.callback("read")}, {"buffer": bytearray(4)}]

        def following():
            given = options[number[0]]
            number[0] += 1
            client = t.watch(f"client {number[0]}", t.net.connect(port=port, host="127.0.0.1", on_read=given))
            client.on("data", t.callback(f"data {number[0]}"))
            client.on("close", lambda had_error: server.close() if number[0] == len(options) else following())

        following()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="an exception in on_read is uncaught, and the socket continues to read")
class Throws:
    def server(t):
        def on_connection(peer):
            peer.write("first")
            peer.once("data", lambda chunk: peer.end("second"))

        serve(t, on_connection)

    def client(t, port):
        t.on_uncaught(lambda error: client.write("go on"))

        def on_read(count, buffer):
            t.note("read", buffer[:count])
            if count == 5:
                raise t.error("the reader's own")

        options = {"buffer": bytearray(16), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="after destroy() inside on_read the rest of what has arrived is not delivered")
class DestroyInside:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.write("abcdef")

        serve(t, on_connection)

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            client.destroy()
            t.note("bytes read", client.bytes_read)

        options = {"buffer": bytearray(2), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="end() inside on_read sends the FIN, and reading continues")
class EndInside:
    def server(t):
        def on_connection(peer):
            peer.on("data", lambda chunk: None)
            peer.on("end", lambda: peer.end("tail"))
            peer.write("head")

        server = t.net.create_server(on_connection, allow_half_open=True)
        server.on("connection", lambda peer: server.close())
        listen(t, server)

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.note("state", client.ready_state)
            if buffer[:count] == b"head":
                client.end("bye")

        options = {"buffer": bytearray(16), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="set_encoding() does not change what on_read gets")
class EncodingIsIgnored:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        options = {"buffer": bytearray(8), "callback": t.callback("read")}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.set_encoding("utf8")
        client.on("data", t.callback("data"))


@case(about="the bytes that on_read gets can be written back at once")
class Echo:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.end(b"0123456789" * 2000)
            peer.on("data", lambda chunk: None)

        server = t.net.create_server(on_connection, allow_half_open=True)
        server.on("connection", lambda peer: server.close())
        listen(t, server)

    def client(t, port):
        def on_read(count, buffer):
            client.write(bytes(buffer[:count]))

        options = {"buffer": bytearray(1000), "callback": on_read}
        client = t.net.connect(port=port, host="127.0.0.1", on_read=options)
        client.resume()
        client.on("end", lambda: t.note("bytes read", client.bytes_read))
        client.on("close", lambda had_error: t.note("bytes written", client.bytes_written))


@case(about="with on_read a reset by the peer is still 'error' ECONNRESET")
class Reset:
    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv(5)
        peer.reset()

    def client(t, port):
        options = {"buffer": bytearray(8), "callback": t.callback("read")}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.on("error", t.callback("error"))
        client.write("hello")
        client.resume()


@case(about="a socket with on_read that connects again uses its buffer again and counts from zero")
class ConnectAgain:
    def server(t):
        server = t.net.create_server(lambda peer: peer.end("hello"))
        seen = []

        def on_connection(peer):
            seen.append(1)
            if len(seen) == 2:
                server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            t.note("bytes read", client.bytes_read)

        options = {"buffer": bytearray(3), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()
        client.once("close", lambda had_error: client.connect(port, "127.0.0.1"))


@case(about="iterating over a socket with on_read yields nothing and stops at the peer's FIN")
class AsyncIteration:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        options = {"buffer": bytearray(8), "callback": t.callback("read")}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))

        async def iterate():
            async for chunk in client:
                t.note("chunk", chunk)
            t.note("over", client.destroyed)

        t.spawn(iterate())


@case(about="unshift() and push() on a socket with on_read emit 'data'")
class UnshiftPastOnRead:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            client.push("pushed ")
            client.unshift("put back ")

        options = {"buffer": bytearray(16), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.on("data", t.callback("data"))


@case(about="piping a socket with on_read passes only its end on")
class Piped:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        options = {"buffer": bytearray(16), "callback": t.callback("read")}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        sink = t.watch("sink", t.stream.PassThrough())
        client.pipe(sink)
        sink.on("data", t.callback("data"))


@case(about="a half-open socket with on_read stays writable after the peer's FIN")
class HalfOpen:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)
            peer.end("question")

        serve(t, on_connection)

    def client(t, port):
        options = {"buffer": bytearray(16), "callback": t.callback("read")}
        client = t.net.connect(port=port, host="127.0.0.1", allow_half_open=True, on_read=options)
        t.watch("client", client)
        client.resume()
        client.on("end", lambda: t.immediate(lambda: client.end("answer")))


@case(about="the peer's FIN waits for resume() when on_read returns False for the last data")
class FalseHoldsFin:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        def on_read(count, buffer):
            t.note("read", buffer[:count])
            client.end(lambda: t.immediate(lambda: t.immediate(look)))
            return False

        def look():
            t.note("ended", client.readable_ended)
            t.note("state", client.ready_state)
            client.resume()

        options = {"buffer": bytearray(16), "callback": on_read}
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", on_read=options))
        client.resume()


@case(about="bytes that on_read never got before destroy() do not count in bytes_read")
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


@case(about="False from on_read pauses the socket even after resume() inside it")
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


@case(about="read() continues the reading after False from on_read, as resume() does")
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


@case(about="a buffer function may return a buffer of a different length each time")
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


@case(about="if a buffer function never returns a buffer, on_read gets True in its place")
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


@case(about="a buffer returned only after the first read is passed to on_read, but never filled")
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


@case(about="if a buffer function returns nothing later, its last buffer is used again")
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


@case(about="an exception in the first call of a buffer function is thrown by connect()")
def FunctionThrows(t):
    def make():
        raise t.error("the function's own")

    options = {"buffer": make, "callback": t.callback("read")}
    t.attempt("connect", lambda: t.net.connect(port=1, host="127.0.0.1", on_read=options))


@case(about="each read overwrites the buffer of on_read, even where the program has changed it")
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
    about="pause() and resume() of a socket with on_read do nothing before connect() and after 'close'",
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


@case(about="the bytes behind an exception in on_read are still delivered")
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


@case(about="pause() right after resume() delays on_read and the peer's end until the next resume()")
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


@case(about="on_read hands over what arrives, pauses and ends step by step as in Node")
def Steps(t):
    clients = []

    def on_data(count, buffer):
        t.note("read", [count, buffer[:count]])
        t.snapshot(clients[0])
        t.immediate(lambda: clients[0].read(0))
        return False

    def start(port):
        client = t.net.connect(
            port=port, host="127.0.0.1", on_read={"buffer": bytearray(4), "callback": on_data}
        )
        clients.append(closely(t, "client", client, SOCKET))

    meet(t, None, lambda peer: peer.end("abcdefgh"), start)


@case(about="a buffer of on_read is filled at most 32 times a turn, then come the other socket and the immediates")
def FilledThirtyTwoTimes(t):
    def each(index, add):
        t.immediate(lambda: add("immediate"))

    with_logged_readers(t, 60000, {"buffer": bytearray(500)}, each)


@case(about="between two reads into the buffer of on_read ticks and microtasks run")
def TicksBetweenReads(t):
    def each(index, add):
        t.microtask(lambda: add("microtask"))
        t.next_tick(lambda: add("tick"))

    with_logged_readers(t, 700, {"buffer": bytearray(100)}, each)


@case(about="a read that does not fill the buffer of on_read ends the turn of its socket")
def PartialRead(t):
    def each(index, add):
        t.immediate(lambda: add("immediate"))

    with_logged_readers(t, 1001, {"buffer": bytearray(1000)}, each)


@case(about="a buffer of on_read longer than 64 KiB is filled whole")
def LongBuffer(t):
    def each(index, add):
        t.immediate(lambda: add("immediate"))

    with_logged_readers(t, 100000, {"buffer": bytearray(70000)}, each)


@case(about="False from on_read leaves the rest of what has arrived in the kernel until resume()")
def FalseInTheMidst(t):
    add, tell = log(t)

    def connect(path, index):
        def on_read(count, buffer):
            add(f"read {count}, {reader.bytes_read} in all")
            if reader.bytes_read == 300:
                t.immediate(lambda: add("immediate"))
                t.immediate(lambda: t.immediate(lambda: resume()))
                return False

        def resume():
            add(f"resume at {reader.bytes_read}")
            reader.resume()

        reader = t.net.connect(path=path, on_read={"buffer": bytearray(100), "callback": on_read})
        reader.on("close", lambda had_error: tell())
        return reader

    with_readers(t, 1, 550, connect, lambda readers: readers[0].resume())


@case(about="pause() and resume() within on_read go on with the next bytes in the same turn")
def PauseAndResumeInTheMidst(t):
    add, tell = log(t)

    def connect(path, index):
        def on_read(count, buffer):
            add(f"read {count}, {reader.bytes_read} in all")
            t.immediate(lambda: add("immediate"))
            reader.pause()
            reader.resume()

        reader = t.net.connect(path=path, on_read={"buffer": bytearray(100), "callback": on_read})
        reader.on("close", lambda had_error: tell())
        return reader

    with_readers(t, 1, 550, connect, lambda readers: readers[0].resume())


@case(about="after destroy() in on_read bytes_read counts only what on_read got")
def DestroyInTheMidst(t):
    def connect(path, index):
        def on_read(count, buffer):
            t.note("read", reader.bytes_read)
            if reader.bytes_read == 300:
                reader.destroy()

        reader = t.watch("reader", t.net.connect(path=path, on_read={"buffer": bytearray(100), "callback": on_read}))
        reader.on("close", lambda had_error: t.note("in the end", reader.bytes_read))
        return reader

    with_readers(t, 1, 550, connect, lambda readers: readers[0].resume())


@case(about="a buffer function is called after each read, and the next read fills the buffer that it returned")
def BufferFunctionBetweenReads(t):
    add, tell = log(t)

    def connect(path, index):
        made = []

        def make():
            made.append(100 * (len(made) % 3 + 1))
            add(f"make {made[-1]}")
            return bytearray(made[-1])

        def on_read(count, buffer):
            add(f"read {count} into {len(buffer)}, {reader.bytes_read} in all")
            t.next_tick(lambda: add("tick"))
            t.immediate(lambda: add("immediate"))

        reader = t.net.connect(path=path, on_read={"buffer": make, "callback": on_read})
        reader.on("close", lambda had_error: tell())
        return reader

    with_readers(t, 1, 1250, connect, lambda readers: readers[0].resume())


@case(about="after an exception in on_read the next read comes before the ticks")
def ThrowInTheMidst(t):
    add, tell = log(t)
    t.on_uncaught(lambda error: add("uncaught"))

    def connect(path, index):
        def on_read(count, buffer):
            add(f"read {count}, {reader.bytes_read} in all")
            t.next_tick(lambda: add("tick"))
            t.immediate(lambda: add("immediate"))
            if reader.bytes_read == 200:
                raise t.error("the reader's own")

        reader = t.net.connect(path=path, on_read={"buffer": bytearray(100), "callback": on_read})
        reader.on("close", lambda had_error: tell())
        return reader

    with_readers(t, 1, 550, connect, lambda readers: readers[0].resume())


@case(about="resume() then pause() in on_read stop the reading, even one that a 'readable' listener started")
def PauseAfterResume(t):
    def connect(path, index):
        def on_read(count, buffer):
            t.note("read", reader.bytes_read)
            if reader.bytes_read == 200:
                reader.resume()
                reader.pause()
                t.immediate(lambda: t.immediate(go_on))

        def go_on():
            t.note("held at", reader.bytes_read)
            reader.resume()

        options = {"buffer": bytearray(100), "callback": on_read}
        reader = t.watch("reader", t.net.connect(path=path, on_read=options))
        return reader

    with_readers(t, 1, 550, connect, lambda readers: readers[0].on("readable", t.callback("readable")))
