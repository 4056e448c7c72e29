"""Mirrors process.getActiveResourcesInfo() and the handle and request queues of src/env.h: what is alive in the loop.

A handle is here from its making until libuv has closed it; that also keeps it from being collected while libuv knows
it, as Node's handles are. A request is here from its start until after its callback. Names are Node's own.
"""

from typing import Any

from nodesock.runtime import timers
from nodesock.runtime.uv_loop import on_forget

#: open handles, wrappers of bindings/, oldest first
handles: dict[Any, None] = {}
#: requests under way: any key -> Node's name of the request
requests: dict[Any, str] = {}


def active_handles() -> list[Any]:
    """The open handles that keep the loop alive, or would if they were active; oldest first."""
    return [handle for handle in handles if handle.has_ref()]


def active_resources_info() -> list[str]:
    """process.getActiveResourcesInfo(): the types of requests, handles, timers, immediates that hold the process."""
    info = list(requests.values())
    info += [handle.type_name for handle in handles if handle.has_ref()]
    info += ["Timeout"] * timers.timeout_count()
    info += ["Immediate"] * timers.immediate_count()
    return info


def _forget() -> None:
    for handle in handles:
        handle.abandon()
    handles.clear()
    requests.clear()


on_forget(_forget)
