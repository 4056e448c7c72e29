"""Mirrors perf_hooks.monitorEventLoopDelay (src/histogram.cc): how late the loop comes round.

A timer that never keeps the loop alive fires every `resolution` ms; the time between two firings, in ns, is recorded. A
loop that is never held up shows the resolution itself.
"""

import math
import time
from typing import Any

import nodesock._pyuv as _pyuv
from nodesock.errors import node_error
from nodesock.runtime.uv_loop import get_loop, on_forget
from nodesock.validators import validate_integer, validate_number

#: values are kept to about three significant digits, as in Node's histogram
_PRECISION_BITS = 11
_LOWEST_OF_NONE = 9223372036854776000


class EventLoopDelay:
    """Loop turns in ns: `min`, `max`, `mean`, `stddev`, `percentile(p)`, `percentiles`, `count`, `exceeds`."""

    def __init__(self, resolution: int = 10) -> None:
        validate_integer(resolution, "options.resolution", 1)
        self.resolution = resolution
        self._timer: Any = None
        self._last = 0
        self.reset()
        _monitors.append(self)

    def enable(self) -> bool:
        """Start recording. False if it records already."""
        if self._timer is not None:
            return False
        self._timer = _pyuv.Timer(get_loop())
        self._timer.ref = False
        self._last = 0
        period = self.resolution / 1000 + 1e-7
        self._timer.start(self._tick, period, period)
        return True

    def disable(self) -> bool:
        """Stop recording. False if it does not record."""
        if self._timer is None:
            return False
        timer, self._timer = self._timer, None
        timer.close()
        return True

    def reset(self) -> None:
        """Forget what was recorded."""
        self.count = 0
        #: how often the time was not recordable (not positive)
        self.exceeds = 0
        self._counts: dict[int, int] = {}
        self._sum = 0.0
        self._squares = 0.0
        self.min: int = _LOWEST_OF_NONE
        self.max: int = 0

    def _tick(self, _timer: Any) -> None:
        moment = time.monotonic_ns()
        last, self._last = self._last, moment
        if last:
            self.record(moment - last)

    def record(self, value: int) -> None:
        """Add one value in ns."""
        if value <= 0:
            self.exceeds += 1
            return
        shift = max(value.bit_length() - _PRECISION_BITS, 0)
        bucket = value >> shift << shift
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self.count += 1
        self._sum += value
        self._squares += value * value
        self.min = min(self.min, value)
        self.max = max(self.max, value)

    @property
    def mean(self) -> float:
        """The mean in ns; NaN while there is none."""
        return self._sum / self.count if self.count else math.nan

    @property
    def stddev(self) -> float:
        """The standard deviation in ns; NaN while there is none."""
        if not self.count:
            return math.nan
        return math.sqrt(max(self._squares / self.count - self.mean**2, 0.0))

    def percentile(self, percentile: float) -> int:
        """The value in ns that `percentile` % of all do not exceed. Raises ERR_OUT_OF_RANGE outside (0, 100]."""
        validate_number(percentile, "percentile")
        if not 0 < percentile <= 100:
            raise node_error("ERR_OUT_OF_RANGE", "percentile", "> 0 && <= 100", percentile)
        wanted = max(math.ceil(self.count * percentile / 100), 1)
        seen = 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= wanted:
                return bucket
        return 0

    @property
    def percentiles(self) -> dict[float, int]:
        """The distribution: 0, 50, 75, 87.5, … 100 -> ns."""
        found: dict[float, int] = {0: self.min if self.count else 0}
        step, at = 50.0, 50.0
        while self.count and step * self.count / 100 >= 0.5:
            found[at] = self.percentile(at)
            step /= 2
            at += step
        found[100] = self.max
        return found

    def __repr__(self) -> str:
        return f"<EventLoopDelay count={self.count} mean={self.mean:.0f} ns max={self.max} ns>"


_monitors: list[EventLoopDelay] = []


def _forget() -> None:
    for monitor in _monitors:
        monitor._timer = None
    _monitors.clear()


on_forget(_forget)
