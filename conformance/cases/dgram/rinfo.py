"""Datagrams and their rinfo: from where, of which family, how long."""

from conformance import case
from conformance.scenery import receive


@case(about="rinfo tells address, port, family and size of an IPv4 sender")
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


@case(about="an answer to rinfo's address and port reaches the socket that asked")
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


@case(about="a connected sender is seen with the same rinfo, and its send() takes no address")
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


@case(about="offset and length choose the bytes to send, of a string by its UTF-8 bytes")
class OffsetAndLength:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        sender.send("áb cd", 2, 3, port, "127.0.0.1", t.callback("sent", lambda error, size: sender.close()))
