"""The part of net.Socket that asks and sets what the kernel knows of its connection: options and addresses.

Options set while there is no handle are remembered and applied when the connection is made. Addresses are
kept from the first time they are read, also where there is none yet; of a socket that is closed Node still
tells the peer's, if it was read before.
"""

from collections.abc import Mapping
from typing import Any, Self

from nodesock.addresses.address_info import AddressInfo
from nodesock.bindings.tcp_wrap import TCP
from nodesock.callables import drops_surplus
from nodesock.errors import errno_exception, node_error
from nodesock.stream import Duplex
from nodesock.validators import (
    UNDEFINED,
    is_number,
    is_truthy,
    is_uint32,
    to_int32,
    to_number,
    validate_int32,
)


@drops_surplus
class Connection(Duplex):
    """A Duplex with a handle that may be a TCP connection; see Socket."""

    #: true from connect() until 'connect', a failure or destroy()
    connecting = False

    _handle: Any = None
    #: None: not read yet; (): read when there was none, which is kept as well
    _peername: AddressInfo | tuple[()] | None = None
    _sockname: AddressInfo | tuple[()] | None = None
    _no_delay = False
    #: enable, initial delay in s, interval in s, count
    _keep_alive: tuple[Any, ...] = (False, 0, UNDEFINED, UNDEFINED)
    _type_of_service: int | None = None

    @property
    def _connecting(self) -> bool:
        """`connecting`, by the name it had once."""
        return self.connecting

    # --- options ------------------------------------------------------------------------------------------

    def set_no_delay(self, enable: Any = True) -> Self:
        """Switch Nagle's algorithm off (True) or on; before connect() it is remembered. Mirrors
        `socket.setNoDelay()`."""
        wanted = is_truthy(enable)
        handle = self._handle
        if handle is None:
            self._no_delay = wanted
        elif isinstance(handle, TCP) and wanted is not self._no_delay:
            self._no_delay = wanted
            handle.set_no_delay(wanted)
        return self

    def set_keep_alive(
        self,
        enable: Any = False,
        initial_delay: Any = 0,
        interval: Any = UNDEFINED,
        count: Any = UNDEFINED,
        **options: Any,
    ) -> Self:
        """Keep-alive probes after `initial_delay` ms of silence, every `interval` ms, `count` times; before
        connect() it is remembered. A mapping may hold all four; nothing is validated, as in Node. Mirrors
        `socket.setKeepAlive()`."""
        if isinstance(enable, Mapping):
            options = {**enable, **options}
            enable = options.get("enable", False)
            initial_delay = options.get("initial_delay", 0)
            interval = options.get("interval", UNDEFINED)
            count = options.get("count", UNDEFINED)
        wanted = (
            is_truthy(enable),
            _seconds(initial_delay),
            interval if interval is UNDEFINED else _seconds(interval),
            count,
        )
        handle = self._handle
        if handle is None:
            self._keep_alive = wanted
        elif isinstance(handle, TCP) and wanted != self._keep_alive and (wanted[0] or self._keep_alive[0]):
            self._keep_alive = wanted
            self._apply_keep_alive(handle)
        return self

    def _apply_keep_alive(self, handle: TCP) -> None:
        enable, delay, interval, count = self._keep_alive
        # What is no unsigned integer is not given, for Node's binding.
        handle.set_keep_alive(
            enable, delay, interval if is_uint32(interval) else 1, int(count) if is_uint32(count) else 10
        )

    def set_type_of_service(self, tos: Any = UNDEFINED) -> Self:
        """Set the type-of-service byte (0–255) of IP packets; without a connection it is remembered.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, or `setTypeOfService CODE`: EBADF between connect() and the
        first attempt, and the value is remembered all the same. Mirrors `socket.setTypeOfService()`.
        """
        if not is_number(tos) or tos != tos:
            raise node_error("ERR_INVALID_ARG_TYPE", "tos", "number", tos)
        validate_int32(tos, "tos", 0, 255)
        tos = int(tos)
        handle = self._handle
        if tos != self._type_of_service:
            self._type_of_service = tos
            err = handle.set_type_of_service(tos) if isinstance(handle, TCP) else 0
            if err < 0:
                raise errno_exception(err, "setTypeOfService")
        return self

    def get_type_of_service(self) -> int:
        """The type-of-service byte that the kernel has; the remembered one without a connection. Raises
        `getTypeOfService CODE`, EBADF between connect() and the first attempt. Mirrors
        `socket.getTypeOfService()`."""
        handle = self._handle
        if not isinstance(handle, TCP):
            return self._type_of_service or 0
        tos = handle.get_type_of_service()
        if tos < 0:
            raise errno_exception(tos, "getTypeOfService")
        return tos

    def ref(self) -> Self:
        """Let the socket keep the loop alive (the default); without a handle, once it is connected."""
        if self._handle is None:
            self.once("connect", lambda: self.ref())
        else:
            self._handle.ref()
        return self

    def unref(self) -> Self:
        """Do not let the socket keep the loop alive; without a handle, once it is connected."""
        if self._handle is None:
            self.once("connect", lambda: self.unref())
        else:
            self._handle.unref()
        return self

    def _apply_options(self) -> None:
        """Set on a new connection what was asked for before there was one."""
        handle = self._handle
        if isinstance(handle, TCP):
            if self._no_delay:
                handle.set_no_delay(True)
            if self._keep_alive[0]:
                self._apply_keep_alive(handle)
            if self._type_of_service is not None:
                handle.set_type_of_service(self._type_of_service)

    # --- addresses ---------------------------------------------------------------------------------------------

    def address(self) -> AddressInfo | dict[str, Any]:
        """The local end, an AddressInfo; empty ({}) where there is none. Mirrors `socket.address()`."""
        return self._getsockname()

    def _getsockname(self) -> AddressInfo | dict[str, Any]:
        if self._sockname is None and self._handle is not None:
            name = self._handle.getsockname()
            self._sockname = AddressInfo(*name) if isinstance(name, tuple) else ()
        return self._sockname or {}

    def _getpeername(self) -> AddressInfo | dict[str, Any]:
        if self._peername is None and self._handle is not None and not self.connecting:
            name = self._handle.getpeername()
            self._peername = AddressInfo(*name) if isinstance(name, tuple) else ()
        return self._peername or {}

    @property
    def remote_address(self) -> str | None:
        """The other end's address; None without a connection, unless it was read while there was one."""
        return getattr(self._getpeername(), "address", None)

    @property
    def remote_family(self) -> str | None:
        """'IPv4' or 'IPv6'; None as for `remote_address`."""
        return getattr(self._getpeername(), "family", None)

    @property
    def remote_port(self) -> int | None:
        """The other end's port; None as for `remote_address`."""
        return getattr(self._getpeername(), "port", None)

    @property
    def local_address(self) -> str | None:
        """This end's address; None without a connection."""
        return getattr(self._getsockname(), "address", None)

    @property
    def local_family(self) -> str | None:
        """'IPv4' or 'IPv6'; None without a connection."""
        return getattr(self._getsockname(), "family", None)

    @property
    def local_port(self) -> int | None:
        """This end's port; None without a connection."""
        return getattr(self._getsockname(), "port", None)


def _seconds(msecs: Any) -> int:
    """Whole seconds of a duration in ms, as JavaScript's `~~(msecs / 1000)`."""
    if isinstance(msecs, str) or msecs is None or isinstance(msecs, (int, float)):
        return to_int32(to_number(msecs) / 1000)
    return 0
