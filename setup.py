"""The part of the build that pyproject.toml cannot say: the extension, and packages from two directories."""

import sys
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))  # a PEP 517 build does not have the project directory on its path

from build_tools.build_ext import EXTENSION, BuildPyuv  # noqa: E402

setup(
    # nodesock._pyuv is made by the build (in a checkout it lies in impl/ after an editable install).
    packages=[
        *find_packages("impl", exclude=["nodesock._pyuv"]),
        *find_packages(".", include=["conformance", "conformance.*"]),
        "node_fixtures",
    ],
    package_dir={"nodesock": "impl/nodesock", "conformance": "conformance", "node_fixtures": "node_fixtures"},
    package_data={"nodesock": ["py.typed"], "conformance": ["**/*"], "node_fixtures": ["**/*"]},
    include_package_data=False,
    ext_modules=[EXTENSION],
    cmdclass={"build_ext": BuildPyuv},
)
