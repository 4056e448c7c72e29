"""reference: how many runs a verdict rests on. session: what a further version of Node does to a case."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.config import Config
from conformance.judge import reference
from conformance.judge.session import Session
from conformance.judge.verdict import Exit, Outcome, Result, Verdict
from conformance.language.case import Case
from conformance.language.collect import collect_file
from conformance.play.runner import PairingTrace
from tests.conformance.tell.test_report import REFERENCE, SUBJECT, Scripted
from tests.conformance.traces import ending, note

CASE = """
from conformance import case


@case(about="a number")
def number(t):
    t.note("n", 1)
"""


class Scene:
    """A session with made-up runs: ``plays`` says by its name what number a player notes in each of its runs."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, **plays: Any) -> None:
        (directory / "made_up.py").write_text(CASE)
        self.case = collect_file(directory / "made_up.py")[0]
        self.directory = directory
        self.runs: dict[str, int] = {}
        self.plays = {"node": lambda run: 1, **plays}
        monkeypatch.setattr(reference, "SAMPLE", 0)

    def play(self, case: Case, players: Any, run_dir: Path, deadline: float) -> PairingTrace:
        name = players["main"].name
        self.runs[name] = self.runs.get(name, 0) + 1
        run = PairingTrace(case.id, {"main": name}, path_dir=str(run_dir))
        run.roles = {"main": [one.to_json() for one in (note("n", self.plays[name](self.runs[name])), *ending())]}
        return run

    def judge(self, subjects: tuple[str, ...] = ("python",), **versions: str) -> Outcome:
        config = Config(output=self.directory / "out", repeat=3, confirm=4, rerun=2, jobs=1, cache=False)
        session = Session(
            config,
            Scripted("node", {**REFERENCE, "name": "node"}),
            [Scripted(name, SUBJECT) for name in subjects],
            self.directory,
            versions=[Scripted(name, {"name": "node", "version": version}) for name, version in versions.items()],
            play=self.play,
        )
        return session.run([(self.case, session.pairings(self.case))], lambda result: None)


def test_one_run_is_enough_for_a_subject_that_equals_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, monkeypatch, python=lambda run: 1)
    outcome = scene.judge()
    assert [(one.verdict, one.reference_runs) for one in outcome.results] == [(Verdict.CONFORMANT, 1)] * 2
    assert scene.runs == {"node": 1, "python": 1}


def test_a_difference_asks_for_all_runs_and_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, monkeypatch, python=lambda run: 2)
    outcome = scene.judge()
    assert [one.verdict for one in outcome.results] == [Verdict.CONFORMANT, Verdict.DIVERGENT]
    assert [one.reference_runs for one in outcome.results] == [7, 7]
    assert scene.runs == {"node": 7, "python": 2}


def test_what_the_reference_did_once_it_may_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subject that equals the first run is conformant; one that does not learns that the reference varies."""
    scene = Scene(tmp_path, monkeypatch, node=lambda run: run, python=lambda run: 1, other=lambda run: 9)
    outcome = scene.judge(("python", "other"))
    verdicts = {one.pairing: (one.verdict, one.reference_runs) for one in outcome.results}
    assert verdicts == {
        "python": (Verdict.CONFORMANT, 1),
        "other": (Verdict.UNSTABLE, 3),
        "node": (Verdict.UNSTABLE, 3),
    }


def test_a_case_in_the_sample_gets_all_its_runs_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, monkeypatch, node=lambda run: run, python=lambda run: 1)
    monkeypatch.setattr(reference, "SAMPLE", 1)
    assert [one.verdict for one in scene.judge().results] == [Verdict.UNSTABLE, Verdict.UNSTABLE]
    assert scene.runs["node"] == 3


# Versions


def of(outcome: Outcome, pairing: str) -> Result:
    return next(one for one in outcome.results if one.pairing == pairing)


def test_a_version_that_differs_is_shown_and_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, monkeypatch, python=lambda run: 1, node20=lambda run: 2, node22=lambda run: 1)
    outcome = scene.judge(node20="20.20.2", node22="22.23.3")
    assert (of(outcome, "node20").word, of(outcome, "node22").word) == ("differing", "conformant")
    assert (outcome.totals.differing, outcome.totals.divergent, outcome.exit) == (1, 0, Exit.CONFORMANT)


@pytest.mark.parametrize(
    ("skip_unless", "does", "verdict", "words"),
    [
        ("node>=22", 2, Verdict.SKIPPED, "needs node>=22, the reference is node 20.20.2; Node 20.20.2 differs: "),
        ("node>=22", 1, Verdict.ERRORED, "skip_unless='node>=22' leaves out Node 20.20.2, which does the same"),
        ("node>=20", 2, Verdict.ERRORED, "skip_unless='node>=20' lets Node 20.20.2 play, which differs: "),
        ("node>=20", 1, Verdict.CONFORMANT, ""),
    ],
)
def test_a_requirement_that_the_versions_contradict_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skip_unless: str, does: int, verdict: Verdict, words: str
) -> None:
    scene = Scene(tmp_path, monkeypatch, python=lambda run: 1, node20=lambda run: does)
    scene.case = replace(scene.case, skip_unless=skip_unless)
    outcome = scene.judge(node20="20.20.2")
    found = of(outcome, "node20")
    assert found.verdict is verdict and words in found.reason
    assert outcome.exit is (Exit.UNAVAILABLE if verdict is Verdict.ERRORED else Exit.CONFORMANT)
