"""How a stream in memory is read: 'data', 'readable', read(), push() and unshift(), step by step."""

from conformance import case
from conformance.scenery import READS, closely, much_later, numbers


def idle(t, options=None):
    """A Readable whose _read does nothing: what is in its buffer was pushed by hand."""
    return t.stream.Readable({"read": lambda size: None, **(options or {})})


@case(about="read(size) waits for so many bytes, but after the end gives what is left")
def ReadSizes(t):
    source = t.watch("source", idle(t))
    source.on("readable", lambda: t.note("more", source.readable_length))
    source.push(b"ab")

    def later():
        t.note("too many", source.read(3))
        source.push(b"cd")
        t.note("three", source.read(3))
        t.note("three again", source.read(3))
        t.note("flowing", source.readable_flowing)
        source.push(None)
        t.note("past the end", source.read(10))
        t.note("nothing left", source.read())
        t.note("nothing to read", source.read(0))

    t.immediate(later)


@case(about="read() of more than the high-water mark raises it to a power of two, of more than 1 GiB throws")
def ReadRaisesTheMark(t):
    source = idle(t, {"high_water_mark": 4})
    for size in [3, 4, 9, 16, 17, 2.5, "33", -1, 0, 1073741824]:
        t.note("read", source.read(size))
        t.note("mark", source.readable_high_water_mark)
    t.attempt("too large", lambda: source.read(1073741825))
    t.note("mark", source.readable_high_water_mark)
    objects = idle(t, {"object_mode": True})
    objects.push({"a": 1})
    objects.push("")
    t.note("an object, whatever the size", objects.read(100))
    t.note("mark in objects", objects.readable_high_water_mark)
    t.note("an empty string", objects.read())


@case(about="unshift() puts back in front of what is buffered, and the next read() joins both")
def UnshiftInFront(t):
    source = t.watch("source", idle(t))
    source.push(b"cd")
    t.note("room", source.unshift(b"ab"))
    t.note("joined", source.read(3))
    source.unshift("c")
    source.unshift("61", "hex")
    t.note("length", source.readable_length)
    t.note("rest", source.read())
    source.unshift(b"")
    t.note("nothing", source.read())
    t.note("null ends it", source.unshift(None))
    t.snapshot(source)


@case(about="push() after the end is the error ERR_STREAM_PUSH_AFTER_EOF, before 'end' and after it")
def PushAfterTheEnd(t):
    for name in ["before", "after"]:
        source = t.watch(name, idle(t, {"auto_destroy": False}))
        source.on("error", t.callback("error"))
        source.resume()
        source.push(None)
        if name == "before":
            t.note("pushed", source.push(b"late"))
        else:
            source.on("end", lambda source=source: t.note("pushed", source.push(b"late")))


@case(about="unshift() puts back until 'end', after which it is the error ERR_STREAM_UNSHIFT_AFTER_END_EVENT")
def UnshiftAfterTheEnd(t):
    for name in ["before", "after"]:
        source = t.watch(name, idle(t, {"auto_destroy": False}))
        source.on("error", t.callback("error"))
        source.on("data", t.callback("data"))
        source.push(None)
        if name == "before":
            t.note("put back", source.unshift(b"late"))
        else:
            source.on("end", lambda source=source: t.note("put back", source.unshift(b"late")))


@case(about="push() returns false from the high-water mark on, counted in bytes, characters or objects")
def RoomLeft(t):
    t.note("bytes", [idle(t, {"high_water_mark": 3}).push(chunk) for chunk in [b"ab", b"abc", b"abcd"]])
    text = idle(t, {"high_water_mark": 3, "encoding": "utf8"})
    t.note("characters", [text.push("é"), text.push("é"), text.push("é")])
    t.note("length", text.readable_length)
    objects = idle(t, {"high_water_mark": 2, "object_mode": True})
    t.note("objects", [objects.push(1), objects.push(2)])


@case(
    about="a source that pushes at once is read by 'data' to its end step by step as in Node",
    skip_unless="node<26.12",
)
def Flowing(t):
    source = numbers(t, "source", 3)
    source.on("data", lambda chunk: None)
    source.on("end", lambda: None)


@case(about="a source that pushes a turn later is read by 'data' to its end step by step as in Node")
def FlowingLate(t):
    left = [0]

    def push():
        left[0] += 1
        source.push(str(left[0]) if left[0] < 3 else None)

    source = closely(t, "source", t.stream.Readable(read=lambda size: t.immediate(push)), READS)
    source.on("data", lambda chunk: None)


@case(about="a source is read by 'readable' and read() to its end step by step as in Node", skip_unless="node<26")
def ByReadable(t):
    source = numbers(t, "source", 3)

    def on_readable():
        chunk = source.read()
        t.note("read", chunk)

    source.on("readable", on_readable)


@case(about="pause() and resume() within 'data' take effect step by step as in Node", skip_unless="node<26.1")
def Pausing(t):
    source = numbers(t, "source", 4)

    def on_data(chunk):
        source.pause()
        t.immediate(lambda: source.resume())

    source.on("data", on_data)


@case(about="a 'readable' listener that comes and goes beside 'data' changes the flow step by step as in Node")
def ReadableGoes(t):
    source = numbers(t, "source", 4)

    def on_readable():
        source.remove_listener("readable", on_readable)
        source.resume()

    source.on("data", lambda chunk: None)
    source.on("readable", on_readable)


@case(
    about="push() of what a stream does not take fails step by step as in Node, after the chunks before it",
    skip_unless="node<26.1",
)
def PushRefusedInOrder(t):
    source = closely(t, "source", t.stream.Readable(read=lambda size: None), READS)
    source.on("error", t.callback("error"))
    source.push("a")
    source.push(None)
    source.push("b")
    source.unshift("c")
    source.resume()


@case(about="destroy(error) within 'data' ends a source step by step as in Node", skip_unless="node<26.12")
def DestroyedInData(t):
    source = numbers(t, "source", 4)
    source.on("error", t.callback("error"))
    source.on("data", lambda chunk: source.destroy(t.error("enough")))


@case(about="an error thrown by read() of a source destroys it step by step as in Node")
def ReadThrows(t):
    def read(size):
        raise t.error("no more")

    source = closely(t, "source", t.stream.Readable(read=read), READS)
    source.on("error", t.callback("error"))
    source.resume()


@case(
    about="'end', 'resume' and 'pause' listeners see the same state as in Node, and may push or read",
    skip_unless="node<26.12",
)
def WithinReading(t):
    for event in ["end", "resume", "pause"]:
        for act in ["read", "push", "pause", "resume", "destroy"]:
            name = f"{act} in {event}"
            source = numbers(t, name, 2)
            source.on("error", t.callback(f"{name}: error"))

            def do(source=source, act=act, name=name):
                if act == "read":
                    t.note(name, source.read())
                if act == "push":
                    t.note(name, source.push("late"))
                if act == "pause":
                    source.pause()
                if act == "resume":
                    source.resume()
                if act == "destroy":
                    source.destroy()

            source.once(event, do)
            source.on("data", lambda chunk: None)
            if event == "pause":
                source.pause()
            much_later(t, lambda source=source: source.destroy())


@case(about="read(0) within the 'readable' of the end does not emit it again")
def ReadWithinReadable(t):
    source = t.stream.Readable(read=lambda size: None)

    def on_readable():
        t.note("readable", source.readable_length)
        source.read(0)

    source.on("readable", on_readable)
    source.on("end", t.callback("end"))

    def rest():
        t.note("rest", source.read())
        t.immediate(lambda: t.note("over", source.readable_ended))

    def end():
        source.push(None)
        t.immediate(rest)

    def push():
        source.push("abc")
        t.immediate(end)

    t.immediate(push)
