"""Opening a session: the run directory, the reference and the subject, closed again whatever happens."""

import contextlib
import fnmatch
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from conformance.config import Config, ConfigError
from conformance.errors import writing
from conformance.judge.session import Pairing, Session
from conformance.judge.verdict import KNOWN_DIVERGENCES, KnownDivergence, Result, load_known_divergences
from conformance.language.case import Case
from conformance.play.runner import PairingTrace
from conformance.play.subjects.base import ENTRY_POINT_GROUP, Subject, SubjectUnavailable
from conformance.play.subjects.node import POOL, NodeSubject
from conformance.play.subjects.python import PythonSubject
from conformance.play.subjects.rundir import RunDirectory
from conformance.tell import traces


def subject_named(name: str, provider: str | None = None) -> Subject:
    """The subject of that name: ``python`` (nodesock), ``node:VERSION``, or one that a package offers.

    Raises ``ConfigError`` for an unknown name, ``SubjectUnavailable`` if what it runs on is not installed.
    """
    if name == "python":
        if find_spec("nodesock") is None:
            raise SubjectUnavailable(
                "the subject \"python\" needs nodesock: pip install 'nodesock-conformance[python]'"
            )
        return PythonSubject()
    kind, _, version = name.partition(":")
    if kind == "node" and version:
        other = NodeSubject(provider, version)
        other.name = f"node{version}"
        return other
    from importlib.metadata import entry_points  # costs more than the built-in subjects need

    offered = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if name not in offered:
        raise ConfigError(
            f"subject: there is no {name!r}; there are {', '.join(['python', 'node:VERSION', *offered])}"
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


def known_divergences(config: Config) -> tuple[KnownDivergence, ...]:
    """The accepted deviations that hold for the configured subject: nodesock's own list only for nodesock."""
    path = config.known_divergences or (KNOWN_DIVERGENCES if config.subject == "python" else None)
    known = load_known_divergences(path) if path is not None else ()
    return tuple(entry for entry in known if fnmatch.fnmatchcase(config.subject, entry.subject))


@contextlib.contextmanager
def opened(config: Config, keep: Path | None = None, *, roles: int = POOL) -> Iterator[Session]:
    """A session with everything open, which keeps its traces under ``keep``.

    ``roles`` is how many Node processes can be of use at once. Raises ``ConfigError`` or ``SubjectUnavailable`` before
    anything runs.
    """
    known = known_divergences(config)
    subject = subject_named(config.subject, config.provider)
    reference: Subject = NodeSubject(config.provider, config.version, min(roles, POOL))
    with contextlib.ExitStack() as stack:
        run_dir = stack.enter_context(RunDirectory())
        for one in (reference, subject):
            stack.callback(one.close)  # before it is open: an open that fails half-way is closed as well
            one.open(run_dir)
        keeper = _keeper(keep) if keep is not None else None
        session = Session(config, reference, subject, run_dir, known=known, keep=keeper)
        stack.callback(
            session.stopping.set
        )  # a judge that still runs must not take the closing for a verdict
        yield session


def _keeper(directory: Path) -> Callable[[Case, Pairing, Sequence[PairingTrace], Result], None]:
    def keep(case: Case, pairing: Pairing, runs: Sequence[PairingTrace], result: Result) -> None:
        with writing(directory):
            traces.write(directory, case, pairing, runs, result)

    return keep
