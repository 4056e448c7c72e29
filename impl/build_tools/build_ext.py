"""setuptools' build_ext for `nodesock._pyuv`: pyuv's one extension and its Python files, on a libuv of our choice.

The steps: download the two pinned source releases (sources.py), compile libuv into a static library (libuv.py), compile
pyuv's single C file with pyuv_compat.h forced in, and lay its Python files and the licences beside the extension. In an
editable install the same files land in impl/nodesock/_pyuv/, which git ignores.
"""

import os
import shlex
import shutil
from pathlib import Path

from setuptools import Extension
from setuptools.command.build_ext import build_ext

from . import libuv, sources
from .errors import BuildProblem

PACKAGE = "nodesock._pyuv"
COMPAT_HEADER = Path(__file__).with_name("pyuv_compat.h")

# Named in the distribution before anything is downloaded; its real sources are filled in by the build.
EXTENSION = Extension(f"{PACKAGE}._cpyuv", sources=[])


class BuildPyuv(build_ext):
    """Builds the private package nodesock._pyuv."""

    def run(self) -> None:
        # SystemExit and not an exception: setuptools and pip then print the line alone, without a traceback.
        try:
            libuv.require_linux()
            libuv.require_python_headers()
            self._command = libuv.compiler()
            # The compiler Python was built with may be absent here and another one present; both halves use the same.
            os.environ.setdefault("CC", shlex.join(self._command))
            self._cache = sources.usable_cache(Path(self.build_temp, "cache"))
            self._trees = sources.fetch(self._cache)
            super().run()
        except BuildProblem as problem:
            raise SystemExit(f"nodesock cannot be built: {problem}.") from None

    def build_extension(self, ext: Extension) -> None:
        pyuv = self._trees["pyuv"]
        uv = self._trees["uvloop"] / "vendor" / "libuv"
        archive = libuv.static_library(uv, self._cache, self._command)
        ext.sources = [str(pyuv / "src" / "pyuv.c")]
        ext.include_dirs = [str(uv / "include")]
        ext.define_macros = [("_FILE_OFFSET_BITS", "64"), ("_LARGEFILE_SOURCE", "1")]
        # pyuv's warnings are known and not ours to fix; they would bury the messages of this build.
        ext.extra_compile_args = ["-include", str(COMPAT_HEADER), "-O2", "-g0", "-w", "-fno-strict-aliasing"]
        ext.extra_link_args = ["-Wl,--exclude-libs,ALL"]
        ext.extra_objects = [str(archive)]
        ext.libraries = libuv.LIBRARIES
        ext.depends = [str(COMPAT_HEADER), str(archive)]
        super().build_extension(ext)
        for made, origin in self._companions(Path(self.get_ext_fullpath(ext.name)).parent).items():
            shutil.copyfile(origin, made)

    def copy_extensions_to_source(self) -> None:
        target = Path(self.get_finalized_command("build_py").get_package_dir(PACKAGE))  # type: ignore[attr-defined]
        target.mkdir(parents=True, exist_ok=True)
        super().copy_extensions_to_source()
        for made, origin in self._companions(target).items():
            shutil.copyfile(origin, made)

    def get_outputs(self) -> list[str]:
        package = Path(self.build_lib, *PACKAGE.split("."))
        return [*super().get_outputs(), *(str(package / name) for name in self._companion_names())]

    def _companions(self, package: Path) -> dict[Path, Path]:
        """Where each companion file goes, and where it comes from."""
        pyuv = self._trees["pyuv"]
        uv = self._trees["uvloop"] / "vendor" / "libuv"
        origins = [
            pyuv / "pyuv" / "__init__.py",
            pyuv / "pyuv" / "_version.py",
            pyuv / "LICENSE",
            uv / "LICENSE",
            uv / "LICENSE-extra",
        ]
        return dict(zip((package / name for name in self._companion_names()), origins, strict=True))

    @staticmethod
    def _companion_names() -> list[str]:
        return ["__init__.py", "_version.py", "LICENSE.pyuv", "LICENSE.libuv", "LICENSE.libuv-extra"]
