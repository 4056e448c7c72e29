"""bind() and address() of a UDP socket: forms, order, errors, shared ports and descriptors."""

from conformance import case
from conformance.scenery import socket_of


@case(
    about="bind() returns the socket; 'listening' comes in the tick phase, before ticks queued after the call"
)
def Order(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.on("listening", lambda: t.next_tick(lambda: t.note("tick of the listener", None)))
    t.next_tick(lambda: t.note("tick queued before", None))
    t.microtask(lambda: t.note("microtask queued before", None))
    t.note("returns", socket.bind(0, "127.0.0.1"))
    t.attempt("address at once", lambda: socket.address())
    t.next_tick(lambda: t.note("tick queued after", None))
    t.immediate(lambda: socket.close())


@case(about="without an address a udp4 socket binds 0.0.0.0, also for null and ''")
def DefaultsUdp4(t):
    null = t.dgram.create_socket("udp4")
    empty = t.dgram.create_socket("udp4")

    def close_both():  # together: a port that one gave back could come up again for the other
        t.note("empty", empty.address())
        null.close()
        empty.close()

    def on_null():
        t.note("null", null.address())
        empty.bind(0, "", close_both)

    null.bind(0, None, on_null)
    bare = t.watch("bare", t.dgram.create_socket("udp4"))
    bare.bind(lambda: bare.close())


@case(about="without an address a udp6 socket binds ::", skip_unless="ipv6")
def DefaultsUdp6(t):
    socket = t.watch("socket", t.dgram.create_socket("udp6"))

    def on_listening():
        t.note("address", socket.address())
        socket.close()

    socket.bind(on_listening)


@case(about="bind() takes port and address as an options object, with the callback behind it")
def OptionsObject(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.note("address", socket.address())
        socket.close()

    socket.bind({"port": 0, "address": "127.0.0.1", "exclusive": True}, on_listening)


@case(about="bind() takes port and address as keywords")
def KeywordOptions(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.note("address", socket.address())
        socket.close()

    socket.bind(on_listening, port=0, address="127.0.0.1")


@case(about="the callback of bind() is a listener of 'listening' in the order of adding, gone after one call")
def CallbackIsListener(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.note("second", socket.listener_count("listening"))
        socket.close()

    socket.on("listening", lambda: t.note("first", socket.listener_count("listening")))
    socket.bind(0, "127.0.0.1", t.callback("bound"))
    socket.on("listening", on_listening)


@case(about="a socket that binds or is bound does not bind again: ERR_SOCKET_ALREADY_BOUND")
def Twice(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.attempt("bound", lambda: socket.bind(0))
        socket.close()

    socket.bind(0, "127.0.0.1", on_listening)
    t.attempt("binding", lambda: socket.bind(0))


@case(about="an address that is not a string is ERR_INVALID_ARG_TYPE, and the socket stays binding")
def AddressType(t):
    for address in [5, True, {}, ["x"]]:
        socket = t.dgram.create_socket("udp4")
        t.attempt("bind", lambda: socket.bind(0, address) and None)
        t.attempt(
            "options", lambda: t.dgram.create_socket("udp4").unref().bind(port=0, address=address) and None
        )
        t.attempt("again", lambda: socket.bind(0) and None)
        socket.close()


@case(about="a port is not checked but taken modulo 65536")
def PortCoerced(t):
    first = t.dgram.create_socket("udp4")

    def on_first():
        port = first.address().port
        first.close()

        def bind(given):
            socket = t.dgram.create_socket("udp4")

            def on_listening():
                t.note("the same port", socket.address().port == port)
                socket.close()

            socket.on("error", t.callback("error"))
            socket.bind(given, "127.0.0.1", on_listening)
            return socket

        bind(port + 65536).on("close", lambda: bind(f"{port}").on("close", lambda: bind(port + 0.5)))

    first.bind(0, "127.0.0.1", on_first)


@case(about="bind() to anything that is not a port number binds any port")
def PortNonsense(t):
    def bind(given):
        socket = t.dgram.create_socket("udp4")

        def on_listening():
            t.note("some port", socket.address().port > 0)
            socket.close()

        socket.bind(given, "127.0.0.1", on_listening)

    bind(None)
    bind("x")
    bind("")
    bind(65536)
    bind(float("nan"))


@case(about="the error of a bind() shows the port as it was given, if it counts as a number above 0")
def PortInTheError(t):
    def bind(port):
        socket = t.dgram.create_socket("udp4")
        socket.on("error", lambda error: [t.note(error.message, error.port), socket.close()])
        socket.bind(port=port, address="203.0.113.7")

    for port in ["0x1", "1", "0b1", "0o1", " 1 ", "1e0", "+1", 1.5, "1.5", 1.0, True, 65537, "65537", "0x10001"]:
        bind(port)
    for port in [1e21, "Infinity", [1], ["0x1"], -1, "x", {}, "-0"]:
        bind(port)


@case(about="the error of a bind() to port 0, or to what counts as false, shows no port")
def NoPortInTheError(t):
    for port in ["", None, 0, 0.0, -0.0, False]:
        socket = t.dgram.create_socket("udp4").unref()
        socket.on("error", lambda error: t.note("error", error))
        socket.bind(port=port, address="203.0.113.7")


@case(about="a port in use is 'error' EADDRINUSE; the socket may bind again and be closed")
def InUse(t):
    first = t.watch("first", t.dgram.create_socket("udp4"))
    second = t.watch("second", t.dgram.create_socket("udp4"))

    def on_error(error):
        t.note("port", error.port == first.address().port)
        t.attempt("retry", lambda: second.bind(0, "127.0.0.1") and None)
        second.once("listening", lambda: second.close(lambda: first.close()))

    second.on("error", on_error)
    first.bind(0, "127.0.0.1", lambda: second.bind(first.address().port, "127.0.0.1", t.callback("never")))


@case(about="a port in use by another process is 'error' EADDRINUSE")
class InUseElsewhere:
    def first(t):
        first = t.watch("first", t.dgram.create_socket("udp4", lambda message: first.close()))
        first.bind(0, "127.0.0.1", lambda: t.publish(port=first.address().port))

    def second(t, port):
        second = t.watch("second", t.dgram.create_socket("udp4"))

        def on_error(error):
            second.send("done", port, "127.0.0.1", lambda: second.close())

        second.once("error", on_error)
        second.bind(port, "127.0.0.1")


@case(about="an address of another machine is 'error' EADDRNOTAVAIL without a port if none was asked for")
def NotAvailable(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_error(error):
        t.note("error", error)
        t.attempt("address", lambda: socket.address())
        socket.close()

    socket.on("error", on_error)
    socket.bind(0, "203.0.113.7")


@case(about="an address of the other family is 'error' EINVAL")
def WrongFamily(t):
    def bind(kind, address):
        socket = t.watch(kind, t.dgram.create_socket(kind))
        socket.on("error", lambda error: socket.close())
        socket.bind(0, address)

    bind("udp4", "::1")
    bind("udp6", "127.0.0.1")


@case(about="a host name is looked up; 'listening' comes after the answer")
def HostName(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.note("address", socket.address())
        socket.close()

    socket.bind(0, "localhost", on_listening)
    t.next_tick(lambda: t.note("tick", None))


@case(about="a host that does not exist is 'error' ENOTFOUND of getaddrinfo, and the socket may bind again")
def UnknownHost(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_error(error):
        t.attempt("retry", lambda: socket.bind(0, "127.0.0.1") and None)

    socket.on("error", on_error)
    socket.on("listening", lambda: socket.close())
    socket.bind(0, "does-not-exist.invalid")


@case(about="a failed bind without an 'error' listener is an uncaught exception")
def ErrorUnhandled(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_uncaught(error):
        t.note("uncaught", error)
        socket.close()

    t.on_uncaught(on_uncaught)
    socket.bind(0, "203.0.113.7")


@case(
    about="a bind() with a callback that fails without an 'error' listener is an uncaught error",
    skip_unless="node^24.21||>=26.9",
)
def ErrorWithCallbackIsUncaught(t):
    t.on_uncaught(lambda error: t.note("uncaught", error.code))
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.bind(0, "203.0.113.7", t.callback("never"))

    def later():
        t.note("listeners of 'listening'", socket.listener_count("listening"))
        t.note("events", socket.event_names())
        socket.close()

    t.immediate(later)


@case(
    about="a bind() with a callback watches for a failure by error_monitor, and adds no 'error' listener",
    skip_unless="node^24.21||>=26.9",
)
def CallbackAndErrorMonitor(t):
    socket = t.dgram.create_socket("udp4")
    monitor = t.events.error_monitor
    socket.on("newListener", lambda event, listener: t.note("added", event == monitor or event))
    socket.on("removeListener", lambda event, listener: t.note("removed", event == monitor or event))
    socket.bind(0, "203.0.113.7", t.callback("never"))
    t.note("errors", socket.listener_count("error"))
    socket.on(monitor, lambda error: t.note("left", socket.listener_count("listening")))

    def on_error(error):
        t.note("error", error.code)
        socket.bind(0, "127.0.0.1", lambda: socket.close())

    socket.once("error", on_error)


@case(about="two sockets with reuse_addr bind one port, one without does not")
def ReuseAddr(t):
    first = t.watch("first", t.dgram.create_socket(type="udp4", reuse_addr=True))
    second = t.watch("second", t.dgram.create_socket(type="udp4", reuse_addr=True))
    third = t.watch("third", t.dgram.create_socket("udp4"))

    def on_error(error):
        third.close()
        second.close()
        first.close()

    third.on("error", on_error)
    first.bind(0, "127.0.0.1", lambda: second.bind(first.address().port, "127.0.0.1"))
    second.on("listening", lambda: third.bind(first.address().port, "127.0.0.1"))


@case(about="two sockets with reuse_port bind one port, one with reuse_addr alone does not")
def ReusePort(t):
    first = t.watch("first", t.dgram.create_socket(type="udp4", reuse_port=True))
    second = t.watch("second", t.dgram.create_socket(type="udp4", reuse_port=True))
    third = t.watch("third", t.dgram.create_socket(type="udp4", reuse_addr=True))

    def on_error(error):
        third.close()
        second.close()
        first.close()

    third.on("error", on_error)
    first.bind(0, "127.0.0.1", lambda: second.bind(first.address().port, "127.0.0.1"))
    second.on("listening", lambda: third.bind(first.address().port, "127.0.0.1"))


@case(about="a udp6 socket on :: takes the port for IPv4 as well", skip_unless="ipv6")
def DualStack(t):
    six = t.watch("six", t.dgram.create_socket("udp6"))
    four = t.watch("four", t.dgram.create_socket("udp4"))

    def on_error(error):
        four.close()
        six.close()

    four.on("error", on_error)
    six.bind(0, lambda: four.bind(six.address().port))


@case(about="a udp6 socket with ipv6_only leaves the port free for IPv4", skip_unless="ipv6")
def Ipv6Only(t):
    six = t.watch("six", t.dgram.create_socket(type="udp6", ipv6_only=True))
    four = t.watch("four", t.dgram.create_socket("udp4"))

    def on_listening():
        t.note("the same port", four.address().port == six.address().port)
        four.close()
        six.close()

    four.on("listening", on_listening)
    six.bind(0, lambda: four.bind(six.address().port))


@case(about="ipv6_only on a udp4 socket is 'error' EINVAL at bind")
def Ipv6OnlyUdp4(t):
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", ipv6_only=True))
    socket.on("error", lambda error: socket.close())
    socket.bind(0)


@case(about="buffer sizes among the options are set at bind; the kernel doubles them")
def BufferSizeOptions(t):
    socket = t.watch(
        "socket", t.dgram.create_socket(type="udp4", recv_buffer_size=10000, send_buffer_size=20000)
    )

    def on_listening():
        t.note("receive", socket.get_recv_buffer_size())
        t.note("send", socket.get_send_buffer_size())
        socket.close()

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="a buffer size the kernel cannot take is an uncaught exception out of bind, without 'listening'")
def BufferSizeTooLarge(t):
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", recv_buffer_size=2147483648))

    def on_uncaught(error):
        t.note("bound", socket.address().port > 0)
        t.attempt("again", lambda: socket.bind(0))
        socket.close()

    t.on_uncaught(on_uncaught)
    socket.bind(0, "127.0.0.1")


@case(about="bind() to a descriptor that the loop already has throws EEXIST of open", skip_unless="node<25")
def FdInUse(t):
    first = t.dgram.create_socket("udp4")
    second = t.watch("second", t.dgram.create_socket("udp4"))

    def on_listening():
        t.attempt("bind", lambda: second.bind(fd=first._handle.fd))
        t.attempt("again", lambda: second.bind(0))
        second.close()
        first.close()

    first.bind(0, "127.0.0.1", on_listening)


@case(about="bind() to a descriptor of another kind throws ERR_INVALID_FD_TYPE")
def FdType(t):
    server = t.net.create_server()

    def on_listening():
        socket = t.dgram.create_socket("udp4")
        t.attempt("a TCP server", lambda: socket.bind(fd=server._handle.fd))
        t.attempt("bind after that", lambda: socket.bind(0))
        socket.close()
        other = t.dgram.create_socket("udp4")
        t.attempt("no descriptor", lambda: other.bind(fd=99999))
        other.close()
        server.close()

    server.listen(0, "127.0.0.1", on_listening)


@case(about="bind() ignores an fd that is not a positive integer")
def FdIgnored(t):
    def bind(fd):
        socket = t.dgram.create_socket("udp4")

        def on_listening():
            t.note("address", socket.address())
            socket.close()

        socket.bind({"fd": fd, "address": "127.0.0.1"}, on_listening)

    bind(-1)
    bind(0)
    bind("5")
    bind(1.5)
    bind(None)


@case(about="what a 'listening' listener raises is uncaught, and calls queued behind the bind wait for ever")
def ListenerRaises(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        raise t.error("from the listener")

    def on_uncaught(error):
        t.attempt("send", lambda: socket.send("later", 9, "127.0.0.1", t.callback("sent later")))
        t.attempt("close", lambda: socket.close() and None)
        t.timeout(20, finish)

    def finish():
        t.note("still open", socket.address().port > 0)
        socket.unref()

    socket.on("listening", on_listening)
    t.on_uncaught(on_uncaught)
    socket.send("queued", 9, "127.0.0.1", t.callback("never sent"))


@case(about="a bound socket has Node's options, state and address in the kernel")
def KernelView(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.kernel(socket)
        t.snapshot(socket)
        socket.close()

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="any object in first place is the options, and the second argument then does not count as an address")
def ObjectsAreOptions(t):
    def bind(first):
        socket = t.dgram.create_socket("udp4")

        def on_listening():
            t.note("address", socket.address().address)
            socket.close()

        socket.bind(first, 5, on_listening)

    bind({})
    bind({"address": "127.0.0.1"})
    bind([1])
    bind(b"x")


@case(about="what waits for a pending bind is called in its order, and its listeners come and go in Node's steps")
def WaitingForBind(t):
    socket = socket_of(t, "socket", {})
    socket.on("listening", t.callback("before"))
    socket.send("x", 9, "127.0.0.1", t.callback("first"))
    socket.send("y", 9, "127.0.0.1", t.callback("second", lambda error: socket.close()))
    socket.on("listening", t.callback("behind"))


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


@case(
    about="a socket bound to a descriptor that no other socket listens to hears in its place, in Node's steps",
    skip_unless="node<25",
)
def FdHears(t):
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
