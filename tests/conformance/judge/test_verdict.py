"""verdict: precedence, totals, exit codes, and the list of accepted deviations."""

from pathlib import Path

import pytest

from conformance.config import ConfigError
from conformance.judge.compare import Comparison, Difference, Instability
from conformance.judge.verdict import (
    Exit,
    KnownDivergence,
    Outcome,
    Result,
    Totals,
    Verdict,
    accept,
    judged,
    load_known_divergences,
    stale,
)

DIFFERENCE = Difference(
    "value", "main", "peer", 0, "args.0", 1, 2, "main: peer 'x' (#0) args.0: expected 1, got 2"
)
UNSTABLE = Instability("main", "peer", 0, "args.0", ("1", "2"))


def result(
    verdict: Verdict, case: str = "a/b", pairing: str = "python", accepted: str | None = None
) -> Result:
    differences = (DIFFERENCE,) if verdict is Verdict.DIVERGENT else ()
    return Result(
        case,
        pairing,
        verdict,
        "" if verdict is Verdict.CONFORMANT else "why",
        0.1,
        differences,
        accepted=accepted,
    )


def test_a_difference_outweighs_an_instability_and_nothing_is_conformant():
    assert judged(Comparison((DIFFERENCE,), (UNSTABLE,))) == (Verdict.DIVERGENT, DIFFERENCE.message)
    assert judged(Comparison((), (UNSTABLE, UNSTABLE)))[0] is Verdict.UNSTABLE
    assert judged(Comparison((), (UNSTABLE, UNSTABLE)))[1].endswith("(and 1 more)")
    assert judged(Comparison()) == (Verdict.CONFORMANT, "")


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], Exit.NOTHING_SELECTED),
        ([Verdict.CONFORMANT], Exit.CONFORMANT),
        ([Verdict.CONFORMANT, Verdict.SKIPPED, Verdict.UNSTABLE], Exit.CONFORMANT),
        ([Verdict.CONFORMANT, Verdict.DIVERGENT], Exit.DIVERGENT),
        ([Verdict.ERRORED, Verdict.CONFORMANT], Exit.UNAVAILABLE),
        ([Verdict.DIVERGENT, Verdict.ERRORED], Exit.UNAVAILABLE),
    ],
)
def test_exit_codes(verdicts: list[Verdict], expected: Exit) -> None:
    assert Outcome(tuple(map(result, verdicts))).exit is expected


def test_an_interruption_hides_everything_and_a_stale_entry_fails():
    entry = KnownDivergence("a/b", "python", "x")
    assert Outcome((result(Verdict.ERRORED),), interrupted=True).exit is Exit.INTERRUPTED
    assert Outcome((result(Verdict.CONFORMANT),), (entry,)).exit is Exit.DIVERGENT


def test_exit_codes_are_pytests():
    assert {code.name: int(code) for code in Exit} == {
        "CONFORMANT": int(pytest.ExitCode.OK),
        "DIVERGENT": int(pytest.ExitCode.TESTS_FAILED),
        "INTERRUPTED": int(pytest.ExitCode.INTERRUPTED),
        "UNAVAILABLE": int(pytest.ExitCode.INTERNAL_ERROR),
        "USAGE": int(pytest.ExitCode.USAGE_ERROR),
        "NOTHING_SELECTED": int(pytest.ExitCode.NO_TESTS_COLLECTED),
    }


def test_totals_count_accepted_deviations_apart():
    totals = Totals.of(
        [result(verdict) for verdict in Verdict] + [result(Verdict.DIVERGENT, accepted="fine")]
    )
    assert totals == Totals(1, 1, 1, 1, 1, 1)
    assert str(totals) == "1 conformant, 1 divergent, 1 accepted, 1 unstable, 1 skipped, 1 errored"
    assert str(Totals.of([result(Verdict.CONFORMANT)])) == "1 conformant, 0 divergent, 0 errored"


def test_accept_takes_divergent_items_only_and_by_glob():
    known = [KnownDivergence("a/*", "python-*", "because")]
    assert accept(result(Verdict.DIVERGENT, pairing="python-node"), known).accepted == "because"
    assert accept(result(Verdict.DIVERGENT, pairing="python"), known).accepted is None
    assert accept(result(Verdict.ERRORED, pairing="python-node"), known).accepted is None
    assert not accept(result(Verdict.DIVERGENT, pairing="python-node"), known).fails


ITEMS = [("a/b", "node"), ("a/b", "python"), ("a/c", "python")]


def test_stale_when_all_that_an_entry_covers_is_conformant():
    exact, glob = KnownDivergence("a/b", "python", "x"), KnownDivergence("a/*", "python", "x")
    conformant = [result(Verdict.CONFORMANT), result(Verdict.CONFORMANT, "a/c")]
    assert stale([exact, glob], conformant, ITEMS) == [exact, glob]
    assert stale([exact, glob], [result(Verdict.CONFORMANT), result(Verdict.DIVERGENT, "a/c")], ITEMS) == [
        exact
    ]


def test_not_stale_when_only_a_part_was_run_or_another_verdict_came():
    exact, glob = KnownDivergence("a/b", "python", "x"), KnownDivergence("a/*", "python", "x")
    assert stale([glob], [result(Verdict.CONFORMANT)], ITEMS) == []
    assert stale([exact], [result(Verdict.UNSTABLE)], ITEMS) == []
    assert stale([exact], [], ITEMS) == []


def test_an_entry_that_covers_nothing_is_stale():
    entry = KnownDivergence("gone/*", "*", "x")
    assert stale([entry], [], ITEMS) == [entry]


def test_the_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text('[[divergence]]\ncase = "a/b"\npairing = "*"\nreason = """two\nlines"""\n')
    assert load_known_divergences(path) == (KnownDivergence("a/b", "*", "two lines"),)
    path.write_text("")
    assert load_known_divergences(path) == ()


def test_our_own_list_is_readable():
    load_known_divergences()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[[divergence]]\ncase = "a/b"\npairing = "*"', "reason"),
        ('[[divergence]]\ncase = "a/b"\npairing = "*"\nreason = " "', "reason"),
        ('[[divergence]]\ncase = 1\npairing = "*"\nreason = "x"', "case"),
        ('[[divergence]]\ncase = "a"\npairing = "*"\nreason = "x"\nuntil = "y"', "until"),
        ('[[divergences]]\ncase = "a"', "divergences"),
        ("divergence = 1", "divergence"),
        ("divergence = [1]", "not a table"),
        ("not toml", "known.toml"),
    ],
)
def test_a_broken_list_is_one_clear_line(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_known_divergences(path)
    assert word in str(caught.value) and str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_list_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_known_divergences(tmp_path / "none.toml")
