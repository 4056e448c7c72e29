"""duplex_pair(): two streams, each of which reads what is written to the other."""

from conformance import case
from conformance.scenery import BOTH, closely, record, state


@case(about="a duplex pair passes on objects that are false, and only holds back empty ones")
def PairOfFalse(t):
    one, other = t.stream.duplex_pair(object_mode=True)
    other.on("data", t.callback("data"))
    other.on("end", t.callback("end", lambda: other.end()))
    one.resume()
    one.write(0, t.callback("0 written"))
    one.write(False, t.callback("false written"))
    one.write("", t.callback("nothing written"))
    one.end()


@case(about="when one side of a duplex pair is destroyed, the other ends, or fails with it, on the next tick")
def PairSideDestroyed(t):
    for error in [None, t.error("boom")]:
        for waits in [False, True]:
            one, other = t.stream.duplex_pair()
            name = f"{error is None} {waits}"
            record(t, f"{name} one", one, ["end", "finish", "error", "close"])
            record(t, f"{name} other", other, ["end", "finish", "error", "close", "readable"])
            if waits:
                one.write("from one", t.callback(f"{name} one written"))
                other.write("from other", t.callback(f"{name} other written"))
            one.destroy(error)
            t.note(name, [one.destroyed, other.destroyed, state(other)])
            t.next_tick(lambda other=other, name=name: t.note(f"{name} tick", state(other)))

            def later(other=other, name=name):
                t.note(f"{name} later", state(other))
                other.write("late", t.callback(f"{name} late written"))
                other.end(t.callback(f"{name} ended"))
                t.note(f"{name} read", other.read())

            t.immediate(later)


@case(about="both sides of a duplex pair, destroyed in one turn, close once each")
def PairBothDestroyed(t):
    one, other = t.stream.duplex_pair()
    record(t, "one", one, ["end", "finish", "error", "close"])
    record(t, "other", other, ["end", "finish", "error", "close"])
    one.destroy()
    other.destroy(t.error("boom"))


@case(about="a duplex pair carries chunks, waits for the other end's read() and ends step by step as in Node")
def PairSteps(t):
    one, other = t.stream.duplex_pair(high_water_mark=2)
    closely(t, "one", one, BOTH)
    closely(t, "other", other, BOTH)
    one.write("aaa", t.callback("first"))
    one.write("bbb", t.callback("second"))
    one.end(t.callback("ended"))
    other.on("data", lambda chunk: None)
    other.end("c")
    one.resume()


@case(about="destroy() of one end of a duplex pair reaches the other step by step as in Node")
def PairDestroyedSteps(t):
    one, other = t.stream.duplex_pair()
    closely(t, "one", one, BOTH)
    closely(t, "other", other, BOTH)
    other.on("error", t.callback("error"))
    one.write("a", t.callback("written"))
    one.destroy(t.error("broken"))
    t.immediate(lambda: t.immediate(lambda: other.destroy()))


@case(about="read() within 'data' of a duplex pair does not complete the write that is under way")
def PairReadsWithin(t):
    one, other = t.stream.duplex_pair(high_water_mark=1)
    other.on("data", lambda chunk: [t.note("data", chunk), other.read(0), t.note("read", None)])

    def write():
        for name in ["a", "b", "c"]:
            t.note(name, one.write(name, t.callback(f"written {name}")))
        t.immediate(lambda: t.immediate(lambda: [one.destroy(), other.destroy()]))

    t.immediate(lambda: t.immediate(write))
