"""Cases as pytest items: one per case and pairing, ``net/half_open/server_writes_after_fin[python-node]``.

``pytest conformance -n auto -k half_open`` runs the built-in cases; another project names its own in the
ini setting ``conformance_files`` (globs, relative to its root) or gives a case file on the command line.
Every process, so every xdist worker, has a Node and a subject of its own, opened when its first item runs;
the reference runs of a case are shared by its items there. Settings come from where ``python -m
conformance`` takes them.

Loaded in every pytest run where this package is installed, so nothing of the harness is imported, and nothing
costs more than a comparison of strings, before there is a case to collect.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.config import Config
    from conformance.judge.pairing import Pairing
    from conformance.judge.session import Session
    from conformance.judge.verdict import KnownDivergence, Result
    from conformance.language.case import Case

CASES = Path(__file__).parent / "cases"

#: The name of the user property that carries an item's verdict.
PROPERTY = "conformance"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("conformance_files", "Globs of conformance case files, relative to the root.", "args", [])
    group = parser.getgroup("conformance", "conformance with real Node.js")
    group.addoption("--conformance-node", metavar="WHICH", help="docker, local, a version, or docker,22.")
    group.addoption("--conformance-subject", metavar="NAME", help="What is compared (default: python).")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Run(config), "conformance-run")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    if file_path.suffix != ".py" or not _is_case_file(file_path, parent):
        return None
    return CaseFile.from_parent(parent, path=file_path)


def _is_case_file(path: Path, parent: pytest.Collector) -> bool:
    if path.parent.parent == CASES:
        return not path.name.startswith("_")
    globs = parent.config.getini("conformance_files")
    if globs:
        with contextlib.suppress(ValueError):
            relative = path.relative_to(parent.config.rootpath).as_posix()
            if any(fnmatch.fnmatchcase(relative, pattern) for pattern in globs):
                return True
    if parent.session.isinitpath(path):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = path.read_text(encoding="utf-8")
            return "@case(" in text and "from conformance import" in text
    return False


class CaseFile(pytest.File):
    """A file of cases."""

    def collect(self) -> Iterator[CaseItem]:
        from conformance.config import ConfigError
        from conformance.errors import CollectionError
        from conformance.judge.pairing import pairings
        from conformance.language.collect import collect_file

        try:
            settings = _run_of(self.config).settings()
            subjects, versions = settings.subject_names, settings.version_names
            recorded = settings.reference == "recorded"
            for case in collect_file(self.path):
                for pairing in pairings(case, subjects=subjects, versions=versions, recorded=recorded):
                    item = CaseItem.from_parent(
                        self, name=f"{case.id}[{pairing.name}]", case=case, pairing=pairing
                    )
                    # With --dist loadgroup all items of a case go to one worker and share its reference runs.
                    item.add_marker(pytest.mark.xdist_group(case.id))
                    yield item
        except (CollectionError, ConfigError) as error:
            raise self.CollectError(str(error)) from None


class NotConformant(Exception):
    """The item's verdict is a failure; ``result`` says which."""

    def __init__(self, result: Result, lines: list[str]) -> None:
        super().__init__(result.reason)
        self.lines = lines


class CaseItem(pytest.Item):
    """A case in one pairing."""

    def __init__(self, *, case: Case, pairing: Pairing, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.case = case
        self.pairing = pairing

    def setup(self) -> None:
        """Open the session: where that fails it is an error, not a failure."""
        _run_of(self.config).session()

    def runtest(self) -> None:
        from conformance.judge.verdict import Verdict
        from conformance.tell.console import describe
        from conformance.tell.printable import one_line

        run = _run_of(self.config)
        session = run.session()
        result = session.judge(self.case, self.pairing)
        self.user_properties.append((PROPERTY, result.verdict.value))
        if result.verdict is Verdict.SKIPPED:
            pytest.skip(one_line(result.reason))
        if result.accepted is not None:
            pytest.xfail(one_line(f"{result.accepted}: {result.reason}"))
        if result.fails:
            lines = [str(line) for line in describe(result, self._command("pytest"))]
            raise NotConformant(result, [*lines, f"  traces: {self._command('conformance', 'diff')}"])
        if result.verdict is Verdict.UNSTABLE:
            self.add_report_section("call", "conformance", one_line(f"unstable: {result.reason}"))
        if result.raced is not None:
            self.add_report_section("call", "conformance", one_line(f"raced: {result.raced}"))
            self.user_properties.append((PROPERTY, "raced"))
        entry = next((known for known in session.known if self._is_exactly(known)), None)
        if entry is not None and result.verdict is Verdict.CONFORMANT and not entry.intermittent:
            raise NotConformant(result, [f"{entry} in {entry.file.name} no longer diverges: remove it"])

    def _command(self, module: str, *verb: str) -> str:
        """The command that plays this item again, or shows its traces, for a shell in the directory of this run."""
        from conformance.tell.console import address

        config, settings = self.config, _run_of(self.config).settings()
        if verb:
            words = [*verb, address(self.case), "--pairing", self.pairing.name, "--output", str(settings.output)]
            words += ["--subject", settings.subject]
        else:
            file = os.path.relpath(self.path, config.invocation_params.dir)
            words = [f"{file}::{self.name}"]
            for option in ("--conformance-node", "--conformance-subject"):
                words += [option, value] if (value := config.getoption(option)) else []
        return shlex.join([sys.executable, "-m", module, *words])

    def _is_exactly(self, entry: KnownDivergence) -> bool:
        return (entry.case, entry.pairing) == (self.case.id, self.pairing.name)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from conformance.config import ConfigError
        from conformance.errors import OutputError
        from conformance.play.subjects.base import SubjectUnavailable
        from conformance.tell.printable import one_line

        if isinstance(excinfo.value, NotConformant):
            return "\n".join(excinfo.value.lines)
        if isinstance(excinfo.value, SubjectUnavailable | ConfigError | OutputError):
            return one_line(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.case.line - 1, self.name


class _Run:
    """What one process needs for its items: the settings, the session once there is one, and what it says
    of itself."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._stack = contextlib.ExitStack()
        self._settings: Config | None = None
        self._session: Session | None = None
        self._failure: BaseException | None = None
        self._headlines: list[str] = []

    def settings(self) -> Config:
        """The settings, read at the first item. Raises ``ConfigError``."""
        from dataclasses import replace

        from conformance import config as settings

        if self._settings is None:
            found = settings.load(self._config.rootpath)
            node = self._config.getoption("--conformance-node")
            subject = self._config.getoption("--conformance-subject")
            found = found.with_node(node) if node else found
            output = self._config.rootpath / found.output
            self._settings = replace(found, subject=subject or found.subject, output=output)
        return self._settings

    def session(self) -> Session:
        """The open session. A failure to open it is remembered: one try is enough for all items."""
        from conformance.opening import opened
        from conformance.tell.console import headlines
        from conformance.tell.place import last

        if self._failure is not None:
            raise self._failure
        if self._session is None:
            try:
                self._session = self._stack.enter_context(opened(self.settings(), last(self.settings().output)))
            except Exception as error:
                self._failure = error
                raise
            self._headlines += headlines(self._session.sides())
        return self._session

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        self._stack.close()
        output = getattr(self._config, "workeroutput", None)  # there in an xdist worker
        if output is not None:
            output[PROPERTY] = self._headlines

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        self._headlines += getattr(node, "workeroutput", {}).get(PROPERTY, [])

    def pytest_report_teststatus(self, report: pytest.TestReport) -> Any:
        """Unstable and errored are not passed and not failed: they are counted by their own names. So is raced."""
        if report.when != "call":
            return None
        verdict = dict(report.user_properties).get(PROPERTY)
        if verdict == "unstable" and report.passed:
            return "unstable", "u", ("UNSTABLE", {"yellow": True})
        if verdict == "raced" and report.passed:
            return "raced", "r", ("RACED", {"yellow": True})
        if verdict == "errored":
            return "errored", "E", ("ERRORED", {"red": True})
        return None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for report in terminalreporter.stats.get("errored", []):
            terminalreporter.section(report.nodeid, "_", red=True)
            terminalreporter.line(str(report.longrepr))
        for word in ("unstable", "raced"):
            for report in terminalreporter.stats.get(word, []):
                for _, text in report.sections:
                    terminalreporter.line(f"{word.upper()} {report.nodeid}: {text}")
        for line in dict.fromkeys(self._headlines):
            terminalreporter.line(line)


def _run_of(config: pytest.Config) -> _Run:
    run = config.pluginmanager.get_plugin("conformance-run")
    assert isinstance(run, _Run)
    return run
