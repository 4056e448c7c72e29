"""runtime/hooks.py: what the layer above fills in."""

from nodesock.runtime.hooks import Hooks, hooks


def test_importing_nodesock_fills_every_slot() -> None:
    assert [name for name in Hooks.__slots__ if not hasattr(hooks, name)] == []
