"""Normalising: takes out of the traces of one run what the platform leaves free, and nothing else.

What is free, and what becomes of it:

- ephemeral ports: ``<port 1>``, ``<port 2>`` … by first appearance over all the roles of the run, so that
  the same port is the same name on both sides of a connection. A number counts as one where a port stands
  (a key or label that ends in ``port``, the argument after an address), and then in texts that say
  ``address:port``. Numbers that the case itself spells out are not free and stay;
- the run's directory for unix sockets: ``<dir>``;
- descriptors, process ids and inodes: ``<fd>``, ``<pid>``, ``<inode>`` (-1 and the like stay, they are
  answers);
- the cut of a byte stream into chunks: consecutive ``data`` events of one object become one, with the byte
  count and the digest of all that the object has delivered so far (unless the case asks for exact chunks).

Names are given in an order that does not depend on how the objects' events interleave: role by role, object
by object. The raw traces are kept by the caller; nothing here writes into a record.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.judge.ignoring import noted_resources, without
from conformance.language.case import Case
from conformance.play.runner import PairingTrace
from conformance.play.trace import Record

#: Ports below are never handed out by the kernel, so a case means them.
FIRST_FREE_PORT = 1024

#: Keys and labels whose non-negative numbers mean nothing beyond this process.
NUMBERED = {"fd": "<fd>", "pid": "<pid>", "ppid": "<pid>", "inode": "<inode>", "ino": "<inode>"}

#: How many characters of joined data are shown; the stage shows as many of one chunk.
HEAD = 48

_NUMBER = re.compile(r"(?<![\w.])\d{4,5}(?![\w.])")
_PORT_NAME = re.compile(r"(?:^|[_ -])ports?$|[a-z]Ports?$")
_ADDRESS = re.compile(r"\A(?:\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9A-Fa-f.]*:)[0-9A-Fa-f:.]+(?:%\w+)?|localhost)\Z")
_ADDRESS_AND_PORT = re.compile(
    r"(?:(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}|\[?[0-9A-Fa-f:]*::?[0-9A-Fa-f.]*(?:%\w+)?\]?|\blocalhost):(\d{4,5})(?!\w)"
)
#: How much of a text is searched for addresses, in characters: twice what a stage writes in full. The search may take
#: the square of the length.
_SCANNED = 1024

_PORT_IN_TEXT = re.compile(r"(?<=:)(\d{4,5})(?!\w)")

# Whose line a record without an object belongs to: that of its label, or the process as a whole.
_LABELLED = {"callback": "callback", "note": "note", "attempt": "attempt", "throw": "attempt"}
_PROCESS = "process"


@dataclass(frozen=True)
class Step:
    """One normalised record: the ``index``-th of its ``line`` (an object, a label or the process).

    ``first`` and ``last`` are positions in the raw trace; they differ only where chunks were joined.
    ``detail`` is for the reader alone (what a role left on stderr) and is never compared.
    """

    line: str
    index: int
    kind: str
    object: str | None
    label: str | None
    args: list[Any]
    state: dict[str, Any] | None
    first: int
    last: int
    detail: str = ""

    @property
    def title(self) -> str:
        """What happened, in a few words: ``'end'`` of ``peer`` is ``peer 'end'``."""
        if self.kind == "event":
            return f"{self.object} {self.label!r}"
        words = [self.kind, self.object, self.label]
        if self.kind in ("throw", "uncaught") and self.args and isinstance(self.args[0], dict):
            error = self.args[0]
            words.append(f"({error.get('$error', 'Error')}: {error.get('message', '')})")
        return " ".join(word for word in words if word)

    @property
    def object_class(self) -> str:
        """The class of the object, as its state tells it: ``net.Socket``, ``net.Server``, ``dgram.Socket``, ``stream``;
        "" where it cannot."""
        return class_of(self.state) if self.kind in ("event", "snapshot") else ""

    @property
    def signature(self) -> tuple[str, str | None]:
        """What must agree for two steps to be the same step of a sequence."""
        return self.kind, self.label

    def to_json(self) -> dict[str, Any]:
        """The step as plain data, for reports."""
        data: dict[str, Any] = {
            "kind": self.kind,
            "object": self.object,
            "label": self.label,
            "args": self.args,
        }
        if self.state is not None:
            data["state"] = self.state
        return data


def class_of(state: Mapping[str, Any] | None) -> str:
    """The class of an object whose state this is, "" if it is none that has one. What each class shows of itself is in
    ``node_fixtures/state.json``."""
    if state is None:
        return ""
    for key, name in _CLASSES.items():
        if key in state:
            return name
    return "" if state else "dgram.Socket"


#: What only objects of a class have in their state, or those of the classes before it.
_CLASSES = {
    "connecting": "net.Socket",
    "listening": "net.Server",
    "getRecvBufferSize()": "dgram.Socket",
    "destroyed": "stream",
}


@dataclass(frozen=True)
class NormalTrace:
    """One role's normalised trace. ``garbage`` is the first line that was no record, if there was one."""

    steps: tuple[Step, ...]
    garbage: str | None = None
    lines: Mapping[str, tuple[Step, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lines: dict[str, list[Step]] = {}
        for step in self.steps:
            lines.setdefault(step.line, []).append(step)
        object.__setattr__(self, "lines", {line: tuple(steps) for line, steps in lines.items()})

    def last_of(self, *kinds: str) -> Step | None:
        """The last step of one of these kinds, or None."""
        return next((step for step in reversed(self.steps) if step.kind in kinds), None)


#: One run of a case: the normalised trace of every compared role, in the case's order.
NormalRun = Mapping[str, NormalTrace]


def normalize(
    run: Mapping[str, Sequence[Record]],
    *,
    exact_chunks: bool = False,
    directories: Collection[str] = (),
    literals: Collection[int] = (),
    garbage: Mapping[str, str] | None = None,
) -> dict[str, NormalTrace]:
    """The traces of one run, role by role, with all that the platform leaves free replaced by names.

    ``directories`` are the paths under which this run's unix sockets live, ``literals`` the numbers that the
    case's source spells out, ``garbage`` the first unreadable line of each role that wrote one.
    """
    steps = {role: _steps(records, join=not exact_chunks) for role, records in run.items()}
    ports: dict[int, str] = {}
    for sequence in steps.values():
        for step in sorted(sequence, key=lambda step: (step.line, step.index)):
            for port in _ports_of(step):
                if port >= FIRST_FREE_PORT and port not in literals:
                    ports.setdefault(port, f"<port {len(ports) + 1}>")
    renamer = _Renamer(ports, sorted(directories, key=len, reverse=True))
    return {
        role: NormalTrace(tuple(renamer.step(step) for step in sequence), (garbage or {}).get(role))
        for role, sequence in steps.items()
    }


def normal(case: Case, run: PairingTrace, ignored: Collection[str] = ()) -> dict[str, NormalTrace]:
    """The normalised traces of one run of the case, without the categories that are ``ignored``."""
    roles = [role.name for role in case.roles]
    noted = noted_resources(case) if ignored else ()

    def left(record: Record) -> Record | None:
        return without(record, ignored, noted) if ignored else record

    return normal_run(run, roles, case.exact_chunks, literals(case), left)


def normal_run(
    run: PairingTrace,
    roles: Sequence[str],
    exact_chunks: bool,
    literals: Collection[int],
    left: Callable[[Record], Record | None] = lambda record: record,
) -> dict[str, NormalTrace]:
    """The same for a run read back from disk, where there is no ``Case``. ``left`` says what is left of a record."""
    garbage = {
        fault.role: fault.message for fault in reversed(run.faults) if fault.kind == "garbage" and fault.role
    }
    return normalize(
        {
            role: [
                record for data in run.roles.get(role, ()) if (record := left(Record.from_json(data))) is not None
            ]
            for role in roles
        },
        exact_chunks=exact_chunks,
        directories=[run.path_dir] if run.path_dir else [],
        literals=literals,
        garbage=garbage,
    )


def literals(case: Case) -> frozenset[int]:
    """The four- and five-digit numbers that the case's programs spell out: the platform did not choose
    them.
    """
    return frozenset(int(number) for program in case.programs.values() for number in _NUMBER.findall(program))


# Steps: which line a record belongs to, and the joining of chunks.


def _steps(records: Sequence[Record], *, join: bool) -> list[Step]:
    steps: list[Step] = []
    newest: dict[str, int] = {}  # line -> where its newest step stands in ``steps``
    for position, record in enumerate(records):
        if record.kind == "kernel?":  # the question to the harness; its answer is the record
            continue
        line = _line(record)
        before = steps[newest[line]] if line in newest else None
        step = _step(record, line, before, position)
        if join and record.stream is not None and record.label == "data" and record.args:
            if before is not None and _joined(before):
                args = [_stream_value(record, before.args[0]), *record.args[1:]]
                steps[newest[line]] = replace(before, args=args, state=record.state, last=position)
                continue
            step = replace(step, args=[_stream_value(record), *record.args[1:]])
        steps.append(step)
        newest[line] = len(steps) - 1
    return steps


def _line(record: Record) -> str:
    if record.object is not None:
        return record.object
    prefix = _LABELLED.get(record.kind)
    return f"{prefix} {record.label}" if prefix else _PROCESS


def _step(record: Record, line: str, before: Step | None, position: int) -> Step:
    label, state, detail = record.label, record.state, ""
    if record.kind == "terminated":  # the rest is stderr and stdout: stack traces have no counterpart
        label, state, detail = None, None, record.label or ""
    index = before.index + 1 if before is not None else 0
    return Step(
        line, index, record.kind, record.object, label, record.args, state, position, position, detail
    )


def _joined(step: Step) -> bool:
    return (
        step.label == "data"
        and bool(step.args)
        and isinstance(step.args[0], dict)
        and "stream" in step.args[0]
    )


def _stream_value(record: Record, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """The chunk of a ``data`` event, joined to what came just ``before`` it."""
    assert record.stream is not None
    chunk, size = record.args[0], _size(record.args[0])
    head, whole = ("", True) if before is None else _shown(before)
    if whole:
        head += _shown(chunk)[0]
    kind = "$bytes" if isinstance(chunk, dict) and "$bytes" in chunk else "$string"
    total = size if before is None else _size(before) + size
    return {kind: total, "stream": record.stream.get("digest"), "head": head[:HEAD]}


def _shown(chunk: Any) -> tuple[str, bool]:
    """As much of a chunk as its record holds, and whether that is all of it."""
    if isinstance(chunk, str):
        return chunk, True
    head = str(chunk.get("head", ""))
    return head, len(head.encode() if "$string" in chunk else head) >= _size(chunk)


def _size(chunk: Any) -> int:
    if isinstance(chunk, str):
        return len(chunk.encode("utf-8", "surrogatepass"))
    size = chunk.get("$bytes", chunk.get("$string", 0)) if isinstance(chunk, dict) else 0
    return size if isinstance(size, int) else 0


# Ports: where one stands, and its name everywhere.


def _ports_of(step: Step) -> Iterator[int]:
    found: list[int] = []

    def collect(port: int) -> int:
        found.append(port)
        return port

    _walk(step.args, _topic(step), collect, lambda text: _scan(text, found))
    _walk(step.state, None, collect, lambda text: _scan(text, found))
    return iter(found)


def _scan(text: str, found: list[int]) -> str:
    found.extend(int(port) for port in _ADDRESS_AND_PORT.findall(text[:_SCANNED]))
    return text


def _topic(step: Step) -> str | None:
    """What the step's own arguments are about, where its label is the case's choice."""
    return None if step.kind == "event" else step.label


def _walk(value: Any, name: str | None, port: Callable[[int], Any], text: Callable[[str], str]) -> Any:
    """A copy of ``value`` with ``port`` applied to every number where a port stands and ``text`` to every
    string.
    """
    if isinstance(value, str):
        if name is not None and _PORT_NAME.search(name) and value.isdecimal() and len(value) in (4, 5):
            return str(port(int(value)))
        return text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return port(value) if name is not None and _PORT_NAME.search(name) and 0 < value < 65536 else value
    if isinstance(value, list):
        return _walk_list(value, name, port, text)
    if isinstance(value, dict):
        if "$bytes" in value or "$string" in value:  # lengths, digests and payload: never ours to touch
            return value
        return {key: _walk(item, key, port, text) for key, item in value.items()}
    return value


def _walk_list(
    values: list[Any], name: str | None, port: Callable[[int], Any], text: Callable[[str], str]
) -> list[Any]:
    walked: list[Any] = []
    for index, value in enumerate(values):
        after_address = index > 0 and isinstance(values[index - 1], str) and _ADDRESS.match(values[index - 1])
        walked.append(_walk(value, "port" if after_address and type(value) is int else name, port, text))
    return walked


class _Renamer:
    """The second walk: every name is known, every value that stands for one is replaced."""

    def __init__(self, ports: Mapping[int, str], directories: Sequence[str]) -> None:
        self._ports = ports
        self._directories = directories

    def step(self, step: Step) -> Step:
        return replace(
            step,
            args=self._numbered(_walk(step.args, _topic(step), self._port, self._text), _topic(step)),
            state=self._numbered(_walk(step.state, None, self._port, self._text), None),
        )

    def _port(self, port: int) -> int | str:
        return self._ports.get(port, port)

    def _text(self, text: str) -> str:
        for directory in self._directories:
            text = text.replace(directory, "<dir>")
        return _PORT_IN_TEXT.sub(lambda match: self._ports.get(int(match[1]), match[1]), text)

    def _numbered(self, value: Any, name: str | None) -> Any:
        if isinstance(value, dict):
            return {key: self._numbered(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self._numbered(item, name) for item in value]
        if name in NUMBERED and type(value) is int and value >= 0:
            return NUMBERED[name]
        return value
