"""What net.BlockList has since Node 24.21: CIDR text, several rules at once, and rules that are taken back."""

from conformance import case


def rules(t, label, block_list):
    t.note(label, [block_list.rules, block_list.size])


@case(about="add_cidr() is add_subnet() of a text, for either family", skip_unless="node^24.21||>=26.9")
def AddCidr(t):
    blocked = t.net.BlockList()
    for cidr in ["10.0.0.0/8", "10.0.0.1/8", "fc00::/7", "::/0", "::ffff:1.2.3.4/96", "1.0.0.0/0", "FE80::/128"]:
        t.attempt(cidr, lambda: blocked.add_cidr(cidr))
    rules(t, "rules", blocked)
    t.note("checked", [blocked.check("10.1.2.3"), blocked.check("::1", "ipv6"), blocked.check("x")])


@case(
    about="a CIDR text needs a prefix length, as a plain number within its range",
    skip_unless="node^24.21||>=26.9",
)
def BadCidr(t):
    blocked = t.net.BlockList()
    for value in [None, 5, {}, "", "x", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "fc00::/129", "10.0.0.0/-1", "x/99"]:
        t.attempt("add", lambda: blocked.add_cidr(value))
        t.attempt("remove", lambda: blocked.remove_cidr(value))
    for value in ["10.0.0.0/8/8", "/8", "x/8", "1.0.0.0/ 8", "1.0.0.0/08", "1.0.0.0/8.0", "1.0.0.0/0x8", "1.0.0.0/-0"]:
        t.attempt("add", lambda: blocked.add_cidr(value))
    for value in ["1.0.0.0/1e1", " 1.0.0.0/8", "1.0.0.0/8 ", "1.0.0.0/+8", "1.0.0.0/NaN", "1.0.0.0/999999999999"]:
        t.attempt("add", lambda: blocked.add_cidr(value))
    t.attempt("missing", lambda: blocked.add_cidr())
    rules(t, "rules", blocked)


@case(
    about="add_cidrs() reads all texts before it adds one; PRIVATE_RANGES is such a list",
    skip_unless="node^24.21||>=26.9",
)
def AddCidrs(t):
    blocked = t.net.BlockList()
    for value in [None, 5, "10.0.0.0/8", {}, [], [5], ["x", 5], ["1.0.0.0/8", "x"], ["3.0.0.0/8", 5]]:
        t.attempt("refused", lambda: blocked.add_cidrs(value))
    rules(t, "none", blocked)
    t.attempt("a prefix out of range", lambda: blocked.add_cidrs(["1.0.0.0/8", "1.0.0.0/99", "2.0.0.0/8"]))
    rules(t, "the first one", blocked)
    t.note("private", t.net.BlockList.PRIVATE_RANGES)
    blocked.clear()
    t.attempt("all", lambda: blocked.add_cidrs(t.net.BlockList.PRIVATE_RANGES))
    rules(t, "rules", blocked)
    t.note("checked", [blocked.check("192.168.3.4"), blocked.check("172.32.0.1"), blocked.check("fe80::1", "ipv6")])


@case(
    about="add_addresses() adds all addresses of a list or, if one is wrong, none",
    skip_unless="node^24.21||>=26.9",
)
def AddAddresses(t):
    blocked = t.net.BlockList()
    one = t.net.SocketAddress(address="4.4.4.4", port=5)
    other = t.net.SocketAddress(address="::4", family="ipv6")
    for value in [None, 5, "1.1.1.1", {}, [], [5], ["9.9.9.9", "x"], ["7.7.7.7", 5], ["::9"], ["x", 5]]:
        t.attempt("refused", lambda: blocked.add_addresses(value))
    t.attempt("family", lambda: blocked.add_addresses([], 5))
    t.attempt("family of nothing", lambda: blocked.add_addresses([], "x"))
    t.attempt("no family", lambda: blocked.add_addresses(["1.1.1.1", 5], "x"))
    rules(t, "none", blocked)
    t.attempt("all", lambda: blocked.add_addresses(["1.1.1.1", one]))
    t.attempt("IPv6", lambda: blocked.add_addresses([other, "::1"], "ipv6"))
    t.note("size", blocked.size)
    t.note("checked", [blocked.check(one), blocked.check("::1", "ipv6"), blocked.check(other)])


@case(
    about="remove_address() takes an address back, also where one is written as IPv6",
    skip_unless="node^24.21||>=26.9",
)
def RemoveAddress(t):
    blocked = t.net.BlockList()
    blocked.add_subnet("1.1.1.1", 32)
    blocked.add_address("1.1.1.1")
    blocked.add_address("2.2.2.2")
    t.attempt("one", lambda: blocked.remove_address("1.1.1.1"))
    t.attempt("not there any more", lambda: blocked.remove_address("1.1.1.1"))
    rules(t, "left", blocked)
    t.attempt("mapped", lambda: blocked.remove_address("::ffff:2.2.2.2", "ipv6"))
    rules(t, "left", blocked)
    blocked.add_address("::ffff:3.3.3.3", "ipv6")
    t.attempt("of a mapped one", lambda: blocked.remove_address(t.net.SocketAddress(address="3.3.3.3", port=9)))
    rules(t, "left", blocked)
    for value in [None, 5, "x", {}]:
        t.attempt("refused", lambda: blocked.remove_address(value))
    t.attempt("family", lambda: blocked.remove_address("1.1.1.1", 5))
    t.attempt("no family", lambda: blocked.remove_address("1.1.1.1", "x"))
    t.attempt("missing", lambda: blocked.remove_address())


@case(
    about="remove_subnet() takes back the newest rule with just this address and prefix",
    skip_unless="node^24.21||>=26.9",
)
def RemoveSubnet(t):
    blocked = t.net.BlockList()
    for network in ["2.0.0.0", "3.0.0.0", "2.0.0.0", "2.0.0.5"]:
        blocked.add_subnet(network, 8)
    blocked.add_address("2.0.0.0")
    t.attempt("another prefix", lambda: blocked.remove_subnet("2.0.0.0", 9))
    t.attempt("another address of it", lambda: blocked.remove_subnet("2.0.0.1", 8))
    t.attempt("mapped", lambda: blocked.remove_subnet("::ffff:2.0.0.0", 104, "ipv6"))
    rules(t, "all", blocked)
    t.attempt("removed", lambda: blocked.remove_subnet("2.0.0.0", 8))
    t.attempt("removed by text", lambda: blocked.remove_cidr("2.0.0.5/8"))
    rules(t, "left", blocked)
    t.attempt("prefix", lambda: blocked.remove_subnet("2.0.0.0", 33))
    t.attempt("no prefix", lambda: blocked.remove_subnet("2.0.0.0"))
    t.attempt("no address", lambda: blocked.remove_subnet(5, 3))


@case(
    about="remove_range() takes back the newest rule with just this start and end",
    skip_unless="node^24.21||>=26.9",
)
def RemoveRange(t):
    blocked = t.net.BlockList()
    for last in ["1.0.0.9", "1.0.0.8", "1.0.0.9"]:
        blocked.add_range("1.0.0.0", last)
    blocked.add_range("::1", "::9", "ipv6")
    t.attempt("another end", lambda: blocked.remove_range("1.0.0.0", "1.0.0.7"))
    t.attempt("the wrong way round", lambda: blocked.remove_range("1.0.0.9", "1.0.0.0"))
    t.attempt("mapped", lambda: blocked.remove_range("::ffff:1.0.0.0", "::ffff:1.0.0.9", "ipv6"))
    rules(t, "all", blocked)
    t.attempt("removed", lambda: blocked.remove_range("1.0.0.0", "1.0.0.9"))
    t.attempt("removed", lambda: blocked.remove_range("::1", "::9", "ipv6"))
    rules(t, "left", blocked)
    first = t.net.SocketAddress(address="5.0.0.0", port=1)
    blocked.add_range(first, "5.0.0.1")
    t.attempt("without the port", lambda: blocked.remove_range("5.0.0.0", "5.0.0.1"))
    rules(t, "left", blocked)
    t.attempt("with it", lambda: blocked.remove_range(first, "5.0.0.1"))
    rules(t, "left", blocked)
    t.attempt("nothing", lambda: blocked.remove_range())
    t.attempt("no end", lambda: blocked.remove_range("1.1.1.1"))
    t.attempt("family", lambda: blocked.remove_range("1.1.1.1", "1.1.1.2", 5))
    t.attempt("two families", lambda: blocked.remove_range("1.0.0.0", "::1"))


@case(about="clear() takes all rules back; size counts them", skip_unless="node^24.21||>=26.9")
def Clear(t):
    blocked = t.net.BlockList()
    blocked.add_cidrs(["10.0.0.0/8", "fc00::/7"])
    blocked.add_address("1.1.1.1")
    t.note("size", blocked.size)
    t.attempt("clear", lambda: blocked.clear())
    rules(t, "nothing", blocked)
    t.note("checked", [blocked.check("10.0.0.1"), blocked.check("1.1.1.1")])
    t.attempt("again", lambda: blocked.clear())
    blocked.add_address("2.2.2.2")
    rules(t, "one", blocked)


@case(about="a server refuses by what its block list holds at the time", skip_unless="node^24.21||>=26.9")
class ServerFollows:
    def server(t):
        blocked = t.net.BlockList()
        blocked.add_cidr("127.0.0.0/8")
        server = t.watch("server", t.net.create_server(block_list=blocked))
        server.on("connection", lambda peer: [t.watch("peer", peer), peer.end(), peer.resume(), server.close()])
        server.listen(0, "127.0.0.1", lambda: refused(server.address().port))

        def refused(port):
            client = t.watch("refused", t.net.connect(port, "127.0.0.1"))
            client.resume()
            client.on("error", lambda error: None)
            client.on("close", lambda had_error: [blocked.clear(), t.publish(port=port)])

    def client(t, port):
        t.watch("client", t.net.connect(port, "127.0.0.1")).resume()
