"""errors.py: texts, classes and properties as Node 24.19 has them (each text below was printed by it)."""

import errno
import socket

import pytest

from nodesock.bindings.uv import UV_EAI_NODATA
from nodesock.errors import (
    AbortError,
    AggregateError,
    NodeError,
    NodeRangeError,
    NodeTypeError,
    SystemError,
    buffer_size_error,
    dns_exception,
    errno_exception,
    exception_with_host_port,
    node_error,
    own_properties,
    uv_exception_with_host_port,
)
from nodesock.inspect import UNDEFINED


@pytest.mark.parametrize(
    ("code", "args", "name", "text"),
    [
        (
            "ERR_INVALID_ARG_TYPE",
            ("port", ["number", "string"], None),
            "TypeError",
            'The "port" argument must be one of type number or string. Received null',
        ),
        (
            "ERR_INVALID_ARG_TYPE",
            ("options.host", "string", True),
            "TypeError",
            'The "options.host" property must be of type string. Received type boolean (true)',
        ),
        (
            "ERR_INVALID_ARG_TYPE",
            ("chunk", ["string", "Buffer", "TypedArray", "DataView"], 5),
            "TypeError",
            'The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView. '
            "Received type number (5)",
        ),
        (
            "ERR_INVALID_ARG_TYPE",
            ("options", ["integer", "object"], "4"),
            "TypeError",
            "The \"options\" argument must be of type object or integer. Received type string ('4')",
        ),
        (
            "ERR_INVALID_ARG_TYPE",
            ("first argument", "string", []),
            "TypeError",
            "The first argument must be of type string. Received an instance of Array",
        ),
        (
            "ERR_INVALID_ARG_TYPE",
            ("options.blockList", "net.BlockList", {}),
            "TypeError",
            'The "options.blockList" property must be an net.BlockList. Received an instance of Object',
        ),
        (
            "ERR_INVALID_ARG_VALUE",
            ("hints", 99999),
            "TypeError",
            "The argument 'hints' is invalid. Received 99999",
        ),
        (
            "ERR_INVALID_ARG_VALUE",
            ("options.family", "x", "must be one of: 0, 4, 6"),
            "TypeError",
            "The property 'options.family' must be one of: 0, 4, 6. Received 'x'",
        ),
        (
            "ERR_OUT_OF_RANGE",
            ("a", "an integer", -1.5),
            "RangeError",
            'The value of "a" is out of range. It must be an integer. Received -1.5',
        ),
        (
            "ERR_OUT_OF_RANGE",
            ("a", "x", 10**12),
            "RangeError",
            'The value of "a" is out of range. It must be x. Received 1_000_000_000_000',
        ),
        (
            "ERR_OUT_OF_RANGE",
            ("a", "x", 2**32),
            "RangeError",
            'The value of "a" is out of range. It must be x. Received 4294967296',
        ),
        (
            "ERR_OUT_OF_RANGE",
            ("a", "x", 1e21),
            "RangeError",
            'The value of "a" is out of range. It must be x. Received 1e_+21',
        ),
        (
            "ERR_SOCKET_BAD_PORT",
            ("Port", -1),
            "RangeError",
            "Port should be >= 0 and < 65536. Received type number (-1).",
        ),
        (
            "ERR_SOCKET_BAD_PORT",
            ("Port", UNDEFINED, False),
            "RangeError",
            "Port should be > 0 and < 65536. Received undefined.",
        ),
        ("ERR_MISSING_ARGS", ("a",), "TypeError", 'The "a" argument must be specified'),
        ("ERR_MISSING_ARGS", ("a", "b"), "TypeError", 'The "a" and "b" arguments must be specified'),
        (
            "ERR_MISSING_ARGS",
            (["options", "port", "path"],),
            "TypeError",
            'The "options" or "port" or "path" argument must be specified',
        ),
        ("ERR_UNHANDLED_ERROR", ({"a": 1},), "Error", "Unhandled error. ({ a: 1 })"),
        ("ERR_BUFFER_OUT_OF_BOUNDS", ("offset",), "RangeError", '"offset" is outside of buffer bounds'),
        ("ERR_BUFFER_OUT_OF_BOUNDS", (), "RangeError", "Attempt to access memory outside buffer bounds"),
        (
            "ERR_INVALID_RETURN_VALUE",
            ("string", "fn", None),
            "TypeError",
            'Expected string to be returned from the "fn" function but got undefined.',
        ),
        ("ERR_IP_BLOCKED", ("1.1.1.1",), "Error", "IP(1.1.1.1) is blocked by net.BlockList"),
        ("ERR_STREAM_DESTROYED", ("write",), "Error", "Cannot call write after a stream was destroyed"),
    ],
)
def test_texts(code: str, args: tuple, name: str, text: str) -> None:
    error = node_error(code, *args)
    assert (error.name, error.code, error.message, str(error)) == (name, code, text, text)


def test_argument_errors_are_pythons_own_too() -> None:
    assert isinstance(node_error("ERR_INVALID_ARG_TYPE", "a", "string", 5), (NodeTypeError, TypeError))
    assert isinstance(node_error("ERR_OUT_OF_RANGE", "a", "x", 5), NodeRangeError)
    assert isinstance(node_error("ERR_OUT_OF_RANGE", "a", "x", 5), ValueError)
    value = node_error("ERR_INVALID_ARG_VALUE", "a", 5)
    assert isinstance(value, TypeError) and isinstance(value, ValueError)


def test_unknown_code_is_our_bug() -> None:
    with pytest.raises(KeyError):
        node_error("ERR_NO_SUCH")


def test_exception_with_host_port() -> None:
    error = exception_with_host_port(-errno.ECONNREFUSED, "connect", "127.0.0.1", 80)
    assert str(error) == "connect ECONNREFUSED 127.0.0.1:80"
    assert isinstance(error, ConnectionRefusedError) and isinstance(error, NodeError)
    assert error.errno == errno.ECONNREFUSED
    assert own_properties(error) == {
        "errno": -errno.ECONNREFUSED,
        "code": "ECONNREFUSED",
        "syscall": "connect",
        "address": "127.0.0.1",
        "port": 80,
    }


def test_port_zero_is_not_shown_and_not_there() -> None:
    error = exception_with_host_port(-errno.EADDRNOTAVAIL, "bind", "1.1.1.1", 0)
    assert str(error) == "bind EADDRNOTAVAIL 1.1.1.1"
    assert not hasattr(error, "port")


def test_additional_text() -> None:
    error = exception_with_host_port(-errno.EINVAL, "connect", "/p", None, "Local (undefined:undefined)")
    assert str(error) == "connect EINVAL /p - Local (undefined:undefined)"


def test_uv_exception_with_host_port() -> None:
    error = uv_exception_with_host_port(-errno.EADDRINUSE, "listen", "::", 80)
    assert str(error) == "listen EADDRINUSE: address already in use :::80"
    assert own_properties(error)["port"] == 80
    path = uv_exception_with_host_port(-errno.EADDRINUSE, "listen", "/x", -1)
    assert str(path) == "listen EADDRINUSE: address already in use /x"
    assert own_properties(path)["port"] == -1
    nothing = uv_exception_with_host_port(-errno.EINVAL, "listen", None)
    assert str(nothing) == "listen EINVAL: invalid argument"
    assert own_properties(nothing)["address"] is None


def test_errno_exception() -> None:
    error = errno_exception(-errno.ECONNRESET, "read")
    assert str(error) == "read ECONNRESET"
    assert isinstance(error, ConnectionResetError)
    assert list(own_properties(error)) == ["errno", "code", "syscall"]
    assert isinstance(errno_exception(-errno.EPIPE, "write"), BrokenPipeError)


def test_dns_exception() -> None:
    error = dns_exception(UV_EAI_NODATA, "getaddrinfo", "nope.invalid")
    assert str(error) == "getaddrinfo ENOTFOUND nope.invalid"
    assert isinstance(error, socket.gaierror)
    assert own_properties(error) == {
        "errno": -3007,
        "code": "ENOTFOUND",
        "syscall": "getaddrinfo",
        "hostname": "nope.invalid",
    }


def test_system_error() -> None:
    error = buffer_size_error(-errno.EBADF, "uv_recv_buffer_size")
    assert isinstance(error, SystemError)
    assert (
        str(error)
        == "Could not get or set buffer size: uv_recv_buffer_size returned EBADF (bad file descriptor)"
    )
    assert error.name == "SystemError" and error.code == "ERR_SOCKET_BUFFER_SIZE"
    assert error.info == {
        "errno": -errno.EBADF,
        "code": "EBADF",
        "message": "bad file descriptor",
        "syscall": "uv_recv_buffer_size",
    }
    assert error.errno == errno.EBADF and error.syscall == "uv_recv_buffer_size"


def test_abort_and_aggregate() -> None:
    reason = ValueError("why")
    error = AbortError(cause=reason)
    assert (error.name, error.code, str(error)) == ("AbortError", "ABORT_ERR", "The operation was aborted")
    assert error.cause is reason and error.__cause__ is reason
    first = exception_with_host_port(-errno.ECONNREFUSED, "connect", "127.0.0.1", 1)
    both = AggregateError([first, first])
    assert (both.name, both.code, str(both), len(both.errors)) == ("AggregateError", "ECONNREFUSED", "", 2)
