"""bindings/uv.py: texts on their way to libuv. (No case: a lone surrogate is no text that a report could hold.)"""

import pytest

import nodesock
from nodesock import net
from nodesock.bindings.uv import well_formed


@pytest.mark.parametrize(
    ("text", "sent"),
    [("/tmp/\u00e9", "/tmp/\u00e9"), ("a\ud800b", "a\ufffdb"), ("\U0001f600", "\U0001f600"), ("\udcff", "\udcff")],
)
def test_lone_surrogates_become_replacement_characters(text: str, sent: str) -> None:
    assert well_formed(text) == sent


def test_paths_with_a_lone_surrogate_fail_as_in_node() -> None:
    errors: list[str] = []
    net.connect({"path": "/no/such/\ud800"}).on("error", lambda error: errors.append(str(error)))
    net.create_server().listen("/no/such/\ud800").on("error", lambda error: errors.append(error.code))
    nodesock.run()
    assert sorted(errors) == ["EACCES", "connect ENOENT /no/such/\ud800"]
