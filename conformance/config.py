"""Settings of the harness: ``[tool.conformance]`` in ``pyproject.toml``, or a ``conformance.toml`` of its
own.

The nearest file at or above the working directory counts, ``conformance.toml`` before ``pyproject.toml``;
options of the command line come before both. An unknown key or a wrong type is an error, never ignored.
"""

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance.profile import Profile, profile_for, read_profiles

#: What ``node`` may be besides a version.
PROVIDERS = ("docker", "local")

#: What ``traces`` may be.
TRACES = ("failed", "all")

#: What ``reference`` may be.
REFERENCES = ("live", "recorded")

#: The words for a subject that is a command, up to what is run.
_COMMANDS = ("cmd:", "program:")

_VERSION = re.compile(r"v?\d+(?:\.\d+){0,2}\Z")


class ConfigError(Exception):
    """A setting or a settings file that cannot be used. ``str()`` is one line; the exit code is 4."""


@dataclass(frozen=True)
class Config:
    """All settings of a run.

    ``node`` is a provider (docker, local), versions (24, 24.5, 24.5.0) or both, with commas, None for the default: the
    first version judges, the others are shown beside it. ``subject`` holds the words for what is held against it, with
    commas. ``output`` is where reports and traces go, ``cases`` are globs or case files. ``deadline`` is seconds per
    role. One run of the reference is enough where a subject equals it; else there are ``repeat``, and ``confirm`` more
    before a divergence is believed. ``rerun`` is how often an item that diverges is run again, ``jobs`` how many cases
    run at once. ``seed`` shuffles the order of the cases and decides which of them get all reference runs anyway; None
    is file order and a new choice each time. ``traces`` says of what the raw traces are kept: ``failed``, what is not
    conformant, or ``all``. ``reference`` is live, or recorded: judged by what lies in ``recordings``. ``cache`` is
    where reference runs are kept: True for a directory in ``output``, False for nowhere. ``profiles``
    say what is not demanded of some subjects.
    """

    node: str | None = None
    subject: str = "python"
    repeat: int = 3
    confirm: int = 15
    rerun: int = 10
    jobs: int = 0
    seed: int | None = None
    deadline: float = 10.0
    output: Path = Path("build/conformance")
    cases: tuple[str, ...] = ()
    known_divergences: Path | None = None
    traces: str = "failed"
    cache: bool | Path = True
    reference: str = "live"
    recordings: Path = Path("conformance-recordings")
    profiles: tuple[Profile, ...] = ()

    @property
    def provider(self) -> str | None:
        """docker, local, or None for whichever can be had."""
        return _choice(self.node)[0]

    @property
    def version(self) -> str | None:
        """The version of Node that judges, or None for the pinned one."""
        return next(iter(_choice(self.node)[1]), None)

    @property
    def further_versions(self) -> tuple[str, ...]:
        """The versions of Node that are shown beside the one that judges."""
        return _choice(self.node)[1][1:]

    def with_node(self, text: str) -> "Config":
        """The config with ``text`` laid over its choice of Node: what ``text`` does not say stays. Raises
        ``ConfigError``.
        """
        provider, versions = _choice(text)
        old_provider, old_versions = _choice(self.node)
        parts = (provider or old_provider, *(versions or old_versions))
        return replace(self, node=",".join(part for part in parts if part) or None)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The words of ``subject``, one for each subject. Behind ``cmd:`` or ``program:`` commas belong to the word."""
        words: list[str] = []
        rest, comma = self.subject, ","
        while comma and not rest.lstrip().startswith(_COMMANDS):
            word, comma, rest = rest.partition(",")
            words.append(word.strip())
        return (*words, rest.strip()) if comma else tuple(words)

    @property
    def subject_names(self) -> tuple[str, ...]:
        """What the subjects are called in pairings: ``python``, ``node22`` for ``node:22``, ``cmd`` for ``cmd:…``,
        ``bun`` for ``bun@1.4.5``.
        """
        return tuple(map(_name_of, self.subjects))

    def profile_of(self, subject: str) -> Profile:
        """The profile of the subject of that name in pairings: the first that there is of its word (``node:22``), its
        name (``node22``) and its kind (``node``)."""
        word = dict(zip(self.subject_names, self.subjects, strict=True)).get(subject, subject)
        return replace(profile_for(self.profiles, (word, subject, re.split("[:@]", word)[0])), subject=subject)

    @property
    def version_names(self) -> tuple[str, ...]:
        """What the further versions are called in pairings: ``node22``."""
        return tuple(f"node{version}" for version in self.further_versions)

    @property
    def cache_directory(self) -> Path | None:
        """Where reference runs are kept; None for nowhere."""
        return self.output / "cache" if self.cache is True else self.cache or None

    @property
    def workers(self) -> int:
        """``jobs``, or one more than there are usable cores: roles also wait for each other."""
        return self.jobs or len(os.sched_getaffinity(0)) + 1


_TYPES: dict[str, tuple[type, ...]] = {
    "node": (str,),
    "subject": (str,),
    "repeat": (int,),
    "confirm": (int,),
    "rerun": (int,),
    "jobs": (int,),
    "seed": (int,),
    "deadline": (int, float),
    "output": (str,),
    "cases": (list,),
    "known_divergences": (str,),
    "traces": (str,),
    "cache": (bool, str),
    "reference": (str,),
    "recordings": (str,),
    "subjects": (dict,),
}


def _choice(text: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The provider and the versions that ``node`` names. Raises ``ConfigError``."""
    provider: str | None = None
    versions: list[str] = []
    for part in (text or "").split(","):
        word = part.strip()
        if word in PROVIDERS:
            if provider is not None:
                raise ConfigError(f"node: one of docker and local, not {provider} and {word}")
            provider = word
        elif _VERSION.match(word):
            version = word.removeprefix("v")
            if version in versions:
                raise ConfigError(f"node: {version} stands there twice")
            versions.append(version)
        elif word:
            raise ConfigError(f"node: {word!r} is none of docker, local and a version like 24 or 24.5.0")
    return provider, tuple(versions)


def _name_of(subject: str) -> str:
    kind, rest = (*re.split("[:@]", subject, maxsplit=1), "")[:2]
    if kind == "node":
        return f"node{rest}"
    return kind if rest else subject


def check(config: Config) -> Config:
    """The same config, its values checked. Raises ``ConfigError``."""
    _choice(config.node)
    names = [*config.subject_names, *config.version_names]
    if not config.subject_names or not all(names):
        raise ConfigError(f"subject: a word is missing in {config.subject!r}")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"subject: two of them are called {twice}")
    if config.reference not in REFERENCES:
        raise ConfigError(f"reference: live or recorded, not {config.reference!r}")
    if config.reference == "recorded" and config.further_versions:
        raise ConfigError("reference: no further version of Node can be shown beside recordings")
    if config.repeat < 1:
        raise ConfigError(f"repeat: at least 1 reference run is needed, not {config.repeat}")
    if config.confirm < 0:
        raise ConfigError(f"confirm: 0 or more further reference runs, not {config.confirm}")
    if config.rerun < 0:
        raise ConfigError(f"rerun: 0 or more further runs of an item, not {config.rerun}")
    if config.traces not in TRACES:
        raise ConfigError(f"traces: {' or '.join(TRACES)}, not {config.traces!r}")
    if config.jobs < 0:
        raise ConfigError(f"jobs: 0 (one more than cores) or more, not {config.jobs}")
    if not 0 < config.deadline <= 3600:
        raise ConfigError(f"deadline: more than 0 and at most 3600 seconds, not {config.deadline:g}")
    return config


def load(start: Path | None = None) -> Config:
    """The settings that hold in directory ``start`` (default: the working directory). Raises ``ConfigError``.

    ``CONFORMANCE_NODE`` in the environment comes before the file.
    """
    config = Config()
    found = _find((start or Path.cwd()).resolve())
    if found is not None:
        config = _apply(config, *found)
    forced = os.environ.get("CONFORMANCE_NODE")
    if forced:
        config = config.with_node(forced)
    return check(config)


def _find(directory: Path) -> tuple[Path, dict[str, Any]] | None:
    for folder in (directory, *directory.parents):
        own = folder / "conformance.toml"
        if own.is_file():
            return own, _read(own)
        project = folder / "pyproject.toml"
        if project.is_file():
            table = _read(project).get("tool", {})
            if isinstance(table, dict) and "conformance" in table:
                return project, table["conformance"]
            return None  # the project has none; what lies above is another project's
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _apply(config: Config, path: Path, table: Any) -> Config:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: tool.conformance is not a table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in _TYPES:
            close = difflib.get_close_matches(name, _TYPES, 1)
            hint = f", did you mean {close[0]!r}?" if close else ""
            raise ConfigError(f"{path}: unknown setting {key!r}{hint}")
        if not isinstance(value, _TYPES[name]) or (isinstance(value, bool) and bool not in _TYPES[name]):
            wanted = " or ".join(kind.__name__ for kind in _TYPES[name])
            raise ConfigError(f"{path}: {key} must be {wanted}, not {value!r}")
        values[name] = value
    for name in ("output", "known_divergences", "recordings", "cache"):
        if isinstance(values.get(name), str):
            values[name] = path.parent / values[name]
    if "cases" in values:
        if not all(isinstance(item, str) for item in values["cases"]):
            raise ConfigError(f"{path}: cases must be a list of strings")
        values["cases"] = tuple(
            str(path.parent / item) if item.endswith(".py") else item for item in values["cases"]
        )
    try:
        if "subjects" in values:
            values["profiles"] = read_profiles(values.pop("subjects"), path.parent)
        return check(replace(config, **values))
    except (ConfigError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from None
