"""The part of the build that pyproject.toml cannot say: the extension."""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))  # a PEP 517 build does not have the project directory on its path

from build_tools.build_ext import EXTENSION, BuildPyuv


class FreshBuildPy(build_py):
    """setuptools keeps build/lib between builds, and a module deleted since would still go into the wheel."""

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


setup(ext_modules=[EXTENSION], cmdclass={"build_ext": BuildPyuv, "build_py": FreshBuildPy})
