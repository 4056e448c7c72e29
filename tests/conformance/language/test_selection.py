"""Selection: what ids, globs, topics, areas, names and former names mean."""

import ast
from pathlib import Path

import pytest

from conformance.errors import CollectionError, NothingSelected
from conformance.language.case_file import CaseFile
from conformance.language.selection import collect, former_names, select
from conformance.language.transpile import transpile_role
from tests.conformance.both_sides import write_cases

CASE = '@case(about="x")\n'


def ids(*globs: str) -> list[str]:
    return [found.id for found in select(globs)]


def test_only_what_is_selected_is_checked_and_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = CASE + "def good(t):\n    pass\n\n" + CASE + "def bad(t):\n    while True:\n        pass\n"
    file = write_cases(tmp_path, source, "mixed")
    translated: list[str] = []

    def spy(module: CaseFile, role: ast.FunctionDef) -> str:
        translated.append(role.name)
        return transpile_role(module, role)

    monkeypatch.setattr("conformance.language.collect.transpile_role", spy)
    assert [found.id for found in collect(["mixed/good"], [file])] == ["mixed/good"]
    assert [found.id for found in collect([f"{file}::good"])] == ["mixed/good"]
    assert [found.id for found in collect([f"{file}::mixed/good"])] == ["mixed/good"]
    assert translated == ["good"] * 3
    with pytest.raises(CollectionError, match="while is outside the subset"):
        collect(["mixed"], [file])


def test_globs_select_by_id_topic_and_file(tmp_path: Path) -> None:
    one = write_cases(tmp_path, CASE + "def a(t):\n    pass\n\n" + CASE + "def b(t):\n    pass\n", "one")
    two = write_cases(tmp_path, CASE + "def a(t):\n    pass\n", "two")

    def ids(*globs: str) -> list[str]:
        return [found.id for found in collect(globs, [one, two])]

    assert ids() == ["one/a", "one/b", "two/a"]
    assert ids("two") == ["two/a"]
    assert ids("*/a") == ["one/a", "two/a"]
    assert ids("*/a", "one/*") == ["one/a", "one/b", "two/a"]
    assert ids(str(one)) == ["one/a", "one/b"]
    assert ids(f"{one}::*/b") == ids(f"{one}::one/b") == ids(f"{one}::b") == ["one/b"]
    assert ids(f"{one}::one") == ids(f"{one}::[ab]") == ["one/a", "one/b"]
    with pytest.raises(NothingSelected, match=r"no case matches 'one/c'; did you mean"):
        ids("one/c")
    with pytest.raises(NothingSelected, match="no such case file"):
        ids(str(tmp_path / "three.py"))


def test_a_broken_file_does_not_stop_the_cases_of_others(tmp_path: Path) -> None:
    good = write_cases(tmp_path, CASE + "def a(t):\n    pass\n", "good")
    broken = write_cases(tmp_path, "def\n", "broken")
    for pattern in ("good", "good/a", "good/*", "g*", "go?d/a"):
        assert [found.id for found in collect([pattern], [good, broken])] == ["good/a"]
    for pattern in ("*", "broken", "*/a", "b*"):
        with pytest.raises(CollectionError):
            collect([pattern], [good, broken])


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one = write_cases(tmp_path, CASE + "def a(t):\n    pass\n", "one")
    same = write_cases(tmp_path / "other", CASE + "def a(t):\n    pass\n", "one")
    with pytest.raises(CollectionError, match="a second case 'one/a'"):
        collect((), [one, same])


def test_a_built_in_case_is_found_by_its_path_or_the_end_of_it() -> None:
    whole = "net/half_open/server_writes_after_fin"
    for text in (whole, "half_open/server_writes_after_fin", "server_writes_after_fin", "net/half_*/server_writes_a*"):
        assert ids(text) == [whole]
    topic = ids("net/half_open")
    assert whole in topic
    assert topic == ids("half_open") == ids("half_open/*") == ids("half_op*n")
    assert set(topic) < set(ids("net"))
    assert {one.partition("/")[0] for one in ids("net")} == {"net"}


def test_a_name_that_several_cases_have_is_not_guessed_at() -> None:
    with pytest.raises(NothingSelected, match="several cases are called 'order': ") as raised:
        ids("order")
    assert "dgram/bind/order, " in str(raised.value)


def test_former_names_find_what_took_their_place() -> None:
    assert ids("dgram_bind") == ids("dgram_bind/*") == ids("dgram/bind")
    assert ids("dgram_bind/order") == ids("dgram/bind/order")
    topics, names = former_names()
    known = select()
    assert set(topics.values()) <= {one.id.rpartition("/")[0] for one in known}
    assert {new for former in names.values() for new in former} <= {one.id for one in known}


def test_what_is_near_is_said() -> None:
    with pytest.raises(NothingSelected, match="did you mean net/half_open"):
        ids("half_opne/*")
    with pytest.raises(NothingSelected, match="did you mean net/half_open/server_writes_after_fin"):
        ids("server_writes_after_fn")


def test_the_built_in_cases() -> None:
    cases = collect()
    assert len({found.id for found in cases}) == len(cases) >= 30
    requirements: dict[str, str] = {}
    for found in cases:
        assert found.id.count("/") == 2, found.id
        assert len(found.about) <= 110, found.id
        assert not found.about.endswith("."), found.id
        assert requirements.setdefault(found.about, found.id) == found.id, "two cases with one requirement"
    areas = {"net", "server", "dgram", "stream", "events", "loop", "arguments"}
    assert areas == {found.id.partition("/")[0] for found in cases}


def test_the_name_of_a_built_in_case_is_in_cap_words() -> None:
    assert [one.id for one in select() if not one.node.name[0].isupper()] == []
