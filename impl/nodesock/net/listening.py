"""Mirrors the arguments and the handles of server.listen() in lib/net.js: all overloads, and a handle for each place.

Nothing here knows the server: `handle_of` and `place_of` tell what the arguments ask for, and `on_port`, `on_path` and
`on_descriptor` make the handle. What is wrong with the arguments is raised; what the kernel refuses is returned.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from nodesock.bindings.pipe_wrap import SERVER as PIPE_SERVER
from nodesock.bindings.pipe_wrap import UV_READABLE, UV_WRITABLE, Pipe
from nodesock.bindings.tcp_wrap import SERVER as TCP_SERVER
from nodesock.bindings.tcp_wrap import TCP, UV_TCP_IPV6ONLY, UV_TCP_REUSEPORT
from nodesock.bindings.uv import UV_EINVAL
from nodesock.errors import NodeError, node_error
from nodesock.net.bound_socket import BoundSocket
from nodesock.net.handle import create_handle
from nodesock.net.options import is_pipe_name, node_view, non_negative_number
from nodesock.validators import UNDEFINED, is_number, is_truthy, validate_port


class Port(NamedTuple):
    """A port, of one host or of all addresses (None); `flags` are uv_tcp_flags."""

    port: int
    host: Any
    backlog: Any
    flags: int


class Path(NamedTuple):
    """A unix socket, and who else may use it: `mode` is UV_READABLE, UV_WRITABLE, both, or 0."""

    path: str
    backlog: Any
    mode: int


class Descriptor(NamedTuple):
    """An open descriptor."""

    fd: Any
    backlog: Any


class Bound(NamedTuple):
    """A handle that is ready to listen, and the place as errors and `_connection_key` show it."""

    handle: Any
    address: str | None
    port: int | None
    family: int | None


class Refused(NamedTuple):
    """A libuv error of making the handle, and the place as the error shows it."""

    err: int
    address: str | None
    port: int | None


# --- what the arguments ask for -----------------------------------------------------------------------------


def backlog_of(args: tuple[Any, ...]) -> float | None:
    """The positional `backlog` of `listen(port, backlog)` and `listen(port, host, backlog)`."""
    return _number(args, 1) or _number(args, 2)


def _number(args: tuple[Any, ...], index: int) -> float | None:
    value = args[index] if len(args) > index else None
    return non_negative_number(value) if value and not callable(value) else None


def handle_of(first: Any, options: Mapping[str, Any]) -> Any:
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
    if isinstance(candidate, (BoundSocket, TCP, Pipe)):
        return candidate
    # Only a first argument is asked for its handle; `handle=server` are options without a port, as in Node.
    inner = getattr(candidate, "_handle", None) if candidate is first else None
    return inner if inner is not None else candidate


def place_of(
    args: tuple[Any, ...], keywords: Mapping[str, Any], options: Mapping[str, Any], given: Any, backlog: Any
) -> Port | Path | Descriptor:
    """Where the options say to listen; `given` is what `handle_of` found.

    Raises ERR_SOCKET_BAD_PORT, and ERR_INVALID_ARG_VALUE for options that name no place.
    """
    fd = options.get("fd")
    if is_number(fd) and fd >= 0:  # type: ignore[operator]
        return Descriptor(fd, backlog)

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
        flags = (UV_TCP_IPV6ONLY if options.get("ipv6_only") is True else 0) | (
            UV_TCP_REUSEPORT if options.get("reuse_port") is True else 0
        )
        return Port(number, options.get("host"), options.get("backlog") or backlog, flags)

    path = options.get("path")
    if path and is_pipe_name(path):
        mode = (UV_READABLE if options.get("readable_all") is True else 0) | (
            UV_WRITABLE if options.get("writable_all") is True else 0
        )
        return Path(path, options.get("backlog") or backlog, mode)
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


# --- a handle for it ----------------------------------------------------------------------------------------


def on_port(address: str | None, port: int, family: int, flags: int) -> Bound | Refused:
    """A TCP handle bound to an address, or to all of them (None)."""
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
        return Refused(err, address, port)
    return Bound(handle, address, port, family)


def on_path(path: str) -> Bound | Refused:
    """A pipe handle with a name."""
    handle = Pipe(PIPE_SERVER)
    err = handle.bind(path)
    if err:
        handle.close()
        return Refused(err, path, -1)
    return Bound(handle, path, -1, -1)


def on_descriptor(fd: Any) -> Bound | Refused:
    """The handle of an open descriptor."""
    try:
        handle = create_handle(fd, True)
    except NodeError:
        # Not an int, or not a socket: `listen` makes no difference between them.
        return Refused(UV_EINVAL, None, None)
    err = handle.open(fd)
    if err:  # Node forgets the handle without closing it
        return Refused(err, None, None)
    return Bound(handle, None, None, None)
