"""What stands around the point of many cases: a server or receiver at the other end, a turn of the loop.

Case files import these functions. They are written in the language of the cases (docs/cases.md), and are copied
into the program for Node as the helper functions of a case file are.
"""

from typing import Any

#: what `numbers`, `sink` and `through` note the calls of
READS = ["read", "push", "pause", "resume", "pipe", "unpipe", "_read", "destroy", "_destroy"]
WRITES = ["write", "end", "cork", "uncork", "_write", "destroy", "_destroy"]
BOTH = [
    "read", "push", "pause", "resume", "pipe", "unpipe", "_read", "write", "end", "_write", "destroy", "_destroy",
]  # fmt: skip


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
