"""Write the API reference, one Markdown file a module, from the signatures and docstrings of what nodesock offers.

A class's members are listed with the class that users name; what it has of another documented class is named
there, not repeated.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

MODULES = [
    "nodesock",
    "nodesock.events",
    "nodesock.stream",
    "nodesock.net",
    "nodesock.dgram",
    "nodesock.errors",
    "nodesock.dns",
    "nodesock.diagnostics",
]


def main() -> None:
    """`reference.py DIRECTORY`."""
    into = Path(sys.argv[1] if len(sys.argv) > 1 else "build/docs")
    into.mkdir(parents=True, exist_ok=True)
    modules = [importlib.import_module(name) for name in MODULES]
    homes = documented_classes(modules)
    for module in modules:
        page = into / f"{module.__name__}.md"
        page.write_text("\n".join(module_page(module, homes)), "utf-8")
        print(page)


def public_names(module: ModuleType) -> list[str]:
    """What the module offers, in its own order."""
    return list(getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")]))


def documented_classes(modules: list[ModuleType]) -> Mapping[type, tuple[str, str]]:
    """Each class with the page and name it is described under: its module's rather than that of `nodesock` itself."""
    homes: dict[type, tuple[str, str]] = {}
    for module in sorted(modules, key=lambda module: module.__name__ == "nodesock"):
        for name in public_names(module):
            thing = getattr(module, name)
            if inspect.isclass(thing):
                homes.setdefault(thing, (module.__name__, name))
    return homes


def module_page(module: ModuleType, homes: Mapping[type, tuple[str, str]]) -> Iterator[str]:
    """The lines of one module's page."""
    yield f"# {module.__name__}\n"
    yield f"{inspect.getdoc(module) or ''}\n"
    for name in public_names(module):
        thing = getattr(module, name)
        if inspect.ismodule(thing):
            continue
        if inspect.isclass(thing):
            if homes[thing] != (module.__name__, name):
                yield f"## `class {name}`\n\nThe same as `{'.'.join(homes[thing])}`.\n"
                continue
            yield from class_section(name, thing, homes)
        elif callable(thing):
            yield from described("##", name, thing)
        elif type(thing).__module__.startswith("nodesock."):
            yield from class_section(name, type(thing), homes)


def class_section(name: str, thing: type, homes: Mapping[type, tuple[str, str]]) -> Iterator[str]:
    """A class (or the one object of it) with its members, and those of its bases that have no section of their own."""
    if thing in homes:
        yield from described("##", f"class {name}", thing)
    else:
        yield f"## `{name}`\n\n{inspect.getdoc(thing) or ''}\n"
    members: dict[str, Any] = {}
    above = []
    for base in thing.__mro__:
        if base is not thing and base in homes:
            above.append(base)
        elif base.__module__.split(".")[0] == "nodesock" and not any(issubclass(one, base) for one in above):
            for member, value in vars(base).items():
                members.setdefault(member, value)
    if above:
        yield f"Also all of {', '.join('`' + '.'.join(homes[base]) + '`' for base in above)}.\n"
    for member, value in sorted(members.items()):
        plain = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if not member.startswith("_") and (callable(plain) or isinstance(plain, property)):
            yield from described("###", f"{name}.{member}", plain)


def described(level: str, title: str, thing: Any) -> Iterator[str]:
    """A heading with the signature, and the docstring if there is one."""
    yield f"{level} `{title}{signature(thing)}`\n"
    text = inspect.getdoc(thing)
    if text:
        yield f"{text}\n"


def signature(thing: Any) -> str:
    """The parameters as a reader of the reference wants them: names without modules, and no type that says nothing."""
    try:
        text = "" if isinstance(thing, property) else str(inspect.signature(thing))
    except (TypeError, ValueError):
        return ""
    text = re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", text)
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)
    text = re.sub(r"^\(self(: ~?\w+)?(, )?", "(", text)
    text = text.replace(": Any = ", "=").replace(": Any", "").replace(" -> Any", "")
    text = text.removesuffix(" -> None") if isinstance(thing, type) else text
    return text.replace("=undefined", "=…")


if __name__ == "__main__":
    main()
