"""Makes text from outside fit to be shown. A label, a value, an error or a role's stderr may hold anything.

Control characters, lone surrogates and characters that nobody sees are written out (``\\x1b``, ``\\u202e``).
A terminal, an XML parser and the log of a CI machine then read them as text. ``report.json`` keeps the text.
"""

import json
import re
from typing import Any

#: The longest line that is shown, in characters.
LONGEST = 4000

# What XML does not allow, what a terminal acts on, and what a reader cannot see. Tabs and line ends stay.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def printable(text: str) -> str:
    """The text with everything but tabs and line ends that is not to be shown as it is written out."""
    return _UNSHOWN.sub(_escape, text)


def one_line(text: str, limit: int = LONGEST) -> str:
    """The same in one line of at most about ``limit`` characters; what was cut off is counted."""
    if len(text) > limit:
        text = f"{text[:limit]}… ({len(text) - limit} more characters)"
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def to_json(data: Any) -> str:
    """``data`` as indented JSON. What cannot stand in UTF-8 is a JSON escape."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    return _UNSHOWN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    number = ord(character)
    return _SHORT.get(character) or (f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}")
