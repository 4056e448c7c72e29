"""The case behind ``python -m conformance surface``: both sides list their own public names by reflection.

Not a scenario: the two lists are held against each other by ``conformance.surface``. The Python half is
plain Python, the Node half is ``node_fixtures/surface.js``.
"""

import inspect
from typing import Any

from conformance import case

#: What stands for Node's well-known symbols.
PROTOCOLS = ("__aexit__", "__exit__", "__aiter__", "__iter__")


@case(about="every public name of Node's net and dgram exists", fixtures={"main": "surface.js"})
def public_names(t: Any) -> None:
    names: set[str] = set()

    def add(prefix: str, holder: object) -> None:
        for name in dir(holder):
            if not name.startswith("_") or name in PROTOCOLS:
                value = inspect.getattr_static(holder, name, None)
                called = callable(value) or isinstance(value, staticmethod | classmethod)
                names.add(f"{prefix}{name} {'function' if called else 'value'}")

    modules = {"net": t.net, "dgram": t.dgram}
    for module, holder in modules.items():
        add(f"{module}.", holder)
        for name, value in vars(holder).items():
            if isinstance(value, type) and not name.startswith("_"):
                add(f"{module}.{name}.", value)
                add(f"{module}.{name}#", value)
    instances = {
        "net.Socket": t.net.Socket(),
        "net.Server": t.net.Server(),
        "net.BlockList": t.net.BlockList() if hasattr(t.net, "BlockList") else None,
        "net.SocketAddress": t.net.SocketAddress() if hasattr(t.net, "SocketAddress") else None,
        "dgram.Socket": t.dgram.create_socket("udp4"),
    }
    for name, instance in instances.items():
        add(f"{name}#", instance)
    instances["dgram.Socket"].close()
    t.note("surface", sorted(names))
