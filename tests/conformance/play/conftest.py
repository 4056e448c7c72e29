"""Fixtures for roles forked from a warm parent."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.language.case import Case
from conformance.language.collect import collect_file
from conformance.play.subjects.python import PythonSubject
from tests.conformance.play.roles import CASE_FILE


@pytest.fixture
def case(tmp_path: Path) -> Case:
    file = tmp_path / "forked.py"
    file.write_text(CASE_FILE)
    return collect_file(file)[0]


@pytest.fixture
def with_stage(run_dir: Path) -> Iterator[Callable[[str], PythonSubject]]:
    """Opens a subject that plays by a stage of ``tests.conformance.stages``."""
    with contextlib.ExitStack() as stack:

        def opened(name: str) -> PythonSubject:
            subject = PythonSubject(stage=f"tests.conformance.stages:{name}")
            return stack.enter_context(subject.opened(run_dir))  # type: ignore[no-any-return]

        yield opened
