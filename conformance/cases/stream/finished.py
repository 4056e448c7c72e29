"""finished() and promises.finished(): when they call back, with what, and the listeners that they leave."""

from conformance import case
from conformance.scenery import (
    accept_one,
    closely,
    listen,
    record,
    serve,
    serve_here,
    soon,
    state,
)


def listeners(stream):
    """How many listeners a stream has for what finished() listens to."""
    return [stream.listener_count(event) for event in ["close", "end", "error", "finish"]]


def connected(t, use, half_open=False):
    """Two connected sockets of one process: `use(client, peer)`."""
    peers = []

    def on_connection(peer):
        peer.on("error", lambda error: None)
        peers.append(peer)
        soon(t, lambda: use(client, peer))

    def start(port):
        client.connect(port, "127.0.0.1")

    client = t.watch("client", t.net.Socket(allow_half_open=half_open))
    serve_here(t, on_connection, start, {"allow_half_open": True})


@case(about="the listeners of finished() stay until the function that it returned is called")
def ListenersStay(t):
    def use(client, peer):
        before = listeners(client)
        clean_up = t.stream.finished(client, t.callback("finished", lambda error: done()))
        t.note("listeners", [before, listeners(client)])

        def done():
            t.note("in the callback", listeners(client))
            t.note("returns", clean_up())
            t.note("cleaned up", listeners(client))
            t.note("again", clean_up())

        client.resume()
        client.end()
        peer.resume()
        peer.end()

    connected(t, use)


@case(about="after its clean-up, finished() no longer keeps the socket's 'error' from being uncaught")
def CleanedUpUncaught(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def use(client, peer):
        clean_up = t.stream.finished(client, t.callback("finished"))
        clean_up()
        client.destroy(t.error("broken"))
        peer.destroy()

    connected(t, use)


@case(about="finished() alone keeps a socket's 'error' from being uncaught")
def ListenerEnough(t):
    def use(client, peer):
        t.stream.finished(client, t.callback("finished"))
        client.destroy(t.error("broken"))
        peer.destroy()

    connected(t, use)


@case(about="with error False finished() waits for 'close', and the error is uncaught")
def ErrorFalse(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def use(client, peer):
        t.stream.finished(client, t.callback("finished"), error=False)
        t.note("listeners", listeners(client))
        client.destroy(t.error("broken"))
        peer.destroy()

    connected(t, use)


@case(about="finished() of a half-open socket whose peer has ended calls back for its readable side only")
def HalfOpen(t):
    def use(client, peer):
        client.resume()
        t.stream.finished(client, t.callback("both"))
        t.stream.finished(client, t.callback("readable"), writable=False)
        t.stream.finished(client, t.callback("writable"), readable=False)
        peer.resume()
        peer.end()

        def on_end():
            t.note("state", [client.readable, client.writable])
            soon(t, lambda: client.end())

        client.on("end", on_end)

    connected(t, use, True)


@case(about="finished() of a single side that is already over calls back on the next tick")
def OverBefore(t):
    def use(client, peer):
        client.resume()
        peer.resume()
        peer.end()

        def ask():
            t.stream.finished(client, t.callback("readable"), writable=False)
            t.stream.finished(client, t.callback("writable"), readable=False)
            t.stream.finished(client, t.callback("both"))
            t.note("asked", [client.readable, client.writable])
            t.immediate(lambda: client.end())

        client.on("end", lambda: t.immediate(ask))

    connected(t, use, True)


@case(about="finished() of a socket that has failed calls back with its error on a later tick")
def FailedBefore(t):
    def use(client, peer):
        def ask(had_error):
            t.stream.finished(client, t.callback("first"))
            t.stream.finished(client, t.callback("second"), readable=False)
            t.stream.finished(client, t.callback("third"), writable=False)
            t.note("asked", had_error)

        client.on("error", lambda error: None)
        client.on("close", ask)
        client.destroy(t.error("broken"))
        peer.destroy()

    connected(t, use)


@case(about="finished() of a socket that is already destroyed has ERR_STREAM_PREMATURE_CLOSE")
def DestroyedBefore(t):
    def use(client, peer):
        client.destroy()
        t.stream.finished(client, t.callback("at once"))
        client.on("close", lambda had_error: t.stream.finished(client, t.callback("after 'close'")))
        peer.destroy()

    connected(t, use)


@case(about="finished() called in 'error' calls back with that error")
def AskedInError(t):
    def use(client, peer):
        client.on("error", lambda error: t.stream.finished(client, t.callback("finished")))
        client.destroy(t.error("broken"))
        peer.destroy()

    connected(t, use)


@case(about="finished() of a socket that was never connected calls back when it is destroyed")
def NeverConnected(t):
    socket = t.watch("socket", t.net.Socket())
    t.stream.finished(socket, t.callback("finished"))
    t.immediate(lambda: socket.destroy())


@case(about="finished() of a refused connection has its error")
def Refused(t):
    socket = t.watch("socket", t.net.connect(t.path("missing.sock")))
    t.stream.finished(socket, t.callback("finished"))


@case(about="aborting finished() calls back with AbortError, removes its listeners and leaves the socket open")
def Signal(t):
    def use(client, peer):
        controller = t.abort_controller()
        before = listeners(client)

        def done(error):
            t.note("listeners", [before, listeners(client)])
            t.note("destroyed", client.destroyed)
            client.destroy()
            peer.destroy()

        t.stream.finished(client, t.callback("finished", done), signal=controller.signal)
        controller.abort(t.error("enough"))

    connected(t, use)


@case(about="finished() with an aborted signal calls back on the next tick, but ignores it on a closed socket")
def SignalBefore(t):
    def use(client, peer):
        controller = t.abort_controller()
        controller.abort()
        t.stream.finished(client, t.callback("open"), signal=controller.signal)
        t.note("asked", True)

        def closed(had_error):
            t.stream.finished(client, t.callback("closed"), signal=controller.signal)

        client.on("close", closed)
        t.immediate(lambda: client.destroy())
        peer.destroy()

    connected(t, use)


@case(about="an abort after the callback or the clean-up of finished() does nothing")
def SignalAfter(t):
    def use(client, peer):
        controller = t.abort_controller()
        clean_up = t.stream.finished(client, t.callback("cleaned up"), signal=controller.signal)
        clean_up()
        t.stream.finished(client, t.callback("finished", lambda error: controller.abort()), signal=controller.signal)
        client.destroy()
        peer.destroy()

    connected(t, use)


@case(about="promises.finished() resolves to undefined, and removes its listeners only if cleanup is True")
def Promised(t):
    def use(client, peer):
        before = listeners(client)

        def fulfilled(value):
            t.note("value", value)
            t.note("listeners", [before, listeners(client)])

        t.stream.promises.finished(client, {"cleanup": True}).then(t.callback("with cleanup"))
        t.stream.promises.finished(client).then(fulfilled)
        client.resume()
        client.end()
        peer.resume()
        peer.end()

    connected(t, use)


@case(about="promises.finished() rejects with the error of the stream, and throws for bad arguments")
def PromisedRejected(t):
    def use(client, peer):
        t.attempt("cleanup", lambda: t.stream.promises.finished(client, {"cleanup": 1}))
        t.attempt("stream", lambda: t.stream.promises.finished(5))
        t.stream.promises.finished(client).then(t.callback("fulfilled"), t.callback("rejected"))
        client.destroy(t.error("broken"))
        peer.destroy()

    connected(t, use)


@case(about="finished() throws ERR_INVALID_ARG_TYPE for a server, a datagram socket or a plain emitter")
def NoStreams(t):
    server = t.net.create_server()
    socket = t.dgram.create_socket("udp4")
    t.attempt("server", lambda: t.stream.finished(server, t.callback("server")))
    t.attempt("datagram", lambda: t.stream.finished(socket, t.callback("datagram")))
    t.attempt("emitter", lambda: t.stream.finished(t.events.EventEmitter(), t.callback("emitter")))
    t.attempt("options", lambda: t.stream.finished(t.net.Socket(), 5, t.callback("options")))
    t.attempt("callback", lambda: t.stream.finished(t.net.Socket(), {}))
    socket.close()


@case(about="finished() of a Transform calls back in its last event, or in 'close' with auto_destroy")
def WithoutAutoDestroy(t):
    for name in ["with", "without"]:
        through = t.watch(name, t.stream.PassThrough(auto_destroy=name == "with"))
        t.stream.finished(through, t.callback(f"{name} auto_destroy"))
        through.resume()
        through.end("data")


@case(about="an exception in the callback of finished() is uncaught, and the socket still closes")
def CallbackThrows(t):
    def throws(error):
        raise t.error("from the callback")

    def use(client, peer):
        t.on_uncaught(lambda error: t.note("uncaught", error))
        t.stream.finished(client, throws)
        client.destroy()
        peer.destroy()

    connected(t, use)


@case(
    about="finished() of a stream that is over only adds an 'error' listener, until its clean-up",
    skip_unless="node^24.20||>=26.3",
)
def OverListeners(t):
    def note_listeners(stream, name, options):
        stream.on("newListener", lambda event, fn: t.note(f"{name} added", event))
        stream.on("removeListener", lambda event, fn: t.note(f"{name} removed", event))
        clean_up = t.stream.finished(stream, options, t.callback(name))
        t.note(name, stream.event_names())
        t.immediate(lambda: (clean_up(), t.note(name, stream.event_names())))

    closed = t.stream.PassThrough()
    closed.on("close", lambda: note_listeners(closed, "closed", {}))
    closed.destroy()
    failed = t.stream.PassThrough(auto_destroy=False)
    failed.on("error", lambda error: note_listeners(failed, "failed", {}))
    failed.destroy(t.error("boom"))
    ended = t.stream.PassThrough(auto_destroy=False)
    ended.on("end", lambda: note_listeners(ended, "ended", {"writable": False}))
    ended.resume()
    ended.end()
    silent = t.stream.PassThrough()
    silent.on("close", lambda: note_listeners(silent, "error false", {"error": False}))
    silent.destroy()


@case(
    about="finished() with an aborted signal adds no listener",
    skip_unless="node^24.20||>=26.3",
)
def AbortedListeners(t):
    controller = t.abort_controller()
    controller.abort(t.error("before"))
    stream = t.stream.PassThrough()
    clean_up = t.stream.finished(stream, {"signal": controller.signal}, t.callback("finished"))
    t.note("listeners", stream.event_names())
    t.stream.finished(stream, {"signal": controller.signal}, t.callback("cleaned up"))()
    t.immediate(clean_up)


@case(about="finished() of an old-style stream without pause() that closes has no error")
def OldStyleCloses(t):
    stream = t.stream.Stream()
    t.stream.finished(stream, t.callback("finished"))
    stream.emit("close")
    other = t.stream.Stream()
    other.pause = lambda: None
    other.resume = lambda: None
    t.stream.finished(other, t.callback("with pause()"))
    other.emit("close")


@case(about="finished() works on an emitter without remove_listener; only its clean-up throws")
def CleanUpWithout(t):
    stream = t.stream.Stream()
    stream.remove_listener = None
    clean_up = t.stream.finished(stream, t.callback("finished"))
    t.attempt("clean up", lambda: clean_up())


@case(about="finished() of a socket that has closed calls back on the next tick, asked in 'close' or after it")
class FinishedAfterClose:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        def ask(label):
            t.next_tick(lambda: t.note("older tick", None))
            t.stream.finished(client, t.callback(label))
            t.next_tick(t.callback("newer tick"))

        client.on("close", lambda had_error: ask("in 'close'"))
        client.on("close", lambda had_error: t.immediate(lambda: ask("after 'close'")))


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


@case(about="finished() without auto_destroy calls back in 'end' or 'finish', whichever is last")
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


@case(about="finished() without emit_close calls back in the last event, or in 'error' without auto_destroy")
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


@case(about="finished() of a Duplex destroyed when one side is over has ERR_STREAM_PREMATURE_CLOSE")
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


@case(about="finished() of a Duplex destroyed in its last event does not wait for 'close'")
def FinishedDestroyedInEvent(t):
    for event in ["end", "finish"]:
        through = t.stream.PassThrough()
        through.prepend_listener(event, lambda through=through: through.destroy())
        note_finished(t, event, through)
        record(t, event, through, ["end", "finish", "close"])
        through.resume()
        through.end("x")


@case(about="finished() called in 'finish', 'end' and 'close' calls back on the next tick, in order")
def FinishedAskedInEvents(t):
    through = t.stream.PassThrough()
    for event in ["prefinish", "end", "finish", "close"]:
        through.on(event, lambda event=event: note_finished(t, event, through))
    through.resume()
    through.end("x")


@case(about="finished() calls back without error when both sides have ended, before the socket is destroyed")
class BothSides:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            t.stream.finished(peer, t.callback("peer finished", lambda error: t.snapshot(peer)))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        t.stream.finished(client, t.callback("finished", lambda error: t.snapshot(client)))
        client.end("bye")


@case(about="finished() of a socket that is then destroyed has ERR_STREAM_PREMATURE_CLOSE")
class Destroyed:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.stream.finished(client, t.callback("finished"))
        client.on("connect", lambda: client.destroy())


@case(about="finished() of a socket that is then destroyed with an error has that error, before 'close'")
class DestroyedWithError:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.stream.finished(client, t.callback("finished"))
        client.on("connect", lambda: client.destroy(t.error("on purpose")))


@case(about="finished() of one side waits for that side only")
class OneSide:
    def server(t):
        def on_connection(peer):
            peer.on("data", lambda chunk: None)
            peer.on("end", lambda: peer.end())

        server = t.net.create_server(on_connection, allow_half_open=True)
        server.on("connection", lambda peer: server.close())
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        t.stream.finished(client, t.callback("both"))
        t.stream.finished(client, t.callback("writable side"), readable=False)
        t.stream.finished(client, t.callback("readable side"), writable=False)
        client.end("bye")


@case(about="after its clean-up, the callback of finished() never comes")
class CleanedUp:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        before = client.listener_count("close")
        stop = t.stream.finished(client, t.callback("finished"))
        t.note("listens", client.listener_count("close") - before)
        stop()
        t.note("listens", client.listener_count("close") - before)


@case(about="finished() adds and removes its listeners in Node's order, on each kind of stream")
def FinishedListeners(t):
    for name in ["readable", "writable", "both"]:
        stream = t.stream.PassThrough()
        if name == "readable":
            stream = t.stream.Readable(read=lambda size: None)
        if name == "writable":
            stream = t.stream.Writable(write=lambda chunk, encoding, callback: callback())
        closely(t, name, stream, [])
        forget = t.stream.finished(stream, lambda *_: None)
        forget()
        stream.destroy()


@case(about="finished() on an emitter that is only half a stream adds and removes its listeners in Node's order")
def FinishedOldStyle(t):
    old = closely(t, "old", t.stream.Stream(), [])
    forget = t.stream.finished(old, t.callback("over"), readable=True, writable=True)
    old.emit("end")
    old.emit("close")
    forget()


@case(about="finished() with a signal that aborts has taken its listeners off before it calls back")
def FinishedAborted(t):
    controller = t.abort_controller()
    stream = closely(t, "stream", t.stream.PassThrough(), [])
    t.stream.finished(
        stream,
        lambda error: t.note("over", [error, stream.listener_count("end"), stream.listener_count("close")]),
        signal=controller.signal,
    )
    controller.abort()
    stream.destroy()


@case(about="finished() calls back in its place among the other listeners of 'end', 'finish', 'error' and 'close'")
def FinishedAmongListeners(t):
    stream = t.stream.PassThrough()
    for event in ["end", "finish", "close"]:
        stream.on(event, t.callback(f"{event} before"))
    t.stream.finished(stream, t.callback("over"))
    t.stream.finished(stream, t.callback("read"), writable=False)
    t.stream.finished(stream, t.callback("written"), readable=False)
    for event in ["end", "finish", "close"]:
        stream.on(event, t.callback(f"{event} behind"))
    stream.resume()
    stream.end("x")
