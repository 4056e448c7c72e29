"""Every option and argument of net with every kind of value: what throws, what is taken, what comes of it later."""

from conformance import case

NUMBERS = [0, -1, 1, 1.5, float("nan"), float("inf"), 2147483648, 9007199254740992, 65536]
TEXTS = ["", "abc", "5", " 5 ", "0x10"]
OBJECTS = [[], ["a"], [[1]], {}, {"a": 1}, b"xyz", b""]
PLAIN = [None, True, False, *NUMBERS, *TEXTS, *OBJECTS]
ODD = [None, True, False, "x", "", 5, 0, -1, 1.5, [], {}, [1], {"a": 1}]


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


@case(about="a host that is no string throws ERR_INVALID_ARG_TYPE, one with a null byte ERR_INVALID_ARG_VALUE")
def HostOfConnect(t):
    for value in [True, 5, [], {}, ["127.0.0.1"], b"127.0.0.1", "a\0b", "\0", "127.0.0.1\0"]:
        t.attempt("host", lambda: t.net.connect({"port": 80, "host": value}))


@case(about="create_server() refuses options that are neither object nor function with ERR_INVALID_ARG_TYPE")
def OptionsOfCreateServer(t):
    for value in ["x", "", 5, 0, True, False, float("nan")]:
        t.attempt("options", lambda: t.net.create_server(value).listening)
        t.attempt("Server", lambda: t.net.Server(value).listening)
    for value in [None, [], {}, [1]]:
        t.attempt("options", lambda: t.net.create_server(value).listening)


@case(about="connect() without port and path throws ERR_MISSING_ARGS, and leaves the socket as it was")
def MissingPort(t):
    socket = t.watch("socket", t.net.Socket())
    t.attempt("nothing", lambda: socket.connect())
    t.attempt("empty", lambda: socket.connect({}))
    t.attempt("list", lambda: socket.connect([]))
    t.attempt("host", lambda: socket.connect({"host": "127.0.0.1"}))
    t.attempt("callback", lambda: socket.connect(t.callback("never")))
    t.attempt("null path", lambda: socket.connect({"path": None}))
    t.attempt("net.connect", lambda: t.net.connect())
    t.attempt("net.create_connection", lambda: t.net.create_connection({}))
    t.snapshot(socket)


@case(about="a port of another type than number or string throws ERR_INVALID_ARG_TYPE")
def PortType(t):
    def named():
        pass

    for value in [None, True, False, [], [80], {}, {"a": 1}, b"80"]:
        t.attempt("port", lambda: t.net.connect({"port": value, "host": "127.0.0.1"}))
    t.attempt("function", lambda: t.net.connect({"port": named, "host": "127.0.0.1"}))
    t.attempt("first argument null", lambda: t.net.connect(None))
    t.attempt("first argument true", lambda: t.net.connect(True))
    t.attempt("first argument false", lambda: t.net.connect(False))


@case(about="a port that spells no whole number from 0 to 65535 throws ERR_SOCKET_BAD_PORT")
def PortRange(t):
    for value in [-1, 65536, 1.5, float("nan"), float("inf"), float("-inf"), -0.5, 2147483648]:
        t.attempt("number", lambda: t.net.connect({"port": value, "host": "127.0.0.1"}))
    for text in ["", " ", "abc", "-1", "65536", "1.5", "1e9", "0x", "0b2", "80a", "８０", "Infinity", "0x10000", "1_0"]:
        t.attempt("text", lambda: t.net.connect({"port": text, "host": "127.0.0.1"}))
    t.attempt("first argument -1", lambda: t.net.connect(-1))
    t.attempt("first argument empty", lambda: t.net.connect(""))


@case(about="a socket whose connect() threw is connecting, has a handle, and can be closed or connected again")
class AfterAThrow:
    def server(t):
        server = t.net.create_server(lambda peer: peer.resume())
        server.on("connection", lambda peer: server.close())
        server.listen(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        t.attempt("bad port", lambda: client.connect({"port": -1}, t.callback("connected")))
        t.snapshot(client)
        t.note("active", t.active())
        t.attempt("good port", lambda: client.connect(port, "127.0.0.1", t.callback("connected again")) == client)
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="a path that is no string throws ERR_INVALID_ARG_TYPE; a path wins over a bad port")
def Path(t):
    for value in [5, True, [], {}, b"/tmp/x"]:
        t.attempt("path", lambda: t.net.connect({"path": value}))
    both = t.watch("both", t.net.Socket())
    both.on("error", t.callback("error"))
    t.attempt("both", lambda: both.connect({"path": t.path("missing.sock"), "port": "abc"}) == both)


@case(about="a path with a null byte is EINVAL, told by 'error'")
def PathWithNull(t):
    socket = t.watch("socket", t.net.Socket())
    socket.on("error", t.callback("error"))
    t.attempt("connect", lambda: socket.connect({"path": "a\0b"}) == socket)


@case(about="a path longer than the kernel takes is refused as Node does it")
def PathTooLong(t):
    socket = t.watch("socket", t.net.Socket())
    socket.on("error", lambda error: t.note("code", error.code))
    t.attempt("connect", lambda: socket.connect("./" + "x" * 120) == socket)


def refuse(t, label, options):
    """Note what connect() says to these options; if it takes them, end the socket before it starts."""
    socket = t.net.Socket()
    socket.on("error", lambda error: t.note(f"{label}: error", error))
    t.attempt(label, lambda: socket.connect(options) == socket)
    t.note(f"{label}: state", socket.ready_state)
    t.next_tick(lambda: socket.destroy())


@case(about="auto_select_family takes a boolean only; null counts as absent")
def AutoSelectFamily(t):
    for value in ODD:
        refuse(t, "family", {"port": 80, "host": "127.0.0.1", "auto_select_family": value})


@case(about="the limit of an attempt is a whole number from 1 up; null counts as absent")
def AttemptTimeout(t):
    def attempt(value):
        refuse(t, "limit", {"port": 80, "host": "127.0.0.1", "auto_select_family_attempt_timeout": value})

    for value in ODD:
        attempt(value)
    for value in [2147483647, 2147483648, float("nan"), float("inf")]:
        attempt(value)


@case(about="a lookup that is no function throws ERR_INVALID_ARG_TYPE, for names alone")
def Lookup(t):
    for value in [True, "x", 5, [], {}]:
        refuse(t, "name", {"port": 80, "host": "a.test", "lookup": value})
        refuse(t, "address", {"port": 80, "host": "127.0.0.1", "lookup": value})


@case(about="a family that the lookup does not know throws ERR_INVALID_ARG_VALUE, for names alone")
def Family(t):
    for value in [5, -1, 1.5, "4", "ipv4", "IPv5", True, []]:
        refuse(t, "name", {"port": 80, "host": "a.test", "family": value})
        refuse(t, "address", {"port": 80, "host": "127.0.0.1", "family": value})


@case(about="hints that are no sum of the known ones throw ERR_INVALID_ARG_VALUE, of another type ERR_INVALID_ARG_TYPE")
def Hints(t):
    for value in [99999, -1, 1, 4, "8", True, [], {}]:
        refuse(t, "name", {"port": 80, "host": "a.test", "hints": value})


@case(about="of several faults the same one is told first")
def OrderOfChecks(t):
    everything = {
        "host": 5, "local_address": "x", "local_port": "x", "port": -1, "auto_select_family": 5, "lookup": 5,
    }  # fmt: skip
    refuse(t, "host", everything)
    refuse(t, "local address", {**everything, "host": "127.0.0.1"})
    refuse(t, "local port", {**everything, "host": "127.0.0.1", "local_address": "127.0.0.1"})
    late = {"host": "127.0.0.1", "auto_select_family": 5, "auto_select_family_attempt_timeout": 0, "lookup": 5}
    refuse(t, "port", {**late, "port": -1})
    refuse(t, "family", {**late, "port": 80})
    refuse(t, "limit", {**late, "port": 80, "auto_select_family": True})


@case(about="a callback of connect() that is no function is ignored")
def Callback(t):
    for value in ODD:
        socket = t.net.Socket()
        t.attempt("callback", lambda: socket.connect({"port": 80, "host": "127.0.0.1"}, value) == socket)
        t.note("listeners", socket.listener_count("connect"))
        socket.destroy()


@case(about="a host that is no string among the positional arguments is ignored, as is a callback between")
def PositionalHost(t):
    def attempt(label, socket, taken):
        t.note(label, taken == socket)
        socket.once("lookup", lambda error, address, family, host: t.note(f"{label}: host", host))
        t.note(f"{label}: listeners", socket.listener_count("connect"))
        socket.destroy()

    def connected():
        pass

    one = t.net.Socket()
    attempt("number", one, one.connect(80, 5))
    two = t.net.Socket()
    attempt("null, callback", two, two.connect(80, None, connected))
    three = t.net.Socket()
    attempt("callback, host", three, three.connect(80, connected, "127.0.0.1"))
    four = t.net.Socket()
    attempt("host, null, callback", four, four.connect(80, "127.0.0.1", None, connected))


@case(about="Socket takes odd first arguments as no options at all")
def SocketOfOddOptions(t):
    for value in [None, True, False, "x", "", [], {}, [1], {"a": 1}]:
        socket = t.attempt("Socket", lambda: t.net.Socket(value).ready_state)
        t.note("state", socket)
    t.snapshot(t.net.Socket())


@case(about="Socket refuses every object mode with ERR_INVALID_ARG_VALUE, and takes it when it is off")
def ObjectMode(t):
    for value in [True, 1, "x", [], False, 0, "", None]:
        t.attempt("object mode", lambda: t.net.Socket({"object_mode": value}).ready_state)
        t.attempt("readable", lambda: t.net.Socket({"readable_object_mode": value}).ready_state)
        t.attempt("writable", lambda: t.net.Socket({"writable_object_mode": value}).ready_state)
    t.attempt("connect", lambda: t.net.connect({"port": 80, "object_mode": True}))


@case(about="a high-water mark of Socket must be a whole number from 0 up")
def HighWaterMark(t):
    for value in [-1, 1.5, "5", True, [], {}, float("nan"), 0, 5, None]:
        t.attempt("both", lambda: t.net.Socket({"high_water_mark": value}).readable_high_water_mark)
        t.attempt("readable", lambda: t.net.Socket({"readable_high_water_mark": value}).readable_high_water_mark)
        t.attempt("writable", lambda: t.net.Socket({"writable_high_water_mark": value}).writable_high_water_mark)


@case(about="keep_alive_initial_delay of Socket and create_server must be a number")
def InitialDelay(t):
    for value in [None, True, "5", [], {}, -1, 1.5, float("nan")]:
        t.attempt("Socket", lambda: t.net.Socket({"keep_alive_initial_delay": value}).ready_state)
        t.attempt("server", lambda: t.net.create_server({"keep_alive_initial_delay": value}).listening)


@case(about="type_of_service of Socket must be a whole number from 0 to 255")
def TypeOfService(t):
    for value in [None, True, "5", [], {}, -1, 256, 1.5, float("nan"), 0, 255]:
        t.attempt("Socket", lambda: t.net.Socket({"type_of_service": value}).get_type_of_service())


@case(about="a block list of Socket and create_server must be a BlockList")
def BlockListType(t):
    for value in [True, "x", 5, [], {}, None, False, 0, ""]:
        t.attempt("Socket", lambda: t.net.Socket({"block_list": value}).ready_state)
        t.attempt("server", lambda: t.net.create_server({"block_list": value}).listening)


@case(about="options of other types are taken by their truth: no_delay, keep_alive, allow_half_open")
def LenientOptions(t):
    for value in ODD:
        socket = t.net.Socket({"no_delay": value, "keep_alive": value, "allow_half_open": value})
        t.note("half open", socket.allow_half_open)


@case(about="a listener of create_server() that is no function is ignored")
def ServerListener(t):
    def listener(socket):
        pass

    for value in ODD:
        t.attempt("listener", lambda: t.net.create_server({}, value).listener_count("connection"))
    t.attempt("first", lambda: t.net.create_server(listener).listener_count("connection"))
    t.attempt("second", lambda: t.net.create_server({}, listener).listener_count("connection"))
    t.attempt("after null", lambda: t.net.create_server(None, listener).listener_count("connection"))
    t.attempt("both", lambda: t.net.create_server(listener, listener).listener_count("connection"))


@case(about="a high-water mark of create_server() must be a number, and a negative one counts as absent")
def ServerHighWaterMark(t):
    for value in [-1, 1.5, 0, 5, None, "5", True, [], float("nan")]:
        t.attempt("server", lambda: t.net.create_server({"high_water_mark": value}).high_water_mark)


@case(about="the properties that create_server() keeps are what it was given, by truth or as they are")
def ServerProperties(t):
    for value in ODD:
        server = t.net.create_server({"allow_half_open": value, "pause_on_connect": value, "no_delay": value})
        t.note("half open", server.allow_half_open)
        t.note("pause", server.pause_on_connect)
        t.note("no delay", server.no_delay)
    for value in [True, 5, 0, "x"]:
        t.note("keep alive", t.net.create_server({"keep_alive": value}).keep_alive)
    for delay in [1999, -5, 0.5, 70000, float("inf"), 2147483648000]:
        server = t.net.create_server({"keep_alive_initial_delay": delay})
        t.note("delay", server.keep_alive_initial_delay)


@case(about="an on_read without buffer or callback is taken as absent, or throws")
def OnRead(t):
    for value in [None, True, "x", [], {}, {"buffer": None}, {"callback": None}, {"buffer": 5, "callback": 5}]:
        t.attempt("Socket", lambda: t.net.Socket({"on_read": value}).ready_state)


@case(about="a signal of Socket that is no AbortSignal throws ERR_INVALID_ARG_TYPE; one aborted already destroys it")
def Signal(t):
    for value in [True, "x", 5, [], {}]:
        t.attempt("Socket", lambda: t.net.Socket({"signal": value}).ready_state)
    for value in [None, False, 0, ""]:
        t.attempt("Socket", lambda: t.net.Socket({"signal": value}).ready_state)
    controller = t.abort_controller()
    controller.abort()
    socket = t.watch("aborted", t.net.Socket({"signal": controller.signal}))
    socket.on("error", t.callback("error"))
    t.snapshot(socket)


@case(
    about="connect() without arguments, or with an options object without port and path, is ERR_MISSING_ARGS"
)
def MissingPortOfConnect(t):
    socket = t.net.Socket()
    t.attempt("nothing", lambda: t.net.connect())
    t.attempt("empty", lambda: t.net.connect({}))
    t.attempt("host", lambda: t.net.connect(host="127.0.0.1"))
    t.attempt("method", lambda: socket.connect())
    t.attempt("method with options", lambda: socket.connect({"host": "127.0.0.1"}))
    t.attempt("callback", lambda: socket.connect({}, t.callback("never")))
    t.attempt("create_connection", lambda: t.net.create_connection())
    t.note("connecting", socket.connecting)
    t.note("listeners", socket.listener_count("connect"))


@case(
    about="a port of connect() that is no port is RangeError ERR_SOCKET_BAD_PORT with the value as it was given"
)
def PortRangeOfConnect(t):
    for port in [-1, 65536, 1.5, 10000000000, "-1", "65536", "http", "", " ", "0x10000", "1e5", "80 x"]:
        t.attempt(f"port {port}", lambda: t.net.connect(port=port, host="127.0.0.1"))
    t.attempt("NaN", lambda: t.net.connect(port=float("nan")))
    t.attempt("infinity", lambda: t.net.connect(port=float("inf")))


@case(about="a connect() that threw leaves the socket as connecting, and what it allowed: destroy() ends it")
def AfterAConnectThatThrew(t):
    socket = t.watch("socket", t.net.Socket())
    t.attempt("bad port", lambda: socket.connect(70000, "127.0.0.1", t.callback("never")))
    t.snapshot(socket)
    t.note("listeners", socket.listener_count("connect"))
    socket.destroy()
    t.snapshot(socket)


@case(
    about="set_no_delay() and set_keep_alive() take anything; type of service wants 0 to 255",
    skip_unless="node^24.15||>=25.6",
)
def SettersOfAFreshSocket(t):
    socket = t.net.Socket()
    for value in [None, "x", 5, {}]:
        t.attempt("no delay", lambda: socket.set_no_delay(value) is socket)
        t.attempt("keep alive", lambda: socket.set_keep_alive(value) is socket)
        t.attempt("type of service", lambda: socket.set_type_of_service(value) is socket)
    t.attempt("keep alive delay", lambda: socket.set_keep_alive(True, "x") is socket)
    t.attempt("256", lambda: socket.set_type_of_service(256))
    t.attempt("-1", lambda: socket.set_type_of_service(-1))
    t.attempt("1.5", lambda: socket.set_type_of_service(1.5))
    t.attempt("option", lambda: t.net.Socket(type_of_service=256))
    t.attempt("option text", lambda: t.net.Socket(type_of_service="x"))


@case(about="a wrong hint or family of connect() throws out of the lookup, which runs at once")
def LookupArguments(t):
    t.attempt("family 5", lambda: t.net.connect(port=1, host="no..host", family=5))
    t.attempt("family text", lambda: t.net.connect(port=1, host="no..host", family="ipv4"))
    t.attempt("hints", lambda: t.net.connect(port=1, host="no..host", hints=99999))
    t.attempt("lookup text", lambda: t.net.connect(port=1, host="no..host", lookup="x"))
    t.attempt("lookup null", lambda: t.net.connect(port=1, host="127.0.0.1", lookup=None).destroy().destroyed)
    t.attempt(
        "lookup of an address", lambda: t.net.connect(port=1, host="127.0.0.1", lookup=5).destroy().destroyed
    )


@case(about="a port of connect() that is neither number nor text is ERR_INVALID_ARG_TYPE on options.port")
def PortTypes(t):
    t.attempt("null", lambda: t.net.connect(None))
    t.attempt("true", lambda: t.net.connect(port=True))
    t.attempt("false", lambda: t.net.connect(False))
    t.attempt("option null", lambda: t.net.connect(port=None))
    t.attempt("object", lambda: t.net.connect(port={}))
    t.attempt("list", lambda: t.net.connect(port=[80]))
    t.attempt("bytes", lambda: t.net.connect(port=b"80"))
    t.attempt("function", lambda: t.net.connect(port=t.callback("f")))


@case(about="a host of connect() that is no text is ERR_INVALID_ARG_TYPE; a falsy one is localhost")
def HostTypes(t):
    t.attempt("number", lambda: t.net.connect(port=1, host=5))
    t.attempt("true", lambda: t.net.connect(port=1, host=True))
    t.attempt("object", lambda: t.net.connect(port=1, host={}))
    t.attempt("list", lambda: t.net.connect(port=1, host=["127.0.0.1"]))
    t.attempt("host and port", lambda: t.net.connect(port=-1, host=5))


@case(about="the local address must be an address and the local port a number")
def LocalTypes(t):
    t.attempt("name", lambda: t.net.connect(port=1, host="127.0.0.1", local_address="localhost"))
    t.attempt("number", lambda: t.net.connect(port=1, host="127.0.0.1", local_address=5))
    t.attempt("object", lambda: t.net.connect(port=1, host="127.0.0.1", local_address={}))
    t.attempt("port text", lambda: t.net.connect(port=1, host="127.0.0.1", local_port="5"))
    t.attempt("port true", lambda: t.net.connect(port=1, host="127.0.0.1", local_port=True))
    t.attempt("port object", lambda: t.net.connect(port=1, host="127.0.0.1", local_port={}))
    t.attempt("both", lambda: t.net.connect(port=1, host="127.0.0.1", local_port="x", local_address="y"))


@case(
    about="auto_select_family must be a boolean, its attempt timeout a number from 1 up, null allowed for neither"
)
def AutoSelect(t):
    for value in [None, 0, "true"]:
        t.attempt(
            f"family {value is None}",
            lambda: t.net.connect(port=1, host="127.0.0.1", auto_select_family=value),
        )
    for timeout in [0, -1, 1.5, "5"]:
        t.attempt(
            f"timeout {timeout}",
            lambda: (
                t.net.connect(port=1, host="127.0.0.1", auto_select_family_attempt_timeout=timeout)
                .destroy()
                .destroyed
            ),
        )


@case(about="the setters of the defaults check their argument and round short times up to 10 ms")
def DefaultSetters(t):
    t.attempt("family text", lambda: t.net.set_default_auto_select_family("true"))
    t.attempt("family null", lambda: t.net.set_default_auto_select_family(None))
    t.attempt("family nothing", lambda: t.net.set_default_auto_select_family())
    t.attempt("timeout zero", lambda: t.net.set_default_auto_select_family_attempt_timeout(0))
    t.attempt("timeout text", lambda: t.net.set_default_auto_select_family_attempt_timeout("5"))
    t.attempt("timeout fraction", lambda: t.net.set_default_auto_select_family_attempt_timeout(11.5))
    t.attempt("timeout huge", lambda: t.net.set_default_auto_select_family_attempt_timeout(2147483648))
    t.attempt("timeout nothing", lambda: t.net.set_default_auto_select_family_attempt_timeout())
    t.attempt("short", lambda: t.net.set_default_auto_select_family_attempt_timeout(1))
    t.note("after short", t.net.get_default_auto_select_family_attempt_timeout())
    t.attempt("long", lambda: t.net.set_default_auto_select_family_attempt_timeout(300))
    t.note("after long", t.net.get_default_auto_select_family_attempt_timeout())
    t.attempt("family", lambda: t.net.set_default_auto_select_family(False))
    t.note("family after", t.net.get_default_auto_select_family())


@case(about="create_server() takes options, a listener, both or nothing; text and numbers are no options")
def CreateServer(t):
    t.attempt("nothing", lambda: t.net.create_server().listening)
    t.attempt("null", lambda: t.net.create_server(None).listening)
    t.attempt(
        "null and listener", lambda: t.net.create_server(None, t.callback("x")).listener_count("connection")
    )
    t.attempt("text", lambda: t.net.create_server("x"))
    t.attempt("number", lambda: t.net.create_server(5))
    t.attempt("zero", lambda: t.net.create_server(0))
    t.attempt("true", lambda: t.net.create_server(True))
    t.attempt("list", lambda: t.net.create_server([]).listening)
    t.attempt("listener text", lambda: t.net.create_server({}, "x").listener_count("connection"))
    t.attempt("listener number", lambda: t.net.create_server({}, 5).listener_count("connection"))
    t.attempt(
        "two listeners",
        lambda: t.net.create_server(t.callback("a"), t.callback("b")).listener_count("connection"),
    )


@case(
    about="keep_alive_initial_delay must be a number and high_water_mark from 0 up, for servers and sockets"
)
def NumericOptions(t):
    for value in ["5", True, None, {}]:
        t.attempt("server delay", lambda: t.net.create_server(keep_alive_initial_delay=value))
        t.attempt("socket delay", lambda: t.net.Socket(keep_alive_initial_delay=value))
        t.attempt("server mark", lambda: t.net.create_server(high_water_mark=value))
        t.attempt("socket mark", lambda: t.net.Socket(high_water_mark=value))
    t.attempt("negative server delay", lambda: t.net.create_server(keep_alive_initial_delay=-5).listening)
    t.attempt("negative socket delay", lambda: t.net.Socket(keep_alive_initial_delay=-5).pending)
    t.attempt("negative server mark", lambda: t.net.create_server(high_water_mark=-1).listening)
    t.attempt("negative socket mark", lambda: t.net.Socket(high_water_mark=-1))
    t.attempt("readable mark", lambda: t.net.Socket(readable_high_water_mark=-1))
    t.attempt("writable mark", lambda: t.net.Socket(writable_high_water_mark=1.5).writable_high_water_mark)


@case(about="set_timeout() wants a finite number from 0 up and a function")
def SetTimeout(t):
    socket = t.net.Socket()
    t.attempt("negative", lambda: socket.set_timeout(-1))
    t.attempt("infinite", lambda: socket.set_timeout(float("inf")))
    t.attempt("NaN", lambda: socket.set_timeout(float("nan")))
    t.attempt("text", lambda: socket.set_timeout("5"))
    t.attempt("callback text", lambda: socket.set_timeout(5, "x"))
    t.attempt("callback null", lambda: socket.set_timeout(5, None))
    t.attempt("callback of zero", lambda: socket.set_timeout(0, "x"))
    t.note("timeout", socket.timeout)
    socket.destroy()
    t.attempt("destroyed", lambda: socket.set_timeout("x") is socket)


@case(about="a listener of connect() or close() that is no function is passed over")
def Callbacks(t):
    server = t.net.create_server()
    t.attempt("close null", lambda: server.close(None) is server)
    t.attempt("close text", lambda: server.close("x") is server)
    socket = t.net.Socket()
    socket.on("error", lambda error: None)
    t.attempt("connect", lambda: socket.connect(1, "127.0.0.1", "not a function") is socket)
    t.note("listeners", socket.listener_count("connect"))
    socket.destroy()


@case(about="is_ip() and its kin answer for any value without a word")
def IsIp(t):
    for value in [
        "1.2.3.4",
        "::1",
        "1.2.3",
        "",
        "::1%lo",
        "01.2.3.4",
        "::ffff:1.2.3.4",
        "1.2.3.4 ",
        "[::1]",
        "::1%",
    ]:
        t.note(f"text {value}", [t.net.is_ip(value), t.net.is_ipv4(value), t.net.is_ipv6(value)])
    for other in [None, 5, True, {}, [], ["1.2.3.4"], b"1.2.3.4"]:
        t.attempt("other", lambda: [t.net.is_ip(other), t.net.is_ipv4(other), t.net.is_ipv6(other)])
    t.attempt("nothing", lambda: [t.net.is_ip(), t.net.is_ipv4(), t.net.is_ipv6()])


@case(about="the module-wide settings of net throw without a value")
def NetDefaults(t):
    t.attempt("auto_select_family", lambda: t.net.set_default_auto_select_family())
    t.attempt("attempt_timeout", lambda: t.net.set_default_auto_select_family_attempt_timeout())
    t.note("still", t.net.get_default_auto_select_family())


def gone(socket):
    socket.destroy()
    return socket


@case(about="a destroyed socket that never connected answers every call", skip_unless="node<26.1")
def GoneSocket(t):
    t.attempt("address", lambda: gone(t.net.Socket()).address())
    t.attempt("pause", lambda: gone(t.net.Socket()).pause().is_paused())
    t.attempt("resume", lambda: gone(t.net.Socket()).resume().is_paused())
    t.attempt("cork", lambda: gone(t.net.Socket()).cork())
    t.attempt("uncork", lambda: gone(t.net.Socket()).uncork())
    t.attempt("ref", lambda: gone(t.net.Socket()).ref().pending)
    t.attempt("unref", lambda: gone(t.net.Socket()).unref().pending)
    t.attempt("read", lambda: gone(t.net.Socket()).read())
    t.attempt("push", lambda: gone(t.net.Socket()).push("x"))
    t.attempt("unshift", lambda: gone(t.net.Socket()).unshift("x"))
    t.attempt("set_timeout", lambda: gone(t.net.Socket()).set_timeout(5).timeout)
    t.attempt("set_no_delay", lambda: gone(t.net.Socket()).set_no_delay().destroyed)
    t.attempt("set_keep_alive", lambda: gone(t.net.Socket()).set_keep_alive(True, 1000).destroyed)
    t.attempt("set_encoding", lambda: gone(t.net.Socket()).set_encoding("utf8").readable_encoding)
    t.attempt("destroy_soon", lambda: gone(t.net.Socket()).destroy_soon())
