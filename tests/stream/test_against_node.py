"""Scenarios with the traces Node 24.21.0 left of them (node_traces.jsonl, written by record.js): they must be equal."""

import json
from pathlib import Path
from typing import Any

import pytest

from .scenario import Scenario

_LINES = (Path(__file__).parent / "node_traces.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", [pytest.param(line, id=json.loads(line)["id"]) for line in _LINES])
def test_same_trace_as_node(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from nodesock.process import process

    monkeypatch.setattr(
        process, "emit_warning", lambda *_: None
    )  # many listeners are the point of some scenarios
    record: dict[str, Any] = json.loads(line)
    trace = Scenario(record["program"]).run()
    assert json.loads(json.dumps(trace)) == record["node"]
