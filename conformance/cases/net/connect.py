"""Connecting: the events of a client socket, its state along the way, and what connect() takes."""

from conformance import case
from conformance.scenery import accept_one, listen, serve, serve_here


@case(about="'connectionAttempt', 'connect' and 'ready' come in this order, ticks queued in 'connect' after")
class EventsInOrder:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1", t.callback("connected")))

        def on_connect():
            t.next_tick(lambda: t.note("tick", None))
            t.microtask(lambda: t.note("microtask", None))

        client.on("connect", on_connect)
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="a socket says where it stands before, while and after it connects")
class StateAlongTheWay:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        t.snapshot(client)
        t.note("returns itself", client.connect(port, "127.0.0.1") == client)
        t.snapshot(client)

        def on_connect():
            t.snapshot(client)
            client.end()

        client.on("connect", on_connect)
        client.on("close", lambda had_error: t.snapshot(client))
        client.resume()


@case(about="a port may be given as a string, in decimal or hexadecimal")
class StringPort:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.end()

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=str(port), host="127.0.0.1"))
        client.resume()


@case(about="an IPv6 address is connected to without a lookup", skip_unless="ipv6")
class Ipv6Address:
    def server(t):
        server = t.net.create_server(lambda peer: peer.resume())
        server.on("connection", lambda peer: server.close())
        listen(t, server, "::1")

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="::1"))

        def on_connect():
            t.note("address", client.address())
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="a unix socket needs no lookup: its 'connectionAttempt' is over when connect() returns")
class UnixSocket:
    def server(t):
        server = t.net.create_server(lambda peer: peer.resume())
        server.on("connection", lambda peer: server.close())
        path = t.path("connect.sock")
        server.listen(path=path, backlog=5)
        server.on("listening", lambda: t.publish(path=path))

    def client(t, path):
        client = t.watch("client", t.net.connect(path=path))
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="'connectionAttempt' of a unix socket has the path alone, and comes before any failure")
def UnixSocketAttempt(t):
    missing = t.watch("missing", t.net.Socket())
    missing.on("error", lambda error: None)
    missing.connect(t.path("missing.sock"))
    t.note("connecting", missing.connecting)
    too_long = t.watch("too long", t.net.Socket())
    too_long.on("error", lambda error: None)
    too_long.connect(t.path("x" * 120))
    t.note("connecting", too_long.connecting)


@case(about="destroying a unix socket within its 'connectionAttempt' makes connect() throw")
def DestroyedInUnixAttempt(t):
    client = t.watch("client", t.net.Socket())
    client.on("connectionAttempt", lambda *target: client.destroy())
    t.attempt("connect", lambda: client.connect(t.path("missing.sock")))
    t.note("connecting", client.connecting)


@case(about="a custom lookup is asked for the host with its options, and 'lookup' tells the answer")
class CustomLookup:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        def lookup(hostname, options, callback):
            t.note("hostname", hostname)
            t.note("options", options)
            t.next_tick(lambda: callback(None, "127.0.0.1", 4))

        client = t.watch("client", t.net.connect(port=port, host="example.test", family=4, lookup=lookup))
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="local_address chooses the address that the server sees")
class LocalAddress:
    def server(t):
        def on_connection(peer):
            t.note("remote address", peer.remote_address)
            peer.resume()

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", local_address="127.0.0.5"))

        def on_connect():
            t.note("address", client.address())
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="what is written before 'connect' is counted at once and sent in order")
class WritesBeforeConnect:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("connect", lambda: t.note("older listener", client.bytes_written))
        t.note("first", client.write("one ", t.callback("first written")))
        client.on("connect", lambda: t.note("newer listener", client.bytes_written))
        t.note("second", client.write(b"two ", t.callback("second written")))
        t.note("third", client.write("drei", "latin1", t.callback("third written")))
        t.note("bytes written", client.bytes_written)
        t.note("waiting", client.writable_length)
        client.on("ready", lambda: client.end(t.callback("ended")))
        client.resume()


@case(about="an echo of one mebibyte comes back whole")
class EchoOfOneMebibyte:
    def server(t):
        def on_connection(peer):
            peer.pipe(peer)
            peer.on("end", t.callback("ended"))
            peer.on("close", t.callback("closed"))

        serve(t, on_connection)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        chunks = []
        client.on("data", lambda chunk: chunks.append(chunk))

        def on_end():
            t.note("received", b"".join(chunks))
            t.note("read", client.bytes_read)
            t.note("written", client.bytes_written)

        client.on("end", on_end)
        client.on("close", t.callback("closed"))
        client.end(b"nodesock" * 131072)


@case(about="with an encoding 'data' gives strings, and half a character is held back")
class SetEncoding:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.write(b"caf\xc3")
            # The client says that it has the first half, so that the second comes in a read of its own.
            peer.once("data", lambda chunk: peer.end(b"\xa9 au lait"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.set_encoding("utf8")

        def on_data(text):
            t.note("text", text)
            if text == "caf":
                client.write("more")

        client.on("data", on_data)


@case(about="destroy() while connecting ends in 'close' without error, and 'connect' never comes")
def DestroyWhileConnecting(t):
    server = t.net.create_server()

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1", t.callback("connected")))
        client.on("close", lambda had_error: server.close())

        def destroy():
            t.note("returns itself", client.destroy() == client)
            t.snapshot(client)

        client.once("connectionAttempt", lambda address, port, family: t.next_tick(destroy))

    server.on("connection", lambda peer: peer.on("error", lambda error: None))
    server.listen(0, "127.0.0.1", on_listening)


@case(about="set_no_delay() and set_keep_alive() reach the kernel, in whole seconds")
class OptionsReachTheKernel:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_connect():
            t.kernel(client)
            t.note("returns itself", client.set_no_delay() == client)
            t.note("returns itself", client.set_keep_alive(True, 5500) == client)
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="a fresh socket that is never connected can be destroyed; 'close' then has no argument")
def DestroyUnconnected(t):
    socket = t.watch("socket", t.net.Socket())
    socket.destroy()
    t.snapshot(socket)


@case(about="a closed socket can be connected again, with its counters back at zero")
class ConnectAgain:
    def server(t):
        server = t.net.create_server()
        seen = []

        def on_connection(peer):
            seen.append(1)
            peer.resume()
            peer.end("hello")
            if len(seen) == 2:
                server.close()

        server.on("connection", on_connection)
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("data", lambda chunk: None)

        def again(had_error):
            t.note("read", client.bytes_read)
            client.connect(port, "127.0.0.1")
            t.note("read", client.bytes_read)
            t.note("state", client.ready_state)

        client.once("close", again)


@case(about="with an address as host 'connectionAttempt' comes on the next tick, after ticks queued before")
class AttemptOnTheNextTick:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        t.next_tick(lambda: t.note("tick", "before"))
        client.connect(port, "127.0.0.1")
        t.next_tick(lambda: t.note("tick", "after"))
        t.microtask(lambda: t.note("microtask", None))
        t.note("returned", client.connecting)
        client.on("ready", lambda: client.end())
        client.resume()


@case(
    about="a lookup that answers at once has 'lookup' and 'connectionAttempt' emitted before connect() returns"
)
class AttemptInsideConnect:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.Socket())

        def lookup(hostname, options, callback):
            callback(None, "127.0.0.1", 4)
            t.note("answered", client.connecting)

        client.connect(port=port, host="a.test", family=4, lookup=lookup)
        t.note("returned", client.connecting)
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="inside 'error' of a refused connection the socket is closed already, as all its state says")
class StateInsideError:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.snapshot(client)

        def on_failed(address, port, family, error):
            t.snapshot(client)
            t.note("failed with", error)

        client.on("connectionAttemptFailed", on_failed)
        client.on("error", lambda error: t.snapshot(client))
        client.on("close", lambda had_error: t.snapshot(client))


@case(
    about="a refused connection on a socket that has written, ended and queued fails all of it with the same error"
)
class RefusedWithWrites:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.write("one", t.callback("first written"))
        client.write("two", t.callback("second written"))
        client.end("three", t.callback("ended"))
        t.snapshot(client)
        client.on("close", lambda had_error: t.snapshot(client))


@case(about="an address that cannot be connected to fails at once, and the error tells the local end")
def RefusedAtOnce(t):
    client = t.watch("client", t.net.connect(port=80, host="127.255.255.255"))
    client.on("error", lambda error: t.snapshot(client))


@case(about="the same over IPv6: the local end is the one without address and port", skip_unless="ipv6")
def RefusedAtOnceIpv6(t):
    client = t.watch("client", t.net.connect(port=80, host="ff01::1"))
    client.on("error", lambda error: t.snapshot(client))


@case(about="host 0.0.0.0 reaches a server on loopback, and the attempt shows 0.0.0.0")
class ZeroHost:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "0.0.0.0"))

        def on_connect():
            t.note("remote address", client.remote_address)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="host :: reaches a server on loopback", skip_unless="ipv6")
class ZeroHostIpv6:
    def server(t):
        accept_one(t, "::1")

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "::"))

        def on_connect():
            t.note("remote address", client.remote_address)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="an IPv4 address mapped into IPv6 connects to an IPv4 server and stays IPv6", skip_unless="ipv6")
class MappedAddress:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "::ffff:127.0.0.1"))

        def on_connect():
            t.note("address", client.address())
            t.note("remote address", client.remote_address)
            t.note("remote family", client.remote_family)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="the shorthand 127.1 is no address to Node: it is looked up, and works")
class ShorthandAddress:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.1"))
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="an address in brackets is a name, and reaches the lookup with its brackets")
def BracketsAreLookedUp(t):
    def lookup(hostname, options, callback):
        t.note("hostname", hostname)
        callback(t.error("no such name"))

    client = t.watch("client", t.net.connect(port=80, host="[::1]", lookup=lookup))
    client.on("error", t.callback("error"))


@case(about="a port in hexadecimal, with blanks or a sign is the number it spells")
def PortTexts(t):
    def try_port(text):
        client = t.net.Socket()

        def on_attempt(address, port, family):
            t.note(text, port)
            client.destroy()

        client.on("connectionAttempt", on_attempt)
        client.connect(port=text, host="127.0.0.1")

    for text in ["0x50", " 80 ", "80.0", "8e1", "+80", "0b1010000", "0o120"]:
        try_port(text)


@case(about="port 0 is a port like any other to connect to, and is refused")
def PortZero(t):
    client = t.watch("client", t.net.connect(0, "127.0.0.1"))
    client.on("error", t.callback("error"))


@case(about="connect() again while connecting does not throw: 'error' EALREADY ends the first attempt too")
class ConnectWhileConnecting:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        client.on("error", t.callback("error"))
        client.connect(port, "127.0.0.1", t.callback("first"))
        t.attempt("again", lambda: client.connect(port, "127.0.0.1", t.callback("second")) == client)


@case(about="an address that was read before there is one stays empty until the socket is connected")
class AddressReadTooEarly:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.note("address", client.address())
        client.connect(port, "127.0.0.1")
        client.once("connectionAttempt", lambda: t.immediate(lambda: t.note("address", client.address())))

        def on_error(error):
            # It tells the local end that was read, not the one that the kernel has chosen by now.
            t.note("message", error.message)
            t.note("address", client.address())

        client.on("error", on_error)


@case(
    about="connect() on an accepted socket emits 'connectionAttempt' and fails with EISCONN, which closes it"
)
def ConnectWhenConnected(t):

    def on_connection(peer):
        t.watch("peer", peer)
        port = peer.remote_port
        t.attempt("connect", lambda: peer.connect(port, "127.0.0.1", t.callback("connected")) == peer)
        t.snapshot(peer)

    def on_listening(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("error", lambda error: None)
        client.resume()

    serve_here(t, on_connection, on_listening)


@case(about="destroy() right after connect() lets the attempt not even start")
class DestroyBeforeTheAttempt:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        client.connect(port, "127.0.0.1", t.callback("connected"))
        client.destroy()
        t.snapshot(client)


@case(about="destroy() in 'connectionAttempt' ends the attempt before the system hears of it")
class DestroyInsideTheAttempt:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_attempt():
            client.destroy()
            t.snapshot(client)

        client.on("connectionAttempt", on_attempt)


@case(about="destroy(error) in 'connectionAttemptFailed' puts that error in place of the system's")
class DestroyInsideTheFailure:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("connectionAttemptFailed", lambda *rest: client.destroy(t.error("given up")))
        client.on("error", t.callback("error"))


@case(
    about="destroy() while the kernel connects gives 'connectionAttemptFailed' with ECANCELED and no 'error'"
)
class DestroyWhileTheKernelConnects:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1", t.callback("connected")))
        client.write("lost", t.callback("written"))
        client.once("connectionAttempt", lambda: t.immediate(lambda: client.destroy()))


@case(about="destroy() in 'connect' keeps 'ready' from nobody, and 'close' follows")
class DestroyInsideConnect:
    def server(t):
        serve(t, lambda peer: peer.on("error", lambda error: None))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1", lambda: client.destroy()))
        client.write("lost", t.callback("written"))


@case(about="connect() in 'close' of a refused socket starts a new life that can succeed")
class ConnectAfterRefusal:
    def raw(r):
        r.publish(closed=r.closed_port())

    def server(t, closed):
        accept_one(t)

    def client(t, port, closed):
        client = t.watch("client", t.net.connect(closed, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def again(had_error):
            client.connect(port, "127.0.0.1")
            t.snapshot(client)

        client.once("close", again)
        client.on("ready", lambda: client.end())
        client.resume()


@case(
    about="connect() already in 'error' of a refused socket starts over, and 'close' of the first life still comes"
)
class ConnectInsideError:
    def raw(r):
        r.publish(closed=r.closed_port())

    def server(t, closed):
        accept_one(t)

    def client(t, port, closed):
        client = t.watch("client", t.net.connect(closed, "127.0.0.1"))
        client.once("error", lambda error: client.connect(port, "127.0.0.1"))

        def on_ready():
            t.snapshot(client)
            client.end()
            t.immediate(lambda: client.destroy())

        client.on("ready", on_ready)
        client.resume()


@case(about="an exception in a 'connect' listener is uncaught: later listeners and 'ready' are left out")
class ConnectListenerThrows:
    def server(t):
        accept_one(t)

    def client(t, port):
        t.on_uncaught(lambda error: client.end())
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def throws():
            raise t.error("of the listener")

        client.on("connect", throws)
        client.on("connect", t.callback("later"))
        client.resume()


@case(about="a listener of 'connectionAttempt' that throws leaves the socket connecting for ever")
class AttemptListenerThrows:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_uncaught(error):
            t.note("connecting", client.connecting)
            t.immediate(lambda: again())

        def again():
            t.note("connecting", client.connecting)
            client.remove_all_listeners("connectionAttempt")
            client.destroy()
            t.net.connect(port, "127.0.0.1", lambda: t.exit(0))

        def throws(address, port, family):
            raise t.error("of the listener")

        t.on_uncaught(on_uncaught)
        client.on("connectionAttempt", throws)


@case(about="a path that is a file and no socket is refused with ECONNREFUSED or ENOTSOCK as the kernel says")
def PathIsDirectory(t):
    client = t.watch("client", t.net.connect(t.path(".")))
    client.on("error", t.callback("error"))


@case(
    about="once() of events gives the connected socket's 'connect', and rejects with the error of a refused one"
)
class OnceConnected:
    def raw(r):
        r.publish(closed=r.closed_port())

    def server(t, closed):
        accept_one(t)

    def client(t, port, closed):
        async def main():
            client = t.watch("client", t.net.connect(port, "127.0.0.1"))
            t.note("connected", await t.events.once(client, "connect"))
            client.resume()
            client.end()
            await t.events.once(client, "close")
            refused = t.watch("refused", t.net.connect(closed, "127.0.0.1"))
            await t.events.once(refused, "connect")

        t.on_uncaught(t.callback("uncaught"))
        t.spawn(main())


@case(about="with a path 'connectionAttempt' has the path alone, and comes before connect() returns")
class AttemptOfPath:
    def server(t):
        server = t.net.create_server(lambda peer: peer.resume())
        server.on("connection", lambda peer: server.close())
        server.listen(t.path("attempt.sock"), lambda: t.publish(path=t.path("attempt.sock")))

    def client(t, path):
        client = t.watch("client", t.net.Socket())
        client.connect(path)
        t.note("returned", client.connecting)
        client.on("ready", lambda: client.end())
        client.resume()


@case(
    about="a 'connectionAttempt' listener that destroys the socket makes connect() of a path throw a TypeError"
)
def DestroyInsideTheAttemptOfPath(t):
    client = t.watch("client", t.net.Socket())
    client.on("connectionAttempt", lambda *rest: client.destroy())
    t.attempt("connect", lambda: client.connect(t.path("missing.sock")) == client)


@case(
    about="what a 'connectionAttempt' listener throws comes out of connect() of a path; it stays connecting"
)
def AttemptListenerThrowsForPath(t):
    client = t.watch("client", t.net.Socket())

    def throws(*rest):
        raise t.error("of the listener")

    client.on("connectionAttempt", throws)
    t.attempt("connect", lambda: client.connect(t.path("missing.sock")) == client)
    t.snapshot(client)
    client.destroy()
