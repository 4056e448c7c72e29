"""Mirrors lib/stream.js: Node's streams for Python, the ground that `net` stands on."""

from nodesock.stream.duplex import Duplex
from nodesock.stream.high_water_mark import get_default_high_water_mark, set_default_high_water_mark
from nodesock.stream.legacy import Stream
from nodesock.stream.readable import Readable
from nodesock.stream.writable import Writable

__all__ = ["Duplex", "Readable", "Stream", "Writable", "get_default_high_water_mark", "set_default_high_water_mark"]
