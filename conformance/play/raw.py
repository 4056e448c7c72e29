"""The `r` of a raw role: plain sockets that misbehave on purpose, played by the harness itself.

A raw role is the other end that no implementation under comparison would be: it resets, writes half a
message, says nothing, never accepts. It runs in a thread, the same in every pairing, and is never compared.
So that it can neither hang a run nor outlive it, no call here blocks in the kernel: each waits in ``poll``
for its socket, for the deadline and for the cancellation that comes when every compared role has ended. All
sockets are closed when the role returns.
"""

import contextlib
import errno
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

_FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6, "unix": socket.AF_UNIX}
_LOOPBACK = {"ipv4": "127.0.0.1", "ipv6": "::1"}


class RawTimeout(Exception):
    """A call of the raw role was not answered before its deadline. The text says which call."""


class RawCancelled(BaseException):
    """Every compared role has ended: this one stops here. Not an Exception, so that no case swallows it."""


class Raw:
    """What a raw role gets as its first argument.

    ``publish`` and ``wait`` connect it to the other roles. ``deadline`` is on the clock of
    ``time.monotonic``.
    """

    def __init__(
        self,
        deadline: float,
        path_dir: Path,
        publish: Callable[[Mapping[str, Any]], None],
        lookup: Callable[[str], Any],
        news: int,
        cancelled: Callable[[], bool],
    ) -> None:
        self._deadline = deadline
        self._path_dir = path_dir
        self._publish = publish
        self._lookup = lookup
        self._news = news  # polls readable when a value was published or the role is cancelled
        self._cancelled = cancelled
        self._sockets: list[_Owned] = []

    def listen(
        self,
        *,
        family: str = "ipv4",
        host: str | None = None,
        port: int = 0,
        path: str | None = None,
        backlog: int = 128,
    ) -> "Listener":
        """A listening socket, on the loopback address of ``family`` unless ``host`` says otherwise."""
        sock = self._socket(family, socket.SOCK_STREAM)
        if family != "unix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(self._address(family, host, port, path))
        sock.listen(backlog)
        return Listener(self, sock, family)

    def connect(
        self,
        port: int | None = None,
        host: str | None = None,
        *,
        family: str = "ipv4",
        path: str | None = None,
        receive_buffer: int | None = None,
    ) -> "Peer":
        """A connected socket. ``receive_buffer`` (bytes) is set before connecting, for a small window."""
        sock = self._socket(family, socket.SOCK_STREAM)
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        error = sock.connect_ex(self._address(family, host, port or 0, path))
        if error in (errno.EINPROGRESS, errno.EAGAIN):
            self._until(sock, select.POLLOUT, "connect")
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        return Peer(self, sock)

    def udp(self, *, family: str = "ipv4", host: str | None = None, port: int = 0) -> "Udp":
        """A bound datagram socket on the loopback address of ``family`` unless ``host`` says otherwise."""
        sock = self._socket(family, socket.SOCK_DGRAM)
        sock.bind(self._address(family, host, port, None))
        return Udp(self, sock, family)

    def full_backlog(self, *, family: str = "ipv4", host: str | None = None, port: int = 0) -> "Listener":
        """A listener that accepts nothing and has no room left: further connects to it stay in progress."""
        listener = self.listen(family=family, host=host, port=port, backlog=0)
        # The kernel takes backlog + 1 connections; one connect that does not complete proves that it is full.
        for _ in range(16):
            filler = self._socket(family, socket.SOCK_STREAM)
            filler.connect_ex((host or _LOOPBACK[family], listener.port))
            if not self._ready(filler, select.POLLOUT, within=0.1):
                return listener
        raise RawTimeout("full_backlog: the kernel kept on completing connections")

    def closed_port(self, *, family: str = "ipv4") -> int:
        """A port that was bound a moment ago and now is not: a connect to it is refused."""
        with socket.socket(_FAMILIES[family], socket.SOCK_STREAM) as sock:
            sock.bind((_LOOPBACK[family], 0))
            return int(sock.getsockname()[1])

    def path(self, name: str) -> str:
        """The path of a unix socket in the run's shared directory, as ``t.path`` gives it."""
        return str(self._path_dir / name)

    def publish(self, **values: Any) -> None:
        """Give values to the roles that wait for them."""
        self._publish(values)

    def wait(self, name: str) -> Any:
        """The value another role publishes under ``name``, as soon as it does."""
        while True:
            value = self._lookup(name)
            if value is not None:
                return value
            self._until(None, 0, f"wait({name!r})", news=True)

    def pause(self, milliseconds: float) -> None:
        """Do nothing for a while, for the rare case whose point is a gap in time."""
        self._ready(None, 0, within=milliseconds / 1000)

    def hold(self) -> None:
        """Keep all sockets as they are, silent, until every compared role has ended."""
        while True:
            self._ready(None, 0, within=max(0.0, self._deadline - time.monotonic()))
            if time.monotonic() >= self._deadline:
                return

    # -- inside ----------------------------------------------------------------------------------------------

    def _socket(self, family: str, kind: int) -> socket.socket:
        if family not in _FAMILIES:
            raise ValueError(f"family must be one of {', '.join(_FAMILIES)}, not {family!r}")
        sock = socket.socket(_FAMILIES[family], kind)
        sock.setblocking(False)
        if family == "ipv6":
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self._sockets.append(_Owned(self, sock))
        return sock

    def _address(self, family: str, host: str | None, port: int, path: str | None) -> Any:
        if family == "unix":
            if path is None:
                raise ValueError("family='unix' needs a path")
            return path
        return (host or _LOOPBACK[family], port)

    def _ready(self, sock: socket.socket | None, events: int, within: float, news: bool = False) -> bool:
        """Wait for ``events`` on ``sock`` at most ``within`` seconds; raise if the role is cancelled."""
        until = min(time.monotonic() + within, self._deadline)
        poller = select.poll()
        if sock is not None:
            poller.register(sock, events)
        poller.register(self._news, select.POLLIN)
        while True:
            left = until - time.monotonic()
            polled = dict(poller.poll(max(0.0, left * 1000)))
            if self._news in polled:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._news, 4096)
                if self._cancelled():
                    raise RawCancelled
                if news:
                    return True
            if sock is not None and sock.fileno() in polled:
                return True
            if left <= 0:
                return False

    def _until(self, sock: socket.socket | None, events: int, what: str, news: bool = False) -> None:
        """The same up to the role's deadline. Raises ``RawTimeout``."""
        if not self._ready(sock, events, max(0.0, self._deadline - time.monotonic()), news):
            raise RawTimeout(f"{what}: nothing happened before the deadline")

    def close_all(self) -> None:
        """Close every socket the role made or accepted."""
        for owned in self._sockets:
            owned.close()

    def __repr__(self) -> str:
        return f"<Raw {len(self._sockets)} sockets, {self._deadline - time.monotonic():.1f} s left>"


class _Owned:
    """A socket of the role, closed with it."""

    def __init__(self, raw: Raw, sock: socket.socket) -> None:
        self._raw = raw
        self.sock = sock

    def close(self) -> None:
        """Close the socket; the kernel sends FIN if all was read, RST if not."""
        self.sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.sock!r}>"


class Listener(_Owned):
    """A listening socket."""

    def __init__(self, raw: Raw, sock: socket.socket, family: str) -> None:
        super().__init__(raw, sock)
        name = sock.getsockname()
        self.port: int = 0 if family == "unix" else name[1]
        self.path: str = name if family == "unix" else ""

    def accept(self) -> "Peer":
        """The next connection."""
        self._raw._until(self.sock, select.POLLIN, "accept")
        sock, _ = self.sock.accept()
        sock.setblocking(False)
        peer = Peer(self._raw, sock)
        self._raw._sockets.append(peer)
        return peer


class Peer(_Owned):
    """A connected stream socket."""

    @property
    def port(self) -> int:
        """The local port."""
        return int(self.sock.getsockname()[1])

    def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        view = memoryview(data)
        while view:
            self._raw._until(self.sock, select.POLLOUT, "send")
            view = view[self.sock.send(view) :]

    def recv(self, size: int) -> bytes:
        """Exactly ``size`` bytes, or fewer if the other end ends first."""
        data = bytearray()
        while len(data) < size:
            self._raw._until(self.sock, select.POLLIN, f"recv({size})")
            chunk = self.sock.recv(size - len(data))
            if not chunk:
                break
            data += chunk
        return bytes(data)

    def recv_some(self) -> bytes:
        """Whatever arrives next; empty at the other end's end."""
        self._raw._until(self.sock, select.POLLIN, "recv_some")
        return self.sock.recv(1 << 16)

    def recv_all(self) -> bytes:
        """Everything until the other end ends."""
        data = bytearray()
        while chunk := self.recv_some():
            data += chunk
        return bytes(data)

    def recv_reset(self) -> bytes:
        """Everything until the other end resets the connection. Raises ``RawTimeout`` if it ends in order."""
        data = bytearray()
        try:
            while chunk := self.recv_some():
                data += chunk
        except ConnectionResetError:
            return bytes(data)
        raise RawTimeout("recv_reset: the other end sent FIN, not RST")

    def fill(self, data: bytes = b"x" * 65536) -> int:
        """Send until neither the kernel nor the other end takes more; how many bytes went."""
        sent = 0
        while self._raw._ready(self.sock, select.POLLOUT, within=0.05):
            sent += self.sock.send(data)
        return sent

    def shutdown(self, how: str = "write") -> None:
        """Half close: ``"write"`` sends FIN, ``"read"`` and ``"both"`` as in shutdown(2)."""
        directions = {"read": socket.SHUT_RD, "write": socket.SHUT_WR, "both": socket.SHUT_RDWR}
        self.sock.shutdown(directions[how])

    def reset(self) -> None:
        """Close with RST instead of FIN: linger time zero."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Udp(_Owned):
    """A datagram socket."""

    def __init__(self, raw: Raw, sock: socket.socket, family: str) -> None:
        super().__init__(raw, sock)
        self._host = _LOOPBACK.get(family, "")
        self.port = int(sock.getsockname()[1])

    def send(self, data: bytes, port: int, host: str | None = None) -> None:
        """One datagram to ``port`` on ``host``, by default the loopback address."""
        self._raw._until(self.sock, select.POLLOUT, "send")
        self.sock.sendto(data, (host or self._host, port))

    def recv(self, size: int = 1 << 16) -> tuple[bytes, str, int]:
        """The next datagram, cut to ``size`` bytes: data, sender's address, sender's port."""
        self._raw._until(self.sock, select.POLLIN, "recv")
        data, address = self.sock.recvfrom(size)
        return data, address[0], address[1]
