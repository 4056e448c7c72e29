"""Write the API reference, one Markdown file a module, from the signatures and docstrings of what nodesock offers."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

MODULES = ["nodesock", "nodesock.net", "nodesock.dgram", "nodesock.stream", "nodesock.events", "nodesock.errors"]


def main() -> None:
    """`reference.py DIRECTORY`."""
    into = Path(sys.argv[1] if len(sys.argv) > 1 else "build/docs")
    into.mkdir(parents=True, exist_ok=True)
    for name in MODULES:
        page = into / f"{name}.md"
        page.write_text("\n".join(module_page(importlib.import_module(name))), "utf-8")
        print(page)


def module_page(module: ModuleType) -> Iterator[str]:
    """The lines of one module's page."""
    yield f"# {module.__name__}\n"
    yield f"{inspect.getdoc(module) or ''}\n"
    for name in getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")]):
        thing = getattr(module, name)
        if inspect.ismodule(thing):
            continue
        if inspect.isclass(thing):
            yield from described("##", f"class {name}", thing)
            for member, value in sorted(vars(thing).items()):
                if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                    yield from described("###", f"{name}.{member}", value)
        elif callable(thing):
            yield from described("##", name, thing)


def described(level: str, title: str, thing: Any) -> Iterator[str]:
    """A heading with the signature, and the docstring if there is one."""
    try:
        signature = "" if isinstance(thing, property) else str(inspect.signature(thing))
    except (TypeError, ValueError):
        signature = ""
    yield f"{level} `{title}{signature}`\n"
    text = inspect.getdoc(thing)
    if text:
        yield f"{text}\n"


if __name__ == "__main__":
    main()
