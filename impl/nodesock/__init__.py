"""Node.js's net and dgram for Python, on the same event-loop core.

    import nodesock
    from nodesock import net

    server = net.create_server(lambda socket: socket.pipe(socket))
    server.listen(8124, "127.0.0.1")
    nodesock.run()

Names are Node's in snake_case; events, their order, errors and states are Node's to the letter. `run()` keeps the loop
turning until nothing keeps it alive, as a Node process does. `versions` is `process.versions`: what runs here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nodesock._version import __version__
from nodesock.runtime.versions import versions

__all__ = [
    "AbortController",
    "AbortSignal",
    "EventEmitter",
    "Promise",
    "__version__",
    "call",
    "clear_immediate",
    "clear_interval",
    "clear_timeout",
    "dgram",
    "dns",
    "errors",
    "events",
    "net",
    "next_tick",
    "process",
    "queue_microtask",
    "run",
    "set_immediate",
    "set_interval",
    "set_timeout",
    "spawn",
    "stream",
    "versions",
]

_HOMES = {
    "nodesock": ("dgram", "dns", "errors", "events", "net", "stream"),
    "nodesock.abort": ("AbortController", "AbortSignal"),
    "nodesock.callables": ("call",),
    "nodesock.events": ("EventEmitter",),
    "nodesock.process": ("process",),
    "nodesock.runtime.loop": ("run",),
    "nodesock.runtime.promises": ("Promise", "spawn"),
    "nodesock.runtime.ticks": ("next_tick", "queue_microtask"),
    "nodesock.runtime.timers": (
        "clear_immediate",
        "clear_interval",
        "clear_timeout",
        "set_immediate",
        "set_interval",
        "set_timeout",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

if TYPE_CHECKING:
    from nodesock import dgram as dgram
    from nodesock import events as events
    from nodesock import net as net
    from nodesock import stream as stream


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'nodesock' has no attribute {name!r}")
    found = import_module(f"nodesock.{name}") if home == "nodesock" else getattr(import_module(home), name)
    globals()[name] = found
    return found
