"""Mirrors lib/stream.js: Node's streams for Python, the ground that `net` stands on.

The classes with their whole contract; `finished`, `pipeline` and their promise forms in `stream.promises`.
Not here: web streams.
"""

from nodesock.stream import promises
from nodesock.stream.compose import compose
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
from nodesock.stream.duplex_pair import duplex_pair
from nodesock.stream.pipeline import pipeline

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
