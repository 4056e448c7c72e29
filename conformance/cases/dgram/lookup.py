"""The lookup option of a UDP socket: its arguments, how its answers are used, and what its failures become."""

from conformance import case
from conformance.scenery import DGRAM, closely


@case(about="lookup gets host, family as a number and a callback, even for literals and defaults")
def Arguments(t):
    def lookup(host, family, callback):
        t.note("host", host)
        t.note("family", family)
        callback(None, host, family)

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))

    def on_connect():
        t.note("peer", socket.remote_address())
        socket.close()

    def sent():
        socket.connect(9, on_connect)

    socket.bind(0, "", lambda: socket.send("x", 9, t.callback("sent", lambda: t.immediate(sent))))


@case(about="lookup of a udp6 socket is asked for family 6", skip_unless="ipv6")
def ArgumentsUdp6(t):
    def lookup(host, family, callback):
        t.note("host", host)
        t.note("family", family)
        callback(None, host)

    socket = t.watch("socket", t.dgram.create_socket(type="udp6", lookup=lookup))
    socket.bind(0, lambda: socket.send("x", 9, t.callback("sent", lambda: socket.close())))


@case(about="a lookup that answers at once makes bind() emit 'listening' before it returns")
def AnswersAtOnce(t):
    socket = t.watch(
        "socket",
        t.dgram.create_socket(type="udp4", lookup=lambda host, family, callback: callback(None, host)),
    )
    t.note("before", None)
    socket.bind(0, "127.0.0.1", t.callback("bound"))
    t.note("bound", socket.address().port > 0)
    t.next_tick(lambda: t.note("queued before", None))
    socket.send("x", 9, "127.0.0.1", t.callback("sent"))
    t.next_tick(lambda: t.note("queued after", None))
    t.immediate(lambda: socket.close())


@case(about="a lookup that answers at once: an unbound socket sends and connects within the call")
def ImplicitBindAtOnce(t):
    def create(name):
        def lookup(host, family, callback):
            callback(None, host)

        return t.watch(name, t.dgram.create_socket(type="udp4", lookup=lookup))

    first = create("first")
    t.next_tick(lambda: t.note("queued before", None))
    first.send("x", 9, "127.0.0.1", t.callback("sent", lambda: first.close()))
    second = create("second")
    second.connect(9, "127.0.0.1", t.callback("connected", lambda: second.close()))
    t.next_tick(lambda: t.note("queued after", None))


@case(about="the address that lookup gives is used, and errors name the host that was asked for")
def AnswerIsUsed(t):
    def lookup(host, family, callback):
        t.next_tick(lambda: callback(None, "127.0.0.1" if host == "good.example" else "::1"))

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))

    def on_listening():
        t.note("address", socket.address().address)
        socket.send("x", 9, "bad.example", t.callback("sent", lambda error: connect()))

    def connect():
        socket.connect(9, "bad.example", t.callback("failed", lambda error: again()))

    def again():
        socket.connect(9, "good.example", connected)

    def connected():
        t.note("peer", socket.remote_address())
        socket.close()

    socket.bind(0, "good.example", on_listening)


@case(about="an answer that is not an address is EINVAL of bind, with that answer as its address")
def BadAnswer(t):
    def bind(name, answer):
        def lookup(host, family, callback):
            t.next_tick(lambda: callback(None, answer))

        socket = t.watch(name, t.dgram.create_socket(type="udp4", lookup=lookup))
        socket.on("error", lambda error: socket.close())
        socket.bind(0)

    bind("text", "bogus")
    bind("IPv6", "::1")
    bind("empty", "")


@case(about="a lookup's error is the bind's 'error', unchanged; the socket may bind again")
def BindError(t):
    def lookup(host, family, callback):
        if host == "bad.example":
            callback(t.error("no such host"))
        else:
            callback(None, host)

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))
    socket.on("error", lambda error: t.note("error", error))
    socket.bind(0, "bad.example")
    t.note("after bind()", None)
    socket.bind(0, "127.0.0.1", lambda: socket.close())


@case(about="a lookup's error in send goes to the callback on a tick, without one it is 'error' on a tick")
def SendError(t):
    def lookup(host, family, callback):
        if host == "bad.example":
            callback(t.error("no such host"))
        else:
            callback(None, host)

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))
    socket.on("error", lambda error: socket.close())

    def failed():
        socket.send("x", 9, "bad.example")
        t.next_tick(lambda: t.note("queued after the second", None))

    def on_listening():
        t.next_tick(lambda: t.note("queued before", None))
        socket.send("x", 9, "bad.example", t.callback("failed", failed))
        t.next_tick(lambda: t.note("queued after", None))

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="a lookup's error in connect goes to the callback on a tick, without one it is 'error' on a tick")
def ConnectError(t):
    def lookup(host, family, callback):
        if host == "bad.example":
            callback(t.error("no such host"))
        else:
            callback(None, host)

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))
    socket.on("error", lambda error: socket.close())

    def failed():
        socket.connect(9, "bad.example")
        t.next_tick(lambda: t.note("queued after the second", None))

    def on_listening():
        t.next_tick(lambda: t.note("queued before", None))
        socket.connect(9, "bad.example", t.callback("failed", failed))
        t.next_tick(lambda: t.note("queued after", None))

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="an exception in a custom lookup leaves bind(), and the socket stays binding")
def LookupRaises(t):
    def lookup(host, family, callback):
        raise t.error("from the lookup")

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))
    t.attempt("bind", lambda: socket.bind(0))
    t.attempt("bind again", lambda: socket.bind(0))
    t.attempt("send is queued", lambda: socket.send("x", 9))
    socket.unref()


@case(about="an answer that comes after close() does nothing")
def AnswerAfterClose(t):
    def lookup(host, family, callback):
        t.immediate(lambda: callback(None, host))

    bind = t.watch("bind", t.dgram.create_socket(type="udp4", lookup=lookup))
    bind.bind(0, "127.0.0.1", t.callback("never bound"))
    bind.close()

    def asynchronous(host, family, callback):
        if host == "0.0.0.0":
            callback(None, host)
        else:
            t.immediate(lambda: callback(t.error("late")))

    send = t.watch("send", t.dgram.create_socket(type="udp4", lookup=asynchronous))
    send.send("x", 9, "127.0.0.1", t.callback("send failed"))
    send.close()


@case(about="a bind that fails within send() or connect() leaves the call, and a later close(), in the queue")
def BindFailsAtOnce(t):
    def lookup(host, family, callback):
        callback(t.error("no address"))

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))
    socket.on("error", t.callback("error"))
    socket.send("x", 9, "127.0.0.1", t.callback("never sent"))
    t.note("listeners of 'listening'", socket.listener_count("listening"))
    socket.connect(9, "127.0.0.1", t.callback("never connected"))
    t.attempt("close", lambda: socket.close(t.callback("never closed")) is socket)
    socket.unref()


@case(about="the callback of a failed connect stays a listener of 'connect' until the tick that calls it")
def FailedCallbackIsRemovedLater(t):
    def lookup(host, family, callback):
        callback(None, host)

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))

    def failed():
        t.note("in the callback", socket.listener_count("connect"))
        socket.close()

    socket.connect(9, "::1", t.callback("failed", failed))
    t.note("after connect()", socket.listener_count("connect"))
    t.attempt("not connecting any more", lambda: socket.connect(9, "127.0.0.1"))


@case(about="a send with an address behind a connect that succeeds at once is ERR_SOCKET_DGRAM_IS_CONNECTED")
def QueuedSendBehindConnect(t):
    def lookup(host, family, callback):
        if host == "slow.example":
            t.immediate(lambda: callback(None, "127.0.0.1"))
        else:
            callback(None, host)

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))
    t.on_uncaught(lambda error: t.note("uncaught", error))
    socket.bind(0, "slow.example")
    socket.connect(9, "127.0.0.1", t.callback("connected", lambda: socket.close()))
    socket.send("x", 10, "127.0.0.1", t.callback("sent"))


@case(about="an object that a custom lookup answers instead of an address is shown by the error as JavaScript shows it")
def AnswersWithAnObject(t):
    def lookup(host, family, callback):
        callback(None, {"address": "127.0.0.1", "family": 4})

    def attempt(label, use):
        socket = t.dgram.create_socket({"type": "udp4", "lookup": lookup})
        socket.on("error", lambda error: t.note(label, error.message))
        t.attempt(label, lambda: use(socket) is None)
        t.immediate(lambda: socket.close())

    attempt("bind", lambda socket: socket.bind(0, "example.test"))
    attempt("connect", lambda socket: socket.connect(1, "example.test", t.callback("connected")))
    attempt("send", lambda socket: socket.send("x", 1, "example.test", t.callback("sent")))


@case(about="a lookup of bind(), connect() and send() sees the socket as Node's does, and may close it")
def InLookup(t):
    def lookup(host, family, callback):
        t.note("asked", host)
        t.snapshot(sockets[0])
        t.attempt("bind", lambda: sockets[0].bind())
        t.attempt("connect", lambda: sockets[0].connect(9))
        if host == "close.test":
            sockets[0].close()
        callback(None, "127.0.0.1")

    sockets = [t.dgram.create_socket(type="udp4", lookup=lookup)]
    socket = closely(t, "socket", sockets[0], DGRAM)
    socket.on("error", t.callback("error"))
    socket.once("listening", lambda: socket.connect(9, "b.test", lambda: socket.close()))
    socket.bind(0, "a.test")

    def other():
        sockets[0] = closely(t, "other", t.dgram.create_socket(type="udp4", lookup=lookup), [])
        sockets[0].bind(0, "close.test")

    socket.on("close", lambda: t.immediate(other))
