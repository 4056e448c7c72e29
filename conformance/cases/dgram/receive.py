"""'message': the datagram and its rinfo, how many come in a turn, the order around them, what a listener may do."""

from conformance import case
from conformance.scenery import receive, socket_of


def find_link_local():
    """A link-local address of this machine with its zone; ::1 where there is none."""
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as table:
            lines = table.read().splitlines()
    except OSError:
        return "::1"
    for line in lines:
        digits, _, _, scope, _, interface = line.split()
        if scope == "20":
            return ":".join(digits[at : at + 4] for at in range(0, 32, 4)) + "%" + interface
    return "::1"


LINK_LOCAL = find_link_local()


def burst(t, count):
    """A connected sender that sends ``count`` datagrams in one go; the receiver runs in the same process."""
    receiver = t.dgram.create_socket("udp4")
    sender = t.dgram.create_socket("udp4")

    def send():
        for number in range(count):
            sender.send(f"{number}")
        sender.close()

    receiver.bind(0, "127.0.0.1", lambda: sender.connect(receiver.address().port, "127.0.0.1", send))
    return receiver


@case(about="several datagrams come in one turn; ticks and microtasks run between them, immediates after all")
def SeveralPerTurn(t):
    receiver = t.watch("receiver", burst(t, 4))

    def on_message(message, rinfo):
        name = message.decode()
        t.next_tick(lambda: t.note("tick", name))
        t.microtask(lambda: t.note("microtask", name))
        t.immediate(lambda: t.note("immediate", name))
        if name == "3":
            receiver.close()

    receiver.on("message", on_message)


@case(about="at most 32 datagrams come in one turn of the loop")
def AtMostThirtyTwo(t):
    receiver = burst(t, 70)
    turn = []

    def on_message(message, rinfo):
        if len(turn) == 0:
            t.immediate(end_of_turn)
        turn.append(message)
        if message == b"69":
            receiver.close()

    def end_of_turn():
        t.note("datagrams in this turn", len(turn))
        for _number in range(len(turn)):
            turn.pop()

    receiver.on("message", on_message)


@case(about="close() inside 'message' stops the datagrams that wait behind it")
def CloseInside(t):
    receiver = t.watch("receiver", burst(t, 4))

    def on_message(message, rinfo):
        if message == b"1":
            receiver.close()

    receiver.on("message", on_message)


@case(about="an exception in 'message' is uncaught, and the ticks of every datagram and the next one still come")
def ListenerRaises(t):
    receiver = t.watch("receiver", burst(t, 3))

    def on_message(message, rinfo):
        name = message.decode()
        t.next_tick(lambda: t.note("tick", name))
        t.microtask(lambda: t.note("microtask", name))
        if name == "2":
            receiver.close()
        if name == "1":
            raise t.error("from the listener")

    t.on_uncaught(lambda error: t.note("uncaught", error))
    receiver.on("message", on_message)


@case(about="datagrams without a 'message' listener are lost, later ones are heard")
def NoListener(t):
    receiver = t.watch("receiver", t.dgram.create_socket("udp4"))
    sender = t.dgram.create_socket("udp4")

    def listen():
        receiver.on("message", lambda message, rinfo: receiver.close())
        sender.send("heard", receiver.address().port, "127.0.0.1", lambda: sender.close())

    def bound():
        sender.send("lost", receiver.address().port, "127.0.0.1", lambda: t.timeout(20, listen))

    receiver.bind(0, "127.0.0.1", bound)


@case(about="each of several 'message' listeners gets the datagram")
def SeveralListeners(t):
    receiver = burst(t, 1)
    receiver.on("message", t.callback("first"))
    receiver.once("message", t.callback("once"))
    receiver.prepend_listener("message", t.callback("prepended"))
    receiver.on("message", lambda: receiver.close())


@case(about="a listener may send: both ends in one process echo in order")
def Echo(t):
    server = t.watch("server", t.dgram.create_socket("udp4"))
    client = t.watch("client", t.dgram.create_socket("udp4"))
    seen = []

    def on_answer(message, rinfo):
        seen.append(message)
        if len(seen) == 3:
            client.close()
            server.close()
        else:
            client.send(f"{len(seen)}", rinfo.port, rinfo.address)

    server.on(
        "message", lambda message, rinfo: server.send(message, rinfo.port, rinfo.address, t.callback("sent"))
    )
    client.on("message", on_answer)
    server.bind(0, "127.0.0.1", lambda: client.send("0", server.address().port, "127.0.0.1"))


@case(about="a datagram from a plain socket arrives with its bytes and its sender")
class FromPlainSocket:
    def receiver(t):
        receiver = t.watch("receiver", t.dgram.create_socket("udp4"))

        def on_message(message, rinfo):
            receiver.send(
                [b"got ", message], rinfo.port, rinfo.address, t.callback("sent", lambda: receiver.close())
            )

        receiver.on("message", on_message)
        receiver.bind(0, "127.0.0.1", lambda: t.publish(port=receiver.address().port))

    def raw(r, port):
        peer = r.udp()
        peer.send(b"plain", port=port)
        peer.recv(100)


@case(about="each message is a buffer of its own, which later datagrams do not change")
def MessagesAreCopies(t):
    receiver = burst(t, 3)
    kept = []

    def on_message(message, rinfo):
        kept.append(message)
        if len(kept) == 3:
            t.note("messages", kept)
            receiver.close()

    receiver.on("message", on_message)


@case(about="a link-local sender has its zone in rinfo, as both ends have in address()", skip_unless="ipv6")
class LinkLocal:
    def receiver(t):
        receiver = t.watch("receiver", t.dgram.create_socket("udp6"))
        receiver.on("message", lambda message, rinfo: receiver.close())

        def on_listening():
            t.note("address", receiver.address())
            t.publish(port=receiver.address().port)

        receiver.bind(0, LINK_LOCAL, on_listening)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp6"))

        def on_connect():
            t.note("peer", sender.remote_address())
            t.note("local address", sender.address())
            sender.send("connected", t.callback("sent", lambda error, size: sender.close()))

        sender.connect(port, LINK_LOCAL, on_connect)


@case(about="a datagram sent to a link-local address arrives from one, with the zone", skip_unless="ipv6")
class LinkLocalUnconnected:
    def receiver(t):
        receiver = t.watch("receiver", t.dgram.create_socket("udp6"))
        receiver.on("message", lambda message, rinfo: receiver.close())
        receiver.bind(0, lambda: t.publish(port=receiver.address().port))

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp6"))
        sender.send("hello", port, LINK_LOCAL, t.callback("sent", lambda error, size: sender.close()))


@case(about="rinfo has address, port, family and size of an IPv4 sender")
class Ipv4:
    def receiver(t):
        receiver = t.watch("receiver", t.dgram.create_socket("udp4"))

        def on_message(message, rinfo):
            t.note("family", rinfo.family)
            t.note("size", rinfo.size)
            receiver.close()

        receiver.on("message", on_message)

        def on_listening():
            t.note("address", receiver.address())
            t.publish(port=receiver.address().port)

        receiver.bind(0, "127.0.0.1", on_listening)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))
        sender.send("hello", port, "127.0.0.1", t.callback("sent", lambda error, size: sender.close()))


@case(about="rinfo of an IPv6 sender has the family 'IPv6'", skip_unless="ipv6")
class Ipv6:
    def receiver(t):
        receiver = t.watch("receiver", t.dgram.create_socket("udp6"))
        receiver.on("message", lambda message, rinfo: receiver.close())

        def on_listening():
            t.note("address", receiver.address())
            t.publish(port=receiver.address().port)

        receiver.bind(0, "::1", on_listening)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp6"))
        sender.send("hello", port, "::1", t.callback("sent", lambda error, size: sender.close()))


@case(about="a udp6 socket on :: sees an IPv4 sender with a mapped address", skip_unless="ipv6")
class MappedIpv4:
    def receiver(t):
        receiver = t.watch("receiver", t.dgram.create_socket("udp6"))
        receiver.on("message", lambda message, rinfo: receiver.close())
        receiver.bind(0, lambda: t.publish(port=receiver.address().port))

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        sender.send("hello", port, "127.0.0.1", t.callback("sent", lambda error, size: sender.close()))


@case(about="an empty datagram arrives as no bytes with rinfo.size 0")
class EmptyDatagram:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        sender.send(b"", port, "127.0.0.1", t.callback("sent", lambda error, size: sender.close()))


@case(about="rinfo.size and the send callback count bytes, not characters")
class SizeCountsBytes:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        sender.send(
            "žluťoučký kůň", port, "127.0.0.1", t.callback("sent", lambda error, size: sender.close())
        )


@case(about="the largest datagram that IPv4 can carry arrives whole")
class LargestDatagram:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        sender.send(b"u" * 65507, port, "127.0.0.1", t.callback("sent", lambda error, size: sender.close()))


@case(about="rinfo has the source address that the sender is bound to")
class BoundSender:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))

        def on_listening():
            t.note("address", sender.address().address)
            sender.send("hello", port, "127.0.0.1", t.callback("sent", lambda error, size: sender.close()))

        sender.bind(0, "127.0.0.9", on_listening)


@case(about="an answer to rinfo's address and port reaches the socket that asked, which never bound itself")
class AnswerToSender:
    def server(t):
        server = t.watch("server", t.dgram.create_socket("udp4"))

        def on_message(message, rinfo):
            answer = b"you said " + message
            server.send(
                answer, rinfo.port, rinfo.address, t.callback("sent", lambda error, size: server.close())
            )

        server.on("message", on_message)
        server.bind(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.dgram.create_socket("udp4"))

        def on_message(message, rinfo):
            t.note("from the server", rinfo.port == port)
            client.close()

        client.on("message", on_message)
        client.send("hello", port, "127.0.0.1")


@case(about="every datagram keeps its own bounds, order and rinfo.size")
class SeveralDatagrams:
    def receiver(t):
        receiver = t.watch("receiver", t.dgram.create_socket("udp4"))
        seen = []

        def on_message(message, rinfo):
            seen.append(rinfo.size)
            if len(seen) == 5:
                t.note("sizes", seen)
                receiver.close()

        receiver.on("message", on_message)
        receiver.bind(0, "127.0.0.1", lambda: t.publish(port=receiver.address().port))

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")

        def send(number):
            if number == 5:
                sender.close()
            else:
                after = t.callback("sent", lambda error, size: send(number + 1))
                sender.send(b"m" * number, port, "127.0.0.1", after)

        send(0)


@case(about="a datagram of a connected sender has the same rinfo, and its send() takes no address")
class ConnectedSender:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))

        def on_connect():
            t.note("remote address", sender.remote_address())
            sender.send("hello", t.callback("sent", lambda error, size: sender.close()))

        sender.connect(port, "127.0.0.1", on_connect)


@case(about="both ends in one process: the send callback runs before the receiver's 'message'")
def OneProcess(t):
    receiver = t.watch("receiver", t.dgram.create_socket("udp4"))
    sender = t.watch("sender", t.dgram.create_socket("udp4"))

    def on_message(message, rinfo):
        t.note("from the sender", rinfo.port == sender.address().port)
        sender.close()
        receiver.close()

    receiver.on("message", on_message)

    def on_listening():
        sender.send([b"one ", "two ", b"three"], receiver.address().port, "127.0.0.1", t.callback("sent"))

    receiver.bind(0, "127.0.0.1", on_listening)


@case(about="bind(), a datagram to itself and close() go in Node's steps")
def OwnDatagram(t):
    socket = socket_of(t, "socket", {})
    socket.on("message", lambda message, sender: socket.close(t.callback("closed")))

    def bound():
        socket.send("x", socket.address().port, "127.0.0.1", t.callback("sent"))
        t.note("queue", [socket.get_send_queue_size(), socket.get_send_queue_count()])

    socket.once("listening", bound)
    socket.bind(0, "127.0.0.1")
    t.snapshot(socket)
