"""Readable.from() of lists, texts, promises and generators, and what becomes of a generator that is left."""

from conformance import case
from conformance.scenery import READS, closely


@case(about="Readable.from() of values, of promises and of an async generator gives them step by step as in Node")
def Steps(t):
    async def count():
        yield "x"
        yield "y"

    for name, values in [["list", ["a", "b"]], ["text", "text"], ["async", count()]]:
        closely(t, name, t.stream.Readable.from_(values), READS).on("data", lambda chunk: None)


@case(about="Readable.from() of an async generator that is destroyed ends it step by step as in Node")
def Destroyed(t):
    async def count():
        for number in range(9):
            yield str(number)

    source = closely(t, "source", t.stream.Readable.from_(count()), READS)
    source.on("error", t.callback("error"))
    source.once("data", lambda chunk: source.destroy(t.error("enough")))


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
