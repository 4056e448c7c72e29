"""What a role can use of the file it stands in: its constants and helper functions, and those of the scenery."""

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from conformance import scenery
from conformance.language.scope import FunctionLike


@dataclass
class CaseFile:
    """A case file, or the scenery: its tree, for helper functions, and its namespace, for constants."""

    file: Path
    tree: ast.Module
    namespace: dict[str, Any]
    helpers: dict[str, FunctionLike] = field(init=False)

    def __post_init__(self) -> None:
        self.helpers = {
            node.name: node
            for node in self.tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list
        }

    def helper(self, name: str) -> tuple["CaseFile", FunctionLike] | None:
        """The helper function that ``name`` stands for in this file, and the module that defines it."""
        if name in self.helpers:
            return self, self.helpers[name]
        shared = _scenery()
        if name in shared.helpers and self.namespace.get(name) is shared.namespace[name]:
            return shared, shared.helpers[name]
        return None

    def home(self, name: str) -> "CaseFile":
        """The module that defines the constant which ``name`` stands for in this file."""
        shared = _scenery()
        return shared if shared.namespace.get(name) is self.namespace[name] else self


@cache
def _scenery() -> CaseFile:
    file = Path(scenery.__file__)
    return CaseFile(file, ast.parse(file.read_text(encoding="utf-8")), vars(scenery))
