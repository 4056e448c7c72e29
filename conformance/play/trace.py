"""The trace: one ``Record`` a line, as both stages write them and everything after them reads them."""

import json
import math
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Value: TypeAlias = Any  # what JSON can hold; ``values`` says how values are encoded

#: The version of the role protocol (docs/protocol.md, ``conformance/protocol/``): what a role reads and writes.
PROTOCOL = 1

#: Every kind of record. ``terminated`` is added by whoever ran the role; all others are the role's own.
KINDS = frozenset(
    {
        "event",
        "callback",
        "note",
        "attempt",
        "throw",
        "snapshot",
        "kernel",
        "kernel?",
        "publish",
        "uncaught",
        "exit",
        "hung",
        "protocol",
        "terminated",
    }
)


#: How many lists and objects within each other a record holds at most; the stages stop at a dozen.
DEEPEST = 100


class TraceError(ValueError):
    """A line that is no record: the role spoke garbage."""


@dataclass(frozen=True)
class Record:
    """One line of a trace. ``object`` is a watched name, ``label`` an event name or what the case chose."""

    kind: str
    object: str | None = None
    label: str | None = None
    args: list[Value] = field(default_factory=list)
    state: dict[str, Value] | None = None
    #: Only on ``data`` events: all that the object has delivered up to and with this event, ``{"bytes": n,
    #: "digest": …}`` (sha256 over the bytes, strings as UTF-8; 16 hex digits), so that ``normalize`` can
    #: join chunks. Both stages write it.
    stream: dict[str, Value] | None = None

    def to_json(self) -> dict[str, Value]:
        """The record as the JSON object of one trace line."""
        data: dict[str, Value] = {
            "kind": self.kind,
            "object": self.object,
            "label": self.label,
            "args": self.args,
            "state": self.state,
        }
        if self.stream is not None:
            data["stream"] = self.stream
        return data

    def to_line(self) -> str:
        """The record as one line of text, newline included."""
        return json.dumps(self.to_json(), ensure_ascii=True, separators=(",", ":")) + "\n"

    @classmethod
    def from_json(cls, data: Any) -> "Record":
        """The inverse of ``to_json``. Raises ``TraceError`` on any other shape."""
        if not isinstance(data, dict):
            raise TraceError(f"a record is a JSON object, this is {_shorten(data)}")
        extra = set(data) - {"kind", "object", "label", "args", "state", "stream"}
        if extra:
            raise TraceError(f"a record has no field {sorted(extra)[0]!r}: {_shorten(data)}")
        kind, args, state = data.get("kind"), data.get("args", []), data.get("state")
        if kind not in KINDS:
            raise TraceError(f"unknown kind of record {kind!r}: {_shorten(data)}")
        stream = data.get("stream")
        if not isinstance(args, list) or not (state is None or isinstance(state, dict)):
            raise TraceError(f"args must be a list and state an object or null: {_shorten(data)}")
        if not (stream is None or (isinstance(stream, dict) and isinstance(stream.get("bytes"), int))):
            raise TraceError(f"stream must be an object with bytes and digest, or null: {_shorten(data)}")
        for name in ("object", "label"):
            if not isinstance(data.get(name), str | None):
                raise TraceError(f"{name} must be a string or null: {_shorten(data)}")
        return cls(kind, data.get("object"), data.get("label"), args, state, stream)

    @classmethod
    def from_line(cls, line: str | bytes) -> "Record":
        """One line of a trace, parsed. Raises ``TraceError``."""
        try:
            text = line if isinstance(line, str) else line.decode()
            data = _DECODER.decode(text)
        except RecursionError:
            raise TraceError(f"nested deeper than {DEEPEST} levels: {_shorten(line)}") from None
        except ValueError:
            raise TraceError(f"not JSON: {_shorten(line)}") from None
        if text.count("[") + text.count("{") > DEEPEST and _is_deep(data):
            raise TraceError(f"nested deeper than {DEEPEST} levels: {_shorten(line)}")
        if "\\ud" in text or "\\uD" in text:
            data = _writable(data)
        return cls.from_json(data)


def _finite(text: str) -> float:
    """A number that JSON can hold again: no NaN, and nothing that overflows. Raises ``ValueError``."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def _is_deep(value: Value) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            item
            for one in level
            if isinstance(one, dict | list)
            for item in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _writable(value: Value) -> Value:
    """The same with lone surrogates as text (``\\ud800``): no file and no terminal takes them."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, dict):
        return {_writable(name): _writable(item) for name, item in value.items()}
    return value


def _shorten(data: object, limit: int = 120) -> str:
    text = data if isinstance(data, str) else repr(data)
    text = text.strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"
