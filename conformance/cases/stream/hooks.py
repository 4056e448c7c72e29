"""The hooks of a stream (_write, _read, _final, …): called twice, at odd moments, or not functions at all."""

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


def note_error(t, label, emitter):
    """Have each 'error' of `emitter` noted as `label`; returns `emitter`."""
    emitter.on("error", lambda error: t.note(label, error))
    return emitter


@case(about="a _read or _destroy that is not a function fails the stream with a TypeError; such a _final is ignored")
def HookNoFunction(t):
    source = note_error(t, "read", t.stream.Readable())
    source._read = 5
    t.attempt("read", lambda: source.read())
    final = note_error(t, "final", t.stream.Writable(write=lambda chunk, encoding, callback: callback()))
    final._final = 5
    t.attempt("final", lambda: final.end())
    destroyed = note_error(t, "destroy", t.stream.Writable())
    destroyed._destroy = 5
    t.attempt("destroy", lambda: destroyed.destroy() is destroyed)


def odd_writables(t):
    return [
        t.stream.Writable(write=lambda chunk, encoding, done: done()),
        t.stream.PassThrough(),
        t.net.Socket(),
    ]


@case(about="a _write that is not a function makes write() throw a TypeError")
def WriteNoFunction(t):
    for value in [5, None, "x", {}]:
        for one in odd_writables(t):
            one._write = value
            t.attempt("bytes", lambda: one.write(b"a"))
            t.snapshot(one)
        for one in odd_writables(t):
            one._write = value
            t.attempt("text", lambda: one.write("a"))
            t.attempt("again", lambda: one.write("b"))
            one.destroy()
        for one in odd_writables(t):
            one.cork()
            one.write("a")
            one._write = value
            t.attempt("uncork", lambda: one.uncork())


@case(about="a _writev that is not a function makes uncork(), or write() in its place, throw a TypeError")
def WritevNoFunction(t):
    for value in [5, None, "x", {}, 0, ""]:
        for one in odd_writables(t):
            one.cork()
            one.write("a")
            one.write("b")
            one._writev = value
            t.attempt("uncork", lambda: one.uncork())
            t.snapshot(one)
        bare = t.stream.Writable()
        bare._writev = value
        t.attempt("write", lambda: bare.write("a"))


@case(about="a _write that is no longer a function when a queued write starts is an uncaught TypeError")
def WriteNoFunctionLater(t):
    def write(chunk, encoding, done):
        sink._write = 5
        t.immediate(done)

    t.on_uncaught(lambda error: t.note("uncaught", error))
    sink = t.watch("sink", t.stream.Writable(write=write))
    sink.write("a")
    sink.write("b")
