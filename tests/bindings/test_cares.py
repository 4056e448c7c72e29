"""bindings/cares_wrap and uv."""

import errno

import pytest

from nodesock.bindings.cares_wrap import getaddrinfo, is_ip
from nodesock.bindings.uv import (
    UV_EAI_NONAME,
    UV_EBADF,
    UV_EINVAL,
    UV_EOF,
    attempt,
    errmsg,
    errname,
    from_exception,
)
from nodesock.runtime.handles import active_resources_info
from nodesock.runtime.loop import run

pytestmark = pytest.mark.usefixtures("fresh_loop")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("127.0.0.1", 4),
        ("255.255.255.255", 4),
        ("256.0.0.1", 0),
        ("01.2.3.4", 0),
        ("127.1", 0),
        ("0x7f.0.0.1", 0),
        (" 127.0.0.1", 0),
        ("127.0.0.1\n", 0),
        ("::", 6),
        ("::1", 6),
        ("::ffff:127.0.0.1", 6),
        ("2001:DB8::1", 6),
        ("fe80::1%eth0", 6),
        ("fe80::1%", 0),
        ("fe80::1%a b", 0),
        ("::1%lo%lo", 0),
        (":::", 0),
        ("[::1]", 0),
        ("", 0),
        ("a\0b", 0),
        ("localhost", 0),
        (None, 0),
        (5, 0),
    ],
)
def test_is_ip(text: object, kind: int) -> None:
    assert is_ip(text) == kind


def test_getaddrinfo() -> None:
    log: dict = {}

    def main() -> None:
        for name in ("127.0.0.1", "a b"):
            getaddrinfo(name, 0, 0, lambda *answer, name=name: log.update({name: answer}))
        assert getaddrinfo("a\0b", 0, 0, print) == UV_EINVAL
        assert getaddrinfo("a" * 5000, 0, 0, print) == UV_EINVAL
        assert active_resources_info() == ["GetAddrInfoReqWrap"] * 2

    run(main)
    assert log == {"127.0.0.1": (None, ["127.0.0.1"]), "a b": (UV_EAI_NONAME, [])}
    assert active_resources_info() == []


def test_a_lookup_is_active_until_after_its_callback() -> None:
    log: list = []
    run(lambda: getaddrinfo("127.0.0.1", 4, 0, lambda *_: log.append(active_resources_info())) and None)
    assert log == [["GetAddrInfoReqWrap"]]


def test_a_lookup_can_be_cancelled_or_has_run() -> None:
    log: list = []

    def main() -> None:
        request = getaddrinfo("127.0.0.1", 0, 0, lambda err, found: log.append((err, found)))
        assert not isinstance(request, int)
        request.cancel()

    run(main)
    assert len(log) == 1


def test_names_and_texts() -> None:
    assert (
        errname(-errno.ECONNREFUSED) == "ECONNREFUSED" and errmsg(-errno.ECONNREFUSED) == "connection refused"
    )
    assert errname(UV_EOF) == "EOF" and errmsg(UV_EOF) == "end of file"
    assert (
        errname(-errno.EADDRNOTAVAIL) == "EADDRNOTAVAIL"
        and errmsg(-errno.EADDRNOTAVAIL) == "address not available"
    )
    assert errname(UV_EAI_NONAME) == "EAI_NONAME"
    assert errname(-12345) == "Unknown system error -12345"


def test_exceptions_become_numbers_in_one_place() -> None:
    def fail(error: Exception) -> None:
        raise error

    assert attempt(fail, OSError(errno.EBADF, "")) == UV_EBADF
    assert attempt(fail, ValueError("invalid IP address")) == UV_EINVAL
    assert attempt(lambda: None) == 0
    with pytest.raises(KeyError):
        from_exception(KeyError("a bug of ours is not a number"))
