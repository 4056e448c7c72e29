"""How much one turn of the loop takes from a socket, and which socket comes first."""

from conformance import case


@case(about="ready descriptors have their turn in the order in which they became ready")
def OrderOfReadiness(t):
    sockets = [t.dgram.create_socket("udp4"), t.dgram.create_socket("udp4"), t.dgram.create_socket("udp4")]
    bound = []

    def on_listening():
        bound.append(1)
        if len(bound) == 3:
            t.immediate(send)

    def send():
        for number in [2, 0, 1]:
            sockets[number].send(str(number), sockets[number].address().port, "127.0.0.1")

    def on_message(message):
        t.note("message", message)
        sockets[int(message.decode())].close()

    for socket in sockets:
        socket.on("message", on_message)
        socket.bind(0, "127.0.0.1", on_listening)


def log(t):
    """A recorder of what happens in which order, equal things that follow each other counted: add(what), tell()."""
    runs = []

    def add(what):
        last = runs[-1] if len(runs) > 0 else [None, 0]
        if last[0] == what:
            last[1] += 1
        else:
            runs.append([what, 1])

    def tell():
        for run in runs:
            t.note(run[0], run[1])

    return [add, tell]


def with_readers(t, count, size, connect, ready):
    """Calls ready(readers): so many paused clients, for each of which `size` bytes and a FIN lie in the kernel.

    connect(path, index) makes a client.
    """
    server = t.net.create_server()
    readers = []
    there = []

    def arrived():
        there.append(1)
        if len(there) == 2 * count:
            server.close()
            t.immediate(lambda: ready(readers))

    def on_connection(peer):
        peer.end(bytes(size))
        peer.resume()
        arrived()

    def on_listening():
        for index in range(count):
            reader = connect(t.path("sock"), index)
            reader.pause()
            reader.on("connect", lambda: arrived())
            readers.append(reader)

    server.on("connection", on_connection)
    server.listen(t.path("sock"), on_listening)


def with_logged_readers(t, size, options, each):
    """Two clients with `size` bytes each, resumed at once; what they do goes into one log. each(index) is called at
    every read and may log more."""
    add, tell = log(t)
    closed = []

    def connect(path, index):
        def on_data(chunk):
            add(f"{index} data {len(chunk)}")
            each(index, add)

        def on_read(count, buffer):
            add(f"{index} read {count}")
            return each(index, add)

        def on_close(had_error):
            add(f"{index} closed after {reader.bytes_read}")
            closed.append(index)
            if len(closed) == 2:
                tell()

        if "buffer" in options:
            reader = t.net.connect(path=path, on_read={"buffer": options["buffer"], "callback": on_read})
        else:
            reader = t.net.connect(path=path)
            reader.on("data", on_data)
        reader.on("end", lambda: add(f"{index} end"))
        reader.on("close", on_close)
        return reader

    def ready(readers):
        for reader in readers:
            reader.resume()

    with_readers(t, 2, size, connect, ready)


@case(about="two sockets with much to read take turns: 64 KiB at once, more only if the last read was full")
def Data(t):
    def each(index, add):
        t.immediate(lambda: add("immediate"))
        t.next_tick(lambda: add("tick"))

    with_logged_readers(t, 100000, {}, each)


@case(about="a buffer of on_read is filled at most 32 times a turn, then come the other socket and the immediates")
def SmallBuffer(t):
    def each(index, add):
        t.immediate(lambda: add("immediate"))

    with_logged_readers(t, 60000, {"buffer": bytearray(500)}, each)


@case(about="between two reads into the buffer of on_read ticks and microtasks run")
def TicksBetweenReads(t):
    def each(index, add):
        t.microtask(lambda: add("microtask"))
        t.next_tick(lambda: add("tick"))

    with_logged_readers(t, 700, {"buffer": bytearray(100)}, each)


@case(about="a read that does not fill the buffer of on_read ends the turn of its socket")
def PartialRead(t):
    def each(index, add):
        t.immediate(lambda: add("immediate"))

    with_logged_readers(t, 1001, {"buffer": bytearray(1000)}, each)


@case(about="a buffer of on_read longer than 64 KiB is filled whole")
def LongBuffer(t):
    def each(index, add):
        t.immediate(lambda: add("immediate"))

    with_logged_readers(t, 100000, {"buffer": bytearray(70000)}, each)


@case(about="False from on_read leaves the rest of what has arrived in the kernel until resume()")
def FalseInTheMidst(t):
    add, tell = log(t)

    def connect(path, index):
        def on_read(count, buffer):
            add(f"read {count}, {reader.bytes_read} in all")
            if reader.bytes_read == 300:
                t.immediate(lambda: add("immediate"))
                t.immediate(lambda: t.immediate(lambda: resume()))
                return False

        def resume():
            add(f"resume at {reader.bytes_read}")
            reader.resume()

        reader = t.net.connect(path=path, on_read={"buffer": bytearray(100), "callback": on_read})
        reader.on("close", lambda had_error: tell())
        return reader

    with_readers(t, 1, 550, connect, lambda readers: readers[0].resume())


@case(about="pause() and resume() within on_read go on with the next bytes in the same turn")
def PauseAndResumeInTheMidst(t):
    add, tell = log(t)

    def connect(path, index):
        def on_read(count, buffer):
            add(f"read {count}, {reader.bytes_read} in all")
            t.immediate(lambda: add("immediate"))
            reader.pause()
            reader.resume()

        reader = t.net.connect(path=path, on_read={"buffer": bytearray(100), "callback": on_read})
        reader.on("close", lambda had_error: tell())
        return reader

    with_readers(t, 1, 550, connect, lambda readers: readers[0].resume())


@case(about="after destroy() in on_read bytes_read counts only what on_read got")
def DestroyInTheMidst(t):
    def connect(path, index):
        def on_read(count, buffer):
            t.note("read", reader.bytes_read)
            if reader.bytes_read == 300:
                reader.destroy()

        reader = t.watch("reader", t.net.connect(path=path, on_read={"buffer": bytearray(100), "callback": on_read}))
        reader.on("close", lambda had_error: t.note("in the end", reader.bytes_read))
        return reader

    with_readers(t, 1, 550, connect, lambda readers: readers[0].resume())


@case(about="a buffer function is called after each read, and the next read fills the buffer that it returned")
def BufferFunction(t):
    add, tell = log(t)

    def connect(path, index):
        made = []

        def make():
            made.append(100 * (len(made) % 3 + 1))
            add(f"make {made[-1]}")
            return bytearray(made[-1])

        def on_read(count, buffer):
            add(f"read {count} into {len(buffer)}, {reader.bytes_read} in all")
            t.next_tick(lambda: add("tick"))
            t.immediate(lambda: add("immediate"))

        reader = t.net.connect(path=path, on_read={"buffer": make, "callback": on_read})
        reader.on("close", lambda had_error: tell())
        return reader

    with_readers(t, 1, 1250, connect, lambda readers: readers[0].resume())


@case(about="after an exception in on_read the next read comes before the ticks")
def ThrowInTheMidst(t):
    add, tell = log(t)
    t.on_uncaught(lambda error: add("uncaught"))

    def connect(path, index):
        def on_read(count, buffer):
            add(f"read {count}, {reader.bytes_read} in all")
            t.next_tick(lambda: add("tick"))
            t.immediate(lambda: add("immediate"))
            if reader.bytes_read == 200:
                raise t.error("the reader's own")

        reader = t.net.connect(path=path, on_read={"buffer": bytearray(100), "callback": on_read})
        reader.on("close", lambda had_error: tell())
        return reader

    with_readers(t, 1, 550, connect, lambda readers: readers[0].resume())


@case(about="two UDP sockets with many datagrams take turns: 32 datagrams at once")
def Datagrams(t):
    add, tell = log(t)
    sockets = [t.dgram.create_socket("udp4"), t.dgram.create_socket("udp4")]
    seen = []

    def got(name):
        add(name)
        t.next_tick(lambda: add("tick"))
        t.immediate(lambda: add("immediate"))
        seen.append(name)
        if len(seen) == 80:
            for socket in sockets:
                socket.close()
            tell()

    def send():
        for _number in range(40):
            for socket in sockets:
                socket.send("x", socket.address().port, "127.0.0.1")

    sockets[0].on("message", lambda: got("first"))
    sockets[1].on("message", lambda: got("second"))
    sockets[0].bind(0, "127.0.0.1", lambda: sockets[1].bind(0, "127.0.0.1", send))


@case(about="resume() then pause() in on_read stop the reading, even one that a 'readable' listener started")
def PauseAfterResume(t):
    def connect(path, index):
        def on_read(count, buffer):
            t.note("read", reader.bytes_read)
            if reader.bytes_read == 200:
                reader.resume()
                reader.pause()
                t.immediate(lambda: t.immediate(go_on))

        def go_on():
            t.note("held at", reader.bytes_read)
            reader.resume()

        options = {"buffer": bytearray(100), "callback": on_read}
        reader = t.watch("reader", t.net.connect(path=path, on_read=options))
        return reader

    with_readers(t, 1, 550, connect, lambda readers: readers[0].on("readable", t.callback("readable")))
