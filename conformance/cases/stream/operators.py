"""map(), filter(), reduce() and the other operators of a Readable, on sockets and on streams in memory."""

from conformance import case
from conformance.scenery import READS, closely, numbers, serve


def told(t, label, promise):
    """Records how a promise ends."""
    promise.then(t.callback(f"{label} resolved"), t.callback(f"{label} rejected"))


def rounds(t, count):
    """Notes the microtasks as they go by, so that it shows in which of them something happens."""
    if count:
        t.note("microtask", count)
        t.microtask(lambda: rounds(t, count - 1))


def kept_open(t):
    """A server whose peer speaks one word per request and never ends."""

    def on_connection(peer):
        peer.on("error", lambda error: None)
        peer.write("one")
        peer.on("data", lambda chunk: peer.write("more"))

    serve(t, on_connection)


@case(about="map() of a socket yields the function's result for each chunk, and ends with the socket")
class MapSocket:
    def server(t):
        serve(t, lambda peer: peer.end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        lengths = t.watch("lengths", client.map(lambda chunk: len(chunk)))
        t.note("is lazy", client.event_names())
        lengths.on("data", t.callback("length"))


@case(about="to_array() of a socket collects all chunks and destroys the socket")
class ToArraySocket:
    def server(t):
        serve(t, lambda peer: t.watch("peer", peer).end("hello"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        told(t, "array", client.to_array())


@case(
    about="to_array() of a half-open socket leaves its writable side open",
    skip_unless="node^24.19",
)
class ToArrayHalfOpen:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", t.callback("received"))
            peer.end("hello")

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", allow_half_open=True))

        async def collect():
            t.note("chunks", await client.to_array())
            t.note("state", client.ready_state)
            client.end("thanks")

        t.spawn(collect())


@case(about="for_each() of a socket awaits each call of an async function before the next")
class ForEachSocket:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.write("1")
            peer.on("data", lambda chunk: peer.write("2") if chunk == b"one" else peer.end())

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        async def answer(chunk):
            t.note("chunk", chunk)
            client.write("one" if chunk == b"1" else "two")
            await t.events.once(written, "go on")
            t.note("answered", chunk)

        written = t.events.EventEmitter()
        client.on("readable", lambda: t.immediate(lambda: written.emit("go on")))
        told(t, "for each", client.for_each(answer))


@case(about="take() destroys the socket once it has enough chunks")
class TakeSocket:
    def server(t):
        kept_open(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        told(t, "taken", client.take(1).to_array())


@case(about="take(0) of a socket reads one chunk before it ends")
class TakeNothing:
    def server(t):
        kept_open(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        told(t, "taken", client.take(0).to_array())


@case(about="drop() of a socket skips its first chunks")
class DropSocket:
    def server(t):
        def on_connection(peer):
            peer.write("one")
            peer.once("data", lambda chunk: peer.end("two"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.once("readable", lambda: client.write("on"))
        told(t, "rest", client.drop(1).map(lambda chunk: str(chunk.decode())).to_array())


@case(about="find() stops at the first match, and the socket is destroyed with its next chunk")
class FindSocket:
    def server(t):
        kept_open(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def found(chunk):
            t.note("found", chunk)
            t.note("destroyed", client.destroyed)
            t.immediate(look)

        def look():
            t.note("destroyed a turn later", client.destroyed)
            client.write("more")

        client.find(lambda chunk: True).then(found, t.callback("never"))


@case(about="destroying a mapped stream destroys the socket only with its next chunk")
class DestroyMapped:
    def server(t):
        kept_open(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        mapped = t.watch("mapped", client.map(lambda chunk: chunk))

        def look():
            t.note("socket destroyed", client.destroyed)
            t.note("mapped closed", mapped.closed)
            client.write("more")

        def on_data(chunk):
            mapped.destroy()
            t.immediate(lambda: t.immediate(look))

        mapped.on("data", on_data)


@case(about="destroying a socket fails the stream mapped from it with ERR_STREAM_PREMATURE_CLOSE")
class SocketDestroyed:
    def server(t):
        kept_open(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        mapped = t.watch("mapped", client.map(lambda chunk: chunk))
        mapped.on("error", t.callback("mapped error"))
        mapped.on("data", lambda chunk: client.destroy())


@case(about="an exception in its function destroys the mapped stream and the socket")
class MapThrows:
    def server(t):
        kept_open(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def fail(chunk):
            raise t.error("the function's own")

        mapped = t.watch("mapped", client.map(fail))
        mapped.on("error", t.callback("mapped error", lambda error: t.immediate(more)))
        mapped.resume()

        def more():
            t.note("destroyed", client.destroyed)
            client.write("more")


@case(about="a refused connection rejects the promise of an operator")
def RefusedOperator(t):
    client = t.watch("client", t.net.connect(t.path("missing.sock")))
    told(t, "some", client.some(lambda chunk: True))


@case(about="operators of a destroyed socket fail with ERR_STREAM_PREMATURE_CLOSE")
def DestroyedSource(t):
    socket = t.net.Socket()
    socket.destroy()
    told(t, "array", socket.to_array())
    told(t, "reduce", socket.reduce(lambda a, b: a, 0))
    told(t, "taken", socket.take(1).to_array())


@case(about="reduce() of a socket folds its chunks, from the first one if there is no initial value")
class ReduceSocket:
    def server(t):
        def on_connection(peer):
            peer.write("one")
            peer.once("data", lambda chunk: peer.end("two"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.set_encoding("utf8")

        def fold(text, chunk):
            t.note("fold", [text, chunk])
            return text + chunk

        client.once("readable", lambda: client.write("on"))
        told(t, "reduce", client.reduce(fold))


@case(about="an operator that waits for a socket sees an abort with the next chunk")
class AbortWaiting:
    def server(t):
        kept_open(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        controller = t.abort_controller()

        def each(chunk):
            t.note("chunk", chunk)
            t.immediate(abort)

        def abort():
            controller.abort()
            t.note("destroyed", client.destroyed)
            t.immediate(lambda: client.write("more"))

        told(t, "for each", client.for_each(each, signal=controller.signal))


@case(about="a chain of operators that has enough destroys one operator with each further chunk")
class Chain:
    def server(t):
        def on_connection(peer):
            peer.on("error", lambda error: None)
            peer.on("data", lambda chunk: peer.write("two"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def ask(chunk):
            t.note("map", chunk)
            client.write("please")
            return chunk.decode()

        def is_two(text):
            t.note("filter", text)
            return text == "two"

        mapped = t.watch("mapped", client.map(ask))
        filtered = t.watch("filtered", mapped.filter(is_two))
        taken = t.watch("taken", filtered.take(1))
        client.once("connect", lambda: client.write("please"))
        told(t, "taken", taken.to_array())


@case(about="map() calls an async function for `concurrency` values at once, and keeps their order")
def MapConcurrency(t):
    gate = t.events.EventEmitter()

    async def slow(value):
        t.note("begun", value)
        await t.events.once(gate, str(value))
        t.note("done", value)
        return value * 10

    source = t.watch("source", t.stream.Readable.from_([1, 2, 3, 4, 5]))
    mapped = t.watch("mapped", source.map(slow, concurrency=2))
    mapped.on("data", t.callback("data"))

    def open_gate(names):
        if names:
            t.note("opens", names[0])
            gate.emit(names[0])
            t.immediate(lambda: open_gate(names[1:]))

    t.immediate(lambda: open_gate(["2", "1", "4", "3", "5"]))


@case(about="map() with a high_water_mark runs ahead of a slow reader")
def MapHighWaterMark(t):
    def note(value):
        t.note("called", value)
        return value

    source = t.stream.Readable.from_([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    ahead = source.map(note, concurrency=1, high_water_mark=3)
    ahead.once("readable", lambda: t.immediate(lambda: t.immediate(look)))

    def look():
        t.note("read", ahead.read())
        t.immediate(lambda: ahead.destroy())


@case(about="map() without options is at most one value ahead of its reader")
def MapPace(t):
    def note(value):
        t.note("called", value)
        return value

    source = t.watch("source", t.stream.Readable.from_([1, 2, 3, 4, 5]))
    mapped = t.watch("mapped", source.map(note))

    def read_on():
        chunk = mapped.read()
        t.note("read", chunk)
        if chunk is not None:
            t.immediate(lambda: t.immediate(read_on))

    mapped.once("readable", read_on)


@case(about="each operator delivers its values after as many microtasks as in Node", skip_unless="node<26.8")
def Microtasks(t):
    def source():
        return t.stream.Readable.from_(["a", "b"])

    async def walk():
        t.note("array", await source().to_array())
        rounds(t, 30)
        t.note("mapped", await source().map(lambda x: x).to_array())
        rounds(t, 30)
        t.note("filtered", await source().filter(lambda x: x == "b").to_array())
        rounds(t, 30)
        t.note("flat", await source().flat_map(lambda x: [x, x]).to_array())
        rounds(t, 30)
        t.note("some", await source().some(lambda x: x == "b"))
        rounds(t, 30)
        t.note("every", await source().every(lambda x: True))
        rounds(t, 30)
        t.note("find", await source().find(lambda x: x == "a"))
        rounds(t, 30)
        t.note("reduced", await source().reduce(lambda x, y: x + y))
        rounds(t, 30)
        t.note("each", await source().for_each(lambda x: None))
        rounds(t, 30)
        t.note("taken", await source().take(1).to_array())
        rounds(t, 30)
        t.note("dropped", await source().drop(1).to_array())

    rounds(t, 30)
    t.spawn(walk())


@case(about="filter() and all other operators await async functions")
def AsyncFunctions(t):
    def source():
        return t.stream.Readable.from_([1, 2, 3])

    async def odd(value):
        t.note("asked", value)
        await t.events.once(ticker, "tick")
        return value % 2 == 1

    ticker = t.events.EventEmitter()

    def tick(left):
        ticker.emit("tick")
        if left:
            t.immediate(lambda: tick(left - 1))

    async def walk():
        t.note("filtered", await source().filter(odd).to_array())
        t.note("some", await source().some(odd))
        t.note("every", await source().every(odd))
        t.note("find", await source().find(odd))

    t.spawn(walk())
    tick(12)


@case(about="reduce() awaits its function")
def AsyncReduce(t):
    async def add(total, value):
        t.note("adds", [total, value])
        await t.stream.promises.finished(t.stream.Readable.from_([]).resume())
        return total + value

    told(t, "sum", t.stream.Readable.from_([1, 2, 3]).reduce(add, 10))
    told(t, "alone", t.stream.Readable.from_([5]).reduce(add))
    told(t, "empty", t.stream.Readable.from_([]).reduce(add))
    told(t, "start", t.stream.Readable.from_([]).reduce(add, 7))


@case(about="flat_map() yields the items of lists, texts, bytes, streams and generators in order")
def FlatMap(t):
    async def letters(value):
        yield "x"
        yield "y"

    def all_kinds(value):
        if value == 1:
            return [10, 11]
        if value == 2:
            return "ab"
        if value == 3:
            return t.stream.Readable.from_(["s", "t"])
        if value == 4:
            return []
        return letters(value)

    flat = t.watch("flat", t.stream.Readable.from_([1, 2, 3, 4, 5]).flat_map(all_kinds))
    flat.on("data", t.callback("data"))


@case(about="flat_map() fails with a TypeError if its function returns something not iterable")
def FlatMapNotIterable(t):
    told(t, "number", t.stream.Readable.from_([1]).flat_map(lambda value: 5).to_array())
    told(t, "null", t.stream.Readable.from_([1]).flat_map(lambda value: None).to_array())
    told(t, "object", t.stream.Readable.from_([1]).flat_map(lambda value: {"a": 1}).to_array())


@case(about="map() fails with ERR_STREAM_NULL_VALUES if its function returns null")
def MapToNull(t):
    source = t.watch("source", t.stream.Readable.from_([1, 2]))
    mapped = t.watch("mapped", source.map(lambda value: None))
    mapped.on("error", t.callback("error"))
    mapped.resume()


@case(
    about="a function that throws or rejects fails its operator and destroys the source",
    skip_unless="node<26.8",
)
def FunctionFails(t):
    def fail(value):
        raise t.error(f"at {value}")

    async def reject(value):
        raise t.error(f"async at {value}")

    for label in ["map", "filter", "for_each", "some", "every", "find", "flat_map", "reduce"]:
        source = t.watch(f"source of {label}", t.stream.Readable.from_([1, 2, 3]))
        if label == "map":
            told(t, label, source.map(reject).to_array())
        if label == "filter":
            told(t, label, source.filter(fail).to_array())
        if label == "for_each":
            told(t, label, source.for_each(reject))
        if label == "some":
            told(t, label, source.some(fail))
        if label == "every":
            told(t, label, source.every(reject))
        if label == "find":
            told(t, label, source.find(fail))
        if label == "flat_map":
            told(t, label, source.flat_map(fail).to_array())
        if label == "reduce":
            told(t, label, source.reduce(fail, 0))


@case(about="a later call that fails during an earlier one fails the operator when its turn comes")
def LaterCallFails(t):
    gate = t.events.EventEmitter()

    async def slow(value):
        t.note("begun", value)
        if value == 2:
            raise t.error("two")
        await t.events.once(gate, "open")
        return value

    mapped = t.watch("mapped", t.stream.Readable.from_([1, 2, 3, 4]).map(slow, concurrency=3))
    mapped.on("data", t.callback("data"))
    mapped.on("error", t.callback("error"))
    t.immediate(lambda: t.immediate(lambda: gate.emit("open")))


@case(about="take() and drop() convert their argument to a number", skip_unless="node<26.8")
def Counts(t):
    counts = [2, 1.5, 0, "2", "x", None, True, [2], 99]
    for number in range(9):
        count = counts[number]
        told(t, f"take {number}", t.stream.Readable.from_([1, 2, 3]).take(count).to_array())
        told(t, f"drop {number}", t.stream.Readable.from_([1, 2, 3]).drop(count).to_array())
    told(t, "take nothing given", t.stream.Readable.from_([1, 2, 3]).take().to_array())
    t.attempt("take -1", lambda: t.stream.Readable.from_([1]).take(-1))
    t.attempt("drop -0.5", lambda: t.stream.Readable.from_([1]).drop(-0.5))


@case(about="operators that return a stream throw for bad arguments; those that return a promise reject")
def BadArguments(t):
    source = t.net.Socket()
    t.attempt("map", lambda: source.map())
    t.attempt("map 5", lambda: source.map(5))
    t.attempt("map options", lambda: source.map(lambda x: x, 5))
    t.attempt("map concurrency", lambda: source.map(lambda x: x, concurrency=0))
    t.attempt("map concurrency text", lambda: source.map(lambda x: x, concurrency="x"))
    t.attempt("map mark", lambda: source.map(lambda x: x, high_water_mark=-1))
    t.attempt("map signal", lambda: source.map(lambda x: x, signal=5))
    t.attempt("filter", lambda: source.filter("x"))
    t.attempt("flat_map", lambda: source.flat_map(None))
    t.attempt("take options", lambda: source.take(1, 5))
    t.attempt("take signal", lambda: source.take(1, signal={}))
    t.attempt("drop options", lambda: source.drop(1, []))
    told(t, "for_each", source.for_each(5))
    told(t, "some", source.some())
    told(t, "every", source.every(lambda x: x, concurrency=-1))
    told(t, "find", source.find(lambda x: x, 5))
    told(t, "to_array", source.to_array(5))
    told(t, "to_array signal", source.to_array(signal=5))
    told(t, "reduce", source.reduce())
    told(t, "reduce options", source.reduce(lambda a, b: a, 0, 5))
    t.note("nothing has been read", source.event_names())


@case(about="concurrency and high_water_mark are rounded down, and null means the default")
def RoundedOptions(t):
    for concurrency in [1.9, "2", None, True]:
        mapped = t.stream.Readable.from_([1, 2]).map(lambda x: x, concurrency=concurrency)
        told(t, f"{concurrency}", mapped.to_array())
    told(t, "mark", t.stream.Readable.from_([1, 2]).map(lambda x: x, high_water_mark=0.5).to_array())


@case(about="an aborted signal fails every operator at its first value, and reduce() at once")
def AbortedBefore(t):
    controller = t.abort_controller()
    controller.abort(t.error("the reason"))
    signal = controller.signal

    def source(label):
        return t.watch(label, t.stream.Readable.from_([1, 2]))

    told(t, "map", source("1").map(lambda x: x, signal=signal).to_array())
    told(t, "filter", source("2").filter(lambda x: x, signal=signal).to_array())
    told(t, "flat_map", source("3").flat_map(lambda x: [x], signal=signal).to_array())
    told(t, "for_each", source("4").for_each(lambda x: x, signal=signal))
    told(t, "some", source("5").some(lambda x: x, signal=signal))
    told(t, "every", source("6").every(lambda x: x, signal=signal))
    told(t, "find", source("7").find(lambda x: x, signal=signal))
    told(t, "to_array", source("8").to_array(signal=signal))
    told(t, "reduce", source("9").reduce(lambda a, b: a, 0, signal=signal))
    told(t, "take", source("10").take(1, signal=signal).to_array())
    told(t, "drop", source("11").drop(1, signal=signal).to_array())


@case(about="an operator aborts the signal of its function together with its own")
def FunctionsSignal(t):
    controller = t.abort_controller()

    async def see(value, options):
        t.note("value", value)
        t.note("aborted", options.signal.aborted)
        controller.abort()
        t.note("aborted", options.signal.aborted)

    told(t, "map", t.stream.Readable.from_([1, 2]).map(see, signal=controller.signal).to_array())
    told(
        t,
        "without",
        t.stream.Readable.from_([1]).for_each(lambda x, options: t.note("own", options.signal.aborted)),
    )


@case(about="an operator returns a Readable in object mode with room for one value")
def OperatorStream(t):
    source = t.net.Socket()
    for stream in [
        source.map(lambda x: x),
        source.filter(lambda x: x),
        source.take(1),
        source.flat_map(lambda x: x),
    ]:
        t.note("object mode", stream.readable_object_mode)
        t.note("mark", stream.readable_high_water_mark)
        t.note("writable", getattr(stream, "writable", None))
        t.note("names", stream.event_names())


@case(about="destroying a mapped stream during a call that never returns does not close it")
def DestroyUnderWay(t):
    gate = t.events.EventEmitter()

    async def never(value):
        await t.events.once(gate, "open")
        return value

    source = t.watch("source", t.stream.Readable.from_([1, 2]))
    mapped = t.watch("mapped", source.map(never))
    mapped.on("error", t.callback("error"))
    mapped.resume()

    def later():
        t.note("closed", mapped.closed)
        gate.emit("open")

    def destroy():
        mapped.destroy(t.error("from outside"))
        t.immediate(later)

    t.immediate(destroy)


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


@case(about="reduce() and the like with an aborted signal destroy their source step by step as in Node")
def ReducedAborted(t):
    async def run(source, signal):
        await source.reduce(lambda total, value, options: total, 0, signal=signal)

    t.on_uncaught(t.callback("rejected"))
    controller = t.abort_controller()
    controller.abort()
    t.spawn(run(closely(t, "idle", t.stream.Readable(read=lambda size: None), READS), controller.signal))
