"""The iterator helpers of a stream, as they treat what a socket receives: map, filter, take, reduce, compose, wrap."""

from conformance import case


def served(t, text, on_socket):
    """A server that sends `text` and ends, and a client of it, as text, handed to `on_socket`."""
    server = t.net.create_server(lambda peer: peer.end(text))
    server.on("connection", lambda peer: server.close())

    def on_listening():
        socket = t.watch("socket", t.net.connect(server.address().port, "127.0.0.1"))
        socket.set_encoding("utf8")
        on_socket(socket)

    server.listen(0, "127.0.0.1", on_listening)


@case(about="to_array() resolves with all that arrived, once the socket has ended")
def to_array(t):
    served(t, "hello", lambda socket: socket.to_array().then(lambda chunks: t.note("chunks", chunks)))


@case(about="map() is a stream of what the function makes of each chunk")
def mapped(t):
    def on_socket(socket):
        shouted = t.watch("mapped", socket.map(lambda chunk: chunk + "!"))
        shouted.on("data", lambda chunk: t.note("chunk", chunk))

    served(t, "hello", on_socket)


@case(about="map() awaits an async function")
def mapped_async(t):
    async def shout(chunk):
        await t.stream.promises.finished(t.stream.PassThrough().end().resume())
        return chunk + "?"

    served(t, "hello", lambda s: s.map(shout).to_array().then(lambda chunks: t.note("chunks", chunks)))


@case(about="filter() leaves out the chunks for which the function is false")
def filtered(t):
    def on_socket(socket):
        socket.filter(lambda chunk: len(chunk) > 100).to_array().then(lambda chunks: t.note("chunks", chunks))

    served(t, "hello", on_socket)


@case(about="take() destroys the socket once it has its chunks")
def take_one(t):
    served(t, "hello", lambda s: s.take(1).to_array().then(lambda chunks: t.note("chunks", chunks)))


@case(about="drop() leaves out the first chunks")
def drop_one(t):
    served(t, "hello", lambda s: s.drop(1).to_array().then(lambda chunks: t.note("chunks", chunks)))


@case(about="reduce() goes over all chunks, from the initial value")
def reduced(t):
    def add(total, chunk):
        return total + len(chunk)

    served(t, "hello", lambda s: s.reduce(add, 10).then(lambda total: t.note("total", total)))


@case(about="some(), every() and find() resolve with what they found; the socket is destroyed if that was early")
def some_finds_early(t):
    served(t, "hello", lambda s: s.some(lambda chunk: chunk == "hello").then(lambda found: t.note("some", found)))


@case(about="every() is true of a stream whose chunks all pass")
def every_passes(t):
    served(t, "hello", lambda s: s.every(lambda chunk: len(chunk) > 0).then(lambda all: t.note("every", all)))


@case(about="find() of nothing resolves with undefined")
def find_nothing(t):
    served(t, "hello", lambda s: s.find(lambda chunk: chunk == "x").then(lambda found: t.note("found", found)))


@case(about="for_each() resolves with undefined after the last chunk")
def for_each(t):
    def on_socket(socket):
        socket.for_each(lambda chunk: t.note("chunk", chunk)).then(lambda value: t.note("resolved", value))

    served(t, "hello", on_socket)


@case(about="flat_map() goes through what the function returns")
def flat_map(t):
    served(t, "hello", lambda s: s.flat_map(lambda c: [c, c]).to_array().then(lambda all: t.note("chunks", all)))


@case(about="a function of map() that throws fails the mapped stream and destroys the socket")
def map_throws(t):
    def on_socket(socket):
        def throw(chunk):
            raise t.error("boom")

        socket.map(throw).to_array().then(None, lambda error: t.note("rejected", error))

    served(t, "hello", on_socket)


@case(about="an aborted signal rejects to_array() and leaves the socket alone")
def aborted(t):
    def on_socket(socket):
        controller = t.abort_controller()
        controller.abort()
        socket.to_array(signal=controller.signal).then(None, lambda error: t.note("rejected", error))
        socket.resume()

    served(t, "hello", on_socket)


@case(about="compose() with a PassThrough reads what the socket received")
def composed(t):
    def on_socket(socket):
        whole = t.watch("composed", socket.compose(t.stream.PassThrough()))
        whole.on("data", lambda chunk: t.note("chunk", chunk))
        whole.end()

    served(t, "hello", on_socket)


@case(about="bad arguments of the helpers throw, or reject where a promise is returned")
def bad_arguments(t):
    socket = t.net.Socket()
    t.attempt("map", lambda: socket.map("x"))
    t.attempt("map options", lambda: socket.map(lambda c: c, concurrency=0))
    t.attempt("filter", lambda: socket.filter(None))
    t.attempt("take", lambda: socket.take(-1))
    t.attempt("drop", lambda: socket.drop("x").destroyed)
    t.attempt("compose", lambda: socket.compose(5))
    socket.for_each(1).then(None, lambda error: t.note("for_each", error))
    socket.reduce(1).then(None, lambda error: t.note("reduce", error))
    socket.some(1).then(None, lambda error: t.note("some", error))


@case(about="wrap() reads from an old-style emitter, and follows its close")
def wrapped(t):
    def on_connection(peer):
        stream = t.watch("stream", t.stream.Readable().wrap(peer))
        stream.on("data", lambda chunk: t.note("chunk", chunk))
        peer.on("end", lambda: server.close())

    server = t.net.create_server(on_connection)
    server.listen(0, "127.0.0.1", lambda: t.net.connect(server.address().port, "127.0.0.1").end("hello"))
