"""Opening a session: the run directory, the reference and the subject, closed again whatever happens."""

import contextlib
import fnmatch
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from conformance.config import Config, ConfigError
from conformance.judge.session import Session
from conformance.judge.verdict import KNOWN_DIVERGENCES, KnownDivergence, load_known_divergences
from conformance.play.recordings import RecordedNode
from conformance.play.subjects.base import ENTRY_POINT_GROUP, Subject, SubjectUnavailable
from conformance.play.subjects.command import CommandSubject
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.packaged import PackagedSubject
from conformance.play.subjects.python import PythonSubject
from conformance.play.subjects.rundir import RunDirectory
from conformance.play.subjects.runtimes import RUNTIMES
from conformance.play.subjects.supervised import POOL
from conformance.tell import traces

#: The words for the built-in subjects.
SUBJECTS = ("python", "node:VERSION", "bun", "bun@VERSION", "deno", "deno@VERSION", "cmd:COMMAND", "program:COMMAND")

_PACKAGED = re.compile(r"(?P<runtime>bun|deno)(?:@(?P<version>v?\d+(?:\.\d+){0,2}|\d+\.\d+\.\d+-[\w.]+))?")


def subject_named(
    name: str, provider: str | None = None, pool: int = POOL, executed: Path | None = None
) -> Subject:
    """The subject of that name: one of ``SUBJECTS``, or one that a package offers.

    ``pool`` of its processes wait ready, if it is one that has a pool. Under ``executed`` the roles of ``python`` leave
    what they executed. Raises ``ConfigError`` for an unknown name, ``SubjectUnavailable`` if what it runs on is not
    installed.
    """
    if name == "python":
        package = package_of_python()
        if package is None:
            raise SubjectUnavailable(
                "the subject \"python\" needs nodesock: pip install 'nodesock-conformance[python]'"
            )
        return PythonSubject(executed=executed, package=package)
    kind, _, version = name.partition(":")
    if kind == "node" and version:
        return NodeSubject(provider, version, pool, f"node{version}")
    packaged = _PACKAGED.fullmatch(name)
    if packaged is not None:
        return PackagedSubject(RUNTIMES[packaged["runtime"]], provider, packaged["version"], pool)
    if kind in ("cmd", "program"):
        try:
            return CommandSubject(kind, version, with_stage=kind == "cmd", pool=pool)
        except ValueError as error:
            raise ConfigError(f"subject: {name!r} is no command line: {error}") from None
    from importlib.metadata import entry_points  # costs more than the built-in subjects need

    offered = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if name not in offered:
        raise ConfigError(
            f"subject: there is no {name!r}; there are {', '.join([*SUBJECTS, *offered])}"
        )
    try:
        subject = offered[name].load()()
    except Exception as error:  # noqa: BLE001 -- another package's code: its failure is one line, like any other
        raise SubjectUnavailable(f"{name} cannot be loaded: {type(error).__name__}: {error}") from None
    if not isinstance(subject, Subject):
        raise SubjectUnavailable(
            f"{name} is no subject: {offered[name].value} lacks what conformance.play.subjects.base asks for"
        )
    return subject


def package_of_python() -> Path | None:
    """The directory of the package that the subject ``python`` runs, if it is installed."""
    found = find_spec("nodesock")
    return Path(found.origin).resolve().parent if found is not None and found.origin else None


def known_divergences(config: Config) -> tuple[KnownDivergence, ...]:
    """The accepted deviations of the configured subjects: those of ``known-divergences`` and those that each profile
    expects. nodesock's own list holds for nodesock alone, where there is no other."""
    found = () if config.known_divergences is None else load_known_divergences(config.known_divergences)
    for name in config.subject_names:
        expect = config.profile_of(name).expect
        if expect is None and name == "python" and config.known_divergences is None:
            expect = KNOWN_DIVERGENCES
        if expect is not None:
            entries = load_known_divergences(expect)
            found += tuple(replace(one, subject=name) for one in entries if fnmatch.fnmatchcase(name, one.subject))
    return found


@contextlib.contextmanager
def opened(
    config: Config,
    keep: Path | None = None,
    *,
    roles: int = POOL,
    only: Collection[str] | None = None,
    executed: Path | None = None,
) -> Iterator[Session]:
    """A session with everything open, which keeps its traces under ``keep``.

    ``roles`` is how many processes of each can be of use at once, ``only`` the names of the subjects and versions that
    are needed, all without it. Under ``executed`` the roles of ``python`` leave what they executed. Raises
    ``ConfigError`` or ``SubjectUnavailable`` before anything runs.
    """
    known = known_divergences(config)
    pool = min(roles, POOL)
    subjects = [
        subject_named(word, config.provider, pool, executed)
        for word, name in zip(config.subjects, config.subject_names, strict=True)
        if only is None or name in only
    ]
    versions: list[Subject] = [
        NodeSubject(config.provider, version, pool, name)
        for version, name in zip(config.further_versions, config.version_names, strict=True)
        if only is None or name in only
    ]
    reference: Subject
    if config.reference == "recorded":
        reference = RecordedNode(config.recordings, config.version)
    else:
        reference = NodeSubject(config.provider, config.version, pool)
    with contextlib.ExitStack() as stack:
        run_dir = stack.enter_context(RunDirectory())
        for one in (reference, *subjects, *versions):
            stack.callback(one.close)  # before it is open: an open that fails half-way is closed as well
            one.open(run_dir)
        keeper = traces.Keeper(keep, everything=config.traces == "all") if keep is not None else None
        session = Session(config, reference, subjects, run_dir, versions=versions, known=known, keep=keeper)
        stack.callback(
            session.stopping.set
        )  # a judge that still runs must not take the closing for a verdict
        yield session
