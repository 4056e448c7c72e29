"""Errors of the harness that a user is told in one line."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


class CollectionError(Exception):
    """What is wrong with case files. ``str()`` has a line per fault: ``file:line: what is wrong``.

    ``file``, ``line`` and ``message`` are the first fault's; ``faults`` are all of them, this one included.
    """

    def __init__(self, file: Path | str, line: int, message: str) -> None:
        self.file = Path(file)
        self.line = line
        self.message = " ".join(message.split())
        self.faults: tuple[CollectionError, ...] = (self,)
        super().__init__(f"{_shown(self.file)}:{line}: {self.message}")

    def __str__(self) -> str:
        return "\n".join(str(fault.args[0]) for fault in self.faults)


class Faults:
    """Gathers the faults of case files, so that one collection reports all of them."""

    def __init__(self) -> None:
        self._found: dict[str, CollectionError] = {}

    def add(self, error: CollectionError) -> None:
        """Take the faults of ``error``; each counts once."""
        for fault in error.faults:
            self._found.setdefault(str(fault.args[0]), fault)

    @contextlib.contextmanager
    def gathered(self) -> Iterator[None]:
        """A block whose ``CollectionError`` is added and ends that block alone."""
        try:
            yield
        except CollectionError as error:
            self.add(error)

    def check(self) -> None:
        """Raise everything gathered as one ``CollectionError``, sorted by file and line."""
        faults = sorted(self._found.values(), key=lambda fault: (fault.file, fault.line))
        if faults:
            whole = CollectionError(faults[0].file, faults[0].line, faults[0].message)
            whole.faults = tuple(faults)
            raise whole


class NothingSelected(Exception):
    """A pattern that selects no case. ``str()`` is one line, with the nearest ids where there are any."""


class OutputError(Exception):
    """The output directory cannot be written, its disk is full say. ``str()`` is one line."""


@contextlib.contextmanager
def writing(output: Path) -> Iterator[None]:
    """For what writes to the output directory: its ``OSError`` becomes an ``OutputError``."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"output: {output} cannot be written: {error.strerror or error}") from None


def _shown(file: Path) -> Path:
    try:
        return file.resolve().relative_to(Path.cwd())
    except ValueError:
        return file
