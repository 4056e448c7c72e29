"""Mirrors the argument handling of lib/net.js: the overloads of connect and listen become one options
dictionary."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nodesock.errors import node_error
from nodesock.spelling import check_options
from nodesock.validators import UNDEFINED, is_truthy, to_number

Callback = Callable[..., Any]

_OBJECT_MODES = {
    "object_mode": "options.objectMode",
    "readable_object_mode": "options.readableObjectMode",
    "writable_object_mode": "options.writableObjectMode",
}
_STREAM_OPTIONS = frozenset((
    "readable", "writable", "high_water_mark", "readable_high_water_mark", "writable_high_water_mark", "encoding",
    "default_encoding", "signal", "read", "write", "writev", "final", "destroy", "construct", "capture_rejections",
))  # fmt: skip


def stream_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """What a socket hands on to its stream. Raises ERR_INVALID_ARG_VALUE for object modes: sockets have none."""
    for mode, name in _OBJECT_MODES.items():
        if mode in options and is_truthy(options[mode]):
            raise node_error("ERR_INVALID_ARG_VALUE", name, options[mode], "is not supported")
    if _STREAM_OPTIONS.isdisjoint(options):
        return {}
    given = {name: value for name, value in options.items() if name in _STREAM_OPTIONS}
    if "signal" in given and not is_truthy(given["signal"]):
        del given["signal"]
    return given


class LookupOptions(dict[str, Any]):
    """The options a lookup function is called with: a dictionary whose keys are attributes too; absent ones
    are None."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)

    def __missing__(self, key: str) -> None:
        return None


def snake_to_camel(name: str) -> str:
    """`ipv6_only` as Node spells it, for texts that show the options."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def node_view(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with Node's names, for error texts."""
    return {snake_to_camel(str(name)): value for name, value in options.items()}


def non_negative_number(value: Any) -> float | None:
    """The number that `value` is or spells, None if it is none or negative ('0x50' is 80, '' is 0)."""
    number = to_number(value)
    return number if number >= 0 else None


def is_pipe_name(value: Any) -> bool:
    """Whether a string stands for a path: any that does not spell a number from 0 up."""
    return isinstance(value, str) and non_negative_number(value) is None


def is_options(value: Any) -> bool:
    """Whether a first argument takes the place of Node's options object: neither a primitive nor a function."""
    return not (value is None or value is UNDEFINED or isinstance(value, (str, int, float)) or callable(value))


def as_mapping(value: Any) -> dict[str, Any]:
    """The options of an options object; nothing can be read from one that is no mapping."""
    return dict(value) if isinstance(value, Mapping) else {}


class NormalizedArgs(NamedTuple):
    """What the overloads of connect and listen come to. `net.connect()` hands it to the socket's `connect` as the only
    argument, as in Node: whoever replaces that method sees every connection."""

    options: dict[str, Any]
    callback: Callback | None


def normalize(args: tuple[Any, ...], keywords: Mapping[str, Any]) -> NormalizedArgs:
    """The options and the callback of `connect(…)` and `listen(…)`.

    (options[, callback]), (path[, callback]), (port[, host][, callback]); keywords are added to them.
    """
    options: dict[str, Any] = {}
    callback: Callback | None = None
    if args:
        first = args[0]
        if isinstance(first, NormalizedArgs):
            return first
        if is_options(first):
            options = as_mapping(first)
        elif is_pipe_name(first):
            options = {"path": first}
        elif not (callable(first) and keywords):
            options = {"port": first}
            if len(args) > 1 and isinstance(args[1], str):
                options["host"] = args[1]
        if callable(args[-1]):
            callback = args[-1]
    if keywords:
        options.update(keywords)
    check_options(options)
    return NormalizedArgs(options, callback)
