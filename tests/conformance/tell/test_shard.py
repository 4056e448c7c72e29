"""shard: every case in exactly one part, the parts of about equal length, and alike on every machine."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judge.pairing import pairings
from conformance.judge.verdict import Result, Verdict
from conformance.tell import durations
from conformance.tell.shard import cut, name_of, plan_of
from tests.conformance.scripted import make_case


def items_of(roles: list[int]):
    """A case with so many roles each, in all its pairings."""
    cases = [
        dataclasses.replace(make_case(programs={f"r{one}": "() => {}" for one in range(count)}), id=f"made/c{number}")
        for number, count in enumerate(roles)
    ]
    return [(case, pairings(case)) for case in cases]


@given(
    st.lists(st.integers(1, 2), min_size=1, max_size=40),
    st.integers(1, 12),
    st.dictionaries(st.integers(0, 39), st.floats(0, 1e6)),
)
def test_every_case_is_in_exactly_one_shard_and_none_is_empty(
    roles: list[int], of: int, took: dict[int, float]
) -> None:
    items = items_of(roles)
    of = min(of, len(items))
    known = [took.get(place) for place in range(len(items))]
    seconds = {
        name_of(case, one): length
        for (case, wanted), length in zip(items, known, strict=True)
        for one in wanted
        if length is not None
    }
    shards = cut(items, of, seconds)
    assert len(shards) == of and all(shards)
    assert sorted(place for shard in shards for place in shard) == list(range(len(items)))
    assert cut(items, of, dict(reversed(seconds.items()))) == shards


@given(st.lists(st.floats(0.01, 5), min_size=8, max_size=60), st.integers(2, 6))
def test_no_shard_is_longer_than_the_mean_and_one_case(took: list[float], of: int) -> None:
    items = items_of([1] * len(took))
    seconds = {
        name_of(case, one): length / 2 for (case, wanted), length in zip(items, took, strict=True) for one in wanted
    }
    loads = [sum(took[place] for place in shard) for shard in cut(items, of, seconds)]
    assert max(loads) <= sum(took) / of + max(took) + 1e-6


def test_without_durations_the_number_of_roles_counts() -> None:
    shards = cut(items_of([2, 1, 1, 1, 1, 1, 1, 1, 1, 1]), 2, {})
    # A case of two roles has four items of two roles: it weighs as much as four cases of one role.
    assert sorted(map(len, shards)) == [4, 6] and len(next(shard for shard in shards if 0 in shard)) == 4


def test_what_is_not_known_counts_as_its_roles_do_on_the_average() -> None:
    items = items_of([1, 1, 1, 1])
    seconds = {name_of(*one): 3.0 for one in [(items[0][0], items[0][1][0]), (items[0][0], items[0][1][1])]}
    assert sorted(map(len, cut(items, 2, seconds))) == [2, 2]


def test_the_plan_is_a_digest_of_the_cut() -> None:
    assert plan_of([["a", "b"], ["c"]]) == plan_of([["b", "a"], ["c"]])
    assert len({plan_of([["a", "b"], ["c"]]), plan_of([["a"], ["b", "c"]]), plan_of([["c"], ["a", "b"]])}) == 3


def test_durations_are_kept_from_run_to_run(tmp_path: Path) -> None:
    path = tmp_path / durations.NAME
    assert durations.read(path) == {}
    durations.record(path, [Result("a/b", "python", Verdict.CONFORMANT, duration_s=0.25)])
    durations.record(path, [Result("a/c", "python", Verdict.CONFORMANT, duration_s=0.5)])
    durations.record(path, [Result("a/b", "python", Verdict.NOT_RUN, "not run")])
    assert durations.read(path) == {"a/b[python]": 0.25, "a/c[python]": 0.5}


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99, "seconds": {}}', '{"format": 1, "seconds": {"a": "x"}}'])
def test_durations_that_cannot_be_read_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / durations.NAME).write_text(text)
    assert durations.read(tmp_path / durations.NAME) == {}
