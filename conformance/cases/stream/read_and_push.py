"""What read(), push() and unshift() do with the buffer of a stream in memory."""

from conformance import case


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


@case(about="set_default_high_water_mark() holds for streams made afterwards, for objects by themselves")
def DefaultMarks(t):
    def marks():
        duplex = t.stream.PassThrough()
        return [
            duplex.readable_high_water_mark,
            duplex.writable_high_water_mark,
            t.stream.Readable().readable_high_water_mark,
            t.stream.Readable(object_mode=True).readable_high_water_mark,
            t.stream.Writable(object_mode=True).writable_high_water_mark,
            t.net.Socket().readable_high_water_mark,
            t.net.Socket(high_water_mark=9).writable_high_water_mark,
        ]

    before = t.stream.Readable()
    t.note("as it is", marks())
    t.note("returns", t.stream.set_default_high_water_mark(False, 5))
    t.note("bytes", marks())
    t.stream.set_default_high_water_mark(True, 3)
    t.note("objects", marks())
    t.note("asked", [t.stream.get_default_high_water_mark(False), t.stream.get_default_high_water_mark(True)])
    t.note("made before", before.readable_high_water_mark)


@case(about="writes that are taken at once call back in order on one tick, those with one callback together")
def OneCallbackForSeveralWrites(t):
    destination = t.watch("destination", t.stream.Writable(write=lambda chunk, encoding, callback: callback()))
    shared = t.callback("shared")
    destination.write("a", shared)
    t.next_tick(t.callback("tick"))
    destination.write("b", shared)
    destination.write("c", t.callback("own"))
    destination.write("d", shared)
    destination.write("e")
    destination.end("f", shared)
