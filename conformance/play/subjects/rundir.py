"""The run directory, which the harness and its subjects share.

A container sees two parts of it: its own subject's directory and ``p``, where the directories of the roles lie.
Unix socket paths hold 107 bytes at most, so the directory lies near the root. It is locked while its harness
lives; directories whose harness died without tidying up are swept away by the next one.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType

_PREFIX = "cf-"
_LOCK = "harness.lock"


class RunDirectory:
    """A context manager that makes the directory and removes it, with whatever a killed predecessor left."""

    def __init__(self, base: Path | None = None) -> None:
        self._base = base or _short_base()
        self._lock: int | None = None
        self.path = Path()

    def __enter__(self) -> Path:
        _sweep(self._base)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._base))
        # Locked before it has its name: another harness that sweeps must never find it unlocked.
        unnamed = self.path / f"{_LOCK}.new"
        self._lock = os.open(unnamed, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unnamed.rename(self.path / _LOCK)
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __repr__(self) -> str:
        return f"<RunDirectory {self.path}>"


def roles_directory(run_dir: Path) -> Path:
    """The part of a run directory in which each pairing has a directory for its roles (``t.path``)."""
    directory = run_dir / "p"
    directory.mkdir(exist_ok=True)
    return directory


def is_abandoned(directory: Path) -> bool:
    """Whether that run directory's harness is gone."""
    try:
        fd = os.open(directory / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return not directory.exists() or directory.stat().st_mtime < time.time() - 60
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _short_base() -> Path:
    base = Path(tempfile.gettempdir())
    return base if len(os.fsencode(base)) <= 30 else Path("/tmp")


def _sweep(base: Path) -> None:
    for directory in base.glob(f"{_PREFIX}????????"):
        with contextlib.suppress(OSError):
            if directory.stat().st_uid == os.getuid() and is_abandoned(directory):
                shutil.rmtree(directory, ignore_errors=True)
