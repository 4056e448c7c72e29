"""JavaScript's errors where Node calls a method of what a user gave as a stream, and it has none of that name."""

from typing import Any

from nodesock.errors import NodeTypeError, property_error
from nodesock.inspect import camel
from nodesock.validators import UNDEFINED


def method(value: Any, name: str, called: str) -> Any:
    """The method `name` of `value`; raises the TypeError `called.name is not a function` if there is none.

    `called` is the value's name in Node's source, which JavaScript's text shows.
    """
    if value is None or value is UNDEFINED:
        raise property_error(camel(name), value)
    found = getattr(value, name, None)
    if not callable(found):
        raise NodeTypeError(f"{called}.{camel(name)} is not a function")
    return found


def or_missing(error: Exception, value: Any, name: str, called: str) -> Exception:
    """What `method` raises if there is none: then `error` is Python's word for that. Else `error` itself."""
    try:
        method(value, name, called)
    except NodeTypeError as missing:
        return missing
    return error
