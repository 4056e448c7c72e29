"""Compile libuv's Linux sources into a static, position-independent library, once per compiler and machine."""

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .errors import BuildProblem
from .sources import install

COMMON = (
    "fs-poll idna inet random strscpy strtok thread-common threadpool timer uv-common uv-data-getter-setters"
    " version"
)
UNIX = (
    "async core dl fs getaddrinfo getnameinfo loop-watcher loop pipe poll process proctitle random-devurandom"
    " signal stream tcp thread tty udp"
)
LINUX = "linux procfs-exepath random-getrandom random-sysctl-linux"
SOURCES = [f"src/{name}.c" for name in COMMON.split()]
SOURCES += [f"src/unix/{name}.c" for name in [*UNIX.split(), *LINUX.split()]]
DEFINES = ["_FILE_OFFSET_BITS=64", "_LARGEFILE_SOURCE", "_GNU_SOURCE", "_POSIX_C_SOURCE=200112"]
FLAGS = ["-O2", "-g0", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing", "-std=gnu11", "-w"]
LIBRARIES = ["pthread", "dl", "rt"]

NO_COMPILER = (
    "a C compiler is needed to build libuv and pyuv and `{command}` was not found; install one"
    " (Debian, Ubuntu: apt-get install gcc libc6-dev; Fedora: dnf install gcc; Alpine: apk add build-base)"
    " or set CC to yours"
)


def compiler(configured: str | None = None) -> list[str]:
    """The C compiler command: $CC, else the one Python was built with, else cc.

    Raises BuildProblem if there is none.
    """
    wanted = configured or os.environ.get("CC")
    candidates = [wanted] if wanted else [sysconfig.get_config_var("CC") or "cc", "cc", "gcc", "clang"]
    for candidate in candidates:
        command = shlex.split(candidate)
        if command and shutil.which(command[0]):
            return command
    raise BuildProblem(NO_COMPILER.format(command=candidates[0]))


def require_linux() -> None:
    """Raises BuildProblem on a platform this build does not know."""
    if not sys.platform.startswith("linux"):
        raise BuildProblem(f"it builds on Linux only, and this is {sys.platform}; use a Linux machine or container")


def require_python_headers() -> None:
    """Raises BuildProblem when this Python came without its C headers."""
    include = sysconfig.get_paths()["include"]
    if not Path(include, "Python.h").is_file():
        raise BuildProblem(
            f"the C headers of this Python are missing (no Python.h in {include}); install them"
            f" (Debian, Ubuntu: apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-dev)"
        )


def static_library(source: Path, cache: Path, command: Sequence[str]) -> Path:
    """The path of libuv.a for `source`, compiled with `command` and kept in `cache`."""
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False).stdout
    key = "\n".join([source.name, platform.machine(), *command, version, *FLAGS, *DEFINES, *SOURCES])
    target = cache / f"libuv-{platform.machine()}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    library = target / "libuv.a"
    if not library.is_file():
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            made = Path(scratch, "made")
            made.mkdir()
            _compile(source, made, command)
            install(made, target)
    return library


def _compile(source: Path, made: Path, command: Sequence[str]) -> None:
    flags = [*FLAGS, *(f"-D{name}" for name in DEFINES), f"-I{source / 'include'}", f"-I{source / 'src'}"]

    def one(name: str) -> Path:
        into = made / (name.replace("/", "_")[:-2] + ".o")
        _call([*command, *flags, "-c", str(source / name), "-o", str(into)])
        return into

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        objects = list(pool.map(one, SOURCES))
    archiver = shlex.split(os.environ.get("AR", "")) or ["ar"]
    if not shutil.which(archiver[0]):
        raise BuildProblem(NO_COMPILER.format(command=archiver[0]))
    _call([*archiver, "rcs", str(made / "libuv.a"), *map(str, objects)])
    for built in objects:
        built.unlink()


def _call(command: Sequence[str]) -> None:
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        sys.stderr.write(result.stdout)
        reason = next((line for line in result.stdout.splitlines() if "error" in line), "no reason given")
        raise BuildProblem(f"libuv did not compile: {reason.strip()} (command: {shlex.join(command)})")
