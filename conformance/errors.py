"""Errors of the harness that a user is told in one line."""

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


def _shown(file: Path) -> Path:
    try:
        return file.resolve().relative_to(Path.cwd())
    except ValueError:
        return file
