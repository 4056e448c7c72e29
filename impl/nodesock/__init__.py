"""Node.js's net and dgram for Python, on the same event-loop core.

    import nodesock
    from nodesock import net

    server = net.create_server(lambda socket: socket.pipe(socket))
    server.listen(8124, "127.0.0.1")
    nodesock.run()

Names are Node's in snake_case; events, their order, errors and states are Node's to the letter. `run()` keeps the loop
turning until nothing keeps it alive, as a Node process does. `versions` is `process.versions`: what runs here.
"""

from nodesock import dgram, diagnostics, dns, errors, events, net, stream
from nodesock._version import __version__
from nodesock.abort import AbortController, AbortSignal
from nodesock.callables import call
from nodesock.events import EventEmitter
from nodesock.process import next_tick, process, queue_microtask
from nodesock.runtime.loop import call_soon_threadsafe, run
from nodesock.runtime.promises import Promise, spawn
from nodesock.runtime.timers import (
    clear_immediate,
    clear_interval,
    clear_timeout,
    set_immediate,
    set_interval,
    set_timeout,
)
from nodesock.runtime.versions import versions

__all__ = [
    "AbortController",
    "AbortSignal",
    "EventEmitter",
    "Promise",
    "__version__",
    "call",
    "call_soon_threadsafe",
    "clear_immediate",
    "clear_interval",
    "clear_timeout",
    "dgram",
    "diagnostics",
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
