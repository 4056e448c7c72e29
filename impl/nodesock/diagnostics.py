"""What a running program can be asked: what keeps it alive, and how late its loop comes round.

>>> from nodesock import diagnostics
>>> diagnostics.active_resources_info()          # process.getActiveResourcesInfo()
['TCPServerWrap', 'Timeout']
>>> delay = diagnostics.monitor_event_loop_delay(resolution=20)   # perf_hooks.monitorEventLoopDelay
>>> delay.enable()
"""

from typing import Any

from nodesock.runtime import handles
from nodesock.runtime.delay import EventLoopDelay
from nodesock.runtime.handles import active_resources_info

__all__ = ["EventLoopDelay", "active_handles", "active_resources_info", "monitor_event_loop_delay"]


def active_handles() -> list[Any]:
    """The servers and sockets that keep the process alive, oldest first (process._getActiveHandles).

    A handle nobody has made a server or socket of shows as itself.
    """
    return [handle if handle.owner is None else handle.owner for handle in handles.active_handles()]


def monitor_event_loop_delay(*, resolution: int = 10) -> EventLoopDelay:
    """perf_hooks.monitorEventLoopDelay: a histogram of loop turns, sampled every `resolution` ms once `enable()`d.

    Raises ERR_OUT_OF_RANGE, ERR_INVALID_ARG_TYPE.
    """
    return EventLoopDelay(resolution)
