"""Errors of the harness that a user is told in one line."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


class CollectionError(Exception):
    """A case file that cannot be collected. ``str()`` is one line: ``file:line: what is wrong``."""

    def __init__(self, file: Path | str, line: int, message: str) -> None:
        self.file = Path(file)
        self.line = line
        self.message = " ".join(message.split())
        super().__init__(f"{_shown(self.file)}:{line}: {self.message}")


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
