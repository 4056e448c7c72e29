"""What an object says of itself in a debugger or a log: its state, and the addresses it has, without changing it."""

from typing import Any

import pytest

import nodesock
from nodesock import dgram, errors, events, net, stream


@pytest.mark.parametrize(
    ("thing", "shown"),
    [
        (lambda: net.Socket(), "<Socket client open>"),
        (lambda: net.Socket().destroy(), "<Socket client closed>"),
        (lambda: net.Server(), "<Server closed, 0 connections>"),
        (lambda: net.BlockList(), "BlockList { rules: [] }"),
        (
            lambda: net.SocketAddress(port=80),
            "SocketAddress { address: '127.0.0.1', port: 80, family: 'ipv4', flowlabel: 0 }",
        ),
        (lambda: stream.PassThrough(), "<PassThrough readable=idle:0 writable=open:0>"),
        (lambda: events.EventEmitter(), "<EventEmitter without listeners>"),
        (
            lambda: events.EventEmitter().on("a", print).on("b", print).on("a", print),
            "<EventEmitter 'a': 2, 'b': 1>",
        ),
        (lambda: nodesock.AbortController(), "<AbortController <AbortSignal not aborted>>"),
        (lambda: nodesock.AbortSignal.abort("enough"), "<AbortSignal aborted: 'enough'>"),
        (lambda: nodesock.Promise(), "<Promise pending>"),
        (lambda: nodesock.Promise.resolved(3), "<Promise fulfilled 3>"),
        (lambda: nodesock.process, "<process>"),
        (lambda: errors.node_error("ERR_SOCKET_CLOSED"), "<Error [ERR_SOCKET_CLOSED]: Socket is closed>"),
        (lambda: errors.errno_exception(-104, "read"), "<Error [ECONNRESET]: read ECONNRESET>"),
        (
            lambda: errors.AggregateError([errors.errno_exception(-104, "read")]),
            "<AggregateError [ECONNRESET]: [<Error [ECONNRESET]: read ECONNRESET>]>",
        ),
        (lambda: errors.AggregateError([], "all of them"), "<AggregateError: all of them: []>"),
    ],
)
def test_what_it_shows(fresh_loop: None, thing: Any, shown: str) -> None:
    assert repr(thing()) == shown
    nodesock.run()


def test_streams_show_what_they_hold_and_how_they_ended(fresh_loop: None) -> None:
    seen: list[str] = []

    def main() -> None:
        source = stream.Readable(read=lambda size: None)
        seen.append(repr(source))
        source.push(b"abc")
        source.pause()
        source.destroy()
        seen.append(repr(source))
        sink = stream.Writable(write=lambda chunk, encoding, callback: None)
        sink.write(b"abc")
        seen.append(repr(sink))
        sink.end()
        sink.destroy()
        seen.append(repr(sink))

    nodesock.run(main)
    assert seen == [
        "<Readable readable=idle:0>",
        "<Readable readable=paused:3 closed>",
        "<Writable writable=open:3>",
        "<Writable writable=ending:3 closed>",
    ]


def test_connections_show_their_ends_and_nothing_is_remembered_for_it(fresh_loop: None) -> None:
    seen: list[str] = []

    def on_connection(peer: net.Socket) -> None:
        port = str(peer.local_port)
        seen.append(repr(peer).replace(port, "PORT").rpartition(":")[0])
        seen.append(repr(server).replace(port, "PORT"))
        client.destroy()
        server.close()
        peer.on("close", lambda: seen.append(repr(peer.remote_address)))
        peer.resume()

    server: Any = net.create_server(on_connection)
    client = net.Socket()
    server.listen(0, "127.0.0.1", lambda: client.connect(server.address().port, "127.0.0.1"))
    nodesock.run()
    assert seen == [
        "<Socket accepted open 127.0.0.1:PORT -> 127.0.0.1",
        "<Server listening 127.0.0.1:PORT, 1 connections>",
        "None",
    ]


@pytest.mark.ipv6
def test_ipv6_addresses_stand_in_brackets(fresh_loop: None) -> None:
    bound = net.BoundSocket(host="::1")
    assert repr(bound) == f"<BoundSocket [::1]:{bound.address()[2]}>"
    bound.close()
    nodesock.run()
    assert repr(bound) == "<BoundSocket given away>"


def test_a_udp_socket_shows_its_addresses(fresh_loop: None) -> None:
    socket = dgram.create_socket("udp4")
    assert repr(socket) == "<dgram.Socket udp4 unbound>"
    port = socket.bind_sync({"port": 0, "address": "127.0.0.1"}).port
    assert repr(socket) == f"<dgram.Socket udp4 bound 127.0.0.1:{port}>"
    socket.close()
    nodesock.run()
    assert repr(socket) == "<dgram.Socket udp4 closed>"
