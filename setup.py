"""The part of the build that pyproject.toml cannot say: the extension, and packages from two directories."""

import re
import shutil
import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))  # a PEP 517 build does not have the project directory on its path

from build_tools.build_ext import EXTENSION, BuildPyuv  # noqa: E402


class FreshBuildPy(build_py):
    """setuptools keeps build/lib between builds, and a module deleted since would still go into the wheel."""

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


version = re.search(r'__version__ = "(.+)"', (ROOT / "impl/nodesock/_version.py").read_text("utf-8"))
assert version, "impl/nodesock/_version.py names no version"

setup(
    version=version[1],
    # nodesock._pyuv is made by the build (in a checkout it lies in impl/ after an editable install).
    packages=[
        *find_packages("impl", exclude=["nodesock._pyuv"]),
        *find_packages(".", include=["conformance", "conformance.*"]),
        "node_fixtures",
    ],
    package_dir={"nodesock": "impl/nodesock", "conformance": "conformance", "node_fixtures": "node_fixtures"},
    package_data={"nodesock": ["py.typed"], "conformance": ["**/*"], "node_fixtures": ["**/*"]},
    exclude_package_data={"": ["*.pyc", "__pycache__/*"]},
    include_package_data=False,
    ext_modules=[EXTENSION],
    cmdclass={"build_ext": BuildPyuv, "build_py": FreshBuildPy},
)
