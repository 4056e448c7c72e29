"""stream.destroy(), the function of the module, on streams and other objects; _undestroy(), which takes it back."""

from conformance import case


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
