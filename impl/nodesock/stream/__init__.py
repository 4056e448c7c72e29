"""Mirrors lib/stream.js: Node's streams for Python, the ground that `net` stands on."""

from nodesock.stream.duplex import Duplex
from nodesock.stream.high_water_mark import get_default_high_water_mark, set_default_high_water_mark
from nodesock.stream.legacy import Stream
from nodesock.stream.passthrough import PassThrough
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
    "get_default_high_water_mark",
    "set_default_high_water_mark",
]
