"""What a UDP socket does within one step, in Node's order: events, calls, listeners and its state at each."""

from conformance import case
from conformance.scenery import closely

METHODS = ["bind", "connect", "send", "close", "disconnect"]


def socket_of(t, name, options):
    """A UDP socket watched closely."""
    return closely(t, name, t.dgram.create_socket({"type": "udp4", **options}), METHODS)


@case(about="bind(), a datagram to itself and close() go in Node's steps")
def OwnDatagram(t):
    socket = socket_of(t, "socket", {})
    socket.on("message", lambda message, sender: socket.close(t.callback("closed")))

    def bound():
        socket.send("x", socket.address().port, "127.0.0.1", t.callback("sent"))
        t.note("queue", [socket.get_send_queue_size(), socket.get_send_queue_count()])

    socket.once("listening", bound)
    socket.bind(0, "127.0.0.1")
    t.snapshot(socket)


@case(about="what waits for a pending bind is called in its order, and its listeners come and go in Node's steps")
def WaitingForBind(t):
    socket = socket_of(t, "socket", {})
    socket.on("listening", t.callback("before"))
    socket.send("x", 9, "127.0.0.1", t.callback("first"))
    socket.send("y", 9, "127.0.0.1", t.callback("second", lambda error: socket.close()))
    socket.on("listening", t.callback("behind"))


@case(about="connect() of an unbound socket binds, connects and calls back in Node's steps; disconnect() is at once")
def Connecting(t):
    socket = socket_of(t, "socket", {})

    def connected():
        t.snapshot(socket)
        socket.send("x", t.callback("sent"))
        socket.disconnect()
        t.snapshot(socket)
        socket.close()

    socket.connect(9, "127.0.0.1", connected)


@case(about="a bind() that fails removes its listeners and calls its callers back in Node's order")
def BindFails(t):
    socket = socket_of(t, "socket", {})
    socket.on("error", t.callback("error"))
    socket.bind(0, "192.0.2.1")
    socket.send("x", 9, "127.0.0.1", t.callback("sent"))
    t.timeout(50, lambda: [t.note("bound?", t.attempt("address", lambda: socket.address())), socket.close()])


@case(about="a bind() that fails for what waits for it drops that in Node's steps")
def ImplicitBindFails(t):
    def lookup(host, family, callback):
        t.note("asked", host)
        callback(t.error("unknown") if host == "0.0.0.0" else None, host)

    socket = socket_of(t, "socket", {"lookup": lookup})
    socket.on("error", t.callback("error"))
    socket.send("x", 9, "127.0.0.1", t.callback("sent"))
    t.immediate(lambda: socket.close())


@case(about="a connect() that fails takes its callback off the listeners before it calls it")
def ConnectFails(t):
    def lookup(host, family, callback):
        callback(None if host == "0.0.0.0" else t.error("unknown"), host)

    socket = socket_of(t, "socket", {"lookup": lookup})
    socket.on("error", t.callback("error"))

    def failed(error):
        t.note("failed", [error, socket.listener_count("connect")])
        socket.connect(9, "b.test")
        t.immediate(lambda: socket.close())

    socket.once("listening", lambda: socket.connect(9, "a.test", failed))
    socket.bind(0)


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
    socket = closely(t, "socket", sockets[0], METHODS)
    socket.on("error", t.callback("error"))
    socket.once("listening", lambda: socket.connect(9, "b.test", lambda: socket.close()))
    socket.bind(0, "a.test")

    def other():
        sockets[0] = closely(t, "other", t.dgram.create_socket(type="udp4", lookup=lookup), [])
        sockets[0].bind(0, "close.test")

    socket.on("close", lambda: t.immediate(other))


@case(about="bind_sync() and connect_sync() have moved the socket when they return, and their events come in order")
def AtOnce(t):
    socket = socket_of(t, "socket", {})
    t.next_tick(lambda: t.note("queued before", None))
    socket.bind_sync(port=0, address="127.0.0.1")
    t.snapshot(socket)
    socket.connect_sync(9, "127.0.0.1")
    t.snapshot(socket)
    t.next_tick(lambda: socket.close())


@case(about="close() lets nothing more through and drops its handle at once, and 'close' comes on a tick")
def Closing(t):
    socket = socket_of(t, "socket", {})

    def bound():
        socket.send("x", socket.address().port, "127.0.0.1", t.callback("sent"))
        t.next_tick(lambda: t.note("queued before", None))
        socket.close(t.callback("closed"))
        t.attempt("address", lambda: socket.address())
        t.attempt("send", lambda: socket.send("y", 9))
        t.attempt("close", lambda: socket.close())
        t.next_tick(lambda: t.note("queued after", None))

    socket.on("message", t.callback("message"))
    socket.once("listening", bound)
    socket.bind(0, "127.0.0.1")


@case(about="a signal closes a socket in its place among the listeners, and has no listener of it afterwards")
def Aborted(t):
    controller = t.abort_controller()
    signal = controller.signal

    def heard():
        return len(t.events.get_event_listeners(signal, "abort"))

    t.note("before", heard())
    signal.add_event_listener("abort", lambda event: t.note("first", t.attempt("address", lambda: socket.address())))
    socket = socket_of(t, "socket", {"signal": signal})
    signal.add_event_listener("abort", lambda event: t.note("last", t.attempt("address", lambda: socket.address())))
    t.note("made", [heard(), socket.event_names()])
    socket.on("close", lambda: t.note("in 'close'", heard()))
    socket.once("listening", lambda: controller.abort())
    socket.bind(0, "127.0.0.1")


@case(about="two wrong arguments of one call: the error is for the one that Node looks at first, and nothing is set")
def TwoWrong(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def wrong():
        t.attempt("source", lambda: socket.add_source_specific_membership(1, 2))
        t.attempt("group", lambda: socket.add_source_specific_membership("127.0.0.1", 2))
        t.attempt("leave", lambda: socket.drop_source_specific_membership(1, 2))
        t.attempt("interface", lambda: socket.set_multicast_interface(5))
        for value in ["7", None, {}, True]:
            t.attempt("ttl", lambda value=value: socket.set_ttl(value))
            t.attempt("multicast ttl", lambda value=value: socket.set_multicast_ttl(value))
        t.attempt("sendto", lambda: socket.sendto("x", "0", "1", None, 5))
        t.attempt("sendto", lambda: socket.sendto(5, 0, "1", None, 5))
        t.attempt("bind", lambda: socket.bind_sync(port="x", address=5))
        t.attempt("bind", lambda: socket.bind_sync(5))
        t.attempt("connect", lambda: socket.connect_sync("x", 5))
        t.attempt("connect", lambda: socket.connect("x", 5))

    def bound():
        wrong()
        t.kernel(socket)
        socket.close()
        t.note("closed", None)
        wrong()

    socket.bind(0, "127.0.0.1", bound)
    t.attempt("options", lambda: t.dgram.create_socket(type="udp9", lookup="x"))
    t.attempt("lookup", lambda: t.dgram.create_socket(type="udp4", lookup="x", signal="y"))


@case(
    about="a socket bound to a descriptor that no other socket listens to hears in its place, in Node's steps",
    skip_unless="node<25",
)
def Fd(t):
    first = t.dgram.create_socket("udp4")
    second = socket_of(t, "second", {})

    def over():
        second.close()
        first.close()

    def take():
        port = first.address().port
        first._handle.recv_stop()
        second.on("message", lambda message, sender: [t.note("heard", message), over()])
        t.attempt("bind", lambda: second.bind({"fd": first._handle.fd, "port": 1}) is second)
        t.note("same port", second.address().port == port)
        second.send("x", port, "127.0.0.1", t.callback("sent"))

    first.bind(0, "127.0.0.1", take)


@case(about="a UDP socket begins to receive before it counts as bound")
def ReceivingBegins(t):
    def begin(self, original, *args):
        t.attempt("connect", lambda: socket.connect_sync(9, "127.0.0.1"))
        t.attempt("bind", lambda: socket.bind_sync({"port": 0}))
        return original(*args)

    socket = socket_of(t, "socket", {})
    t.override(socket._handle, "recv_start", begin)
    socket.bind(0, "127.0.0.1", lambda: socket.close())


@case(about="a disconnect() that the handle refuses leaves the UDP socket connected")
def DisconnectFails(t):
    socket = socket_of(t, "socket", {})

    def connected():
        t.override(socket._handle, "disconnect", lambda self, original: -107)
        t.attempt("disconnect", lambda: socket.disconnect())
        t.attempt("peer", lambda: socket.remote_address().port)
        t.attempt("connect", lambda: socket.connect(9))
        socket.close()

    socket.connect(9, "127.0.0.1", connected)


@case(about="a send() while the queue behind a bind is run goes where Node puts it")
def SentWhileQueueRuns(t):
    seen = [0]

    def gone(event, listener):
        seen[0] += 1
        if seen[0] == 2:
            socket.send("y", 9, "127.0.0.1", t.callback("second"))
        t.note("listeners", [socket.listener_count("listening"), len(socket.event_names())])

    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.on("removeListener", gone)
    socket.bind(0, "127.0.0.1")
    socket.send("x", 9, "127.0.0.1", t.callback("first"))
    socket.emit("listening")
    t.note("listeners", [socket.listener_count("listening"), len(socket.event_names())])
    socket.once("listening", lambda: t.immediate(lambda: t.immediate(lambda: socket.close())))


@case(about="close() of a UDP socket stops its handle before closing it, and a failing reset closes before its error")
def HandlesInOrder(t):
    socket = t.dgram.create_socket("udp4")
    def noted(name):
        def called(self, original, *args):
            t.note(name, None)
            return original(*args)

        t.override(socket._handle, name, called)

    for name in ["recv_start", "recv_stop", "close"]:
        noted(name)
    socket.bind(0, "127.0.0.1", lambda: socket.close())


@case(about="the signal of a UDP socket is listened to before the socket's 'close' is")
def SignalThenClose(t):
    controller = t.abort_controller()

    def noted(label):
        def called(self, original, *args):
            t.note(label, args[0])
            return original(*args)

        return called

    t.override(controller.signal, "add_event_listener", noted("signal"))
    t.override(controller.signal, "remove_event_listener", noted("signal no more"))
    Kind = t.subclass(t.dgram.Socket, {"once": noted("once"), "on": noted("on")})
    socket = Kind({"type": "udp4", "signal": controller.signal})
    socket.close()


@case(about="a UDP socket that is bound to a descriptor begins to receive before its 'listening'")
def FdReceives(t):
    def begin(self, original, *args):
        t.note("begins", None)
        return original(*args)

    def take():
        first._handle.recv_stop()
        t.override(second._handle, "recv_start", begin)
        second.on("listening", lambda: [t.note("listening", None), second.close(), first.close()])
        second.bind({"fd": first._handle.fd})

    first = t.dgram.create_socket("udp4")
    second = t.dgram.create_socket("udp4")
    first.bind(0, "127.0.0.1", take)


@case(about="bind_sync() whose buffer size the kernel cannot take raises, without 'listening'")
def BindSyncBufferTooLarge(t):
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", recv_buffer_size=2147483648))
    t.attempt("bind", lambda: socket.bind_sync({"port": 0, "address": "127.0.0.1"}).port > 0)
    t.attempt("bound", lambda: socket.address().port > 0)
    t.attempt("again", lambda: socket.bind_sync())
    t.immediate(lambda: socket.close())
