"""What net throws for wrong arguments: codes, names and texts, and what it takes without a word."""

from conformance import case


def received(t, check):
    t.attempt("undefined", lambda: check())
    t.attempt("null", lambda: check(None))
    t.attempt("true", lambda: check(True))
    t.attempt("false", lambda: check(False))
    t.attempt("number", lambda: check(5))
    t.attempt("fraction", lambda: check(-1.5))
    t.attempt("NaN", lambda: check(float("nan")))
    t.attempt("infinity", lambda: check(float("-inf")))
    t.attempt("text", lambda: check("x"))
    t.attempt("empty text", lambda: check(""))
    t.attempt("quoted text", lambda: check("it's"))
    t.attempt("both quotes", lambda: check('it\'s "quoted"'))
    t.attempt("newline", lambda: check("a\nb"))
    t.attempt("28 characters", lambda: check("a" * 28))
    t.attempt("29 characters", lambda: check("a" * 29))
    t.attempt("long text", lambda: check("b" * 1000))
    t.attempt("list", lambda: check([1, 2]))
    t.attempt("object", lambda: check({"a": 1}))
    t.attempt("empty object", lambda: check({}))
    t.attempt("bytes", lambda: check(b"abc"))
    t.attempt("function", lambda: check(t.callback("f")))
    t.attempt("error", lambda: check(t.error("wrong")))


@case(
    about="an ERR_INVALID_ARG_TYPE says what it received, for any kind of value: a text where none is wanted"
)
def ReceivedOfText(t):
    blocked = t.net.BlockList()
    received(t, lambda *values: blocked.add_address(*values))


@case(about="an ERR_INVALID_ARG_TYPE says what it received, for any kind of value: options")
def ReceivedOfOptions(t):
    received(t, lambda *values: t.net.create_server(*values).listening)


@case(about="an ERR_INVALID_ARG_TYPE says what it received, for any kind of value: a number of milliseconds")
def ReceivedOfNumber(t):
    socket = t.net.Socket()
    received(t, lambda *values: socket.set_timeout(*values) is socket)
    socket.destroy()


@case(about="an ERR_INVALID_ARG_TYPE says what it received, for any kind of value: data to write")
def ReceivedOfChunk(t):
    socket = t.net.Socket()
    socket.on("error", lambda error: None)
    received(t, lambda *values: socket.write(*values))
    socket.destroy()


@case(about="an ERR_INVALID_ARG_VALUE shows the value: a host with a NUL, a family, a bad flag")
def ShownValues(t):
    t.attempt("host", lambda: t.net.connect(port=1, host="a\0b"))
    t.attempt("object mode", lambda: t.net.Socket(object_mode=True))
    t.attempt("readable", lambda: t.net.Socket(readable_object_mode={"a": [1, "two"]}))
    t.attempt("writable", lambda: t.net.Socket(writable_object_mode="yes"))
    t.attempt("falsy", lambda: t.net.Socket(object_mode=0, readable_object_mode="").readable)


@case(
    about="connect() without arguments, or with an options object without port and path, is ERR_MISSING_ARGS"
)
def MissingPort(t):
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


@case(
    about="a port of connect() that is no port is RangeError ERR_SOCKET_BAD_PORT with the value as it was given"
)
def PortRange(t):
    for port in [-1, 65536, 1.5, 10000000000, "-1", "65536", "http", "", " ", "0x10000", "1e5", "80 x"]:
        t.attempt(f"port {port}", lambda: t.net.connect(port=port, host="127.0.0.1"))
    t.attempt("NaN", lambda: t.net.connect(port=float("nan")))
    t.attempt("infinity", lambda: t.net.connect(port=float("inf")))


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


@case(
    about="set_no_delay() and set_keep_alive() take anything; type of service wants 0 to 255",
    skip_unless="node^24.15||>=25.6",
)
def SocketSetters(t):
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


@case(
    about="a bad argument of write(): null is ERR_STREAM_NULL_VALUES, an encoding ERR_UNKNOWN_ENCODING, all thrown"
)
def Write(t):
    socket = t.watch("socket", t.net.Socket())
    socket.on("error", t.callback("error"))
    t.attempt("null", lambda: socket.write(None))
    t.attempt("number", lambda: socket.write(5))
    t.attempt("encoding", lambda: socket.write("x", "utf9"))
    t.attempt("encoding of bytes", lambda: socket.write(b"x", "utf9"))
    t.attempt("set_default_encoding", lambda: socket.set_default_encoding("utf9"))
    t.attempt("set_encoding", lambda: socket.set_encoding("utf9"))
    t.note("destroyed", socket.destroyed)
    socket.destroy()


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


@case(about="a connect() that threw leaves the socket as connecting, and what it allowed: destroy() ends it")
def AfterAThrow(t):
    socket = t.watch("socket", t.net.Socket())
    t.attempt("bad port", lambda: socket.connect(70000, "127.0.0.1", t.callback("never")))
    t.snapshot(socket)
    t.note("listeners", socket.listener_count("connect"))
    socket.destroy()
    t.snapshot(socket)


@case(about="a wrong hint or family of connect() throws out of the lookup, which runs at once")
def Lookup(t):
    t.attempt("family 5", lambda: t.net.connect(port=1, host="no..host", family=5))
    t.attempt("family text", lambda: t.net.connect(port=1, host="no..host", family="ipv4"))
    t.attempt("hints", lambda: t.net.connect(port=1, host="no..host", hints=99999))
    t.attempt("lookup text", lambda: t.net.connect(port=1, host="no..host", lookup="x"))
    t.attempt("lookup null", lambda: t.net.connect(port=1, host="127.0.0.1", lookup=None).destroy().destroyed)
    t.attempt(
        "lookup of an address", lambda: t.net.connect(port=1, host="127.0.0.1", lookup=5).destroy().destroyed
    )


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
