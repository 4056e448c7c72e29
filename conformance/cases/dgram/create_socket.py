"""dgram.create_socket(): its arguments, its options and the state of a socket that is not bound yet."""

from conformance import case


@case(about="any type but 'udp4' and 'udp6' is ERR_SOCKET_BAD_TYPE")
def BadType(t):
    t.attempt("nothing", lambda: t.dgram.create_socket())
    for kind in [None, "", "udp5", "UDP4", 5, True, [], {}]:
        t.attempt("create", lambda: t.dgram.create_socket(kind))
    t.attempt("in options", lambda: t.dgram.create_socket(type="tcp4"))


@case(about="a listener is added to 'message'; one that is not a function is ignored")
def Listener(t):
    for given in [lambda message, rinfo: None, None, 5, "x"]:
        socket = t.dgram.create_socket("udp4", given)
        t.note("listeners", socket.listener_count("message"))
        t.note("type", socket.type)
        socket.close()


@case(about="options may stand in place of the type, with a listener behind them")
def OptionsObject(t):
    socket = t.watch(
        "socket", t.dgram.create_socket({"type": "udp6", "reuse_addr": True}, lambda message: None)
    )
    t.note("listeners", socket.listener_count("message"))
    t.note("type", socket.type)
    socket.close()


@case(about="recv_buffer_size and send_buffer_size must be unsigned 32-bit integers or null")
def BufferSizeOptions(t):
    def create(options):
        t.dgram.create_socket(options).close()
        return True

    for size in [-1, 1.5, "5", 4294967296, {}, float("nan")]:
        t.attempt("receive", lambda: create({"type": "udp4", "recv_buffer_size": size}))
        t.attempt("send", lambda: create({"type": "udp4", "send_buffer_size": size}))
    for size in [None, 0, 1000, 4294967295]:
        t.attempt("receive", lambda: create({"type": "udp4", "recv_buffer_size": size}))


@case(about="a lookup that is not a function is ERR_INVALID_ARG_TYPE, and so is null")
def LookupOption(t):
    for lookup in [5, None, "x", {}]:
        t.attempt("create", lambda: t.dgram.create_socket(type="udp4", lookup=lookup))


@case(about="a signal that is not an AbortSignal is ERR_INVALID_ARG_TYPE, and so is null")
def SignalOption(t):
    for signal in [5, None, "x", {}]:
        t.attempt("create", lambda: t.dgram.create_socket(type="udp4", signal=signal))


@case(about="the block lists among the options must be block lists or null")
def BlockListOptions(t):
    for given in [5, {}, "x"]:
        t.attempt("receive", lambda: t.dgram.create_socket(type="udp4", receive_block_list=given))
        t.attempt("send", lambda: t.dgram.create_socket(type="udp4", send_block_list=given))
    t.dgram.create_socket(type="udp4", receive_block_list=None, send_block_list=None).close()


@case(about="the options are checked in Node's order: buffer sizes, block lists, lookup, type, signal")
def OrderOfChecks(t):
    options = {
        "type": "udp5",
        "signal": 5,
        "lookup": 5,
        "send_block_list": 5,
        "receive_block_list": 5,
        "send_buffer_size": -1,
        "recv_buffer_size": -1,
    }
    t.attempt("all wrong", lambda: t.dgram.create_socket(options))
    options["recv_buffer_size"] = 1
    t.attempt("receive buffer right", lambda: t.dgram.create_socket(options))
    options["send_buffer_size"] = 1
    t.attempt("send buffer right", lambda: t.dgram.create_socket(options))
    options["receive_block_list"] = None
    t.attempt("receive block list right", lambda: t.dgram.create_socket(options))
    options["send_block_list"] = None
    t.attempt("send block list right", lambda: t.dgram.create_socket(options))
    options["lookup"] = lambda host, family, callback: None
    t.attempt("lookup right", lambda: t.dgram.create_socket(options))
    options["type"] = "udp4"
    t.attempt("type right", lambda: t.dgram.create_socket(options))


@case(about="reuse_addr, reuse_port and ipv6_only take values of any type")
def LenientOptions(t):
    for given in [5, "x", [], None]:
        socket = t.dgram.create_socket(type="udp4", reuse_addr=given, reuse_port=given, ipv6_only=given)
        t.note("type", socket.type)
        socket.close()


@case(about="an unbound socket has no address and no buffers, and its send queue is empty")
def UnboundState(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.snapshot(socket)
    t.note("active", t.active())
    socket.close()


@case(about="a socket keeps the process alive from its making until it is closed, unless unref'd")
def KeepsAlive(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.note("made", t.active())
    t.note("unref returns the socket", socket.unref())
    t.note("unref", t.active())
    t.note("ref returns the socket", socket.ref())
    t.note("ref", t.active())
    socket.unref()


@case(about="abort closes the socket at once; 'close' follows on the tick queue")
def SignalCloses(t):
    controller = t.abort_controller()
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", signal=controller.signal))

    def on_listening():
        t.next_tick(lambda: t.note("queued before", None))
        controller.abort()
        t.attempt("address", lambda: socket.address())
        t.next_tick(lambda: t.note("queued after", None))
        controller.abort()

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="with a signal that is aborted already the socket is born closed")
def SignalAbortedBefore(t):
    controller = t.abort_controller()
    controller.abort()
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", signal=controller.signal))
    t.attempt("bind", lambda: socket.bind(0))
    t.attempt("close", lambda: socket.close())
    t.next_tick(lambda: t.note("tick", None))


@case(about="an abort after close() does nothing")
def SignalAfterClose(t):
    controller = t.abort_controller()
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", signal=controller.signal))
    t.note("events", socket.event_names())
    socket.close()
    controller.abort()
    t.note("aborted", controller.signal.aborted)


@case(about="a UDP socket lists and counts its listeners as any emitter does")
def ListenerBookkeeping(t):
    socket = t.dgram.create_socket("udp4", lambda message: None)
    socket.on("error", lambda error: None)
    socket.once("close", lambda: None)
    t.note("events", sorted(socket.event_names()))
    t.note("listeners of 'close'", socket.listener_count("close"))
    socket.close(lambda: t.note("listeners of 'close' in its callback", socket.listener_count("close")))
    t.note("listeners of 'close' after close()", socket.listener_count("close"))


@case(about="UDP sockets ignore the option capture_rejections: a listener's rejection is unhandled")
def AsyncListenerRejects(t):
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", capture_rejections=True))

    async def on_listening():
        raise t.error("rejected")

    def on_uncaught(error):
        t.note("uncaught", error)
        socket.close()

    t.on_uncaught(on_uncaught)
    socket.on("listening", on_listening)
    socket.bind(0, "127.0.0.1")
