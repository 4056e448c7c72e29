"""What is imported is declared: nodesock needs nothing, the harness its extra, the tests that and the dev one."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OWN = {"bench", "build_tools", "conformance", "nodesock", "tests", "__future__"}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]


def declared(*extras: str) -> set[str]:
    """Distribution names in these extras, normalised."""
    lines = [line for extra in extras for line in EXTRAS[extra]]
    return {re.split(r"[<>=~!\[; ]", line)[0].lower().replace("_", "-") for line in lines}


def third_party(directory: Path) -> dict[str, str]:
    """Distribution -> a file that imports it; modules of this project and of Python left out."""
    known = packages_distributions()
    found = {}
    for path in sorted(directory.rglob("*.py")):
        if "_pyuv" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in {name.split(".")[0] for name in names} - OWN - set(sys.stdlib_module_names):
                distribution = known.get(name, [name])[0].lower().replace("_", "-")
                found[distribution] = f"{path.relative_to(ROOT)} imports {name}"
    return found


@pytest.mark.parametrize(
    ("directory", "extras"),
    [
        ("impl", ()),
        ("conformance", ("conformance",)),
        ("bench", ("conformance",)),
        ("tests", ("conformance", "dev")),
        ("build_tools", ("dev",)),
    ],
)
def test_imports_are_declared(directory: str, extras: tuple[str, ...]) -> None:
    needed = third_party(ROOT / directory)
    missing = [needed[name] for name in sorted(set(needed) - declared(*extras))]
    assert not missing, f"declare these in pyproject.toml's extras {extras}: {missing}"


def test_the_harness_extra_holds_nothing_idle() -> None:
    idle = declared("conformance") - set(third_party(ROOT / "conformance")) - set(third_party(ROOT / "tests"))
    assert idle <= {"pytest-xdist"}, f"nothing imports {sorted(idle)}"
