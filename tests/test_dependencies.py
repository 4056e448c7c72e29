"""What is imported is declared: nodesock needs nothing, the tests what the harness needs and the extra `dev`."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OWN = {"bench", "build_tools", "conformance", "nodesock", "tests", "__future__"}
LIBRARY, HARNESS = (
    tomllib.loads((ROOT / directory / "pyproject.toml").read_text("utf-8"))["project"]
    for directory in ("impl", ".")
)
NODESOCK = LIBRARY["dependencies"]
CONFORMANCE = HARNESS["dependencies"]
DEV = HARNESS["optional-dependencies"]["dev"]


def declared(lines: list[str]) -> set[str]:
    """Distribution names of these requirements, normalised."""
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


def test_nodesock_depends_on_nothing() -> None:
    assert NODESOCK == []
    assert "optional-dependencies" not in LIBRARY


@pytest.mark.parametrize(
    ("directory", "requirements"),
    [
        ("impl/nodesock", NODESOCK),
        ("impl/build_tools", DEV),
        ("conformance", CONFORMANCE),
        ("bench", CONFORMANCE),
        ("tests", CONFORMANCE + DEV),
    ],
)
def test_imports_are_declared(directory: str, requirements: list[str]) -> None:
    needed = third_party(ROOT / directory)
    missing = [needed[name] for name in sorted(set(needed) - declared(requirements))]
    assert not missing, f"declare these in pyproject.toml: {missing}"


def test_the_harness_depends_on_nothing_idle() -> None:
    idle = declared(CONFORMANCE) - set(third_party(ROOT / "conformance")) - set(third_party(ROOT / "tests"))
    assert idle <= {"pytest-xdist"}, f"nothing imports {sorted(idle)}"


def test_the_harness_takes_nodesock_as_an_extra() -> None:
    assert HARNESS["optional-dependencies"]["python"] == ["nodesock"]
