"""Which names a function of the subset binds, and where JavaScript has to declare them.

Python decides per function: a name that is bound anywhere in it is local to all of it. So each function
gets one ``let`` for its locals; only a name that is bound once, by a plain statement of the body itself, is
declared there (as a ``const`` or a function declaration), which means the same and reads better.
"""

import ast
from collections.abc import Iterable, Iterator

FunctionLike = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Scope:
    """The names of one function. ``hoisted`` are those to declare with ``let`` at its top, in order of
    first binding."""

    def __init__(self, node: FunctionLike | None, parent: "Scope | None", names: Iterable[str] = ()) -> None:
        self.parent = parent
        self.names: set[str] = set(names)
        self.nonlocals: set[str] = set()
        self.async_functions: set[str] = set()
        #: whether the function is an async generator
        self.yields = isinstance(node, ast.AsyncFunctionDef) and is_generator(node)
        self.hoisted: list[str] = []
        self._declared_in_place: set[str] = set()
        if node is None:
            return
        arguments = node.args
        parameters = [
            argument.arg for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        ]
        parameters += [argument.arg for argument in (arguments.vararg, arguments.kwarg) if argument]
        self.names.update(parameters)
        if isinstance(node.body, list):
            self._bind(node.body, set(parameters))

    def _bind(self, body: list[ast.stmt], parameters: set[str]) -> None:
        bindings: dict[str, int] = {}
        in_place: set[str] = set()
        for statement in body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                in_place.add(statement.name)
            else:
                match statement:
                    case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
                        in_place.add(name)
        rebound: set[str] = set()
        for statement in _own_statements(body):
            if isinstance(statement, ast.Nonlocal):
                self.nonlocals.update(statement.names)
            elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                bindings[statement.name] = bindings.get(statement.name, 0) + 1
                if isinstance(statement, ast.AsyncFunctionDef) and not is_generator(statement):
                    self.async_functions.add(statement.name)
            for name in _bound_names(statement):
                bindings[name] = bindings.get(name, 0) + 1
        for statement in body:
            for inner in ast.walk(statement):
                if isinstance(inner, ast.Nonlocal):
                    rebound.update(inner.names)
        for name, count in bindings.items():
            if name in self.nonlocals:
                continue
            self.names.add(name)
            if name not in parameters and not (count == 1 and name in in_place and name not in rebound):
                self.hoisted.append(name)
        self._declared_in_place = in_place.difference(self.hoisted, parameters, self.nonlocals)

    def declares_in_place(self, name: str) -> bool:
        """Whether the one assignment to ``name`` is its declaration."""
        return name in self._declared_in_place

    def knows(self, name: str) -> bool:
        """Whether ``name`` is a variable of this function or of one around it."""
        return name in self.names or (self.parent is not None and self.parent.knows(name))

    def is_async_function(self, name: str) -> bool:
        """Whether ``name`` is bound by an ``async def`` that does not yield."""
        if name in self.names:
            return name in self.async_functions
        return self.parent is not None and self.parent.is_async_function(name)

    def inner(self, names: Iterable[str]) -> "Scope":
        """The scope of a comprehension: this one and its targets."""
        return Scope(None, self, names)


def is_generator(node: ast.AsyncFunctionDef) -> bool:
    """Whether an async function yields."""
    return any(
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield)
        for statement in _own_statements(node.body)
    )


def _own_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a function, those of its blocks included, those of nested functions not."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.For | ast.AsyncFor):
            yield from _own_statements(statement.body)
            yield from _own_statements(statement.orelse)


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    targets: list[ast.expr] = []
    match statement:
        case ast.Assign():
            targets = statement.targets
        case ast.AnnAssign() | ast.AugAssign() | ast.For() | ast.AsyncFor():
            targets = [statement.target]
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
