"""order: what the chains say is what a comparison of every pair of steps says."""

from hypothesis import given
from hypothesis import strategies as st

from conformance.judge.normalize import NormalTrace, Step
from conformance.judge.order import AgreedOrder, Identity

LINES = "abcd"


@st.composite
def traces(draw: st.DrawFn) -> NormalTrace:
    """A trace of a few lines in any order, some steps of which go on while others happen (joined data)."""
    lines = draw(st.lists(st.sampled_from(LINES), max_size=14))
    steps: list[Step] = []
    open_: dict[str, Step] = {}
    for position, line in enumerate(lines):
        before = open_.get(line)
        if before is not None and draw(st.booleans()):  # the newest step of the line goes on
            longer = _step(line, before.index, before.first, position)
            steps[steps.index(before)] = open_[line] = longer
        else:
            open_[line] = _step(line, before.index + 1 if before is not None else 0, position, position)
            steps.append(open_[line])
    return NormalTrace(tuple(steps))


def _step(line: str, index: int, first: int, last: int) -> Step:
    return Step(line, index, "note", None, line, [], None, first, last)


def identities(trace: NormalTrace) -> dict[Identity, Step]:
    return {(step.line, step.index): step for step in trace.steps}


def late_by_definition(runs: list[NormalTrace], got: NormalTrace) -> list[tuple[Identity, Identity]]:
    """Every pair looked at: the earliest step that was over before this one began in all runs, and is not here."""
    known = [identities(run) for run in runs]
    mine = identities(got)
    comparable = set.intersection(*map(set, [*known, mine]))
    found = []
    for one in (one for one in mine if one in comparable):
        missed = [
            other
            for other in comparable
            if all(run[other].last < run[one].first for run in known) and mine[other].last >= mine[one].first
        ]
        if missed:
            found.append((one, min(missed, key=lambda other: known[0][other].first)))
    return found


@given(st.lists(traces(), min_size=1, max_size=3), traces())
def test_the_chains_say_what_every_pair_says(runs: list[NormalTrace], got: NormalTrace) -> None:
    agreed = set.intersection(*(set(identities(run)) for run in runs))
    comparable = agreed & set(identities(got))
    assert list(AgreedOrder(runs, agreed).late(got, comparable)) == late_by_definition(runs, got)
