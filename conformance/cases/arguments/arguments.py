"""What connect(), Socket and create_server() take, and what they say to everything else."""

from conformance import case

ODD = [None, True, False, "x", "", 5, 0, -1, 1.5, [], {}, [1], {"a": 1}]


def refuse(t, label, options):
    """Note what connect() says to these options; if it takes them, end the socket before it starts."""
    socket = t.net.Socket()
    socket.on("error", lambda error: t.note(f"{label}: error", error))
    t.attempt(label, lambda: socket.connect(options) == socket)
    t.note(f"{label}: state", socket.ready_state)
    t.next_tick(lambda: socket.destroy())


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


@case(about="a host that is no string throws ERR_INVALID_ARG_TYPE, one with a null byte ERR_INVALID_ARG_VALUE")
def Host(t):
    for value in [True, 5, [], {}, ["127.0.0.1"], b"127.0.0.1", "a\0b", "\0", "127.0.0.1\0"]:
        t.attempt("host", lambda: t.net.connect({"port": 80, "host": value}))


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


@case(about="create_server() refuses options that are neither object nor function with ERR_INVALID_ARG_TYPE")
def ServerOptions(t):
    for value in ["x", "", 5, 0, True, False, float("nan")]:
        t.attempt("options", lambda: t.net.create_server(value).listening)
        t.attempt("Server", lambda: t.net.Server(value).listening)
    for value in [None, [], {}, [1]]:
        t.attempt("options", lambda: t.net.create_server(value).listening)


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


@case(about="the text of an argument error shows long, quoted and odd values as Node does")
def ReceivedTexts(t):
    class_like = t.net.Socket()
    for value in [
        "a" * 28, "a" * 29, "a" * 200, "it's", 'say "x"', "a\nb", "\u00e9\u4e2d", "back\\slash",
        0.1, 1e21, 123456789012345, [], [1, 2, 3], {"a": {"b": 1}}, b"bytes", -0.0,
    ]:  # fmt: skip
        t.attempt("value", lambda: t.net.connect({"port": 80, "auto_select_family": value}))
    t.attempt("socket", lambda: t.net.connect({"port": class_like}))
    t.attempt("server", lambda: t.net.connect({"port": t.net.create_server()}))
