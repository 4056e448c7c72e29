"""Runs small case functions natively and transpiled on a local Node, over the same bare stage, without nodesock."""

import functools
import json
import os
import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.language.case import Case
from conformance.language.collect import collect_file
from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.binaries import obtain
from conformance.play.subjects.runtimes import NODE
from conformance.play.values import encode

FIXTURES = Path(__file__).parents[2] / "node_fixtures"

_DRIVER = """
const $ = require(process.argv[1] + '/subset.js');
const { encode } = require(process.argv[1] + '/stage.js');
const programs = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const results = {};
for (const [id, source] of Object.entries(programs)) {
  const notes = [];
  const t = {
    note: (label, value) => { notes.push([label, encode(value)]); },
    error: (message) => new Error(message),
    attempt: (label, fn) => {
      try { notes.push([label, encode(fn())]); } catch (error) { notes.push([label, 'thrown']); }
    },
    publish: (values) => { notes.push(['published', values]); },
    events: require('events'), stream: require('stream'), net: require('net'),
  };
  try {
    new Function('$', 'return (' + source + ')')($)(t, {});
    results[id] = notes;
  } catch (error) {
    results[id] = [...notes, ['failed', String(error.stack)]];
  }
}
process.stdout.write(JSON.stringify(results));
"""


class Notes:
    """The Python half of the bare stage."""

    def __init__(self) -> None:
        self.notes: list[list[Any]] = []

    def note(self, label: str, value: Any) -> None:
        self.notes.append([label, encode(value)])

    def error(self, message: str) -> Exception:
        return Exception(message)

    def publish(self, **values: Any) -> None:
        self.notes.append(["published", values])

    def attempt(self, label: str, fn: Any) -> None:
        try:
            self.notes.append([label, encode(fn())])
        except Exception:  # noqa: BLE001 - that it failed is the result
            self.notes.append([label, "thrown"])


@functools.cache
def node_binary() -> str:
    """A Node to run programs with; skips the test where there is none."""
    try:
        return os.environ.get("NODE_BINARY") or str(obtain(NODE.default))
    except ReferenceUnavailable as unavailable:
        pytest.skip(str(unavailable))


def node(script: str, *arguments: str, stdin: str = "") -> str:
    """What a script prints on stdout under a local Node."""
    command = [node_binary(), "-e", script, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_cases(directory: Path, source: str, name: str = "sample") -> Path:
    """A case file with the import that every case file has, and ``source`` from its third line on."""
    file = directory / f"{name}.py"
    file.write_text(
        "from conformance import case\n\n" + textwrap.dedent(source).lstrip("\n"), encoding="utf-8"
    )
    return file


def natively(case: Case) -> list[Any]:
    """The notes of a one-role case, from Python."""
    stage = Notes()
    case.roles[0].function(stage)
    return stage.notes


def on_node(programs: Mapping[str, str]) -> dict[str, list[Any]]:
    """The notes of programs, from Node."""
    printed = node(_DRIVER, str(FIXTURES), stdin=json.dumps(programs))
    results: dict[str, list[Any]] = json.loads(printed)
    return results


def both_sides(file: Path) -> dict[str, tuple[list[Any], list[Any]]]:
    """case name → (notes from Python, notes from Node)."""
    cases = collect_file(file)
    from_node = on_node({case.name: case.programs["main"] for case in cases})
    return {case.name: (json.loads(json.dumps(natively(case))), from_node[case.name]) for case in cases}
