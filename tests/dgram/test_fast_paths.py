"""The fast case of `Socket.send` and its long way are the same to the handle, to callbacks and to listeners.

Hypothesis makes up programs. Each is played twice over a scripted handle: once with plain text as the address, which
the fast case takes, and once with a subclass of `str`, which only the long way takes.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nodesock.addresses.blocklist import BlockList
from nodesock.bindings.uv import UV_ECANCELED, UV_EINVAL, UV_EMSGSIZE
from nodesock.errors import NodeError
from nodesock.runtime import uncaught
from nodesock.runtime.ticks import drain, next_tick
from tests.dgram.conftest import Scripted, make_scripted

Step = tuple[Any, ...]

BLOCKED = "10.0.0.1"
HOSTS = ("127.0.0.2", "::1", BLOCKED)


class Host(str):
    """An address that the fast case does not take."""


class Player:
    """Plays a program on one socket and logs everything that can be seen of it."""

    def __init__(self, host: Callable[[str], str], options: dict[str, Any]) -> None:
        self.host = host
        self.log: list[Any] = []
        self.it: Scripted = make_scripted(**options)
        self.socket, self.handle = self.it.socket, self.it.handle
        self.handle.calls = self.log  # the handle's calls, callbacks and events in their common order
        self.it.events = self.log
        self.socket.on("error", lambda _error: None)  # the event is in the log like any other
        self.socket.on("message", self.echo)

    def echo(self, message: bytes, sender: Any) -> None:
        self.attempt(lambda: self.socket.send(message, sender.port, self.host(sender.address)))

    def play(self, program: list[Step]) -> list[Any]:
        for name, *args in program:
            self.attempt(partial(getattr(self, name), *args))
            self.log.append((name, self.socket._bind_state, self.socket._connect_state, self.handle.closed))
        drain()
        self.log.append((self.socket.event_names(), uncaught.take_fatal()))
        return [shown(entry) for entry in self.log]

    def attempt(self, action: Callable[[], Any]) -> None:
        try:
            action()
        except NodeError as error:
            self.log.append(("raised", shown(error)))

    def callback(self, then: Step) -> Callable[..., None]:
        def called(*args: Any) -> None:
            self.log.append(("callback", *args))
            name, *rest = then
            self.attempt(partial(getattr(self, name), *rest))

        return called

    # --- the steps ---------------------------------------------------------------------------------------------------

    def send(
        self, message: Any, port: Any, host: str, then: Step | None, answer: Any, more: tuple[str, ...]
    ) -> None:
        self.handle.sends.append(answer)
        done = () if then is None else (self.callback(then),)
        self.socket.send(message, port, self.host(host), *done, *more)

    def bind(self, err: int) -> None:
        self.handle.bind_answer = err
        self.socket.bind(7)

    def bind_sync(self) -> None:
        self.handle.bind_answer = 0
        self.socket.bind_sync()

    def connect(self, err: int) -> None:
        self.handle.connect_answer = err
        self.socket.connect(9, "127.0.0.1")

    def connect_sync(self) -> None:
        self.handle.connect_answer = 0
        self.socket.connect_sync(9)

    def disconnect(self) -> None:
        self.socket.disconnect()

    def close(self) -> None:
        self.socket.close()

    def deliver(self, data: bytes, host: str) -> None:
        if self.handle.on_message is not None and not self.handle.closed:
            self.handle.deliver(data, host)

    def complete(self, status: int) -> None:
        if self.handle.queued:
            self.handle.queued.pop(0)(status, 1)

    def tick(self) -> None:
        next_tick(self.log.append, "tick")

    def drain(self) -> None:
        drain()

    def nothing(self) -> None:
        pass


def shown(value: Any) -> Any:
    """A value as the two logs compare it: an error by its class, text and properties."""
    if isinstance(value, tuple):
        return tuple(shown(item) for item in value)
    if isinstance(value, BaseException):
        return type(value).__name__, str(value), dict(vars(value))
    return value


MESSAGES = st.sampled_from([b"x", b"yz", b"", b"w", "text", [b"a", "b"], bytearray(b"c")])
PORTS = st.sampled_from([9, 9, 9, 9, 1, 65535, 0, 65536])
ANSWERS = st.sampled_from(["taken", "queued", UV_EMSGSIZE])
SURPLUS = st.sampled_from([(), (), ("::1",)])


def sends(then: st.SearchStrategy[Step | None]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just("send"), MESSAGES, PORTS, st.sampled_from(HOSTS), then, ANSWERS, SURPLUS)


QUIET_SEND = sends(st.none())
CLOSE = st.tuples(st.just("close"))
THEN = st.one_of(st.none(), st.just(("nothing",)), QUIET_SEND, CLOSE)
STEPS = st.one_of(
    sends(THEN),
    sends(st.none()),
    sends(st.just(("nothing",))),
    st.tuples(st.just("deliver"), st.binary(max_size=2), st.sampled_from(HOSTS)),
    st.tuples(st.just("complete"), st.sampled_from([0, UV_ECANCELED])),
    st.tuples(st.sampled_from(["tick", "drain", "connect_sync", "disconnect"])),
    st.tuples(st.sampled_from(["bind", "connect"]), st.sampled_from([0, 0, UV_EINVAL])),
    CLOSE,
)
#: most programs begin with a bound socket, where the fast case is
STARTS = st.sampled_from([[], [("bind", 0)], [("bind_sync",)], [("bind_sync",), ("drain",)]])


def options_of(kind: str, blocks: bool, lookup: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"type": kind}
    if blocks:
        options["send_block_list"] = BlockList()
        options["send_block_list"].add_address(BLOCKED)
    if lookup:
        options["lookup"] = lambda host, _family, callback: callback(None, str(host))
    return options


def seen_before() -> None:
    """Send to all the hosts once: the fast case takes only an address that it knows."""
    player = Player(str, {"type": "udp4"})
    player.bind_sync()
    for host in HOSTS:
        player.socket.send(b"x", 9, host)
    player.close()
    drain()


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["udp4", "udp6"]),
    st.booleans(),
    st.sampled_from([False, False, True]),
    STARTS,
    st.lists(STEPS, max_size=14),
)
def test_send_is_the_same_either_way(
    kind: str, blocks: bool, lookup: bool, start: list[Step], steps: list[Step]
) -> None:
    seen_before()
    fast, slow = (
        Player(host, options_of(kind, blocks, lookup)).play([*start, *steps]) for host in (str, Host)
    )
    assert fast == slow
