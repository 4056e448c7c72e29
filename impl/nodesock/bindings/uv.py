"""Mirrors src/uv.cc: libuv's error numbers, names and texts, and the place where pyuv's exceptions become numbers."""

import errno as _errno
import os
from collections.abc import Callable
from typing import Any, Final

import nodesock._pyuv as _pyuv

_NAMES: Final[dict[int, str]] = {
    number: name.removeprefix("UV_")
    for number, name in _pyuv.errno.errorcode.items()
    if isinstance(number, int)
}
# what pyuv 1.4.0's table lacks of libuv 1.52's
for _name in (
    "EFTYPE",
    "EILSEQ",
    "EOVERFLOW",
    "ESOCKTNOSUPPORT",
    "ENODATA",
    "EUNATCH",
    "ENOTTY",
    "EREMOTEIO",
):
    _number = getattr(_errno, _name, None)
    if _number is not None:
        _NAMES.setdefault(-_number, _name)

UV_EOF: Final = -4095
UV_EADDRINUSE: Final = -_errno.EADDRINUSE
UV_EAGAIN: Final = -_errno.EAGAIN
UV_EALREADY: Final = -_errno.EALREADY
UV_EBADF: Final = -_errno.EBADF
UV_EBUSY: Final = -_errno.EBUSY
UV_EDESTADDRREQ: Final = -_errno.EDESTADDRREQ
UV_ECANCELED: Final = -_errno.ECANCELED
UV_ECONNREFUSED: Final = -_errno.ECONNREFUSED
UV_ECONNRESET: Final = -_errno.ECONNRESET
UV_EEXIST: Final = -_errno.EEXIST
UV_EFAULT: Final = -_errno.EFAULT
UV_EINVAL: Final = -_errno.EINVAL
UV_EISCONN: Final = -_errno.EISCONN
UV_EMSGSIZE: Final = -_errno.EMSGSIZE
UV_ENETUNREACH: Final = -_errno.ENETUNREACH
UV_ENOBUFS: Final = -_errno.ENOBUFS
UV_ENOTCONN: Final = -_errno.ENOTCONN
UV_EPIPE: Final = -_errno.EPIPE
UV_ETIMEDOUT: Final = -_errno.ETIMEDOUT
UV_EAI_CANCELED: Final = -3003
UV_EAI_MEMORY: Final = -3006
UV_EAI_NODATA: Final = -3007
UV_EAI_NONAME: Final = -3008


def errname(err: int) -> str:
    """uv_err_name: the name of a negative libuv number, 'ECONNREFUSED'; 'Unknown system error -n' for others."""
    return _NAMES.get(err) or f"Unknown system error {err}"


def errmsg(err: int) -> str:
    """uv_strerror: the text of a negative libuv number, 'connection refused'."""
    return str(_pyuv.errno.strerror(err))


def from_exception(error: BaseException) -> int:
    """The negative libuv number of an exception that pyuv or the socket module raised; others are raised again."""
    if isinstance(error, OSError) and error.errno:
        return -error.errno
    if isinstance(error, _pyuv.error.HandleClosedError):
        return UV_EBADF
    if isinstance(error, _pyuv.error.UVError) and error.args and isinstance(error.args[0], int):
        return error.args[0]
    if isinstance(error, (ValueError, OverflowError)):  # pyuv's own address parser: no IP address, no port
        return UV_EINVAL
    raise error


def attempt(fn: Callable[..., Any], *args: Any) -> int:
    """Call a pyuv or socket function: 0, or the negative libuv number of its error."""
    try:
        fn(*args)
    except Exception as error:
        return from_exception(error)
    return 0


def well_formed(text: str) -> str:
    """A host or a path for libuv: a lone surrogate, which no UTF-8 has, is U+FFFD, as in Node (one that stands for a
    byte of a file's name stays)."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def guess_handle_type(fd: int) -> str:
    """uv_guess_handle: 'TCP', 'TTY', 'UDP', 'FILE', 'PIPE' or 'UNKNOWN'."""
    kind = _pyuv.util.guess_handle_type(fd)
    known = {
        _pyuv.UV_TCP: "TCP",
        _pyuv.UV_TTY: "TTY",
        _pyuv.UV_UDP: "UDP",
        _pyuv.UV_NAMED_PIPE: "PIPE",
        17: "FILE",
    }
    return known.get(kind, "UNKNOWN")
