"""Mirrors server.listen() of lib/net.js: all its overloads, and how a handle comes to listen.

What is wrong with the arguments is raised; what the resolver or the kernel refuses is emitted as 'error' on
the next tick.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nodesock import dns
from nodesock.bindings.pipe_wrap import SERVER as PIPE_SERVER
from nodesock.bindings.pipe_wrap import UV_READABLE, UV_WRITABLE, Pipe
from nodesock.bindings.tcp_wrap import SERVER as TCP_SERVER
from nodesock.bindings.tcp_wrap import TCP, UV_TCP_IPV6ONLY, UV_TCP_REUSEPORT
from nodesock.bindings.uv import UV_EINVAL
from nodesock.errors import NodeError, NodeTypeError, errno_exception, node_error, uv_exception_with_host_port
from nodesock.inspect import to_text
from nodesock.net.bound_socket import BoundSocket
from nodesock.net.fd import create_handle
from nodesock.net.options import is_pipe_name, node_view, non_negative_number, normalize
from nodesock.runtime.ticks import next_tick
from nodesock.validators import (
    UNDEFINED,
    is_number,
    is_truthy,
    to_int32,
    validate_abort_signal,
    validate_port,
)

if TYPE_CHECKING:
    from nodesock.net.server import Server

_DEFAULT_BACKLOG = 511


def listen(server: "Server", args: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
    """The body of `server.listen(*args, **keywords)`."""
    options, callback = normalize(args, keywords)
    if server._handle is not None:
        raise node_error("ERR_SERVER_ALREADY_LISTEN")
    if callback is not None:
        server.once("listening", callback)
    backlog = _number(args, 1) or _number(args, 2)
    server._listening_id += 1  # a lookup that is still under way is given up, whatever becomes of this call

    given = _given_handle(args[0] if args else None, options)
    if isinstance(given, TCP):
        server._handle = given
        _start(server, given, None, -1, -1, backlog)
        return
    if isinstance(given, Pipe):
        options = {"fd": given.fd}  # all that Node sees in it, so that it listens with a second handle
    elif given is not None:
        if isinstance(given, (str, int, float)):
            raise NodeTypeError(f"Cannot use 'in' operator to search for 'port' in {to_text(given)}")
        options = dict(given) if isinstance(given, Mapping) else {}

    signal = options.get("signal", UNDEFINED)
    if signal is not UNDEFINED:
        validate_abort_signal(signal, "options.signal")
        if signal is None:
            raise node_error("ERR_INVALID_ARG_TYPE", "options.signal", "AbortSignal", None)
        _close_on_abort(server, signal)

    fd = options.get("fd")
    if is_number(fd) and fd >= 0:  # type: ignore[operator]
        _listen_on_fd(server, fd, backlog)
        return

    port = options.get("port", UNDEFINED)
    no_arguments = not keywords and (not args or callable(args[0]))
    if (
        no_arguments
        or port is None
        or (port is UNDEFINED and ("port" in options or args[:1] == (UNDEFINED,)))
    ):
        port = 0
    if is_number(port) or isinstance(port, str):
        number = validate_port(port, "options.port")
        backlog = options.get("backlog") or backlog
        flags = (UV_TCP_IPV6ONLY if options.get("ipv6_only") is True else 0) | (
            UV_TCP_REUSEPORT if options.get("reuse_port") is True else 0
        )
        host = options.get("host")
        if is_truthy(host):
            _look_up_and_listen(server, number, host, backlog, flags)
        else:
            _listen_on_port(server, None, number, 4, backlog, flags)
        return

    path = options.get("path")
    if path and is_pipe_name(path):
        _listen_on_path(server, path, options, options.get("backlog") or backlog)
        return
    if port is not UNDEFINED:
        options = {**options, "port": port}
    if "port" not in options and "path" not in options:
        shown = options if given is None or isinstance(given, Mapping) else given
        raise _invalid(shown, 'must have the property "port" or "path"')
    raise _invalid(options, "is invalid")


def _invalid(options: Any, reason: str) -> NodeError:
    return node_error(
        "ERR_INVALID_ARG_VALUE",
        "options",
        node_view(options) if isinstance(options, Mapping) else options,
        reason,
    )


def _number(args: tuple[Any, ...], index: int) -> float | None:
    value = args[index] if len(args) > index else None
    return non_negative_number(value) if value and not callable(value) else None


def _given_handle(first: Any, options: Mapping[str, Any]) -> Any:
    """The handle to listen on, out of a server, a BoundSocket, a handle, or an options object that has one
    of them; else None."""
    candidate = first
    if isinstance(first, Mapping) or options:
        found = [options.get(name) for name in ("_handle", "handle") if is_truthy(options.get(name))]
        candidate = found[0] if found else None
    if candidate is None or candidate is first:
        candidate = first
        if (
            isinstance(candidate, Mapping)
            or candidate is None
            or isinstance(candidate, (str, int, float))
            or callable(candidate)
        ):
            return None
    if isinstance(candidate, BoundSocket):
        return candidate._consume()
    if isinstance(candidate, (TCP, Pipe)):
        return candidate
    # Only a first argument is asked for its handle; `handle=server` are options without a port, as in Node.
    inner = getattr(candidate, "_handle", None) if candidate is first else None
    return inner if inner is not None else candidate


def _close_on_abort(server: "Server", signal: Any) -> None:
    def aborted() -> None:
        server.close()

    if signal.aborted:
        next_tick(aborted)
        return
    signal.add_event_listener("abort", aborted, once=True)
    server.once("close", lambda: signal.remove_event_listener("abort", aborted))


# --- where to listen ----------------------------------------------------------------------------------------


def _look_up_and_listen(server: "Server", port: int, host: Any, backlog: Any, flags: int) -> None:
    waiting = server._listening_id

    def answer(error: Any = None, address: Any = None, family: Any = None) -> None:
        if server._listening_id != waiting:
            return  # closed meanwhile
        if error:
            server.emit("error", error)
        else:
            _listen_on_port(server, address, port, family if address else 4, backlog, flags)

    dns.lookup(host, answer)


def _listen_on_port(
    server: "Server", address: str | None, port: int, family: int, backlog: Any, flags: int
) -> None:
    handle = TCP(TCP_SERVER)
    if address is None:
        # All of IPv6 and IPv4 in one socket, where there is IPv6.
        err = handle.bind6("::", port, flags)
        if err == 0:
            address, family = "::", 6
        else:
            handle.close()
            handle = TCP(TCP_SERVER)
            address = "0.0.0.0"
            err = handle.bind(address, port, flags)
    elif family == 6:
        err = handle.bind6(address, port, flags)
    else:
        err = handle.bind(address, port, flags)
    if err:
        handle.close()
        _fail(server, err, address, port)
        return
    server._handle = handle
    _start(server, handle, address, port, family, backlog)


def _listen_on_path(server: "Server", path: str, options: Mapping[str, Any], backlog: Any) -> None:
    server._pipe_name = path
    handle = Pipe(PIPE_SERVER)
    err = handle.bind(path)
    if err:
        handle.close()
        _fail(server, err, path, -1)
        return
    server._handle = handle
    _start(server, handle, path, -1, -1, backlog)
    if server._handle is None:
        return
    mode = (UV_READABLE if options.get("readable_all") is True else 0) | (
        UV_WRITABLE if options.get("writable_all") is True else 0
    )
    if mode:
        err = handle.fchmod(mode)
        if err:
            handle.close()
            server._handle = None
            raise errno_exception(err, "uv_pipe_chmod")


def _listen_on_fd(server: "Server", fd: Any, backlog: Any) -> None:
    try:
        handle = create_handle(fd, True)
    except NodeError:
        # Not an int, or not a socket: all that is one and the same to whoever listens.
        _fail(server, UV_EINVAL, None, None)
        return
    err = handle.open(fd)
    if err:  # Node forgets the handle without closing it
        _fail(server, err, None, None)
        return
    server._handle = handle
    _start(server, handle, None, None, None, backlog)


def _start(
    server: "Server", handle: Any, address: str | None, port: int | None, family: int | None, backlog: Any
) -> None:
    """Listen on the server's new handle."""
    handle.owner = server
    err = handle.listen(to_int32(backlog or 0) or _DEFAULT_BACKLOG, server._on_connection)
    if err:
        handle.close()
        server._handle = None
        _fail(server, err, address, port)
        return
    server._connection_key = ":".join("null" if part is None else str(part) for part in (family, address, port))
    if server._unref:
        handle.unref()
    next_tick(_emit_listening, server)


def _fail(server: "Server", err: int, address: str | None, port: int | None) -> None:
    error = uv_exception_with_host_port(err, "listen", address, port)
    next_tick(lambda: server.emit("error", error))


def _emit_listening(server: "Server") -> None:
    # There is none if it was closed in the same turn.
    if server._handle is not None:
        server.emit("listening")
