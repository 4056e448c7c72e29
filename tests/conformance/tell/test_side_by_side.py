"""side_by_side: which steps of two traces answer each other."""

from hypothesis import given
from hypothesis import strategies as st

from conformance.judge.normalize import normalize
from conformance.tell.side_by_side import STRETCH, align
from tests.conformance.traces import event


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_side_by_side_leaves_as_few_steps_alone_as_can_be(left: str, right: str) -> None:
    one, two = (normalize({"m": [event("a", label) for label in labels]})["m"] for labels in (left, right))
    rows = align(one, two)
    assert [row.left for row in rows if row.left] == list(one.steps)
    assert [row.right for row in rows if row.right] == list(two.steps)
    assert all(row.left.label == row.right.label for row in rows if row.left and row.right)
    assert sum(bool(row.left and row.right) for row in rows) == longest_common(left, right)


def longest_common(left: str, right: str) -> int:
    """How many letters two texts share in the same order."""
    lengths = [0] * (len(right) + 1)
    for one in left:
        before = 0
        for place, two in enumerate(right, 1):
            before, lengths[place] = lengths[place], max(before + (one == two), lengths[place], lengths[place - 1])
    return lengths[-1]


def test_side_by_side_goes_on_after_many_steps_without_an_answer():
    left, right = [f"l{n}" for n in range(3 * STRETCH)], [f"r{n}" for n in range(2 * STRETCH)]
    tail = [f"t{n}" for n in range(STRETCH)]
    one, two = (
        normalize({"m": [event("a", label) for label in [*labels, *tail]]})["m"] for labels in (left, right)
    )
    rows = align(one, two)
    assert [row.left for row in rows if row.left] == list(one.steps)
    assert [row.right for row in rows if row.right] == list(two.steps)
    assert [row.right for row in rows if row.status == "same"] == list(two.steps[-STRETCH:])
