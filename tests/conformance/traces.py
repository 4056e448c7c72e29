"""Hand-made records for the tests of the judge: short to write, in the shape that both stages produce."""

import hashlib
from typing import Any

from conformance.play.trace import Record


def event(name: str, label: str, *args: Any, **state: Any) -> Record:
    """An event of a watched object."""
    return Record("event", name, label, list(args), dict(state))


def note(label: str, *args: Any) -> Record:
    return Record("note", None, label, list(args))


def callback(label: str, *args: Any) -> Record:
    return Record("callback", None, label, list(args))


def publish(**values: Any) -> Record:
    return Record("publish", None, None, [values])


def error(code: str, message: str, **own: Any) -> dict[str, Any]:
    """The value of an error."""
    return {"$error": "Error", "message": message, "code": code, **own}


def chunk(data: bytes) -> dict[str, Any]:
    """The value of a buffer."""
    digest = hashlib.sha256(data).hexdigest()[:16]
    return {"$bytes": len(data), "digest": digest, "head": data[:48].decode("latin1")}


def text(data: str) -> Any:
    """The value of a string."""
    raw = data.encode()
    if len(raw) <= 512:
        return data
    return {"$string": len(raw), "digest": hashlib.sha256(raw).hexdigest()[:16], "head": data[:48]}


def data_events(name: str, *chunks: bytes | str, start: bytes = b"", **state: Any) -> list[Record]:
    """``data`` events as a stage writes them, with the running digest over ``start`` and all chunks so far."""
    records, total = [], start
    for piece in chunks:
        total += piece if isinstance(piece, bytes) else piece.encode()
        stream = {"bytes": len(total), "digest": hashlib.sha256(total).hexdigest()[:16]}
        value = chunk(piece) if isinstance(piece, bytes) else text(piece)
        records.append(Record("event", name, "data", [value], {"bytesRead": len(total), **state}, stream))
    return records


def ending(
    code: int | None = 0, signal: str | None = None, stderr: str = "", active: tuple[str, ...] = ()
) -> list[Record]:
    """How a role ends by itself: its ``exit`` and what the supervisor adds."""
    return [
        Record("exit", None, None, [code], {"active": list(active)}),
        Record("terminated", None, stderr or None, [code, signal]),
    ]
