"""The hooks of a stream (_write, _writev, _final, …): called twice, that throw, at odd moments."""

from conformance import case


@case(about="writev() without write() gets a single chunk without the flag all_buffers")
def WritevAlone(t):
    def writev(chunks, callback):
        t.note("all buffers", chunks.all_buffers)
        callback()

    sink = t.stream.Writable(writev=writev)
    sink.write("one")
    sink.cork()
    sink.write("two")
    sink.write("three")
    sink.end()


@case(about="after an exception in writev() nothing more is written, and the queue stays")
def WritevThrows(t):
    def writev(chunks, callback):
        raise t.error("thrown")

    sink = t.watch("sink", t.stream.Writable(writev=writev))
    sink.cork()
    sink.write("one")
    sink.write("two")
    t.attempt("uncork", lambda: sink.uncork())
    sink.write("three")
    t.note("length", sink.writable_length)
    t.note("buffered", len(sink.writable_buffer))


@case(about="remove_all_listeners() during construct() also removes Node's own, and no write starts")
def ListenersRemovedInConstruct(t):
    sink = t.watch(
        "sink",
        t.stream.Writable(
            write=lambda chunk, encoding, callback: t.note("written", chunk),
            construct=lambda callback: t.immediate(callback),
        ),
    )
    sink.write("data")
    sink.remove_all_listeners()
    t.immediate(lambda: t.immediate(lambda: t.note("length", sink.writable_length)))


@case(about="final() that calls back twice fails with ERR_MULTIPLE_CALLBACK, unless the stream had failed")
def FinalTwice(t):
    def twice(callback):
        def call():
            callback()
            callback()

        t.immediate(call)

    for name in ["alone", "after an error"]:
        sink = t.watch(
            name,
            t.stream.Writable(
                write=lambda chunk, encoding, callback: callback(), final=twice, auto_destroy=False
            ),
        )
        sink.on("error", t.callback(f"{name}: error"))
        sink.end()
        if name != "alone":
            sink.write("late")


@case(about="a push() that a destroyed stream ignores does not answer read()")
def PushRefused(t):
    source = t.watch("source", t.stream.Readable(read=lambda size: t.note("read", size)))
    source.read(0)
    source.resume()
    source.destroy()
    t.note("push", source.push("late"))
    source.destroyed = False
