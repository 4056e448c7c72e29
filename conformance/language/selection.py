"""Which cases a command means: ids, globs, topics, areas and names, of today and of former times.

A built-in case lies in ``cases/<area>/<topic>.py``, and its id is ``area/topic/name``. The id of a case in a file of
one's own is ``topic/name``. What a command may say for it, first match first:

1. the id, or the id without its area (``half_open/server_writes_after_fin``), as a glob too;
2. a topic (``half_open``, ``net/half_open``) or an area (``net``), as a glob too: all cases in it;
3. a name that only one case has (``server_writes_after_fin``);
4. an id or a topic that is in ``cases/former.toml``: the cases that took its behaviours over.
"""

import contextlib
import difflib
import fnmatch
import functools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from conformance.errors import CollectionError, Faults, NothingSelected
from conformance.language.case import Case
from conformance.language.collect import CASES, Declared, declared_cases, path_id, without_duplicates

#: ``[topics]``: a former topic and the one that has most of its cases, under their names. ``[cases]``: a former id of
#: all others and the ids of the cases that tell what it told.
FORMER = CASES / "former.toml"


def select(globs: Sequence[str] = (), files: Iterable[Path] | None = None) -> list[Declared]:
    """The cases that the globs mean, all of them without any, in file and definition order; none is checked yet.

    A glob that ends in ``.py`` names a case file or, with ``::glob`` behind it, those of its cases whose id, topic or
    name matches. ``files`` replaces the built-in case files. Raises ``CollectionError`` with all that is wrong with the
    files, and ``NothingSelected`` for a glob that matches nothing.
    """
    faults = Faults()
    selected = _selected(globs, files, faults)
    faults.check()
    return selected


def collect(globs: Sequence[str] = (), files: Iterable[Path] | None = None) -> list[Case]:
    """``select``, checked and translated. Raises ``CollectionError`` with all that is wrong with the cases, too."""
    faults = Faults()
    cases = []
    for one in _selected(globs, files, faults):
        with faults.gathered():
            cases.append(one.build())
    faults.check()
    return cases


def _selected(globs: Sequence[str], files: Iterable[Path] | None, faults: Faults) -> list[Declared]:
    selected: list[Declared] = []
    named = [glob for glob in globs if glob.partition("::")[0].endswith(".py")]
    for pattern in named:
        with faults.gathered():
            selected += _in_file(pattern)
    others = [glob for glob in globs if glob not in named]
    if others or not globs:
        selected += _among(others, _built_in() if files is None else list(files), faults)
    return list(without_duplicates(selected, faults))


def case_files(globs: Sequence[str] = ()) -> set[Path]:
    """The files that ``collect`` looks for these globs in: those they name, and the built-in ones for all others."""
    named = [glob.partition("::")[0] for glob in globs]
    files = {Path(name).resolve() for name in named if name.endswith(".py")}
    return files if named and all(name.endswith(".py") for name in named) else files | set(_built_in())


def ids_matching(glob: str, files: Iterable[Path]) -> set[str]:
    """The ids in these files that the glob means. A file that cannot be read has none."""
    ids: set[str] = set()
    for file in files:
        if _may_hold(file, glob):
            with contextlib.suppress(CollectionError):
                ids.update(one.id for one in declared_cases(file) if fnmatch.fnmatchcase(one.id, glob))
    return ids


def _built_in() -> list[Path]:
    return sorted(CASES.glob("*/[!_]*.py"))


def _in_file(pattern: str) -> list[Declared]:
    name, _, part = pattern.partition("::")
    if not Path(name).is_file():
        raise NothingSelected(f"no such case file: {name}")
    known = declared_cases(Path(name))
    found = [one for one in known if not part or _matches(one, part) or fnmatch.fnmatchcase(one.name, part)]
    if not found:
        raise NothingSelected(f"no case in {name} matches {part!r}" if part else f"{name} holds no case")
    return found


def _among(globs: Sequence[str], files: Sequence[Path], faults: Faults) -> list[Declared]:
    """What the globs mean among these files; only those are read that can hold it."""
    known: dict[Path, list[Declared]] = {}

    def read(wanted: Iterable[Path]) -> list[Declared]:
        for file in wanted:
            if file not in known:
                known[file] = []
                with faults.gathered():
                    known[file] = declared_cases(file)
        faults.check()
        return [one for file in files for one in known.get(file, ())]

    if not globs:
        return read(files)
    meant: set[str] = set()
    for glob in globs:
        ids = _meant(glob, read(file for file in files if _may_hold(file, glob)))
        if not ids:
            everything = read(files)
            ids = _by_name(glob, everything) or _formerly(glob, everything)
            if not ids:
                raise NothingSelected(f"no case matches {glob!r}{_hint(glob, everything)}")
        meant |= ids
    return [one for one in read(()) if one.id in meant]


def _matches(one: Declared, glob: str) -> bool:
    """Whether the glob means the case by its id, its topic or its area."""
    path = path_id(one.module.file)
    topic = one.module.file.stem
    return any(
        fnmatch.fnmatchcase(text, glob)
        for text in {one.id, f"{topic}/{one.name}", path, topic, path.partition("/")[0]}
    )


def _meant(glob: str, cases: Iterable[Declared]) -> set[str]:
    return {one.id for one in cases if _matches(one, glob)}


def _by_name(name: str, cases: Iterable[Declared]) -> set[str]:
    found = {one.id for one in cases if one.name == name}
    if len(found) > 1:
        raise NothingSelected(f"several cases are called {name!r}: {', '.join(sorted(found))}")
    return found


def _formerly(glob: str, cases: Sequence[Declared]) -> set[str]:
    """The cases that took over what the glob once meant.

    In two steps, since cases have moved twice: what became of a former topic, then of a case in it.
    """
    topics, names = former_names()
    topic, slash, name = glob.partition("/")
    later = [f"{new}/{name}" if slash else new for old, new in topics.items() if fnmatch.fnmatchcase(old, topic)]
    ids = {found for each in later for found in _meant(each, cases)}
    known = {one.id for one in cases}
    for old, successors in names.items():
        without_area = old.partition("/")[2] if old.count("/") == 2 else old
        said = (old, without_area, old.rpartition("/")[0])
        if any(fnmatch.fnmatchcase(text, each) for each in [glob, *later] for text in said):
            ids |= known.intersection(successors)
    return ids


@functools.cache
def former_names() -> tuple[Mapping[str, str], Mapping[str, list[str]]]:
    """The tables ``topics`` and ``cases`` of ``FORMER``."""
    tables = tomllib.loads(FORMER.read_text(encoding="utf-8"))
    return tables["topics"], tables["cases"]


def _may_hold(file: Path, glob: str) -> bool:
    """Whether a file can hold a match, judged by what stands before the first wildcard: a broken file does not stop
    the cases of others."""
    literal = re.split(r"[*?\[]", glob, maxsplit=1)[0]
    whole = literal == glob
    path = path_id(file)
    for place in (f"{path}/", f"{file.stem}/"):
        if place.startswith(f"{literal}/" if whole else literal) or literal.startswith(place):
            return True
    return False


def _hint(glob: str, cases: Sequence[Declared]) -> str:
    topics = {path_id(one.module.file) for one in cases}
    known = {one.id: one.id for one in cases}
    for one in cases:
        known.setdefault(one.name, one.id)
    known |= {topic: topic for topic in topics} | {topic.rpartition("/")[2]: topic for topic in topics}
    near = difflib.get_close_matches(glob.rstrip("/*"), known, n=3)
    return f"; did you mean {', '.join(dict.fromkeys(known[text] for text in near))}?" if near else ""
