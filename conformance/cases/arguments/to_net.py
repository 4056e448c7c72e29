"""Arguments and options of net of every kind: which throw, with which error, and which count by their truth."""

from conformance import case

NUMBERS = [0, -1, 1, 5, 1.5, float("nan"), float("inf"), 2147483648, 9007199254740992, 65536]
TEXTS = ["", "x", "abc", "5", " 5 ", "0x10"]
OBJECTS = [[], [1], ["a"], [[1]], {}, {"a": 1}, b"xyz", b""]
PLAIN = [None, True, False, *NUMBERS, *TEXTS, *OBJECTS]
HERE = {"port": 9, "host": "127.0.0.1"}


def attempt_all(t, label, call):
    """`call` with every plain value, and with a function. (An error would be shown with its stack.)"""
    for value in [*PLAIN, t.callback("called")]:
        t.attempt(label, lambda: call(value))


def quiet(socket):
    socket.on("error", lambda error: None)
    return socket


def start(t, options):
    """The state of a socket that net.connect() starts with these options; it ends before it is connected."""
    socket = quiet(t.net.connect(options))
    state = [socket.ready_state, socket.timeout]
    socket.destroy()
    return state


def refuse(t, label, options):
    """Note what connect() says to these options; if it takes them, end the socket before it starts."""
    socket = t.net.Socket()
    socket.on("error", lambda error: t.note(f"{label}: error", error))
    t.attempt(label, lambda: socket.connect(options) == socket)
    t.note(f"{label}: state", socket.ready_state)
    t.next_tick(lambda: socket.destroy())


@case(about="options of create_server() and Server must be an object, a function or null")
def OptionsOfCreateServer(t):
    attempt_all(t, "create_server", lambda value: t.net.create_server(value).listening)
    attempt_all(t, "Server", lambda value: t.net.Server(value).listening)
    t.attempt("nothing", lambda: t.net.create_server().listening)


@case(about="create_server() adds one listener, its first or its second argument, and ignores other values there")
def ServerListener(t):
    def listener(socket):
        pass

    attempt_all(t, "second", lambda value: t.net.create_server({}, value).listener_count("connection"))
    t.attempt("first", lambda: t.net.create_server(listener).listener_count("connection"))
    t.attempt("after null", lambda: t.net.create_server(None, listener).listener_count("connection"))
    t.attempt("both", lambda: t.net.create_server(listener, listener).listener_count("connection"))


@case(about="a server keeps allow_half_open as it is given, and pause_on_connect, no_delay and keep_alive as booleans")
def ServerProperties(t):
    for value in [*PLAIN, t.callback("never")]:
        server = t.net.create_server({"allow_half_open": value, "pause_on_connect": value, "no_delay": value})
        t.note("half open", server.allow_half_open)
        t.note("pause", server.pause_on_connect)
        t.note("no delay", server.no_delay)
        t.note("keep alive", t.net.create_server({"keep_alive": value}).keep_alive)


@case(about="keep_alive_initial_delay of Socket and create_server() must be a number; a server keeps whole seconds")
def InitialDelay(t):
    attempt_all(t, "Socket", lambda value: t.net.Socket({"keep_alive_initial_delay": value}).ready_state)
    attempt_all(t, "server", lambda value: t.net.create_server({"keep_alive_initial_delay": value}).listening)
    for delay in [1999, -5, 0.5, 70000, float("inf"), 2147483648000]:
        t.attempt("Socket", lambda: t.net.Socket({"keep_alive_initial_delay": delay}).pending)
        server = t.net.create_server({"keep_alive_initial_delay": delay})
        t.note("kept by the server", server.keep_alive_initial_delay)


@case(about="a high-water mark of create_server() must be a number, and a negative one counts as absent")
def ServerHighWaterMark(t):
    attempt_all(t, "mark", lambda value: t.net.create_server({"high_water_mark": value}).high_water_mark)


@case(about="a block list of Socket, connect() and create_server() must be a BlockList unless it is falsy")
def BlockListType(t):
    attempt_all(t, "Socket", lambda value: t.net.Socket({"block_list": value}).ready_state)
    attempt_all(t, "connect", lambda value: start(t, {**HERE, "block_list": value}))
    attempt_all(t, "server", lambda value: t.net.create_server({"block_list": value}).listening)


@case(about="Socket, connect() and create_server() ignore an option that they do not know")
def UnknownOption(t):
    attempt_all(t, "Socket", lambda value: t.net.Socket({"bogus": value}).ready_state)
    attempt_all(t, "connect", lambda value: start(t, {**HERE, "bogus": value}))
    attempt_all(t, "server", lambda value: t.net.create_server({"bogus": value}).listening)


@case(about="allow_half_open, no_delay, keep_alive and decode_strings of Socket count by their truth")
def LenientOptions(t):
    for value in [*PLAIN, t.callback("never")]:
        socket = t.net.Socket({"no_delay": value, "keep_alive": value, "allow_half_open": value})
        t.note("half open", socket.allow_half_open)
    attempt_all(t, "half open alone", lambda value: t.net.Socket({"allow_half_open": value}).allow_half_open)
    attempt_all(t, "decode strings", lambda value: t.net.Socket({"decode_strings": value}).ready_state)


@case(about="only False as the option readable or writable makes a Socket without that side")
def SidesOfASocket(t):
    attempt_all(t, "readable", lambda value: t.net.Socket({"readable": value}).ready_state)
    attempt_all(t, "writable", lambda value: t.net.Socket({"writable": value}).ready_state)


@case(about="an object mode of Socket throws ERR_INVALID_ARG_VALUE unless it is falsy")
def ObjectMode(t):
    attempt_all(t, "both", lambda value: t.net.Socket({"object_mode": value}).ready_state)
    attempt_all(t, "readable", lambda value: t.net.Socket({"readable_object_mode": value}).ready_state)
    attempt_all(t, "writable", lambda value: t.net.Socket({"writable_object_mode": value}).ready_state)
    t.attempt("connect", lambda: t.net.connect({"port": 80, "object_mode": True}))


@case(about="a high-water mark of Socket must be a whole number from 0 up, or null")
def HighWaterMark(t):
    attempt_all(t, "both", lambda value: t.net.Socket({"high_water_mark": value}).readable_high_water_mark)
    attempt_all(t, "read", lambda value: t.net.Socket({"readable_high_water_mark": value}).readable_high_water_mark)
    attempt_all(t, "write", lambda value: t.net.Socket({"writable_high_water_mark": value}).writable_high_water_mark)


@case(about="type_of_service of Socket must be a whole number from 0 to 255", skip_unless="node^24.15||>=25.6")
def TypeOfService(t):
    for value in [256, 255]:
        t.attempt("edge", lambda: t.net.Socket({"type_of_service": value}).get_type_of_service())
    attempt_all(t, "value", lambda value: t.net.Socket({"type_of_service": value}).get_type_of_service())


@case(about="the encoding of a Socket must be a known one or falsy, its default encoding a known one or null")
def EncodingsOfASocket(t):
    for value in [*PLAIN, "utf8", "latin1"]:  # a function's source would stand in the text
        t.attempt("encoding", lambda: t.net.Socket({"encoding": value}).readable_encoding)
        t.attempt("default encoding", lambda: t.net.Socket({"default_encoding": value}).ready_state)


@case(about="on_read of Socket never throws, whatever it, its buffer and its callback are")
def OnRead(t):
    def make(on_read):
        return t.net.Socket({"on_read": on_read}).ready_state

    attempt_all(t, "on_read", make)
    attempt_all(t, "buffer", lambda value: make({"buffer": value, "callback": t.callback("never")}))
    attempt_all(t, "callback", lambda value: make({"buffer": b"xyz", "callback": value}))
    for value in [{"buffer": None}, {"callback": None}, {"buffer": 5, "callback": 5}]:
        t.attempt("without one of them", lambda: make(value))


@case(about="a signal of Socket must be an AbortSignal unless it is falsy; one that is aborted destroys the socket")
def Signal(t):
    attempt_all(t, "Socket", lambda value: t.net.Socket({"signal": value}).ready_state)
    attempt_all(t, "connect", lambda value: start(t, {**HERE, "signal": value}))
    controller = t.abort_controller()
    controller.abort()
    socket = t.watch("aborted", t.net.Socket({"signal": controller.signal}))
    socket.on("error", t.callback("error"))
    t.snapshot(socket)


@case(about="a handle of Socket that is not one throws, or makes the socket fail when it starts to read")
def NoHandle(t):
    t.on_uncaught(lambda error: t.note("uncaught", error))
    for value in [None, True, False, *NUMBERS, *TEXTS]:
        t.attempt("handle", lambda: t.net.Socket({"handle": value}).ready_state)
    for value in OBJECTS:
        socket = t.net.Socket({"handle": value})
        socket.on("error", t.callback("error"))
        socket.on("close", t.callback("close"))
        t.note("made", [socket.ready_state, socket.address()])


@case(about="a value that is not a file descriptor as fd of Socket throws ERR_INVALID_ARG_TYPE or ERR_OUT_OF_RANGE")
def NoDescriptor(t):
    for value in [None, True, False, -1, 1.5, float("nan"), float("inf"), 2147483648, *TEXTS, *OBJECTS]:
        t.attempt("fd", lambda: t.net.Socket({"fd": value}).ready_state)


@case(about="Socket makes a plain socket when its first argument is not an object with options")
def SocketOfOddOptions(t):
    t.attempt("nothing", lambda: t.net.Socket().ready_state)
    for value in [None, True, False, "x", "", [], {}, [1], {"a": 1}]:
        socket = t.attempt("Socket", lambda: t.net.Socket(value).ready_state)
        t.note("state", socket)
    t.snapshot(t.net.Socket())


@case(about="connect() without port and path throws ERR_MISSING_ARGS, and leaves the socket as it was")
def MissingPort(t):
    socket = t.watch("socket", t.net.Socket())
    t.attempt("nothing", lambda: socket.connect())
    t.attempt("empty", lambda: socket.connect({}))
    t.attempt("list", lambda: socket.connect([]))
    t.attempt("host", lambda: socket.connect({"host": "127.0.0.1"}))
    t.attempt("callback", lambda: socket.connect({}, t.callback("never")))
    t.attempt("null path", lambda: socket.connect({"path": None}))
    t.attempt("net.connect", lambda: t.net.connect())
    t.attempt("net.connect with empty options", lambda: t.net.connect({}))
    t.attempt("net.connect with a host", lambda: t.net.connect(host="127.0.0.1"))
    t.attempt("net.create_connection", lambda: t.net.create_connection())
    t.attempt("net.create_connection with empty options", lambda: t.net.create_connection({}))
    t.note("connecting", socket.connecting)
    t.note("listeners", socket.listener_count("connect"))
    t.snapshot(socket)


@case(about="a port of connect() that is neither number nor string throws ERR_INVALID_ARG_TYPE")
def PortType(t):
    def named():
        pass

    for value in [None, True, False, *OBJECTS, [80], b"80", t.callback("f"), named]:
        t.attempt("port", lambda: t.net.connect({"port": value, "host": "127.0.0.1"}))
    for value in [None, True, False, t.callback("never")]:
        t.attempt("first argument", lambda: t.net.connect(value))


@case(about="a port of connect() or listen() that is no whole number from 0 to 65535 throws ERR_SOCKET_BAD_PORT")
def PortRange(t):
    for value in [0, 1, 5, "5", " 5 ", "0x10"]:
        t.attempt("in range", lambda: start(t, {"port": value, "host": "127.0.0.1"}))
    for value in [
        -1, 65536, 1.5, float("nan"), float("inf"), float("-inf"), -0.5, 2147483648, 10000000000, 9007199254740992,
        "", " ", "abc", "x", "http", "-1", "65536", "1.5", "1e9", "1e5", "0x", "0b2", "80a", "80 x", "８０", "Infinity",
        "0x10000", "1_0",
    ]:  # fmt: skip
        t.attempt("port", lambda: t.net.connect({"port": value, "host": "127.0.0.1"}))
        t.attempt("listen", lambda: t.net.create_server().listen({"port": value}))
    t.attempt("first argument -1", lambda: t.net.connect(-1))
    t.attempt("first argument empty", lambda: t.net.connect(""))


@case(about="a host of connect() must be a string or falsy; one with a null byte throws ERR_INVALID_ARG_VALUE")
def Host(t):
    for value in [True, *NUMBERS, *OBJECTS, ["127.0.0.1"], b"127.0.0.1", t.callback("never"), t.error("boom")]:
        if value != 0 and value == value:
            t.attempt("host", lambda: quiet(t.net.connect({"port": 9, "host": value})).destroy().connecting)
    for value in ["a\0b", "\0", "127.0.0.1\0"]:
        t.attempt("null byte", lambda: t.net.connect({"port": 80, "host": value}))
    t.attempt("bad port, too", lambda: t.net.connect({"port": -1, "host": 5}))


@case(about="connect() ignores a second argument that is not a string, and a callback that is not the last")
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


@case(about="a path of connect() must be a string unless it is falsy, and wins over a bad port")
def Path(t):
    attempt_all(t, "path and port", lambda value: start(t, {**HERE, "path": value}))
    for value in [5, True, [], {}, b"/tmp/x"]:
        t.attempt("path", lambda: t.net.connect({"path": value}))
    both = t.watch("both", t.net.Socket())
    both.on("error", t.callback("error"))
    t.attempt("both", lambda: both.connect({"path": t.path("missing.sock"), "port": "abc"}) == both)


@case(about="a path with a null byte does not make connect() throw: 'error' brings EINVAL")
def PathWithNull(t):
    socket = t.watch("socket", t.net.Socket())
    socket.on("error", t.callback("error"))
    t.attempt("connect", lambda: socket.connect({"path": "a\0b"}) == socket)


@case(about="connect() to a path longer than the kernel takes fails with one 'error' of the code EINVAL")
def PathTooLong(t):
    socket = t.watch("socket", t.net.Socket())
    socket.on("error", lambda error: t.note("code", error.code))
    t.attempt("connect", lambda: socket.connect("./" + "x" * 120) == socket)


@case(about="local_address of connect() must be an IP address and local_port a number, unless they are falsy")
def LocalAddressAndPort(t):
    def connect(options):
        return t.net.connect({**HERE, **options})

    attempt_all(t, "port", lambda value: start(t, {**HERE, "local_port": value}))
    for value in PLAIN:
        t.attempt("address", lambda: start(t, {**HERE, "local_address": value}))
    t.attempt("name", lambda: connect({"local_address": "localhost"}))
    t.attempt("both", lambda: connect({"local_port": "x", "local_address": "y"}))


@case(about="a local port that no socket can have is reported as EADDRINUSE")
def LocalPortOutOfRange(t):
    for value in [0.5, 65536, 2147483648, float("inf")]:
        socket = t.net.connect({"port": 9, "host": "127.0.0.1", "local_port": value})
        socket.on("error", t.callback("error"))


@case(about="auto_select_family of connect() must be a boolean or null")
def AutoSelectFamily(t):
    for value in [*PLAIN, "true", t.callback("never")]:
        refuse(t, "family", {**HERE, "auto_select_family": value})


@case(about="auto_select_family_attempt_timeout must be a whole number from 1 to 2147483647, or null")
def AttemptTimeout(t):
    for value in [*PLAIN, 2147483647, t.callback("never")]:
        refuse(t, "limit", {**HERE, "auto_select_family_attempt_timeout": value})


@case(about="a lookup must be a function when the host is a name, and is ignored when it is an address")
def Lookup(t):
    for value in [True, "x", 5, [], {}]:
        refuse(t, "name", {"port": 80, "host": "a.test", "lookup": value})
    for value in [*PLAIN, t.callback("never")]:
        refuse(t, "address", {**HERE, "lookup": value})


@case(about="a family must be one that the lookup knows when the host is a name; with an address it is ignored")
def Family(t):
    for value in [5, -1, 1.5, "4", "ipv4", "IPv5", True, []]:
        refuse(t, "name", {"port": 80, "host": "a.test", "family": value})
    for value in [*PLAIN, "4", "ipv4", "IPv5", t.callback("never")]:
        refuse(t, "address", {**HERE, "family": value})


@case(about="hints must be a sum of the known flags when the host is a name, and are ignored with an address")
def Hints(t):
    for value in [99999, -1, 1, 4, "8", True, [], {}]:
        refuse(t, "name", {"port": 80, "host": "a.test", "hints": value})
    for value in [*PLAIN, t.callback("never")]:
        refuse(t, "address", {**HERE, "hints": value})


@case(about="the option timeout of connect() must be a finite number from 0 up unless it is falsy")
def TimeoutOption(t):
    attempt_all(t, "timeout", lambda value: start(t, {**HERE, "timeout": value}))


@case(about="connect() checks the host, the local address and port, the port, then auto_select_family")
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


@case(about="connect() and close() ignore a callback that is not a function")
def Callback(t):
    server = t.net.create_server()
    for value in PLAIN:
        socket = t.net.Socket()
        t.attempt("connect", lambda: socket.connect({"port": 80, "host": "127.0.0.1"}, value) == socket)
        t.attempt("positional", lambda: socket.connect(1, "127.0.0.1", value) == socket)
        t.note("listeners", socket.listener_count("connect"))
        socket.destroy()
        t.attempt("close", lambda: server.close(value) == server)


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
        closed = t.watch("closed", t.net.Socket())
        t.attempt("bad positional port", lambda: closed.connect(70000, "127.0.0.1", t.callback("never")))
        t.snapshot(closed)
        t.note("listeners", closed.listener_count("connect"))
        closed.destroy()
        t.snapshot(closed)


@case(about="a lookup fails the connection if the error that it answers with is truthy")
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


@case(about="a lookup that answers with a bad address or family fails the connection with an error that shows it")
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


@case(about="a lookup that answers with something else than a list of addresses throws, or the connection fails")
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


@case(about="listen() throws for a bad port, path, handle or signal; backlog and a second argument may be anything")
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


@case(about="BoundSocket throws for a host, port, ipv6_only or reuse_port of the wrong kind")
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


@case(about="SocketAddress and BlockList throw for a bad address, family, port, flow label, range or prefix")
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


@case(about="the setters of net's defaults throw for a bad or missing value, and raise short times to 10 ms")
def DefaultSetters(t):
    family = t.net.set_default_auto_select_family
    limit = t.net.set_default_auto_select_family_attempt_timeout
    t.attempt("no family", lambda: family())
    t.attempt("no limit", lambda: limit())
    t.note("unchanged", t.net.get_default_auto_select_family())
    for value in ["true", None]:
        t.attempt("family", lambda: family(value))
    for value in [0, "5", 11.5, 2147483648]:
        t.attempt("limit", lambda: limit(value))
    t.attempt("short limit", lambda: limit(1))
    t.note("after the short limit", t.net.get_default_auto_select_family_attempt_timeout())
    t.attempt("long limit", lambda: limit(300))
    t.note("after the long limit", t.net.get_default_auto_select_family_attempt_timeout())
    t.attempt("false", lambda: family(False))
    t.note("after false", t.net.get_default_auto_select_family())


def fresh_and_connected(t, ask):
    """`ask` of a fresh socket, and of another one once it is connected."""
    ask(t.net.Socket())

    def connected():
        ask(client)
        client.destroy()
        server.close()

    server = t.net.create_server(lambda peer: quiet(peer).resume())
    server.listen(0, "127.0.0.1", lambda: client.connect(server.address().port, "127.0.0.1", connected))
    client = quiet(t.net.Socket())


@case(about="set_timeout() needs a finite number from 0 up, and as its callback a function or nothing")
def SetTimeout(t):
    def ask(socket):
        attempt_all(t, "set_timeout", lambda value: socket.set_timeout(value).timeout)
        attempt_all(t, "callback", lambda value: socket.set_timeout(0, value) == socket)
        socket.set_timeout(0)

    socket = t.net.Socket()
    t.attempt("nothing", lambda: socket.set_timeout())
    for value in ["100", -0.5, {"ms": 5}, True]:
        t.attempt("set_timeout", lambda: socket.set_timeout(value))
        t.note("set all the same", socket.timeout)
    for value in ["x", None]:
        t.attempt("callback of 5 ms", lambda: socket.set_timeout(5, value))
        t.note("set all the same", socket.timeout)
    t.attempt("callback of 0 ms", lambda: socket.set_timeout(0, "x"))
    t.note("timeout", socket.timeout)
    t.note("listeners", socket.listener_count("timeout"))
    t.note("active", t.active())
    socket.destroy()
    t.attempt("destroyed", lambda: socket.set_timeout("x") is socket)
    fresh_and_connected(t, ask)


@case(about="set_no_delay() and set_keep_alive() take every kind of value and return the socket, connected or not")
def SetNoDelayAndKeepAlive(t):
    def ask(socket):
        attempt_all(t, "set_no_delay", lambda value: socket.set_no_delay(value) == socket)
        attempt_all(t, "enable", lambda value: socket.set_keep_alive(value) == socket)
        attempt_all(t, "delay", lambda value: socket.set_keep_alive(True, value) == socket)
        attempt_all(t, "interval", lambda value: socket.set_keep_alive(True, 1000, value) == socket)
        attempt_all(t, "count", lambda value: socket.set_keep_alive(True, 1000, 1000, value) == socket)

    fresh_and_connected(t, ask)


@case(
    about="set_type_of_service() needs a whole number from 0 to 255, connected or not",
    skip_unless="node^24.15||>=25.6",
)
def SetTypeOfService(t):
    def ask(socket):
        attempt_all(t, "set_type_of_service", lambda value: socket.set_type_of_service(value) == socket)
        t.attempt("256", lambda: socket.set_type_of_service(256))

    fresh_and_connected(t, ask)


@case(about="a socket takes any value set as readable, writable or destroyed, and counts it by its truth")
def Settable(t):
    for value in PLAIN:
        socket = t.net.Socket()
        socket.readable = value
        socket.writable = value
        t.note("sides", [socket.readable, socket.writable, socket.ready_state])
        socket.destroyed = value
        t.note("destroyed", socket.destroyed)


@case(about="fromJSON() throws JavaScript's SyntaxError for a text that is not JSON")
def NoJson(t):
    blocked = t.net.BlockList()
    for text in ["", "  ", "abc", "[1", "[1,]", '["a" "b"]', "[] x", '"abc', "NaN", "x" * 50, "5", "{}", "[5]", "null"]:
        t.attempt("from_json", lambda: blocked.from_json(text))
    t.note("rules", blocked.rules)


@case(about="is_ip(), is_ipv4() and is_ipv6() answer for every kind of value, and never throw")
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
