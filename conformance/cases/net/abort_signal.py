"""The option signal of sockets and servers: an aborted AbortSignal destroys a socket and closes a server."""

from conformance import case
from conformance.scenery import listen


def accepting(t):
    server = t.net.create_server(lambda peer: peer.resume())
    server.on("connection", lambda peer: server.close())
    server.on("connection", lambda peer: peer.on("error", lambda error: None))
    listen(t, server)


@case(about="aborting a connected socket destroys it at once with an AbortError, and 'close' has true")
class Connected:
    def server(t):
        accepting(t)

    def client(t, port):
        controller = t.abort_controller()
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", signal=controller.signal))
        client.on("error", t.callback("error"))

        def on_connect():
            controller.abort()
            t.note("destroyed", client.destroyed)
            t.snapshot(client)

        client.on("connect", on_connect)


@case(about="the reason of the abort is the cause of the AbortError, whatever its type")
def Reason(t):
    for reason in [5, "why", None, False, t.error("an error")]:
        controller = t.abort_controller()
        socket = t.net.Socket(signal=controller.signal)
        socket.on("error", t.callback("error", lambda error: t.note("cause", error.cause)))
        controller.abort(reason)


@case(about="without a reason the cause is an AbortError of its own: 'This operation was aborted'")
def DefaultReason(t):
    controller = t.abort_controller()
    socket = t.watch("socket", t.net.Socket(signal=controller.signal))

    def on_error(error):
        t.note("same", error.cause is controller.signal.reason)
        t.note("name", error.cause.name)
        t.note("message", error.cause.message)
        t.note("code", error.cause.code)
        t.note("own code", error.code)

    socket.on("error", on_error)
    controller.abort()
    t.note("destroyed", socket.destroyed)


@case(about="connecting with an aborted signal destroys the socket, though the connection is still made")
class AlreadyAborted:
    def server(t):
        accepting(t)

    def client(t, port):
        controller = t.abort_controller()
        controller.abort()
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", signal=controller.signal))
        client.on("error", t.callback("error"))
        t.snapshot(client)
        t.next_tick(lambda: t.note("state on a tick", client.ready_state))
        # The connection that nobody wants any more would keep both processes alive.
        client.on("ready", lambda: t.exit(0))


@case(about="new Socket() with an aborted signal is destroyed on the next tick, not in the constructor")
def AlreadyAbortedSocket(t):
    controller = t.abort_controller()
    controller.abort("early")
    t.next_tick(lambda: t.note("tick before", None))
    socket = t.watch("socket", t.net.Socket(signal=controller.signal))
    socket.on("error", t.callback("error"))
    t.note("destroyed", socket.destroyed)
    t.next_tick(lambda: t.note("tick after", socket.destroyed))
    t.microtask(lambda: t.note("microtask", socket.destroyed))


@case(about="aborting a socket while it connects emits 'error' and 'close', but never 'connect'")
class WhileConnecting:
    def server(t):
        server = t.net.create_server(lambda peer: peer.on("error", lambda error: None))
        listen(t, server)
        server.unref()

    def client(t, port):
        controller = t.abort_controller()
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", signal=controller.signal))
        client.on("error", t.callback("error"))
        client.write("never", t.callback("written"))
        controller.abort()
        t.snapshot(client)


@case(
    about="aborting during the lookup emits 'error' and 'close'; the late answer emits 'lookup' but starts no attempt"
)
def DuringLookup(t):
    controller = t.abort_controller()
    answers = []
    client = t.watch(
        "client",
        t.net.connect(
            port=1,
            host="any.name",
            signal=controller.signal,
            lookup=lambda host, options, answer: answers.append(answer),
        ),
    )
    client.on("error", t.callback("error"))
    client.on("close", lambda had_error: answers[0](None, [{"address": "127.0.0.1", "family": 4}]))
    t.immediate(lambda: controller.abort())


@case(about="an abort after destroy() or after 'close' changes nothing")
def AfterDestroy(t):
    controller = t.abort_controller()
    socket = t.watch("socket", t.net.Socket(signal=controller.signal))
    socket.on("error", t.callback("error"))
    socket.on("close", lambda had_error: controller.abort("late"))
    socket.destroy()
    other = t.abort_controller()
    second = t.watch("second", t.net.Socket(signal=other.signal))
    second.on("error", t.callback("error of the second"))
    second.destroy()
    other.abort()


@case(about="an abort passes the AbortError to the callbacks of pending writes, even of those from before 'connect'")
class PendingWrites:
    def server(t):
        accepting(t)

    def client(t, port):
        controller = t.abort_controller()
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", signal=controller.signal))
        client.on("error", t.callback("error"))
        client.cork()
        client.write("x", t.callback("before 'connect'"))

        def on_connect():
            client.write("a", t.callback("first"))
            client.write("b", t.callback("second"))
            client.end("c", t.callback("ended"))
            client.cork()
            controller.abort()

        client.on("connect", on_connect)


@case(about="one signal destroys all the sockets that have it, in the order in which they were created")
def ManySockets(t):
    controller = t.abort_controller()
    first = t.watch("first", t.net.Socket(signal=controller.signal))
    second = t.watch("second", t.net.Socket(signal=controller.signal))
    first.on("error", t.callback("first error"))
    second.on("error", t.callback("second error"))
    first.on("close", t.callback("first closed"))
    second.on("close", t.callback("second closed"))
    controller.abort()
    controller.abort("again")
    t.note("both", [first.destroyed, second.destroyed])


@case(about="without an 'error' listener the AbortError is an uncaught exception")
def Uncaught(t):
    controller = t.abort_controller()
    t.watch("socket", t.net.Socket(signal=controller.signal))
    controller.abort()


@case(about="a signal does not keep the process alive")
def NoLife(t):
    controller = t.abort_controller()
    t.watch("socket", t.net.Socket(signal=controller.signal))
    t.note("active", t.active())
    t.on_before_exit(lambda code: t.note("aborted", controller.signal.aborted))


@case(about="socket.connect() ignores the option signal; only the constructor takes one")
class SignalOfConnect:
    def server(t):
        accepting(t)

    def client(t, port):
        controller = t.abort_controller()
        client = t.watch("client", t.net.Socket())

        def on_connect():
            controller.abort()
            t.note("destroyed", client.destroyed)
            client.end()

        client.on("connect", on_connect)
        client.connect(port=port, host="127.0.0.1", signal=controller.signal)
        client.resume()


@case(about="aborting the signal of listen() closes the server as close() does")
def Listening(t):
    controller = t.abort_controller()
    server = t.watch("server", t.net.create_server())

    def on_listening():
        controller.abort()
        t.note("listening", server.listening)
        t.note("address", server.address())

    server.listen(on_listening, port=0, host="127.0.0.1", signal=controller.signal)


@case(about="listen() with an aborted signal listens until the next tick, then emits 'close' without 'listening'")
def ListenAborted(t):
    controller = t.abort_controller()
    controller.abort("early")
    server = t.watch("server", t.net.create_server())
    server.listen(t.callback("never"), path=t.path("aborted.sock"), signal=controller.signal)
    t.note("listening", server.listening)
    t.note("file", t.file_mode(t.path("aborted.sock")))
    t.next_tick(lambda: t.note("listening on a tick", server.listening))
    server.on("close", lambda: t.note("file after", t.file_mode(t.path("aborted.sock"))))


@case(about="aborting before 'listening' closes the server, and 'listening' is never emitted")
def AbortedBeforeListening(t):
    controller = t.abort_controller()
    server = t.watch("server", t.net.create_server())
    server.listen(t.callback("never"), port=0, host="127.0.0.1", signal=controller.signal)
    controller.abort()
    t.note("listening", server.listening)


@case(about="an aborted server keeps its connections, and emits 'close' when they have closed")
class ServerKeepsConnections:
    def server(t):
        controller = t.abort_controller()
        server = t.watch("server", t.net.create_server())

        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            controller.abort()
            t.note("listening", server.listening)
            peer.end("still here")

        server.on("connection", on_connection)
        server.listen(
            lambda: t.publish(port=server.address().port), port=0, host="127.0.0.1", signal=controller.signal
        )

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()


@case(about="an abort after close() does nothing, even if the server listens again without a signal")
def ServerClosedBefore(t):
    controller = t.abort_controller()
    server = t.watch("server", t.net.create_server())

    def second():
        controller.abort()
        t.note("listening", server.listening)
        server.close()

    def on_closed():
        server.listen(0, "127.0.0.1", second)

    server.listen(lambda: server.close(on_closed), port=0, host="127.0.0.1", signal=controller.signal)


@case(about="a listen() that failed keeps its signal: a later abort closes whatever the server then listens on")
def SignalOfAFailure(t):
    controller = t.abort_controller()
    server = t.watch("server", t.net.create_server())

    def second():
        controller.abort()
        t.note("listening", server.listening)
        if server.listening:
            server.close()

    server.on("error", t.callback("error", lambda: server.listen(0, "127.0.0.1", second)))
    server.listen(path=t.path("."), signal=controller.signal)


@case(about="listen() throws and does not listen if its signal is not an AbortSignal, even for null or false")
def WrongSignalOfListen(t):
    server = t.watch("server", t.net.create_server())
    t.attempt("null", lambda: server.listen(port=0, signal=None))
    t.attempt("false", lambda: server.listen(port=0, signal=False))
    t.attempt("number", lambda: server.listen(port=0, signal=5))
    t.attempt("text", lambda: server.listen(port=0, signal="x"))
    t.attempt("object", lambda: server.listen(port=0, signal={}))
    t.attempt("before the port", lambda: server.listen(port=70000, signal=5))
    t.note("listening", server.listening)


@case(about="listen() attaches the signal before it checks the port, so a bad port leaves the signal attached")
def SignalAndBadPort(t):
    controller = t.abort_controller()
    server = t.watch("server", t.net.create_server())
    t.attempt("bad port", lambda: server.listen(port=70000, signal=controller.signal))

    def on_listening():
        controller.abort()
        t.note("listening", server.listening)
        if server.listening:
            server.close()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="create_server() ignores the option signal")
def SignalOfCreateServer(t):
    controller = t.abort_controller()
    server = t.watch("server", t.net.create_server(signal=controller.signal))

    def on_listening():
        controller.abort()
        t.note("listening", server.listening)
        server.close()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="an abort in 'connection' destroys that half-open socket, and the other side sees the end")
class HalfOpen:
    def server(t):
        server = t.watch("server", t.net.create_server(allow_half_open=True))

        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("end", lambda: peer.end("late"))
            peer.on("error", lambda error: None)
            peer.resume()
            server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        controller = t.abort_controller()
        client = t.watch(
            "client",
            t.net.connect(port=port, host="127.0.0.1", allow_half_open=True, signal=controller.signal),
        )
        client.on("error", t.callback("error"))
        client.on("finish", lambda: t.next_tick(lambda: controller.abort()))
        client.on("end", t.callback("end"))
        client.end("ping")


@case(about="a socket whose signal has aborted can connect again, but not to one of several addresses")
def ConnectAfterAbort(t):
    def lookup(host, options, callback):
        callback(None, [{"address": "127.0.0.1", "family": 4}, {"address": "127.0.0.3", "family": 4}])

    server = t.net.create_server(lambda peer: peer.on("error", lambda error: None).resume())
    controller = t.abort_controller()
    client = t.watch("client", t.net.Socket(signal=controller.signal))
    client.on("error", lambda error: None)

    def search():
        client.connect(port=server.address().port, host="two.test", lookup=lookup)
        t.immediate(done)

    def done():
        t.snapshot(client)
        client.destroy()
        server.close()

    def again(had_error):
        client.connect(server.address().port, "127.0.0.1")
        client.once("ready", search)

    def listening():
        client.connect(server.address().port, "127.0.0.1")
        client.once("connect", lambda: controller.abort())
        client.once("close", again)

    server.listen(0, "127.0.0.1", listening)


def use_everywhere(t, signal):
    """Give a signal to everything that takes one, and note what becomes of it."""

    def failed(label):
        return lambda error: t.note(label, error and [error.name, error.message])

    def source(label):
        return t.stream.Readable.from_(["a"]).on("error", failed(label))

    def close(socket):
        t.attempt("close", lambda: socket.close() is socket)

    server = t.net.create_server()
    t.attempt("listen", lambda: server.listen(port=0, host="127.0.0.1", signal=signal) is server)
    t.immediate(lambda: server.close())
    t.attempt("create_socket", lambda: close(t.dgram.create_socket(type="udp4", signal=signal)))
    through = t.stream.PassThrough()
    t.attempt("finished", lambda: t.stream.finished(through, failed("finished"), signal=signal) is None)
    added = t.stream.PassThrough().on("error", failed("added"))
    t.attempt("add_abort_signal", lambda: t.stream.add_abort_signal(signal, added).destroyed)
    t.attempt("Readable", lambda: t.stream.Readable(signal=signal).on("error", failed("Readable")).destroyed)
    t.attempt("add_abort_listener", lambda: t.events.add_abort_listener(signal, t.callback("heard")) is None)
    t.attempt("on", lambda: t.events.on(t.events.EventEmitter(), "x", signal=signal) is None)
    t.events.once(t.events.EventEmitter(), "x", signal=signal).then(None, failed("once"))
    source("map").map(lambda value, options: value, signal=signal).on("error", failed("mapped")).resume()
    source("to_array").to_array(signal=signal).then(t.callback("array"), failed("array"))


@case(
    about="an object whose 'aborted' is true passes for an aborted AbortSignal",
    skip_unless="node^24.18",
)
def LookalikeAborted(t):
    t.on_uncaught(failed_silently)
    use_everywhere(t, {"aborted": True})


def failed_silently(error):
    pass


@case(about="an object whose 'aborted' is false fails as an AbortSignal, as it has no add_event_listener()")
def LookalikeNotAborted(t):
    t.on_uncaught(failed_silently)
    use_everywhere(t, {"aborted": False})


@case(about="a socket made with an object whose 'aborted' is true never connects")
def LookalikeOfASocket(t):
    t.on_uncaught(failed_silently)
    t.attempt("aborted", lambda: t.net.Socket(signal={"aborted": True}).on("error", t.callback("error")).destroyed)
    t.attempt("not aborted", lambda: t.net.Socket(signal={"aborted": False}).destroyed)
