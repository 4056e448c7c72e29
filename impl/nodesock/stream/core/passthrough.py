"""Mirrors lib/internal/streams/passthrough.js: stream.PassThrough, a Transform that changes nothing."""

from collections.abc import Callable
from typing import Any

from nodesock.stream.core.transform import Transform


class PassThrough(Transform):
    """What is written can be read."""

    def _transform(self, chunk: Any, encoding: str, callback: Callable[..., Any]) -> None:
        callback(None, chunk)
