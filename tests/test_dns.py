"""dns.lookup: what cases (net/dns) cannot tell, its options by name and the orders of answers."""

import pytest

from nodesock import dns
from nodesock.dns import LookupAddress
from nodesock.runtime.loop import run

pytestmark = pytest.mark.usefixtures("fresh_loop")


def test_options_by_name() -> None:
    log: list = []
    run(lambda: dns.lookup("localhost", lambda *args: log.append(args), family="IPv4", all=True))
    assert log == [(None, [LookupAddress("127.0.0.1", 4)])]


def test_order() -> None:
    found = [LookupAddress("::1", 6), LookupAddress("127.0.0.1", 4), LookupAddress("::2", 6)]
    assert dns._ordered(found, "verbatim") == found
    assert [answer.family for answer in dns._ordered(found, "ipv4first")] == [4, 6, 6]
    assert [answer.address for answer in dns._ordered(found, "ipv6first")] == ["::1", "::2", "127.0.0.1"]
    dns.set_default_result_order("ipv4first")
    assert dns.get_default_result_order() == "ipv4first"
    dns.set_default_result_order("verbatim")
