"""Every option and argument of net with every kind of value: what throws, what is taken, what comes of it later."""

from conformance import case

NUMBERS = [0, -1, 1, 1.5, float("nan"), float("inf"), 2147483648, 9007199254740992, 65536]
TEXTS = ["", "abc", "5", " 5 ", "0x10"]
OBJECTS = [[], ["a"], [[1]], {}, {"a": 1}, b"xyz", b""]
PLAIN = [None, True, False, *NUMBERS, *TEXTS, *OBJECTS]


def attempt_all(t, label, call):
    """`call` with every plain value, and with a function. (An error would be shown with its stack.)"""
    for value in [*PLAIN, t.callback("called")]:
        t.attempt(label, lambda: call(value))


def quiet(socket):
    socket.on("error", lambda error: None)
    return socket


@case(about="every option of create_server() takes or refuses every kind of value as Node does")
def ServerOptions(t):
    create = t.net.create_server
    attempt_all(t, "options", lambda value: create(value).listening)
    attempt_all(t, "listener", lambda value: create({}, value).listener_count("connection"))
    attempt_all(t, "half open", lambda value: create({"allow_half_open": value}).listening)
    attempt_all(t, "pause", lambda value: create({"pause_on_connect": value}).pause_on_connect)
    attempt_all(t, "no delay", lambda value: create({"no_delay": value}).no_delay)
    attempt_all(t, "keep alive", lambda value: create({"keep_alive": value}).keep_alive)
    attempt_all(t, "delay", lambda value: create({"keep_alive_initial_delay": value}).listening)
    attempt_all(t, "mark", lambda value: create({"high_water_mark": value}).listening)
    attempt_all(t, "block list", lambda value: create({"block_list": value}).listening)
    attempt_all(t, "unknown", lambda value: create({"bogus": value}).listening)


@case(about="every option of Socket takes or refuses every kind of value as Node does")
def SocketOptions(t):
    def make(options):
        return t.net.Socket(options).ready_state

    attempt_all(t, "half open", lambda value: t.net.Socket({"allow_half_open": value}).allow_half_open)
    attempt_all(t, "readable", lambda value: make({"readable": value}))
    attempt_all(t, "writable", lambda value: make({"writable": value}))
    attempt_all(t, "signal", lambda value: make({"signal": value}))
    attempt_all(t, "no delay", lambda value: make({"no_delay": value}))
    attempt_all(t, "keep alive", lambda value: make({"keep_alive": value}))
    attempt_all(t, "delay", lambda value: make({"keep_alive_initial_delay": value}))
    attempt_all(t, "type of service", lambda value: make({"type_of_service": value}))
    attempt_all(t, "block list", lambda value: make({"block_list": value}))
    attempt_all(t, "object mode", lambda value: make({"object_mode": value}))
    attempt_all(t, "readable object mode", lambda value: make({"readable_object_mode": value}))
    attempt_all(t, "writable object mode", lambda value: make({"writable_object_mode": value}))
    attempt_all(t, "decode strings", lambda value: make({"decode_strings": value}))
    attempt_all(t, "unknown", lambda value: make({"bogus": value}))


@case(about="the stream's options of Socket take or refuse every kind of value as Node does")
def StreamOptionsOfSocket(t):
    def make(options):
        return t.net.Socket(options).ready_state

    attempt_all(t, "mark", lambda value: t.net.Socket({"high_water_mark": value}).readable_high_water_mark)
    attempt_all(t, "read mark", lambda value: make({"readable_high_water_mark": value}))
    attempt_all(t, "write mark", lambda value: make({"writable_high_water_mark": value}))
    attempt_all(t, "on_read", lambda value: make({"on_read": value}))
    attempt_all(t, "buffer", lambda value: make({"on_read": {"buffer": value, "callback": t.callback("never")}}))
    attempt_all(t, "callback", lambda value: make({"on_read": {"buffer": b"xyz", "callback": value}}))
    for value in PLAIN:  # a function's source would stand in the text
        t.attempt("encoding", lambda: t.net.Socket({"encoding": value}).readable_encoding)
        t.attempt("default encoding", lambda: make({"default_encoding": value}))


@case(about="a handle of Socket that is no handle throws, or the socket fails when it begins to read")
def NoHandle(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    for value in [None, True, False, *NUMBERS, *TEXTS]:
        t.attempt("handle", lambda: t.net.Socket({"handle": value}).ready_state)
    for value in OBJECTS:
        socket = t.net.Socket({"handle": value})
        socket.on("error", t.callback("error"))
        socket.on("close", t.callback("close"))
        t.note("made", [socket.ready_state, socket.address()])


@case(about="a descriptor of Socket that is none throws ERR_INVALID_ARG_TYPE or ERR_OUT_OF_RANGE")
def NoDescriptor(t):
    for value in [None, True, False, -1, 1.5, float("nan"), float("inf"), 2147483648, *TEXTS, *OBJECTS]:
        t.attempt("fd", lambda: t.net.Socket({"fd": value}).ready_state)


@case(about="every option of connect() takes or refuses every kind of value as Node does")
def ConnectOptions(t):
    def connect(options):
        socket = quiet(t.net.connect(options))
        state = [socket.ready_state, socket.timeout]
        socket.destroy()
        return state

    here = {"port": 9, "host": "127.0.0.1"}
    attempt_all(t, "port", lambda value: connect({"port": value, "host": "127.0.0.1"}))
    attempt_all(t, "path", lambda value: connect({**here, "path": value}))
    attempt_all(t, "local port", lambda value: connect({**here, "local_port": value}))
    attempt_all(t, "timeout", lambda value: connect({**here, "timeout": value}))
    attempt_all(t, "auto select", lambda value: connect({**here, "auto_select_family": value}))
    attempt_all(t, "limit", lambda value: connect({**here, "auto_select_family_attempt_timeout": value}))
    attempt_all(t, "family", lambda value: connect({**here, "family": value}))
    attempt_all(t, "hints", lambda value: connect({**here, "hints": value}))
    attempt_all(t, "lookup", lambda value: connect({**here, "lookup": value}))
    attempt_all(t, "signal", lambda value: connect({**here, "signal": value}))
    attempt_all(t, "block list", lambda value: connect({**here, "block_list": value}))
    attempt_all(t, "unknown", lambda value: connect({**here, "bogus": value}))
    for value in PLAIN:
        t.attempt("local address", lambda: connect({**here, "local_address": value}))


@case(about="a host of connect() is a text or nothing")
def Host(t):
    for value in [True, *NUMBERS, *OBJECTS, t.callback("never"), t.error("boom")]:
        if value != 0 and value == value:
            t.attempt("host", lambda: quiet(t.net.connect({"port": 9, "host": value})).destroy().connecting)


@case(about="a local port that no socket can have is a port in use")
def LocalPortOutOfRange(t):
    for value in [0.5, 65536, 2147483648, float("inf")]:
        socket = t.net.connect({"port": 9, "host": "127.0.0.1", "local_port": value})
        socket.on("error", t.callback("error"))


@case(about="what a lookup answers in the place of the error counts by its truth")
def LookupError(t):
    def connect(error, all):
        def lookup(host, options, callback):
            callback(error, [], 4)

        socket = t.net.connect({"port": 9, "host": "x.test", "lookup": lookup, "auto_select_family": all})
        socket.on("error", t.callback("error"))
        return socket.ready_state

    t.on_uncaught(lambda error: t.note("uncaught", error))
    attempt_all(t, "one", lambda value: connect(value, False))
    attempt_all(t, "all", lambda value: connect(value, True))


@case(about="what a lookup answers in the place of the address and of the family is shown in the error's text")
def LookupAnswer(t):
    def connect(address, family):
        def lookup(host, options, callback):
            callback(None, address, family)

        socket = t.net.connect({"port": 9, "host": "x.test", "lookup": lookup, "auto_select_family": False})
        socket.on("error", t.callback("error"))
        return socket.ready_state

    for value in PLAIN:
        t.attempt("address", lambda: connect(value, 4))
        t.attempt("family", lambda: connect("127.0.0.1", value))


@case(about="what a lookup answers in the place of the list of addresses is looped over as JavaScript does")
def LookupList(t):
    def connect(addresses):
        def lookup(host, options, callback):
            callback(None, addresses)

        socket = t.net.connect({"port": 9, "host": "x.test", "lookup": lookup})
        socket.on("error", t.callback("error"))
        return socket.ready_state

    for value in PLAIN:
        t.attempt("list", lambda: connect(value))
        t.attempt("item", lambda: connect([value]))
        t.attempt("address", lambda: connect([{"address": value, "family": 4}]))
        t.attempt("family", lambda: connect([{"address": "127.0.0.1", "family": value}]))


@case(about="listen() takes or refuses every kind of value in the place of a port, and of each option")
def ListenOptions(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))

    def listen(*args):
        server = t.net.create_server()
        server.listen(*args)
        listening = server.listening
        server.close()
        return listening

    for value in [float("nan"), float("inf"), -1, 1.5, 65536, *OBJECTS]:
        t.attempt("first", lambda: listen(value))
        t.attempt("port", lambda: listen({"port": value}))
        t.attempt("path", lambda: listen({"path": value}))
    for value in [True, False, float("inf"), "abc", "", *OBJECTS]:
        t.attempt("handle", lambda: listen({"handle": value}))
    attempt_all(t, "signal", lambda value: listen({"port": 0, "host": "127.0.0.1", "signal": value}))
    attempt_all(t, "backlog", lambda value: listen({"port": 0, "host": "127.0.0.1", "backlog": value}))
    attempt_all(t, "second", lambda value: listen({"port": 0, "host": "127.0.0.1"}, value))
    attempt_all(t, "alone", lambda value: listen({"backlog": value, "exclusive": value}))


@case(about="BoundSocket takes or refuses every kind of value as Node does")
def BoundSocketOptions(t):
    def bind(options):
        bound = t.net.BoundSocket(options)
        bound.close()
        return True

    here = {"host": "127.0.0.1"}
    attempt_all(t, "options", bind)
    attempt_all(t, "host", lambda value: bind({"host": value}))
    attempt_all(t, "ipv6_only", lambda value: bind({**here, "ipv6_only": value}))
    attempt_all(t, "reuse_port", lambda value: bind({**here, "reuse_port": value}))
    for value in [float("nan"), float("inf"), -1, 1.5, 65536, "", "abc", *OBJECTS]:
        t.attempt("port", lambda: bind({**here, "port": value}))


@case(about="SocketAddress and BlockList take or refuse every kind of value as Node does")
def Addresses(t):
    attempt_all(t, "options", lambda value: t.net.SocketAddress(value).address)
    attempt_all(t, "address", lambda value: t.net.SocketAddress({"address": value}).address)
    attempt_all(t, "family", lambda value: t.net.SocketAddress({"family": value}).family)
    attempt_all(t, "port", lambda value: t.net.SocketAddress({"port": value}).port)
    for value in [None, True, -1, 1.5, "5", [], {}, 4294967296]:  # with 2**31 the process aborts
        t.attempt("flowlabel", lambda: t.net.SocketAddress({"flowlabel": value, "family": "ipv6"}).flowlabel)
    attempt_all(t, "parse", lambda value: t.net.SocketAddress.parse(value))
    blocked = t.net.BlockList()
    attempt_all(t, "add", lambda value: blocked.add_address(value))
    attempt_all(t, "family of add", lambda value: blocked.add_address("127.0.0.1", value))
    attempt_all(t, "range", lambda value: blocked.add_range("127.0.0.1", value))
    attempt_all(t, "prefix", lambda value: blocked.add_subnet("127.0.0.1", value))
    attempt_all(t, "check", lambda value: blocked.check(value))


@case(about="every setter of a socket takes every kind of value or throws Node's error, connected or not")
def SocketSetters(t):
    def ask(socket):
        attempt_all(t, "set_timeout", lambda value: socket.set_timeout(value).timeout)
        attempt_all(t, "callback", lambda value: socket.set_timeout(0, value) == socket)
        attempt_all(t, "set_no_delay", lambda value: socket.set_no_delay(value) == socket)
        attempt_all(t, "enable", lambda value: socket.set_keep_alive(value) == socket)
        attempt_all(t, "delay", lambda value: socket.set_keep_alive(True, value) == socket)
        attempt_all(t, "interval", lambda value: socket.set_keep_alive(True, 1000, value) == socket)
        attempt_all(t, "count", lambda value: socket.set_keep_alive(True, 1000, 1000, value) == socket)
        attempt_all(t, "set_type_of_service", lambda value: socket.set_type_of_service(value) == socket)
        socket.set_timeout(0)

    ask(t.net.Socket())

    def connected():
        ask(client)
        client.destroy()
        server.close()

    server = t.net.create_server(lambda peer: quiet(peer).resume())
    server.listen(0, "127.0.0.1", lambda: client.connect(server.address().port, "127.0.0.1", connected))
    client = quiet(t.net.Socket())


@case(about="what a listener sets on a socket counts by its truth: readable, writable, destroyed")
def Settable(t):
    for value in PLAIN:
        socket = t.net.Socket()
        socket.readable = value
        socket.writable = value
        t.note("sides", [socket.readable, socket.writable, socket.ready_state])
        socket.destroyed = value
        t.note("destroyed", socket.destroyed)


@case(about="fromJSON() of a text that is no JSON throws JavaScript's SyntaxError")
def NoJson(t):
    blocked = t.net.BlockList()
    for text in ["", "  ", "abc", "[1", "[1,]", '["a" "b"]', "[] x", '"abc', "NaN", "x" * 50, "5", "{}", "[5]", "null"]:
        t.attempt("from_json", lambda: blocked.from_json(text))
    t.note("rules", blocked.rules)


@case(about="a number beyond 2**53 is shown with the digits of a double, from 1e21 on as a power")
def LargeNumbers(t):
    for value in [1e20, 123456789012345680000.0, -1e20, 1e21, 1.5e300, 1e16, 4294967297, 1e15]:
        t.attempt("timeout", lambda: t.net.Socket().set_type_of_service(value))
        t.attempt("mark", lambda: t.net.Socket({"high_water_mark": -value}).ready_state)
        t.attempt("port", lambda: t.net.connect(value))
