"""write() and end() after an end: the socket's own, the peer's FIN, a reset, or destroy()."""

from conformance import case
from conformance.scenery import accept_one, serve, serve_either, start


@case(about="a second end() with data fails all pending callbacks and the socket with ERR_STREAM_WRITE_AFTER_END")
class EndWithDataTwice:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_connect():
            client.end("first", t.callback("first"))
            client.end("second", t.callback("second"))
            client.end(t.callback("third"))
            t.note("ready state", client.ready_state)

        client.on("connect", on_connect)
        client.on("close", lambda had_error: client.end("fourth", t.callback("fourth")))


@case(about="write() after the peer's FIN has ended the socket fails with EPIPE and closes it")
class WriteAfterPeerFin:
    def server(t):
        def on_connection(peer):
            t.watch("peer", peer)
            peer.resume()
            peer.on("error", t.callback("error"))

            def on_end():
                t.note("in 'end'", peer.write("fine", t.callback("in 'end'")))
                t.next_tick(late)

            def late():
                t.note("a tick later", peer.write("too late", t.callback("a tick later")))

            peer.on("end", on_end)

        serve(t, on_connection)

    def client(t, port):
        client = t.net.connect(port, "127.0.0.1")
        client.resume()
        client.on("error", lambda error: None)
        client.end()


@case(about="write() in 'finish' fails with ERR_STREAM_WRITE_AFTER_END")
class WriteInFinish:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.on("error", lambda error: None)
            peer.on("end", lambda: peer.end())

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.on("connect", lambda: client.end("ping"))
        client.on("finish", lambda: t.note("returns", client.write("more", t.callback("more"))))
        client.resume()


@case(about="write() in the callback of end() fails with ERR_STREAM_WRITE_AFTER_END after 'finish'")
class WriteInEndCallback:
    def server(t):
        def on_connection(peer):
            peer.resume()
            peer.on("error", lambda error: None)
            peer.on("end", lambda: peer.end())

        serve(t, on_connection, {"allow_half_open": True})

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_ended(error):
            t.note("ended", error)
            t.note("returns", client.write("more", t.callback("more")))

        client.on("connect", lambda: client.end("ping", on_ended))
        client.resume()


@case(about="end() after an unread reset emits 'error', and 'close' with true")
class EndAfterReset:
    def client(t, port):
        quiet = t.watch("quiet", t.net.Socket())
        quiet.pause()
        quiet.on("error", t.callback("error"))

        def on_connect():
            signal = t.net.connect(port, "127.0.0.1")
            signal.on("data", lambda chunk: quiet.end(t.callback("ended")))

        quiet.connect(port, "127.0.0.1", on_connect)

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        quiet = listener.accept()
        signal = listener.accept()
        quiet.reset()
        signal.send(b"reset")
        signal.close()


@case(about="write() after an unread reset fails in its callback and emits 'error'")
class WriteAfterReset:
    def client(t, port):
        quiet = t.watch("quiet", t.net.Socket())
        quiet.pause()
        quiet.on("error", t.callback("error"))

        def write():
            t.note("returns", quiet.write("hello?", t.callback("first")))
            quiet.write("anyone?", t.callback("second"))
            quiet.end(t.callback("ended"))

        def on_connect():
            signal = t.net.connect(port, "127.0.0.1")
            signal.on("data", lambda chunk: write())

        quiet.connect(port, "127.0.0.1", on_connect)

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        quiet = listener.accept()
        signal = listener.accept()
        quiet.reset()
        signal.send(b"reset")
        signal.close()


@case(about="of writes that the kernel rejects, bytes_written counts bytes and long texts but not short ones")
class CountAfterReset:
    def client(t, port):
        refused = [
            ("short text", lambda socket: socket.write("six by")),
            ("hexadecimal", lambda socket: socket.write("00ff", "hex")),
            ("bytes", lambda socket: socket.write(b"six by")),
            ("corked", lambda socket: corked(socket)),
            ("5461 characters", lambda socket: socket.write("x" * 5461)),
            ("5462 characters", lambda socket: socket.write("x" * 5462)),
            ("16384 in latin1", lambda socket: socket.write("x" * 16384, "latin1")),
            ("16385 in latin1", lambda socket: socket.write("x" * 16385, "latin1")),
            ("8192 in utf16le", lambda socket: socket.write("x" * 8192, "utf16le")),
            ("8193 in utf16le", lambda socket: socket.write("x" * 8193, "utf16le")),
        ]

        def corked(socket):
            socket.cork()
            socket.write("on")
            socket.write("e")
            socket.uncork()

        def attempt(rest):
            name, write = rest[0]
            quiet = t.net.Socket()
            quiet.pause()

            def on_error(error):
                t.note(name, quiet.bytes_written)
                if len(rest) > 1:
                    attempt(rest[1:])

            quiet.on("error", on_error)

            def on_connect():
                signal = t.net.connect(port, "127.0.0.1")
                signal.on("data", lambda chunk: write(quiet))

            quiet.connect(port, "127.0.0.1", on_connect)

        attempt(refused)

    def raw(r):
        listener = r.listen()
        r.publish(port=listener.port)
        for _ in range(10):
            quiet = listener.accept()
            signal = listener.accept()
            quiet.reset()
            signal.send(b"reset")
            signal.close()


@case(about="without allow_half_open a write in 'end' is sent, and one on the next tick fails")
def WriteInEnd(t):
    def on_connection(peer):
        peer.resume()
        peer.end()

    server = serve_either(t, True, on_connection)
    client = t.net.Socket()
    client.resume()
    client.on("error", lambda error: None)

    def on_end():
        client.write("in end", t.callback("in end"))
        t.next_tick(lambda: client.write("a tick later", t.callback("a tick later")))

    client.on("end", on_end)
    start(t, server, client, lambda: None)


@case(about="write() after end() destroys a connecting socket and fails what was queued")
def WhileConnecting(t):
    server = t.net.create_server(lambda peer: peer.on("error", lambda error: None).resume())

    def on_listening():
        client = t.watch("client", t.net.connect(server.address().port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.write("queued", t.callback("first"))
        client.end("last", t.callback("ended"))
        t.note("returns", client.write("too late", t.callback("second")))
        t.note("returns itself", client.end("too late as well", t.callback("ended again")) is client)
        client.on("close", lambda had_error: server.close())

    server.listen(0, "127.0.0.1", on_listening)


@case(about="write() after both sides have ended fails with EPIPE")
class AfterBothEnded:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.resume()

        def on_end():
            client.end()
            t.note("returns", client.write("too late", t.callback("written")))
            t.note("destroyed", client.destroyed)

        client.on("end", on_end)


@case(about="write() in 'close' passes EPIPE to its callback and emits nothing")
class AfterClose:
    def server(t):
        serve(t, lambda peer: peer.end("bye"))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))
        client.resume()
        client.on(
            "close", lambda had_error: t.note("returns", client.write("too late", t.callback("written")))
        )


@case(about="write() after end() gives ERR_STREAM_WRITE_AFTER_END to its callback and 'error'")
class AfterEnd:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_connect():
            client.end("last")
            t.note("write returns", client.write("too late", t.callback("written")))
            t.note("state", client.ready_state)

        client.on("connect", on_connect)
        client.resume()


@case(about="write() after destroy() gives ERR_STREAM_DESTROYED to its callback alone")
class AfterDestroy:
    def server(t):
        accept_one(t)

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.on("error", t.callback("error"))

        def on_connect():
            client.destroy()
            t.note("write returns", client.write("too late", t.callback("written")))

        client.on("connect", on_connect)
