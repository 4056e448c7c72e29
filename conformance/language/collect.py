"""From case files to checked ``Case`` objects.

A file is parsed and executed (for the Python half); of the cases that it declares those that are selected are
checked, and their compared roles transpiled. So all that can be wrong with a case is said here, as one
``CollectionError`` with file and line of each fault, and never later as a traceback.
"""

import ast
import contextlib
import difflib
import fnmatch
import re
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import CollectionError, Faults, NothingSelected
from conformance.language.case import MARK, Case, Declaration, Role, check_requirements
from conformance.language.case_file import CaseFile
from conformance.language.names import snake_case
from conformance.language.scope import FunctionLike
from conformance.language.transpile import transpile_role

__all__ = ["CollectionError", "NothingSelected", "collect", "collect_file"]

CASES = Path(__file__).parents[1] / "cases"
FIXTURES = Path(__file__).parents[2] / "node_fixtures"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def collect(globs: Sequence[str] = (), files: Iterable[Path] | None = None) -> list[Case]:
    """The cases whose id matches one of ``globs``, all of them without any, in file and definition order.

    A glob is matched against the whole id (``half_open/*``) and the topic alone (``half_open``); one that
    ends in ``.py`` names a case file or, with ``::glob`` behind it, those of its cases whose id, topic or name
    matches. ``files`` replaces the built-in case files. Only what is selected is checked and translated.
    Raises ``CollectionError`` with all that is wrong with it, and ``NothingSelected`` for a glob that matches
    nothing.
    """
    selected: list[Declared] = []
    faults = Faults()
    paths = [glob for glob in globs if glob.partition("::")[0].endswith(".py")]
    ids = [glob for glob in globs if glob not in paths]
    for pattern in paths:
        name, _, part = pattern.partition("::")
        if not Path(name).is_file():
            raise NothingSelected(f"no such case file: {name}")
        with faults.gathered():
            known = declared_cases(Path(name))
            found = [one for one in known if not part or one.matches(part) or one.is_called(part)]
            if not found:
                raise NothingSelected(f"no case in {name} matches {part!r}" if part else f"{name} holds no case")
            selected += found
    if ids or not globs:
        files = list(files) if files is not None else _built_in()
        known = []
        for file in files:
            if not ids or any(_may_hold(file.stem, pattern) for pattern in ids):
                with faults.gathered():
                    known += declared_cases(file)
        faults.check()
        for pattern in ids:
            if not any(one.matches(pattern) for one in known):
                raise NothingSelected(f"no case matches {pattern!r}{_hint(pattern, files)}")
        selected += [one for one in known if not ids or any(one.matches(pattern) for pattern in ids)]
    cases = []
    for one in _without_duplicates(selected, faults):
        with faults.gathered():
            cases.append(one.build())
    faults.check()
    return cases


def case_files(globs: Sequence[str] = ()) -> set[Path]:
    """The files that ``collect`` looks for these globs in: those they name, and the built-in ones for all others."""
    named = [glob.partition("::")[0] for glob in globs]
    files = {Path(name).resolve() for name in named if name.endswith(".py")}
    return files if named and all(name.endswith(".py") for name in named) else files | set(_built_in())


def ids_matching(glob: str, files: Iterable[Path]) -> set[str]:
    """The ids in these files that the glob means. A file that cannot be read has none."""
    ids: set[str] = set()
    for file in files:
        if _may_hold(file.stem, glob):
            with contextlib.suppress(CollectionError):
                ids.update(one.id for one in declared_cases(file) if fnmatch.fnmatchcase(one.id, glob))
    return ids


def _built_in() -> list[Path]:
    return sorted(CASES.glob("[!_]*.py"))


def collect_file(file: Path) -> list[Case]:
    """The cases of one file. The topic is the file's stem.

    Raises ``CollectionError`` with all that is wrong with the file.
    """
    faults = Faults()
    cases = []
    for one in _without_duplicates(declared_cases(file), faults):
        with faults.gathered():
            cases.append(one.build())
    faults.check()
    return cases


@dataclass(frozen=True)
class Declared:
    """A case as its file declares it, not yet checked nor translated."""

    module: CaseFile
    node: ast.ClassDef | FunctionNode

    @property
    def topic(self) -> str:
        return self.module.file.stem

    @property
    def id(self) -> str:
        return f"{self.topic}/{snake_case(self.node.name)}"

    def matches(self, pattern: str) -> bool:
        """Whether the glob means it by its id or its topic."""
        return fnmatch.fnmatchcase(self.id, pattern) or fnmatch.fnmatchcase(self.topic, pattern)

    def is_called(self, pattern: str) -> bool:
        """Whether the glob means it by its name alone: enough where the file is known."""
        return fnmatch.fnmatchcase(snake_case(self.node.name), pattern)

    def build(self, *, translate: bool = True) -> Case:
        """The checked case. Without ``translate`` it has no ``programs``: enough for the Python half.

        Raises ``CollectionError`` with all that is wrong with it.
        """
        return _build(self, translate)


def declared_cases(file: Path) -> list[Declared]:
    """What the file declares; the file is executed. Raises ``CollectionError``."""
    file = file.resolve()
    try:
        source = file.read_text(encoding="utf-8")
        tree = ast.parse(source, str(file))
    except SyntaxError as error:
        raise CollectionError(file, error.lineno or 1, f"syntax error: {error.msg}") from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise CollectionError(file, 1, f"cannot be read: {error}") from None
    if not re.fullmatch(r"[a-z][a-z0-9_]*", file.stem):
        raise CollectionError(
            file, 1, f"the file name is the topic of its cases, {file.stem!r} is not snake_case"
        )
    module = CaseFile(file, tree, _execute(file, source))
    return [
        Declared(module, node)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and _decorated(node)
    ]


def _execute(file: Path, source: str) -> dict[str, Any]:
    name = f"conformance.cases.{file.stem}" if file.parent == CASES else f"conformance_cases_{file.stem}"
    module = types.ModuleType(name)
    module.__file__ = str(file)
    try:
        exec(compile(source, str(file), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - a case is code
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it is its author's
        line, trace = 1, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == str(file):
                line = trace.tb_lineno
            trace = trace.tb_next
        raise CollectionError(file, line, f"{type(error).__name__}: {error}") from None
    return module.__dict__


def _decorated(node: ast.ClassDef | FunctionNode) -> bool:
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Attribute):
            if called.attr == "case":
                return True
        elif isinstance(called, ast.Name) and called.id == "case":
            return True
    return False


def _build(declared: Declared, translate: bool) -> Case:
    module, node = declared.module, declared.node
    file, value = module.file, module.namespace.get(node.name)
    declaration = getattr(value, MARK, None)
    if not isinstance(declaration, Declaration):
        raise CollectionError(
            file, node.lineno, f"{node.name} is decorated with case but is not the case of that name"
        )
    faults = Faults()
    roles = _roles(module, node, value, faults)
    compared = tuple(role for role, _ in roles if not role.raw)
    raw = tuple(role for role, _ in roles if role.raw)
    _check_declaration(file, node, declaration, {role.name for role in compared}, faults)
    if len(compared) > 2:
        faults.add(
            CollectionError(
                file,
                node.lineno,
                f"{node.name} has {len(compared)} compared roles, at most two can be paired",
            )
        )
    _check_needs(module, roles, faults)
    programs = {}
    for role, function in roles if translate else ():
        if role.raw:
            continue
        with faults.gathered():
            if role.name in declaration.fixtures:
                programs[role.name] = _fixture(file, node.lineno, declaration.fixtures[role.name])
            else:
                programs[role.name] = transpile_role(module, function)
    faults.check()
    if not compared:
        raise CollectionError(file, node.lineno, f"{node.name} has no role")
    return Case(
        id=declared.id,
        topic=declared.topic,
        about=declaration.about,
        roles=compared,
        raw_roles=raw,
        file=file,
        line=node.lineno,
        exact_chunks=declaration.exact_chunks,
        skip_unless=declaration.skip_unless,
        deadline_ms=declaration.deadline_ms,
        programs=programs,
    )


def _check_declaration(
    file: Path, node: ast.AST, declaration: Declaration, roles: set[str], faults: Faults
) -> None:
    def wrong(message: str) -> None:
        faults.add(CollectionError(file, getattr(node, "lineno", 1), message))

    if not isinstance(declaration.about, str) or not declaration.about.strip():
        wrong("about must be the requirement as a sentence")
    needs, deadline = declaration.skip_unless, declaration.deadline_ms
    if needs is not None:
        unknown = check_requirements(needs) if isinstance(needs, str) else needs
        if unknown is not None:
            wrong(f"skip_unless does not know {unknown!r}")
    if deadline is not None and not (isinstance(deadline, int | float) and 0 < deadline < float("inf")):
        wrong("deadline_ms must be a positive number of milliseconds")
    for role in declaration.fixtures:
        if role not in roles:
            wrong(f"fixtures names the role {role!r}, which the case has not")


def _roles(
    module: CaseFile, node: ast.ClassDef | FunctionNode, declared: Any, faults: Faults
) -> list[tuple[Role, FunctionNode]]:
    file = module.file
    if not isinstance(node, ast.ClassDef):
        return [(_role(file, "main", node, declared), node)]
    roles: dict[str, tuple[Role, FunctionNode]] = {}
    for statement in node.body:
        with faults.gathered():
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                if statement.name in roles:
                    raise CollectionError(file, statement.lineno, f"a second role {statement.name!r}")
                function = vars(declared)[statement.name]
                roles[statement.name] = _role(file, statement.name, statement, function), statement
            elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                raise CollectionError(file, statement.lineno, "the class of a case holds role functions only")
    return list(roles.values())


def _role(file: Path, name: str, node: FunctionNode, function: Any) -> Role:
    raw = re.fullmatch(r"raw(_.*)?", name) is not None
    arguments = node.args
    if (
        arguments.vararg
        or arguments.kwarg
        or arguments.kwonlyargs
        or arguments.defaults
        or arguments.posonlyargs
    ):
        raise CollectionError(file, node.lineno, f"the role {name!r} takes plain parameters only")
    names = [argument.arg for argument in arguments.args]
    stage = "r" if raw else "t"
    if names[:1] != [stage]:
        raise CollectionError(
            file, node.lineno, f"the first parameter of the role {name!r} must be {stage!r}"
        )
    return Role(name, tuple(names[1:]), function, node.lineno, raw)


def _check_needs(module: CaseFile, roles: list[tuple[Role, FunctionNode]], faults: Faults) -> None:
    published = {role.name: _published(module, function) for role, function in roles}
    for role, function in roles:
        others = set().union(*(names for name, names in published.items() if name != role.name))
        for need in role.needs:
            if need not in others:
                message = f"the role {role.name!r} takes {need!r}, which no other role publishes"
                faults.add(CollectionError(module.file, function.lineno, message))


def _published(module: CaseFile, function: FunctionLike, seen: frozenset[str] = frozenset()) -> set[str]:
    """The names that a role publishes, itself or in the helper functions that it uses."""
    names: set[str] = set()
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "publish"
        ):
            names.update(keyword.arg for keyword in node.keywords if keyword.arg)
        elif isinstance(node, ast.Name) and node.id not in seen and (found := module.helper(node.id)):
            names |= _published(*found, seen | {node.id})
    return names


def _fixture(file: Path, line: int, name: str) -> str:
    try:
        return (FIXTURES / str(name)).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise CollectionError(file, line, f"no such fixture: node_fixtures/{name}") from None


def _without_duplicates(declared: Iterable[Declared], faults: Faults) -> Iterator[Declared]:
    """Each case once; a second one under the id of another is a fault."""
    seen: dict[str, Declared] = {}
    for found in declared:
        first = seen.setdefault(found.id, found)
        file, line = first.module.file, first.node.lineno
        if first is found:
            yield found
        elif found.module.file != file:
            message = f"a second case {found.id!r} (first in {file})"
            faults.add(CollectionError(found.module.file, found.node.lineno, message))
        elif found.node.lineno != line:
            message = f"a second case {found.id!r} (first at line {line})"
            faults.add(CollectionError(file, found.node.lineno, message))


def _may_hold(topic: str, pattern: str) -> bool:
    """Whether a file can hold a match, judged by what stands before the first wildcard: a broken file
    does not stop the cases of others."""
    literal = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    if "/" in literal or literal == pattern:
        return topic == literal.partition("/")[0]
    return topic.startswith(literal)


def _hint(pattern: str, files: Sequence[Path]) -> str:
    try:
        ids = [found.id for file in files for found in declared_cases(file)]
    except CollectionError:
        return ""
    near = difflib.get_close_matches(pattern, [*ids, *(file.stem for file in files)], n=3)
    return f"; did you mean {', '.join(near)}?" if near else ""
