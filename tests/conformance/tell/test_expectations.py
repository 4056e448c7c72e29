"""expectations: a list is updated without touching what someone wrote into it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.config import ConfigError
from conformance.judge.compare import Difference
from conformance.judge.verdict import KnownDivergence, Outcome, Result, Verdict, parse_known_divergences
from conformance.tell.expectations import Update, begin, edited, expected, update

FILE = Path("list.toml")

LIST = """\
# What we know of bun.

# The first two are one bug.
[[divergence]]
case = "net/a"
reason = "a bug, [[divergence]] or not"  # reported
link = "https://example.org/1"

[[divergence]] # the other half
case = "net/b"
category = "order"
reason = '''
two
lines'''

# Nobody knows why.
# Really.
[[divergence]]
case = "net/c*"
reason = "why?"
"""

STATE = Difference("state", "main", "c", 0, "state.timeout", None, 0, "m", "snapshot", None, "net.Socket")
ORDER = Difference("order", "main", "c", 0, "", {"kind": "exit"}, {"kind": "exit"}, "m")


def divergent(case: str, *differences: Difference, subject: str = "bun") -> Result:
    return Result(case, subject, Verdict.DIVERGENT, "why", differences=differences, subject=subject)


def test_an_entry_goes_with_its_comment_and_nothing_else_does() -> None:
    assert edited(LIST, FILE, (), ()) == LIST
    without_second = LIST[: LIST.index("[[divergence]] # the")] + LIST[LIST.index("# Nobody") :]
    assert edited(LIST, FILE, (2,), ()) == without_second
    assert edited(LIST, FILE, (3,), ()) == LIST[: LIST.index("\n# Nobody")]
    assert edited(LIST, FILE, (1, 2, 3), ()) == "# What we know of bun.\n"


def test_new_entries_come_last() -> None:
    new = KnownDivergence("net/d", "bun-node", 'TODO: "x" \\ \x7f ü', ("state", "order"))
    text = edited(LIST, FILE, (), (new,))
    assert text.startswith(LIST + "\n[[divergence]]\n") and parse_known_divergences(text, FILE)[-1] == new
    assert edited(LIST.rstrip("\n"), FILE, (), (new,)) == text
    assert edited("", FILE, (), (new,)).lstrip("\n").startswith("[[divergence]]")


REASONS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)


@given(st.sets(st.integers(1, 3)), st.lists(REASONS, max_size=3))
def test_what_is_left_is_what_was_there(gone: set[int], reasons: list[str]) -> None:
    new = [KnownDivergence("net/new", "*", f"TODO {reason}", ("value",)) for reason in reasons]
    text = edited(LIST, FILE, gone, new)
    old = parse_known_divergences(LIST, FILE)
    assert parse_known_divergences(text, FILE) == (*(one for one in old if one.number not in gone), *new)
    numbers = range(4 - len(gone), 4 - len(gone) + len(new))
    assert edited(text, FILE, numbers, ()) == edited(LIST, FILE, gone, ())


@pytest.mark.parametrize(
    "text",
    [
        'divergence = [{ case = "a/b", reason = "x" }]',
        '[[divergence]]\ncase = "a/b"\nreason = """\n[[divergence]]\n"""\n',
    ],
)
def test_a_list_that_is_written_in_another_way_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "list.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match="only a list whose entries"):
        begin(file)
    assert file.read_text() == text


def test_an_entry_accepts_what_no_known_one_does() -> None:
    result = divergent("net/a", STATE, ORDER)
    entry = expected(result)
    assert entry == KnownDivergence(
        "net/a", "bun", "TODO: net.Socket timeout: nothing expected, got a number", ("order", "state")
    )
    assert entry.covers(result) and all(map(entry.accepts, result.differences))
    left = expected(result, [KnownDivergence("net/*", "*", "x", ("state",))])
    assert left is not None and left.category == ("order",)
    assert expected(Result("net/a", "bun", Verdict.ERRORED, "x", subject="bun")) is None
    assert expected(Result("net/a", "node22", Verdict.DIVERGENT, "x", 0, (STATE,), is_version=True)) is None


def test_a_file_is_made_and_gets_the_entries_of_its_subjects(tmp_path: Path) -> None:
    file = tmp_path / "bun.toml"
    begin(file)
    assert parse_known_divergences(file.read_text(), file) == ()
    outcome = Outcome((divergent("net/a", STATE), divergent("net/a", STATE, subject="deno")))
    assert update(file, outcome, ["bun"], ()) == Update(file, 1, 0)
    (entry,) = parse_known_divergences(file.read_text(), file)
    assert (entry.case, entry.pairing, entry.number) == ("net/a", "bun", 1)
    other = KnownDivergence("net/x", "*", "x", file=tmp_path / "other.toml", number=1)
    assert update(file, Outcome((), (other,)), ["bun"], ()) == Update(file, 0, 0)
    assert update(file, Outcome((), (entry,)), ["bun"], ()) == Update(file, 0, 1)
    assert "[[divergence]]" not in file.read_text() and file.read_text().startswith("# What is known to differ")
