"""nodesock.versions: what process.versions is in Node."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import nodesock
from build_tools.sources import pinned

ROOT = Path(__file__).parent.parent


def test_all_three_are_told() -> None:
    assert set(nodesock.versions) == {"nodesock", "pyuv", "libuv"}
    assert nodesock.versions["nodesock"] == nodesock.__version__ == version("nodesock")
    assert nodesock.versions["pyuv"] == pinned()["pyuv"].version


def test_libuv_is_the_one_inside_the_reference_node() -> None:
    assert nodesock.versions["libuv"].startswith("1.52.")


def test_versions_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        nodesock.versions["libuv"] = "1.0.0"  # type: ignore[index]


def test_the_version_has_one_home() -> None:
    for directory in ("impl", "."):
        project = tomllib.loads((ROOT / directory / "pyproject.toml").read_text("utf-8"))["project"]
        assert "version" not in project
        assert "version" in project["dynamic"]


def test_the_extension_carries_its_licences() -> None:
    package = Path(nodesock.__file__).parent / "_pyuv"
    for name in ("LICENSE.pyuv", "LICENSE.libuv", "LICENSE.libuv-extra"):
        assert "Permission is hereby granted" in (package / name).read_text("utf-8")
