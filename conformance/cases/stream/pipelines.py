"""pipeline(): which parts it destroys with which error, and when it calls back, sockets and functions included."""

from conformance import case
from conformance.scenery import (
    READS,
    WRITES,
    closely,
    collect,
    numbers,
    serve,
    serve_either,
    serve_here,
    sink,
    start,
    through,
)


def capitals(t):
    """A Transform that makes capitals."""
    return t.stream.Transform(
        transform=lambda chunk, encoding, callback: callback(None, chunk.decode("latin1").upper())
    )


def listeners(stream):
    """How many listeners a stream has for what pipeline() listens to."""
    return [
        stream.listener_count(event)
        for event in ["close", "data", "drain", "end", "error", "finish", "pipe", "readable", "unpipe"]
    ]


def settle(t, label, promise):
    """Notes what becomes of a promise."""
    promise.then(t.callback(f"{label} fulfilled"), t.callback(f"{label} rejected"))


def echo_here(t, use):
    """Two connected sockets of one process: `use(client)`, whose peer echoes and ends with it."""

    def on_connection(peer):
        peer.on("error", lambda error: None)
        peer.pipe(peer)

    def start(port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))
        client.on("connect", lambda: use(client))

    serve_here(t, on_connection, start, {"allow_half_open": True})


@case(about="pipeline() through a socket returns the last part, and calls back once when that has finished")
def ThroughSocket(t):
    def use(client):
        before = listeners(client)
        received = []

        def write(chunk, encoding, callback):
            received.append(chunk)
            callback()

        def done(error):
            t.note("received", b"".join(received))
            t.note("listeners", [before, listeners(client)])
            t.note("destroyed", [client.destroyed, source.destroyed, sink.destroyed])

        source = t.stream.Readable.from_([b"over ", b"and back"])
        sink = t.watch("sink", t.stream.Writable(write=write))
        t.note("returns", t.stream.pipeline(source, capitals(t), client, sink, t.callback("done", done)) is sink)

    echo_here(t, use)


@case(about="pipeline() into a socket removes its listeners when it is done")
def ListenersOnLast(t):
    def use(client):
        client.resume()
        t.note("before", listeners(client))

        def done(error):
            t.note("in the callback", listeners(client))
            t.immediate(lambda: t.note("later", listeners(client)))

        t.stream.pipeline(t.stream.Readable.from_([b"one"]), client, t.callback("done", done))
        t.note("meanwhile", listeners(client))

    echo_here(t, use)


@case(
    about="a failed pipeline leaves an 'error' listener on its parts, so a late error is not uncaught",
    skip_unless="node<26.1",
)
def ListenersOnFailed(t):
    def use(client):
        source = t.watch("source", t.stream.PassThrough())
        sink = t.watch("sink", t.stream.PassThrough())

        def done(error):
            t.note("source", listeners(source))
            t.note("client", listeners(client))
            t.note("sink", listeners(sink))
            t.note("emitted", client.emit("error", t.error("late")))

        t.stream.pipeline(source, client, sink, t.callback("done", done))
        source.destroy(t.error("early"))

    echo_here(t, use)


def fails_at(t, place):
    """A pipeline of four parts of which one is destroyed with an error."""

    def use(client):
        source = t.watch("source", t.stream.PassThrough())
        middle = t.watch("middle", t.stream.PassThrough())
        sink = t.watch("sink", t.stream.PassThrough())
        parts = [source, middle, client, sink]
        t.stream.pipeline(source, middle, client, sink, t.callback("done"))
        source.write("some")
        parts[place].destroy(t.error("broken"))

    echo_here(t, use)


@case(
    about="an error of the source destroys every part with it, before pipeline() calls back",
    skip_unless="node<26.1",
)
def SourceFails(t):
    fails_at(t, 0)


@case(
    about="in a pipeline, an error of a middle part destroys all other parts with it",
    skip_unless="node<26.1",
)
def MiddleFails(t):
    fails_at(t, 1)


@case(
    about="in a pipeline, an error of a socket in the middle destroys the source and the sink with it",
    skip_unless="node<26.1",
)
def SocketFails(t):
    fails_at(t, 2)


@case(about="in a pipeline, an error of the sink destroys all other parts with it", skip_unless="node<26.1")
def SinkFails(t):
    fails_at(t, 3)


def closes_at(t, place):
    """The same with a part that is destroyed without an error."""

    def use(client):
        source = t.watch("source", t.stream.PassThrough())
        sink = t.watch("sink", t.stream.PassThrough())
        parts = [source, client, sink]
        t.stream.pipeline(source, client, sink, t.callback("done"))
        source.write("some")
        parts[place].destroy()

    echo_here(t, use)


@case(
    about="in a pipeline, a source that closes before its end fails every part with ERR_STREAM_PREMATURE_CLOSE",
    skip_unless="node<26.1",
)
def SourceCloses(t):
    closes_at(t, 0)


@case(
    about="in a pipeline, a socket destroyed in the middle fails the other parts with ERR_STREAM_PREMATURE_CLOSE",
    skip_unless="node<26.1",
)
def SocketCloses(t):
    closes_at(t, 1)


@case(
    about="in a pipeline, a sink that is destroyed fails the socket before it with ERR_STREAM_PREMATURE_CLOSE",
    skip_unless="node<26.1",
)
def SinkCloses(t):
    closes_at(t, 2)


@case(
    about="a source that is already destroyed fails the pipeline and destroys the socket behind it",
    skip_unless="node<26.1",
)
def SourceDestroyedBefore(t):
    def use(client):
        source = t.watch("source", t.stream.PassThrough())
        source.destroy()
        t.stream.pipeline(source, client, t.callback("done"))
        t.note("client", client.destroyed)

    echo_here(t, use)


@case(
    about="in a pipeline, a source that has already ended and closed ends the socket behind it",
    skip_unless="node<26.1",
)
def SourceEndedBefore(t):
    def use(client):
        client.resume()
        source = t.watch("source", t.stream.PassThrough())
        source.on("close", lambda: t.stream.pipeline(source, client, t.callback("done")))
        source.resume()
        source.end()

    echo_here(t, use)


@case(about="a later part that is already destroyed makes pipeline() throw ERR_STREAM_UNABLE_TO_PIPE")
def PartDestroyedBefore(t):
    def use(client):
        source = t.watch("source", t.stream.PassThrough())
        middle = t.watch("middle", t.stream.PassThrough())
        client.destroy()
        t.attempt("pipeline", lambda: t.stream.pipeline(source, middle, client, t.callback("done")))
        t.note("source", listeners(source))
        t.note("middle", listeners(middle))
        t.note("destroyed", [source.destroyed, middle.destroyed])

    echo_here(t, use)


@case(
    about="aborting a socket that two pipelines read fails both, and destroys what is behind it in each",
    skip_unless="node<26.1",
)
def SharedAborted(t):
    def use(client):
        controller = t.abort_controller()
        one = t.watch("one", t.stream.PassThrough())
        two = t.watch("two", t.stream.PassThrough())
        t.stream.add_abort_signal(controller.signal, client)
        t.stream.pipeline(client, one, t.callback("first"))
        t.stream.pipeline(client, two, t.callback("second"))
        controller.abort()

    echo_here(t, use)


@case(about="a later error of another part replaces the AbortError of a pipeline", skip_unless="node<26.1")
def AbortOutranked(t):
    def destroy(error, callback):
        t.immediate(lambda: callback(t.error("the sink's own")))

    def use(client):
        sink = t.watch("sink", t.stream.Writable(write=lambda chunk, encoding, done: done(), destroy=destroy))
        t.stream.pipeline(client, sink, t.callback("done"))
        t.spawn(dispose(client))

    async def dispose(client):
        await t.async_dispose(client)

    echo_here(t, use)


@case(about="promises.pipeline() resolves to undefined when all parts are done")
def Promised(t):
    def use(client):
        client.resume()
        settle(t, "pipeline", t.stream.promises.pipeline(t.stream.Readable.from_([b"a", b"b"]), client))

    echo_here(t, use)


@case(about="promises.pipeline() with end False leaves the socket open for more writes")
class EndFalse:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        source = t.stream.Readable.from_([b"piped "])

        def through(value):
            t.note("state", [client.writable, client.destroyed, client.listener_count("error")])
            client.end("by hand")

        t.stream.promises.pipeline(source, client, {"end": False}).then(through, t.callback("rejected"))


@case(about="in a pipeline, with end False an error of the source leaves the socket open", skip_unless="node<26.1")
def EndFalseFails(t):
    def use(client):
        client.resume()
        source = t.watch("source", t.stream.PassThrough())

        def rejected(error):
            t.note("error", error)
            t.note("client", [client.destroyed, client.writable])
            client.end()

        t.stream.promises.pipeline(source, client, {"end": False}).then(t.callback("fulfilled"), rejected)
        source.destroy(t.error("broken"))

    echo_here(t, use)


@case(
    about="aborting a pipeline destroys every part and rejects with an AbortError caused by the reason",
    skip_unless="node<26.1",
)
def Signal(t):
    def use(client):
        controller = t.abort_controller()
        source = t.watch("source", t.stream.PassThrough())
        sink = t.watch("sink", t.stream.PassThrough())
        settle(
            t, "pipeline", t.stream.promises.pipeline(source, client, sink, {"signal": controller.signal})
        )
        source.write("some")
        t.immediate(lambda: controller.abort(t.error("enough")))

    echo_here(t, use)


@case(about="pipeline() with an aborted signal destroys its parts on the next tick", skip_unless="node<26.1")
def SignalBefore(t):
    def use(client):
        controller = t.abort_controller()
        controller.abort()
        source = t.watch("source", t.stream.PassThrough())
        settle(t, "pipeline", t.stream.promises.pipeline(source, client, {"signal": controller.signal}))
        t.note("destroyed", [source.destroyed, client.destroyed])

    echo_here(t, use)


@case(about="an abort after a pipeline is done does nothing")
def SignalAfter(t):
    def use(client):
        controller = t.abort_controller()
        client.resume()

        def through(value):
            controller.abort()
            t.note("destroyed", client.destroyed)

        t.stream.promises.pipeline(
            t.stream.Readable.from_([b"all"]), client, {"signal": controller.signal}
        ).then(through, t.callback("rejected"))

    echo_here(t, use)


@case(about="a function at the end reads the socket, and its result is that of the pipeline")
def FunctionLast(t):
    def use(client):
        async def count(source, context):
            t.note("is the socket", source is client)
            t.note("aborted", context.signal.aborted)
            size = 0
            async for chunk in source:
                size += len(chunk)
            return size

        client.end("0123456789")
        settle(t, "pipeline", t.stream.promises.pipeline(client, count))

    echo_here(t, use)


@case(
    about="in a pipeline, the result of a function at the end is the callback's second argument, and can be read",
)
def FunctionLastValue(t):
    def use(client):
        async def joined(source):
            parts = []
            async for chunk in source:
                parts.append(chunk)
            return b"".join(parts)

        client.end("0123456789")
        last = t.stream.pipeline(client, capitals(t), joined, lambda error, value: t.note("value", value))
        last.on("data", t.callback("read"))
        last.on("end", t.callback("end"))

    echo_here(t, use)


@case(about="in a pipeline, a function at the end that throws destroys the socket with its error")
def FunctionLastThrows(t):
    def use(client):
        async def refuse(source):
            async for _chunk in source:
                raise t.error("refused")

        client.write("some")
        t.stream.pipeline(client, refuse, t.callback("done"))

    echo_here(t, use)


@case(about="a function at the end that returns without reading makes pipeline() destroy the socket")
def FunctionLastIgnores(t):
    def use(client):
        async def ignore(source):
            return "nothing read"

        client.write("some")
        t.stream.pipeline(client, ignore, t.callback("done"))

    echo_here(t, use)


@case(
    about="in a pipeline, an async function in the middle is refused for its promise, and its error is unhandled",
)
def FunctionNotLast(t):
    async def fail(source=None):
        t.note("runs", True)
        raise t.error("refused")

    t.on_uncaught(lambda error: t.note("uncaught", error))
    sink = t.stream.PassThrough()
    t.attempt("source", lambda: t.stream.pipeline(fail, sink, t.callback("done")))
    t.attempt("middle", lambda: t.stream.pipeline(t.stream.PassThrough(), fail, sink, t.callback("done")))


def old_style(t):
    source = t.watch("source", t.stream.Stream())
    source.readable = True
    return source


@case(
    about="in a pipeline, an old-style source that the function at the end does not read only gets an 'error' listener",
)
def FunctionLastIgnoresOldStyle(t):
    async def fail(source):
        raise t.error("refused")

    source = old_style(t)
    t.stream.pipeline(source, fail, t.callback("done"))
    t.note("listened to", source.event_names())


@case(about="in a pipeline, a function at the end reads what an old-style source emits from then on")
def FunctionLastOldStyle(t):
    async def read(source):
        async for chunk in source:
            t.note("chunk", chunk)
            if chunk == "b":
                raise t.error("enough")

    source = old_style(t)
    t.stream.pipeline(source, read, t.callback("done"))
    t.note("listened to", source.event_names())
    source.emit("data", "a")
    t.next_tick(lambda: source.emit("data", "b"))


@case(about="in a pipeline, a generator in the middle reads the socket and passes on what it yields")
def GeneratorInTheMiddle(t):
    def use(client):
        async def words(source, context):
            t.note("begins", context.signal.aborted)
            text = ""
            async for chunk in source:
                text += chunk.decode()
            for word in text.split(" "):
                yield f"<{word}>"
            t.note("ends", context.signal.aborted)

        received = []
        sink = t.watch("sink", t.stream.PassThrough())
        sink.on("data", lambda chunk: received.append(chunk))
        client.end("one two three")
        t.stream.pipeline(client, words, sink, t.callback("done", lambda error: t.note("all", b"".join(received))))

    echo_here(t, use)


@case(about="in a pipeline, a generator as the source writes to the socket at its pace, and ends it")
class GeneratorFirst:
    def server(t):
        collect(t)

    def client(t, port):
        async def source(context):
            for number in range(3):
                yield f"{number};"
            t.note("aborted", context.signal.aborted)

        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        t.stream.pipeline(source, client, t.callback("done"))


@case(
    about="in a pipeline, a generator that throws destroys the socket before it and the sink behind it with its error",
)
def GeneratorThrows(t):
    def use(client):
        async def refuse(source):
            async for chunk in source:
                yield chunk
                raise t.error("no more")

        sink = t.watch("sink", t.stream.PassThrough())
        sink.on("data", t.callback("data"))
        client.write("some")
        t.stream.pipeline(client, refuse, sink, t.callback("done"))

    echo_here(t, use)


@case(about="in a pipeline, a socket that fails while a generator reads it destroys the sink with its error")
def GeneratorSourceFails(t):
    def use(client):
        async def pass_on(source):
            async for chunk in source:
                yield chunk
                client.destroy(t.error("broken"))

        sink = t.watch("sink", t.stream.PassThrough())
        sink.on("data", t.callback("data"))
        client.write("some")
        t.stream.pipeline(client, pass_on, sink, t.callback("done"))

    echo_here(t, use)


@case(
    about="in a pipeline, an abort reaches the signal of a generator, and destroys every stream with the AbortError",
)
def GeneratorAborted(t):
    def use(client):
        controller = t.abort_controller()

        async def pass_on(source, context):
            context.signal.add_event_listener("abort", lambda event: t.note("signal", context.signal.aborted))
            async for chunk in source:
                yield chunk
                controller.abort()

        sink = t.watch("sink", t.stream.PassThrough())
        sink.on("data", t.callback("data"))
        client.write("some")
        settle(t, "pipeline", t.stream.promises.pipeline(client, pass_on, sink, {"signal": controller.signal}))

    echo_here(t, use)


@case(about="in a pipeline, a list as the source is written to the socket item by item")
class ListFirst:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        t.stream.pipeline(["a", b"b", "c"], client, t.callback("done"))


@case(about="in a pipeline, an item of a list that cannot be written destroys the socket with the error")
def ListFirstFails(t):
    def use(client):
        t.stream.pipeline(["a", 5], client, t.callback("done"))

    echo_here(t, use)


@case(about="pipeline() throws for too few parts, a missing callback, or a part of the wrong kind")
def Refused(t):
    def use(client):
        t.attempt("nothing", lambda: t.stream.pipeline())
        t.attempt("no callback", lambda: t.stream.pipeline(client, t.stream.PassThrough()))
        t.attempt("one part", lambda: t.stream.pipeline(client, t.callback("one part")))
        t.attempt("a number first", lambda: t.stream.pipeline(5, client, t.callback("a number first")))
        t.attempt("a number last", lambda: t.stream.pipeline(t.stream.PassThrough(), 5, t.callback("a number last")))
        t.attempt("gives a number", lambda: t.stream.pipeline(lambda: 5, client, t.callback("gives a number")))
        client.destroy()

    echo_here(t, use)


@case(about="a peer's reset fails the pipeline with ECONNRESET", skip_unless="node<26.1")
class PeerResets:
    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        sink = t.watch("sink", t.stream.PassThrough())
        sink.resume()
        t.stream.pipeline(client, capitals(t), sink, t.callback("done"))
        client.write("go")

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        peer = listener.accept()
        peer.recv(2)
        peer.reset()


@case(about="destroying a socket while it connects fails the pipeline and prevents 'connect'")
def DestroyedConnecting(t):
    def on_connection(peer):
        peer.on("error", lambda error: None)

    def start(port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        source = t.watch("source", t.stream.PassThrough())
        source.write("never sent")
        t.stream.pipeline(source, client, t.callback("done"))
        t.next_tick(lambda: client.destroy(t.error("changed my mind")))

    serve_here(t, on_connection, start)


@case(
    about="a socket that is destroyed in 'connect' fails its pipeline with ERR_STREAM_PREMATURE_CLOSE",
    skip_unless="node<26.1",
)
def PipelineOfADestroyedSocket(t):
    server = serve_either(t, False, lambda peer: peer.on("error", lambda error: None).resume())
    client = t.net.Socket()
    sink = t.watch("sink", t.stream.PassThrough())
    t.stream.pipeline(client, sink, t.callback("pipeline"))
    client.on("connect", lambda: client.destroy())
    start(t, server, client, lambda: None)


@case(about="in a pipeline, a list of promises as the source is awaited one by one, in Node's microtasks")
def ListOfPromises(t):
    def count(left):
        t.note("microtask", left)
        if left > 0:
            t.microtask(lambda: count(left - 1))

    sink = t.stream.PassThrough(object_mode=True)
    sink.on("data", t.callback("data"))
    two = t.stream.Readable.from_([2]).to_array()
    t.stream.pipeline([1, two, 3], sink, t.callback("done"))
    count(6)


@case(about="in a pipeline, an async function at the end reads a list in Node's microtasks")
def ListIntoFunction(t):
    async def read(source):
        async for value in source:
            t.note("value", value)
        return "all"

    def count(left):
        t.note("microtask", left)
        if left > 0:
            t.microtask(lambda: count(left - 1))

    t.stream.pipeline([1, 2], read, t.callback("done"))
    count(8)


@case(about="pipeline() into a connecting socket waits for it, ends it, and calls back once it has closed")
class PipelineIntoSocket:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        source = t.watch("source", t.stream.Readable.from_([b"one", b"two"]))
        t.stream.pipeline(source, client, t.callback("done"))
        t.note("connecting", client.connecting)


@case(about="pipeline() through a Transform into a connecting socket holds what comes until it is connected")
class ThroughTransformIntoSocket:
    def server(t):
        collect(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        source = t.stream.Readable.from_([b"one ", b"two"])
        t.stream.pipeline(source, capitals(t), client, t.callback("done"))
        t.note("connecting", client.connecting)


@case(about="a refused socket fails the pipeline with its error and destroys the other parts")
def PipelineRefused(t):
    source = t.watch("source", t.stream.PassThrough())
    source.write("never sent")
    client = t.watch("client", t.net.connect(t.path("missing.sock")))
    t.stream.pipeline(source, client, t.callback("done"))


@case(about="pipeline() into an emitter without end() fails with JavaScript's TypeError")
def PipelineNoEnd(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    for source in [t.stream.Readable.from_(["a"]), ["a"]]:
        target = t.events.EventEmitter()
        target.write = t.callback("write", lambda chunk: True)
        t.stream.pipeline(source, target, t.callback("done"))


@case(about="pipeline() from an old-style source passes a Readable of it to a function")
def PipelineOldSource(t):
    async def read(source):
        async for chunk in source:
            t.note("chunk", chunk)
        return "all"

    source = t.stream.Stream()
    t.stream.pipeline(source, read, t.callback("done"))
    source.emit("data", "a")
    t.immediate(lambda: (source.emit("data", "b"), source.emit("end"), source.emit("close")))


@case(about="pipeline() from an old-style source into a stream is done when the source has closed")
def PipelineOldIntoStream(t):
    source = t.stream.Stream()
    target = t.stream.PassThrough()
    target.on("data", t.callback("data"))
    t.stream.pipeline(source, target, t.callback("done"))
    source.emit("data", "a")
    t.immediate(lambda: (source.emit("data", "b"), source.emit("end"), source.emit("close")))


@case(about="a pipeline of three streams runs to its end step by step as in Node", skip_unless="node<26.12")
def ThreeStreams(t):
    t.stream.pipeline(numbers(t, "source", 2), through(t, "through"), sink(t, "sink"), t.callback("over"))


@case(about="a pipeline whose source fails is taken down step by step as in Node", skip_unless="node<26.12")
def PipelineSourceFails(t):
    source = numbers(t, "source", 9)
    t.stream.pipeline(source, through(t, "through"), sink(t, "sink"), t.callback("over"))
    t.immediate(lambda: source.destroy(t.error("broken")))


@case(
    about="a pipeline whose middle or destination fails or closes is taken down step by step as in Node",
    skip_unless="node<26.12",
)
def PipelineDestinationFails(t):
    destination = sink(t, "sink")
    t.stream.pipeline(numbers(t, "source", 9), destination, t.callback("over"))
    t.immediate(lambda: destination.destroy(t.error("broken")))

    middle = through(t, "middle")
    t.stream.pipeline(numbers(t, "other source", 9), middle, sink(t, "other sink"), t.callback("other over"))
    t.immediate(lambda: middle.destroy())


@case(about="a pipeline through async generator functions takes the same steps as in Node", skip_unless="node<26")
def PipelineOfFunctions(t):
    async def shout(source):
        async for chunk in source:
            t.note("chunk", chunk)
            yield chunk

    t.stream.pipeline(numbers(t, "source", 3), shout, sink(t, "sink"), t.callback("over"))


@case(
    about="a pipeline that ends in a function calls back with its value step by step as in Node",
    skip_unless="node<26",
)
def PipelineToFunction(t):
    async def total(source):
        seen = []
        async for chunk in source:
            seen.append(chunk)
        return len(seen)

    t.stream.pipeline(numbers(t, "source", 2), through(t, "through"), total, t.callback("over"))


@case(about="a pipeline is aborted by its signal step by step as in Node", skip_unless="node<26.12")
def PipelineAborted(t):
    async def run(signal):
        t.on_uncaught(t.callback("rejected"))
        source = numbers(t, "source", 9)
        destination = sink(t, "sink")
        await t.stream.promises.pipeline(source, destination, signal=signal)

    controller = t.abort_controller()
    t.spawn(run(controller.signal))
    t.immediate(lambda: controller.abort())


@case(
    about="a pipeline that is not to end its destination leaves it step by step as in Node",
    skip_unless="node<26.12",
)
def PipelineWithoutEnd(t):
    async def run(destination):
        await t.stream.promises.pipeline(numbers(t, "source", 2), destination, end=False)
        t.note("over", [destination.writable_ended, destination.event_names()])
        destination.end()

    t.spawn(run(sink(t, "sink")))


@case(about="a pipeline whose last part is an async generator gives a stream, read step by step as in Node")
def PipelineGives(t):
    async def shout(source):
        async for chunk in source:
            yield chunk

    given = t.stream.pipeline(numbers(t, "source", 2), shout, t.callback("over"))
    closely(t, "given", given, ["read", "push", "pause", "resume", "destroy"]).on("data", lambda chunk: None)


@case(about="a pipeline whose function rejects destroys its streams, then calls back, in Node's order")
def PipelineRejects(t):
    async def fail(source):
        async for chunk in source:
            t.note("chunk", chunk)
            raise t.error("no")

    given = t.stream.pipeline(numbers(t, "source", 3), fail, t.callback("over"))
    closely(t, "given", given, ["destroy"]).on("error", t.callback("error"))


@case(about="a pipeline whose source closes with its end still to be read waits for that step by step as in Node")
def PipelineSourceCloses(t):
    for how in ["end", "error"]:
        source = closely(t, f"source, {how}", t.stream.Readable(read=lambda size: None), READS)
        stuck = t.stream.Writable(write=lambda chunk, encoding, callback: None, high_water_mark=2)
        destination = closely(t, f"sink, {how}", stuck, WRITES)
        destination.on("error", t.callback(f"{how}: error"))
        source.push("aaa")
        source.push("bbb")
        source.push(None)
        t.stream.pipeline(source, destination, t.callback(f"{how}: over"))
        source.on("data", lambda chunk, source=source: source.destroy())

        def closed(source=source, destination=destination, how=how):
            t.attempt(how, lambda: source.emit(how, t.error("by hand")))
            t.immediate(lambda: destination.destroy())

        source.on("close", closed)


@case(about="a pipeline whose function rejects without reading fails its streams in Node's order")
def PipelineRejectsAtOnce(t):
    async def fail(source):
        raise t.error("no")

    source = closely(t, "source", t.stream.Readable(read=lambda size: None), READS)
    given = t.stream.pipeline(source, fail, t.callback("over"))
    closely(t, "given", given, ["destroy"]).on("error", t.callback("error"))


@case(about="an error of the source ends a pipeline whose function waits for a chunk", skip_unless="node^24.18")
def FunctionBehindSource(t):
    async def pass_on(chunks):
        async for chunk in chunks:
            yield chunk

    source = t.watch("source", t.stream.Readable(object_mode=True, read=lambda: None))
    duplex = t.watch("duplex", t.stream.Duplex.from_(pass_on))
    t.stream.pipeline(source, duplex, t.callback("over"))
    duplex.on("data", t.callback("data"))
    source.push("a")
    t.immediate(lambda: (source.push("b"), t.immediate(lambda: source.destroy(t.error("boom")))))
