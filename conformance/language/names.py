"""The one rule between Python's snake_case and Node's camelCase, with the words Node spells as acronyms.

``is_ipv4`` is ``isIPv4``, ``ipv6_only`` is ``ipv6Only`` (the first word is always lower case), ``set_ttl``
is ``setTTL``. Names without an underscore that start with a capital (``Server``) and constants
(``PRIVATE_RANGES``) stay.
"""

import re

#: Words of a snake_case name that Node writes otherwise than capitalised, when they are not the first word.
ACRONYMS = {
    "ip": "IP",
    "ipv4": "IPv4",
    "ipv6": "IPv6",
    "ttl": "TTL",
    "json": "JSON",
    "cidr": "CIDR",
    "cidrs": "CIDRs",
}

#: Names in which Node does not mark the words at all.
EXCEPTIONS = {"on_read": "onread"}

_SNAKE_EXCEPTIONS = {camel: snake for snake, camel in EXCEPTIONS.items()}
_SPELT = sorted(ACRONYMS.values(), key=len, reverse=True)
_WORDS = re.compile("|".join([*_SPELT, "[A-Z]?[a-z0-9]+", "[A-Z]+(?![a-z])", "[A-Z]"]))


def camel_case(name: str) -> str:
    """Node's name for a Python one. A trailing underscore (``from_``) only avoids a Python keyword and
    goes."""
    if name in EXCEPTIONS:
        return EXCEPTIONS[name]
    lead = name[: len(name) - len(name.lstrip("_"))]
    bare = name[len(lead) :].rstrip("_")
    if "_" not in bare or bare.isupper():
        return lead + bare
    first, *rest = bare.split("_")
    return lead + first + "".join(ACRONYMS.get(word, word[:1].upper() + word[1:]) for word in rest)


def snake_case(name: str) -> str:
    """The Python name for Node's, or the id for a CamelCase case class."""
    if name in _SNAKE_EXCEPTIONS:
        return _SNAKE_EXCEPTIONS[name]
    lead = name[: len(name) - len(name.lstrip("_"))]
    bare = name[len(lead) :]
    if "_" in bare or bare.isupper():
        return name
    return lead + "_".join(word.lower() for word in _WORDS.findall(bare))
