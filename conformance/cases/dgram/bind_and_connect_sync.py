"""bind_sync() and connect_sync(), which Node has since 24.19: they act at once, without a lookup."""

from conformance import case
from conformance.scenery import socket_of


@case(
    about="bind_sync() returns the address; 'listening' comes with the ticks",
    skip_unless="node^24.19||>=26.4",
)
def BindOrder(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.next_tick(lambda: t.note("queued before", None))
    t.note("address", socket.bind_sync(port=0, address="127.0.0.1"))
    t.note("address again", socket.address())
    t.next_tick(lambda: t.note("queued after", None))
    t.immediate(lambda: socket.close())


@case(
    about="bind_sync() without options, with null port and address, with '' binds anything",
    skip_unless="node^24.19||>=26.4",
)
def BindDefaults(t):
    for options in [{}, {"port": None, "address": None}, {"port": "0", "address": ""}, {"exclusive": True}]:
        socket = t.dgram.create_socket("udp4")
        t.note("address", socket.bind_sync(options))
        socket.close()
    bare = t.dgram.create_socket("udp4")
    t.note("address", bare.bind_sync())
    bare.close()


@case(about="bind_sync() checks its options, port before address", skip_unless="node^24.19||>=26.4")
def BindValidation(t):
    socket = t.dgram.create_socket("udp4")
    for options in [None, 5, "x", [], lambda: None]:
        t.attempt("options", lambda: socket.bind_sync(options))
    for port in ["x", -1, 70000, 1.5, True, ""]:
        t.attempt("port", lambda: socket.bind_sync(port=port))
    for address in [5, True, {}, "localhost", "127.1"]:
        t.attempt("address", lambda: socket.bind_sync(port=0, address=address))
    t.attempt("both", lambda: socket.bind_sync(port=-1, address=5))
    socket.close()


@case(
    about="bind_sync() throws the system's errors, and the socket may bind after that",
    skip_unless="node^24.19||>=26.4",
)
def BindErrors(t):
    first = t.dgram.create_socket("udp4")
    port = first.bind_sync(port=0, address="127.0.0.1").port
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.attempt("in use", lambda: socket.bind_sync(port=port, address="127.0.0.1"))
    t.attempt("not available", lambda: socket.bind_sync(address="203.0.113.7"))
    t.attempt("wrong family", lambda: socket.bind_sync(address="::1"))
    t.attempt("right", lambda: socket.bind_sync(address="127.0.0.1"))
    t.attempt("twice", lambda: socket.bind_sync())
    t.attempt("bind", lambda: socket.bind(0))
    t.attempt("options are checked first", lambda: socket.bind_sync(5))
    first.close()
    t.immediate(lambda: socket.close())


@case(
    about="bind_sync() while a bind is pending is ERR_SOCKET_ALREADY_BOUND",
    skip_unless="node^24.19||>=26.4",
)
def BindWhileBinding(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.bind(0, "127.0.0.1", lambda: socket.close())
    t.attempt("bind_sync", lambda: socket.bind_sync())
    t.attempt("connect_sync", lambda: socket.connect_sync(9))


@case(about="close() right after bind_sync() keeps 'listening' from coming", skip_unless="node^24.19||>=26.4")
def BindThenClose(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.bind_sync(port=0)
    socket.close()


@case(about="a socket bound by bind_sync() sends and receives", skip_unless="node^24.19||>=26.4")
class BindSyncEcho:
    def server(t):
        server = t.watch("server", t.dgram.create_socket("udp4"))

        def on_message(message, rinfo):
            server.send(message, rinfo.port, rinfo.address, t.callback("sent", lambda: server.close()))

        server.on("message", on_message)
        t.publish(port=server.bind_sync(port=0, address="127.0.0.1").port)

    def client(t, port):
        client = t.watch("client", t.dgram.create_socket("udp4"))
        client.on("message", lambda message, rinfo: client.close())
        client.bind_sync()
        client.send("hello", port, "127.0.0.1", t.callback("sent"))


@case(
    about="connect_sync() binds and connects at once; 'listening' and 'connect' come with the ticks",
    skip_unless="node^24.19||>=26.4",
)
def ConnectOrder(t):
    peer = t.dgram.create_socket("udp4")
    port = peer.bind_sync(port=0, address="127.0.0.1").port
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.next_tick(lambda: t.note("queued before", None))
    t.note("returns", socket.connect_sync(port, "127.0.0.1"))
    t.note("peer", socket.remote_address())
    t.note("address", socket.address().address)
    t.next_tick(lambda: t.note("queued after", None))
    t.attempt("connect", lambda: socket.connect(port))
    t.attempt("connect_sync", lambda: socket.connect_sync(port))

    def finish():
        peer.close()
        socket.close()

    t.immediate(finish)


@case(
    about="connect_sync() without an address, with null or '' connects to this host",
    skip_unless="node^24.19||>=26.4",
)
def ConnectDefaults(t):
    for address in [None, ""]:
        socket = t.dgram.create_socket("udp4")
        socket.connect_sync(9, address)
        t.note("peer", socket.remote_address())
        socket.close()
    bare = t.dgram.create_socket("udp4")
    bare.connect_sync("9")
    t.note("peer", bare.remote_address())
    bare.close()


@case(about="connect_sync() checks port and address and does no lookup", skip_unless="node^24.19||>=26.4")
def ConnectValidation(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.attempt("nothing", lambda: socket.connect_sync())
    for port in [0, None, -1, 70000, 1.5, "abc", {}]:
        t.attempt("port", lambda: socket.connect_sync(port))
    for address in [5, "localhost", {}, "127.1"]:
        t.attempt("address", lambda: socket.connect_sync(9, address))
    t.attempt("not bound by that", lambda: socket.address())
    t.attempt("not connected by that", lambda: socket.remote_address())
    socket.close()


@case(
    about="connect_sync() throws the system's errors; the socket is bound then and may connect",
    skip_unless="node^24.19||>=26.4",
)
def ConnectErrors(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.attempt("wrong family", lambda: socket.connect_sync(9, "::1"))
    t.attempt("broadcast", lambda: socket.connect_sync(9, "255.255.255.255"))
    t.attempt("bound", lambda: socket.address().port > 0)
    t.attempt("right", lambda: socket.connect_sync(9, "127.0.0.1"))
    t.immediate(lambda: socket.close())


@case(about="bind_sync() and connect_sync() do not call a custom lookup", skip_unless="node^24.19||>=26.4")
def NoLookup(t):
    socket = t.dgram.create_socket(type="udp4", lookup=t.callback("lookup"))
    t.attempt("bind_sync", lambda: socket.bind_sync(port=0, address="127.0.0.1"))
    t.attempt("connect_sync", lambda: socket.connect_sync(9, "127.0.0.1"))
    socket.close()


@case(
    about="bind_sync() and connect_sync() of a closed socket throw ERR_SOCKET_DGRAM_NOT_RUNNING",
    skip_unless="node^24.19||>=26.4",
)
def Closed(t):
    socket = t.dgram.create_socket("udp4")
    socket.close()
    t.attempt("bind_sync", lambda: socket.bind_sync(5))
    t.attempt("connect_sync", lambda: socket.connect_sync(0))


@case(about="bind_sync() and connect_sync() have moved the socket when they return, and their events come in order")
def AtOnce(t):
    socket = socket_of(t, "socket", {})
    t.next_tick(lambda: t.note("queued before", None))
    socket.bind_sync(port=0, address="127.0.0.1")
    t.snapshot(socket)
    socket.connect_sync(9, "127.0.0.1")
    t.snapshot(socket)
    t.next_tick(lambda: socket.close())


@case(about="bind_sync() whose buffer size the kernel cannot take raises, without 'listening'")
def BindSyncBufferTooLarge(t):
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", recv_buffer_size=2147483648))
    t.attempt("bind", lambda: socket.bind_sync({"port": 0, "address": "127.0.0.1"}).port > 0)
    t.attempt("bound", lambda: socket.address().port > 0)
    t.attempt("again", lambda: socket.bind_sync())
    t.immediate(lambda: socket.close())
