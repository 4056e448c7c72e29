"""wrap() of an old-style stream."""

from conformance import case
from conformance.scenery import READS, closely, note_error


@case(about="an old-style source behind wrap() gets its listeners, pauses and resumes in Node's order")
def WrappedSteps(t):
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
