"""stream.destroy(), the function of the module, on streams and on other objects."""

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
