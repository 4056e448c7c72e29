"""Duplex.from() of functions, pairs, streams and values."""

from conformance import case
from conformance.scenery import BOTH, READS, closely, note_error, numbers, sink


@case(about="a Duplex made of an async generator function gives and takes step by step as in Node")
def DuplexFromFunction(t):
    async def shout(source):
        async for chunk in source:
            yield chunk

    duplex = closely(t, "duplex", t.stream.Duplex.from_(shout), BOTH)
    duplex.write("a", t.callback("first"))
    duplex.write("b", t.callback("second"))
    duplex.end(t.callback("ended"))
    duplex.on("data", lambda chunk: t.note("data", chunk))


@case(about="a Duplex made of an async function that only reads finishes step by step as in Node")
def DuplexFromReader(t):
    async def eat(source):
        async for chunk in source:
            t.note("chunk", chunk)

    duplex = closely(t, "duplex", t.stream.Duplex.from_(eat), BOTH)
    duplex.write("a", t.callback("first"))
    duplex.end("b", t.callback("ended"))


@case(
    about="a Duplex made of a pair of streams reads, writes and ends them step by step as in Node",
    skip_unless="node<26",
)
def DuplexFromPair(t):
    to = sink(t, "to")
    source = numbers(t, "source", 2)
    duplex = closely(t, "duplex", t.stream.Duplex.from_({"readable": source, "writable": to}), BOTH)
    duplex.write("aaa", t.callback("written"))
    duplex.write("bbb", t.callback("written, too"))
    duplex.end(t.callback("ended"))
    duplex.resume()


@case(about="a Duplex made of a pair fails with either of them step by step as in Node")
def DuplexFromPairFails(t):
    to = sink(t, "to")
    source = numbers(t, "source", 9)
    duplex = closely(t, "duplex", t.stream.Duplex.from_({"readable": source, "writable": to}), BOTH)
    duplex.on("error", t.callback("error"))
    duplex.write("aaa", t.callback("written"))
    t.immediate(lambda: to.destroy(t.error("broken")))


@case(about="a Duplex made of a pair whose source gives one chunk at a time reads each of them step by step as in Node")
def DuplexFromPairLate(t):
    left = ["a", "b", "c", None]

    def push():
        source.push(left.pop(0))
        if left:
            t.immediate(push)

    source = closely(t, "source", t.stream.Readable(read=lambda size: None), READS)
    to = t.stream.Writable(write=lambda chunk, encoding, callback: callback())
    duplex = closely(t, "duplex", t.stream.Duplex.from_({"readable": source, "writable": to}), BOTH)
    duplex.on("data", lambda chunk: t.note("data", chunk))
    duplex.on("end", lambda: duplex.end())
    t.immediate(push)


@case(about="a Duplex of a pair loses no data after a 'readable' with nothing to read")
def DuplexFromPairEmpty(t):
    source = t.stream.Readable(read=lambda size: None)
    to = t.stream.Writable(write=lambda chunk, encoding, callback: callback())
    duplex = t.stream.Duplex.from_({"readable": source, "writable": to})
    duplex.on("data", lambda chunk: t.note("data", chunk))

    def late():
        source.emit("readable")
        source.push("a")
        t.immediate(lambda: t.immediate(lambda: duplex.destroy()))

    duplex.on("error", t.callback("error"))
    t.immediate(late)


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


def accepting_all(t):
    """A Writable that is through with each chunk at once."""
    return t.stream.Writable(write=lambda chunk, encoding, callback: callback())


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
