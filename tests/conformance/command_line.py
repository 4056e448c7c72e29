"""The command line in a directory of its own, for tests of what it prints and how it ends."""

from pathlib import Path
from typing import NamedTuple

import pytest

from conformance.cli import main


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class CommandLine:
    """Runs commands in the directory ``place``, on a local Node."""

    def __init__(
        self, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(place)
        monkeypatch.setenv("CONFORMANCE_NODE", "local")
        self.place = place
        self.output = place / "build/conformance"
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ran:
        """The exit code and all that the command printed."""
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = self._capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    def judge(self, *arguments: str) -> Ran:
        """``run`` with as few runs as a verdict takes."""
        return self("run", *arguments, "--repeat", "1", "--confirm", "0", "--rerun", "0", "--jobs", "1")

    def cases(self, name: str, good: int = 0, odd: int = 0) -> None:
        """Write a case file: so many conformant cases, then so many that diverge."""
        self.write_cases(self.place / name, good, odd)

    @staticmethod
    def write_cases(file: Path, good: int, odd: int) -> None:
        """The same for any path."""
        text = "from conformance import case\n"
        for number in range(good):
            text += f"\n\n@case(about='a note')\ndef good_{number}(t):\n    t.note('n', {number})\n"
        for number in range(odd):
            about = "about='they differ', fixtures={'main': 'surface.js'}"
            text += f"\n\n@case({about})\ndef odd_{number}(t):\n    t.note('surface', {number})\n"
        file.write_text(text)
