"""What a socket emits and what state it is in when it cannot connect."""

from conformance import case
from conformance.scenery import SOCKET, client_to, closely


@case(about="a refused connection emits one 'error' with the address and port, then 'close' with true")
def Refused(t):
    server = t.net.create_server()

    def on_listening():
        port = server.address().port
        server.close(lambda: connect(port))

    def connect(port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_error(error):
            t.snapshot(client)
            t.next_tick(lambda: t.note("tick", None))
            t.immediate(lambda: t.note("immediate", None))

        client.on("error", on_error)

    server.listen(0, "127.0.0.1", on_listening)


@case(about="a refused IPv6 connection names its address without brackets", skip_unless="ipv6")
def RefusedIpv6(t):
    server = t.net.create_server()

    def on_listening():
        port = server.address().port
        server.close(lambda: connect(port))

    def connect(port):
        client = t.watch("client", t.net.connect(port, "::1"))
        client.on("error", t.callback("error"))

    server.listen(0, "::1", on_listening)


@case(about="connecting to a missing path fails with ENOENT and below a socket with ENOTDIR; the error has the path")
def MissingPath(t):
    for name in ["missing.sock", "missing/server.sock"]:
        client = t.watch(name, t.net.connect(t.path(name)))
        client.on("error", t.callback("error"))
    server = t.net.create_server()
    path = t.path("plain.sock")

    def on_listening():
        below = t.watch("below", t.net.connect(path + "/x"))
        below.on("error", t.callback("below", lambda: server.close()))

    server.listen(path, on_listening)


@case(about="connect() to a host name that cannot be resolved emits 'lookup' and 'error', both with ENOTFOUND")
def HostNotFound(t):
    client = t.watch("client", t.net.connect(port=80, host="no..host"))
    client.on("error", t.callback("error"))
    t.note("state", client.ready_state)


@case(about="in 'error' of a refused connection the socket is already closed")
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


@case(about="a refused connection fails the first waiting write as closed, the others and end() as refused")
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


@case(about="an address that cannot be connected to fails at once, with the local end in the error")
def RefusedAtOnce(t):
    client = t.watch("client", t.net.connect(port=80, host="127.255.255.255"))
    client.on("error", lambda error: t.snapshot(client))


@case(
    about="the error of an IPv6 address that fails at once has :: and port 0 as the local end",
    skip_unless="ipv6",
)
def RefusedAtOnceIpv6(t):
    client = t.watch("client", t.net.connect(port=80, host="ff01::1"))
    client.on("error", lambda error: t.snapshot(client))


@case(about="connecting to port 0 is refused like any other port that nobody listens on")
def PortZero(t):
    client = t.watch("client", t.net.connect(0, "127.0.0.1"))
    client.on("error", t.callback("error"))


@case(about="connecting to a path that is not a socket fails with ECONNREFUSED or ENOTSOCK")
def PathIsDirectory(t):
    client = t.watch("client", t.net.connect(t.path(".")))
    client.on("error", t.callback("error"))


@case(about="a refused connection fails step by step as in Node")
def RefusedSteps(t):
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
