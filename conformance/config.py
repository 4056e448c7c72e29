"""Settings of the harness: ``[tool.conformance]`` in ``pyproject.toml``, or a ``conformance.toml`` of its
own.

The nearest file at or above the working directory counts, ``conformance.toml`` before ``pyproject.toml``;
options of the command line come before both. An unknown key or a wrong type is an error, never ignored.
"""

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

#: What ``node`` may be besides a version.
PROVIDERS = ("docker", "local")

_VERSION = re.compile(r"v?\d+(?:\.\d+){0,2}\Z")


class ConfigError(Exception):
    """A setting or a settings file that cannot be used. ``str()`` is one line; the exit code is 4."""


@dataclass(frozen=True)
class Config:
    """All settings of a run.

    ``node`` is a provider (docker, local), a version (24, 24.5, 24.5.0) or both with a comma, None for
    the default. ``subject`` is held against it, ``output`` is where reports and traces go, ``cases`` are
    globs or case files. ``deadline`` is seconds per role, ``repeat`` the number of reference runs,
    ``confirm`` how many more there are before a divergence is believed, ``rerun`` how often an item that
    diverges is run again, ``jobs`` how many cases run at once.
    """

    node: str | None = None
    subject: str = "python"
    repeat: int = 3
    confirm: int = 15
    rerun: int = 10
    jobs: int = 0
    deadline: float = 10.0
    output: Path = Path("build/conformance")
    cases: tuple[str, ...] = ()
    known_divergences: Path | None = None
    cache: bool = True

    @property
    def provider(self) -> str | None:
        """docker, local, or None for whichever can be had."""
        return _choice(self.node)[0]

    @property
    def version(self) -> str | None:
        """The wanted Node version, or None for the pinned one."""
        return _choice(self.node)[1]

    def with_node(self, text: str) -> "Config":
        """The config with ``text`` laid over its choice of Node: what ``text`` does not say stays. Raises
        ``ConfigError``.
        """
        provider, version = _choice(text)
        parts = (provider or self.provider, version or self.version)
        return replace(self, node=",".join(part for part in parts if part) or None)

    @property
    def subject_name(self) -> str:
        """What the subject is called in pairings: ``python``, ``node22`` for ``node:22``."""
        kind, _, version = self.subject.partition(":")
        return f"node{version}" if kind == "node" else self.subject

    @property
    def workers(self) -> int:
        """``jobs``, or the number of usable cores."""
        return self.jobs or len(os.sched_getaffinity(0))


_TYPES: dict[str, tuple[type, ...]] = {
    "node": (str,),
    "subject": (str,),
    "repeat": (int,),
    "confirm": (int,),
    "rerun": (int,),
    "jobs": (int,),
    "deadline": (int, float),
    "output": (str,),
    "cases": (list,),
    "known_divergences": (str,),
    "cache": (bool,),
}


def _choice(text: str | None) -> tuple[str | None, str | None]:
    provider = version = None
    for part in (text or "").split(","):
        word = part.strip()
        if word in PROVIDERS:
            provider = word
        elif _VERSION.match(word):
            version = word.removeprefix("v")
        elif word:
            raise ConfigError(f"node: {word!r} is none of docker, local and a version like 24 or 24.5.0")
    return provider, version


def check(config: Config) -> Config:
    """The same config, its values checked. Raises ``ConfigError``."""
    _choice(config.node)
    if config.repeat < 1:
        raise ConfigError(f"repeat: at least 1 reference run is needed, not {config.repeat}")
    if config.confirm < 0:
        raise ConfigError(f"confirm: 0 or more further reference runs, not {config.confirm}")
    if config.rerun < 0:
        raise ConfigError(f"rerun: 0 or more further runs of an item, not {config.rerun}")
    if config.jobs < 0:
        raise ConfigError(f"jobs: 0 (as many as cores) or more, not {config.jobs}")
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
            close = difflib.get_close_matches(name, [field.name for field in fields(Config)], 1)
            hint = f", did you mean {close[0]!r}?" if close else ""
            raise ConfigError(f"{path}: unknown setting {key!r}{hint}")
        if not isinstance(value, _TYPES[name]) or (isinstance(value, bool) and bool not in _TYPES[name]):
            wanted = " or ".join(kind.__name__ for kind in _TYPES[name])
            raise ConfigError(f"{path}: {key} must be {wanted}, not {value!r}")
        values[name] = value
    for name in ("output", "known_divergences"):
        if name in values:
            values[name] = path.parent / values[name]
    if "cases" in values:
        if not all(isinstance(item, str) for item in values["cases"]):
            raise ConfigError(f"{path}: cases must be a list of strings")
        values["cases"] = tuple(
            str(path.parent / item) if item.endswith(".py") else item for item in values["cases"]
        )
    try:
        return check(replace(config, **values))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
