"""Joining and leaving multicast groups; `change` is the handle's method, `method` Node's name of the call."""

from collections.abc import Callable
from typing import Any

from nodesock.dgram.errors import check
from nodesock.errors import node_error
from nodesock.inspect import to_text
from nodesock.validators import UNDEFINED, is_truthy, validate_string


def change_membership(change: Callable[..., int], method: str, group: Any, interface: Any) -> None:
    """Join or leave a group. Raises ERR_MISSING_ARGS without a group, and the system's errors."""
    if not is_truthy(group):
        raise node_error("ERR_MISSING_ARGS", "multicastAddress")
    check(change(to_text(group), _optional_text(interface)), method)


def change_source_membership(
    change: Callable[..., int], method: str, source: Any, group: Any, interface: Any
) -> None:
    """Join or leave a group for one source. Raises ERR_INVALID_ARG_TYPE and the system's errors."""
    validate_string(source, "sourceAddress")
    validate_string(group, "groupAddress")
    check(change(source, group, _optional_text(interface)), method)


def _optional_text(interface: Any) -> str | None:
    return None if interface is None or interface is UNDEFINED else to_text(interface)
