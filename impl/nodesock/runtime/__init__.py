"""The event loop below everything else: queues, timers, uncaught exceptions and pyuv's loop."""

from typing import Any

#: the process object, which stands above: nodesock.process puts it here, so that it hears of rejections and warnings
process: Any = None
