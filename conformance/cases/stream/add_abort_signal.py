"""add_abort_signal(): an AbortSignal for an existing socket or stream, in each of its states."""

from conformance import case
from conformance.scenery import BOTH, READS, closely, record, serve_here, soon, state


def connected(t, use):
    """Two connected sockets of one process: `use(client, peer)`."""

    def on_connection(peer):
        peer.on("error", lambda error: None)
        peer.resume()
        soon(t, lambda: use(client, peer))

    client = t.watch("client", t.net.Socket())
    serve_here(t, on_connection, lambda port: client.connect(port, "127.0.0.1"), {"allow_half_open": True})


@case(about="add_abort_signal() destroys an open socket with an AbortError whose cause is the reason")
def Open(t):
    def use(client, peer):
        controller = t.abort_controller()
        t.note("returns it", t.stream.add_abort_signal(controller.signal, client) is client)
        client.on("error", t.callback("error"))
        client.write("some", t.callback("written"))
        controller.abort(t.error("enough"))
        t.note("destroyed", client.destroyed)
        peer.end()

    connected(t, use)


@case(about="a socket that is aborted while it connects never emits 'connect'")
def Connecting(t):
    def start(port):
        controller = t.abort_controller()
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.stream.add_abort_signal(controller.signal, client)
        client.on("error", t.callback("error"))
        t.next_tick(lambda: controller.abort())

    serve_here(t, lambda peer: peer.on("error", lambda error: None).resume(), start)


@case(about="add_abort_signal() destroys a socket that was never connected")
def NeverConnected(t):
    controller = t.abort_controller()
    socket = t.watch("socket", t.stream.add_abort_signal(controller.signal, t.net.Socket()))
    socket.on("error", t.callback("error"))
    controller.abort()


@case(about="add_abort_signal() with an aborted signal destroys the socket within the call")
def AbortedBefore(t):
    def use(client, peer):
        controller = t.abort_controller()
        controller.abort()
        client.on("error", t.callback("error"))
        t.stream.add_abort_signal(controller.signal, client)
        t.note("destroyed", client.destroyed)
        t.note("errored", client.errored)
        peer.end()

    connected(t, use)


@case(about="add_abort_signal() destroys a socket whose writable side has ended")
def Ended(t):
    def use(client, peer):
        controller = t.abort_controller()
        t.stream.add_abort_signal(controller.signal, client)
        client.on("error", t.callback("error"))
        client.on("finish", lambda: controller.abort())
        client.end()
        client.on("close", lambda had_error: peer.end())

    connected(t, use)


@case(about="a closed socket ignores the abort and has left the signal's listeners")
def Closed(t):
    def use(client, peer):
        controller = t.abort_controller()
        t.stream.add_abort_signal(controller.signal, client)

        def closed(had_error):
            controller.abort()
            t.note("errored", client.errored)

        client.on("close", lambda had_error: t.immediate(lambda: closed(had_error)))
        client.resume()
        client.end()
        peer.end()

    connected(t, use)


@case(about="adding a signal to a destroyed socket causes no error, aborted or not")
def Destroyed(t):
    def use(client, peer):
        aborted = t.abort_controller()
        aborted.abort()
        later = t.abort_controller()
        client.destroy()
        t.stream.add_abort_signal(aborted.signal, client)
        t.stream.add_abort_signal(later.signal, client)
        later.abort()
        t.note("errored", client.errored)
        peer.destroy()

    connected(t, use)


@case(about="with two signals on a socket, the first abort destroys it and the second does nothing")
def TwoSignals(t):
    def use(client, peer):
        one = t.abort_controller()
        two = t.abort_controller()
        t.stream.add_abort_signal(one.signal, client)
        t.stream.add_abort_signal(two.signal, client)
        client.on("error", t.callback("error"))
        two.abort(t.error("second signal"))
        one.abort(t.error("first signal"))
        peer.end()

    connected(t, use)


@case(about="add_abort_signal() adds listeners to the socket, one of them for 'error', so no error is uncaught")
def Listeners(t):
    def use(client, peer):
        events = ["close", "end", "error", "finish"]
        before = [client.listener_count(event) for event in events]
        t.stream.add_abort_signal(t.abort_controller().signal, client)
        t.note("listeners", [before, [client.listener_count(event) for event in events]])
        client.destroy(t.error("for another reason"))
        peer.destroy()

    connected(t, use)


@case(about="the abort of a socket that to_array() reads rejects the promise with the AbortError")
def WhileRead(t):
    def use(client, peer):
        controller = t.abort_controller()
        t.stream.add_abort_signal(controller.signal, client)
        client.to_array().then(t.callback("fulfilled"), t.callback("rejected"))
        peer.write("data", lambda error: soon(t, lambda: controller.abort()))
        client.on("close", lambda had_error: peer.destroy())

    connected(t, use)


@case(
    about="the abort of a Transform between two sockets unpipes it and leaves the sockets open",
    skip_unless="node<26.1",
)
def TransformBetween(t):
    def use(client, peer):
        controller = t.abort_controller()
        through = t.watch("through", t.stream.PassThrough(signal=controller.signal))
        through.on("error", t.callback("error"))
        client.pipe(through).pipe(client)
        controller.abort()

        def on_close():
            t.note("client", [client.destroyed, client.readable_flowing])
            client.destroy()
            peer.destroy()

        through.on("close", on_close)

    connected(t, use)


@case(about="add_abort_signal() throws ERR_INVALID_ARG_TYPE unless given an AbortSignal and a stream")
def BadArguments(t):
    signal = t.abort_controller().signal
    for value in [None, 5, "signal", {}]:
        t.attempt("signal", lambda value=value: t.stream.add_abort_signal(value, t.net.Socket()))
        t.attempt("stream", lambda value=value: t.stream.add_abort_signal(signal, value))
    t.attempt("server", lambda: t.stream.add_abort_signal(signal, t.net.create_server()))
    t.attempt("nothing", lambda: t.stream.add_abort_signal())


@case(about="aborting a stream without destroy() throws JavaScript's TypeError")
def AbortNoDestroy(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    controller = t.abort_controller()
    t.stream.add_abort_signal(controller.signal, t.stream.Stream())
    controller.abort()
    t.attempt("before", lambda: t.stream.add_abort_signal(controller.signal, t.stream.Stream()))


@case(
    about="a stream made with an aborted signal is destroyed at once",
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


@case(about="add_abort_signal() keeps one listener on the signal until the stream is over")
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


@case(about="a signal given at construction or by add_abort_signal() destroys a stream step by step as in Node")
def AbortedSteps(t):
    controller = t.abort_controller()
    given = closely(t, "given", t.stream.Readable(read=lambda size: None, signal=controller.signal), READS)
    added = closely(t, "added", t.stream.PassThrough(), BOTH)
    t.stream.add_abort_signal(controller.signal, added)
    for stream in [given, added]:
        stream.on("error", t.callback("error"))
    controller.signal.add_event_listener("abort", lambda event: t.note("abort", [given.destroyed, added.destroyed]))
    controller.abort()
    t.note("aborted", [given.destroyed, added.destroyed])
