"""stream.destroy(), the function of the module, on streams and other objects; _undestroy(), which takes it back."""

from conformance import case
from conformance.scenery import closely, much_later


@case(about="stream.destroy() of an object without destroy() emits 'error' and, a tick later, 'close', only once")
def DestroyOld(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    for error in [t.error("boom"), None]:
        source = t.watch("source", t.stream.Stream())
        source.on("error", lambda error: t.next_tick(lambda: t.note("tick", True)))
        source.on("error", lambda error: t.microtask(lambda: t.note("microtask", True)))
        t.stream.destroy(source, error)
        t.note("is destroyed", t.stream.is_destroyed(source))
        t.stream.destroy(source, t.error("again"))
    emitter = t.events.EventEmitter()
    t.stream.destroy(emitter, t.error("an emitter"))
    t.stream.destroy(emitter, t.error("an emitter again"))
    t.stream.destroy({"a": 1}, t.error("a dict"))


@case(about="_undestroy() makes a stream that has ended and closed work again, with its listeners")
def Undestroyed(t):
    source = t.watch("source", t.stream.Readable(read=lambda size: None))
    sink = t.watch("sink", t.stream.Writable(write=lambda chunk, encoding, callback: callback()))
    both = t.watch("both", t.stream.PassThrough())

    def again():
        for one in [source, sink, both]:
            one._undestroy()
            t.snapshot(one)
        source.push(b"again")
        t.note("read", source.read())
        sink.end(b"again", t.callback("ended again"))
        both.end(b"again")

    for one in [source, both]:
        one.resume()
    source.push(None)
    sink.end(b"once")
    both.end(b"once")
    t.immediate(lambda: t.immediate(again))


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
