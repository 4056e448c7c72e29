"""Arguments and options of dgram of every kind: which throw, and with which error."""

from conformance import case

NUMBERS = [0, -1, 1, 1.5, float("nan"), float("inf"), 2147483648, 9007199254740992, 65536]
TEXTS = ["", "abc", "5", " 5 ", "0x10"]
OBJECTS = [[], ["a"], [[1]], {}, {"a": 1}, b"xyz", b""]
PLAIN = [None, True, False, *NUMBERS, *TEXTS, *OBJECTS]


def attempt_all(t, label, call):
    """`call` with every plain value, and with a function. (An error would be shown with its stack.)"""
    for value in [*PLAIN, t.callback("called")]:
        t.attempt(label, lambda: call(value))


def bound(t, ask):
    """`ask` of a socket that is bound; closed after that."""

    def listening():
        ask(socket)
        socket.close()

    socket = t.dgram.create_socket("udp4")
    socket.bind(0, "127.0.0.1", listening)


@case(about="createSocket() throws for a bad type, buffer size, lookup, signal or block list, not for other options")
def CreateOptions(t):
    def make(options):
        socket = t.dgram.create_socket(options)
        socket.close()
        return socket.type

    attempt_all(t, "first", make)
    attempt_all(t, "type", lambda value: make({"type": value}))
    attempt_all(t, "listener", lambda value: t.dgram.create_socket("udp4", value).close().type)
    attempt_all(t, "reuse_addr", lambda value: make({"type": "udp4", "reuse_addr": value}))
    attempt_all(t, "receive size", lambda value: make({"type": "udp4", "recv_buffer_size": value}))
    attempt_all(t, "send size", lambda value: make({"type": "udp4", "send_buffer_size": value}))
    attempt_all(t, "lookup", lambda value: make({"type": "udp4", "lookup": value}))
    attempt_all(t, "signal", lambda value: make({"type": "udp4", "signal": value}))
    attempt_all(t, "receive list", lambda value: make({"type": "udp4", "receive_block_list": value}))
    attempt_all(t, "send list", lambda value: make({"type": "udp4", "send_block_list": value}))
    attempt_all(t, "unknown", lambda value: make({"type": "udp4", "bogus": value}))


@case(about="bind() and bindSync() throw for a bad address; bindSync() also for bad options and ports")
def Bind(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def bind(*args):
        socket = t.dgram.create_socket("udp4")
        socket.bind(*args)
        socket.close()
        return socket.type

    def bind_sync(options):
        socket = t.dgram.create_socket("udp4")
        address = socket.bind_sync(options).address
        socket.close()
        return address

    attempt_all(t, "address", lambda value: bind(0, value))
    attempt_all(t, "address option", lambda value: bind({"port": 0, "address": value}))
    attempt_all(t, "exclusive", lambda value: bind({"port": 0, "exclusive": value}))
    attempt_all(t, "callback", lambda value: bind(0, "127.0.0.1", value))
    attempt_all(t, "options", bind_sync)
    attempt_all(t, "sync address", lambda value: bind_sync({"address": value}))
    for value in [True, float("nan"), float("inf"), -1, 1.5, 65536, "abc", "", *OBJECTS]:
        t.attempt("sync port", lambda: bind_sync({"port": value}))


@case(about="connect() and connectSync() throw for a bad port or address, connect() also for a bad callback")
def Connect(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def connect(*args):
        socket = t.dgram.create_socket("udp4")
        socket.bind_sync({"address": "127.0.0.1"})  # or close() would wait for the bind of a socket without callback
        t.attempt("connect", lambda: socket.connect(*args))
        socket.close()
        return socket.type

    def connect_sync(*args):
        socket = t.dgram.create_socket("udp4")
        socket.connect_sync(*args)
        socket.close()
        return socket.type

    attempt_all(t, "port", lambda value: connect(value, "127.0.0.1"))
    attempt_all(t, "address", lambda value: connect(9, value))
    attempt_all(t, "callback", lambda value: connect(9, "127.0.0.1", value))
    attempt_all(t, "sync port", lambda value: connect_sync(value, "127.0.0.1"))
    attempt_all(t, "sync address", lambda value: connect_sync(9, value))


@case(about="send() and sendto() throw for a bad message, port, address, offset or length")
def Send(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def ask(socket):
        attempt_all(t, "message", lambda value: socket.send(value, 9, "127.0.0.1"))
        attempt_all(t, "item", lambda value: socket.send([b"x", value], 9, "127.0.0.1"))
        attempt_all(t, "port", lambda value: socket.send("x", value, "127.0.0.1"))
        for value in [None, True, False, *NUMBERS, "", *OBJECTS]:  # names are looked up in an order of their own
            t.attempt("address", lambda: socket.send("x", 9, value))
            t.attempt("sendto address", lambda: socket.sendto(b"xyz", 0, 1, 9, value))
        attempt_all(t, "callback", lambda value: socket.send("x", 9, "127.0.0.1", value))
        attempt_all(t, "offset", lambda value: socket.send(b"xyz", value, 1, 9, "127.0.0.1"))
        attempt_all(t, "length", lambda value: socket.send(b"xyz", 0, value, 9, "127.0.0.1"))
        attempt_all(t, "long port", lambda value: socket.send(b"xyz", 0, 1, value, "127.0.0.1"))
        attempt_all(t, "sendto message", lambda value: socket.sendto(value, 0, 1, 9, "127.0.0.1"))
        attempt_all(t, "sendto offset", lambda value: socket.sendto(b"xyz", value, 1, 9, "127.0.0.1"))
        attempt_all(t, "sendto port", lambda value: socket.sendto(b"xyz", 0, 1, value, "127.0.0.1"))

    bound(t, ask)


@case(about="setters of a bound socket throw for a bad TTL, interface, group or size; set_broadcast() takes anything")
def Setters(t):
    def ask(socket):
        attempt_all(t, "broadcast", lambda value: socket.set_broadcast(value))
        attempt_all(t, "ttl", lambda value: socket.set_ttl(value))
        attempt_all(t, "multicast ttl", lambda value: socket.set_multicast_ttl(value))
        attempt_all(t, "loopback", lambda value: socket.set_multicast_loopback(value) == value)
        attempt_all(t, "interface", lambda value: socket.set_multicast_interface(value))
        attempt_all(t, "join", lambda value: socket.add_membership(value))
        attempt_all(t, "leave", lambda value: socket.drop_membership(value))
        attempt_all(t, "join on", lambda value: socket.add_membership("224.0.0.114", value))
        attempt_all(t, "close", lambda value: t.dgram.create_socket("udp4").close(value).type)
        for size in [None, True, False, -1, 1.5, float("nan"), float("inf"), *TEXTS, *OBJECTS]:
            t.attempt("receive size", lambda: socket.set_recv_buffer_size(size))
            t.attempt("send size", lambda: socket.set_send_buffer_size(size))

    bound(t, ask)


@case(about="a bad source or group leaves a fresh socket unbound; a bad interface fails after it is bound")
def SourceMembership(t):
    def ask(*args):
        socket = t.dgram.create_socket("udp4")
        t.attempt("join", lambda: socket.add_source_specific_membership(*args))
        t.attempt("leave", lambda: socket.drop_source_specific_membership(*args))
        t.attempt("port", lambda: socket.address().port > 0)
        socket.close()

    for value in [None, True, 0, "", "abc", "5", "a\0b", [], {}, b"x"]:
        ask(value, "232.1.1.1", "127.0.0.1")
        ask("127.0.0.1", value, "127.0.0.1")
    for value in ["", "abc", True, []]:
        ask("127.0.0.1", "232.1.1.1", value)


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
