"""Arguments beyond those that a call takes: every call ignores them, as JavaScript does."""

from conformance import case

MORE = [1, "more", {}, None]


@case(about="the functions and constructors of net drop surplus arguments")
def Net(t):
    more = MORE
    t.attempt("create_server", lambda: t.net.create_server({}, None, *more).listening)
    t.attempt("Server", lambda: t.net.Server({}, None, *more).listening)
    t.attempt("Socket", lambda: t.net.Socket({}, *more).ready_state)
    t.attempt("is_ip", lambda: [t.net.is_ip("::", *more), t.net.is_ipv4("::", *more), t.net.is_ipv6("::", *more)])
    t.attempt("auto select", lambda: t.net.set_default_auto_select_family(True, *more))
    t.attempt("asked", lambda: t.net.get_default_auto_select_family(*more))
    t.attempt("limit", lambda: t.net.set_default_auto_select_family_attempt_timeout(250, *more))
    t.attempt("limit asked", lambda: t.net.get_default_auto_select_family_attempt_timeout(*more))
    t.attempt("SocketAddress", lambda: t.net.SocketAddress({}, *more).address)
    t.attempt("parse", lambda: t.net.SocketAddress.parse("127.0.0.1:5", *more).port)
    t.attempt("is_socket_address", lambda: t.net.SocketAddress.is_socket_address({}, *more))
    t.attempt("to_json", lambda: t.net.SocketAddress().to_json(*more))
    blocked = t.net.BlockList(*more)
    t.attempt("add_address", lambda: blocked.add_address("127.0.0.1", "ipv4", *more))
    t.attempt("add_range", lambda: blocked.add_range("127.0.0.1", "127.0.0.2", "ipv4", *more))
    t.attempt("add_subnet", lambda: blocked.add_subnet("127.0.0.1", 8, "ipv4", *more))
    t.attempt("check", lambda: blocked.check("127.0.0.1", "ipv4", *more))
    t.attempt("rules", lambda: blocked.to_json(*more))
    t.attempt("is_block_list", lambda: t.net.BlockList.is_block_list(blocked, *more))
    bound = t.net.BoundSocket({"host": "127.0.0.1"}, *more)
    t.attempt("address", lambda: bound.address(*more).address)
    t.attempt("close", lambda: bound.close(*more))


@case(about="the methods of a connection and of a server drop surplus arguments")
def Connection(t):
    more = MORE

    def ask():
        t.attempt("address", lambda: client.address(*more).address)
        t.attempt("set_timeout", lambda: client.set_timeout(5000, t.callback("never"), *more).timeout)
        t.attempt("set_no_delay", lambda: client.set_no_delay(True, *more) == client)
        t.attempt("set_keep_alive", lambda: client.set_keep_alive(True, 1000, 1000, 5, *more) == client)
        t.attempt("set_type_of_service", lambda: client.set_type_of_service(8, *more) == client)
        t.attempt("get_type_of_service", lambda: client.get_type_of_service(*more))
        t.attempt("pause", lambda: client.pause(*more) == client)
        t.attempt("resume", lambda: client.resume(*more) == client)
        t.attempt("ref", lambda: client.ref(*more) == client)
        t.attempt("unref", lambda: client.unref(*more).ref() == client)
        t.attempt("read", lambda: client.read(1, *more))
        t.attempt("write", lambda: client.write("x", "utf8", None, *more))
        t.attempt("end", lambda: client.end("x", "utf8", None, *more) == client)
        t.attempt("destroy", lambda: client.destroy(None, None, *more).destroyed)
        t.attempt("get_connections", lambda: server.get_connections(t.callback("connections"), *more) == server)
        t.attempt("server address", lambda: server.address(*more).address)
        t.attempt("server unref", lambda: server.unref(*more).ref(*more) == server)
        t.attempt("close", lambda: server.close(t.callback("closed"), *more) == server)

    def connect():
        client.connect(server.address().port, "127.0.0.1", ask)

    server = t.net.create_server(lambda peer: peer.on("error", lambda error: None).resume())
    client = t.net.Socket()
    client.on("error", t.callback("error"))
    server.listen(0, "127.0.0.1", 5, connect)


@case(about="connect() and listen() take a callback only as their last argument")
def ConnectCallback(t):
    socket = t.net.connect(9, "127.0.0.1", t.callback("never"), 1)
    t.note("listeners", socket.listener_count("connect"))
    socket.destroy()
    server = t.net.create_server().listen(0, "127.0.0.1", t.callback("never"), 1)
    t.note("listeners", server.listener_count("listening"))
    server.close()


@case(about="the methods of a datagram socket drop surplus arguments")
def Datagrams(t):
    more = MORE

    def ask():
        t.attempt("address", lambda: socket.address(*more).address)
        t.attempt("set_ttl", lambda: socket.set_ttl(5, *more))
        t.attempt("set_broadcast", lambda: socket.set_broadcast(True, *more))
        t.attempt("get_send_queue_size", lambda: socket.get_send_queue_size(*more))
        t.attempt("sendto", lambda: socket.sendto(b"x", 0, 1, 9, "127.0.0.1", None, *more))
        t.attempt("connect_sync", lambda: socket.connect_sync(9, "127.0.0.1", *more))
        t.attempt("remote_address", lambda: socket.remote_address(*more).port)
        t.attempt("disconnect", lambda: socket.disconnect(*more))
        t.attempt("close", lambda: socket.close(t.callback("closed"), *more) == socket)

    t.attempt("create_socket", lambda: t.dgram.create_socket("udp4", None, *more).close(None, *more).type)
    socket = t.dgram.create_socket("udp4")
    socket.bind({"port": 0, "address": "127.0.0.1"}, ask)


@case(about="the constructors and methods of streams drop surplus arguments")
def Streams(t):
    more = MORE
    through = t.stream.PassThrough({}, *more)
    t.attempt("push", lambda: through.push("x", "utf8", *more))
    t.attempt("unshift", lambda: through.unshift("x", "utf8", *more))
    t.attempt("set_encoding", lambda: through.set_encoding("utf8", *more) == through)
    t.attempt("set_default_encoding", lambda: through.set_default_encoding("utf8", *more) == through)
    t.attempt("cork", lambda: through.cork(*more))
    t.attempt("uncork", lambda: through.uncork(*more))
    t.attempt("is_paused", lambda: through.is_paused(*more))
    t.attempt("read", lambda: through.read(1, *more))
    t.attempt("unpipe", lambda: through.unpipe(None, *more) == through)
    t.attempt("questions", lambda: [t.stream.is_readable(through, *more), t.stream.is_errored(through, *more)])
    t.attempt("mark", lambda: t.stream.get_default_high_water_mark(True, *more))
    t.attempt("write", lambda: through.write("x", "utf8", t.callback("written"), *more))
    t.attempt("finished", lambda: len([t.stream.finished(through, {}, t.callback("finished"), *more)]))
    t.attempt("end", lambda: through.end("x", "utf8", t.callback("ended"), *more) == through)
    t.attempt("resume", lambda: through.resume(*more) == through)
    t.attempt("Readable", lambda: t.stream.Readable({}, *more).destroy(None, None, *more).destroyed)
    t.attempt("Writable", lambda: t.stream.Writable({}, *more).destroy(None, None, *more).destroyed)
    t.attempt("Duplex", lambda: t.stream.Duplex({}, *more).destroy(None, None, *more).destroyed)
    t.attempt("Transform", lambda: t.stream.Transform({}, *more).destroy(None, None, *more).destroyed)


@case(about="the methods of an emitter and the functions of events drop surplus arguments")
def Emitters(t):
    more = MORE
    emitter = t.events.EventEmitter({}, *more)
    heard = t.callback("heard")
    t.attempt("on", lambda: emitter.on("x", heard, *more) == emitter)
    t.attempt("once", lambda: emitter.once("x", heard, *more) == emitter)
    t.attempt("prepend", lambda: emitter.prepend_listener("x", heard, *more) == emitter)
    t.attempt("prepend once", lambda: emitter.prepend_once_listener("x", heard, *more) == emitter)
    t.attempt("count", lambda: emitter.listener_count("x", heard, *more))
    t.attempt("listeners", lambda: len(emitter.listeners("x", *more)) + len(emitter.raw_listeners("x", *more)))
    t.attempt("names", lambda: emitter.event_names(*more))
    t.attempt("off", lambda: emitter.off("x", heard, *more) == emitter)
    t.attempt("limit", lambda: emitter.set_max_listeners(5, *more).get_max_listeners(*more))
    t.attempt("of events", lambda: len(t.events.get_event_listeners(emitter, "x", *more)))
    t.attempt("count of events", lambda: t.events.listener_count(emitter, "x", *more))
    t.attempt("limit of events", lambda: t.events.get_max_listeners(emitter, *more))
    t.attempt("all", lambda: emitter.remove_all_listeners("x", *more).event_names())
