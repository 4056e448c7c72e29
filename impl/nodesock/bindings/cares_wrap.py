"""Mirrors src/cares_wrap.cc as far as net and dgram need it: getaddrinfo on the thread pool, and address texts."""

import re
import socket
from collections.abc import Callable
from typing import Any, Final

import nodesock._pyuv as _pyuv
from nodesock.bindings.uv import UV_EAI_MEMORY, UV_EAI_NODATA, UV_EINVAL, from_exception, well_formed
from nodesock.runtime.handles import requests
from nodesock.runtime.loop import enter
from nodesock.runtime.uv_loop import get_loop

AI_ADDRCONFIG: Final = socket.AI_ADDRCONFIG
AI_ALL: Final = socket.AI_ALL
AI_V4MAPPED: Final = socket.AI_V4MAPPED

_ZONE: Final = re.compile(r"%[0-9a-zA-Z-.:]+\Z", re.ASCII)
_FAMILIES: Final = {0: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}


class GetAddrInfoRequest:
    """A lookup under way; an active resource until after its callback."""

    __slots__ = ("_on_complete", "_request", "family")

    def __init__(self, on_complete: Callable[[int | None, list[str]], Any], family: int) -> None:
        self._on_complete = on_complete
        self.family = family
        self._request: Any = None

    def __call__(self, results: list[Any] | None, error: int | None) -> None:
        addresses: list[str] = []
        if error is None:
            for found in results or ():
                if found.sockaddr is not None:
                    addresses.append(_with_zone(found.sockaddr))
            if not addresses:
                error = UV_EAI_NODATA
        try:
            enter(self._on_complete, error, addresses)
        finally:
            requests.pop(self, None)
            self._request = None  # it knows this object, and the loop

    def cancel(self) -> None:
        """uv_cancel: best effort; the callback comes with UV_EAI_CANCELED if it worked."""
        if self._request is not None:
            try:
                self._request.cancel()
            except _pyuv.error.UVError:
                pass


def getaddrinfo(
    hostname: str, family: int, hints: int, on_complete: Callable[[int | None, list[str]], Any]
) -> GetAddrInfoRequest | int:
    """uv_getaddrinfo for stream sockets: `on_complete(None, addresses)` in the resolver's order or `(err, [])`.

    `family` is 0, 4 or 6, `hints` AI_ flags. Returns the request, or a negative libuv number if it could not start.
    """
    name = well_formed(hostname).encode("utf-8", "surrogateescape")  # libuv does the IDNA
    if b"\0" in name:
        return UV_EINVAL
    request = GetAddrInfoRequest(on_complete, family)
    try:
        request._request = _pyuv.dns.getaddrinfo(
            get_loop(),
            name,
            family=_FAMILIES[family],
            socktype=socket.SOCK_STREAM,
            flags=hints,
            callback=request,
        )
    except MemoryError:
        return UV_EAI_MEMORY
    except Exception as error:
        return from_exception(error)
    requests[request] = "GetAddrInfoReqWrap"
    return request


def _with_zone(sockaddr: tuple[Any, ...]) -> str:
    # Node shows getaddrinfo's addresses without their zone
    return str(sockaddr[0])


def is_ipv4(text: str) -> bool:
    """Whether the text is an IPv4 address in the usual four decimal parts, without leading zeros."""
    try:
        socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):
        return False
    return True


def is_ipv6(text: str) -> bool:
    """Whether the text is an IPv6 address; a `%zone` may follow."""
    try:
        socket.inet_pton(socket.AF_INET6, _ZONE.sub("", text, count=1))
    except (OSError, ValueError):
        return False
    return True


def is_ip(text: Any) -> int:
    """net.isIP: 4, 6, or 0 for anything that is no IP address."""
    if not isinstance(text, str):
        return 0
    return 4 if is_ipv4(text) else 6 if is_ipv6(text) else 0
