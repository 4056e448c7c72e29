"""Several subjects in one run: a liar among them is found, and nobody else pays for it."""

from pathlib import Path

from conformance.config import Config
from conformance.judge.session import Session
from conformance.play.subjects.node import NodeSubject
from tests.conformance import liars
from tests.conformance.liars import once
from tests.conformance.test_liars import CASES, ERROR, judge_all, shift


def test_a_liar_among_several_subjects_is_found_and_nobody_else(
    local_node: NodeSubject, run_dir: Path, tmp_path: Path
) -> None:
    honest, liar = (
        liars.Liar(local_node, lie) for lie in (liars.honesty, once(ERROR, shift("args.0.errno")))
    )
    honest.name = "honest"
    session = Session(Config(cache=False, output=tmp_path, confirm=2), local_node, [honest, liar], run_dir)
    outcome = judge_all(session, CASES["refused"])
    assert [(result.pairing, str(result.verdict)) for result in outcome.results] == [
        ("node", "conformant"),
        ("honest", "conformant"),
        ("liar", "divergent"),
    ]
