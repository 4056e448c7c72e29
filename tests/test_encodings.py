"""Node's encodings, against what Node's Buffer and string_decoder answered."""

import time
from binascii import a2b_base64
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nodesock.code_units import slice_units, units
from nodesock.encodings import (
    byte_length,
    decode,
    encode,
    is_encoding,
    make_decoder,
    normalize_encoding,
)
from nodesock.errors import NodeError


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("\ud83d\ud83d\ude00x\ude00", "utf8", "efbfbdf09f988078efbfbd"),
        ("\u0159\U0001f600", "latin1", "593d00"),
        ("\u0159", "ascii", "59"),
        ("\U0001f600a", "ucs2", "3dd800de6100"),
        ("YQ==YQ==", "base64", "61"),
        ("YWI", "base64", "6162"),
        ("Y", "base64", ""),
        ("YWJj!ZGVm", "base64", "616263646566"),
        ("_-8", "base64", "ffef"),
        ("+/8", "base64url", "fbff"),
        ("a b\nc=d", "base64", "69b7"),
        ("YW=Jj", "base64", "61"),
        ("\u0159YWJj", "base64", "618589"),
        ("abzz", "hex", "ab"),
        ("abc", "hex", "ab"),
        ("zz", "hex", ""),
        ("ab\u0161a", "hex", "abaa"),
        ("é", None, "c3a9"),
        ("é", "", "c3a9"),
    ],
)
def test_encode(text, encoding, expected):
    assert encode(text, encoding).hex() == expected


@pytest.mark.parametrize(
    ("data", "encoding", "expected"),
    [
        ("c3a9ff", "utf8", "é\ufffd"),
        ("efbbbf41", "utf8", "\ufeffA"),
        ("e1ff41", "ascii", "a\x7fA"),
        ("e1ff", "binary", "áÿ"),
        ("610062", "utf16le", "a"),
        ("fbff61", "base64url", "-_9h"),
        ("61", "base64", "YQ=="),
        ("abc0", "hex", "abc0"),
    ],
)
def test_decode(data, encoding, expected):
    assert decode(bytes.fromhex(data), encoding) == expected


@pytest.mark.parametrize(
    ("encoding", "parts", "expected"),
    [
        ("utf8", ["f09f9880", "e282", "61"], ["😀", "", "\ufffda", ""]),
        ("utf8", ["e2", "ff", "c3"], ["", "\ufffd\ufffd", "", "\ufffd"]),
        ("utf8", ["c0", "f59f"], ["", "\ufffd", "\ufffd\ufffd"]),
        ("utf8", ["dcf0e08f", "8041"], ["\ufffd\ufffd", "\ufffd\ufffd\ufffdA", ""]),
        ("utf16le", ["3dd8", "00de"], ["", "\U0001f600", ""]),
        ("utf16le", ["3d", "d800", "de"], ["", "\ud83d", "\ude00", ""]),
        ("utf16le", ["3dd861"], ["\ud83d", ""]),
        ("utf16le", ["3dd8"], ["", "\ud83d"]),
        ("base64", ["61", "62", "6364"], ["", "", "YWJj", "ZA=="]),
        ("base64url", ["61"], ["", "YQ"]),
        ("hex", ["ab"], ["ab", ""]),
    ],
)
def test_decoder_holds_back(encoding, parts, expected):
    decoder = make_decoder(encoding)
    assert [*(decoder.write(bytes.fromhex(part)) for part in parts), decoder.end()] == expected


def test_names():
    assert [normalize_encoding(name) for name in ("UTF8", "UCS-2", "Binary", "Base64URL")] == [
        "utf8",
        "utf16le",
        "latin1",
        "base64url",
    ]
    for name in ("latin-1", "utf16", " utf8", "buffer", "", None, 5):
        assert not is_encoding(name)
    for call in (lambda: encode("a", "nope"), lambda: decode(b"a", "nope"), lambda: make_decoder("nope")):
        with pytest.raises(NodeError) as caught:
            call()
        assert (caught.value.code, str(caught.value)) == ("ERR_UNKNOWN_ENCODING", "Unknown encoding: nope")
    assert make_decoder(None).encoding == "utf8"


def test_units():
    assert [units(text) for text in ("", "abc", "é€", "a😀", "\ud83d")] == [0, 3, 2, 3, 1]


ENCODINGS = ("utf8", "utf16le", "latin1", "ascii", "base64", "base64url", "hex")
#: pieces in which the encodings differ, or that are cut, skipped or replaced by one of them
texts = st.lists(
    st.one_of(
        st.text(st.characters(codec=None), max_size=3),
        st.text("0123456789abcdefABCDEF", max_size=9),
        st.sampled_from(["?", "=", "==", "-_", "+/", " ", "\n", "\ufffd", "\u0159"]),
        st.sampled_from(["\ud83d", "\ude00", "\ud83d\ude00", "\U0001f600"]),
    ),
    max_size=8,
).map("".join)


def all_units(text: str) -> list[int]:
    raw = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(raw[at : at + 2], "little") for at in range(0, len(raw), 2)]


def slow_encode(text: str, encoding: str) -> bytes:
    """`encode`, character by character."""
    if encoding == "utf8":
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return b"".join(character.encode() for character in joined)
    if encoding == "utf16le":
        return b"".join(unit.to_bytes(2, "little") for unit in all_units(text))
    low = bytes(unit & 0xFF for unit in all_units(text))
    if encoding in ("latin1", "ascii"):
        return low
    if encoding == "hex":
        made = bytearray()
        for first, second in zip(low[::2], low[1::2], strict=False):
            if not {chr(first), chr(second)} <= set("0123456789abcdefABCDEF"):
                break
            made.append(int(chr(first) + chr(second), 16))
        return bytes(made)
    digits = ""
    for byte in low:
        if byte == ord("="):
            break
        digit = {"-": "+", "_": "/"}.get(chr(byte), chr(byte))
        if digit.isascii() and (digit.isalnum() or digit in "+/"):
            digits += digit
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return a2b_base64(digits + "=" * (-len(digits) % 4))


def slow_byte_length(text: str, encoding: str) -> int:
    length = len(all_units(text))
    if encoding == "hex":
        return length >> 1
    if encoding.startswith("base64"):
        if text[-1:] == "=":
            length -= 1
            if length > 1 and text[-2] == "=":
                length -= 1
        return length * 3 >> 2
    return len(slow_encode(text, encoding))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(texts, st.sampled_from(ENCODINGS), st.integers(0, 9), st.integers(0, 9))
@example("ab?\ud83d\ude00\ud83d?", "utf8", 0, 9)
@example("==", "base64", 0, 9)
@example("abcg", "hex", 0, 9)
def test_encoding_is_what_a_loop_over_the_units_does(text: str, encoding: str, start: int, stop: int) -> None:
    assert encode(text, encoding) == slow_encode(text, encoding)
    assert byte_length(text, encoding) == slow_byte_length(text, encoding)
    assert units(text) == len(all_units(text))
    assert all_units(slice_units(text, start, stop)) == all_units(text)[start:stop]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=12))
def test_decoding_ascii_drops_the_high_bit(data: bytes) -> None:
    assert decode(data, "ascii") == "".join(chr(byte & 0x7F) for byte in data)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.lists(st.one_of(st.binary(max_size=4), texts.map(lambda text: encode(text, "utf8"))), max_size=6),
    st.sampled_from(ENCODINGS),
)
def test_a_decoder_answers_the_same_for_bytes_one_by_one(pieces: list[bytes], encoding: str) -> None:
    whole, single = make_decoder(encoding), make_decoder(encoding)
    data = b"".join(pieces)
    if encoding == "utf16le":  # a chunk with an odd byte is not looked at for surrogates
        data = bytes(byte for byte in data if not 0xD8 <= byte <= 0xDF)
    expected = whole.write(data) + whole.end()
    assert "".join(single.write(data[at : at + 1]) for at in range(len(data))) + single.end() == expected


def cpu_time(work: Callable[[], object]) -> float:
    """Seconds of CPU that it takes at best."""
    times = []
    for _ in range(5):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_encoding_is_a_loop_over_characters(encoding: str) -> None:
    data = b"0123456789abcdef" * 20_000
    text = data.decode()
    decoder = make_decoder(encoding)
    loop = cpu_time(lambda: [byte in b"0123456789abcdef" for byte in data])
    assert cpu_time(lambda: encode(text, encoding)) < loop
    assert cpu_time(lambda: encode(text + "\u0159", encoding)) < loop
    assert cpu_time(lambda: byte_length(text, encoding)) < loop
    assert cpu_time(lambda: decode(data, encoding)) < loop
    assert cpu_time(lambda: decoder.write(data)) < loop
