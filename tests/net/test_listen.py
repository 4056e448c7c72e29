"""What of listen() cannot be told as a case: texts that show the inside of an object, which is Node's own."""

import pytest

from nodesock import net
from nodesock.errors import NodeError


def test_the_handle_option_is_not_asked_for_its_handle() -> None:
    """Node takes a server given as `handle` for the options, and finds no port there."""
    with pytest.raises(NodeError, match='must have the property "port" or "path"') as caught:
        net.Server().listen(handle=net.Server())
    assert caught.value.code == "ERR_INVALID_ARG_VALUE"


def test_a_server_that_does_not_listen_has_nothing_to_listen_on() -> None:
    """`listen(server)` of a server without a handle is an object without a port."""
    with pytest.raises(NodeError, match='must have the property "port" or "path"'):
        net.Server().listen(net.Server())
