"""High-water marks: how much a stream holds before its writer must wait, and when it asks its source for more."""

from conformance import case
from conformance.scenery import record, state


@case(
    about="with a high-water mark of 0 a late chunk emits 'readable', and each read() calls _read",
    skip_unless="node<26",
)
def MarkOfZero(t):
    for mode in ["data", "readable", "paused"]:
        source = t.stream.Readable(high_water_mark=0, read=lambda size, mode=mode: t.note(mode, ["read", size]))
        record(t, mode, source, ["end", "close"])
        if mode == "data":
            source.on("data", t.callback("data"))
        elif mode == "readable":
            source.on("readable", lambda source=source: t.note("has", [source.readable_length, source.read()]))
        else:
            source.pause()

        def push(source=source, mode=mode):
            t.note(mode, [source.push("late"), state(source)])

        t.immediate(push)
        t.immediate(lambda push=push: t.immediate(push))
        t.immediate(lambda source=source: t.immediate(lambda: t.immediate(lambda: (source.push(None), source.read()))))


@case(about="a Writable with a high-water mark of 0 needs 'drain' after every write")
def WritableMarkOfZero(t):
    for later in [False, True]:
        def write(chunk, encoding, callback, later=later):
            if later:
                t.immediate(callback)
            else:
                callback()

        sink = t.stream.Writable(high_water_mark=0, write=write)
        record(t, f"{later}", sink, ["drain", "finish", "prefinish", "close"])
        t.note("write", [sink.write("a", t.callback("a written")), state(sink)])
        t.note("write", [sink.write("b"), state(sink)])
        t.note("nothing", [sink.write(""), state(sink)])
        t.immediate(lambda sink=sink: t.immediate(lambda: t.immediate(lambda: t.immediate(lambda: sink.end()))))


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
