"""set_encoding(): text instead of bytes, and what is held back between reads."""

from conformance import case
from conformance.scenery import serve, serve_either, serve_here, start


def receive(t, encoding, steps):
    """Send the steps to a client with an encoding, each in a read of its own, and note what it makes of them."""

    def on_connection(peer):
        peer.resume()
        sent = []

        def following():
            step = steps[len(sent)]
            sent.append(step)
            if len(sent) == len(steps):
                peer.end(step)
            else:
                # One turn to send it, one to read it.
                peer.write(step, lambda error: t.immediate(lambda: t.immediate(following)))

        following()

    def on_listening(port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        t.note("returns itself", client.set_encoding(encoding) is client)
        t.note("encoding", client.readable_encoding)

        def on_data(text):
            t.note("text", text)
            t.note("bytes read", client.bytes_read)

        client.on("data", on_data)
        client.on("close", lambda had_error: t.note("bytes read", client.bytes_read))

    serve_here(t, on_connection, on_listening)


@case(about="utf8: a character received byte by byte is delivered when it is complete", exact_chunks=True)
def Utf8InSingleBytes(t):
    receive(t, "utf8", [b"a", b"\xf0", b"\x9f", b"\x98", b"\x80", b"z"])


@case(about="utf8: invalid bytes are replaced at once, not held back", exact_chunks=True)
def Utf8Broken(t):
    receive(t, "utf-8", [b"\xc3", b"x\xff", b"\xe2\x82", b"(", b"\xed\xa0\x80"])


@case(about="utf8: a lead byte at the end of a read is held back even if it proves invalid", exact_chunks=True)
def Utf8BrokenAtTheSeam(t):
    receive(t, "utf8", [b"\xc0", b"a\xf5\x9f", b"\xf4\xc0", b"\x80\x80", b"\xdc\xf0\xe0\x8f", b"\xbf", b"\xf8z\xf5"])


@case(about="utf8: half a character at the peer's FIN is delivered as U+FFFD before 'end'", exact_chunks=True)
def Utf8Unfinished(t):
    receive(t, "utf8", [b"caf", b"\xc3"])


@case(about="utf16le: odd bytes and halves of surrogate pairs are held back", exact_chunks=True)
def Utf16InOddPieces(t):
    receive(t, "utf16le", [b"a", b"\x00b", b"\x00=\xd8", b"\x00", b"\xde", b"!\x00"])


@case(about="utf16le: what is left at the end is delivered as it is", exact_chunks=True)
def Utf16Unfinished(t):
    receive(t, "ucs2", [b"a\x00b\x00\xac", b" \x00\x01\xd8\x02"])


@case(about="base64: bytes are held back in groups of three, and padded at the end", exact_chunks=True)
def Base64InGroups(t):
    receive(t, "base64", [b"\xff", b"\xfe\xfd", b"abcd", b"e", b"fg"])


@case(about="base64url: bytes are held back in groups of three, without padding at the end", exact_chunks=True)
def Base64UrlInGroups(t):
    receive(t, "base64url", [b"\xff", b"\xfe\xfd", b"abcd", b"e", b"fg"])


@case(about="hex: each byte is delivered at once as two digits", exact_chunks=True)
def Hex(t):
    receive(t, "hex", [b"\x00", b"\xffA"])


@case(about="latin1: each byte is a character", exact_chunks=True)
def Latin1(t):
    receive(t, "latin1", [b"\xe9", b"\x00\x80", b"z"])


@case(about="ascii: each byte is a character, without its high bit", exact_chunks=True)
def Ascii(t):
    receive(t, "ascii", [b"\xe9", b"A\x80", b"z"])


@case(about="set_encoding() throws for an unknown name, and means utf8 without one")
def EncodingNames(t):
    socket = t.net.Socket()
    for name in ["nope", "", "UTF8", "UCS-2", "binary", "buffer"]:
        t.attempt(name, lambda: socket.set_encoding(name) is socket)
        t.note("encoding", socket.readable_encoding)
    fresh = t.net.Socket()
    t.attempt("nothing", lambda: fresh.set_encoding() is fresh)
    t.note("encoding", fresh.readable_encoding)
    t.attempt("null", lambda: fresh.set_encoding(None) is fresh)
    t.note("encoding", fresh.readable_encoding)


@case(about="set_encoding() decodes what is buffered, which then counts in characters")
class DecodesTheBuffer:
    def server(t):
        def on_connection(peer):
            peer.write(b"caf\xc3")
            peer.once("data", lambda chunk: peer.end(b"\xa9"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))

        def on_readable():
            t.note("bytes", client.readable_length)
            client.set_encoding("utf8")
            t.note("characters", client.readable_length)
            client.on("data", t.callback("data"))
            client.write("the rest, please")

        client.once("readable", on_readable)


@case(about="the option encoding of a socket decodes like set_encoding()")
class EncodingOption:
    def server(t):
        serve(t, lambda peer: peer.end("späte"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port=port, host="127.0.0.1", encoding="latin1"))
        t.note("encoding", client.readable_encoding)
        client.on("data", t.callback("data"))


@case(about="unshift() decodes bytes if the socket has an encoding")
class UnshiftDecodes:
    def server(t):
        serve(t, lambda peer: peer.end("tail"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.set_encoding("utf8")
        client.pause()

        def on_connect():
            client.unshift(b"head \xc3\xa9 ")
            client.unshift("686578", "hex")
            t.note("length", client.readable_length)
            client.on("data", t.callback("data"))
            client.resume()

        client.on("connect", on_connect)


@case(
    about="set_encoding() after the end decodes what is buffered, and loses no incomplete character",
    skip_unless="node^24.20||>=26.4",
)
def EncodingAfterTheEnd(t):
    for data in [b"\xe2\x82", b"a\xe2\x82", b"a", b""]:
        stream = t.stream.PassThrough()
        stream.end(data)

        def later(stream=stream):
            stream.set_encoding("utf8")
            t.note("length", [stream.readable_length, stream.readable_buffer])
            stream.on("data", t.callback("text"))
            stream.on("end", t.callback("end"))

        t.immediate(later)


@case(
    about="set_encoding() twice after the end completes an incomplete character once",
    skip_unless="node^24.20||>=26.4",
)
def EncodingTwice(t):
    stream = t.stream.Readable(read=lambda size: None)
    stream.push(b"ab\xe2\x82")
    stream.push(None)
    stream.set_encoding("utf8")
    stream.set_encoding("utf16le")
    t.note("buffer", stream.readable_buffer)
    stream.on("data", t.callback("text"))


@case(about="utf16le: half a surrogate pair waits for the rest, and is delivered alone at the end")
def Utf16Surrogates(t):
    pair = b"\x3d\xd8\x4d\xdc"
    whole = [[pair[:1], pair[1:]], [pair[:2], pair[2:]], [pair[:3], pair[3:]], [b"a\x00" + pair[:2], pair[2:] + pair]]
    broken = [[pair[:2], b"a\x00"], [pair[:2]], [pair[:3]], [pair[2:], pair[:2]]]
    for pieces in whole + broken:
        stream = t.stream.Readable(read=lambda size: None, encoding="utf16le")
        texts = []
        stream.on("data", lambda text, texts=texts: texts.append(text))
        for piece in pieces:
            stream.push(piece)
        stream.push(None)
        stream.on("end", lambda texts=texts: t.note("units", texts))


@case(about="set_encoding() between two chunks decodes what is buffered and what follows")
def EncodingBetweenChunks(t):
    server = serve_either(t, False, lambda peer: peer.end("é€"))
    client = t.net.Socket()

    def on_readable():
        first = client.read(1)
        if first is not None:
            t.note("first", first)
            client.set_encoding("latin1")
            t.note("rest", client.read())

    client.on("readable", on_readable)
    start(t, server, client, lambda: None)


@case(about="set_encoding() in object mode joins what is buffered, and counts each character as an object")
def EncodingOfObjects(t):
    source = t.watch("source", t.stream.Readable(object_mode=True, read=lambda size: None))
    source.push("ab")
    source.push("c")
    source.set_encoding("utf8")
    t.note("length", source.readable_length)
    source.read()
    t.note("length after", source.readable_length)
    source.push(None)
    source.on("end", lambda: t.note("length at the end", source.readable_length))
    source.resume()


@case(about="utf8: 'data' has strings, and half a character waits for the peer to send the rest")
class Utf8FromAPeer:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.write(b"caf\xc3")
            # The client says that it has the first half, so that the second comes in a read of its own.
            peer.once("data", lambda chunk: peer.end(b"\xa9 au lait"))

        serve(t, on_connection)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.set_encoding("utf8")

        def on_data(text):
            t.note("text", text)
            if text == "caf":
                client.write("more")

        client.on("data", on_data)


def idle(t, options=None):
    """A Readable whose _read does nothing: what is in its buffer was pushed by hand."""
    return t.stream.Readable({"read": lambda size: None, **(options or {})})


@case(about="push(text) in the stream's own encoding is taken as it is, in another it is decoded and encoded")
def PushedText(t):
    source = t.watch("source", idle(t, {"encoding": "latin1"}))
    source.push("é", "latin1")
    source.push("é", "utf8")
    source.push("c3a9", "hex")
    source.push("é")
    source.push("", "latin1")
    t.note("length", source.readable_length)
    t.note("text", source.read())
    t.attempt("unknown encoding", lambda: source.push("x", "nope"))
