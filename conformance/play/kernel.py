"""The kernel's view of another process's socket: find it by inode, duplicate it, ask ``getsockopt``.

Both sides of a pairing are asked by the same code, from outside, so neither can flatter itself. The socket is
named by its inode, which is the same in every pid namespace: a role in a container knows its inode, not the
pid the harness sees. ``pidfd_getfd`` needs the rights of a debugger over that process; where they are lacking
the answer is a reason, not a view.
"""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any

# The same number on every architecture; Python names pidfd_open only.
_SYS_PIDFD_GETFD = 438

_FAMILIES = {socket.AF_INET: "ipv4", socket.AF_INET6: "ipv6", socket.AF_UNIX: "unix"}
_KINDS = {socket.SOCK_STREAM: "stream", socket.SOCK_DGRAM: "datagram"}
_TCP_STATES = {
    1: "ESTABLISHED",
    2: "SYN_SENT",
    3: "SYN_RECV",
    4: "FIN_WAIT1",
    5: "FIN_WAIT2",
    6: "TIME_WAIT",
    7: "CLOSE",
    8: "CLOSE_WAIT",
    9: "LAST_ACK",
    10: "LISTEN",
    11: "CLOSING",
}

_IPV6_TCLASS = 67

# key -> (level, option); each is an int.
_ANY = {
    "acceptconn": (socket.SOL_SOCKET, socket.SO_ACCEPTCONN),
    "sndbuf": (socket.SOL_SOCKET, socket.SO_SNDBUF),
    "rcvbuf": (socket.SOL_SOCKET, socket.SO_RCVBUF),
}
_INET = {
    "reuseaddr": (socket.SOL_SOCKET, socket.SO_REUSEADDR),
    "reuseport": (socket.SOL_SOCKET, socket.SO_REUSEPORT),
    "keepalive": (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    "broadcast": (socket.SOL_SOCKET, socket.SO_BROADCAST),
}
_TCP = {
    "nodelay": (socket.IPPROTO_TCP, socket.TCP_NODELAY),
    "keepidle": (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
    "keepintvl": (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
    "keepcnt": (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
}
_IPV4 = {
    "ttl": (socket.IPPROTO_IP, socket.IP_TTL),
    "tos": (socket.IPPROTO_IP, socket.IP_TOS),
    "multicast_ttl": (socket.IPPROTO_IP, socket.IP_MULTICAST_TTL),
    "multicast_loop": (socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP),
}
_IPV6 = {
    "v6only": (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
    "unicast_hops": (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
    "tclass": (socket.IPPROTO_IPV6, _IPV6_TCLASS),
    "multicast_hops": (socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS),
    "multicast_loop": (socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP),
}
_FLAGS = frozenset(
    {"acceptconn", "reuseaddr", "reuseport", "keepalive", "broadcast", "nodelay", "v6only", "multicast_loop"}
)


class NotVisible(Exception):
    """The kernel's view cannot be had; ``str()`` is the reason, one line."""


def view(inode: int) -> dict[str, Any]:
    """What the kernel says of the socket with this inode, whichever process holds it.

    Raises ``NotVisible``.
    """
    fd = duplicate(inode)
    with socket.socket(fileno=fd) as sock:
        return options(sock)


def answer(inode: int | None) -> dict[str, Any]:
    """The reply to a role's ``kernel?``: ``{"state": view}`` or ``{"state": null, "reason": text}``."""
    if inode is None:
        return {"state": None, "reason": "the object has no descriptor"}
    try:
        return {"state": view(inode)}
    except NotVisible as reason:
        return {"state": None, "reason": str(reason)}


def options(sock: socket.socket) -> dict[str, Any]:
    """The options and the state of a socket, under names of our own; sizes in bytes, times in seconds."""
    state: dict[str, Any] = {
        "domain": _FAMILIES.get(sock.family, str(int(sock.family))),
        "type": _KINDS.get(sock.type, str(int(sock.type))),
    }
    wanted = dict(_ANY)
    if sock.family != socket.AF_UNIX:
        wanted |= _INET
        if sock.type == socket.SOCK_STREAM:
            wanted |= _TCP
        wanted |= _IPV4 if sock.family == socket.AF_INET else _IPV6
        if sock.type == socket.SOCK_STREAM:
            wanted = {key: option for key, option in wanted.items() if not key.startswith("multicast")}
    for key, (level, option) in wanted.items():
        try:
            value = sock.getsockopt(level, option)
        except OSError as error:
            state[key] = {"unreadable": os.strerror(error.errno or 0)}
            continue
        state[key] = bool(value) if key in _FLAGS else value
    state["linger"] = _linger(sock)
    if sock.type == socket.SOCK_STREAM and sock.family != socket.AF_UNIX:
        state["tcp_state"] = _tcp_state(sock)
        if state["tcp_state"] == "LISTEN":
            state["backlog"] = _backlog(sock)
    return state


def duplicate(inode: int) -> int:
    """A descriptor of ours for that socket; the caller closes it. Raises ``NotVisible``."""
    wanted = f"socket:[{inode}]"
    denied: str | None = None
    for pid in _pids():
        try:
            fds = os.listdir(f"/proc/{pid}/fd")
        except PermissionError:
            continue
        except OSError:
            continue  # the process has ended meanwhile
        for fd in fds:
            try:
                if os.readlink(f"/proc/{pid}/fd/{fd}") != wanted:
                    continue
            except OSError:
                continue
            try:
                return _take(pid, int(fd))
            except OSError as error:
                denied = f"process {pid} does not let its sockets be read: {error.strerror}"
    raise NotVisible(denied or f"no process visible here holds socket {inode}")


def _pids() -> Iterator[int]:
    """All processes, the youngest first: roles are."""
    return iter(sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse=True))


def _take(pid: int, fd: int) -> int:
    pidfd = os.pidfd_open(pid)
    try:
        return _pidfd_getfd(pidfd, fd)
    finally:
        os.close(pidfd)


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.syscall.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_uint]


def _pidfd_getfd(pidfd: int, fd: int) -> int:
    taken = int(_libc.syscall(_SYS_PIDFD_GETFD, pidfd, fd, 0))
    if taken < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    os.set_inheritable(taken, False)
    return taken


def _linger(sock: socket.socket) -> int | None:
    """Seconds, or None when off."""
    on, seconds = struct.unpack("ii", sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
    return seconds if on else None


def _backlog(sock: socket.socket) -> int:
    """What listen(2) was told, cut to the machine's somaxconn: tcp_info has it where a connection's SACK count is."""
    return int(struct.unpack_from("I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32), 28)[0])


def _tcp_state(sock: socket.socket) -> str:
    number = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return _TCP_STATES.get(number, str(number))
