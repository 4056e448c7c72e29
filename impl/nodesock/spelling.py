"""Names spelt as in Node where nodesock spells them in snake_case: said at once, instead of lost without a word.

Python lets a program set any attribute, and nodesock ignores options that it does not know, as Node does. So a program
that is carried over from Node would seem to work with `server.maxConnections = 1` or `{"allowHalfOpen": True}`. Only
the camelCase of a name that exists is refused; all other names are ignored.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from nodesock.inspect import camel

_Class = TypeVar("_Class", bound=type)

#: words that Node writes in capitals
_CAPITALS = {"Ttl": "TTL", "Json": "JSON"}
#: every option of more than one word, of whatever call
OPTIONS = frozenset((
    "allow_half_open", "auto_destroy", "auto_select_family", "auto_select_family_attempt_timeout", "block_list",
    "capture_rejections", "decode_strings", "default_encoding", "destroy_on_return", "emit_close", "high_water_mark",
    "initial_delay", "ipv6_only", "keep_alive", "keep_alive_initial_delay", "local_address", "local_port",
    "low_water_mark", "manual_start", "no_delay", "object_mode", "on_read", "pause_on_connect", "pause_on_create",
    "readable_all", "readable_high_water_mark", "readable_object_mode", "receive_block_list", "recv_buffer_size",
    "reuse_addr", "reuse_port", "send_block_list", "send_buffer_size", "type_of_service", "writable_all",
    "writable_high_water_mark", "writable_object_mode",
))  # fmt: skip


def foreign(name: str) -> Iterator[str]:
    """The spellings of a snake_case name that a user of Node may try; none for a name of one word."""
    plain = camel(name)
    if plain == name:
        return
    yield plain
    capitals = plain
    for word, spelt in _CAPITALS.items():
        capitals = capitals.replace(word, spelt)
    if capitals != plain:
        yield capitals


_FOREIGN_OPTIONS = {wrong: right for right in OPTIONS for wrong in foreign(right)} | {"onread": "on_read"}
_has_no_foreign = frozenset(_FOREIGN_OPTIONS).isdisjoint


def check_options(options: Iterable[Any]) -> None:
    """Raises TypeError for an option that nodesock has under another spelling."""
    if not _has_no_foreign(options):
        wrong = next(name for name in options if name in _FOREIGN_OPTIONS)
        raise TypeError(f"unknown option {wrong!r}. Did you mean {_FOREIGN_OPTIONS[wrong]!r}?")


class _Foreign:
    """An attribute that is not there: to read it or to set it raises AttributeError with the right name."""

    __slots__ = ("_right", "_wrong")

    def __init__(self, wrong: str, right: str) -> None:
        self._wrong = wrong
        self._right = right

    def __get__(self, instance: object, owner: type) -> Any:
        text = f"{owner.__name__!r} object has no attribute {self._wrong!r}. Did you mean {self._right!r}?"
        raise AttributeError(text)

    def __set__(self, instance: object, value: object) -> None:
        self.__get__(instance, type(instance))


def refuses_foreign_names(cls: _Class) -> _Class:
    """Have a class raise AttributeError for the camelCase of each public attribute that it defines or annotates.

    A subclass may define such a name for itself.
    """
    for right in [*vars(cls), *vars(cls).get("__annotations__", ())]:
        if not right.startswith("_"):
            for wrong in foreign(right):
                setattr(cls, wrong, _Foreign(wrong, right))
    return cls
