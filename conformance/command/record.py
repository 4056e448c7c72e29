"""``record``: the reference's runs of each case, for runs where there is no Node."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

import click

from conformance.command.ending import terminated_like_interrupted
from conformance.command.options import select, selects_cases, with_settings
from conformance.config import Config
from conformance.errors import writing
from conformance.judge.pairing import Pairing, pairings
from conformance.judge.session import Session
from conformance.judge.verdict import Result, Verdict
from conformance.language.case import Case
from conformance.play.recordings import Recordings
from conformance.play.runner import PairingTrace
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.rundir import RunDirectory
from conformance.play.subjects.supervised import POOL
from conformance.tell.console import Reporter
from conformance.tell.printable import one_line


@click.command()
@selects_cases
@with_settings("node", "recordings", "repeat", "confirm", "jobs", "deadline", "output", "cache", "no_cache")
def record(globs: Sequence[str], keywords: str, config: Config) -> NoReturn:
    """Record the reference: as many runs of Node as a verdict may need, for `run --reference recorded`.

    Exits 3 if Node does not get through a case; that case is not recorded.
    """
    config, wanted = replace(config, reference="live"), config.repeat + config.confirm
    items = [(case, pairings(case)[:1]) for case, _ in select(globs, keywords, None, config)]
    roles = sum(len(case.roles) for case, _ in items)
    reference = NodeSubject(config.provider, config.version, min(roles, POOL))
    with terminated_like_interrupted(), RunDirectory() as run_dir, reference.opened(run_dir):
        described = reference.describe()
        recordings = Recordings(config.recordings, str(described.get("version")))

        def keep(case: Case, pairing: Pairing, runs: Sequence[PairingTrace], result: Result) -> None:
            if result.verdict is not Verdict.ERRORED:
                with writing(recordings.directory):
                    recordings.store(case, described, runs)

        click.echo(one_line(f"Node {described.get('version')} is recorded in {recordings.directory}"))
        if described.get("note"):
            click.echo(one_line(f"note: {described['note']}"))
        session = Session(config, reference, [], run_dir, keep=keep, first=wanted)
        outcome = session.run(items, Reporter(sys.stdout, {case.id: 1 for case, _ in items}, {}).result)
    recorded = sum(result.verdict in (Verdict.CONFORMANT, Verdict.UNSTABLE) for result in outcome.results)
    click.echo(f"recorded {recorded} of {len(items)} cases, {wanted} runs each: {outcome.totals}")
    if outcome.trouble is not None:
        click.echo(one_line(f"conformance: {outcome.trouble}"), err=True)
    sys.exit(outcome.exit)
