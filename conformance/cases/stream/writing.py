"""How a stream in memory is written: write(), end(), final() and their callbacks, step by step."""

from conformance import case
from conformance.scenery import WRITES, closely, much_later, record, sink, state


@case(about="writes that are done at once go through a destination step by step as in Node")
def WritingAtOnce(t):
    destination = sink(t, "sink", False)
    destination.write("aaa", t.callback("first"))
    destination.write("bbb", t.callback("second"))
    destination.end("ccc", t.callback("ended"))


@case(about="writes that are done a turn later go through a destination step by step as in Node")
def WritingLate(t):
    destination = sink(t, "sink")
    destination.write("aaa", t.callback("first"))
    destination.write("bbb", t.callback("second"))
    destination.end("ccc", t.callback("ended"))


@case(about="a write within a write callback or 'drain' is called back in Node's order")
def WritingWithin(t):
    destination = sink(t, "sink", False)
    destination.once("drain", lambda: destination.write("c", t.callback("in drain", lambda error: destination.end())))
    destination.write("aaa", t.callback("first", lambda error: destination.write("b", t.callback("within"))))


@case(about="what writev() itself writes before it returns is lost step by step as in Node, though its callback comes")
def WriteInWritev(t):
    def writev(chunks, callback):
        t.note("chunks", [one.chunk for one in chunks])
        if len(chunks) == 2:
            destination.write("from within", t.callback("lost"))
        t.next_tick(callback)

    def later():
        t.note("length", destination.writable_length)
        t.snapshot(destination)
        destination.destroy()

    destination = closely(t, "sink", t.stream.Writable(writev=writev), WRITES)
    destination.cork()
    destination.write("one", t.callback("first"))
    destination.write("two", t.callback("second"))
    destination.uncork()
    t.immediate(lambda: t.immediate(later))


@case(about="a write() that a write() makes before it returns is queued step by step as in Node")
def WriteInWrite(t):
    def write(chunk, encoding, callback):
        if chunk == b"a":
            destination.write("b", t.callback("second"))
        t.snapshot(destination)
        callback()

    destination = closely(t, "sink", t.stream.Writable(write=write), WRITES)
    destination.write("a", t.callback("first"))
    destination.end(t.callback("ended"))


@case(about="a write that fails at once calls back, and the stream fails, in Node's order")
def WriteFailsAtOnce(t):
    destination = closely(
        t, "sink", t.stream.Writable(write=lambda chunk, encoding, callback: callback(t.error("no"))), WRITES
    )
    destination.on("error", t.callback("error"))
    destination.write("a", t.callback("first"))
    destination.write("b", t.callback("second"))
    destination.end(t.callback("ended"))


@case(about="a write that fails a turn later calls back, and those behind it and the stream fail, in Node's order")
def WriteFailsLate(t):
    def write(chunk, encoding, callback):
        t.immediate(lambda: callback(t.error("no")))

    destination = closely(t, "sink", t.stream.Writable(write=write), WRITES)
    destination.on("error", t.callback("error"))
    destination.write("a", t.callback("first"))
    destination.write("b", t.callback("second"))
    destination.end(t.callback("ended"))


@case(about="a destination that is destroyed drops its queue, calls back and closes in Node's order")
def DestroyedWhileWriting(t):
    destination = sink(t, "sink")
    destination.on("error", t.callback("error"))
    destination.write("a", t.callback("first"))
    destination.write("b", t.callback("second"))
    destination.end(t.callback("ended"))
    destination.destroy(t.error("enough"))


@case(about="nested writes within callbacks of writes are called back in order")
def WritingWithinUnwatched(t):
    def written(number):
        def callback(error):
            t.note("written", number)
            if number < 4:
                destination.write("x", written(number + 1))
                destination.write("y", t.callback(f"beside {number}"))
            t.next_tick(lambda: t.note("tick behind", number))

        return callback

    destination = t.stream.Writable(write=lambda chunk, encoding, callback: callback())
    destination.write("x", written(0))
    destination.write("y", t.callback("beside"))
    t.immediate(lambda: t.immediate(lambda: destination.end(t.callback("ended"))))


@case(about="end() may be called in the callback of a synchronous write or in 'drain'")
def EndInCallback(t):
    sink = t.stream.Writable(high_water_mark=1, write=lambda chunk, encoding, callback: callback())
    record(t, "callback", sink, ["prefinish", "finish", "close", "drain"])
    sink.write("a", lambda *error: (t.note("written", state(sink)), sink.end("last", t.callback("ended"))))
    other = t.stream.Writable(high_water_mark=1, write=lambda chunk, encoding, callback: callback())
    other.on("drain", lambda: other.end("last", t.callback("other ended")))
    record(t, "drain", other, ["prefinish", "finish", "close", "drain"])
    other.write("ab", t.callback("other written"))


@case(about="end(), write() and destroy() within 'prefinish', 'finish' or 'drain' see the same state as in Node")
def WithinEvents(t):
    for event in ["prefinish", "finish", "drain"]:
        for act in ["end", "write", "destroy"]:
            name = f"{act} in {event}"
            destination = sink(t, name, event == "drain")
            destination.on("error", t.callback(f"{name}: error"))

            def do(destination=destination, act=act, name=name):
                if act == "end":
                    destination.end(t.callback(f"{name}: ended"))
                if act == "write":
                    t.note(name, destination.write("late", t.callback(f"{name}: written")))
                if act == "destroy":
                    destination.destroy()

            destination.once(event, do)
            destination.write("aaa", t.callback(f"{name}: first"))
            if event != "drain":
                destination.end()
            much_later(t, lambda destination=destination: destination.destroy())


@case(about="'finish' after a synchronous write comes after its callback, a tick after end()")
def FinishAfterSyncWrite(t):
    for options in [{}, {"final": lambda callback: callback()}, {"final": lambda callback: t.immediate(callback)}]:
        for has_callback in [False, True]:
            sink = t.stream.Writable(options)
            sink._write = lambda chunk, encoding, callback: callback()
            name = f"{len(options)} {has_callback}"
            record(t, name, sink, ["prefinish", "finish", "close", "drain"])
            if has_callback:
                sink.write("a", lambda error, sink=sink, name=name: t.note(f"{name} written", state(sink)))
            else:
                sink.write("a")
            t.next_tick(lambda name=name, sink=sink: t.note(f"{name} tick before end", state(sink)))
            sink.end(t.callback(f"{name} ended"))
            t.note(name, state(sink))
            t.next_tick(lambda name=name, sink=sink: t.note(f"{name} tick after end", state(sink)))
            t.microtask(lambda name=name, sink=sink: t.note(f"{name} microtask", state(sink)))


@case(about="final() that is done at once is followed by 'prefinish', 'finish' and 'close' step by step as in Node")
def FinalAtOnce(t):
    destination = closely(
        t,
        "sink",
        t.stream.Writable(
            write=lambda chunk, encoding, callback: callback(), final=lambda callback: callback()
        ),
        WRITES,
    )
    destination.end("a", t.callback("ended"))
    t.snapshot(destination)


@case(about="final() that fails destroys the destination step by step as in Node")
def FinalFails(t):
    destination = closely(
        t,
        "sink",
        t.stream.Writable(
            write=lambda chunk, encoding, callback: callback(),
            final=lambda callback: t.immediate(lambda: callback(t.error("no end"))),
        ),
        WRITES,
    )
    destination.on("error", t.callback("error"))
    destination.end("a", t.callback("ended"))


@case(
    about="end() of a destination without final() finishes step by step as in Node, with nothing or something to write"
)
def EndWithoutFinal(t):
    def write(chunk, encoding, callback):
        t.immediate(callback)

    for name in ["idle", "busy"]:
        destination = closely(t, name, t.stream.Writable(write=write), WRITES)
        if name == "busy":
            destination.write("a", t.callback("first"))
        destination.end(t.callback(f"{name} ended"))
        t.snapshot(destination)


@case(about="'finish' without auto_destroy or emit_close comes step by step as in Node, and nothing after it")
def NoAutoDestroy(t):
    destination = closely(
        t,
        "sink",
        t.stream.Writable(
            write=lambda chunk, encoding, callback: callback(), auto_destroy=False, emit_close=False
        ),
        WRITES,
    )
    destination.end("a", t.callback("ended"))
    t.immediate(lambda: [t.snapshot(destination), destination.destroy()])


@case(about="the callback of final() called again within 'prefinish' is ERR_MULTIPLE_CALLBACK")
def FinalTwiceWithin(t):
    kept = []
    destination = t.stream.Writable(
        write=lambda chunk, encoding, callback: callback(), final=lambda callback: kept.append(callback)
    )
    for event in ["error", "finish", "close"]:
        destination.on(event, t.callback(event))
    destination.on("prefinish", lambda: [t.note("prefinish", None), kept[0]()])
    destination.end(t.callback("ended"))
    t.immediate(lambda: kept[0]())


@case(about="writes that are taken at once call back in order on one tick, those with one callback together")
def OneCallbackForSeveralWrites(t):
    destination = t.watch("destination", t.stream.Writable(write=lambda chunk, encoding, callback: callback()))
    shared = t.callback("shared")
    destination.write("a", shared)
    t.next_tick(t.callback("tick"))
    destination.write("b", shared)
    destination.write("c", t.callback("own"))
    destination.write("d", shared)
    destination.write("e")
    destination.end("f", shared)
