"""Mirrors the connecting half of lib/net.js: lookup, one attempt after another (happy eyeballs), and what
follows success.

Three ways to a connection, all of which end in `Socket._opened` or in destroy():

    literal address         one attempt, on the next tick
    one looked-up address   one attempt, when the lookup answers
    several addresses       `_Attempts`, one attempt at a time, families taking turns: the next one starts
                            when this one fails or exceeds its time

Of several attempts each has a handle of its own. One that exceeds its time is dropped and cannot win any
more; the last one has no limit.

A late completion of an attempt means nothing to a socket that was destroyed. To one that was destroyed and
connects anew it means, as in Node, that the new connection has failed.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

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
from nodesock.net import defaults
from nodesock.net.options import LookupOptions, node_view
from nodesock.runtime.ticks import next_tick
from nodesock.runtime.timers import Timeout, clear_timeout, set_timeout
from nodesock.validators import (
    UNDEFINED,
    is_number,
    is_truthy,
    to_int32,
    validate_boolean,
    validate_function,
    validate_int32,
    validate_number,
    validate_port,
    validate_string,
)

if TYPE_CHECKING:
    from nodesock.net.socket import Socket

#: dns.ADDRCONFIG: ask for the families that this machine has addresses of
_ADDRCONFIG = 32

_LOCAL = ("local_address", "local_port")


# --- a path -------------------------------------------------------------------------------------------------


def connect_pipe(socket: "Socket", path: str) -> None:
    """Connect to a unix socket. Failures that libuv reports at once go through destroy() as well.

    Nothing is looked up, so the attempt is told of, and made, before connect() returns.
    """
    target = _Target(path, None, None)
    socket.emit("connectionAttempt", path, None, None)
    handle = socket._handle
    if handle is None:
        raise property_error("connect")
    if isinstance(handle, TCP):  # taken over, or left from before
        err = UV_EINVAL
    else:
        err = handle.connect(path, lambda status: _attempt_ended(socket, status, target))
    if err < 0:
        socket.destroy(_refused_at_once(socket, err, target))


# --- host and port ------------------------------------------------------------------------------------------


def connect_tcp(socket: "Socket", options: Mapping[str, Any]) -> None:
    """Check the options, look the host up if it is a name, and connect.

    Raises Node's errors for local_address, local_port, host, port, auto_select_family,
    auto_select_family_attempt_timeout and lookup; what the lookup function raises passes through.
    """
    host: Any = options.get("host")
    if not is_truthy(host):
        host = "localhost"
    validate_string(host, "options.host")
    if "\0" in host:
        raise node_error("ERR_INVALID_ARG_VALUE", "options.host", host, "must be a string without null bytes")
    if socket._took_bound and any(options.get(name, UNDEFINED) is not UNDEFINED for name in _LOCAL):
        raise node_error(
            "ERR_INVALID_ARG_VALUE",
            "options",
            node_view(options),
            "localAddress and localPort cannot be used with an adopted bound socket",
        )
    local_address = options.get("local_address")
    if not is_truthy(local_address):
        local_address = None
    local_port = options.get("local_port")
    if not is_truthy(local_port):
        local_port = None
    if local_address is not None and not is_ip(local_address):
        raise node_error("ERR_INVALID_IP_ADDRESS", local_address)
    if local_port is not None:
        validate_number(local_port, "options.localPort")
    port = options.get("port", UNDEFINED)
    if port is not UNDEFINED:
        if not is_number(port) and not isinstance(port, str):
            raise node_error("ERR_INVALID_ARG_TYPE", "options.port", ["number", "string"], port)
        validate_port(port)
    port = 0 if port is UNDEFINED else to_int32(port)

    auto_select = options.get("auto_select_family")
    if auto_select is None:
        auto_select = defaults.get_default_auto_select_family()
    else:
        validate_boolean(auto_select, "options.autoSelectFamily")
    attempt_timeout = options.get("auto_select_family_attempt_timeout")
    if attempt_timeout is None:
        attempt_timeout = defaults.get_default_auto_select_family_attempt_timeout()
    else:
        validate_int32(attempt_timeout, "options.autoSelectFamilyAttemptTimeout", 1)
        attempt_timeout = max(attempt_timeout, defaults.MIN_ATTEMPT_TIMEOUT)

    version = is_ip(host)
    if version:
        next_tick(_connect_literal, socket, _Target(host, port, version, local_address, local_port))
        return

    lookup = options.get("lookup")
    if lookup is not None:
        validate_function(lookup, "options.lookup")
    request = LookupOptions(family=_family_number(options.get("family")), hints=_or_zero(options.get("hints")))
    if request["family"] not in (4, 6) and request["hints"] == 0:
        request["hints"] = _ADDRCONFIG
    socket._host = host
    if auto_select and request["family"] not in (4, 6) and not local_address:
        request["all"] = True
        answer: Callable[..., None] = _answer_all(socket, host, port, local_port, attempt_timeout)
    else:
        answer = _answer_one(socket, host, port, local_address, local_port)
    if lookup is None:
        dns.lookup(host, request, answer)
    else:
        call(lookup, host, request, answer)


def _or_zero(value: Any) -> Any:
    return value if is_truthy(value) else 0


def _family_number(family: Any) -> Any:
    return {"IPv4": 4, "IPv6": 6}.get(family, family) if isinstance(family, str) else family


def _connect_literal(socket: "Socket", target: "_Target") -> None:
    if socket.connecting:
        _connect_one(socket, target)


# --- what the lookup answers --------------------------------------------------------------------------------


def _tell_lookup(socket: "Socket", error: Any, address: Any, family: Any, host: str) -> None:
    """'lookup', where what the function left out is None as well."""
    socket.emit(
        "lookup",
        error,
        None if address is UNDEFINED else address,
        None if family is UNDEFINED else family,
        host,
    )


def _answer_one(
    socket: "Socket", host: str, port: int, local_address: str | None, local_port: Any
) -> Callable[..., None]:
    def answer(error: Any = None, address: Any = UNDEFINED, family: Any = UNDEFINED, *_: Any) -> None:
        _tell_lookup(socket, error, address, family, host)
        # The answer may come long after the socket was closed.
        if not socket.connecting:
            return
        if is_truthy(error):
            next_tick(_fail, socket, error)
        elif not isinstance(address, str) or not is_ip(address):
            next_tick(_fail, socket, node_error("ERR_INVALID_IP_ADDRESS", address))
        elif family != 4 and family != 6:
            next_tick(_fail, socket, _bad_family(family, host, port))
        else:
            socket._unref_timer()
            _connect_one(socket, _Target(address, port, family, local_address, local_port))

    return answer


def _answer_all(
    socket: "Socket", host: str, port: int, local_port: Any, attempt_timeout: float
) -> Callable[..., None]:
    def answer(error: Any = None, addresses: Any = None, *_: Any) -> None:
        if not socket.connecting:
            return
        if is_truthy(error):
            socket.emit("lookup", error, None, None, host)
            next_tick(_fail, socket, error)
            return
        found = [_answered(item) for item in _listed(addresses)]
        for address, family in found:
            _tell_lookup(socket, None, address, family, host)
            if not socket.connecting:
                return
        usable = [(a, f) for a, f in found if isinstance(a, str) and is_ip(a) and (f == 4 or f == 6)]
        if not usable:
            if not found:
                raise NodeTypeError(
                    "Cannot destructure property 'address' of 'addresses[0]' as it is undefined."
                )
            address, family = found[0]
            if not isinstance(address, str) or not is_ip(address):
                next_tick(_fail, socket, node_error("ERR_INVALID_IP_ADDRESS", address))
            else:
                next_tick(_fail, socket, _bad_family(family, host, port))
            return
        socket._unref_timer()
        targets = [_Target(address, port, family, None, local_port) for address, family in _alternate(usable)]
        if len(targets) == 1:
            _connect_one(socket, targets[0])
        else:
            _Attempts(socket, targets, attempt_timeout).next()

    return answer


def _listed(addresses: Any) -> Any:
    """The addresses that JavaScript's loop finds in what a lookup answered: none in what has no length."""
    if addresses is None or addresses is UNDEFINED:
        raise property_error("length", addresses)
    return addresses if isinstance(addresses, (list, tuple, str, bytes, bytearray)) else ()


def _answered(item: Any) -> tuple[Any, Any]:
    if item is None:
        raise NodeTypeError("Cannot destructure property 'address' of 'address' as it is null.")
    if isinstance(item, Mapping):
        return item.get("address", UNDEFINED), item.get("family", UNDEFINED)
    return getattr(item, "address", UNDEFINED), getattr(item, "family", UNDEFINED)


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


def _fail(socket: "Socket", error: BaseException) -> None:
    socket.destroy(error)


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


def _connect_one(socket: "Socket", target: _Target) -> None:
    """The only attempt: its failure is the socket's."""
    handle = socket._handle
    target, error = _bind(handle, target)
    if error is not None:
        socket.destroy(error)
        return
    socket.emit("connectionAttempt", target.address, target.port, target.family)
    if socket.block_list is not None and socket.block_list.check(target.address, f"ipv{target.family}"):
        socket.destroy(node_error("ERR_IP_BLOCKED", target.address))
        return
    handle = socket._handle
    err = _start(handle, target, lambda status: _attempt_ended(socket, status, target))
    if err < 0:
        socket.destroy(_refused_at_once(socket, err, target))


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


def _refused_at_once(socket: "Socket", err: int, target: _Target) -> UVError:
    """The error of a connect() that did not even start: it tells the local end of the handle, whatever that
    is."""
    name = socket._getsockname()
    local = f"Local ({getattr(name, 'address', 'undefined')}:{getattr(name, 'port', 'undefined')})"
    return exception_with_host_port(err, "connect", target.address, target.port, local)


def _attempt_ended(socket: "Socket", status: int, target: _Target) -> None:
    # As in Node nobody asks whose attempt it was: where destroy() and another connect() have come in between, it is
    # the cancelled one that the new connection is told of, or that comes when there is nothing to be told any more.
    if socket.destroyed:
        return
    if not socket.connecting:
        raise node_error("ERR_INTERNAL_ASSERTION")
    if status == 0:
        socket._opened()
        return
    socket.connecting = False
    socket._sockname = None
    error = target.failure(status)
    socket.emit("connectionAttemptFailed", target.address, target.port, target.family, error)
    socket.destroy(error)


# --- several attempts ---------------------------------------------------------------------------------------


class _Attempts:
    """Happy eyeballs: the attempts of one connect(), one at a time."""

    def __init__(self, socket: "Socket", targets: list[_Target], timeout: float) -> None:
        self.socket = socket
        self.targets = targets
        self.timeout = timeout
        self.current = 0
        self.errors: list[BaseException] = []
        self.timer: Timeout | None = None
        self.attempted: list[str] = []
        socket.auto_select_family_attempted_addresses = self.attempted

    def next(self, cancelled: bool = False) -> None:
        """Start the next attempt; with none left, or cancelled, the socket fails."""
        self.clear_timer()
        socket = self.socket
        if socket._aborted:
            return
        if cancelled or self.current == len(self.targets):
            socket.destroy(AggregateError(self.errors))
            return
        target = self.targets[self.current]
        self.current += 1
        if self.current > 1:
            socket._replace_handle(TCP(SOCKET))
        handle = socket._handle
        target, error = _bind(handle, target)
        if error is not None:
            self.errors.append(error)
            self.next()
            return
        if socket.block_list is not None and socket.block_list.check(target.address, f"ipv{target.family}"):
            self.failed(target, node_error("ERR_IP_BLOCKED", target.address))
            return
        socket.emit("connectionAttempt", target.address, target.port, target.family)
        handle = socket._handle
        self.attempted.append(f"{target.address}:{target.port}")
        attempt = _Attempt(self, handle, target)
        err = _start(handle, target, attempt.ended)
        if err < 0:
            self.failed(target, _refused_at_once(socket, err, target))
        elif self.current < len(self.targets):
            self.timer = set_timeout(attempt.timed_out, self.timeout)

    def failed(self, target: _Target, error: BaseException, cancelled: bool = False) -> None:
        """Note the failure of the current attempt and go on with the next one."""
        self.errors.append(error)
        self.socket.emit("connectionAttemptFailed", target.address, target.port, target.family, error)
        if self.socket.connecting:
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
        socket = attempts.socket
        self.dropped = True
        socket.emit("connectionAttemptTimeout", target.address, target.port, target.family)
        attempts.errors.append(exception_with_host_port(UV_ETIMEDOUT, "connect", target.address, target.port))
        self.handle.close()
        if socket.connecting:
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
            _attempt_ended(attempts.socket, status, self.target)
