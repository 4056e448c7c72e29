"""The order of what pipes, pipelines, operators and composed streams do within one step."""

from conformance import case
from conformance.scenery import BOTH, READS, WRITES, closely, much_later, numbers, sink, through


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


@case(about="a pipeline of three streams runs to its end step by step as in Node", skip_unless="node<26.12")
def Pipeline(t):
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


@case(about="finished() adds and removes its listeners in Node's order, on each kind of stream")
def FinishedListeners(t):
    for name in ["readable", "writable", "both"]:
        stream = t.stream.PassThrough()
        if name == "readable":
            stream = t.stream.Readable(read=lambda size: None)
        if name == "writable":
            stream = t.stream.Writable(write=lambda chunk, encoding, callback: callback())
        closely(t, name, stream, [])
        forget = t.stream.finished(stream, lambda *_: None)
        forget()
        stream.destroy()


@case(about="finished() on an emitter that is only half a stream adds and removes its listeners in Node's order")
def FinishedOldStyle(t):
    old = closely(t, "old", t.stream.Stream(), [])
    forget = t.stream.finished(old, t.callback("over"), readable=True, writable=True)
    old.emit("end")
    old.emit("close")
    forget()


@case(about="finished() with a signal that aborts has taken its listeners off before it calls back")
def FinishedAborted(t):
    controller = t.abort_controller()
    stream = closely(t, "stream", t.stream.PassThrough(), [])
    t.stream.finished(
        stream,
        lambda error: t.note("over", [error, stream.listener_count("end"), stream.listener_count("close")]),
        signal=controller.signal,
    )
    controller.abort()
    stream.destroy()


@case(about="finished() calls back in its place among the other listeners of 'end', 'finish', 'error' and 'close'")
def FinishedAmongListeners(t):
    stream = t.stream.PassThrough()
    for event in ["end", "finish", "close"]:
        stream.on(event, t.callback(f"{event} before"))
    t.stream.finished(stream, t.callback("over"))
    t.stream.finished(stream, t.callback("read"), writable=False)
    t.stream.finished(stream, t.callback("written"), readable=False)
    for event in ["end", "finish", "close"]:
        stream.on(event, t.callback(f"{event} behind"))
    stream.resume()
    stream.end("x")


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


@case(about="Readable.from() of values, of promises and of an async generator gives them step by step as in Node")
def From(t):
    async def count():
        yield "x"
        yield "y"

    for name, values in [["list", ["a", "b"]], ["text", "text"], ["async", count()]]:
        closely(t, name, t.stream.Readable.from_(values), READS).on("data", lambda chunk: None)


@case(about="Readable.from() of an async generator that is destroyed ends it step by step as in Node")
def FromDestroyed(t):
    async def count():
        for number in range(9):
            yield str(number)

    source = closely(t, "source", t.stream.Readable.from_(count()), READS)
    source.on("error", t.callback("error"))
    source.once("data", lambda chunk: source.destroy(t.error("enough")))


@case(
    about="map() with concurrency reads its source, calls its function and gives results step by step as in Node",
    skip_unless="node<26",
)
def Mapped(t):
    async def double(value, options):
        t.note("called", value)
        await t.events.once(pace, "step")
        t.note("done", value)
        return value + value

    pace = t.events.EventEmitter()
    source = numbers(t, "source", 3)
    mapped = closely(t, "mapped", source.map(double, concurrency=2), READS)
    mapped.on("data", lambda chunk: t.note("data", chunk))

    def step():
        pace.emit("step")
        if not mapped.destroyed:
            t.immediate(step)

    t.immediate(step)


@case(about="map() whose function fails takes its source down step by step as in Node", skip_unless="node<26")
def MapFails(t):
    def fail(value, options):
        raise t.error("no")

    mapped = closely(t, "mapped", numbers(t, "source", 3).map(fail), READS)
    mapped.on("error", t.callback("error"))
    mapped.resume()


@case(
    about="filter(), flat_map(), take() and drop() read their source step by step as in Node",
    skip_unless="node<26",
)
def Chained(t):
    async def run():
        chained = numbers(t, "source", 6).filter(lambda value, options: value != b"2")
        chained = chained.flat_map(lambda value, options: [value, value]).drop(1).take(3)
        t.note("all", await chained.to_array())

    t.spawn(run())


@case(
    about="reduce() and for_each() call their function and end step by step as in Node, as does their abort",
    skip_unless="node<26",
)
def Reduced(t):
    async def run():
        t.note("sum", await numbers(t, "source", 3).reduce(lambda total, value, options: total + len(value), 0))
        await numbers(t, "other", 2).for_each(lambda value, options: t.note("each", value))
        t.on_uncaught(t.callback("rejected"))
        controller = t.abort_controller()
        t.immediate(lambda: controller.abort())
        await closely(t, "idle", t.stream.Readable(read=lambda size: None), READS).reduce(
            lambda total, value, options: total, 0, signal=controller.signal
        )

    t.spawn(run())


@case(about="operators check several wrong arguments in Node's order")
def OperatorsWrong(t):
    source = t.stream.Readable.from_(["a"])
    for options in ["y", {"concurrency": "x", "high_water_mark": "y"}, {"signal": "y"}]:
        t.attempt("map", lambda options=options: source.map("x", options) is None)
        t.attempt("filter", lambda options=options: source.filter("x", options) is None)
        t.attempt("flat_map", lambda options=options: source.flat_map("x", options) is None)
    for options in [{"concurrency": "x", "high_water_mark": "y"}, {"high_water_mark": "x"}, {"signal": "y"}]:
        t.attempt("options", lambda options=options: source.map(lambda value: value, options) is None)
    t.attempt("take", lambda: source.take("x", "y") is None)
    t.attempt("finished", lambda: t.stream.finished(source, {"signal": "x"}, "y"))
    t.attempt("finished", lambda: t.stream.finished("x", {"signal": "y"}, lambda error: None))
    t.attempt("finished", lambda: t.stream.finished("x", "y", "z"))


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


@case(about="a pipeline whose last part is an async generator gives a stream, read step by step as in Node")
def PipelineGives(t):
    async def shout(source):
        async for chunk in source:
            yield chunk

    given = t.stream.pipeline(numbers(t, "source", 2), shout, t.callback("over"))
    closely(t, "given", given, ["read", "push", "pause", "resume", "destroy"]).on("data", lambda chunk: None)


@case(about="an async iterator is returned, or thrown into, by map() and by Readable.from() step by step as in Node")
def GeneratorsEnd(t):
    async def count(name):
        for number in range(4):
            t.note(name, number)
            yield str(number)

    def fail(value, options):
        raise t.error("no")

    async def run():
        async for value in t.stream.Readable.from_(count("left")).map(lambda value, options: value):
            t.note("left with", value)
            break
        t.note("first", await t.stream.Readable.from_(count("found")).find(lambda value, options: value == "1"))
        t.note("every", await t.stream.Readable.from_(count("every")).every(lambda value, options: value != "1"))
        t.note("taken", await t.stream.Readable.from_(count("taken")).take(2).to_array())
        await t.stream.Readable.from_(count("thrown")).for_each(fail)

    t.on_uncaught(lambda error: t.note("rejected", None))
    t.spawn(run())


@case(about="a pipeline whose function rejects destroys its streams, then calls back, in Node's order")
def PipelineRejects(t):
    async def fail(source):
        async for chunk in source:
            t.note("chunk", chunk)
            raise t.error("no")

    given = t.stream.pipeline(numbers(t, "source", 3), fail, t.callback("over"))
    closely(t, "given", given, ["destroy"]).on("error", t.callback("error"))


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


@case(about="reduce() and the like with an aborted signal destroy their source step by step as in Node")
def ReducedAborted(t):
    async def run(source, signal):
        await source.reduce(lambda total, value, options: total, 0, signal=signal)

    t.on_uncaught(t.callback("rejected"))
    controller = t.abort_controller()
    controller.abort()
    t.spawn(run(closely(t, "idle", t.stream.Readable(read=lambda size: None), READS), controller.signal))


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


@case(about="pipe() of an old-style stream adds and removes its listeners in Node's order")
def OldPipe(t):
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


@case(about="flat_map() and map() give each value after as many microtasks as Node does")
def OperatorTurns(t):
    turns = [0]

    def count():
        turns[0] += 1
        if turns[0] < 60:
            t.microtask(count)

    def function(value, options):
        turns[0] = 0
        t.microtask(count)
        return [value, value + value]

    def give(self, original, *args):
        t.note("push", [args[0], turns[0]])
        return original(*args)

    for name in ["flat_map", "map"]:
        source = t.stream.Readable.from_(["a", "b"])
        stream = source.map(function) if name == "map" else source.flat_map(function)
        t.override(stream, "push", give)
        stream.on("data", t.callback("data"))


@case(about="reduce() and the other reducers check their arguments in Node's order")
def ReducersWrong(t):
    async def run(name, source):
        if name == "reduce":
            await source.reduce("x", 0, "y")
        elif name == "for_each":
            await source.for_each("x", "y")
        elif name == "some":
            await source.some("x", "y")
        elif name == "every":
            await source.every("x", "y")
        else:
            await source.find("x", "y")

    t.on_uncaught(t.callback("rejected"))
    for name in ["reduce", "for_each", "some", "every", "find"]:
        t.spawn(run(name, t.stream.Readable.from_(["a"])))


@case(about="map() with a slow reader calls its function again each time a result is taken")
def MapReadSlowly(t):
    async def run():
        async for value in mapped:
            t.note("value", value)
            await t.events.once(pace, "step")

    def function(value, options):
        t.note("called", value)
        return value

    def step():
        t.note("step", pace.emit("step"))
        if not mapped.destroyed:
            t.immediate(step)

    pace = t.events.EventEmitter()
    source = t.stream.Readable.from_(["a", "b", "c", "d", "e", "f", "g", "h"])
    mapped = source.map(function, concurrency=1, high_water_mark=1)
    t.spawn(run())
    t.immediate(step)


@case(about="flat_map() of async generators gives each value after as many microtasks as Node does, and can be left")
def FlatMapOfGenerators(t):
    turns = [0]

    def count():
        turns[0] += 1
        if turns[0] < 60:
            t.microtask(count)

    async def twice(value):
        for number in range(2):
            t.note("asked", [value, number, turns[0]])
            turns[0] = 0
            t.microtask(count)
            yield f"{value}{number}"

    def give(self, original, *args):
        t.note("push", [args[0], turns[0]])
        return original(*args)

    async def leave(values):
        async for value in values:
            t.note("left with", value)
            break

    stream = t.stream.Readable.from_(["a", "b"]).flat_map(lambda value, options: twice(value))
    t.override(stream, "push", give)
    stream.on("data", t.callback("data"))
    t.spawn(leave(t.stream.Readable.from_(["c", "d"]).flat_map(lambda value, options: twice(value))))


@case(about="a pipeline whose function rejects without reading fails its streams in Node's order")
def PipelineRejectsAtOnce(t):
    async def fail(source):
        raise t.error("no")

    source = closely(t, "source", t.stream.Readable(read=lambda size: None), READS)
    given = t.stream.pipeline(source, fail, t.callback("over"))
    closely(t, "given", given, ["destroy"]).on("error", t.callback("error"))


@case(
    about="a generator that is not async is closed, or thrown into, by a stream that leaves it step by step as in Node",
    fixtures={"main": "generators.js"},
)
def Generators(t):
    def clock(name):
        turns = [0]

        def count():
            turns[0] += 1
            turn = turns[0]
            t.next_tick(lambda: t.note(f"{name}: tick", turn))
            if turn < 8:
                t.microtask(count)

        return (lambda: t.microtask(count), lambda: turns[0])

    def values(name, now, swallows):
        try:
            yield "a"
            yield "b"
            yield "c"
        except Exception as error:
            t.note(f"{name}: thrown into", [error, now()])
            if not swallows:
                raise
        finally:
            t.note(f"{name}: closed", now())

    def read(name, error, swallows):
        start, now = clock(name)
        source = t.watch(name, t.stream.Readable.from_(values(name, now, swallows)))
        t.override(
            source,
            "_destroy",
            lambda self, original, failure, callback: original(
                failure, lambda *rest: [t.note(f"{name}: called back", len(rest)), callback(*rest)]
            ),
        )
        source.on("error", t.callback(f"{name}: error"))
        source.once("data", lambda chunk: [start(), source.destroy(error)])

    def write(name):
        start, now = clock(name)
        sink = t.stream.Writable(write=lambda chunk, encoding, callback: callback())

        def full(self, original, *args):
            start()
            raise t.error("full")

        t.override(sink, "write", full)
        t.stream.pipeline(values(name, now, False), sink, t.callback(f"{name}: over"))

    read("left", None, False)
    read("failed", t.error("enough"), False)
    read("swallowed", t.error("enough"), True)
    write("written")


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


def note_event(t, label, event, stream):
    """Note the state in each `event`."""
    stream.on(event, lambda *rest: t.note(label, state(stream)))


def record(t, name, stream, events):
    """Note listeners added and removed, and the state in each event."""
    stream.on("newListener", lambda event, fn: t.note(f"{name} added", event))
    stream.on("removeListener", lambda event, fn: t.note(f"{name} removed", event))
    for event in events:
        note_event(t, f"{name} {event}", event, stream)


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
