"""send() and sendto(): their forms, what is sent, the tick of their callbacks, the implicit bind and its queue."""

from conformance import case
from conformance.scenery import receive


def send_each(t, sender, forms):
    """Send the argument lists of ``forms`` one after the other, each when the one before is sent, then close."""

    def step(number):
        if number == len(forms):
            sender.close()
        else:
            sender.send(*forms[number], t.callback("sent", lambda error, size: step(number + 1)))

    step(0)


@case(about="an unbound socket binds itself on its first send; 'listening', then the callbacks, in order")
class ImplicitBind:
    def receiver(t):
        receive(t, 3)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))
        t.next_tick(lambda: t.note("queued before", None))
        sender.send("one", port, "127.0.0.1", t.callback("sent"))
        sender.send("two", port, "127.0.0.1", t.callback("sent"))
        sender.send("three", port, "127.0.0.1", t.callback("sent", lambda error, size: sender.close()))
        t.note("queue size", sender.get_send_queue_size())
        t.note("queue count", sender.get_send_queue_count())
        t.attempt("address", lambda: sender.address())
        t.attempt("bind", lambda: sender.bind(0))
        t.next_tick(lambda: t.note("queued after", None))
        t.microtask(lambda: t.note("microtask", None))


@case(about="sends while bind() is pending wait for it and go out in order")
class WhileBinding:
    def receiver(t):
        receive(t, 2)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))
        sender.bind(0, "127.0.0.1", t.callback("bound"))
        sender.send("one", port, "127.0.0.1", t.callback("sent"))
        sender.send("two", port, "127.0.0.1", t.callback("sent", lambda error, size: sender.close()))


@case(about="what a 'listening' listener sends goes out before the queued sends")
class FromListening:
    def receiver(t):
        receive(t, 2)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))
        sender.on(
            "listening", lambda: sender.send("second", port, "127.0.0.1", t.callback("from the listener"))
        )
        sender.send("first", port, "127.0.0.1", t.callback("queued", lambda: sender.close()))


@case(
    about="the callback of a direct send gets null and the size, after ticks queued after the call, before microtasks"
)
class CallbackOrder:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))

        def sent():
            t.next_tick(lambda: t.note("tick of the callback", None))
            t.immediate(lambda: sender.close())

        def send():
            t.next_tick(lambda: t.note("queued before", None))
            t.note("returns", sender.send("hello", port, "127.0.0.1", t.callback("sent", sent)))
            t.note("queue size", sender.get_send_queue_size())
            t.note("queue count", sender.get_send_queue_count())
            t.next_tick(lambda: t.next_tick(lambda: t.note("tick of a tick queued after", None)))
            t.next_tick(lambda: t.note("queued after", None))
            t.microtask(lambda: t.note("microtask", None))

        sender.bind(0, "127.0.0.1", lambda: t.immediate(send))


@case(about="a host name is looked up; the datagram arrives")
class HostName:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))
        sender.send("hello", port, "localhost", t.callback("sent", lambda error, size: sender.close()))


@case(about="without an address, with null or '', a datagram goes to this host")
class NoAddress:
    def receiver(t):
        receive(t, 3)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        send_each(t, sender, [["none", port], ["null", port, None], ["empty", port, ""]])


@case(about="a port may be text, decimal or hexadecimal")
class PortAsText:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        send_each(t, sender, [["text", f"{port}", "127.0.0.1"]])


@case(about="offset and length are coerced to integers and choose bytes, of a string its UTF-8 bytes")
class OffsetAndLength:
    def receiver(t):
        receive(t, 9)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        forms = [
            ["hello", 0, 2, port],
            ["hello", 1, 2, port, "127.0.0.1"],
            [b"hello", 5, 0, port],
            ["hello", "1", "2", port],
            ["hello", 1.5, 2.7, port],
            ["hello", None, 3, port],
            ["hello", True, 3, port],
            ["hello", float("nan"), 2, port],
            ["áb cd", 2, 3, port, "127.0.0.1"],
        ]
        send_each(t, sender, forms)


@case(about="a list of messages is one datagram; an empty list is an empty one")
class Lists:
    def receiver(t):
        receive(t, 4)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        forms = [
            [["a", b"bc", "d"], port],
            [[], port],
            [["", ""], port, "127.0.0.1"],
            [[b"\x00\xff", "é"], port],
        ]
        send_each(t, sender, forms)


@case(about="bytes of any value and empty messages pass unchanged")
class AnyBytes:
    def receiver(t):
        receive(t, 4)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        send_each(t, sender, [[b"\x00\x01\xfe\xff", port], [b"", port], ["", port], ["", 0, 0, port]])


@case(about="offset and length outside of the message are ERR_BUFFER_OUT_OF_BOUNDS")
def OutOfBounds(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("offset too large", lambda: socket.send("hello", 6, 0, 9))
    t.attempt("offset negative", lambda: socket.send("hello", -1, 2, 9))
    t.attempt("length too large", lambda: socket.send("hello", 0, 6, 9))
    t.attempt("length negative", lambda: socket.send("hello", 0, -1, 9))
    t.attempt("both together", lambda: socket.send("hello", 3, 3, 9))
    t.attempt("bytes, not characters", lambda: socket.send("é", 2, 1, 9))
    t.attempt("an address in third place", lambda: socket.send("x", 9, "127.0.0.1", 5))
    t.attempt("nothing was bound", lambda: socket.address())
    socket.close()


@case(about="a message that is neither text nor bytes is ERR_INVALID_ARG_TYPE")
def BadMessage(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("nothing", lambda: socket.send())
    for message in [None, 5, True, {}, lambda: None]:
        t.attempt("short form", lambda: socket.send(message, 9))
        t.attempt("long form", lambda: socket.send(message, 0, 1, 9))
    t.attempt("a list in the long form", lambda: socket.send(["abc"], 0, 1, 9))
    socket.close()


@case(about="a list with anything else in it is ERR_INVALID_ARG_TYPE about the list")
def BadList(t):
    socket = t.dgram.create_socket("udp4")
    for message in [["a", 5], ["a", ["b"]], [None], [{}]]:
        t.attempt("send", lambda: socket.send(message, 9))
    socket.close()


@case(about="a port of send() outside of 1 to 65535 is ERR_SOCKET_BAD_PORT")
def BadPort(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("none", lambda: socket.send("x"))
    for port in [0, -1, 65536, 1.5, None, {}, "abc", "", True]:
        t.attempt("short form", lambda: socket.send("x", port))
    t.attempt("long form", lambda: socket.send("x", 0, 1, 70000))
    t.attempt("two numbers only", lambda: socket.send("x", 0, 1))
    socket.close()


@case(about="an address of send() that is not a string is ERR_INVALID_ARG_TYPE")
def BadAddress(t):
    socket = t.dgram.create_socket("udp4")
    for address in [5, True, False, 0]:
        t.attempt("send", lambda: socket.send("x", 9, address))
    t.attempt("object", lambda: socket.send("x", 9, {"a": 1}))
    socket.close()


@case(about="the checks come in Node's order: bounds, message, port, address, closed")
def OrderOfChecks(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("all wrong", lambda: socket.send(5, 0, 5, 70000, 5))
    t.attempt("message right", lambda: socket.send("x", 0, 5, 70000, 5))
    t.attempt("bounds right", lambda: socket.send("x", 0, 1, 70000, 5))
    t.attempt("port right", lambda: socket.send("x", 0, 1, 9, 5))
    socket.close()
    t.attempt("closed, all wrong", lambda: socket.send(5, 0, 5, 70000, 5))
    t.attempt("closed, port wrong", lambda: socket.send("x", 0, 1, 70000, 5))
    t.attempt("closed, address wrong", lambda: socket.send("x", 0, 1, 9, 5))
    t.attempt("closed", lambda: socket.send("x", 0, 1, 9, "127.0.0.1"))


@case(about="a callback of send() that is not a function is ignored")
class CallbackNoFunction:
    def receiver(t):
        receive(t, 2)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")
        sender.send("one", 0, 3, port, "127.0.0.1", 5)
        sender.send("two", 0, 3, port, "127.0.0.1", t.callback("sent", lambda error, size: sender.close()))


@case(about="sendto() checks the types of offset, length, port, address in this order")
def SendtoValidation(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("nothing", lambda: socket.sendto())
    t.attempt("no offset", lambda: socket.sendto("x"))
    t.attempt("no length", lambda: socket.sendto("x", 0))
    t.attempt("no port", lambda: socket.sendto("x", 0, 1))
    t.attempt("no address", lambda: socket.sendto("x", 0, 1, 9))
    t.attempt("offset as text", lambda: socket.sendto("x", "0", 1, 9, "127.0.0.1"))
    t.attempt("length null", lambda: socket.sendto("x", 0, None, 9, "127.0.0.1"))
    t.attempt("port as text", lambda: socket.sendto("x", 0, 1, "9", "127.0.0.1"))
    t.attempt("address null", lambda: socket.sendto("x", 0, 1, 9, None))
    t.attempt("port 0", lambda: socket.sendto("x", 0, 1, 0, "127.0.0.1"))
    t.attempt("bounds", lambda: socket.sendto("x", 9, 1, 9, "127.0.0.1"))
    t.attempt("message", lambda: socket.sendto(5, 0, 1, 9, "127.0.0.1"))
    socket.close()


@case(about="sendto() sends what send() would")
class Sendto:
    def receiver(t):
        receive(t, 1)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))
        after = t.callback("sent", lambda error, size: sender.close())
        t.note("returns", sender.sendto("hello", 1, 3, port, "127.0.0.1", after))


@case(about="a datagram too long is EMSGSIZE for the callback, with the address as it was given")
def TooLong(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    message = b"x" * 65508

    def first():
        socket.send(message, 9, "127.0.0.1", t.callback("address", lambda error: second()))

    def second():
        socket.send(message, 9, None, t.callback("null", lambda error: third()))

    def third():
        socket.send(message, 9, t.callback("none", lambda error: fourth()))

    def fourth():
        socket.send(message, 9, "localhost", t.callback("name", lambda error: socket.close()))

    socket.bind(0, "127.0.0.1", first)


@case(about="a failed send without a callback is silent")
def FailureWithoutCallback(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.on("error", t.callback("error"))
    socket.send(b"x" * 65508, 9, "127.0.0.1")
    socket.send("x", 9, "::1")
    socket.send("x", 9, "127.0.0.1", t.callback("sent", lambda: socket.close()))


@case(about="an IPv6 literal on a udp4 socket is EINVAL for the callback")
def WrongFamily(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.send("x", 9, "::1", t.callback("sent", lambda error: socket.close()))


@case(about="an IPv4 literal on a udp6 socket is EINVAL for the callback", skip_unless="ipv6")
def WrongFamilyUdp6(t):
    socket = t.watch("socket", t.dgram.create_socket("udp6"))
    socket.send("x", 9, "127.0.0.1", t.callback("sent", lambda error: socket.close()))


@case(about="a broadcast without set_broadcast is EACCES for the callback")
def BroadcastRefused(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.send("x", 9, "255.255.255.255", t.callback("sent", lambda error: socket.close()))


@case(about="an unknown host is the lookup's error for the callback")
def UnknownHost(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.send("x", 9, "does-not-exist.invalid", t.callback("sent", lambda error: socket.close()))


@case(about="an unknown host without a callback is 'error'")
def UnknownHostWithoutCallback(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.on("error", lambda error: socket.close())
    socket.send("x", 9, "does-not-exist.invalid")


@case(about="a send to a host name may leave after later sends to literals")
class NameAfterLiteral:
    def receiver(t):
        receive(t, 2)

    def sender(t, port):
        sender = t.dgram.create_socket("udp4")

        def send():
            sender.send(
                "by name", port, "localhost", t.callback("by name", lambda error, size: sender.close())
            )
            sender.send("by literal", port, "127.0.0.1", t.callback("by literal"))

        sender.bind(0, "127.0.0.1", send)


@case(about="sends to a port where nobody listens never fail on a socket that is not connected")
def NobodyListens(t):
    gone = t.dgram.create_socket("udp4")
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def send():
        port = gone.address().port
        gone.close()
        socket.send("one", port, "127.0.0.1", t.callback("sent"))
        t.timeout(20, lambda: socket.send("two", port, "127.0.0.1", t.callback("sent")))
        t.timeout(40, lambda: socket.close())

    gone.bind(0, "127.0.0.1", send)


@case(about="a failed implicit bind is 'error' and forgets what was queued; the next send binds again")
def ImplicitBindFails(t):
    calls = []

    def lookup(host, family, callback):
        calls.append(host)
        if len(calls) == 1:
            t.next_tick(lambda: callback(t.error("no address")))
        else:
            t.next_tick(lambda: callback(None, host))

    socket = t.watch("socket", t.dgram.create_socket(type="udp4", lookup=lookup))

    def on_error(error):
        t.attempt("close is not queued", lambda: socket.address())
        socket.send("two", 9, "127.0.0.1", t.callback("sent two", lambda: socket.close()))

    socket.on("error", on_error)
    socket.send("one", 9, "127.0.0.1", t.callback("sent one"))


@case(about="queued sends add one listener of 'listening', which the bind removes")
def QueueListeners(t):
    socket = t.dgram.create_socket("udp4")
    t.note("before", socket.listener_count("listening"))
    socket.send("x", 9, "127.0.0.1")
    socket.send("x", 9, "127.0.0.1")
    t.note("queued", socket.listener_count("listening"))

    def later():
        t.note("after", socket.listener_count("listening"))
        socket.close()

    t.immediate(later)


@case(about="an IPv6 datagram with every form of address arrives", skip_unless="ipv6")
class Ipv6:
    def receiver(t):
        receiver = t.watch("receiver", t.dgram.create_socket("udp6"))
        seen = []

        def on_message(message, rinfo):
            seen.append(rinfo.size)
            if len(seen) == 3:
                receiver.close()

        receiver.on("message", on_message)
        receiver.bind(0, "::", lambda: t.publish(port=receiver.address().port))

    def sender(t, port):
        sender = t.dgram.create_socket("udp6")
        send_each(
            t, sender, [["none", port], ["loopback", port, "::1"], ["mapped", port, "::ffff:127.0.0.1"]]
        )


@case(about="a send() while the queue behind a bind is run goes where Node puts it")
def SentWhileQueueRuns(t):
    seen = [0]

    def gone(event, listener):
        seen[0] += 1
        if seen[0] == 2:
            socket.send("y", 9, "127.0.0.1", t.callback("second"))
        t.note("listeners", [socket.listener_count("listening"), len(socket.event_names())])

    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    socket.on("removeListener", gone)
    socket.bind(0, "127.0.0.1")
    socket.send("x", 9, "127.0.0.1", t.callback("first"))
    socket.emit("listening")
    t.note("listeners", [socket.listener_count("listening"), len(socket.event_names())])
    socket.once("listening", lambda: t.immediate(lambda: t.immediate(lambda: socket.close())))
