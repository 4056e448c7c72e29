"""compose(), Duplex.from() and wrap(): several streams, or other objects, as one stream."""

from conformance import case
from conformance.scenery import BOTH, closely, note_error, pair, serve, soon, through


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


@case(about="a 'finish' emitted by hand while a Duplex ends a part does not count as the part's own")
def FinishWithinEnd(t):
    def sink():
        to = t.stream.Writable(write=lambda chunk, encoding, callback: callback())
        to.on("prefinish", lambda: to.emit("finish"))
        return to

    pair = t.stream.Duplex.from_({"readable": t.stream.Readable(read=lambda size: None), "writable": sink()})
    closely(t, "pair", pair, BOTH)
    pair.on("error", t.callback("error"))
    pair.end(t.callback("ended"))
    composed = closely(t, "composed", t.stream.compose(t.stream.PassThrough(), sink()), BOTH)
    composed.on("error", t.callback("composed: error"))
    composed.end(t.callback("composed: ended"))
    t.immediate(lambda: t.immediate(lambda: [pair.destroy(), composed.destroy()]))


@case(about="streams joined by compose() read, write and end step by step as in Node")
def Composed(t):
    head = through(t, "head")
    tail = through(t, "tail")
    both = closely(t, "both", t.stream.compose(head, tail), BOTH)
    both.write("aaa", t.callback("first"))
    both.write("bbb", t.callback("second"))
    both.end(t.callback("ended"))
    both.on("data", lambda chunk: None)


@case(about="streams joined by compose() go down together step by step as in Node", skip_unless="node^24.18")
def ComposedFails(t):
    head = through(t, "head")
    tail = through(t, "tail")
    both = closely(t, "both", t.stream.compose(head, tail), BOTH)
    both.on("error", t.callback("error"))
    both.write("aaa", t.callback("first"))
    t.immediate(lambda: head.destroy(t.error("broken")))
