"""Node's spelling of an option or an attribute is an error with the right name; unknown names are ignored."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nodesock
from nodesock import dgram, dns, events, net, stream
from nodesock.abort import AbortController
from nodesock.process import process
from nodesock.spelling import OPTIONS, foreign
from nodesock.stream import promises

pytestmark = pytest.mark.usefixtures("fresh_loop")
SOURCES = Path(nodesock.__file__).parent


def on_udp(method: str) -> Callable[..., Any]:
    def call(*args: Any, **given: Any) -> None:
        socket = dgram.create_socket("udp4")
        try:
            getattr(socket, method)(*args, **given)
        finally:
            socket.close()

    return call


READABLE = stream.Readable(read=lambda size: None)
#: whatever takes options, by name: called with a mapping, or with keywords
TAKERS: dict[str, Callable[..., Any]] = {
    "net.connect": net.connect,
    "net.create_connection": net.create_connection,
    "net.create_server": net.create_server,
    "net.Server": net.Server,
    "net.Socket": net.Socket,
    "net.BoundSocket": net.BoundSocket,
    "net.SocketAddress": net.SocketAddress,
    "Socket.connect": lambda *args, **given: net.Socket().connect(*args, **given),
    "Socket.set_keep_alive": lambda *args, **given: net.Socket().set_keep_alive(*args, **given),
    "Server.listen": lambda *args, **given: net.Server().listen(*args, **given),
    "dgram.create_socket": dgram.create_socket,
    "dgram.create_socket(listener)": lambda options=None, **given: dgram.create_socket(
        *([options] if options else [lambda *_: None]), **given
    ),
    "dgram bind": on_udp("bind"),
    "dgram bind_sync": on_udp("bind_sync"),
    "dns.lookup": lambda options=None, **given: dns.lookup("localhost", options, lambda *_: None, **given),
    "EventEmitter": events.EventEmitter,
    "events.on": lambda *args, **given: events.on(events.EventEmitter(), "x", *args, **given),
    "events.once": lambda *args, **given: events.once(events.EventEmitter(), "x", *args, **given),
    "Readable": stream.Readable,
    "Writable": stream.Writable,
    "Duplex": stream.Duplex,
    "Transform": stream.Transform,
    "PassThrough": stream.PassThrough,
    "duplex_pair": stream.duplex_pair,
    "Readable.from_": lambda *args, **given: stream.Readable.from_([], *args, **given),
    "pipe": lambda *args, **given: READABLE.pipe(stream.PassThrough(), *args, **given),
    "iterator": lambda *args, **given: READABLE.iterator(*args, **given),
    "map": lambda *args, **given: READABLE.map(print, *args, **given),
    "filter": lambda *args, **given: READABLE.filter(print, *args, **given),
    "to_array": lambda *args, **given: READABLE.to_array(*args, **given),
    "find": lambda *args, **given: READABLE.find(print, *args, **given),
    "reduce": lambda *args, **given: READABLE.reduce(print, 0, *args, **given),
    "compose": lambda *args, **given: READABLE.compose(stream.PassThrough(), *args, **given),
    "finished": lambda options=None, **given: stream.finished(READABLE, options, lambda *_: None, **given),
    "promises.finished": lambda *args, **given: promises.finished(READABLE, *args, **given),
    "promises.pipeline": lambda *args, **given: promises.pipeline([b"a"], stream.PassThrough(), *args, **given),
}


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize("form", ["mapping", "keyword"])
def test_an_option_in_nodes_spelling_is_a_type_error(taker: str, form: str) -> None:
    wrong = {"highWaterMark": 5}

    async def main() -> None:
        taken = TAKERS[taker](wrong) if form == "mapping" else TAKERS[taker](**wrong)
        if hasattr(taken, "__await__"):
            await taken

    with pytest.raises(TypeError) as caught:
        nodesock.run(main)
    nodesock.run()
    assert str(caught.value) == "unknown option 'highWaterMark'. Did you mean 'high_water_mark'?"


@pytest.mark.parametrize("right", sorted(OPTIONS))
def test_every_option_has_its_spelling(right: str) -> None:
    for wrong in foreign(right):
        with pytest.raises(TypeError, match=f"unknown option '{wrong}'. Did you mean '{right}'?"):
            net.Server({wrong: 1})


def test_onread_is_nodes_own_spelling() -> None:
    with pytest.raises(TypeError, match="Did you mean 'on_read'"):
        net.Socket(onread={})


def test_unknown_options_are_ignored() -> None:
    net.Server({"no such option": 1, "noSuchOption": 2, 5: 6}, nothing=3)
    net.Socket(noSuchOption=2)
    stream.Readable({"noSuchOption": 2})


def test_the_options_are_those_that_the_sources_read() -> None:
    read: set[Any] = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                function = node.func
                name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                if name in ("get", "option", "choose"):
                    read |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    read = {name for name in read if isinstance(name, str) and any(foreign(name)) and name[0] != "_"}
    assert read == OPTIONS


OBJECTS: dict[str, Callable[[], Any]] = {
    "net.Socket": net.Socket,
    "net.Server": net.Server,
    "net.BlockList": net.BlockList,
    "net.SocketAddress": net.SocketAddress,
    "net.BoundSocket": net.BoundSocket,
    "dgram.Socket": lambda: dgram.create_socket("udp4"),
    "Readable": stream.Readable,
    "Writable": stream.Writable,
    "Duplex": stream.Duplex,
    "Transform": stream.Transform,
    "PassThrough": stream.PassThrough,
    "Stream": stream.Stream,
    "EventEmitter": events.EventEmitter,
    "process": lambda: process,
    "Timeout": lambda: nodesock.set_timeout(int, 1),
    "Immediate": lambda: nodesock.set_immediate(int),
    "AbortSignal": lambda: AbortController().signal,
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_attribute_in_nodes_spelling_is_an_attribute_error(name: str) -> None:
    thing = OBJECTS[name]()
    names = [right for right in dir(thing) if not right.startswith("_") and any(foreign(right))]
    for right in names:
        if right == "print_warnings":  # of nodesock's process alone
            continue
        for wrong in foreign(right):
            told = f"'{type(thing).__name__}' object has no attribute '{wrong}'. Did you mean '{right}'?"
            assert not hasattr(thing, wrong) and not hasattr(type(thing), wrong)
            with pytest.raises(AttributeError) as got:
                getattr(thing, wrong)
            assert str(got.value) == told
            with pytest.raises(AttributeError) as put:
                setattr(thing, wrong, 1)
            assert str(put.value) == told
    if name in ("net.BoundSocket", "dgram.Socket"):
        thing.close()
    nodesock.run()


def test_words_in_capitals() -> None:
    assert list(foreign("set_multicast_ttl")) == ["setMulticastTtl", "setMulticastTTL"]
    assert list(foreign("from_json")) == ["fromJson", "fromJSON"]
    assert not list(foreign("listen"))


def test_what_is_set_in_nodes_spelling_is_not_lost() -> None:
    server: Any = net.Server()
    with pytest.raises(AttributeError, match="Did you mean 'max_connections'"):
        server.maxConnections = 1
    socket: Any = net.Socket()
    with pytest.raises(AttributeError, match="Did you mean 'allow_half_open'"):
        socket.allowHalfOpen = True
    with pytest.raises(AttributeError, match="Did you mean 'exit_code'"):
        process.exitCode = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="Did you mean 'set_no_delay'"):
        socket.setNoDelay(True)


def test_unknown_attributes_may_be_set() -> None:
    server: Any = net.Server()
    server.noSuchAttribute = 1
    assert server.noSuchAttribute == 1


def test_a_subclass_may_define_such_a_name() -> None:
    class Mine(net.Server):
        maxConnections: Any = 5

        def getConnections(self) -> str:
            return "mine"

    mine = Mine()
    mine.maxConnections = 7
    assert (mine.maxConnections, Mine.maxConnections, mine.getConnections()) == (7, 5, "mine")
    assert not hasattr(net.Server, "maxConnections")
