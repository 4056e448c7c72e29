"""close() of a UDP socket: its order, what waits behind a bind, and what a closed socket still does."""

from conformance import case
from conformance.scenery import receive, socket_of


@case(
    about="close() returns the socket; 'close' and the callback come in the tick phase, before ticks queued after"
)
def Order(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def close():
        t.next_tick(lambda: t.note("queued before", None))
        t.note("returns", socket.close(t.callback("closed")))
        t.next_tick(lambda: t.note("queued after", None))
        t.microtask(lambda: t.note("microtask", None))
        t.immediate(lambda: t.note("immediate", None))

    socket.on("close", lambda: t.note("listener", None))
    socket.bind(0, "127.0.0.1", lambda: t.immediate(close))


@case(about="a socket that was never bound emits 'close', too")
def Unbound(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.close()
    socket.on("close", lambda: t.note("a listener added after close()", None))


@case(
    about="a second close() is ERR_SOCKET_DGRAM_NOT_RUNNING, inside 'close' too; its callback waits for ever"
)
def Twice(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.on("close", lambda: t.attempt("in 'close'", lambda: socket.close(t.callback("never"))))
    socket.close()
    t.attempt("at once", lambda: socket.close())


@case(about="a callback of close() that is not a function is ignored")
def CallbackNoFunction(t):
    for given in [5, "x", None, {}]:
        socket = t.dgram.create_socket("udp4")
        socket.close(given)
        t.note("listeners", socket.listener_count("close"))


@case(about="close() right after bind(): no 'listening', only 'close'")
def PendingBind(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.bind(0, "127.0.0.1", t.callback("bound"))
    socket.close(t.callback("closed"))


@case(about="close() while the host of bind() is looked up: no 'listening', and the process ends")
def PendingLookup(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.bind(0, "localhost", t.callback("bound"))
    socket.close(t.callback("closed"))


@case(about="close() behind a queued send waits for the bind: 'listening', then 'close'; the send is lost")
def QueuedSend(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.send("x", 9, "127.0.0.1", t.callback("sent"))
    t.note("returns", socket.close(t.callback("closed")))
    t.next_tick(lambda: t.note("queued after", None))


@case(about="close() behind a queued connect waits for the bind: 'listening', then 'close', no 'connect'")
def PendingConnect(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.connect(9, "127.0.0.1", t.callback("connected"))
    socket.close(t.callback("closed"))


@case(about="two closes behind a queued send: the second throws once it is its turn, out of 'listening'")
def QueuedTwice(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.on_uncaught(lambda error: t.note("uncaught", error))
    socket.send("x", 9, "127.0.0.1", t.callback("sent"))
    t.attempt("first", lambda: socket.close())
    t.attempt("second", lambda: socket.close())
    t.attempt("send after that", lambda: socket.send("y", 9, "127.0.0.1"))


@case(about="close() right after a direct send drops the datagram and its callback")
class DropsUnconnected:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))
        last = t.dgram.create_socket("udp4")

        def send():
            sender.send("dropped", port, "127.0.0.1", t.callback("dropped"))
            sender.close()
            last.send("the only one", port, "127.0.0.1", lambda: last.close())

        sender.bind(0, "127.0.0.1", send)


@case(
    about="close() right after a send of a connected socket: it is sent and its callback runs, before 'close'"
)
class ConnectedSendIsOut:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))

        def send():
            sender.send("sent", t.callback("sent"))
            sender.close(t.callback("closed"))

        sender.connect(port, "127.0.0.1", send)


@case(about="close() right after connect() of a bound socket: no 'connect'")
def BoundConnect(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        socket.connect(9, "127.0.0.1", t.callback("connected"))
        socket.close()

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="close() between the connect and its event: 'connect' still comes, before 'close'")
def BetweenConnectAndEvent(t):
    def lookup(host, family, callback):
        callback(None, host)

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))
    socket.connect(9, "127.0.0.1", t.callback("connected"))
    socket.close()


@case(about="close() works inside 'listening' and inside a send callback")
def InsideCallbacks(t):
    first = t.watch("first", t.dgram.create_socket("udp4"))
    first.bind(0, "127.0.0.1", lambda: first.close())
    second = t.watch("second", t.dgram.create_socket("udp4"))
    second.send("x", 9, "127.0.0.1", t.callback("sent", lambda: second.close()))
    third = t.watch("third", t.dgram.create_socket("udp4"))
    third.on("listening", lambda: third.close())
    third.send("x", 9, "127.0.0.1", t.callback("never"))


@case(about="methods of a closed socket that was never connected throw, except ref() and unref()")
def MethodsAfter(t):
    socket = t.dgram.create_socket("udp4")
    socket.close()
    t.attempt("bind", lambda: socket.bind(0))
    t.attempt("send", lambda: socket.send("x", 9))
    t.attempt("sendto", lambda: socket.sendto("x", 0, 1, 9, "127.0.0.1"))
    t.attempt("address", lambda: socket.address())
    t.attempt("remote_address", lambda: socket.remote_address())
    t.attempt("disconnect", lambda: socket.disconnect())
    t.attempt("connect", lambda: socket.connect(9))
    t.attempt("connect again", lambda: socket.connect(9))
    t.attempt("ref", lambda: socket.ref() is socket)
    t.attempt("unref", lambda: socket.unref() is socket)


@case(about="a closed socket that was connected still counts as connected for connect() and sendto()")
def MethodsAfterConnected(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_connect():
        socket.close()
        t.attempt("connect", lambda: socket.connect(9))
        t.attempt("send", lambda: socket.send("x"))
        t.attempt("sendto", lambda: socket.sendto("x", 0, 1, 9, "127.0.0.1"))
        t.attempt("remote_address", lambda: socket.remote_address())
        t.attempt("disconnect", lambda: socket.disconnect())

    socket.connect(9, "127.0.0.1", on_connect)


@case(about="setting an option of a closed socket fails as on a null handle")
def OptionsAfter(t):
    socket = t.dgram.create_socket("udp4")
    socket.close()
    t.attempt("set_ttl", lambda: socket.set_ttl(5))
    t.attempt("set_ttl checks first", lambda: socket.set_ttl("x"))
    t.attempt("set_multicast_ttl", lambda: socket.set_multicast_ttl(5))
    t.attempt("set_broadcast", lambda: socket.set_broadcast(True))
    t.attempt("set_multicast_loopback", lambda: socket.set_multicast_loopback(True))
    t.attempt("set_multicast_interface", lambda: socket.set_multicast_interface("127.0.0.1"))
    t.attempt("set_recv_buffer_size", lambda: socket.set_recv_buffer_size(1000))
    t.attempt("set_send_buffer_size checks first", lambda: socket.set_send_buffer_size(-1))
    t.attempt("get_recv_buffer_size", lambda: socket.get_recv_buffer_size())
    t.attempt("get_send_buffer_size", lambda: socket.get_send_buffer_size())
    t.attempt("get_send_queue_size", lambda: socket.get_send_queue_size())
    t.attempt("get_send_queue_count", lambda: socket.get_send_queue_count())


@case(about="memberships of a closed socket are ERR_SOCKET_DGRAM_NOT_RUNNING, before any check")
def MembershipsAfter(t):
    socket = t.dgram.create_socket("udp4")
    socket.close()
    t.attempt("add_membership", lambda: socket.add_membership("224.0.0.114"))
    t.attempt("drop_membership", lambda: socket.drop_membership())
    t.attempt("add source", lambda: socket.add_source_specific_membership("127.0.0.1", "232.1.1.1"))
    t.attempt("drop source", lambda: socket.drop_source_specific_membership())


@case(about="what a 'close' listener raises is uncaught and keeps later listeners from running")
def ListenerRaises(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_close():
        raise t.error("from the listener")

    t.on_uncaught(lambda error: t.note("uncaught", error))
    socket.on("close", on_close)
    socket.close(t.callback("never"))


@case(about="once closed, a socket no longer keeps the process alive, though it hung on open lookups")
def ReleasesProcess(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.note("bound", t.active())
        socket.close()
        t.immediate(lambda: t.note("closed", t.active()))

    socket.bind(0, "127.0.0.1", on_listening)


@case(
    about="a send queued behind a close is judged when its turn comes: ERR_SOCKET_DGRAM_NOT_RUNNING out of 'listening'"
)
def QueuedSendAfterClose(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.on_uncaught(lambda error: t.note("uncaught", error))
    socket.send("one", 9, "127.0.0.1", t.callback("one"))
    socket.close()
    socket.send("two", 9, "127.0.0.1", t.callback("two"))


@case(about="a connect queued behind a close fails on the null handle, out of 'listening'")
def QueuedConnectAfterClose(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.on_uncaught(lambda error: t.note("uncaught", error))
    socket.send("one", 9, "127.0.0.1", t.callback("one"))
    socket.close()
    socket.connect(9, "127.0.0.1", t.callback("connected"))


@case(about="connect() of a closed socket that was bound fails on the null handle")
def ConnectAfterBound(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        socket.close()
        t.attempt("connect", lambda: socket.connect(9, "127.0.0.1", t.callback("connected")))
        t.attempt("connect again", lambda: socket.connect(9, "127.0.0.1"))
        t.note("listeners", socket.listener_count("connect"))

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="close() inside a 'listening' that send() itself caused: the send fails on the null handle")
def InsideListeningOfSend(t):
    def lookup(host, family, callback):
        callback(None, host)

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))
    socket.on("listening", lambda: socket.close(t.callback("closed")))
    t.attempt("send", lambda: socket.send("x", 9, t.callback("sent")))


@case(
    about="an asynchronous disposal closes the socket and waits for 'close'; a closed one is disposed at once",
    skip_unless="node^24.19||>=26.4",
    fixtures={"main": "dgram_async_dispose.js"},
)
def AsyncDispose(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    async def use():
        async with socket as used:
            used.bind_sync()
            t.note("inside", None)
        t.note("left", None)
        t.attempt("address", lambda: socket.address())
        await socket.async_dispose()
        t.note("disposed again", None)

    t.spawn(use())
    t.next_tick(lambda: t.note("tick", None))
    t.microtask(lambda: t.note("microtask", None))
    t.immediate(lambda: t.note("immediate", None))


@case(about="close() lets nothing more through and drops its handle at once, and 'close' comes on a tick")
def ClosingSteps(t):
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
def AbortedInPlace(t):
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
