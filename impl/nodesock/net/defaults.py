"""Mirrors the module-wide settings of lib/net.js: whether connect() tries several addresses, and for how
long each."""

from typing import Any

from nodesock.callables import drops_surplus
from nodesock.validators import UNDEFINED, validate_boolean, validate_int32

MIN_ATTEMPT_TIMEOUT = 10

_auto_select_family = True
_attempt_timeout = 250


@drops_surplus
def get_default_auto_select_family() -> bool:
    """Whether sockets try all addresses of a host by default (True). Mirrors
    `net.getDefaultAutoSelectFamily()`."""
    return _auto_select_family


@drops_surplus
def set_default_auto_select_family(value: Any = UNDEFINED) -> None:
    """Sets the default of `auto_select_family`. Raises ERR_INVALID_ARG_TYPE unless it is a bool."""
    global _auto_select_family
    validate_boolean(value, "value")
    _auto_select_family = value


@drops_surplus
def get_default_auto_select_family_attempt_timeout() -> int:
    """How many ms an attempt has before the next one starts, by default (250)."""
    return _attempt_timeout


@drops_surplus
def set_default_auto_select_family_attempt_timeout(value: Any = UNDEFINED) -> None:
    """Sets the default of `auto_select_family_attempt_timeout` in ms; less than 10 becomes 10.

    Raises ERR_INVALID_ARG_TYPE or ERR_OUT_OF_RANGE for what is no whole number from 1 to 2147483647.
    """
    global _attempt_timeout
    validate_int32(value, "value", 1)
    _attempt_timeout = max(int(value), MIN_ATTEMPT_TIMEOUT)
