"""Node's string encodings: `Buffer.from(text, encoding)`, `buffer.toString(encoding)` and `StringDecoder`.

JavaScript strings are sequences of UTF-16 code units, Python's of code points. Everything here answers as
Node does for the same text: an astral character counts as two units, a lone surrogate becomes U+FFFD in
UTF-8, and the one-byte encodings take the low byte of every unit.

The work is done by the C routines of the standard library, never by a loop over characters; bench/encodings.py times
it beside Node's.
"""

import re
from binascii import a2b_base64, a2b_hex, b2a_base64
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from nodesock.code_units import units
from nodesock.errors import node_error

__all__ = [
    "StringDecoder",
    "byte_length",
    "decode",
    "default_encoding",
    "encode",
    "is_encoding",
    "make_decoder",
    "normalize_encoding",
]

_ALIASES = {
    "utf8": "utf8",
    "utf-8": "utf8",
    "ucs2": "utf16le",
    "ucs-2": "utf16le",
    "utf16le": "utf16le",
    "utf-16le": "utf16le",
    "latin1": "latin1",
    "binary": "latin1",
    "base64": "base64",
    "base64url": "base64url",
    "hex": "hex",
    "ascii": "ascii",
}

_BASE64_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64_DIGITS))
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_TO_URL = bytes.maketrans(b"+/", b"-_")
_ASCII_FOLD = bytes(byte & 0x7F for byte in range(256))
#: 0 for every byte that is no hexadecimal digit
_IS_HEX = bytes(int(byte in b"0123456789abcdefABCDEF") for byte in range(256))
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def normalize_encoding(encoding: Any) -> str | None:
    """Node's canonical name of an encoding ('binary' -> 'latin1'), or None when Node does not know it."""
    if not isinstance(encoding, str):
        return None
    return _ALIASES.get(encoding) or _ALIASES.get(encoding.lower())


def is_encoding(encoding: Any) -> bool:
    """`Buffer.isEncoding`: any letter case, no other spelling."""
    return normalize_encoding(encoding) is not None


def _encode_utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        if _SURROGATE_PAIR.search(text):
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        # Only lone surrogates are left, for which Python writes "?" and Node U+FFFD.
        parts = [part.encode("utf-8", "replace").replace(b"?", b"\xef\xbf\xbd") for part in text.split("?")]
        return b"?".join(parts)


def _encode_low_bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass")[::2]


def _encode_utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _encode_base64(text: str) -> bytes:
    # Both alphabets at once; foreign characters are skipped, the first '=' ends the input, a lone last digit
    # is dropped.
    digits = _encode_low_bytes(text).partition(b"=")[0].translate(_FROM_URL, _NOT_BASE64)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return a2b_base64(digits + b"=" * (-len(digits) % 4))


def _encode_hex(text: str) -> bytes:
    digits = _encode_low_bytes(text)
    try:
        return a2b_hex(digits)
    except ValueError:  # ends before the first pair that is not of two digits
        good = digits.translate(_IS_HEX).find(0)
        return a2b_hex(digits[: (good if good >= 0 else len(digits)) & ~1])


_ENCODERS: dict[str, Callable[[str], bytes]] = {
    "utf8": _encode_utf8,
    "utf16le": _encode_utf16,
    "latin1": _encode_low_bytes,
    "ascii": _encode_low_bytes,
    "base64": _encode_base64,
    "base64url": _encode_base64,
    "hex": _encode_hex,
}


def encode(text: str, encoding: str | None = None) -> bytes:
    """`Buffer.from(text, encoding)`. An empty or absent encoding is utf8; raises ERR_UNKNOWN_ENCODING for an
    unknown one.
    """
    if not encoding or not isinstance(encoding, str):
        return _encode_utf8(text)
    name = normalize_encoding(encoding)
    if name is None:
        raise node_error("ERR_UNKNOWN_ENCODING", encoding)
    return _ENCODERS[name](text)


def default_encoding(options: Mapping[str, Any]) -> str:
    """The option `default_encoding` of a stream, as given. Raises ERR_UNKNOWN_ENCODING."""
    encoding = options.get("default_encoding")
    if encoding is None:
        return "utf8"
    if not is_encoding(encoding):
        raise node_error("ERR_UNKNOWN_ENCODING", encoding)
    return str(encoding)


def byte_length(data: str | bytes, encoding: str | None = None) -> int:
    """`Buffer.byteLength(data, encoding)` of what is to be sent; an unknown encoding counts as utf8.

    As in Node hex and base64 are not looked at: the answer is the length of what so many good digits stand for.
    """
    if not isinstance(data, str):
        return len(data)
    name = normalize_encoding(encoding) or "utf8"
    if name == "utf8":
        return len(data) if data.isascii() else len(_encode_utf8(data))
    length = units(data)
    if name == "utf16le":
        return length * 2
    if name == "hex":
        return length // 2
    if name in ("base64", "base64url"):
        padding = 0 if not data.endswith("=") else 2 if data.endswith("==") and length > 2 else 1
        return (length - padding) * 3 // 4
    return length


def _decode_utf8(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _decode_utf16(data: bytes) -> str:
    return data[: len(data) & ~1].decode("utf-16-le", "surrogatepass")


def _decode_ascii(data: bytes) -> str:
    return (data if data.isascii() else data.translate(_ASCII_FOLD)).decode("ascii")


def _decode_base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode("ascii")


def _decode_base64url(data: bytes) -> str:
    return b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


def _decode_latin1(data: bytes) -> str:
    return data.decode("latin-1")


_DECODERS: dict[str, Callable[[bytes], str]] = {
    "utf8": _decode_utf8,
    "utf16le": _decode_utf16,
    "latin1": _decode_latin1,
    "ascii": _decode_ascii,
    "base64": _decode_base64,
    "base64url": _decode_base64url,
    "hex": bytes.hex,
}


def decode(data: bytes, encoding: str | None = None) -> str:
    """`buffer.toString(encoding)`. Raises ERR_UNKNOWN_ENCODING for an unknown encoding."""
    if not encoding:
        return _decode_utf8(data)
    name = normalize_encoding(encoding)
    if name is None:
        raise node_error("ERR_UNKNOWN_ENCODING", encoding)
    return _DECODERS[name](data)


class StringDecoder(Protocol):
    """Turns chunks into text and holds back what is only part of a character (Node's `string_decoder`)."""

    encoding: str

    def write(self, data: bytes) -> str:
        """The text that is complete with `data`."""

    def end(self) -> str:
        """What is left, as Node spells an incomplete character."""


class _WholeBytes:
    """latin1, ascii and hex: nothing is ever held back."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._decode = _DECODERS[encoding]

    def write(self, data: bytes) -> str:
        return self._decode(data)

    def end(self) -> str:
        return ""


class _Utf8:
    """Holds back a lead byte at the end of a chunk and what follows it, for as long as continuation bytes come and the
    character lacks some. Whether they can make a character at all is seen only when it is decoded, as in Node.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._held = b""
        self._missing = 0

    def write(self, data: bytes) -> str:
        text = ""
        if self._held:
            taken = 0
            for byte in data[: self._missing]:
                if byte & 0xC0 != 0x80:
                    break
                taken += 1
            self._held += data[:taken]
            self._missing -= taken
            if self._missing and taken == len(data):
                return ""
            text = self.end()
            data = data[taken:]
        if data and data[-1] >= 0x80:
            keep = self._unfinished(data)
            if keep:
                self._held = data[-keep:]
                data = data[:-keep]
        return text + _decode_utf8(data)

    def _unfinished(self, data: bytes) -> int:
        """How many bytes at the end of `data` begin a character that it does not end; notes how many it lacks."""
        for count, byte in enumerate(data[:-5:-1], 1):
            if byte & 0xC0 != 0x80:
                size = 2 if byte & 0xE0 == 0xC0 else 3 if byte & 0xF0 == 0xE0 else 4 if byte & 0xF8 == 0xF0 else 0
                self._missing = size - count
                return count if size > count else 0
        return 0

    def end(self) -> str:
        held, self._held = self._held, b""
        return _decode_utf8(held)


class _Utf16:
    """Holds back an odd byte, or a high surrogate at the very end of a chunk; at the end of all the surrogate
    comes out alone and the odd byte is lost. A chunk with an odd byte is not looked at for surrogates, as in Node.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._held = b""

    def write(self, data: bytes) -> str:
        text = ""
        if self._held:
            whole = 2 if len(self._held) == 1 else 4
            missing = whole - len(self._held)
            self._held += data[:missing]
            if len(self._held) < whole:
                return ""
            data = data[missing:]
            text = _decode_utf16(self._held)
        keep = 1 if len(data) % 2 else 2 if data and 0xD8 <= data[-1] <= 0xDB else 0
        self._held = data[len(data) - keep :]
        return text + _decode_utf16(data[: len(data) - keep])

    def end(self) -> str:
        held, self._held = self._held, b""
        return _decode_utf16(held)


class _Base64:
    """Three bytes make four digits: holds back the bytes that do not fill a group."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._decode = _DECODERS[encoding]
        self._held = b""

    def write(self, data: bytes) -> str:
        data = self._held + data
        whole = len(data) - len(data) % 3
        self._held = data[whole:]
        return self._decode(data[:whole])

    def end(self) -> str:
        held, self._held = self._held, b""
        return self._decode(held)


_INCREMENTAL: dict[str, Callable[[str], StringDecoder]] = {
    "utf8": _Utf8,
    "utf16le": _Utf16,
    "latin1": _WholeBytes,
    "ascii": _WholeBytes,
    "hex": _WholeBytes,
    "base64": _Base64,
    "base64url": _Base64,
}


def make_decoder(encoding: Any) -> StringDecoder:
    """`new StringDecoder(encoding)`; null and '' mean utf8. Raises ERR_UNKNOWN_ENCODING for an unknown encoding."""
    name = normalize_encoding(encoding) if encoding is not None and encoding != "" else "utf8"
    if name is None:
        raise node_error("ERR_UNKNOWN_ENCODING", encoding)
    return _INCREMENTAL[name](name)
