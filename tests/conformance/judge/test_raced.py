"""Raced: an item that diverges once and in none of its further runs is conformant, marked, and remembered."""

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.config import Config
from conformance.judge import reference
from conformance.judge.session import Session
from conformance.judge.verdict import Exit, KnownDivergence, Outcome, Verdict
from conformance.language.case import Case
from conformance.language.collect import collect_file
from conformance.play.runner import Fault, PairingTrace
from conformance.tell import flakes, traces
from conformance.tell.console import describe, summary
from conformance.tell.document import SCHEMA, document, write_junit
from conformance.tell.html import write_html
from tests.conformance.tell.test_report import REFERENCE, SIDES, SUBJECT, Scripted
from tests.conformance.traces import ending, note

CASE_FILE = """
from conformance import case


@case(about="a note after a while")
def timed(t):
    t.timeout(10, lambda: t.note("n", 1))


@case(about="a note at once")
def plain(t):
    t.note("n", 1)
"""

CONFORMANT, DIVERGENT, FAULTY = "conformant", "divergent", "faulty"


class Scene:
    """A session whose subject does in each run what ``script`` says next, and whose reference ``varies`` or not."""

    def __init__(self, directory: Path, script: list[str], *, case: str = "plain", varies: bool = False) -> None:
        (directory / "made_up.py").write_text(CASE_FILE)
        self.case = next(one for one in collect_file(directory / "made_up.py") if one.name == case)
        self.output = directory / "out"
        self.script = list(script)
        self.varies = varies
        self.reference_runs = 0
        self.known: tuple[KnownDivergence, ...] = ()

    def play(self, case: Case, players: Any, run_dir: Path, deadline: float) -> PairingTrace:
        names = {role: player.name for role, player in players.items()}
        value, run = 1, PairingTrace(case.id, names, path_dir=str(run_dir))
        if "python" in names.values():
            does = self.script.pop(0)
            value = 2 if does == DIVERGENT else 1
            if does == FAULTY:
                run.faults.append(Fault("start", "main", "no process"))
        else:
            self.reference_runs += 1
            value = self.reference_runs if self.varies else 1
        run.roles = {"main": [one.to_json() for one in (note("n", value), *ending())]}
        return run

    def run(self, **settings: Any) -> Outcome:
        config = Config(output=self.output, repeat=2, confirm=1, jobs=1, cache=False, **settings)
        session = Session(
            config,
            Scripted("node", REFERENCE),
            [Scripted("python", SUBJECT)],
            self.output,
            known=self.known,
            keep=lambda *arguments: traces.write(self.output, *arguments),
            play=self.play,
        )
        return session.run([(self.case, session.pairings(self.case))], lambda result: None)


def test_an_item_that_diverges_once_has_raced(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [DIVERGENT, *[CONFORMANT] * 10])
    outcome = scene.run()
    _, result = outcome.results
    assert result.verdict is Verdict.CONFORMANT and not result.differences and not scene.script
    assert result.raced is not None and (result.raced.runs, result.raced.diverged) == (11, 1)
    assert "expected 1, got 2" in result.raced.difference.message
    assert outcome.exit is Exit.CONFORMANT and outcome.totals.raced == 1
    assert "2 conformant (1 raced)" in summary(outcome, 1.0)[0]
    said = "\n".join(map(str, describe(result, None)))
    assert "RACED made_up/plain[python]" in said and "diverged in 1 of 11 runs: main: note n" in said
    data = document(outcome, SIDES)
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert data["cases"][1]["raced"]["first_difference"]["got"] == 2 and "raced" not in data["cases"][0]
    write_junit(tmp_path / "junit.xml", outcome, {})
    write_html(scene.output, outcome, data, {}, {})
    assert "diverged in 1 of 11 runs" in (scene.output / "index.html").read_text()
    recorded = traces.read(scene.output, "made_up/plain", "python")
    assert recorded is not None and recorded.traces["main"].steps[0].args == [2]  # the run that diverged


@pytest.mark.parametrize("second", range(1, 11))
def test_an_item_that_diverges_twice_is_divergent(tmp_path: Path, second: int) -> None:
    scene = Scene(tmp_path, [DIVERGENT, *[CONFORMANT] * (second - 1), DIVERGENT])
    outcome = scene.run()
    result = outcome.results[1]
    assert result.verdict is Verdict.DIVERGENT and result.raced is None and not scene.script
    assert outcome.exit is Exit.DIVERGENT


def test_a_machine_that_fails_on_the_way_excuses_nothing(tmp_path: Path) -> None:
    result = Scene(tmp_path, [DIVERGENT, CONFORMANT, FAULTY]).run().results[1]
    assert result.verdict is Verdict.DIVERGENT and result.raced is None


def test_no_further_runs_where_none_are_wanted_or_the_divergence_is_known(tmp_path: Path) -> None:
    assert Scene(tmp_path, [DIVERGENT]).run(rerun=0).results[1].verdict is Verdict.DIVERGENT
    scene = Scene(tmp_path, [DIVERGENT])
    scene.known = (KnownDivergence("made_up/plain", "python", "so be it"),)
    assert scene.run().results[1].accepted == "so be it"


def test_a_case_that_depends_on_time_is_said_to_if_the_reference_varies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "SAMPLE", 1)
    timed = Scene(tmp_path, [CONFORMANT], case="timed", varies=True).run().results
    assert [result.verdict for result in timed] == [Verdict.UNSTABLE, Verdict.UNSTABLE]
    for result in timed:
        assert "varies in the reference" in result.reason
        assert "the case depends on time (timeout), so this may be the machine (load " in result.reason
    plain = Scene(tmp_path, [CONFORMANT], varies=True).run().results
    assert plain[0].verdict is Verdict.UNSTABLE and "depends on time" not in plain[0].reason


# flakes.json


def raced(tmp_path: Path) -> Outcome:
    return Scene(tmp_path, [DIVERGENT, *[CONFORMANT] * 10]).run()


def test_flakes_are_kept_over_runs(tmp_path: Path) -> None:
    path = tmp_path / "flakes.json"
    flakes.record(path, Scene(tmp_path, [CONFORMANT]).run().results)
    assert not path.exists()
    flakes.record(path, raced(tmp_path).results)
    flakes.record(path, Scene(tmp_path, [CONFORMANT]).run().results)
    flakes.record(path, raced(tmp_path).results)
    flakes.record(path, Scene(tmp_path, [DIVERGENT, DIVERGENT]).run().results)  # says nothing of a race
    (entry,) = json.loads(path.read_text())["flakes"]
    assert (entry["id"], entry["runs"], entry["diverged"]) == ("made_up/plain[python]", 23, 2)
    assert entry["rate"] == round(2 / 23, 6)
    assert [set(seen) for seen in entry["seen"]] == [{"at", "commit", "load", "runs", "difference"}] * 2
    assert entry["seen"][0]["load"] >= 0 and "expected 1, got 2" in entry["seen"][0]["difference"]


def test_an_unreadable_history_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "flakes.json"
    path.write_text("{")
    flakes.record(path, raced(tmp_path).results)
    assert len(json.loads(path.read_text())["flakes"]) == 1
    assert (tmp_path / "flakes.json.unreadable").read_text() == "{"


def test_the_commit_is_that_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert flakes.commit() is None
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@y", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout
    assert flakes.commit() == head.strip()
