"""The part of net.Socket that tells when nothing happens: set_timeout() and 'timeout'.

What counts as activity restarts the timer where it happens, in socket.py and connect.py.
"""

from typing import Any, Self

from nodesock.callables import drops_surplus
from nodesock.net.connection import Connection
from nodesock.runtime.timers import Timeout, clear_timeout, set_unref_timeout, timer_duration
from nodesock.validators import UNDEFINED, validate_function


@drops_surplus
class Idling(Connection):
    """A connection with an idle timer; see Socket."""

    #: the ms given to set_timeout(); None before
    timeout: Any = None

    _timer: Timeout | None = None
    #: what the handle had to write when it was last looked at; less by the next look is activity
    _last_write_queue_size = 0

    def set_timeout(self, msecs: Any = UNDEFINED, callback: Any = UNDEFINED) -> Self:
        """Emit 'timeout' after `msecs` ms without activity, 0 for never; `callback` is a once-listener for it.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. On a destroyed socket it does nothing. Mirrors
        `socket.setTimeout()`.
        """
        if self.destroyed:
            return self
        self.timeout = msecs
        msecs = timer_duration(msecs, "msecs")
        if self._timer is not None:
            clear_timeout(self._timer)
            self._timer = None
        if msecs == 0:
            if callback is not UNDEFINED:
                validate_function(callback, "callback")
                self.remove_listener("timeout", callback)
        else:
            self._timer = set_unref_timeout(self._on_timeout, msecs)
            if callback is not UNDEFINED:
                validate_function(callback, "callback")
                self.once("timeout", callback)
        return self

    def _unref_timer(self) -> None:
        if self._timer is not None:
            self._timer.refresh()

    def _on_timeout(self) -> None:
        handle = self._handle
        if handle is not None and self._last_write_queue_size > 0:
            # A big write that still makes progress is activity.
            size = handle.write_queue_size
            if size != self._last_write_queue_size:
                self._last_write_queue_size = size
                self._unref_timer()
                return
        self.emit("timeout")
