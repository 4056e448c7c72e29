"""construct(): what waits for it, and what comes of a failure."""

from conformance import case
from conformance.scenery import BOTH, READS, WRITES, closely


@case(about="both sides of a Duplex end step by step as in Node where they are constructed first")
def Constructed(t):
    duplex = closely(
        t,
        "duplex",
        t.stream.Duplex(
            construct=lambda callback: t.next_tick(callback),
            read=lambda size: duplex.push(None),
            write=lambda chunk, encoding, callback: callback(),
        ),
        BOTH,
    )
    duplex.write("a", t.callback("written"))
    duplex.end(t.callback("ended"))
    duplex.resume()


@case(about="a construction that fails, or a destroy() before it is done, ends a stream step by step as in Node")
def ConstructionFails(t):
    for name in ["failed", "destroyed"]:
        failure = t.error("not made") if name == "failed" else None
        late = lambda callback, failure=failure: t.immediate(lambda: callback(failure))  # noqa: E731
        stream = closely(
            t, name, t.stream.Writable(construct=late, write=lambda chunk, encoding, callback: callback()), WRITES
        )
        stream.on("error", t.callback(f"{name}: error"))
        stream.write("a", t.callback(f"{name}: written"))
        if name == "destroyed":
            stream.destroy()


def made(t, name, failure):
    """A Readable that is constructed a tick later, and ends or fails."""
    source = t.stream.Readable(
        construct=lambda callback: t.next_tick(lambda: callback(failure)), read=lambda size: source.push(None)
    )
    source.on("error", t.callback(f"{name}: error"))
    return closely(t, name, source, READS)


@case(about="a Readable is constructed before it is read, and ends or fails step by step as in Node")
def ReadableConstructed(t):
    made(t, "well", None).resume()
    made(t, "badly", t.error("not made")).resume()


@case(about="a stream waits for its construct() before it schedules reads and writes")
def ConstructWaits(t):
    def once(self, original, *args):
        t.next_tick(lambda: t.note("tick of once()", None))
        return original(*args)

    for name in ["Readable", "Writable", "Duplex"]:
        base = t.stream.Duplex
        if name == "Readable":
            base = t.stream.Readable
        if name == "Writable":
            base = t.stream.Writable
        Kind = t.subclass(base, {"once": once})
        stream = Kind({"construct": lambda callback, name=name: [t.note("construct", name), callback()]})
        t.immediate(lambda stream=stream: stream.destroy())


@case(about="a constructed Duplex schedules its read before it writes what waits")
def ReadsThenWrites(t):
    def write(chunk, encoding, callback):
        t.next_tick(lambda: t.note("tick of write()", None))
        callback()

    duplex = closely(
        t,
        "duplex",
        t.stream.Duplex(
            construct=lambda callback: t.next_tick(callback), read=lambda size: duplex.push(None), write=write
        ),
        BOTH,
    )
    duplex.on("readable", lambda: duplex.read())
    duplex.write("a", t.callback("written"))
    duplex.end()


@case(about="a stream that is ended before it is constructed finishes in the callback of construct()")
def EndedBeforeConstructed(t):
    def construct(callback):
        t.next_tick(lambda: [t.note("before", None), callback(), t.note("behind", None)])

    for name in ["writable", "duplex"]:
        stream = t.stream.Writable(construct=construct)
        if name == "duplex":
            stream = t.stream.Duplex(construct=construct, read=lambda size: None)
        closely(t, name, stream, BOTH if name == "duplex" else WRITES)
        stream.end(t.callback(f"{name}: ended"))
        t.immediate(lambda stream=stream: stream.destroy())
