"""Mirrors lib/internal/errors.js: every error that nodesock raises or emits, and the table of its codes.

Three kinds, so that an error says whose fault it is:

* the caller's: `ERR_*` codes out of `_TABLE`, built by `node_error(code, *args)`; argument errors are also Python's
  `TypeError` / `ValueError`;
* the system's or the peer's: `errno_exception` and its relatives, built from a negative libuv number; they are also the
  matching `OSError` subclass (`ConnectionRefusedError`, …) and their `errno` is positive, as everywhere in Python;
* ours: `InternalError`, never Node's, always a bug in nodesock.

Texts are Node's to the letter, camelCase option names included.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from nodesock.bindings.uv import UV_EAI_NODATA, UV_EAI_NONAME, errmsg, errname
from nodesock.inspect import ERROR_KEYS_HOOK, UNDEFINED, cut, double, format_text, inspect, received, to_text

__all__ = [
    "AbortError",
    "AggregateError",
    "InternalError",
    "NodeError",
    "NodeRangeError",
    "NodeTypeError",
    "SystemError",
    "UVError",
    "WrongThreadError",
    "aggregate_two_errors",
    "dns_exception",
    "errno_exception",
    "exception_with_host_port",
    "node_error",
    "own_properties",
    "uv_exception_with_host_port",
]


class NodeError(Exception):
    """An `Error` as Node has it: `name`, `code` (None where Node has none) and `message`; `str(error) == message`.

    What Node sets as further own properties (`syscall`, `address`, `context`, …) are plain attributes, present only
    where Node has them.
    """

    name = "Error"
    code: str | None = None
    message: str
    cause: object

    def __init__(self, message: str = "", *, code: str | None = None, cause: object = UNDEFINED) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if cause is not UNDEFINED:
            self.cause = cause
            if isinstance(cause, BaseException):
                self.__cause__ = cause

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        code = f" [{self.code}]" if self.code else ""
        return f"<{self.name}{code}: {self.message}>"


class NodeTypeError(NodeError, TypeError):
    """Node's `TypeError`."""

    name = "TypeError"


class NodeRangeError(NodeError, ValueError):
    """Node's `RangeError`."""

    name = "RangeError"


class NodeValueError(NodeError, TypeError, ValueError):
    """A `TypeError` in Node about a value, not a type (`ERR_INVALID_ARG_VALUE`): here it is a ValueError too."""

    name = "TypeError"


class NodeSyntaxError(NodeError, ValueError):
    """JavaScript's `SyntaxError`, of text that is no JSON."""

    name = "SyntaxError"


class AbortError(NodeError):
    """What an aborted operation ends with; `cause` is the signal's reason."""

    name = "AbortError"
    code = "ABORT_ERR"

    def __init__(self, message: str = "The operation was aborted", *, cause: object = UNDEFINED) -> None:
        super().__init__(message, cause=cause)
        self.code = "ABORT_ERR"


class DOMException(NodeError):
    """The web's exception, as far as AbortSignal uses it: `name` 'AbortError' (20) or 'TimeoutError' (23)."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name
        self.code = {"AbortError": 20, "TimeoutError": 23}.get(name, 0)  # type: ignore[assignment] # the web's numbers


class UnhandledPromiseRejection(NodeError):
    """A promise was rejected with something that is no exception, and nobody handled it."""

    name = "UnhandledPromiseRejection"


class AggregateError(NodeError):
    """Several errors in one: `errors` in the order of the attempts, `code` that of the first."""

    name = "AggregateError"

    def __init__(self, errors: Iterable[BaseException], message: str = "") -> None:
        super().__init__(message)
        self.errors = list(errors)
        first = getattr(self.errors[0], "code", None) if self.errors else None
        if first is not None:
            self.code = first

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1].rstrip(': ')}: {self.errors!r}>"


def aggregate_two_errors(inner: Any, outer: Any) -> Any:
    """Both errors in one, `outer` first and giving the message; or the one of them that there is."""
    if inner is None or inner is UNDEFINED or inner is outer:
        return outer
    if outer is None or outer is UNDEFINED:
        return inner
    if isinstance(outer, AggregateError):
        outer.errors.append(inner)
        return outer
    return AggregateError([outer, inner], str(outer))


class WrongThreadError(RuntimeError):
    """Sockets, timers or ticks were used in another thread than the one in which `nodesock.run()` is on.

    It is no NodeError: in Node no other thread can reach them. `nodesock.call_soon_threadsafe` is the way in.
    """


class InternalError(NodeError):
    """A move that cannot happen: a bug in nodesock, never the caller's fault."""

    name = "InternalError"
    code = "ERR_INTERNAL_ASSERTION"

    def __init__(self, message: str) -> None:
        super().__init__(f"{message} (this is a bug in nodesock)")
        self.code = "ERR_INTERNAL_ASSERTION"


# --- the caller's errors ---------------------------------------------------------------------------------------------

_PRIMITIVES: Final = ("string", "function", "number", "object", "boolean", "bigint", "symbol")


def _join(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b, or c`: how Node lists alternatives."""
    if len(words) < 3:
        return " or ".join(words)
    return f"{', '.join(words[:-1])}, or {words[-1]}"


def _subject(name: str) -> str:
    """`The "port" argument`, `The "options.port" property`, or the name as it is if it says itself what it is."""
    if name.endswith(" argument"):
        return f"The {name}"
    return f'The "{name}" {"property" if "." in name else "argument"}'


def _invalid_arg_type(name: str, expected: str | Sequence[str], actual: object) -> str:
    wanted = [expected] if isinstance(expected, str) else list(expected)
    types: list[str] = []
    instances: list[str] = []
    others: list[str] = []
    for word in wanted:
        if word.lower() in _PRIMITIVES and (word.islower() or word in ("Function", "Object")):
            types.append(word.lower())
        elif word[:1].isupper() and word.isalnum():
            instances.append(word)
        else:
            others.append(word)
    if instances and "object" in types:
        types.remove("object")
        instances.append("Object")
    parts = []
    if types:
        parts.append(f"{'one of type' if len(types) > 1 else 'of type'} {_join(types)}")
    if instances:
        parts.append(f"an instance of {_join(instances)}")
    if others:
        if len(others) > 1:
            parts.append(f"one of {_join(others)}")
        else:
            parts.append(f"{'an ' if others[0].lower() != others[0] else ''}{others[0]}")
    return f"{_subject(name)} must be {' or '.join(parts)}.{received(actual)}"


def _invalid_arg_value(name: str, value: object, reason: str = "is invalid") -> str:
    shown = cut(inspect(value), 128, 128)
    return f"The {'property' if '.' in name else 'argument'} '{name}' {reason}. Received {shown}"


def group_digits(text: str) -> str:
    """'1000000' -> '1_000_000': how Node shows numbers beyond 2**32 in range errors ('1e+21' -> '1e_+21' included)."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    groups = [digits[max(end - 3, 0) : end] for end in range(len(digits), 0, -3)]
    return sign + "_".join(reversed(groups))


def _out_of_range(name: str, wanted: str, value: object, replace_default: bool = False) -> str:
    shown = inspect(value)
    if isinstance(value, (int, float)) and abs(value) > 2**32 and double(value).is_integer():
        shown = group_digits(shown)
    head = name if replace_default else f'The value of "{name}" is out of range.'
    return f"{head} It must be {wanted}. Received {shown}"


def _missing_args(*names: str | Sequence[str]) -> str:
    words = [
        f'"{n}"' if isinstance(n, str) else " or ".join(f'"{alternative}"' for alternative in n)
        for n in names
    ]
    if len(words) == 1:
        return f"The {words[0]} argument must be specified"
    if len(words) == 2:
        return f"The {words[0]} and {words[1]} arguments must be specified"
    return f"The {', '.join(words[:-1])}, and {words[-1]} arguments must be specified"


def _bad_port(name: str, port: object, allow_zero: bool = True) -> str:
    return f"{name} should be {'>=' if allow_zero else '>'} 0 and < 65536.{received(port)}."


def _out_of_bounds(name: str | None = None) -> str:
    return (
        f'"{name}" is outside of buffer bounds' if name else "Attempt to access memory outside buffer bounds"
    )


def _unhandled_error(*context: object) -> str:
    return f"Unhandled error. ({inspect(context[0])})" if context else "Unhandled error."


def _unhandled_rejection(reason: object) -> str:
    shown = (
        reason if isinstance(reason, str) else "#<Object>" if isinstance(reason, dict) else inspect(reason)
    )
    return (
        "This error originated either by throwing inside of an async function without a catch block, or by rejecting a "
        f'promise which was not handled with .catch(). The promise rejected with the reason "{shown}".'
    )


_Text = str | Callable[..., str]


_TABLE: Final[dict[str, tuple[type[NodeError], _Text]]] = {
    "ERR_BUFFER_OUT_OF_BOUNDS": (NodeRangeError, _out_of_bounds),
    "ERR_DNS_SET_SERVERS_FAILED": (NodeError, 'c-ares failed to set servers: "{}" [{}]'),
    "ERR_EVENT_RECURSION": (NodeError, 'The event "{}" is already being dispatched'),
    "ERR_ILLEGAL_CONSTRUCTOR": (NodeTypeError, "Illegal constructor"),
    "ERR_INTERNAL_ASSERTION": (NodeError, lambda detail=None: (
        f"{detail}\n" if detail else "") + (
        "This is caused by either a bug in Node.js or incorrect usage of Node.js internals.\n"
        "Please open an issue with this stack trace at https://github.com/nodejs/node/issues\n")),
    "ERR_INVALID_ADDRESS": (NodeError, "Invalid socket address"),
    "ERR_INVALID_ADDRESS_FAMILY": (
        NodeRangeError, lambda family, host, port: f"Invalid address family: {to_text(family)} {host}:{port}"),
    "ERR_INVALID_ARG_TYPE": (NodeTypeError, _invalid_arg_type),
    "ERR_INVALID_ARG_VALUE": (NodeValueError, _invalid_arg_value),
    "ERR_INVALID_FD": (NodeRangeError, '"fd" must be a positive integer: {}'),
    "ERR_INVALID_FD_TYPE": (NodeTypeError, "Unsupported fd type: {}"),
    "ERR_INVALID_HANDLE_TYPE": (NodeTypeError, "This handle type cannot be sent"),
    "ERR_INVALID_IP_ADDRESS": (NodeTypeError, lambda value: f"Invalid IP address: {format_text(value)}"),
    "ERR_INVALID_RETURN_VALUE": (NodeTypeError, lambda wanted, name, value: (
        f'Expected {wanted} to be returned from the "{name}" function but got {_described(value)}.')),
    "ERR_INVALID_STATE": (NodeError, "Invalid state: {}"),
    "ERR_INVALID_THIS": (NodeTypeError, 'Value of "this" must be of type {}'),
    "ERR_IP_BLOCKED": (NodeError, "IP({}) is blocked by net.BlockList"),
    "ERR_METHOD_NOT_IMPLEMENTED": (NodeError, "The {} method is not implemented"),
    "ERR_MISSING_ARGS": (NodeTypeError, _missing_args),
    "ERR_MULTIPLE_CALLBACK": (NodeError, "Callback called multiple times"),
    "ERR_OUT_OF_RANGE": (NodeRangeError, _out_of_range),
    "ERR_SERVER_ALREADY_LISTEN": (NodeError, "Listen method has been called more than once without closing."),
    "ERR_SERVER_NOT_RUNNING": (NodeError, "Server is not running."),
    "ERR_SOCKET_ALREADY_BOUND": (NodeError, "Socket is already bound"),
    "ERR_SOCKET_BAD_BUFFER_SIZE": (NodeTypeError, "Buffer size must be a positive integer"),
    "ERR_SOCKET_BAD_PORT": (NodeRangeError, _bad_port),
    "ERR_SOCKET_BAD_TYPE": (NodeTypeError, "Bad socket type specified. Valid types are: udp4, udp6"),
    "ERR_SOCKET_CLOSED": (NodeError, "Socket is closed"),
    "ERR_SOCKET_CLOSED_BEFORE_CONNECTION": (NodeError, "Socket closed before the connection was established"),
    "ERR_SOCKET_CONNECTION_TIMEOUT": (NodeError, "Socket connection timeout"),
    "ERR_SOCKET_DGRAM_IS_CONNECTED": (NodeError, "Already connected"),
    "ERR_SOCKET_DGRAM_NOT_CONNECTED": (NodeError, "Not connected"),
    "ERR_SOCKET_DGRAM_NOT_RUNNING": (NodeError, "Not running"),
    "ERR_SOCKET_HANDLE_ADOPTED": (NodeError, "The bound socket has already been adopted by a server or socket"),
    "ERR_STREAM_ALREADY_FINISHED": (NodeError, "Cannot call {} after a stream was finished"),
    "ERR_STREAM_CANNOT_PIPE": (NodeError, "Cannot pipe, not readable"),
    "ERR_STREAM_DESTROYED": (NodeError, "Cannot call {} after a stream was destroyed"),
    "ERR_STREAM_NULL_VALUES": (NodeTypeError, "May not write null values to stream"),
    "ERR_STREAM_PREMATURE_CLOSE": (NodeError, "Premature close"),
    "ERR_STREAM_PUSH_AFTER_EOF": (NodeError, "stream.push() after EOF"),
    "ERR_STREAM_UNABLE_TO_PIPE": (NodeError, "Cannot pipe to a closed or destroyed stream"),
    "ERR_STREAM_UNSHIFT_AFTER_END_EVENT": (NodeError, "stream.unshift() after end event"),
    "ERR_STREAM_WRITE_AFTER_END": (NodeError, "write after end"),
    "ERR_STREAM_WRAP": (NodeError, "Stream has StringDecoder set or is in objectMode"),
    "ERR_UNHANDLED_ERROR": (NodeError, _unhandled_error),
    "ERR_UNHANDLED_REJECTION": (UnhandledPromiseRejection, _unhandled_rejection),
    "ERR_UNKNOWN_ENCODING": (NodeTypeError, lambda value: f"Unknown encoding: {format_text(value)}"),
}  # fmt: skip


def _described(value: object) -> str:
    # A Python function without a return gives None where a JavaScript one gives undefined.
    return received(UNDEFINED if value is None else value).removeprefix(" Received ")


def property_error(property_name: str, value: object = None) -> NodeError:
    """JavaScript's own TypeError, where Node asks null or undefined (a closed socket's handle, say) for a property."""
    return NodeTypeError(f"Cannot read properties of {inspect(value)} (reading '{property_name}')")


def primitive_error(property_name: str, value: object) -> NodeError:
    """JavaScript's own TypeError, where Node marks what it takes for an object and is a boolean, number or string."""
    kind = "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
    return NodeTypeError(f"Cannot create property '{property_name}' on {kind} '{to_text(value)}'")


def node_error(code: str, *args: object) -> NodeError:
    """The error that Node raises as `code`; `args` fill its text, in Node's own order.

    Example: `node_error("ERR_INVALID_ARG_TYPE", "port", ["number", "string"], value)`.
    Raises KeyError for a code that is not in the table (a bug of ours).
    """
    cls, text = _TABLE[code]
    message = text(*args) if callable(text) else text.format(*args)
    error = cls(message)
    error.code = code
    if code == "ERR_UNHANDLED_ERROR" and args:
        error.context = args[0]  # type: ignore[attr-defined]
    return error


# --- the system's errors ---------------------------------------------------------------------------------------------


class UVError(NodeError, OSError):
    """A failed system call: `code` 'ECONNREFUSED', `errno` (positive), `syscall`, `address`, `port` … where known."""

    syscall: str

    def __init__(self, message: str, err: int, code: str, syscall: str) -> None:
        super().__init__(message)
        self.errno = abs(err)
        self.strerror = message
        self.code = code
        self.syscall = syscall

    def __str__(self) -> str:
        return self.message


class DNSError(UVError, socket.gaierror):
    """A lookup that failed: `hostname`, code 'ENOTFOUND' or the resolver's own 'EAI_AGAIN' …"""


_SUBCLASSES: dict[type[OSError], type[UVError]] = {}


def _class_for(err: int) -> type[UVError]:
    """UVError mixed with the OSError subclass that Python has for this errno, made once for each."""
    builtin = type(OSError(-err, ""))
    if builtin is OSError:
        return UVError
    known = _SUBCLASSES.get(builtin)
    if known is None:
        known = _SUBCLASSES[builtin] = type(builtin.__name__, (UVError, builtin), {"__module__": __name__})
    return known


def _endpoint(address: Any, port: int | None) -> str:
    """` 127.0.0.1:80`, ` /path` or nothing; a port of 0 or None is not shown, as in Node.

    An address is text, but for what a lookup of the caller's own has answered.
    """
    if port and port > 0:
        return f" {to_text(address)}:{to_text(port)}"
    return f" {to_text(address)}" if address else ""


def errno_exception(err: int, syscall: str, detail: str | None = None) -> UVError:
    """`read ECONNRESET`: errno, code and syscall only (Node's ErrnoException). `err` is a negative libuv number."""
    code = errname(err)
    return _class_for(err)(
        f"{syscall} {code} {detail}" if detail else f"{syscall} {code}", err, code, syscall
    )


def exception_with_host_port(
    err: int, syscall: str, address: str | None, port: int | None = None, additional: str | None = None
) -> UVError:
    """`connect ECONNREFUSED 127.0.0.1:80 - additional` (ExceptionWithHostPort): address always, port if not 0."""
    code = errname(err)
    text = f"{syscall} {code}{_endpoint(address, port)}"
    error = _class_for(err)(f"{text} - {additional}" if additional else text, err, code, syscall)
    error.address = address  # type: ignore[attr-defined]
    if port:
        error.port = port  # type: ignore[attr-defined]
    return error


def uv_exception_with_host_port(
    err: int, syscall: str, address: str | None, port: int | None = None
) -> UVError:
    """`listen EADDRINUSE: address already in use :::80` (Node's UVExceptionWithHostPort)."""
    code, text = errname(err), errmsg(err)
    error = _class_for(err)(f"{syscall} {code}: {text}{_endpoint(address, port)}", err, code, syscall)
    error.address = address  # type: ignore[attr-defined]
    if port:
        error.port = port  # type: ignore[attr-defined]
    return error


def dns_exception(err: int, syscall: str, hostname: str | None = None) -> UVError:
    """`getaddrinfo ENOTFOUND host` (Node's DNSException): EAI_NODATA and EAI_NONAME both read ENOTFOUND."""
    code = "ENOTFOUND" if err in (UV_EAI_NODATA, UV_EAI_NONAME) else errname(err)
    error = DNSError(f"{syscall} {code}{' ' + hostname if hostname else ''}", err, code, syscall)
    if hostname:
        error.hostname = hostname  # type: ignore[attr-defined]
    return error


class SystemError(NodeError, OSError):
    """Node's SystemError: a code of Node (`ERR_SOCKET_BUFFER_SIZE`) around a failed call, described by `info`.

    `info` is {errno (negative, libuv's), code, message, syscall}; `errno` (positive) and `syscall` read from it.
    """

    name = "SystemError"

    def __init__(self, code: str, text: str, info: dict[str, Any]) -> None:
        super().__init__(f"{text}: {info['syscall']} returned {info['code']} ({info['message']})")
        self.code = code
        self.info = info
        self.errno = abs(info["errno"])
        self.syscall = info["syscall"]

    def __str__(self) -> str:
        return self.message


def buffer_size_error(err: int, syscall: str) -> SystemError:
    """ERR_SOCKET_BUFFER_SIZE for `uv_recv_buffer_size` / `uv_send_buffer_size`."""
    code, text = errname(err), errmsg(err)
    return SystemError(
        "ERR_SOCKET_BUFFER_SIZE",
        "Could not get or set buffer size",
        {"errno": err, "code": code, "message": text, "syscall": syscall},
    )


_OWN_ORDER: Final = (
    "errno", "code", "syscall", "address", "port", "localAddress", "localPort", "hostname", "host",
    "errors", "cause", "context", "info",
)  # fmt: skip
_PYTHON_NAMES: Final = {"localAddress": "local_address", "localPort": "local_port"}


def own_properties(error: BaseException) -> dict[str, Any]:
    """The own properties that Node's counterpart of `error` has, by Node's names (errno negative, as Node's)."""
    found: dict[str, Any] = {}
    own = getattr(error, "__dict__", {})
    for key in _OWN_ORDER:
        name = _PYTHON_NAMES.get(key, key)
        if key == "errno":
            if isinstance(error, UVError) and isinstance(error.errno, int):
                found["errno"] = -error.errno
        elif name in own:
            found[key] = own[name]
    return found


ERROR_KEYS_HOOK.append(own_properties)
