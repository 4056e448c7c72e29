"""Looking up a host name: what the lookup function is asked, what its answers do, and when."""

from conformance import case
from conformance.scenery import SOCKET, accept_one, closely


def answering(t, label, answer):
    """A lookup that notes what it is asked and answers on the next tick."""

    def lookup(hostname, options, callback):
        t.note(label, hostname)
        t.note(f"{label} family", options.family)
        t.note(f"{label} hints", options.hints)
        t.note(f"{label} all", options.all)
        t.next_tick(lambda: callback(*answer))

    return lookup


def failing(t, label):
    """A lookup that notes what it is asked and knows no host."""
    return answering(t, label, [t.error("unknown host")])


@case(about="a lookup is asked for all answers with the hint ADDRCONFIG, unless family or hints are given")
def Options(t):
    def ask(label, options):
        socket = t.net.Socket()
        socket.on("error", lambda error: None)
        socket.connect({"port": 80, "host": "a.test", "lookup": failing(t, label), **options})

    ask("nothing", {})
    ask("family 4", {"family": 4})
    ask("family 6", {"family": 6})
    ask("family 0", {"family": 0})
    ask("family IPv4", {"family": "IPv4"})
    ask("family IPv6", {"family": "IPv6"})
    ask("family 5", {"family": 5})
    ask("family null", {"family": None})
    ask("hints 1", {"hints": 1})
    ask("hints 0", {"hints": 0})
    ask("family 4 and hints", {"family": 4, "hints": 8})
    ask("one family at a time", {"auto_select_family": False})
    ask("local address", {"local_address": "127.0.0.1"})
    ask("local port", {"local_port": 4321})
    ask("verbatim", {"verbatim": False, "all": False})


@case(about="connect() without a host looks up 'localhost'")
def DefaultHost(t):
    def ask(label, options):
        socket = t.net.Socket()
        socket.on("error", lambda error: None)
        socket.connect({"port": 80, "lookup": failing(t, label), **options})

    ask("none", {})
    ask("null", {"host": None})
    ask("empty", {"host": ""})


@case(about="'lookup' is emitted once for each answer, in order, before the first attempt")
class EventPerAnswer:
    def server(t):
        accept_one(t)

    def client(t, port):
        answers = [{"address": "127.0.0.1", "family": 4}, {"address": "::1", "family": 6}]
        answers.append({"address": "127.0.0.2", "family": 4})
        client = t.watch("client", t.net.Socket())
        client.connect(port=port, host="a.test", lookup=answering(t, "lookup", [None, answers]))
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="the default lookup emits 'lookup' with its answers, and resolves localhost")
class Localhost:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="localhost", family=4))
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="the default lookup fails with ENOTFOUND for a name without addresses of the family")
def NoSuchFamily(t):
    client = t.watch("client", t.net.connect(port=80, host="127.1", family=6))
    client.on("error", t.callback("error"))


@case(about="an IP address, with or without a zone, is not looked up and emits no 'lookup'")
def AddressesAreNotLookedUp(t):
    def never(hostname, options, callback):
        t.note("asked", hostname)

    def attempt(host):
        socket = t.watch(host, t.net.Socket())
        socket.connect(port=80, host=host, lookup=never)
        t.next_tick(lambda: socket.destroy())

    attempt("127.0.0.1")
    attempt("::1")
    attempt("::ffff:127.0.0.1")


@case(about="the error of a lookup is emitted unchanged, a tick after 'lookup'")
def ErrorOfTheLookup(t):
    error = t.error("my own")

    def lookup(hostname, options, callback):
        callback(error)
        t.note("destroyed", client.destroyed)

    client = t.watch("client", t.net.Socket())
    client.on("lookup", lambda *rest: t.next_tick(lambda: t.note("tick", client.destroyed)))
    client.on("error", lambda given: t.note("the same", given == error))
    client.connect(port=80, host="a.test", lookup=lookup)
    t.snapshot(client)


@case(about="'lookup' also has the error of a lookup for one address")
def ErrorOfTheLookupForOne(t):
    client = t.watch("client", t.net.Socket())
    client.on("error", t.callback("error"))
    client.connect(port=80, host="a.test", family=4, lookup=failing(t, "lookup"))


@case(about="an answer that is not an IP address fails with ERR_INVALID_IP_ADDRESS, which shows it")
def AnswerIsNoAddress(t):
    def answer(label, options, answers):
        socket = t.watch(label, t.net.Socket())
        socket.on("error", lambda error: t.note(f"{label}: error", error))
        lookup = answering(t, f"{label}: lookup", answers)
        socket.connect({"port": 80, "host": "a.test", "lookup": lookup, **options})

    answer("name", {"family": 4}, [None, "b.test", 4])
    answer("nothing", {"family": 4}, [None])
    answer("null", {"family": 4}, [None, None, 4])
    answer("number", {"family": 4}, [None, 5, 4])
    answer("list", {"family": 4}, [None, ["127.0.0.1"], 4])
    answer("object", {"family": 4}, [None, {"address": "127.0.0.1", "family": 4}])
    answer("brackets", {"family": 6}, [None, "[::1]", 6])
    answer("name among all", {}, [None, [{"address": "b.test", "family": 4}]])
    answer("number among all", {}, [None, [{"address": 5, "family": 4}]])
    answer("no address among all", {}, [None, [{"family": 4}]])


@case(about="an answer of a family other than 4 and 6 fails with ERR_INVALID_ADDRESS_FAMILY")
def AnswerOfOtherFamily(t):
    def answer(label, options, answers):
        socket = t.watch(label, t.net.Socket())
        socket.on("error", lambda error: t.note(f"{label}: error", error))
        lookup = answering(t, f"{label}: lookup", answers)
        socket.connect({"port": 80, "host": "a.test", "lookup": lookup, **options})

    answer("5", {"family": 4}, [None, "127.0.0.1", 5])
    answer("0", {"family": 4}, [None, "127.0.0.1", 0])
    answer("text", {"family": 4}, [None, "127.0.0.1", "4"])
    answer("IPv4", {"family": 4}, [None, "127.0.0.1", "IPv4"])
    answer("nothing", {"family": 4}, [None, "127.0.0.1"])
    answer("5 among all", {}, [None, [{"address": "127.0.0.1", "family": 5}]])
    answer("nothing among all", {}, [None, [{"address": "127.0.0.1"}]])


@case(about="unusable answers among several are skipped, though 'lookup' is emitted for them")
class UnusableAnswers:
    def server(t):
        accept_one(t)

    def client(t, port):
        answers = [{"address": "b.test", "family": 4}, {"address": "127.0.0.2", "family": 5}]
        answers.append({"address": "127.0.0.1", "family": 4})
        client = t.watch("client", t.net.Socket())
        client.connect(port=port, host="a.test", lookup=answering(t, "lookup", [None, answers]))
        client.on("error", t.callback("error"))

        def on_connect():
            t.note("attempted", client.auto_select_family_attempted_addresses)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="a text as the answer where a list was asked for is taken character by character")
def PlainAnswerToAll(t):
    client = t.watch("client", t.net.Socket())
    client.on("error", t.callback("error"))
    client.connect(port=80, host="a.test", lookup=answering(t, "lookup", [None, "::1", 6]))


@case(about="an empty list of answers is an uncaught TypeError and leaves the socket connecting")
def NoAnswers(t):
    client = t.watch("client", t.net.Socket())

    def on_uncaught(error):
        t.note("connecting", client.connecting)
        client.destroy()

    t.on_uncaught(on_uncaught)
    client.on("error", t.callback("error"))
    client.connect(port=80, host="a.test", lookup=answering(t, "lookup", [None, []]))


@case(about="an IPv6 address labelled as family 4 fails with EINVAL")
def MislabelledAddress(t):
    client = t.watch("client", t.net.Socket())
    client.on("error", t.callback("error"))
    client.connect(port=80, host="a.test", family=4, lookup=answering(t, "lookup", [None, "::1", 4]))


@case(about="an exception in a lookup function is thrown by connect() and leaves the socket connecting")
def LookupThrows(t):
    def lookup(hostname, options, callback):
        raise t.error("of the lookup")

    client = t.watch("client", t.net.Socket())
    t.attempt("connect", lambda: client.connect(port=80, host="a.test", lookup=lookup))
    t.snapshot(client)
    client.destroy()


@case(about="a lookup that answers twice starts two attempts, and the second fails with EALREADY")
class AnswersTwice:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        def lookup(hostname, options, callback):
            callback(None, "127.0.0.1", 4)
            callback(None, "127.0.0.1", 4)

        client = t.watch("client", t.net.Socket())
        client.on("error", lambda error: t.note("code", error.code))
        client.connect(port=port, host="a.test", family=4, lookup=lookup)


@case(about="a single answer after destroy() emits 'lookup' and nothing else")
def AnswerAfterDestroy(t):
    def lookup(hostname, options, callback):
        t.immediate(lambda: callback(None, "127.0.0.1", 4))

    client = t.watch("client", t.net.Socket())
    client.connect(port=80, host="a.test", family=4, lookup=lookup)
    client.destroy()


@case(about="a list of answers after destroy() is ignored")
def AnswersAfterDestroy(t):
    def lookup(hostname, options, callback):
        t.immediate(lambda: callback(None, [{"address": "127.0.0.1", "family": 4}]))

    client = t.watch("client", t.net.Socket())
    client.connect(port=80, host="a.test", lookup=lookup)
    client.destroy()


@case(about="the error of a lookup after destroy() is never emitted as 'error'")
def ErrorAfterDestroy(t):
    def ask(label, options):
        def lookup(hostname, options, callback):
            t.immediate(lambda: callback(t.error("late")))

        client = t.watch(label, t.net.Socket())
        client.connect({"port": 80, "host": "a.test", "lookup": lookup, **options})
        client.destroy()

    ask("one", {"family": 4})
    ask("all", {})


@case(about="destroy() in 'lookup' prevents the attempt")
def DestroyInsideLookup(t):
    def ask(label, options, answers):
        client = t.watch(label, t.net.Socket())
        client.once("lookup", lambda *rest: client.destroy())
        lookup = answering(t, f"{label}: lookup", answers)
        client.connect({"port": 80, "host": "a.test", "lookup": lookup, **options})

    ask("one", {"family": 4}, [None, "127.0.0.1", 4])
    many = [{"address": "127.0.0.1", "family": 4}, {"address": "127.0.0.2", "family": 4}]
    ask("all", {}, [None, many])


@case(about="a lookup keeps the process alive, until the tick of its callback")
def LookupIsActive(t):
    client = t.net.connect(port=80, host="no..host")
    t.note("active", t.active())
    client.unref()
    t.note("active", t.active())

    def on_error(error):
        t.note("code", error.code)
        t.note("active", t.active())
        t.immediate(lambda: t.note("active", t.active()))

    client.on("error", on_error)


@case(about="listen() with a host asks for all answers, and takes the first that is not IPv6 link-local")
def ListenAnswers(t):
    answers = [
        ["link-local first", [{"address": "fe80::1", "family": 6}, {"address": "127.0.0.1", "family": 4}]],
        ["link-local only", [{"address": "fe80::1%lo", "family": 6}, {"address": "fe80::2%lo", "family": 6}]],
        ["two", [{"address": "127.0.0.2", "family": 4}, {"address": "::1", "family": 6}]],
        ["zone", [{"address": "FE80::1%lo", "family": 6}, {"address": "127.0.0.1", "family": 4}]],
        ["end of the block", [{"address": "febf::1", "family": 6}, {"address": "127.0.0.1", "family": 4}]],
        ["beyond the block", [{"address": "fec0::1", "family": 6}, {"address": "127.0.0.1", "family": 4}]],
        ["no address", [{"family": 4}]],
        ["texts", ["127.0.0.1"]],
        ["family as a text", [{"address": "127.0.0.1", "family": "IPv4"}]],
        ["wrong family", [{"address": "127.0.0.1", "family": 6}]],
        ["no family", [{"address": "127.0.0.1"}]],
        ["a number", [{"address": 5, "family": 4}]],
    ]

    def listen(label, found):
        server = t.net.create_server()
        server.on("error", lambda error: t.note(label, error.message))
        server.listen(0, "example.test", lambda: [t.note(label, server.address().address), server.close()])

    def lookup(host, options, callback):
        t.note("asked", [host, options])
        callback(None, current[0])

    current = [None]
    t.dns.lookup = lookup
    for label, found in answers:
        current[0] = found
        listen(label, found)


@case(about="listen() throws in the callback of a lookup whose answer is not a list")
def ListenNoAnswers(t):
    def listen(label, found):
        t.dns.lookup = lambda host, options, callback: callback(None, found)
        t.attempt(label, lambda: t.net.create_server().listen(0, "example.test") is None)

    listen("null", None)
    listen("object", {"address": "127.0.0.1", "family": 4})
    listen("none", [])
    listen("a null", [None])


@case(about="the error shows an object that was answered in place of an address or a list")
def AnswersWithAnObject(t):
    found = {"address": "127.0.0.1", "family": 4}

    def lookup(host, options, callback):
        callback(None, found)

    def watch(label, client):
        client.on("lookup", lambda error, address, family, host: t.note(label, [error, address, family]))
        client.on("error", lambda error: t.note(label, error.message))

    watch("one", t.net.connect(port=1, host="example.test", family=4, lookup=lookup))
    t.attempt("all", lambda: t.net.connect(port=1, host="example.test", lookup=lookup) is None)


@case(about="the hints of connect() reach the resolver", skip_unless="ipv6")
def HintsOfConnect(t):
    def start():
        client = t.net.connect({"port": server.address().port, "host": "127.1", "family": 6, "hints": 8})
        client.on("lookup", lambda error, ip, family, host: t.note("lookup", [error, ip, family, host]))
        client.on("connect", lambda: [t.note("peer", client.remote_address), client.end()])
        client.on("error", t.callback("error"))
        client.on("close", lambda had_error: server.close())
        client.resume()

    server = t.net.create_server(lambda peer: peer.end())
    server.listen(0, "127.0.0.1", start)


@case(about="a lookup is asked while the socket connects, and its failure ends it step by step as in Node")
def LookupFails(t):
    for name in ["at once", "late", "thrown"]:
        client = closely(t, name, t.net.Socket(), SOCKET)
        client.on("error", t.callback(f"{name}: error"))

        def lookup(host, options, callback, name=name, client=client):
            t.note(f"{name}: asked", [host, options])
            t.snapshot(client)
            if name == "at once":
                callback(t.error("unknown"))
            if name == "late":
                t.immediate(lambda: callback(t.error("unknown")))
            if name == "thrown":
                raise t.error("thrown")

        options = {"port": 80, "host": "a.test", "lookup": lookup}
        t.attempt(name, lambda client=client, options=options: client.connect(options) is client)
