"""From case files to checked ``Case`` objects; selection.py says which of them a command means.

A file is parsed and executed (for the Python half); of the cases that it declares those that are selected are
checked, and their compared roles transpiled. So all that can be wrong with a case is said here, as one
``CollectionError`` with file and line of each fault, and never later as a traceback.
"""

import ast
import re
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import CollectionError, Faults
from conformance.language.case import MARK, Case, Declaration, Role, check_requirements
from conformance.language.case_file import CaseFile
from conformance.language.names import snake_case
from conformance.language.scope import FunctionLike
from conformance.language.transpile import transpile_role

CASES = Path(__file__).parents[1] / "cases"
FIXTURES = Path(__file__).parents[2] / "node_fixtures"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def collect_file(file: Path) -> list[Case]:
    """The cases of one file.

    Raises ``CollectionError`` with all that is wrong with the file.
    """
    faults = Faults()
    cases = []
    for one in without_duplicates(declared_cases(file), faults):
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
    def name(self) -> str:
        return snake_case(self.node.name)

    @property
    def id(self) -> str:
        return f"{path_id(self.module.file)}/{self.name}"

    def build(self, *, translate: bool = True) -> Case:
        """The checked case. Without ``translate`` it has no ``programs``: enough for the Python half.

        Raises ``CollectionError`` with all that is wrong with it.
        """
        return _build(self, translate)


def is_built_in(file: Path) -> bool:
    """Whether a file lies among the cases of this package, ``cases/<area>/<topic>.py``."""
    return file.parent.parent == CASES


def path_id(file: Path) -> str:
    """What the ids of a file's cases begin with: ``area/topic``, or the topic alone in a file of one's own."""
    return f"{file.parent.name}/{file.stem}" if is_built_in(file) else file.stem


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
    prefix = f"conformance.cases.{file.parent.name}." if is_built_in(file) else "conformance_cases_"
    module = types.ModuleType(f"{prefix}{file.stem}")
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


def without_duplicates(declared: Iterable[Declared], faults: Faults) -> Iterator[Declared]:
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
