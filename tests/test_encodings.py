"""Node's encodings, against what Node's Buffer and string_decoder answered."""

import pytest

from nodesock.encodings import decode, encode, is_encoding, make_decoder, normalize_encoding, units
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
