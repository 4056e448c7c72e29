"""surface: what counts as a gap, and that every exclusion is needed."""

from pathlib import Path

import pytest

from conformance.config import ConfigError
from conformance.surface import Exclusion, Gap, compare, load_exclusions, python_name


@pytest.mark.parametrize(
    ("node", "python"),
    [
        ("net.createServer", "net.create_server"),
        ("net.isIPv4", "net.is_ipv4"),
        ("net.Socket", "net.Socket"),
        ("net.Socket#setNoDelay", "net.Socket#set_no_delay"),
        ("net.SocketAddress.parse", "net.SocketAddress.parse"),
        ("dgram.Socket#setTTL", "dgram.Socket#set_ttl"),
        ("net.Server#[Symbol.asyncDispose]", "net.Server#__aexit__"),
        ("net.Socket#[Symbol.toStringTag]", None),
    ],
)
def test_names_follow_the_one_rule(node: str, python: str | None) -> None:
    assert python_name(node) == python


NODE = [
    "net.connect function",
    "net.Socket#timeout value",
    "net.Socket#end function",
    "net.Socket#[Symbol.x] function",
]


def test_everything_is_there():
    found = compare(NODE, ["net.connect function", "net.Socket#timeout value", "net.Socket#end function"], ())
    assert (found.covered, found.gaps, found.stale) == (3, (), ())
    assert list(found.lines()) == ["3 names covered, 0 missing, 0 excluded with a reason"]


def test_a_missing_name_and_a_wrong_kind_are_gaps():
    found = compare(NODE, ["net.connect function", "net.Socket#timeout function"], ())
    assert found.gaps == (
        Gap("net.Socket#end", "net.Socket#end", "net.Socket#end is missing"),
        Gap("net.Socket#timeout", "net.Socket#timeout", "net.Socket#timeout is a function, not a value"),
    )
    assert found.to_json()["gaps"][0]["name"] == "net.Socket#end"


def test_a_name_that_avoids_a_keyword():
    assert compare(["net.x.from function"], ["net.x.from_ function"], ()).gaps == ()


def test_exclusions_need_a_gap():
    exclusions = (Exclusion("net.Socket#*", "no"), Exclusion("net.connect", "there after all"))
    found = compare(NODE, ["net.connect function"], exclusions)
    assert found.gaps == () and found.excluded == {"net.Socket#end": "no", "net.Socket#timeout": "no"}
    assert [entry.name for entry in found.stale] == ["net.connect"]
    assert "net.connect in surface_exclusions.toml excludes nothing: remove it" in list(found.lines())


def test_our_own_exclusions_are_readable_and_a_broken_list_is_said(tmp_path: Path) -> None:
    load_exclusions()
    path = tmp_path / "x.toml"
    for text in ('[[exclusion]]\nname = "a"', "[[exclusion]]\nname = 1\nreason = 2", "nonsense"):
        path.write_text(text)
        with pytest.raises(ConfigError, match="x.toml"):
            load_exclusions(path)
