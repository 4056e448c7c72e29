"""How the two sides of a Duplex depend on each other, and a Duplex without one of them."""

from conformance import case
from conformance.scenery import BOTH, closely, much_later, serve_here


@case(about="a Duplex that may not be half open ends its other side step by step as in Node")
def NotHalfOpen(t):
    duplex = closely(
        t,
        "duplex",
        t.stream.Duplex(
            allow_half_open=False,
            read=lambda size: duplex.push(None),
            write=lambda chunk, encoding, callback: callback(),
        ),
        BOTH,
    )
    duplex.resume()


@case(about="a Duplex made without one of its sides has Node's state")
def SidesMissing(t):
    for readable in [True, False]:
        for writable in [True, False]:
            name = f"{readable} {writable}"
            duplex = closely(
                t,
                name,
                t.stream.Duplex(
                    readable=readable,
                    writable=writable,
                    read=lambda size: None,
                    write=lambda chunk, encoding, callback: callback(),
                ),
                BOTH,
            )
            duplex.on("error", t.callback(f"{name}: error"))
            duplex.on("data", lambda chunk: t.note("data", chunk))
            t.snapshot(duplex)
            t.attempt("push", lambda duplex=duplex: duplex.push("x"))
            t.attempt("write", lambda duplex=duplex: duplex.write("y", t.callback("written")))
            much_later(t, lambda duplex=duplex: duplex.destroy())


@case(about="a Duplex without a side fails the first chunk for it as in Node")
def SidesMissingUnwatched(t):
    def try_out(options):
        duplex = t.stream.Duplex(
            {**options, "read": lambda size: None, "write": lambda chunk, encoding, callback: callback()}
        )
        duplex.on("error", t.callback("error"))
        t.attempt("write", lambda: duplex.write("y", t.callback("written")))
        t.attempt("push", lambda: duplex.push("x"))
        t.immediate(lambda: duplex.destroy())

    try_out({"writable": False})
    try_out({"readable": False})


@case(
    about="a Duplex without allow_half_open ends its writable side with its readable side",
    skip_unless="node<26.1",
)
def DuplexEndsBoth(t):
    written = []

    def write(chunk, encoding, callback):
        written.append(chunk)
        callback()

    duplex = t.watch("duplex", t.stream.Duplex(read=lambda size: None, write=write, allow_half_open=False))

    def on_connection(peer):
        t.watch("peer", peer)
        peer.pipe(duplex, end=False)
        duplex.pipe(peer)
        peer.once("data", lambda chunk: t.immediate(lambda: duplex.push(None)))
        duplex.on("finish", lambda: t.note("written", b"".join(written)))

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("end", lambda: t.note("client", "end"))
        client.resume()
        client.write("abc")

    serve_here(t, on_connection, start)


@case(about="what is pushed into a Duplex does not mix with what is written to it")
def EndIndependently(t):
    def write(chunk, encoding, callback):
        t.note("written", chunk)
        callback()

    def on_connection(peer):
        duplex = t.watch("duplex", t.stream.Duplex(read=lambda size: None, write=write))
        peer.pipe(duplex).pipe(peer)
        duplex.push("own words")
        duplex.push(None)

    def start(port):
        client = t.net.connect(port, "127.0.0.1")
        client.on("data", t.callback("data"))
        client.end("theirs")

    serve_here(t, on_connection, start, {"allow_half_open": True})
