"""The naming rule, checked against the names that Node really has."""

import json

import pytest

from conformance.language.names import camel_case, snake_case
from tests.conformance.both_sides import node

_REFLECT = r"""
const names = new Set();
const take = (object) => {
  for (let at = object; at && at !== Object.prototype && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
};
for (const module of ['net', 'dgram', 'stream', 'events']) {
  const exports = require(module);
  take(exports);
  for (const member of Object.values(exports)) {
    if (typeof member === 'function') { take(member); if (member.prototype) take(member.prototype); }
  }
}
take(new (require('net').Socket)());
take(require('net').createServer());
take(require('dgram').createSocket('udp4').unref());
take(new (require('stream').Duplex)());
process.stdout.write(JSON.stringify([...names].filter((name) => /^[A-Za-z]\w*$/.test(name))));
"""


@pytest.mark.parametrize(
    ("snake", "camel"),
    [
        ("create_server", "createServer"),
        ("is_ip", "isIP"),
        ("is_ipv4", "isIPv4"),
        ("is_ipv6", "isIPv6"),
        ("set_ttl", "setTTL"),
        ("set_multicast_ttl", "setMulticastTTL"),
        ("from_json", "fromJSON"),
        ("to_json", "toJSON"),
        ("ipv6_only", "ipv6Only"),
        ("add_cidr", "addCIDR"),
        ("on_read", "onread"),
        ("ready_state", "readyState"),
        ("auto_select_family_attempted_addresses", "autoSelectFamilyAttemptedAddresses"),
        ("write", "write"),
        ("Server", "Server"),
        ("BlockList", "BlockList"),
        ("_handle", "_handle"),
    ],
)
def test_both_ways(snake: str, camel: str) -> None:
    assert camel_case(snake) == camel
    assert snake_case(camel) == (snake if not camel[0].isupper() else snake_case(camel))


def test_a_trailing_underscore_only_avoids_a_keyword() -> None:
    assert camel_case("from_") == "from"


def test_case_classes_become_ids() -> None:
    assert snake_case("ServerWritesAfterFin") == "server_writes_after_fin"
    assert snake_case("Ipv6Client") == "ipv6_client"
    assert snake_case("TTLOfZero") == "ttl_of_zero"


def test_every_name_of_node_survives_the_way_there_and_back() -> None:
    names = json.loads(node(_REFLECT))
    assert {"setMulticastTTL", "isIPv6", "readyState", "fromJSON", "bytesWritten"} <= set(names)
    # Class names stay as they are, in both languages.
    members = [name for name in names if not name[0].isupper()]
    lost = {name: snake_case(name) for name in members if camel_case(snake_case(name)) != name}
    # Words that Node itself runs together: they have no capital to find them by.
    assert not lost, f"the rule loses {lost}"
    odd = [name for name in members if not snake_case(name).islower()]
    assert not odd
