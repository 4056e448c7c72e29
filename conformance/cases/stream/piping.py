"""pipe() and unpipe(), between sockets, streams and old-style streams."""

from conformance import case
from conformance.scenery import (
    closely,
    listen,
    much_later,
    note_error,
    numbers,
    record,
    serve,
    serve_either,
    serve_here,
    sink,
    start,
    state,
)


@case(about="a socket piped into itself echoes, and ends when its peer has ended")
class Echo:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            t.note("returns the destination", peer.pipe(peer) is peer)

        server = t.net.create_server(on_connection, allow_half_open=True)
        server.on("connection", lambda peer: server.close())
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", lambda chunk: client.end())
        client.write("echo")


@case(about="a socket piped into itself returns its peer's FIN, without allow_half_open too")
class EchoWithoutHalfOpen:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.pipe(peer)

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.end("round")


@case(
    about="two sockets piped into each other pass data and FIN on in both directions",
    skip_unless="node<26.1",
)
def Proxy(t):
    back = t.net.create_server(lambda peer: peer.pipe(peer), allow_half_open=True)
    front = t.net.create_server(allow_half_open=True)

    def on_connection(peer):
        t.watch("peer", peer)
        port = back.address().port
        up = t.watch("up", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        peer.pipe(up)
        up.pipe(peer)

    def on_back():
        front.listen(0, "127.0.0.1", on_front)

    def on_front():
        client = t.watch("client", t.net.connect(front.address().port, "127.0.0.1"))
        client.on("data", t.callback("data"))
        client.end("through")

        def on_close(had_error):
            front.close()
            back.close()

        client.on("close", on_close)

    front.on("connection", on_connection)
    back.listen(0, "127.0.0.1", on_back)


@case(
    about="a pipe into a connecting socket waits for it and loses nothing",
    skip_unless="node<26.1",
)
def PipeIntoConnecting(t):

    def on_connection(peer):
        peer.end()
        peer.on("data", t.callback("received"))

    def on_listening(port):
        source = t.watch("source", t.stream.PassThrough())
        source.end("early")
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        source.pipe(client)

    serve_here(t, on_connection, on_listening)


@case(about="unpipe() stops the flow; after resume() a 'data' listener gets the rest")
class Unpipe:
    def server(t):
        def on_connection(peer):
            peer.write("one")
            peer.once("data", lambda chunk: peer.end("two"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        sink = t.watch("sink", t.stream.PassThrough())
        sink.on("unpipe", t.callback("unpipe"))
        client.pipe(sink)

        def on_data(chunk):
            t.note("returns itself", client.unpipe(sink) is client)
            t.note("flowing", client.readable_flowing)
            t.note("paused", client.is_paused())
            client.write("go on")
            client.on("data", t.callback("later"))
            t.immediate(lambda: client.resume())

        sink.on("data", on_data)


@case(about="unpipe() of everything, or of a stream that is not piped, is harmless")
class UnpipeAll:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        one = t.watch("one", t.stream.PassThrough())
        two = t.watch("two", t.stream.PassThrough())
        client.pipe(one)
        client.unpipe(two)
        client.pipe(two)
        client.unpipe()
        client.unpipe()
        t.note("flowing", client.readable_flowing)
        client.resume()


@case(about="pipe() with end False leaves the destination open when the socket ends")
class PipeWithoutEnd:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        sink = t.watch("sink", t.stream.PassThrough())
        client.pipe(sink, end=False)
        sink.resume()
        client.on("close", lambda had_error: t.snapshot(sink))


@case(about="a full destination pauses the socket until it has drained", skip_unless="node<26.12")
class FullDestination:
    def server(t):
        serve(t, lambda peer: peer.end("0123456789"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        sink = t.watch("sink", t.stream.PassThrough(high_water_mark=4))
        client.pipe(sink)

        def look():
            t.note("paused", client.is_paused())
            t.note("flowing", client.readable_flowing)
            sink.on("data", t.callback("data"))

        client.once("pause", lambda: t.immediate(look))


@case(about="an error of the destination unpipes it and leaves the socket open")
class DestinationFails:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        sink = t.watch("sink", t.stream.PassThrough())
        sink.on("error", t.callback("sink error", lambda error: client.resume()))
        client.pipe(sink)
        client.on("connect", lambda: sink.destroy(t.error("the sink's own")))


@case(about="destroying a socket does not end the destination of its pipe")
class SourceDestroyed:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.resume()
            peer.write("hello")

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        sink = t.watch("sink", t.stream.PassThrough())
        client.pipe(sink)
        sink.on("data", lambda chunk: client.destroy())
        client.on("close", lambda had_error: t.snapshot(sink))


@case(
    about="a socket piped into two destinations flows at the pace of the slower one",
    skip_unless="node<26.12",
)
class TwoDestinations:
    def server(t):
        serve(t, lambda peer: peer.end("0123456789"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        fast = t.watch("fast", t.stream.PassThrough())
        slow = t.watch("slow", t.stream.PassThrough(high_water_mark=1))
        client.pipe(fast)
        client.pipe(slow)
        fast.on("data", t.callback("fast"))
        fast.on("data", lambda chunk: t.immediate(lambda: slow.on("data", t.callback("slow"))))


@case(about="pipe() to null or a number throws, but keeps it as a destination, so unpipe() does not pause")
def PipeToNothing(t):
    source = t.watch("source", t.stream.PassThrough())
    sink = t.watch("sink", t.stream.PassThrough())
    t.on_uncaught(lambda error: t.note("uncaught", error.message))
    t.attempt("pipe", lambda: source.pipe(None))
    t.attempt("number", lambda: source.pipe(5))
    source.pipe(sink)
    source.unpipe(sink)
    t.note("flowing", source.readable_flowing)
    t.attempt("all", lambda: source.unpipe())
    t.note("flowing", source.readable_flowing)
    source.resume()
    source.end()


@case(about="Stream.pipe() writes what the source emits, pauses and resumes it, and ends the destination once")
def OldPipe(t):
    source = t.watch("source", t.stream.Stream())
    source.readable = True
    source.pause = t.callback("pause")
    source.resume = t.callback("resume")
    target = t.watch("target", t.stream.PassThrough(high_water_mark=3))
    t.note("returns the target", source.pipe(target) is target)
    t.note("source", source.event_names())
    t.note("target", target.event_names())
    source.emit("data", b"ab")
    source.emit("data", b"cd")
    target.on("data", t.callback("data"))

    def end():
        source.emit("end")
        source.emit("close")
        t.note("source", source.event_names())
        t.note("target", target.event_names())

    t.immediate(lambda: t.immediate(end))


@case(about="Stream.pipe() destroys the destination when the source closes before its end")
def OldPipeClose(t):
    source = t.stream.Stream()
    target = t.watch("target", t.stream.PassThrough())
    source.pipe(target)
    source.emit("close")
    other = t.watch("other", t.stream.PassThrough())
    source.pipe(other, {"end": False})
    source.emit("end")
    source.emit("close")
    t.note("destroyed", [target.destroyed, other.destroyed, other.writable_ended])


@case(about="Stream.pipe() removes its listeners on an error of either end, which may then be uncaught")
def OldPipeError(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    for name in ["source", "target"]:
        source = t.stream.Stream()
        target = t.stream.Stream()
        source.on("removeListener", lambda event, fn, name=name: t.note(f"{name}: source", event))
        target.on("removeListener", lambda event, fn, name=name: t.note(f"{name}: target", event))
        target.on("pipe", t.callback("pipe"))
        source.pipe(target)
        failing = source if name == "source" else target
        t.attempt(name, lambda failing=failing: failing.emit("error", t.error("boom")))
        failing.on("error", t.callback("heard"))
        source.pipe(target)
        t.attempt(name, lambda failing=failing: failing.emit("error", t.error("boom")))


@case(about="Stream.pipe() throws JavaScript's TypeError for a destination without on() or write()")
def OldPipeNothing(t):
    for value in [None, 5, {}]:
        t.attempt("pipe", lambda value=value: t.stream.Stream().pipe(value))
    source = t.stream.Stream()
    emitter = t.events.EventEmitter()
    emitter.writable = True
    source.pipe(emitter)
    t.attempt("write", lambda: source.emit("data", b"x"))
    t.attempt("end", lambda: source.emit("end"))
    t.attempt("close", lambda: source.emit("close"))


@case(about="pipe() destroys a destination without write() with a TypeError")
def PipeNoWrite(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    unreadable = note_error(t, "readable", t.stream.Readable(read=lambda size: None))
    t.stream.Readable.from_(["a"]).pipe(unreadable)
    emitter = note_error(t, "emitter", t.events.EventEmitter())
    t.stream.Readable.from_(["a"]).pipe(emitter)


@case(about="pipe() fails with JavaScript's TypeError when it ends a destination without end()")
def PipeNoEnd(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    for target in [t.events.EventEmitter(), t.stream.Stream()]:
        target.write = t.callback("write")
        t.stream.Readable.from_(["a"]).pipe(target)


@case(about="an exception in write() destroys the destination of a pipe with it")
def PipeWriteThrows(t):
    def write(chunk):
        raise t.error("from write()")

    target = note_error(t, "error", t.stream.PassThrough())
    target.write = write
    t.stream.Readable.from_(["a"]).pipe(target)


@case(about="unpipe() in the destination's 'pipe' leaves the source paused and unread")
def UnpipeInPipe(t):
    server = serve_either(t, False, lambda peer: peer.end("never read"))
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
    about="a destination destroyed in 'data' is unpiped, and the source stays open",
    skip_unless="node<26.6",
)
def DestinationDestroyedInData(t):
    server = serve_either(t, False, lambda peer: peer.write("x"))
    client = t.net.Socket()
    sink = t.watch("sink", t.stream.PassThrough())

    def on_data(chunk):
        sink.destroy()
        t.immediate(lambda: t.snapshot(client).destroy())

    client.on("data", on_data)
    client.pipe(sink)
    start(t, server, client, lambda: None)


@case(about="an echo of one mebibyte comes back whole")
class EchoOfOneMebibyte:
    def server(t):
        def on_connection(peer):
            peer.pipe(peer)
            peer.on("end", t.callback("ended"))
            peer.on("close", t.callback("closed"))

        serve(t, on_connection)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        chunks = []
        client.on("data", lambda chunk: chunks.append(chunk))

        def on_end():
            t.note("received", b"".join(chunks))
            t.note("read", client.bytes_read)
            t.note("written", client.bytes_written)

        client.on("end", on_end)
        client.on("close", t.callback("closed"))
        client.end(b"nodesock" * 131072)


@case(
    about="pipe() of a source that is faster than its destination takes the same steps as in Node to the end of both",
    skip_unless="node<26.1",
)
def Piped(t):
    numbers(t, "source", 3).pipe(sink(t, "sink"))


@case(
    about="unpipe() takes the listeners of pipe() away in Node's order, of one destination or of all",
    skip_unless="node<26.12",
)
def Unpiped(t):
    source = numbers(t, "source", 9)
    one = sink(t, "one")
    other = sink(t, "other")
    source.pipe(one)
    source.pipe(other)

    def leave():
        source.unpipe(one)
        t.immediate(lambda: [source.unpipe(), one.destroy(), other.destroy(), source.destroy()])

    one.once("drain", leave)


@case(
    about="a destination of pipe() that fails is let go step by step as in Node, and its source stays",
    skip_unless="node<26.12",
)
def PipedToWhatFails(t):
    source = numbers(t, "source", 9)
    destination = sink(t, "sink")
    destination.on("error", t.callback("error"))
    source.pipe(destination)
    t.immediate(lambda: destination.destroy(t.error("broken")))
    t.immediate(lambda: t.immediate(lambda: t.immediate(lambda: source.destroy())))


@case(
    about="a destination of pipe() that is closed, or ended by hand, is let go step by step as in Node",
    skip_unless="node<26.12",
)
def PipedToWhatCloses(t):
    source = numbers(t, "source", 9)
    destination = sink(t, "sink")
    destination.on("error", t.callback("error"))
    source.pipe(destination, end=False)
    t.immediate(lambda: destination.end())
    t.immediate(lambda: t.immediate(lambda: t.immediate(lambda: source.destroy())))


@case(about="pipe() to a destination that is full already waits for its 'drain' step by step as in Node")
def PipedToWhatIsFull(t):
    destination = sink(t, "sink")
    destination.write("full")
    numbers(t, "source", 2).pipe(destination)


@case(about="unpipe() within 'pause', 'unpipe' or 'pipe' sees the same state as in Node")
def UnpipedWithin(t):
    for event in ["pause", "unpipe", "pipe"]:
        source = numbers(t, f"source, {event}", 9)
        destination = sink(t, f"sink, {event}")
        if event == "pause":
            source.once("pause", lambda source=source: source.unpipe())
        else:
            destination.once(event, lambda source, destination=destination: source.unpipe(destination))
        source.pipe(destination)
        t.immediate(lambda source=source: source.unpipe())
        much_later(t, lambda source=source, destination=destination: [source.destroy(), destination.destroy()])


@case(about="pipe() of an old-style stream adds and removes its listeners in Node's order")
def OldPipeListeners(t):
    for how in ["end", "close", "error", "destination's error", "destination's close"]:
        source = closely(t, f"source, {how}", t.stream.Stream(), [])
        destination = closely(t, f"destination, {how}", t.stream.Stream(), [])
        destination.writable = True
        destination.end = t.callback(f"end, {how}")
        destination.destroy = t.callback(f"destroy, {how}")
        destination.write = t.callback(f"write, {how}")
        source.on("error", t.callback(f"source's error, {how}"))
        destination.on("error", t.callback(f"destination's error, {how}"))
        source.pipe(destination)
        source.emit("data", "x")
        if how == "error":
            source.emit("error", t.error("broken"))
        elif how == "destination's error":
            destination.emit("error", t.error("broken"))
        elif how == "destination's close":
            destination.emit("close")
        else:
            source.emit(how)


@case(
    about="'pipe' comes when both ends have the listeners of the pipe, before the source flows",
    skip_unless="node<26.1",
)
def PipeEvent(t):
    for end in [True, False]:
        source = t.stream.Readable(read=lambda size: None)
        target = t.stream.PassThrough()
        source.on("newListener", lambda event, fn, end=end: t.note(f"{end} source added", event))
        target.on("newListener", lambda event, fn, end=end: t.note(f"{end} target added", event))
        source.on("removeListener", lambda event, fn, end=end: t.note(f"{end} source removed", event))
        target.on("removeListener", lambda event, fn, end=end: t.note(f"{end} target removed", event))

        def piped(source, end=end, target=target):
            t.note(f"{end} in 'pipe'", [source.event_names(), target.event_names(), state(source)])
            t.note(f"{end} counts", [target.listener_count("finish"), target.listener_count("close")])

        target.on("pipe", piped)

        def unpiped(source, info, end=end, target=target):
            t.note(f"{end} in 'unpipe'", [source.event_names(), target.event_names(), state(source)])

        target.on("unpipe", unpiped)
        target.on("finish", lambda end=end, target=target: t.note(f"{end} in 'finish'", target.event_names()))
        source.pipe(target, {"end": end})
        source.push("x")
        t.immediate(lambda source=source: source.push(None))
        target.resume()


@case(about="pipe() into a full destination pauses and listens for 'drain' at once; unpipe() undoes both")
def PipeFull(t):
    source = t.stream.Readable(read=lambda size: None)
    target = t.stream.PassThrough(high_water_mark=1, readable_high_water_mark=1)
    target.write("full")
    target.write("more")
    record(t, "source", source, ["pause", "resume", "data"])
    record(t, "target", target, ["pipe", "unpipe", "drain"])
    source.pipe(target)
    t.note("piped", [source.event_names(), target.event_names(), state(source), state(target)])
    source.unpipe(target)
    t.note("unpiped", [source.event_names(), target.event_names(), state(source)])


@case(about="an error of a pipe's destination unpipes it, and is uncaught unless somebody listens")
def PipeError(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    for listens in [True, False]:
        source = t.stream.Readable(read=lambda size: None)
        target = t.stream.PassThrough()
        record(t, f"{listens} source", source, ["pause", "resume"])
        record(t, f"{listens} target", target, ["unpipe", "close"])
        source.pipe(target)
        if listens:
            target.on("error", lambda error: t.note("error", target.event_names()))
        target.destroy(t.error("boom"))
        by_hand = t.stream.PassThrough()
        record(t, f"{listens} by hand", by_hand, ["unpipe", "close"])
        source.pipe(by_hand)
        if listens:
            by_hand.on("error", lambda error: t.note("error", by_hand.event_names()))
        t.attempt("emit", lambda: by_hand.emit("error", t.error("by hand")))
