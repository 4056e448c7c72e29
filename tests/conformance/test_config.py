"""config: where settings come from, and that a wrong one is never ignored."""

from pathlib import Path

import pytest

from conformance.config import Config, ConfigError, check, load


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONFORMANCE_NODE", raising=False)


def test_defaults_where_there_is_no_file(tmp_path: Path) -> None:
    assert load(tmp_path) == Config()


def test_pyproject_and_its_paths(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.conformance]\nrepeat = 5\nnode = "22"\noutput = "out"\n'
        'known-divergences = "k.toml"\ncases = ["c.py", "accept"]\n'
    )
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    config = load(inside)
    assert (config.repeat, config.version, config.provider) == (5, "22", None)
    assert config.output == tmp_path / "out" and config.known_divergences == tmp_path / "k.toml"
    assert config.cases == (str(tmp_path / "c.py"), "accept")


def test_an_own_file_comes_before_pyproject_and_a_project_without_settings_ends_the_search(
    tmp_path: Path,
) -> None:
    (tmp_path / "conformance.toml").write_text("repeat = 7\n")
    (tmp_path / "pyproject.toml").write_text("[tool.conformance]\nrepeat = 5\n")
    assert load(tmp_path).repeat == 7
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[project]\n")
    assert load(inner) == Config()


def test_the_environment_comes_before_the_file_and_keeps_what_it_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conformance.toml").write_text('node = "docker,22"\n')
    monkeypatch.setenv("CONFORMANCE_NODE", "local")
    assert (load(tmp_path).provider, load(tmp_path).version) == ("local", "22")


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("docker", ("docker", None)),
        ("local", ("local", None)),
        ("24", (None, "24")),
        ("v24.19.0", (None, "24.19.0")),
        ("local, 22.20", ("local", "22.20")),
    ],
)
def test_node_is_a_provider_a_version_or_both(node: str, expected: tuple[str | None, str | None]) -> None:
    config = Config().with_node(node)
    assert (config.provider, config.version) == expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("repeat = 0", "repeat"),
        ("repeat = true", "repeat"),
        ('repeat = "3"', "repeat"),
        ("confirm = -1", "confirm"),
        ("jobs = -1", "jobs"),
        ("deadline = 0", "deadline"),
        ("deadline = 1e9", "deadline"),
        ('node = "banana"', "banana"),
        ("cases = [1]", "cases"),
        ("repeats = 3", "did you mean 'repeat'"),
        ("repeat = ", "conformance.toml"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(text: str, word: str, tmp_path: Path) -> None:
    (tmp_path / "conformance.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert (
        word in str(caught.value)
        and "conformance.toml" in str(caught.value)
        and "\n" not in str(caught.value)
    )


def test_a_table_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nconformance = 3\n")
    with pytest.raises(ConfigError, match="not a table"):
        load(tmp_path)


def test_workers_default_to_the_usable_cores():
    assert Config().workers >= 1
    assert check(Config(jobs=3)).workers == 3


def test_subjects_have_words_for_pairings():
    assert Config().subject_names == ("python",)
    assert Config(subject="python, node:22,bun@1.4.5").subject_names == ("python", "node22", "bun")
    words = Config(subject="python,cmd:/a/runtime --with=one,two")
    assert words.subjects == ("python", "cmd:/a/runtime --with=one,two")
    assert words.subject_names == ("python", "cmd")


def test_the_first_version_judges_and_the_others_stand_beside_it():
    config = Config(node="docker,24,22.13,v26")
    assert (config.provider, config.version) == ("docker", "24")
    assert (config.further_versions, config.version_names) == (("22.13", "26"), ("node22.13", "node26"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"node": "24,24"}, "24 stands there twice"),
        ({"node": "docker,local"}, "one of docker and local"),
        ({"node": "24,latest"}, "'latest' is none of docker, local and a version"),
        ({"subject": "python,python"}, "two of them are called python"),
        ({"node": "24,22", "subject": "node:22"}, "two of them are called node22"),
        ({"subject": "cmd:/a,cmd:/b"}, None),
        ({"subject": "python,"}, "a word is missing"),
        ({"subject": ""}, "a word is missing"),
    ],
)
def test_unknown_and_repeated_words(settings, words):
    if words is None:
        assert check(Config(**settings)).subjects == ("cmd:/a,cmd:/b",)
        return
    with pytest.raises(ConfigError, match=words):
        check(Config(**settings))
