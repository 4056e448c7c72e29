"""What stands around the point of many cases: a server or receiver at the other end, a turn of the loop.

Case files import these functions. They are written in the language of the cases (docs/cases.md), and are copied
into the program for Node as the helper functions of a case file are.
"""

from typing import Any

#: The methods whose calls are noted of what is watched closely: of streams, servers, sockets and UDP sockets.
READS = ["read", "push", "pause", "resume", "pipe", "unpipe", "_read", "destroy", "_destroy"]
WRITES = ["write", "end", "cork", "uncork", "_write", "destroy", "_destroy"]
BOTH = [
    "read", "push", "pause", "resume", "pipe", "unpipe", "_read", "write", "end", "_write", "destroy", "_destroy",
]  # fmt: skip
SERVER = ["close", "ref", "unref"]
SOCKET = [
    "read", "push", "pause", "resume", "write", "end", "destroy", "destroy_soon", "ref", "unref", "set_timeout",
    "set_no_delay", "set_keep_alive",
]  # fmt: skip
DGRAM = ["bind", "connect", "send", "close", "disconnect"]


def listen(t: Any, server: Any, host: str = "127.0.0.1") -> None:
    """Lets the server listen on any port, and publishes that as ``port``."""
    server.listen(0, host, lambda: t.publish(port=server.address().port))


def serve(t: Any, on_connection: Any, options: Any = None) -> None:
    """Publishes the ``port`` of a server for one connection, behind which it closes."""
    server = t.net.create_server(options, on_connection)
    server.on("connection", lambda peer: server.close())
    listen(t, server)


def serve_several(t: Any, connections: int, on_connection: Any) -> None:
    """Publishes the ``port`` of a server for so many connections, behind the last of which it closes."""
    server = t.net.create_server(on_connection)
    taken = []

    def count(peer: Any) -> None:
        taken.append(peer)
        if len(taken) == connections:
            server.close()

    server.on("connection", count)
    listen(t, server)


def serve_here(t: Any, on_connection: Any, start: Any, options: Any = None) -> None:
    """Does the same within one process, where ``start`` is called with the port."""
    server = t.net.create_server(options, on_connection)
    server.on("connection", lambda peer: server.close())
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


def accept_one(t: Any, host: str = "127.0.0.1") -> None:
    """Publishes the ``port`` of a server for one connection, which it reads to its end, of whatever kind."""
    server = t.net.create_server(lambda peer: peer.on("error", lambda error: None).resume())
    server.on("connection", lambda peer: server.close())
    listen(t, server, host)


def collect(t: Any) -> None:
    """Publishes the ``port`` of a server that notes what one client has sent it, all together."""
    chunks = []

    def on_connection(peer: Any) -> None:
        peer.on("error", lambda error: t.note("server's error", error))
        peer.on("data", lambda chunk: chunks.append(chunk))
        peer.on("end", lambda: t.note("received", b"".join(chunks)))

    serve(t, on_connection)


def receive(t: Any, count: int) -> None:
    """Publishes the ``port`` of a watched UDP receiver that closes after that many datagrams."""
    receiver = t.watch("receiver", t.dgram.create_socket("udp4"))
    seen = []

    def on_message(message: bytes, rinfo: Any) -> None:
        seen.append(rinfo.size)
        if len(seen) == count:
            receiver.close()

    receiver.on("message", on_message)
    receiver.bind(0, "127.0.0.1", lambda: t.publish(port=receiver.address().port))


def soon(t: Any, fn: Any) -> None:
    """Calls ``fn`` two turns of the loop later: what this process has sent itself before has then arrived."""
    t.immediate(lambda: t.immediate(fn))


def much_later(t: Any, fn: Any) -> None:
    """Calls ``fn`` four turns of the loop later: streams that only call each other have then done what they do."""
    soon(t, lambda: soon(t, fn))


def closely(t: Any, name: str, obj: Any, methods: Any) -> Any:
    """Watches an emitter, and notes what else it does, each step with all its public state at that moment.

    The steps are its events, each call of one of its ``methods``, and each listener that comes or goes, with the count
    of each event's listeners. Returns the emitter.
    """

    def counts() -> Any:
        return [[event, obj.listener_count(event)] for event in obj.event_names()]

    def around(method: str) -> None:
        def called(self: Any, original: Any, *args: Any) -> Any:
            t.note(f"{name}.{method}", args[0] if method == "emit" else None)
            t.snapshot(obj)
            return original(*args)

        t.override(obj, method, called)

    def changed(label: str) -> Any:
        return lambda event, listener: [t.note(label, [event, counts()]), t.snapshot(obj)]

    t.watch(name, obj)
    for method in ["emit", *methods]:
        around(method)
    obj.on("newListener", changed(f"{name}: a listener comes"))
    obj.on("removeListener", changed(f"{name}: a listener is gone"))
    return obj


def count_to(t: Any, last: int) -> Any:
    """Returns a source of the numbers up to ``last``, as texts, that is full with two of them."""
    left = [0]

    def read(size: int) -> None:
        left[0] += 1
        source.push(str(left[0]) if left[0] <= last else None)

    source = t.stream.Readable(read=read, high_water_mark=2)
    return source


def numbers(t: Any, name: str, last: int) -> Any:
    """Returns the same source, watched closely."""
    return closely(t, name, count_to(t, last), READS)


def sink(t: Any, name: str, late: bool = True) -> Any:
    """Returns a closely watched destination that is full with two bytes. It is done with a chunk a turn later, or at
    once if it is not ``late``."""

    def write(chunk: Any, encoding: Any, callback: Any) -> None:
        if late:
            t.immediate(callback)
        else:
            callback()

    destination = t.stream.Writable(
        write=write, final=lambda callback: t.next_tick(callback), high_water_mark=2
    )
    return closely(t, name, destination, WRITES)


def through(t: Any, name: str) -> Any:
    """Returns a closely watched PassThrough that is full with two bytes."""
    return closely(t, name, t.stream.PassThrough(high_water_mark=2), BOTH)


def note_error(t: Any, label: Any, emitter: Any) -> Any:
    """Have each 'error' of `emitter` noted as `label`; returns `emitter`."""
    emitter.on("error", lambda error: t.note(label, error))
    return emitter


def note_event(t: Any, label: Any, event: Any, stream: Any) -> Any:
    """Note the state in each `event`."""
    stream.on(event, lambda *rest: t.note(label, state(stream)))


def state(stream: Any) -> Any:
    """What may be seen of a stream: of its readable side, of its writable side, of its life."""
    readable = [
        getattr(stream, "readable", None),
        getattr(stream, "readable_ended", None),
        getattr(stream, "readable_flowing", None),
        getattr(stream, "readable_length", None),
    ]
    writable = [
        getattr(stream, "writable", None),
        getattr(stream, "writable_ended", None),
        getattr(stream, "writable_finished", None),
        getattr(stream, "writable_need_drain", None),
        getattr(stream, "writable_length", None),
    ]
    return [readable, writable, [stream.destroyed, stream.closed, stream.errored]]


def record(t: Any, name: Any, stream: Any, events: Any) -> Any:
    """Note listeners added and removed, and the state in each event."""
    stream.on("newListener", lambda event, fn: t.note(f"{name} added", event))
    stream.on("removeListener", lambda event, fn: t.note(f"{name} removed", event))
    for event in events:
        note_event(t, f"{name} {event}", event, stream)


def serve_either(t: Any, half_open: Any, on_connection: Any) -> Any:
    """A watched server of one watched connection, half open or not, which is not listening yet."""
    server = t.watch("server", t.net.create_server(allow_half_open=half_open))

    def connected(peer: Any) -> Any:
        t.watch("peer", peer)
        server.close()
        on_connection(peer)

    server.on("connection", connected)
    return server


def start(t: Any, server: Any, client: Any, at_once: Any) -> Any:
    """Listen, connect `client`, and call `at_once` right behind connect()."""
    t.watch("client", client)

    def listening() -> Any:
        client.connect(server.address().port, "127.0.0.1")
        at_once()

    server.listen(0, "127.0.0.1", listening)


def meet(t: Any, options: Any, on_connection: Any, start: Any) -> Any:
    """A closely watched server of one connection within this process; `start` is called with its port."""
    server = closely(t, "server", t.net.create_server(options), SERVER)

    def connection(peer: Any) -> Any:
        server.close()
        on_connection(closely(t, "peer", peer, SOCKET))

    server.on("connection", connection)
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


def client_to(t: Any, port: Any, options: Any) -> Any:
    """A closely watched socket that connects with these options."""
    client = closely(t, "client", t.net.Socket(), SOCKET)
    client.connect({"port": port, "host": "127.0.0.1", **options})
    return client


def recorded_handle(t: Any, name: Any, socket: Any) -> Any:
    """Note what is called on the handle of a socket, with its state."""

    def around(method: Any) -> Any:
        def called(self: Any, original: Any, *args: Any) -> Any:
            t.note(f"{name}'s handle", [method, args[0] if method.startswith("set") else None])
            t.note(f"{name} then", [socket.destroyed, socket.connecting, socket._handle is None])
            return original(*args)

        t.override(socket._handle, method, called)

    for method in ["read_start", "read_stop", "close", "shutdown", "ref", "unref", "set_no_delay", "set_keep_alive"]:
        around(method)


def socket_of(t: Any, name: Any, options: Any) -> Any:
    """A UDP socket watched closely."""
    return closely(t, name, t.dgram.create_socket({"type": "udp4", **options}), DGRAM)


def log(t: Any) -> Any:
    """A recorder of what happens in which order, equal things that follow each other counted: add(what), tell()."""
    runs: list[Any] = []

    def add(what: Any) -> Any:
        last: Any = runs[-1] if len(runs) > 0 else [None, 0]
        if last[0] == what:
            last[1] += 1
        else:
            runs.append([what, 1])

    def tell() -> Any:
        for run in runs:
            t.note(run[0], run[1])

    return [add, tell]


def with_readers(t: Any, count: Any, size: Any, connect: Any, ready: Any) -> Any:
    """Calls ready(readers): so many paused clients, for each of which `size` bytes and a FIN lie in the kernel.

    connect(path, index) makes a client.
    """
    server = t.net.create_server()
    readers: list[Any] = []
    there = []

    def arrived() -> Any:
        there.append(1)
        if len(there) == 2 * count:
            server.close()
            t.immediate(lambda: ready(readers))

    def on_connection(peer: Any) -> Any:
        peer.end(bytes(size))
        peer.resume()
        arrived()

    def on_listening() -> Any:
        for index in range(count):
            reader = connect(t.path("sock"), index)
            reader.pause()
            reader.on("connect", lambda: arrived())
            readers.append(reader)

    server.on("connection", on_connection)
    server.listen(t.path("sock"), on_listening)


def with_logged_readers(t: Any, size: Any, options: Any, each: Any) -> Any:
    """Two clients with `size` bytes each, resumed at once; what they do goes into one log. each(index) is called at
    every read and may log more."""
    add, tell = log(t)
    closed: list[Any] = []

    def connect(path: Any, index: Any) -> Any:
        def on_data(chunk: Any) -> Any:
            add(f"{index} data {len(chunk)}")
            each(index, add)

        def on_read(count: Any, buffer: Any) -> Any:
            add(f"{index} read {count}")
            return each(index, add)

        def on_close(had_error: Any) -> Any:
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

    def ready(readers: Any) -> Any:
        for reader in readers:
            reader.resume()

    with_readers(t, 2, size, connect, ready)


def pair(t: Any, first: Any, last: Any) -> Any:
    """The two streams composed, all three watched; errors are heard."""
    t.watch("first", first)
    t.watch("last", last)
    composed = t.watch("composed", t.stream.compose(first, last))
    composed.on("error", t.callback("composed error"))
    return composed


def noter(t: Any, what: Any) -> Any:
    """A function that notes `what`."""
    return lambda: t.note(what, None)


def tick(t: Any) -> Any:
    """Note a first tick, and queue a tick and a microtask from within it."""
    t.note("tick 1", None)
    t.next_tick(noter(t, "tick of tick"))
    t.microtask(noter(t, "micro of tick"))


def micro(t: Any) -> Any:
    """The same in a first microtask."""
    t.note("micro 1", None)
    t.next_tick(noter(t, "tick of micro"))
    t.microtask(noter(t, "micro of micro"))
