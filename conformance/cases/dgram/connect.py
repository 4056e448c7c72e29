"""connect(), disconnect() and remote_address() of a UDP socket, its sends, and refusals by ICMP."""

from conformance import case
from conformance.scenery import receive, socket_of


@case(
    about="connect() binds; 'listening', then 'connect' and the callback, which gets nothing, in the tick phase"
)
class Order:
    def receiver(t):
        receive(t, 1)

    def client(t, port):
        client = t.watch("client", t.dgram.create_socket("udp4"))

        def connected():
            t.next_tick(lambda: t.note("tick of the callback", None))
            t.note("peer", client.remote_address())
            t.note("local address", client.address().address)
            client.send("done", lambda: client.close())

        t.next_tick(lambda: t.note("queued before", None))
        t.note("returns", client.connect(port, "127.0.0.1", t.callback("connected", connected)))
        t.next_tick(lambda: t.note("queued after", None))
        t.microtask(lambda: t.note("microtask", None))
        t.immediate(lambda: t.note("immediate", None))


@case(about="on a bound socket 'connect' is two ticks away: one for the lookup, one for the event")
def OrderWhenBound(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.next_tick(lambda: t.note("queued before", None))
        socket.connect(9, "127.0.0.1", t.callback("connected"))
        t.next_tick(lambda: t.note("queued after", None))
        t.next_tick(lambda: t.next_tick(lambda: t.note("a tick later", None)))
        socket.on("connect", lambda: t.note("listener added later", None))
        t.immediate(lambda: socket.close())

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="the callback is a listener of 'connect', gone after one call")
def CallbackIsListener(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def later():
        t.note("listeners after", socket.listener_count("connect"))
        socket.close()

    socket.on("listening", lambda: t.note("listeners at 'listening'", socket.listener_count("connect")))
    socket.connect(9, "127.0.0.1", t.callback("connected"))
    t.note("listeners before", socket.listener_count("connect"))
    t.immediate(later)


@case(about="without an address, with '' it connects to this host")
def Defaults(t):
    def connect(name, *arguments):
        socket = t.dgram.create_socket("udp4")

        def on_connect():
            t.note(name, socket.remote_address())
            socket.close()

        socket.on("connect", on_connect)
        socket.connect(*arguments)

    connect("none", 9)
    connect("empty", 9, "")
    connect("callback in its place", 9, lambda: None)
    connect("port as text", "9", "127.0.0.1")
    connect("0.0.0.0", 9, "0.0.0.0")
    connect("name", 9, "localhost")


@case(about="a udp6 socket connects to ::1 by default", skip_unless="ipv6")
def DefaultsUdp6(t):
    socket = t.watch("socket", t.dgram.create_socket("udp6"))

    def on_connect():
        t.note("peer", socket.remote_address())
        t.note("local address", socket.address().address)
        socket.close()

    socket.connect(9, on_connect)


@case(
    about="while it connects, a second connect, disconnect and remote_address throw, and send still needs a port"
)
def ConnectingState(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_connect():
        t.attempt("connect", lambda: socket.connect(9))
        t.attempt("remote_address", lambda: socket.remote_address())
        socket.close()

    t.attempt("disconnect before", lambda: socket.disconnect())
    t.attempt("remote_address before", lambda: socket.remote_address())
    socket.connect(9, "127.0.0.1", on_connect)
    t.attempt("connect", lambda: socket.connect(9))
    t.attempt("disconnect", lambda: socket.disconnect())
    t.attempt("remote_address", lambda: socket.remote_address())
    t.attempt("send", lambda: socket.send("x"))
    t.attempt("bind", lambda: socket.bind(0))
    t.attempt("address", lambda: socket.address())


@case(about="a port of connect() outside of 1 to 65535 is ERR_SOCKET_BAD_PORT")
def BadPort(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("none", lambda: socket.connect())
    for port in [0, -1, 70000, 1.5, None, "abc", "", {}, True, lambda: None]:
        t.attempt("connect", lambda: socket.connect(port))
    t.attempt("nothing was bound", lambda: socket.address())
    socket.close()


@case(about="an address of connect() that is not a string is ERR_INVALID_ARG_TYPE, and so is null")
def BadAddress(t):
    socket = t.dgram.create_socket("udp4")
    for address in [5, None, True, {}]:
        t.attempt("connect", lambda: socket.connect(9, address))
    t.attempt("the port is checked first", lambda: socket.connect(0, 5))
    socket.close()


@case(about="a callback that is not a function is ERR_INVALID_ARG_TYPE once bound, and the socket stays connecting")
def BadCallback(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.attempt("connect", lambda: socket.connect(9, "127.0.0.1", 5))
        t.attempt("again", lambda: socket.connect(9, "127.0.0.1"))
        socket.close()

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="an address of the other family is EINVAL for the callback, and connect may be tried again")
def WrongFamily(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def failed(error):
        t.attempt("remote_address", lambda: socket.remote_address())
        t.note("listeners", socket.listener_count("connect"))
        socket.connect(9, "127.0.0.1", t.callback("connected", lambda: socket.close()))

    socket.connect(9, "::1", t.callback("failed", failed))


@case(about="a failed connect without a callback is 'error'")
def ErrorEvent(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_error(error):
        t.attempt("remote_address", lambda: socket.remote_address())
        socket.close()

    socket.on("error", on_error)
    socket.connect(9, "255.255.255.255")


@case(about="a failed connect without callback and listener is uncaught")
def ErrorUnhandled(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.on_uncaught(lambda error: socket.close())
    socket.connect(9, "::1")


@case(about="an unknown host is the lookup's error, and connect may be tried again")
def UnknownHost(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def failed(error):
        t.attempt("remote_address", lambda: socket.remote_address())
        socket.once("error", lambda error: socket.close())
        socket.connect(9, "does-not-exist.invalid")

    socket.connect(9, "does-not-exist.invalid", t.callback("failed", failed))


@case(about="a connected socket hears its peer and nobody else")
class HearsPeerOnly:
    def peer(t):
        peer = t.watch("peer", t.dgram.create_socket("udp4"))
        other = t.dgram.create_socket("udp4")

        def on_message(message, rinfo):
            def answer():
                peer.send("from the peer", rinfo.port, rinfo.address, lambda: peer.close())

            def from_other():
                other.close()
                t.timeout(20, answer)

            other.send("from another", rinfo.port, rinfo.address, from_other)

        peer.on("message", on_message)
        peer.bind(0, "127.0.0.1", lambda: t.publish(port=peer.address().port))

    def client(t, port):
        client = t.watch("client", t.dgram.create_socket("udp4"))
        client.on("message", lambda message, rinfo: client.close())
        client.connect(port, "127.0.0.1", lambda: client.send("hello"))


@case(
    about="the send forms of a connected socket: message, or message with offset and length, then the callback"
)
class SendForms:
    def receiver(t):
        receive(t, 9)

    def client(t, port):
        client = t.watch("client", t.dgram.create_socket("udp4"))

        def on_connect():
            client.send("message")
            client.send("message", t.callback("message"))
            client.send("message", 1, 3)
            client.send("message", 1, 3, t.callback("offset and length"))
            client.send("message", 5)
            client.send("message", 5, "127.0.0.1")
            client.send("message", 1, t.callback("never: a callback in third place"))
            client.send(["a", b"b"], t.callback("list"))
            client.send(b"", t.callback("empty", lambda: client.close()))

        client.connect(port, "127.0.0.1", on_connect)


@case(about="a port or address given to a connected socket is ERR_SOCKET_DGRAM_IS_CONNECTED")
def SendWithAddress(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_connect():
        t.attempt("port", lambda: socket.send("x", 0, 1, 9))
        t.attempt("port and address", lambda: socket.send("x", 0, 1, 9, "127.0.0.1"))
        t.attempt("address", lambda: socket.send("x", 0, 1, None, "127.0.0.1"))
        t.attempt("callback and more", lambda: socket.send("x", 0, 1, lambda: None, 5))
        t.attempt("sendto", lambda: socket.sendto("x", 0, 1, 9, "127.0.0.1"))
        t.attempt("bounds come first", lambda: socket.send("x", 5, 1, 9))
        t.attempt("the message comes first", lambda: socket.send(5, 0, 1, 9))
        t.attempt("sendto checks its types first", lambda: socket.sendto())
        socket.close()

    socket.connect(9, "127.0.0.1", on_connect)


@case(
    about="a connected socket sends within the call; the callback comes on the next tick, in order with others"
)
class SendOrder:
    def receiver(t):
        receive(t, 1)

    def client(t, port):
        client = t.watch("client", t.dgram.create_socket("udp4"))

        def on_connect():
            t.next_tick(lambda: t.note("queued before", None))
            client.send("hello", t.callback("sent"))
            t.next_tick(lambda: t.note("queued after", None))
            t.microtask(lambda: t.note("microtask", None))
            t.immediate(lambda: client.close())

        client.connect(port, "127.0.0.1", on_connect)


@case(about="a send that was queued with an address before the connect is EISCONN for its callback")
def QueuedSend(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.connect(9, "127.0.0.1", t.callback("connected"))
    socket.send("x", 9, "127.0.0.1", t.callback("sent", lambda error: socket.close()))


@case(about="a datagram too long for the connected socket is EMSGSIZE without address and port")
def TooLong(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_connect():
        socket.send(b"x" * 65508)
        socket.send(b"x" * 65508, t.callback("sent", lambda error: socket.close()))

    socket.connect(9, "127.0.0.1", on_connect)


@case(about="disconnect() is synchronous; the port chosen for connect is given back, and connect works again")
def Disconnect(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def again():
        t.note("peer", socket.remote_address())
        t.note("has a port", socket.address().port > 0)
        socket.close()

    def on_connect():
        t.note("returns", socket.disconnect())
        t.attempt("remote_address", lambda: socket.remote_address())
        t.attempt("disconnect", lambda: socket.disconnect())
        t.attempt("send", lambda: socket.send("x"))
        t.note("address", socket.address())
        socket.once("connect", again)
        socket.connect(10, "127.0.0.1")

    socket.once("connect", on_connect)
    socket.connect(9, "127.0.0.1")


@case(about="after disconnect() a socket bound by hand keeps its port, sends to anyone and hears anyone")
class DisconnectBound:
    def peer(t):
        peer = t.watch("peer", t.dgram.create_socket("udp4"))
        other = t.dgram.create_socket("udp4")

        def on_message(message, rinfo):
            other.send("from another", rinfo.port, rinfo.address, lambda: other.close())
            peer.close()

        peer.on("message", on_message)
        peer.bind(0, "127.0.0.1", lambda: t.publish(port=peer.address().port))

    def client(t, port):
        client = t.watch("client", t.dgram.create_socket("udp4"))
        client.on("message", lambda message, rinfo: client.close())

        def on_connect():
            before = client.address().port
            client.disconnect()
            t.note("the same port", client.address().port == before)
            client.send("hello", port, "127.0.0.1", t.callback("sent"))

        client.bind(0, "127.0.0.1", lambda: client.connect(port, "127.0.0.1", on_connect))


@case(about="a refusal is 'error' ECONNREFUSED of recvmsg; the socket lives on")
def Refused(t):
    gone = t.dgram.create_socket("udp4")
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    errors = []

    def on_error(error):
        errors.append(error.code)
        if len(errors) == 1:
            socket.send("two", t.callback("sent two"))
        else:
            t.note("peer", socket.remote_address().address)
            socket.close()

    def on_listening():
        port = gone.address().port
        gone.close(
            lambda: socket.connect(port, "127.0.0.1", lambda: socket.send("one", t.callback("sent one")))
        )

    socket.on("error", on_error)
    gone.bind(0, "127.0.0.1", on_listening)


@case(
    about="a refusal that waits is the error of the next send's callback, once; without a callback it is dropped"
)
def RefusedBySend(t):
    gone = t.dgram.create_socket("udp4")
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_connect():
        socket.send("one", t.callback("one"))
        socket.send("two", t.callback("two"))
        socket.send("three", t.callback("three"))
        socket.send("four")
        socket.send("five", t.callback("five"))

    def on_listening():
        port = gone.address().port
        gone.close(lambda: socket.connect(port, "127.0.0.1", on_connect))

    socket.on("error", lambda error: socket.close())
    gone.bind(0, "127.0.0.1", on_listening)


@case(about="after a refusal the same socket reaches a peer that has come up meanwhile, and hears it")
def RefusedThenHeard(t):
    peer = t.watch("peer", t.dgram.create_socket("udp4"))
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    first = t.dgram.create_socket("udp4")
    ports = []

    def on_error(error):
        peer.on("message", lambda message, rinfo: peer.send("back", rinfo.port, rinfo.address))
        peer.bind(ports[0], "127.0.0.1", lambda: socket.send("now", t.callback("sent")))

    def on_message(message, rinfo):
        socket.close()
        peer.close()

    def on_listening():
        ports.append(first.address().port)
        first.close(lambda: socket.connect(ports[0], "127.0.0.1", lambda: socket.send("nobody there")))

    socket.on("error", on_error)
    socket.on("message", on_message)
    first.bind(0, "127.0.0.1", on_listening)


@case(about="a refusal without an 'error' listener is an uncaught exception; the socket lives on")
def RefusedUnhandled(t):
    gone = t.dgram.create_socket("udp4")
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_uncaught(error):
        t.note("uncaught", error)
        t.note("peer", socket.remote_address().address)
        socket.close()

    def on_listening():
        port = gone.address().port
        gone.close(lambda: socket.connect(port, "127.0.0.1", lambda: socket.send("x")))

    t.on_uncaught(on_uncaught)
    gone.bind(0, "127.0.0.1", on_listening)


@case(about="a socket connected to a mapped IPv4 address has mapped addresses at both ends", skip_unless="ipv6")
def Mapped(t):
    socket = t.watch("socket", t.dgram.create_socket("udp6"))

    def on_connect():
        t.note("peer", socket.remote_address())
        t.note("local address", socket.address().address)
        socket.close()

    socket.connect(9, "::ffff:127.0.0.1", on_connect)


@case(about="a connected socket has Node's state, and the kernel's view of it is the same")
def State(t):
    peer = t.watch("peer", t.dgram.create_socket("udp4"))
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_connect():
        t.snapshot(socket)
        t.kernel(socket)
        socket.disconnect()
        t.snapshot(socket)
        t.kernel(socket)
        socket.close()
        peer.close()

    peer.bind(0, "127.0.0.1", lambda: socket.connect(peer.address().port, "127.0.0.1", on_connect))


@case(about="connect() of an unbound socket binds, connects and calls back in Node's steps; disconnect() is at once")
def ConnectingSteps(t):
    socket = socket_of(t, "socket", {})

    def connected():
        t.snapshot(socket)
        socket.send("x", t.callback("sent"))
        socket.disconnect()
        t.snapshot(socket)
        socket.close()

    socket.connect(9, "127.0.0.1", connected)


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
