"""What runs here. Mirrors Node's process.versions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import nodesock._pyuv as _pyuv
from nodesock._version import __version__

versions: Final[Mapping[str, str]] = MappingProxyType(
    {"nodesock": __version__, "pyuv": _pyuv.__version__, "libuv": _pyuv.LIBUV_VERSION}
)
