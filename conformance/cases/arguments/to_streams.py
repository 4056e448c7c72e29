"""Arguments and options of streams of every kind: which throw, which fail later, and which count by their truth."""

from conformance import case

PLAIN = [
    None, True, False, 0, -1, 1, 5, 1.5, float("nan"), float("inf"), 2147483648, 9007199254740992,
    "", "x", "abc", "5", " 5 ", "0x10", [], ["a"], [[1]], {}, {"a": 1}, b"xyz", b"",
]  # fmt: skip


def attempt_all(t, label, call):
    """`call` with every plain value, and with a function. (An error would be shown with its stack.)"""
    for value in [*PLAIN, t.callback("called")]:
        t.attempt(label, lambda: call(value))


def readable(t, options):
    """A readable that never gives anything of itself; a failure of it is told."""
    made = t.stream.Readable({**options, "read": lambda size: None})
    made.on("error", t.callback("error"))
    return made


def writable(t, options):
    """A writable that takes everything; a failure of it is told."""
    made = t.stream.Writable({**options, "write": lambda chunk, encoding, done: done()})
    made.on("error", t.callback("error"))
    return made


@case(about="Readable throws for a bad mark or encoding; the mode, hooks and other options may be anything")
def ReadableOptions(t):
    def make(options):
        one = t.stream.Readable(options)
        return [one.readable, one.readable_high_water_mark, one.readable_object_mode, one.readable_encoding]

    attempt_all(t, "options", make)
    attempt_all(t, "mark", lambda value: make({"high_water_mark": value}))
    attempt_all(t, "object mode", lambda value: make({"object_mode": value}))
    attempt_all(t, "read", lambda value: make({"read": value}))
    attempt_all(t, "destroy", lambda value: make({"destroy": value}))
    attempt_all(t, "construct", lambda value: make({"construct": value}))
    attempt_all(t, "auto destroy", lambda value: make({"auto_destroy": value, "emit_close": value}))
    attempt_all(t, "unknown", lambda value: make({"bogus": value}))
    for value in PLAIN:
        t.attempt("encoding", lambda: make({"encoding": value}))


@case(about="Writable throws for a bad mark; the mode, hooks and decode_strings may be anything")
def WritableOptions(t):
    def make(options):
        one = t.stream.Writable(options)
        return [one.writable, one.writable_high_water_mark, one.writable_object_mode]

    attempt_all(t, "mark", lambda value: make({"high_water_mark": value}))
    attempt_all(t, "object mode", lambda value: make({"object_mode": value}))
    attempt_all(t, "write", lambda value: make({"write": value}))
    attempt_all(t, "writev", lambda value: make({"writev": value}))
    attempt_all(t, "final", lambda value: make({"final": value}))
    attempt_all(t, "decode strings", lambda value: make({"decode_strings": value}))


@case(about="marks of a Duplex, Transform and pair are checked; only False turns a side or half-open off")
def DuplexOptions(t):
    def sides(one):
        marks = [one.readable_high_water_mark, one.writable_high_water_mark]
        modes = [one.readable_object_mode, one.writable_object_mode]
        return [one.readable, one.writable, one.allow_half_open, marks, modes]

    attempt_all(t, "half open", lambda value: sides(t.stream.Duplex({"allow_half_open": value})))
    attempt_all(t, "readable", lambda value: sides(t.stream.Duplex({"readable": value})))
    attempt_all(t, "writable", lambda value: sides(t.stream.Duplex({"writable": value})))
    attempt_all(t, "read mark", lambda value: sides(t.stream.Duplex({"readable_high_water_mark": value})))
    attempt_all(t, "write mark", lambda value: sides(t.stream.Transform({"writable_high_water_mark": value})))
    attempt_all(t, "read mode", lambda value: sides(t.stream.Transform({"readable_object_mode": value})))
    attempt_all(t, "write mode", lambda value: sides(t.stream.Duplex({"writable_object_mode": value})))
    attempt_all(t, "pair", lambda value: sides(t.stream.duplex_pair({"high_water_mark": value})[0]))
    attempt_all(t, "default", lambda value: t.stream.get_default_high_water_mark(value))


@case(
    about="push() of a bad chunk is an 'error', a bad size of read() throws; in object mode every chunk is good",
    skip_unless="node<26",
)
def ReadableMethods(t):
    for options in [{}, {"object_mode": True}]:
        for value in [*PLAIN, t.callback("never")]:
            one = readable(t, options)
            t.attempt("push", lambda: one.push(value))
            t.attempt("unshift", lambda: one.unshift(value))
            t.note("length", one.readable_length)
            one.destroy()
        for value in PLAIN:
            one = readable(t, options)
            one.push("abc")
            one.push("def")
            t.attempt("read", lambda: one.read(value))
            t.attempt("encoding of push", lambda: one.push("x", value))
            t.attempt("set_encoding", lambda: one.set_encoding(value).readable_encoding)
            one.destroy()


@case(about="write() and end() throw for a bad chunk or encoding; destroy() emits its argument if that is truthy")
def WritableMethods(t):
    for options in [{}, {"object_mode": True}]:
        for value in PLAIN:
            one = writable(t, options)
            t.attempt("write", lambda: one.write(value))
            t.attempt("encoding", lambda: one.write("x", value))
            t.attempt("callback", lambda: one.write("x", "utf8", value))
            t.attempt("set_default_encoding", lambda: one.set_default_encoding(value) == one)
            t.attempt("end", lambda: one.end(value).writable_ended)
    for value in PLAIN:
        one = writable(t, {})
        one.on("close", t.callback("close"))
        t.attempt("destroy", lambda: one.destroy(value).errored)


@case(about="readable, writable, destroyed and readable_flowing of a stream can be set to any value")
def Settable(t):
    for value in PLAIN:
        one = t.stream.PassThrough()
        one.readable = value
        one.writable = value
        one.readable_flowing = value
        t.note("set", [one.readable, one.writable, one.readable_flowing])
        one.destroyed = value
        t.note("destroyed", one.destroyed)


@case(about="a truthy value that a hook calls back with is an error, a falsy one is not")
def FalsyErrors(t):
    for value in [None, False, 0, float("nan"), "", True, 1, "x", [], {}]:
        one = t.stream.Transform({
            "transform": lambda chunk, encoding, done: done(value, chunk),
            "flush": lambda done: done(value),
        })
        one.on("error", t.callback("error of transform"))
        one.on("close", t.callback("close of transform"))
        one.resume().end("x")
        other = t.stream.Writable({
            "write": lambda chunk, encoding, done: done(value),
            "final": lambda done: done(value),
            "destroy": lambda error, done: done(value),
        })
        other.on("error", t.callback("error of writable"))
        other.on("close", t.callback("close of writable"))
        other.end("x", t.callback("ended"))


@case(about="pipe() into anything but a stream throws and starts no flow, and the end of the source throws again")
def PipeIntoNothing(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    for source in [t.stream.PassThrough(), t.net.Socket(), t.stream.Readable(read=lambda size: None)]:
        t.attempt("nothing", lambda: source.pipe())
        for value in PLAIN:
            t.attempt("value", lambda: source.pipe(value))
        t.note("flowing", source.readable_flowing)
    for value in [*PLAIN, t.callback("never"), t.events.EventEmitter()]:
        source = t.stream.Readable({"read": lambda size: None})
        source.push("x")
        t.attempt("pipe", lambda: len([source.pipe(value)]))
        source.push(None)
        source.resume()


@case(about="stream.destroy() takes every kind of value, and an emitter without destroy() emits 'error' and 'close'")
def DestroyAnything(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    attempt_all(t, "destroy", lambda value: t.stream.destroy(value))
    attempt_all(t, "error", lambda value: t.stream.destroy(writable(t, {}), value))
    t.attempt("nothing", lambda: t.stream.destroy())
    emitter = t.watch("emitter", t.events.EventEmitter())
    emitter.on("error", t.callback("error"))
    t.attempt("emitter", lambda: t.stream.destroy(emitter))
    t.attempt("is_destroyed", lambda: t.stream.is_destroyed())


@case(about="finished() throws, and its promise rejects, for a bad stream, options, callback or signal")
def Finished(t):
    t.on_uncaught(lambda error: t.note("rejected", error))
    never = t.callback("never")

    async def wait(*args):
        await t.stream.promises.finished(*args)

    def watch(*args):
        t.stream.finished(*args)
        return True

    through = t.stream.PassThrough()
    attempt_all(t, "stream", lambda value: watch(value, never))
    attempt_all(t, "options", lambda value: watch(through, value, never))
    attempt_all(t, "callback", lambda value: watch(through, {}, value))
    attempt_all(t, "signal", lambda value: watch(through, {"signal": value}, never))
    attempt_all(t, "sides", lambda value: watch(through, {"readable": value, "writable": value}, never))
    for value in [None, True, 5, "abc", [], {}]:
        t.spawn(wait(value))
        t.spawn(wait(through, {"signal": value}))
        t.spawn(wait(through, {"cleanup": value}))
    for value in [True, 5, "abc", []]:
        t.spawn(wait(through, value))


@case(about="pipeline() throws for what cannot be a part of it; strings, bytes and lists are iterated over")
def Pipeline(t):
    t.on_uncaught(lambda error: t.note("rejected", error))

    async def wait(*args):
        await t.stream.promises.pipeline(*args)

    def join(*parts):
        t.stream.pipeline(*parts)
        return True

    def source():
        return t.stream.Readable.from_(["x"])

    over = t.callback("over")
    for value in [None, True, False, 0, -1, 1.5, float("nan"), {}, {"a": 1}]:
        t.attempt("source", lambda: join(value, t.stream.PassThrough(), over))
        t.attempt("middle", lambda: join(source(), value, t.stream.PassThrough(), over))
        t.attempt("last", lambda: join(source(), value, over))
        t.attempt("alone", lambda: join(value, over))
        t.attempt("list", lambda: join([source(), value], over))
        t.attempt("callback", lambda: join(source(), t.stream.PassThrough(), value))
        t.spawn(wait(source(), t.stream.PassThrough().resume(), {"signal": value}))
    for value in ["abc", "", b"xyz", ["a", "b"], []]:
        through = t.stream.PassThrough({"object_mode": True})
        through.on("data", t.callback("data"))
        t.attempt("iterable", lambda: join(value, through, over))


@case(about="Readable.from() throws unless it can iterate over its argument; iterator() needs an object or null")
def Iterating(t):
    def make(*args):
        return t.stream.Readable.from_(*args).readable_object_mode

    attempt_all(t, "from", make)
    attempt_all(t, "options", lambda value: make(["x"], value))
    attempt_all(t, "mark", lambda value: make(["x"], {"high_water_mark": value}))
    kept = []
    through = t.stream.PassThrough()
    attempt_all(t, "iterator", lambda value: kept.append(through.iterator(value)))
    attempt_all(t, "keep", lambda value: kept.append(through.iterator({"destroy_on_return": value})))


@case(about="a stream without a hook fails with ERR_METHOD_NOT_IMPLEMENTED when it first needs that hook")
def MissingHooks(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    source = t.stream.Readable()
    source.on("error", t.callback("readable"))
    t.attempt("read", lambda: source.read())
    sink = t.stream.Writable()
    sink.on("error", t.callback("writable"))
    t.attempt("write", lambda: sink.write("x"))
    through = t.stream.Transform()
    through.on("error", t.callback("transform"))
    t.attempt("write", lambda: through.write("x"))
    both = t.stream.Duplex()
    both.on("error", t.callback("duplex"))
    t.attempt("end", lambda: both.end("x").writable_ended)


@case(about="pipeline() into a stream that is closed or destroyed throws ERR_STREAM_UNABLE_TO_PIPE")
def UnableToPipe(t):
    def join():
        t.stream.pipeline(t.stream.Readable.from_(["x"]), gone, t.callback("over"))
        return True

    gone = t.stream.PassThrough()
    gone.destroy()
    t.attempt("destroyed", join)
    gone.on("close", lambda: t.attempt("closed", join))


@case(about="finished() checks its options first, then its callback, then its stream")
def OrderOfChecksOfFinished(t):
    through = t.stream.PassThrough()
    t.attempt("nothing", lambda: t.stream.finished())
    t.attempt("stream alone", lambda: t.stream.finished(through))
    t.attempt("null callback", lambda: t.stream.finished(through, None))
    t.attempt("number for callback", lambda: t.stream.finished(5, 5))
    t.attempt("number for options", lambda: t.stream.finished(5, 5, t.callback("never")))
    t.attempt("options alone", lambda: t.stream.finished(5, {"readable": False}, None))
    t.attempt("no stream", lambda: t.stream.finished(5, t.callback("never")))


def gone(socket):
    socket.destroy()
    return socket


@case(about="write() throws for a missing chunk, null, and what is neither text nor bytes, and emits nothing")
def BadChunk(t):
    socket = t.watch("socket", t.net.Socket())
    socket.on("error", t.callback("error"))
    for one in [socket, gone(t.net.Socket()), t.stream.PassThrough()]:
        t.attempt("nothing", lambda: one.write())
        t.attempt("callback", lambda: one.write(t.callback("never")))
        for value in [None, 5, [1], True]:
            t.attempt("value", lambda: one.write(value))
        t.attempt("boolean with encoding", lambda: one.write(True, "utf8"))
    t.note("destroyed", socket.destroyed)
    socket.destroy()


@case(about="write() and both setters throw ERR_UNKNOWN_ENCODING, whose text shows the encoding as a string")
def UnknownEncoding(t):
    for one in [t.net.Socket(), t.stream.PassThrough()]:
        for encoding in [b"x", True, 5, None, "bogus", "utf9", -1.5]:
            t.attempt("default", lambda: one.set_default_encoding(encoding))
        for encoding in [b"x", True, 5, "bogus", "utf9"]:
            t.attempt("encoding", lambda: one.set_encoding(encoding))
            t.attempt("write", lambda: one.write("x", encoding))
            t.attempt("write bytes", lambda: one.write(b"x", encoding))
        t.attempt("nothing", lambda: one.set_default_encoding())
        t.note("writable", one.writable)


@case(about="push() and unshift() without a chunk add no data and do not end the stream")
def PushNothing(t):
    readable = t.watch("readable", t.stream.Readable(read=lambda size: None))
    readable.on("data", t.callback("data"))
    t.attempt("push", lambda: readable.push())
    t.attempt("unshift", lambda: readable.unshift())
    t.note("ended", readable.readable_ended)
    t.attempt("push text", lambda: readable.push("x"))
    t.immediate(lambda: readable.destroy())


@case(about="push() takes an encoding that is not a string as UTF-8, and throws for an unknown name")
def PushEncoding(t):
    readable = t.stream.Readable(read=lambda size: None)
    for encoding in [1, True, {"a": 1}, [1], None, "", "latin1", "UTF-16LE"]:
        readable.push("é", encoding)
        t.note("read", readable.read())
    t.attempt("bogus", lambda: readable.push("é", "bogus"))
    t.attempt("unshift bogus", lambda: readable.unshift("é", "bogus"))


@case(about="default_encoding of a stream must name a known encoding or be null")
def DefaultEncodingOption(t):
    for value in [*PLAIN, "UTF-8", "latin1", b"utf8"]:
        t.attempt("Writable", lambda: t.stream.Writable({"default_encoding": value}).writable)
        t.attempt("Readable", lambda: t.stream.Readable({"default_encoding": value}).readable)
        t.attempt("Duplex", lambda: t.stream.Duplex({"default_encoding": value}).readable)


@case(about="pipe() of a stream that is only writable fails with ERR_STREAM_CANNOT_PIPE")
def PipeFromWritable(t):
    writable = t.watch("writable", t.stream.Writable(write=lambda chunk, encoding, done: done()))
    writable.on("error", lambda error: None)
    t.attempt("pipe", lambda: writable.pipe())


@case(about="the constructors of streams ignore options that are not an object")
def StreamOptions(t):
    for value in [-1, 1.5, "x", True]:
        t.attempt("Readable", lambda: t.stream.Readable(value).readable_high_water_mark)
        t.attempt("Writable", lambda: t.stream.Writable(value).writable_high_water_mark)
        t.attempt("Duplex", lambda: t.stream.Duplex(value).allow_half_open)
        t.attempt("Transform", lambda: t.stream.Transform(value).readable_high_water_mark)
        t.attempt("PassThrough", lambda: t.stream.PassThrough(value).writable_high_water_mark)
        t.attempt("duplex_pair", lambda: len(t.stream.duplex_pair(value)))


@case(about="the signal of a stream must be an AbortSignal unless it is falsy")
def StreamSignal(t):
    attempt_all(t, "Readable", lambda value: t.stream.Readable({"signal": value}).readable)
    attempt_all(t, "Writable", lambda value: t.stream.Writable({"signal": value}).writable)
    attempt_all(t, "Duplex", lambda value: t.stream.Duplex({"signal": value}).readable)


@case(about="add_abort_signal() checks the signal, then the stream")
def AddAbortSignal(t):
    signal = t.abort_controller().signal
    through = t.stream.PassThrough()
    attempt_all(t, "signal", lambda value: t.stream.add_abort_signal(value, through) == through)
    t.attempt("nothing", lambda: t.stream.add_abort_signal())
    t.attempt("number", lambda: t.stream.add_abort_signal(5))
    t.attempt("no stream", lambda: t.stream.add_abort_signal(signal, 5))
    t.attempt("no stream at all", lambda: t.stream.add_abort_signal(signal))


@case(about="is_readable() and its like answer for every kind of value, and for none")
def Predicates(t):
    t.note("nothing", [t.stream.is_errored(), t.stream.is_disturbed(), t.stream.is_readable()])
    for value in PLAIN:
        t.attempt("is_errored", lambda: t.stream.is_errored(value))
        t.attempt("is_disturbed", lambda: t.stream.is_disturbed(value))
        t.attempt("is_readable", lambda: t.stream.is_readable(value))
        t.attempt("is_writable", lambda: t.stream.is_writable(value))


@case(about="set_default_high_water_mark() throws for a bad or missing mark, and changes nothing")
def DefaultHighWaterMark(t):
    for value in [-1, 1.5, "x", None, True]:
        t.attempt("value", lambda: t.stream.set_default_high_water_mark(False, value))
    t.attempt("nothing", lambda: t.stream.set_default_high_water_mark())
    t.attempt("one", lambda: t.stream.set_default_high_water_mark(False))
    t.note("still", [t.stream.get_default_high_water_mark(False), t.stream.get_default_high_water_mark(True)])


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
