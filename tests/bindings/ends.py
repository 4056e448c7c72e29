"""Two ends of one TCP connection, as handles."""

from collections.abc import Callable

from nodesock.bindings.tcp_wrap import SERVER, TCP


def listening(on_client: Callable[[TCP], object]) -> TCP:
    server = TCP(SERVER)
    assert server.bind("127.0.0.1", 0) == 0

    def accepted(status: int, client: TCP | None) -> None:
        assert status == 0 and client is not None
        on_client(client)

    assert server.listen(511, accepted) == 0
    return server


def port(handle: TCP) -> int:
    name = handle.getsockname()
    assert isinstance(name, tuple)
    return name[2]


def pair(ready: Callable[[TCP, TCP], object]) -> None:
    """Two ends of one connection, once both are there."""
    ends: dict[str, TCP] = {}

    def arrived(name: str, end: TCP) -> None:
        ends[name] = end
        if len(ends) == 2:
            server.close()
            ready(ends["near"], ends["far"])

    server = listening(lambda client: arrived("far", client))
    near = TCP()

    def connected(status: int) -> None:
        assert status == 0
        arrived("near", near)

    assert near.connect("127.0.0.1", port(server), connected) == 0


def never(status: int) -> None:
    raise AssertionError(f"must not be called, was with {status}")
