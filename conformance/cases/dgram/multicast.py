"""Multicast groups: joining, leaving, source-specific membership, and datagrams to a group over loopback."""

from conformance import case


@case(about="no group at all is ERR_MISSING_ARGS")
def GroupMissing(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("add", lambda: socket.add_membership())
    t.attempt("drop", lambda: socket.drop_membership())
    for group in ["", None, 0, False]:
        t.attempt("add", lambda: socket.add_membership(group))
        t.attempt("drop", lambda: socket.drop_membership(group))
    socket.close()


@case(about="a group that is not a multicast address is EINVAL with the method as syscall")
def GroupInvalid(t):
    socket = t.dgram.create_socket("udp4")
    for group in [5, "x", "127.0.0.1", "224.0.0", "ff02::1%lo%lo"]:
        t.attempt("add", lambda: socket.add_membership(group, "127.0.0.1"))
    for group in [5, "x"]:
        t.attempt("drop", lambda: socket.drop_membership(group, "127.0.0.1"))
    socket.close()


@case(about="an interface that is not an address, or not one of this machine, is an error")
def InterfaceInvalid(t):
    socket = t.dgram.create_socket("udp4")
    for interface in ["x", "", 5, "::1", "203.0.113.7"]:
        t.attempt("add", lambda: socket.add_membership("224.0.0.116", interface))
    socket.close()


@case(about="joining twice is EADDRINUSE, leaving twice EADDRNOTAVAIL")
def Twice(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.attempt("add", lambda: socket.add_membership("224.0.0.114", "127.0.0.1"))
        t.attempt("add again", lambda: socket.add_membership("224.0.0.114", "127.0.0.1"))
        t.attempt("drop", lambda: socket.drop_membership("224.0.0.114", "127.0.0.1"))
        t.attempt("drop again", lambda: socket.drop_membership("224.0.0.114", "127.0.0.1"))
        socket.close()

    socket.bind(0, "127.0.0.1", on_listening)


@case(
    about="joining binds the handle of an unbound socket, without 'listening'; bind() then is 'error' EINVAL"
)
def JoinUnbound(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.attempt("address", lambda: socket.address())
    t.attempt("add", lambda: socket.add_membership("224.0.0.114", "127.0.0.1"))
    t.attempt("has a port", lambda: socket.address().port > 0)
    socket.on("error", lambda error: socket.close())
    t.immediate(lambda: socket.bind(0))


@case(about="joining a group that is not an address does not bind the socket")
def JoinInvalidUnbound(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))
    t.attempt("add", lambda: socket.add_membership("x"))
    t.attempt("address", lambda: socket.address())
    socket.bind(0, "127.0.0.1", lambda: socket.close())


@case(about="a udp4 socket joins no IPv6 group")
def WrongFamily(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("add", lambda: socket.add_membership("224.0.0.114", "127.0.0.1"))
    for group in ["ff02::1", "ff02::1%lo"]:
        t.attempt("add", lambda: socket.add_membership(group))
        t.attempt("drop", lambda: socket.drop_membership(group))
    t.attempt("with an interface", lambda: socket.add_membership("ff02::2", "::1"))
    socket.close()


@case(
    about="a udp6 socket joins IPv6 groups, on an interface by its zone, and IPv4 groups too",
    skip_unless="ipv6",
)
def JoinUdp6(t):
    socket = t.watch("socket", t.dgram.create_socket("udp6"))

    def on_listening():
        t.attempt("add", lambda: socket.add_membership("ff02::3", "::%lo"))
        t.attempt("add again", lambda: socket.add_membership("ff02::3", "::%lo"))
        t.attempt("drop", lambda: socket.drop_membership("ff02::3", "::%lo"))
        t.attempt("drop again", lambda: socket.drop_membership("ff02::3", "::%lo"))
        t.attempt("IPv4", lambda: socket.add_membership("224.0.0.115", "127.0.0.1"))
        t.attempt("IPv4 with an IPv6 interface", lambda: socket.add_membership("224.0.0.118", "::1"))
        t.attempt("IPv6 unicast", lambda: socket.add_membership("::1"))
        socket.close()

    socket.bind(0, on_listening)


@case(about="source and group of a source-specific membership are checked to be text, the source first")
def SourceTypes(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("add", lambda: socket.add_source_specific_membership())
    t.attempt("drop", lambda: socket.drop_source_specific_membership())
    for value in [5, None, True, {}]:
        t.attempt("add, source", lambda: socket.add_source_specific_membership(value, 5))
        t.attempt("add, group", lambda: socket.add_source_specific_membership("127.0.0.1", value))
        t.attempt("drop, source", lambda: socket.drop_source_specific_membership(value, 5))
        t.attempt("drop, group", lambda: socket.drop_source_specific_membership("127.0.0.1", value))
    socket.close()


@case(about="a source-specific membership twice is EADDRNOTAVAIL, dropped twice EINVAL")
def SourceTwice(t):
    socket = t.watch("socket", t.dgram.create_socket("udp4"))

    def on_listening():
        t.attempt("add", lambda: socket.add_source_specific_membership("127.0.0.1", "232.1.1.1", "127.0.0.1"))
        t.attempt(
            "add again", lambda: socket.add_source_specific_membership("127.0.0.1", "232.1.1.1", "127.0.0.1")
        )
        t.attempt(
            "drop", lambda: socket.drop_source_specific_membership("127.0.0.1", "232.1.1.1", "127.0.0.1")
        )
        t.attempt(
            "drop again",
            lambda: socket.drop_source_specific_membership("127.0.0.1", "232.1.1.1", "127.0.0.1"),
        )
        socket.close()

    socket.bind(0, "127.0.0.1", on_listening)


@case(about="source, group or interface that are no addresses are EINVAL")
def SourceInvalid(t):
    socket = t.dgram.create_socket("udp4")
    t.attempt("source", lambda: socket.add_source_specific_membership("x", "232.1.1.1", "127.0.0.1"))
    t.attempt("source empty", lambda: socket.add_source_specific_membership("", "232.1.1.1", "127.0.0.1"))
    t.attempt("group", lambda: socket.add_source_specific_membership("127.0.0.1", "x", "127.0.0.1"))
    t.attempt("group empty", lambda: socket.add_source_specific_membership("127.0.0.1", "", "127.0.0.1"))
    t.attempt(
        "group unicast", lambda: socket.add_source_specific_membership("127.0.0.1", "127.0.0.1", "127.0.0.1")
    )
    t.attempt("interface", lambda: socket.add_source_specific_membership("127.0.0.1", "232.1.1.1", "x"))
    t.attempt(
        "interface a number", lambda: socket.add_source_specific_membership("127.0.0.1", "232.1.1.1", 5)
    )
    t.attempt("IPv6", lambda: socket.add_source_specific_membership("::1", "ff3e::1234"))
    socket.close()


@case(about="a udp6 socket joins source-specific IPv6 groups", skip_unless="ipv6")
def SourceUdp6(t):
    socket = t.watch("socket", t.dgram.create_socket("udp6"))

    def on_listening():
        t.attempt("add", lambda: socket.add_source_specific_membership("::1", "ff3e::1234", "::%lo"))
        t.attempt("add again", lambda: socket.add_source_specific_membership("::1", "ff3e::1234", "::%lo"))
        t.attempt("drop", lambda: socket.drop_source_specific_membership("::1", "ff3e::1234", "::%lo"))
        t.attempt("drop again", lambda: socket.drop_source_specific_membership("::1", "ff3e::1234", "::%lo"))
        t.attempt("source invalid", lambda: socket.add_source_specific_membership("x", "ff3e::1234", "::%lo"))
        socket.close()

    socket.bind(0, on_listening)


@case(about="a member of a group receives what is sent to it")
class MemberHears:
    def member(t):
        member = t.watch("member", t.dgram.create_socket("udp4"))
        member.on("message", lambda message, rinfo: member.close())

        def on_listening():
            t.note("join", member.add_membership("239.7.7.1", "127.0.0.1"))
            t.publish(port=member.address().port)

        member.bind(0, on_listening)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))

        def on_listening():
            sender.set_multicast_interface("127.0.0.1")
            sender.send(
                "to the group", port, "239.7.7.1", t.callback("sent", lambda error, size: sender.close())
            )

        sender.bind(0, "127.0.0.1", on_listening)


@case(about="a socket that has left a group no longer receives what is sent to it")
class LeaverHearsNot:
    def member(t):
        member = t.watch("member", t.dgram.create_socket("udp4"))
        member.on("message", lambda message, rinfo: member.close())

        def on_listening():
            member.add_membership("239.7.7.2", "127.0.0.1")
            member.drop_membership("239.7.7.2", "127.0.0.1")
            t.publish(port=member.address().port)

        member.bind(0, on_listening)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))

        def direct():
            sender.send("direct", port, "127.0.0.1", t.callback("direct", lambda error, size: sender.close()))

        def on_listening():
            sender.set_multicast_interface("127.0.0.1")
            sender.send("to the group", port, "239.7.7.2", t.callback("to the group", direct))

        sender.bind(0, "127.0.0.1", on_listening)


@case(about="a source-specific member receives from its source and from no other")
class SourceMemberHears:
    def member(t):
        member = t.watch("member", t.dgram.create_socket("udp4"))
        member.on("message", lambda message, rinfo: member.close())

        def on_listening():
            member.add_source_specific_membership("127.0.0.3", "232.7.7.3", "127.0.0.1")
            t.publish(port=member.address().port)

        member.bind(0, on_listening)

    def sender(t, port):
        other = t.watch("other", t.dgram.create_socket("udp4"))
        source = t.watch("source", t.dgram.create_socket("udp4"))

        def from_source():
            source.set_multicast_interface("127.0.0.1")
            source.send(
                "from the source", port, "232.7.7.3", t.callback("source", lambda error, size: source.close())
            )

        def from_other():
            other.set_multicast_interface("127.0.0.1")
            other.send("from another", port, "232.7.7.3", t.callback("other", after_other))

        def after_other():
            other.close()
            source.bind(0, "127.0.0.3", from_source)

        other.bind(0, "127.0.0.2", from_other)


@case(about="with multicast loopback off, a group on this machine receives nothing from the socket")
class LoopbackOff:
    def member(t):
        member = t.watch("member", t.dgram.create_socket("udp4"))
        member.on("message", lambda message, rinfo: member.close())

        def on_listening():
            member.add_membership("239.7.7.4", "127.0.0.1")
            t.publish(port=member.address().port)

        member.bind(0, on_listening)

    def sender(t, port):
        sender = t.watch("sender", t.dgram.create_socket("udp4"))

        def direct():
            sender.send("direct", port, "127.0.0.1", t.callback("direct", lambda error, size: sender.close()))

        def on_listening():
            sender.set_multicast_interface("127.0.0.1")
            sender.set_multicast_loopback(False)
            sender.send("to the group", port, "239.7.7.4", t.callback("to the group", direct))

        sender.bind(0, "127.0.0.1", on_listening)
