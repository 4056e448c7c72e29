"""Where two features meet: calls at odd moments of a socket's life, both ends in one process unless the case is about
two."""

from conformance import case


def serve(t, half_open, on_connection):
    server = t.watch("server", t.net.create_server(allow_half_open=half_open))

    def connected(peer):
        t.watch("peer", peer)
        server.close()
        on_connection(peer)

    server.on("connection", connected)
    return server


def start(t, server, client, at_once):
    """Listen, connect `client`, and call `at_once` right behind connect()."""
    t.watch("client", client)

    def listening():
        client.connect(server.address().port, "127.0.0.1")
        at_once()

    server.listen(0, "127.0.0.1", listening)


@case(about="destroy_soon() right behind connect() with nothing written destroys at once what has finished")
def DestroySoonWhileConnecting(t):
    server = t.watch("server", t.net.create_server(lambda peer: peer.resume()))
    client = t.net.Socket()

    def at_once():
        client.destroy_soon()
        t.snapshot(client)

    client.on("close", lambda had_error: server.close())
    start(t, server, client, at_once)


@case(about="end() with data right behind connect() and destroy_soon() behind that deliver the data first")
def EndAndDestroySoonWhileConnecting(t):
    def on_connection(peer):
        peer.on("data", t.callback("data"))

    server = serve(t, False, on_connection)
    client = t.net.Socket()

    def at_once():
        client.end("bye", t.callback("ended"))
        client.destroy_soon()

    start(t, server, client, at_once)


@case(about="a cork before connect() holds what is written until uncork() in 'connect'")
def CorkAcrossConnect(t):
    server = serve(t, False, lambda peer: peer.on("data", t.callback("data")))
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


@case(about="end() while corked uncorks: everything leaves in one write, then the FIN")
def EndWhileCorked(t):
    server = serve(t, False, lambda peer: peer.on("data", t.callback("data")))
    client = t.net.Socket()

    def on_connect():
        client.cork()
        client.cork()
        client.write("a", t.callback("a"))
        client.write("", t.callback("empty"))
        client.end("b", t.callback("end"))
        t.note("corked", client.writable_corked)

    client.on("connect", on_connect)
    start(t, server, client, lambda: None)


@case(about="destroy() while corked fails every held write with ERR_STREAM_DESTROYED, in order, before 'close'")
def DestroyWhileCorked(t):
    server = serve(t, False, lambda peer: peer.resume())
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


@case(about="destroy() in 'connect' with writes queued before it fails them; what was sent had no time to be")
def DestroyInConnect(t):
    server = t.watch("server", t.net.create_server(lambda peer: peer.on("error", lambda error: None).resume()))
    client = t.net.Socket()
    client.on("connect", lambda: client.destroy())
    client.on("close", lambda had_error: server.close())
    start(t, server, client, lambda: client.write("x", t.callback("written")))


@case(about="pause() right behind connect() holds the data and the end until resume()")
def PauseWhileConnecting(t):
    server = serve(t, False, lambda peer: peer.end("hello"))
    client = t.net.Socket()
    client.on("data", t.callback("data"))

    def later():
        t.note("held", [client.bytes_read, client.is_paused(), client.readable_length])
        client.resume()

    client.on("connect", lambda: t.immediate(lambda: t.immediate(later)))
    start(t, server, client, lambda: client.pause())


@case(about="unshift() in 'data' brings the chunk once more, before what follows, and end waits for it")
def UnshiftInData(t):
    server = serve(t, False, lambda peer: peer.end("tail"))
    client = t.net.Socket()
    seen = []

    def on_data(chunk):
        seen.append(chunk)
        if len(seen) == 1:
            client.unshift("again")

    client.on("data", on_data)
    client.on("end", lambda: t.note("seen", seen))
    start(t, server, client, lambda: None)


@case(about="unshift() in 'end' is an error, and 'close' tells")
def UnshiftInEnd(t):
    server = serve(t, False, lambda peer: peer.end())
    client = t.net.Socket()
    client.resume()
    client.on("error", lambda error: None)
    client.on("end", lambda: t.attempt("unshift", lambda: client.unshift("late")))
    start(t, server, client, lambda: None)


@case(about="set_encoding() between two chunks turns the later ones, and what waits, into strings")
def EncodingBetweenChunks(t):
    server = serve(t, False, lambda peer: peer.end("é€"))
    client = t.net.Socket()

    def on_readable():
        first = client.read(1)
        if first is not None:
            t.note("first", first)
            client.set_encoding("latin1")
            t.note("rest", client.read())

    client.on("readable", on_readable)
    start(t, server, client, lambda: None)


@case(about="pushed data goes to the reader like received data, and push(None) ends the reading side alone")
def PushedIntoASocket(t):
    server = serve(t, False, lambda peer: peer.resume())
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


@case(about="a socket piped into itself echoes, and its end comes back too")
def PipedIntoItself(t):
    def on_connection(peer):
        peer.pipe(peer)

    server = serve(t, False, on_connection)
    client = t.net.Socket()
    client.on("data", t.callback("data"))
    start(t, server, client, lambda: client.end("round"))


@case(about="unpipe() in the destination's 'pipe' leaves the source paused and unread")
def UnpipeInPipe(t):
    server = serve(t, False, lambda peer: peer.end("never read"))
    client = t.net.Socket()
    sink = t.watch("sink", t.stream.PassThrough())
    sink.on("pipe", lambda source: source.unpipe(sink))

    def on_connect():
        client.pipe(sink)
        t.note("flowing", client.readable_flowing)
        t.immediate(lambda: client.destroy())

    client.on("connect", on_connect)
    start(t, server, client, lambda: None)


@case(
    about="the destination of a pipe destroyed in 'data' unpipes, and the source stays open",
    skip_unless="node<26.6",
)
def DestinationDestroyedInData(t):
    server = serve(t, False, lambda peer: peer.write("x"))
    client = t.net.Socket()
    sink = t.watch("sink", t.stream.PassThrough())

    def on_data(chunk):
        sink.destroy()
        t.immediate(lambda: t.snapshot(client).destroy())

    client.on("data", on_data)
    client.pipe(sink)
    start(t, server, client, lambda: None)


@case(
    about="pipeline() of a socket that closes before its end fails with ERR_STREAM_PREMATURE_CLOSE",
    skip_unless="node<26.1",
)
def PipelineOfADestroyedSocket(t):
    server = serve(t, False, lambda peer: peer.on("error", lambda error: None).resume())
    client = t.net.Socket()
    sink = t.watch("sink", t.stream.PassThrough())
    t.stream.pipeline(client, sink, t.callback("pipeline"))
    client.on("connect", lambda: client.destroy())
    start(t, server, client, lambda: None)


@case(about="finished() attached after 'close' still calls back, on a later tick")
def FinishedAfterClose(t):
    server = serve(t, False, lambda peer: peer.end())
    client = t.net.Socket()
    client.resume()

    def on_close(had_error):
        t.stream.finished(client, t.callback("finished"))
        t.next_tick(t.callback("tick"))

    client.on("close", lambda had_error: t.immediate(lambda: on_close(had_error)))
    start(t, server, client, lambda: None)


@case(about="an abort in 'connect' destroys a socket with queued writes: AbortError, and the writes' callbacks get it")
def AbortInConnect(t):
    server = t.watch("server", t.net.create_server(lambda peer: peer.on("error", lambda error: None).resume()))
    controller = t.abort_controller()
    client = t.net.Socket(signal=controller.signal)
    client.on("error", lambda error: None)
    client.on("connect", lambda: controller.abort())
    client.on("close", lambda had_error: server.close())

    def at_once():
        client.cork()
        client.write("x", t.callback("written"))

    start(t, server, client, at_once)


@case(about="reading by iteration and leaving the loop destroys the socket, writes pending or not")
def IterationLeft(t):
    server = serve(t, False, lambda peer: peer.on("error", lambda error: None).write("x"))
    client = t.net.Socket()

    async def read():
        async for chunk in client:
            t.note("chunk", chunk)
            client.write("pending", t.callback("written"))
            break
        t.snapshot(client)

    start(t, server, client, lambda: t.spawn(read()))


@case(about="iteration over a socket that is destroyed with an error raises it")
def IterationOfAFailedSocket(t):
    server = serve(t, False, lambda peer: peer.on("error", lambda error: None).resume())
    client = t.net.Socket()

    async def read():
        async for chunk in client:
            t.note("chunk", chunk)
        t.note("not reached", True)

    t.on_uncaught(lambda error: t.note("raised", error))
    client.on("connect", lambda: client.destroy(t.error("mine")))
    start(t, server, client, lambda: t.spawn(read()))


@case(about="a socket connects again from its own 'close', with its listeners, counters from 0")
def ConnectAgainInClose(t):
    server = t.watch("server", t.net.create_server(lambda peer: peer.end("x")))
    client = t.net.Socket()
    client.resume()
    times = []

    def on_close(had_error):
        times.append(1)
        if len(times) == 1:
            client.connect(server.address().port, "127.0.0.1")
            client.resume()
            t.snapshot(client)
        else:
            server.close()

    client.on("close", on_close)
    start(t, server, client, lambda: None)


@case(about="a write in 'end' of a socket without allow_half_open still leaves; one on the next tick is after end")
def WriteInEnd(t):
    def on_connection(peer):
        peer.resume()
        peer.end()

    server = serve(t, True, on_connection)
    client = t.net.Socket()
    client.resume()
    client.on("error", lambda error: None)

    def on_end():
        client.write("in end", t.callback("in end"))
        t.next_tick(lambda: client.write("a tick later", t.callback("a tick later")))

    client.on("end", on_end)
    start(t, server, client, lambda: None)


@case(about="a write with an empty chunk calls back, counts nothing and moves no byte, on every connection")
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


@case(about="pause_on_connect holds the data until resume(), even where 'data' is listened to and data was unshifted")
class PauseOnConnectAndUnshift:
    def server(t):
        server = t.watch("server", t.net.create_server(pause_on_connect=True))
        seen = []

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: seen.append(chunk))
            peer.unshift("first ")
            t.note("paused", [peer.is_paused(), peer.readable_length])
            t.immediate(lambda: peer.resume())
            peer.on("end", lambda: t.note("seen", b"".join(seen)))
            server.close()

        server.on("connection", on_connection)
        server.listen(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end("second")


@case(about="the end of one side inside the other's 'data' listener: both ends finish, each once")
class EndInData:
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


@case(about="a listener thrown out by remove_all_listeners in its own event: 'data' stops flowing to nobody")
def RemovedInData(t):
    server = serve(t, False, lambda peer: peer.end("x"))
    client = t.net.Socket()

    def on_data(chunk):
        client.remove_all_listeners("data")
        t.note("flowing", client.readable_flowing)

    client.on("data", on_data)
    start(t, server, client, lambda: None)


@case(about="a 'readable' listener added in 'data' takes the flow over; taken off, the flow comes back")
def ReadableAddedInData(t):
    def on_connection(peer):
        peer.on("data", lambda chunk: peer.write("more"))
        peer.write("first")

    server = serve(t, False, on_connection)
    client = t.net.Socket()

    def on_readable():
        t.note("read", client.read())
        client.remove_listener("readable", on_readable)
        t.immediate(lambda: t.snapshot(client).destroy())

    def on_data(chunk):
        client.on("readable", on_readable)
        t.note("flowing", client.readable_flowing)
        client.write("go on")

    client.once("data", on_data)
    start(t, server, client, lambda: None)
