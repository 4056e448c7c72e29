"""Exceptions that an 'uncaughtException' listener takes: what they skip and what goes on."""

from conformance import case
from conformance.scenery import noter, serve


@case(
    about="the ticks of an I/O callback that threw run before the immediates that it queued",
    skip_unless="node<26.4",
)
def TicksOfThrowingIo(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    receiver = t.dgram.create_socket("udp4")

    def on_message():
        t.next_tick(noter(t, "tick"))
        t.microtask(noter(t, "micro"))
        t.immediate(noter(t, "immediate 1"))
        t.immediate(noter(t, "immediate 2"))
        receiver.close()
        raise t.error("in I/O")

    receiver.on("message", on_message)
    receiver.bind(0, "127.0.0.1", lambda: receiver.send("x", receiver.address().port, "127.0.0.1"))


@case(about="the next timer runs before the ticks of one that threw")
def TimerThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def first():
        t.note("first", None)
        t.next_tick(noter(t, "tick of first"))
        t.microtask(noter(t, "micro of first"))
        raise t.error("in timer")

    def second():
        t.note("second", None)
        t.next_tick(noter(t, "tick of second"))

    t.timeout(5, first)
    t.timeout(5, second)
    t.timeout(5, noter(t, "third"))


@case(about="behind an immediate that threw the next ones run before its ticks, then the one that it set, in one turn")
def ImmediateThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def first():
        t.note("first", None)
        t.next_tick(noter(t, "tick of first"))
        t.immediate(noter(t, "new of first"))
        raise t.error("in immediate")

    def second():
        t.note("second", None)
        t.next_tick(noter(t, "tick of second"))
        t.immediate(noter(t, "new of second"))

    t.immediate(first)
    t.immediate(second)
    t.immediate(noter(t, "third"))


@case(about="an immediate queued before another of its turn throws still waits for the next turn")
def ImmediateBeforeThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    receiver = t.dgram.create_socket("udp4")

    def send():
        t.note("send", None)
        t.immediate(noter(t, "new immediate"))
        receiver.send("x", receiver.address().port, "127.0.0.1")

    def fail():
        raise t.error("in immediate")

    def start():
        t.immediate(send)
        t.immediate(fail)
        t.immediate(noter(t, "last immediate of the turn"))

    receiver.on("message", lambda message: t.note("message", message))
    receiver.on("message", lambda message: receiver.close())
    receiver.bind(0, "127.0.0.1", start)


@case(
    about="an unhandled rejection is reported before the next immediate, although a tick threw meanwhile",
    skip_unless="node<26.4",
)
def RejectionAndThrowingTick(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    async def fail():
        raise t.error("rejected")

    def tick():
        raise t.error("in tick")

    def micro():
        t.spawn(fail())
        t.next_tick(tick)

    def fired():
        t.microtask(micro)
        t.immediate(noter(t, "immediate"))
        t.immediate(noter(t, "next immediate"))

    t.timeout(1, fired)


@case(about="an unhandled rejection is reported after the next datagram if a tick threw meanwhile")
def RejectionAndNextDatagram(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    receiver = t.dgram.create_socket("udp4")
    seen = []

    async def fail():
        raise t.error("rejected")

    def tick():
        raise t.error("in tick")

    def micro():
        t.spawn(fail())
        t.next_tick(tick)

    def on_message(message):
        seen.append(message)
        t.note("message", message)
        if len(seen) == 1:
            t.microtask(micro)
            t.immediate(noter(t, "immediate"))
        if len(seen) == 3:
            receiver.close()

    def on_listening():
        for text in ["1", "2", "3"]:
            receiver.send(text, receiver.address().port, "127.0.0.1")

    receiver.on("message", on_message)
    receiver.bind(0, "127.0.0.1", on_listening)


@case(about="an unhandled rejection is an uncaught exception once ticks and microtasks are over")
def UnhandledRejectionSurvived(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    async def fail():
        raise t.error("rejected")

    t.spawn(fail())
    t.next_tick(noter(t, "tick"))
    t.microtask(noter(t, "micro"))
    t.immediate(noter(t, "immediate"))


def survive(t):
    """The process lives on, and tells of each exception."""
    t.on_uncaught(lambda error: t.note("uncaught", error.message))


def thrower(t, what):
    """A function that queues one of everything, then throws; what it queued tells when it runs."""

    def throwing(*rest):
        t.note(f"{what} throws", None)
        t.next_tick(lambda: t.note(f"tick of {what}", None))
        t.microtask(lambda: t.note(f"microtask of {what}", None))
        t.immediate(lambda: t.note(f"immediate of {what}", None))
        raise t.error(what)

    return throwing


@case(about="an exception in 'connection' leaves the connection open: both sides still read, end and close")
def Connection(t):
    survive(t)
    server = t.watch("server", t.net.create_server())

    def on_connection(peer):
        t.watch("peer", peer)
        peer.resume()
        peer.end("still here")
        server.close()

    server.on("connection", on_connection)
    server.on("connection", thrower(t, "connection"))
    server.on("connection", t.callback("later listener"))

    def on_listening():
        client = t.watch("client", t.net.connect(t.path("sock")))
        client.end("bye")
        client.resume()

    server.listen(t.path("sock"), on_listening)


@case(about="an exception in the listen() callback keeps later listeners from 'listening'; the server listens")
def Listening(t):
    survive(t)
    server = t.watch("server", t.net.create_server())
    server.on("listening", lambda: t.note("listening", server.listening))
    server.on("close", t.callback("closed"))
    server.listen(0, "127.0.0.1", thrower(t, "listening"))
    server.on("listening", t.callback("later listener"))
    t.immediate(lambda: t.note("listening", server.listening))
    t.immediate(lambda: server.close(thrower(t, "close")))


@case(
    about="an exception in 'connect' skips 'ready' and the reading that would start there",
    skip_unless="node<26.4",
)
def Connect(t):
    survive(t)
    server = t.net.create_server()

    def on_connection(peer):
        peer.write("hello")
        peer.on("error", lambda error: None)
        peer.on("close", lambda had_error: server.close())
        peer.resume()

    server.on("connection", on_connection)

    def on_listening():
        client = t.watch("client", t.net.connect(t.path("sock")))
        client.on("connect", thrower(t, "connect"))
        client.on("close", t.callback("closed"))
        t.timeout(30, lambda: look(client))

    def look(client):
        t.snapshot(client)
        client.destroy()

    server.listen(t.path("sock"), on_listening)


@case(about="an exception in 'ready' skips the reading that would start there; read() starts it")
def Ready(t):
    survive(t)
    server = t.net.create_server(lambda peer: peer.end("hello"))
    server.on("connection", lambda peer: server.close())

    def on_listening():
        client = t.watch("client", t.net.connect(t.path("sock")))
        client.on("ready", thrower(t, "ready"))
        client.on("data", t.callback("data"))

    server.listen(t.path("sock"), on_listening)


def with_pair(t, ready):
    """Calls ready(near, far, server) with the watched ends of a connection in this process, still in 'connect'."""
    server = t.watch("server", t.net.create_server(allow_half_open=True))
    ends = []

    def on_connection(far):
        ends.append(t.watch("far", far))
        arrived()

    def arrived():
        if len(ends) == 2:
            far = ends[1] if ends[0] is near else ends[0]
            t.immediate(lambda: ready(near, far, server))

    def on_connect():
        ends.append(near)
        arrived()

    near = t.watch("near", t.net.Socket(allow_half_open=True))
    near.on("connect", on_connect)
    server.on("connection", on_connection)
    server.listen(t.path("sock"), lambda: near.connect(t.path("sock")))


@case(
    about="an exception in 'data' loses nothing but the later listeners: the next chunk and the end come",
    skip_unless="node<26.4",
)
def Data(t):
    survive(t)

    def ready(near, far, server):
        server.close()
        near.on("data", thrower(t, "data"))
        near.on("data", t.callback("later listener"))
        near.on("end", lambda: near.end())
        far.write("one")
        far.resume()
        t.immediate(lambda: t.immediate(lambda: far.end("two")))

    with_pair(t, ready)


@case(about="an exception in 'readable' leaves what was received in the buffer")
def Readable(t):
    survive(t)

    def ready(near, far, server):
        server.close()
        far.resume()
        near.on("readable", thrower(t, "readable"))
        far.end("one")
        t.immediate(lambda: t.immediate(lambda: t.immediate(lambda: look(near, far))))

    def look(near, far):
        t.note("length", near.readable_length)
        t.note("read", near.read())
        t.note("read", near.read())
        near.remove_all_listeners("readable")
        near.end()
        near.resume()

    with_pair(t, ready)


@case(about="an exception in 'end' of a half-open socket leaves it open: end() still finishes it")
def End(t):
    survive(t)

    def ready(near, far, server):
        server.close()
        near.on("end", thrower(t, "end"))
        near.on("end", t.callback("later listener"))
        near.resume()
        far.resume()
        far.end()
        t.immediate(lambda: t.immediate(lambda: t.immediate(lambda: near.end())))

    with_pair(t, ready)


@case(about="without half-open an exception in a listener of 'end' keeps the socket from ending by itself")
def EndWithoutHalfOpen(t):
    survive(t)
    server = t.net.create_server(lambda peer: peer.end("bye").resume())
    server.on("connection", lambda peer: server.close())

    def on_listening():
        client = t.watch("client", t.net.connect(t.path("sock")))
        client.resume()
        client.prepend_listener("end", thrower(t, "end"))
        client.on("end", t.callback("later listener"))
        client.prepend_listener("end", lambda: t.immediate(lambda: t.immediate(lambda: look(client))))

    def look(client):
        t.snapshot(client)
        client.destroy()

    server.listen(t.path("sock"), on_listening)


@case(about="an exception in the callback of end() keeps 'finish' from coming, but not 'close'")
def Finish(t):
    survive(t)

    def ready(near, far, server):
        server.close()
        far.on("end", lambda: far.end())
        far.resume()
        near.resume()
        near.on("finish", thrower(t, "finish"))
        near.on("finish", t.callback("later listener"))
        near.end("bye", thrower(t, "end callback"))

    with_pair(t, ready)


@case(about="after an exception in the callback of write() the later callbacks and writes go on")
def Write(t):
    survive(t)

    def ready(near, far, server):
        server.close()
        far.on("data", lambda chunk: None)
        far.on("end", lambda: far.end())
        near.resume()
        near.write("one", thrower(t, "first write"))
        near.write("two", t.callback("second write"))
        near.write("three", thrower(t, "third write"))
        near.end("four", t.callback("end"))

    with_pair(t, ready)


@case(about="after an exception in the callback of a corked write the other callbacks still run")
def Corked(t):
    survive(t)

    def ready(near, far, server):
        server.close()
        far.on("data", lambda chunk: None)
        far.on("end", lambda: far.end())
        near.resume()
        near.cork()
        near.write("one", thrower(t, "first write"))
        near.write("two", t.callback("second write"))
        near.uncork()
        near.end(t.callback("end"))

    with_pair(t, ready)


@case(
    about="an exception in the callback of a write that failed does not keep 'error' and 'close' from coming",
    skip_unless="node<26.1",
)
def FailedWrite(t):
    survive(t)

    def ready(near, far, server):
        server.close()
        near.on("error", t.callback("error"))
        near.end()
        near.write("late", thrower(t, "write"))
        far.resume()
        far.end()
        near.resume()

    with_pair(t, ready)


@case(about="an exception in 'error' does not keep 'close' from coming")
def Error(t):
    survive(t)

    def watch(name, client):
        t.watch(name, client)
        client.on("error", thrower(t, "error"))
        client.on("error", t.callback("later listener"))
        client.on("close", t.callback("close"))
        return client

    missing = watch("missing", t.net.connect(t.path("missing")))
    missing.on("close", lambda had_error: watch("refused", t.net.connect(1, "127.0.0.1")))
    watch("destroyed", t.net.Socket()).destroy(t.error("given to destroy()"))


@case(about="after an 'error' without a listener that is survived, 'close' still comes")
def ErrorWithoutListener(t):
    survive(t)
    t.watch("client", t.net.connect(t.path("missing")))
    socket = t.watch("destroyed", t.net.Socket())
    socket.destroy(t.error("given to destroy()"))


@case(about="an exception in 'close' of a socket still lets its server close", skip_unless="node<26.4")
def Close(t):
    survive(t)

    def ready(near, far, server):
        server.close(t.callback("server closed"))
        far.on("close", thrower(t, "close"))
        near.on("close", thrower(t, "other close"))
        far.destroy()
        near.destroy()

    with_pair(t, ready)


@case(about="an exception in 'timeout' leaves the connection open: it still ends and closes without an error")
def Timeout(t):
    survive(t)

    def ready(near, far, server):
        server.close()
        near.once("timeout", lambda: t.immediate(lambda: t.immediate(lambda: over(near, far))))
        near.set_timeout(5, thrower(t, "timeout"))
        near.once("timeout", t.callback("later listener"))

    def over(near, far):
        near.set_timeout(0)
        near.resume().end()
        far.resume().end()

    with_pair(t, ready)


@case(about="an exception in 'drain' lets the writes after it go on")
def Drain(t):
    survive(t)

    def ready(near, far, server):
        server.close()
        far.on("data", lambda chunk: None)
        far.on("end", lambda: far.end())
        near.resume()
        near.once("drain", thrower(t, "drain"))
        near.once("drain", t.callback("later listener"))
        near.write(bytes(200000))
        t.note("needs drain", near.writable_need_drain)
        t.immediate(lambda: near.end("more"))

    with_pair(t, ready)


@case(about="an exception in 'lookup' leaves the socket without a connection attempt, and connecting for good")
def Lookup(t):
    survive(t)
    server = t.net.create_server()

    def on_listening():
        client = t.watch("client", t.net.connect(port=server.address().port, host="localhost", family=4))
        client.on("lookup", thrower(t, "lookup"))
        t.timeout(50, lambda: look(client))

    def look(client):
        t.note("connecting", client.connecting)
        client.destroy()
        server.close()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="an exception of the lookup option is thrown by connect(), or from the tick in which it is called")
def LookupOption(t):
    survive(t)
    socket = t.watch("socket", t.net.Socket())
    t.attempt("connect", lambda: socket.connect(port=1, host="example", lookup=thrower(t, "lookup")) is socket)
    t.note("connecting", socket.connecting)
    socket.destroy()


@case(about="an exception in 'connectionAttempt' is thrown by connect() where the host is an address")
def ConnectionAttempt(t):
    survive(t)
    server = t.net.create_server()

    def on_listening():
        client = t.watch("client", t.net.Socket())
        client.on("connectionAttempt", thrower(t, "attempt"))
        client.on("error", t.callback("error"))
        t.attempt("connect", lambda: client.connect(server.address().port, "127.0.0.1") is client)
        t.timeout(30, lambda: look(client))

    def look(client):
        t.note("connecting", client.connecting)
        client.destroy()
        server.close()

    server.listen(0, "127.0.0.1", on_listening)


@case(
    about="an exception in the callback of get_connections() or close() does not keep later callbacks from running",
    skip_unless="node<26.4",
)
def ServerCallbacks(t):
    survive(t)
    server = t.watch("server", t.net.create_server())

    def callbacks():
        server.get_connections(thrower(t, "get_connections"))
        server.close(thrower(t, "close"))
        server.close(t.callback("second close"))

    server.listen(t.path("sock"), lambda: t.immediate(callbacks))


@case(about="an exception in 'drop' leaves the dropped client connected")
def Drop(t):
    survive(t)
    server = t.watch("server", t.net.create_server())
    server.max_connections = 0
    server.on("drop", lambda data: server.close(t.callback("closed")))
    server.on("drop", thrower(t, "drop"))
    server.on("drop", t.callback("later listener"))

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.resume()
        client.on("connect", lambda: t.immediate(lambda: t.immediate(leave)))

        def leave():
            t.note("still", client.ready_state)
            client.destroy()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="after an exception in 'message' the next datagrams still come", skip_unless="node<26.4")
def Message(t):
    survive(t)
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    seen = []

    def on_message(message):
        seen.append(message)
        if len(seen) == 3:
            socket.close()

    socket.on("message", on_message)
    socket.on("message", thrower(t, "message"))
    socket.on("message", t.callback("later listener"))

    def on_listening():
        for text in ["1", "2", "3"]:
            socket.send(text, socket.address().port, "127.0.0.1")

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="after an exception in the callback of send() the next callback still runs")
def Send(t):
    survive(t)
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def send():
        port = socket.address().port
        socket.send("1", port, "127.0.0.1", thrower(t, "send"))
        socket.send("2", port, "127.0.0.1", t.callback("second send", lambda error: socket.close()))

    socket.bind(0, "127.0.0.1", lambda: t.immediate(send))


@case(about="a UDP socket survives exceptions in the callbacks of bind(), connect() and close()")
def DatagramCallbacks(t):
    survive(t)
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.bind(0, "127.0.0.1", thrower(t, "bind"))
    socket.on("listening", t.callback("later listener"))
    t.timeout(20, lambda: socket.connect(9, "127.0.0.1", thrower(t, "connect")))
    t.timeout(40, lambda: socket.close(thrower(t, "close")))
    socket.on("close", t.callback("later closed"))


def lookup_of(t):
    fail = thrower(t, "lookup")

    def lookup(host, family, callback):
        if host == "example":
            return fail()
        callback(None, host, 4)

    return lookup


@case(about="after an exception in the lookup of a send nothing is sent, and the socket stays open")
def DatagramLookup(t):
    survive(t)
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup_of(t)))

    def send():
        t.attempt("send", lambda: socket.send("x", 9, "example", t.callback("sent")))
        t.immediate(lambda: socket.close())

    socket.bind(0, "127.0.0.1", lambda: t.immediate(send))


@case(about="an exception in a listener of a pipe's destination comes out where the source emits")
def Piped(t):
    survive(t)
    source = t.watch("source", t.stream.PassThrough())
    sink = t.watch("sink", t.stream.PassThrough())
    source.pipe(sink)
    sink.on("data", thrower(t, "data"))
    source.write("one")
    source.end("two")


@case(about="exit() in an 'uncaughtException' listener ends the process with its code")
def ExitInListener(t):
    t.on_uncaught(lambda error: t.exit(9))
    server = t.net.create_server()
    server.listen(0, "127.0.0.1", thrower(t, "listening"))


@case(about="a rejection of an async listener is unhandled once the ticks of its event are over")
def AsyncListener(t):
    survive(t)
    emitter = t.events.EventEmitter()

    async def listener(value):
        t.note("listener", value)
        raise t.error("async listener")

    emitter.on("event", listener)
    emitter.on("event", t.callback("later listener"))
    t.next_tick(lambda: t.note("tick", None))
    t.immediate(lambda: t.note("immediate", None))
    t.note("emitted", emitter.emit("event", 1))


@case(about="a 'close' listener that throws keeps the later ones and the callbacks from running")
def CloseListenerThrows(t):
    t.on_uncaught(lambda error: t.note("survived", error))
    server = t.watch("server", t.net.create_server())

    def throws():
        raise t.error("the listener's own")

    def on_listening():
        server.close(t.callback("not reached"))

    server.on("close", throws)
    server.listen(0, "127.0.0.1", on_listening)


@case(about="an 'error' listener that throws is uncaught, and the server can listen afterwards")
def ErrorListenerThrows(t):
    server = t.watch("server", t.net.create_server())

    def throws(error):
        raise t.error("the listener's own")

    def on_uncaught(error):
        t.note("survived", error)
        server.listen(0, "127.0.0.1", lambda: server.close())

    t.on_uncaught(on_uncaught)
    server.on("error", throws)
    server.listen(0, "192.0.2.1")


@case(
    about="each of several 'connection' listeners' throws is uncaught by itself; all connections are served"
)
def EveryConnectionThrows(t):
    server = t.watch("server", t.net.create_server())
    survived = []

    def on_uncaught(error):
        survived.append(error)
        t.note("survived", error)
        t.next_tick(lambda: t.note("tick", len(survived)))
        if len(survived) == 3:
            server.close(t.callback("closed"))

    t.on_uncaught(on_uncaught)

    def on_connection(peer):
        peer.resume()
        peer.end("bye")
        t.next_tick(lambda: t.note("tick of the connection", None))
        raise t.error("the listener's own")

    server.on("connection", on_connection)

    def on_listening():
        for _ in range(3):
            client = t.net.connect(server.address().port, "127.0.0.1")
            client.resume()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="after a tick and a microtask that threw the others of their queues go on, then what both queued")
def TickAndMicrotaskThrow(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def tick():
        t.note("tick 1", None)
        t.microtask(noter(t, "micro of tick 1"))
        raise t.error("in tick")

    def micro():
        t.note("micro 1", None)
        t.next_tick(noter(t, "tick of micro 1"))
        raise t.error("in microtask")

    t.next_tick(tick)
    t.next_tick(noter(t, "tick 2"))
    t.immediate(noter(t, "immediate"))
    t.microtask(micro)
    t.microtask(noter(t, "micro 2"))


@case(about="the ticks behind one of the main program that threw wait for the next callback of the loop")
def TicksBehindOneThatThrew(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def tick():
        t.note("tick 1", None)
        t.microtask(noter(t, "micro of tick 1"))
        raise t.error("in tick")

    def timer():
        t.note("timer", None)
        t.next_tick(noter(t, "tick of timer"))

    t.next_tick(tick)
    t.next_tick(noter(t, "tick 2"))
    t.immediate(noter(t, "immediate"))
    t.timeout(1, timer)
    t.block(20)


@case(about="after an exception in the main program its ticks and microtasks run before a timer that is due")
def MainThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def timer():
        t.note("timer", None)
        t.next_tick(noter(t, "tick of timer"))

    t.next_tick(noter(t, "tick"))
    t.microtask(noter(t, "micro"))
    t.immediate(noter(t, "immediate"))
    t.timeout(1, timer)
    t.block(20)
    raise t.error("in main")


@case(about="a rejection of a main program that threw is reported after its ticks and microtasks")
def MainThrowsAndRejects(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    async def fail():
        raise t.error("rejected")

    t.next_tick(noter(t, "tick"))
    t.immediate(noter(t, "immediate"))
    t.spawn(fail())
    t.microtask(noter(t, "micro"))
    raise t.error("in main")


@case(about="an immediate set by one that threw runs in the same phase, before the ticks of that one")
def ImmediateSetByOneThatThrew(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def timer():
        t.note("timer", None)
        t.next_tick(noter(t, "tick of timer"))

    def first():
        t.note("first", None)
        t.next_tick(noter(t, "tick of first"))
        t.timeout(1, timer)
        t.block(20)
        t.immediate(noter(t, "second"))
        raise t.error("in immediate")

    t.timeout(1, lambda: t.immediate(first))


@case(about="after a 'close' listener that threw in the closing phase a timer that is due runs before its ticks")
def ClosingThrows(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def timer():
        t.note("timer", None)
        t.next_tick(noter(t, "tick of timer"))

    def on_close():
        t.note("closed", None)
        t.next_tick(noter(t, "tick of close"))
        t.timeout(1, timer)
        t.block(20)
        t.immediate(noter(t, "immediate"))
        raise t.error("in close")

    def start():
        client = t.net.connect(server.address().port, "127.0.0.1")
        client.on("close", on_close)
        client.on("connect", lambda: client.destroy())

    def on_connection(peer):
        peer.on("error", lambda error: None)
        peer.resume()
        server.close()

    server = t.net.create_server(on_connection)
    server.listen(0, "127.0.0.1", start)


@case(
    about="the ticks of a datagram's listener that threw run with those of the next datagram",
    skip_unless="node<26.4",
)
def DatagramsThrow(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    socket = t.dgram.create_socket("udp4")

    def throw():
        t.note("tick throws", None)
        raise t.error("in tick")

    def on_message(message):
        text = message.decode("utf8")
        t.note("message", text)
        t.next_tick(throw if text == "tick" else noter(t, "tick 1"))
        t.next_tick(noter(t, "tick 2"))
        t.microtask(noter(t, "micro"))
        if text == "end":
            socket.close()
        if text == "raise":
            raise t.error("in I/O")

    def start():
        for text in ["raise", "ok", "tick", "ok", "raise", "end"]:
            socket.send(text, socket.address().port, "127.0.0.1")

    socket.on("message", on_message)
    socket.bind(0, "127.0.0.1", start)


@case(about="an interval goes on although its callback threw")
def IntervalThrows(t):
    runs = []
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def run():
        runs.append(1)
        t.note("run", len(runs))
        if len(runs) == 3:
            t.clear(interval)
        raise t.error("in interval")

    interval = t.interval(1, run)


@case(about="an exception in 'beforeExit' that is survived does not revive the loop: the process ends")
def BeforeExit(t):
    caught = []

    def on_before_exit(code):
        t.note("beforeExit", code)
        if len(caught) == 0:
            raise t.error("the listener's own")

    def on_uncaught(error):
        t.note("uncaught", error)
        caught.append(error)

    t.on_uncaught(on_uncaught)
    t.on_before_exit(on_before_exit)


@case(about="an exception in a 'data' listener is uncaught, and the socket continues to read")
class DataThenTheNextChunk:
    def server(t):
        def on_connection(peer):
            peer.write("first")
            peer.once("data", lambda chunk: peer.end("second"))

        serve(t, on_connection)

    def client(t, port):
        t.on_uncaught(lambda error: client.write("go on"))
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_data(chunk):
            t.note("data", chunk)
            if chunk == b"first":
                raise t.error("the listener's own")

        client.on("data", on_data)
