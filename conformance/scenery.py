"""What stands around the point of many cases: servers for one connection.

Case files import these functions. They are written in the language of the cases (docs/cases.md), and are copied
into the program for Node as the helper functions of a case file are.
"""

from typing import Any


def listen(t: Any, server: Any, host: str = "127.0.0.1") -> None:
    """Lets the server listen on any port, and publishes that as ``port``."""
    server.listen(0, host, lambda: t.publish(port=server.address().port))


def serve(t: Any, on_connection: Any, options: Any = None) -> None:
    """Publishes the ``port`` of a server for one connection, behind which it closes."""
    server = t.net.create_server(options, on_connection)
    server.on("connection", lambda peer: server.close())
    listen(t, server)


def serve_here(t: Any, on_connection: Any, start: Any, options: Any = None) -> None:
    """Does the same within one process, where ``start`` is called with the port."""
    server = t.net.create_server(options, on_connection)
    server.on("connection", lambda peer: server.close())
    server.listen(0, "127.0.0.1", lambda: start(server.address().port))


def accept_one(t: Any, host: str = "127.0.0.1") -> None:
    """Publishes the ``port`` of a server for one connection, which it reads to its end, of whatever kind."""
    server = t.net.create_server(lambda peer: peer.on("error", lambda error: None).resume())
    server.on("connection", lambda peer: server.close())
    listen(t, server, host)
