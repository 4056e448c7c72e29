"""Options of a UDP socket: TTL, broadcast, buffer sizes, queue counters, ref() and unref()."""

from conformance import case


def bound(t, use):
    """A bound socket, closed after ``use``."""
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        use(socket)
        socket.close()

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="options of an unbound socket are EBADF with the method as syscall")
def Unbound(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("set_ttl", lambda: socket.set_ttl(5))
    t.attempt("set_multicast_ttl", lambda: socket.set_multicast_ttl(5))
    t.attempt("set_broadcast", lambda: socket.set_broadcast(True))
    t.attempt("set_multicast_loopback", lambda: socket.set_multicast_loopback(True))
    t.attempt("set_multicast_interface", lambda: socket.set_multicast_interface("127.0.0.1"))
    socket.close()


@case(about="on an unbound socket a TTL out of range is EINVAL before EBADF")
def UnboundTtlRange(t):
    socket = t.dgram.create_socket("udp4")
    for ttl in [0, 256, -1, 1e10, float("nan")]:
        t.attempt("set_ttl", lambda: socket.set_ttl(ttl))
        t.attempt("set_multicast_ttl", lambda: socket.set_multicast_ttl(ttl))
    socket.close()


@case(about="set_ttl() takes 1 to 255 and returns its argument")
def Ttl(t):
    def use(socket):
        for value in [1, 255, 1.5, 0, 256, -1, float("nan"), 1e10]:
            t.attempt("set_ttl", lambda: socket.set_ttl(value))

    bound(t, use)


@case(about="set_multicast_ttl() takes 0 to 255 and returns its argument")
def MulticastTtl(t):
    def use(socket):
        for value in [0, 1, 255, 1.5, 256, -1, float("nan"), 1e10]:
            t.attempt("set_multicast_ttl", lambda: socket.set_multicast_ttl(value))

    bound(t, use)


@case(about="a TTL that is not a number is ERR_INVALID_ARG_TYPE")
def TtlType(t):
    def use(socket):
        t.attempt("none", lambda: socket.set_ttl())
        t.attempt("none, multicast", lambda: socket.set_multicast_ttl())
        for value in [None, "5", True, {}]:
            t.attempt("set_ttl", lambda: socket.set_ttl(value))
            t.attempt("set_multicast_ttl", lambda: socket.set_multicast_ttl(value))

    bound(t, use)


@case(about="set_broadcast() takes anything for its truth and returns nothing")
def Broadcast(t):
    def use(socket):
        t.attempt("none", lambda: socket.set_broadcast())
        for value in [True, False, None, "x", 0, 2]:
            t.attempt("set_broadcast", lambda: socket.set_broadcast(value))

    bound(t, use)


@case(about="set_multicast_loopback() takes anything for its truth and returns it")
def MulticastLoopback(t):
    def use(socket):
        for value in [True, False, None, "x", 0, 2]:
            t.attempt("set_multicast_loopback", lambda: socket.set_multicast_loopback(value))

    bound(t, use)


@case(about="set_multicast_interface() of a udp4 socket takes only a string with an IPv4 address of this machine")
def MulticastInterface(t):
    def use(socket):
        t.attempt("none", lambda: socket.set_multicast_interface())
        for value in [None, 5, "", "x", "0.0.0.0", "127.0.0.1", "::1", "203.0.113.7"]:
            t.attempt("set_multicast_interface", lambda: socket.set_multicast_interface(value))

    bound(t, use)


@case(about="on an unbound socket a multicast interface that is not an address is EINVAL before EBADF")
def MulticastInterfaceUnbound(t):
    socket = t.dgram.create_socket("udp4")
    for value in ["", "x", "127.0.0.1", "::1"]:
        t.attempt("set_multicast_interface", lambda: socket.set_multicast_interface(value))
    socket.close()


@case(about="set_multicast_interface() of a udp6 socket takes ::%lo, ::1 and even IPv4", skip_unless="ipv6")
def MulticastInterfaceUdp6(t):
    socket = t.watch("socket", t.dgram.create_socket("udp6"))

    def on_listening():
        for value in ["::%lo", "::1", "::", "127.0.0.1", "0.0.0.0", "", "x", "::%nonsense"]:
            t.attempt("set_multicast_interface", lambda: socket.set_multicast_interface(value))
        t.attempt("set_ttl", lambda: socket.set_ttl(64))
        t.attempt("set_ttl 0", lambda: socket.set_ttl(0))
        t.attempt("set_multicast_ttl", lambda: socket.set_multicast_ttl(64))
        t.attempt("set_broadcast", lambda: socket.set_broadcast(True))
        t.attempt("set_multicast_loopback", lambda: socket.set_multicast_loopback(False))
        socket.close()

    socket.bind(0, "::1", on_listening)


@case(about="the kernel has the TTLs, flags and buffers that were set")
def KernelView(t):
    def use(socket):
        t.kernel(socket)
        socket.set_ttl(42)
        socket.set_multicast_ttl(17)
        socket.set_broadcast(True)
        socket.set_multicast_loopback(False)
        socket.set_recv_buffer_size(20000)
        socket.set_send_buffer_size(30000)
        t.kernel(socket)

    bound(t, use)


@case(about="a buffer size that is not an unsigned 32-bit integer is ERR_SOCKET_BAD_BUFFER_SIZE")
def BadBufferSize(t):
    def use(socket):
        t.attempt("none", lambda: socket.set_recv_buffer_size())
        for size in [None, -1, 1.5, "5", True, 4294967296, {}]:
            t.attempt("receive", lambda: socket.set_recv_buffer_size(size))
            t.attempt("send", lambda: socket.set_send_buffer_size(size))

    bound(t, use)


@case(about="a buffer size over the kernel's int is ERR_SOCKET_BUFFER_SIZE with the system's error in info")
def BufferSizeSystemError(t):
    def use(socket):
        for size in [2147483648, 4294967295]:
            t.attempt("receive", lambda: socket.set_recv_buffer_size(size))
            t.attempt("send", lambda: socket.set_send_buffer_size(size))

    bound(t, use)


@case(about="buffer sizes of an unbound socket are ERR_SOCKET_BUFFER_SIZE with EBADF, a bad size comes first")
def BufferSizeUnbound(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("get receive", lambda: socket.get_recv_buffer_size())
    t.attempt("get send", lambda: socket.get_send_buffer_size())
    for size in [-1, 0, 1000, 2147483648]:
        t.attempt("set receive", lambda: socket.set_recv_buffer_size(size))
        t.attempt("set send", lambda: socket.set_send_buffer_size(size))
    socket.close()


@case(about="setting a buffer size returns nothing, 0 changes nothing, the kernel doubles and limits")
def BufferSize(t):
    def use(socket):
        t.note("default receive", socket.get_recv_buffer_size())
        t.note("default send", socket.get_send_buffer_size())
        for size in [0, 1, 10000, 100000]:
            t.attempt("set receive", lambda: socket.set_recv_buffer_size(size))
            t.note("receive", socket.get_recv_buffer_size())
            t.attempt("set send", lambda: socket.set_send_buffer_size(size))
            t.note("send", socket.get_send_buffer_size())

    bound(t, use)


@case(about="the send queue is empty right after sends that the kernel took")
def SendQueue(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_connect():
        for number in range(10):
            socket.send(f"{number}")
        t.note("size", socket.get_send_queue_size())
        t.note("count", socket.get_send_queue_count())
        socket.close()

    socket.on("error", t.callback("error"))
    socket.connect(9, "127.0.0.1", on_connect)


@case(about="an unref'd bound socket lets the process end without 'close'")
def Unref(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.note("bound", t.active())
        t.note("returns", socket.unref())
        t.note("unref", t.active())

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="an unref'd socket still receives while something else keeps the process alive")
def UnrefHears(t):
    receiver = t.watch("receiver", t.dgram.create_socket("udp4"))
    sender = t.dgram.create_socket("udp4")
    receiver.unref()
    receiver.on("message", lambda message, rinfo: sender.close())
    receiver.bind(0, "127.0.0.1", lambda: sender.send("hello", receiver.address().port, "127.0.0.1"))


@case(about="with broadcast on, a datagram to 255.255.255.255 is taken")
def BroadcastSend(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        socket.send("x", 9, "127.255.255.255", t.callback("off", lambda error: on()))

    def on():
        socket.set_broadcast(True)
        socket.send("x", 9, "127.255.255.255", t.callback("on", lambda error: socket.close()))

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="of a TTL beyond 32 bits the low 32 count")
def TtlBeyond32Bits(t):
    socket = t.dgram.create_socket("udp4")

    def bound():
        for ttl in [4294967297, -4294967295, 4294967296]:
            t.attempt(str(ttl), lambda: socket.set_ttl(ttl) == ttl)
        socket.close()

    socket.bind(0, "127.0.0.1", bound)
