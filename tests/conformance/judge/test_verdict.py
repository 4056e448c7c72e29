"""verdict: precedence, totals, exit codes, and the list of accepted deviations."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.config import Config, ConfigError
from conformance.judge.compare import Comparison, Difference, Instability
from conformance.judge.verdict import (
    Exit,
    KnownDivergence,
    Outcome,
    Raced,
    Result,
    Totals,
    Verdict,
    accept,
    judged,
    load_known_divergences,
    stale,
)
from conformance.opening import known_divergences

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
        subject="" if pairing == "node" else "python",
    )


def test_an_instability_is_told_in_a_few_words() -> None:
    long = Instability("main", "peer", 0, "", tuple(f"[{number} {'data, ' * 5000}]" for number in range(10)))
    assert len(long.message) < 1000
    assert long.message.startswith("main: peer #0 varies in the reference: [0 data, ")
    assert long.message.endswith(" | 6 more")


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
        [result(verdict) for verdict in Verdict]
        + [result(Verdict.DIVERGENT, accepted="fine"), replace(result(Verdict.DIVERGENT), is_version=True)]
    )
    assert totals == Totals(1, 1, 1, 1, 1, 1, 1, 1)
    words = "1 conformant, 1 divergent, 1 accepted, 1 differing, 1 unstable, 1 skipped, 1 errored, 1 not_run"
    assert str(totals) == words
    assert str(Totals.of([result(Verdict.CONFORMANT)])) == "1 conformant, 0 divergent, 0 errored"


def test_raced_items_are_conformant_and_counted_among_them():
    raced = replace(result(Verdict.CONFORMANT), raced=Raced(11, 1, DIFFERENCE, 3.5))
    outcome = Outcome((raced, result(Verdict.CONFORMANT)))
    assert str(outcome.totals) == "2 conformant (1 raced), 0 divergent, 0 errored"
    assert outcome.exit is Exit.CONFORMANT


def test_what_was_not_run_ends_the_run_as_interrupted_and_trouble_with_the_output_as_unavailable():
    outcome = Outcome((result(Verdict.CONFORMANT), result(Verdict.NOT_RUN)), interrupted=True)
    assert outcome.exit is Exit.INTERRUPTED
    assert replace(outcome, trouble="disk full").exit is Exit.UNAVAILABLE


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_result_can_be_read_back(verdict: Verdict):
    whole = replace(result(verdict), unstable=(UNSTABLE,), raced=Raced(11, 1, DIFFERENCE, 3.5))
    for one in (result(verdict), whole, result(verdict, accepted="fine")):
        assert Result.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_accept_takes_divergent_items_only_and_by_glob():
    known = [KnownDivergence("a/*", "python-*", "because")]
    assert accept(result(Verdict.DIVERGENT, pairing="python-node"), known).accepted == "because"
    assert accept(result(Verdict.DIVERGENT, pairing="python"), known).accepted is None
    assert accept(result(Verdict.ERRORED, pairing="python-node"), known).accepted is None
    assert not accept(result(Verdict.DIVERGENT, pairing="python-node"), known).fails


def several(*categories: str) -> Result:
    """A divergent item with a difference of each of these categories."""
    differences = tuple(replace(DIFFERENCE, category=one, message=f"the {one}") for one in categories)
    return replace(result(Verdict.DIVERGENT), reason=differences[0].message, differences=differences)


def test_accept_wants_every_difference_accepted():
    order = KnownDivergence("a/b", "*", "free", ("order",), link="https://example.org/1")
    value = KnownDivergence("a/*", "*", "by design", ("value", "error"))
    assert accept(several("order", "order"), [order]).accepted == "free, see https://example.org/1"
    assert accept(several("order", "value"), [value, order]).accepted == (
        "free, see https://example.org/1; by design"
    )
    assert accept(several("order", "state"), [KnownDivergence("a/b", "*", "all")]).accepted == "all"
    assert accept(several("state"), [order, value]) == several("state")


def test_what_is_not_accepted_comes_first():
    entry = KnownDivergence("a/b", "*", "free", ("order",))
    found = accept(several("order", "state"), [entry])
    assert found.fails and found.accepted is None
    assert (found.reason, [one.category for one in found.differences]) == ("the state", ["state", "order"])


ITEMS = [
    Result(case, pairing, Verdict.NOT_RUN, subject="" if pairing == "node" else "python")
    for case, pairing in (("a/b", "node"), ("a/b", "python"), ("a/c", "python"))
]


def matching(glob: str) -> list[str]:
    return ["a/b", "a/c"]


def test_stale_when_all_that_an_entry_covers_is_conformant():
    exact, glob = KnownDivergence("a/b", "python", "x"), KnownDivergence("a/*", "python", "x")
    conformant = [result(Verdict.CONFORMANT), result(Verdict.CONFORMANT, "a/c")]
    assert stale([exact, glob], conformant, ITEMS, matching) == [exact, glob]
    some = [result(Verdict.CONFORMANT), result(Verdict.DIVERGENT, "a/c")]
    assert stale([exact, glob], some, ITEMS, matching) == [exact]


def test_not_stale_when_only_a_part_was_run_or_another_verdict_came():
    exact, glob = KnownDivergence("a/b", "python", "x"), KnownDivergence("a/*", "python", "x")
    assert stale([glob], [result(Verdict.CONFORMANT)], ITEMS, matching) == []
    assert stale([glob], [result(Verdict.CONFORMANT)], ITEMS[:2], matching) == []
    assert stale([KnownDivergence("a/b", "*", "x")], [result(Verdict.CONFORMANT)], ITEMS, matching) == []
    assert stale([exact], [result(Verdict.UNSTABLE)], ITEMS, matching) == []
    assert stale([exact], [], ITEMS, matching) == []


def test_an_entry_for_cases_outside_the_run_is_not_judged():
    entries = [KnownDivergence("gone/*", "*", "x"), KnownDivergence("mine/a", "*", "x")]
    assert stale(entries, [result(Verdict.CONFORMANT)], ITEMS, matching) == []


def test_an_intermittent_entry_is_never_stale():
    entry = KnownDivergence("a/b", "python", "now and then", intermittent=True)
    assert stale([entry], [result(Verdict.CONFORMANT)], ITEMS, matching) == []
    assert accept(result(Verdict.DIVERGENT), [entry]).accepted == "intermittent: now and then"


def test_an_entry_is_stale_when_its_own_category_no_longer_differs():
    order, state = (KnownDivergence("a/b", "python", "x", (one,)) for one in ("order", "state"))
    assert stale([order, state], [several("state", "state")], ITEMS, matching) == [order]
    assert stale([order, state], [several("died", "state")], ITEMS, matching) == []  # may hide the order


def test_the_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text('[[divergence]]\ncase = "a/b"\npairing = "*"\nreason = """two\nlines"""\n')
    assert load_known_divergences(path) == (KnownDivergence("a/b", "*", "two lines"),)
    path.write_text("")
    assert load_known_divergences(path) == ()


def test_every_key_is_read(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text(
        '[[divergence]]\ncase = "a/b"\nreason = "x"\ncategory = "order"\n'
        '[[divergence]]\ncase = "a/b"\npairing = "bun-*"\nreason = "x"\ncategory = ["order", "state"]\n'
        'subject = "bun"\nintermittent = true\nlink = "https://example.org/1"\n'
    )
    assert load_known_divergences(path) == (
        KnownDivergence("a/b", "*", "x", ("order",)),
        KnownDivergence("a/b", "bun-*", "x", ("order", "state"), "bun", True, "https://example.org/1"),
    )


@pytest.mark.parametrize(
    ("subject", "kept"), [("python", ["both"]), ("bun", ["both", "bun's"]), ("node22", ["both", "node's"])]
)
def test_an_entry_may_be_of_one_subject(tmp_path: Path, subject: str, kept: list[str]) -> None:
    path = tmp_path / "known.toml"
    subjects = {"both": "", "bun's": 'subject = "bun"', "node's": 'subject = "node*"'}
    path.write_text(
        "\n".join(f'[[divergence]]\ncase = "*"\nreason = "{name}"\n{key}' for name, key in subjects.items())
    )
    item = Result("a/b", f"node-{subject}", Verdict.DIVERGENT, subject=subject)
    known = known_divergences(Config(subject="python,bun,node:22", known_divergences=path))
    assert [entry.reason for entry in known if entry.covers(item)] == kept
    assert not any(entry.covers(replace(item, is_version=True)) for entry in known)


def test_our_own_list_is_for_nodesock_alone() -> None:
    assert known_divergences(Config(subject="bun")) == ()
    assert all(entry.subject == "python" for entry in known_divergences(Config(subject="bun,python")))


def test_our_own_list_is_readable():
    load_known_divergences()


ENTRY = '[[divergence]]\ncase = "a/b"\nreason = "x"\n'


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[[divergence]]\ncase = "a/b"\npairing = "*"', "reason"),
        ('[[divergence]]\ncase = "a/b"\npairing = "*"\nreason = " "', "reason"),
        ('[[divergence]]\ncase = 1\npairing = "*"\nreason = "x"', "case"),
        ('[[divergence]]\ncase = "a"\npairing = "*"\nreason = "x"\nuntil = "y"', "until"),
        (f'{ENTRY}category = "death"', "(a/b) has an unknown category 'death'; there are garbage, died, hung"),
        (f'{ENTRY}category = ["order", 1]', "unknown category 1"),
        (f"{ENTRY}category = []", "'category'"),
        (f"{ENTRY}category = 3", "'category'"),
        (f'{ENTRY}intermittent = "yes"', "'intermittent'"),
        (f'{ENTRY}link = "javascript:alert(1)"', "'link'"),
        (f'{ENTRY}link = ""', "'link'"),
        (f'{ENTRY}pairing = ""', "'pairing'"),
        (f'{ENTRY}{ENTRY}subject = 1', "[[divergence]] 2 (a/b) needs a 'subject'"),
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
