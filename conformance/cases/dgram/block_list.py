"""Block lists of a UDP socket: whom it does not send to, connect to or hear."""

from conformance import case


@case(
    about="a send to a blocked address is ERR_IP_BLOCKED for the callback, silent without one",
    skip_unless="node^22.13||>=23.5",
)
class Send:
    def receiver(t):
        receiver = t.watch("receiver", t.dgram.create_socket("udp4"))
        receiver.on("message", lambda message, rinfo: receiver.close())
        receiver.bind(0, "0.0.0.0", lambda: t.publish(port=receiver.address().port))

    def sender(t, port):
        blocked = t.net.BlockList()
        blocked.add_address("127.0.0.5")
        sender = t.watch("sender", t.dgram.create_socket(type="udp4", send_block_list=blocked))
        sender.on("error", t.callback("error"))

        def on_listening():
            t.next_tick(lambda: t.note("queued before", None))
            sender.send("blocked", port, "127.0.0.5", t.callback("blocked"))
            t.next_tick(lambda: t.note("queued after", None))
            sender.send("blocked", port, "127.0.0.5")
            sender.send("allowed", port, "127.0.0.2", t.callback("allowed", lambda: sender.close()))

        sender.bind(0, "127.0.0.1", on_listening)


@case(about="a host name that resolves to a blocked address is blocked", skip_unless="node^22.13||>=23.5")
def SendByName(t):
    blocked = t.net.BlockList()
    blocked.add_subnet("127.0.0.0", 8)
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", send_block_list=blocked))
    socket.send("x", 9, "localhost", t.callback("sent", lambda: socket.close()))


@case(
    about="a connect to a blocked address is ERR_IP_BLOCKED for the callback",
    skip_unless="node^22.13||>=23.5",
)
def ConnectCallback(t):
    blocked = t.net.BlockList()
    blocked.add_address("127.0.0.5")
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", send_block_list=blocked))

    def failed():
        t.attempt("remote_address", lambda: socket.remote_address())
        socket.connect(9, "127.0.0.2", t.callback("allowed", lambda: socket.close()))

    socket.connect(9, "127.0.0.5", t.callback("blocked", failed))


@case(about="a connect to a blocked address without a callback is 'error'", skip_unless="node^22.13||>=23.5")
def ConnectEvent(t):
    blocked = t.net.BlockList()
    blocked.add_range("127.0.0.4", "127.0.0.6")
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", send_block_list=blocked))
    socket.on("error", lambda error: socket.close())
    socket.connect(9, "127.0.0.5")


@case(about="connect_sync() to a blocked address throws ERR_IP_BLOCKED", skip_unless="node^24.19||>=26.4")
def ConnectSync(t):
    blocked = t.net.BlockList()
    blocked.add_address("127.0.0.5")
    socket = t.watch("socket", t.dgram.create_socket(type="udp4", send_block_list=blocked))
    t.attempt("blocked", lambda: socket.connect_sync(9, "127.0.0.5"))
    t.attempt("allowed", lambda: socket.connect_sync(9, "127.0.0.2"))
    t.immediate(lambda: socket.close())


@case(about="datagrams from a blocked sender are dropped silently", skip_unless="node^22.13||>=23.5")
class Receive:
    def receiver(t):
        blocked = t.net.BlockList()
        blocked.add_address("127.0.0.7")
        receiver = t.watch("receiver", t.dgram.create_socket(type="udp4", receive_block_list=blocked))
        receiver.on("message", lambda message, rinfo: receiver.close())
        receiver.bind(0, "127.0.0.1", lambda: t.publish(port=receiver.address().port))

    def sender(t, port):
        first = t.dgram.create_socket("udp4")
        second = t.dgram.create_socket("udp4")

        def from_first():
            first.send("blocked", port, "127.0.0.1", t.callback("blocked", after_first))

        def after_first():
            first.close()
            second.bind(0, "127.0.0.8", from_second)

        def from_second():
            second.send("allowed", port, "127.0.0.1", t.callback("allowed", lambda: second.close()))

        first.bind(0, "127.0.0.7", from_first)


@case(about="an IPv4 rule blocks its mapped form on a udp6 socket", skip_unless="ipv6 node^22.13||>=23.5")
class ReceiveMapped:
    def receiver(t):
        blocked = t.net.BlockList()
        blocked.add_address("127.0.0.1")
        receiver = t.watch("receiver", t.dgram.create_socket(type="udp6", receive_block_list=blocked))
        receiver.on("message", lambda message, rinfo: receiver.close())
        receiver.bind(0, lambda: t.publish(port=receiver.address().port))

    def sender(t, port):
        four = t.dgram.create_socket("udp4")
        six = t.dgram.create_socket("udp6")

        def allowed():
            four.close()
            six.send("allowed", port, "::1", t.callback("allowed", lambda: six.close()))

        four.send("blocked", port, "127.0.0.1", t.callback("blocked", allowed))


@case(about="a list for sending rejects a blocked address of the other family before the system finds it wrong")
def OtherFamily(t):
    block_list = t.net.BlockList()
    block_list.add_address("::1", "ipv6")

    def made():
        return t.dgram.create_socket(type="udp4", send_block_list=block_list)

    at_once = made()
    t.attempt("connect_sync", lambda: at_once.connect_sync(1, "::1"))
    at_once.close()
    connecting = made()
    connecting.connect(1, "::1", t.callback("connect", lambda error: connecting.close()))
    sending = made()
    sending.send("x", 1, "::1", t.callback("send", lambda error: sending.close()))
