"""Mirrors lib/stream.js: Node's streams for Python, the ground that `net` stands on.

The classes with their whole contract; `finished`, `pipeline` and their promise forms in `stream.promises`.
Not here: web streams.
"""

from nodesock.stream import promises
from nodesock.stream.add_abort_signal import add_abort_signal
from nodesock.stream.compose import compose
from nodesock.stream.destroyer import destroy
from nodesock.stream.duplex import Duplex
from nodesock.stream.duplex_pair import duplex_pair
from nodesock.stream.end_of_stream import finished
from nodesock.stream.high_water_mark import get_default_high_water_mark, set_default_high_water_mark
from nodesock.stream.legacy import Stream
from nodesock.stream.passthrough import PassThrough
from nodesock.stream.pipeline import pipeline
from nodesock.stream.predicates import is_destroyed, is_disturbed, is_errored, is_readable, is_writable
from nodesock.stream.readable import Readable
from nodesock.stream.transform import Transform
from nodesock.stream.writable import Writable

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
