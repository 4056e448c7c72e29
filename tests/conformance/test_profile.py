"""profile: what is demanded of a subject stands in the settings, and nothing wrong in it is ignored."""

from pathlib import Path

import pytest

from conformance.config import Config, ConfigError, load
from conformance.judge import ignoring
from conformance.profile import CATEGORIES, Profile, said

TABLE = """
[tool.conformance.subjects.bun]
ignore = ["engine-texts", "kernel"]
skip = ["dgram/*"]
expect = "bun.toml"

[tool.conformance.subjects."node:22"]
skip = ["net/a"]

[tool.conformance.subjects.node]
ignore = ["error-texts"]

[tool.conformance.subjects.python]
expect = "python.toml"
"""


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONFORMANCE_NODE", raising=False)


def settings(directory: Path, table: str) -> Config:
    (directory / "pyproject.toml").write_text(table)
    return load(directory)


def test_a_profile_belongs_to_a_word_a_name_or_a_kind(tmp_path: Path) -> None:
    config = settings(tmp_path, "[tool.conformance]\nsubject = 'bun,node:22,node:20'\n" + TABLE)
    expected = Profile("bun", ("engine-texts", "kernel"), ("dgram/*",), tmp_path / "bun.toml")
    assert config.profile_of("bun") == expected
    assert config.profile_of("node22") == Profile("node22", (), ("net/a",))
    assert config.profile_of("node20") == Profile("node20", ("error-texts",))
    assert config.profile_of("deno") == Profile("deno")
    assert expected.skip_reason("dgram/close/twice") == "the profile of bun skips dgram/*"
    assert expected.skip_reason("net/dgram/x") is None


def test_a_profile_is_said_in_a_line() -> None:
    profile = Profile("bun", ("engine-texts", "kernel"), ("dgram/*",), Path("/some/where/bun.toml"))
    assert said(profile.to_json()) == str(profile)
    assert str(profile) == "ignores engine-texts, kernel; skips dgram/*; expects bun.toml"
    assert str(Profile("bun")) == ""


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("subjects = 1", "subjects must be dict"),
        ("[tool.conformance.subjects]\nbun = 1", "subjects.bun must be a table"),
        (
            "[tool.conformance.subjects.bun]\nignores = []",
            "subjects.bun has an unknown key 'ignores'; there are ignore, skip, expect",
        ),
        (
            '[tool.conformance.subjects.bun]\nignore = ["kernels"]',
            f"subjects.bun.ignore: there is no 'kernels'; there are {', '.join(CATEGORIES)}",
        ),
        ('[tool.conformance.subjects.bun]\nignore = "kernel"', "subjects.bun.ignore must be a list of strings"),
        ("[tool.conformance.subjects.bun]\nskip = [1]", "subjects.bun.skip must be a list of strings"),
        ("[tool.conformance.subjects.bun]\nexpect = []", "subjects.bun.expect must be the name of a file"),
        (
            '[tool.conformance.subjects.python]\nignore = ["kernel"]',
            "subjects.python: nothing is ignored or skipped for python",
        ),
        (
            '[tool.conformance.subjects.python]\nskip = ["net/*"]',
            "subjects.python: nothing is ignored or skipped for python",
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_there_is(table: str, words: str, tmp_path: Path) -> None:
    head = "" if table.startswith("[") else "[tool.conformance]\n"
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, head + table)
    assert words in str(caught.value) and str(tmp_path / "pyproject.toml") in str(caught.value)


def test_every_category_is_documented_and_has_an_effect() -> None:
    page = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text()
    code = Path(ignoring.__file__).read_text()
    for category in CATEGORIES:
        assert f"| `{category}` |" in page
        assert f'"{category}" in ignored' in code
