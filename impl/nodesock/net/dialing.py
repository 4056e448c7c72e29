"""Mirrors the connecting half of lib/net.js: lookup, one attempt after another (happy eyeballs), and what
follows success.

`dial_path` and `dial_host` connect a socket that they know as a `Line` only. There are three ways to a connection, all
of which end in `Line.opened` or in the socket's destroy():

    literal address         one attempt, on the next tick
    one looked-up address   one attempt, when the lookup answers
    several addresses       `_Attempts`, one attempt at a time, families taking turns: the next one starts
                            when this one fails or exceeds its time

Each of several attempts has a handle of its own. One that exceeds its time is dropped and cannot win any
more; the last one has no limit.

A late completion of an attempt means nothing to a socket that was destroyed. If that socket connects anew, the late
completion fails the new connection, as in Node.
"""

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, Protocol

from nodesock import dns
from nodesock.addresses.ip import is_ip
from nodesock.bindings.pipe_wrap import Pipe
from nodesock.bindings.tcp_wrap import SOCKET, TCP
from nodesock.bindings.uv import UV_EADDRINUSE, UV_ECANCELED, UV_EINVAL, UV_ETIMEDOUT
from nodesock.callables import call
from nodesock.errors import (
    AggregateError,
    NodeError,
    NodeTypeError,
    UVError,
    exception_with_host_port,
    node_error,
    property_error,
)
from nodesock.inspect import to_text
from nodesock.net.connect_options import HostOptions
from nodesock.net.lookup_answer import address_and_family
from nodesock.net.options import LookupOptions
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.timers import Timeout, clear_timeout, set_timeout
from nodesock.validators import UNDEFINED, is_truthy, to_int32

#: dns.ADDRCONFIG: ask for the families that this machine has addresses of
_ADDRCONFIG = 32


class Dialled(Protocol):
    """A socket that connects, as far as it is public."""

    #: whether it still waits for its connection
    connecting: bool
    block_list: Any
    auto_select_family_attempted_addresses: list[str] | None

    @property
    def destroyed(self) -> bool:
        """Whether it is destroyed."""

    def emit(self, event: Hashable, *args: Any) -> bool:
        """Emit an event."""

    def destroy(self, error: Any) -> Any:
        """Fail it."""

    def address(self) -> Any:
        """Its local end."""


class Line(NamedTuple):
    """One connect() of a socket: what is known of the socket here, and what the socket wants to hear."""

    socket: Dialled
    #: the handle that connects; None once the socket is destroyed
    handle: Callable[[], Any]
    #: close the present handle, connect with this one
    replace_handle: Callable[[Any], None]
    #: something has happened: the idle timer starts anew
    refresh_timer: Callable[[], None]
    #: whether the socket's signal has aborted: then no search among several addresses begins any more
    is_aborted: Callable[[], bool]
    #: the connection is made
    opened: Callable[[], None]
    #: the last attempt has failed; its error follows
    not_opened: Callable[[], None]

    def is_blocked(self, target: "_Target") -> bool:
        """Whether the socket's block list has the address."""
        blocked = self.socket.block_list
        return blocked is not None and blocked.check(target.address, f"ipv{target.family}")


# --- a path -------------------------------------------------------------------------------------------------


def dial_path(line: Line, path: str) -> None:
    """Connect to a unix socket. Failures that libuv reports at once go through destroy() as well.

    Nothing is looked up, so the attempt is announced and made before this returns.
    """
    target = _Target(path, None, None)
    line.socket.emit("connectionAttempt", path, None, None)
    handle = line.handle()
    if handle is None:
        raise property_error("connect")
    if isinstance(handle, TCP):  # taken over, or left from before
        err = UV_EINVAL
    else:
        err = handle.connect(path, lambda status: _attempt_ended(line, status, target))
    if err < 0:
        line.socket.destroy(_refused_at_once(line, err, target))


# --- host and port ------------------------------------------------------------------------------------------


def dial_host(line: Line, to: HostOptions) -> None:
    """Connect to a host: look it up if it is a name. What a lookup function raises passes through."""
    if to.version:
        target = _Target(to.host, to.port, to.version, to.local_address, to.local_port)
        if to.is_bound:
            _connect_literal(line, target)
        else:
            next_tick(_connect_literal, line, target)
        return
    request = LookupOptions(family=to.family, hints=to.hints)
    if to.family not in (4, 6) and to.hints == 0:
        request["hints"] = _ADDRCONFIG
    if to.auto_select_family and to.family not in (4, 6) and not to.local_address and not to.is_bound:
        request["all"] = True
        answer = _answer_all(line, to)
    else:
        answer = _answer_one(line, to)
    if to.lookup is None:
        dns.lookup(to.host, request, answer)
    else:
        call(to.lookup, to.host, request, answer)


def _connect_literal(line: Line, target: "_Target") -> None:
    if line.socket.connecting:
        _connect_one(line, target)


# --- what the lookup answers --------------------------------------------------------------------------------


def _tell_lookup(line: Line, error: Any, address: Any, family: Any, host: str) -> None:
    """'lookup', where what the function left out is None as well."""
    line.socket.emit(
        "lookup",
        error,
        None if address is UNDEFINED else address,
        None if family is UNDEFINED else family,
        host,
    )


def _answer_one(line: Line, to: HostOptions) -> Callable[..., None]:
    host, port = to.host, to.port

    def answer(error: Any = None, address: Any = UNDEFINED, family: Any = UNDEFINED, *_: Any) -> None:
        _tell_lookup(line, error, address, family, host)
        # The answer may come long after the socket was closed.
        if not line.socket.connecting:
            return
        if is_truthy(error):
            next_tick(_fail, line, error)
        elif not isinstance(address, str) or not is_ip(address):
            next_tick(_fail, line, node_error("ERR_INVALID_IP_ADDRESS", address))
        elif family != 4 and family != 6:
            next_tick(_fail, line, _bad_family(family, host, port))
        else:
            line.refresh_timer()
            _connect_one(line, _Target(address, port, family, to.local_address, to.local_port))

    return answer


def _answer_all(line: Line, to: HostOptions) -> Callable[..., None]:
    host, port = to.host, to.port

    def answer(error: Any = None, addresses: Any = None, *_: Any) -> None:
        if not line.socket.connecting:
            return
        if is_truthy(error):
            line.socket.emit("lookup", error, None, None, host)
            next_tick(_fail, line, error)
            return
        found = [_answered(item) for item in _listed(addresses)]
        for address, family in found:
            _tell_lookup(line, None, address, family, host)
            if not line.socket.connecting:
                return
        usable = [(a, f) for a, f in found if isinstance(a, str) and is_ip(a) and (f == 4 or f == 6)]
        if not usable:
            if not found:
                raise NodeTypeError(
                    "Cannot destructure property 'address' of 'addresses[0]' as it is undefined."
                )
            address, family = found[0]
            if not isinstance(address, str) or not is_ip(address):
                next_tick(_fail, line, node_error("ERR_INVALID_IP_ADDRESS", address))
            else:
                next_tick(_fail, line, _bad_family(family, host, port))
            return
        line.refresh_timer()
        targets = [_Target(address, port, family, None, to.local_port) for address, family in _alternate(usable)]
        if len(targets) == 1:
            _connect_one(line, targets[0])
        else:
            _Attempts(line, targets, to.attempt_timeout).next()

    return answer


def _listed(addresses: Any) -> Any:
    """The addresses that JavaScript's loop finds in what a lookup answered: none in what has no length."""
    if addresses is None or addresses is UNDEFINED:
        raise property_error("length", addresses)
    return addresses if isinstance(addresses, (list, tuple, str, bytes, bytearray)) else ()


def _answered(item: Any) -> tuple[Any, Any]:
    if item is None:
        raise NodeTypeError("Cannot destructure property 'address' of 'address' as it is null.")
    return address_and_family(item)


def _alternate(usable: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Each answer once, with the families taking turns, the first answer's family first; the order within
    each stays."""
    usable = list(dict.fromkeys(usable))
    lead = usable[0][1]
    first = [item for item in usable if item[1] == lead]
    second = [item for item in usable if item[1] != lead]
    ordered = []
    for index in range(max(len(first), len(second))):
        ordered += first[index : index + 1] + second[index : index + 1]
    return ordered


def _bad_family(family: Any, host: str, port: int) -> NodeError:
    error = node_error("ERR_INVALID_ADDRESS_FAMILY", family, host, port)
    error.host = host  # type: ignore[attr-defined]
    error.port = port  # type: ignore[attr-defined]
    return error


def _fail(line: Line, error: BaseException) -> None:
    line.socket.destroy(error)


# --- one attempt --------------------------------------------------------------------------------------------


class _Target(NamedTuple):
    """Where an attempt goes, and the local end that was asked for."""

    address: str
    port: int | None
    family: int | None
    local_address: str | None = None
    local_port: Any = None

    def failure(self, status: int) -> UVError:
        """The error of an attempt that libuv reports later on: it tells the local end only if all of it was
        chosen."""
        local = (
            f"Local ({self.local_address}:{to_text(self.local_port)})"
            if self.local_address and self.local_port
            else None
        )
        error = exception_with_host_port(status, "connect", self.address, self.port, local)
        if self.local_address and self.local_port:
            error.local_address = self.local_address  # type: ignore[attr-defined]
            error.local_port = self.local_port  # type: ignore[attr-defined]
        return error


def _bind(handle: Any, target: _Target) -> tuple[_Target, UVError | None]:
    """Bind the handle to the local end asked for, if any; the target with the local end that results."""
    if not target.local_address and not target.local_port:
        return target, None
    number = to_int32(target.local_port) if target.local_port else 0
    if target.family == 4:
        target = target._replace(local_address=target.local_address or "0.0.0.0")
        # a pipe that is connecting has its descriptor and takes no name any more
        err = UV_EINVAL if isinstance(handle, Pipe) else handle.bind(target.local_address, number & 0xFFFF)
    else:
        target = target._replace(local_address=target.local_address or "::")
        err = _of_tcp(handle, "bind6")(target.local_address, number & 0xFFFF, 0)
    if err == 0 and target.local_port and target.local_port > 0:
        # libuv tells of a taken port only when it is asked again; a port that no socket can have counts as taken
        name = handle.getsockname()
        err = name if isinstance(name, int) else 0 if name[2] == target.local_port else UV_EADDRINUSE
    if err < 0:
        return target, exception_with_host_port(err, "bind", target.local_address, target.local_port)
    return target, None


def _connect_one(line: Line, target: _Target) -> None:
    """The only attempt: its failure is the socket's."""
    handle = line.handle()
    target, error = _bind(handle, target)
    if error is not None:
        line.socket.destroy(error)
        return
    line.socket.emit("connectionAttempt", target.address, target.port, target.family)
    if line.is_blocked(target):
        line.socket.destroy(node_error("ERR_IP_BLOCKED", target.address))
        return
    handle = line.handle()
    err = _start(handle, target, lambda status: _attempt_ended(line, status, target))
    if err < 0:
        line.socket.destroy(_refused_at_once(line, err, target))


def _start(handle: Any, target: _Target, on_complete: Callable[[int], None]) -> int:
    method = "connect" if target.family == 4 else "connect6"
    if handle is None:
        raise property_error(method)
    if isinstance(handle, Pipe) and target.family == 4:  # left by connect(path); the address is a path to it
        return handle.connect(target.address, on_complete)
    return int(_of_tcp(handle, method)(target.address, target.port, on_complete))


def _of_tcp(handle: Any, method: str) -> Callable[..., int]:
    if isinstance(handle, Pipe):
        raise NodeTypeError(f"self._handle.{method} is not a function")
    return getattr(handle, method)  # type: ignore[no-any-return]


def _refused_at_once(line: Line, err: int, target: _Target) -> UVError:
    """The error of a connect() that did not even start: it tells the local end of the handle, whatever that
    is."""
    name = line.socket.address()
    local = f"Local ({getattr(name, 'address', 'undefined')}:{getattr(name, 'port', 'undefined')})"
    return exception_with_host_port(err, "connect", target.address, target.port, local)


def _attempt_ended(line: Line, status: int, target: _Target) -> None:
    # As in Node nobody asks whose attempt it was: where destroy() and another connect() have come in between, it is
    # the cancelled one that the new connection is told of, or that comes when there is nothing to be told any more.
    if line.socket.destroyed:
        return
    if not line.socket.connecting:
        raise node_error("ERR_INTERNAL_ASSERTION")
    if status == 0:
        line.opened()
        return
    line.not_opened()
    error = target.failure(status)
    line.socket.emit("connectionAttemptFailed", target.address, target.port, target.family, error)
    line.socket.destroy(error)


# --- several attempts ---------------------------------------------------------------------------------------


class _Attempts:
    """Happy eyeballs: the attempts of one connect(), one at a time."""

    def __init__(self, line: Line, targets: list[_Target], timeout: float) -> None:
        self.line = line
        self.targets = targets
        self.timeout = timeout
        self.current = 0
        self.errors: list[BaseException] = []
        self.timer: Timeout | None = None
        self.attempted: list[str] = []
        line.socket.auto_select_family_attempted_addresses = self.attempted

    def next(self, cancelled: bool = False) -> None:
        """Start the next attempt; with none left, or cancelled, the socket fails."""
        self.clear_timer()
        line = self.line
        if line.is_aborted():
            return
        if cancelled or self.current == len(self.targets):
            line.socket.destroy(AggregateError(self.errors))
            return
        target = self.targets[self.current]
        self.current += 1
        if self.current > 1:
            line.replace_handle(TCP(SOCKET))
        handle = line.handle()
        target, error = _bind(handle, target)
        if error is not None:
            self.errors.append(error)
            self.next()
            return
        if line.is_blocked(target):
            self.failed(target, node_error("ERR_IP_BLOCKED", target.address))
            return
        line.socket.emit("connectionAttempt", target.address, target.port, target.family)
        handle = line.handle()
        self.attempted.append(f"{target.address}:{target.port}")
        attempt = _Attempt(self, handle, target)
        err = _start(handle, target, attempt.ended)
        if err < 0:
            self.failed(target, _refused_at_once(line, err, target))
        elif self.current < len(self.targets):
            self.timer = set_timeout(attempt.timed_out, self.timeout)

    def failed(self, target: _Target, error: BaseException, cancelled: bool = False) -> None:
        """Note the failure of the current attempt and go on with the next one."""
        self.errors.append(error)
        self.line.socket.emit("connectionAttemptFailed", target.address, target.port, target.family, error)
        if self.line.socket.connecting:
            self.next(cancelled)

    def clear_timer(self) -> None:
        if self.timer is not None:
            clear_timeout(self.timer)
            self.timer = None


class _Attempt:
    """One of several attempts."""

    __slots__ = ("attempts", "dropped", "handle", "target")

    def __init__(self, attempts: _Attempts, handle: Any, target: _Target) -> None:
        self.attempts = attempts
        self.handle = handle
        self.target = target
        self.dropped = False

    def timed_out(self) -> None:
        """It took too long: give it up for the next one."""
        attempts, target = self.attempts, self.target
        line = attempts.line
        self.dropped = True
        line.socket.emit("connectionAttemptTimeout", target.address, target.port, target.family)
        attempts.errors.append(exception_with_host_port(UV_ETIMEDOUT, "connect", target.address, target.port))
        self.handle.close()
        if line.socket.connecting:
            attempts.next()

    def ended(self, status: int) -> None:
        """libuv's answer."""
        attempts = self.attempts
        if self.dropped:
            return
        attempts.clear_timer()
        if status != 0:
            attempts.failed(self.target, self.target.failure(status), status == UV_ECANCELED)
        else:
            _attempt_ended(attempts.line, status, self.target)
