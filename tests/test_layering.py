"""Imports point down only (docs/layout.md) and form no circle, pyuv has two homes, and the harness sees what any user
sees.

An import inside a function or for the type checker alone counts like any other: it is the same dependency, written so
that Python does not trip over it.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NODESOCK = ROOT / "impl" / "nodesock"
CONFORMANCE = ROOT / "conformance"

# From the ground up. A module may import from its own unit and from the layers before it, not from its neighbours.
# libuv's names for its errors stand on pyuv alone, so they are part of the ground.
LAYERS = [
    {"_pyuv", "_version", "callables", "code_units"},
    {"bindings.uv", "inspect"},
    {"errors", "spelling"},
    {"encodings", "validators"},
    {"runtime"},
    {"bindings"},
    {"abort", "diagnostics", "events"},
    {"process"},
    {"addresses", "dns", "stream.core"},
    {"stream"},
    {"dgram", "net"},
    {"__init__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# (importer, imported): why this import has to stand in a function or be for the type checker alone.
HIDDEN: dict[tuple[str, str], str] = {}

PYUV_HOMES = {"bindings", "runtime"}

# The harness, from the ground up in the same way: every folder, then what stands beside them on top.
HARNESS_LAYERS = [
    {"profile"},
    {"config", "errors", "scenery"},
    {"language"},
    {"play"},
    {"judge"},
    {"tell"},
    {"opening"},
    {"__init__", "surface", "surface_names"},
    {"command"},
    {"cli", "pytest_plugin"},
    {"__main__", "conftest"},
]
HARNESS_RANK = {name: rank for rank, names in enumerate(HARNESS_LAYERS) for name in names}

# What nodesock offers to anyone; the harness has to do with that.
PUBLIC = {"nodesock", "nodesock.dgram", "nodesock.errors", "nodesock.events", "nodesock.net", "nodesock.stream"}


@dataclass(frozen=True)
class Import:
    """One imported module, absolute, and where; `hidden` in a function or from all but the type checker."""

    importer: str
    module: str
    file: Path
    line: int
    hidden: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}: {self.importer} imports {self.module}"


def files_under(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*.py") if "_pyuv" not in path.parts)


def dotted(path: Path, base: Path) -> str:
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_file(module: str, base: Path) -> bool:
    """Whether the name is a module's, not that of something in one."""
    place = base / module.replace(".", "/")
    return place.is_dir() or place.with_suffix(".py").is_file()


def is_typing_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def imports_of(path: Path, base: Path) -> Iterator[Import]:
    """Every import of the file."""
    importer = dotted(path, base)
    package = importer if path.name == "__init__.py" else importer.rpartition(".")[0]

    def walk(node: ast.AST, hidden: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(importer, alias.name, path, node.lineno, hidden)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                origin = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{origin}.{alias.name}"
                is_module = origin == "nodesock" or is_file(whole, base)
                yield Import(importer, whole if is_module else origin, path, node.lineno, hidden)
        hidden = hidden or is_typing_guard(node) or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, hidden)

    yield from walk(ast.parse(path.read_text("utf-8")), False)


def circular_imports(package: Path) -> list[Import]:
    """The imports that are part of a circle between files of the package."""
    base = package.parent
    files = {dotted(path, base): path for path in files_under(package)}
    edges: list[tuple[Import, str]] = []
    for path in files.values():
        for found in imports_of(path, base):
            target = found.module
            if not is_file(target, base):  # a name in the package itself
                target = target.rpartition(".")[0]
            if target in files and target != found.importer:
                edges.append((found, target))
    targets: dict[str, set[str]] = {name: set() for name in files}
    for found, target in edges:
        targets[found.importer].add(target)

    def reachable(start: str) -> set[str]:
        seen, waiting = {start}, [start]
        while waiting:
            new = targets[waiting.pop()] - seen
            seen |= new
            waiting += new
        return seen

    reached = {name: reachable(name) for name in files}
    return [found for found, target in edges if found.importer in reached[target]]


def layer_of(module: str) -> str:
    """`nodesock.net.socket` -> `net`: the longest part that LAYERS names; the package itself -> `__init__`."""
    parts = module.split(".")[1:] or ["__init__"]
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in RANK), parts[0])


OURS = [found for path in files_under(NODESOCK) for found in imports_of(path, ROOT / "impl")]
INSIDE = [found for found in OURS if found.module.split(".")[0] == "nodesock"]


def test_every_module_has_a_layer() -> None:
    found = {layer_of(dotted(path, ROOT / "impl")) for path in files_under(NODESOCK)}
    assert found <= set(RANK), f"give these a layer in LAYERS: {sorted(found - set(RANK))}"


def test_imports_point_down() -> None:
    wrong = [
        str(found)
        for found in INSIDE
        if (above := layer_of(found.importer)) != (below := layer_of(found.module)) and RANK[below] >= RANK[above]
    ]
    assert not wrong, "\n".join(wrong)


def test_no_circle_between_files_of_nodesock() -> None:
    wrong = dict.fromkeys(str(found) for found in circular_imports(NODESOCK))
    assert not wrong, "\n".join(wrong)


def test_imports_stand_at_the_top_of_their_file() -> None:
    hidden = {(found.importer, found.module): str(found) for found in INSIDE if found.hidden}
    wrong = [text for key, text in hidden.items() if key not in HIDDEN]
    wrong += [f"HIDDEN: {' -> '.join(key)} is not needed any more" for key in HIDDEN if key not in hidden]
    assert not wrong, "\n".join(wrong)


def test_no_module_assigns_to_another() -> None:
    """What a lower layer needs from above has a slot in runtime/hooks.py, on an object made for it."""
    wrong = []
    for path in files_under(NODESOCK):
        tree = ast.parse(path.read_text("utf-8"))
        modules = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if is_file(f"{node.module}.{alias.name}", ROOT / "impl")
        }
        wrong += [
            f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)} = …"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and not isinstance(node.ctx, ast.Load)
            and ast.unparse(node.value) in modules
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


HARNESS = [found for path in files_under(CONFORMANCE) for found in imports_of(path, ROOT)]
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
    wrong = dict.fromkeys(str(found) for found in circular_imports(CONFORMANCE))
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
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nodesock.net\n", ["typing", "nodesock.net"]),
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


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"a": "import p.b", "b": "import p.c", "c": ""}, []),
        ({"a": "import p.b", "b": "import p.c", "c": "import p.b"}, ["p.b", "p.c"]),
        ({"a": "from p import b", "b": "def f():\n    from p.a import f"}, ["p.a", "p.b"]),
        ({"a": "from p.b import f", "b": "if TYPE_CHECKING:\n    from p.a import T"}, ["p.a", "p.b"]),
        ({"__init__": "from p.a import f", "a": "from p import g"}, ["p", "p.a"]),
        ({"__init__": "from p.a import f", "a": "from p import b", "b": "from . import c", "c": ""}, []),
    ],
)
def test_the_finder_of_circles(sources: dict[str, str], expected: list[str], tmp_path: Path) -> None:
    package = tmp_path / "p"
    package.mkdir()
    for name, source in sources.items():
        (package / f"{name}.py").write_text(source)
    assert [found.importer for found in circular_imports(package)] == expected


def test_no_file_is_longer_than_600_lines() -> None:
    folders = ("bench", "conformance", "docs", "impl", "node_fixtures", "tests")
    files = [path for folder in folders for kind in ("py", "js") for path in (ROOT / folder).rglob(f"*.{kind}")]
    wrong = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in files
        if not {"cases", "_pyuv"} & set(path.parts) and (lines := len(path.read_bytes().splitlines())) > 600
    ]
    assert not wrong, "\n".join(wrong)
