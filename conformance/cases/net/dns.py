"""dns.lookup() itself and its default order: what it answers at once, what later, and which arguments it refuses."""

from conformance import case


@case(about="lookup() answers an IP address or an empty name with itself, on a tick")
def AddressesAnswerThemselves(t):
    t.dns.lookup("127.0.0.1", t.callback("ipv4"))
    t.dns.lookup("127.0.0.1", 6, t.callback("another family"))
    t.dns.lookup("::1", {"all": True}, t.callback("all"))
    t.dns.lookup("fe80::1%lo", t.callback("zone"))
    t.dns.lookup(None, 6, t.callback("null"))
    t.dns.lookup("", {"all": True}, t.callback("empty"))
    t.next_tick(lambda: t.note("tick", None))


@case(about="lookup() of a name answers later, with one address or with all")
def Names(t):
    def one(*args):
        t.note("one", args)
        t.dns.lookup("localhost", {"all": True, "family": 4}, every)

    def every(*args):
        t.note("all", args)
        t.dns.lookup("localhost", {"all": True, "family": "IPv4"}, t.callback("family by name"))

    t.dns.lookup("localhost", 4, one)
    t.next_tick(lambda: t.note("tick", None))


@case(about="lookup() of what can be no name fails with ENOTFOUND, of a name that is too long with EINVAL")
def NoNames(t):
    def failed(*args):
        t.note("blank", args)
        t.dns.lookup("a" * 5000, t.callback("long"))
        t.next_tick(lambda: t.note("tick", None))

    t.dns.lookup("a b", failed)


@case(about="lookup() warns once that an empty name is deprecated, and says nothing of null")
def EmptyNames(t):
    t.on_warning(t.callback("warning"))
    t.dns.lookup("", t.callback("empty"))
    t.dns.lookup("", t.callback("again"))
    t.dns.lookup(None, t.callback("null"))


@case(about="lookup() refuses names, options and callbacks of the wrong kind")
def Refused(t):
    def done(*args):
        pass

    t.attempt("no callback", lambda: t.dns.lookup("x"))
    t.attempt("number", lambda: t.dns.lookup(5, done))
    t.attempt("NUL", lambda: t.dns.lookup("a\0b", done))
    for value in [5, "4", True]:
        t.attempt("options", lambda: t.dns.lookup("x", value, done))
    for value in ["x", 5, True, []]:
        t.attempt("family", lambda: t.dns.lookup("x", {"family": value}, done))
        t.attempt("all", lambda: t.dns.lookup("x", {"all": value, "family": 5}, done))
        t.attempt("verbatim", lambda: t.dns.lookup("x", {"verbatim": value, "order": "x"}, done))
        t.attempt("order", lambda: t.dns.lookup("x", {"order": value}, done))
    for value in [99999, "a", True]:
        t.attempt("hints", lambda: t.dns.lookup("x", {"hints": value}, done))


@case(about="set_default_result_order() takes a known order only, and without one throws")
def DefaultOrders(t):
    for value in ["verbatim", "ipv4first", "ipv6first", "x", 5, None]:
        t.attempt("set", lambda: t.dns.set_default_result_order(value))
        t.note("order", t.dns.get_default_result_order())
    t.attempt("nothing", lambda: t.dns.set_default_result_order())


@case(about="lookup() with several wrong arguments names the one that Node looks at first")
def LookupWrong(t):
    def done(error, address, family):
        pass

    t.attempt("all", lambda: t.dns.lookup(5, "x", "y"))
    t.attempt("callback and family", lambda: t.dns.lookup("a.test", 5, "y"))
    t.attempt("callback and options", lambda: t.dns.lookup("a.test", {"family": 5, "hints": 99999}, "y"))
    t.attempt("host and options", lambda: t.dns.lookup(5, {"family": 5}, done))
    t.attempt("hints and family", lambda: t.dns.lookup("a.test", {"family": 5, "hints": 99999, "all": "x"}, done))
    t.attempt("family and all", lambda: t.dns.lookup("a.test", {"family": 5, "all": "x"}, done))
    t.attempt("all and verbatim", lambda: t.dns.lookup("a.test", {"all": "x", "verbatim": "y"}, done))
    t.attempt("verbatim and order", lambda: t.dns.lookup("a.test", {"verbatim": "y", "order": "z"}, done))
    t.attempt("order", lambda: t.dns.lookup("a.test", {"order": "z"}, done))
    t.attempt("family", lambda: t.dns.lookup("a.test", 5, done))


@case(about="the default order of answers stays as it was when a wrong one is refused")
def DefaultOrder(t):
    before = t.dns.get_default_result_order()
    t.attempt("wrong", lambda: t.dns.set_default_result_order("x"))
    t.note("same", t.dns.get_default_result_order() == before)
    t.dns.set_default_result_order("ipv6first")
    t.note("set", t.dns.get_default_result_order())


@case(about="the hints of lookup() reach the resolver: V4MAPPED makes an IPv6 address of an IPv4 one")
def Hints(t):
    # "127.1" is no IP address to Node, and is one to the resolver: no server is asked. Lookups under way at once race.
    def mapped(*args):
        t.note("mapped", args)
        t.dns.lookup("127.1", {"family": 6, "hints": 24, "all": True}, all_mapped)

    def all_mapped(*args):
        t.note("mapped, all", args)
        t.dns.lookup("127.1", {"family": 6}, lambda error, *_: t.note("not mapped", error.code))

    t.dns.lookup("127.1", {"family": 6, "hints": 8}, mapped)
