"""Text as JavaScript counts it: in UTF-16 code units, two for a character beyond 16 bits."""

#: all bytes but the first of four in UTF-8
_NOT_ASTRAL = bytes(range(0xF0))


def units(text: str) -> int:
    """The length JavaScript gives this text: its number of UTF-16 code units."""
    if text.isascii():
        return len(text)
    return len(text) + len(text.encode("utf-8", "surrogatepass").translate(None, _NOT_ASTRAL))


def slice_units(text: str, start: int, stop: int | None = None) -> str:
    """`text.slice(start, stop)` by UTF-16 code units; may cut an astral character into two lone surrogates."""
    if units(text) == len(text):
        return text[start:stop]
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[start * 2 : None if stop is None else stop * 2].decode("utf-16-le", "surrogatepass")
