"""``--changed``: the cases that what has changed since a revision can have an effect on.

What changed is found by comparing files function by function, and who executes it is in the map
(``tell/execution.py``). Where that does not tell, everything is selected: too many cases cost time, one too few hides a
failure.
"""

import ast
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.command.options import Failed
from conformance.judge.verdict import Exit
from conformance.language.case import Case
from conformance.language.collect import declared_cases
from conformance.tell.execution import Function

_HARNESS = Path(__file__).parents[1]
_FIXTURES = _HARNESS.parent / "node_fixtures"

#: What nothing executes.
_PROSE = (".md", ".rst", ".txt")


@dataclass
class Changes:
    """What has changed: ``everything`` is why all cases are to be run, else empty.

    ``functions`` were changed or removed. ``names`` are new ones', which may stand in for a function of that name.
    ``cases`` are ids.
    """

    everything: str = ""
    functions: set[Function] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    cases: set[str] = field(default_factory=set)

    def reach(self, case: Case, executed: Iterable[Function]) -> bool:
        """Whether a case that executes these functions is to be run."""
        if self.everything or case.id in self.cases:
            return True
        return any(one in self.functions or one[1].rpartition(".")[2] in self.names for one in executed)


def changes_since(revision: str, package: Path, cases: Sequence[Case]) -> Changes:
    """What differs between the revision and the working tree. ``package`` is the directory of the subject's package.

    Raises ``Failed`` where git cannot tell.
    """
    top = Path(_git(Path.cwd(), "rev-parse", "--show-toplevel").strip())
    try:
        commit = _git(top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    except Failed:
        raise Failed(
            f"--changed: there is no revision {revision!r} (with cases before it, or --changed=HEAD)", Exit.USAGE
        ) from None
    if not package.is_relative_to(top):
        raise Failed(f"--changed: {package} is not in this repository", Exit.USAGE)
    named = _git(top, "diff", "--name-only", "--no-renames", "-z", commit, "--")
    named += _git(top, "ls-files", "--others", "--exclude-standard", "-z")
    files = {case.file.resolve() for case in cases}
    changes = Changes()
    for name in sorted(set(named.split("\0")) - {""}):
        path = top / name
        if path.suffix in _PROSE:
            continue
        if path in files:
            changes.cases |= _changed_cases(path, _at(top, commit, name))
        elif path.is_relative_to(package) and path.suffix == ".py":
            _add_functions(changes, path, str(path.relative_to(package.parent)), _at(top, commit, name))
        elif path.is_relative_to(package.parent) and package.parent != top:
            changes.everything = changes.everything or f"{name} has changed, which is part of the subject"
        elif path.is_relative_to(_HARNESS / "cases") and path.suffix == ".py":
            continue  # of cases that are not selected
        elif path.is_relative_to(_HARNESS) or path.is_relative_to(_FIXTURES):
            changes.everything = changes.everything or f"{name} has changed, which is part of the harness"
    return changes


def _add_functions(changes: Changes, path: Path, file: str, before: str | None) -> None:
    """Add what has changed in a file of the package."""
    if before is None:
        return  # nothing imports a new file unless another one has changed
    if not path.exists():
        changes.everything = changes.everything or f"{file} is gone"
        return
    try:
        old, old_rest = _parts(before)
        new, new_rest = _parts(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        changes.everything = changes.everything or f"{file} cannot be read: {error}"
        return
    if old_rest != new_rest:
        changes.everything = changes.everything or f"{file} has changed outside of its functions"
    for name in old.keys() | new.keys():
        if name not in old:
            bare = name.rpartition(".")[2]
            if bare.startswith("__"):  # Python calls it where there was nothing to call
                changes.everything = changes.everything or f"{file} has a new {name}"
            changes.names.add(bare)
        elif old[name] != new.get(name):
            changes.functions.add((file, name))


def _parts(source: str) -> tuple[dict[str, list[str]], str]:
    """The functions of a file by qualified name, those inside a function as part of it, and everything else."""
    tree = ast.parse(source)
    functions: dict[str, list[str]] = {}

    def take(body: list[ast.stmt], prefix: str) -> list[ast.stmt]:
        left: list[ast.stmt] = []
        for node in _without_docstring(body):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                node.body = _without_docstring(node.body)
                functions.setdefault(prefix + node.name, []).append(ast.dump(node))
                continue
            if isinstance(node, ast.ClassDef):
                node.body = take(node.body, f"{prefix}{node.name}.")
            left.append(node)
        return left

    tree.body = take(tree.body, "")
    return functions, ast.dump(tree)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body


def _changed_cases(path: Path, before: str | None) -> set[str]:
    """The ids of the cases in a file that are not what they were."""
    if not path.exists():
        return set()
    declared = {one.node.name: one.id for one in declared_cases(path)}
    try:
        old, new = _statements(before or "", declared), _statements(path.read_text(encoding="utf-8"), declared)
    except (SyntaxError, ValueError):
        return set(declared.values())
    if old.get("") != new.get(""):  # something that several cases may use
        return set(declared.values())
    return {id for name, id in declared.items() if old.get(name) != new.get(name)}


def _statements(source: str, cases: Mapping[str, str]) -> dict[str, list[str]]:
    """What stands in a case file: each case by its name there, and everything else under an empty one."""
    found: dict[str, list[str]] = {}
    for node in ast.parse(source).body:
        name = node.name if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) else ""
        is_case = name in cases or _is_declared(node)
        found.setdefault(name if is_case else "", []).append(ast.dump(node))
    return found


def _is_declared(node: ast.stmt) -> bool:
    """Whether a statement declares a case, which may be gone by now."""
    decorators = getattr(node, "decorator_list", ())
    return any(isinstance(one, ast.Call) and getattr(one.func, "id", "") == "case" for one in decorators)


def _at(top: Path, commit: str, name: str) -> str | None:
    """A file as it was, None if it was not there."""
    try:
        return _git(top, "show", f"{commit}:{name}")
    except Failed:
        return None


def _git(directory: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=directory, capture_output=True, timeout=60, check=True, encoding="utf-8"
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        raise Failed(f"--changed: git: {said[-1] if said else error}", Exit.USAGE) from None
    return done.stdout
