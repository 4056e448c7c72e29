"""Several addresses for one host: which are tried, in which order, for how long, and what is emitted."""

from conformance import case
from conformance.scenery import SOCKET, accept_one, client_to, closely, meet, serve


def resolving(t, addresses):
    """A lookup that answers with these addresses, on the next tick."""
    answers = [{"address": address, "family": 6 if ":" in address else 4} for address in addresses]
    return lambda hostname, options, callback: t.next_tick(lambda: callback(None, answers))


def note_attempted(t, socket):
    """Note the addresses tried so far."""
    t.note("attempted", socket.auto_select_family_attempted_addresses)


@case(about="when an address refuses, the next is tried at once, and 'connect' comes without 'error'")
class NextAfterRefusal:
    def server(t):
        accept_one(t)

    def client(t, port):
        lookup = resolving(t, ["127.0.0.2", "127.0.0.3", "127.0.0.1", "127.0.0.4"])
        client = t.watch("client", t.net.connect(port=port, host="a.test", lookup=lookup))
        client.on("connectionAttempt", lambda address, port, family: note_attempted(t, client))
        client.on("connectionAttemptFailed", lambda *rest: note_attempted(t, client))
        client.on("connect", lambda: t.snapshot(client))
        client.on("ready", lambda: client.end())
        client.on("close", lambda had_error: note_attempted(t, client))
        client.resume()


@case(about="addresses are tried in alternating families, starting with that of the first answer, each once")
class FamiliesTakeTurns:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        def attempt(label, addresses):
            client = t.net.connect(port=port, host="a.test", lookup=resolving(t, addresses))
            client.on("connectionAttempt", lambda address, port, family: t.note(label, [address, family]))
            client.on("error", lambda error: t.note(label, error.code))

        attempt("4 4 6 6", ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])
        attempt("6 4 4 4", ["::1", "127.0.0.1", "127.0.0.2", "127.0.0.3"])
        attempt("4 6 6", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
        attempt("one twice", ["127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"])
        attempt("the only one twice", ["127.0.0.1", "127.0.0.1"])


@case(about="when all addresses refuse, 'error' is an AggregateError with the code of the first")
class AllRefuse:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2", "127.0.0.3"])
        client = t.watch("client", t.net.connect(port=port, host="a.test", lookup=lookup))
        client.on("connectionAttemptFailed", lambda *rest: t.note("state", client.ready_state))

        def on_error(error):
            t.note("name", error.name)
            t.note("message", error.message)
            t.note("errors", [one.message for one in error.errors])
            t.snapshot(client)

        client.on("error", on_error)


@case(about="when an address fails at once, the next is tried in the same turn")
class FailureAtOnce:
    def server(t):
        accept_one(t)

    def client(t, port):
        lookup = resolving(t, ["127.255.255.255", "224.0.0.1", "127.0.0.1"])
        client = t.watch("client", t.net.connect(port=port, host="a.test", lookup=lookup))
        client.once("connectionAttempt", lambda *rest: t.next_tick(lambda: t.note("tick", None)))
        client.on("connectionAttemptFailed", lambda address, port, family, error: t.note("failed", error))
        client.on("ready", lambda: client.end())
        client.resume()


@case(about="when all addresses fail at once, the AggregateError has their errors with the local ends")
def AllFailAtOnce(t):
    lookup = resolving(t, ["127.255.255.255", "224.0.0.1"])
    client = t.watch("client", t.net.connect(port=80, host="a.test", lookup=lookup))
    client.on("error", t.callback("error"))


@case(about="an attempt that takes too long is dropped for the next, and cannot win later")
class NextAfterTimeout:
    def raw(r):
        slow = r.full_backlog()
        quick = r.listen(host="127.0.0.2", port=slow.port)
        r.publish(port=slow.port)
        quick.accept().recv_all()

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2"])
        client.connect(port=port, host="a.test", lookup=lookup, auto_select_family_attempt_timeout=20)
        client.on("connectionAttemptTimeout", lambda *rest: t.snapshot(client))

        def on_connect():
            t.note("remote address", client.remote_address)
            note_attempted(t, client)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="an attempt that took too long is an ETIMEDOUT in the AggregateError")
class TimeoutAmongErrors:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        client.on("error", t.callback("error"))
        lookup = resolving(t, ["127.0.0.2", "127.0.0.1", "127.0.0.3"])
        client.connect(port=port, host="a.test", lookup=lookup, auto_select_family_attempt_timeout=20)


@case(about="the attempt at the last address has no time limit of its own")
class LastHasNoLimit:
    def raw(r):
        slow = r.full_backlog()
        r.full_backlog(host="127.0.0.2", port=slow.port)
        r.publish(port=slow.port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2"])
        client.connect(port=port, host="a.test", lookup=lookup, auto_select_family_attempt_timeout=10)

        def still():
            t.note("state", client.ready_state)
            note_attempted(t, client)
            client.destroy()

        client.on("connectionAttemptTimeout", lambda *rest: t.timeout(60, still))


@case(about="the timer of an attempt is an active resource until the attempt is over")
class LimitTimer:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        client = t.net.Socket()
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2"])
        client.connect(port=port, host="a.test", lookup=lookup, auto_select_family_attempt_timeout=1)
        client.on("connectionAttempt", lambda *rest: t.note("active", t.active()))
        client.once("connectionAttempt", lambda *rest: t.immediate(lambda: t.note("active", t.active())))
        client.on("connectionAttemptTimeout", lambda *rest: t.note("active", t.active()))
        client.on("error", lambda error: t.note("active", t.active()))


@case(about="destroy() during an attempt emits 'connectionAttemptFailed' ECANCELED, then 'close'")
class DestroyWhileTrying:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2"])
        client = t.watch("client", t.net.connect(port=port, host="a.test", lookup=lookup))
        client.once("connectionAttempt", lambda *rest: t.immediate(lambda: client.destroy()))
        client.on("close", lambda had_error: t.snapshot(client))


@case(about="destroy(error) during an attempt at one of several addresses emits that error")
class DestroyWithErrorWhileTrying:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2"])
        client = t.watch("client", t.net.connect(port=port, host="a.test", lookup=lookup))
        client.on("error", t.callback("error"))
        client.once("connectionAttempt", lambda *rest: t.immediate(lambda: client.destroy(t.error("mine"))))


@case(about="destroy() in 'connectionAttemptFailed' stops the attempts: no other address is tried")
class DestroyInsideTheFailure:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2"])
        client = t.watch("client", t.net.connect(port=port, host="a.test", lookup=lookup))
        client.on("connectionAttemptFailed", lambda *rest: client.destroy())
        client.on("error", t.callback("error"))
        client.on("close", lambda had_error: note_attempted(t, client))


@case(about="destroy() in 'connectionAttemptTimeout' stops the attempts: no other address is tried")
class DestroyInsideTheTimeout:
    def raw(r):
        r.publish(port=r.full_backlog().port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2"])
        client.connect(port=port, host="a.test", lookup=lookup, auto_select_family_attempt_timeout=10)
        client.on("connectionAttemptTimeout", lambda *rest: client.destroy())
        client.on("error", t.callback("error"))


@case(about="destroy() in 'connectionAttempt' of a later address is an uncaught TypeError")
class DestroyInsideALaterAttempt:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        t.on_uncaught(lambda error: t.note("message", error.message))
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2"])
        client = t.watch("client", t.net.connect(port=port, host="a.test", lookup=lookup))

        def on_attempt(address, port, family):
            if address == "127.0.0.2":
                client.destroy()

        client.on("connectionAttempt", on_attempt)


@case(about="a single answer leads to one attempt, a plain error and no list of attempted addresses")
class SingleAnswer:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        lookup = resolving(t, ["127.0.0.1"])
        client = t.watch("client", t.net.connect(port=port, host="a.test", lookup=lookup))
        client.on("error", lambda error: note_attempted(t, client))


@case(about="with auto_select_family False only the first address is tried")
class SwitchedOff:
    def raw(r):
        r.publish(port=r.closed_port())

    def client(t, port):
        def lookup(hostname, options, callback):
            t.note("all", options.all)
            t.next_tick(lambda: callback(None, "127.0.0.1", 4))

        client = t.watch("client", t.net.Socket())
        client.connect(port=port, host="a.test", lookup=lookup, auto_select_family=False)
        client.on("error", lambda error: note_attempted(t, client))


@case(about="set_default_auto_select_family() sets the default of auto_select_family for later connects")
def DefaultSwitch(t):
    def ask(label, options):
        def lookup(hostname, options, callback):
            t.note(label, options.all)
            callback(t.error("enough"))

        socket = t.net.Socket()
        socket.on("error", lambda error: None)
        socket.connect({"port": 80, "host": "a.test", "lookup": lookup, **options})

    t.note("default", t.net.get_default_auto_select_family())
    ask("on", {})
    t.attempt("off", lambda: t.net.set_default_auto_select_family(False))
    t.note("default", t.net.get_default_auto_select_family())
    ask("off", {})
    ask("asked for", {"auto_select_family": True})
    for wrong in [None, 0, "true", []]:
        t.attempt("wrong", lambda: t.net.set_default_auto_select_family(wrong))
    t.note("default", t.net.get_default_auto_select_family())


@case(
    about="an attempt may take 250 ms by default; the limit must be a whole number and is at least 10",
    skip_unless="node<25",
)
def DefaultLimit(t):
    t.note("default", t.net.get_default_auto_select_family_attempt_timeout())
    for value in [5, 10, 11, 1, 2147483647]:
        t.attempt("set", lambda: t.net.set_default_auto_select_family_attempt_timeout(value))
        t.note("default", t.net.get_default_auto_select_family_attempt_timeout())
    for wrong in [0, -1, 1.5, 2147483648, "5", None, True, float("nan"), float("inf")]:
        t.attempt("wrong", lambda: t.net.set_default_auto_select_family_attempt_timeout(wrong))
    t.note("default", t.net.get_default_auto_select_family_attempt_timeout())


@case(about="a blocked address fails without an attempt, and the others are tried")
class BlockedAddress:
    def server(t):
        accept_one(t)

    def client(t, port):
        blocked = t.net.BlockList()
        blocked.add_address("127.0.0.2")
        blocked.add_address("::1", "ipv6")
        client = t.watch("client", t.net.Socket(block_list=blocked))
        client.connect(port=port, host="a.test", lookup=resolving(t, ["127.0.0.2", "::1", "127.0.0.1"]))

        def on_connect():
            note_attempted(t, client)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="when all addresses are blocked, the AggregateError has the code ERR_IP_BLOCKED")
def AllBlocked(t):
    blocked = t.net.BlockList()
    blocked.add_subnet("127.0.0.0", 8)
    client = t.watch("client", t.net.Socket(block_list=blocked))
    client.on("error", t.callback("error"))
    client.connect(port=80, host="a.test", lookup=resolving(t, ["127.0.0.2", "127.0.0.1"]))
    client.on("close", lambda had_error: note_attempted(t, client))


@case(about="a single blocked address fails after its 'connectionAttempt'")
def OneBlocked(t):
    blocked = t.net.BlockList()
    blocked.add_address("127.0.0.1")
    literal = t.watch("literal", t.net.Socket(block_list=blocked))
    literal.on("error", t.callback("error"))
    literal.connect(80, "127.0.0.1")
    looked_up = t.watch("looked up", t.net.Socket(block_list=blocked))
    looked_up.on("error", t.callback("error"))
    looked_up.connect(port=80, host="a.test", lookup=resolving(t, ["127.0.0.1"]))


@case(about="local_port is used for each of the addresses tried")
class LocalPort:
    def raw(r):
        r.publish(local=r.closed_port())

    def server(t, local):
        accept_one(t)

    def client(t, port, local):
        client = t.watch("client", t.net.Socket())
        lookup = resolving(t, ["127.0.0.2", "127.0.0.1"])
        client.connect(port=port, host="a.test", lookup=lookup, local_port=local)
        client.on("error", t.callback("error"))

        def on_connect():
            t.note("as asked", client.local_port == local)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="a local_port in use fails each attempt, and only the AggregateError reports it")
def LocalPortTaken(t):
    server = t.net.create_server()

    def on_listening():
        lookup = resolving(t, ["127.0.0.2", "127.0.0.1"])
        client = t.watch("client", t.net.Socket())
        client.connect(port=80, host="a.test", lookup=lookup, local_port=server.address().port)
        client.on("error", t.callback("error"))
        client.on("close", lambda had_error: server.close())

    server.listen(0, "0.0.0.0", on_listening)


@case(about="early writes go exactly once, to the address that is reached")
class WritesReachTheLast:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: None)

        serve(t, on_connection)

    def client(t, port):
        lookup = resolving(t, ["127.0.0.2", "127.0.0.3", "127.0.0.1"])
        client = t.watch("client", t.net.connect(port=port, host="a.test", lookup=lookup))
        client.write("one ", t.callback("written"))
        client.write("two ")
        client.on("connect", lambda: t.note("bytes written", client.bytes_written))
        client.on("ready", lambda: client.end("three", t.callback("ended")))
        client.resume()


@case(about="an end() before a later address is reached sends its data, but no FIN")
class EndIsForgotten:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.on("data", lambda chunk: peer.end("got it"))

        serve(t, on_connection)

    def client(t, port):
        lookup = resolving(t, ["127.0.0.2", "127.0.0.1"])
        client = t.watch("client", t.net.connect(port=port, host="a.test", lookup=lookup))
        client.end("all of it", t.callback("ended"))
        client.on("connectionAttempt", lambda *rest: t.note("ended", client.writable_ended))
        client.on("connect", lambda: t.snapshot(client))
        client.on("data", lambda chunk: None)


@case(about="options set before any address is reached apply to the one that is")
class OptionsReachTheLast:
    def server(t):
        serve(t, lambda peer: peer.resume())

    def client(t, port):
        lookup = resolving(t, ["127.0.0.2", "127.0.0.1"])
        client = t.watch(
            "client", t.net.Socket(no_delay=True, keep_alive=True, keep_alive_initial_delay=7000)
        )
        client.connect(port=port, host="a.test", lookup=lookup)

        def on_connect():
            t.kernel(client)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="unref() before the addresses are tried is lost with the handle of the first one")
class UnrefIsLost:
    def raw(r):
        slow = r.full_backlog()
        r.full_backlog(host="127.0.0.2", port=slow.port)
        r.publish(port=slow.port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2"])
        client.connect(port=port, host="a.test", lookup=lookup, auto_select_family_attempt_timeout=10)
        client.unref()
        t.note("active", t.active())

        def later():
            t.note("active", t.active())
            client.destroy()

        client.on("connectionAttemptTimeout", lambda *rest: t.immediate(later))


@case(about="set_timeout() runs across the attempts and does not restart with each address")
class IdleTimeoutWhileTrying:
    def raw(r):
        slow = r.full_backlog()
        r.full_backlog(host="127.0.0.2", port=slow.port)
        r.publish(port=slow.port)
        r.hold()

    def client(t, port):
        client = t.watch("client", t.net.Socket())
        lookup = resolving(t, ["127.0.0.1", "127.0.0.2"])
        client.connect(port=port, host="a.test", lookup=lookup, auto_select_family_attempt_timeout=15)
        client.set_timeout(90, lambda: client.destroy())


@case(about="connect() after all addresses failed starts a new list of attempted addresses")
class AttemptedStartsOver:
    def raw(r):
        r.publish(closed=r.closed_port())

    def server(t, closed):
        accept_one(t)

    def client(t, port, closed):
        client = t.watch("client", t.net.Socket())
        client.connect(port=closed, host="a.test", lookup=resolving(t, ["127.0.0.1", "127.0.0.2"]))
        client.on("error", lambda error: note_attempted(t, client))

        def again(had_error):
            client.connect(port, "127.0.0.1")
            note_attempted(t, client)

        client.once("close", again)

        def on_connect():
            note_attempted(t, client)
            client.end()

        client.on("connect", on_connect)
        client.resume()


@case(about="end() during two attempts of one connect() calls back twice")
def EndDuringEachAttempt(t):
    def lookup(host, options, callback):
        callback(None, [{"address": "::1", "family": 6}, {"address": "127.0.0.1", "family": 4}])

    server = t.net.create_server(lambda peer: peer.resume())
    client = t.watch("client", t.net.Socket())
    client.on("connectionAttempt", lambda *args: t.next_tick(lambda: client.end()))
    client.on("error", lambda error: None)
    client.on("close", lambda had_error: server.close())
    server.listen(0, "127.0.0.1", lambda: client.connect(port=server.address().port, host="two.test", lookup=lookup))


@case(about="destroy() in 'connectionAttempt' of the first of several addresses is an uncaught TypeError")
class DestroyInsideTheFirstAttempt:
    def client(t, port):
        def lookup(host, options, callback):
            answer = [{"address": "::1", "family": 6}, {"address": "127.0.0.1", "family": 4}]
            t.next_tick(lambda: callback(None, answer))

        t.on_uncaught(t.callback("uncaught"))
        client = t.watch("client", t.net.connect(port=port, host="some.host", lookup=lookup))
        client.on("connectionAttempt", lambda *rest: client.destroy())
        client.on("close", lambda had_error: t.note("tried", client.auto_select_family_attempted_addresses))

    def raw(r):
        r.publish(port=r.closed_port())


@case(about="addresses that a lookup gives are tried one after the other step by step as in Node")
def AttemptsSteps(t):
    def lookup(host, options, callback):
        callback(
            None,
            [
                {"address": "127.0.0.2", "family": 4},
                {"address": "::1", "family": 6},
                {"address": "127.0.0.1", "family": 4},
            ],
        )

    def start(port):
        client = client_to(t, port, {"host": "a.test", "lookup": lookup, "auto_select_family": True})
        client.on("connectionAttempt", lambda *_: t.snapshot(client))
        client.on("connectionAttemptFailed", lambda *_: t.snapshot(client))
        client.on("error", t.callback("error"))
        client.resume()

    meet(t, None, lambda peer: peer.end(), start)


@case(about="when no address of a lookup can be reached the attempts fail step by step as in Node, the errors in order")
def AttemptsFailSteps(t):
    def lookup(host, options, callback):
        callback(None, [{"address": "127.0.0.2", "family": 4}, {"address": "127.0.0.3", "family": 4}])

    def start():
        port = server.address().port
        client = client_to(t, port, {"host": "a.test", "lookup": lookup, "auto_select_family": True})
        client.on("error", lambda error: [t.note("error", error), server.close()])

    server = t.net.create_server()
    server.listen(0, "127.0.0.1", start)


@case(about="a socket destroyed within 'connectionAttempt' or 'connectionAttemptFailed' tries nothing more")
def DestroyedInAttempt(t):
    def lookup(host, options, callback):
        callback(None, [{"address": "127.0.0.2", "family": 4}, {"address": "127.0.0.1", "family": 4}])

    def destroyed_in(event, port):
        client = closely(t, event, t.net.Socket(), SOCKET)
        client.once(event, lambda: client.destroy())
        client.connect(port=port, host="a.test", lookup=lookup, auto_select_family=True)
        client.on("error", t.callback(f"{event}: error"))

    def start():
        for event in ["lookup", "connectionAttempt", "connectionAttemptFailed"]:
            destroyed_in(event, server.address().port)
        t.timeout(100, lambda: server.close())

    server = t.net.create_server(lambda peer: peer.destroy())
    server.listen(0, "127.0.0.1", start)


@case(about="the setters of the defaults for attempts throw for wrong values, and change nothing")
def DefaultsWrong(t):
    t.attempt("default", lambda: t.net.set_default_auto_select_family("no"))
    t.note("default", t.net.get_default_auto_select_family())
    before = t.net.get_default_auto_select_family_attempt_timeout()
    t.attempt("time", lambda: t.net.set_default_auto_select_family_attempt_timeout("soon"))
    t.attempt("time", lambda: t.net.set_default_auto_select_family_attempt_timeout(0))
    t.note("time", t.net.get_default_auto_select_family_attempt_timeout() == before)
