"""What all parts of a dgram socket share: its state, the queue behind a pending bind, the way to a lookup.

Two state machines, kept here and moved by the file that names the topic:

    bind state      UNBOUND -> BINDING -> BOUND            (binding.py; back to UNBOUND when the bind fails)
    connect state   DISCONNECTED -> CONNECTING -> CONNECTED (connecting.py; back to DISCONNECTED on failure,
    disconnect)

`_handle` is None from `close()` on, which is final. Node never resets the two states at that point, and
neither do we: a closed socket that was connected still answers "Already connected".

A call that needs a bound socket while the bind is under way is queued. The queue hangs on two listeners of
the socket itself, 'listening' and the error monitor, as Node's does: it shows in `event_names()`, and a
'listening' listener that raises before ours keeps the queue for ever.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from nodesock import dns
from nodesock.addresses.blocklist import BlockList
from nodesock.bindings.cares_wrap import is_ip
from nodesock.bindings.udp_wrap import UDP
from nodesock.callables import call
from nodesock.errors import node_error, property_error
from nodesock.events import EventEmitter, error_monitor
from nodesock.runtime.ticks import next_tick
from nodesock.validators import UNDEFINED, to_number

UNBOUND: Final = 0
BINDING: Final = 1
BOUND: Final = 2

DISCONNECTED: Final = 0
CONNECTING: Final = 1
CONNECTED: Final = 2

Callback = Callable[..., Any]


def as_options(value: Any) -> Mapping[str, Any] | None:
    """A value as the options object it would be in JavaScript (a list is one without options); None for no object."""
    if isinstance(value, Mapping):
        return value
    if value is None or value is UNDEFINED or isinstance(value, (bool, int, float, str)) or callable(value):
        return None
    return {}


def to_uint32(value: Any) -> int:
    """JavaScript's `value >>> 0`."""
    if value is UNDEFINED:
        return 0
    if type(value) is not int:
        value = to_number(value)
        if value != value or value in (float("inf"), float("-inf")):
            return 0
    return int(value) & 0xFFFFFFFF


def to_int32(value: Any) -> int:
    """JavaScript's `value | 0`."""
    number = to_uint32(value)
    return number - 0x100000000 if number >= 0x80000000 else number


class SocketCore(EventEmitter):
    """State and plumbing of a dgram socket; see the module."""

    type: str
    _handle: UDP | None
    _transmit: Callable[..., int]
    _lookup: Callback | None
    _family: int
    _bind_state: int
    _connect_state: int
    _queue: "list[Callable[[], Any]] | None"
    _receive_block_list: BlockList | None
    _send_block_list: BlockList | None

    def _health_check(self) -> UDP:
        """The handle. Raises ERR_SOCKET_DGRAM_NOT_RUNNING once the socket is closed."""
        handle = self._handle
        if handle is None:
            raise node_error("ERR_SOCKET_DGRAM_NOT_RUNNING")
        return handle

    def _handle_for(self, property_name: str) -> UDP:
        """The handle, for the methods in which Node forgets that it may be gone."""
        handle = self._handle
        if handle is None:
            raise property_error(property_name)
        return handle

    def _resolve(self, address: str, on_address: Callback) -> None:
        """Call `on_address(error, ip)` with the IP address of a host, for a literal on the next tick.

        That is what `dns.lookup` does. A custom lookup is asked for literals as well and may call back at
        once.
        """
        if self._lookup is not None:
            call(self._lookup, address, self._family, partial(_resolved, on_address))
        elif is_ip(address):
            next_tick(on_address, None, address)
        else:
            dns.lookup(address, self._family, partial(_resolved, on_address))

    def _emit(self, event: str, *args: Any) -> None:
        """`emit` as a tick: the one that the socket has by then (it may have been wrapped since)."""
        self.emit(event, *args)

    # --- the queue ---------------------------------------------------------------------------------------------------

    def _enqueue(self, job: Callable[[], Any]) -> None:
        """Have `job` called once the pending bind is through; forgotten if it fails."""
        if self._queue is None:
            self._queue = []
            self.once(error_monitor, self._drop_queue)
            self.once("listening", self._run_queue)
        self._queue.append(job)

    def _run_queue(self) -> None:
        self.remove_listener(error_monitor, self._drop_queue)
        queue, self._queue = self._queue, None
        for job in queue or ():
            job()

    def _drop_queue(self, _error: Any = None) -> None:
        self.remove_listener("listening", self._run_queue)
        self._queue = None


def _resolved(
    on_address: Callback, error: Any = None, address: Any = UNDEFINED, _family: Any = UNDEFINED
) -> None:
    """The callback of a lookup, with JavaScript's idea of arguments not given."""
    on_address(error, address)
