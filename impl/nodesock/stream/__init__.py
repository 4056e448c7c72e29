"""Mirrors lib/stream.js: Node's streams for Python, the ground that `net` stands on.

The classes with their whole contract; `finished`, `pipeline` and their promise forms in `stream.promises`.
Not here: web streams.

There are two floors. `core/` is what every stream is: the classes, their state, how they are piped and destroyed.
The files beside it are built on those classes, and `core/` knows none of them; what they offer as methods is put on
the classes here.
"""

from typing import Any

from nodesock.callables import drops_surplus
from nodesock.stream import promises, readable_operators
from nodesock.stream.async_iterator import iterator
from nodesock.stream.compose import compose, compose_readable
from nodesock.stream.core.add_abort_signal import add_abort_signal
from nodesock.stream.core.duplex import Duplex
from nodesock.stream.core.end_of_stream import finished
from nodesock.stream.core.high_water_mark import get_default_high_water_mark, set_default_high_water_mark
from nodesock.stream.core.legacy import Stream
from nodesock.stream.core.passthrough import PassThrough
from nodesock.stream.core.predicates import is_destroyed, is_disturbed, is_errored, is_readable, is_writable
from nodesock.stream.core.readable import Readable
from nodesock.stream.core.transform import Transform
from nodesock.stream.core.writable import Writable
from nodesock.stream.destroyer import destroy
from nodesock.stream.disposal import dispose_readable, dispose_writable
from nodesock.stream.duplex_pair import duplex_pair
from nodesock.stream.duplexify import duplex_from
from nodesock.stream.from_ import readable_from
from nodesock.stream.pipeline import pipeline
from nodesock.stream.wrap import wrap

__all__ = [
    "Duplex",
    "PassThrough",
    "Readable",
    "Stream",
    "Transform",
    "Writable",
    "add_abort_signal",
    "compose",
    "destroy",
    "duplex_pair",
    "finished",
    "get_default_high_water_mark",
    "is_destroyed",
    "is_disturbed",
    "is_errored",
    "is_readable",
    "is_writable",
    "pipeline",
    "promises",
    "set_default_high_water_mark",
]


def _put_on(kind: type, **members: Any) -> None:
    """Make functions methods of `kind`, as if they stood in its body."""
    for name, member in members.items():
        is_static = isinstance(member, staticmethod)
        method = drops_surplus(member.__func__ if is_static else member)
        method.__name__ = name
        method.__qualname__ = f"{kind.__qualname__}.{name}"
        setattr(kind, name, staticmethod(method) if is_static else method)


_put_on(
    Readable,
    map=readable_operators.map_,
    filter=readable_operators.filter_,
    flat_map=readable_operators.flat_map,
    drop=readable_operators.drop,
    take=readable_operators.take,
    for_each=readable_operators.for_each,
    some=readable_operators.some,
    every=readable_operators.every,
    find=readable_operators.find,
    to_array=readable_operators.to_array,
    reduce=readable_operators.reduce,
    compose=compose_readable,
    from_=staticmethod(readable_from),
    wrap=wrap,
    iterator=iterator,
    async_dispose=dispose_readable,
)
_put_on(Writable, async_dispose=dispose_writable)
_put_on(Duplex, from_=staticmethod(duplex_from))
