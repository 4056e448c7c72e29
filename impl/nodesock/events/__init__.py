"""Mirrors lib/events.js: EventEmitter, and events.once / on / getEventListeners and their like."""

from nodesock.events.emitter import EventEmitter, error_monitor
from nodesock.events.functions import (
    add_abort_listener,
    get_event_listeners,
    get_max_listeners,
    listener_count,
    once,
    set_max_listeners,
)
from nodesock.events.iteration import on

__all__ = [
    "EventEmitter",
    "add_abort_listener",
    "error_monitor",
    "get_event_listeners",
    "get_max_listeners",
    "listener_count",
    "on",
    "once",
    "set_max_listeners",
]
