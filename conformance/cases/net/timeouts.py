"""set_timeout(): when 'timeout' comes, what delays it, and what it leaves alone."""

from conformance import case
from conformance.scenery import (
    accept_one,
    client_to,
    closely,
    listen,
    meet,
    serve,
    serve_here,
    serve_several,
)


def stop(socket):
    """End, and no more 'timeout' while the other side takes its time."""
    socket.set_timeout(0)
    socket.end()


@case(about="'timeout' comes once, without arguments, and leaves the connection open")
class Once:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        def on_timeout(*rest):
            t.note("arguments", len(rest))
            t.snapshot(client)
            t.timeout(45, lambda: stop(client))

        client.on("timeout", on_timeout)
        client.on("ready", lambda: client.set_timeout(20))


@case(about="the callback of set_timeout() is a once-listener of 'timeout', added with each call")
def Callback(t):
    socket = t.net.Socket()
    callback = t.callback("timeout")
    t.note("returns itself", socket.set_timeout(20, callback) == socket)
    t.note("listeners", socket.listener_count("timeout"))
    socket.set_timeout(10, callback)
    t.note("listeners", socket.listener_count("timeout"))

    def on_timeout():
        t.note("listeners left", socket.listener_count("timeout"))
        socket.destroy()
        t.clear(keeps_alive)

    socket.on("timeout", on_timeout)
    keeps_alive = t.timeout(5000, lambda: None)


@case(about="set_timeout(0, callback) stops the timer and removes that listener")
def Stopped(t):
    socket = t.net.Socket()
    callback = t.callback("timeout")
    t.note("never set", socket.timeout)
    socket.set_timeout(15, callback)
    socket.set_timeout(15, callback)
    socket.set_timeout(15, t.callback("another"))
    t.note("set", socket.timeout)
    socket.set_timeout(0, callback)
    t.note("listeners", socket.listener_count("timeout"))
    t.note("stopped", socket.timeout)
    socket.set_timeout(0, callback)
    t.note("listeners", socket.listener_count("timeout"))
    t.timeout(40, lambda: t.note("time has passed", None))


@case(about="set_timeout() without a callback keeps earlier listeners")
def Changed(t):
    socket = t.net.Socket()
    socket.set_timeout(10000, t.callback("from the first call"))
    socket.set_timeout(10)
    t.note("timeout", socket.timeout)

    def on_timeout():
        socket.destroy()
        t.clear(keeps_alive)

    socket.on("timeout", on_timeout)
    keeps_alive = t.timeout(5000, lambda: None)


@case(about="the property timeout keeps what was given, even fractions or more than a timer can hold")
def Property(t):
    socket = t.net.Socket()
    for value in [0.5, 1.75, 2147483647, 2147483648, 9007199254740991]:
        socket.set_timeout(value)
        t.note("timeout", socket.timeout)
    socket.set_timeout(0.25)
    socket.on("timeout", lambda: t.clear(keeps_alive))
    socket.on("timeout", t.callback("timeout"))
    keeps_alive = t.timeout(5000, lambda: None)


@case(about="set_timeout() on a destroyed socket does nothing, whatever it is given")
def Destroyed(t):
    socket = t.net.Socket()
    socket.set_timeout(7)
    socket.destroy()
    t.note("timeout", socket.timeout)
    t.note("returns itself", socket.set_timeout(9, t.callback("never")) == socket)
    t.attempt("wrong time", lambda: socket.set_timeout("x") == socket)
    t.note("timeout", socket.timeout)
    t.note("listeners", socket.listener_count("timeout"))


@case(about="a socket that was never connected can time out")
def NeverConnected(t):
    socket = t.watch("socket", t.net.Socket())
    socket.set_timeout(10)
    socket.on("timeout", lambda: t.clear(keeps_alive))
    keeps_alive = t.timeout(5000, lambda: None)


@case(about="writing delays 'timeout'")
class WriteIsActivity:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        def on_ready():
            # The timers' due times decide, however late they run: 60 without the write, 100 or more with it.
            client.set_timeout(60)
            t.timeout(40, lambda: client.write("busy"))
            t.timeout(80, lambda: t.note("past the first due time", None))

        client.on("ready", on_ready)
        client.on("timeout", lambda: stop(client))


@case(about="corked writes do not delay 'timeout', but uncork() does")
class CorkIsIdle:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        timeouts = []

        def on_ready():
            client.set_timeout(60)
            client.cork()
            t.timeout(40, lambda: client.write("held back"))
            t.timeout(80, lambda: t.note("past the first due time", None))

        def on_timeout():
            timeouts.append(1)
            if len(timeouts) == 1:
                client.uncork()
            else:
                stop(client)

        client.on("ready", on_ready)
        client.on("timeout", on_timeout)


@case(about="incoming data delays 'timeout'")
def ReadIsActivity(t):

    def on_connection(peer):
        # In one process: what a timer's function writes is read before the next timers run.
        t.timeout(30, lambda: peer.write("busy"))
        peer.resume()

    def on_listening(port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", lambda chunk: None)

        def on_ready():
            client.set_timeout(150)
            t.timeout(170, lambda: t.note("past the first due time", None))

        client.on("ready", on_ready)
        client.on("timeout", lambda: stop(client))

    serve_here(t, on_connection, on_listening)


@case(about="data that a paused socket does not read does not delay 'timeout'")
class PausedIsIdle:
    def server(t):
        def on_connection(peer):
            peer.write("not read")
            peer.resume()
            peer.on("error", lambda error: None)

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.pause()
        client.on("data", lambda chunk: None)

        def on_timeout():
            t.note("read", client.bytes_read)
            t.clear(keeps_alive)
            stop(client)
            client.resume()

        client.on("ready", lambda: client.set_timeout(30))
        client.on("timeout", on_timeout)
        # A connection that is not read keeps nothing alive.
        keeps_alive = t.timeout(5000, lambda: None)


@case(about="another set_timeout() restarts the time")
class SetAgain:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        def on_ready():
            client.set_timeout(60)
            t.timeout(40, lambda: client.set_timeout(60))
            t.timeout(80, lambda: t.note("past the first due time", None))

        client.on("ready", on_ready)
        client.on("timeout", lambda: stop(client))


@case(about="activity after 'timeout' restarts the time, and 'timeout' comes again")
class AgainAfterActivity:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        timeouts = []

        def on_timeout():
            timeouts.append(1)
            if len(timeouts) < 3:
                client.write("busy")
            else:
                stop(client)

        client.on("ready", lambda: client.set_timeout(15))
        client.on("timeout", on_timeout)


@case(about="a slow connection attempt emits 'timeout' and goes on")
class WhileConnecting:
    def client(t, port):
        client = t.watch("client", t.net.Socket())
        client.set_timeout(30)
        client.connect(port, "127.0.0.1")

        def on_timeout():
            t.note("connecting", client.connecting)
            client.destroy()

        client.on("timeout", on_timeout)

    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()


@case(about="the option timeout of connect() works like set_timeout() without a callback, even while connecting")
class Option:
    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", timeout=20))
        t.note("timeout", client.timeout)
        t.note("listeners", client.listener_count("timeout"))
        client.on("timeout", lambda: client.destroy())

    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()


@case(about="net.Socket() and its connect() ignore the option timeout")
class OptionOfSocket:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.Socket(timeout=10))
        t.note("timeout", client.timeout)
        client.connect(port=port, host="127.0.0.1", timeout=10)
        t.note("timeout", client.timeout)
        client.resume()
        client.on("ready", lambda: t.timeout(30, lambda: client.end()))


@case(about="a write that the peer does not take emits 'timeout', with its bytes still waiting")
class StalledWrite:
    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", lambda error: None)

        def on_connect():
            client.write(b"x" * 16777216, t.callback("written"))
            client.set_timeout(30, on_timeout)

        def on_timeout():
            t.note("waiting", client.writable_length)
            t.note("state", client.ready_state)
            client.destroy()

        client.on("connect", on_connect)
        client.on("close", t.callback("close"))

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        listener.accept()
        r.hold()


@case(about="a socket that has ended and waits for the peer's end can time out")
class HalfClosed:
    def server(t):
        server = t.net.create_server(allow_half_open=True)

        def on_connection(peer):
            peer.resume()
            # It answers the end only when the second connection says so.
            server.once("connection", lambda other: other.on("end", lambda: peer.end()).resume().end())
            server.once("connection", lambda other: server.close())

        server.once("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
        client.on("connect", lambda: client.end("ping"))
        client.on("finish", lambda: client.set_timeout(20))

        def on_timeout():
            t.note("state", client.ready_state)
            client.set_timeout(0)
            other = t.net.connect(port, "127.0.0.1")
            other.resume()
            other.end()

        client.on("timeout", on_timeout)


@case(about="destroy(error) in 'timeout' emits that error, and 'close' with true")
class GiveUp:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.on("ready", lambda: client.set_timeout(10))
        client.on("timeout", lambda: client.destroy(t.error("idle")))


@case(about="end() and destroy() stop the timer: there is no 'timeout' after 'close'")
class NotAfterClose:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_ready():
            client.set_timeout(20)
            client.destroy()
            t.timeout(50, lambda: t.note("time has passed", client.timeout))

        client.on("ready", on_ready)


@case(about="sockets with equal timeouts time out in the order of their last activity")
class Order:
    def server(t):
        serve_several(t, 3, lambda peer: peer.resume())

    def client(t, port):
        open_ones = []

        def on_connect():
            open_ones.append(1)
            if len(open_ones) == 3:
                a.set_timeout(40, t.callback("a"))
                b.set_timeout(40, t.callback("b"))
                c.set_timeout(40, t.callback("c"))
                t.timeout(10, lambda: b.write("busy"))
                t.timeout(20, lambda: a.write("busy"))
                a.on("timeout", end_all)

        def end_all():
            a.end()
            b.end()
            c.end()

        a = t.net.connect(port, "127.0.0.1", on_connect)
        b = t.net.connect(port, "127.0.0.1", on_connect)
        c = t.net.connect(port, "127.0.0.1", on_connect)
        for socket in [a, b, c]:
            socket.resume()


@case(about="an accepted unix socket times out as a TCP socket does")
class UnixSocket:
    def server(t):
        server = t.net.create_server()
        path = t.path("timeout.sock")

        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            peer.set_timeout(20)
            peer.on("timeout", lambda: stop(peer))
            server.close()

        server.on("connection", on_connection)
        server.listen(path, lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path))
        client.resume()


@case(about="the timeout of a socket is set, fires and is cleared step by step as in Node")
def TimeoutSteps(t):
    def start(port):
        client = client_to(t, port, {})
        client.on("connect", lambda: client.set_timeout(30, lambda: [client.set_timeout(0), client.end()]))
        client.resume()

    meet(t, None, lambda peer: peer.resume(), start)


@case(about="set_timeout() throws for wrong values before it changes the time or a listener")
def WrongValues(t):
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
