"""compose(), Duplex.from() and wrap(): several streams, or other objects, as one stream."""

from conformance import case
from conformance.scenery import serve, soon


def note_error(t, label, emitter):
    """Have each 'error' of `emitter` noted as `label`; returns `emitter`."""
    emitter.on("error", lambda error: t.note(label, error))
    return emitter


def pair(t, first, last):
    """The two streams composed, all three watched; errors are heard."""
    t.watch("first", first)
    t.watch("last", last)
    composed = t.watch("composed", t.stream.compose(first, last))
    composed.on("error", t.callback("composed error"))
    return composed


# --- compose ---------------------------------------------------------------------------------------------------


@case(about="compose() writes to its first stream and reads from its last", exact_chunks=True)
def Through(t):
    def mark(letter):
        return t.stream.Transform(transform=lambda chunk, encoding, callback: callback(None, chunk + letter))

    composed = pair(t, mark(b"1"), mark(b"2"))
    composed.on("data", t.callback("data"))
    composed.write("x")
    composed.end("y", t.callback("ended"))


@case(about="a composed stream finishes when its last stream has, even unread")
def Unread(t):
    composed = pair(t, t.stream.PassThrough(), t.stream.PassThrough())
    composed.write("x")
    composed.end("y", t.callback("ended"))

    def look():
        t.note("readable length", composed.readable_length)
        t.note("finished", composed.writable_finished)
        composed.resume()

    soon(t, look)


@case(about="an error of the last stream fails the composed one, after its write callbacks")
def LastFails(t):
    composed = pair(
        t,
        t.stream.PassThrough(),
        t.stream.Transform(transform=lambda chunk, encoding, callback: callback(t.error("boom"))),
    )
    composed.end("y", t.callback("ended"))


@case(about="an error in flush() of the last stream fails the composed one")
def FlushFails(t):
    last = t.stream.Transform(
        transform=lambda chunk, encoding, callback: callback(),
        flush=lambda callback: callback(t.error("boom")),
    )
    composed = pair(t, t.stream.PassThrough(), last)
    composed.end("y", t.callback("ended"))


@case(
    about="destroying the first stream of a composed one fails the others with a premature close",
    skip_unless="node^24.18",
)
def FirstDestroyed(t):
    first = t.stream.PassThrough()
    composed = pair(t, first, t.stream.PassThrough())
    composed.write("x")
    t.immediate(lambda: first.destroy())


@case(
    about="destroying the last stream of a composed one fails the others with a premature close",
    skip_unless="node^24.18",
)
def LastDestroyed(t):
    last = t.stream.PassThrough()
    composed = pair(t, t.stream.PassThrough(), last)
    composed.write("x")
    t.immediate(lambda: last.destroy())


@case(about="destroy() of a composed stream destroys its parts and itself with an AbortError")
def Destroyed(t):
    composed = pair(t, t.stream.PassThrough(), t.stream.PassThrough())
    composed.write("x")
    t.immediate(lambda: composed.destroy())


@case(about="destroy(error) of a composed stream destroys its parts with that error")
def DestroyedWithError(t):
    composed = pair(t, t.stream.PassThrough(), t.stream.PassThrough())
    composed.destroy(t.error("enough"))


@case(
    about="a composed stream that is not read stops its last part until it is read",
    skip_unless="node^24.18",
)
def Backpressure(t):
    last = t.stream.PassThrough(high_water_mark=4)
    composed = pair(t, t.stream.PassThrough(high_water_mark=4), last)

    def write(left):
        if left:
            t.note("write", composed.write(b"x" * 20000))
            t.immediate(lambda: write(left - 1))
        else:
            t.note("paused", last.is_paused())
            t.note("lengths", [composed.readable_length, last.readable_length, composed.writable_length])
            composed.resume()
            composed.end()

    write(8)


@case(about="composing with a last stream that is only writable leaves nothing to read")
def Sink(t):
    last = t.stream.Writable(
        write=lambda chunk, encoding, callback: t.immediate(callback), final=lambda callback: t.immediate(callback)
    )
    composed = pair(t, t.stream.PassThrough(), last)
    t.note("readable", composed.readable)
    composed.end("xyz", t.callback("ended"))


@case(about="composing with a first stream that is only readable leaves nothing to write", exact_chunks=True)
def Source(t):
    composed = pair(t, t.stream.Readable.from_(["x", "y", "z"]), t.stream.PassThrough())
    t.note("writable", composed.writable)
    composed.on("data", t.callback("data"))


@case(about="compose() takes async generator functions as parts")
def Generators(t):
    async def shout(chunks):
        async for chunk in chunks:
            yield chunk.decode().upper()

    async def mark(chunks):
        async for chunk in chunks:
            yield chunk + "!"

    composed = t.watch("composed", t.stream.compose(shout, mark))
    composed.on("data", t.callback("data"))
    composed.write(b"x")
    composed.end(b"y")


@case(about="compose() takes a list or text as its first part, and reads it item by item", exact_chunks=True)
def IterableFirst(t):
    async def wrap(chunks):
        async for chunk in chunks:
            yield [chunk]

    of_list = t.watch("of a list", t.stream.compose(["a", "b"], t.stream.PassThrough()))
    of_list.on("data", t.callback("a list's"))
    of_text = t.watch("of text", t.stream.compose("ab", wrap))
    of_text.on("data", t.callback("a text's"))
    of_nothing = t.watch("of nothing", t.stream.compose([], t.stream.PassThrough()))
    of_nothing.resume()
    of_bytes = t.watch("of bytes", t.stream.compose(b"ab", t.stream.PassThrough()))
    of_bytes.on("error", t.callback("error"))
    of_bytes.resume()


@case(about="compose() with a list or text as its last part reads from it, and never closes", exact_chunks=True)
def IterableLast(t):
    for last in ["ab", [1, 2]]:
        composed = t.watch("composed", t.stream.compose(t.stream.PassThrough(), last))
        composed.on("data", t.callback("data"))


@case(about="a generator that raises fails the composed stream and destroys its source")
def GeneratorRaises(t):
    async def fail(chunks):
        async for _chunk in chunks:
            raise t.error("boom")
        yield "never"

    source = t.watch("source", t.stream.Readable.from_(["x", "y"]))
    composed = t.watch("composed", source.compose(fail))
    composed.on("error", t.callback("error", lambda: t.immediate(lambda: t.note("destroyed", source.destroyed))))
    composed.resume()


@case(about="aborting the signal of compose() fails the composed stream")
def Signal(t):
    controller = t.abort_controller()
    source = t.watch("source", t.stream.PassThrough())
    composed = t.watch("composed", source.compose(t.stream.PassThrough(), signal=controller.signal))
    composed.on("error", t.callback("error"))
    t.immediate(lambda: controller.abort())


@case(about="compose() throws for parts that are not streams, or not readable or writable as their place needs")
def BadStreams(t):
    t.attempt("none", lambda: t.stream.compose())
    t.attempt("a number", lambda: t.stream.compose(5))
    t.attempt("two numbers", lambda: t.stream.compose(t.stream.PassThrough(), 5))
    t.attempt("a function of nothing", lambda: t.stream.compose(lambda: 5))
    t.attempt("of a stream", lambda: t.stream.PassThrough().compose(None))


@case(about="compose() of a socket and a PassThrough reads what the socket receives, and ends with it")
class Socket:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        composed = t.watch("composed", client.compose(t.stream.PassThrough()))
        composed.on("data", t.callback("data"))
        composed.end()


@case(
    about="a composed stream destroys its last part even when all is through",
    skip_unless="node^24.18||>=26.3",
)
def ComposedAfterTheEnd(t):
    tail = t.watch("tail", t.stream.PassThrough(auto_destroy=False))
    composed = t.watch("composed", t.stream.compose(t.stream.PassThrough(), tail))
    composed.resume()
    composed.end("x")
    t.immediate(lambda: t.immediate(lambda: composed.destroy()))


@case(
    about="compose() and Duplex.from() fail with a TypeError for a stream without end(), pause() or resume()",
    skip_unless="node^24.18||>=26.3",
)
def OldStyle(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    head = t.events.EventEmitter()
    head.write = t.callback("write", lambda chunk, encoding: True)
    head.writable = True
    whole = note_error(t, "error", t.stream.Duplex.from_({"writable": head}))
    t.note("sides", [whole.readable, whole.writable])
    whole.write("a")
    whole.end()
    tail = t.stream.Stream()
    tail.readable = True
    tail.write = t.callback("written")
    tail.writable = True
    composed = note_error(t, "composed", t.stream.compose(t.stream.PassThrough(), tail))
    t.note("sides", [composed.readable, composed.writable])
    composed.on("data", t.callback("data"))
    tail.emit("data", "x")


@case(about="a composed stream has the object modes of its first and last part, even of closed sides")
def Modes(t):
    async def sink(source):
        async for _chunk in source:
            pass

    for mode in [True, False]:
        source = t.stream.Readable(read=lambda size: None, object_mode=mode)
        middle = t.stream.PassThrough(object_mode=mode)
        drain = t.stream.Writable(write=lambda chunk, encoding, done: done(), object_mode=mode)
        for parts in [[source, middle], [middle, drain], [source, drain]]:
            t.snapshot(note_error(t, "error", t.stream.compose(*parts)))
        t.snapshot(note_error(t, "error", t.stream.compose(source, sink)))


# --- Duplex.from -----------------------------------------------------------------------------------------------


@case(about="Duplex.from() of a pair reads from one stream and writes to the other")
def PairOfStreams(t):
    readable = t.watch("readable", t.stream.PassThrough())
    writable = t.watch("writable", t.stream.PassThrough())
    duplex = t.watch("duplex", t.stream.Duplex.from_({"readable": readable, "writable": writable}))
    duplex.on("data", t.callback("data"))
    writable.on("data", t.callback("written"))
    readable.end("to be read")
    duplex.end("to be written")


@case(about="Duplex.from() of a pair has the object modes of both streams, even of one that is over")
def ModesOfAPair(t):
    over = t.stream.PassThrough(object_mode=True)
    over.destroy()
    for pair in [{"readable": over, "writable": over}, {"readable": over}, {"writable": over}]:
        duplex = t.stream.Duplex.from_(pair)
        t.note("modes", [duplex.readable_object_mode, duplex.writable_object_mode])
        t.note("sides", [duplex.readable, duplex.writable])


@case(about="the error for a function as a side of a pair that returns nothing useful does not name it")
def BadFunctionOfAPair(t):
    def useless(source):
        return 5

    readable = t.stream.Readable(read=lambda size: None)
    t.attempt("writable", lambda: t.stream.Duplex.from_({"readable": readable, "writable": useless}))
    t.attempt("readable", lambda: t.stream.Duplex.from_({"readable": useless, "writable": t.stream.PassThrough()}))
    t.attempt("alone", lambda: t.stream.Duplex.from_(useless))


@case(about="Duplex.from() of text, bytes or a list can only be read")
def Values(t):
    for value in ["text", b"bytes", [1, 2], []]:
        duplex = t.stream.Duplex.from_(value)
        t.note("sides", [duplex.readable, duplex.writable, duplex.readable_object_mode])
        duplex.on("data", t.callback("data"))


@case(about="Duplex.from() of a function passes what is written as its argument, and reads what it yields")
def Function(t):
    async def double(chunks):
        async for chunk in chunks:
            yield chunk
            yield chunk

    duplex = t.watch("duplex", t.stream.Duplex.from_(double))
    duplex.on("data", t.callback("data"))
    duplex.write("a")
    duplex.end("b", t.callback("ended"))


@case(about="destroying a Duplex ends the input of its function that waits for a chunk")
def FunctionWaits(t):
    async def pass_on(chunks):
        async for chunk in chunks:
            yield chunk
        t.note("chunks", "are over")

    duplex = t.watch("duplex", t.stream.Duplex.from_(pass_on))
    duplex.on("error", t.callback("error"))
    duplex.on("data", t.callback("data"))
    duplex.write("a")
    t.immediate(lambda: duplex.destroy(t.error("enough")))


@case(about="destroying a Duplex leaves its function suspended if it has yet to take its next chunk")
def FunctionStands(t):
    async def pass_on(chunks):
        async for chunk in chunks:
            t.note("chunk", chunk)
            yield chunk
        t.note("chunks", "are over")

    duplex = t.watch("duplex", t.stream.Duplex.from_(pass_on))
    duplex.on("error", t.callback("error"))
    duplex.write("a")
    duplex.write("b")
    duplex.write("c")
    t.immediate(lambda: duplex.destroy(t.error("enough")))


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


@case(about="Duplex.from() of an async function finishes when it returns, and fails with what it raises")
def AsyncFunction(t):
    async def collect(chunks):
        async for chunk in chunks:
            t.note("chunk", chunk)

    async def fail(chunks):
        async for _chunk in chunks:
            raise t.error("boom")

    collector = t.watch("collector", t.stream.Duplex.from_(collect))
    collector.end("a", t.callback("collected"))
    failing = t.watch("failing", t.stream.Duplex.from_(fail))
    failing.on("error", t.callback("error"))
    failing.end("a", t.callback("failed"))


@case(about="Duplex.from() of a Duplex returns it; of a Readable or Writable, a Duplex with that side")
def Streams(t):
    socket = t.net.Socket()
    t.note("itself", t.stream.Duplex.from_(socket) is socket)
    from_readable = t.stream.Duplex.from_(t.stream.Readable.from_([1]))
    t.note("of a readable", [from_readable.readable, from_readable.writable])
    from_writable = t.stream.Duplex.from_(t.stream.Writable())
    t.note("of a writable", [from_writable.readable, from_writable.writable])


@case(about="Duplex.from() throws for a value of no known kind, and for a function that returns one")
def BadBodies(t):
    for body in [5, True, {}, {"a": 1}]:
        t.attempt("body", lambda body=body: t.stream.Duplex.from_(body))
    t.attempt("null", lambda: t.stream.Duplex.from_(None))
    t.attempt("nothing", lambda: t.stream.Duplex.from_())
    t.attempt("a function", lambda: t.stream.Duplex.from_(lambda: 5))


def accepting_all(t):
    """A Writable that is through with each chunk at once."""
    return t.stream.Writable(write=lambda chunk, encoding, callback: callback())


def counts(stream):
    """How many listeners a stream has for what a pair listens to."""
    return [stream.listener_count(event) for event in ["close", "end", "error", "finish", "drain", "readable", "data"]]


@case(about="Duplex.from() of a pair adds its listeners to the given streams")
def PairItself(t):
    readable = t.stream.PassThrough()
    writable = t.stream.PassThrough()
    t.stream.Duplex.from_({"readable": readable, "writable": writable})
    t.note("readable", [readable.event_names(), counts(readable)])
    t.note("writable", [writable.event_names(), counts(writable)])
    readable.destroy()
    writable.destroy()
    readable.on("error", lambda error: None)
    writable.on("error", lambda error: None)


@case(about="a Duplex of a pair that is only written stays open for reading")
def PairWritten(t):
    readable = t.watch("readable", t.stream.Readable.from_(["r"]))
    writable = t.watch("writable", accepting_all(t))
    whole = t.watch("whole", t.stream.Duplex.from_({"readable": readable, "writable": writable}))
    whole.end("x")


@case(about="a Duplex of a pair that is only read ends its readable side and stays open for writing")
def PairRead(t):
    readable = t.watch("readable", t.stream.Readable.from_(["r"]))
    writable = t.watch("writable", accepting_all(t))
    whole = t.watch("whole", t.stream.Duplex.from_({"readable": readable, "writable": writable}))
    whole.resume()


@case(about="a Duplex of a pair that is read and written to the end closes without error")
def PairThrough(t):
    readable = t.watch("readable", t.stream.Readable.from_(["r"]))
    writable = t.watch("writable", accepting_all(t))
    whole = t.watch("whole", t.stream.Duplex.from_({"readable": readable, "writable": writable}))
    whole.resume()
    whole.end("x")


@case(
    about="an error of a pair's readable destroys its writable and the Duplex",
    skip_unless="node^24.16||>=26.1",
)
def PairReadableFails(t):
    readable = t.watch("readable", t.stream.Readable(read=lambda size: None).on("error", lambda error: None))
    writable = t.watch("writable", accepting_all(t).on("error", lambda error: None))
    whole = t.watch("whole", t.stream.Duplex.from_({"readable": readable, "writable": writable}))
    whole.on("error", t.callback("error"))
    readable.destroy(t.error("c"))


@case(about="an error of a pair's writable destroys its readable and the Duplex")
def PairWritableFails(t):
    readable = t.watch("readable", t.stream.Readable(read=lambda size: None).on("error", lambda error: None))
    writable = t.watch("writable", accepting_all(t).on("error", lambda error: None))
    whole = t.watch("whole", t.stream.Duplex.from_({"readable": readable, "writable": writable}))
    whole.on("error", t.callback("error"))
    writable.destroy(t.error("c"))


@case(about="destroying a Duplex of a pair destroys its writable, then its readable, with an AbortError")
def PairDestroyed(t):
    readable = t.watch("readable", t.stream.Readable(read=lambda size: None).on("error", lambda error: None))
    writable = t.watch("writable", accepting_all(t).on("error", lambda error: None))
    whole = t.watch("whole", t.stream.Duplex.from_({"readable": readable, "writable": writable}))
    whole.on("error", t.callback("error"))
    whole.destroy()


@case(
    about="a side of a pair that has ended is closed from the start, and is destroyed with the Duplex",
    skip_unless="node<26",
)
def PairOver(t):
    readable = t.watch("readable", t.stream.Readable(read=lambda size: None, auto_destroy=False))
    readable.push(None)
    readable.resume()

    def later():
        writable = t.watch("writable", accepting_all(t))
        whole = t.watch("whole", t.stream.Duplex.from_({"readable": readable, "writable": writable}))
        whole.on("error", t.callback("error"))
        t.note("sides", [whole.readable, whole.writable])
        t.immediate(lambda: whole.destroy(t.error("enough")))

    readable.on("end", lambda: t.immediate(later))


@case(about="the readable side of a pair may be a list, a text or a promise")
def PairOfOthers(t):
    for readable in [["a", "b"], "text", t.stream.Readable.from_([1]).to_array()]:
        whole = t.watch("whole", t.stream.Duplex.from_({"readable": readable, "writable": accepting_all(t)}))
        whole.on("data", t.callback("data"))
        whole.end("x")


@case(about="Duplex.from() of a pair with an impossible side fails one of Node's assertions")
def PairOfNothing(t):
    def made(readable, writable):
        duplex = note_error(t, "error", t.stream.Duplex.from_({"readable": readable, "writable": writable}))
        return [duplex.readable, duplex.writable]

    for value in [{}, {"readable": {}}, 5, True, "text", t.events.EventEmitter(), t.net.create_server(), lambda: 5]:
        t.attempt("both", lambda: made(value, value))
        t.attempt("readable", lambda: made(value, t.stream.PassThrough()))
        t.attempt("writable", lambda: made(t.stream.PassThrough(), value))
        t.attempt("readable alone", lambda: made(value, None))
        t.attempt("writable alone", lambda: made(None, value))
    t.attempt("function", lambda: t.stream.Duplex.from_(lambda: 5))


@case(about="Duplex.from() wraps the readable of a pair that has no read(), and destroys it with itself")
def PairOldStyle(t):
    source = t.watch("source", t.stream.Stream())
    whole = t.watch("whole", t.stream.Duplex.from_({"readable": source}))
    whole.on("data", t.callback("data"))
    whole.on("error", t.callback("error"))
    t.note("sides", [whole.readable, whole.writable, whole.readable_object_mode])
    source.emit("data", "one")
    t.immediate(lambda: whole.destroy(t.error("enough")))


@case(about="Duplex.from() of a Duplex with a closed side returns that Duplex")
def DuplexOfOneSide(t):
    for side in [{"readable": False}, {"writable": False}]:
        duplex = t.stream.Duplex(side)
        t.note("itself", t.stream.Duplex.from_(duplex) is duplex)
        t.note("returned", t.stream.Duplex.from_(lambda: duplex) is duplex)


@case(
    about="destroy(error) of a Duplex aborts the signal of its function with that error",
    skip_unless="node^24.16||>=26.1",
)
def FunctionReason(t):
    async def consume(source, options):
        options.signal.add_event_listener("abort", lambda event: t.note("reason", options.signal.reason))
        async for chunk in source:
            t.note("chunk", chunk)

    for error in [t.error("reason"), None]:
        stream = t.stream.Duplex.from_(consume)
        stream.on("error", lambda error: None)
        stream.write("x")
        t.immediate(lambda stream=stream, error=error: stream.destroy(error))


# --- wrap ------------------------------------------------------------------------------------------------------


@case(about="wrap() reads from an old-style emitter and closes with it")
def Wrapped(t):
    def on_connection(peer):
        stream = t.watch("stream", t.stream.Readable().wrap(peer))
        stream.on("data", t.callback("chunk"))
        peer.on("end", lambda: server.close())

    server = t.net.create_server(on_connection)
    server.listen(0, "127.0.0.1", lambda: t.net.connect(server.address().port, "127.0.0.1").end("hello"))


@case(about="wrap() pauses an old-style source when its buffer is full, and resumes it later")
def WrapPauses(t):
    source = t.events.EventEmitter()
    source.pause = t.callback("pause")
    source.resume = t.callback("resume")
    stream = t.watch("stream", t.stream.Readable(high_water_mark=2).wrap(source))
    source.emit("data", b"abc")
    source.emit("data", b"d")
    stream.on("data", t.callback("data"))
    t.immediate(lambda: source.emit("end"))


@case(about="wrap() fails with the error of its source")
def WrapError(t):
    source = t.events.EventEmitter()
    stream = t.watch("stream", t.stream.Readable().wrap(source))
    stream.on("error", t.callback("error"))
    source.emit("error", t.error("boom"))


@case(about="wrap() throws for an object without on()")
def WrapNothing(t):
    for value in [None, 5, {}]:
        t.attempt("wrap", lambda value=value: t.stream.Readable().wrap(value))


@case(about="wrap() raises JavaScript's TypeError when it calls a pause or resume that is not a function")
def WrapNoFunction(t):
    source = t.events.EventEmitter()
    source.pause = 5
    source.resume = 5
    stream = t.stream.Readable(high_water_mark=1).wrap(source)
    t.attempt("pause", lambda: source.emit("data", b"abc"))
    note_error(t, "error", stream)
    t.attempt("read", lambda: stream.read())
    plain = t.events.EventEmitter()
    plain.pause = None
    wrapped = t.stream.Readable(high_water_mark=1).wrap(plain)
    t.attempt("no pause", lambda: plain.emit("data", b"abc"))
    t.note("read", wrapped.read())
