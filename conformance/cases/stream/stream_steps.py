"""The order within one step of streams: the state that a listener sees, and listeners added and removed meanwhile."""

from conformance import case


def state(stream):
    """What may be seen of a stream: of its readable side, of its writable side, of its life."""
    readable = [
        getattr(stream, "readable", None),
        getattr(stream, "readable_ended", None),
        getattr(stream, "readable_flowing", None),
        getattr(stream, "readable_length", None),
    ]
    writable = [
        getattr(stream, "writable", None),
        getattr(stream, "writable_ended", None),
        getattr(stream, "writable_finished", None),
        getattr(stream, "writable_need_drain", None),
        getattr(stream, "writable_length", None),
    ]
    return [readable, writable, [stream.destroyed, stream.closed, stream.errored]]


def note_event(t, label, event, stream):
    """Note the state in each `event`."""
    stream.on(event, lambda *rest: t.note(label, state(stream)))


def record(t, name, stream, events):
    """Note listeners added and removed, and the state in each event."""
    stream.on("newListener", lambda event, fn: t.note(f"{name} added", event))
    stream.on("removeListener", lambda event, fn: t.note(f"{name} removed", event))
    for event in events:
        note_event(t, f"{name} {event}", event, stream)


def duplex(t, options):
    """A Duplex that is pushed to from outside, and through with each chunk at once."""
    stream = t.stream.Duplex(options)
    stream._read = lambda size: None
    stream._write = lambda chunk, encoding, callback: callback()
    return stream


def ask_finished(t, label, stream, options):
    """Ask finished(), and note the state when it calls back."""
    t.stream.finished(stream, options, t.callback(label, lambda *error: t.note(label, state(stream))))


def note_finished(t, name, stream):
    """Ask finished() in four ways, and note the state when it calls back."""
    ask_finished(t, f"{name} both", stream, {})
    ask_finished(t, f"{name} writable", stream, {"readable": False})
    ask_finished(t, f"{name} readable", stream, {"writable": False})
    ask_finished(t, f"{name} without error", stream, {"error": False})


@case(about="finished() without auto_destroy is told in 'end' or 'finish', whichever is last of the sides asked for")
def FinishedWithoutAutoDestroy(t):
    for order in ["end first", "finish first"]:
        through = duplex(t, {"auto_destroy": False})
        note_finished(t, order, through)
        record(t, order, through, ["end", "finish", "close"])

        def end(through=through):
            through.resume()
            through.push(None)

        def finish(through=through):
            through.end("x")

        if order == "end first":
            end()
            t.immediate(finish)
        else:
            finish()
            t.immediate(end)


@case(about="finished() without emit_close is told by the last event; without auto_destroy an error is told at once")
def FinishedWithoutClose(t):
    silent = t.stream.PassThrough(emit_close=False)
    note_finished(t, "silent", silent)
    record(t, "silent", silent, ["end", "finish", "close"])
    silent.resume()
    silent.end("x")
    failing = t.stream.Writable(auto_destroy=False, write=lambda chunk, encoding, callback: callback(t.error("boom")))
    note_finished(t, "failing", failing)
    record(t, "failing", failing, ["error", "finish", "close"])
    failing.write("x")


@case(about="finished() of a Duplex that is half over already, and is destroyed then, is a premature close")
def FinishedHalfOver(t):
    for over in ["readable", "writable"]:
        half = duplex(t, {})
        half.resume()
        if over == "readable":
            half.push(None)
        else:
            half.end()

        def ask(half=half, over=over):
            note_finished(t, over, half)
            record(t, over, half, ["end", "finish", "close"])
            t.immediate(lambda: half.destroy())

        t.immediate(ask)


@case(about="finished() of a Duplex destroyed by hand in its last event does not wait for 'close'")
def FinishedDestroyedInEvent(t):
    for event in ["end", "finish"]:
        through = t.stream.PassThrough()
        through.prepend_listener(event, lambda through=through: through.destroy())
        note_finished(t, event, through)
        record(t, event, through, ["end", "finish", "close"])
        through.resume()
        through.end("x")


@case(about="finished() that is asked in 'finish', 'end' and 'close' is told on the next tick, in the order of asking")
def FinishedAskedInEvents(t):
    through = t.stream.PassThrough()
    for event in ["prefinish", "end", "finish", "close"]:
        through.on(event, lambda event=event: note_finished(t, event, through))
    through.resume()
    through.end("x")


@case(
    about="a stream made with a signal that is aborted already is destroyed at once: state, and what it still does",
    skip_unless="node^24.20",
)
def MadeAborted(t):
    signal = t.abort_signal.abort(t.error("before"))
    for name in ["Readable", "Writable", "PassThrough"]:
        options = {
            "signal": signal,
            "read": lambda size: t.note("read", True),
            "construct": lambda callback: t.immediate(callback),
        }
        if name == "Readable":
            stream = t.stream.Readable(options)
        elif name == "Writable":
            stream = t.stream.Writable(options)
        else:
            stream = t.stream.PassThrough(options)
        t.note(name, state(stream))
        record(t, name, stream, ["error", "close", "end", "finish"])
        t.stream.finished(stream, t.callback(f"{name} finished"))
        if name != "Readable":
            stream.write("x", t.callback(f"{name} written"))
            stream.end(t.callback(f"{name} ended"))
        if name != "Writable":
            t.note("push", stream.push("x"))
            stream.resume()
    plain = t.stream.PassThrough(signal=signal)
    t.note("plain", state(plain))
    record(t, "plain", plain, ["error", "close"])
    plain.on("error", lambda error: t.note("cause", error.cause))


@case(about="add_abort_signal() leaves one listener on the signal until the stream is over")
def AbortListenerCount(t):
    controller = t.abort_controller()
    signal = controller.signal

    def count(label):
        t.note(label, t.events.listener_count(signal, "abort"))

    first = t.stream.PassThrough(signal=signal)
    second = t.stream.add_abort_signal(signal, t.stream.PassThrough())
    count("two")
    t.note("listeners", [first.event_names(), second.event_names()])
    first.on("close", lambda: count("in close"))
    t.stream.finished(first, lambda *error: count("in finished"))
    first.resume()
    first.end()
    second.on("error", lambda error: count("in error"))
    second.on("close", lambda: count("in close of the second"))
    t.immediate(lambda: (count("before"), controller.abort(), count("after")))


@case(about="a destroyed side of a duplex pair: the other ends, or is destroyed when it failed, on the next tick")
def PairSideDestroyed(t):
    for error in [None, t.error("boom")]:
        for waits in [False, True]:
            one, other = t.stream.duplex_pair()
            name = f"{error is None} {waits}"
            record(t, f"{name} one", one, ["end", "finish", "error", "close"])
            record(t, f"{name} other", other, ["end", "finish", "error", "close", "readable"])
            if waits:
                one.write("from one", t.callback(f"{name} one written"))
                other.write("from other", t.callback(f"{name} other written"))
            one.destroy(error)
            t.note(name, [one.destroyed, other.destroyed, state(other)])
            t.next_tick(lambda other=other, name=name: t.note(f"{name} tick", state(other)))

            def later(other=other, name=name):
                t.note(f"{name} later", state(other))
                other.write("late", t.callback(f"{name} late written"))
                other.end(t.callback(f"{name} ended"))
                t.note(f"{name} read", other.read())

            t.immediate(later)


@case(about="both sides of a duplex pair that are destroyed in one turn close, each once")
def PairBothDestroyed(t):
    one, other = t.stream.duplex_pair()
    record(t, "one", one, ["end", "finish", "error", "close"])
    record(t, "other", other, ["end", "finish", "error", "close"])
    one.destroy()
    other.destroy(t.error("boom"))


@case(
    about="high_water_mark 0: a late chunk is announced, and _read is called for each read",
    skip_unless="node<26",
)
def MarkOfZero(t):
    for mode in ["data", "readable", "paused"]:
        source = t.stream.Readable(high_water_mark=0, read=lambda size, mode=mode: t.note(mode, ["read", size]))
        record(t, mode, source, ["end", "close"])
        if mode == "data":
            source.on("data", t.callback("data"))
        elif mode == "readable":
            source.on("readable", lambda source=source: t.note("has", [source.readable_length, source.read()]))
        else:
            source.pause()

        def push(source=source, mode=mode):
            t.note(mode, [source.push("late"), state(source)])

        t.immediate(push)
        t.immediate(lambda push=push: t.immediate(push))
        t.immediate(lambda source=source: t.immediate(lambda: t.immediate(lambda: (source.push(None), source.read()))))


@case(about="a Writable with high_water_mark 0 wants 'drain' after each write, written at once or later")
def WritableMarkOfZero(t):
    for later in [False, True]:
        def write(chunk, encoding, callback, later=later):
            if later:
                t.immediate(callback)
            else:
                callback()

        sink = t.stream.Writable(high_water_mark=0, write=write)
        record(t, f"{later}", sink, ["drain", "finish", "prefinish", "close"])
        t.note("write", [sink.write("a", t.callback("a written")), state(sink)])
        t.note("write", [sink.write("b"), state(sink)])
        t.note("nothing", [sink.write(""), state(sink)])
        t.immediate(lambda sink=sink: t.immediate(lambda: t.immediate(lambda: t.immediate(lambda: sink.end()))))


@case(about="'finish' after a synchronous write: behind its callback, a tick after end()")
def FinishAfterSyncWrite(t):
    for options in [{}, {"final": lambda callback: callback()}, {"final": lambda callback: t.immediate(callback)}]:
        for has_callback in [False, True]:
            sink = t.stream.Writable(options)
            sink._write = lambda chunk, encoding, callback: callback()
            name = f"{len(options)} {has_callback}"
            record(t, name, sink, ["prefinish", "finish", "close", "drain"])
            if has_callback:
                sink.write("a", lambda error, sink=sink, name=name: t.note(f"{name} written", state(sink)))
            else:
                sink.write("a")
            t.next_tick(lambda name=name, sink=sink: t.note(f"{name} tick before end", state(sink)))
            sink.end(t.callback(f"{name} ended"))
            t.note(name, state(sink))
            t.next_tick(lambda name=name, sink=sink: t.note(f"{name} tick after end", state(sink)))
            t.microtask(lambda name=name, sink=sink: t.note(f"{name} microtask", state(sink)))


@case(about="end() from the callback of a synchronous write, and in 'drain'")
def EndInCallback(t):
    sink = t.stream.Writable(high_water_mark=1, write=lambda chunk, encoding, callback: callback())
    record(t, "callback", sink, ["prefinish", "finish", "close", "drain"])
    sink.write("a", lambda *error: (t.note("written", state(sink)), sink.end("last", t.callback("ended"))))
    other = t.stream.Writable(high_water_mark=1, write=lambda chunk, encoding, callback: callback())
    other.on("drain", lambda: other.end("last", t.callback("other ended")))
    record(t, "drain", other, ["prefinish", "finish", "close", "drain"])
    other.write("ab", t.callback("other written"))


@case(
    about="'pipe' comes when the listeners of the pipe are on both ends, and before the source flows",
    skip_unless="node<26.1",
)
def PipeEvent(t):
    for end in [True, False]:
        source = t.stream.Readable(read=lambda size: None)
        target = t.stream.PassThrough()
        source.on("newListener", lambda event, fn, end=end: t.note(f"{end} source added", event))
        target.on("newListener", lambda event, fn, end=end: t.note(f"{end} target added", event))
        source.on("removeListener", lambda event, fn, end=end: t.note(f"{end} source removed", event))
        target.on("removeListener", lambda event, fn, end=end: t.note(f"{end} target removed", event))

        def piped(source, end=end, target=target):
            t.note(f"{end} in 'pipe'", [source.event_names(), target.event_names(), state(source)])
            t.note(f"{end} counts", [target.listener_count("finish"), target.listener_count("close")])

        target.on("pipe", piped)

        def unpiped(source, info, end=end, target=target):
            t.note(f"{end} in 'unpipe'", [source.event_names(), target.event_names(), state(source)])

        target.on("unpipe", unpiped)
        target.on("finish", lambda end=end, target=target: t.note(f"{end} in 'finish'", target.event_names()))
        source.pipe(target, {"end": end})
        source.push("x")
        t.immediate(lambda source=source: source.push(None))
        target.resume()


@case(about="a full destination makes pipe() listen for 'drain' and pause at once; unpipe() takes all of it off")
def PipeFull(t):
    source = t.stream.Readable(read=lambda size: None)
    target = t.stream.PassThrough(high_water_mark=1, readable_high_water_mark=1)
    target.write("full")
    target.write("more")
    record(t, "source", source, ["pause", "resume", "data"])
    record(t, "target", target, ["pipe", "unpipe", "drain"])
    source.pipe(target)
    t.note("piped", [source.event_names(), target.event_names(), state(source), state(target)])
    source.unpipe(target)
    t.note("unpiped", [source.event_names(), target.event_names(), state(source)])


@case(about="the error of a pipe's destination: unpiped, listeners off, and uncaught unless somebody listens")
def PipeError(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    for listens in [True, False]:
        source = t.stream.Readable(read=lambda size: None)
        target = t.stream.PassThrough()
        record(t, f"{listens} source", source, ["pause", "resume"])
        record(t, f"{listens} target", target, ["unpipe", "close"])
        source.pipe(target)
        if listens:
            target.on("error", lambda error: t.note("error", target.event_names()))
        target.destroy(t.error("boom"))
        by_hand = t.stream.PassThrough()
        record(t, f"{listens} by hand", by_hand, ["unpipe", "close"])
        source.pipe(by_hand)
        if listens:
            by_hand.on("error", lambda error: t.note("error", by_hand.event_names()))
        t.attempt("emit", lambda: by_hand.emit("error", t.error("by hand")))
