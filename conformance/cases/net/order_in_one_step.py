"""The order of what sockets and servers do within one step: events, calls, listeners, and the state at each."""

from conformance import case
from conformance.scenery import closely

SOCKET = [
    "read", "push", "pause", "resume", "write", "end", "destroy", "destroy_soon", "ref", "unref", "set_timeout",
    "set_no_delay", "set_keep_alive",
]  # fmt: skip
SERVER = ["close", "ref", "unref"]


def meet(t, options, on_connection, start):
    """A closely watched server of one connection within this process; `start` is called with its port."""
    server = closely(t, "server", t.net.create_server(options), SERVER)

    def connection(peer):
        server.close()
        on_connection(closely(t, "peer", peer, SOCKET))

    server.on("connection", connection)
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


def client_to(t, port, options):
    """A closely watched socket that connects with these options."""
    client = closely(t, "client", t.net.Socket(), SOCKET)
    client.connect({"port": port, "host": "127.0.0.1", **options})
    return client


# --- connections ------------------------------------------------------------------------------------------------------


@case(about="a conversation that the client ends takes the same steps as in Node on both ends")
def Conversation(t):
    def start(port):
        client = client_to(t, port, {})
        client.write("ping", t.callback("written"))
        client.on("data", lambda chunk: client.end())

    meet(t, None, lambda peer: peer.on("data", lambda chunk: peer.write("pong")), start)


@case(about="a conversation that the server ends, the client half open, takes the same steps as in Node on both ends")
def HalfOpen(t):
    def start(port):
        client = closely(t, "client", t.net.Socket(allow_half_open=True), SOCKET)
        client.connect(port, "127.0.0.1")
        client.on("end", lambda: client.end("late", t.callback("ended")))
        client.resume()

    meet(t, {"allow_half_open": True}, lambda peer: [peer.resume(), peer.end("bye")], start)


@case(about="end() and write() before the connection is there wait for it step by step as in Node")
def WaitingForConnection(t):
    def start(port):
        client = client_to(t, port, {})
        client.write("a", t.callback("first"))
        client.end("b", t.callback("ended"))
        client.resume()

    meet(t, None, lambda peer: peer.resume(), start)


@case(about="a socket destroyed while it connects drops what waits step by step as in Node")
def DestroyedWhileConnecting(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("error", t.callback("error"))
        client.write("a", t.callback("first"))
        client.destroy(t.error("enough"))
        t.immediate(lambda: server.close())

    server = t.net.create_server()
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


@case(about="a socket destroyed once it is connected closes step by step as in Node, with its own error or without")
def DestroyedWhenConnected(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("error", t.callback("error"))
        client.on("connect", lambda: client.destroy(t.error("enough")))

    meet(t, None, lambda peer: peer.destroy(), start)


@case(about="reset_and_destroy() resets and closes step by step as in Node, connected, connecting and closed")
def Reset(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("error", t.callback("error"))
        client.on("connect", lambda: client.reset_and_destroy())
        connecting = closely(t, "connecting", t.net.connect(port, "127.0.0.1"), SOCKET)
        connecting.on("error", t.callback("connecting: error"))
        connecting.reset_and_destroy()
        idle = closely(t, "idle", t.net.Socket(), SOCKET)
        idle.on("error", t.callback("idle: error"))
        idle.reset_and_destroy()

    meet(t, None, lambda peer: [peer.on("error", t.callback("peer: error")), peer.resume()], start)


@case(about="destroy_soon() waits for what is written, then destroys step by step as in Node")
def DestroySoon(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("connect", lambda: [client.write("a", t.callback("written")), client.destroy_soon()])

    meet(t, None, lambda peer: peer.resume(), start)


@case(about="a socket that is used again after its end starts anew step by step as in Node")
def UsedAgain(t):
    ports = []

    def again():
        client.once("close", lambda had_error: t.note("closed again", had_error))
        client.connect(ports[0], "127.0.0.1")

    def start():
        ports.append(server.address().port)
        client.once("close", lambda had_error: again())
        client.connect(ports[0], "127.0.0.1")
        client.resume()

    taken = []

    def connection(peer):
        taken.append(peer)
        peer.end("x")
        if len(taken) == 2:
            server.close()

    client = closely(t, "client", t.net.Socket(), SOCKET)
    server = t.net.create_server(connection)
    server.listen(0, "127.0.0.1", start)


@case(about="the options of connect() reach a socket and its handle in Node's order, before and after the connection")
def Options(t):
    def start(port):
        client = client_to(t, port, {"no_delay": True, "keep_alive": True, "keep_alive_initial_delay": 5000})
        client.set_timeout(4000, lambda: None)
        client.on("connect", lambda: t.kernel(client).end())
        client.resume()

    meet(t, {"no_delay": True, "keep_alive": True, "pause_on_connect": True}, lambda peer: peer.resume(), start)


def recorded_handle(t, name, socket):
    """Note what is called on the handle of a socket, with its state."""

    def around(method):
        def called(self, original, *args):
            t.note(f"{name}'s handle", [method, args[0] if method.startswith("set") else None])
            t.note(f"{name} then", [socket.destroyed, socket.connecting, socket._handle is None])
            return original(*args)

        t.override(socket._handle, method, called)

    for method in ["read_start", "read_stop", "close", "shutdown", "ref", "unref", "set_no_delay", "set_keep_alive"]:
        around(method)


@case(about="a connected socket calls its handle in Node's order, and knows it until it is closed")
def HandleCalls(t):
    def start(port):
        client = client_to(t, port, {})

        def connected():
            recorded_handle(t, "client", client)
            client.set_no_delay(True)
            client.set_keep_alive(True, 3000)
            client.pause()
            client.unref()
            client.ref()
            client.resume()
            client.end("x")

        client.on("connect", connected)

    meet(t, None, lambda peer: [recorded_handle(t, "peer", peer), peer.resume()], start)


@case(about="destroy() closes the handle before the socket forgets it; 'close' follows the handle's")
def HandleClosed(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("connect", lambda: [recorded_handle(t, "client", client), client.destroy()])

    def on_connection(peer):
        recorded_handle(t, "peer", peer)
        peer.on("error", lambda error: None)
        peer.resume()

    meet(t, None, on_connection, start)


@case(about="no_delay and keep_alive keep their new values though the handle's method throws")
def HandleThrows(t):
    def fail(self, original, *args):
        t.note("asked", args[0])
        raise t.error("no")

    def start(port):
        client = client_to(t, port, {})

        def connected():
            t.override(client._handle, "set_no_delay", fail)
            t.override(client._handle, "set_keep_alive", fail)
            for _ in range(2):
                t.attempt("no_delay", lambda: client.set_no_delay(True) is client)
                t.attempt("keep_alive", lambda: client.set_keep_alive(True, 1000) is client)
            client.end()

        client.on("connect", connected)
        client.resume()

    meet(t, None, lambda peer: peer.resume(), start)


@case(
    about="pause_on_create keeps an accepted or given handle quiet step by step as in Node until the socket is resumed"
)
def PauseOnCreate(t):
    def start(port):
        client_to(t, port, {}).end("x")

    def on_connection(peer):
        t.snapshot(peer)
        t.immediate(lambda: peer.resume())

    meet(t, {"pause_on_connect": True}, on_connection, start)


@case(about="on_read hands over what arrives, pauses and ends step by step as in Node")
def OnRead(t):
    clients = []

    def on_data(count, buffer):
        t.note("read", [count, buffer[:count]])
        t.snapshot(clients[0])
        t.immediate(lambda: clients[0].read(0))
        return False

    def start(port):
        client = t.net.connect(
            port=port, host="127.0.0.1", on_read={"buffer": bytearray(4), "callback": on_data}
        )
        clients.append(closely(t, "client", client, SOCKET))

    meet(t, None, lambda peer: peer.end("abcdefgh"), start)


@case(about="the timeout of a socket is set, fires and is cleared step by step as in Node")
def Timeout(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("connect", lambda: client.set_timeout(30, lambda: [client.set_timeout(0), client.end()]))
        client.resume()

    meet(t, None, lambda peer: peer.resume(), start)


@case(about="set_timeout() throws for wrong values before it changes the time or a listener")
def TimeoutWrong(t):
    def fired():
        pass

    socket = closely(t, "socket", t.net.Socket(), [])
    socket.set_timeout(5000, fired)
    t.attempt("callback", lambda: socket.set_timeout(3000, "no function"))
    t.note("timeout", [socket.timeout, socket.listener_count("timeout")])
    t.attempt("clearing", lambda: socket.set_timeout(0, "no function"))
    t.note("timeout", [socket.timeout, socket.listener_count("timeout")])
    t.attempt("time", lambda: socket.set_timeout("soon", "no function"))
    socket.set_timeout(0, fired)
    t.note("timeout", [socket.timeout, socket.listener_count("timeout")])
    socket.destroy()


# --- connecting -------------------------------------------------------------------------------------------------------


@case(about="a refused connection fails step by step as in Node")
def Refused(t):
    def start():
        port = server.address().port
        server.close(lambda: client_to(t, port, {}).on("error", t.callback("error")))

    server = t.net.create_server()
    server.listen(0, "127.0.0.1", start)


@case(about="a path that nobody listens on fails step by step as in Node")
def RefusedPath(t):
    client = closely(t, "client", t.net.Socket(), SOCKET)
    client.on("error", t.callback("error"))
    client.connect(path=t.path("nobody.sock"))
    t.snapshot(client)


@case(about="a unix socket is connected and ends step by step as in Node")
def Path(t):
    server = closely(t, "server", t.net.create_server(), SERVER)
    server.on("connection", lambda peer: [server.close(), closely(t, "peer", peer, SOCKET).end("x")])

    def start():
        client = closely(t, "client", t.net.Socket(), SOCKET)
        client.connect(path=t.path("here.sock"))
        client.resume()

    server.listen(t.path("here.sock"), start)


@case(about="a lookup is asked while the socket connects, and its failure ends it step by step as in Node")
def LookupFails(t):
    for name in ["at once", "late", "thrown"]:
        client = closely(t, name, t.net.Socket(), SOCKET)
        client.on("error", t.callback(f"{name}: error"))

        def lookup(host, options, callback, name=name, client=client):
            t.note(f"{name}: asked", [host, options])
            t.snapshot(client)
            if name == "at once":
                callback(t.error("unknown"))
            if name == "late":
                t.immediate(lambda: callback(t.error("unknown")))
            if name == "thrown":
                raise t.error("thrown")

        options = {"port": 80, "host": "a.test", "lookup": lookup}
        t.attempt(name, lambda client=client, options=options: client.connect(options) is client)


@case(about="addresses that a lookup gives are tried one after the other step by step as in Node")
def Attempts(t):
    def lookup(host, options, callback):
        callback(
            None,
            [
                {"address": "127.0.0.2", "family": 4},
                {"address": "::1", "family": 6},
                {"address": "127.0.0.1", "family": 4},
            ],
        )

    def start(port):
        client = client_to(t, port, {"host": "a.test", "lookup": lookup, "auto_select_family": True})
        client.on("connectionAttempt", lambda *_: t.snapshot(client))
        client.on("connectionAttemptFailed", lambda *_: t.snapshot(client))
        client.on("error", t.callback("error"))
        client.resume()

    meet(t, None, lambda peer: peer.end(), start)


@case(about="when no address of a lookup can be reached the attempts fail step by step as in Node, the errors in order")
def AttemptsFail(t):
    def lookup(host, options, callback):
        callback(None, [{"address": "127.0.0.2", "family": 4}, {"address": "127.0.0.3", "family": 4}])

    def start():
        port = server.address().port
        client = client_to(t, port, {"host": "a.test", "lookup": lookup, "auto_select_family": True})
        client.on("error", lambda error: [t.note("error", error), server.close()])

    server = t.net.create_server()
    server.listen(0, "127.0.0.1", start)


@case(about="a socket destroyed within 'connectionAttempt' or 'connectionAttemptFailed' tries nothing more")
def DestroyedInAttempt(t):
    def lookup(host, options, callback):
        callback(None, [{"address": "127.0.0.2", "family": 4}, {"address": "127.0.0.1", "family": 4}])

    def destroyed_in(event, port):
        client = closely(t, event, t.net.Socket(), SOCKET)
        client.once(event, lambda: client.destroy())
        client.connect(port=port, host="a.test", lookup=lookup, auto_select_family=True)
        client.on("error", t.callback(f"{event}: error"))

    def start():
        for event in ["lookup", "connectionAttempt", "connectionAttemptFailed"]:
            destroyed_in(event, server.address().port)
        t.timeout(100, lambda: server.close())

    server = t.net.create_server(lambda peer: peer.destroy())
    server.listen(0, "127.0.0.1", start)


# --- servers ----------------------------------------------------------------------------------------------------------


@case(
    about="a server that is full drops a connection step by step as in Node; the drop comes before the client sees it"
)
def Drops(t):
    def start(port):
        t.net.connect(port, "127.0.0.1").on("close", lambda had_error: server.close()).resume()

    server = closely(t, "server", t.net.create_server(), SERVER)
    server.max_connections = 0
    server.on("drop", lambda data: t.note("active", t.active()))
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


@case(about="a 'connection' listener sees the same state of server and socket as in Node")
def Accepting(t):
    def start(port):
        t.net.connect(port, "127.0.0.1").on("close", lambda had_error: None).resume()

    def connection(peer):
        t.snapshot(peer)
        t.note("server", peer.server is server)
        server.get_connections(t.callback("connections"))
        server.close()
        peer.destroy()
        server.get_connections(t.callback("connections then"))
        peer.on("close", lambda had_error: server.get_connections(t.callback("connections after")))

    server = closely(t, "server", t.net.create_server(), SERVER)
    server.on("connection", connection)
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


@case(about="close() of a server calls back, emits and lets its handle go step by step as in Node")
def ServerCloses(t):
    server = closely(t, "server", t.net.create_server(), SERVER)

    def listening():
        t.snapshot(server)
        server.close(lambda: t.note("closed", [server.listening, server.address()]))
        t.note("closing", [server.listening, server.address(), server.listener_count("close")])
        server.close(t.callback("again"))

    server.listen(0, "127.0.0.1", listening)


@case(about="a server that cannot listen fails step by step as in Node, and can be used again")
def ListenFails(t):
    first = t.net.create_server()
    second = closely(t, "second", t.net.create_server(), SERVER)

    def failed(error):
        t.note("failed", [error, second.listening, second.address()])
        second.listen(0, "127.0.0.1", lambda: [second.close(), first.close()])

    second.once("error", failed)
    first.listen(t.path("taken.sock"), lambda: second.listen(t.path("taken.sock")))
    t.attempt("not a path", lambda: t.net.create_server().listen(path=1))


@case(about="a signal that closes a server has its listener until the server is closed")
def ServerAborted(t):
    controller = t.abort_controller()
    signal = controller.signal
    server = closely(t, "server", t.net.create_server(), SERVER)

    def heard():
        return len(t.events.get_event_listeners(signal, "abort"))

    server.on(
        "newListener", lambda event, listener: t.note("signal has", [event, heard()] if event == "close" else None)
    )
    server.on("close", lambda: t.note("in 'close' first", heard()))
    server.listen({"port": 0, "host": "127.0.0.1", "signal": signal})
    server.on("close", lambda: t.note("in 'close' last", heard()))
    server.on("listening", lambda: [controller.abort(), t.note("aborted", heard())])


@case(about="get_connections() says what is wrong with its callback at once, and calls back on a tick")
def Connections(t):
    server = t.net.create_server()
    t.attempt("no function", lambda: server.get_connections("x"))
    t.next_tick(lambda: t.note("queued before", None))
    t.attempt("idle", lambda: server.get_connections(t.callback("connections")) is server)
    t.next_tick(lambda: t.note("queued after", None))


@case(about="the setters of the defaults for attempts throw for wrong values, and change nothing")
def Defaults(t):
    t.attempt("default", lambda: t.net.set_default_auto_select_family("no"))
    t.note("default", t.net.get_default_auto_select_family())
    before = t.net.get_default_auto_select_family_attempt_timeout()
    t.attempt("time", lambda: t.net.set_default_auto_select_family_attempt_timeout("soon"))
    t.attempt("time", lambda: t.net.set_default_auto_select_family_attempt_timeout(0))
    t.note("time", t.net.get_default_auto_select_family_attempt_timeout() == before)


@case(about="listen() takes the descriptor 0")
def ListenFdZero(t):
    server = t.watch("server", t.net.create_server())
    server.on("error", lambda error: t.note("failed", [error.code in ["EINVAL", "ENOTSOCK"], error.syscall]))
    t.attempt("fd 0", lambda: server.listen(fd=0) is server)


@case(about="a timeout during a big write only fires when the write makes no progress")
def BigWriteTimesOut(t):
    fired = []

    def full(client, peer):
        client.on("timeout", lambda: fired.append(1))
        for _ in range(3):
            client._on_timeout()
        t.note("timeouts without progress are heard", len(fired) > 1)
        queued = client._handle.write_queue_size

        def on_data(chunk):
            if client._handle and client._handle.write_queue_size != queued:
                moved(client, peer)

        peer.on("data", on_data)
        peer.resume()

    def moved(client, peer):
        before = len(fired)
        client._on_timeout()
        t.note("after some progress", len(fired) - before)
        client.destroy()
        peer.destroy()

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("connect", lambda: client.write(bytes(32_000_000)))
        peers.append(client)

    def on_connection(peer):
        server.close()
        peer.on("error", lambda error: None)
        peer.pause()
        t.timeout(200, lambda: full(peers[0], peer))

    peers = []
    server = t.net.create_server(on_connection)
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


@case(about="the first timeout that a socket reaches after a big write has been sent emits nothing")
def TimeoutAfterWrite(t):
    fired = []

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("timeout", lambda: fired.append(1))

        def written():
            client._on_timeout()
            t.note("heard", len(fired))
            client.end()

        client.write(bytes(2_000_000), lambda error: t.immediate(written))
        client.resume()

    meet(t, None, lambda peer: peer.on("data", lambda chunk: None), start)


@case(about="a socket destroyed while it connects stops connecting when its handle is closed")
def HandleClosedWhileConnecting(t):
    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        recorded_handle(t, "client", client)
        t.note("connecting", client.connecting)
        client.destroy()
        server.close()

    server = t.net.create_server()
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


@case(about="a write that fails at once, the peer having reset, calls back and fails the socket in Node's order")
class WriteFailsAtOnce:
    def raw(r):
        with r.listen() as listener:
            r.publish(port=listener.port)
            peer = listener.accept()
            peer.send(b"go")
            r.wait("ready")
            peer.reset()

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_data(chunk):
            client.pause()
            t.publish(ready=True)
            t.block(300)
            t.note("first", client.write("a", t.callback("a written")))
            t.note("second", client.write("b", t.callback("b written")))
            t.next_tick(lambda: t.note("queued behind", None))

        client.on("data", on_data)
        client.on("error", lambda error: t.note("error", error.code))
        client.on("close", t.callback("close"))


@case(about="a timeout during the second of two big writes only fires without progress")
def SecondBigWriteTimesOut(t):
    fired = []

    def full(client, peer):
        for _ in range(3):
            client._on_timeout()
        t.note("timeouts without progress are heard", len(fired) > 1)
        queued = client._handle.write_queue_size

        def on_data(chunk):
            if client._handle and client._handle.write_queue_size != queued:
                moved(client, peer)

        peer.on("data", on_data)
        peer.resume()

    def moved(client, peer):
        before = len(fired)
        client._on_timeout()
        t.note("after some progress", len(fired) - before)
        client.destroy()
        peer.destroy()

    def first_written(error):
        peers[1].pause()
        t.timeout(200, lambda: full(peers[0], peers[1]))

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("timeout", lambda: fired.append(1))
        peers.append(client)

    def on_connection(peer):
        server.close()
        peer.on("error", lambda error: None)
        peer.resume()
        peers.append(peer)
        peers[0].write(bytes(32_000_000), first_written)
        peers[0].write(bytes(32_000_000))

    peers = []
    server = t.net.create_server(on_connection)
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


@case(about="a write that nobody asks about fails at once, the peer having reset, and fails the socket in Node's order")
class WriteFailsUnheard:
    def raw(r):
        with r.listen() as listener:
            r.publish(port=listener.port)
            peer = listener.accept()
            peer.send(b"go")
            r.wait("ready")
            peer.reset()

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")

        def on_data(chunk):
            client.pause()
            t.publish(ready=True)
            t.block(300)
            t.note("first", client.write(b"a"))
            t.note("second", client.write(b"b"))
            t.next_tick(lambda: t.note("queued behind", None))

        client.on("data", on_data)
        client.on("error", lambda error: t.note("error", error.code))
        client.on("close", t.callback("close"))
