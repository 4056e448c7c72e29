"""The order of what a stream does within one step: its events, calls and listeners, and its state at each."""

from conformance import case
from conformance.scenery import BOTH, READS, WRITES, closely, much_later, numbers, sink


@case(
    about="a source that pushes at once is read by 'data' to its end step by step as in Node",
    skip_unless="node<26.12",
)
def Flowing(t):
    source = numbers(t, "source", 3)
    source.on("data", lambda chunk: None)
    source.on("end", lambda: None)


@case(about="a source that pushes a turn later is read by 'data' to its end step by step as in Node")
def FlowingLate(t):
    left = [0]

    def push():
        left[0] += 1
        source.push(str(left[0]) if left[0] < 3 else None)

    source = closely(t, "source", t.stream.Readable(read=lambda size: t.immediate(push)), READS)
    source.on("data", lambda chunk: None)


@case(about="a source is read by 'readable' and read() to its end step by step as in Node", skip_unless="node<26")
def Readable(t):
    source = numbers(t, "source", 3)

    def on_readable():
        chunk = source.read()
        t.note("read", chunk)

    source.on("readable", on_readable)


@case(about="pause() and resume() within 'data' take effect step by step as in Node", skip_unless="node<26.1")
def Pausing(t):
    source = numbers(t, "source", 4)

    def on_data(chunk):
        source.pause()
        t.immediate(lambda: source.resume())

    source.on("data", on_data)


@case(about="a 'readable' listener that comes and goes beside 'data' changes the flow step by step as in Node")
def ReadableGoes(t):
    source = numbers(t, "source", 4)

    def on_readable():
        source.remove_listener("readable", on_readable)
        source.resume()

    source.on("data", lambda chunk: None)
    source.on("readable", on_readable)


@case(
    about="push() of what a stream does not take fails step by step as in Node, after the chunks before it",
    skip_unless="node<26.1",
)
def PushAfterEnd(t):
    source = closely(t, "source", t.stream.Readable(read=lambda size: None), READS)
    source.on("error", t.callback("error"))
    source.push("a")
    source.push(None)
    source.push("b")
    source.unshift("c")
    source.resume()


@case(about="destroy(error) within 'data' ends a source step by step as in Node", skip_unless="node<26.12")
def DestroyedInData(t):
    source = numbers(t, "source", 4)
    source.on("error", t.callback("error"))
    source.on("data", lambda chunk: source.destroy(t.error("enough")))


@case(about="an error thrown by read() of a source destroys it step by step as in Node")
def ReadThrows(t):
    def read(size):
        raise t.error("no more")

    source = closely(t, "source", t.stream.Readable(read=read), READS)
    source.on("error", t.callback("error"))
    source.resume()


@case(about="async iteration, ended by break, takes its listeners and the stream away step by step as in Node")
def IterationBroken(t):
    async def run(source):
        async for chunk in source:
            t.note("chunk", chunk)
            break
        t.note("over", source.destroyed)

    t.spawn(run(numbers(t, "source", 4)))


@case(about="async iteration to the end takes the same steps as in Node")
def IterationEnds(t):
    async def run(source):
        async for chunk in source:
            t.note("chunk", chunk)
        t.note("over", source.destroyed)

    t.spawn(run(numbers(t, "source", 2)))


@case(about="async iteration that is not to destroy the stream leaves it step by step as in Node")
def IterationLeaves(t):
    async def run(source):
        async for chunk in source.iterator(destroy_on_return=False):
            t.note("chunk", chunk)
            break
        t.note("over", source.destroyed)
        source.destroy()

    t.spawn(run(numbers(t, "source", 4)))


@case(about="a stream that fails under async iteration takes the same steps as in Node")
def IterationFails(t):
    async def run(source):
        t.immediate(lambda: source.destroy(t.error("broken")))
        async for chunk in source:
            t.note("chunk", chunk)

    t.on_uncaught(t.callback("uncaught"))
    t.spawn(run(closely(t, "source", t.stream.Readable(read=lambda size: None), READS)))


@case(about="an old-style source behind wrap() gets its listeners, pauses and resumes in Node's order")
def Wrapped(t):
    old = closely(t, "old", t.events.EventEmitter(), [])
    old.pause = t.callback("pause")
    old.resume = t.callback("resume", lambda: [old.emit("data", "c"), old.emit("end")])
    source = closely(t, "source", t.stream.Readable(high_water_mark=2), READS).wrap(old)
    t.note("listeners", old.event_names())
    old.emit("data", "aaa")
    old.emit("data", "bbb")
    t.immediate(lambda: source.resume())


@case(about="an old-style source that fails or closes takes its wrap() with it in Node's order")
def WrappedFails(t):
    old = closely(t, "old", t.events.EventEmitter(), [])
    source = closely(t, "source", t.stream.Readable().wrap(old), READS)
    source.on("error", t.callback("error"))
    old.emit("error", t.error("broken"))
    old.emit("close")
    old.emit("destroy")


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


@case(about="what was corked goes to writev() at once, and its callbacks come step by step as in Node")
def Corked(t):
    destination = closely(
        t,
        "sink",
        t.stream.Writable(writev=lambda chunks, callback: [t.note("chunks", len(chunks)), t.immediate(callback)]),
        WRITES,
    )
    destination.cork()
    destination.write("a", t.callback("first"))
    destination.cork()
    destination.write("b", t.callback("second"))
    destination.uncork()
    destination.write("c")
    destination.uncork()
    destination.cork()
    destination.end("d", t.callback("ended"))


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


@case(about="a Transform takes, gives and flushes step by step as in Node")
def Transforming(t):
    def transform(chunk, encoding, callback):
        through.push(chunk)
        t.next_tick(lambda: callback(None, chunk))

    through = closely(
        t,
        "through",
        t.stream.Transform(
            transform=transform, flush=lambda callback: callback(None, "flushed"), high_water_mark=2
        ),
        BOTH,
    )
    through.write("aaa", t.callback("first"))
    through.write("bbb", t.callback("second"))
    through.end(t.callback("ended"))
    t.immediate(lambda: through.resume())


@case(
    about="a Transform that is given more than it can hold waits for read() step by step as in Node",
    skip_unless="node<26",
)
def TransformWaits(t):
    through = closely(t, "through", t.stream.PassThrough(high_water_mark=1), BOTH)
    through.write("aa", t.callback("first"))
    through.write("bb", t.callback("second"))
    through.end()

    def step():
        t.note("read", through.read())
        if not through.readable_ended:
            t.immediate(step)

    t.immediate(step)


@case(about="a Transform that fails takes the same steps as in Node")
def TransformFails(t):
    through = closely(
        t,
        "through",
        t.stream.Transform(transform=lambda chunk, encoding, callback: callback(t.error("no"))),
        BOTH,
    )
    through.on("error", t.callback("error"))
    through.write("a", t.callback("first"))
    through.write("b", t.callback("second"))


@case(about="a Duplex that may not be half open ends its other side step by step as in Node")
def NotHalfOpen(t):
    duplex = closely(
        t,
        "duplex",
        t.stream.Duplex(
            allow_half_open=False,
            read=lambda size: duplex.push(None),
            write=lambda chunk, encoding, callback: callback(),
        ),
        BOTH,
    )
    duplex.resume()


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


@case(about="a duplex pair carries chunks, waits for the other end's read() and ends step by step as in Node")
def Pair(t):
    one, other = t.stream.duplex_pair(high_water_mark=2)
    closely(t, "one", one, BOTH)
    closely(t, "other", other, BOTH)
    one.write("aaa", t.callback("first"))
    one.write("bbb", t.callback("second"))
    one.end(t.callback("ended"))
    other.on("data", lambda chunk: None)
    other.end("c")
    one.resume()


@case(about="destroy() of one end of a duplex pair reaches the other step by step as in Node")
def PairDestroyed(t):
    one, other = t.stream.duplex_pair()
    closely(t, "one", one, BOTH)
    closely(t, "other", other, BOTH)
    other.on("error", t.callback("error"))
    one.write("a", t.callback("written"))
    one.destroy(t.error("broken"))
    t.immediate(lambda: t.immediate(lambda: other.destroy()))


@case(about="a signal given at construction or by add_abort_signal() destroys a stream step by step as in Node")
def Aborted(t):
    controller = t.abort_controller()
    given = closely(t, "given", t.stream.Readable(read=lambda size: None, signal=controller.signal), READS)
    added = closely(t, "added", t.stream.PassThrough(), BOTH)
    t.stream.add_abort_signal(controller.signal, added)
    for stream in [given, added]:
        stream.on("error", t.callback("error"))
    controller.signal.add_event_listener("abort", lambda event: t.note("abort", [given.destroyed, added.destroyed]))
    controller.abort()
    t.note("aborted", [given.destroyed, added.destroyed])


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


@case(
    about="'end', 'resume' and 'pause' listeners see the same state as in Node, and may push or read",
    skip_unless="node<26.12",
)
def WithinReading(t):
    for event in ["end", "resume", "pause"]:
        for act in ["read", "push", "pause", "resume", "destroy"]:
            name = f"{act} in {event}"
            source = numbers(t, name, 2)
            source.on("error", t.callback(f"{name}: error"))

            def do(source=source, act=act, name=name):
                if act == "read":
                    t.note(name, source.read())
                if act == "push":
                    t.note(name, source.push("late"))
                if act == "pause":
                    source.pause()
                if act == "resume":
                    source.resume()
                if act == "destroy":
                    source.destroy()

            source.once(event, do)
            source.on("data", lambda chunk: None)
            if event == "pause":
                source.pause()
            much_later(t, lambda source=source: source.destroy())


@case(about="setting `destroyed` has the effect of Node's setter on each kind of stream")
def DestroyedByHand(t):
    for name in ["readable", "writable", "duplex"]:
        for value in [True, False]:
            stream = t.stream.PassThrough()
            if name == "readable":
                stream = t.stream.Readable(read=lambda size: None)
            if name == "writable":
                stream = t.stream.Writable(write=lambda chunk, encoding, callback: callback())
            closely(t, f"{name} {value}", stream, [])
            stream.on("error", t.callback(f"{name} {value}: error"))
            if name != "writable":
                stream.on("data", lambda chunk: t.note("data", chunk))
            stream.destroyed = value
            t.snapshot(stream)
            if name != "writable":
                t.attempt("push", lambda stream=stream: stream.push("x"))
            if name != "readable":
                t.attempt("write", lambda stream=stream: stream.write("y", t.callback("written")))
            much_later(t, lambda stream=stream: stream.destroy())


@case(about="a Duplex made without one of its sides has Node's state")
def SidesMissing(t):
    for readable in [True, False]:
        for writable in [True, False]:
            name = f"{readable} {writable}"
            duplex = closely(
                t,
                name,
                t.stream.Duplex(
                    readable=readable,
                    writable=writable,
                    read=lambda size: None,
                    write=lambda chunk, encoding, callback: callback(),
                ),
                BOTH,
            )
            duplex.on("error", t.callback(f"{name}: error"))
            duplex.on("data", lambda chunk: t.note("data", chunk))
            t.snapshot(duplex)
            t.attempt("push", lambda duplex=duplex: duplex.push("x"))
            t.attempt("write", lambda duplex=duplex: duplex.write("y", t.callback("written")))
            much_later(t, lambda duplex=duplex: duplex.destroy())


@case(about="setting `destroyed` on a stream that is under way stops its input and output at once")
def DestroyedByHandUnderWay(t):
    readable = t.stream.Readable(read=lambda size: None)
    writable = t.stream.Writable(write=lambda chunk, encoding, callback: callback())
    through = t.stream.PassThrough()
    for stream in [readable, writable, through]:
        stream.on("error", t.callback("error"))
    readable.on("data", t.callback("data"))
    through.on("data", t.callback("through"))
    readable.push("a")
    writable.write("a")
    through.write("a")

    def later():
        for value in [True, False]:
            for stream in [readable, writable, through]:
                stream.destroyed = value
            t.attempt("push", lambda: readable.push("b"))
            t.attempt("write", lambda: writable.write("b", t.callback("written")))
            t.attempt("write through", lambda: through.write("b", t.callback("written through")))
        t.immediate(lambda: [readable.destroy(), writable.destroy(), through.destroy()])

    t.immediate(lambda: t.immediate(later))


@case(about="a Duplex without a side fails the first chunk for it as in Node")
def SidesMissingUnwatched(t):
    def try_out(options):
        duplex = t.stream.Duplex(
            {**options, "read": lambda size: None, "write": lambda chunk, encoding, callback: callback()}
        )
        duplex.on("error", t.callback("error"))
        t.attempt("write", lambda: duplex.write("y", t.callback("written")))
        t.attempt("push", lambda: duplex.push("x"))
        t.immediate(lambda: duplex.destroy())

    try_out({"writable": False})
    try_out({"readable": False})


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


@case(about="the callback of final() called again within 'prefinish' is ERR_MULTIPLE_CALLBACK")
def FinalTwice(t):
    kept = []
    destination = t.stream.Writable(
        write=lambda chunk, encoding, callback: callback(), final=lambda callback: kept.append(callback)
    )
    for event in ["error", "finish", "close"]:
        destination.on(event, t.callback(event))
    destination.on("prefinish", lambda: [t.note("prefinish", None), kept[0]()])
    destination.end(t.callback("ended"))
    t.immediate(lambda: kept[0]())


@case(about="read(0) within the 'readable' of the end does not emit it again")
def ReadWithinReadable(t):
    source = t.stream.Readable(read=lambda size: None)

    def on_readable():
        t.note("readable", source.readable_length)
        source.read(0)

    source.on("readable", on_readable)
    source.on("end", t.callback("end"))

    def rest():
        t.note("rest", source.read())
        t.immediate(lambda: t.note("over", source.readable_ended))

    def end():
        source.push(None)
        t.immediate(rest)

    def push():
        source.push("abc")
        t.immediate(end)

    t.immediate(push)


@case(about="read() within 'data' of a duplex pair does not complete the write that is under way")
def PairReadsWithin(t):
    one, other = t.stream.duplex_pair(high_water_mark=1)
    other.on("data", lambda chunk: [t.note("data", chunk), other.read(0), t.note("read", None)])

    def write():
        for name in ["a", "b", "c"]:
            t.note(name, one.write(name, t.callback(f"written {name}")))
        t.immediate(lambda: t.immediate(lambda: [one.destroy(), other.destroy()]))

    t.immediate(lambda: t.immediate(write))


@case(
    about="an old-style source that emits too much within resume() is paused until the next read",
    skip_unless="node<26",
)
def WrappedGivesWithinResume(t):
    old = t.events.EventEmitter()
    left = ["bbbb", "cccc", "dddd"]

    def resume():
        t.note("resume", len(left))
        if left:
            old.emit("data", left.pop(0))
        else:
            old.emit("end")

    old.pause = t.callback("pause")
    old.resume = resume
    source = t.stream.Readable(high_water_mark=2).wrap(old)
    old.emit("data", "aaaa")

    def step():
        t.note("read", source.read())
        if not source.readable_ended:
            t.immediate(step)

    t.immediate(step)


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


@case(about="a chunk pushed to a flowing Readable after `destroyed` was set is treated as in Node")
def DestroyedByHandFlowing(t):
    source = t.stream.Readable(read=lambda size: None)
    for event in ["data", "error", "close"]:
        source.on(event, t.callback(event))

    def later():
        t.note("pushed", source.push(b"a"))
        for value in [True, False, True]:
            source.destroyed = value
            t.note("pushed", [value, source.push(b"b")])

    t.immediate(lambda: t.immediate(later))


@case(about="a stream checks several wrong options in Node's order")
def OptionsWrong(t):
    for options in [
        {"readable_high_water_mark": -1, "writable_high_water_mark": -2},
        {"capture_rejections": "x", "high_water_mark": -1},
        {"signal": "x", "high_water_mark": -1},
        {"signal": "x", "capture_rejections": "y"},
    ]:
        t.attempt("Readable", lambda options=options: t.stream.Readable(options) is None)
        t.attempt("Writable", lambda options=options: t.stream.Writable(options) is None)
        t.attempt("Duplex", lambda options=options: t.stream.Duplex(options) is None)
        t.attempt("Transform", lambda options=options: t.stream.Transform(options) is None)


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


@case(about="an exception in read() destroys a stream that is iterated, unless auto_destroy is off")
def IterationReadThrows(t):
    def fail(self, original, *args):
        raise t.error("no more")

    async def run(stream):
        async for chunk in stream.iterator(destroy_on_return=False):
            t.note("chunk", chunk)

    t.on_uncaught(t.callback("rejected"))
    for auto in [True, False]:
        stream = t.stream.Readable(read=lambda size: None, auto_destroy=auto)
        stream.push("a")
        t.override(stream, "read", fail)
        closely(t, f"stream, {auto}", stream, ["destroy"])
        t.spawn(run(stream))


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


def state(stream):
    """What may be seen of a stream: of its readable side, of its writable side, of its life."""
    readable = [
        getattr(stream, "readable", None),
        getattr(stream, "readable_ended", None),
        getattr(stream, "readable_flowing", None),
        getattr(stream, "readable_length", None),
    ]
    writable = [
        getattr(stream, "writable", None),
        getattr(stream, "writable_ended", None),
        getattr(stream, "writable_finished", None),
        getattr(stream, "writable_need_drain", None),
        getattr(stream, "writable_length", None),
    ]
    return [readable, writable, [stream.destroyed, stream.closed, stream.errored]]


def note_event(t, label, event, stream):
    """Note the state in each `event`."""
    stream.on(event, lambda *rest: t.note(label, state(stream)))


def record(t, name, stream, events):
    """Note listeners added and removed, and the state in each event."""
    stream.on("newListener", lambda event, fn: t.note(f"{name} added", event))
    stream.on("removeListener", lambda event, fn: t.note(f"{name} removed", event))
    for event in events:
        note_event(t, f"{name} {event}", event, stream)


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


@case(about="end() may be called in the callback of a synchronous write or in 'drain'")
def EndInCallback(t):
    sink = t.stream.Writable(high_water_mark=1, write=lambda chunk, encoding, callback: callback())
    record(t, "callback", sink, ["prefinish", "finish", "close", "drain"])
    sink.write("a", lambda *error: (t.note("written", state(sink)), sink.end("last", t.callback("ended"))))
    other = t.stream.Writable(high_water_mark=1, write=lambda chunk, encoding, callback: callback())
    other.on("drain", lambda: other.end("last", t.callback("other ended")))
    record(t, "drain", other, ["prefinish", "finish", "close", "drain"])
    other.write("ab", t.callback("other written"))
