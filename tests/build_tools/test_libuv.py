"""Compiling libuv: what is said when it cannot be, and that a second build compiles nothing."""

import os
import stat
from pathlib import Path

import pytest
from setuptools import Distribution

from build_tools import build_ext, libuv
from build_tools.errors import BuildProblem

RECORDER = """#!/bin/sh
echo "$@" >>"{log}"
[ "$1" = --version ] && exec echo "fake 1.0"
while [ $# -gt 0 ]; do
    [ "$1" = -o ] && : >"$2"
    shift
done
"""


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_missing_compiler_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildProblem) as problem:
        libuv.compiler()
    text = str(problem.value)
    assert text.startswith("a C compiler is needed")
    assert "apt-get install gcc" in text
    assert "\n" not in text


def test_the_callers_compiler_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine = script(tmp_path / "mycc", "#!/bin/sh\n")
    monkeypatch.setenv("CC", f"{mine} -m64")
    assert libuv.compiler() == [str(mine), "-m64"]
    monkeypatch.setenv("CC", str(tmp_path / "absent"))
    with pytest.raises(BuildProblem, match="absent"):
        libuv.compiler()


def test_build_ext_ends_with_the_line_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    command = build_ext.BuildPyuv(Distribution({"name": "x", "ext_modules": [build_ext.EXTENSION]}))
    command.ensure_finalized()
    with pytest.raises(SystemExit) as ended:
        command.run()
    text = str(ended.value)
    assert text.startswith("nodesock cannot be built: a C compiler is needed")
    assert "`no-such-compiler` was not found" in text
    assert "\n" not in text


def test_missing_headers_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"include": str(tmp_path)})
    with pytest.raises(BuildProblem, match="no Python.h in .* apt-get install python3"):
        libuv.require_python_headers()


def test_another_platform_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(BuildProblem, match="Linux only, and this is win32"):
        libuv.require_linux()


def test_libuv_is_compiled_once_per_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = tmp_path / "log"
    fake = script(tmp_path / "cc", RECORDER.format(log=log))
    archiver = script(tmp_path / "ar", '#!/bin/sh\n: >"$2"\n')
    monkeypatch.setenv("AR", str(archiver))
    first = libuv.static_library(tmp_path / "libuv", tmp_path, [str(fake)])
    compiled = log.read_text().count(" -c ")
    assert compiled == len(libuv.SOURCES)
    assert libuv.static_library(tmp_path / "libuv", tmp_path, [str(fake)]) == first
    assert log.read_text().count(" -c ") == compiled
    assert libuv.static_library(tmp_path / "libuv", tmp_path, [str(fake), "-m64"]) != first
    assert os.listdir(first.parent) == ["libuv.a"]


def test_a_source_that_does_not_compile_is_named(tmp_path: Path) -> None:
    broken = script(tmp_path / "cc", "#!/bin/sh\necho 'core.c:1: error: no such header'\nexit 1\n")
    with pytest.raises(BuildProblem, match="libuv did not compile: core.c:1: error: no such header"):
        libuv.static_library(tmp_path / "libuv", tmp_path, [str(broken)])
