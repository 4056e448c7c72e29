"""The two state machines of a dgram socket.

These are all their moves, and only socket.py makes them:

    bind state     UNBOUND      -> BINDING       bind(), and connect() and send() on their own
                   BINDING      -> BOUND         the bind has succeeded; 'listening'
                   BINDING      -> UNBOUND       the lookup or the bind has failed; 'error'
                   UNBOUND      -> BOUND         bind_sync(), and connect_sync() on its own

    connect state  DISCONNECTED -> CONNECTING    connect()
                   CONNECTING   -> CONNECTED     the connect has succeeded; 'connect'
                   CONNECTING   -> DISCONNECTED  the lookup or the connect has failed
                   DISCONNECTED -> CONNECTED     connect_sync()
                   CONNECTED    -> DISCONNECTED  disconnect()

As in Node, two sockets never move again: one whose `bind` raised (for its descriptor, say) stays BINDING, and one whose
`connect` waited for a bind that failed stays CONNECTING.
"""

from typing import Final

UNBOUND: Final = 0
BINDING: Final = 1
BOUND: Final = 2

DISCONNECTED: Final = 0
CONNECTING: Final = 1
CONNECTED: Final = 2
