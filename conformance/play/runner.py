"""The runner: plays one pairing of a case, from the first role's start to the last role's end.

One thread, one selector: everything a pairing waits for is a descriptor (the roles' streams, a wake-up pipe
that raw roles write to) or a deadline. Nothing sleeps, nothing is shared between pairings, so any number of
them run side by side in threads. What a role did is in its trace; what happened around the roles is a
``Fault``, which says whose it is.
"""

import contextlib
import ctypes
import functools
import json
import os
import queue
import selectors
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from conformance.language.case import Case, Role
from conformance.play import kernel
from conformance.play.last_words import cause
from conformance.play.raw import Raw, RawCancelled
from conformance.play.subjects.base import RoleHandle, RoleStartError, Subject
from conformance.play.subjects.rundir import roles_directory
from conformance.play.trace import PROTOCOL, Record, TraceError

#: What a role may take, in seconds, unless the case or the caller says otherwise.
DEFAULT_DEADLINE = 10.0

#: A role that is not gone this long after its deadline was not killed by its supervisor, who had one second for
#: it once the role had a process. On a busy machine roles may have to queue for one.
_LOST_AFTER = 45.0

#: How long after its deadline, or after its cancellation, a raw role may go on in its own code, in seconds.
_RAW_GRACE = 0.5

#: How often a pairing that waits for nothing but raw roles looks whether the run is being stopped, in seconds.
_LOOK_EVERY = 0.2

#: More records than this is a role that runs in circles.
_MOST_RECORDS = 50_000

#: How much garbage of one role is reported.
_MOST_GARBAGE = 5

#: An error of one of these kinds in a raw role is a slip of the pen: no peer brings it about.
_MISTAKES = (AttributeError, NameError, TypeError)

#: kind of fault → whose it is. ``machine`` and ``case``: the pairing is errored. ``role``: the implementation that
#: played that role, or the one it spoke with, did not do its part; the traces normally show it as well.
FAULTS = {
    "start": "machine",  # a role's process could not be started
    "lost": "machine",  # the connection ended without `terminated`, or nobody killed a hung role
    "internal": "machine",  # an exception in the harness
    "protocol": "machine",  # a role speaks another version of the role protocol
    "garbage": "role",  # a line that is no record
    "flood": "role",  # more records than any case writes; the role was killed
    "unpublished": "role",  # a role waited for a value and everyone who could publish it has ended
    "mistake": "case",  # a raw role is wrong
    "raw": "role",  # a raw role failed: its peer did not do what the raw role waited for
}


@dataclass(frozen=True)
class Fault:
    """Something that is not in a role's own trace."""

    kind: str
    role: str | None
    message: str

    @property
    def whose(self) -> str:
        """``machine`` or ``case`` (the pairing is errored), or ``role`` (the implementation that played it)."""
        return FAULTS[self.kind]

    def __str__(self) -> str:
        return f"{self.kind} ({self.role}): {self.message}" if self.role else f"{self.kind}: {self.message}"


@dataclass
class PairingTrace:
    """What one run of one pairing left behind."""

    case: str
    subjects: dict[str, str]  # role → name of the subject that played it
    roles: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # raw records, `terminated` the last
    faults: list[Fault] = field(default_factory=list)
    output: dict[str, dict[str, str]] = field(default_factory=dict)  # role → {"stdout": tail, "stderr": tail}
    published: dict[str, Any] = field(default_factory=dict)
    kernel_reasons: list[str] = field(default_factory=list)  # why a kernel view was not to be had
    path_dir: str = ""  # where t.path(name) lay in this run
    duration_s: float = 0.0

    @property
    def fatal_faults(self) -> list[Fault]:
        """The faults that make the pairing ``errored``, whatever the traces say. It ends with the first."""
        return [fault for fault in self.faults if fault.whose != "role"]


def run_pairing(
    case: Case,
    subjects: Mapping[str, Subject],
    run_dir: Path,
    deadline: float = DEFAULT_DEADLINE,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> PairingTrace:
    """Run every role of ``case``, role name → opened subject, and return their traces.

    ``run_dir`` is the run directory the subjects were opened in. ``deadline`` is seconds per role; the case's
    own ``deadline_ms`` wins. ``stopping`` is true once the run has been interrupted: the subjects are then closed,
    which ends their roles, and raw roles are not waited for. Raises nothing for what a role does; may be called
    from several threads at once.
    """
    return _Pairing(case, subjects, run_dir, deadline, stopping).run()


class _Running:
    """A started role."""

    def __init__(self, handle: RoleHandle, lost_at: float) -> None:
        self.handle = handle
        self.lost_at = lost_at
        self.terminated = False
        self.garbage = 0


class _Pairing:
    def __init__(
        self,
        case: Case,
        subjects: Mapping[str, Subject],
        run_dir: Path,
        deadline: float,
        stopping: Callable[[], bool],
    ) -> None:
        self._case = case
        self._stopping = stopping
        self._subjects = subjects
        self._run_dir = run_dir
        self._deadline_ms = case.deadline_ms or round(deadline * 1000)
        self._path_dir = Path()
        self._waiting = [*case.raw_roles, *case.roles]  # raw ones first: they mostly listen
        self._running: dict[str, _Running] = {}
        self._raw: dict[str, _RawRole] = {}
        self._raw_playing: set[str] = set()  # their end not heard yet, nor all they published
        self._selector = selectors.DefaultSelector()
        self._news = _News()
        self._trace = PairingTrace(case.id, {role: subject.name for role, subject in subjects.items()})

    def run(self) -> PairingTrace:
        started = time.monotonic()
        self._trace.roles = {role.name: [] for role in self._case.roles}
        try:
            self._path_dir = Path(tempfile.mkdtemp(prefix="", dir=roles_directory(self._run_dir)))
            self._trace.path_dir = str(self._path_dir)
            self._selector.register(self._news.fd, selectors.EVENT_READ, None)
            self._play()
        except Exception as error:  # noqa: BLE001 - ours, and to be told as ours
            self._fault("internal", None, f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
        finally:
            self._clean_up()
        self._trace.duration_s = time.monotonic() - started
        return self._trace

    def _play(self) -> None:
        self._start_ready()
        while (self._running or (self._waiting and self._raw_playing)) and not self._trace.fatal_faults:
            if not self._running and self._stopping():
                return
            for key, _ in self._selector.select(self._until_look()):
                if key.data is None:
                    self._hear_raw()
                elif key.data in self._running:
                    self._hear(key.data)
            self._give_up_lost()
        for role in self._waiting if not self._trace.fatal_faults else ():
            missing = [need for need in role.needs if need not in self._trace.published]
            self._fault(
                "unpublished",
                role.name,
                f"it waited for {', '.join(missing)}, and no role is left to publish it",
            )

    def _until_look(self) -> float:
        """Seconds until something may have to be given up."""
        soonest = min(
            [running.lost_at for running in self._running.values()]
            + [self._raw[name].stuck_at for name in self._raw_playing],
        )
        left = max(0.0, soonest - time.monotonic())
        return left if self._running else min(left, _LOOK_EVERY)

    # -- starting --------------------------------------------------------------------------------------------

    def _start_ready(self) -> None:
        for role in list(self._waiting):
            if all(need in self._trace.published for need in role.needs):
                self._waiting.remove(role)
                if role.raw:
                    self._start_raw(role)
                else:
                    self._start(role)

    def _start(self, role: Role) -> None:
        values = {need: self._trace.published[need] for need in role.needs}
        try:
            handle = self._subjects[role.name].start(
                self._case, role, values, self._deadline_ms, self._path_dir
            )
        except RoleStartError as error:
            self._fault("start", role.name, str(error))
            return
        lost_at = time.monotonic() + self._deadline_ms / 1000 + _LOST_AFTER
        self._running[role.name] = _Running(handle, lost_at)
        self._selector.register(handle.fileno(), selectors.EVENT_READ, role.name)

    def _start_raw(self, role: Role) -> None:
        raw = _RawRole(role, self._deadline_ms / 1000, self._path_dir, self._trace.published, self._news)
        self._raw[role.name] = raw
        self._raw_playing.add(role.name)
        raw.start()

    # -- listening -------------------------------------------------------------------------------------------

    def _hear(self, name: str) -> None:
        running = self._running[name]
        for line in running.handle.read():
            try:
                record = Record.from_line(line)
            except TraceError as error:
                self._hear_other(name, line, error)
                continue
            self._hear_record(name, record)
            if name not in self._running:
                return  # killed meanwhile
        if running.handle.ended or running.terminated:
            if not running.terminated:
                self._fault("lost", name, "the connection to the role ended before the role did")
            self._let_go(name)

    def _hear_record(self, name: str, record: Record) -> None:
        running = self._running[name]
        if record.kind == "kernel?":
            self._answer(running, record)
            return
        if record.kind == "protocol":
            if record.args != [PROTOCOL]:
                spoken = ", ".join(map(str, record.args))
                self._fault("protocol", name, f"it speaks version {spoken} of the role protocol, not {PROTOCOL}")
            return
        records = self._trace.roles[name]
        records.append(record.to_json())
        if record.kind == "publish":
            for values in record.args:
                self._publish(values)
        elif record.kind == "terminated":
            running.terminated = True
            stdout = (record.state or {}).get("stdout", "")
            self._trace.output[name] = {"stdout": stdout, "stderr": record.label or ""}
        elif len(records) >= _MOST_RECORDS:
            self._fault("flood", name, f"more than {_MOST_RECORDS} records; the role was killed")
            self._let_go(name)

    def _hear_other(self, name: str, line: bytes, error: TraceError) -> None:
        """What is no record: the supervisor's word that there was no role, or garbage."""
        running = self._running[name]
        text = _supervisor_fault(line)
        if text is not None:
            running.terminated = True
            self._fault("start", name, text)
            return
        running.garbage += 1
        if running.garbage <= _MOST_GARBAGE:
            self._fault("garbage", name, str(error))

    def _answer(self, running: _Running, record: Record) -> None:
        asked = record.args[0] if record.args and isinstance(record.args[0], dict) else {}
        reply = kernel.answer(asked.get("inode"))
        if reply["state"] is None:
            self._trace.kernel_reasons.append(reply["reason"])
        running.handle.send(reply["state"])

    def _publish(self, values: Any) -> None:
        if isinstance(values, dict):
            self._trace.published.update(values)
            for raw in self._raw.values():
                raw.tell()
            self._start_ready()

    def _hear_raw(self) -> None:
        for name, kind, what in self._news.take():
            if kind == "publish":
                self._publish(what)
            elif kind in FAULTS:
                self._fault(kind, name, what)
            elif kind == "ended":
                self._raw_playing.discard(name)

    # -- ending ----------------------------------------------------------------------------------------------

    def _give_up_lost(self) -> None:
        now = time.monotonic()
        for name in [name for name, running in self._running.items() if running.lost_at <= now]:
            self._fault("lost", name, f"it did not end within {self._deadline_ms} ms, and nobody killed it")
            self._let_go(name)
        for name in [name for name in self._raw_playing if self._raw[name].stuck_at <= now]:
            self._raw_playing.discard(name)
            self._fault("raw", name, f"it did not end by its deadline; it is at {self._raw[name].place()}")

    def _let_go(self, name: str) -> None:
        handle = self._running.pop(name).handle
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(handle.fileno())
        handle.kill()

    def _fault(self, kind: str, role: str | None, message: str) -> None:
        self._trace.faults.append(Fault(kind, role, message))

    def _clean_up(self) -> None:
        for name in list(self._running):
            self._let_go(name)
        for raw in self._raw.values():
            raw.cancel()
        for name, raw in self._raw.items():
            if not raw.end() and name in self._raw_playing:
                self._fault("raw", name, f"every other role has ended, it has not; it is at {raw.place()}")
        with contextlib.suppress(ValueError, OSError):
            self._hear_raw()
        self._selector.close()
        self._news.close()
        if self._path_dir != Path():
            shutil.rmtree(self._path_dir, ignore_errors=True)


class _News:
    """What raw roles tell the runner's thread, and a descriptor that wakes it."""

    def __init__(self) -> None:
        self.fd, self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._queue: queue.SimpleQueue[tuple[str, str, Any]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False

    def tell(self, role: str, kind: str, what: Any) -> None:
        self._queue.put((role, kind, what))
        with self._lock, contextlib.suppress(BlockingIOError):
            if not self._closed:  # a role that was given up speaks after the end
                os.write(self._wake, b".")

    def take(self) -> list[tuple[str, str, Any]]:
        with contextlib.suppress(BlockingIOError):
            os.read(self.fd, 4096)
        taken = []
        while not self._queue.empty():
            taken.append(self._queue.get())
        return taken

    def close(self) -> None:
        with self._lock:
            self._closed = True
            os.close(self.fd)
            os.close(self._wake)


class _RawRole(threading.Thread):
    """A raw role in its thread. It ends when its function does, fails, or is cancelled.

    One that hears of neither deadline nor cancellation, since it is in its own code and in no call of ``r``, is
    interrupted there; what even that does not end (it waits in the kernel) is left behind and ends with the harness.
    """

    def __init__(
        self, role: Role, seconds: float, path_dir: Path, published: Mapping[str, Any], news: _News
    ) -> None:
        super().__init__(name=f"raw role {role.name}", daemon=True)
        self._role = role
        self._news = news
        self._values = {need: published[need] for need in role.needs}
        self._told, self._tell = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._is_cancelled = False
        deadline = time.monotonic() + seconds
        self.stuck_at = deadline + _RAW_GRACE
        self._r = Raw(
            deadline=deadline,
            path_dir=path_dir,
            publish=functools.partial(news.tell, role.name, "publish"),
            lookup=published.get,
            news=self._told,
            cancelled=lambda: self._is_cancelled,
        )

    def run(self) -> None:
        try:
            self._role.function(self._r, **self._values)
        except RawCancelled:
            pass
        except _MISTAKES as error:
            place = self._place(traceback.walk_tb(error.__traceback__))
            self._news.tell(
                self._role.name, "mistake", f"the case is wrong: {place}: {type(error).__name__}: {error}"
            )
        except Exception as error:  # noqa: BLE001 - whatever a case raises
            self._news.tell(self._role.name, "raw", f"{type(error).__name__}: {error}")
        finally:
            self._r.close_all()
            self._news.tell(self._role.name, "ended", None)

    def tell(self) -> None:
        """There are new published values."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._tell, b".")

    def cancel(self) -> None:
        """Make its next or current call the last."""
        self._is_cancelled = True
        self.tell()

    def end(self) -> bool:
        """Whether the thread ends, within a second, now that it is cancelled; called once, by the pairing."""
        self.join(_RAW_GRACE)
        if self.is_alive():
            thread, reason = ctypes.c_ulong(self.ident or 0), ctypes.py_object(RawCancelled)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, reason)
            self.join(_RAW_GRACE)
        if self.is_alive():
            self._r.close_all()
            return False
        os.close(self._told)
        os.close(self._tell)
        return True

    def place(self) -> str:
        """Where in the case it is: file and line."""
        frame = sys._current_frames().get(self.ident or 0)
        return self._place(reversed(list(traceback.walk_stack(frame))))

    def _place(self, frames: Iterable[tuple[FrameType, int]]) -> str:
        """The innermost of ``frames``, the outermost first, that is the case's own code."""
        file = self._role.function.__code__.co_filename
        lines = [line for frame, line in frames if frame.f_code.co_filename == file]
        return f"{Path(file).name}:{lines[-1]}" if lines else f"an unknown line of {Path(file).name}"


def _supervisor_fault(line: bytes) -> str | None:
    """The text of a supervisor's own ``{"kind":"fault","label":…,"stderr":…}`` line."""
    if b'"fault"' not in line:
        return None
    with contextlib.suppress(ValueError):
        data = json.loads(line)
        if isinstance(data, dict) and data.get("kind") == "fault":
            why = cause(str(data.get("stderr") or ""))
            return f"{data.get('label')}: {why}" if why else str(data.get("label"))
    return None
