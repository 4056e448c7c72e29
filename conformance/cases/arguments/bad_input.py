"""What the calls of net, stream, events and dgram say to arguments that are missing or of another kind, and on
objects that are gone."""

from conformance import case

ODD = [-1, 1.5, "", "x", b"x", [], {}, True, None]


def gone(socket):
    socket.destroy()
    return socket


def closed(socket):
    socket.close()
    return socket


@case(about="a listener that is missing or no function throws ERR_INVALID_ARG_TYPE wherever one is added or removed")
def Listeners(t):
    for one in [t.events.EventEmitter(), t.net.Socket(), t.net.create_server(), t.stream.PassThrough()]:
        t.attempt("on nothing", lambda: one.on())
        t.attempt("on", lambda: one.on("x"))
        t.attempt("once", lambda: one.once("x"))
        t.attempt("add_listener", lambda: one.add_listener("x"))
        t.attempt("prepend_listener", lambda: one.prepend_listener("x"))
        t.attempt("prepend_once_listener", lambda: one.prepend_once_listener("x"))
        t.attempt("off", lambda: one.off("x"))
        t.attempt("remove_listener nothing", lambda: one.remove_listener())
        t.attempt("set_max_listeners", lambda: one.set_max_listeners())
        t.note("none", one.event_names())


@case(about="what asks about listeners answers for no event, and for an object as an event")
def AskingWithoutAnEvent(t):
    emitter = t.events.EventEmitter()
    t.attempt("listeners", lambda: emitter.listeners())
    t.attempt("raw_listeners", lambda: emitter.raw_listeners())
    t.attempt("listener_count", lambda: emitter.listener_count())
    t.attempt("emit", lambda: emitter.emit())
    for event in [[], {}, [1], {"a": 1}]:
        t.attempt("count", lambda: emitter.listener_count(event))
        t.attempt("emit", lambda: emitter.emit(event))
        t.attempt("remove", lambda: emitter.remove_all_listeners(event) == emitter)


@case(about="an object can name an event: it stands for its text")
def ObjectAsEvent(t):
    emitter = t.events.EventEmitter()
    emitter.on([7], t.callback("heard"))
    t.note("count", emitter.listener_count([7]))
    t.attempt("emit", lambda: emitter.emit([7], "x"))
    emitter.remove_all_listeners([7])
    t.note("after", emitter.listener_count([7]))


@case(about="the functions of events refuse what is no emitter, signal or listener")
def EventsFunctions(t):
    for value in [-1, "x", True, [], {}]:
        t.attempt("on", lambda: t.events.on(value, "x"))
        t.attempt("get_event_listeners", lambda: t.events.get_event_listeners(value, "x"))
        t.attempt("get_max_listeners", lambda: t.events.get_max_listeners(value))
        t.attempt("set_max_listeners", lambda: t.events.set_max_listeners(1, value))
        t.attempt("add_abort_listener", lambda: t.events.add_abort_listener(value))
    t.attempt("add_abort_listener of nothing", lambda: t.events.add_abort_listener())
    t.attempt("get_max_listeners of nothing", lambda: t.events.get_max_listeners())


@case(about="events.once() of what is no emitter rejects, it does not throw")
def OnceOfNoEmitter(t):
    async def wait():
        await t.events.once(5, "x")

    t.on_uncaught(lambda error: t.note("rejected", error))
    t.spawn(wait())
    t.note("went on", True)


@case(about="write() without a chunk throws ERR_INVALID_ARG_TYPE, open or destroyed")
def WriteNothing(t):
    for one in [t.net.Socket(), gone(t.net.Socket()), t.stream.PassThrough()]:
        t.attempt("nothing", lambda: one.write())
        t.attempt("null", lambda: one.write(None))
        t.attempt("callback", lambda: one.write(t.callback("never")))
        t.attempt("number", lambda: one.write(5))
        t.attempt("boolean", lambda: one.write(True, "utf8"))


@case(about="push() and unshift() without a chunk bring nothing and end nothing")
def PushNothing(t):
    readable = t.watch("readable", t.stream.Readable(read=lambda size: None))
    readable.on("data", t.callback("data"))
    t.attempt("push", lambda: readable.push())
    t.attempt("unshift", lambda: readable.unshift())
    t.note("ended", readable.readable_ended)
    t.attempt("push text", lambda: readable.push("x"))
    t.immediate(lambda: readable.destroy())


@case(about="an encoding that is no string counts as UTF-8 in push(), an unknown name throws ERR_UNKNOWN_ENCODING")
def PushEncoding(t):
    readable = t.stream.Readable(read=lambda size: None)
    for encoding in [1, True, {"a": 1}, [1], None, "", "latin1", "UTF-16LE"]:
        readable.push("é", encoding)
        t.note("read", readable.read())
    t.attempt("bogus", lambda: readable.push("é", "bogus"))
    t.attempt("unshift bogus", lambda: readable.unshift("é", "bogus"))


@case(about="ERR_UNKNOWN_ENCODING shows the encoding as a text would")
def EncodingTexts(t):
    for one in [t.net.Socket(), t.stream.PassThrough()]:
        for encoding in [b"x", True, 5, None, "bogus", -1.5]:
            t.attempt("default", lambda: one.set_default_encoding(encoding))
        for encoding in [b"x", True, 5, "bogus"]:
            t.attempt("encoding", lambda: one.set_encoding(encoding))
            t.attempt("write", lambda: one.write("x", encoding))
        t.attempt("nothing", lambda: one.set_default_encoding())
        t.note("writable", one.writable)


@case(about="the option default_encoding is checked when the stream is made, null aside")
def DefaultEncodingOption(t):
    for encoding in ["x", "", 0, -1, True, None, "UTF-8", "latin1", b"utf8"]:
        t.attempt("Writable", lambda: t.stream.Writable(default_encoding=encoding).writable)
        t.attempt("Readable", lambda: t.stream.Readable(default_encoding=encoding).readable)
        t.attempt("Duplex", lambda: t.stream.Duplex(default_encoding=encoding).readable)


@case(about="pipe() to what is no stream throws, and the source does not flow")
def PipeToNothing(t):
    for source in [t.stream.PassThrough(), t.net.Socket(), t.stream.Readable(read=lambda size: None)]:
        t.attempt("nothing", lambda: source.pipe())
        for value in ODD:
            t.attempt("value", lambda: source.pipe(value))
        t.note("flowing", source.readable_flowing)


@case(about="pipe() of what can only be written fails with ERR_STREAM_CANNOT_PIPE")
def PipeFromWritable(t):
    writable = t.watch("writable", t.stream.Writable(write=lambda chunk, encoding, done: done()))
    writable.on("error", lambda error: None)
    t.attempt("pipe", lambda: writable.pipe())


@case(about="options of a stream that are no object are none")
def StreamOptions(t):
    for value in [-1, 1.5, "x", True]:
        t.attempt("Readable", lambda: t.stream.Readable(value).readable_high_water_mark)
        t.attempt("Writable", lambda: t.stream.Writable(value).writable_high_water_mark)
        t.attempt("Duplex", lambda: t.stream.Duplex(value).allow_half_open)
        t.attempt("Transform", lambda: t.stream.Transform(value).readable_high_water_mark)
        t.attempt("PassThrough", lambda: t.stream.PassThrough(value).writable_high_water_mark)
        t.attempt("duplex_pair", lambda: len(t.stream.duplex_pair(value)))


@case(about="an empty signal is no signal, any other that is no AbortSignal throws ERR_INVALID_ARG_TYPE")
def StreamSignal(t):
    for signal in ["", 0, False, None, "x", 1, True]:
        t.attempt("Readable", lambda: t.stream.Readable(signal=signal).readable)
        t.attempt("Writable", lambda: t.stream.Writable(signal=signal).writable)
        t.attempt("Duplex", lambda: t.stream.Duplex(signal=signal).readable)


@case(about="finished() checks its callback before its stream, its options before both")
def Finished(t):
    through = t.stream.PassThrough()
    t.attempt("nothing", lambda: t.stream.finished())
    t.attempt("stream alone", lambda: t.stream.finished(through))
    t.attempt("null callback", lambda: t.stream.finished(through, None))
    t.attempt("number for callback", lambda: t.stream.finished(5, 5))
    t.attempt("number for options", lambda: t.stream.finished(5, 5, t.callback("never")))
    t.attempt("options alone", lambda: t.stream.finished(5, {"readable": False}, None))
    t.attempt("no stream", lambda: t.stream.finished(5, t.callback("never")))


@case(about="add_abort_signal() checks the signal, then the stream")
def AddAbortSignal(t):
    signal = t.abort_controller().signal
    t.attempt("nothing", lambda: t.stream.add_abort_signal())
    t.attempt("number", lambda: t.stream.add_abort_signal(5))
    t.attempt("no stream", lambda: t.stream.add_abort_signal(signal, 5))
    t.attempt("no stream at all", lambda: t.stream.add_abort_signal(signal))


@case(about="the questions about streams answer for everything")
def Predicates(t):
    t.note("nothing", [t.stream.is_errored(), t.stream.is_disturbed(), t.stream.is_readable()])
    for value in ODD:
        t.attempt("is_errored", lambda: t.stream.is_errored(value))
        t.attempt("is_disturbed", lambda: t.stream.is_disturbed(value))
        t.attempt("is_readable", lambda: t.stream.is_readable(value))
        t.attempt("is_writable", lambda: t.stream.is_writable(value))


@case(about="set_default_high_water_mark() without a value throws, and changes nothing")
def DefaultHighWaterMark(t):
    for value in [-1, 1.5, "x", None, True]:
        t.attempt("value", lambda: t.stream.set_default_high_water_mark(False, value))
    t.attempt("nothing", lambda: t.stream.set_default_high_water_mark())
    t.attempt("one", lambda: t.stream.set_default_high_water_mark(False))
    t.note("still", [t.stream.get_default_high_water_mark(False), t.stream.get_default_high_water_mark(True)])


@case(about="the module-wide settings of net throw without a value")
def NetDefaults(t):
    t.attempt("auto_select_family", lambda: t.net.set_default_auto_select_family())
    t.attempt("attempt_timeout", lambda: t.net.set_default_auto_select_family_attempt_timeout())
    t.note("still", t.net.get_default_auto_select_family())


@case(about="a destroyed socket that never connected answers every call", skip_unless="node<26.1")
def GoneSocket(t):
    t.attempt("address", lambda: gone(t.net.Socket()).address())
    t.attempt("pause", lambda: gone(t.net.Socket()).pause().is_paused())
    t.attempt("resume", lambda: gone(t.net.Socket()).resume().is_paused())
    t.attempt("cork", lambda: gone(t.net.Socket()).cork())
    t.attempt("uncork", lambda: gone(t.net.Socket()).uncork())
    t.attempt("ref", lambda: gone(t.net.Socket()).ref().pending)
    t.attempt("unref", lambda: gone(t.net.Socket()).unref().pending)
    t.attempt("read", lambda: gone(t.net.Socket()).read())
    t.attempt("push", lambda: gone(t.net.Socket()).push("x"))
    t.attempt("unshift", lambda: gone(t.net.Socket()).unshift("x"))
    t.attempt("set_timeout", lambda: gone(t.net.Socket()).set_timeout(5).timeout)
    t.attempt("set_no_delay", lambda: gone(t.net.Socket()).set_no_delay().destroyed)
    t.attempt("set_keep_alive", lambda: gone(t.net.Socket()).set_keep_alive(True, 1000).destroyed)
    t.attempt("set_encoding", lambda: gone(t.net.Socket()).set_encoding("utf8").readable_encoding)
    t.attempt("destroy_soon", lambda: gone(t.net.Socket()).destroy_soon())


@case(about="every call on a closed datagram socket throws Node's error for it")
def ClosedDatagramSocket(t):
    def make():
        return closed(t.dgram.create_socket("udp4"))

    t.attempt("bind", lambda: make().bind(0))
    t.attempt("send", lambda: make().send("x", 9, "127.0.0.1"))
    t.attempt("close", lambda: make().close())
    t.attempt("connect", lambda: make().connect(9))
    t.attempt("disconnect", lambda: make().disconnect())
    t.attempt("address", lambda: make().address())
    t.attempt("remote_address", lambda: make().remote_address())
    t.attempt("set_ttl", lambda: make().set_ttl(5))
    t.attempt("set_broadcast", lambda: make().set_broadcast(True))
    t.attempt("add_membership", lambda: make().add_membership("224.0.0.1"))
    t.attempt("get_recv_buffer_size", lambda: make().get_recv_buffer_size())
    t.attempt("get_send_queue_size", lambda: make().get_send_queue_size())
