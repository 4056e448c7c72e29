"""net.BlockList: its rules, what they match, and the option block_list of sockets and servers."""

from conformance import case
from conformance.scenery import listen


def check_all(t, blocked, addresses, family):
    for address in addresses:
        t.note(f"{address} as {family}", blocked.check(address, family))


@case(about="rules shows each rule as text, with normalised addresses")
def RuleTexts(t):
    address = t.net.BlockList()
    address.add_address("1.2.3.4")
    t.note("address", address.rules)
    address6 = t.net.BlockList()
    address6.add_address("2001:DB8:0:0::0001", "ipv6")
    t.note("ipv6 address", address6.rules)
    spread = t.net.BlockList()
    spread.add_range("10.0.0.1", "10.0.0.9")
    t.note("range", spread.rules)
    spread6 = t.net.BlockList()
    spread6.add_range("::0:1", "::FFFF", "ipv6")
    t.note("ipv6 range", spread6.rules)
    subnet = t.net.BlockList()
    subnet.add_subnet("8592:757c:efae:4e45::", 64, "ipv6")
    t.note("ipv6 subnet", subnet.rules)
    subnet4 = t.net.BlockList()
    subnet4.add_subnet("10.1.2.3", 8)
    t.note("subnet keeps its host bits", subnet4.rules)


@case(
    about="rules lists addresses first, then subnets, then ranges, the newest of each kind first",
    skip_unless="node^24.21||>=26.9",
)
def RuleOrder(t):
    blocked = t.net.BlockList()
    t.note("empty", blocked.rules)
    blocked.add_address("1.1.1.1")
    blocked.add_range("2.2.2.2", "2.2.2.3")
    blocked.add_subnet("3.3.3.0", 24)
    blocked.add_range("2.2.2.2", "2.2.2.3")
    blocked.add_address("4.4.4.4")
    blocked.add_address("1.1.1.1")
    blocked.add_subnet("3::", 24, "ipv6")
    blocked.add_subnet("3.3.3.0", 24)
    t.note("rules", blocked.rules)
    t.note("json", blocked.to_json())


@case(
    about="an address and its IPv4-mapped form are one rule, shown in the text it was last given",
    skip_unless="node^24.21||>=26.9",
)
def SameAddress(t):
    blocked = t.net.BlockList()
    blocked.add_address("1.2.3.4")
    blocked.add_address("5.5.5.5")
    blocked.add_address("::ffff:1.2.3.4", "ipv6")
    t.note("mapped", blocked.rules)
    blocked.add_address("::1.2.3.4", "ipv6")
    t.note("another", blocked.rules)
    blocked.add_address("1.2.3.4")
    t.note("plain", blocked.rules)
    blocked.add_address(t.net.SocketAddress(address="5.5.5.5", port=6))
    t.note("with a port", [blocked.rules, blocked.check("5.5.5.5")])
    blocked.remove_address("::ffff:1.2.3.4", "ipv6")
    t.note("removed", [blocked.rules, blocked.check("1.2.3.4")])
    blocked.add_address("1.2.3.4")
    t.note("added anew", blocked.rules)


@case(about="an address rule blocks only that address, however it is written")
def CheckAddress(t):
    blocked = t.net.BlockList()
    blocked.add_address("1.2.3.4")
    blocked.add_address("2001:db8::1", "ipv6")
    check_all(
        t, blocked, ["1.2.3.4", "1.2.3.5", "01.2.3.4", " 1.2.3.4", "1.2.3", "", "::ffff:1.2.3.4"], "ipv4"
    )
    check_all(t, blocked, ["2001:db8::1", "2001:DB8:0::1", "2001:db8::2", "::1%lo", "1.2.3.4"], "ipv6")


@case(about="an IPv4 rule also blocks the mapped IPv6 address, and the reverse")
def MappedAddresses(t):
    four = t.net.BlockList()
    four.add_address("1.2.3.4")
    four.add_range("10.0.0.1", "10.0.0.9")
    four.add_subnet("192.168.0.0", 16)
    addresses = ["::ffff:1.2.3.4", "::FFFF:102:304", "::1.2.3.4", "::ffff:10.0.0.5", "::ffff:192.168.7.7"]
    check_all(t, four, addresses, "ipv6")
    six = t.net.BlockList()
    six.add_address("::ffff:1.2.3.4", "ipv6")
    six.add_range("::ffff:10.0.0.1", "::ffff:10.0.0.9", "ipv6")
    six.add_subnet("::ffff:192.168.0.0", 112, "ipv6")
    check_all(t, six, ["1.2.3.4", "10.0.0.5", "10.0.0.10", "192.168.7.7", "192.169.0.1"], "ipv4")
    wide = t.net.BlockList()
    wide.add_subnet("::", 0, "ipv6")
    check_all(t, wide, ["1.2.3.4"], "ipv4")
    widest = t.net.BlockList()
    widest.add_range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ipv6")
    check_all(t, widest, ["1.2.3.4"], "ipv4")
    check_all(t, widest, ["::1", "::ffff:1.2.3.4"], "ipv6")


@case(about="a range includes both its ends; a range may be a single address")
def CheckRange(t):
    blocked = t.net.BlockList()
    blocked.add_range("10.0.0.250", "10.0.1.5")
    blocked.add_range("20.0.0.1", "20.0.0.1")
    addresses = ["10.0.0.249", "10.0.0.250", "10.0.1.0", "10.0.1.5", "10.0.1.6", "20.0.0.1", "20.0.0.2"]
    check_all(t, blocked, addresses, "ipv4")
    blocked.add_range("2001:db8::1", "2001:db8::ffff", "ipv6")
    check_all(t, blocked, ["2001:db8::1", "2001:db8::abc", "2001:db8::ffff", "2001:db8::1:0"], "ipv6")


@case(about="a subnet matches addresses by their leading bits and ignores the other bits of the rule")
def CheckSubnet(t):
    blocked = t.net.BlockList()
    blocked.add_subnet("10.1.2.3", 8)
    blocked.add_subnet("20.0.0.128", 25)
    blocked.add_subnet("30.0.0.1", 32)
    addresses = ["10.255.0.1", "11.0.0.0", "20.0.0.127", "20.0.0.128", "20.0.0.255", "30.0.0.1", "30.0.0.2"]
    check_all(t, blocked, addresses, "ipv4")
    blocked.add_subnet("8592:757c:efae:4e45::", 64, "ipv6")
    blocked.add_subnet("fe80::1", 128, "ipv6")
    addresses6 = ["8592:757c:efae:4e45:f::1", "8592:757c:efae:4e46::", "fe80::1", "fe80::2"]
    check_all(t, blocked, addresses6, "ipv6")
    everything = t.net.BlockList()
    everything.add_subnet("1.2.3.4", 0)
    check_all(t, everything, ["0.0.0.0", "255.255.255.255"], "ipv4")
    check_all(t, everything, ["::1", "::ffff:8.8.8.8"], "ipv6")


@case(
    about="check() is false for text that is not an address, and takes any family but ipv4 for ipv6",
    skip_unless="node^24.21||>=26.9",
)
def CheckLeniently(t):
    blocked = t.net.BlockList()
    blocked.add_subnet("0.0.0.0", 0)
    blocked.add_subnet("::", 0, "ipv6")
    t.note("default family", blocked.check("1.2.3.4"))
    for family in ["ipv4", "IPv4", "IPV4", "ipV4", "ipv5", "", "inet", "ipv6", "IPv6", "IPV6"]:
        t.attempt(f"1.2.3.4 {family}", lambda: blocked.check("1.2.3.4", family))
        t.attempt(f"::1 {family}", lambda: blocked.check("::1", family))
    t.note("word", blocked.check("localhost"))
    t.note("empty", blocked.check(""))


@case(about="check() throws for an address or family that is not a string")
def CheckErrors(t):
    blocked = t.net.BlockList()
    t.attempt("number", lambda: blocked.check(1))
    t.attempt("null", lambda: blocked.check(None))
    t.attempt("nothing", lambda: blocked.check())
    t.attempt("object", lambda: blocked.check({"address": "1.2.3.4"}))
    t.attempt("family number", lambda: blocked.check("1.2.3.4", 4))
    t.attempt("family null", lambda: blocked.check("1.2.3.4", None))
    t.attempt("family object", lambda: blocked.check("1.2.3.4", {}))
    t.attempt("nonsense and family", lambda: blocked.check("nonsense", 4))


@case(
    about="add_address() throws for anything but an address and a known family, and adds nothing",
    skip_unless="node^24.21||>=26.9",
)
def AddAddressErrors(t):
    blocked = t.net.BlockList()
    t.attempt("nothing", lambda: blocked.add_address())
    t.attempt("number", lambda: blocked.add_address(1))
    t.attempt("null", lambda: blocked.add_address(None))
    t.attempt("object", lambda: blocked.add_address({"address": "1.2.3.4"}))
    t.attempt("word", lambda: blocked.add_address("localhost"))
    t.attempt("empty", lambda: blocked.add_address(""))
    t.attempt("other family", lambda: blocked.add_address("1.2.3.4", "ipv6"))
    t.attempt("default family", lambda: blocked.add_address("::1"))
    t.attempt("family word", lambda: blocked.add_address("1.2.3.4", "ipv5"))
    t.attempt("family number", lambda: blocked.add_address("1.2.3.4", 4))
    t.attempt("family null", lambda: blocked.add_address("1.2.3.4", None))
    t.attempt("family in capitals", lambda: blocked.add_address("1.2.3.4", "IPV4"))
    t.attempt("returns", lambda: blocked.add_address("1.2.3.4", "IPv4"))
    t.note("rules", blocked.rules)


@case(about="add_range() throws for ends that are not addresses, and for a start behind the end")
def AddRangeErrors(t):
    blocked = t.net.BlockList()
    t.attempt("nothing", lambda: blocked.add_range())
    t.attempt("no end", lambda: blocked.add_range("1.2.3.4"))
    t.attempt("number", lambda: blocked.add_range("1.2.3.4", 5))
    t.attempt("word", lambda: blocked.add_range("1.2.3.4", "end"))
    t.attempt("backwards", lambda: blocked.add_range("1.2.3.4", "1.2.3.3"))
    t.attempt("backwards in ipv6", lambda: blocked.add_range("::2", "::1", "ipv6"))
    t.attempt("family", lambda: blocked.add_range("1.2.3.4", "1.2.3.5", "ipv5"))
    t.attempt("family number", lambda: blocked.add_range("1.2.3.4", "1.2.3.5", 4))
    t.attempt("start before the family", lambda: blocked.add_range(1, 2, 3))
    t.attempt("one", lambda: blocked.add_range("1.2.3.4", "1.2.3.4"))
    t.note("rules", blocked.rules)


@case(about="add_subnet() throws for a bad address, or a prefix outside 0 to 32 (0 to 128 for IPv6)")
def AddSubnetErrors(t):
    blocked = t.net.BlockList()
    t.attempt("nothing", lambda: blocked.add_subnet())
    t.attempt("no prefix", lambda: blocked.add_subnet("1.2.3.4"))
    t.attempt("number", lambda: blocked.add_subnet(1, 2))
    t.attempt("word", lambda: blocked.add_subnet("net", 8))
    t.attempt("prefix text", lambda: blocked.add_subnet("1.2.3.4", "8"))
    t.attempt("prefix null", lambda: blocked.add_subnet("1.2.3.4", None))
    t.attempt("prefix -1", lambda: blocked.add_subnet("1.2.3.4", -1))
    t.attempt("prefix 33", lambda: blocked.add_subnet("1.2.3.4", 33))
    t.attempt("prefix 1.5", lambda: blocked.add_subnet("1.2.3.4", 1.5))
    t.attempt("prefix NaN", lambda: blocked.add_subnet("1.2.3.4", float("nan")))
    t.attempt("prefix 129", lambda: blocked.add_subnet("::", 129, "ipv6"))
    t.attempt("prefix 1e10", lambda: blocked.add_subnet("::", 10000000000, "ipv6"))
    t.attempt("family", lambda: blocked.add_subnet("1.2.3.4", 8, "ipv5"))
    t.attempt("family number", lambda: blocked.add_subnet("1.2.3.4", 8, 4))
    t.note("rules", blocked.rules)


@case(about="a SocketAddress may stand for an address and its family; its port is ignored")
def SocketAddresses(t):
    four = t.net.SocketAddress(address="1.2.3.4", port=80)
    five = t.net.SocketAddress(address="1.2.3.5")
    six = t.net.SocketAddress(address="::1", family="ipv6", flowlabel=7)
    blocked = t.net.BlockList()
    blocked.add_address(four)
    blocked.add_address(six)
    blocked.add_address(five, "no family at all")
    t.note("rules", sorted(blocked.rules))
    t.note("four", blocked.check(four))
    t.note("other port", blocked.check(t.net.SocketAddress(address="1.2.3.4", port=81)))
    t.note("six", blocked.check(six))
    t.note("wrong family", blocked.check(four, "ipv6"))
    spread = t.net.BlockList()
    spread.add_range(four, five)
    t.attempt("backwards", lambda: spread.add_range(five, four))
    t.attempt("mixed families", lambda: spread.add_range(four, six))
    t.attempt("mixed families the other way", lambda: spread.add_range(six, four))
    t.attempt("object and text", lambda: spread.add_range(four, "1.2.3.9"))
    t.note("range", sorted(spread.rules))
    t.note("check six", spread.check(six))
    nets = t.net.BlockList()
    nets.add_subnet(six, 64)
    t.attempt("prefix of an IPv4 object", lambda: nets.add_subnet(four, 33, "ipv6"))
    t.note("nets", nets.rules)


@case(about="BlockList.is_block_list() is true only for BlockLists", skip_unless="node^22.13||>=23.4")
def IsBlockList(t):
    blocked = t.net.BlockList()
    t.note("one", t.net.BlockList.is_block_list(blocked))
    t.note("object", t.net.BlockList.is_block_list({}))
    t.note("null", t.net.BlockList.is_block_list(None))
    t.note("nothing", t.net.BlockList.is_block_list())
    t.note("address", t.net.BlockList.is_block_list(t.net.SocketAddress()))


@case(
    about="from_json() adds the rules of a list of texts or of its JSON",
    skip_unless="node^22.19||>=24.5",
)
def FromJson(t):
    source = t.net.BlockList()
    source.add_address("1.2.3.4")
    source.add_range("10.0.0.1", "10.0.0.9")
    source.add_subnet("8592:757c:efae:4e45::", 64, "ipv6")
    copy = t.net.BlockList()
    t.attempt("returns", lambda: copy.from_json(source.to_json()))
    t.note("rules", sorted(copy.rules))
    t.note("check", copy.check("10.0.0.5"))
    text = t.net.BlockList()
    text.from_json('["Address: IPv4 5.6.7.8", "Subnet: IPv4 9.0.0.0/8"]')
    t.note("of text", sorted(text.rules))


@case(
    about="from_json() skips texts that are not rules, and throws for anything but a list of texts",
    skip_unless="node^22.19||>=24.5",
)
def FromJsonErrors(t):
    blocked = t.net.BlockList()
    t.attempt(
        "nonsense", lambda: blocked.from_json(["nonsense", "", "Address: IPv4", "Address: IPv5 1.2.3.4"])
    )
    for text in ["999.2.3.4", "01.2.3.4", "1.2.3", "::1"]:
        t.attempt(f"IPv4 {text}", lambda: blocked.from_json([f"Address: IPv4 {text}"]))
    for text in ["1.2.3.4", "1:2", "zz::1", ":::", "12345::"]:
        t.attempt(f"IPv6 {text}", lambda: blocked.from_json([f"Address: IPv6 {text}"]))
    t.attempt("no prefix", lambda: blocked.from_json(["Subnet: IPv4 1.2.3.4"]))
    t.attempt("number", lambda: blocked.from_json(5))
    t.attempt("null", lambda: blocked.from_json(None))
    t.attempt("nothing", lambda: blocked.from_json())
    t.attempt("object", lambda: blocked.from_json({"rules": []}))
    t.attempt("list of numbers", lambda: blocked.from_json([5]))
    t.attempt("mixed list", lambda: blocked.from_json(["Address: IPv4 1.1.1.1", 5]))
    t.attempt("text of an object", lambda: blocked.from_json("{}"))
    t.attempt("text of a number", lambda: blocked.from_json("5"))
    t.attempt("empty list", lambda: blocked.from_json([]))
    t.attempt("prefix too long", lambda: blocked.from_json(["Subnet: IPv4 1.2.3.4/64"]))
    t.attempt("backwards", lambda: blocked.from_json(["Range: IPv4 1.2.3.9-1.2.3.4"]))
    t.note("rules", blocked.rules)


@case(
    about="connecting to a blocked address emits 'connectionAttempt', then 'error' ERR_IP_BLOCKED",
    skip_unless="node^22.13||>=23.4",
)
def Client(t):
    blocked = t.net.BlockList()
    blocked.add_address("127.0.0.1")
    client = t.watch(
        "client", t.net.connect(t.callback("never"), port=1, host="127.0.0.1", block_list=blocked)
    )
    client.on("error", t.callback("error", lambda: t.snapshot(client)))
    client.write("never", t.callback("written"))
    t.note("connecting", client.connecting)
    t.note("active", t.active())


@case(
    about="an IPv4 rule stops a client from connecting to the mapped IPv6 address",
    skip_unless="ipv6 node^22.13||>=23.4",
)
def ClientMapped(t):
    blocked = t.net.BlockList()
    blocked.add_subnet("127.0.0.0", 8)
    client = t.watch("client", t.net.connect(port=1, host="::ffff:127.0.0.1", block_list=blocked))
    client.on("error", t.callback("error"))


@case(
    about="the block list is checked when the attempt starts: a rule added after connect() counts",
    skip_unless="node^22.13||>=23.4",
)
def RuleAddedLate(t):
    blocked = t.net.BlockList()
    client = t.watch(
        "client",
        t.net.connect(
            port=1,
            host="any.name",
            block_list=blocked,
            lookup=lambda host, options, answer: t.immediate(lambda: late(answer)),
        ),
    )

    def late(answer):
        blocked.add_address("127.0.0.1")
        answer(None, [{"address": "127.0.0.1", "family": 4}])

    client.on("error", t.callback("error"))


@case(
    about="connect() uses the block list of its socket unless it is given another",
    skip_unless="node^22.13||>=23.4",
)
def SocketKeepsList(t):
    blocked = t.net.BlockList()
    blocked.add_address("127.0.0.1")
    other = t.net.BlockList()
    other.add_address("127.0.0.2")
    first = t.watch("first", t.net.Socket(block_list=blocked))
    first.on("error", t.callback("first error"))
    first.connect(port=1, host="127.0.0.1")
    second = t.watch("second", t.net.Socket(block_list=blocked))
    second.on("error", t.callback("second error"))
    second.connect(port=1, host="127.0.0.2", block_list=other)
    third = t.watch("third", t.net.Socket())
    third.on("error", t.callback("third error"))
    third.connect(port=1, host="127.0.0.2", block_list=other)


@case(
    about="a server drops a blocked connection without 'connection'; the client connects and sees an end",
    skip_unless="node^22.13||>=23.4",
)
class Server:
    def server(t):
        blocked = t.net.BlockList()
        blocked.add_address("127.0.0.1")
        server = t.watch("server", t.net.create_server(block_list=blocked))
        server.on("connection", lambda peer: peer.end("not blocked"))
        server.on("connection", lambda peer: server.close())
        listen(t, server)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()

        def elsewhere(had_error):
            second = t.watch("second", t.net.connect(port=port, host="127.0.0.1", local_address="127.0.0.2"))
            second.resume()

        client.on("close", elsewhere)


@case(
    about="a rule added while the server listens applies to later connections",
    skip_unless="node^22.13||>=23.4",
)
def ServerRuleAddedLate(t):
    blocked = t.net.BlockList()
    server = t.watch("server", t.net.create_server(block_list=blocked))

    def on_connection(peer):
        blocked.add_subnet("127.0.0.0", 8)
        peer.resume()

    def again():
        second = t.watch("second", t.net.connect(server.address().port, "127.0.0.1"))
        second.on("error", lambda error: None)
        second.on("close", lambda had_error: server.close())
        second.resume()

    def on_listening():
        first = t.watch("first", t.net.connect(server.address().port, "127.0.0.1"))
        first.resume()
        first.end("hello")
        first.on("close", lambda had_error: again())

    server.on("connection", on_connection)
    server.listen(0, "127.0.0.1", on_listening)


@case(
    about="the option block_list throws ERR_INVALID_ARG_TYPE unless it is a BlockList, null, false or 0",
    skip_unless="node^22.13||>=23.4",
)
def WrongOption(t):
    t.attempt("socket object", lambda: t.net.Socket(block_list={}))
    t.attempt("socket text", lambda: t.net.Socket(block_list="127.0.0.1"))
    t.attempt("socket list", lambda: t.net.Socket(block_list=[]))
    t.attempt("socket number", lambda: t.net.Socket(block_list=5))
    t.attempt("socket null", lambda: t.net.Socket(block_list=None).destroyed)
    t.attempt("socket false", lambda: t.net.Socket(block_list=False).destroyed)
    t.attempt("server object", lambda: t.net.create_server(block_list={}))
    t.attempt("server text", lambda: t.net.create_server(block_list="x"))
    t.attempt("server null", lambda: t.net.create_server(block_list=None).listening)
    t.attempt("server zero", lambda: t.net.create_server(block_list=0).listening)
    t.attempt("connect", lambda: t.net.connect(port=1, host="127.0.0.1", block_list=True))
    socket = t.net.Socket()
    t.attempt("later", lambda: socket.connect(port=1, host="127.0.0.1", block_list={}))


@case(
    about="from_json() finds its rules anywhere in a text, subnets first, IPv4 before IPv6",
    skip_unless="node^22.19||^24.5||^25",
)
def FromJsonSearches(t):
    for text in [
        "xxAddress: IPv4 1.2.3.4yy",
        "Address: IPv4 1.2.3.4.5",
        "Address: IPv6 ::ffff:1.2.3.4",
        "Range: IPv6 ::1-::ffff:1.2.3.4",
        "Subnet: IPv6 ::1.2.3.4/64",
        "Subnet: IPv6 ::/1288",
        "Subnet: IPv4 1.2.3.4/08",
        "Address: IPv4 1.2.3.4 Subnet: IPv4 5.0.0.0/8",
        "Range: IPv4 1.1.1.1-1.1.1.2 Address: IPv4 1.2.3.4",
        "Subnet: IPv6 ::/1 Range: IPv4 1.1.1.1-1.1.1.2",
    ]:
        blocked = t.net.BlockList()
        blocked.from_json([text])
        t.note(text, blocked.rules)


@case(
    about="a rule that throws in from_json() leaves the rules before it in the list",
    skip_unless="node^22.19||>=24.5",
)
def FromJsonHalfway(t):
    blocked = t.net.BlockList()
    texts = ["Address: IPv4 1.1.1.1", "Subnet: IPv4 1.1.1.1/333", "Address: IPv4 1.1.1.2"]
    t.attempt("throws", lambda: blocked.from_json(texts))
    t.note("rules", blocked.rules)


@case(about="BlockList checks its arguments from left to right, and names the first bad one")
def CheckOrder(t):
    blocks = t.net.BlockList()
    address = t.net.SocketAddress(address="127.0.0.1")
    t.attempt("address, family", lambda: blocks.add_address(5, 6))
    t.attempt("family", lambda: blocks.add_address("no address", 6))
    t.attempt("unknown family", lambda: blocks.add_address("no address", "ipv5"))
    t.attempt("start, end, family", lambda: blocks.add_range(5, 6, 7))
    t.attempt("end, family", lambda: blocks.add_range("1.1.1.1", 6, 7))
    t.attempt("start's text before end's type", lambda: blocks.add_range("no address", 6))
    t.attempt("end's text", lambda: blocks.add_range("1.1.1.2", "no address"))
    t.attempt("end, start is a SocketAddress", lambda: blocks.add_range(address, 6, 7))
    t.attempt("family, start is a SocketAddress", lambda: blocks.add_range(address, "127.0.0.2", 7))
    t.attempt("order", lambda: blocks.add_range("127.0.0.2", address))
    t.attempt("network, prefix, family", lambda: blocks.add_subnet(5, "6", 7))
    t.attempt("prefix, family", lambda: blocks.add_subnet("1.1.1.1", "6", 7))
    t.attempt("network's text before prefix", lambda: blocks.add_subnet("no address", 99))
    t.attempt("prefix", lambda: blocks.add_subnet("1.1.1.1", 33))
    t.attempt("prefix, network is a SocketAddress", lambda: blocks.add_subnet(address, "6", 7))
    t.attempt("check: address, family", lambda: blocks.check(5, 6))
    t.attempt("check: family", lambda: blocks.check("127.0.0.1", 6))
    t.note("rules", len(blocks.rules))


@case(about="an address, range or subnet rule blocks wherever it stands among the others, mapped addresses too")
def CheckAmongKinds(t):
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]]:
        blocks = t.net.BlockList()
        for kind in order:
            if kind == 0:
                blocks.add_address("10.0.0.1")
            elif kind == 1:
                blocks.add_range("10.0.1.1", "10.0.1.3")
            else:
                blocks.add_subnet("10.0.2.0", 24)
        addresses = ["10.0.0.1", "10.0.0.2", "10.0.1.0", "10.0.1.1", "10.0.1.3", "10.0.1.4", "10.0.2.255", "10.0.3.0"]
        t.note("blocked", [blocks.check(address) for address in addresses])
        t.note("mapped", [blocks.check(f"::ffff:{address}", "ipv6") for address in addresses])


@case(
    about="from_json() of text that is not JSON throws a SyntaxError that shows the text around the fault",
    skip_unless="node^22.19||>=24.5",
)
def JsonText(t):
    for text in ["Address: IPv4 9.9.9.8", '["0123456789", x, "0123456789"]', "[x", "x" * 20, "x" * 21, "['a']"]:
        t.attempt("unexpected", lambda: t.net.BlockList().from_json(text))
    for text in ['["a34567", x, "bbbbbb"]', '["a345678", x, "bbbb"]', '["a3456789", x, "b1234", ""]']:
        t.attempt("near the start", lambda: t.net.BlockList().from_json(text))
    for text in ['["aaaaaaaaaaaaaaaaaaaaaaaaaaa", x, "b12"]', '["aaaaaaaaaaaaaaaaaaaaaaaaaaa", x, "b123"]']:
        t.attempt("near the end", lambda: t.net.BlockList().from_json(text))
    for text in ["", " ", "[", '["a",', "tru", "trux", "NaN", "undefined", "f1", 'f"', '["a",]', "[,", '"\\']:
        t.attempt("token", lambda: t.net.BlockList().from_json(text))


@case(
    about="the SyntaxError of malformed JSON gives the position of the fault",
    skip_unless="node^22.19||>=24.5",
)
def JsonGrammar(t):
    for text in ['["0123456789", "0123456789" x', "[1 2]", '["a"', "[] x", "[1,2]]", '["a",\n"b"\r\nx]']:
        t.attempt("array", lambda: t.net.BlockList().from_json(text))
    for text in ["{", "{a", '{"a"', '{"a" 1}', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{"a":1 "b"}', "{1:2}"]:
        t.attempt("object", lambda: t.net.BlockList().from_json(text))
    for text in ['"abc', '"ab\nc"', '"\t"', '"\\x"', '"\\u12"', '["\\u12g4"]']:
        t.attempt("string", lambda: t.net.BlockList().from_json(text))
    for text in ["-", "-x", "01", "-01", "1.", "1.x", "1e", "1e+", "1ex", "[1.5.2]"]:
        t.attempt("number", lambda: t.net.BlockList().from_json(text))


def rules(t, label, block_list):
    t.note(label, [block_list.rules, block_list.size])


@case(about="add_cidr() takes address and prefix as one text, for either family", skip_unless="node^24.21||>=26.9")
def AddCidr(t):
    blocked = t.net.BlockList()
    for cidr in ["10.0.0.0/8", "10.0.0.1/8", "fc00::/7", "::/0", "::ffff:1.2.3.4/96", "1.0.0.0/0", "FE80::/128"]:
        t.attempt(cidr, lambda: blocked.add_cidr(cidr))
    rules(t, "rules", blocked)
    t.note("checked", [blocked.check("10.1.2.3"), blocked.check("::1", "ipv6"), blocked.check("x")])


@case(
    about="add_cidr() and remove_cidr() require a decimal prefix length within its range",
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
    about="add_cidrs() parses all texts before it adds any, and takes BlockList.PRIVATE_RANGES",
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
    about="remove_address() removes an address rule, also by its IPv4-mapped form",
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
    about="remove_subnet() removes the newest rule with exactly this address and prefix",
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
    about="remove_range() removes the newest rule with exactly this start and end",
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


@case(about="clear() removes all rules; size is the number of rules", skip_unless="node^24.21||>=26.9")
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


@case(
    about="clear() lets a listening server accept the connections that it dropped before",
    skip_unless="node^24.21||>=26.9",
)
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
