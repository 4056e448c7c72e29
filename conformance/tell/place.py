"""Where a run writes: a whole one to ``<output>/``, a partial one to ``<output>/last/``. Neither overwrites the other.

A run is whole when all cases were selected and all were judged. Until it ends it is under ``<output>/unfinished/``,
where ``--resume`` finds it even after the harness was killed.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

#: The reports of a run, in the directory it writes to. Its traces are beside them.
REPORTS = ("report.json", "report.md", "junit.xml", "index.html", "cases")

_TRACES = "traces"


def last(output: Path) -> Path:
    """Where a partial run writes."""
    return output / "last"


def unfinished(output: Path) -> Path:
    """Where a whole run is until it ends."""
    return output / "unfinished"


def clear(directory: Path) -> None:
    """Make the directory and remove the reports of an earlier run from it. Raises ``OSError``."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in REPORTS:
        _remove(directory / name)


def finish(output: Path) -> None:
    """Move a whole run that has ended from ``unfinished`` to ``output``. Raises ``OSError``."""
    source = unfinished(output)
    for path in sorted(source.iterdir()):
        _remove(output / path.name)
        path.rename(output / path.name)
    source.rmdir()


def show_unfinished(output: Path) -> None:
    """Show the traces of a whole run that was interrupted under ``last`` too, without a second copy of their bytes."""
    source, target = unfinished(output) / _TRACES, last(output) / _TRACES
    _remove(target)
    if source.is_dir():
        with contextlib.suppress(OSError):  # a page without its traces is better than no page
            shutil.copytree(source, target, copy_function=_link)


def add_traces(source: Path, target: Path) -> None:
    """Show the traces of one run under another directory too, without a second copy of their bytes."""
    if (source / _TRACES).is_dir():
        shutil.copytree(source / _TRACES, target / _TRACES, copy_function=_link, dirs_exist_ok=True)


def write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(text)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


class Reserve:
    """Room on the disk for the results and reports of a run, given back when nothing else fits any more."""

    def __init__(self, directory: Path, size: int) -> None:
        self._path = directory / ".reserve"
        self._size = size

    def take(self) -> None:
        """Reserve ``size`` bytes. Raises ``OSError``."""
        fd = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(fd, 0, self._size)
        except BaseException:
            self.release()
            raise
        finally:
            os.close(fd)

    def release(self) -> None:
        """Give the room back; any number of times."""
        with contextlib.suppress(OSError):
            self._path.unlink()


def _link(source: str, target: str) -> str:
    try:
        Path(target).unlink(missing_ok=True)
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
