"""Mirrors the checks of lookupAndConnect in lib/net.js: the options of `connect()` to a host, checked and completed."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nodesock.addresses.ip import is_ip
from nodesock.errors import node_error
from nodesock.net import defaults
from nodesock.net.options import node_view
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

_LOCAL = ("local_address", "local_port")


class HostOptions(NamedTuple):
    """Where to connect to, and how."""

    host: str
    #: 4 or 6 where `host` is an address, else 0
    version: int
    port: int
    local_address: str | None
    local_port: Any
    auto_select_family: bool
    #: ms
    attempt_timeout: float
    lookup: Callable[..., Any] | None
    #: made of a BoundSocket: an address is connected to within connect(), and a name is looked up for one address
    is_bound: bool
    family: Any
    hints: Any


def host_options(options: Mapping[str, Any], is_bound: bool) -> HostOptions:
    """Check the options; `is_bound` says that the socket was made of a BoundSocket.

    Raises Node's errors for host, local_address, local_port, port, auto_select_family,
    auto_select_family_attempt_timeout and lookup.
    """
    host: Any = options.get("host")
    if not is_truthy(host):
        host = "localhost"
    validate_string(host, "options.host")
    if "\0" in host:
        raise node_error("ERR_INVALID_ARG_VALUE", "options.host", host, "must be a string without null bytes")
    if is_bound and any(options.get(name, UNDEFINED) is not UNDEFINED for name in _LOCAL):
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
    lookup = options.get("lookup")
    if lookup is not None and not version:
        validate_function(lookup, "options.lookup")
    family, hints = options.get("family"), options.get("hints")
    return HostOptions(
        host=host,
        version=version,
        port=port,
        local_address=local_address,
        local_port=local_port,
        auto_select_family=auto_select,
        attempt_timeout=attempt_timeout,
        lookup=lookup,
        is_bound=is_bound,
        family={"IPv4": 4, "IPv6": 6}.get(family, family) if isinstance(family, str) else family,
        hints=hints if is_truthy(hints) else 0,
    )
