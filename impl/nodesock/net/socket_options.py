"""The TCP options that a net.Socket has asked for: TCP_NODELAY, keep-alive and the type of service.

Without a handle they are remembered, and set on the connection once there is one. A value that the handle has already
is not set again; a handle without such a method, as a pipe's, has no such option.
"""

from collections.abc import Mapping
from typing import Any, Self

from nodesock.errors import errno_exception, node_error
from nodesock.inspect import Symbol
from nodesock.net.handle import method_of
from nodesock.validators import (
    UNDEFINED,
    is_number,
    is_truthy,
    to_int32,
    to_number,
    validate_int32,
    validate_number,
)

_NAMES = frozenset(("no_delay", "keep_alive", "keep_alive_initial_delay", "type_of_service"))


class SocketOptions:
    """What one socket has asked for. Every method takes the socket's handle, or None while it has none."""

    __slots__ = ("_keep_alive", "_no_delay", "_type_of_service")

    def __init__(self) -> None:
        self._no_delay = False
        #: enable, initial delay in s, interval in s, count
        self._keep_alive: tuple[Any, ...] = (False, 0, UNDEFINED, UNDEFINED)
        self._type_of_service: int | None = None

    def node_properties(self) -> dict[str | Symbol, Any]:
        """What Node shows of them in a socket."""
        enabled, delay, *_ = self._keep_alive
        tos = self._type_of_service
        return {
            Symbol("kSetNoDelay"): self._no_delay,
            Symbol("kSetKeepAlive"): enabled,
            Symbol("kSetKeepAliveInitialDelay"): delay,
            Symbol("kSetTOS"): UNDEFINED if tos is None else tos,
        }

    @classmethod
    def given(cls, options: Mapping[str, Any]) -> Self | None:
        """Those that `Socket(…)` was given, all remembered until it connects; None where there is none.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
        """
        if _NAMES.isdisjoint(options):
            return None
        delay = options.get("keep_alive_initial_delay", UNDEFINED)
        if delay is not UNDEFINED:
            validate_number(delay, "options.keepAliveInitialDelay")
        tos = options.get("type_of_service", UNDEFINED)
        if tos is not UNDEFINED:
            validate_int32(tos, "options.typeOfService", 0, 255)
        no_delay, keep_alive = is_truthy(options.get("no_delay")), is_truthy(options.get("keep_alive"))
        if delay is UNDEFINED and tos is UNDEFINED and not no_delay and not keep_alive:
            return None
        self = cls()
        self._no_delay = no_delay
        if keep_alive or delay is not UNDEFINED:
            seconds = 0 if delay is UNDEFINED or delay < 0 else to_int32(to_number(delay) / 1000)
            self._keep_alive = (keep_alive, seconds, UNDEFINED, UNDEFINED)
        if tos is not UNDEFINED:
            self._type_of_service = int(tos)
        return self

    def set_no_delay(self, handle: Any, enable: bool) -> None:
        """TCP_NODELAY."""
        if handle is None:
            self._no_delay = enable
        elif (apply := method_of(handle, "set_no_delay")) and enable is not self._no_delay:
            self._no_delay = enable
            apply(enable)

    def set_keep_alive(
        self, handle: Any, enable: bool, delay: int, interval: Any = UNDEFINED, count: Any = UNDEFINED
    ) -> None:
        """SO_KEEPALIVE and its times: `delay` and `interval` in whole seconds."""
        wanted = (enable, delay, interval, count)
        if handle is None:
            self._keep_alive = wanted
        elif (
            (apply := method_of(handle, "set_keep_alive"))
            and wanted != self._keep_alive
            and (enable or self._keep_alive[0])
        ):
            self._keep_alive = wanted
            apply(*wanted)

    def set_type_of_service(self, handle: Any, tos: Any) -> None:
        """The type-of-service byte. Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, `setTypeOfService CODE`."""
        if not is_number(tos) or tos != tos:
            raise node_error("ERR_INVALID_ARG_TYPE", "tos", "number", tos)
        validate_int32(tos, "tos", 0, 255)
        tos = int(tos)
        if tos != self._type_of_service:
            self._type_of_service = tos
            apply = method_of(handle, "set_type_of_service")
            err = apply(tos) if apply else 0
            if err < 0:
                raise errno_exception(err, "setTypeOfService")

    def get_type_of_service(self, handle: Any) -> int:
        """The byte that the kernel has; without a TCP handle the remembered one. Raises `getTypeOfService CODE`."""
        ask = method_of(handle, "get_type_of_service")
        if ask is None:
            return self._type_of_service or 0
        tos: int = ask()
        if tos < 0:
            raise errno_exception(tos, "getTypeOfService")
        return tos

    def apply(self, handle: Any) -> None:
        """Set on a new connection what was asked for before there was one."""
        if self._no_delay and (apply := method_of(handle, "set_no_delay")):
            apply(True)
        if self._keep_alive[0] and (apply := method_of(handle, "set_keep_alive")):
            apply(*self._keep_alive)
        if self._type_of_service is not None and (apply := method_of(handle, "set_type_of_service")):
            apply(self._type_of_service)


def whole_seconds(msecs: Any) -> int:
    """Whole seconds of a duration in ms, as JavaScript's `~~(msecs / 1000)`."""
    if isinstance(msecs, str) or msecs is None or isinstance(msecs, (int, float)):
        return to_int32(to_number(msecs) / 1000)
    return 0
