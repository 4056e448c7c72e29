"""events.once() and events.on() over emitters, sockets, servers and signals."""

from conformance import case
from conformance.scenery import closely


def connected(t, use):
    """A server's socket and its client in one process, once both know of each other."""
    server = t.net.create_server()
    peers = []

    def meet():
        if len(peers) == 1 and not client.pending:
            use(peers[0], client)

    def on_connection(peer):
        server.close()
        peer.on("error", lambda error: None)
        peers.append(peer)
        meet()

    server.on("connection", on_connection)
    client = t.watch("client", t.net.Socket())
    server.listen(0, "127.0.0.1", lambda: client.connect(server.address().port, "127.0.0.1", meet))


def counts(emitter):
    return [[name, emitter.listener_count(name)] for name in emitter.event_names()]


@case(about="events.on() yields the 'data' of a socket until an event that closes the iteration")
def Data(t):
    def use(peer, client):
        async def walk():
            async for arguments in t.events.on(client, "data", close=["close"]):
                t.note("data", arguments)
            t.note("left", counts(client))

        t.spawn(walk())
        t.note("iterating", counts(client))
        peer.on("data", lambda chunk: peer.end())
        client.once("data", lambda chunk: client.write("x"))
        peer.write("a")

    connected(t, use)


@case(about="a break out of events.on() takes its listeners off; the socket lives on")
def Break(t):
    def use(peer, client):
        async def walk():
            async for arguments in t.events.on(client, "data", close=["end"]):
                t.note("data", arguments)
                break
            t.note("left", counts(client))
            t.note("state", [client.readable_flowing, client.destroyed])
            client.end()

        t.spawn(walk())
        peer.write("a")
        peer.resume()

    connected(t, use)


@case(about="an exception inside events.on() takes its listeners off")
def Throw(t):
    def use(peer, client):
        async def walk():
            async for arguments in t.events.on(client, "data"):
                raise t.error(f"inside {len(arguments)}")

        def on_uncaught(error):
            t.note("uncaught", error)
            t.note("left", counts(client))
            client.destroy()

        t.on_uncaught(on_uncaught)
        t.spawn(walk())
        peer.write("a")
        peer.resume()

    connected(t, use)


@case(about="an 'error' of the socket is raised by events.on(), after what arrived before it")
def Error(t):
    def use(peer, client):
        async def walk():
            async for arguments in t.events.on(client, "data"):
                t.note("data", arguments)

        t.on_uncaught(lambda error: t.note("uncaught", error))
        t.spawn(walk())
        client.on("close", lambda had_error: t.note("left", counts(client)))
        client.push("a")
        client.push("b")
        client.destroy(t.error("mine"))
        peer.resume()

    connected(t, use)


@case(about="an abort ends events.on() with an AbortError and takes its listeners off")
def Abort(t):
    controller = t.abort_controller()

    def use(peer, client):
        async def walk():
            async for arguments in t.events.on(client, "data", signal=controller.signal):
                t.note("data", arguments)
                controller.abort()

        def on_uncaught(error):
            t.note("uncaught", error)
            t.note("left", counts(client))
            client.destroy()

        t.on_uncaught(on_uncaught)
        t.spawn(walk())
        peer.write("a")
        peer.resume()

    connected(t, use)


@case(about="with high_water_mark events.on() pauses the socket, and resumes it below low_water_mark")
def WaterMarks(t):
    def use(peer, client):
        arrived = t.events.on(client, "data", close=["end"], high_water_mark=1, low_water_mark=1)

        async def walk():
            async for arguments in arrived:
                t.note("data", [arguments, client.is_paused()])

        def push_all():
            for text in ["a", "b", "c"]:
                client.push(text)
            t.note("paused", client.is_paused())
            t.spawn(walk())
            peer.end()

        t.immediate(push_all)

    connected(t, use)


@case(about="events.on() yields the connections of a server")
def Connections(t):
    server = t.net.create_server()

    async def walk():
        async for arguments in t.events.on(server, "connection", close=["close"]):
            t.note("arguments", len(arguments))
            arguments[0].end("bye")
            arguments[0].resume()
            server.close()
        t.note("left", counts(server))

    server.listen(0, "127.0.0.1", lambda: t.net.connect(server.address().port, "127.0.0.1").resume())
    t.spawn(walk())


@case(about="events.once() of a server or socket is fulfilled with the arguments of its event")
def Once(t):
    server = t.watch("server", t.net.create_server())
    server.on("connection", lambda peer: [peer.end("bye"), peer.resume(), server.close()])

    async def life():
        server.listen(0, "127.0.0.1")
        t.note("listening", await t.events.once(server, "listening"))
        closed = t.events.once(server, "close")
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        t.note("connect", await t.events.once(client, "connect"))
        t.note("left", counts(client))
        t.note("data", await t.events.once(client, "data"))
        client.resume()
        t.note("close", await t.events.once(client, "close"))
        t.note("server closed", await closed)

    t.spawn(life())


@case(about="an abort rejects events.once() of a server or emitter with an AbortError, and leaves no listener")
def OnceAborted(t):
    controller = t.abort_controller()
    server = t.watch("server", t.net.create_server())
    emitter = t.events.EventEmitter()

    async def wait(one, event):
        await t.events.once(one, event, signal=controller.signal)

    def on_listening():
        t.spawn(wait(server, "connection"))
        t.spawn(wait(emitter, "x"))
        t.note("waiting", counts(server))
        controller.abort()
        t.immediate(over)

    def over():
        t.note("left", counts(server))
        t.note("left", emitter.event_names())
        server.close()

    t.on_uncaught(lambda error: t.note("uncaught", error))
    server.listen(0, "127.0.0.1", on_listening)


@case(about="events.once() of an AbortSignal is fulfilled with the event of its abort, and listens for no 'error'")
def OnceOfASignal(t):
    controller = t.abort_controller()
    signal = controller.signal

    async def wait():
        values = await t.events.once(signal, "abort")
        t.note("values", [one.type for one in values])
        t.note("left", t.events.listener_count(signal, "abort"))

    t.spawn(wait())
    t.note("listeners", [t.events.listener_count(signal, "abort"), t.events.listener_count(signal, "error")])
    t.next_tick(lambda: controller.abort())


@case(about="events.once() of an AbortSignal takes its listener off when its own signal aborts")
def OnceOfASignalAborted(t):
    watched = t.abort_controller().signal
    own = t.abort_controller()
    t.events.once(watched, "abort", signal=own.signal).then(None, lambda error: t.note("error", error))
    own.abort()
    t.note("left", t.events.listener_count(watched, "abort"))


@case(about="events.on() of an AbortSignal yields its abort event, and leaving the loop removes the listener")
def OnOfASignal(t):
    controller = t.abort_controller()
    signal = controller.signal

    async def iterate():
        async for values in t.events.on(signal, "abort"):
            t.note("values", [one.type for one in values])
            break
        t.next_tick(lambda: t.note("left", t.events.listener_count(signal, "abort")))

    t.spawn(iterate())
    t.note("listeners", [t.events.listener_count(signal, "abort"), t.events.listener_count(signal, "error")])
    t.next_tick(lambda: controller.abort())


@case(about="events.once() and on() reject what is neither emitter nor event target; once() also a wrong signal")
def NoEmitter(t):
    for value in [{}, 5, "text", t.abort_controller(), None]:
        t.events.once(value, "x").then(None, lambda error: t.note("once", error))
        t.attempt("on", lambda: t.events.on(value, "x"))
    t.events.once(t.events.EventEmitter(), "x", signal=5).then(None, lambda error: t.note("signal", error))


@case(about="events.once() whose signal cannot be left, or whose emitter keeps its listeners, never settles")
def OnceCannotLeave(t):
    def fail(self, original, *args):
        t.note("removes", args[0])
        raise t.error("stay")

    async def wait(emitter, signal):
        t.note("settled", await t.events.once(emitter, "step", signal=signal))

    t.on_uncaught(t.callback("uncaught"))
    for event in ["step", "error"]:
        controller = t.abort_controller()
        t.override(controller.signal, "remove_event_listener", fail)
        emitter = t.events.EventEmitter()
        t.spawn(wait(emitter, controller.signal))
        t.attempt(event, lambda emitter=emitter, event=event: emitter.emit(event, t.error("given")))
    controller = t.abort_controller()
    emitter = t.events.EventEmitter()
    t.override(emitter, "remove_listener", fail)
    t.spawn(wait(emitter, controller.signal))
    controller.abort()


@case(about="events.on() whose emitter emits within resume() pauses it again in Node's steps")
def IterationResumeEmits(t):
    def resume():
        t.note("resume", left[0])
        for _ in range(4):
            if left[0]:
                left[0] -= 1
                emitter.emit("step", left[0])

    async def run(values):
        async for value in values:
            t.note("value", value)
            if value[0] == 0:
                break

    left = [8]
    emitter = t.events.EventEmitter()
    emitter.pause = t.callback("pause")
    emitter.resume = resume
    values = t.events.on(emitter, "step", high_water_mark=2, low_water_mark=1)
    for number in range(4):
        emitter.emit("step", 10 + number)
    t.spawn(run(values))


@case(about="an aborted events.once() rejects only after removing its 'error' listener, never if that fails")
def OnceAbortCannotLeave(t):
    def remove(self, original, *args):
        t.note("removes", args[0])
        if args[0] == "error":
            raise t.error("stay")
        return original(*args)

    async def wait():
        t.note("settled", await t.events.once(emitter, "step", signal=controller.signal))

    t.on_uncaught(t.callback("uncaught"))
    controller = t.abort_controller()
    emitter = t.events.EventEmitter()
    t.override(emitter, "remove_listener", remove)
    t.spawn(wait())
    controller.abort()


@case(about="events.once() of 'error' is fulfilled with the error, be it an emitter's or a socket's")
def OnceError(t):
    emitter = t.events.EventEmitter()

    async def wait():
        t.next_tick(lambda: emitter.emit("go", 1, 2))
        t.note("go", await t.events.once(emitter, "go"))
        t.next_tick(lambda: emitter.emit("error", t.error("waited for")))
        t.note("error", await t.events.once(emitter, "error"))
        t.note("left", emitter.event_names())
        client = t.watch("client", t.net.connect(1, "127.0.0.1"))
        t.note("error", await t.events.once(client, "error"))
        t.note("close", await t.events.once(client, "close"))

    t.spawn(wait())


@case(about="events.once() is rejected with an 'error' that comes before its event, and leaves no listener")
def OnceRejects(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    emitter = t.events.EventEmitter()
    server = t.watch("server", t.net.create_server())

    async def wait(source, event):
        t.note("never", await t.events.once(source, event))

    def with_server():
        server.listen(0, "192.0.2.1")
        server.once("error", t.callback("error"))
        t.spawn(wait(server, "listening"))
        server.once("error", lambda error: t.immediate(with_socket))

    def with_socket():
        client = t.watch("client", t.net.connect(t.path("missing.sock")))
        client.once("close", lambda had_error: t.note("left", counts(client)))
        t.spawn(wait(client, "connect"))

    t.next_tick(lambda: emitter.emit("error", t.error("instead")))
    t.spawn(wait(emitter, "go"))
    t.immediate(lambda: [t.note("left", emitter.event_names()), with_server()])


@case(about="events.on() yields the arguments of each event until an event that closes it")
def OnIterator(t):
    emitter = t.events.EventEmitter()

    async def walk():
        async for arguments in t.events.on(emitter, "x", close=["end"]):
            t.note("x", arguments)
        t.note("left", emitter.event_names())

    def emit_all():
        emitter.emit("x", 1)
        emitter.emit("x", 2, 3)
        t.immediate(lambda: emitter.emit("end"))

    t.spawn(walk())
    t.immediate(emit_all)


@case(about="events.once() settles one microtask after its event, or three if both happen in one turn")
def OnceMicrotasks(t):
    emitter = t.events.EventEmitter()

    async def wait(name, promise):
        try_count = []
        counting = [True]

        def hop():
            try_count.append(1)
            if counting[0] and len(try_count) < 20:
                t.microtask(hop)

        t.microtask(hop)
        await promise
        counting[0] = False
        t.note(name, len(try_count))

    early = t.events.once(emitter, "x")

    def later():
        now = t.events.once(emitter, "x")
        emitter.emit("x")
        t.spawn(wait("early", early))
        t.spawn(wait("now", now))

    t.immediate(later)


@case(about="events.once() takes its listeners off the emitter and the signal before it goes on, in Node's order")
def OnceListeners(t):
    controller = t.abort_controller()
    signal = controller.signal
    emitter = closely(t, "emitter", t.events.EventEmitter(), [])

    def heard():
        return len(t.events.get_event_listeners(signal, "abort"))

    async def run():
        t.note("got", await t.events.once(emitter, "ready", signal=signal))
        t.note("left", [emitter.event_names(), heard()])

    emitter.on("removeListener", lambda event, listener: t.note("signal has", [event, heard()]))
    t.spawn(run())
    t.note("waiting", [emitter.event_names(), heard()])
    emitter.emit("ready", 1, 2)
    t.note("emitted", [emitter.event_names(), heard()])


@case(about="events.once() that fails by 'error' or an abort takes its listeners off in Node's order")
def OnceFailsListeners(t):
    t.on_uncaught(t.callback("rejected"))
    for name in ["error", "abort"]:
        controller = t.abort_controller()
        signal = controller.signal
        emitter = closely(t, name, t.events.EventEmitter(), [])

        def heard(signal=signal):
            return len(t.events.get_event_listeners(signal, "abort"))

        async def run(emitter=emitter, signal=signal):
            await t.events.once(emitter, "ready", signal=signal)

        emitter.on("removeListener", lambda event, listener, heard=heard: t.note("signal has", [event, heard()]))
        t.spawn(run())
        if name == "error":
            emitter.emit("error", t.error("broken"))
        else:
            controller.abort()
        t.note("left", [emitter.event_names(), heard()])


@case(about="events.once() for 'error' itself has one listener, and an aborted signal adds none")
def OnceOfError(t):
    async def run(options):
        await t.events.once(emitter, "ready", options)

    async def wait():
        t.note("got", await t.events.once(emitter, "error"))

    t.on_uncaught(t.callback("rejected"))
    emitter = closely(t, "emitter", t.events.EventEmitter(), [])
    t.spawn(wait())
    emitter.emit("error", t.error("asked for"))
    controller = t.abort_controller()
    controller.abort()
    t.spawn(run({"signal": controller.signal}))
    t.note("left", emitter.event_names())


@case(about="iteration by events.on() puts its listeners on and takes them off in Node's order, the signal's as well")
def IterationListeners(t):
    controller = t.abort_controller()
    signal = controller.signal
    emitter = closely(t, "emitter", t.events.EventEmitter(), [])

    def heard():
        return len(t.events.get_event_listeners(signal, "abort"))

    async def run():
        async for value in t.events.on(emitter, "tick", signal=signal, close=["end", "close"]):
            t.note("value", [value, emitter.event_names(), heard()])
        t.note("over", [emitter.event_names(), heard()])

    emitter.on("removeListener", lambda event, listener: t.note("signal has", [event, heard()]))
    t.spawn(run())
    emitter.emit("tick", 1)
    emitter.emit("tick", 2)
    t.immediate(lambda: [emitter.emit("end"), t.note("ended", [emitter.event_names(), heard()])])


@case(about="iteration by events.on() that ends by 'error' or by an abort takes its listeners off in Node's order")
def IterationFailsListeners(t):
    t.on_uncaught(t.callback("rejected"))

    def iterate(name):
        controller = t.abort_controller()
        signal = controller.signal
        emitter = closely(t, name, t.events.EventEmitter(), [])

        def heard():
            return len(t.events.get_event_listeners(signal, "abort"))

        async def run():
            async for value in t.events.on(emitter, "tick", signal=signal):
                t.note("value", value)

        emitter.on("removeListener", lambda event, listener: t.note("signal has", [event, heard()]))
        t.spawn(run())
        if name == "error":
            emitter.emit("error", t.error("broken"))
        else:
            controller.abort()
        t.note("left", [emitter.event_names(), heard()])

    iterate("error")
    iterate("abort")


@case(about="iteration by events.on() pauses and resumes its emitter at the marks, at most once each, in Node's steps")
def IterationPauses(t):
    emitter = t.events.EventEmitter()
    emitter.pause = t.callback("pause", lambda: emitter.emit("tick", "in pause") if emitter.paused else None)
    emitter.resume = t.callback("resume", lambda: emitter.emit("tick", "in resume"))
    emitter.paused = True

    async def run():
        seen = []
        async for value in t.events.on(emitter, "tick", high_water_mark=2, low_water_mark=1):
            seen.append(value)
            t.note("value", value)
            if len(seen) == 6:
                break

    t.spawn(run())
    for number in range(4):
        if number == 3:
            emitter.paused = False
        emitter.emit("tick", number)
