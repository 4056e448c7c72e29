"""net.SocketAddress: its fields, the addresses that it takes, and parse()."""

from conformance import case


def show(t, label, address):
    t.note(label, [address.address, address.port, address.family, address.flowlabel])


def parsed(t, text):
    found = t.net.SocketAddress.parse(text)
    t.note(text, found.to_json() if found is not None else None)


@case(about="a SocketAddress without options is 127.0.0.1 port 0, or :: for family ipv6")
def Defaults(t):
    show(t, "none", t.net.SocketAddress())
    show(t, "empty", t.net.SocketAddress({}))
    show(t, "ipv4", t.net.SocketAddress(family="ipv4"))
    show(t, "ipv6", t.net.SocketAddress(family="ipv6"))
    show(t, "port", t.net.SocketAddress(port=65535))


@case(about="a SocketAddress normalises its address and the case of its family, and keeps flow labels for ipv6")
def Normalised(t):
    show(t, "ipv6", t.net.SocketAddress(address="2001:DB8:0:0::0001", family="IPv6", port=1, flowlabel=5))
    show(t, "mapped", t.net.SocketAddress(address="::FFFF:1.2.3.4", family="ipv6"))
    show(t, "ipv4", t.net.SocketAddress(address="1.2.3.4", family="IPv4", flowlabel=5))
    show(t, "scope", t.net.SocketAddress(address="::1%lo", family="ipv6"))
    show(t, "full", t.net.SocketAddress(address="1:0:0:2:0:0:0:3", family="ipv6"))
    show(t, "one group", t.net.SocketAddress(address="1:2:3:0:5:6:7:8", family="ipv6"))
    show(t, "compatible", t.net.SocketAddress(address="::1.2.3.4", family="ipv6"))
    show(t, "port text", t.net.SocketAddress(port="0x50"))


@case(about="to_json() returns address, port, family and flow label, which cannot be set on the object")
def Json(t):
    address = t.net.SocketAddress(address="::1", family="ipv6", port=80, flowlabel=9)
    t.note("json", address.to_json())
    t.note("ipv4", t.net.SocketAddress(port=1).to_json())


@case(about="a flow label has 20 bits; a number that does not fit 32 bits throws")
def FlowLabels(t):
    show(t, "20 bits", t.net.SocketAddress(family="ipv6", flowlabel=0xFFFFF))
    t.attempt("33 bits", lambda: t.net.SocketAddress(family="ipv6", flowlabel=0x100000000))
    t.attempt("-1", lambda: t.net.SocketAddress(family="ipv6", flowlabel=-1))
    t.attempt("fraction", lambda: t.net.SocketAddress(family="ipv6", flowlabel=1.5))
    t.attempt("text", lambda: t.net.SocketAddress(family="ipv6", flowlabel="1"))
    t.attempt("null", lambda: t.net.SocketAddress(family="ipv6", flowlabel=None))
    t.attempt("bad one for ipv4", lambda: t.net.SocketAddress(flowlabel=-1))


@case(about="an address of the wrong family or form throws ERR_INVALID_ADDRESS")
def BadAddresses(t):
    for address in [
        "",
        "localhost",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "01.2.3.4",
        "1.2.3.4 ",
        "::1",
        "1.2.3.4:80",
    ]:
        t.attempt(address, lambda: t.net.SocketAddress(address=address).address)
    for address in ["", "1.2.3.4", ":::", "[::1]", "::1/64", "12345::", "1:2:3:4:5:6:7:8:9", "::1%"]:
        t.attempt(f"ipv6 {address}", lambda: t.net.SocketAddress(address=address, family="ipv6").address)
    t.attempt("number", lambda: t.net.SocketAddress(address=1))
    t.attempt("null", lambda: t.net.SocketAddress(address=None))
    t.attempt("object", lambda: t.net.SocketAddress(address={}))


@case(about="a family other than ipv4 and ipv6 throws ERR_INVALID_ARG_VALUE")
def BadFamilies(t):
    for family in ["ipv5", "", "IPV4", "IPV6", "ipV6", "inet"]:
        t.attempt(f"text {family}", lambda: t.net.SocketAddress(family=family).family)
    t.attempt("number", lambda: t.net.SocketAddress(family=4))
    t.attempt("null", lambda: t.net.SocketAddress(family=None))
    t.attempt("object", lambda: t.net.SocketAddress(family={}))
    t.attempt("with a bad address", lambda: t.net.SocketAddress(family="ipv5", address=5))


@case(about="a port outside 0 to 65535 throws ERR_SOCKET_BAD_PORT")
def BadPorts(t):
    t.attempt("-1", lambda: t.net.SocketAddress(port=-1))
    t.attempt("65536", lambda: t.net.SocketAddress(port=65536))
    t.attempt("fraction", lambda: t.net.SocketAddress(port=1.5))
    t.attempt("text", lambda: t.net.SocketAddress(port="http"))
    t.attempt("empty", lambda: t.net.SocketAddress(port=""))
    t.attempt("null", lambda: t.net.SocketAddress(port=None))
    t.attempt("true", lambda: t.net.SocketAddress(port=True))
    t.attempt("object", lambda: t.net.SocketAddress(port={}))


@case(about="SocketAddress() throws ERR_INVALID_ARG_TYPE for options that are not an object")
def BadOptions(t):
    t.attempt("null", lambda: t.net.SocketAddress(None))
    t.attempt("text", lambda: t.net.SocketAddress("1.2.3.4"))
    t.attempt("number", lambda: t.net.SocketAddress(5))
    t.attempt("true", lambda: t.net.SocketAddress(True))
    t.attempt("list", lambda: t.net.SocketAddress([]))
    t.attempt("function", lambda: t.net.SocketAddress(t.callback("f")))


@case(about="is_socket_address() is true for a SocketAddress, and false for objects like it")
def IsSocketAddress(t):
    one = t.net.SocketAddress()
    t.note("one", t.net.SocketAddress.is_socket_address(one))
    t.note("its json", t.net.SocketAddress.is_socket_address(one.to_json()))
    t.note("null", t.net.SocketAddress.is_socket_address(None))
    t.note("nothing", t.net.SocketAddress.is_socket_address())


@case(
    about="parse() reads an address and port as a URL does: port 80 becomes 0",
    skip_unless="node^22.13||>=23.4",
)
def Parse(t):
    for text in [
        "1.2.3.4:1234",
        "1.2.3.4",
        "1.2.3.4:80",
        "1.2.3.4:443",
        "1.2.3.4:0",
        "1.2.3.4:",
        "1.2.3.4:065535",
    ]:
        parsed(t, text)
    for text in ["[::1]:1234", "[::1]", "[2001:DB8::1]:80", "[::ffff:1.2.3.4]:5", "[1:0:0:2:0:0:0:3]"]:
        parsed(t, text)


@case(
    about="parse() reads IPv4 numbers as URLs do: hexadecimal, octal, or fewer than four parts",
    skip_unless="node^22.13||>=23.4",
)
def ParseNumbers(t):
    for text in [
        "0x7f.1",
        "1:80",
        "017700000001",
        "2130706433",
        "127.1",
        "1.2.3.4.",
        "0x:1",
        "256.256",
        "1.2.65535",
    ]:
        parsed(t, text)
    for text in ["user@1.2.3.4:5", "user:secret@1.2.3.4:5", "1.2.3.4:5/path", "1.2.3.4?q#f", "%31.2.3.4"]:
        parsed(t, text)


@case(about="parse() returns undefined for text that is not an address", skip_unless="node^22.13||>=23.4")
def ParseNothing(t):
    for text in [
        "",
        "::1",
        "localhost",
        "1.2.3.4:65536",
        "1.2.3.4:x",
        "[::1",
        "[1.2.3.4]",
        "256.1.1.1",
        "1.2.3.4.5",
    ]:
        t.note(f"parse {text}", t.net.SocketAddress.parse(text))
    for text in [
        "08.1.1.1",
        "1..2",
        ".",
        ":80",
        "[::1%lo]:5",
        "1.2.3.4 :5",
        "a b",
        "1.2.3.4:-1",
        "4294967296",
    ]:
        t.note(f"parse {text}", t.net.SocketAddress.parse(text))


@case(about="parse() throws for anything but a string", skip_unless="node^22.13||>=23.4")
def ParseErrors(t):
    t.attempt("number", lambda: t.net.SocketAddress.parse(5))
    t.attempt("null", lambda: t.net.SocketAddress.parse(None))
    t.attempt("nothing", lambda: t.net.SocketAddress.parse())
    t.attempt("object", lambda: t.net.SocketAddress.parse({}))
    t.attempt("an address", lambda: t.net.SocketAddress.parse(t.net.SocketAddress()))
