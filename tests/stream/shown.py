"""Values as the traces of scenarios have them."""

from typing import Any

from nodesock.validators import UNDEFINED

_VAGUE = ("ERR_INVALID_ARG_TYPE", "ERR_UNKNOWN_ENCODING")


def shown(value: Any) -> Any:
    """A value as both sides write it."""
    if value is UNDEFINED:
        return None
    if isinstance(value, bytes):
        return "b:" + value.hex()
    if isinstance(value, str):
        raw = value.encode("utf-16-le", "surrogatepass")
        units = [raw[at] | raw[at + 1] << 8 for at in range(0, len(raw), 2)]
        return "s:" + "".join(f"<{unit:x}>" if 0xD800 <= unit <= 0xDFFF else chr(unit) for unit in units)
    if isinstance(value, BaseException):
        code = getattr(value, "code", None) or ""
        return f"E:{code}:{'' if code in _VAGUE else value}"
    if hasattr(value, "number_in_scenario"):
        return f"#{value.number_in_scenario}"
    if hasattr(value, "has_unpiped"):
        return "info"
    if isinstance(value, (list, tuple)):
        return [shown(one) for one in value]
    return "fn" if callable(value) else value
