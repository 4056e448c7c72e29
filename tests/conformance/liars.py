"""Subjects that misbehave in a known way: real Node roles whose trace is changed on its way to the harness.

A lie is made once per role and is then called with each record; what it returns goes on instead: records,
or raw bytes.
"""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.language.case import Case, Role
from conformance.play.subjects.base import Description, RoleHandle, RoleStartError, Subject

Json = dict[str, Any]
Lie = Callable[[Json], list[Json | bytes]]


class LyingRole:
    """A role handle that passes its lines through a lie."""

    def __init__(self, handle: RoleHandle, lie: Lie) -> None:
        self._handle = handle
        self._lie = lie

    @property
    def ended(self) -> bool:
        return self._handle.ended

    def fileno(self) -> int:
        return self._handle.fileno()

    def read(self) -> list[bytes]:
        return [
            line if isinstance(line, bytes) else json.dumps(line).encode()
            for truth in self._handle.read()
            for line in self._lie(json.loads(truth))
        ]

    def send(self, message: Mapping[str, Any]) -> None:
        self._handle.send(message)

    def kill(self) -> None:
        self._handle.kill()


class Liar:
    """A subject over another one. ``make_lie`` is called per role; ``roles`` are those that lie, all by
    default."""

    def __init__(self, honest: Subject, make_lie: Callable[[], Lie], roles: tuple[str, ...] = ()) -> None:
        self.name = "liar"
        self._honest = honest
        self._make_lie = make_lie
        self._roles = roles

    def open(self, run_dir: Path) -> None:
        """The honest subject is already open."""

    def close(self) -> None:
        """And is closed by whoever opened it."""

    def describe(self) -> Description:
        return {**self._honest.describe(), "name": "liar"}

    def start(
        self, case: Case, role: Role, values: Mapping[str, Any], deadline_ms: int, path_dir: Path
    ) -> RoleHandle:
        handle = self._honest.start(case, role, values, deadline_ms, path_dir)
        return LyingRole(handle, self._make_lie()) if role.name in self._roles or not self._roles else handle


class OtherProgram(Liar):
    """Runs another program than the one it was given."""

    def __init__(self, honest: Subject, program: str) -> None:
        super().__init__(honest, honesty)
        self._program = program

    def start(
        self, case: Case, role: Role, values: Mapping[str, Any], deadline_ms: int, path_dir: Path
    ) -> RoleHandle:
        other = dataclasses.replace(case, programs={role.name: self._program})
        return super().start(other, role, values, deadline_ms, path_dir)


class NoStart(Liar):
    """Its roles cannot be started at all, which is the machine's fault."""

    def __init__(self, honest: Subject) -> None:
        super().__init__(honest, honesty)

    def start(self, *_: Any) -> RoleHandle:
        raise RoleStartError("no process to be had")


# Lies.


def honesty() -> Lie:
    """No lie at all."""
    return lambda record: [record]


def edit(matches: Callable[[Json], bool], change: Callable[[Json], Any]) -> Callable[[], Lie]:
    """Change the records that match in place, or replace them by what ``change`` returns."""

    def make() -> Lie:
        def lie(record: Json) -> list[Json | bytes]:
            if not matches(record):
                return [record]
            changed = change(record)
            return [record] if changed is None else list(changed)

        return lie

    return make


def once(matches: Callable[[Json], bool], change: Callable[[Json], Any]) -> Callable[[], Lie]:
    """The same for the first record that matches."""

    def make() -> Lie:
        done = False

        def first(record: Json) -> bool:
            nonlocal done
            if done or not matches(record):
                return False
            done = True
            return True

        return edit(first, change)()

    return make


def move(matches: Callable[[Json], bool], behind: Callable[[Json], bool]) -> Callable[[], Lie]:
    """Hold the first record that matches back until the first later one that ``behind`` matches has
    passed."""

    def make() -> Lie:
        held: list[Json | bytes] = []
        state = {"taken": False}

        def lie(record: Json) -> list[Json | bytes]:
            if not state["taken"] and matches(record):
                state["taken"] = True
                held.append(record)
                return []
            if held and (behind(record) or record["kind"] == "terminated"):
                late = held.copy()
                held.clear()
                return [record, *late]
            return [record]

        return lie

    return make


def dies_at_start() -> Lie:
    """Nothing but its end, with a word on stderr."""

    def lie(record: Json) -> list[Json | bytes]:
        if record["kind"] != "terminated":
            return []
        return [
            {**record, "args": [1, None], "label": "Traceback …\nImportError: no module named nodesock\n"}
        ]

    return lie


def dies_after(count: int) -> Callable[[], Lie]:
    """Killed after ``count`` records."""

    def make() -> Lie:
        seen: Iterator[int] = iter(range(1 << 30))

        def lie(record: Json) -> list[Json | bytes]:
            if record["kind"] == "terminated":
                return [{**record, "args": [None, "SIGSEGV"]}]
            return [record] if next(seen) < count else []

        return lie

    return make


def never_ends() -> Lie:
    """Swallows the word that it has ended, so that it seems to run for ever."""
    return lambda record: [] if record["kind"] == "terminated" else [record]


# Which record.


def event(name: str, label: str) -> Callable[[Json], bool]:
    """An event of a watched object."""
    return lambda record: (record["kind"], record["object"], record["label"]) == ("event", name, label)


def kind(wanted: str) -> Callable[[Json], bool]:
    """Any record of a kind."""
    return lambda record: bool(record["kind"] == wanted)
