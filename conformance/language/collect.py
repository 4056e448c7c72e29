"""From case files to checked ``Case`` objects.

A file is parsed, executed (for the Python half) and every compared role is transpiled at once, so that all
that can be wrong with a case is said here, as one ``CollectionError`` with file and line, and never later
as a traceback.
"""

import ast
import difflib
import fnmatch
import re
import types
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from conformance.errors import CollectionError, NothingSelected
from conformance.language.case import MARK, Case, Declaration, Role, check_requirements
from conformance.language.case_file import CaseFile
from conformance.language.names import snake_case
from conformance.language.scope import FunctionLike
from conformance.language.transpile import transpile_role

__all__ = ["CollectionError", "NothingSelected", "collect", "collect_file", "find_case"]

CASES = Path(__file__).parents[1] / "cases"
FIXTURES = Path(__file__).parents[2] / "node_fixtures"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def collect(globs: Sequence[str] = (), files: Iterable[Path] | None = None) -> list[Case]:
    """The cases whose id matches one of ``globs``, all of them without any, in file and definition order.

    A glob is matched against the whole id (``half_open/*``) and the topic alone (``half_open``); one that
    ends in ``.py`` names a case file or, with ``::glob`` behind it, some of its cases. ``files`` replaces
    the built-in case files. Raises ``CollectionError``, and ``NothingSelected`` for a glob that matches
    nothing.
    """
    selected: list[Case] = []
    paths = [glob for glob in globs if glob.partition("::")[0].endswith(".py")]
    ids = [glob for glob in globs if glob not in paths]
    for pattern in paths:
        name, _, part = pattern.partition("::")
        if not Path(name).is_file():
            raise NothingSelected(f"no such case file: {name}")
        found = [found for found in collect_file(Path(name)) if not part or _matches(found, part)]
        if not found:
            raise NothingSelected(f"no case in {name} matches {part!r}" if part else f"{name} holds no case")
        selected += found
    if ids or not globs:
        files = list(files) if files is not None else sorted(CASES.glob("[!_]*.py"))
        wanted = [file for file in files if not ids or any(_may_hold(file.stem, pattern) for pattern in ids)]
        known = list(_unique(wanted))
        for pattern in ids:
            if not any(_matches(case, pattern) for case in known):
                raise NothingSelected(f"no case matches {pattern!r}{_hint(pattern, files)}")
        selected += [case for case in known if not ids or any(_matches(case, pattern) for pattern in ids)]
    return list(_without_duplicates(selected))


def find_case(program: str) -> Case:
    """The case of a ``Case.python_program`` or of a plain id of a built-in case; reads that one file only.

    Raises ``CollectionError`` or ``NothingSelected``.
    """
    name, separator, case_id = program.rpartition("::")
    file = Path(name) if separator else CASES / f"{case_id.partition('/')[0]}.py"
    if file.is_file():
        for found in collect_file(file):
            if found.id == case_id:
                return found
    raise NothingSelected(f"no case {case_id!r} in {file}")


def collect_file(file: Path) -> list[Case]:
    """The cases of one file. The topic is the file's stem. Raises ``CollectionError``."""
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
    namespace = _execute(file, source)
    module = CaseFile(file, tree, namespace)
    cases: dict[str, Case] = {}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not _decorated(node):
            continue
        found = _build(module, node, namespace)
        if found.id in cases:
            raise CollectionError(
                file, node.lineno, f"a second case {found.id!r} (first at line {cases[found.id].line})"
            )
        cases[found.id] = found
    return list(cases.values())


def _execute(file: Path, source: str) -> dict[str, Any]:
    name = f"conformance.cases.{file.stem}" if file.parent == CASES else f"conformance_cases_{file.stem}"
    module = types.ModuleType(name)
    module.__file__ = str(file)
    try:
        exec(compile(source, str(file), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - a case is code
    except Exception as error:  # noqa: BLE001 - it is its author's
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


def _build(module: CaseFile, node: ast.ClassDef | FunctionNode, namespace: dict[str, Any]) -> Case:
    file, declared = module.file, namespace.get(node.name)
    declaration = getattr(declared, MARK, None)
    if not isinstance(declaration, Declaration):
        raise CollectionError(
            file, node.lineno, f"{node.name} is decorated with case but is not the case of that name"
        )
    roles = list(_roles(module, node, declared))
    compared = tuple(role for role, _ in roles if not role.raw)
    raw = tuple(role for role, _ in roles if role.raw)
    _check_declaration(file, node, declaration, {role.name for role in compared})
    if not compared:
        raise CollectionError(file, node.lineno, f"{node.name} has no role")
    if len(compared) > 2:
        raise CollectionError(
            file, node.lineno, f"{node.name} has {len(compared)} compared roles, at most two can be paired"
        )
    _check_needs(module, roles)
    programs = {}
    for role, function in roles:
        if role.raw:
            continue
        if role.name in declaration.fixtures:
            programs[role.name] = _fixture(file, node.lineno, declaration.fixtures[role.name])
        else:
            programs[role.name] = transpile_role(module, function)
    return Case(
        id=f"{file.stem}/{snake_case(node.name)}",
        topic=file.stem,
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


def _check_declaration(file: Path, node: ast.AST, declaration: Declaration, roles: set[str]) -> None:
    line = getattr(node, "lineno", 1)
    if not isinstance(declaration.about, str) or not declaration.about.strip():
        raise CollectionError(file, line, "about must be the requirement as a sentence")
    if declaration.skip_unless is not None:
        unknown = check_requirements(declaration.skip_unless)
        if unknown:
            raise CollectionError(file, line, f"skip_unless does not know {unknown!r}")
    if declaration.deadline_ms is not None and not declaration.deadline_ms > 0:
        raise CollectionError(file, line, "deadline_ms must be a positive number of milliseconds")
    for role in declaration.fixtures:
        if role not in roles:
            raise CollectionError(file, line, f"fixtures names the role {role!r}, which the case has not")


def _roles(
    module: CaseFile, node: ast.ClassDef | FunctionNode, declared: Any
) -> Iterator[tuple[Role, FunctionNode]]:
    file = module.file
    if not isinstance(node, ast.ClassDef):
        yield _role(file, "main", node, declared), node
        return
    seen: set[str] = set()
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            if statement.name in seen:
                raise CollectionError(file, statement.lineno, f"a second role {statement.name!r}")
            seen.add(statement.name)
            yield _role(file, statement.name, statement, vars(declared)[statement.name]), statement
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            raise CollectionError(file, statement.lineno, "the class of a case holds role functions only")


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


def _check_needs(module: CaseFile, roles: list[tuple[Role, FunctionNode]]) -> None:
    published = {role.name: _published(module, function) for role, function in roles}
    for role, function in roles:
        others = set().union(*(names for name, names in published.items() if name != role.name))
        for need in role.needs:
            if need not in others:
                raise CollectionError(
                    module.file,
                    function.lineno,
                    f"the role {role.name!r} takes {need!r}, which no other role publishes",
                )


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
    path = FIXTURES / name
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise CollectionError(file, line, f"no such fixture: node_fixtures/{name}") from None


def _unique(files: Iterable[Path]) -> Iterator[Case]:
    seen: dict[str, Case] = {}
    for file in files:
        for found in collect_file(file):
            first = seen.setdefault(found.id, found)
            if first is not found:
                raise CollectionError(
                    found.file, found.line, f"a second case {found.id!r} (first in {first.file})"
                )
            yield found


def _without_duplicates(cases: list[Case]) -> Iterator[Case]:
    seen: dict[str, Case] = {}
    for found in cases:
        first = seen.setdefault(found.id, found)
        if first is found:
            yield found
        elif first.file != found.file:
            raise CollectionError(
                found.file, found.line, f"a second case {found.id!r} (first in {first.file})"
            )


def _matches(found: Case, pattern: str) -> bool:
    return fnmatch.fnmatchcase(found.id, pattern) or fnmatch.fnmatchcase(found.topic, pattern)


def _may_hold(topic: str, pattern: str) -> bool:
    """Whether a file can hold a match, judged by what stands before the first wildcard: a broken file
    does not stop the cases of others."""
    literal = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    if "/" in literal or literal == pattern:
        return topic == literal.partition("/")[0]
    return topic.startswith(literal)


def _hint(pattern: str, files: Sequence[Path]) -> str:
    try:
        ids = [case.id for file in files for case in collect_file(file)]
    except CollectionError:
        return ""
    near = difflib.get_close_matches(pattern, [*ids, *(file.stem for file in files)], n=3)
    return f"; did you mean {', '.join(near)}?" if near else ""
