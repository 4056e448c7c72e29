"""Imports point down only (docs/layout.md), pyuv has two homes, and the harness sees what any user sees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NODESOCK = ROOT / "impl" / "nodesock"
CONFORMANCE = ROOT / "conformance"

# From the ground up. A module may import its own layer and those before it. libuv's names for its errors stand on pyuv
# alone, so they are part of the ground.
LAYERS = [
    {"_pyuv", "_version", "bindings.uv", "callables", "encodings", "errors", "inspect", "validators"},
    {"runtime"},
    {"bindings"},
    {"events", "abort", "process", "diagnostics"},
    {"stream", "dns", "addresses"},
    {"net", "dgram"},
    {"__init__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
PYUV_HOMES = {"bindings", "runtime"}

# The harness, from the ground up in the same way: every folder, then what stands beside them on top.
HARNESS_LAYERS = [
    {"config", "errors", "scenery"},
    {"language"},
    {"play"},
    {"judge"},
    {"tell"},
    {"opening"},
    {"__init__", "cli", "pytest_plugin", "surface", "surface_names"},
    {"__main__", "conftest"},
]
HARNESS_RANK = {name: rank for rank, names in enumerate(HARNESS_LAYERS) for name in names}

# What nodesock offers to anyone; the harness has to do with that.
PUBLIC = {"nodesock", "nodesock.dgram", "nodesock.errors", "nodesock.events", "nodesock.net", "nodesock.stream"}


@dataclass(frozen=True)
class Import:
    """One imported module, absolute, and where."""

    importer: str
    module: str
    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}: {self.importer} imports {self.module}"


def files_under(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*.py") if "_pyuv" not in path.parts)


def dotted(path: Path, base: Path) -> str:
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_typing_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def imports_of(path: Path, base: Path, for_types: bool = False) -> Iterator[Import]:
    """Every import of the file; those that only the type checker sees with ``for_types`` alone."""
    importer = dotted(path, base)
    package = importer if path.name == "__init__.py" else importer.rpartition(".")[0]

    def walk(node: ast.AST) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(importer, alias.name, path, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                origin = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{origin}.{alias.name}"
                place = base / whole.replace(".", "/")
                is_module = origin == "nodesock" or place.is_dir() or place.with_suffix(".py").is_file()
                yield Import(importer, whole if is_module else origin, path, node.lineno)
        if is_typing_guard(node) and not for_types:
            assert isinstance(node, ast.If)
            for otherwise in node.orelse:
                yield from walk(otherwise)
            return
        for child in ast.iter_child_nodes(node):
            yield from walk(child)

    yield from walk(ast.parse(path.read_text("utf-8")))


def layer_of(module: str) -> str:
    """`nodesock.net.socket` -> `net`, what LAYERS names in full -> that; the package itself -> `__init__`."""
    parts = module.split(".")[1:] or ["__init__"]
    return whole if (whole := ".".join(parts)) in RANK else parts[0]


OURS = [found for path in files_under(NODESOCK) for found in imports_of(path, ROOT / "impl")]
INSIDE = [found for found in OURS if found.module.split(".")[0] == "nodesock"]


def test_every_module_has_a_layer() -> None:
    found = {layer_of(dotted(path, ROOT / "impl")) for path in files_under(NODESOCK)}
    assert found <= set(RANK), f"give these a layer in LAYERS: {sorted(found - set(RANK))}"


def test_imports_point_down() -> None:
    wrong = [
        str(found)
        for found in INSIDE
        if RANK[layer_of(found.module)] > RANK[layer_of(found.importer)]
    ]
    assert not wrong, "\n".join(wrong)


def test_pyuv_is_known_to_bindings_and_runtime_alone() -> None:
    wrong = [
        str(found)
        for found in OURS
        if (found.module.split(".")[0] == "pyuv" or "_pyuv" in found.module.split("."))
        and found.importer.split(".")[1] not in PYUV_HOMES
    ]
    assert not wrong, "\n".join(wrong)


def test_nodesock_does_not_know_the_harness() -> None:
    wrong = [str(found) for found in OURS if found.module.split(".")[0] in ("conformance", "tests", "build_tools")]
    assert not wrong, "\n".join(wrong)


HARNESS = [found for path in files_under(CONFORMANCE) for found in imports_of(path, ROOT, for_types=True)]
AMONG_THEMSELVES = [found for found in HARNESS if found.module.split(".")[0] == "conformance"]


def harness_layer(module: str) -> str:
    """`conformance.play.runner` -> `play`; the package itself -> `__init__`."""
    return (module.split(".")[1:] or ["__init__"])[0]


def test_every_module_of_the_harness_has_a_layer() -> None:
    found = {harness_layer(dotted(path, ROOT)) for path in files_under(CONFORMANCE)} - {"cases"}
    assert found == set(HARNESS_RANK)


def test_imports_of_the_harness_point_down() -> None:
    wrong = [
        str(found)
        for found in AMONG_THEMSELVES
        if harness_layer(found.importer) != "cases"
        and HARNESS_RANK[harness_layer(found.module)] > HARNESS_RANK[harness_layer(found.importer)]
    ]
    assert not wrong, "\n".join(wrong)


def test_no_circle_between_files_of_the_harness() -> None:
    """A file that imports none of the rest, or that none of the rest imports, is in no circle."""
    left: dict[str, set[str]] = {}
    for found in AMONG_THEMSELVES:
        left.setdefault(found.importer, set()).add(found.module)
    while free := [
        name
        for name, needed in left.items()
        if not needed & left.keys() or not any(name in others for others in left.values())
    ]:
        for name in free:
            del left[name]
    wrong = [str(found) for found in AMONG_THEMSELVES if found.importer in left and found.module in left]
    assert not wrong, "\n".join(wrong)


def test_the_harness_reaches_nodesock_through_the_stage() -> None:
    wrong = [
        str(found)
        for found in HARNESS
        if found.module.split(".")[0] == "nodesock" and found.importer != "conformance.play.stage"
    ]
    assert not wrong, "\n".join(wrong)


def test_the_harness_uses_the_public_api() -> None:
    import nodesock

    names = {f"nodesock.{name}" for name in nodesock.__all__}
    wrong = [
        str(found)
        for found in HARNESS
        if found.module.split(".")[0] == "nodesock" and found.module not in PUBLIC | names
    ]
    for path in files_under(CONFORMANCE):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Attribute) or ast.unparse(node.value) != "nodesock":
                continue
            if f"nodesock.{node.attr}" not in PUBLIC | names:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: nodesock.{node.attr}")
    assert not wrong, "\n".join(wrong)


def test_cases_import_the_harness_alone() -> None:
    wrong = [
        str(found)
        for path in files_under(CONFORMANCE / "cases")
        for found in imports_of(path, ROOT)
        if found.module.split(".")[0] != "conformance"
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import nodesock.net\n", ["nodesock.net"]),
        ("from nodesock import _pyuv\n", ["nodesock._pyuv"]),
        ("from . import uv\n", ["nodesock.bindings.uv"]),
        ("def f():\n    from nodesock.process import process\n", ["nodesock.process"]),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nodesock.net\n", ["typing"]),
    ],
)
def test_the_reader_of_imports(
    source: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path
    package = base / "nodesock" / "bindings"
    package.mkdir(parents=True)
    (package / "uv.py").write_text("")
    path = package / "thing.py"
    path.write_text(source)
    assert [found.module for found in imports_of(path, base)] == expected
